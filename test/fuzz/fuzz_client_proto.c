/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes on the daemon's socket, in pieces: sessions that talk nonsense are closed, those that
 * ask are answered, and none stays when its peer is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "core/evloop.h"
#include "core/role.h"
#include "ctl/cli_server.h"
#include "ctl/ctl.h"
#include "fuzz.h"

static char dir[] = "/tmp/fuzz_proto.XXXXXX";
static struct sockaddr_un addr = { .sun_family = AF_UNIX };

FILE *__wrap_fdopen(int fd, const char *mode);

/* `load` and `config load` read no file of this machine. */
FILE *
__wrap_fdopen(int fd, const char *mode)
{
	(void)fd;
	(void)mode;
	errno = EACCES;
	return NULL;
}

static void
stop(void)
{
	role_enter_ctl();
	ctl_fini();
	ev_fini();
	rmdir(dir);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	role_enter_ctl();
	fuzz_require(mkdtemp(dir) != NULL, "no directory for the socket");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", dir);
	ctl_init();
	fuzz_require(cli_server_open(addr.sun_path) == 0, "the server does not open");
	atexit(stop);
	return 0;
}

static void
turns(int fd)
{
	char buf[65536];

	role_enter_ctl();
	for (int i = 0; i < 4; i++) {
		ev_run_once(0);
		while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct cli_server_stats st;
	uint8_t piece[4096];

	role_enter_ctl();
	fuzz_require(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0,
		     "the server does not listen");
	while (in.left > 0) {
		size_t n = fuzz_u8(&in) * 16u + 1;

		n = fuzz_bytes(&in, piece, n < sizeof(piece) ? n : sizeof(piece));
		if (n > 0 && send(fd, piece, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break; /* closed for what was said before */
		turns(fd);
	}
	turns(fd);
	close(fd);
	for (int i = 0; i < 8; i++)
		ev_run_once(0);
	cli_server_get_stats(&st);
	fuzz_require(st.sessions == 0, "a session outlives its peer");
	return 0;
}
