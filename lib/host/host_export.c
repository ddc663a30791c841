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
static bool first;     /* walk: nothing has been told before */
static bool once_more; /* a walk is under way, and what it has passed may be old */

/* Is it ours to tell? Not what the host has told us, nor what its kernel makes of addresses. */
static bool
is_told(const struct fib_route *r)
{
	return r->table == RT_TABLE_MAIN && !(r->file & FIB_FILE_HOST) &&
	       r->protocol != FIB_PROT_KERNEL &&
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

static void
forget(const struct fib_route *r) CTL_ONLY
{
	struct host_nl_route k;

	key_of(r, &k);
	if (host_nl_route_del(&k) == 0)
		host.stats.unexported++;
}

/* Behind what others have put there: a default route of the host's own stays the first. */
static void
tell(const struct fib_route *r, void *arg)
{
	static struct host_nl_route k;
	int rc;

	(void)arg;
	role_enter_ctl();
	if (!is_told(r))
		return;
	key_of(r, &k);
	k.type = r->type;
	k.scope = r->scope;
	k.prefsrc = r->prefsrc;
	k.metrics = *r->metrics;
	if (!ways_of(r, &k)) {
		forget(r);
		return;
	}
	rc = host_nl_route_add(&k);
	if (rc == 0)
		host.stats.exported++;
	else if (rc != -EEXIST) /* told before */
		host.stats.export_errors++;
}

static int
on_route(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	(void)self;
	role_enter_ctl();
	if (event != FIB_ROUTE_ADD && is_told(r))
		forget(r);
	if (event != FIB_ROUTE_DEL)
		tell(r, NULL);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_route, .prio = NOTIFIER_PRIO_MONITOR };

/* All that may be otherwise in the kernel than here is told again: ways that were down, a next hop
 * object that changed. What is the same stays as it is. */
static void
tell_again(const struct fib_route *r, void *arg)
{
	uint64_t before = host.stats.exported;

	role_enter_ctl();
	tell(r, arg);
	if (host.stats.exported == before)
		return;
	/* It was not there like this. In front of it there may be what was told before: then that
	 * goes, else it goes itself, and comes back. */
	forget(r);
	tell(r, arg);
}

static void
slice(struct ctl_timer *t)
{
	role_enter_ctl();
	if (!fib_walk_some(&at, SLICE, first ? tell : tell_again, NULL)) {
		first = false;
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
	host_export_start();
	return NOTIFY_OK;
}

static struct notifier on_object_nb = { .fn = on_object, .prio = NOTIFIER_PRIO_MONITOR };

void
host_export_init(void)
{
	timer_setup(&slice_timer, slice);
}

void
host_export_start(void)
{
	if (!listening) {
		first = true;
		notifier_add(&fib_chain, &listener);
		notifier_add(&fib_nhobj_chain, &on_object_nb);
	}
	listening = true;
	once_more = timer_pending(&slice_timer);
	if (once_more)
		return;
	at = (struct fib_cursor){ .table = RT_TABLE_MAIN };
	timer_mod(&slice_timer, 0);
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
	listening = false;
	notifier_del(&fib_chain, &listener);
	notifier_del(&fib_nhobj_chain, &on_object_nb);
	timer_del(&slice_timer);
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
