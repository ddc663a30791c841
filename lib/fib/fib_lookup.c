/* SPDX-License-Identifier: BSD-3-Clause */
/* Lookups in what is remembered: every table, tos, scopes, source selection. */
#include <errno.h>
#include "fib/fib_nexthop_priv.h"
#include "fib/fib_realm_dp.h"
#include "fib/fib_rule_priv.h"

static bool
nh_usable(const struct fib_info *fi, const struct fib_nexthop *nh, const struct fib_flow *fl)
{
	if (fl->oif != NULL && nh->dev != fl->oif)
		return false;
	return fi->type != FIB_UNICAST || fib_nh_live(nh);
}

/* The bucket of a group for this flow, as workers choose it. */
static uint32_t
flow_bucket(const struct fib_group *g, const struct fib_flow *fl)
{
	struct fib_mpath_key key = { .src = rte_cpu_to_be_32(fl->key.src),
				     .dst = rte_cpu_to_be_32(fl->key.dst),
				     .sport = fl->key.sport,
				     .dport = fl->key.dport,
				     .proto = fl->key.proto };

	return adj_bucket(g->n_buckets, fl->hash != NULL ? *fl->hash : fib_mpath_hash(&key, NULL));
}

/* The next hop for this flow: of several, the one whose bucket the workers would find. */
static const struct fib_nexthop *
choose_nh(const struct fib_info *fi, const struct fib_flow *fl)
{
	const struct fib_group *g = fib_info_group(fi);
	const struct fib_nexthop *nh;
	unsigned int n = fib_info_ways(fi, &nh);

	if (g != NULL && fl->oif == NULL) {
		uint32_t adj = g->idx[flow_bucket(g, fl)];

		for (unsigned int i = 0; i < n; i++)
			if (fib_nh_live(&nh[i]) && nh[i].adj_idx == adj)
				return &nh[i];
	}
	for (unsigned int i = 0; i < n; i++)
		if (nh_usable(fi, &nh[i], fl))
			return &nh[i];
	return NULL;
}

static CTL_ONLY bool
chain_lookup(const struct fib_table *t, const struct fib_node *n, const struct fib_flow *fl,
	     struct fib_match *m)
{
	for (uint32_t i = n->data; i != 0; i = fib_alias(i)->next) {
		const struct fib_alias *a = fib_alias(i);
		const struct fib_info *fi;

		if (a->layer != t->dp.layer || a->passed ||
		    (a->tos != 0 && a->tos != (fl->key.tos & ~0x03)))
			continue;
		fi = fib_infos[a->info];
		if (fi->dead || fi->scope < fl->scope)
			continue;
		*m = (struct fib_match){ .table = t, .node = n, .alias = a, .info = fi };
		if (fi->n_nh > 0 || (fi->obj != NULL && fi->obj->n_nh > 0)) {
			m->nh = choose_nh(fi, fl);
			if (m->nh == NULL)
				continue;
			if (fib_info_group(fi) != NULL && fl->oif == NULL) {
				m->bucket = flow_bucket(fib_info_group(fi), fl);
				m->n_buckets = fib_info_group(fi)->n_buckets;
			}
		}
		return true;
	}
	return false;
}

int
fib_table_lookup(const struct fib_table *t, const struct fib_flow *fl, struct fib_match *m)
{
	uint32_t path[33];
	unsigned int n = fib_trie_path(t->dp.trie, fl->key.dst, path);

	while (n-- > 0) {
		const struct fib_node *node = fib_node(t->dp.trie, path[n]);

		if (node->data == 0 || !chain_lookup(t, node, fl, m))
			continue;
		return m->info->type == FIB_THROW ? -EAGAIN : 0;
	}
	return -EAGAIN;
}

