/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FILTER_DP_H
#define FILTER_DP_H
/**
 * @file
 * The packet filter as workers see it: for each hook a compiled chain, immutable, replaced as a
 * whole. rte_acl finds the first rule that matches; a chain is never walked rule by rule.
 */
#include "ip4/ip4_hook_dp.h"

enum filter_action {
	FILTER_ACCEPT, /* ends the chain */
	FILTER_DROP,   /* ends the chain */
	FILTER_REJECT, /* ends the chain, the source is told */
	FILTER_MARK,   /* the chain goes on */
	FILTER_COUNT,  /* the chain goes on */
};
/** Does a rule with action @p a end the chain? */
static inline bool
filter_is_final(uint8_t a)
{
	return a <= FILTER_REJECT;
}

/** What a rule does to a packet that it matches. */
struct filter_verdict {
	uint8_t action; /* enum filter_action */
	uint8_t reject; /* code of ICMP unreachable, or FILTER_TCP_RESET */
	uint32_t mark;
	uint32_t slot; /* its counter */
};
#define FILTER_TCP_RESET 0xff

/**
 * Each search (rte_acl calls it a classification) answers for up to 16 categories at once: the
 * first final rule in category 0, and in each other the first of its mark and count rules. Rules
 * that one packet can match together are in different categories, so none of them is missed;
 * categories beyond 16 cost another search.
 */
#define FILTER_CATEGORIES 16
#define FILTER_SEARCHES	  4
#define FILTER_COLOURS	  (FILTER_SEARCHES * (FILTER_CATEGORIES - 1))

struct rte_acl_ctx;
struct filter_chain {
	struct rcu_head rcu;
	uint32_t n_searches;
	struct {
		struct rte_acl_ctx *acl;
		uint32_t categories; /* 1, 4, 8, 12 or 16 */
	} search[FILTER_SEARCHES];
	struct filter_verdict v[]; /* [0] the policy, [i] rule i */
};
extern struct filter_chain *filter_chains[IP4_HOOK_MAX]; /* RCU; NULL: all is accepted */

/**
 * What is looked at of a packet: the fields of filter_compile.c, in the order they stand here. A
 * search walks one byte and then groups of four, and skips groups that no rule looks at. So what
 * most rules name shares few groups.
 */
struct filter_key {
	uint8_t tos;
	uint8_t unused[3];
	rte_be32_t src;
	rte_be32_t dst;
	uint8_t proto;
	uint8_t frag;	  /* FILTER_KEY_* */
	rte_be16_t dport; /* of ICMP: type and code */
	rte_be16_t sport;
	rte_be16_t iif;
	rte_be16_t oif;
	rte_be16_t zero;
};
/* Bits of filter_key.frag. */
#define FILTER_KEY_FRAGMENT 0x01 /* is a fragment, */
#define FILTER_KEY_LATER    0x02 /* not the first one */
#define FILTER_KEY_L4	    0x04 /* ports, or ICMP type and code, are those of the packet */

/** Packets and bytes of IP, by slot; one array per worker, written by it alone. */
struct filter_counter {
	uint64_t packets, bytes;
};
extern struct filter_counter *filter_counters[WORKER_SLOTS];
extern uint16_t filter_lo; /* ifindex of the loopback device; 0: none */

/** The hook function. */
void filter_hook(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec) DP_ONLY;
/** Has the chain rules that end it, and no others? The fast lane asks such chains. */
static inline bool
filter_is_plain(const struct filter_chain *c)
{
	return c->n_searches == 0 || (c->n_searches == 1 && c->search[0].categories == 1);
}
extern const struct ip4_hook_transit filter_transit;
/** Tell the source and drop. */
void filter_reject(struct worker *w, struct sk_buff *skb, uint8_t with) DP_ONLY;
#endif
