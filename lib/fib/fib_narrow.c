/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes with an MTU by next hop objects. What the object shows is for all its routes, so these
 * read a slot of their own: of a single one a narrow copy of its slot, of a group a group of such
 * copies of its members', bucket by bucket.
 */
#include <errno.h>
#include <stdlib.h>
#include "fib/fib_nexthop_priv.h"

static CTL_ONLY void
put_members(const struct fib_group *g, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		adj_narrow_put(g->idx[g->n_buckets + i]);
}

/* The place of @p adj among the members of @p g. Most often it is that of the bucket before. */
static unsigned int
place_of(const struct fib_group *g, uint32_t adj, unsigned int guess)
{
	const uint32_t *member = g->idx + g->n_buckets;
	unsigned int i = guess;

	while (member[i] != adj)
		i = i + 1 < g->n_member ? i + 1 : 0;
	return i;
}

/* @p of, whose members let at most @p mtu bytes pass. NULL with *rc. */
static CTL_ONLY struct fib_group *
narrow_group(const struct fib_group *of, uint32_t mtu, int *rc)
{
	struct fib_group *g = fib_group_alloc(of->n_buckets, of->n_member);
	uint32_t *member;
	unsigned int at = 0;

	*rc = -ENOMEM;
	if (g == NULL)
		return NULL;
	member = g->idx + g->n_buckets;
	for (unsigned int i = 0; i < of->n_member; i++) {
		int64_t idx = adj_narrow_get(of->idx[of->n_buckets + i], mtu);

		if (idx < 0) {
			put_members(g, i);
			free(g);
			*rc = (int)idx;
			return NULL;
		}
		member[i] = (uint32_t)idx;
	}
	for (unsigned int i = 0; i < of->n_buckets; i++) {
		at = place_of(of, of->idx[i], at);
		g->idx[i] = member[at];
	}
	return g;
}

/* 0, or -errno: the group is as it was. */
static CTL_ONLY int
update_group(struct fib_info *fi)
{
	const struct fib_nhobj *o = fi->obj;
	struct fib_group *old = fi->group, *g;
	int rc;

	g = narrow_group(o->group, fib_info_mtu(fi), &rc);
	if (g == NULL)
		return rc;
	rc = fib_group_show(g, &fi->narrow, o->res != NULL ? fib_nhres_used(o) : NULL);
	if (rc < 0) {
		put_members(g, g->n_member);
		free(g);
		return rc;
	}
	fi->group = g;
	if (old != NULL)
		put_members(old, old->n_member);
	fib_group_retire(old);
	return 0;
}

int
fib_narrow_update(struct fib_info *fi, uint32_t *leaf)
{
	const struct fib_nhobj *o = fi->obj;
	int64_t idx;
	int rc = 0;

	/* Under an on-link one neighbours answer by leaves of their own. */
	if (fib_info_mtu(fi) == 0 || o->dead || o->leaf != o->slot)
		return 0;
	if (o->member != NULL) {
		rc = update_group(fi);
	} else if (fi->narrow == ADJ_IDX_NO_ROUTE) {
		idx = adj_narrow_get(o->slot, fib_info_mtu(fi));
		if (idx < 0)
			return (int)idx;
		fi->narrow = (uint32_t)idx;
	}
	if (rc == 0)
		*leaf = fi->narrow;
	return rc;
}

void
fib_narrow_follow(struct fib_nhobj *o)
{
	for (struct fib_info *fi = o->infos; fi != NULL; fi = fi->obj_next) {
		if (fib_info_mtu(fi) == 0)
			continue;
		fib_nh_update(fi);
		o->renewed |= fi->changed;
	}
}

void
fib_narrow_release(struct fib_info *fi)
{
	if (fi->narrow == ADJ_IDX_NO_ROUTE)
		return;
	if (fi->group != NULL) {
		put_members(fi->group, fi->group->n_member);
		fib_group_release(&fi->group, fi->narrow);
	} else {
		adj_narrow_put(fi->narrow);
	}
	fi->narrow = ADJ_IDX_NO_ROUTE;
}

uint32_t
fib_narrow_adj(const struct fib_info *fi, const struct fib_nexthop *nh)
{
	if (fi->obj == NULL || fi->narrow == ADJ_IDX_NO_ROUTE || fi->leaf != fi->narrow)
		return nh->adj_idx;
	if (fi->group == NULL)
		return fi->narrow;
	for (unsigned int i = 0; i < fi->group->n_member; i++)
		if (fi->obj->group->idx[fi->obj->group->n_buckets + i] == nh->adj_idx)
			return fi->group->idx[fi->group->n_buckets + i];
	return nh->adj_idx;
}
