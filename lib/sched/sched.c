/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has which discipline: made, replaced, taken away, with the devices. */
#include "sched/sched.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "core/held.h"
#include "core/timer.h"
#include "netdev/netdev_class_dp.h"
#include "sched/sched_filter.h"

#define TBF_FULL_S_MAX 100 /* seconds in which a bucket may fill: keeps the sums in 64 bits */

static struct qdisc *all;	      /* retired ones too, until they are empty */
static uint16_t next_handle = 0x8001; /* where Linux begins */

/* --- life --- */

static void
list_add(struct qdisc *q) CTL_ONLY
{
	q->next_all = all;
	all = q;
	q->next = sched_run[q->owner];
	rcu_assign_pointer(sched_run[q->owner], q);
}

/* The worker polls it no more from its next round on. */
static void
list_del(struct qdisc *q) CTL_ONLY
{
	struct qdisc **p = &sched_run[q->owner];

	while (*p != NULL && *p != q)
		p = &(*p)->next;
	if (*p != NULL)
		rcu_assign_pointer(*p, q->next);
}

/* No worker knows it any more: what it held dies. */
static void
destroy(struct qdisc *q) CTL_ONLY
{
	struct qdisc **p = &all;
	void *m;

	role_borrow_dp();
	while (rte_ring_sc_dequeue(q->ring, &m) == 0)
		kfree_mbuf_reason(worker_ctl(), m, q->dev, DROP_SCHED_RESET);
	for (unsigned int b = 0; b < q->bands; b++) {
		struct sk_buff *skb;

		while ((skb = skb_dequeue(&q->band[b])) != NULL)
			kfree_mbuf_reason(worker_ctl(), skb_mbuf(skb), q->dev, DROP_SCHED_RESET);
	}
	while (*p != q)
		p = &(*p)->next_all;
	*p = q->next_all;
	rte_ring_free(q->ring);
	free(q);
}

static void
reclaim(struct rcu_head *head)
{
	role_enter_ctl();
	destroy((struct qdisc *)head);
}

/* As tc: what arrives within the latency, and a bucket. */
uint32_t
sched_spec_limit(const struct qdisc_spec *s)
{
	if (s->limit != 0)
		return s->limit;
	return (uint32_t)RTE_MIN(s->rate * s->latency_us / US_PER_S + s->burst, UINT32_MAX);
}

unsigned int
sched_spec_bands(const struct qdisc_spec *s)
{
	if (s->kind == QDISC_TBF)
		return NETDEV_CLASSES;
	return s->kind == QDISC_PRIO && s->bands != 0 ? s->bands : SCHED_BANDS_TOS;
}

static void
set_tbf(struct qdisc *q, const struct qdisc_spec *s)
{
	uint32_t limit = sched_spec_limit(s);

	q->tbf = (struct tbf){ .rate = s->rate,
			       .burst = s->burst,
			       .limit = limit,
			       .hz = rte_get_tsc_hz(),
			       .last = clock_tsc() };
	q->tbf.full = s->burst * q->tbf.hz / s->rate + 1;
	q->tbf.tokens = s->burst * q->tbf.hz;
	for (unsigned int c = 0; c < NETDEV_CLASSES; c++)
		skb_queue_head_init(&q->band[c], 0,
				    c == NETDEV_CLASS_DATA ? limit
							   : RTE_MAX(limit, SCHED_CTL_BYTES));
}

static struct qdisc *
make(struct net_device *dev, const struct qdisc_spec *s) CTL_ONLY
{
	static unsigned int serial; /* rings have names */
	struct qdisc *q = calloc(1, sizeof(*q));
	uint16_t owner = netdev_lower(dev)->tx_owner;
	char name[RTE_RING_NAMESIZE];

	if (q == NULL)
		return NULL;
	snprintf(name, sizeof(name), "sched%u", serial++);
	q->ring = rte_ring_create(name, SCHED_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (q->ring == NULL) {
		free(q);
		return NULL;
	}
	q->dev = dev;
	q->owner = owner != 0 && owner < n_workers ? owner : (uint16_t)(n_workers > 1);
	q->handle = s->handle != 0 ? s->handle : next_handle++;
	q->ops = s->kind == QDISC_TBF	 ? &tbf_ops
		 : s->kind == QDISC_PRIO ? &prio_ops
					 : &pfifo_fast_ops;
	q->bands = (uint16_t)sched_spec_bands(s);
	if (s->kind == QDISC_TBF)
		set_tbf(q, s);
	else
		for (unsigned int b = 0; b < q->bands; b++)
			skb_queue_head_init(&q->band[b], SCHED_TX_QLEN + SCHED_TX_SPARE, 0);
	return q;
}

/* --- at a device --- */

const char *
sched_spec_check(const struct qdisc_spec *s)
{
	if (s->kind == QDISC_PRIO && s->bands != 0 &&
	    (s->bands < SCHED_BANDS_TOS || s->bands > SCHED_BANDS))
		return "prio has 3 to 16 bands";
	if (s->kind != QDISC_TBF)
		return NULL;
	if (s->rate == 0)
		return "tbf needs a rate above 0";
	if (s->rate > UINT64_C(125000000000))
		return "the rate is above 1000 Gbit/s";
	if (s->burst == 0)
		return "tbf needs a burst";
	if (s->burst / s->rate >= TBF_FULL_S_MAX)
		return "the burst is more than 100 seconds of the rate";
	if ((s->limit == 0) == (s->latency_us == 0))
		return "tbf needs a limit or a latency, not both";
	return NULL;
}

/* The device that frames are handed to changed, for this one and those on top of it. */
static void
tell(struct net_device *dev) CTL_ONLY
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		for (struct net_device *lower = d;; lower = lower->real_dev) {
			if (lower == dev)
				notifier_call(&netdev_chain, NETDEV_CHANGETX, d);
			if (lower == dev || lower->real_dev == lower)
				break;
		}
}

