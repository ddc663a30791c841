/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_GENID_DP_H
#define FIB_GENID_DP_H
/**
 * @file
 * The generation of what routing decisions are made of: tables, rules, next hops, groups, devices,
 * tunables. Linux's rt_genid. Who remembers a decision remembers the generation that he had read
 * before he made it, and believes it for as long as the generation is the same.
 *
 * Writers publish, bump, retire, in this order. A decision that was made of what had been before
 * the change carries a generation from before the bump, whoever made it and however slowly: it was
 * read first. And what the change takes away (a slot of adj_tab[], which somebody else gets after a
 * grace period) is retired after the bump, so that a worker whose quiescent state ends the grace
 * period reads the new generation in its next burst: no decision of an old one is followed into a
 * slot that has changed hands. Hence a remembered decision may hold indices, but no pointers.
 *
 * What a worker follows anyhow needs no bump: the line that an adjacency's slot points to, so that
 * a neighbour that is learned, goes stale or answers again makes nobody forget. A neighbour that
 * gets a leaf of its own takes the place of its device's glean slot: decisions that end there are
 * not to be remembered.
 */
#include <stdint.h>
#include <rte_common.h>

struct fib_genid {
	uint64_t now;
} __rte_cache_aligned;
extern struct fib_genid fib_genid;

/** The generation now. Before anything else that a decision is made of is read: acquire. */
static inline uint64_t
fib_genid_read(void)
{
	return __atomic_load_n(&fib_genid.now, __ATOMIC_ACQUIRE);
}
#endif
