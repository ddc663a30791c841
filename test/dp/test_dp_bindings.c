/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands, through the whole router: what is printed, word for word, and that every command there
 * is ends well. */
#include "dp.h"
#include "vtime.h"
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "ctl/cli_exec.h"
#include "ctl/cli_priv.h"
#include "netdev/netdev.h"

static int
setup(void **state)
{
	dp_setup(state);
	dp_port("p1");
	dp_port("p2");
	return 0;
}

static void
prints(const char *cmd, const char *want)
{
	dp_cmd("%s", cmd);
	assert_string_equal(dp_cmd_output(), want);
}

static void
link_prints(void **state)
{
	(void)state;
	prints("ip link show p1",
	       "2: p1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode "
	       "DEFAULT group default qlen 1000\n"
	       "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n");
	prints("ip -j link show p1",
	       "[{\"ifindex\":2,\"ifname\":\"p1\",\"flags\":[\"BROADCAST\",\"MULTICAST\",\"UP\","
	       "\"LOWER_UP\"],\"mtu\":1500,\"qdisc\":\"noqueue\",\"operstate\":\"UP\","
	       "\"linkmode\":\"DEFAULT\",\"group\":\"default\",\"txqlen\":1000,\"link_type\":"
	       "\"ether\",\"address\":\"02:00:00:00:00:01\",\"broadcast\":\"ff:ff:ff:ff:ff:ff\"}]"
	       "\n");
}

static void
addr_prints(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 brd + dev p1");
	prints("ip addr show p1",
	       "2: p1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group "
	       "default qlen 1000\n"
	       "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
	       "    inet 10.0.1.1/24 brd 10.0.1.255 scope global p1\n"
	       "       valid_lft forever preferred_lft forever\n");
	dp_cmd("ip -j addr show p1");
	assert_non_null(strstr(dp_cmd_output(),
			       "\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.0.1.1\","
			       "\"prefixlen\":24,\"broadcast\":\"10.0.1.255\",\"scope\":\"global\","
			       "\"label\":\"p1\",\"valid_life_time\":4294967295,"
			       "\"preferred_life_time\":4294967295}]}]\n"));
	dp_cmd("ip addr flush dev p1");
	dp_cmd_fails("ip addr del 10.0.1.1/24 dev p1");
}

/* Without brd there is none to show, but the subnet's in table local; brd + and - as iproute2. */
static void
addr_broadcast(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.2.1/24 dev p1");
	dp_cmd("ip addr add 10.0.3.1/24 brd - dev p1");
	dp_cmd("ip addr show p1");
	assert_non_null(strstr(dp_cmd_output(), "inet 10.0.2.1/24 scope global p1\n"));
	assert_non_null(strstr(dp_cmd_output(), "inet 10.0.3.1/24 brd 10.0.3.0 scope global p1\n"));
	dp_cmd("ip route show table local dev p1");
	assert_non_null(strstr(dp_cmd_output(), "broadcast 10.0.2.255 "));
	assert_non_null(strstr(dp_cmd_output(), "broadcast 10.0.3.0 "));
	assert_non_null(strstr(dp_cmd_output(), "broadcast 10.0.3.255 "));
	dp_cmd("ip addr flush dev p1");
}