static void
install(struct net_device *dev, struct qdisc *q) CTL_ONLY
{
	struct qdisc *old = dev->qdisc;

	if (q != NULL)
		list_add(q);
	rcu_assign_pointer(dev->qdisc, q);
	rcu_assign_pointer(dev->ops_dp, q != NULL ? &sched_ops_dp : dev->drv_dp);
	dev->ctl->qdisc = q != NULL ? q->ops->id : "noqueue";
	if (old == NULL)
		return;
	sched_filter_del(old, NULL, NULL);
	list_del(old);
	rcu_defer(&old->rcu, reclaim);
}

int
sched_set(struct net_device *dev, const struct qdisc_spec *s)
{
	struct qdisc *q = NULL;

	if (sched_spec_check(s) != NULL || dev->flags & IFF_LOOPBACK)
		return -EINVAL;
	if (s->kind != QDISC_NOQUEUE) {
		q = make(dev, s);
		if (q == NULL)
			return -ENOMEM;
	}
	if (q == NULL && dev->qdisc == NULL)
		return 0;
	install(dev, q);
	tell(dev);
	return 0;
}

struct qdisc_spec
sched_spec_of(const struct net_device *dev)
{
	const struct qdisc *q = dev->qdisc;

	if (q == NULL)
		return (struct qdisc_spec){ .kind = QDISC_NOQUEUE };
	if (q->ops == &prio_ops)
		return (struct qdisc_spec){ .kind = QDISC_PRIO,
					    .handle = q->handle,
					    .bands = q->bands };
	if (q->ops != &tbf_ops)
		return (struct qdisc_spec){ .kind = QDISC_PFIFO_FAST, .handle = q->handle };
	return (struct qdisc_spec){ .kind = QDISC_TBF,
				    .handle = q->handle,
				    .rate = q->tbf.rate,
				    .burst = q->tbf.burst,
				    .limit = q->tbf.limit };
}

struct qdisc *
sched_of(const struct net_device *dev)
{
	return dev->qdisc;
}

void
sched_stats(const struct qdisc *q, struct qdisc_stats *st)
{
	*st = (struct qdisc_stats){
		.bytes = __atomic_load_n(&q->bytes, __ATOMIC_RELAXED),
		.packets = __atomic_load_n(&q->packets, __ATOMIC_RELAXED),
		.drops = __atomic_load_n(&q->drops, __ATOMIC_RELAXED),
		.overlimits = __atomic_load_n(&q->overlimits, __ATOMIC_RELAXED),
	};
	for (unsigned int b = 0; b < q->bands; b++) {
		st->backlog += __atomic_load_n(&q->band[b].bytes, __ATOMIC_RELAXED);
		st->qlen += __atomic_load_n(&q->band[b].qlen, __ATOMIC_RELAXED);
	}
}

void
sched_class_stats(const struct qdisc *q, unsigned int b, struct qdisc_stats *st)
{
	*st = (struct qdisc_stats){
		.bytes = __atomic_load_n(&q->class[b].bytes, __ATOMIC_RELAXED),
		.packets = __atomic_load_n(&q->class[b].packets, __ATOMIC_RELAXED),
		.drops = __atomic_load_n(&q->class[b].drops, __ATOMIC_RELAXED),
		.backlog = __atomic_load_n(&q->band[b].bytes, __ATOMIC_RELAXED),
		.qlen = __atomic_load_n(&q->band[b].qlen, __ATOMIC_RELAXED),
	};
}

unsigned int
sched_held(void)
{
	struct qdisc_stats st;
	unsigned int n = 0;

	for (const struct qdisc *q = all; q != NULL; q = q->next_all) {
		sched_stats(q, &st);
		n += st.qlen + rte_ring_count(q->ring);
	}
	return n;
}

static bool
names(const struct sched_filter *f, void *dev)
{
	return f->iif == (uint32_t)((const struct net_device *)dev)->ifindex;
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	role_enter_ctl();
	if (event == NETDEV_UNREGISTER && dev->qdisc != NULL)
		install(dev, NULL);
	for (struct net_device *d = dev_first(); event == NETDEV_UNREGISTER && d != NULL;
	     d = d->ctl->next)
		if (d->qdisc != NULL)
			sched_filter_del(d->qdisc, names, dev);
	return NOTIFY_OK;
}

/* Before the driver destroys the device, which comes after the last listener. */
static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH };

int
sched_init(void)
{
	notifier_add(&netdev_chain, &listener);
	return held_register("sched", sched_held);
}

void
sched_fini(void)
{
	notifier_del(&netdev_chain, &listener);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (d->qdisc != NULL)
			install(d, NULL);
	rcu_barrier();
}
