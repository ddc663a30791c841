/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "core/sysctl.h"

struct object {
	int first;
	int second;
	int ends[2];
};
static struct object a, b;
static int seen_check, seen_old, check_says;

static int
check(const struct ctl_table *t, void *object, int value)
{
	assert_ptr_equal(object, &a);
	seen_check = value;
	return check_says;
}

static void
changed(const struct ctl_table *t, void *object, int old)
{
	assert_ptr_equal(object, &a);
	seen_old = old;
}

static const struct ctl_table table[] = {
	SYSCTL_INT(struct object, first, -1, 5, "First."),
	{ .procname = "second",
	  .offset = offsetof(struct object, second),
	  .min = 0,
	  .max = 9,
	  .mode = 0644,
	  .check = check,
	  .changed = changed },
	{ .procname = NULL },
};
static const struct ctl_table fixed[] = {
	{ .procname = "fixed", .offset = offsetof(struct object, first), .max = 9, .mode = 0444 },
	{ .procname = NULL },
};
static const struct ctl_table ranges[] = {
	{ .procname = "ends",
	  .offset = offsetof(struct object, ends),
	  .min = 1,
	  .max = 99,
	  .mode = 0644,
	  .range = true },
	{ .procname = NULL },
};

static void
test_find(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find("net.conf.p0.first", &v), 0);
	assert_ptr_equal(v.object, &a);
	/* An interface name with a dot: whole paths are compared. */
	assert_int_equal(sysctl_find("net/conf/p0.100/second", &v), 0);
	assert_ptr_equal(v.object, &b);
	assert_string_equal(v.name, "net.conf.p0.100.second");
	assert_int_equal(sysctl_find("net.conf.p0", &v), -ENOENT);
	assert_int_equal(sysctl_find("net.conf.p0.", &v), -ENOENT);
	assert_int_equal(sysctl_find("net.conf.p0.firs", &v), -ENOENT);
	assert_int_equal(sysctl_find("net.conf.p0x.first", &v), -ENOENT);
	assert_int_equal(sysctl_find("", &v), -ENOENT);
}

static void
test_set(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	sysctl_find("net.conf.p0.first", &v);
	assert_int_equal(sysctl_set(&v, 5), 0);
	assert_int_equal(a.first, 5);
	assert_int_equal(b.first, 20);
	assert_int_equal(sysctl_set(&v, 6), -ERANGE);
	assert_int_equal(sysctl_set(&v, -2), -ERANGE);
	assert_int_equal(sysctl_get(&v), 5);
	assert_int_equal(sysctl_set(&v, -1), 0);
	assert_int_equal(sysctl_get(&v), -1);
	sysctl_find("net.fixed", &v);
	assert_int_equal(sysctl_set(&v, 1), -EPERM);
}

static void
test_hooks(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	sysctl_find("net.conf.p0.second", &v);
	seen_old = 99;
	check_says = -EBUSY;
	assert_int_equal(sysctl_set(&v, 3), -EBUSY);
	assert_int_equal(seen_check, 3);
	assert_int_equal(seen_old, 99);
	assert_int_equal(a.second, 11);
	check_says = 0;
	assert_int_equal(sysctl_set(&v, 4), 0);
	assert_int_equal(seen_old, 11);
	assert_int_equal(a.second, 4);
	seen_check = 0;
	assert_int_equal(sysctl_set(&v, 10), -ERANGE); /* before check() */
	assert_int_equal(seen_check, 0);
}

static int
parse(const struct ctl_table *t, const char *text, int low, int high)
{
	struct sysctl_value v = { -1, -1 };
	int rc = sysctl_parse(t, text, &v);

	if (rc == 0) {
		assert_int_equal(v.low, low);
		assert_int_equal(v.high, high);
	}
	return rc;
}

