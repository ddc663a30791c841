/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole configuration at once: every key of every section is applied, is told as what runs, and
 * comes back after a command changed it. A section or key that is not in the document below is
 * red. */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>
#include "ctl/cfg.h"
#include "ctl/cfg_priv.h"
#include "netdev/netdev.h"
#include "netns.h"

/* What can not change while the router runs. */
#define FIXED                                                                                      \
	"\"version\":1,\"dpdk\":{\"control\":1,\"workers\":[0],\"memory_mb\":512,"                 \
	"\"hugepages\":false,\"eal\":[\"--no-pci\"]},"
#define SOCKET "\"socket\":\"/run/pollux/test.sock\""

static const char bare[] = "{" FIXED "\"system\":{" SOCKET "}}";

/* Each value in the spelling in which it is shown. */
static const char every_key[] =
	"{" FIXED "\"system\":{" SOCKET
	",\"hostname\":\"r1\",\"power\":\"poll\",\"max_sleep_us\":500,"
	"\"burst_pps\":1000000,\"log\":{\"level\":\"notice\"}},"
	"\"ports\":{\"q1\":{\"device\":\"net_ring_q1\",\"description\":\"to the lab\","
	"\"mtu\":1600,\"rx_queues\":2,\"tx_queues\":2,\"rx_desc\":512,\"tx_desc\":256,"
	"\"mbufs\":8191,\"mac\":\"02:00:00:00:0a:01\",\"promisc\":true,\"damping\":7,"
	"\"spread\":\"l4\",\"workers\":[0,1]},"
	"\"q2\":{\"device\":\"net_ring_q2\",\"enabled\":false}},"
	"\"bridges\":{\"br1\":{\"ports\":{\"q2\":{\"priority\":16,\"path_cost\":100,\"edge\":"
	"\"on\","
	"\"point_to_point\":\"off\",\"bpdu_guard\":true,\"bpdu_filter\":true,\"loop_guard\":true,"
	"\"restricted_role\":true,\"restricted_tcn\":true,\"learning\":false,\"flood\":false,"
	"\"mcast_flood\":false,\"bcast_flood\":false,\"hairpin\":true,\"isolated\":true,"
	"\"locked\":true,\"neigh_suppress\":true,\"mst\":{\"0\":{\"path_cost\":66},\"2\":{\"path_"
	"cost\":77,\"priority\":64}}"
	",\"fastleave\":true,\"mcast_router\":2,\"mcast_max_"
	"groups\":50,"
	"\"groups\":[{\"group\":\"239.1.1.1\",\"vid\":10},"
	"{\"group\":\"239.1.1.2\",\"vid\":10,\"source\":\"10.1.1.1\"},"
	"{\"group\":\"03:00:00:00:00:01\",\"vid\":11}],"
	"\"group_fwd_mask\":8,\"fdb_max_learned\":9,\"storm_broadcast\":10,"
	"\"vlan_options\":{\"11\":{\"mcast_max_groups\":5},"
	"\"20-21\":{\"mcast_router\":2,\"mcast_max_groups\":7}},"
	"\"storm_multicast\":11,\"storm_unknown_unicast\":12,\"pvid\":10,\"vlans\":[\"20-22\"],"
	"\"untagged\":[11]}},\"stp\":{\"mode\":\"rstp\",\"priority\":4096,\"hello_time\":1,"
	"\"max_age\":10,\"forward_delay\":10,\"tx_hold_count\":3,\"mst\":{\"name\":\"lab\","
	"\"revision\":7,\"instances\":{\"2\":{\"vlans\":[5,\"10-12\"],\"priority\":4096},\"9\":{}}}"
	"},\"ageing_time\":60,\"vlan_filtering\":true,"
	"\"vlan_protocol\":\"802.1ad\",\"vlan_default_pvid\":2,\"vlan_stats\":true,"
	"\"vlans\":[30],\"untagged\":[4],\"pvid\":3,\"group_fwd_mask\":8,"
	"\"no_linklocal_learn\":true,\"fdb_max_learned\":100,\"errdisable_recovery\":60,"
	"\"mcast_snooping\":false,\"mcast_vlan_snooping\":true,\"mcast_router\":2,"
	"\"mcast_query_use_ifaddr\":true,\"mcast_querier\":true,\"mcast_hash_max\":512,"
	"\"mcast_last_member_count\":3,\"mcast_startup_query_count\":4,"
	"\"mcast_last_member_interval\":0.5,\"mcast_membership_interval\":100,"
	"\"mcast_querier_interval\":101,\"mcast_query_interval\":50,"
	"\"mcast_query_response_interval\":5,\"mcast_startup_query_interval\":12.25,"
	"\"vlan_global\":{\"4\":{\"mcast_snooping\":false},"
	"\"21-22\":{\"mcast_querier\":true,"
	"\"mcast_last_member_count\":4,\"mcast_startup_query_count\":5,"
	"\"mcast_last_member_interval\":0.25,\"mcast_membership_interval\":90,"
	"\"mcast_querier_interval\":91,\"mcast_query_interval\":40,"
	"\"mcast_query_response_interval\":4,\"mcast_startup_query_interval\":11.5,"
	"\"mcast_igmp_version\":3}},\"vlan_options\":{\"30\":{\"mcast_router\":0}},"
	"\"mcast_stats\":true,\"mcast_igmp_version\":3,\"groups\":[{\"group\":\"239.1.1.3\","
	"\"vid\":30}],"
	"\"mac\":\"02:00:00:00:0a:21\",\"mtu\":1400,\"enabled\":false}},"
	"\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5,\"protocol\":\"802.1ad\",\"mtu\":1400,"
	"\"mac\":\"02:00:00:00:0a:05\",\"enabled\":false}},"
	"\"macvlans\":{\"m1\":{\"parent\":\"q1\",\"mac\":\"02:00:00:00:0a:11\",\"mtu\":1300,"
	"\"enabled\":false}},"
	"\"tunnels\":{\"t1\":{\"type\":\"ipip\",\"local\":\"10.9.0.1\",\"remote\":"
	"\"10.9.0.77\",\"dev\":\"q1\",\"ttl\":64,\"tos\":16,\"mtu\":1480,\"enabled\":false},"
	"\"t2\":{\"type\":\"ipip\",\"local\":\"10.9.0.1\",\"remote\":\"10.9.0.78\","
	"\"tos\":\"inherit\",\"pmtudisc\":false}},"
	"\"filter\":{\"forward\":{\"policy\":\"drop\",\"rules\":["
	"{\"src\":\"10.0.0.0/8\",\"dst\":\"192.0.2.1\",\"protocol\":\"tcp\",\"sport\":\"53\","
	"\"dport\":\"1024-65535\",\"tos\":\"0x10/0x1e\",\"fragment\":\"first\",\"iif\":\"q1\","
	"\"oif\":\"q2\",\"action\":\"mark\",\"mark\":4294967295,\"comment\":\"two words\"},"
	"{\"protocol\":\"icmp\",\"icmp_type\":\"3/4\",\"action\":\"accept\"},"
	"{\"protocol\":\"99\",\"dscp\":46,\"action\":\"reject\","
	"\"reject_with\":\"admin-prohibited\"}]}},"
	"\"qdisc\":{\"q1\":{\"kind\":\"tbf\",\"rate\":\"10Mbit\",\"burst\":\"32Kb\","
	"\"limit\":\"64001b\"},\"q2\":{\"kind\":\"prio\",\"bands\":4,\"filters\":["
	"{\"priority\":100,\"to\":10,\"from\":3,\"class\":4},"
	"{\"priority\":100,\"fromif\":\"q1\",\"class\":2}]}},"
	"\"addresses\":{\"q1\":["
	"{\"local\":\"10.9.2.1/24\",\"label\":\"q1:b\",\"scope\":\"link\","
	"\"broadcast\":\"10.9.2.0\",\"metric\":5,\"noprefixroute\":true},"
	"\"10.9.0.1/24\",{\"local\":\"10.9.1.1\",\"peer\":\"10.9.1.2/32\"},"
	"{\"local\":\"10.9.3.1/24\",\"probe\":true}]},"
	"\"neighbours\":[{\"dst\":\"10.9.0.12\",\"dev\":\"m1\",\"lladdr\":\"03:bf:0a:00:01:c8\","
	"\"state\":\"noarp\",\"router\":true,\"extern_learn\":true},{\"dst\":\"10.9.0.11\",\"dev\":"
	"\"q2\",\"managed\":true,"
	"\"protocol\":\"bird\"},{\"dst\":\"10.9.0.9\",\"dev\":\"q1\",\"lladdr\":\"02:00:00:00:00:"
	"09\"},"
	"{\"dst\":\"10.77.0.0/24\",\"proxy\":true},"
	"{\"dst\":\"10.78.0.1\",\"dev\":\"q1\",\"proxy\":true,\"protocol\":\"bird\"}],"
	"\"sysctl\":{\"net.ipv4.conf.q1.rp_filter\":2},"
	"\"tables\":{\"t\":77},"
	"\"nexthops\":[{\"id\":1,\"gateway\":\"10.9.0.5\",\"dev\":\"q1\"},"
	"{\"id\":2,\"gateway\":\"10.99.0.5\",\"dev\":\"q1\",\"onlink\":true,"
	"\"protocol\":\"boot\"},{\"id\":3,\"blackhole\":true},{\"id\":4,\"gateway\":"
	"\"10.8.0.5\",\"dev\":\"q1\"},"
	"{\"id\":10,\"group\":[{\"id\":1,\"weight\":3},{\"id\":2}]},"
	"{\"id\":11,\"group\":[{\"id\":1},{\"id\":4}],\"type\":\"resilient\",\"buckets\":64,"
	"\"idle_timer\":60,\"unbalanced_timer\":300}],"
	"\"routes\":[{\"dst\":\"10.6.0.1/32\",\"type\":\"blackhole\",\"table\":77,\"metric\":9,"
	"\"tos\":4,\"realms\":\"3/9\"},"
	"{\"dst\":\"default\",\"gateway\":\"10.8.0.9\",\"dev\":\"q1\",\"onlink\":true,"
	"\"protocol\":\"boot\",\"prefsrc\":\"10.9.0.1\",\"advmss\":1200,\"hoplimit\":9},"
	"{\"dst\":\"10.4.0.0/24\",\"dev\":\"q1\",\"mtu\":1400,\"window\":5,\"window_lock\":true,"
	"\"rtt\":300,\"rtt_lock\":true,\"rttvar\":\"13\",\"rttvar_lock\":true,\"ssthresh\":7,"
	"\"ssthresh_lock\":true,\"cwnd\":0,\"cwnd_lock\":true,\"advmss\":1200,"
	"\"advmss_lock\":true,\"reordering\":9,\"reordering_lock\":true,\"hoplimit\":0,"
	"\"hoplimit_lock\":true,\"initcwnd\":11,\"initcwnd_lock\":true,\"features\":\"ecn\","
	"\"rto_min\":1500,\"initrwnd\":12,\"initrwnd_lock\":true,\"quickack\":1,"
	"\"congctl\":\"cubic\",\"congctl_lock\":true,\"fastopen_no_cookie\":1},"
	"{\"dst\":\"10.5.0.0/24\",\"nhid\":11},"
	"{\"dst\":\"10.7.0.0/24\",\"mtu\":1400,\"mtu_lock\":true,\"nexthops\":["
	"{\"gateway\":\"10.9.0.2\",\"dev\":\"q1\",\"weight\":2,\"realms\":5},"
	"{\"gateway\":\"10.7.7.7\",\"dev\":\"q1\",\"onlink\":true}]},"
	"{\"dst\":\"10.8.0.0/24\",\"dev\":\"q1\"},"
	"{\"dst\":\"10.8.1.0/24\",\"dev\":\"q1\",\"scope\":\"host\"}],"
	"\"host\":{\"netns\":\"lab\",\"devices\":[\"q1\"],\"routes\":\"import\"},"
	"\"rules\":[{\"priority\":50,\"table\":255},"
	"{\"priority\":100,\"not\":true,\"from\":\"10.1.0.0/16\",\"to\":\"10.2.0.1/32\","
	"\"tos\":8,\"fwmark\":\"0x10/0xff\",\"iif\":\"q1\",\"oif\":\"q2\",\"ipproto\":\"tcp\","
	"\"sport\":80,\"dport\":\"1024-65534\",\"table\":77,\"suppress_prefixlength\":8,"
	"\"protocol\":\"boot\",\"realms\":\"7/8\"},"
	"{\"priority\":101,\"fwmark\":7,\"ipproto\":99,\"action\":\"prohibit\"},"
	"{\"priority\":102,\"from\":\"10.3.0.0/16\",\"goto\":32766}]}";

