/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CFG_H
#define CTL_CFG_H
/**
 * @file
 * JSON configuration: a cursor that knows where it is, and sections that modules register.
 *
 * A document is checked whole before anything is touched; every error is listed, with JSON
 * pointer (RFC 6901), what was expected and what was found. Applying compares with what runs, not
 * with what was loaded last: each section says in the document's own words what there is now.
 * What the document lacks is deleted, what is not there is added, what differs is changed, in the
 * order of the sections (deletion in reverse). The same code starts the router, reloads it, and
 * takes a load back that failed half way.
 */
#include <jansson.h>
#include <net/if.h>
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
/** A word that @p parse understands (negative: it does not), as a command's; @p valid: what to
 * expect. */
bool cfg_parse(const struct cfg *c, const char *key, int (*parse)(const char *word),
	       const char *valid, uint8_t *out);
bool cfg_ip4(const struct cfg *c, const char *key, uint32_t *addr); /* network order */
/** "192.0.2.0/24", "192.0.2.1", "default"; host bits are kept in *addr. */
bool cfg_prefix(const struct cfg *c, const char *key, uint32_t *addr, uint8_t *plen);
bool cfg_mac(const struct cfg *c, const char *key, struct rte_ether_addr *mac);
/** The one spelling of a MAC address: a new reference. */
json_t *cfg_mac_json(const struct rte_ether_addr *mac);
/** The key must be there: fails when it is not. */
bool cfg_need(const struct cfg *c, const char *key);
/** Fail for every key that is not in the NULL-terminated list, naming the nearest valid one. */
void cfg_only(const struct cfg *c, const char *const *known);

/** Does the document @p doc make a device of that name ("lo" is always there)? For check(). */
bool cfg_has_device(const struct cfg *doc, const char *name);
/** The section of @p doc that makes device @p name, of those before section @p before (NULL: all);
 * NULL: none. */
const char *cfg_device_section(const struct cfg *doc, const char *name, const char *before);
/** cfg_fail() unless it does; @p name NULL is no error. */
void cfg_need_device(const struct cfg *c, const char *key, const struct cfg *doc, const char *name);
/** The name of an interface into @p name; left alone when the key is missing. @p doc, if not NULL,
 * must make the interface. */
void cfg_ifname(const struct cfg *c, const char *key, const struct cfg *doc, char name[IFNAMSIZ]);

/** Whose is @p what, of the entries of a section? Says who had it before @p entry, in words for a
 * message ("\"p0\"", "element 3"; @p seen's, an object of the caller's), or NULL and notes it. */
const char *cfg_had_before(json_t *seen, const struct cfg *entry, const char *what);

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
	/** Once, after the entries: what they are together. May be NULL. */
	void (*check_all)(const struct cfg *sect, const struct cfg *doc);
	/** What tells an entry from the others, for people to read ("192.0.2.9 dev p0"); two with
	 * one key are refused. False: check() told what is wrong with it. NULL: the member's name,
	 * the element's value. */
	bool (*key)(const struct cfg *entry, char *key, size_t len);
	/** Does the entry stand on others of its section? Those are made first. May be NULL. */
	bool (*later)(const struct cfg *entry);
	/** The section as it runs: a new reference, every entry as canon() gives it; NULL or empty:
	 * nothing there. Sections without show() run as they were applied last. */
	json_t *(*show)(void);
	/** The entry as show() would show it: a new reference, defaults left out, each value in its
	 * one spelling. NULL: it asks for nothing. Without canon(): as it stands. */
	json_t *(*canon)(const struct cfg *entry);
	/** Make it so. 0, or a negative errno after cfg_fail(). */
	int (*add)(const struct cfg *entry);
	/** Undo what add() did with that entry; gone already is no error. */
	int (*del)(const struct cfg *entry);
	/** From @p old, what runs, to @p entry in place; NULL: del() then add(). -EOPNOTSUPP: do
	 * that too. */
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
	json_t *kept; /* without show(): what was applied */
};
void cfg_register(struct cfg_section *s) CTL_ONLY;

/** Read and check a file. Returns the document (caller owns a reference), or NULL with every error
 * in @p report (one a line, malloc'ed, caller frees). Changes nothing. */
json_t *cfg_load_file(const char *path, char **report) CTL_ONLY;
json_t *cfg_load_text(const char *text, const char *name, char **report) CTL_ONLY;
/** As cfg_load_file(), but only its syntax is looked at: a part of a document, to be merged. */
json_t *cfg_read_file(const char *path, char **report) CTL_ONLY;
/** Check a parsed document against the sections and the running state. 0 or -EINVAL + report. */
int cfg_check(const json_t *doc, char **report) CTL_ONLY;
/**
 * Make @p doc the running configuration: checks, then applies where what runs differs; if an entry
 * refuses at run time, what ran before is restored. 0, or -errno with @p report. The first time
 * (at start) an entry that fails is reported and skipped: the rest runs; the return is 0 with a
 * report. The next load tries it again, as it is still not there.
 */
int cfg_apply(json_t *doc, char **report) CTL_ONLY;
/** After a cfg_apply() that returned an error: is everything as it was? If not, the report's last
 * line names what is not. */
bool cfg_undone(void) CTL_ONLY;
/** What runs, as a document: a new reference. */
json_t *cfg_running(void) CTL_ONLY;
/** One section of it; NULL: nothing there. */
json_t *cfg_running_section(const char *name) CTL_ONLY;
/** Has a document been applied since the program started? */
bool cfg_started(void) CTL_ONLY;
/** What runs, with what @p doc has over it: members and elements are joined. A new reference. */
json_t *cfg_merged(const json_t *doc) CTL_ONLY;
/** Forget everything without undoing anything: at the end of the program. */
void cfg_fini(void) CTL_ONLY;
/** JSON schema of the whole document, put together from the sections'. Caller owns it. */
json_t *cfg_schema(void) CTL_ONLY;
/** What going from @p from (may be NULL) to @p to would do: lines "+ <pointer> <json>", "- ...",
 * "~ ...", by section. malloc'ed, caller frees; "" when equal. */
char *cfg_diff(const json_t *from, const json_t *to) CTL_ONLY;
/** Directory of the file that was loaded last, for "routes_file" and the like. */
const char *cfg_dir(void) CTL_ONLY;
/** The file that the daemon starts with: what `config save` writes. NULL: none is known. */
extern const char *cfg_startup_path;
#endif
