/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_RULE_DP_H
#define FIB_RULE_DP_H
/**
 * @file
 * Policy rules as workers see them. While only the three rules stand that a router starts with,
 * fib_rules is NULL, and a lookup is what fib_main_dp and fib_lookup_rest_dp() say. Otherwise the
 * rules are compiled into bit vectors: for each octet of a field, a word with a bit for each rule
 * that this octet may belong to. The AND of the words of all fields are the rules that match, 64 at
 * a time, in order of priority.
 */
#include "fib/fib_dp.h"
#include "fib/fib_table_dp.h"

#define FIB_IIF_LOCAL 1 /* iif of what is made here: the loopback device, always the first one */

/** What rules look at. Host order. */
struct fib_key {
	uint32_t dst, src;
	uint32_t mark;
	uint32_t iif, oif;     /* ifindex; FIB_IIF_LOCAL: made here; oif 0: any */
	uint16_t sport, dport; /* 0: the protocol has none, or the packet is a fragment */
	uint8_t proto, tos;
};

struct fib_rules;
/** RCU. NULL: rules local, main and default, and no other. */
extern struct fib_rules *fib_rules;

/**
 * Go through the rules for @p n (at most 64) packets. @p idx: on entry what fib_main_dp says of
 * their destinations, on return the adjacencies that the first rule with an answer leads to
 * (ADJ_IDX_NO_ROUTE: none has one). Martian, multicast and limited broadcast destinations are no
 * business of rules and stay as they are.
 */
void fib_rules_lookup_bulk_dp(const struct fib_rules *r, const struct fib_key *key, uint32_t *idx,
			      unsigned int n);
/** Do rules look at anything behind the IP header? */
bool fib_rules_want_ports(const struct fib_rules *r);
/** One packet, whatever the rules are. */
uint32_t fib_route_dp(const struct fib_key *key);
/**
 * One packet that is made here and bound to @p dev, as Linux does: by routes of that device, and
 * when there is none, whatever the tables say, it is on the device's link. @p glean: the slot of
 * neigh_glean_adj(). ADJ_IDX_NO_ROUTE: the device is down.
 */
uint32_t fib_route_by_dp(const struct fib_key *key, const struct net_device *dev, uint32_t glean);
/** The source address that its route prefers (`src`), or 0. For packets made here: each table that
 * rules lead to is searched twice. */
rte_be32_t fib_prefsrc_dp(const struct fib_key *key);
#endif