static json_t *every; /* every_key, and a file of routes */
static char routes_file[] = "/tmp/dp_config.XXXXXX";

static int
setup(void **state)
{
	static const char line[] = "198.51.100.0/24 via 10.9.0.3 metric 7 realms 3/7\n";
	int fd = mkstemp(routes_file);

	assert_true(fd >= 0 && write(fd, line, sizeof(line) - 1) == sizeof(line) - 1);
	close(fd);
	every = json_loads(every_key, 0, NULL);
	assert_non_null(every);
	json_object_set_new(every, "routes_file", json_string(routes_file));
	dp_own_netns("lab");
	return dp_setup(state);
}

static int
teardown(void **state)
{
	unlink(routes_file);
	json_decref(every);
	return dp_teardown(state);
}

static void
load(const json_t *doc)
{
	json_t *copy = json_deep_copy(doc);
	char *report = NULL;
	int rc;

	role_enter_ctl();
	rc = cfg_apply(copy, &report);
	if (rc != 0 || report != NULL)
		fail_msg("%s", report);
	json_decref(copy);
}

static void
runs(const json_t *want)
{
	char *diff, *all;
	json_t *is;

	role_enter_ctl();
	is = cfg_running();
	diff = cfg_diff(is, want);
	assert_string_equal(diff, "");
	if (!json_equal(is, want)) {
		all = json_dumps(is, JSON_INDENT(1) | JSON_SORT_KEYS);
		fprintf(stderr, "what runs is spelt otherwise:\n%s\n", all); /* long */
		fail();
	}
	free(diff);
	json_decref(is);
}

