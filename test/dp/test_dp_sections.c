/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections of the configuration, through the whole router: what they refuse, what they make, what
 * they put back. */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "ctl/cfg.h"
#include "netdev/netdev.h"

static void
prints(const char *cmd, const char *want)
{
	dp_cmd("%s", cmd);
	assert_string_equal(dp_cmd_output(), want);
}

static void
apply(const char *text)
{
	char *report = NULL;
	json_t *doc = json_loads(text, 0, NULL);

	role_enter_ctl();
	if (cfg_apply(doc, &report) < 0 || (report != NULL && report[0] != '\0'))
		fail_msg("%s", report);
	free(report);
	json_decref(doc);
}

static void
refused(const char *text, const char *why)
{
	char *report = NULL;
	json_t *doc = json_loads(text, 0, NULL);

	role_enter_ctl();
	assert_non_null(doc);
	assert_true(cfg_check(doc, &report) < 0);
	if (strstr(report, why) == NULL)
		fail_msg("%s", report);
	free(report);
	json_decref(doc);
}

static void
sections_are_checked(void **state)
{
	(void)state;
	refused("{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_null9\"}},\"addresses\":{"
		"\"lo\":[\"192.0.2.1/32\"],\"q1\":[{\"local\":\"192.0.2.1/24\"}]}}",
		"/addresses/q1/0: \"lo\" has this address too");
#define BR "{\"version\":1,\"bridges\":{\"br1\":{\"ports\":{},\"vlans\":[\"20-22\"],"
	refused(BR "\"vlan_global\":{\"19-20\":{}}}}}",
		"/bridges/br1/vlan_global/19-20: VLAN 19 has no member here");
	refused(BR "\"vlan_global\":{\"20-22\":{},\"21\":{}}}}}", "VLAN 21 is another member's");
	refused(BR "\"vlan_global\":{\"0\":{}}}}}", "expected a VLAN of 1 to 4094");
	refused(BR "\"vlan_global\":{\"20\":{\"mcast_hash_max\":9}}}}}",
		"/bridges/br1/vlan_global/20/mcast_hash_max");
	refused(BR "\"vlan_global\":{\"20\":{\"mcast_query_interval\":0.5}}}}}",
		"expected a number of seconds");
	refused(BR "\"vlan_options\":{\"20\":{\"mcast_max_groups\":9}}}}}",
		"/bridges/br1/vlan_options/20/mcast_max_groups");
	refused(BR "\"vlan_options\":{\"20\":7}}}}", "expected an object");
	refused(BR "\"pvid\":70000,\"vlan_options\":{\"20\":{}}}}}", "/bridges/br1/pvid");
	refused(BR "\"vlan_options\":{\"20\":{\"state\":\"blocking\"}}}}}", /* of a port */
		"/bridges/br1/vlan_options/20/state");
#undef BR
#define PORT(mode, state)                                                                          \
	"{\"version\":1,\"bridges\":{\"br1\":{\"stp\":{\"mode\":\"" mode "\"},\"ports\":{\"q1\":{" \
	"\"vlans\":[20],\"vlan_options\":{\"20\":{\"state\":\"" state "\"}}}}}}}"
	refused(PORT("off", "closed"), "/bridges/br1/ports/q1/vlan_options/20/state");
	refused(PORT("rstp", "blocking"),
		"/bridges/br1/ports/q1/vlan_options/20/state: the spanning tree decides on it");
#undef PORT
	refused("{\"version\":1,\"vlans\":{\"lo\":{\"parent\":\"q1\",\"id\":5}}}", "not \"lo\"");
}

static void
sections_apply_and_go(void **state)
{
	(void)state;
	apply("{\"version\":1,\"addresses\":{\"lo\":[\"192.0.2.1/32\"]},"
	      "\"tables\":{\"isp2\":100},\"routes\":["
	      "{\"dst\":\"198.51.100.0/24\",\"type\":\"blackhole\"},"
	      "{\"dst\":\"203.0.113.0/24\",\"type\":\"prohibit\",\"table\":\"isp2\"}]}");
	prints("ip route show proto static", "blackhole 198.51.100.0/24 \n");
	prints("ip route show table isp2", "prohibit 203.0.113.0/24 proto static \n");
	dp_cmd("ip addr show lo");
	assert_non_null(strstr(dp_cmd_output(), "inet 192.0.2.1/32 scope global lo\n"));
	apply("{\"version\":1}");
	prints("ip route show proto static", "");
	dp_cmd("ip addr show lo");
	assert_null(strstr(dp_cmd_output(), "192.0.2.1"));
}

static void
mtus_are(uint32_t q1, uint32_t own, uint32_t inherited)
{
	role_enter_ctl();
	assert_int_equal(dev_get_by_name("q1")->mtu, q1);
	assert_int_equal(dev_get_by_name("q1.5")->mtu, own);
	assert_int_equal(dev_get_by_name("q1.6")->mtu, inherited);
}

/* A change that fails midway leaves VLAN devices with the MTU they had, their own or not. */
static void
mtu_is_restored(void **state)
{
	char *report = NULL;
	json_t *doc;

	(void)state;
	apply("{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mtu\":9000}},"
	      "\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5,\"mtu\":8000},"
	      "\"q1.6\":{\"parent\":\"q1\",\"id\":6}}}");
	mtus_are(9000, 8000, 9000);
	doc = json_loads(
		"{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mtu\":1500}},"
		"\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5,\"mtu\":1400},"
		"\"q1.6\":{\"parent\":\"q1\",\"id\":6}},"
		"\"routes\":[{\"dst\":\"203.0.113.0/24\",\"type\":\"throw\",\"table\":\"local\"}]}",
		0, NULL);
	assert_non_null(doc);
	role_enter_ctl();
	assert_true(cfg_apply(doc, &report) < 0);
	assert_string_equal(report, "/routes/0: Table local takes no throw routes\n");
	assert_true(cfg_undone());
	free(report);
	json_decref(doc);
	mtus_are(9000, 8000, 9000);
	apply("{\"version\":1}");
}

