/* SPDX-License-Identifier: BSD-3-Clause */
/* What a change of what is wanted of the host leaves as it is, and what follows names. */
#include <time.h>
#include "core/timer.h"
#include "host_lab.h"
#include "netdev/netdev.h"

/* The kernel's index of a device there: another one, if it was made anew. 0: there is none. */
static unsigned int
index_of(const char *name)
{
	unsigned int i;

	dp_enter_netns(true);
	i = if_nametoindex(name);
	dp_enter_netns(false);
	return i;
}

static bool
lab_has(const char *text)
{
	return strstr(lab("route show table all"), text) != NULL;
}

static bool
running_has(const char *text)
{
	dp_cmd("show config running /host");
	return strstr(dp_cmd_output(), text) != NULL;
}

static void
only_what_differs(void **state)
{
	unsigned int first = index_of("p1"), second = index_of("p2");

	(void)state;
	lab("route add 10.20.0.0/16 via 10.0.1.2 proto static");
	lab("route add 10.21.0.0/16 via 10.0.2.2 proto static");
	dp_cmd("ip route add 10.50.0.0/16 via 10.0.1.2");
	settle();
	assert_true(router_has("10.20.0.0/16") && lab_has("10.50.0.0/16"));
	assert_true(router_has("10.21.0.0/16"));
	dp_cmd("host enable netns lab dev p1");
	settle();
	assert_int_equal(index_of("p1"), first);
	assert_int_equal(index_of("p2"), 0);
	assert_true(router_has("10.20.0.0/16") && lab_has("10.50.0.0/16"));
	/* The kernel forgets what led by the other one, and does not say so. */
	assert_false(router_has("10.21.0.0/16"));
	dp_cmd("host enable netns lab");
	settle();
	assert_int_equal(index_of("p1"), first);
	assert_true(index_of("p2") != 0 && index_of("p2") != second);
	dp_cmd("host disable"); /* a control */
	dp_cmd("host enable netns lab");
	assert_int_not_equal(index_of("p1"), first);
	dp_cmd("ip route del 10.50.0.0/16");
	settle();
}

/* Either direction comes and goes by itself. */
static void
directions(void **state)
{
	struct host_stats before, after;
	unsigned int first = index_of("p1");

	(void)state;
	lab("route add 10.20.0.0/16 via 10.0.1.2 proto static");
	dp_cmd("ip route add 10.50.0.0/16 via 10.0.1.2");
	dp_cmd("ip route add blackhole 10.51.0.0/16");
	for (int i = 0; i < 2; i++) {
		dp_cmd("host enable netns lab routes import");
		settle();
		assert_true(router_has("10.20.0.0/16"));
		assert_false(lab_has("proto 157"));
		dp_cmd("ip route add 10.52.0.0/16 via 10.0.1.2");
		dp_cmd("host enable netns lab routes export");
		settle();
		assert_false(router_has("10.20.0.0/16"));
		assert_true(lab_has("10.50.0.0/16") && lab_has("10.51.0.0/16") &&
			    lab_has("10.52.0.0/16"));
		/* What happened while nobody listened, is read, and no more than that. */
		lab("route add 10.21.0.0/16 via 10.0.1.2 proto static");
		lab("route del 10.21.0.0/16");
		lab("route del 10.20.0.0/16");
		lab("route add 10.20.0.0/16 via 10.0.1.2 proto static");
		dp_cmd("ip route del 10.52.0.0/16");
		dp_cmd("host enable netns lab routes none");
		dp_cmd("ip route add 10.52.0.0/16 via 10.0.1.2"); /* is not told any more */
		settle();
		assert_false(router_has("10.20.0.0/16") || lab_has("proto 157"));
		dp_cmd("ip route del 10.52.0.0/16");
		host_get_stats(&before);
		dp_cmd("host enable netns lab");
		settle();
		host_get_stats(&after);
		assert_int_equal(after.withdrawn, before.withdrawn);
		assert_true(router_has("10.20.0.0/16") && lab_has("10.50.0.0/16"));
		assert_false(router_has("10.21.0.0/16"));
	}
	/* Before all were taken back they are wanted again. */
	dp_cmd("host enable netns lab routes import");
	dp_cmd("host enable netns lab");
	settle();
	assert_true(lab_has("10.50.0.0/16") && lab_has("10.51.0.0/16"));
	assert_int_equal(index_of("p1"), first);
	lab("route del 10.20.0.0/16");
	dp_cmd("ip route del 10.50.0.0/16");
	dp_cmd("ip route del blackhole 10.51.0.0/16");
	settle();
	assert_false(lab_has("10.51.0.0/16"));
}

