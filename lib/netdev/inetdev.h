/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef INETDEV_H
#define INETDEV_H
/**
 * @file
 * IPv4 addresses, control side. Adding and deleting raise events on inetaddr_chain; routes,
 * neighbours and ARP follow from there.
 */
#include "netdev/inetdev_dp.h"
#include "netdev/netdev.h"

enum inetaddr_event {
	INETADDR_ADD = 1,   /* published already */
	INETADDR_DEL,	    /* unlinked already; freed after a grace period */
	INETADDR_CHANGE,    /* its lifetime, metric, or a flag; published already */
	INETADDR_METRIC,    /* of its routes: before that, with the address as it was, unlinked */
	INETADDR_TENTATIVE, /* is to be probed for: then inet_addr_accept() or _dad_failed() */
	INETADDR_FORGET,    /* one that was tentative, unlinked */
};
extern struct notifier_chain inetaddr_chain; /* obj: struct in_ifaddr * */

#define LIFETIME_FOREVER UINT32_MAX

/** What to add: zero-initialise and fill in what is given. */
struct inet_addr_spec {
	rte_be32_t local;
	rte_be32_t peer; /* 0: none */
	uint8_t prefixlen;
	uint8_t scope;
	bool broadcast_set; /* broadcast is given (may be 0: none); else derived */
	rte_be32_t broadcast;
	char label[IFNAMSIZ]; /* "": the device's name */
	bool lifetime_set;    /* seconds are given, preferred 0: deprecated at once; else forever */
	uint32_t valid_s, preferred_s; /* LIFETIME_FOREVER, too */
	uint32_t metric;	       /* of the connected route */
	bool noprefixroute;	       /* no connected route */
	bool probe, nodad;	       /* probe for it, or not, whatever arp_probe says */
};
/**
 * Add an address. It becomes secondary when an earlier address of the same subnet and mask is
 * there. 0, or -EEXIST, -EINVAL (prefixlen above 32; address multicast, broadcast, 0/8, class E;
 * 127/8 on anything but a loopback device; another scope than its subnet's; preferred for longer
 * than valid; host part zero or all ones in prefixes up to /30 is accepted, as Linux does), -ERANGE
 * (label does not start with the device's name), -ENOMEM.
 */
int inet_addr_add(struct net_device *dev, const struct inet_addr_spec *spec) CTL_ONLY;
/** As inet_addr_add(), but an address that is there already (same subnet) gets the lifetimes and
 * the metric of @p spec; all else of it stays, as with `ip addr replace`. */
int inet_addr_replace(struct net_device *dev, const struct inet_addr_spec *spec) CTL_ONLY;
/** The address that @p spec would be a duplicate of (Linux's find_matching_ifa), or NULL. */
struct in_ifaddr *inet_addr_find(struct net_device *dev,
				 const struct inet_addr_spec *spec) CTL_ONLY;
/** Delete. Its secondaries go too, or the first is promoted (promote_secondaries).
 * 0 or -ENOMEM: it stays. */
int inet_addr_del_ifa(struct in_ifaddr *ifa) CTL_ONLY;
/** The same for the first of that address and length; -EADDRNOTAVAIL: there is none. */
int inet_addr_del(struct net_device *dev, rte_be32_t local, uint8_t prefixlen) CTL_ONLY;
/** Delete all; returns how many. */
unsigned int inet_addr_flush(struct net_device *dev) CTL_ONLY;
/** The first of dev's addresses in use; follow ifa_next. */
struct in_ifaddr *inet_addr_first(struct net_device *dev) CTL_ONLY;
/** All addresses of @p dev: those in use, then the tentative ones. */
struct in_ifaddr *inet_addr_first_any(struct net_device *dev) CTL_ONLY;
struct in_ifaddr *inet_addr_next_any(const struct in_ifaddr *ifa) CTL_ONLY;
#define for_each_addr(a, dev)                                                                      \
	for ((a) = inet_addr_first_any(dev); (a) != NULL; (a) = inet_addr_next_any(a))
/** Nobody else has @p addr: from now on its tentative addresses are in use. */
void inet_addr_accept(struct net_device *dev, rte_be32_t addr) CTL_ONLY;
/** Somebody else has it. */
void inet_addr_dad_failed(struct net_device *dev, rte_be32_t addr) CTL_ONLY;
bool inet_addr_is_tentative(struct net_device *dev, rte_be32_t addr) CTL_ONLY;
/** The device that owns @p addr, or NULL. */
struct net_device *ip_dev_find(rte_be32_t addr) CTL_ONLY;
/** Is @p addr ours, and deprecated wherever it is? */
bool inet_addr_is_deprecated(rte_be32_t addr) CTL_ONLY;

/**
 * Set conf.all.forwarding, conf.default.forwarding and that of every interface, as a write to
 * net.ipv4.ip_forward does in Linux.
 */
void inetdev_set_forwarding(int on) CTL_ONLY;
/** Hears of writes to net.ipv4.conf.all.forwarding, to mirror them in net.ipv4.ip_forward. */
extern void (*inetdev_forwarding_hook)(int on);
/** Hears of writes to conf.*.ignore_routes_with_linkdown. */
extern void (*inetdev_linkdown_hook)(void);

/** Listen to netdev_chain and register the sysctl trees. 0 or -errno. After netdev_init(). */
/** "global", "site", "link", "host", "nowhere", or the number. Static buffer. */
const char *rt_scope_name(uint8_t scope);
/** 0..255 for a name or number, -EINVAL for anything else: one of RT_SCOPE_WORDS. */
#define RT_SCOPE_WORDS "global, site, link, host, nowhere or 0..255"
int rt_scope_parse(const char *word);

int inetdev_init(void) CTL_ONLY;
void inetdev_fini(void) CTL_ONLY;

/** Add the `ip addr` commands, and the config section "addresses". */
void inetdev_cli_register(void) CTL_ONLY;
void inetdev_cfg_register(void) CTL_ONLY;
#endif
