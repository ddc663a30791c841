/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of RFC 3376 6.4, a row each: state before, record, state after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bridge/br_igmp3.h"

#define NOW  1000000
#define GMI  260000
#define LMQT 2000
#define GT   100000 /* what is left of the group timer */
#define ST   50000  /* and of a source's */

static const struct br_mc_times querier = { GMI, LMQT, 2, true };
static const struct br_mc_times listener = { GMI, LMQT, 0, false };

static struct br_mc_src room[BR_MC_SRC_MAX];

/* "I 1 2" or "E 1 2/3 4": INCLUDE, EXCLUDE; sources whose timers run, behind "/" have run out. */
static struct br_mc_filter
make(const char *state)
{
	struct br_mc_filter f = { .exclude = *state == 'E', .src = room };
	bool out = false;

	f.expires = f.exclude ? NOW + GT : 0;
	for (const char *p = state + 1; *p != '\0'; p++) {
		out = out || *p == '/';
		if (*p >= '0' && *p <= '9')
			room[f.n++] = (struct br_mc_src){ .addr = (uint32_t)*p,
							  .expires = out ? 0 : NOW + ST };
	}
	return f;
}

/* Timers as letters: g: GMI, t: the group's, s: as it was, l: last member query time. */
static char
letter(uint64_t expires)
{
	switch (expires - NOW) {
	case GMI:
		return 'g';
	case GT:
		return 't';
	case ST:
		return 's';
	case LMQT:
		return 'l';
	}
	return '?';
}

static const char *
told(const struct br_mc_filter *f)
{
	static char text[256];
	size_t at = 0;

	text[at++] = f->exclude ? 'E' : 'I';
	if (f->exclude)
		text[at++] = letter(f->expires);
	if (f->asks > 0)
		text[at++] = '!';
	for (char c = '0'; c <= '9'; c++)
		for (unsigned int i = 0; i < f->n; i++) {
			const struct br_mc_src *s = &f->src[i];

			if (s->addr != (uint32_t)c)
				continue;
			text[at++] = ' ';
			text[at++] = c;
			text[at++] = s->expires != 0 ? letter(s->expires) : '-';
			if (s->asks > 0)
				text[at++] = '!';
		}
	text[at] = '\0';
	return text;
}

static unsigned int
sources(const char *digits, uint8_t *src)
{
	unsigned int n = 0;

	for (; digits[n] != '\0'; n++) {
		uint32_t a = (uint32_t)digits[n];

		memcpy(src + n * 4, &a, 4);
	}
	return n;
}

static const struct row {
	const char *before;
	enum igmp_record type;
	const char *src, *after;
} rows[] = {
	/* 6.4.1: INCLUDE (A) */
	{ "I 1 2", IGMP_IS_IN, "23", "I 1s 2g 3g" },
	{ "I 1 2", IGMP_IS_EX, "23", "Eg 2s 3-" },
	{ "I 1 2", IGMP_IS_EX, "", "Eg" },
	/* 6.4.2 */
	{ "I 1 2", IGMP_ALLOW, "23", "I 1s 2g 3g" },
	{ "I 1 2", IGMP_BLOCK, "23", "I 1s 2l!" },
	{ "I 1 2", IGMP_TO_EX, "23", "Eg 2l! 3-" },
	{ "I 1 2", IGMP_TO_IN, "23", "I 1l! 2g 3g" },
	{ "I", IGMP_TO_IN, "1", "I 1g" },
	{ "I", IGMP_BLOCK, "1", "I" },
	/* 6.4.1: EXCLUDE (X,Y) */
	{ "E 1 2/3 4", IGMP_IS_IN, "235", "Et 1s 2g 3g 4- 5g" },
	{ "E 1 2/3 4", IGMP_IS_EX, "235", "Eg 2s 3- 5g" },
	/* 6.4.2 */
	{ "E 1 2/3 4", IGMP_ALLOW, "235", "Et 1s 2g 3g 4- 5g" },
	{ "E 1 2/3 4", IGMP_BLOCK, "235", "Et 1s 2l! 3- 4- 5l!" },
	{ "E 1 2/3 4", IGMP_TO_EX, "235", "Eg 2l! 3- 5l!" },
	{ "E 1 2/3 4", IGMP_TO_IN, "235", "El! 1l! 2g 3g 4- 5g" },
	{ "E", IGMP_TO_IN, "", "El!" },
};

static void
tables_of_6_4(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct br_mc_filter f = make(rows[i].before);
		uint8_t src[64];

		br_igmp3_record(&f, rows[i].type, src, sources(rows[i].src, src), NOW, &querier);
		if (strcmp(told(&f), rows[i].after) != 0)
			fail_msg("%s, record %d of %s: %s, not %s", rows[i].before, rows[i].type,
				 rows[i].src, told(&f), rows[i].after);
	}
}

