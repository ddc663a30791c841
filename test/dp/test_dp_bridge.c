/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridging without VLANs: IEEE 802.1D-2004 clause 7. */
#include "bridge_lan.h"

/* --- 802.1D-2004 7.7, 7.8: learning, filtering, forwarding, flooding --- */

static void
unknown_is_flooded_and_known_is_not(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), g = to_host(11, 12, 2);

	(void)state;
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p1);
	dp_expect(p2, &f);
	dp_expect(p3, &f);
	dp_inject(p2, &g); /* 11 is known now */
	dp_run();
	dp_expect(p1, &g);
	dp_expect_none(p2);
	dp_expect_none(p3);
	dp_inject(p1, &f); /* and 12 */
	dp_run();
	dp_expect(p2, &f);
	dp_expect_none(p3);
	dp_expect_none(p4);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0c dev p2 master br0 \n"));
}

static void
frame_to_its_own_port_is_filtered(void **state)
{
	struct dp_frame f = to_host(15, 11, 1);

	(void)state;
	hear(p1, 15);
	dp_drops_clear();
	dp_inject(p1, &f);
	dp_run();
	for (unsigned int n = 1; n <= 4; n++)
		dp_expect_none(n);
	assert_int_equal(dp_drops("br_same_port"), 1);
	dp_cmd("bridge link set dev p1 hairpin on");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p1, &f);
}

static void
broadcast_and_multicast_go_everywhere(void **state)
{
	static const struct rte_ether_addr group = { { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 } };
	struct dp_frame f = frame(&all, 11, 1), g = frame(&group, 11, 2);

	(void)state;
	dp_inject(p1, &f);
	dp_inject(p1, &g);
	dp_run();
	for (unsigned int n = 2; n <= 3; n++) {
		dp_expect(n, &f);
		dp_expect(n, &g);
		dp_expect_none(n);
	}
	dp_expect_none(p1);
	dp_expect_none(p4);
	dp_cmd("bridge link set dev p2 bcast_flood off");
	dp_cmd("bridge link set dev p3 mcast_flood off");
	dp_inject(p1, &f);
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &g);
	dp_expect(p3, &f);
	dp_expect_none(p2);
	dp_expect_none(p3);
}

static void
moved_host_is_seen_at_once(void **state)
{
	struct dp_frame f = to_host(15, 11, 1);

	(void)state;
	hear(p2, 15);
	hear(p3, 15);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p3, &f);
	dp_expect_none(p2);
	assert_true(shows("bridge fdb show", "02:00:00:00:01:0f dev p3 "));
	assert_null(strstr(dp_cmd_output(), "02:00:00:00:01:0f dev p2 "));
}

static void
entries_age(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge ageing_time 100"); /* centiseconds */
	hear(p1, 15);
	dp_cmd("bridge fdb add 02:00:00:00:01:10 dev p1 master static");
	assert_true(shows("bridge fdb show", "02:00:00:00:01:0f dev p1 "));
	for (int i = 0; i < 20; i++) { /* in use: stays */
		hear(p1, 15);
		dp_run_ms(100);
	}
	assert_true(shows("bridge fdb show", "02:00:00:00:01:0f dev p1 "));
	dp_run_ms(3500);
	assert_false(shows("bridge fdb show", "02:00:00:00:01:0f"));
	assert_true(shows("bridge fdb show", "02:00:00:00:01:10 dev p1 master br0 static"));
}

static void
order_is_kept_when_an_address_becomes_known(void **state)
{
	struct dp_frame got, ack = to_host(11, 12, 99);

	(void)state;
	for (uint8_t i = 0; i < 20; i++) {
		struct dp_frame f = to_host(12, 11, i);

		dp_inject(p1, &f);
		if (i == 9) {
			dp_inject(p2, &ack);
			dp_run();
		}
	}
	dp_run();
	for (uint8_t i = 0; i < 20; i++) {
		struct dp_frame f = to_host(12, 11, i);

		assert_true(dp_out(p2, &got));
		assert_memory_equal(got.b, f.b, f.len);
	}
}

