/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast snooping of each VLAN by itself: `bridge vlan global set`, `bridge vlan set`. */
#include "bridge_igmp.h"

#define QUERY_AT (RTE_ETHER_HDR_LEN + 4 + 24) /* in a tagged frame */

/* VLANs 10 and 11, tagged at all ports, each with a querier and routers of its own. */
static int
begin_vlans(void **state)
{
	begin(state);
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add dev p%u vid 10-11", n);
	dp_cmd("ip link set br0 type bridge mcast_vlan_snooping 1");
	return 0;
}

#define V(name) cmocka_unit_test_setup_teardown(name, begin_vlans, end)

/* `bridge vlan global set` of VLANs @p vids. */
static void
set(const char *vids, const char *words)
{
	dp_cmd("bridge vlan global set dev br0 vid %s %s", vids, words);
}

/* A querier in that VLAN, since long enough ago. */
static void
ask(const char *vids)
{
	set(vids, "mcast_query_response_interval 1 mcast_querier 1");
	dp_run_ms(50);
	empty();
}

static struct dp_frame
in_vlan(uint16_t vid, struct dp_frame f)
{
	dp_tag(&f, vid);
	return f;
}

/* A datagram to the group comes in by p1 in that VLAN; does it come out of p2, of p3? */
static void
reach(uint16_t vid, const char *src, bool at2, bool at3)
{
	struct dp_frame f = in_vlan(vid, datagram(src, GROUP));

	put(p1, f);
	if (at2)
		dp_expect(p2, &f);
	if (at3)
		dp_expect(p3, &f);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
}

/* Queries that have left by port @p n, all in VLAN @p vid; *f: the last of them. */
static unsigned int
queries(unsigned int n, uint16_t vid, struct dp_frame *f)
{
	struct dp_frame got;
	unsigned int count = 0;

	while (dp_out(n, &got)) {
		assert_int_equal(got.b[12] << 8 | got.b[13], RTE_ETHER_TYPE_VLAN);
		assert_int_equal((got.b[14] << 8 | got.b[15]) & 0xfff, vid);
		assert_int_equal(got.b[QUERY_AT], IGMP_QUERY);
		*f = got;
		count++;
	}
	return count;
}

/* What is set of one VLAN is neither another's nor the bridge's; side by side the same is told
 * once. */
static void
each_has_its_own_parameters(void **state)
{
	static const char all_of_them[] =
		"mcast_snooping 0 mcast_querier 1 mcast_igmp_version 3 mcast_last_member_count 5 "
		"mcast_last_member_interval 51 mcast_startup_query_count 6 "
		"mcast_startup_query_interval 152 mcast_membership_interval 53 "
		"mcast_querier_interval 54 mcast_query_interval 155 "
		"mcast_query_response_interval 56";

	(void)state;
	dp_cmd("bridge vlan add dev p1 vid 20");
	dp_cmd("ip link set br0 type bridge mcast_querier 1 mcast_last_member_count 9");
	assert_true(shows("bridge -j vlan global show vid 20",
			  "[{\"vlan\":20,\"mcast_snooping\":1,\"mcast_querier\":0,"
			  "\"mcast_igmp_version\":2,\"mcast_last_member_count\":2,"));
	set("10-11", all_of_them);
	assert_true(shows("bridge vlan global show dev br0 vid 11", all_of_them));
	assert_true(shows("bridge -j vlan global show", "\"vlan\":10,\"vlanEnd\":11,"));
	assert_true(shows("bridge vlan global show vid 20",
			  "mcast_snooping 1 mcast_querier 0 mcast_igmp_version 2 "
			  "mcast_last_member_count 2 mcast_last_member_interval 100 "));
	assert_true(shows("ip -d -j link show br0", "\"mcast_last_member_cnt\":9,"));
	set("11", "mcast_query_interval 156");
	assert_false(shows("bridge -j vlan global show", "\"vlanEnd\""));
	/* With VLAN snooping off they are kept; with the last member of the VLAN they go. */
	dp_cmd("ip link set br0 type bridge mcast_vlan_snooping 0");
	assert_true(shows("bridge vlan global show vid 10", all_of_them));
	dp_cmd("bridge vlan del dev p1 vid 10-11");
	dp_cmd("bridge vlan del dev p2 vid 10");
	assert_true(shows("bridge vlan global show vid 10", all_of_them));
	dp_cmd("bridge vlan del dev p3 vid 10");
	assert_false(shows("bridge -j vlan global show", "\"vlan\":10,"));
	dp_cmd("bridge vlan add dev p3 vid 10");
	assert_true(shows("bridge vlan global show vid 10", "mcast_snooping 1 mcast_querier 0"));
}

