/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_POLLUX_CLIENT_H
#define APP_POLLUX_CLIENT_H
/**
 * @file
 * The client: a connection to the daemon, and what runs lines over it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ctl/strbuf.h"

struct conn {
	int fd;
	struct strbuf in;
	unsigned int flags; /* CLI_F_*, sent with each line */
	bool quit;	    /* the last line was `quit` */
	bool lost;	    /* the daemon is gone */
};

/** Connect. 0 or a negative errno. */
int conn_open(struct conn *c, const char *path);
void conn_close(struct conn *c);
/** Send a request. false when the daemon is gone. */
bool conn_send(struct conn *c, int type, const char *data, size_t len);
/**
 * Read what has come and write it to standard output and error. Returns true while the command
 * is not over; *status is its exit status then.
 */
bool conn_receive(struct conn *c, int *status);
/** Carry out a line and wait for its end; SIGINT interrupts it. Returns the exit status. */
int conn_exec(struct conn *c, const char *line);
/** Carry out a line as with -j and keep what it says, errors aside. false when it failed. */
bool conn_ask(struct conn *c, const char *line, struct strbuf *out);
/** Candidates for a line, as CLI_RSP_CAND has them. false when the daemon is gone. */
bool conn_complete(struct conn *c, const char *line, struct strbuf *cands);

/** Lines from a terminal. Returns the exit status. */
int interactive(struct conn *c);
/** Say what is wrong, on standard error, in the form that was asked for. */
void complain(unsigned int flags, const char *word, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#endif
