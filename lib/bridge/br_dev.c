/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridges as net devices: creation and removal, address and MTU. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_priv.h"
#include "core/msg.h"

uint16_t br_msg_bpdu, br_msg_learn, br_msg_igmp, br_msg_arp;

/* --- the driver's side --- */

static int
dev_up(struct net_device *dev)
{
	(void)dev;
	return 0;
}

/* The flag changes before the event and after this call: states follow the event. */
static void
dev_stop(struct net_device *dev)
{
	(void)dev;
}

static void
set_address(struct net_bridge *br, const struct rte_ether_addr *mac) CTL_ONLY
{
	uint64_t old = br->dev->dev_addr64;

	dev_addr_changed(br->dev, mac);
	br_fdb_local_del(br, NULL, old);
	br_fdb_local_add(br, NULL, ether_addr_to_u64(mac));
	br_stp_address(br);
}

static int
dev_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	struct net_bridge *br = br_of(dev);

	role_enter_ctl();
	br_ctl(br)->own_mac = true;
	set_address(br, addr);
	return 0;
}

static int
set_mtu(struct net_device *dev, uint32_t mtu)
{
	struct br_ctl *c = br_ctl(br_of(dev));

	(void)mtu;
	if (!c->following)
		c->own_mtu = true;
	return 0;
}

/* Frames to further addresses of the bridge's device are the bridge's. */
static int
add_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	role_enter_ctl();
	br_fdb_local_add(br_of(dev), NULL, ether_addr_to_u64(addr));
	return 0;
}

static int
del_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	role_enter_ctl();
	br_fdb_local_del(br_of(dev), NULL, ether_addr_to_u64(addr));
	return 0;
}

static int
add_slave(struct net_device *master, struct net_device *dev, const char **why)
{
	role_enter_ctl();
	return br_port_add(br_of(master), dev, why);
}

static int
del_slave(struct net_device *master, struct net_device *dev)
{
	(void)master;
	role_enter_ctl();
	return br_port_del(dev);
}

static int
dellink(struct net_device *dev)
{
	role_enter_ctl();
	return br_del(dev);
}

static void
br_free(struct net_bridge *br)
{
	if (br == NULL)
		return;
	role_enter_ctl();
	if (br->ctl != NULL) {
		timer_del(&br->ctl->ageing);
		timer_del(&br->ctl->tick);
	}
	br_fdb_free(br);
	br_mdb_free(br);
	br_stp_free(br);
	if (br->vlan_stats != NULL)
		br_vlan_stats_free(&br->vlan_stats->rcu);
	free(br->vlans);
	free(br->vlan_tree);
	free(br->ports);
	free(br->ctl);
	free(br);
}

static void
destructor(struct net_device *dev)
{
	br_free(dev->ctl->priv);
}

static const struct net_device_ops br_ops = {
	.open = dev_up,
	.stop = dev_stop,
	.set_mac = dev_set_mac,
	.set_mtu = set_mtu,
	.add_mac = add_mac,
	.del_mac = del_mac,
	.add_slave = add_slave,
	.del_slave = del_slave,
	.dellink = dellink,
	.destructor = destructor,
};

struct net_bridge *
br_of(const struct net_device *dev)
{
	return dev->ctl->ops == &br_ops ? dev->ctl->priv : NULL;
}

/* --- what it takes from its ports --- */

/* IEEE 802.1D-2004 7.12.5: the address of the bridge should be the lowest of its ports'. */
static void
follow_mac(struct net_bridge *br) CTL_ONLY
{
	struct rte_ether_addr low, mac;

	if (br_ctl(br)->own_mac || br->ports->n == 0)
		return;
	netdev_addr(br->ports->p[0]->dev, &low);
	for (unsigned int i = 1; i < br->ports->n; i++) {
		netdev_addr(br->ports->p[i]->dev, &mac);
		if (memcmp(&mac, &low, sizeof(mac)) < 0)
			low = mac;
	}
	if (ether_addr_to_u64(&low) != br->dev->dev_addr64)
		set_address(br, &low);
}

static void
follow_mtu(struct net_bridge *br) CTL_ONLY
{
	struct br_ctl *c = br_ctl(br);
	uint32_t mtu = UINT16_MAX;

	if (c->own_mtu)
		return;
	for (unsigned int i = 0; i < br->ports->n; i++)
		mtu = RTE_MIN(mtu, br->ports->p[i]->dev->mtu);
	c->following = true;
	dev_set_mtu(br->dev, br->ports->n > 0 ? mtu : RTE_ETHER_MTU);
	c->following = false;
}

