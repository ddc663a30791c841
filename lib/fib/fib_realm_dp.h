/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_REALM_DP_H
#define FIB_REALM_DP_H
/**
 * @file
 * Realms that packets get by routes and policy rules. What routes and rules name is not in the
 * compiled table: they are searched for it, so nobody asks before skb_realms_wanted(). In one word
 * FROM has the upper 16 bits, TO the lower ones; 0: none.
 */
#include "fib/fib_rule_dp.h"
#include "neigh/adj_dp.h"

/** What the route of a packet says, and the rule that led to it. */
struct fib_realms {
	uint32_t route, rule;
};

/** For @p n (at most 64) packets, each of which goes by its @p way: of several next hops the one
 * that was taken; NULL: the first of them. The tables that rules lead to are searched in their
 * tries, for all packets together. */
void fib_realms_dp(const struct fib_key *key, const struct adj *const *way,
		   struct fib_realms *realms, unsigned int n);

/** What @p tag leaves open is @p more's (Linux's set_class_tag()). */
static inline uint32_t
fib_realms_complete(uint32_t tag, uint32_t more)
{
	tag |= (tag & UINT16_MAX) == 0 ? more & UINT16_MAX : 0;
	return tag | (tag >> 16 == 0 ? more & ~(uint32_t)UINT16_MAX : 0);
}
/** What a packet's source says of it, by the way @p back to it: the realm that packets to it have
 * is the one that this comes from (Linux's fib_combine_itag()). */
static inline uint32_t
fib_realms_of_source(struct fib_realms back)
{
	uint32_t from = back.route << 16;

	return (from != 0 ? from : back.rule << 16) | back.rule >> 16;
}
/** The realms of a packet: of its route, of the rule that led to it, and last @p source, what its
 * source says (0 for what is made here). */
static inline uint32_t
fib_realms_combine(struct fib_realms there, uint32_t source)
{
	return fib_realms_complete(fib_realms_complete(there.route, there.rule), source);
}
#endif
