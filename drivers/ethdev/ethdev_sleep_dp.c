/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a worker sleeps beside its queues. A queue that can end a sleep is believed once it has done
 * so for a frame: until then, and after it has failed, naps are as short as if it could not.
 */
#include <sys/epoll.h>
#include "ethdev/ethdev_dp.h"

#define LONGEST_US 100000 /* even where all queues are proven */
#define HELD_US	   50	  /* frames wait for a device that was full */
#define MISSED_MAX 8
#define IDLE_MAX   64
#define OWED_NAPS  16 /* net_tap sees a frame only after a signal that another thread may take */
#define FOR_EACH_RXQ(q, list)                                                                      \
	for (unsigned int i_ = 0; i_ < (list)->n_queues && ((q) = (list)->queues[i_]) != NULL; i_++)

uint32_t
ethdev_sleep_us(struct worker *w, uint32_t nap_us)
{
	struct ethdev_worker *ew = w->tx;
	const struct ethdev_poll_list *list = rcu_dereference(ew->list);
	const struct ethdev_rxq *q;
	uint32_t us = LONGEST_US;

	FOR_EACH_RXQ(q, list)
	{
		if (q->wake != ETHDEV_WAKE_NAP && q->proven && q->owed == 0)
			continue;
		nap_us = RTE_MIN(nap_us, __atomic_load_n(&q->nap_us, __ATOMIC_RELAXED));
		us = RTE_MIN(us, nap_us);
	}
	for (unsigned int i = 0; i < list->n_ports; i++)
		if (ew->txq[list->ports[i]->port_id]->n > 0)
			us = RTE_MIN(us, (uint32_t)HELD_US);
	return us;
}

static void
trust(struct ethdev_rxq *q)
{
	q->proven = true;
	q->missed = q->idle = q->owed = 0;
	q->wakes++;
}

void
ethdev_sleep_arm(struct worker *w)
{
	struct ethdev_worker *ew = w->tx;
	const struct ethdev_poll_list *list = rcu_dereference(ew->list);
	struct ethdev_rxq *q;

	FOR_EACH_RXQ(q, list)
	{
		if (q->owed > 0 && q->packets != q->seen)
			trust(q); /* the frame came while the worker was awake */
		q->seen = q->packets;
		q->rung = false;
		if (q->wake == ETHDEV_WAKE_INTR)
			rte_eth_dev_rx_intr_enable(q->port->port_id, q->queue);
	}
}

void
ethdev_sleep_woke(struct worker *w, const struct epoll_event *ev, int n)
{
	struct ethdev_worker *ew = w->tx;
	const struct ethdev_poll_list *list = rcu_dereference(ew->list);
	struct ethdev_rxq *q;

	FOR_EACH_RXQ(q, list)
	{
		if (q->wake == ETHDEV_WAKE_INTR)
			rte_eth_dev_rx_intr_disable(q->port->port_id, q->queue);
		for (int i = 0; i < n; i++)
			q->rung |= ev[i].data.u64 == ethdev_wake_token(q);
	}
}

/* A ring and its frame, or a ring with the frame soon after: good. One without the other, again and
 * again: not to be relied on. */
static void
judge(struct ethdev_rxq *q, bool in_time)
{
	bool came = q->packets != q->seen;

	if (came && (q->rung || q->owed > 0)) {
		trust(q);
	} else if (q->rung) {
		q->owed = OWED_NAPS;
		if (++q->idle == IDLE_MAX)
			q->wake = ETHDEV_WAKE_NAP;
	} else if (came && in_time) {
		q->proven = false;
		if (++q->missed == MISSED_MAX)
			q->wake = ETHDEV_WAKE_NAP;
	} else if (q->owed > 0 && in_time) {
		q->owed--;
	}
	q->rung = false;
	q->seen = q->packets;
}

void
ethdev_sleep_judge(struct worker *w, bool in_time)
{
	struct ethdev_worker *ew = w->tx;
	const struct ethdev_poll_list *list = rcu_dereference(ew->list);
	struct ethdev_rxq *q;

	FOR_EACH_RXQ(q, list)
	if (q->wake != ETHDEV_WAKE_NAP)
		judge(q, in_time);
}
