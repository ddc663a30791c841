/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_SHED_DP_H
#define IP4_SHED_DP_H
/**
 * @file
 * Which fragments are not worth a try while a flood fills the memory for reassembly. Each datagram
 * that is given up for want of memory has cost as much as many forwarded packets; when more than
 * SHED_LOST a millisecond are, a part of the datagrams is refused at the door, all fragments of one
 * alike, until no more are lost. Sources that lose much are told from the others and answer for
 * themselves. Pure: losses and a clock go in, verdicts come out.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include "core/siphash.h"

#define SHED_LOST    16u /* datagrams a ms that may be lost, of heavy sources and of others */
#define SHED_ROWS    2u	 /* hashes of a source; who shares a place in one has another in the next */
#define SHED_SOURCES 256u     /* places of a row */
#define SHED_SHARE   16u      /* who loses this part of all is heavy */
#define SHED_ALL     0x10000u /* nothing is refused */
#define SHED_MIN     0x100u   /* so much is always tried: how else to see the end of a flood? */

struct ip4_shed {
	uint64_t factor[SHED_ROWS]; /* secret: nobody aims at another's place */
	uint64_t tick_ms;
	uint32_t keep[2]; /* of SHED_ALL, datagrams to try: [1] of heavy sources, [0] of others */
	uint16_t lost[SHED_ROWS][SHED_SOURCES]; /* since the last tick */
	bool heavy[SHED_ROWS][SHED_SOURCES];
};

static inline void
shed_init(struct ip4_shed *s, const struct siphash_key *secret)
{
	memset(s, 0, sizeof(*s));
	for (unsigned int r = 0; r < SHED_ROWS; r++)
		s->factor[r] = secret->k[r] | 1;
	s->keep[0] = s->keep[1] = SHED_ALL;
}
static inline uint32_t
shed_source(const struct ip4_shed *s, unsigned int row, rte_be32_t src)
{
	return (uint32_t)((src * s->factor[row]) >> 32) % SHED_SOURCES;
}
/** A datagram of @p src was given up. */
static inline void
shed_lost(struct ip4_shed *s, rte_be32_t src)
{
	for (unsigned int r = 0; r < SHED_ROWS; r++) {
		uint16_t *n = &s->lost[r][shed_source(s, r, src)];

		*n = (uint16_t)(*n + (*n < UINT16_MAX));
	}
}
/** Does @p src lose much? Only who does in every row: to share one place is nobody's fault. */
static inline bool
shed_heavy(const struct ip4_shed *s, rte_be32_t src)
{
	bool heavy = true;

	for (unsigned int r = 0; r < SHED_ROWS; r++)
		heavy &= __atomic_load_n(&s->heavy[r][shed_source(s, r, src)], __ATOMIC_RELAXED);
	return heavy;
}
/** Is anything refused? */
static inline bool
shed_is_on(const struct ip4_shed *s)
{
	return s->keep[0] != SHED_ALL || s->keep[1] != SHED_ALL;
}
/** Shall a fragment of @p src be tried? @p hash: reasm_hash() of its datagram. Any thread. */
static inline bool
shed_admits(const struct ip4_shed *s, rte_be32_t src, uint64_t hash)
{
	uint32_t keep = __atomic_load_n(&s->keep[shed_heavy(s, src)], __ATOMIC_RELAXED);

	return ((hash >> 16) & 0xffff) < keep;
}
/** Once a call of reassembly: adjust, when a millisecond is over. */
void shed_tick(struct ip4_shed *s, uint64_t now_ms);
#endif
