/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The router's routes of table main become known to the host, marked as the router's: for routing
 * daemons to announce or to resolve a next hop by, and for programs to find a way out.
 */
#include <errno.h>
#include <limits.h>
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
static bool objects;	 /* walk: next hop objects have changed */
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

/* The first @p n there with its table, prefix, tos and metric. The kernel takes metric 0 for any:
 * are there fewer, it takes others behind them. */
static void
forget(const struct fib_route *r, unsigned int n) CTL_ONLY
{
	struct host_nl_route k;

	key_of(r, &k);
	for (; n > 0 && host_nl_route_del(&k) == 0; n--)
		host.stats.unexported++;
}

/* --- several with one key --- */

struct alike {
	const struct fib_route *r;
	unsigned int n;
};

/* The kernel has it, or could: what leads by devices that are down there, it has forgotten. */
static bool
is_there(const struct fib_route *r) CTL_ONLY
{
	bool any = r->type != FIB_UNICAST;

	for (unsigned int i = 0; i < r->n_nh && !any; i++) {
		const struct host_port *hp =
			r->nh[i].dev != NULL ? host_port_of(r->nh[i].dev) : NULL;

		any = hp != NULL && hp->up;
	}
	return any && is_told(r);
}

static void
count_one(const struct fib_route *r, void *arg)
{
	struct alike *a = arg;

	role_enter_ctl();
	a->n += r->tos == a->r->tos && r->metric == a->r->metric && is_there(r);
}

/* How many of its prefix, tos and metric should be in the kernel. */
static unsigned int
count_alike(const struct fib_route *r) CTL_ONLY
{
	struct alike a = { .r = r };

	fib_walk_prefix(RT_TABLE_MAIN, r->dst, r->plen, count_one, &a);
	return a.n;
}

static void
tell_beside(const struct fib_route *r, void *arg)
{
	role_enter_ctl();
	if (r->tos == ((const struct fib_route *)arg)->tos)
		tell(r);
}

/* A deletion takes the first, whatever its next hops: all @p n of its key that are there go, and
 * those that should be there come, in their order; and what went too many. */
static void
tell_anew(const struct fib_route *r, unsigned int n) CTL_ONLY
{
	forget(r, n);
	if (!taking_back)
		fib_walk_prefix(RT_TABLE_MAIN, r->dst, r->plen, tell_beside, (void *)(uintptr_t)r);
}

static void
on_add(const struct fib_route *r) CTL_ONLY
{
	unsigned int n = is_there(r) ? count_alike(r) : 0;

	if (n == 1)
		tell(r);
	else if (n > 1)
		tell_anew(r, n - 1);
}

static int
on_route(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	(void)self;
	role_enter_ctl();
	if (!is_own(r))
		return NOTIFY_OK;
	if (event == FIB_ROUTE_ADD && !taking_back)
		on_add(r);
	else if (event == FIB_ROUTE_REPLACE) /* the old one was there, perhaps */
		tell_anew(r, count_alike(r) + !is_there(r));
	else if (event == FIB_ROUTE_DEL && is_there(r))
		tell_anew(r, count_alike(r) + 1);
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
 * object that changed. What is the same stays as it is. The kernel forgets by itself what leads by
 * devices that are down, and nothing else. */
static void
tell_again(const struct fib_route *r, void *arg)
{
	bool old; /* what was told before may be there still */
	unsigned int n;
	int rc;

	(void)arg;
	role_enter_ctl();
	if (!is_told(r))
		return;
	rc = tell(r);
	old = (objects && r->nhid != 0) || (rc == 0 && r->n_nh > 1);
	n = count_alike(r) + old;
	if ((rc == 0 && n > 1) || (rc == -ENOENT && old))
		tell_anew(r, n);
}

static void
take_back(const struct fib_route *r, void *arg)
{
	(void)arg;
	role_enter_ctl();
	if (is_told(r))
		forget(r, UINT_MAX);
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
		if (!once_more) {
			objects = false;
			return;
		}
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
	objects = true;
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
	listening = objects = false;
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
		forget(r, UINT_MAX);
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