#define RING(name) "\"" name "\":{\"device\":\"net_ring_" name "\"}"

static void
has_line(const char *cmd, const char *part)
{
	dp_cmd("%s", cmd);
	if (strstr(dp_cmd_output(), part) == NULL)
		fail_msg("%s: no \"%s\" in:\n%s", cmd, part, dp_cmd_output());
}

static void
section_runs(const char *name, const char *json)
{
	json_t *is;
	char *text;

	role_enter_ctl();
	is = cfg_running_section(name);
	text = json_dumps(is, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, json);
	free(text);
	json_decref(is);
}

static void
vlans_apply(void **state)
{
	(void)state;
	apply("{\"version\":1,\"ports\":{" RING(
		"q1") "},\"vlans\":{"
		      "\"q1.5.7\":{\"parent\":\"q1.5\",\"id\":7},"
		      "\"q1.5\":{\"parent\":\"q1\",\"id\":5,\"protocol\":\"802.1ad\",\"mtu\":1400,"
		      "\"mac\":\"02:00:00:00:05:05\"},"
		      "\"q1.6\":{\"parent\":\"q1\",\"id\":6,\"enabled\":false}}}");
	has_line("ip -d link show q1.5", "q1.5@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400");
	has_line("ip -d link show q1.5", "vlan protocol 802.1ad id 5");
	has_line("ip link show q1.5", "link/ether 02:00:00:00:05:05");
	has_line("ip -d link show q1.5.7",
		 "q1.5.7@q1.5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400");
	has_line("ip -d link show q1.5.7", "vlan protocol 802.1Q id 7");
	has_line("ip link show q1.6", "q1.6@q1: <BROADCAST,MULTICAST> mtu 1500");
	section_runs(
		"vlans",
		"{\"q1.5\":{\"id\":5,\"mac\":\"02:00:00:00:05:05\",\"mtu\":1400,\"parent\":\"q1\","
		"\"protocol\":\"802.1ad\"},"
		"\"q1.5.7\":{\"id\":7,\"parent\":\"q1.5\"},"
		"\"q1.6\":{\"enabled\":false,\"id\":6,\"parent\":\"q1\"}}");
	/* In place: the device stays; another identity: it does not. What a command took, is back.
	 */
	dp_cmd("ip link set q1.6 up mtu 1000");
	dp_cmd("ip link del q1.5.7");
	apply("{\"version\":1,\"ports\":{" RING("q1") "},\"vlans\":{"
						      "\"q1.5.7\":{\"parent\":\"q1.5\",\"id\":7},"
						      "\"q1.5\":{\"parent\":\"q1\",\"id\":9},"
						      "\"q1.6\":{\"parent\":\"q1\",\"id\":6}}}");
	has_line("ip -d link show q1.5", "vlan protocol 802.1Q id 9");
	has_line("ip link show q1.5", "mtu 1500");
	has_line("ip -d link show q1.5.7", "vlan protocol 802.1Q id 7");
	has_line("ip link show q1.6", "q1.6@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500");
	apply("{\"version\":1,\"ports\":{" RING("q1") "}}");
	dp_cmd_fails("ip link show q1.6");
}

static void
neighbours_apply(void **state)
{
	static const char one[] = "{\"version\":1,\"ports\":{" RING(
		"q1") "},\"addresses\":{\"q1\":[\"10.9.0.1/24\"]},"
		      "\"neighbours\":[{\"dst\":\"10.9.0.9\",\"dev\":\"q1\",\"lladdr\":"
		      "\"02:00:00:00:00:0A\"},{\"dst\":\"10.9.0.8\",\"dev\":\"q1\","
		      "\"lladdr\":\"02:00:00:00:00:08\"}]}";

	(void)state;
	apply(one);
	has_line("ip neigh", "10.9.0.9 dev q1 lladdr 02:00:00:00:00:0a PERMANENT \n");
	has_line("ip neigh", "10.9.0.8 dev q1 lladdr 02:00:00:00:00:08 PERMANENT \n");
	dp_cmd("ip neigh replace 10.9.0.9 lladdr 02:00:00:00:00:77 dev q1");
	dp_cmd("ip neigh del 10.9.0.8 dev q1");
	dp_cmd("ip neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 dev q1");
	dp_cmd("ip neigh add 10.9.0.6 lladdr 02:00:00:00:00:06 dev q1 nud stale");
	apply(one);
	dp_cmd("ip neigh show nud permanent");
	has_line("ip neigh show nud permanent",
		 "10.9.0.9 dev q1 lladdr 02:00:00:00:00:0a PERMANENT \n");
	has_line("ip neigh show nud permanent",
		 "10.9.0.8 dev q1 lladdr 02:00:00:00:00:08 PERMANENT \n");
	assert_null(strstr(dp_cmd_output(), "10.9.0.7"));
	has_line("ip neigh", "10.9.0.6 dev q1 lladdr 02:00:00:00:00:06 STALE \n");
	refused("{\"version\":1,\"ports\":{" RING("q1") "},\"neighbours\":["
							"{\"dst\":\"10.9.0.9\",\"dev\":\"q1\","
							"\"lladdr\":\"02:00:00:00:00:0A\"},"
							"{\"lladdr\":\"02:00:00:00:00:0B\",\"dst\":"
							"\"10.9.0.9\",\"dev\":\"q1\"}]}",
		"/neighbours/1: is the same as element 0: 10.9.0.9 dev q1");
	apply("{\"version\":1,\"ports\":{" RING("q1") "}}");
	prints("ip neigh show nud permanent", "");
}

