/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "neigh/arp_proto.h"
#include "neigh/arp_probe.h"
#include "neigh/arping.h"
#include "neigh/neigh_priv.h"
#include "neigh/police_priv.h"
#include "netdev/netdev_police_dp.h"

/* ARP on the control thread: requests, announcements, and what is learned from what workers heard.
 */

LOG_MODULE(arp);

static const char *const arp_counter_names[] = {
#define X(id, name) name,
	ARP_COUNTERS(X)
#undef X
};
struct counter_block arp_counters = { .name = "arp", .names = arp_counter_names, .n = ARP_CNT_MAX };

/* --- sending --- */

void
arp_send(int op, struct net_device *dev, rte_be32_t sip, rte_be32_t tip,
	 const struct rte_ether_addr *dst_ha, const struct rte_ether_addr *tha)
{
	static const struct rte_ether_addr broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct arp_eth_ip *arp;
	struct sk_buff *skb;

	if (neigh_dev_noarp(dev) || !netif_running(dev))
		return;
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	if (skb == NULL)
		return;
	skb->dev = dev;
	skb->protocol = RTE_BE16(ARP_ETHERTYPE);
	skb->pkt_type = PACKET_OUTGOING;
	arp = skb_put(skb, ARP_PADDED_LEN);
	if (arp == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_SKB_TOO_SHORT);
		return;
	}
	memset(arp, 0, ARP_PADDED_LEN);
	arp->ar_hrd = RTE_BE16(ARP_HRD_ETHER);
	arp->ar_pro = RTE_BE16(ARP_PRO_IPV4);
	arp->ar_hln = RTE_ETHER_ADDR_LEN;
	arp->ar_pln = sizeof(rte_be32_t);
	arp->ar_op = rte_cpu_to_be_16((uint16_t)op);
	netdev_addr(dev, &arp->ar_sha);
	arp->ar_sip = sip;
	if (tha != NULL)
		arp->ar_tha = *tha;
	arp->ar_tip = tip;
	skb_reset_network_header(skb);
	arp_count(op == ARP_OP_REQUEST ? ARP_CNT_OUT_REQUESTS : ARP_CNT_OUT_REPLIES);
	dev_hard_xmit(worker_ctl(), skb, dst_ha != NULL ? dst_ha : &broadcast);
}

void
arp_announce_addr(struct net_device *dev, rte_be32_t addr)
{
	arp_count(ARP_CNT_OUT_ANNOUNCEMENTS);
	arp_send(ARP_OP_REQUEST, dev, addr, addr, NULL, NULL);
}

/* Is @p src one of ours on a subnet of @p in_dev that holds @p dst, too? */
static bool
on_target_subnet(const struct in_device *in_dev, rte_be32_t src, rte_be32_t dst)
{
	const struct in_ifaddr *ifa;

	for (ifa = in_dev->ifa_list; ifa != NULL; ifa = ifa->ifa_next)
		if (((ifa->ifa_address ^ src) & ifa->ifa_mask) == 0 &&
		    ((ifa->ifa_address ^ dst) & ifa->ifa_mask) == 0)
			return true;
	return false;
}

/* The sender address of a request, as arp_announce says: the packet's own source where allowed. */
static CTL_ONLY rte_be32_t
request_source(const struct neighbour *n)
{
	const struct in_device *in_dev = in_dev_get_rcu(n->dev);
	const struct sk_buff *skb = n->arp_queue.last;
	int announce = in_dev != NULL ? IN_DEV_MAXCONF(in_dev, arp_announce) : 0;
	rte_be32_t src = 0;

	if (skb != NULL && skb_headlen(skb) >= sizeof(struct rte_ipv4_hdr))
		src = ((const struct rte_ipv4_hdr *)skb_data(skb))->src_addr;
	if (src != 0 && announce < 2 && ip_dev_find(src) != NULL) {
		if (announce == 0) /* any local address */
			return src;
		if (in_dev != NULL && on_target_subnet(in_dev, src, n->primary_key))
			return src; /* 1: avoid what is not in the target's subnet */
	}
	return inet_select_addr(n->dev, n->primary_key, SCOPE_LINK); /* 2: always the best */
}

void
arp_solicit(struct neighbour *n, bool unicast)
{
	arp_send(ARP_OP_REQUEST, n->dev, request_source(n), n->primary_key, unicast ? &n->ha : NULL,
		 NULL);
}

/* --- learning --- */

/* Is there a way to @p sip as to a host: not ours, not a group, not nowhere? */
static CTL_ONLY bool
is_routable(rte_be32_t sip)
{
	return neigh_route != NULL && adj_is_unicast(neigh_route(0, sip, 0));
}

/* Is @p sip a host's on a subnet of the device? */
static CTL_ONLY bool
is_on_link(const struct in_device *in_dev, rte_be32_t sip)
{
	return inet_ifa_byprefix_rcu(in_dev, sip) != NULL &&
	       (neigh_route == NULL || neigh_route(0, sip, 0)->type != ADJ_BROADCAST);
}

/* May an entry be made for a sender that we hold none for? RFC 826: "If Merge_flag is false, add
 * the triplet", for whoever asks us: it will talk to us. For all else arp_accept decides, as in
 * Linux. A sender of no subnet of ours is a lie or of no use: Linux learns it, we do not unless
 * told to. */
