/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of the neighbour that an explained packet goes to. */
#include "core/explain.h"
#include "neigh/neigh.h"
#include "neigh/neigh_priv.h"

void
neigh_explain(const struct worker *w, const struct adj *a, rte_be32_t nexthop)
{
	const struct neighbour *n;

	role_enter_ctl(); /* nobody else explains */
	n = neigh_lookup(nexthop, a->dev);
	EXPLAIN(w, "neighbour " EXPLAIN_IP4 " on %s is %s%s", EXPLAIN_IP4_OF(nexthop), a->dev->name,
		n != NULL ? nud_state_name(n->nud.state) : "not known",
		a->type == ADJ_REWRITE ? "" : ": it is asked for, and the packet waits");
}
