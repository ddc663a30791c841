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
	.icmp_timestamp_reply = 1,
	.ip_forward_update_priority = 1,
	.redirect_load = 20,
	.redirect_number = 9,
	.redirect_silence = 20 << 10,
	.error_burst = 5000,
	.gc_timeout = 300,
	.ip_local_port_range = { 32768, 60999 },
};
struct netns_core net_core = {
	.message_cost = 5,
	.message_burst = 10,
	.rmem_default = 212992,
	.rmem_max = 212992,
};
struct net_device *ip4_loopback;
inet_proto_fn inet_protos[256];
inet_error_fn inet_errors[256];
ip4_unclaimed_fn ip4_unclaimed;

void
ip4_to_control(struct worker *w, struct sk_buff *skb, int type, uint32_t arg)
{
	struct ctl_msg msg = { .type = (uint16_t)type, .pkt = skb, .arg = arg };

	/* A reference to shared tables ends with this burst. */
	skb->dst = NULL;
	if (type < 0 || msg_send(w, &msg) != 0) {
		IP_INC_STATS(w, InDiscards);
		kfree_skb_reason(w, skb,
				 type < 0 ? DROP_MSG_LOCAL_FULL : msg_full_reason((uint16_t)type));
	}
}

void
ip4_to_sock(struct worker *w, struct sk_buff *skb, uint32_t kind)
{
	/* Back to the IP header, where ip_local_deliver() pulled it from. */
	skb_push(skb, (uint16_t)(skb_mbuf(skb)->data_off - skb->network_header));
	ip4_to_control(w, skb, ip4_msg_sock, kind);
}

/* A copy for raw sockets of a protocol that has a handler, too. */
static void
raw_copy(struct worker *w, struct sk_buff *skb, uint8_t proto) DP_ONLY
{
	struct sk_buff *copy;
	uint8_t type = 0;

	if (proto == IPPROTO_ICMP) {
		skb_copy_bits(skb, ip_hdrlen(ip_hdr(skb)), &type, 1);
		if (!(__atomic_load_n(&ip4_wanted.icmp_types, __ATOMIC_RELAXED) >>
			      RTE_MIN(type, 31) &
		      1))
			return;
	}
	copy = skb_clone(w, skb);
	if (copy != NULL)
		ip4_to_sock(w, copy, IP4_TO_RAW);
}

/* Nobody handles the protocol: RFC 1122 3.2.2.1, protocol unreachable. */
static void
no_handler(struct worker *w, struct sk_buff *skb, uint8_t proto) DP_ONLY
{
	if (ip4_wants_bit(ip4_wanted.raw, proto)) {
		IP_INC_STATS(w, InDelivers);
		ip4_to_sock(w, skb, IP4_TO_RAW);
		return;
	}
	ip4_no_proto(w, skb);
}

bool
ip4_offer(struct worker *w, struct sk_buff *skb)
{
	ip4_unclaimed_fn fn = rcu_dereference(ip4_unclaimed);
	uint16_t pulled = (uint16_t)(skb_mbuf(skb)->data_off - skb->network_header);

	if (likely(fn == NULL))
		return false;
	skb_push(skb, pulled);
	if (fn(w, skb))
		return true;
	skb_pull(skb, pulled);
	return false;
}

bool
ip4_drop_group(struct worker *w, struct sk_buff *skb)
{
	if (skb->pkt_type == PACKET_HOST)
		return false;
	kfree_skb_reason(w, skb,
			 skb->pkt_type == PACKET_BROADCAST ? DROP_IP4_BROADCAST
							   : DROP_IP4_MULTICAST);
	return true;
}

void
ip4_no_proto(struct worker *w, struct sk_buff *skb)
{
	if (ip4_offer(w, skb)) {
		IP_INC_STATS(w, InDelivers);
		return;
	}
	if (ip4_drop_group(w, skb))
		return;
	IP_INC_STATS(w, InUnknownProtos);
	icmp_send(w, skb, ICMP4_UNREACH, ICMP4_PROTO_UNREACH, 0, DROP_IP4_UNKNOWN_PROTO);
}

/* Give each protocol's packets to its handler in one vector; @p vec's order holds within one. */
static void
deliver_by_protocol(struct worker *w, struct skb_vec *vec) DP_ONLY
{
	while (vec->n > 0) {
		uint8_t proto = ip_hdr(vec->v[0])->next_proto_id;
		inet_proto_fn fn = rcu_dereference(inet_protos[proto]);
		struct skb_vec same;
		uint16_t rest = 0;

		skb_vec_init(&same);
		for (uint16_t i = 0; i < vec->n; i++) {
			struct sk_buff *skb = vec->v[i];

			if (ip_hdr(skb)->next_proto_id != proto) {
				vec->v[rest++] = skb;
				continue;
			}
			EXPLAIN(w, "delivered here: protocol %u", proto);
			if (fn == NULL) {
				no_handler(w, skb, proto);
				continue;
			}
			if (unlikely(ip4_wants_bit(ip4_wanted.raw, proto)))
				raw_copy(w, skb, proto);
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

/* It would wait for the rest of its datagram. */
static void
explain_piece(struct worker *w, struct skb_vec *pieces) DP_ONLY
{
	EXPLAIN(w, "a fragment: kept until the rest of its datagram has come");
	for (uint16_t i = 0; i < pieces->n; i++)
		consume_skb(w, pieces->v[i]);
}

void
ip_local_deliver(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_IP4_LOCAL, vec->n);
	struct skb_vec whole, pieces;

	skb_vec_init(&whole);
	skb_vec_init(&pieces);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];

		if (unlikely(ip4_is_fragment(ip_hdr(skb))))
			skb_vec_push(&pieces, skb);
		else
			skb_vec_push(&whole, skb);
	}
	if (unlikely(pieces.n > 0) && explaining(w))
		explain_piece(w, &pieces);
	else if (unlikely(pieces.n > 0))
		ip_defrag(w, &pieces, IP_DEFRAG_LOCAL_DELIVER);
	ip4_hook(w, IP4_HOOK_INPUT, &whole);
	deliver_by_protocol(w, &whole);
	stage_leave(w, from);
}
