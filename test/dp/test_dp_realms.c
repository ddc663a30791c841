/* SPDX-License-Identifier: BSD-3-Clause */
/* Realms of packets: told by routes there and back and by rules, counted, and made classes of.
 *
 *   host 2: 10.0.1.2 --- p1 [router] p2 --- 10.0.2.2 :host 3
 *   (203.0.113.0/24)             p3 --- 10.0.3.2 :host 4
 */
#include "dp.h"
#include <stdio.h>
#include <string.h>
#include "core/counter.h"
#include "ip4/ip4_mib_dp.h"
#include "ip4/ip4_probe.h"
#include "netdev/netdev.h"
#include "sched/sched.h"
#include "sched/sched_filter.h"
#include "skb/skb_realm_dp.h"

#define NEAR "203.0.113.7"
#define FAR  "198.51.100.9"

static unsigned int p1, p2, p3;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	p3 = dp_lan(3);
	return 0;
}

static void
count_is(unsigned int base, unsigned int realm, uint64_t want)
{
	role_enter_ctl();
	assert_int_equal(counter_read(&realm_mib, base + realm), want);
}

/* Sum over all realms. */
static uint64_t
count_all(unsigned int base)
{
	uint64_t sum = 0;

	role_enter_ctl();
	for (unsigned int i = 0; i < 256; i++)
		sum += counter_read(&realm_mib, base + i);
	return sum;
}

static uint64_t
in_fast(void)
{
	role_enter_ctl();
	return counter_read_total(&route_mib, ROUTE_in_fast);
}

/* A packet from NEAR to FAR, which must leave by @p way. */
static void
forward(unsigned int way)
{
	struct dp_frame f = dp_udp(p1, 2, NEAR, FAR, 72), want = dp_forwarded(&f, way, way + 1);

	dp_inject(p1, &f);
	dp_run();
	dp_expect(way, &want);
}

/* --- told and counted --- */

static void
routes_and_rules(void **state)
{
	static const struct {
		const char *to, *back, *rule;
		unsigned int for_realm, from_realm; /* 0 and 0: nothing is counted */
		bool slow;			    /* the first one by the general lane */
	} rows[] = {
		{ "", "", NULL, 0, 0, false },
		{ "realm 10", "", NULL, 10, 0, false },
		{ "", "realm 5", NULL, 0, 5, false },
		{ "realm 10", "realms 9/5", NULL, 10, 5, false },
		{ "realms 3/10", "realm 5", NULL, 10, 3, false },
		{ "realms 3/", "realm 5", NULL, 0, 3, false },
		{ "realm 10", "realm 5", "from 203.0.113.0/24 table main realms 7/8", 10, 7,
		  false },
		{ "", "", "from 203.0.113.0/24 table main realms 7/8", 8, 7, false },
		{ "", "realm 5", "from 203.0.113.0/24 table main realm 8", 8, 5, false },
		{ "realm 10", "", "to 203.0.113.0/24 table main realms 7/6", 10, 6, false },
		{ "", "", "to 203.0.113.0/24 table main realms 7/6", 7, 6, false },
		{ "", "realm 5", "to 203.0.113.0/24 table main realms 7/6", 7, 5, false },
		{ "realms 300", "realm 5", NULL, 300 & 0xff, 5, false },
		{ "realm 10 table default", "realm 5 table default", NULL, 10, 5, true },
	};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		bool any = rows[i].for_realm != 0 || rows[i].from_realm != 0;
		uint64_t fast = in_fast();

		dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2 %s", rows[i].to);
		dp_cmd("ip route add 203.0.113.0/24 via 10.0.1.2 %s", rows[i].back);
		if (rows[i].rule != NULL)
			dp_cmd("ip rule add pref 100 %s", rows[i].rule);
		dp_cmd("clear stats realm");
		for (unsigned int n = 0; n < 3; n++)
			forward(p2);
		count_is(REALM_TO_PACKETS, rows[i].for_realm, any ? 3 : 0);
		count_is(REALM_TO_BYTES, rows[i].for_realm, any ? 300 : 0);
		count_is(REALM_FROM_PACKETS, rows[i].from_realm, any ? 3 : 0);
		count_is(REALM_FROM_BYTES, rows[i].from_realm, any ? 300 : 0);
		assert_int_equal(count_all(REALM_TO_PACKETS), any ? 3 : 0);
		assert_int_equal(count_all(REALM_FROM_PACKETS), any ? 3 : 0);
		assert_int_equal(in_fast() - fast, 3 - rows[i].slow);
		if (rows[i].rule != NULL)
			dp_cmd("ip rule del pref 100");
		dp_cmd("ip route del 198.51.100.0/24 %s", rows[i].to);
		dp_cmd("ip route del 203.0.113.0/24 %s", rows[i].back);
		assert_int_equal(skb_realm_users, 0);
	}
}

