/* SPDX-License-Identifier: BSD-3-Clause */
/* Which VLAN device a tag belongs to: one table per parent, made for its first VLAN. */
#include <errno.h>
#include <stdlib.h>
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "netdev/netdev_priv.h"

static uint32_t
door_of(const struct net_device *dev)
{
	const struct in_device *in_dev = dev->ip_ptr;
	uint32_t door = VLAN_DOOR_OPEN | (uint32_t)dev->ifindex << 16;

	if (dev->rx_off != 0 || in_dev == NULL || !IN_DEV_CONF(in_dev, forwarding) ||
	    dev->dev_addr64 != dev->real_dev->dev_addr64)
		return 0;
	if (dev->vlan_proto == RTE_BE16(RTE_ETHER_TYPE_QINQ))
		door |= VLAN_DOOR_QINQ;
	return door |
	       (uint32_t)IN_DEV_MAXCONF(in_dev, rp_filter) * (VLAN_DOOR_RPF & -VLAN_DOOR_RPF);
}

static void
update(struct vlan_table *t, uint16_t id)
{
	uint32_t door = t->dev[id] != NULL ? door_of(t->dev[id]) : 0;

	__atomic_store_n(&t->door[id], door, __ATOMIC_RELEASE);
}

void
netdev_vlan_update(struct net_device *dev)
{
	struct vlan_table *own = dev->vlan_tab, *t = dev->real_dev->vlan_tab;

	if (dev->vlan_proto != 0 && t != NULL && t->dev[dev->vlan_id] == dev)
		update(t, dev->vlan_id);
	for (unsigned int id = 0; own != NULL && id < VLAN_N; id++)
		update(own, (uint16_t)id);
}

int
netdev_vlan_attach(struct net_device *parent, struct net_device *dev)
{
	struct vlan_table *t = parent->vlan_tab;

	if (t == NULL) {
		t = calloc(1, sizeof(*t));
		if (t == NULL)
			return -ENOMEM;
		rcu_assign_pointer(parent->vlan_tab, t);
	}
	if (t->dev[dev->vlan_id] != NULL)
		return -EEXIST;
	t->n++;
	rcu_assign_pointer(t->dev[dev->vlan_id], dev);
	update(t, dev->vlan_id);
	return 0;
}

void
netdev_vlan_detach(struct net_device *parent, struct net_device *dev)
{
	struct vlan_table *t = parent->vlan_tab;

	if (t == NULL || t->dev[dev->vlan_id] != dev)
		return;
	rcu_assign_pointer(t->dev[dev->vlan_id], NULL);
	update(t, dev->vlan_id);
	if (--t->n > 0)
		return;
	rcu_assign_pointer(parent->vlan_tab, NULL);
	netdev_free_rcu(&t->rcu);
}