/* The order of a device's addresses decides which is primary: it is the document's again. */
static void
addresses_apply(void **state)
{
	static const char doc[] = "{\"version\":1,\"ports\":{" RING(
		"q1") "},\"addresses\":{\"lo\":[\"127.0.0.1/8\"],"
		      "\"q1\":[\"10.9.0.1/24\","
		      "{\"local\":\"10.9.0.2/24\",\"label\":\"q1:b\",\"broadcast\":\"10.9.0.0\"},"
		      "\"10.9.1.1/24\",{\"local\":\"10.9.2.1/32\",\"peer\":\"10.9.2.2/"
		      "32\",\"scope\":\"link\"},"
		      "{\"local\":\"10.9.3.1/24\",\"metric\":5,\"noprefixroute\":true}]}}";
	static const char runs[] =
		"{\"q1\":[{\"local\":\"10.9.2.1\",\"peer\":\"10.9.2.2/32\",\"scope\":\"link\"},"
		"\"10.9.0.1/24\",\"10.9.1.1/24\","
		"{\"local\":\"10.9.3.1/24\",\"metric\":5,\"noprefixroute\":true},"
		"{\"broadcast\":\"10.9.0.0\",\"label\":\"q1:b\",\"local\":\"10.9.0.2/24\"}]}";
	static const char scopes[] =
		"{\"q1\":["
		"{\"broadcast\":\"0.0.0.0\",\"local\":\"10.9.7.1/24\",\"scope\":\"nowhere\"},"
		"{\"broadcast\":\"0.0.0.0\",\"local\":\"10.9.6.1/24\",\"scope\":\"5\"}]}";
	static const char odd[] = "{\"version\":1,\"ports\":{" RING(
		"q1") "},\"addresses\":{\"q1\":["
		      "{\"local\":\"10.9.6.1/24\",\"scope\":\"0x5\",\"broadcast\":\"0.0.0.0\"},"
		      "{\"local\":\"10.9.7.1/"
		      "24\",\"scope\":\"nowhere\",\"broadcast\":\"0.0.0.0\"}]}}";

	(void)state;
	apply(doc);
	section_runs("addresses", runs);
	dp_cmd("sysctl net.ipv4.conf.q1.promote_secondaries=1");
	dp_cmd("ip addr del 10.9.0.1/24 dev q1");
	dp_cmd("ip addr add 10.9.0.1/24 brd + dev q1"); /* a secondary now */
	dp_cmd("ip addr add 10.9.4.1/24 dev q1");
	dp_cmd("ip addr add 10.9.5.1/24 dev q1 valid_lft 1000 preferred_lft 1000");
	apply(doc);
	section_runs("addresses", runs);
	has_line("ip addr show q1", "inet 10.9.0.2/24 brd 10.9.0.0 scope global secondary q1:b\n");
	has_line("ip addr show q1", "inet 10.9.5.1/24"); /* its lifetime says whose it is not */
	assert_null(strstr(dp_cmd_output(), "10.9.4.1"));
	/* any scope that the command takes, or what runs could not be saved */
	dp_cmd("ip addr flush dev q1 permanent");
	dp_cmd("ip addr add 10.9.6.1/24 scope 5 dev q1");
	dp_cmd("ip addr add 10.9.7.1/24 scope nowhere dev q1");
	section_runs("addresses", scopes);
	apply(odd);
	section_runs("addresses", scopes);
	refused("{\"version\":1,\"ports\":{" RING(
			"q1") "},\"addresses\":{\"q1\":["
			      "{\"local\":\"10.9.6.1/24\",\"scope\":\"256\"}]}}",
		"expected global, site");
	apply("{\"version\":1,\"ports\":{" RING("q1") "},\"addresses\":{\"q1\":[]}}");
	dp_cmd("ip addr show q1");
	assert_null(strstr(dp_cmd_output(), "10.9.0."));
	assert_non_null(strstr(dp_cmd_output(), "10.9.5.1"));
	has_line("ip addr show lo", "inet 127.0.0.1/8");
}

/* Routes with gateways before those that they are reached by; a command's in the document's place.
 */
