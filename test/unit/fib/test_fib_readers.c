/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers look up while the writer churns. Each prefix has a gateway of its own, so a leaf tells
 * whose it is: a reader may only ever see one of a prefix that covers the address. A reader
 * rests between its two loads as one does that loses the CPU: a group that is reused before its
 * grace period shows somebody else's leaves then. Every change is made in a table that is not
 * compiled, too; there a route to all of the prefixes stays, so that each lookup must find one.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fake.h"

#define PREFIXES 200
#define READERS	 2
#define GROUPS	 10
#define BURST	 32

static struct {
	uint32_t key;
	uint8_t plen;
	bool there;
} prefix[PREFIXES];
static int owner[1 << 16]; /* by adjacency index; -1: nobody's */
static const struct fib_table_dp *other;
static volatile bool stop;
static uint64_t wrong, looked;

static uint32_t
next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x >> 20;
}

static uint32_t
addr_of(uint64_t *x)
{
	return FIB_IP4(20, 0, next(x) % 40, next(x) & 0xff);
}

static bool
allowed(uint32_t addr, uint32_t leaf_idx)
{
	int o;

	if (leaf_idx == ADJ_IDX_NO_ROUTE)
		return true;
	o = leaf_idx < RTE_DIM(owner) ? owner[leaf_idx] : -1;
	return o >= 0 && ((prefix[o].key ^ addr) & fib_mask(prefix[o].plen)) == 0;
}

static DP_ONLY uint64_t
burst_other(const uint32_t *dst)
{
	static const uint8_t tos[BURST];
	struct fib_table_res res[BURST];
	uint64_t hit = fib_table_lookup_bulk_dp(other, dst, tos, res, BURST), bad = 0;

	for (unsigned int i = 0; i < BURST; i++)
		bad += !(hit >> i & 1) || res[i].idx == ADJ_IDX_NO_ROUTE ||
		       (res[i].idx != ADJ_IDX_PROHIBIT && !allowed(dst[i], res[i].idx));
	return bad;
}

/* A descent that rests: nodes and routes may have been taken out meanwhile, but must be what they
 * were. */
static DP_ONLY uint64_t
slow_other(uint32_t dst)
{
	uint32_t path[33], alias, leaf_idx;
	unsigned int n = fib_trie_path(other->trie, dst, path);
	uint64_t bad = 0;

	usleep(50);
	while (n-- > 0) {
		const struct fib_node *node = fib_node(other->trie, path[n]);

		bad += !fib_node_covers(node, dst, 32);
		alias = __atomic_load_n(&node->data, __ATOMIC_ACQUIRE);
		usleep(50);
		if (alias == 0)
			continue;
		leaf_idx = fib_live(fib_alias(alias)->info)->leaf;
		bad += leaf_idx != ADJ_IDX_PROHIBIT && !allowed(dst, leaf_idx);
	}
	return bad;
}

static DP_ONLY uint64_t
burst(uint64_t *x, bool slow)
{
	uint32_t dst[BURST], idx[BURST];
	uint64_t bad = 0;

	for (unsigned int i = 0; i < BURST; i++)
		dst[i] = addr_of(x);
	if (!slow) {
		fib_lookup_bulk(&fib_main_dp, dst, idx, BURST);
	} else {
		for (unsigned int i = 0; i < BURST; i++)
			idx[i] = __atomic_load_n(&fib_main_dp.tbl24[dst[i] >> 8], __ATOMIC_RELAXED);
		usleep(50);
		for (unsigned int i = 0; i < BURST; i++)
			if (idx[i] & FIB_EXT)
				idx[i] = __atomic_load_n(
					&fib_main_dp.tbl8[(idx[i] & FIB_IDX_MASK) << 8 |
							  (dst[i] & 0xff)],
					__ATOMIC_ACQUIRE);
	}
	for (unsigned int i = 0; i < BURST; i++)
		bad += !allowed(dst[i], idx[i]);
	return bad + burst_other(dst) + (slow ? slow_other(dst[0]) : 0);
}

