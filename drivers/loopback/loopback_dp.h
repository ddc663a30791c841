/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOOPBACK_DP_H
#define LOOPBACK_DP_H
/** @file The loopback device's frames. */
#include "netdev/netdev_dp.h"

extern const struct net_device_ops_dp loopback_ops_dp;
#endif
