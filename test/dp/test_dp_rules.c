/* SPDX-License-Identifier: BSD-3-Clause */
/* Policy rules on packets: both lanes, marks of the filter, what is made here.
 *
 *   host 2: 10.0.1.2 --- p1 [router] p2 --- 10.0.2.2 (main's default route)
 *                               p3 --- 10.0.3.2 (tables 100 and up)
 */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_exec.h"
#include "ip4/ip4_probe.h"
#include "netdev/netdev.h"

static unsigned int p1, p2, p3;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	p3 = dp_lan(3);
	dp_cmd("ip route add default via 10.0.2.2");
	dp_cmd("ip route add default via 10.0.3.2 table 100");
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=0");
	return 0;
}

static struct dp_frame
packet(const char *src, const char *dst, uint8_t tos)
{
	struct dp_frame f = dp_udp(p1, 2, src, dst, 20);

	dp_ip4(&f)->type_of_service = tos;
	dp_fix_checksum(&f);
	return f;
}

/* Which way does it go: p2, p3, or 0: nowhere? */
static unsigned int
way_of(const struct dp_frame *f)
{
	struct dp_frame two = dp_forwarded(f, p2, 3), three = dp_forwarded(f, p3, 4), got;
	unsigned int way = 0;

	dp_inject(p1, f);
	dp_run();
	if (dp_out(p2, &got)) {
		assert_memory_equal(got.b, two.b, two.len);
		way = p2;
	} else if (dp_out(p3, &got)) {
		assert_memory_equal(got.b, three.b, three.len);
		way = p3;
	}
	dp_expect_none(p2);
	dp_expect_none(p3);
	return way;
}

/* The same in the fast lane and in the general one: a tap sends everything there. */
static unsigned int
both_lanes(const struct dp_frame *f)
{
	unsigned int fast = way_of(f), slow;

	dp_cmd("filter add forward proto 99 accept"); /* a hook: no fast lane */
	slow = way_of(f);
	dp_cmd("filter flush forward");
	assert_int_equal(fast, slow);
	return fast;
}

static void
port_of(struct dp_frame *f, uint16_t sport, uint16_t dport)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(dp_ip4(f) + 1);

	udp->src_port = rte_cpu_to_be_16(sport);
	udp->dst_port = rte_cpu_to_be_16(dport);
	udp->dgram_cksum = 0;
}

static void
selectors(void **state)
{
	static const struct {
		const char *rule;
		bool src, dst, tos, port;
	} rows[] = {
		{ "from 10.0.1.2", true, false, false, false },
		{ "to 192.0.2.0/24", false, true, false, false },
		{ "tos 0x10", false, false, true, false },
		{ "dport 53", false, false, false, true },
		{ "sport 1000-1999", false, false, false, true },
		{ "ipproto udp dport 53 from 10.0.0.0/16 to 192.0.2.9 iif p1", true, true, false,
		  true },
	};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct dp_frame f = packet("10.0.1.2", "192.0.2.9", 0x12), g;

		port_of(&f, 1500, 53);
		assert_int_equal(both_lanes(&f), p2);
		dp_cmd("ip rule add %s table 100", rows[i].rule);
		assert_int_equal(both_lanes(&f), p3);
		g = packet("10.9.1.2", "192.0.2.9", 0x12);
		port_of(&g, 1500, 53);
		assert_int_equal(both_lanes(&g), rows[i].src ? p2 : p3);
		g = packet("10.0.1.2", "192.0.3.9", 0x12);
		port_of(&g, 1500, 53);
		assert_int_equal(both_lanes(&g), rows[i].dst ? p2 : p3);
		g = packet("10.0.1.2", "192.0.2.9", 0x22);
		port_of(&g, 1500, 53);
		assert_int_equal(both_lanes(&g), rows[i].tos ? p2 : p3);
		g = packet("10.0.1.2", "192.0.2.9", 0x12);
		port_of(&g, 5000, 5000);
		assert_int_equal(both_lanes(&g), rows[i].port ? p2 : p3);
		dp_cmd("ip rule del %s table 100", rows[i].rule);
	}
}

