/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CLI_PRIV_H
#define CTL_CLI_PRIV_H
/**
 * @file
 * Inside the command engine. A syntax is compiled once into a small program (grammar.c); a line is
 * matched by running the programs of all commands side by side, word by word (match.c), so
 * commands that share a beginning are one tree to the user.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <rte_ether.h>
#include "ctl/cli.h"
#include "ctl/cli_exec.h"
#include "ctl/strbuf.h"

struct sysctl_var;

enum cli_type {
	CLI_T_IP4,
	CLI_T_PREFIX,
	CLI_T_MAC,
	CLI_T_DEV,
	CLI_T_PORT,
	CLI_T_U32,
	CLI_T_STR,
	CLI_T_REST,
};

enum cli_opcode {
	CLI_OP_KEY,   /* a keyword */
	CLI_OP_VAL,   /* a value */
	CLI_OP_ALT,   /* go on at every target */
	CLI_OP_ENTER, /* a run of optional groups begins: none is used yet */
	CLI_OP_SET,   /* go on at every group that is not used up, and after the last */
	CLI_OP_JMP,   /* go on at targets[0] */
	CLI_OP_BEGIN, /* a repeated group begins */
	CLI_OP_END,   /* and ends */
	CLI_OP_MATCH, /* the command is complete */
};

#define CLI_OPT_WORDS 4 /* at most 64 * this many optional groups in one command */

struct cli_op {
	enum cli_opcode code;
	enum cli_type type; /* VAL */
	uint32_t initials;  /* KEY: what words begin with that may mean it: see cli_initial() */
	uint32_t lo, hi;    /* VAL of type u32 */
	char *name;	    /* KEY: the word; VAL: the argument's name */
	uint16_t *targets;  /* ALT, SET, JMP */
	uint16_t n_targets;
	uint16_t first_bit; /* ENTER, SET: number of the first group's "used" bit */
	uint64_t repeats;   /* SET: which targets may repeat */
};

struct cli_prog {
	const struct cli_cmd *cmd;
	struct cli_op *ops;
	uint16_t n_ops;
	uint16_t n_bits;
};

/** Compile a command's syntax. NULL with a sentence in @p err when it does not parse. */
struct cli_prog *grammar_compile(const struct cli_cmd *cmd, char *err, size_t len);
void grammar_free(struct cli_prog *p);
/** Can the command end, or go on by itself, from instruction @p pc without any word? */
bool grammar_is_nullable(const struct cli_prog *p, uint16_t from, uint16_t to);

/** All commands, in the order of registration. */
extern struct cli_prog **cli_progs;
extern size_t cli_n_progs;

/* A line cut into words. */
struct cli_word {
	const char *text; /* without quotes */
	size_t start;	  /* offset of the first character in the line */
	bool quoted;	  /* held quotes: never a keyword */
};
struct cli_words {
	struct cli_word *w;
	size_t n;
	char *copy;	   /* what the texts point into */
	const char *line;  /* the caller's */
	bool open_quote;   /* a quote was not closed */
	bool ends_in_word; /* no space after the last word */
};
/** 0, -ENOMEM, or -E2BIG for more than 4096 words. */
int cli_split(struct cli_words *ws, const char *line);
void cli_words_free(struct cli_words *ws);

/* One bound argument. They hang backwards from the last one: threads share their past. */
struct cli_arg {
	struct cli_arg *prev;
	enum { CLI_A_KEY, CLI_A_VAL, CLI_A_BEGIN, CLI_A_END } kind;
	enum cli_type type;
	const char *name;
	const char *word;
	uint32_t num; /* u32; ip4 and prefix in network order */
	uint8_t plen;
	struct rte_ether_addr mac;
};

/** Memory of one match, freed at once. */
struct cli_arena {
	struct cli_chunk *chunks;
};
void *arena_alloc(struct cli_arena *a, size_t size);
char *arena_strdup(struct cli_arena *a, const char *s);
void arena_free(struct cli_arena *a);

struct cli_thread {
	const struct cli_prog *prog;
	uint16_t pc;
	bool rest;   /* a "rest" argument swallows all further words */
	uint8_t fit; /* how well the word fits that is looked at */
	uint64_t used[CLI_OPT_WORDS];
	struct cli_arg *args;
};
struct cli_threads {
	struct cli_thread *t;
	size_t n;
	size_t cap;
};

struct cli_matcher {
	struct cli_arena arena;
	struct cli_threads now;
	const struct cli_words *words;
	bool ahead;	  /* readings that the next word will end are not begun */
	uint32_t initial; /* bit of the next word, if so; 0: the line ends there */
	bool no_mem;
};
/** @p ahead: to find the command of a whole line; match_explain() and the places where a line may
 * go on need all readings. */
