/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_NEXTHOP_PRIV_H
#define FIB_NEXTHOP_PRIV_H
/** @file Inside the routing tables: next hop objects, groups, multipath. */
#include "fib/fib_mpath_dp.h"
#include "fib/fib_nexthop.h"
#include "fib/fib_priv.h"

/** What the adjacency of several ways points to; retired as a whole. */
struct fib_group {
	struct rcu_head rcu;
	uint16_t n_buckets, n_member;
	uint32_t idx[]; /* adjacencies by bucket; then each member's once */
};
struct fib_hop {
	uint32_t adj;
	uint16_t weight;
};

struct fib_nhobj_member {
	struct fib_nhobj *obj;
	uint16_t weight;
	bool usable;	/* resilient: gets buckets */
	uint16_t wants; /* resilient: how many */
	uint16_t has;
};
struct fib_nhres;
/** A next hop object. Routes by it read its leaf, and that leaf's slot is the object's own: what it
 * leads to changes for all of them with one store. */
struct fib_nhobj {
	uint32_t id;
	uint8_t protocol, scope;
	bool blackhole;
	bool keep;		/* of the configuration: stays, dead, when its device is down */
	bool dead;		/* routes by it are */
	bool gone;		/* being removed */
	bool renewed;		/* its routes' leaf changed: they are to be compiled again */
	uint32_t slot;		/* its own adjacency: follows that of a way, or is a group's */
	uint32_t leaf;		/* what routes by it read: the slot, but for on-link ones */
	uint32_t n_groups;	/* that it is a member of */
	uint32_t rank;		/* scratch: which member */
	struct fib_info *infos; /* routes by it */
	struct fib_nexthop way; /* no group: its only one */
	struct fib_nhobj_member *member; /* group */
	struct fib_group *group;	 /* group that is alive */
	struct fib_nhres *res;		 /* resilient group */
	unsigned int n_member;
	unsigned int n_nh; /* the ways as routes show them: copies, held by the members */
	struct fib_nexthop *nh;
};

static inline bool
fib_nhobj_is_blackhole(const struct fib_nhobj *o)
{
	return o->blackhole || (o->n_member == 1 && o->member[0].obj->blackhole);
}
/** The next hops of its routes, and how many. */
static inline unsigned int
fib_info_ways(const struct fib_info *fi, const struct fib_nexthop **nh)
{
	*nh = fi->obj != NULL ? fi->obj->nh : fi->nh;
	return fi->obj != NULL ? fi->obj->n_nh : fi->n_nh;
}
/** The realms of its routes, where these have one next hop or none; several each have theirs. */
static inline uint32_t
fib_info_realms(const struct fib_info *fi)
{
	const struct fib_nexthop *nh;
	unsigned int n = fib_info_ways(fi, &nh);

	return n == 0 ? fi->tclassid : n == 1 ? nh[0].tclassid : 0;
}
/** What a packet meets: the type, but for routes by an object that is a black hole. */
static inline uint8_t
fib_info_type(const struct fib_info *fi)
{
	return fi->obj != NULL && fib_nhobj_is_blackhole(fi->obj) ? FIB_BLACKHOLE : fi->type;
}
static inline struct fib_group *
fib_info_group(const struct fib_info *fi)
{
	return fi->obj != NULL ? fi->obj->group : fi->group;
}

/* --- fib_nexthop.c --- */
int fib_nhobj_init(void) CTL_ONLY;
/** All of them, without their routes, which are gone. */
void fib_nhobj_fini(void) CTL_ONLY;
struct fib_nhobj *fib_nhobj_find(uint32_t id) CTL_ONLY; /* or NULL */
/** May a route of this type and scope go by it? 0, or -EINVAL with *why. */
int fib_nhobj_check(const struct fib_nhobj *o, uint8_t type, uint8_t scope,
		    const char **why) CTL_ONLY;
void fib_nhobj_link(struct fib_info *fi) CTL_ONLY;
void fib_nhobj_unlink(struct fib_info *fi) CTL_ONLY;
/** Devices: what Linux's nexthop_flush_dev() does. @p event: NETDEV_*. */
void fib_nhobj_netdev(struct net_device *dev, unsigned int event) CTL_ONLY;
/** ignore_routes_with_linkdown was written: what has no carrier may be alive, or dead, now. */
void fib_nhobj_linkdown(void) CTL_ONLY;
/** This neighbour's state changed (NULL: look at all). Groups that have it follow. */
void fib_nhobj_neigh(const struct neighbour *n) CTL_ONLY;
/** Call for each way of a group whose neighbour has failed. */
void fib_nhobj_failed(fib_way_fn fn, void *arg) CTL_ONLY;

/** The one at place @p i in order of ids; NULL: there are no more. */
struct fib_nhobj *fib_nhobj_at(unsigned int i) CTL_ONLY;
/** Put a new one on the list, with an id when it has none. 0, -ENOMEM or -EMFILE. */
int fib_nhobj_insert(struct fib_nhobj *o) CTL_ONLY;
void fib_nhobj_remove(const struct fib_nhobj *o) CTL_ONLY;
void fib_nhobj_notify(const struct fib_nhobj *o, enum fib_nhobj_event ev) CTL_ONLY;
/** Tell the routes of the leaf and state; those whose leaf is another now are compiled again by
 * fib_nhobj_settle(). */
