/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_SYSCTL_H
#define CORE_SYSCTL_H
/**
 * @file
 * Tunables by their Linux names ("net.ipv4.conf.p0.rp_filter"). A module declares a table of
 * entries, each an int at an offset in some object; registering it under a path binds the
 * object. Workers read the ints directly (aligned 4-byte loads); the control thread writes them
 * here. CLI, JSON config and telemetry go through the functions below and know no module.
 */
#include <stdbool.h>
#include <stddef.h>
#include "core/notifier.h"
#include "core/role.h"

struct ctl_table {
	const char *procname; /* last component: "rp_filter" */
	size_t offset;	      /* of the int in the bound object */
	int min, max;	      /* inclusive */
	int mode;	      /* 0644, or 0444 for read only */
	/* Called after validation, before the store, with the value that will be stored; a negative
	 * errno refuses it. May be NULL. */
	int (*check)(const struct ctl_table *t, void *object, int value);
	/* Called after the store. May be NULL. */
	void (*changed)(const struct ctl_table *t, void *object, int old);
	const char *unit; /* "ms", "s", "bytes", or NULL */
	const char *help; /* one sentence */
	/* Two ints, the ends of a range, the lower first; min and max are for both. Only the
	 * control thread may read them. check() and changed() get the lower. */
	bool range;
};
#define SYSCTL_INT(type, field, lo, hi, text)                                                      \
	{                                                                                          \
		.procname = #field, .offset = offsetof(type, field), .min = (lo), .max = (hi),     \
		.mode = 0644, .help = (text)                                                       \
	}

/**
 * Make @p table (ended by procname == NULL) readable and writable under @p path, e.g.
 * "net.ipv4.conf.p0". @p object must live until sysctl_unregister(). 0, -EEXIST or -ENOMEM.
 */
int sysctl_register(const char *path, const struct ctl_table *table, void *object) CTL_ONLY;
/** Forget everything registered under exactly @p path with @p table. */
void sysctl_unregister(const char *path, const struct ctl_table *table) CTL_ONLY;

/**
 * Say that @p table will be registered under every path that fits @p pattern ("net.ipv4.conf.*":
 * "*" stands for the name of one interface), before there is anything to register: names and ranges
 * can then be judged without a running router. @p pattern and @p table must live for ever;
 * declaring twice is no error. 0 or -ENOMEM.
 */
int sysctl_declare(const char *pattern, const struct ctl_table *table) CTL_ONLY;
/** Has anything been declared? Then a name that is neither declared nor registered is wrong. */
bool sysctl_has_declarations(void) CTL_ONLY;
/** Forget all declarations. */
void sysctl_undeclare_all(void) CTL_ONLY;
/**
 * Find @p name among what was declared. The interface it is about goes to @p ifname (IFNAMSIZ
 * bytes at least; "" when the pattern has none). NULL: nobody declared that.
 */
const struct ctl_table *sysctl_declared(const char *name, char *ifname, size_t len) CTL_ONLY;

/** One tunable as seen from outside. */
struct sysctl_var {
	char name[128];
	const struct ctl_table *t;
	void *object;
};
/** Find by full name ('/' is accepted for '.'). 0 or -ENOENT. An interface name that itself holds a
 * dot ("p0.100") is found, since whole paths are compared. */
int sysctl_find(const char *name, struct sysctl_var *v) CTL_ONLY;
int sysctl_get(const struct sysctl_var *v) CTL_ONLY;
/** 0, -ERANGE (outside min..max), -EPERM (read only), or what the table's check() said. */
int sysctl_set(const struct sysctl_var *v, int value) CTL_ONLY;
/** A tunable has been written (obj: its struct sysctl_var), and whoever follows it has done so: the
 * one event. */
extern struct notifier_chain sysctl_chain;
/** What a tunable says: one number, twice, or the ends of a range. */
struct sysctl_value {
	int low, high;
};
struct sysctl_value sysctl_value(const struct sysctl_var *v) CTL_ONLY;
/** As sysctl_set(); -EINVAL too: the ends of a range in the wrong order. */
int sysctl_put(const struct sysctl_var *v, struct sysctl_value value) CTL_ONLY;
/** Read what a user wrote for @p t: a number as in C, or two with blanks between them. 0, -EINVAL:
 * not that, -ERANGE: outside min..max. */
int sysctl_parse(const struct ctl_table *t, const char *text, struct sysctl_value *value);
/** Call fn for every tunable whose name starts with @p prefix, sorted by name. */
void sysctl_walk(const char *prefix, void (*fn)(const struct sysctl_var *v, void *arg),
		 void *arg) CTL_ONLY;
/** The nearest name that exists or was declared (edit distance) for an error message, or NULL.
 * Static buffer. */
const char *sysctl_nearest(const char *name) CTL_ONLY;
#endif
