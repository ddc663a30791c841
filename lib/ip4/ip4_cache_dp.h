/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CACHE_DP_H
#define IP4_CACHE_DP_H
/**
 * @file
 * The route cache: what input routing has decided for a packet that it lets pass, by all that the
 * decision saw of the packet. A hit stands for the rules, the reverse path filter, the route and
 * the choice among several next hops. Each worker has a table of its own, which nobody else
 * touches: sets of two entries, a cache line each, so that a packet costs one line, hit or miss.
 *
 * An entry is believed while the generation is the one that it was made in (fib/fib_genid_dp.h says
 * why that is enough). It holds the index of an adjacency, never a pointer, so a neighbour that
 * changes needs no new entry. What is refused is not remembered: a flood of what nobody may send
 * takes nobody's place, and reasons are always found anew.
 */
#include <rte_prefetch.h>
#include "core/rcu.h"
#include "fib/fib_genid_dp.h"
#include "fib/fib_rule_dp.h"
#include "ip4/ip4_mib_dp.h"

#define IP4_CACHE_WAYS 2

/** What a decision sees of a packet. */
struct ip4_cache_key {
	uint64_t addr;	/* source, destination */
	uint64_t about; /* ports, where they count; incoming device; tos without ECN; protocol */
	uint32_t mark;
	uint32_t set; /* where it is looked for */
};

/** One decision. With a further part of it an entry takes 64 bytes, and a set two lines. */
struct ip4_cache_entry {
	uint64_t addr, about;
	uint32_t mark;
	uint32_t genid;	   /* low half of the generation it was made in */
	uint32_t idx;	   /* adjacency: ADJ_IDX_LOCAL, a neighbour's, or a group's whose buckets
			      are stamped */
	uint32_t tclassid; /* realms, while skb_realms_wanted() */
};
struct ip4_cache_set {
	struct ip4_cache_entry way[IP4_CACHE_WAYS];
} __rte_cache_aligned;
_Static_assert(sizeof(struct ip4_cache_set) == RTE_CACHE_LINE_SIZE, "a set is one cache line");

/** Of one worker. Made and retired by the control thread, which reads genid and used. */
struct ip4_cache {
	struct rcu_head rcu;
	uint64_t secret; /* in the hash: nobody chooses who shares a set */
	uint32_t shift;	 /* sets are 1 << (64 - shift) */
	bool always;	 /* also for what the tables say nearly as fast */
	uint64_t genid;	 /* of the last look */
	uint64_t used;	 /* entries of that generation */
	uint32_t looked; /* packets since it was last asked whether it pays, */
	uint32_t lost;	 /* and decisions that had to go for theirs */
	uint32_t rest;	 /* packets that it is not asked about, since it does not */
	struct ip4_cache_set *set;
} __rte_cache_aligned;
/** RCU; NULL: switched off, not worth it, or no worker's slot. */
extern struct ip4_cache *ip4_caches[WORKER_SLOTS];

/** The cache that @p w asks about a burst, or NULL. While the compiled table is late nobody
 * remembers what it says, nor believes what it said. */
static inline struct ip4_cache *
ip4_cache_of(const struct worker *w)
{
	struct ip4_cache *c = rcu_dereference(ip4_caches[w->id]);

	return likely(c == NULL) || fib_is_late() ? NULL : c;
}
/**
 * Is the cache at rest, for the next @p n packets too? More flows than it has room for push each
 * other out before they come again: then a look at it is work for nothing. When of IP4_CACHE_WINDOW
 * packets more than a quarter has pushed a decision out that was still good, it is not asked for
 * the next IP4_CACHE_REST packets.
 */
#define IP4_CACHE_WINDOW 8192
#define IP4_CACHE_REST	 (32 * IP4_CACHE_WINDOW)
static inline bool
ip4_cache_rests(struct ip4_cache *c, uint32_t n)
{
	if (likely(c->rest == 0))
		return false;
	c->rest -= RTE_MIN(c->rest, n);
	return true;
}
/** Do decisions see ports now: do rules, or the hash of multipath? */
bool ip4_cache_sees_ports(const struct fib_rules *rules);

/** The key of what rules see, @p ports: with its ports. Asks for its set. */
static inline void
ip4_cache_key_of(const struct ip4_cache *c, const struct fib_key *f, bool ports,
		 struct ip4_cache_key *k)
{
	uint64_t h;

	k->addr = (uint64_t)f->src << 32 | f->dst;
	k->about = (uint64_t)f->iif << 16 | (uint32_t)(f->tos & 0xfc) << 8 | f->proto;
	k->about |= ports ? (uint64_t)f->sport << 48 | (uint64_t)f->dport << 32 : 0;
	k->mark = f->mark;
	h = (k->addr ^ c->secret) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32 ^ k->about ^ (uint64_t)f->mark << 24) * UINT64_C(0xbf58476d1ce4e5b9);
	k->set = (uint32_t)(h >> c->shift);
	rte_prefetch0(&c->set[k->set]);
}

/** Begin to look, in generation @p genid, which was read before anything else. */
void ip4_cache_renew(struct ip4_cache *c, uint64_t genid);
static inline void
ip4_cache_begin(struct ip4_cache *c, uint64_t genid)
{
	if (unlikely(c->genid != genid))
		ip4_cache_renew(c, genid);
}
/** What it knows of a packet. */
struct ip4_cache_says {
	uint32_t idx, tclassid;
};
/** Look @p n (at most 64) up. @return mask of those that are there, whose @p says are set. */
uint64_t ip4_cache_find(struct worker *w, struct ip4_cache *c, const struct ip4_cache_key *k,
			unsigned int n, struct ip4_cache_says *says) DP_ONLY;
/** Remember that what has key @p k passes, goes by adjacency @p idx, and what its realms are. */
void ip4_cache_store(struct worker *w, struct ip4_cache *c, const struct ip4_cache_key *k,
		     uint32_t idx, uint32_t tclassid) DP_ONLY;
/** What is to be remembered of a packet of protocol @p proto whose way is adjacency @p idx, of
 * which flow hash @p hash chooses when it is a group: an index, or 0: it can not be. */
uint32_t ip4_cache_worth(uint32_t idx, uint8_t proto, uint32_t hash);
/** Is the hash of multipath one of what a key holds? Not where each packet goes its own way, nor
 * where the hash looks at packets inside of packets. */
bool ip4_cache_knows_flow(uint8_t proto);
#endif
