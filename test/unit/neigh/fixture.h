/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_FIXTURE_H
#define NEIGH_FIXTURE_H
/** @file The module on real core, skb and netdev, over devices that remember what they sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "neigh/arp_proto.h"
#include "neigh/neigh_priv.h"
#include "vtime.h"

#define IP(a, b, c, d) RTE_BE32((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define DEADLINE_MS    20000 /* generous: a loaded machine is no failure */

struct frame {
	uint16_t len;
	uint8_t bytes[256];
	struct net_device *dev;
};
#define FRAMES_MAX 4096
extern struct frame frames[FRAMES_MAX];
extern unsigned int n_frames;
/** Called behind each burst that a device has sent, unless NULL. */
extern void (*fixture_sent)(void);

extern struct net_device *p0, *p1; /* 192.0.2.1/24 and 198.51.100.1/24, up */
extern const struct rte_ether_addr mac0, mac1, peer, peer2;
#define PEER_IP IP(192, 0, 2, 9)

/** EAL, once for the program. */
int fixture_eal(void);
/** Everything up, both devices. For cmocka's setup and teardown; teardown checks that no packet,
 * line or message is left. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/** Packets to net/plen leave by @p dev, where no subnet says better: for neigh_route(). */
void fixture_route(rte_be32_t net, uint8_t plen, struct net_device *dev);
/** Packets from @p src that came by device @p iif (0: made here) leave by @p dev, wherever they go.
 */
void fixture_rule(rte_be32_t src, uint32_t iif, struct net_device *dev);
struct net_device *fixture_dev(const char *name, const struct rte_ether_addr *mac);

/** The worker that plays the data path, and the control thread's own. */
struct worker *dp(void);
/** Run timers, messages and grace periods once. */
void turn(void) CTL_ONLY;
/** turn() until the condition holds; fails the test after DEADLINE_MS. */
#define turn_until(cond)                                                                           \
	do {                                                                                       \
		uint64_t end_ = clock_ms() + DEADLINE_MS;                                          \
		while (!(cond)) {                                                                  \
			vtime_tick();                                                              \
			turn();                                                                    \
			if (clock_ms() > end_)                                                     \
				fail_msg("never: %s", #cond);                                      \
		}                                                                                  \
	} while (0)

/** A minimal IPv4 packet, 28 bytes, that carries @p id; data pointer at the IP header. */
struct sk_buff *ip_packet(rte_be32_t src, rte_be32_t dst, uint16_t id);
/** The id of a frame that is an IPv4 packet as above behind @p hdr_len bytes; -1: it is none. */
int frame_id(const struct frame *f, unsigned int hdr_len);
/** The ARP packet in a frame of @p dev, or NULL. */
const struct arp_eth_ip *frame_arp(const struct frame *f);
/** How many ARP requests for @p tip are among the frames. */
unsigned int arp_requests(rte_be32_t tip);
/** An ARP packet as it comes from the wire by @p dev, given to arp_rcv(). */
void arp_in(struct net_device *dev, uint8_t pkt_type, const struct arp_eth_ip *arp, uint16_t len);
struct arp_eth_ip arp_make(int op, const struct rte_ether_addr *sha, rte_be32_t sip,
			   rte_be32_t tip);
/** @p mac says by p0, to us, that it has @p sip; turn(). */
void reply_from(const struct rte_ether_addr *mac, rte_be32_t sip) CTL_ONLY;
uint64_t drops(enum drop_reason r);
/** Bytes equal to six of a MAC? */
void assert_mac(const void *have, const struct rte_ether_addr *want);
#endif
