/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef INETDEV_PRIV_H
#define INETDEV_PRIV_H
/** @file What the files of IPv4 addresses and settings share. */
#include "netdev/inetdev.h"

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
/** A copy to be changed and swapped in; NULL: no memory. */
struct in_ifaddr *inet_addr_copy(const struct in_ifaddr *ifa) CTL_ONLY;
/** Put @p copy in the place of @p old, which is retired. */
void inet_addr_swap(struct in_ifaddr *old, struct in_ifaddr *copy) CTL_ONLY;
/** Labels follow the name @p old -> dev->name. */
void inet_addr_rename(struct in_device *in_dev, const char *old) CTL_ONLY;

/* --- inet_lifetime.c --- */
void inet_lifetime_init(void) CTL_ONLY;
void inet_lifetime_fini(void) CTL_ONLY;
/** Lifetimes and the flags that tell of them, as @p s says. */
void inet_lifetime_set(struct in_ifaddr *ifa, const struct inet_addr_spec *s) CTL_ONLY;
/** An address came, or got another lifetime: look at the clock in time. O(addresses). */
void inet_lifetime_arm(void) CTL_ONLY;

/* --- inetdev_show_cli.c --- */
struct cli_ctx;
/** Words by which `ip addr show` and `flush` choose addresses. */
#define INETDEV_CLI_FILTERS                                                                        \
	NETDEV_CLI_FILTERS                                                                         \
	" [vrf VRF:str] [group GROUP:str] [to TO:prefix] [scope SCOPE:str] [label LABEL:str] "     \
	"[primary] [-primary] [secondary] [-secondary] [permanent] [-permanent] [dynamic] "        \
	"[-dynamic] [deprecated] [-deprecated] [tentative] [-tentative] [dadfailed] "              \
	"[-dadfailed] [noprefixroute] [-noprefixroute]"
/** Do they ask for certain ones, or devices, at all? */
bool inetdev_cli_filters(const struct cli_ctx *c);
/** Is @p ifa one of those that they ask for, if its device is? */
bool inetdev_cli_wants(const struct cli_ctx *c, const struct in_ifaddr *ifa);
/** Is there what they ask for? 0, or -EINVAL after cli_error(). */
int inetdev_cli_check_filters(struct cli_ctx *c);
/** Is the scope that is given one? The same. */
int inetdev_cli_check_scope(struct cli_ctx *c);
void inetdev_show_cli_register(void) CTL_ONLY;
#endif
