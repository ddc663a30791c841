/* SPDX-License-Identifier: BSD-3-Clause */
/* Queue disciplines between real stages and a driver that takes as much as the test says. */
#include "fixture.h"
#include <rte_cycles.h>
#include "core/held.h"
#include "neigh/adj.h"
#include "netdev/netdev_class_dp.h"
#include "sched/sched.h"
#include "vlan/vlan.h"

static uint16_t room;
static const struct net_device_ops_dp *real;

static void
room_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	assert_true(n <= room);
	room = (uint16_t)(room - n);
	real->xmit(w, dev, pkts, n);
}

static uint16_t
room_left(struct worker *w, const struct net_device *dev)
{
	return room;
}

static const struct net_device_ops_dp room_ops = { .xmit = room_xmit, .tx_room = room_left };

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	role_enter_ctl();
	room = 0;
	real = p1->drv_dp;
	p1->drv_dp = p1->ops_dp = &room_ops;
	dp()->now = clock_tsc();
	return rc != 0 ? rc : sched_init();
}

static int
teardown(void **state)
{
	role_enter_ctl();
	sched_fini();
	return fixture_teardown(state);
}

static void
set(struct net_device *dev, const struct qdisc_spec *s)
{
	role_enter_ctl();
	assert_int_equal(sched_set(dev, s), 0);
	settle();
}

static const struct qdisc_spec fifo = { .kind = QDISC_PFIFO_FAST },
			       none = { .kind = QDISC_NOQUEUE };

/* Forward a packet of that TOS, marked in its identification. */
static void
emit(uint8_t tos, uint16_t id)
{
	rx_pkt(&(struct pkt){ .tos = tos, .id = id }, true);
}

static uint16_t
sent_id(unsigned int i)
{
	return rte_be_to_cpu_16(frame_ip(&frames[i])->packet_id);
}

static void
run(uint16_t n)
{
	role_enter_dp();
	room = n;
	while (sched_poll(dp()) > 0 && room > 0)
		;
}

static const uint8_t arp[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6 };

static void
emit_arp(struct worker *w)
{
	struct rte_mbuf *m;
	struct sk_buff *skb;

	role_enter_dp();
	skb = alloc_skb(w, SKB_HEADROOM);
	memcpy(skb_put(skb, sizeof(arp)), arp, sizeof(arp));
	m = skb_mbuf(skb);
	dev_queue_xmit(w, p1, &m, 1);
}

/* Band by TOS, in an mbuf of one segment and in two, the first of which ends within the tags. */
static unsigned int
band_of(const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = make_mbuf(frame, 18), *rest = make_mbuf(frame + 18, len - 18),
			*one = make_mbuf(frame, len);
	unsigned int band = sched_band(one);

	assert_int_equal(rte_pktmbuf_chain(m, rest), 0);
	assert_int_equal(sched_band(m), band);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(one);
	return band;
}

static void
test_bands(void **state)
{
	/* RFC 1349 4: low delay 0x10, throughput 8, reliability 4, cost 2. */
	static const uint8_t band[16] = { 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1 };
	uint8_t buf[2048];
	uint32_t len;
	struct rte_mbuf *m;

	(void)state;
	role_enter_dp();
	for (unsigned int tos = 0; tos < 256; tos++) {
		unsigned int want = tos >= 0xc0 ? 0 : band[tos >> 1 & 0xf];

		len = pkt_build(&(struct pkt){ .tos = (uint8_t)tos }, buf);
		assert_int_equal(band_of(buf, len), want);
		memmove(buf + 20, buf + 12, len - 12); /* two tags in front */
		memcpy(buf + 12, "\x88\xa8\x00\x05\x81\x00\x00\x06", 8);
		assert_int_equal(band_of(buf, len + 8), want);
	}
	m = make_mbuf(buf, 18); /* ends within the tags */
	assert_int_equal(sched_band(m), 1);
	rte_pktmbuf_free(m);
	memset(buf, 0, 60);
	memcpy(buf + 12, "\x08\x06\x10\x10", 4); /* ARP */
	assert_int_equal(band_of(buf, 60), 0);
	memcpy(buf + 12, "\x00\x26\x42\x42", 4); /* LLC, to a station */
	assert_int_equal(band_of(buf, 60), 1);
	memcpy(buf, "\x01\x80\xc2\x00\x00\x00", 6); /* BPDU */
	assert_int_equal(band_of(buf, 60), 0);
	memcpy(buf, "\x01\x00\x0c\xcc\xcc\xcd", 6); /* that of a VLAN, by Cisco */
	assert_int_equal(band_of(buf, 60), 0);
}

