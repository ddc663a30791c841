/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_DP_H
#define FIB_DP_H
/**
 * @file
 * Longest-prefix match as workers see it: DIR-24-8 (Gupta, Lin, McKeown 1998). tbl24 has one
 * 4-byte entry for each /24; entries whose /24 holds longer prefixes point to a group of 256 in
 * tbl8. A leaf is an index into adj_tab[].
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include "core/rcu.h"

#define FIB_EXT	     0x80000000u /* entry is a tbl8 group, not a leaf */
#define FIB_IDX_MASK 0x00ffffffu

/** One compiled table. The arrays never move while the table lives; entries are stored whole. */
struct fib_dp {
	uint32_t *tbl24; /* [1 << 24] */
	uint32_t *tbl8;	 /* [groups][256] */
	bool late;	 /* some prefixes do not say yet what became of their next hops */
};

/** local and main compiled into one: what a packet without policy rules is looked up in. */
extern struct fib_dp fib_main_dp;

/** May fib_main_dp lead to a next hop that is gone? Then fib_lookup_rest_dp() knows better. */
static inline bool
fib_is_late(void)
{
	return __atomic_load_n(&fib_main_dp.late, __ATOMIC_RELAXED);
}
/** The adjacency index for @p dst (host order). Two dependent loads at most. */
static inline uint32_t
fib_lookup(const struct fib_dp *t, uint32_t dst)
{
	uint32_t e = __atomic_load_n(&t->tbl24[dst >> 8], __ATOMIC_RELAXED);

	if (unlikely(e & FIB_EXT))
		e = __atomic_load_n(&t->tbl8[((e & FIB_IDX_MASK) << 8) | (dst & 0xff)],
				    __ATOMIC_ACQUIRE);
	return e & FIB_IDX_MASK;
}
/** @p n lookups with the memory latencies overlapped. dst in host order. */
void fib_lookup_bulk(const struct fib_dp *t, const uint32_t *dst, uint32_t *idx, unsigned int n);
#endif
