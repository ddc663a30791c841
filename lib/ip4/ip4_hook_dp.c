/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_hook_dp.h"
#include "core/explain.h"

struct ip4_hook_list *ip4_hooks[IP4_HOOK_MAX];
const struct ip4_transit_hooks *ip4_transit_hooks;

void
ip4_hook_run(struct worker *w, enum ip4_hook_point at, const struct ip4_hook_list *l,
	     struct skb_vec *vec)
{
	ip4_hook_fn fn;

	for (unsigned int i = 0; vec->n > 0; i++) {
		fn = __atomic_load_n(&l->fn[i], __ATOMIC_ACQUIRE);
		if (fn == NULL)
			return;
		EXPLAIN(w, "hook %s", ip4_hook_name(at));
		fn(w, at, vec);
	}
}

uint32_t
ip4_transit_ask(struct worker *w, const struct ip4_transit_hooks *h, const struct ip4_transit *t,
		uint32_t bad)
{
	uint32_t note[IP4_TRANSIT_MAX][SKB_BURST];

	for (uint32_t i = 0; i < h->n; i++)
		bad |= h->h[i].ask->look(w, h->h[i].at, t, note[i]);
	for (uint32_t i = 0; i < h->n; i++)
		h->h[i].ask->went(w, h->h[i].at, t, bad, note[i]);
	return bad;
}
