/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 5227 2.1 to 2.3 with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "neigh/acd.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Each state with each event: "S" the state that follows (O off, P probing, F failed, A announcing,
 * U used), p probe, f fail, u use, a announce, t a timer runs. "=": all stays as it is. */
static const struct {
	struct acd from;
	const char *cell[ACD_EVENTS]; /* LINK, NOLINK, CONFLICT, TIMER */
} matrix[] = {
	{ { .state = ACD_OFF }, { "Pt", "=", "=", "=" } },
	{ { .state = ACD_PROBING, .sent = 0, .due_ms = 5 }, { "=", "O", "Fft", "Ppt" } },
	{ { .state = ACD_PROBING, .sent = 1, .due_ms = 5 }, { "=", "O", "Fft", "Ppt" } },
	{ { .state = ACD_PROBING, .sent = 2, .due_ms = 5 }, { "=", "O", "Fft", "Ppt" } },
	{ { .state = ACD_PROBING, .sent = 3, .due_ms = 5 }, { "=", "O", "Fft", "Auat" } },
	{ { .state = ACD_FAILED, .sent = 2, .due_ms = 5 }, { "Pt", "O", "=", "Pt" } },
	{ { .state = ACD_ANNOUNCING, .sent = 1, .due_ms = 5 }, { "=", "=", "=", "Ua" } },
	{ { .state = ACD_USED, .sent = 2 }, { "=", "=", "=", "=" } },
};

static void
every_state_meets_every_event(void **state)
{
	static const char letters[] = "OPFAU";
	unsigned int seen = 0;

	(void)state;
	for (size_t i = 0; i < N(matrix); i++) {
		seen |= 1u << matrix[i].from.state;
		for (unsigned int ev = 0; ev < ACD_EVENTS; ev++) {
			const char *want = matrix[i].cell[ev];
			struct acd a = matrix[i].from;
			unsigned int act = acd_event(&a, ev, 1000, 500);

			if (*want == '=') {
				assert_memory_equal(&a, &matrix[i].from, sizeof(a));
				assert_int_equal(act, 0);
				continue;
			}
			assert_int_equal(letters[a.state], *want);
			assert_int_equal(!!(act & ACD_A_PROBE), strchr(want, 'p') != NULL);
			assert_int_equal(!!(act & ACD_A_FAIL), strchr(want, 'f') != NULL);
			assert_int_equal(!!(act & ACD_A_USE), strchr(want, 'u') != NULL);
			assert_int_equal(!!(act & ACD_A_ANNOUNCE), strchr(want, 'a') != NULL);
			assert_int_equal(a.due_ms != 0, strchr(want, 't') != NULL);
		}
	}
	assert_int_equal(seen, (1u << ACD_STATES) - 1);
}

/* Run the timer until the address is in use; the times at which something was sent. */
static unsigned int
run(struct acd *a, uint64_t *now, uint32_t rnd, uint64_t *at, unsigned int *what)
{
	unsigned int n = 0, act;

	acd_event(a, ACD_EV_LINK, *now, rnd);
	while (a->due_ms != 0) {
		assert_true(a->due_ms >= *now);
		*now = a->due_ms;
		act = acd_event(a, ACD_EV_TIMER, *now, rnd);
		if (act & (ACD_A_PROBE | ACD_A_ANNOUNCE)) {
			assert_true(n < 8);
			at[n] = *now;
			what[n++] = act;
		}
	}
	return n;
}

/* 1.1: PROBE_WAIT 1 s, 3 probes 1 to 2 s apart, ANNOUNCE_WAIT 2 s, 2 announcements 2 s apart,
 * whatever the random number. */
static void
times_are_the_standards(void **state)
{
	static const uint32_t rnds[] = { 0, 1, 999, 1000, 1001, 123456789, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < N(rnds); i++) {
		struct acd a = { 0 };
		uint64_t now = 10000, at[8];
		unsigned int what[8];

		assert_int_equal(run(&a, &now, rnds[i], at, what), 5);
		assert_in_range(at[0], 10000, 11000);
		for (unsigned int k = 1; k < 3; k++)
			assert_in_range(at[k] - at[k - 1], 1000, 2000);
		assert_int_equal(at[3] - at[2], 2000);
		assert_int_equal(at[4] - at[3], 2000);
		for (unsigned int k = 0; k < 3; k++)
			assert_int_equal(what[k], ACD_A_PROBE);
		assert_int_equal(what[3], ACD_A_USE | ACD_A_ANNOUNCE);
		assert_int_equal(what[4], ACD_A_ANNOUNCE);
		assert_int_equal(a.state, ACD_USED);
	}
}

/* A conflict at any moment before it is used: no use, and the next attempt a minute later. */
static void
conflict_at_any_time(void **state)
{
	(void)state;
	for (unsigned int after = 0; after <= 3; after++) {
		struct acd a = { 0 };
		uint64_t now = 5000, at[8];
		unsigned int what[8];

		acd_event(&a, ACD_EV_LINK, now, 7);
		for (unsigned int k = 0; k < after; k++) {
			now = a.due_ms;
			assert_int_equal(acd_event(&a, ACD_EV_TIMER, now, 7), ACD_A_PROBE);
		}
		assert_int_equal(acd_event(&a, ACD_EV_CONFLICT, now, 7), ACD_A_FAIL);
		assert_int_equal(a.conflicts, 1);
		assert_int_equal(a.due_ms, now + 60000);
		assert_int_equal(acd_event(&a, ACD_EV_CONFLICT, now, 7), 0);
		now = a.due_ms;
		acd_event(&a, ACD_EV_TIMER, now, 7);
		assert_int_equal(run(&a, &now, 7, at, what), 5);
		assert_int_equal(a.conflicts, 0);
	}
}

/* The link goes in the middle: all is asked again when it is back. */
static void
link_is_lost(void **state)
{
	struct acd a = { 0 };
	uint64_t now = 100, at[8];
	unsigned int what[8];

	(void)state;
	acd_event(&a, ACD_EV_LINK, now, 0);
	acd_event(&a, ACD_EV_TIMER, now, 0);
	acd_event(&a, ACD_EV_TIMER, now + 1000, 0);
	assert_int_equal(acd_event(&a, ACD_EV_NOLINK, now + 1500, 0), 0);
	now += 9000;
	assert_int_equal(run(&a, &now, 0, at, what), 5);
	/* in use: a link that comes and goes changes nothing */
	acd_event(&a, ACD_EV_NOLINK, now, 0);
	assert_int_equal(a.state, ACD_USED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_meets_every_event),
		cmocka_unit_test(times_are_the_standards),
		cmocka_unit_test(conflict_at_any_time),
		cmocka_unit_test(link_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
