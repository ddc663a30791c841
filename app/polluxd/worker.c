/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The poll loop. A worker owns its lcore: it receives, processes and sends, says once per round
 * that it holds no reference (RCU), and never waits for anybody. In power auto it sleeps when
 * nothing has come for a while. Where all its queues have shown that they wake it, it waits for
 * that; else it naps, longer the longer nothing comes: a quarter of the longest nap at most, and
 * all of it after a second of silence.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include "core/rcu.h"
#include "core/stage_dp.h"
#include "ethdev/ethdev_dp.h"
#include "polluxd/polluxd.h"
#include "skb/skb_dp.h"

#define IDLE_BEFORE_SLEEP_US 50
#define LONG_IDLE_US	     1000000 /* until then naps are a quarter of the longest */
#define MIN_SLEEP_US	     10
#define BUSY_ROUNDS	     8
#define EVENTS_MAX	     16	  /* told by one wake-up; others are told by the next */
#define POOL_MBUFS	     8191 /* for packets made here: replies, errors, fragments, clones */

static bool stopping;
static int power = POWER_AUTO;
static uint32_t max_sleep_us = WORKERS_MAX_SLEEP_US;
static bool shares_cpu[WORKER_MAX]; /* with the control thread or another worker */

/* How a worker is going to rest, or has just rested. */
struct rest {
	uint64_t idle_since; /* TSC of the first empty round; 0: there was work */
	uint32_t us;	     /* the next sleep; 0: awake */
	bool slept, in_time; /* the last round was a sleep; nothing had ended it */
};

/* How long to sleep now, microseconds; 0: not yet. */
static DP_ONLY uint32_t
choose_sleep(struct worker *w, uint64_t idle_us)
{
	uint32_t most = __atomic_load_n(&max_sleep_us, __ATOMIC_RELAXED), us;

	if (idle_us <= IDLE_BEFORE_SLEEP_US)
		return 0;
	if (idle_us <= LONG_IDLE_US)
		most = (uint32_t)RTE_MIN((uint64_t)most, idle_us) / 4;
	us = ethdev_sleep_us(w, RTE_MAX(most, (uint32_t)MIN_SLEEP_US));
	return RTE_MAX(us, (uint32_t)MIN_SLEEP_US);
}

/* Sleep, out of RCU's sight, so that the control thread never waits for a sleeper. */
static DP_ONLY void
fall_asleep(struct worker *w, struct rest *r)
{
	struct epoll_event ev[EVENTS_MAX];
	uint64_t slept = rte_rdtsc();
	int n;

	rcu_worker_offline(w->id);
	n = worker_sleep(w, r->us, ev, EVENTS_MAX);
	rcu_worker_online(w->id);
	ethdev_sleep_woke(w, ev, n);
	slept = rte_rdtsc() - slept;
	stage_add(w, STAGE_SLEEP, slept);
	w->sleep_tsc += slept;
	w->now += slept; /* what is left is idle time */
	w->sleeps++;
	r->us = 0;
	r->slept = true;
	r->in_time = n < 0;
}

/* Nothing came: decide how to wait. A sleep begins with one more look, from which on whoever brings
 * something knows that the worker has to be woken. */
static DP_ONLY void
rest(struct worker *w, struct rest *r)
{
	uint64_t idle_us = (w->now - r->idle_since) / (rte_get_tsc_hz() / 1000000);

	if (r->us > 0) {
		fall_asleep(w, r);
	} else if (__atomic_load_n(&power, __ATOMIC_RELAXED) == POWER_AUTO &&
		   (r->us = choose_sleep(w, idle_us)) > 0) {
		worker_sleep_begin(w);
		ethdev_sleep_arm(w);
	} else if (shares_cpu[w->id]) {
		sched_yield();
	} else {
		rte_pause();
	}
}

/* The round after a sleep, or between lying down and sleeping, is over. */
static DP_ONLY void
rested(struct worker *w, struct rest *r, bool work)
{
	if (r->slept)
		ethdev_sleep_judge(w, r->in_time);
	r->slept = false;
	if (r->us > 0 && work) {
		worker_sleep_end(w);
		ethdev_sleep_woke(w, NULL, 0);
		r->us = 0;
	}
}

