/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: frames in pieces, frames that make no sense, clients that do not read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/evloop.h"
#include "ctl/cli.h"
#include "ctl/cli_exec.h"
#include "ctl/cli_proto.h"
#include "ctl/cli_server.h"
#include "ctl/ctl.h"

static char path[64];
static struct cli_ctx *waiting;

static int
echo(struct cli_ctx *c)
{
	cli_printf(c, "%s", cli_arg_str(c, "TEXT"));
	return 0;
}

static void
stopped(struct cli_ctx *c, void *arg)
{
	role_enter_ctl();
	waiting = NULL;
	cli_finish(c, 0);
}

static int
wait(struct cli_ctx *c)
{
	waiting = c;
	cli_on_abort(c, stopped, NULL);
	return CLI_ASYNC;
}

static json_t *
next(struct cli_ctx *c, void *arg)
{
	unsigned int *n = arg;
	json_t *rows = json_array();

	if (*n == 200000) {
		json_decref(rows);
		return NULL;
	}
	for (int i = 0; i < 1000; i++)
		json_array_append_new(rows, json_integer((*n)++));
	return rows;
}

static int
many(struct cli_ctx *c)
{
	cli_set_rows(c, next, free, calloc(1, sizeof(unsigned int)));
	return 0;
}

static int
big(struct cli_ctx *c)
{
	static char block[1 << 20];
	uint32_t n = cli_arg_u32(c, "MB", 1);

	memset(block, 'b', sizeof(block));
	block[sizeof(block) - 1] = '\0';
	for (uint32_t i = 0; i < n; i++)
		cli_printf(c, "%s", block);
	return 0;
}

static const struct cli_cmd cmds[] = {
	{ "big MB:u32", "Big.", "test", big, NULL, true },
	{ "echo TEXT:rest", "Echo.", "test", echo, NULL, true },
	{ "wait", "Wait.", "test", wait, NULL, true },
	{ "many", "Many.", "test", many, NULL, true },
	{ .syntax = NULL },
};

static void
spin(void)
{
	role_enter_ctl();
	for (int i = 0; i < 20; i++)
		ev_run_once(0);
}

static int
client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	spin();
	return fd;
}

static void
ask(int fd, int type, unsigned int flags, const char *text)
{
	struct strbuf b = { 0 };

	cli_frame_put(&b, (enum cli_frame_type)type, (uint16_t)flags, text, strlen(text));
	assert_int_equal(send(fd, b.s, b.len, 0), b.len);
	strbuf_free(&b);
}

/* Everything that came, as "<type>:<payload>;" with o, e, c; and "E<flags>;" for an end. */
static char *
answers(int fd)
{
	struct strbuf in = { 0 }, text = { 0 };
	struct cli_frame_hdr hdr;
	const char *data;
	char buf[65536];
	size_t at = 0;
	ssize_t n;
	long len;

	for (int idle = 0; idle < 3; idle++) {
		spin();
		while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
			strbuf_add(&in, buf, (size_t)n);
			idle = 0;
		}
		if (n == 0) {
			strbuf_puts(&text, "closed;");
			break;
		}
	}
	while ((len = cli_frame_get(&in, at, CLI_RSP_MAX, &hdr, &data)) > 0) {
		at += (size_t)len;
		if (hdr.type == CLI_RSP_END)
			strbuf_printf(&text, "E%u;", hdr.flags);
		else
			strbuf_printf(&text, "%c:%.*s;", "oe?c"[hdr.type - CLI_RSP_OUT],
				      (int)hdr.len, data);
	}
	assert_int_equal(at, in.len);
	strbuf_free(&in);
	return strbuf_steal(&text);
}

static void
expect(int fd, const char *want)
{
	char *got = answers(fd);

	assert_string_equal(got, want);
	free(got);
}

static struct cli_server_stats
server_stats(void)
{
	struct cli_server_stats st;

	role_enter_ctl();
	cli_server_get_stats(&st);
	return st;
}

