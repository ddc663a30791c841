/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast snooping: RFC 4541 2.1, RFC 2236, RFC 3376. */
#include "bridge_igmp.h"

/* It comes in by port p1; does it come out of p2, of p3? */
static void
data(const char *src, const char *group, bool at2, bool at3)
{
	struct dp_frame f = datagram(src, group);

	put(p1, f);
	if (at2)
		dp_expect(p2, &f);
	if (at3)
		dp_expect(p3, &f);
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
}

/* A querier behind p1, heard long enough ago. */
static void
with_querier(void)
{
	dp_cmd("ip link set br0 type bridge mcast_query_response_interval 1");
	dp_cmd("ip link set br0 type bridge mcast_querier 1");
	dp_run_ms(50);
	empty();
}

/* RFC 4541 2.1.2 (3): without a querier nobody knows who listens. */
static void
unknown_groups_flood_until_there_is_a_querier(void **state)
{
	(void)state;
	data("10.9.0.1", GROUP, true, true);
	say(p2, report(12, GROUP));
	data("10.9.0.1", GROUP, true, true);
	with_querier();
	data("10.9.0.1", GROUP, true, false);
	dp_drops_clear();
	data("10.9.0.1", "239.9.9.9", false, false);
	assert_int_equal(dp_drops("br_no_member"), 1);
	data("10.9.0.1", "224.0.0.251", true, true); /* (2): always */
	dp_cmd("ip link set br0 type bridge mcast_snooping 0");
	data("10.9.0.1", "239.9.9.9", true, true);
	assert_false(shows("bridge mdb show", GROUP));
}

static void
reports_make_members_and_time_unmakes_them(void **state)
{
	(void)state;
	with_querier();
	dp_cmd("ip link set br0 type bridge mcast_membership_interval 200");
	say(p2, report(12, GROUP));
	say(p3, plain(13, IGMP_V1_REPORT, 0, "239.1.2.4", "239.1.2.4"));
	assert_true(shows("bridge mdb show", "dev br0 port p2 grp " GROUP " temp\n"));
	assert_true(shows("bridge mdb show", "dev br0 port p3 grp 239.1.2.4 temp\n"));
	say(p2, report(12, "224.0.0.99"));
	assert_false(shows("bridge mdb show", "224.0.0.99"));
	data("10.9.0.1", GROUP, true, false);
	data("10.9.0.1", "239.1.2.4", false, true);
	dp_run_ms(1200);
	empty();
	say(p2, report(12, GROUP));
	dp_run_ms(1200);
	empty();
	data("10.9.0.1", GROUP, true, false);
	data("10.9.0.1", "239.1.2.4", false, false);
	dp_run_ms(1200);
	empty();
	data("10.9.0.1", GROUP, false, false);
	assert_false(shows("bridge mdb show", GROUP));
}

/* One burst, many groups: each to its own. */
static void
burst_is_sorted_by_group(void **state)
{
	struct dp_frame a = datagram("10.9.0.1", GROUP), b = datagram("10.9.0.1", "239.1.2.4"),
			c = datagram("10.9.0.1", "239.9.9.9"), all_of_you = frame(&all, 11, 1);

	(void)state;
	with_querier();
	say(p2, report(12, GROUP));
	say(p3, report(13, "239.1.2.4"));
	for (int i = 0; i < 5; i++) {
		dp_inject(p1, &a);
		dp_inject(p1, &b);
		dp_inject(p1, &c);
		dp_inject(p1, &all_of_you);
	}
	dp_run();
	for (int i = 0; i < 5; i++) {
		dp_expect(p2, &a);
		dp_expect(p2, &all_of_you);
		dp_expect(p3, &b);
		dp_expect(p3, &all_of_you);
	}
	dp_expect_none(p2);
	dp_expect_none(p3);
}

/* `explain` of @p f at port p2 says @p what. */
static bool
explained(const struct dp_frame *f, const char *what)
{
	char hex[2 * 128 + 1] = "";

	for (uint32_t i = 0; i < f->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->b[i]);
	dp_cmd("explain dev p2 hex %s", hex);
	return strstr(dp_cmd_output(), what) != NULL;
}

