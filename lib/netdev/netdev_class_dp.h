/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_CLASS_DP_H
#define NETDEV_CLASS_DP_H
/** @file Control class: the frames that go first, and die last, where a device is congested. */
#include <rte_ring.h>
#include "netdev/netdev_dp.h"

/** What a frame is worth where not all can be sent; all but data is of control class. */
enum netdev_class {
	NETDEV_CLASS_DATA,
	NETDEV_CLASS_PRECEDENCE, /* says so itself: IPv4 of precedence 6 or 7 (RFC 1812 5.3.1) */
	NETDEV_CLASS_LINK,	 /* ARP, and 802 groups' frames: never from behind a router */
	NETDEV_CLASSES,
};

/**
 * The ethertype of a frame, behind up to NETDEV_TAGS_MAX tags, and the two bytes that follow it, in
 * network order. In @p copy where they are not of one segment; NULL: the frame ends before, or has
 * more tags.
 */
const uint8_t *netdev_frame_type(const struct rte_mbuf *m, uint8_t copy[4]);
/**
 * The class of a frame. LINK: ARP; to a reserved group address (802.1D-2004 table 7-10: BPDU, LACP,
 * LLDP); LLC to any group (802.3 3.2.6: IS-IS, the spanning trees of others). PRECEDENCE: routing
 * protocols and ICMP errors, but anybody may write it. Reads the header: where frames wait only.
 */
enum netdev_class netdev_class(const struct rte_mbuf *m);
/** Of @p spare places (or bytes) kept for control class, those that @p c may not take: half of them
 * is out of reach for what only says that it is urgent. */
static inline uint32_t
netdev_class_kept(enum netdev_class c, uint32_t spare)
{
	return c == NETDEV_CLASS_LINK ? 0 : c == NETDEV_CLASS_PRECEDENCE ? spare / 2 : spare;
}
/**
 * Put frames on the @p ring of the thread that sends them; the last @p spare places are kept for
 * those of control class. How many went: these were the first of @p pkts, in their order; the
 * others stand behind them and stay the caller's. Any thread.
 */
unsigned int netdev_hand_over(struct rte_ring *ring, unsigned int spare, struct rte_mbuf **pkts,
			      unsigned int n) DP_ONLY;
#endif
