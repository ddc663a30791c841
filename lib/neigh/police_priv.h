/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICE_PRIV_H
#define POLICE_PRIV_H
/**
 * @file
 * How much of what is dear a worker takes on beside other traffic: what strangers ask by ARP, and
 * packets whose neighbour has to be asked for. Each device may bring a little each round; what it
 * leaves is saved for a burst that comes at once. A worker with time to spare, whose last round
 * found less than a full burst, or nothing but such, is not limited: if that costs it its spare
 * time, its rounds grow, and the budget holds. A purse that is empty saves for some rounds: sixteen
 * at once cost less than sixteen single ones. One that is shared, half empty, is closed to sources
 * that have had their share lately, so that no single one keeps others from being heard.
 */
#include <rte_common.h>
#include "neigh/adj_dp.h"

#define POLICE_PACKET	   256u
#define POLICE_SAVED	   (1024 * POLICE_PACKET)
#define POLICE_AT_ONCE	   (16 * POLICE_PACKET)
#define POLICE_ACCOUNTS	   256u /* devices that share one share its budget */
#define POLICE_SOURCES	   64u	/* of one account; those that share one share its budget, too */
#define POLICE_SOURCE_EACH 2	/* so many packets */
#define POLICE_SOURCE_TIME 1024 /* in so many rounds */
#define POLICE_FULL	   32u	/* frames in a round of a worker that has no time to spare */

struct purse {
	uint32_t left; /* in parts of a packet */
	bool saving;   /* empty, and not yet POLICE_AT_ONCE again */
	bool closed;   /* half empty, and not yet POLICE_AT_ONCE more again */
};
/** What one device may bring to a worker; of[1] is shared by source. */
struct police_account {
	uint64_t round; /* the worker's when it was last filled */
	uint64_t since; /* and when source was cleared */
	struct purse of[2];
	uint32_t calm; /* its user's */
	uint8_t source[POLICE_SOURCES];
};

/** A full account. At start. */
void police_fill(struct police_account *a, unsigned int n);
/** Forget what workers saw. At start. */
void police_reset(void);
/** Has the worker time for whatever comes, in this round? */
bool police_is_off(const struct worker *w) DP_ONLY;
/** It saw @p n packets of the dear kinds. */
void police_saw(const struct worker *w, uint32_t n) DP_ONLY;
/** The account of @p dev, with what @p per_round gave to each purse, in parts of a packet. */
struct police_account *police_account(const struct worker *w, struct police_account *accounts,
				      const struct net_device *dev,
				      const uint32_t per_round[2]) DP_ONLY;
/** Would purse @p which refuse a packet of @p source, any bits that tell sources apart? */
bool police_refuses(const struct police_account *a, unsigned int which, uint64_t source);
/** Pay for one. False: refused. */
bool police_take(struct police_account *a, unsigned int which, uint64_t source);

/** netif_police: lets in what the port's budget of ARP allows (arp_police_dp.c). */
uint16_t arp_police(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
		    uint16_t n) DP_ONLY;
/** All accounts are full. At start. */
void arp_police_reset(void);
void neigh_police_reset(void);
/** May a packet be handed over, to wait until @p a is resolved? If not it is dropped. */
bool neigh_police(struct worker *w, const struct adj *a, struct sk_buff *skb) DP_ONLY;
#endif
