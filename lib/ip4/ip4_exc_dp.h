/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_EXC_DP_H
#define IP4_EXC_DP_H
/**
 * @file
 * Exceptions: what ICMP told about the way to one destination, for packets made here (Linux's
 * fib_nh_exception): a path MTU (RFC 1191), a better gateway (RFC 1122 3.2.2.2). What is forwarded
 * knows none of them (RFC 1812 5.2.7.2), but for the path MTU with ip_forward_use_pmtu. The control
 * thread writes the table, workers read it.
 */
#include <stdbool.h>
#include "neigh/adj_dp.h"

struct neighbour;

/** Immutable once published. */
struct ip4_exc {
	struct rcu_head rcu;
	rte_be32_t dst;
	int ifindex;		 /* it is about a route by this device */
	rte_be32_t via;		 /* and next hop; of any other way it says nothing */
	uint32_t until_s;	 /* adj_now_s that ends it */
	uint32_t mtu;		 /* of the path; 0: not told */
	bool locked;		 /* the path has less than is believed: no DF */
	rte_be32_t gw;		 /* the better next hop; 0: not told */
	uint32_t adj_idx;	 /* gw's */
	struct neighbour *neigh; /* gw's; the control thread holds it */
};

#define IP4_EXC_SETS 1024u
#define IP4_EXC_WAYS 4u
extern struct ip4_exc *ip4_exc_tab[IP4_EXC_SETS][IP4_EXC_WAYS]; /* RCU */
extern unsigned int ip4_exc_n;					/* how many there are */

/** The exception for @p dst, whatever way it is about, or NULL. */
const struct ip4_exc *ip4_exc_of(rte_be32_t dst);
/** The general case of ip4_exc_get(). */
const struct ip4_exc *ip4_exc_find(rte_be32_t dst, const struct adj *way);
/** What is known of @p dst when routes lead to it by @p way, or NULL. One test while there are no
 * exceptions. */
static inline const struct ip4_exc *
ip4_exc_get(rte_be32_t dst, const struct adj *way)
{
	if (likely(__atomic_load_n(&ip4_exc_n, __ATOMIC_RELAXED) == 0))
		return NULL;
	return ip4_exc_find(dst, way);
}
/** The path MTU to @p dst by @p way, or 0: nothing was told. @p locked: DF can not be set. */
static inline uint32_t
ip4_pmtu(rte_be32_t dst, const struct adj *way, bool *locked)
{
	const struct ip4_exc *e = ip4_exc_get(dst, way);

	*locked = e != NULL && e->locked;
	return e != NULL ? e->mtu : 0;
}
/** Where packets of ours to @p dst leave: by @p way, or by the gateway that a redirect named. */
const struct adj *ip4_exc_redirect(rte_be32_t dst, const struct adj *way);
#endif
