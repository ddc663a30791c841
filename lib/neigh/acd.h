/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_ACD_H
#define NEIGH_ACD_H
/**
 * @file
 * IPv4 address conflict detection before an address is used (RFC 5227 2.1 to 2.3) as a pure engine:
 * events, the time and random numbers in, actions out. No clock, no I/O, no globals.
 */
#include <stdint.h>

/* RFC 5227 1.1, in milliseconds where a time. */
#define ACD_PROBE_WAIT_MS	 1000
#define ACD_PROBE_NUM		 3
#define ACD_PROBE_MIN_MS	 1000
#define ACD_PROBE_MAX_MS	 2000
#define ACD_ANNOUNCE_WAIT_MS	 2000
#define ACD_ANNOUNCE_NUM	 2
#define ACD_ANNOUNCE_INTERVAL_MS 2000
#define ACD_MAX_CONFLICTS	 10
#define ACD_RATE_LIMIT_MS	 60000
#define ACD_DEFEND_INTERVAL_MS	 10000

enum acd_state {
	ACD_OFF,	/* the link is down: nothing can be said of the address */
	ACD_PROBING,	/* questions are asked, or the last one waits for its answer */
	ACD_FAILED,	/* another has it; asked again after a while */
	ACD_ANNOUNCING, /* ours; announcements are left to be sent */
	ACD_USED,	/* ours */
	ACD_STATES
};
enum acd_event {
	ACD_EV_LINK,	 /* the link is up */
	ACD_EV_NOLINK,	 /* it is not any more */
	ACD_EV_CONFLICT, /* another has the address, or asks whether it may (2.1.1) */
	ACD_EV_TIMER,
	ACD_EVENTS
};
/** Actions, or-ed; carried out in this order. */
enum acd_action {
	ACD_A_PROBE = 1,
	ACD_A_FAIL = 2, /* tell that the address can not be used */
	ACD_A_USE = 4,	/* from now on it is ours */
	ACD_A_ANNOUNCE = 8,
};

struct acd {
	uint8_t state;	   /* enum acd_state; zeroed: off */
	uint8_t sent;	   /* probes, or announcements, of this round */
	uint8_t conflicts; /* since it was last used */
	uint64_t due_ms;   /* when ACD_EV_TIMER is due; 0: no timer */
};

/** One event at @p now_ms. @p rnd: a random number, of which the waits are made.
 * @return the actions (enum acd_action) */
unsigned int acd_event(struct acd *a, enum acd_event ev, uint64_t now_ms, uint32_t rnd);
#endif
