/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/sysctl.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "neigh/neigh_priv.h"

/* Devices: tunables of each, the GLEAN adjacency, and what their events mean for entries. */

/* --- tunables --- */

static CTL_ONLY void param_changed(const struct ctl_table *t, void *object, int old);

#define PARM(field, lo, hi, u, text)                                                               \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct neigh_parms, field), .min = (lo),    \
		.max = (hi), .mode = 0644, .changed = param_changed, .unit = (u), .help = (text)   \
	}
static const struct ctl_table parm_table[] = {
	PARM(mcast_solicit, 0, 100, NULL, "broadcast requests before an entry fails"),
	PARM(ucast_solicit, 0, 100, NULL,
	     "unicast probes before it fails, or is asked by broadcast"),
	PARM(app_solicit, 0, 100, NULL,
	     "questions to a resolver outside, as events, before the wire"),
	PARM(mcast_resolicit, 0, 100, NULL, "broadcast requests after the unicast probes"),
	PARM(retrans_time_ms, 10, 600000, "ms",
	     "between two requests; also how long failure is kept"),
	PARM(base_reachable_time_ms, 100, 86400000, "ms",
	     "reachability lasts between a half and three halves of this"),
	PARM(delay_first_probe_time, 0, 3600, "s", "in DELAY before the first probe"),
	PARM(interval_probe_time_ms, 1, INT32_MAX, "ms",
	     "between two tries of managed entries that are not reachable"),
	PARM(gc_stale_time, 0, 86400, "s", "an unused STALE entry may be collected after this"),
	PARM(unres_qlen, 0, 65535, NULL, "packets that may wait for one neighbour"),
	PARM(unres_qlen_bytes, 0, 1 << 30, "bytes", "bytes that may wait for one neighbour"),
	PARM(proxy_qlen, 0, 65535, NULL, "requests that may wait for a delayed proxy ARP answer"),
	PARM(anycast_delay, 0, 6000, "1/100 s",
	     "longest delay of an answer for an anycast address"),
	PARM(proxy_delay, 0, 6000, "1/100 s", "longest delay of a proxy ARP answer"),
	PARM(locktime, 0, 6000, "1/100 s", "a new address is not replaced again within this"),
	PARM(gc_share, 1, 100, "%", "of gc_thresh3, what the neighbours of one interface may fill"),
	PARM(arp_defend, 0, 1, NULL, "announce an address of ours that another station claims"),
	{ .procname = NULL },
};

#define THRESH(field, lo, hi, u, text)                                                             \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct neigh_table, field), .min = (lo),    \
		.max = (hi), .mode = 0644, .unit = (u), .help = (text)                             \
	}
static const struct ctl_table gc_table[] = {
	THRESH(gc_thresh1, 0, ADJ_MAX, NULL, "below this many entries nothing is collected"),
	THRESH(gc_thresh2, 0, ADJ_MAX, NULL, "above this a new entry collects, every 5 s at most"),
	THRESH(gc_thresh3, 1, ADJ_MAX, NULL, "the most entries, those of the administrator apart"),
	THRESH(unres_qlen_total, 1, 1 << 20, NULL,
	       "packets that may wait for all neighbours; an eighth of the buffers at most"),
	THRESH(arp_rate_source, 1, 1 << 30, "1/s", "ARP packets of one sender to learn from"),
	THRESH(arp_rate_total, 1, 1 << 30, "1/s",
	       "ARP packets to learn from, but answers we asked"),
	{ .procname = NULL },
};
#define DEFAULT_PATH "net.ipv4.neigh.default"

void
neigh_rand_reach_time(struct neigh_parms *p)
{
	uint32_t base = (uint32_t)p->base_reachable_time_ms;

	/* RFC 4861 6.3.2: ReachableTime is spread over 0.5 .. 1.5 of the base */
	role_borrow_dp();
	p->reachable_time_ms = base / 2 + worker_rand(worker_ctl()) % RTE_MAX(base, 1u);
}

