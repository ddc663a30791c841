/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stddef.h>
#include <strings.h>
#include "neigh/nud.h"

#define NONE NUD_ROW_NONE
#define ANY  0x1ff
#define A(x) NUD_A_##x

#define RETRANS_MIN_MS 10 /* Linux: HZ/100 */
#define BACKOFF_MAX    3  /* doublings of the time that failure is remembered */

/*
 * RFC 4861 7.3 and Appendix C with ARP in the place of ND, timed as in Linux; RFC 826 says what is
 * learned. PERMANENT and NOARP are the administrator's: nothing heard changes them. An absent
 * pair: no change.
 */
/* clang-format off */
static const struct nud_row rows[] = {
	/* states                                    event                 new state       action */
	{ NONE | NUD_FAILED,                         NUD_EV_OUTPUT,        NUD_INCOMPLETE, A(RESET) | A(SOLICIT) | A(TIMER) },
	{ NONE | NUD_FAILED,                         NUD_EV_OUTPUT_MUTE,   NUD_FAILED,     A(ERROR) },
	{ NUD_STALE,                                 NUD_EV_OUTPUT,        NUD_DELAY,      A(TIMER) },

	{ NUD_INCOMPLETE,                            NUD_EV_TIMEOUT,       NUD_INCOMPLETE, A(SOLICIT) | A(TIMER) },
	{ NUD_INCOMPLETE,                            NUD_EV_TIMEOUT_LAST,  NUD_FAILED,     A(ERROR) },
	{ NUD_REACHABLE,                             NUD_EV_TIMEOUT,       NUD_STALE,      0 },
	{ NUD_REACHABLE,                             NUD_EV_TIMEOUT_USED,  NUD_DELAY,      A(TIMER) },
	{ NUD_DELAY,                                 NUD_EV_TIMEOUT,       NUD_PROBE,      A(RESET) | A(SOLICIT) | A(TIMER) },
	{ NUD_DELAY,                                 NUD_EV_TIMEOUT_LAST,  NUD_FAILED,     A(ERROR) },
	{ NUD_PROBE,                                 NUD_EV_TIMEOUT,       NUD_PROBE,      A(SOLICIT) | A(TIMER) },
	{ NUD_PROBE,                                 NUD_EV_TIMEOUT_LAST,  NUD_FAILED,     A(ERROR) },

	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_REPLY,         NUD_REACHABLE,  A(LEARN) | A(CONFIRM) | A(TIMER) | A(FLUSH) },
	{ NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE,
	                                             NUD_EV_REPLY,         NUD_REACHABLE,  A(LEARN) | A(CONFIRM) | A(TIMER) },
	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_HEARD,         NUD_STALE,      A(LEARN) | A(FLUSH) },
	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_MOVED,         NUD_STALE,      A(LEARN) | A(FLUSH) },
	{ NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE,
	                                             NUD_EV_MOVED,         NUD_STALE,      A(LEARN) },
	{ NUD_REACHABLE,                             NUD_EV_SUSPECT,       NUD_STALE,      0 },

	{ NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE,
	                                             NUD_EV_CONFIRM,       NUD_REACHABLE,  A(CONFIRM) | A(TIMER) },

	{ ANY,                                       NUD_EV_DOWN,          NUD_NONE,       A(PURGE) },
	{ ANY,                              NUD_EV_ADMIN_PERMANENT,        NUD_PERMANENT,  A(LEARN) | A(FLUSH) },
	{ ANY,                              NUD_EV_ADMIN_NOARP,            NUD_NOARP,      A(LEARN) | A(FLUSH) },
	{ ANY,                              NUD_EV_ADMIN_REACHABLE,        NUD_REACHABLE,  A(LEARN) | A(CONFIRM) | A(TIMER) | A(FLUSH) },
	{ ANY,                              NUD_EV_ADMIN_STALE,            NUD_STALE,      A(LEARN) | A(FLUSH) },
	{ ANY,                              NUD_EV_ADMIN_DELAY,            NUD_DELAY,      A(LEARN) | A(TIMER) | A(FLUSH) },
	{ ANY,                              NUD_EV_ADMIN_PROBE,            NUD_PROBE,      A(LEARN) | A(RESET) | A(TIMER) | A(FLUSH) | A(SOLICIT) },
	{ ANY,                              NUD_EV_ADMIN_INCOMPLETE,       NUD_INCOMPLETE, A(RESET) | A(SOLICIT) | A(TIMER) },
	{ ANY,                              NUD_EV_ADMIN_FAILED,           NUD_FAILED,     A(ERROR) },
	{ ANY,                              NUD_EV_ADMIN_NONE,             NUD_NONE,       A(PURGE) },
};

