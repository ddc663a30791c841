/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"
#include "sched/sched_dp.h"

/* Does the packet turn round on a link where its sender could reach the next hop itself?
 * RFC 1812 5.2.7.2: same interface, source on the next hop's subnet, no source route. On a shared
 * medium the next hop may be on another subnet of the link (RFC 1620). */
static bool
wants_redirect(struct sk_buff *skb, const struct adj *a, rte_be32_t nexthop)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	const struct in_ifaddr *ifa;

	if (a->dev != skb->dev || ip_opt(skb)->srr != 0 || in_dev == NULL ||
	    !IN_DEV_ORCONF(in_dev, send_redirects))
		return false;
	ifa = inet_ifa_byprefix_rcu(in_dev, ip_hdr(skb)->src_addr);
	return ifa != NULL && (IN_DEV_ORCONF(in_dev, shared_media) ||
			       ((ifa->ifa_address ^ nexthop) & ifa->ifa_mask) == 0);
}

/* Refuse what may not pass, telling the source. RFC 1812 5.2.1.2: TTL first. true: it is gone. */
static bool
refused(struct worker *w, struct sk_buff *skb, const struct adj *a) DP_ONLY
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	const struct ip_options *opt = ip_opt(skb);
	uint32_t mtu;

	if (unlikely(iph->time_to_live <= 1)) {
		IP_INC_STATS(w, InHdrErrors);
		icmp_send(w, skb, ICMP4_TIME_EXCEEDED, ICMP4_EXC_TTL, 0, DROP_IP4_TTL_EXPIRED);
		return true;
	}
	/* A strict route's next stop must be on a link of ours (RFC 1812 5.2.4.1). */
	if (unlikely((opt->flags & (IPOPT_F_STRICT | IPOPT_F_SRR_HIT)) ==
		     (IPOPT_F_STRICT | IPOPT_F_SRR_HIT)) &&
	    ip4_adj_nexthop(a, opt->nexthop) != opt->nexthop) {
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_SR_FAILED, 0, DROP_IP4_NO_ROUTE);
		return true;
	}
	mtu = ip4_mtu_to(iph->dst_addr, a, true);
	if (unlikely(skb_len(skb) > mtu) && (iph->fragment_offset & rte_cpu_to_be_16(IP4_DF))) {
		IP_INC_STATS(w, FragFails);
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_FRAG_NEEDED, mtu, DROP_IP4_FRAG_NEEDED);
		return true;
	}
	return false;
}

/* @return the packet, perhaps another one, its header that of the next hop; or NULL: it is gone. */
static struct sk_buff *
forward_one(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct adj *a = skb->dst;
	struct sk_buff *own;
	rte_be32_t nexthop;

	/* RFC 2113: routers look; a raw socket is the one who does. */
	if (unlikely(ip_opt(skb)->router_alert != 0) &&
	    ip4_wants_bit(ip4_wanted.alert, ip_hdr(skb)->next_proto_id)) {
		ip4_to_sock(w, skb, IP4_TO_ALERT);
		return NULL;
	}
	if (refused(w, skb, a))
		return NULL;
	if (unlikely(skb_cloned(skb) || skb_headroom(skb) < ADJ_HDR_MAX)) {
		own = skb_cow_head(w, skb, ADJ_HDR_MAX, (uint16_t)ip_hdrlen(ip_hdr(skb)));
		if (own == NULL) {
			IP_INC_STATS(w, InDiscards);
			kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return NULL;
		}
		skb = own;
		skb_reset_network_header(skb);
	}
	nexthop = ip4_adj_nexthop(a, ip_opt(skb)->flags & IPOPT_F_SRR_HIT ? ip_opt(skb)->nexthop
									  : ip_hdr(skb)->dst_addr);
	if (unlikely(a->dev == skb->dev) && wants_redirect(skb, a, nexthop))
		ip_rt_send_redirect(w, skb, nexthop);
	ip_decrease_ttl(ip_hdr(skb));
	EXPLAIN(w, "TTL is %u now; %u bytes, MTU %u", ip_hdr(skb)->time_to_live, skb_len(skb),
		ip4_mtu_to(ip_hdr(skb)->dst_addr, a, true));
	if (likely(net_ipv4.ip_forward_update_priority))
		skb->priority = rt_tos2priority(ip_hdr(skb)->type_of_service);
	if (unlikely(ip_opt(skb)->optlen != 0))
		ip_options_fill(skb, inet_select_addr(a->dev, nexthop, SCOPE_UNIVERSE));
	skb->flags |= SKB_F_FORWARDED;
	return skb;
}

void
ip_forward(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_IP4_FORWARD, vec->n);
	struct skb_vec send;
	uint64_t octets = 0;
	uint16_t n = 0;

	skb_vec_init(&send);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = forward_one(w, vec->v[i]);

		if (skb != NULL)
			skb_vec_push(&send, skb);
	}
	ip4_hook(w, IP4_HOOK_FORWARD, &send);
	IP_ADD_STATS(w, ForwDatagrams, send.n);
	for (uint16_t i = 0; i < send.n; i++) {
		struct sk_buff *skb = send.v[i];

		octets += skb_len(skb);
		if (likely(skb->pkt_type != PACKET_BROADCAST)) {
			send.v[n++] = skb;
			continue;
		}
		ip4_count_broadcast(w, skb);
		ip_output_link(w, skb, skb->dst->dev);
	}
	IPEXT_ADD_STATS(w, OutOctets, octets);
	send.n = n;
	if (send.n > 0)
		ip_output(w, &send);
	stage_leave(w, from);
}
