/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include "fib/fib_arena.h"

#define STEP_MIN  (UINT64_C(64) << 10) /* bytes that it grows by at least */
#define HUGE_PAGE (UINT64_C(2) << 20)
#define HUGE_FROM (4 * HUGE_PAGE)

static inline void *
elem(const struct fib_arena *a, uint32_t idx)
{
	return a->base + (uint64_t)idx * a->elem;
}

static inline uint32_t *
elem_link(const struct fib_arena *a, uint32_t idx)
{
	return (uint32_t *)(a->base + (uint64_t)idx * a->elem + a->link);
}

static uint64_t
reserved(const struct fib_arena *a)
{
	return RTE_ALIGN_CEIL((uint64_t)a->max * a->elem, HUGE_PAGE);
}

int
fib_arena_init(struct fib_arena *a, uint32_t elem_size, uint32_t link, uint32_t max)
{
	void *p;

	*a = (struct fib_arena){ .elem = elem_size, .link = link, .max = max, .used = 1 };
	/* Without access it counts against no limit but that of addresses. */
	p = mmap(NULL, reserved(a), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	a->base = p;
	return 0;
}

void
fib_arena_fini(struct fib_arena *a)
{
	assert(!a->graced);
	if (a->base != NULL)
		munmap(a->base, reserved(a));
	*a = (struct fib_arena){ 0 };
}

static int
grow(struct fib_arena *a, uint32_t n)
{
	uint64_t have = (uint64_t)a->size * a->elem, want;

	want = have + RTE_MAX(have / 8, STEP_MIN);
	want = RTE_MAX(want, (uint64_t)(a->used + n) * a->elem);
	want = RTE_ALIGN_CEIL(want, want >= HUGE_FROM ? HUGE_PAGE : (uint64_t)getpagesize());
	want = RTE_MIN(want, reserved(a));
	if (want <= have || mprotect(a->base, want, PROT_READ | PROT_WRITE) < 0)
		return -ENOMEM;
	/* A descent in random order misses the TLB at each level on 4 KiB pages. A hint, no more.
	 */
	if (want >= HUGE_FROM)
		madvise(a->base, want, MADV_HUGEPAGE);
	a->size = RTE_MIN(want / a->elem, (uint64_t)a->max);
	return 0;
}

/* No worker can read the elements of the list any more. */
static void
free_list(struct fib_arena *a, uint32_t *list)
{
	while (*list != 0) {
		uint32_t idx = *list;

		*list = *elem_link(a, idx);
		*elem_link(a, idx) = a->free;
		a->free = idx;
		a->n_free++;
		a->n_waiting--;
	}
}

static void grace_over(struct rcu_head *head);

static CTL_ONLY void
start_grace(struct fib_arena *a)
{
	if (a->graced || a->next_leaving == 0)
		return;
	a->leaving = a->next_leaving;
	a->next_leaving = 0;
	a->graced = true;
	rcu_defer(&a->rcu, grace_over);
}

static void
grace_over(struct rcu_head *head)
{
	struct fib_arena *a = container_of(head, struct fib_arena, rcu);

	role_enter_ctl();
	a->graced = false;
	free_list(a, &a->leaving);
	start_grace(a);
}

static uint32_t
available(const struct fib_arena *a)
{
	return a->n_free + (a->size - RTE_MIN(a->used, a->size));
}

int
fib_arena_reserve(struct fib_arena *a, uint32_t n)
{
	if (likely(available(a) >= n))
		return 0;
	if (grow(a, n) == 0 && available(a) >= n)
		return 0;
	if (available(a) + a->n_waiting < n)
		return -ENOMEM;
	/* Wait for the readers here and now. Runs no other's callbacks. */
	rcu_synchronize();
	free_list(a, &a->leaving);
	free_list(a, &a->next_leaving);
	return 0;
}

uint32_t
fib_arena_get(struct fib_arena *a)
{
	uint32_t idx = a->free;

	if (idx == 0) {
		idx = a->used++;
	} else {
		a->free = *elem_link(a, idx);
		a->n_free--;
	}
	memset(elem(a, idx), 0, a->elem);
	return idx;
}

void
fib_arena_put(struct fib_arena *a, uint32_t idx)
{
	*elem_link(a, idx) = a->free;
	a->free = idx;
	a->n_free++;
}

void
fib_arena_retire(struct fib_arena *a, uint32_t idx)
{
	*elem_link(a, idx) = a->next_leaving;
	a->next_leaving = idx;
	a->n_waiting++;
	start_grace(a);
}

uint64_t
fib_arena_bytes(const struct fib_arena *a)
{
	return (uint64_t)a->size * a->elem;
}
