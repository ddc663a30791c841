/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of several default routes is used. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/timer.h"
#include "fake.h"
#include "fib/fib_nexthop.h"

#define P0 (&fake_dev[0])
#define P1 (&fake_dev[1])

static CTL_ONLY void
append_default(struct net_device *dev, const char *gw, uint32_t table, uint32_t metric)
{
	struct fib_route_spec r = { .table = table, .metric = metric, .n_nh = 1 };

	r.nh[0] = (struct fib_nexthop_spec){ .gateway = ip(gw), .dev = dev, .weight = 1 };
	assert_int_equal(fib_route_add(&r, FIB_APPEND, NULL), 0);
}

/* What workers are told of 8.8.8.8 in table 77. */
static CTL_ONLY uint32_t
leaf_77(void)
{
	struct fib_table_res res;

	return fib_table_lookup_dp(fib_table_dp(77), RTE_IPV4(8, 8, 8, 8), 0, &res)
		       ? res.idx
		       : ADJ_IDX_NO_ROUTE;
}

/* The first default route whose gateway answers, everywhere: the compiled table, other tables, the
 * control thread's own lookup. */
static CTL_ONLY void
assert_default(uint32_t want)
{
	struct fib_result res;

	assert_int_equal(leaf("8.8.8.8"), want);
	assert_int_equal(leaf_77(), want);
	assert_int_equal(fib_lookup_ctl(ip("8.8.8.8"), 0, 0, &res), 0);
	assert_int_equal(res.adj_idx, want);
	assert_int_equal(fib_check(NULL, NULL), 0);
}

static void
default_gateways(void **state)
{
	uint32_t a, b;

	(void)state;
	append_default(P0, "10.0.0.9", RT_TABLE_MAIN, 0);
	append_default(P0, "10.0.0.9", 77, 0);
	a = neigh_create(ip("10.0.0.9"), P0)->adj_idx;
	b = neigh_create(ip("10.0.1.9"), P1)->adj_idx;
	/* Another metric is no choice. */
	append_default(P1, "10.0.1.9", RT_TABLE_MAIN, 7);
	append_default(P1, "10.0.1.9", 77, 7);
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_default(a);
	append_default(P1, "10.0.1.9", RT_TABLE_MAIN, 0);
	append_default(P1, "10.0.1.9", 77, 0);
	assert_default(b);
	fake_neigh(P0, "10.0.0.9", NUD_INCOMPLETE); /* asked again: not yet back */
	assert_default(b);
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_default(a);
	fake_neigh(P0, "10.0.0.9", NUD_INCOMPLETE);
	assert_default(a);
	fake_neigh(P1, "10.0.1.9", NUD_FAILED);
	fake_neigh(P0, "10.0.0.9", NUD_FAILED); /* none answers: the first */
	assert_default(a);
	fake_neigh(P1, "10.0.1.9", NUD_STALE);
	assert_default(b);
	fake_carrier(P1, false); /* a silent way is better than none */
	assert_default(a);
	fake_carrier(P1, true);
	assert_default(b);
	assert_int_equal(del("0.0.0.0/0 via 10.0.1.9 metric 0"), 0);
	assert_int_equal(leaf("8.8.8.8"), a);
	fib_route_flush(&(struct fib_route_spec){ .table = 77 });
	assert_int_equal(leaf_77(), ADJ_IDX_NO_ROUTE);
}

/* ARP requests in so many seconds, or until there is one. */
static CTL_ONLY unsigned int
arps(unsigned int s, bool until)
{
	fake_arps = 0;
	for (uint64_t end = clock_ms() + s * 1000; clock_ms() < end && !(until && fake_arps > 0);) {
		usleep(20000);
		timer_run();
	}
	return fake_arps;
}

/* No packet would find out that a gateway that is passed over is back. */
static void
silent_gateways_are_asked(void **state)
{
	(void)state;
	append_default(P0, "10.0.0.9", 77, 0);
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_int_equal(arps(4, true), 0); /* the only one is not passed over */
	append_default(P1, "10.0.1.9", 77, 0);
	assert_int_equal(arps(20, true), 1);
	assert_int_equal(arps(20, true), 1);
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_int_equal(arps(4, true), 0);
	fib_route_flush(&(struct fib_route_spec){ .table = 77 });
}

static CTL_ONLY void
object(uint32_t id, struct net_device *dev, const char *gw)
{
	struct fib_nhobj_spec s = { .id = id, .way = { .gateway = ip(gw), .dev = dev } };
	const char *why;

	assert_int_equal(fib_nhobj_add(&s, true, &why), 0);
}

/* Which gateway 8.8.8.8 goes by. */
static CTL_ONLY rte_be32_t
default_gateway(void)
{
	struct fib_result res;

	assert_int_equal(fib_lookup_ctl(ip("8.8.8.8"), 0, 0, &res), 0);
	return res.gateway;
}

static void
default_routes_by_objects(void **state)
{
	struct fib_route_spec r = { .table = RT_TABLE_MAIN };

	(void)state;
	role_enter_ctl();
	object(1, P0, "10.0.0.9");
	object(2, P1, "10.0.1.9");
	for (r.nhid = 1; r.nhid <= 2; r.nhid++)
		assert_int_equal(fib_route_add(&r, FIB_APPEND, NULL), 0);
	assert_int_equal(default_gateway(), ip("10.0.0.9"));
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_int_equal(default_gateway(), ip("10.0.1.9"));
	object(1, P0, "10.0.0.10"); /* another one, which has not failed */
	assert_int_equal(default_gateway(), ip("10.0.0.10"));
	object(1, P0, "10.0.0.9");
	assert_int_equal(default_gateway(), ip("10.0.1.9"));
	assert_int_equal(fib_nhobj_del(2), 0);
	assert_int_equal(default_gateway(), ip("10.0.0.9"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(default_gateways), T(silent_gateways_are_asked),
					    T(default_routes_by_objects) };

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/default", tests, NULL, NULL);
}
