/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_COUNT_DP_H
#define IP4_FAST_COUNT_DP_H
/** @file What the fast lane counts of a burst that it forwards: MIB, and devices over the ports. */
#include "ip4/ip4_fast_dp.h"

/* @p n packets, @p bytes of IP, leave by @p a: VLAN devices on top of a port count too, each the
 * frame without the tags below it. */
static inline void
fast_count_above(struct worker *w, const struct adj *a, uint32_t n, uint64_t bytes) DP_ONLY
{
	const struct net_device *dev = a->upper & ADJ_UPPER_MORE ? a->dev : NULL;
	uint32_t index = a->upper & ~ADJ_UPPER_MORE;

	for (bytes += n * RTE_ETHER_HDR_LEN; index != 0; index = (uint32_t)dev->ifindex) {
		struct netdev_stats *st = netdev_stats_at(w, index);

		st->tx_packets += n;
		st->tx_bytes += bytes;
		if (dev == NULL || dev->real_dev == a->lower)
			break;
		bytes += n * (uint64_t)netdev_tag_len(dev);
		dev = dev->real_dev;
	}
}

/* The same for each packet by its own adjacency. */
static inline void
fast_count_each_above(struct worker *w, const struct fast *f) DP_ONLY
{
	bool more = (f->odd >> 16 & ADJ_UPPER_MORE) != 0;

	for (uint32_t i = 0; i < f->n; i++) {
		if (unlikely(more)) {
			fast_count_above(w, f->adj[i], 1, f->len[i]);
		} else { /* nobody reads what index 0 counts */
			struct netdev_stats *st = netdev_stats_at(w, f->adj[i]->upper);

			st->tx_packets++;
			st->tx_bytes += f->len[i] + RTE_ETHER_HDR_LEN;
		}
	}
}

/* Frames of VLAN devices, as they arrived there: without their tag. */
static __rte_noinline void
fast_count_tagged(struct worker *w, const struct fast *f) DP_ONLY
{
	struct netdev_stats *st;

	if (f->dev != NULL) {
		st = netdev_stats(w, f->dev);
		st->rx_packets += f->n;
		st->rx_bytes += f->bytes - f->n * RTE_VLAN_HLEN;
		return;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		st = netdev_stats_at(w, f->iif[i]);
		st->rx_packets++;
		st->rx_bytes += f->frame[i] - RTE_VLAN_HLEN;
	}
}

/* A burst that is forwarded. @return bytes of IP in it. */
static inline uint64_t
fast_count(struct worker *w, const struct fast *f) DP_ONLY
{
	uint32_t n = f->n, in = f->bytes - n * f->l2, out = in;

	if (unlikely(f->padded != 0)) {
		out = 0;
		for (uint32_t i = 0; i < n; i++)
			out += f->len[i];
	}
	ROUTE_ADD_STATS(w, in_fast, n);
	IP_ADD_STATS(w, InReceives, n);
	IP_ADD_STATS(w, ForwDatagrams, n);
	IPEXT_ADD_STATS(w, InOctets, in);
	IPEXT_ADD_STATS(w, OutOctets, out);
	if (unlikely(f->l2 != RTE_ETHER_HDR_LEN))
		fast_count_tagged(w, f);
	if (likely((f->ecn & 3) == 0)) {
		IPEXT_ADD_STATS(w, InNoECTPkts, n);
		return out;
	}
	for (uint32_t i = 0; i < n; i++)
		ip4_count_ecn(w, f->l3[i][1]);
	return out;
}

#endif
