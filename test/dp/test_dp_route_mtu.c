/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MTU of a route: what is longer is cut, or with DF refused with that MTU (RFC 1191 4, RFC 1812
 * 4.2.2.7), whatever the table, the number of next hops, and who has them. In the fast lane and in
 * the general one.
 */
#include "dp.h"
#include <stdio.h>
#include <string.h>
#include "ip4/ip4.h"
#include "neigh/adj.h"
#include "netdev/netdev.h"

#define LEN 1300 /* of the packets */

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
	for (int last = 3; last < 34; last++)
		dp_cmd("ip neigh add 10.0.1.%d lladdr 02:00:00:00:01:02 dev p1", last);
	dp_cmd("sysctl net.ipv4.icmp_ratemask=0");
	return 0;
}

/* A packet of LEN bytes from a host of p1's. */
static struct dp_frame
packet(const char *dst, uint8_t last, bool df)
{
	struct dp_frame f;
	char src[16];

	snprintf(src, sizeof(src), "10.0.1.%u", last);
	f = dp_udp(p1, 2, src, dst, LEN - 28);
	dp_ip4(&f)->fragment_offset = df ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0;
	dp_fix_checksum(&f);
	return f;
}

/* The MTU that an ICMP error names for a packet with DF; 0: it passes. */
static unsigned int
refused_at(const char *dst, uint8_t last)
{
	struct dp_frame f = packet(dst, last, true), got;
	const uint8_t *icmp;

	dp_inject(p1, &f);
	dp_run();
	if (dp_out(p2, &got)) {
		assert_int_equal(dp_ip4(&got)->total_length, RTE_BE16(LEN));
		dp_expect_none(p1);
		return 0;
	}
	assert_true(dp_out(p1, &got));
	icmp = (const uint8_t *)(dp_ip4(&got) + 1);
	assert_int_equal(icmp[0], 3);
	assert_int_equal(icmp[1], 4);
	return (unsigned int)(icmp[6] << 8 | icmp[7]);
}

/* The longest of the pieces that a packet without DF leaves in; all of it is there, and goes to
 * @p host. */
static unsigned int
cut_to(const char *dst, uint8_t last, uint8_t host)
{
	struct dp_frame f = packet(dst, last, false), got;
	unsigned int longest = 0, sum = 20;

	dp_inject(p1, &f);
	dp_run();
	while (dp_out(p2, &got)) {
		unsigned int len = rte_be_to_cpu_16(dp_ip4(&got)->total_length);

		assert_int_equal(got.b[5], host);
		longest = RTE_MAX(longest, len);
		sum += len - 20;
	}
	dp_expect_none(p1);
	assert_int_equal(sum, LEN);
	return longest;
}

/* Both lanes, with and without the route cache. */
static void
heeds(const char *dst, uint8_t last, uint8_t host, unsigned int mtu)
{
	const struct ip4_fast_lane *lane = ip4_fast_select();

	for (int how = 0; how < 3; how++) {
		netif_fast_rx = how > 0 ? lane->rx : NULL;
		dp_cmd("sysctl net.ipv4.route_cache=%d", how == 2 ? 2 : 0);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(refused_at(dst, last), mtu < LEN ? mtu : 0);
			/* fragments but the last one carry multiples of 8 */
			assert_int_equal(cut_to(dst, last, host),
					 mtu < LEN ? 20 + ((mtu - 20) & ~7u) : LEN);
		}
	}
	dp_cmd("sysctl net.ipv4.route_cache=1");
}

/* Nothing is left behind of what @p what says; the slots and lines are those of before. */
static struct {
	unsigned int slots, lines;
} before;

static void
settle(void)
{
	for (int i = 0; i < 20; i++)
		dp_run_ms(100);
}

static void
remember(void)
{
	role_enter_ctl();
	settle();
	before.slots = adj_count();
	before.lines = adj_lines();
}

static void
all_is_given_back(void)
{
	role_enter_ctl();
	settle();
	assert_int_equal(adj_count(), before.slots);
	assert_int_equal(adj_lines(), before.lines);
}

