/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_TRIE_H
#define FIB_TRIE_H
/**
 * @file
 * The tree that remembers prefixes: a path-compressed binary trie of 24-byte nodes that name each
 * other by 32-bit index in an arena. No I/O, no clock, no globals. Addresses are in host order.
 *
 * Workers may descend while the control thread changes it: key, plen and child of a node that they
 * can reach are right at any moment, a node that is taken out goes on to lead where it led.
 */
#include <stdbool.h>
#include <stdint.h>
#include "fib/fib_arena.h"

#define FIB_LEAF_NONE UINT32_MAX

struct fib_node {
	uint32_t key;	   /* bits past plen are zero */
	uint32_t child[2]; /* by the bit after the prefix; 0: none */
	uint32_t data;	   /* the owner's; 0: the node only joins two others */
	uint32_t leaf;	   /* what this prefix contributes to the compiled table; not for workers */
	uint8_t plen;
	uint8_t layer; /* enum fib_layer of its best live entry */
	uint8_t neigh; /* a neighbour's leaf is remembered here */
	uint8_t unused;
};

struct fib_trie {
	struct fib_node *node;	 /* base of the arena */
	struct fib_arena *nodes; /* several tries may share one */
	uint32_t root;		 /* 0.0.0.0/0, always there */
	/* By the first 16 bits of an address: the longest prefix of at most 16 bits that covers it,
	 * where a descent may begin. NULL while the trie is small. */
	uint32_t *top;
	/* On a line of its own, since the others are workers'. */
	uint32_t n __rte_cache_aligned; /* nodes in use, the root included */
};

#define FIB_NODES_MAX (1u << 26)
/** An arena for nodes. 0 or -ENOMEM. */
int fib_nodes_init(struct fib_arena *nodes) CTL_ONLY;
/** 0 or -ENOMEM. */
int fib_trie_init(struct fib_trie *t, struct fib_arena *nodes) CTL_ONLY;
/** Only when no reader is left. The nodes go with their arena. */
void fib_trie_fini(struct fib_trie *t) CTL_ONLY;

static inline struct fib_node *
fib_node(const struct fib_trie *t, uint32_t idx)
{
	return t->node + idx;
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
uint32_t fib_trie_insert(struct fib_trie *t, uint32_t key, uint8_t plen) CTL_ONLY;
/** The prefix has no data any more: remove what only it needed. The root stays. */
void fib_trie_prune(struct fib_trie *t, uint32_t key, uint8_t plen) CTL_ONLY;
/** Bytes of the trie besides its nodes. */
uint64_t fib_trie_bytes(const struct fib_trie *t);
/** Where a search for prefixes of at least 16 bits may begin; what it skips is shorter. */
static inline uint32_t
fib_trie_start(const struct fib_trie *t, uint32_t key)
{
	const uint32_t *top = rcu_dereference(t->top);

	return top != NULL ? __atomic_load_n(&top[key >> 16], __ATOMIC_ACQUIRE) : t->root;
}
/** Nodes that cover @p key, least specific first, the root included; returns how many (<= 33).
 * Workers may call it. */
unsigned int fib_trie_path(const struct fib_trie *t, uint32_t key, uint32_t path[33]);

/** Walk in order of prefix, the shorter before the longer. The trie must not change meanwhile. */
struct fib_trie_iter {
	unsigned int n;
	uint32_t stack[36];
};
void fib_trie_first(const struct fib_trie *t, struct fib_trie_iter *it);
/** Start behind this prefix, which need not exist (any more). */
void fib_trie_after(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key, uint8_t plen);
/** Start with this prefix or the first inside it, and see only what it covers. */
void fib_trie_inside(const struct fib_trie *t, struct fib_trie_iter *it, uint32_t key,
		     uint8_t plen);
/** The next node, or 0 at the end. */
uint32_t fib_trie_next(const struct fib_trie *t, struct fib_trie_iter *it);

/** The longest prefix that covers some others. */
struct fib_cover {
	uint32_t key;
	uint8_t plen; /* FIB_COVER_NONE: there are none */
};
#define FIB_COVER_NONE UINT8_MAX
/** A prefix more that @p c covers. */
void fib_cover_add(struct fib_cover *c, uint32_t key, uint8_t plen);
/** The next node, or 0: what @p c covers is at its end, of a walk that began inside it. */
uint32_t fib_trie_next_in(const struct fib_trie *t, struct fib_trie_iter *it,
			  const struct fib_cover *c);
#endif
