/* SPDX-License-Identifier: BSD-3-Clause */
/* From ordered rules to rte_acl's search structures. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_acl.h>
#include "filter/filter_priv.h"

#define ACL_CATEGORY_STEP ((uint32_t)RTE_ACL_RESULTS_MULTIPLIER)
#define ACL_MEMORY_MAX                                                                             \
	(256u << 20) /* bytes of one search structure; beyond it rte_acl splits it                 \
		      */

/* Fields of struct filter_key. rte_acl wants one byte first, then groups of four (input_index). */
enum { F_TOS, F_SRC, F_DST, F_PROTO, F_FRAG, F_DPORT, F_SPORT, F_IIF, F_OIF, F_ZERO, F_MAX };
#define FIELD(id, kind, member, group)                                                             \
	[id] = { .type = RTE_ACL_FIELD_TYPE_##kind,                                                \
		 .size = sizeof(((struct filter_key *)0)->member),                                 \
		 .field_index = (id),                                                              \
		 .input_index = (group),                                                           \
		 .offset = offsetof(struct filter_key, member) }
static const struct rte_acl_field_def fields[F_MAX] = {
	FIELD(F_TOS, BITMASK, tos, 0),	 FIELD(F_SRC, MASK, src, 1),
	FIELD(F_DST, MASK, dst, 2),	 FIELD(F_PROTO, BITMASK, proto, 3),
	FIELD(F_FRAG, BITMASK, frag, 3), FIELD(F_DPORT, RANGE, dport, 3),
	FIELD(F_SPORT, RANGE, sport, 4), FIELD(F_IIF, MASK, iif, 4),
	FIELD(F_OIF, MASK, oif, 5),	 FIELD(F_ZERO, MASK, zero, 5),
};
RTE_ACL_RULE_DEF(acl_rule, F_MAX);

/* --- colours: mark and count rules that may match together get different ones --- */

static bool
prefixes_meet(rte_be32_t a, uint8_t a_len, rte_be32_t b, uint8_t b_len)
{
	uint8_t len = RTE_MIN(a_len, b_len);

	return len == 0 || (rte_be_to_cpu_32(a ^ b) >> (32 - len)) == 0;
}

/* Could one packet match both? True when in doubt. */
static bool
may_meet(const struct filter_entry *a, const struct filter_entry *b)
{
	const struct filter_rule *x = &a->rule, *y = &b->rule;

	return prefixes_meet(x->src, x->src_plen, y->src, y->src_plen) &&
	       prefixes_meet(x->dst, x->dst_plen, y->dst, y->dst_plen) &&
	       !(x->proto_set && y->proto_set && x->proto != y->proto) &&
	       !(x->sport_set && y->sport_set &&
		 (x->sport[1] < y->sport[0] || y->sport[1] < x->sport[0])) &&
	       !(x->dport_set && y->dport_set &&
		 (x->dport[1] < y->dport[0] || y->dport[1] < x->dport[0])) &&
	       !(a->iif != 0 && b->iif != 0 && a->iif != b->iif) &&
	       !(a->oif != 0 && b->oif != 0 && a->oif != b->oif) &&
	       ((x->tos ^ y->tos) & x->tos_mask & y->tos_mask) == 0;
}

/* The first colour that no earlier rule which may match together has. -E2BIG: none is left. */
static int
colour_one(struct filter_entry **e, uint32_t i)
{
	uint64_t used = 0;

	for (uint32_t k = 0; k < i; k++)
		if (!filter_is_final(e[k]->rule.action) && !e[k]->absent && may_meet(e[k], e[i]))
			used |= UINT64_C(1) << e[k]->colour;
	e[i]->colour = (uint8_t)__builtin_ctzll(~used);
	return e[i]->colour < FILTER_COLOURS ? 0 : -E2BIG;
}
_Static_assert(FILTER_COLOURS < 64, "a bit for each colour, and one that is free");

/* How many colours there are, or -E2BIG. */
static int
colour(struct filter_entry **e, uint32_t n)
{
	int colours = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (filter_is_final(e[i]->rule.action) || e[i]->absent)
			continue;
		if (colour_one(e, i) != 0)
			return -E2BIG;
		colours = RTE_MAX(colours, e[i]->colour + 1);
	}
	return colours;
}

