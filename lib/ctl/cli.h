/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CLI_H
#define CTL_CLI_H
/**
 * @file
 * The command language as data. A module lists its commands as rows of struct cli_cmd; the
 * engine parses words by the row's syntax, with unique-prefix abbreviation of keywords, offers
 * completion and help from the same text, and calls the row's function. A function never prints:
 * it fills a result (JSON), and the row's text function turns that into lines for people.
 *
 * Syntax, the notation the user reads in `help`:
 *   word            a keyword, may be abbreviated while unique
 *   NAME:type       a value; its name in cli_arg_*() is NAME. Types: ip4 (1.2.3.4), prefix
 *                   (1.2.3.0/24, 1.2.3.4, default), mac, dev (a net device), port (number or
 *                   name, or all), u32, u32(lo..hi), str, rest (the rest of the line)
 *   (a|b|c)         one of; each alternative may hold several words. A keyword's argument name is
 *                   the keyword itself
 *   [a] [b] [c]     optional groups; adjacent ones may come in any order, each at most once; a
 *                   group ending in ... may repeat: [nexthop ...]...
 *
 * [[dev] D:dev] makes the word itself optional, `ip route [show] ...` a command the default one.
 * What stands in a repeated group is seen through cli_group() only, save the group's first word.
 * "address", "neighbour", "delete", "list" are understood for addr, neigh, del and show.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <rte_ether.h>
#include "core/role.h"

struct cli_ctx; /* one command being carried out */

struct cli_cmd {
	const char *syntax;
	const char *help;    /* one sentence */
	const char *section; /* of `help SECTION`: "display", "ports", "routes", "control", ... */
	/** Do it. 0, or a negative errno after cli_error(). */
	int (*fn)(struct cli_ctx *c);
	/** Print cli_result() as text. NULL: a generic table/tree printer. */
	void (*text)(struct cli_ctx *c, const json_t *result);
	bool read_only; /* allowed to users without write permission */
};
/** Add rows, ended by syntax == NULL. A syntax that does not parse aborts at start. */
void cli_register(const struct cli_cmd *cmds) CTL_ONLY;

/* Arguments by name. The first argument of that name, or of index @p i among repeated ones. */
bool cli_has(const struct cli_ctx *c, const char *name);
const char *cli_arg_str(const struct cli_ctx *c, const char *name); /* NULL when absent */
uint32_t cli_arg_u32(const struct cli_ctx *c, const char *name, uint32_t absent);
/** Network order; false when absent. */
bool cli_arg_ip4(const struct cli_ctx *c, const char *name, uint32_t *addr);
bool cli_arg_prefix(const struct cli_ctx *c, const char *name, uint32_t *addr, uint8_t *plen);
bool cli_arg_mac(const struct cli_ctx *c, const char *name, struct rte_ether_addr *mac);
/** ifname of a dev argument, or NULL when absent; the engine checked that it exists. */
const char *cli_arg_dev(const struct cli_ctx *c, const char *name);
/** Repeated groups: how often @p name occurs, and a view (same functions) on the k-th group. */
unsigned int cli_count(const struct cli_ctx *c, const char *name);
const struct cli_ctx *cli_group(const struct cli_ctx *c, const char *name, unsigned int k);

/** The result to fill in: set it to any JSON value (reference is taken over). */
void cli_set_result(struct cli_ctx *c, json_t *result);
/** Print text (in a text function, or progress of a long command). */
void cli_printf(struct cli_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Refuse: one line that names the word at fault and what would be valid. Returns @p rc (< 0). */
int cli_error(struct cli_ctx *c, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool cli_wants_json(const struct cli_ctx *c);
/** -s / -d style detail flags of the client. */
bool cli_wants_stats(const struct cli_ctx *c);
bool cli_wants_detail(const struct cli_ctx *c);
/** -s -s: what a flush deletes, too. */
bool cli_wants_more_stats(const struct cli_ctx *c);
/** -4: nothing but IPv4, so no link-layer addresses of devices. */
bool cli_wants_ip4(const struct cli_ctx *c);
/** -br: one line each, the little that most want. */
bool cli_wants_brief(const struct cli_ctx *c);
/** -o: a line for each. Lines that begin with a blank are joined to the one before by the engine.
 */
bool cli_wants_oneline(const struct cli_ctx *c);
/** May the user behind this command change things? For a read_only row with a writing form. */
bool cli_may_write(const struct cli_ctx *c);
/** cli_error() for what the user lacks the permission to do (exit status 4). Returns -EPERM. */
int cli_denied(struct cli_ctx *c);
/** cli_error() with the word at fault, which `-j` shows as "word". */
int cli_error_at(struct cli_ctx *c, int rc, const char *word, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * Large listings (a full routing table): instead of one result, hand out the rows in slices.
 * @p next returns a JSON array of some rows (a thousand, say; reference handed over), or NULL at
 * the end; it is called when the user has taken what was there, so the control thread never waits
 * and the output never piles up. text() is called per slice; cli_slice() is 0 for the first one,
 * where a heading belongs. @p release frees @p arg, also when the user goes away midway. The
 * table may change between two slices: @p arg holds a key to go on from, not a pointer into it.
 */
void cli_set_rows(struct cli_ctx *c, json_t *(*next)(struct cli_ctx *c, void *arg),
		  void (*release)(void *arg), void *arg);
unsigned int cli_slice(const struct cli_ctx *c);

/* Long-running commands (ping, monitor): the function returns CLI_ASYNC and keeps the ctx; it
 * may cli_printf() any time on the control thread and ends with cli_finish(). */
#define CLI_ASYNC 1
/** Called when the client goes away or interrupts (^C): release what the command holds and call
 * cli_finish(). */
void cli_on_abort(struct cli_ctx *c, void (*fn)(struct cli_ctx *c, void *arg), void *arg);
void cli_finish(struct cli_ctx *c, int rc) CTL_ONLY;

/* Completion of value types that modules know: set once at start. Calls add() per candidate. */
extern void (*cli_complete_dev)(void (*add)(void *arg, const char *word), void *arg);
extern void (*cli_complete_port)(void (*add)(void *arg, const char *word), void *arg);
extern bool (*cli_dev_exists)(const char *name);

/** The text of member @p key of a result, for those who print it; "" when there is none. */
static inline const char *
cli_str_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}
/** Its number; 0 when there is none. */
static inline long long
cli_num_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}
/** What -s tells of a flush, as ip does: round by round (from 1) how many @p what are deleted; with
 * @p n 0 that it is over after so many rounds. Nothing without -s, nor with -j. */
void cli_say_flushed(struct cli_ctx *c, unsigned int round, unsigned int n, const char *what);
/** Print member @p key, text or number, behind @p before, and a blank; nothing when it is absent.
 */
void cli_word(struct cli_ctx *c, const json_t *o, const char *key, const char *before);
#endif