/* A command that makes no sense changes nothing. */
static void
nonsense_is_refused(void **state)
{
	(void)state;
	assert_non_null(
		strstr(dp_cmd_fails("bridge vlan global set dev br0 vid 11-12 mcast_querier 1"),
		       "nobody is a member of VLAN 12"));
	assert_non_null(strstr(dp_cmd_fails("bridge vlan global set dev br0 vid 10 mcast_querier 1 "
					    "mcast_igmp_version 1"),
			       "expected 2 to 3"));
	assert_non_null(strstr(dp_cmd_fails("bridge vlan global set dev br0 vid 10 mcast_querier 1 "
					    "mcast_mld_version 2"),
			       "there is no MLD"));
	dp_cmd_fails("bridge vlan global set dev br0 vid 10");
	dp_cmd_fails("bridge vlan global set dev br0 mcast_querier 1");
	dp_cmd_fails("bridge vlan global set dev p1 vid 10 mcast_querier 1");
	dp_cmd_fails("bridge vlan global set dev br0 vid 10 mcast_snooping 2");
	assert_false(shows("bridge vlan global show", "mcast_querier 1"));
	dp_cmd_fails("bridge vlan set dev p1 vid 12 mcast_router 2");
	dp_cmd_fails("bridge vlan set dev p1 vid 10 mcast_router 4");
	dp_cmd_fails("bridge vlan set dev p1 vid 10");
	dp_cmd_fails("bridge vlan set dev br0 self vid 1 mcast_max_groups 4");
	dp_cmd_fails("bridge vlan set dev br0 self vid 1 mcast_router 3");
	assert_false(shows("bridge -d vlan show", "mcast_router 2"));
}

/* RFC 3376 8: the VLAN's own counts and intervals, in its own queries. */
static void
a_vlan_asks_as_it_is_told(void **state)
{
	struct dp_frame f;

	(void)state;
	dp_cmd("ip link set br0 type bridge mcast_querier 1"); /* sleeps: VLANs ask */
	set("11", "mcast_query_interval 200 mcast_startup_query_interval 100");
	dp_run_ms(4000);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
	set("10", "mcast_igmp_version 3 mcast_query_response_interval 70 mcast_query_interval 900 "
		  "mcast_startup_query_count 3 mcast_startup_query_interval 100 mcast_querier 1");
	dp_run_ms(2500);
	assert_int_equal(queries(2, 10, &f), 3);
	assert_int_equal(f.b[QUERY_AT + 1], 7); /* tenths of a second */
	assert_int_equal(f.b[QUERY_AT + 9], 9); /* RFC 3376 4.1.7 */
	assert_memory_equal(f.b + QUERY_AT + 4, "\0\0\0\0", 4);
	assert_int_equal(rte_raw_cksum(f.b + QUERY_AT, 12), 0xffff);
	dp_discard(1);
	dp_discard(3);
	dp_run_ms(8000);
	assert_int_equal(queries(2, 10, &f), 1);
	empty();
	/* A member anew of the VLAN is asked at once. */
	dp_cmd("bridge vlan del dev p2 vid 10");
	dp_cmd("bridge vlan add dev p2 vid 10");
	dp_run_ms(100);
	assert_int_equal(queries(2, 10, &f), 1);
	set("10", "mcast_querier 0");
	dp_run_ms(20000);
	empty();
	dp_run_ms(20000);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
}

