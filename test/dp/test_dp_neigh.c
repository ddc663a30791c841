/* SPDX-License-Identifier: BSD-3-Clause */
/* ip neigh: what is an entry and what is not, its words and their order. */
#include "dp.h"
#include <string.h>
#include <jansson.h>
#include <stdlib.h>
#include "core/role.h"
#include "ctl/cfg.h"
#include "ctl/cli_exec.h"

#define MAC "02:00:00:00:02:02"

static unsigned int p1, p2;

/* p2 leads to a gateway, 10.0.2.2, that a route names. */
static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2");
	return 0;
}

static void
fails(const char *cmd, const char *why)
{
	const char *said = dp_cmd_fails("%s", cmd);

	if (strstr(said, why) == NULL)
		fail_msg("`%s` says \"%s\", not \"%s\"", cmd, said, why);
}

/* The whole line, a blank at its end as ip prints it. */
static void
is(const char *cmd, const char *line)
{
	dp_cmd("%s", cmd);
	assert_string_equal(dp_cmd_output(), line);
}

/* `ip -s neigh flush WORDS` says this. */
static bool
flushed(const char *words, const char *text)
{
	char line[128];

	snprintf(line, sizeof(line), "ip neigh flush %s", words);
	assert_int_equal(dp_cmd_try(line, CLI_F_STATS), CLI_DONE);
	return strstr(dp_cmd_output(), text) != NULL;
}

static void
is_no_entry(void)
{
	fails("ip neigh get 10.0.2.2 dev p2", "not found");
	fails("ip neigh del 10.0.2.2 dev p2", "No such file or directory");
	fails("ip neigh change 10.0.2.2 lladdr " MAC " dev p2", "No such file or directory");
	is("ip neigh show dev p2 nud all", "");
	assert_true(flushed("dev p2 nud all", "Nothing to flush."));
}

/* A next hop has a place in the table before anybody has entered or learned it: that is not an
 * entry, and what is deleted becomes it again. */
static void
next_hop_is_no_entry(void **state)
{
	(void)state;
	is_no_entry();
	dp_cmd("ip neigh add 10.0.2.2 lladdr " MAC " dev p2 router extern_learn protocol bird");
	is("ip neigh show dev p2",
	   "10.0.2.2 lladdr " MAC " router extern_learn PERMANENT proto bird \n");
	fails("ip neigh add 10.0.2.2 lladdr " MAC " dev p2", "File exists");
	dp_cmd("ip neigh add 10.0.2.3 lladdr " MAC " dev p2"); /* no route uses that one */
	is("ip neigh show dev p2 unused", "10.0.2.3 lladdr " MAC " PERMANENT \n");
	dp_cmd("ip neigh del 10.0.2.3 dev p2");
	dp_cmd("ip neigh del 10.0.2.2 dev p2");
	is_no_entry();
	dp_cmd("ip neigh add 10.0.2.2 lladdr " MAC " dev p2 nud stale"); /* nothing is left of it */
	is("ip neigh show dev p2", "10.0.2.2 lladdr " MAC " STALE \n");
	assert_true(flushed("dev p2", "deleting 1 entries"));
	is_no_entry();
	dp_cmd("ip neigh add 10.0.2.2 dev p2 nud none"); /* that is one, for who asks for it */
	is("ip neigh show dev p2 nud none", "10.0.2.2 \n");
	fails("ip neigh add 10.0.2.2 lladdr " MAC " dev p2", "File exists");
	assert_true(flushed("dev p2 nud all", "deleting 1 entries"));
	is_no_entry();
	dp_cmd("ip neigh add 10.0.2.2 dev p2 managed protocol bird");
	dp_cmd("ip link set p2 down"); /* as every other */
	is_no_entry();
	dp_cmd("ip link set p2 up");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2");
	is_no_entry();
	dp_cmd("ip route del 198.51.100.0/24"); /* let go, and not collected yet */
	is_no_entry();
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2");
}