static void
routes_apply(void **state)
{
	static const char doc[] = "{\"version\":1,\"ports\":{" RING(
		"q1") "},\"tables\":{\"t\":77},"
		      "\"addresses\":{\"q1\":[\"10.9.0.1/24\"]},\"routes\":["
		      "{\"dst\":\"default\",\"gateway\":\"10.8.0.9\"},"
		      "{\"dst\":\"10.8.0.0/24\",\"dev\":\"q1\"},"
		      "{\"dst\":\"10.7.0.0/"
		      "24\",\"nexthops\":[{\"gateway\":\"10.9.0.2\",\"weight\":2},"
		      "{\"gateway\":\"10.9.0.3\",\"dev\":\"q1\"}],\"mtu\":1400,\"mtu_lock\":true},"
		      "{\"dst\":\"10.6.0.1\",\"type\":\"blackhole\",\"table\":\"t\",\"metric\":9,"
		      "\"tos\":4}]}";
	static const char runs[] =
		"[{\"dst\":\"10.6.0.1/"
		"32\",\"metric\":9,\"table\":77,\"tos\":4,\"type\":\"blackhole\"},"
		"{\"dev\":\"q1\",\"dst\":\"default\",\"gateway\":\"10.8.0.9\"},"
		"{\"dst\":\"10.7.0.0/24\",\"mtu\":1400,\"mtu_lock\":true,\"nexthops\":["
		"{\"dev\":\"q1\",\"gateway\":\"10.9.0.2\",\"weight\":2},"
		"{\"dev\":\"q1\",\"gateway\":\"10.9.0.3\"}]},"
		"{\"dev\":\"q1\",\"dst\":\"10.8.0.0/24\"}]";

	(void)state;
	apply(doc);
	section_runs("routes", runs);
	dp_cmd("ip route replace default via 10.9.0.7");
	dp_cmd("ip route del 10.7.0.0/24");
	dp_cmd("ip route add 10.5.0.0/24 via 10.9.0.7");
	dp_cmd("ip route add 10.4.0.0/24 via 10.9.0.7 proto bird");
	dp_cmd("ip route append 10.8.0.0/24 via 10.9.0.7");
	apply(doc);
	section_runs("routes", runs);
	prints("ip route show proto bird", "10.4.0.0/24 via 10.9.0.7 dev q1 \n");
	/* As the document says, but made by a command: it would go down with its device. */
	dp_cmd("ip route del 10.8.0.0/24");
	dp_cmd("ip route add 10.8.0.0/24 dev q1 proto static");
	apply(doc);
	dp_cmd("ip link set q1 down");
	has_line("ip route show 10.8.0.0/24", "10.8.0.0/24 dev q1");
	apply("{\"version\":1}");
	prints("ip route", "");
}

/* Ports, tunables: what commands did is undone, and what a failed load did, too. */
static void
ports_apply(void **state)
{
	static const char doc[] =
		"{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mtu\":1600,\"rx_"
		"desc\":512,"
		"\"promisc\":true,\"description\":\"to the lab\",\"mac\":\"02:00:00:00:01:AA\"},"
		"\"q2\":{\"device\":\"net_ring_q2\",\"enabled\":false}},"
		"\"sysctl\":{\"net.ipv4.conf.q1.rp_filter\":2}}";
	static const char runs[] =
		"{\"q1\":{\"description\":\"to the lab\",\"device\":\"net_ring_q1\","
		"\"mac\":\"02:00:00:00:01:aa\",\"mtu\":1600,\"promisc\":true,\"rx_desc\":512},"
		"\"q2\":{\"device\":\"net_ring_q2\",\"enabled\":false}}";

	(void)state;
	apply(doc);
	section_runs("ports", runs);
	dp_cmd("port attach net_ring_q3 name q3");
	dp_cmd("port detach q2");
	dp_cmd("port config q1 mtu 1400");
	dp_cmd("port config q1 rxd 1024");
	dp_cmd("ip link set q1 promisc off");
	dp_cmd("ip link set q1 alias gone");
	dp_cmd("ip link set q1 down");
	dp_cmd("sysctl net.ipv4.conf.q1.rp_filter=0 net.ipv4.conf.q1.log_martians=1");
	apply(doc);
	section_runs("ports", runs);
	section_runs("sysctl", "{\"net.ipv4.conf.q1.rp_filter\":2}");
	prints("sysctl net.ipv4.conf.q1.log_martians", "net.ipv4.conf.q1.log_martians = 0\n");
	dp_cmd_fails("ip link show q3");
	/* Anew, with all that stands on it: a device without an address loses the document's. */
	apply("{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\"}},"
	      "\"addresses\":{\"q1\":[\"10.9.0.1/24\"]}}");
	section_runs("ports", "{\"q1\":{\"device\":\"net_ring_q1\"}}");
	apply("{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mbufs\":8191}},"
	      "\"addresses\":{\"q1\":[\"10.9.0.1/24\"]}}");
	apply("{\"version\":1,\"ports\":{\"q1\":{\"device\":\"net_ring_q1\"}},"
	      "\"addresses\":{\"q1\":[\"10.9.0.1/24\"]}}");
	section_runs("addresses", "{\"q1\":[\"10.9.0.1/24\"]}");
	apply("{\"version\":1}");
}

