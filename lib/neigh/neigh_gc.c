/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include "neigh/neigh_priv.h"

/*
 * Who may stay. Each device has lists by state; the collector takes from the worthless states
 * first, in each of them from the device that has most of it, there the oldest first. A sweep of
 * one LAN so evicts what the sweep made, never REACHABLE, PERMANENT or a route's next hop, nor what
 * another LAN is resolving.
 */

#define FORCED_GC_MIN_MS 5000	/* between two collections below gc_thresh3, as in Linux */
#define FORCED_GC_BATCH	 64u	/* at least: so that a sweep does not collect for each entry */
#define RAND_REACH_MS	 300000 /* reachable_time is drawn anew so often, as in Linux */
#define HOUSEKEEP_MIN	 64u	/* entries of a list a step looks at, at least */
#define TICKS_PER_SECOND (1000 / NEIGH_TICK_MS)

/* --- lists --- */

static unsigned int
list_for(const struct neighbour *n)
{
	bool keep = n->refcnt > 0 || (n->flags & (NTF_EXT_LEARNED | NTF_MANAGED));

	switch (n->nud.state) {
	case NUD_NONE:
	case NUD_FAILED:
		return keep ? NL_OFF : NL_FAILED;
	case NUD_INCOMPLETE:
		return keep ? NL_OFF : NL_INCOMPLETE;
	case NUD_STALE:
		return keep ? NL_STALE_HELD : NL_STALE;
	case NUD_NOARP:
		return keep || (n->flags & NTF_ENTERED) ? NL_OFF : NL_NOARP;
	default:
		return NL_OFF;
	}
}

void
neigh_unlist(struct neighbour *n)
{
	struct neigh_list *l = &n->nd->list[n->list];

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

	neigh_unlist(n);
	n->list = (uint8_t)list_for(n);
	if (n->list == NL_OFF)
		return;
	l = &n->nd->list[n->list];
	TAILQ_INSERT_TAIL(&l->q, n, list_link);
	l->n++;
}

/* --- when there is no room --- */

/* The states that may be collected, the worthless first. */
static const uint8_t order[] = { NL_FAILED, NL_INCOMPLETE, NL_STALE, NL_NOARP };

/* Up to @p want of a list, none that changed less than @p age_ms ago: it is in that order. */
static CTL_ONLY unsigned int
evict(struct neigh_list *l, unsigned int want, uint64_t age_ms)
{
	uint64_t now = clock_ms();
	unsigned int gone = 0;
	struct neighbour *n;

	for (; gone < want && (n = TAILQ_FIRST(&l->q)) != NULL; gone++) {
		if (now - n->nud.updated_ms < age_ms)
			break;
		neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
	}
	neigh_count_add(NEIGH_CNT_EVICTIONS, gone);
	return gone;
}

static CTL_ONLY struct neigh_list *
longest(unsigned int which)
{
	struct neigh_list *most = &neigh_tbl.first_dev->list[which];

	for (struct neigh_dev *nd = neigh_tbl.first_dev; nd != NULL; nd = nd->next)
		if (nd->list[which].n > most->n)
			most = &nd->list[which];
	return most;
}

unsigned int
neigh_forced_gc(unsigned int want, uint64_t age_ms)
{
	unsigned int gone = 0;

	neigh_count_add(NEIGH_CNT_FORCED_GC_RUNS, 1);
	for (unsigned int i = 0; i < RTE_DIM(order) && neigh_tbl.first_dev != NULL; i++) {
		/* what has failed is of no use, however young */
		uint64_t age = order[i] == NL_FAILED ? 0 : age_ms;
		unsigned int n = 1;

		while (gone < want && n > 0) {
			n = evict(longest(order[i]), RTE_MIN(want - gone, FORCED_GC_BATCH), age);
			gone += n;
		}
	}
	return gone;
}

/* A device at its share makes room among its own. */
static CTL_ONLY bool
make_room_within(struct neigh_dev *nd)
{
	uint64_t share = (uint64_t)neigh_tbl.gc_thresh3 * (uint64_t)nd->p.gc_share / 100;
	unsigned int gone = 0;

	if (nd->gc_count < share)
		return true;
	neigh_count_add(NEIGH_CNT_FORCED_GC_RUNS, 1);
	for (unsigned int i = 0; i < RTE_DIM(order) && gone < FORCED_GC_BATCH; i++)
		gone += evict(&nd->list[order[i]], FORCED_GC_BATCH - gone, 0);
	return nd->gc_count < share;
}

