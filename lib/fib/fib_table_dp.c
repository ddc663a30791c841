/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include <rte_prefetch.h>
#include "fib/fib_priv.h"
#include "fib/fib_table_dp.h"

#define TOS_MASK 0xfc /* RFC 3168: the ECN bits choose no route */
#define LANES	 16   /* descents in flight: their state fits two cache lines */

static inline uint32_t
load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline const struct fib_alias *
alias(uint32_t idx)
{
	return fib_dp_tables.alias + idx;
}

/* The first live route from *@p at on of this layer for this tos, and its leaf; or NULL. The next
 * one is to be looked for from *@p at on. */
static inline const struct fib_live *
chain_live(uint32_t *at, uint8_t layer, uint8_t tos, uint32_t *leaf)
{
	while (*at != 0) {
		const struct fib_alias *a = alias(*at);
		const struct fib_live *live;

		*at = load(&a->next);
		if (a->layer != layer || (a->tos != 0 && a->tos != (tos & TOS_MASK)) ||
		    __atomic_load_n(&a->passed, __ATOMIC_RELAXED))
			continue;
		live = &fib_dp_tables.live[load(&a->info)];
		*leaf = load(&live->leaf);
		if (*leaf != FIB_LEAF_NONE)
			return live;
	}
	return NULL;
}

__rte_noinline uint32_t
fib_onlink_leaf_dp(uint32_t dst, uint32_t glean)
{
	const struct fib_trie *t = fib_dp_tables.main->trie;
	uint32_t path[33];
	unsigned int n = fib_trie_path(t, dst, path);
	const struct fib_node *node = fib_node(t, path[n - 1]);

	if (node->plen != 32)
		return glean;
	for (uint32_t i = load(&node->data); i != 0; i = load(&alias(i)->next)) {
		const struct fib_neigh_leaf *l;

		if (alias(i)->layer != FIB_LAYER_NEIGH)
			continue;
		l = &fib_dp_tables.neigh[alias(i)->info];
		if (l->glean == glean)
			return l->adj;
	}
	return glean;
}

/* True: the lookup ends here with a next hop, that of res->live. */
static inline bool
finish(uint32_t dst, uint32_t leaf, uint8_t plen, struct fib_table_res *res)
{
	if (leaf == ADJ_IDX_THROW)
		return false;
	res->idx = leaf;
	res->plen = plen;
	if (adj_get(leaf)->type == ADJ_GLEAN)
		res->idx = fib_onlink_leaf_dp(dst, leaf);
	return true;
}

/* All prefixes that cover the address, the longest first. */
static __rte_noinline bool
lookup_whole(const struct fib_table_dp *t, uint32_t dst, uint8_t tos, struct fib_table_res *res)
{
	uint32_t path[33];
	unsigned int n = fib_trie_path(t->trie, dst, path);

	while (n-- > 0) {
		const struct fib_node *node = fib_node(t->trie, path[n]);
		uint32_t at = load(&node->data), leaf;

		res->live = chain_live(&at, t->layer, tos, &leaf);
		if (res->live != NULL)
			return finish(dst, leaf, node->plen, res);
	}
	return false;
}

/* The way by @p dev that @p leaf leads to; FIB_LEAF_NONE: by others only. What refuses has no
 * device. */
static uint32_t
by_device(uint32_t leaf, const struct net_device *dev)
{
	const struct adj *a = adj_get(leaf);

	if (leaf < ADJ_IDX_DYNAMIC || a->dev == dev)
		return leaf;
	for (uint32_t i = 0; a->type == ADJ_GROUP && i < a->n_member; i++)
		if (adj_get(a->member[i])->dev == dev)
			return a->member[i];
	return FIB_LEAF_NONE;
}

bool
fib_table_lookup_by_dp(const struct fib_table_dp *t, uint32_t dst, uint8_t tos,
		       const struct net_device *dev, struct fib_table_res *res)
{
	uint32_t path[33];
	unsigned int n = fib_trie_path(t->trie, dst, path);

	while (n-- > 0) {
		const struct fib_node *node = fib_node(t->trie, path[n]);
		uint32_t at = load(&node->data), leaf;

		while ((res->live = chain_live(&at, t->layer, tos, &leaf)) != NULL) {
			leaf = by_device(leaf, dev);
			if (leaf != FIB_LEAF_NONE)
				return finish(dst, leaf, node->plen, res);
		}
	}
	return false;
}

bool
fib_table_lookup_dp(const struct fib_table_dp *t, uint32_t dst, uint8_t tos,
		    struct fib_table_res *res)
{
	return fib_tables_lookup_bulk_dp(&t, &dst, &tos, res, 1) != 0;
}

