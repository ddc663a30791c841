/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_HASH_DP_H
#define IP4_FAST_HASH_DP_H
/**
 * @file
 * Flow hashes of a burst for routes by several next hops: what ip4_flow_hash() says of packets for
 * which addresses alone count, FAST_LANES at a time.
 */
#include <rte_jhash.h>
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_mpath_dp.h"

static inline uint8_t
protocol_of(const uint8_t *l3)
{
	return l3[offsetof(struct rte_ipv4_hdr, next_proto_id)];
}

#if FAST_LANES > 1
static inline vec
rotated(vec v, int bits)
{
	return v << bits | v >> (32 - bits);
}

/* fib_mpath_l3() of each: rte_jhash_2words() of the lesser and the larger address. */
static inline vec
addresses_hashed(vec src, vec dst, uint32_t seed)
{
	const uint32_t start = RTE_JHASH_GOLDEN_RATIO + 8 + seed;
	/* unsigned comparison of addresses as they are on the wire */
	vec larger = (vec)((signed_vec)(src ^ 0x80000000u) > (signed_vec)(dst ^ 0x80000000u));
	vec other = (src ^ dst) & larger;
	vec a = (src ^ other) + start, b = (dst ^ other) + start, c = (vec){ 0 } + start;

	c = (c ^ b) - rotated(b, 14);
	a = (a ^ c) - rotated(c, 11);
	b = (b ^ a) - rotated(a, 25);
	c = (c ^ b) - rotated(b, 16);
	a = (a ^ c) - rotated(c, 4);
	b = (b ^ a) - rotated(a, 14);
	return (c ^ b) - rotated(b, 24);
}
#endif

/* Set @p hash of all, for policy FIB_MPATH_L3. @return mask of those that it is not the hash of:
 * ICMP errors go with what they are about. */
static inline uint32_t
hash_by_addresses(const struct fast *f, uint32_t *hash)
{
	uint32_t icmp = 0, i = 0, n = f->n;
#if FAST_LANES > 1
	uint32_t seed = __atomic_load_n(&fib_mpath.seed, __ATOMIC_RELAXED);

	for (; i + FAST_LANES <= n; i += FAST_LANES) {
		vec y[4], h;

		load_columns(y, &f->l3[i], 4); /* identification to destination */
		h = addresses_hashed(y[2], y[3], seed);
		memcpy(&hash[i], &h, sizeof(h));
		if (likely(!any((vec)((y[1] >> 8 & 0xff) == IPPROTO_ICMP))))
			continue;
		for (uint32_t k = i; k < i + FAST_LANES; k++)
			icmp |= (uint32_t)(protocol_of(f->l3[k]) == IPPROTO_ICMP) << k;
	}
#endif
	for (; i < n; i++) {
		hash[i] = fib_mpath_l3(src_of(f->l3[i]), dst_of(f->l3[i]));
		icmp |= (uint32_t)(protocol_of(f->l3[i]) == IPPROTO_ICMP) << i;
	}
	return icmp;
}

#endif