/* --- rules --- */

/* Bits of filter_key.frag that the rule asks for, and the mask of those it looks at. */
static void
fragment_bits(const struct filter_rule *r, uint8_t *value, uint8_t *mask)
{
	static const uint8_t want[][2] = {
		[FILTER_FRAG_ANY] = { 0, 0 },
		[FILTER_FRAG_NO] = { 0, FILTER_KEY_FRAGMENT },
		[FILTER_FRAG_YES] = { FILTER_KEY_FRAGMENT, FILTER_KEY_FRAGMENT },
		[FILTER_FRAG_FIRST] = { FILTER_KEY_FRAGMENT,
					FILTER_KEY_FRAGMENT | FILTER_KEY_LATER },
		[FILTER_FRAG_LATER] = { FILTER_KEY_LATER, FILTER_KEY_LATER },
	};

	*value = want[r->fragment][0];
	*mask = want[r->fragment][1];
	/* Ports of a packet that shows none are no ports. */
	if (r->sport_set || r->dport_set || r->icmp_type_set) {
		*value |= FILTER_KEY_L4;
		*mask |= FILTER_KEY_L4;
	}
}

static void
u8_field(struct rte_acl_field *f, uint8_t value, uint8_t mask)
{
	f->value.u8 = value & mask;
	f->mask_range.u8 = mask;
}

static void
u16_range(struct rte_acl_field *f, bool set, const uint16_t range[2])
{
	f->value.u16 = set ? range[0] : 0;
	f->mask_range.u16 = set ? range[1] : UINT16_MAX;
}

static void
u16_field(struct rte_acl_field *f, uint16_t value)
{
	f->value.u16 = value;
	f->mask_range.u16 = value != 0 ? 16 : 0;
}

static void
u32_prefix(struct rte_acl_field *f, rte_be32_t addr, uint8_t plen)
{
	f->value.u32 = plen != 0 ? rte_be_to_cpu_32(addr) & UINT32_MAX << (32 - plen) : 0;
	f->mask_range.u32 = plen;
}

/* Where ports are, ICMP has type and code. */
static void
dport_or_icmp(struct rte_acl_field *f, const struct filter_rule *r)
{
	uint16_t icmp[2] = { (uint16_t)(r->icmp_type << 8 | (r->icmp_code_set ? r->icmp_code : 0)),
			     (uint16_t)(r->icmp_type << 8 |
					(r->icmp_code_set ? r->icmp_code : UINT8_MAX)) };

	if (r->icmp_type_set)
		u16_range(f, true, icmp);
	else
		u16_range(f, r->dport_set, r->dport);
}

static void
acl_rule_fill(struct acl_rule *a, const struct filter_entry *e)
{
	const struct filter_rule *r = &e->rule;
	uint8_t frag, frag_mask;

	fragment_bits(r, &frag, &frag_mask);
	u8_field(&a->field[F_TOS], r->tos, r->tos_mask);
	u32_prefix(&a->field[F_SRC], r->src, r->src_plen);
	u32_prefix(&a->field[F_DST], r->dst, r->dst_plen);
	u8_field(&a->field[F_PROTO], r->proto, r->proto_set ? UINT8_MAX : 0);
	u8_field(&a->field[F_FRAG], frag, frag_mask);
	dport_or_icmp(&a->field[F_DPORT], r);
	u16_range(&a->field[F_SPORT], r->sport_set, r->sport);
	u16_field(&a->field[F_IIF], e->iif);
	u16_field(&a->field[F_OIF], e->oif);
}

/* The category of a rule in search @p s, or -1: it has no part in it. */
static int
category(const struct filter_entry *e, uint32_t s)
{
	if (e->absent)
		return -1;
	if (filter_is_final(e->rule.action))
		return s == 0 ? 0 : -1;
	return e->colour / (FILTER_CATEGORIES - 1) == s ? 1 + e->colour % (FILTER_CATEGORIES - 1)
							: -1;
}

