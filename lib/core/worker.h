/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H
/**
 * @file
 * struct worker: what one packet-moving thread owns. Slot 0 belongs to the control thread,
 * which originates packets with it; slots 1..n to the workers. Each is written by its thread
 * only; the control thread reads the counters with relaxed loads and sums them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_config.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include "core/role.h"
#include "core/stage_list.h"

#define WORKER_MAX	   32		    /* slots, control included */
#define WORKER_SLOTS	   (WORKER_MAX + 1) /* of arrays by id: the last is core/explain.h's */
#define WORKER_COUNTER_MAX 3072		    /* 8-byte counters a worker carries: see counter.h */

/** One row of `show stats stages`. */
struct stage_stat {
	uint64_t calls;
	uint64_t packets;
	uint64_t cycles; /* exclusive: time inside a nested stage is the nested one's */
};

/** neigh: how many frames that have a budget a worker has found in its last round of polling. */
struct worker_dear {
	uint64_t round; /* its number: the worker's polls */
	uint32_t n;
	bool off; /* the worker has time for them */
};

struct rte_mempool;
struct explain;

struct worker {
	uint16_t id;	       /* slot in workers[]; 0 is the control thread */
	uint16_t lcore;	       /* EAL lcore */
	uint16_t cpu;	       /* CPU it runs on */
	int16_t socket;	       /* NUMA node of that CPU */
	uint8_t loop_depth;    /* nesting of loopback transmission */
	enum stage stage;      /* stage that the clock runs for */
	uint32_t stage_weight; /* what its cycles count: 0, the clock stands; 1, every cycle once */
	uint32_t stage_skip;   /* rounds until the clock runs again */
	uint64_t stage_tsc;    /* when the stage started */
	uint64_t now;	       /* TSC at the start of this loop: coarse, free to read */
	uint64_t rand;	       /* state of worker_rand() */
	uint32_t turn;	       /* of multipath packet by packet */
	struct rte_mempool *pool; /* mbufs on this worker's socket */
	void *tx;		  /* drivers/ethdev: transmit state by port */
	void *backlog;		  /* netdev: packets looped back to this worker */
	struct explain *explain;  /* NULL but for the one worker of core/explain.h */
	/* how the worker spends its time, in TSC cycles: busy + idle + sleep = all of it */
	uint64_t busy_tsc, idle_tsc, sleep_tsc;
	uint32_t round_rx; /* frames that the last round of polling found in queues */
	uint64_t polls, empty_polls, sleeps;
	uint64_t flooded[4]; /* netdev: devices in a flood, by the low byte of their ifindex */
	bool refuses; /* neigh: the last packet for an unresolved neighbour was over the budget */
	struct worker_dear dear;
	struct stage_stat stages[STAGE_MAX];
	uint64_t counters[WORKER_COUNTER_MAX];
	/* read by other threads: on a line that the worker does not write while it is awake */
	uint32_t asleep __rte_cache_aligned; /* hears worker_wake(); cleared by who wakes it */
	int wake_fd;			     /* eventfd, or -1: never sleeps */
	int epoll_fd;			     /* wake_fd, and what drivers add: edge-triggered */
} __rte_cache_aligned;

extern struct worker *workers[WORKER_MAX]; /* dense: 0..n_workers-1 */
extern unsigned int n_workers;

/** Allocate slot @p id on NUMA node @p socket, zeroed. NULL when out of memory. Control, at start.
 */
struct worker *worker_alloc(uint16_t id, uint16_t lcore, int socket) CTL_ONLY;
/** Give @p w the descriptors to sleep on. 0 or -errno. Control, at start. */
int worker_sleep_init(struct worker *w) CTL_ONLY;
/** Free every slot. Control, after all threads have ended. */
void worker_free_all(void) CTL_ONLY;
/** The control thread's own context; use it only on the control thread, after role_borrow_dp(). */
static inline struct worker *
worker_ctl(void)
{
	return workers[0];
}
static inline bool
worker_is_ctl(const struct worker *w)
{
	return w->id == 0;
}

/* --- sleep: begin, look for work once more, sleep --- */
struct epoll_event;
/** From now on worker_wake() ends, or prevents, the next worker_sleep(). */
static inline void
worker_sleep_begin(struct worker *w) DP_ONLY
{
	__atomic_store_n(&w->asleep, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* pairs with worker_wake()'s */
}
/** Work was found: awake again. */
static inline void
worker_sleep_end(struct worker *w) DP_ONLY
{
	__atomic_store_n(&w->asleep, 0, __ATOMIC_RELAXED);
}
/** Block for @p us microseconds at most. Returns how many descriptors of drivers are in @p ev,
 * at most @p max; -1: the time is over. */
int worker_sleep(struct worker *w, uint32_t us, struct epoll_event *ev, int max) DP_ONLY;
void worker_wake_up(struct worker *w);
/** Something lies where @p w looks when it is awake: end its sleep, if it sleeps. Any thread. */
static inline void
worker_wake(struct worker *w)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&w->asleep, __ATOMIC_RELAXED) != 0))
		worker_wake_up(w);
}

/** 32 random bits (splitmix64): good enough to spread, not for secrets. */
static inline uint32_t
worker_rand(struct worker *w) DP_ONLY
{
	uint64_t z = (w->rand += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}
#endif
