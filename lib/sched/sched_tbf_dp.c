/* SPDX-License-Identifier: BSD-3-Clause */
/* A token bucket: a frame leaves when the bucket holds as many bytes as it has. Each class waits
 * apart; those of control class pay as well, and go ahead, of which data has its share all the
 * same. */
#include "netdev/netdev_class_dp.h"
#include "sched/sched_dp.h"

static enum drop_reason
tbf_enqueue(struct qdisc *q, struct rte_mbuf *m)
{
	if (unlikely(m->pkt_len > q->tbf.burst)) /* there will never be enough */
		return DROP_SCHED_BURST;
	return skb_queue_tail(&q->band[netdev_class(m)], skb_of(m)) == 0 ? DROP_MAX
									 : DROP_SCHED_FULL;
}

static void
fill(struct tbf *t, uint64_t now)
{
	uint64_t most = t->burst * t->hz, passed = now - t->last;

	if (passed >= t->full)
		t->tokens = most;
	else
		t->tokens = RTE_MIN(most, t->tokens + passed * t->rate);
	t->last = now;
}

/* The class whose turn it is; NETDEV_CLASSES: nothing waits. */
static unsigned int
next_class(const struct qdisc *q)
{
	unsigned int c = NETDEV_CLASSES;

	if (q->band[NETDEV_CLASS_DATA].qlen > 0 && q->tbf.ahead >= SCHED_AHEAD)
		return NETDEV_CLASS_DATA;
	while (c-- > 0)
		if (q->band[c].qlen > 0)
			return c;
	return NETDEV_CLASSES;
}

static uint16_t
tbf_dequeue(struct qdisc *q, struct rte_mbuf **pkts, uint16_t n, uint64_t now)
{
	struct tbf *t = &q->tbf;
	unsigned int c;
	uint16_t got = 0;

	fill(t, now);
	while (got < n && (c = next_class(q)) != NETDEV_CLASSES) {
		uint64_t cost = skb_len(q->band[c].first) * t->hz;

		if (cost > t->tokens) {
			q->overlimits++;
			q->waits = true;
			break;
		}
		t->tokens -= cost;
		t->ahead = c == NETDEV_CLASS_DATA ? 0 : t->ahead + 1;
		pkts[got++] = skb_mbuf(skb_dequeue(&q->band[c]));
	}
	return got;
}

const struct qdisc_ops tbf_ops = { .id = "tbf", .enqueue = tbf_enqueue, .dequeue = tbf_dequeue };
