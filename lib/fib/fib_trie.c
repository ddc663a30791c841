/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>
#include "fib/fib_trie.h"

#define TOP_BITS 16
#define TOP_SIZE (1u << TOP_BITS)
#define TOP_FROM 4096 /* nodes: below, the index would be larger than what it leads to */

int
fib_nodes_init(struct fib_arena *nodes)
{
	return fib_arena_init(nodes, sizeof(struct fib_node), offsetof(struct fib_node, leaf),
			      FIB_NODES_MAX);
}

/* What the index says for the addresses of @p n: @p idx in place of shorter prefixes. */
static void
top_add(uint32_t *top, const struct fib_trie *t, uint32_t idx)
{
	const struct fib_node *n = fib_node(t, idx);
	uint32_t first = n->key >> TOP_BITS;

	if (n->plen > TOP_BITS)
		return;
	for (uint32_t i = first; i < first + (TOP_SIZE >> n->plen); i++)
		if (top[i] == 0 || fib_node(t, top[i])->plen < n->plen)
			__atomic_store_n(&top[i], idx, __ATOMIC_RELEASE);
}

/* @p idx goes; what it was asked for, @p parent is. */
static void
top_del(const struct fib_trie *t, uint32_t idx, uint32_t parent)
{
	const struct fib_node *n = fib_node(t, idx);
	uint32_t first = n->key >> TOP_BITS;

	if (t->top == NULL || n->plen > TOP_BITS)
		return;
	for (uint32_t i = first; i < first + (TOP_SIZE >> n->plen); i++)
		if (t->top[i] == idx)
			__atomic_store_n(&t->top[i], parent, __ATOMIC_RELEASE);
}

/* No memory: the trie serves as well without. */
static CTL_ONLY void
top_make(struct fib_trie *t)
{
	uint32_t *top = calloc(TOP_SIZE, sizeof(*top)), idx;
	struct fib_trie_iter it;

	if (top == NULL)
		return;
	fib_trie_first(t, &it);
	while ((idx = fib_trie_next(t, &it)) != 0)
		top_add(top, t, idx);
	rcu_assign_pointer(t->top, top);
}

static CTL_ONLY void
linked(struct fib_trie *t, uint32_t idx)
{
	if (t->top != NULL)
		top_add(t->top, t, idx);
}

static CTL_ONLY uint32_t
node_new(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t idx = fib_arena_get(t->nodes);
	struct fib_node *n = fib_node(t, idx);

	n->key = key & fib_mask(plen);
	n->plen = plen;
	n->leaf = FIB_LEAF_NONE;
	n->layer = UINT8_MAX;
	t->n++;
	return idx;
}

static CTL_ONLY void
node_free(struct fib_trie *t, uint32_t idx)
{
	fib_arena_retire(t->nodes, idx);
	t->n--;
}

/* Whatever @p idx leads to is written before a worker can come by here. */
static void
set_child(struct fib_trie *t, uint32_t parent, unsigned int bit, uint32_t idx)
{
	__atomic_store_n(&fib_node(t, parent)->child[bit], idx, __ATOMIC_RELEASE);
}

int
fib_trie_init(struct fib_trie *t, struct fib_arena *nodes)
{
	*t = (struct fib_trie){ .node = (struct fib_node *)nodes->base, .nodes = nodes };
	if (fib_arena_reserve(nodes, 1) < 0)
		return -ENOMEM;
	t->root = node_new(t, 0, 0);
	return 0;
}

void
fib_trie_fini(struct fib_trie *t)
{
	free(t->top);
	*t = (struct fib_trie){ 0 };
}

uint64_t
fib_trie_bytes(const struct fib_trie *t)
{
	return t->top != NULL ? TOP_SIZE * sizeof(*t->top) : 0;
}

/* Leading bits that the two have in common, at most the shorter prefix. */
static uint8_t
common_bits(const struct fib_node *n, uint32_t key, uint8_t plen)
{
	uint32_t diff = n->key ^ key;
	uint8_t bits = diff == 0 ? 32 : __builtin_clz(diff);

	bits = RTE_MIN(bits, n->plen);
	return RTE_MIN(bits, plen);
}

uint32_t
fib_trie_find(const struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t idx = plen >= TOP_BITS ? fib_trie_start(t, key) : t->root;

	while (idx != 0) {
		const struct fib_node *n = fib_node(t, idx);

		if (n->plen >= plen)
			return n->plen == plen && n->key == key ? idx : 0;
		if (!fib_node_covers(n, key, plen))
			return 0;
		idx = n->child[fib_bit(key, n->plen)];
	}
	return 0;
}

/* Hang a new node for key/plen between parent and child c, which it does not lie under. */
static CTL_ONLY uint32_t
node_split(struct fib_trie *t, uint32_t parent, uint32_t c, uint32_t key, uint8_t plen)
{
	uint8_t common = common_bits(fib_node(t, c), key, plen);
	uint32_t c_key = fib_node(t, c)->key, idx = node_new(t, key, plen), join = idx;

	if (common == plen) {
		fib_node(t, idx)->child[fib_bit(c_key, plen)] = c;
	} else {
		join = node_new(t, key, common);
		fib_node(t, join)->child[fib_bit(key, common)] = idx;
		fib_node(t, join)->child[fib_bit(c_key, common)] = c;
	}
	set_child(t, parent, fib_bit(key, fib_node(t, parent)->plen), join);
	linked(t, join);
	if (join != idx)
		linked(t, idx);
	return idx;
}

