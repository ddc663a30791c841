/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MACVLAN_H
#define MACVLAN_H
/** @file A device with a MAC address of its own on a port that has another: the owner of a virtual
 * router's address (RFC 5798 7.3) is one. Mode "private" of Linux's macvlan. */
#include "netdev/netdev.h"

/** Remove all. */
void macvlan_fini(void) CTL_ONLY;
/**
 * Create device @p name over @p parent, down, with its parent's MTU and carrier.
 * @param mac  its MAC address; NULL: a random one, locally administered
 * @param out  the device; may be NULL
 * @return 0, -EINVAL (group or zero address, parent without link-layer addresses or itself a
 *   macvlan), -EADDRINUSE (the parent or another device over it has that address), -EBUSY (the
 *   parent belongs to something else), -ENOSPC (NETDEV_UC_MAX devices over it), -ENOMEM, or as
 *   register_netdevice()
 */
int macvlan_dev_add(struct net_device *parent, const char *name, const struct rte_ether_addr *mac,
		    struct net_device **out) CTL_ONLY;
/** -EINVAL when @p dev is none. */
int macvlan_dev_del(struct net_device *dev) CTL_ONLY;
bool is_macvlan_dev(const struct net_device *dev);

/** Add `ip link add ... type macvlan`, and the config section "macvlans". */
void macvlan_cli_register(void) CTL_ONLY;
void macvlan_cfg_register(void) CTL_ONLY;
#endif