static const struct { enum nud_state state; const char *name; enum nud_event admin; } states[] = {
	{ NUD_NONE,       "NONE",       NUD_EV_ADMIN_NONE },
	{ NUD_INCOMPLETE, "INCOMPLETE", NUD_EV_ADMIN_INCOMPLETE },
	{ NUD_REACHABLE,  "REACHABLE",  NUD_EV_ADMIN_REACHABLE },
	{ NUD_STALE,      "STALE",      NUD_EV_ADMIN_STALE },
	{ NUD_DELAY,      "DELAY",      NUD_EV_ADMIN_DELAY },
	{ NUD_PROBE,      "PROBE",      NUD_EV_ADMIN_PROBE },
	{ NUD_FAILED,     "FAILED",     NUD_EV_ADMIN_FAILED },
	{ NUD_NOARP,      "NOARP",      NUD_EV_ADMIN_NOARP },
	{ NUD_PERMANENT,  "PERMANENT",  NUD_EV_ADMIN_PERMANENT },
};
/* clang-format on */
#define N_STATES (sizeof(states) / sizeof(states[0]))

const struct nud_row *
nud_step(enum nud_state from, enum nud_event ev)
{
	unsigned int bit = from == NUD_NONE ? NUD_ROW_NONE : from;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].from & bit) && rows[i].ev == ev)
			return &rows[i];
	return NULL;
}

/* --- times and counts --- */

static uint64_t
retrans_ms(const struct neigh_parms *p)
{
	return p->retrans_time_ms > RETRANS_MIN_MS ? (uint64_t)p->retrans_time_ms : RETRANS_MIN_MS;
}

static uint64_t
timer_ms(enum nud_state state, const struct neigh_parms *p)
{
	switch (state) {
	case NUD_REACHABLE:
		return p->reachable_time_ms;
	case NUD_DELAY:
		return (uint64_t)p->delay_first_probe_time * 1000;
	default: /* INCOMPLETE, PROBE: RFC 4861 7.2.2, 7.3.3 RetransTimer */
		return retrans_ms(p);
	}
}

/* Questions of a round in this state (Linux's neigh_max_probes). */
static unsigned int
max_probes(enum nud_state state, const struct neigh_parms *p)
{
	if (state == NUD_INCOMPLETE)
		return (unsigned int)(p->app_solicit + p->mcast_solicit);
	return (unsigned int)(p->ucast_solicit + p->app_solicit + p->mcast_resolicit);
}

enum nud_ask
nud_ask(const struct nud *n, const struct neigh_parms *p)
{
	unsigned int ucast = n->state == NUD_PROBE ? (unsigned int)p->ucast_solicit : 0;

	if (n->probes >= max_probes(n->state, p))
		return NUD_ASK_NOBODY;
	if (n->probes < ucast)
		return NUD_ASK_PEER; /* RFC 1122 2.3.2.1 (2): unicast poll before broadcast */
	return n->probes < ucast + (unsigned int)p->app_solicit ? NUD_ASK_APP : NUD_ASK_ALL;
}

