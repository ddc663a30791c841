/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_DP_H
#define NEIGH_DP_H
/** @file What workers do with adjacencies: rewrite and send, or ask control to resolve. */
#include "neigh/adj_dp.h"

/**
 * Output of routed packets: data pointer at the IP header, skb->dst set. REWRITE: prepend the
 * header and send. INCOMPLETE, GLEAN: hand the packet to the control thread, which queues it and
 * resolves. FAILED: as INCOMPLETE (control answers with its negative cache). Takes all packets.
 */
void neigh_output(struct worker *w, struct skb_vec *vec) DP_ONLY;

/** Would neigh_output() refuse a packet of @p src, since it ends at an adjacency that is not
 * resolved, and the worker has no time for more of them? Then the caller may do it, early and
 * cheaply. */
bool neigh_over_budget(struct worker *w, const struct adj *a, rte_be32_t src) DP_ONLY;
/** Do it. */
void neigh_refuse(struct worker *w, const struct adj *a, struct rte_mbuf *m) DP_ONLY;

/** The group MAC address of IPv4 multicast group @p group (RFC 1112 6.4): its low 23 bits behind
 * 01-00-5e. */
static inline void
neigh_mc_map(rte_be32_t group, struct rte_ether_addr *mac)
{
	uint32_t g = rte_be_to_cpu_32(group);

	*mac = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, (g >> 16) & 0x7f, (g >> 8) & 0xff,
					  g & 0xff } };
}

/** Raised for a packet whose neighbour could not be resolved: IPv4 sends ICMP host unreachable
 * (RFC 1122 2.3.2.2) and drops it under NEIGH_FAILED. Runs on the control thread with workers[0];
 * skb->dev is the device it was to leave by, skb->iif the one it came by, data pointer and network
 * header at the IP header. Set once at start; NULL: just dropped. Owns the packet. */
extern void (*neigh_unreachable)(struct worker *w, struct sk_buff *skb);

/** Where a packet from @p src (0: nobody's) to @p dst would end that came by device @p iif (0: made
 * here): routing sets it at start, for any thread to ask; good for one burst. NULL while there is
 * no routing. */
extern const struct adj *(*neigh_route)(rte_be32_t src, rte_be32_t dst, uint32_t iif);

/** For an explained packet that leaves by @p a to @p nexthop: what is known of it. */
void neigh_explain(const struct worker *w, const struct adj *a, rte_be32_t nexthop);

/** ARP from a device: ptype handler, ethertype 0x0806. */
void arp_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
#endif
