/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a next hop object leads to. A single one owns an adjacency slot that follows its neighbour's
 * (or that of a black hole); routes by it and groups name this slot, so that neither hears of it
 * when the object gets another gateway. A group owns a slot with buckets. Only an object without a
 * gateway is different: its routes are on-link prefixes and read the device's glean slot, since
 * neighbours' own leaves go by that.
 */
#include <errno.h>
#include <stdlib.h>
#include "fib/fib_nexthop_priv.h"

/* Room to find out what the way of an object would be. */
static union {
	struct fib_info fi;
	char room[sizeof(struct fib_info) + sizeof(struct fib_nexthop)];
} probe;

/* --- groups --- */

/* The ways of the group as routes show them; adj_idx is the member's slot, which is what buckets
 * name. */
static void
group_copy_ways(struct fib_nhobj *o)
{
	o->n_nh = 0;
	for (unsigned int i = 0; i < o->n_member; i++) {
		const struct fib_nhobj *m = o->member[i].obj;

		if (m->blackhole)
			continue;
		o->nh[o->n_nh] = m->way;
		o->nh[o->n_nh].adj_idx = m->slot;
		o->nh[o->n_nh++].weight = o->member[i].weight;
	}
}

static bool
member_usable(const struct fib_nhobj *m, bool strict)
{
	return m->blackhole || fib_nh_usable(&m->way, strict);
}

/* Members that get traffic: live ones whose neighbour did not fail, else all live ones. */
static unsigned int
group_hops(struct fib_nhobj *o, struct fib_hop *hop)
{
	unsigned int n = 0;

	for (unsigned int strict = 2; strict-- > 0 && n == 0;)
		for (unsigned int i = 0; i < o->n_member; i++) {
			struct fib_nhobj_member *m = &o->member[i];

			m->usable = member_usable(m->obj, strict);
			if (m->usable)
				hop[n++] = (struct fib_hop){ m->obj->slot, m->weight };
		}
	return n;
}

/* Bring the buckets in line with the members. 0, or -errno: they are as they were. */
static CTL_ONLY int
group_update(struct fib_nhobj *o)
{
	struct fib_hop hop[FIB_NEXTHOPS_MAX];
	unsigned int n = group_hops(o, hop);
	int rc;

	group_copy_ways(o);
	if (n == 0) {
		fib_nhobj_tell(o, o->leaf, true);
		return 0;
	}
	if (o->res != NULL)
		rc = fib_nhres_update(o);
	else
		rc = fib_group_publish(&o->group, &o->slot, hop, n);
	if (rc < 0)
		return rc;
	fib_narrow_follow(o);
	fib_nhobj_tell(o, o->slot, false);
	return 0;
}

void
fib_nhobj_update_group(struct fib_nhobj *o)
{
	if (group_update(o) < 0)
		fib_nhobj_tell(o, o->leaf, true);
}

void
fib_nhobj_update_groups(const struct fib_nhobj *member)
{
	unsigned int left = member->n_groups;
	struct fib_nhobj *o;

	for (unsigned int i = 0; left > 0 && (o = fib_nhobj_at(i)) != NULL; i++)
		for (unsigned int k = 0; k < o->n_member; k++)
			if (o->member[k].obj == member) {
				fib_nhobj_update_group(o);
				left--;
				break;
			}
}

/* --- a single one --- */

/* Workers see what @p target holds in the object's slot. */
static CTL_ONLY void
show(struct fib_nhobj *o, uint32_t target)
{
	adj_follow(o->slot, target);
	fib_genid_bump();
}

void
fib_nhobj_update_single(struct fib_nhobj *o)
{
	bool live = o->blackhole || (fib_nh_live(&o->way) && fib_nh_take(&o->way, 0) == 0);
	uint32_t target = o->blackhole ? (uint32_t)ADJ_IDX_BLACKHOLE : o->way.adj_idx;
	bool onlink = !o->blackhole && o->way.gateway == 0;

	if (live)
		show(o, target);
	fib_nhobj_tell(o, live && onlink ? target : o->slot, !live);
	o->way.weight = 1;
	o->nh = &o->way;
	o->n_nh = !o->blackhole;
	fib_nhobj_update_groups(o);
}

void
fib_nhobj_let_go(struct fib_nhobj *o)
{
	if (!o->dead || o->member != NULL || o->way.neigh == NULL)
		return;
	show(o, ADJ_IDX_NO_ROUTE);
	neigh_release(o->way.neigh);
	o->way.neigh = NULL;
}

