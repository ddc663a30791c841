/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops: are they valid, which are alive, and what leaf they make. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fib/fib_priv.h"

uint8_t
fib_default_scope(const struct fib_route_spec *r)
{
	uint8_t type = r->type == 0 ? FIB_UNICAST : r->type;

	/* As `ip route` does. */
	if (type == FIB_LOCAL)
		return SCOPE_HOST;
	if (type == FIB_BROADCAST || type == FIB_MULTICAST || type == FIB_ANYCAST)
		return SCOPE_LINK;
	if (type == FIB_UNICAST && r->n_nh == 1 && r->nh[0].gateway == 0)
		return SCOPE_LINK;
	return SCOPE_UNIVERSE;
}

static bool
type_has_dev(uint8_t type)
{
	return type == FIB_UNICAST || type == FIB_LOCAL || type == FIB_BROADCAST ||
	       type == FIB_ANYCAST || type == FIB_MULTICAST;
}

static CTL_ONLY bool
is_own_address(rte_be32_t addr)
{
	return ip_dev_find(addr) != NULL;
}

/* An address of a device, or one that table local says is ours. */
static CTL_ONLY bool
is_ours(rte_be32_t addr)
{
	const struct fib_table *t = fib_table_get(RT_TABLE_LOCAL);
	struct fib_flow fl = { .key.dst = rte_be_to_cpu_32(addr) };
	struct fib_match m;

	return is_own_address(addr) ||
	       (t != NULL && fib_table_lookup(t, &fl, &m) == 0 && m.info->type == FIB_LOCAL);
}

/* A gateway on the subnet of a device that is down has no connected route: its address tells. */
static CTL_ONLY struct net_device *
dev_by_subnet(rte_be32_t gw, const struct net_device *only)
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		if (only != NULL && d != only)
			continue;
		for (const struct in_ifaddr *ifa = inet_addr_first(d); ifa != NULL;
		     ifa = ifa->ifa_next)
			if (((gw ^ ifa->ifa_address) & ifa->ifa_mask) == 0)
				return d;
	}
	return NULL;
}

/* RFC 1812 5.2.4.2: the next hop is on a directly connected network. As Linux: the gateway is
 * looked up among routes of scope link or narrower. */
static CTL_ONLY int
resolve_gateway(const struct fib_route_spec *r, struct fib_nexthop *nh, uint8_t scope,
		const char **why)
{
	uint32_t gw = rte_be_to_cpu_32(nh->gateway);
	struct fib_flow fl = { .key.dst = gw, .scope = SCOPE_LINK, .oif = nh->dev };
	const struct fib_table *t = NULL;
	struct fib_match m;
	int rc = -EAGAIN;

	*why = "Nexthop has invalid scope";
	if (scope >= SCOPE_LINK)
		return -EINVAL;
	*why = "Nexthop has invalid gateway";
	if (gw >= FIB_IP4(224, 0, 0, 0) || gw >> 24 == 0 || gw >> 24 == 127 ||
	    is_own_address(nh->gateway))
		return -EINVAL;
	if (nh->flags & FIB_NH_ONLINK) {
		*why = "Nexthop device required for onlink";
		return nh->dev == NULL ? -EINVAL : 0;
	}
	if (r->table != RT_TABLE_MAIN)
		t = fib_table_get(r->table);
	if (t != NULL)
		rc = fib_table_lookup(t, &fl, &m);
	if (rc < 0 || m.info->type >= FIB_BLACKHOLE)
		rc = fib_rules_lookup(&fl, &m);
	if (rc == 0 && m.info->type == FIB_UNICAST) {
		nh->dev = m.nh->dev;
		return 0;
	}
	if (rc == 0)
		return -EINVAL;
	if (r->keep_dead)
		nh->dev = dev_by_subnet(nh->gateway, nh->dev);
	return r->keep_dead && nh->dev != NULL ? 0 : -ENETUNREACH;
}

static CTL_ONLY int
resolve_one(const struct fib_route_spec *r, unsigned int i, struct fib_info *fi, const char **why)
{
	const struct fib_nexthop_spec *s = &r->nh[i];
	struct fib_nexthop *nh = &fi->nh[i];
	int rc;

	*nh = (struct fib_nexthop){ .dev = s->dev,
				    .gateway = s->gateway,
				    .weight = s->weight == 0 ? 1 : s->weight,
				    .flags = s->onlink ? FIB_NH_ONLINK : 0 };
	*why = "Nexthop weight is not in 1..256";
	if (nh->weight > 256)
		return -EINVAL;
	if (nh->gateway != 0) {
		*why = "Gateway not allowed for this route type";
		if (fi->type != FIB_UNICAST)
			return -EINVAL;
		rc = resolve_gateway(r, nh, fi->scope, why);
		if (rc < 0)
			return rc;
	}
	*why = "No such device";
	if (nh->dev == NULL)
		return -ENODEV;
	if (!netif_running(nh->dev)) {
		/* An address of a downed device stays ours, as in Linux. */
		*why = "Nexthop device is not up";
		if (fi->scope == SCOPE_HOST)
			return 0;
		if (!r->keep_dead)
			return -ENETDOWN;
		nh->flags |= FIB_NH_DEAD;
	}
	if (!netif_carrier_ok(nh->dev))
		nh->flags |= FIB_NH_LINKDOWN;
	return 0;
}

