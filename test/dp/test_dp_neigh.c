/* SPDX-License-Identifier: BSD-3-Clause */
/* ip neigh: what is an entry and what is not, its words and their order. */
#include "dp.h"
#include <string.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_hop_is_no_entry),
		cmocka_unit_test(use_is_as_a_packet),
	};

	return cmocka_run_group_tests_name("dp/neigh", tests, setup, dp_teardown);
}