/* All fragments of a datagram go one way, whatever is in the first. */
static void
fragments_have_no_ports(void **state)
{
	struct dp_frame f = packet("10.0.1.2", "192.0.2.9", 0);

	(void)state;
	port_of(&f, 1500, 53);
	dp_cmd("ip rule add dport 53 table 100");
	assert_int_equal(both_lanes(&f), p3);
	dp_ip4(&f)->fragment_offset = RTE_BE16(0x2000); /* more fragments */
	dp_fix_checksum(&f);
	assert_int_equal(both_lanes(&f), p2);
	dp_ip4(&f)->fragment_offset = RTE_BE16(100);
	dp_fix_checksum(&f);
	assert_int_equal(both_lanes(&f), p2);
	dp_cmd("ip rule del dport 53");
}

static void
marks_of_the_filter(void **state)
{
	struct dp_frame f = packet("10.0.1.2", "192.0.2.9", 0);

	(void)state;
	dp_cmd("ip rule add fwmark 0x10/0xf0 table 100");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("filter add prerouting src 10.0.1.0/24 mark 31"); /* 0x1f */
	assert_int_equal(way_of(&f), p3);
	dp_cmd("filter flush prerouting");
	dp_cmd("filter add prerouting src 10.0.1.0/24 mark 15");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("filter flush prerouting");
	dp_cmd("ip rule del fwmark 0x10/0xf0");
}

static void
icmp_of(uint8_t type, uint8_t code)
{
	struct dp_frame got;
	const uint8_t *icmp;

	assert_true(dp_out(p1, &got));
	icmp = (const uint8_t *)(dp_ip4(&got) + 1);
	assert_int_equal(icmp[0] << 8 | icmp[1], type << 8 | code);
	dp_expect_none(p1);
}

static void
actions_on_forwarded(void **state)
{
	struct dp_frame f = packet("10.0.1.2", "192.0.2.9", 0);

	(void)state;
	dp_drops_clear();
	dp_cmd("ip rule add from 10.0.1.0/24 to 192.0.2.0/24 unreachable");
	assert_int_equal(way_of(&f), 0);
	icmp_of(3, 0); /* net unreachable, as Linux has it */
	assert_int_equal(dp_drops("ip4_no_route"), 1);
	dp_cmd("ip rule add from 10.0.1.0/24 to 192.0.2.0/24 prohibit");
	assert_int_equal(way_of(&f), 0);
	icmp_of(3, 13);
	assert_int_equal(dp_drops("ip4_prohibit"), 1);
	dp_cmd("ip rule add from 10.0.1.0/24 to 192.0.2.0/24 blackhole");
	assert_int_equal(way_of(&f), 0);
	dp_expect_none(p1);
	assert_int_equal(dp_drops("ip4_blackhole"), 1);
	dp_cmd("ip rule add from 10.0.1.0/24 goto 32766");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("ip rule flush");
	assert_int_equal(way_of(&f), 0); /* no rule leads to main any more, */
	dp_expect_none(p1);		 /* no more than back to the source */
	assert_int_equal(dp_drops("ip4_no_route"), 2);
	dp_cmd("ip rule add pref 32766 table main");
	dp_cmd("ip rule add pref 32767 table default");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("ip rule show");
	assert_string_equal(dp_cmd_output(), "0:\tfrom all lookup local\n"
					     "32766:\tfrom all lookup main\n"
					     "32767:\tfrom all lookup default\n");
}

/* Several rules and tables in one burst, in every lane's width. */
static void
mixed_bursts(void **state)
{
	unsigned int n2 = 0, n3 = 0, gone = 0;
	struct dp_frame got;

	(void)state;
	dp_cmd("ip route add 192.0.2.64/26 via 10.0.2.2 table 101");
	dp_cmd("ip route add blackhole 192.0.2.32/27 table 102");
	dp_cmd("ip rule add from 10.0.1.2 to 192.0.2.0/25 table 101 pref 10");
	dp_cmd("ip rule add from 10.0.1.2 to 192.0.2.0/26 table 102 pref 11");
	dp_cmd("ip rule add from 10.0.1.2 to 192.0.2.0/24 table 100 pref 12");
	dp_drops_clear();
	for (unsigned int i = 0; i < 128; i++) {
		char dst[20];
		struct dp_frame f;

		snprintf(dst, sizeof(dst), "192.0.2.%u", i * 37 % 128);
		f = packet("10.0.1.2", dst, 0);
		dp_inject(p1, &f);
	}
	dp_run();
	for (; dp_out(p2, &got); n2++)
		assert_int_equal(rte_be_to_cpu_32(dp_ip4(&got)->dst_addr) & 0xc0, 0x40);
	for (; dp_out(p3, &got); n3++)
		assert_int_equal(rte_be_to_cpu_32(dp_ip4(&got)->dst_addr) & 0xe0, 0);
	gone = (unsigned int)dp_drops("ip4_blackhole");
	assert_int_equal(n2, 64);
	assert_int_equal(n3, 32);
	assert_int_equal(gone, 32);
	for (unsigned int t = 100; t < 103; t++)
		dp_cmd("ip rule del from 10.0.1.2 table %u", t);
}