static void
test_strict_priority(void **state)
{
	static const uint8_t tos[3] = { 0x08, 0x00, 0x10 }; /* bands 2, 1, 0 */

	(void)state;
	set(p1, &fifo);
	assert_string_equal(p1->ctl->qdisc, "pfifo_fast");
	for (unsigned int i = 0; i < 30; i++)
		emit(tos[i % 3], (uint16_t)i);
	assert_int_equal(n_frames, 0);
	assert_int_equal(sched_held(), 30);
	run(5);
	emit(0x10, 100); /* comes late, leaves before all of lower bands */
	run(27);
	assert_int_equal(n_frames, 31);
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(sent_id(i), 3 * i + 2);
		assert_int_equal(sent_id(11 + i), 3 * i + 1);
		assert_int_equal(sent_id(21 + i), 3 * i);
	}
	assert_int_equal(sent_id(10), 100);
	assert_int_equal(sched_held(), 0);
}

static void
test_band_is_bounded(void **state)
{
	struct netdev_stats_sum dev;
	struct qdisc_stats st;

	(void)state;
	role_enter_ctl();
	set(p1, &fifo);
	for (unsigned int i = 0; i < SCHED_TX_QLEN + 5; i++)
		emit(0, (uint16_t)i);
	emit(0x10, 0); /* another band has room */
	sched_stats(sched_of(p1), &st);
	assert_int_equal(st.qlen, SCHED_TX_QLEN + 1);
	assert_int_equal(st.drops, 5);
	assert_int_equal(st.backlog, (SCHED_TX_QLEN + 1) * 60);
	assert_int_equal(held_total(), SCHED_TX_QLEN + 1);
	assert_int_equal(drops(DROP_SCHED_FULL), 5);
	dev_get_stats(p1, &dev);
	assert_int_equal(dev.tx_dropped, 5);
	run(UINT16_MAX);
	sched_stats(sched_of(p1), &st);
	assert_int_equal(st.packets, SCHED_TX_QLEN + 1);
	assert_int_equal(st.bytes, (SCHED_TX_QLEN + 1) * 60);
	assert_int_equal(st.qlen + st.backlog, 0);
}

/* A band full of data, urgent data too, has places for frames of control class; they end as well.
 */
static void
test_band_keeps_places(void **state)
{
	struct qdisc_stats st;

	(void)state;
	role_enter_ctl();
	set(p1, &fifo);
	for (unsigned int i = 0; i < SCHED_TX_QLEN + 5; i++)
		emit(0x10, 0);
	assert_int_equal(drops(DROP_SCHED_FULL), 5);
	for (unsigned int i = 0; i < SCHED_TX_SPARE / 2 + 1; i++)
		emit(0xc0, 1);
	assert_int_equal(drops(DROP_SCHED_FULL), 5 + 1);
	for (unsigned int i = 0; i < SCHED_TX_SPARE / 2 + 2; i++)
		emit_arp(dp());
	assert_int_equal(drops(DROP_SCHED_FULL), 5 + 1 + 2);
	emit(0x10, 0);
	assert_int_equal(drops(DROP_SCHED_FULL), 5 + 1 + 2 + 1);
	sched_class_stats(sched_of(p1), 0, &st);
	assert_int_equal(st.qlen, SCHED_TX_QLEN + SCHED_TX_SPARE);
	assert_int_equal(st.drops, 5 + 1 + 2 + 1);
	run(UINT16_MAX);
	assert_int_equal(n_frames, SCHED_TX_QLEN + SCHED_TX_SPARE);
}

