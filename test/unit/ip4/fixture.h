/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FIXTURE_H
#define IP4_FIXTURE_H
/** @file A small router of real core, skb, netdev, neigh, fib and ip4 over devices that remember.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include "core/sysctl.h"
#include "fib/fib.h"
#include "ip4/icmp_proto.h"
#include "ip4/ip4.h"
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_priv.h"
#include "vtime.h"
#include "neigh/neigh.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

#define IP(a, b, c, d) RTE_BE32((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct frame {
	uint32_t len;
	uint8_t bytes[2048];
	struct net_device *dev;
};
#define FRAMES_MAX 2048
extern struct frame frames[FRAMES_MAX];
extern unsigned int n_frames;
/* The width of the fast lane that is tested: ip4_fast_select()'s unless a test says another. */
extern const struct ip4_fast_lane *lane;

/* p0: 192.0.2.1/24, p1: 198.51.100.1/24, p2: 10.1.0.1/16, lo: 127.0.0.1/8. All neighbours .9 are
 * resolved. 203.0.113.0/24 via p1's, 10.0.0.0/8 via p0's; 10.66/16 blackhole, 10.67/16 unreachable,
 * 10.68/16 prohibit. Nothing else has a route. */
extern struct net_device *p0, *p1, *p2, *lo;
extern const struct rte_ether_addr mac0, mac1, mac2, peer0, peer1, peer2;
#define OUR0  IP(192, 0, 2, 1)
#define OUR1  IP(198, 51, 100, 1)
#define PEER0 IP(192, 0, 2, 9)
#define PEER1 IP(198, 51, 100, 9)
#define FAR   IP(203, 0, 113, 5)

int fixture_eal(void);
int fixture_setup(void **state);
/** Checks that no packet is left and that the balance is exact. */
int fixture_teardown(void **state);
struct worker *dp(void);
/** Messages, timers, loopback: until nothing moves. */
void settle(void);
uint64_t drops(enum drop_reason r);
uint64_t mib(const struct counter_block *b, unsigned int idx);
uint64_t drops_all(void);

/** A packet to be: zero means the default in brackets. */
struct pkt {
	rte_be32_t src, dst; /* [PEER0, FAR] */
	uint8_t ttl;	     /* [64] */
	uint8_t proto;	     /* [17] */
	uint8_t tos;
	uint16_t id;	     /* host order */
	uint16_t frag;	     /* flags and offset, host order */
	uint16_t payload;    /* bytes behind the header [26: a frame of 60] */
	const uint8_t *data; /* what they are; NULL: 00 01 02 ... */
	const uint8_t *opt;
	uint8_t optlen;			  /* multiple of 4 */
	const struct rte_ether_addr *mac; /* [the device's] */
	const struct net_device *dev;	  /* it will come by [p0] */
};
/** Write the frame; its length. */
uint32_t pkt_build(const struct pkt *p, uint8_t *buf);
/** Recompute the header checksum of a frame. */
void pkt_fix(uint8_t *frame);
/** Frames arrive at once. @p fast: with the fast lane, else the general lane alone. */
void rx_frame(struct net_device *dev, const void *bytes, uint32_t len, bool fast);
void rx_pkt(const struct pkt *p, bool fast);
struct rte_mbuf *make_mbuf(const void *bytes, uint32_t len);

/** A router behind PEER1 has said that the path to @p dst takes @p mtu bytes. */
void pmtu_told(rte_be32_t dst, uint32_t mtu, uint32_t now_s);
/** No exception is left. */
void exceptions_forget(void);

static inline struct rte_ipv4_hdr *
frame_ip(struct frame *f)
{
	return (struct rte_ipv4_hdr *)(f->bytes + 14);
}
static inline struct icmp4_hdr *
frame_icmp(struct frame *f)
{
	return (struct icmp4_hdr *)(f->bytes + 14 + ip_hdrlen(frame_ip(f)));
}
/** Checks that frame @p i is a sound ICMP message by p0 to @p dst of that type and code. */
void assert_icmp(unsigned int i, rte_be32_t dst, uint8_t type, uint8_t code);
#endif
