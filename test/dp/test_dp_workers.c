/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers on threads of their own, under a load that never rests: while queues move between
 * them and flows are spread anew, every frame arrives, and each flow in its order. And what they
 * say of their own time is so.
 */
#include "dp.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include "core/timer.h"
#include "ctl/cli_exec.h"
#include "ethdev/ethdev.h"

#define QUEUES	 4
#define FLOWS	 64
#define WINDOW	 700 /* frames under way: fewer than any ring holds */
#define BURST	 16
#define STALL_MS 20000

static unsigned int p1, p2, p3;
static struct dp_frame flow_frame[FLOWS];

/* What the thread that sends and receives knows. */
static struct load {
	pthread_t thread;
	bool stop; /* send no more; the thread ends when all has arrived */
	uint32_t next[FLOWS], expected[FLOWS];
	uint64_t sent, received, late; /* late: out of their flow's order */
	bool lost;		       /* nothing arrived for too long */
} load;

static uint32_t
serial_of(const struct dp_frame *f)
{
	uint32_t v;

	memcpy(&v, f->b + 50, sizeof(v));
	return v;
}

static unsigned int
flow_of(struct dp_frame *f)
{
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(dp_ip4(f) + 1);

	return rte_be_to_cpu_16(udp->src_port) - 4000u;
}

static void
send_some(struct load *l, uint64_t *turn)
{
	for (unsigned int i = 0; i < BURST && l->sent - l->received < WINDOW; i++) {
		unsigned int flow = (unsigned int)(*turn)++ % FLOWS;
		struct dp_frame f = flow_frame[flow];

		memcpy(f.b + 50, &l->next[flow], sizeof(uint32_t));
		if (!dp_try_inject(p1, flow % QUEUES, &f))
			return;
		l->next[flow]++;
		l->sent++;
	}
}

static bool
receive_some(struct load *l, unsigned int port)
{
	struct dp_frame f;
	bool any = false;

	while (dp_out(port, &f)) {
		unsigned int flow = flow_of(&f);

		l->late += serial_of(&f) != l->expected[flow];
		l->expected[flow] = serial_of(&f) + 1;
		l->received++;
		any = true;
	}
	return any;
}

static void *
run_load(void *arg)
{
	struct load *l = arg;
	uint64_t turn = 0, moved = clock_ms();

	while (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED) || l->received < l->sent) {
		bool any;

		if (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED))
			send_some(l, &turn);
		any = receive_some(l, p2);
		any |= receive_some(l, p3);
		if (any)
			moved = clock_ms();
		else if (clock_ms() - moved > STALL_MS)
			break;
		else
			usleep(10);
	}
	l->lost = l->received != l->sent;
	return NULL;
}

static int
setup(void **state)
{
	(void)state;
	dp_setup_threads(2);
	p1 = dp_port_queues("p1", QUEUES, 1);
	p2 = dp_port_queues("p2", 1, 2); /* a transmit queue for each worker */
	p3 = dp_port_queues("p3", 1, 1); /* one for both: the other hands over by a ring */
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip addr add 10.0.3.1/24 dev p3");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	dp_cmd("ip neigh add 10.0.3.2 lladdr 02:00:00:00:01:04 dev p3");
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct rte_udp_hdr *udp;

		flow_frame[i] =
			dp_udp(p1, 2, "10.0.1.2", i / QUEUES % 2 ? "10.0.2.2" : "10.0.3.2", 40);
		udp = (struct rte_udp_hdr *)(dp_ip4(&flow_frame[i]) + 1);
		udp->src_port = rte_cpu_to_be_16((uint16_t)(4000 + i));
		udp->dgram_cksum = 0;
	}
	return 0;
}

static void
start_load(void)
{
	memset(&load, 0, sizeof(load));
	dp_drops_clear();
	assert_int_equal(pthread_create(&load.thread, NULL, run_load, &load), 0);
}

