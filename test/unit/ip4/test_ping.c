/* SPDX-License-Identifier: BSD-3-Clause */
/* Ping and traceroute from the control thread, and packets that are made here. */
#include "core/timer.h"
#include "fixture.h"
#include "ip4/ip4_ping.h"
#include "ip4/ip4_traceroute.h"

static struct {
	unsigned int events, errors, failed, done, hops;
	struct ip4_answer last;
	struct ping_stats stats;
	bool reached;
	rte_be32_t hop[8];
} got;

static void
on_event(struct ping *p, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate)
{
	(void)p;
	(void)rtt_us;
	(void)duplicate;
	got.events++;
	got.errors += a->is_error;
	got.last = *a;
}
static void
on_failed(struct ping *p, uint16_t seq, int rc)
{
	(void)p;
	(void)seq;
	(void)rc;
	got.failed++;
}
static void
on_done(struct ping *p)
{
	got.done++;
	got.stats = p->stats;
}
static const struct ping_ops ping_ops = { on_event, on_failed, on_done };

static void
on_hop(struct trace *t, uint32_t ttl)
{
	got.hops++;
	if (ttl <= 8 && t->answer[0].answered)
		got.hop[ttl - 1] = t->answer[0].a.from;
}
static void
on_trace_done(struct trace *t)
{
	got.done++;
	got.reached = t->reached;
}
static const struct trace_ops trace_ops = { on_hop, on_trace_done };

/* Until the condition holds or the deadline passes, which is generous. */
static void
turn_until(const unsigned int *what, unsigned int n)
{
	uint64_t end = clock_ms() + 20000;

	while (*what < n && clock_ms() < end) {
		vtime_tick();
		settle();
	}
	for (unsigned int r = 0; *what < n && r < DROP_MAX; r++)
		if (drops(r) != 0)
			print_message("%s %u\n", drop_name(r), (unsigned int)drops(r));
	assert_true(*what >= n);
}

/* What p0's neighbour does with an echo request: answers it. */
static void
answer_echo(unsigned int i)
{
	static uint8_t buf[2048];
	struct frame *f = &frames[i];
	struct rte_ipv4_hdr *iph = (struct rte_ipv4_hdr *)(buf + 14);
	struct icmp4_hdr *icmph = (struct icmp4_hdr *)(buf + 34);

	memcpy(buf, f->bytes, f->len);
	memcpy(buf, &mac0, 6);
	memcpy(buf + 6, &peer0, 6);
	iph->src_addr = frame_ip(f)->dst_addr;
	iph->dst_addr = frame_ip(f)->src_addr;
	pkt_fix(buf);
	icmph->type = ICMP4_ECHO_REPLY;
	icmph->checksum = 0;
	icmph->checksum = (uint16_t)~rte_raw_cksum(icmph, f->len - 34);
	rx_frame(p0, buf, f->len, true);
}

/* ... or sends an error about it, as a router at @p from. */
static void
answer_error(unsigned int i, rte_be32_t from, uint8_t type, uint8_t code)
{
	struct frame *f = &frames[i];
	uint8_t data[8 + 28];

	memset(data, 0, 8);
	data[0] = type;
	data[1] = code;
	memcpy(data + 8, f->bytes + 14, 28);
	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, sizeof(data));
	rx_pkt(&(struct pkt){ .src = from,
			      .dst = frame_ip(f)->src_addr,
			      .proto = IPPROTO_ICMP,
			      .data = data,
			      .payload = sizeof(data) },
	       true);
}

static struct ping *
start(struct ping_spec spec)
{
	int rc;
	struct ping *p;

	role_enter_ctl();
	memset(&got, 0, sizeof(got));
	n_frames = 0;
	p = ping_start(&spec, &ping_ops, NULL, &rc);
	assert_non_null(p);
	return p;
}