/* One rule that matches. 0, -EAGAIN: on with the next, or what the rule says. */
static CTL_ONLY int
rule_apply(const struct fib_rule *r, const struct fib_flow *fl, struct fib_match *m)
{
	const struct fib_table *t;
	int rc;

	switch (r->action) {
	case FIB_RULE_TABLE:
		t = fib_table_get(r->table);
		rc = t == NULL ? -EAGAIN : fib_table_lookup(t, fl, m);
		if (rc != 0 || m->node->plen > r->suppress ||
		    fib_info_type(m->info) >= FIB_BLACKHOLE)
			return rc;
		return -EAGAIN;
	case FIB_RULE_BLACKHOLE:
		return -EINVAL;
	case FIB_RULE_PROHIBIT:
		return -EACCES;
	case FIB_RULE_UNREACHABLE:
		return -ENETUNREACH;
	default:
		return -EAGAIN;
	}
}

int
fib_rules_lookup(const struct fib_flow *fl, struct fib_match *m)
{
	struct fib_flow mine = *fl;
	const struct fib_rule_entry *e;
	unsigned int n;
	int rc;

	*m = (struct fib_match){ 0 };
	if (mine.key.iif == 0)
		mine.key.iif = FIB_IIF_LOCAL;
	if (fl->oif != NULL)
		mine.key.oif = (uint32_t)fl->oif->ifindex;
	e = fib_rule_list(&n);
	for (unsigned int i = 0; i < n; i++) {
		if (!fib_rule_matches(&e[i], &mine.key))
			continue;
		if (e[i].r.action == FIB_RULE_GOTO && e[i].target >= 0) {
			i = (unsigned int)e[i].target - 1;
			continue;
		}
		rc = rule_apply(&e[i].r, &mine, m);
		if (rc != -EAGAIN) {
			m->rule = &e[i].r;
			return rc;
		}
	}
	return -ENETUNREACH;
}

/* A resolved neighbour's own adjacency in place of its device's glean. */
static CTL_ONLY uint32_t
onlink_adj(uint32_t dst, const struct fib_nexthop *nh)
{
	uint32_t idx = fib_trie_find(&fib_ctl.shared, dst, 32);

	if (idx == 0)
		return nh->adj_idx;
	for (uint32_t i = fib_node(&fib_ctl.shared, idx)->data; i != 0; i = fib_alias(i)->next) {
		const struct fib_alias *a = fib_alias(i);

		if (a->layer == FIB_LAYER_NEIGH && fib_neigh_leaf(a->info)->glean == nh->adj_idx)
			return fib_neigh_leaf(a->info)->adj;
	}
	return nh->adj_idx;
}

static CTL_ONLY void
fill_result(const struct fib_match *m, rte_be32_t dst, struct fib_result *res)
{
	const struct fib_info *fi = m->info;
	const struct fib_realms realms = {
		.route = m->nh != NULL ? m->nh->tclassid : fi->tclassid,
		.rule = m->rule != NULL ? m->rule->tclassid : 0,
	};

	*res = (struct fib_result){
		.type = fib_info_type(fi),
		.plen = m->node->plen,
		.scope = fi->scope,
		.tos = m->alias->tos,
		.table = m->table->id,
		.nh = m->nh,
		.prefsrc = fi->prefsrc,
		.tclassid = fib_realms_combine(realms, 0),
		.adj_idx = fi->leaf,
	};
	fib_view(&res->route, m->table, m->node, m->alias);
	if (m->nh == NULL)
		return;
	res->bucket = m->bucket;
	res->n_buckets = m->n_buckets;
	res->dev = m->nh->dev;
	res->gateway = m->nh->gateway;
	if (fi->type == FIB_UNICAST)
		res->adj_idx = res->gateway != 0 ? fib_narrow_adj(fi, m->nh)
						 : onlink_adj(rte_be_to_cpu_32(dst), m->nh);
	/* The kernel's choice, not the administrator's: made anew when that one is deprecated. */
	if (fi->protocol == FIB_PROT_KERNEL && inet_addr_is_deprecated(fi->prefsrc))
		res->prefsrc = 0;
	if (fi->type == FIB_LOCAL && dst != 0 && (res->prefsrc == 0 || ip_dev_find(dst) != NULL))
		res->prefsrc = dst; /* to ourselves: from the address itself, as Linux */
	if (res->prefsrc == 0)
		res->prefsrc = inet_select_addr(res->dev, res->gateway != 0 ? res->gateway : dst,
						fi->scope);
}