/* What the way of an object that is asked for is. 0, or -errno with *why; takes no reference. */
static CTL_ONLY int
resolve_way(const struct fib_nhobj_spec *s, struct fib_nexthop *way, const char **why)
{
	struct fib_route_spec r = { .table = RT_TABLE_MAIN,
				    .keep_dead = s->keep,
				    .scope_set = true,
				    .n_nh = 1,
				    .nh[0] = s->way };
	int rc;

	*why = "Device attribute required for non-blackhole nexthops";
	if (s->way.dev == NULL)
		return -EINVAL;
	*why = "Nexthop device is not up";
	if (!netif_running(s->way.dev) && !s->keep)
		return -ENETDOWN;
	*why = "Carrier for nexthop device is down";
	if (!netif_carrier_ok(s->way.dev) && !s->keep)
		return -ENETDOWN;
	rc = fib_nh_resolve(&r, &probe.fi, why);
	if (rc == -ENETUNREACH && s->keep) { /* its link route comes after it */
		r.nh[0].onlink = true;
		rc = fib_nh_resolve(&r, &probe.fi, why);
		probe.fi.nh[0].flags &= (uint8_t)~FIB_NH_ONLINK;
	}
	if (rc < 0) {
		if (rc == -ENETUNREACH)
			*why = "Nexthop has invalid gateway";
		return rc == -ENETUNREACH ? -EINVAL : rc;
	}
	*way = probe.fi.nh[0];
	return 0;
}

/* --- add and replace --- */

static CTL_ONLY int
check_member(const struct fib_nhobj_spec *s, unsigned int i, const char **why)
{
	const struct fib_nhobj *m = fib_nhobj_find(s->member[i].id);

	*why = "Invalid nexthop id";
	if (m == NULL || m->id == s->id)
		return -EINVAL;
	*why = m->res != NULL ? "Resilient group can not be a nexthop within a group"
			      : "Hash-threshold group can not be a nexthop within a group";
	if (m->member != NULL)
		return -EINVAL;
	*why = "Blackhole nexthop can not be used in a group with more than 1 path";
	if (m->blackhole && s->n_member > 1)
		return -EINVAL;
	*why = "Weight of a nexthop is not in 1..256";
	if (s->member[i].weight < 1 || s->member[i].weight > 256)
		return -EINVAL;
	*why = "Nexthop id can not be used twice in a group";
	for (unsigned int k = 0; k < i; k++)
		if (s->member[k].id == s->member[i].id)
			return -EINVAL;
	return 0;
}

