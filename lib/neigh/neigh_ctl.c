/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include <rte_jhash.h>
#include "core/held.h"
#include "core/log.h"
#include "netdev/netdev.h"
#include "neigh/neigh_priv.h"

/*
 * The table: a chained hash by (address, device) that doubles as it fills. One writer, no reader
 * but the control thread: workers see adjacencies only.
 */

LOG_MODULE(neigh);

#define HASH_MIN 256

struct neigh_table neigh_tbl;
struct notifier_chain neigh_chain = NOTIFIER_CHAIN("neigh");

static const char *const neigh_counter_names[] = {
#define X(id, name) name,
	NEIGH_COUNTERS(X)
#undef X
};
struct counter_block neigh_counters = { .name = "neigh",
					.names = neigh_counter_names,
					.n = NEIGH_CNT_MAX };

static uint32_t
hash_of(const struct neigh_table *t, rte_be32_t addr, const struct net_device *dev)
{
	/* seeded: who chooses addresses must not choose the chain */
	return rte_jhash_2words(addr, (uint32_t)dev->ifindex, t->seed) & t->mask;
}

static CTL_ONLY void
hash_grow(struct neigh_table *t)
{
	uint32_t size = (t->mask + 1) * 2;
	struct neighbour **bigger = calloc(size, sizeof(*bigger));
	struct neighbour **old = t->hash;
	uint32_t n_old = t->mask + 1;

	if (bigger == NULL)
		return; /* longer chains, nothing worse */
	t->hash = bigger;
	t->mask = size - 1;
	for (uint32_t i = 0; i < n_old; i++) {
		struct neighbour *next;

		for (struct neighbour *n = old[i]; n != NULL; n = next) {
			uint32_t h = hash_of(t, n->primary_key, n->dev);

			next = n->next_hash;
			n->next_hash = t->hash[h];
			t->hash[h] = n;
		}
	}
	free(old);
	neigh_count_add(NEIGH_CNT_HASH_GROWS, 1);
}

/* Entries that the thresholds limit: all but the administrator's. */
static CTL_ONLY void
count_limited(struct neighbour *n, int by)
{
	neigh_tbl.gc_count += (uint32_t)by;
	n->nd->gc_count += (uint32_t)by;
}

void
neigh_set_static(struct neighbour *n, bool is_static)
{
	if (is_static == !!(n->flags & NTF_STATIC))
		return;
	if (is_static) {
		n->flags |= NTF_STATIC;
		count_limited(n, -1);
	} else {
		n->flags &= (uint8_t)~NTF_STATIC;
		count_limited(n, 1);
	}
}

/* --- entries --- */

struct neighbour *
neigh_lookup(rte_be32_t addr, const struct net_device *dev)
{
	struct neighbour *n;

	neigh_count_add(NEIGH_CNT_LOOKUPS, 1);
	if (neigh_tbl.hash == NULL)
		return NULL;
	for (n = neigh_tbl.hash[hash_of(&neigh_tbl, addr, dev)]; n != NULL; n = n->next_hash)
		if (n->primary_key == addr && n->dev == dev) {
			neigh_count_add(NEIGH_CNT_HITS, 1);
			return n;
		}
	return NULL;
}

/* Addresses and devices that need no resolution (Linux's arp_constructor). */
static CTL_ONLY void
construct(struct neighbour *n)
{
	uint32_t ip = rte_be_to_cpu_32(n->primary_key);

	n->nud.state = NUD_NONE;
	if (neigh_dev_noarp(n->dev)) {
		netdev_addr(n->dev, &n->ha);
	} else if ((ip & 0xf0000000) == 0xe0000000) {
		neigh_mc_map(n->primary_key, &n->ha);
	} else if (ip == UINT32_MAX) {
		memset(&n->ha, 0xff, sizeof(n->ha));
	} else {
		return;
	}
	n->nud.state = NUD_NOARP;
}

static CTL_ONLY void
link_entry(struct neighbour *n)
{
	struct neigh_table *t = &neigh_tbl;
	struct neigh_dev *nd = n->nd;
	uint32_t h;

	if (t->count > t->mask)
		hash_grow(t);
	h = hash_of(t, n->primary_key, n->dev);
	n->next_hash = t->hash[h];
	t->hash[h] = n;
	n->next_dev = nd->first;
	n->pprev_dev = &nd->first;
	if (nd->first != NULL)
		nd->first->pprev_dev = &n->next_dev;
	nd->first = n;
	t->count++;
	if (!(n->flags & NTF_STATIC))
		count_limited(n, 1);
	neigh_relist(n);
}

static CTL_ONLY void
unlink_entry(struct neighbour *n)
{
	struct neigh_table *t = &neigh_tbl;
	struct neighbour **pp = &t->hash[hash_of(t, n->primary_key, n->dev)];

	while (*pp != n)
		pp = &(*pp)->next_hash;
	*pp = n->next_hash;
	*n->pprev_dev = n->next_dev;
	if (n->next_dev != NULL)
		n->next_dev->pprev_dev = n->pprev_dev;
	neigh_unlist(n);
	t->count--;
	if (!(n->flags & NTF_STATIC))
		count_limited(n, -1);
}

