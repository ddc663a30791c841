/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include "core/drop.h"
#include "core/evloop.h"
#include "core/held.h"
#include "core/rcu.h"
#include "core/timer.h"
#include "ctl/cli_exec.h"
#include "ctl/ctl.h"
#include "ethdev/ethdev.h"
#include "polluxd/polluxd.h"
#include "eal_dir.h"
#include "vtime.h"

#define PORTS_MAX 16
#define RING_SIZE 1024
#define QUEUES	  4

static struct {
	struct rte_ring *in[QUEUES], *out; /* as the router's port sees them */
	struct net_device *dev;
} ports[PORTS_MAX + 1];
static unsigned int n_ports;
static bool threads;		 /* workers run by themselves */
static struct rte_mempool *wire; /* buffers of the frames that tests make */
static char cli_out[1 << 20], cli_err[4096];
static int cli_status;

int
dp_setup(void **state)
{
	(void)state;
	return dp_setup_workers(1);
}

/* EAL with lcores as @p lcores says; nothing else. */
static void
start_eal(const char *lcores)
{
	char prefix[32], list[64];
	char *argv[] = { "dp",		 "--no-huge",	   "-m",       "256",
			 "--no-pci",	 "--no-telemetry", "--lcores", list,
			 "--no-shconf",	 "--file-prefix",  prefix,     "--log-level",
			 "lib.*:warning" };

	snprintf(prefix, sizeof(prefix), "dp%d", (int)getpid());
	snprintf(list, sizeof(list), "%s", lcores);
	assert_true(rte_eal_init(RTE_DIM(argv), argv) >= 0);
	eal_dir_remove_at_exit();
}