static void
addr_words(void **state)
{
	(void)state;
	dp_cmd("ip addr add local 10.0.1.1/24 dev p1 metric 77");
	dp_cmd("ip addr add 10.0.2.1/24 dev p1 noprefixroute");
	prints("ip route show table main",
	       "10.0.1.0/24 dev p1 proto kernel scope link src 10.0.1.1 metric 77 \n");
	dp_cmd("ip addr show to 10.0.0.0/16");
	assert_non_null(strstr(dp_cmd_output(), "inet 10.0.1.1/24 metric 77 scope global p1\n"));
	assert_non_null(
		strstr(dp_cmd_output(), "inet 10.0.2.1/24 scope global noprefixroute p1\n"));
	assert_null(strstr(dp_cmd_output(), "p2:"));
	dp_cmd("ip addr change 10.0.1.1/24 dev p1 metric 5");
	prints("ip route show table main",
	       "10.0.1.0/24 dev p1 proto kernel scope link src 10.0.1.1 metric 5 \n");
	dp_cmd("ip addr add 10.0.3.1 remote 10.0.3.2/255.255.255.252 dev p1");
	dp_cmd("ip addr show to 10.0.3.1");
	assert_non_null(
		strstr(dp_cmd_output(), "inet 10.0.3.1 peer 10.0.3.2/30 scope global p1\n"));
	dp_cmd("ip addr del 10.0.3.1 remote 10.0.3.2/30 dev p1");
	dp_cmd("ip addr add 10.0.1.2/24 dev p1 label p1:b");
	dp_cmd("ip addr show dev p1 primary");
	assert_null(strstr(dp_cmd_output(), "10.0.1.2"));
	dp_cmd("ip addr show dev p1 secondary");
	assert_non_null(strstr(dp_cmd_output(), "10.0.1.2"));
	assert_null(strstr(dp_cmd_output(), "10.0.1.1/"));
	dp_cmd("ip addr show label p1:*");
	assert_non_null(strstr(dp_cmd_output(), "10.0.1.2"));
	assert_null(strstr(dp_cmd_output(), "10.0.2.1"));
	prints("ip -j addr show to 192.0.2.1", "[]\n");
	dp_cmd("ip addr show dev p1 scope link");
	assert_null(strstr(dp_cmd_output(), "inet "));
	dp_cmd_fails("ip addr show scope nonsense");
	dp_cmd("ip addr flush dev p1 label p1:b");
	dp_cmd("ip addr flush dev p1 to 10.0.2.0/24");
	dp_cmd("ip addr show dev p1");
	assert_non_null(strstr(dp_cmd_output(), "10.0.1.1/24"));
	assert_null(strstr(dp_cmd_output(), "10.0.1.2"));
	assert_null(strstr(dp_cmd_output(), "10.0.2.1"));
	dp_cmd("ip addr del 10.0.1.1 dev p1"); /* any length */
	assert_non_null(strstr(dp_cmd_output(), "Warning: "));
	assert_non_null(strstr(dp_cmd_output(), "10.0.1.1/24"));
	dp_cmd_fails("ip addr del 10.0.1.1 dev p1");
	prints("ip route show table main", "");
}

static void
says_what_is_missing(void **state)
{
	(void)state;
	assert_non_null(strstr(dp_cmd_fails("ip link add bond0 type bond"), "not in this release"));
}