/* As Linux: who names the device, and finds no route by it, means its link. */
static CTL_ONLY void
by_oif(const struct net_device *oif, struct fib_result *res)
{
	struct net_device *dev = dev_get_by_name(oif->name);
	int64_t adj = dev == NULL ? -ENODEV : neigh_glean_adj(dev);
	*res = (struct fib_result){
		.type = FIB_UNICAST,
		.scope = SCOPE_LINK,
		.dev = dev,
		.prefsrc = inet_select_addr(oif, 0, SCOPE_LINK),
		.adj_idx = adj < 0 ? ADJ_IDX_NO_ROUTE : (uint32_t)adj,
	};
}

/* What routes of that type answer. */
static int
type_error(uint8_t type)
{
	switch (type) {
	case FIB_BLACKHOLE:
		return -EINVAL;
	case FIB_UNREACHABLE:
		return -EHOSTUNREACH;
	case FIB_PROHIBIT:
		return -EACCES;
	default:
		return 0;
	}
}

/* Limited broadcast and multicast need no route; a route says by which device. */
static CTL_ONLY int
special_lookup(const struct fib_flow *fl, rte_be32_t dst, struct fib_result *res)
{
	bool multicast = fl->key.dst >> 28 == 0xe;
	bool on_link = !multicast || fl->key.dst >> 8 == 0xe00000;
	struct fib_match m;
	int rc = -ENETUNREACH;

	/* What never leaves a link (RFC 5771 4) is not looked up when the link is named. */
	if (fl->oif == NULL || !on_link)
		rc = fib_rules_lookup(fl, &m);
	if (rc == 0)
		rc = type_error(fib_info_type(m.info));
	if (rc == 0 && m.nh != NULL)
		fill_result(&m, dst, res);
	else if (fl->oif != NULL)
		by_oif(fl->oif, res);
	else
		return rc < 0 ? rc : -ENETUNREACH;
	res->type = multicast ? FIB_MULTICAST : FIB_BROADCAST;
	res->adj_idx = multicast ? ADJ_IDX_MULTICAST : ADJ_IDX_BROADCAST;
	/* Linux: a route that is not about groups says by which device, not by which gateway. */
	if (!multicast || res->plen < 4)
		res->gateway = 0;
	res->scope = SCOPE_LINK;
	return 0;
}

int
fib_lookup_ctl(rte_be32_t dst, rte_be32_t src, uint8_t tos, struct fib_result *res)
{
	struct fib_query q = { .dst = dst, .src = src, .tos = tos };

	return fib_lookup_query(&q, res);
}

int
fib_lookup_query(const struct fib_query *q, struct fib_result *res)
{
	rte_be32_t dst = q->dst;
	struct fib_flow fl = {
		.key = { .dst = rte_be_to_cpu_32(dst),
			 .src = rte_be_to_cpu_32(q->src),
			 .mark = q->mark,
			 .iif = q->iif == NULL ? FIB_IIF_LOCAL : (uint32_t)q->iif->ifindex,
			 .sport = q->sport,
			 .dport = q->dport,
			 .proto = q->proto,
			 .tos = q->tos },
		.scope = SCOPE_UNIVERSE,
		.oif = q->oif,
		.hash = q->hash,
	};
	uint32_t to = fl.key.dst;
	struct fib_match m;
	bool found;
	int rc;

	*res = (struct fib_result){ .adj_idx = ADJ_IDX_NO_ROUTE };
	if (q->oif != NULL && !netif_running(q->oif))
		return -ENETUNREACH;
	if (to >> 28 == 0xe || to == UINT32_MAX)
		return special_lookup(&fl, dst, res);
	if (to >> 24 == 0 || to >> 28 == 0xf) {
		res->type = FIB_BLACKHOLE;
		res->adj_idx = ADJ_IDX_MARTIAN;
		return -EINVAL;
	}
	rc = fib_rules_lookup(&fl, &m);
	found = rc == 0;
	if (found)
		rc = type_error(fib_info_type(m.info));
	/* As Linux: whatever the tables say then, it is on the link of the device that is named. */
	if (rc < 0 && q->oif != NULL) {
		by_oif(q->oif, res);
		return 0;
	}
	if (found)
		fill_result(&m, dst, res);
	res->rule = m.rule;
	return rc;
}
