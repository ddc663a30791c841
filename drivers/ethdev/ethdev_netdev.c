/* SPDX-License-Identifier: BSD-3-Clause */
/* struct net_device_ops over rte_ethdev: what `ip link set` does to a port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ethdev/ethdev_priv.h"

static CTL_ONLY uint16_t
id_of(const struct net_device *dev)
{
	const struct ethdev_port *port = dev->priv_dp;

	return port->port_id;
}

/* Administrative state goes to the wire where the device can; frames of a device that is down are
 * dropped by netdev either way. */
static CTL_ONLY int
port_open(struct net_device *dev)
{
	int rc = rte_eth_dev_set_link_up(id_of(dev));

	ethdev_link_update(dev->priv_dp);
	if (rc != 0 && rc != -ENOTSUP)
		return rc;
	ethdev_poll_admin(dev->priv_dp, true);
	return 0;
}

static CTL_ONLY void
port_stop(struct net_device *dev)
{
	ethdev_poll_admin(dev->priv_dp, false);
	rte_eth_dev_set_link_down(id_of(dev));
	ethdev_link_update(dev->priv_dp);
}

/* A device that can not change its address is made to hear everything: netdev tells whose a frame
 * is. Virtual devices are like that. */
int
ethdev_set_mac(struct ethdev_port *port, const struct rte_ether_addr *addr)
{
	struct rte_ether_addr copy = *addr;
	int rc = rte_eth_dev_default_mac_addr_set(port->port_id, &copy);

	if (rc == -ENOTSUP) {
		rc = rte_eth_promiscuous_enable(port->port_id);
		port->ctl->soft_mac = rc == 0;
		rc = rc == -ENOTSUP ? 0 : rc;
	}
	if (rc == 0) {
		port->ctl->conf.mac = *addr;
		port->ctl->conf.mac_set = true;
	}
	return rc;
}

static CTL_ONLY int
port_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	return ethdev_set_mac(dev->priv_dp, addr);
}

static CTL_ONLY int
port_set_mtu(struct net_device *dev, uint32_t mtu)
{
	struct ethdev_port *port = dev->priv_dp;
	int rc = rte_eth_dev_set_mtu(port->port_id, (uint16_t)mtu);

	if (rc == 0 || rc == -ENOTSUP) { /* a device without a limit of its own takes any */
		port->ctl->conf.mtu = mtu;
		return 0;
	}
	return rc;
}

static CTL_ONLY int
port_set_promisc(struct net_device *dev, bool on)
{
	const struct ethdev_port *port = dev->priv_dp;
	int rc;

	if (!on && port->ctl->soft_mac)
		return 0; /* it hears its own address by hearing everything */
	rc = on ? rte_eth_promiscuous_enable(id_of(dev)) : rte_eth_promiscuous_disable(id_of(dev));

	return rc == -ENOTSUP ? 0 : rc; /* no filter: it hears everything already */
}

static CTL_ONLY int
port_set_allmulti(struct net_device *dev, bool on)
{
	int rc = on ? rte_eth_allmulticast_enable(id_of(dev))
		    : rte_eth_allmulticast_disable(id_of(dev));

	return rc == -ENOTSUP ? 0 : rc;
}

static CTL_ONLY int
port_add_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct rte_ether_addr copy = *addr;
	int rc = rte_eth_dev_mac_addr_add(id_of(dev), &copy, 0);

	return rc == -ENOTSUP ? -EOPNOTSUPP : rc;
}

static CTL_ONLY int
port_del_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct rte_ether_addr copy = *addr;

	return rte_eth_dev_mac_addr_remove(id_of(dev), &copy);
}

/* The list is kept: the device has to be told again after a reset. */
static CTL_ONLY int
port_set_mc_list(struct net_device *dev, const struct rte_ether_addr *list, unsigned int n)
{
	struct ethdev_port *port = dev->priv_dp;
	struct rte_ether_addr *copy = malloc(n * sizeof(*copy) + 1);
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	if (n > 0)
		memcpy(copy, list, n * sizeof(*copy));
	rc = rte_eth_dev_set_mc_addr_list(port->port_id, copy, n);
	if (rc != 0 && rc != -ENOTSUP) {
		free(copy);
		return rc;
	}
	free(port->ctl->mc_list);
	port->ctl->mc_list = copy;
	port->ctl->n_mc = n;
	return 0;
}

const struct net_device_ops ethdev_netdev_ops = {
	.open = port_open,
	.stop = port_stop,
	.set_mac = port_set_mac,
	.set_mtu = port_set_mtu,
	.set_promisc = port_set_promisc,
	.set_allmulti = port_set_allmulti,
	.add_mac = port_add_mac,
	.del_mac = port_del_mac,
	.set_mc_list = port_set_mc_list,
};
