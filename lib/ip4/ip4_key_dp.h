/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_KEY_DP_H
#define IP4_KEY_DP_H
/** @file What policy rules look at, of packets. */
#include "fib/fib_rule_dp.h"
#include "ip4/ip4_dp.h"
#include "neigh/adj_dp.h"
#include "skb/skb_dp.h"

/** Of a packet with a sound header at the network header. */
void ip4_key_of(const struct sk_buff *skb, uint32_t iif, struct fib_key *k);
/** Of a datagram that gets the header @p o; @p skb holds what follows it. */
void ip4_key_out(const struct sk_buff *skb, const struct ip_out *o, struct fib_key *k);
static inline void
ip4_key_set_ports(struct fib_key *k, const rte_be16_t ports[2])
{
	k->sport = rte_be_to_cpu_16(ports[0]);
	k->dport = rte_be_to_cpu_16(ports[1]);
}
/** Of the answer to a packet that leaves by @p there, where it would come in. Its mark counts only
 * where src_valid_mark says so. */
void ip4_key_back(const struct sk_buff *skb, const struct adj *there, struct fib_key *k);
/** Of the answer to one with key @p k, which would come in by @p iif; its mark stays. */
void ip4_key_turn(struct fib_key *k, uint32_t iif);
/** The device that the answer to a packet comes in by which goes by @p there. */
static inline uint32_t
ip4_back_iif(const struct adj *there)
{
	return there->dev != NULL ? (uint32_t)there->dev->ifindex : FIB_IIF_LOCAL;
}
#endif
