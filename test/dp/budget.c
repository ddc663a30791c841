/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work for test/bench/budget.py, which counts the instructions of it: bursts of 32 frames that the
 * fast lane forwards, through ethdev_poll(), in one process and the same every time.
 *
 *	dp_budget WAY LANE [BURSTS]
 */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/timer.h"
#include "core/worker.h"
#include "ethdev/ethdev_dp.h"
#include "ip4/ip4.h"
#include "polluxd/polluxd.h"

#define BURST	32
#define DESTS	256
#define TAG_IN	100
#define TAG_OUT 200

static const struct way {
	const char *name;
	bool tagged, rpf, scan;
	unsigned int gateways;
} ways[] = {
	{ .name = "plain", .gateways = 1 },
	{ .name = "gateways", .gateways = 64 },
	{ .name = "vlan", .gateways = 1, .tagged = true },
	{ .name = "rp_filter", .gateways = 1, .rpf = true },
	{ .name = "scan", .gateways = 1, .scan = true },
};
static const struct way *way;
static unsigned int p1, p2;
static uint32_t scanned;

unsigned int budget_round(struct worker *w);

static void
set_up(void)
{
	const char *in = way->tagged ? "p1.100" : "p1", *out = way->tagged ? "p2.200" : "p2";

	p1 = dp_port("p1");
	p2 = dp_port("p2");
	if (way->tagged) {
		dp_cmd("ip link add link p1 name p1.100 type vlan id %d", TAG_IN);
		dp_cmd("ip link add link p2 name p2.200 type vlan id %d", TAG_OUT);
		dp_cmd("ip link set p1.100 up");
		dp_cmd("ip link set p2.200 up");
	}
	dp_cmd("ip addr add 10.0.1.1/24 dev %s", in);
	dp_cmd("ip addr add 10.0.2.1/24 dev %s", out);
	dp_cmd("ip addr add 172.16.0.1/16 dev %s", out);
	if (way->rpf)
		dp_cmd("sysctl net.ipv4.conf.%s.rp_filter=1", in);
	for (unsigned int g = 0; g < way->gateways; g++)
		dp_cmd("ip neigh add 10.0.2.%u lladdr 02:00:00:00:01:%02x dev %s", 2 + g, 2 + g,
		       out);
	for (unsigned int d = 0; d < DESTS; d++)
		dp_cmd("ip route add 192.168.%u.0/24 via 10.0.2.%u", d, 2 + d % way->gateways);
	dp_run();
}

/* What is counted: callgrind's --toggle-collect. */
__rte_noinline unsigned int
budget_round(struct worker *w)
{
	return ethdev_poll(w);
}

static void
one_burst(unsigned int first)
{
	unsigned int known = way->scan ? BURST - 1 : BURST;
	struct dp_frame sink;

	for (unsigned int i = 0; i < BURST; i++) {
		char dst[32];
		struct dp_frame f;

		snprintf(dst, sizeof(dst), "192.168.%u.7", (first + i * 37) % DESTS);
		if (way->scan && i == BURST / 2)
			snprintf(dst, sizeof(dst), "172.16.1.%u", scanned++);
		f = dp_udp(p1, 2, "10.0.1.2", dst, 18);
		if (way->tagged)
			dp_tag(&f, TAG_IN);
		dp_inject(p1, &f);
	}
	role_enter_dp();
	workers[1]->now = clock_tsc();
	budget_round(workers[1]);
	for (unsigned int i = 0; i < known; i++)
		if (!dp_out(p2, &sink))
			fail_msg("%u of %u frames left", i, known);
	if (!way->scan)
		return;
	role_enter_ctl();
	while (control_poll() > 0) /* the question leaves with the next burst */
		;
	while (dp_out(p2, &sink))
		;
}

static void
use_lane(const char *name)
{
	const struct ip4_fast_lane *l = ip4_fast_lanes;

	while (l->rx != NULL && strcmp(l->name, name) != 0)
		l++;
	if (l->rx == NULL || !ip4_fast_runs(l)) {
		fprintf(stderr, "budget: no lane \"%s\" here\n", name);
		exit(77);
	}
	netif_fast_rx = l->rx;
}

int
main(int argc, char **argv)
{
	unsigned int bursts = argc > 3 ? (unsigned int)atoi(argv[3]) : 64;
	uint64_t fast;

	for (unsigned int i = 0; argc > 2 && i < RTE_DIM(ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			way = &ways[i];
	if (way == NULL) {
		fprintf(stderr,
			"usage: dp_budget plain|gateways|vlan|rp_filter|scan LANE [BURSTS]\n");
		return 2;
	}
	dp_setup(NULL);
	role_enter_dp();
	use_lane(argv[2]);
	set_up();
	for (unsigned int i = 0; i < bursts; i++)
		one_burst(i * BURST);
	fast = workers[1]->stages[STAGE_IP4_FAST].packets;
	if (fast != 0 && fast != bursts * BURST) /* 0: built without */
		fail_msg("%u of %u packets were offered to the lane", (unsigned int)fast,
			 bursts * BURST);
	return dp_teardown(NULL);
}