/* A document, and what it is told. */
static const char *const bad[][2] = {
	{ "\"ports\":{\"lo\":{\"device\":\"net_null9\"}}",
	  "/ports/lo: expected an interface name" },
	{ "\"ports\":{\"a\":{\"device\":\"0000:03:00.0\"},\"b\":{\"device\":\"03:00.0,x="
	  "1\"}}",
	  "/ports/b/device: 0000:03:00.0 is the device of port \"a\" already" },
	{ "\"ports\":{\"a\":{\"device\":\"net_tap0,iface=t\"},\"b\":{\"device\":\"net_"
	  "tap0\"}}",
	  "/ports/b/device: net_tap0 is the device of port \"a\" already" },
	{ "\"ports\":{\"a\":{\"device\":\"net_af_packet0,iface=t\"},"
	  "\"b\":{\"device\":\"net_af_xdp0,iface=t\"}}",
	  "/ports/b/device: port \"a\" is on interface t already" },
	{ "\"ports\":{\"a\":{\"device\":\"net_null1\",\"mac\":\"02:00:00:00:00:0a\"},"
	  "\"b\":{\"device\":\"net_null2\",\"mac\":\"02:00:00:00:00:0A\"}}",
	  "/ports/b/mac: port \"a\" has 02:00:00:00:00:0A already" },
	{ "\"ports\":{\"a\":{\"device\":\"net_null1\",\"workers\":[1,1]}}",
	  "/ports/a/workers: expected one for each of 1 receive queues, found 2" },
	{ "\"ports\":{\"a\":{\"device\":\"net_null1\",\"workers\":[9]}}",
	  "/ports/a/workers/0: there is no worker 9, expected 0..1" },
	{ "\"ports\":{" RING("q1") "},\"vlans\":{\"x\":{\"parent\":\"q1\",\"id\":5},"
				   "\"y\":{\"parent\":\"q1\",\"id\":5,\"protocol\":\"802.1ad\"}}",
	  "/vlans/y/id: VLAN 5 of \"q1\" is \"x\" already" },
	{ "\"ports\":{" RING("q1") "},\"vlans\":{\"q1\":{\"parent\":\"q1\",\"id\":5}}",
	  "/vlans/q1: there is \"q1\" in \"ports\" too" },
	{ "\"ports\":{" RING("q1") "},\"vlans\":{\"x\":{\"parent\":\"q1\",\"id\":5,"
				   "\"mtu\":1501}}",
	  "/vlans/x/mtu: expected at most 1500, the MTU of \"q1\", found 1501" },
	{ "\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mtu\":9000}},\"vlans\":{"
	  "\"x\":{\"parent\":\"q1\",\"id\":5},\"y\":{\"parent\":\"x\",\"id\":5,"
	  "\"mtu\":9001}}",
	  "/vlans/y/mtu: expected at most 9000, the MTU of \"x\", found 9001" },
	{ "\"ports\":{" RING("q1") "},\"vlans\":{\"x\":{\"parent\":\"q1\",\"id\":5}},"
				   "\"macvlans\":{\"x\":{\"parent\":\"q1\","
				   "\"mac\":\"02:00:00:00:00:0a\"}}",
	  "/macvlans/x: there is \"x\" in \"vlans\" too" },
	{ "\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"mac\":\"02:00:00:00:00:0a\"}},"
	  "\"macvlans\":{\"m\":{\"parent\":\"q1\",\"mac\":\"02:00:00:00:00:0A\"}}",
	  "/macvlans/m/mac: \"q1\" has this address already" },
	{ "\"ports\":{" RING("q1") "},\"macvlans\":{"
				   "\"m\":{\"parent\":\"q1\",\"mac\":\"02:00:00:00:00:0a\"},"
				   "\"n\":{\"parent\":\"q1\",\"mac\":\"02:00:00:00:00:0A\","
				   "\"mtu\":1400}}",
	  "/macvlans/n/mac: \"m\" has this address already" },
	{ "\"ports\":{" RING("q1") "},\"macvlans\":{\"m\":{\"parent\":\"q1\","
				   "\"mac\":\"02:00:00:00:00:0a\",\"mtu\":1600}}",
	  "/macvlans/m/mtu: expected at most 1500, the MTU of \"q1\", found 1600" },
	{ "\"macvlans\":{\"m\":{\"parent\":\"lo\",\"mac\":\"02:00:00:00:00:0a\"}}",
	  "/macvlans/m/parent: there is no interface \"lo\" in \"ports\" or \"vlans\"" },
	{ "\"tunnels\":{\"a\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\"},"
	  "\"b\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\"}}",
	  "/tunnels/b/remote: \"a\" is between these two already" },
	{ "\"tunnels\":{\"a\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\","
	  "\"dev\":\"q9\"}}",
	  "/tunnels/a/dev: there is no interface \"q9\"" },
	{ "\"tunnels\":{\"a\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\","
	  "\"dev\":\"a\"}}",
	  "/tunnels/a/dev: a tunnel can not leave by itself" },
	{ "\"tunnels\":{\"a\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\","
	  "\"dev\":\"\"}}",
	  "/tunnels/a/dev: \"\" is no name of a device" },
	{ "\"tunnels\":{\"a\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\","
	  "\"dev\":\"lo\"},\"b\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\"}"
	  ","
	  "\"c\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\",\"dev\":\"lo\"}"
	  "}",
	  "/tunnels/c/remote: \"a\" is between these two already" },
	{ "\"ports\":{" RING(
		  "q1") "},\"tunnels\":{\"q1\":{\"type\":\"ipip\",\"local\":\"10.0.0.1\","
			"\"remote\":\"10.0.0.2\"}}",
	  "/tunnels/q1: there is \"q1\" in \"ports\" too" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.1/24\",\"proxy\":true}]",
	  "/neighbours/0/dst: bits are set behind the prefix of /24" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.0/24\",\"proxy\":true,\"dev\":\"q9\"}]",
	  "/neighbours/0/dev: there is no interface \"q9\"" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.0/24\",\"proxy\":true},"
	  "{\"proxy\":true,\"dst\":\"10.0.0.0/24\"}]",
	  "/neighbours/1: is the same as element 0: proxy 10.0.0.0/24" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.2\",\"proxy\":true,"
	  "\"lladdr\":\"02:00:00:00:00:0a\"}]",
	  "/neighbours/0/lladdr: a proxy answers with the address of its device" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.2\",\"dev\":\"q1\",\"managed\":true,"
	  "\"lladdr\":\"02:00:00:00:00:0a\"}]",
	  "/neighbours/0/lladdr: the address of a managed neighbour is asked for" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.2\",\"dev\":\"q1\",\"managed\":true,"
	  "\"protocol\":\"nobody\"}]",
	  "/neighbours/0/protocol: expected a routing protocol, or 0 to 255" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.2\",\"proxy\":true,\"managed\":true}]",
	  "/neighbours/0/managed: a proxy entry is not resolved" },
	{ "\"neighbours\":[{\"dst\":\"10.0.0.2\",\"lladdr\":\"02:00:00:00:00:0a\"}]",
	  "/neighbours/0/dev: " },
	{ "\"addresses\":{\"lo\":[\"192.0.2.1/32\",{\"local\":\"192.0.2.1/"
	  "32\",\"label\":\"lo:1\"}]}",
	  "/addresses/lo/1: the same address as element 0" },
	{ "\"routes\":[{\"dst\":\"10.0.0.0/8\",\"type\":\"blackhole\"},"
	  "{\"dst\":\"10.0.0.0/8\",\"type\":\"prohibit\",\"metric\":0,\"table\":\"main\"}]",
	  "/routes/1: is the same as element 0: 10.0.0.0/8 table 254 tos 0 metric 0" },
	{ "\"ports\":{" RING("q1") "," RING(
		  "q2") "},\"addresses\":{\"q1\":[\"10.9.0.1/24\"]},"
			"\"routes\":[{\"dst\":\"default\",\"gateway\":\"10.9.1.2\"}]",
	  "/routes/0/gateway: 10.9.1.2 is on no subnet of an interface in \"addresses\"" },
	{ "\"ports\":{" RING("q1") "," RING(
		  "q2") "},\"addresses\":{\"q1\":[\"10.9.0.1/24\"]},"
			"\"routes\":[{\"dst\":\"default\",\"nexthops\":[{\"gateway\":\"10."
			"9.0.2\",\"dev\":\"q2\"}]}]",
	  "/routes/0/nexthops/0/gateway: 10.9.0.2 is on no subnet of \"q2\" in" },
	{ "\"ports\":{" RING("q1") "},\"addresses\":{\"q1\":[\"10.9.0.1/24\"]},"
				   "\"routes\":[{\"dst\":\"default\",\"gateway\":\"10.9.0.1\"}]",
	  "/routes/0/gateway: 10.9.0.1 is an address of the router itself" },
	{ "\"ports\":{" RING("q1") "},\"routes\":[{\"dst\":\"default\",\"gateway\":\"10.9.0.1\","
				   "\"onlink\":true}]",
	  "/routes/0/onlink: needs \"dev\"" },
	{ "\"routes\":[{\"dst\":\"10.0.0.0/"
	  "8\",\"type\":\"blackhole\",\"prefsrc\":\"192.0.2.9\"}]",
	  "/routes/0/prefsrc: 192.0.2.9 is no address of \"addresses\"" },
	{ "\"dpdk\":{\"workers\":[0,0]}",
	  "/dpdk/workers/1: CPU 0 is the worker's of element 0 already" },
	{ "\"system\":{\"power\":\"poll\"},\"dpdk\":{\"control\":0,\"workers\":[0]}",
	  "/dpdk/workers/0: CPU 0 is the control thread's" },
	{ "\"tables\":{\"a\":9,\"b\":9}", "/tables/b: 9 is table \"a\" already" },
	{ "\"tables\":{\"main\":9}", "/tables/main: table \"main\" is 254" },
};

