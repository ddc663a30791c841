/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <rte_ether.h>
#include "neigh/arp_proto.h"
#include "neigh/neigh_priv.h"
#include "neigh/police_priv.h"
#include "netdev/netdev_police_dp.h"

/*
 * How much ARP a worker lets in: it is the dearest thing that a stranger can ask of it, and a port
 * full of it would take the time of all others. Broadcast and unicast have purses of their own, so
 * that a flood of questions keeps no answer away; that of broadcasts is shared by station. What is
 * over the budget dies before anything is done with it. While a port's frames are over its budget,
 * netdev asks about them before the fast lane looks at them.
 */

#define CALM_AFTER 1024 /* bursts of which nothing was over the budget: the flood has ended */

/* By unicast come the answers to our own questions, often by one station for many. */
static const uint32_t per_round[2] = { POLICE_PACKET / 4, POLICE_PACKET / 32 };

static struct {
	struct police_account a[POLICE_ACCOUNTS];
} accounts[WORKER_MAX] __rte_cache_aligned;

void
arp_police_reset(void)
{
	for (unsigned int i = 0; i < WORKER_MAX; i++)
		police_fill(accounts[i].a, POLICE_ACCOUNTS);
}

static DP_ONLY struct police_account *
account_of(const struct worker *w, const struct net_device *dev)
{
	return police_account(w, accounts[w->id].a, dev, per_round);
}

/* By the station that sent the frame. */
static bool
take(struct police_account *a, const uint8_t *frame)
{
	uint64_t station;

	memcpy(&station, frame + RTE_ETHER_ADDR_LEN, sizeof(station)); /* and the ethertype */
	return police_take(a, *frame & RTE_ETHER_GROUP_ADDR, station);
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
	bool off = police_is_off(w);
	struct police_account *a = NULL;
	uint16_t kept = 0, n_arp = 0, n_over = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->data_len < RTE_ETHER_HDR_LEN || !is_arp(pkts[i])) {
			pkts[kept++] = pkts[i];
			continue;
		}
		n_arp++;
		if (a == NULL && !off)
			a = account_of(w, dev);
		if (off || take(a, rte_pktmbuf_mtod(pkts[i], const uint8_t *)))
			pkts[kept++] = pkts[i];
		else
			over[n_over++] = pkts[i];
	}
	police_saw(w, n_arp);
	if (n_over > 0) {
		a->calm = 0;
		netif_set_flooded(w, dev, true);
		kfree_mbufs_reason(w, over, n_over, dev, DROP_ARP_OVER_BUDGET);
	} else if (unlikely(netif_is_flooded(w, dev)) && ++account_of(w, dev)->calm >= CALM_AFTER) {
		netif_set_flooded(w, dev, false);
	}
	return kept;
}
