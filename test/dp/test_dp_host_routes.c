/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes from the host's kernel, and to it. */
#include "fib/fib.h"
#include "host_lab.h"
#include "netdev/netdev.h"

static void
routes_from_the_host(void **state)
{
	(void)state;
	lab("route add 10.20.0.0/16 via 10.0.2.2 proto ospf metric 20");
	lab("route add 10.21.0.0/16 proto bgp nexthop via 10.0.1.2 weight 3 nexthop via 10.0.2.2");
	lab("route add 10.25.0.0/16 via 10.0.2.2 mtu lock 1300 rtt 300ms advmss 1200 features ecn "
	    "rto_min 1.5s quickack 1 congctl lock cubic");
	lab("route add blackhole 10.22.0.0/16 table 77");
	lab("route add 10.24.0.0/16 via 10.0.1.2 mtu lock 1300 advmss 1000 hoplimit 9");
	lab("route add 10.23.0.0/16 dev lo"); /* by no device of the router's */
	settle();
	assert_true(router_has("10.20.0.0/16 via 10.0.2.2 dev p2 proto ospf metric 20"));
	assert_true(router_has("nexthop via 10.0.1.2 dev p1 weight 3"));
	assert_true(
		router_has("10.25.0.0/16 via 10.0.2.2 dev p2 mtu lock 1300 rtt 300ms advmss "
			   "1200 features ecn rto_min lock 1.5s quickack 1 congctl lock cubic"));
	assert_true(router_has("blackhole 10.22.0.0/16 table 77"));
	assert_true(router_has("mtu lock 1300 advmss 1000 hoplimit 9"));
	lab("route del 10.24.0.0/16");
	assert_false(router_has("10.23.0.0/16"));
	assert_null(strstr(lab("route"), "157")); /* the host is not told what it said */
	dp_cmd("show config running");
	assert_null(strstr(dp_cmd_output(), "10.20.0.0")); /* nor is it saved */
	lab("route replace 10.20.0.0/16 via 10.0.1.2 proto ospf metric 20");
	settle();
	assert_true(router_has("10.20.0.0/16 via 10.0.1.2 dev p1 proto ospf metric 20"));
	assert_false(router_has("10.20.0.0/16 via 10.0.2.2"));
	/* ... or by none of ours at all. */
	lab("route replace 10.20.0.0/16 dev lo proto ospf metric 20");
	settle();
	assert_false(router_has("10.20.0.0/16"));
	lab("route prepend 10.21.0.0/16 via 10.0.2.2 proto bgp");
	lab("route append 10.21.0.0/16 via 10.0.1.2 proto bgp");
	settle();
	dp_cmd("ip route show 10.21.0.0/16");
	assert_string_equal(dp_cmd_output(), "10.21.0.0/16 via 10.0.2.2 dev p2 proto bgp \n"
					     "10.21.0.0/16 proto bgp \n"
					     "\tnexthop via 10.0.1.2 dev p1 weight 3 \n"
					     "\tnexthop via 10.0.2.2 dev p2 weight 1 \n"
					     "10.21.0.0/16 via 10.0.1.2 dev p1 proto bgp \n");
	lab("route flush 10.21.0.0/16");
	settle();
	assert_false(router_has("10.21.0.0/16"));
	disable(NULL);
	assert_false(router_has("10.22.0.0/16"));
	enable(NULL);
	assert_true(router_has("10.22.0.0/16")); /* it was there all the time */
	lab("route del 10.22.0.0/16 table 77");
	settle();
	assert_false(router_has("10.22.0.0/16"));
}

static void
own_routes_stay(void **state)
{
	const struct fib_route_spec from_file = { .table = RT_TABLE_MAIN,
						  .dst = RTE_BE32(0x0a200000),
						  .plen = 16,
						  .type = FIB_BLACKHOLE,
						  .file = 1 };
	struct host_stats st;

	(void)state;
	dp_cmd("host enable netns lab routes import");
	dp_cmd("ip route add 10.30.0.0/16 via 10.0.1.2");
	dp_cmd("ip route add 10.31.0.0/16 via 10.0.2.2");
	lab("route add 10.31.0.0/16 via 10.0.2.2"); /* the same one */
	lab("route del 10.31.0.0/16");
	assert_int_equal(fib_route_add(&from_file, FIB_ADD, NULL), 0);
	lab("route add 10.30.0.0/16 via 10.0.2.2");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	host_get_stats(&st);
	assert_true(st.refused > 0);
	lab("route del 10.30.0.0/16");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	/* The host's comes when it makes room. */
	lab("route add 10.30.0.0/16 via 10.0.2.2");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	dp_cmd("ip route del 10.30.0.0/16");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.2.2"));
	lab("route del 10.30.0.0/16");
	enable(NULL);
	assert_true(router_has("10.31.0.0/16"));
	assert_true(router_has("blackhole 10.32.0.0/16"));
	dp_cmd("ip route del 10.31.0.0/16");
	dp_cmd("ip route del blackhole 10.32.0.0/16");
}

