/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/sysctl.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/editdist.h"

/* One sysctl_register(). A list: registering and looking up are rare and on the control thread. */
struct binding {
	struct binding *next;
	const struct ctl_table *table;
	void *object;
	char path[];
};

static struct binding *bindings;
struct notifier_chain sysctl_chain = NOTIFIER_CHAIN("sysctl");

/* One sysctl_declare(). */
struct declaration {
	struct declaration *next;
	const char *pattern;
	const struct ctl_table *table;
};

static struct declaration *declarations;

static int *
value_of(const struct sysctl_var *v)
{
	return (int *)((char *)v->object + v->t->offset);
}

static void
fill(struct sysctl_var *v, const struct binding *b, const struct ctl_table *t)
{
	snprintf(v->name, sizeof(v->name), "%s.%s", b->path, t->procname);
	v->t = t;
	v->object = b->object;
}

/* An entry of @p b whose full name is @p name, or NULL. */
static const struct ctl_table *
entry_in(const struct binding *b, const char *name)
{
	size_t len = strlen(b->path);

	if (strncmp(name, b->path, len) != 0 || name[len] != '.')
		return NULL;
	for (const struct ctl_table *t = b->table; t->procname != NULL; t++)
		if (strcmp(t->procname, name + len + 1) == 0)
			return t;
	return NULL;
}

static bool
overlaps(const char *path, const struct ctl_table *table)
{
	struct sysctl_var v;
	char name[sizeof(v.name)];

	for (const struct ctl_table *t = table; t->procname != NULL; t++) {
		snprintf(name, sizeof(name), "%s.%s", path, t->procname);
		for (const struct binding *b = bindings; b != NULL; b = b->next)
			if (entry_in(b, name) != NULL)
				return true;
	}
	return false;
}

int
sysctl_register(const char *path, const struct ctl_table *table, void *object)
{
	struct binding *b;

	if (overlaps(path, table))
		return -EEXIST;
	b = malloc(sizeof(*b) + strlen(path) + 1);
	if (b == NULL)
		return -ENOMEM;
	b->table = table;
	b->object = object;
	strcpy(b->path, path);
	b->next = bindings;
	bindings = b;
	return 0;
}

void
sysctl_unregister(const char *path, const struct ctl_table *table)
{
	struct binding **at = &bindings;

	while (*at != NULL) {
		struct binding *b = *at;

		if (b->table == table && strcmp(b->path, path) == 0) {
			*at = b->next;
			free(b);
		} else {
			at = &b->next;
		}
	}
}

int
sysctl_find(const char *name, struct sysctl_var *v)
{
	char dotted[sizeof(v->name)];
	size_t len = strlen(name);

	if (len >= sizeof(dotted))
		return -ENOENT;
	for (size_t i = 0; i <= len; i++)
		dotted[i] = name[i] == '/' ? '.' : name[i];
	for (const struct binding *b = bindings; b != NULL; b = b->next) {
		const struct ctl_table *t = entry_in(b, dotted);

		if (t != NULL) {
			fill(v, b, t);
			return 0;
		}
	}
	return -ENOENT;
}

