/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/worker.h"
#include <stdlib.h>
#include <string.h>
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

void
worker_free_all(void)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		free(workers[i]);
		workers[i] = NULL;
	}
	n_workers = 0;
}
