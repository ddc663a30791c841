/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stddef.h>
#include <strings.h>
#include "neigh/nud.h"

#define NONE NUD_ROW_NONE
#define ANY  0x1ff
#define A(x) NUD_A_##x

/*
 * RFC 4861 7.3 and Appendix C with ARP in the place of ND, timed as in Linux; RFC 826 says what is
 * learned. PERMANENT and NOARP are the administrator's: nothing heard changes them. An absent
 * pair: no change.
 */
/* clang-format off */
static const struct nud_row rows[] = {
	/* states                                    event                 new state       action */
	{ NONE | NUD_FAILED,                         NUD_EV_OUTPUT,        NUD_INCOMPLETE, A(RESET) | A(SOLICIT) | A(TIMER) },
	{ NUD_STALE,                                 NUD_EV_OUTPUT,        NUD_DELAY,      A(TIMER) },

	{ NUD_INCOMPLETE,                            NUD_EV_TIMEOUT,       NUD_INCOMPLETE, A(SOLICIT) | A(TIMER) },
	{ NUD_INCOMPLETE,                            NUD_EV_TIMEOUT_LAST,  NUD_FAILED,     A(ERROR) },
	{ NUD_REACHABLE,                             NUD_EV_TIMEOUT,       NUD_STALE,      0 },
	{ NUD_REACHABLE,                             NUD_EV_TIMEOUT_USED,  NUD_DELAY,      A(TIMER) },
	{ NUD_DELAY,                                 NUD_EV_TIMEOUT,       NUD_PROBE,      A(RESET) | A(SOLICIT) | A(TIMER) },
	{ NUD_PROBE,                                 NUD_EV_TIMEOUT,       NUD_PROBE,      A(SOLICIT) | A(TIMER) },
	{ NUD_PROBE,                                 NUD_EV_TIMEOUT_LAST,  NUD_FAILED,     A(ERROR) },

	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_REPLY,         NUD_REACHABLE,  A(LEARN) | A(CONFIRM) | A(TIMER) | A(FLUSH) },
	{ NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE,
	                                             NUD_EV_REPLY,         NUD_REACHABLE,  A(LEARN) | A(CONFIRM) | A(TIMER) },
	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_HEARD,         NUD_STALE,      A(LEARN) | A(FLUSH) },
	{ NONE | NUD_INCOMPLETE | NUD_FAILED,        NUD_EV_MOVED,         NUD_STALE,      A(LEARN) | A(FLUSH) },
	{ NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE,
	                                             NUD_EV_MOVED,         NUD_STALE,      A(LEARN) },

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
