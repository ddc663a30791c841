/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_hook_dp.h"
#include "core/explain.h"

struct ip4_hook_list *ip4_hooks[IP4_HOOK_MAX];

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