/* Many ports in one burst: each gets its own, in order. */
static void
burst_is_sorted_by_port(void **state)
{
	struct dp_frame f;

	(void)state;
	hear(p2, 12);
	hear(p3, 13);
	for (uint8_t i = 0; i < 30; i++) {
		f = i % 3 == 2 ? frame(&all, 11, i) : to_host(12 + i % 3, 11, i);
		dp_inject(p1, &f);
	}
	dp_run();
	for (uint8_t i = 0; i < 30; i++) {
		f = i % 3 == 2 ? frame(&all, 11, i) : to_host(12 + i % 3, 11, i);
		if (i % 3 != 1)
			dp_expect(p2, &f);
		if (i % 3 != 0)
			dp_expect(p3, &f);
	}
	dp_expect_none(p2);
	dp_expect_none(p3);
}

/* Known addresses alone, behind two ports. */
static void
known_ones_are_sorted_by_port(void **state)
{
	struct dp_frame f;

	(void)state;
	hear(p2, 12);
	hear(p3, 13);
	for (uint8_t i = 0; i < 30; i++) {
		f = to_host(i % 3 == 1 ? 13 : 12, 11, i);
		dp_inject(p1, &f);
	}
	dp_run();
	for (uint8_t i = 0; i < 30; i++) {
		f = to_host(i % 3 == 1 ? 13 : 12, 11, i);
		dp_expect(i % 3 == 1 ? p3 : p2, &f);
	}
	dp_expect_none(p2);
	dp_expect_none(p3);
}

/* --- 7.12.6: reserved groups --- */

static void
reserved_groups_are_not_relayed(void **state)
{
	struct rte_ether_addr group = { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } };
	struct dp_frame f;

	(void)state;
	for (uint8_t last = 0; last < 16; last++) {
		group.addr_bytes[5] = last;
		f = frame(&group, 11, last);
		dp_inject(p1, &f);
	}
	dp_run();
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
	assert_int_equal(dp_drops("br_no_stp"), 1);
	assert_int_equal(dp_drops("br_pause"), 1);
	group.addr_bytes[5] = 0x10; /* all LANs bridge management: an ordinary group */
	f = frame(&group, 11, 0x10);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect(p3, &f);
	dp_cmd("ip link set br0 type bridge group_fwd_mask 0x4000");
	group.addr_bytes[5] = 0x0e;
	f = frame(&group, 11, 0x0e);
	dp_inject(p1, &f);
	group.addr_bytes[5] = 0x0d;
	f = frame(&group, 11, 0x0d);
	dp_inject(p1, &f);
	dp_run();
	group.addr_bytes[5] = 0x0e;
	f = frame(&group, 11, 0x0e);
	dp_expect(p2, &f);
	dp_expect_none(p2);
	dp_cmd_fails("ip link set br0 type bridge group_fwd_mask 1");
	dp_cmd_fails("ip link set br0 type bridge group_fwd_mask 7");
}

/* --- flags of ports --- */

static void
isolated_ports_do_not_meet(void **state)
{
	struct dp_frame f = frame(&all, 11, 1), g = to_host(12, 11, 2);

	(void)state;
	hear(p2, 12);
	dp_cmd("bridge link set dev p1 isolated on");
	dp_cmd("bridge link set dev p2 isolated on");
	dp_inject(p1, &f);
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p3, &f);
	dp_expect_none(p2);
	dp_expect_none(p3);
	assert_int_equal(dp_drops("br_isolated"), 1);
	g = to_host(12, 13, 3);
	dp_inject(p3, &g); /* p3 is not: both may be reached */
	dp_run();
	dp_expect(p2, &g);
}

static void
locked_port_lets_known_sources_in(void **state)
{
	struct dp_frame f = to_host(12, 11, 1);

	(void)state;
	hear(p2, 12);
	dp_cmd("bridge link set dev p1 locked on learning off");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_locked"), 1);
	dp_cmd("bridge fdb add 02:00:00:00:01:0b dev p1 master static");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_cmd("bridge fdb replace 02:00:00:00:01:0b dev p3 master static");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_locked"), 2);
}

static void
flood_and_learning_off(void **state)
{
	struct dp_frame f = to_host(14, 11, 1);

	(void)state;
	dp_cmd("bridge link set dev p2 flood off");
	dp_cmd("bridge link set dev p1 learning off");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p3, &f);
	dp_expect_none(p2);
	assert_false(shows("bridge fdb show dynamic", "02:00:00:00:01:0b"));
	dp_cmd("bridge link set dev p3 flood off");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p3);
	assert_int_equal(dp_drops("br_no_port"), 1);
	hear(p3, 13);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0d dev p3"));
}

