/* SPDX-License-Identifier: BSD-3-Clause */
/* A token bucket: a frame leaves when the bucket holds as many bytes as it has. Frames of control
 * class pay as well, but wait apart from the others and go ahead of them. */
#include "netdev/netdev_class_dp.h"
#include "sched/sched_dp.h"

static enum drop_reason
tbf_enqueue(struct qdisc *q, struct rte_mbuf *m)
{
	unsigned int b = netdev_is_control(m) ? TBF_CONTROL : TBF_DATA;

	if (unlikely(m->pkt_len > q->tbf.burst)) /* there will never be enough */
		return DROP_SCHED_BURST;
	return skb_queue_tail(&q->band[b], skb_of(m)) == 0 ? DROP_MAX : DROP_SCHED_FULL;
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

static uint16_t
tbf_dequeue(struct qdisc *q, struct rte_mbuf **pkts, uint16_t n, uint64_t now)
{
	struct tbf *t = &q->tbf;
	uint16_t got = 0;

	fill(t, now);
	while (got < n) {
		struct sk_buff_head *b = &q->band[TBF_CONTROL];
		uint64_t cost;

		if (b->qlen == 0)
			b = &q->band[TBF_DATA];
		if (b->qlen == 0)
			break;
		cost = skb_len(b->first) * t->hz;
		if (cost > t->tokens) {
			q->overlimits++;
			q->waits = true;
			break;
		}
		t->tokens -= cost;
		pkts[got++] = skb_mbuf(skb_dequeue(b));
	}
	return got;
}

const struct qdisc_ops tbf_ops = { .id = "tbf", .enqueue = tbf_enqueue, .dequeue = tbf_dequeue };
