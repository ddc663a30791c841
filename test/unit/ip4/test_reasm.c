/* SPDX-License-Identifier: BSD-3-Clause */
/* The reassembly engine alone, in virtual time, beside a model of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <rte_common.h>
#include "reasm_model.h"

#define K(s, i) ((struct reasm_key){ .src = (s), .dst = 9, .rest = (uint32_t)(i) << 16 })
static const struct reasm_limits roomy = { 1 << 24, 1 << 23, 30000, 0 };

static enum reasm_verdict
piece(uint32_t src, uint32_t id, uint32_t off, uint32_t len, bool last)
{
	return reasm_model_piece(&K(src, id), (uint16_t)off, (uint16_t)len, last, 2048, 0);
}

static uint32_t
rnd(uint32_t n)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 20) % n;
}

/* Datagrams of any length in pieces of any size in any order, copies among them. */
static void
test_random(void **state)
{
	reasm_model_start(&roomy);
	for (unsigned int round = 0; round < 300; round++) {
		static uint16_t cut[8193];
		uint32_t len = 9 + rnd(round % 10 == 0 ? 65500 : 3000), n = 0, at = 0;
		uint32_t most = 1 + rnd(200);

		while (at < len) {
			cut[n++] = (uint16_t)at;
			at += 8 * (1 + rnd(most));
		}
		if (n == 1)
			continue;
		for (uint32_t i = n; round % 3 != 0 && i > 1; i--) {
			uint32_t k = rnd(i);
			uint16_t t = cut[i - 1];

			cut[i - 1] = cut[k];
			cut[k] = t;
		}
		for (uint32_t i = 0; i < n; i++) {
			uint32_t end = len;

			for (uint32_t k = 0; k < n; k++)
				if (cut[k] > cut[i] && cut[k] < end)
					end = cut[k];
			assert_int_equal(piece(1, round, cut[i], end - cut[i], end == len),
					 i + 1 == n ? REASM_COMPLETE : REASM_HELD);
			if (i + 1 < n && rnd(4) == 0)
				assert_int_equal(piece(1, round, cut[i], end - cut[i], end == len),
						 REASM_REFUSED);
		}
		assert_int_equal(reasm_model_table()->n_dgrams, 0);
		assert_int_equal(reasm_model_table()->mem, 0);
	}
	reasm_model_stop();
	(void)state;
}

/* As many pieces as can be: 8 bytes each, even ones first, then odd ones backwards. */
static void
test_most_pieces(void **state)
{
	const uint32_t n = 65512 / 8;

	reasm_model_start(&(struct reasm_limits){ 1 << 25, 1 << 24, 30000, 0 });
	for (uint32_t i = 0; i < n; i += 2)
		assert_int_equal(piece(1, 1, i * 8, 8, i + 1 == n), REASM_HELD);
	for (uint32_t i = n - n % 2; i-- > 1;)
		if (i % 2 == 1)
			assert_int_equal(piece(1, 1, i * 8, 8, i + 1 == n),
					 i == 1 ? REASM_COMPLETE : REASM_HELD);
	reasm_model_stop();
	(void)state;
}

/* Random nonsense: overlaps, wrong ends, copies, few datagrams, few bytes, and time that passes. */
static void
test_nonsense(void **state)
{
	static const struct reasm_limits tight = { 60000, 40000, 100, 5 };
	unsigned int verdicts[3] = { 0, 0, 0 };
	uint64_t now = 1;

	reasm_model_start(&tight);
	for (unsigned int i = 0; i < 300000; i++) {
		struct reasm_key key = K(1 + rnd(5), rnd(4));
		uint16_t off = (uint16_t)(8 * rnd(12)), len = (uint16_t)(8 * (1 + rnd(4)));
		bool last = rnd(3) == 0;

		if (last)
			len = (uint16_t)(len - rnd(8));
		verdicts[reasm_model_piece(&key, off, len, last, 100 + rnd(3000), now)]++;
		if (rnd(8) == 0)
			now += rnd(40);
		if (rnd(8) == 0)
			reasm_model_expire(now);
	}
	for (unsigned int v = 0; v < RTE_DIM(verdicts); v++)
		assert_true(verdicts[v] > 1000);
	assert_true(reasm_model_lost(REASM_OVERLAP) > 100);
	assert_true(reasm_model_lost(REASM_TIMEOUT) > 100);
	assert_true(reasm_model_lost(REASM_TOO_FAR) > 100);
	assert_true(reasm_model_lost(REASM_EVICTED) > 100);
	reasm_model_stop();
	(void)state;
}

