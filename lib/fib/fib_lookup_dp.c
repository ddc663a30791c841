/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include <rte_prefetch.h>
#include "fib/fib_dp.h"

struct fib_dp fib_main_dp;

#define LOOKUP_CHUNK 64

/* Three passes: ask for every first-level line; read them and ask for the second-level lines of
 * those few that have one; read these. Each pass has its misses in flight together. */
static inline void
lookup_chunk(const struct fib_dp *t, const uint32_t *dst, uint32_t *idx, unsigned int n)
{
	uint32_t ext = 0;

	for (unsigned int i = 0; i < n; i++)
		rte_prefetch0(&t->tbl24[dst[i] >> 8]);
	for (unsigned int i = 0; i < n; i++) {
		idx[i] = __atomic_load_n(&t->tbl24[dst[i] >> 8], __ATOMIC_RELAXED);
		ext |= idx[i];
	}
	if (likely(!(ext & FIB_EXT)))
		return;
	for (unsigned int i = 0; i < n; i++)
		if (idx[i] & FIB_EXT)
			rte_prefetch0(&t->tbl8[((idx[i] & FIB_IDX_MASK) << 8) | (dst[i] & 0xff)]);
	for (unsigned int i = 0; i < n; i++)
		if (idx[i] & FIB_EXT)
			idx[i] = __atomic_load_n(
				&t->tbl8[((idx[i] & FIB_IDX_MASK) << 8) | (dst[i] & 0xff)],
				__ATOMIC_ACQUIRE);
}

void
fib_lookup_bulk(const struct fib_dp *t, const uint32_t *dst, uint32_t *idx, unsigned int n)
{
	for (; n > LOOKUP_CHUNK; n -= LOOKUP_CHUNK, dst += LOOKUP_CHUNK, idx += LOOKUP_CHUNK)
		lookup_chunk(t, dst, idx, LOOKUP_CHUNK);
	lookup_chunk(t, dst, idx, n);
}