void match_init(struct cli_matcher *m, const struct cli_words *ws, bool ahead);
/** Take one word. false when it fits nowhere: match_explain() then says why. */
bool match_step(struct cli_matcher *m, size_t word);
/** The command that is complete here, or NULL. */
const struct cli_thread *match_done(const struct cli_matcher *m);
void match_free(struct cli_matcher *m);
/** Why word number @p at (words->n: the end of the line) does not fit: one line. Returns the exit
 * status: CLI_FAILED for a device that does not exist, CLI_USAGE for the rest. */
int match_explain(struct cli_matcher *m, size_t at, struct strbuf *out);

#define CLI_INITIAL_QUOTED (UINT32_C(1) << 31) /* of a word that is no keyword */
/** A bit for the first letter of a word; several letters share one. */
static inline uint32_t
cli_initial(const char *word)
{
	return UINT32_C(1) << ((unsigned char)word[0] % 31);
}
/** The initials of all that fits a keyword. */
uint32_t keyword_initials(const char *keyword);
/** How word fits a keyword: 0 equal (aliases too), 1 abbreviation, -1 not. */
int keyword_fit(const char *keyword, const char *word);
/** Does @p word mean the verb @p keyword (show, add, del, ...)? "l", "li" and "lst" are show here.
 * Always false for a keyword that is no verb. */
bool verb_fits(const char *keyword, const char *word);
/** Among @p n different keywords that @p word abbreviates, the one iproute2 would take, or NULL. */
const char *keyword_prefer(const char *const *kw, size_t n);
/** Parse a word as the value; false with the reason (or nothing) in @p why. */
bool value_parse(const struct cli_op *op, const char *word, struct cli_arg *arg, char *why,
		 size_t len);
/** "an IPv4 address", for messages and help. */
const char *value_describe(const struct cli_op *op, char *buf, size_t len);

/* One command being carried out. */
struct cli_ctx {
	struct cli_arena arena;
	const struct cli_cmd *cmd;
	struct cli_arg **args; /* in order of the line */
	size_t n_args;
	struct cli_ctx *root; /* the command's, for views of groups */
	struct cli_ctx **views;
	size_t n_views;
	bool *gone; /* set when this is freed while cli_exec() still looks */
	unsigned int flags;
	struct cli_sink sink;
	void *sink_arg;
	struct strbuf *collect; /* not NULL: what is written goes here for the moment */
	json_t *result;
	struct strbuf error;
	char *error_word;
	int rc;
	int status;
	bool denied, quit, finished, in_fn;
	void (*on_abort)(struct cli_ctx *c, void *arg);
	void *abort_arg;
	/* what is handed out in slices */
	json_t *(*next)(struct cli_ctx *c, void *arg);
	void (*release)(void *arg);
	void *rows_arg;
	unsigned int slice;
	size_t row;	/* JSON: rows written so far */
	bool streaming; /* cli_pump() has work */
	bool paused;	/* but not before cli_wake() */
	/* A command in steps: 1 more to do, 0 done, a negative errno. */
	int (*step)(struct cli_ctx *c, void *arg);
	json_t *rows_array; /* a large result that is an array, handed out in slices */
	size_t rows_at;
};

/** For commands that run others (load): fn() returns 0, then cli_pump() calls @p step. */
void cli_set_steps(struct cli_ctx *c, int (*step)(struct cli_ctx *c, void *arg),
		   void (*release)(void *arg), void *arg);
/** A paused command may go on. */
void cli_wake(struct cli_ctx *c) CTL_ONLY;
void cli_write(struct cli_ctx *c, const char *data, size_t len);
/** @p text writes @p v; with -o on as few lines as ip does. */
void cli_write_text(struct cli_ctx *c, void (*text)(struct cli_ctx *c, const json_t *v),
		    const json_t *v);
/** Open a regular file that the user who asks may read as well: the daemon has more rights than
 * they. NULL with a negative errno in *rc. */
FILE *cli_open_file(const char *path, int *rc);
/** Who asked for the command that runs now. */
uid_t cli_uid(void);
/** Write a value as people read it: a list of objects as a table, else as a tree. */
void cli_print_generic(struct cli_ctx *c, const json_t *v);
/** Report c->error to the sink, in the form the user asked for. */
void cli_report_error(struct cli_ctx *c);
void cli_builtin_register(void) CTL_ONLY;
void config_cli_register(void) CTL_ONLY;
void sysctl_cli_register(void) CTL_ONLY;
/** The tunable that was probably meant by @p key, or NULL when none is near. */
const char *sysctl_meant(const char *key) CTL_ONLY;
void sysctl_cfg_register(void) CTL_ONLY;
void sysctl_cfg_fini(void) CTL_ONLY;
void cli_unregister_all(void) CTL_ONLY;
/** Somebody is about to set @p v: it is part of what runs from now on. */
void sysctl_cfg_note(const struct sysctl_var *v) CTL_ONLY;
#endif
