/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <rte_common.h>
#include <rte_mempool.h>
#include "netdev/netdev.h"
#include "neigh/neigh_priv.h"

/*
 * What the NUD table decides is carried out here: timers, adjacencies, requests, the queue of
 * packets that wait. Each entry's life goes through neigh_event().
 */

#define RETRANS_MIN_MS 10 /* Linux: HZ/100 */
#define HELD_PER_POOL  8  /* of the pool's buffers at most one in so many waits here */

void (*neigh_unreachable)(struct worker *w, struct sk_buff *skb);

/* --- adjacency --- */

void
neigh_adj_template(const struct neighbour *n, struct adj *tmpl)
{
	int len;

	*tmpl = (struct adj){ .type = ADJ_INCOMPLETE,
			      .dev = n->dev,
			      .lower = netdev_lower(n->dev),
			      .gw = n->primary_key,
			      .used = n->used };
	if (n->nud_state == NUD_FAILED)
		tmpl->type = ADJ_FAILED;
	if (!(n->nud_state & NUD_VALID))
		return;
	len = dev_hard_header(n->dev, &n->ha, rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4), tmpl->hdr,
			      sizeof(tmpl->hdr));
	if (len < 0)
		return; /* more tags than hdr[] holds: never resolved, its packets are dropped */
	tmpl->type = ADJ_REWRITE;
	tmpl->hdr_len = (uint8_t)len;
	tmpl->mtu = n->dev->mtu;
}

int
neigh_publish(struct neighbour *n)
{
	struct adj tmpl;

	neigh_adj_template(n, &tmpl);
	return adj_publish(n->adj_idx, &tmpl);
}

static bool
adj_fits(const struct neighbour *n)
{
	uint8_t type = adj_tab[n->adj_idx]->type;

	if (n->nud_state & NUD_VALID)
		return type == ADJ_REWRITE;
	return type == (n->nud_state == NUD_FAILED ? ADJ_FAILED : ADJ_INCOMPLETE);
}

/* --- use --- */

void
neigh_fold_used(struct neighbour *n)
{
	uint32_t s = __atomic_load_n(n->used, __ATOMIC_RELAXED);

	if (s != 0)
		n->used_s = s;
}

uint32_t
neigh_used_ago(struct neighbour *n)
{
	neigh_fold_used(n);
	if (n->used_s == 0)
		return UINT32_MAX;
	return adj_now_s > n->used_s ? adj_now_s - n->used_s : 0;
}

/* --- the queue of packets that wait for this neighbour --- */

static CTL_ONLY struct sk_buff *
queue_take(struct neighbour *n)
{
	struct sk_buff *skb = skb_dequeue(&n->arp_queue);

	if (skb != NULL)
		neigh_tbl.held--;
	if (n->arp_queue.qlen == 0 && n->waits) {
		TAILQ_REMOVE(&neigh_tbl.waiting, n, wait_link);
		n->waits = false;
	}
	return skb;
}

static CTL_ONLY void
drop(struct sk_buff *skb, enum drop_reason why)
{
	role_borrow_dp();
	kfree_skb_reason(worker_ctl(), skb, why);
}

void
neigh_queue_purge(struct neighbour *n, enum drop_reason why)
{
	struct sk_buff *skb;

	while ((skb = queue_take(n)) != NULL)
		drop(skb, why);
}

static CTL_ONLY void
discard_oldest(struct neighbour *n)
{
	struct sk_buff *skb = queue_take(n);

	if (skb == NULL)
		return;
	neigh_count_add(NEIGH_CNT_UNRESOLVED_DISCARDS, 1);
	drop(skb, DROP_NEIGH_UNRESOLVED);
}

/* Packets that may wait in all queues together. A sweep of a /16 must not take the buffers that
 * forwarding needs. */
static CTL_ONLY uint32_t
held_limit(void)
{
	uint32_t limit = (uint32_t)neigh_tbl.unres_qlen_total;
	const struct rte_mempool *pool = worker_ctl()->pool;

	return pool == NULL ? limit : RTE_MIN(limit, pool->size / HELD_PER_POOL + 1);
}