/* A VLAN that is not snooped in floods, and nobody hears what is said there. */
static void
a_vlan_without_snooping_floods(void **state)
{
	struct dp_frame bad = in_vlan(10, report(12, GROUP));

	(void)state;
	ask("10-11");
	say(p2, in_vlan(10, report(12, GROUP)));
	say(p2, in_vlan(11, report(12, GROUP)));
	reach(10, "10.9.0.1", true, false);
	set("10", "mcast_snooping 0");
	assert_false(shows("bridge mdb show", "vid 10"));
	reach(10, "10.9.0.1", true, true);
	reach(11, "10.9.0.1", true, false);
	say(p2, in_vlan(10, report(12, GROUP)));
	assert_false(shows("bridge mdb show", "vid 10"));
	bad.b[QUERY_AT + 2] ^= 1; /* a wrong checksum: none of our business there */
	put(p2, bad);
	dp_expect(p1, &bad);
	dp_expect(p3, &bad);
	bad.b[15] = 11;
	put(p2, bad); /* there it is */
	dp_expect_none(p1);
	dp_expect_none(p3);
	set("10", "mcast_snooping 1");
	dp_run_ms(50);
	empty();
	reach(10, "10.9.0.1", false, false);
	say(p2, in_vlan(10, report(12, GROUP)));
	reach(10, "10.9.0.1", true, false);
}

/* Of one VLAN time unmakes a member, of the other it does not yet. */
static void
members_live_as_long_as_the_vlan_says(void **state)
{
	(void)state;
	ask("10-11");
	set("10", "mcast_membership_interval 200");
	say(p2, in_vlan(10, report(12, GROUP)));
	say(p2, in_vlan(11, report(12, GROUP)));
	dp_run_ms(2500);
	empty();
	reach(10, "10.9.0.1", false, false);
	reach(11, "10.9.0.1", true, false);
}

/* RFC 2236 3: who is left is asked for, as often and as fast as the VLAN says. */
static void
a_leave_is_asked_about_as_the_vlan_says(void **state)
{
	struct dp_frame f;

	(void)state;
	ask("10");
	set("10", "mcast_last_member_count 3 mcast_last_member_interval 30");
	say(p2, in_vlan(10, report(12, GROUP)));
	put(p2, in_vlan(10, plain(12, IGMP_LEAVE, 0, "224.0.0.2", GROUP)));
	dp_discard(1);
	dp_discard(3);
	dp_run_ms(800);
	assert_int_equal(queries(2, 10, &f), 3);
	assert_int_equal(f.b[QUERY_AT + 1], 3);
	dp_run_ms(300);
	reach(10, "10.9.0.1", false, false);
	/* Nobody asks in VLAN 11: what another querier would do. */
	say(p3, in_vlan(11, plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL)));
	say(p2, in_vlan(11, report(12, GROUP)));
	say(p2, in_vlan(11, plain(12, IGMP_LEAVE, 0, "224.0.0.2", GROUP)));
	dp_run_ms(2500);
	dp_expect_none(p2);
	assert_true(shows("bridge mdb show", "vid 11"));
}

/* Another querier, and the router that it is, count in its VLAN for the VLAN's time. */
static void
another_querier_counts_in_its_vlan(void **state)
{
	struct dp_frame f;

	(void)state;
	set("10-11", "mcast_querier_interval 300 mcast_query_response_interval 1");
	set("11", "mcast_querier_interval 3000");
	set("10", "mcast_querier 1");
	dp_run_ms(100);
	empty();
	say(p3, in_vlan(10, plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL)));
	say(p3, in_vlan(11, plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL)));
	dp_run_ms(200);
	reach(10, "10.9.0.1", false, true);
	assert_true(shows("bridge vlan global show vid 10",
			  "mcast_query_response_interval 1 \n                    "
			  "router ports: p3 \n"));
	assert_true(shows("bridge -j -s vlan global show vid 11",
			  "\"router_ports\":[{\"port\":\"p3\",\"timer\":\"  29."));
	assert_true(shows("bridge -d mdb show", "router ports on br0: p3 vid 10  p3 vid 11 \n"));
	dp_run_ms(3500);
	assert_true(queries(2, 10, &f) >= 1); /* it is silent: we ask, in VLAN 10 */
	empty();
	reach(10, "10.9.0.1", false, false);
	reach(11, "10.9.0.1", false, true);
	assert_false(shows("bridge vlan global show vid 10", "router ports"));
}

