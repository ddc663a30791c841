/* SPDX-License-Identifier: BSD-3-Clause */
/* The routes that an address brings and takes: as Linux's fib_add_ifaddr and fib_del_ifaddr. */
#include <errno.h>
#include "core/log.h"
#include "fib/fib_priv.h"

LOG_MODULE(fib_addr);

#define IFADDR_ROUTES 4

static bool
same_subnet(const struct in_ifaddr *a, const struct in_ifaddr *b)
{
	return a->ifa_mask == b->ifa_mask && ((a->ifa_address ^ b->ifa_address) & a->ifa_mask) == 0;
}

static void
add_spec(struct fib_route_spec *r, const struct in_ifaddr *ifa, uint8_t type, rte_be32_t dst,
	 uint8_t plen)
{
	*r = (struct fib_route_spec){
		.table = type == FIB_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
		.dst = dst,
		.plen = plen,
		.type = type,
		.protocol = FIB_PROT_KERNEL,
		.scope = type == FIB_LOCAL ? SCOPE_HOST : SCOPE_LINK,
		.scope_set = true,
		.metric_set = true,
		.tos_set = true,
		.prefsrc = ifa->ifa_local,
		.n_nh = 1,
		.nh[0].dev = ifa->ifa_dev->dev,
	};
}

/* Whose address the routes of @p ifa prefer as a source: the first of its subnet. */
static const struct in_ifaddr *
primary_of(const struct in_ifaddr *ifa)
{
	const struct in_ifaddr *a = ifa->ifa_dev->ifa_list;

	if (!(ifa->ifa_flags & IFA_SECONDARY))
		return ifa;
	while (a != NULL && !same_subnet(a, ifa))
		a = a->ifa_next;
	return a != NULL ? a : ifa;
}

/* What @p ifa wants in the tables, with @p prim as the source. Returns how many. */
static unsigned int
ifaddr_routes(const struct in_ifaddr *ifa, const struct in_ifaddr *prim,
	      struct fib_route_spec r[IFADDR_ROUTES])
{
	const struct net_device *dev = ifa->ifa_dev->dev;
	rte_be32_t prefix = ifa->ifa_address & ifa->ifa_mask;
	unsigned int n = 0;

	add_spec(&r[n++], prim, FIB_LOCAL, ifa->ifa_local, 32);
	if (!netif_running(dev))
		return n;
	if (ifa->ifa_broadcast != 0 && ifa->ifa_broadcast != UINT32_MAX)
		add_spec(&r[n++], prim, FIB_BROADCAST, ifa->ifa_broadcast, 32);
	if ((ifa->ifa_flags & IFA_SECONDARY) || rte_be_to_cpu_32(prefix) >> 24 == 0 ||
	    (prefix == ifa->ifa_local && ifa->ifa_prefixlen == 32))
		return n;
	if (!(ifa->ifa_flags & IFA_NOPREFIXROUTE)) {
		add_spec(&r[n], prim, dev->flags & IFF_LOOPBACK ? FIB_LOCAL : FIB_UNICAST, prefix,
			 ifa->ifa_prefixlen);
		r[n++].metric = ifa->ifa_rt_priority;
	}
	/* RFC 3021: a /31 has no broadcast. */
	if (ifa->ifa_prefixlen < 31)
		add_spec(&r[n++], prim, FIB_BROADCAST, prefix | ~ifa->ifa_mask, 32);
	return n;
}

void
fib_add_ifaddr(const struct in_ifaddr *ifa)
{
	struct fib_route_spec r[IFADDR_ROUTES];
	unsigned int n = ifaddr_routes(ifa, primary_of(ifa), r);
	const char *why;

	for (unsigned int i = 0; i < n; i++) {
		int rc = fib_route_add(&r[i], FIB_APPEND, &why);

		if (rc < 0 && rc != -EEXIST)
			log_err("route of an address of %s: %s", ifa->ifa_dev->dev->name, why);
	}
}

static bool
same_route(const struct fib_route_spec *a, const struct fib_route_spec *b)
{
	return a->type == b->type && a->dst == b->dst && a->plen == b->plen &&
	       a->metric == b->metric && a->prefsrc == b->prefsrc && a->nh[0].dev == b->nh[0].dev;
}

/* Does an address that stays want this very route? */
static CTL_ONLY bool
still_wanted(struct net_device *dev, const struct fib_route_spec *r)
{
	struct fib_route_spec other[IFADDR_ROUTES];

	for (const struct in_ifaddr *ifa = inet_addr_first(dev); ifa != NULL; ifa = ifa->ifa_next) {
		unsigned int n = ifaddr_routes(ifa, primary_of(ifa), other);

		for (unsigned int i = 0; i < n; i++)
			if (same_route(r, &other[i]))
				return true;
	}
	return false;
}

/* Routes that prefer a source we no longer have (Linux's fib_sync_down_addr). */
static CTL_ONLY void
sync_down_addr(rte_be32_t local)
{
	bool any = false;

	if (ip_dev_find(local) != NULL)
		return;
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		if (fib_infos[i] == NULL || fib_infos[i]->prefsrc != local)
			continue;
		fib_infos[i]->kill = true;
		any = true;
	}
	if (any)
		fib_sweep();
}

/* Delete what @p ifa has in the tables with @p prim as the source, but for what others want. */
static CTL_ONLY void
del_routes(const struct in_ifaddr *ifa, const struct in_ifaddr *prim)
{
	struct fib_route_spec r[IFADDR_ROUTES];
	unsigned int n = ifaddr_routes(ifa, prim, r);

	for (unsigned int i = 0; i < n; i++)
		if (!still_wanted(ifa->ifa_dev->dev, &r[i]))
			fib_route_del(&r[i]);
}

/*
 * @p ifa is on the list no more. Its secondaries, when there are any left, have another primary by
 * now: their routes get it as the source, the new one before the old one goes, so that no packet
 * finds none. With another metric it is its own heir.
 */
static CTL_ONLY void
del_ifaddr(const struct in_ifaddr *ifa)
{
	struct net_device *dev = ifa->ifa_dev->dev;
	const struct in_ifaddr *a;

	if (ifa->ifa_flags & IFA_SECONDARY) {
		del_routes(ifa, primary_of(ifa));
	} else {
		for (a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
			if (same_subnet(a, ifa))
				fib_add_ifaddr(a);
		for (a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
			if (same_subnet(a, ifa))
				del_routes(a, ifa);
		del_routes(ifa, ifa);
	}
	sync_down_addr(ifa->ifa_local);
	if (inet_addr_first(dev) == NULL)
		fib_disable_ip(dev);
}

static CTL_ONLY int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;
	struct net_device *dev = ifa->ifa_dev->dev;

	RTE_SET_USED(self);
	if (event == INETADDR_DEL || event == INETADDR_METRIC) {
		del_ifaddr(ifa);
	} else if (event == INETADDR_ADD) {
		fib_add_ifaddr(ifa);
		if (inet_addr_first(dev) == ifa && ifa->ifa_next == NULL)
			fib_enable_ip(dev);
	}
	return NOTIFY_OK;
}

static struct notifier inetaddr_nb = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_FIB };

void
fib_inetaddr_init(void)
{
	notifier_add(&inetaddr_chain, &inetaddr_nb);
}

void
fib_inetaddr_fini(void)
{
	notifier_del(&inetaddr_chain, &inetaddr_nb);
}
