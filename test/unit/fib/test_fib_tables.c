/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables as workers read them, against the plainest model there is: a list of routes, searched
 * whole. Routes have a tos, a metric, a type; devices lose their carrier; several tables. What the
 * compiled table says, completed by what it leaves open, must be what rules local, main, default
 * say. FIB_TABLES_OPS sets how many operations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/timer.h"
#include "fake.h"

#define ROUTES_MAX 300
#define BURST	   64

static const uint32_t ids[] = { RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT, 7, 4000000000u };
static struct entry {
	uint32_t key, metric, leaf;
	uint8_t plen, tos, table; /* an index into ids */
	int dev;		  /* -1: type without a device */
} routes[ROUTES_MAX];
static unsigned int n_routes;
static const struct fib_table_dp *tables[RTE_DIM(ids)];
static bool carrier[FAKE_DEVS];
static struct neighbour *on_link; /* resolved, on device 0 */
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
	if (rnd(8) == 0)
		return rte_be_to_cpu_32(on_link->primary_key);
	return FIB_IP4(20, rnd(2), rnd(6), 0) | (rnd(4) == 0 ? rnd(256) : rnd(16) * 16);
}

static bool
live(const struct entry *e)
{
	return e->dev < 0 || carrier[e->dev];
}

/* The longest prefix that has a live route for this tos; there, first those for the very tos, then
 * the lowest metric. */
static const struct entry *
model_table(uint32_t addr, uint8_t tos, uint8_t table)
{
	const struct entry *best = NULL;

	for (unsigned int i = 0; i < n_routes; i++) {
		const struct entry *e = &routes[i];

		if (e->table != table || ((e->key ^ addr) & fib_mask(e->plen)) != 0 || !live(e) ||
		    (e->tos != 0 && e->tos != (tos & 0xfc)))
			continue;
		if (best == NULL || e->plen > best->plen ||
		    (e->plen == best->plen &&
		     (e->tos > best->tos || (e->tos == best->tos && e->metric < best->metric))))
			best = e;
	}
	return best;
}

static uint32_t
model_leaf(const struct entry *e, uint32_t addr)
{
	if (e->leaf == (uint32_t)neigh_glean_adj(&fake_dev[0]) &&
	    addr == rte_be_to_cpu_32(on_link->primary_key) && on_link->nud.state == NUD_REACHABLE)
		return on_link->adj_idx;
	return e->leaf;
}

static uint32_t
model_rules(uint32_t addr, uint8_t tos)
{
	for (uint8_t t = 0; t < 3; t++) {
		const struct entry *e = model_table(addr, tos, t);

		if (e != NULL && e->leaf != ADJ_IDX_THROW)
			return model_leaf(e, addr);
	}
	return ADJ_IDX_NO_ROUTE;
}

static CTL_ONLY struct fib_route_spec
spec(const struct entry *e)
{
	return (struct fib_route_spec){ .table = ids[e->table],
					.dst = rte_cpu_to_be_32(e->key),
					.plen = e->plen,
					.tos = e->tos,
					.metric = e->metric,
					.metric_set = true,
					.tos_set = true,
					.keep_dead = true };
}

static CTL_ONLY void
random_target(struct fib_route_spec *r, struct entry *e)
{
	static const uint8_t types[] = { FIB_BLACKHOLE, FIB_PROHIBIT, FIB_THROW };
	static const uint32_t leaves[] = { ADJ_IDX_BLACKHOLE, ADJ_IDX_PROHIBIT, ADJ_IDX_THROW };
	unsigned int k = rnd(9);

	if (k < 3 && !(types[k] == FIB_THROW && e->table == 0)) {
		r->type = types[k];
		e->leaf = leaves[k];
		e->dev = -1;
		return;
	}
	r->n_nh = 1;
	e->dev = k % 3;
	r->nh[0].dev = &fake_dev[e->dev];
	e->leaf = neigh_glean_adj(r->nh[0].dev);
	if (k < 6)
		return;
	r->nh[0].gateway = rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + rnd(6));
	r->nh[0].onlink = true;
	e->leaf = neigh_create(r->nh[0].gateway, r->nh[0].dev)->adj_idx;
}

static CTL_ONLY void
op_add(void)
{
	static const uint8_t tos[] = { 0, 0, 0x10, 0x20, 0xb8 };
	struct entry e = { .plen = 12 + rnd(21),
			   .table = rnd(RTE_DIM(ids)),
			   .tos = tos[rnd(RTE_DIM(tos))],
			   .metric = rnd(3) };
	struct fib_route_spec r;
	unsigned int i = 0;

	if (e.table == 0 && rnd(4) != 0)
		e.table = 1; /* or local would cover all */
	e.key = random_addr() & fib_mask(e.plen);
	r = spec(&e);
	random_target(&r, &e);
	while (i < n_routes &&
	       !(routes[i].key == e.key && routes[i].plen == e.plen && routes[i].table == e.table &&
		 routes[i].tos == e.tos && routes[i].metric == e.metric))
		i++;
	if (i == ROUTES_MAX)
		return;
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
	routes[i] = e;
	n_routes += i == n_routes;
}

