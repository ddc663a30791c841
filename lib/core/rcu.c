/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/rcu.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <rte_rcu_qsbr.h>
#include "core/log.h"
#include "core/timer.h"

LOG_MODULE(rcu);

#define SPINS	    1024
#define PATIENCE_MS 2000

/*
 * Retired objects wait in two lists: "next" collects while a grace period runs for "waiting".
 * One token covers a whole list, so a million retirements cost a handful of checks.
 */
struct batch {
	struct rcu_head *head, **tail;
	unsigned int n;
	uint64_t token;
};

static struct rte_rcu_qsbr *qs;
static unsigned int n_readers;
static struct batch waiting, next;

static void
batch_init(struct batch *b)
{
	b->head = NULL;
	b->tail = &b->head;
	b->n = 0;
}

int
rcu_init(unsigned int max_workers)
{
	size_t size = rte_rcu_qsbr_get_memsize(max_workers);

	size = RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE);
	qs = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (qs == NULL || rte_rcu_qsbr_init(qs, max_workers) != 0) {
		free(qs);
		qs = NULL;
		return -ENOMEM;
	}
	n_readers = max_workers;
	batch_init(&waiting);
	batch_init(&next);
	return 0;
}

static CTL_ONLY void
run(struct batch *b)
{
	struct rcu_head *h = b->head;

	batch_init(b); /* first: a callback may retire more */
	while (h != NULL) {
		struct rcu_head *following = h->next;

		h->fn(h);
		h = following;
	}
}

void
rcu_fini(void)
{
	while (waiting.n + next.n > 0) {
		run(&waiting);
		run(&next);
	}
	free(qs);
	qs = NULL;
}

static CTL_ONLY void
start_grace_period(void)
{
	waiting = next;
	if (waiting.n == 0)
		waiting.tail = &waiting.head;
	batch_init(&next);
	waiting.token = rte_rcu_qsbr_start(qs);
}

void
rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
	head->next = NULL;
	head->fn = fn;
	*next.tail = head;
	next.tail = &head->next;
	next.n++;
	if (waiting.n == 0)
		start_grace_period();
}

unsigned int
rcu_poll(void)
{
	/* Twice: what was collected during one grace period often finds the next one over too. */
	for (int i = 0; i < 2 && waiting.n > 0; i++) {
		if (rte_rcu_qsbr_check(qs, waiting.token, false) != 1)
			break;
		run(&waiting);
		if (waiting.n == 0 && next.n > 0)
			start_grace_period();
	}
	return waiting.n + next.n;
}

void
rcu_synchronize(void)
{
	uint64_t token = rte_rcu_qsbr_start(qs), end = clock_ms() + PATIENCE_MS;

	for (unsigned int spins = 1; rte_rcu_qsbr_check(qs, token, false) != 1; spins++) {
		if (spins % SPINS != 0) {
			rte_pause();
			continue;
		}
		sched_yield(); /* a reader may want this very CPU */
		if (clock_ms() > end) {
			log_err("a worker does not move, and the control thread waits for it");
			end = UINT64_MAX;
		}
	}
}

void
rcu_barrier(void)
{
	do
		rcu_synchronize();
	while (rcu_poll() > 0);
}

unsigned int
rcu_pending(void)
{
	return waiting.n + next.n;
}

void
rcu_worker_online(unsigned int id)
{
	rte_rcu_qsbr_thread_register(qs, id); /* again is no error */
	rte_rcu_qsbr_thread_online(qs, id);
}

void
rcu_worker_offline(unsigned int id)
{
	rte_rcu_qsbr_thread_offline(qs, id);
	rte_rcu_qsbr_thread_unregister(qs, id);
}

void
rcu_worker_quiescent(unsigned int id)
{
	rte_rcu_qsbr_quiescent(qs, id);
}
