/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_HOOK_DP_H
#define IP4_HOOK_DP_H
/**
 * @file
 * Hooks: places on a packet's way where modules above IPv4 may look at it, change it or take it.
 * The places are netfilter's. A hook function gets a whole vector at a time.
 */
#include "core/rcu.h"
#include "skb/skb_dp.h"

/** Where; and what a packet there knows beside its data, which begins at the IP header. */
enum ip4_hook_point {
	IP4_HOOK_PREROUTING, /* header checked, not routed: dev it came by, no dst */
	IP4_HOOK_INPUT,	     /* for us, whole: dev it came by */
	IP4_HOOK_FORWARD, /* TTL is the next hop's already: dev it came by, dst->dev it leaves by */
	IP4_HOOK_OUTPUT,  /* made here, header complete: dst; dev when it names the way out */
	IP4_HOOK_POSTROUTING, /* before it is cut to the MTU: dev it leaves by, iif it came by */
	IP4_HOOK_MAX
};

/** "prerouting", "input", "forward", "output", "postrouting". */
const char *ip4_hook_name(enum ip4_hook_point at);

/** Keeps in @p vec, in order, what goes on, and disposes of the rest. May replace a packet by
 * another. A worker, or the control thread with its own packets. */
typedef void (*ip4_hook_fn)(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec);

/**
 * Packets that the fast lane is about to forward: one segment, a header of 20 bytes that has been
 * checked, nothing written to it yet.
 */
struct ip4_transit {
	uint32_t n;
	uint8_t *const *l3;			 /* IP headers */
	const uint32_t *len;			 /* bytes of IP, as the header says */
	uint16_t iif[SKB_BURST], oif[SKB_BURST]; /* indexes of the devices they came and leave by */
};
/** What of a hook the fast lane asks. The two are called one after the other, with nothing between
 * that waits. */
struct ip4_hook_transit {
	/** Which of @p t would not simply go on at @p at? These take the general lane, where the
	 * hook's function gets them. Counts nothing; @p note, a word for each packet, goes to: */
	uint32_t (*look)(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t,
			 uint32_t *note);
	/** All of @p t went on but for the mask @p left. */
	void (*went)(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t,
		     uint32_t left, const uint32_t *note);
};
#define IP4_TRANSIT_MAX 4 /* hooks that the fast lane asks; with more of them it is closed */
struct ip4_transit_hooks {
	struct rcu_head rcu;
	uint32_t n;
	struct {
		enum ip4_hook_point at;
		const struct ip4_hook_transit *ask;
	} h[IP4_TRANSIT_MAX];
};
extern const struct ip4_transit_hooks *ip4_transit_hooks; /* RCU; NULL: nobody */
/** Ask them all. @return mask of those that are left to the general lane: @p bad and more. */
uint32_t ip4_transit_ask(struct worker *w, const struct ip4_transit_hooks *h,
			 const struct ip4_transit *t, uint32_t bad) DP_ONLY;

/** Who is registered at one place, first one first; ended by NULL. Immutable. */
struct ip4_hook_list {
	struct rcu_head rcu;
	ip4_hook_fn fn[];
};
extern struct ip4_hook_list *ip4_hooks[IP4_HOOK_MAX]; /* RCU; NULL: nobody */

/** The general case of ip4_hook(). */
void ip4_hook_run(struct worker *w, enum ip4_hook_point at, const struct ip4_hook_list *l,
		  struct skb_vec *vec) DP_ONLY;

/** Show the vector to whoever is registered: one load when nobody is. */
static inline void
ip4_hook(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec) DP_ONLY
{
	const struct ip4_hook_list *l = rcu_dereference(ip4_hooks[at]);

	if (unlikely(l != NULL))
		ip4_hook_run(w, at, l, vec);
}
/** The same for a single packet. @return it, perhaps another one; NULL: it is gone. */
static inline struct sk_buff *
ip4_hook_one(struct worker *w, enum ip4_hook_point at, struct sk_buff *skb) DP_ONLY
{
	const struct ip4_hook_list *l = rcu_dereference(ip4_hooks[at]);
	struct skb_vec one;

	if (likely(l == NULL))
		return skb;
	one.n = 1;
	one.v[0] = skb;
	ip4_hook_run(w, at, l, &one);
	return one.n > 0 ? one.v[0] : NULL;
}
#endif