static void
contradictions(void **state)
{
	char doc[512];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		snprintf(doc, sizeof(doc), "{\"version\":1,%s}", bad[i][0]);
		refused(doc, bad[i][1]);
	}
	/* And what is none: another table, tos or metric; a queue of an interface each; on-link. */
	apply("{\"version\":1,\"ports\":{" RING("q1") "," RING(
		"q2") "},"
		      "\"addresses\":{\"q1\":[{\"local\":\"10.9.0.1/32\",\"peer\":\"10.9.0.2/"
		      "32\"},\"10.9.3.1/24\"]},"
		      "\"routes\":[{\"dst\":\"default\",\"gateway\":\"10.9.0.2\"},"
		      "{\"dst\":\"default\",\"gateway\":\"10.9.3.2\",\"metric\":5},"
		      "{\"dst\":\"default\",\"gateway\":\"10.9.3.2\",\"tos\":4},"
		      "{\"dst\":\"default\",\"gateway\":\"10.77.3.2\",\"dev\":\"q1\",\"onlink\":"
		      "true,\"metric\":7},"
		      "{\"dst\":\"default\",\"gateway\":\"10.9.3.2\",\"table\":9}]}");
	apply("{\"version\":1}");
}

/* Bridges, with VLAN devices below and above; a second load changes what differs, in place. */
static void
bridges_apply(void **state)
{
	(void)state;
	apply("{\"version\":1,\"ports\":{" RING("q1") "," RING(
		"q2") "},"
		      "\"bridges\":{\"br0\":{\"ports\":{\"q1\":{\"pvid\":10,\"untagged\":[20],"
		      "\"vlans\":[\"30-32\",40],\"bpdu_guard\":true,\"edge\":\"on\","
		      "\"priority\":16,\"path_cost\":100,\"learning\":true},\"q2.7\":{}},"
		      "\"stp\":{\"mode\":\"rstp\",\"priority\":4096,\"hello_time\":1,"
		      "\"max_age\":6,\"forward_delay\":4},"
		      "\"ageing_time\":60,\"vlan_filtering\":true,\"vlans\":[10]}},"
		      "\"vlans\":{\"q2.7\":{\"parent\":\"q2\",\"id\":7},"
		      "\"br0.10\":{\"parent\":\"br0\",\"id\":10}},"
		      "\"addresses\":{\"br0\":[\"10.3.0.1/24\"],\"br0.10\":[\"10.3.10.1/24\"]}}");
	has_line("bridge link show dev q2.7", "master br0");
	has_line("bridge -d link show dev q1", "priority 16 cost 100");
	has_line("bridge -d link show dev q1", " guard on");
	has_line("stp show br0", "br0: rstp bridge 1000.");
	has_line("ip -d link show br0", "forward_delay 400 hello_time 100 max_age 600");
	has_line("ip addr show br0.10", "inet 10.3.10.1/24");
	section_runs("bridges",
		     "{\"br0\":{\"ageing_time\":60,\"ports\":{\"q1\":{\"bpdu_guard\":true,"
		     "\"edge\":\"on\",\"path_cost\":100,\"priority\":16,\"pvid\":10,"
		     "\"untagged\":[20],\"vlans\":[\"30-32\",40]},\"q2.7\":{}},"
		     "\"stp\":{\"forward_delay\":4,\"hello_time\":1,\"max_age\":6,"
		     "\"mode\":\"rstp\",\"priority\":4096},\"vlan_filtering\":true,"
		     "\"vlans\":[10]}}");
	dp_cmd("bridge fdb add 02:00:00:00:01:99 dev q1 master static vlan 10");
	apply("{\"version\":1,\"ports\":{" RING("q1") "," RING(
		"q2") "},"
		      "\"bridges\":{\"br0\":{\"ports\":{\"q1\":{\"pvid\":10}},"
		      "\"vlan_filtering\":true}},"
		      "\"vlans\":{\"q2.7\":{\"parent\":\"q2\",\"id\":7}}}");
	section_runs("bridges", "{\"br0\":{\"ports\":{\"q1\":{\"pvid\":10}},"
				"\"vlan_filtering\":true}}");
	has_line("bridge fdb show", "02:00:00:00:01:99 dev q1 vlan 10 master br0 static");
	has_line("stp show br0", "br0: off");
	apply("{\"version\":1}");
	prints("bridge -j link", "[]\n");
	refused("{\"version\":1,\"bridges\":{\"br0\":{\"ports\":{\"q9\":{}}}}}",
		"/bridges/br0/ports/q9");
	refused("{\"version\":1,\"bridges\":{\"br0\":{\"stp\":{\"mode\":\"fast\"}}}}", "rstp");
	refused("{\"version\":1,\"bridges\":{\"br0\":{\"ageing\":5}}}", "ageing_time");
	refused("{\"version\":1,\"bridges\":{\"br0\":{\"vlans\":[\"7-5\"]}}}",
		"/bridges/br0/vlans/0");
	refused("{\"version\":1,\"ports\":{" RING(
			"q1") "},\"bridges\":{\"br0\":{\"ports\":{\"q1\":{}}},"
			      "\"br1\":{\"ports\":{\"q1\":{\"pvid\":5000}}}}}",
		"/bridges/br1/ports/q1/pvid");
	refused("{\"version\":1,\"ports\":{" RING(
			"q1") "},\"bridges\":{\"br0\":{\"ports\":{\"q1\":{}}},"
			      "\"br1\":{\"ports\":{\"q1\":{}}}}}",
		"it is a port of \"br0\" already");
}