static int *
parm_ptr(struct neigh_parms *p, const struct ctl_table *t)
{
	return (int *)((char *)p + t->offset);
}

/* A new default holds for every device that was not given its own value, as in Linux. */
static CTL_ONLY void
param_changed(const struct ctl_table *t, void *object, int old)
{
	struct neigh_dev *nd = object; /* its first member is the parms */
	uint32_t bit = UINT32_C(1) << (t - parm_table);
	bool is_reach = t->offset == offsetof(struct neigh_parms, base_reachable_time_ms);

	(void)old;
	if (is_reach)
		neigh_rand_reach_time(&nd->p);
	if (nd != &neigh_tbl.dflt) {
		nd->set |= bit;
		return;
	}
	for (struct neigh_dev *d = neigh_tbl.first_dev; d != NULL; d = d->next) {
		if (d->set & bit)
			continue;
		*parm_ptr(&d->p, t) = *parm_ptr(&nd->p, t);
		if (is_reach)
			neigh_rand_reach_time(&d->p);
	}
}
_Static_assert(offsetof(struct neigh_dev, p) == 0, "sysctl's object is the parms");
_Static_assert(RTE_DIM(parm_table) <= 33, "one bit of neigh_dev.set for each");

struct neigh_parms *
neigh_parms_get(const struct net_device *dev)
{
	struct neigh_dev *nd = NULL;

	if (dev != NULL && dev->ifindex > 0 && dev->ifindex < NETDEV_MAX)
		nd = neigh_tbl.devs[dev->ifindex];
	return nd != NULL ? &nd->p : &neigh_tbl.dflt.p;
}

static CTL_ONLY void
parms_register(struct neigh_dev *nd)
{
	snprintf(nd->path, sizeof(nd->path), "net.ipv4.neigh.%s", nd->dev->name);
	if (sysctl_register(nd->path, parm_table, nd) < 0)
		nd->path[0] = '\0'; /* a device called "default": it has tunables, but no names */
}

static CTL_ONLY void
parms_unregister(struct neigh_dev *nd)
{
	if (nd->path[0] != '\0')
		sysctl_unregister(nd->path, parm_table);
}

struct neigh_dev *
neigh_dev_get(struct net_device *dev)
{
	struct neigh_dev *nd;

	if (dev->ifindex <= 0 || dev->ifindex >= NETDEV_MAX)
		return NULL;
	nd = neigh_tbl.devs[dev->ifindex];
	if (nd != NULL)
		return nd;
	nd = calloc(1, sizeof(*nd));
	if (nd == NULL)
		return NULL;
	nd->p = neigh_tbl.dflt.p;
	neigh_rand_reach_time(&nd->p);
	nd->dev = dev;
	nd->glean = -1;
	for (unsigned int i = 0; i < NL_MAX; i++)
		TAILQ_INIT(&nd->list[i].q);
	TAILQ_INIT(&nd->waiting);
	nd->next = neigh_tbl.first_dev;
	neigh_tbl.first_dev = nd;
	neigh_tbl.devs[dev->ifindex] = nd;
	parms_register(nd);
	return nd;
}

/* --- the GLEAN adjacency --- */

/* Without ARP there is nothing to find out: every destination gets the same header. */
static CTL_ONLY void
glean_template(struct net_device *dev, struct adj *tmpl)
{
	struct rte_ether_addr own;
	int len;

	*tmpl = (struct adj){ .type = ADJ_GLEAN, .dev = dev, .lower = netdev_lower(dev) };
	if (!neigh_dev_noarp(dev))
		return;
	netdev_addr(dev, &own);
	len = dev_hard_header(dev, &own, rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4), tmpl->hdr,
			      sizeof(tmpl->hdr));
	if (len < 0)
		return;
	tmpl->type = ADJ_REWRITE;
	tmpl->hdr_len = (uint8_t)len;
	tmpl->upper = adj_upper(tmpl->dev, tmpl->lower);
	tmpl->mtu = dev->mtu;
}