/* What the kernel forgets without a word is found by reading all again. */
static void
silent_losses(void **state)
{
	(void)state;
	lab("route add 10.40.0.0/16 via 10.0.2.2 proto static");
	lab("nexthop add id 7 via 10.0.2.2 dev p2");
	lab("route add 10.41.0.0/16 nhid 7 proto bgp");
	settle();
	assert_true(router_has("10.40.0.0/16") && router_has("10.41.0.0/16"));
	lab("nexthop del id 7");
	settle();
	assert_true(router_has("10.40.0.0/16"));
	assert_false(router_has("10.41.0.0/16"));
	lab("link set p2 down"); /* by hand, there */
	settle();
	assert_false(router_has("10.40.0.0/16"));
	lab("link set p2 up");
	settle();
}

/* What the router has forgotten, and the kernel has not: the host's comes back, its own goes. */
static void
down_and_up_at_once(void **state)
{
	(void)state;
	lab("route add 10.42.0.0/16 via 10.0.2.2 proto static");
	settle();
	dp_cmd("ip route add 10.44.0.0/16 via 10.0.2.2");
	settle();
	assert_true(router_has("10.42.0.0/16"));
	assert_non_null(strstr(lab("route"), "10.44.0.0/16"));
	role_enter_ctl();
	dev_close(dev_get_by_name("p2")); /* no turn of the loop in between */
	assert_int_equal(dev_open(dev_get_by_name("p2")), 0);
	settle();
	assert_true(router_has("10.42.0.0/16"));
	assert_false(router_has("10.44.0.0/16")); /* nor does the kernel keep that one */
	assert_null(strstr(lab("route"), "10.44.0.0/16"));
	lab("route del 10.42.0.0/16");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	settle();
}

/* By prefix the default route comes before the one that its gateway is reached by. */
static void
gateway_behind_a_route(void **state)
{
	(void)state;
	lab("route add 192.0.2.1 dev p1");
	lab("route add default via 192.0.2.1");
	settle();
	assert_true(router_has("default via 192.0.2.1"));
	dp_cmd("ip route del default");
	dp_cmd("ip route del 192.0.2.1");
	lab("nexthop add id 8 via 10.0.2.2 dev p2");
	lab("nexthop del id 8"); /* all is read once more */
	settle();
	assert_true(router_has("default via 192.0.2.1"));
	lab("route del default");
	lab("route del 192.0.2.1");
	settle();
}

/* An own route that was put in the place of one of the host's gives it back. */
static void
replaced_by_hand(void **state)
{
	(void)state;
	lab("route add 10.43.0.0/16 via 10.0.2.2");
	settle();
	dp_cmd("ip route replace 10.43.0.0/16 via 10.0.1.2");
	settle();
	assert_true(router_has("10.43.0.0/16 via 10.0.1.2"));
	dp_cmd("ip route del 10.43.0.0/16");
	settle();
	assert_true(router_has("10.43.0.0/16 via 10.0.2.2"));
	lab("route del 10.43.0.0/16 via 10.0.2.2");
	settle();
}

#define MANY 60000
/* More news than the socket holds: some are lost, and found again. */
static void
news_overflow(void **state)
{
	struct host_stats st;
	FILE *f = popen("ip -n lab -batch -", "w");

	(void)state;
	assert_non_null(f);
	for (unsigned int i = 0; i < MANY; i++)
		fprintf(f, "route add 11.%u.%u.%u/32 via 10.0.2.2 proto bgp\n", i >> 16,
			i >> 8 & 255, i & 255);
	assert_int_equal(pclose(f), 0);
	for (int i = 0; i < 200; i++)
		settle();
	host_get_stats(&st);
	assert_true(st.readings > 1);
	assert_false(st.reading);
	dp_cmd("ip route show proto bgp 11.0.0.0/8");
	for (unsigned int i = 0; i < MANY; i += 997) {
		char want[32];

		snprintf(want, sizeof(want), "11.%u.%u.%u via", i >> 16, i >> 8 & 255, i & 255);
		dp_cmd("ip route show %.*s", (int)(strlen(want) - 4), want);
		assert_non_null(strstr(dp_cmd_output(), want));
	}
	lab("route flush proto bgp");
	for (int i = 0; i < 200; i++)
		settle();
	assert_false(router_has("proto bgp"));
}