/* @p old: what it is to replace, or NULL. */
static CTL_ONLY int
check_group(const struct fib_nhobj_spec *s, const struct fib_nhobj *old, const char **why)
{
	*why = "Too many nexthops in a group";
	if (s->n_member > FIB_NEXTHOPS_MAX)
		return -EINVAL;
	*why = "Can not replace a nexthop with a nexthop group";
	if (old != NULL && old->member == NULL)
		return -EINVAL;
	*why = "Can not replace a nexthop group with one of a different type";
	if (old != NULL && (old->res != NULL) != s->resilient)
		return -EINVAL;
	*why = "Number of buckets not specified for nexthop group insertion";
	if (s->resilient && old == NULL && !s->buckets_set)
		return -EINVAL;
	*why = "Number of buckets needs to be non-0";
	if (s->buckets_set && s->buckets == 0)
		return -EINVAL;
	*why = "Can not change number of buckets of a resilient nexthop group";
	if (old != NULL && s->buckets_set && fib_nhres_size(old) != s->buckets)
		return -EINVAL;
	for (unsigned int i = 0; i < s->n_member; i++) {
		int rc = check_member(s, i, why);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static CTL_ONLY bool
stands_with_others(const struct fib_nhobj *o)
{
	const struct fib_nhobj *g;

	for (unsigned int i = 0; (g = fib_nhobj_at(i)) != NULL; i++)
		for (unsigned int k = 0; g->n_member > 1 && k < g->n_member; k++)
			if (g->member[k].obj == o)
				return true;
	return false;
}

static CTL_ONLY int
check_single(const struct fib_nhobj_spec *s, const struct fib_nhobj *old, const char **why)
{
	*why = "Can not replace a nexthop group with a nexthop";
	if (old != NULL && old->member != NULL)
		return -EINVAL;
	*why = "Blackhole attribute can not be used with gateway or device";
	if (s->blackhole && (s->way.dev != NULL || s->way.gateway != 0))
		return -EINVAL;
	*why = "Blackhole nexthop can not be a member of a group with more than one path";
	if (s->blackhole && old != NULL && stands_with_others(old))
		return -EINVAL;
	return 0;
}

/* The members of @p s; each is counted. NULL: no memory. */
static CTL_ONLY struct fib_nhobj_member *
members_of(const struct fib_nhobj_spec *s)
{
	struct fib_nhobj_member *m = calloc(s->n_member, sizeof(*m));

	for (unsigned int i = 0; m != NULL && i < s->n_member; i++) {
		m[i].obj = fib_nhobj_find(s->member[i].id);
		m[i].weight = s->member[i].weight;
		m[i].obj->n_groups++;
	}
	return m;
}

void
fib_nhobj_put_members(struct fib_nhobj_member *m, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		m[i].obj->n_groups--;
	free(m);
}

/* Give @p o, new or not, the members of @p s. 0, or -errno with nothing changed. */
static CTL_ONLY int
group_set(struct fib_nhobj *o, const struct fib_nhobj_spec *s)
{
	struct fib_nexthop *nh = calloc(s->n_member, sizeof(*nh)), *old_nh = o->nh;
	struct fib_nhobj_member *old = o->member;
	unsigned int n_old = o->n_member;
	int rc = -ENOMEM;

	o->member = members_of(s);
	if (nh == NULL || o->member == NULL)
		goto undo_members;
	o->n_member = s->n_member;
	o->nh = nh;
	if (old == NULL && s->resilient) {
		rc = fib_nhres_init(o, s);
		if (rc < 0)
			goto undo_members;
	}
	if (o->res != NULL)
		fib_nhres_timers(o, s);
	rc = group_update(o);
	if (rc < 0 && old == NULL && o->res != NULL)
		fib_nhres_fini(o);
	if (rc < 0)
		goto undo_members;
	fib_nhobj_put_members(old, n_old);
	free(old_nh);
	return 0;
undo_members:
	if (o->member != NULL)
		fib_nhobj_put_members(o->member, s->n_member);
	free(nh);
	o->member = old;
	o->n_member = n_old;
	o->nh = old_nh;
	if (old != NULL)
		group_copy_ways(o);
	return rc;
}

/* Give single @p o, new or not, the way of @p s. 0, or -errno with nothing changed. */
static CTL_ONLY int
single_set(struct fib_nhobj *o, const struct fib_nhobj_spec *s, const char **why)
{
	struct neighbour *old = o->way.neigh;
	struct fib_nexthop way = { 0 };
	int rc;

	if (!s->blackhole) {
		rc = resolve_way(s, &way, why);
		if (rc == 0 && fib_nh_live(&way))
			rc = fib_nh_take(&way, 0);
		if (rc < 0)
			return rc;
	}
	o->blackhole = s->blackhole;
	o->way = way;
	/* Linux's nh_create_ipv4() */
	o->scope = s->blackhole ? SCOPE_UNIVERSE : way.gateway != 0 ? SCOPE_LINK : SCOPE_HOST;
	fib_nhobj_update_single(o);
	fib_nhobj_settle();
	fib_nhobj_let_go(o);
	if (old != NULL)
		neigh_release(old);
	return 0;
}

static CTL_ONLY int
set(struct fib_nhobj *o, const struct fib_nhobj_spec *s, const char **why)
{
	int rc = s->n_member > 0 ? group_set(o, s) : single_set(o, s, why);

	if (rc < 0)
		return rc;
	fib_nhobj_settle();
	o->keep = s->keep;
	/* Linux's replace leaves a group's as it was. */
	if (s->n_member == 0 || o->protocol == 0 || s->keep)
		o->protocol = s->protocol;
	return 0;
}

static const char *
no_room(int rc)
{
	return rc == -EMFILE	? "Too many nexthops"
	       : rc == -ENOBUFS ? "Neighbour table is full"
	       : rc == -ENOSPC	? "No adjacency left"
	       : rc == -ENOMEM	? "Out of memory"
				: NULL;
}

/* A new one. */
static CTL_ONLY int
make(const struct fib_nhobj_spec *s, const char **why)
{
	struct fib_nhobj *o = calloc(1, sizeof(*o));
	int64_t slot = ADJ_IDX_NO_ROUTE;
	int rc = -ENOMEM;

	if (o == NULL)
		return rc;
	o->id = s->id;
	if (s->n_member == 0)
		slot = adj_alloc_follower(ADJ_IDX_NO_ROUTE);
	if (slot < 0) {
		free(o);
		return (int)slot;
	}
	o->slot = (uint32_t)slot;
	rc = fib_nhobj_insert(o);
	if (rc < 0)
		goto undo_slot;
	rc = set(o, s, why);
	if (rc < 0)
		goto undo_list;
	fib_nhobj_notify(o, FIB_NHOBJ_ADD);
	return 0;
undo_list:
	fib_nhobj_remove(o);
undo_slot:
	if (s->n_member == 0)
		adj_release_follower(o->slot);
	free(o);
	return rc;
}

int
fib_nhobj_add(const struct fib_nhobj_spec *s, bool replace, const char **why)
{
	struct fib_nhobj *old = s->id != 0 ? fib_nhobj_find(s->id) : NULL;
	int rc;

	*why = "File exists";
	if (old != NULL && !replace)
		return -EEXIST;
	rc = s->n_member > 0 ? check_group(s, old, why) : check_single(s, old, why);
	if (rc < 0)
		return rc;
	rc = old == NULL ? make(s, why) : set(old, s, why);
	if (no_room(rc) != NULL) {
		fib_ctl.errors++;
		*why = no_room(rc);
	}
	if (rc == 0 && old != NULL)
		fib_nhobj_notify(old, FIB_NHOBJ_REPLACE);
	return rc;
}