static void
sticky_entries_stay(void **state)
{
	struct dp_frame f = to_host(15, 11, 1);

	(void)state;
	dp_cmd("bridge fdb add 02:00:00:00:01:0f dev p2 master static sticky");
	hear(p3, 15);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect_none(p3);
}

static void
states_of_ports(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), g = to_host(15, 13, 1);

	(void)state;
	hear(p2, 12);
	dp_cmd("bridge link set dev p2 state blocking");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_stp_blocking"), 1);
	dp_cmd("bridge link set dev p3 state listening"); /* does not learn */
	dp_inject(p3, &g);
	dp_run();
	assert_int_equal(dp_drops("br_stp_blocking"), 2);
	assert_false(shows("bridge fdb show dynamic", "02:00:00:00:01:0d"));
	dp_cmd("bridge link set dev p3 state learning"); /* learns, does not forward */
	dp_inject(p3, &g);
	dp_run();
	assert_int_equal(dp_drops("br_stp_blocking"), 3);
	dp_expect_none(p1);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0d dev p3"));
	dp_cmd("bridge link set dev p3 state forwarding");
	dp_inject(p3, &g);
	dp_run();
	dp_expect(p1, &g);
	dp_expect_none(p2);
	assert_true(shows("bridge link show dev p2", "state blocking"));
	dp_cmd("bridge link set dev p2 state 3");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_cmd_fails("bridge link set dev p2 state 5");
}

static void
limits_of_learning(void **state)
{
	(void)state;
	dp_cmd("bridge link set dev p1 fdb_max_learned 2");
	for (uint8_t h = 20; h < 25; h++)
		hear(p1, h);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:15 dev p1"));
	assert_null(strstr(dp_cmd_output(), "02:00:00:00:01:16"));
	hear(p2, 30);
	dp_cmd("ip link set br0 type bridge fdb_max_learned 4");
	hear(p2, 31);
	hear(p2, 32);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:1f dev p2"));
	assert_null(strstr(dp_cmd_output(), "02:00:00:00:01:20"));
	dp_cmd("bridge fdb flush dev p1 dynamic");
	hear(p2, 32); /* told of a moment ago, and to be told of again: something was forgotten */
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:20 dev p2"));
	assert_null(strstr(dp_cmd_output(), "dev p1"));
}

static void
storm_is_limited(void **state)
{
	struct dp_frame f = frame(&all, 11, 1), got, u = to_host(12, 11, 2);
	unsigned int n = 0;

	(void)state;
	hear(p2, 12);
	dp_cmd("bridge link set dev p1 storm_broadcast 100");
	for (int i = 0; i < 200; i++)
		dp_inject(p1, &f);
	dp_inject(p1, &u); /* known unicast is no storm */
	dp_run();
	while (dp_out(p3, &got))
		n++;
	assert_int_equal(n, 10); /* a tenth of a second's */
	assert_int_equal(dp_drops("br_storm"), 200 - n);
	for (; n > 0; n--)
		dp_expect(p2, &f);
	assert_true(dp_out(p2, &got));
	assert_memory_equal(got.b, u.b, u.len);
	for (unsigned int ms = 50; ms <= 2000;
	     ms += 1950) { /* it earns more, but not without end */
		dp_run_ms(ms);
		for (int i = 0; i < 50; i++)
			dp_inject(p1, &f);
		dp_run();
		for (n = 0; dp_out(p3, &got);)
			n++;
		assert_int_equal(n, ms == 50 ? 5 : 10);
		while (dp_out(p2, &got))
			;
	}
	dp_cmd("bridge link set dev p1 storm_broadcast 0");
	for (int i = 0; i < 50; i++)
		dp_inject(p1, &f);
	dp_run();
	for (int i = 0; i < 50; i++)
		dp_expect(p3, &f);
}

/* 802.1D-2004 6.3.8: a frame too long for the next LAN is discarded. */
static void
too_long_is_dropped(void **state)
{
	struct dp_frame f = to_host(12, 11, 1);

	(void)state;
	hear(p2, 12);
	dp_cmd("ip link set p2 mtu 1000");
	f.len = 1018;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	f.len = 1019;
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_mtu"), 1);
	dp_inject(p1, &f); /* one of a burst */
	f.len = 1018;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_mtu"), 2);
	assert_true(shows("ip link show br0", "mtu 1000 "));
	dp_cmd("ip link set p2 mtu 1500");
	assert_true(shows("ip link show br0", "mtu 1500 "));
}

