/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_priv.h"

/* Count a refused header as Linux's ip_rcv_core() does. */
static void
count_refused(struct worker *w, const struct sk_buff *skb, enum drop_reason why) DP_ONLY
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);

	if (why == DROP_IP4_BAD_LENGTH && rte_be_to_cpu_16(iph->total_length) >= ip_hdrlen(iph)) {
		IPEXT_INC_STATS(w, InTruncatedPkts);
		return;
	}
	if (why == DROP_IP4_BAD_CHECKSUM)
		IPEXT_INC_STATS(w, InCsumErrors);
	IP_INC_STATS(w, InHdrErrors);
}

/* Check one header, make it contiguous, cut link padding. */
static enum drop_reason
rcv_one(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct rte_ipv4_hdr *iph;
	enum drop_reason why;
	unsigned int hlen;

	if (unlikely(!pskb_may_pull(skb, IP4_HDR_MIN)))
		return DROP_IP4_TRUNCATED;
	iph = (const struct rte_ipv4_hdr *)skb_data(skb);
	hlen = ip_hdrlen(iph);
	/* A header that the packet is too short for stays as it is: the check refuses it. */
	if (unlikely(hlen > skb_headlen(skb)) && pskb_may_pull(skb, hlen))
		iph = (const struct rte_ipv4_hdr *)skb_data(skb);
	skb_reset_network_header(skb);
	why = ip4_header_check(iph, skb_headlen(skb), skb_len(skb), skb->flags & SKB_F_CSUM_OK);
	if (unlikely(why != DROP_MAX))
		return why;
	ip4_count_ecn(w, iph->type_of_service);
	if (skb_len(skb) > rte_be_to_cpu_16(iph->total_length))
		skb_trim(skb, rte_be_to_cpu_16(iph->total_length));
	skb->transport_header = (uint16_t)(skb->network_header + hlen);
	memset(ip_opt(skb), 0, sizeof(struct ip_options));
	return DROP_MAX;
}

/* Options of a good header. false: the packet is gone. */
static bool
rcv_options(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	uint8_t pointer = 0;
	enum drop_reason why = ip_options_compile(skb, &pointer);

	if (likely(why == DROP_MAX))
		return true;
	IP_INC_STATS(w, InHdrErrors);
	if (why == DROP_IP4_BAD_OPTION) /* RFC 1122 3.2.1.8, 3.2.2.5 */
		icmp_send(w, skb, ICMP4_PARAM_PROBLEM, 0, pointer, why);
	else if (in_dev == NULL || !IN_DEV_ORCONF(in_dev, log_martians) ||
		 !ip4_log_drop(w, skb, why))
		kfree_skb_reason(w, skb, why);
	return false;
}

void
ip_rcv(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_IP4_RCV, vec->n);
	struct skb_vec good;
	uint64_t octets = 0, received = 0;

	skb_vec_init(&good);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];
		enum drop_reason why;

		if (unlikely(skb->pkt_type == PACKET_OTHERHOST)) {
			kfree_skb_reason(w, skb, DROP_NETDEV_OTHERHOST);
			continue;
		}
		received++;
		octets += skb_len(skb);
		skb->iif = (uint32_t)skb->dev->ifindex;
		skb_reset_network_header(skb);
		why = rcv_one(w, skb);
		if (unlikely(why != DROP_MAX)) {
			count_refused(w, skb, why);
			kfree_skb_reason(w, skb, why);
			continue;
		}
		if (ip4_sheds() && skb->pkt_type == PACKET_HOST && ip4_shed_one(w, skb))
			continue;
		EXPLAIN(w, "IPv4 header is sound: " EXPLAIN_IP4 " to " EXPLAIN_IP4 ", TTL %u",
			EXPLAIN_IP4_OF(ip_hdr(skb)->src_addr),
			EXPLAIN_IP4_OF(ip_hdr(skb)->dst_addr), ip_hdr(skb)->time_to_live);
		if (unlikely(ip_hdr(skb)->version_ihl != 0x45) && !rcv_options(w, skb))
			continue;
		skb_vec_push(&good, skb);
	}
	IP_ADD_STATS(w, InReceives, received);
	IPEXT_ADD_STATS(w, InOctets, octets);
	ip4_hook(w, IP4_HOOK_PREROUTING, &good);
	if (good.n > 0)
		ip_route_input(w, &good);
	stage_leave(w, from);
}
