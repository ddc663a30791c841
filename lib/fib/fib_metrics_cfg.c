/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of routes in the configuration: one key for each, and one that says it is locked. */
#include <stdio.h>
#include "fib/fib_cfg.h"

/* As `ip route` takes it; a number is of milliseconds where the metric is a time. */
static void
parse_metric(const struct cfg *c, enum fib_metric i, struct fib_metrics *m)
{
	const char *word = fib_metric_word(i), *text = NULL;
	const json_t *node = cfg_get(c, word).node;
	enum fib_metric_kind kind = fib_metric_kind(i);
	bool time = kind == FIB_METRIC_TIME || kind == FIB_METRIC_EIGHTHS ||
		    kind == FIB_METRIC_QUARTERS;
	bool lock = false;
	char key[32], number[32];

	snprintf(key, sizeof(key), "%s_lock", word);
	cfg_bool(c, key, &lock);
	if (json_is_integer(node)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT "%s",
			 json_integer_value(node), time ? "ms" : "");
		text = number;
	} else if (node != NULL && !cfg_str(c, word, &text)) {
		return;
	}
	if (text == NULL && lock)
		cfg_fail(c, key, "there is no \"%s\" to lock", word);
	else if (text != NULL && fib_metric_set(m, i, text, lock) != 0)
		cfg_fail(c, word, "expected %s, found %s", fib_metric_expects(i), text);
}

void
fib_cfg_metrics(const struct cfg *c, struct fib_metrics *m)
{
	for (enum fib_metric i = 0; i < FIB_METRIC_N; i++)
		parse_metric(c, i, m);
}

static void
metric_set(json_t *o, const struct fib_metrics *m, enum fib_metric i)
{
	enum fib_metric_kind kind = fib_metric_kind(i);
	uint32_t shown = fib_metric_shown(m, i);
	/* A time that is no whole number of milliseconds is said in the metric's own units. */
	bool exact = shown * fib_metric_per_ms(kind) == m->value[i];
	char key[32];

	if (!fib_metric_given(m, i))
		return;
	json_object_set_new(o, fib_metric_word(i),
			    kind == FIB_METRIC_NAME	  ? json_string(m->congctl)
			    : kind == FIB_METRIC_FEATURES ? json_string("ecn")
			    : exact			  ? json_integer(shown)
							  : json_sprintf("%u", m->value[i]));
	if (!(m->lock >> i & 1) || i == FIB_METRIC_rto_min)
		return;
	snprintf(key, sizeof(key), "%s_lock", fib_metric_word(i));
	json_object_set_new(o, key, json_true());
}

void
fib_cfg_metrics_set(json_t *o, const struct fib_metrics *m)
{
	for (enum fib_metric i = 0; i < FIB_METRIC_N; i++)
		metric_set(o, m, i);
}
