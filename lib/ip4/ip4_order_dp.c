/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Order within a flow: what the fast lane leaves is forwarded later than the rest of its burst.
 * Where that is a matter of a packet's size, smaller ones of the same flow would overtake it, so
 * those behind it are left, too. Not so for packets that anybody may put among another's to slow
 * these down: options, wrong headers.
 */
#include "ip4/ip4_fast_dp.h"

/* @p suspects, and whoever has the addresses of one of those in @p late before him. */
static uint32_t
with_followers(const struct fast *f, uint32_t suspects, uint32_t late)
{
	for (; late != 0; late &= late - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(late);
		uint64_t flow = load64(f->l3[i] + offsetof(struct rte_ipv4_hdr, src_addr));

		for (uint32_t k = i + 1; k < f->n; k++)
			suspects |= (uint32_t)(load64(f->l3[k] + offsetof(struct rte_ipv4_hdr,
									  src_addr)) == flow)
				    << k;
	}
	return suspects;
}

uint32_t
ip4_fast_chained(const struct fast *f, struct rte_mbuf *const *m, uint32_t suspects)
{
	uint32_t late = 0;

	for (uint32_t todo = suspects; todo != 0; todo &= todo - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);

		/* whose addresses are where they are looked for */
		late |= (uint32_t)(m[i]->nb_segs > 1 &&
				   m[i]->data_len >= f->l2 + sizeof(struct rte_ipv4_hdr))
			<< i;
	}
	return with_followers(f, suspects, late);
}

uint32_t
ip4_fast_oversized(const struct fast *f, uint32_t suspects)
{
	uint32_t late = 0;

	for (uint32_t todo = suspects; todo != 0; todo &= todo - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(todo);
		const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)f->l3[i];
		bool may_be_cut = !(iph->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG));

		late |= (uint32_t)(f->adj[i]->mtu != 0 && f->len[i] > f->adj[i]->mtu && may_be_cut)
			<< i;
	}
	return with_followers(f, suspects, late);
}
