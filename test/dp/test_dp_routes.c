/* SPDX-License-Identifier: BSD-3-Clause */
/* What a route's type, metric and next hops mean for a packet (FEATURES 30.3, 31.2). */
#include "dp.h"
#include <stdio.h>
#include <string.h>
#include "fib/fib_priv.h"

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_cmd("ip neigh add 10.0.2.8 lladdr 02:00:00:00:01:08 dev p2");
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=0");
	return 0;
}

/* The ICMP code of an unreachable that answers a packet to dst, or -1: no answer. */
static int
unreachable_code(const char *dst)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", dst, 40), got;

	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	if (!dp_out(p1, &got))
		return -1;
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[0], 3);
	return ((uint8_t *)(dp_ip4(&got) + 1))[1];
}

static void
types_answer_as_they_should(void **state)
{
	(void)state;
	dp_cmd("ip route add blackhole 203.0.113.0/24");
	dp_cmd("ip route add unreachable 203.0.114.0/24");
	dp_cmd("ip route add prohibit 203.0.115.0/24");
	dp_cmd("ip route add throw 203.0.116.0/24");
	dp_drops_clear();
	assert_int_equal(unreachable_code("203.0.113.1"), -1);
	assert_int_equal(dp_drops("ip4_blackhole"), 1);
	assert_int_equal(unreachable_code("203.0.114.1"), 1);
	assert_int_equal(dp_drops("ip4_unreachable"), 1);
	assert_int_equal(unreachable_code("203.0.115.1"), 13);
	assert_int_equal(dp_drops("ip4_prohibit"), 1);
	assert_int_equal(unreachable_code("203.0.116.1"), 0);
	assert_int_equal(dp_drops("ip4_no_route"), 1);
}

static void
goes_by_host(const char *dst, uint8_t host)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", dst, 40), want = dp_forwarded(&f, p2, host);

	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
}

static void
longest_prefix_then_lowest_metric(void **state)
{
	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 metric 20");
	goes_by_host("192.0.2.130", 7);
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.8 metric 10");
	goes_by_host("192.0.2.130", 8);
	dp_cmd("ip route add 192.0.2.128/25 via 10.0.2.7");
	goes_by_host("192.0.2.130", 7);
	goes_by_host("192.0.2.1", 8);
	dp_cmd("ip route add 192.0.2.130/32 via 10.0.2.8");
	goes_by_host("192.0.2.130", 8);
	dp_cmd("ip route del 192.0.2.130/32");
	dp_cmd("ip route del 192.0.2.128/25");
	goes_by_host("192.0.2.130", 8);
	dp_cmd("ip route del 192.0.2.0/24 metric 10");
	goes_by_host("192.0.2.130", 7);
	dp_cmd("ip route replace 192.0.2.0/24 via 10.0.2.8 metric 20");
	goes_by_host("192.0.2.130", 8);
	dp_cmd("ip route del 192.0.2.0/24");
	assert_int_equal(unreachable_code("192.0.2.130"), 0);
}

static void
one_next_hop_changes_for_all_its_routes(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		dp_cmd("ip route add 198.18.%d.0/24 via 10.0.2.7", i);
	goes_by_host("198.18.9.1", 7);
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:77 dev p2");
	for (int i = 0; i < 200; i += 33) {
		char dst[32];

		snprintf(dst, sizeof(dst), "198.18.%d.200", i);
		goes_by_host(dst, 0x77);
	}
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_cmd("ip route flush proto boot");
	assert_int_equal(unreachable_code("198.18.9.1"), 0);
}

/* The neighbour that a packet to @p dst with this tos octet goes to; 0: it does not go. */
static uint8_t
host_by_tos(const char *dst, uint8_t tos)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", dst, 40), got;

	dp_ip4(&f)->type_of_service = tos;
	dp_fix_checksum(&f);
	dp_inject(p1, &f);
	dp_run();
	if (dp_out(p2, &got))
		return got.b[5];
	while (dp_out(p1, &got))
		; /* an ICMP error */
	return 0;
}

static void
routes_for_a_tos(void **state)
{
	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7");
	dp_cmd("ip route add 192.0.2.0/24 tos 0x10 via 10.0.2.8");
	assert_int_equal(host_by_tos("192.0.2.1", 0), 7);
	assert_int_equal(host_by_tos("192.0.2.1", 0x10), 8);
	assert_int_equal(host_by_tos("192.0.2.1", 0x12), 8); /* ECN chooses no route */
	assert_int_equal(host_by_tos("192.0.2.1", 0x20), 7);
	/* One for all tos inside it decides alone; one for another tos only does not. */
	dp_cmd("ip route add 192.0.2.64/26 via 10.0.2.7");
	dp_cmd("ip route add 192.0.2.128/26 tos 0x20 via 10.0.2.7");
	assert_int_equal(host_by_tos("192.0.2.65", 0x10), 7);
	assert_int_equal(host_by_tos("192.0.2.129", 0x10), 8);
	assert_int_equal(host_by_tos("192.0.2.129", 0x20), 7);
	dp_cmd("ip route del 192.0.2.0/24 tos 0");
	assert_int_equal(host_by_tos("192.0.2.1", 0), 0);
	assert_int_equal(host_by_tos("192.0.2.1", 0x10), 8);
	dp_cmd("ip route flush proto boot");
	assert_int_equal(host_by_tos("192.0.2.1", 0x10), 0);
}