/* RFC 3704 by rules: the answer would come in by the device that the packet leaves by. */
static void
reverse_path(void **state)
{
	struct dp_frame f = packet("172.16.0.9", "192.0.2.9", 0), g;

	(void)state;
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=1");
	dp_drops_clear();
	assert_int_equal(way_of(&f), 0);
	assert_int_equal(dp_drops("ip4_rp_filter"), 1);
	dp_cmd("ip route add 172.16.0.0/16 via 10.0.1.2 table 103");
	dp_cmd("ip rule add to 172.16.0.0/16 iif p2 table 103");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("ip rule del table 103");
	dp_cmd("ip rule add to 172.16.0.0/16 iif p3 table 103");
	assert_int_equal(way_of(&f), 0);
	dp_cmd("ip rule del table 103");
	/* The answer comes from where the packet goes, by the ports the other way round. */
	port_of(&f, 1500, 53);
	dp_cmd("ip rule add from 192.0.2.9 to 172.16.0.0/16 sport 53 dport 1500 table 103");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("ip rule del table 103");
	dp_cmd("ip rule add from 172.16.0.0/16 to 192.0.2.9 sport 1500 table 103");
	assert_int_equal(way_of(&f), 0);
	dp_cmd("ip rule del table 103");
	/* Where main would take it, a rule may not. */
	g = packet("10.0.1.2", "192.0.2.9", 0);
	assert_int_equal(way_of(&g), p2);
	dp_cmd("ip rule add to 10.0.1.0/24 iif p2 table 100");
	assert_int_equal(way_of(&g), 0);
	dp_cmd("ip rule del table 100");
	/* A mark decides only where src_valid_mark says so. */
	dp_cmd("ip rule add fwmark 7 to 172.16.0.0/16 table 103");
	dp_cmd("filter add prerouting src 172.16.0.0/16 mark 7");
	assert_int_equal(way_of(&f), 0);
	dp_cmd("sysctl net.ipv4.conf.p1.src_valid_mark=1");
	assert_int_equal(way_of(&f), p2);
	dp_cmd("filter flush prerouting");
	dp_cmd("ip rule del table 103");
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=0");
}

/* Echo replies are routed by the rules, with the source they have; "iif lo" means them. */
static void
made_here(void **state)
{
	struct dp_frame f = dp_echo(p1, 2, "192.0.2.9", "10.0.1.1", 20), got;

	(void)state;
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	dp_cmd("ip rule add from 10.0.1.1 iif lo ipproto icmp table 100");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p3, &got));
	dp_expect_none(p2);
	dp_cmd("ip rule del from 10.0.1.1 table 100");
	dp_cmd("ip rule add from 10.0.1.1 iif p1 table 100");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	dp_expect_none(p3);
	dp_cmd("ip rule del from 10.0.1.1 table 100");
	/* An error has no source yet when it is routed: this rule is not about it. */
	f = packet("172.16.0.9", "10.77.0.1", 0);
	dp_cmd("ip route add unreachable 10.77.0.0/16");
	dp_cmd("ip rule add from 10.0.0.0/8 iif lo table 100");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	dp_cmd("ip rule del from 10.0.0.0/8 table 100");
	dp_cmd("ip rule add to 172.16.0.0/16 iif lo table 100");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p3, &got));
	assert_int_equal(dp_ip4(&got)->src_addr, dp_ip("10.0.3.1"));
	dp_cmd("ip rule del to 172.16.0.0/16 table 100");
}

/* One probe to 192.0.2.9, bound to p3 with source @p src. Where it leaves, and to whom: the last
 * octet of the neighbour's address as dp_lan() knows it; 0: nothing but questions by ARP for
 * 192.0.2.9 itself does. */