/* A flow's hash, whatever it is of, is made by the fast lane: while realms are told only ways that
 * are chosen packet by packet are the general lane's. */
static void
policies_in_the_fast_lane(void **state)
{
	(void)state;
	dp_cmd("ip route add 198.51.100.0/24 nexthop via 10.0.2.2 realm 20 nexthop via 10.0.3.2 "
	       "realm 30");
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_fields=0xfff");
	for (unsigned int policy = 0; policy <= 5; policy++)
		for (unsigned int inside = 0; inside < 2; inside++) {
			struct dp_frame f = dp_udp(p1, 2, NEAR, FAR, 72), got;
			struct rte_ipv4_hdr *ip = dp_ip4(&f);
			uint64_t fast = in_fast();

			if (inside) {
				ip->next_proto_id = IPPROTO_IPIP;
				ip[1] = ip[0];
				dp_fix_checksum(&f);
			}
			dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", policy);
			dp_cmd("clear stats realm");
			dp_inject(p1, &f);
			dp_run();
			assert_true(dp_out(p2, &got) != dp_out(p3, &got));
			assert_int_equal(in_fast() - fast, policy < 4);
			assert_int_equal(count_all(REALM_TO_PACKETS), 1);
		}
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=0");
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_fields=7");
	dp_cmd("ip route del 198.51.100.0/24");
}

/* Each of several next hops says what it says; of the way back the first one does. */
static void
next_hops(void **state)
{
	unsigned int by2 = 0, by3 = 0;
	struct dp_frame got;

	(void)state;
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=4");
	dp_cmd("ip route add 198.51.100.0/24 nexthop via 10.0.2.2 realm 20 nexthop via 10.0.3.2 "
	       "realms 4/30");
	dp_cmd("ip route add 203.0.113.0/24 nexthop via 10.0.1.2 realm 6 nexthop via 10.0.3.2 "
	       "realm 7");
	dp_cmd("clear stats realm");
	for (unsigned int i = 0; i < 32; i++) {
		struct dp_frame f = dp_udp(p1, 2, NEAR, FAR, 72);

		dp_inject(p1, &f);
		dp_run();
		by2 += dp_out(p2, &got);
		by3 += dp_out(p3, &got);
	}
	assert_int_equal(by2 + by3, 32);
	assert_true(by2 > 8 && by3 > 8);
	count_is(REALM_TO_PACKETS, 20, by2);
	count_is(REALM_TO_PACKETS, 30, by3);
	count_is(REALM_FROM_PACKETS, 6, by2);
	count_is(REALM_FROM_PACKETS, 4, by3);
	count_is(REALM_FROM_PACKETS, 7, 0);
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route del 203.0.113.0/24");
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=0");
	assert_int_equal(skb_realm_users, 0);
}

