/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "core/msg.h"
#include "core/stage_dp.h"
#include "netdev/inetdev_dp.h"
#include "neigh/arp_proto.h"
#include "neigh/neigh_dp.h"
#include "neigh/neigh_priv.h"

/* ARP from the wire, on workers: check, tell the control thread who spoke, answer for our own. */

struct arp_locals *arp_locals;
const struct adj *(*neigh_route)(rte_be32_t src, rte_be32_t dst, uint32_t iif);

static bool
is_loopback(rte_be32_t addr)
{
	return rte_be_to_cpu_32(addr) >> 24 == 127;
}

/* Groups, and the limited broadcast with the rest of class E. */
static bool
is_class_d_or_e(rte_be32_t addr)
{
	return rte_be_to_cpu_32(addr) >> 28 >= 0xe;
}

/* RFC 826 "Packet Reception": the questions before anything is believed. DROP_MAX: well-formed. */
static enum drop_reason
check_format(const struct arp_eth_ip *arp)
{
	/* ?Do I have the hardware type in ar$hrd, [check the hardware length ar$hln] */
	if (arp->ar_hrd != RTE_BE16(ARP_HRD_ETHER) && arp->ar_hrd != RTE_BE16(ARP_HRD_IEEE802))
		return DROP_ARP_BAD_HTYPE;
	if (arp->ar_hln != RTE_ETHER_ADDR_LEN)
		return DROP_ARP_BAD_HLEN;
	/* ?Do I speak the protocol in ar$pro? [check the protocol length ar$pln] */
	if (arp->ar_pro != RTE_BE16(ARP_PRO_IPV4))
		return DROP_ARP_BAD_PTYPE;
	if (arp->ar_pln != sizeof(rte_be32_t))
		return DROP_ARP_BAD_PLEN;
	if (arp->ar_op != RTE_BE16(ARP_OP_REQUEST) && arp->ar_op != RTE_BE16(ARP_OP_REPLY))
		return DROP_ARP_BAD_OP;
	return DROP_MAX;
}

/* Addresses that no station has. */
static enum drop_reason
check_addresses(const struct in_device *in_dev, const struct arp_eth_ip *arp)
{
	rte_be32_t sip = arp->ar_sip;

	if (!rte_is_valid_assigned_ether_addr(&arp->ar_sha))
		return DROP_ARP_BAD_SENDER_MAC;
	/* 0.0.0.0 is a probe (RFC 5227 2.1.1), the rest of 0/8 is nobody */
	if (is_class_d_or_e(sip) || is_loopback(sip) ||
	    (sip != 0 && rte_be_to_cpu_32(sip) >> 24 == 0))
		return DROP_ARP_BAD_SENDER_IP;
	if (is_class_d_or_e(arp->ar_tip) ||
	    (is_loopback(arp->ar_tip) && !IN_DEV_ORCONF(in_dev, route_localnet)))
		return DROP_ARP_BAD_TARGET_IP;
	return DROP_MAX;
}

static enum drop_reason
check_device(const struct sk_buff *skb, const struct in_device *in_dev)
{
	if (skb->pkt_type == PACKET_OTHERHOST)
		return DROP_NETDEV_OTHERHOST;
	return (skb->dev->flags & (IFF_NOARP | IFF_LOOPBACK)) || in_dev == NULL ? DROP_ARP_NOARP
										: DROP_MAX;
}

/* Whose claims and frames are not to be believed. */
static enum drop_reason
check_sender(const struct net_device *dev, const struct in_device *in_dev,
	     const struct arp_eth_ip *arp)
{
	uint64_t own = __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED);

	if (ether_addr_to_u64(&arp->ar_sha) == own)
		return DROP_ARP_LOOPED;
	if (arp->ar_sip == 0)
		return DROP_MAX;
	/* of this device, or of another that is on the same LAN */
	if (arp_local_find(rcu_dereference(arp_locals), arp->ar_sip) != NULL &&
	    (inet_ifa_is_local(in_dev, arp->ar_sip) || !IN_DEV_ORCONF(in_dev, accept_local)))
		return DROP_ARP_OWN_ADDRESS;
	return DROP_MAX;
}

/* An address that we probe for: who has it is in our way, and so is who probes for it, too (RFC
 * 5227 2.1.1). The control thread knows by which device. */
static DP_ONLY enum drop_reason
check_tentative(struct worker *w, const struct net_device *dev, const struct arp_eth_ip *arp)
{
	const struct arp_locals *l = rcu_dereference(arp_tentative);

	if (l == NULL)
		return DROP_MAX;
	if (arp->ar_sip == 0 && arp_local_find(l, arp->ar_tip) != NULL)
		arp_tell(w, dev->ifindex, arp, ARP_HEARD_PROBE);
	return arp->ar_sip != 0 && arp_local_find(l, arp->ar_sip) != NULL ? DROP_ARP_OWN_ADDRESS
									  : DROP_MAX;
}