/* Where nobody is asked, as on a tunnel, `use` and `managed` ask nobody. */
static void
use_where_there_is_no_arp(void **state)
{
	(void)state;
	dp_cmd("ip tunnel add t0 mode ipip local 10.0.2.1 remote 10.0.2.9");
	dp_cmd("ip link set t0 up");
	dp_cmd("ip addr add 10.5.0.1/24 dev t0");
	dp_cmd("ip neigh add 10.5.0.9 dev t0 use");
	dp_cmd("ip neigh show 10.5.0.9 nud all");
	assert_non_null(strstr(dp_cmd_output(), " NOARP"));
	dp_cmd("ip neigh add 10.5.0.8 dev t0 managed");
	dp_cmd("ip neigh show 10.5.0.8 nud all");
	assert_non_null(strstr(dp_cmd_output(), " managed NOARP"));
	dp_cmd("ip link del t0");
}

/* What runs, the entry of 10.0.2.4 with these members in place of others, is applied. */
static void
apply_entry(const char *members)
{
	json_t *doc, *list, *e;
	char *report = NULL;
	size_t i;

	role_enter_ctl();
	doc = cfg_running();
	list = json_object_get(doc, "neighbours");
	json_array_foreach(list, i, e) {
		if (strcmp(json_string_value(json_object_get(e, "dst")), "10.0.2.4") == 0)
			json_array_set_new(list, i, json_loads(members, 0, NULL));
	}
	if (cfg_apply(doc, &report) < 0)
		fail_msg("%s", report);
	free(report);
	json_decref(doc);
	dp_run();
}

/* A document that says more of a managed entry does not forget where it is; one that no longer says
 * where it is has it asked for. */
static void
managed_by_a_document(void **state)
{
	struct rte_ether_addr mac = dp_port_mac(p2);
	struct dp_frame reply = dp_arp(2, &mac, 2, "10.0.2.4", &mac, "10.0.2.1");

	(void)state;
	dp_cmd("ip neigh add 10.0.2.4 dev p2 managed");
	dp_inject(p2, &reply);
	dp_run();
	apply_entry("{\"dst\":\"10.0.2.4\",\"dev\":\"p2\",\"managed\":true,\"protocol\":\"bird\"}");
	is("ip neigh show 10.0.2.4 dev p2",
	   "10.0.2.4 lladdr 02:00:00:00:01:02 managed REACHABLE proto bird \n");
	dp_cmd("ip neigh replace 10.0.2.4 lladdr " MAC " dev p2 nud noarp");
	apply_entry("{\"dst\":\"10.0.2.4\",\"dev\":\"p2\",\"managed\":true}");
	is("ip neigh show 10.0.2.4 dev p2", "10.0.2.4 managed INCOMPLETE \n");
	dp_cmd("ip neigh del 10.0.2.4 dev p2");
	dp_discard(p2);
}

/* By a tunnel, which has no ARP, a route's packets go on whatever is deleted of its next hop. */
static void
next_hop_without_arp(void **state)
{
	static const char *const ends[] = { "ip neigh flush dev t0 nud all",
					    "ip neigh del 10.5.0.9 dev t0", "ip link set t0 down" };
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.5.7.1", 10), got;

	(void)state;
	dp_cmd("ip neigh add 10.0.2.9 lladdr " MAC " dev p2");
	dp_cmd("ip tunnel add t0 mode ipip local 10.0.2.1 remote 10.0.2.9");
	dp_cmd("ip link set t0 up");
	dp_cmd("ip addr add 10.5.0.1/24 dev t0");
	for (size_t i = 0; i <= RTE_DIM(ends); i++) {
		if (i > 0)
			dp_cmd("%s", ends[i - 1]);
		dp_cmd("ip link set t0 up");
		dp_cmd("ip route replace 10.5.7.0/24 via 10.5.0.9 dev t0");
		dp_cmd("ip neigh show 10.5.0.9 dev t0 nud all");
		assert_non_null(strstr(dp_cmd_output(), " NOARP"));
		dp_discard(p2);
		dp_inject(p1, &f);
		dp_run();
		assert_true(dp_out(p2, &got));
	}
	dp_cmd("ip link del t0");
	dp_cmd("ip neigh del 10.0.2.9 dev p2");
}

