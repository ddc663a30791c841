/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/counter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct counter_block *counter_blocks;
static unsigned int used;

int
counter_register(struct counter_block *b)
{
	if (used + b->n > WORKER_COUNTER_MAX)
		return -ENOSPC;
	b->cleared = calloc(b->n, sizeof(*b->cleared));
	if (b->cleared == NULL)
		return -ENOMEM;
	b->base = used;
	used += b->n;
	b->next = counter_blocks;
	counter_blocks = b;
	return 0;
}

uint64_t
counter_read_worker(const struct counter_block *b, unsigned int idx, const struct worker *w)
{
	return __atomic_load_n(&w->counters[b->base + idx], __ATOMIC_RELAXED);
}

uint64_t
counter_read_total(const struct counter_block *b, unsigned int idx)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n_workers; i++)
		sum += counter_read_worker(b, idx, workers[i]);
	return sum;
}

uint64_t
counter_read(const struct counter_block *b, unsigned int idx)
{
	return counter_read_total(b, idx) - b->cleared[idx];
}

void
counter_clear(struct counter_block *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		b->cleared[i] = counter_read_total(b, i);
}

struct counter_block *
counter_find(const char *name)
{
	struct counter_block *b = counter_blocks;

	while (b != NULL && strcmp(b->name, name) != 0)
		b = b->next;
	return b;
}

void
counter_fini(void)
{
	while (counter_blocks != NULL) {
		struct counter_block *b = counter_blocks;

		counter_blocks = b->next;
		free(b->cleared);
		b->cleared = NULL;
	}
	used = 0;
}
