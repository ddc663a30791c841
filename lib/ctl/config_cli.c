/* SPDX-License-Identifier: BSD-3-Clause */
/* `config` and `show config`: the document that runs, and others in its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl/cfg.h"
#include "ctl/cfg_priv.h"
#include "ctl/cli_priv.h"
#include "ctl/monitor_priv.h"

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

/* The file of the command, or the one that the daemon starts with. NULL after cli_error(). */
static const char *
path_of(struct cli_ctx *c)
{
	const char *path = cli_arg_str(c, "FILE");

	if (path == NULL)
		path = cfg_startup_path;
	if (path == NULL)
		cli_error(c, -ENOENT, "no file is known: name one");
	return path;
}

/* That file, checked, or only read when it is to be @p merged; NULL after cli_error(). */
static json_t *
file_of(struct cli_ctx *c, bool merged) CTL_ONLY
{
	const char *path = path_of(c);
	char *report = NULL;
	json_t *doc;
	int rc;
	FILE *f;

	if (path == NULL)
		return NULL;
	f = cli_open_file(path, &rc);
	if (f == NULL) {
		cli_error_at(c, rc, path, "\"%s\": %s", path, strerror(-rc));
		return NULL;
	}
	fclose(f);
	doc = merged ? cfg_read_file(path, &report) : cfg_load_file(path, &report);
	if (doc == NULL)
		refused(c, -EINVAL, path, report, true);
	return doc;
}

static int
config_check(struct cli_ctx *c)
{
	json_t *doc;

	role_enter_ctl();
	doc = file_of(c, false);
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
	json_t *list, *doc, *is;
	char *diff, *save = NULL;

	role_enter_ctl();
	doc = file_of(c, false);
	if (doc == NULL)
		return -EINVAL;
	list = json_array();
	is = cfg_running();
	diff = cfg_diff(is, doc);
	for (char *at = diff != NULL ? strtok_r(diff, "\n", &save) : NULL; at != NULL;
	     at = strtok_r(NULL, "\n", &save))
		json_array_append_new(list, json_string(at));
	free(diff);
	cli_set_result(c, list);
	json_decref(doc);
	json_decref(is);
	return 0;
}

static void
text_lines(struct cli_ctx *c, const json_t *result)
{
	const json_t *v;
	size_t i;

	json_array_foreach((json_t *)result, i, v)
		cli_printf(c, "%s\n", json_string_value(v));
}

static int
config_load(struct cli_ctx *c)
{
	bool merge = cli_has(c, "merge");
	char *report = NULL;
	json_t *doc, *all;
	int rc;

	role_enter_ctl();
	doc = file_of(c, merge);
	if (doc == NULL)
		return -EINVAL;
	if (merge) {
		all = json_is_object(doc) ? cfg_merged(doc) : json_incref(doc);
		json_decref(doc);
		doc = all;
	}
	rc = doc != NULL ? cfg_apply(doc, &report) : -ENOMEM;
	json_decref(doc);
	if (rc < 0 || report != NULL)
		return refused(c, rc < 0 ? rc : -EIO, cli_arg_str(c, "FILE"), report,
			       rc == 0 || cfg_undone());
	return 0;
}

/* Whole or not at all: beside the file, then in its place. */
static int
write_file(const char *path, const char *text)
{
	struct strbuf tmp = { 0 };
	struct stat st = { .st_mode = 0640 };
	int rc = 0, fd;
	FILE *f;

	strbuf_printf(&tmp, "%s.XXXXXX", path);
	fd = tmp.failed ? -1 : mkostemp(tmp.s, O_CLOEXEC);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		strbuf_free(&tmp);
		return rc;
	}
	/* Owner and mode are the old file's. */
	if (stat(path, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		rc = -errno;
	if (fchmod(fd, st.st_mode & 07777) < 0 || fputs(text, f) < 0 || fflush(f) != 0 ||
	    fsync(fd) < 0)
		rc = -errno;
	fclose(f);
	if (rc == 0 && rename(tmp.s, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(tmp.s);
	strbuf_free(&tmp);
	return rc;
}

static int
config_save(struct cli_ctx *c)
{
	const char *path = cfg_startup_path;
	char *text, *report = NULL;
	int rc = -ENOMEM;
	json_t *is;

	role_enter_ctl();
	if (path == NULL)
		return cli_error(c, -ENOENT, "the daemon was started without a file");
	is = cfg_running();
	if (cfg_check(is, &report) < 0) { /* the daemon would not start with it */
		json_decref(is);
		return refused(c, -EINVAL, "what runs is", report, true);
	}
	text = json_dumps(is, JSON_INDENT(2));
	if (text != NULL)
		rc = write_file(path, text);
	free(text);
	json_decref(is);
	if (rc < 0)
		return cli_error_at(c, rc, path, "\"%s\": %s", path, strerror(-rc));
	monitor_config("saved");
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
	static const char *const words[] = { "running", "startup", "schema", NULL };
	const char *near = pointer[0] != '/' ? cfg_nearest(pointer, words) : NULL;

	if (near != NULL)
		return cli_error_at(
			c, -EINVAL, pointer,
			"\"%s\": did you mean %s? expected running, startup, schema or a "
			"JSON pointer (/ports/p0)",
			pointer, near);
	return cli_error_at(
		c, -ENOENT, pointer,
		"\"%s\": there is no such place, expected running, startup, schema or a "
		"JSON pointer (/ports/p0)",
		pointer);
}

/* The file as it stands there: good or not, if only it is JSON. NULL after cli_error(). */
static json_t *
startup(struct cli_ctx *c) CTL_ONLY
{
	const char *path = cfg_startup_path;
	json_error_t err;
	json_t *doc;
	int rc;
	FILE *f;

	if (path == NULL) {
		cli_error(c, -ENOENT, "the daemon was started without a file");
		return NULL;
	}
	f = cli_open_file(path, &rc);
	if (f == NULL) {
		cli_error_at(c, rc, path, "\"%s\": %s", path, strerror(-rc));
		return NULL;
	}
	doc = json_loadf(f, 0, &err);
	fclose(f);
	if (doc == NULL)
		cli_error_at(c, -EINVAL, path, "%s:%d: %s", path, err.line, err.text);
	return doc;
}

static int
show_config(struct cli_ctx *c)
{
	const char *pointer = cli_arg_str(c, "POINTER");
	const json_t *v;
	json_t *root;

	role_enter_ctl();
	root = cli_has(c, "schema")    ? cfg_schema()
	       : cli_has(c, "startup") ? startup(c)
				       : cfg_running();
	if (root == NULL)
		return -ENOENT;
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
	{ .syntax = "config diff [FILE:str]",
	  .help = "Show what loading a configuration file, or the startup file, would do.",
	  .section = "config",
	  .fn = config_diff,
	  .text = text_lines },
	{ .syntax = "config load FILE:str [merge|replace]",
	  .help = "Make a configuration file what runs, or add it to what runs.",
	  .section = "config",
	  .fn = config_load },
	{ .syntax = "config save",
	  .help = "Write what runs to the file that the daemon starts with.",
	  .section = "config",
	  .fn = config_save },
	{ .syntax = "show config [running|startup|schema] [POINTER:str]",
	  .help = "Show the configuration that runs, the startup file, or the JSON schema of all "
		  "that may be.",
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
