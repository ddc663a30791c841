/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_NUD_H
#define NEIGH_NUD_H
/** @file Neighbour unreachability detection as a pure table: events in, new state and actions out.
 */

/** States, values of Linux's NUD_* so that a set of states is a mask. */
enum nud_state {
	NUD_NONE = 0x00,
	NUD_INCOMPLETE = 0x01,
	NUD_REACHABLE = 0x02,
	NUD_STALE = 0x04,
	NUD_DELAY = 0x08,
	NUD_PROBE = 0x10,
	NUD_FAILED = 0x20,
	NUD_NOARP = 0x40,
	NUD_PERMANENT = 0x80,
};
#endif
