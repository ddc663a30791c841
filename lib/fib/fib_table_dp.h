/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_TABLE_DP_H
#define FIB_TABLE_DP_H
/**
 * @file
 * Any one routing table as workers see it: what policy rules look up, and what routes for a tos
 * need. A worker reads the very trie that the control thread changes, so a table costs nothing
 * besides its routes, and none is refused for want of room in a compiled form. RCU: what a lookup
 * says is good for this burst only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_byteorder.h>

struct fib_live;
struct net_device;
struct fib_table_dp; /* from fib_table_dp() in fib/fib.h */

struct fib_table_res {
	const struct fib_live *live; /* what fib keeps of the route */
	uint32_t idx; /* adjacency; a group's where the route has several next hops */
	uint8_t plen; /* of the prefix that matched, for suppress_prefixlength */
};

/**
 * Longest match for @p dst (host order) and @p tos (the octet of the header; RFC 3168's two bits
 * are ignored) among the live routes of one table. On-link destinations whose neighbour is known
 * end at the neighbour's own adjacency. Tables local and main answer each for itself here, and
 * nothing that is built in (martian, multicast, limited broadcast) is looked at: fib_main_dp has
 * said so before.
 * @return false: no route, or a route of type throw: ask the next rule
 */
bool fib_table_lookup_dp(const struct fib_table_dp *t, uint32_t dst, uint8_t tos,
			 struct fib_table_res *res);
/** The same of what is bound to @p dev (Linux's flowi4_oif): next hops by other devices are passed
 * over; of several by this one it is the first. */
bool fib_table_lookup_by_dp(const struct fib_table_dp *t, uint32_t dst, uint8_t tos,
			    const struct net_device *dev, struct fib_table_res *res);
/** Where a device's glean slot leads @p dst: the neighbour's own adjacency, when it is resolved. */
uint32_t fib_onlink_leaf_dp(uint32_t dst, uint32_t glean);
/** @p n (at most 64) at once, their cache misses overlapped. @return mask of those that matched. */
uint64_t fib_table_lookup_bulk_dp(const struct fib_table_dp *t, const uint32_t *dst,
				  const uint8_t *tos, struct fib_table_res *res, unsigned int n);
/** The same, each in a table of its own. */
uint64_t fib_tables_lookup_bulk_dp(const struct fib_table_dp *const *t, const uint32_t *dst,
				   const uint8_t *tos, struct fib_table_res *res, unsigned int n);
/**
 * What fib_main_dp leaves open: @p idx is its answer for @p dst. Where routes for a tos decide
 * (ADJ_IDX_TOS), tables local, main and default are asked in turn; where main has none, or throw,
 * table default is, if it has routes. While fib_is_late(), so it is with ways that do not lead out
 * at once: what of them is dead is passed over. Any other @p idx is its own answer.
 */
uint32_t fib_lookup_rest_dp(uint32_t idx, uint32_t dst, uint8_t tos);
#endif
