/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include "fib/fib_priv.h"
#include "fib/fib_realm_dp.h"
#include "fib/fib_rule_priv.h"

#define BURST 64

struct fib_rules *fib_rules;

bool
fib_rules_want_ports(const struct fib_rules *r)
{
	return r->fields & (FIB_RULES_SPORT | FIB_RULES_DPORT);
}

/* Two words: 128 rules side by side. */
typedef uint64_t pair __attribute__((vector_size(16)));

static inline pair
load_pair(const uint64_t *p)
{
	return *(const pair *)p;
}

static inline pair
by_octets(const struct fib_rules *r, const uint64_t *vec, uint32_t value, uint32_t w)
{
	const uint64_t *v = vec + w;
	uint32_t words = r->words;

	return load_pair(&v[(value >> 24) * words]) &
	       load_pair(&v[(256 + (value >> 16 & 0xff)) * words]) &
	       load_pair(&v[(512 + (value >> 8 & 0xff)) * words]) &
	       load_pair(&v[(768 + (value & 0xff)) * words]);
}

static inline pair
by_class(const struct fib_rules *r, const struct fib_rule_map *m, uint32_t value, uint32_t w)
{
	return load_pair(&m->vec[m->class[value] * r -> words + w]);
}

/* The rules of words @p w and the next that match. */
static inline pair
matches(const struct fib_rules *r, const struct fib_key *k, uint32_t w)
{
	uint32_t fields = r->fields;
	pair m = { UINT64_MAX, UINT64_MAX };

	if (fields & FIB_RULES_SRC)
		m &= by_octets(r, r->src, k->src, w);
	if (fields & FIB_RULES_DST)
		m &= by_octets(r, r->dst, k->dst, w);
	if (fields & FIB_RULES_IIF)
		m &= by_class(r, &r->iif, k->iif % NETDEV_MAX, w);
	if (fields & FIB_RULES_OIF)
		m &= by_class(r, &r->oif, k->oif % NETDEV_MAX, w);
	if (fields & FIB_RULES_TOS)
		m &= load_pair(&r->tos[k->tos * r->words + w]);
	if (fields & FIB_RULES_MARK)
		m &= by_octets(r, r->mark, k->mark, w);
	if (fields & FIB_RULES_IPPROTO)
		m &= load_pair(&r->ipproto[k->proto * r->words + w]);
	if (fields & FIB_RULES_SPORT)
		m &= by_class(r, &r->sport, k->sport, w);
	if (fields & FIB_RULES_DPORT)
		m &= by_class(r, &r->dport, k->dport, w);
	return (m ^ load_pair(&r->invert[w])) & load_pair(&r->valid[w]);
}

/* Where a packet stands in the list. */
struct walk {
	uint64_t left[2]; /* rules that match and were not looked at, of words word and word + 1 */
	uint32_t word;
};

static inline void
walk_to(const struct fib_rules *r, const struct fib_key *k, struct walk *at, uint32_t word)
{
	pair m = matches(r, k, word);

	*at = (struct walk){ .left = { m[0], m[1] }, .word = word };
}

/* On with rule number @p n, or the first behind it that matches. */
static inline void
walk_goto(const struct fib_rules *r, const struct fib_key *k, struct walk *at, uint32_t n)
{
	unsigned int half = n / 64 % 2;

	walk_to(r, k, at, n / 128 * 2);
	if (half == 1)
		at->left[0] = 0;
	at->left[half] &= UINT64_MAX << n % 64;
}

/* The next rule that matches, or NULL: there is none. */
static inline const struct fib_rule_dp *
next_rule(const struct fib_rules *r, const struct fib_key *k, struct walk *at)
{
	for (;;) {
		const struct fib_rule_dp *rule;
		unsigned int half;

		while ((at->left[0] | at->left[1]) == 0) {
			if (at->word + 2 == r->words)
				return NULL;
			walk_to(r, k, at, at->word + 2);
		}
		half = at->left[0] == 0;
		rule = &r->rule[(at->word + half) * 64 + (uint32_t)__builtin_ctzll(at->left[half])];
		at->left[half] &= at->left[half] - 1;
		if (rule->kind != RULE_GOTO)
			return rule;
		walk_goto(r, k, at, rule->idx); /* forwards only: the compiler saw to it */
	}
}

