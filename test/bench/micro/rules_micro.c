/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What policy rules, the packet filter, the reverse path filter and the route cache cost a
 * forwarded packet, by the whole router in one process (test/dp). Bursts of 32 frames go through
 * ethdev_poll(); the clock runs for that only. The sets take turns, so that all see the same
 * machine; of each the median burst counts.
 *
 *	rules_micro [ROUNDS [cache|realms]]
 *
 * prints for each set, or each of those about the cache or realms: name, cycles of the worker for a
 *packet, ratio to the first, difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "core/worker.h"
#include "ethdev/ethdev_dp.h"
#include "../../dp/dp.h"

#define BURST	  32
#define FLOWS	  4096
#define BURSTS	  128 /* of one turn */
#define TURNS_MAX 200
#define SETS_MAX  32

struct set {
	const char *name;
	const char *add, *del; /* the number for each %u */
	unsigned int n;	       /* times they are said */
	bool rpf, cache;
	unsigned int flows;
};
static const struct set by_rules[] = {
	{ .name = "none", .flows = FLOWS },
#define RULE(what, words, times)                                                                   \
	{                                                                                          \
		.name = what, .add = "ip rule add " words, .del = "ip rule del " words,            \
		.n = times, .flows = FLOWS                                                         \
	}
	RULE("1-source-no-match", "from 172.16.%u.0/24 table 100", 1),
	RULE("64-sources-no-match", "from 172.16.%u.0/24 table 100", 64),
	RULE("64-sources-match", "from 10.8.%u.0/24 table 100", 64),
	RULE("64-fields-no-match",
	     "from 10.8.0.0/16 to 172.16.%u.0/24 tos 0x10 iif p1 ipproto udp table 100", 64),
	RULE("64-ports-no-match", "ipproto udp dport 3%02u table 100", 64),
	RULE("640-ports-no-answer", "from 10.8.0.0/16 to 192.168.0.0/16 sport 1%03u table 101",
	     640),
#define FILTER(what, words, times)                                                                 \
	{                                                                                          \
		.name = what, .add = "filter add forward " words,                                  \
		.del = "filter del forward position 1", .n = times, .flows = FLOWS                 \
	}
	FILTER("filter-1-source", "src 172.16.%u.0/24 drop", 1),
	FILTER("filter-100-sources", "src 172.16.%u.0/24 drop", 100),
	FILTER("filter-100-sources-accept", "src 10.8.%u.0/24 accept", 100),
	FILTER("filter-100-fields",
	       "src 10.8.0.0/16 dst 172.16.%u.0/24 protocol udp dport 53 iif p1 drop", 100),
	FILTER("filter-100-ports", "protocol udp dport 3%02u drop", 100),
};
/* With the cache and without, for few flows, some, and more than it holds; in the general lane,
 * where the filter marks packets. */
#define PAIR(name, n, rpf, flows)                                                                  \
	{ name "-" #flows, SOME_RULES, n, rpf, false, flows },                                     \
	{                                                                                          \
		name "-" #flows "-cache", SOME_RULES, n, rpf, true, flows                          \
	}
#define FLOWS_OF(name, n, rpf)                                                                     \
	PAIR(name, n, rpf, 64), PAIR(name, n, rpf, 4096), PAIR(name, n, rpf, 262144)
#define SOME_RULES "ip rule add from 10.8.%u.0/24 table 100", "ip rule del from 10.8.%u.0/24"
static const struct set by_cache[] = {
	FLOWS_OF("plain", 0, false),
	FLOWS_OF("64-rules", 64, false),
	FLOWS_OF("rp_filter", 0, true),
	FLOWS_OF("both", 64, true),
	PAIR("general-plain", 0, false, 4096),
	PAIR("general-64-rules", 64, false, 4096),
	PAIR("general-rp_filter", 0, true, 4096),
	PAIR("general-both", 64, true, 4096),
};
/* A route with a realm, by which all goes: what it costs to tell and count them, by the cache and
 * by the tables. */
#define REALMS(flows)                                                                              \
	{ "realms-" #flows, ROUTE " realm 10", ROUTE, 1, false, false, flows },                    \
	{                                                                                          \
		"realms-" #flows "-cache", ROUTE " realm 10", ROUTE, 1, false, true, flows         \
	}
#define ROUTE "ip route replace 192.168.0.0/16 via 10.0.2.2"
static const struct set by_realms[] = {
	{ .name = "none", .flows = FLOWS },
	REALMS(64),
	REALMS(4096),
	REALMS(262144),
};
static const struct {
	const char *name;
	const struct set *set;
	unsigned int n;
} all[] = {
	{ "rules", by_rules, RTE_DIM(by_rules) },
	{ "cache", by_cache, RTE_DIM(by_cache) },
	{ "realms", by_realms, RTE_DIM(by_realms) },
};
static unsigned int p1, p2;
static double seen[SETS_MAX][TURNS_MAX * BURSTS];

static void
set_up(void)
{
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:03 dev p1");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:02 dev p2");
	dp_cmd("ip route add 192.168.0.0/16 via 10.0.2.2");
	dp_cmd("ip route add 10.8.0.0/16 via 10.0.1.2");
	dp_cmd("ip route add default via 10.0.2.2 table 100");
	dp_run();
}

static void
say(const char *words, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		char line[160];

		snprintf(line, sizeof(line), words, i);
		dp_cmd("%s", line);
	}
	dp_run();
}

