/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that come by a port (802.1D-2004 7.5, 7.8; 802.1Q-2011 8.6). Everything plain passes in
 * bursts; what is addressed to the link itself, or came in an unusual buffer, goes the general lane
 * and comes back one by one.
 */
#include <string.h>
#include "bridge/br_burst_dp.h"
#include "core/msg.h"

#define MAC_MASK UINT64_C(0xffffffffffff)
/* 01-80-C2-00-00-0x, the last byte's low half left out (802.1D-2004 7.12.6). */
#define RESERVED_MASK UINT64_C(0xf0ffffffffff)
#define RESERVED      UINT64_C(0x0000c28001)
#define PAUSE	      1

static inline bool
is_reserved(uint64_t dst)
{
	return (dst & RESERVED_MASK) == RESERVED;
}

/* May the frame go the burst's way? One segment, and a source that is a station. */
static inline bool
is_plain(const struct rte_mbuf *m, uint64_t dst, uint64_t from)
{
	return m->nb_segs == 1 && !(from & 1) && from != 0 && !is_reserved(dst) &&
	       !(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED);
}

static inline void
read_macs(const struct rte_mbuf *m, uint64_t *dst, uint64_t *from)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	memcpy(dst, p, sizeof(*dst));
	memcpy(from, p + RTE_ETHER_ADDR_LEN, sizeof(*from));
	*dst &= MAC_MASK;
	*from &= MAC_MASK;
}

/* Take the plain frames out of @p pkts; how many are left, at its front. */
static uint16_t
collect(struct br_burst *b, struct rte_mbuf **pkts, uint16_t n, uint64_t *bytes) DP_ONLY
{
	uint16_t left = 0, k = 0;
	uint32_t longest = 0;
	uint64_t sum = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		uint64_t dst = RESERVED, from = 0;

		sum += m->pkt_len;
		if (likely(m->data_len >= RTE_ETHER_HDR_LEN))
			read_macs(m, &dst, &from);
		if (unlikely(!is_plain(m, dst, from))) {
			pkts[left++] = m;
			continue;
		}
		longest = RTE_MAX(longest, m->pkt_len);
		b->m[k] = m;
		b->dst[k] = dst;
		b->from[k] = from;
		k++;
	}
	b->n = k;
	b->longest = longest;
	b->linear = true;
	*bytes = sum;
	return left;
}

/* Hash both addresses, and have the lines of large tables come. */
static void
hash(struct br_burst *b, const struct br_fdb *fdb)
{
	const struct br_fdb t = *fdb; /* in registers */

	for (uint16_t i = 0; i < b->n; i++) {
		uint16_t vid = br_burst_vid(b, i);
		uint32_t dst = br_fdb_hash(&t, br_fdb_key(b->dst[i], vid));
		uint32_t from = br_fdb_hash(&t, br_fdb_key(b->from[i], vid));

		rte_prefetch0(&t.line[dst]);
		rte_prefetch0(&t.line[from]);
		b->hdst[i] = dst;
		b->hfrom[i] = from;
	}
}

/* Frames of VLANs in which the port does not even learn die here. */
static void
check_states(struct worker *w, struct br_burst *b) DP_ONLY
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		enum br_state s = br_state_of(b->src, br_burst_vid(b, i));

		if (s == BR_STATE_FORWARDING || s == BR_STATE_LEARNING)
			br_burst_move(b, n++, i);
		else
			br_drop(w, b, b->m[i], DROP_BR_STP_BLOCKING);
	}
	b->n = n;
}

/* 802.1D-2004 7.5: what comes by a port that only learns is not forwarded. */
static void
drop_learning(struct worker *w, struct br_burst *b) DP_ONLY
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		if (br_state_of(b->src, br_burst_vid(b, i)) == BR_STATE_FORWARDING)
			br_burst_move(b, n++, i);
		else
			br_drop(w, b, b->m[i], DROP_BR_STP_BLOCKING);
	}
	b->n = n;
}

/* The way of a burst whose addresses are read. */
static void
input(struct worker *w, struct br_burst *b) DP_ONLY
{
	const struct br_port *p = b->src;
	bool plain =
		!(__atomic_load_n(&b->br->flags, __ATOMIC_RELAXED) & (BR_MST | BR_VLAN_STATES)) &&
		__atomic_load_n(&p->state[0], __ATOMIC_RELAXED) == BR_STATE_FORWARDING;

	if (unlikely(b->filtering))
		br_vlan_ingress(w, b);
	if (unlikely(!plain))
		check_states(w, b);
	hash(b, rcu_dereference(b->br->fdb));
	br_learn(w, b);
	if (unlikely(!plain))
		drop_learning(w, b);
	if (likely(b->n > 0))
		br_forward(w, b);
}