static void
refused_change(void **state)
{
	unsigned int first;

	(void)state;
	dp_cmd("host enable netns lab routes import dev p1");
	settle();
	first = index_of("p1");
	lab("link add p2 type veth peer name d1");
	for (int i = 0; i < 2; i++) {
		dp_cmd_fails("host enable netns lab");
		assert_non_null(strstr(dp_cmd_error(), "\"p2\" of its own"));
	}
	settle();
	assert_int_equal(index_of("p1"), first);
	assert_true(running_has("\"p1\"") && running_has("import"));
	lab("link del p2");
	dp_run_ms(120000); /* nor is it made later */
	assert_int_equal(index_of("p2"), 0);
	/* Without its namespace it stays, too. */
	dp_cmd_fails("host enable netns nowhere");
	assert_int_equal(index_of("p1"), first);
	enable(NULL);
	assert_int_equal(index_of("p1"), first);
	assert_int_not_equal(index_of("p2"), 0);
}

static void
removed_by_somebody(void **state)
{
	unsigned int first = index_of("p1");

	(void)state;
	lab("link del p2");
	settle();
	dp_cmd("show host");
	assert_non_null(strstr(dp_cmd_output(), "p2              gone"));
	enable(NULL);
	assert_int_not_equal(index_of("p2"), 0);
	assert_int_equal(index_of("p1"), first);
	dp_cmd("show host");
	assert_null(strstr(dp_cmd_output(), "gone"));
}

#define MANY 256
static unsigned int
since_ms(const struct timespec *from)
{
	struct timespec to;

	clock_gettime(CLOCK_MONOTONIC, &to);
	return (unsigned int)((to.tv_sec - from->tv_sec) * 1000 +
			      (to.tv_nsec - from->tv_nsec) / 1000000);
}

/* One by one they would take the kernel some 20 ms each, for which the control thread would stand:
 * when nobody wants them any more, and when their devices go. */
static void
many_go_at_once(void **state)
{
	struct timespec from;
	unsigned int ms;

	(void)state;
	for (unsigned int i = 1; i <= MANY; i++) {
		dp_cmd("ip link add link p1 name p1.%u type vlan id %u", i, i);
		dp_cmd("ip link set p1.%u up", i);
	}
	settle();
	assert_int_not_equal(index_of("p1.1") * index_of("p1.256"), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	dp_cmd("host enable netns lab dev p2");
	ms = since_ms(&from);
	printf("%u counterparts go in %u ms\n", MANY, ms);
	assert_true(ms < 2000);
	assert_int_equal(index_of("p1.1") + index_of("p1.256"), 0);
	assert_int_not_equal(index_of("p2"), 0);
	enable(NULL);
	assert_int_not_equal(index_of("p1.1") * index_of("p1.256"), 0);
	/* One that waits for its name is tried with each of them, and hurries none. */
	lab("link add p2.7 type veth peer name d1");
	dp_cmd("ip link add link p2 name p2.7 type vlan id 7");
	settle();
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned int i = 1; i <= MANY; i++) {
		dp_cmd("ip link del p1.%u", i);
		dp_run_ms(1);
	}
	dp_run_ms(100);
	ms = since_ms(&from);
	printf("%u devices go in %u ms\n", MANY, ms);
	assert_true(ms < 2000);
	assert_int_equal(index_of("p1.1") + index_of("p1.256"), 0);
	assert_int_not_equal(index_of("p2"), 0);
	dp_cmd("ip link del p2.7");
	lab("link del p2.7");
	settle();
}

/* Its name is free at once. */
static void
comes_again(void **state)
{
	unsigned int first;

	(void)state;
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	settle();
	first = index_of("p1.7");
	assert_int_not_equal(first, 0);
	dp_cmd("ip link del p1.7");
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	dp_cmd("show host");
	assert_null(strstr(dp_cmd_output(), "failed"));
	assert_true(index_of("p1.7") != 0 && index_of("p1.7") != first);
	dp_cmd("ip link del p1.7");
	settle();
	assert_int_equal(index_of("p1.7"), 0);
}

/* --- names --- */

