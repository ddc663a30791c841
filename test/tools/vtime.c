/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtime.h"
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>
#include <rte_cycles.h>

static bool real;
static uint64_t now_us, start_tsc;
static struct rte_timer *due_list; /* by time; of equal times the older first */

void
vtime_real(void)
{
	start_tsc = rte_rdtsc() - now_us * (rte_get_tsc_hz() / 1000000);
	real = true;
}

void
vtime_pass_us(uint64_t us)
{
	__atomic_fetch_add(&now_us, us, __ATOMIC_RELAXED);
}

void
vtime_tick(void)
{
	if (real)
		usleep(500);
	else
		vtime_pass_us(1000);
}

uint64_t
clock_tsc(void)
{
	return real ? rte_rdtsc() : clock_us() * (rte_get_tsc_hz() / 1000000);
}

uint64_t
clock_us(void)
{
	if (real)
		return (rte_rdtsc() - start_tsc) / (rte_get_tsc_hz() / 1000000);
	return __atomic_add_fetch(&now_us, 1, __ATOMIC_RELAXED);
}

uint64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

int
timer_init(void)
{
	due_list = NULL;
	return 0;
}

void
timer_fini(void)
{
	due_list = NULL;
}

void
timer_setup(struct ctl_timer *t, void (*fn)(struct ctl_timer *self))
{
	rte_timer_init(&t->t);
	t->fn = fn;
}

bool
timer_pending(const struct ctl_timer *t)
{
	return t->t.status.state == RTE_TIMER_PENDING;
}

void
timer_del(struct ctl_timer *t)
{
	struct rte_timer **p = &due_list;

	if (!timer_pending(t))
		return;
	while (*p != &t->t)
		p = &(*p)->sl_next[0];
	*p = t->t.sl_next[0];
	t->t.status.state = RTE_TIMER_STOP;
}

void
timer_mod(struct ctl_timer *t, uint64_t ms)
{
	struct rte_timer **p = &due_list;

	timer_del(t);
	t->t.expire = clock_us() + ms * 1000;
	while (*p != NULL && (*p)->expire <= t->t.expire)
		p = &(*p)->sl_next[0];
	t->t.sl_next[0] = *p;
	*p = &t->t;
	t->t.status.state = RTE_TIMER_PENDING;
}

void
timer_run(void)
{
	uint64_t now = clock_us(); /* what is armed meanwhile waits for the next time */

	while (due_list != NULL && due_list->expire <= now) {
		struct ctl_timer *t = container_of(due_list, struct ctl_timer, t);

		timer_del(t);
		t->fn(t);
	}
}

int
timer_next_ms(int max)
{
	uint64_t now = clock_us(), ms;

	if (due_list == NULL)
		return max;
	ms = due_list->expire <= now ? 0 : (due_list->expire - now + 999) / 1000;
	return (int)RTE_MIN((uint64_t)max, ms);
}