static void
end_load(void)
{
	__atomic_store_n(&load.stop, true, __ATOMIC_RELAXED);
	pthread_join(load.thread, NULL);
	for (int i = 0; i < 100; i++)
		dp_run();
	assert_int_equal(dp_drops("netdev_spread_full"), 0);
	assert_int_equal(dp_drops("netdev_tx_full"), 0);
	assert_false(load.lost);
	assert_int_equal(load.late, 0);
	assert_true(load.sent > 5000);
	dp_check_balance();
}

static uint64_t
sent(void)
{
	return __atomic_load_n(&load.sent, __ATOMIC_RELAXED);
}

/* Do something to the router again and again while so many frames pass. */
static void
disturb(void (*how)(unsigned int i), uint64_t frames)
{
	uint64_t end = clock_ms() + STALL_MS;

	for (unsigned int i = 0; sent() < frames && clock_ms() < end; i++) {
		how(i);
		dp_run();
		usleep(i % 7 * 50);
	}
}

static void
move_a_queue(unsigned int i)
{
	dp_cmd("set worker rxq p1 %u lcore %u", i % QUEUES, 1 + i / QUEUES % 2);
}

static void
change_the_spread(unsigned int i)
{
	static const char *const how[] = { "l4", "off", "l3", "l4", "l3", "off" };

	dp_cmd("port config p1 spread %s", how[i % RTE_DIM(how)]);
}

static void
both(unsigned int i)
{
	move_a_queue(i);
	if (i % 3 == 0)
		change_the_spread(i / 3);
}

static void
queues_move_without_loss(void **state)
{
	(void)state;
	start_load();
	disturb(move_a_queue, 100000);
	end_load();
}

static void
spreading_changes_without_loss(void **state)
{
	(void)state;
	start_load();
	disturb(change_the_spread, 100000);
	end_load();
	dp_cmd("port config p1 spread off");
}

static void
both_at_once(void **state)
{
	(void)state;
	start_load();
	disturb(both, 100000);
	end_load();
	dp_cmd("port config p1 spread off");
}

static uint64_t
received_by(unsigned int slot, const char *port)
{
	role_enter_ctl();
	return netdev_stats(workers[slot], dev_get_by_name(port))->rx_packets;
}

/* The packets that the stage "rx" of a worker has counted, a burst at most in each call. */
static uint64_t
rx_counted_by(unsigned int slot)
{
	const struct stage_stat *s = &workers[slot]->stages[STAGE_RX];

	assert_true(s->packets <= s->calls * ETHDEV_BURST);
	return s->packets;
}

/* One queue, polled by one worker: spread, both have work; a flow stays with one. */
static void
flows_of_one_queue_reach_both_workers(void **state)
{
	uint64_t before[3], got[3], rx[3];

	(void)state;
	for (unsigned int q = 0; q < QUEUES; q++)
		dp_cmd("set worker rxq p1 %u lcore 1", q);
	for (unsigned int spread = 0; spread < 2; spread++) {
		dp_cmd("port config p1 spread %s", spread ? "l4" : "off");
		for (unsigned int s = 1; s <= 2; s++) {
			before[s] = received_by(s, "p1");
			rx[s] = rx_counted_by(s);
		}
		start_load();
		while (sent() < 20000)
			usleep(1000);
		end_load();
		for (unsigned int s = 1; s <= 2; s++)
			got[s] = received_by(s, "p1") - before[s];
		assert_int_equal(got[1] + got[2], load.sent);
#ifdef POLLUX_STAGE_STATS
		assert_int_equal(rx_counted_by(1) - rx[1], load.sent); /* by the queue */
		assert_int_equal(rx_counted_by(2) - rx[2], got[2]);    /* by the ring */
#endif
		if (spread)
			assert_true(got[1] > load.sent / 4 && got[2] > load.sent / 4);
		else
			assert_int_equal(got[2], 0);
	}
	dp_cmd("port config p1 spread off");
}

