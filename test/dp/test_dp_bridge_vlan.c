/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridging with VLANs: IEEE 802.1Q-2011 clause 8. */
#include "bridge_lan.h"

/* --- 802.1Q --- */

static void
vlans_tag_and_untag(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), tagged = f;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1 vlan_stats_enabled 1");
	dp_cmd("bridge vlan del vid 1 dev p1");
	dp_cmd("bridge vlan add vid 10 dev p1 pvid untagged");
	dp_cmd("bridge vlan add vid 10-12 dev p2");
	dp_tag(&tagged, 10);
	dp_inject(p1, &f); /* untagged in, tagged out, not to VLAN 1's p3 */
	dp_run();
	dp_expect(p2, &tagged);
	dp_expect_none(p3);
	assert_true(
		shows("bridge fdb show dynamic", "02:00:00:00:01:0b dev p1 vlan 10 master br0"));
	f = to_host(11, 12, 2);
	tagged = f;
	dp_tag(&tagged, 10);
	dp_inject(p2, &tagged);
	dp_run();
	dp_expect(p1, &f);
	dp_expect_none(p3);
	dp_tag(&f, 11); /* p1 is no member */
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("br_vlan_ingress"), 1);
	tagged.b[15] = 11; /* p2 is, and nobody else */
	dp_inject(p2, &tagged);
	dp_run();
	assert_int_equal(dp_drops("br_no_port"), 1);
	dp_cmd("bridge fdb add 02:00:00:00:01:99 dev p3 master static vlan 11"); /* no member */
	f = tagged;
	f.b[5] = 0x99;
	dp_inject(p2, &f);
	dp_run();
	assert_int_equal(dp_drops("br_vlan_egress"), 1);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
	dp_cmd("bridge vlan add vid 11 dev p3");
	dp_inject(p2, &f);
	dp_run();
	dp_expect(p3, &f);
}

/* Frames and bytes as they come, and as they leave, by ports and to the bridge's own device; of the
 * bridge in all. */
static void
frames_of_vlans_are_counted(void **state)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x99 } };
	struct dp_frame f = frame(&all, 11, 1), tagged = f, own;

	(void)state;
	dp_cmd("ip link set br0 address 02:00:00:00:00:99");
	dp_cmd("ip link set br0 type bridge vlan_filtering 1 vlan_stats_enabled 1");
	dp_cmd("bridge vlan add vid 10 dev br0 self");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10 dev p%u", n);
	assert_true(shows("bridge -j -s vlan show dev br0 vid 10", "\"rx_packets\":0"));
	dp_tag(&tagged, 10);
	dp_inject(p1, &tagged);
	dp_inject(p1, &tagged);
	dp_inject(p1, &f); /* of VLAN 1 */
	dp_run();
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
	assert_true(shows("bridge -j -s vlan show dev br0 vid 10",
			  "\"rx_bytes\":128,\"rx_packets\":2,\"tx_bytes\":384,\"tx_packets\":6}"));
	own = frame(&mac, 11, 1); /* to the bridge itself */
	dp_tag(&own, 10);
	dp_inject(p1, &own);
	dp_run();
	assert_true(shows("bridge -j -s vlan show dev br0 vid 10",
			  "\"rx_bytes\":192,\"rx_packets\":3,\"tx_bytes\":448,\"tx_packets\":7}"));
	dp_cmd("bridge vlan add vid 10 dev br0 self untagged"); /* as it is there: without a tag */
	dp_inject(p1, &own);
	dp_run();
	assert_true(shows("bridge -j -s vlan show dev br0 vid 10",
			  "\"tx_bytes\":508,\"tx_packets\":8}"));
	assert_true(shows("bridge -j -s vlan show dev br0 vid 1", "\"rx_packets\":1,"));
	dp_cmd("ip link set br0 type bridge vlan_stats_enabled 0");
	assert_false(shows("bridge -j -s vlan show dev br0", "rx_packets"));
}