/* The oldest give way: RFC 1122 2.3.2.2 asks to keep at least the latest packet. */
static CTL_ONLY void
queue_put(struct neighbour *n, struct sk_buff *skb)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);
	struct sk_buff_head *q = &n->arp_queue;
	uint32_t len = skb_len(skb);

	while (q->qlen > 0 && (q->qlen >= (uint32_t)p->unres_qlen ||
			       q->bytes + len > (uint32_t)p->unres_qlen_bytes))
		discard_oldest(n);
	if (p->unres_qlen == 0 || len > (uint32_t)p->unres_qlen_bytes) {
		neigh_count_add(NEIGH_CNT_UNRESOLVED_DISCARDS, 1);
		drop(skb, DROP_NEIGH_UNRESOLVED);
		return;
	}
	while (neigh_tbl.held >= held_limit() && !TAILQ_EMPTY(&neigh_tbl.waiting))
		discard_oldest(TAILQ_FIRST(&neigh_tbl.waiting));
	skb->dst = NULL;   /* good for one burst only, and this one ends */
	skb->dev = n->dev; /* lives as long as the entry; the one it came by may not */
	skb_queue_tail(q, skb);
	neigh_tbl.held++;
	if (!n->waits) {
		TAILQ_INSERT_TAIL(&neigh_tbl.waiting, n, wait_link);
		n->waits = true;
	}
}

/* Send to a neighbour whose address is known. */
static CTL_ONLY void
send_resolved(struct neighbour *n, struct sk_buff **pkts, unsigned int count)
{
	struct skb_vec vec = { .n = 0 };

	role_borrow_dp();
	if (!adj_fits(n) && (neigh_publish(n) < 0 || !adj_fits(n))) {
		for (unsigned int i = 0; i < count; i++)
			drop(pkts[i], DROP_NEIGH_UNRESOLVED);
		return;
	}
	for (unsigned int i = 0; i < count; i++) {
		pkts[i]->dst = adj_get(n->adj_idx);
		skb_vec_push(&vec, pkts[i]);
	}
	neigh_output(worker_ctl(), &vec);
}

static CTL_ONLY void
queue_flush(struct neighbour *n)
{
	struct sk_buff *pkts[SKB_BURST];
	unsigned int count;

	do {
		for (count = 0; count < SKB_BURST && (pkts[count] = queue_take(n)) != NULL; count++)
			;
		if (count > 0)
			send_resolved(n, pkts, count);
	} while (count == SKB_BURST);
}

static CTL_ONLY void
unreachable(struct sk_buff *skb, struct net_device *dev)
{
	role_borrow_dp();
	skb->dev = dev;
	skb->dst = NULL;
	skb_reset_network_header(skb);
	if (neigh_unreachable != NULL)
		neigh_unreachable(worker_ctl(), skb);
	else
		kfree_skb_reason(worker_ctl(), skb, DROP_NEIGH_FAILED);
}

/* The handler sends ICMP errors, which may create, fail or evict entries, this one too: take the
 * packets out first and do not look at the entry again. */
static CTL_ONLY void
queue_error(struct neighbour *n)
{
	struct net_device *dev = n->dev;
	struct sk_buff *first = NULL, **tail = &first, *skb;

	neigh_count_add(NEIGH_CNT_RES_FAILED, 1);
	while ((skb = queue_take(n)) != NULL) {
		skb->next = NULL;
		*tail = skb;
		tail = &skb->next;
	}
	while ((skb = first) != NULL) {
		first = skb->next;
		skb->next = NULL;
		unreachable(skb, dev);
	}
}

/* --- timers and probes --- */

static CTL_ONLY unsigned int
max_probes(const struct neighbour *n)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);

	if (n->nud_state == NUD_PROBE)
		return (unsigned int)(p->ucast_solicit + p->app_solicit + p->mcast_resolicit);
	return (unsigned int)(p->app_solicit + p->mcast_solicit);
}