int64_t
neigh_glean_adj(struct net_device *dev)
{
	struct neigh_dev *nd = neigh_dev_get(dev);
	struct adj tmpl;

	if (nd == NULL)
		return -ENOMEM;
	if (nd->glean < 0) {
		glean_template(dev, &tmpl);
		nd->glean = adj_alloc(&tmpl);
	}
	return nd->glean;
}

/* --- events --- */

static CTL_ONLY void
for_each_of(struct neigh_dev *nd, void (*fn)(struct neighbour *n))
{
	struct neighbour *next;

	for (struct neighbour *n = nd->first; n != NULL; n = next) {
		next = n->next_dev;
		fn(n);
	}
}

static CTL_ONLY void
flush_one(struct neighbour *n)
{
	neigh_let_go(n, netif_running(n->dev) ? DROP_NETDEV_NO_CARRIER : DROP_NETDEV_DOWN);
}

/* Linux's neigh_carrier_down: what the administrator entered stays. */
static CTL_ONLY void
flush_dynamic(struct neighbour *n)
{
	if (n->nud.state != NUD_PERMANENT)
		flush_one(n);
}

static CTL_ONLY void
gone_one(struct neighbour *n)
{
	neigh_destroy(n, DROP_NETDEV_GONE);
}

static CTL_ONLY void
republish_one(struct neighbour *n)
{
	if (n->nud.state == NUD_NOARP && !(n->flags & NTF_ENTERED) && neigh_dev_noarp(n->dev))
		netdev_addr(n->dev, &n->ha);
	neigh_publish(n);
	notifier_call(&neigh_chain, NEIGH_UPDATE, n);
}

static CTL_ONLY void
republish_glean(struct neigh_dev *nd)
{
	struct adj tmpl;

	if (nd->glean < 0)
		return;
	glean_template(nd->dev, &tmpl);
	if (adj_publish((uint32_t)nd->glean, &tmpl) < 0)
		nd->unshown = true;
}

static CTL_ONLY void
republish(struct neigh_dev *nd)
{
	for_each_of(nd, republish_one);
	republish_glean(nd);
}

void
neigh_show_again(struct neigh_dev *nd)
{
	nd->unshown = false;
	for (struct neighbour *n = nd->first; n != NULL && !nd->unshown; n = n->next_dev)
		if (n->unshown && n->trailing == 0)
			neigh_publish(n);
	republish_glean(nd);
}

static CTL_ONLY void
forget(struct neigh_dev *nd)
{
	struct neigh_dev **pp = &neigh_tbl.first_dev;

	for_each_of(nd, gone_one);
	if (nd->glean >= 0)
		adj_release((uint32_t)nd->glean);
	parms_unregister(nd);
	neigh_tbl.devs[nd->dev->ifindex] = NULL;
	while (*pp != nd)
		pp = &(*pp)->next;
	*pp = nd->next;
	free(nd);
}

/* A flag that decides between ARP and none may have changed. */
static CTL_ONLY void
check_noarp(struct neigh_dev *nd)
{
	bool noarp = neigh_dev_noarp(nd->dev);

	if (nd->glean >= 0 && noarp != (adj_tab[nd->glean]->type == ADJ_REWRITE)) {
		for_each_of(nd, flush_dynamic);
		republish(nd);
	}
}

static CTL_ONLY void
rename_parms(struct neigh_dev *nd)
{
	parms_unregister(nd);
	parms_register(nd);
}

