/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "neigh/nud.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const enum nud_state states[] = { NUD_NONE,   NUD_INCOMPLETE, NUD_REACHABLE,
					 NUD_STALE,  NUD_DELAY,	     NUD_PROBE,
					 NUD_FAILED, NUD_NOARP,	     NUD_PERMANENT };

struct step {
	enum nud_event ev;
	enum nud_state want;
	unsigned int act; /* exactly */
};

static void
run_script(enum nud_state from, const struct step *script, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct nud_row *row = nud_step(from, script[i].ev);

		assert_non_null(row);
		assert_int_equal(row->to, script[i].want);
		assert_int_equal(row->act, script[i].act);
		from = row->to;
	}
}

/* A peer that goes silent is probed, then given up (RFC 4861 7.3.3), and tried again. */
static void
silent_peer_is_probed_then_failed(void **state)
{
	static const struct step script[] = {
		{ NUD_EV_OUTPUT, NUD_INCOMPLETE, NUD_A_RESET | NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_REPLY, NUD_REACHABLE,
		  NUD_A_LEARN | NUD_A_CONFIRM | NUD_A_TIMER | NUD_A_FLUSH },
		{ NUD_EV_TIMEOUT, NUD_STALE, 0 },
		{ NUD_EV_OUTPUT, NUD_DELAY, NUD_A_TIMER },
		{ NUD_EV_TIMEOUT, NUD_PROBE, NUD_A_RESET | NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_TIMEOUT, NUD_PROBE, NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_TIMEOUT_LAST, NUD_FAILED, NUD_A_ERROR },
		{ NUD_EV_OUTPUT, NUD_INCOMPLETE, NUD_A_RESET | NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_TIMEOUT, NUD_INCOMPLETE, NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_TIMEOUT_LAST, NUD_FAILED, NUD_A_ERROR },
	};

	(void)state;
	run_script(NUD_NONE, script, N(script));
}

/* In use when its time is over: straight to DELAY, and a confirmation saves the probe. */
static void
peer_in_use_skips_stale(void **state)
{
	static const struct step script[] = {
		{ NUD_EV_TIMEOUT_USED, NUD_DELAY, NUD_A_TIMER },
		{ NUD_EV_CONFIRM, NUD_REACHABLE, NUD_A_CONFIRM | NUD_A_TIMER },
		{ NUD_EV_CONFIRM, NUD_REACHABLE, NUD_A_CONFIRM | NUD_A_TIMER },
		{ NUD_EV_TIMEOUT_USED, NUD_DELAY, NUD_A_TIMER },
		{ NUD_EV_TIMEOUT, NUD_PROBE, NUD_A_RESET | NUD_A_SOLICIT | NUD_A_TIMER },
		{ NUD_EV_REPLY, NUD_REACHABLE, NUD_A_LEARN | NUD_A_CONFIRM | NUD_A_TIMER },
	};

	(void)state;
	run_script(NUD_REACHABLE, script, N(script));
}

/* RFC 826: an entry takes the sender's new address, whatever its state; one-way proof only. */
static void
new_address_is_always_learned(void **state)
{
	static const enum nud_state known[] = { NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE };

	(void)state;
	for (size_t i = 0; i < N(known); i++) {
		const struct nud_row *row = nud_step(known[i], NUD_EV_MOVED);

		assert_non_null(row);
		assert_int_equal(row->to, NUD_STALE);
		assert_int_equal(row->act, NUD_A_LEARN);
	}
}

/* ARP with the address we hold proves nothing new: no state is left by it. */
static void
same_address_unasked_changes_nothing(void **state)
{
	static const enum nud_state known[] = { NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE };

	(void)state;
	for (size_t i = 0; i < N(known); i++)
		assert_null(nud_step(known[i], NUD_EV_HEARD));
}

/* Whoever waits for an address takes it from anybody, and what waited goes out. */
static void
unresolved_learns_from_anything(void **state)
{
	static const enum nud_state unknown[] = { NUD_NONE, NUD_INCOMPLETE, NUD_FAILED };
	static const enum nud_event heard[] = { NUD_EV_REPLY, NUD_EV_HEARD, NUD_EV_MOVED };

	(void)state;
	for (size_t i = 0; i < N(unknown); i++)
		for (size_t e = 0; e < N(heard); e++) {
			const struct nud_row *row = nud_step(unknown[i], heard[e]);

			assert_non_null(row);
			assert_int_equal(row->to,
					 heard[e] == NUD_EV_REPLY ? NUD_REACHABLE : NUD_STALE);
			assert_true(row->act & NUD_A_LEARN);
			assert_true(row->act & NUD_A_FLUSH);
		}
}

