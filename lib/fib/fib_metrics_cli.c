/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of routes in commands: words, keys and output of iproute2. */
#include <errno.h>
#include <stdio.h>
#include "fib/fib_cli.h"

/* Under the names of iproute2. It does not say in JSON which are locked; we do, which is where text
 * has it from. */
static void
metric_json(json_t *o, const struct fib_metrics *m, enum fib_metric i)
{
	const char *word = fib_metric_word(i);
	char key[32];

	if (fib_metric_kind(i) == FIB_METRIC_NAME)
		json_object_set_new(o, "congestion", json_string(m->congctl));
	else if (fib_metric_kind(i) == FIB_METRIC_FEATURES)
		json_object_set_new(o, "ecn", json_null());
	else
		json_object_set_new(o, word, json_integer(fib_metric_shown(m, i)));
	if (!(m->lock >> i & 1))
		return;
	snprintf(key, sizeof(key), "%s_lock", word);
	json_object_set_new(o, key, json_true());
}

void
fib_metrics_json(json_t *o, const struct fib_metrics *m)
{
	json_t *set = json_object(), *list;

	for (enum fib_metric i = 0; m != NULL && i < FIB_METRIC_N; i++)
		if (fib_metric_given(m, i))
			metric_json(set, m, i);
	if (json_object_size(set) == 0) {
		json_decref(set);
		return;
	}
	list = json_array();
	json_array_append_new(list, set);
	json_object_set_new(o, "metrics", list);
}

static void
metric_text(struct cli_ctx *c, const json_t *m, enum fib_metric i)
{
	const char *word = fib_metric_word(i);
	enum fib_metric_kind kind = fib_metric_kind(i);
	const json_t *v = json_object_get(m, kind == FIB_METRIC_NAME	   ? "congestion"
					     : kind == FIB_METRIC_FEATURES ? "ecn"
									   : word);
	json_int_t n = json_integer_value(v);
	char key[32];

	if (v == NULL)
		return;
	snprintf(key, sizeof(key), "%s_lock", word);
	cli_printf(c, "%s %s", word, json_object_get(m, key) != NULL ? "lock " : "");
	if (kind == FIB_METRIC_NAME)
		cli_printf(c, "%s ", json_string_value(v));
	else if (kind == FIB_METRIC_FEATURES)
		cli_printf(c, "ecn ");
	else if (kind == FIB_METRIC_NUMBER || kind == FIB_METRIC_SWITCH)
		cli_printf(c, "%" JSON_INTEGER_FORMAT " ", n);
	else if (n < 1000)
		cli_printf(c, "%" JSON_INTEGER_FORMAT "ms ", n);
	else
		cli_printf(c, "%gs ", (double)n / 1000);
}

void
fib_metrics_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *m = json_array_get(json_object_get(o, "metrics"), 0);

	for (enum fib_metric i = 0; m != NULL && i < FIB_METRIC_N; i++)
		metric_text(c, m, i);
}

int
fib_arg_metrics(struct cli_ctx *c, struct fib_metrics *m)
{
	for (unsigned int k = 0; k < cli_count(c, "VALUE"); k++) {
		const struct cli_ctx *g = cli_group(c, "VALUE", k);
		const char *text = cli_arg_str(g, "VALUE");
		enum fib_metric i = 0;

		while (!cli_has(g, fib_metric_word(i)))
			i++;
		if (fib_metric_set(m, i, text, cli_has(g, "lock")) != 0)
			return cli_error_at(c, -EINVAL, text, "\"%s\": %s takes %s", text,
					    fib_metric_word(i), fib_metric_expects(i));
	}
	return 0;
}
