/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <numa.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <rte_common.h>
#include "fib/fib_dir24.h"

#define TBL24_ENTRIES (1u << 24)
#define GROUP_ENTRIES 256u

/* Reserved, not used: the kernel gives pages when they are written. */
static void *
reserve(size_t bytes, int socket)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (socket >= 0 && numa_available() >= 0 && numa_num_configured_nodes() > 1)
		numa_tonode_memory(p, bytes, socket);
	return p;
}

int
dir24_init(struct dir24 *d, struct fib_dp *dp, uint32_t max_tbl8, int socket)
{
	*d = (struct dir24){ .dp = dp,
			     .max = max_tbl8,
			     .free = max_tbl8,
			     .leaving = max_tbl8,
			     .next_leaving = max_tbl8 };
	dp->tbl24 = reserve(TBL24_ENTRIES * sizeof(uint32_t), socket);
	dp->tbl8 = reserve((size_t)max_tbl8 * GROUP_ENTRIES * sizeof(uint32_t), socket);
	d->group = calloc(max_tbl8, sizeof(*d->group));
	if (dp->tbl24 == NULL || dp->tbl8 == NULL || d->group == NULL) {
		dir24_fini(d);
		return -ENOMEM;
	}
	/* A random destination misses the TLB on 4 KiB pages; a hint, refused without harm. */
	madvise(dp->tbl24, TBL24_ENTRIES * sizeof(uint32_t), MADV_HUGEPAGE);
	return 0;
}

void
dir24_fini(struct dir24 *d)
{
	if (d->dp == NULL)
		return;
	assert(!d->graced);
	if (d->dp->tbl24 != NULL)
		munmap(d->dp->tbl24, TBL24_ENTRIES * sizeof(uint32_t));
	if (d->dp->tbl8 != NULL)
		munmap(d->dp->tbl8, (size_t)d->max * GROUP_ENTRIES * sizeof(uint32_t));
	free(d->group);
	*d->dp = (struct fib_dp){ 0 };
	*d = (struct dir24){ 0 };
}

static void
store_range(uint32_t *e, uint32_t n, uint32_t leaf)
{
	for (uint32_t i = 0; i < n; i++)
		__atomic_store_n(&e[i], leaf, __ATOMIC_RELAXED);
}

/* No worker can read the groups of the list any more. */
static void
free_list(struct dir24 *d, uint32_t *list)
{
	while (*list != d->max) {
		struct dir24_group *g = &d->group[*list];
		uint32_t next = g->next;

		g->next = d->free;
		d->free = *list;
		*list = next;
		d->waiting--;
	}
}

static void grace_over(struct rcu_head *head);

static CTL_ONLY void
start_grace(struct dir24 *d)
{
	if (d->graced || d->next_leaving == d->max)
		return;
	d->leaving = d->next_leaving;
	d->next_leaving = d->max;
	d->graced = true;
	rcu_defer(&d->rcu, grace_over);
}

static void
grace_over(struct rcu_head *head)
{
	struct dir24 *d = container_of(head, struct dir24, rcu);

	role_enter_ctl();
	d->graced = false;
	free_list(d, &d->leaving);
	start_grace(d);
}

/* Wait for the readers here and now; what waits is free then. Runs no other's callbacks. */
static CTL_ONLY void
reclaim(struct dir24 *d)
{
	rcu_synchronize();
	free_list(d, &d->leaving);
	free_list(d, &d->next_leaving);
}

static CTL_ONLY int64_t
group_alloc(struct dir24 *d)
{
	uint32_t g;

	if (d->used >= d->max)
		return -ENOSPC;
	if (d->free == d->max && d->fresh == d->max)
		reclaim(d); /* used < max: those missing wait for readers */
	if (d->free != d->max) {
		g = d->free;
		d->free = d->group[g].next;
	} else if (d->fresh < d->max) {
		g = d->fresh++;
	} else {
		return -ENOSPC;
	}
	d->used++;
	return g;
}

