/* SPDX-License-Identifier: BSD-3-Clause */
/* More than a port, a ring or a pool can take: who waits, who goes first, and that it ends well. */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/counter.h"
#include "core/msg.h"
#include "ethdev/ethdev.h"
#include "netdev/netdev_class_dp.h"
#include "sched/sched.h"

#define WIRE 1023 /* frames that the wire of a test holds */

static unsigned int p1, p2, p3, p4;
static struct dp_frame plain, urgent;

static int
setup(void **state)
{
	(void)state;
	dp_setup_workers(2);
	p1 = dp_lan(1); /* worker 1 */
	p2 = dp_lan(2); /* worker 2, which owns its transmit queue */
	p3 = dp_port("p3");
	dp_cmd("ip addr add 10.0.3.1/24 dev p3");
	p4 = dp_port_queues("p4", 4, 1);
	dp_cmd("ip addr add 10.0.4.1/24 dev p4");
	plain = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100);
	urgent = plain;
	dp_ip4(&urgent)->type_of_service = 0xc0;
	dp_fix_checksum(&urgent);
	return 0;
}

static void
numbered(struct dp_frame *f, uint16_t id)
{
	dp_ip4(f)->packet_id = rte_cpu_to_be_16(id);
	dp_fix_checksum(f);
}

static bool
is_urgent(struct dp_frame *f)
{
	return dp_ip4(f)->type_of_service == 0xc0;
}

static uint16_t
number(struct dp_frame *f)
{
	return rte_be_to_cpu_16(dp_ip4(f)->packet_id);
}

/* Let @p n frames in by port @p in; every tenth is urgent if @p mixed. How many were. */
static unsigned int
offer(unsigned int in, unsigned int n, bool mixed)
{
	unsigned int n_urgent = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct dp_frame f = mixed && i % 10 == 9 ? urgent : plain;

		((struct rte_ether_hdr *)f.b)->dst_addr = dp_port_mac(in);
		n_urgent += is_urgent(&f);
		numbered(&f, (uint16_t)i);
		dp_inject(in, &f);
		if (i % 64 == 63)
			dp_run();
	}
	dp_run();
	return n_urgent;
}

/* Take what left by p2: each class in order of its numbers. How many of each. */
static void
collect(unsigned int *n_plain, unsigned int *n_urgent, unsigned int *first_urgent)
{
	int last[2] = { -1, -1 };
	unsigned int count[2] = { 0, 0 }, at = 0;
	struct dp_frame f;

	for (*first_urgent = 0; dp_out(p2, &f); at++) {
		bool u = is_urgent(&f);

		assert_true(number(&f) > last[u]);
		last[u] = number(&f);
		if (u && count[u] == 0)
			*first_urgent = at;
		count[u]++;
	}
	*n_plain = count[0];
	*n_urgent = count[1];
}

/* What died on its way out by a device, as `ip -s link` counts it. */
static uint64_t
tx_dropped(const char *name)
{
	struct netdev_stats_sum st;

	role_enter_ctl();
	dev_get_stats(dev_get_by_name(name), &st);
	return st.tx_dropped;
}

/* The transmit queue is full: what is urgent waits in front of the others and none of it is lost.
 * The door that frames come by says who sends: the owner of the queue, or another by the ring. */
static void
full_port_keeps_what_is_urgent(unsigned int in)
{
	unsigned int n_plain, n_urgent, first, wanted;
	uint64_t p1_before = tx_dropped("p1"), p2_before = tx_dropped("p2");

	dp_drops_clear();
	offer(in, WIRE, false);
	wanted = offer(in, 600, true);
	assert_int_equal(wanted, 60);
	assert_true(dp_drops("netdev_tx_full") >= 600 - 60 - ETHDEV_TX_BUF);
	collect(&n_plain, &n_urgent, &first);
	assert_int_equal(n_plain, WIRE);
	assert_int_equal(n_urgent, 0);
	dp_run(); /* there is room now */
	collect(&n_plain, &n_urgent, &first);
	assert_int_equal(n_urgent, wanted);
	assert_int_equal(first, 0);
	assert_int_equal(n_plain + n_urgent + dp_drops("netdev_tx_full"), 600);
	assert_int_equal(tx_dropped("p2") - p2_before, dp_drops("netdev_tx_full"));
	assert_int_equal(tx_dropped("p1"), p1_before);
	assert_int_equal(ethdev_held(), 0);
	dp_check_balance();
	offer(in, 1, false); /* and on as before */
	collect(&n_plain, &n_urgent, &first);
	assert_int_equal(n_plain, 1);
}

