/* SPDX-License-Identifier: BSD-3-Clause */
/* What policy rules look at. */
#include "ip4/ip4_priv.h"

void
ip4_key_of(const struct sk_buff *skb, uint32_t iif, struct fib_key *k)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	int32_t at = skb->network_header + (int32_t)ip_hdrlen(iph) - skb_mbuf(skb)->data_off;
	rte_be16_t ports[2];

	*k = (struct fib_key){ .dst = rte_be_to_cpu_32(iph->dst_addr),
			       .src = rte_be_to_cpu_32(iph->src_addr),
			       .mark = skb->mark,
			       .iif = iif,
			       .proto = iph->next_proto_id,
			       .tos = iph->type_of_service };
	if (!ip4_has_ports(k->proto) || ip4_is_fragment(iph))
		return;
	if (at >= 0 && skb_copy_bits(skb, (uint32_t)at, ports, sizeof(ports)) != 0)
		return;
	if (at < 0) /* the data pointer is behind the header: these bytes have been looked at */
		memcpy(ports, (const uint8_t *)iph + ip_hdrlen(iph), sizeof(ports));
	ip4_key_set_ports(k, ports);
}

void
ip4_key_out(const struct sk_buff *skb, const struct ip_out *o, struct fib_key *k)
{
	rte_be16_t ports[2];

	*k = (struct fib_key){ .dst = rte_be_to_cpu_32(o->daddr),
			       .src = rte_be_to_cpu_32(o->saddr),
			       .mark = skb->mark,
			       .iif = FIB_IIF_LOCAL,
			       .proto = o->proto,
			       .tos = o->tos };
	if (ip4_has_ports(o->proto) && skb_copy_bits(skb, 0, ports, sizeof(ports)) == 0)
		ip4_key_set_ports(k, ports);
}

void
ip4_key_turn(struct fib_key *k, uint32_t iif)
{
	struct fib_key there = *k;

	k->src = there.dst;
	k->dst = there.src;
	k->sport = there.dport;
	k->dport = there.sport;
	k->iif = iif;
}

void
ip4_key_back(const struct sk_buff *skb, const struct adj *there, struct fib_key *k)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);

	ip4_key_of(skb, skb->iif, k);
	ip4_key_turn(k, ip4_back_iif(there));
	if (in_dev == NULL || !IN_DEV_ORCONF(in_dev, src_valid_mark))
		k->mark = 0;
}
