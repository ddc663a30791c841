/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef INETDEV_PRIV_H
#define INETDEV_PRIV_H
/** @file What the files of IPv4 addresses and settings share. */
#include "netdev/inetdev_dp.h"

/** Does the subnet of @p ifa hold @p addr? */
static inline bool
inet_ifa_match(rte_be32_t addr, const struct in_ifaddr *ifa)
{
	return ((addr ^ ifa->ifa_address) & ifa->ifa_mask) == 0;
}

/* --- devconf.c: net.ipv4.conf.* --- */
/** Tell sysctl what there will be. Needs no EAL. */
void devconf_declare(void) CTL_ONLY;
int devconf_init(void) CTL_ONLY;
void devconf_fini(void) CTL_ONLY;
/** Start with the defaults and register under the device's name. 0 or -errno. */
int devconf_add(struct in_device *in_dev) CTL_ONLY;
void devconf_del(struct in_device *in_dev) CTL_ONLY;
/** The device has another name. */
void devconf_rename(struct in_device *in_dev) CTL_ONLY;

/* --- inet_addr.c --- */
void inet_addr_init(void) CTL_ONLY;
void inet_addr_fini(void) CTL_ONLY;
/** Labels follow the name @p old -> dev->name. */
void inet_addr_rename(struct in_device *in_dev, const char *old) CTL_ONLY;
#endif