/* What is only explained joins nothing. */
static void
explained_reports_join_nothing(void **state)
{
	struct dp_frame r = report(12, GROUP), d = datagram("10.9.0.1", GROUP);

	(void)state;
	with_querier();
	assert_true(explained(&r, "what it says of groups or routers at p2 would be heard"));
	assert_false(shows("bridge mdb show", GROUP));
	say(p3, report(13, GROUP));
	assert_true(explained(&d, "to 1 ports of its group and of routers"));
	for (unsigned int n = 1; n <= 3; n++)
		dp_expect_none(n);
}

/* RFC 4541 2.1.1 (1): a report that hosts saw would keep theirs back. */
static void
reports_go_to_routers_only(void **state)
{
	struct dp_frame r = report(12, GROUP), q = plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL);

	(void)state;
	put(p2, r); /* no querier: to all */
	dp_expect(p1, &r);
	dp_expect(p3, &r);
	put(p3, q);
	dp_expect(p1, &q);
	dp_expect(p2, &q);
	dp_run_ms(200); /* its response time */
	put(p2, r);
	dp_expect(p3, &r);
	dp_expect_none(p1);
	assert_true(shows("bridge -d mdb show", "router ports on br0: p3 \n"));
	data("10.9.0.1", "239.9.9.9", false, true);
	data("10.9.0.1", GROUP, true, true);
	dp_cmd("bridge link set dev p3 mcast_router 0");
	data("10.9.0.1", GROUP, true, false);
	put(p3, q);
	empty();
	data("10.9.0.1", GROUP, true, false);
	dp_cmd("bridge link set dev p1 mcast_router 2");
	put(p2, r);
	dp_expect(p1, &r);
	dp_expect_none(p3);
}

/* RFC 4541 2.1.1 (1) b): a query without an address is a switch's: a querier, no router. */
static void
a_switch_that_asks_is_no_router(void **state)
{
	struct igmp_hdr h = { .type = IGMP_QUERY, .code = 1 };

	(void)state;
	say(p3, igmp(13, "0.0.0.0", "224.0.0.1", &h, sizeof(h)));
	dp_run_ms(200);
	data("10.9.0.1", GROUP, false, false);
	assert_false(shows("bridge -d mdb show", "router ports"));
}

static void
routers_are_known_by_pim_and_mrd(void **state)
{
	uint8_t hello[8] = { PIM_V2_HELLO }, advert[8] = { IGMP_MRD_ADVERT };
	struct dp_frame f = igmp(12, "10.9.0.9", "224.0.0.13", hello, sizeof(hello));

	(void)state;
	with_querier();
	dp_ip4(&f)->next_proto_id = IPPROTO_PIM_;
	((struct rte_ipv4_hdr *)dp_ip4(&f))->hdr_checksum = 0;
	say(p2, f);
	data("10.9.0.1", GROUP, true, false);
	say(p3, igmp(13, "10.9.0.8", "224.0.0.106", advert, sizeof(advert)));
	data("10.9.0.1", GROUP, true, true);
	dp_cmd("ip link set p2 nomaster");
	assert_true(shows("bridge -d mdb show", "router ports on br0: p3 \n"));
	dp_cmd("ip link set p2 master br0");
}

/* RFC 2236 3: whoever is left is asked for, twice; then the group ends. */
static void
leave_asks_first(void **state)
{
	struct dp_frame f, leave = plain(12, IGMP_LEAVE, 0, "224.0.0.2", GROUP);
	unsigned int asked = 0;

	(void)state;
	with_querier();
	dp_cmd("ip link set br0 type bridge mcast_last_member_interval 20");
	say(p2, report(12, GROUP));
	say(p3, report(13, GROUP));
	put(p2, leave);
	dp_expect(p1, &leave);
	dp_expect(p3, &leave);
	dp_run_ms(50);
	dp_run_ms(200);
	while (dp_out(p2, &f)) {
		uint32_t group;

		memcpy(&group, f.b + 14 + 24 + 4, 4);
		assert_int_equal(f.b[14 + 24], IGMP_QUERY);
		assert_int_equal(f.b[14 + 24 + 1], 2); /* tenths of a second */
		assert_int_equal(group, dp_ip(GROUP));
		assert_int_equal(rte_raw_cksum(f.b + 14, 24), 0xffff);
		assert_int_equal(rte_raw_cksum(f.b + 14 + 24, 8), 0xffff);
		asked++;
	}
	assert_int_equal(asked, 2);
	dp_expect_none(p3);
	dp_run_ms(300);
	data("10.9.0.1", GROUP, false, true);
	say(p3, plain(13, IGMP_LEAVE, 0, "224.0.0.2", GROUP));
	say(p3, report(13, GROUP)); /* somebody is */
	dp_run_ms(600);
	empty();
	data("10.9.0.1", GROUP, false, true);
	dp_cmd("bridge link set dev p3 fastleave on");
	say(p3, plain(13, IGMP_LEAVE, 0, "224.0.0.2", GROUP));
	data("10.9.0.1", GROUP, false, false);
}

