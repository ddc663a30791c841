/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that go down, lose their carrier, come back, or go for good. As in Linux, a route goes
 * when the last of its devices goes down; what addresses brought is made again with the device.
 * What the configuration says is kept, dead, and returns: the document still says so.
 */
#include "fib/fib_nexthop_priv.h"

uint8_t
fib_nh_shown_flags(const struct fib_nexthop *nh)
{
	return fib_nh_ignored(nh) ? nh->flags | FIB_NH_DEAD : nh->flags;
}

/* The info's next hops by this device changed state: new leaf, and neighbours for live ones. */
static CTL_ONLY void
refresh(struct fib_info *fi)
{
	if (fib_nh_activate(fi) == 0)
		return;
	/* No memory: better no route than one to a next hop that is gone. */
	fi->dead = true;
	fi->changed = true;
	fib_nh_publish(fi);
}

/* The compiled table follows; only then may neighbours go, since no leaf names them. */
static CTL_ONLY void
settle(void)
{
	bool changed = false;

	for (uint32_t i = 1; i < fib_infos_size; i++)
		changed |= fib_infos[i] != NULL && fib_infos[i]->changed;
	fib_default_update();
	if (changed)
		fib_compile_changed();
	fib_nh_release_dead();
}

/* Set and clear flags of every next hop by @p dev; @p all: of routes to ourselves, too, which are
 * alive while the address is there. */
static CTL_ONLY void
set_flags(const struct net_device *dev, uint8_t set, uint8_t clear, bool all)
{
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];
		bool hit = false;

		if (fi == NULL || (fi->scope == SCOPE_HOST && !all))
			continue;
		for (unsigned int k = 0; k < fi->n_nh; k++) {
			uint8_t flags = (fi->nh[k].flags & ~clear) | set;

			if (fi->nh[k].dev != dev || fi->nh[k].flags == flags)
				continue;
			fi->nh[k].flags = flags;
			hit = true;
		}
		if (hit)
			refresh(fi);
	}
	settle();
}

void
fib_enable_ip(const struct net_device *dev)
{
	bool carrier = netif_carrier_ok(dev);

	if (netif_running(dev))
		set_flags(dev, carrier ? 0 : FIB_NH_LINKDOWN,
			  FIB_NH_DEAD | (carrier ? FIB_NH_LINKDOWN : 0), true);
}

static CTL_ONLY void
dev_up(struct net_device *dev)
{
	for (const struct in_ifaddr *ifa = inet_addr_first(dev); ifa != NULL; ifa = ifa->ifa_next)
		fib_add_ifaddr(ifa);
	fib_enable_ip(dev);
}

/* Is no next hop left when @p dev goes down? */
static bool
all_down(const struct fib_info *fi, const struct net_device *dev)
{
	bool hit = false;

	for (unsigned int i = 0; i < fi->n_nh; i++) {
		hit |= fi->nh[i].dev == dev;
		if (fi->nh[i].dev != dev && !(fi->nh[i].flags & FIB_NH_DEAD))
			return false;
	}
	return hit;
}

/* Routes whose last device this is go; @p all: those to ourselves, too. */
static CTL_ONLY void
disable(const struct net_device *dev, bool all)
{
	bool any = false;

	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];

		if (fi == NULL || fi->keep || (fi->scope == SCOPE_HOST && !all) ||
		    !all_down(fi, dev))
			continue;
		fi->kill = true;
		any = true;
	}
	if (any)
		fib_sweep();
	set_flags(dev, FIB_NH_DEAD | FIB_NH_LINKDOWN, 0, all);
}

void
fib_disable_ip(const struct net_device *dev)
{
	disable(dev, true);
}

/* Forget the next hops by @p dev. True: none is left. */
static CTL_ONLY bool
drop_dev(struct fib_info *fi, const struct net_device *dev)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fi->n_nh; i++)
		n += fi->nh[i].dev != dev;
	if (n == 0 || n == fi->n_nh)
		return n == 0;
	for (unsigned int i = 0, k = 0; i < fi->n_nh; i++)
		if (fi->nh[i].dev != dev)
			fi->nh[k++] = fi->nh[i];
	fi->n_nh = n;
	fi->tclassid = fi->nh[0].tclassid;
	__atomic_store_n(&fib_live(fi->idx)->tclassid, fi->tclassid, __ATOMIC_RELAXED);
	fib_info_rehash(fi);
	refresh(fi);
	return false;
}

static CTL_ONLY void
dev_gone(const struct net_device *dev)
{
	bool any = false;

	set_flags(dev, FIB_NH_DEAD | FIB_NH_LINKDOWN, 0, true);
	fib_compile_finish(); /* lets their neighbours go */
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];

		if (fi == NULL || fi->n_nh == 0 || !drop_dev(fi, dev))
			continue;
		fi->kill = true;
		any = true;
	}
	if (any)
		fib_sweep();
	settle();
	fib_compile_finish();
}

/* ignore_routes_with_linkdown was written: what has no carrier may be alive, or dead, from now on.
 */
static void
on_linkdown_conf(void)
{
	role_enter_ctl();
	fib_nhobj_linkdown();
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];
		bool hit = false;

		for (unsigned int k = 0; fi != NULL && k < fi->n_nh; k++)
			hit |= fi->nh[k].flags & FIB_NH_LINKDOWN;
		if (hit)
			refresh(fi);
	}
	settle();
}

static CTL_ONLY int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	RTE_SET_USED(self);
	/* First, since groups are quickly repaired, and looking for routes takes long. */
	fib_nhobj_netdev(dev, event);
	switch (event) {
	case NETDEV_UP:
		dev_up(dev);
		break;
	case NETDEV_DOWN:
		disable(dev, false); /* addresses stay ours (RFC 1122 3.3.4.2, weak host model) */
		break;
	case NETDEV_UNREGISTER:
		dev_gone(dev);
		break;
	case NETDEV_CARRIER:
		if (!netif_running(dev))
			break;
		if (netif_carrier_ok(dev))
			set_flags(dev, 0, FIB_NH_LINKDOWN, true);
		else
			set_flags(dev, FIB_NH_LINKDOWN, 0, false);
		break;
	default:
		break; /* the MTU and MAC of a device stand in its adjacencies, not in routes */
	}
	return NOTIFY_OK;
}

static struct notifier netdev_nb = { .fn = on_netdev, .prio = NOTIFIER_PRIO_FIB };

void
fib_netdev_init(void)
{
	notifier_add(&netdev_chain, &netdev_nb);
	inetdev_linkdown_hook = on_linkdown_conf;
}

void
fib_netdev_fini(void)
{
	notifier_del(&netdev_chain, &netdev_nb);
	inetdev_linkdown_hook = NULL;
}