int
sysctl_declare(const char *pattern, const struct ctl_table *table)
{
	struct declaration *d;

	for (d = declarations; d != NULL; d = d->next)
		if (d->table == table && strcmp(d->pattern, pattern) == 0)
			return 0;
	d = malloc(sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	*d = (struct declaration){ declarations, pattern, table };
	declarations = d;
	return 0;
}

bool
sysctl_has_declarations(void)
{
	return declarations != NULL;
}

void
sysctl_undeclare_all(void)
{
	while (declarations != NULL) {
		struct declaration *d = declarations;

		declarations = d->next;
		free(d);
	}
}

/* Does @p name, up to its last dot at @p last, fit the pattern? The part that "*" stands for, which
 * may hold dots itself, goes to @p ifname. */
static bool
path_fits(const char *pattern, const char *name, const char *last, char *ifname, size_t len)
{
	size_t head = strcspn(pattern, "*"), path = (size_t)(last - name);

	ifname[0] = '\0';
	if (pattern[head] == '\0')
		return path == head && strncmp(name, pattern, head) == 0;
	if (path <= head || path - head >= len || strncmp(name, pattern, head) != 0)
		return false;
	memcpy(ifname, name + head, path - head);
	ifname[path - head] = '\0';
	return true;
}

const struct ctl_table *
sysctl_declared(const char *name, char *ifname, size_t len)
{
	char dotted[sizeof(((struct sysctl_var *)0)->name)];
	const char *last;

	if (strlen(name) >= sizeof(dotted))
		return NULL;
	strcpy(dotted, name);
	for (char *p = dotted; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	last = strrchr(dotted, '.');
	for (const struct declaration *d = declarations; d != NULL && last != NULL; d = d->next) {
		if (!path_fits(d->pattern, dotted, last, ifname, len))
			continue;
		for (const struct ctl_table *t = d->table; t->procname != NULL; t++)
			if (strcmp(t->procname, last + 1) == 0)
				return t;
	}
	return NULL;
}

int
sysctl_get(const struct sysctl_var *v)
{
	return __atomic_load_n(value_of(v), __ATOMIC_RELAXED);
}

struct sysctl_value
sysctl_value(const struct sysctl_var *v)
{
	const int *at = value_of(v);

	return (struct sysctl_value){ at[0], v->t->range ? at[1] : at[0] };
}

static bool
in_bounds(const struct ctl_table *t, int value)
{
	return value >= t->min && value <= t->max;
}

int
sysctl_put(const struct sysctl_var *v, struct sysctl_value value)
{
	int *at = value_of(v);
	int old = *at;
	int rc;

	if ((v->t->mode & 0222) == 0)
		return -EPERM;
	if (!in_bounds(v->t, value.low) || !in_bounds(v->t, value.high))
		return -ERANGE;
	if (value.low > value.high)
		return -EINVAL;
	if (v->t->check != NULL) {
		rc = v->t->check(v->t, v->object, value.low);
		if (rc < 0)
			return rc;
	}
	/* Workers read it meanwhile: a 4-byte store that they see whole, in any order. */
	__atomic_store_n(at, value.low, __ATOMIC_RELAXED);
	if (v->t->range)
		at[1] = value.high;
	if (v->t->changed != NULL)
		v->t->changed(v->t, v->object, old);
	notifier_call(&sysctl_chain, 0, (void *)(uintptr_t)v);
	return 0;
}

int
sysctl_set(const struct sysctl_var *v, int value)
{
	return sysctl_put(v, (struct sysctl_value){ value, value });
}

int
sysctl_parse(const struct ctl_table *t, const char *text, struct sysctl_value *value)
{
	long n[2] = { 0, 0 };
	unsigned int i = 0;
	char *end;

	for (; i < 2 && text[strspn(text, " \t")] != '\0'; i++, text = end) {
		errno = 0;
		n[i] = strtol(text, &end, 0);
		if (end == text || errno != 0 || strchr(" \t", *end) == NULL)
			return -EINVAL;
	}
	if (i != (t->range ? 2 : 1) || text[strspn(text, " \t")] != '\0')
		return -EINVAL;
	n[1] = t->range ? n[1] : n[0];
	if (n[0] < t->min || n[0] > t->max || n[1] < t->min || n[1] > t->max)
		return -ERANGE;
	*value = (struct sysctl_value){ (int)n[0], (int)n[1] };
	return t->range && n[0] > n[1] ? -EINVAL : 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct sysctl_var *)a)->name, ((const struct sysctl_var *)b)->name);
}

/* All variables, or those that start with @p prefix; malloc'ed. */
static struct sysctl_var *
collect(const char *prefix, size_t *count)
{
	struct sysctl_var *all;
	size_t max = 1;
	size_t n = 0;

	for (const struct binding *b = bindings; b != NULL; b = b->next)
		for (const struct ctl_table *t = b->table; t->procname != NULL; t++)
			max++;
	all = calloc(max, sizeof(*all));
	if (all == NULL)
		max = 0;
	for (const struct binding *b = bindings; b != NULL && max > 0; b = b->next)
		for (const struct ctl_table *t = b->table; t->procname != NULL; t++) {
			fill(&all[n], b, t);
			if (strncmp(all[n].name, prefix, strlen(prefix)) == 0)
				n++;
		}
	*count = n;
	return all;
}

void
sysctl_walk(const char *prefix, void (*fn)(const struct sysctl_var *v, void *arg), void *arg)
{
	char dotted[sizeof(((struct sysctl_var *)0)->name)];
	struct sysctl_var *all;
	size_t n;

	snprintf(dotted, sizeof(dotted), "%s", prefix);
	for (char *p = dotted; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	all = collect(dotted, &n);
	if (n > 0)
		qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++)
		fn(&all[i], arg);
	free(all);
}

/* The declared name that is nearest to @p name, if it is nearer than *best. "*" becomes what stands
 * in its place in @p name. */
static void
nearest_declared(const char *name, unsigned int *best, char *nearest, size_t len)
{
	char full[sizeof(((struct sysctl_var *)0)->name)];
	const char *last = strrchr(name, '.');

	for (const struct declaration *d = declarations; d != NULL; d = d->next) {
		size_t head = strcspn(d->pattern, "*");
		bool star = d->pattern[head] == '*';
		bool same = star && last != NULL && (size_t)(last - name) > head;
		const char *ifname = same ? name + head : "default";
		int n = !star ? 0 : same ? (int)(last - ifname) : 7;

		for (const struct ctl_table *t = d->table; t->procname != NULL; t++) {
			unsigned int dist;

			snprintf(full, sizeof(full), "%.*s%.*s.%s", (int)head, d->pattern, n,
				 ifname, t->procname);
			dist = edit_distance(name, full);
			if (nearest[0] != '\0' && dist >= *best)
				continue;
			*best = dist;
			snprintf(nearest, len, "%s", full);
		}
	}
}

const char *
sysctl_nearest(const char *name)
{
	static char nearest[sizeof(((struct sysctl_var *)0)->name)];
	unsigned int best = 0;
	struct sysctl_var *all;
	size_t n;

	nearest[0] = '\0';
	all = collect("", &n);
	if (n > 0)
		qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++) {
		unsigned int d = edit_distance(name, all[i].name);

		if (nearest[0] == '\0' || d < best) {
			best = d;
			snprintf(nearest, sizeof(nearest), "%s", all[i].name);
		}
	}
	free(all);
	nearest_declared(name, &best, nearest, sizeof(nearest));
	return nearest[0] == '\0' ? NULL : nearest;
}