/* Buffers as cards do not make them. */
static void
unusual_buffers(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), want;

	(void)state;
	hear(p2, 12);
	dp_inject_segments(p1, &f, 20);
	dp_run();
	dp_expect(p2, &f);
	dp_inject_as(p1, &f, &(struct dp_mbuf){ .shared = true });
	dp_run();
	dp_expect(p2, &f);
	dp_release_shared();
	want = f;
	dp_tag(&want, 77);
	dp_inject_as(
		p1, &f,
		&(struct dp_mbuf){ .vlan_tci = 77,
				   .ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED });
	dp_run();
	dp_expect(p2, &want);
	f.len = 13;
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("netdev_runt"), 1);
}

/* What nobody is known for is the bridge's own as well when its device takes everything. */
static void
promiscuous_bridge_takes_the_unknown(void **state)
{
	struct dp_frame f = to_host(15, 11, 1);

	(void)state;
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("netdev_otherhost"), 0);
	dp_cmd("ip link set br0 promisc on");
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("netdev_otherhost"), 1);
	for (int i = 0; i < 2; i++) {
		dp_expect(p2, &f);
		dp_expect(p3, &f);
	}
	dp_cmd("ip link set br0 promisc off");
}

/* --- the bridge as a device --- */

static void
address_is_the_lowest(void **state)
{
	(void)state;
	assert_true(shows("ip link show br0", "link/ether 02:00:00:00:00:01 "));
	dp_cmd("ip link set p1 nomaster");
	assert_true(shows("ip link show br0", "link/ether 02:00:00:00:00:02 "));
	dp_cmd("ip link set br0 address 02:00:00:00:00:77");
	dp_cmd("ip link set p1 master br0");
	assert_true(shows("ip link show br0", "link/ether 02:00:00:00:00:77 "));
	assert_true(shows("bridge fdb show", "02:00:00:00:00:01 dev p1 master br0 permanent\n"));
	assert_true(shows("bridge fdb show", "02:00:00:00:00:77 dev br0 master br0 permanent\n"));
}

static void
carrier_and_state_follow(void **state)
{
	struct dp_frame f = to_host(12, 11, 1);

	(void)state;
	hear(p2, 12);
	assert_true(shows("ip link show br0", "state UP"));
	dp_cmd("ip link set p2 down");
	assert_false(shows("bridge fdb show dynamic", "dev p2"));
	assert_true(shows("bridge link show dev p2", "state disabled"));
	dp_cmd("ip link set p1 down");
	dp_cmd("ip link set p3 down");
	assert_true(shows("ip link show br0", "NO-CARRIER"));
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("ip link set p%u up", n);
	assert_true(shows("ip link show br0", "LOWER_UP"));
	dp_cmd("ip link set br0 down");
	dp_drops_clear();
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("br_stp_blocking"), 1);
	dp_cmd("ip link set br0 up");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect(p3, &f);
}

static void
masters_that_are_refused(void **state)
{
	(void)state;
	dp_cmd("ip link add br1 type bridge");
	dp_cmd_fails("ip link set br1 master br0");
	dp_cmd_fails("ip link set br0 master br0");
	dp_cmd_fails("ip link set lo master br0");
	dp_cmd_fails("ip link set p4 master p1");
	dp_cmd_fails("ip link set p4 master nobody");
	dp_cmd("ip link add link br0 name br0.5 type vlan id 5");
	dp_cmd_fails("ip link set br0.5 master br0");
	dp_cmd("ip link set br0.5 master br1");
	dp_cmd("ip link add link br1 name br1.6 type vlan id 6");
	dp_cmd_fails("ip link set br1.6 master br0"); /* br1 stands on br0 */
	dp_cmd("ip link set p1 master br1");	      /* from one to the other */
	assert_true(shows("bridge link show dev p1", "master br1"));
	dp_cmd("ip link del br1");
	assert_false(shows("ip link show p1", "master"));
}

