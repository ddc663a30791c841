/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_CFG_H
#define FIB_CFG_H
/** @file What the sections about routes share: which next hops a document can have, which routes it
 * has already. No running router is asked. */
#include "ctl/cfg.h"
#include "fib/fib.h"

/** The subnets that a document puts on its interfaces, by addresses and by routes without a
 * gateway; and its own addresses. */
struct fib_doc {
	const struct cfg *doc;
	json_t *nets;	/* "table net/plen": the interfaces that have it */
	json_t *own;	/* its addresses */
	json_t *nhids;	/* ids of its next hop objects */
	uint64_t plens; /* bit n: a subnet of length n is there */
};
void fib_doc_build(struct fib_doc *d, const struct cfg *doc);
void fib_doc_free(struct fib_doc *d);
/** Why no route of @p table can go by @p gateway on @p dev (NULL: any interface); NULL: it can. A
 * buffer of its own, until the next call. */
const char *fib_doc_refuse(const struct fib_doc *d, uint32_t table, rte_be32_t gateway,
			   const char *dev);
/** Has it a next hop object of that id? */
bool fib_doc_has_nhid(const struct fib_doc *d, uint32_t id);
/** Is it an address of the document's? */
bool fib_doc_is_own(const struct fib_doc *d, rte_be32_t addr);
/** The id of a table by the document's name for it, or one that is always there. */
bool fib_doc_table(const struct cfg *doc, const char *name, uint32_t *id);

/** Routes seen so far, by table, prefix, tos and metric; each has a number from 1. */
struct fib_seen {
	struct fib_seen_route *slot;
	uint32_t n, size; /* a power of two */
};
/** The number under which the route was seen before, or 0: now it is, under @p number. */
uint32_t fib_seen_before(struct fib_seen *s, const struct fib_route_spec *r, uint32_t number);
void fib_seen_free(struct fib_seen *s);

void fib_file_cfg_register(void) CTL_ONLY;
void fib_nexthop_cfg_register(void) CTL_ONLY;
/** Member @p key of an entry, the id of a next hop object, which @p doc has (NULL: not asked). */
void fib_cfg_nhid(const struct cfg *c, const char *key, const struct cfg *doc, uint32_t *id);

/** Member "realms" of an entry, a number or a word as `ip route` takes it; absent leaves it alone.
 */
void fib_cfg_realms(const struct cfg *c, uint32_t *realms);
/** Set it, in its one spelling, unless they are 0. */
void fib_cfg_realms_set(json_t *o, uint32_t realms);

/** The metrics of an entry, as `ip route` takes them; a number is of milliseconds where the metric
 * is a time. */
void fib_cfg_metrics(const struct cfg *c, struct fib_metrics *m);
void fib_cfg_metrics_set(json_t *o, const struct fib_metrics *m);

/** Member "table" of an entry, a number or a name; absent leaves *@p table alone, a name that is
 * not there makes it 0. @p doc: only checking, by the names of that document. */
void fib_cfg_table(const struct cfg *c, const struct cfg *doc, uint32_t *table);
#endif
