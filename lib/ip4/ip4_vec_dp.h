/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_VEC_DP_H
#define IP4_VEC_DP_H
/**
 * @file
 * Loads of any alignment, words of FAST_LANES (4 or 8) packets side by side, of which the compiler
 * makes the target's instructions, and what of an mbuf is tested in one word.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <rte_mbuf.h>
#ifdef __SSE4_1__
#include <immintrin.h>
#endif

/* gcc keeps to a loop unless told; clang decides for itself, and warns when it is told otherwise.
 */
#ifdef __clang__
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

static inline uint64_t
load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint32_t
load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One's complement sum of the 20 bytes of a header, folded (RFC 1071). */
static inline uint32_t
header_sum(uint64_t a, uint64_t b, uint32_t c)
{
	uint64_t s = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;

	s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	return (uint32_t)((s & 0xffff) + (s >> 16));
}

/* 16 bytes, four words. */
typedef uint32_t row __attribute__((vector_size(16)));
static inline row
load_row(const void *p)
{
	row v;

	memcpy(&v, p, sizeof(v));
	return v;
}
/* Its first or second 8 bytes. */
static inline uint64_t
half(row v, int k)
{
	return v[2 * k] | (uint64_t)v[2 * k + 1] << 32;
}

#if FAST_LANES > 1
typedef uint32_t vec __attribute__((vector_size(4 * FAST_LANES)));
typedef int32_t signed_vec __attribute__((vector_size(4 * FAST_LANES)));
typedef uint8_t vec_bytes __attribute__((vector_size(4 * FAST_LANES)));

#define SWAP(n) (n) + 3, (n) + 2, (n) + 1, (n)
#if FAST_LANES == 8
#define UNPACK_LO(a, b)	   __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define UNPACK_HI(a, b)	   __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define UNPACK_LO_64(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define UNPACK_HI_64(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define SWAP_ALL	   SWAP(0), SWAP(4), SWAP(8), SWAP(12), SWAP(16), SWAP(20), SWAP(24), SWAP(28)
#else
#define UNPACK_LO(a, b)	   __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UNPACK_HI(a, b)	   __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define UNPACK_LO_64(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define UNPACK_HI_64(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#define SWAP_ALL	   SWAP(0), SWAP(4), SWAP(8), SWAP(12)
#endif

/* The 16 bytes at @p off from the network headers of packets k and, of eight, k + 4. */
static inline vec
load_rows(uint8_t *const *l3, uint32_t k, int off)
{
	row lo = load_row(l3[k] + off);
#if FAST_LANES == 8
	row hi = load_row(l3[k + 4] + off);

	return __builtin_shufflevector(lo, hi, 0, 1, 2, 3, 4, 5, 6, 7);
#else
	return lo;
#endif
}

/* col[k]: the k-th of the four words at @p off, of every packet. */
static inline void
load_columns(vec col[4], uint8_t *const *l3, int off)
{
	vec r0 = load_rows(l3, 0, off), r1 = load_rows(l3, 1, off);
	vec r2 = load_rows(l3, 2, off), r3 = load_rows(l3, 3, off);
	vec a = UNPACK_LO(r0, r1), b = UNPACK_LO(r2, r3);
	vec c = UNPACK_HI(r0, r1), d = UNPACK_HI(r2, r3);

	col[0] = UNPACK_LO_64(a, b);
	col[1] = UNPACK_HI_64(a, b);
	col[2] = UNPACK_LO_64(c, d);
	col[3] = UNPACK_HI_64(c, d);
}

static inline vec
swap32(vec v)
{
	return (vec)__builtin_shufflevector((vec_bytes)v, (vec_bytes)v, SWAP_ALL);
}

/* All ones where a word of @p v, which has 16 bits, is above @p limit. */
static inline vec
above(vec v, int32_t limit)
{
	return (vec)((signed_vec)v > limit);
}

/* The larger of two words of 16 bits. */
static inline vec
larger(vec a, vec b)
{
#if FAST_LANES == 8
	return (vec)_mm256_max_epi32((__m256i)a, (__m256i)b);
#elif defined(__SSE4_1__)
	return (vec)_mm_max_epi32((__m128i)a, (__m128i)b);
#else
	vec mask = (vec)((signed_vec)a > (signed_vec)b);

	return (a & mask) | (b & ~mask);
#endif
}

static inline uint32_t
largest(vec v)
{
	uint32_t most = 0;

	for (int k = 0; k < FAST_LANES; k++)
		most = RTE_MAX(most, v[k]);
	return most;
}

static inline bool
any(vec v)
{
#if FAST_LANES == 8
	return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#elif defined(__SSE4_1__)
	return !_mm_testz_si128((__m128i)v, (__m128i)v);
#else
	return (v[0] | v[1] | v[2] | v[3]) != 0;
#endif
}

/* A bit for each word, its highest. */
static inline uint32_t
mask_of(vec v)
{
#if FAST_LANES == 8
	return (uint32_t)_mm256_movemask_ps((__m256)v);
#elif defined(__SSE4_1__)
	return (uint32_t)_mm_movemask_ps((__m128)v);
#else
	return v[0] >> 31 | v[1] >> 31 << 1 | v[2] >> 31 << 2 | v[3] >> 31 << 3;
#endif
}
#endif

/* --- mbufs --- */

/* data_off, refcnt, nb_segs, port in one word. Good: one segment, not shared. */
#define REARM(m)   ((const uint8_t *)(m) + offsetof(struct rte_mbuf, data_off))
#define REARM_MASK UINT64_C(0x0000ffffffff0000)
#define REARM_GOOD UINT64_C(0x0000000100010000)
_Static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, data_off) + 2 &&
		       offsetof(struct rte_mbuf, nb_segs) ==
			       offsetof(struct rte_mbuf, data_off) + 4 &&
		       offsetof(struct rte_mbuf, ol_flags) ==
			       offsetof(struct rte_mbuf, data_off) + 8,
	       "layout of the mbuf");
/* Somebody else's buffer, or a tag that stands in the mbuf. */
#define BAD_FLAGS (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_RX_VLAN_STRIPPED)
#endif
