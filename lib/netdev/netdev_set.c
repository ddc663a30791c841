/* SPDX-License-Identifier: BSD-3-Clause */
/* States and settings of a device: up and down, carrier, MTU, addresses, promiscuity, handlers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "netdev/netdev.h"
#include "netdev/netdev_priv.h"

static void
set_flags(struct net_device *dev, uint32_t bits, bool on)
{
	uint32_t f = on ? dev->flags | bits : dev->flags & ~bits;

	__atomic_store_n(&dev->flags, f, __ATOMIC_RELAXED);
}

void
netdev_rx_off(struct net_device *dev, uint32_t bits, bool on)
{
	uint32_t f = on ? dev->rx_off | bits : dev->rx_off & ~bits;

	__atomic_store_n(&dev->rx_off, f, __ATOMIC_RELEASE);
	netdev_vlan_update(dev);
}

int
dev_open(struct net_device *dev)
{
	int rc;

	if (dev->flags & IFF_UP)
		return 0;
	rc = notifier_ask(&netdev_chain, NETDEV_PRE_UP, NETDEV_DOWN, dev);
	if (rc != 0)
		return rc;
	rc = dev->ctl->ops->open != NULL ? dev->ctl->ops->open(dev) : 0;
	if (rc != 0) {
		notifier_call(&netdev_chain, NETDEV_DOWN, dev);
		return rc;
	}
	set_flags(dev, IFF_UP, true);
	dev->ctl->up_since_ms = clock_ms();
	netdev_rx_off(dev, NETDEV_RXF_DOWN, false);
	notifier_call(&netdev_chain, NETDEV_UP, dev);
	return 0;
}

void
dev_close(struct net_device *dev)
{
	if (!(dev->flags & IFF_UP))
		return;
	notifier_call(&netdev_chain, NETDEV_GOING_DOWN, dev);
	netdev_rx_off(dev, NETDEV_RXF_DOWN, true);
	set_flags(dev, IFF_UP, false);
	if (dev->ctl->ops->stop != NULL)
		dev->ctl->ops->stop(dev);
	notifier_call(&netdev_chain, NETDEV_DOWN, dev);
}

void
netif_carrier_set(struct net_device *dev, bool on)
{
	if (on == netif_carrier_ok(dev))
		return;
	set_flags(dev, IFF_RUNNING, on);
	dev->ctl->carrier_changes++;
	notifier_call(&netdev_chain, NETDEV_CARRIER, dev);
}

void
dev_addr_changed(struct net_device *dev, const struct rte_ether_addr *addr)
{
	if (ether_addr_to_u64(addr) == dev->dev_addr64)
		return;
	__atomic_store_n(&dev->dev_addr64, ether_addr_to_u64(addr), __ATOMIC_RELAXED);
	netdev_vlan_update(dev);
	notifier_call(&netdev_chain, NETDEV_CHANGEADDR, dev);
}

int
dev_set_mac_address(struct net_device *dev, const struct rte_ether_addr *addr)
{
	int rc;

	if (!rte_is_valid_assigned_ether_addr(addr))
		return -EINVAL;
	if (dev->ctl->ops->set_mac == NULL)
		return -EOPNOTSUPP;
	if (ether_addr_to_u64(addr) == dev->dev_addr64)
		return 0;
	rc = dev->ctl->ops->set_mac(dev, addr);
	if (rc == 0)
		dev_addr_changed(dev, addr);
	return rc;
}

int
dev_set_mtu(struct net_device *dev, uint32_t mtu)
{
	int rc;

	if (mtu < dev->ctl->min_mtu || mtu > dev->ctl->max_mtu)
		return -ERANGE;
	/* A VLAN device hears of it all the same: from now on the value is its own. */
	if (mtu == dev->mtu && dev->real_dev == dev)
		return 0;
	rc = dev->ctl->ops->set_mtu != NULL ? dev->ctl->ops->set_mtu(dev, mtu) : 0;
	if (rc != 0 || mtu == dev->mtu)
		return rc;
	__atomic_store_n(&dev->mtu, mtu, __ATOMIC_RELAXED);
	notifier_call(&netdev_chain, NETDEV_CHANGEMTU, dev);
	return 0;
}

void
dev_set_alias(struct net_device *dev, const char *alias)
{
	snprintf(dev->ctl->alias, sizeof(dev->ctl->alias), "%s", alias);
	notifier_call(&netdev_chain, NETDEV_CHANGE, dev);
}

/* Count users of a mode up or down; the driver hears of the first and of the last. */
static int
count_users(struct net_device *dev, unsigned int *users, int inc, uint32_t flag,
	    int (*set)(struct net_device *, bool)) CTL_ONLY
{
	unsigned int old = *users;
	int rc;

	if (inc < 0 && (unsigned int)-inc > old)
		return -EINVAL;
	if ((old == 0) == (old + inc == 0)) {
		*users = old + inc;
		return 0;
	}
	rc = set != NULL ? set(dev, old == 0) : 0;
	if (rc != 0)
		return rc;
	*users = old + inc;
	set_flags(dev, flag, old == 0);
	notifier_call(&netdev_chain, NETDEV_CHANGE, dev);
	return 0;
}

