/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_HASH_DP_H
#define IP4_FAST_HASH_DP_H
/**
 * @file
 * Flow hashes of a burst for routes by several next hops: what ip4_flow_hash() says of each packet,
 * FAST_LANES at a time where addresses alone count.
 */
#include <rte_jhash.h>
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_mpath_dp.h"

struct flow_hashes {
	bool done;
	uint32_t of[FAST_BURST];
};

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

/* By their addresses, as many as make whole groups. */
static inline void
hash_by_addresses(const struct fast *f, struct flow_hashes *h)
{
	uint32_t i = 0, n = f->n;
#if FAST_LANES > 1
	uint32_t seed = __atomic_load_n(&fib_mpath.seed, __ATOMIC_RELAXED);

	for (; i + FAST_LANES <= n; i += FAST_LANES) {
		vec y[4], hash;

		load_columns(y, &f->l3[i], 4); /* identification to destination */
		hash = addresses_hashed(y[2], y[3], seed);
		memcpy(&h->of[i], &hash, sizeof(hash));
	}
#endif
	for (; i < n; i++)
		h->of[i] = fib_mpath_l3(src_of(f->l3[i]), dst_of(f->l3[i]));
}

/* ip4_flow_hash() of packet @p i; @p h is empty before the first one is asked for. */
static inline uint32_t
flow_hash_of(struct worker *w, const struct fast *f, uint32_t i, struct flow_hashes *h) DP_ONLY
{
	const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)f->l3[i];

	if (unlikely(fib_mpath_policy() != FIB_MPATH_L3 || iph->next_proto_id == IPPROTO_ICMP))
		return ip4_flow_hash(w, iph, f->len[i]);
	if (!h->done)
		hash_by_addresses(f, h);
	h->done = true;
	return h->of[i];
}

#endif
