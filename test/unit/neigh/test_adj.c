/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <rte_common.h>
#include <rte_pause.h>
#include "neigh/adj.h"
#include "../eal.h"

#define READER 1 /* slot of the thread that plays a worker */

static uint32_t
alloc_ok(const struct adj *tmpl)
{
	int64_t idx = adj_alloc(tmpl);

	assert_true(idx >= ADJ_IDX_DYNAMIC && idx < ADJ_MAX);
	return (uint32_t)idx;
}

static void
fixed_slots_carry_their_types(void **state)
{
	static const uint8_t want[ADJ_IDX_DYNAMIC] = {
		ADJ_NO_ROUTE,	 ADJ_LOCAL,    ADJ_BROADCAST, ADJ_MULTICAST, ADJ_BLACKHOLE,
		ADJ_UNREACHABLE, ADJ_PROHIBIT, ADJ_THROW,     ADJ_MARTIAN,   ADJ_TOS,
	};

	(void)state;
	for (uint32_t i = 0; i < ADJ_IDX_DYNAMIC; i++) {
		assert_int_equal(adj_get(i)->type, want[i]);
		assert_int_equal(adj_get(i)->mtu, 0);
		assert_non_null(adj_get(i)->used);
	}
	for (uint32_t i = ADJ_IDX_DYNAMIC; i < ADJ_MAX; i++)
		assert_int_equal(adj_get(i)->type, ADJ_NO_ROUTE);
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
}

