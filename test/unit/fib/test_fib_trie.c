/* SPDX-License-Identifier: BSD-3-Clause */
/* The trie against rte_rib and against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <rte_rib.h>
#include "fake.h"

#define PREFIXES 20000
#define OPS	 200000

static struct {
	uint32_t key;
	uint8_t plen;
	bool there;
} p[PREFIXES];
static uint64_t rng = 88172645463325252u;

static uint32_t
rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng >> 20;
}

/* Distinct prefixes, crowded so that they nest. */
static CTL_ONLY void
make_prefixes(struct fib_arena *nodes)
{
	struct fib_trie t;

	assert_int_equal(fib_trie_init(&t, nodes), 0);
	for (unsigned int i = 0; i < PREFIXES;) {
		uint8_t plen = 1 + rnd() % 32;
		uint32_t key = (rnd() & 0x3c3fff0fu) & fib_mask(plen), idx;

		idx = fib_trie_insert(&t, key, plen);
		if (fib_node(&t, idx)->data != 0 && plen < 12)
			continue;
		if (fib_node(&t, idx)->data != 0) {
			plen = 32;
			key = rnd();
			idx = fib_trie_insert(&t, key, plen);
			if (fib_node(&t, idx)->data != 0)
				continue;
		}
		fib_node(&t, idx)->data = i + 1;
		p[i].key = key;
		p[i++].plen = plen;
	}
	fib_trie_fini(&t);
}

/* The index leads to the longest of at most 16 bits that covers the address. */
static void
check_start(const struct fib_trie *t, uint32_t addr, const uint32_t path[33], unsigned int n)
{
	uint32_t want = t->root;

	for (unsigned int i = 0; i < n; i++)
		if (fib_node(t, path[i])->plen <= 16)
			want = path[i];
	if (t->top != NULL)
		assert_int_equal(fib_trie_start(t, addr), want);
}

static uint32_t
trie_lpm(const struct fib_trie *t, uint32_t addr)
{
	uint32_t path[33];
	unsigned int n = fib_trie_path(t, addr, path);

	check_start(t, addr, path, n);
	while (n-- > 0)
		if (fib_node(t, path[n])->data != 0)
			return fib_node(t, path[n])->data;
	return 0;
}

static CTL_ONLY void
flip(struct fib_trie *t, struct rte_rib *rib, unsigned int i)
{
	uint32_t idx = fib_trie_find(t, p[i].key, p[i].plen);

	if (p[i].there) {
		assert_int_not_equal(idx, 0);
		fib_node(t, idx)->data = 0;
		fib_trie_prune(t, p[i].key, p[i].plen);
		rte_rib_remove(rib, p[i].key, p[i].plen);
	} else {
		assert_true(idx == 0 || fib_node(t, idx)->data == 0);
		idx = fib_trie_insert(t, p[i].key, p[i].plen);
		fib_node(t, idx)->data = i + 1;
		rte_rib_set_nh(rte_rib_insert(rib, p[i].key, p[i].plen), i + 1);
	}
	p[i].there = !p[i].there;
}

static void
same_walk(const struct fib_trie *t, unsigned int there)
{
	struct fib_trie_iter it, from;
	uint32_t idx, last_key = 0;
	unsigned int n = 0, last_plen = 0;

	fib_trie_first(t, &it);
	while ((idx = fib_trie_next(t, &it)) != 0) {
		const struct fib_node *node = fib_node(t, idx);

		/* Joins have two children: nothing is left that no prefix needs. */
		if (node->data == 0 && idx != t->root)
			assert_true(node->child[0] != 0 && node->child[1] != 0);
		n += node->data != 0;
		if (idx == t->root)
			continue;
		assert_true(node->key > last_key ||
			    (node->key == last_key && node->plen > last_plen));
		if (rnd() % 64 == 0) {
			fib_trie_after(t, &from, last_key, last_plen);
			assert_int_equal(fib_trie_next(t, &from), idx);
		}
		last_key = node->key;
		last_plen = node->plen;
	}
	assert_int_equal(n, there);
}

static CTL_ONLY void
as_rte_rib_run(void)
{
	struct rte_rib_conf conf = { .max_nodes = 4 * PREFIXES };
	struct rte_rib *rib = rte_rib_create("oracle", -1, &conf);
	struct fib_arena nodes;
	struct fib_trie t;
	unsigned int there = 0;

	assert_non_null(rib);
	assert_int_equal(fib_nodes_init(&nodes), 0);
	make_prefixes(&nodes);
	assert_int_equal(fib_trie_init(&t, &nodes), 0);
	for (unsigned int op = 0; op < OPS; op++) {
		unsigned int i = rnd() % PREFIXES;

		there += p[i].there ? -1 : 1;
		flip(&t, rib, i);
		for (unsigned int k = 0; k < 4; k++) {
			uint32_t addr = p[rnd() % PREFIXES].key ^ (rnd() & rnd() & rnd());
			struct rte_rib_node *node = rte_rib_lookup(rib, addr);
			uint64_t nh = 0;

			if (node != NULL)
				rte_rib_get_nh(node, &nh);
			assert_int_equal(trie_lpm(&t, addr), nh);
		}
		if (op % 512 == 0)
			rcu_poll();
		if (op % 20000 == 0)
			same_walk(&t, there);
	}
	for (unsigned int i = 0; i < PREFIXES; i++)
		if (p[i].there)
			flip(&t, rib, i);
	assert_int_equal(t.n, 1); /* the root alone */
	assert_non_null(t.top);
	assert_int_equal(fib_trie_start(&t, 0), t.root);
	fib_trie_fini(&t);
	rcu_barrier();
	assert_int_equal(nodes.n_waiting, 0);
	fib_arena_fini(&nodes);
	rte_rib_free(rib);
}

static void
as_rte_rib(void **state)
{
	RTE_SET_USED(state);
	role_enter_ctl();
	as_rte_rib_run();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_rte_rib) };

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/trie", tests, NULL, NULL);
}
