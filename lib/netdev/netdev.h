/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_H
#define NETDEV_H
/**
 * @file
 * Network devices, control side: registration, states, settings, events. All functions run on
 * the control thread. Drivers implement struct net_device_ops; a device is created by its driver
 * with alloc_netdev(), filled in, and registered.
 */
#include "core/notifier.h"
#include "core/timer.h"
#include "netdev/netdev_dp.h"

enum netdev_event {
	NETDEV_REGISTER = 1,
	NETDEV_UNREGISTER, /* last call: drop every pointer to the device; a grace period follows */
	NETDEV_PRE_UP,	   /* may be vetoed */
	NETDEV_UP,	   /* IFF_UP set; raised also when an address is about to matter again */
	NETDEV_GOING_DOWN, /* still sends: last chance to say goodbye */
	NETDEV_DOWN,	   /* IFF_UP cleared */
	NETDEV_CARRIER,	   /* IFF_RUNNING changed: read the flag */
	NETDEV_CHANGEADDR, /* MAC changed */
	NETDEV_CHANGEMTU,
	NETDEV_CHANGENAME, /* dev->name is the new one */
	NETDEV_CHANGETX,   /* netdev_lower() is another device now, or the same one */
	NETDEV_CHANGE,	   /* flags (promisc, allmulti) or anything else shown */
};
extern struct notifier_chain netdev_chain; /* obj: struct net_device * */

/** What a driver implements for the control thread. Any member may be NULL: not supported. */
struct net_device_ops {
	int (*open)(struct net_device *dev);  /* 0 or -errno: stays down */
	void (*stop)(struct net_device *dev); /* frames stop flowing */
	int (*set_mac)(struct net_device *dev, const struct rte_ether_addr *addr);
	int (*set_mtu)(struct net_device *dev, uint32_t mtu);
	int (*set_promisc)(struct net_device *dev, bool on);
	int (*set_allmulti)(struct net_device *dev, bool on);
	int (*add_mac)(struct net_device *dev,
		       const struct rte_ether_addr *addr); /* extra unicast */
	int (*del_mac)(struct net_device *dev, const struct rte_ether_addr *addr);
	int (*set_mc_list)(struct net_device *dev, const struct rte_ether_addr *list,
			   unsigned int n);
	/** Make @p dev belong to @p master, or no longer; 0, or -errno with a sentence in *why. */
	int (*add_slave)(struct net_device *master, struct net_device *dev, const char **why);
	int (*del_slave)(struct net_device *master, struct net_device *dev);
	int (*dellink)(struct net_device *dev);	    /* `ip link del`: NULL when users may not */
	void (*destructor)(struct net_device *dev); /* after the grace period: free priv */
};

/** A device's counters, of all workers. */
struct netdev_stats_sum {
	uint64_t rx_packets, rx_bytes, rx_multicast, tx_packets, tx_bytes;
	uint64_t rx_dropped, tx_dropped; /* sums of drops[]: NETDEV_TX_* and NO_CARRIER are tx */
	uint64_t drops[DROP_MAX];
};

/** The control thread's part of a device. */
struct netdev_ctl {
	const struct net_device_ops *ops;
	const char *kind;  /* "ethdev", "vlan", "loopback", "bridge": as `ip -d link` shows */
	const char *qdisc; /* "noqueue", or the queue discipline's kind */
	void *priv;	   /* the driver's */
	uint32_t min_mtu, max_mtu;
	struct rte_ether_addr perm_addr;
	unsigned int promiscuity, allmulti; /* counts of users */
	uint64_t up_since_ms;
	uint32_t carrier_changes;
	uint32_t speed_mbps; /* of the link; 0: unknown */
	bool half_duplex;
	uint32_t carrier_flaps;	  /* losses of late, as the driver counts them */
	uint32_t carrier_held_ms; /* it holds the carrier of a flapping link back for so long */
	int16_t socket;		  /* NUMA node of the port, -1 when it has none */
	struct net_device *master;
	bool user_promisc;		 /* one of promiscuity is the administrator */
	struct netdev_uc *uc;		 /* extra MAC addresses; NULL: none */
	struct netdev_stats_sum cleared; /* at the last clear */
	char alias[64];
	struct net_device *next; /* all devices, by ifindex */
	struct net_device *dev;	 /* back to the device, while rcu waits */
	struct rcu_head rcu;
};

/** Prepare the module: chains, backlog, drop hook, sysctl trees. 0 or -errno. */
int netdev_init(void) CTL_ONLY;
void netdev_fini(void) CTL_ONLY;

/**
 * A device with its statistics blocks for every worker, not yet visible. @p kind is a literal.
 * NULL when out of memory. Free with free_netdev() if it never gets registered.
 */
struct net_device *alloc_netdev(const char *kind, const struct net_device_ops *ops,
				const struct net_device_ops_dp *ops_dp, void *priv) CTL_ONLY;
void free_netdev(struct net_device *dev) CTL_ONLY;
/**
 * Make it known under @p name. 0, or -EEXIST (name taken), -EINVAL (name empty, 16 or more bytes,
 * or holds '/', ':', '%' or white space, or is "." or ".."), -ENFILE (no ifindex left).
 */
int register_netdevice(struct net_device *dev, const char *name) CTL_ONLY;
/** Take it down, tell everybody to let go, wait for the workers by RCU, destroy. Returns at once;
 * the destructor runs when no worker can hold it. */