static void
priority_tag_belongs_to_the_pvid(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), in = f, out;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	dp_cmd("bridge vlan add vid 20 dev p1 pvid untagged");
	dp_cmd("bridge vlan add vid 20 dev p2");
	dp_cmd("bridge vlan add vid 20 dev p3 untagged");
	dp_tag(&in, 0xa000); /* priority 5, no VLAN */
	out = in;
	out.b[15] = 20;
	dp_inject(p1, &in);
	dp_run();
	dp_expect(p2, &out);
	dp_expect(p3, &f);
	dp_cmd("bridge vlan add vid 20 dev p1 untagged"); /* a PVID no longer */
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("br_no_pvid"), 1);
}

static void
one_address_in_two_vlans(void **state)
{
	struct dp_frame f = to_host(12, 11, 1);

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-11 dev p%u", n);
	for (uint16_t v = 10; v <= 11; v++) { /* 12 is at p2 in VLAN 10, at p3 in 11 */
		struct dp_frame g = to_host(12, 12, 0);

		dp_tag(&g, v);
		dp_inject(v == 10 ? p2 : p3, &g);
		dp_run();
		for (unsigned int n = 1; n <= 3; n++)
			while (dp_out(n, &g))
				;
	}
	for (uint16_t v = 10; v <= 11; v++) {
		struct dp_frame g = f;

		dp_tag(&g, v);
		dp_inject(p1, &g);
		dp_run();
		dp_expect(v == 10 ? p2 : p3, &g);
		dp_expect_none(v == 10 ? p3 : p2);
	}
	dp_cmd("bridge vlan del vid 10 dev p2");
	assert_false(shows("bridge fdb show dynamic vlan 10", "dev p2"));
	assert_true(shows("bridge fdb show dynamic vlan 11", "dev p3"));
}

/* The bridge is a member of its VLANs as a port is: br0.10 is routed. */
static void
vlan_device_on_the_bridge(void **state)
{
	struct dp_frame f = dp_udp(1, 11, "10.0.10.11", "10.0.4.2", 60), want, back;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	dp_cmd("bridge vlan add vid 10 dev p1 pvid untagged");
	dp_cmd("bridge vlan add vid 10 dev p2");
	dp_cmd("ip link add link br0 name br0.10 type vlan id 10");
	dp_cmd("ip link set br0.10 up");
	dp_cmd("ip addr add 10.0.10.1/24 dev br0.10");
	dp_cmd("ip neigh add 10.0.10.11 lladdr 02:00:00:00:01:0b dev br0.10");
	want = dp_forwarded(&f, p4, 4);
	dp_inject(p1, &f); /* not a member yet: its address is nobody's */
	dp_run();
	dp_expect_none(p4);
	dp_cmd("bridge vlan add vid 10 dev br0 self");
	while (dp_out(p2, &back))
		;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p4, &want);
	back = dp_udp(p4, 4, "10.0.4.2", "10.0.10.11", 70);
	want = dp_forwarded(&back, 1, 11);
	dp_inject(p4, &back);
	dp_run();
	dp_expect(p1, &want);
	dp_expect_none(p2);
	dp_expect_none(p3);
}

static void
provider_bridge_looks_at_its_own_tag(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), out;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1 vlan_protocol 802.1ad");
	dp_cmd("bridge vlan add vid 30 dev p1 pvid untagged");
	dp_cmd("bridge vlan add vid 30 dev p2");
	dp_tag(&f, 5); /* a customer's tag is payload */
	out = f;
	dp_tag(&out, 30);
	out.b[12] = 0x88;
	out.b[13] = 0xa8;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &out);
	dp_expect_none(p3);
	dp_inject(p2, &out);
	dp_run();
	assert_int_equal(dp_drops("br_same_port") + dp_drops("br_no_port"), 0);
}

static void
vlan_devices_as_ports(void **state)
{
	struct dp_frame f = to_host(12, 11, 1), tagged = f;

	(void)state;
	dp_cmd("ip link add link p4 name p4.7 type vlan id 7");
	dp_cmd("ip link set p4.7 up");
	dp_cmd("ip link set p4.7 master br0");
	dp_tag(&tagged, 7);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &f);
	dp_expect(p3, &f);
	dp_expect(p4, &tagged);
	f = to_host(11, 12, 2);
	tagged = f;
	dp_tag(&tagged, 7);
	dp_inject(p4, &tagged);
	dp_run();
	dp_expect(p1, &f);
	dp_expect_none(p2);
	dp_cmd("ip link del p4.7");
	assert_false(shows("bridge link", "p4.7"));
}