/* --- what the schema has --- */

/* Call for every key that @p schema names; with @p doc: for those that are in it. Names that the
 * user chooses and numbers of elements are left out of the path. */
static void
keys_of(const json_t *schema, const char *path, const json_t *doc, bool all, json_t *keys)
{
	const json_t *more = json_object_get(schema, "additionalProperties");
	const json_t *items = json_object_get(schema, "items");
	const char *name;
	json_t *v, *one;
	char below[256];
	size_t i;

	json_object_foreach(json_object_get(schema, "properties"), name, v) {
		snprintf(below, sizeof(below), "%s/%s", path, name);
		one = json_object_get(doc, name);
		if (!all && one == NULL)
			continue;
		json_object_set_new(keys, below, json_true());
		keys_of(v, below, one, all, keys);
	}
	json_array_foreach(json_object_get(schema, "oneOf"), i, v)
		keys_of(v, path, doc, all, keys);
	if (json_is_object(more) && all)
		keys_of(more, path, NULL, all, keys);
	json_object_foreach((json_t *)(uintptr_t)doc, name, v)
		if (json_is_object(more))
			keys_of(more, path, v, all, keys);
	if (items != NULL && all)
		keys_of(items, path, NULL, all, keys);
	json_array_foreach((json_t *)(uintptr_t)doc, i, v)
		keys_of(items, path, v, all, keys);
}

