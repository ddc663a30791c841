/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a bridge costs, by the whole router in one process (test/dp): frames of 64 bytes in bursts
 *of 32 through ethdev_poll(), ports in memory; the clock runs for the worker, and for the control
 * thread where it learns. Cases take turns, each with a bridge of its own; of each the median
 * counts.
 *
 *	bridge_micro [TURNS]
 *
 * prints for each case: name, cycles for a frame (a copy, a new address), ratio to known-4096, and
 * how many that is in a second on one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_random.h>
#include "bridge/br.h"
#include "core/msg.h"
#include "core/worker.h"
#include "ethdev/ethdev_dp.h"
#include "../../dp/dp.h"

#define BURST	  32
#define BURSTS	  2048 /* of one turn */
#define PORTS	  9
#define TURNS_MAX 20

enum { KNOWN_4096, KNOWN_1M, LEARN, FLOOD_8, GROUP_8, N_CASES };
static const char *const names[] = { "known-4096", "known-1000000", "learn", "flood-8", "group-8" };
static double seen[N_CASES][TURNS_MAX * BURSTS];
static struct net_bridge *br;

static struct rte_ether_addr
mac_of(uint32_t key)
{
	return (struct rte_ether_addr){ { 0x06, 0, (uint8_t)(key >> 24), (uint8_t)(key >> 16),
					  (uint8_t)(key >> 8), (uint8_t)key } };
}

/* A bridge of p1 to p9 that knows @p entries hosts behind p2. */
static void
set_up(uint32_t entries)
{
	struct br_port *p;

	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set br0 up");
	for (unsigned int n = 1; n <= PORTS; n++)
		dp_cmd("ip link set p%u master br0", n);
	dp_run();
	br = br_of(dev_get_by_name("br0"));
	p = br_port_of(dev_get_by_name("p2"));
	role_enter_ctl();
	for (uint32_t i = 0; i < entries; i++) {
		struct rte_ether_addr mac = mac_of(i);

		if (br_fdb_add(br, p, &mac, 0, BR_FDB_STATIC, false) != 0)
			fail_msg("entry %u", i);
		if (i % 65536 == 0)
			dp_run();
	}
	dp_run();
}

static void
put(const struct rte_ether_addr *dst, const struct rte_ether_addr *src)
{
	struct dp_frame f = { .len = 60 };

	memcpy(f.b, dst, sizeof(*dst));
	memcpy(f.b + 6, src, sizeof(*src));
	f.b[12] = 0x88; /* local experimental */
	f.b[13] = 0xb5;
	dp_inject(1, &f);
}

/* A frame of UDP to 239.1.1.1, whose ports p2 to p9 are. */
static void
put_group(void)
{
	struct dp_frame f = dp_udp(1, 11, "10.0.0.11", "239.1.1.1", 18);

	memcpy(f.b, (const uint8_t[]){ 0x01, 0, 0x5e, 1, 1, 1 }, 6);
	dp_inject(1, &f);
}

static uint64_t
worker_turn(void)
{
	uint64_t begin = rte_rdtsc();

	role_enter_dp();
	workers[1]->now = begin;
	ethdev_poll(workers[1]);
	return rte_rdtsc() - begin;
}

static double
one_burst(unsigned int kind, uint32_t *next)
{
	static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 1, 11 } };
	static const struct rte_ether_addr nobody = { { 0x02, 0, 0, 0, 9, 9 } };
	uint32_t hosts = kind == KNOWN_1M ? 1000000 : 4096;
	unsigned int got = 0, want = kind >= FLOOD_8 ? BURST * 8 : BURST;
	uint64_t spent;

	for (unsigned int i = 0; i < BURST; i++) {
		struct rte_ether_addr a = mac_of((uint32_t)rte_rand_max(hosts));
		struct rte_ether_addr new = mac_of(0x80000000u + (*next)++);

		if (kind == GROUP_8)
			put_group();
		else
			put(kind == FLOOD_8 ? &nobody : &a, kind == LEARN ? &new : &here);
	}
	spent = worker_turn();
	if (kind == LEARN) {
		uint64_t begin = rte_rdtsc();

		role_enter_ctl();
		msg_poll(BURST);
		spent += rte_rdtsc() - begin;
	}
	for (unsigned int n = 2; n <= PORTS; n++)
		got += dp_discard(n);
	if (got != want)
		fail_msg("%s: %u of %u frames left", names[kind], got, want);
	return (double)spent / want;
}

static void
one_turn(unsigned int kind, unsigned int turn)
{
	struct br_fdb_count n;
	uint32_t next = 0;

	set_up(kind == KNOWN_1M ? 1000000 : 4096);
	if (kind == GROUP_8) {
		for (unsigned int p = 2; p <= PORTS; p++)
			dp_cmd("bridge mdb add dev br0 port p%u grp 239.1.1.1 permanent", p);
		dp_cmd("ip link set br0 type bridge mcast_query_response_interval 1");
		dp_cmd("ip link set br0 type bridge mcast_querier 1");
		for (unsigned int i = 0; i < 100; i++)
			dp_run_ms(1);
		for (unsigned int p = 1; p <= PORTS; p++)
			dp_discard(p);
	}
	for (unsigned int b = 0; b < BURSTS / 8; b++) { /* warm */
		one_burst(kind, &next);
		dp_run();
	}
	for (unsigned int b = 0; b < BURSTS; b++) {
		seen[kind][turn * BURSTS + b] = one_burst(kind, &next);
		dp_run(); /* what was retired is freed */
	}
	br_fdb_counts(br, &n);
	if (kind == LEARN && n.learned < next)
		fail_msg("%u of %u addresses were learned", n.learned, next);
	dp_cmd("ip link del br0");
	dp_run();
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
	unsigned int turns = argc > 1 ? (unsigned int)atoi(argv[1]) : 5;
	double first = 0;

	dp_setup(NULL);
	for (unsigned int n = 1; n <= PORTS; n++) {
		char name[8];

		snprintf(name, sizeof(name), "p%u", n);
		dp_port(name);
	}
	turns = RTE_MIN(turns, (unsigned int)TURNS_MAX);
	for (unsigned int t = 0; t < turns; t++)
		for (unsigned int k = 0; k < N_CASES; k++)
			one_turn(k, t);
	for (unsigned int k = 0; k < N_CASES; k++) {
		double median;

		qsort(seen[k], turns * BURSTS, sizeof(seen[k][0]), by_size);
		median = seen[k][turns * BURSTS / 2];
		first = k == 0 ? median : first;
		printf("%s %.1f ratio %.2f a second %.0f\n", names[k], median, median / first,
		       (double)rte_get_tsc_hz() / median);
	}
	return dp_teardown(NULL);
}
