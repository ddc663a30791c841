/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_NUD_H
#define NEIGH_NUD_H
/**
 * @file
 * Neighbour unreachability detection as a pure table: events in, new state and actions out.
 * No clock, no I/O, no globals: who raises an event has looked at the clock and the counts.
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
/* Sets of states, as in Linux. VALID: the link-layer address may be used. */
#define NUD_IN_TIMER  (NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE)
#define NUD_VALID     (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)
#define NUD_CONNECTED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)

enum nud_event {
	NUD_EV_OUTPUT,	     /* a packet wants this next hop */
	NUD_EV_REPLY,	     /* unicast answer to us: two-way proof, whatever address it names */
	NUD_EV_HEARD,	     /* any other ARP of it, no new address: one-way proof */
	NUD_EV_MOVED,	     /* any other ARP of it, with another address (RFC 826) */
	NUD_EV_CONFIRM,	     /* an upper layer saw forward progress */
	NUD_EV_TIMEOUT,	     /* the timer of this state ran out; tries remain */
	NUD_EV_TIMEOUT_USED, /* REACHABLE's ran out, and packets went there lately */
	NUD_EV_TIMEOUT_LAST, /* it ran out and no tries remain */
	NUD_EV_DOWN,	     /* device down, carrier lost, entry let go by the administrator */
	/* The administrator says which state it is in from now on. */
	NUD_EV_ADMIN_PERMANENT,
	NUD_EV_ADMIN_NOARP,
	NUD_EV_ADMIN_REACHABLE,
	NUD_EV_ADMIN_STALE,
	NUD_EV_ADMIN_DELAY,
	NUD_EV_ADMIN_PROBE,
	NUD_EV_ADMIN_INCOMPLETE,
	NUD_EV_ADMIN_FAILED,
	NUD_EV_ADMIN_NONE,
	NUD_EV_N
};

/** Actions, or-ed; carried out in this order. No TIMER: the timer is stopped. */
enum nud_action {
	NUD_A_LEARN = 0x01,   /* take the link-layer address of the event */
	NUD_A_CONFIRM = 0x02, /* note the time: reachability is proven now */
	NUD_A_RESET = 0x04,   /* a new round: no probes sent yet */
	NUD_A_TIMER = 0x08,   /* start the timer of the new state */
	NUD_A_FLUSH = 0x10,   /* send what waited */
	NUD_A_SOLICIT = 0x20, /* send one request; unicast or broadcast goes by the count */
	NUD_A_ERROR = 0x40,   /* what waited is unreachable */
	NUD_A_PURGE = 0x80,   /* what waited is dropped */
};

struct nud_row {
	unsigned int from; /* set of states; NUD_ROW_NONE stands for NUD_NONE */
	enum nud_event ev;
	enum nud_state to;
	unsigned int act;
};
#define NUD_ROW_NONE 0x100

/** The row that applies, or NULL when the event means nothing in this state. Pure; any thread. */
const struct nud_row *nud_step(enum nud_state from, enum nud_event ev);
/** The event that puts an entry into @p state by the administrator's will. */
enum nud_event nud_admin_event(enum nud_state state);
/** "REACHABLE", as iproute2 prints it; "NONE" for 0. */
const char *nud_state_name(enum nud_state state);
/** The state of that name, case ignored, or -EINVAL. */
int nud_state_parse(const char *name);
#endif
