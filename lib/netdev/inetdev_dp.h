/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef INETDEV_DP_H
#define INETDEV_DP_H
/**
 * @file
 * IPv4 addresses and per-interface settings of a device, as workers read them.
 */
#include "netdev/netdev_dp.h"

/** One address. Immutable once published: a change replaces it. */
struct in_ifaddr {
	struct rcu_head rcu;
	struct in_ifaddr *ifa_next; /* RCU; primaries by scope, widest last; then secondaries */
	struct in_device *ifa_dev;
	rte_be32_t ifa_local;	/* our address */
	rte_be32_t ifa_address; /* prefix address: the peer's on point-to-point, else ifa_local */
	rte_be32_t ifa_mask;
	rte_be32_t ifa_broadcast; /* 0: none (/31, /32) */
	uint8_t ifa_prefixlen;
	uint8_t ifa_scope;	  /* enum rt_scope */
	uint32_t ifa_flags;	  /* IFA_F_* */
	uint32_t ifa_rt_priority; /* metric of the connected route */
	char ifa_label[IFNAMSIZ];
	uint64_t valid_until_ms, preferred_until_ms; /* clock_ms(); 0: forever */
};
#define IFA_SECONDARY	  0x01	/* IFA_F_SECONDARY: another address of the same subnet came first */
#define IFA_DADFAILED	  0x08	/* another has it */
#define IFA_DEPRECATED	  0x20	/* no source for what is new, where there is another */
#define IFA_TENTATIVE	  0x40	/* is being probed for: on the list of those */
#define IFA_PERMANENT	  0x80	/* valid forever */
#define IFA_NOPREFIXROUTE 0x200 /* brings no connected route */
#define IFA_PROBE	  0x10000 /* it was said that it is to be probed for */

/** Scopes as in Linux's rtnetlink: the smaller, the wider. */
enum rt_scope {
	SCOPE_UNIVERSE = 0,
	SCOPE_SITE = 200,
	SCOPE_LINK = 253,
	SCOPE_HOST = 254,
	SCOPE_NOWHERE = 255,
};

/** net.ipv4.conf.<if>.*: plain ints, so that sysctl writes them and workers read them. */
struct ipv4_devconf {
	int forwarding;
	int rp_filter;
	int src_valid_mark;
	int send_redirects;
	int accept_redirects;
	int secure_redirects;
	int shared_media;
	int accept_source_route;
	int log_martians;
	int proxy_arp;
	int proxy_arp_pvlan;
	int medium_id;
	int arp_filter;
	int arp_announce;
	int arp_ignore;
	int arp_accept;
	int arp_notify;
	int arp_evict_nocarrier;
	int drop_gratuitous_arp;
	int promote_secondaries;
	int accept_local;
	int route_localnet;
	int icmp_mask_reply;
	int bc_forwarding;
	int bootp_relay;
	int mc_forwarding;
	int tag;
	int arp_probe;
	int ignore_routes_with_linkdown;
	int drop_unicast_in_l2_multicast;
};

struct in_device {
	struct rcu_head rcu;
	struct net_device *dev;
	struct in_ifaddr *ifa_list;  /* RCU */
	struct in_ifaddr *tentative; /* control: probed for, not in use (RFC 5227 2.1), in order */
	struct ipv4_devconf cnf;
	uint64_t cnf_set;	    /* control: fields set on this interface, by index */
	char sysctl_name[IFNAMSIZ]; /* control: under which cnf is registered */
};

extern struct ipv4_devconf ipv4_devconf_all;  /* net.ipv4.conf.all.* */
extern struct ipv4_devconf ipv4_devconf_dflt; /* ... .default.*: what new devices start with */

static inline struct in_device *
in_dev_get_rcu(const struct net_device *dev)
{
	return rcu_dereference(dev->ip_ptr);
}
/* How Linux joins the interface's value with "all"'s (devinet): */
#define IN_DEV_CONF(in_dev, f) ((in_dev)->cnf.f)
#define IN_DEV_MAXCONF(in_dev, f)                                                                  \
	RTE_MAX(ipv4_devconf_all.f, (in_dev)->cnf.f) /* rp_filter, arp_* */
#define IN_DEV_ANDCONF(in_dev, f) (ipv4_devconf_all.f && (in_dev)->cnf.f)
#define IN_DEV_ORCONF(in_dev, f)  (ipv4_devconf_all.f || (in_dev)->cnf.f)
/* A router believes redirects only where both say so, a host where either does. */
#define IN_DEV_RX_REDIRECTS(in_dev)                                                                \
	(IN_DEV_CONF(in_dev, forwarding) ? IN_DEV_ANDCONF(in_dev, accept_redirects)                \
					 : IN_DEV_ORCONF(in_dev, accept_redirects))

/** Is @p addr one of dev's own addresses? O(addresses of the device). */
bool inet_ifa_is_local(const struct in_device *in_dev, rte_be32_t addr);
/** The first primary address whose subnet holds @p addr, or NULL. */
const struct in_ifaddr *inet_ifa_byprefix_rcu(const struct in_device *in_dev, rte_be32_t addr);
/** Does one subnet of the device hold @p a and @p b? b 0: any. */
bool inet_addr_onlink(const struct in_device *in_dev, rte_be32_t a, rte_be32_t b);
/**
 * Source address for packets to @p dst by @p dev (Linux's inet_select_addr): the primary of the
 * subnet that holds dst, else the first primary of at most @p scope, else any device's.
 * 0 (network order) when there is none.
 */
rte_be32_t inet_select_addr(const struct net_device *dev, rte_be32_t dst, enum rt_scope scope);
#endif
