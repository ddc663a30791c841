/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `explain` says of a frame is what happens to it: each frame is explained, which changes
 * nothing, and then sent; what left by which port, and why it was dropped, must be what was said.
 */
#include "dp.h"
#include <jansson.h>
#include <rte_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_exec.h"

static unsigned int p1, p2, p3;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_cmd("ip neigh add 10.0.2.8 lladdr 02:00:00:00:01:08 dev p2");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.7");
	dp_cmd("ip route add 203.0.113.0/24 nexthop via 10.0.2.7 nexthop via 10.0.2.8");
	dp_cmd("ip route add blackhole 192.0.2.0/25");
	dp_cmd("ip route add unreachable 192.0.2.128/25");
	dp_cmd("ip route add prohibit 192.0.3.0/24");
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	dp_cmd("ip link set p1.7 up");
	dp_cmd("ip addr add 10.0.7.1/24 dev p1.7");
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=0");
	dp_cmd("sysctl net.ipv4.icmp_msgs_per_sec=1000000");
	return 0;
}

/* What is said of the frame at port @p dev. The caller lets it go. */
static json_t *
explain(const char *dev, const struct dp_frame *f)
{
	char line[2 * DP_FRAME_MAX + 64];
	int at = snprintf(line, sizeof(line), "explain dev %s hex ", dev);
	json_t *list;

	for (uint32_t i = 0; i < f->len; i++)
		at += snprintf(line + at, sizeof(line) - (size_t)at, "%02x", f->b[i]);
	assert_int_equal(dp_cmd_try(line, CLI_F_JSON), CLI_DONE);
	list = json_loads(dp_cmd_output(), 0, NULL);
	assert_true(json_is_array(list) && json_array_size(list) > 0);
	return list;
}

static const char *
str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* Does any note have these words in it? */
static bool
says(const json_t *list, const char *words)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *note = str(json_array_get(list, i), "note");

		if (note != NULL && strstr(note, words) != NULL)
			return true;
	}
	return false;
}

static void
assert_says(const json_t *list, const char *words)
{
	if (says(list, words))
		return;
	json_dumpf(list, stderr, JSON_INDENT(1));
	fail_msg("nothing said of \"%s\"", words);
}

/* The same frame, but for the identification of what the router makes itself. */
static void
assert_frame(const char *hex, struct dp_frame *f)
{
	char text[2 * DP_FRAME_MAX + 1];

	for (uint32_t i = 0; i < f->len; i++)
		snprintf(text + 2 * i, 3, "%02x", f->b[i]);
	assert_int_equal(strlen(hex), 2 * f->len);
	if (strncmp(hex + 24, "0800", 4) == 0) {
		memcpy(text + 36, hex + 36, 4); /* identification */
		memcpy(text + 48, hex + 48, 4); /* checksum */
	}
	assert_string_equal(hex, text);
}

static unsigned int
port_of(const char *name)
{
	return strcmp(name, "p1") == 0 ? p1 : strcmp(name, "p2") == 0 ? p2 : p3;
}

/* Would the control thread be told of it? */
static bool
is_told(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str(json_array_get(list, i), "control") != NULL)
			return true;
	return false;
}

/* The next frame that left by port @p p; ARP of the control thread may stand between. */
static void
next_frame(unsigned int p, bool skip_arp, struct dp_frame *f)
{
	do
		assert_true(dp_out(p, f));
	while (skip_arp && f->b[12] == 0x08 && f->b[13] == 0x06);
}

/* Explain, then send: what was said has to happen, and nothing else. Returns what was said. */
static json_t *
explain_and_send(const char *dev, const struct dp_frame *f)
{
	json_t *list = explain(dev, f);
	struct dp_frame got;

	dp_run(); /* whatever explaining has set going */
	for (unsigned int p = p1; p <= p3; p++)
		dp_expect_none(p);
	dp_drops_clear();
	dp_inject(port_of(dev), f);
	dp_run();
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (str(o, "frame") != NULL) {
			next_frame(port_of(str(o, "dev")), is_told(list), &got);
			assert_frame(str(o, "frame"), &got);
		}
		if (str(o, "drop") != NULL)
			assert_int_equal(dp_drops(str(o, "drop")), 1);
	}
	for (unsigned int p = p1; p <= p3; p++)
		if (is_told(list)) /* what the control thread then sends is its own affair */
			dp_discard(p);
		else
			dp_expect_none(p);
	return list;
}

static void
expect_drop(const struct dp_frame *f, const char *reason)
{
	json_t *list = explain_and_send("p1", f);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (str(json_array_get(list, i), "drop") != NULL &&
		    strcmp(str(json_array_get(list, i), "drop"), reason) == 0) {
			json_decref(list);
			return;
		}
	json_dumpf(list, stderr, JSON_INDENT(1));
	fail_msg("not said: %s", reason);
}

