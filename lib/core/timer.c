/* SPDX-License-Identifier: BSD-3-Clause */
/* rte_timer_next_ticks() is marked experimental in 22.11; only the control thread asks. */
#define ALLOW_EXPERIMENTAL_API
#include "core/timer.h"
#include <errno.h>
#include <rte_cycles.h>
#include <rte_lcore.h>

static uint64_t start_tsc; /* 0 until the first question: then the clock's zero */

static uint64_t
since_start(void)
{
	uint64_t zero = __atomic_load_n(&start_tsc, __ATOMIC_RELAXED);

	if (unlikely(zero == 0)) {
		uint64_t now = rte_rdtsc();

		if (__atomic_compare_exchange_n(&start_tsc, &zero, now, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			zero = now;
	}
	return rte_rdtsc() - zero;
}

uint64_t
clock_us(void)
{
	uint64_t tsc = since_start(), hz = rte_get_tsc_hz();

	return tsc / hz * 1000000 + tsc % hz * 1000000 / hz;
}

uint64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

uint64_t
clock_tsc(void)
{
	return rte_rdtsc();
}

int
timer_init(void)
{
	int rc = rte_timer_subsystem_init();

	since_start();
	return rc == -EALREADY ? 0 : rc;
}

void
timer_fini(void)
{
	rte_timer_subsystem_finalize();
}

/*
 * What is due waits in a list of ours, by time, and is run one by one. rte_timer holds all that it
 * is about to run itself, and who stops another one of them waits for ever.
 */
static struct ctl_timer *due, **due_end = &due;

static void
fire(struct rte_timer *t, void *arg)
{
	struct ctl_timer *timer = arg;

	(void)t;
	timer->next_due = NULL;
	timer->pprev_due = due_end;
	*due_end = timer;
	due_end = &timer->next_due;
}

static void
forget_due(struct ctl_timer *t)
{
	if (t->pprev_due == NULL)
		return;
	*t->pprev_due = t->next_due;
	if (t->next_due != NULL)
		t->next_due->pprev_due = t->pprev_due;
	else
		due_end = t->pprev_due;
	t->pprev_due = NULL;
}

void
timer_setup(struct ctl_timer *t, void (*fn)(struct ctl_timer *self))
{
	rte_timer_init(&t->t);
	t->fn = fn;
	t->pprev_due = NULL;
}

void
timer_mod(struct ctl_timer *t, uint64_t ms)
{
	forget_due(t);
	/* One thread only: reset can not fail, since the timer runs nowhere else. */
	rte_timer_reset_sync(&t->t, ms * rte_get_timer_hz() / 1000, SINGLE, rte_lcore_id(), fire,
			     t);
}

void
timer_del(struct ctl_timer *t)
{
	forget_due(t);
	rte_timer_stop_sync(&t->t);
}

bool
timer_pending(const struct ctl_timer *t)
{
	return t->pprev_due != NULL || rte_timer_pending((struct rte_timer *)(uintptr_t)&t->t) != 0;
}

void
timer_run(void)
{
	struct ctl_timer *t;

	rte_timer_manage();
	while ((t = due) != NULL) {
		forget_due(t);
		t->fn(t);
	}
}

int
timer_next_ms(int max)
{
	int64_t ticks = rte_timer_next_ticks();
	uint64_t hz = rte_get_timer_hz();

	if (ticks < 0)
		return max;
	return (int)RTE_MIN((uint64_t)max, ((uint64_t)ticks * 1000 + hz - 1) / hz);
}