enum nud_event
nud_timeout(const struct nud *n, uint64_t used_ago_ms, const struct neigh_parms *p)
{
	switch (n->state) {
	case NUD_REACHABLE: /* in use: no need to be STALE first and wait for the next packet */
		return used_ago_ms <= timer_ms(NUD_DELAY, p) ? NUD_EV_TIMEOUT_USED : NUD_EV_TIMEOUT;
	case NUD_DELAY: /* nobody to ask: as if nobody had answered */
		return max_probes(NUD_PROBE, p) == 0 ? NUD_EV_TIMEOUT_LAST : NUD_EV_TIMEOUT;
	default:
		return n->probes >= max_probes(n->state, p) ? NUD_EV_TIMEOUT_LAST : NUD_EV_TIMEOUT;
	}
}

enum nud_event
nud_output(const struct nud *n, const struct neigh_parms *p)
{
	if (n->state != NUD_STALE && max_probes(NUD_INCOMPLETE, p) == 0)
		return NUD_EV_OUTPUT_MUTE;
	return NUD_EV_OUTPUT;
}

bool
nud_is_negative(const struct nud *n, uint64_t now_ms, const struct neigh_parms *p)
{
	unsigned int doublings = n->fails > 1 ? n->fails - 1u : 0;

	if (doublings > BACKOFF_MAX)
		doublings = BACKOFF_MAX;
	return n->state == NUD_FAILED && now_ms - n->updated_ms < retrans_ms(p) << doublings;
}

/* --- one event --- */

int
nud_event(struct nud *n, enum nud_event ev, bool moved, uint64_t now_ms,
	  const struct neigh_parms *p)
{
	const struct nud_row *row = nud_step(n->state, ev);
	uint8_t old = n->state;

	if (row == NULL)
		return -1;
	n->state = (uint8_t)row->to;
	if (row->act & NUD_A_CONFIRM)
		n->confirmed_ms = now_ms;
	if (row->act & NUD_A_RESET)
		n->probes = 0;
	/* Not on a mere confirmation: that would move the window of locktime along with it. */
	if (n->state != old || (moved && (row->act & NUD_A_LEARN)))
		n->updated_ms = now_ms;
	if (n->state == NUD_FAILED) {
		if (n->fails < UINT8_MAX)
			n->fails++;
	} else if (n->state != NUD_INCOMPLETE) {
		n->fails = 0;
	}
	n->due_ms = row->act & NUD_A_TIMER ? now_ms + timer_ms(n->state, p) : 0;
	return (int)row->act;
}

/* What is heard of an entry that has an address already. */
static enum nud_event
update_valid(enum nud_state old, enum nud_state state, bool same, unsigned int flags)
{
	if (same || (flags & NUD_F_OVERRIDE)) {
		if (state == NUD_REACHABLE)
			return NUD_EV_REPLY;
		return same ? NUD_EV_HEARD : NUD_EV_MOVED;
	}
	return (flags & NUD_F_WEAK_OVERRIDE) && (old & NUD_CONNECTED) ? NUD_EV_SUSPECT : NUD_EV_N;
}

enum nud_event
nud_update(enum nud_state old, enum nud_state state, bool same, unsigned int flags)
{
	if (flags & NUD_F_ADMIN)
		return nud_admin_event(state);
	if (old & (NUD_PERMANENT | NUD_NOARP))
		return NUD_EV_N;
	if (old & NUD_VALID)
		return update_valid(old, state, same, flags);
	return state == NUD_REACHABLE ? NUD_EV_REPLY : NUD_EV_HEARD;
}

enum nud_event
nud_admin_event(enum nud_state state)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (states[i].state == state)
			return states[i].admin;
	return NUD_EV_ADMIN_NONE;
}

const char *
nud_state_name(enum nud_state state)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (states[i].state == state)
			return states[i].name;
	return "?";
}

int
nud_state_parse(const char *name)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (strcasecmp(states[i].name, name) == 0)
			return (int)states[i].state;
	return -EINVAL;
}