/* What dies is not counted, nor is what is only explained; what is for us has a source alone. */
static void
not_everything(void **state)
{
	struct dp_frame f = dp_echo(p1, 2, NEAR, "10.77.0.1", 72), got;
	char hex[256];

	(void)state;
	dp_cmd("ip route add local 10.77.0.1 dev lo realm 44");
	dp_cmd("ip route add blackhole 198.51.100.0/24 realm 10");
	dp_cmd("ip route add 203.0.113.0/24 via 10.0.1.2 realm 5");
	dp_cmd("clear stats realm");
	dp_drops_clear();
	got = dp_udp(p1, 2, NEAR, FAR, 72);
	dp_inject(p1, &got);
	dp_run();
	assert_int_equal(dp_drops("ip4_blackhole"), 1);
	assert_int_equal(count_all(REALM_TO_PACKETS), 0);
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p1, &got));
	count_is(REALM_TO_PACKETS, 0, 1);
	count_is(REALM_FROM_PACKETS, 5, 1);
	assert_int_equal(count_all(REALM_TO_PACKETS), 1);
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2 realms 3/10");
	f = dp_udp(p1, 2, NEAR, FAR, 20);
	for (uint32_t i = 0; i < f.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", f.b[i]);
	dp_cmd("explain dev p1 hex %s", hex);
	assert_non_null(strstr(dp_cmd_output(), "realms 3/10"));
	assert_int_equal(count_all(REALM_TO_PACKETS), 1);
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route del 203.0.113.0/24");
	dp_cmd("ip route del local 10.77.0.1");
}

/* --- classes --- */

static uint64_t queued[SCHED_BANDS];

/* The one class of p2 (or @p port) that got packets since the last call: 1 to 16; 0: none. */
static unsigned int
class_of(const char *port)
{
	const struct qdisc *q;
	unsigned int found = 0;

	role_enter_ctl();
	q = sched_of(dev_get_by_name(port));
	for (unsigned int b = 0; b < SCHED_BANDS; b++) {
		if (q->class[b].packets != queued[b]) {
			assert_int_equal(found, 0);
			found = b + 1;
		}
		queued[b] = q->class[b].packets;
	}
	return found;
}

static unsigned int
class_now(void)
{
	forward(p2);
	return class_of("p2");
}

static void
classes(void **state)
{
	(void)state;
	memset(queued, 0, sizeof(queued));
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2");
	dp_cmd("ip route add 203.0.113.0/24 via 10.0.1.2 realm 5");
	dp_cmd("tc qdisc add dev p2 root handle 1: prio bands 8");
	assert_int_equal(class_now(), 2); /* by TOS */
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 100 route to 10 classid 1:1");
	assert_int_equal(class_now(), 2);
	dp_cmd("ip route replace 198.51.100.0/24 via 10.0.2.2 realm 10");
	assert_int_equal(class_now(), 1);
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 100 route from 6 to 10 classid "
	       "1:8");
	assert_int_equal(class_now(), 1);
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 100 route from 5 classid 1:8");
	assert_int_equal(class_now(), 1); /* where to goes before where from */
	dp_cmd("tc filter del dev p2 prio 100 route from 5");
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 100 route to 10 fromif p1 classid "
	       "1:7");
	assert_int_equal(class_now(), 7);
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 100 route from 5 to 10 classid "
	       "1:5");
	assert_int_equal(class_now(), 5); /* the more it says the earlier it is asked */
	dp_cmd("tc filter add dev p2 parent 1: protocol ip prio 90 route from 5 flowid 1:3");
	assert_int_equal(class_now(), 3); /* priorities first */
	dp_cmd("tc filter replace dev p2 parent 1: protocol ip prio 90 route from 5 flowid 1:4");
	assert_int_equal(class_now(), 4);
	dp_cmd("tc filter del dev p2 prio 90");
	assert_int_equal(class_now(), 5);
	dp_cmd("ip route replace 198.51.100.0/24 via 10.0.2.2 realm 11");
	assert_int_equal(class_now(), 2);
	dp_cmd("ip route replace 198.51.100.0/24 via 10.0.2.2");
	dp_cmd("ip route replace 203.0.113.0/24 via 10.0.1.2");
	dp_cmd("tc filter add dev p2 prio 200 route fromif p1 classid 1:6");
	assert_int_equal(class_now(), 6); /* no realm anywhere */
	dp_cmd("tc filter del dev p2");
	assert_int_equal(skb_realm_users, 0);
	assert_int_equal(class_now(), 2);
	dp_cmd("tc qdisc del dev p2 root");
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route del 203.0.113.0/24");
}

