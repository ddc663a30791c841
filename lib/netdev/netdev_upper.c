/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "netdev/netdev_upper.h"

LOG_MODULE(upper);

static struct netdev_upper *
priv_of(const struct net_device *dev)
{
	return dev->ctl->priv;
}

bool
upper_has_carrier(const struct net_device *lower)
{
	return netif_running(lower) && netif_carrier_ok(lower);
}

void
upper_setup(struct net_device *dev, struct net_device *lower)
{
	dev->real_dev = lower;
	dev->dev_addr64 = lower->dev_addr64;
	dev->mtu = lower->mtu;
	dev->ctl->min_mtu = 68;
	dev->ctl->socket = lower->ctl->socket;
	if (upper_has_carrier(lower))
		dev->flags |= IFF_RUNNING;
}

void
upper_destructor(struct net_device *dev)
{
	free(dev->ctl->priv);
}

/* --- the driver's side --- */

/* The lower device hears frames to our own MAC while we are up. */
static int
listen_on_real(struct net_device *dev, uint64_t addr64) CTL_ONLY
{
	struct rte_ether_addr a;
	int rc;

	if (addr64 == dev->real_dev->dev_addr64)
		return 0;
	memcpy(&a, &addr64, sizeof(a));
	rc = dev_uc_add(dev->real_dev, &a);
	priv_of(dev)->uc_on_real = rc == 0;
	return rc == -EEXIST ? 0 : rc;
}

static void
unlisten_on_real(struct net_device *dev) CTL_ONLY
{
	struct rte_ether_addr a;

	if (!priv_of(dev)->uc_on_real)
		return;
	netdev_addr(dev, &a);
	dev_uc_del(dev->real_dev, &a);
	priv_of(dev)->uc_on_real = false;
}

/* Promiscuity reaches down to the port: only there are frames filtered. We are one user of the
 * lower device's, or none. */
static int
hold_promisc(struct net_device *dev, bool on) CTL_ONLY
{
	struct netdev_upper *priv = priv_of(dev);
	int rc = priv->promisc_on_real == on ? 0 : dev_set_promiscuity(dev->real_dev, on ? 1 : -1);

	if (rc == 0)
		priv->promisc_on_real = on;
	return rc;
}

static int
hold_allmulti(struct net_device *dev, bool on) CTL_ONLY
{
	struct netdev_upper *priv = priv_of(dev);
	int rc = priv->allmulti_on_real == on ? 0 : dev_set_allmulti(dev->real_dev, on ? 1 : -1);

	if (rc == 0)
		priv->allmulti_on_real = on;
	return rc;
}

/* Give back all that the lower device does for us. */
static void
release_real(struct net_device *dev) CTL_ONLY
{
	unlisten_on_real(dev);
	hold_promisc(dev, false);
	hold_allmulti(dev, false);
}

int
upper_open(struct net_device *dev)
{
	int rc;

	role_enter_ctl();
	priv_of(dev)->want_up = true;
	if (!netif_running(dev->real_dev))
		return -ENETDOWN; /* as Linux: the lower device comes first */
	rc = listen_on_real(dev, dev->dev_addr64);
	if (rc == 0 && dev->flags & IFF_PROMISC)
		rc = hold_promisc(dev, true);
	if (rc == 0 && dev->flags & IFF_ALLMULTI)
		rc = hold_allmulti(dev, true);
	if (rc != 0)
		release_real(dev);
	return rc;
}

void
upper_stop(struct net_device *dev)
{
	role_enter_ctl();
	priv_of(dev)->want_up = false;
	release_real(dev);
}

void
upper_close(struct net_device *dev)
{
	dev_close(dev);
	priv_of(dev)->want_up = false;
}

/* The new address first: when the lower device refuses it, the old one is still heard. */
int
upper_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct netdev_upper *priv;
	struct rte_ether_addr old;
	bool had_old;
	int rc = 0;

	role_enter_ctl();
	priv = priv_of(dev);
	had_old = priv->uc_on_real;
	netdev_addr(dev, &old);
	if (rte_is_same_ether_addr(&old, addr)) {
		priv->own_mac = true;
		return 0;
	}
	priv->uc_on_real = false;
	if (netif_running(dev))
		rc = listen_on_real(dev, ether_addr_to_u64(addr));
	if (rc != 0) {
		priv->uc_on_real = had_old;
		return rc;
	}
	if (had_old)
		dev_uc_del(dev->real_dev, &old);
	priv->own_mac = true;
	return 0;
}

