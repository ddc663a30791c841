/* SPDX-License-Identifier: BSD-3-Clause */
/* Encapsulation and decapsulation. */
#include "ipip/ipip_dp.h"
#include <netinet/in.h>
#include <string.h>
#include "core/timer.h"
#include "fib/fib_mpath_dp.h"
#include "ip4/icmp_proto.h"
#include "ip4/ip4_dp.h"
#include "ip4/ip4_proto.h"

#define ECN_MASK 3
#define ECN_ECT0 2
#define ECN_ECT1 1
#define ECN_CE	 3

struct ipip_tunnel *ipip_tab[IPIP_HASH];

struct ipip_tunnel *
ipip_find(rte_be32_t local, rte_be32_t remote, const struct net_device *in)
{
	struct ipip_tunnel *t = rcu_dereference(ipip_tab[ipip_hash(local, remote)]), *other = NULL;
	bool is_free = false;

	for (; t != NULL; t = rcu_dereference(t->next)) {
		const struct ipip_conf *c = rcu_dereference(t->conf);

		if (c->local != local || c->remote != remote)
			continue;
		if (c->dev[0] != '\0' && c->out == in)
			return t;
		if (is_free)
			continue;
		is_free = c->dev[0] == '\0';
		other = t;
	}
	return other;
}

uint32_t
ipip_path_mtu(const struct ipip_tunnel *t)
{
	uint64_t v = __atomic_load_n(&t->pmtu, __ATOMIC_RELAXED);

	return (uint32_t)v > clock_ms() / 1000 ? (uint32_t)(v >> 32) : UINT32_MAX;
}

const struct adj *
ipip_route(const struct ipip_conf *c, uint8_t tos)
{
	struct fib_key k = { .dst = rte_be_to_cpu_32(c->remote),
			     .src = rte_be_to_cpu_32(c->local),
			     .iif = FIB_IIF_LOCAL,
			     .proto = IPPROTO_IPIP,
			     .tos = tos };

	const struct net_device *out = rcu_dereference(c->out);

	if (c->dev[0] != '\0')
		return adj_get(out == NULL ? (uint32_t)ADJ_IDX_NO_ROUTE
					   : fib_route_by_dp(&k, out, c->glean));
	return adj_resolve_group(adj_get(fib_route_dp(&k)), fib_mpath_l3(c->local, c->remote));
}

/* --- out --- */

/* The way to the other end; NULL: there is none, or it leads into the tunnel itself. */
static const struct adj *
outer_route(const struct ipip_conf *c, const struct net_device *dev, enum drop_reason *why)
{
	const struct adj *a = ipip_route(c, c->tos);

	if (a->dev == dev) { /* RFC 2003 3.1: such a packet would never end */
		*why = DROP_IPIP_RECURSION;
		return NULL;
	}
	*why = DROP_IPIP_NO_ROUTE;
	return a->dev != NULL ? a : NULL;
}

/* RFC 6040 4.1, with the outer header marked as Linux does: a mark that is there stays inside. */
static uint8_t
outer_tos(const struct ipip_conf *c, uint8_t inner)
{
	uint8_t ecn = inner & ECN_MASK;

	return (uint8_t)(((c->tos_inherit ? inner : c->tos) & ~ECN_MASK) |
			 (ecn == ECN_CE ? ECN_ECT0 : ecn));
}

static void
outer_header(struct worker *w, struct rte_ipv4_hdr *outer, const struct rte_ipv4_hdr *inner,
	     const struct ipip_conf *c, bool df) DP_ONLY
{
	*outer = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.type_of_service = outer_tos(c, inner->type_of_service),
		.packet_id = (rte_be16_t)worker_rand(w),
		.fragment_offset = df ? RTE_BE16(IP4_DF) : 0,
		.time_to_live = c->ttl != 0 ? c->ttl : inner->time_to_live,
		.next_proto_id = IPPROTO_IPIP,
		.src_addr = c->local,
		.dst_addr = c->remote,
	};
}

/* Take off the link header. The reason to drop the frame, or DROP_MAX. */
static enum drop_reason
open_frame(struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, RTE_ETHER_HDR_LEN + IP4_HDR_MIN))
		return DROP_SKB_TOO_SHORT;
	if (((const struct rte_ether_hdr *)skb_data(skb))->ether_type !=
	    RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return DROP_IPIP_NOT_IP4;
	skb_pull(skb, RTE_ETHER_HDR_LEN);
	skb_reset_network_header(skb);
	return DROP_MAX;
}

static void
encapsulate(struct worker *w, struct ipip_tunnel *t, const struct ipip_conf *c, struct sk_buff *skb,
	    bool df) DP_ONLY
{
	struct netdev_stats *st = netdev_stats(w, t->dev);
	uint32_t len = skb_len(skb);
	struct sk_buff *own = skb_cow_head(w, skb, IPIP_OVERHEAD + ADJ_HDR_MAX, 0);
	struct rte_ipv4_hdr *outer;

	if (own == NULL) {
		kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
		return;
	}
	outer = skb_push(own, IPIP_OVERHEAD); /* the head has room now */
	outer_header(w, outer, outer + 1, c, df);
	st->tx_packets++;
	st->tx_bytes += len;
	own->dev = NULL;
	if (likely(c->dev[0] == '\0'))
		ip_local_out(w, own);
	else
		ip_local_out_by(w, own, ipip_route(c, outer->type_of_service));
}