/* A datagram of ours, bound to p1. */
static void
send_bound(void)
{
	struct ip4_probe p = { .dst = dp_ip("10.0.1.2"),
			       .src = dp_ip("10.0.1.1"),
			       .dev = dev_get_by_name("p1"),
			       .proto = IPPROTO_UDP };
	struct dp_frame got;

	role_enter_ctl();
	assert_int_equal(ip4_probe_send(&p, ip4_probe_alloc(&p, 8, 32)), 0);
	dp_run();
	assert_true(dp_out(p1, &got));
}

/* Pieces go where their packet goes; so does what is made here; frames that nobody routed do not.
 */
static void
what_has_a_class(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, NEAR, FAR, 1000), got;
	struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, none = { { 0 } };
	unsigned int pieces = 0;

	(void)state;
	memset(queued, 0, sizeof(queued));
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2 realm 10");
	dp_cmd("ip route add 203.0.113.0/24 via 10.0.1.2 realm 10");
	dp_cmd("tc qdisc add dev p2 root handle 1: pfifo_fast");
	dp_cmd("tc filter add dev p2 parent 1: route to 10 classid 1:3");
	dp_cmd("port config p2 mtu 600");
	dp_inject(p1, &f);
	dp_run();
	while (dp_out(p2, &got))
		pieces++;
	assert_true(pieces > 1);
	assert_int_equal(class_of("p2"), 3);
	dp_cmd("port config p2 mtu 1500");
	dp_cmd("tc qdisc del dev p2 root");

	memset(queued, 0, sizeof(queued));
	dp_cmd("tc qdisc add dev p1 root handle 1: pfifo_fast");
	dp_cmd("tc filter add dev p1 parent 1: route to 10 classid 1:3");
	f = dp_echo(p1, 2, NEAR, "10.0.1.1", 72);
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(class_of("p1"), 3);
	f = dp_echo(p1, 2, "10.0.1.2", "10.0.1.1", 72);
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(class_of("p1"), 2);
	f = dp_arp(RTE_ARP_OP_REQUEST, &all, 2, "10.0.1.2", &none, "10.0.1.1");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(class_of("p1"), 1); /* of control class */
	/* Bound to p1 it goes by a rule of its own. */
	send_bound();
	assert_int_equal(class_of("p1"), 2);
	dp_cmd("ip rule add oif p1 table main realm 10");
	send_bound();
	assert_int_equal(class_of("p1"), 3);
	dp_cmd("ip rule del oif p1 table main");
	dp_cmd("tc qdisc del dev p1 root");
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route del 203.0.113.0/24");
}

/* What a buffer was when it was routed last says nothing of the frame that is bridged in it. */
static void
bridged_frames_have_none(void **state)
{
	unsigned int p4 = dp_port("p4"), p5 = dp_port("p5");
	struct rte_ether_addr to = dp_host_mac(9);
	struct dp_frame got;

	(void)state;
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set p4 master br0");
	dp_cmd("ip link set p5 master br0");
	dp_cmd("ip link set br0 up");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2 realm 10");
	dp_cmd("tc qdisc add dev p5 root handle 1: pfifo_fast");
	dp_cmd("tc filter add dev p5 parent 1: route to 10 classid 1:3");
	memset(queued, 0, sizeof(queued));
	for (unsigned int i = 0; i < 32; i++) {
		struct dp_frame f = dp_udp(p4, 8, "192.0.2.8", "192.0.2.9", 72);

		for (unsigned int n = 0; n < 4; n++)
			forward(p2);
		memcpy(f.b, &to, sizeof(to));
		dp_inject(p4, &f);
		dp_run();
		assert_true(dp_out(p5, &got));
		assert_int_equal(class_of("p5"), 2);
	}
	dp_cmd("tc qdisc del dev p5 root");
	dp_cmd("ip link del br0");
	dp_cmd("ip route del 198.51.100.0/24");
}

