/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes out by lo comes in by lo, through the sending worker's backlog: no recursion. */
#include "loopback/loopback_dp.h"

static void
loopback_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct netdev_stats *st = netdev_stats(w, dev);
	enum stage from = stage_enter(w, STAGE_XMIT, n);

	role_enter_dp();
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = skb_init(pkts[i], dev);

		st->tx_packets++;
		st->tx_bytes += skb_len(skb);
		skb->flags |= SKB_F_LOOPED;
		netif_rx(w, skb);
	}
	stage_leave(w, from);
}

const struct net_device_ops_dp loopback_ops_dp = { .xmit = loopback_xmit, .inside = true };
