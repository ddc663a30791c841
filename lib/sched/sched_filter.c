/* SPDX-License-Identifier: BSD-3-Clause */
/* Route filters: the list of each discipline, replaced as a whole. */
#include "sched/sched_filter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

unsigned int
sched_classes(const struct qdisc *q)
{
	return q->ops == &tbf_ops ? 0 : q->bands;
}

const struct sched_filters *
sched_filters_of(const struct qdisc *q)
{
	return q->filters;
}

uint16_t
sched_filter_prio(const struct qdisc *q)
{
	uint16_t first;

	if (q->filters == NULL || q->filters->n == 0)
		return SCHED_PRIO_FIRST;
	first = q->filters->f[0].prio;
	return first > 1 ? (uint16_t)(first - 1) : 1;
}

/* Linux's order within a priority: by where to, then by where from, then by device, then the rest.
 */
static unsigned int
rank(const struct sched_filter *f)
{
	return (f->to < 0 ? 3 : 0) + (f->from >= 0 ? 0 : f->iif != 0 ? 1 : 2);
}

static bool
is_before(const struct sched_filter *a, const struct sched_filter *b)
{
	return a->prio != b->prio ? a->prio < b->prio : rank(a) <= rank(b);
}

static bool
same_selectors(const struct sched_filter *a, const struct sched_filter *b)
{
	return a->prio == b->prio && a->to == b->to && a->from == b->from && a->iif == b->iif;
}

/* Its place in the list; l->n: it is not there. */
static uint16_t
find(const struct sched_filters *l, const struct sched_filter *f)
{
	uint16_t at = 0;

	while (at < l->n && !same_selectors(&l->f[at], f))
		at++;
	return at;
}

bool
sched_filters_have(const struct sched_filters *l, const struct sched_filter *f)
{
	return find(l, f) < l->n;
}

void
sched_filters_insert(struct sched_filters *l, const struct sched_filter *f)
{
	uint16_t at = 0;

	while (at < l->n && is_before(&l->f[at], f))
		at++;
	memmove(&l->f[at + 1], &l->f[at], (size_t)(l->n - at) * sizeof(l->f[0]));
	l->f[at] = *f;
	l->n++;
}

static void
free_list(struct rcu_head *head)
{
	free(container_of(head, struct sched_filters, rcu));
}

/* Make @p new (NULL: nothing) the list. */
static void
publish(struct qdisc *q, struct sched_filters *new) CTL_ONLY
{
	struct sched_filters *old = q->filters;

	if (new != NULL &&new->n == 0) {
		free(new);
		new = NULL;
	}
	rcu_assign_pointer(q->filters, new);
	if (new != NULL && old == NULL)
		skb_realm_hold();
	if (new == NULL && old != NULL)
		skb_realm_release();
	if (old != NULL)
		rcu_defer(&old->rcu, free_list);
}

/* A copy with room for one more; NULL: no memory. */
static struct sched_filters *
copy(const struct sched_filters *l)
{
	uint16_t n = l != NULL ? l->n : 0;
	struct sched_filters *c = calloc(1, sizeof(*c) + (n + 1u) * sizeof(c->f[0]));

	if (c == NULL || l == NULL)
		return c;
	c->n = n;
	memcpy(c->f, l->f, n * sizeof(c->f[0]));
	return c;
}

int
sched_filter_set(struct qdisc *q, const struct sched_filter *f, enum sched_filter_mode mode)
{
	uint16_t n = q->filters != NULL ? q->filters->n : 0;
	uint16_t at = q->filters != NULL ? find(q->filters, f) : 0;
	struct sched_filters *l;

	if (f->band >= sched_classes(q) || (f->from >= 0 && f->iif != 0))
		return -EINVAL;
	if (at < n && mode == SCHED_FILTER_ADD)
		return -EEXIST;
	if (at == n && mode == SCHED_FILTER_CHANGE)
		return -ENOENT;
	if (at == n && n >= SCHED_FILTERS_MAX)
		return -ENOSPC;
	l = copy(q->filters);
	if (l == NULL)
		return -ENOMEM;
	if (at < n)
		l->f[at].band = f->band;
	else
		sched_filters_insert(l, f);
	publish(q, l);
	return 0;
}

int
sched_filter_del(struct qdisc *q, bool (*match)(const struct sched_filter *f, void *arg), void *arg)
{
	struct sched_filters *l;
	int gone;

	if (q->filters == NULL)
		return 0;
	if (match == NULL) {
		gone = q->filters->n;
		publish(q, NULL);
		return gone;
	}
	l = copy(q->filters);
	if (l == NULL)
		return -ENOMEM;
	l->n = 0;
	for (uint16_t i = 0; i < q->filters->n; i++)
		if (!match(&q->filters->f[i], arg))
			l->f[l->n++] = q->filters->f[i];
	gone = q->filters->n - l->n;
	if (gone > 0)
		publish(q, l);
	else
		free(l);
	return gone;
}

int
sched_filters_put(struct qdisc *q, const struct sched_filters *l)
{
	struct sched_filters *c = copy(l);

	if (c == NULL)
		return -ENOMEM;
	for (uint16_t i = 0; i < l->n; i++)
		if (l->f[i].band >= sched_classes(q)) {
			free(c);
			return -EINVAL;
		}
	publish(q, c);
	return 0;
}
