/* SPDX-License-Identifier: BSD-3-Clause */
/* A retired object lives as long as a reader may hold it, and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include "core/rcu.h"

#include <rte_common.h>

struct object {
	struct rcu_head rcu;
	uint64_t alive; /* MAGIC while it may be read */
};
#define MAGIC 0x600df00d600df00d

static unsigned int freed;

static void
count_free(struct rcu_head *head)
{
	struct object *o = container_of(head, struct object, rcu);

	o->alive = 0;
	freed++;
}

static int
setup(void **state)
{
	(void)state;
	role_enter_ctl();
	freed = 0;
	return rcu_init(4);
}

static int
teardown(void **state)
{
	(void)state;
	role_enter_ctl();
	rcu_fini();
	return 0;
}

static void
without_readers_it_goes_at_once(void **state)
{
	struct object o = { .alive = MAGIC };

	(void)state;
	role_enter_ctl();
	rcu_defer(&o.rcu, count_free);
	assert_int_equal(rcu_pending(), 1);
	assert_int_equal(rcu_poll(), 0);
	assert_int_equal(freed, 1);
}

static void
a_reader_holds_it_until_quiescent(void **state)
{
	struct object a = { .alive = MAGIC }, b = { .alive = MAGIC };

	(void)state;
	role_enter_ctl();
	role_enter_dp();
	rcu_worker_online(1);
	rcu_defer(&a.rcu, count_free);
	rcu_defer(&b.rcu, count_free); /* joins the next batch */
	assert_int_equal(rcu_poll(), 2);
	assert_int_equal(freed, 0);
	rcu_worker_quiescent(1);
	rcu_poll();
	assert_true(freed >= 1);
	rcu_worker_quiescent(1);
	assert_int_equal(rcu_poll(), 0);
	assert_int_equal(freed, 2);
	rcu_worker_offline(1);
}

static void
a_sleeper_holds_nothing(void **state)
{
	struct object o = { .alive = MAGIC };

	(void)state;
	role_enter_ctl();
	role_enter_dp();
	rcu_worker_online(2);
	rcu_worker_offline(2);
	rcu_defer(&o.rcu, count_free);
	rcu_poll();
	assert_int_equal(freed, 1);
}

static struct object again_second = { .alive = MAGIC };

static void
defer_again(struct rcu_head *head)
{
	role_enter_ctl();
	freed++;
	if (head != &again_second.rcu)
		rcu_defer(&again_second.rcu, defer_again);
}

static void
a_callback_may_retire_more(void **state)
{
	struct object o = { .alive = MAGIC };

	(void)state;
	role_enter_ctl();
	rcu_defer(&o.rcu, defer_again);
	while (rcu_poll() > 0)
		;
	assert_int_equal(freed, 2);
}

static void
end_runs_what_is_left(void **state)
{
	struct object o = { .alive = MAGIC };

	(void)state;
	role_enter_ctl();
	role_enter_dp();
	rcu_worker_online(3);
	rcu_defer(&o.rcu, count_free);
	rcu_worker_offline(3);
	rcu_fini();
	assert_int_equal(freed, 1);
	assert_int_equal(rcu_init(4), 0);
}

/* One writer that replaces, two readers that must never see a dead object. */
static struct object *shared;
static bool stop;
static unsigned int torn, looks;

static void *
reader(void *arg)
{
	unsigned int id = (unsigned int)(uintptr_t)arg;

	role_enter_dp();
	rcu_worker_online(id);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 64; i++) {
			const struct object *o = rcu_dereference(shared);

			if (__atomic_load_n(&o->alive, __ATOMIC_RELAXED) != MAGIC)
				__atomic_add_fetch(&torn, 1, __ATOMIC_RELAXED);
			__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
		}
		rcu_worker_quiescent(id);
	}
	rcu_worker_offline(id);
	return NULL;
}

static void
poison_and_free(struct rcu_head *head)
{
	struct object *o = container_of(head, struct object, rcu);

	__atomic_store_n(&o->alive, 0, __ATOMIC_RELAXED);
	free(o);
	freed++;
}

static struct object *
make(void)
{
	struct object *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->alive = MAGIC;
	return o;
}

static void
readers_never_see_the_dead(void **state)
{
	pthread_t t[2];

	(void)state;
	role_enter_ctl();
	stop = false;
	shared = make();
	for (uintptr_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, reader, (void *)(i + 1)), 0);
	while (__atomic_load_n(&looks, __ATOMIC_RELAXED) == 0)
		;
	for (unsigned int i = 0; i < 20000; i++) {
		struct object *old = shared;

		rcu_assign_pointer(shared, make());
		rcu_defer(&old->rcu, poison_and_free);
		rcu_poll();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	while (rcu_poll() > 0)
		;
	assert_int_equal(freed, 20000);
	assert_int_equal(torn, 0);
	free(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_readers_it_goes_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_holds_it_until_quiescent, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sleeper_holds_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_callback_may_retire_more, setup, teardown),
		cmocka_unit_test_setup_teardown(end_runs_what_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(readers_never_see_the_dead, setup, teardown),
	};

	return cmocka_run_group_tests_name("core/rcu", tests, NULL, NULL);
}