static CTL_ONLY void
op_del(void)
{
	struct fib_route_spec r;
	struct entry *e;

	if (n_routes == 0)
		return;
	e = &routes[rnd(n_routes)];
	r = spec(e);
	assert_int_equal(fib_route_del(&r), 0);
	*e = routes[--n_routes];
}

static CTL_ONLY void
op_event(void)
{
	unsigned int d = rnd(3);

	if (rnd(2)) {
		on_link->nud.state = on_link->nud.state == NUD_REACHABLE ? NUD_NONE : NUD_REACHABLE;
		notifier_call(&neigh_chain, NEIGH_UPDATE, on_link);
		return;
	}
	carrier[d] = !carrier[d];
	fake_carrier(&fake_dev[d], carrier[d]);
}

/* Workers' view of one table, one by one and all at once. */
static void
compare_table(unsigned int t, const uint32_t *dst, const uint8_t *tos)
{
	struct fib_table_res bulk[BURST], one;
	uint64_t hit = fib_table_lookup_bulk_dp(tables[t], dst, tos, bulk, BURST);

	for (unsigned int i = 0; i < BURST; i++) {
		const struct entry *e = model_table(dst[i], tos[i], t);
		bool want = e != NULL && e->leaf != ADJ_IDX_THROW;

		assert_int_equal(hit >> i & 1, want);
		assert_int_equal(fib_table_lookup_dp(tables[t], dst[i], tos[i], &one), want);
		if (!want)
			continue;
		assert_int_equal(bulk[i].idx, model_leaf(e, dst[i]));
		assert_int_equal(bulk[i].plen, e->plen);
		assert_int_equal(one.idx, bulk[i].idx);
		assert_int_equal(one.plen, bulk[i].plen);
	}
}

static void
compare(void)
{
	uint32_t dst[BURST];
	uint8_t tos[BURST];

	for (unsigned int i = 0; i < BURST; i++) {
		static const uint8_t some[] = { 0, 1, 0x10, 0x12, 0x20, 0xb8, 0xbb, 0x40 };
		uint32_t leaf, want;

		dst[i] = random_addr();
		tos[i] = some[rnd(RTE_DIM(some))];
		want = model_rules(dst[i], tos[i]);
		leaf = fib_lookup_rest_dp(fib_lookup(&fib_main_dp, dst[i]), dst[i], tos[i]);
		if (want == ADJ_IDX_NO_ROUTE && leaf == ADJ_IDX_THROW)
			leaf = ADJ_IDX_NO_ROUTE; /* the last rule's throw is no route */
		assert_int_equal(leaf, want);
	}
	compare_table(rnd(RTE_DIM(ids)), dst, tos);
}

/* @p slices: what changes is compiled a few nodes at a time, with other things between. */
static CTL_ONLY void
run(unsigned long ops, bool slices)
{
	unsigned long late = 0;

	fake_reset(0);
	n_routes = 0;
	memset(carrier, true, sizeof(carrier));
	on_link = neigh_create(ip("20.0.1.32"), &fake_dev[0]);
	for (unsigned int i = 0; i < RTE_DIM(ids); i++)
		tables[i] = fib_table_dp(ids[i]);
	for (unsigned long i = 0; i < ops; i++) {
		unsigned int k = rnd(100), fill = (i >> 10) % 3;

		if (k < 20 + 20 * (2 - fill))
			op_add();
		else if (k < 95)
			op_del();
		else
			op_event();
		if (slices && rnd(3) == 0)
			timer_run();
		late += fib_is_late();
		if (i % 4 == 0)
			compare();
		if (i % 64 == 0)
			rcu_poll();
		if (i % 16384 == 0)
			assert_int_equal(fib_check(NULL, NULL), 0);
	}
	assert_int_equal(late > ops / 8, slices);
	fib_compile_finish();
	while (n_routes > 0)
		op_del();
	fake_neigh_gone(on_link);
	rcu_barrier();
	assert_int_equal(fib_ctl.aliases.n_waiting + fib_ctl.nodes.n_waiting, 0);
	/* root, five built in, two joins; each other table's root */
	assert_int_equal(fib_ctl.nodes.used - 1 - fib_ctl.nodes.n_free, 8 + RTE_DIM(ids) - 2);
	fake_done();
}

static unsigned long
operations(void)
{
	const char *env = getenv("FIB_TABLES_OPS");

	return env != NULL ? strtoul(env, NULL, 0) : 100000;
}

static void
as_the_model(void **state)
{
	RTE_SET_USED(state);
	role_enter_ctl();
	run(operations(), false);
}

static void
as_the_model_in_slices(void **state)
{
	const struct fib_compile_pace pace = fib_compile_pace;

	RTE_SET_USED(state);
	role_enter_ctl();
	fib_compile_pace.near = 2;
	fib_compile_pace.slice = 5;
	run(operations(), true);
	fib_compile_pace = pace;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_the_model),
					    cmocka_unit_test(as_the_model_in_slices) };

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/tables", tests, NULL, NULL);
}