static void
a_slot_knows_itself(void **state)
{
	struct adj tmpl = { .type = ADJ_INCOMPLETE, .gw = 0x01020304 };
	static const uint32_t members[2] = { ADJ_IDX_LOCAL, ADJ_IDX_PROHIBIT };
	struct adj group = { .type = ADJ_GROUP, .n_group = 2, .group = members };
	uint32_t a = alloc_ok(&tmpl), b = alloc_ok(&tmpl), g = alloc_ok(&group);

	(void)state;
	assert_int_not_equal(a, b);
	assert_int_equal(adj_get(a)->index, a);
	assert_int_equal(adj_get(b)->index, b);
	assert_int_equal(adj_get(a)->gw, 0x01020304);
	assert_ptr_not_equal(adj_get(a)->used, adj_get(b)->used);
	assert_int_equal((uintptr_t)adj_get(a) % RTE_CACHE_LINE_SIZE, 0);
	/* the pointer of a group shares its place with gw and index */
	assert_ptr_equal(adj_get(g)->group, members);
	assert_int_equal(adj_resolve_group(adj_get(g), 0x7fffffff)->type, ADJ_LOCAL);
	assert_int_equal(adj_resolve_group(adj_get(g), 0x80000000)->type, ADJ_PROHIBIT);
	assert_ptr_equal(adj_resolve_group(adj_get(a), 7), adj_get(a));
	adj_release(a);
	adj_release(b);
	adj_release(g);
	rcu_poll();
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

/* Of any size, each bucket as often as another; only who asks for it has its uses noted. */
static void
buckets_are_stamped(void **state)
{
	static const uint32_t to[3] = { ADJ_IDX_LOCAL, ADJ_IDX_PROHIBIT, ADJ_IDX_THROW };
	uint32_t used[3] = { 0 }, hits[3] = { 0 };
	struct adj group = { .type = ADJ_GROUP, .n_group = 3, .group = to, .bucket_used = used };
	uint32_t g = alloc_ok(&group);

	(void)state;
	for (uint64_t h = 0; h < UINT64_C(1) << 32; h += 65537)
		hits[adj_bucket(3, (uint32_t)h)]++;
	for (unsigned int i = 0; i < 3; i++)
		assert_in_range(hits[i], 21844, 21846);
	assert_int_equal(adj_bucket(3, UINT32_MAX), 2);
	adj_now_s = 77;
	assert_int_equal(adj_resolve_group(adj_get(g), 0x60000000)->type, ADJ_PROHIBIT);
	assert_int_equal(used[0], 0);
	assert_int_equal(used[1], 77);
	assert_int_equal(used[2], 0);
	adj_release(g);
	rcu_poll();
}

static void
a_follower_shows_what_its_target_does(void **state)
{
	struct adj first = { .type = ADJ_INCOMPLETE, .gw = 1 },
		   second = { .type = ADJ_REWRITE, .gw = 2 };
	uint32_t a = alloc_ok(&first), b = alloc_ok(&first), again;
	int64_t f = adj_alloc_follower(a), g = adj_alloc_follower(a);

	(void)state;
	assert_true(f >= ADJ_IDX_DYNAMIC && g >= ADJ_IDX_DYNAMIC && f != g);
	assert_ptr_equal(adj_get((uint32_t)f), adj_get(a));
	assert_int_equal(adj_get((uint32_t)f)->index, a);
	assert_int_equal(adj_publish(a, &second), 0);
	assert_ptr_equal(adj_get((uint32_t)f), adj_get(a));
	assert_ptr_equal(adj_get((uint32_t)g), adj_get(a));
	assert_int_equal(adj_get((uint32_t)f)->gw, 2);
	adj_follow((uint32_t)f, b);
	assert_ptr_equal(adj_get((uint32_t)f), adj_get(b));
	assert_int_equal(adj_publish(a, &first), 0);
	assert_ptr_equal(adj_get((uint32_t)f), adj_get(b));
	assert_ptr_equal(adj_get((uint32_t)g), adj_get(a));
	/* Given back, it goes on until nobody can hold its number any more. */
	adj_release_follower((uint32_t)g);
	assert_int_equal(adj_publish(a, &second), 0);
	assert_ptr_equal(adj_get((uint32_t)g), adj_get(a));
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_get((uint32_t)g)->type, ADJ_NO_ROUTE);
	assert_int_equal(adj_publish(a, &first), 0);
	assert_int_equal(adj_get((uint32_t)g)->type, ADJ_NO_ROUTE);
	again = alloc_ok(&first);
	assert_int_equal(again, g); /* the number is free */
	adj_release(again);
	adj_release_follower((uint32_t)f);
	adj_release(b);
	adj_release(a);
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

static uint32_t
narrow_ok(uint32_t target, uint32_t cap)
{
	int64_t idx = adj_narrow_get(target, cap);

	assert_true(idx >= ADJ_IDX_DYNAMIC && idx < ADJ_MAX);
	return (uint32_t)idx;
}

/* All but the MTU is the target's, whatever it comes to show. */
static void
a_narrow_slot_caps_what_its_target_shows(void **state)
{
	struct adj unresolved = { .type = ADJ_INCOMPLETE, .gw = 1 },
		   resolved = { .type = ADJ_REWRITE, .gw = 1, .mtu = 1500, .hdr = "header" },
		   smaller = { .type = ADJ_REWRITE, .gw = 1, .mtu = 900 };
	uint32_t a = alloc_ok(&unresolved), n = narrow_ok(a, 1000), m = narrow_ok(a, 600);
	const struct adj *old;

	(void)state;
	assert_int_not_equal(n, m);
	assert_int_equal(narrow_ok(a, 1000), n); /* shared */
	assert_int_equal(adj_get(n)->type, ADJ_INCOMPLETE);
	assert_int_equal(adj_get(n)->mtu, 0);
	assert_int_equal(adj_get(n)->unresolved_mtu, 1000);
	assert_int_equal(adj_get(a)->unresolved_mtu, 0);
	assert_int_equal(adj_publish(a, &resolved), 0);
	assert_int_equal(adj_get(a)->mtu, 1500);
	assert_int_equal(adj_get(n)->mtu, 1000);
	assert_int_equal(adj_get(m)->mtu, 600);
	assert_int_equal(adj_get(n)->index, a);
	assert_ptr_equal(adj_get(n)->used, adj_get(a)->used);
	assert_memory_equal(adj_get(n)->hdr, resolved.hdr, ADJ_HDR_MAX);
	old = adj_get(n);
	assert_int_equal(adj_publish(a, &smaller), 0);
	assert_int_equal(old->mtu, 1000); /* a worker may look at it still */
	assert_int_equal(adj_get(n)->mtu, 900);
	assert_int_equal(adj_get(m)->mtu, 600);
	adj_narrow_put(n);
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_get(n)->mtu, 900); /* the other reference */
	adj_narrow_put(n);
	adj_narrow_put(m);
	assert_int_equal(adj_publish(a, &resolved), 0);
	assert_int_equal(adj_get(m)->mtu, 600); /* till nobody holds its number */
	n = narrow_ok(a, 600);
	assert_int_not_equal(n, m); /* that one is on its way out */
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_get(m)->type, ADJ_NO_ROUTE);
	assert_int_equal(adj_get(n)->mtu, 600);
	adj_narrow_put(n);
	adj_release(a);
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

