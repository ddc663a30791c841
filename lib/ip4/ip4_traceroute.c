/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <rte_udp.h>
#include "ip4/ip4_priv.h"
#include "ip4/ip4_traceroute.h"

static uint16_t next_port;

static struct trace *
of_timer(struct ctl_timer *timer)
{
	return (struct trace *)((char *)timer - offsetof(struct trace, timer));
}

static void
finish(struct trace *t) CTL_ONLY
{
	timer_del(&t->timer);
	ip4_unlisten(&t->listener);
	t->ops->done(t);
	free(t);
}

static uint16_t
port_of(const struct trace *t, uint32_t query)
{
	return (uint16_t)(TRACE_PORT + (t->ttl - 1) * t->spec.queries + query);
}

static void
send_one(struct trace *t, uint32_t query) CTL_ONLY
{
	struct ip4_probe probe = t->spec.probe;
	struct sk_buff *skb =
		ip4_probe_alloc(TRACE_PROBE_LEN - IP4_HDR_MIN - sizeof(struct rte_udp_hdr));
	struct rte_ipv4_hdr pseudo = { .version_ihl = 0x45,
				       .next_proto_id = IPPROTO_UDP,
				       .total_length = rte_cpu_to_be_16(TRACE_PROBE_LEN),
				       .src_addr = probe.src,
				       .dst_addr = probe.dst };
	struct rte_udp_hdr *udp;

	t->sent_us[query] = clock_us();
	if (skb == NULL)
		return;
	udp = skb_push(skb, sizeof(*udp));
	*udp = (struct rte_udp_hdr){
		.src_port = t->sport,
		.dst_port = rte_cpu_to_be_16(port_of(t, query)),
		.dgram_len = rte_cpu_to_be_16((uint16_t)skb_len(skb)),
	};
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(&pseudo, udp);
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
	t->ttl++;
	send_hop(t);
}

static void
rcv(struct ip4_listener *l, struct sk_buff *skb)
{
	struct trace *t = (struct trace *)((char *)l - offsetof(struct trace, listener));
	struct trace_answer *ans;
	struct ip4_answer a;
	uint32_t q;

	role_enter_ctl();
	if (!ip4_probe_read(skb, &a) || !a.is_error || a.proto != IPPROTO_UDP ||
	    a.dst != t->spec.probe.dst || a.sport != t->sport || a.type == ICMP4_REDIRECT ||
	    a.type == ICMP4_SOURCE_QUENCH)
		return;
	q = (uint16_t)(rte_be_to_cpu_16(a.dport) - port_of(t, 0));
	if (q >= t->spec.queries || t->answer[q].answered)
		return;
	ans = &t->answer[q];
	*ans = (struct trace_answer){ .answered = true,
				      .a = a,
				      .rtt_us = clock_us() - t->sent_us[q] };
	if (a.type == ICMP4_UNREACH)
		t->reached = true;
	if (hop_complete(t))
		timer_mod(&t->timer, 0);
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
	t->spec.probe.src = src;
	t->spec.probe.proto = IPPROTO_UDP;
	t->ops = ops;
	t->arg = arg;
	t->sport = rte_cpu_to_be_16((uint16_t)(0xc000 + next_port++ % 0x3000));
	t->listener = (struct ip4_listener){ .proto = IPPROTO_ICMP, .rcv = rcv };
	ip4_listen(&t->listener);
	timer_setup(&t->timer, on_timer);
	timer_mod(&t->timer, 0);
	return t;
}

void
trace_stop(struct trace *t)
{
	finish(t);
}
