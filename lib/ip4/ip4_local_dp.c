/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"

struct netns_ipv4 net_ipv4 = {
	.ip_forward = 1,
	.ip_default_ttl = 64,
	.icmp_echo_ignore_broadcasts = 1,
	.icmp_ignore_bogus_error_responses = 1,
	.icmp_ratelimit = 1000,
	.icmp_ratemask = 0x1818, /* unreachable, source quench, time exceeded, parameter problem */
	.icmp_msgs_per_sec = 1000,
	.icmp_msgs_burst = 50,
};
struct net_device *ip4_loopback;
int ip4_msg_listen = -1;
inet_proto_fn inet_protos[256];
uint64_t ip4_listen_bits[4];
uint64_t ip4_own_filter[IP4_OWN_BITS / 64];

void
ip4_to_control(struct worker *w, struct sk_buff *skb, int type)
{
	struct ctl_msg msg = { .type = (uint16_t)type, .pkt = skb };

	/* A reference to shared tables ends with this burst. */
	skb->dst = NULL;
	if (type < 0 || msg_send(w, &msg) != 0) {
		IP_INC_STATS(w, InDiscards);
		kfree_skb_reason(w, skb,
				 type < 0 ? DROP_MSG_LOCAL_FULL : msg_full_reason((uint16_t)type));
	}
}

/* Nobody handles the protocol. RFC 1122 3.2.2.1: protocol unreachable; for UDP, whose handler
 * would have no listener, port unreachable (RFC 1122 4.1.3.1). */
static void
no_handler(struct worker *w, struct sk_buff *skb, uint8_t proto) DP_ONLY
{
	if (ip4_has_listener(proto)) {
		IP_INC_STATS(w, InDelivers);
		ip4_to_control(w, skb, ip4_msg_listen);
		return;
	}
	/* Nobody answers for a group (RFC 1122 3.2.2). */
	if (skb->pkt_type != PACKET_HOST) {
		kfree_skb_reason(w, skb,
				 skb->pkt_type == PACKET_BROADCAST ? DROP_IP4_BROADCAST
								   : DROP_IP4_MULTICAST);
		return;
	}
	if (proto == IPPROTO_UDP) {
		IP_INC_STATS(w, InDelivers);
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_PORT_UNREACH, 0, DROP_IP4_NO_SOCKET);
		return;
	}
	IP_INC_STATS(w, InUnknownProtos);
	icmp_send(w, skb, ICMP4_UNREACH, ICMP4_PROTO_UNREACH, 0, DROP_IP4_UNKNOWN_PROTO);
}

static bool
is_fragment(const struct rte_ipv4_hdr *iph)
{
	return iph->fragment_offset & rte_cpu_to_be_16(IP4_MF | IP4_OFFMASK);
}

/* Give each protocol's packets to its handler in one vector; @p vec's order holds within one. */
static void
deliver_by_protocol(struct worker *w, struct skb_vec *vec) DP_ONLY
{
	while (vec->n > 0) {
		uint8_t proto = ip_hdr(vec->v[0])->next_proto_id;
		inet_proto_fn fn = rcu_dereference(inet_protos[proto]);
		struct skb_vec same = { .n = 0 };
		uint16_t rest = 0;

		for (uint16_t i = 0; i < vec->n; i++) {
			struct sk_buff *skb = vec->v[i];

			if (ip_hdr(skb)->next_proto_id != proto) {
				vec->v[rest++] = skb;
				continue;
			}
			if (fn == NULL) {
				no_handler(w, skb, proto);
				continue;
			}
			/* The header is contiguous since ip_rcv(): it can be pulled. */
			skb_pull(skb, ip_hdrlen(ip_hdr(skb)));
			skb_reset_transport_header(skb);
			skb_vec_push(&same, skb);
		}
		vec->n = rest;
		if (same.n > 0) {
			IP_ADD_STATS(w, InDelivers, same.n);
			fn(w, &same);
		}
	}
}

void
ip_local_deliver(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_IP4_LOCAL, vec->n);
	struct skb_vec whole = { .n = 0 }, pieces = { .n = 0 };

	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];

		if (unlikely(is_fragment(ip_hdr(skb))))
			skb_vec_push(&pieces, skb);
		else
			skb_vec_push(&whole, skb);
	}
	if (unlikely(pieces.n > 0))
		ip_defrag(w, &pieces, IP_DEFRAG_LOCAL_DELIVER);
	ip4_hook(w, IP4_HOOK_INPUT, &whole);
	deliver_by_protocol(w, &whole);
	stage_leave(w, from);
}
