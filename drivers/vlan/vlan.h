/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VLAN_H
#define VLAN_H
/** @file VLAN devices (802.1Q, 802.1ad): one device for one VLAN identifier on a parent. */
#include "netdev/netdev.h"
#include "vlan/vlan_dp.h"

/** Remove all VLAN devices. */
void vlan_fini(void) CTL_ONLY;

/**
 * Create VLAN device @p name over @p parent; its own IFF_UP, its parent's MAC (until it is set),
 * MTU and carrier.
 * @param proto  tag protocol: 0x8100 or 0x88a8, network order
 * @param out    the device; may be NULL
 * @return 0, -EINVAL (id 0 or above 4094, another proto, parent without link-layer addresses),
 *   -EEXIST (name, or id on this parent, taken), -ELOOP (more than two tags), -ENOMEM, or as
 *   register_netdevice()
 */
int vlan_dev_add(struct net_device *parent, const char *name, uint16_t id, rte_be16_t proto,
		 struct net_device **out) CTL_ONLY;
/** -EINVAL when @p dev is no VLAN device. VLAN devices over @p dev go too. */
int vlan_dev_del(struct net_device *dev) CTL_ONLY;
bool is_vlan_dev(const struct net_device *dev);
/** "802.1Q" or "802.1ad", in any case, to network order; 0: neither. */
rte_be16_t vlan_proto_parse(const char *word);

/** Add `ip link add ... type vlan`, and the config section "vlans". */
void vlan_cli_register(void) CTL_ONLY;
void vlan_cfg_register(void) CTL_ONLY;
#endif
