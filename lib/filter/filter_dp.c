/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/filter_dp.h"
#include <netinet/in.h>
#include <string.h>
#include <rte_acl.h>
#include "core/explain.h"
#include "core/stage_dp.h"
#include "ip4/ip4_proto.h"
#include "neigh/adj_dp.h"

struct filter_chain *filter_chains[IP4_HOOK_MAX];
struct filter_counter *filter_counters[WORKER_SLOTS];
uint16_t filter_lo;

/* Protocols whose first four bytes are ports. */
static inline bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/* Ports, or ICMP type and code, at @p p. */
static inline void
key_l4(struct filter_key *k, const uint8_t p[4])
{
	if (has_ports(k->proto)) {
		memcpy(&k->sport, p, sizeof(k->sport));
		memcpy(&k->dport, p + 2, sizeof(k->dport));
		k->frag |= FILTER_KEY_L4;
	} else if (k->proto == IPPROTO_ICMP) {
		memcpy(&k->dport, p, sizeof(k->dport));
		k->frag |= FILTER_KEY_L4;
	}
}

/* Left alone where there are none: later fragments, short packets. */
static inline void
key_l4_of(struct filter_key *k, const struct sk_buff *skb, unsigned int hlen)
{
	uint8_t copy[4];
	const uint8_t *p = skb_data(skb) + hlen;

	if (unlikely(skb_headlen(skb) < hlen + sizeof(copy))) {
		if (skb_copy_bits(skb, hlen, copy, sizeof(copy)) != 0)
			return;
		p = copy;
	}
	key_l4(k, p);
}

/* The device that a packet made here leaves by. */
static uint16_t
output_device(const struct sk_buff *skb)
{
	if (skb->dst->dev != NULL)
		return (uint16_t)skb->dst->dev->ifindex;
	if (skb->dst->type == ADJ_LOCAL || skb->dev == NULL)
		return filter_lo;
	return (uint16_t)skb->dev->ifindex;
}

static inline void
key_devices(struct filter_key *k, const struct sk_buff *skb, enum ip4_hook_point at)
{
	uint16_t in = 0, out = 0;

	if (at == IP4_HOOK_OUTPUT) {
		out = output_device(skb);
	} else if (at == IP4_HOOK_POSTROUTING) {
		in = (uint16_t)skb->iif;
		out = (uint16_t)skb->dev->ifindex;
	} else {
		in = (uint16_t)skb->dev->ifindex;
		if (at == IP4_HOOK_FORWARD)
			out = (uint16_t)skb->dst->dev->ifindex;
	}
	k->iif = rte_cpu_to_be_16(in);
	k->oif = rte_cpu_to_be_16(out);
}

static inline void
key_l3(struct filter_key *k, const struct rte_ipv4_hdr *iph)
{
	uint16_t frag = rte_be_to_cpu_16(iph->fragment_offset) & (IP4_MF | IP4_OFFMASK);

	*k = (struct filter_key){
		.proto = iph->next_proto_id,
		.src = iph->src_addr,
		.dst = iph->dst_addr,
		.tos = iph->type_of_service,
	};
	if (unlikely(frag != 0))
		k->frag = FILTER_KEY_FRAGMENT | (frag & IP4_OFFMASK ? FILTER_KEY_LATER : 0);
}

static inline void
key_build(struct filter_key *k, const struct sk_buff *skb, enum ip4_hook_point at)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);

	key_l3(k, iph);
	if (!(k->frag & FILTER_KEY_LATER))
		key_l4_of(k, skb, (unsigned int)(iph->version_ihl & 0x0f) * 4);
	key_devices(k, skb, at);
}

static inline void
count(struct filter_counter *counters, const struct filter_verdict *v, uint64_t packets,
      uint64_t bytes)
{
	counters[v->slot].packets += packets;
	counters[v->slot].bytes += bytes;
}

/* What one search says of one packet. */
struct hits {
	const uint32_t *rule; /* [n], by category; 0: none */
	uint32_t n;
	uint32_t final;	    /* the rule that ends the chain; 0: none does */
	uint32_t last_mark; /* the rule whose mark the packet carries */
};

/* Mark and count rules that stand before the end. */
static void
pass_by(const struct filter_chain *c, struct filter_counter *counters, struct sk_buff *skb,
	struct hits *h)
{
	for (uint32_t i = 1; i < h->n; i++) {
		const struct filter_verdict *v = &c->v[h->rule[i]];

		if (h->rule[i] == 0 || (h->final != 0 && h->rule[i] > h->final))
			continue;
		count(counters, v, 1, skb_len(skb));
		/* The later of two marks stays. */
		if (v->action == FILTER_MARK && h->rule[i] > h->last_mark) {
			skb->mark = v->mark;
			h->last_mark = h->rule[i];
		}
	}
}

/* The first final rule of each packet, 0 where there is none; rules before it that do not end the
 * chain do their work. */