static void
test_ping_peer(void **state)
{
	start((struct ping_spec){ .probe = { .dst = PEER0, .ttl = 7, .df = true },
				  .count = 3,
				  .interval_ms = 1,
				  .size = 100,
				  .timeout_ms = 20000 });
	for (unsigned int i = 0; i < 3; i++) {
		turn_until(&n_frames, i + 1);
		assert_ptr_equal(frames[i].dev, p0);
		assert_int_equal(frames[i].len, 14 + 20 + 8 + 100);
		assert_int_equal(frame_ip(&frames[i])->src_addr, OUR0);
		assert_int_equal(frame_ip(&frames[i])->time_to_live, 7);
		assert_int_equal(frame_ip(&frames[i])->fragment_offset, RTE_BE16(IP4_DF));
		assert_int_equal(rte_raw_cksum(frame_ip(&frames[i]), 20), 0xffff);
		assert_int_equal(rte_raw_cksum(frame_icmp(&frames[i]), 108), 0xffff);
		assert_int_equal(frame_icmp(&frames[i])->echo.sequence, rte_cpu_to_be_16(i + 1));
		answer_echo(i);
	}
	turn_until(&got.done, 1);
	assert_int_equal(got.events, 3);
	assert_int_equal(got.stats.sent, 3);
	assert_int_equal(got.stats.received, 3);
	assert_int_equal(got.last.bytes, 108);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutEchos), 3);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InEchoReps), 3);
	(void)state;
}

/* The answer says that the neighbour hears us: no probe is needed (RFC 1122 2.3.2.1 (4)). */
static void
test_ping_confirms_the_neighbour(void **state)
{
	struct neighbour *n;

	role_enter_ctl();
	assert_int_equal(neigh_admin_set(PEER0, p0, &peer0, NUD_DELAY), 0);
	n = neigh_lookup(PEER0, p0);
	start((struct ping_spec){
		.probe = { .dst = PEER0 }, .count = 2, .interval_ms = 1, .timeout_ms = 20000 });
	turn_until(&n_frames, 1);
	assert_int_equal(n->nud.state, NUD_DELAY); /* asking is no proof */
	answer_error(0, PEER0, ICMP4_TIME_EXCEEDED, 0);
	turn_until(&got.errors, 1);
	assert_int_equal(n->nud.state, NUD_DELAY); /* nor is an error */
	turn_until(&n_frames, 2);
	answer_echo(1);
	turn_until(&got.done, 1);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	(void)state;
}

static void
test_ping_duplicates_and_strangers(void **state)
{
	struct ping *p = start((struct ping_spec){
		.probe = { .dst = PEER0 }, .count = 1, .interval_ms = 1, .timeout_ms = 30 });
	uint16_t id;

	turn_until(&n_frames, 1);
	id = frame_icmp(&frames[0])->echo.id;
	frame_icmp(&frames[0])->echo.id ^= 0x5555;
	answer_echo(0);
	answer_error(0, PEER0, ICMP4_UNREACH, ICMP4_HOST_UNREACH);
	settle();
	assert_int_equal(got.events, 0);
	frame_icmp(&frames[0])->echo.id = id;
	answer_echo(0);
	answer_echo(0);
	turn_until(&got.events, 1);
	turn_until(&got.done, 1);
	assert_int_equal(got.stats.received, 1);
	assert_true(got.stats.duplicates <= 1);
	(void)p;
	(void)state;
}

static void
test_ping_ourselves(void **state)
{
	static const rte_be32_t us[] = { OUR0, OUR1, IP(127, 0, 0, 1), IP(127, 9, 9, 9) };

	for (unsigned int i = 0; i < RTE_DIM(us); i++) {
		start((struct ping_spec){ .probe = { .dst = us[i] },
					  .count = 2,
					  .interval_ms = 1,
					  .timeout_ms = 20000 });
		turn_until(&got.done, 1);
		assert_int_equal(got.stats.received, 2);
		assert_int_equal(n_frames, 0);
	}
	(void)state;
}

static void
test_ping_large(void **state)
{
	start((struct ping_spec){ .probe = { .dst = OUR0 },
				  .count = 1,
				  .interval_ms = 1,
				  .size = 65507,
				  .timeout_ms = 20000 });
	turn_until(&got.done, 1);
	assert_int_equal(got.stats.received, 1);
	assert_int_equal(got.last.bytes, 65515);
	/* By the wire: in fragments. */
	start((struct ping_spec){ .probe = { .dst = PEER0 },
				  .count = 1,
				  .interval_ms = 1,
				  .size = 3000,
				  .timeout_ms = 1 });
	turn_until(&got.done, 1);
	assert_int_equal(n_frames, 3);
	(void)state;
}

