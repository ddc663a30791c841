/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_HASH_DP_H
#define IP4_FAST_HASH_DP_H
/**
 * @file
 * Flow hashes of a burst for routes by several next hops: what ip4_flow_hash() says of packets
 * whose addresses and ports are all that counts, FAST_LANES at a time.
 */
#include <rte_jhash.h>
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_mpath_dp.h"

#if FAST_LANES > 1
static inline vec
rotated(vec v, int bits)
{
	return v << bits | v >> (32 - bits);
}

/* rte_jhash_3words() of the lesser and the larger address and @p third. @p start: what it adds to
 * each. */
static inline vec
addresses_hashed(vec src, vec dst, vec third, vec start)
{
	/* unsigned comparison of addresses as they are on the wire */
	vec swap = (vec)((signed_vec)(src ^ 0x80000000u) > (signed_vec)(dst ^ 0x80000000u));
	vec other = (src ^ dst) & swap;
	vec a = (src ^ other) + start, b = (dst ^ other) + start, c = third + start;

	c = (c ^ b) - rotated(b, 14);
	a = (a ^ c) - rotated(c, 11);
	b = (b ^ a) - rotated(a, 25);
	c = (c ^ b) - rotated(b, 16);
	a = (a ^ c) - rotated(c, 4);
	b = (b ^ a) - rotated(a, 14);
	return (c ^ b) - rotated(b, 24);
}

/* The lesser port in the upper half, the larger one in the lower. */
static inline vec
ports_of(uint8_t *const *l3)
{
	vec raw, src, dst, most;

	UNROLL
	for (uint32_t k = 0; k < FAST_LANES; k++)
		raw[k] = load32(l3[k] + sizeof(struct rte_ipv4_hdr));
	raw = (raw & 0x00ff00ff) << 8 | (raw >> 8 & 0x00ff00ff);
	src = raw & 0xffff;
	dst = raw >> 16;
	most = larger(src, dst);
	return (src + dst - most) << 16 | most;
}
#endif

/* Set @p hash of those that it is easily known of. @return mask of the others: ask ip4_flow_hash().
 */
static inline uint32_t
hash_flows(const struct fast *f, uint32_t *hash)
{
	uint32_t ask = UINT32_MAX;
#if FAST_LANES > 1
	uint32_t seed = RTE_JHASH_GOLDEN_RATIO + __atomic_load_n(&fib_mpath.seed, __ATOMIC_RELAXED);
	int policy = fib_mpath_policy();

	if (policy != FIB_MPATH_L3 && policy != FIB_MPATH_L4)
		return ask;
	for (uint32_t i = 0; i + FAST_LANES <= f->n; i += FAST_LANES) {
		vec y[4], proto, odd, len, h;

		load_columns(y, &f->l3[i], 4); /* identification to destination */
		proto = y[1] >> 8 & 0xff;
		if (policy == FIB_MPATH_L3) { /* fib_mpath_l3(): two words */
			odd = (vec)(proto == IPPROTO_ICMP);
			h = addresses_hashed(y[2], y[3], (vec){ 0 }, (vec){ 0 } + seed + 8);
		} else {
			memcpy(&len, &f->len[i], sizeof(len));
			odd = (vec)(proto != IPPROTO_TCP) & (vec)(proto != IPPROTO_UDP);
			odd |= (vec)((y[0] & (uint32_t)RTE_BE16(IP4_MF | IP4_OFFMASK) << 16) != 0);
			odd |= (vec)((signed_vec)len < (int)sizeof(struct rte_ipv4_hdr) + 4);
			h = addresses_hashed(y[2], y[3], ports_of(&f->l3[i]), proto + seed + 12);
		}
		memcpy(&hash[i], &h, sizeof(h));
		ask &= ~(((1u << FAST_LANES) - 1 - mask_of(odd)) << i);
	}
#endif
	return ask;
}

#endif