static void
search(struct worker *w, const struct filter_chain *c, const struct skb_vec *vec,
       const uint8_t **keys, uint32_t *final) DP_ONLY
{
	uint32_t found[SKB_BURST * FILTER_CATEGORIES];
	struct hits h[SKB_BURST];

	for (uint32_t s = 0; s < c->n_searches; s++) {
		uint32_t n = c->search[s].categories;

		rte_acl_classify(c->search[s].acl, keys, found, vec->n, n);
		for (uint16_t i = 0; i < vec->n; i++) {
			if (s == 0) {
				final[i] = h[i].final = found[i * n];
				h[i].last_mark = 0;
			}
			h[i].rule = &found[i * n];
			h[i].n = n;
			pass_by(c, filter_counters[w->id], vec->v[i], &h[i]);
		}
	}
}

static void
explain_verdict(const struct worker *w, const struct filter_verdict *v, uint32_t rule)
{
	static const char *const words[] = { "accept", "drop", "reject" };

	if (rule == 0)
		EXPLAIN(w, "filter: no rule ends the chain, its policy is %s", words[v->action]);
	else
		EXPLAIN(w, "filter: rule %u of the chain says %s", rule, words[v->action]);
}

/* Do what the rules say. Packets of one verdict often come together: counted at once. */
static void
judge(struct worker *w, const struct filter_chain *c, struct skb_vec *vec,
      const uint32_t *final) DP_ONLY
{
	struct filter_counter *counters = filter_counters[w->id];
	const struct filter_verdict *v = &c->v[final[0]];
	uint64_t packets = 0, bytes = 0;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];

		if (unlikely(&c->v[final[i]] != v)) {
			count(counters, v, packets, bytes);
			packets = bytes = 0;
			v = &c->v[final[i]];
		}
		packets++;
		bytes += skb_len(skb);
		if (explaining(w))
			explain_verdict(w, v, final[i]);
		if (likely(v->action == FILTER_ACCEPT))
			vec->v[kept++] = skb;
		else if (v->action == FILTER_DROP)
			kfree_skb_reason(w, skb, DROP_FILTER_DROP);
		else
			filter_reject(w, skb, v->reject);
	}
	count(counters, v, packets, bytes);
	vec->n = kept;
}

void
filter_hook(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	const struct filter_chain *c = rcu_dereference(filter_chains[at]);
	struct filter_key keys[SKB_BURST];
	const uint8_t *data[SKB_BURST];
	uint32_t final[SKB_BURST];
	enum stage from;

	role_enter_dp();
	if (c == NULL)
		return;
	from = stage_enter(w, STAGE_FILTER, vec->n);
	for (uint16_t i = 0; i < vec->n; i++) {
		key_build(&keys[i], vec->v[i], at);
		data[i] = (const uint8_t *)&keys[i];
	}
	if (c->n_searches == 0)
		memset(final, 0, sizeof(final));
	else if (c->search[0].categories == 1)
		rte_acl_classify(c->search[0].acl, data, final, vec->n, 1);
	else
		search(w, c, vec, data, final);
	judge(w, c, vec, final);
	stage_leave(w, from);
}

/* --- the fast lane --- */

static uint32_t
look(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t *final)
{
	const struct filter_chain *c = rcu_dereference(filter_chains[at]);
	struct filter_key keys[SKB_BURST];
	const uint8_t *data[SKB_BURST];
	uint32_t left = 0;

	role_enter_dp();
	if (c == NULL || !filter_is_plain(c))
		return UINT32_MAX;
	for (uint32_t i = 0; i < t->n; i++) {
		struct filter_key *k = &keys[i];

		key_l3(k, (const struct rte_ipv4_hdr *)t->l3[i]);
		if (!(k->frag & FILTER_KEY_LATER) && likely(t->len[i] >= IP4_HDR_MIN + 4))
			key_l4(k, t->l3[i] + IP4_HDR_MIN);
		k->iif = rte_cpu_to_be_16(t->iif[i]);
		if (at != IP4_HOOK_PREROUTING)
			k->oif = rte_cpu_to_be_16(t->oif[i]);
		data[i] = (const uint8_t *)k;
	}
	if (c->n_searches == 0)
		memset(final, 0, t->n * sizeof(final[0]));
	else
		rte_acl_classify(c->search[0].acl, data, final, t->n, 1);
	for (uint32_t i = 0; i < t->n; i++) {
		left |= (uint32_t)(c->v[final[i]].action != FILTER_ACCEPT) << i;
		final[i] = c->v[final[i]].slot;
	}
	return left;
}

static void
went(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t left,
     const uint32_t *slot)
{
	struct filter_counter *counters = filter_counters[w->id];

	for (uint32_t i = 0; i < t->n; i++) {
		if (left >> i & 1)
			continue;
		counters[slot[i]].packets++;
		counters[slot[i]].bytes += t->len[i];
	}
}

const struct ip4_hook_transit filter_transit = { .look = look, .went = went };
