/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PMTU_DP_H
#define IP4_PMTU_DP_H
/** @file Path MTU discovery (RFC 1191) for datagrams made here: workers check what ICMP says and
 * tell the control thread. What was learned: ip4_exc_dp.h. */
#include <stdbool.h>
#include "skb/skb_dp.h"

/** net.ipv4.ip_no_pmtu_disc, net.ipv4.route.min_pmtu and mtu_expires. */
struct ip4_pmtu_conf {
	int ip_no_pmtu_disc; /* 0: discover; 1, 2: send without DF, believe nobody; 3: as 0, what is
				quoted is always checked */
	int min_pmtu;	     /* less is not believed: then datagrams are fragmented to it */
	int ip_forward_use_pmtu; /* what is forwarded is held to the path's, too */
	int mtu_expires;	 /* s until a larger one is tried again (RFC 1191 6.3) */
};
extern struct ip4_pmtu_conf ip4_pmtu_conf;
extern int ip4_pmtu_msg;

/** RFC 5927 4: could the quoted header be of a datagram that we sent to who got @p outer's? With
 * DF, only if it carries our mark. */
bool ip4_quote_is_ours(const struct rte_ipv4_hdr *outer, const struct rte_ipv4_hdr *quoted);
/** "Fragmentation needed" for us: data pointer at the ICMP header, which quotes a whole IP header,
 * contiguous. Borrows the packet. */
void ip4_pmtu_rcv(struct worker *w, const struct sk_buff *skb) DP_ONLY;
#endif