static void *
reader(void *arg)
{
	unsigned int id = (uintptr_t)arg;
	uint64_t x = 88172645463325252u + id * 7919, bad = 0, n = 0;

	role_enter_dp();
	rcu_worker_online(id);
	while (!stop) {
		bad += burst(&x, n % 4 == 0);
		n++;
		rcu_worker_quiescent(id);
	}
	rcu_worker_offline(id);
	__atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
	__atomic_fetch_add(&looked, n * BURST, __ATOMIC_RELAXED);
	return NULL;
}

#define OTHER 7

static CTL_ONLY void
flip_other(unsigned int i, struct fib_route_spec r)
{
	static bool there[PREFIXES];

	r.table = OTHER;
	assert_int_equal(there[i] ? fib_route_del(&r) : fib_route_add(&r, FIB_ADD, NULL), 0);
	there[i] = !there[i];
}

static CTL_ONLY void
flip(unsigned int i, unsigned int *full)
{
	struct fib_route_spec r = { .table = RT_TABLE_MAIN,
				    .dst = rte_cpu_to_be_32(prefix[i].key),
				    .plen = prefix[i].plen,
				    .metric = i, /* twins are different routes */
				    .metric_set = true };
	int rc;

	r.n_nh = 1;
	r.nh[0].gateway = rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + i);
	flip_other(i, r);
	r.n_nh = 0;
	if (prefix[i].there) {
		assert_int_equal(fib_route_del(&r), 0);
		prefix[i].there = false;
		return;
	}
	r.n_nh = 1;
	r.nh[0].gateway = rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + i);
	rc = fib_route_add(&r, FIB_ADD, NULL);
	prefix[i].there = rc == 0;
	if (rc < 0)
		assert_int_equal(rc, -ENOSPC);
	*full += rc < 0;
}

static CTL_ONLY void
churn_start(uint64_t *x)
{
	fake_reset(GROUPS);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 16, NULL, false);
	assert_int_equal(add("20.0.0.0/8 prohibit table 7"), 0);
	other = fib_table_dp(OTHER);
	memset(owner, -1, sizeof(owner));
	for (unsigned int i = 0; i < PREFIXES; i++) {
		prefix[i].plen = i < 20 ? 12 + i % 10 : 23 + next(x) % 8;
		prefix[i].key = addr_of(x) & fib_mask(prefix[i].plen);
		owner[neigh_create(rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + i), &fake_dev[0])
			      ->adj_idx] = i;
	}
}

static void
nobody_sees_anothers_leaf(void **state)
{
	const char *env = getenv("FIB_READER_OPS");
	unsigned long ops = env != NULL ? strtoul(env, NULL, 0) : 60000;
	uint64_t x = 4711;
	pthread_t t[READERS];
	unsigned int full = 0;

	RTE_SET_USED(state);
	role_enter_ctl();
	churn_start(&x);
	stop = false;
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, reader, (void *)(i + 1)), 0);
	for (unsigned long i = 0; i < ops; i++) {
		flip(next(&x) % PREFIXES, &full);
		if (i % 16 == 0)
			rcu_poll();
		if (i % 64 == 0)
			sched_yield();
	}
	stop = true;
	for (unsigned int i = 0; i < READERS; i++)
		pthread_join(t[i], NULL);
	print_message("%lu changes, %u refused, %lu lookups\n", ops, full, (unsigned long)looked);
	assert_true(looked > 0);
	assert_int_equal(wrong, 0);
	assert_int_equal(fib_check(NULL, NULL), 0);
	for (unsigned int i = 0; i < PREFIXES; i++)
		if (prefix[i].there)
			flip(i, &full);
	assert_int_equal(fib_ctl.dir.used, 3); /* own address, its broadcast, limited broadcast */
	assert_true(fib_ctl.nodes.used < ops); /* those retired are used again */
	fake_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_sees_anothers_leaf) };

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/readers", tests, NULL, NULL);
}