static void
test_commands(void **state)
{
	int fd = client();
	int other = client();

	ask(fd, CLI_REQ_EXEC, 0, "echo one");
	expect(fd, "o:one;E0;");
	ask(fd, CLI_REQ_EXEC, 0, "echo one");
	ask(fd, CLI_REQ_EXEC, CLI_F_JSON, "nonsense");
	ask(other, CLI_REQ_EXEC, 0, "quit");
	ask(fd, CLI_REQ_COMPLETE, 0, "ec");
	expect(fd,
	       "o:one;E0;e:{\"error\":{\"message\":\"\\\"nonsense\\\": expected one of help, show, "
	       "load, quit, config, sysctl, ip, bridge, big, echo, wait, "
	       "many\",\"code\":22,\"word\":\"nonsense\"}}\n;"
	       "E2;c:W\techo\tEcho.\n;");
	expect(other, "E256;"); /* CLI_END_QUIT */
	close(fd);
	close(other);
	spin();
	assert_int_equal(server_stats().sessions, 0);
}

/* Every byte on its own, and several requests in one piece. */
static void
test_torn(void **state)
{
	struct strbuf b = { 0 };
	int fd = client();

	cli_frame_put(&b, CLI_REQ_EXEC, 0, "echo torn", 9);
	for (size_t i = 0; i < b.len; i++) {
		assert_int_equal(send(fd, b.s + i, 1, 0), 1);
		spin();
	}
	expect(fd, "o:torn;E0;");
	cli_frame_put(&b, CLI_REQ_EXEC, 0, "echo more", 9);
	strbuf_add(&b, b.s, 5); /* and the start of another */
	assert_int_equal(send(fd, b.s, b.len, 0), b.len);
	expect(fd, "o:torn;E0;o:more;E0;");
	strbuf_free(&b);
	close(fd);
	spin();
}

static void
refused_header(struct cli_frame_hdr hdr)
{
	uint64_t before = server_stats().closed_malformed;
	int fd = client();

	assert_int_equal(send(fd, &hdr, sizeof(hdr), 0), sizeof(hdr));
	expect(fd, "closed;");
	assert_int_equal(server_stats().closed_malformed, before + 1);
	assert_int_equal(server_stats().sessions, 0);
	close(fd);
}

static void
test_malformed(void **state)
{
	refused_header(
		(struct cli_frame_hdr){ CLI_REQ_MAX + 1, CLI_PROTO_VERSION, CLI_REQ_EXEC, 0 });
	refused_header((struct cli_frame_hdr){ UINT32_MAX, CLI_PROTO_VERSION, CLI_REQ_EXEC, 0 });
	refused_header((struct cli_frame_hdr){ 0, CLI_PROTO_VERSION + 1, CLI_REQ_EXEC, 0 });
	refused_header((struct cli_frame_hdr){ 0, CLI_PROTO_VERSION, 99, 0 });
}

static void
test_largest(void **state)
{
	char *text = malloc(CLI_REQ_MAX + 1);
	char *got;
	int fd = client();

	memset(text, 'x', CLI_REQ_MAX);
	memcpy(text, "echo ", 5);
	text[CLI_REQ_MAX] = '\0';
	ask(fd, CLI_REQ_EXEC, 0, text);
	got = answers(fd);
	assert_int_equal(strlen(got), 2 + CLI_REQ_MAX - 5 + 1 + 3);
	free(got);
	free(text);
	close(fd);
	spin();
}

static void
test_abort(void **state)
{
	int fd = client();

	ask(fd, CLI_REQ_ABORT, 0, ""); /* nothing to interrupt: no matter */
	ask(fd, CLI_REQ_EXEC, 0, "wait");
	ask(fd, CLI_REQ_EXEC, 0, "echo forgotten");
	expect(fd, "");
	assert_non_null(waiting);
	ask(fd, CLI_REQ_ABORT, 0, "");
	ask(fd, CLI_REQ_EXEC, 0, "echo next");
	expect(fd, "E0;o:next;E0;");
	assert_null(waiting);
	close(fd);
	spin();
}

static void
test_peer_dies(void **state)
{
	int fd = client();

	ask(fd, CLI_REQ_EXEC, 0, "wait");
	spin();
	assert_non_null(waiting);
	close(fd);
	spin();
	assert_null(waiting);
	assert_int_equal(server_stats().sessions, 0);
}