/* RFC 2236 3: the lower address asks; when it has been silent for long, we do. */
static void
querier_is_elected(void **state)
{
	struct dp_frame f;

	(void)state;
	dp_cmd("ip addr add 10.9.0.20/24 dev br0");
	dp_cmd("ip link set br0 type bridge mcast_query_use_ifaddr 1 mcast_startup_query_count 0 "
	       "mcast_query_interval 100 mcast_querier_interval 300 mcast_querier 1");
	dp_run_ms(100);
	assert_true(dp_out(p1, &f));
	assert_int_equal(f.b[14 + 24], IGMP_QUERY);
	assert_memory_equal(f.b + 26, "\x0a\x09\x00\x14", 4);
	assert_int_equal(f.len, 60);
	dp_run_ms(1100);
	assert_true(dp_out(p1, &f));
	empty();
	say(p3, igmp(13, "10.9.0.30", "224.0.0.1", &(struct igmp_hdr){ IGMP_QUERY, 1, 0, 0 }, 8));
	dp_run_ms(1100);
	assert_true(dp_out(p1, &f)); /* loses */
	empty();
	say(p3, plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL)); /* 10.9.0.9 */
	dp_run_ms(1500);
	dp_expect_none(p1);
	dp_run_ms(2500);
	assert_true(dp_out(p1, &f));
	empty();
	dp_cmd("ip addr del 10.9.0.20/24 dev br0");
}

static void
malformed_dies_by_its_name(void **state)
{
	struct dp_frame good = report(12, GROUP), f;
	unsigned int bad = 0;

	(void)state;
	dp_drops_clear();
	f = good;
	f.b[14 + 24 + 7] ^= 1; /* checksum */
	say(p2, f), bad++;
	f = good;
	f.len -= 2; /* cut short */
	say(p2, f), bad++;
	f = good;
	f.b[14] = 0x44;
	say(p2, f), bad++;
	f = good;
	f.b[14] = 0x56;
	say(p2, f), bad++;
	say(p2, plain(12, IGMP_QUERY, 1, "239.1.1.1", NULL)), bad++; /* RFC 3376 4.1.12 */
	say(p2, igmp(12, "10.9.0.1", "224.0.0.1", (uint8_t[10]){ IGMP_QUERY }, 10)), bad++;
	say(p2, igmp(12, "10.9.0.1", "224.0.0.1", (uint8_t[4]){ IGMP_QUERY }, 4)), bad++;
	assert_int_equal(dp_drops("br_bad_igmp"), bad);
	assert_false(shows("bridge mdb show", GROUP));
	/* Records that go on behind the end: what stands before them counts. */
	f = record(12, IGMP_TO_EX, GROUP, NULL, NULL);
	f.b[14 + 24 + 7] = 200;
	f.b[14 + 24 + 2] = f.b[14 + 24 + 3] = 0;
	*(uint16_t *)(f.b + 14 + 24 + 2) = (uint16_t)~rte_raw_cksum(f.b + 14 + 24, 16);
	say(p2, f);
	f = record(12, IGMP_TO_EX, "239.1.2.9", "10.0.0.1", NULL);
	f.b[14 + 24 + 11] = 60; /* sources */
	f.b[14 + 24 + 2] = f.b[14 + 24 + 3] = 0;
	*(uint16_t *)(f.b + 14 + 24 + 2) = (uint16_t)~rte_raw_cksum(f.b + 14 + 24, 20);
	say(p2, f);
	assert_int_equal(dp_drops("br_bad_igmp"), bad);
	assert_true(shows("bridge mdb show", GROUP));
	assert_false(shows("bridge mdb show", "239.1.2.9"));
	dp_cmd("ip link set br0 type bridge mcast_stats_enabled 1");
	assert_true(shows("ip -j link xstats type bridge dev br0", "\"igmp_parse_errors\":7"));
}

