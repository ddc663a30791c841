/* SPDX-License-Identifier: BSD-3-Clause */
/* Realms of packets, told and counted: Linux's dst.tclassid and ip_rt_acct. */
#include "ip4/ip4_realm_dp.h"
#include "fib/fib_realm_dp.h"
#include "ip4/ip4_priv.h"

/* What the source of a packet by @p there says of it: 0 where its way back is not looked up. */
static uint32_t
source_realms(const struct sk_buff *skb, const struct adj *there)
{
	struct fib_key k;

	if (skb->dev->flags & IFF_LOOPBACK ||
	    ip4_is_zeronet(rte_be_to_cpu_32(ip_hdr(skb)->src_addr)))
		return 0;
	ip4_key_back(skb, there, &k);
	return fib_realms_of_source(fib_realms_dp(&k, NULL));
}

/* As Linux: realms above 255 are counted by their low octets, and what has only one of the two
 * under 0 for the other. */
static void
account(struct worker *w, const struct sk_buff *skb) DP_ONLY
{
	uint32_t to = skb->tclassid & 0xff, from = skb->tclassid >> 16 & 0xff;
	uint32_t bytes = ip4_skb_total(skb);

	counter_add(w, &realm_mib, REALM_TO_BYTES + to, bytes);
	counter_inc(w, &realm_mib, REALM_TO_PACKETS + to);
	counter_add(w, &realm_mib, REALM_FROM_BYTES + from, bytes);
	counter_inc(w, &realm_mib, REALM_FROM_PACKETS + from);
}

void
ip4_realm_input(struct worker *w, struct sk_buff *skb, bool local)
{
	bool looped = skb->dev->flags & IFF_LOOPBACK;
	uint32_t source = source_realms(skb, skb->dst);
	struct fib_key k;

	if (local && !looped) { /* as Linux: a route to ourselves says nothing of what arrives */
		skb_set_tclassid(skb, source);
	} else {
		ip4_key_of(skb, looped ? FIB_IIF_LOCAL : skb->iif, &k);
		skb_set_tclassid(skb, fib_realms_combine(fib_realms_dp(&k, skb->dst), source));
	}
	EXPLAIN(w, "realms %u/%u", skb->tclassid >> 16, skb->tclassid & UINT16_MAX);
	if (skb->tclassid != 0 && !explaining(w))
		account(w, skb);
}

void
ip4_realm_output(struct sk_buff *skb)
{
	struct fib_key k;

	ip4_key_of(skb, FIB_IIF_LOCAL, &k);
	skb_set_tclassid(skb, fib_realms_combine(fib_realms_dp(&k, skb->dst), 0));
}
