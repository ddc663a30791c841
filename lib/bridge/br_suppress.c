/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour suppression: ARP requests for those whom we know are answered here (Linux's
 * neigh_suppress), the others flooded. */
#include <string.h>
#include <rte_arp.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_priv.h"
#include "core/msg.h"
#include "netdev/inetdev.h"

bool (*br_neigh_find)(rte_be32_t addr, const struct net_device *dev, struct rte_ether_addr *mac);

/* A frame, as the worker had it. */
struct asked {
	struct net_bridge *br;
	struct br_port *port;
	bool filtering, tagged;
	uint16_t tci;
	struct rte_arp_hdr arp;
};

static uint16_t
vid_of(const struct asked *a)
{
	return a->filtering ? a->tci & 0xfff : 0;
}

/* The device whose neighbours those of the frame's VLAN are: the bridge, or a VLAN device on it.
 * NULL: there is none. */
static const struct net_device *
device_of(const struct asked *a) CTL_ONLY
{
	const struct net_bridge *br = a->br;
	uint16_t vid = vid_of(a);

	if (vid == 0 || (vid == br->vlans->pvid && br_vlan_has(br->vlans->untagged, vid)))
		return br->dev;
	return br->dev->vlan_tab != NULL ? br->dev->vlan_tab->dev[vid] : NULL;
}

static bool
is_ours(const struct net_device *dev, rte_be32_t addr) CTL_ONLY
{
	const struct in_ifaddr *ifa = inet_addr_first((struct net_device *)(uintptr_t)dev);

	for (; ifa != NULL; ifa = ifa->ifa_next)
		if (ifa->ifa_local == addr)
			return true;
	return false;
}

/* The reply of @p mac for the address that is asked for, by the port where the question came. */
static void
answer(const struct asked *a, const struct rte_ether_addr *mac) CTL_ONLY
{
	bool tag = vid_of(a) != 0 && !br_vlan_has(a->port->vlans->untagged, vid_of(a));
	const struct rte_vlan_hdr vlan = { .vlan_tci = rte_cpu_to_be_16(a->tci),
					   .eth_proto = RTE_BE16(RTE_ETHER_TYPE_ARP) };
	struct rte_arp_hdr arp = a->arp;
	struct rte_ether_hdr *eh;
	struct sk_buff *skb;
	struct rte_mbuf *m;

	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	if (skb == NULL)
		return; /* it will ask again */
	eh = skb_put(skb, 60 + (tag ? RTE_VLAN_HLEN : 0));
	if (eh == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_SKB_NO_MBUF);
		return;
	}
	memset(eh, 0, skb_len(skb));
	arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp.arp_data.arp_sha = *mac;
	arp.arp_data.arp_sip = a->arp.arp_data.arp_tip;
	arp.arp_data.arp_tha = a->arp.arp_data.arp_sha;
	arp.arp_data.arp_tip = a->arp.arp_data.arp_sip;
	eh->dst_addr = a->arp.arp_data.arp_sha;
	eh->src_addr = *mac;
	eh->ether_type = tag ? a->br->vlan_proto : vlan.eth_proto;
	if (tag)
		memcpy(eh + 1, &vlan, sizeof(vlan));
	memcpy((uint8_t *)(eh + 1) + (tag ? sizeof(vlan) : 0), &arp, sizeof(arp));
	m = skb_mbuf(skb);
	dev_queue_xmit(worker_ctl(), a->port->dev, &m, 1);
}

/* As Linux's br_do_proxy_suppress_arp(). Returns whether ports that suppress are spared. */
static bool
judge(const struct asked *a) CTL_ONLY
{
	const struct rte_arp_ipv4 *q = &a->arp.arp_data;
	const struct net_device *dev = device_of(a);
	struct rte_ether_addr mac;
	struct br_fdb_entry e;

	/* What is said of oneself (RFC 5227) is said to those who can not be asked for. */
	if (q->arp_sip == 0 || q->arp_sip == q->arp_tip)
		return true;
	if (a->arp.arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) || dev == NULL)
		return false;
	if (is_ours(dev, q->arp_tip))
		return true;
	if (br_neigh_find == NULL || !br_neigh_find(q->arp_tip, dev, &mac) ||
	    !br_fdb_get(a->br, &mac, vid_of(a), &e))
		return false;
	if (e.port != NULL && e.port->flags & BR_PORT_NEIGH_SUPPRESS)
		answer(a, &mac);
	return true;
}

/* false: no ARP of Ethernet and IPv4 that can be answered. */
static bool
read_arp(struct rte_mbuf *m, struct asked *a)
{
	uint32_t at = RTE_ETHER_HDR_LEN + (a->tagged ? RTE_VLAN_HLEN : 0);
	const void *p = rte_pktmbuf_read(m, at, sizeof(a->arp), &a->arp);

	if (p == NULL)
		return false;
	if (p != &a->arp)
		memcpy(&a->arp, p, sizeof(a->arp));
	return a->arp.arp_protocol == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       a->arp.arp_hlen == RTE_ETHER_ADDR_LEN && a->arp.arp_plen == 4;
}

void
br_arp_msg(struct ctl_msg *msg)
{
	struct asked a = { .filtering = msg->arg2 & BR_ARP_VLAN,
			   .tagged = msg->arg2 & BR_ARP_TAGGED,
			   .tci = (uint16_t)msg->arg2 };
	struct sk_buff *skb = msg->pkt;
	struct br_burst b = { .n = 1 };
	struct net_device *dev;

	role_enter_ctl();
	role_borrow_dp();
	dev = dev_get_by_index(msg->arg);
	a.port = dev != NULL ? br_port_of(dev) : NULL;
	skb->dev = dev;
	if (a.port == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_NETDEV_GONE);
		return;
	}
	a.br = a.port->br;
	b.br = a.br;
	b.src = a.port;
	b.filtering = a.filtering;
	b.m[0] = skb_mbuf(skb);
	b.longest = skb_len(skb);
	b.tci[0] = a.tci;
	b.tagged[0] = a.tagged;
	b.spared = read_arp(b.m[0], &a) && judge(&a);
	br_flood_arp(worker_ctl(), &b);
}

/* --- who suppresses --- */

void
br_suppress_update(struct net_bridge *br)
{
	bool any = false;

	for (unsigned int i = 0; i < br->ports->n; i++)
		any = any || br->ports->p[i]->flags & BR_PORT_NEIGH_SUPPRESS;
	br_set_flags(br, BR_SUPPRESS, any);
}