/* Does the first frame that leaves go to that MAC address? */
static bool
sent_to(const json_t *list, const char *mac)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *frame = str(json_array_get(list, i), "frame");

		if (frame != NULL)
			return strncmp(frame, mac, strlen(mac)) == 0;
	}
	return false;
}

static void
forwarded_packets(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40);
	json_t *list = explain_and_send("p1", &f);
	unsigned int n_by_7 = 0;
	bool by_7;

	(void)state;
	assert_says(list, "rule 32766, table main: unicast 198.51.100.0/24 via 10.0.2.7 dev p2");
	assert_says(list, "source address accepted");
	assert_says(list, "neighbour 10.0.2.7 on p2 is PERMANENT");
	json_decref(list);
	for (unsigned int i = 0; i < 16; i++) {
		char dst[32];

		snprintf(dst, sizeof(dst), "203.0.113.%u", i);
		f = dp_udp(p1, 2, "10.0.1.2", dst, 40);
		list = explain_and_send("p1", &f);
		assert_says(list, "several next hops: bucket ");
		/* The route that is named is the one that is taken. */
		by_7 = says(list, "via 10.0.2.7 ");
		assert_true(by_7 != says(list, "via 10.0.2.8 "));
		assert_true(by_7 == sent_to(list, "020000000107"));
		n_by_7 += by_7;
		json_decref(list);
	}
	assert_in_range(n_by_7, 1, 15);
	/* What the router answers to itself is said, too. */
	f = dp_echo(p1, 2, "10.0.1.2", "10.0.1.1", 40);
	list = explain_and_send("p1", &f);
	assert_says(list, "for the router itself");
	json_decref(list);
}

/* Several next hops by any policy, and next hop objects: the one that is named is taken. */
static void
several_next_hops(void **state)
{
	(void)state;
	dp_cmd("ip nexthop add id 1 via 10.0.2.7 dev p2");
	dp_cmd("ip nexthop add id 2 via 10.0.2.8 dev p2");
	dp_cmd("ip nexthop add id 10 group 1/2");
	dp_cmd("ip nexthop add id 11 group 1/2 type resilient buckets 9");
	dp_cmd("ip route add 198.18.0.0/24 nhid 10");
	dp_cmd("ip route add 198.18.1.0/24 nhid 11");
	dp_cmd("ip route add 198.18.2.0/24 nhid 1");
	for (unsigned int policy = 0; policy <= 3; policy++) {
		unsigned int n_by_7 = 0;

		dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", policy);
		for (unsigned int i = 0; i < 48; i++) {
			char dst[32];
			struct dp_frame f;
			json_t *list;
			bool by_7;

			snprintf(dst, sizeof(dst), "198.18.%u.%u", i % 3, i);
			f = dp_udp(p1, 2, "10.0.1.2", dst, 40);
			if (i >= 24) { /* a tunnel */
				struct rte_ipv4_hdr *in = (struct rte_ipv4_hdr *)(dp_ip4(&f) + 1);

				dp_ip4(&f)->next_proto_id = IPPROTO_IPIP;
				*in = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
							     .src_addr = i * 77,
							     .dst_addr = i * 7 };
				dp_fix_checksum(&f);
			}
			list = explain_and_send("p1", &f);
			by_7 = says(list, "via 10.0.2.7 ");
			assert_true(by_7 != says(list, "via 10.0.2.8 "));
			assert_true(by_7 == sent_to(list, "020000000107"));
			assert_true(says(list, "several next hops: bucket ") == (i % 3 != 2));
			assert_false(says(list, "otherwise"));
			n_by_7 += by_7 && i % 3 != 2;
			json_decref(list);
		}
		assert_in_range(n_by_7, 1, 31);
	}
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=0");
	dp_cmd("ip nexthop flush");
}

static void
dropped_packets(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40);

	(void)state;
	dp_ip4(&f)->time_to_live = 1;
	dp_fix_checksum(&f);
	expect_drop(&f, "ip4_ttl_expired");
	dp_ip4(&f)->hdr_checksum ^= 1;
	expect_drop(&f, "ip4_bad_checksum");
	f = dp_udp(p1, 2, "10.0.1.2", "192.0.2.1", 40);
	expect_drop(&f, "ip4_blackhole");
	f = dp_udp(p1, 2, "10.0.1.2", "192.0.2.129", 40);
	expect_drop(&f, "ip4_unreachable");
	f = dp_udp(p1, 2, "10.0.1.2", "192.0.3.1", 40);
	expect_drop(&f, "ip4_prohibit");
	f = dp_udp(p1, 2, "10.0.1.2", "100.64.0.1", 40);
	expect_drop(&f, "ip4_no_route");
	f = dp_udp(p1, 2, "10.0.2.1", "198.51.100.9", 40);
	expect_drop(&f, "ip4_martian_source");
	f = dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40);
	memset(f.b, 0x02, 6);
	expect_drop(&f, "netdev_otherhost");
	f = dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40);
	dp_tag(&f, 8);
	expect_drop(&f, "netdev_unknown_vlan");
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=1");
	f = dp_udp(p1, 2, "198.51.100.9", "10.0.2.7", 40);
	expect_drop(&f, "ip4_rp_filter");
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=0");
}