static void
leaves_as(const char *words, const char *state)
{
	char want[64];

	dp_cmd("ip neigh replace 10.0.2.3 lladdr " MAC " dev p2 nud %s", words);
	dp_cmd("ip neigh replace 10.0.2.3 dev p2 use");
	snprintf(want, sizeof(want), "10.0.2.3 lladdr " MAC " %s \n", state);
	is("ip neigh show 10.0.2.3 dev p2 nud all", want);
	dp_cmd("ip neigh replace 10.0.2.3 lladdr " MAC " dev p2 nud %s", words);
	dp_cmd("ip neigh change 10.0.2.3 lladdr 02:00:00:00:02:03 dev p2 nud failed use");
	is("ip neigh show 10.0.2.3 dev p2 nud all", want);
}

/* `use` is as if a packet were sent: what works goes on working, words that say otherwise are
 * ignored as in Linux; only what was entered for good is given up for an answer. */
static void
use_is_as_a_packet(void **state)
{
	(void)state;
	leaves_as("reachable", "REACHABLE");
	leaves_as("stale", "DELAY");
	leaves_as("probe", "PROBE");
	leaves_as("noarp", "NOARP");
	dp_cmd("ip neigh replace 10.0.2.3 lladdr " MAC " dev p2 nud permanent");
	dp_cmd("ip neigh replace 10.0.2.3 dev p2 use");
	is("ip neigh show 10.0.2.3 dev p2", "10.0.2.3 INCOMPLETE \n");
	dp_cmd("ip neigh del 10.0.2.3 dev p2");
	dp_cmd("ip neigh add 10.0.2.3 lladdr " MAC " dev p2 nud stale use");
	is("ip neigh show 10.0.2.3 dev p2", "10.0.2.3 INCOMPLETE \n");
	dp_cmd("ip neigh replace 10.0.2.3 dev p2 nud permanent managed");
	is("ip neigh show 10.0.2.3 dev p2", "10.0.2.3 managed INCOMPLETE \n");
	dp_cmd("ip neigh del 10.0.2.3 dev p2");
}

/* Is what runs a configuration that may be saved? */
static void
can_be_saved(const char *after)
{
	json_t *doc;
	char *report = NULL;

	role_enter_ctl();
	doc = cfg_running();
	if (cfg_check(doc, &report) < 0)
		fail_msg("after `%s`: %s", after, report);
	free(report);
	json_decref(doc);
}

/* What the commands take, the document takes: one check for both. */
static void
what_is_taken_can_be_saved(void **state)
{
	static const char *const taken[] = {
		"127.0.0.2 lladdr " MAC " dev p2",
		"223.255.255.255 lladdr " MAC " dev p2",
		"10.0.2.4 lladdr 00:00:00:00:00:00 dev p2",
		"10.0.2.5 lladdr 03:bf:0a:00:01:c8 dev p2", /* a cluster that is a group's */
		"10.0.2.6 lladdr ff:ff:ff:ff:ff:ff dev p2 nud noarp router",
		"proxy 0.0.0.0/0 dev p2",
	};
	static const char *const refused[] = { "0.0.0.0",	  "0.1.2.3",   "224.0.0.5",
					       "255.255.255.255", "240.1.1.1", "239.255.255.255" };
	char line[128];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(refused); i++) {
		snprintf(line, sizeof(line), "ip neigh add %s lladdr " MAC " dev p2", refused[i]);
		if (dp_cmd_try(line, 0) == CLI_DONE)
			can_be_saved(line);
		fails(line, "expected a unicast address");
	}
	for (size_t i = 0; i < RTE_DIM(taken); i++) {
		dp_cmd("ip neigh add %s", taken[i]);
		can_be_saved(taken[i]);
	}
	dp_cmd("ip neigh flush dev p2 nud all");
	dp_cmd("ip neigh flush proxy");
}

/* Packets to a station whose MAC address is a group's, as of a cluster in multicast mode. RFC 1812
 * 3.3.2 forbids to believe such an address that was heard. */
static void
group_address_by_hand(void **state)
{
	static const struct rte_ether_addr cluster = { { 0x03, 0xbf, 0x0a, 0, 0x01, 0xc8 } };
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.5", 10), got;

	(void)state;
	dp_cmd("ip neigh add 10.0.2.5 lladdr 03:bf:0a:00:01:c8 dev p2");
	while (dp_out(p2, &got))
		;
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	assert_memory_equal(got.b, &cluster, sizeof(cluster));
	dp_cmd("ip neigh del 10.0.2.5 dev p2");
}