static CTL_ONLY bool
should_create(const struct in_device *in_dev, enum arp_heard what, rte_be32_t sip)
{
	bool on_link = is_on_link(in_dev, sip);

	if (what == ARP_HEARD_REQUEST_FOR_US)
		return on_link;
	if (what == ARP_HEARD_REQUEST_OTHER)
		return false;
	switch (IN_DEV_MAXCONF(in_dev, arp_accept)) {
	case 0:
		return false;
	case 2:
		return on_link;
	default:
		return on_link || is_routable(sip);
	}
}

/* RFC 826: who speaks is heard, whatever it says. Linux's override rules: a second address within
 * locktime is ignored, so that the first of several proxies wins; who asks for us or announces
 * itself is believed. */
static CTL_ONLY void
learn(struct neighbour *n, const struct rte_ether_addr *sha, enum arp_heard what)
{
	bool override = what == ARP_HEARD_GRATUITOUS || what == ARP_HEARD_REQUEST_FOR_US ||
			clock_ms() - n->nud.updated_ms >= (uint64_t)n->nd->p.locktime * 10;
	int rc = neigh_update(n, sha, what == ARP_HEARD_REPLY_TO_US ? NUD_REACHABLE : NUD_STALE,
			      override ? NUD_F_OVERRIDE : 0);

	if (rc == 0)
		arp_count(ARP_CNT_LEARNED);
	else if (rc == -EEXIST)
		arp_count(ARP_CNT_LOCKTIME_IGNORED);
}

static CTL_ONLY void
on_heard(struct ctl_msg *msg)
{
	enum arp_heard what = (enum arp_heard)(msg->arg2 >> 60);
	struct net_device *dev = dev_get_by_index((uint32_t)(msg->arg2 >> 48) & 0xfff);
	const struct in_device *in_dev = dev != NULL ? in_dev_get_rcu(dev) : NULL;
	rte_be32_t sip = msg->arg;
	struct rte_ether_addr sha;
	struct neighbour *n;

	if (in_dev == NULL || !netif_running(dev))
		return;
	memcpy(&sha, &msg->arg2, sizeof(sha));
	if (what == ARP_HEARD_PROBE) {
		arp_probe_heard(dev, sip, &sha);
		return;
	}
	if (what == ARP_HEARD_CONFLICT) {
		bool probed = arp_probe_heard(dev, sip, &sha);

		if (!probed && ip_dev_find(sip) == NULL)
			return; /* probed for on another LAN */
		/* a device without addresses may bridge a LAN where others have them by right */
		if (probed || in_dev->ifa_list != NULL)
			arp_conflict_seen(dev, sip, &sha);
		arping_heard(dev, sip, &sha); /* duplicate address detection of our own */
		return;
	}
	if (what == ARP_HEARD_REPLY_TO_US)
		arping_heard(dev, sip, &sha);
	n = neigh_lookup(sip, dev);
	if (n == NULL && should_create(in_dev, what, sip))
		n = neigh_create(sip, dev);
	if (n != NULL)
		learn(n, &sha, what);
	else
		arp_count(ARP_CNT_NOT_LEARNED);
}

/* --- events --- */

static bool
wants_announcement(const struct net_device *dev)
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);

	return in_dev != NULL && netif_running(dev) && netif_carrier_ok(dev) &&
	       IN_DEV_MAXCONF(in_dev, arp_notify);
}

static CTL_ONLY int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	(void)self;
	if (event == NETDEV_UNREGISTER) {
		arp_proxy_forget(dev);
		arp_conflict_forget(dev);
	}
	if ((event == NETDEV_UP || event == NETDEV_CHANGEADDR || event == NETDEV_CARRIER) &&
	    wants_announcement(dev))
		for (struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
			arp_announce_addr(dev, a->ifa_local);
	return NOTIFY_OK;
}

static CTL_ONLY int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;

	(void)self;
	arp_locals_rebuild();
	if (event == INETADDR_ADD && wants_announcement(ifa->ifa_dev->dev) &&
	    !arp_probe_announces(ifa->ifa_dev->dev, ifa->ifa_local))
		arp_announce_addr(ifa->ifa_dev->dev, ifa->ifa_local);
	return NOTIFY_OK;
}

static struct notifier netdev_listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH };
static struct notifier inetaddr_listener = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_NEIGH };

int
arp_init(void)
{
	int rc = counter_register(&arp_counters);

	arp_storms_reset();
	arp_police_reset();
	neigh_police_reset();
	if (rc == 0)
		rc = neigh_msg_heard = msg_register(MSG_ARP, "arp", on_heard);
	if (rc >= 0)
		rc = arp_proxy_init();
	if (rc >= 0)
		rc = dev_add_pack(ARP_ETHERTYPE, arp_rcv);
	if (rc < 0)
		return rc;
	notifier_add(&netdev_chain, &netdev_listener);
	notifier_add(&inetaddr_chain, &inetaddr_listener);
	netif_police = arp_police;
	arp_probe_init();
	arp_locals_rebuild();
	return 0;
}

void
arp_fini(void)
{
	notifier_del(&netdev_chain, &netdev_listener);
	notifier_del(&inetaddr_chain, &inetaddr_listener);
	netif_police = NULL;
	arp_probe_fini();
	dev_remove_pack(ARP_ETHERTYPE);
	arp_locals_free();
	arp_proxy_fini();
	arp_conflict_forget(NULL);
}