/* Each worker has two queues of the port, and polls both. */
static void
queues_are_shared_out(void **state)
{
	struct ethdev_port *port;
	unsigned int polled_by[3] = { 0 };

	(void)state;
	role_enter_ctl();
	for (unsigned int q = 0; q < QUEUES; q++)
		dp_cmd("set worker rxq p1 %u lcore %u", q, 1 + q % 2);
	port = ethdev_by_name("p1");
	start_load();
	while (sent() < 10000)
		usleep(1000);
	end_load();
	for (unsigned int q = 0; q < QUEUES; q++) {
		polled_by[port->rxq[q].worker]++;
		assert_true(port->rxq[q].packets >= load.sent / QUEUES - FLOWS);
	}
	assert_int_equal(polled_by[1], 2);
	assert_int_equal(polled_by[2], 2);
	assert_int_equal(dp_cmd_try("show worker all", CLI_F_JSON), CLI_DONE);
	for (unsigned int q = 0; q < QUEUES; q++) {
		char want[64];

		snprintf(want, sizeof(want), "\"port\":\"p1\",\"queue\":%u", q);
		if (strstr(dp_cmd_output(), want) == NULL)
			fail_msg("%s is not in %s", want, dp_cmd_output());
	}
}

static uint64_t
time_of(const struct worker *w)
{
	return w->busy_tsc + w->idle_tsc + w->sleep_tsc;
}

/* Busy, idle and asleep are all there is. What a worker has not booked yet, for it waits for a
 * processor, is the less the longer one looks. */
static void
all_time_is_booked(void **state)
{
	static const char *const power[] = { "poll", "auto" };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(power); i++) {
		uint64_t end = clock_ms() + STALL_MS, from, booked, took, since[3];

		dp_cmd("set power %s", power[i]);
		for (unsigned int s = 1; s <= 2; s++)
			since[s] = time_of(workers[s]);
		from = rte_rdtsc();
		for (unsigned int s = 1; s <= 2; s++)
			do {
				usleep(20000);
				booked = time_of(workers[s]) - since[s];
				took = rte_rdtsc() - from;
				if (clock_ms() > end)
					fail_msg("power %s, worker %u: %.3f of its time is told",
						 power[i], s, (double)booked / (double)took);
			} while (booked < took / 100 * 98 || booked > took / 100 * 102);
	}
}

/* An empty poll that takes its time. */
static uint16_t
poll_slowly(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, uint16_t room,
	    void *us)
{
	(void)port;
	(void)queue;
	(void)pkts;
	(void)room;
	if (n == 0)
		usleep(__atomic_load_n((unsigned int *)us, __ATOMIC_RELAXED));
	return n;
}

/* Frames one by one: what a worker polls in vain behind each is not work. Its few microseconds for
 * a frame may be interrupted: then once more. */
static void
polling_in_vain_is_idle(void **state)
{
	static unsigned int us;
	const uint64_t frames = 20, most = frames * 2000 / 2 * (rte_get_tsc_hz() / 1000000);
	uint64_t busy = UINT64_MAX;

	(void)state;
	dp_cmd("set power poll");
	for (unsigned int q = 0; q < QUEUES; q++)
		dp_cmd("set worker rxq p1 %u lcore 1", q);
	role_enter_ctl();
	assert_non_null(
		rte_eth_add_rx_callback(ethdev_by_name("p1")->port_id, 0, poll_slowly, &us));
	__atomic_store_n(&us, 2000, __ATOMIC_RELAXED);
	for (unsigned int tries = 0; tries < 10 && busy > most; tries++) {
		uint64_t before = workers[1]->busy_tsc;
		struct dp_frame f;

		for (unsigned int i = 0; i < frames; i++) {
			dp_inject(p1, &flow_frame[QUEUES]); /* by p2: no ring between */
			while (!dp_out(p2, &f))
				usleep(100);
			usleep(5000);
		}
		busy = workers[1]->busy_tsc - before;
	}
	__atomic_store_n(&us, 0, __ATOMIC_RELAXED);
	dp_cmd("set power auto");
	assert_in_range(busy, 1, most);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_are_shared_out),
		cmocka_unit_test(queues_move_without_loss),
		cmocka_unit_test(flows_of_one_queue_reach_both_workers),
		cmocka_unit_test(spreading_changes_without_loss),
		cmocka_unit_test(both_at_once),
		cmocka_unit_test(all_time_is_booked),
		cmocka_unit_test(polling_in_vain_is_idle),
	};

	return cmocka_run_group_tests_name("dp/workers", tests, setup, dp_teardown);
}
