/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What neighbours cost, by the whole router in one process (test/dp). One thread plays worker,
 * control thread and wire in turn; the clock runs for the part that is measured only.
 *   answers   requests answered: cycles of the worker for each
 *   cold ROUTES  so many neighbours resolved by traffic, all three parts together: seconds
 *   scan      forwarding to known neighbours alone, and with 100k new destinations a second: ratio
 *   flood     the same with ARP requests by another port beside it: ratio
 *   among     the same with ARP requests in the place of some of the packets: ratio
 *   unread    the same when these are only taken from their ring and freed: what nobody can spare
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_random.h>
#include <rte_ring.h>
#include "core/timer.h"
#include "ethdev/ethdev.h"
#include "neigh/neigh_priv.h"
#include "netdev/netdev.h"
#include "polluxd/polluxd.h"
#include "../../dp/dp.h"

#define BURST	  512u
#define PACKETS	  32u /* of a round */
#define COUNTED	  (BURST - PACKETS)
#define KNOWN	  4096
#define ROUNDS	  400
#define SCAN_RATE 100000 /* new destinations a second */

static unsigned int p1, p2, p3;
static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } }, none;
static uint32_t scanned;
static unsigned int answered, lost; /* of the flood; of what was to be forwarded */
static uint64_t control;	    /* cycles of its turns */

static uint64_t
worker_turn(void)
{
	uint64_t begin = rte_rdtsc();

	role_enter_dp();
	workers[1]->now = begin;
	while (ethdev_poll(workers[1]) > 0)
		;
	return rte_rdtsc() - begin;
}

/* @return cycles of the control thread, which has a core of its own in a router. */
static uint64_t
control_turn(void)
{
	uint64_t begin = rte_rdtsc();

	role_enter_ctl();
	while (control_poll() > 0)
		;
	return rte_rdtsc() - begin;
}

static struct dp_frame
to(uint32_t dst)
{
	static struct dp_frame f;
	struct rte_ipv4_hdr *ip;

	if (f.len == 0)
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.0.0", 18);
	ip = dp_ip4(&f);
	ip->dst_addr = rte_cpu_to_be_32(dst);
	dp_fix_checksum(&f);
	return f;
}

static struct dp_frame
request(uint32_t sip, const char *tip)
{
	struct dp_frame f = dp_arp(1, &all, 7, "10.3.0.0", &none, tip);

	sip = rte_cpu_to_be_32(sip);
	memcpy(f.b + 28, &sip, 4);
	return f;
}

/* What came out of a port is thrown away; how many frames. */
static unsigned int
drain(unsigned int port)
{
	struct dp_frame f;
	unsigned int n = 0;

	while (dp_out(port, &f))
		n++;
	return n;
}

static void
drain_all(void)
{
	drain(p1);
	drain(p2);
	drain(p3);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(v[0]), by_value);
	return v[n / 2];
}

static void
answers(void)
{
	double cycles[ROUNDS], each;
	unsigned int n = 0;

	for (unsigned int r = 0; r < ROUNDS; r++) {
		for (uint32_t i = 0; i < BURST; i++) {
			struct dp_frame f =
				request(0x0a030100 + (r * BURST + i) % KNOWN, "10.3.0.1");

			dp_inject(p3, &f);
		}
		cycles[r] = (double)worker_turn() / BURST;
		n += drain(p3);
		control_turn();
	}
	each = median(cycles, ROUNDS);
	printf("answers %u of %u, %.0f cycles, %.2f M/s\n", n, ROUNDS * BURST, each,
	       (double)rte_get_tsc_hz() / each / 1e6);
}

/* The wire beyond p2: whoever is asked for answers. How many packets arrived. */
static unsigned int
responder(void)
{
	struct rte_ether_addr router = dp_port_mac(p2);
	struct dp_frame f;
	unsigned int arrived = 0;

	while (dp_out(p2, &f)) {
		struct dp_frame a;

		if (f.b[12] != 8 || f.b[13] != 6) {
			arrived++;
			continue;
		}
		a = dp_arp(2, &router, 9, "10.0.0.0", &router, "10.0.0.1");
		memcpy(a.b + 28, f.b + 38, 4); /* sender: who was asked for */
		memcpy(a.b + 38, f.b + 28, 4);
		dp_inject(p2, &a);
	}
	return arrived;
}