static void
test_range(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_register("net", ranges, &a), 0);
	assert_int_equal(sysctl_find("net.ends", &v), 0);
	a.ends[0] = 5;
	a.ends[1] = 7;
	assert_int_equal(sysctl_value(&v).low, 5);
	assert_int_equal(sysctl_value(&v).high, 7);
	assert_int_equal(sysctl_put(&v, (struct sysctl_value){ 1, 99 }), 0);
	assert_int_equal(a.ends[0], 1);
	assert_int_equal(a.ends[1], 99);
	assert_int_equal(sysctl_put(&v, (struct sysctl_value){ 0, 9 }), -ERANGE);
	assert_int_equal(sysctl_put(&v, (struct sysctl_value){ 9, 100 }), -ERANGE);
	assert_int_equal(sysctl_put(&v, (struct sysctl_value){ 9, 8 }), -EINVAL);
	assert_int_equal(a.ends[1], 99);
	sysctl_unregister("net", ranges);
	assert_int_equal(parse(ranges, "3 9", 3, 9), 0);
	assert_int_equal(parse(ranges, " 0x10\t\t99 ", 16, 99), 0);
	assert_int_equal(parse(ranges, "9", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "9 3", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "1 2 3", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "1 2x", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "1-2", 0, 0), -EINVAL);
	assert_int_equal(parse(ranges, "1 100", 0, 0), -ERANGE);
	assert_int_equal(parse(table, "5", 5, 5), 0);
	assert_int_equal(parse(table, "-1", -1, -1), 0);
	assert_int_equal(parse(table, "5 5", 0, 0), -EINVAL);
	assert_int_equal(parse(table, "6", 0, 0), -ERANGE);
	assert_int_equal(parse(table, "99999999999999999999", 0, 0), -EINVAL);
}

static void
test_register(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_register("net.conf.p0", table, &b), -EEXIST);
	assert_int_equal(sysctl_register("net.conf.p0", fixed, &b), 0); /* another table: fine */
	sysctl_unregister("net.conf.p0", table);
	assert_int_equal(sysctl_find("net.conf.p0.first", &v), -ENOENT);
	assert_int_equal(sysctl_find("net.conf.p0.fixed", &v), 0);
	assert_int_equal(sysctl_find("net.conf.p0.100.first", &v), 0);
	sysctl_unregister("net.conf.p0", fixed);
	assert_int_equal(sysctl_register("net.conf.p0", table, &a), 0);
}

static char walked[512];

static void
visit(const struct sysctl_var *v, void *arg)
{
	snprintf(walked + strlen(walked), sizeof(walked) - strlen(walked), "%s ", v->name);
	assert_ptr_equal(arg, walked);
}

static void
test_walk(void **state)
{
	role_enter_ctl();
	walked[0] = '\0';
	sysctl_walk("net.conf", visit, walked);
	assert_string_equal(walked,
			    "net.conf.p0.100.first net.conf.p0.100.second net.conf.p0.first "
			    "net.conf.p0.second ");
	walked[0] = '\0';
	sysctl_walk("net/f", visit, walked);
	assert_string_equal(walked, "net.fixed ");
	walked[0] = '\0';
	sysctl_walk("x", visit, walked);
	assert_string_equal(walked, "");
}

static void
test_nearest(void **state)
{
	role_enter_ctl();
	assert_string_equal(sysctl_nearest("net.fixd"), "net.fixed");
	assert_string_equal(sysctl_nearest("net.conf.p0.frist"), "net.conf.p0.first");
	sysctl_unregister("net.conf.p0", table);
	sysctl_unregister("net.conf.p0.100", table);
	sysctl_unregister("net", fixed);
	assert_null(sysctl_nearest("x"));
}

static int
setup(void **state)
{
	role_enter_ctl();
	a = (struct object){ .first = 1, .second = 11 };
	b = (struct object){ .first = 20, .second = 2 };
	assert_int_equal(sysctl_register("net.conf.p0", table, &a), 0);
	assert_int_equal(sysctl_register("net.conf.p0.100", table, &b), 0);
	assert_int_equal(sysctl_register("net", fixed, &a), 0);
	return 0;
}

static int
teardown(void **state)
{
	role_enter_ctl();
	sysctl_unregister("net.conf.p0", table);
	sysctl_unregister("net.conf.p0.100", table);
	sysctl_unregister("net", fixed);
	return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_find), T(test_set),     T(test_hooks), T(test_register),
		T(test_walk), T(test_nearest), T(test_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
