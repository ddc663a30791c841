/* SPDX-License-Identifier: BSD-3-Clause */
/* From the list of rules to bit vectors. A vector starts as "the rules that do not look at this
 * field" for every value; then each rule that does adds itself to the values it takes. */
#include <stdlib.h>
#include <string.h>
#include "fib/fib_rule_priv.h"

#define OCTETS 4
#define VALUES 256

static void
set_bit(uint64_t *vec, uint32_t rule)
{
	vec[rule / 64] |= UINT64_C(1) << rule % 64;
}

/* @p n vectors, each with the rules that @p wants says have no opinion. */
static uint64_t *
vectors(const struct fib_rules *r, const struct fib_rule_entry *e, uint32_t n,
	bool (*wants)(const struct fib_rule *r))
{
	uint64_t *vec = calloc(n, r->words * sizeof(*vec));

	for (uint32_t i = 0; vec != NULL && i < r->n; i++)
		if (!wants(&e[i].r))
			set_bit(vec, i);
	for (uint32_t v = 1; vec != NULL && v < n; v++)
		memcpy(vec + v * r->words, vec, r->words * sizeof(*vec));
	return vec;
}

/* --- which fields a rule looks at --- */

static bool
wants_src(const struct fib_rule *r)
{
	return r->src_plen != 0;
}
static bool
wants_dst(const struct fib_rule *r)
{
	return r->dst_plen != 0;
}
static bool
wants_tos(const struct fib_rule *r)
{
	return r->tos != 0;
}
static bool
wants_mark(const struct fib_rule *r)
{
	return r->mask != 0;
}
static bool
wants_ipproto(const struct fib_rule *r)
{
	return r->ipproto != 0;
}
static bool
wants_sport(const struct fib_rule *r)
{
	return r->sport[1] != 0;
}
static bool
wants_dport(const struct fib_rule *r)
{
	return r->dport[1] != 0;
}
static bool
wants_iif(const struct fib_rule *r)
{
	return r->iif[0] != '\0';
}
static bool
wants_oif(const struct fib_rule *r)
{
	return r->oif[0] != '\0';
}

/* --- values under a mask, octet by octet --- */

struct masked {
	uint32_t value, mask;
};
static struct masked
src_of(const struct fib_rule *r)
{
	return (struct masked){ rte_be_to_cpu_32(r->src), fib_mask(r->src_plen) };
}
static struct masked
dst_of(const struct fib_rule *r)
{
	return (struct masked){ rte_be_to_cpu_32(r->dst), fib_mask(r->dst_plen) };
}
static struct masked
mark_of(const struct fib_rule *r)
{
	return (struct masked){ r->mark, r->mask };
}

/* false: no memory. */
static bool
compile_octets(struct fib_rules *r, const struct fib_rule_entry *e, uint64_t **out,
	       bool (*wants)(const struct fib_rule *r),
	       struct masked (*of)(const struct fib_rule *r))
{
	uint64_t *vec = *out = vectors(r, e, OCTETS * VALUES, wants);

	for (uint32_t i = 0; vec != NULL && i < r->n; i++) {
		struct masked m = of(&e[i].r);

		if (!wants(&e[i].r))
			continue;
		for (uint32_t k = 0; k < OCTETS; k++)
			for (uint32_t v = 0; v < VALUES; v++)
				if (((v ^ m.value >> (24 - 8 * k)) & (m.mask >> (24 - 8 * k)) &
				     0xff) == 0)
					set_bit(vec + (k * VALUES + v) * r->words, i);
	}
	return vec != NULL;
}

/* --- one octet --- */

static bool
compile_octet(struct fib_rules *r, const struct fib_rule_entry *e, uint64_t **out, bool tos)
{
	bool (*wants)(const struct fib_rule *) = tos ? wants_tos : wants_ipproto;
	uint64_t *vec = *out = vectors(r, e, VALUES, wants);

	for (uint32_t i = 0; vec != NULL && i < r->n; i++)
		for (uint32_t v = 0; wants(&e[i].r) && v < VALUES; v++)
			if (tos ? (v & 0xfc) == e[i].r.tos : v == e[i].r.ipproto)
				set_bit(vec + v * r->words, i);
	return vec != NULL;
}

