/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random changes against the plainest model there is: a list of routes, searched whole. Prefixes
 * crowd in a few /16s so that tbl8 groups come and go, and there are too few groups.
 * FIB_MODEL_OPS sets how many operations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake.h"

#define ROUTES_MAX 256
#define GROUPS	   16
#define NEIGHS	   24

struct entry {
	uint32_t key, metric, leaf;
	uint8_t plen, layer;
};
static struct entry routes[ROUTES_MAX];
static unsigned int n_routes;
static struct {
	struct neighbour *n;
	uint32_t addr;
	bool installed;
} neighs[NEIGHS];
static uint64_t rng = 88172645463325252u;

static uint32_t
rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 20) % n;
}

static uint32_t
random_addr(void)
{
	static const uint32_t odd[] = { FIB_IP4(127, 0, 0, 1), FIB_IP4(0, 1, 2, 3),
					FIB_IP4(255, 255, 255, 255), FIB_IP4(240, 0, 0, 1),
					FIB_IP4(230, 1, 1, 1) };

	if (rnd(50) == 0)
		return odd[rnd(RTE_DIM(odd))] ^ rnd(2);
	return FIB_IP4(20, rnd(2), rnd(10), 0) | (rnd(4) == 0 ? rnd(256) : rnd(16) * 16);
}

static uint8_t
random_plen(void)
{
	if (rnd(2000) == 0)
		return rnd(8); /* millions of stores each: seldom */
	return rnd(3) == 0 ? 8 + rnd(17) : 22 + rnd(11);
}

static bool
covers(const struct entry *e, uint32_t addr)
{
	return ((e->key ^ addr) & fib_mask(e->plen)) == 0;
}

/* The longest prefix, then the lowest metric, of one table. */
static const struct entry *
model_table(uint32_t addr, uint8_t layer)
{
	const struct entry *best = NULL;

	for (unsigned int i = 0; i < n_routes; i++) {
		const struct entry *e = &routes[i];

		if (e->layer != layer || !covers(e, addr))
			continue;
		if (best == NULL || e->plen > best->plen ||
		    (e->plen == best->plen && e->metric < best->metric))
			best = e;
	}
	return best;
}

static CTL_ONLY uint32_t
model_lookup(uint32_t addr)
{
	const struct entry *e;
	uint32_t leaf;

	if (addr == UINT32_MAX)
		return ADJ_IDX_BROADCAST;
	if (addr >> 28 == 14)
		return ADJ_IDX_MULTICAST;
	if (addr >> 28 == 15 || addr >> 24 == 0 || addr >> 24 == 127)
		return ADJ_IDX_MARTIAN;
	e = model_table(addr, FIB_LAYER_LOCAL);
	if (e == NULL)
		e = model_table(addr, FIB_LAYER_MAIN);
	leaf = e == NULL ? ADJ_IDX_NO_ROUTE : e->leaf;
	for (unsigned int i = 0; i < NEIGHS; i++)
		if (neighs[i].installed && neighs[i].addr == addr &&
		    leaf == (uint32_t)neigh_glean_adj(neighs[i].n->dev))
			return neighs[i].n->adj_idx;
	return leaf;
}

/* /24s that hold something longer; *held: is this address's among them? */
static unsigned int
model_groups(uint32_t addr, bool *held)
{
	static uint32_t slot[ROUTES_MAX + NEIGHS + 1];
	unsigned int n = 0;

	slot[n++] = UINT32_MAX >> 8; /* limited broadcast */
	for (unsigned int i = 0; i < n_routes + NEIGHS; i++) {
		bool is_route = i < n_routes;
		uint32_t s = (is_route ? routes[i].key : neighs[i - n_routes].addr) >> 8;
		unsigned int k = 0;

		if (is_route ? routes[i].plen <= 24 : !neighs[i - n_routes].installed)
			continue;
		while (k < n && slot[k] != s)
			k++;
		if (k == n)
			slot[n++] = s;
	}
	*held = false;
	for (unsigned int i = 0; i < n; i++)
		*held |= slot[i] == addr >> 8;
	return n;
}

static int
model_find(uint32_t key, uint8_t plen, uint8_t layer, uint32_t metric)
{
	for (unsigned int i = 0; i < n_routes; i++)
		if (routes[i].key == key && routes[i].plen == plen && routes[i].layer == layer &&
		    routes[i].metric == metric)
			return i;
	return -1;
}

/* A random target: gateway, on-link, or a type without next hop. Sets the leaf. */
static CTL_ONLY void
random_target(struct fib_route_spec *r, struct entry *e)
{
	static const uint8_t types[] = { FIB_BLACKHOLE, FIB_UNREACHABLE, FIB_PROHIBIT };
	static const uint32_t leaves[] = { ADJ_IDX_BLACKHOLE, ADJ_IDX_UNREACHABLE,
					   ADJ_IDX_PROHIBIT };
	unsigned int k = rnd(8);

	if (k < 3) {
		r->type = types[k];
		e->leaf = leaves[k];
		return;
	}
	r->n_nh = 1;
	if (k < 6) {
		r->nh[0].dev = &fake_dev[k - 3];
		e->leaf = neigh_glean_adj(&fake_dev[k - 3]);
		return;
	}
	r->nh[0].gateway = rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + rnd(6));
	r->nh[0].dev = &fake_dev[0];
	r->nh[0].onlink = true;
	e->leaf = neigh_create(r->nh[0].gateway, &fake_dev[0])->adj_idx;
}

static unsigned int n_full, n_added;