void fib_nhobj_tell(struct fib_nhobj *o, uint32_t leaf, bool dead) CTL_ONLY;
void fib_nhobj_settle(void) CTL_ONLY;

/* --- fib_nexthop_set.c --- */
/** Its slot, leaf and state, and the groups that have it, by its way (a single one). */
void fib_nhobj_update_single(struct fib_nhobj *o) CTL_ONLY;
/** Its buckets by its members (a group). Without memory for new buckets: better no route than one
 * to a member that is gone. */
void fib_nhobj_update_group(struct fib_nhobj *o) CTL_ONLY;
/** All groups that have it. */
void fib_nhobj_update_groups(const struct fib_nhobj *member) CTL_ONLY;
/** No route nor group goes by a dead one any more: it needs no neighbour. */
void fib_nhobj_let_go(struct fib_nhobj *o) CTL_ONLY;
/** Free a list of members, of which none counts this group any more. */
void fib_nhobj_put_members(struct fib_nhobj_member *m, unsigned int n) CTL_ONLY;

/* --- fib_nexthop_res.c --- */
/** Make the buckets of a new group. 0, -ENOMEM, -ENOSPC. */
int fib_nhres_init(struct fib_nhobj *o, const struct fib_nhobj_spec *s) CTL_ONLY;
void fib_nhres_fini(struct fib_nhobj *o) CTL_ONLY;
/** Its members or their states changed, of which some are usable: move the buckets that must move.
 * 0 or -errno. */
int fib_nhres_update(struct fib_nhobj *o) CTL_ONLY;
/** The stamps of its buckets, for whatever shows these to workers. */
uint32_t *fib_nhres_used(const struct fib_nhobj *o) CTL_ONLY;
uint16_t fib_nhres_size(const struct fib_nhobj *o) CTL_ONLY; /* how many buckets */
/** The timers of @p s, where it names them. */
void fib_nhres_timers(struct fib_nhobj *o, const struct fib_nhobj_spec *s) CTL_ONLY;
void fib_nhres_view(const struct fib_nhobj *o, struct fib_nhobj_view *v) CTL_ONLY;
/** No bucket may name this member any more. */
void fib_nhres_forget(struct fib_nhobj *o, const struct fib_nhobj *member) CTL_ONLY;

/* --- fib_mpath.c --- */
int fib_mpath_init(void) CTL_ONLY;
void fib_mpath_fini(void) CTL_ONLY;

/* --- fib_group.c --- */
#define FIB_BUCKETS_MAX 4096
/** Weighted buckets: as few as give each member exactly its share, or, when these are too many,
 * FIB_BUCKETS_MAX with shares to the nearest bucket, none without one. Returns their number. Pure.
 */
unsigned int fib_nh_buckets(const uint16_t *weight, unsigned int n,
			    uint8_t bucket[FIB_BUCKETS_MAX]);
/** Room for that many; NULL: no memory. */
struct fib_group *fib_group_alloc(unsigned int n_buckets, unsigned int n_member) CTL_ONLY;
/** Publish it in *@p slot (ADJ_IDX_NO_ROUTE: in a new one). 0 or -errno. */
int fib_group_show(struct fib_group *g, uint32_t *slot, uint32_t *bucket_used) CTL_ONLY;
/** When no worker reads it any more; NULL: nothing. */
void fib_group_retire(struct fib_group *g) CTL_ONLY;
/** Make a group of these, show it in place of *@p group. 0 or -errno with nothing changed. */
int fib_group_publish(struct fib_group **group, uint32_t *slot, const struct fib_hop *hop,
		      unsigned int n) CTL_ONLY;
/** Give group and slot back. */
void fib_group_release(struct fib_group **g, uint32_t slot) CTL_ONLY;

/* --- fib_narrow.c --- */
/** A route with an MTU by an object that is alive: *@p leaf becomes what it reads, unless that is
 * what the object's other routes do. 0, -ENOMEM, -ENOSPC. */
int fib_narrow_update(struct fib_info *fi, uint32_t *leaf) CTL_ONLY;
/** The buckets of a group changed: so do those of its routes with an MTU. */
void fib_narrow_follow(struct fib_nhobj *o) CTL_ONLY;
/** Give back what fib_narrow_update() took. */
void fib_narrow_release(struct fib_info *fi) CTL_ONLY;
/** The adjacency of a route's next hop. */
uint32_t fib_narrow_adj(const struct fib_info *fi, const struct fib_nexthop *nh) CTL_ONLY;

/* --- fib_nh.c --- */
/** Take the neighbour of a live next hop, set adj_idx; @p mtu: the route's, or 0. 0 or -errno. */
int fib_nh_take(struct fib_nexthop *nh, uint32_t mtu) CTL_ONLY;
/** Does it get its share of a group? @p strict: only when its neighbour did not fail. */
bool fib_nh_usable(const struct fib_nexthop *nh, bool strict);
/** Live as a link, but its neighbour does not answer. */
static inline bool
fib_nh_failed(const struct fib_nexthop *nh)
{
	return fib_nh_live(nh) && nh->neigh != NULL && nh->neigh->nud.state == NUD_FAILED;
}
#endif