/* Those of search @p s, in a malloc'ed array of *@p n_acl. */
static struct acl_rule *
acl_rules(struct filter_entry **e, uint32_t n, uint32_t s, uint32_t *n_acl)
{
	struct acl_rule *a = calloc(n, sizeof(*a));
	uint32_t k = 0;

	for (uint32_t i = 0; i < n && a != NULL; i++) {
		int cat = category(e[i], s);

		if (cat < 0)
			continue;
		a[k].data.category_mask = 1u << cat;
		a[k].data.priority = (int32_t)(FILTER_RULES_MAX - i); /* the highest wins */
		a[k].data.userdata = i + 1;
		acl_rule_fill(&a[k++], e[i]);
	}
	*n_acl = k;
	return a;
}

/* --- search structures --- */

static struct rte_acl_ctx *
acl_build(const struct acl_rule *rules, uint32_t n, uint32_t categories) CTL_ONLY
{
	static unsigned int serial; /* rte_acl finds contexts by name */
	struct rte_acl_config conf = { .num_categories = categories,
				       .num_fields = F_MAX,
				       .max_size = ACL_MEMORY_MAX };
	char name[32];
	struct rte_acl_param param = { .name = name,
				       .socket_id = SOCKET_ID_ANY,
				       .rule_size = RTE_ACL_RULE_SZ(F_MAX),
				       .max_rule_num = n };
	struct rte_acl_ctx *ctx;

	snprintf(name, sizeof(name), "filter%u", serial++);
	memcpy(conf.defs, fields, sizeof(fields));
	ctx = rte_acl_create(&param);
	if (ctx == NULL)
		return NULL;
	if (rte_acl_add_rules(ctx, (const struct rte_acl_rule *)rules, n) == 0 &&
	    rte_acl_build(ctx, &conf) == 0)
		return ctx;
	rte_acl_free(ctx);
	return NULL;
}

/* Search @p s with @p categories; without rules there is none. 0 or -ENOMEM. */
static int
search_build(struct filter_chain *c, struct filter_entry **e, uint32_t n,
	     uint32_t categories) CTL_ONLY
{
	uint32_t s = c->n_searches, n_acl;
	struct acl_rule *rules = acl_rules(e, n, s, &n_acl);

	if (rules == NULL)
		return -ENOMEM;
	if (n_acl > 0) {
		c->search[s].acl = acl_build(rules, n_acl, categories);
		c->search[s].categories = categories;
		c->n_searches += c->search[s].acl != NULL;
	}
	free(rules);
	return n_acl > 0 && c->search[s].acl == NULL ? -ENOMEM : 0;
}

void
filter_chain_free(struct filter_chain *c)
{
	for (uint32_t s = 0; s < c->n_searches; s++)
		rte_acl_free(c->search[s].acl);
	free(c);
}

static void
verdicts(struct filter_chain *c, struct filter_entry **e, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		c->v[i + 1] = (struct filter_verdict){ .action = e[i]->rule.action,
						       .reject = e[i]->rule.reject,
						       .mark = e[i]->rule.mark,
						       .slot = e[i]->slot };
}

struct filter_chain *
filter_compile(struct filter_entry **e, uint32_t n, int *rc)
{
	int colours = colour(e, n), first = 0;
	struct filter_chain *c;

	*rc = colours < 0 ? colours : -ENOMEM;
	if (colours < 0)
		return NULL;
	c = calloc(1, sizeof(*c) + (n + 1) * sizeof(c->v[0]));
	if (c == NULL)
		return NULL;
	verdicts(c, e, n);
	*rc = 0;
	while (*rc == 0 && n > 0 && (first == 0 || first < colours)) {
		uint32_t some = (uint32_t)RTE_MIN(colours - first, FILTER_CATEGORIES - 1);

		/* rte_acl's numbers of categories are 1 and multiples of 4. */
		*rc = search_build(c, e, n, some == 0 ? 1 : RTE_ALIGN(1 + some, ACL_CATEGORY_STEP));
		first += FILTER_CATEGORIES - 1;
	}
	if (*rc == 0)
		return c;
	filter_chain_free(c);
	return NULL;
}
