/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_fast_dp.h"
#include "neigh/neigh_dp.h"

/* As the general lane would have counted it on its way to neigh_output(). */
static void
count(struct worker *w, const struct fast *f, uint32_t i) DP_ONLY
{
	struct netdev_stats *st;

	IP_INC_STATS(w, InReceives);
	IP_INC_STATS(w, ForwDatagrams);
	IPEXT_ADD_STATS(w, InOctets, f->frame[i] - f->l2);
	IPEXT_ADD_STATS(w, OutOctets, f->len[i]);
	ip4_count_ecn(w, f->l3[i][1]);
	ROUTE_INC_STATS(w, in_fast);
	if (f->l2 == RTE_ETHER_HDR_LEN)
		return;
	st = f->dev != NULL ? netdev_stats(w, f->dev) : netdev_stats_at(w, f->iif[i]);
	st->rx_packets++;
	st->rx_bytes += f->frame[i] - RTE_VLAN_HLEN;
}

/* Does a frame that goes the way of the others until they are sent do no harm? Nobody looks at
 * single ones, none is moved. */
static bool
can_stay(const struct fast *f)
{
	return f->hooks == NULL && !f->realms && f->padded == 0 && f->l2 == RTE_ETHER_HDR_LEN;
}

/* Whose entry is not the first one's? */
static uint32_t
strays(const struct fast *f)
{
	uint32_t idx0 = f->idx[0], mask = 0;

	for (uint32_t i = 0; i < f->n; i += 4) {
		row differ = load_row(&f->idx[i]) ^ idx0;

		if (likely((half(differ, 0) | half(differ, 1)) == 0))
			continue;
		for (uint32_t k = i; k < RTE_MIN(i + 4, f->n); k++)
			mask |= (uint32_t)(f->idx[k] != idx0) << k;
	}
	return mask;
}

bool
ip4_fast_is_one(struct worker *w, struct fast *f)
{
	if (f->dev == NULL || !can_stay(f) || load32(&adj_get(f->idx[0])->type) != EVEN_REWRITE(f))
		return false;
	for (uint32_t todo = strays(f); todo != 0; todo &= todo - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);

		f->adj[i] = adj_get(f->idx[i]);
		if (!neigh_over_budget(w, f->adj[i], src_of(f->l3[i]))) {
			f->dead = 0;
			return false;
		}
		f->dead |= 1u << i;
	}
	return true;
}

uint32_t
ip4_fast_refuse(struct worker *w, struct fast *f, uint32_t suspects)
{
	for (uint32_t todo = suspects; todo != 0; todo &= todo - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);

		if (neigh_over_budget(w, f->adj[i], src_of(f->l3[i])))
			f->dead |= 1u << i;
	}
	if (f->dead == suspects && (f->dead & 1) == 0 && (f->odd | f->ports) == 0 && can_stay(f))
		return 0;
	return suspects;
}

void
ip4_fast_drop(struct worker *w, const struct fast *f, struct rte_mbuf **m)
{
	for (uint32_t todo = f->dead; todo != 0; todo &= todo - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);

		count(w, f, i);
		neigh_refuse(w, f->adj[i], m[i]);
	}
}

uint64_t
ip4_fast_bury(struct worker *w, struct fast *f, struct rte_mbuf **m)
{
	uint32_t left = (uint32_t)__builtin_ctz(f->dead);
	uint64_t bytes = 0;

	for (uint32_t todo = f->dead, next; todo != 0;) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);

		todo &= todo - 1;
		next = todo != 0 ? (uint32_t)__builtin_ctz(todo) : f->n;
		bytes += f->len[i] + RTE_ETHER_HDR_LEN;
		neigh_refuse(w, f->adj[i], m[i]);
		memmove(m + left, m + i + 1, (next - i - 1) * sizeof(m[0]));
		left += next - i - 1;
	}
	f->n = left;
	return bytes;
}