static void
full_port_of_the_queue_owner(void **state)
{
	(void)state;
	full_port_keeps_what_is_urgent(p2);
}

static void
full_port_of_another_worker(void **state)
{
	(void)state;
	full_port_keeps_what_is_urgent(p1);
}

/* @p n urgent frames for p2, which is full. */
static void
offer_urgent(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct dp_frame f = urgent;

		((struct rte_ether_hdr *)f.b)->dst_addr = dp_port_mac(p2);
		numbered(&f, (uint16_t)i);
		dp_inject(p2, &f);
		if (i % 64 == 63)
			dp_run();
	}
	dp_run();
}

/* @p n ARP requests from p2's link, whose replies leave there. */
static void
offer_arp(unsigned int n)
{
	const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } }, none = { { 0 } };

	for (unsigned int i = 0; i < n; i++) {
		char asker[16];
		struct dp_frame f;

		snprintf(asker, sizeof(asker), "10.0.2.%u", 100 + i);
		f = dp_arp(RTE_ARP_OP_REQUEST, &all, (uint8_t)(100 + i), asker, &none, "10.0.2.1");
		dp_inject(p2, &f);
		dp_run();
	}
}

/* The wire is read, and what waited leaves: how many of each kind, in their order. */
static void
read_the_rest(unsigned int *n_plain, unsigned int *n_urgent, unsigned int *n_arp)
{
	struct dp_frame f;

	*n_plain = *n_urgent = *n_arp = 0;
	while (dp_out(p2, &f))
		;
	for (dp_run(); dp_out(p2, &f);)
		if (f.b[13] == (RTE_ETHER_TYPE_ARP & 0xff)) {
			++*n_arp;
		} else if (is_urgent(&f)) {
			assert_int_equal(number(&f), *n_urgent);
			++*n_urgent;
		} else {
			++*n_plain;
		}
	dp_check_balance();
}

/* More urgent frames than there is room for: bounded, counted, in order. Anybody can write their
 * precedence, so what the link itself needs has places that they can't take. */
static void
urgent_alone_is_bounded_too(void **state)
{
	const unsigned int most = ETHDEV_TX_BUF + ETHDEV_TX_SPARE / 2;
	unsigned int n_plain, n_urgent, n_arp;

	(void)state;
	dp_drops_clear();
	offer(p2, WIRE, false);
	offer_urgent(500);
	assert_int_equal(ethdev_held(), most);
	assert_int_equal(dp_drops("netdev_tx_full"), 500 - most);
	offer_arp(ETHDEV_TX_SPARE);
	assert_int_equal(ethdev_held(), most + ETHDEV_TX_SPARE / 2);
	assert_int_equal(dp_drops("netdev_tx_full"), 500 - most + ETHDEV_TX_SPARE / 2);
	read_the_rest(&n_plain, &n_urgent, &n_arp);
	assert_int_equal(n_plain, 0);
	assert_int_equal(n_urgent, most);
	assert_int_equal(n_arp, ETHDEV_TX_SPARE / 2);

	/* The other way round: data makes room for what is urgent, but for those places. */
	offer(p2, WIRE, false);
	offer(p2, ETHDEV_TX_BUF, false);
	offer_arp(ETHDEV_TX_SPARE);
	offer_urgent(500);
	read_the_rest(&n_plain, &n_urgent, &n_arp);
	assert_int_equal(n_plain, ETHDEV_TX_SPARE / 2);
	assert_int_equal(n_urgent, most - ETHDEV_TX_SPARE);
	assert_int_equal(n_arp, ETHDEV_TX_SPARE);
}

/* An ARP request of our own. */
static void
own_frames_go_before_forwarded_ones(void **state)
{
	struct dp_frame f;

	(void)state;
	offer(p2, WIRE, false);
	offer(p2, 300, false);
	dp_cmd_try("ping 10.0.2.77 -c 1", 0); /* nobody there: it asks for the address */
	dp_run();
	for (unsigned int i = 0; i < WIRE; i++)
		assert_true(dp_out(p2, &f));
	dp_run();
	assert_true(dp_out(p2, &f));
	assert_int_equal(((struct rte_ether_hdr *)f.b)->ether_type, RTE_BE16(RTE_ETHER_TYPE_ARP));
	while (dp_out(p2, &f))
		;
	dp_check_balance();
}

/* The ring to the owner of the queue is full of forwarded frames: places are left for the others.
 */
