/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters in the configuration, one row each: checked, in one spelling, in the parameter's unit.
 */
#include <string.h>
#include "bridge/br_rows_cfg.h"

const char *const br_cfg_protocols[] = { "802.1Q", "802.1ad", NULL };

uint32_t
br_cfg_row_value(const struct br_cfg_row *m, const json_t *o)
{
	const json_t *v = json_object_get(o, m->key);

	if (v == NULL)
		return m->def;
	switch (m->kind) {
	case BOOL:
		return json_is_true(v);
	case NUMBER:
		return (uint32_t)json_integer_value(v);
	case SECONDS:
		return (uint32_t)json_integer_value(v) * 100;
	case PARTS:
		return (uint32_t)(json_number_value(v) * 100 + 0.5);
	case WORD:
		break;
	}
	for (uint32_t i = 0; m->words[i] != NULL; i++)
		if (json_is_string(v) && strcmp(m->words[i], json_string_value(v)) == 0)
			return m->words == br_cfg_protocols && i == 1 ? RTE_ETHER_TYPE_QINQ
			       : m->words == br_cfg_protocols	      ? RTE_ETHER_TYPE_VLAN
								      : i;
	return m->def;
}

void
br_cfg_row_put(json_t *o, const struct br_cfg_row *m, uint32_t v)
{
	json_t *j = NULL;

	if (v == m->def)
		return;
	switch (m->kind) {
	case BOOL:
		j = json_boolean(v != 0);
		break;
	case NUMBER:
		j = json_integer(v);
		break;
	case SECONDS:
		j = json_integer(v / 100);
		break;
	case PARTS:
		j = v % 100 == 0 ? json_integer(v / 100) : json_real(v / 100.0);
		break;
	case WORD:
		j = json_string(m->words == br_cfg_protocols ? br_cfg_protocols[1] : m->words[v]);
		break;
	}
	json_object_set_new(o, m->key, j);
}

/* A number of seconds between the parameter's limits. */
static void
check_parts(const struct cfg *c, const char *key, const struct br_opt *o)
{
	const json_t *v = json_object_get(c->node, key);
	double s = json_number_value(v);

	if (v != NULL && (!json_is_number(v) || s < o->min / 100.0 || s > o->max / 100.0))
		cfg_fail(c, key, "expected a number of seconds, %g to %g", o->min / 100.0,
			 o->max / 100.0);
}

void
br_cfg_rows_check(const struct cfg *c, const struct br_cfg_row *table, bool port)
{
	for (const struct br_cfg_row *m = table; m->key != NULL; m++) {
		const struct br_opt *o = m->opt != NULL ? br_opt_find(m->opt, port) : NULL;
		uint32_t scale = m->kind == SECONDS ? 100 : 1, v;
		unsigned int word;
		bool on;

		switch (m->kind) {
		case BOOL:
			cfg_bool(c, m->key, &on);
			break;
		case NUMBER:
		case SECONDS:
			cfg_u32(c, m->key, o->min / scale, o->max / scale, &v);
			break;
		case PARTS:
			check_parts(c, m->key, o);
			break;
		case WORD:
			cfg_word(c, m->key, m->words, &word);
			break;
		}
	}
}

void
br_cfg_known(const struct cfg *c, const struct br_cfg_row *a, const struct br_cfg_row *b,
	     const char *const *more)
{
	const char *known[64];
	size_t n = 0;

	for (const struct br_cfg_row *m = a; m->key != NULL; m++)
		known[n++] = m->key;
	for (const struct br_cfg_row *m = b; m != NULL && m->key != NULL; m++)
		known[n++] = m->key;
	for (; more != NULL && *more != NULL; more++)
		known[n++] = *more;
	known[n] = NULL;
	cfg_only(c, known);
}

void
br_cfg_rows_canon(json_t *o, const struct br_cfg_row *table, const json_t *from)
{
	for (const struct br_cfg_row *m = table; m->key != NULL; m++)
		br_cfg_row_put(o, m, br_cfg_row_value(m, from));
}