/* Keys that are other ways to say what another one says. */
static const char *const aliases[] = { "/qdisc/latency" };

static void
document_has_every_key(void **state)
{
	json_t *schema, *known = json_object(), *set = json_object(), *v;
	const char *key;

	(void)state;
	role_enter_ctl();
	schema = cfg_schema();
	keys_of(schema, "", NULL, true, known);
	keys_of(schema, "", every, false, set);
	assert_true(json_object_size(known) > 60);
	for (size_t i = 0; i < RTE_DIM(aliases); i++)
		assert_int_equal(json_object_del(known, aliases[i]), 0);
	json_object_foreach(known, key, v)
		if (json_object_get(set, key) == NULL)
			fail_msg("%s: the schema has it, this test's document has not", key);
	json_decref(schema);
	json_decref(known);
	json_decref(set);
}

/* What runs is asked from who runs it, but for what can not change, and what is a file. */
static void
sections_tell_what_runs(void **state)
{
	(void)state;
	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next)
		if (s->show == NULL && !s->restart_only && s->stale == NULL)
			fail_msg("section \"%s\" has no show()", s->name);
}

/* --- there and back --- */

static void
comes_and_goes(void **state)
{
	json_t *none = json_loads(bare, 0, NULL);

	(void)state;
	load(none);
	runs(none);
	load(every);
	runs(every);
	load(none);
	runs(none);
	load(every);
	runs(every);
	json_decref(none);
}