/* Nothing waits when the driver takes all: order is kept and the frame leaves in the same call. */
static void
test_passes_when_idle(void **state)
{
	(void)state;
	set(p1, &fifo);
	room = UINT16_MAX;
	for (unsigned int i = 0; i < 3; i++) {
		emit(0x08, (uint16_t)i);
		assert_int_equal(n_frames, i + 1);
	}
}

static void
advance_ms(unsigned int ms)
{
	dp()->now += rte_get_tsc_hz() / 1000 * ms;
}

static void
test_tbf_rate(void **state)
{
	const struct qdisc_spec s = {
		.kind = QDISC_TBF, .rate = 100000, .burst = 600, .limit = 60000
	};
	struct qdisc_stats st;

	(void)state;
	role_enter_dp();
	role_enter_ctl();
	set(p1, &s);
	dp()->now = sched_of(p1)->tbf.last;
	room = UINT16_MAX;
	for (unsigned int i = 0; i < 1000; i++)
		emit(0, (uint16_t)i);
	assert_int_equal(n_frames, 10); /* the bucket: 600 bytes */
	assert_int_equal(drops(DROP_SCHED_FULL) + drops(DROP_NETDEV_TX_FULL), 0);
	assert_int_equal(sched_held(), 990);
	assert_int_not_equal(sched_poll(dp()), 0); /* wants to be asked again soon */
	for (unsigned int t = 0; t < 500; t++) {
		room = UINT16_MAX;
		advance_ms(1);
		sched_poll(dp());
	}
	/* 0.5 s at 100,000 bytes: 833 frames and a third. */
	assert_in_range(n_frames, 10 + 832, 10 + 834);
	sched_stats(sched_of(p1), &st);
	assert_true(st.overlimits > 400);
	/* Rest fills the bucket, no further. */
	for (unsigned int t = 0; t < 200; t++) {
		room = UINT16_MAX;
		advance_ms(1);
		sched_poll(dp());
	}
	assert_int_equal(n_frames, 1000);
	assert_int_equal(sched_poll(dp()), 0);
	advance_ms(60000);
	for (unsigned int i = 0; i < 20; i++)
		emit(0, (uint16_t)i);
	assert_int_equal(n_frames, 1010);
	/* Nor does it run over in a pause that alone would not have filled it. */
	advance_ms(60000);
	sched_poll(dp());
	advance_ms(60000);
	n_frames = 0;
	emit(0, 0);
	advance_ms(5);
	for (unsigned int i = 0; i < 20; i++)
		emit(0, (uint16_t)i);
	assert_int_equal(n_frames, 1 + 10);
}

static void
test_tbf_limits(void **state)
{
	struct qdisc_spec s = {
		.kind = QDISC_TBF, .rate = 1000, .burst = 100, .latency_us = 200000
	};

	(void)state;
	role_enter_ctl();
	set(p1, &s);
	dp()->now = sched_of(p1)->tbf.last;
	assert_int_equal(sched_of(p1)->tbf.limit, 300); /* rate x latency + burst */
	room = UINT16_MAX;
	rx_pkt(&(struct pkt){ .payload = 100 }, true); /* longer than the bucket is deep */
	assert_int_equal(drops(DROP_SCHED_BURST), 1);
	for (unsigned int i = 0; i < 8; i++)
		emit(0, 0);
	assert_int_equal(n_frames, 1);
	assert_int_equal(sched_held(), 5);
	assert_int_equal(drops(DROP_SCHED_FULL), 2);
}

/* Each class has a bound of its own, and pays. What is of control class goes ahead, the link's own
 * first; a flood of it, which anybody can make, leaves data every fifth place. */
