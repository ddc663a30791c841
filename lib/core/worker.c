/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/worker.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <numa.h>
#include <rte_cycles.h>

#define PAGE 4096

struct worker *workers[WORKER_MAX];
unsigned int n_workers;

struct worker *
worker_alloc(uint16_t id, uint16_t lcore, int socket)
{
	size_t size = RTE_ALIGN_CEIL(sizeof(struct worker), PAGE);
	struct worker *w;

	if (id >= WORKER_MAX || workers[id] != NULL)
		return NULL;
	w = aligned_alloc(PAGE, size); /* whole pages: the unit of NUMA placement */
	if (w == NULL)
		return NULL;
	if (numa_available() >= 0 && numa_max_node() > 0 && socket >= 0)
		numa_tonode_memory(w, size, socket); /* before the first touch; best effort */
	memset(w, 0, size);
	w->wake_fd = w->epoll_fd = -1;
	w->id = id;
	w->lcore = lcore;
	w->socket = (int16_t)socket;
	w->stage_weight = w->stage_skip = 1;
	w->stage_tsc = rte_rdtsc();
	w->rand = w->stage_tsc * UINT64_C(0x9e3779b97f4a7c15) + id;
	workers[id] = w;
	n_workers = RTE_MAX(n_workers, id + 1u);
	return w;
}

int
worker_sleep_init(struct worker *w)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->wake_fd < 0 || w->epoll_fd < 0)
		return -errno;
	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &ev) < 0 ? -errno : 0;
}

/* The eventfd is never read: each write is an edge, which is what the set reports. */
int
worker_sleep(struct worker *w, uint32_t us, struct epoll_event *ev, int max)
{
	const struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L };
	int n = epoll_pwait2(w->epoll_fd, ev, max, &ts, NULL), kept = 0;

	worker_sleep_end(w);
	for (int i = 0; i < n; i++)
		if (ev[i].data.u64 != 0)
			ev[kept++] = ev[i];
	return n > 0 ? kept : -1;
}

void
worker_wake_up(struct worker *w)
{
	const uint64_t one = 1;

	if (__atomic_exchange_n(&w->asleep, 0, __ATOMIC_RELAXED) == 0)
		return; /* somebody else was faster */
	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		return; /* written already, and not looked at yet */
}

void
worker_free_all(void)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		if (workers[i]->wake_fd >= 0)
			close(workers[i]->wake_fd);
		if (workers[i]->epoll_fd >= 0)
			close(workers[i]->epoll_fd);
		free(workers[i]);
		workers[i] = NULL;
	}
	n_workers = 0;
}
