/* SPDX-License-Identifier: BSD-3-Clause */
/* VLANs of frames: which one a frame belongs to, and how it looks where it leaves. */
#include <string.h>
#include "bridge/br_burst_dp.h"

#define TYPE_AT	 (2 * RTE_ETHER_ADDR_LEN)
#define VID(tci) ((tci)&0xfff)

enum br_state
br_vlan_state_of(const struct br_port *p, uint16_t vid)
{
	const struct net_bridge *br = p->br;
	const struct br_vlan_states *own = rcu_dereference(p->vlan_states);
	unsigned int tree = 0;
	enum br_state port, vlan;

	if (__atomic_load_n(&br->flags, __ATOMIC_RELAXED) & BR_MST)
		tree = __atomic_load_n(&br->vlan_tree[vid], __ATOMIC_RELAXED);
	port = (enum br_state)__atomic_load_n(&p->state[tree], __ATOMIC_RELAXED);
	if (own == NULL || vid == 0 || (port != BR_STATE_FORWARDING && port != BR_STATE_LEARNING))
		return port;
	/* Of the two the one that lets less through. */
	vlan = (enum br_state)__atomic_load_n(&own->of[vid], __ATOMIC_RELAXED);
	return vlan == BR_STATE_FORWARDING ? port : vlan;
}

/* The tag of @p proto that the frame begins with. false: it has none. */
static bool
read_tag(const struct rte_mbuf *m, rte_be16_t proto, uint16_t *tci)
{
	struct {
		rte_be16_t type, tci;
	} copy;
	const void *p;

	if (m->pkt_len < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
		return false;
	p = rte_pktmbuf_read(m, TYPE_AT, sizeof(copy), &copy);
	memcpy(&copy, p, sizeof(copy));
	if (copy.type != proto)
		return false;
	*tci = rte_be_to_cpu_16(copy.tci);
	return true;
}

/* 802.1Q-2011 6.9.1: an untagged or priority-tagged frame is classified by the port's PVID. */
static enum drop_reason
classify(struct br_burst *b, unsigned int i, const struct br_vlans *set)
{
	uint16_t tci = 0;

	b->tagged[i] = read_tag(b->m[i], b->br->vlan_proto, &tci);
	if (VID(tci) == 0) {
		if (set->pvid == 0)
			return DROP_BR_NO_PVID;
		tci |= set->pvid;
	}
	b->tci[i] = tci;
	/* 8.6.2: ingress filtering */
	return br_vlan_has(set->member, VID(tci)) ? DROP_MAX : DROP_BR_VLAN_INGRESS;
}

void
br_vlan_ingress(struct worker *w, struct br_burst *b)
{
	const struct br_vlans *set =
		rcu_dereference(*(b->src != NULL ? &b->src->vlans : &b->br->vlans));
	uint16_t n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		enum drop_reason why = classify(b, i, set);

		if (unlikely(why != DROP_MAX)) {
			br_drop(w, b, b->m[i], why);
			continue;
		}
		br_vlan_count(w, b, i, b->m[i]->pkt_len, false);
		if (n != i)
			br_burst_move(b, n, i);
		n++;
	}
	b->n = n;
}

void
br_vlan_count(struct worker *w, const struct br_burst *b, unsigned int i, uint32_t bytes, bool sent)
{
	const struct br_vlan_stats *st = rcu_dereference(b->br->vlan_stats);
	struct br_vlan_stat *v;

	if (likely(st == NULL) || explaining(w))
		return;
	v = &st->of[w->id][VID(b->tci[i])];
	if (sent) {
		v->tx_packets++;
		v->tx_bytes += bytes;
	} else {
		v->rx_packets++;
		v->rx_bytes += bytes;
	}
}

/* --- the way out --- */

static struct rte_mbuf *
no_mbuf(struct worker *w, const struct br_burst *b, struct rte_mbuf *m) DP_ONLY
{
	br_drop(w, b, m, DROP_SKB_NO_MBUF);
	return NULL;
}

static struct rte_mbuf *
pop(struct worker *w, const struct br_burst *b, struct rte_mbuf *m) DP_ONLY
{
	struct sk_buff *skb =
		skb_cow_head(w, skb_init(m, b->br->dev), 0, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN);
	uint8_t *p;

	if (skb == NULL)
		return no_mbuf(w, b, m);
	p = skb_data(skb);
	memmove(p + RTE_VLAN_HLEN, p, TYPE_AT);
	skb_pull(skb, RTE_VLAN_HLEN);
	return skb_mbuf(skb);
}

static struct rte_mbuf *
push(struct worker *w, const struct br_burst *b, struct rte_mbuf *m, uint16_t host_tci) DP_ONLY
{
	struct sk_buff *skb =
		skb_cow_head(w, skb_init(m, b->br->dev), RTE_VLAN_HLEN, RTE_ETHER_HDR_LEN);
	rte_be16_t tci = rte_cpu_to_be_16(host_tci);
	uint8_t *p = skb != NULL ? skb_push(skb, RTE_VLAN_HLEN) : NULL;

	if (p == NULL)
		return no_mbuf(w, b, skb != NULL ? skb_mbuf(skb) : m);
	memmove(p, p + RTE_VLAN_HLEN, TYPE_AT);
	memcpy(p + TYPE_AT, &b->br->vlan_proto, sizeof(b->br->vlan_proto));
	memcpy(p + TYPE_AT + sizeof(tci), &tci, sizeof(tci));
	return skb_mbuf(skb);
}

/* A priority tag gets its VLAN. */
static struct rte_mbuf *
rewrite(struct worker *w, const struct br_burst *b, struct rte_mbuf *m, uint16_t host_tci) DP_ONLY
{
	struct sk_buff *skb =
		skb_cow_head(w, skb_init(m, b->br->dev), 0, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN);
	rte_be16_t tci = rte_cpu_to_be_16(host_tci);

	if (skb == NULL)
		return no_mbuf(w, b, m);
	memcpy(skb_data(skb) + TYPE_AT + sizeof(tci), &tci, sizeof(tci));
	return skb_mbuf(skb);
}

struct rte_mbuf *
br_vlan_egress(struct worker *w, const struct br_burst *b, unsigned int i,
	       const struct br_vlans *set, struct rte_mbuf *m)
{
	uint16_t tci = b->tci[i], now = 0;

	if (br_vlan_has(set->untagged, VID(tci)))
		return b->tagged[i] ? pop(w, b, m) : m;
	if (!b->tagged[i])
		return push(w, b, m, tci);
	return read_tag(m, b->br->vlan_proto, &now) && now != tci ? rewrite(w, b, m, tci) : m;
}

struct sk_buff *
br_vlan_unstrip(struct worker *w, struct sk_buff *skb)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	struct sk_buff *head;
	rte_be16_t tag[2];
	uint8_t *p;

	if (likely(!(skb->flags & SKB_F_VLAN)))
		return skb;
	tag[0] = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag[1] = rte_cpu_to_be_16(skb->vlan_tci);
	head = skb_cow_head(w, skb, RTE_VLAN_HLEN, RTE_ETHER_HDR_LEN);
	p = head != NULL ? skb_push(head, RTE_VLAN_HLEN) : NULL;
	if (p == NULL) {
		kfree_skb_reason(w, head != NULL ? head : skb, DROP_SKB_NO_MBUF);
		return NULL;
	}
	memmove(p, p + RTE_VLAN_HLEN, TYPE_AT);
	memcpy(p + TYPE_AT, tag, sizeof(tag));
	m = skb_mbuf(head);
	m->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	head->flags &= ~SKB_F_VLAN;
	return head;
}