static void
test_tbf_control(void **state)
{
	const struct qdisc_spec s = {
		.kind = QDISC_TBF, .rate = 100000, .burst = 600, .limit = 1200
	};
	const unsigned int most = SCHED_CTL_BYTES / 60, n_data = 1200 / 60;
	unsigned int data = 10, prec = 1000;

	(void)state;
	role_enter_ctl();
	role_borrow_dp();
	set(p1, &s);
	dp()->now = sched_of(p1)->tbf.last;
	room = UINT16_MAX;
	for (unsigned int i = 0; i < 10 + n_data + 7; i++)
		emit(0, (uint16_t)i);
	assert_int_equal(n_frames, 10);
	assert_int_equal(drops(DROP_SCHED_FULL), 7);
	for (unsigned int i = 0; i < most + 3; i++)
		emit(i % 2 == 0 ? 0xc0 : 0xe0, (uint16_t)(1000 + i));
	assert_int_equal(drops(DROP_SCHED_FULL), 7 + 3);
	for (unsigned int i = 0; i < most + 2; i++)
		emit_arp(dp());
	assert_int_equal(drops(DROP_SCHED_FULL), 7 + 3 + 2);
	/* For 10 ms the bucket gets 1,000 bytes: 16 frames and two thirds of one. */
	for (unsigned int t = 0; t < 10; t++) {
		room = UINT16_MAX;
		advance_ms(1);
		sched_poll(dp());
	}
	assert_int_equal(n_frames, 10 + 16);
	for (unsigned int t = 0; t < 400; t++) {
		room = UINT16_MAX;
		advance_ms(1);
		sched_poll(dp());
	}
	assert_int_equal(n_frames, 10 + most + most + n_data);
	for (unsigned int i = 0; i < n_frames - 10; i++) {
		if (i % (SCHED_AHEAD + 1) == SCHED_AHEAD && data < 10 + n_data)
			assert_int_equal(sent_id(10 + i), data++);
		else if (i < most + n_data)
			assert_memory_equal(frames[10 + i].bytes, arp, sizeof(arp));
		else
			assert_int_equal(sent_id(10 + i), prec++);
	}
	/* Nor is one let through that the bucket can never pay. */
	rx_pkt(&(struct pkt){ .tos = 0xc0, .payload = 600 }, true);
	assert_int_equal(drops(DROP_SCHED_BURST), 1);
}

/* Other threads hand over; the owner queues. The ring has a bound as well. */
static void
test_other_threads(void **state)
{
	struct ip_out o = { .daddr = PEER1, .proto = 99 };

	(void)state;
	role_enter_ctl();
	role_borrow_dp();
	set(p1, &fifo);
	room = UINT16_MAX;
	assert_int_equal(sched_of(p1)->owner, 1);
	ip_build_and_send_pkt(worker_ctl(), alloc_skb(worker_ctl(), SKB_HEADROOM), &o);
	assert_int_equal(n_frames, 0);
	assert_int_equal(sched_held(), 1);
	assert_int_equal(sched_poll(worker_ctl()), 0); /* not its business */
	assert_int_equal(sched_poll(dp()), 2);	       /* taken over, and sent */
	assert_int_equal(n_frames, 1);
	for (unsigned int i = 0; i < SCHED_RING - SCHED_RING_SPARE + 1; i++)
		ip_build_and_send_pkt(worker_ctl(), alloc_skb(worker_ctl(), SKB_HEADROOM), &o);
	assert_int_equal(drops(DROP_SCHED_FULL), 2); /* a ring of 1024 holds 1023 */
	o.tos = 0xc0;
	for (unsigned int i = 0; i < SCHED_RING_SPARE / 2 + 3; i++)
		ip_build_and_send_pkt(worker_ctl(), alloc_skb(worker_ctl(), SKB_HEADROOM), &o);
	assert_int_equal(drops(DROP_SCHED_FULL), 2 + 3);
	for (unsigned int i = 0; i < SCHED_RING_SPARE / 2 + 4; i++)
		emit_arp(worker_ctl());
	assert_int_equal(drops(DROP_SCHED_FULL), 2 + 3 + 4);
	while (sched_poll(dp()) > 0)
		room = UINT16_MAX;
	assert_int_equal(n_frames, SCHED_RING);
}