static void
routes_to_the_host(void **state)
{
	(void)state;
	lab("link add d0 type veth peer name d1");
	lab("link set d0 up");
	lab("link set d1 up");
	lab("route add default dev d0"); /* the host's own way out */
	dp_cmd("ip route add 10.50.0.0/16 via 10.0.2.2 mtu 1300 window lock 5 rttvar "
	       "2s hoplimit lock 0 fastopen_no_cookie 1 congctl nosuch");
	dp_cmd("ip route add default via 10.0.1.2");
	dp_cmd("ip route add unreachable 10.51.0.0/16 metric 9");
	dp_cmd("ip route add 10.52.0.0/16 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.2.2");
	dp_cmd("ip route add 10.53.0.0/16 via 10.0.2.2 table 5"); /* not of table main */
	settle();
	assert_non_null(strstr(lab("route"),
			       "10.50.0.0/16 via 10.0.2.2 dev p2 proto 157 mtu 1300 window "
			       "lock 5 rttvar 2s hoplimit lock 0 fastopen_no_cookie 1"));
	assert_non_null(strstr(lab("route"), "unreachable 10.51.0.0/16 proto 157 metric 9"));
	assert_non_null(strstr(lab("route"), "nexthop via 10.0.1.2 dev p1 weight 2"));
	assert_null(strstr(lab("route show table all"), "10.53.0.0/16"));
	assert_ptr_equal(strstr(lab("route show default"), "default dev d0"),
			 lab("route show default"));
	dp_cmd("ip route change 10.50.0.0/16 via 10.0.1.2");
	dp_cmd("ip route del unreachable 10.51.0.0/16 metric 9");
	dp_cmd("ip route del default");
	settle();
	assert_non_null(strstr(lab("route"), "10.50.0.0/16 via 10.0.1.2 dev p1 proto 157"));
	assert_null(strstr(lab("route"), "10.51.0.0/16"));
	assert_string_equal(lab("route show default"), "default dev d0 scope link");
	/* One of two ways is away for a while. */
	dp_cmd("ip link set p1 down");
	settle();
	assert_string_equal(lab("route show 10.52.0.0/16"),
			    "10.52.0.0/16 via 10.0.2.2 dev p2 proto 157");
	dp_cmd("ip link set p1 up");
	dp_cmd("ip route replace 10.52.0.0/16 nexthop via 10.0.1.2 nexthop via 10.0.2.2");
	settle();
	assert_string_equal(lab("route show 10.52.0.0/16"),
			    "10.52.0.0/16 proto 157 \n"
			    "\tnexthop via 10.0.1.2 dev p1 weight 1 \n"
			    "\tnexthop via 10.0.2.2 dev p2 weight 1");
	/* Down and up again: the kernel has forgotten it, and is told again. */
	dp_cmd("ip route add blackhole 10.54.0.0/16");
	dp_cmd("ip link set p1 down");
	settle();
	assert_null(strstr(lab("route"), "10.50.0.0/16"));
	dp_cmd("ip link set p1 up");
	dp_cmd("ip route replace 10.50.0.0/16 via 10.0.1.2");
	settle();
	assert_non_null(strstr(lab("route"), "10.50.0.0/16"));
	disable(NULL);
	assert_null(strstr(lab("route"), "157"));	   /* the blackhole neither */
	lab("route add blackhole 10.55.0.0/16 proto 157"); /* of a daemon that was killed */
	enable(NULL);
	assert_null(strstr(lab("route"), "10.55.0.0/16"));
	disable(NULL);
	lab("link del d0");
	dp_cmd("ip route del 10.50.0.0/16");
	dp_cmd("ip route del 10.52.0.0/16");
	dp_cmd("ip route del blackhole 10.54.0.0/16");
	dp_cmd("ip route del 10.53.0.0/16 table 5");
	enable(NULL);
}

static const char *
told(void)
{
	return lab("-o route show 10.56.0.0/16 proto 157");
}

