/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_CLASS_DP_H
#define NETDEV_CLASS_DP_H
/** @file Control class: the frames that go first, and die last, where a device is congested. */
#include <rte_ring.h>
#include "netdev/netdev_dp.h"

/** A flag of mbufs that the control thread handed over: of control class. */
extern uint64_t netdev_ctl_flag;

/**
 * The ethertype of a frame, behind up to NETDEV_TAGS_MAX tags, and the two bytes that follow it, in
 * network order. In @p copy where they are not of one segment; NULL: the frame ends before, or has
 * more tags.
 */
const uint8_t *netdev_frame_type(const struct rte_mbuf *m, uint8_t copy[4]);
/**
 * Is the frame of control class: handed over by the control thread, ARP, to a reserved group
 * address (802.1D-2004 table 7-10: BPDU, LACP, LLDP), or IPv4 with precedence 6 or 7 (RFC
 * 1812 5.3.1: routing protocols, ICMP errors)? Reads the header: where frames wait only.
 */
bool netdev_is_control(const struct rte_mbuf *m);
/**
 * Put frames on the @p ring of the thread that sends them; the last @p spare places are kept for
 * those of control class, as which the control thread's are marked. How many went: these were the
 * first of @p pkts, in their order; the others stand behind them and stay the caller's. Any thread.
 */
unsigned int netdev_hand_over(struct worker *w, struct rte_ring *ring, unsigned int spare,
			      struct rte_mbuf **pkts, unsigned int n) DP_ONLY;
#endif