static void
cold(uint32_t hosts)
{
	uint64_t begin = rte_rdtsc();
	uint64_t done = counter_read_total(&neigh_counters, NEIGH_CNT_RESOLVED), resolved = 0;
	uint32_t sent = 0, arrived = 0;

	while (resolved < hosts && rte_rdtsc() - begin < 60 * rte_get_tsc_hz()) {
		/* Traffic goes on: a host that is asked for in vain is asked for again. */
		for (uint32_t i = 0; i < BURST / 2; i++, sent++) {
			struct dp_frame f = to(0x0a100002 + sent % hosts);

			dp_inject(p1, &f);
		}
		worker_turn();
		control_turn();
		arrived += responder();
		role_enter_ctl();
		resolved = counter_read_total(&neigh_counters, NEIGH_CNT_RESOLVED) - done;
	}
	printf("cold %u of %u resolved, %.2f s, %u packets sent, %u arrived, %u entries\n",
	       (unsigned int)resolved, hosts,
	       (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz(), sent, arrived,
	       neigh_count());
}

/* What comes beside the packets to known neighbours in each round. */
struct beside {
	bool scan;
	unsigned int requests; /* by p3 */
	bool unread; /* these are only taken from a ring and freed, by DPDK's functions alone */
	bool among;  /* they come by p1, each in the place of a packet */
};
static struct rte_ring *unread;

static void
feed_flood(const struct beside *b, unsigned int round)
{
	for (unsigned int i = 0; !b->among && i < b->requests; i++) {
		struct dp_frame f = request(0x0a030100 + round * b->requests + i, "10.3.0.1");
		struct rte_mbuf *m;

		if (!b->unread) {
			dp_inject(p3, &f);
			continue;
		}
		m = rte_pktmbuf_alloc(workers[1]->pool);
		if (m != NULL) {
			memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.b, f.len);
			rte_ring_enqueue(unread, m);
		}
	}
}

/* @p n places of a round, drawn at random. */
static uint32_t
places(unsigned int n)
{
	uint32_t mask = 0;

	while ((unsigned int)__builtin_popcount(mask) < n)
		mask |= 1u << rte_rand_max(PACKETS);
	return mask;
}

/* A worker that has no time to spare: each of its rounds finds a burst. @p scans: new destinations
 * among them. The first round finds the caches as the control thread left them, and is not counted.
 * @return its cycles for each packet to a known neighbour. */
static double
turn(const struct beside *b, unsigned int scans)
{
	uint64_t cycles = 0, begin;
	unsigned int known = PACKETS - (b->among ? b->requests : 0), forwarded = 0, sent, n;
	struct rte_mbuf *m[PACKETS];

	for (unsigned int r = 0; r < BURST / PACKETS; r++) {
		uint32_t taken = b->among ? places(b->requests) : 0;

		for (uint32_t i = r == 1 ? scans : 0; i < PACKETS; i++) {
			struct dp_frame f = to(0x0a020002 + (r * PACKETS * 8 + i * 8) % KNOWN);

			if (taken >> i & 1)
				f = request(0x0a000102 + i, "10.0.1.1");
			dp_inject(p1, &f);
		}
		for (uint32_t i = 0; r == 1 && i < scans; i++) {
			struct dp_frame f = to(0x0a800002 + scanned++ % 65000);

			dp_inject(p1, &f);
		}
		feed_flood(b, r);
		begin = rte_rdtsc();
		workers[1]->now = begin;
		ethdev_poll(workers[1]);
		n = rte_ring_dequeue_burst(unread, (void **)m, PACKETS, NULL);
		if (n > 0)
			rte_pktmbuf_free_bulk(m, n);
		forwarded += dp_discard(p2); /* freed by its worker, as what is dropped */
		answered += dp_discard(p3);
		cycles += r > 0 ? rte_rdtsc() - begin : 0;
	}
	sent = BURST / PACKETS * known - scans;
	lost += sent - RTE_MIN(forwarded, sent);
	control += control_turn();
	answered += drain(p1);
	return (double)cycles / (sent - known);
}