/* A frame of VLAN @p vid (0: untagged) from host 11 to all, by p1; out of p2 comes a copy? */
static bool
passes(unsigned int in, unsigned int out, uint16_t vid)
{
	static uint8_t id;
	struct dp_frame f = frame(&all, (uint8_t)(10 + in), id++), got;
	bool any = false;

	if (vid != 0)
		dp_tag(&f, vid);
	dp_inject(in, &f);
	dp_run();
	while (dp_out(out, &got))
		any = any || (got.len == f.len && memcmp(got.b, f.b, f.len) == 0);
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
	return any;
}

/* `bridge vlan set`: a VLAN's state is its own, unless the port's lets less through. */
static void
states_of_vlans(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-12 dev p%u", n);
	assert_true(passes(p1, p2, 10));
	dp_cmd("bridge vlan set vid 10-11 dev p2 state blocking");
	assert_true(shows("bridge -j -d vlan show dev p2",
			  "\"vlan\":11,\"flags\":[],\"state\":\"blocking\""));
	dp_drops_clear();
	assert_false(passes(p1, p2, 10));
	assert_false(passes(p2, p1, 11));
	assert_int_equal(dp_drops("br_stp_blocking"), 1);
	assert_true(passes(p1, p2, 12));
	assert_true(passes(p2, p1, 0));
	assert_true(passes(p1, p3, 10));
	/* What only learns, learns, and no more. */
	dp_cmd("bridge fdb flush dev br0 dynamic");
	dp_cmd("bridge vlan set vid 10 dev p2 state learning");
	assert_false(passes(p2, p1, 10));
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0c dev p2 vlan 10 "));
	assert_false(passes(p2, p1, 11));
	assert_false(shows("bridge fdb show dynamic", "vlan 11 "));
	dp_cmd("bridge vlan set vid 10 dev p2 state 4");
	assert_false(shows("bridge fdb show dynamic", "vlan 10 "));
	dp_cmd("bridge vlan set vid 10-11 dev p2 state forwarding");
	assert_true(passes(p2, p1, 10));
	assert_true(passes(p1, p2, 11));
	dp_cmd("bridge link set dev p2 state blocking");
	assert_false(passes(p1, p2, 11));
	dp_cmd_fails("bridge vlan set vid 13 dev p2 state blocking");
	dp_cmd_fails("bridge vlan set vid 1 dev br0 self state blocking");
	assert_non_null(strstr(dp_cmd_fails("bridge vlan set vid 10 dev p2 state none"),
			       "expected disabled"));
	dp_cmd("ip link set br0 type bridge stp_state 1");
	assert_non_null(strstr(dp_cmd_fails("bridge vlan set vid 10 dev p2 state blocking"),
			       "spanning tree"));
}

static void
open_instance(unsigned int mstid)
{
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge mst set dev p%u msti %u state forwarding", n, mstid);
}

/* `bridge mst`: of all VLANs of an instance, which begin closed; those of none are the CIST's. */
static void
states_of_instances(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-12 dev p%u", n);
	dp_cmd("stp set br0 mst instance 2 vlans 11-12");
	assert_true(shows("bridge -j mst show dev p2",
			  "[{\"ifname\":\"p2\",\"mst\":[{\"msti\":0,\"state\":\"forwarding\"},"
			  "{\"msti\":2,\"state\":\"disabled\"}]}]"));
	open_instance(2);
	dp_cmd("bridge mst set dev p2 msti 2 state blocking");
	assert_true(shows("bridge mst show", "2\n                    state blocking\n"));
	assert_false(passes(p1, p2, 11));
	assert_false(passes(p1, p2, 12));
	assert_true(passes(p1, p2, 10));
	dp_cmd("bridge mst set dev p2 msti 0 state blocking");
	assert_false(passes(p1, p2, 10));
	dp_cmd("bridge mst set dev p2 msti 2 state forwarding");
	assert_true(passes(p1, p2, 11));
	dp_cmd_fails("bridge mst set dev p2 msti 3 state blocking");
	dp_cmd("stp set br0 mst instance 4 vlans 99"); /* of which the port is no member */
	assert_true(shows("bridge -j mst show dev p2", "{\"msti\":4,\"state\":\"disabled\"}"));
	dp_cmd("ip link set br0 type bridge stp_state 3");
	dp_cmd_fails("bridge mst set dev p2 msti 2 state forwarding");
	assert_true(shows("bridge -j mst show dev p2", "{\"msti\":2,\"state\":\"blocking\"}"));
	dp_run_ms(5000); /* edges */
	assert_true(shows("bridge -j mst show dev p2", "{\"msti\":2,\"state\":\"forwarding\"}"));
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
	assert_true(passes(p1, p2, 10));
	/* Nor does the tree of one that is made now begin with ports that are open (802.1Q-2011
	 * 13.35: MSTI discarding until the machines have gone through learning). */
	dp_cmd("stp set br0 mst instance 5 vlans 12");
	assert_true(shows("bridge -j mst show dev p2", "{\"msti\":5,\"state\":\"blocking\"}"));
	assert_false(passes(p1, p2, 12));
	dp_run_ms(5000);
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
	assert_true(passes(p1, p2, 12));
}

