/* SPDX-License-Identifier: BSD-3-Clause */
/* sysctl(8): tunables by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/editdist.h"
#include "core/sysctl.h"
#include "ctl/cli_priv.h"

/* A number, or a list of the two ends of a range. */
static json_t *
sysctl_json(const struct sysctl_var *v) CTL_ONLY
{
	struct sysctl_value value = sysctl_value(v);

	return v->t->range ? json_pack("[i,i]", value.low, value.high) : json_integer(value.low);
}

static void
add_var(const struct sysctl_var *v, void *arg)
{
	json_t *e;

	role_enter_ctl();
	e = json_pack("{s:s, s:o}", "key", v->name, "value", sysctl_json(v));
	if (v->t->unit != NULL)
		json_object_set_new(e, "unit", json_string(v->t->unit));
	json_array_append_new(arg, e);
}

const char *
sysctl_meant(const char *key)
{
	const char *near = sysctl_nearest(key);
	const char *last = strrchr(key, '.');
	size_t same = 0, tail;

	if (near == NULL)
		return NULL;
	last = last != NULL ? last + 1 : key;
	tail = strlen(last);
	/* The right name in the wrong place: "ip_forward" for "net.ipv4.ip_forward". */
	if (tail > 0 && strlen(near) > tail && near[strlen(near) - tail - 1] == '.' &&
	    strcmp(near + strlen(near) - tail, last) == 0)
		return near;
	/* Names share long beginnings, "net.ipv4.": what differs behind them is what counts. */
	for (size_t i = 0; key[i] != '\0' && key[i] == near[i]; i++)
		if (key[i] == '.')
			same = i + 1;
	return edit_is_near(key + same, edit_distance(key + same, near + same)) ? near : NULL;
}

static int
unknown(struct cli_ctx *c, const char *key) CTL_ONLY
{
	const char *near = sysctl_meant(key);

	if (key[0] == '-')
		return cli_error_at(c, -EINVAL, key,
				    "\"%s\": unknown option, valid ones are "
				    "-a, -n, -w",
				    key);
	if (near == NULL)
		return cli_error_at(c, -ENOENT, key, "\"%s\": no such key, `sysctl -a` lists them",
				    key);
	return cli_error_at(c, -ENOENT, key, "\"%s\": no such key, the nearest is %s", key, near);
}

static int
write_var(struct cli_ctx *c, const struct sysctl_var *v, const char *text) CTL_ONLY
{
	struct sysctl_value value, now = sysctl_value(v);
	int rc;

	if (!cli_may_write(c))
		return cli_denied(c);
	rc = sysctl_parse(v->t, text, &value);
	if (rc == -EINVAL)
		return cli_error_at(c, rc, text, "\"%s\": expected %s %d..%d for %s", text,
				    v->t->range ? "two numbers, the lower first," : "a number",
				    v->t->min, v->t->max, v->name);
	if (rc == -ERANGE)
		return cli_error_at(c, rc, text, "\"%s\": %s takes %d..%d", text, v->name,
				    v->t->min, v->t->max);
	if (value.low != now.low || value.high != now.high)
		sysctl_cfg_note(v);
	rc = sysctl_put(v, value);
	if (rc == -EPERM)
		return cli_error_at(c, rc, v->name, "%s is read only", v->name);
	if (rc < 0)
		return cli_error_at(c, rc, text, "%s = %s: %s", v->name, text, strerror(-rc));
	return 0;
}

/* KEY, or KEY=VALUE; blanks around "=" are the user's way of writing it in a file. */
static int
one(struct cli_ctx *c, const char *word, bool must_write, json_t *out) CTL_ONLY
{
	const char *eq = strchr(word, '=');
	char *key = strndup(word, eq != NULL ? (size_t)(eq - word) : strlen(word));
	struct sysctl_var v;
	int rc = 0;

	if (key == NULL)
		return -ENOMEM;
	if (eq == NULL && must_write)
		rc = cli_error_at(c, -EINVAL, word, "\"%s\": -w needs KEY=VALUE", word);
	else if (sysctl_find(key, &v) < 0)
		rc = unknown(c, key);
	else if (eq != NULL)
		rc = write_var(c, &v, eq + 1);
	if (rc == 0)
		add_var(&v, out);
	free(key);
	return rc;
}

static int
cmd_sysctl(struct cli_ctx *c)
{
	unsigned int n = cli_count(c, "KEY");
	json_t *out = json_array();
	int rc = 0;

	role_enter_ctl();
	if (n == 0)
		sysctl_walk("", add_var, out);
	for (unsigned int i = 0; i < n && rc == 0; i++)
		rc = one(c, cli_arg_str(cli_group(c, "KEY", i), "KEY"), cli_has(c, "-w"), out);
	cli_set_result(c, out);
	return rc;
}

static int
cmd_sysctl_all(struct cli_ctx *c)
{
	const char *prefix = cli_arg_str(c, "PREFIX");
	json_t *out = json_array();

	role_enter_ctl();
	sysctl_walk(prefix != NULL ? prefix : "", add_var, out);
	cli_set_result(c, out);
	return 0;
}

static void
text_sysctl(struct cli_ctx *c, const json_t *result)
{
	const json_t *e, *value;
	size_t i;

	json_array_foreach((json_t *)result, i, e) {
		value = json_object_get(e, "value");
		if (!cli_has(c, "-n"))
			cli_printf(c, "%s = ", json_string_value(json_object_get(e, "key")));
		if (json_is_array(value)) {
			cli_printf(c, "%" JSON_INTEGER_FORMAT "\t",
				   json_integer_value(json_array_get(value, 0)));
			value = json_array_get(value, 1);
		}
		cli_printf(c, "%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	}
}

static const struct cli_cmd sysctl_cmds[] = {
	{ .syntax = "sysctl (-a [-n]|-n -a) [PREFIX:str]",
	  .help = "Show all tunables, or those whose name begins so; -n values only.",
	  .section = "control",
	  .fn = cmd_sysctl_all,
	  .text = text_sysctl,
	  .read_only = true },
	{ .syntax = "sysctl [-n] [-w] [KEY:str]...",
	  .help = "Show tunables by name (-n values only), or set them: KEY=VALUE.",
	  .section = "control",
	  .fn = cmd_sysctl,
	  .text = text_sysctl,
	  .read_only = true }, /* a write asks for permission by itself */
	{ .syntax = NULL },
};

void
sysctl_cli_register(void)
{
	cli_register(sysctl_cmds);
}
