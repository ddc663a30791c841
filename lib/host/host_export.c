/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The router's routes of table main become known to the host, marked as the router's: for routing
 * daemons to announce or to resolve a next hop by, and for programs to find a way out.
 */
#include <errno.h>
#include <string.h>
#include "core/timer.h"
#include "fib/fib_nexthop.h"
#include "host/host_priv.h"

#define SLICE 256

static struct ctl_timer slice_timer;
static struct fib_cursor at;
static bool listening;
static bool taking_back; /* walk: nothing is told any more */
static bool first;	 /* walk: nothing has been told before */
static bool once_more;	 /* a walk is under way, and what it has passed may be old */

static bool
is_own(const struct fib_route *r)
{
	return r->table == RT_TABLE_MAIN && !(r->file & FIB_FILE_HOST);
}

/* Is it ours to tell? Not what the host has told us, nor what its kernel makes of addresses. */
static bool
is_told(const struct fib_route *r)
{
	return is_own(r) && r->protocol != FIB_PROT_KERNEL &&
	       (r->type == FIB_UNICAST || r->type == FIB_BLACKHOLE || r->type == FIB_UNREACHABLE ||
		r->type == FIB_PROHIBIT || r->type == FIB_THROW);
}

static void
key_of(const struct fib_route *r, struct host_nl_route *k)
{
	memset(k, 0, offsetof(struct host_nl_route, nh));
	k->table = RT_TABLE_MAIN;
	k->dst = r->dst;
	k->plen = r->plen;
	k->tos = r->tos;
	k->metric = r->metric;
	k->protocol = HOST_PROTOCOL;
}

/* False: by devices without a counterpart, or all of its next hops are down. */
static bool
ways_of(const struct fib_route *r, struct host_nl_route *k) CTL_ONLY
{
	for (unsigned int i = 0; i < r->n_nh; i++) {
		const struct fib_nexthop *nh = &r->nh[i];
		const struct host_port *hp = nh->dev != NULL ? host_port_of(nh->dev) : NULL;

		if (hp == NULL || nh->flags & FIB_NH_DEAD)
			continue;
		k->nh[k->n_nh++] = (struct host_nl_nexthop){ .oif = hp->ifindex,
							     .gateway = nh->gateway,
							     .weight = nh->weight,
							     .onlink = nh->flags & FIB_NH_ONLINK };
	}
	return r->type != FIB_UNICAST || k->n_nh > 0;
}

/* Into @p k. False: it is not for the host, or leads nowhere now. */
static bool
message_of(const struct fib_route *r, struct host_nl_route *k) CTL_ONLY
{
	if (!is_told(r))
		return false;
	key_of(r, k);
	k->type = r->type;
	k->scope = r->scope;
	k->prefsrc = r->prefsrc;
	k->metrics = *r->metrics;
	return ways_of(r, k);
}

/* Behind what others have put there: a default route of the host's own stays the first. -EEXIST: it
 * is there like this. */
static int
tell(const struct fib_route *r) CTL_ONLY
{
	static struct host_nl_route k;
	int rc;

	if (!message_of(r, &k))
		return -ENOENT;
	rc = host_nl_route_add(&k);
	if (rc == 0)
		host.stats.exported++;
	else if (rc != -EEXIST)
		host.stats.export_errors++;
	return rc;
}

/* All with its table, prefix, tos and metric. */
static void
forget(const struct fib_route *r) CTL_ONLY
{
	struct host_nl_route k;

	key_of(r, &k);
	while (host_nl_route_del(&k) == 0)
		host.stats.unexported++;
}

/* --- several with one key --- */

struct alike {
	const struct fib_route *r;
	unsigned int n;
};

static bool
is_alike(const struct fib_route *r, const struct alike *a)
{
	return r->tos == a->r->tos && r->metric == a->r->metric && is_told(r);
}

static void
count_alike(const struct fib_route *r, void *arg)
{
	struct alike *a = arg;

	a->n += is_alike(r, a);
}

static void
tell_alike(const struct fib_route *r, void *arg)
{
	role_enter_ctl();
	if (is_alike(r, arg))
		tell(r);
}

/* The kernel's of that key are made what the router's are, in their order: a deletion there takes
 * the first of a key, whatever its next hops. */
static void
tell_anew(const struct fib_route *r) CTL_ONLY
{
	struct alike a = { .r = r };

	forget(r);
	if (!taking_back)
		fib_walk_prefix(RT_TABLE_MAIN, r->dst, r->plen, tell_alike, &a);
}

