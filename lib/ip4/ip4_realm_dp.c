/* SPDX-License-Identifier: BSD-3-Clause */
/* Realms of packets, told and counted: Linux's dst.tclassid and ip_rt_acct. */
#include "ip4/ip4_realm_dp.h"
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_priv.h"

static struct fib_realms
realms_of(const struct fib_key *k, const struct adj *way)
{
	struct fib_realms r;

	fib_realms_dp(k, &way, &r, 1);
	return r;
}

/* What the way back says: nothing where it is not looked up. */
static struct fib_realms
realms_back(const struct sk_buff *skb)
{
	struct fib_key k;

	if (skb->dev->flags & IFF_LOOPBACK ||
	    ip4_is_zeronet(rte_be_to_cpu_32(ip_hdr(skb)->src_addr)))
		return (struct fib_realms){ 0 };
	ip4_key_back(skb, skb->dst, &k);
	return realms_of(&k, NULL);
}

uint32_t
ip4_realm_input(const struct sk_buff *skb, bool local)
{
	bool looped = skb->dev->flags & IFF_LOOPBACK;
	struct fib_realms to = { 0 };
	struct fib_key k;

	local = local && !looped;
	if (!local) {
		ip4_key_of(skb, looped ? FIB_IIF_LOCAL : skb->iif, &k);
		to = realms_of(&k, skb->dst);
	}
	return ip4_realms(local, to, realms_back(skb));
}

/* @p n packets, @p bytes of IP. As Linux: realms above 255 are counted by their low octets, and
 * what has only one of the two under 0 for the other. */
static void
account(struct worker *w, uint32_t realms, uint32_t n, uint32_t bytes) DP_ONLY
{
	uint32_t to = realms & 0xff, from = realms >> 16 & 0xff;

	if (realms == 0)
		return;
	counter_add(w, &realm_mib, REALM_TO_BYTES + to, bytes);
	counter_add(w, &realm_mib, REALM_TO_PACKETS + to, n);
	counter_add(w, &realm_mib, REALM_FROM_BYTES + from, bytes);
	counter_add(w, &realm_mib, REALM_FROM_PACKETS + from, n);
}

void
ip4_realm_tell(struct worker *w, struct sk_buff *skb, uint32_t realms)
{
	skb_set_tclassid(skb, realms);
	EXPLAIN(w, "realms %u/%u", realms >> 16, realms & UINT16_MAX);
	if (!explaining(w))
		account(w, realms, 1, ip4_skb_total(skb));
}

void
ip4_fast_realms(struct worker *w, const struct fast *f, struct rte_mbuf **m)
{
	uint32_t run = 0, bytes = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		struct sk_buff *skb = skb_of(m[i]);

		skb_set_tclassid(skb, f->realm[i]); /* route filters ask for that and the device */
		skb->iif = f->dev != NULL ? (uint32_t)f->dev->ifindex : f->iif[i];
		run++;
		bytes += f->len[i];
		if (i + 1 < f->n && f->realm[i + 1] == f->realm[i])
			continue;
		account(w, f->realm[i], run, bytes);
		run = bytes = 0;
	}
}

void
ip4_realm_output(struct sk_buff *skb)
{
	struct fib_key k;

	ip4_key_of(skb, FIB_IIF_LOCAL, &k);
	skb_set_tclassid(skb, fib_realms_combine(realms_of(&k, skb->dst), 0));
}
