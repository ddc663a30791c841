/* SPDX-License-Identifier: BSD-3-Clause */
/* "sysctl": { "net.ipv4.ip_forward": 1 }: tunables in the configuration. A key that leaves the
 * document gets the value back that it had before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sysctl.h"
#include "ctl/cfg_priv.h"
#include "ctl/cli_priv.h"

/* What a tunable was before somebody set it, the configuration or a command. */
static json_t *before;

void
sysctl_cfg_note(const struct sysctl_var *v)
{
	if (before == NULL)
		before = json_object();
	if (json_object_get(before, v->name) == NULL)
		json_object_set_new(before, v->name, json_integer(sysctl_get(v)));
}

/* An integer, or one in a string as sysctl.conf has it. */
static bool
value_of(const struct cfg *c, int *out)
{
	const char *s = json_string_value(c->node);
	char *end;
	long n;

	if (json_is_integer(c->node)) {
		json_int_t v = json_integer_value(c->node);

		*out = (int)v;
		return v >= INT32_MIN && v <= INT32_MAX;
	}
	if (s == NULL)
		return false;
	errno = 0;
	n = strtol(s, &end, 0);
	*out = (int)n;
	return end != s && *end == '\0' && errno == 0 && n >= INT32_MIN && n <= INT32_MAX;
}

/* Is @p name an interface that this very document makes, or one that is always there? */
static bool
in_document(const char *name, const struct cfg *doc)
{
	return strcmp(name, "all") == 0 || strcmp(name, "default") == 0 ||
	       cfg_has_device(doc, name);
}

static void
unknown_key(const struct cfg *c) CTL_ONLY
{
	const char *near = sysctl_meant(c->key);

	if (near != NULL)
		cfg_fail(c, NULL, "unknown key, the nearest valid one is \"%s\"", near);
	else
		cfg_fail(c, NULL, "unknown key, `sysctl -a` lists the valid ones");
}

/* The entry that @p c names: one that is there, or one that will be when its interface is. NULL
 * with the reason told. */
static const struct ctl_table *
entry_of(const struct cfg *c, const struct cfg *doc) CTL_ONLY
{
	const struct ctl_table *t;
	struct sysctl_var v;
	char ifname[sizeof(v.name)];

	if (sysctl_find(c->key, &v) == 0)
		return v.t;
	t = sysctl_declared(c->key, ifname, sizeof(ifname));
	if (t == NULL) {
		unknown_key(c);
	} else if (ifname[0] != '\0' && !in_document(ifname, doc)) {
		cfg_fail(c, NULL, "there is no interface \"%s\" in the document", ifname);
		t = NULL;
	}
	return t;
}

static void
check(const struct cfg *entry, const struct cfg *doc)
{
	const struct ctl_table *t;
	int value = 0;
	bool number = value_of(entry, &value);

	role_enter_ctl();
	if (!number)
		cfg_fail(entry, NULL, "expected an integer");
	/* Without declarations nothing is known before the modules have started: add() decides
	 * then, and one bad key does not keep a router from starting. */
	if (!cfg_started() && !sysctl_has_declarations())
		return;
	t = entry_of(entry, doc);
	if (t == NULL || !number)
		return;
	if (value < t->min || value > t->max)
		cfg_fail(entry, NULL, "expected an integer %d..%d, found %d", t->min, t->max,
			 value);
	else if ((t->mode & 0222) == 0)
		cfg_fail(entry, NULL, "is read only");
}

/* Dots, also where the document has slashes. */
static bool
key(const struct cfg *entry, char *text, size_t len)
{
	snprintf(text, len, "%s", entry->key);
	for (char *p = text; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	return true;
}

static json_t *
canon(const struct cfg *entry)
{
	int value = 0;

	value_of(entry, &value);
	return json_integer(value);
}

/* What was set and is still there: an interface takes its tunables along when it goes. */
static json_t *
show(void)
{
	json_t *all = json_object(), *v;
	struct sysctl_var var;
	const char *name;

	role_enter_ctl();
	json_object_foreach(before, name, v)
		if (sysctl_find(name, &var) == 0)
			json_object_set_new(all, name, json_integer(sysctl_get(&var)));
	return all;
}

static int
add(const struct cfg *entry)
{
	struct sysctl_var v;
	int value = 0;
	int rc;

	role_enter_ctl();
	if (sysctl_find(entry->key, &v) < 0) {
		unknown_key(entry);
		return -ENOENT;
	}
	value_of(entry, &value);
	sysctl_cfg_note(&v);
	rc = sysctl_set(&v, value);
	if (rc == -ERANGE)
		cfg_fail(entry, NULL, "expected an integer %d..%d, found %d", v.t->min, v.t->max,
			 value);
	else if (rc < 0)
		cfg_fail(entry, NULL, "cannot be set to %d: %s", value, strerror(-rc));
	return rc;
}

static int
del(const struct cfg *entry)
{
	char name[sizeof(((struct sysctl_var *)0)->name)];
	struct sysctl_var v;
	const json_t *old;
	int rc = 0;

	role_enter_ctl();
	key(entry, name, sizeof(name));
	old = json_object_get(before, name);
	if (old != NULL && sysctl_find(name, &v) == 0)
		rc = sysctl_set(&v, (int)json_integer_value(old));
	json_object_del(before, name);
	return rc;
}

static int
change(const struct cfg *old, const struct cfg *entry)
{
	(void)old;
	return add(entry);
}

static struct cfg_section section = {
	.name = "sysctl",
	.shape = CFG_MAP,
	.order = 50, /* devices and addresses are there, routes and rules not yet */
	.check = check,
	.key = key,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = "{\"type\":[\"integer\",\"string\"]}",
};

void
sysctl_cfg_register(void)
{
	json_decref(before);
	before = NULL;
	cfg_register(&section);
}

void
sysctl_cfg_fini(void)
{
	json_decref(before);
	before = NULL;
	role_enter_ctl();
	sysctl_undeclare_all();
}