/* Nothing passes between two bridges; the same host may be at a port of each. */
static void
bridges_do_not_meet(void **state)
{
	struct dp_frame to11 = to_host(11, 12, 1), f = frame(&all, 11, 2);

	(void)state;
	dp_cmd("ip link set p3 nomaster");
	dp_cmd("ip link add br1 type bridge");
	dp_cmd("ip link set br1 up");
	dp_cmd("ip link set p3 master br1");
	dp_cmd("ip link set p4 master br1");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_inject(p3, &f);
	dp_run();
	dp_expect(p4, &f);
	for (unsigned int n = 1; n <= 4; n++)
		dp_expect_none(n);
	assert_true(shows("bridge fdb show br br0 dynamic", "02:00:00:00:01:0b dev p1 "));
	assert_true(shows("bridge fdb show br br1 dynamic", "02:00:00:00:01:0b dev p3 "));
	dp_inject(p2, &to11);
	dp_inject(p4, &to11);
	dp_run();
	dp_expect(p1, &to11);
	dp_expect(p3, &to11);
	dp_cmd("ip link set br1 type bridge stp_state 1"); /* of one is not of the other */
	assert_true(shows("bridge link show dev p3", "state listening"));
	assert_true(shows("bridge link show dev p1", "state forwarding"));
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_cmd("ip link del br1");
	dp_cmd("ip link set p3 master br0");
}

/* Routed and bridged together: what is for the bridge is routed, from there and to there. */
static void
routes_between_bridge_and_port(void **state)
{
	struct dp_frame f = dp_udp(p4, 11, "10.0.1.11", "10.0.4.2", 100), want;
	struct dp_frame back = dp_udp(p4, 4, "10.0.4.2", "10.0.1.12", 80);
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;

	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev br0");
	dp_cmd("ip neigh add 10.0.1.12 lladdr 02:00:00:00:01:0c dev br0");
	for (unsigned int n = 1; n <= 3; n++) { /* to the bridge's address, or a port's */
		eh->dst_addr = dp_port_mac(n);
		want = dp_forwarded(&f, p4, 4);
		dp_inject(p1, &f);
		dp_run();
		dp_expect(p4, &want);
		for (unsigned int k = 1; k <= 3; k++)
			dp_expect_none(k);
	}
	want = dp_forwarded(&back, 1, 12); /* the bridge's address is p1's */
	dp_inject(p4, &back);
	dp_run();
	for (unsigned int n = 1; n <= 3; n++) /* 12 is unknown */
		dp_expect(n, &want);
	hear(p2, 12);
	dp_inject(p4, &back);
	dp_run();
	dp_expect(p2, &want);
	dp_expect_none(p1);
	dp_expect_none(p3);
}

static void
bridge_answers_arp_and_floods_it(void **state)
{
	static const struct rte_ether_addr none;
	struct dp_frame f = dp_arp(RTE_ARP_OP_REQUEST, &all, 11, "10.0.1.11", &none, "10.0.1.1");
	struct rte_ether_addr mac;
	struct dp_frame got;

	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev br0");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect(p3, &f);
	assert_true(dp_out(p1, &got));
	assert_int_equal(got.b[21], RTE_ARP_OP_REPLY);
	mac = dp_port_mac(1);
	assert_memory_equal(got.b + 22, &mac, sizeof(mac));
	dp_expect_none(p1);
}

/* --- neighbour suppression --- */

static const struct rte_ether_addr nobody;

/* The answer that @p who's host gives to @p asker, or the bridge for him. */
static struct dp_frame
arp_answer(uint8_t who, uint8_t asker, const char *who_ip, const char *asker_ip)
{
	struct rte_ether_addr to = dp_host_mac(asker);

	return dp_arp(RTE_ARP_OP_REPLY, &to, who, who_ip, &to, asker_ip);
}

