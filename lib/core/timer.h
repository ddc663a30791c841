/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H
/**
 * @file
 * Timers of the control thread, on rte_timer. A timer is embedded in its object and
 * must be stopped before the object is freed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_timer.h>
#include "core/role.h"

struct ctl_timer {
	struct rte_timer t;
	void (*fn)(struct ctl_timer *self);
	struct ctl_timer *next_due, **pprev_due; /* due, and not run yet; NULL: it is not */
};

/** Create the timer subsystem. 0 or a negative errno. Control, once, after EAL. */
int timer_init(void) CTL_ONLY;
void timer_fini(void) CTL_ONLY;
/** Prepare @p t, which must not be running, to call @p fn on the control thread. */
void timer_setup(struct ctl_timer *t, void (*fn)(struct ctl_timer *self)) CTL_ONLY;
/** Fire once in @p ms milliseconds from now; re-arms a running timer. O(log n). */
void timer_mod(struct ctl_timer *t, uint64_t ms) CTL_ONLY;
/** Stop @p t; stopped already is no error. */
void timer_del(struct ctl_timer *t) CTL_ONLY;
bool timer_pending(const struct ctl_timer *t) CTL_ONLY;
/** Run what is due. */
void timer_run(void) CTL_ONLY;
/** Milliseconds until the next timer is due, rounded up, at most @p max. */
int timer_next_ms(int max) CTL_ONLY;

/** Milliseconds of a monotonic clock since start. Any thread; one rdtsc and a division. */
uint64_t clock_ms(void);
/** Microseconds of the same clock. */
uint64_t clock_us(void);
/** The time stamp counter, as worker::now has it: what is compared with that reads this. */
uint64_t clock_tsc(void);
#endif
