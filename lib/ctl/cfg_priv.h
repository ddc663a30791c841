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

/** What an entry is after what was done to it was taken back. */
enum cfg_left { CFG_LEFT_OLD, CFG_LEFT_NEW, CFG_LEFT_GONE };

/** One entry of a section: where it stands in the old and in the new document. */
struct cfg_entry {
	struct cfg_section *s;
	const char *key; /* CFG_MAP, CFG_OBJECT */
	size_t old_idx, new_idx;
	const json_t *old, *new; /* NULL: not there */
	bool gone;		 /* the old one was deleted already, to be added again */
	enum cfg_left left;	 /* not the old one: it could not be restored */
};
struct cfg_entries {
	struct cfg_entry *e;
	size_t n;
};
/** All entries of both documents (either may be NULL), in the order of the sections. */
int cfg_entries_build(struct cfg_entries *es, const json_t *from, const json_t *to) CTL_ONLY;
void cfg_entries_free(struct cfg_entries *es);
void cfg_unregister_all(void) CTL_ONLY;
#endif
