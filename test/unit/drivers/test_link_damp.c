/* SPDX-License-Identifier: BSD-3-Clause */
/* Links that come and go, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ethdev/link_damp.h"

#define MAX_MS 30000

static struct link_damp d;
static uint64_t now;

static void
start(void)
{
	now = 5000000;
	link_damp_reset(&d, true, now);
}

/* Milliseconds after its return until the link is told of; polled every 100. */
static uint32_t
flap(uint32_t max_ms)
{
	uint32_t waited = 0;

	now += 200;
	assert_false(link_damp_update(&d, false, now, max_ms)); /* a loss is told at once */
	now += 200;
	while (!link_damp_update(&d, true, now, max_ms)) {
		assert_int_equal(link_damp_left_ms(&d, now), d.hold_ms - waited);
		now += 100;
		waited += 100;
	}
	assert_int_equal(link_damp_left_ms(&d, now), 0);
	return waited;
}

static void
holds_double_up_to_the_limit(void **state)
{
	static const uint32_t want[] = { 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };

	(void)state;
	start();
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(flap(MAX_MS), want[i]);
	assert_int_equal(d.flaps, 9);
	start(); /* a limit under the first hold is the first hold */
	flap(300);
	assert_int_equal(flap(300), 300);
	assert_int_equal(flap(300), 300);
}

/* While it is held back a loss counts too, and the next hold begins anew. */
static void
loss_during_a_hold_counts(void **state)
{
	(void)state;
	start();
	flap(MAX_MS);
	now += 100;
	link_damp_update(&d, false, now, MAX_MS);
	now += 100;
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	now += 900;
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	assert_false(link_damp_update(&d, false, now, MAX_MS));
	now += 100;
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	assert_int_equal(link_damp_left_ms(&d, now), 2000);
	now += 1999;
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	now += 1;
	assert_true(link_damp_update(&d, true, now, MAX_MS));
}

static void
time_forgives(void **state)
{
	(void)state;
	start();
	for (unsigned int i = 0; i < 4; i++)
		flap(MAX_MS);
	assert_int_equal(d.hold_ms, 4000);
	now += LINK_DAMP_FORGIVE_MS - 1000; /* and 4000 of the hold have passed already */
	link_damp_update(&d, true, now, MAX_MS);
	assert_int_equal(d.flaps, 4);
	now += 1000;
	link_damp_update(&d, true, now, MAX_MS);
	assert_int_equal(d.flaps, 0);
	assert_int_equal(flap(MAX_MS), 0);
	/* forgiven also when nobody has looked in the meantime */
	flap(MAX_MS);
	now += LINK_DAMP_FORGIVE_MS + 1000;
	link_damp_update(&d, false, now, MAX_MS);
	assert_int_equal(d.flaps, 1);
	/* time without a link forgives nothing */
	now += 100;
	link_damp_update(&d, true, now, MAX_MS);
	now += 100;
	link_damp_update(&d, false, now, MAX_MS);
	now += 100 * LINK_DAMP_FORGIVE_MS;
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	assert_int_equal(link_damp_left_ms(&d, now), 1000);
}

static void
limit_zero_is_off(void **state)
{
	(void)state;
	start();
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(flap(0), 0);
	start();
	flap(MAX_MS);
	now += 100;
	link_damp_update(&d, false, now, MAX_MS);
	assert_false(link_damp_update(&d, true, now, MAX_MS));
	assert_true(link_damp_update(&d, true, now, 0)); /* switched off during a hold */
}

static void
reset_forgets(void **state)
{
	(void)state;
	start();
	for (unsigned int i = 0; i < 4; i++)
		flap(MAX_MS);
	link_damp_reset(&d, false, now);
	assert_true(link_damp_update(&d, true, now + 1, MAX_MS));
	assert_int_equal(d.flaps, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_double_up_to_the_limit),
		cmocka_unit_test(loss_during_a_hold_counts),
		cmocka_unit_test(time_forgives),
		cmocka_unit_test(limit_zero_is_off),
		cmocka_unit_test(reset_forgets),
	};

	return cmocka_run_group_tests_name("drivers/link_damp", tests, NULL, NULL);
}
