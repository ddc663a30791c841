/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rule, table and route that an explained packet found. The worker's tables have given the
 * adjacency; what they were made from is asked for the same packet, and both must agree.
 */
#include <stdio.h>
#include "fib/fib.h"
#include "fib/fib_rule.h"
#include "ip4/ip4_priv.h"

static struct fib_query
query_of(const struct sk_buff *skb)
{
	struct fib_key k;

	ip4_key_of(skb, skb->iif, &k);
	return (struct fib_query){ .dst = rte_cpu_to_be_32(k.dst),
				   .src = rte_cpu_to_be_32(k.src),
				   .tos = k.tos,
				   .proto = k.proto,
				   .sport = k.sport,
				   .dport = k.dport,
				   .mark = k.mark,
				   .iif = dev_get_by_index_rcu(skb->iif) };
}

static void
note_route(const struct worker *w, const struct fib_result *res) CTL_ONLY
{
	const struct fib_route *r = &res->route;
	char via[40] = "", rule[32] = "";

	if (res->gateway != 0)
		snprintf(via, sizeof(via), " via " EXPLAIN_IP4, EXPLAIN_IP4_OF(res->gateway));
	if (res->rule != NULL)
		snprintf(rule, sizeof(rule), "rule %u, ", res->rule->priority);
	EXPLAIN(w, "%stable %s: %s " EXPLAIN_IP4 "/%u%s%s%s, metric %u", rule,
		fib_table_name(res->table), fib_type_name(res->type), EXPLAIN_IP4_OF(r->dst),
		r->plen, via, res->dev != NULL ? " dev " : "",
		res->dev != NULL ? res->dev->name : "", r->metric);
}

void
ip4_explain_route(struct worker *w, const struct sk_buff *skb, uint32_t idx, uint32_t hash)
{
	struct fib_query q = query_of(skb);
	const struct adj *a = adj_get(idx);
	struct fib_result res;
	int rc;

	role_enter_ctl(); /* nobody else explains */
	q.hash = &hash;
	rc = fib_lookup_query(&q, &res);
	if (res.table != 0)
		note_route(w, &res);
	else if (res.rule != NULL)
		EXPLAIN(w, "rule %u says %s", res.rule->priority,
			rc == -EACCES	? "prohibit"
			: rc == -EINVAL ? "blackhole"
					: "unreachable");
	else
		EXPLAIN(w, "no route");
	/* An object's slot shows what its next hop's does. */
	if (a->type != ADJ_GROUP && res.table != 0 && rc == 0 && adj_get(res.adj_idx) != a)
		EXPLAIN(w, "but the forwarding table says otherwise: adjacency %u, not %u", idx,
			res.adj_idx);
}
