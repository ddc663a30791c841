/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a worker may sleep, whose word it takes for it, and who wakes it. */
#include "dp.h"
#include <string.h>
#include <sys/epoll.h>
#include "core/timer.h"
#include "ethdev/ethdev.h"

#define NAP_MAX 2000

static unsigned int p1, p2;
static struct ethdev_port *port1, *port2;
static struct dp_frame plain;

static int
setup(void **state)
{
	(void)state;
	dp_setup_workers(2);
	for (unsigned int i = 1; i <= 2; i++)
		assert_int_equal(worker_sleep_init(workers[i]), 0);
	p1 = dp_port("p1"); /* worker 1 */
	p2 = dp_lan(2);	    /* worker 2 */
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	plain = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100);
	role_enter_ctl();
	port1 = ethdev_by_name("p1");
	port2 = ethdev_by_name("p2");
	return 0;
}

static uint32_t
sleep_us(void)
{
	role_enter_dp();
	return ethdev_sleep_us(workers[1], NAP_MAX);
}

/* What arrives at the stated rate during a nap fits the queue, with an eighth to spare. */
static void
naps_fit_the_queue(void **state)
{
	(void)state;
	assert_int_equal(port1->ctl->n_rxd, 1024);
	assert_int_equal(sleep_us(), 1792); /* 896 frames at 500,000 a second */
	dp_cmd("set power auto burst 5000000");
	assert_int_equal(sleep_us(), 179);
	dp_cmd("set power auto burst 1000");
	assert_int_equal(sleep_us(), NAP_MAX);
	dp_cmd("set power auto burst 500000");
	dp_cmd("port config p1 rxd 512");
	assert_int_equal(sleep_us(), 896);
	dp_cmd("port config p1 rxd 1024");
}

static void
frames_that_wait_keep_it_awake(void **state)
{
	struct dp_frame f;

	(void)state;
	dp_cmd("set worker rxq p1 0 lcore 2"); /* worker 2 owns p2's queue: no ring between */
	for (unsigned int i = 0; i < 1100; i++) {
		dp_inject(p1, &plain);
		if (i % 64 == 63)
			dp_run();
	}
	dp_run();
	assert_true(ethdev_held() > 0);
	role_enter_dp();
	assert_int_equal(ethdev_sleep_us(workers[2], NAP_MAX), 50);
	while (dp_out(p2, &f))
		;
	dp_run();
	while (dp_out(p2, &f))
		;
	assert_int_equal(ethdev_held(), 0);
	assert_true(ethdev_sleep_us(workers[2], NAP_MAX) > 1000);
	dp_cmd("set worker rxq p1 0 lcore 1");
}

/* One sleep of worker 1: a frame came or not, the queue rang or not, or the time was over. */
static void
one_sleep(bool frame, bool ring, bool in_time)
{
	struct epoll_event ev = { .data.u64 = ethdev_wake_token(&port1->rxq[0]) };
	struct dp_frame f;

	role_enter_dp();
	ethdev_sleep_arm(workers[1]);
	if (frame)
		dp_inject(p1, &plain);
	ethdev_sleep_woke(workers[1], &ev, ring ? 1 : in_time ? -1 : 0);
	ethdev_poll(workers[1]);
	ethdev_sleep_judge(workers[1], in_time);
	dp_run();
	while (dp_out(p2, &f))
		;
}

static void
trust_is_earned_and_lost(void **state)
{
	struct ethdev_rxq *q = &port1->rxq[0];

	(void)state;
	q->wake = ETHDEV_WAKE_SOCKET; /* as if there were one */
	assert_int_equal(sleep_us(), 1792);
	one_sleep(true, false, false); /* something else ended the sleep */
	assert_false(q->proven);
	assert_int_equal(q->missed, 0);
	one_sleep(false, true, false); /* rings for nothing */
	assert_false(q->proven);
	one_sleep(true, true, false);
	assert_true(q->proven);
	assert_int_equal(q->wakes, 1);
	assert_int_equal(sleep_us(), 100000);
	one_sleep(true, false, true); /* missed: short naps until it rings again */
	assert_false(q->proven);
	assert_int_equal(sleep_us(), 1792);
	for (unsigned int i = 0; i < 6; i++)
		one_sleep(true, false, true);
	one_sleep(false, false, true); /* no frame, no reason to ring */
	assert_int_equal(q->wake, ETHDEV_WAKE_SOCKET);
	one_sleep(true, true, false); /* forgiven */
	assert_true(q->proven);
	for (unsigned int i = 0; i < 7; i++)
		one_sleep(true, false, true);
	assert_int_equal(q->wake, ETHDEV_WAKE_SOCKET);
	one_sleep(true, false, true);
	assert_int_equal(q->wake, ETHDEV_WAKE_NAP);
	assert_int_equal(sleep_us(), 1792);
	q->wake = ETHDEV_WAKE_SOCKET;
	q->idle = q->missed = 0;
	for (unsigned int i = 0; i < 63; i++)
		one_sleep(false, true, false);
	assert_int_equal(q->wake, ETHDEV_WAKE_SOCKET);
	one_sleep(false, true, false);
	assert_int_equal(q->wake, ETHDEV_WAKE_NAP);
	q->proven = false;
}

