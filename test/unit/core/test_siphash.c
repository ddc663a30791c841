/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/siphash.h"

/* Key 00 01 .. 0f, message 00 01 ..: the authors' vectors for SipHash-2-4 of 16 and of 12 bytes. */
static void
test_vector(void **state)
{
	const struct siphash_key key = { { UINT64_C(0x0706050403020100),
					   UINT64_C(0x0f0e0d0c0b0a0908) } };

	assert_true(siphash24(&key, key.k[0], key.k[1]) == UINT64_C(0x3f2acc7f57c29bdb));
	assert_true(siphash13(&key, key.k[0], key.k[1]) != UINT64_C(0x3f2acc7f57c29bdb));
	assert_true(siphash(&key, (const uint64_t[]){ key.k[0], 12ul << 56 | 0x0b0a0908 }, 2, 2,
			    4) == UINT64_C(0x751e8fbc860ee5fb));
	assert_true(
		siphash13_12(&key, key.k[0], 0x0b0a0908) ==
		siphash(&key, (const uint64_t[]){ key.k[0], 12ul << 56 | 0x0b0a0908 }, 2, 1, 3));
	(void)state;
}

static void
test_keys_differ(void **state)
{
	struct siphash_key a = { { 0, 0 } }, b = { { 0, 0 } };

	assert_int_equal(siphash_key_random(&a), 0);
	assert_int_equal(siphash_key_random(&b), 0);
	assert_true(a.k[0] != b.k[0] && a.k[1] != b.k[1]);
	assert_true(siphash13(&a, 1, 2) != siphash13(&b, 1, 2));
	assert_true(siphash13(&a, 1, 2) != siphash13(&a, 2, 1));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
