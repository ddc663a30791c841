/* SPDX-License-Identifier: BSD-3-Clause */
/* help, show version, quit, load. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include <rte_version.h>
#include "ctl/cfg.h"
#include "ctl/cli_exec.h"
#include "ctl/cli_priv.h"

#define LOAD_DEPTH_MAX 8  /* files that load files */
#define LOAD_AT_ONCE   64 /* lines between two looks at everything else */

static json_t *
sections(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cli_n_progs; i++) {
		const char *name = cli_progs[i]->cmd->section;
		const json_t *v;
		bool known = name == NULL;
		size_t k;

		json_array_foreach(list, k, v)
			known = known || strcmp(json_string_value(v), name) == 0;
		if (!known)
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static json_t *
commands_of(const char *section)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cli_n_progs; i++) {
		const struct cli_cmd *cmd = cli_progs[i]->cmd;

		if (cmd->section != NULL &&
		    (strcmp(section, "all") == 0 || strcmp(section, cmd->section) == 0))
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "section",
							      cmd->section, "syntax", cmd->syntax,
							      "help", cmd->help ? cmd->help : ""));
	}
	return list;
}

/* The section that is meant by its beginning, or NULL. */
static const char *
find_section(const json_t *list, const char *word)
{
	const char *found = NULL;
	const json_t *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v) {
		const char *name = json_string_value(v);

		if (strcmp(name, word) == 0)
			return name;
		if (strncmp(name, word, strlen(word)) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = name;
	}
	return found;
}

static int
cmd_help(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "SECTION");
	json_t *list = sections();
	const char *name;
	char *all;
	int rc = 0;

	json_array_append_new(list, json_string("all"));
	if (word == NULL) {
		cli_set_result(c, json_pack("{s:O}", "sections", list));
	} else {
		name = find_section(list, word);
		if (name != NULL) {
			cli_set_result(c, commands_of(name));
		} else {
			all = json_dumps(list, JSON_COMPACT);
			rc = cli_error_at(c, -ENOENT, word, "\"%s\": no such section, there are %s",
					  word, all != NULL ? all : "");
			free(all);
		}
	}
	json_decref(list);
	return rc;
}

static void
text_help(struct cli_ctx *c, const json_t *result)
{
	const json_t *v;
	size_t i;

	if (json_is_object(result)) {
		cli_printf(c, "help SECTION lists the commands of a section:\n");
		json_array_foreach(json_object_get(result, "sections"), i, v)
			cli_printf(c, "  help %s\n", json_string_value(v));
		cli_printf(c, "? or TAB shows what may come next.\n");
		return;
	}
	json_array_foreach((json_t *)result, i, v)
		cli_printf(c, "%s\n    %s\n", json_string_value(json_object_get(v, "syntax")),
			   json_string_value(json_object_get(v, "help")));
}

static int
cmd_version(struct cli_ctx *c)
{
	json_t *o = json_pack("{s:s, s:s}", "version", POLLUX_VERSION, "dpdk", rte_version());
	json_t *system, *name;

	role_enter_ctl();
	system = cfg_running_section("system");
	name = json_object_get(system, "hostname");
	if (name != NULL)
		json_object_set(o, "hostname", name);
	json_decref(system);
	cli_set_result(c, o);
	return 0;
}

static void
text_version(struct cli_ctx *c, const json_t *result)
{
	cli_printf(c, "Pollux %s, %s\n", json_string_value(json_object_get(result, "version")),
		   json_string_value(json_object_get(result, "dpdk")));
}

static int
cmd_quit(struct cli_ctx *c)
{
	c->quit = true;
	return 0;
}

/* A file being carried out line by line. */
struct load {
	struct cli_ctx *ctx;
	struct cli_ctx *sub; /* the line that runs */
	FILE *f;
	char *path;
	char *line;
	size_t cap;
	unsigned int lineno, ran, failed;
	uid_t uid;
	bool quit;
};

static unsigned int load_depth;

static void
sub_out(void *arg, const char *data, size_t len)
{
	struct load *l = arg;

	cli_write(l->ctx, data, len);
}

static void
sub_err(void *arg, const char *data, size_t len)
{
	struct load *l = arg;
	struct strbuf b = { 0 };
	const struct cli_ctx *c = l->ctx;

	if (c->sink.err == NULL)
		return;
	if (!(c->flags & CLI_F_JSON))
		strbuf_printf(&b, "%s:%u: ", l->path, l->lineno);
	strbuf_add(&b, data, len);
	c->sink.err(c->sink_arg, strbuf_str(&b), b.len);
	strbuf_free(&b);
}