/* Turns alone and with @p b, which take turns: who comes second finds warmer caches. */
static void
beside(const char *name, struct beside b)
{
	const struct beside nothing = { 0 };
	double ratio[ROUNDS], base[ROUNDS], owed = 0, mean = 0;
	uint64_t refused, spent = 0;
	double least = 1e9; /* of a turn alone: others may be run in its middle */
	unsigned int n_scans = 0;

	for (int warm = 0; warm < 200; warm++)
		turn(&b, b.scan ? PACKETS / 4 : 0); /* what was saved for a burst is used up */
	answered = lost = 0;
	refused = dp_drops("neigh_over_budget");
	for (unsigned int r = 0; r < ROUNDS; r++) {
		double alone = 0, loaded;
		unsigned int scans;

		if (r % 2 == 0)
			alone = turn(&nothing, 0);
		/* so many new destinations as come in the time that the packets take */
		if (alone > 0)
			least = RTE_MIN(least, alone);
		owed += b.scan ? SCAN_RATE * COUNTED * least / (double)rte_get_tsc_hz() : 0;
		scans = (unsigned int)owed;
		owed -= scans;
		control = 0;
		loaded = turn(&b, scans);
		spent += control;
		if (r % 2 != 0)
			alone = turn(&nothing, 0);
		n_scans += scans;
		base[r] = alone;
		ratio[r] = loaded / alone;
	}
	/* Answers come in batches, which a median would not see. */
	qsort(ratio, ROUNDS, sizeof(ratio[0]), by_value);
	for (unsigned int r = 0; r < ROUNDS - ROUNDS / 50; r++)
		mean += ratio[r] / (ROUNDS - ROUNDS / 50);
	printf("%s rate %.3f of that alone (%.0f cycles a packet), %.1f M/s, %u new destinations, "
	       "%u of "
	       "them refused, %u answers, %u lost; control %.0f cycles a turn\n",
	       name, 1 / mean, median(base, ROUNDS),
	       (double)rte_get_tsc_hz() / 1e6 / (median(base, ROUNDS) * mean), n_scans,
	       (unsigned int)(dp_drops("neigh_over_budget") - refused), answered, lost,
	       (double)spent / ROUNDS);
}

int
main(int argc, char **argv)
{
	struct rte_ether_addr mac = dp_host_mac(9);
	void *state = NULL;

	setlinebuf(stdout);
	dp_setup(&state);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.16.0.1/15 dev p2");  /* cold */
	dp_cmd("ip addr add 10.2.0.1/16 dev p2");   /* known */
	dp_cmd("ip addr add 10.128.0.1/16 dev p2"); /* scanned */
	dp_cmd("ip addr add 10.3.0.1/16 dev p3");
	dp_cmd("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
	role_enter_ctl();
	for (uint32_t i = 0; i < KNOWN; i++)
		neigh_admin_set(rte_cpu_to_be_32(0x0a020002 + i), dev_get_by_name("p2"), &mac,
				NUD_PERMANENT);
	answers();
	unread = rte_ring_create("unread", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	beside("scan", (struct beside){ .scan = true });
	beside("unread-1:16", (struct beside){ .requests = 2, .unread = true });
	beside("flood-1:16", (struct beside){ .requests = 2 });
	beside("among-1:16", (struct beside){ .requests = 2, .among = true });
	beside("unread-1:1", (struct beside){ .requests = PACKETS, .unread = true });
	beside("flood-1:1", (struct beside){ .requests = PACKETS });
	dp_cmd("ip neigh flush dev p2 nud all");
	cold(argc > 1 ? (uint32_t)atoi(argv[1]) : 100000);
	drain_all();
	return 0;
}