static void
test_ping_errors(void **state)
{
	start((struct ping_spec){
		.probe = { .dst = FAR }, .count = 1, .interval_ms = 1, .timeout_ms = 20000 });
	turn_until(&n_frames, 1);
	answer_error(0, PEER0, ICMP4_UNREACH, ICMP4_HOST_UNREACH);
	turn_until(&got.done, 1);
	assert_int_equal(got.stats.received, 0);
	assert_int_equal(got.stats.errors, 1);
	assert_int_equal(got.last.from, PEER0);
	assert_string_equal(ip4_probe_error(got.last.type, got.last.code),
			    "Destination Host Unreachable");
	/* Too large with DF: our own stack says so. */
	start((struct ping_spec){ .probe = { .dst = PEER0, .df = true },
				  .count = 1,
				  .interval_ms = 1,
				  .size = 3000,
				  .timeout_ms = 20000 });
	turn_until(&got.done, 1);
	assert_int_equal(got.stats.errors, 1);
	assert_int_equal(got.last.mtu, 1500);
	assert_int_equal(n_frames, 0);
	(void)state;
}

static void
test_ping_refused(void **state)
{
	struct ping_spec s = { .probe = { .dst = IP(8, 8, 8, 8) }, .count = 1 };
	int rc = 0;

	role_enter_ctl();
	assert_null(ping_start(&s, &ping_ops, NULL, &rc));
	assert_int_equal(rc, -ENETUNREACH);
	s.probe.dst = IP(10, 67, 0, 1);
	assert_null(ping_start(&s, &ping_ops, NULL, &rc));
	assert_int_equal(rc, -EHOSTUNREACH);
	s.probe.dst = IP(10, 68, 0, 1);
	assert_null(ping_start(&s, &ping_ops, NULL, &rc));
	assert_int_equal(rc, -EACCES);
	(void)state;
}

static void
test_ping_stopped(void **state)
{
	struct ping *p = start((struct ping_spec){
		.probe = { .dst = PEER0 }, .count = 1000, .interval_ms = 1, .timeout_ms = 20000 });

	role_enter_ctl();
	turn_until(&n_frames, 2);
	ping_stop(p);
	assert_int_equal(got.done, 1);
	answer_echo(0); /* nobody listens: it is consumed */
	settle();
	assert_int_equal(got.events, 0);
	(void)state;
}