int
dir24_hold(struct dir24 *d, uint32_t addr)
{
	uint32_t *slot = &d->dp->tbl24[addr >> 8], e = *slot;
	int64_t g;

	if (e & FIB_EXT) {
		d->group[e & FIB_IDX_MASK].count++;
		return 0;
	}
	g = group_alloc(d);
	if (g < 0)
		return g;
	d->group[g].count = 1;
	store_range(&d->dp->tbl8[g * GROUP_ENTRIES], GROUP_ENTRIES, e);
	/* Release: who follows the pointer finds the group filled. */
	__atomic_store_n(slot, FIB_EXT | (uint32_t)g, __ATOMIC_RELEASE);
	return 0;
}

void
dir24_put(struct dir24 *d, uint32_t addr)
{
	uint32_t *slot = &d->dp->tbl24[addr >> 8], g = *slot & FIB_IDX_MASK;
	const uint32_t *e = &d->dp->tbl8[g * GROUP_ENTRIES];

	assert(*slot & FIB_EXT);
	assert(d->group[g].count > 0);
	if (--d->group[g].count > 0)
		return;
#ifndef NDEBUG
	for (unsigned int i = 1; i < GROUP_ENTRIES; i++)
		assert(e[i] == e[0]);
#endif
	__atomic_store_n(slot, e[0], __ATOMIC_RELEASE);
	d->used--;
	d->waiting++;
	/* A worker may still be about to read the group: reused only after a grace period. */
	d->group[g].next = d->next_leaving;
	d->next_leaving = g;
	start_grace(d);
}

/* One /24, part or whole. */
static void
fill_slot(struct dir24 *d, uint32_t slot, uint32_t first, uint32_t last, uint32_t leaf)
{
	uint32_t e = d->dp->tbl24[slot];

	if (e & FIB_EXT) {
		store_range(&d->dp->tbl8[(e & FIB_IDX_MASK) * GROUP_ENTRIES + first],
			    last - first + 1, leaf);
		return;
	}
	assert(first == 0 && last == GROUP_ENTRIES - 1);
	__atomic_store_n(&d->dp->tbl24[slot], leaf, __ATOMIC_RELAXED);
}

void
dir24_fill(struct dir24 *d, uint32_t first, uint32_t last, uint32_t leaf)
{
	uint32_t a = first >> 8, b = last >> 8;

	/* The adjacency behind the leaf was published before: order it for all stores below. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (a == b) {
		fill_slot(d, a, first & 0xff, last & 0xff, leaf);
		return;
	}
	fill_slot(d, a, first & 0xff, 0xff, leaf);
	for (uint32_t s = a + 1; s < b; s++)
		fill_slot(d, s, 0, 0xff, leaf);
	fill_slot(d, b, 0, last & 0xff, leaf);
}

bool
dir24_held(const struct dir24 *d, uint32_t addr)
{
	return d->dp->tbl24[addr >> 8] & FIB_EXT;
}

/* Resident pages of a range: what a sparse table really costs. */
static uint64_t
resident(void *p, size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE), n = (bytes + page - 1) / page;
	unsigned char *vec = malloc(n);
	uint64_t sum = 0;

	if (vec == NULL)
		return bytes;
	if (mincore(p, bytes, vec) < 0) {
		free(vec);
		return bytes;
	}
	for (size_t i = 0; i < n; i++)
		sum += vec[i] & 1;
	free(vec);
	return sum * page;
}

uint64_t
dir24_bytes(const struct dir24 *d)
{
	return resident(d->dp->tbl24, TBL24_ENTRIES * sizeof(uint32_t)) +
	       resident(d->dp->tbl8, (size_t)d->max * GROUP_ENTRIES * sizeof(uint32_t)) +
	       (uint64_t)d->fresh * sizeof(*d->group);
}