uint32_t
fib_trie_insert(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t p = plen >= TOP_BITS ? fib_trie_start(t, key) : t->root, c, idx;

	if (fib_arena_reserve(t->nodes, 2) < 0)
		return 0;
	if (unlikely(t->top == NULL && t->n >= TOP_FROM))
		top_make(t);
	for (;;) {
		const struct fib_node *n = fib_node(t, p);

		if (n->plen == plen)
			return p;
		c = n->child[fib_bit(key, n->plen)];
		if (c == 0) {
			idx = node_new(t, key, plen);
			set_child(t, p, fib_bit(key, n->plen), idx);
			linked(t, idx);
			return idx;
		}
		if (!fib_node_covers(fib_node(t, c), key, plen))
			return node_split(t, p, c, key, plen);
		p = c;
	}
}

static void
relink(struct fib_trie *t, uint32_t parent, uint32_t from, uint32_t to)
{
	set_child(t, parent, fib_node(t, parent)->child[1] == from, to);
}

void
fib_trie_prune(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t grand = 0, parent = 0, idx = t->root, only;
	struct fib_node *n = fib_node(t, idx);

	while (n->plen < plen) {
		grand = parent;
		parent = idx;
		idx = n->child[fib_bit(key, n->plen)];
		if (idx == 0)
			return;
		n = fib_node(t, idx);
	}
	if (idx == t->root || n->plen != plen || n->key != key || n->data != 0 ||
	    (n->child[0] != 0 && n->child[1] != 0))
		return;
	only = n->child[0] != 0 ? n->child[0] : n->child[1];
	relink(t, parent, idx, only);
	top_del(t, idx, parent);
	node_free(t, idx);
	n = fib_node(t, parent);
	if (only != 0 || parent == t->root || n->data != 0)
		return;
	/* The parent only joined the one that went and its sibling. */
	only = n->child[0] != 0 ? n->child[0] : n->child[1];
	relink(t, grand, parent, only);
	top_del(t, parent, grand);
	node_free(t, parent);
}

unsigned int
fib_trie_path(const struct fib_trie *t, uint32_t key, uint32_t path[33])
{
	uint32_t idx = t->root;
	unsigned int n = 0;

	while (idx != 0) {
		const struct fib_node *node = fib_node(t, idx);

		if (!fib_node_covers(node, key, 32))
			break;
		path[n++] = idx;
		if (node->plen == 32)
			break;
		idx = __atomic_load_n(&node->child[fib_bit(key, node->plen)], __ATOMIC_ACQUIRE);
	}
	return n;
}

void
fib_trie_first(const struct fib_trie *t, struct fib_trie_iter *it)
{
	it->n = 1;
	it->stack[0] = t->root;
}

static void
iter_push(struct fib_trie_iter *it, uint32_t idx)
{
	if (idx != 0)
		it->stack[it->n++] = idx;
}

void
fib_trie_after(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key, uint8_t plen)
{
	uint32_t idx = t->root;

	it->n = 0;
	while (idx != 0) {
		const struct fib_node *n = fib_node(t, idx);

		if (!fib_node_covers(n, key, plen)) {
			/* All of its subtree lies on one side. */
			if (n->key > key || (n->key == key && n->plen > plen))
				iter_push(it, idx);
			return;
		}
		if (n->plen == plen) {
			iter_push(it, n->child[1]);
			iter_push(it, n->child[0]);
			return;
		}
		if (fib_bit(key, n->plen) == 0)
			iter_push(it, n->child[1]);
		idx = n->child[fib_bit(key, n->plen)];
	}
}

void
fib_trie_inside(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key, uint8_t plen)
{
	uint32_t idx = t->root;

	it->n = 0;
	while (idx != 0 && fib_node(t, idx)->plen < plen) {
		const struct fib_node *n = fib_node(t, idx);

		if (!fib_node_covers(n, key, plen))
			return;
		idx = n->child[fib_bit(key, n->plen)];
	}
	if (idx != 0 && ((fib_node(t, idx)->key ^ key) & fib_mask(plen)) == 0)
		iter_push(it, idx);
}

uint32_t
fib_trie_next(const struct fib_trie *t, struct fib_trie_iter *it)
{
	uint32_t idx;

	if (it->n == 0)
		return 0;
	idx = it->stack[--it->n];
	iter_push(it, fib_node(t, idx)->child[1]);
	iter_push(it, fib_node(t, idx)->child[0]);
	/* Of a table in the order of its addresses nodes lie anywhere in memory. */
	rte_prefetch0(fib_node(t, fib_node(t, idx)->child[1]));
	rte_prefetch0(fib_node(t, fib_node(t, idx)->child[0]));
	return idx;
}

void
fib_cover_add(struct fib_cover *c, uint32_t key, uint8_t plen)
{
	uint32_t differ = c->key ^ key;

	if (c->plen == FIB_COVER_NONE) {
		*c = (struct fib_cover){ key, plen };
		return;
	}
	c->plen = RTE_MIN(c->plen, plen);
	if ((differ & fib_mask(c->plen)) != 0)
		c->plen = (uint8_t)__builtin_clz(differ);
	c->key &= fib_mask(c->plen);
}

uint32_t
fib_trie_next_in(const struct fib_trie *t, struct fib_trie_iter *it, const struct fib_cover *c)
{
	uint32_t idx = fib_trie_next(t, it);

	return idx != 0 && ((fib_node(t, idx)->key ^ c->key) & fib_mask(c->plen)) == 0 ? idx : 0;
}