static void
full_ring_leaves_places(void **state)
{
	struct ethdev_port *port;
	struct dp_frame f;
	uint64_t before = tx_dropped("p2");
	unsigned int n = 0;

	(void)state;
	role_enter_ctl();
	port = ethdev_by_name("p2");
	dp_drops_clear();
	for (unsigned int i = 0; i < ETHDEV_TX_RING; i++) { /* only worker 1 runs */
		dp_inject(p1, &plain);
		role_enter_dp();
		if (i % 32 == 31)
			ethdev_poll(workers[1]);
	}
	assert_int_equal(rte_ring_free_count(port->ring), ETHDEV_RING_SPARE);
	assert_true(dp_drops("netdev_tx_full") > 0);
	for (unsigned int i = 0; i < ETHDEV_RING_SPARE + 10; i++) {
		dp_inject(p1, &urgent);
		if (i % 32 == 31)
			ethdev_poll(workers[1]);
	}
	ethdev_poll(workers[1]);
	assert_int_equal(rte_ring_free_count(port->ring), ETHDEV_RING_SPARE / 2);
	assert_int_equal(tx_dropped("p2") - before, dp_drops("netdev_tx_full"));
	do {
		dp_run();
		while (dp_out(p2, &f))
			n += is_urgent(&f);
	} while (ethdev_held() > 0);
	assert_int_equal(n, ETHDEV_RING_SPARE / 2);
	dp_check_balance();
}

/* The same ring before a queue discipline. */
static void
full_ring_of_a_discipline_leaves_places(void **state)
{
	unsigned int n = 0;
	struct dp_frame f;
	struct qdisc *q;

	(void)state;
	dp_cmd("tc qdisc add dev p2 root pfifo_fast");
	role_enter_ctl();
	q = sched_of(ethdev_by_name("p2")->dev);
	assert_int_equal(q->owner, 2);
	dp_drops_clear();
	for (unsigned int i = 0; i < SCHED_RING; i++) { /* only worker 1 runs */
		dp_inject(p1, &plain);
		role_enter_dp();
		if (i % 32 == 31)
			ethdev_poll(workers[1]);
	}
	assert_int_equal(rte_ring_free_count(q->ring), SCHED_RING_SPARE);
	assert_int_equal(dp_drops("sched_full"), 1 + SCHED_RING_SPARE);
	for (unsigned int i = 0; i < SCHED_RING_SPARE + 32; i++) {
		dp_inject(p1, &urgent);
		if (i % 32 == 31)
			ethdev_poll(workers[1]);
	}
	assert_int_equal(rte_ring_free_count(q->ring), SCHED_RING_SPARE / 2);
	assert_int_equal(dp_drops("sched_full"), 1 + SCHED_RING_SPARE + SCHED_RING_SPARE / 2 + 32);
	dp_run();
	while (dp_out(p2, &f))
		n += is_urgent(&f);
	assert_int_equal(n, SCHED_RING_SPARE / 2);
	dp_cmd("tc qdisc del dev p2 root");
	dp_check_balance();
}

/* Two ports of one worker, one flooded: the other one's frames wait for a burst of the flood, not
 * for its end. With four queues the flood gets no more turns than the one queue of the other. */
static void
flooded_port_leaves_others_their_turns(void **state)
{
	unsigned int n_flood = 0, n_quiet = 0;
	struct dp_frame f, quiet;

	(void)state;
	dp_cmd("set worker rxq p3 0 lcore 1");
	for (unsigned int q = 0; q < 4; q++)
		dp_cmd("set worker rxq p4 %u lcore 1", q);
	quiet = dp_udp(p3, 4, "10.0.3.2", "10.0.2.2", 100);
	((struct rte_ether_hdr *)plain.b)->dst_addr = dp_port_mac(p4);
	for (unsigned int i = 0; i < 800; i++) {
		dp_inject_queue(p4, i % 4, &plain);
		if (i < 200)
			dp_inject(p3, &quiet);
	}
	role_enter_dp();
	ethdev_poll(workers[1]); /* one round */
	ethdev_poll(workers[2]); /* which owns p2's transmit queue */
	for (int i = 0; i < 16; i++)
		ethdev_poll(workers[2]);
	while (dp_out(p2, &f)) {
		n_flood += dp_ip4(&f)->src_addr == dp_ip("10.0.1.2");
		n_quiet += dp_ip4(&f)->src_addr == dp_ip("10.0.3.2");
	}
	assert_int_equal(n_flood, 4 * ETHDEV_BURST);
	assert_int_equal(n_quiet, 4 * ETHDEV_BURST);
	dp_run();
	while (dp_out(p2, &f))
		;
	((struct rte_ether_hdr *)plain.b)->dst_addr = dp_port_mac(p1);
	dp_check_balance();
}

