/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a burst of the fast lane goes when one look at the compiled table does not say: there are
 * policy rules, or the route cache is to be asked about everything, or somebody cares for realms.
 * What the cache does not know is judged here, all of it together: rules, then, where rp_filter
 * asks for it, the rules for the way back, which want to know where the packet goes, then realms
 * there and back. A packet whose source fails reads "no route": it is left to the general lane,
 * which knows why.
 */
#include "ip4/ip4_cache_dp.h"
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_realm_dp.h"

/* Packets of a burst that are judged. */
struct asked {
	uint32_t n;
	uint8_t at[FAST_BURST]; /* where they stand in it */
	uint32_t idx[FAST_BURST];
	uint32_t hash[FAST_BURST]; /* where idx is a group's */
	uint32_t realm[FAST_BURST];
	struct fib_key key[FAST_BURST];
};

static inline const struct net_device *
dev_of(const struct fast *f, uint32_t i)
{
	return f->dev != NULL ? f->dev : f->in[i];
}

static inline void
key_of(const struct fast *f, uint32_t i, bool ports, struct fib_key *k)
{
	const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)f->l3[i];

	*k = (struct fib_key){ .dst = rte_be_to_cpu_32(iph->dst_addr),
			       .src = rte_be_to_cpu_32(iph->src_addr),
			       .iif = (uint32_t)dev_of(f, i)->ifindex,
			       .proto = iph->next_proto_id,
			       .tos = iph->type_of_service };
	if (ports && ip4_has_ports(k->proto) && !ip4_is_fragment(iph) &&
	    f->len[i] >= IP4_HDR_MIN + 4)
		ip4_key_set_ports(k, (const rte_be16_t *)(iph + 1));
}

/* Groups: the hash that chooses. One that is not to be tried, since it uses something up, makes
 * the way back, and realms, a question for later. */
static void
hash_groups(struct worker *w, const struct fast *f, struct asked *q) DP_ONLY
{
	bool by_packet = fib_mpath_policy() >= FIB_MPATH_PACKET;

	for (uint32_t j = 0; j < q->n; j++) {
		uint32_t i = q->at[j];

		q->hash[j] = 0;
		if (adj_get(q->idx[j])->type != ADJ_GROUP)
			continue;
		if (!by_packet)
			q->hash[j] =
				ip4_flow_hash(w, (const struct rte_ipv4_hdr *)f->l3[i], f->len[i]);
		else if (f->rpf != 0 || f->realms)
			q->idx[j] = ADJ_IDX_NO_ROUTE;
	}
}

/* The ways that packets take, and what the answers to them would look like: packets of the fast
 * lane have no marks. */
static void
turn_round(const struct asked *q, const struct adj **way, struct fib_key *back)
{
	for (uint32_t j = 0; j < q->n; j++) {
		way[j] = adj_get(q->idx[j]);
		if (way[j]->type == ADJ_GROUP)
			way[j] = adj_get(way[j]->group[adj_bucket(way[j]->n_group, q->hash[j])]);
		back[j] = q->key[j];
		ip4_key_turn(&back[j], ip4_back_iif(way[j]));
	}
}

/* The way back, as way_back() and validate_source() see it; sources have been found to be hosts
 * that are not ourselves. */
static void
check_sources(const struct fast *f, const struct fib_key *back, struct asked *q)
{
	uint32_t src[FAST_BURST], idx[FAST_BURST];

	for (uint32_t j = 0; j < q->n; j++)
		src[j] = back[j].dst;
	fib_lookup_bulk(&fib_main_dp, src, idx, q->n);
	if (f->rules != NULL)
		fib_rules_lookup_bulk_dp(f->rules, back, idx, q->n);
	for (uint32_t j = 0; j < q->n; j++)
		if (!ip4_reverse_path(adj_get(idx[j]), dev_of(f, q->at[j]), f->rpf))
			q->idx[j] = ADJ_IDX_NO_ROUTE;
}

