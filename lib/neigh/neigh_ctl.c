/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include <rte_jhash.h>
#include "core/held.h"
#include "core/log.h"
#include "netdev/netdev.h"
#include "neigh/neigh_priv.h"

/*
 * The table: a chained hash by (address, device) that doubles as it fills, and lists by state from
 * which the collector takes the oldest first. One writer, no reader but the control thread:
 * workers see adjacencies only.
 */

LOG_MODULE(neigh);

#define HASH_MIN	 256
#define FORCED_GC_MIN_MS 5000	/* between two collections below gc_thresh3, as in Linux */
#define FORCED_GC_BATCH	 64u	/* at least: so that a sweep does not collect for each entry */
#define RAND_REACH_MS	 300000 /* reachable_time is drawn anew so often, as in Linux */
#define HOUSEKEEP_MIN	 64u	/* entries of a list a step looks at, at least */
#define TICKS_PER_SECOND (1000 / NEIGH_TICK_MS)

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

/* --- lists --- */

static unsigned int
list_for(const struct neighbour *n)
{
	bool held = n->refcnt > 0;

	switch (n->nud_state) {
	case NUD_NONE:
	case NUD_FAILED:
		return held ? NL_OFF : NL_FAILED;
	case NUD_INCOMPLETE:
		return held ? NL_OFF : NL_INCOMPLETE;
	case NUD_STALE:
		return held ? NL_STALE_HELD : NL_STALE;
	case NUD_NOARP:
		return held || (n->flags & NTF_STATIC) ? NL_OFF : NL_NOARP;
	default:
		return NL_OFF;
	}
}

static CTL_ONLY void
list_remove(struct neighbour *n)
{
	struct neigh_list *l = &neigh_tbl.list[n->list];

	if (n->list == NL_OFF)
		return;
	if (l->cursor == n)
		l->cursor = TAILQ_NEXT(n, list_link);
	TAILQ_REMOVE(&l->q, n, list_link);
	l->n--;
	n->list = NL_OFF;
}

void
neigh_relist(struct neighbour *n)
{
	struct neigh_list *l;

	list_remove(n);
	n->list = (uint8_t)list_for(n);
	if (n->list == NL_OFF)
		return;
	l = &neigh_tbl.list[n->list];
	TAILQ_INSERT_TAIL(&l->q, n, list_link);
	l->n++;
}

