/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VLAN_DP_H
#define VLAN_DP_H
/** @file Transmission by VLAN devices. */
#include "netdev/netdev_dp.h"

extern const struct net_device_ops_dp vlan_ops_dp;
#endif
