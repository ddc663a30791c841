/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include "ip4/ip4_ping.h"
#include "ip4/ip4_priv.h"

static struct ping *
of_timer(struct ctl_timer *t)
{
	return (struct ping *)((char *)t - offsetof(struct ping, timer));
}

static void
finish(struct ping *p) CTL_ONLY
{
	timer_del(&p->timer);
	ip4_sock_close(&p->sk);
	p->stats.elapsed_ms = clock_ms() - p->start_ms;
	p->ops->done(p);
	free(p);
}

static void
send_one(struct ping *p) CTL_ONLY
{
	uint16_t seq = (uint16_t)(p->stats.sent + 1);
	unsigned int i = seq % PING_WINDOW;
	struct sk_buff *skb = ip4_probe_alloc(&p->spec.probe, ICMP4_HDR_LEN, p->spec.size);
	struct icmp4_hdr *icmph;
	int rc = -ENOBUFS;

	role_borrow_dp();
	p->stats.sent++;
	p->slot[i].seq = seq;
	p->slot[i].answered = false;
	p->slot[i].sent_us = clock_us();
	if (skb != NULL) {
		icmph = skb_push(skb, sizeof(*icmph));
		*icmph = (struct icmp4_hdr){ .type = ICMP4_ECHO,
					     .echo = { p->sk.lport, rte_cpu_to_be_16(seq) } };
		icmph->checksum = (uint16_t)~skb_checksum(skb, 0, skb_len(skb));
		icmp_out_count(worker_ctl(), ICMP4_ECHO);
		rc = ip4_probe_send(&p->spec.probe, skb);
	}
	if (rc != 0) {
		p->stats.errors++;
		p->slot[i].answered = true;
		p->ops->failed(p, seq, rc);
	}
}

static void
on_timer(struct ctl_timer *t)
{
	struct ping *p = of_timer(t);

	role_enter_ctl();
	if (p->stats.sent >= p->spec.count) {
		finish(p);
		return;
	}
	send_one(p);
	timer_mod(&p->timer,
		  p->stats.sent < p->spec.count ? p->spec.interval_ms : p->spec.timeout_ms);
}

static void
count_reply(struct ping_stats *st, uint64_t rtt)
{
	if (st->received == 0 || rtt < st->min_us)
		st->min_us = rtt;
	st->max_us = RTE_MAX(st->max_us, rtt);
	st->sum_us += rtt;
	st->sum2_us += rtt * rtt;
	st->received++;
}

/* Nothing more to wait for? The end comes by timer: our socket is calling. */
static void
check_complete(struct ping *p) CTL_ONLY
{
	if (p->stats.sent < p->spec.count || p->stats.received + p->stats.errors < p->stats.sent)
		return;
	timer_mod(&p->timer, 0);
}

static struct ping *
of_sock(struct ip4_sock *sk)
{
	return (struct ping *)((char *)sk - offsetof(struct ping, sk));
}

static void
on_answer(struct ip4_sock *sk, const struct ip4_answer *a)
{
	struct ping *p = of_sock(sk);
	uint64_t rtt = 0;
	unsigned int i = rte_be_to_cpu_16(a->seq) % PING_WINDOW;
	bool dup;

	role_enter_ctl();
	if (p->slot[i].sent_us == 0 || p->slot[i].seq != rte_be_to_cpu_16(a->seq))
		return;
	if (a->type == ICMP4_REDIRECT || a->type == ICMP4_SOURCE_QUENCH) {
		p->ops->event(p, a, 0, false); /* the request itself went on */
		return;
	}
	dup = p->slot[i].answered;
	p->slot[i].answered = true;
	if (dup) {
		p->stats.duplicates++;
	} else if (a->is_error) {
		p->stats.errors++;
	} else {
		rtt = clock_us() - p->slot[i].sent_us;
		count_reply(&p->stats, rtt);
		if (a->from == p->spec.probe.dst)
			ip4_probe_confirm(&p->spec.probe);
	}
	if (dup && !a->is_error)
		rtt = clock_us() - p->slot[i].sent_us;
	p->ops->event(p, a, rtt, dup);
	check_complete(p);
}

static void
on_reply(struct ip4_sock *sk)
{
	struct sk_buff *skb;
	struct ip4_answer a;

	role_enter_ctl();
	role_borrow_dp();
	while ((skb = ip4_sock_recv(sk)) != NULL) {
		if (ip4_answer_read(skb, &a) && !a.is_error)
			on_answer(sk, &a);
		consume_skb(worker_ctl(), skb);
	}
}

struct ping *
ping_start(const struct ping_spec *spec, const struct ping_ops *ops, void *arg, int *rc)
{
	rte_be32_t src = ip4_probe_source(&spec->probe, rc);
	struct ping *p;

	if (src == 0)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		*rc = -ENOMEM;
		return NULL;
	}
	p->spec = *spec;
	p->spec.probe.src = src;
	p->spec.probe.proto = IPPROTO_ICMP;
	p->ops = ops;
	p->arg = arg;
	p->sk = (struct ip4_sock){ .type = IP4_SOCK_PING,
				   .laddr = src,
				   .data_ready = on_reply,
				   .error_report = on_answer };
	*rc = ip4_sock_open(&p->sk);
	if (*rc != 0) {
		free(p);
		return NULL;
	}
	p->start_ms = clock_ms();
	timer_setup(&p->timer, on_timer);
	timer_mod(&p->timer, 0);
	return p;
}

void
ping_stop(struct ping *p)
{
	finish(p);
}

uint64_t
ping_mdev_us(const struct ping_stats *st)
{
	uint64_t n = st->received, mean, mean2;

	if (n == 0)
		return 0;
	mean = st->sum_us / n;
	mean2 = st->sum2_us / n;
	return mean2 > mean * mean ? (uint64_t)llround(sqrt((double)(mean2 - mean * mean))) : 0;
}