/* What the administrator entered, nothing on the wire and no clock changes. */
static void
permanent_and_noarp_are_left_alone(void **state)
{
	(void)state;
	for (int ev = NUD_EV_OUTPUT; ev < NUD_EV_DOWN; ev++) {
		assert_null(nud_step(NUD_PERMANENT, ev));
		assert_null(nud_step(NUD_NOARP, ev));
	}
}

/* Each state reached with a running timer has rows for what the timer can say: none hangs. */
static void
no_timed_state_ignores_its_timer(void **state)
{
	unsigned int timed = 0;

	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (int ev = 0; ev < NUD_EV_N; ev++) {
			const struct nud_row *row = nud_step(states[s], ev);

			if (row == NULL || !(row->act & NUD_A_TIMER))
				continue;
			timed |= row->to;
			assert_true(row->to & NUD_IN_TIMER);
			assert_non_null(nud_step(row->to, NUD_EV_TIMEOUT));
		}
	assert_int_equal(timed, NUD_IN_TIMER);
	assert_non_null(nud_step(NUD_INCOMPLETE, NUD_EV_TIMEOUT_LAST));
	assert_non_null(nud_step(NUD_PROBE, NUD_EV_TIMEOUT_LAST));
	assert_non_null(nud_step(NUD_REACHABLE, NUD_EV_TIMEOUT_USED));
}

/* A state in the timer's care is never entered without its timer, nor another with one. */
static void
timer_follows_the_state(void **state)
{
	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (int ev = 0; ev < NUD_EV_N; ev++) {
			const struct nud_row *row = nud_step(states[s], ev);

			if (row != NULL)
				assert_int_equal(!!(row->act & NUD_A_TIMER),
						 !!(row->to & NUD_IN_TIMER));
		}
}

/* Nothing waits in a state without hope: entering one deals with the queue. */
static void
queue_is_never_forgotten(void **state)
{
	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (int ev = 0; ev < NUD_EV_N; ev++) {
			const struct nud_row *row = nud_step(states[s], ev);

			if (row == NULL)
				continue;
			if (row->to == NUD_FAILED)
				assert_true(row->act & NUD_A_ERROR);
			if (row->to == NUD_NONE)
				assert_true(row->act & NUD_A_PURGE);
			if (!(states[s] & NUD_VALID) && (row->to & NUD_VALID))
				assert_true(row->act & NUD_A_FLUSH);
		}
}

static void
administrator_reaches_every_state_from_every_state(void **state)
{
	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (size_t t = 0; t < N(states); t++) {
			const struct nud_row *row = nud_step(states[s], nud_admin_event(states[t]));

			assert_non_null(row);
			assert_int_equal(row->to, states[t]);
			assert_int_equal(!!(row->act & NUD_A_LEARN), !!(states[t] & NUD_VALID));
		}
	for (size_t s = 0; s < N(states); s++) {
		assert_non_null(nud_step(states[s], NUD_EV_DOWN));
		assert_int_equal(nud_step(states[s], NUD_EV_DOWN)->to, NUD_NONE);
	}
}

static void
names_go_both_ways(void **state)
{
	(void)state;
	for (size_t s = 0; s < N(states); s++)
		assert_int_equal(nud_state_parse(nud_state_name(states[s])), states[s]);
	assert_int_equal(nud_state_parse("permanent"), NUD_PERMANENT);
	assert_int_equal(nud_state_parse("forever"), -EINVAL);
	assert_string_equal(nud_state_name(NUD_REACHABLE), "REACHABLE");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_peer_is_probed_then_failed),
		cmocka_unit_test(peer_in_use_skips_stale),
		cmocka_unit_test(new_address_is_always_learned),
		cmocka_unit_test(same_address_unasked_changes_nothing),
		cmocka_unit_test(unresolved_learns_from_anything),
		cmocka_unit_test(permanent_and_noarp_are_left_alone),
		cmocka_unit_test(no_timed_state_ignores_its_timer),
		cmocka_unit_test(timer_follows_the_state),
		cmocka_unit_test(queue_is_never_forgotten),
		cmocka_unit_test(administrator_reaches_every_state_from_every_state),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
