/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_cache_dp.h"
#include <string.h>
#include "ip4/ip4_priv.h"

struct ip4_cache *ip4_caches[WORKER_SLOTS];

bool
ip4_cache_sees_ports(const struct fib_rules *rules)
{
	int policy = fib_mpath_policy();

	return policy == FIB_MPATH_L4 || policy == FIB_MPATH_FIELDS ||
	       (rules != NULL && fib_rules_want_ports(rules));
}

bool
ip4_cache_knows_flow(uint8_t proto)
{
	switch (fib_mpath_policy()) {
	case FIB_MPATH_L3: /* an ICMP error goes by what it quotes */
		return proto != IPPROTO_ICMP;
	case FIB_MPATH_L4:
		return true;
	case FIB_MPATH_INNER:
	case FIB_MPATH_FIELDS:
		return proto != IPPROTO_IPIP && proto != IPPROTO_IPV6;
	default:
		return false;
	}
}

uint32_t
ip4_cache_worth(uint32_t idx, uint8_t proto, uint32_t hash)
{
	const struct adj *a = adj_get(idx);

	if (a->type == ADJ_GROUP) {
		if (!ip4_cache_knows_flow(proto))
			return 0;
		if (a->bucket_used != NULL) /* each packet of the flow stamps its bucket */
			return idx;
		idx = a->group[adj_bucket(a->n_group, hash)];
		a = adj_get(idx);
	}
	/* A glean slot serves until the neighbour has one of its own, and nobody says when. */
	return idx == ADJ_IDX_LOCAL || (ip4_adj_is_unicast(a) && a->type != ADJ_GLEAN) ? idx : 0;
}

/* The entries have half a generation: when the other half moves on, none of them may stay. */
void
ip4_cache_renew(struct ip4_cache *c, uint64_t genid)
{
	if (c->genid >> 32 != genid >> 32)
		memset(c->set, 0, sizeof(c->set[0]) << (64 - c->shift));
	__atomic_store_n(&c->used, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&c->genid, genid, __ATOMIC_RELAXED);
}

/* 0: it is about this key. */
static inline uint64_t
differs(const struct ip4_cache_entry *e, const struct ip4_cache_key *k)
{
	return (e->addr ^ k->addr) | (e->about ^ k->about) | (e->mark ^ k->mark);
}

/* Does it pay? */
static __rte_noinline void
consider_rest(struct ip4_cache *c)
{
	if (!c->always && c->lost > c->looked / 4)
		c->rest = IP4_CACHE_REST;
	c->looked = c->lost = 0;
}

uint64_t
ip4_cache_find(struct worker *w, struct ip4_cache *c, const struct ip4_cache_key *k, unsigned int n,
	       struct ip4_cache_says *says)
{
	uint32_t genid = (uint32_t)c->genid;
	uint64_t hits = 0, stale = 0;

	for (unsigned int i = 0; i < n; i++, k++) {
		const struct ip4_cache_entry *e = c->set[k->set].way;

		if (differs(e, k) != 0 && differs(++e, k) != 0)
			continue;
		says[i] = (struct ip4_cache_says){ e->idx, e->tclassid };
		hits |= (uint64_t)(e->genid == genid) << i;
		stale += e->genid != genid;
	}
	ROUTE_ADD_STATS(w, in_hit, (uint64_t)__builtin_popcountll(hits));
	ROUTE_ADD_STATS(w, in_miss, n - (uint64_t)__builtin_popcountll(hits));
	ROUTE_ADD_STATS(w, in_stale, stale);
	c->looked += n;
	if (unlikely(c->looked >= IP4_CACHE_WINDOW))
		consider_rest(c);
	return hits;
}

/* Garbage goes first, then who came first. */
void
ip4_cache_store(struct worker *w, struct ip4_cache *c, const struct ip4_cache_key *k, uint32_t idx,
		uint32_t tclassid)
{
	struct ip4_cache_entry *way = c->set[k->set].way, *e = way;
	uint32_t genid = (uint32_t)c->genid;

	if (differs(&way[0], k) == 0) {
		e = &way[0];
	} else if (differs(&way[1], k) == 0 || way[1].genid != genid) {
		e = &way[1];
	} else if (way[0].genid == genid) {
		way[1] = way[0];
		ROUTE_INC_STATS(w, in_evicted);
		c->lost++;
	}
	if (e->genid != genid)
		__atomic_store_n(&c->used, c->used + 1, __ATOMIC_RELAXED);
	*e = (struct ip4_cache_entry){
		.addr = k->addr,
		.about = k->about,
		.mark = k->mark,
		.genid = genid,
		.idx = idx,
		.tclassid = tclassid,
	};
}
