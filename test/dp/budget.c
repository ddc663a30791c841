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
#include "ip4/ip4_defrag_dp.h"
#include "polluxd/polluxd.h"

#define BURST	32
#define DESTS	256
#define EIGHTH	8
#define TAG_IN	100
#define TAG_OUT 200
#define SAVED	1200 /* packets: more than a source can use up */

static const struct way {
	const char *name;
	bool rpf, scan, refused, flood;
	bool multipath;		     /* one route by all gateways */
	bool l4;		     /* flows are told apart by ports, too */
	unsigned int arp, arp_apart; /* requests among the 32 frames, and by a port of their own */
	unsigned int gateways;	     /* neighbours that the routes point to, in turn */
	unsigned int
		vlans; /* VLAN devices on either port that the frames come and leave by, in turn */
} ways[] = {
	{ .name = "plain", .gateways = 1 },
	{ .name = "gateways", .gateways = 64 },
	{ .name = "multipath", .gateways = 4, .multipath = true },
	{ .name = "multipath_l4", .gateways = 4, .multipath = true, .l4 = true },
	{ .name = "vlan", .gateways = 1, .vlans = 1 },
	{ .name = "vlans", .gateways = 16, .vlans = 16 },
	{ .name = "rp_filter", .gateways = 1, .rpf = true },
	{ .name = "scan", .gateways = 1, .scan = true },
	{ .name = "refused", .gateways = 1, .scan = true, .refused = true },
	{ .name = "flood", .gateways = 1, .flood = true },
	{ .name = "arp", .gateways = 1, .arp = BURST / 16 },
	{ .name = "arp_apart", .gateways = 1, .arp_apart = BURST / 16 },
	{ .name = "arp_burst", .gateways = 1, .arp_apart = BURST },
};
static const struct way *way;
static unsigned int p1, p2, p3;
static uint32_t scanned;

unsigned int budget_round(struct worker *w);

/* An address on either side and the routes behind @p out: of the @p k-th VLAN devices, or of the
 * ports. */
static void
add_side(unsigned int k, const char *in, const char *out)
{
	dp_cmd("ip addr add 10.1.%u.1/24 dev %s", k, in);
	dp_cmd("ip addr add 10.2.%u.1/24 dev %s", k, out);
	for (unsigned int g = k; g < way->gateways; g += RTE_MAX(way->vlans, 1u))
		dp_cmd("ip neigh add 10.2.%u.%u lladdr 02:00:00:00:01:%02x dev %s", k, 2 + g, 2 + g,
		       out);
	if (way->multipath) {
		dp_cmd("ip route add 192.168.0.0/16 nexthop via 10.2.0.2 nexthop via 10.2.0.3 "
		       "nexthop via 10.2.0.4 nexthop via 10.2.0.5");
		return;
	}
	for (unsigned int d = k; d < DESTS; d += RTE_MAX(way->vlans, 1u))
		dp_cmd("ip route add 192.168.%u.0/24 via 10.2.%u.%u", d, k, 2 + d % way->gateways);
}

static void
set_up(void)
{
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	if (way->arp_apart > 0)
		p3 = dp_port("p3");
	for (unsigned int k = 0; k < way->vlans; k++) {
		char in[16], out[16];

		snprintf(in, sizeof(in), "p1.%u", TAG_IN + k);
		snprintf(out, sizeof(out), "p2.%u", TAG_OUT + k);
		dp_cmd("ip link add link p1 name %s type vlan id %u", in, TAG_IN + k);
		dp_cmd("ip link add link p2 name %s type vlan id %u", out, TAG_OUT + k);
		dp_cmd("ip link set %s up", in);
		dp_cmd("ip link set %s up", out);
		add_side(k, in, out);
	}
	if (way->vlans == 0)
		add_side(0, "p1", "p2");
	dp_cmd("ip addr add 172.16.0.1/16 dev p2");
	if (way->rpf)
		dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=1");
	if (way->l4)
		dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=1");
	dp_run();
	if (!way->flood)
		return;
	/* So much was lost that no fragment for the router is tried. */
	ip4_defrag_tab[1].shed.keep[0] = ip4_defrag_tab[1].shed.keep[1] = 0;
	ip4_shedding = 2;
}

