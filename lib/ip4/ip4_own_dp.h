/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_OWN_DP_H
#define IP4_OWN_DP_H
/** @file The router's own addresses, for those who ask about every packet. */
#include <stdbool.h>
#include <stdint.h>
#include <rte_byteorder.h>
#include "core/rcu.h"
#include "core/role.h"

#define IP4_HASH_MULT 0x9e3779b1u /* 2^32 over the golden ratio: the high bits are good */
/** 12 bits. */
static inline uint32_t
ip4_addr_hash(rte_be32_t addr)
{
	return (addr * IP4_HASH_MULT) >> 20;
}

/**
 * Addresses that are ours or our subnets' broadcasts, as a filter over hashes: 0 means surely not
 * ours. The fast lane asks it about sources, and the table about those few that it names. One byte
 * an entry, so that a test is one load; its size follows the number of addresses.
 */
struct ip4_own {
	struct rcu_head rcu;
	uint32_t shift; /* entries are 1 << (32 - shift) */
	uint8_t hit[];
};
extern struct ip4_own *ip4_own; /* RCU, never NULL */
static inline bool
ip4_maybe_own(const struct ip4_own *own, rte_be32_t addr)
{
	return own->hit[(addr * IP4_HASH_MULT) >> own->shift] != 0;
}

/** Begin and end to follow the routes of type local, broadcast, anycast and multicast. */
void ip4_own_init(void) CTL_ONLY;
void ip4_own_fini(void) CTL_ONLY;

#endif
