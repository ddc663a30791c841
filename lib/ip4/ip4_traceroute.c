/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <rte_udp.h>
#include "ip4/ip4_priv.h"
#include "ip4/ip4_traceroute.h"

static struct trace *
of_timer(struct ctl_timer *timer)
{
	return (struct trace *)((char *)timer - offsetof(struct trace, timer));
}
static struct trace *
of_sock(struct ip4_sock *sk)
{
	return (struct trace *)((char *)sk - offsetof(struct trace, sk));
}

static void
finish(struct trace *t) CTL_ONLY
{
	timer_del(&t->timer);
	ip4_sock_close(&t->sk);
	t->ops->done(t);
	free(t);
}

/* Each probe has a number of its own: the UDP port, or the sequence number of the echo. */
static uint16_t
number_of(const struct trace *t, uint32_t query)
{
	uint32_t n = (t->ttl - t->spec.first_ttl) * t->spec.queries + query;

	return (uint16_t)(t->spec.icmp ? n + 1 : t->spec.port + n);
}

static void
send_one(struct trace *t, uint32_t query) CTL_ONLY
{
	struct ip4_probe probe = t->spec.probe;
	rte_be16_t n = rte_cpu_to_be_16(number_of(t, query));
	struct sk_buff *skb = ip4_probe_alloc(&probe, TRACE_PROBE_MIN - IP4_HDR_MIN,
					      t->spec.len - TRACE_PROBE_MIN);
	struct icmp4_hdr *icmph;

	role_borrow_dp();
	t->sent_us[query] = clock_us();
	if (skb == NULL)
		return;
	if (t->spec.icmp) {
		icmph = skb_push(skb, sizeof(*icmph));
		*icmph = (struct icmp4_hdr){ .type = ICMP4_ECHO, .echo = { t->sk.lport, n } };
		icmph->checksum = (uint16_t)~skb_checksum(skb, 0, skb_len(skb));
		icmp_out_count(worker_ctl(), ICMP4_ECHO);
	} else {
		udp_push_header(skb, probe.src, probe.dst, t->sk.lport, n);
		UDP_INC_STATS(worker_ctl(), OutDatagrams);
	}
	probe.ttl = (uint8_t)t->ttl;
	ip4_probe_send(&probe, skb);
}

static void
send_hop(struct trace *t) CTL_ONLY
{
	memset(t->answer, 0, sizeof(t->answer));
	for (uint32_t q = 0; q < t->spec.queries; q++)
		send_one(t, q);
	timer_mod(&t->timer, t->spec.timeout_ms);
}

static bool
hop_complete(const struct trace *t)
{
	for (uint32_t q = 0; q < t->spec.queries; q++)
		if (!t->answer[q].answered)
			return false;
	return true;
}

/* A hop is over, by its answers or by time. */
static void
on_timer(struct ctl_timer *timer)
{
	struct trace *t = of_timer(timer);

	role_enter_ctl();
	if (t->ttl > 0)
		t->ops->hop(t, t->ttl);
	if (t->reached || t->ttl >= t->spec.max_ttl) {
		finish(t);
		return;
	}
	t->ttl = t->ttl == 0 ? t->spec.first_ttl : t->ttl + 1;
	send_hop(t);
}

static void
on_answer(struct ip4_sock *sk, const struct ip4_answer *a)
{
	struct trace *t = of_sock(sk);
	uint32_t q;

	role_enter_ctl();
	if (a->type == ICMP4_REDIRECT || a->type == ICMP4_SOURCE_QUENCH)
		return;
	q = (uint16_t)(rte_be_to_cpu_16(t->spec.icmp ? a->seq : a->dport) - number_of(t, 0));
	if (q >= t->spec.queries || t->answer[q].answered)
		return;
	t->answer[q] = (struct trace_answer){ .answered = true,
					      .a = *a,
					      .rtt_us = clock_us() - t->sent_us[q] };
	if (a->type == ICMP4_UNREACH || a->type == ICMP4_ECHO_REPLY)
		t->reached = true;
	if (hop_complete(t))
		timer_mod(&t->timer, 0);
}

/* Echo replies; a UDP probe that somebody answers after all is read and forgotten. */
static void
on_reply(struct ip4_sock *sk)
{
	struct sk_buff *skb;
	struct ip4_answer a;

	role_enter_ctl();
	role_borrow_dp();
	while ((skb = ip4_sock_recv(sk)) != NULL) {
		if (sk->type == IP4_SOCK_PING && ip4_answer_read(skb, &a) && !a.is_error)
			on_answer(sk, &a);
		consume_skb(worker_ctl(), skb);
	}
}

struct trace *
trace_start(const struct trace_spec *spec, const struct trace_ops *ops, void *arg, int *rc)
{
	rte_be32_t src = ip4_probe_source(&spec->probe, rc);
	struct trace *t;

	if (src == 0)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		*rc = -ENOMEM;
		return NULL;
	}
	t->spec = *spec;
	t->spec.queries = RTE_MIN(spec->queries, (uint32_t)TRACE_QUERIES_MAX);
	t->spec.first_ttl = RTE_MAX(spec->first_ttl, 1u);
	t->spec.port = spec->port != 0 ? spec->port : TRACE_PORT;
	t->spec.len = spec->len != 0 ? RTE_MAX(spec->len, TRACE_PROBE_MIN) : TRACE_PROBE_LEN;
	t->spec.probe.src = src;
	t->spec.probe.proto = spec->icmp ? IPPROTO_ICMP : IPPROTO_UDP;
	t->ops = ops;
	t->arg = arg;
	t->sk = (struct ip4_sock){ .type = spec->icmp ? IP4_SOCK_PING : IP4_SOCK_UDP,
				   .laddr = src,
				   .data_ready = on_reply,
				   .error_report = on_answer };
	*rc = ip4_sock_open(&t->sk);
	if (*rc != 0) {
		free(t);
		return NULL;
	}
	timer_setup(&t->timer, on_timer);
	timer_mod(&t->timer, 0);
	return t;
}

void
trace_stop(struct trace *t)
{
	finish(t);
}