/* Does a leaf of the compiled table say which table it comes from? */
static inline bool
is_plain(void)
{
	return __atomic_load_n(&fib_dp_tables.plain, __ATOMIC_RELAXED) && !fib_is_late();
}

/* What the compiled table, which has said @p seen, tells of table local or main alone.
 * ADJ_IDX_THROW: that the table has no answer; ADJ_IDX_TOS: nothing, ask the table itself. */
static inline uint32_t
from_compiled(const struct fib_rule_dp *rule, uint32_t seen)
{
	if (!is_plain())
		return ADJ_IDX_TOS;
	switch (seen) {
	case ADJ_IDX_TOS:
		return ADJ_IDX_TOS;
	case ADJ_IDX_LOCAL:
	case ADJ_IDX_BROADCAST: /* of table local, before any of main's */
		if (rule->kind == RULE_MAIN)
			return ADJ_IDX_TOS;
		break;
	case ADJ_IDX_NO_ROUTE:
	case ADJ_IDX_THROW:
		return ADJ_IDX_THROW;
	default: /* main's */
		if (rule->kind == RULE_LOCAL)
			return ADJ_IDX_THROW;
		break;
	}
	return rule->suppress < 0 ? seen : ADJ_IDX_TOS; /* how long is the prefix? */
}

static inline bool
is_error(uint32_t idx)
{
	return idx == ADJ_IDX_BLACKHOLE || idx == ADJ_IDX_UNREACHABLE || idx == ADJ_IDX_PROHIBIT;
}

/* Go on as far as no table must be searched. @return that table; NULL: *@p idx is the answer. */
static inline const struct fib_rule_dp *
step(const struct fib_rules *r, const struct fib_key *k, struct walk *at, uint32_t *idx)
{
	const struct fib_rule_dp *rule;
	uint32_t said;

	while ((rule = next_rule(r, k, at)) != NULL) {
		if (rule->kind == RULE_LOOKUP)
			return rule;
		if (rule->kind == RULE_ANSWER) {
			*idx = rule->idx;
			return NULL;
		}
		said = from_compiled(rule, *idx);
		if (said == ADJ_IDX_TOS)
			return rule;
		if (said != ADJ_IDX_THROW) {
			*idx = said;
			return NULL;
		}
	}
	*idx = ADJ_IDX_NO_ROUTE;
	return NULL;
}

/* Built-in destinations, which rules say nothing about. */
static inline bool
is_built_in(uint32_t dst, uint32_t idx)
{
	return idx == ADJ_IDX_MARTIAN || idx == ADJ_IDX_MULTICAST || dst == UINT32_MAX;
}

/* Is the first rule of @p left one of @p some? */
static inline bool
is_first(const uint64_t left[2], const uint64_t some[2])
{
	unsigned int half = left[0] == 0;

	return (left[half] & -left[half] & some[half]) != 0;
}

/* Packets that wait for the same search: whatever their tables are, they are searched together. */
struct search {
	unsigned int n;
	const struct fib_table_dp *table[BURST];
	const struct fib_rule_dp *rule[BURST];
	struct fib_table_res res[BURST];
	uint32_t dst[BURST];
	uint8_t tos[BURST], who[BURST];
};

/* @p rule NULL: packet @p who needs none. */
static inline void
add_search(struct search *s, const struct fib_rule_dp *rule, const struct fib_key *k,
	   unsigned int who)
{
	if (rule == NULL)
		return;
	s->rule[s->n] = rule;
	s->table[s->n] = rule->table;
	s->dst[s->n] = k->dst;
	s->tos[s->n] = k->tos;
	s->who[s->n++] = (uint8_t)who;
}

