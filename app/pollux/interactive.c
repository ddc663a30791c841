/* SPDX-License-Identifier: BSD-3-Clause */
/* The client on a terminal. */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "ctl/cli_exec.h"
#include "ctl/cli_proto.h"
#include "ctl/shell.h"
#include "pollux/client.h"

struct session {
	struct conn *conn;
	struct shell *shell;
	bool busy;
	int status; /* of the last command */
};

static void
op_write(void *arg, const char *data, size_t len)
{
	fwrite(data, 1, len, stdout);
}

static void
op_exec(void *arg, const char *line)
{
	struct session *s = arg;

	fflush(stdout);
	s->busy = conn_send(s->conn, CLI_REQ_EXEC, line, strlen(line));
	if (!s->busy && !s->conn->lost)
		shell_resume(s->shell); /* too long: said so */
}

static void
op_interrupt(void *arg)
{
	struct session *s = arg;

	conn_send(s->conn, CLI_REQ_ABORT, NULL, 0);
}

static void
op_complete(void *arg, const char *line, struct strbuf *cands)
{
	struct session *s = arg;

	conn_complete(s->conn, line, cands);
}

static const struct shell_ops ops = { op_write, op_exec, op_interrupt, op_complete };

/* The daemon said something. false: leave. */
static bool
from_daemon(struct session *s)
{
	int status;

	if (conn_receive(s->conn, &status))
		return true;
	if (s->conn->lost) {
		s->status = CLI_NO_DAEMON;
		return false;
	}
	s->busy = false;
	s->status = status;
	return !s->conn->quit && shell_resume(s->shell);
}

static bool
from_user(struct session *s)
{
	char buf[1024];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	return shell_feed(s->shell, buf, (size_t)n) && !s->conn->lost;
}

static void
loop(struct session *s)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			       { .fd = s->conn->fd, .events = POLLIN } };
	bool on = true;

	while (on) {
		fflush(stdout);
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents != 0)
			on = from_daemon(s);
		if (on && p[0].revents != 0)
			on = from_user(s);
	}
	s->status = s->conn->lost ? CLI_NO_DAEMON : s->status;
}

/* The router's name, if it has one, is what the user sees before each line. */
static void
ask_prompt(struct conn *c, char prompt[SHELL_PROMPT_SIZE])
{
	struct strbuf version = { 0 };
	json_t *v = NULL;

	if (conn_ask(c, "show version", &version))
		v = json_loads(strbuf_str(&version), 0, NULL);
	shell_prompt(prompt, json_string_value(json_object_get(v, "hostname")));
	json_decref(v);
	strbuf_free(&version);
}

int
interactive(struct conn *c)
{
	struct session s = { .conn = c };
	char prompt[SHELL_PROMPT_SIZE];
	const char *home = getenv("HOME");
	struct termios saved;
	char *path = NULL;

	ask_prompt(c, prompt);
	s.shell = shell_new(&ops, &s, prompt);
	if (s.shell == NULL || (home != NULL && asprintf(&path, "%s/.pollux_history", home) < 0)) {
		complain(c->flags, NULL, "out of memory");
		return CLI_FAILED;
	}
	if (path != NULL)
		shell_history_load(s.shell, path);
	if (shell_tty_raw(STDIN_FILENO, &saved) < 0) {
		complain(c->flags, NULL, "standard input is no terminal");
		shell_free(s.shell);
		free(path);
		return CLI_USAGE;
	}
	shell_start(s.shell);
	loop(&s);
	shell_tty_restore(STDIN_FILENO, &saved);
	fputs("\n", stdout);
	if (path != NULL)
		shell_history_save(s.shell, path);
	shell_free(s.shell);
	free(path);
	return c->lost ? CLI_NO_DAEMON : CLI_DONE;
}