/* A way that goes with its device leaves what the other one says. */
static void
next_hop_that_goes(void **state)
{
	(void)state;
	dp_cmd("ip link add link p3 name p3.7 type vlan id 7");
	dp_cmd("ip addr add 10.0.7.1/24 dev p3.7");
	dp_cmd("ip link set p3.7 up");
	dp_cmd("ip route add 198.51.100.0/24 nexthop via 10.0.7.2 realm 20 nexthop via 10.0.2.2 "
	       "realm 30");
	dp_cmd("ip link del p3.7");
	dp_cmd("ip route show 198.51.100.0/24");
	assert_string_equal(dp_cmd_output(), "198.51.100.0/24 via 10.0.2.2 dev p2 realm 30 \n");
	assert_non_null(strstr(
		dp_cmd_fails("ip route append 198.51.100.0/24 via 10.0.2.2 realm 30"), "exists"));
	dp_cmd("clear stats realm");
	forward(p2);
	count_is(REALM_TO_PACKETS, 30, 1);
	count_is(REALM_TO_PACKETS, 20, 0);
	dp_cmd("ip route del 198.51.100.0/24");
	assert_int_equal(skb_realm_users, 0);
}

#define RING_ROOM 1023 /* frames that a port of these tests takes before anybody looks */

/* What the filter calls urgent overtakes what waits. */
static void
urgent_realm_overtakes(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, NEAR, "192.0.2.9", 100), got;
	unsigned int urgent = 0;

	(void)state;
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.2");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2 realm 10");
	dp_cmd("tc qdisc add dev p2 root handle 1: pfifo_fast");
	dp_cmd("tc filter add dev p2 parent 1: route to 10 classid 1:1");
	for (unsigned int i = 0; i < RING_ROOM + 300; i++) {
		dp_inject(p1, &f);
		if (i % 512 == 511)
			dp_run();
	}
	dp_run();
	f = dp_udp(p1, 2, NEAR, FAR, 100);
	for (unsigned int i = 0; i < 20; i++)
		dp_inject(p1, &f);
	dp_run();
	for (unsigned int i = 0; i < RING_ROOM; i++) /* what the port had taken already */
		assert_true(dp_out(p2, &got));
	for (unsigned int i = 0; i < 4; i++) {
		dp_run();
		for (unsigned int n = 0; n < 13 && dp_out(p2, &got); n++)
			urgent += dp_ip4(&got)->dst_addr == dp_ip(FAR);
	}
	assert_int_equal(urgent, 20); /* behind the burst that stood in the driver's buffer */
	do {
		while (dp_out(p2, &got))
			;
		dp_run();
	} while (dp_out(p2, &got));
	dp_check_balance();
	dp_cmd("tc qdisc del dev p2 root");
	dp_cmd("ip route del 198.51.100.0/24");
	dp_cmd("ip route del 192.0.2.0/24");
}

/* --- words, errors, limits --- */

static void
refused(const char *cmd, const char *why)
{
	const char *said = dp_cmd_fails("%s", cmd);

	if (strstr(said, why) == NULL)
		fail_msg("%s: %s", cmd, said);
}

