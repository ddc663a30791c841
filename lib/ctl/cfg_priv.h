/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CFG_PRIV_H
#define CTL_CFG_PRIV_H
/**
 * @file
 * Inside the configuration: the list of errors, and the sections in their order.
 */
#include "ctl/cfg.h"
#include "ctl/strbuf.h"

#define CFG_ERRORS_MAX 100

struct cfg_errors {
	struct strbuf text; /* one error a line */
	unsigned int n;	    /* all of them, also those over the limit */
	unsigned int seen;  /* those before the entry that is looked at */
};

/** Sections by order, lower first. */
extern struct cfg_section *cfg_sections;

/** The pointer (RFC 6901) of a cursor, with @p key after it when given. */
void cfg_pointer(const struct cfg *c, const char *key, struct strbuf *out);
/** Hand the errors over as a report; *report is NULL when there are none. */
void cfg_errors_report(struct cfg_errors *e, char **report);
/** Say what a value is, shortly: for "found ...". */
void cfg_show(const json_t *v, struct strbuf *out);
/** The name among @p known that is near @p key, or NULL. */
const char *cfg_nearest(const char *key, const char *const *known);
/** Check @p doc; errors go to @p e. */
void cfg_check_doc(const json_t *doc, struct cfg_errors *e) CTL_ONLY;

/** A section of a document, its entries by number and by key. Stays where it is: cursors point
 * into it. */
struct cfg_side {
	struct cfg_section *s;
	struct cfg root, sect;
	const char **keys; /* CFG_MAP */
	size_t n;
	json_t *index; /* key to number, once asked for */
};
/** 0 or -ENOMEM. @p doc may be NULL. */
int cfg_side_init(struct cfg_side *side, struct cfg_section *s, const json_t *doc,
		  struct cfg_errors *errs);
void cfg_side_free(struct cfg_side *side);
struct cfg cfg_side_at(const struct cfg_side *side, size_t i);
/** The key of an entry of @p s in @p out. False: it has none. */
bool cfg_entry_key(const struct cfg_section *s, const struct cfg *entry, struct strbuf *out);
/** The entry of that key; node NULL: there is none. */
struct cfg cfg_side_find(struct cfg_side *side, const char *key);
/** The entry as show() would show it; a new reference, or NULL. */
json_t *cfg_entry_canon(const struct cfg_section *s, const struct cfg *entry);
/** One section as it runs; a new reference, or NULL. */
json_t *cfg_section_show(const struct cfg_section *s) CTL_ONLY;
/** Calls @p fn for each difference: '-' an entry that @p to lacks, '+' one that it has more, '~'
 * one that differs. 0 or -ENOMEM. */
int cfg_compare(const json_t *from, const json_t *to,
		void (*fn)(void *arg, char sign, const struct cfg *entry), void *arg) CTL_ONLY;
void cfg_unregister_all(void) CTL_ONLY;
#endif
