/* SPDX-License-Identifier: BSD-3-Clause */
/* What policy rules look at, of packets in the general and in the fast lane. */
#include "ip4/ip4_priv.h"

static void
set_ports(struct fib_key *k, const rte_be16_t ports[2])
{
	k->sport = rte_be_to_cpu_16(ports[0]);
	k->dport = rte_be_to_cpu_16(ports[1]);
}

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
	set_ports(k, ports);
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
		set_ports(k, ports);
}

void
ip4_key_back(const struct sk_buff *skb, const struct adj *there, struct fib_key *k)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	struct fib_key to;

	ip4_key_of(skb, there->dev != NULL ? (uint32_t)there->dev->ifindex : FIB_IIF_LOCAL, &to);
	*k = to;
	k->src = to.dst;
	k->dst = to.src;
	k->sport = to.dport;
	k->dport = to.sport;
	if (in_dev == NULL || !IN_DEV_ORCONF(in_dev, src_valid_mark))
		k->mark = 0;
}

void
ip4_fast_rules(const struct fib_rules *rules, uint8_t *const *l3, uint32_t n,
	       const struct net_device *dev, struct net_device *const *in, uint32_t *idx)
{
	bool ports = fib_rules_want_ports(rules);
	struct fib_key key[SKB_BURST];

	for (uint32_t i = 0; i < n; i++) {
		const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)l3[i];

		key[i] = (struct fib_key){ .dst = rte_be_to_cpu_32(iph->dst_addr),
					   .src = rte_be_to_cpu_32(iph->src_addr),
					   .iif = (uint32_t)(dev != NULL ? dev : in[i])->ifindex,
					   .proto = iph->next_proto_id,
					   .tos = iph->type_of_service };
		if (ports && ip4_has_ports(key[i].proto) && !ip4_is_fragment(iph) &&
		    rte_be_to_cpu_16(iph->total_length) >= IP4_HDR_MIN + 4)
			set_ports(&key[i], (const rte_be16_t *)(iph + 1));
	}
	fib_rules_lookup_bulk_dp(rules, key, idx, n);
}
