/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues in order: one is looked at only when those before it are empty. pfifo_fast has three. */
#include <rte_ether.h>
#include "netdev/netdev_class_dp.h"
#include "sched/sched_dp.h"

/* Linux's prio2band. */
static const uint8_t prio2band[16] = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 };

unsigned int
sched_band(const struct rte_mbuf *m)
{
	uint32_t prio = TC_BESTEFFORT;
	const uint8_t *p;
	uint8_t copy[4];

	if (netdev_class(m) != NETDEV_CLASS_DATA)
		return 0;
	p = netdev_frame_type(m, copy);
	if (p != NULL && (p[0] << 8 | p[1]) == RTE_ETHER_TYPE_IPV4)
		prio = rt_tos2priority(p[3]);
	return prio2band[prio];
}

static bool
may_have_spare(const struct sk_buff_head *band, const struct rte_mbuf *m)
{
	return band->qlen + netdev_class_kept(netdev_class(m), SCHED_TX_SPARE) <
	       SCHED_TX_QLEN + SCHED_TX_SPARE;
}

static enum drop_reason
pfifo_fast_enqueue(struct qdisc *q, struct rte_mbuf *m)
{
	const struct sched_filters *filters = rcu_dereference(q->filters);
	unsigned int b = sched_band(m);
	uint32_t len = m->pkt_len;

	if (unlikely(filters != NULL))
		b = sched_filter_band(filters, m, b);
	/* The last places of a band are for frames of control class. */
	if (unlikely((q->band[b].qlen >= SCHED_TX_QLEN && !may_have_spare(&q->band[b], m)) ||
		     skb_queue_tail(&q->band[b], skb_of(m)) != 0)) {
		q->class[b].drops++;
		return DROP_SCHED_FULL;
	}
	q->class[b].packets++;
	q->class[b].bytes += len;
	return DROP_MAX;
}

static uint16_t
pfifo_fast_dequeue(struct qdisc *q, struct rte_mbuf **pkts, uint16_t n, uint64_t now)
{
	uint16_t got = 0;

	for (unsigned int b = 0; b < q->bands; b++)
		while (got < n && q->band[b].qlen > 0)
			pkts[got++] = skb_mbuf(skb_dequeue(&q->band[b]));
	return got;
}

const struct qdisc_ops pfifo_fast_ops = { .id = "pfifo_fast",
					  .enqueue = pfifo_fast_enqueue,
					  .dequeue = pfifo_fast_dequeue };
/* The same with as many queues as one likes, for filters to choose from. */
const struct qdisc_ops prio_ops = { .id = "prio",
				    .enqueue = pfifo_fast_enqueue,
				    .dequeue = pfifo_fast_dequeue };