int
fib_nh_resolve(const struct fib_route_spec *r, struct fib_info *fi, const char **why)
{
	uint8_t type = r->type == 0 ? FIB_UNICAST : r->type;
	int rc;

	*fi = (struct fib_info){
		.type = type,
		.protocol = r->protocol == 0 ? FIB_PROT_BOOT : r->protocol,
		.scope = r->scope_set ? r->scope : fib_default_scope(r),
		.metric = r->metric,
		.mtu = r->mtu,
		.advmss = r->advmss,
		.hoplimit = r->hoplimit,
		.mtu_lock = r->mtu_lock,
		.keep = r->keep_dead,
		.prefsrc = r->prefsrc,
	};
	if (!type_has_dev(type)) {
		*why = "Route type takes no nexthop";
		return r->n_nh > 0 ? -EINVAL : 0;
	}
	*why = "Nexthop or device required";
	if (r->n_nh == 0)
		return -ENODEV;
	*why = "Route type takes one nexthop";
	if (type != FIB_UNICAST && r->n_nh > 1)
		return -EINVAL;
	*why = "Invalid source address";
	if (r->prefsrc != 0 && !(type == FIB_LOCAL && r->prefsrc == r->dst) && !is_ours(r->prefsrc))
		return -EINVAL;
	for (unsigned int i = 0; i < r->n_nh; i++) {
		rc = resolve_one(r, i, fi, why);
		if (rc < 0)
			return rc;
	}
	fi->n_nh = r->n_nh;
	return 0;
}

static CTL_ONLY int
activate_one(struct fib_nexthop *nh)
{
	struct neighbour *n;
	int64_t idx;

	if (nh->gateway == 0) {
		idx = neigh_glean_adj(nh->dev);
		if (idx < 0)
			return idx;
		nh->adj_idx = idx;
		return 0;
	}
	if (nh->neigh != NULL)
		return 0;
	n = neigh_create(nh->gateway, nh->dev);
	if (n == NULL)
		return -ENOBUFS;
	neigh_hold(n);
	nh->neigh = n;
	nh->adj_idx = n->adj_idx;
	return 0;
}

int
fib_nh_activate(struct fib_info *fi)
{
	for (unsigned int i = 0; i < fi->n_nh && fi->type == FIB_UNICAST; i++) {
		int rc;

		if (!fib_nh_live(&fi->nh[i]))
			continue;
		rc = activate_one(&fi->nh[i]);
		if (rc < 0)
			return rc;
	}
	return fib_nh_update(fi);
}

static uint32_t
type_leaf(uint8_t type)
{
	switch (type) {
	case FIB_LOCAL:
	case FIB_ANYCAST:
		return ADJ_IDX_LOCAL;
	case FIB_BROADCAST:
		return ADJ_IDX_BROADCAST;
	case FIB_MULTICAST:
		return ADJ_IDX_MULTICAST;
	case FIB_BLACKHOLE:
		return ADJ_IDX_BLACKHOLE;
	case FIB_UNREACHABLE:
		return ADJ_IDX_UNREACHABLE;
	case FIB_PROHIBIT:
		return ADJ_IDX_PROHIBIT;
	case FIB_THROW:
		return ADJ_IDX_THROW;
	case FIB_TYPE_MARTIAN:
		return ADJ_IDX_MARTIAN;
	default:
		return ADJ_IDX_NO_ROUTE;
	}
}

void
fib_nh_publish(const struct fib_info *fi)
{
	/* Release: the adjacency behind the leaf was published before. */
	__atomic_store_n(&fib_live(fi->idx)->leaf, fi->dead ? FIB_LEAF_NONE : fi->leaf,
			 __ATOMIC_RELEASE);
}

static CTL_ONLY void
set_state(struct fib_info *fi, uint32_t leaf, bool dead)
{
	if (leaf != fi->leaf || dead != fi->dead)
		fi->changed = true;
	fi->leaf = leaf;
	fi->dead = dead;
	fib_nh_publish(fi);
}

struct group {
	struct rcu_head rcu;
	uint32_t idx[];
};

static void
group_free(struct rcu_head *head)
{
	free(container_of(head, struct group, rcu));
}

static CTL_ONLY void
group_retire(uint32_t *group)
{
	struct group *g = RTE_PTR_SUB(group, offsetof(struct group, idx));

	rcu_defer(&g->rcu, group_free);
}

