/* SPDX-License-Identifier: BSD-3-Clause */
/* Adding, replacing and deleting routes with the rules of Linux's fib_table_insert/delete. */
#include <errno.h>
#include <rte_prefetch.h>
#include "fib/fib_file.h"
#include "fib/fib_nexthop_priv.h"

/* Room for one route's info while it is looked for. */
static union {
	struct fib_info fi;
	char room[sizeof(struct fib_info) + FIB_NEXTHOPS_MAX * sizeof(struct fib_nexthop)];
} candidate;

/* Linux's fib_props: what a type's scope is at the widest. */
static uint8_t
widest_scope(uint8_t type)
{
	if (type == FIB_LOCAL)
		return SCOPE_HOST;
	return type == FIB_BROADCAST || type == FIB_ANYCAST ? SCOPE_LINK : SCOPE_UNIVERSE;
}

static CTL_ONLY int
check_spec(const struct fib_route_spec *r, const char **why)
{
	*why = "Invalid prefix for given prefix length";
	if (r->plen > 32 || (rte_be_to_cpu_32(r->dst) & ~fib_mask(r->plen)) != 0)
		return -EINVAL;
	*why = "Invalid table id";
	if (r->table == 0)
		return -EINVAL;
	*why = "Invalid route type";
	if (r->type > FIB_THROW)
		return -EINVAL;
	*why = "Invalid scope";
	if (r->scope_set && (r->scope > SCOPE_HOST || r->scope < widest_scope(r->type)))
		return -EINVAL;
	*why = "Route with host scope can not have multiple nexthops";
	if (r->scope_set && r->scope == SCOPE_HOST && r->n_nh > 1)
		return -EINVAL;
	*why = "Invalid tos";
	if (r->tos & 0x03) /* RFC 3168: the ECN bits choose no route */
		return -EINVAL;
	*why = "Too many nexthops";
	if (r->n_nh > FIB_NEXTHOPS_MAX)
		return -EINVAL;
	*why = "Table local takes no throw routes";
	if (r->table == RT_TABLE_LOCAL && r->type == FIB_THROW)
		return -EINVAL;
	*why = NULL;
	return 0;
}

static CTL_ONLY void
notify(enum fib_event ev, const struct fib_table *t, uint32_t key, uint8_t plen, uint32_t alias)
{
	struct fib_node n = { .key = key, .plen = plen };
	struct fib_route r;

	if (fib_chain.head == NULL)
		return;
	fib_view(&r, t, &n, fib_alias(alias));
	notifier_call(&fib_chain, ev, &r);
}

/* The first alias with this tos and metric, and among these the one that is @p fi's. */
static CTL_ONLY uint32_t
find_equal(const struct fib_table *t, uint32_t key, const struct fib_route_spec *r,
	   const struct fib_info *fi, uint32_t *same)
{
	uint32_t idx = fib_trie_find(t->dp.trie, key, r->plen), first = 0;

	*same = 0;
	if (idx == 0)
		return 0;
	for (uint32_t i = fib_node(t->dp.trie, idx)->data; i != 0; i = fib_alias(i)->next) {
		const struct fib_alias *a = fib_alias(i);

		if (a->layer != t->dp.layer || a->tos != r->tos || a->metric != r->metric)
			continue;
		if (first == 0)
			first = i;
		if (fi != NULL && a->info == fi->idx)
			*same = i;
	}
	return first;
}

/* Is that a load of a routes file? */
static bool
of_file(uint8_t file)
{
	return file != 0 && !(file & FIB_FILE_HOST);
}

/* Whose route it is: load @p file's of a routes file, or nobody's but the table's (0). */
static CTL_ONLY void
set_file(struct fib_alias *a, uint8_t file)
{
	fib_ctl.n_file += of_file(file) - of_file(a->file);
	a->file = file;
}

uint32_t
fib_file_routes(void)
{
	return fib_ctl.n_file;
}

static CTL_ONLY void
replace(struct fib_table *t, const struct fib_route_spec *r, uint32_t alias, struct fib_info *fi)
{
	struct fib_info *old = fib_infos[fib_alias(alias)->info];
	uint32_t key = rte_be_to_cpu_32(r->dst);
	uint8_t plen = r->plen;

	set_file(fib_alias(alias), r->file);
	fib_cover_add(&fi->cover, key, plen);
	__atomic_store_n(&fib_alias(alias)->info, fi->idx, __ATOMIC_RELEASE);
	if (plen == 0)
		fib_default_update();
	if (t->dp.trie == &fib_ctl.shared)
		fib_compile_prefix(key, plen);
	fib_genid_bump();
	fib_table_count(t, fi->type, 1);
	fib_table_count(t, old->type, -1);
	fib_ctl.changes++;
	notify(FIB_ROUTE_REPLACE, t, key, plen, alias);
	fib_info_put(old);
}

