/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOOPBACK_H
#define LOOPBACK_H
/** @file The loopback device: what is sent by it is received from it. */
#include "loopback/loopback_dp.h"
#include "netdev/netdev.h"

#define LOOPBACK_MTU 65536 /* Linux's */

/** Register "lo" and bring it up. Before any other device, so that it has index 1. 0 or -errno.
 * After inetdev_init(), which gives it 127.0.0.1/8. */
int loopback_init(void) CTL_ONLY;
/** Unregister it. */
void loopback_fini(void) CTL_ONLY;
/** The device, or NULL before loopback_init(). */
extern struct net_device *loopback_dev;
#endif