/* --- next hop objects --- */

#define BASE                                                                                       \
	"{\"version\":1,\"ports\":{" RING("q1") "," RING(                                          \
		"q2") "},"                                                                         \
		      "\"addresses\":{\"q1\":[\"10.9.0.1/24\"],\"q2\":[\"10.9.1.1/24\"]}"

static void
nexthops_are_checked(void **state)
{
	static const char *const wrong[][2] = {
		{ "{\"dev\":\"q1\"}", "/nexthops/0" },
		{ "{\"id\":1}", "/nexthops/0" },
		{ "{\"id\":0,\"blackhole\":true}", "/nexthops/0/id" },
		{ "{\"id\":1,\"dev\":\"q9\"}", "/nexthops/0/dev" },
		{ "{\"id\":1,\"dev\":\"q1\",\"gateway\":\"10.77.0.2\"}",
		  "10.77.0.2 is on no subnet" },
		{ "{\"id\":1,\"dev\":\"q1\",\"gateway\":\"10.9.0.1\"}",
		  "is an address of the router itself" },
		{ "{\"id\":1,\"blackhole\":true,\"dev\":\"q1\"}", "a black hole has none" },
		{ "{\"id\":1,\"dev\":\"q1\",\"buckets\":5}", "is for a group only" },
		{ "{\"id\":1,\"group\":[]}", "expected a list of 1 to 256" },
		{ "{\"id\":1,\"group\":[{\"id\":2}]}", "there is no object with id 2" },
		{ "{\"id\":1,\"group\":[{\"id\":2,\"weight\":300}]},{\"id\":2,\"dev\":\"q1\"}",
		  "/nexthops/0/group/0/weight" },
		{ "{\"id\":1,\"group\":[{\"id\":2},{\"id\":2}]},{\"id\":2,\"dev\":\"q1\"}",
		  "2 is in the group twice" },
		{ "{\"id\":1,\"group\":[{\"id\":2}]},{\"id\":2,\"group\":[{\"id\":1}]}",
		  "2 is a group itself" },
		{ "{\"id\":1,\"group\":[{\"id\":2}],\"dev\":\"q1\"},{\"id\":2,\"dev\":\"q1\"}",
		  "a group has none of its own" },
		{ "{\"id\":1,\"group\":[{\"id\":2}],\"type\":\"resilient\"},{\"id\":2,\"dev\":"
		  "\"q1\"}",
		  "needs \"buckets\"" },
		{ "{\"id\":1,\"group\":[{\"id\":2}],\"idle_timer\":9},{\"id\":2,\"dev\":\"q1\"}",
		  "is for \"type\"" },
		{ "{\"id\":1,\"group\":[{\"id\":2}],\"type\":\"fast\"},{\"id\":2,\"dev\":\"q1\"}",
		  "resilient" },
		{ "{\"id\":1,\"group\":[{\"id\":2},{\"id\":3}]},{\"id\":2,\"dev\":\"q1\"},{\"id\":"
		  "3,\"blackhole\":true}",
		  "3 is a black hole, and not alone" },
		{ "{\"id\":1,\"dev\":\"q1\"},{\"id\":1,\"blackhole\":true}", "is the same as" },
		{ "{\"id\":1,\"dev\":\"q1\",\"weight\":2}", "weight" },
	};
	char doc[1024];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		snprintf(doc, sizeof(doc), BASE ",\"nexthops\":[%s]}", wrong[i][0]);
		refused(doc, wrong[i][1]);
	}
	refused(BASE ",\"routes\":[{\"dst\":\"10.1.0.0/16\",\"nhid\":9}]}",
		"/routes/0/nhid: there is no object with id 9");
	refused(BASE ",\"nexthops\":[{\"id\":9,\"dev\":\"q1\"}],\"routes\":[{\"dst\":"
		     "\"10.1.0.0/16\",\"nhid\":9,\"gateway\":\"10.9.0.2\"}]}",
		"/routes/0/nhid");
	refused(BASE ",\"nexthops\":[{\"id\":9,\"dev\":\"q1\"}],\"routes\":[{\"dst\":"
		     "\"10.1.0.0/16\",\"nhid\":9,\"type\":\"blackhole\"}]}",
		"/routes/0/nhid");
}

