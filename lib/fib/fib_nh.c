/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops: are they valid, which are alive, and what leaf they make. */
#include <errno.h>
#include "fib/fib_nexthop_priv.h"

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

/* May a next hop be by a device that is down? */
static bool
may_wait(const struct fib_route_spec *r)
{
	return r->keep_dead || r->dead_ways;
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
	if (rc < 0 || fib_info_type(m.info) >= FIB_BLACKHOLE)
		rc = fib_rules_lookup(&fl, &m);
	if (rc == 0 && m.nh != NULL && m.info->type == FIB_UNICAST) {
		nh->dev = m.nh->dev;
		return 0;
	}
	if (rc == 0)
		return -EINVAL;
	if (!may_wait(r))
		return -ENETUNREACH;
	nh->dev = dev_by_subnet(nh->gateway, nh->dev);
	return nh->dev != NULL ? 0 : -ENETUNREACH;
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
				    .flags = s->onlink ? FIB_NH_ONLINK : 0,
				    .tclassid = s->tclassid };
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
		if (!may_wait(r))
			return -ENETDOWN;
		nh->flags |= FIB_NH_DEAD;
	}
	if (!netif_carrier_ok(nh->dev))
		nh->flags |= FIB_NH_LINKDOWN;
	return 0;
}

/* What is said of the route goes for its one next hop; of several the first must agree. */
static int
resolve_realms(const struct fib_route_spec *r, struct fib_info *fi, const char **why)
{
	if (r->n_nh == 0)
		return 0;
	if (r->n_nh == 1 && fi->nh[0].tclassid == 0)
		fi->nh[0].tclassid = r->tclassid;
	*why = "Nexthop class id does not match RTA_FLOW";
	if (r->tclassid != 0 && fi->nh[0].tclassid != r->tclassid)
		return -EINVAL;
	fi->tclassid = fi->nh[0].tclassid;
	return 0;
}

int
fib_nh_resolve(const struct fib_route_spec *r, struct fib_info *fi, const char **why)
{
	uint8_t type = r->type == 0 ? FIB_UNICAST : r->type;
	unsigned int n_dead = 0;
	int rc;

	*fi = (struct fib_info){
		.type = type,
		.protocol = r->protocol == 0 ? FIB_PROT_BOOT : r->protocol,
		.scope = r->scope_set ? r->scope : fib_default_scope(r),
		.metric = r->metric,
		.metrics = r->metrics,
		.keep = r->keep_dead,
		.prefsrc = r->prefsrc,
		.tclassid = r->nhid != 0 ? 0 : r->tclassid,
	};
	if (!type_has_dev(type)) {
		*why = "Route type takes no nexthop";
		return r->n_nh > 0 || r->nhid != 0 ? -EINVAL : 0;
	}
	if (r->nhid != 0) {
		fi->obj = fib_nhobj_find(r->nhid);
		*why = "Nexthop id does not exist";
		if (fi->obj == NULL)
			return -EINVAL;
		*why = "Nexthop specification and nexthop id are mutually exclusive";
		if (r->n_nh > 0)
			return -EINVAL;
		rc = fib_nhobj_check(fi->obj, type, fi->scope, why);
		if (rc < 0)
			return rc;
	}
	*why = "Nexthop or device required";
	if (r->n_nh == 0 && r->nhid == 0)
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
		n_dead += (fi->nh[i].flags & FIB_NH_DEAD) != 0;
	}
	if (n_dead > 0 && n_dead == r->n_nh && !r->keep_dead) {
		*why = "Nexthop device is not up";
		return -ENETDOWN;
	}
	fi->n_nh = r->n_nh;
	return resolve_realms(r, fi, why);
}

int
fib_nh_take(struct fib_nexthop *nh, uint32_t mtu)
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
	idx = mtu == 0 ? (int64_t)n->adj_idx : adj_narrow_get(n->adj_idx, mtu);
	if (idx < 0)
		return (int)idx;
	neigh_hold(n);
	nh->neigh = n;
	nh->adj_idx = (uint32_t)idx;
	return 0;
}

