/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCHED_FILTER_H
#define SCHED_FILTER_H
/** @file Route filters of a queue discipline, control side. They go with their discipline, and
 * those that name a device with that device. */
#include "sched/sched.h"
#include "sched/sched_filter_dp.h"

enum sched_filter_mode {
	SCHED_FILTER_ADD,     /* -EEXIST when there is one of that priority and selectors */
	SCHED_FILTER_REPLACE, /* or give that one another band */
	SCHED_FILTER_CHANGE,  /* only that: -ENOENT when there is none */
};

/** How many bands a discipline lets filters choose from; 0: it is not classful. */
unsigned int sched_classes(const struct qdisc *q);
/** The filters of @p q in the order in which they are asked; NULL: there are none. */
const struct sched_filters *sched_filters_of(const struct qdisc *q) CTL_ONLY;
/** The priority of one that names none, as Linux: below all others. */
uint16_t sched_filter_prio(const struct qdisc *q) CTL_ONLY;
/** 0, -EINVAL (not classful, or no such band), -EEXIST, -ENOENT, -ENOSPC (SCHED_FILTERS_MAX),
 * -ENOMEM; on error nothing has changed. */
int sched_filter_set(struct qdisc *q, const struct sched_filter *f,
		     enum sched_filter_mode mode) CTL_ONLY;
/** Delete those that @p match says yes to (NULL: all). How many, or -ENOMEM. */
int sched_filter_del(struct qdisc *q, bool (*match)(const struct sched_filter *f, void *arg),
		     void *arg) CTL_ONLY;
/** Put one more into a list that has room, where it is asked in its turn. */
void sched_filters_insert(struct sched_filters *l, const struct sched_filter *f);
/** Is there one of that priority and selectors? */
bool sched_filters_have(const struct sched_filters *l, const struct sched_filter *f);
/** Make those of @p l all that @p q has, in one step. 0, -EINVAL, -ENOMEM. */
int sched_filters_put(struct qdisc *q, const struct sched_filters *l) CTL_ONLY;

/** The priority of a first filter that names none, as Linux. */
#define SCHED_PRIO_FIRST 49152
#endif
