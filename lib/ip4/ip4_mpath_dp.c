/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of several next hops a packet takes, for every policy but plain layer 3. Both lanes ask
 * here. Fragments of one datagram go one way: no policy looks behind the header of a fragment, as
 * in Linux, and those that choose packet by packet go by the datagram's identification then.
 */
#include "ip4/ip4_priv.h"

#define LOOK_AT 160 /* bytes of a packet that may count: some tunnels deep */
#define IP6_LEN 40
#define GOLDEN	0x9e3779b1u /* 2^32 over the golden ratio: steps that spread well, however few */

struct ip6_head {
	rte_be32_t vtc_flow;
	rte_be16_t payload_len;
	uint8_t proto, hop_limits;
	uint8_t src[16], dst[16];
} __rte_packed;

static void
set_ports(const uint8_t *p, uint32_t len, struct fib_mpath_key *k)
{
	rte_be16_t ports[2];

	if (!ip4_has_ports(k->proto) || len < sizeof(ports))
		return;
	memcpy(ports, p, sizeof(ports));
	k->sport = rte_be_to_cpu_16(ports[0]);
	k->dport = rte_be_to_cpu_16(ports[1]);
}

/* The packet at @p p. @return the length of its header when what is behind it may be looked at. */
static uint32_t
dissect4(const uint8_t *p, uint32_t len, struct fib_mpath_key *k)
{
	struct rte_ipv4_hdr iph;
	uint32_t hlen;

	memcpy(&iph, p, sizeof(iph));
	hlen = ip_hdrlen(&iph);
	*k = (struct fib_mpath_key){ .src = iph.src_addr,
				     .dst = iph.dst_addr,
				     .proto = iph.next_proto_id };
	if (ip4_is_fragment(&iph) || hlen < IP4_HDR_MIN || hlen > len)
		return 0;
	set_ports(p + hlen, len - hlen, k);
	return hlen;
}

static void
dissect6(const uint8_t *p, uint32_t len, struct fib_mpath_key *k)
{
	struct ip6_head h;

	memcpy(&h, p, sizeof(h));
	*k = (struct fib_mpath_key){ .src = rte_jhash(h.src, sizeof(h.src), 0),
				     .dst = rte_jhash(h.dst, sizeof(h.dst), 0),
				     .proto = h.proto };
	set_ports(p + IP6_LEN, len - IP6_LEN, k);
}

/* The innermost packet behind header @p outer of @p hlen bytes. False: it is no tunnel's. */
static bool
innermost(const uint8_t *p, uint32_t len, uint32_t hlen, uint8_t proto, struct fib_mpath_key *in)
{
	bool found = false;

	while (hlen != 0) {
		p += hlen;
		len -= hlen;
		if (proto == IPPROTO_IPV6 && len >= IP6_LEN && p[0] >> 4 == 6) {
			dissect6(p, len, in);
			return true;
		}
		if (proto != IPPROTO_IPIP || len < IP4_HDR_MIN || p[0] >> 4 != 4)
			break;
		hlen = dissect4(p, len, in);
		proto = in->proto;
		found = true;
	}
	return found;
}

/* Layer 3. An ICMP error goes the way of what it is about, as in Linux: by the addresses that it
 * quotes. */
static uint32_t
hash_l3(const uint8_t *p, uint32_t len)
{
	struct fib_mpath_key k;
	uint32_t hlen = dissect4(p, len, &k);

	if (k.proto == IPPROTO_ICMP && hlen != 0 && len >= hlen + 8 + IP4_HDR_MIN &&
	    icmp4_type_is_error(p[hlen]))
		dissect4(p + hlen + 8, len - hlen - 8, &k);
	return fib_mpath_l3(k.src, k.dst);
}

static uint32_t
hash_packet(struct worker *w, const uint8_t *p, int policy) DP_ONLY
{
	struct rte_ipv4_hdr iph;

	memcpy(&iph, p, sizeof(iph));
	if (ip4_is_fragment(&iph))
		return rte_jhash_3words(iph.src_addr, iph.dst_addr,
					iph.packet_id | (uint32_t)iph.next_proto_id << 16, 0);
	return policy == FIB_MPATH_RANDOM ? worker_rand(w) : w->turn++ * GOLDEN;
}

uint32_t
ip4_mpath_hash(struct worker *w, const uint8_t *p, uint32_t len)
{
	struct fib_mpath_key outer, inner;
	int policy = fib_mpath_policy();
	uint32_t hlen;

	len = RTE_MIN(len, (uint32_t)LOOK_AT);
	if (policy == FIB_MPATH_L3)
		return hash_l3(p, len);
	if (policy >= FIB_MPATH_PACKET)
		return hash_packet(w, p, policy);
	hlen = dissect4(p, len, &outer);
	if (policy != FIB_MPATH_L4 && innermost(p, len, hlen, outer.proto, &inner))
		return fib_mpath_hash(&outer, &inner);
	return fib_mpath_hash(&outer, NULL);
}

uint32_t
ip4_mpath_hash_skb(struct worker *w, const struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	const struct rte_mbuf *m = skb_mbuf(skb);
	uint32_t have = m->data_len + m->data_off - skb->network_header;
	uint32_t len = RTE_MIN(rte_be_to_cpu_16(iph->total_length), (uint16_t)LOOK_AT);
	uint8_t buf[LOOK_AT];

	if (likely(have >= len || skb->network_header != m->data_off ||
		   skb_copy_bits(skb, 0, buf, len) != 0))
		return ip4_mpath_hash(w, (const uint8_t *)iph, RTE_MIN(have, len));
	return ip4_mpath_hash(w, buf, len);
}
