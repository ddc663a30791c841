/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CLI_SERVER_H
#define CTL_CLI_SERVER_H
/**
 * @file
 * The socket that `pollux` talks to, and the console of `polluxd -i`. Both run inside the
 * control thread's event loop (core/evloop.h) and never block it.
 */
#include <stdint.h>
#include "core/role.h"

/**
 * Listen on the UNIX socket @p path: mode 0660, group "pollux" where that exists. A socket file
 * that nobody listens on is removed first. 0, -EADDRINUSE when a daemon is alive there, or another
 * negative errno. Root, the daemon's own user and group pollux may run everything, others what
 * is read_only.
 */
int cli_server_open(const char *path) CTL_ONLY;
/** Stop listening, close every session, remove the socket file. */
void cli_server_close(void) CTL_ONLY;

struct cli_server_stats {
	uint32_t sessions;	   /* open now */
	uint64_t accepted;	   /* since start */
	uint64_t refused;	   /* over the limit of sessions */
	uint64_t commands;	   /* carried out or tried */
	uint64_t closed_overflow;  /* did not read what they asked for */
	uint64_t buffered;	   /* bytes of output that wait to be read, over all sessions */
	uint64_t closed_malformed; /* requests that are too large or make no sense */
};
void cli_server_get_stats(struct cli_server_stats *st) CTL_ONLY;

/**
 * Run an interactive shell on a terminal (or line by line on a pipe). The descriptors stay the
 * caller's. 0 or a negative errno. cli_console_stop() restores the terminal: call it before exit.
 */
int cli_console_start(int in_fd, int out_fd) CTL_ONLY;
void cli_console_stop(void) CTL_ONLY;
/** Called after `quit` or end of file ended the console; NULL: the daemon just runs on. */
extern void (*cli_console_closed)(void);
#endif