/* Where an answer would go that is a packet: from @p src (0: nobody's), made here or, on its way
 * from @p there, come by that device; of several next hops, by the first one's, since an answer has
 * no flow that would choose. */
static const struct adj *
way_back(const struct arp_eth_ip *arp, rte_be32_t src, const struct adj *there)
{
	const struct net_device *by = NULL;

	if (there != NULL)
		by = there->type == ADJ_GROUP ? adj_get(there->group[0])->dev : there->dev;
	return neigh_route(src, arp->ar_sip, by != NULL ? (uint32_t)by->ifindex : 0);
}

/* Not before conflicts are found: who announces an address of ours is told of all the same. */
static enum drop_reason
check_gratuitous(const struct in_device *in_dev, const struct arp_eth_ip *arp)
{
	return arp->ar_sip == arp->ar_tip && arp->ar_sip != 0 &&
			       IN_DEV_ORCONF(in_dev, drop_gratuitous_arp)
		       ? DROP_ARP_IGNORED
		       : DROP_MAX;
}

/* Requests are routed as packets are: a sender that packets are not taken from is not answered
 * (RFC 1812 5.3.7, RFC 3704). An answer would come from the address that is asked for if that is
 * @p ours, or if we are proxy for it: @p there is the way to it. For one that is neither there is
 * no answer of ours to look for. */
static enum drop_reason
check_route_back(const struct net_device *dev, const struct in_device *in_dev,
		 const struct arp_eth_ip *arp, bool ours, const struct adj *there)
{
	int rpf = IN_DEV_MAXCONF(in_dev, rp_filter);
	const struct adj *back;

	if (arp->ar_sip == 0 || neigh_route == NULL)
		return DROP_MAX;
	back = way_back(arp, ours || there != NULL ? arp->ar_tip : 0, there);
	if (back->type == ADJ_BROADCAST || back->type == ADJ_MULTICAST || back->type == ADJ_MARTIAN)
		return DROP_ARP_BAD_SENDER_IP;
	if (rpf == 0 || adj_leaves_by(back, dev) || (rpf == 2 && adj_is_unicast(back)))
		return DROP_MAX;
	return DROP_ARP_RP_FILTER;
}

/* Linux's arp_ignore, "Define different modes for sending replies". */
static bool
should_ignore(const struct in_device *in_dev, const struct arp_local *target, rte_be32_t sip)
{
	switch (IN_DEV_MAXCONF(in_dev, arp_ignore)) {
	case 1: /* only for addresses of this device */
		return !inet_ifa_is_local(in_dev, target->addr);
	case 2: /* and only to their own subnet */
		return !inet_ifa_is_local(in_dev, target->addr) ||
		       !inet_addr_onlink(in_dev, target->addr, sip);
	case 3: /* not for addresses of scope host */
		return target->scope >= SCOPE_HOST;
	case 8: /* for none */
		return true;
	default: /* 0: for every local address, whatever device it is on; 4-7 are reserved */
		return false;
	}
}

/* arp_filter: answer only where packets from the target to the sender would leave by this device.
 */
static bool
is_filtered(const struct net_device *dev, const struct in_device *in_dev,
	    const struct arp_eth_ip *arp)
{
	return IN_DEV_ORCONF(in_dev, arp_filter) && arp->ar_sip != 0 &&
	       (neigh_route == NULL || !adj_leaves_by(way_back(arp, arp->ar_tip, NULL), dev));
}

/* --- for others --- */

static bool
has_proxy_entry(rte_be32_t addr, int32_t ifindex)
{
	const struct arp_proxies *p = rcu_dereference(arp_proxies);

	for (uint64_t left = p != NULL ? p->plens : 0; left != 0; left &= left - 1) {
		uint8_t plen = (uint8_t)__builtin_ctzll(left);
		uint32_t mask = plen > 0 ? UINT32_MAX << (32 - plen) : 0;
		rte_be32_t net = addr & rte_cpu_to_be_32(mask);
		const struct arp_proxy_slot *e;

		for (uint32_t h = arp_proxy_hash(net, plen); (e = &p->slot[h & p->mask])->used; h++)
			if (e->addr == net && e->plen == plen &&
			    (e->ifindex == 0 || e->ifindex == ifindex))
				return true;
	}
	return false;
}

