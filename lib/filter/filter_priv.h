/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FILTER_PRIV_H
#define FILTER_PRIV_H
/** @file What the files of filter share. */
#include "filter/filter.h"

/** A rule in a chain. */
struct filter_entry {
	struct filter_rule rule;
	uint32_t slot;		    /* of its counter */
	uint16_t iif, oif;	    /* what the names mean now; 0: not there, or any */
	bool absent;		    /* names a device that is not there: matches nothing */
	uint8_t colour;		    /* of mark and count rules: see filter_chain */
	struct filter_counter base; /* the counter's sum when it was cleared */
};

/**
 * Build the search structures for entries [0..n). Colours them. NULL with *@p rc -E2BIG or -ENOMEM.
 * Verdict 0, the policy's, is left to the caller.
 */
struct filter_chain *filter_compile(struct filter_entry **e, uint32_t n, int *rc) CTL_ONLY;
/** Free one that no worker can see. */
void filter_chain_free(struct filter_chain *c) CTL_ONLY;
#endif
