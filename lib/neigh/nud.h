/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_NUD_H
#define NEIGH_NUD_H
/**
 * @file
 * Neighbour unreachability detection as a pure engine: events and the time in, new state, timer
 * and actions out. No clock, no I/O, no globals: tests drive it with a clock of their own.
 */
#include <stdbool.h>
#include <stdint.h>

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
	NUD_EV_OUTPUT_MUTE,  /* the same, and no question may be asked: nud_output() */
	NUD_EV_REPLY,	     /* unicast answer to us: two-way proof, whatever address it names */
	NUD_EV_HEARD,	     /* any other ARP of it, no new address: one-way proof */
	NUD_EV_MOVED,	     /* any other ARP of it, with another address (RFC 826) */
	NUD_EV_SUSPECT,	     /* another address that may not replace ours, but casts doubt on it */
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

/** net.ipv4.neigh.<if>.* with Linux's names, units and defaults. The engine reads the first half.
 */
struct neigh_parms {
	int mcast_solicit;	    /* 3 */
	int ucast_solicit;	    /* 3 */
	int app_solicit;	    /* 0 */
	int mcast_resolicit;	    /* 0 */
	int retrans_time_ms;	    /* 1000 */
	int base_reachable_time_ms; /* 30000 */
	int delay_first_probe_time; /* 5 s */
	int locktime;		    /* centiseconds, 100 */
	uint64_t reachable_time_ms; /* base randomised 0.5 .. 1.5 */

	int interval_probe_time_ms; /* of managed entries, 5000 */
	int gc_stale_time;	    /* 60 s */
	int unres_qlen;		    /* 101 packets */
	int unres_qlen_bytes;	    /* 212992 */
	int proxy_qlen;		    /* 64 */
	int proxy_delay;	    /* centiseconds, 80 */
	int anycast_delay;	    /* centiseconds, 100 */
	/* ours */
	int gc_share;	/* percent of gc_thresh3 that one device may fill, 80 */
	int arp_defend; /* announce an address of ours that another claims, 1 */
};

/** What the engine keeps of an entry. Times are in milliseconds of the caller's clock. */
struct nud {
	uint8_t state;	/* enum nud_state */
	uint8_t probes; /* sent in this round */
	uint8_t fails;	/* rounds without an answer since it was last valid */
	uint64_t confirmed_ms, updated_ms;
	uint64_t due_ms; /* when its timer runs out; 0: it has none */
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
/**
 * One event: the row's state, times, counts and timer. @p moved: the event names another
 * link-layer address than the entry has; it counts where the row learns.
 * @return the actions (enum nud_action) that are left to the caller, or -1: nothing applies
 */
int nud_event(struct nud *n, enum nud_event ev, bool moved, uint64_t now_ms,
	      const struct neigh_parms *p);
/** What it means that the timer ran out. @p used_ago_ms: since packets last left by the entry. */
enum nud_event nud_timeout(const struct nud *n, uint64_t used_ago_ms, const struct neigh_parms *p);
/** What it means that a packet wants the entry: OUTPUT, or OUTPUT_MUTE where all counts are 0. */
enum nud_event nud_output(const struct nud *n, const struct neigh_parms *p);
/** Failed a short while ago: packets are answered from memory. The while is retrans_time_ms, and
 * doubles with each failed round up to eight times that. */
bool nud_is_negative(const struct nud *n, uint64_t now_ms, const struct neigh_parms *p);

/** Whom the next question of this round goes to. */
enum nud_ask {
	NUD_ASK_NOBODY, /* all questions are asked */
	NUD_ASK_PEER,	/* unicast, to the address we have */
	NUD_ASK_APP,	/* the resolver outside */
	NUD_ASK_ALL	/* broadcast */
};
enum nud_ask nud_ask(const struct nud *n, const struct neigh_parms *p);

/* How much a claim weighs: Linux's NEIGH_UPDATE_F_*. */
#define NUD_F_OVERRIDE	    0x01 /* a different address replaces the one we have */
#define NUD_F_WEAK_OVERRIDE 0x02 /* it does not, but a confirmed one becomes STALE */
#define NUD_F_ADMIN	    0x04 /* the administrator's word: PERMANENT and NOARP yield, too */
/**
 * Linux's neigh_update() as a decision: an entry in state @p old is told to be in @p state at an
 * address that is the @p same as its own or not (false while it has none).
 * @return the event to raise, or NUD_EV_N: the claim changes nothing
 */
enum nud_event nud_update(enum nud_state old, enum nud_state state, bool same, unsigned int flags);
/** The event that puts an entry into @p state by the administrator's will. */
enum nud_event nud_admin_event(enum nud_state state);
/** "REACHABLE", as iproute2 prints it; "NONE" for 0. */
const char *nud_state_name(enum nud_state state);
/** The state of that name, case ignored, or -EINVAL. */
int nud_state_parse(const char *name);
#endif