/* Who holds more than a share loses; another source's datagram completes through the flood. */
static void
test_flood_spares_others(void **state)
{
	reasm_model_start(&(struct reasm_limits){ 1 << 20, 1 << 19, 30000, 64 });
	assert_int_equal(piece(2, 1, 0, 800, false), REASM_HELD);
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(piece(1, i & 0xffff, 0, 8, false), REASM_HELD);
		assert_true(reasm_model_table()->mem <= 1 << 20);
	}
	assert_true(reasm_model_lost(REASM_EVICTED) > 90000);
	assert_int_equal(piece(2, 1, 800, 8, true), REASM_COMPLETE);
	/* Nobody above the share: the oldest of all goes, and the newest completes. */
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(piece(100 + i, 7, 0, 8, false), REASM_HELD);
	assert_int_equal(piece(5099, 7, 8, 8, true), REASM_COMPLETE);
	assert_int_equal(piece(100, 7, 8, 8, true), REASM_HELD);
	reasm_model_stop();
	(void)state;
}

/* More datagrams than there is room for, in no memory at all. */
static void
test_most_datagrams(void **state)
{
	reasm_model_start(&(struct reasm_limits){ UINT32_MAX, UINT32_MAX, 30000, 0 });
	for (uint32_t i = 0; i < REASM_DGRAMS + 10; i++)
		assert_int_equal(reasm_model_piece(&K(i + 1, 1), 0, 8, false, 0, 0), REASM_HELD);
	assert_int_equal(reasm_model_table()->n_dgrams, REASM_DGRAMS);
	assert_int_equal(reasm_model_lost(REASM_EVICTED), 10);
	reasm_model_stop();
	(void)state;
}

/* A table that may hold nothing refuses, and holds nothing. */
static void
test_no_memory(void **state)
{
	reasm_model_start(&(struct reasm_limits){ 0, 0, 30000, 0 });
	assert_int_equal(piece(1, 1, 0, 8, false), REASM_REFUSED);
	assert_int_equal(reasm_model_table()->mem, 0);
	reasm_model_stop();
	(void)state;
}

static void
test_time(void **state)
{
	reasm_model_start(&(struct reasm_limits){ 1 << 20, 1 << 19, 1000, 0 });
	assert_int_equal(reasm_model_piece(&K(1, 1), 0, 8, false, 1, 5000), REASM_HELD);
	assert_int_equal(reasm_model_piece(&K(1, 2), 0, 8, false, 1, 5500), REASM_HELD);
	/* A later piece gives no more time (RFC 1122 3.3.2: from the first fragment on). */
	assert_int_equal(reasm_model_piece(&K(1, 1), 16, 8, false, 1, 5900), REASM_HELD);
	reasm_model_expire(5999);
	assert_int_equal(reasm_model_lost(REASM_TIMEOUT), 0);
	reasm_model_expire(6000);
	assert_int_equal(reasm_model_lost(REASM_TIMEOUT), 1);
	reasm_model_expire(6500);
	assert_int_equal(reasm_model_lost(REASM_TIMEOUT), 2);
	reasm_model_stop();
	(void)state;
}

/* ipfrag_max_dist: pieces of the same source in between, of other sources not. */
static void
test_distance(void **state)
{
	reasm_model_start(&(struct reasm_limits){ 1 << 24, 1 << 23, 30000, 4 });
	for (uint32_t between = 4; between < 6; between++) {
		assert_int_equal(piece(1, between, 0, 8, false), REASM_HELD);
		for (uint32_t i = 0; i < between; i++) {
			assert_int_equal(piece(1, 100 * between + i, 0, 8, false), REASM_HELD);
			assert_int_equal(piece(1, 100 * between + i, 0, 8, false), REASM_REFUSED);
			assert_int_equal(piece(2, 100 * between + i, 0, 8, false), REASM_HELD);
		}
		assert_int_equal(piece(1, between, 8, 8, true),
				 between == 4 ? REASM_COMPLETE : REASM_HELD);
	}
	assert_int_equal(reasm_model_lost(REASM_TOO_FAR), 1);
	reasm_model_stop();
	(void)state;
}

/* Keys that differ in one field only are different datagrams. */
static void
test_keys(void **state)
{
	struct reasm_key key[6] = {
		reasm_key(1, 9, 1, 17, 0), reasm_key(2, 9, 1, 17, 0), reasm_key(1, 10, 1, 17, 0),
		reasm_key(1, 9, 2, 17, 0), reasm_key(1, 9, 1, 18, 0), reasm_key(1, 9, 1, 17, 1),
	};

	reasm_model_start(&roomy);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(reasm_model_piece(&key[i], 0, 8, false, 1, 0), REASM_HELD);
	assert_int_equal(reasm_model_table()->n_dgrams, 6);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(reasm_model_piece(&key[i], 8, 8, true, 1, 0), REASM_COMPLETE);
	reasm_model_stop();
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),	       cmocka_unit_test(test_most_pieces),
		cmocka_unit_test(test_nonsense),       cmocka_unit_test(test_flood_spares_others),
		cmocka_unit_test(test_most_datagrams), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_time),	       cmocka_unit_test(test_distance),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