/* Rules local, main, default: what main leaves open, the last table answers. */
static void
table_default_is_the_last(void **state)
{
	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 table default");
	assert_int_equal(host_by_tos("192.0.2.1", 0), 7);
	dp_cmd("ip route add 192.0.2.0/25 via 10.0.2.8");
	assert_int_equal(host_by_tos("192.0.2.1", 0), 8);
	assert_int_equal(host_by_tos("192.0.2.129", 0), 7);
	dp_cmd("ip route add throw 192.0.2.2/32");
	assert_int_equal(host_by_tos("192.0.2.2", 0), 7);
	dp_cmd("ip route flush table default");
	assert_int_equal(host_by_tos("192.0.2.2", 0), 0);
	assert_int_equal(host_by_tos("192.0.2.129", 0), 0);
	assert_int_equal(host_by_tos("192.0.2.1", 0), 8);
	dp_cmd("ip route flush proto boot");
}

/* Weights 3:1 over many flows; a flow keeps its path. */
static void
multipath_spreads_flows_by_weight(void **state)
{
	unsigned int by[2] = { 0, 0 };

	(void)state;
	dp_cmd("ip route add 198.51.100.0/24 nexthop via 10.0.2.7 weight 3 "
	       "nexthop via 10.0.2.8 weight 1");
	for (unsigned int flow = 0; flow < 2048; flow++) {
		struct dp_frame f, got[2];
		char src[32];

		snprintf(src, sizeof(src), "172.16.%u.%u", flow >> 8, flow & 255);
		f = dp_udp(p1, 2, src, "198.51.100.9", 20);
		for (int again = 0; again < 2; again++) {
			dp_inject(p1, &f);
			dp_run();
			assert_true(dp_out(p2, &got[again]));
		}
		assert_int_equal(got[0].b[5], got[1].b[5]);
		assert_true(got[0].b[5] == 7 || got[0].b[5] == 8);
		by[got[0].b[5] == 8]++;
	}
	assert_in_range(by[0], 2048 * 70 / 100, 2048 * 80 / 100);
	dp_cmd("ip route del 198.51.100.0/24");
}

/* Another way is known before the compiled table has all its prefixes right. */
static void
a_dead_way_is_known_at_once(void **state)
{
	const struct fib_compile_pace pace = fib_compile_pace;
	unsigned int p3 = dp_port("p3");
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.18.7.1", 40),
			want = dp_forwarded(&f, p3, 9);

	(void)state;
	role_enter_ctl();
	dp_cmd("ip addr add 10.0.3.1/24 dev p3");
	dp_cmd("ip neigh add 10.0.3.9 lladdr 02:00:00:00:01:09 dev p3");
	dp_cmd("ip neigh add 10.0.2.5 lladdr 02:00:00:00:01:05 dev p2 nud reachable");
	dp_cmd("ip route add 198.18.0.0/16 via 10.0.3.9");
	for (int i = 0; i < 64; i++)
		dp_cmd("ip route add 198.18.%d.0/24 via 10.0.2.5", i);
	goes_by_host("198.18.7.1", 5);
	fib_compile_pace = (struct fib_compile_pace){ .near = 1, .slice = 1 };
	for (int rules = 0; rules < 2; rules++) {
		dp_cmd("set link-down port p2");
		dp_inject(p1, &f);
		dp_run();
		assert_true(fib_is_late());
		dp_expect(p3, &want);
		dp_run_ms(1000);
		assert_false(fib_is_late());
		dp_inject(p1, &f);
		dp_run();
		dp_expect(p3, &want);
		dp_cmd("set link-up port p2");
		dp_run_ms(3000); /* a second of them because it flaps */
		dp_cmd("ip neigh replace 10.0.2.5 lladdr 02:00:00:00:01:05 dev p2 nud reachable");
		goes_by_host("198.18.7.1", 5);
		if (rules == 0)
			dp_cmd("ip rule add pref 40000 from 192.0.2.0/24 table 7");
	}
	fib_compile_pace = pace;
	dp_cmd("ip rule del pref 40000");
	dp_cmd("ip route flush proto boot");
}

static void
bad_routes_are_refused(void **state)
{
	static const struct {
		const char *cmd, *says;
	} cases[] = {
		{ "ip route add 192.0.2.0/24 via 172.31.0.1", "gateway" },
		{ "ip route add 192.0.2.1/24 via 10.0.2.7", "192.0.2.1/24" },
		{ "ip route add 192.0.2.0/24 via 10.0.2.1", "gateway" },
		{ "ip route add 192.0.2.0/24 dev nosuch", "nosuch" },
		{ "ip route add 192.0.2.0/33 via 10.0.2.7", "192.0.2.0/33" },
		{ "ip route del 192.0.2.0/24", "" },
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const char *err = dp_cmd_fails("%s", cases[i].cmd);

		if (strstr(err, cases[i].says) == NULL)
			fail_msg("\"%s\" says \"%s\", not a word of \"%s\"", cases[i].cmd, err,
				 cases[i].says);
	}
	assert_int_equal(unreachable_code("192.0.2.130"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_answer_as_they_should),
		cmocka_unit_test(longest_prefix_then_lowest_metric),
		cmocka_unit_test(one_next_hop_changes_for_all_its_routes),
		cmocka_unit_test(routes_for_a_tos),
		cmocka_unit_test(table_default_is_the_last),
		cmocka_unit_test(multipath_spreads_flows_by_weight),
		cmocka_unit_test(a_dead_way_is_known_at_once),
		cmocka_unit_test(bad_routes_are_refused),
	};

	return cmocka_run_group_tests_name("dp/routes", tests, setup, dp_teardown);
}
