/* SPDX-License-Identifier: BSD-3-Clause */
#include "sched/sched_dp.h"
#include <rte_cycles.h>
#include "netdev/netdev_class_dp.h"

struct qdisc *sched_run[WORKER_MAX];

static uint32_t
waiting(const struct qdisc *q)
{
	uint32_t n = 0;

	for (unsigned int b = 0; b < q->bands; b++)
		n += q->band[b].qlen;
	return n;
}

static void
refuse(struct worker *w, struct qdisc *q, struct rte_mbuf *m, enum drop_reason why) DP_ONLY
{
	__atomic_fetch_add(&q->drops, 1, __ATOMIC_RELAXED);
	kfree_mbuf_reason(w, m, q->dev, why);
}

static void
enqueue(struct worker *w, struct qdisc *q, struct rte_mbuf **pkts, uint16_t n) DP_ONLY
{
	for (uint16_t i = 0; i < n; i++) {
		enum drop_reason why = q->ops->enqueue(q, pkts[i]);

		if (unlikely(why != DROP_MAX))
			refuse(w, q, pkts[i], why);
	}
}

/* Frames that other threads left for this queue. */
static unsigned int
take(struct worker *w, struct qdisc *q) DP_ONLY
{
	struct rte_mbuf *pkts[SCHED_BURST];
	unsigned int n = rte_ring_sc_dequeue_burst(q->ring, (void **)pkts, SCHED_BURST, NULL);

	enqueue(w, q, pkts, (uint16_t)n);
	return n;
}

/* Nothing that waits for a device that is down, or without carrier, is worth sending later. */
static void
purge(struct worker *w, struct qdisc *q, enum drop_reason why) DP_ONLY
{
	for (unsigned int b = 0; b < q->bands; b++) {
		struct sk_buff *skb;

		while ((skb = skb_dequeue(&q->band[b])) != NULL)
			refuse(w, q, skb_mbuf(skb), why);
	}
}

/* Send what may leave and the driver takes. @return frames sent */
static unsigned int
run(struct worker *w, struct qdisc *q) DP_ONLY
{
	uint32_t flags = __atomic_load_n(&q->dev->flags, __ATOMIC_RELAXED);
	struct rte_mbuf *pkts[SCHED_BURST];
	unsigned int sent = 0;

	q->waits = false;
	if (unlikely((flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING))) {
		purge(w, q, flags & IFF_UP ? DROP_NETDEV_NO_CARRIER : DROP_NETDEV_DOWN);
		return 0;
	}
	for (unsigned int round = 0; round < SCHED_ROUNDS; round++) {
		uint16_t room = netdev_tx_room(w, q->dev);
		uint16_t n = q->ops->dequeue(q, pkts, RTE_MIN(room, (uint16_t)SCHED_BURST), w->now);

		if (n == 0)
			break;
		q->packets += n;
		for (uint16_t i = 0; i < n; i++)
			q->bytes += pkts[i]->pkt_len;
		sent += n;
		q->dev->drv_dp->xmit(w, q->dev, pkts, n);
	}
	return sent;
}

static void
sched_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct qdisc *q = rcu_dereference(dev->qdisc);
	unsigned int done;

	role_enter_dp();
	if (unlikely(q == NULL)) { /* it has just gone */
		dev->drv_dp->xmit(w, dev, pkts, n);
		return;
	}
	if (likely(q->owner == w->id)) {
		for (int left = (int)rte_ring_count(q->ring); left > 0; left -= SCHED_BURST)
			take(w, q); /* what others sent before is ahead */
		enqueue(w, q, pkts, n);
		run(w, q);
		return;
	}
	done = netdev_hand_over(q->ring, SCHED_RING_SPARE, pkts, n);
	for (; done < n; done++)
		refuse(w, q, pkts[done], DROP_SCHED_FULL);
	worker_wake(workers[q->owner]);
}

const struct net_device_ops_dp sched_ops_dp = { .xmit = sched_xmit };

unsigned int
sched_poll_all(struct worker *w)
{
	enum stage from = stage_switch(w, STAGE_SCHED);
	unsigned int work = 0, sent = 0;

	for (struct qdisc *q = rcu_dereference(sched_run[w->id]); q != NULL;
	     q = rcu_dereference(q->next)) {
		work += take(w, q);
		if (waiting(q) > 0) {
			sent += run(w, q);
			work += q->waits;
		}
	}
	stage_count(w, STAGE_SCHED, sent);
	stage_leave(w, from);
	return work + sent;
}
