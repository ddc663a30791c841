/* SPDX-License-Identifier: BSD-3-Clause */
/* `config` and `show config`: the document that runs, and others in its place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg.h"
#include "ctl/cfg_priv.h"
#include "ctl/cli_priv.h"

/* The report of a refusal as one line: errors are parted by "; ". */
static int
refused(struct cli_ctx *c, int rc, const char *path, char *report, bool undone)
{
	size_t len = report != NULL ? strlen(report) : 0;
	struct strbuf line = { 0 };

	for (size_t i = 0; i < len; i++) {
		if (report[i] != '\n')
			strbuf_add(&line, &report[i], 1);
		else if (i + 1 < len)
			strbuf_puts(&line, "; ");
	}
	cli_error_at(c, rc, path, "%s refused%s: %s", path,
		     undone ? "" : ", but not all of it could be taken back",
		     line.len > 0 ? strbuf_str(&line) : strerror(-rc));
	strbuf_free(&line);
	free(report);
	return rc;
}

/* The file that the command names, checked; NULL after cli_error(). */
static json_t *
file_of(struct cli_ctx *c) CTL_ONLY
{
	const char *path = cli_arg_str(c, "FILE");
	char *report = NULL;
	json_t *doc;
	int rc;
	FILE *f = cli_open_file(path, &rc);

	if (f == NULL) {
		cli_error_at(c, rc, path, "\"%s\": %s", path, strerror(-rc));
		return NULL;
	}
	fclose(f);
	doc = cfg_load_file(path, &report);
	if (doc == NULL)
		refused(c, -EINVAL, path, report, true);
	return doc;
}

static int
config_check(struct cli_ctx *c)
{
	json_t *doc;

	role_enter_ctl();
	doc = file_of(c);
	if (doc == NULL)
		return -EINVAL;
	json_decref(doc);
	cli_set_result(c, json_pack("{s:s, s:b}", "file", cli_arg_str(c, "FILE"), "good", 1));
	return 0;
}

static void
text_check(struct cli_ctx *c, const json_t *result)
{
	cli_printf(c, "%s is good\n", json_string_value(json_object_get(result, "file")));
}

static int
config_diff(struct cli_ctx *c)
{
	json_t *list = json_array();
	char *diff, *at, *save = NULL;
	json_t *doc;

	role_enter_ctl();
	doc = file_of(c);
	diff = doc != NULL ? cfg_diff(cfg_running(), doc) : NULL;
	for (at = diff != NULL ? strtok_r(diff, "\n", &save) : NULL; at != NULL;
	     at = strtok_r(NULL, "\n", &save))
		json_array_append_new(list, json_string(at));
	free(diff);
	cli_set_result(c, list);
	json_decref(doc);
	return doc != NULL ? 0 : -EINVAL;
}

static void
text_lines(struct cli_ctx *c, const json_t *result)
{
	const json_t *v;
	size_t i;

	json_array_foreach((json_t *)result, i, v)
		cli_printf(c, "%s\n", json_string_value(v));
}

/* What runs, with the members and elements of @p doc that it lacks. */
static json_t *
merged(const json_t *doc) CTL_ONLY
{
	json_t *all = json_deep_copy(cfg_running());
	const char *key;
	json_t *v, *mine, *e, *m;
	size_t i, k;

	if (all == NULL)
		all = json_object();
	json_object_foreach((json_t *)doc, key, v) {
		mine = json_object_get(all, key);
		if (json_is_object(mine) && json_is_object(v)) {
			json_object_update_recursive(mine, v);
		} else if (json_is_array(mine) && json_is_array(v)) {
			json_array_foreach(v, i, e) {
				bool known = false;

				json_array_foreach(mine, k, m)
					known = known || json_equal(e, m);
				if (!known)
					json_array_append(mine, e);
			}
		} else {
			json_object_set(all, key, v);
		}
	}
	return all;
}