/* What is counted: callgrind's --toggle-collect. */
__rte_noinline unsigned int
budget_round(struct worker *w)
{
	return ethdev_poll(w);
}

static void
scan_next(char *dst, size_t size)
{
	snprintf(dst, size, "172.16.%u.%u", 1 + scanned / 250, scanned % 250 + 2);
	scanned++;
}

/* A question of one station of many. */
static void
ask(unsigned int port)
{
	static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } }, none;
	static uint8_t station;
	struct dp_frame f = dp_arp(1, &all, ++station, "10.1.0.9", &none, "10.1.0.1");

	dp_inject(port, &f);
}

static void
one_burst(unsigned int first, unsigned int (*poll)(struct worker *w))
{
	unsigned int known = BURST - way->scan - way->arp - (way->flood ? BURST / EIGHTH : 0);
	struct dp_frame sink;

	for (unsigned int i = 0; i < way->arp_apart; i++)
		ask(p3);
	for (unsigned int i = 0; i < BURST; i++) {
		unsigned int d = (first + i * 37) % DESTS, k = way->vlans != 0 ? d % way->vlans : 0;
		char src[32], dst[32];
		struct dp_frame f;

		if (way->arp != 0 && i % (BURST / way->arp) == BURST / way->arp / 2) {
			ask(p1);
			continue;
		}
		snprintf(src, sizeof(src), "10.1.%u.2", k);
		snprintf(dst, sizeof(dst), "192.168.%u.7", d);
		if (way->scan && i == BURST / 2)
			scan_next(dst, sizeof(dst));
		f = dp_udp(p1, 2, src, dst, 18);
		if (way->flood && i % EIGHTH == EIGHTH - 1) {
			dp_ip4(&f)->dst_addr = dp_ip("10.1.0.1");
			dp_ip4(&f)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
			dp_fix_checksum(&f);
		}
		if (way->vlans != 0)
			dp_tag(&f, (uint16_t)(TAG_IN + k));
		dp_inject(p1, &f);
	}
	role_enter_dp();
	workers[1]->now = clock_tsc();
	poll(workers[1]);
	for (unsigned int i = 0; i < known; i++)
		if (!dp_out(p2, &sink))
			fail_msg("%u of %u frames left", i, known);
	dp_discard(p1); /* answers */
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
	uint64_t before, fast, over;
	bool uses_up;

	for (unsigned int i = 0; argc > 2 && i < RTE_DIM(ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			way = &ways[i];
	if (way == NULL) {
		fprintf(stderr,
			"usage: dp_budget "
			"plain|gateways|multipath|multipath_l4|vlan|vlans|rp_filter|scan|refused|"
			"flood|arp|arp_apart|arp_burst LANE [BURSTS]\n");
		return 2;
	}
	dp_setup(NULL);
	role_enter_dp();
	use_lane(argv[2]);
	set_up();
	uses_up = way->refused || way->arp + way->arp_apart > 0;
	for (unsigned int i = 0; uses_up && i < SAVED; i++)
		one_burst(i * BURST, ethdev_poll);
	over = dp_drops("arp_over_budget");
	before = workers[1]->stages[STAGE_IP4_FAST].packets;
	for (unsigned int i = 0; i < bursts; i++)
		one_burst(i * BURST, budget_round);
	fast = workers[1]->stages[STAGE_IP4_FAST].packets - before;
	if ((dp_drops("neigh_over_budget") >= bursts) != way->refused)
		fail_msg("%u refused", (unsigned int)dp_drops("neigh_over_budget"));
	over = dp_drops("arp_over_budget") - over;
	if (over * 16 < (uint64_t)bursts * (way->arp + way->arp_apart) * 15)
		fail_msg("%u of ARP refused", (unsigned int)over);
	bursts -= way->arp * bursts / BURST;	 /* those are refused before the lane is asked */
	if (fast != 0 && fast != bursts * BURST) /* 0: built without */
		fail_msg("%u of %u packets were offered to the lane", (unsigned int)fast,
			 bursts * BURST);
	return dp_teardown(NULL);
}
