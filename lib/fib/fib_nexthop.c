/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hop objects: the list of them, who goes by them, how they go. How they work: see
 * fib_nexthop_set.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/sysctl.h"
#include "fib/fib_nexthop_priv.h"

struct notifier_chain fib_nhobj_chain = NOTIFIER_CHAIN("nexthop");
struct fib_nhobj_conf fib_nhobj_conf = { .nexthop_compat_mode = 1 };
static struct fib_nhobj **objs; /* by id */
static unsigned int n_objs, size_objs;
static uint32_t last_id;

/* --- the list --- */

/* Where @p id stands, or would. */
static unsigned int
place_of(uint32_t id)
{
	unsigned int lo = 0, hi = n_objs;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (objs[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct fib_nhobj *
fib_nhobj_find(uint32_t id)
{
	unsigned int at = place_of(id);

	return at < n_objs && objs[at]->id == id ? objs[at] : NULL;
}

/* As Linux: the first one behind the last that was chosen. */
static CTL_ONLY uint32_t
free_id(void)
{
	do
		last_id++;
	while (last_id == 0 || fib_nhobj_find(last_id) != NULL);
	return last_id;
}

int
fib_nhobj_insert(struct fib_nhobj *o)
{
	unsigned int at;

	if (n_objs >= FIB_NHOBJS_MAX)
		return -EMFILE;
	if (o->id == 0)
		o->id = free_id();
	at = place_of(o->id);
	if (n_objs == size_objs) {
		unsigned int size = size_objs == 0 ? 64 : size_objs * 2;
		struct fib_nhobj **more = realloc(objs, size * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		objs = more;
		size_objs = size;
	}
	memmove(&objs[at + 1], &objs[at], (n_objs - at) * sizeof(*objs));
	objs[at] = o;
	n_objs++;
	return 0;
}

void
fib_nhobj_remove(const struct fib_nhobj *o)
{
	unsigned int at = place_of(o->id);

	n_objs--;
	memmove(&objs[at], &objs[at + 1], (n_objs - at) * sizeof(*objs));
}

/* --- how it is shown --- */

static CTL_ONLY void
view_of(const struct fib_nhobj *o, struct fib_nhobj_view *v)
{
	memset(v, 0, sizeof(*v));
	v->spec.id = o->id;
	v->spec.protocol = o->protocol;
	v->spec.blackhole = o->blackhole;
	v->spec.keep = o->keep;
	v->spec.n_member = o->n_member;
	v->scope = o->scope;
	for (unsigned int i = 0; i < o->n_member; i++) {
		v->spec.member[i].id = o->member[i].obj->id;
		v->spec.member[i].weight = o->member[i].weight;
	}
	if (o->res != NULL)
		fib_nhres_view(o, v);
	if (o->member != NULL || o->blackhole)
		return;
	v->has_dev = true;
	v->flags = fib_nh_shown_flags(&o->way);
	v->spec.way = (struct fib_nexthop_spec){ .gateway = o->way.gateway,
						 .dev = o->way.dev,
						 .weight = 1,
						 .onlink = o->way.flags & FIB_NH_ONLINK };
}

void
fib_nhobj_notify(const struct fib_nhobj *o, enum fib_nhobj_event ev)
{
	static struct fib_nhobj_view v;

	if (fib_nhobj_chain.head == NULL)
		return;
	view_of(o, &v);
	notifier_call(&fib_nhobj_chain, ev, &v);
}

bool
fib_nhobj_get(uint32_t id, struct fib_nhobj_view *v)
{
	const struct fib_nhobj *o = fib_nhobj_find(id);

	if (o != NULL)
		view_of(o, v);
	return o != NULL;
}

bool
fib_nhobj_next(uint32_t after, struct fib_nhobj_view *v)
{
	unsigned int at = after == UINT32_MAX ? n_objs : place_of(after + 1);

	if (at < n_objs)
		view_of(objs[at], v);
	return at < n_objs;
}

bool
fib_nhobj_is_kept(uint32_t id)
{
	const struct fib_nhobj *o = fib_nhobj_find(id);

	return o != NULL && o->keep;
}

struct fib_nhobj *
fib_nhobj_at(unsigned int i)
{
	return i < n_objs ? objs[i] : NULL;
}

/* --- routes by it --- */

int
fib_nhobj_check(const struct fib_nhobj *o, uint8_t type, uint8_t scope, const char **why)
{
	*why = "Only unicast routes go by a nexthop id";
	if (type != FIB_UNICAST)
		return -EINVAL;
	*why = "Route with host scope can not have multiple nexthops";
	if (scope >= SCOPE_HOST && o->member != NULL)
		return -EINVAL;
	for (unsigned int i = 0; i < o->n_nh; i++) {
		*why = "Route with host scope can not have a gateway";
		if (scope == SCOPE_HOST && o->nh[i].gateway != 0)
			return -EINVAL;
		*why = "Scope mismatch with nexthop";
		if (scope >= SCOPE_LINK && (o->nh[i].flags & FIB_NH_ONLINK))
			return -EINVAL;
	}
	*why = NULL;
	return 0;
}

void
fib_nhobj_link(struct fib_info *fi)
{
	struct fib_info **head = &fi->obj->infos;

	fi->obj_next = *head;
	fi->obj_link = head;
	if (*head != NULL)
		(*head)->obj_link = &fi->obj_next;
	*head = fi;
}

void
fib_nhobj_unlink(struct fib_info *fi)
{
	*fi->obj_link = fi->obj_next;
	if (fi->obj_next != NULL)
		fi->obj_next->obj_link = fi->obj_link;
}

void
fib_nhobj_tell(struct fib_nhobj *o, uint32_t leaf, bool dead)
{
	if (o->leaf == leaf && o->dead == dead)
		return;
	o->leaf = leaf;
	o->dead = dead;
	for (struct fib_info *fi = o->infos; fi != NULL; fi = fi->obj_next)
		fib_nh_update(fi);
	o->renewed = o->infos != NULL;
}

void
fib_nhobj_settle(void)
{
	bool any = false;

	for (unsigned int i = 0; i < n_objs; i++) {
		any |= objs[i]->renewed;
		objs[i]->renewed = false;
	}
	fib_default_update(); /* their gateways may be others */
	if (any)
		fib_compile_changed();
}

/* --- delete --- */

static CTL_ONLY void
mark(struct fib_nhobj *o)
{
	o->gone = true;
	fib_nhobj_notify(o, FIB_NHOBJ_DEL);
}

/* Take members that go out of their groups. A group without any goes, too. */
static CTL_ONLY void
leave_groups(void)
{
	for (unsigned int i = 0; i < n_objs; i++) {
		struct fib_nhobj *o = objs[i];
		unsigned int left = 0;

		if (o->member == NULL || o->gone)
			continue;
		for (unsigned int k = 0; k < o->n_member; k++)
			left += !o->member[k].obj->gone;
		if (left == o->n_member)
			continue;
		if (left == 0) {
			mark(o);
			continue;
		}
		left = 0;
		for (unsigned int k = 0; k < o->n_member; k++) {
			if (!o->member[k].obj->gone) {
				o->member[left++] = o->member[k];
				continue;
			}
			if (o->res != NULL)
				fib_nhres_forget(o, o->member[k].obj);
			o->member[k].obj->n_groups--;
		}
		o->n_member = left;
		fib_nhobj_update_group(o);
	}
}

static CTL_ONLY void
release(struct fib_nhobj *o)
{
	fib_nhobj_remove(o);
	if (o->member != NULL) {
		fib_nhobj_put_members(o->member, o->n_member);
		free(o->nh);
		if (o->res != NULL)
			fib_nhres_fini(o);
		if (o->group != NULL)
			fib_group_release(&o->group, o->slot);
	} else {
		adj_release_follower(o->slot);
		if (o->way.neigh != NULL)
			neigh_release(o->way.neigh);
	}
	free(o);
}

/* Those that are marked, and the routes by them. */
static CTL_ONLY void
sweep(void)
{
	bool routes = false;

	leave_groups();
	fib_nhobj_settle();
	for (unsigned int i = 0; i < n_objs; i++)
		for (struct fib_info *fi = objs[i]->infos; objs[i]->gone && fi != NULL;
		     fi = fi->obj_next)
			fi->kill = routes = true;
	if (routes)
		fib_sweep();
	/* Groups first: they count their members. */
	for (unsigned int groups = 2; groups-- > 0;)
		for (unsigned int i = n_objs; i-- > 0;)
			if (objs[i]->gone && (objs[i]->member != NULL) == groups)
				release(objs[i]);
}

int
fib_nhobj_del(uint32_t id)
{
	struct fib_nhobj *o = fib_nhobj_find(id);

	if (o == NULL)
		return -ENOENT;
	mark(o);
	sweep();
	return 0;
}

unsigned int
fib_nhobj_flush(bool (*match)(const struct fib_nhobj_view *v, void *arg), void *arg)
{
	static struct fib_nhobj_view v;
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_objs; i++) {
		view_of(objs[i], &v);
		if (!match(&v, arg))
			continue;
		mark(objs[i]);
		n++;
	}
	if (n > 0)
		sweep();
	return n;
}

/* --- events --- */

/* The flags that a device's state gives the ways by it. */
static uint8_t
dev_flags(const struct net_device *dev)
{
	if (!netif_running(dev))
		return FIB_NH_DEAD | FIB_NH_LINKDOWN;
	return netif_carrier_ok(dev) ? 0 : FIB_NH_LINKDOWN;
}

void
fib_nhobj_netdev(struct net_device *dev, unsigned int event)
{
	bool any = false;

	if (event != NETDEV_UP && event != NETDEV_DOWN && event != NETDEV_UNREGISTER &&
	    event != NETDEV_CARRIER)
		return;
	for (unsigned int i = 0; i < n_objs; i++) {
		struct fib_nhobj *o = objs[i];
		uint8_t flags = dev_flags(dev) | (o->way.flags & FIB_NH_ONLINK);

		if (o->member != NULL || o->blackhole || o->way.dev != dev || o->gone)
			continue;
		/* Linux's nexthop_flush_dev(): a lost carrier is enough. */
		if (event == NETDEV_UNREGISTER || (!o->keep && dev_flags(dev) != 0)) {
			mark(o);
			any = true;
		} else if (flags != o->way.flags) {
			o->way.flags = flags;
			fib_nhobj_update_single(o);
		}
	}
	if (any)
		sweep();
	fib_nhobj_settle();
	for (unsigned int i = 0; i < n_objs; i++)
		fib_nhobj_let_go(objs[i]);
}

void
fib_nhobj_linkdown(void)
{
	for (unsigned int i = 0; i < n_objs; i++)
		if (objs[i]->member == NULL && (objs[i]->way.flags & FIB_NH_LINKDOWN))
			fib_nhobj_update_single(objs[i]);
	fib_nhobj_settle();
	for (unsigned int i = 0; i < n_objs; i++)
		fib_nhobj_let_go(objs[i]);
}

void
fib_nhobj_neigh(const struct neighbour *n)
{
	for (unsigned int i = 0; i < n_objs; i++)
		if (objs[i]->n_groups > 0 && (n == NULL || objs[i]->way.neigh == n))
			fib_nhobj_update_groups(objs[i]);
	fib_nhobj_settle();
}

void
fib_nhobj_failed(fib_way_fn fn, void *arg)
{
	for (unsigned int i = 0; i < n_objs; i++)
		if (objs[i]->n_groups > 0 && fib_nh_failed(&objs[i]->way))
			fn(&objs[i]->way, arg);
}

static const struct ctl_table table[] = {
	SYSCTL_INT(struct fib_nhobj_conf, nexthop_compat_mode, 0, 1,
		   "listings of routes say what their next hop objects lead to"),
	{ .procname = NULL },
};

void
fib_nhobj_declare(void)
{
	sysctl_declare("net.ipv4", table);
}

int
fib_nhobj_init(void)
{
	objs = NULL;
	n_objs = size_objs = 0;
	last_id = 0;
	return sysctl_register("net.ipv4", table, &fib_nhobj_conf);
}

void
fib_nhobj_fini(void)
{
	sysctl_unregister("net.ipv4", table);
	for (unsigned int groups = 2; groups-- > 0;)
		for (unsigned int i = n_objs; i-- > 0;)
			if ((objs[i]->member != NULL) == groups)
				release(objs[i]);
	free(objs);
	objs = NULL;
	size_objs = 0;
}