/* @return mask of the packets that have no answer yet. */
static uint64_t
search(struct search *s, uint32_t *idx)
{
	uint64_t hit = fib_tables_lookup_bulk_dp(s->table, s->dst, s->tos, s->res, s->n), todo = 0;

	for (unsigned int i = 0; i < s->n; i++) {
		const struct fib_table_res *res = &s->res[i];

		if ((hit >> i & 1) && (res->plen > s->rule[i]->suppress || is_error(res->idx)))
			idx[s->who[i]] = res->idx;
		else
			todo |= UINT64_C(1) << s->who[i];
	}
	return todo;
}

void
fib_rules_lookup_bulk_dp(const struct fib_rules *r, const struct fib_key *key, uint32_t *idx,
			 unsigned int n)
{
	const uint64_t never[2] = { 0, 0 };
	bool plain = is_plain();
	const uint64_t *local = plain ? r->local : never, *main = plain ? r->main : never;
	struct walk at[BURST];
	uint64_t todo = 0;
	struct search s;

	for (unsigned int i = 0; i < n; i++) {
		walk_to(r, &key[i], &at[i], 0);
		if (likely(idx[i] >= ADJ_IDX_DYNAMIC)) { /* a way to hosts is main's */
			at[i].left[0] &= ~local[0];
			at[i].left[1] &= ~local[1];
			if (is_first(at[i].left, main))
				continue;
		} else if (is_built_in(key[i].dst, idx[i])) {
			continue;
		}
		todo |= UINT64_C(1) << i;
	}
	while (todo != 0) {
		s.n = 0;
		for (; todo != 0; todo &= todo - 1) {
			unsigned int i = (unsigned int)__builtin_ctzll(todo);

			add_search(&s, step(r, &key[i], &at[i], &idx[i]), &key[i], i);
		}
		if (s.n > 0)
			todo = search(&s, idx);
	}
}

uint32_t
fib_route_dp(const struct fib_key *key)
{
	const struct fib_rules *r = rcu_dereference(fib_rules);
	uint32_t idx = fib_lookup(&fib_main_dp, key->dst);

	if (likely(r == NULL))
		return likely(idx >= ADJ_IDX_DYNAMIC && !fib_is_late())
			       ? idx
			       : fib_lookup_rest_dp(idx, key->dst, key->tos);
	fib_rules_lookup_bulk_dp(r, key, &idx, 1);
	return idx;
}

/* --- the routes themselves --- */

/* The rules that a router starts with, as if compiled. */
struct first_rules {
	struct fib_rules r;
	struct fib_rule_dp rule[3];
	uint64_t valid[2] __rte_aligned(16), invert[2] __rte_aligned(16);
};

static const struct fib_rules *
first_rules(struct first_rules *f)
{
	const struct fib_table_dp *const tables[] = { fib_dp_tables.local, fib_dp_tables.main,
						      rcu_dereference(fib_dp_tables.deflt) };

	f->valid[0] = f->valid[1] = f->invert[0] = f->invert[1] = 0;
	for (unsigned int i = 0; i < RTE_DIM(tables); i++) {
		f->rule[i] = (struct fib_rule_dp){ .kind = i == 0 ? RULE_LOCAL : RULE_LOOKUP,
						   .suppress = -1,
						   .table = tables[i] };
		f->valid[0] |= (uint64_t)(tables[i] != NULL) << i;
	}
	f->r = (struct fib_rules){ .n = RTE_DIM(tables),
				   .words = 2,
				   .rule = f->rule,
				   .valid = f->valid,
				   .invert = f->invert };
	return &f->r;
}

uint32_t
fib_route_by_dp(const struct fib_key *key, const struct net_device *dev, uint32_t glean)
{
	const struct fib_rules *r = rcu_dereference(fib_rules);
	struct fib_key k = *key;
	const struct fib_rule_dp *rule;
	struct first_rules first;
	struct fib_table_res res;
	struct walk at;

	if (!(dev->flags & IFF_UP))
		return ADJ_IDX_NO_ROUTE;
	k.oif = (uint32_t)dev->ifindex;
	r = r == NULL ? first_rules(&first) : r;
	walk_to(r, &k, &at, 0);
	while ((rule = next_rule(r, &k, &at)) != NULL && rule->kind != RULE_ANSWER) {
		if (!fib_table_lookup_by_dp(rule->table, k.dst, k.tos, dev, &res))
			continue;
		if (is_error(res.idx))
			break;
		if (res.plen > rule->suppress)
			return res.idx;
	}
	return fib_onlink_leaf_dp(k.dst, glean);
}

