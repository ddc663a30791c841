/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_DAMP_H
#define LINK_DAMP_H
/**
 * @file
 * What is told of a link that comes and goes. A loss is told at once. A link that returns is
 * believed at once the first time; after that it has to stay for a second, then two, four, ..., up
 * to a limit, until it has stayed long enough for its losses to be forgiven.
 * Pure: no clock, no input or output, no globals.
 */
#include <stdbool.h>
#include <stdint.h>

#define LINK_DAMP_FIRST_MS   1000
#define LINK_DAMP_FORGIVE_MS 10000 /* up for so long, beyond the last hold */
#define LINK_DAMP_MAX_S	     30	   /* default limit */

struct link_damp {
	bool link;	   /* what the device says */
	bool carrier;	   /* what is told */
	uint32_t flaps;	   /* losses that are not forgiven */
	uint32_t hold_ms;  /* the last hold */
	uint64_t since_ms; /* of link */
};

/** The link is @p up and has been nobody's fault so far: started, stopped, set up or down. */
void link_damp_reset(struct link_damp *d, bool up, uint64_t now_ms);
/** The link is @p up at @p now_ms. @p max_ms: limit of a hold, 0: none. @return the carrier */
bool link_damp_update(struct link_damp *d, bool up, uint64_t now_ms, uint32_t max_ms);
/** Milliseconds until a link that is up will be told of; 0: it has been, or is down. */
uint32_t link_damp_left_ms(const struct link_damp *d, uint64_t now_ms);
#endif
