/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_IGMP3_H
#define BR_IGMP3_H
/**
 * @file
 * What one port wants of one group: RFC 3376 6.2 to 6.6, which has RFC 2236's and 1112's in it
 * (7.3). Pure: time comes in as milliseconds, what is to be asked stands in the state.
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_byteorder.h>
#include "bridge/br_igmp_proto.h"

#define BR_MC_SRC_MAX 32 /* sources in one port's list; who names more gets all of them */

/** RFC 3376 6.2.3: a source and its timer. */
struct br_mc_src {
	rte_be32_t addr;
	uint8_t asks;	  /* how often it is still to be asked for */
	uint64_t expires; /* ms; 0: has run out, which EXCLUDE mode remembers */
};

/** RFC 3376 6.2.1. All zero: INCLUDE {}, nothing is wanted. */
struct br_mc_filter {
	bool exclude;
	uint8_t asks;	       /* how often the group is still to be asked for */
	uint16_t n;	       /* sources */
	uint64_t expires;      /* ms: the group timer, in EXCLUDE mode */
	uint64_t v2_until;     /* ms: a host of version 1 or 2 is there (7.3.2) */
	struct br_mc_src *src; /* [BR_MC_SRC_MAX], the owner's; NULL: no sources are kept */
};

/** RFC 3376 8, in milliseconds. */
struct br_mc_times {
	uint64_t membership; /* 8.4 */
	uint64_t last;	     /* 8.9: last member query time */
	uint8_t asks;	     /* 8.8.1: last member query count; 0: somebody else asks */
	bool lower;	     /* 6.4.2: we are the querier, or nobody is */
};

/** RFC 3376 6.4: a record about the group; @p src: @p n addresses, unaligned. */
void br_igmp3_record(struct br_mc_filter *f, enum igmp_record type, const uint8_t *src,
		     unsigned int n, uint64_t now, const struct br_mc_times *t);
/** RFC 3376 7.3.2: a report, or a leave, of version 1 or 2. */
void br_igmp3_v2_report(struct br_mc_filter *f, uint64_t now, const struct br_mc_times *t);
void br_igmp3_v2_leave(struct br_mc_filter *f, uint64_t now, const struct br_mc_times *t);
/** RFC 3376 6.6.1: another asks for the group (@p n 0) or for sources: who does not answer in
 * @p ms milliseconds wants it no longer. */
void br_igmp3_query(struct br_mc_filter *f, const uint8_t *src, unsigned int n, uint64_t now,
		    uint64_t ms);
/** By hand: no longer that source. */
void br_igmp3_forget(struct br_mc_filter *f, rte_be32_t addr);
/** RFC 3376 6.3, 6.5: what time has done. false: nothing is wanted any more. */
bool br_igmp3_expire(struct br_mc_filter *f, uint64_t now);
/** When it is to be called next, in ms; 0: never. */
uint64_t br_igmp3_next(const struct br_mc_filter *f);
/** RFC 3376 6.3: are frames of source @p addr wanted? 0: of a source that is not in the list. */
bool br_igmp3_wants(const struct br_mc_filter *f, rte_be32_t addr);
#endif