/* A flood of ARP fills the ring of its class: local delivery has another. */
static void
arp_flood_does_not_fill_the_other_rings(void **state)
{
	struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } };
	struct rte_ether_addr none = { { 0 } }, ours = dp_port_mac(p1);
	struct dp_frame f, first = dp_echo(p1, 2, "10.0.1.2", "10.0.1.1", 1000), second;
	struct msg_class_stat st;
	unsigned int replies = 0;
	uint64_t refused;

	(void)state;
	role_enter_ctl();
	msg_class_stats(MSG_ARP, &st);
	refused = st.refused;
	dp_cmd("sysctl net.ipv4.conf.p1.proxy_arp=1");
	dp_drops_clear();
	/* An echo request in two fragments: the control thread puts it together. */
	second = first;
	first.len = 14 + 20 + 512;
	dp_ip4(&first)->total_length = rte_cpu_to_be_16(20 + 512);
	dp_ip4(&first)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	dp_fix_checksum(&first);
	memmove(second.b + 34, second.b + 34 + 512, second.len - 34 - 512);
	second.len -= 512;
	dp_ip4(&second)->total_length = rte_cpu_to_be_16((uint16_t)(second.len - 14));
	dp_ip4(&second)->fragment_offset = RTE_BE16(512 / 8);
	dp_fix_checksum(&second);
	role_enter_dp();
	for (unsigned int i = 0; i < 4000; i++) { /* the control thread does not run */
		char from[32];

		snprintf(from, sizeof(from), "10.0.1.%u", 3 + i % 250);
		f = dp_arp(RTE_ARP_OP_REPLY, &all, (uint8_t)i, from, &none, from);
		dp_inject(p1, &f);
		if (i % 64 == 63)
			ethdev_poll(workers[1]), ethdev_poll(workers[1]);
	}
	msg_class_stats(MSG_ARP, &st);
	assert_true(st.refused > refused && st.now == st.limit);
	/* A question that the control thread would answer for another has no place left. */
	f = dp_arp(RTE_ARP_OP_REQUEST, &ours, 2, "10.0.1.2", &none, "10.0.2.2");
	dp_inject(p1, &f);
	ethdev_poll(workers[1]);
	assert_int_equal(dp_drops("msg_arp_full"), 1);
	dp_inject(p1, &first);
	dp_inject(p1, &second);
	dp_run();
	assert_int_equal(dp_drops("msg_local_full"), 0);
	while (dp_out(p1, &f))
		replies += ((struct rte_ether_hdr *)f.b)->ether_type ==
				   RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
			   ((uint8_t *)(dp_ip4(&f) + 1))[0] == RTE_IP_ICMP_ECHO_REPLY;
	assert_int_equal(replies, 1);
	dp_cmd("sysctl net.ipv4.conf.p1.proxy_arp=0");
	dp_check_balance();
}

/* @p n copies of @p f come by @p in while the control thread does not run. */
static void
control_sleeps(unsigned int in, const struct dp_frame *f, unsigned int n)
{
	role_enter_dp();
	for (unsigned int i = 0; i < n; i++) {
		dp_inject(in, f);
		if (i % 64 != 63)
			continue;
		for (unsigned int k = 1; k <= 2; k++)
			ethdev_poll(workers[k]), ethdev_poll(workers[k]);
	}
}

/* Packets that the control thread has no time for are dropped by the class of their ring. */
static void
full_rings_drop_packets(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.3.77", 18), bpdu = { .len = 60 };
	static const uint8_t head[] = { 0x01, 0x80, 0xc2, 0, 0,	 0,    2,    0, 0,
					0,    0,    9,	  0, 38, 0x42, 0x42, 3 };
	unsigned int p5 = dp_port("p5");

	(void)state;
	dp_cmd("ip link add br5 type bridge stp_state 1");
	dp_cmd("ip link set p5 master br5");
	dp_cmd("ip link set br5 up");
	dp_run();
	dp_drops_clear();
	memcpy(bpdu.b, head, sizeof(head));
	control_sleeps(p5, &bpdu, 1088);
	assert_int_equal(dp_drops("msg_bpdu_full"), 1088 - 1023);
	control_sleeps(p1, &f, 4160);
	assert_int_equal(dp_drops("msg_resolve_full"), 4160 - 4095);
	role_enter_ctl();
	dp_run();
	dp_discard(p3);
	dp_cmd("ip link del br5");
	dp_check_balance();
}

/* No buffer is left for what the router makes itself: counted, forwarding goes on, and all is well
 * as soon as there are some. */