static void
neigh_prints(void **state)
{
	(void)state;
	prints("ip -j neigh show", "[]\n");
	dp_cmd("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
	prints("ip neigh", "10.0.1.2 dev p1 lladdr 02:00:00:00:01:02 PERMANENT \n");
	prints("ip -j neigh", "[{\"dst\":\"10.0.1.2\",\"dev\":\"p1\",\"lladdr\":"
			      "\"02:00:00:00:01:02\",\"state\":[\"PERMANENT\"]}]\n");
	prints("ip neigh show dev p1", "10.0.1.2 lladdr 02:00:00:00:01:02 PERMANENT \n");
	assert_non_null(
		strstr(dp_cmd_fails("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:03 dev p1"),
		       "File exists: p1 has a neighbour of that address"));
	prints("ip -s neigh",
	       "10.0.1.2 dev p1 lladdr 02:00:00:00:01:02  used 0/0/0probes 0 PERMANENT \n");
	dp_cmd("ip neigh add 10.0.1.3 lladdr 02:00:00:00:01:03 dev p1 nud stale router");
	dp_cmd("ip neigh add 10.0.1.4 lladdr 02:00:00:00:01:04 dev p1 nud noarp extern_learn");
	dp_cmd("ip neigh add 10.0.1.5 dev p1 nud failed");
	dp_cmd("ip neigh add 10.0.1.6 dev p1 nud none");
	prints("ip neigh show", "10.0.1.2 dev p1 lladdr 02:00:00:00:01:02 PERMANENT \n"
				"10.0.1.3 dev p1 lladdr 02:00:00:00:01:03 router STALE \n"
				"10.0.1.4 dev p1 lladdr 02:00:00:00:01:04 extern_learn NOARP \n"
				"10.0.1.5 dev p1 FAILED \n");
	prints("ip -j neigh show nud stale nud none unused",
	       "[{\"dst\":\"10.0.1.3\",\"dev\":\"p1\",\"lladdr\":\"02:00:00:00:01:03\","
	       "\"router\":null,\"state\":[\"STALE\"]},"
	       "{\"dst\":\"10.0.1.4\",\"dev\":\"p1\",\"lladdr\":\"02:00:00:00:01:04\","
	       "\"extern_learn\":null,\"state\":[\"NOARP\"]},"
	       "{\"dst\":\"10.0.1.6\",\"dev\":\"p1\"}]\n");
	dp_cmd("ip -s neigh flush nud failed nud stale");
	assert_string_equal(dp_cmd_output(), "\n*** Round 1, deleting 3 entries ***\n"
					     "*** Flush is complete after 1 round ***\n");
	dp_cmd("ip -s neigh flush nud failed");
	assert_string_equal(dp_cmd_output(), "Nothing to flush.\n");
	assert_non_null(strstr(dp_cmd_fails("ip neigh flush"), "Flush requires arguments."));
	assert_non_null(strstr(dp_cmd_fails("ip neigh get 10.0.1.77 dev p1"),
			       "Neighbour entry not found."));
	assert_non_null(strstr(dp_cmd_fails("ip neigh add 10.0.1.77 dev p1"),
			       "No link layer address given."));
	dp_cmd_fails("ip neigh change 10.0.1.77 lladdr 02:00:00:00:01:03 dev p1");
	dp_cmd_fails("ip neigh show nud sideways");
	dp_cmd("ip neigh replace 10.0.1.2 lladdr 02:00:00:00:01:12 dev p1");
	prints("ip neigh get 10.0.1.2 dev p1",
	       "10.0.1.2 dev p1 lladdr 02:00:00:00:01:12 PERMANENT \n");
	dp_cmd("ip neigh flush nud all");
	prints("ip neigh show nud all", "");
}

/* Proxy entries: as iproute2 has them, and for prefixes. */
static void
proxy_prints(void **state)
{
	(void)state;
	prints("ip -j neigh show proxy", "[]\n");
	dp_cmd("ip neigh add proxy 10.0.9.9 dev p1");
	dp_cmd("ip neigh add proxy 10.0.9.9 dev p1"); /* no quarrel, as in Linux */
	dp_cmd("ip neigh add proxy 10.0.9.8");
	dp_cmd("ip neigh add proxy 10.0.8.0/24 dev p2");
	prints("ip neigh show proxy", "10.0.8.0/24 dev p2 proxy \n"
				      "10.0.9.8 proxy \n"
				      "10.0.9.9 dev p1 proxy \n");
	prints("ip -j neigh show proxy to 10.0.9.0/24",
	       "[{\"dst\":\"10.0.9.8\",\"proxy\":null},"
	       "{\"dst\":\"10.0.9.9\",\"dev\":\"p1\",\"proxy\":null}]\n");
	prints("ip neigh show proxy dev p1", "10.0.9.9 proxy \n");
	prints("ip neigh get proxy 10.0.9.9 dev p1", "10.0.9.9 dev p1 proxy \n");
	assert_non_null(strstr(dp_cmd_fails("ip neigh get proxy 10.0.9.9 dev p2"),
			       "Proxy neighbour entry not found."));
	dp_cmd_fails("ip neigh add proxy 224.0.0.9 dev p1");
	dp_cmd_fails("ip neigh add proxy 10.0.8.1/24 dev p1");
	prints("ip neigh", ""); /* they are not neighbours */
	dp_cmd("ip neigh del proxy 10.0.9.9 dev p1");
	dp_cmd_fails("ip neigh del proxy 10.0.9.9 dev p1");
	dp_cmd("ip neigh flush proxy to 10.0.9.0/24");
	prints("ip neigh show proxy", "10.0.8.0/24 dev p2 proxy \n");
	dp_cmd("ip neigh flush proxy");
	prints("ip neigh show proxy", "");
	prints("ip -j neigh show proxy", "[]\n");
	dp_cmd("show stats neigh");
	assert_non_null(strstr(dp_cmd_output(), "unresolved_discards"));
	assert_int_equal(dp_cmd_try("show arp conflicts", CLI_F_JSON), CLI_DONE);
	assert_string_equal(dp_cmd_output(), "[]\n");
}

static void
route_prints(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip route add blackhole 203.0.113.0/24");
	dp_cmd("ip route add 198.51.100.0/24 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.1.3");
	prints("ip route", "10.0.1.0/24 dev p1 proto kernel scope link src 10.0.1.1 \n"
			   "198.51.100.0/24 \n"
			   "\tnexthop via 10.0.1.2 dev p1 weight 2 \n"
			   "\tnexthop via 10.0.1.3 dev p1 weight 1 \n"
			   "blackhole 203.0.113.0/24 \n");
	prints("ip -j route show 10.0.1.0/24",
	       "[{\"dst\":\"10.0.1.0/24\",\"dev\":\"p1\",\"protocol\":\"kernel\",\"scope\":"
	       "\"link\",\"prefsrc\":\"10.0.1.1\",\"flags\":[]}]\n");
	prints("ip -j route show type blackhole",
	       "[{\"type\":\"blackhole\",\"dst\":\"203.0.113.0/24\",\"flags\":[]}]\n");
	assert_non_null(strstr(dp_cmd_fails("ip route add 192.0.2.0/24 via 10.0.1.1"), "10.0.1.1"));
	assert_non_null(strstr(dp_cmd_fails("ip route add 192.0.2.9/24 via 10.0.1.2"),
			       "\"192.0.2.9/24\": Invalid prefix for given prefix length, the "
			       "prefix is 192.0.2.0/24"));
	assert_non_null(strstr(dp_cmd_fails("ip route add blackhole 203.0.113.0/24"),
			       "\"203.0.113.0/24\": File exists"));
	dp_cmd("show fib");
	assert_non_null(strstr(dp_cmd_output(), "routes"));
	dp_cmd("ip route flush table main");
	dp_cmd("ip addr flush dev p1");
}

/* -br and -o, space by space as ip prints them. */
static void
brief_prints(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.1.9/24 metric 7 noprefixroute dev p1");
	dp_cmd("ip addr add 10.2.0.1 peer 10.2.0.2/32 dev p1");
	dp_cmd("ip link add link p1 name p1.5 type vlan id 5");
	dp_cmd("ip neigh add 10.0.1.7 lladdr 02:00:00:00:00:07 dev p1");
	prints("ip -br link show p1", "p1               UP             02:00:00:00:00:01 "
				      "<BROADCAST,MULTICAST,UP,LOWER_UP> \n");
	prints("ip -brief link show p1.5",
	       "p1.5@p1          DOWN           02:00:00:00:00:01 <BROADCAST,MULTICAST> \n");
	prints("ip -br addr show p1",
	       "p1               UP             10.0.1.1/24 10.2.0.1 peer 10.2.0.2/32 "
	       "10.0.1.9/24 metric 7 \n");
	prints("ip -br addr show p1.5", "p1.5@p1          DOWN           \n");
	prints("ip -br -j addr show p1",
	       "[{\"ifname\":\"p1\",\"operstate\":\"UP\",\"addr_info\":["
	       "{\"local\":\"10.0.1.1\",\"prefixlen\":24},"
	       "{\"local\":\"10.2.0.1\",\"address\":\"10.2.0.2\",\"prefixlen\":32},"
	       "{\"local\":\"10.0.1.9\",\"prefixlen\":24,\"metric\":7}]}]\n");
	prints("ip -br -j link show p1.5",
	       "[{\"link\":\"p1\",\"ifname\":\"p1.5\",\"operstate\":\"DOWN\",\"address\":"
	       "\"02:00:00:00:00:01\",\"flags\":[\"BROADCAST\",\"MULTICAST\"]}]\n");
	prints("ip -br neigh",
	       "10.0.1.7                                p1               02:00:00:00:00:07\n");
	prints("ip -br -j neigh",
	       "[{\"dst\":\"10.0.1.7\",\"dev\":\"p1\",\"lladdr\":\"02:00:00:00:00:07\"}]\n");
	prints("ip -br neigh show dev p1",
	       "10.0.1.7                                02:00:00:00:00:07\n");
	prints("ip -o link show p1",
	       "2: p1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode "
	       "DEFAULT group default qlen 1000\\    link/ether 02:00:00:00:00:01 brd "
	       "ff:ff:ff:ff:ff:ff\n");
	prints("ip -o addr show p1",
	       "2: p1    inet 10.0.1.1/24 scope global p1\\       valid_lft forever preferred_lft "
	       "forever\n"
	       "2: p1    inet 10.2.0.1 peer 10.2.0.2/32 scope global p1\\       valid_lft forever "
	       "preferred_lft forever\n"
	       "2: p1    inet 10.0.1.9/24 metric 7 scope global secondary noprefixroute p1\\       "
	       "valid_lft forever preferred_lft forever\n");
	dp_cmd("ip neigh flush dev p1 nud permanent");
	dp_cmd("ip link del p1.5");
	dp_cmd("ip addr flush dev p1");
}

#define HEAD(n, dev)                                                                               \
#n ": " #dev                                                                               \
	   ": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default "    \
	   "qlen 1000\n"
#define LIFE   "       valid_lft forever preferred_lft forever\n"
#define FIRST  "    inet 10.0.1.1/24 scope global p1\n" LIFE
#define SECOND "    inet 10.0.1.2/24 scope global secondary noprefixroute p1:b\n" LIFE

static bool
shows(const char *line, const char *what)
{
	dp_cmd("%s", line);
	return strstr(dp_cmd_output(), what) != NULL;
}

/* Which devices stand in the answer, by the headers that ip shows: those with an address that is
 * wanted, and those without any where no family is asked for. Of IPv4 alone no link layer. */
static void
addr_filters(void **state)
{
	static const struct {
		const char *words;
		bool lo, first, second, p2;
	} is[] = {
		{ "", true, true, true, true },
		{ "secondary", false, false, true, true },
		{ "-primary", false, false, true, true },
		{ "primary", true, true, false, true },
		{ "-secondary", true, true, false, true },
		{ "permanent", true, true, true, true },
		{ "-dynamic", true, true, true, true },
		{ "dynamic", false, false, false, true },
		{ "-permanent", false, false, false, true },
		{ "noprefixroute", false, false, true, true },
		{ "-noprefixroute", true, true, false, true },
		{ "tentative", false, false, false, true },
		{ "dadfailed", false, false, false, true },
		{ "scope link", false, false, false, true },
		{ "scope host", true, false, false, true },
		{ "scope all", true, true, true, true },
		{ "scope all secondary", false, false, true, true },
		{ "to 10.0.1.2", false, false, true, false },
		{ "nomaster", true, true, true, false },
		{ "master br0", false, false, false, true },
		{ "type bridge", false, false, false, false },
		{ "dev p2", false, false, false, true },
	};
	char line[64];

	(void)state;
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set p2 master br0");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.1.2/24 dev p1 label p1:b noprefixroute");
	for (size_t i = 0; i < RTE_DIM(is); i++) {
		snprintf(line, sizeof(line), "ip addr show %s", is[i].words);
		print_message("%s\n", line);
		assert_int_equal(shows(line, ": lo: <"), is[i].lo);
		assert_int_equal(shows(line, ": p1: <"), is[i].first || is[i].second);
		assert_int_equal(shows(line, FIRST), is[i].first);
		assert_int_equal(shows(line, SECOND), is[i].second);
		assert_int_equal(shows(line, ": p2: <"), is[i].p2);
		snprintf(line, sizeof(line), "ip -4 addr show %s", is[i].words);
		assert_int_equal(shows(line, SECOND), is[i].second);
		assert_false(shows(line, ": p2: <")); /* none of that family */
		assert_false(shows(line, "link/"));
	}
	prints("ip -4 addr show secondary", HEAD(2, p1) SECOND);
	prints("ip addr show to 10.0.1.1/32", HEAD(2, p1) FIRST);
	assert_true(
		shows("ip -d addr show to 10.0.1.1/32", "\n    link/ether 02:00:00:00:00:01 brd"));
	prints("ip addr show label p1:*", SECOND);
	prints("ip -br addr show label p1:*", "10.0.1.2/24 \n");
	prints("ip -j addr show label p1:*",
	       "[{\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.0.1.2\",\"prefixlen\":24,"
	       "\"scope\":\"global\",\"secondary\":true,\"noprefixroute\":true,\"label\":\"p1:b\","
	       "\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295}]}]\n");
	assert_false(shows("ip -j addr show to 10.0.1.1/32", "link_type"));
	assert_true(shows("ip -j -s addr show p1", "}],\"stats64\":{"));
	dp_cmd("ip -s addr show p1");
	assert_true(strstr(dp_cmd_output(), FIRST) < strstr(dp_cmd_output(), "    RX: "));
	assert_non_null(
		strstr(dp_cmd_fails("ip addr show vrf p1"), "\"p1\": Not a valid VRF name"));
	assert_non_null(strstr(dp_cmd_fails("ip addr show group 7"), "\"7\": not a group"));
	assert_non_null(strstr(dp_cmd_fails("ip addr show scope far"), "\"far\" is no scope"));
	assert_non_null(strstr(dp_cmd_fails("ip addr add 10.0.9.1 scope all dev p1"), "no scope"));
	assert_non_null(
		strstr(dp_cmd_fails("ip addr show master br9"), "\"br9\": cannot find device"));
	assert_true(shows("ip link show master br0", ": p2: <"));
	assert_false(shows("ip link show nomaster", ": p2: <"));
	dp_cmd("ip addr flush dev p1");
	dp_cmd("ip link del br0");
}