/* Unicast first, where there is an address to ask; then the resolver outside; then everybody. */
static CTL_ONLY void
solicit(struct neighbour *n)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);
	unsigned int ucast = n->nud_state == NUD_PROBE ? (unsigned int)p->ucast_solicit : 0;
	unsigned int sent = n->probes;

	if (sent >= max_probes(n))
		return;
	n->probes++;
	if (sent >= ucast && sent < ucast + (unsigned int)p->app_solicit)
		notifier_call(&neigh_chain, NEIGH_APP_SOLICIT, n);
	else
		arp_solicit(n, sent < ucast);
}

static CTL_ONLY void
timer_start(struct neighbour *n)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);

	switch (n->nud_state) {
	case NUD_INCOMPLETE:
	case NUD_PROBE:
		timer_mod(&n->timer, (uint64_t)RTE_MAX(p->retrans_time_ms, RETRANS_MIN_MS));
		break;
	case NUD_REACHABLE:
		timer_mod(&n->timer, p->reachable_time_ms);
		break;
	case NUD_DELAY:
		timer_mod(&n->timer, (uint64_t)p->delay_first_probe_time * 1000);
		break;
	default:
		timer_del(&n->timer);
	}
}

void
neigh_timer_fn(struct ctl_timer *t)
{
	struct neighbour *n = container_of(t, struct neighbour, timer);
	const struct neigh_parms *p = neigh_parms_get(n->dev);
	enum nud_event ev = NUD_EV_TIMEOUT;

	if (n->nud_state == NUD_REACHABLE) {
		/* In use: no need to be STALE first and wait for the next packet. */
		if (neigh_used_ago(n) <= (uint32_t)p->delay_first_probe_time)
			ev = NUD_EV_TIMEOUT_USED;
	} else if ((n->nud_state & (NUD_INCOMPLETE | NUD_PROBE)) && n->probes >= max_probes(n)) {
		ev = NUD_EV_TIMEOUT_LAST;
	}
	neigh_event(n, ev, NULL);
}

/* --- transitions --- */

/* Times, lists and counters of a step; true: somebody will want to hear of it. */
static CTL_ONLY bool
enter_state(struct neighbour *n, const struct nud_row *row, bool moved)
{
	uint8_t old = n->nud_state;

	n->nud_state = (uint8_t)row->to;
	if (row->act & NUD_A_CONFIRM)
		n->confirmed_ms = clock_ms();
	if (row->act & NUD_A_RESET)
		n->probes = 0;
	if (old == n->nud_state && !moved)
		return false;
	/* Not on a mere confirmation: that would move the window of locktime along with it. */
	n->updated_ms = clock_ms();
	if (n->nud_state == NUD_STALE) {
		neigh_fold_used(n);
		__atomic_store_n(n->used, 0, __ATOMIC_RELAXED); /* so that the next use shows */
	}
	if (!(old & NUD_VALID) && (n->nud_state & NUD_VALID))
		neigh_count_add(NEIGH_CNT_RESOLVED, 1);
	else if (moved)
		neigh_count_add(NEIGH_CNT_MOVED, 1);
	neigh_relist(n);
	return true;
}

static enum drop_reason
purge_reason(const struct net_device *dev)
{
	if (!netif_running(dev))
		return DROP_NETDEV_DOWN;
	return netif_carrier_ok(dev) ? DROP_NEIGH_UNRESOLVED : DROP_NETDEV_NO_CARRIER;
}

void
neigh_event(struct neighbour *n, enum nud_event ev, const struct rte_ether_addr *lladdr)
{
	const struct nud_row *row = nud_step(n->nud_state, ev);
	bool moved = false, changed;

	if (row == NULL || n->dead)
		return;
	if ((row->act & NUD_A_LEARN) && lladdr != NULL) {
		moved = !rte_is_same_ether_addr(&n->ha, lladdr);
		n->ha = *lladdr;
	}
	changed = enter_state(n, row, moved);
	if (moved || !adj_fits(n))
		neigh_publish(n); /* without memory the old line stays; send_resolved() retries */
	if (row->act & NUD_A_TIMER)
		timer_start(n);
	else
		timer_del(&n->timer);
	if (row->act & NUD_A_FLUSH)
		queue_flush(n);
	if (row->act & NUD_A_SOLICIT)
		solicit(n);
	if (row->act & NUD_A_PURGE)
		neigh_queue_purge(n, purge_reason(n->dev));
	if (changed)
		notifier_call(&neigh_chain, NEIGH_UPDATE, n);
	if ((row->act & NUD_A_ERROR) && !n->dead)
		queue_error(n);
}

