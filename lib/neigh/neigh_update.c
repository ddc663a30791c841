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

#define HELD_PER_POOL 8 /* of the pool's buffers at most one in so many waits here */

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
	if (n->nud.state == NUD_FAILED)
		tmpl->type = ADJ_FAILED;
	if (!(n->nud.state & NUD_VALID))
		return;
	len = dev_hard_header(n->dev, &n->ha, rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4), tmpl->hdr,
			      sizeof(tmpl->hdr));
	if (len < 0)
		return; /* more tags than hdr[] holds: never resolved, its packets are dropped */
	tmpl->type = ADJ_REWRITE;
	tmpl->hdr_len = (uint8_t)len;
	tmpl->upper = adj_upper(tmpl->dev, tmpl->lower);
	tmpl->mtu = n->dev->mtu;
}

void
neigh_publish(struct neighbour *n)
{
	struct adj tmpl;

	neigh_adj_template(n, &tmpl);
	n->unshown = adj_publish(n->adj_idx, &tmpl) < 0;
	n->nd->unshown |= n->unshown;
}

static bool
adj_fits(const struct neighbour *n)
{
	uint8_t type = adj_tab[n->adj_idx]->type;

	if (n->nud.state & NUD_VALID)
		return type == ADJ_REWRITE || n->trailing > 0;
	return type == (n->nud.state == NUD_FAILED ? ADJ_FAILED : ADJ_INCOMPLETE);
}

/*
 * Packets that waited are ahead of those that follow them: they were sent, but others that workers
 * met before the address was known may be on their way here. Until these have passed, workers go on
 * sending all by way of this thread. A stream that never ends is not waited for.
 */
#define TRAILING_ROUNDS 8
static int msg_settle = -1; /* arg: ifindex; arg2: the address */

static CTL_ONLY bool
trails(struct neighbour *n)
{
	struct ctl_msg msg = { .type = (uint16_t)msg_settle,
			       .arg = (uint32_t)n->dev->ifindex,
			       .arg2 = n->primary_key };

	if (n->trailing == 0 || msg_waiting(MSG_RESOLVE) == 0)
		return false;
	role_borrow_dp();
	return msg_send(worker_ctl(), &msg) == 0;
}

/* Show workers the state. */
static CTL_ONLY void
update_adj(struct neighbour *n)
{
	bool resolved = (n->nud.state & NUD_VALID) && adj_tab[n->adj_idx]->type != ADJ_REWRITE;

	n->trailing = resolved ? TRAILING_ROUNDS : 0;
	if (trails(n))
		return;
	n->trailing = 0;
	neigh_publish(n);
}

/* What was under way when it was put off has passed. */
static CTL_ONLY void
on_settle(struct ctl_msg *msg)
{
	struct net_device *dev = dev_get_by_index(msg->arg);
	struct neighbour *n = dev == NULL ? NULL : neigh_lookup((rte_be32_t)msg->arg2, dev);

	if (n == NULL || n->trailing == 0) /* it has changed since */
		return;
	n->trailing--;
	if (trails(n))
		return;
	n->trailing = 0;
	neigh_publish(n);
}

