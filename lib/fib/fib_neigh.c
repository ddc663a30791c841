/* SPDX-License-Identifier: BSD-3-Clause */
/* Resolved on-link neighbours as /32 leaves of the compiled table, and failed members of
 * multipath groups. */
#include <net/if_arp.h>
#include "core/timer.h"
#include "fib/fib_nexthop_priv.h"

/* The last eighth of the tbl8 groups is for routes. */
#define NEIGH_MAY_USE(max) ((max) - (max) / 8)
#define PROBE_MS	   3000

static struct fib_table neigh_table = { .dp.layer = FIB_LAYER_NEIGH };
static struct ctl_timer probe_timer;

/* The alias that holds this neighbour's leaf, or 0. */
static CTL_ONLY uint32_t
find_leaf(const struct neighbour *n)
{
	uint32_t idx = fib_trie_find(&fib_ctl.shared, rte_be_to_cpu_32(n->primary_key), 32);

	if (idx == 0)
		return 0;
	for (uint32_t i = fib_node(&fib_ctl.shared, idx)->data; i != 0; i = fib_alias(i)->next)
		if (fib_alias(i)->layer == FIB_LAYER_NEIGH &&
		    fib_neigh_leaf(fib_alias(i)->info)->neigh == n)
			return i;
	return 0;
}

static CTL_ONLY void
leaf_add(struct neighbour *n)
{
	uint32_t key = rte_be_to_cpu_32(n->primary_key), idx;
	int64_t glean = neigh_glean_adj(n->dev);

	if (glean < 0 || fib_arena_reserve(&fib_ctl.neighs, 1) < 0)
		return;
	if (!dir24_held(&fib_ctl.dir, key) && fib_ctl.dir.used >= NEIGH_MAY_USE(fib_ctl.dir.max))
		return; /* the device's glean goes on to serve it */
	idx = fib_arena_get(&fib_ctl.neighs);
	*fib_neigh_leaf(idx) =
		(struct fib_neigh_leaf){ .neigh = n, .glean = (uint32_t)glean, .adj = n->adj_idx };
	if (fib_alias_link(&neigh_table, key, 32,
			   (struct fib_alias){ .info = idx, .layer = FIB_LAYER_NEIGH }, true) < 0)
		fib_arena_put(&fib_ctl.neighs, idx);
	else
		fib_ctl.neigh_leaves++;
}

static CTL_ONLY void
leaf_del(const struct neighbour *n, uint32_t alias)
{
	uint32_t idx = fib_alias(alias)->info;

	fib_alias_unlink(&neigh_table, rte_be_to_cpu_32(n->primary_key), 32, alias);
	fib_arena_retire(&fib_ctl.neighs, idx);
	fib_ctl.neigh_leaves--;
}

static CTL_ONLY bool
is_member(const struct fib_info *fi, const struct neighbour *n)
{
	for (unsigned int i = 0; i < fi->n_nh; i++)
		if (fi->nh[i].neigh == n)
			return true;
	return false;
}

void
fib_probe_later(void)
{
	if (!timer_pending(&probe_timer))
		timer_mod(&probe_timer, PROBE_MS);
}

/* Groups with this member: a failed one gets no more traffic, one that is back does. So with
 * default routes. */
void
fib_neigh_regroup(const struct neighbour *n)
{
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		struct fib_info *fi = fib_infos[i];

		if (fi != NULL && fi->group != NULL && (n == NULL || is_member(fi, n)))
			fib_nh_update(fi);
	}
	fib_nhobj_neigh(n); /* and default routes, since objects may be their gateways */
	if (n == NULL || n->nud.state == NUD_FAILED)
		fib_probe_later();
}

static CTL_ONLY int
on_neigh(struct notifier *self, unsigned int event, void *obj)
{
	struct neighbour *n = obj;
	uint32_t alias = find_leaf(n);
	bool valid = event != NEIGH_DELETE && (n->nud.state & NUD_VALID) != 0;

	RTE_SET_USED(self);
	if (valid && alias == 0)
		leaf_add(n);
	else if (!valid && alias != 0)
		leaf_del(n, alias);
	if (event == NEIGH_UPDATE && n->refcnt > 0)
		fib_neigh_regroup(n);
	return NOTIFY_OK;
}

/* Ask one that is silent. */
static void
probe(const struct fib_nexthop *nh, void *again)
{
	rte_be32_t sip;

	role_enter_ctl();
	*(bool *)again = true;
	sip = inet_select_addr(nh->dev, nh->gateway, SCOPE_LINK);
	if (sip != 0)
		arp_send(ARPOP_REQUEST, nh->dev, sip, nh->gateway, NULL, NULL);
}

static void
probe_silent(struct ctl_timer *t)
{
	bool again = false;

	role_enter_ctl();
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		const struct fib_info *fi = fib_infos[i];

		for (unsigned int k = 0; fi != NULL && fi->group != NULL && k < fi->n_nh; k++)
			if (fib_nh_failed(&fi->nh[k]))
				probe(&fi->nh[k], &again);
	}
	fib_nhobj_failed(probe, &again);
	fib_default_passed(probe, &again);
	if (again)
		timer_mod(t, PROBE_MS);
}

static struct notifier neigh_nb = { .fn = on_neigh, .prio = NOTIFIER_PRIO_FIB };

void
fib_neigh_init(void)
{
	neigh_table.dp.trie = &fib_ctl.shared;
	timer_setup(&probe_timer, probe_silent);
	notifier_add(&neigh_chain, &neigh_nb);
}

void
fib_neigh_fini(void)
{
	if (probe_timer.fn != NULL)
		timer_del(&probe_timer);
	notifier_del(&neigh_chain, &neigh_nb);
}
