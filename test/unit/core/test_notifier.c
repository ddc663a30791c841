/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/notifier.h"

enum { EV_CHANGE = 1, EV_ASK, EV_UNDO };

struct listener {
	struct notifier nb;
	char name;
	int answer; /* to EV_ASK */
};
static char heard[64];

static int
listen(struct notifier *self, unsigned int event, void *obj)
{
	const struct listener *l = container_of(self, struct listener, nb);
	size_t n = strlen(heard);

	(void)obj;
	snprintf(heard + n, sizeof(heard) - n, "%c%u ", l->name, event);
	return event == EV_ASK ? l->answer : 0;
}

static struct notifier_chain chain = NOTIFIER_CHAIN("test");
static struct listener a = { { listen, 10, NULL }, 'a', 0 };
static struct listener b = { { listen, 30, NULL }, 'b', 0 };
static struct listener c = { { listen, 10, NULL }, 'c', 0 };

static int
setup(void **state)
{
	(void)state;
	role_enter_ctl();
	heard[0] = '\0';
	chain.head = NULL;
	a.answer = b.answer = c.answer = 0;
	notifier_add(&chain, &a.nb);
	notifier_add(&chain, &b.nb);
	notifier_add(&chain, &c.nb);
	return 0;
}

static void
order_is_priority_then_registration(void **state)
{
	(void)state;
	role_enter_ctl();
	notifier_call(&chain, EV_CHANGE, NULL);
	assert_string_equal(heard, "b1 a1 c1 ");
}

static void
removed_listener_hears_nothing(void **state)
{
	(void)state;
	role_enter_ctl();
	notifier_del(&chain, &a.nb);
	notifier_del(&chain, &a.nb);
	notifier_call(&chain, EV_CHANGE, NULL);
	assert_string_equal(heard, "b1 c1 ");
}

static void
a_veto_stops_and_undoes_in_reverse(void **state)
{
	(void)state;
	role_enter_ctl();
	c.answer = -EBUSY;
	assert_int_equal(notifier_ask(&chain, EV_ASK, EV_UNDO, NULL), -EBUSY);
	assert_string_equal(heard, "b2 a2 c2 a3 b3 ");
}

static void
no_veto_goes_through(void **state)
{
	(void)state;
	role_enter_ctl();
	assert_int_equal(notifier_ask(&chain, EV_ASK, EV_UNDO, NULL), 0);
	assert_string_equal(heard, "b2 a2 c2 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(order_is_priority_then_registration, setup),
		cmocka_unit_test_setup(removed_listener_hears_nothing, setup),
		cmocka_unit_test_setup(a_veto_stops_and_undoes_in_reverse, setup),
		cmocka_unit_test_setup(no_veto_goes_through, setup),
	};

	return cmocka_run_group_tests_name("core/notifier", tests, NULL, NULL);
}
