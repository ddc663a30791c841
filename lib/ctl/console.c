/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's own terminal (`polluxd -i`): the shell inside the event loop. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "core/evloop.h"
#include "ctl/cfg.h"
#include "ctl/cli_exec.h"
#include "ctl/cli_priv.h"
#include "ctl/cli_server.h"
#include "ctl/shell.h"

#define OUT_READY (256 << 10)
#define OUT_MAX	  (64 << 20)

struct console {
	int in_fd, out_fd; /* the caller's */
	int rd_fd, wr_fd;  /* what is watched: files of our own where that is possible */
	bool is_tty, raw;
	bool quit;
	bool inside; /* below us on the stack */
	struct termios saved;
	struct shell *shell;
	char prompt[SHELL_PROMPT_SIZE]; /* on a terminal */
	struct strbuf in;		/* on a pipe: lines not yet carried out */
	bool in_ended;
	struct cli_ctx *running;
	bool busy;
	struct strbuf out;
	bool wants_out;
};

static struct console *console;
void (*cli_console_closed)(void);

static void out_event(int fd, uint32_t events, void *arg);

/* Write what there is without waiting. */
static void
drain(struct console *con) CTL_ONLY
{
	bool want;

	while (con->out.len > 0) {
		ssize_t n = write(con->wr_fd, con->out.s, con->out.len);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EINTR)
			con->out.len = 0; /* the terminal is gone */
		if (n > 0)
			strbuf_consume(&con->out, (size_t)n);
	}
	want = con->out.len > 0 ||
	       (con->running != NULL && con->running->streaming && !con->running->paused);
	if (want && !con->wants_out)
		con->wants_out = ev_add(con->wr_fd, EPOLLOUT, out_event, con) == 0;
	else if (!want && con->wants_out) {
		ev_del(con->wr_fd);
		con->wants_out = false;
	}
}

static void
con_write(void *arg, const char *data, size_t len)
{
	struct console *con = arg;

	role_enter_ctl();
	if (con->out.len < OUT_MAX) /* a terminal that was stopped with ^S loses what is beyond */
		strbuf_add(&con->out, data, len);
	if (!con->inside)
		drain(con);
}

static void
close_console(struct console *con) CTL_ONLY
{
	console = NULL;
	if (con->running != NULL)
		cli_detach(con->running);
	drain(con);
	if (con->wants_out)
		ev_del(con->wr_fd);
	ev_del(con->rd_fd);
	if (con->raw)
		shell_tty_restore(con->in_fd, &con->saved);
	if (con->rd_fd != con->in_fd)
		close(con->rd_fd);
	if (con->wr_fd != con->out_fd)
		close(con->wr_fd);
	if (con->shell != NULL)
		shell_free(con->shell);
	strbuf_free(&con->in);
	strbuf_free(&con->out);
	free(con);
}

static void
con_done(void *arg, int status, bool quit)
{
	struct console *con = arg;

	role_enter_ctl();
	con->busy = false;
	con->running = NULL;
	con->quit = con->quit || quit;
	if (con->shell != NULL && !con->quit && !shell_resume(con->shell))
		con->quit = true;
	if (!con->inside)
		con->wants_out =
			con->wants_out || ev_add(con->wr_fd, EPOLLOUT, out_event, con) == 0;
}

static bool
con_ready(void *arg)
{
	return ((const struct console *)arg)->out.len < OUT_READY;
}

static void
con_wake(void *arg)
{
	role_enter_ctl();
	drain(arg);
}

static const struct cli_sink con_sink = {
	con_write, con_write, con_done, con_ready, con_wake, false
};

static void
con_exec(void *arg, const char *line)
{
	struct console *con = arg;
	struct cli_ctx *c;

	role_enter_ctl();
	con->busy = true;
	cli_exec_as(0);
	c = cli_exec(line, 0, &con_sink, con);
	con->running = con->busy ? c : NULL;
}

static void
con_interrupt(void *arg)
{
	struct console *con = arg;

	role_enter_ctl();
	con_write(con, "^C\n", 3);
	if (con->running != NULL)
		cli_abort(con->running);
}