/* vlan_default_pvid: of ports that have the old one, and of those that come; others keep theirs. */
static void
default_pvid_is_followed(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	dp_cmd("bridge vlan add vid 9 dev p3 pvid untagged");
	dp_cmd("ip link set br0 type bridge vlan_default_pvid 5");
	assert_true(shows("bridge vlan show dev p1", "p1                5 PVID Egress Untagged\n"));
	assert_true(
		shows("bridge vlan show dev br0", "br0               5 PVID Egress Untagged\n"));
	assert_true(shows("bridge vlan show dev p3",
			  "p3                1 Egress Untagged\n                  9 PVID Egress "
			  "Untagged\n"));
	assert_true(passes(p1, p2, 0));
	assert_false(passes(p1, p3, 0));
	dp_cmd("bridge vlan add vid 5 dev p3 untagged");
	assert_true(passes(p1, p3, 0));
	dp_cmd("ip link set p2 nomaster");
	dp_cmd("ip link set p2 master br0");
	assert_true(passes(p1, p2, 0));
	dp_cmd("ip link set br0 type bridge vlan_default_pvid 0");
	dp_drops_clear();
	assert_false(passes(p1, p2, 0));
	assert_int_equal(dp_drops("br_no_pvid"), 1);
	assert_true(shows("bridge vlan show dev p3", "9 PVID Egress Untagged\n"));
	assert_false(shows("bridge vlan show dev p1", "p1"));
}

/* `bridge fdb flush`: of one VLAN, of one port in it. */
static void
flush_is_of_a_vlan(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-11 dev p%u", n);
	for (uint16_t vid = 10; vid <= 11; vid++) {
		assert_true(passes(p1, p3, vid));
		assert_true(passes(p2, p3, vid));
	}
	dp_cmd("bridge fdb flush dev p1 vlan 10 dynamic");
	assert_false(shows("bridge fdb show dynamic", "02:00:00:00:01:0b dev p1 vlan 10 "));
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0b dev p1 vlan 11 "));
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0c dev p2 vlan 10 "));
	dp_cmd("bridge fdb flush dev br0 vlan 11 dynamic");
	assert_false(shows("bridge fdb show dynamic", "vlan 11 "));
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0c dev p2 vlan 10 "));
}

