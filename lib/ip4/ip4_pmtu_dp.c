/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_pmtu_dp.h"
#include "ip4/inetpeer_dp.h"
#include "ip4/ip4_priv.h"

struct ip4_pmtu_conf ip4_pmtu_conf = { .min_pmtu = 552, .mtu_expires = 600 };
int ip4_pmtu_msg = -1;

/* RFC 1191 7.1: what paths have, for routers that do not say. */
static uint32_t
plateau_below(uint32_t len)
{
	static const uint16_t plateau[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296 };

	for (unsigned int i = 0; i < RTE_DIM(plateau); i++)
		if (plateau[i] < len)
			return plateau[i];
	return IP4_MTU_MIN;
}

bool
ip4_quote_is_ours(const struct rte_ipv4_hdr *outer, const struct rte_ipv4_hdr *quoted)
{
	return quoted->src_addr == outer->dst_addr &&
	       (!(quoted->fragment_offset & rte_cpu_to_be_16(IP4_DF)) || ip_ident_is_mark(quoted));
}

/* Could the datagram have been too large? RFC 5927 7. */
static bool
believable(const struct rte_ipv4_hdr *outer, const struct rte_ipv4_hdr *quoted, uint32_t mtu)
{
	return (quoted->fragment_offset & ~rte_cpu_to_be_16(IP4_RF)) == rte_cpu_to_be_16(IP4_DF) &&
	       rte_be_to_cpu_16(quoted->total_length) > mtu && ip4_quote_is_ours(outer, quoted);
}

void
ip4_pmtu_rcv(struct worker *w, const struct sk_buff *skb)
{
	const struct icmp4_hdr *icmph = (const struct icmp4_hdr *)skb_data(skb);
	const struct rte_ipv4_hdr *quoted = (const struct rte_ipv4_hdr *)(icmph + 1);
	uint32_t mtu = rte_be_to_cpu_16(icmph->frag.mtu);
	struct ctl_msg msg = { .type = (uint16_t)ip4_pmtu_msg,
			       .arg2 = (uint64_t)quoted->src_addr << 32 | quoted->dst_addr };

	if (ip4_pmtu_conf.ip_no_pmtu_disc == 1 || ip4_pmtu_conf.ip_no_pmtu_disc == 2)
		return;
	if (!believable(ip_hdr(skb), quoted, mtu)) {
		FRAG_INC_STATS(w, PmtuRefused);
		return;
	}
	msg.arg = mtu != 0 ? mtu : plateau_below(rte_be_to_cpu_16(quoted->total_length));
	msg.arg |= (uint32_t)quoted->type_of_service << 16;
	if (msg_send(w, &msg) != 0)
		FRAG_INC_STATS(w, PmtuRefused);
}