/* 6.4.2: who is not the querier leaves timers alone, until it hears the querier ask (6.6.1). */
static void
only_the_querier_lowers_timers(void **state)
{
	struct br_mc_filter f = make("E 1 2/3");
	uint8_t src[8];

	(void)state;
	br_igmp3_record(&f, IGMP_TO_IN, src, sources("2", src), NOW, &listener);
	assert_string_equal(told(&f), "Et 1s 2g 3-");
	br_igmp3_query(&f, src, sources("1", src), NOW, LMQT);
	assert_string_equal(told(&f), "Et 1l 2g 3-");
	br_igmp3_query(&f, NULL, 0, NOW, LMQT);
	assert_string_equal(told(&f), "El 1l 2g 3-");
}

/* 6.3, 6.5 */
static void
timers_run_out(void **state)
{
	struct br_mc_filter f = make("E 1 2/3");

	(void)state;
	assert_true(br_igmp3_wants(&f, '1') && br_igmp3_wants(&f, '9') && br_igmp3_wants(&f, 0));
	assert_false(br_igmp3_wants(&f, '3'));
	assert_int_equal(br_igmp3_next(&f), NOW + ST);
	f.src[1].expires = NOW + GT + 5;
	assert_true(br_igmp3_expire(&f, NOW + ST));
	assert_false(br_igmp3_wants(&f, '1'));
	assert_int_equal(br_igmp3_next(&f), NOW + GT);
	assert_true(br_igmp3_expire(&f, NOW + GT)); /* INCLUDE (X) */
	assert_false(f.exclude);
	assert_int_equal(f.n, 1);
	assert_true(br_igmp3_wants(&f, '2') && !br_igmp3_wants(&f, '9'));
	assert_false(br_igmp3_expire(&f, NOW + GT + 5));
	f = make("E");
	assert_false(br_igmp3_expire(&f, NOW + GT));
}

/* 7.3.2: beside a host of version 2 nobody can say what he does not want. */
static void
older_hosts_get_all(void **state)
{
	struct br_mc_filter f = make("I 1");
	uint8_t src[8];

	(void)state;
	br_igmp3_v2_report(&f, NOW, &querier);
	assert_string_equal(told(&f), "Eg");
	br_igmp3_record(&f, IGMP_BLOCK, src, sources("1", src), NOW, &querier);
	assert_string_equal(told(&f), "Eg");
	br_igmp3_record(&f, IGMP_TO_EX, src, sources("1", src), NOW, &querier);
	assert_string_equal(told(&f), "Eg");
	br_igmp3_record(&f, IGMP_BLOCK, src, sources("1", src), NOW + GMI, &querier);
	assert_int_equal(f.n, 1);
	f = make("E 1");
	br_igmp3_v2_leave(&f, NOW, &querier);
	assert_string_equal(told(&f), "El! 1l!");
}

/* More sources than are kept: too much is sent rather than too little. */
static void
long_lists_want_all(void **state)
{
	struct br_mc_filter f = { .src = room };
	uint8_t src[4 * (BR_MC_SRC_MAX + 1)];

	(void)state;
	for (uint32_t i = 0; i <= BR_MC_SRC_MAX; i++) {
		uint32_t a = i + 100;

		memcpy(src + i * 4, &a, 4);
	}
	br_igmp3_record(&f, IGMP_ALLOW, src, BR_MC_SRC_MAX, NOW, &querier);
	assert_false(f.exclude);
	assert_int_equal(f.n, BR_MC_SRC_MAX);
	br_igmp3_record(&f, IGMP_ALLOW, src, BR_MC_SRC_MAX + 1, NOW, &querier);
	assert_true(f.exclude && f.n == 0);
	br_igmp3_record(&f, IGMP_IS_EX, src, BR_MC_SRC_MAX + 1, NOW, &querier);
	assert_true(f.exclude);
	assert_int_equal(f.n, BR_MC_SRC_MAX);
}

/* 4.1.1 */
static void
codes(void **state)
{
	(void)state;
	assert_int_equal(igmp_v3_value(127), 127);
	assert_int_equal(igmp_v3_value(0x80), 128);
	assert_int_equal(igmp_v3_value(0xff), 31744);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_6_4),
		cmocka_unit_test(only_the_querier_lowers_timers),
		cmocka_unit_test(timers_run_out),
		cmocka_unit_test(older_hosts_get_all),
		cmocka_unit_test(long_lists_want_all),
		cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests_name("igmp3", tests, NULL, NULL);
}