/* proxy_arp: for what is behind another device; medium_id may say that the two are one. */
static bool
is_behind(const struct in_device *in_dev, const struct adj *a)
{
	int in = IN_DEV_CONF(in_dev, medium_id), out = -1;

	if (!IN_DEV_ORCONF(in_dev, proxy_arp) || in == -1)
		return false;
	if (in == 0)
		return true;
	if (a->type != ADJ_GROUP && in_dev_get_rcu(a->dev) != NULL)
		out = IN_DEV_CONF(in_dev_get_rcu(a->dev), medium_id);
	return out != in && out != -1;
}

/* The way to the target if we may answer for it (RFC 1027; RFC 925), or NULL. Only a router that
 * would forward there does. */
static const struct adj *
proxied_way(const struct net_device *dev, const struct in_device *in_dev,
	    const struct arp_eth_ip *arp)
{
	bool pvlan = IN_DEV_ORCONF(in_dev, proxy_arp_pvlan), yes;
	const struct adj *a;

	if (arp->ar_sip == 0 || neigh_route == NULL || !IN_DEV_CONF(in_dev, forwarding) ||
	    (!pvlan && !IN_DEV_ORCONF(in_dev, proxy_arp) && rcu_dereference(arp_proxies) == NULL))
		return NULL; /* RFC 5227 2.1.1: a probe is nobody's but the owner's to answer */
	a = neigh_route(arp->ar_sip, arp->ar_tip, (uint32_t)dev->ifindex);
	if (!adj_is_unicast(a))
		return NULL;
	if (adj_leaves_by(a, dev)) /* RFC 3069: hosts of one segment that do not hear each other */
		yes = pvlan && arp->ar_sip != arp->ar_tip;
	else
		yes = is_behind(in_dev, a) || has_proxy_entry(arp->ar_tip, dev->ifindex);
	return yes ? a : NULL;
}

/* The answer is the control thread's, since it may have to wait. */
static DP_ONLY void
proxy(struct worker *w, struct sk_buff *skb, const struct arp_eth_ip *arp)
{
	struct ctl_msg msg = { .type = (uint16_t)neigh_msg_proxy,
			       .arg = (uint32_t)skb->dev->ifindex,
			       .pkt = skb };

	if (!arp_within_limits(w, skb->dev->ifindex, arp->ar_sip))
		kfree_skb_reason(w, skb, DROP_ARP_IGNORED);
	else if (msg_send(w, &msg) < 0)
		kfree_skb_reason(w, skb, msg_full_reason(msg.type));
}

/* --- for us --- */

/* Exactly the least payload of a frame, with nothing of the asker's behind the 28 bytes. */
static DP_ONLY bool
set_length(struct sk_buff *skb)
{
	uint16_t pad = ARP_PADDED_LEN - ARP_LEN;
	void *tail;

	if (skb_trim(skb, ARP_LEN) < 0)
		return false;
	tail = skb_put(skb, pad);
	if (tail != NULL)
		memset(tail, 0, pad);
	return true;
}

/* Answers to one burst, which came by one device: they leave together. */
struct answers {
	struct net_device *dev;
	uint16_t n;
	struct rte_mbuf *m[SKB_BURST];
};

/* RFC 826: swap hardware and protocol fields, own addresses in the sender's place, send it back on
 * the same hardware. In the same buffer. */
static DP_ONLY void
reply(struct worker *w, struct sk_buff *skb, struct answers *out)
{
	struct rte_mbuf *m;
	struct rte_ether_addr asker;
	struct arp_eth_ip *arp;
	rte_be32_t tip;

	if (skb_cloned(skb)) {
		struct sk_buff *own = skb_cow_head(w, skb, SKB_HEADROOM, ARP_LEN);

		if (own == NULL) {
			kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return;
		}
		skb = own;
	}
	if (!set_length(skb)) {
		kfree_skb_reason(w, skb, DROP_ARP_RUNT);
		return;
	}
	arp = (struct arp_eth_ip *)skb_data(skb);
	tip = arp->ar_tip;
	asker = arp->ar_sha;
	arp->ar_op = RTE_BE16(ARP_OP_REPLY);
	arp->ar_tha = asker;
	arp->ar_tip = arp->ar_sip;
	netdev_addr(skb->dev, &arp->ar_sha);
	arp->ar_sip = tip;
	skb->protocol = RTE_BE16(ARP_ETHERTYPE);
	counter_inc(w, &arp_counters, ARP_CNT_OUT_REPLIES);
	m = dev_hard_push(w, skb, &asker);
	if (m != NULL)
		out->m[out->n++] = m;
}

