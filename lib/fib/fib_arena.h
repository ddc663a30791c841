/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_ARENA_H
#define FIB_ARENA_H
/**
 * @file
 * Equal-sized elements by index, in one block of address space that is reserved whole and backed
 * as it grows. Elements never move, and one that is retired keeps its content until no worker can
 * read it any more: workers follow indices without a lock. Index 0 is never given out.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/rcu.h"

struct fib_arena {
	char *base;
	uint32_t elem; /* bytes */
	uint32_t link; /* offset of a 32-bit word that no worker reads: it chains free elements */
	uint32_t max;  /* elements that there is address space for */
	uint32_t size; /* elements that are backed */
	uint32_t used; /* high-water mark; elements 1..used-1 exist */
	uint32_t free, n_free;
	/* One grace period runs for those that are leaving; those that come meanwhile wait. */
	uint32_t leaving, next_leaving, n_waiting;
	bool graced; /* a grace period runs */
	struct rcu_head rcu;
};

/** 0 or -ENOMEM. */
int fib_arena_init(struct fib_arena *a, uint32_t elem, uint32_t link, uint32_t max) CTL_ONLY;
/** No reader may be left, and no element may wait: after rcu_barrier(). */
void fib_arena_fini(struct fib_arena *a) CTL_ONLY;
/** Make sure that @p n fib_arena_get() in a row succeed. May wait for a grace period when all
 * that is free is in one. 0 or -ENOMEM. */
int fib_arena_reserve(struct fib_arena *a, uint32_t n) CTL_ONLY;
/** A zeroed element's index. Only after fib_arena_reserve(). */
uint32_t fib_arena_get(struct fib_arena *a) CTL_ONLY;
/** No worker has seen the element: it is free at once. */
void fib_arena_put(struct fib_arena *a, uint32_t idx) CTL_ONLY;
/** No worker finds the element any more: it is free after a grace period. */
void fib_arena_retire(struct fib_arena *a, uint32_t idx) CTL_ONLY;
/** Bytes that are backed. */
uint64_t fib_arena_bytes(const struct fib_arena *a);
#endif
