/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_EXC_PRIV_H
#define IP4_EXC_PRIV_H
/** @file What readers and the writer of the exceptions agree on. */
#include "core/siphash.h"
#include "ip4/ip4_exc_dp.h"
#include "ip4/ip4_priv.h"

extern struct siphash_key ip4_exc_secret; /* strangers choose destinations */

static inline uint32_t
ip4_exc_set(rte_be32_t dst)
{
	return siphash13(&ip4_exc_secret, dst, 0) % IP4_EXC_SETS;
}
static inline bool
ip4_exc_alive(const struct ip4_exc *e, uint32_t now_s)
{
	return now_s < e->until_s;
}
/** Is @p way the one that was spoken of, or the one that took its place? */
static inline bool
ip4_exc_is_about(const struct ip4_exc *e, const struct adj *way)
{
	rte_be32_t next;

	if (!ip4_adj_is_unicast(way) || way->dev->ifindex != e->ifindex)
		return false;
	next = ip4_adj_nexthop(way, e->dst);
	return next == e->via || next == e->gw;
}
#endif