static DP_ONLY void
loop(struct worker *w)
{
	struct rest r = { 0 };
	unsigned int unread = 0; /* busy rounds since the clock was read */

	w->stage = STAGE_IDLE;
	w->now = w->stage_tsc = rte_rdtsc();
	rcu_worker_online(w->id);
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		unsigned int work;
		uint64_t now, spent;

		stage_round(w);
		work = ethdev_poll(w);
		rcu_worker_quiescent(w->id);
		if (unlikely(r.us > 0 || r.slept))
			rested(w, &r, work > 0);
		/* A reading costs as much as a packet. Behind less than a burst it is made, for the
		 * next round may be empty, and is idle time; full rounds in a row share one. */
		if (work > 0) {
			r.idle_since = 0;
			if (++unread < BUSY_ROUNDS && work >= ETHDEV_BURST)
				continue;
		}
		now = rte_rdtsc();
		spent = now - w->now;
		w->now = now;
		if (unread > 0)
			w->busy_tsc += spent;
		else
			w->idle_tsc += spent;
		unread = 0;
		if (work > 0)
			continue;
		w->empty_polls++;
		if (r.idle_since == 0)
			r.idle_since = now;
		rest(w, &r);
		now = rte_rdtsc();
		w->idle_tsc += now - w->now;
		w->now = now;
	}
	worker_sleep_end(w);
	rcu_worker_offline(w->id);
}

static int
worker_main(void *arg)
{
	struct worker *w = arg;

	role_enter_dp();
	prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* sleeps end within a microsecond */
	loop(w);
	return 0;
}

static uint16_t
cpu_of_lcore(unsigned int lcore)
{
	rte_cpuset_t set = rte_lcore_cpuset(lcore);

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return (uint16_t)cpu;
	return 0;
}

int
workers_alloc(void)
{
	unsigned int lcore, slot = 1;
	struct worker *w = worker_alloc(0, (uint16_t)rte_lcore_id(), (int)rte_socket_id());
	int rc;

	if (w == NULL)
		return -ENOMEM;
	w->cpu = cpu_of_lcore(rte_lcore_id());
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (slot == WORKER_MAX)
			break;
		w = worker_alloc((uint16_t)slot, (uint16_t)lcore,
				 (int)rte_lcore_to_socket_id(lcore));
		if (w == NULL)
			return -ENOMEM;
		w->cpu = cpu_of_lcore(lcore);
		rc = worker_sleep_init(w);
		if (rc < 0)
			return rc;
		slot++;
	}
	for (unsigned int i = 1; i < n_workers; i++)
		for (unsigned int k = 0; k < n_workers; k++)
			if (k != i && workers[k]->cpu == workers[i]->cpu)
				shares_cpu[i] = true;
	return 0;
}

int
workers_pools(void)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < n_workers; i++) {
		char name[RTE_MEMPOOL_NAMESIZE];

		for (unsigned int k = 0; k < i && workers[i]->pool == NULL; k++)
			if (workers[k]->socket == workers[i]->socket)
				workers[i]->pool = workers[k]->pool;
		if (workers[i]->pool != NULL)
			continue;
		snprintf(name, sizeof(name), "own_%d", workers[i]->socket);
		workers[i]->pool = skb_pool_create(name, POOL_MBUFS, RTE_MBUF_DEFAULT_BUF_SIZE,
						   workers[i]->socket);
		if (workers[i]->pool == NULL)
			return -ENOMEM;
	}
	return 0;
}

void
workers_start(void)
{
	__atomic_store_n(&stopping, false, __ATOMIC_RELAXED);
	for (unsigned int i = 1; i < n_workers; i++)
		rte_eal_remote_launch(worker_main, workers[i], workers[i]->lcore);
}

void
workers_stop(void)
{
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	for (unsigned int i = 1; i < n_workers; i++)
		worker_wake(workers[i]);
	for (unsigned int i = 1; i < n_workers; i++)
		rte_eal_wait_lcore(workers[i]->lcore);
}

void
workers_set_power(enum power_mode mode)
{
	__atomic_store_n(&power, (int)mode, __ATOMIC_RELAXED);
	for (unsigned int i = 1; i < n_workers; i++)
		worker_wake(workers[i]);
}

enum power_mode
workers_power(void)
{
	return (enum power_mode)power;
}

void
workers_set_max_sleep(uint32_t us)
{
	__atomic_store_n(&max_sleep_us, us, __ATOMIC_RELAXED);
}

uint32_t
workers_max_sleep(void)
{
	return max_sleep_us;
}