/* A next hop object's slot, and one of a route with an MTU by that. */
static void
a_narrow_slot_behind_a_follower(void **state)
{
	struct adj first = { .type = ADJ_REWRITE, .gw = 1, .mtu = 1500 },
		   second = { .type = ADJ_REWRITE, .gw = 2, .mtu = 800 };
	uint32_t a = alloc_ok(&first), b = alloc_ok(&second), n;
	int64_t f = adj_alloc_follower(a);

	(void)state;
	assert_true(f >= ADJ_IDX_DYNAMIC);
	n = narrow_ok((uint32_t)f, 1000);
	assert_int_equal(adj_get(n)->mtu, 1000);
	assert_int_equal(adj_get(n)->gw, 1);
	first.mtu = 990;
	assert_int_equal(adj_publish(a, &first), 0);
	assert_int_equal(adj_get(n)->mtu, 990);
	adj_follow((uint32_t)f, b);
	assert_int_equal(adj_get(n)->gw, 2);
	assert_int_equal(adj_get(n)->mtu, 800);
	assert_int_equal(adj_publish(a, &first), 0);
	assert_int_equal(adj_get(n)->gw, 2);
	adj_follow((uint32_t)f, ADJ_IDX_NO_ROUTE);
	assert_int_equal(adj_get(n)->type, ADJ_NO_ROUTE);
	adj_follow((uint32_t)f, a);
	assert_int_equal(adj_get(n)->mtu, 990);
	/* Its target goes before it does. */
	adj_release_follower((uint32_t)f);
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_get(n)->type, ADJ_NO_ROUTE);
	assert_int_equal(adj_publish(a, &first), 0);
	assert_int_equal(adj_get(n)->type, ADJ_NO_ROUTE);
	adj_narrow_put(n);
	adj_release(a);
	adj_release(b);
	rcu_poll();
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

static void
touch_stamps_the_clock(void **state)
{
	struct adj tmpl = { .type = ADJ_REWRITE };
	uint32_t a = alloc_ok(&tmpl);

	(void)state;
	assert_int_equal(*adj_get(a)->used, 0);
	adj_now_s = 77;
	adj_touch(adj_get(a));
	assert_int_equal(*adj_get(a)->used, 77);
	adj_release(a);
	rcu_poll();
}

/* With a worker that has not yet passed a quiescent state, nothing is given out again. */
static void
nothing_is_reused_within_a_grace_period(void **state)
{
	struct adj one = { .type = ADJ_REWRITE, .mtu = 1 }, two = { .type = ADJ_REWRITE, .mtu = 2 };
	uint32_t idx, other;
	const struct adj *old, *second;

	(void)state;
	rcu_worker_online(READER);
	idx = alloc_ok(&one);
	old = adj_get(idx);
	assert_int_equal(adj_publish(idx, &two), 0);
	second = adj_get(idx);
	assert_ptr_not_equal(second, old);
	rcu_poll();
	assert_int_equal(old->mtu, 1); /* the reader may still look at it */
	adj_release(idx);
	rcu_poll();
	assert_ptr_equal(adj_get(idx), second); /* and may still come by the number */
	other = alloc_ok(&one);
	assert_int_not_equal(other, idx);
	assert_ptr_not_equal(adj_get(other), old);
	assert_ptr_not_equal(adj_get(other), second);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC + 3);

	do
		rcu_worker_quiescent(READER);
	while (rcu_poll() > 0);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC + 1);
	assert_int_equal(adj_get(idx)->type, ADJ_NO_ROUTE);
	assert_int_equal(alloc_ok(&one), idx); /* now it is */
	rcu_worker_offline(READER);
	adj_release(idx);
	adj_release(other);
	rcu_poll();
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

static void
full_table_refuses_and_recovers(void **state)
{
	struct adj tmpl = { .type = ADJ_INCOMPLETE };
	uint32_t n = 0;

	(void)state;
	while (adj_alloc(&tmpl) >= 0)
		n++;
	assert_int_equal(n, ADJ_MAX - ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_alloc(&tmpl), -ENOSPC);
	assert_int_equal(adj_lines(), ADJ_MAX); /* the refused one kept none */
	for (uint32_t i = ADJ_IDX_DYNAMIC; i < ADJ_MAX; i++)
		adj_release(i);
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
	adj_release(alloc_ok(&tmpl));
	rcu_poll();
}