/* The routes of some packets, and the realms of the rules that led to them. */
struct found {
	const struct fib_live *live[BURST]; /* NULL: it has none */
	uint32_t tclassid[BURST];
};

/* The next table that may have the route; NULL: there is none. A packet that goes to hosts passes
 * over table local, which has nothing but what is ours. */
static inline const struct fib_rule_dp *
next_table(const struct fib_rules *r, const struct fib_key *k, struct walk *at, bool to_hosts)
{
	const struct fib_rule_dp *rule;

	do
		rule = next_rule(r, k, at);
	while (to_hosts && rule != NULL && rule->kind == RULE_LOCAL);
	return rule != NULL && rule->kind != RULE_ANSWER ? rule : NULL;
}

static void
find(const struct fib_key *key, unsigned int n, struct found *f)
{
	const struct fib_rules *r = rcu_dereference(fib_rules);
	uint64_t todo = n > 0 ? UINT64_MAX >> (64 - n) : 0;
	uint32_t dst[BURST], idx[BURST];
	bool plain = is_plain();
	struct walk at[BURST];
	struct first_rules first;
	struct search s;

	r = likely(r == NULL) ? first_rules(&first) : r;
	for (unsigned int i = 0; i < n; i++) {
		walk_to(r, &key[i], &at[i], 0);
		f->live[i] = NULL;
		f->tclassid[i] = 0;
		dst[i] = key[i].dst;
	}
	fib_lookup_bulk(&fib_main_dp, dst, idx, n);
	while (todo != 0) {
		s.n = 0;
		for (; todo != 0; todo &= todo - 1) {
			unsigned int i = (unsigned int)__builtin_ctzll(todo);
			bool to_hosts = plain && idx[i] >= ADJ_IDX_DYNAMIC;

			add_search(&s, next_table(r, &key[i], &at[i], to_hosts), &key[i], i);
		}
		todo = search(&s, idx);
		for (unsigned int j = 0; j < s.n; j++) {
			if (todo >> s.who[j] & 1)
				continue;
			f->live[s.who[j]] = s.res[j].live;
			f->tclassid[s.who[j]] = s.rule[j]->tclassid;
		}
	}
}

rte_be32_t
fib_prefsrc_dp(const struct fib_key *k)
{
	struct found f;

	find(k, 1, &f);
	return f.live[0] != NULL ? f.live[0]->prefsrc : 0;
}

/* What the route says; of several next hops each for itself. */
static uint32_t
realms_by(const struct fib_live *live, const struct adj *way)
{
	const struct fib_nh_realms *r = live->nh_realms;
	uint32_t leaf;

	if (likely(r == NULL))
		return __atomic_load_n(&live->tclassid, __ATOMIC_RELAXED);
	if (way == NULL) {
		leaf = __atomic_load_n(&live->leaf, __ATOMIC_ACQUIRE);
		if (leaf == FIB_LEAF_NONE) /* it has just died */
			return live->tclassid;
		way = adj_get(leaf);
	}
	if (way->type == ADJ_GROUP)
		way = adj_get(way->member[0]);
	for (uint32_t i = 0; i < r->n; i++)
		if (r->nh[i].dev == way->dev && r->nh[i].gateway == way->gw)
			return r->nh[i].tclassid;
	return live->tclassid;
}

void
fib_realms_dp(const struct fib_key *key, const struct adj *const *way, struct fib_realms *realms,
	      unsigned int n)
{
	struct found f;

	find(key, n, &f);
	for (unsigned int i = 0; i < n; i++) {
		realms[i].rule = f.tclassid[i];
		realms[i].route = f.live[i] != NULL ? realms_by(f.live[i], way[i]) : 0;
	}
}
