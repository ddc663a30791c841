/* SPDX-License-Identifier: BSD-3-Clause */
/* Which VLAN device a tag belongs to: one table per parent, made for its first VLAN. */
#include <errno.h>
#include <stdlib.h>
#include "netdev/netdev.h"
#include "netdev/netdev_priv.h"

#define VLAN_N 4096

struct vlan_table {
	struct rcu_head rcu;
	unsigned int n;
	struct net_device *dev[VLAN_N]; /* what net_device.vlan_tab points at */
};

static struct vlan_table *
table_of(struct net_device **tab)
{
	return RTE_PTR_SUB(tab, offsetof(struct vlan_table, dev));
}

int
netdev_vlan_attach(struct net_device *parent, struct net_device *dev)
{
	struct net_device **tab = parent->vlan_tab;

	if (tab == NULL) {
		struct vlan_table *t = calloc(1, sizeof(*t));

		if (t == NULL)
			return -ENOMEM;
		tab = t->dev;
		rcu_assign_pointer(parent->vlan_tab, tab);
	}
	if (tab[dev->vlan_id] != NULL)
		return -EEXIST;
	table_of(tab)->n++;
	rcu_assign_pointer(tab[dev->vlan_id], dev);
	return 0;
}

void
netdev_vlan_detach(struct net_device *parent, struct net_device *dev)
{
	struct net_device **tab = parent->vlan_tab;
	struct vlan_table *t;

	if (tab == NULL || tab[dev->vlan_id] != dev)
		return;
	t = table_of(tab);
	rcu_assign_pointer(tab[dev->vlan_id], NULL);
	if (--t->n > 0)
		return;
	rcu_assign_pointer(parent->vlan_tab, NULL);
	netdev_free_rcu(&t->rcu);
}
