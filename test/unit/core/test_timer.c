/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers of the control thread that stop and arm each other when several are due at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <rte_cycles.h>
#include "core/timer.h"
#include "../eal.h"

static struct ctl_timer a, b, c;
static char ran[16];

static void
note(char who)
{
	ran[strlen(ran)] = who;
}

static void
on_a(struct ctl_timer *self)
{
	(void)self;
	note('a');
	timer_del(&b); /* due, too */
	timer_mod(&c, 0);
}

static void
on_b(struct ctl_timer *self)
{
	(void)self;
	note('b');
}

static void
on_c(struct ctl_timer *self)
{
	(void)self;
	note('c');
}

static void
arm(void)
{
	memset(ran, 0, sizeof(ran));
	timer_setup(&a, on_a);
	timer_setup(&b, on_b);
	timer_setup(&c, on_c);
	timer_mod(&a, 1);
	timer_mod(&b, 2);
	timer_mod(&c, 3);
	rte_delay_us_block(5000); /* all of them are due */
}

static void
due_timers_stop_and_arm_each_other(void **state)
{
	(void)state;
	role_enter_ctl();
	arm();
	assert_true(timer_pending(&b));
	timer_run();
	assert_false(timer_pending(&a));
	assert_false(timer_pending(&b));
	timer_run();
	assert_string_equal(ran, "ac"); /* c once: armed anew while it was due */
	timer_run();
	assert_string_equal(ran, "ac");
}

static int
start(void **state)
{
	(void)state;
	role_enter_ctl();
	return test_eal_init() < 0 || timer_init() != 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_timers_stop_and_arm_each_other),
	};

	return cmocka_run_group_tests_name("core/timer", tests, start, NULL);
}