static int
config_load(struct cli_ctx *c)
{
	char *report = NULL;
	json_t *doc, *all;
	int rc;

	role_enter_ctl();
	doc = file_of(c);
	if (doc == NULL)
		return -EINVAL;
	if (cli_has(c, "merge")) {
		all = merged(doc);
		json_decref(doc);
		doc = all;
	}
	rc = cfg_apply(doc, &report);
	json_decref(doc);
	if (rc < 0 || report != NULL)
		return refused(c, rc < 0 ? rc : -EIO, cli_arg_str(c, "FILE"), report,
			       rc == 0 || cfg_undone());
	return 0;
}

/* RFC 6901, 4: down from the root, a reference token at a time. */
static const json_t *
resolve(const json_t *v, const char *pointer)
{
	char *copy = strdup(pointer);
	char *save = NULL;

	for (char *at = copy != NULL ? strtok_r(copy, "/", &save) : NULL; at != NULL && v != NULL;
	     at = strtok_r(NULL, "/", &save)) {
		char *to = at;

		for (const char *p = at; *p != '\0'; p++) {
			bool escaped = *p == '~' && (p[1] == '0' || p[1] == '1');

			*to++ = escaped ? (*++p == '0' ? '~' : '/') : *p;
		}
		*to = '\0';
		if (json_is_array(v))
			v = json_array_get(v, strtoul(at, NULL, 10));
		else
			v = json_object_get(v, at);
	}
	free(copy);
	return v;
}

/* A pointer begins with "/" (RFC 6901, 3), or is the name of a section; else it was to be a word
 * of the command. */
static int
no_place(struct cli_ctx *c, const char *pointer)
{
	static const char *const words[] = { "running", "schema", NULL };
	const char *near = pointer[0] != '/' ? cfg_nearest(pointer, words) : NULL;

	if (near != NULL)
		return cli_error_at(c, -EINVAL, pointer,
				    "\"%s\": did you mean %s? expected running, schema or a JSON "
				    "pointer (/ports/p0)",
				    pointer, near);
	return cli_error_at(c, -ENOENT, pointer,
			    "\"%s\": there is no such place, expected running, schema or a JSON "
			    "pointer (/ports/p0)",
			    pointer);
}

static int
show_config(struct cli_ctx *c)
{
	const char *pointer = cli_arg_str(c, "POINTER");
	const json_t *v;
	json_t *root;

	role_enter_ctl();
	root = cli_has(c, "schema") ? cfg_schema() : json_incref((json_t *)cfg_running());
	if (root == NULL)
		root = json_object();
	v = pointer != NULL ? resolve(root, pointer) : root;
	if (v != NULL)
		cli_set_result(c, json_incref((json_t *)v));
	else
		no_place(c, pointer);
	json_decref(root);
	return v != NULL ? 0 : -ENOENT;
}

/* Configuration is JSON to people too. */
static void
text_json(struct cli_ctx *c, const json_t *result)
{
	char *s = json_dumps(result, JSON_INDENT(2) | JSON_ENCODE_ANY);

	if (s != NULL) {
		cli_write(c, s, strlen(s));
		cli_write(c, "\n", 1);
	}
	free(s);
}

static const struct cli_cmd config_cmds[] = {
	{ .syntax = "config check FILE:str",
	  .help = "Say everything that is wrong with a configuration file.",
	  .section = "config",
	  .fn = config_check,
	  .text = text_check },
	{ .syntax = "config diff FILE:str",
	  .help = "Show what loading a configuration file would do.",
	  .section = "config",
	  .fn = config_diff,
	  .text = text_lines },
	{ .syntax = "config load FILE:str [merge|replace]",
	  .help = "Run a configuration file in place of what was loaded before, or on top of it.",
	  .section = "config",
	  .fn = config_load },
	{ .syntax = "show config [running|schema] [POINTER:str]",
	  .help = "Show the configuration that was loaded, or the JSON schema of all that may be.",
	  .section = "config",
	  .fn = show_config,
	  .text = text_json,
	  .read_only = true },
	{ .syntax = NULL },
};

void
config_cli_register(void)
{
	cli_register(config_cmds);
}
