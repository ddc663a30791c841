/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP on the way in (RFC 768, RFC 1122 4.1): workers check it and know which ports are open; whose
 * the datagram is, the control thread decides. */
#include <rte_udp.h>
#include "ip4/ip4_priv.h"

static void
refuse(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY
{
	UDP_INC_STATS(w, InErrors);
	kfree_skb_reason(w, skb, why);
}

uint16_t
udp_sum(const struct sk_buff *skb, rte_be32_t saddr, rte_be32_t daddr, uint32_t len)
{
	struct {
		rte_be32_t src, dst;
		uint8_t zero, proto;
		rte_be16_t len;
	} pseudo = { saddr, daddr, 0, IPPROTO_UDP, rte_cpu_to_be_16((uint16_t)len) };
	uint32_t sum = rte_raw_cksum(&pseudo, sizeof(pseudo)) + skb_checksum(skb, 0, len);

	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

void
udp_no_port(struct worker *w, struct sk_buff *skb)
{
	if (ip4_offer(w, skb))
		return;
	if (ip4_drop_group(w, skb)) {
		UDP_INC_STATS(w, IgnoredMulti);
		return;
	}
	UDP_INC_STATS(w, NoPorts);
	/* RFC 1122 4.1.3.1 */
	icmp_send(w, skb, ICMP4_UNREACH, ICMP4_PORT_UNREACH, 0, DROP_IP4_NO_SOCKET);
}

static void
rcv_one(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct rte_ipv4_hdr *iph;
	const struct rte_udp_hdr *udp;
	uint32_t len;

	if (!pskb_may_pull(skb, sizeof(*udp))) {
		refuse(w, skb, DROP_UDP_TRUNCATED);
		return;
	}
	iph = ip_hdr(skb);
	udp = (const struct rte_udp_hdr *)skb_data(skb);
	len = rte_be_to_cpu_16(udp->dgram_len);
	if (len < sizeof(*udp) || len > skb_len(skb)) {
		refuse(w, skb, DROP_UDP_BAD_LENGTH);
		return;
	}
	/* RFC 1122 4.1.3.4: a checksum that is there is checked. */
	if (udp->dgram_cksum != 0 && udp_sum(skb, iph->src_addr, iph->dst_addr, len) != 0xffff) {
		UDP_INC_STATS(w, InCsumErrors);
		refuse(w, skb, DROP_UDP_BAD_CHECKSUM);
		return;
	}
	if (ip4_wants_port(udp->dst_port))
		ip4_to_sock(w, skb, IP4_TO_UDP);
	else
		udp_no_port(w, skb);
}

void
udp_rcv(struct worker *w, struct skb_vec *vec)
{
	for (uint16_t i = 0; i < vec->n; i++)
		rcv_one(w, vec->v[i]);
}
