/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include "fib/fib_mpath_dp.h"

struct fib_mpath_conf fib_mpath = { .fib_multipath_hash_fields =
					    FIB_MPATH_SRC | FIB_MPATH_DST | FIB_MPATH_PROTO };

static uint32_t
hash_l4(const struct fib_mpath_key *k, uint32_t seed)
{
	uint32_t ports = (uint32_t)RTE_MIN(k->sport, k->dport) << 16 | RTE_MAX(k->sport, k->dport);

	return rte_jhash_3words(RTE_MIN(k->src, k->dst), RTE_MAX(k->src, k->dst), ports,
				seed + k->proto);
}

static uint32_t
hash_fields(const struct fib_mpath_key *k, unsigned int fields, uint32_t seed)
{
	struct fib_mpath_key some = {
		.src = fields & FIB_MPATH_SRC ? k->src : 0,
		.dst = fields & FIB_MPATH_DST ? k->dst : 0,
		.sport = fields & FIB_MPATH_SPORT ? k->sport : 0,
		.dport = fields & FIB_MPATH_DPORT ? k->dport : 0,
		.proto = fields & FIB_MPATH_PROTO ? k->proto : 0,
	};

	return hash_l4(&some, seed);
}

uint32_t
fib_mpath_hash(const struct fib_mpath_key *outer, const struct fib_mpath_key *inner)
{
	uint32_t seed = __atomic_load_n(&fib_mpath.seed, __ATOMIC_RELAXED);
	unsigned int fields = (unsigned int)__atomic_load_n(&fib_mpath.fib_multipath_hash_fields,
							    __ATOMIC_RELAXED);
	uint32_t hash;

	switch (fib_mpath_policy()) {
	case FIB_MPATH_L3:
		return fib_mpath_l3(outer->src, outer->dst);
	case FIB_MPATH_INNER:
		if (inner != NULL)
			outer = inner;
		return fib_mpath_l3(outer->src, outer->dst);
	case FIB_MPATH_FIELDS:
		hash = hash_fields(outer, fields, seed);
		fields >>= FIB_MPATH_INNER_SHIFT;
		return inner == NULL || fields == 0
			       ? hash
			       : rte_jhash_2words(hash, hash_fields(inner, fields, seed), seed);
	default:
		return hash_l4(outer, seed);
	}
}