static void
sub_done(void *arg, int status, bool quit)
{
	struct load *l = arg;

	role_enter_ctl();
	l->sub = NULL;
	l->failed += status != CLI_DONE;
	l->quit = quit;
	cli_wake(l->ctx);
}

static bool
sub_ready(void *arg)
{
	const struct load *l = arg;

	return l->ctx->sink.ready == NULL || l->ctx->sink.ready(l->ctx->sink_arg);
}

static void
sub_wake(void *arg)
{
	const struct load *l = arg;

	role_enter_ctl();
	cli_wake(l->ctx);
}

/* One line. */
static void
load_line(struct load *l) CTL_ONLY
{
	static const struct cli_sink sink = {
		sub_out, sub_err, sub_done, sub_ready, sub_wake, false
	};

	l->ran++;
	l->ctx->paused = true; /* until sub_done() */
	load_depth++;
	cli_exec_as(l->uid);
	l->sub = cli_exec(l->line, l->ctx->flags, &sink, l);
	load_depth--;
}

static int
load_step(struct cli_ctx *c, void *arg)
{
	struct load *l = arg;

	role_enter_ctl();
	if (l->sub != NULL) { /* a large listing of the line's */
		cli_pump(l->sub);
		c->paused = l->sub != NULL && l->sub->paused;
		return 1;
	}
	for (int i = 0; i < LOAD_AT_ONCE; i++) {
		if (l->quit || getline(&l->line, &l->cap, l->f) < 0) {
			if (l->failed > 0)
				return cli_error(c, -EIO, "%s: %u of %u lines failed", l->path,
						 l->failed, l->ran);
			return 0;
		}
		l->lineno++;
		if (l->line[strspn(l->line, " \t\r\n")] == '\0' ||
		    l->line[strspn(l->line, " \t")] == '#')
			continue;
		load_line(l);
		if (l->sub != NULL) {
			c->paused = !l->sub->streaming || l->sub->paused;
			return 1;
		}
	}
	return 1;
}

static void
load_release(void *arg)
{
	struct load *l = arg;

	role_enter_ctl();
	if (l->sub != NULL)
		cli_detach(l->sub);
	fclose(l->f);
	free(l->path);
	free(l->line);
	free(l);
}

FILE *
cli_open_file(const char *path, int *rc)
{
	uid_t uid = cli_uid();
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	*rc = fd < 0 ? -errno : 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		*rc = -EINVAL;
	else if (uid != 0 && uid != geteuid() && !(st.st_mode & S_IROTH) &&
		 !(st.st_uid == uid && (st.st_mode & S_IRUSR)))
		*rc = -EACCES;
	else if ((f = fdopen(fd, "r")) == NULL)
		*rc = -errno;
	if (f == NULL)
		close(fd);
	return f;
}

static int
cmd_load(struct cli_ctx *c)
{
	const char *path = cli_arg_str(c, "FILE");
	struct load *l;
	FILE *f;
	int rc;

	if (load_depth >= LOAD_DEPTH_MAX)
		return cli_error_at(c, -ELOOP, path, "\"%s\": files load each other", path);
	f = cli_open_file(path, &rc);
	if (f == NULL)
		return cli_error_at(c, rc, path, "\"%s\": %s", path, strerror(-rc));
	l = calloc(1, sizeof(*l));
	if (l == NULL || (l->path = strdup(path)) == NULL) {
		free(l);
		fclose(f);
		return -ENOMEM;
	}
	l->ctx = c;
	l->f = f;
	l->uid = cli_uid();
	cli_set_steps(c, load_step, load_release, l);
	return 0;
}

static const struct cli_cmd builtin_cmds[] = {
	{ .syntax = "help [SECTION:str]",
	  .help = "List the sections, or the commands of one.",
	  .section = "control",
	  .fn = cmd_help,
	  .text = text_help,
	  .read_only = true },
	{ .syntax = "show version",
	  .help = "Show the versions of Pollux and DPDK.",
	  .section = "display",
	  .fn = cmd_version,
	  .text = text_version,
	  .read_only = true },
	{ .syntax = "load FILE:str",
	  .help = "Carry out the commands in a file, line by line.",
	  .section = "control",
	  .fn = cmd_load },
	{ .syntax = "quit",
	  .help = "Leave the client; the daemon goes on.",
	  .section = "control",
	  .fn = cmd_quit,
	  .read_only = true },
	{ .syntax = NULL },
};

void
cli_builtin_register(void)
{
	cli_register(builtin_cmds);
}