static void
known_neighbours_are_answered_for(void **state)
{
	struct dp_frame q = dp_arp(RTE_ARP_OP_REQUEST, &all, 11, "10.8.0.11", &nobody, "10.8.0.12");
	struct dp_frame own =
		dp_arp(RTE_ARP_OP_REQUEST, &all, 11, "10.8.0.11", &nobody, "10.8.0.11");
	struct dp_frame us = dp_arp(RTE_ARP_OP_REQUEST, &all, 11, "10.8.0.11", &nobody, "10.8.0.1");
	struct dp_frame a = arp_answer(12, 11, "10.8.0.12", "10.8.0.11"), got;

	(void)state;
	dp_cmd("bridge link set dev p2 neigh_suppress on");
	dp_cmd("ip neigh add 10.8.0.12 lladdr 02:00:00:00:01:0c dev br0");
	dp_inject(p1, &q); /* where he is nobody knows */
	dp_run();
	dp_expect_none(p1);
	dp_expect(p2, &q);
	dp_expect(p3, &q);
	hear(p2, 12);
	dp_inject(p1, &q);
	dp_run();
	dp_expect(p1, &a);
	dp_expect_none(p2);
	dp_expect(p3, &q);
	hear(p3, 12); /* known, at a port that is not spared: he answers himself */
	dp_inject(p1, &q);
	dp_run();
	dp_expect_none(p1);
	dp_expect_none(p2);
	dp_expect(p3, &q);
	dp_inject(p1, &own); /* RFC 5227: an announcement */
	dp_run();
	dp_expect_none(p2);
	dp_expect(p3, &own);
	dp_cmd("ip addr add 10.8.0.1/24 dev br0");
	dp_inject(p1, &us);
	dp_run();
	assert_true(dp_out(p1, &got)); /* the bridge's own answer */
	dp_expect_none(p2);
	dp_expect(p3, &us);
	hear(p2, 12);
	dp_inject(p2, &own); /* what comes from a spared port goes everywhere */
	dp_run();
	dp_expect(p1, &own);
	dp_expect(p3, &own);
	dp_cmd("bridge link set dev p2 neigh_suppress off");
	dp_inject(p1, &q);
	dp_run();
	dp_expect_none(p1);
	dp_expect(p2, &q);
	dp_expect(p3, &q);
}

/* The neighbours of VLAN 10 are those of br0.10; answers carry the tag that the question had. */
static void
suppression_is_of_a_vlan(void **state)
{
	struct dp_frame q = dp_arp(RTE_ARP_OP_REQUEST, &all, 11, "10.8.0.11", &nobody, "10.8.0.12");
	struct dp_frame a = arp_answer(12, 11, "10.8.0.12", "10.8.0.11"), t;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add dev p%u vid 10", n);
	dp_cmd("bridge link set dev p2 neigh_suppress on");
	dp_cmd("ip link add link br0 name br0.10 type vlan id 10");
	dp_cmd("ip neigh add 10.8.0.12 lladdr 02:00:00:00:01:0c dev br0.10");
	dp_cmd("bridge fdb add 02:00:00:00:01:0c dev p2 master static vlan 10");
	dp_cmd("bridge fdb add 02:00:00:00:01:0c dev p2 master static vlan 1");
	dp_inject(p1, &q); /* VLAN 1: nobody knows him */
	dp_run();
	dp_expect_none(p1);
	dp_expect(p2, &q);
	dp_expect(p3, &q);
	t = q;
	dp_tag(&t, 10);
	dp_tag(&a, 10);
	dp_inject(p1, &t);
	dp_run();
	dp_expect(p1, &a);
	dp_expect_none(p2);
	dp_expect(p3, &t);
}

static void
port_goes_while_frames_come(void **state)
{
	struct dp_frame f = to_host(12, 11, 1);

	(void)state;
	hear(p2, 12);
	dp_cmd("ip link set p2 nomaster");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p3, &f);
	dp_expect_none(p2);
	dp_inject(p2, &f); /* on its own: for another host */
	dp_run();
	dp_expect_none(p1);
	dp_expect_none(p3);
	assert_int_equal(dp_drops("netdev_otherhost"), 1);
	dp_cmd("ip link set p2 master br0");
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(unknown_is_flooded_and_known_is_not),
		T(frame_to_its_own_port_is_filtered),
		T(broadcast_and_multicast_go_everywhere),
		T(moved_host_is_seen_at_once),
		T(entries_age),
		T(order_is_kept_when_an_address_becomes_known),
		T(burst_is_sorted_by_port),
		T(known_ones_are_sorted_by_port),
		T(reserved_groups_are_not_relayed),
		T(isolated_ports_do_not_meet),
		T(locked_port_lets_known_sources_in),
		T(flood_and_learning_off),
		T(sticky_entries_stay),
		T(states_of_ports),
		T(limits_of_learning),
		T(storm_is_limited),
		T(too_long_is_dropped),
		T(promiscuous_bridge_takes_the_unknown),
		T(unusual_buffers),
		T(address_is_the_lowest),
		T(carrier_and_state_follow),
		T(masters_that_are_refused),
		T(bridges_do_not_meet),
		T(routes_between_bridge_and_port),
		T(bridge_answers_arp_and_floods_it),
		T(known_neighbours_are_answered_for),
		T(suppression_is_of_a_vlan),
		T(port_goes_while_frames_come),
	};

	return cmocka_run_group_tests_name("dp/bridge", tests, setup, dp_teardown);
}
