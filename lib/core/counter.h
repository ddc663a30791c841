/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_COUNTER_H
#define CORE_COUNTER_H
/**
 * @file
 * Per-worker counters, summed on read. A module declares a block of names; registration gives
 * the block a range in every worker's counter array. Workers add without locks or atomics: each
 * writes only its own array. Clearing remembers the sum, it never writes a worker's memory.
 */
#include <stdint.h>
#include "core/worker.h"

struct counter_block {
	const char *name;	  /* "ip", "icmp", "drops" */
	const char *const *names; /* one per counter */
	unsigned int n;
	unsigned int base; /* set by counter_register() */
	uint64_t *cleared; /* sums at the last clear */
	struct counter_block *next;
};

/** Give @p b its range. 0, or -ENOSPC when WORKER_COUNTER_MAX is used up. Control, at start. */
int counter_register(struct counter_block *b) CTL_ONLY;
/** Sum over all workers since the last clear. */
uint64_t counter_read(const struct counter_block *b, unsigned int idx) CTL_ONLY;
/** Sum over all workers since start: for balances, which no clear may disturb. */
uint64_t counter_read_total(const struct counter_block *b, unsigned int idx) CTL_ONLY;
/** What one worker counted since start. */
uint64_t counter_read_worker(const struct counter_block *b, unsigned int idx,
			     const struct worker *w) CTL_ONLY;
void counter_clear(struct counter_block *b) CTL_ONLY;
/** The block of that name, or NULL when there is none. Iterate with counter_blocks->next. */
struct counter_block *counter_find(const char *name) CTL_ONLY;
extern struct counter_block *counter_blocks;
/** Forget all registrations (tests, shutdown). */
void counter_fini(void) CTL_ONLY;

static inline void
counter_add(struct worker *w, const struct counter_block *b, unsigned int idx, uint64_t n)
{
	w->counters[b->base + idx] += n;
}
static inline void
counter_inc(struct worker *w, const struct counter_block *b, unsigned int idx)
{
	w->counters[b->base + idx]++;
}
#endif