void
neigh_set_static(struct neighbour *n, bool is_static)
{
	if (is_static == !!(n->flags & NTF_STATIC))
		return;
	if (is_static) {
		n->flags |= NTF_STATIC;
		neigh_tbl.gc_count--;
	} else {
		n->flags &= (uint8_t)~NTF_STATIC;
		neigh_tbl.gc_count++;
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

/* Room for one more that the thresholds count? Makes some if it can. */
static CTL_ONLY bool
make_room(void)
{
	struct neigh_table *t = &neigh_tbl;
	uint64_t now = clock_ms();
	uint32_t thresh2 = (uint32_t)t->gc_thresh2, thresh3 = (uint32_t)t->gc_thresh3;

	if (t->gc_count < thresh3 &&
	    (t->gc_count < thresh2 || now - t->last_flush_ms < FORCED_GC_MIN_MS))
		return true;
	t->last_flush_ms = now;
	/* At the limit only a batch goes: a flood of new addresses must not sweep the table down to
	 * thresh2 each time, it takes the place of its own like. */
	neigh_forced_gc(t->gc_count >= thresh3 ? RTE_MAX(t->gc_count - thresh3 + 1, FORCED_GC_BATCH)
					       : t->gc_count - thresh2 + 1);
	if (t->gc_count < thresh3)
		return true;
	neigh_count_add(NEIGH_CNT_TABLE_FULLS, 1);
	return false;
}

/* Addresses and devices that need no resolution (Linux's arp_constructor). */
static CTL_ONLY void
construct(struct neighbour *n)
{
	uint32_t ip = rte_be_to_cpu_32(n->primary_key);

	n->nud_state = NUD_NONE;
	if (neigh_dev_noarp(n->dev)) {
		netdev_addr(n->dev, &n->ha);
	} else if ((ip & 0xf0000000) == 0xe0000000) {
		neigh_mc_map(n->primary_key, &n->ha);
	} else if (ip == UINT32_MAX) {
		memset(&n->ha, 0xff, sizeof(n->ha));
	} else {
		return;
	}
	n->nud_state = NUD_NOARP;
}

static CTL_ONLY void
link_entry(struct neighbour *n, struct neigh_dev *nd)
{
	struct neigh_table *t = &neigh_tbl;
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
		t->gc_count++;
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
	list_remove(n);
	t->count--;
	if (!(n->flags & NTF_STATIC))
		t->gc_count--;
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
	if (!is_static && !make_room())
		return NULL;
	nd = neigh_dev_get(dev);
	n = calloc(1, sizeof(*n));
	if (nd == NULL || n == NULL)
		goto undo_alloc;
	n->primary_key = addr;
	n->dev = dev;
	n->flags = is_static ? NTF_STATIC : 0;
	n->updated_ms = n->confirmed_ms = clock_ms();
	timer_setup(&n->timer, neigh_timer_fn);
	skb_queue_head_init(&n->arp_queue, 0, 0);
	construct(n);
	neigh_adj_template(n, &tmpl);
	idx = adj_alloc(&tmpl);
	if (idx < 0)
		goto undo_alloc;
	n->adj_idx = (uint32_t)idx;
	n->used = adj_tab[idx]->used;
	link_entry(n, nd);
	neigh_count_add(NEIGH_CNT_ALLOCS, 1);
	neigh_count_add(NEIGH_CNT_ENTRIES, 1);
	notifier_call(&neigh_chain, NEIGH_CREATE, n);
	return n;
undo_alloc:
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
	neigh_queue_purge(n, why);
	unlink_entry(n);
	adj_release(n->adj_idx);
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
	for (unsigned int i = 0; i < NETDEV_MAX; i++) {
		struct neighbour *next, *n = NULL;

		if (neigh_tbl.devs[i] != NULL)
			n = neigh_tbl.devs[i]->first;
		for (; n != NULL; n = next) {
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

/* --- collection --- */

/*
 * Only lists of entries that nobody holds are looked at, the worthless first: a sweep over
 * unused addresses evicts what sweeps make, never REACHABLE, PERMANENT or a route's next hop.
 */
unsigned int
neigh_forced_gc(unsigned int want)
{
	static const uint8_t order[] = { NL_FAILED, NL_INCOMPLETE, NL_STALE, NL_NOARP };
	unsigned int gone = 0;

	neigh_count_add(NEIGH_CNT_FORCED_GC_RUNS, 1);
	for (unsigned int i = 0; i < RTE_DIM(order); i++) {
		struct neigh_list *l = &neigh_tbl.list[order[i]];

		while (gone < want && !TAILQ_EMPTY(&l->q)) {
			neigh_destroy(TAILQ_FIRST(&l->q), DROP_NEIGH_UNRESOLVED);
			gone++;
		}
	}
	neigh_count_add(NEIGH_CNT_EVICTIONS, gone);
	return gone;
}

static CTL_ONLY bool
stale_expired(const struct neighbour *n, uint64_t now)
{
	const struct neigh_parms *p = neigh_parms_get(n->dev);

	return n->refcnt == 0 && neigh_tbl.gc_count >= (uint32_t)neigh_tbl.gc_thresh1 &&
	       now - n->updated_ms > (uint64_t)p->gc_stale_time * 1000;
}

/* Workers stamp what they use; whoever is STALE and has a stamp is due for DELAY (RFC 4861 7.3.3).
 * Each entry is looked at once a second. */
static CTL_ONLY void
watch_stale(struct neigh_list *l, uint64_t now)
{
	unsigned int budget = RTE_MAX(l->n / TICKS_PER_SECOND + 1, HOUSEKEEP_MIN);

	if (l->cursor == NULL)
		l->cursor = TAILQ_FIRST(&l->q);
	while (l->cursor != NULL && budget-- > 0) {
		struct neighbour *n = l->cursor;

		l->cursor = TAILQ_NEXT(n, list_link);
		if (__atomic_load_n(n->used, __ATOMIC_RELAXED) != 0)
			neigh_event(n, NUD_EV_OUTPUT, NULL);
		else if (stale_expired(n, now)) {
			neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
			neigh_count_add(NEIGH_CNT_EVICTIONS, 1);
		}
	}
}

/* The list is in order of age: stop at the first that is young. */
static CTL_ONLY void
collect_failed(uint64_t now)
{
	struct neigh_list *l = &neigh_tbl.list[NL_FAILED];
	uint64_t keep = (uint64_t)neigh_tbl.dflt.p.base_reachable_time_ms / 2;
	struct neighbour *n;

	while ((n = TAILQ_FIRST(&l->q)) != NULL && now - n->updated_ms > keep &&
	       neigh_tbl.gc_count >= (uint32_t)neigh_tbl.gc_thresh1) {
		neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
		neigh_count_add(NEIGH_CNT_EVICTIONS, 1);
	}
}

void
neigh_housekeep(uint64_t now_ms)
{
	struct neigh_table *t = &neigh_tbl;

	/* of clock_ms(), as workers may compute them, too; 0 means: not used */
	__atomic_store_n(&adj_now_s, RTE_MAX((uint32_t)(now_ms / 1000), 1u), __ATOMIC_RELAXED);
	watch_stale(&t->list[NL_STALE], now_ms);
	watch_stale(&t->list[NL_STALE_HELD], now_ms);
	collect_failed(now_ms);
	neigh_count_add(NEIGH_CNT_PERIODIC_GC_RUNS, 1);
	if (now_ms - t->last_rand_ms > RAND_REACH_MS) {
		t->last_rand_ms = now_ms;
		neigh_rand_reach_time(&t->dflt.p);
		for (unsigned int i = 0; i < NETDEV_MAX; i++)
			if (t->devs[i] != NULL)
				neigh_rand_reach_time(&t->devs[i]->p);
	}
	/* "entries" goes up and down: a clear must not move it */
	if (neigh_counters.cleared != NULL)
		neigh_counters.cleared[NEIGH_CNT_ENTRIES] = 0;
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
	t->hash = calloc(HASH_MIN, sizeof(t->hash[0]));
	if (t->hash == NULL)
		return -ENOMEM;
	t->mask = HASH_MIN - 1;
	role_borrow_dp();
	t->seed = worker_rand(worker_ctl());
	for (unsigned int i = 0; i < NL_MAX; i++)
		TAILQ_INIT(&t->list[i].q);
	TAILQ_INIT(&t->waiting);
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
		rc = neigh_msg_resolve = msg_register(MSG_ARP, "resolve", on_resolve);
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