/* Takes over the caller's reference to @p fi when it succeeds. */
static CTL_ONLY int
insert(struct fib_table *t, const struct fib_route_spec *r, struct fib_info *fi,
       enum fib_add_mode mode, const char **why)
{
	uint32_t key = rte_be_to_cpu_32(r->dst), same, first;
	struct fib_alias a = { .info = fi->idx,
			       .metric = fi->metric,
			       .tos = r->tos,
			       .layer = t->dp.layer,
			       .file = r->file };
	bool change = mode == FIB_REPLACE || mode == FIB_CHANGE;
	int rc;

	first = find_equal(t, key, r, fi, &same);
	if ((change && same != 0 && (same == first || r->file != 0)) ||
	    (!change && same != 0 && (r->file & FIB_FILE_HOST))) {
		/* A file does not take what others have set as it says. */
		if (fib_alias(same)->file != 0)
			set_file(fib_alias(same), r->file);
		fib_info_put(fi);
		return 0;
	}
	if (change && first != 0 && same == 0) {
		replace(t, r, first, fi);
		return 0;
	}
	*why = "Route exists";
	if (same != 0)
		return -EEXIST;
	rc = fib_alias_link(t, key, r->plen, a, mode != FIB_PREPEND);
	if (rc < 0) {
		*why = rc == -ENOSPC ? "Forwarding table is full" : "Out of memory";
		return rc;
	}
	fib_table_count(t, fi->type, 1);
	fib_ctl.n_file += of_file(r->file);
	fib_ctl.adds++;
	if (fib_chain.head != NULL) {
		find_equal(t, key, r, fi, &same);
		notify(FIB_ROUTE_ADD, t, key, r->plen, same);
	}
	return 0;
}

static CTL_ONLY bool
is_kept(uint32_t alias)
{
	return fib_alias(alias)->file == 0 && fib_infos[fib_alias(alias)->info]->keep;
}

bool
fib_route_is_kept(const struct fib_route_spec *key)
{
	const struct fib_table *t = fib_table_get(key->table);
	uint32_t same, first;

	if (t == NULL)
		return false;
	first = find_equal(t, rte_be_to_cpu_32(key->dst), key, NULL, &same);
	return first != 0 && is_kept(first);
}

int
fib_route_resolve(struct fib_route_spec *r, const char **why)
{
	int rc = fib_nh_resolve(r, &candidate.fi, why);

	if (rc < 0)
		return rc;
	r->type = candidate.fi.type;
	r->protocol = candidate.fi.protocol;
	r->scope = candidate.fi.scope;
	r->tclassid = r->n_nh < 2 ? candidate.fi.tclassid : 0;
	for (unsigned int i = 0; i < r->n_nh; i++) {
		r->nh[i].dev = candidate.fi.nh[i].dev;
		r->nh[i].tclassid = candidate.fi.nh[i].tclassid;
	}
	return 0;
}

static CTL_ONLY int
route_add(const struct fib_route_spec *r, enum fib_add_mode mode, const char **why)
{
	struct fib_table *t;
	struct fib_info *fi;
	uint32_t same, first;
	int rc;

	rc = check_spec(r, why);
	if (rc < 0)
		return rc;
	t = fib_table_make(r->table);
	if (t == NULL) {
		*why = "Too many tables";
		return -ENOMEM;
	}
	if (t->dp.trie == &fib_ctl.shared) /* what is written last is missed longest */
		__builtin_prefetch(&fib_main_dp.tbl24[rte_be_to_cpu_32(r->dst) >> 8], 1);
	rc = fib_nh_resolve(r, &candidate.fi, why); /* first, as Linux: what is wrong in itself */
	if (rc < 0)
		return rc;
	first = find_equal(t, rte_be_to_cpu_32(r->dst), r, NULL, &same);
	if (first != 0 && mode == FIB_ADD && r->keep_dead && fib_alias(first)->file != 0)
		mode = FIB_REPLACE;
	/* What the document itself says goes before what its file says. */
	if (first != 0 && of_file(r->file) && is_kept(first))
		return 0;
	/* The host's routes take no place of others. */
	if (first != 0 && (r->file & FIB_FILE_HOST) && !(fib_alias(first)->file & FIB_FILE_HOST)) {
		*why = "the router has a route of its own there";
		return -EEXIST;
	}
	if (first != 0 && (mode == FIB_ADD || mode == FIB_TEST)) {
		*why = "File exists";
		return -EEXIST;
	}
	if (first == 0 && (mode == FIB_CHANGE || mode == FIB_TEST)) {
		*why = "No such file or directory";
		return -ENOENT;
	}
	fi = fib_info_get(&candidate.fi, &rc);
	if (fi == NULL) {
		*why = rc == -ENOBUFS  ? "Neighbour table is full"
		       : rc == -ENOSPC ? "No adjacency left"
				       : "Out of memory";
		return rc;
	}
	rc = insert(t, r, fi, mode, why);
	if (rc < 0)
		fib_info_put(fi);
	return rc;
}