/* Words stand in any order, as in iproute2; so does `proxy`. */
static void
words_in_any_order(void **state)
{
	static const char *const adds[] = {
		"add dev p2 10.0.2.7 lladdr " MAC,
		"add lladdr " MAC " 10.0.2.7 dev p2",
		"add dev p2 lladdr " MAC " to 10.0.2.7",
		"add nud permanent router dev p2 to 10.0.2.7 lladdr " MAC,
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(adds); i++) {
		dp_cmd("ip neigh %s", adds[i]);
		is("ip neigh get dev p2 10.0.2.7",
		   i < 3 ? "10.0.2.7 dev p2 lladdr " MAC " PERMANENT \n"
			 : "10.0.2.7 dev p2 lladdr " MAC " router PERMANENT \n");
		dp_cmd("ip neigh del dev p2 to 10.0.2.7");
	}
	fails("ip neigh add dev p2 lladdr " MAC, "Device and destination are required");
	fails("ip neigh get dev p2", "Device and address are required");
	fails("ip neigh del dev p2", "Device and destination are required");
	dp_cmd("ip neigh add dev p2 proxy 10.0.9.1");
	dp_cmd("ip neigh add proxy 10.0.9.2 dev p2");
	dp_cmd("ip neigh add dev p1 proxy 10.0.9.3 protocol bird");
	is("ip neigh show dev p2 proxy", "10.0.9.1 proxy \n10.0.9.2 proxy \n");
	is("ip neigh show to 10.0.9.2 proxy", "10.0.9.2 dev p2 proxy \n");
	is("ip neigh show proxy 10.0.9.0/30 dev p1", "10.0.9.3 proxy proto bird \n");
	is("ip neigh dev p2 proxy to 10.0.9.1", "10.0.9.1 proxy \n");
	is("ip neigh get dev p2 proxy 10.0.9.1", "10.0.9.1 dev p2 proxy \n");
	dp_cmd("ip neigh del dev p2 proxy 10.0.9.1");
	dp_cmd("ip neigh flush dev p2 proxy");
	is("ip neigh show proxy", "10.0.9.3 dev p1 proxy proto bird \n");
	dp_cmd("ip neigh flush proxy");
	is("ip neigh show proxy", "");
	fails("ip neigh add proxy 10.0.9.1 protocol all", "expected a routing protocol");
	fails("ip neigh add 10.0.2.7 proxy 10.0.9.1 dev p2", "not with proxy");
	fails("ip neigh get 10.0.2.7 proxy 10.0.9.1 dev p2", "not with proxy");
	fails("ip neigh del proxy 10.0.9.1 dev p2 to 10.0.2.7", "not with proxy");
}

/* iproute2's order of marks, its names and numbers of states, its forms of a MAC address. */
static void
spelling(void **state)
{
	static const struct {
		const char *word, *shown;
	} states[] = { { "perm", "PERMANENT" }, { "0x80", "PERMANENT" }, { "reach", "REACHABLE" },
		       { "4", "STALE" },	{ "f", "FAILED" },	 { "noarp", "NOARP" },
		       { "8", "DELAY" } };
	char want[96];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(states); i++) {
		dp_cmd("ip neigh replace 10.0.2.8 lladdr 2:0:0:0:2:2 dev p2 nud %s",
		       states[i].word);
		snprintf(want, sizeof(want), "10.0.2.8 dev p2 %s%s \n",
			 strcmp(states[i].shown, "FAILED") == 0 ? "" : "lladdr " MAC " ",
			 states[i].shown);
		is("ip neigh get 10.0.2.8 dev p2", want);
		snprintf(want, sizeof(want), "ip neigh show 10.0.2.8 nud %s", states[i].word);
		dp_cmd("%s", want);
		assert_non_null(strstr(dp_cmd_output(), states[i].shown));
	}
	fails("ip neigh show nud 3", "expected permanent");
	fails("ip neigh show nud 256", "expected permanent");
	fails("ip neigh show nud 4x", "expected permanent");
	fails("ip neigh show nud sta", "expected permanent");
	fails("ip neigh add 10.0.2.9 lladdr 2:0:0:0:2 dev p2", "MAC");
	fails("ip neigh add 10.0.2.9 lladdr 2:0:0:0:2:002 dev p2", "MAC");
	fails("ip neigh add 10.0.2.9 lladdr 2:0:0:0:2:2:2 dev p2", "MAC");
	dp_cmd("ip neigh replace 10.0.2.8 dev p2 extern_learn managed router protocol bird");
	is("ip neigh get 10.0.2.8 dev p2",
	   "10.0.2.8 dev p2 lladdr " MAC " router managed extern_learn DELAY proto bird \n");
	is("ip neigh show dev p2 protocol static", "");
	is("ip neigh show dev p2 protocol all",
	   "10.0.2.8 lladdr " MAC " router managed extern_learn DELAY proto bird \n");
	dp_cmd("ip neigh flush dev p2 protocol all");
	is("ip neigh show dev p2 nud all", "");
}