static uint8_t
bound_goes_to(const char *src, uint32_t *len)
{
	struct ip4_probe p = { .dst = dp_ip("192.0.2.9"),
			       .src = dp_ip(src),
			       .dev = dev_get_by_name("p3"),
			       .proto = IPPROTO_UDP };
	rte_be16_t *port;
	struct dp_frame got;
	struct sk_buff *skb;
	uint8_t to;

	role_enter_ctl();
	skb = ip4_probe_alloc(&p, 8, 1600);
	assert_non_null(skb);
	role_borrow_dp();
	port = memset(skb_push(skb, 8), 0, 8);
	port[1] = rte_cpu_to_be_16(99);
	assert_int_equal(ip4_probe_send(&p, skb), 0);
	dp_run();
	dp_expect_none(p1);
	dp_expect_none(p2);
	assert_true(dp_out(p3, &got));
	*len = got.len;
	if (got.b[13] == 0x06) { /* ARP */
		assert_memory_equal(got.b + 38, &p.dst, 4);
		return 0;
	}
	to = got.b[5];
	while (dp_out(p3, &got))
		;
	return to;
}

/* As Linux for SO_BINDTODEVICE: rules for what leaves by it, routes that lead there, or its link.
 */
static void
bound_to_a_device(void **state)
{
	uint8_t gateway = dp_host_mac(4).addr_bytes[5];
	uint32_t len;

	(void)state;
	assert_int_equal(bound_goes_to("10.0.3.1", &len), 0); /* main's default is by p2 */
	dp_cmd("ip neigh del 192.0.2.9 dev p3");
	dp_cmd("ip rule add oif p3 ipproto udp dport 99 table 100");
	assert_int_equal(bound_goes_to("10.0.3.1", &len), gateway);
	assert_int_equal(len, 1514); /* the first of two pieces */
	dp_cmd("ip rule del oif p3 table 100");
	dp_cmd("ip rule add oif p2 table 100");
	assert_int_equal(bound_goes_to("10.0.3.1", &len), 0);
	dp_cmd("ip neigh del 192.0.2.9 dev p3");
	dp_cmd("ip rule del oif p2 table 100");
	dp_cmd("ip rule add oif p3 from 10.0.1.1 table 100");
	assert_int_equal(bound_goes_to("10.0.1.1", &len), gateway);
	dp_cmd("ip rule del oif p3 table 100");
	dp_cmd("ip route append default via 10.0.3.2 metric 9");
	assert_int_equal(bound_goes_to("10.0.3.1", &len), gateway); /* the one by p2 is not asked */
	dp_cmd("ip route del default metric 9");
}

static void
asked_for(void **state)
{
	(void)state;
	dp_cmd("ip rule add fwmark 5 ipproto tcp sport 80 dport 443 table 100 pref 70");
	dp_cmd("ip route get 192.0.2.9 mark 5 ipproto tcp sport 80 dport 443");
	assert_non_null(
		strstr(dp_cmd_output(), "via 10.0.3.2 dev p3 table 100 src 10.0.3.1 mark 5"));
	dp_cmd("ip route get 192.0.2.9 mark 5 ipproto tcp sport 80 dport 444");
	assert_non_null(strstr(dp_cmd_output(), "via 10.0.2.2 dev p2 src"));
	dp_cmd("ip rule del pref 70");
	dp_cmd("ip rule add iif p1 prohibit pref 70");
	assert_non_null(strstr(dp_cmd_fails("ip route get 192.0.2.9 from 10.0.1.2 iif p1"),
			       "Permission denied (rule 70)"));
	dp_cmd("ip route get 192.0.2.9");
	dp_cmd("ip rule del pref 70");
}

