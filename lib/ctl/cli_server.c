/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: sessions that ask one command at a time and read at their own pace. */
#include "ctl/cli_server.h"
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "core/evloop.h"
#include "ctl/cli_exec.h"
#include "ctl/cli_priv.h"
#include "ctl/cli_proto.h"

#define SESSIONS_MAX  64
#define OUT_READY     (256 << 10) /* a slice of a listing is written while less than this waits */
#define OUT_MAX_ASYNC (4 << 20)	  /* a monitor that nobody reads */
#define OUT_MAX	      (64 << 20)  /* one result that comes at once */
#define OUT_MAX_ALL   (64 << 20)  /* all that waits, over the sessions */
#define TURN_MAX      8		  /* requests of a session before the others have their turn */
#define IN_MAX	      (CLI_REQ_MAX + sizeof(struct cli_frame_hdr))

struct session {
	LIST_ENTRY(session) next;
	int fd;
	bool may_write;
	uid_t uid;
	struct strbuf in, out;
	size_t out_at;	/* sent so far */
	size_t counted; /* of out, in the sum over all sessions */
	struct cli_ctx *running;
	bool busy;   /* a command is in flight */
	bool inside; /* its function is below us on the stack */
	bool doomed;
	bool more; /* a request has come that was not looked at yet */
};

static LIST_HEAD(, session) sessions = LIST_HEAD_INITIALIZER(sessions);
static struct cli_server_stats stats;
static int listen_fd = -1;
static struct sockaddr_un listen_addr;

/* Bring the sum of what waits up to date. */
static void
count_output(struct session *s)
{
	stats.buffered += s->out.len;
	stats.buffered -= s->counted;
	s->counted = s->out.len;
}

/* More of a session's output waits than it takes to keep its reader busy: nothing further is done
 * for it until some of that was read. */
static bool
is_full(const struct session *s)
{
	return s->out.len - s->out_at >= OUT_READY;
}

static void
doom(struct session *s, uint64_t *counter)
{
	if (s->doomed)
		return;
	s->doomed = true;
	(*counter)++;
	/* It may be a timer that wrote: the hang-up makes the event loop call us at a safe place.
	 */
	shutdown(s->fd, SHUT_RDWR);
}

/* Too much waits in all: who reads least pays for it. */
static void
bound_output(void)
{
	while (stats.buffered > OUT_MAX_ALL) {
		struct session *s, *worst = NULL;

		LIST_FOREACH(s, &sessions, next)
			if (!s->doomed && (worst == NULL || s->out.len > worst->out.len))
				worst = s;
		if (worst == NULL)
			return;
		doom(worst, &stats.closed_overflow);
		strbuf_free(&worst->out);
		worst->out_at = 0;
		count_output(worst);
	}
}

static void
send_frames(struct session *s, enum cli_frame_type type, const char *data, size_t len)
{
	size_t limit = s->inside ? OUT_MAX : OUT_MAX_ASYNC;

	if (s->doomed)
		return;
	while (len > 0) {
		size_t n = len < CLI_RSP_MAX ? len : CLI_RSP_MAX;

		cli_frame_put(&s->out, type, 0, data, n);
		data += n;
		len -= n;
	}
	if (s->out.failed || s->out.len - s->out_at > limit)
		doom(s, &stats.closed_overflow);
	count_output(s);
	bound_output();
}

static void
update_events(struct session *s) CTL_ONLY
{
	uint32_t events = EPOLLRDHUP;
	bool pump = s->running != NULL && s->running->streaming && !s->running->paused;

	if (s->in.len < IN_MAX && (s->busy || !is_full(s)))
		events |= EPOLLIN;
	if (s->out.len > s->out_at || pump || s->more)
		events |= EPOLLOUT;
	ev_mod(s->fd, events);
}

static void
sink_out(void *arg, const char *data, size_t len)
{
	struct session *s = arg;

	role_enter_ctl();
	send_frames(s, CLI_RSP_OUT, data, len);
	if (!s->inside)
		update_events(s);
}

static void
sink_err(void *arg, const char *data, size_t len)
{
	struct session *s = arg;

	role_enter_ctl();
	send_frames(s, CLI_RSP_ERR, data, len);
	if (!s->inside)
		update_events(s);
}

static void
sink_done(void *arg, int status, bool quit)
{
	struct session *s = arg;
	uint16_t flags = (uint16_t)(status | (quit ? CLI_END_QUIT : 0));

	role_enter_ctl();
	s->busy = false;
	s->running = NULL;
	cli_frame_put(&s->out, CLI_RSP_END, flags, NULL, 0);
	count_output(s);
	if (!s->inside)
		update_events(s);
}

