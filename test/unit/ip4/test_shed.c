/* SPDX-License-Identifier: BSD-3-Clause */
/* What a flood of fragments is refused at the door, and what is spared. */
#include "fixture.h"
#include "ip4/ip4_shed_dp.h"

static struct ip4_shed s;
static uint64_t now_ms, seed;

static uint64_t
chance(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return seed ^ seed >> 29;
}

static int
begin(void **state)
{
	shed_init(&s, &(struct siphash_key){ { 0x1234567890abcdef, 0xfedcba0987654321 } });
	now_ms = 1000;
	shed_tick(&s, now_ms);
	seed = 1;
	(void)state;
	return 0;
}

/* A millisecond of @p n datagrams that never complete; how many were tried. */
static unsigned int
flood(unsigned int n, rte_be32_t src, bool spoofed)
{
	unsigned int tried = 0;

	for (unsigned int i = 0; i < n; i++) {
		rte_be32_t from = spoofed ? (rte_be32_t)chance() : src;

		if (!shed_admits(&s, from, chance()))
			continue;
		tried++;
		shed_lost(&s, from);
	}
	shed_tick(&s, ++now_ms);
	return tried;
}

static unsigned int
admitted(rte_be32_t src)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 1000; i++)
		n += shed_admits(&s, src, chance());
	return n;
}

static void
test_losses_that_are_few(void **state)
{
	for (unsigned int ms = 0; ms < 100; ms++)
		assert_int_equal(flood(SHED_LOST, PEER0, false), SHED_LOST);
	assert_false(shed_is_on(&s));
	(void)state;
}

/* One source: it is held down to what may be lost, and nobody else is. */
static void
test_one_source(void **state)
{
	unsigned int tried = 0;

	assert_int_equal(flood(1000, PEER0, false), 1000);
	assert_true(shed_is_on(&s));
	for (unsigned int ms = 0; ms < 100; ms++) {
		tried += flood(1000, PEER0, false);
		assert_int_equal(admitted(PEER1), 1000);
	}
	assert_true(tried > 100 * SHED_LOST / 4 && tried < 100 * SHED_LOST * 2);
	assert_true(admitted(PEER0) < 100);
	flood(0, 0, false); /* who is held down loses nothing: that does not free him */
	assert_true(admitted(PEER0) < 200);
	(void)state;
}

/* Who shares one place with the flooder is spared; of 65,536 addresses about one shares both. */
static void
test_neighbours_of_a_flooder(void **state)
{
	unsigned int sharing = 0, refused = 0;

	for (unsigned int ms = 0; ms < 20; ms++)
		flood(1000, PEER0, false);
	for (uint32_t i = 1; i < 65536; i++) {
		rte_be32_t src = rte_cpu_to_be_32(RTE_IPV4(10, 9, 0, 0) + i);

		sharing += shed_source(&s, 0, src) == shed_source(&s, 0, PEER0);
		refused += !shed_admits(&s, src, UINT64_MAX);
	}
	assert_true(sharing > 100);
	assert_true(refused < 10);
	(void)state;
}

/* Invented sources: all alike, but all fragments of one datagram share one fate. */
static void
test_spoofed(void **state)
{
	unsigned int tried = 0, whole = 0;

	flood(1000, 0, true);
	for (unsigned int ms = 0; ms < 100; ms++)
		tried += flood(1000, 0, true);
	assert_true(tried > 100 * SHED_LOST / 4 && tried < 100 * SHED_LOST * 4);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t hash = chance();
		bool first = shed_admits(&s, PEER1, hash);

		assert_int_equal(shed_admits(&s, PEER1, hash), first);
		whole += first;
	}
	assert_true(whole > 0 && whole < 200);
	(void)state;
}

/* Something is always tried, and when the flood ends all is. */
static void
test_recovers(void **state)
{
	for (unsigned int ms = 0; ms < 20; ms++)
		flood(60000, PEER0, false);
	assert_true(s.keep[1] >= SHED_MIN);
	for (unsigned int ms = 0; ms < 40 && shed_is_on(&s); ms++)
		flood(0, 0, false);
	assert_false(shed_is_on(&s));
	assert_int_equal(admitted(PEER0), 1000);
	/* A long silence is one tick. */
	flood(60000, PEER0, false);
	assert_true(shed_is_on(&s));
	now_ms += 100000;
	shed_tick(&s, now_ms);
	flood(0, 0, false);
	assert_false(shed_is_on(&s));
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		T(test_losses_that_are_few),
		T(test_one_source),
		T(test_neighbours_of_a_flooder),
		T(test_spoofed),
		T(test_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