/* A domain of its own behind p1: whatever comes from there sees table 104 and nothing else. */
static void
domain(void **state)
{
	struct dp_frame there = packet("10.0.1.2", "192.0.2.9", 0), f;
	struct dp_frame local = packet("10.0.1.2", "10.0.2.1", 0);

	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.3.2 table 104");
	dp_cmd("ip rule add pref 1000 table local");
	dp_cmd("ip rule del pref 0");
	dp_cmd("ip rule add pref 10 iif p1 table 104");
	dp_cmd("ip rule add pref 11 iif p1 prohibit");
	assert_int_equal(both_lanes(&there), p3);
	f = packet("10.0.1.2", "198.51.100.1", 0); /* main's default route is not theirs */
	assert_int_equal(way_of(&f), 0);
	icmp_of(3, 13);
	assert_int_equal(way_of(&local), 0); /* nor is an address of ours that is not */
	icmp_of(3, 13);
	dp_cmd("ip rule add pref 0 table local");
	for (unsigned int p = 10; p < 12; p++)
		dp_cmd("ip rule del pref %u", p);
	dp_cmd("ip rule del pref 1000");
	assert_int_equal(both_lanes(&there), p2);
}

/* A number that `show stats cache -j` says. */
static unsigned int
cache_says(const char *what)
{
	const char *at;
	char key[32];

	assert_int_equal(dp_cmd_try("show stats cache", CLI_F_JSON), CLI_DONE);
	snprintf(key, sizeof(key), "\"%s\":", what);
	at = strstr(dp_cmd_output(), key);
	assert_non_null(at);
	return (unsigned int)atoi(at + strlen(key));
}

/* What commands say of the route cache, and what they do not. */
static void
route_cache(void **state)
{
	struct dp_frame f = packet("10.0.1.2", "192.0.2.9", 0);
	char before[1024];

	(void)state;
	assert_int_equal(cache_says("max"), 0); /* no rules: none is in use */
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=1");
	dp_cmd("ip rule add from 10.0.1.2 to 192.0.2.0/24 table 100");
	dp_cmd("clear stats");
	assert_int_equal(cache_says("max"), 65536);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(way_of(&f), p3);
	assert_int_equal(cache_says("entries"), 1);
	assert_int_equal(cache_says("in_miss"), 1);
	assert_int_equal(cache_says("in_hit"), 4);
	dp_cmd("show stats route");
	assert_non_null(strstr(dp_cmd_output(), "in_hit"));
	/* ip route get asks the tables, and lists nothing of it as cached. */
	dp_cmd("ip route get 192.0.2.9 from 10.0.1.2 iif p1");
	assert_non_null(strstr(dp_cmd_output(), "via 10.0.3.2 dev p3 table 100"));
	snprintf(before, sizeof(before), "%s", dp_cmd_output());
	dp_cmd("ip route show cache");
	assert_string_equal(dp_cmd_output(), "");
	/* One that is explained leaves no trace. */
	dp_cmd("explain dev p1 hex 0200000000010200000001020800450000200000000040110000"
	       "0a000102c000020900010001000c0000000000000000");
	assert_int_equal(cache_says("in_hit") + cache_says("in_miss"), 5);
	assert_int_equal(cache_says("entries"), 1);
	dp_cmd("ip route flush cache");
	assert_int_equal(cache_says("entries"), 0);
	dp_cmd("ip route get 192.0.2.9 from 10.0.1.2 iif p1");
	assert_string_equal(dp_cmd_output(), before);
	assert_int_equal(way_of(&f), p3);
	assert_int_equal(cache_says("in_stale"), 1);
	assert_int_equal(cache_says("in_miss"), 2);
	dp_cmd("sysctl net.ipv4.route.max_size=2000");
	assert_int_equal(cache_says("max"), 2048);
	dp_cmd("clear stats");
	assert_int_equal(cache_says("in_miss"), 0);
	dp_cmd("sysctl net.ipv4.route_cache=0");
	assert_int_equal(way_of(&f), p3);
	assert_int_equal(cache_says("in_miss"), 0);
	assert_int_equal(cache_says("max"), 0);
	dp_cmd("sysctl net.ipv4.route_cache=1");
	dp_cmd("ip rule del from 10.0.1.2 table 100");
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors),	       cmocka_unit_test(fragments_have_no_ports),
		cmocka_unit_test(marks_of_the_filter), cmocka_unit_test(actions_on_forwarded),
		cmocka_unit_test(mixed_bursts),	       cmocka_unit_test(reverse_path),
		cmocka_unit_test(made_here),	       cmocka_unit_test(bound_to_a_device),
		cmocka_unit_test(asked_for),	       cmocka_unit_test(domain),
		cmocka_unit_test(route_cache),
	};

	return cmocka_run_group_tests_name("dp/rules", tests, setup, dp_teardown);
}