void
neigh_confirm(struct neighbour *n)
{
	neigh_event(n, NUD_EV_CONFIRM, NULL);
}

/* --- output on the control thread --- */

/* Just failed: answer from memory, ask the wire again only after a while. */
static CTL_ONLY bool
is_negative(const struct neighbour *n)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);

	return n->nud_state == NUD_FAILED &&
	       clock_ms() - n->updated_ms < (uint64_t)RTE_MAX(p->retrans_time_ms, RETRANS_MIN_MS);
}

void
neigh_resolve_output(struct neighbour *n, struct sk_buff *skb)
{
	if (!netif_running(n->dev)) {
		skb->dev = n->dev;
		drop(skb, DROP_NETDEV_DOWN);
		return;
	}
	if (n->nud_state & NUD_VALID) {
		if (n->nud_state == NUD_STALE)
			neigh_event(n, NUD_EV_OUTPUT, NULL);
		send_resolved(n, &skb, 1);
		return;
	}
	if (is_negative(n)) {
		neigh_count_add(NEIGH_CNT_NEGATIVE_HITS, 1);
		unreachable(skb, n->dev);
		return;
	}
	queue_put(n, skb);
	if (n->nud_state != NUD_INCOMPLETE)
		neigh_event(n, NUD_EV_OUTPUT, NULL);
}

/* May there be a neighbour of that address? 0/8, groups and class E have none. */
static bool
is_unicast(rte_be32_t addr)
{
	uint32_t ip = rte_be_to_cpu_32(addr);

	return ip >> 24 != 0 && ip >> 28 < 0xe;
}

void
neigh_output_ctl(struct sk_buff *skb, uint32_t ifindex, rte_be32_t nexthop)
{
	struct net_device *dev = dev_get_by_index(ifindex);
	struct neighbour *n;

	skb->dev = dev;
	if (dev == NULL || !is_unicast(nexthop)) {
		drop(skb, dev == NULL ? DROP_NETDEV_GONE : DROP_NEIGH_FAILED);
		return;
	}
	n = neigh_create(nexthop, dev);
	if (n == NULL) {
		drop(skb, DROP_NEIGH_TABLE_FULL);
		return;
	}
	neigh_resolve_output(n, skb);
}

/* --- the administrator --- */

int
neigh_admin_set(rte_be32_t addr, struct net_device *dev, const struct rte_ether_addr *lladdr,
		enum nud_state state)
{
	struct neighbour *n = neigh_lookup(addr, dev);
	struct rte_ether_addr own;

	if (addr == 0 || (lladdr != NULL && rte_is_multicast_ether_addr(lladdr)))
		return -EINVAL;
	if (lladdr == NULL && (state & NUD_VALID)) {
		if (n != NULL && (n->nud_state & NUD_VALID)) {
			own = n->ha; /* change of state only */
		} else if (neigh_dev_noarp(dev)) {
			netdev_addr(dev, &own);
		} else {
			return -EINVAL;
		}
		lladdr = &own;
	}
	if (n == NULL)
		n = neigh_create_flags(addr, dev, state == NUD_PERMANENT);
	if (n == NULL)
		return adj_count() >= ADJ_MAX ||
				       neigh_tbl.gc_count >= (uint32_t)neigh_tbl.gc_thresh3
			       ? -ENOSPC
			       : -ENOMEM;
	neigh_set_static(n, state == NUD_PERMANENT);
	neigh_event(n, nud_admin_event(state), lladdr);
	return 0;
}

int
neigh_admin_del(rte_be32_t addr, struct net_device *dev)
{
	struct neighbour *n = neigh_lookup(addr, dev);

	if (n == NULL)
		return -ENOENT;
	if (n->refcnt == 0) {
		neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
		return 0;
	}
	neigh_set_static(n, false);
	neigh_event(n, NUD_EV_DOWN, NULL);
	return 0;
}