static CTL_ONLY void
op_add(bool replace)
{
	struct entry e = { .plen = random_plen(),
			   .layer = rnd(6) == 0 ? FIB_LAYER_LOCAL : FIB_LAYER_MAIN,
			   .metric = rnd(3) };
	struct fib_route_spec r = { .metric = e.metric, .metric_set = true };
	bool held, full;
	int i, rc;

	if (e.layer == FIB_LAYER_LOCAL && e.plen < 12)
		e.plen += 16; /* or nothing of main would be seen */
	e.key = random_addr() & fib_mask(e.plen);
	random_target(&r, &e);
	r.dst = rte_cpu_to_be_32(e.key);
	r.plen = e.plen;
	r.table = e.layer == FIB_LAYER_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	i = model_find(e.key, e.plen, e.layer, e.metric);
	if (i < 0 && n_routes == ROUTES_MAX)
		return;
	full = e.plen > 24 && i < 0 && model_groups(e.key, &held) == GROUPS && !held;
	rc = fib_route_add(&r, replace ? FIB_REPLACE : FIB_ADD, NULL);
	if (full) {
		assert_int_equal(rc, -ENOSPC);
		n_full++;
		return;
	}
	assert_int_equal(rc, i >= 0 && !replace ? -EEXIST : 0);
	if (rc == 0) {
		routes[i >= 0 ? (unsigned int)i : n_routes++] = e;
		n_added++;
	}
}

static CTL_ONLY void
op_del(void)
{
	struct fib_route_spec r = { .metric_set = true };
	struct entry *e;

	if (n_routes == 0)
		return;
	e = &routes[rnd(n_routes)];
	r.dst = rte_cpu_to_be_32(e->key);
	r.plen = e->plen;
	r.metric = e->metric;
	r.table = e->layer == FIB_LAYER_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	assert_int_equal(fib_route_del(&r), 0);
	assert_int_equal(fib_route_del(&r), -ESRCH);
	*e = routes[--n_routes];
}

static CTL_ONLY void
op_neigh(void)
{
	unsigned int k = rnd(NEIGHS), groups;
	bool held;

	if (neighs[k].installed) {
		neighs[k].n->nud.state = rnd(2) ? NUD_FAILED : NUD_NONE;
		notifier_call(&neigh_chain, rnd(2) ? NEIGH_UPDATE : NEIGH_DELETE, neighs[k].n);
		neighs[k].installed = false;
		return;
	}
	groups = model_groups(neighs[k].addr, &held);
	neighs[k].n->nud.state = NUD_REACHABLE;
	notifier_call(&neigh_chain, NEIGH_UPDATE, neighs[k].n);
	neighs[k].installed = held || groups < GROUPS - GROUPS / 8;
}

static CTL_ONLY void
compare_some(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint32_t addr = random_addr(), want = model_lookup(addr), have;

		fib_lookup_bulk(&fib_main_dp, &addr, &have, 1);
		if (have != want)
			print_error("address 0x%08x: %u, want %u\n", addr, have, want);
		assert_int_equal(have, want);
	}
}

static CTL_ONLY void
compare_groups(void)
{
	bool held;

	assert_int_equal(fib_ctl.dir.used, model_groups(0, &held));
	assert_int_equal(fib_ctl.n_routes, n_routes);
	assert_true(fib_ctl.dir.used + fib_ctl.dir.waiting <= GROUPS);
}

static CTL_ONLY void
model_start(void)
{
	fake_reset(GROUPS);
	n_routes = 0;
	for (unsigned int i = 0; i < NEIGHS; i++) {
		/* Pairs: one address on two devices. */
		neighs[i].addr = FIB_IP4(20, i / 2 % 2, i / 4 % 4, i / 2 * 16);
		neighs[i].n = neigh_create(rte_cpu_to_be_32(neighs[i].addr), &fake_dev[i % 2]);
		neighs[i].installed = false;
	}
}

/* All routes and neighbours go: the table is as after fib_init(). */
static CTL_ONLY void
model_end(void)
{
	struct fib_stats st;

	while (n_routes > 0)
		op_del();
	for (unsigned int i = 0; i < NEIGHS; i++)
		if (neighs[i].installed)
			fake_neigh_gone(neighs[i].n);
	rcu_barrier();
	fib_get_stats(&st);
	assert_int_equal(st.tbl8_used, 1);
	assert_int_equal(st.tbl8_waiting, 0);
	assert_int_equal(st.routes, 0);
	assert_int_equal(st.neigh_leaves, 0);
	assert_int_equal(fib_ctl.shared.n, 8); /* root, five built in, two joins */
	assert_int_equal(fib_check(NULL, NULL), 0);
	fake_done();
}

static void
random_changes(void **state)
{
	const char *env = getenv("FIB_MODEL_OPS");
	unsigned long ops = env != NULL ? strtoul(env, NULL, 0) : 2000000;

	RTE_SET_USED(state);
	role_enter_ctl();
	model_start();
	for (unsigned long i = 0; i < ops; i++) {
		unsigned int k = rnd(100), fill = (i >> 12) % 3;

		/* Phases that fill, hold and drain. */
		if (k < 20 + 20 * (2 - fill))
			op_add(rnd(3) == 0);
		else if (k < 90)
			op_del();
		else
			op_neigh();
		compare_some(2);
		if (i % 64 == 0)
			compare_groups();
		if (i % 1024 == 0)
			rcu_poll();
		if (i % 262144 == 0)
			assert_int_equal(fib_check(NULL, NULL), 0);
	}
	print_message("%lu operations, %u added, %u refused for want of groups\n", ops, n_added,
		      n_full);
	assert_true(n_full > 0);
	model_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_changes) };

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/model", tests, NULL, NULL);
}