/* Members that get traffic: live ones whose neighbour did not fail, else all live ones. */
static unsigned int
group_members(const struct fib_info *fi, uint16_t *weight, uint32_t *adj)
{
	for (unsigned int strict = 1; strict < 2; strict--) {
		unsigned int n = 0;

		for (unsigned int i = 0; i < fi->n_nh; i++) {
			const struct fib_nexthop *nh = &fi->nh[i];

			if (!fib_nh_live(nh) ||
			    (strict && nh->neigh != NULL && nh->neigh->nud.state == NUD_FAILED))
				continue;
			weight[n] = nh->weight;
			adj[n++] = nh->adj_idx;
		}
		if (n > 0)
			return n;
	}
	return 0;
}

/* Bring the group's adjacency in line with its live members; routes keep their leaf. */
static CTL_ONLY int
group_update(struct fib_info *fi)
{
	uint8_t bucket[FIB_BUCKETS_MAX];
	uint16_t weight[FIB_NEXTHOPS_MAX];
	uint32_t adj[FIB_NEXTHOPS_MAX], *old = fi->group;
	struct adj tmpl = { .type = ADJ_GROUP };
	unsigned int n, n_buckets;
	struct group *g;
	int64_t rc;

	n = group_members(fi, weight, adj);
	if (n == 0) {
		set_state(fi, fi->leaf, true);
		return 0;
	}
	n_buckets = fib_nh_buckets(weight, n, bucket);
	g = malloc(sizeof(*g) + n_buckets * sizeof(g->idx[0]));
	if (g == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_buckets; i++)
		g->idx[i] = adj[bucket[i]];
	tmpl.n_group = n_buckets;
	tmpl.group = g->idx;
	rc = old == NULL ? adj_alloc(&tmpl) : adj_publish(fi->leaf, &tmpl);
	if (rc < 0) {
		free(g);
		return rc;
	}
	fi->group = g->idx;
	fi->n_buckets = n_buckets;
	if (old != NULL)
		group_retire(old);
	set_state(fi, old == NULL ? (uint32_t)rc : fi->leaf, false);
	return 0;
}

int
fib_nh_update(struct fib_info *fi)
{
	if (fi->type == FIB_BROADCAST && fi->n_nh > 0) {
		/* The subnet is gone with the device, not with its carrier. */
		set_state(fi, ADJ_IDX_BROADCAST, fi->nh[0].flags & FIB_NH_DEAD);
		return 0;
	}
	if (fi->type != FIB_UNICAST) {
		set_state(fi, type_leaf(fi->type), false);
		return 0;
	}
	if (fi->n_nh > 1 || fi->group != NULL)
		return group_update(fi);
	if (fib_nh_live(&fi->nh[0]))
		set_state(fi, fi->nh[0].adj_idx, false);
	else
		set_state(fi, fi->leaf, true);
	return 0;
}

void
fib_nh_release(struct fib_info *fi, bool all)
{
	for (unsigned int i = 0; i < fi->n_nh; i++) {
		struct fib_nexthop *nh = &fi->nh[i];

		if (nh->neigh == NULL || (fib_nh_live(nh) && !all))
			continue;
		neigh_release(nh->neigh);
		nh->neigh = NULL;
		nh->adj_idx = ADJ_IDX_NO_ROUTE;
	}
	if (fi->group == NULL || !(all || fi->dead))
		return;
	adj_release(fi->leaf);
	group_retire(fi->group);
	fi->group = NULL;
	fi->leaf = ADJ_IDX_NO_ROUTE;
}

/* Largest remainder: each member its rounded-down share, the rest by the largest fractions. */
static void
shares(const uint16_t *weight, unsigned int n, uint32_t total, unsigned int size, uint16_t *got)
{
	uint32_t rest[FIB_NEXTHOPS_MAX];
	unsigned int left = size;

	for (unsigned int i = 0; i < n; i++) {
		got[i] = (uint64_t)size * weight[i] / total;
		rest[i] = (uint64_t)size * weight[i] % total;
		left -= got[i];
	}
	for (; left > 0; left--) {
		unsigned int best = 0;

		for (unsigned int i = 1; i < n; i++)
			if (rest[i] > rest[best])
				best = i;
		got[best]++;
		rest[best] = 0;
	}
}

/* Within 2 % of what each should get, and nobody left out? */
static bool
shares_good(const uint16_t *weight, unsigned int n, uint32_t total, unsigned int size,
	    const uint16_t *got)
{
	for (unsigned int i = 0; i < n; i++) {
		int64_t want = (int64_t)size * weight[i], have = (int64_t)got[i] * total;

		if (got[i] == 0 || llabs(want - have) * 50 > want)
			return false;
	}
	return true;
}

unsigned int
fib_nh_buckets(const uint16_t *weight, unsigned int n, uint8_t bucket[FIB_BUCKETS_MAX])
{
	uint16_t got[FIB_NEXTHOPS_MAX];
	unsigned int size = 1, pos = 0;
	uint32_t total = 0;

	for (unsigned int i = 0; i < n; i++)
		total += weight[i];
	while (size < n)
		size *= 2;
	for (;; size *= 2) {
		shares(weight, n, total, size, got);
		if (size == FIB_BUCKETS_MAX || shares_good(weight, n, total, size, got))
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < got[i]; k++)
			bucket[pos++] = i;
	return size;
}