/* What stays here and goes in Linux: entries when our MAC address changes, proxy entries when their
 * device goes down. */
static void
what_the_administrator_entered_stays(void **state)
{
	static const struct rte_ether_addr fresh = { { 2, 0, 0, 0, 0x99, 0x99 } };
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.5", 10), got;
	struct rte_ether_addr old = dp_port_mac(p2);

	(void)state;
	dp_cmd("ip neigh add 10.0.2.5 lladdr " MAC " dev p2");
	dp_cmd("ip neigh add 10.0.2.6 lladdr " MAC " dev p2 nud stale");
	dp_cmd("ip neigh add dev p2 proxy 10.0.9.1");
	dp_cmd("ip link set p2 address 02:00:00:00:99:99");
	is("ip neigh show dev p2",
	   "10.0.2.5 lladdr " MAC " PERMANENT \n10.0.2.6 lladdr " MAC " STALE \n");
	while (dp_out(p2, &got))
		;
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	assert_memory_equal(got.b + 6, &fresh, sizeof(fresh));
	dp_cmd("ip link set p2 down");
	is("ip neigh show dev p2", "");
	is("ip neigh show dev p2 proxy", "10.0.9.1 proxy \n");
	dp_cmd("ip link set p2 address %02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(&old));
	dp_cmd("ip link set p2 up");
	dp_cmd("ip neigh flush proxy");
}

/* A packet that waited is answered by an error, whose way needs a place in a full table: that of
 * the entry which has just failed by command. */
static void
failed_in_a_full_table(void **state)
{
	struct dp_frame f = dp_udp(p1, 77, "10.0.1.77", "10.0.2.50", 10);

	(void)state;
	dp_cmd("ip neigh flush dev p2 nud all");
	dp_cmd("sysctl net.ipv4.neigh.default.gc_thresh3=9");
	dp_cmd("sysctl net.ipv4.neigh.default.gc_share=100");
	for (unsigned int i = 0; i < 7; i++)
		dp_cmd("ip neigh add 10.0.%u.%u lladdr " MAC " dev p%u nud reachable", 1 + i % 2,
		       100 + i, 1 + i % 2);
	dp_inject(p1, &f);
	dp_run();
	dp_cmd("ip neigh replace 10.0.2.50 dev p2 nud failed protocol bird");
	dp_cmd("ip neigh show nud all");
	assert_null(strstr(dp_cmd_output(), "10.0.2.50"));
	assert_non_null(strstr(dp_cmd_output(), "10.0.1.77 dev p1 INCOMPLETE"));
	dp_cmd("sysctl net.ipv4.neigh.default.gc_thresh3=1024");
	dp_cmd("ip neigh flush dev p1");
	dp_cmd("ip neigh flush dev p2");
	dp_discard(p1);
	dp_discard(p2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_hop_is_no_entry),
		cmocka_unit_test(use_is_as_a_packet),
		cmocka_unit_test(next_hop_without_arp),
		cmocka_unit_test(use_where_there_is_no_arp),
		cmocka_unit_test(managed_by_a_document),
		cmocka_unit_test(what_is_taken_can_be_saved),
		cmocka_unit_test(group_address_by_hand),
		cmocka_unit_test(words_in_any_order),
		cmocka_unit_test(spelling),
		cmocka_unit_test(what_the_administrator_entered_stays),
		cmocka_unit_test(failed_in_a_full_table),
	};

	return cmocka_run_group_tests_name("dp/neigh", tests, setup, dp_teardown);
}
