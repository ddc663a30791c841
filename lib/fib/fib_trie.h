/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_TRIE_H
#define FIB_TRIE_H
/**
 * @file
 * The tree that remembers prefixes: a path-compressed binary trie of 24-byte nodes that name each
 * other by 32-bit index in one growable arena. Pure: no I/O, no clock, no globals. Addresses are
 * in host order. Nodes may move when one is inserted: keep indices, not pointers.
 */
#include <stdbool.h>
#include <stdint.h>

/** Equal-sized elements by index, in one block that grows. Index 0 is never given out. */
struct fib_arena {
	void *base;
	uint32_t elem; /* bytes */
	uint32_t used; /* high-water mark; elements 1..used-1 exist */
	uint32_t size;
	uint32_t free; /* list through the first word of free elements */
	uint32_t n_free;
};
void fib_arena_init(struct fib_arena *a, uint32_t elem);
void fib_arena_fini(struct fib_arena *a);
/** Make sure that @p n fib_arena_get() in a row succeed. 0 or -ENOMEM. */
int fib_arena_reserve(struct fib_arena *a, uint32_t n);
/** A zeroed element's index. Only after fib_arena_reserve(). */
uint32_t fib_arena_get(struct fib_arena *a);
void fib_arena_put(struct fib_arena *a, uint32_t idx);
/** Bytes reserved from the heap. */
uint64_t fib_arena_bytes(const struct fib_arena *a);

#define FIB_LEAF_NONE UINT32_MAX

struct fib_node {
	uint32_t key;	   /* bits past plen are zero */
	uint32_t child[2]; /* by the bit after the prefix; 0: none */
	uint32_t data;	   /* the owner's; 0: the node only joins two others */
	uint32_t leaf;	   /* what this prefix contributes to the compiled table */
	uint8_t plen;
	uint8_t layer; /* enum fib_layer of its best live entry */
	uint8_t neigh; /* a neighbour's leaf is remembered here */
	uint8_t unused;
};

struct fib_trie {
	struct fib_arena nodes;
	uint32_t n; /* nodes in use, the root included */
};
#define FIB_TRIE_ROOT 1 /* 0.0.0.0/0, always there */

int fib_trie_init(struct fib_trie *t);
void fib_trie_fini(struct fib_trie *t);

static inline struct fib_node *
fib_node(const struct fib_trie *t, uint32_t idx)
{
	return (struct fib_node *)t->nodes.base + idx;
}
static inline uint32_t
fib_mask(uint8_t plen)
{
	return plen == 0 ? 0 : UINT32_MAX << (32 - plen);
}
static inline unsigned int
fib_bit(uint32_t key, uint8_t i)
{
	return (key >> (31 - i)) & 1;
}
static inline bool
fib_node_covers(const struct fib_node *n, uint32_t key, uint8_t plen)
{
	return n->plen <= plen && ((n->key ^ key) & fib_mask(n->plen)) == 0;
}

/** The node of exactly this prefix, or 0. */
uint32_t fib_trie_find(const struct fib_trie *t, uint32_t key, uint8_t plen);
/** The node of this prefix, made when it is missing; 0 when out of memory. O(plen). */
uint32_t fib_trie_insert(struct fib_trie *t, uint32_t key, uint8_t plen);
/** The prefix has no data any more: remove what only it needed. The root stays. */
void fib_trie_prune(struct fib_trie *t, uint32_t key, uint8_t plen);
/** Nodes that cover @p key, least specific first, the root included; returns how many (<= 33). */
unsigned int fib_trie_path(const struct fib_trie *t, uint32_t key, uint32_t path[33]);

/** Walk in order of prefix, the shorter before the longer. The trie must not change meanwhile. */
struct fib_trie_iter {
	unsigned int n;
	uint32_t stack[36];
};
void fib_trie_first(struct fib_trie_iter *it);
/** Start behind this prefix, which need not exist (any more). */
void fib_trie_after(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key, uint8_t plen);
/** Start with this prefix or the first inside it, and see only what it covers. */
void fib_trie_inside(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key,
		     uint8_t plen);
/** The next node, or 0 at the end. */
uint32_t fib_trie_next(const struct fib_trie *t, struct fib_trie_iter *it);
#endif
