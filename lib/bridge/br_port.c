/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports come, go, and follow what happens to their devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_priv.h"
#include "core/log.h"

LOG_MODULE(bridge_port);

struct br_port *
br_port_of(const struct net_device *dev)
{
	return dev->rx_handler == br_handle_frame ? dev->rx_handler_data : NULL;
}

/* --- what readers see --- */

/* The list of ports with @p with, or without @p without. */
static struct br_ports *
ports_copy(const struct br_ports *old, struct br_port *with, const struct br_port *without)
{
	struct br_ports *ports = calloc(1, sizeof(*ports) + (old->n + 1) * sizeof(ports->p[0]));

	if (ports == NULL)
		return NULL;
	for (unsigned int i = 0; i < old->n; i++)
		if (old->p[i] != without)
			ports->p[ports->n++] = old->p[i];
	if (with != NULL)
		ports->p[ports->n++] = with;
	return ports;
}

static void
ports_free(struct rcu_head *head)
{
	free(container_of(head, struct br_ports, rcu));
}

static void
ports_publish(struct net_bridge *br, struct br_ports *ports) CTL_ONLY
{
	struct br_ports *old = br->ports;

	rcu_assign_pointer(br->ports, ports);
	rcu_defer(&old->rcu, ports_free);
}

/* An index that no reader can hold an entry of; 0: there is none. */
static uint16_t
new_index(struct br_ctl *c) CTL_ONLY
{
	for (uint16_t i = 1; i < BR_PORTS_MAX; i++)
		if (!(c->used[i / 64] >> i % 64 & 1)) {
			c->used[i / 64] |= UINT64_C(1) << i % 64;
			return i;
		}
	return 0;
}

static void
port_free(struct rcu_head *head)
{
	struct br_port *p = container_of(head, struct br_port, rcu);

	p->br->ctl->used[p->idx / 64] &= ~(UINT64_C(1) << p->idx % 64);
	free(p->vlans);
	free(p->vlan_states);
	free(p);
}

/* --- coming --- */

/* Does @p dev stand on @p br, through VLANs and the like? */
static bool
stands_on(const struct net_device *dev, const struct net_bridge *br)
{
	for (; dev->real_dev != dev; dev = dev->real_dev)
		if (dev->real_dev == br->dev)
			return true;
	return dev == br->dev;
}

/* Through other bridges, too: VLAN over bridge over VLAN over ... */
static bool
loops(const struct net_device *dev, const struct net_bridge *br, unsigned int depth) CTL_ONLY
{
	const struct net_bridge *below;

	if (stands_on(dev, br) || depth > NETDEV_MAX)
		return true;
	while (dev->real_dev != dev)
		dev = dev->real_dev;
	below = br_of(dev);
	for (unsigned int i = 0; below != NULL && i < below->ports->n; i++)
		if (loops(below->ports->p[i]->dev, br, depth + 1))
			return true;
	return false;
}

static int
refuse(const struct net_bridge *br, const struct net_device *dev, const char **why) CTL_ONLY
{
	if (dev->flags & (IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP)) {
		*why = "it carries no Ethernet frames";
		return -EINVAL;
	}
	if (br_of(dev) != NULL) {
		*why = "Can not enslave a bridge to a bridge";
		return -ELOOP;
	}
	if (dev->ctl->master != NULL || dev->rx_handler != NULL) {
		*why = "it belongs to another device";
		return -EBUSY;
	}
	if (loops(dev, br, 0)) {
		*why = "the bridge stands on it already";
		return -ELOOP;
	}
	return 0;
}