struct neighbour *
neigh_create_flags(rte_be32_t addr, struct net_device *dev, bool is_static)
{
	struct neighbour *n = neigh_lookup(addr, dev);
	struct neigh_dev *nd;
	struct adj tmpl;
	int64_t idx;

	if (n != NULL)
		return n;
	nd = neigh_dev_get(dev);
	errno = ENOSPC;
	if (nd != NULL && !is_static && !neigh_make_room(nd))
		return NULL;
	n = calloc(1, sizeof(*n));
	if (nd == NULL || n == NULL)
		goto undo_alloc;
	n->primary_key = addr;
	n->dev = dev;
	n->nd = nd;
	n->flags = is_static ? NTF_STATIC : 0;
	n->nud.updated_ms = n->nud.confirmed_ms = clock_ms();
	timer_setup(&n->timer, neigh_timer_fn);
	skb_queue_head_init(&n->arp_queue, 0, 0);
	construct(n);
	neigh_adj_template(n, &tmpl);
	idx = adj_alloc(&tmpl);
	if (idx == -ENOSPC)
		goto undo_full;
	if (idx < 0)
		goto undo_alloc;
	n->adj_idx = (uint32_t)idx;
	n->used = adj_tab[idx]->used;
	link_entry(n);
	neigh_count_add(NEIGH_CNT_ALLOCS, 1);
	neigh_count_add(NEIGH_CNT_ENTRIES, 1);
	notifier_call(&neigh_chain, NEIGH_CREATE, n);
	return n;
undo_alloc:
	errno = ENOMEM;
undo_full:
	free(n);
	neigh_count_add(NEIGH_CNT_TABLE_FULLS, 1);
	return NULL;
}

struct neighbour *
neigh_create(rte_be32_t addr, struct net_device *dev)
{
	return neigh_create_flags(addr, dev, false);
}

static void
free_entry(struct rcu_head *head)
{
	free(container_of(head, struct neighbour, rcu));
}

void
neigh_destroy(struct neighbour *n, enum drop_reason why)
{
	if (n->dead)
		return;
	n->dead = true;
	notifier_call(&neigh_chain, NEIGH_DELETE, n);
	timer_del(&n->timer);
	neigh_count_asked(n, n->nud.state, NUD_NONE);
	neigh_queue_purge(n, why);
	unlink_entry(n);
	adj_release(n->adj_idx);
	neigh_tbl.n_managed -= !!(n->flags & NTF_MANAGED);
	neigh_count_add(NEIGH_CNT_DESTROYS, 1);
	neigh_count_add(NEIGH_CNT_ENTRIES, (uint64_t)-1);
	rcu_defer(&n->rcu, free_entry); /* callers further up the stack may still hold it */
}

void
neigh_hold(struct neighbour *n)
{
	if (n->refcnt++ == 0 && !n->dead)
		neigh_relist(n);
}

void
neigh_release(struct neighbour *n)
{
	if (--n->refcnt == 0 && !n->dead)
		neigh_relist(n);
}

void
neigh_walk(void (*fn)(struct neighbour *n, void *arg), void *arg)
{
	for (struct neigh_dev *nd = neigh_tbl.first_dev; nd != NULL; nd = nd->next) {
		struct neighbour *next;

		for (struct neighbour *n = nd->first; n != NULL; n = next) {
			next = n->next_dev;
			fn(n, arg);
		}
	}
}

unsigned int
neigh_count(void)
{
	return neigh_tbl.count;
}

unsigned int
neigh_held(void)
{
	return neigh_tbl.held;
}

static CTL_ONLY void
tick(struct ctl_timer *t)
{
	neigh_housekeep(clock_ms());
	timer_mod(t, NEIGH_TICK_MS);
}

/* --- start and end --- */

static CTL_ONLY void
on_resolve(struct ctl_msg *msg)
{
	neigh_output_ctl(msg->pkt, msg->arg, (rte_be32_t)msg->arg2);
}

int neigh_msg_resolve = -1;

static unsigned int
neigh_held_gauge(void)
{
	role_enter_ctl();
	return neigh_held();
}

static CTL_ONLY int
table_init(void)
{
	struct neigh_table *t = &neigh_tbl;

	memset(t, 0, sizeof(*t));
	memset(neigh_asked, 0, sizeof(neigh_asked));
	t->hash = calloc(HASH_MIN, sizeof(t->hash[0]));
	if (t->hash == NULL)
		return -ENOMEM;
	t->mask = HASH_MIN - 1;
	role_borrow_dp();
	t->seed = worker_rand(worker_ctl());
	t->last_rand_ms = clock_ms();
	t->last_flush_ms = t->last_rand_ms;
	t->running = true;
	return adj_init();
}

int
neigh_init(void)
{
	int rc = table_init();

	if (rc == 0)
		rc = counter_register(&neigh_counters);
	if (rc == 0)
		rc = neigh_msg_resolve = msg_register(MSG_RESOLVE, "resolve", on_resolve);
	if (rc >= 0)
		rc = neigh_settle_init();
	if (rc >= 0)
		rc = held_register("neigh", neigh_held_gauge);
	if (rc == 0)
		rc = neigh_netdev_init();
	if (rc == 0)
		rc = arp_init();
	if (rc < 0) {
		log_err("start failed: %s", strerror(-rc));
		neigh_fini();
		return rc;
	}
	timer_setup(&neigh_tbl.tick, tick);
	neigh_housekeep(clock_ms());
	timer_mod(&neigh_tbl.tick, NEIGH_TICK_MS);
	return 0;
}

static CTL_ONLY void
destroy_one(struct neighbour *n, void *arg)
{
	(void)arg;
	neigh_destroy(n, DROP_NETDEV_GONE);
}

void
neigh_fini(void)
{
	if (!neigh_tbl.running)
		return;
	neigh_tbl.running = false;
	timer_del(&neigh_tbl.tick);
	arp_fini();
	neigh_walk(destroy_one, NULL);
	neigh_netdev_fini();
	free(neigh_tbl.hash);
	neigh_tbl.hash = NULL;
}