/* One command against each section. */
static const struct {
	const char *section, *cmd;
} meddling[] = {
	{ "system", "set power auto" },
	{ "ports", "port config q1 damping 60" },
	{ "bridges", "ip link set br1 type bridge ageing_time 7000" },
	{ "bridges", "bridge mdb flush dev br1" },
	{ "bridges", "stp set br1 port q2 mst instance 0 cost 67" },
	{ "bridges", "bridge vlan global set dev br1 vid 22 mcast_query_interval 4100" },
	{ "bridges", "bridge vlan set dev q2 vid 21 mcast_router 0" },
	{ "vlans", "ip link set q1.5 mtu 1000" },
	{ "macvlans", "ip link set m1 address 02:00:00:00:0a:99" },
	{ "tunnels", "ip link set t1 mtu 1400" },
	{ "tunnels", "ip tunnel change t2 dev q2" },
	{ "filter", "filter flush forward" },
	{ "qdisc", "tc qdisc del dev q1 root" },
	{ "qdisc", "tc filter del dev q2" },
	{ "addresses", "ip addr add 10.9.9.1/24 dev q2" },
	{ "neighbours", "ip neigh del proxy 10.77.0.0/24" },
	{ "neighbours", "ip neigh replace proxy 10.78.0.1 dev q1 protocol static" },
	{ "neighbours", "ip neigh del 10.9.0.11 dev q2" },
	{ "neighbours", "ip neigh change 10.9.0.12 dev m1 nud noarp extern_learn" },
	{ "neighbours", "ip neigh change 10.9.0.12 dev m1 router extern_learn" },
	{ "sysctl", "sysctl net.ipv4.conf.q1.rp_filter=0" },
	{ "nexthops", "ip nexthop replace id 10 group 1/2" },
	{ "routes", "ip route del 10.7.0.0/24" },
	{ "routes", "ip route change blackhole 10.6.0.1 table 77 metric 9 tos 4 realm 9" },
	{ "rules", "ip rule del pref 101" },
	{ "host", "host enable netns lab" },
};

static void
is_repaired(void **state)
{
	char pointer[64], *diff;
	json_t *is;

	(void)state;
	load(every);
	for (size_t i = 0; i < RTE_DIM(meddling); i++) {
		dp_cmd("%s", meddling[i].cmd);
		role_enter_ctl();
		is = cfg_running();
		diff = cfg_diff(is, every);
		snprintf(pointer, sizeof(pointer), " /%s", meddling[i].section);
		if (strstr(diff, pointer) == NULL)
			fail_msg("after `%s`: %s", meddling[i].cmd, diff);
		free(diff);
		json_decref(is);
	}
	load(every);
	runs(every);
}