static bool
sink_ready(void *arg)
{
	return !is_full(arg);
}

static void
sink_wake(void *arg)
{
	role_enter_ctl();
	update_events(arg);
}

static const struct cli_sink session_sink = { sink_out,	  sink_err,  sink_done,
					      sink_ready, sink_wake, true };

static void
session_close(struct session *s) CTL_ONLY
{
	ev_del(s->fd);
	close(s->fd);
	LIST_REMOVE(s, next);
	stats.sessions--;
	if (s->running != NULL)
		cli_detach(s->running);
	strbuf_free(&s->in);
	strbuf_free(&s->out);
	s->out.len = 0;
	count_output(s);
	free(s);
	if (listen_fd >= 0)
		ev_mod(listen_fd, EPOLLIN); /* it paused when descriptors ran out */
}

static void
add_candidate(void *arg, enum cli_cand kind, const char *word, const char *help)
{
	static const char letters[] = {
		[CLI_CAND_WORD] = 'W', [CLI_CAND_VALUE] = 'V', [CLI_CAND_END] = 'E'
	};

	strbuf_printf(arg, "%c\t%s\t%s\n", letters[kind], word, help);
}

static void
request_exec(struct session *s, const char *line, unsigned int flags) CTL_ONLY
{
	struct cli_ctx *c;

	flags &= CLI_F_JSON | CLI_F_PRETTY | CLI_F_STATS | CLI_F_DETAIL;
	stats.commands++;
	s->busy = true;
	cli_exec_as(s->uid);
	c = cli_exec(line, flags | (s->may_write ? 0 : CLI_F_READONLY), &session_sink, s);
	cli_exec_as(0);
	s->running = s->busy ? c : NULL;
}

static void
request(struct session *s, const struct cli_frame_hdr *hdr, const char *data) CTL_ONLY
{
	struct strbuf cands = { 0 };
	char *line;

	if (hdr->type == CLI_REQ_ABORT)
		return; /* nothing runs: it came too late */
	if (hdr->type != CLI_REQ_EXEC && hdr->type != CLI_REQ_COMPLETE) {
		doom(s, &stats.closed_malformed);
		return;
	}
	line = strndup(data, hdr->len);
	if (line == NULL) {
		doom(s, &stats.closed_overflow);
		return;
	}
	if (hdr->type == CLI_REQ_EXEC) {
		request_exec(s, line, hdr->flags);
	} else {
		cli_complete(line, add_candidate, &cands);
		if (cands.len > CLI_RSP_MAX)
			cands.len = CLI_RSP_MAX;
		cli_frame_put(&s->out, CLI_RSP_CAND, 0, strbuf_str(&cands), cands.len);
		count_output(s);
		strbuf_free(&cands);
	}
	free(line);
}

/* While a command runs, the only request that counts is the one to interrupt it. */
static void
look_for_abort(struct session *s) CTL_ONLY
{
	struct cli_frame_hdr hdr;
	const char *data;
	size_t at = 0;
	long n;

	while ((n = cli_frame_get(&s->in, at, CLI_REQ_MAX, &hdr, &data)) > 0) {
		at += (size_t)n;
		if (hdr.type != CLI_REQ_ABORT)
			continue;
		strbuf_consume(&s->in, at);
		if (s->running != NULL)
			cli_abort(s->running);
		return;
	}
}

static void
requests(struct session *s) CTL_ONLY
{
	struct cli_frame_hdr hdr;
	const char *data;
	long n;

	s->more = false;
	if (s->busy)
		look_for_abort(s);
	for (unsigned int i = 0; !s->busy && !s->doomed && !is_full(s); i++) {
		n = cli_frame_get(&s->in, 0, CLI_REQ_MAX, &hdr, &data);
		if (n < 0)
			doom(s, &stats.closed_malformed);
		if (n <= 0)
			return;
		if (i == TURN_MAX)
			break;
		request(s, &hdr, data);
		strbuf_consume(&s->in, (size_t)n);
	}
	s->more = !s->busy && !s->doomed; /* when the reader has caught up, or it is its turn */
}

/* false when the peer is gone. */
static bool
receive(struct session *s)
{
	char buf[16384];
	ssize_t n;

	while (s->in.len < IN_MAX) {
		size_t room = IN_MAX - s->in.len;

		n = recv(s->fd, buf, room < sizeof(buf) ? room : sizeof(buf), 0);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		strbuf_add(&s->in, buf, (size_t)n);
	}
	return true;
}