/* A ring may be ahead of its frame by a few naps, which are short as long as it is awaited. */
static void
ring_ahead_of_its_frame(void **state)
{
	struct ethdev_rxq *q = &port1->rxq[0];
	uint64_t wakes = q->wakes;

	(void)state;
	q->wake = ETHDEV_WAKE_SOCKET;
	q->proven = true;
	q->idle = q->missed = 0;
	one_sleep(false, true, false);
	assert_int_equal(sleep_us(), 1792);
	for (unsigned int i = 0; i < 15; i++)
		one_sleep(false, false, true);
	assert_int_equal(sleep_us(), 1792);
	one_sleep(true, false, true); /* in a nap */
	assert_int_equal(q->wakes, wakes + 1);
	assert_int_equal(q->missed, 0);
	assert_int_equal(sleep_us(), 100000);
	one_sleep(false, true, false);
	dp_inject(p1, &plain); /* awake */
	dp_run();
	one_sleep(false, false, true);
	assert_int_equal(q->wakes, wakes + 2);
	assert_int_equal(sleep_us(), 100000);
	one_sleep(false, true, false); /* rang for nothing: awaited for a while, no longer */
	for (unsigned int i = 0; i < 16; i++)
		one_sleep(false, false, true);
	assert_int_equal(sleep_us(), 100000);
	one_sleep(true, false, true);
	assert_int_equal(q->missed, 1);
	q->wake = ETHDEV_WAKE_NAP;
	q->proven = false;
	q->missed = q->idle = 0;
}

/* A port with more queues has the others polled more often in a round, not waited for less. */
static void
awaited_as_long_beside_many_queues(void **state)
{
	struct ethdev_rxq *q = &port1->rxq[0];

	(void)state;
	dp_port_queues("p3", 4, 1);
	for (unsigned int i = 0; i < 4; i++)
		dp_cmd("set worker rxq p3 %u lcore 1", i);
	q->wake = ETHDEV_WAKE_SOCKET;
	q->proven = true;
	one_sleep(false, true, false);
	for (unsigned int i = 0; i < 15; i++)
		one_sleep(false, false, true);
	assert_int_equal(q->owed, 1);
	one_sleep(false, false, true);
	assert_int_equal(q->owed, 0);
	q->wake = ETHDEV_WAKE_NAP;
	q->proven = false;
}

/* Lying down is heard by everybody who leaves something. */
static bool
wakes(unsigned int slot, void (*act)(void))
{
	uint64_t start = clock_ms();
	struct epoll_event ev[4];
	bool woken;
	int n;

	role_enter_dp();
	worker_sleep_begin(workers[slot]);
	if (act != NULL)
		act();
	woken = workers[slot]->asleep == 0;
	n = worker_sleep(workers[slot], woken ? 10000000 : 1000, ev, 4);
	assert_int_equal(n, woken ? 0 : -1);
	assert_true(clock_ms() - start < 5000);
	assert_int_equal(workers[slot]->asleep, 0);
	return woken;
}

static void
poll_first_worker(void)
{
	role_enter_dp();
	ethdev_poll(workers[1]);
}

static void
forward_by_ring(void)
{
	dp_inject(p1, &plain);
	poll_first_worker();
}

static void
originate(void)
{
	dp_cmd_try("ping 10.0.2.9 -c 1", 0);
}

static void
spread_flows(void)
{
	for (uint16_t i = 0; i < 16; i++) {
		struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.1.99", 20);

		((struct rte_udp_hdr *)(dp_ip4(&f) + 1))->src_port = i;
		dp_inject(p1, &f);
	}
	poll_first_worker();
}

/* Of sixteen datagrams for the router some are the other worker's to put together. */
static void
begin_datagrams(void)
{
	for (uint16_t i = 0; i < 16; i++) {
		struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.1.1", 24);

		dp_ip4(&f)->packet_id = i;
		dp_ip4(&f)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
	}
	poll_first_worker();
}

static void
move_queue(void)
{
	dp_cmd("set worker rxq p1 0 lcore 1");
	dp_cmd("set worker rxq p1 0 lcore 2");
}

static void
sleepers_are_woken(void **state)
{
	struct dp_frame f;

	(void)state;
	assert_false(wakes(2, NULL));
	assert_false(wakes(2, poll_first_worker));
	assert_true(wakes(2, forward_by_ring));
	assert_true(wakes(2, originate));
	dp_cmd("tc qdisc add dev p2 root pfifo_fast");
	assert_true(wakes(2, forward_by_ring));
	dp_run();
	dp_cmd("tc qdisc del dev p2 root");
	dp_cmd("sysctl net.ipv4.ipfrag_time=1");
	assert_true(wakes(2, begin_datagrams));
	dp_cmd("port config p1 spread l4");
	assert_true(wakes(2, spread_flows));
	dp_run(); /* or the change waits a second for what is in the ring */
	dp_cmd("port config p1 spread off");
	assert_true(wakes(2, move_queue));
	dp_cmd("set worker rxq p1 0 lcore 1");
	dp_run_ms(8000); /* what was begun is given up, and its sender asked for in vain */
	while (dp_out(p1, &f) || dp_out(p2, &f))
		;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naps_fit_the_queue),
		cmocka_unit_test(frames_that_wait_keep_it_awake),
		cmocka_unit_test(trust_is_earned_and_lost),
		cmocka_unit_test(ring_ahead_of_its_frame),
		cmocka_unit_test(sleepers_are_woken),
		cmocka_unit_test(awaited_as_long_beside_many_queues),
	};

	return cmocka_run_group_tests_name("dp/sleep", tests, setup, dp_teardown);
}