/* The second that runs is one of those that are left, as in Linux. */
static void
addr_lifetimes(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev p1 valid_lft 1000 preferred_lft 500");
	vtime_pass_us(1000);
	assert_true(shows("ip addr show p1", "valid_lft 1000sec preferred_lft 500sec\n"));
	vtime_pass_us(999000);
	assert_true(shows("ip addr show p1", "valid_lft 999sec preferred_lft 499sec\n"));
	dp_cmd("ip addr flush dev p1");
}

/* Round by round with -s, with -s -s also what; as ip prints it. */
static void
addr_flush_tells(void **state)
{
	(void)state;
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.1.2/24 dev p1 label p1:b noprefixroute");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	prints("ip -s addr flush dev p1 to 10.9.9.9", "Nothing to flush.\n");
	prints("ip -s -s addr flush dev p1",
	       "2: p1" FIRST "2: p1" SECOND "\n*** Round 1, deleting 2 addresses ***\n"
	       "*** Flush is complete after 1 round ***\n");
	prints("ip addr flush dev p1", "");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("sysctl net.ipv4.conf.p1.promote_secondaries=1");
	dp_cmd("ip addr add 10.0.1.2/24 dev p1 label p1:b");
	/* the one that is promoted then is one of that prefix: the next round's */
	dp_cmd("ip addr add 10.0.1.3/24 dev p1");
	prints("ip -s addr flush dev p1 primary", "\n*** Round 1, deleting 1 addresses ***\n*** "
						  "Flush is complete after 1 round ***\n");
	prints("ip -s addr flush dev p1 scope all", "\n*** Round 1, deleting 2 addresses ***\n*** "
						    "Flush is complete after 1 round ***\n");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.1.2/24 dev p1");
	prints("ip -s addr flush -secondary dev p1", "\n*** Round 1, deleting 1 addresses ***\n*** "
						     "Flush is complete after 1 round ***\n");
	prints("ip -s neigh flush dev p1", "Nothing to flush.\n");
	dp_cmd("ip neigh add 10.0.1.7 lladdr 02:00:00:00:00:07 dev p1");
	prints("ip -s neigh flush dev p1 nud permanent",
	       "\n*** Round 1, deleting 1 entries ***\n*** Flush is complete after 1 round ***\n");
	dp_cmd("sysctl net.ipv4.conf.p1.promote_secondaries=0");
	prints("ip -s addr flush up type ethdev scope global",
	       "\n*** Round 1, deleting 2 addresses ***\n*** Flush is complete after 1 round "
	       "***\n");
}

