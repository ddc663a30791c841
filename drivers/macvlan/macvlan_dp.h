/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MACVLAN_DP_H
#define MACVLAN_DP_H
/** @file Frames to and from the virtual MAC addresses of a port. */
#include "netdev/netdev_dp.h"

/** The macvlan devices over one parent: its rx_handler_data. Immutable once published. */
struct macvlan_port {
	struct rcu_head rcu;
	unsigned int n;
	struct net_device *dev[];
};

extern const struct net_device_ops_dp macvlan_ops_dp;
/** rx_handler of a parent: frames to a virtual MAC are that device's, group frames are everybody's.
 */
enum rx_handler_result macvlan_handle_frame(struct worker *w, struct sk_buff *skb);
#endif
