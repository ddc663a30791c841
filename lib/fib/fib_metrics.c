/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib/fib_metrics.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	enum fib_metric_kind kind;
	bool lockable;
} metrics[FIB_METRIC_N] = {
#define X(word, kind) { #word, FIB_METRIC_##kind, FIB_METRIC_LOCK_##kind(true ||) false },
	FIB_METRICS(X)
#undef X
};

const char *
fib_metric_word(enum fib_metric i)
{
	return metrics[i].word;
}

enum fib_metric_kind
fib_metric_kind(enum fib_metric i)
{
	return metrics[i].kind;
}

int
fib_metric_parse(const char *word)
{
	for (int i = 0; i < FIB_METRIC_N; i++)
		if (strcmp(metrics[i].word, word) == 0)
			return i;
	return -1;
}

uint32_t
fib_metric_per_ms(enum fib_metric_kind kind)
{
	return kind == FIB_METRIC_EIGHTHS ? 8 : kind == FIB_METRIC_QUARTERS ? 4 : 1;
}

static int
parse_number(const char *text, uint32_t lo, uint32_t hi, uint32_t *value)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || v < lo || v > hi)
		return -EINVAL;
	*value = (uint32_t)v;
	return 0;
}

/* "300ms", "1.5s"; without a unit it is in those of the metric. Rounded up to milliseconds. */
static int
parse_time(const char *text, uint32_t units, uint32_t *value)
{
	static const char *const seconds[] = { "s", "sec", "secs" };
	static const char *const millis[] = { "ms", "msec", "msecs" };
	double scale = 0, v;
	char *end;

	v = strtod(text, &end);
	if (end == text || !(v >= 0))
		return -EINVAL;
	for (unsigned int i = 0; i < 3; i++)
		if (strcmp(end, seconds[i]) == 0)
			scale = 1000;
		else if (strcmp(end, millis[i]) == 0)
			scale = 1;
	if (scale == 0 && *end != '\0')
		return -EINVAL;
	v = scale == 0 ? ceil(v) : ceil(v * scale) * units;
	if (v > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)v;
	return 0;
}

static int
parse_name(struct fib_metrics *m, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= sizeof(m->congctl) ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != len)
		return -EINVAL;
	memset(m->congctl, 0, sizeof(m->congctl)); /* infos are compared whole */
	memcpy(m->congctl, text, len);
	m->value[FIB_METRIC_congctl] = 1;
	return 0;
}

static int
parse_value(struct fib_metrics *m, enum fib_metric i, const char *text)
{
	enum fib_metric_kind kind = metrics[i].kind;

	switch (kind) {
	case FIB_METRIC_TIME:
	case FIB_METRIC_EIGHTHS:
	case FIB_METRIC_QUARTERS:
		return parse_time(text, fib_metric_per_ms(kind), &m->value[i]);
	case FIB_METRIC_SWITCH:
		return parse_number(text, 0, 1, &m->value[i]);
	case FIB_METRIC_FEATURES:
		m->value[i] = 1;
		return strcmp(text, "ecn") == 0 ? 0 : -EINVAL;
	case FIB_METRIC_NAME:
		return parse_name(m, text);
	default:
		break;
	}
	if (i == FIB_METRIC_mtu)
		return parse_number(text, 68, UINT16_MAX, &m->value[i]);
	return parse_number(text, 0,
			    i == FIB_METRIC_advmss     ? UINT16_MAX
			    : i == FIB_METRIC_hoplimit ? UINT8_MAX
						       : UINT32_MAX,
			    &m->value[i]);
}

int
fib_metric_set(struct fib_metrics *m, enum fib_metric i, const char *text, bool lock)
{
	int rc = lock && !metrics[i].lockable ? -EINVAL : parse_value(m, i, text);

	if (rc == 0 && (lock || i == FIB_METRIC_rto_min)) /* which always is, as iproute2 has it */
		m->lock |= 1u << i;
	return rc;
}

const char *
fib_metric_expects(enum fib_metric i)
{
	switch (metrics[i].kind) {
	case FIB_METRIC_TIME:
	case FIB_METRIC_EIGHTHS:
	case FIB_METRIC_QUARTERS:
		return i == FIB_METRIC_rto_min ? "a time as 200ms or 1.5s, without lock"
					       : "a time as 200ms or 1.5s";
	case FIB_METRIC_SWITCH:
		return "0 or 1, without lock";
	case FIB_METRIC_FEATURES:
		return "\"ecn\", without lock";
	case FIB_METRIC_NAME:
		return "the name of a congestion control, at most 15 letters";
	default:
		return i == FIB_METRIC_mtu	  ? "68..65535"
		       : i == FIB_METRIC_advmss	  ? "0..65535"
		       : i == FIB_METRIC_hoplimit ? "0..255"
						  : "0..4294967295";
	}
}

uint32_t
fib_metric_shown(const struct fib_metrics *m, enum fib_metric i)
{
	return m->value[i] / fib_metric_per_ms(metrics[i].kind);
}

bool
fib_metrics_match(const struct fib_metrics *m, const struct fib_metrics *key)
{
	if (key->lock != 0 && key->lock != m->lock)
		return false;
	for (unsigned int i = 0; i < FIB_METRIC_N; i++)
		if (key->value[i] != 0 && key->value[i] != m->value[i])
			return false;
	return key->congctl[0] == '\0' || strcmp(key->congctl, m->congctl) == 0;
}
