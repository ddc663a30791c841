/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IPIP_H
#define IPIP_H
/** @file IP in IP tunnels (RFC 2003): creation and settings. */
#include "ipip/ipip_dp.h"
#include "netdev/netdev.h"

/** What a tunnel is to be. */
struct ipip_spec {
	rte_be32_t local, remote;
	char dev[IFNAMSIZ]; /* the outer packet leaves by it; "": by any. There need be none of that
			       name: then nothing leaves */
	uint8_t ttl;	    /* 0: the inner packet's */
	uint8_t tos;
	bool tos_inherit;
	bool pmtudisc; /* the default of tools: true */
};

int ipip_init(void) CTL_ONLY;
void ipip_fini(void) CTL_ONLY;

/** Why a specification makes no sense: a sentence; NULL when it does. */
const char *ipip_spec_check(const struct ipip_spec *s);
/**
 * Create tunnel device @p name, down; MTU by the route to the other end, or 1480.
 * 0, -EINVAL (ipip_spec_check()), -EEXIST (name, or a tunnel between these two by that device),
 * -ENOMEM, or as register_netdevice().
 */
int ipip_dev_add(const char *name, const struct ipip_spec *s, struct net_device **out) CTL_ONLY;
/** Change it in place. 0, -EINVAL, -EEXIST, -ENOMEM. */
int ipip_dev_change(struct net_device *dev, const struct ipip_spec *s) CTL_ONLY;
/** Set the MTU; 0: by the route to the other end, or 1480. 0 or as dev_set_mtu(). */
int ipip_dev_set_mtu(struct net_device *dev, uint32_t mtu) CTL_ONLY;
/** The MTU that was set; 0: none. */
uint32_t ipip_own_mtu(const struct net_device *dev) CTL_ONLY;
int ipip_dev_del(struct net_device *dev) CTL_ONLY;
bool is_ipip_dev(const struct net_device *dev);
/** The settings of a tunnel device, for workers and as they were given. */
const struct ipip_conf *ipip_conf(const struct net_device *dev) CTL_ONLY;
struct ipip_spec ipip_spec_of(const struct net_device *dev) CTL_ONLY;
/** "64" or "inherit"; the same for a TOS, "0x10" too. 0 or -EINVAL. */
int ipip_parse_ttl(const char *word, struct ipip_spec *s);
int ipip_parse_tos(const char *word, struct ipip_spec *s);

/** Add `ip tunnel`, `ip link add ... type ipip`, and the config section "tunnels". */
void ipip_cli_register(void) CTL_ONLY;
void ipip_cfg_register(void) CTL_ONLY;
#endif