static void
empty_pool_recovers(void **state)
{
	struct dp_frame far = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 1400), f;
	struct rte_mempool *pool = workers[1]->pool;
	unsigned int n = 0, parts = 0;
	void **all = calloc(pool->size, sizeof(*all));

	(void)state;
	dp_drops_clear();
	dp_cmd("ip link set p2 mtu 600"); /* fragments want buffers, others do not */
	while (rte_mempool_get(pool, &all[n]) == 0)
		n++;
	dp_inject(p1, &far);
	dp_inject(p1, &plain);
	dp_run();
	assert_int_equal(dp_drops("skb_no_mbuf"), 1);
	assert_true(dp_out(p2, &f));
	assert_int_equal(f.len, plain.len);
	dp_expect_none(p2);
	rte_mempool_put_bulk(pool, all, n);
	free(all);
	dp_inject(p1, &far);
	dp_run();
	while (dp_out(p2, &f))
		parts++;
	assert_int_equal(parts, 3);
	dp_cmd("ip link set p2 mtu 1500");
	dp_check_balance();
}

static void
classes_of_frames(void **state)
{
	static const struct {
		uint8_t group;
		uint16_t type, tags;
		uint8_t tos;
		enum netdev_class class;
	} cases[] = {
		{ 0xff, RTE_ETHER_TYPE_IPV4, 0, 0x00, NETDEV_CLASS_DATA },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 0, 0xb8, NETDEV_CLASS_DATA },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 0, 0xc0, NETDEV_CLASS_PRECEDENCE },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 0, 0xe0, NETDEV_CLASS_PRECEDENCE },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 1, 0xc0, NETDEV_CLASS_PRECEDENCE },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 2, 0xc0, NETDEV_CLASS_PRECEDENCE },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 2, 0xa0, NETDEV_CLASS_DATA },
		{ 0xff, RTE_ETHER_TYPE_IPV4, 3, 0xc0, NETDEV_CLASS_DATA },
		{ 0xff, RTE_ETHER_TYPE_ARP, 0, 0, NETDEV_CLASS_LINK },
		{ 0xff, RTE_ETHER_TYPE_ARP, 2, 0, NETDEV_CLASS_LINK },
		{ 0x00, 0x0027, 0, 0, NETDEV_CLASS_LINK }, /* a BPDU */
		{ 0x0e, 0x88cc, 0, 0, NETDEV_CLASS_LINK }, /* LLDP */
		{ 0x10, 0x86dd, 0, 0, NETDEV_CLASS_DATA }, /* another group */
		{ 0x14, 0x0027, 0, 0, NETDEV_CLASS_LINK }, /* LLC to it: IS-IS */
		{ 0x14, 0x0027, 2, 0, NETDEV_CLASS_LINK },
		{ 0xff, 0x0027, 0, 0, NETDEV_CLASS_DATA }, /* LLC to a station */
		{ 0xff, 0x86dd, 0, 0xc0, NETDEV_CLASS_DATA },
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(workers[1]->pool);
		uint8_t b[64] = { 0x01, 0x80, 0xc2, 0, 0, cases[i].group }, *p = b + 12;

		if (cases[i].group == 0xff)
			b[0] = 0x02;
		for (uint16_t t = 0; t < cases[i].tags; t++, p += 4)
			memcpy(p, t == 0 ? "\x88\xa8\x00\x05" : "\x81\x00\x00\x05", 4);
		p[0] = (uint8_t)(cases[i].type >> 8);
		p[1] = (uint8_t)cases[i].type;
		p[2] = 0x45;
		p[3] = cases[i].tos;
		memcpy(rte_pktmbuf_append(m, sizeof(b)), b, sizeof(b));
		if (netdev_class(m) != cases[i].class)
			fail_msg("case %zu", i);
		rte_pktmbuf_trim(m, 64 - 13); /* a header cut short is nobody's */
		if (cases[i].group == 0xff)
			assert_int_equal(netdev_class(m), NETDEV_CLASS_DATA);
		rte_pktmbuf_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_of_frames),
		cmocka_unit_test(full_port_of_the_queue_owner),
		cmocka_unit_test(full_port_of_another_worker),
		cmocka_unit_test(urgent_alone_is_bounded_too),
		cmocka_unit_test(own_frames_go_before_forwarded_ones),
		cmocka_unit_test(full_ring_leaves_places),
		cmocka_unit_test(full_ring_of_a_discipline_leaves_places),
		cmocka_unit_test(flooded_port_leaves_others_their_turns),
		cmocka_unit_test(arp_flood_does_not_fill_the_other_rings),
		cmocka_unit_test(full_rings_drop_packets),
		cmocka_unit_test(empty_pool_recovers),
	};

	return cmocka_run_group_tests_name("dp/overload", tests, setup, dp_teardown);
}
