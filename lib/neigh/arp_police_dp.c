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
static const uint32_t per_round[2] = { POLICE_PACKET / 4, POLICE_PACKET / 64 };

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

static inline rte_be16_t
type_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type;
}

static inline bool
is_tag(rte_be16_t type)
{
	return type == RTE_BE16(RTE_ETHER_TYPE_VLAN) || type == RTE_BE16(RTE_ETHER_TYPE_QINQ);
}

/* Mask of the frames that are ARP behind a tag, but of a VLAN device that is a bridge's port. */
static __rte_noinline uint64_t
tagged_arp_of(const struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	const struct vlan_table *t = rcu_dereference(dev->vlan_tab);
	uint64_t arp = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct rte_vlan_hdr *tag =
			rte_pktmbuf_mtod_offset(pkts[i], const void *, RTE_ETHER_HDR_LEN);
		const struct net_device *v = NULL;

		if (!is_tag(type_of(pkts[i])) || tag->eth_proto != RTE_BE16(ARP_ETHERTYPE))
			continue;
		if (t != NULL)
			v = rcu_dereference(t->dev[rte_be_to_cpu_16(tag->vlan_tci) & (VLAN_N - 1)]);
		if (v == NULL || netif_is_policed(v))
			arp |= UINT64_C(1) << i;
	}
	return arp;
}

/* Mask of the frames that are ARP. The bytes that say so are there whatever the frame's length, and
 * a runt that looks like ARP dies all the same. */
static inline uint64_t
arp_of(const struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	const rte_be16_t ip4 = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			 to_arp = ip4 ^ RTE_BE16(ARP_ETHERTYPE);
	uint64_t arp = 0;
	uint16_t differ = 0;

	for (uint16_t i = n; i-- > 0;) {
		rte_be16_t type = type_of(pkts[i]);

		arp = arp << 1 | (type == RTE_BE16(ARP_ETHERTYPE));
		differ |= type ^ ip4;
	}
	/* None has another bit than ARP and IPv4 have: none has a tag. */
	return likely((differ & ~to_arp) == 0) ? arp : arp | tagged_arp_of(dev, pkts, n);
}

/* For which of the frames @p arp is there no budget? Each is charged to the station that sent it.
 */
static inline uint64_t
over_budget(struct police_account *a, struct rte_mbuf **pkts, uint64_t arp)
{
	uint64_t over = 0;

	if (likely(a->of[0].saving && a->of[1].saving))
		return arp;
	for (uint64_t bit; arp != 0; arp ^= bit) {
		const uint8_t *frame =
			rte_pktmbuf_mtod(pkts[__builtin_ctzll(arp)], const uint8_t *);
		uint64_t station;

		bit = arp & -arp;
		memcpy(&station, frame + RTE_ETHER_ADDR_LEN, sizeof(station)); /* and the type */
		if (!police_take(a, *frame & RTE_ETHER_GROUP_ADDR, station))
			over |= bit;
	}
	return over;
}

/* Take the frames @p over out of a burst; the others close up, all in order. Without a branch,
 * since nobody can tell where they stand. @return how many stay. */
static inline uint16_t
take_out(struct rte_mbuf **pkts, uint16_t n, uint64_t over, struct rte_mbuf **gone)
{
	uint16_t first = (uint16_t)__builtin_ctzll(over), kept = first;

	over >>= first;
	for (uint16_t i = first; i < n; i++, over >>= 1) {
		pkts[kept] = gone[i - kept] = pkts[i];
		kept += ~over & 1;
	}
	return kept;
}

uint16_t
arp_police(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	   uint64_t *bytes)
{
	uint64_t arp = arp_of(dev, pkts, n), over = 0;
	bool flooded = netif_is_flooded(w, dev);
	struct rte_mbuf *some[SKB_BURST], **gone = pkts;
	struct worker_dear *seen;
	struct police_account *a;
	uint16_t n_gone = n;

	if (arp == 0 && likely(!flooded))
		return n;
	a = account_of(w, dev);
	seen = police_seen(w);
	seen->n += (uint32_t)__builtin_popcountll(arp);
	if (!seen->off)
		over = over_budget(a, pkts, arp);
	if (over == 0) {
		if (flooded && ++a->calm >= CALM_AFTER)
			netif_set_flooded(w, dev, false);
		return n;
	}
	a->calm = 0;
	netif_set_flooded(w, dev, true);
	if (over != UINT64_MAX >> (64 - n)) {
		gone = some;
		n_gone = n - take_out(pkts, n, over, gone);
	}
	*bytes += netif_burst_bytes(gone, n_gone);
	kfree_mbufs_reason(w, gone, n_gone, dev, DROP_ARP_OVER_BUDGET);
	return n - n_gone;
}