static void
add_candidate(void *arg, enum cli_cand kind, const char *word, const char *help)
{
	strbuf_printf(arg, "%c\t%s\t%s\n",
		      kind == CLI_CAND_WORD    ? 'W'
		      : kind == CLI_CAND_VALUE ? 'V'
					       : 'E',
		      word, help);
}

static void
con_complete(void *arg, const char *line, struct strbuf *cands)
{
	role_enter_ctl();
	cli_complete(line, add_candidate, cands);
}

static const struct shell_ops con_ops = { con_write, con_exec, con_interrupt, con_complete };

/* On a pipe: the lines that are whole, one command at a time. */
static void
next_lines(struct console *con)
{
	while (!con->busy && !con->quit && con->in.len > 0) {
		char *eol = memchr(con->in.s, '\n', con->in.len);
		size_t len = eol != NULL ? (size_t)(eol - con->in.s) : con->in.len;
		char *line;

		if (eol == NULL && !con->in_ended)
			return;
		line = strndup(con->in.s, len);
		strbuf_consume(&con->in, len + (eol != NULL));
		if (line != NULL)
			con_exec(con, line);
		free(line);
	}
	if (con->in_ended && !con->busy)
		con->quit = true;
}

/* After any event: close when it is over. */
static void
settle(struct console *con) CTL_ONLY
{
	if (con->shell == NULL)
		next_lines(con);
	con->inside = false;
	if (con->in_ended && !con->quit)
		ev_del(con->rd_fd); /* it would be readable for ever */
	if (!con->quit) {
		drain(con);
		return;
	}
	close_console(con);
	if (cli_console_closed != NULL)
		cli_console_closed();
}

static void
in_event(int fd, uint32_t events, void *arg)
{
	struct console *con = arg;
	char buf[4096];
	ssize_t n;

	role_enter_ctl();
	con->inside = true;
	n = read(fd, buf, sizeof(buf));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		con->in_ended = true;
		con->quit = con->quit || con->shell != NULL;
	} else if (n > 0 && con->shell != NULL) {
		if (!shell_feed(con->shell, buf, (size_t)n))
			con->quit = true;
	} else if (n > 0) {
		strbuf_add(&con->in, buf, (size_t)n);
	}
	settle(con);
}

static void
out_event(int fd, uint32_t events, void *arg)
{
	struct console *con = arg;

	role_enter_ctl();
	con->inside = true;
	if (events & (EPOLLERR | EPOLLHUP))
		con->out.len = 0;
	drain(con);
	if (con->running != NULL)
		cli_pump(con->running);
	settle(con);
}

/* A file of our own on the same terminal, so that O_NONBLOCK does not fall on the shell that
 * started us; sockets cannot be opened again and are used as they are. */
static int
reopen(int fd, int flags)
{
	char path[32];
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	return own >= 0 ? own : fd;
}

int
cli_console_start(int in_fd, int out_fd)
{
	struct console *con;
	int rc;

	if (console != NULL)
		return -EALREADY;
	con = calloc(1, sizeof(*con));
	if (con == NULL)
		return -ENOMEM;
	con->in_fd = in_fd;
	con->out_fd = out_fd;
	con->is_tty = isatty(in_fd);
	con->rd_fd = reopen(in_fd, O_RDONLY);
	con->wr_fd = reopen(out_fd, O_WRONLY | O_APPEND);
	rc = ev_add(con->rd_fd, EPOLLIN, in_event, con);
	if (rc == 0 && con->is_tty) {
		json_t *system = cfg_running_section("system");

		shell_prompt(con->prompt, json_string_value(json_object_get(system, "hostname")));
		json_decref(system);
		con->shell = shell_new(&con_ops, con, con->prompt);
		rc = con->shell != NULL ? 0 : -ENOMEM;
	}
	if (rc < 0) {
		close_console(con);
		return rc;
	}
	console = con;
	if (con->is_tty) {
		con->raw = shell_tty_raw(in_fd, &con->saved) == 0;
		shell_start(con->shell);
	}
	return 0;
}

void
cli_console_stop(void)
{
	if (console != NULL)
		close_console(console);
}