void
br_follow_ports(struct net_bridge *br)
{
	follow_mac(br);
	follow_mtu(br);
}

struct br_wish
br_wish(const struct net_bridge *br)
{
	return (struct br_wish){ .mac = br->ctl->own_mac, .mtu = br->ctl->own_mtu };
}

int
br_set_own_mtu(struct net_bridge *br, uint32_t mtu)
{
	int rc = mtu != 0 ? dev_set_mtu(br->dev, mtu) : 0;

	if (rc != 0)
		return rc;
	br_ctl(br)->own_mtu = mtu != 0;
	follow_mtu(br);
	return 0;
}

/* --- creation --- */

static struct net_bridge *
br_alloc(void) CTL_ONLY
{
	struct net_bridge *br = calloc(1, sizeof(*br));

	if (br == NULL)
		return NULL;
	br->ctl = calloc(1, sizeof(*br->ctl));
	br->ports = calloc(1, sizeof(*br->ports));
	br->vlan_tree = calloc(BR_VLAN_N, 1);
	if (br->ctl == NULL || br->ports == NULL || br->vlan_tree == NULL)
		goto err;
	br->ctl->br = br;
	timer_setup(&br->ctl->ageing, NULL); /* may be stopped from here on */
	timer_setup(&br->ctl->tick, NULL);
	br->ctl->default_pvid = 1;
	br->ctl->used[0] = 1; /* the bridge itself */
	br->ctl->ageing_cs = BR_AGEING_CS;
	br->ctl->ageing_ms = BR_AGEING_CS * 10;
	br->vlan_proto = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	br_mcast_init(br);
	br->vlans = br_vlans_default(br);
	if (br->vlans == NULL || br_fdb_init(br) != 0 || br_stp_init(br) != 0)
		goto err;
	return br;
err:
	br_free(br);
	return NULL;
}

int
br_add(const char *name, struct net_device **out)
{
	struct net_bridge *br = br_alloc();
	struct rte_ether_addr mac;
	struct net_device *dev;
	int rc;

	if (br == NULL)
		return -ENOMEM;
	dev = alloc_netdev("bridge", &br_ops, &br_ops_dp, br);
	if (dev == NULL) {
		rc = -ENOMEM;
		goto undo_bridge;
	}
	br->dev = dev;
	dev->priv_dp = br;
	dev->features = NETIF_F_SG;
	rte_eth_random_addr(mac.addr_bytes);
	dev->dev_addr64 = ether_addr_to_u64(&mac);
	dev->ctl->perm_addr = mac;
	rc = register_netdevice(dev, name);
	if (rc != 0)
		goto undo_dev;
	br_fdb_local_add(br, NULL, dev->dev_addr64);
	br_stp_address(br);
	br_mcast_set_snooping(br, true);
	br_vlan_tell_change(br, NULL, NULL, br->vlans);
	if (out != NULL)
		*out = dev;
	return 0;
undo_dev:
	free_netdev(dev);
undo_bridge:
	br_free(br);
	return rc;
}

int
br_del(struct net_device *dev)
{
	struct net_bridge *br = br_of(dev);

	if (br == NULL)
		return -EINVAL;
	while (br->ports->n > 0)
		br_port_del(br->ports->p[0]->dev);
	timer_del(&br->ctl->ageing);
	timer_del(&br->ctl->tick);
	br_mcast_stop(br);
	br_vlan_tell_change(br, NULL, br->vlans, NULL);
	unregister_netdevice(dev);
	return 0;
}

/* --- the module --- */

int
br_init(void)
{
	int rc = msg_register(MSG_LEARN, "br_learn", br_learn_msg);

	if (rc < 0)
		return rc;
	br_msg_learn = (uint16_t)rc;
	rc = msg_register(MSG_BPDU, "br_bpdu", br_bpdu_msg);
	if (rc < 0)
		return rc;
	br_msg_bpdu = (uint16_t)rc;
	rc = msg_register(MSG_OTHER, "br_igmp", br_igmp_msg);
	if (rc < 0)
		return rc;
	br_msg_igmp = (uint16_t)rc;
	rc = msg_register(MSG_ARP, "br_arp", br_arp_msg);
	if (rc < 0)
		return rc;
	br_msg_arp = (uint16_t)rc;
	br_events_init();
	return 0;
}

void
br_fini(void)
{
	struct net_device *d;

	do {
		for (d = dev_first(); d != NULL && br_of(d) == NULL; d = d->ctl->next)
			;
		if (d != NULL)
			br_del(d);
	} while (d != NULL);
	br_events_fini();
}