/* --- ranges of values, in classes --- */

struct range {
	uint32_t first, last;
};
struct field {
	uint32_t size; /* values */
	bool (*wants)(const struct fib_rule *r);
	struct range (*of)(const struct fib_rule_entry *e);
};
static struct range
sport_of(const struct fib_rule_entry *e)
{
	return (struct range){ e->r.sport[0], e->r.sport[1] };
}
static struct range
dport_of(const struct fib_rule_entry *e)
{
	return (struct range){ e->r.dport[0], e->r.dport[1] };
}
/* No device has index 0, but an oif may: "any", which is no device that a rule means. */
static struct range
device(uint32_t ifindex)
{
	return ifindex == 0 ? (struct range){ 1, 0 } : (struct range){ ifindex, ifindex };
}
static struct range
iif_of(const struct fib_rule_entry *e)
{
	return device(e->iif);
}
static struct range
oif_of(const struct fib_rule_entry *e)
{
	return device(e->oif);
}

/* A value where the rules that match may be others than those of the value before. */
static uint32_t
number_classes(const struct fib_rules *r, const struct fib_rule_entry *e, const struct field *f,
	       uint16_t *class)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct range x = f->of(&e[i]);

		if (!f->wants(&e[i].r) || x.first > x.last)
			continue;
		class[x.first] = 1;
		if (x.last + 1 < f->size)
			class[x.last + 1] = 1;
	}
	class[0] = 0;
	for (uint32_t v = 0; v < f->size; v++) {
		at += class[v];
		class[v] = (uint16_t)at;
	}
	return at + 1;
}

static bool
compile_ranges(struct fib_rules *r, const struct fib_rule_entry *e, struct fib_rule_map *m,
	       const struct field *f)
{
	uint32_t n;

	m->class = calloc(f->size, sizeof(*m->class));
	if (m->class == NULL)
		return false;
	n = number_classes(r, e, f, m->class);
	m->vec = vectors(r, e, n, f->wants);
	for (uint32_t i = 0; m->vec != NULL && i < r->n; i++) {
		struct range x = f->of(&e[i]);

		if (!f->wants(&e[i].r) || x.first > x.last)
			continue;
		for (uint32_t c = m->class[x.first]; c <= m->class[x.last]; c++)
			set_bit(m->vec + c * r->words, i);
	}
	return m->vec != NULL;
}

/* --- what matches do --- */

static CTL_ONLY bool
compile_lookup(const struct fib_rule *rule, struct fib_rule_dp *d)
{
	d->table = fib_table_dp(rule->table);
	d->kind = rule->table == RT_TABLE_LOCAL	 ? RULE_LOCAL
		  : rule->table == RT_TABLE_MAIN ? RULE_MAIN
						 : RULE_LOOKUP;
	return d->table != NULL;
}

static CTL_ONLY bool
compile_actions(struct fib_rules *r, const struct fib_rule_entry *e)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct fib_rule_dp *d = &r->rule[i];

		*d = (struct fib_rule_dp){ .kind = RULE_ANSWER,
					   .suppress = e[i].r.suppress,
					   .tclassid = e[i].r.tclassid };
		if (e[i].r.invert)
			set_bit(r->invert, i);
		switch (e[i].r.action) {
		case FIB_RULE_TABLE:
			if (!compile_lookup(&e[i].r, d))
				return false;
			break;
		case FIB_RULE_GOTO:
			d->kind = RULE_GOTO;
			d->idx = (uint32_t)e[i].target;
			if (e[i].target < 0)
				continue;
			break;
		case FIB_RULE_BLACKHOLE:
			d->idx = ADJ_IDX_BLACKHOLE;
			break;
		case FIB_RULE_PROHIBIT:
			d->idx = ADJ_IDX_PROHIBIT;
			break;
		case FIB_RULE_UNREACHABLE: /* net unreachable, as in Linux */
			d->idx = ADJ_IDX_NO_ROUTE;
			break;
		default:
			continue;
		}
		set_bit(r->valid, i);
		if (i < 128 && d->kind == RULE_LOCAL)
			set_bit(r->local, i);
		if (i < 128 && d->kind == RULE_MAIN && d->suppress < 0)
			set_bit(r->main, i);
	}
	return true;
}