static void
test_traceroute(void **state)
{
	struct trace_spec s = {
		.probe = { .dst = FAR }, .max_ttl = 30, .queries = 3, .timeout_ms = 20000
	};
	int rc;

	role_enter_ctl();
	memset(&got, 0, sizeof(got));
	assert_non_null(trace_start(&s, &trace_ops, NULL, &rc));
	for (unsigned int hop = 0; hop < 3; hop++) {
		turn_until(&n_frames, 3 * (hop + 1));
		for (unsigned int i = 3 * hop; i < 3 * hop + 3; i++) {
			assert_int_equal(frame_ip(&frames[i])->time_to_live, hop + 1);
			assert_int_equal(frames[i].len, 74);
			assert_int_equal(frame_ip(&frames[i])->next_proto_id, IPPROTO_UDP);
			if (hop < 2)
				answer_error(i, IP(10, 0, 0, hop + 1), ICMP4_TIME_EXCEEDED, 0);
			else
				answer_error(i, FAR, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
		}
	}
	turn_until(&got.done, 1);
	assert_int_equal(got.hops, 3);
	assert_true(got.reached);
	assert_int_equal(got.hop[0], IP(10, 0, 0, 1));
	assert_int_equal(got.hop[1], IP(10, 0, 0, 2));
	assert_int_equal(got.hop[2], FAR);
	(void)state;
}

/* By echo requests, from a later hop, of a size: the destination answers like any ping. */
static void
test_traceroute_echo(void **state)
{
	struct trace_spec s = { .probe = { .dst = FAR },
				.icmp = true,
				.first_ttl = 5,
				.max_ttl = 30,
				.queries = 2,
				.len = 100,
				.timeout_ms = 20000 };
	int rc;

	role_enter_ctl();
	memset(&got, 0, sizeof(got));
	assert_non_null(trace_start(&s, &trace_ops, NULL, &rc));
	turn_until(&n_frames, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(frame_ip(&frames[i])->time_to_live, 5);
		assert_int_equal(frames[i].len, 14 + 100);
		assert_int_equal(frame_icmp(&frames[i])->type, ICMP4_ECHO);
		assert_int_equal(frame_icmp(&frames[i])->echo.sequence, rte_cpu_to_be_16(i + 1));
		answer_error(i, IP(10, 0, 0, 1), ICMP4_TIME_EXCEEDED, 0);
	}
	turn_until(&n_frames, 4);
	assert_int_equal(frame_ip(&frames[2])->time_to_live, 6);
	answer_echo(2);
	answer_echo(3);
	turn_until(&got.done, 1);
	assert_int_equal(got.hops, 2);
	assert_true(got.reached);
	assert_int_equal(got.hop[4], IP(10, 0, 0, 1));
	assert_int_equal(got.hop[5], FAR);
	(void)state;
}

/* A hop that says nothing times out and the next is asked. */
static void
test_traceroute_silence(void **state)
{
	struct trace_spec s = {
		.probe = { .dst = FAR }, .max_ttl = 2, .queries = 1, .timeout_ms = 5
	};
	int rc;

	role_enter_ctl();
	memset(&got, 0, sizeof(got));
	assert_non_null(trace_start(&s, &trace_ops, NULL, &rc));
	turn_until(&got.done, 1);
	assert_int_equal(got.hops, 2);
	assert_false(got.reached);
	assert_int_equal(n_frames, 2);
	(void)state;
}

/* A neighbour that does not answer: the waiting packet's source is told (RFC 1122 2.3.2.2). */
static void
test_unresolved(void **state)
{
	struct sk_buff *skb;
	uint64_t before;

	role_enter_ctl();
	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb_put(skb, 28));
	pkt_build(&(struct pkt){ .payload = 8 }, skb_data(skb) - 14);
	skb_reset_network_header(skb);
	skb->dev = p1;
	skb->iif = (uint32_t)p0->ifindex;
	before = drops(DROP_NEIGH_FAILED);
	neigh_unreachable(worker_ctl(), skb);
	assert_int_equal(drops(DROP_NEIGH_FAILED), before + 1);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_HOST_UNREACH);
	(void)state;
}

/* Broadcasts and groups leave by the device that is named. */
static void
test_group_output(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	static const struct rte_ether_addr group = { { 1, 0, 0x5e, 0x7f, 2, 3 } };
	struct sk_buff *skb;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	skb_put(skb, 8);
	skb->dev = p0;
	assert_int_equal(
		ip_build_and_send_pkt(
			dp(), skb,
			&(struct ip_out){ .daddr = IP(255, 255, 255, 255), .proto = 17, .ttl = 1 }),
		0);
	assert_int_equal(n_frames, 1);
	assert_memory_equal(frames[0].bytes, &all, 6);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	skb = alloc_skb(dp(), SKB_HEADROOM);
	skb_put(skb, 8);
	skb->dev = p0;
	assert_int_equal(
		ip_build_and_send_pkt(
			dp(), skb,
			&(struct ip_out){ .daddr = IP(224, 255, 2, 3), .proto = 17, .ttl = 1 }),
		0);
	assert_int_equal(n_frames, 2);
	assert_memory_equal(frames[1].bytes, &group, 6);
	assert_int_equal(mib(&ipext_mib, IPEXT_OutBcastPkts), 1);
	assert_int_equal(mib(&ipext_mib, IPEXT_OutMcastPkts), 1);
	/* No route and no device. */
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_int_equal(
		ip_build_and_send_pkt(
			dp(), skb,
			&(struct ip_out){ .daddr = IP(8, 8, 8, 8), .proto = 17, .ttl = 1 }),
		-ENETUNREACH);
	assert_int_equal(n_frames, 2);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_ping_peer),
		T(test_ping_confirms_the_neighbour),
		T(test_ping_duplicates_and_strangers),
		T(test_ping_ourselves),
		T(test_ping_large),
		T(test_ping_errors),
		T(test_ping_refused),
		T(test_ping_stopped),
		T(test_traceroute),
		T(test_traceroute_silence),
		T(test_traceroute_echo),
		T(test_unresolved),
		T(test_group_output),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
