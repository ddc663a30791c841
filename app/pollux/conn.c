/* SPDX-License-Identifier: BSD-3-Clause */
#include "pollux/client.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "ctl/cli_exec.h"
#include "ctl/cli_proto.h"

static volatile sig_atomic_t interrupted;

static void
on_sigint(int sig)
{
	interrupted = 1;
}

int
conn_open(struct conn *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int rc = -errno;

		close(c->fd);
		c->fd = -1;
		return rc;
	}
	return 0;
}

void
conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	strbuf_free(&c->in);
}

bool
conn_send(struct conn *c, int type, const char *data, size_t len)
{
	struct strbuf out = { 0 };
	size_t at = 0;

	if (len > CLI_REQ_MAX) {
		complain(c->flags, NULL, "a command of %zu bytes is too long", len);
		return false;
	}
	cli_frame_put(&out, (enum cli_frame_type)type, (uint16_t)c->flags, data, len);
	while (at < out.len) {
		ssize_t n = send(c->fd, out.s + at, out.len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += (size_t)n;
	}
	c->lost = c->lost || at < out.len;
	strbuf_free(&out);
	return !c->lost;
}

/* One more read. false when the daemon is gone. */
static bool
fill(struct conn *c)
{
	char buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		c->lost = true;
		return false;
	}
	strbuf_add(&c->in, buf, (size_t)n);
	return true;
}

/* Write all of it, whatever the descriptor is: a terminal shared with something that made it
 * non-blocking, a slow pipe. */
static void
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return;
		}
	}
}

/* Handle the frames that are whole. true while the command goes on. */
static bool
frames(struct conn *c, int *status)
{
	struct cli_frame_hdr hdr;
	const char *data;
	bool on = true;
	size_t at = 0;
	long n = 0;

	while (on && (n = cli_frame_get(&c->in, at, CLI_RSP_MAX, &hdr, &data)) > 0) {
		at += (size_t)n;
		if (hdr.type == CLI_RSP_OUT)
			write_all(STDOUT_FILENO, data, hdr.len);
		else if (hdr.type == CLI_RSP_ERR)
			write_all(STDERR_FILENO, data, hdr.len);
		else if (hdr.type == CLI_RSP_END)
			on = false;
	}
	if (n < 0) {
		complain(c->flags, NULL, "the daemon speaks another version of the protocol");
		c->lost = true;
	}
	if (!on) {
		*status = hdr.flags & 0xff;
		c->quit = hdr.flags & CLI_END_QUIT;
	}
	strbuf_consume(&c->in, at);
	return on && !c->lost;
}

bool
conn_receive(struct conn *c, int *status)
{
	*status = CLI_FAILED;
	if (!fill(c)) {
		complain(c->flags, NULL, "the daemon closed the connection");
		return false;
	}
	return frames(c, status);
}

int
conn_exec(struct conn *c, const char *line)
{
	struct sigaction sa = { .sa_handler = on_sigint };
	struct sigaction old;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	sigset_t block, wait;
	int status = CLI_FAILED;
	bool on = true;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &wait); /* taken in ppoll() only: none is missed */
	sigdelset(&wait, SIGINT);
	interrupted = 0;
	sigaction(SIGINT, &sa, &old);
	if (!conn_send(c, CLI_REQ_EXEC, line, strlen(line)))
		on = false;
	while (on) {
		if (ppoll(&p, 1, NULL, &wait) >= 0)
			on = conn_receive(c, &status);
		if (interrupted) { /* a second one is for us */
			interrupted = 0;
			sigaction(SIGINT, &old, NULL);
			conn_send(c, CLI_REQ_ABORT, NULL, 0);
		}
	}
	sigaction(SIGINT, &old, NULL);
	sigprocmask(SIG_SETMASK, &wait, NULL);
	return c->lost ? CLI_NO_DAEMON : status;
}

bool
conn_ask(struct conn *c, const char *line, struct strbuf *out)
{
	unsigned int flags = c->flags;
	struct cli_frame_hdr hdr = { 0 };
	const char *data;
	bool sent;
	long n = 0;

	c->flags = CLI_F_JSON;
	sent = conn_send(c, CLI_REQ_EXEC, line, strlen(line));
	c->flags = flags;
	if (!sent)
		return false;
	while (hdr.type != CLI_RSP_END) {
		while ((n = cli_frame_get(&c->in, 0, CLI_RSP_MAX, &hdr, &data)) == 0)
			if (!fill(c))
				return false;
		if (n < 0)
			return false;
		if (hdr.type == CLI_RSP_OUT)
			strbuf_add(out, data, hdr.len);
		strbuf_consume(&c->in, (size_t)n);
	}
	return (hdr.flags & 0xff) == CLI_DONE;
}

bool
conn_complete(struct conn *c, const char *line, struct strbuf *cands)
{
	struct cli_frame_hdr hdr;
	const char *data;
	long n = 0;

	if (!conn_send(c, CLI_REQ_COMPLETE, line, strlen(line)))
		return false;
	while ((n = cli_frame_get(&c->in, 0, CLI_RSP_MAX, &hdr, &data)) == 0)
		if (!fill(c))
			return false;
	if (n < 0)
		return false;
	if (hdr.type == CLI_RSP_CAND)
		strbuf_add(cands, data, hdr.len);
	strbuf_consume(&c->in, (size_t)n);
	return true;
}
