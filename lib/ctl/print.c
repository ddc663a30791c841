/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as people read it: a list of objects is a table, an object a column of "key: value". */
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_priv.h"

#define COLUMNS_MAX 32

struct column {
	const char *key;
	int width;
	bool number;
};

/* One value on one line. */
static void
inline_value(struct strbuf *b, const json_t *v)
{
	const char *key;
	json_t *e;
	size_t i;

	switch (json_typeof(v)) {
	case JSON_STRING:
		strbuf_puts(b, json_string_value(v));
		break;
	case JSON_INTEGER:
		strbuf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		strbuf_printf(b, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
		strbuf_puts(b, "yes");
		break;
	case JSON_FALSE:
		strbuf_puts(b, "no");
		break;
	case JSON_NULL:
		strbuf_puts(b, "-");
		break;
	case JSON_ARRAY:
		json_array_foreach((json_t *)v, i, e) {
			strbuf_puts(b, i > 0 ? "," : "");
			inline_value(b, e);
		}
		break;
	case JSON_OBJECT:
		json_object_foreach((json_t *)v, key, e) {
			strbuf_printf(b, "%s%s=", b->len > 0 ? " " : "", key);
			inline_value(b, e);
		}
		break;
	}
}

static char *
cell(const json_t *v)
{
	struct strbuf b = { 0 };

	if (v != NULL)
		inline_value(&b, v);
	return strbuf_steal(&b);
}

static void
widen(struct column *col, const json_t *v)
{
	char *s = cell(v);
	int n = s != NULL ? (int)strlen(s) : 0;

	col->width = n > col->width ? n : col->width;
	if (v != NULL && !json_is_number(v))
		col->number = false;
	free(s);
}

static size_t
columns(const json_t *rows, struct column *cols)
{
	const json_t *row;
	const char *key;
	json_t *v;
	size_t n = 0;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
		json_object_foreach((json_t *)row, key, v) {
			size_t k = 0;

			while (k < n && strcmp(cols[k].key, key) != 0)
				k++;
			if (k == n && n < COLUMNS_MAX)
				cols[n++] = (struct column){ key, (int)strlen(key), true };
			if (k < n)
				widen(&cols[k], v);
		}
	return n;
}

static void
print_cell(struct strbuf *b, const struct column *col, const char *s, bool last)
{
	if (col->number)
		strbuf_printf(b, "%*s", col->width, s);
	else if (last)
		strbuf_puts(b, s);
	else
		strbuf_printf(b, "%-*s", col->width, s);
	strbuf_puts(b, last ? "\n" : "  ");
}

static void
print_table(struct cli_ctx *c, const json_t *rows)
{
	struct column cols[COLUMNS_MAX];
	size_t n = columns(rows, cols);
	struct strbuf b = { 0 };
	const json_t *row;
	size_t i;

	for (size_t k = 0; k < n && cli_slice(c) == 0; k++)
		print_cell(&b, &cols[k], cols[k].key, k + 1 == n);
	json_array_foreach((json_t *)rows, i, row)
		for (size_t k = 0; k < n; k++) {
			char *s = cell(json_object_get(row, cols[k].key));

			print_cell(&b, &cols[k], s != NULL ? s : "", k + 1 == n);
			free(s);
		}
	cli_write(c, strbuf_str(&b), b.len);
	strbuf_free(&b);
}

static bool
is_table(const json_t *v)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)v, i, row)
		if (!json_is_object(row))
			return false;
	return json_is_array(v);
}

static void
print_tree(struct cli_ctx *c, const json_t *v, int depth)
{
	const char *key;
	json_t *e;
	char *s;

	json_object_foreach((json_t *)v, key, e) {
		if (json_is_object(e)) {
			cli_printf(c, "%*s%s:\n", depth * 2, "", key);
			print_tree(c, e, depth + 1);
		} else if (is_table(e) && json_array_size(e) > 0) {
			cli_printf(c, "%*s%s:\n", depth * 2, "", key);
			print_table(c, e);
		} else {
			s = cell(e);
			cli_printf(c, "%*s%s: %s\n", depth * 2, "", key, s != NULL ? s : "");
			free(s);
		}
	}
}

void
cli_print_generic(struct cli_ctx *c, const json_t *v)
{
	char *s;

	if (json_is_object(v)) {
		print_tree(c, v, 0);
	} else if (is_table(v)) {
		if (json_array_size(v) > 0)
			print_table(c, v);
	} else {
		s = cell(v);
		cli_printf(c, "%s\n", s != NULL ? s : "");
		free(s);
	}
}

void
cli_word(struct cli_ctx *c, const json_t *o, const char *key, const char *before)
{
	const json_t *v = json_object_get(o, key);

	if (json_is_string(v))
		cli_printf(c, "%s%s ", before, json_string_value(v));
	else if (json_is_integer(v))
		cli_printf(c, "%s%lld ", before, (long long)json_integer_value(v));
}

void
cli_say_flushed(struct cli_ctx *c, unsigned int round, unsigned int n, const char *what)
{
	if (!cli_wants_stats(c) || cli_wants_json(c))
		return;
	if (n > 0)
		cli_printf(c, "\n*** Round %u, deleting %u %s ***\n", round, n, what);
	else if (round == 0)
		cli_printf(c, "Nothing to flush.\n");
	else
		cli_printf(c, "*** Flush is complete after %u round%s ***\n", round,
			   round > 1 ? "s" : "");
}