static void
test_replace_and_remove(void **state)
{
	(void)state;
	role_enter_ctl();
	set(p1, &fifo);
	emit(0, 1);
	emit(0, 2);
	set(p1, &fifo); /* another one: what waited is lost, and counted */
	assert_int_equal(drops(DROP_SCHED_RESET), 2);
	assert_int_equal(sched_held(), 0);
	emit(0, 3);
	room = UINT16_MAX;
	set(p1, &none);
	assert_int_equal(drops(DROP_SCHED_RESET), 3);
	assert_ptr_equal(p1->ops_dp, &room_ops);
	assert_string_equal(p1->ctl->qdisc, "noqueue");
	assert_null(sched_run[1]);
	emit(0, 4);
	assert_int_equal(n_frames, 1);
	set(p1, &none); /* again is no error */
	assert_int_equal(sched_set(lo, &fifo), -EINVAL);
	assert_int_equal(sched_set(p1, &(struct qdisc_spec){ .kind = QDISC_TBF }), -EINVAL);
	/* Two devices of one owner, the first of them goes. */
	set(p0, &fifo);
	set(p1, &fifo);
	room = 0;
	emit(0, 5);
	set(p0, &none);
	run(1);
	assert_int_equal(n_frames, 2);
}

/* What waits for a device dies with it, or with its link. */
static void
test_carrier_lost(void **state)
{
	(void)state;
	role_enter_ctl();
	role_enter_dp();
	set(p1, &fifo);
	emit(0, 1);
	netif_carrier_set(p1, false);
	run(9);
	assert_int_equal(drops(DROP_NETDEV_NO_CARRIER), 1);
}

static void
test_down(void **state)
{
	(void)state;
	role_enter_ctl();
	role_enter_dp();
	set(p1, &fifo);
	emit(0, 2);
	dev_close(p1);
	run(9);
	assert_int_equal(drops(DROP_NETDEV_DOWN), 1);
	assert_int_equal(n_frames, 0);
}

static void
test_gone(void **state)
{
	(void)state;
	role_enter_ctl();
	set(p1, &fifo);
	emit(0, 3);
	assert_int_equal(sched_held(), 1);
	unregister_netdevice(p1);
	settle();
	assert_int_equal(drops(DROP_SCHED_RESET), 1);
	assert_int_equal(sched_held(), 0);
}

/* A VLAN device with a discipline gets its frames, from either lane; without one the port does. */
static void
test_vlan(void **state)
{
	const struct qdisc_spec slow = {
		.kind = QDISC_TBF, .rate = 1000, .burst = 2000, .limit = 10000
	};
	struct inet_addr_spec spec = { .local = IP(10, 200, 0, 1), .prefixlen = 24 };
	struct net_device *v;

	(void)state;
	role_enter_ctl();
	assert_int_equal(vlan_dev_add(p1, "p1.5", 5, RTE_BE16(0x8100), &v), 0);
	assert_int_equal(dev_open(v), 0);
	assert_int_equal(inet_addr_add(v, &spec), 0);
	neigh_admin_set(IP(10, 200, 0, 9), v, &peer1, NUD_PERMANENT);
	settle();
	room = UINT16_MAX;
	set(v, &slow);
	for (unsigned int fast = 0; fast < 2; fast++) {
		dp()->now = clock_tsc();
		for (unsigned int i = 0; i < 30; i++)
			rx_pkt(&(struct pkt){ .dst = IP(10, 200, 0, 9), .payload = 80 }, fast);
	}
	assert_int_equal(n_frames, 16); /* 118 bytes each */
	assert_int_equal(frames[0].len, 14 + 4 + 100);
	assert_memory_equal(frames[0].bytes + 12, "\x81\x00\x00\x05\x08\x00", 6);
	assert_int_equal(sched_held(), 60 - n_frames);
	set(v, &none);
	set(p1, &fifo);
	room = 0;
	n_frames = 0;
	rx_pkt(&(struct pkt){ .dst = IP(10, 200, 0, 9) }, true);
	assert_int_equal(sched_held(), 1);
	run(1);
	assert_int_equal(n_frames, 1);
	vlan_dev_del(v);
	settle();
	vlan_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strict_priority, setup, teardown),
		cmocka_unit_test_setup_teardown(test_band_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_band_keeps_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passes_when_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tbf_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tbf_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tbf_control, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace_and_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_carrier_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vlan, setup, teardown),
	};

	if (fixture_eal() != 0)
		return 1;
	return cmocka_run_group_tests_name("sched/qdisc", tests, NULL, NULL);
}
