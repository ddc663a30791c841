/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_CFG_H
#define NETDEV_CFG_H
/** @file What sections of the configuration have in common whose members are interfaces. */
#include "ctl/cfg.h"
#include "netdev/netdev_upper.h"

/** Refuse a member whose name is no interface's, or an interface's of an earlier section too. */
void netdev_cfg_check_name(const struct cfg *entry, const struct cfg *doc);
/** Refuse "mtu" @p mtu (0: none) above that of the interface below, of @p doc. */
void netdev_cfg_check_mtu(const struct cfg *entry, const struct cfg *doc, const char *lower,
			  uint32_t mtu);

/** The device of @p entry, if it is of its section's kind; NULL: it went by hand. */
struct net_device *netdev_cfg_dev(const struct cfg *entry,
				  bool (*is_kind)(const struct net_device *)) CTL_ONLY;
/** Delete that device. 0, also when it is gone, or -errno. */
int netdev_cfg_del(const struct cfg *entry, bool (*is_kind)(const struct net_device *)) CTL_ONLY;
/** Bring @p dev up. 0, or -errno, which is told as the fault of "enabled". */
int netdev_cfg_open(const struct cfg *entry, struct net_device *dev) CTL_ONLY;
/** Tell what setting "mtu" or "mac" came to, when that is an error. @return @p rc */
int netdev_cfg_refused(const struct cfg *entry, const char *key, int rc);

/** What members that stand on another interface can say about themselves. */
struct netdev_cfg_upper {
	uint32_t mtu; /* 0: that of the interface below */
	struct rte_ether_addr mac;
	bool mac_set, enabled;
};
/** Read "mtu", "mac" and "enabled"; errors are told. */
void netdev_cfg_upper_parse(const struct cfg *entry, struct netdev_cfg_upper *u);
/** Write them into @p o, less what is a default. */
void netdev_cfg_upper_json(json_t *o, const struct netdev_cfg_upper *u);
/** As they are set on @p dev. */
struct netdev_cfg_upper netdev_cfg_upper_of(const struct net_device *dev) CTL_ONLY;
/** Set them on @p dev. 0, or -errno, which is told. */
int netdev_cfg_upper_set(const struct cfg *entry, struct net_device *dev,
			 const struct netdev_cfg_upper *u) CTL_ONLY;
#endif
