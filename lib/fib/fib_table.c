/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables, and aliases in the chains of their prefixes. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "fib/fib_nexthop_priv.h"
#include "fib/fib_rule.h"

LOG_MODULE(fib);

#define TBL8_DEFAULT 65536
#define TABLES_MAX   4096

struct fib_ctl fib_ctl;
struct fib_dp_tables fib_dp_tables;
struct notifier_chain fib_chain = NOTIFIER_CHAIN("route");

struct fib_table *
fib_table_get(uint32_t id)
{
	uint32_t lo = 0, hi = fib_ctl.n_tables;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (fib_ctl.tables[mid]->id == id)
			return fib_ctl.tables[mid];
		if (fib_ctl.tables[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct fib_table *
fib_table_make(uint32_t id)
{
	struct fib_table *t = fib_table_get(id), **list;
	uint32_t pos = 0;

	if (t != NULL || fib_ctl.n_tables >= TABLES_MAX)
		return t;
	list = realloc(fib_ctl.tables, (fib_ctl.n_tables + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	fib_ctl.tables = list;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->id = id;
	t->dp.layer = id == RT_TABLE_LOCAL ? FIB_LAYER_LOCAL : FIB_LAYER_MAIN;
	if (id == RT_TABLE_LOCAL || id == RT_TABLE_MAIN) {
		t->dp.trie = &fib_ctl.shared;
	} else {
		t->dp.trie = &t->own;
		if (fib_trie_init(&t->own, &fib_ctl.nodes) < 0) {
			free(t);
			return NULL;
		}
	}
	while (pos < fib_ctl.n_tables && list[pos]->id < id)
		pos++;
	memmove(&list[pos + 1], &list[pos], (fib_ctl.n_tables - pos) * sizeof(*list));
	list[pos] = t;
	fib_ctl.n_tables++;
	return t;
}

const struct fib_table_dp *
fib_table_dp(uint32_t id)
{
	struct fib_table *t = id == 0 ? NULL : fib_table_make(id);

	return t == NULL ? NULL : &t->dp;
}

/* Negative, 0, positive: a is asked before, with, after b. */
static int
alias_cmp(const struct fib_alias *a, const struct fib_alias *b)
{
	if (a->layer != b->layer)
		return a->layer - b->layer;
	if (a->tos != b->tos)
		return b->tos - a->tos;
	return (a->metric > b->metric) - (a->metric < b->metric);
}

static CTL_ONLY void
chain_insert(struct fib_node *n, uint32_t idx, bool after)
{
	struct fib_alias *a = fib_alias(idx);
	uint32_t *link = &n->data;

	while (*link != 0) {
		int c = alias_cmp(fib_alias(*link), a);

		if (c > 0 || (c == 0 && !after))
			break;
		link = &fib_alias(*link)->next;
	}
	a->next = *link;
	__atomic_store_n(link, idx, __ATOMIC_RELEASE); /* a worker may walk the chain */
	n->neigh |= a->layer == FIB_LAYER_NEIGH;
}

int
fib_alias_link(struct fib_table *t, uint32_t key, uint8_t plen, struct fib_alias what, bool after)
{
	bool compiled = t->dp.trie == &fib_ctl.shared;
	uint32_t idx, a;
	int rc;

	if (fib_arena_reserve(&fib_ctl.aliases, 1) < 0)
		return -ENOMEM;
	idx = fib_trie_insert(t->dp.trie, key, plen);
	if (idx == 0)
		return -ENOMEM;
	/* The group is held by what is remembered, not by what is effective: whatever is
	 * uncovered or comes back to life later finds its group there. */
	if (compiled && plen > 24 && fib_node(t->dp.trie, idx)->data == 0) {
		rc = dir24_hold(&fib_ctl.dir, key);
		if (rc < 0) {
			fib_trie_prune(t->dp.trie, key, plen);
			return rc;
		}
	}
	a = fib_arena_get(&fib_ctl.aliases);
	*fib_alias(a) = what;
	if (what.layer != FIB_LAYER_NEIGH)
		fib_cover_add(&fib_infos[what.info]->cover, key, plen);
	chain_insert(fib_node(t->dp.trie, idx), a, after);
	if (plen == 0)
		fib_default_update();
	if (compiled)
		fib_compile_prefix(key, plen);
	if (what.layer != FIB_LAYER_NEIGH) /* it takes the place of a glean slot */
		fib_genid_bump();
	return 0;
}

void
fib_alias_unlink(struct fib_table *t, uint32_t key, uint8_t plen, uint32_t alias)
{
	uint32_t idx = fib_trie_find(t->dp.trie, key, plen);
	struct fib_node *n = fib_node(t->dp.trie, idx);
	uint32_t *link = &n->data;

	while (*link != alias)
		link = &fib_alias(*link)->next;
	__atomic_store_n(link, fib_alias(alias)->next, __ATOMIC_RELEASE);
	fib_arena_retire(&fib_ctl.aliases, alias);
	n->neigh = 0;
	for (uint32_t i = n->data; i != 0; i = fib_alias(i)->next)
		n->neigh |= fib_alias(i)->layer == FIB_LAYER_NEIGH;
	if (plen == 0)
		fib_default_update();
	if (t->dp.trie == &fib_ctl.shared) {
		fib_compile_prefix(key, plen);
		if (plen > 24 && n->data == 0)
			dir24_put(&fib_ctl.dir, key);
	}
	if (n->data == 0)
		fib_trie_prune(t->dp.trie, key, plen);
	fib_genid_bump();
}

/* Is a route of this type one that fib_dp_tables.plain excludes? */
static bool
is_mixed(const struct fib_table *t, uint8_t type)
{
	bool own = type == FIB_LOCAL || type == FIB_BROADCAST || type == FIB_ANYCAST;

	return t->id == RT_TABLE_LOCAL	? !own
	       : t->id == RT_TABLE_MAIN ? own || type == FIB_MULTICAST
					: false;
}

void
fib_table_count(struct fib_table *t, uint8_t type, int n)
{
	fib_ctl.n_mixed += is_mixed(t, type) ? n : 0;
	__atomic_store_n(&fib_dp_tables.plain, fib_ctl.n_mixed == 0, __ATOMIC_RELAXED);
	t->n_routes += n;
	fib_ctl.n_routes += n;
	if (t->id == RT_TABLE_DEFAULT)
		rcu_assign_pointer(fib_dp_tables.deflt, t->n_routes > 0 ? &t->dp : NULL);
}

void
fib_view(struct fib_route *r, const struct fib_table *t, const struct fib_node *n,
	 const struct fib_alias *a)
{
	const struct fib_info *fi = fib_infos[a->info];
	const struct fib_nexthop *nh;
	unsigned int n_nh = fib_info_ways(fi, &nh);

	*r = (struct fib_route){
		.table = t->id,
		.dst = rte_cpu_to_be_32(n->key),
		.plen = n->plen,
		.tos = a->tos,
		.type = fib_info_type(fi),
		.protocol = fi->protocol,
		.scope = fi->scope,
		.dead = fi->dead,
		.metric = fi->metric,
		.metrics = &fi->metrics,
		.keep_dead = fi->keep,
		.file = a->file,
		.prefsrc = fi->prefsrc,
		.tclassid = fib_info_realms(fi),
		.nhid = fi->obj == NULL ? 0 : fi->obj->id,
		.n_nh = n_nh,
		.nh = nh,
	};
}

/* The routes of one prefix. Returns how many. */
static CTL_ONLY unsigned int
walk_node(const struct fib_table *t, const struct fib_node *n,
	  void (*fn)(const struct fib_route *r, void *arg), void *arg)
{
	unsigned int count = 0;
	struct fib_route r;

	for (uint32_t i = n->data; i != 0; i = fib_alias(i)->next) {
		if (fib_alias(i)->layer != t->dp.layer)
			continue;
		fib_view(&r, t, n, fib_alias(i));
		fn(&r, arg);
		count++;
	}
	return count;
}

/* From the cursor on, until @p n routes were seen. False: the table's end. */
static CTL_ONLY bool
walk_table(const struct fib_table *t, struct fib_cursor *c, unsigned int *n,
	   void (*fn)(const struct fib_route *r, void *arg), void *arg)
{
	struct fib_trie_iter it;
	uint32_t idx;

	if (c->inside)
		fib_trie_after(t->dp.trie, &it, c->key, c->plen);
	else
		fib_trie_first(t->dp.trie, &it);
	while (*n > 0) {
		const struct fib_node *node;
		unsigned int seen;

		idx = fib_trie_next(t->dp.trie, &it);
		if (idx == 0)
			return false;
		node = fib_node(t->dp.trie, idx);
		seen = walk_node(t, node, fn, arg);
		*n -= RTE_MIN(seen, *n);
		c->key = node->key;
		c->plen = node->plen;
		c->inside = true;
	}
	return true;
}

bool
fib_walk_some(struct fib_cursor *c, unsigned int n,
	      void (*fn)(const struct fib_route *r, void *arg), void *arg)
{
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++) {
		const struct fib_table *t = fib_ctl.tables[i];

		if (t->id < c->at_table || (c->table != 0 && t->id != c->table))
			continue;
		if (t->id != c->at_table)
			c->inside = false;
		c->at_table = t->id;
		if (walk_table(t, c, &n, fn, arg))
			return true;
	}
	c->at_table = UINT32_MAX;
	c->inside = true;
	c->key = UINT32_MAX;
	c->plen = 32;
	return false;
}

void
fib_walk(uint32_t table, void (*fn)(const struct fib_route *r, void *arg), void *arg)
{
	struct fib_cursor c = { .table = table };

	fib_walk_some(&c, UINT_MAX, fn, arg);
}

void
fib_walk_prefix(uint32_t table, rte_be32_t dst, uint8_t plen,
		void (*fn)(const struct fib_route *r, void *arg), void *arg)
{
	const struct fib_table *t = fib_table_get(table);
	uint32_t idx = t != NULL ? fib_trie_find(t->dp.trie, rte_be_to_cpu_32(dst), plen) : 0;

	if (idx != 0)
		walk_node(t, fib_node(t->dp.trie, idx), fn, arg);
}

/* What no table overrides. */
static CTL_ONLY int
base_add(uint32_t key, uint8_t plen, uint8_t type)
{
	struct fib_table base = {
		.dp = { .layer = FIB_LAYER_BASE, .trie = &fib_ctl.shared },
	};
	struct fib_info want = { .type = type }, *fi;
	int rc;

	fi = fib_info_get(&want, &rc);
	if (fi == NULL)
		return rc;
	rc = fib_alias_link(&base, key, plen,
			    (struct fib_alias){ .info = fi->idx, .layer = FIB_LAYER_BASE }, true);
	if (rc < 0)
		fib_info_put(fi);
	return rc;
}

static CTL_ONLY int
base_init(void)
{
	static const struct {
		uint32_t key;
		uint8_t plen, type;
	} base[] = {
		/* RFC 1122 3.2.1.3 (a) and (b): never a destination. */
		{ FIB_IP4(0, 0, 0, 0), 8, FIB_TYPE_MARTIAN },
		/* RFC 1122 3.2.1.3 (g): never on a wire, and workers look up nothing else. */
		{ FIB_IP4(127, 0, 0, 0), 8, FIB_TYPE_MARTIAN },
		{ FIB_IP4(224, 0, 0, 0), 4, FIB_MULTICAST },
		/* RFC 1812 5.3.7: class E. */
		{ FIB_IP4(240, 0, 0, 0), 4, FIB_TYPE_MARTIAN },
		/* RFC 1122 3.2.1.3 (c): limited broadcast. */
		{ FIB_IP4(255, 255, 255, 255), 32, FIB_BROADCAST },
	};
	int rc = 0;

	for (unsigned int i = 0; i < RTE_DIM(base) && rc == 0; i++)
		rc = base_add(base[i].key, base[i].plen, base[i].type);
	return rc;
}

static CTL_ONLY int
arenas_init(void)
{
	if (fib_nodes_init(&fib_ctl.nodes) < 0 ||
	    fib_arena_init(&fib_ctl.aliases, sizeof(struct fib_alias),
			   offsetof(struct fib_alias, metric), FIB_ALIASES_MAX) < 0 ||
	    fib_arena_init(&fib_ctl.live, sizeof(struct fib_live), offsetof(struct fib_live, link),
			   FIB_INFOS_MAX) < 0)
		return -ENOMEM;
	return fib_arena_init(&fib_ctl.neighs, sizeof(struct fib_neigh_leaf),
			      offsetof(struct fib_neigh_leaf, link), ADJ_MAX);
}

int
fib_init(uint32_t max_tbl8, int socket)
{
	int rc = -ENOMEM;

	if (max_tbl8 == 0)
		max_tbl8 = TBL8_DEFAULT;
	if (max_tbl8 > FIB_IDX_MASK)
		return -EINVAL;
	memset(&fib_ctl, 0, sizeof(fib_ctl));
	if (arenas_init() < 0)
		goto err;
	if (dir24_init(&fib_ctl.dir, &fib_main_dp, max_tbl8, socket) < 0)
		goto err;
	if (fib_trie_init(&fib_ctl.shared, &fib_ctl.nodes) < 0 || fib_info_init() < 0)
		goto err;
	if (fib_table_make(RT_TABLE_LOCAL) == NULL || fib_table_make(RT_TABLE_MAIN) == NULL)
		goto err;
	fib_dp_tables = (struct fib_dp_tables){
		.alias = fib_alias(0),
		.live = fib_live(0),
		.neigh = fib_neigh_leaf(0),
		.local = fib_table_dp(RT_TABLE_LOCAL),
		.main = fib_table_dp(RT_TABLE_MAIN),
		.plain = true,
	};
	fib_compile_init();
	rc = fib_nhobj_init();
	if (rc == 0)
		rc = fib_mpath_init();
	if (rc == 0)
		rc = base_init();
	if (rc == 0)
		rc = fib_rule_init();
	if (rc < 0)
		goto err;
	fib_genid_init();
	fib_netdev_init();
	fib_inetaddr_init();
	fib_neigh_init();
	return 0;
err:
	log_err("no room for the forwarding table");
	fib_fini();
	return rc;
}

void
fib_fini(void)
{
	fib_genid_fini();
	fib_rule_fini();
	fib_compile_fini();
	fib_neigh_fini();
	fib_inetaddr_fini();
	fib_netdev_fini();
	fib_info_fini();
	fib_nhobj_fini();
	fib_mpath_fini();
	/* The compiled table and the arenas have members in a grace period. */
	rcu_barrier();
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++) {
		if (fib_ctl.tables[i]->dp.trie == &fib_ctl.tables[i]->own)
			fib_trie_fini(&fib_ctl.tables[i]->own);
		free(fib_ctl.tables[i]);
	}
	free(fib_ctl.tables);
	fib_trie_fini(&fib_ctl.shared);
	fib_arena_fini(&fib_ctl.nodes);
	fib_arena_fini(&fib_ctl.aliases);
	fib_arena_fini(&fib_ctl.live);
	fib_arena_fini(&fib_ctl.neighs);
	dir24_fini(&fib_ctl.dir);
	fib_names_fini();
	memset(&fib_ctl, 0, sizeof(fib_ctl));
}

void
fib_get_stats(struct fib_stats *st)
{
	*st = (struct fib_stats){
		.routes = fib_ctl.n_routes,
		.tables = fib_ctl.n_tables,
		.tbl8_used = fib_ctl.dir.used,
		.tbl8_max = fib_ctl.dir.max,
		.tbl8_waiting = fib_ctl.dir.waiting,
		.rib_bytes = fib_arena_bytes(&fib_ctl.nodes) + fib_arena_bytes(&fib_ctl.aliases) +
			     fib_arena_bytes(&fib_ctl.live) + fib_arena_bytes(&fib_ctl.neighs) +
			     fib_trie_bytes(&fib_ctl.shared) + fib_info_bytes(),
		.dp_bytes = dir24_bytes(&fib_ctl.dir),
		.adds = fib_ctl.adds,
		.dels = fib_ctl.dels,
		.changes = fib_ctl.changes,
		.errors = fib_ctl.errors,
		.neigh_leaves = fib_ctl.neigh_leaves,
	};
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++)
		st->rib_bytes += sizeof(struct fib_table) + fib_trie_bytes(&fib_ctl.tables[i]->own);
}
