/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LANES_SETTINGS_H
#define LANES_SETTINGS_H
/** @file What test_dp_lanes.c draws at random for a router: filter, policy rules, tunables,
 * devices. */
#include <string.h>
#include "dp.h"
#include "seed.h"

#define RULES_MAX 16 /* of the filter: their slots are the first ones, the policies' behind all */
#define POLICIES  11 /* policy rules */
static uint64_t seed;

static inline uint32_t
rnd(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % n;
}
#define PICK(a) ((a)[rnd(RTE_DIM(a))])

/* Rules of the filter: seldom for several chains, seldom others than plain ones. */
static inline void
any_filter(void)
{
	static const char *const chains[] = { "prerouting", "forward", "forward", "postrouting" };
	static const char *const words[] = {
		"src 10.0.1.0/24",
		"dst 198.51.100.0/24",
		"dst 192.0.2.128/25",
		"protocol udp",
		"protocol udp dport 7-99",
		"protocol udp sport 7",
		"protocol icmp",
		"fragment yes",
		"fragment first",
		"fragment later",
		"tos 0x10",
		"iif p1",
		"iif p1.100",
		"dst 198.18.0.0/15",
		"src 10.0.5.2",
		"protocol tcp dport 7",
		"",
	};
	static const char *const actions[] = { "accept", "accept", "accept", "drop", "reject" };
	bool plain = rnd(4) != 0;
	const char *chain = PICK(chains);

	dp_cmd("filter flush");
	dp_cmd("filter policy forward %s", rnd(16) ? "accept" : "drop");
	if (rnd(2) == 0)
		return;
	for (unsigned int n = 1 + rnd(RULES_MAX - 1); n > 0; n--) {
		const char *action = PICK(actions);

		if (rnd(16) == 0)
			chain = PICK(chains);
		if (!plain && rnd(3) == 0)
			action = rnd(2) ? "count" : "mark 1";
		if (strcmp(action, "reject") == 0 && strcmp(chain, "postrouting") == 0)
			action = "drop";
		dp_cmd("filter add %s %s %s %s", chain, PICK(words),
		       rnd(4) || strcmp(chain, "prerouting") == 0 ? "" : "oif p2.200", action);
	}
}

/* Those of the policy rules in @p want, a bit for each, and no others. */
static inline void
set_policies(uint32_t want)
{
	static const char *const rules[POLICIES] = {
		"from 10.0.1.0/24 to 192.0.2.0/24 table 100",
		"tos 0x10 table 100",
		"iif p1.100 to 198.0.0.0/8 table 100",
		"ipproto udp dport 1000-40000 table 100",
		"to 10.0.0.0/16 iif p2 table 101",
		"to 10.0.0.0/16 table 101 suppress_prefixlength 8",
		"to 203.0.113.0/24 prohibit",
		"not from 10.0.0.0/8 unreachable",
		"from 8.8.8.8 goto 32766",
		"to 192.0.2.128/25 table main realms 11/12",
		"fwmark 1 to 192.0.2.0/24 table 100",
	};
	static uint32_t there;

	for (unsigned int i = 0; i < POLICIES; i++)
		if ((want ^ there) >> i & 1)
			dp_cmd("ip rule %s pref %u %s", want >> i & 1 ? "add" : "del", 10 + i,
			       rules[i]);
	there = want;
}

/* Routes that packets go and come by, with realms or without, with an MTU or without. */
static inline const char *
any_mtu(void)
{
	static const char *const mtus[] = { "", "", "mtu 700", "mtu 1000", "mtu 1234" };

	return PICK(mtus);
}

static inline void
any_routes(void)
{
	bool none = rnd(2);

	dp_cmd("ip route replace 192.0.2.0/24 via 10.0.2.9 %s %s", none ? "" : "realms 3/7",
	       any_mtu());
	dp_cmd("ip route replace 198.51.100.0/24 via 10.0.6.2 %s %s", none ? "" : "realm 300",
	       any_mtu());
	dp_cmd("ip route replace 203.0.113.0/24 via 10.0.1.2 %s", none ? "" : "realm 9");
	dp_cmd("ip route replace 10.0.5.0/24 dev p1.100 src 10.0.5.1 proto kernel scope link %s",
	       none ? "" : "realms 2/8");
	dp_cmd("ip route replace 198.18.0.0/16 %s nexthop via 10.0.2.2 %s nexthop via 10.0.6.2 "
	       "nexthop via 10.0.1.2 %s",
	       any_mtu(), none ? "" : "realm 4", none ? "" : "realms 5/6");
	dp_cmd("ip route replace 198.19.0.0/16 nhid 10 %s", any_mtu());
	dp_cmd("ip route replace 198.20.0.0/16 nhid 11 %s", any_mtu());
	dp_cmd("ip route replace 198.21.0.0/16 nhid 1 %s", any_mtu());
	dp_cmd("ip route replace default via 10.0.2.9 table 100 %s", any_mtu());
}

/* Settings for the next bursts. */
static inline void
any_settings(void)
{
	static const char *const devs[] = { "all", "p1", "p2", "p1.100", "p1.101", "p2.200" };

	for (unsigned int i = 1; i < RTE_DIM(devs); i++) {
		dp_cmd("sysctl net.ipv4.conf.%s.rp_filter=%u", devs[i], rnd(2) ? 0 : rnd(3));
		dp_cmd("sysctl net.ipv4.conf.%s.send_redirects=%u", devs[i], rnd(2));
		dp_cmd("sysctl net.ipv4.conf.%s.forwarding=%u", devs[i], rnd(12) ? 1 : 0);
		dp_cmd("sysctl net.ipv4.conf.%s.accept_local=%u", devs[i], rnd(8) ? 0 : 1);
	}
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", rnd(4));
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_fields=%u", 1 + rnd(0xfff));
	dp_cmd("sysctl net.ipv4.conf.all.rp_filter=%u", rnd(4) ? 0 : rnd(3));
	dp_cmd("sysctl net.ipv4.conf.all.send_redirects=%u", rnd(2));
	dp_cmd("sysctl net.ipv4.route_cache=%u", rnd(3));
	set_policies(0); /* which have a say in what a gateway is */
	any_routes();
	set_policies(rnd(2) ? 0 : rnd(1u << POLICIES) & rnd(1u << POLICIES));
	dp_cmd("ip link set p2 mtu %u", rnd(2) ? 1500 : 600 + rnd(600));
	dp_cmd("ip link set p1.101 %s", rnd(8) ? "up" : "down");
	dp_cmd("ip link set p1.101 address 02:00:00:00:00:%s", rnd(3) ? "01" : "77");
	any_filter();
}
#endif
