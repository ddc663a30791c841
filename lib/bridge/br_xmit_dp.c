/* SPDX-License-Identifier: BSD-3-Clause */
/* What the bridge's own device sends: routed frames, answers, ARP. */
#include <string.h>
#include "bridge/br_burst_dp.h"

#define MAC_MASK UINT64_C(0xffffffffffff)

static void
fill(struct br_burst *b, struct rte_mbuf **pkts, uint16_t n)
{
	b->n = n;
	b->longest = 0;
	b->linear = true;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		b->m[i] = m;
		memcpy(&b->dst[i], rte_pktmbuf_mtod(m, const void *), sizeof(b->dst[i]));
		b->dst[i] &= MAC_MASK;
		b->from[i] = 0;
		b->hfrom[i] = 0;
		b->longest = RTE_MAX(b->longest, m->pkt_len);
		b->linear = b->linear && m->nb_segs == 1;
	}
}

static void
xmit_burst(struct worker *w, struct net_bridge *br, struct rte_mbuf **pkts, uint16_t n) DP_ONLY
{
	const struct br_fdb *t = rcu_dereference(br->fdb);
	struct br_burst b;

	b.br = br;
	b.src = NULL;
	b.spared = false;
	b.filtering = __atomic_load_n(&br->flags, __ATOMIC_RELAXED) & BR_VLAN_FILTERING;
	fill(&b, pkts, n);
	if (b.filtering)
		br_vlan_ingress(w, &b);
	for (uint16_t i = 0; i < b.n; i++) {
		b.hdst[i] = br_fdb_hash(t, br_fdb_key(b.dst[i], br_burst_vid(&b, i)));
		rte_prefetch0(&t->line[b.hdst[i]]);
	}
	if (b.n > 0)
		br_forward(w, &b);
}

static void
br_xmit_linear(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	       uint64_t bytes)
{
	struct netdev_stats *st = netdev_stats(w, dev);
	enum stage from = stage_enter(w, STAGE_BRIDGE, n);

	role_enter_dp();
	st->tx_packets += n;
	st->tx_bytes += bytes;
	for (uint16_t k; n > 0; pkts += k, n -= k) {
		k = RTE_MIN(n, (uint16_t)SKB_BURST);
		xmit_burst(w, dev->priv_dp, pkts, k);
	}
	stage_leave(w, from);
}

static void
br_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	br_xmit_linear(w, dev, pkts, n, netif_burst_bytes(pkts, n));
}

const struct net_device_ops_dp br_ops_dp = { .xmit = br_xmit,
					     .xmit_linear = br_xmit_linear,
					     .inside = true };