static void
filters_and_rules(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40);
	json_t *list;

	(void)state;
	dp_cmd("filter add forward dst 198.51.100.0/24 protocol udp drop");
	expect_drop(&f, "filter_drop");
	dp_cmd("filter flush forward");
	dp_cmd("ip rule add pref 7 from 10.0.1.0/24 table 77");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.8 table 77");
	list = explain_and_send("p1", &f);
	assert_says(list, "rule 7, table 77: unicast 198.51.100.0/24 via 10.0.2.8 dev p2");
	json_decref(list);
	dp_cmd("ip rule add pref 6 from 10.0.1.0/24 prohibit");
	expect_drop(&f, "ip4_prohibit");
	dp_cmd("ip rule del pref 6");
	dp_cmd("ip rule del pref 7");
	dp_cmd("ip route flush table 77");
}

static void
vlans_and_bridges(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.7.2", "198.51.100.9", 40);
	json_t *list;

	(void)state;
	dp_tag(&f, 7);
	list = explain_and_send("p1", &f);
	assert_says(list, "its VLAN tag says p1.7");
	json_decref(list);
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set br0 up");
	dp_cmd("ip link set p2 master br0");
	dp_cmd("ip link set p3 master br0");
	f = dp_udp(p2, 3, "10.0.1.2", "198.51.100.9", 40);
	memset(f.b, 0x02, 6);
	list = explain("p2", &f);
	assert_says(list, "the source is new at p2");
	json_decref(list);
	list = explain_and_send("p2", &f); /* not learned by the explanation before */
	assert_says(list, "the source is new at p2");
	assert_says(list, "flooded to 1 ports");
	json_decref(list);
	list = explain_and_send("p2", &f);
	assert_false(says(list, "the source is new"));
	json_decref(list);
	dp_cmd("ip link set p2 nomaster");
	dp_cmd("ip link set p3 nomaster");
	dp_cmd("ip link del br0");
}

/* The counters, neighbours and buffers of the router, as text. */
static char *
all_that_is_counted(void)
{
	static const char *const commands[] = { "ip -s link show", "ip neigh show",
						"show drops",	   "show stats ip",
						"show stats icmp", "show stats balance",
						"filter show" };
	char *all = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&all, &len);

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		dp_cmd_try(commands[i], CLI_F_STATS);
		fputs(dp_cmd_output(), f);
	}
	fclose(f);
	return all;
}

