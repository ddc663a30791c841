/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCHED_H
#define SCHED_H
/** @file Queue disciplines, control side: one at the root of a device, or none. */
#include "netdev/netdev.h"
#include "sched/sched_dp.h"

enum qdisc_kind { QDISC_NOQUEUE, QDISC_PFIFO_FAST, QDISC_TBF, QDISC_PRIO };

/** What to put at the root of a device. */
struct qdisc_spec {
	enum qdisc_kind kind;
	uint16_t handle; /* 0: the next free one */
	uint16_t bands;	 /* of QDISC_PRIO: 3 to SCHED_BANDS; 0: 3 */
	/* of QDISC_TBF: */
	uint64_t rate;	     /* bytes a second */
	uint32_t burst;	     /* bytes */
	uint32_t limit;	     /* bytes that may wait; 0: by latency */
	uint64_t latency_us; /* the longest that a frame may wait */
};

int sched_init(void) CTL_ONLY;
/** Drop what waits. Workers must have ended. */
void sched_fini(void) CTL_ONLY;

/** Why a specification makes no sense: a sentence; NULL when it does. */
const char *sched_spec_check(const struct qdisc_spec *s);
/**
 * Put a discipline at the root of @p dev in place of the one that is there, whose frames are
 * dropped. 0, -EINVAL (sched_spec_check(), or the loopback device), -ENOMEM (nothing changed).
 */
int sched_set(struct net_device *dev, const struct qdisc_spec *s) CTL_ONLY;
/** Bytes that may wait by a specification of a tbf. */
uint32_t sched_spec_limit(const struct qdisc_spec *s);
/** How many queues it has. */
unsigned int sched_spec_bands(const struct qdisc_spec *s);
/** What sched_set() would want to make the discipline of @p dev; a tbf by its limit. */
struct qdisc_spec sched_spec_of(const struct net_device *dev) CTL_ONLY;
/** The discipline of @p dev, NULL: none. */
struct qdisc *sched_of(const struct net_device *dev) CTL_ONLY;

struct qdisc_stats {
	uint64_t bytes, packets, drops, overlimits, backlog;
	uint32_t qlen;
};
void sched_stats(const struct qdisc *q, struct qdisc_stats *st) CTL_ONLY;
/** Of band @p b alone; nothing is over a limit there. */
void sched_class_stats(const struct qdisc *q, unsigned int b, struct qdisc_stats *st) CTL_ONLY;
/** Frames in all queues and rings: part of the balance's "held". */
unsigned int sched_held(void) CTL_ONLY;

/* --- words, as tc has them (sched_words.c): 0 or -EINVAL --- */
/** "10mbit", "1gibit", "125kbps"; bare: bits a second. Bytes a second. */
int sched_parse_rate(const char *word, uint64_t *rate);
/** "32kb", "1540", "10kbit": bytes. */
int sched_parse_size(const char *word, uint32_t *size);
/** "50ms", "1s", "400us"; bare: microseconds. */
int sched_parse_time(const char *word, uint64_t *us);
/** As tc prints them; static buffers. */
const char *sched_rate_word(uint64_t rate);
const char *sched_size_word(uint32_t size);
const char *sched_time_word(uint64_t us);

/** Add `tc qdisc`, and the config section "qdisc". */
void sched_cli_register(void) CTL_ONLY;
void sched_cfg_register(void) CTL_ONLY;
#endif
