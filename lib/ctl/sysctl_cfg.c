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

/* As the document has it: an integer, or the ends of a range in a string. */
static json_t *
as_json(struct sysctl_value value, bool range)
{
	return range ? json_sprintf("%d %d", value.low, value.high) : json_integer(value.low);
}

static json_t *
value_now(const struct sysctl_var *v) CTL_ONLY
{
	return as_json(sysctl_value(v), v->t->range);
}

void
sysctl_cfg_note(const struct sysctl_var *v)
{
	if (before == NULL)
		before = json_object();
	if (json_object_get(before, v->name) == NULL)
		json_object_set_new(before, v->name, value_now(v));
}

/* Any tunables at all, for what is read before it is known which. */
static const struct ctl_table any_number = { .min = INT32_MIN, .max = INT32_MAX };
static const struct ctl_table any_range = { .min = INT32_MIN, .max = INT32_MAX, .range = true };

/* An integer, or what stands in a string as sysctl.conf has it: as sysctl_parse(). */
static int
read_value(const json_t *node, const struct ctl_table *t, struct sysctl_value *value)
{
	char text[32];

	if (json_is_string(node))
		return sysctl_parse(t, json_string_value(node), value);
	if (!json_is_integer(node))
		return -EINVAL;
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(node));
	return sysctl_parse(t, text, value);
}

static void
refuse(const struct cfg *entry, const struct ctl_table *t, int rc)
{
	char *found = json_dumps(entry->node, JSON_ENCODE_ANY);

	if (rc == -ERANGE)
		cfg_fail(entry, NULL, "expected an integer %d..%d, found %s", t->min, t->max,
			 json_is_string(entry->node) ? json_string_value(entry->node) : found);
	else if (t->range)
		cfg_fail(entry, NULL, "expected \"LOW HIGH\", the lower first, of %d..%d", t->min,
			 t->max);
	else
		cfg_fail(entry, NULL, "expected an integer");
	free(found);
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
	const struct ctl_table *t = NULL;
	struct sysctl_value value;
	int rc;

	role_enter_ctl();
	/* Without declarations nothing is known before the modules have started: add() decides
	 * then, and one bad key does not keep a router from starting. */
	if (cfg_started() || sysctl_has_declarations())
		t = entry_of(entry, doc);
	if (t == NULL) {
		if (read_value(entry->node, &any_number, &value) != 0 &&
		    read_value(entry->node, &any_range, &value) != 0)
			refuse(entry, &any_number, -EINVAL);
		return;
	}
	rc = read_value(entry->node, t, &value);
	if (rc != 0)
		refuse(entry, t, rc);
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
	struct sysctl_value value = { 0, 0 };
	bool range = read_value(entry->node, &any_range, &value) == 0;

	if (!range)
		read_value(entry->node, &any_number, &value);
	return as_json(value, range);
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
			json_object_set_new(all, name, value_now(&var));
	return all;
}

static int
add(const struct cfg *entry)
{
	struct sysctl_value value;
	struct sysctl_var v;
	int rc;

	role_enter_ctl();
	if (sysctl_find(entry->key, &v) < 0) {
		unknown_key(entry);
		return -ENOENT;
	}
	rc = read_value(entry->node, v.t, &value);
	if (rc != 0) {
		refuse(entry, v.t, rc);
		return rc;
	}
	sysctl_cfg_note(&v);
	rc = sysctl_put(&v, value);
	if (rc < 0)
		cfg_fail(entry, NULL, "cannot be set to %d: %s", value.low, strerror(-rc));
	return rc;
}

static int
del(const struct cfg *entry)
{
	char name[sizeof(((struct sysctl_var *)0)->name)];
	struct sysctl_value value;
	struct sysctl_var v;
	const json_t *old;
	int rc = 0;

	role_enter_ctl();
	key(entry, name, sizeof(name));
	old = json_object_get(before, name);
	if (old != NULL && sysctl_find(name, &v) == 0 && read_value(old, v.t, &value) == 0)
		rc = sysctl_put(&v, value);
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