/* A neighbour that was given another state by hand since is no longer the document's to delete. */
static void
what_was_changed_by_hand_stays(void **state)
{
	json_t *without = json_deep_copy(every);

	(void)state;
	json_object_set_new(without, "neighbours", json_array());
	load(every);
	dp_cmd("ip neigh replace 10.9.0.9 dev q1 nud stale");
	load(without);
	dp_cmd("ip neigh show dev q1");
	assert_non_null(strstr(dp_cmd_output(), "10.9.0.9 lladdr 02:00:00:00:00:09 STALE"));
	dp_cmd("ip neigh show dev m1 nud all");
	assert_string_equal(dp_cmd_output(), "");
	dp_cmd("ip neigh del 10.9.0.9 dev q1");
	json_decref(without);
}

/* A port that stands further down in the document joins when it comes, and brings its VLANs: what
 * is set of them, all over the bridge and at the port, is set then. */
static void
late_port_brings_its_vlans(void **state)
{
	static const char text[] =
		"{" FIXED "\"system\":{" SOCKET "},"
		"\"ports\":{\"q1\":{\"device\":\"net_ring_q1\"}},"
		"\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5}},"
		"\"bridges\":{\"br1\":{\"vlan_filtering\":true,\"mcast_vlan_snooping\":true,"
		"\"ports\":{\"q1.5\":{\"vlans\":[20],"
		"\"vlan_options\":{\"20\":{\"mcast_router\":2,\"mcast_max_groups\":3}}}},"
		"\"vlan_global\":{\"20\":{\"mcast_querier\":true,\"mcast_igmp_version\":3}}}}}";
	json_t *doc = json_loads(text, 0, NULL), *none = json_loads(bare, 0, NULL);

	(void)state;
	assert_non_null(doc);
	load(none);
	load(doc);
	runs(doc);
	load(none);
	json_decref(doc);
	json_decref(none);
}

static const json_t *
port_of(const json_t *doc)
{
	const json_t *br = json_object_get(json_object_get(doc, "bridges"), "br1");

	return json_object_get(json_object_get(br, "ports"), "q1.5");
}

/* States of VLANs are what the document says of each, also of those in an instance, which a command
 * would begin closed; what commands make of them is told. */
static void
states_of_vlans_are_kept(void **state)
{
	static const char text[] =
		"{" FIXED "\"system\":{" SOCKET "},"
		"\"ports\":{\"q1\":{\"device\":\"net_ring_q1\"}},"
		"\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5}},"
		"\"bridges\":{\"br1\":{\"vlan_filtering\":true,"
		"\"stp\":{\"mst\":{\"instances\":{\"2\":{\"vlans\":[\"20-22\"]}}}},"
		"\"ports\":{\"q1.5\":{\"vlans\":[\"20-24\"],"
		"\"vlan_options\":{\"21-22\":{\"state\":\"blocking\"},"
		"\"24\":{\"mcast_max_groups\":3,\"state\":\"learning\"}}}}}}}";
	static const char after[] = "{\"20-22\":{\"state\":\"listening\"},"
				    "\"23\":{\"state\":\"disabled\"},"
				    "\"24\":{\"mcast_max_groups\":3}}";
	json_t *doc = json_loads(text, 0, NULL), *none = json_loads(bare, 0, NULL), *is;
	json_t *told;

	(void)state;
	assert_non_null(doc);
	load(none);
	load(doc);
	runs(doc);
	assert_true(strstr((dp_cmd("bridge -d vlan show dev q1.5 vid 20"), dp_cmd_output()),
			   "state forwarding") != NULL);
	dp_cmd("bridge mst set dev q1.5 msti 2 state listening");
	dp_cmd("stp set br1 port q1.5 mst instance 2 priority 64"); /* and nothing else */
	dp_cmd("bridge vlan set dev q1.5 vid 24 state forwarding");
	dp_cmd("bridge vlan global set dev br1 vid 23 msti 3");
	role_enter_ctl();
	is = cfg_running();
	assert_null(json_object_get(json_object_get(json_object_get(port_of(is), "mst"), "2"),
				    "path_cost"));
	told = json_loads(after, 0, NULL);
	assert_true(json_equal(json_object_get(port_of(is), "vlan_options"), told));
	load(doc);
	runs(doc);
	load(is);
	runs(is);
	load(none);
	json_decref(told);
	json_decref(is);
	json_decref(doc);
	json_decref(none);
}

