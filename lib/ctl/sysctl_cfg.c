/* SPDX-License-Identifier: BSD-3-Clause */
/* "sysctl": { "net.ipv4.ip_forward": 1 }: tunables in the configuration. A key that leaves the
 * document gets the value back that it had before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/sysctl.h"
#include "ctl/cfg_priv.h"
#include "ctl/cli_priv.h"

/* What a tunable was before the configuration set it. */
static json_t *before;

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

/* "net.ipv4.conf.p0.rp_filter": the section can name an interface that this very document makes,
 * so an unknown key is an error only when none of its interfaces could bring it. */
static bool
may_appear(const char *key, const struct cfg *doc)
{
	static const char *const makers[] = { "ports", "vlans", "bridges", "tunnels" };
	const char *name;
	json_t *v;

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		json_object_foreach(json_object_get(doc->node, makers[i]), name, v) {
			const char *at = strstr(key, name);
			size_t len = strlen(name);

			if (at != NULL && at > key && (at[-1] == '.' || at[-1] == '/') &&
			    (at[len] == '.' || at[len] == '/'))
				return true;
		}
	return false;
}

static void
check(const struct cfg *entry, const struct cfg *doc)
{
	struct sysctl_var v;
	const char *near;
	int value = 0;
	bool number = value_of(entry, &value);

	role_enter_ctl();
	if (!number)
		cfg_fail(entry, NULL, "expected an integer");
	/* Before the first document runs the modules may not have started: add() decides then, and
	 * one bad key does not keep a router from starting. */
	if (cfg_running() == NULL)
		return;
	if (sysctl_find(entry->key, &v) < 0) {
		if (may_appear(entry->key, doc))
			return;
		near = sysctl_nearest(entry->key);
		cfg_fail(entry, NULL, "unknown key, the nearest valid one is \"%s\"",
			 near != NULL ? near : "none");
		return;
	}
	if (!number)
		return;
	if (value < v.t->min || value > v.t->max)
		cfg_fail(entry, NULL, "expected an integer %d..%d, found %d", v.t->min, v.t->max,
			 value);
	else if ((v.t->mode & 0222) == 0)
		cfg_fail(entry, NULL, "is read only");
}

static int
set(const struct cfg *entry) CTL_ONLY
{
	struct sysctl_var v;
	int value = 0;
	int rc;

	if (sysctl_find(entry->key, &v) < 0) {
		cfg_fail(entry, NULL, "unknown key, the nearest valid one is \"%s\"",
			 sysctl_nearest(entry->key) ? sysctl_nearest(entry->key) : "none");
		return -ENOENT;
	}
	value_of(entry, &value);
	rc = sysctl_set(&v, value);
	if (rc == -ERANGE)
		cfg_fail(entry, NULL, "expected an integer %d..%d, found %d", v.t->min, v.t->max,
			 value);
	else if (rc < 0)
		cfg_fail(entry, NULL, "cannot be set to %d: %s", value, strerror(-rc));
	return rc;
}

static int
add(const struct cfg *entry)
{
	struct sysctl_var v;
	int old = 0;
	int rc;

	role_enter_ctl();
	if (sysctl_find(entry->key, &v) == 0)
		old = sysctl_get(&v);
	rc = set(entry);
	if (rc < 0)
		return rc;
	if (before == NULL)
		before = json_object();
	json_object_set_new(before, entry->key, json_integer(old));
	return 0;
}

static int
del(const struct cfg *entry)
{
	const json_t *old = json_object_get(before, entry->key);
	struct sysctl_var v;
	int rc = 0;

	role_enter_ctl();
	/* The interface may have gone with its tunables: nothing to give back. */
	if (old != NULL && sysctl_find(entry->key, &v) == 0)
		rc = sysctl_set(&v, (int)json_integer_value(old));
	json_object_del(before, entry->key);
	return rc;
}

static int
change(const struct cfg *old, const struct cfg *entry)
{
	role_enter_ctl();
	return set(entry);
}

static struct cfg_section section = {
	.name = "sysctl",
	.shape = CFG_MAP,
	.order = 50, /* devices and addresses are there, routes and rules not yet */
	.check = check,
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
}