/* A monitor whose client does not read is cut off, and counted. */
static void
test_monitor_overflow(void **state)
{
	static char block[65536];
	uint64_t before = server_stats().closed_overflow;
	int fd = client();

	memset(block, 'x', sizeof(block) - 1);
	ask(fd, CLI_REQ_EXEC, 0, "wait");
	spin();
	for (int i = 0; i < 50; i++)
		cli_printf(waiting, "%s", block);
	spin();
	assert_int_equal(server_stats().closed_overflow, before); /* 3 MB: not yet */
	for (int i = 0; i < 50; i++)
		cli_printf(waiting, "%s", block);
	assert_int_equal(server_stats().closed_overflow, before + 1);
	spin();
	assert_null(waiting);
	assert_int_equal(server_stats().sessions, 0);
	close(fd);
}

/* A large listing waits for its reader, and lets others work meanwhile. */
static void
test_slow_reader(void **state)
{
	int fd = client();
	int other = client();
	json_t *all;
	char *got;
	struct strbuf json = { 0 };

	ask(fd, CLI_REQ_EXEC, CLI_F_JSON, "many");
	spin();
	ask(other, CLI_REQ_EXEC, 0, "echo quick");
	expect(other, "o:quick;E0;");
	got = answers(fd);
	/* Put the pieces together. */
	for (char *p = got; strncmp(p, "o:", 2) == 0;) {
		char *end = strstr(p, ";");

		strbuf_add(&json, p + 2, (size_t)(end - p - 2));
		p = end + 1;
	}
	all = json_loads(strbuf_str(&json), 0, NULL);
	assert_int_equal(json_array_size(all), 200000);
	json_decref(all);
	strbuf_free(&json);
	free(got);
	close(fd);
	/* And one that leaves in the middle. */
	fd = client();
	ask(fd, CLI_REQ_EXEC, CLI_F_JSON, "many");
	spin();
	close(fd);
	spin();
	close(other);
	spin();
	assert_int_equal(server_stats().sessions, 0);
}

#define PIPELINED 200

/* Clients that ask and ask and do not read: they hold up neither memory nor others, and lose
 * nothing when they read at last. */
static void
test_pipelining_non_readers(void **state)
{
	static char line[8192];
	uint64_t before = server_stats().closed_overflow;
	uint64_t done = server_stats().commands;
	struct strbuf b = { 0 };
	int fds[6], other = client();
	unsigned int ends = 0, sent[6] = { 0 };
	bool full[6] = { false };
	char *got;

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "echo ", 5);
	cli_frame_put(&b, CLI_REQ_EXEC, 0, line, strlen(line));
	for (int i = 0; i < 6; i++)
		fds[i] = client();
	for (int k = 0; k < PIPELINED; k++)
		for (int i = 0; i < 6; i++) {
			if (!full[i])
				full[i] = send(fds[i], b.s, b.len, 0) != (ssize_t)b.len;
			sent[i] += !full[i];
			role_enter_ctl();
			ev_run_once(0);
		}
	ask(other, CLI_REQ_EXEC, 0, "echo quick");
	expect(other, "o:quick;E0;");
	/* The bound and one answer over it, for each; asked for was much more. */
	assert_true(server_stats().buffered <= 6 * ((256 << 10) + 2 * sizeof(line)));
	assert_true(server_stats().commands - done < 6 * PIPELINED);
	assert_int_equal(server_stats().closed_overflow, before);
	got = answers(fds[0]);
	for (const char *p = got; (p = strstr(p, "E0;")) != NULL; p++)
		ends++;
	/* A request that was cut off in the middle by a full socket is not answered. */
	assert_int_equal(ends, sent[0]);
	free(got);
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	close(other);
	strbuf_free(&b);
	spin();
	assert_int_equal(server_stats().sessions, 0);
	assert_int_equal(server_stats().buffered, 0);
}