int
fib_route_add(const struct fib_route_spec *r, enum fib_add_mode mode, const char **why)
{
	const char *text = NULL;
	int rc = route_add(r, mode, &text);

	if (rc == -ENOSPC || rc == -ENOMEM || rc == -ENOBUFS)
		fib_ctl.errors++; /* what the router had no room for, not what was asked wrongly */
	if (why != NULL)
		*why = rc < 0 ? text : NULL;
	return rc;
}

static bool
nh_matches(const struct fib_nexthop *nh, const struct fib_nexthop_spec *s, bool weight, bool exact)
{
	return ((s->gateway == 0 && !exact) || s->gateway == nh->gateway) &&
	       (s->tclassid == 0 || s->tclassid == nh->tclassid) &&
	       (s->dev == NULL || s->dev == nh->dev) &&
	       (!weight || s->weight == 0 || s->weight == nh->weight);
}

/* @p flush: what a listing shows counts, so that an object's ways do, too. */
static CTL_ONLY bool
matches(const struct fib_alias *a, const struct fib_route_spec *key, bool flush)
{
	const struct fib_info *fi = fib_infos[a->info];
	const struct fib_nexthop *nh = fi->nh;
	unsigned int n = flush ? fib_info_ways(fi, &nh) : fi->n_nh;
	bool exact =
		key->file & FIB_FILE_HOST; /* the host names one that is there, and all of it */

	if ((key->file & FIB_FILE_HOST) && !(a->file & FIB_FILE_HOST))
		return false;
	if ((key->tos_set && key->tos != a->tos) || (key->metric_set && key->metric != fi->metric))
		return false;
	if ((key->type != 0 && key->type != fi->type) ||
	    (key->protocol != 0 && key->protocol != fi->protocol) ||
	    (key->scope_set && key->scope != fi->scope) ||
	    (key->prefsrc != 0 && key->prefsrc != fi->prefsrc) ||
	    !fib_metrics_match(&fi->metrics, &key->metrics))
		return false;
	if (((key->tclassid ^ fib_info_realms(fi)) & key->realm_mask) != 0)
		return false;
	if (key->nhid != 0 && (fi->obj == NULL || fi->obj->id != key->nhid))
		return false;
	if (key->n_nh == 0)
		return true;
	if (key->n_nh == 1 && !exact)
		return n > 0 && nh_matches(&nh[0], &key->nh[0], false, false);
	if (key->n_nh != n)
		return false;
	for (unsigned int i = 0; i < key->n_nh; i++)
		if (!nh_matches(&nh[i], &key->nh[i], true, exact))
			return false;
	return true;
}

static CTL_ONLY void
route_delete(struct fib_table *t, uint32_t key, uint8_t plen, uint32_t alias)
{
	struct fib_info *fi = fib_infos[fib_alias(alias)->info];
	struct fib_alias copy = *fib_alias(alias);
	struct fib_node n = { .key = key, .plen = plen };
	struct fib_route r;

	set_file(fib_alias(alias), 0);
	fib_alias_unlink(t, key, plen, alias);
	fib_table_count(t, fi->type, -1);
	fib_ctl.dels++;
	if (fib_chain.head != NULL) {
		fib_view(&r, t, &n, &copy);
		notifier_call(&fib_chain, FIB_ROUTE_DEL, &r);
	}
	fib_info_put(fi);
}