static inline void
begin(struct br_burst *b, struct br_port *p)
{
	b->br = p->br;
	b->src = p;
	b->spared = false;
	b->filtering = __atomic_load_n(&p->br->flags, __ATOMIC_RELAXED) & BR_VLAN_FILTERING;
}

uint16_t
br_rx_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	    uint64_t *bytes)
{
	struct br_port *p = rcu_dereference(dev->rx_handler_data);
	struct br_burst b;
	enum stage from;
	uint16_t left;

	if (unlikely(p == NULL)) {
		*bytes = netif_burst_bytes(pkts, n);
		return n;
	}
	begin(&b, p);
	from = stage_enter(w, STAGE_BRIDGE, n);
	left = collect(&b, pkts, n, bytes);
	if (likely(b.n > 0))
		input(w, &b);
	stage_leave(w, from);
	return left;
}

/* --- one by one --- */

static void
input_one(struct worker *w, struct br_port *p, struct sk_buff *skb) DP_ONLY
{
	struct rte_mbuf *m = skb_mbuf(skb);
	struct br_burst b;

	begin(&b, p);
	b.n = 1;
	b.m[0] = m;
	b.longest = m->pkt_len;
	b.linear = m->nb_segs == 1;
	read_macs(m, &b.dst[0], &b.from[0]);
	input(w, &b);
}

/* Linux learns from frames to the link, too, unless told otherwise. */
static void
learn_link_local(struct worker *w, struct br_port *p, struct sk_buff *skb) DP_ONLY
{
	struct br_burst b;
	enum br_state s;

	if (__atomic_load_n(&p->br->flags, __ATOMIC_RELAXED) & BR_NO_LINKLOCAL_LEARN ||
	    __atomic_load_n(&p->flags, __ATOMIC_RELAXED) & BR_PORT_LOCKED)
		return;
	begin(&b, p);
	if (b.filtering) {
		const struct br_vlans *set = rcu_dereference(p->vlans);

		if (set->pvid == 0)
			return;
		b.tci[0] = set->pvid;
	}
	s = br_state_of(p, br_burst_vid(&b, 0));
	if (s != BR_STATE_FORWARDING && s != BR_STATE_LEARNING)
		return;
	b.n = 1;
	b.m[0] = skb_mbuf(skb);
	read_macs(b.m[0], &b.dst[0], &b.from[0]);
	hash(&b, rcu_dereference(p->br->fdb));
	br_learn(w, &b);
}

/* A frame to the bridge group address: to the control thread, where the engine is. */
static enum rx_handler_result
bpdu(struct worker *w, struct br_port *p, struct sk_buff *skb) DP_ONLY
{
	struct ctl_msg msg = { .type = br_msg_bpdu, .arg = (uint32_t)p->dev->ifindex, .pkt = skb };

	if (!(__atomic_load_n(&p->br->flags, __ATOMIC_RELAXED) & BR_STP) &&
	    !(__atomic_load_n(&p->flags, __ATOMIC_RELAXED) & BR_PORT_BPDU_GUARD))
		kfree_skb_reason(w, skb, DROP_BR_NO_STP);
	else if (msg_send(w, &msg) != 0)
		kfree_skb_reason(w, skb, msg_full_reason(br_msg_bpdu));
	return RX_HANDLER_CONSUMED;
}

/* 802.1D-2004 7.12.6: frames to the reserved addresses are not relayed, but for those that
 * group_fwd_mask names. They are the port's own: who listens there gets them. */
static enum rx_handler_result
link_local(struct worker *w, struct br_port *p, struct sk_buff *skb, uint64_t dst) DP_ONLY
{
	unsigned int last = dst >> 40 & 0xf;
	uint16_t mask = __atomic_load_n(&p->br->group_fwd_mask, __ATOMIC_RELAXED) |
			__atomic_load_n(&p->group_fwd_mask, __ATOMIC_RELAXED);

	if (last == 0)
		return bpdu(w, p, skb);
	if (last == PAUSE) { /* 802.3 annex 31B: never leaves the MAC */
		kfree_skb_reason(w, skb, DROP_BR_PAUSE);
		return RX_HANDLER_CONSUMED;
	}
	if (mask >> last & 1) {
		input_one(w, p, skb);
		return RX_HANDLER_CONSUMED;
	}
	learn_link_local(w, p, skb);
	return RX_HANDLER_PASS;
}

enum rx_handler_result
br_handle_frame(struct worker *w, struct sk_buff *skb)
{
	struct br_port *p;
	uint64_t dst, from;

	role_enter_dp();
	p = rcu_dereference(skb->dev->rx_handler_data);
	if (p == NULL)
		return RX_HANDLER_PASS;
	read_macs(skb_mbuf(skb), &dst, &from);
	if (is_reserved(dst))
		return link_local(w, p, skb, dst);
	skb = br_vlan_unstrip(w, skb);
	if (skb != NULL)
		input_one(w, p, skb);
	return RX_HANDLER_CONSUMED;
}