/* By hand: a group that names no VLAN is joined in all of the port's, as in Linux. */
static void
by_hand_in_all_vlans(void **state)
{
	(void)state;
	ask("10-11");
	dp_cmd("bridge mdb add dev br0 port p2 grp " GROUP " permanent vid 10");
	reach(11, "10.9.0.1", false, false);
	dp_cmd("bridge mdb add dev br0 port p2 grp " GROUP " permanent"); /* one is new */
	reach(10, "10.9.0.1", true, false);
	reach(11, "10.9.0.1", true, false);
	assert_true(shows("bridge mdb show", "port p2 grp " GROUP " permanent vid 11\n"));
	assert_false(shows("bridge mdb show", "permanent\n"));
	assert_non_null(
		strstr(dp_cmd_fails("bridge mdb add dev br0 port p2 grp " GROUP), "joined"));
	dp_cmd("bridge mdb del dev br0 port p2 grp " GROUP);
	reach(10, "10.9.0.1", false, false);
	reach(11, "10.9.0.1", false, false);
	dp_cmd_fails("bridge mdb del dev br0 port p2 grp " GROUP);
	assert_non_null(strstr(dp_cmd_fails("bridge mdb add dev br0 port p2 grp " GROUP " vid 77"),
			       "nobody is a member of VLAN 77"));
	dp_cmd("bridge vlan del vid 1-4094 dev p2");
	assert_non_null(
		strstr(dp_cmd_fails("bridge mdb add dev br0 port p2 grp " GROUP), "no VLAN"));
}

/* RFC 3376 6.3: in a VLAN of version 3 sources count, in one of version 2 they do not. */
static void
versions_are_the_vlans_own(void **state)
{
	(void)state;
	set("10", "mcast_igmp_version 3");
	ask("10-11");
	dp_cmd("bridge mdb add dev br0 port p3 grp " GROUP " src 10.9.0.1 permanent vid 11");
	say(p2, in_vlan(10, record(12, IGMP_ALLOW, GROUP, "10.9.0.1", NULL)));
	say(p2, in_vlan(11, record(12, IGMP_ALLOW, GROUP, "10.9.0.1", NULL)));
	reach(10, "10.9.0.1", true, false);
	reach(10, "10.9.0.7", false, false);
	reach(11, "10.9.0.1", true, false); /* nor does that of the entry by hand */
	reach(11, "10.9.0.7", true, false);
	set("11", "mcast_igmp_version 3");
	dp_run_ms(50);
	empty();
	reach(11, "10.9.0.1", true, true);
	reach(11, "10.9.0.7", true, false);
	set("10", "mcast_igmp_version 2");
	dp_run_ms(50);
	empty();
	reach(10, "10.9.0.7", true, false); /* no sources, no exceptions */
}

