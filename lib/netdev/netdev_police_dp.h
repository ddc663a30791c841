/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_POLICE_DP_H
#define NETDEV_POLICE_DP_H
/** @file Frames that are refused before anything is done with them. */
#include "netdev/netdev_dp.h"

/** Is @p dev in a flood, as this worker sees it? */
static inline bool
netif_is_flooded(const struct worker *w, const struct net_device *dev)
{
	uint32_t i = (uint32_t)dev->ifindex;

	return w->flooded[i >> 6 & 3] >> (i & 63) & 1;
}
static inline void
netif_set_flooded(struct worker *w, const struct net_device *dev, bool on)
{
	uint64_t bit = UINT64_C(1) << (dev->ifindex & 63),
		 *word = &w->flooded[dev->ifindex >> 6 & 3];

	*word = on ? *word | bit : *word & ~bit;
}
/** Have frames that come by @p dev a budget? A bridge's port brings mostly what is for others: that
 * is the bridge's to limit. */
static inline bool
netif_is_policed(const struct net_device *dev)
{
	return !(__atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE) & NETDEV_RXF_HANDLER) ||
	       rcu_dereference(dev->rx_burst) == NULL;
}
/**
 * Asked about what the fast lane left of a burst, before anything is done with it: may drop some,
 * adds the bytes of these, moves what it keeps to the front of @p pkts and returns its number.
 * While it calls the device flooded it is asked first, about whole bursts; behind a tap, which sees
 * all. Not for ports of a bridge, whose frames are mostly for others. One registration: ARP's.
 */
typedef uint16_t (*netif_police_fn)(struct worker *w, struct net_device *dev,
				    struct rte_mbuf **pkts, uint16_t n, uint64_t *bytes);
extern netif_police_fn netif_police;
#endif