/* Burst @p b of the set, in which each flow comes once in as many packets as they are. Cycles for
 * each packet. */
static double
one_burst(const struct set *s, unsigned int b)
{
	struct dp_frame sink;
	uint64_t begin, end;

	for (unsigned int i = 0; i < BURST; i++) {
		unsigned int flow = (b * BURST + i) * 40503u % s->flows;
		char src[32], dst[32];
		struct dp_frame f;

		snprintf(src, sizeof(src), "10.8.%u.%u", flow % 64, 9 + (flow >> 12));
		snprintf(dst, sizeof(dst), "192.168.%u.%u", flow >> 4 & 255, (flow & 15) * 16 + 1);
		f = dp_udp(p1, 2, src, dst, 18);
		dp_inject(p1, &f);
	}
	role_enter_dp();
	begin = rte_rdtsc();
	workers[1]->now = begin;
	ethdev_poll(workers[1]);
	end = rte_rdtsc();
	for (unsigned int i = 0; i < BURST; i++)
		if (!dp_out(p2, &sink))
			fail_msg("%u of %u frames left", i, BURST);
	return (double)(end - begin) / BURST;
}

static void
turn(const struct set *s, double *into)
{
	bool general = strncmp(s->name, "general", 7) == 0;
	unsigned int warm = s->cache ? s->flows / BURST : 1;

	say(s->add, s->n);
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=%u", s->rpf);
	dp_cmd("sysctl net.ipv4.route_cache=%u", s->cache ? 2 : 0);
	if (general)
		dp_cmd("filter add prerouting src 203.0.113.0/24 mark 1");
	for (unsigned int b = 0; b < warm; b++)
		one_burst(s, b);
	for (unsigned int b = 0; b < BURSTS; b++)
		into[b] = one_burst(s, b);
	if (general)
		dp_cmd("filter flush prerouting");
	say(s->del, s->n);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	unsigned int turns = argc > 1 ? (unsigned int)atoi(argv[1]) : 12;
	const struct set *sets = by_rules;
	unsigned int n = RTE_DIM(by_rules);
	double first = 0;

	for (unsigned int i = 0; argc > 2 && i < RTE_DIM(all); i++) {
		if (strcmp(all[i].name, argv[2]) != 0)
			continue;
		sets = all[i].set;
		n = all[i].n;
	}

	_Static_assert(RTE_DIM(by_rules) <= SETS_MAX && RTE_DIM(by_cache) <= SETS_MAX, "room");
	dp_setup(NULL);
	set_up();
	turns = RTE_MIN(turns, (unsigned int)TURNS_MAX);
	for (unsigned int t = 0; t < turns; t++)
		for (unsigned int s = 0; s < n; s++)
			turn(&sets[s], &seen[s][t * BURSTS]);
	for (unsigned int s = 0; s < n; s++) {
		double median;

		qsort(seen[s], turns * BURSTS, sizeof(seen[s][0]), by_size);
		median = seen[s][turns * BURSTS / 2];
		first = s == 0 ? median : first;
		printf("%s %.1f ratio %.2f more %.1f\n", sets[s].name, median, median / first,
		       median - first);
	}
	return dp_teardown(NULL);
}
