/* SPDX-License-Identifier: BSD-3-Clause */
#include "macvlan/macvlan_dp.h"

/* Each device gets a clone by this worker's backlog, the parent keeps the frame itself. */
static void
flood(struct worker *w, const struct macvlan_port *port, struct sk_buff *skb) DP_ONLY
{
	for (unsigned int i = 0; i < port->n; i++) {
		struct sk_buff *c;

		if (!netif_running(port->dev[i]))
			continue;
		c = skb_clone(w, skb);
		if (c == NULL)
			return; /* counted by the pool; the rest would fare no better */
		c->dev = port->dev[i];
		netif_rx(w, c);
	}
}

enum rx_handler_result
macvlan_handle_frame(struct worker *w, struct sk_buff *skb)
{
	const struct macvlan_port *port = rcu_dereference(skb->dev->rx_handler_data);
	const struct rte_ether_hdr *eh = skb_mac_header(skb);
	uint64_t dst = ether_addr_to_u64(&eh->dst_addr);

	role_enter_dp();
	if (port == NULL)
		return RX_HANDLER_PASS;
	if (skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST) {
		flood(w, port, skb);
		return RX_HANDLER_PASS;
	}
	for (unsigned int i = 0; i < port->n; i++) {
		struct net_device *dev = port->dev[i];
		struct netdev_stats *st;

		if (__atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED) != dst ||
		    !netif_running(dev))
			continue;
		st = netdev_stats(w, dev);
		st->rx_packets++;
		st->rx_bytes += skb_len(skb);
		skb->dev = dev;
		skb->iif = (uint32_t)dev->ifindex;
		return RX_HANDLER_ANOTHER;
	}
	return RX_HANDLER_PASS;
}

/* Private mode: what we send goes to the wire, never to the parent or its other devices. */
static void
macvlan_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct netdev_stats *st = netdev_stats(w, dev);

	role_enter_dp();
	st->tx_packets += n;
	for (uint16_t i = 0; i < n; i++)
		st->tx_bytes += pkts[i]->pkt_len;
	dev_queue_xmit(w, dev->real_dev, pkts, n);
}

const struct net_device_ops_dp macvlan_ops_dp = { .xmit = macvlan_xmit, .inside = true };