int
dev_set_promiscuity(struct net_device *dev, int inc)
{
	return count_users(dev, &dev->ctl->promiscuity, inc, IFF_PROMISC,
			   dev->ctl->ops->set_promisc);
}

int
dev_set_user_promisc(struct net_device *dev, bool on)
{
	int rc = on == dev->ctl->user_promisc ? 0 : dev_set_promiscuity(dev, on ? 1 : -1);

	if (rc == 0)
		dev->ctl->user_promisc = on;
	return rc;
}

int
dev_set_allmulti(struct net_device *dev, int inc)
{
	return count_users(dev, &dev->ctl->allmulti, inc, IFF_ALLMULTI,
			   dev->ctl->ops->set_allmulti);
}

/* --- further unicast addresses --- */

static int
uc_find(const struct netdev_uc *uc, uint64_t a)
{
	for (unsigned int i = 0; uc != NULL && i < uc->n; i++)
		if (uc->addr[i] == a)
			return (int)i;
	return -1;
}

static struct netdev_uc *
uc_alloc(unsigned int n)
{
	struct netdev_uc *uc = calloc(1, sizeof(*uc) + (n + 1) * sizeof(uc->addr[0]));

	if (uc != NULL)
		uc->n = n;
	return uc;
}

static void
uc_publish(struct net_device *dev, struct netdev_uc *uc) CTL_ONLY
{
	struct netdev_uc *old = dev->ctl->uc;

	dev->ctl->uc = uc;
	rcu_assign_pointer(dev->extra_addrs, uc != NULL ? uc->addr : NULL);
	if (old != NULL)
		netdev_free_rcu(&old->rcu);
}

int
dev_uc_add(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct netdev_uc *old = dev->ctl->uc, *uc;
	unsigned int n = old != NULL ? old->n : 0;
	uint64_t a = ether_addr_to_u64(addr);
	bool filtered;
	int rc;

	if (!rte_is_valid_assigned_ether_addr(addr))
		return -EINVAL;
	if (a == dev->dev_addr64 || uc_find(old, a) >= 0)
		return -EEXIST;
	if (n == NETDEV_UC_MAX)
		return -ENOSPC;
	uc = uc_alloc(n + 1);
	if (uc == NULL)
		return -ENOMEM;
	filtered = dev->ctl->ops->add_mac != NULL && dev->ctl->ops->add_mac(dev, addr) == 0;
	if (!filtered) {
		rc = dev_set_promiscuity(dev, 1);
		if (rc != 0) {
			free(uc);
			return rc;
		}
	}
	if (old != NULL)
		memcpy(uc->addr, old->addr, n * sizeof(uc->addr[0]));
	uc->addr[n] = a;
	uc->filtered = (old != NULL ? old->filtered : 0) | (uint64_t)filtered << n;
	uc_publish(dev, uc);
	return 0;
}

int
dev_uc_del(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct netdev_uc *old = dev->ctl->uc, *uc = NULL;
	int at = uc_find(old, ether_addr_to_u64(addr));

	if (at < 0)
		return -ENOENT;
	if (old->n > 1) {
		uc = uc_alloc(old->n - 1);
		if (uc == NULL)
			return -ENOMEM;
		for (unsigned int i = 0, k = 0; i < old->n; i++) {
			if (i == (unsigned int)at)
				continue;
			uc->filtered |= (old->filtered >> i & 1) << k;
			uc->addr[k++] = old->addr[i];
		}
	}
	if (!(old->filtered >> at & 1))
		dev_set_promiscuity(dev, -1);
	else if (dev->ctl->ops->del_mac != NULL)
		dev->ctl->ops->del_mac(dev, addr);
	uc_publish(dev, uc);
	return 0;
}

/* --- the bridge hook --- */

int
netdev_rx_handler_register(struct net_device *dev,
			   enum rx_handler_result (*fn)(struct worker *, struct sk_buff *),
			   void *data)
{
	if (dev->rx_handler != NULL)
		return -EBUSY;
	/* Data first: whoever sees the handler sees its data. */
	rcu_assign_pointer(dev->rx_handler_data, data);
	rcu_assign_pointer(dev->rx_handler, fn);
	netdev_rx_off(dev, NETDEV_RXF_HANDLER, true);
	return 0;
}

void
netdev_rx_handler_unregister(struct net_device *dev)
{
	if (dev->rx_handler == NULL)
		return;
	netdev_rx_off(dev, NETDEV_RXF_HANDLER, false);
	rcu_assign_pointer(dev->rx_burst, NULL);
	rcu_assign_pointer(dev->rx_handler, NULL);
	/* A worker inside the old handler may still ask for its data. */
	rcu_synchronize();
	rcu_assign_pointer(dev->rx_handler_data, NULL);
}

/* --- masters --- */

int
dev_set_master(struct net_device *dev, struct net_device *master, const char **why)
{
	struct net_device *old = dev->ctl->master;

	*why = "devices can not belong to it";
	if (master != NULL && master->ctl->ops->add_slave == NULL)
		return -EOPNOTSUPP;
	if (old == master)
		return 0;
	if (old != NULL) {
		int rc = old->ctl->ops->del_slave(old, dev);

		*why = "it can not be taken out of the device it belongs to";
		if (rc != 0)
			return rc;
	}
	return master != NULL ? master->ctl->ops->add_slave(master, dev, why) : 0;
}