/* `bridge vlan set ... mcast_router`: of that port in that VLAN only. */
static void
routers_are_set_by_vlan(void **state)
{
	struct dp_frame query = in_vlan(10, plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL));

	(void)state;
	ask("10-11");
	dp_cmd("bridge link set dev p3 mcast_router 2"); /* counts without VLAN snooping only */
	reach(10, "10.9.0.1", false, false);
	dp_cmd("bridge vlan set dev p2 vid 10 mcast_router 2");
	reach(10, "10.9.0.1", true, false);
	reach(11, "10.9.0.1", false, false);
	assert_true(shows("bridge -d vlan show dev p2",
			  "11\n                    state forwarding mcast_router 1 "));
	assert_true(shows("bridge -j -d vlan show dev p2 vid 10",
			  "\"state\":\"forwarding\",\"mcast_router\":2,\"mcast_n_groups\":0,"
			  "\"mcast_max_groups\":0"));
	assert_true(shows("bridge -j -s vlan global show vid 10", "\"type\":\"permanent\""));
	dp_cmd("bridge vlan set dev p2 vid 10 mcast_router 1");
	dp_cmd("bridge vlan set dev p2 vid 11 mcast_router 2");
	assert_false(shows("bridge vlan global show vid 10", "router ports"));
	assert_true(shows("bridge vlan global show vid 11", "router ports: p2 \n"));
	dp_cmd("bridge vlan set dev p2 vid 10-11 mcast_router 2");
	assert_true(shows("bridge vlan global show", "10-11\n"));
	dp_cmd("bridge vlan set dev p2 vid 11 mcast_router 1");
	dp_cmd("bridge vlan set dev p3 vid 10 mcast_router 0");
	say(p3, query); /* not a router's, there */
	dp_run_ms(200); /* its response time */
	reach(10, "10.9.0.1", true, false);
	dp_cmd("bridge vlan set dev p3 vid 10 mcast_router 3");
	reach(10, "10.9.0.1", true, true);
	dp_cmd("bridge vlan set dev p2 vid 10 mcast_router 1");
	reach(10, "10.9.0.1", false, true);
	/* What was set of a member goes with it. */
	dp_cmd("bridge vlan set dev p3 vid 10 mcast_router 2");
	dp_cmd("bridge vlan del dev p3 vid 10");
	dp_cmd("bridge vlan add dev p3 vid 10");
	reach(10, "10.9.0.1", false, false);
	dp_cmd("bridge vlan set dev p3 vid 10 mcast_router 2");
	reach(10, "10.9.0.1", false, true);
	dp_cmd("ip link set p3 nomaster");
	dp_cmd("ip link set p3 master br0");
	dp_cmd("bridge vlan add dev p3 vid 10");
	dp_run_ms(50);
	empty();
	reach(10, "10.9.0.1", false, false);
	/* The bridge itself. */
	dp_cmd("bridge vlan add dev br0 self vid 10");
	assert_true(shows("bridge -j -d vlan show dev br0 vid 10",
			  "\"state\":\"forwarding\",\"mcast_router\":1}"));
	dp_drops_clear();
	reach(10, "10.9.0.1", false, false);
	assert_int_equal(dp_drops("br_no_member"), 1);
	dp_cmd("bridge vlan set dev br0 self vid 10 mcast_router 2");
	reach(10, "10.9.0.1", false, false); /* to the bridge's device */
	assert_int_equal(dp_drops("br_no_member"), 1);
	assert_true(shows("bridge vlan global show vid 10", "router ports: br0 \n"));
	assert_false(shows("bridge vlan global show vid 11", "router ports"));
}

/* `bridge vlan set ... mcast_max_groups`: of that port in that VLAN only. */
static void
groups_are_limited_by_vlan(void **state)
{
	(void)state;
	ask("10-11");
	dp_cmd("bridge vlan set dev p2 vid 10 mcast_max_groups 1");
	for (uint16_t vid = 10; vid <= 11; vid++) {
		say(p2, in_vlan(vid, report(12, "239.5.0.1")));
		say(p2, in_vlan(vid, report(12, "239.5.0.2")));
	}
	dp_drops_clear();
	put(p1, in_vlan(10, datagram("10.9.0.1", "239.5.0.2")));
	assert_int_equal(dp_drops("br_no_member"), 1); /* a limit is no reason to flood */
	assert_true(shows("bridge mdb show", "port p2 grp 239.5.0.1 temp vid 10"));
	assert_false(shows("bridge mdb show", "port p2 grp 239.5.0.2 temp vid 10"));
	assert_true(shows("bridge mdb show", "port p2 grp 239.5.0.2 temp vid 11"));
	assert_true(shows("bridge -d vlan show dev p2",
			  "mcast_router 1 mcast_n_groups 2 mcast_max_groups 0\n"));
	assert_true(shows("bridge -d vlan show dev p2 vid 10",
			  "mcast_router 1 mcast_n_groups 1 mcast_max_groups 1\n"));
	say(p3, in_vlan(10, report(13, "239.5.0.2")));
	assert_true(shows("bridge mdb show", "port p3 grp 239.5.0.2 temp vid 10"));
	dp_cmd("bridge mdb flush dev br0");
	say(p2, in_vlan(10, report(12, "239.5.0.2")));
	assert_true(shows("bridge mdb show", "port p2 grp 239.5.0.2 temp vid 10"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		V(each_has_its_own_parameters),
		V(nonsense_is_refused),
		V(a_vlan_asks_as_it_is_told),
		V(a_vlan_without_snooping_floods),
		V(members_live_as_long_as_the_vlan_says),
		V(a_leave_is_asked_about_as_the_vlan_says),
		V(another_querier_counts_in_its_vlan),
		V(by_hand_in_all_vlans),
		V(versions_are_the_vlans_own),
		V(routers_are_set_by_vlan),
		V(groups_are_limited_by_vlan),
	};

	return cmocka_run_group_tests_name("dp/bridge_vlan_mcast", tests, setup, dp_teardown);
}