static CTL_ONLY bool
make_room_in_table(void)
{
	struct neigh_table *t = &neigh_tbl;
	uint64_t now = clock_ms();
	uint32_t thresh2 = (uint32_t)t->gc_thresh2, thresh3 = (uint32_t)t->gc_thresh3;

	if (t->gc_count < thresh3 &&
	    (t->gc_count < thresh2 || now - t->last_flush_ms < FORCED_GC_MIN_MS))
		return true;
	t->last_flush_ms = now;
	/* At the limit only a batch goes: a flood of new addresses must not sweep the table down to
	 * thresh2 each time, it takes the place of its own like. Below it, what is being resolved
	 * is left alone (Linux: neigh_forced_gc). */
	if (t->gc_count >= thresh3)
		neigh_forced_gc(RTE_MAX(t->gc_count - thresh3 + 1, FORCED_GC_BATCH), 0);
	else
		neigh_forced_gc(t->gc_count - thresh2 + 1, FORCED_GC_MIN_MS);
	return t->gc_count < thresh3;
}

bool
neigh_make_room(struct neigh_dev *nd)
{
	if (make_room_within(nd) && make_room_in_table())
		return true;
	neigh_count_add(NEIGH_CNT_TABLE_FULLS, 1);
	return false;
}

/* --- periodic --- */

static CTL_ONLY void
evict_one(struct neighbour *n)
{
	neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
	neigh_count_add(NEIGH_CNT_EVICTIONS, 1);
}

static CTL_ONLY bool
stale_expired(const struct neighbour *n, uint64_t now)
{
	return n->list == NL_STALE && neigh_tbl.gc_count >= (uint32_t)neigh_tbl.gc_thresh1 &&
	       now - n->nud.updated_ms > (uint64_t)n->nd->p.gc_stale_time * 1000;
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
		else if (stale_expired(n, now))
			evict_one(n);
	}
}

/* The list is in order of age: stop at the first that is young. */
static CTL_ONLY void
collect_failed(struct neigh_dev *nd, uint64_t now)
{
	struct neigh_list *l = &nd->list[NL_FAILED];
	uint64_t keep = (uint64_t)nd->p.base_reachable_time_ms / 2;
	struct neighbour *n;

	while ((n = TAILQ_FIRST(&l->q)) != NULL && now - n->nud.updated_ms > keep &&
	       neigh_tbl.gc_count >= (uint32_t)neigh_tbl.gc_thresh1)
		evict_one(n);
}

/* Managed entries are resolved, and asked again when they grow stale, as if packets wanted them. */
static CTL_ONLY void
use_managed(struct neigh_dev *nd, uint64_t now)
{
	struct neighbour *next;

	if (now - nd->managed_ms < (uint64_t)nd->p.interval_probe_time_ms ||
	    !netif_running(nd->dev))
		return;
	nd->managed_ms = now;
	for (struct neighbour *n = nd->first; n != NULL; n = next) {
		next = n->next_dev;
		if (n->flags & NTF_MANAGED)
			neigh_use(n);
	}
}

void
neigh_housekeep(uint64_t now_ms)
{
	struct neigh_table *t = &neigh_tbl;
	bool draw = now_ms - t->last_rand_ms > RAND_REACH_MS;

	/* of clock_ms(), as workers may compute them, too; 0 means: not used */
	__atomic_store_n(&adj_now_s, RTE_MAX((uint32_t)(now_ms / 1000), 1u), __ATOMIC_RELAXED);
	for (struct neigh_dev *nd = t->first_dev; nd != NULL; nd = nd->next) {
		watch_stale(&nd->list[NL_STALE], now_ms);
		watch_stale(&nd->list[NL_STALE_HELD], now_ms);
		collect_failed(nd, now_ms);
		if (nd->unshown)
			neigh_show_again(nd);
		if (t->n_managed > 0)
			use_managed(nd, now_ms);
		if (draw)
			neigh_rand_reach_time(&nd->p);
	}
	if (draw) {
		t->last_rand_ms = now_ms;
		neigh_rand_reach_time(&t->dflt.p);
	}
	neigh_count_add(NEIGH_CNT_PERIODIC_GC_RUNS, 1);
	/* "entries" goes up and down: a clear must not move it */
	if (neigh_counters.cleared != NULL)
		neigh_counters.cleared[NEIGH_CNT_ENTRIES] = 0;
}
