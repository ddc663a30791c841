/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages, counters, timers and logging limits: what needs EAL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <rte_common.h>
#include "core/counter.h"
#include "core/held.h"
#include "core/log.h"
#include "core/msg.h"
#include "core/stage_dp.h"
#include "core/timer.h"
#include "../eal.h"

static unsigned int order[64], n_order;
static int t_bpdu, t_arp, t_other;

static void
on_msg(struct ctl_msg *msg)
{
	if (n_order < RTE_DIM(order))
		order[n_order] = msg->type;
	n_order++;
}

static int
setup(void **state)
{
	(void)state;
	role_enter_ctl();
	if (test_eal_init() < 0 || worker_alloc(0, 0, 0) == NULL || worker_alloc(1, 1, 0) == NULL ||
	    timer_init() < 0 || drop_init() < 0 || msg_init() < 0)
		return -1;
	t_other = msg_register(MSG_OTHER, "other", on_msg);
	t_bpdu = msg_register(MSG_BPDU, "bpdu", on_msg);
	t_arp = msg_register(MSG_ARP, "arp", on_msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	role_enter_ctl();
	msg_fini();
	counter_fini();
	timer_fini();
	worker_free_all();
	return rte_eal_cleanup();
}

static int
say(int type)
{
	struct ctl_msg m = { .type = (uint16_t)type };

	role_enter_dp();
	return msg_send(workers[1], &m);
}

static void
classes_are_served_in_order(void **state)
{
	(void)state;
	role_enter_ctl();
	n_order = 0;
	say(t_other);
	say(t_arp);
	say(t_bpdu);
	assert_int_equal(msg_held(), 3);
	assert_int_equal(msg_poll(8), 3);
	assert_int_equal(order[0], t_bpdu);
	assert_int_equal(order[1], t_arp);
	assert_int_equal(order[2], t_other);
	assert_int_equal(msg_held(), 0);
}

/* A flood of one class is refused at its limit and does not touch another. */
static void
a_full_class_refuses_and_counts(void **state)
{
	struct msg_class_stat st;
	unsigned int sent = 0;

	(void)state;
	role_enter_ctl();
	n_order = 0;
	while (say(t_other) == 0)
		sent++;
	msg_class_stats(MSG_OTHER, &st);
	assert_int_equal(sent, st.limit);
	assert_int_equal(st.refused, 1);
	assert_int_equal(say(t_other), -ENOBUFS);
	assert_int_equal(msg_full_reason((uint16_t)t_other), DROP_MSG_OTHER_FULL);
	assert_int_equal(say(t_arp), 0);
	assert_int_equal(msg_poll(10), 11); /* the budget holds for each class */
	assert_int_equal(order[0], t_arp);
	while (msg_poll(1000) > 0)
		;
	assert_int_equal(n_order, sent + 1);
}

static bool
woken(void)
{
	struct pollfd p = { .fd = msg_wake_fd(), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void
a_sleeper_is_woken_once(void **state)
{
	(void)state;
	role_enter_ctl();
	say(t_arp);
	assert_false(woken());		 /* awake: no system call */
	assert_false(msg_sleep_begin()); /* may not sleep: something waits */
	msg_poll(8);
	assert_true(msg_sleep_begin());
	assert_false(woken());
	say(t_arp);
	assert_true(woken());
	msg_sleep_end();
	assert_false(woken());
	msg_poll(8);
}

enum { CNT_A, CNT_B, CNT_MAX };
static const char *const names[] = { "a", "b" };
static struct counter_block block = { .name = "test", .names = names, .n = CNT_MAX };

static void
counters_add_up_and_clear(void **state)
{
	(void)state;
	role_enter_ctl();
	role_enter_dp();
	assert_int_equal(counter_register(&block), 0);
	assert_ptr_equal(counter_find("test"), &block);
	counter_add(workers[0], &block, CNT_B, 5);
	counter_inc(workers[1], &block, CNT_B);
	assert_int_equal(counter_read(&block, CNT_B), 6);
	assert_int_equal(counter_read(&block, CNT_A), 0);
	counter_clear(&block);
	assert_int_equal(counter_read(&block, CNT_B), 0);
	assert_int_equal(counter_read_total(&block, CNT_B), 6);
	counter_inc(workers[0], &block, CNT_B);
	assert_int_equal(counter_read(&block, CNT_B), 1);
}

static void
too_many_counters_are_refused(void **state)
{
	static struct counter_block huge = { .name = "huge", .n = WORKER_COUNTER_MAX };

	(void)state;
	role_enter_ctl();
	assert_int_equal(counter_register(&huge), -ENOSPC);
	assert_null(counter_find("huge"));
}

static unsigned int fired;

static void
fire(struct ctl_timer *t)
{
	role_enter_ctl();
	fired++;
	if (fired < 3)
		timer_mod(t, 1);
}

static void
timers_fire_rearm_and_stop(void **state)
{
	struct ctl_timer t, never;
	uint64_t end = clock_ms() + 5000;

	(void)state;
	role_enter_ctl();
	timer_setup(&t, fire);
	timer_setup(&never, fire);
	timer_mod(&never, 50);
	timer_mod(&t, 1);
	assert_true(timer_pending(&t));
	assert_in_range(timer_next_ms(1000), 0, 2);
	timer_del(&never);
	timer_del(&never);
	while (fired < 3 && clock_ms() < end)
		timer_run();
	assert_int_equal(fired, 3);
	assert_false(timer_pending(&t));
	assert_int_equal(timer_next_ms(1000), 1000);
	timer_del(&t);
}

static void
rate_limit_lets_a_burst_pass(void **state)
{
	struct log_ratelimit rl = LOG_RATELIMIT(3, 3600000);
	unsigned int said = 0;

	(void)state;
	rl.last_ms = clock_ms();
	for (int i = 0; i < 10; i++)
		said += log_ratelimit_ok(&rl);
	assert_int_equal(said, 3);
	assert_int_equal(rl.suppressed, 7);
	rl.last_ms -= 3600000; /* an hour later: one more */
	assert_true(log_ratelimit_ok(&rl));
	assert_false(log_ratelimit_ok(&rl));
}

static unsigned int
seven(void)
{
	return 7;
}

static void
gauges_add_up(void **state)
{
	(void)state;
	role_enter_ctl();
	assert_int_equal(held_register("x", seven), 0);
	assert_int_equal(held_register("y", seven), 0);
	assert_int_equal(held_total(), 14);
	held_fini();
	assert_int_equal(held_total(), 0);
}

/* Cycles are exclusive: the caller's clock stands while the nested stage's runs. */
static void
stages_nest(void **state)
{
	struct worker *w = workers[1];
	enum stage outer, inner;

	(void)state;
	w->stage = STAGE_IDLE;
	w->stage_tsc = rte_rdtsc();
	outer = stage_enter(w, STAGE_IP4_RCV, 4);
	inner = stage_enter(w, STAGE_ICMP, 1);
	assert_int_equal(inner, STAGE_IP4_RCV);
	stage_leave(w, inner);
	assert_int_equal(w->stage, STAGE_IP4_RCV);
	stage_leave(w, outer);
	assert_int_equal(w->stage, STAGE_IDLE);
#ifdef POLLUX_STAGE_STATS
	assert_int_equal(w->stages[STAGE_IP4_RCV].packets, 4);
	assert_int_equal(w->stages[STAGE_ICMP].calls, 1);
	assert_true(w->stages[STAGE_IP4_RCV].cycles > 0);
#endif
}

/* One round in STAGE_SAMPLE is timed, and its cycles count that many times. */
static void
stages_are_sampled(void **state)
{
#ifdef POLLUX_STAGE_STATS
	struct worker *w = workers[1];
	unsigned int timed = 0, rounds = 16000;
	uint64_t before = w->stages[STAGE_ICMP].cycles, start;

	(void)state;
	for (unsigned int i = 0; i < rounds; i++) {
		stage_round(w);
		timed += w->stage_weight != 0;
		assert_true(w->stage_weight == 0 || w->stage_weight == STAGE_SAMPLE);
		assert_int_equal(w->stage, STAGE_IDLE);
	}
	assert_in_range(timed, rounds / STAGE_SAMPLE * 8 / 10, rounds / STAGE_SAMPLE * 12 / 10);
	while (w->stage_weight == 0)
		stage_round(w);
	start = rte_rdtsc();
	stage_leave(w, stage_enter(w, STAGE_ICMP, 1));
	assert_in_range(w->stages[STAGE_ICMP].cycles - before, STAGE_SAMPLE,
			STAGE_SAMPLE * (rte_rdtsc() - start));
	/* A nap is measured on its own: the clock passes it over. */
	start = w->stage_tsc;
	before = w->stages[STAGE_SLEEP].cycles;
	stage_add(w, STAGE_SLEEP, 1000);
	assert_int_equal(w->stages[STAGE_SLEEP].cycles - before, 1000);
	assert_int_equal(w->stage_tsc - start, 1000);
	w->stage_weight = 1;
#else
	(void)state;
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_served_in_order),
		cmocka_unit_test(a_full_class_refuses_and_counts),
		cmocka_unit_test(a_sleeper_is_woken_once),
		cmocka_unit_test(counters_add_up_and_clear),
		cmocka_unit_test(too_many_counters_are_refused),
		cmocka_unit_test(timers_fire_rearm_and_stop),
		cmocka_unit_test(rate_limit_lets_a_burst_pass),
		cmocka_unit_test(gauges_add_up),
		cmocka_unit_test(stages_nest),
		cmocka_unit_test(stages_are_sampled),
	};

	return cmocka_run_group_tests_name("core/msg", tests, setup, teardown);
}