static void
nothing_changes(void **state)
{
	struct dp_frame f[] = { dp_udp(p1, 2, "10.0.1.2", "198.51.100.9", 40),
				dp_udp(p1, 2, "10.0.1.2", "10.0.2.99", 40), /* nobody is asked */
				dp_udp(p1, 2, "10.0.1.2", "192.0.3.1", 40),
				dp_echo(p1, 2, "10.0.1.2", "10.0.2.1", 40) };
	struct rte_ether_addr none = { { 0 } };
	struct rte_ether_addr all = { .addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct dp_frame arp =
		dp_arp(1, &all, 77, "10.0.1.77", &none, "10.0.1.1"); /* not heard of */
	char *before, *after;
	json_t *list;

	(void)state;
	dp_run();
	before = all_that_is_counted();
	for (unsigned int k = 0; k < 300; k++) {
		list = explain("p1", k % 5 == 4 ? &arp : &f[k % 5]);
		json_decref(list);
	}
	list = explain("p1", &f[1]);
	assert_says(list, "neighbour 10.0.2.99 on p2 is not known: it is asked for");
	json_decref(list);
	dp_run();
	after = all_that_is_counted();
	assert_string_equal(before, after);
	free(before);
	free(after);
	/* The control: the same packets, when they are sent, do change something. */
	dp_inject(p1, &f[0]);
	dp_run();
	dp_discard(p2);
	after = all_that_is_counted();
	dp_inject(p1, &f[0]);
	dp_run();
	dp_discard(p2);
	before = all_that_is_counted();
	assert_string_not_equal(before, after);
	free(before);
	free(after);
}

/* Errors that are only explained use up nothing of what may be sent. */
static void
limits_are_not_used_up(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.0.3.1", 40);

	(void)state;
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=1000");
	dp_cmd("sysctl net.ipv4.icmp_msgs_per_sec=5");
	dp_cmd("sysctl net.ipv4.icmp_msgs_burst=5");
	dp_run_ms(5000);
	for (unsigned int k = 0; k < 50; k++) {
		json_t *list = explain("p1", &f);

		assert_true(sent_to(list, "020000000102"));
		json_decref(list);
	}
	json_decref(explain_and_send("p1", &f));
	for (unsigned int k = 0; k < 50; k++) { /* the control: sent ones do */
		dp_inject(p1, &f);
		dp_run();
	}
	assert_in_range(dp_discard(p1), 1, 12);
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=0");
}

/* Frames with some bytes wrong: what is said of them happens, whatever it is. */
static void
random_frames(void **state)
{
	static const char *const dst[] = { "198.51.100.9", "203.0.113.4", "10.0.1.1",
					   "192.0.2.1",	   "192.0.3.1",	  "10.0.2.255",
					   "224.0.0.1",	   "127.0.0.1",	  "10.0.2.50" };
	unsigned int drops = 0, frames = 0;

	(void)state;
	dp_cmd("sysctl net.ipv4.icmp_ratemask=0"); /* no limits: they are not asked */
	dp_cmd("sysctl net.ipv4.conf.all.send_redirects=0");
	dp_cmd("sysctl net.ipv4.conf.p1.send_redirects=0");
	srandom(4711);
	for (unsigned int k = 0; k < 3000; k++) {
		const char *to = dst[(size_t)random() % (sizeof(dst) / sizeof(dst[0]))];
		struct dp_frame f = random() % 2 ? dp_udp(p1, 2, "10.0.1.2", to, 60)
						 : dp_echo(p1, 2, "10.0.1.2", to, 60);
		json_t *list;

		for (long n = random() % 3; n > 0; n--)
			f.b[random() % 50] = (uint8_t)random();
		dp_ip4(&f)->fragment_offset &= RTE_BE16(0xc000); /* what is put together stays */
		if (random() % 4)
			dp_fix_checksum(&f);
		list = explain_and_send("p1", &f);
		for (size_t i = 0; i < json_array_size(list); i++) {
			drops += str(json_array_get(list, i), "drop") != NULL;
			frames += str(json_array_get(list, i), "frame") != NULL;
		}
		json_decref(list);
	}
	assert_in_range(drops, 500, 3000);
	assert_in_range(frames, 500, 3000);
}

/* Lines of the log about martians. */
static unsigned int
martians_in(FILE *log, char *const *text)
{
	unsigned int n = 0;

	dp_run();
	fflush(log);
	for (const char *p = *text; (p = strstr(p, "martian")) != NULL; p++)
		n++;
	return n;
}

/* What is only asked about is not logged, and goes to nobody who would. */
static void
nothing_is_logged(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "127.0.0.1", "198.51.100.9", 20);
	char *text = NULL;
	size_t len;
	FILE *log = open_memstream(&text, &len);

	(void)state;
	assert_non_null(log);
	assert_int_equal(rte_openlog_stream(log), 0);
	dp_cmd("sysctl net.ipv4.conf.p1.log_martians=1");
	dp_cmd("sysctl net.core.message_burst=1");
	for (unsigned int i = 0; i < 3; i++) { /* uses up no line of the limit either */
		json_t *list = explain("p1", &f);

		assert_false(is_told(list));
		json_decref(list);
	}
	assert_int_equal(martians_in(log, &text), 0);
	dp_check_balance();
	dp_inject(p1, &f); /* control */
	dp_run();
	assert_int_equal(martians_in(log, &text), 1);
	dp_cmd("sysctl net.ipv4.conf.p1.log_martians=0");
	dp_cmd("sysctl net.core.message_burst=10");
	rte_openlog_stream(NULL);
	fclose(log);
	free(text);
}

static void
bytes_that_are_no_frame(void **state)
{
	(void)state;
	assert_non_null(strstr(dp_cmd_fails("explain dev p1 hex 0102"), "14"));
	assert_non_null(strstr(dp_cmd_fails("explain dev p1 hex xyz"), "hexadecimal"));
	assert_non_null(strstr(dp_cmd_fails("explain dev nosuch hex 00"), "nosuch"));
	dp_cmd("explain dev p1 hex 02:00:00:00:00:01 02:00:00:00:01:02 08:00 45");
	assert_non_null(strstr(dp_cmd_output(), "ip4_truncated"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwarded_packets),	   cmocka_unit_test(several_next_hops),
		cmocka_unit_test(dropped_packets),	   cmocka_unit_test(filters_and_rules),
		cmocka_unit_test(nothing_changes),	   cmocka_unit_test(limits_are_not_used_up),
		cmocka_unit_test(random_frames),	   cmocka_unit_test(vlans_and_bridges),
		cmocka_unit_test(bytes_that_are_no_frame), cmocka_unit_test(nothing_is_logged),
	};

	return cmocka_run_group_tests(tests, setup, dp_teardown);
}
