/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CLI_EXEC_H
#define CTL_CLI_EXEC_H
/**
 * @file
 * Carry out command lines: what the socket server, the console and `load` share.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/role.h"

struct cli_ctx;

/** How a command was asked for. */
enum {
	CLI_F_JSON = 1 << 0,
	CLI_F_PRETTY = 1 << 1, /* JSON in lines, indented */
	CLI_F_STATS = 1 << 2,
	CLI_F_DETAIL = 1 << 3,
	CLI_F_BRIEF = 1 << 5,
	CLI_F_STAMP = 1 << 6,	    /* monitor: when */
	CLI_F_STAMP_SHORT = 1 << 7, /* in front of the line */
	CLI_F_ONELINE = 1 << 8,
	CLI_F_IP4 = 1 << 9,
	CLI_F_STATS_MORE = 1 << 10, /* -s twice */
	CLI_F_READONLY = 1 << 4,    /* who asks may change nothing */
};

/** How it ended: the exit status of `pollux`. */
enum cli_status { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_NO_DAEMON = 3, CLI_DENIED = 4 };

/** Where a command's output goes. */
struct cli_sink {
	void (*out)(void *arg, const char *data, size_t len);
	void (*err)(void *arg, const char *data, size_t len);
	/** The last call for a command; @p quit: it was `quit`. */
	void (*done)(void *arg, int status, bool quit);
	/** May a slice of a large listing be written now? If not, whoever owns the sink calls
	 * cli_pump() when it may. NULL: always. */
	bool (*ready)(void *arg);
	/** Something changed: call cli_pump() soon. NULL: cli_pump() is called at once. */
	void (*wake)(void *arg);
	/** cli_pump() returns after some slices even when more could be written, and calls wake():
	 * the thread has other work too. */
	bool takes_turns;
};

/**
 * Carry out one line. Returns NULL when that is over (done() was called), or the command that is
 * still at it; it stays valid until done() is called. An empty line or a comment is done.
 */
struct cli_ctx *cli_exec(const char *line, unsigned int flags, const struct cli_sink *sink,
			 void *arg) CTL_ONLY;
/** Who asks, for what depends on the user (`load`); 0 unless told. Set before cli_exec(). */
void cli_exec_as(uid_t uid) CTL_ONLY;
/** Write the next slice, if the sink takes it. May end the command. */
void cli_pump(struct cli_ctx *c) CTL_ONLY;
/** Interrupt: the command releases what it holds and ends (done() is called from here or later). */
void cli_abort(struct cli_ctx *c) CTL_ONLY;
/** The user is gone: as cli_abort(), and the sink is not called again, not even done(). */
void cli_detach(struct cli_ctx *c) CTL_ONLY;

/** What may follow at the end of a line: one call per possibility. */
enum cli_cand {
	CLI_CAND_WORD,	/* can be typed as it is */
	CLI_CAND_VALUE, /* a value: @p word is its name */
	CLI_CAND_END,	/* the line is complete: @p word is "" */
};
void cli_complete(const char *line,
		  void (*add)(void *arg, enum cli_cand kind, const char *word, const char *help),
		  void *arg) CTL_ONLY;
#endif
