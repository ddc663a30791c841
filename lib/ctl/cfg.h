/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CFG_H
#define CTL_CFG_H
/**
 * @file
 * JSON configuration: a cursor that knows where it is, and sections that modules register.
 *
 * A document is checked whole before anything is touched; every error is listed, with JSON
 * pointer (RFC 6901), what was expected and what was found. Applying is a difference: entries
 * that went are deleted, entries that came are added, entries that changed are changed, in the
 * order of the sections (deletion in reverse). The same code starts the router, reloads and
 * rolls back.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <rte_ether.h>
#include "core/role.h"

struct cfg_errors; /* list of what was refused */

/** A place in a document. Cursors live on the stack of those who walk; up points to the parent. */
struct cfg {
	const json_t *node; /* NULL: absent */
	const struct cfg *up;
	const char *key; /* NULL: array element idx, or the root */
	size_t idx;
	struct cfg_errors *errs;
};

/** Refuse: "<pointer>[/key]: <text>". All errors are kept (up to 100). */
void cfg_fail(const struct cfg *c, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Has anything been refused so far in this entry? */
bool cfg_failed(const struct cfg *c);
struct cfg cfg_get(const struct cfg *c, const char *key);
struct cfg cfg_at(const struct cfg *c, size_t idx);

/* Values: @p key NULL means the cursor's own node: cfg_str(&item, NULL, &s) for an array element.
 * Absent leaves *out (its default) alone and returns false; a wrong type or value fails
 * and returns false; else stores and returns true. */
bool cfg_u32(const struct cfg *c, const char *key, uint32_t min, uint32_t max, uint32_t *out);
bool cfg_bool(const struct cfg *c, const char *key, bool *out);
bool cfg_str(const struct cfg *c, const char *key, const char **out);
/** Refuses what is not among the NULL-terminated @p words, listing them; stores the index. */
bool cfg_word(const struct cfg *c, const char *key, const char *const *words, unsigned int *out);
bool cfg_ip4(const struct cfg *c, const char *key, uint32_t *addr); /* network order */
/** "192.0.2.0/24", "192.0.2.1", "default"; host bits are kept in *addr. */
bool cfg_prefix(const struct cfg *c, const char *key, uint32_t *addr, uint8_t *plen);
bool cfg_mac(const struct cfg *c, const char *key, struct rte_ether_addr *mac);
/** The key must be there: fails when it is not. */
bool cfg_need(const struct cfg *c, const char *key);
/** Fail for every key that is not in the NULL-terminated list, naming the nearest valid one. */
void cfg_only(const struct cfg *c, const char *const *known);

/** Does the document @p doc make a device of that name ("lo" is always there)? For check(). */
bool cfg_has_device(const struct cfg *doc, const char *name);
/** cfg_fail() unless it does; @p name NULL is no error. */
void cfg_need_device(const struct cfg *c, const char *key, const struct cfg *doc, const char *name);

/** How entries of a section are told apart. */
enum cfg_shape {
	CFG_OBJECT, /* one value: settings of a kind */
	CFG_MAP,    /* members by name: "ports", "vlans", "addresses", "sysctl" */
	CFG_LIST,   /* array elements, compared by value: "routes", "neighbours" */
};

/**
 * One section of the document. check() and apply() see one entry: for CFG_OBJECT the whole
 * value, for CFG_MAP one member (c->key its name), for CFG_LIST one element.
 */
struct cfg_section {
	const char *name;
	enum cfg_shape shape;
	int order; /* lower is applied first: ports 10, vlans 20, addresses 40, routes 60, ... */
	/** Validate one entry by cfg_fail(). Must not change anything; may look at @p doc, the root
	 * cursor of the new document, for references to other sections. */
	void (*check)(const struct cfg *entry, const struct cfg *doc);
	/** Make it so. 0, or a negative errno after cfg_fail(). */
	int (*add)(const struct cfg *entry);
	/** Undo what add() did with that entry. */
	int (*del)(const struct cfg *entry);
	/** From @p old to @p entry in place; NULL: del() then add(). -EOPNOTSUPP: do that too. */
	int (*change)(const struct cfg *old, const struct cfg *entry);
	/** May be NULL. Is what @p entry refers to outside the document (a file) no longer as it
	 * was when it was applied? Then an entry that is equal counts as changed. */
	bool (*stale)(const struct cfg *entry);
	bool restart_only; /* a change is refused on reload, with a sentence: needs a restart */
	/** Of a CFG_OBJECT, NULL-terminated, may be NULL: the members whose change is refused so.
	 */
	const char *const *restart_keys;
	const char *schema; /* JSON schema of an entry, for `show config schema`; may be NULL */
	struct cfg_section *next;
};
void cfg_register(struct cfg_section *s) CTL_ONLY;

/** Read and check a file. Returns the document (caller owns a reference), or NULL with every error
 * in @p report (one a line, malloc'ed, caller frees). Changes nothing. */
json_t *cfg_load_file(const char *path, char **report) CTL_ONLY;
json_t *cfg_load_text(const char *text, const char *name, char **report) CTL_ONLY;
/** Check a parsed document against the sections and the running state. 0 or -EINVAL + report. */
int cfg_check(const json_t *doc, char **report) CTL_ONLY;
/**
 * Make @p doc the running configuration: checks, applies the difference; if an entry refuses at
 * run time, what was done is undone and the old document runs on. 0, or -errno with @p report.
 * At start (no running document) an entry that fails is reported and skipped: the rest runs; the
 * return is 0 with a report, and the running document lacks the entry, so a reload tries again.
 * An entry that cannot be changed in place is deleted and added, and with it the entries of later
 * sections that mention its name.
 */
int cfg_apply(json_t *doc, char **report) CTL_ONLY;
/** After a cfg_apply() that returned an error: is everything as it was? If not, a step could not
 * be taken back; the report's last line names the entries, and cfg_running() has them as they
 * really are. */
bool cfg_undone(void) CTL_ONLY;
/** The document that runs; borrowed. */
const json_t *cfg_running(void) CTL_ONLY;
/** Forget the running document without undoing anything: at the end of the program. */
void cfg_fini(void) CTL_ONLY;
/** JSON schema of the whole document, put together from the sections'. Caller owns it. */
json_t *cfg_schema(void) CTL_ONLY;
/** What going from @p from (may be NULL) to @p to would do: lines "+ <pointer> <json>",
 * "- ...", "~ ...", in the order of the doing. malloc'ed, caller frees; "" when equal. */
char *cfg_diff(const json_t *from, const json_t *to) CTL_ONLY;
/** Directory of the file that was loaded last, for "routes_file" and the like. */
const char *cfg_dir(void) CTL_ONLY;
#endif
