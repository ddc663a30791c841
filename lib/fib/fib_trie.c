/* SPDX-License-Identifier: BSD-3-Clause */
/* Pure: no I/O, no clock, no globals; memory from the heap. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <rte_common.h>
#include "fib/fib_trie.h"

#define ARENA_START 16
#define HUGE_PAGE   (UINT64_C(2) << 20)
#define HUGE_FROM   (4 * HUGE_PAGE)

void
fib_arena_init(struct fib_arena *a, uint32_t elem)
{
	*a = (struct fib_arena){ .elem = elem, .used = 1 };
}

void
fib_arena_fini(struct fib_arena *a)
{
	free(a->base);
	*a = (struct fib_arena){ .elem = a->elem, .used = 1 };
}

/* A descent in random order misses the TLB at each level on 4 KiB pages. A hint, no more. */
static void
advise_huge(void *base, uint64_t bytes)
{
	uintptr_t first = RTE_ALIGN_CEIL((uintptr_t)base, HUGE_PAGE);
	uintptr_t end = RTE_ALIGN_FLOOR((uintptr_t)base + bytes, HUGE_PAGE);

	madvise((void *)first, end - first, MADV_HUGEPAGE);
}

int
fib_arena_reserve(struct fib_arena *a, uint32_t n)
{
	uint64_t size = a->size;
	void *base;

	if (a->n_free + (a->size - RTE_MIN(a->used, a->size)) >= n)
		return 0;
	size = RTE_MAX(size + size / 2, (uint64_t)ARENA_START) + n;
	if (size >= UINT32_MAX)
		return -ENOMEM;
	base = realloc(a->base, size * a->elem);
	if (base == NULL)
		return -ENOMEM;
	a->base = base;
	a->size = size;
	if (size * a->elem >= HUGE_FROM)
		advise_huge(base, size * a->elem);
	return 0;
}

uint32_t
fib_arena_get(struct fib_arena *a)
{
	uint32_t idx = a->free;
	char *p;

	if (idx == 0) {
		idx = a->used++;
		memset((char *)a->base + (uint64_t)idx * a->elem, 0, a->elem);
		return idx;
	}
	p = (char *)a->base + (uint64_t)idx * a->elem;
	memcpy(&a->free, p, sizeof(a->free));
	a->n_free--;
	memset(p, 0, a->elem);
	return idx;
}

void
fib_arena_put(struct fib_arena *a, uint32_t idx)
{
	memcpy((char *)a->base + (uint64_t)idx * a->elem, &a->free, sizeof(a->free));
	a->free = idx;
	a->n_free++;
}

uint64_t
fib_arena_bytes(const struct fib_arena *a)
{
	return (uint64_t)a->size * a->elem;
}

static uint32_t
node_new(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t idx = fib_arena_get(&t->nodes);
	struct fib_node *n = fib_node(t, idx);

	n->key = key & fib_mask(plen);
	n->plen = plen;
	n->leaf = FIB_LEAF_NONE;
	n->layer = UINT8_MAX;
	t->n++;
	return idx;
}

static void
node_free(struct fib_trie *t, uint32_t idx)
{
	fib_arena_put(&t->nodes, idx);
	t->n--;
}

int
fib_trie_init(struct fib_trie *t)
{
	fib_arena_init(&t->nodes, sizeof(struct fib_node));
	t->n = 0;
	if (fib_arena_reserve(&t->nodes, 4) < 0)
		return -ENOMEM;
	node_new(t, 0, 0);
	return 0;
}

void
fib_trie_fini(struct fib_trie *t)
{
	fib_arena_fini(&t->nodes);
	t->n = 0;
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
	uint32_t idx = FIB_TRIE_ROOT;

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
static uint32_t
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
	fib_node(t, parent)->child[fib_bit(key, fib_node(t, parent)->plen)] = join;
	return idx;
}

uint32_t
fib_trie_insert(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t p = FIB_TRIE_ROOT, c, idx;

	if (fib_arena_reserve(&t->nodes, 2) < 0)
		return 0;
	for (;;) {
		struct fib_node *n = fib_node(t, p);

		if (n->plen == plen)
			return p;
		c = n->child[fib_bit(key, n->plen)];
		if (c == 0) {
			idx = node_new(t, key, plen);
			n->child[fib_bit(key, n->plen)] = idx;
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
	struct fib_node *p = fib_node(t, parent);

	p->child[p->child[1] == from] = to;
}

void
fib_trie_prune(struct fib_trie *t, uint32_t key, uint8_t plen)
{
	uint32_t grand = 0, parent = 0, idx = FIB_TRIE_ROOT, only;
	struct fib_node *n = fib_node(t, idx);

	while (n->plen < plen) {
		grand = parent;
		parent = idx;
		idx = n->child[fib_bit(key, n->plen)];
		if (idx == 0)
			return;
		n = fib_node(t, idx);
	}
	if (idx == FIB_TRIE_ROOT || n->plen != plen || n->key != key || n->data != 0 ||
	    (n->child[0] != 0 && n->child[1] != 0))
		return;
	only = n->child[0] != 0 ? n->child[0] : n->child[1];
	relink(t, parent, idx, only);
	node_free(t, idx);
	n = fib_node(t, parent);
	if (only != 0 || parent == FIB_TRIE_ROOT || n->data != 0)
		return;
	/* The parent only joined the one that went and its sibling. */
	only = n->child[0] != 0 ? n->child[0] : n->child[1];
	relink(t, grand, parent, only);
	node_free(t, parent);
}

unsigned int
fib_trie_path(const struct fib_trie *t, uint32_t key, uint32_t path[33])
{
	uint32_t idx = FIB_TRIE_ROOT;
	unsigned int n = 0;

	while (idx != 0) {
		const struct fib_node *node = fib_node(t, idx);

		if (!fib_node_covers(node, key, 32))
			break;
		path[n++] = idx;
		if (node->plen == 32)
			break;
		idx = node->child[fib_bit(key, node->plen)];
	}
	return n;
}

void
fib_trie_first(struct fib_trie_iter *it)
{
	it->n = 1;
	it->stack[0] = FIB_TRIE_ROOT;
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
	uint32_t idx = FIB_TRIE_ROOT;

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
	uint32_t idx = FIB_TRIE_ROOT;

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
	return idx;
}
