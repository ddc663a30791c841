/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seed of tests that draw at random: $TEST_SEED, else 1. A gate that is red must be red again
 * the next time; new ground is covered by ./runtests.sh --long, which picks a seed and says it.
 */
#ifndef TEST_SEED_H
#define TEST_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline uint64_t
test_seed(void)
{
	const char *set = getenv("TEST_SEED");
	uint64_t seed = set != NULL ? strtoull(set, NULL, 0) : 1;

	printf("TEST_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

#endif
