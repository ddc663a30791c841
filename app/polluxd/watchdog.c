/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does every worker still turn its wheel? No sleep lasts longer than 100 ms, so that a count of
 * rounds that stands still tells. Checks are counted, not seconds: a process that was stopped as a
 * whole finds no worker at fault.
 */
#include "core/log.h"
#include "core/timer.h"
#include "polluxd/polluxd.h"

LOG_MODULE(watchdog);

#define CHECK_MS 500
#define PATIENCE 4 /* checks without a round */

static struct {
	uint64_t polls;
	unsigned int still; /* checks since it moved */
} seen[WORKER_MAX];
static struct ctl_timer timer;

bool
watchdog_stalled(unsigned int slot)
{
	return seen[slot].still >= PATIENCE;
}

void
watchdog_check(void)
{
	for (unsigned int i = 1; i < n_workers; i++) {
		const struct worker *w = workers[i];
		uint64_t polls = __atomic_load_n(&w->polls, __ATOMIC_RELAXED);

		if (polls == seen[i].polls) {
			if (++seen[i].still == PATIENCE)
				log_err("worker %u on lcore %u, CPU %u, does not move: its ports "
					"are dead",
					i, w->lcore, w->cpu);
			continue;
		}
		if (watchdog_stalled(i))
			log_notice("worker %u on lcore %u moves again", i, w->lcore);
		seen[i].polls = polls;
		seen[i].still = 0;
	}
}

static void
on_timer(struct ctl_timer *t)
{
	role_enter_ctl();
	watchdog_check();
	timer_mod(t, CHECK_MS);
}

void
watchdog_start(void)
{
	timer_setup(&timer, on_timer);
	timer_mod(&timer, CHECK_MS);
}

void
watchdog_stop(void)
{
	timer_del(&timer);
}
