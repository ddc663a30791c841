/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_PRIV_H
#define NETDEV_PRIV_H
/** @file What the files of lib/netdev share. */
#include "netdev/netdev_dp.h"

/** Retire a heap object whose first member is its rcu_head. */
void netdev_free_rcu(struct rcu_head *head) CTL_ONLY;

/* --- protocol handlers: written by ptype.c, read by netdev_rx_dp.c --- */
#define PTYPE_HASH 256
struct ptype {
	struct rcu_head rcu;
	struct ptype *next; /* RCU */
	uint32_t oui;	    /* PTYPE_ETHER, or a SNAP organisation code */
	uint16_t type;	    /* ethertype, or SNAP protocol; host order */
	ptype_fn fn;
};
#define PTYPE_ETHER 0

extern struct ptype *ptype_tab[PTYPE_HASH]; /* RCU lists by ptype_hash() */
extern ptype_fn ptype_llc[256];		    /* by DSAP */
extern ptype_fn ptype_all;		    /* ETH_P_ALL */
/** Forget all handlers. */
void ptype_fini(void) CTL_ONLY;

static inline unsigned int
ptype_hash(uint32_t oui, uint16_t type)
{
	return (type ^ (type >> 8) ^ oui) & (PTYPE_HASH - 1);
}

/** What VLAN devices tell the fast lane follows @p dev, and with it those over it. */
void netdev_vlan_update(struct net_device *dev) CTL_ONLY;

/** Tell sysctl what there will be. Needs no EAL. */
void netdev_declare(void) CTL_ONLY;

/* --- backlog --- */
extern struct sk_buff_head netif_backlog[WORKER_SLOTS];
extern int netdev_max_backlog; /* net.core.netdev_max_backlog */

/* --- taps: clones of @p vec for the ETH_P_ALL handler --- */
void netdev_tap_rx(struct worker *w, const struct skb_vec *vec) DP_ONLY;
void netdev_tap_tx(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
		   uint16_t n) DP_ONLY;

/* --- extra MAC addresses --- */
struct netdev_uc {
	struct rcu_head rcu;
	unsigned int n;
	uint64_t filtered; /* bit i: the driver's filter lets addr[i] in, no promiscuity needed */
	uint64_t addr[];   /* n of them, then 0: what dev->extra_addrs points at */
};
#endif