static bool
transmit(struct session *s)
{
	while (s->out_at < s->out.len) {
		ssize_t n = send(s->fd, s->out.s + s->out_at, s->out.len - s->out_at, MSG_NOSIGNAL);

		if (n < 0)
			break;
		s->out_at += (size_t)n;
	}
	if (s->out_at == s->out.len) {
		if (s->out.cap > 2 * OUT_READY) { /* a large result is out: give its memory back */
			strbuf_free(&s->out);
		}
		s->out.len = 0;
		s->out_at = 0;
		count_output(s);
		return true;
	}
	if (errno != EAGAIN && errno != EINTR)
		return false;
	if (s->out_at > OUT_READY && s->out_at > s->out.len / 2) {
		strbuf_consume(&s->out, s->out_at);
		s->out_at = 0;
		count_output(s);
	}
	return true;
}

static void
session_event(int fd, uint32_t events, void *arg)
{
	struct session *s = arg;
	bool alive = true;

	role_enter_ctl();
	s->inside = true;
	if (events & EPOLLIN)
		alive = receive(s);
	if ((events & (EPOLLERR | EPOLLHUP)) || ((events & EPOLLRDHUP) && (s->busy || is_full(s))))
		alive = false;
	if (alive)
		requests(s);
	if (alive)
		alive = transmit(s);
	if (alive && s->running != NULL) {
		cli_pump(s->running);
		requests(s); /* it may have ended: the next one */
		alive = transmit(s);
	}
	s->inside = false;
	if (!alive || s->doomed)
		session_close(s);
	else
		update_events(s);
}

/* Root, the daemon's own user, group pollux (supplementary membership counts). */
static bool
peer_may_write(int fd, uid_t *uid)
{
	const struct group *gr = getgrnam("pollux");
	struct ucred cred;
	gid_t groups[256];
	socklen_t len = sizeof(cred);

	*uid = (uid_t)-1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*uid = cred.uid;
	if (cred.uid == 0 || cred.uid == geteuid())
		return true;
	if (gr == NULL)
		return false;
	if (cred.gid == gr->gr_gid)
		return true;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gr->gr_gid)
			return true;
	return false;
}

static void
accept_event(int fd, uint32_t events, void *arg)
{
	struct session *s;
	int peer;

	role_enter_ctl();
	peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (peer < 0) {
		if (errno == EMFILE || errno == ENFILE)
			ev_mod(fd, 0); /* until a session closes */
		return;
	}
	stats.accepted++;
	s = stats.sessions < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (s == NULL) {
		stats.refused++;
		close(peer);
		return;
	}
	s->fd = peer;
	s->may_write = peer_may_write(peer, &s->uid);
	if (ev_add(peer, EPOLLIN | EPOLLRDHUP, session_event, s) < 0) {
		stats.refused++;
		close(peer);
		free(s);
		return;
	}
	stats.sessions++;
	LIST_INSERT_HEAD(&sessions, s, next);
}

/* Does anybody listen there? A socket file that a dead daemon left is removed. */
static int
clear_way(const struct sockaddr_un *addr)
{
	struct stat st;
	int rc = 0;
	int fd;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN)
		rc = -EADDRINUSE;
	else if (errno != ECONNREFUSED || unlink(addr->sun_path) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static void
make_parent(const char *path)
{
	char dir[sizeof(listen_addr.sun_path)];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return;
	*slash = '\0';
	(void)mkdir(dir, 0755); /* there already, or bind() says what is wrong */
}

static int
bind_at(int fd, const struct sockaddr_un *addr)
{
	const struct group *gr = getgrnam("pollux");
	mode_t old = umask(0117);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;

	umask(old);
	if (rc < 0)
		return rc;
	if (gr != NULL && chown(addr->sun_path, (uid_t)-1, gr->gr_gid) < 0 && errno != EPERM)
		return -errno;
	return listen(fd, SESSIONS_MAX) < 0 ? -errno : 0;
}

int
cli_server_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int rc;
	int fd;

	if (listen_fd >= 0)
		return -EALREADY;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	make_parent(path);
	rc = clear_way(&addr);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = bind_at(fd, &addr);
	if (rc == 0)
		rc = ev_add(fd, EPOLLIN, accept_event, NULL);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	listen_fd = fd;
	listen_addr = addr;
	return 0;
}

void
cli_server_close(void)
{
	if (listen_fd < 0)
		return;
	ev_del(listen_fd);
	close(listen_fd);
	listen_fd = -1;
	while (!LIST_EMPTY(&sessions)) {
		struct session *s = LIST_FIRST(&sessions);

		transmit(s); /* the answer to `shutdown` */
		session_close(s);
	}
	unlink(listen_addr.sun_path);
}

void
cli_server_get_stats(struct cli_server_stats *st)
{
	*st = stats;
}
