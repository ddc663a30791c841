/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several default routes of one tos and metric: the first whose gateway answers is used, as by
 * Linux's fib_select_default(). Those before it are passed over (a mark in their aliases, which
 * workers see) and asked by ARP now and then, since no packet would find out that they are back.
 */
#include "fib/fib_nexthop_priv.h"

/* A default route that has a gateway to look at. */
static const struct fib_nexthop *
gateway_of(const struct fib_alias *a)
{
	const struct fib_info *fi = fib_infos[a->info];
	const struct fib_nexthop *nh;

	if (fib_info_ways(fi, &nh) != 1 || fib_info_type(fi) != FIB_UNICAST)
		return NULL;
	return nh->neigh != NULL ? nh : NULL;
}

/* One that is asked again after it failed stays out of use until it answers. */
static bool
is_silent(const struct fib_alias *a)
{
	const struct fib_nexthop *nh = gateway_of(a);
	uint8_t state = nh != NULL ? nh->neigh->nud.state : NUD_NONE;

	return state == NUD_FAILED || (state == NUD_INCOMPLETE && a->passed);
}

static bool
same_group(const struct fib_alias *a, const struct fib_alias *b)
{
	return a->layer == b->layer && a->tos == b->tos && a->metric == b->metric;
}

/* Mark those of the group that begins at @p first that stand before the one to use. If all are
 * silent, the first is as good as any. Stores where the group ends; has anything changed? */
static CTL_ONLY bool
select_one(uint32_t first, uint32_t *end)
{
	uint32_t use = 0, i;
	bool changed = false;

	for (i = first; i != 0 && same_group(fib_alias(i), fib_alias(first));
	     i = fib_alias(i)->next)
		if (use == 0 && !fib_infos[fib_alias(i)->info]->dead && !is_silent(fib_alias(i)))
			use = i;
	*end = i;
	for (uint32_t k = first; k != *end; k = fib_alias(k)->next) {
		uint8_t passed = use != 0 && k != use;

		if (k == use)
			use = 0; /* those behind it are not in its way */
		changed |= fib_alias(k)->passed != passed;
		__atomic_store_n(&fib_alias(k)->passed, passed, __ATOMIC_RELAXED);
		if (passed && gateway_of(fib_alias(k)) != NULL)
			fib_probe_later();
	}
	return changed;
}

static CTL_ONLY uint32_t
default_chain(const struct fib_table *t)
{
	uint32_t idx = fib_trie_find(t->dp.trie, 0, 0);

	return idx == 0 ? 0 : fib_node(t->dp.trie, idx)->data;
}

static CTL_ONLY void
update_table(const struct fib_table *t)
{
	bool changed = false;
	uint32_t end;

	for (uint32_t i = default_chain(t); i != 0; i = end)
		if (fib_alias(i)->layer == t->dp.layer)
			changed |= select_one(i, &end);
		else
			end = fib_alias(i)->next;
	if (!changed)
		return;
	if (t->dp.trie == &fib_ctl.shared)
		fib_compile_prefix(0, 0);
	fib_genid_bump();
}

void
fib_default_update(void)
{
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++)
		update_table(fib_ctl.tables[i]);
}

static CTL_ONLY void
passed_of(const struct fib_table *t, fib_way_fn fn, void *arg)
{
	for (uint32_t i = default_chain(t); i != 0; i = fib_alias(i)->next) {
		const struct fib_nexthop *nh =
			fib_alias(i)->layer == t->dp.layer ? gateway_of(fib_alias(i)) : NULL;

		if (nh != NULL && fib_alias(i)->passed && fib_nh_live(nh))
			fn(nh, arg);
	}
}

void
fib_default_passed(fib_way_fn fn, void *arg)
{
	for (uint32_t i = 0; i < fib_ctl.n_tables; i++)
		passed_of(fib_ctl.tables[i], fn, arg);
}
