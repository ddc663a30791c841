/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H
/**
 * @file
 * SipHash (Aumasson, Bernstein 2012) of short keys: a hash under a secret key that nobody who sees
 * its uses can learn. For tables whose keys strangers choose, and for values they must not guess.
 */
#include <stdint.h>

struct siphash_key {
	uint64_t k[2];
};

/** Fill @p key from the kernel's random source. 0 or -errno. */
int siphash_key_random(struct siphash_key *key);

#define SIPHASH_ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))
static inline void
siphash_rounds(uint64_t v[4], unsigned int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = SIPHASH_ROTL(v[1], 13) ^ v[0];
		v[0] = SIPHASH_ROTL(v[0], 32);
		v[2] += v[3];
		v[3] = SIPHASH_ROTL(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = SIPHASH_ROTL(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = SIPHASH_ROTL(v[1], 17) ^ v[2];
		v[2] = SIPHASH_ROTL(v[2], 32);
	}
}

/** SipHash-@p c-@p d of @p n words @p m, the last of which has the number of bytes on top (all
 * little-endian). Constants for n, c and d unroll it. */
static inline __attribute__((always_inline)) uint64_t
siphash(const struct siphash_key *key, const uint64_t *m, unsigned int n, unsigned int c,
	unsigned int d)
{
	uint64_t v[4] = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};

	for (unsigned int i = 0; i < n; i++) {
		v[3] ^= m[i];
		siphash_rounds(v, c);
		v[0] ^= m[i];
	}
	v[2] ^= 0xff;
	siphash_rounds(v, d);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
/** For tables: SipHash-1-3. Some 30 cycles. */
static inline uint64_t
siphash13(const struct siphash_key *key, uint64_t a, uint64_t b)
{
	return siphash(key, (const uint64_t[]){ a, b, UINT64_C(16) << 56 }, 3, 1, 3);
}
/** The same of 12 bytes. */
static inline uint64_t
siphash13_12(const struct siphash_key *key, uint64_t a, uint32_t b)
{
	return siphash(key, (const uint64_t[]){ a, UINT64_C(12) << 56 | b }, 2, 1, 3);
}
/** For values that go out on a wire: SipHash-2-4. */
static inline uint64_t
siphash24(const struct siphash_key *key, uint64_t a, uint64_t b)
{
	return siphash(key, (const uint64_t[]){ a, b, UINT64_C(16) << 56 }, 3, 2, 4);
}
#endif