static void
start_modules(void)
{
	role_enter_ctl();
	ctl_init();
	modules_register();
	assert_int_equal(modules_init(), 0);
	wire = skb_pool_create("wire", 8191, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	assert_non_null(wire);
}

int
dp_setup_workers(unsigned int n)
{
	role_enter_ctl();
	start_eal("0@0");
	assert_non_null(worker_alloc(0, 0, 0));
	for (uint16_t i = 1; i <= n; i++) /* run by dp_run(), on this very thread */
		assert_non_null(worker_alloc(i, i, 0));
	start_modules();
	return 0;
}

int
dp_setup_threads(unsigned int n)
{
	char lcores[64], cpus[32];
	int at = 0;

	vtime_real();
	role_enter_ctl();
	snprintf(cpus, sizeof(cpus), "(0-%ld)", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	for (unsigned int i = 0; i <= n; i++)
		at += snprintf(lcores + at, sizeof(lcores) - (size_t)at, "%s%u@%s",
			       i > 0 ? "," : "", i, cpus);
	start_eal(lcores);
	assert_int_equal(workers_alloc(), 0);
	assert_int_equal(n_workers, n + 1);
	start_modules();
	workers_start();
	threads = true;
	return 0;
}

static void
check_pool(struct rte_mempool *mp, void *arg)
{
	(void)arg;
	if (rte_mempool_full(mp))
		return;
	/* A group's teardown that fails does not count with cmocka: end here. */
	fprintf(stderr, "pool %s: %u of %u packet buffers are missing\n", mp->name,
		rte_mempool_in_use_count(mp), mp->size);
	exit(EXIT_FAILURE);
}

void
dp_check_balance(void)
{
	uint64_t in, out = 0;

	role_enter_ctl();
	for (unsigned int r = 0; r < DROP_MAX; r++)
		out += counter_read_total(&drop_counters, r);
	in = counter_read_total(&skb_counters, SKB_CNT_RX) +
	     counter_read_total(&skb_counters, SKB_CNT_ORIGINATED);
	out += counter_read_total(&skb_counters, SKB_CNT_TX) +
	       counter_read_total(&skb_counters, SKB_CNT_CONSUMED);
	assert_int_equal(in, out + held_total());
}

int
dp_teardown(void **state)
{
	struct dp_frame sink;

	(void)state;
	role_enter_ctl();
	if (threads)
		workers_stop();
	threads = false;
	dp_run();
	for (unsigned int p = 1; p <= n_ports; p++)
		while (dp_out(p, &sink))
			;
	dp_check_balance();
	modules_fini(); /* what waited for neighbours or fragments dies here */
	rte_mempool_walk(check_pool, NULL);
	worker_free_all();
	ctl_fini();
	ev_fini();
	rte_eal_cleanup();
	return 0;
}

static void
on_out(void *arg, const char *data, size_t len)
{
	char *buf = arg;
	size_t n = strlen(buf), room = (buf == cli_out ? sizeof(cli_out) : sizeof(cli_err)) - 1 - n;

	len = RTE_MIN(len, room);
	memcpy(buf + n, data, len);
	buf[n + len] = '\0';
}

static void
sink_out(void *arg, const char *data, size_t len)
{
	(void)arg;
	on_out(cli_out, data, len);
}

static void
sink_err(void *arg, const char *data, size_t len)
{
	(void)arg;
	on_out(cli_err, data, len);
}

static void
sink_done(void *arg, int status, bool quit)
{
	(void)arg;
	(void)quit;
	cli_status = status;
}

static void
execute(const char *line)
{
	static const struct cli_sink sink = { .out = sink_out, .err = sink_err, .done = sink_done };

	role_enter_ctl();
	cli_out[0] = cli_err[0] = '\0';
	cli_status = -1;
	cli_exec(line, 0, &sink, NULL);
	for (int i = 0; i < 100 && cli_status == -1; i++)
		dp_run_ms(10);
}

void
dp_cmd(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	execute(line);
	if (cli_status != CLI_DONE)
		fail_msg("%s: status %d: %s", line, cli_status, cli_err);
	dp_run();
}

const char *
dp_cmd_fails(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	execute(line);
	if (cli_status == CLI_DONE)
		fail_msg("%s: succeeded", line);
	return cli_err;
}

int
dp_cmd_try(const char *line, unsigned int flags)
{
	static const struct cli_sink sink = { .out = sink_out, .err = sink_err, .done = sink_done };
	struct cli_ctx *c;

	role_enter_ctl();
	cli_out[0] = cli_err[0] = '\0';
	cli_status = -1;
	c = cli_exec(line, flags, &sink, NULL);
	dp_run();
	if (cli_status == -1)
		cli_abort(c);
	dp_run();
	if (cli_status == -1)
		fail_msg("%s: does not end when interrupted", line);
	return cli_status;
}

const char *
dp_cmd_error(void)
{
	return cli_err;
}

const char *
dp_cmd_output(void)
{
	return cli_out;
}

struct rte_ether_addr
dp_port_mac(unsigned int n)
{
	return (struct rte_ether_addr){ { 2, 0, 0, 0, 0, (uint8_t)n } };
}

struct rte_ether_addr
dp_host_mac(uint8_t host)
{
	return (struct rte_ether_addr){ { 2, 0, 0, 0, 1, host } };
}

uint32_t
dp_ip(const char *dotted)
{
	unsigned int a, b, c, d;

	if (sscanf(dotted, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
		fail_msg("%s is no address", dotted);
	return rte_cpu_to_be_32(RTE_IPV4(a, b, c, d));
}

unsigned int
dp_port(const char *name)
{
	return dp_port_queues(name, 1, 1);
}

unsigned int
dp_lan(unsigned int i)
{
	char name[8];
	unsigned int port;

	snprintf(name, sizeof(name), "p%u", i);
	port = dp_port(name);
	dp_cmd("ip addr add 10.0.%u.1/24 dev %s", i, name);
	dp_cmd("ip neigh add 10.0.%u.2 lladdr 02:00:00:00:01:%02x dev %s", i, i + 1, name);
	return port;
}

static struct rte_ring *
wire_ring(const char *side, unsigned int n, unsigned int q, unsigned int flags)
{
	struct rte_ring *r;
	char name[32];

	snprintf(name, sizeof(name), "%s%u_%u", side, n, q);
	r = rte_ring_create(name, RING_SIZE, 0, flags);
	assert_non_null(r);
	return r;
}

unsigned int
dp_port_queues(const char *name, unsigned int rxq, unsigned int txq)
{
	struct ethdev_conf conf = { .mac_set = true, .rx_queues = (uint16_t)rxq };
	unsigned int n = ++n_ports;
	struct rte_ring *out[QUEUES];
	const char *why = "";
	char wire_name[32];
	int rc;

	role_enter_ctl();
	assert_true(n <= PORTS_MAX && rxq <= QUEUES && txq <= QUEUES);
	for (unsigned int q = 0; q < rxq; q++)
		ports[n].in[q] = wire_ring("in", n, q, RING_F_SP_ENQ | RING_F_SC_DEQ);
	ports[n].out = wire_ring("out", n, 0, RING_F_SC_DEQ);
	for (unsigned int q = 0; q < txq; q++)
		out[q] = ports[n].out;
	snprintf(wire_name, sizeof(wire_name), "wire%u", n);
	assert_true(rte_eth_from_rings(wire_name, ports[n].in, rxq, out, txq, 0) >= 0);
	snprintf(conf.device, sizeof(conf.device), "net_ring_wire%u", n);
	conf.mac = dp_port_mac(n);
	rc = ethdev_attach(name, &conf, &ports[n].dev, &why);
	if (rc < 0)
		fail_msg("port %s: %s", name, why);
	assert_int_equal(dev_open(ports[n].dev), 0);
	return n;
}

void
dp_inject(unsigned int n, const struct dp_frame *f)
{
	dp_inject_queue(n, 0, f);
}

void
dp_inject_queue(unsigned int n, unsigned int q, const struct dp_frame *f)
{
	assert_true(dp_try_inject(n, q, f));
}

bool
dp_try_inject(unsigned int n, unsigned int q, const struct dp_frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire);

	if (m == NULL)
		return false;
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->b, f->len);
	if (rte_ring_enqueue(ports[n].in[q], m) == 0)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

unsigned int
dp_room(unsigned int n, unsigned int q)
{
	return rte_ring_free_count(ports[n].in[q]);
}

/* Buffers that a test holds as well, and what was in their first segment. */
static struct {
	struct rte_mbuf *m;
	uint8_t *at;
	uint32_t len;
	uint8_t b[DP_FRAME_MAX];
} shared[RING_SIZE];
static unsigned int n_shared;

void
dp_inject_as(unsigned int n, const struct dp_frame *f, const struct dp_mbuf *how)
{
	uint32_t at = 0, seg = how->seg != 0 ? how->seg : f->len;
	struct rte_mbuf *head = NULL, *m;

	do {
		uint32_t len = RTE_MIN(seg, f->len - at);

		m = rte_pktmbuf_alloc(wire);
		assert_non_null(m);
		if (how->headroom != 0)
			m->data_off = (uint16_t)(how->headroom - 1);
		memcpy(rte_pktmbuf_append(m, (uint16_t)len), f->b + at, len);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
		at += len;
	} while (at < f->len);
	head->ol_flags |= how->ol_flags;
	head->vlan_tci = how->vlan_tci;
	if (how->shared) {
		rte_pktmbuf_refcnt_update(head, 1);
		shared[n_shared].m = head;
		shared[n_shared].at = rte_pktmbuf_mtod(head, uint8_t *);
		shared[n_shared].len = head->data_len;
		memcpy(shared[n_shared].b, shared[n_shared].at, head->data_len);
		n_shared++;
	}
	assert_int_equal(rte_ring_enqueue(ports[n].in[0], head), 0);
}

void
dp_release_shared(void)
{
	while (n_shared-- > 0) {
		if (memcmp(shared[n_shared].at, shared[n_shared].b, shared[n_shared].len) != 0)
			fail_msg("a buffer that another holds was written to");
		rte_pktmbuf_free(shared[n_shared].m);
	}
	n_shared = 0;
}

void
dp_inject_segments(unsigned int n, const struct dp_frame *f, uint32_t seg)
{
	dp_inject_as(n, f, &(struct dp_mbuf){ .seg = seg });
}

void
dp_run(void)
{
	unsigned int quiet = 0;

	role_enter_ctl();
	role_enter_dp();
	while (quiet < 3) { /* what one side does may give the other work */
		unsigned int work = control_poll();

		for (unsigned int i = 1; i < n_workers && !threads; i++) {
			workers[i]->now = clock_tsc();
			work += ethdev_poll(workers[i]);
		}
		quiet = work > 0 ? 0 : quiet + 1;
	}
}

void
dp_run_ms(unsigned int ms)
{
	uint64_t end = clock_ms() + ms;

	do {
		dp_run();
		vtime_tick();
	} while (clock_ms() < end);
	dp_run();
}

static unsigned int tapped;

static DP_ONLY void
tap(struct worker *w, struct skb_vec *vec)
{
	tapped += vec->n;
	for (unsigned int i = 0; i < vec->n; i++)
		consume_skb(w, vec->v[i]);
	vec->n = 0;
}

void
dp_tap_on(void)
{
	role_enter_ctl();
	tapped = 0;
	assert_int_equal(dev_add_pack(ETH_P_ALL, tap), 0);
}

unsigned int
dp_tap_off(void)
{
	role_enter_ctl();
	dev_remove_pack(ETH_P_ALL);
	return tapped;
}

bool
dp_out(unsigned int n, struct dp_frame *f)
{
	struct rte_mbuf *m;
	const void *p;

	if (rte_ring_dequeue(ports[n].out, (void **)&m) != 0)
		return false;
	memset(f, 0, sizeof(*f));
	f->len = m->pkt_len;
	assert_true(f->len <= sizeof(f->b));
	p = rte_pktmbuf_read(m, 0, f->len, f->b);
	if (p != f->b)
		memcpy(f->b, p, f->len);
	rte_pktmbuf_free(m);
	return true;
}

unsigned int
dp_discard(unsigned int n)
{
	struct rte_mbuf *m[64];
	unsigned int got, all = 0;

	while ((got = rte_ring_dequeue_burst(ports[n].out, (void **)m, 64, NULL)) > 0) {
		rte_pktmbuf_free_bulk(m, got);
		all += got;
	}
	return all;
}

static void
print_frame(const char *what, const struct dp_frame *f)
{
	printf("%s (%u bytes):", what, f->len);
	for (uint32_t i = 0; i < f->len; i++)
		printf("%s%02x", i % 16 == 0 ? "\n  " : " ", f->b[i]);
	printf("\n");
}

void
dp_expect(unsigned int n, const struct dp_frame *want)
{
	struct dp_frame got;

	if (!dp_out(n, &got)) {
		print_frame("wanted", want);
		fail_msg("nothing left by port %u", n);
	}
	if (got.len == want->len && memcmp(got.b, want->b, got.len) == 0)
		return;
	print_frame("wanted", want);
	print_frame("got", &got);
	fail_msg("another frame left by port %u", n);
}

void
dp_expect_none(unsigned int n)
{
	struct dp_frame got;

	if (!dp_out(n, &got))
		return;
	print_frame("got", &got);
	fail_msg("a frame left by port %u", n);
}

uint64_t
dp_drops(const char *reason)
{
	int r = drop_find(reason);

	role_enter_ctl();
	if (r < 0)
		fail_msg("%s is no drop reason", reason);
	return counter_read(&drop_counters, (unsigned int)r);
}

void
dp_drops_clear(void)
{
	role_enter_ctl();
	counter_clear(&drop_counters);
}

struct rte_ipv4_hdr *
dp_ip4(struct dp_frame *f)
{
	return (struct rte_ipv4_hdr *)(f->b + RTE_ETHER_HDR_LEN);
}

void
dp_fix_checksum(struct dp_frame *f)
{
	struct rte_ipv4_hdr *ip = dp_ip4(f);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
}

/* Ethernet and IPv4 headers for @p l4 bytes behind them. */
static struct dp_frame
ip4_frame(unsigned int n, uint8_t host, const char *src, const char *dst, uint8_t proto,
	  uint16_t l4)
{
	struct dp_frame f = { .len = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) + l4 };
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;
	struct rte_ipv4_hdr *ip = dp_ip4(&f);

	assert_true(f.len <= DP_FRAME_MAX);
	eh->dst_addr = dp_port_mac(n);
	eh->src_addr = dp_host_mac(host);
	eh->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + l4));
	ip->packet_id = RTE_BE16(0x1234);
	ip->time_to_live = 64;
	ip->next_proto_id = proto;
	ip->src_addr = dp_ip(src);
	ip->dst_addr = dp_ip(dst);
	for (uint32_t i = f.len - l4; i < f.len; i++)
		f.b[i] = (uint8_t)i;
	dp_fix_checksum(&f);
	return f;
}