/* bridge vlan global: what VLANs have all over the bridge, and which instance they are in. */
static void
options_of_vlans(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1 mcast_querier 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-13 dev p%u", n);
	assert_true(shows(
		"bridge -j vlan global show vid 12",
		"[{\"ifname\":\"br0\",\"vlans\":[{\"vlan\":10,\"vlanEnd\":13,\"mcast_snooping\":1,"
		"\"mcast_querier\":0,\"mcast_igmp_version\":2,\"mcast_last_member_count\":2,"
		"\"mcast_last_member_interval\":100,\"mcast_startup_query_count\":2,"
		"\"mcast_startup_query_interval\":3125,\"mcast_membership_interval\":26000,"
		"\"mcast_querier_interval\":25500,\"mcast_query_interval\":12500,"
		"\"mcast_query_response_interval\":1000}]}]"));
	dp_cmd("bridge vlan global set dev br0 vid 11-12 msti 3");
	assert_true(shows("bridge vlan global show dev br0",
			  "port              vlan-id  \nbr0               1\n                    "
			  "mcast_snooping 1 "));
	assert_true(shows("bridge vlan global", "\n                  11-12\n"));
	assert_true(shows("bridge vlan global show vid 11",
			  "mcast_query_response_interval 1000 msti 3 \n"));
	assert_false(shows("bridge vlan global show vid 13", "msti"));
	dp_cmd("bridge vlan global set dev br0 vid 12 msti 4");
	dp_cmd("bridge vlan global set dev br0 vid 13 msti 4"); /* beside the others of that
								   instance */
	assert_true(shows("bridge vlan global", "\n                  12-13\n"));
	dp_cmd("bridge vlan global set dev br0 vid 11 msti 0");
	assert_false(shows("bridge vlan global show", "msti 3"));
	assert_true(shows("bridge vlan global show", "msti 4"));
	assert_non_null(strstr(dp_cmd_fails("bridge vlan global set dev br0 vid 13-14 msti 5"),
			       "nobody is a member of VLAN 14"));
	assert_false(shows("bridge vlan global show", "msti 5"));
	dp_cmd_fails("bridge vlan global set dev br0 vid 11");
	dp_cmd_fails("bridge vlan global set dev p1 vid 11 msti 3");
	dp_cmd_fails("bridge vlan global set dev br0 vid 11-4095 msti 3");
}

/* A VLAN that goes to another instance takes the state that the instance has at each port. */
static void
state_follows_the_instance(void **state)
{
	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-13 dev p%u", n);
	assert_true(passes(p1, p2, 11));
	dp_drops_clear();
	dp_cmd("bridge vlan global set dev br0 vid 11 msti 3"); /* which has no others */
	assert_true(shows("bridge -j -d vlan show dev p2 vid 11", "\"state\":\"disabled\""));
	assert_false(passes(p1, p3, 11));
	assert_int_equal(dp_drops("br_stp_blocking"), 1);
	open_instance(3);
	assert_true(passes(p1, p3, 11));
	dp_cmd("bridge mst set dev p2 msti 3 state blocking");
	assert_false(passes(p1, p2, 11));
	assert_true(passes(p1, p2, 12));
	dp_cmd("bridge vlan global set dev br0 vid 12-13 msti 3"); /* to one that is closed at p2 */
	assert_false(passes(p1, p2, 12));
	assert_false(passes(p1, p2, 13));
	assert_true(passes(p1, p3, 12));
	dp_cmd("bridge vlan global set dev br0 vid 12-13 msti 4"); /* which nobody has opened */
	assert_false(passes(p1, p2, 12));
	assert_false(passes(p1, p3, 13));
	open_instance(4);
	assert_true(passes(p1, p2, 12));
	assert_true(passes(p1, p2, 13));
	assert_false(passes(p1, p2, 11));
	dp_cmd("stp set br0 mst instance 3 vlans 13"); /* 11 goes to the CIST's others */
	assert_true(passes(p1, p2, 11));
	open_instance(3);
	assert_true(passes(p1, p2, 13));
	dp_cmd("bridge vlan set vid 10-11 dev p2 state learning");
	assert_true(passes(p1, p2, 13));
	dp_cmd("bridge vlan del vid 1 dev p2");
	dp_cmd("bridge vlan global set dev br0 vid 13 msti 0");
	assert_false(passes(p1, p2, 13));
	assert_true(shows("bridge -j -d vlan show dev p2 vid 13", "\"state\":\"learning\""));
	dp_cmd("bridge vlan del vid 13 dev p2"); /* a member anew is a member like any other */
	dp_cmd("bridge vlan add vid 13 dev p2");
	assert_true(passes(p1, p2, 13));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(vlans_tag_and_untag),
		T(frames_of_vlans_are_counted),
		T(priority_tag_belongs_to_the_pvid),
		T(one_address_in_two_vlans),
		T(vlan_device_on_the_bridge),
		T(provider_bridge_looks_at_its_own_tag),
		T(vlan_devices_as_ports),
		T(states_of_vlans),
		T(states_of_instances),
		T(default_pvid_is_followed),
		T(flush_is_of_a_vlan),
		T(options_of_vlans),
		T(state_follows_the_instance),
	};

	return cmocka_run_group_tests_name("dp/bridge_vlan", tests, setup, dp_teardown);
}