static void
xmit_one(struct worker *w, struct ipip_tunnel *t, const struct ipip_conf *c, const struct adj *a,
	 struct sk_buff *skb) DP_ONLY
{
	bool inner_df = ip_hdr(skb)->fragment_offset & RTE_BE16(IP4_DF);
	uint32_t mtu = RTE_MIN(a->mtu != 0 ? a->mtu : a->dev->mtu, ipip_path_mtu(t));
	bool fits = skb_len(skb) + IPIP_OVERHEAD <= mtu;

	if (unlikely(__atomic_load_n(&t->pending, __ATOMIC_RELAXED) != 0)) {
		/* RFC 2003 5: what an earlier packet's error said is told to who sends next. */
		__atomic_store_n(&t->pending, 0, __ATOMIC_RELAXED);
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_HOST_UNREACH, 0, DROP_IPIP_UNREACHABLE);
		return;
	}
	if (unlikely(!fits && inner_df)) { /* RFC 2003 5.1 */
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_FRAG_NEEDED, mtu - IPIP_OVERHEAD,
			  DROP_IPIP_FRAG_NEEDED);
		return;
	}
	if (unlikely(skb_len(skb) + IPIP_OVERHEAD > IP4_LEN_MAX)) {
		kfree_skb_reason(w, skb, DROP_NETDEV_TX_OVERSIZE);
		return;
	}
	/* RFC 2003 3.1: DF inside is DF outside. What is too long goes out in fragments. */
	encapsulate(w, t, c, skb, inner_df || (c->pmtudisc && fits));
}

static void
ipip_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	enum stage from = stage_enter(w, STAGE_XMIT, n);
	struct ipip_tunnel *t = dev->priv_dp;
	const struct ipip_conf *c = rcu_dereference(t->conf);
	enum drop_reason no_way;
	const struct adj *a = outer_route(c, dev, &no_way);

	role_enter_dp();
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = skb_init(pkts[i], dev);
		enum drop_reason why = open_frame(skb);

		if (unlikely(why != DROP_MAX))
			kfree_skb_reason(w, skb, why);
		else if (unlikely(a == NULL))
			icmp_send(w, skb, ICMP4_UNREACH, ICMP4_HOST_UNREACH, 0, no_way);
		else
			xmit_one(w, t, c, a, skb);
	}
	stage_leave(w, from);
}

const struct net_device_ops_dp ipip_ops_dp = { .xmit = ipip_xmit, .inside = true };

/* --- in --- */

/* RFC 6040 4.2: what congestion along the tunnel means for the inner packet. Writes its header.
 * false: it must be dropped. */
static bool
decapsulate_ecn(struct rte_ipv4_hdr *inner, uint8_t outer)
{
	uint8_t in = inner->type_of_service & ECN_MASK, out = outer & ECN_MASK;
	uint32_t sum;

	if (out == ECN_CE && in == 0)
		return false;
	if (!(out == ECN_CE && in != ECN_CE) && !(out == ECN_ECT1 && in == ECN_ECT0))
		return true;
	/* RFC 1624 (eqn. 3) for the first 16 bits */
	sum = (uint16_t)~rte_be_to_cpu_16(inner->hdr_checksum) + 0u;
	sum += (uint16_t) ~(inner->version_ihl << 8 | inner->type_of_service);
	inner->type_of_service |= out;
	if (out == ECN_ECT1)
		inner->type_of_service = (uint8_t)((inner->type_of_service & ~ECN_MASK) | ECN_ECT1);
	sum += (uint32_t)(inner->version_ihl << 8 | inner->type_of_service);
	sum = (sum & 0xffff) + (sum >> 16);
	inner->hdr_checksum = rte_cpu_to_be_16((uint16_t) ~((sum & 0xffff) + (sum >> 16)));
	return true;
}

/* Give the inner packet a link header, as the receive path wants it, from the other end. */
static void
receive(struct worker *w, struct ipip_tunnel *t, struct sk_buff *skb, rte_be32_t remote) DP_ONLY
{
	struct rte_ether_hdr *eh = skb_push(skb, sizeof(*eh));

	netdev_addr(t->dev, &eh->dst_addr);
	eh->src_addr = (struct rte_ether_addr){ { 0x02, 0 } };
	memcpy(eh->src_addr.addr_bytes + 2, &remote, sizeof(remote));
	eh->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	skb->dev = t->dev;
	skb_scrub_packet(skb);
	netif_rx(w, skb);
}

static void
rcv_one(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct rte_ipv4_hdr *outer = ip_hdr(skb);
	rte_be32_t remote = outer->src_addr;
	uint8_t tos = outer->type_of_service;
	struct ipip_tunnel *t = ipip_find(outer->dst_addr, remote, skb->dev);
	struct sk_buff *own;

	if (t == NULL) {
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_PROTO_UNREACH, 0, DROP_IPIP_NO_TUNNEL);
		return;
	}
	if (!pskb_may_pull(skb, IP4_HDR_MIN)) {
		kfree_skb_reason(w, skb, DROP_IP4_TRUNCATED);
		return;
	}
	own = skb_cow_head(w, skb, RTE_ETHER_HDR_LEN, IP4_HDR_MIN);
	if (own == NULL) {
		kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
		return;
	}
	if (!decapsulate_ecn((struct rte_ipv4_hdr *)skb_data(own), tos)) {
		kfree_skb_reason(w, own, DROP_IPIP_ECN);
		return;
	}
	receive(w, t, own, remote);
}

void
ipip_rcv(struct worker *w, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++)
		rcv_one(w, vec->v[i]);
}
