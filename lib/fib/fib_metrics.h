/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_METRICS_H
#define FIB_METRICS_H
/**
 * @file
 * Metrics of routes, Linux's RTAX_*: carried for hosts and daemons that read them, without effect
 * on packets here.
 */
#include <stdbool.h>
#include <stdint.h>

/** X(word, kind), in the order of RTAX_*, which is that of listings. */
#define FIB_METRICS(X)                                                                             \
	X(mtu, NUMBER)                                                                             \
	X(window, NUMBER)                                                                          \
	X(rtt, EIGHTHS)                                                                            \
	X(rttvar, QUARTERS)                                                                        \
	X(ssthresh, NUMBER)                                                                        \
	X(cwnd, NUMBER)                                                                            \
	X(advmss, NUMBER)                                                                          \
	X(reordering, NUMBER)                                                                      \
	X(hoplimit, NUMBER)                                                                        \
	X(initcwnd, NUMBER)                                                                        \
	X(features, FEATURES)                                                                      \
	X(rto_min, TIME)                                                                           \
	X(initrwnd, NUMBER)                                                                        \
	X(quickack, SWITCH)                                                                        \
	X(congctl, NAME)                                                                           \
	X(fastopen_no_cookie, SWITCH)

/** What is for those alone that may be locked, by kind. */
#define FIB_METRIC_LOCK_NUMBER(...)   __VA_ARGS__
#define FIB_METRIC_LOCK_EIGHTHS(...)  __VA_ARGS__
#define FIB_METRIC_LOCK_QUARTERS(...) __VA_ARGS__
#define FIB_METRIC_LOCK_NAME(...)     __VA_ARGS__
#define FIB_METRIC_LOCK_TIME(...)
#define FIB_METRIC_LOCK_SWITCH(...)
#define FIB_METRIC_LOCK_FEATURES(...)

enum fib_metric {
#define X(word, kind) FIB_METRIC_##word,
	FIB_METRICS(X)
#undef X
		FIB_METRIC_N
};
/** How the value is written. */
enum fib_metric_kind {
	FIB_METRIC_NUMBER,
	FIB_METRIC_TIME,     /* of ms, */
	FIB_METRIC_EIGHTHS,  /* of eighths */
	FIB_METRIC_QUARTERS, /* and quarters of one */
	FIB_METRIC_SWITCH,   /* 0 or 1 */
	FIB_METRIC_FEATURES, /* "ecn" */
	FIB_METRIC_NAME,     /* of a congestion control */
};

/** All zero: none is given. */
struct fib_metrics {
	uint32_t value[FIB_METRIC_N]; /* 0: not given, unless it is locked */
	uint32_t lock;		      /* bit by metric */
	char congctl[16];
};

const char *fib_metric_word(enum fib_metric i);
enum fib_metric_kind fib_metric_kind(enum fib_metric i);
/** How many of its units a millisecond has; 1 for what is no time. */
uint32_t fib_metric_per_ms(enum fib_metric_kind kind);
/** -1: there is none of that word. */
int fib_metric_parse(const char *word);
/** What iproute2 understands of @p text as the value. 0 or -EINVAL; fib_metric_expects() says what
 * would have done. */
int fib_metric_set(struct fib_metrics *m, enum fib_metric i, const char *text, bool lock);
const char *fib_metric_expects(enum fib_metric i);
/** Is it to be shown? */
static inline bool
fib_metric_given(const struct fib_metrics *m, enum fib_metric i)
{
	return m->value[i] != 0 || (m->lock >> i & 1);
}
/** A time in milliseconds, any other as it is. */
uint32_t fib_metric_shown(const struct fib_metrics *m, enum fib_metric i);
/** Does @p m have all that @p key gives? */
bool fib_metrics_match(const struct fib_metrics *m, const struct fib_metrics *key);
#endif