static struct br_port *
port_alloc(struct net_bridge *br, struct net_device *dev) CTL_ONLY
{
	struct br_port *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->br = br;
	p->dev = dev;
	p->flags = BR_PORT_LEARNING | BR_PORT_FLOOD | BR_PORT_MCAST_FLOOD | BR_PORT_BCAST_FLOOD;
	p->mac = dev->dev_addr64;
	p->mcast_router = BR_ROUTER_LEARN;
	p->vlans = br_vlans_default(br);
	if (p->vlans == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

/* The bridge answers to the addresses of its ports: hosts may still know one as somebody's. */
static void
answer_to(struct br_port *p, bool on) CTL_ONLY
{
	struct rte_ether_addr mac;

	memcpy(&mac, &p->mac, sizeof(mac));
	if (p->mac_listed && !on)
		dev_uc_del(p->br->dev, &mac);
	p->mac_listed = on && (p->mac_listed || dev_uc_add(p->br->dev, &mac) == 0);
}

/* The bridge's own address is another now, or a port's: its own needs no list. */
static void
relist_macs(struct net_bridge *br) CTL_ONLY
{
	for (unsigned int i = 0; i < br->ports->n; i++)
		answer_to(br->ports->p[i], br->ports->p[i]->mac != br->dev->dev_addr64);
}

static void
unlist_mac(struct br_port *p) CTL_ONLY
{
	answer_to(p, false);
	br_fdb_local_del(p->br, p, p->mac);
}

int
br_port_add(struct net_bridge *br, struct net_device *dev, const char **why)
{
	struct br_ports *ports;
	struct br_port *p;
	int rc = refuse(br, dev, why);

	if (rc != 0)
		return rc;
	*why = "out of memory";
	p = port_alloc(br, dev);
	if (p == NULL)
		return -ENOMEM;
	ports = ports_copy(br->ports, p, NULL);
	p->idx = new_index(br_ctl(br));
	if (ports == NULL || p->idx == 0) {
		*why = p->idx == 0 ? "the bridge has as many ports as there can be" : *why;
		rc = p->idx == 0 ? -ENOSPC : -ENOMEM;
		goto undo_port;
	}
	rc = br_stp_port_add(p, why);
	if (rc != 0)
		goto undo_port;
	rc = dev_set_promiscuity(dev, 1);
	if (rc != 0) {
		*why = "it refuses promiscuous mode";
		br_stp_port_del(p);
		goto undo_port;
	}
	rcu_assign_pointer(br->port[p->idx], p);
	ports_publish(br, ports);
	netdev_rx_handler_register(dev, br_handle_frame, p);
	rcu_assign_pointer(dev->rx_burst, br_rx_burst);
	dev->ctl->master = br->dev;
	br_follow_ports(br);
	br_fdb_local_add(br, p, p->mac);
	relist_macs(br);
	br_state_link(p);
	notifier_call(&netdev_chain, NETDEV_CHANGE, dev);
	br_vlan_tell_change(br, p, NULL, p->vlans);
	return 0;
undo_port:
	free(ports);
	port_free(&p->rcu);
	return rc;
}

/* --- going --- */

int
br_port_del(struct net_device *dev)
{
	struct br_port *p = br_port_of(dev);
	struct net_bridge *br;
	struct br_ports *ports;

	if (p == NULL)
		return -ENOENT;
	br = p->br;
	ports = ports_copy(br->ports, NULL, p);
	if (ports == NULL)
		return -ENOMEM;
	netdev_rx_handler_unregister(dev);
	br_stp_port_del(p);
	ports_publish(br, ports);
	unlist_mac(p);
	br_fdb_flush(br, &(struct br_fdb_filter){ .port = p, .vid = -1, .tree = -1 });
	br_mcast_port_gone(p);
	br_suppress_update(br);
	br_vlan_states_forget(p);
	rcu_assign_pointer(br->port[p->idx], NULL);
	dev_set_promiscuity(dev, -1);
	dev->ctl->master = NULL;
	br_follow_ports(br);
	relist_macs(br);
	br_state_carrier(br);
	br_vlan_tell_change(br, p, p->vlans, NULL);
	rcu_defer(&p->rcu, port_free);
	notifier_call(&netdev_chain, NETDEV_CHANGE, dev);
	return 0;
}

/* --- events --- */

static void
new_address(struct br_port *p) CTL_ONLY
{
	unlist_mac(p);
	p->mac = p->dev->dev_addr64;
	br_follow_ports(p->br);
	br_fdb_local_add(p->br, p, p->mac);
	relist_macs(p->br);
}

static void
port_event(struct br_port *p, unsigned int event) CTL_ONLY
{
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CARRIER:
		br_state_link(p);
		break;
	case NETDEV_CHANGEADDR:
		new_address(p);
		break;
	case NETDEV_CHANGEMTU:
		br_follow_ports(p->br);
		break;
	case NETDEV_UNREGISTER:
		if (br_port_del(p->dev) != 0)
			log_err("%s goes and can not be taken out of its bridge", p->dev->name);
		break;
	}
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	const struct net_device *dev = obj;
	struct br_port *p = br_port_of(dev);
	struct net_bridge *br = br_of(dev);

	(void)self;
	role_enter_ctl();
	if (p != NULL)
		port_event(p, event);
	if (br != NULL && (event == NETDEV_UP || event == NETDEV_DOWN))
		for (unsigned int i = 0; i < br->ports->n; i++)
			br_state_link(br->ports->p[i]);
	if (br != NULL && event == NETDEV_UP)
		br_mcast_restart(br);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_DRIVER };

void
br_events_init(void)
{
	notifier_add(&netdev_chain, &listener);
}

void
br_events_fini(void)
{
	notifier_del(&netdev_chain, &listener);
}