/* As ip4_realm_input() sees it. */
static void
find_realms(const struct adj *const *way, const struct fib_key *back, struct asked *q)
{
	static const struct adj *const any[FAST_BURST];
	struct fib_realms to[FAST_BURST], from[FAST_BURST];

	fib_realms_dp(q->key, way, to, q->n);
	fib_realms_dp(back, any, from, q->n);
	for (uint32_t j = 0; j < q->n; j++)
		q->realm[j] = ip4_realms(way[j]->type == ADJ_LOCAL, to[j], from[j]);
}

/* All that the cache does not know. */
static void
judge(struct worker *w, struct fast *f, struct asked *q) DP_ONLY
{
	const struct adj *way[FAST_BURST];
	struct fib_key back[FAST_BURST];

	for (uint32_t j = 0; j < q->n; j++) {
		q->idx[j] = f->idx[q->at[j]];
		q->realm[j] = 0;
	}
	if (f->rules != NULL)
		fib_rules_lookup_bulk_dp(f->rules, q->key, q->idx, q->n);
	hash_groups(w, f, q);
	if (f->rpf != 0 || f->realms)
		turn_round(q, way, back);
	if (f->rpf != 0)
		check_sources(f, back, q);
	if (f->realms)
		find_realms(way, back, q);
	for (uint32_t j = 0; j < q->n; j++) {
		f->idx[q->at[j]] = q->idx[j];
		f->realm[q->at[j]] = q->realm[j];
	}
}

/* Take those that the cache knows out of @p q, and remember what the others came to. */
static __rte_noinline void
judge_by_cache(struct worker *w, struct fast *f, struct asked *q, bool ports) DP_ONLY
{
	struct ip4_cache_key key[FAST_BURST];
	struct ip4_cache *c = f->cache;
	struct ip4_cache_says says[FAST_BURST];
	uint32_t all = q->n;
	uint64_t known;

	ip4_cache_begin(c, f->genid);
	for (uint32_t i = 0; i < all; i++)
		ip4_cache_key_of(c, &q->key[i], ports, &key[i]);
	known = ip4_cache_find(w, c, key, all, says);
	q->n = 0;
	for (uint32_t i = 0; i < all; i++) {
		if (likely(known >> i & 1)) {
			f->idx[i] = says[i].idx;
			f->realm[i] = says[i].tclassid;
			continue;
		}
		q->at[q->n] = (uint8_t)i;
		q->key[q->n++] = q->key[i];
	}
	if (likely(q->n == 0))
		return;
	judge(w, f, q);
	for (uint32_t j = 0; j < q->n; j++) {
		uint32_t i = q->at[j];
		uint32_t keep = ip4_cache_worth(q->idx[j], q->key[j].proto, q->hash[j]);

		if (keep == ADJ_IDX_NO_ROUTE)
			continue;
		f->idx[i] = keep;
		ip4_cache_store(w, c, &key[i], keep, q->realm[j]);
	}
}

/* Rules alone cost about what the cache does. */
static inline bool
cache_pays(const struct fast *f)
{
	return f->cache->always || ((f->rpf != 0 || f->realms) && !ip4_cache_rests(f->cache, f->n));
}

void
ip4_fast_way(struct worker *w, struct fast *f)
{
	bool ports = ip4_cache_sees_ports(f->rules);
	uint32_t second = 0;
	struct asked q;

	for (uint32_t i = 0; i < f->n; i++) {
		key_of(f, i, ports, &q.key[i]);
		second |= f->idx[i];
	}
	for (uint32_t i = 0; unlikely(second & FIB_EXT) && i < f->n; i++)
		f->idx[i] = fib_lookup(&fib_main_dp, q.key[i].dst);
	q.n = f->n;
	if (f->cache != NULL && cache_pays(f)) {
		judge_by_cache(w, f, &q, ports);
	} else if (f->rpf != 0 || f->realms) {
		for (uint32_t i = 0; i < f->n; i++)
			q.at[i] = (uint8_t)i;
		judge(w, f, &q);
	} else if (f->rules != NULL) {
		fib_rules_lookup_bulk_dp(f->rules, q.key, f->idx, f->n);
	}
}
