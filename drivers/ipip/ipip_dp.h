/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IPIP_DP_H
#define IPIP_DP_H
/** @file IP in IP tunnels (RFC 2003) on the workers. */
#include "netdev/netdev_dp.h"

#define IPIP_HASH     256
#define IPIP_OVERHEAD 20 /* bytes of the outer header */

/** What the administrator says. Immutable while published. */
struct ipip_conf {
	struct rcu_head rcu;
	rte_be32_t local, remote;
	char dev[IFNAMSIZ];	      /* "": whatever the route says; else the outer packet */
	const struct net_device *out; /* leaves by this one; NULL: there is none of that name, */
	uint32_t glean;		      /* and by this slot where no route says how */
	uint8_t ttl;		      /* of the outer header; 0: the inner one's */
	uint8_t tos;		      /* of the outer header */
	bool tos_inherit;	      /* the inner one's instead */
	bool pmtudisc;		      /* the outer header forbids fragmentation wherever it can */
};

struct ipip_tunnel {
	struct ipip_tunnel *next; /* RCU: of the same hash */
	struct net_device *dev;
	struct ipip_conf *conf; /* RCU */
	uint32_t own_mtu;	/* control: set by the administrator; 0: by the route */
	/* Soft state (RFC 2003 5), written by workers, whole words: */
	uint64_t pmtu; /* bytes of the outer packet << 32 | clock_ms() / 1000 until when; 0: unknown
			*/
	uint32_t pending; /* errors about packets that are not known any more: told to the next */
};
extern struct ipip_tunnel *ipip_tab[IPIP_HASH]; /* RCU */

static inline unsigned int
ipip_hash(rte_be32_t local, rte_be32_t remote)
{
	return ((local ^ remote * 3) * 0x9e3779b1u) >> 24;
}

/** The tunnel between these two for what comes in by @p in: of several the one that is bound to it,
 * else one that is bound to none, else any, as Linux. NULL: there is none. RCU. */
struct ipip_tunnel *ipip_find(rte_be32_t local, rte_be32_t remote, const struct net_device *in);
/** The way to the other end of a packet with @p tos, whatever it is. RCU. */
const struct adj *ipip_route(const struct ipip_conf *c, uint8_t tos);
/** Handler of IP protocol 4. */
void ipip_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** Hears of ICMP errors about protocol 4. */
void ipip_err(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** Bytes of outer packet that the path carries, as far as is known; UINT32_MAX: nothing is. */
uint32_t ipip_path_mtu(const struct ipip_tunnel *t);

extern const struct net_device_ops_dp ipip_ops_dp;
#endif
