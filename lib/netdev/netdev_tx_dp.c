/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit: the last checks, link headers, and taps in both directions. */
#include <string.h>
#include <linux/if_ether.h>
#include "core/explain.h"
#include "netdev/netdev_priv.h"

#define TX_ROUNDS 8 /* devices on top of each other */

/* --- taps --- */

/* A clone of a whole frame, with the data pointer behind its MAC header. NULL: no mbuf. */
static struct sk_buff *
tap_clone(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	struct sk_buff *c = skb_clone(w, skb);

	if (c == NULL) {
		/* What can not be shown dies too, under its reason. */
		counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
		counter_inc(w, &drop_counters, DROP_SKB_NO_MBUF);
		return NULL;
	}
	skb_pull(c, RTE_ETHER_HDR_LEN);
	skb_reset_network_header(c);
	return c;
}

void
netdev_tap_rx(struct worker *w, const struct skb_vec *vec)
{
	ptype_fn fn = __atomic_load_n(&ptype_all, __ATOMIC_ACQUIRE);
	struct skb_vec clones;

	skb_vec_init(&clones);
	if (fn == NULL)
		return;
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *c = tap_clone(w, vec->v[i]);

		if (c != NULL)
			skb_vec_push(&clones, c);
	}
	if (clones.n > 0)
		fn(w, &clones);
}

void
netdev_tap_tx(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	ptype_fn fn = __atomic_load_n(&ptype_all, __ATOMIC_ACQUIRE);
	struct skb_vec clones;

	skb_vec_init(&clones);
	for (uint16_t i = 0; i < n && fn != NULL; i++) {
		struct sk_buff *skb, *c;

		if (pkts[i]->data_len < RTE_ETHER_HDR_LEN)
			continue;
		skb = skb_init(pkts[i], dev);
		skb->pkt_type = PACKET_OUTGOING;
		skb->protocol = rte_pktmbuf_mtod(pkts[i], struct rte_ether_hdr *)->ether_type;
		c = tap_clone(w, skb);
		if (c != NULL)
			skb_vec_push(&clones, c);
		if (clones.n == SKB_BURST) {
			fn(w, &clones);
			clones.n = 0;
		}
	}
	if (clones.n > 0)
		fn(w, &clones);
}

/* --- sending --- */

/* The reason why nothing may leave by @p dev now, or DROP_MAX. */
static enum drop_reason
tx_refused(const struct worker *w, const struct net_device *dev)
{
	uint32_t flags = __atomic_load_n(&dev->flags, __ATOMIC_RELAXED);

	if (unlikely(!(flags & IFF_UP)))
		return DROP_NETDEV_DOWN;
	if (unlikely(!(flags & IFF_RUNNING)))
		return DROP_NETDEV_NO_CARRIER;
	if (unlikely(w->loop_depth >= TX_ROUNDS))
		return DROP_NETDEV_LOOP;
	return DROP_MAX;
}

/* Drop frames that the device may not carry; how many are left, at the front of @p pkts. */
static uint16_t
drop_oversize(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n) DP_ONLY
{
	uint32_t max = __atomic_load_n(&dev->mtu, __ATOMIC_RELAXED) + RTE_ETHER_HDR_LEN +
		       NETDEV_TAGS_MAX * RTE_VLAN_HLEN;
	uint32_t longest = 0;
	uint16_t ok = 0;

	for (uint16_t i = 0; i < n; i++)
		longest = RTE_MAX(longest, pkts[i]->pkt_len);
	if (likely(longest <= max))
		return n;
	for (uint16_t i = 0; i < n; i++) {
		if (likely(pkts[i]->pkt_len <= max))
			pkts[ok++] = pkts[i];
		else
			kfree_mbuf_reason(w, pkts[i], dev, DROP_NETDEV_TX_OVERSIZE);
	}
	return ok;
}

/* Devices that only pass frames on inside the router do so; nothing goes to a driver or a queue. */
static void
explain_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n) DP_ONLY
{
	if (n == 0)
		return;
	if (!dev->drv_dp->inside) {
		w->explain->xmit(w->explain, w, dev, pkts, n);
		return;
	}
	EXPLAIN(w, "by %s", dev->name);
	w->loop_depth++;
	dev->drv_dp->xmit(w, dev, pkts, n);
	w->loop_depth--;
}

void
dev_queue_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	enum drop_reason why = tx_refused(w, dev);

	if (unlikely(why != DROP_MAX)) {
		for (uint16_t i = 0; i < n; i++)
			kfree_mbuf_reason(w, pkts[i], dev, why);
		return;
	}
	n = drop_oversize(w, dev, pkts, n);
	if (explaining(w)) {
		explain_xmit(w, dev, pkts, n);
		return;
	}
	if (unlikely(__atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE) & NETDEV_RXF_TAP))
		netdev_tap_tx(w, dev, pkts, n);
	if (n == 0)
		return;
	w->loop_depth++;
	dev->ops_dp->xmit(w, dev, pkts, n);
	w->loop_depth--;
}

int
dev_hard_header(const struct net_device *dev, const struct rte_ether_addr *dst, rte_be16_t protocol,
		uint8_t *buf, unsigned int len)
{
	const struct net_device *d;
	struct rte_ether_addr src;
	unsigned int need = RTE_ETHER_HDR_LEN;
	uint8_t *p = buf + len;
	uint16_t tci;

	for (d = dev; d->real_dev != d; d = d->real_dev)
		need += netdev_tag_len(d);
	if (need > len)
		return -ENOSPC;
	p -= sizeof(protocol);
	memcpy(p, &protocol, sizeof(protocol));
	/* The device on top has the inner tag. */
	for (d = dev; d->real_dev != d; d = d->real_dev) {
		if (d->vlan_proto == 0)
			continue;
		p -= RTE_VLAN_HLEN;
		tci = rte_cpu_to_be_16(d->vlan_id);
		memcpy(p, &d->vlan_proto, sizeof(d->vlan_proto));
		memcpy(p + 2, &tci, sizeof(tci));
	}
	netdev_addr(dev, &src);
	memcpy(p - RTE_ETHER_ADDR_LEN, &src, RTE_ETHER_ADDR_LEN);
	memcpy(p - 2 * RTE_ETHER_ADDR_LEN, dst, RTE_ETHER_ADDR_LEN);
	return (int)need;
}

struct rte_mbuf *
dev_hard_push(struct worker *w, struct sk_buff *skb, const struct rte_ether_addr *dst)
{
	uint8_t hdr[RTE_ETHER_HDR_LEN + NETDEV_TAGS_MAX * RTE_VLAN_HLEN];
	int len = dev_hard_header(skb->dev, dst, skb->protocol, hdr, sizeof(hdr));
	struct sk_buff *head;
	uint8_t *p;

	if (len < 0) {
		kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
		return NULL;
	}
	head = skb_cow_head(w, skb, (uint16_t)len, 0);
	p = head != NULL ? skb_push(head, (uint16_t)len) : NULL;
	if (p == NULL) {
		kfree_skb_reason(w, head != NULL ? head : skb, DROP_SKB_NO_MBUF);
		return NULL;
	}
	memcpy(p, hdr + sizeof(hdr) - len, (size_t)len);
	skb_reset_mac_header(head);
	return skb_mbuf(head);
}

void
dev_hard_xmit(struct worker *w, struct sk_buff *skb, const struct rte_ether_addr *dst)
{
	struct net_device *dev = skb->dev;
	struct rte_mbuf *m = dev_hard_push(w, skb, dst);

	if (m != NULL)
		dev_queue_xmit(w, dev, &m, 1);
}
