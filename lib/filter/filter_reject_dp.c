/* SPDX-License-Identifier: BSD-3-Clause */
/* Rejection: by the one gate of ICMP errors, or by a TCP reset. */
#include <netinet/in.h>
#include <rte_tcp.h>
#include "filter/filter_dp.h"
#include "ip4/icmp_proto.h"
#include "ip4/ip4_dp.h"
#include "ip4/ip4_proto.h"

/* The TCP header of a packet that may be answered by a reset. RFC 9293 3.5.3: a reset is not, nor
 * (RFC 1122 4.2.3.10) what came to a group; a fragment has no whole segment to look at. */
static bool
tcp_header(const struct sk_buff *skb, struct rte_tcp_hdr *th, uint32_t *seg_len)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	uint32_t hlen = (uint32_t)(iph->version_ihl & 0x0f) * 4, doff;

	if (iph->next_proto_id != IPPROTO_TCP ||
	    (iph->fragment_offset & rte_cpu_to_be_16(IP4_MF | IP4_OFFMASK)) != 0 ||
	    (skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_OUTGOING) ||
	    !ip4_is_host_class(rte_be_to_cpu_32(iph->dst_addr)) ||
	    skb_copy_bits(skb, hlen, th, sizeof(*th)) != 0 || th->tcp_flags & RTE_TCP_RST_FLAG)
		return false;
	doff = (uint32_t)(th->data_off >> 4) * 4;
	if (doff < sizeof(*th) || skb_len(skb) < hlen + doff)
		return false;
	*seg_len = skb_len(skb) - hlen - doff + (th->tcp_flags & RTE_TCP_SYN_FLAG ? 1 : 0) +
		   (th->tcp_flags & RTE_TCP_FIN_FLAG ? 1 : 0);
	return true;
}

/* RFC 9293 3.5.2: with the sequence number that was acknowledged; without one, acknowledging. */
static void
send_reset(struct worker *w, const struct sk_buff *skb) DP_ONLY
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct rte_ipv4_hdr pseudo = { .version_ihl = 0x45,
				       .total_length =
					       RTE_BE16(IP4_HDR_MIN + sizeof(struct rte_tcp_hdr)),
				       .next_proto_id = IPPROTO_TCP,
				       .src_addr = iph->dst_addr,
				       .dst_addr = iph->src_addr };
	struct ip_out o = { .saddr = iph->dst_addr, .daddr = iph->src_addr, .proto = IPPROTO_TCP };
	struct rte_tcp_hdr th, *rst;
	struct sk_buff *answer;
	uint32_t seg_len;

	if (!tcp_header(skb, &th, &seg_len))
		return;
	answer = alloc_skb(w, SKB_HEADROOM);
	if (answer == NULL)
		return;
	rst = skb_put(answer, sizeof(*rst)); /* a fresh buffer has room for it */
	*rst = (struct rte_tcp_hdr){ .src_port = th.dst_port,
				     .dst_port = th.src_port,
				     .data_off = sizeof(*rst) / 4 << 4,
				     .tcp_flags = RTE_TCP_RST_FLAG };
	if (th.tcp_flags & RTE_TCP_ACK_FLAG) {
		rst->sent_seq = th.recv_ack;
	} else {
		rst->tcp_flags |= RTE_TCP_ACK_FLAG;
		rst->recv_ack = rte_cpu_to_be_32(rte_be_to_cpu_32(th.sent_seq) + seg_len);
	}
	rst->cksum = rte_ipv4_udptcp_cksum(&pseudo, rst);
	ip_build_and_send_pkt(w, answer, &o);
}

void
filter_reject(struct worker *w, struct sk_buff *skb, uint8_t with)
{
	if (with != FILTER_TCP_RESET) {
		icmp_send(w, skb, ICMP4_UNREACH, with, 0, DROP_FILTER_REJECT);
		return;
	}
	send_reset(w, skb);
	kfree_skb_reason(w, skb, DROP_FILTER_REJECT);
}