int
fib_route_del(const struct fib_route_spec *key)
{
	struct fib_table *t = fib_table_get(key->table);
	uint32_t k = rte_be_to_cpu_32(key->dst), idx;

	if (key->plen > 32 || (k & ~fib_mask(key->plen)) != 0)
		return -EINVAL;
	idx = t == NULL ? 0 : fib_trie_find(t->dp.trie, k, key->plen);
	if (idx == 0)
		return -ESRCH;
	for (uint32_t i = fib_node(t->dp.trie, idx)->data; i != 0; i = fib_alias(i)->next) {
		if (fib_alias(i)->layer != t->dp.layer || !matches(fib_alias(i), key, false))
			continue;
		route_delete(t, k, key->plen, i);
		return 0;
	}
	return -ESRCH;
}

bool
fib_prefix_among(rte_be32_t dst, uint8_t plen, enum fib_among how, rte_be32_t of, uint8_t of_plen)
{
	uint32_t differ = rte_be_to_cpu_32(dst ^ of) & fib_mask(RTE_MIN(plen, of_plen));

	switch (how) {
	case FIB_EXACT:
		return plen == of_plen && differ == 0;
	case FIB_ROOT:
		return plen >= of_plen && differ == 0;
	case FIB_MATCH:
		return plen <= of_plen && differ == 0;
	default:
		return true;
	}
}

/* As iproute2: a device or gateway that is named is that of a route with one next hop. */
static CTL_ONLY bool
of_one(const struct fib_alias *a, const struct fib_route_spec *key)
{
	const struct fib_nexthop *nh;

	return key->n_nh == 0 || fib_info_ways(fib_infos[a->info], &nh) == 1;
}

#define BATCH	   256
#define SWEEP_NEAR 16 /* a prefix as long as this is gone through for one info */
struct batch {
	unsigned int n;
	struct {
		uint32_t key, alias;
		uint8_t plen;
	} e[BATCH];
};

#define AHEAD 16
/* Nodes of a walk, whose aliases are on their way to the cache. */
struct ahead {
	unsigned int n, at;
	uint32_t idx[AHEAD];
};

static uint32_t
next_ahead(const struct fib_trie *t, struct fib_trie_iter *it, const struct fib_cover *in,
	   struct ahead *a)
{
	uint32_t idx;

	if (a->at == a->n) {
		a->at = a->n = 0;
		while (a->n < AHEAD && (idx = fib_trie_next_in(t, it, in)) != 0) {
			rte_prefetch0(fib_alias(fib_node(t, idx)->data));
			a->idx[a->n++] = idx;
		}
	}
	return a->at < a->n ? a->idx[a->at++] : 0;
}

/* Is it @p t's, and to be deleted? @p key NULL: what an info marked kill has, of both tables where
 * two share a trie. */
static CTL_ONLY bool
is_flushed(const struct fib_table *t, const struct fib_alias *a, const struct fib_route_spec *key)
{
	if (key != NULL)
		return a->layer == t->dp.layer && of_one(a, key) && matches(a, key, true);
	return (a->layer == FIB_LAYER_LOCAL || a->layer == FIB_LAYER_MAIN) &&
	       fib_infos[a->info]->kill;
}

/* The table that has an alias of @p t's trie. */
static CTL_ONLY struct fib_table *
owner(struct fib_table *t, uint32_t alias)
{
	return fib_alias(alias)->layer == t->dp.layer ? t : fib_table_get(RT_TABLE_LOCAL);
}

/* Delete what matches, a batch at a time: the trie does not change under the walk. @p key NULL:
 * infos marked kill. @p in: what covers all that may match. */
static CTL_ONLY unsigned int
flush_table(struct fib_table *t, const struct fib_route_spec *key, const struct fib_cover *in)
{
	struct fib_trie_iter it;
	struct batch b = { 0 };
	unsigned int n = 0;
	uint32_t idx;

	fib_trie_inside(t->dp.trie, &it, in->key, in->plen);
	do {
		struct ahead ahead = { 0 };

		b.n = 0;
		while (b.n < BATCH / 2 && (idx = next_ahead(t->dp.trie, &it, in, &ahead)) != 0) {
			const struct fib_node *node = fib_node(t->dp.trie, idx);
			uint32_t i = node->data;

			if (key != NULL &&
			    !fib_prefix_among(rte_cpu_to_be_32(node->key), node->plen, key->among,
					      key->dst, key->plen))
				continue;
			for (; i != 0 && b.n < BATCH; i = fib_alias(i)->next) {
				if (!is_flushed(t, fib_alias(i), key))
					continue;
				b.e[b.n].key = node->key;
				b.e[b.n].plen = node->plen;
				b.e[b.n++].alias = i;
			}
		}
		for (unsigned int i = 0; i < b.n; i++)
			route_delete(owner(t, b.e[i].alias), b.e[i].key, b.e[i].plen, b.e[i].alias);
		n += b.n;
		if (b.n == BATCH) /* a chain may have been cut off: from the start */
			fib_trie_inside(t->dp.trie, &it, in->key, in->plen);
		else if (b.n > 0)
			fib_trie_after(t->dp.trie, &it, b.e[b.n - 1].key, b.e[b.n - 1].plen);
	} while (b.n > 0);
	return n;
}