/* --- every command --- */

static unsigned int seed;

static unsigned int
chance(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static const char *
value_of(const char *type)
{
	static const struct {
		const char *type, *values[3];
	} all[] = { { "ip4", { "10.0.1.2", "192.0.2.1", "0.0.0.0" } },
		    { "prefix", { "10.0.1.0/24", "default", "10.9.9.1" } },
		    { "mac", { "02:00:00:00:01:02", "01:00:5e:00:00:01", "00:00:00:00:00:00" } },
		    { "dev", { "p1", "p2", "lo" } },
		    { "port", { "0", "p2", "all" } },
		    { "u32", { "1", "0", "1500" } },
		    { "rest", { "net.ipv4.ip_forward", "x y", "p1" } } };

	for (size_t i = 0; i < RTE_DIM(all); i++)
		if (strncmp(type, all[i].type, strlen(all[i].type)) == 0)
			return all[i].values[chance(3)];
	return chance(2) ? "on" : "x1";
}

/* Write one line that the syntax at @p p allows, up to the bracket that closes; returns where that
 * is. @p take: write, else only pass over. */
static const char *
expand(const char *p, bool take, char *line, size_t len)
{
	unsigned int choice, n_alt = 1, alt = 0, depth = 0;

	for (const char *q = p; *q != '\0'; q++) {
		if (depth == 0 && (*q == ')' || *q == ']'))
			break;
		depth += *q == '(' || *q == '[';
		depth -= *q == ')' || *q == ']';
		n_alt += depth == 0 && *q == '|';
	}
	choice = chance(n_alt);
	while (*p != '\0' && *p != ')' && *p != ']') {
		size_t n = strcspn(p, " ()[]|"), name = strcspn(p, ":"), at = strlen(line);

		if (*p == '(' && (p == strchr(p, '(')) && n == 0) {
			p = expand(p + 1, take && alt == choice, line, len) + 1;
		} else if (*p == '[') {
			p = expand(p + 1, take && alt == choice && chance(2), line, len) + 1;
			p += strncmp(p, "...", 3) == 0 ? 3 : 0;
		} else if (n == 0) {
			alt += *p++ == '|';
		} else {
			if (take && alt == choice && name < n)
				snprintf(line + at, len - at, "%s ", value_of(p + name + 1));
			else if (take && alt == choice)
				snprintf(line + at, len - at, "%.*s ", (int)n, p);
			p += n;
			if (name < n && *p == '(') /* u32(lo..hi) */
				p += strcspn(p, ")") + 1;
		}
	}
	return p;
}

static bool
is_spared(const char *line)
{
	static const char *const spared[] = { "shutdown", "port attach", "port detach", "load",
					      "config save" };

	for (size_t i = 0; i < RTE_DIM(spared); i++)
		if (strncmp(line, spared[i], strlen(spared[i])) == 0)
			return true;
	return false;
}

static void
try_line(const char *line, unsigned int flags)
{
	int status = dp_cmd_try(line, flags);
	const char *out = dp_cmd_output(), *err = dp_cmd_error();
	size_t lines = 0;
	json_t *v;

	for (const char *p = err; *p != '\0'; p++)
		lines += *p == '\n';
	if (lines != (status != CLI_DONE))
		fail_msg("%s: status %d with %zu error lines: %s", line, status, lines, err);
	if (!(flags & CLI_F_JSON) || status != CLI_DONE || out[0] == '\0')
		return;
	v = json_loads(out, JSON_DECODE_ANY, NULL);
	if (v == NULL)
		fail_msg("%s: no JSON: %.200s", line, out);
	json_decref(v);
}

/* Some lines of every command; @p k: which of them it is. */
static void
each_line(void (*fn)(const char *line, unsigned int k))
{
	char line[1024];

	for (size_t i = 0; i < cli_n_progs; i++)
		for (unsigned int k = 0; k < 24; k++) {
			line[0] = '\0';
			seed = (unsigned int)(i * 64 + k);
			expand(cli_progs[i]->cmd->syntax, true, line, sizeof(line));
			fn(line, k);
		}
}

static void
carry_out(const char *line, unsigned int k)
{
	if (is_spared(line))
		return;
	try_line(line, 0);
	try_line(line, CLI_F_JSON | (k % 2 ? CLI_F_STATS | CLI_F_DETAIL : 0));
}

static void
every_command_ends_well(void **state)
{
	(void)state;
	each_line(carry_out);
	/* Some line may have given lo another name. */
	role_enter_ctl();
	assert_int_equal(dev_change_name(dev_get_by_index(1), "lo"), 0);
}

/* --- looking at the next word --- */

/* The reading of a line, or NULL; the matcher is the caller's to free. */
static const struct cli_thread *
reading(struct cli_matcher *m, const struct cli_words *ws, bool ahead)
{
	match_init(m, ws, ahead);
	for (size_t i = 0; i < ws->n; i++)
		if (!match_step(m, i))
			return NULL;
	return match_done(m);
}

static bool
reads_alike(const char *line)
{
	const struct cli_thread *plain, *ahead;
	const struct cli_arg *a, *b;
	struct cli_matcher m[2];
	struct cli_words ws;

	assert_int_equal(cli_split(&ws, line), 0);
	plain = reading(&m[0], &ws, false);
	ahead = reading(&m[1], &ws, true);
	if ((plain == NULL) != (ahead == NULL) || (plain != NULL && plain->prog != ahead->prog))
		fail_msg("%s: read as another command, or none", line);
	a = plain != NULL ? plain->args : NULL;
	b = ahead != NULL ? ahead->args : NULL;
	for (; a != NULL && b != NULL; a = a->prev, b = b->prev)
		if (a->kind != b->kind || a->name != b->name || a->num != b->num)
			fail_msg("%s: an argument is read in another way", line);
	assert_true(a == NULL && b == NULL);
	match_free(&m[0]);
	match_free(&m[1]);
	cli_words_free(&ws);
	return plain != NULL;
}

/* Abbreviate every word by some letters, quote one in eight. */
static void
shorten(const char *line, char *to, size_t len)
{
	to[0] = '\0';
	for (const char *p = line; *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " "), at = strlen(to);
		bool quote = chance(8) == 0;

		snprintf(to + at, len - at, quote ? "\"%.*s\" " : "%.*s ",
			 (int)(n - (n > 1 && chance(2) ? chance((unsigned int)n) : 0)), p);
		p += n;
	}
}

static unsigned int commands; /* lines that are one */

static void
read_both_ways(const char *line, unsigned int k)
{
	char brief[2048];

	(void)k;
	commands += reads_alike(line);
	shorten(line, brief, sizeof(brief));
	commands += reads_alike(brief);
}

static void
looking_ahead_changes_nothing(void **state)
{
	(void)state;
	commands = 0;
	each_line(read_both_ways);
	assert_true(commands > cli_n_progs * 12); /* most are */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_prints),
		cmocka_unit_test(addr_prints),
		cmocka_unit_test(neigh_prints),
		cmocka_unit_test(proxy_prints),
		cmocka_unit_test(route_prints),
		cmocka_unit_test(addr_broadcast),
		cmocka_unit_test(addr_words),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(brief_prints),
		cmocka_unit_test(addr_filters),
		cmocka_unit_test(addr_flush_tells),
		cmocka_unit_test(addr_lifetimes),
		cmocka_unit_test(looking_ahead_changes_nothing),
		cmocka_unit_test(every_command_ends_well),
	};

	return cmocka_run_group_tests_name("dp/bindings", tests, setup, dp_teardown);
}