struct dp_frame
dp_udp(unsigned int n, uint8_t host, const char *src, const char *dst, uint16_t payload)
{
	struct dp_frame f =
		ip4_frame(n, host, src, dst, 17, (uint16_t)(sizeof(struct rte_udp_hdr) + payload));
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(dp_ip4(&f) + 1);

	udp->src_port = RTE_BE16(4000);
	udp->dst_port = RTE_BE16(9);
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + payload));
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(dp_ip4(&f), udp);
	return f;
}

struct dp_frame
dp_echo(unsigned int n, uint8_t host, const char *src, const char *dst, uint16_t payload)
{
	struct dp_frame f =
		ip4_frame(n, host, src, dst, 1, (uint16_t)(sizeof(struct rte_icmp_hdr) + payload));
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(dp_ip4(&f) + 1);

	icmp->icmp_type = RTE_IP_ICMP_ECHO_REQUEST;
	icmp->icmp_code = 0;
	icmp->icmp_ident = RTE_BE16(7);
	icmp->icmp_seq_nb = RTE_BE16(1);
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, sizeof(*icmp) + payload);
	return f;
}

struct dp_frame
dp_arp(uint16_t op, const struct rte_ether_addr *eth_dst, uint8_t host, const char *sip,
       const struct rte_ether_addr *tha, const char *tip)
{
	struct dp_frame f = { .len = 60 }; /* padded as on a real wire */
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(eh + 1);

	eh->dst_addr = *eth_dst;
	eh->src_addr = dp_host_mac(host);
	eh->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = 4;
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = dp_host_mac(host);
	arp->arp_data.arp_sip = dp_ip(sip);
	arp->arp_data.arp_tha = *tha;
	arp->arp_data.arp_tip = dp_ip(tip);
	return f;
}

void
dp_tag(struct dp_frame *f, uint16_t vid)
{
	memmove(f->b + 16, f->b + 12, f->len - 12);
	f->b[12] = 0x81;
	f->b[13] = 0x00;
	f->b[14] = (uint8_t)(vid >> 8);
	f->b[15] = (uint8_t)vid;
	f->len += 4;
}

struct dp_frame
dp_forwarded(const struct dp_frame *f, unsigned int out_port, uint8_t host)
{
	struct dp_frame out = *f;
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)out.b;

	eh->dst_addr = dp_host_mac(host);
	eh->src_addr = dp_port_mac(out_port);
	dp_ip4(&out)->time_to_live--;
	dp_fix_checksum(&out);
	return out;
}