/* One of several descents that go on in turn: each asks for its next node and lets the others
 * run while that comes. */
struct descent {
	uint32_t at;   /* the node to look at next; 0: at the end */
	uint32_t best; /* the last one that had routes; 0: none yet */
};

static inline unsigned int
descend(const struct fib_table_dp *const *tables, const uint32_t *dst, struct descent *d,
	unsigned int n)
{
	unsigned int going = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct fib_trie *t = tables[i]->trie;
		const struct fib_node *node;

		if (d[i].at == 0)
			continue;
		node = fib_node(t, d[i].at);
		if (!fib_node_covers(node, dst[i], 32)) {
			d[i].at = 0;
			continue;
		}
		if (load(&node->data) != 0) {
			d[i].best = d[i].at;
			rte_prefetch0(alias(load(&node->data)));
		}
		d[i].at = node->plen == 32 ? 0 : load(&node->child[fib_bit(dst[i], node->plen)]);
		if (d[i].at != 0)
			rte_prefetch0(fib_node(t, d[i].at));
		going += d[i].at != 0;
	}
	return going;
}

static inline uint64_t
lookup_lanes(const struct fib_table_dp *const *t, const uint32_t *dst, const uint8_t *tos,
	     struct fib_table_res *res, unsigned int n)
{
	struct descent d[LANES];
	uint64_t found = 0;

	for (unsigned int i = 0; i < n; i++) {
		d[i] = (struct descent){ .at = fib_trie_start(t[i]->trie, dst[i]) };
		rte_prefetch0(fib_node(t[i]->trie, d[i].at));
	}
	while (descend(t, dst, d, n) > 0)
		;
	for (unsigned int i = 0; i < n; i++) {
		const struct fib_node *node = fib_node(t[i]->trie, d[i].best);
		uint32_t at = d[i].best != 0 ? load(&node->data) : 0, leaf;
		bool hit;

		res[i].live = chain_live(&at, t[i]->layer, tos[i], &leaf);
		/* The longest prefix is for another tos, is dead, or is shorter than what the
		 * descent began with: the long way. */
		if (res[i].live != NULL)
			hit = finish(dst[i], leaf, node->plen, &res[i]);
		else
			hit = lookup_whole(t[i], dst[i], tos[i], &res[i]);
		found |= (uint64_t)hit << i;
	}
	return found;
}

uint64_t
fib_table_lookup_bulk_dp(const struct fib_table_dp *t, const uint32_t *dst, const uint8_t *tos,
			 struct fib_table_res *res, unsigned int n)
{
	const struct fib_table_dp *same[64];

	for (unsigned int i = 0; i < n; i++)
		same[i] = t;
	return fib_tables_lookup_bulk_dp(same, dst, tos, res, n);
}

uint64_t
fib_tables_lookup_bulk_dp(const struct fib_table_dp *const *t, const uint32_t *dst,
			  const uint8_t *tos, struct fib_table_res *res, unsigned int n)
{
	uint64_t found = 0;

	for (unsigned int i = 0; i < n; i += LANES)
		found |= lookup_lanes(t + i, dst + i, tos + i, res + i,
				      RTE_MIN(n - i, (unsigned int)LANES))
			 << i;
	return found;
}

/* Does the compiled table perhaps only not know yet that this way is gone, or that a better one has
 * come? What leads out at once is taken as it is, and what is ours or built in stays so. */
static bool
may_be_late(uint32_t idx)
{
	const struct adj *a = adj_get(idx);

	return fib_is_late() && a->mtu == 0 && a->type != ADJ_LOCAL && a->type != ADJ_BROADCAST &&
	       a->type != ADJ_MULTICAST && a->type != ADJ_MARTIAN;
}

uint32_t
fib_lookup_rest_dp(uint32_t idx, uint32_t dst, uint8_t tos)
{
	const struct fib_table_dp *last = rcu_dereference(fib_dp_tables.deflt);
	struct fib_table_res res;

	if (unlikely(may_be_late(idx)))
		idx = ADJ_IDX_TOS;
	if (idx == ADJ_IDX_TOS && (fib_table_lookup_dp(fib_dp_tables.local, dst, tos, &res) ||
				   fib_table_lookup_dp(fib_dp_tables.main, dst, tos, &res)))
		return res.idx;
	if (idx != ADJ_IDX_TOS && idx != ADJ_IDX_NO_ROUTE && idx != ADJ_IDX_THROW)
		return idx;
	if (last != NULL && fib_table_lookup_dp(last, dst, tos, &res))
		return res.idx;
	return idx == ADJ_IDX_TOS ? ADJ_IDX_NO_ROUTE : idx;
}