/* Where frames belong to VLANs, a group that names none is joined in all of the port's. */
static void
groups_without_a_vlan(void **state)
{
	static const char text[] =
		"{" FIXED "\"system\":{" SOCKET "},"
		"\"ports\":{\"q1\":{\"device\":\"net_ring_q1\"}},"
		"\"vlans\":{\"q1.5\":{\"parent\":\"q1\",\"id\":5}},"
		"\"bridges\":{\"br1\":{\"vlan_filtering\":true,"
		"\"ports\":{\"q1.5\":{\"pvid\":0,\"vlans\":[\"20-21\"],"
		"\"groups\":[{\"group\":\"239.1.1.1\"},{\"group\":\"239.1.1.2\",\"vid\":21}]}}}}}";
	static const char all[] = "[{\"group\":\"239.1.1.1\",\"vid\":20},"
				  "{\"group\":\"239.1.1.1\",\"vid\":21},"
				  "{\"group\":\"239.1.1.2\",\"vid\":21}]";
	json_t *doc = json_loads(text, 0, NULL), *none = json_loads(bare, 0, NULL), *is, *told;

	(void)state;
	assert_non_null(doc);
	load(none);
	load(doc);
	role_enter_ctl();
	is = cfg_running();
	told = json_loads(all, 0, NULL);
	assert_true(json_equal(json_object_get(port_of(is), "groups"), told));
	load(is);
	runs(is);
	load(doc);
	runs(is);
	load(none);
	json_decref(told);
	json_decref(is);
	json_decref(doc);
	json_decref(none);
}

/* What was told to go up, at once or with its parent, and is not enabled, is down again. */
static void
stays_down(void **state)
{
	struct net_device *dev;

	(void)state;
	load(every);
	role_enter_ctl();
	dp_cmd("ip link set q1.5 up");
	dev = dev_get_by_name("q1.5");
	assert_true(netif_running(dev));
	load(every);
	assert_false(netif_running(dev));
	dp_cmd("ip link set q1 down");
	dp_cmd_fails("ip link set q1.5 up"); /* waits for its parent */
	load(every);
	runs(every);
	assert_true(netif_running(dev->real_dev));
	assert_false(netif_running(dev));
}

/* A file is read again when its routes are not all there. */
static void
file_is_repaired(void **state)
{
	(void)state;
	load(every);
	dp_run_ms(10);
	dp_cmd("ip route del 198.51.100.0/24 metric 7");
	load(every);
	dp_run_ms(10);
	dp_cmd("ip route show 198.51.100.0/24");
	assert_string_equal(
		dp_cmd_output(),
		"198.51.100.0/24 via 10.9.0.3 dev q1 proto static metric 7 realms 3/7 \n");
}

/* Every section that tells what runs is meddled with above. */
static void
every_section_is_meddled_with(void **state)
{
	(void)state;
	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next) {
		size_t i = 0;

		while (i < RTE_DIM(meddling) && strcmp(meddling[i].section, s->name) != 0)
			i++;
		/* No command changes the names of tables, or which file there is. */
		if (i == RTE_DIM(meddling) && s->show != NULL && strcmp(s->name, "tables") != 0 &&
		    strcmp(s->name, "routes_file") != 0)
			fail_msg("no command of this test changes \"%s\"", s->name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_has_every_key),
		cmocka_unit_test(sections_tell_what_runs),
		cmocka_unit_test(every_section_is_meddled_with),
		cmocka_unit_test(comes_and_goes),
		cmocka_unit_test(is_repaired),
		cmocka_unit_test(what_was_changed_by_hand_stays),
		cmocka_unit_test(late_port_brings_its_vlans),
		cmocka_unit_test(states_of_vlans_are_kept),
		cmocka_unit_test(groups_without_a_vlan),
		cmocka_unit_test(stays_down),
		cmocka_unit_test(file_is_repaired),
	};

	return cmocka_run_group_tests_name("dp/config", tests, setup, teardown);
}
