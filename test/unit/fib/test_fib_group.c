/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets by weight: exact shares where there can be as many buckets as that takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "fib/fib_nexthop_priv.h"

static void
bucket_shares(void **state)
{
	static const struct {
		uint16_t weight[5];
		unsigned int size;
	} sets[] = {
		{ { 1, 1, 1 }, 3 },
		{ { 3, 5, 7 }, 15 },
		{ { 20, 40, 60 }, 6 },
		{ { 1, 2, 4, 8, 16 }, 31 },
		{ { 10, 11, 12, 13, 14 }, 60 },
		{ { 7 }, 1 },
		{ { 100, 99 }, 199 },
		{ { 256, 255 }, 511 },
		{ { 256, 255, 254, 253 }, 1018 },
		{ { 256, 256, 256, 256, 1 }, 1025 },
	};
	uint8_t bucket[FIB_BUCKETS_MAX];

	(void)state;
	for (unsigned int s = 0; s < RTE_DIM(sets); s++) {
		unsigned int n = 0, size, total = 0, got[5] = { 0 };

		while (n < 5 && sets[s].weight[n] != 0)
			total += sets[s].weight[n++];
		size = fib_nh_buckets(sets[s].weight, n, bucket);
		assert_int_equal(size, sets[s].size);
		for (unsigned int i = 0; i < size; i++)
			got[bucket[i]]++;
		for (unsigned int i = 0; i < n; i++) {
			double want = (double)size * sets[s].weight[i] / total;

			assert_true(got[i] == want);
		}
	}
}

/* As many as there can be: shares that need more buckets than there are go to the nearest. */
static void
shares_of_many(void **state)
{
	uint16_t weight[FIB_NEXTHOPS_MAX];
	uint8_t bucket[FIB_BUCKETS_MAX];

	(void)state;
	for (unsigned int heavy = 1; heavy <= 256; heavy *= 4) {
		unsigned int got[FIB_NEXTHOPS_MAX] = { 0 }, total = 0, size;

		for (unsigned int i = 0; i < FIB_NEXTHOPS_MAX; i++)
			total += weight[i] = (uint16_t)(i % 3 == 0 ? heavy : 1 + i % heavy);
		size = fib_nh_buckets(weight, FIB_NEXTHOPS_MAX, bucket);
		assert_int_equal(size, RTE_MIN(total, (unsigned int)FIB_BUCKETS_MAX));
		for (unsigned int i = 0; i < size; i++)
			got[bucket[i]]++;
		for (unsigned int i = 0; i < FIB_NEXTHOPS_MAX; i++) {
			double want = (double)size * weight[i] / total;

			assert_true(got[i] > 0); /* who deserves a piece of a bucket has one */
			assert_true(got[i] > want - 1 && got[i] < want + 1);
			if (size == total)
				assert_true(got[i] == want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_shares),
		cmocka_unit_test(shares_of_many),
	};

	return cmocka_run_group_tests_name("fib/group", tests, NULL, NULL);
}