/* RFC 3376 6.3: sources, where the bridge speaks version 3. */
static void
sources_count_with_version_3(void **state)
{
	(void)state;
	with_querier();
	say(p2, record(12, IGMP_ALLOW, GROUP, "10.9.0.1", NULL));
	data("10.9.0.7", GROUP, true, false); /* version 2: any source */
	dp_cmd("ip link set br0 type bridge mcast_igmp_version 3");
	dp_run_ms(20);
	empty();
	data("10.9.0.7", GROUP, true, false); /* until he speaks anew */
	dp_cmd("bridge mdb flush dev br0");
	data("10.9.0.1", GROUP, false, false);
	say(p2, record(12, IGMP_ALLOW, GROUP, "10.9.0.1", NULL));
	data("10.9.0.1", GROUP, true, false);
	data("10.9.0.7", GROUP, false, false);
	say(p3, record(13, IGMP_TO_EX, GROUP, "10.9.0.7", NULL));
	data("10.9.0.1", GROUP, true, true);
	data("10.9.0.7", GROUP, false, false);
	data("10.9.0.8", GROUP, false, true);
	assert_true(shows("bridge -d mdb show", "filter_mode exclude source_list 10.9.0.7/"));
	say(p2, report(12, GROUP)); /* a version 2 host is there, too */
	data("10.9.0.8", GROUP, true, true);
	data("10.9.0.7", GROUP, true, false);
	dp_cmd("ip link set br0 type bridge mcast_igmp_version 2");
	dp_run_ms(20);
	empty();
	data("10.9.0.7", GROUP, true, true); /* no sources, no exceptions */
	assert_false(shows("bridge mdb show", " src "));
}

/* Snooping that begins knows nobody: groups flood until hosts have answered our query. */
static void
snooping_begins_by_flooding(void **state)
{
	(void)state;
	with_querier();
	data("10.9.0.1", GROUP, false, false);
	dp_cmd("ip link set br0 type bridge mcast_query_response_interval 50");
	dp_cmd("ip link set br0 type bridge mcast_snooping 0");
	dp_cmd("ip link set br0 type bridge mcast_snooping 1");
	dp_run_ms(100);
	empty();
	data("10.9.0.1", GROUP, true, true);
	dp_run_ms(600);
	empty();
	data("10.9.0.1", GROUP, false, false);
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	dp_cmd("ip link set br0 type bridge mcast_vlan_snooping 1");
	dp_cmd("bridge vlan global set dev br0 vid 1 mcast_querier 1 "
	       "mcast_query_response_interval 50");
	dp_run_ms(100);
	empty();
	data("10.9.0.1", GROUP, true, true);
	dp_run_ms(600);
	empty();
	data("10.9.0.1", GROUP, false, false);
}

static void
by_hand(void **state)
{
	static const struct rte_ether_addr mac = { { 0x03, 0, 0, 0, 0, 0x77 } };
	struct dp_frame f = frame(&mac, 11, 5);

	(void)state;
	dp_cmd("bridge mdb add dev br0 port p2 grp " GROUP " permanent");
	dp_cmd("bridge mdb add dev br0 port p3 grp 03:00:00:00:00:77 permanent");
	dp_cmd("bridge mdb add dev br0 port br0 grp 239.1.2.5");
	assert_non_null(
		strstr(dp_cmd_fails("bridge mdb add dev br0 port p2 grp " GROUP), "joined"));
	dp_cmd_fails("bridge mdb add dev br0 port p2 grp 224.0.0.5");
	dp_cmd_fails("bridge mdb add dev br0 port p2 grp 10.0.0.5");
	dp_cmd_fails("bridge mdb add dev br0 port p4 grp 239.1.2.6");
	dp_cmd_fails("bridge mdb del dev br0 port p3 grp " GROUP);
	assert_true(shows("bridge mdb show", "dev br0 port p2 grp " GROUP " permanent\n"));
	assert_true(shows("bridge mdb show", "dev br0 port br0 grp 239.1.2.5 temp\n"));
	put(p1, f);
	dp_expect(p3, &f);
	dp_expect_none(p2);
	with_querier();
	data("10.9.0.1", GROUP, true, false);
	say(p2, plain(12, IGMP_LEAVE, 0, "224.0.0.2", GROUP));
	dp_run_ms(100);
	empty();
	data("10.9.0.1", GROUP, true, false);
	dp_cmd("bridge mdb flush dev br0 nopermanent");
	assert_false(shows("bridge mdb show", "239.1.2.5"));
	dp_cmd("bridge mdb del dev br0 port p2 grp " GROUP);
	data("10.9.0.1", GROUP, false, false);
	dp_cmd("bridge mdb add dev br0 port p2 grp " GROUP " src 10.9.0.1 permanent");
	dp_cmd("ip link set br0 type bridge mcast_igmp_version 3");
	dp_run_ms(10);
	empty();
	data("10.9.0.1", GROUP, true, false);
	data("10.9.0.2", GROUP, false, false);
}