/* Of a class that is served behind MSG_RESOLVE, and carries no packets. */
int
neigh_settle_init(void)
{
	msg_settle = msg_register(MSG_LEARN, "settle", on_settle);
	return msg_settle;
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

	if (skb != NULL) {
		neigh_tbl.held--;
		if (--n->nd->held == 0)
			neigh_tbl.n_waiting--;
	}
	if (n->arp_queue.qlen == 0 && n->waits) {
		TAILQ_REMOVE(&n->nd->waiting, n, wait_link);
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

/* The device whose packets take most of the room, when one more is to wait at @p nd: that one as a
 * rule, in a sweep. */
static CTL_ONLY struct neigh_dev *
greediest(struct neigh_dev *nd)
{
	if ((uint64_t)nd->held * neigh_tbl.n_waiting >= neigh_tbl.held)
		return nd;
	for (struct neigh_dev *d = neigh_tbl.first_dev; d != NULL; d = d->next)
		if (d->held > nd->held)
			nd = d;
	return nd;
}

/* The oldest give way: RFC 1122 2.3.2.2 asks to keep at least the latest packet. */
static CTL_ONLY void
queue_put(struct neighbour *n, struct sk_buff *skb)
{
	const struct neigh_parms *p = &n->nd->p;
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
	while (neigh_tbl.held > 0 && neigh_tbl.held >= held_limit())
		discard_oldest(TAILQ_FIRST(&greediest(n->nd)->waiting));
	skb->dst = NULL;   /* good for one burst only, and this one ends */
	skb->dev = n->dev; /* lives as long as the entry; the one it came by may not */
	skb_queue_tail(q, skb);
	neigh_tbl.held++;
	if (n->nd->held++ == 0)
		neigh_tbl.n_waiting++;
	if (!n->waits) {
		TAILQ_INSERT_TAIL(&n->nd->waiting, n, wait_link);
		n->waits = true;
	}
}

/* Send to a neighbour whose address is known, whether workers know it or not. */
static CTL_ONLY void
send_resolved(struct neighbour *n, struct sk_buff **pkts, unsigned int count)
{
	struct skb_vec vec;
	struct adj line;

	skb_vec_init(&vec);
	role_borrow_dp();
	neigh_adj_template(n, &line);
	for (unsigned int i = 0; i < count; i++) {
		if (line.type != ADJ_REWRITE) { /* its header does not fit */
			drop(pkts[i], DROP_NEIGH_UNRESOLVED);
			continue;
		}
		pkts[i]->dst = &line;
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

/* --- one event --- */

static CTL_ONLY void
solicit(struct neighbour *n)
{
	enum nud_ask whom = nud_ask(&n->nud, &n->nd->p);

	if (whom == NUD_ASK_NOBODY)
		return;
	n->nud.probes++;
	if (whom == NUD_ASK_APP)
		notifier_call(&neigh_chain, NEIGH_APP_SOLICIT, n);
	else
		arp_solicit(n, whom == NUD_ASK_PEER);
}

void
neigh_timer_fn(struct ctl_timer *t)
{
	struct neighbour *n = container_of(t, struct neighbour, timer);
	uint32_t ago = neigh_used_ago(n);

	neigh_event(n,
		    nud_timeout(&n->nud, ago == UINT32_MAX ? UINT64_MAX : (uint64_t)ago * 1000,
				&n->nd->p),
		    NULL);
}

static CTL_ONLY void
set_timer(struct neighbour *n, uint64_t now)
{
	if (n->nud.due_ms != 0)
		timer_mod(&n->timer, n->nud.due_ms - now);
	else
		timer_del(&n->timer);
}

/* Workers hear answers to what is asked even in a storm. */
void
neigh_count_asked(const struct neighbour *n, uint8_t old, uint8_t state)
{
	int by = !!(state & (NUD_INCOMPLETE | NUD_PROBE)) - !!(old & (NUD_INCOMPLETE | NUD_PROBE));
	uint16_t *slot = neigh_asked_slot(n->primary_key, n->dev->ifindex);

	if (by != 0)
		__atomic_store_n(slot, (uint16_t)(*slot + by), __ATOMIC_RELAXED);
}

/* Lists and counters follow a new state or address. */
static CTL_ONLY void
note_change(struct neighbour *n, uint8_t old, bool moved)
{
	neigh_count_asked(n, old, n->nud.state);
	if (n->nud.state == NUD_STALE) {
		neigh_fold_used(n);
		__atomic_store_n(n->used, 0, __ATOMIC_RELAXED); /* so that the next use shows */
	}
	if (!(old & NUD_VALID) && (n->nud.state & NUD_VALID))
		neigh_count_add(NEIGH_CNT_RESOLVED, 1);
	else if (moved)
		neigh_count_add(NEIGH_CNT_MOVED, 1);
	neigh_relist(n);
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
	bool moved = lladdr != NULL && !rte_is_same_ether_addr(&n->ha, lladdr), changed;
	uint64_t now = clock_ms();
	uint8_t old = n->nud.state;
	int act = n->dead ? -1 : nud_event(&n->nud, ev, moved, now, &n->nd->p);

	if (act < 0)
		return;
	moved = moved && (act & NUD_A_LEARN);
	if (moved)
		n->ha = *lladdr;
	changed = moved || n->nud.state != old;
	if (changed)
		note_change(n, old, moved);
	set_timer(n, now);
	if (act & NUD_A_FLUSH)
		queue_flush(n);
	if (n->dead) /* by what its packets did where they came to */
		return;
	if (moved || !adj_fits(n))
		update_adj(n);
	if (act & NUD_A_SOLICIT)
		solicit(n);
	if (act & NUD_A_PURGE)
		neigh_queue_purge(n, purge_reason(n->dev));
	if (changed)
		notifier_call(&neigh_chain, NEIGH_UPDATE, n);
	if (act & NUD_A_ERROR) /* a listener may have deleted it: then nothing waits */
		queue_error(n);
}

int
neigh_update(struct neighbour *n, const struct rte_ether_addr *lladdr, enum nud_state state,
	     unsigned int flags)
{
	bool same = (n->nud.state & NUD_VALID) && rte_is_same_ether_addr(&n->ha, lladdr);
	enum nud_event ev = nud_update(n->nud.state, state, same, flags);

	if (ev == NUD_EV_N)
		return n->nud.state & (NUD_PERMANENT | NUD_NOARP) ? -EPERM : -EEXIST;
	neigh_event(n, ev, lladdr);
	return 0;
}

void
neigh_confirm(struct neighbour *n)
{
	neigh_event(n, NUD_EV_CONFIRM, NULL);
}

void
neigh_use(struct neighbour *n)
{
	neigh_event(n, nud_output(&n->nud, &n->nd->p), NULL);
}

/* --- output on the control thread --- */

void
neigh_resolve_output(struct neighbour *n, struct sk_buff *skb)
{
	if (!netif_running(n->dev)) {
		skb->dev = n->dev;
		drop(skb, DROP_NETDEV_DOWN);
		return;
	}
	if (n->nud.state & NUD_VALID) {
		if (n->nud.state == NUD_STALE)
			neigh_event(n, NUD_EV_OUTPUT, NULL);
		if (!adj_fits(n))
			update_adj(n);
		send_resolved(n, &skb, 1);
		return;
	}
	if (nud_is_negative(&n->nud, clock_ms(), &n->nd->p)) {
		neigh_count_add(NEIGH_CNT_NEGATIVE_HITS, 1);
		unreachable(skb, n->dev);
		return;
	}
	queue_put(n, skb);
	if (n->nud.state != NUD_INCOMPLETE)
		neigh_use(n);
}

void
neigh_output_ctl(struct sk_buff *skb, uint32_t ifindex, rte_be32_t nexthop)
{
	struct net_device *dev = dev_get_by_index(ifindex);
	struct neighbour *n;

	skb->dev = dev;
	if (dev == NULL || !neigh_may_be(nexthop)) {
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

/* The address that an entry of @p e gets; NULL: none. -EINVAL: its state needs one. */
static CTL_ONLY int
admin_lladdr(const struct neigh_entry *e, const struct neighbour *n, struct rte_ether_addr *own,
	     const struct rte_ether_addr **lladdr)
{
	*lladdr = e->lladdr;
	if (e->lladdr != NULL || e->ask || !(e->state & NUD_VALID))
		return 0;
	if (n != NULL && (n->nud.state & NUD_VALID))
		*own = n->ha; /* change of state only */
	else if (neigh_dev_noarp(e->dev))
		netdev_addr(e->dev, own);
	else
		return -EINVAL;
	*lladdr = own;
	return 0;
}

int
neigh_admin_enter(const struct neigh_entry *e)
{
	bool permanent = !e->ask && e->state == NUD_PERMANENT, marked;
	struct neighbour *n = neigh_lookup(e->dst, e->dev);
	const struct rte_ether_addr *lladdr;
	struct rte_ether_addr own;

	if (!neigh_may_be(e->dst))
		return -EADDRNOTAVAIL;
	if (admin_lladdr(e, n, &own, &lladdr) < 0)
		return -EINVAL;
	if (n == NULL)
		n = neigh_create_flags(e->dst, e->dev, permanent);
	if (n == NULL)
		return -errno;
	if (e->protocol >= 0)
		n->protocol = (uint8_t)e->protocol;
	marked = neigh_is_known(n) && (n->flags & NTF_MARKS) != e->marks;
	n->flags |= NTF_ENTERED;
	neigh_set_marks(n, e->marks);
	if (marked)
		notifier_call(&neigh_chain, NEIGH_UPDATE, n);
	if (!e->ask || n->nud.state == NUD_PERMANENT) {
		neigh_set_static(n, permanent);
		neigh_event(n, nud_admin_event(e->ask ? NUD_NONE : e->state), lladdr);
	}
	if (e->ask && !n->dead)
		neigh_use(n);
	return 0;
}

int
neigh_admin_set(rte_be32_t addr, struct net_device *dev, const struct rte_ether_addr *lladdr,
		enum nud_state state)
{
	const struct neighbour *n = neigh_lookup(addr, dev);

	return neigh_admin_enter(
		&(struct neigh_entry){ .dst = addr,
				       .dev = dev,
				       .lladdr = lladdr,
				       .state = state,
				       .marks = n != NULL ? n->flags & NTF_MARKS : 0,
				       .protocol = -1 });
}

/* What is left of it needs no ARP, as a new one would not. */
static CTL_ONLY void
begin_anew(struct neighbour *n)
{
	struct rte_ether_addr own;

	neigh_event(n, NUD_EV_DOWN, NULL);
	if (!neigh_dev_noarp(n->dev))
		return;
	netdev_addr(n->dev, &own);
	neigh_event(n, NUD_EV_ADMIN_NOARP, &own);
}

void
neigh_let_go(struct neighbour *n, enum drop_reason why)
{
	if (n->refcnt == 0) {
		neigh_destroy(n, why);
		return;
	}
	if (neigh_is_known(n))
		notifier_call(&neigh_chain, NEIGH_FORGET, n);
	neigh_set_static(n, false);
	neigh_set_marks(n, 0);
	n->flags &= (uint8_t)~NTF_ENTERED;
	n->protocol = 0;
	begin_anew(n);
}

int
neigh_admin_del(rte_be32_t addr, struct net_device *dev)
{
	struct neighbour *n = neigh_lookup(addr, dev);

	if (n == NULL || !neigh_is_known(n))
		return -ENOENT;
	neigh_let_go(n, DROP_NEIGH_UNRESOLVED);
	return 0;
}

void
neigh_set_marks(struct neighbour *n, uint8_t marks)
{
	neigh_tbl.n_managed += !!(marks & NTF_MANAGED) - !!(n->flags & NTF_MANAGED);
	n->flags = (uint8_t)((n->flags & ~NTF_MARKS) | (marks & NTF_MARKS));
	neigh_relist(n);
}
