/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What policy rules and the packet filter cost a forwarded packet, by the whole router in one
 *process (test/dp). Bursts of 32 frames to 4,096 destinations go through ethdev_poll(); the clock
 *runs for that only. The sets of rules take turns, so that all see the same machine; of each the
 *median burst counts.
 *
 *	rules_micro [ROUNDS]
 *
 * prints for each set: name, cycles of the worker for a packet, ratio to no rules, difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "core/worker.h"
#include "ethdev/ethdev_dp.h"
#include "../../dp/dp.h"
#include "../../tools/vtime.h"

#define BURST	  32
#define DESTS	  4096
#define BURSTS	  128 /* of one turn */
#define TURNS_MAX 200

static const struct set {
	const char *name;
	const char *add, *del; /* the number for each %u */
	unsigned int n;	       /* times they are said */
} sets[] = {
	{ "none", NULL, NULL, 0 },
#define RULE(name, words, n)                                                                       \
	{                                                                                          \
		name, "ip rule add " words, "ip rule del " words, n                                \
	}
	RULE("1-source-no-match", "from 172.16.%u.0/24 table 100", 1),
	RULE("64-sources-no-match", "from 172.16.%u.0/24 table 100", 64),
	RULE("64-sources-match", "from 10.8.%u.0/24 table 100", 64),
	RULE("64-fields-no-match",
	     "from 10.8.0.0/16 to 172.16.%u.0/24 tos 0x10 iif p1 ipproto udp table 100", 64),
	RULE("64-ports-no-match", "ipproto udp dport 3%02u table 100", 64),
	RULE("640-ports-no-answer", "from 10.8.0.0/16 to 192.168.0.0/16 sport 1%03u table 101",
	     640),
#define FILTER(name, words, n)                                                                     \
	{                                                                                          \
		name, "filter add forward " words, "filter del forward position 1", n              \
	}
	FILTER("filter-1-source", "src 172.16.%u.0/24 drop", 1),
	FILTER("filter-100-sources", "src 172.16.%u.0/24 drop", 100),
	FILTER("filter-100-sources-accept", "src 10.8.%u.0/24 accept", 100),
	FILTER("filter-100-fields",
	       "src 10.8.0.0/16 dst 172.16.%u.0/24 protocol udp dport 53 iif p1 drop", 100),
	FILTER("filter-100-ports", "protocol udp dport 3%02u drop", 100),
};
static unsigned int p1, p2;
static double seen[RTE_DIM(sets)][TURNS_MAX * BURSTS];

static void
set_up(void)
{
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:02 dev p2");
	dp_cmd("ip route add 192.168.0.0/16 via 10.0.2.2");
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

/* Cycles for each packet of one burst. */
static double
one_burst(unsigned int first)
{
	struct dp_frame sink;
	uint64_t begin, end;

	for (unsigned int i = 0; i < BURST; i++) {
		unsigned int d = (first + i * 97) % DESTS;
		char src[32], dst[32];
		struct dp_frame f;

		snprintf(src, sizeof(src), "10.8.%u.9", d % 64);
		snprintf(dst, sizeof(dst), "192.168.%u.%u", d >> 4, (d & 15) * 16 + 1);
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
	double none = 0;

	dp_setup(NULL);
	vtime_real();
	set_up();
	turns = RTE_MIN(turns, (unsigned int)TURNS_MAX);
	for (unsigned int t = 0; t < turns; t++)
		for (unsigned int s = 0; s < RTE_DIM(sets); s++) {
			say(sets[s].add, sets[s].n);
			one_burst(0);
			for (unsigned int b = 0; b < BURSTS; b++)
				seen[s][t * BURSTS + b] = one_burst(b * BURST);
			say(sets[s].del, sets[s].n);
		}
	for (unsigned int s = 0; s < RTE_DIM(sets); s++) {
		double median;

		qsort(seen[s], turns * BURSTS, sizeof(seen[s][0]), by_size);
		median = seen[s][turns * BURSTS / 2];
		none = s == 0 ? median : none;
		printf("%s %.1f ratio %.2f more %.1f\n", sets[s].name, median, median / none,
		       median - none);
	}
	return dp_teardown(NULL);
}
