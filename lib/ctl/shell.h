/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_SHELL_H
#define CTL_SHELL_H
/**
 * @file
 * An interactive command line on DPDK's rdline: editing, history, TAB and '?'. The client and the
 * daemon's console feed it what is typed and carry out the lines it gives.
 */
#include <stdbool.h>
#include <stddef.h>
#include "ctl/strbuf.h"

struct shell;

struct shell_ops {
	/** To the terminal. */
	void (*write)(void *arg, const char *data, size_t len);
	/** Carry out a line; input waits until shell_resume(). */
	void (*exec)(void *arg, const char *line);
	/** ^C while a line is carried out. */
	void (*interrupt)(void *arg);
	/** What may follow: lines as CLI_RSP_CAND has them. */
	void (*complete)(void *arg, const char *line, struct strbuf *cands);
};

#define SHELL_PROMPT_SIZE 32 /* what rdline keeps of one */
/** "HOSTNAME> ", cut where it is too long; "pollux> " for NULL. */
void shell_prompt(char prompt[SHELL_PROMPT_SIZE], const char *hostname);

/** NULL when out of memory. */
struct shell *shell_new(const struct shell_ops *ops, void *arg, const char *prompt);
void shell_free(struct shell *sh);
/** Take typed bytes. false: end of file, the shell is over. */
bool shell_feed(struct shell *sh, const char *data, size_t len);
/** The line is carried out: next prompt, and what was typed ahead. false as shell_feed(). */
bool shell_resume(struct shell *sh);
/** Show the prompt for the first time. */
void shell_start(struct shell *sh);
/** Read or write the last lines of a history file, at most 500; errors are ignored. */
void shell_history_load(struct shell *sh, const char *path);
void shell_history_save(const struct shell *sh, const char *path);

/** Put a terminal into the mode that the shell needs; *saved for shell_tty_restore(). */
struct termios;
int shell_tty_raw(int fd, struct termios *saved);
void shell_tty_restore(int fd, const struct termios *saved);
#endif
