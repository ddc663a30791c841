/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "macvlan/macvlan.h"
#include "macvlan/macvlan_dp.h"
#include "netdev/netdev_upper.h"

/* --- the devices of a parent, as its workers see them --- */

static struct macvlan_port *
port_of(const struct net_device *parent)
{
	return parent->rx_handler == macvlan_handle_frame ? parent->rx_handler_data : NULL;
}

static void
port_free(struct rcu_head *head)
{
	free(container_of(head, struct macvlan_port, rcu));
}

/* A copy with room for one more. */
static struct macvlan_port *
port_copy(const struct macvlan_port *old, const struct net_device *without)
{
	unsigned int n = old != NULL ? old->n : 0;
	struct macvlan_port *port = calloc(1, sizeof(*port) + (n + 1) * sizeof(port->dev[0]));

	if (port == NULL)
		return NULL;
	for (unsigned int i = 0; i < n; i++)
		if (old->dev[i] != without)
			port->dev[port->n++] = old->dev[i];
	return port;
}

static int
attach(struct net_device *parent, struct net_device *dev) CTL_ONLY
{
	struct macvlan_port *old = port_of(parent), *port = port_copy(old, NULL);
	int rc;

	if (port == NULL)
		return -ENOMEM;
	port->dev[port->n++] = dev;
	if (old != NULL) {
		rcu_assign_pointer(parent->rx_handler_data, port);
		rcu_defer(&old->rcu, port_free);
		return 0;
	}
	rc = netdev_rx_handler_register(parent, macvlan_handle_frame, port);
	if (rc != 0)
		free(port);
	return rc;
}

/* Without memory for a smaller list the entry is overwritten by another one of it: an aligned
 * pointer, seen whole. */
static void
detach(struct net_device *parent, struct net_device *dev) CTL_ONLY
{
	struct macvlan_port *old = port_of(parent), *port;

	if (old == NULL)
		return;
	if (old->n == 1) {
		netdev_rx_handler_unregister(parent);
		rcu_defer(&old->rcu, port_free);
		return;
	}
	port = port_copy(old, dev);
	if (port != NULL) {
		rcu_assign_pointer(parent->rx_handler_data, port);
		rcu_defer(&old->rcu, port_free);
		return;
	}
	for (unsigned int i = 0; i < old->n; i++)
		if (old->dev[i] == dev)
			__atomic_store_n(&old->dev[i], old->dev[i > 0 ? 0 : old->n - 1],
					 __ATOMIC_RELEASE);
}

/* --- the driver's side --- */

/* Is @p addr64 the parent's or another macvlan's over it? */
static bool
is_taken(const struct net_device *parent, const struct net_device *self, uint64_t addr64)
{
	const struct macvlan_port *port = port_of(parent);

	if (parent->dev_addr64 == addr64)
		return true;
	for (unsigned int i = 0; port != NULL && i < port->n; i++)
		if (port->dev[i] != self && port->dev[i]->dev_addr64 == addr64)
			return true;
	return false;
}

static int
macvlan_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	return is_taken(dev->real_dev, dev, ether_addr_to_u64(addr)) ? -EADDRINUSE
								     : upper_set_mac(dev, addr);
}

static int
macvlan_dellink(struct net_device *dev)
{
	role_enter_ctl();
	return macvlan_dev_del(dev);
}

static const struct net_device_ops macvlan_ops = {
	.open = upper_open,
	.stop = upper_stop,
	.set_mac = macvlan_set_mac,
	.set_mtu = upper_set_mtu,
	.set_promisc = upper_set_promisc,
	.set_allmulti = upper_set_allmulti,
	.dellink = macvlan_dellink,
	.destructor = upper_destructor,
};

bool
is_macvlan_dev(const struct net_device *dev)
{
	return dev->ctl->ops == &macvlan_ops;
}

/* --- creation --- */

static int
check(const struct net_device *parent, const struct rte_ether_addr *mac)
{
	const struct macvlan_port *port = port_of(parent);

	if (!rte_is_valid_assigned_ether_addr(mac) ||
	    parent->flags & (IFF_LOOPBACK | IFF_POINTOPOINT) || is_macvlan_dev(parent))
		return -EINVAL;
	if (is_taken(parent, NULL, ether_addr_to_u64(mac)))
		return -EADDRINUSE;
	if (parent->rx_handler != NULL && port == NULL)
		return -EBUSY;
	return port != NULL && port->n == NETDEV_UC_MAX ? -ENOSPC : 0;
}

static struct net_device *
make(struct net_device *parent, const struct rte_ether_addr *mac) CTL_ONLY
{
	struct netdev_upper *priv = calloc(1, sizeof(*priv));
	struct net_device *dev;

	if (priv == NULL)
		return NULL;
	dev = alloc_netdev("macvlan", &macvlan_ops, &macvlan_ops_dp, priv);
	if (dev == NULL) {
		free(priv);
		return NULL;
	}
	priv->own_mac = true;
	upper_setup(dev, parent);
	dev->dev_addr64 = ether_addr_to_u64(mac);
	dev->ctl->perm_addr = *mac;
	return dev;
}

int
macvlan_dev_add(struct net_device *parent, const char *name, const struct rte_ether_addr *mac,
		struct net_device **out)
{
	struct rte_ether_addr random;
	struct net_device *dev;
	int rc;

	if (mac == NULL) {
		rte_eth_random_addr(random.addr_bytes);
		mac = &random;
	}
	rc = check(parent, mac);
	if (rc != 0)
		return rc;
	dev = make(parent, mac);
	if (dev == NULL)
		return -ENOMEM;
	rc = register_netdevice(dev, name);
	if (rc != 0) {
		upper_destructor(dev);
		free_netdev(dev);
		return rc;
	}
	/* Last: from here on frames find it. */
	rc = attach(parent, dev);
	if (rc != 0)
		unregister_netdevice(dev);
	else if (out != NULL)
		*out = dev;
	return rc;
}

int
macvlan_dev_del(struct net_device *dev)
{
	if (!is_macvlan_dev(dev))
		return -EINVAL;
	detach(dev->real_dev, dev);
	unregister_netdevice(dev);
	return 0;
}

void
macvlan_fini(void)
{
	struct net_device *d;

	do {
		for (d = dev_first(); d != NULL && !is_macvlan_dev(d); d = d->ctl->next)
			;
		if (d != NULL)
			macvlan_dev_del(d);
	} while (d != NULL);
}