/* Too much in all: who has most waiting is closed and counted, the others go on. */
static void
test_all_output_bounded(void **state)
{
	uint64_t before = server_stats().closed_overflow;
	int fds[4], other = client();

	for (int i = 0; i < 4; i++)
		fds[i] = client();
	for (int i = 0; i < 3; i++) {
		ask(fds[i], CLI_REQ_EXEC, 0, i == 1 ? "big 25" : "big 17");
		spin();
	}
	assert_int_equal(server_stats().closed_overflow, before);
	ask(fds[3], CLI_REQ_EXEC, 0, "big 10");
	spin();
	assert_int_equal(server_stats().closed_overflow, before + 1);
	assert_true(server_stats().buffered <= 64 << 20);
	assert_int_equal(server_stats().sessions, 4);
	ask(other, CLI_REQ_EXEC, 0, "echo alive");
	expect(other, "o:alive;E0;");
	for (int i = 0; i < 4; i++) { /* the worst one it was */
		char buf[65536];
		ssize_t n;

		while ((n = recv(fds[i], buf, sizeof(buf), 0)) > 0)
			spin();
		assert_int_equal(n, i == 1 ? 0 : -1);
		close(fds[i]);
	}
	close(other);
	spin();
	assert_int_equal(server_stats().buffered, 0);
}

static void
test_sessions_limit(void **state)
{
	uint64_t before = server_stats().refused;
	int fds[65];

	for (int i = 0; i < 65; i++)
		fds[i] = client();
	assert_int_equal(server_stats().sessions, 64);
	assert_int_equal(server_stats().refused, before + 1);
	expect(fds[64], "closed;");
	for (int i = 0; i < 65; i++)
		close(fds[i]);
	for (int i = 0; i < 5; i++)
		spin();
	assert_int_equal(server_stats().sessions, 0);
}

static void
test_socket_file(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	role_enter_ctl();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	cli_server_close();
	assert_int_equal(stat(path, &st), -1);
	/* One that lives is left alone. */
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(cli_server_open(path), -EADDRINUSE);
	/* One that is dead is replaced. */
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(cli_server_open(path), 0);
	cli_server_close();
	/* What is no socket is not ours to remove. */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(cli_server_open(path), -EEXIST);
	unlink(path);
}

/* A callback that deletes another descriptor whose event was fetched already. */
static int pair_a[2], pair_b[2];
static unsigned int calls;

static void
delete_both(int fd, uint32_t events, void *arg)
{
	role_enter_ctl();
	calls++;
	ev_del(pair_a[0]);
	ev_del(pair_b[0]);
}

static void
test_evloop_delete(void **state)
{
	role_enter_ctl();
	assert_int_equal(pipe(pair_a), 0);
	assert_int_equal(pipe(pair_b), 0);
	assert_int_equal(ev_add(pair_a[0], EPOLLIN, delete_both, NULL), 0);
	assert_int_equal(ev_add(pair_b[0], EPOLLIN, delete_both, NULL), 0);
	assert_int_equal(ev_add(pair_b[0], EPOLLIN, delete_both, NULL), -EEXIST);
	assert_int_equal(write(pair_a[1], "x", 1), 1);
	assert_int_equal(write(pair_b[1], "x", 1), 1);
	calls = 0;
	assert_int_equal(ev_run_once(0), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(ev_run_once(0), 0);
	assert_int_equal(ev_mod(pair_a[0], EPOLLIN), -ENOENT);
	for (int i = 0; i < 2; i++) {
		close(pair_a[i]);
		close(pair_b[i]);
	}
}

static int
setup(void **state)
{
	role_enter_ctl();
	snprintf(path, sizeof(path), "/tmp/test_cli_server.%d.sock", (int)getpid());
	ctl_init();
	cli_register(cmds);
	return cli_server_open(path);
}

static int
teardown(void **state)
{
	role_enter_ctl();
	ctl_fini();
	ev_fini();
	return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_commands),
		T(test_torn),
		T(test_malformed),
		T(test_largest),
		T(test_abort),
		T(test_peer_dies),
		T(test_monitor_overflow),
		T(test_slow_reader),
		T(test_pipelining_non_readers),
		T(test_all_output_bounded),
		T(test_sessions_limit),
		T(test_socket_file),
		T(test_evloop_delete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
