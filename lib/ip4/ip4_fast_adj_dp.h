/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_ADJ_DP_H
#define IP4_FAST_ADJ_DP_H
/**
 * @file
 * What the adjacencies of a burst have in common: mtu, type, hdr_len, upper and dev of each are one
 * row of 16 bytes, and rows are put together word by word.
 */
#include "ip4/ip4_fast_dp.h"

typedef uint32_t adj_row __attribute__((vector_size(16)));
typedef int32_t adj_row_signed __attribute__((vector_size(16)));
typedef uint64_t adj_row_64 __attribute__((vector_size(16)));
enum { ROW_MTU = 0, ROW_TYPE = 1, ROW_DEV_64 = 1 };
_Static_assert(offsetof(struct adj, type) == offsetof(struct adj, mtu) + 4 * ROW_TYPE &&
		       offsetof(struct adj, dev) == offsetof(struct adj, mtu) + 8 * ROW_DEV_64,
	       "layout of an adjacency");

struct adj_sum {
	adj_row any, all, least;
	adj_row_64 turned; /* dev not 0: some leave by the device that none may leave by */
	uintptr_t any_lower, all_lower;
};
#define ADJ_SUM_OF_NONE                                                                            \
	(struct adj_sum)                                                                           \
	{                                                                                          \
		.all = ~(adj_row){ 0 }, .least = ~(adj_row){ 0 } >> 1, .all_lower = UINTPTR_MAX    \
	}

/* The lesser of two words below 2^31. */
static inline adj_row
adj_row_min(adj_row a, adj_row b)
{
#ifdef __SSE4_1__
	return (adj_row)_mm_min_epi32((__m128i)a, (__m128i)b);
#else
	adj_row less = (adj_row)((adj_row_signed)a < (adj_row_signed)b);

	return (a & less) | (b & ~less);
#endif
}

static inline void
adj_sum_add(struct adj_sum *s, const struct adj *a, const struct net_device *turn)
{
	uintptr_t lower = (uintptr_t)a->lower;
	adj_row r;

	memcpy(&r, &a->mtu, sizeof(r));
	s->any |= r;
	s->all &= r;
	s->least = adj_row_min(s->least, r);
	s->turned |= (adj_row_64)((adj_row_64)r == (uintptr_t)turn);
	s->any_lower |= lower;
	s->all_lower &= lower;
}

/* Sets odd and ports. @return whether a packet may not fit, or leaves by a device it may not. */
static inline bool
adj_sum_tell(const struct adj_sum *s, struct fast *f)
{
	uint32_t even = EVEN_REWRITE(f);

	f->odd = (s->any[ROW_TYPE] ^ even) | (s->all[ROW_TYPE] ^ even);
	f->ports = s->any_lower ^ s->all_lower;
	return s->least[ROW_MTU] < f->longest || s->turned[ROW_DEV_64] != 0;
}

#endif
