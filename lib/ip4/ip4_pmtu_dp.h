/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PMTU_DP_H
#define IP4_PMTU_DP_H
/**
 * @file
 * Path MTUs that ICMP told of (RFC 1191), for datagrams made here. Workers check what comes and
 * tell the control thread, which writes the table; an exception is one word. 4,096 are kept.
 */
#include <stdbool.h>
#include "skb/skb_dp.h"

/** net.ipv4.ip_no_pmtu_disc, net.ipv4.route.min_pmtu and mtu_expires. */
struct ip4_pmtu_conf {
	int ip_no_pmtu_disc; /* 0: discover; 1, 2: send without DF, believe nobody; 3: as 0, what is
				quoted is always checked */
	int min_pmtu;	     /* less is not believed: then datagrams are fragmented to it */
	int mtu_expires;     /* s until a larger one is tried again (RFC 1191 6.3) */
};
extern struct ip4_pmtu_conf ip4_pmtu_conf;

#define PMTU_SETS 1024u
#define PMTU_WAYS 4u
/* destination 32 bits, as on the wire | MTU 16 bits | locked 1 bit | second it was told 15 bits */
extern uint64_t ip4_pmtu_tab[PMTU_SETS][PMTU_WAYS];
extern unsigned int ip4_pmtu_n; /* exceptions there are */

/** The general case of ip4_pmtu(). */
uint32_t ip4_pmtu_find(rte_be32_t dst, bool *locked);
/** The path MTU to @p dst, or 0: nothing was told. @p locked: it is less than what is believed, so
 * that DF can not be set. One test while there are no exceptions. */
static inline uint32_t
ip4_pmtu(rte_be32_t dst, bool *locked)
{
	*locked = false;
	if (likely(__atomic_load_n(&ip4_pmtu_n, __ATOMIC_RELAXED) == 0))
		return 0;
	return ip4_pmtu_find(dst, locked);
}
/** "Fragmentation needed" for us: data pointer at the ICMP header, which quotes a whole IP header,
 * contiguous. Borrows the packet. */
void ip4_pmtu_rcv(struct worker *w, const struct sk_buff *skb) DP_ONLY;
#endif
