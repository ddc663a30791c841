/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What local and main compile to. Each node of the shared trie remembers in leaf what its prefix
 * contributes: nothing, or an adjacency index. A change at a prefix decides that anew and paints
 * the prefix's range, stepping over the ranges that more specific prefixes hold.
 *
 * A packet asks local before main, whatever the lengths: what an ancestor of a higher layer covers
 * contributes nothing (it is shadowed). A neighbour's leaf answers only where its address would
 * else read "on-link by the neighbour's device".
 */
#include <limits.h>
#include <rte_prefetch.h>
#include "core/timer.h"
#include "fib/fib_priv.h"

struct fib_compile_pace fib_compile_pace = { .near = 1024, .slice = 8192 };

/* What lies above a node: the leaf its range would read, and the highest layer that covers it. */
struct above {
	uint32_t leaf;
	uint8_t layer;
};

uint32_t
fib_chain_leaf(uint32_t alias, uint8_t layer)
{
	for (uint32_t i = alias; i != 0; i = fib_alias(i)->next) {
		const struct fib_alias *a = fib_alias(i);

		if (a->layer > layer)
			break;
		/* Those for a tos stand first: what they are for is seen packet by packet. */
		if (a->layer == layer && !a->passed && !fib_infos[a->info]->dead)
			return a->tos != 0 ? ADJ_IDX_TOS : fib_infos[a->info]->leaf;
	}
	return FIB_LEAF_NONE;
}

/* Set the node's layer; what it contributes if nothing shadows it. */
static CTL_ONLY uint32_t
chain_leaf(struct fib_node *n)
{
	for (uint8_t layer = FIB_LAYER_BASE; layer <= FIB_LAYER_MAIN; layer++) {
		uint32_t leaf = fib_chain_leaf(n->data, layer);

		if (leaf == FIB_LEAF_NONE)
			continue;
		n->layer = layer;
		return leaf;
	}
	n->layer = FIB_LAYER_NONE;
	return FIB_LEAF_NONE;
}

static CTL_ONLY uint32_t
neigh_leaf(const struct fib_node *n, uint32_t onlink)
{
	for (uint32_t i = n->data; i != 0; i = fib_alias(i)->next) {
		const struct fib_alias *a = fib_alias(i);

		if (a->layer == FIB_LAYER_NEIGH && fib_neigh_leaf(a->info)->glean == onlink)
			return fib_neigh_leaf(a->info)->adj;
	}
	return FIB_LEAF_NONE;
}

/* What the node contributes below @p up. @p own: what chain_leaf() says. */
static CTL_ONLY uint32_t
node_leaf(const struct fib_node *n, uint32_t own, struct above up)
{
	uint32_t leaf = n->layer > up.layer ? FIB_LEAF_NONE : own, over;

	if (n->neigh == 0)
		return leaf;
	over = neigh_leaf(n, leaf != FIB_LEAF_NONE ? leaf : up.leaf);
	return over != FIB_LEAF_NONE ? over : leaf;
}

static struct above
below(const struct fib_node *n, struct above up)
{
	if (n->leaf != FIB_LEAF_NONE)
		up.leaf = n->leaf;
	if (n->layer < up.layer)
		up.layer = n->layer;
	return up;
}

static inline uint64_t
node_end(const struct fib_node *n)
{
	return (uint64_t)n->key + (UINT64_C(1) << (32 - n->plen));
}

/* [from, to) reads leaf. */
static CTL_ONLY void
fill(uint64_t from, uint64_t to, uint32_t leaf)
{
	if (from < to)
		dir24_fill(&fib_ctl.dir, from, to - 1, leaf);
}

static void paint(uint32_t idx, struct above up) CTL_ONLY;

/* The children of @p idx, whose range reads in.leaf from @p cur on where they contribute nothing.
 * Returns how far it is painted. Depth: 33 at most. */
static CTL_ONLY uint64_t
paint_below(uint32_t idx, struct above in, uint64_t cur)
{
	rte_prefetch0(fib_node(&fib_ctl.shared, fib_node(&fib_ctl.shared, idx)->child[1]));
	for (unsigned int b = 0; b < 2; b++) {
		uint32_t c = fib_node(&fib_ctl.shared, idx)->child[b], want;
		struct fib_node *n = fib_node(&fib_ctl.shared, c);
		uint8_t layer = n->layer;

		if (c == 0)
			continue;
		/* One that is neither shadowed nor a neighbour's is up to date. */
		want = n->leaf;
		if (want == FIB_LEAF_NONE || n->layer > in.layer || n->neigh)
			want = node_leaf(n, chain_leaf(n), in);
		if (want == FIB_LEAF_NONE) {
			n->leaf = FIB_LEAF_NONE;
			cur = paint_below(c, below(n, in), cur);
			continue;
		}
		fill(cur, n->key, in.leaf);
		/* The same leaf from another layer casts another shadow. */
		if (want != n->leaf || layer != n->layer) {
			n->leaf = want;
			paint(c, in);
		}
		cur = node_end(n);
	}
	return cur;
}

/* The whole range of a node whose leaf was just set. */
static CTL_ONLY void
paint(uint32_t idx, struct above up)
{
	const struct fib_node *n = fib_node(&fib_ctl.shared, idx);
	struct above in = below(n, up);
	uint64_t cur = paint_below(idx, in, n->key);

	fill(cur, node_end(n), in.leaf);
}

