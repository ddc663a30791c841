/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ADJ_H
#define ADJ_H
/** @file The adjacency table, control side: slots given out, lines published, old ones retired. */
#include "neigh/adj_dp.h"

/** Allocate the table and publish the fixed slots; done already: nothing. 0 or -ENOMEM. */
int adj_init(void) CTL_ONLY;
/** Free the table, when no reader is left; runs what waits for a grace period first. */
void adj_fini(void) CTL_ONLY;
/** A free slot, published with a copy of @p tmpl; its index (>= ADJ_IDX_DYNAMIC), or -ENOSPC /
 * -ENOMEM. O(1). The copy gets its own slot number in index (all types but ADJ_GROUP) and, where
 * tmpl->used is NULL, the slot's own stamp. So does that of adj_publish(). */
int64_t adj_alloc(const struct adj *tmpl) CTL_ONLY;
/** Replace what the slot holds by a copy of @p tmpl; workers see the old line or the new one.
 * Narrow slots that follow it get new lines, too. 0 or -ENOMEM (unchanged). */
int adj_publish(uint32_t idx, const struct adj *tmpl) CTL_ONLY;
/** Give the slot back; it is reused only after a grace period. No FIB leaf may name it any more. */
void adj_release(uint32_t idx) CTL_ONLY;
/** A free slot that holds whatever slot @p target holds, now and later: no line of its own, and the
 * line's index is the target's. Its index, or as adj_alloc(). A target that goes leaves it
 * without a way. */
int64_t adj_alloc_follower(uint32_t target) CTL_ONLY;
/** From now on it holds what @p target does. Never fails. */
void adj_follow(uint32_t idx, uint32_t target) CTL_ONLY;
/** adj_release() for such a slot. It follows its target until the grace period is over. */
void adj_release_follower(uint32_t idx) CTL_ONLY;
/**
 * A slot that holds whatever slot @p target holds, a follower or not, now and later, but lets at
 * most @p cap (not 0) bytes of IP pass: a line of its own, all else of which, index and stamp
 * included, is the target's. One for each target and cap, counted. Its index, or as adj_alloc().
 * A target that goes leaves it without a way. O(followers of the target).
 */
int64_t adj_narrow_get(uint32_t target, uint32_t cap) CTL_ONLY;
/** One reference less; with the last one as adj_release_follower(). */
void adj_narrow_put(uint32_t idx) CTL_ONLY;
/** Slots in use, the fixed ones included; those that wait for a grace period are not. */
unsigned int adj_count(void) CTL_ONLY;
/** Lines (published and waiting for a grace period) that are not free: leak checks. */
unsigned int adj_lines(void) CTL_ONLY;
#endif
