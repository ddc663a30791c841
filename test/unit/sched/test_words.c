/* SPDX-License-Identifier: BSD-3-Clause */
/* tc's units. */
#include "fixture.h"
#include "sched/sched.h"

static void
test_rates(void **state)
{
	static const struct {
		const char *word;
		uint64_t rate;
	} good[] = { { "8000", 1000 },	 { "1mbit", 125000 },	 { "1Mbit", 125000 },
		     { "1.5kbit", 187 }, { "2gbit", 250000000 }, { "1kibit", 128 },
		     { "100bps", 100 },	 { "3kbps", 3000 },	 { "1mibps", 1048576 } };
	static const char *const bad[] = {
		"", "mbit", "1 mbit", "1mbits", "-1", "1e99gbit", "inf"
	};
	uint64_t rate;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(good); i++) {
		assert_int_equal(sched_parse_rate(good[i].word, &rate), 0);
		assert_int_equal(rate, good[i].rate);
	}
	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(sched_parse_rate(bad[i], &rate), -EINVAL);
	assert_string_equal(sched_rate_word(125000), "1Mbit");
	assert_string_equal(sched_rate_word(187500), "1500Kbit");
	assert_string_equal(sched_rate_word(100), "800bit");
	assert_string_equal(sched_rate_word(1250000000), "10Gbit");
}

static void
test_sizes_and_times(void **state)
{
	uint32_t size;
	uint64_t us;

	(void)state;
	assert_int_equal(sched_parse_size("32kb", &size), 0);
	assert_int_equal(size, 32768);
	assert_int_equal(sched_parse_size("1540", &size), 0);
	assert_int_equal(size, 1540);
	assert_int_equal(sched_parse_size("32kbit", &size), 0);
	assert_int_equal(size, 4096);
	assert_int_equal(sched_parse_size("5gb", &size), -EINVAL);
	assert_int_equal(sched_parse_size("5x", &size), -EINVAL);
	assert_string_equal(sched_size_word(4096), "4Kb");
	assert_string_equal(sched_size_word(1540), "1540b");
	assert_string_equal(sched_size_word(2097152), "2Mb");
	assert_int_equal(sched_parse_time("50ms", &us), 0);
	assert_int_equal(us, 50000);
	assert_int_equal(sched_parse_time("400", &us), 0);
	assert_int_equal(us, 400);
	assert_int_equal(sched_parse_time("1.5s", &us), 0);
	assert_int_equal(us, 1500000);
	assert_int_equal(sched_parse_time("1h", &us), -EINVAL);
	assert_string_equal(sched_time_word(49152), "49.2ms");
	assert_string_equal(sched_time_word(400), "400us");
	assert_string_equal(sched_time_word(2000000), "2s");
}

static void
test_specs(void **state)
{
	struct qdisc_spec s = { .kind = QDISC_TBF, .rate = 125000, .burst = 4096, .limit = 10000 };

	(void)state;
	assert_null(sched_spec_check(&s));
	assert_null(sched_spec_check(&(struct qdisc_spec){ .kind = QDISC_PFIFO_FAST }));
	s.latency_us = 1;
	assert_non_null(sched_spec_check(&s));
	s.limit = 0;
	assert_null(sched_spec_check(&s));
	s.latency_us = 0;
	assert_non_null(sched_spec_check(&s));
	s.limit = 1;
	s.burst = 0;
	assert_non_null(sched_spec_check(&s));
	s.burst = 4096;
	s.rate = 0;
	assert_non_null(sched_spec_check(&s));
	s.rate = 40; /* two minutes to fill */
	assert_non_null(sched_spec_check(&s));
	s.rate = UINT64_MAX / 8;
	assert_non_null(sched_spec_check(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_sizes_and_times),
		cmocka_unit_test(test_specs),
	};

	return cmocka_run_group_tests_name("sched/words", tests, NULL, NULL);
}
