/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_exc_dp.h"
#include "ip4/ip4_exc_priv.h"
#include "ip4/ip4_priv.h"

struct ip4_exc *ip4_exc_tab[IP4_EXC_SETS][IP4_EXC_WAYS];
unsigned int ip4_exc_n;
struct siphash_key ip4_exc_secret;

const struct ip4_exc *
ip4_exc_of(rte_be32_t dst)
{
	struct ip4_exc *const *set = ip4_exc_tab[ip4_exc_set(dst)];

	for (unsigned int i = 0; i < IP4_EXC_WAYS; i++) {
		const struct ip4_exc *e = rcu_dereference(set[i]);

		if (e != NULL && e->dst == dst)
			return ip4_exc_alive(e, adj_now_s) ? e : NULL;
	}
	return NULL;
}

const struct ip4_exc *
ip4_exc_find(rte_be32_t dst, const struct adj *way)
{
	const struct ip4_exc *e = ip4_exc_of(dst);

	return e != NULL && ip4_exc_is_about(e, way) ? e : NULL;
}

const struct adj *
ip4_exc_redirect(rte_be32_t dst, const struct adj *way)
{
	const struct ip4_exc *e = ip4_exc_get(dst, way);
	const struct adj *better;

	if (likely(e == NULL || e->gw == 0))
		return way;
	better = adj_get(e->adj_idx);
	/* A gateway that does not answer is no better. */
	return ip4_adj_is_unicast(better) && better->type != ADJ_FAILED ? better : way;
}