int
fib_nh_activate(struct fib_info *fi)
{
	for (unsigned int i = 0; i < fi->n_nh && fi->type == FIB_UNICAST; i++) {
		int rc;

		if (!fib_nh_live(&fi->nh[i]))
			continue;
		rc = fib_nh_take(&fi->nh[i], fib_info_mtu(fi));
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
	uint32_t leaf = fi->dead ? FIB_LEAF_NONE : fi->leaf, *seen = &fib_live(fi->idx)->leaf;

	if (*seen == leaf)
		return;
	/* Release: the adjacency behind the leaf was published before. The new generation is
	 * fib_compile_changed()'s, which follows whatever marks infos changed. */
	__atomic_store_n(seen, leaf, __ATOMIC_RELEASE);
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

/* Does it get its share of a group? The stricter of two answers is asked first. */
bool
fib_nh_usable(const struct fib_nexthop *nh, bool strict)
{
	uint8_t bad = NUD_FAILED | (fib_mpath.fib_multipath_use_neigh ? NUD_INCOMPLETE : 0);

	return fib_nh_live(nh) && !(strict && nh->neigh != NULL && (nh->neigh->nud.state & bad));
}

/* Members that get traffic: live ones whose neighbour did not fail, else all live ones. */
static unsigned int
group_members(const struct fib_info *fi, struct fib_hop *hop)
{
	unsigned int n = 0;

	for (unsigned int strict = 2; strict-- > 0 && n == 0;)
		for (unsigned int i = 0; i < fi->n_nh; i++)
			if (fib_nh_usable(&fi->nh[i], strict))
				hop[n++] = (struct fib_hop){ fi->nh[i].adj_idx, fi->nh[i].weight };
	return n;
}

/* Bring the group's adjacency in line with its live members; routes keep their leaf. */
static CTL_ONLY int
group_update(struct fib_info *fi)
{
	struct fib_hop hop[FIB_NEXTHOPS_MAX];
	unsigned int n = group_members(fi, hop);
	uint32_t slot = fi->group != NULL ? fi->leaf : ADJ_IDX_NO_ROUTE;
	int rc;

	if (n == 0) {
		set_state(fi, fi->leaf, true);
		return 0;
	}
	rc = fib_group_publish(&fi->group, &slot, hop, n);
	if (rc == 0)
		set_state(fi, slot, false);
	return rc;
}

int
fib_nh_update(struct fib_info *fi)
{
	uint32_t leaf;
	int rc;

	if (fi->obj != NULL) {
		leaf = fi->obj->leaf;
		rc = fib_narrow_update(fi, &leaf);
		set_state(fi, leaf, fi->obj->dead || rc < 0);
		return rc;
	}
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
fib_nh_release_dead(void)
{
	for (uint32_t i = 1; i < fib_infos_size; i++)
		if (fib_infos[i] != NULL && !fib_infos[i]->changed)
			fib_nh_release(fib_infos[i], false);
}

void
fib_nh_release(struct fib_info *fi, bool all)
{
	for (unsigned int i = 0; i < fi->n_nh; i++) {
		struct fib_nexthop *nh = &fi->nh[i];

		if (nh->neigh == NULL || (fib_nh_live(nh) && !all))
			continue;
		if (fib_info_mtu(fi) != 0)
			adj_narrow_put(nh->adj_idx);
		neigh_release(nh->neigh);
		nh->neigh = NULL;
		nh->adj_idx = ADJ_IDX_NO_ROUTE;
	}
	if (!(all || fi->dead))
		return;
	if (fi->obj != NULL) {
		fib_narrow_release(fi);
	} else if (fi->group != NULL) {
		fib_group_release(&fi->group, fi->leaf);
		fi->leaf = ADJ_IDX_NO_ROUTE;
	}
}
