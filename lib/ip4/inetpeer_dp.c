/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/inetpeer_dp.h"
#include <stdbool.h>
#include <rte_cycles.h>
#include "core/explain.h"
#include "core/siphash.h"
#include "ip4/ip4_proto.h"
#include "neigh/adj_dp.h"

#define SETS  4096u
#define WAYS  8u /* one cache line */
#define TRIES 4	 /* lost races for a place until chance alone decides */

/* tag 32 bits, never 0 | second of last use 16 bits | next identification 16 bits */
static uint64_t peers[SETS][WAYS] __rte_cache_aligned;
static struct siphash_key secret;

int
inet_peer_init(void)
{
	return siphash_key_random(&secret);
}

static uint64_t
hash(const struct rte_ipv4_hdr *iph, uint64_t purpose)
{
	return siphash24(&secret, (uint64_t)iph->src_addr << 32 | iph->dst_addr,
			 purpose << 8 | iph->next_proto_id);
}

static uint64_t
word(uint32_t tag, uint32_t now_s, uint16_t next)
{
	return (uint64_t)tag << 32 | (now_s & 0xffff) << 16 | next;
}

/* The place of @p tag, or the one to take: an empty one, else the one that was quiet longest. */
static uint64_t *
find(uint64_t *set, uint32_t tag, uint32_t now_s, uint64_t *seen)
{
	uint64_t *oldest = NULL;
	uint32_t most = 0;

	for (unsigned int i = 0; i < WAYS; i++) {
		uint64_t v = __atomic_load_n(&set[i], __ATOMIC_RELAXED);
		uint32_t age = v == 0 ? 0x10000 : (uint16_t)(now_s - (uint16_t)(v >> 16));

		if ((uint32_t)(v >> 32) == tag) {
			*seen = v;
			return &set[i];
		}
		if (oldest == NULL || age > most) {
			oldest = &set[i];
			most = age;
			*seen = v;
		}
	}
	return oldest;
}

static uint16_t
by_chance(uint64_t h)
{
	return (uint16_t)siphash24(&secret, h, rte_rdtsc());
}

static uint16_t
next_of_peer(uint64_t h)
{
	uint32_t tag = (uint32_t)(h >> 32) | 1, now_s = adj_now_s;

	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t seen = 0, *at = find(peers[h % SETS], tag, now_s, &seen);
		uint16_t id = (uint32_t)(seen >> 32) == tag ? (uint16_t)seen : by_chance(h);

		if (__atomic_compare_exchange_n(at, &seen, word(tag, now_s, (uint16_t)(id + 1)),
						false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return id;
	}
	return by_chance(h);
}

static rte_be16_t
mark(const struct rte_ipv4_hdr *iph)
{
	return (rte_be16_t)hash(iph, 1);
}

rte_be16_t
ip_select_ident(struct worker *w, const struct rte_ipv4_hdr *iph)
{
	if (explaining(w))
		return 0; /* the next one is somebody's */
	/* RFC 6864 4.1: an atomic datagram may carry anything. */
	if (iph->fragment_offset & rte_cpu_to_be_16(IP4_DF))
		return mark(iph);
	return rte_cpu_to_be_16(next_of_peer(hash(iph, 0)));
}

bool
ip_ident_is_mark(const struct rte_ipv4_hdr *iph)
{
	return iph->packet_id == mark(iph);
}