static CTL_ONLY int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;
	/* What follows from its end (it leaves its bridge) must not bring a device back. */
	struct neigh_dev *nd =
		event == NETDEV_REGISTER ? neigh_dev_get(dev) : neigh_tbl.devs[dev->ifindex];
	const struct in_device *in_dev = in_dev_get_rcu(dev);

	(void)self;
	if (nd == NULL)
		return NOTIFY_OK;
	switch (event) {
	case NETDEV_DOWN:
		for_each_of(nd, flush_one);
		break;
	case NETDEV_CARRIER:
		if (!netif_carrier_ok(dev) &&
		    (in_dev == NULL || IN_DEV_ANDCONF(in_dev, arp_evict_nocarrier)))
			for_each_of(nd, flush_dynamic);
		break;
	case NETDEV_CHANGEADDR:
	case NETDEV_CHANGEMTU:
	case NETDEV_CHANGETX:
		republish(nd);
		break;
	case NETDEV_CHANGENAME:
		rename_parms(nd);
		break;
	case NETDEV_CHANGE:
		check_noarp(nd);
		break;
	case NETDEV_UNREGISTER:
		forget(nd);
		break;
	}
	return NOTIFY_OK;
}

/* What was learned on a subnet that is gone can not be on-link any more; routes of next hops let
 * go before this (NOTIFIER_PRIO_FIB). */
static CTL_ONLY void
flush_uncovered(struct neighbour *n)
{
	const struct in_device *in_dev = in_dev_get_rcu(n->dev);

	if (n->refcnt == 0 && !(n->flags & NTF_STATIC) && n->nud.state != NUD_NOARP &&
	    (in_dev == NULL || inet_ifa_byprefix_rcu(in_dev, n->primary_key) == NULL))
		neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
}

static CTL_ONLY int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;
	struct neigh_dev *nd = neigh_tbl.devs[ifa->ifa_dev->dev->ifindex];

	(void)self;
	if (event == INETADDR_DEL && nd != NULL)
		for_each_of(nd, flush_uncovered);
	return NOTIFY_OK;
}

static struct notifier netdev_listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH };
static struct notifier inetaddr_listener = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_NEIGH };

/* --- start and end --- */

static const struct neigh_parms linux_defaults = {
	.mcast_solicit = 3,
	.ucast_solicit = 3,
	.retrans_time_ms = 1000,
	.base_reachable_time_ms = 30000,
	.delay_first_probe_time = 5,
	.interval_probe_time_ms = 5000,
	.gc_stale_time = 60,
	.unres_qlen = 101,
	.unres_qlen_bytes = 212992,
	.proxy_qlen = 64,
	.anycast_delay = 100,
	.proxy_delay = 80,
	.locktime = 100,
	.gc_share = 80,
	.arp_defend = 1,
};

void
neigh_netdev_declare(void)
{
	sysctl_declare("net.ipv4.neigh.*", parm_table);
	sysctl_declare(DEFAULT_PATH, gc_table);
}

int
neigh_netdev_init(void)
{
	struct neigh_table *t = &neigh_tbl;
	int rc;

	t->dflt.p = linux_defaults;
	t->dflt.glean = -1;
	neigh_rand_reach_time(&t->dflt.p);
	/* A router's, not a host's: Linux has 128, 512, 1024. */
	t->gc_thresh1 = 1024;
	t->gc_thresh2 = 8192;
	t->gc_thresh3 = 131072;
	t->unres_qlen_total = 4096;
	t->arp_rate_source = 100;
	t->arp_rate_total = 20000;
	rc = sysctl_register(DEFAULT_PATH, parm_table, &t->dflt);
	if (rc == 0)
		rc = sysctl_register(DEFAULT_PATH, gc_table, t);
	if (rc < 0)
		return rc;
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		if (neigh_dev_get(dev) == NULL)
			return -ENOMEM;
	notifier_add(&netdev_chain, &netdev_listener);
	notifier_add(&inetaddr_chain, &inetaddr_listener);
	return 0;
}

void
neigh_netdev_fini(void)
{
	notifier_del(&netdev_chain, &netdev_listener);
	notifier_del(&inetaddr_chain, &inetaddr_listener);
	while (neigh_tbl.first_dev != NULL)
		forget(neigh_tbl.first_dev);
	sysctl_unregister(DEFAULT_PATH, parm_table);
	sysctl_unregister(DEFAULT_PATH, gc_table);
}
