/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors from inside a tunnel, for those whose packets they are about: RFC 2003 4. */
#include <netinet/in.h>
#include <string.h>
#include "core/timer.h"
#include "ip4/icmp_proto.h"
#include "ip4/ip4_dp.h"
#include "ip4/ip4_proto.h"
#include "ipip/ipip_dp.h"

#define PMTU_EXPIRES 600 /* s: Linux's mtu_expires, RFC 1191 6.3 */
#define PMTU_MIN     552 /* Linux's min_pmtu: what a forged error can not go below */

/* What the other side of the tunnel says, and what is to be said of it. */
struct report {
	uint8_t type, code;
	uint32_t mtu; /* of the outer packet, with ICMP4_FRAG_NEEDED */
};

/* RFC 2003 4.1 to 4.6. false: not for the sender's ears. */
static bool
translate(const struct icmp4_hdr *icmph, struct report *r)
{
	*r = (struct report){ .type = ICMP4_UNREACH, .code = ICMP4_HOST_UNREACH };
	if (icmph->type == ICMP4_TIME_EXCEEDED) /* 4.4: a loop inside the tunnel */
		return true;
	if (icmph->type != ICMP4_UNREACH)
		return false; /* 4.2, 4.3, 4.5 */
	switch (icmph->code) {
	case ICMP4_PORT_UNREACH:
	case ICMP4_SR_FAILED:
		return false;
	case ICMP4_NET_UNREACH:
	case ICMP4_PROTO_UNREACH: /* the other end has no tunnel */
		r->code = ICMP4_NET_UNREACH;
		return true;
	case ICMP4_FRAG_NEEDED:
		r->code = ICMP4_FRAG_NEEDED;
		r->mtu = rte_be_to_cpu_16(icmph->frag.mtu);
		r->mtu = RTE_MAX(r->mtu, (uint32_t)PMTU_MIN);
		return true;
	default:
		return true;
	}
}

/* A path only gets narrower by an error; it widens when the knowledge expires. */
static void
remember_mtu(struct ipip_tunnel *t, uint32_t mtu)
{
	if (mtu < ipip_path_mtu(t))
		__atomic_store_n(&t->pmtu,
				 (uint64_t)mtu << 32 | (uint32_t)(clock_ms() / 1000 + PMTU_EXPIRES),
				 __ATOMIC_RELAXED);
}

/* The quoted inner packet as one of its own. NULL: the quote does not hold enough of it. */
static struct sk_buff *
inner_packet(struct worker *w, const struct sk_buff *skb, uint32_t at) DP_ONLY
{
	uint32_t len =
		skb_len(skb) > at ? RTE_MIN(skb_len(skb) - at, (uint32_t)ICMP4_ERROR_MAX) : 0;
	struct rte_ipv4_hdr iph;
	struct sk_buff *inner;
	void *data;

	if (skb_copy_bits(skb, at, &iph, sizeof(iph)) != 0 || iph.version_ihl >> 4 != 4 ||
	    rte_ipv4_hdr_len(&iph) < IP4_HDR_MIN || len < rte_ipv4_hdr_len(&iph) + 8u)
		return NULL;
	inner = alloc_skb(w, SKB_HEADROOM);
	if (inner == NULL)
		return NULL;
	data = skb_put(inner, (uint16_t)len);
	if (data == NULL) {
		kfree_skb_reason(w, inner, DROP_SKB_NO_MBUF);
		return NULL;
	}
	skb_copy_bits(skb, at, data, len);
	skb_reset_network_header(inner);
	return inner;
}

void
ipip_err(struct worker *w, struct sk_buff *skb)
{
	const struct icmp4_hdr *icmph = (const struct icmp4_hdr *)skb_data(skb);
	struct rte_ipv4_hdr outer;
	struct ipip_tunnel *t;
	struct sk_buff *inner;
	struct report r;

	role_enter_dp();
	if (skb_copy_bits(skb, ICMP4_HDR_LEN, &outer, sizeof(outer)) != 0)
		return;
	t = ipip_find(outer.src_addr, outer.dst_addr, skb->dev);
	if (t == NULL || !translate(icmph, &r))
		return;
	if (r.code == ICMP4_FRAG_NEEDED)
		remember_mtu(t, r.mtu);
	inner = inner_packet(w, skb, ICMP4_HDR_LEN + (uint32_t)rte_ipv4_hdr_len(&outer));
	if (inner != NULL) {
		inner->dev = t->dev;
		icmp_error(w, inner, r.type, r.code,
			   r.code == ICMP4_FRAG_NEEDED ? r.mtu - IPIP_OVERHEAD : 0);
		consume_skb(w, inner);
	} else if (r.code != ICMP4_FRAG_NEEDED) {
		__atomic_store_n(&t->pending, 1, __ATOMIC_RELAXED);
	}
}
