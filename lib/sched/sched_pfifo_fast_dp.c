/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues in order: one is looked at only when those before it are empty. pfifo_fast has three. */
#include <string.h>
#include <rte_ether.h>
#include "sched/sched_dp.h"

#define ETHERTYPE_MIN 0x600 /* below it is the length of an 802.3 frame */

/* Linux's prio2band. */
static const uint8_t prio2band[16] = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 };

unsigned int
sched_band(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned int at = 2 * RTE_ETHER_ADDR_LEN, type;

	for (; m->data_len >= at + 4u; at += RTE_VLAN_HLEN) {
		type = (unsigned int)p[at] << 8 | p[at + 1];
		if (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ)
			continue;
		if (type == RTE_ETHER_TYPE_IPV4)
			return prio2band[rt_tos2priority(p[at + 3])];
		return prio2band[type < ETHERTYPE_MIN ? TC_CONTROL
						      : TC_BESTEFFORT]; /* BPDUs first */
	}
	return prio2band[TC_BESTEFFORT];
}

static enum drop_reason
pfifo_fast_enqueue(struct qdisc *q, struct rte_mbuf *m)
{
	const struct sched_filters *filters = rcu_dereference(q->filters);
	unsigned int b = sched_band(m);
	uint32_t len = m->pkt_len;

	if (unlikely(filters != NULL))
		b = sched_filter_band(filters, m, b);
	if (unlikely(skb_queue_tail(&q->band[b], skb_of(m)) != 0)) {
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