void
fib_compile_prefix(uint32_t key, uint8_t plen)
{
	struct above up = { .leaf = ADJ_IDX_NO_ROUTE, .layer = FIB_LAYER_MAIN };
	uint32_t idx = fib_ctl.shared.root, leaf;
	struct fib_node *n;
	uint8_t layer;

	for (;;) {
		n = fib_node(&fib_ctl.shared, idx);
		if (n->plen >= plen)
			break;
		up = below(n, up);
		idx = n->child[fib_bit(key, n->plen)];
	}
	layer = n->layer;
	leaf = node_leaf(n, chain_leaf(n), up);
	/* Main casts no shadow: only a change above it concerns those below. */
	if (leaf == n->leaf && RTE_MIN(layer, up.layer) == RTE_MIN(n->layer, up.layer))
		return;
	n->leaf = leaf;
	paint(idx, up);
}

static CTL_ONLY bool
chain_changed(uint32_t alias)
{
	for (uint32_t i = alias; i != 0; i = fib_alias(i)->next)
		if (fib_alias(i)->layer != FIB_LAYER_NEIGH &&
		    fib_infos[fib_alias(i)->info]->changed)
			return true;
	return false;
}

/*
 * Prefixes whose infos changed. An info knows what covers its routes, so that few nodes are looked
 * at where these are few or near each other. The others wait for one walk in slices. Meanwhile what
 * their prefixes contribute (n->leaf) is what it was, in the table and in the trie, so that any
 * other change finds the two in agreement; and workers do not believe those (fib_is_late()).
 */
static struct {
	struct ctl_timer timer;
	struct fib_cover left;	  /* of infos that wait */
	struct fib_cover walking; /* what this walk goes through */
	uint32_t key;		  /* where it is */
	uint8_t plen;
	bool inside; /* it has begun */
} job;

/* Look at no more than *@p budget nodes that @p c covers. True: that was all. */
static CTL_ONLY bool
compile_some(struct fib_trie_iter *it, const struct fib_cover *c, unsigned int *budget,
	     const struct fib_node **last)
{
	for (; *budget > 0; (*budget)--) {
		uint32_t idx = fib_trie_next_in(&fib_ctl.shared, it, c);
		const struct fib_node *n = fib_node(&fib_ctl.shared, idx);

		if (idx == 0)
			return true;
		if (n->data != 0 && chain_changed(n->data))
			fib_compile_prefix(n->key, n->plen);
		*last = n;
	}
	return false;
}

/* False: its routes are spread over too many others'. */
static CTL_ONLY bool
compile_info(const struct fib_info *fi, unsigned int *budget)
{
	unsigned int n = RTE_MIN(*budget, fib_compile_pace.near), left = n;
	const struct fib_node *last;
	struct fib_trie_iter it;
	bool done;

	if (fi->cover.plen == FIB_COVER_NONE)
		return true;
	fib_trie_inside(&fib_ctl.shared, &it, fi->cover.key, fi->cover.plen);
	done = compile_some(&it, &fi->cover, &left, &last);
	*budget -= n - left;
	return done;
}

static CTL_ONLY void
set_late(bool late)
{
	__atomic_store_n(&fib_main_dp.late, late, __ATOMIC_RELAXED);
}

/* The walk is over. */
static CTL_ONLY void
compile_done(void)
{
	job.walking.plen = FIB_COVER_NONE;
	set_late(false);
	for (uint32_t i = 1; i < fib_infos_size; i++)
		if (fib_infos[i] != NULL)
			fib_infos[i]->changed = false;
	fib_genid_bump();
	fib_nh_release_dead();
}

/* Go on for @p budget nodes, through all that waits: what changed behind the walk waits for the
 * next. */
static CTL_ONLY void
compile_slice(unsigned int budget)
{
	const struct fib_node *last = NULL;
	struct fib_trie_iter it;

	if (job.walking.plen == FIB_COVER_NONE) {
		job.walking = job.left;
		job.left.plen = FIB_COVER_NONE;
		job.inside = false;
	}
	if (job.inside)
		fib_trie_after(&fib_ctl.shared, &it, job.key, job.plen);
	else
		fib_trie_inside(&fib_ctl.shared, &it, job.walking.key, job.walking.plen);
	if (!compile_some(&it, &job.walking, &budget, &last)) {
		job.key = last->key;
		job.plen = last->plen;
		job.inside = true;
	} else if (job.left.plen == FIB_COVER_NONE) {
		compile_done();
		return;
	} else {
		job.walking.plen = FIB_COVER_NONE;
	}
	timer_mod(&job.timer, 0);
}

static void
on_timer(struct ctl_timer *t)
{
	RTE_SET_USED(t);
	role_enter_ctl();
	compile_slice(fib_compile_pace.slice);
}

void
fib_compile_changed(void)
{
	unsigned int budget = fib_compile_pace.slice;

	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];

		if (fi == NULL || !fi->changed)
			continue;
		if (compile_info(fi, &budget)) {
			fi->changed = false;
			continue;
		}
		fib_cover_add(&job.left, fi->cover.key, fi->cover.plen);
	}
	if (job.left.plen != FIB_COVER_NONE) {
		set_late(true);
		if (!timer_pending(&job.timer))
			timer_mod(&job.timer, 0);
	}
	fib_genid_bump();
}

void
fib_compile_finish(void)
{
	while (fib_main_dp.late)
		compile_slice(UINT_MAX);
	timer_del(&job.timer);
}

void
fib_compile_init(void)
{
	job.left.plen = job.walking.plen = FIB_COVER_NONE;
	timer_setup(&job.timer, on_timer);
}

void
fib_compile_fini(void)
{
	if (job.timer.fn != NULL)
		timer_del(&job.timer);
	set_late(false);
}
