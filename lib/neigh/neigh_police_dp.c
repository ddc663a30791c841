/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/explain.h"
#include "neigh/neigh_dp.h"
#include "neigh/neigh_priv.h"
#include "neigh/police_priv.h"

/*
 * Packets whose neighbour has to be asked for: the device they are to leave by has a budget for
 * them, one purse for the next hops of routes and one, shared by source, for on-link destinations,
 * so that a scan of a subnet keeps no gateway from being asked for, nor other senders' questions.
 */
static const uint32_t per_round[2] = { 1, 1 };

static struct {
	struct police_account a[POLICE_ACCOUNTS];
} accounts[WORKER_MAX] __rte_cache_aligned;

void
neigh_police_reset(void)
{
	for (unsigned int i = 0; i < WORKER_MAX; i++)
		police_fill(accounts[i].a, POLICE_ACCOUNTS);
}

static DP_ONLY struct police_account *
account_of(const struct worker *w, const struct adj *a)
{
	return police_account(w, accounts[w->id].a, a->dev, per_round);
}

bool
neigh_over_budget(struct worker *w, const struct adj *a, rte_be32_t src)
{
	return adj_is_unresolved(a) && !police_is_off(w) &&
	       police_refuses(account_of(w, a), a->type == ADJ_GLEAN, src);
}

void
neigh_refuse(struct worker *w, const struct adj *a, struct rte_mbuf *m)
{
	w->refuses = true;
	police_saw(w, 1);
	kfree_mbuf_reason(w, m, a->dev, DROP_NEIGH_OVER_BUDGET);
}

bool
neigh_police(struct worker *w, const struct adj *a, struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *iph = (const void *)skb_data(skb);

	if (explaining(w)) /* nothing is sent, nothing is charged; such a worker has no account */
		return true;
	if (police_is_off(w) ||
	    police_take(account_of(w, a), a->type == ADJ_GLEAN, iph->src_addr)) {
		w->refuses = false;
		police_saw(w, 1);
		return true;
	}
	neigh_refuse(w, a, skb_mbuf(skb));
	return false;
}