static bool refuse_memory;
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
	return refuse_memory ? NULL : __real_aligned_alloc(align, size);
}

static uint32_t filler[ADJ_MAX];

/* No line is free, and there is no memory for more. How many slots took them. */
static uint32_t
use_up_lines(void)
{
	struct adj tmpl = { .type = ADJ_REWRITE };
	uint32_t n = 0;
	int64_t idx;

	refuse_memory = true;
	while ((idx = adj_alloc(&tmpl)) >= 0)
		filler[n++] = (uint32_t)idx;
	assert_int_equal(idx, -ENOMEM);
	return n;
}

static void
give_back(uint32_t idx)
{
	adj_release(idx);
	assert_int_equal(rcu_poll(), 0);
}

/* What a change could not be made of is as it was, all of it, and no line is missing afterwards;
 * wherever among the followers the memory ends. */
static void
without_memory_nothing_changes(void **state)
{
	struct adj first = { .type = ADJ_REWRITE, .gw = 1, .mtu = 1500 },
		   second = { .type = ADJ_REWRITE, .gw = 2, .mtu = 900 };
	uint32_t a = alloc_ok(&first), narrow[3], slot[5], n;
	const struct adj *was[5];
	int64_t f = adj_alloc_follower(a);
	unsigned int lines, slots;

	(void)state;
	assert_true(f >= ADJ_IDX_DYNAMIC);
	narrow[0] = narrow_ok(a, 1000);
	narrow[1] = narrow_ok((uint32_t)f, 800);
	narrow[2] = narrow_ok(a, 600);
	memcpy(slot, (uint32_t[5]){ a, (uint32_t)f, narrow[0], narrow[1], narrow[2] },
	       sizeof(slot));
	for (int i = 0; i < 5; i++)
		was[i] = adj_get(slot[i]);
	n = use_up_lines();
	for (unsigned int room = 0; room < 4; room++) { /* of the four lines that it takes */
		lines = adj_lines();
		slots = adj_count();
		assert_int_equal(adj_publish(a, &second), -ENOMEM);
		for (int i = 0; i < 5; i++)
			assert_ptr_equal(adj_get(slot[i]), was[i]);
		assert_int_equal(adj_get(a)->gw, 1);
		assert_int_equal(adj_get(narrow[1])->mtu, 800);
		assert_int_equal(rcu_pending(), 0); /* nor is any on its way out */
		assert_int_equal(adj_lines(), lines);
		if (room == 0) { /* nor is a slot lost */
			assert_int_equal(adj_alloc(&first), -ENOMEM);
			assert_int_equal(adj_narrow_get(a, 700), -ENOMEM);
			assert_int_equal(adj_count(), slots);
		}
		give_back(filler[--n]);
	}
	assert_int_equal(adj_publish(a, &second), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(adj_get(slot[i])->gw, 2);
	assert_int_equal(adj_get(narrow[0])->mtu, 900);
	assert_int_equal(adj_get(narrow[1])->mtu, 800);
	assert_int_equal(adj_get(narrow[2])->mtu, 600);
	rcu_poll();
	refuse_memory = false;
	while (n > 0)
		adj_release(filler[--n]);
	for (int i = 0; i < 3; i++)
		adj_narrow_put(narrow[i]);
	adj_release_follower((uint32_t)f);
	adj_release(a);
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

/* A follower that is sent elsewhere goes there: a narrow one behind it shows all of the line until
 * the next change. */
static void
without_memory_a_follower_follows(void **state)
{
	struct adj first = { .type = ADJ_REWRITE, .gw = 1, .mtu = 1500 },
		   second = { .type = ADJ_REWRITE, .gw = 2, .mtu = 1400 };
	uint32_t a = alloc_ok(&first), b = alloc_ok(&second), narrow, n;
	int64_t f = adj_alloc_follower(a);

	(void)state;
	assert_true(f >= ADJ_IDX_DYNAMIC);
	narrow = narrow_ok((uint32_t)f, 800);
	n = use_up_lines();
	adj_follow((uint32_t)f, b);
	assert_ptr_equal(adj_get(narrow), adj_get(b));
	assert_ptr_equal(adj_get((uint32_t)f), adj_get(b));
	rcu_poll();
	refuse_memory = false;
	assert_int_equal(adj_publish(b, &second), 0);
	assert_int_equal(adj_get(narrow)->gw, 2);
	assert_int_equal(adj_get(narrow)->mtu, 800);
	while (n > 0)
		adj_release(filler[--n]);
	adj_narrow_put(narrow);
	adj_release_follower((uint32_t)f);
	adj_release(b);
	adj_release(a);
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

/* Nor is anything kept of it: the target goes later on, and its followers have no way. */
static void
without_memory_nothing_is_kept(void **state)
{
	struct adj first = { .type = ADJ_REWRITE, .gw = 1, .mtu = 1500 };
	uint32_t a = alloc_ok(&first), one, two, n;

	(void)state;
	one = narrow_ok(a, 1000);
	two = narrow_ok(a, 600);
	n = use_up_lines();
	give_back(filler[--n]);
	give_back(filler[--n]); /* its own line, and that of one of them */
	assert_int_equal(adj_publish(a, &first), -ENOMEM);
	refuse_memory = false;
	while (n > 0)
		adj_release(filler[--n]);
	adj_release(a);
	rcu_poll();
	rcu_poll();
	assert_int_equal(adj_get(one)->type, ADJ_NO_ROUTE);
	assert_int_equal(adj_get(two)->type, ADJ_NO_ROUTE);
	adj_narrow_put(one);
	adj_narrow_put(two);
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_count(), ADJ_IDX_DYNAMIC);
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

#define LINES_AHEAD 1000 /* of the reader: a part of the table, however slow it is */

struct race {
	uint32_t idx;
	bool stop;
	uint64_t reads, torn;
};

/* A line is good when all that the writer derives from one number agrees, also a while later. */
static bool
line_is_whole(const struct adj *a)
{
	uint32_t v = __atomic_load_n(&a->mtu, __ATOMIC_RELAXED);

	for (int i = 0; i < 40; i++)
		rte_pause();
	for (int i = 0; i < ADJ_HDR_MAX; i++)
		if (__atomic_load_n(&a->hdr[i], __ATOMIC_RELAXED) != (uint8_t)v)
			return false;
	return __atomic_load_n(&a->mtu, __ATOMIC_RELAXED) == v;
}

static void *
reader(void *arg)
{
	struct race *r = arg;

	role_enter_dp();
	rcu_worker_online(READER);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 32; i++)
			r->torn += !line_is_whole(adj_get(r->idx));
		__atomic_store_n(&r->reads, r->reads + 32, __ATOMIC_RELAXED);
		rcu_worker_quiescent(READER);
	}
	rcu_worker_offline(READER);
	return NULL;
}

static void
no_reader_sees_half_a_change(void **state)
{
	struct adj tmpl = { .type = ADJ_REWRITE };
	struct race r = { .idx = alloc_ok(&tmpl) };
	uint64_t flips = 0;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, reader, &r), 0);
	while (flips < 100000 || __atomic_load_n(&r.reads, __ATOMIC_RELAXED) < 20000) {
		memset(tmpl.hdr, (int)(flips & 0xff), sizeof(tmpl.hdr));
		tmpl.mtu = (uint32_t)(flips & 0xff);
		if (adj_publish(r.idx, &tmpl) == 0)
			flips++;
		/* a reader that has no CPU holds what is retired: let it have this one */
		while (rcu_poll() > LINES_AHEAD)
			sched_yield();
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	assert_int_equal(r.torn, 0);
	adj_release(r.idx);
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
}

static int
setup(void **state)
{
	(void)state;
	role_enter_ctl();
	if (rcu_init(2) < 0)
		return -1;
	return adj_init();
}

/* What a test that fails has left. */
static int
end_of_test(void **state)
{
	(void)state;
	refuse_memory = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rcu_fini();
	adj_fini();
	return 0;
}

#define T(f) cmocka_unit_test_teardown(f, end_of_test)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(fixed_slots_carry_their_types),
		T(a_slot_knows_itself),
		T(touch_stamps_the_clock),
		T(nothing_is_reused_within_a_grace_period),
		T(no_reader_sees_half_a_change),
		/* before there is memory for a line in each slot */
		T(without_memory_nothing_changes),
		T(without_memory_nothing_is_kept),
		T(without_memory_a_follower_follows),
		T(full_table_refuses_and_recovers),
		T(a_follower_shows_what_its_target_does),
		T(a_narrow_slot_caps_what_its_target_shows),
		T(a_narrow_slot_behind_a_follower),
		T(buckets_are_stamped),
	};

	if (test_eal_init() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, setup, teardown);
}
