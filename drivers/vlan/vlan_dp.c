/* SPDX-License-Identifier: BSD-3-Clause */
/* A VLAN device sends by its parent; frames that come without its tag get it here. */
#include <string.h>
#include "vlan/vlan_dp.h"

#define TAGGED_LEN (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/* Does the frame carry the tags of @p dev and of the VLAN devices below it, outermost first? */
static bool
has_tags(const struct net_device *dev, const struct rte_mbuf *m)
{
	const struct net_device *stack[NETDEV_TAGS_MAX];
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, 2 * RTE_ETHER_ADDR_LEN);
	unsigned int n = 0;

	for (; dev->real_dev != dev; dev = dev->real_dev)
		stack[n++] = dev;
	if (m->data_len < RTE_ETHER_HDR_LEN + n * RTE_VLAN_HLEN)
		return false;
	for (; n > 0; n--, p += RTE_VLAN_HLEN) {
		rte_be16_t tci;

		memcpy(&tci, p + sizeof(tci), sizeof(tci));
		if (memcmp(p, &stack[n - 1]->vlan_proto, sizeof(rte_be16_t)) != 0 ||
		    (rte_be_to_cpu_16(tci) & 0xfff) != stack[n - 1]->vlan_id)
			return false;
	}
	return true;
}

/* Put the device's tag into a frame. NULL: it died. */
static struct rte_mbuf *
push_tag(struct worker *w, struct net_device *dev, struct rte_mbuf *m) DP_ONLY
{
	struct sk_buff *skb = skb_init(m, dev), *head;
	rte_be16_t tci = rte_cpu_to_be_16(dev->vlan_id);
	uint8_t *p;

	if (skb_len(skb) < RTE_ETHER_HDR_LEN) {
		kfree_skb_reason(w, skb, DROP_NETDEV_RUNT);
		return NULL;
	}
	head = skb_cow_head(w, skb, RTE_VLAN_HLEN, RTE_ETHER_HDR_LEN);
	p = head != NULL ? skb_push(head, RTE_VLAN_HLEN) : NULL;
	if (p == NULL) {
		kfree_skb_reason(w, head != NULL ? head : skb, DROP_SKB_NO_MBUF);
		return NULL;
	}
	memmove(p, p + RTE_VLAN_HLEN, 2 * RTE_ETHER_ADDR_LEN);
	p += 2 * RTE_ETHER_ADDR_LEN;
	memcpy(p, &dev->vlan_proto, sizeof(dev->vlan_proto));
	memcpy(p + sizeof(dev->vlan_proto), &tci, sizeof(tci));
	return skb_mbuf(head);
}

static void
vlan_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct netdev_stats *st = netdev_stats(w, dev);
	enum stage from = stage_enter(w, STAGE_XMIT, n);
	uint16_t ok = 0;

	role_enter_dp();
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (!has_tags(dev, m))
			m = push_tag(w, dev, m);
		if (m == NULL)
			continue;
		st->tx_packets++;
		st->tx_bytes += m->pkt_len;
		pkts[ok++] = m;
	}
	if (ok > 0)
		dev_queue_xmit(w, dev->real_dev, pkts, ok);
	stage_leave(w, from);
}

const struct net_device_ops_dp vlan_ops_dp = { .xmit = vlan_xmit, .inside = true };
