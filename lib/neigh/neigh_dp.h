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

/** Raised for a packet whose neighbour could not be resolved: IPv4 sends ICMP host unreachable
 * (RFC 1122 2.3.2.2) and drops it. Set once at start; NULL: just dropped. Owns the packet. */
extern void (*neigh_unreachable)(struct worker *w, struct sk_buff *skb);

/** ARP from a device: ptype handler, ethertype 0x0806. */
void arp_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
#endif