static void
on_add(const struct fib_route *r) CTL_ONLY
{
	struct alike a = { .r = r };

	if (!is_told(r) || taking_back)
		return;
	fib_walk_prefix(RT_TABLE_MAIN, r->dst, r->plen, count_alike, &a);
	if (a.n > 1)
		tell_anew(r);
	else
		tell(r);
}

static int
on_route(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	(void)self;
	role_enter_ctl();
	if (event == FIB_ROUTE_ADD)
		on_add(r);
	else if (is_told(r) || (event == FIB_ROUTE_REPLACE && is_own(r))) /* which was, perhaps */
		tell_anew(r);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_route, .prio = NOTIFIER_PRIO_MONITOR };

/* --- all of them, in slices --- */

static void
tell_first(const struct fib_route *r, void *arg)
{
	(void)arg;
	role_enter_ctl();
	tell(r);
}

/* All that may be otherwise in the kernel than here is told again: ways that were down, a next hop
 * object that changed. What is the same stays as it is. */
static void
tell_again(const struct fib_route *r, void *arg)
{
	int rc;

	(void)arg;
	role_enter_ctl();
	if (!is_told(r))
		return;
	rc = tell(r);
	/* It was not there like this, or leads nowhere: what was told before may be in front. */
	if (rc == 0 || rc == -ENOENT)
		tell_anew(r);
}

static void
take_back(const struct fib_route *r, void *arg)
{
	(void)arg;
	role_enter_ctl();
	if (is_told(r))
		forget(r);
}

static void quiet(void) CTL_ONLY;

static void
slice(struct ctl_timer *t)
{
	role_enter_ctl();
	if (!fib_walk_some(&at, SLICE,
			   taking_back ? take_back
			   : first     ? tell_first
				       : tell_again,
			   NULL)) {
		first = false;
		if (taking_back)
			quiet();
		if (!once_more)
			return;
		once_more = false;
		at = (struct fib_cursor){ .table = RT_TABLE_MAIN };
	}
	timer_mod(t, 1);
}

static int
on_object(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	(void)event;
	(void)obj;
	role_enter_ctl();
	if (!taking_back)
		host_export_start();
	return NOTIFY_OK;
}

static struct notifier on_object_nb = { .fn = on_object, .prio = NOTIFIER_PRIO_MONITOR };

void
host_export_init(void)
{
	timer_setup(&slice_timer, slice);
}

static void
quiet(void)
{
	listening = false;
	notifier_del(&fib_chain, &listener);
	notifier_del(&fib_nhobj_chain, &on_object_nb);
	timer_del(&slice_timer);
}

static void
walk_from_the_start(void) CTL_ONLY
{
	once_more = false;
	at = (struct fib_cursor){ .table = RT_TABLE_MAIN };
	timer_mod(&slice_timer, 0);
}

void
host_export_start(void)
{
	bool walking = timer_pending(&slice_timer) && !taking_back;

	if (!listening) {
		first = true;
		notifier_add(&fib_chain, &listener);
		notifier_add(&fib_nhobj_chain, &on_object_nb);
	}
	listening = true;
	taking_back = false;
	once_more = walking;
	if (!walking)
		walk_from_the_start();
}

void
host_export_take_back(void)
{
	if (!listening || taking_back)
		return;
	taking_back = true;
	first = false;
	walk_from_the_start();
}

/* Those by a device go with its counterpart; a blackhole does not. */
static void
forget_loose(const struct fib_route *r, void *arg)
{
	(void)arg;
	role_enter_ctl();
	if (is_told(r) &&
	    (r->type != FIB_UNICAST || (r->n_nh > 0 && r->nh[0].dev->flags & IFF_LOOPBACK)))
		forget(r);
}

void
host_export_stop(void)
{
	if (!listening)
		return;
	quiet();
	taking_back = false;
	fib_walk(RT_TABLE_MAIN, forget_loose, NULL);
}

/* --- what an earlier daemon left behind --- */

static void
clear_route(const struct host_nl_route *r, bool gone)
{
	(void)gone;
	role_enter_ctl();
	if (r->protocol == HOST_PROTOCOL)
		host_nl_route_del(r);
}

void
host_export_clear(void)
{
	static const struct host_nl_listener l = { .route = clear_route };
	bool torn = false;

	if (host_nl_dump_start() == 0)
		while (host_nl_dump_some(&l, &torn) == 1)
			;
}