static void
renamed(void **state)
{
	(void)state;
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	dp_cmd("host enable netns lab dev p2 dev p1.7");
	settle();
	dp_cmd("ip link set p1.7 name a7");
	settle();
	assert_int_not_equal(index_of("a7"), 0);
	assert_int_equal(index_of("p1.7"), 0);
	/* A set, whose spelling is by name. */
	dp_cmd("show config running /host/devices/0");
	assert_non_null(strstr(dp_cmd_output(), "\"a7\""));
	dp_cmd("show config running /host/devices/1");
	assert_non_null(strstr(dp_cmd_output(), "\"p2\""));
	/* Another one of the old name is another one. */
	dp_cmd("ip link add link p1 name p1.7 type vlan id 8");
	settle();
	assert_int_equal(index_of("p1.7"), 0);
	dp_cmd("ip link del p1.7");
	dp_cmd("ip link del a7");
	settle();
	assert_false(running_has("a7"));
	assert_true(running_has("\"p2\""));
	enable(NULL);
}

/* The last one that was named does not leave "all" behind. */
static void
none_is_left(void **state)
{
	int32_t index;

	(void)state;
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	dp_cmd("host enable netns lab dev p1.7");
	settle();
	index = dev_get_by_name("p1.7")->ifindex;
	dp_cmd("ip link del p1.7");
	settle();
	assert_true(running_has("\"devices\": []"));
	/* Nor is another one named that comes by its index. */
	do {
		if (dev_get_by_name("p1.7") != NULL)
			dp_cmd("ip link del p1.7");
		dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
		role_enter_ctl();
	} while (dev_get_by_name("p1.7")->ifindex != index);
	settle();
	assert_string_equal(lab("-br link show up type tun"), "");
	assert_int_equal(index_of("p1.7"), 0);
	dp_cmd("ip link del p1.7");
	enable(NULL);
}

/* --- tried again --- */

static bool
is_failed(void)
{
	dp_cmd("show host");
	return strstr(dp_cmd_output(),
		      "p1.7            failed     the host has a device \"p1.7\"") != NULL;
}

/* In virtual time: a second, then two, four, ... and never more than a minute. */
static void
tried_again(void **state)
{
	uint64_t start, waited;

	(void)state;
	lab("link add p1.7 type veth peer name d1");
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int after_s = i % 3 * 333;

		dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
		dp_cmd("ip link set p1.7 up");
		dp_cmd("ip route add 10.77.0.0/16 dev p1.7");
		settle();
		assert_true(is_failed());
		dp_run_ms(after_s * 1000);
		assert_true(is_failed());
		lab("link del p1.7");
		for (start = clock_ms(); index_of("p1.7") == 0; dp_run_ms(100))
			assert_true(clock_ms() - start < 61000);
		/* When it has long been so, it is not asked every second. */
		waited = clock_ms() - start;
		assert_true(after_s == 0 ? waited < 2100 : waited > 5000);
		assert_false(is_failed());
		assert_non_null(strstr(lab("link show p1.7"), ",UP"));
		settle();
		assert_true(lab_has("10.77.0.0/16"));
		dp_cmd("ip link del p1.7");
		settle();
		lab("link add p1.7 type veth peer name d1");
	}
	/* What others do, is an occasion to try, and no failure more. */
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	for (unsigned int i = 0; i < 10; i++) {
		dp_cmd("ip link set p2 mtu %u", i % 2 == 0 ? 1400 : 1500);
		dp_run_ms(1);
	}
	assert_true(is_failed());
	lab("link del p1.7");
	dp_run_ms(1100);
	assert_int_not_equal(index_of("p1.7"), 0);
	dp_cmd("ip link del p1.7");
	settle();
	lab("link add p1.7 type veth peer name d1");
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	settle();
	lab("link del p1.7");
	dp_cmd("ip link set p2 mtu 1400");
	dp_run_ms(1);
	assert_int_not_equal(index_of("p1.7"), 0);
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip link del p1.7");
	settle();
	lab("link add p1.7 type veth peer name d1");
	/* It goes, or is not wanted: neither is it tried then, nor shown. */
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	settle();
	assert_true(is_failed());
	dp_cmd("host enable netns lab dev p1");
	dp_cmd("show host");
	assert_null(strstr(dp_cmd_output(), "failed"));
	/* Whoever asks for a new one, hears that it fails. */
	dp_cmd_fails("host enable netns lab");
	dp_cmd("ip link del p1.7");
	lab("link del p1.7");
	enable(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_differs), cmocka_unit_test(directions),
		cmocka_unit_test(refused_change),    cmocka_unit_test(removed_by_somebody),
		cmocka_unit_test(many_go_at_once),   cmocka_unit_test(comes_again),
		cmocka_unit_test(renamed),	     cmocka_unit_test(none_is_left),
		cmocka_unit_test(tried_again),
	};

	return cmocka_run_group_tests_name("dp/host_changes", tests, setup, dp_teardown);
}