static void
one_next_hop(void **state)
{
	(void)state;
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.7");
	remember();
	heeds("198.51.100.9", 2, 7, 1500);
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 mtu 1000");
	dp_cmd("ip route add 192.0.3.0/24 via 10.0.2.7 mtu 1000 metric 5");
	dp_cmd("ip route add 192.0.4.0/24 via 10.0.2.7 mtu 700");
	/* two MTUs, each a slot and a line, whatever routes have them */
	assert_int_equal(adj_count(), before.slots + 2);
	assert_int_equal(adj_lines(), before.lines + 2);
	heeds("192.0.2.9", 2, 7, 1000);
	heeds("192.0.3.9", 2, 7, 1000);
	heeds("192.0.4.9", 2, 7, 700);
	heeds("198.51.100.9", 2, 7, 1500);
	dp_cmd("ip route replace 192.0.2.0/24 via 10.0.2.8 mtu 1200");
	heeds("192.0.2.9", 2, 8, 1200);
	dp_cmd("ip route replace 192.0.2.0/24 via 10.0.2.8");
	heeds("192.0.2.9", 2, 8, 1500);
	dp_cmd("ip route del 192.0.2.0/24");
	dp_cmd("ip route del 192.0.3.0/24");
	dp_cmd("ip route del 192.0.4.0/24");
	all_is_given_back();
	dp_cmd("ip route del 198.51.100.0/24");
}

/* A neighbour's new MAC address and its device's new MTU hold behind the route's, too. */
static void
follows_neighbour_and_device(void **state)
{
	(void)state;
	remember();
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 mtu 1000");
	heeds("192.0.2.9", 2, 7, 1000);
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:77 dev p2");
	heeds("192.0.2.9", 2, 0x77, 1000);
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_cmd("ip link set p2 mtu 900");
	heeds("192.0.2.9", 2, 7, 900);
	dp_cmd("ip link set p2 mtu 1100");
	heeds("192.0.2.9", 2, 7, 1000);
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip route replace 192.0.2.0/24 via 10.0.2.7 mtu 9000");
	heeds("192.0.2.9", 2, 7, 1500);
	dp_cmd("ip route del 192.0.2.0/24");
	all_is_given_back();
}

/* While the gateway's MAC address is not known a packet with DF is refused as it will be then. */
static void
unresolved_gateway(void **state)
{
	struct dp_frame short_one = dp_udp(p1, 2, "10.0.1.2", "192.0.2.9", 20), got;

	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.66 mtu 1000");
	assert_int_equal(refused_at("192.0.2.9", 2), 1000);
	dp_cmd("ip link set p2 mtu 900");
	assert_int_equal(refused_at("192.0.2.9", 2), 900);
	dp_cmd("ip link set p2 mtu 1500");
	dp_expect_none(p2);
	dp_inject(p1, &short_one); /* what fits makes the router ask for the gateway */
	dp_run();
	assert_true(dp_out(p2, &got));
	assert_int_equal(got.b[13], 0x06);
	dp_cmd("ip route del 192.0.2.0/24");
	dp_cmd("ip neigh del 10.0.2.66 dev p2");
}

static void
every_table(void **state)
{
	(void)state;
	remember();
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 mtu 1000 table 9");
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.8 mtu 1200");
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.8 mtu 1100 tos 0x10");
	heeds("192.0.2.9", 2, 8, 1200);
	dp_cmd("ip rule add from 10.0.1.3 table 9 pref 5");
	heeds("192.0.2.9", 3, 7, 1000);
	heeds("192.0.2.9", 2, 8, 1200);
	dp_cmd("ip rule del pref 5");
	dp_cmd("ip route flush table 9");
	dp_cmd("ip route del 192.0.2.0/24 tos 0x10");
	dp_cmd("ip route del 192.0.2.0/24");
	all_is_given_back();
}

/* Of many flows some go to either host, and each is refused or cut at @p mtu. */
static void
spreads_and_heeds(const char *dst, unsigned int mtu)
{
	unsigned int by[2] = { 0, 0 };

	for (uint8_t last = 2; last < 34; last++) {
		struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", dst, 20), got;

		dp_ip4(&f)->src_addr = rte_cpu_to_be_32(0x0a000100u | last);
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
		dp_run();
		assert_true(dp_out(p2, &got));
		assert_true(got.b[5] == 7 || got.b[5] == 8);
		by[got.b[5] == 8]++;
		assert_int_equal(refused_at(dst, last), mtu < LEN ? mtu : 0);
		heeds(dst, last, got.b[5], mtu);
	}
	assert_true(by[0] > 0 && by[1] > 0);
}

static void
several_next_hops(void **state)
{
	(void)state;
	remember();
	dp_cmd("ip route add 192.0.2.0/24 mtu 1000 nexthop via 10.0.2.7 nexthop via 10.0.2.8");
	spreads_and_heeds("192.0.2.9", 1000);
	dp_cmd("ip link set p2 mtu 900");
	spreads_and_heeds("192.0.2.9", 900);
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip route replace 192.0.2.0/24 nexthop via 10.0.2.7 nexthop via 10.0.2.8");
	spreads_and_heeds("192.0.2.9", 1500);
	dp_cmd("ip route del 192.0.2.0/24");
	all_is_given_back();
}

