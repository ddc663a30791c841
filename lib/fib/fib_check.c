/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A second opinion on the compiled table: paint what is remembered into a fresh one, layer over
 * layer and shorter prefixes first, with no use of what the compiler remembers, and compare.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "fib/fib_priv.h"

#define SLOTS (1u << 24)

struct scratch {
	uint32_t *tbl24; /* leaf, or FIB_EXT and index into group[] */
	uint32_t (*group)[256];
	uint32_t n, size;
	bool failed;
};

static void
scratch_split(struct scratch *s, uint32_t slot)
{
	uint32_t leaf = s->tbl24[slot];

	if (leaf & FIB_EXT)
		return;
	if (s->n == s->size) {
		uint32_t size = s->size == 0 ? 256 : s->size * 2;
		void *p = realloc(s->group, size * sizeof(*s->group));

		if (p == NULL) {
			s->failed = true;
			return;
		}
		s->group = p;
		s->size = size;
	}
	for (unsigned int i = 0; i < 256; i++)
		s->group[s->n][i] = leaf;
	s->tbl24[slot] = FIB_EXT | s->n++;
}

static uint32_t
scratch_read(const struct scratch *s, uint32_t addr)
{
	uint32_t e = s->tbl24[addr >> 8];

	return e & FIB_EXT ? s->group[e & ~FIB_EXT][addr & 0xff] : e;
}

static void
scratch_paint(struct scratch *s, uint32_t key, uint8_t plen, uint32_t leaf)
{
	if (plen > 24) {
		scratch_split(s, key >> 8);
		if (s->failed)
			return;
		for (uint32_t i = 0; i < 1u << (32 - plen); i++)
			s->group[s->tbl24[key >> 8] & ~FIB_EXT][(key & 0xff) + i] = leaf;
		return;
	}
	for (uint32_t i = key >> 8; i < (key >> 8) + (1u << (24 - plen)); i++) {
		if (!(s->tbl24[i] & FIB_EXT)) {
			s->tbl24[i] = leaf;
			continue;
		}
		for (unsigned int k = 0; k < 256; k++)
			s->group[s->tbl24[i] & ~FIB_EXT][k] = leaf;
	}
}

static CTL_ONLY void
paint_layer(struct scratch *s, uint8_t layer)
{
	struct fib_trie_iter it;
	uint32_t idx;

	fib_trie_first(&fib_ctl.shared, &it);
	while ((idx = fib_trie_next(&fib_ctl.shared, &it)) != 0 && !s->failed) {
		const struct fib_node *n = fib_node(&fib_ctl.shared, idx);
		uint32_t leaf = fib_chain_leaf(n->data, layer);

		if (leaf != FIB_LEAF_NONE)
			scratch_paint(s, n->key, n->plen, leaf);
	}
}

static CTL_ONLY void
paint_neighs(struct scratch *s)
{
	struct fib_trie_iter it;
	uint32_t idx;

	fib_trie_first(&fib_ctl.shared, &it);
	while ((idx = fib_trie_next(&fib_ctl.shared, &it)) != 0 && !s->failed) {
		const struct fib_node *n = fib_node(&fib_ctl.shared, idx);

		for (uint32_t i = n->data; i != 0; i = fib_alias(i)->next) {
			const struct fib_neigh_leaf *l;

			if (fib_alias(i)->layer != FIB_LAYER_NEIGH)
				continue;
			l = fib_neigh_leaf(fib_alias(i)->info);
			if (scratch_read(s, n->key) != l->glean)
				continue;
			scratch_paint(s, n->key, 32, l->adj);
			break;
		}
	}
}

/* Differences, each run of equal ones inside a /24 told once. */
static CTL_ONLY uint64_t
compare(const struct scratch *s, void (*fn)(uint32_t, uint32_t, uint32_t, void *), void *arg)
{
	uint64_t diffs = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t e = fib_main_dp.tbl24[slot], last = FIB_LEAF_NONE;

		if (s->tbl24[slot] == e && !(e & FIB_EXT))
			continue;
		for (unsigned int i = 0; i < 256; i++) {
			uint32_t addr = slot << 8 | i;
			uint32_t want = scratch_read(s, addr),
				 have = fib_lookup(&fib_main_dp, addr);

			if (want == have) {
				last = FIB_LEAF_NONE;
				continue;
			}
			diffs++;
			if (have == last || fn == NULL || diffs > 4096)
				continue;
			last = have;
			fn(addr, want, have, arg);
		}
	}
	return diffs;
}

/* Every group that is in use is named by exactly one /24. */
static CTL_ONLY uint64_t
count_groups(void)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		n += (fib_main_dp.tbl24[slot] & FIB_EXT) != 0;
	return n > fib_ctl.dir.used ? n - fib_ctl.dir.used : fib_ctl.dir.used - n;
}

uint64_t
fib_check(void (*fn)(uint32_t dst, uint32_t want, uint32_t have, void *arg), void *arg)
{
	struct scratch s = { 0 };
	uint64_t diffs = UINT64_MAX;

	fib_compile_finish();
	s.tbl24 = mmap(NULL, SLOTS * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s.tbl24 == MAP_FAILED)
		return diffs;
	paint_layer(&s, FIB_LAYER_MAIN);
	paint_layer(&s, FIB_LAYER_LOCAL);
	paint_neighs(&s);
	paint_layer(&s, FIB_LAYER_BASE);
	if (!s.failed)
		diffs = compare(&s, fn, arg) + count_groups();
	munmap(s.tbl24, SLOTS * sizeof(uint32_t));
	free(s.group);
	return diffs;
}
