/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends through a router and measures how long each packet takes: latency_gen ROUTER-MAC ADDRESSES
 * EAL... with two ports, out by the first, back by the second. ADDRESSES is a file of destinations,
 * one a line. It says {"waiting": true}, from when on a router may connect, and {"ready": true}.
 * Commands on stdin, one a line; each is answered by one line of JSON, "refused" in it for want of
 * room in the router's queue:
 *   closed WINDOW MS   as many as the router takes with WINDOW packets on their way
 *   rate PPS MS        so many packets a second
 *   idle GAP_MS N      N times one packet behind GAP_MS of silence
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#define BURST	 32
#define DESC	 1024
#define POOL	 16383
#define FRAME	 60
#define PAYLOAD	 (FRAME - 42)
#define SUB_BITS 5 /* 32 steps in each power of two: 3 % */
#define BUCKETS	 (64 << SUB_BITS)
#define DRAIN_MS 20

struct stamp {
	uint64_t tsc;
	uint32_t phase; /* late ones of the command before do not count */
};
static struct rte_mempool *pool;
static struct rte_ether_hdr ether;
static uint32_t *dsts, n_dsts, next_dst, phase;
static uint64_t sent, refused, received, histogram[BUCKETS], slowest;

static unsigned int
bucket_of(uint64_t v)
{
	unsigned int top =
		v < 1u << SUB_BITS ? 0 : 63 - SUB_BITS - (unsigned int)__builtin_clzll(v);

	return (top << SUB_BITS) + (unsigned int)(v >> top);
}

static double
bucket_us(unsigned int b)
{
	unsigned int top = b >> SUB_BITS > 0 ? (b >> SUB_BITS) - 1 : 0;
	uint64_t v = (uint64_t)(b - (top << SUB_BITS)) << top;

	return (double)v * 1e6 / (double)rte_get_tsc_hz();
}

static double
percentile(double p)
{
	uint64_t want = (uint64_t)((double)received * p / 100), sum = 0;

	for (unsigned int b = 0; b < BUCKETS; b++) {
		sum += histogram[b];
		if (sum > want)
			return bucket_us(b);
	}
	return (double)slowest * 1e6 / (double)rte_get_tsc_hz();
}

static int
read_destinations(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int a, b, c, d;

	dsts = calloc(1 << 20, sizeof(*dsts));
	while (f != NULL && dsts != NULL && n_dsts < 1 << 20 &&
	       fscanf(f, "%u.%u.%u.%u", &a, &b, &c, &d) == 4)
		dsts[n_dsts++] = RTE_IPV4(a, b, c, d);
	if (f != NULL)
		fclose(f);
	return n_dsts > 0 ? 0 : -1;
}

static void
fill(struct rte_mbuf *m, uint64_t now)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)rte_pktmbuf_append(m, FRAME);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	struct stamp s = { now, phase };

	*eth = ether;
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				     .total_length = rte_cpu_to_be_16(FRAME - 14),
				     .time_to_live = 64,
				     .next_proto_id = 17,
				     .src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 2)),
				     .dst_addr = rte_cpu_to_be_32(dsts[next_dst]) };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){ .src_port = rte_cpu_to_be_16(4096),
				     .dst_port = rte_cpu_to_be_16(9),
				     .dgram_len = rte_cpu_to_be_16(FRAME - 34) };
	memset(udp + 1, 0, PAYLOAD);
	memcpy(udp + 1, &s, sizeof(s));
	next_dst = next_dst + 1 < n_dsts ? next_dst + 1 : 0;
}
_Static_assert(sizeof(struct stamp) <= PAYLOAD, "the stamp fits the frame");

static void
transmit(unsigned int n)
{
	struct rte_mbuf *m[BURST];
	uint64_t now = rte_rdtsc();
	uint16_t done;

	n = RTE_MIN(n, (unsigned int)BURST);
	if (n == 0 || rte_pktmbuf_alloc_bulk(pool, m, n) != 0)
		return;
	for (unsigned int i = 0; i < n; i++)
		fill(m[i], now);
	done = rte_eth_tx_burst(0, 0, m, (uint16_t)n);
	sent += done;
	refused += n - done;
	if (done < n)
		rte_pktmbuf_free_bulk(m + done, n - done);
}

static void
receive(void)
{
	struct rte_mbuf *m[BURST];
	uint16_t n = rte_eth_rx_burst(1, 0, m, BURST);
	uint64_t now = rte_rdtsc();

	for (uint16_t i = 0; i < n; i++) {
		struct stamp s;

		if (m[i]->pkt_len < 42 + sizeof(s))
			continue;
		memcpy(&s, rte_pktmbuf_mtod_offset(m[i], const void *, 42), sizeof(s));
		if (s.phase != phase)
			continue;
		received++;
		histogram[bucket_of(now - s.tsc)]++;
		slowest = RTE_MAX(slowest, now - s.tsc);
	}
	rte_pktmbuf_free_bulk(m, n);
}

