/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_MPATH_DP_H
#define IP4_MPATH_DP_H
/** @file Which of several next hops a packet takes, in both lanes and for packets made here. */
#include <netinet/in.h>
#include "core/rcu.h"
#include "fib/fib_mpath_dp.h"
#include "fib/fib_rule_dp.h"
#include "ip4/ip4_proto.h"
#include "skb/skb_dp.h"

/** Protocols whose header begins with two ports. */
static inline bool
ip4_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}
/** One of several: all of a datagram go one way, so nothing behind the header of any counts. */
static inline bool
ip4_is_fragment(const struct rte_ipv4_hdr *iph)
{
	return (iph->fragment_offset & RTE_BE16(IP4_MF | IP4_OFFMASK)) != 0;
}

/** ip4_flow_hash() where it is not that simple. */
uint32_t ip4_mpath_hash(struct worker *w, const uint8_t *p, uint32_t len) DP_ONLY;
/** For a packet that may lie in several buffers; network header set. */
uint32_t ip4_mpath_hash_skb(struct worker *w, const struct sk_buff *skb) DP_ONLY;
/** Flow hash of a forwarded packet by fib_multipath_hash_policy. @p len bytes of it, header and
 * all, are at @p iph. */
static inline uint32_t
ip4_flow_hash(struct worker *w, const struct rte_ipv4_hdr *iph, uint32_t len) DP_ONLY
{
	if (likely(fib_mpath_policy() == FIB_MPATH_L3 && iph->next_proto_id != IPPROTO_ICMP))
		return fib_mpath_l3(iph->src_addr, iph->dst_addr);
	return ip4_mpath_hash(w, (const uint8_t *)iph, len);
}
/** Of a packet that is made here. What is chosen packet by packet elsewhere stays with its flow:
 * the way is asked for more than once. */
static inline uint32_t
ip4_key_hash(const struct fib_key *k)
{
	struct fib_mpath_key m = { .src = rte_cpu_to_be_32(k->src),
				   .dst = rte_cpu_to_be_32(k->dst),
				   .sport = k->sport,
				   .dport = k->dport,
				   .proto = k->proto };

	return fib_mpath_hash(&m, NULL);
}
/** Do addresses and tos say all that a lookup asks? No rules, no hash of more. */
static inline bool
ip4_by_address(void)
{
	return rcu_dereference(fib_rules) == NULL && fib_mpath_policy() == FIB_MPATH_L3;
}
#endif