/* The MTU is the route's: others by the same object have none. */
static void
next_hop_object(void **state)
{
	(void)state;
	remember();
	dp_cmd("ip nexthop add id 1 via 10.0.2.7 dev p2");
	dp_cmd("ip route add 192.0.2.0/24 nhid 1 mtu 1000");
	dp_cmd("ip route add 192.0.3.0/24 nhid 1");
	heeds("192.0.2.9", 2, 7, 1000);
	heeds("192.0.3.9", 2, 7, 1500);
	dp_cmd("ip nexthop replace id 1 via 10.0.2.8 dev p2");
	heeds("192.0.2.9", 2, 8, 1000);
	heeds("192.0.3.9", 2, 8, 1500);
	dp_cmd("ip neigh replace 10.0.2.8 lladdr 02:00:00:00:01:88 dev p2");
	heeds("192.0.2.9", 2, 0x88, 1000);
	dp_cmd("ip neigh replace 10.0.2.8 lladdr 02:00:00:00:01:08 dev p2");
	dp_cmd("ip nexthop del id 1"); /* and its routes */
	all_is_given_back();
}

static void
group_of_objects(void **state)
{
	(void)state;
	remember();
	for (int resilient = 0; resilient < 2; resilient++) {
		dp_cmd("ip nexthop add id 1 via 10.0.2.7 dev p2");
		dp_cmd("ip nexthop add id 2 via 10.0.2.8 dev p2");
		dp_cmd("ip nexthop add id 9 group 1/2%s",
		       resilient ? " type resilient buckets 64" : "");
		dp_cmd("ip route add 192.0.2.0/24 nhid 9 mtu 1000");
		dp_cmd("ip route add 192.0.3.0/24 nhid 9");
		spreads_and_heeds("192.0.2.9", 1000);
		spreads_and_heeds("192.0.3.9", 1500);
		dp_cmd("ip nexthop replace id 9 group 2%s", resilient ? " type resilient" : "");
		for (uint8_t last = 2; last < 10; last++)
			heeds("192.0.2.9", last, 8, 1000);
		dp_cmd("ip nexthop replace id 9 group 1/2%s", resilient ? " type resilient" : "");
		dp_cmd("ip nexthop del id 2");
		for (uint8_t last = 2; last < 10; last++)
			heeds("192.0.2.9", last, 7, 1000);
		heeds("192.0.3.9", 2, 7, 1500);
		dp_cmd("ip nexthop del id 9");
		dp_cmd("ip nexthop del id 1");
		all_is_given_back();
	}
}

static void
carrier_comes_and_goes(void **state)
{
	(void)state;
	remember();
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 mtu 1000");
	dp_cmd("ip route add 192.0.3.0/24 mtu 800 nexthop via 10.0.2.7 nexthop via 10.0.2.8");
	for (int i = 0; i < 2; i++) {
		heeds("192.0.2.9", 2, 7, 1000);
		spreads_and_heeds("192.0.3.9", 800);
		dp_cmd("set link-down port p2");
		settle();
		dp_cmd("set link-up port p2");
		settle();
	}
	dp_cmd("ip route del 192.0.2.0/24");
	dp_cmd("ip route del 192.0.3.0/24");
	all_is_given_back();
}

/* What is made here: RFC 1122 3.3.3, with DF no longer than the route lets pass. */
static void
what_is_made_here(void **state)
{
	struct dp_frame got;
	unsigned int longest = 0, n = 0;

	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.7 mtu 1000");
	dp_cmd_try("ping -c 1 -s 1272 -W 1 192.0.2.9", 0);
	dp_run_ms(1500);
	while (dp_out(p2, &got)) {
		longest = RTE_MAX(longest, rte_be_to_cpu_16(dp_ip4(&got)->total_length));
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(longest, 996);
	dp_cmd("ip route del 192.0.2.0/24");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_next_hop),
		cmocka_unit_test(follows_neighbour_and_device),
		cmocka_unit_test(unresolved_gateway),
		cmocka_unit_test(every_table),
		cmocka_unit_test(several_next_hops),
		cmocka_unit_test(next_hop_object),
		cmocka_unit_test(group_of_objects),
		cmocka_unit_test(carrier_comes_and_goes),
		cmocka_unit_test(what_is_made_here),
	};

	return cmocka_run_group_tests_name("dp/route_mtu", tests, setup, dp_teardown);
}
