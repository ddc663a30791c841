/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_MPATH_DP_H
#define FIB_MPATH_DP_H
/**
 * @file
 * Which of several next hops: a hash of what makes a flow, by the policy of
 * net.ipv4.fib_multipath_hash_policy. A hash is the same for both directions, so that an ICMP error
 * about a packet can follow the packet.
 */
#include <rte_byteorder.h>
#include <rte_jhash.h>

enum fib_mpath_policy {
	FIB_MPATH_L3,	  /* source and destination address */
	FIB_MPATH_L4,	  /* addresses, protocol and ports */
	FIB_MPATH_INNER,  /* addresses inside a tunnel, else as L3 */
	FIB_MPATH_FIELDS, /* what fib_multipath_hash_fields names */
	/* not Linux's: */
	FIB_MPATH_PACKET, /* packet by packet in turn */
	FIB_MPATH_RANDOM, /* packet by packet at random */
};
/** Bits of fib_multipath_hash_fields, Linux's. The flow labels of IPv6 (0x8, 0x200) count for
 * nothing. */
enum {
	FIB_MPATH_SRC = 0x1,
	FIB_MPATH_DST = 0x2,
	FIB_MPATH_PROTO = 0x4,
	FIB_MPATH_SPORT = 0x10,
	FIB_MPATH_DPORT = 0x20,
	FIB_MPATH_INNER_SHIFT = 6, /* the same of the packet inside */
};

/** Written by the control thread, word by word. */
struct fib_mpath_conf {
	int fib_multipath_hash_policy, fib_multipath_hash_fields, fib_multipath_hash_seed;
	int fib_multipath_use_neigh;
	uint32_t seed; /* in use: hash_seed, or drawn at start when that is 0 */
};
extern struct fib_mpath_conf fib_mpath;

static inline int
fib_mpath_policy(void)
{
	return __atomic_load_n(&fib_mpath.fib_multipath_hash_policy, __ATOMIC_RELAXED);
}

/** The parts of a packet that may count. */
struct fib_mpath_key {
	rte_be32_t src, dst;   /* of IPv6 inside a tunnel: a hash of each */
	uint16_t sport, dport; /* 0: the protocol has none, or the packet is a fragment */
	uint8_t proto;
};

/** By addresses alone. 32 good bits. */
static inline uint32_t
fib_mpath_l3(rte_be32_t a, rte_be32_t b)
{
	return rte_jhash_2words(RTE_MIN(a, b), RTE_MAX(a, b),
				__atomic_load_n(&fib_mpath.seed, __ATOMIC_RELAXED));
}
/** By the policy; PACKET and RANDOM, which know no flows, as L4. @p inner: of the innermost packet
 * in tunnels; NULL: there is none. */
uint32_t fib_mpath_hash(const struct fib_mpath_key *outer, const struct fib_mpath_key *inner);
#endif