unsigned int
fib_route_flush(const struct fib_route_spec *key)
{
	bool some = key->among == FIB_EXACT || key->among == FIB_ROOT;
	struct fib_cover in = { some ? rte_be_to_cpu_32(key->dst) : 0, some ? key->plen : 0 };
	unsigned int n = 0;

	for (uint32_t i = 0; i < fib_ctl.n_tables; i++)
		if (key->table == 0 || key->table == fib_ctl.tables[i]->id)
			n += flush_table(fib_ctl.tables[i], key, &in);
	return n;
}

static CTL_ONLY unsigned int
sweep_inside(const struct fib_cover *in)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < fib_ctl.n_tables; i++)
		if (fib_ctl.tables[i]->id != RT_TABLE_LOCAL) /* goes with main */
			n += flush_table(fib_ctl.tables[i], NULL, in);
	return n;
}

unsigned int
fib_sweep(void)
{
	struct fib_cover rest = { .plen = FIB_COVER_NONE };
	unsigned int n = 0;

	for (uint32_t i = 1; i < fib_infos_size; i++) {
		const struct fib_info *fi = fib_infos[i];
		struct fib_cover in;

		if (fi == NULL || !fi->kill || fi->cover.plen == FIB_COVER_NONE)
			continue;
		in = fi->cover; /* the info goes with its last route */
		if (in.plen >= SWEEP_NEAR)
			n += sweep_inside(&in);
		else
			fib_cover_add(&rest, in.key, in.plen);
	}
	if (rest.plen != FIB_COVER_NONE)
		n += sweep_inside(&rest);
	return n;
}

/* The routes of the node at the cursor that a load other than @p keep set. */
static CTL_ONLY unsigned int
sweep_node(struct fib_table *t, const struct fib_cursor *c, uint32_t alias, uint8_t keep)
{
	unsigned int n = 0;

	for (uint32_t next; alias != 0; alias = next) {
		const struct fib_alias *a = fib_alias(alias);

		next = a->next;
		if (a->layer != t->dp.layer || a->file == 0 || a->file == keep ||
		    ((a->file ^ keep) & FIB_FILE_HOST))
			continue;
		route_delete(t, c->key, c->plen, alias);
		n++;
	}
	return n;
}

/* False: the table's end. */
static CTL_ONLY bool
sweep_table(struct fib_table *t, struct fib_cursor *c, unsigned int *n, uint8_t keep,
	    unsigned int *gone)
{
	struct fib_trie_iter it;
	bool seek = true;

	for (; *n > 0; (*n)--) {
		unsigned int deleted;
		uint32_t idx;

		if (seek && c->inside)
			fib_trie_after(t->dp.trie, &it, c->key, c->plen);
		else if (seek)
			fib_trie_first(t->dp.trie, &it);
		idx = fib_trie_next(t->dp.trie, &it);
		if (idx == 0)
			return false;
		c->key = fib_node(t->dp.trie, idx)->key;
		c->plen = fib_node(t->dp.trie, idx)->plen;
		c->inside = true;
		deleted = sweep_node(t, c, fib_node(t->dp.trie, idx)->data, keep);
		*gone += deleted;
		seek = deleted > 0; /* the trie has changed under the iterator */
	}
	return true;
}

bool
fib_file_sweep(struct fib_cursor *c, unsigned int n, uint8_t keep, unsigned int *gone)
{
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++) {
		struct fib_table *t = fib_ctl.tables[i];

		if (t->id < c->at_table)
			continue;
		if (t->id != c->at_table)
			c->inside = false;
		c->at_table = t->id;
		if (sweep_table(t, c, &n, keep, gone))
			return true;
	}
	return false;
}