static uint64_t
ms_to_tsc(uint64_t ms)
{
	return ms * rte_get_tsc_hz() / 1000;
}

static void
drain(uint64_t ms)
{
	uint64_t end = rte_rdtsc() + ms_to_tsc(ms);

	while (rte_rdtsc() < end && received < sent)
		receive();
}

static void
closed(uint64_t window, uint64_t ms)
{
	uint64_t end = rte_rdtsc() + ms_to_tsc(ms), last = 0, since = rte_rdtsc();

	while (rte_rdtsc() < end) {
		if (sent - received < window)
			transmit(
				(unsigned int)RTE_MIN(window - (sent - received), (uint64_t)BURST));
		receive();
		if (received != last) {
			last = received;
			since = rte_rdtsc();
		} else if (rte_rdtsc() - since > ms_to_tsc(DRAIN_MS)) {
			break; /* what is missing is lost */
		}
	}
}

static void
open_loop(uint64_t pps, uint64_t ms)
{
	uint64_t start = rte_rdtsc(), now = start, length = ms_to_tsc(ms), due, told = 0;

	while ((now = rte_rdtsc()) - start < length) {
		due = (uint64_t)((double)(now - start) * (double)pps / (double)rte_get_tsc_hz());
		if (due > told) {
			unsigned int n = (unsigned int)RTE_MIN(due - told, (uint64_t)BURST);

			transmit(n);
			/* After a pause of ours: as fast as ever, but no more than that. */
			told = due - told > 4 * BURST ? due : told + n;
		}
		receive();
	}
}

static void
after_idle(uint64_t gap_ms, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		usleep((useconds_t)(gap_ms * 1000 + (i * 7919) % 1000));
		transmit(1);
		drain(2 * DRAIN_MS);
	}
}

static void
command(const char *line)
{
	uint64_t a = 0, b = 0, begun = rte_rdtsc();
	double seconds;
	char word[16];

	if (sscanf(line, "%15s %" SCNu64 " %" SCNu64, word, &a, &b) != 3) {
		printf("{\"error\": \"what?\"}\n");
		return;
	}
	phase++;
	sent = refused = received = slowest = 0;
	memset(histogram, 0, sizeof(histogram));
	if (strcmp(word, "closed") == 0)
		closed(a, b);
	else if (strcmp(word, "rate") == 0)
		open_loop(a, b);
	else
		after_idle(a, b);
	seconds = (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz();
	drain(DRAIN_MS);
	printf("{\"sent\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"received\": %" PRIu64
	       ", \"pps\": %.0f, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"max\": %.2f}\n",
	       sent, refused, received, (double)received / seconds, percentile(50), percentile(99),
	       percentile(99.9), (double)slowest * 1e6 / (double)rte_get_tsc_hz());
}

static int
port_start(uint16_t port)
{
	struct rte_eth_conf conf = { 0 };

	if (rte_eth_dev_configure(port, 1, 1, &conf) < 0 ||
	    rte_eth_rx_queue_setup(port, 0, DESC, 0, NULL, pool) < 0 ||
	    rte_eth_tx_queue_setup(port, 0, DESC, 0, NULL) < 0)
		return -1;
	return rte_eth_dev_start(port);
}

/* Until the router has connected. */
static int
wait_link(uint16_t port)
{
	struct rte_eth_link link = { 0 };

	for (int i = 0; i < 6000 && !link.link_status; i++) {
		usleep(10000);
		rte_eth_link_get_nowait(port, &link);
	}
	return link.link_status ? 0 : -1;
}

int
main(int argc, char **argv)
{
	char line[128];

	if (argc < 4 || rte_ether_unformat_addr(argv[1], &ether.dst_addr) < 0 ||
	    read_destinations(argv[2]) < 0) {
		fprintf(stderr, "usage: latency_gen ROUTER-MAC ADDRESSES EAL-OPTION...\n");
		return 2;
	}
	ether.src_addr = (struct rte_ether_addr){ { 2, 0, 0, 0, 0, 2 } };
	ether.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	if (rte_eal_init(argc - 2, argv + 2) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("gen", POOL, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL || port_start(0) < 0 || port_start(1) < 0) {
		fprintf(stderr, "the ports do not start\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("{\"waiting\": true}\n");
	if (wait_link(0) < 0 || wait_link(1) < 0) {
		fprintf(stderr, "the router does not connect\n");
		return 1;
	}
	printf("{\"ready\": true}\n");
	while (fgets(line, sizeof(line), stdin) != NULL)
		command(line);
	return 0;
}