static bool
any_wants(const struct fib_rules *r, const struct fib_rule_entry *e,
	  bool (*wants)(const struct fib_rule *r))
{
	for (uint32_t i = 0; i < r->n; i++)
		if (wants(&e[i].r))
			return true;
	return false;
}

/* false: no memory. */
static bool
compile_fields(struct fib_rules *r, const struct fib_rule_entry *e)
{
	static const struct field ports[] = { { UINT16_MAX + 1, wants_sport, sport_of },
					      { UINT16_MAX + 1, wants_dport, dport_of } };
	static const struct field devices[] = { { NETDEV_MAX, wants_iif, iif_of },
						{ NETDEV_MAX, wants_oif, oif_of } };
	bool ok = true;

	for (uint32_t bit = FIB_RULES_SRC; ok && bit <= FIB_RULES_OIF; bit <<= 1) {
		if (!(r->fields & bit))
			continue;
		switch (bit) {
		case FIB_RULES_SRC:
			ok = compile_octets(r, e, &r->src, wants_src, src_of);
			break;
		case FIB_RULES_DST:
			ok = compile_octets(r, e, &r->dst, wants_dst, dst_of);
			break;
		case FIB_RULES_MARK:
			ok = compile_octets(r, e, &r->mark, wants_mark, mark_of);
			break;
		case FIB_RULES_TOS:
			ok = compile_octet(r, e, &r->tos, true);
			break;
		case FIB_RULES_IPPROTO:
			ok = compile_octet(r, e, &r->ipproto, false);
			break;
		case FIB_RULES_SPORT:
			ok = compile_ranges(r, e, &r->sport, &ports[0]);
			break;
		case FIB_RULES_DPORT:
			ok = compile_ranges(r, e, &r->dport, &ports[1]);
			break;
		case FIB_RULES_IIF:
			ok = compile_ranges(r, e, &r->iif, &devices[0]);
			break;
		default:
			ok = compile_ranges(r, e, &r->oif, &devices[1]);
			break;
		}
	}
	return ok;
}

void
fib_rules_free(struct fib_rules *r)
{
	void *const parts[] = { r->rule,	r->src,	      r->dst,	      r->mark,
				r->tos,		r->ipproto,   r->sport.class, r->sport.vec,
				r->dport.class, r->dport.vec, r->iif.class,   r->iif.vec,
				r->oif.class,	r->oif.vec,   r->invert,      r->valid };

	for (unsigned int i = 0; i < RTE_DIM(parts); i++)
		free(parts[i]);
	free(r);
}

struct fib_rules *
fib_rules_compile(const struct fib_rule_entry *e, unsigned int n)
{
	static const struct {
		uint32_t bit;
		bool (*wants)(const struct fib_rule *r);
	} fields[] = { { FIB_RULES_SRC, wants_src },	     { FIB_RULES_DST, wants_dst },
		       { FIB_RULES_TOS, wants_tos },	     { FIB_RULES_MARK, wants_mark },
		       { FIB_RULES_IPPROTO, wants_ipproto }, { FIB_RULES_SPORT, wants_sport },
		       { FIB_RULES_DPORT, wants_dport },     { FIB_RULES_IIF, wants_iif },
		       { FIB_RULES_OIF, wants_oif } };
	struct fib_rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->n = n;
	r->words = n == 0 ? 2 : (n + 127) / 128 * 2;
	r->rule = calloc(r->words * 64, sizeof(*r->rule));
	r->invert = calloc(r->words, sizeof(*r->invert));
	r->valid = calloc(r->words, sizeof(*r->valid));
	for (unsigned int i = 0; i < RTE_DIM(fields); i++)
		r->fields |= any_wants(r, e, fields[i].wants) ? fields[i].bit : 0;
	if (r->rule != NULL && r->invert != NULL && r->valid != NULL && compile_actions(r, e) &&
	    compile_fields(r, e))
		return r;
	fib_rules_free(r);
	return NULL;
}