void unregister_netdevice(struct net_device *dev) CTL_ONLY;
/** As register's errors; NETDEV_CHANGENAME. */
int dev_change_name(struct net_device *dev, const char *name) CTL_ONLY;

/** The administrator's words about a device; cut to 63 bytes. NETDEV_CHANGE. */
void dev_set_alias(struct net_device *dev, const char *alias) CTL_ONLY;

struct net_device *dev_get_by_name(const char *name) CTL_ONLY;
struct net_device *dev_get_by_index(uint32_t ifindex) CTL_ONLY;
struct net_device *dev_get_by_mac(const struct rte_ether_addr *addr) CTL_ONLY;
/** First device, in order of ifindex; follow dev->ctl->next. */
struct net_device *dev_first(void) CTL_ONLY;

/** Up: asks the chain, opens the driver, raises NETDEV_UP. 0 or -errno. Up already: 0. */
int dev_open(struct net_device *dev) CTL_ONLY;
void dev_close(struct net_device *dev) CTL_ONLY;
/** 0, -EINVAL (group or zero address), -EOPNOTSUPP, or the driver's. */
int dev_set_mac_address(struct net_device *dev, const struct rte_ether_addr *addr) CTL_ONLY;
/** The driver reports that the device has this address now; raises NETDEV_CHANGEADDR on change. */
void dev_addr_changed(struct net_device *dev, const struct rte_ether_addr *addr) CTL_ONLY;
/** 0, -ERANGE (outside min_mtu..max_mtu), or the driver's. */
int dev_set_mtu(struct net_device *dev, uint32_t mtu) CTL_ONLY;
/** Count promiscuity up or down by @p inc; the driver hears of 0 <-> 1. */
/* -EINVAL: below zero. */
int dev_set_promiscuity(struct net_device *dev, int inc) CTL_ONLY;
/** The administrator's wish, one of the users, whoever tells it. */
int dev_set_user_promisc(struct net_device *dev, bool on) CTL_ONLY;
int dev_set_allmulti(struct net_device *dev, int inc) CTL_ONLY;
/** Answer to one more unicast MAC. 0, -EEXIST, -EINVAL, -ENOSPC; falls back to promiscuity when
 * the driver can not filter. */
#define NETDEV_UC_MAX 64
int dev_uc_add(struct net_device *dev, const struct rte_ether_addr *addr) CTL_ONLY;
/** 0 or -ENOENT. */
int dev_uc_del(struct net_device *dev, const struct rte_ether_addr *addr) CTL_ONLY;
/** The driver reports the link; raises NETDEV_CARRIER on change. */
void netif_carrier_set(struct net_device *dev, bool on) CTL_ONLY;
/** Set or clear bits of rx_off. */
void netdev_rx_off(struct net_device *dev, uint32_t bits, bool on) CTL_ONLY;
/** -EBUSY when there is one already. */
int netdev_rx_handler_register(struct net_device *dev,
			       enum rx_handler_result (*fn)(struct worker *, struct sk_buff *),
			       void *data) CTL_ONLY;
void netdev_rx_handler_unregister(struct net_device *dev) CTL_ONLY;
/**
 * `ip link set dev master MASTER`: first out of the one it belongs to; @p master NULL: only that.
 * 0, -EOPNOTSUPP (no device of a kind that others can belong to) or its own errors; the sentence
 * for the user in *why.
 */
int dev_set_master(struct net_device *dev, struct net_device *master, const char **why) CTL_ONLY;

/* --- protocol handlers --- */
/** Handle an ethertype (host order, >= 0x600), or ETH_P_ALL for a tap that gets clones.
 * 0, -EEXIST or -ENOSPC. */
int dev_add_pack(uint16_t ethertype, ptype_fn fn) CTL_ONLY;
void dev_remove_pack(uint16_t ethertype) CTL_ONLY;
/** Handle an LLC DSAP (802.2), e.g. 0x42 for BPDUs: network header at the DSAP. */
int dev_add_llc(uint8_t dsap, ptype_fn fn) CTL_ONLY;
/** Handle a SNAP protocol under organisation code 00-00-00 falls to dev_add_pack()'s; others: */
int dev_add_snap(uint32_t oui, uint16_t protocol, ptype_fn fn) CTL_ONLY;

/* --- VLAN demux; the devices themselves are drivers/vlan --- */
/**
 * From now on frames that reach @p parent tagged with @p dev's vlan_id and vlan_proto belong to
 * @p dev. 0, -EEXIST (the id is taken on this parent, whatever the protocol) or -ENOMEM.
 */
int netdev_vlan_attach(struct net_device *parent, struct net_device *dev) CTL_ONLY;
/** Undo it; not attached is no error. */
void netdev_vlan_detach(struct net_device *parent, struct net_device *dev) CTL_ONLY;

/* --- statistics --- */
void dev_get_stats(const struct net_device *dev, struct netdev_stats_sum *st) CTL_ONLY;
void dev_clear_stats(struct net_device *dev) CTL_ONLY;
/** Frames in the backlogs of netif_rx() now: part of the balance's "held". */
unsigned int netif_backlog_held(void) CTL_ONLY;
/** May @p name be a device's: 1..15 bytes, no '/', ':', '%' or white space, not "." or ".."? */
bool dev_valid_name(const char *name);

/** Add the `ip link` commands. */
void netdev_cli_register(void) CTL_ONLY;
#endif