/* A load changes objects in place where that goes, and what goes by them stays or comes back. */
static void
nexthops_apply(void **state)
{
	(void)state;
	apply(BASE ",\"nexthops\":[{\"id\":10,\"group\":[{\"id\":1,\"weight\":2},{\"id\":2}]},"
		   "{\"id\":1,\"dev\":\"q1\",\"gateway\":\"10.9.0.2\"},"
		   "{\"id\":2,\"dev\":\"q2\",\"gateway\":\"10.9.1.2\"}],"
		   "\"routes\":[{\"dst\":\"10.1.0.0/16\",\"nhid\":10},"
		   "{\"dst\":\"10.2.0.0/16\",\"nhid\":2}]}");
	prints("ip nexthop", "id 1 via 10.9.0.2 dev q1 scope link proto static \n"
			     "id 2 via 10.9.1.2 dev q2 scope link proto static \n"
			     "id 10 group 1,2/2 proto static \n");
	prints("ip route show 10.1.0.0/16", "10.1.0.0/16 nhid 10 proto static \n"
					    "\tnexthop via 10.9.0.2 dev q1 weight 2 \n"
					    "\tnexthop via 10.9.1.2 dev q2 weight 1 \n");
	/* Its interface goes: the configuration's objects wait, and are what runs. */
	dp_cmd("ip link set q2 down");
	has_line("ip nexthop show id 2",
		 "id 2 via 10.9.1.2 dev q2 scope link proto static dead linkdown");
	section_runs("nexthops", "[{\"dev\":\"q1\",\"gateway\":\"10.9.0.2\",\"id\":1},"
				 "{\"dev\":\"q2\",\"gateway\":\"10.9.1.2\",\"id\":2},"
				 "{\"group\":[{\"id\":1,\"weight\":2},{\"id\":2}],\"id\":10}]");
	has_line("ip route get 10.1.0.1", "via 10.9.0.2 dev q1");
	dp_cmd("ip link set q2 up");
	has_line("ip route get 10.2.0.1", "via 10.9.1.2 dev q2");
	/* Another gateway, a group in place of a single one, a member of another kind. */
	apply(BASE ",\"nexthops\":[{\"id\":10,\"dev\":\"q1\"},{\"id\":1,\"group\":[{\"id\":2}],"
		   "\"type\":\"resilient\",\"buckets\":4},"
		   "{\"id\":2,\"dev\":\"q1\",\"gateway\":\"10.9.0.3\"}],"
		   "\"routes\":[{\"dst\":\"10.1.0.0/16\",\"nhid\":10},"
		   "{\"dst\":\"10.2.0.0/16\",\"nhid\":1}]}");
	prints("ip nexthop",
	       "id 1 group 2 type resilient buckets 4 idle_timer 120 unbalanced_timer 0 "
	       "unbalanced_time 0 proto static \n"
	       "id 2 via 10.9.0.3 dev q1 scope link proto static \n"
	       "id 10 dev q1 scope host proto static \n");
	has_line("ip route get 10.2.0.1", "via 10.9.0.3 dev q1");
	has_line("ip route get 10.1.0.1", "10.1.0.1 dev q1");
	/* By hand: shown, and taken back. */
	dp_cmd("ip nexthop del id 2");
	prints("ip nexthop", "id 10 dev q1 scope host proto static \n");
	dp_cmd("ip nexthop add id 77 blackhole");
	section_runs("nexthops", "[{\"dev\":\"q1\",\"id\":10},"
				 "{\"blackhole\":true,\"id\":77,\"protocol\":\"unspec\"}]");
	apply(BASE ",\"nexthops\":[{\"id\":2,\"dev\":\"q1\",\"gateway\":\"10.9.0.3\"}],"
		   "\"routes\":[{\"dst\":\"10.2.0.0/16\",\"nhid\":2}]}");
	prints("ip nexthop", "id 2 via 10.9.0.3 dev q1 scope link proto static \n");
	apply("{\"version\":1}");
	prints("ip nexthop", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_checked), cmocka_unit_test(contradictions),
		cmocka_unit_test(mtu_is_restored),	cmocka_unit_test(sections_apply_and_go),
		cmocka_unit_test(ports_apply),		cmocka_unit_test(vlans_apply),
		cmocka_unit_test(addresses_apply),	cmocka_unit_test(neighbours_apply),
		cmocka_unit_test(routes_apply),		cmocka_unit_test(bridges_apply),
		cmocka_unit_test(nexthops_are_checked), cmocka_unit_test(nexthops_apply),
	};

	return cmocka_run_group_tests_name("dp/sections", tests, dp_setup, dp_teardown);
}
