/* SPDX-License-Identifier: BSD-3-Clause */
#include "stp/stp_digest.h"
#include <string.h>
#include <rte_byteorder.h>

#define BLOCK 64

/* RFC 1321 */
struct md5 {
	uint32_t state[4];
	uint64_t len;
	uint8_t block[BLOCK];
};

/* RFC 1321 3.4: T[i] is the integer part of 4294967296 times abs(sin(i)), i in radians from 1. */
static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391,
};
static const uint8_t shifts[4][4] = {
	{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static uint32_t
rotl(uint32_t x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static void
md5_block(uint32_t state[4], const uint8_t *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], x[16];

	for (unsigned int i = 0; i < 16; i++) {
		memcpy(&x[i], p + 4 * i, 4);
		x[i] = rte_le_to_cpu_32(x[i]);
	}
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int round = i / 16, k;
		uint32_t f;

		if (round == 0) {
			f = (b & c) | (~b & d);
			k = i;
		} else if (round == 1) {
			f = (b & d) | (c & ~d);
			k = 5 * i + 1;
		} else if (round == 2) {
			f = b ^ c ^ d;
			k = 3 * i + 5;
		} else {
			f = c ^ (b | ~d);
			k = 7 * i;
		}
		f += a + x[k % 16] + sines[i];
		a = d;
		d = c;
		c = b;
		b += rotl(f, shifts[round][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void
md5_start(struct md5 *m)
{
	*m = (struct md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } };
}

static void
md5_add(struct md5 *m, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t at = m->len % BLOCK, take = n < BLOCK - at ? n : BLOCK - at;

		memcpy(m->block + at, p, take);
		m->len += take;
		p += take;
		n -= take;
		if (m->len % BLOCK == 0)
			md5_block(m->state, m->block);
	}
}

static void
md5_end(struct md5 *m, uint8_t out[MD5_LEN])
{
	static const uint8_t pad[BLOCK] = { 0x80 };
	uint64_t bits = rte_cpu_to_le_64(m->len * 8);
	size_t at = m->len % BLOCK;

	md5_add(m, pad, (at < 56 ? 56 : 120) - at);
	md5_add(m, (const uint8_t *)&bits, 8);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t w = rte_cpu_to_le_32(m->state[i]);

		memcpy(out + 4 * i, &w, 4);
	}
}

void
stp_hmac_md5(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
	     uint8_t out[MD5_LEN])
{
	uint8_t ipad[BLOCK], opad[BLOCK], inner[MD5_LEN];
	struct md5 m;

	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t k = i < key_len ? key[i] : 0;

		ipad[i] = k ^ 0x36;
		opad[i] = k ^ 0x5c;
	}
	md5_start(&m);
	md5_add(&m, ipad, BLOCK);
	md5_add(&m, data, len);
	md5_end(&m, inner);
	md5_start(&m);
	md5_add(&m, opad, BLOCK);
	md5_add(&m, inner, MD5_LEN);
	md5_end(&m, out);
}

void
stp_config_digest(const uint16_t vid2mstid[4096], uint8_t out[MD5_LEN])
{
	/* Table 13-1 */
	static const uint8_t key[] = { 0x13, 0xac, 0x06, 0xa6, 0x2e, 0x47, 0xfd, 0x51,
				       0xf9, 0x5d, 0x2b, 0xa2, 0x43, 0xcd, 0x03, 0x46 };
	rte_be16_t table[4096];

	for (unsigned int vid = 0; vid < 4096; vid++)
		table[vid] = rte_cpu_to_be_16(vid2mstid[vid]);
	table[0] = table[4095] = 0;
	stp_hmac_md5(key, sizeof(key), (const uint8_t *)table, sizeof(table), out);
}
