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
	dp_cmd("bridge -s vlan show dev br0");
	dp_tag(&f, 11); /* p1 is no member */
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("br_vlan_ingress"), 1);
	tagged.b[15] = 11; /* p2 is, and nobody else */
	dp_inject(p2, &tagged);
	dp_run();
	assert_int_equal(dp_drops("br_no_port"), 1);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(vlans_tag_and_untag),
		T(priority_tag_belongs_to_the_pvid),
		T(one_address_in_two_vlans),
		T(vlan_device_on_the_bridge),
		T(provider_bridge_looks_at_its_own_tag),
		T(vlan_devices_as_ports),
	};

	return cmocka_run_group_tests_name("dp/bridge_vlan", tests, setup, dp_teardown);
}