/* Of several with one key the host has all, in their order, and the right one goes. */
static void
one_of_several_goes(void **state)
{
	(void)state;
	dp_cmd("ip route add 10.56.0.0/16 via 10.0.1.2");
	dp_cmd("ip route append 10.56.0.0/16 via 10.0.2.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2");
	dp_cmd("ip route del 10.56.0.0/16 via 10.0.2.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1");
	dp_cmd("ip route prepend 10.56.0.0/16 via 10.0.2.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 \n"
				    "10.56.0.0/16 via 10.0.1.2 dev p1");
	dp_cmd("ip route del 10.56.0.0/16 via 10.0.2.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1");
	/* One of another metric, and one of the host's own, have nothing to do with it. */
	dp_cmd("ip route add 10.56.0.0/16 via 10.0.2.2 metric 5");
	lab("route append 10.56.0.0/16 via 10.0.2.2 proto static");
	dp_cmd("ip route append unreachable 10.56.0.0/16");
	settle();
	dp_cmd("ip route del 10.56.0.0/16 via 10.0.1.2 metric 0");
	settle();
	assert_string_equal(told(), "unreachable 10.56.0.0/16 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	assert_non_null(strstr(lab("route show 10.56.0.0/16"), "10.0.2.2 dev p2 proto static"));
	lab("route flush proto static");
	/* The kernel takes metric 0 for any. */
	dp_cmd("ip route del unreachable 10.56.0.0/16 metric 0");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip route add 10.56.0.0/16 via 10.0.1.2");
	dp_cmd("ip link set p1 down");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p1 up");
	dp_cmd("ip route replace 10.56.0.0/16 via 10.0.1.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	/* What takes its place, and is nothing for the host, leaves none of it there. */
	dp_cmd("ip route replace local 10.56.0.0/16 dev p1 table main");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip route replace 10.56.0.0/16 via 10.0.1.2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip route flush 10.56.0.0/16");
	settle();
	assert_string_equal(told(), "");
}

/* Those of the configuration wait for a device that is down: meanwhile they are not in the kernel,
 * and nothing goes in their place. */
static void
one_that_waits(void **state)
{
	const struct fib_route_spec waits = { .table = RT_TABLE_MAIN,
					      .dst = RTE_BE32(0x0a380000),
					      .plen = 16,
					      .keep_dead = true,
					      .n_nh = 1,
					      .nh = { { .gateway = RTE_BE32(0x0a000102),
							.weight = 1 } } };
	struct host_stats before, after;

	(void)state;
	assert_int_equal(fib_route_add(&waits, FIB_ADD, NULL), 0);
	dp_cmd("ip route add 10.56.0.0/16 via 10.0.2.2 metric 5");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p1 down");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p1 up");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p1 down");
	settle();
	host_get_stats(&before);
	dp_cmd("ip link set p2 mtu 1400"); /* all are told again */
	settle();
	dp_cmd("ip route del 10.56.0.0/16 via 10.0.1.2");
	settle();
	host_get_stats(&after);
	assert_int_equal(after.unexported, before.unexported);
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p1 up");
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip route flush 10.56.0.0/16");
	settle();
}

static void
object_changes(void **state)
{
	(void)state;
	dp_cmd("ip nexthop add id 7 via 10.0.1.2 dev p1");
	dp_cmd("ip route add 10.56.0.0/16 nhid 7");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.1.2 dev p1");
	dp_cmd("ip nexthop replace id 7 via 10.0.2.2 dev p2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2");
	dp_cmd("ip nexthop del id 7");
	settle();
	assert_string_equal(told(), "");
}

/* By a device without a counterpart: what the kernel does not have, is not taken out of it. */
static void
object_without_a_way(void **state)
{
	struct host_stats before, after;

	(void)state;
	dp_cmd("host enable netns lab dev p2");
	dp_cmd("ip nexthop add id 7 via 10.0.1.2 dev p1");
	dp_cmd("ip route add 10.56.0.0/16 nhid 7");
	dp_cmd("ip route add 10.56.0.0/16 via 10.0.2.2 metric 5");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	host_get_stats(&before);
	dp_cmd("ip link set p2 mtu 1400"); /* all are told again */
	settle();
	host_get_stats(&after);
	assert_int_equal(after.unexported, before.unexported);
	assert_int_equal(after.exported, before.exported);
	/* What it had by the object, goes. */
	dp_cmd("ip nexthop replace id 7 via 10.0.2.2 dev p2");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 \n"
				    "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip nexthop replace id 7 via 10.0.1.2 dev p1");
	settle();
	assert_string_equal(told(), "10.56.0.0/16 via 10.0.2.2 dev p2 metric 5");
	dp_cmd("ip nexthop del id 7");
	dp_cmd("ip route flush 10.56.0.0/16");
	enable(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_from_the_host),	  cmocka_unit_test(own_routes_stay),
		cmocka_unit_test(silent_losses),	  cmocka_unit_test(down_and_up_at_once),
		cmocka_unit_test(gateway_behind_a_route), cmocka_unit_test(replaced_by_hand),
		cmocka_unit_test(news_overflow),	  cmocka_unit_test(routes_to_the_host),
		cmocka_unit_test(one_of_several_goes),	  cmocka_unit_test(one_that_waits),
		cmocka_unit_test(object_changes),	  cmocka_unit_test(object_without_a_way),
	};

	return cmocka_run_group_tests_name("dp/host_routes", tests, setup, dp_teardown);
}
