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
#include "neigh/neigh_priv.h"

#define POLICE_PACKET	   512u
#define POLICE_SAVED	   (1024 * POLICE_PACKET)
#define POLICE_AT_ONCE	   (16 * POLICE_PACKET)
#define POLICE_ACCOUNTS	   256u /* devices that share one share its budget */
#define POLICE_SOURCES	   64u	/* of one account; those that share one share its budget, too */
#define POLICE_SOURCE_EACH 2	/* so many packets */
#define POLICE_SOURCE_TIME 1024 /* in so many rounds */
#define POLICE_SLOT_BITS   6	/* their number's */
#define POLICE_FULL	   32u	/* frames in a round of a worker that has no time to spare */
#define POLICE_ROUNDS	   16	/* so often an account gets what it is due */

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

/** Full accounts. At start. */
void police_fill(struct police_account *a, unsigned int n);

/** What worker @p w has found of the dear kinds; this round begins with nothing. */
static inline struct worker_dear *
police_seen(struct worker *w) DP_ONLY
{
	struct worker_dear *s = &w->dear;

	if (likely(s->round == w->polls))
		return s;
	s->off = w->round_rx < POLICE_FULL || w->round_rx <= (s->round + 1 == w->polls ? s->n : 0);
	s->round = w->polls;
	s->n = 0;
	return s;
}
/** Has the worker time for whatever comes, in this round? */
static inline bool
police_is_off(struct worker *w) DP_ONLY
{
	return police_seen(w)->off;
}
/** It saw @p n packets of the dear kinds. */
static inline void
police_saw(struct worker *w, uint32_t n) DP_ONLY
{
	police_seen(w)->n += n;
}

/** POLICE_ROUNDS or more are over: what they give to each purse. */
void police_refill(const struct worker *w, struct police_account *a,
		   const uint32_t per_round[2]) DP_ONLY;
/** The account of @p dev, with what @p per_round gave to each purse, in parts of a packet. */
static inline struct police_account *
police_account(const struct worker *w, struct police_account *accounts,
	       const struct net_device *dev, const uint32_t per_round[2]) DP_ONLY
{
	struct police_account *a = &accounts[(uint32_t)dev->ifindex % POLICE_ACCOUNTS];

	if (unlikely(w->polls - a->round >= POLICE_ROUNDS))
		police_refill(w, a, per_round);
	return a;
}

/* Seeded: who chooses addresses must not choose whose share he uses up. */
static inline unsigned int
police_slot(uint64_t source)
{
	return (unsigned int)((source ^ neigh_tbl.seed) * UINT64_C(0x9e3779b97f4a7c15) >>
			      (64 - POLICE_SLOT_BITS));
}
_Static_assert(POLICE_SOURCES == 1u << POLICE_SLOT_BITS, "the hash's upper bits number a slot");

/** Would purse @p which refuse a packet of @p source, any bits that tell sources apart? */
static inline bool
police_refuses(const struct police_account *a, unsigned int which, uint64_t source)
{
	const struct purse *p = &a->of[which];

	return p->saving || (p->closed && a->source[police_slot(source)] >= POLICE_SOURCE_EACH);
}
/** Pay for one. False: refused. */
static inline bool
police_take(struct police_account *a, unsigned int which, uint64_t source)
{
	struct purse *p = &a->of[which];

	if (likely(police_refuses(a, which, source)))
		return false;
	if (p->closed)
		a->source[police_slot(source)]++;
	p->left -= POLICE_PACKET;
	p->saving = p->left < POLICE_PACKET;
	p->closed |= which == 1 && p->left < POLICE_SAVED / 2;
	return true;
}

/** netif_police: lets in what the port's budget of ARP allows (arp_police_dp.c). */
uint16_t arp_police(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		    uint64_t *bytes) DP_ONLY;
/** All accounts are full. At start. */
void arp_police_reset(void);
void neigh_police_reset(void);
/** May a packet be handed over, to wait until @p a is resolved? If not it is dropped. */
bool neigh_police(struct worker *w, const struct adj *a, struct sk_buff *skb) DP_ONLY;
#endif