/* At the limit of groups, those that are not known flood: nobody who listens is left out. */
static void
full_table_floods(void **state)
{
	char group[16];

	(void)state;
	with_querier();
	dp_cmd("ip link set br0 type bridge mcast_hash_max 3 mcast_membership_interval 100");
	for (int i = 1; i <= 4; i++) {
		snprintf(group, sizeof(group), "239.5.0.%d", i);
		say(p2, report(12, group));
	}
	assert_false(shows("bridge mdb show", "239.5.0.4"));
	data("10.9.0.1", "239.5.0.4", true, true);
	dp_run_ms(1300);
	empty();
	data("10.9.0.1", "239.5.0.4", false, false);
	dp_cmd("bridge link set dev p2 mcast_max_groups 1");
	say(p2, report(12, "239.5.0.1"));
	say(p2, report(12, "239.5.0.2"));
	assert_true(shows("bridge mdb show", "239.5.0.1"));
	assert_false(shows("bridge mdb show", "239.5.0.2"));
}

/* Who was behind a port that is closed may be anywhere. */
static void
ports_that_close_have_no_members(void **state)
{
	(void)state;
	with_querier();
	say(p2, report(12, GROUP));
	dp_cmd("bridge mdb add dev br0 port p3 grp " GROUP " permanent");
	dp_cmd("ip link set p2 down");
	dp_cmd("ip link set p3 down");
	assert_false(shows("bridge mdb show", "port p2"));
	assert_true(shows("bridge mdb show", "port p3"));
	dp_cmd("ip link set p2 up");
	dp_cmd("ip link set p3 up");
	dp_run_ms(50);
	empty();
	dp_cmd("ip link set p3 nomaster");
	assert_false(shows("bridge mdb show", "port p3"));
	dp_cmd("ip link set p3 master br0");
}

static void
groups_are_of_a_vlan(void **state)
{
	struct dp_frame f = report(12, GROUP), d;

	(void)state;
	dp_cmd("ip link set br0 type bridge vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add dev p%u vid 10", n);
	with_querier();
	dp_tag(&f, 10);
	say(p2, f);
	assert_true(shows("bridge mdb show", "port p2 grp " GROUP " temp vid 10\n"));
	data("10.9.0.1", GROUP, false, false); /* in VLAN 1 nobody wants it */
	d = datagram("10.9.0.1", GROUP);
	dp_tag(&d, 10);
	put(p1, d);
	dp_expect(p2, &d);
	dp_expect_none(p3);
	dp_cmd("ip link set br0 type bridge mcast_querier 0");
	dp_cmd("ip link set br0 type bridge mcast_vlan_snooping 1");
	assert_false(
		shows("bridge mdb show", GROUP)); /* what was heard is forgotten, as in Linux */
	say(p2, f);
	f = plain(13, IGMP_QUERY, 1, "224.0.0.1", NULL);
	dp_tag(&f, 10);
	say(p3, f);
	dp_run_ms(200);
	empty();
	put(p1, d); /* VLAN 10 has a querier, at p3, where its router is */
	dp_expect(p2, &d);
	dp_expect(p3, &d);
	data("10.9.0.1", GROUP, true, true); /* VLAN 1 has none */
	assert_true(shows("bridge -d mdb show", "router ports on br0: p3 vid 10 \n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(unknown_groups_flood_until_there_is_a_querier),
		T(reports_make_members_and_time_unmakes_them),
		T(burst_is_sorted_by_group),
		T(explained_reports_join_nothing),
		T(reports_go_to_routers_only),
		T(a_switch_that_asks_is_no_router),
		T(routers_are_known_by_pim_and_mrd),
		T(leave_asks_first),
		T(querier_is_elected),
		T(malformed_dies_by_its_name),
		T(sources_count_with_version_3),
		T(snooping_begins_by_flooding),
		T(by_hand),
		T(full_table_floods),
		T(ports_that_close_have_no_members),
		T(groups_are_of_a_vlan),
	};

	return cmocka_run_group_tests(tests, setup, dp_teardown);
}