static void
words_and_errors(void **state)
{
	(void)state;
	refused("tc filter add dev p2 parent 1: route to 1 classid 1:1", "Parent Qdisc");
	dp_cmd("tc qdisc add dev p2 root handle 1: tbf rate 1mbit burst 10kb limit 10kb");
	refused("tc filter add dev p2 parent 1: route to 1 classid 1:1", "not classful");
	dp_cmd("tc qdisc replace dev p2 root handle 1: pfifo_fast");
	refused("tc filter add dev p2 parent 2: route to 1 classid 1:1", "parent 2:");
	refused("tc filter add dev p2 parent 1: route to 1 classid 1:4", "from 1:1 to 1:3");
	refused("tc filter add dev p2 parent 1: route to 1 classid 2:1", "from 1:1 to 1:3");
	refused("tc filter add dev p2 parent 1: route to 1 classid 1:0", "from 1:1 to 1:3");
	refused("tc filter add dev p2 parent 1: route to 1", "which class");
	refused("tc filter add dev p2 parent 1: route to 256 classid 1:1", "no realm");
	refused("tc filter add dev p2 parent 1: protocol ipv6 route to 1 classid 1:1", "ip is");
	refused("tc filter add dev p2 parent 1: route from 1 fromif p1 classid 1:1", "exclusive");
	refused("tc filter change dev p2 parent 1: prio 7 route to 1 classid 1:1", "No such file");
	refused("tc filter del dev p2 parent 1: prio 7", "no such filter");
	dp_cmd("tc filter add dev p2 parent 1: prio 7 route to cosmos classid 1:1");
	refused("tc filter add dev p2 parent 1: prio 7 route to 0 classid 1:2", "File exists");
	dp_cmd("tc filter change dev p2 parent 1: prio 7 route to 0 classid 1:2");
	dp_cmd("tc filter add dev p2 route from 3 to 10 classid 1:3");
	dp_cmd("tc filter show dev p2");
	assert_string_equal(dp_cmd_output(),
			    "filter parent 1: protocol ip pref 6 route chain 0 fh 0x0003000a "
			    "flowid 1:3 to 10 from 3 \n"
			    "filter parent 1: protocol ip pref 7 route chain 0 fh 0xffff0000 "
			    "flowid 1:2 to cosmos \n");
	dp_cmd("tc class show dev p2");
	assert_string_equal(dp_cmd_output(), "class pfifo_fast 1:1 parent 1: \n"
					     "class pfifo_fast 1:2 parent 1: \n"
					     "class pfifo_fast 1:3 parent 1: \n");
	dp_cmd("tc qdisc del dev p2 root");
	assert_int_equal(skb_realm_users, 0);
	refused("show stats realm 256", "no realm");
}

static void
limits_and_devices(void **state)
{
	(void)state;
	dp_cmd("ip link add link p1 name p1.5 type vlan id 5");
	dp_cmd("tc qdisc add dev p2 root handle 1: prio");
	dp_cmd("tc filter add dev p2 prio 1 route fromif p1.5 classid 1:1");
	dp_cmd("tc filter add dev p2 prio 2 route to 1 classid 1:1");
	dp_cmd("ip link del p1.5");
	dp_cmd("tc filter show dev p2");
	assert_null(strstr(dp_cmd_output(), "pref 1 "));
	assert_non_null(strstr(dp_cmd_output(), "pref 2 "));
	for (unsigned int i = 3; i < 3 + SCHED_FILTERS_MAX - 1; i++)
		dp_cmd("tc filter add dev p2 prio %u route to 1 classid 1:1", i);
	assert_non_null(strstr(dp_cmd_fails("tc filter add dev p2 prio 999 route to 1 classid 1:1"),
			       "room for 256"));
	dp_cmd("tc filter replace dev p2 prio 5 route to 1 classid 1:2");
	dp_cmd("tc qdisc del dev p2 root");
	assert_int_equal(skb_realm_users, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_and_rules),
		cmocka_unit_test(policies_in_the_fast_lane),
		cmocka_unit_test(next_hops),
		cmocka_unit_test(not_everything),
		cmocka_unit_test(classes),
		cmocka_unit_test(what_has_a_class),
		cmocka_unit_test(bridged_frames_have_none),
		cmocka_unit_test(next_hop_that_goes),
		cmocka_unit_test(urgent_realm_overtakes),
		cmocka_unit_test(words_and_errors),
		cmocka_unit_test(limits_and_devices),
	};

	return cmocka_run_group_tests(tests, setup, dp_teardown);
}
