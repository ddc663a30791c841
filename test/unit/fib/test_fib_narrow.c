/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes with an MTU: slots of their own behind those of neighbours and objects. */
#include <unistd.h>
#include "core/timer.h"
#include "objects.h"

/* By a narrow one of it, for a route with this MTU. */
static CTL_ONLY unsigned int
narrow_share(const char *dst, uint32_t id, uint32_t mtu)
{
	int64_t slot = adj_narrow_get(fib_nhobj_find(id)->slot, mtu);
	unsigned int n = share_of_slot(dst, (uint32_t)slot);

	adj_narrow_put((uint32_t)slot);
	return n;
}

/* Shared by all that name the same MTU, given back with the last of them. */
static void
by_gateways(void **state)
{
	unsigned int used;
	uint32_t slot;

	role_enter_ctl();
	(void)state;
	used = fake_adj_used;
	assert_int_equal(add("70.0.0.0/8 via 10.0.0.9 mtu 1000"), 0);
	assert_int_equal(add("71.0.0.0/8 via 10.0.0.9 mtu 1000 metric 5"), 0);
	assert_int_equal(add("72.0.0.0/8 via 10.0.0.9"), 0);
	slot = leaf("70.0.0.1");
	assert_int_equal(leaf("71.0.0.1"), slot);
	assert_int_equal(leaf("72.0.0.1"), neigh_create(ip("10.0.0.9"), P0)->adj_idx);
	assert_int_equal(fake_follows(slot), leaf("72.0.0.1"));
	assert_int_equal(fake_adj_used, used + 1);
	assert_int_equal(add("73.0.0.0/8 mtu 1000 nexthop via 10.0.0.9 nexthop via 10.0.1.9"), 0);
	assert_int_equal(group_of("73.0.0.1")->group[0], slot);
	assert_int_equal(fake_adj_used, used + 3);
	fake_carrier(P0, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_not_equal(group_of("73.0.0.1")->group[0], slot);
	assert_int_equal(fake_adj_used, used + 2);
	fake_carrier(P0, true);
	assert_int_equal(fake_follows(leaf("70.0.0.1")), leaf("72.0.0.1"));
	assert_int_equal(fake_adj_used, used + 3);
	assert_int_equal(del("70.0.0.0/8"), 0);
	assert_int_equal(del("71.0.0.0/8"), 0);
	assert_int_equal(fake_adj_used, used + 3); /* the group has it */
	assert_int_equal(del("73.0.0.0/8"), 0);
	assert_int_equal(fake_adj_used, used);
	/* On-link prefixes stay what neighbours' leaves go by. */
	assert_int_equal(add("74.0.0.0/8 dev p0 mtu 1000"), 0);
	assert_int_equal(leaf("74.0.0.1"), GLEAN(P0));
	/* A device that is removed takes its next hop out of the group, and that one's slot. */
	assert_int_equal(add("75.0.0.0/8 mtu 1000 nexthop via 10.0.0.9 nexthop via 10.0.1.9"), 0);
	assert_int_equal(fake_adj_used, used + 3);
	fake_unregister(P1);
	assert_int_equal(fake_adj_used, used + 2);
	assert_int_equal(fake_follows(group_of("75.0.0.1")->group[0]),
			 neigh_create(ip("10.0.0.9"), P0)->adj_idx);
}

/* The slots of routes with an MTU stand behind the object's, while routes read them. */
static void
by_objects(void **state)
{
	unsigned int used;
	uint32_t slot;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0 keep");
	used = fake_adj_used;
	assert_int_equal(add("70.0.0.0/8 nhid 1 mtu 1000 keep_dead"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 1 mtu 1000 keep_dead metric 5"), 0);
	assert_int_equal(add("72.0.0.0/8 nhid 1 keep_dead"), 0);
	assert_int_equal(fake_adj_used, used + 1);
	slot = leaf("70.0.0.1");
	assert_int_equal(leaf("71.0.0.1"), slot);
	assert_int_equal(leaf("72.0.0.1"), fib_nhobj_find(1)->slot);
	assert_int_equal(fake_follows(slot), fib_nhobj_find(1)->slot);
	replace("1 via 10.0.1.9 dev p1 keep");
	assert_int_equal(leaf("70.0.0.1"), slot);
	/* On-link it is the device's glean, by which neighbours go. */
	replace("1 dev p1 keep");
	assert_int_equal(leaf("70.0.0.1"), GLEAN(P1));
	replace("1 via 10.0.0.9 dev p0 keep");
	assert_int_equal(leaf("70.0.0.1"), slot);
	fake_carrier(P0, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fake_adj_used, used);
	fake_carrier(P0, true);
	assert_int_equal(fake_follows(leaf("70.0.0.1")), fib_nhobj_find(1)->slot);
	assert_int_equal(leaf("71.0.0.1"), leaf("70.0.0.1"));
	assert_int_equal(fake_adj_used, used + 1);
	assert_int_equal(fib_nhobj_del(1), 0);
	assert_int_equal(fake_adj_used, used - 1);
}

static void
by_groups(void **state)
{
	struct fib_result res;
	unsigned int used;
	uint32_t slot;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0 keep");
	obj("2 via 10.0.1.9 dev p1 keep");
	obj("10 group 1,3/2 keep");
	used = fake_adj_used;
	assert_int_equal(add("70.0.0.0/8 nhid 10 mtu 1000 keep_dead"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 10 keep_dead"), 0);
	assert_int_equal(fake_adj_used, used + 3);
	slot = leaf("70.0.0.1");
	assert_int_equal(narrow_share("70.0.0.1", 1, 1000), 750);
	assert_int_equal(narrow_share("70.0.0.1", 2, 1000), 250);
	assert_int_equal(share("71.0.0.1", 1), 750);
	/* The control thread's choice is the workers'. */
	assert_int_equal(fib_lookup_ctl(ip("70.0.0.1"), 0, 0, &res), 0);
	assert_int_equal(fake_follows(res.adj_idx),
			 fib_nhobj_find(res.gateway == ip("10.0.0.9") ? 1 : 2)->slot);
	replace("10 group 2 keep");
	assert_int_equal(leaf("70.0.0.1"), slot);
	assert_int_equal(narrow_share("70.0.0.1", 2, 1000), 1000);
	assert_int_equal(fake_adj_used, used + 2);
	replace("10 group 1/2 keep");
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_int_equal(narrow_share("70.0.0.1", 2, 1000), 1000);
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_int_equal(narrow_share("70.0.0.1", 1, 1000), 500);
	fake_carrier(P0, false);
	fake_carrier(P1, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fake_adj_used, used);
	fake_carrier(P1, true);
	assert_int_equal(narrow_share("70.0.0.1", 2, 1000), 1000);
	fake_carrier(P0, true);
	assert_int_equal(narrow_share("70.0.0.1", 1, 1000), 500);
	assert_int_equal(fib_nhobj_del(1), 0);
	assert_int_equal(narrow_share("70.0.0.1", 2, 1000), 1000);
	assert_int_equal(fib_nhobj_del(2), 0);
	assert_int_equal(fake_adj_used, used - 3);
}

/* By the timer, too; what uses a bucket is noted once for all routes. */
static void
by_resilient_groups(void **state)
{
	role_enter_ctl();
	(void)state;
	adj_now_s = 1000;
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("10 group 1 resilient buckets 64 idle 60 unbalanced 1");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 10 mtu 1000"), 0);
	assert_ptr_equal(group_of("71.0.0.1")->bucket_used, group_of("70.0.0.1")->bucket_used);
	for (unsigned int i = 0; i < 64; i++)
		group_of("71.0.0.1")->bucket_used[i] = adj_now_s;
	replace("10 group 1/2 resilient");
	assert_int_equal(narrow_share("71.0.0.1", 1, 1000), 1000);
	for (int i = 0; i < 300 && narrow_share("71.0.0.1", 2, 1000) == 0; i++) {
		usleep(10000);
		timer_run();
	}
	assert_int_equal(narrow_share("71.0.0.1", 2, 1000), 500);
	assert_int_equal(share("70.0.0.1", 2), 500);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_gateways),
		T(by_objects),
		T(by_groups),
		T(by_resilient_groups),
	};

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/narrow", tests, NULL, NULL);
}