static DP_ONLY void
handle_local(struct worker *w, struct sk_buff *skb, const struct in_device *in_dev,
	     const struct arp_local *target, struct answers *out)
{
	const struct arp_eth_ip *arp = (const struct arp_eth_ip *)skb_data(skb);

	counter_inc(w, &neigh_counters,
		    skb->pkt_type == PACKET_HOST ? NEIGH_CNT_RCV_PROBES_UCAST
						 : NEIGH_CNT_RCV_PROBES_MCAST);
	if (should_ignore(in_dev, target, arp->ar_sip) || is_filtered(skb->dev, in_dev, arp)) {
		kfree_skb_reason(w, skb, DROP_ARP_IGNORED);
		return;
	}
	arp_tell(w, skb->dev->ifindex, arp, ARP_HEARD_REQUEST_FOR_US);
	reply(w, skb, out);
}

static DP_ONLY void
handle_request(struct worker *w, struct sk_buff *skb, const struct in_device *in_dev,
	       struct answers *out)
{
	const struct arp_eth_ip *arp = (const struct arp_eth_ip *)skb_data(skb);
	const struct arp_local *target = arp_local_find(rcu_dereference(arp_locals), arp->ar_tip);
	const struct adj *there = target == NULL ? proxied_way(skb->dev, in_dev, arp) : NULL;
	enum drop_reason why = check_route_back(skb->dev, in_dev, arp, target != NULL, there);

	counter_inc(w, &arp_counters, ARP_CNT_IN_REQUESTS);
	if (why != DROP_MAX) {
		kfree_skb_reason(w, skb, why);
		return;
	}
	if (target != NULL) {
		handle_local(w, skb, in_dev, target, out);
		return;
	}
	if (there != NULL) {
		arp_tell(w, skb->dev->ifindex, arp, ARP_HEARD_REQUEST_FOR_US);
		proxy(w, skb, arp);
		return;
	}
	arp_tell(w, skb->dev->ifindex, arp,
		 arp->ar_sip == arp->ar_tip ? ARP_HEARD_GRATUITOUS : ARP_HEARD_REQUEST_OTHER);
	kfree_skb_reason(w, skb, DROP_ARP_NOT_FOR_US);
}

/* Linux's arp_is_garp(): an announcement by reply names itself as the target hardware, too. */
static bool
is_gratuitous_reply(const struct arp_eth_ip *arp)
{
	return arp->ar_sip == arp->ar_tip && rte_is_same_ether_addr(&arp->ar_sha, &arp->ar_tha);
}

static DP_ONLY void
handle_reply(struct worker *w, struct sk_buff *skb)
{
	const struct arp_eth_ip *arp = (const struct arp_eth_ip *)skb_data(skb);
	enum arp_heard what = ARP_HEARD_REPLY_OTHER;

	counter_inc(w, &arp_counters, ARP_CNT_IN_REPLIES);
	if (is_gratuitous_reply(arp))
		what = ARP_HEARD_GRATUITOUS;
	else if (skb->pkt_type == PACKET_HOST)
		what = ARP_HEARD_REPLY_TO_US;
	arp_tell(w, skb->dev->ifindex, arp, what);
	consume_skb(w, skb);
}

static DP_ONLY void
rcv_one(struct worker *w, struct sk_buff *skb, struct answers *out)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	const struct arp_eth_ip *arp;
	enum drop_reason why;

	if (!pskb_may_pull(skb, ARP_LEN)) {
		kfree_skb_reason(w, skb, DROP_ARP_RUNT);
		return;
	}
	arp = (const struct arp_eth_ip *)skb_data(skb);
	why = check_device(skb, in_dev);
	if (why == DROP_MAX)
		why = check_format(arp);
	if (why == DROP_MAX)
		why = check_addresses(in_dev, arp);
	if (why == DROP_MAX)
		why = check_sender(skb->dev, in_dev, arp);
	if (why == DROP_MAX)
		why = check_tentative(w, skb->dev, arp);
	if (why == DROP_MAX)
		why = check_gratuitous(in_dev, arp);
	if (why == DROP_ARP_OWN_ADDRESS)
		arp_tell(w, skb->dev->ifindex, arp, ARP_HEARD_CONFLICT);
	if (why != DROP_MAX)
		kfree_skb_reason(w, skb, why);
	else if (arp->ar_op == RTE_BE16(ARP_OP_REQUEST))
		handle_request(w, skb, in_dev, out);
	else
		handle_reply(w, skb);
}

void
arp_rcv(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_ARP_RCV, vec->n);
	struct answers out;

	out.n = 0;
	if (vec->n > 0)
		out.dev = vec->v[0]->dev;
	for (unsigned int i = 0; i < vec->n; i++)
		rcv_one(w, vec->v[i], &out);
	if (out.n > 0)
		dev_queue_xmit(w, out.dev, out.m, out.n);
	vec->n = 0;
	stage_leave(w, from);
}