int
upper_set_mtu(struct net_device *dev, uint32_t mtu)
{
	struct netdev_upper *priv;

	role_enter_ctl();
	priv = priv_of(dev);
	if (priv->following)
		return 0;
	if (mtu > dev->real_dev->mtu)
		return -ERANGE;
	priv->own_mtu = mtu;
	return 0;
}

/* As large as was asked for and the lower device allows. */
static int
follow_mtu(struct net_device *dev) CTL_ONLY
{
	struct netdev_upper *priv = priv_of(dev);
	uint32_t mtu = dev->real_dev->mtu;
	int rc;

	if (priv->own_mtu != 0)
		mtu = RTE_MIN(mtu, priv->own_mtu);
	priv->following = true;
	rc = dev_set_mtu(dev, mtu);
	priv->following = false;
	return rc;
}

int
upper_set_own_mtu(struct net_device *dev, uint32_t mtu)
{
	priv_of(dev)->own_mtu = mtu;
	return follow_mtu(dev);
}

struct upper_wish
upper_wish(const struct net_device *dev)
{
	const struct netdev_upper *priv = priv_of(dev);

	return (struct upper_wish){ .mtu = priv->own_mtu,
				    .mac = priv->own_mac,
				    .up = priv->want_up || netif_running(dev) };
}

/* While down nothing is asked of the lower device: open() does it. */
int
upper_set_promisc(struct net_device *dev, bool on)
{
	role_enter_ctl();
	return netif_running(dev) ? hold_promisc(dev, on) : 0;
}

int
upper_set_allmulti(struct net_device *dev, bool on)
{
	role_enter_ctl();
	return netif_running(dev) ? hold_allmulti(dev, on) : 0;
}

/* --- what happens to the lower device --- */

static void
lower_down(struct net_device *dev) CTL_ONLY
{
	bool was_up = netif_running(dev);

	dev_close(dev);
	priv_of(dev)->want_up |= was_up;
	netif_carrier_set(dev, false);
}

static void
lower_up(struct net_device *dev) CTL_ONLY
{
	int rc;

	netif_carrier_set(dev, upper_has_carrier(dev->real_dev));
	if (!priv_of(dev)->want_up)
		return;
	rc = dev_open(dev);
	if (rc != 0)
		log_err("%s: does not come up with %s: %s", dev->name, dev->real_dev->name,
			strerror(-rc));
}

static void
follow_one(struct net_device *dev, unsigned int event) CTL_ONLY
{
	struct net_device *lower = dev->real_dev;
	struct rte_ether_addr addr;

	switch (event) {
	case NETDEV_UP:
		lower_up(dev);
		break;
	case NETDEV_CARRIER:
		netif_carrier_set(dev, upper_has_carrier(lower));
		break;
	case NETDEV_DOWN:
		lower_down(dev);
		break;
	case NETDEV_CHANGEMTU:
		follow_mtu(dev);
		break;
	case NETDEV_CHANGEADDR:
		netdev_addr(lower, &addr);
		if (!priv_of(dev)->own_mac)
			dev_addr_changed(dev, &addr);
		break;
	}
}

/* A device right over @p lower, or NULL. */
static struct net_device *
first_over(const struct net_device *lower) CTL_ONLY
{
	struct net_device *d = dev_first();

	while (d != NULL && (d == lower || d->real_dev != lower))
		d = d->ctl->next;
	return d;
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *lower = obj, *d;

	role_enter_ctl();
	/* Removal takes further devices along: look afresh each time. */
	if (event == NETDEV_UNREGISTER) {
		while ((d = first_over(lower)) != NULL)
			d->ctl->ops->dellink(d);
		return NOTIFY_OK;
	}
	for (d = dev_first(); d != NULL; d = d->ctl->next)
		if (d != lower && d->real_dev == lower)
			follow_one(d, event);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_DRIVER };

void
upper_init(void)
{
	notifier_add(&netdev_chain, &listener);
}

void
upper_fini(void)
{
	notifier_del(&netdev_chain, &listener);
}
