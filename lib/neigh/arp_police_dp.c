/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <rte_ether.h>
#include "neigh/arp_proto.h"
#include "neigh/neigh_priv.h"
#include "netdev/netdev_police_dp.h"

/*
 * How much ARP a worker lets in. It is the dearest thing that a stranger can ask of a worker, and a
 * port full of it would take the time of all others. So beside other traffic each port may let in a
 * little each round; what it leaves is saved for a burst that comes at once. A worker with time to
 * spare makes more rounds than packets come, and nothing is dropped; one without makes a round for
 * each burst. One that finds nothing but ARP lets in all of it. Broadcast and unicast have purses
 * of their own, so that a flood of questions keeps no answer away. What is over the budget dies
 * before anything is done with it. A purse that is empty saves for some rounds: sixteen answers to
 * one burst cost less than sixteen single ones. That of broadcasts, half empty, is closed to
 * stations that have had their share lately, so that no single one keeps others from being heard.
 * While a port's frames are over its budget, netdev asks about them before the fast lane looks at
 * them.
 */

#define PACKET	    32
#define SAVED_MAX   (1024 * PACKET)
#define AT_ONCE	    (16 * PACKET)
#define ACCOUNTS    256	 /* ports that share one share its budget */
#define SOURCES	    64	 /* of one account; those that share one share its budget, too */
#define SOURCE_EACH 2	 /* so many packets */
#define SOURCE_TIME 1024 /* in so many rounds */
#define CALM_AFTER  1024 /* bursts of which nothing was over the budget: the flood has ended */

/* In 32nds of a packet; by unicast come the answers to our own questions, often by one station for
 * many. */
static const uint32_t per_round[2] = { 8, 1 };

struct account {
	uint64_t round; /* the worker's when it was last filled */
	uint64_t since; /* and when source was cleared */
	struct purse {
		uint32_t left;
		bool saving; /* empty, and not yet AT_ONCE again */
		bool closed; /* half empty, and not yet AT_ONCE more again */
	} of[2];	     /* unicast, broadcast */
	uint32_t calm;	     /* bursts since the last that was over the budget */
	uint8_t source[SOURCES];
};
static struct police {
	uint64_t round;
	uint32_t seen; /* ARP of this round */
	bool alone;    /* the round before found nothing else, or nothing at all */
	struct account accounts[ACCOUNTS];
} police[WORKER_MAX] __rte_cache_aligned;

void
arp_police_reset(void)
{
	memset(police, 0, sizeof(police));
	for (unsigned int i = 0; i < WORKER_MAX; i++)
		for (unsigned int k = 0; k < ACCOUNTS; k++)
			police[i].accounts[k] = (struct account){ .of = { { .left = SAVED_MAX },
									  { .left = SAVED_MAX } } };
}

static DP_ONLY struct account *
account_of(const struct worker *w, const struct net_device *dev)
{
	struct account *a = &police[w->id].accounts[(uint32_t)dev->ifindex % ACCOUNTS];
	uint64_t rounds = w->polls - a->round;

	if (rounds == 0)
		return a;
	a->round = w->polls;
	for (unsigned int i = 0; i < RTE_DIM(a->of); i++) {
		struct purse *p = &a->of[i];

		p->left = (uint32_t)RTE_MIN(p->left + rounds * per_round[i], (uint64_t)SAVED_MAX);
		p->saving = p->saving && p->left < AT_ONCE;
		p->closed = p->closed && p->left < SAVED_MAX / 2 + AT_ONCE;
	}
	if (w->polls - a->since >= SOURCE_TIME) {
		a->since = w->polls;
		memset(a->source, 0, sizeof(a->source));
	}
	return a;
}

static DP_ONLY struct police *
police_of(const struct worker *w)
{
	struct police *p = &police[w->id];

	if (p->round == w->polls)
		return p;
	p->alone = w->round_rx <= (p->round + 1 == w->polls ? p->seen : 0);
	p->round = w->polls;
	p->seen = 0;
	return p;
}

/* By the station that sent the frame. */
static uint8_t *
source_of(struct account *a, const uint8_t *frame)
{
	uint64_t station;

	memcpy(&station, frame + RTE_ETHER_ADDR_LEN, sizeof(station)); /* and the ethertype */
	return &a->source[(station ^ neigh_tbl.seed) * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}
_Static_assert(SOURCES == 1u << (64 - 58), "the hash's upper bits number a slot");

static bool
take(struct account *a, const uint8_t *frame)
{
	struct purse *p = &a->of[*frame & RTE_ETHER_GROUP_ADDR];

	if (p->saving)
		return false;
	if (p->closed) {
		uint8_t *had = source_of(a, frame);

		if (*had >= SOURCE_EACH)
			return false;
		(*had)++;
	}
	p->left -= PACKET;
	p->saving = p->left < PACKET;
	p->closed |= (*frame & RTE_ETHER_GROUP_ADDR) != 0 && p->left < SAVED_MAX / 2;
	return true;
}

/* By the ethertype, behind a tag if there is one. */
static bool
is_arp(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(eth + 1);

	if (eth->ether_type == RTE_BE16(ARP_ETHERTYPE))
		return true;
	return (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
		eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_QINQ)) &&
	       m->data_len >= sizeof(*eth) + sizeof(*tag) &&
	       tag->eth_proto == RTE_BE16(ARP_ETHERTYPE);
}

uint16_t
arp_police(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mbuf *over[SKB_BURST];
	struct police *p = police_of(w);
	struct account *a = NULL;
	uint16_t kept = 0, n_over = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->data_len < RTE_ETHER_HDR_LEN || !is_arp(pkts[i])) {
			pkts[kept++] = pkts[i];
			continue;
		}
		if (a == NULL)
			a = account_of(w, dev);
		p->seen++;
		if (p->alone || take(a, rte_pktmbuf_mtod(pkts[i], const uint8_t *)))
			pkts[kept++] = pkts[i];
		else
			over[n_over++] = pkts[i];
	}
	if (n_over > 0) {
		a->calm = 0;
		netif_set_flooded(w, dev, true);
		kfree_mbufs_reason(w, over, n_over, dev, DROP_ARP_OVER_BUDGET);
	} else if (unlikely(netif_is_flooded(w, dev)) && ++account_of(w, dev)->calm >= CALM_AFTER) {
		netif_set_flooded(w, dev, false);
	}
	return kept;
}
