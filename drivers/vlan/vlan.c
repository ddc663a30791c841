/* SPDX-License-Identifier: BSD-3-Clause */
/* VLAN devices: creation and removal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "netdev/netdev_upper.h"
#include "vlan/vlan.h"

static int
vlan_dellink(struct net_device *dev)
{
	role_enter_ctl();
	return vlan_dev_del(dev);
}

static const struct net_device_ops vlan_ops = {
	.open = upper_open,
	.stop = upper_stop,
	.set_mac = upper_set_mac,
	.set_mtu = upper_set_mtu,
	.set_promisc = upper_set_promisc,
	.set_allmulti = upper_set_allmulti,
	.dellink = vlan_dellink,
	.destructor = upper_destructor,
};

/* --- creation --- */

bool
is_vlan_dev(const struct net_device *dev)
{
	return dev->ctl->ops == &vlan_ops;
}

rte_be16_t
vlan_proto_parse(const char *word)
{
	if (strcasecmp(word, "802.1Q") == 0)
		return RTE_BE16(RTE_ETHER_TYPE_VLAN);
	return strcasecmp(word, "802.1ad") == 0 ? RTE_BE16(RTE_ETHER_TYPE_QINQ) : 0;
}

static int
check_parent(const struct net_device *parent, uint16_t id, rte_be16_t proto)
{
	unsigned int tags = 1;

	if (id == 0 || id > 4094 || parent->flags & (IFF_LOOPBACK | IFF_POINTOPOINT) ||
	    (parent->real_dev != parent && parent->vlan_proto == 0) ||
	    (proto != RTE_BE16(RTE_ETHER_TYPE_VLAN) && proto != RTE_BE16(RTE_ETHER_TYPE_QINQ)))
		return -EINVAL;
	for (; parent->real_dev != parent; parent = parent->real_dev)
		tags++;
	return tags > NETDEV_TAGS_MAX ? -ELOOP : 0;
}

static struct net_device *
make(struct net_device *parent, uint16_t id, rte_be16_t proto) CTL_ONLY
{
	struct netdev_upper *priv = calloc(1, sizeof(*priv));
	struct net_device *dev;

	if (priv == NULL)
		return NULL;
	dev = alloc_netdev("vlan", &vlan_ops, &vlan_ops_dp, priv);
	if (dev == NULL) {
		free(priv);
		return NULL;
	}
	upper_setup(dev, parent);
	dev->vlan_id = id;
	dev->vlan_proto = proto;
	netdev_addr(parent, &dev->ctl->perm_addr);
	return dev;
}

int
vlan_dev_add(struct net_device *parent, const char *name, uint16_t id, rte_be16_t proto,
	     struct net_device **out)
{
	int rc = check_parent(parent, id, proto);
	struct net_device *dev;

	if (rc != 0)
		return rc;
	if (parent->vlan_tab != NULL && parent->vlan_tab->dev[id] != NULL)
		return -EEXIST;
	dev = make(parent, id, proto);
	if (dev == NULL)
		return -ENOMEM;
	rc = register_netdevice(dev, name);
	if (rc != 0) {
		upper_destructor(dev);
		free_netdev(dev);
		return rc;
	}
	/* Last: from here on frames find it. */
	rc = netdev_vlan_attach(parent, dev);
	if (rc != 0) {
		unregister_netdevice(dev);
		return rc;
	}
	if (out != NULL)
		*out = dev;
	return 0;
}

int
vlan_dev_del(struct net_device *dev)
{
	if (!is_vlan_dev(dev))
		return -EINVAL;
	netdev_vlan_detach(dev->real_dev, dev);
	unregister_netdevice(dev);
	return 0;
}

void
vlan_fini(void)
{
	struct net_device *d;

	do {
		for (d = dev_first(); d != NULL && !is_vlan_dev(d); d = d->ctl->next)
			;
		if (d != NULL)
			vlan_dev_del(d); /* and those over it: start again */
	} while (d != NULL);
}
