/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "neigh/nud.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const enum nud_state states[] = { NUD_NONE,   NUD_INCOMPLETE, NUD_REACHABLE,
					 NUD_STALE,  NUD_DELAY,	     NUD_PROBE,
					 NUD_FAILED, NUD_NOARP,	     NUD_PERMANENT };

/*
 * The whole table once more, as what is left of it when rows are read as sentences: for each state
 * and each event the state that follows and the actions, or "-" for nothing.
 * l learn, c confirm, r reset, t timer, f flush, s solicit, e error, p purge
 */
/* clang-format off */
static const struct {
	enum nud_event ev;
	const char *cell[9]; /* by states[] */
} matrix[] = {
#define VALIDS(x) x, x, x, x
	/*                          NONE        INCOMPLETE  REACHABLE   STALE       DELAY       PROBE       FAILED      NOARP       PERMANENT */
	{ NUD_EV_OUTPUT,          { "I rts",    "-",        "-",        "D t",      "-",        "-",        "I rts",    "-",        "-" } },
	{ NUD_EV_OUTPUT_MUTE,     { "F e",      "-",        "-",        "-",        "-",        "-",        "F e",      "-",        "-" } },
	{ NUD_EV_REPLY,           { "R lctf",   "R lctf",   VALIDS("R lct"),                                "R lctf",   "-",        "-" } },
	{ NUD_EV_HEARD,           { "S lf",     "S lf",     VALIDS("-"),                                    "S lf",     "-",        "-" } },
	{ NUD_EV_MOVED,           { "S lf",     "S lf",     VALIDS("S l"),                                  "S lf",     "-",        "-" } },
	{ NUD_EV_SUSPECT,         { "-",        "-",        "S",        "-",        "-",        "-",        "-",        "-",        "-" } },
	{ NUD_EV_CONFIRM,         { "-",        "-",        VALIDS("R ct"),                                 "-",        "-",        "-" } },
	{ NUD_EV_TIMEOUT,         { "-",        "I ts",     "S",        "-",        "P rts",    "P ts",     "-",        "-",        "-" } },
	{ NUD_EV_TIMEOUT_USED,    { "-",        "-",        "D t",      "-",        "-",        "-",        "-",        "-",        "-" } },
	{ NUD_EV_TIMEOUT_LAST,    { "-",        "F e",      "-",        "-",        "F e",      "F e",      "-",        "-",        "-" } },
#define ALL(x) { x, x, x, x, x, x, x, x, x }
	{ NUD_EV_DOWN,            ALL("0 p") },
	{ NUD_EV_ADMIN_PERMANENT, ALL("M lf") },
	{ NUD_EV_ADMIN_NOARP,     ALL("N lf") },
	{ NUD_EV_ADMIN_REACHABLE, ALL("R lctf") },
	{ NUD_EV_ADMIN_STALE,     ALL("S lf") },
	{ NUD_EV_ADMIN_DELAY,     ALL("D ltf") },
	{ NUD_EV_ADMIN_PROBE,     ALL("P lrtfs") },
	{ NUD_EV_ADMIN_INCOMPLETE, ALL("I rts") },
	{ NUD_EV_ADMIN_FAILED,    ALL("F e") },
	{ NUD_EV_ADMIN_NONE,      ALL("0 p") },
};
/* clang-format on */

static void
every_state_meets_every_event(void **state)
{
	static const char letters[] = "0IRSDPFNM", actions[] = "lcrtfsep";

	(void)state;
	assert_int_equal(N(matrix), NUD_EV_N); /* no event is missing, none is there twice */
	for (size_t i = 0; i < N(matrix); i++)
		for (size_t s = 0; s < N(states); s++) {
			const struct nud_row *row = nud_step(states[s], matrix[i].ev);
			const char *want = matrix[i].cell[s];
			unsigned int act = 0;

			assert_int_equal(matrix[i].ev, i);
			if (*want == '-') {
				assert_null(row);
				continue;
			}
			assert_non_null(row);
			assert_int_equal(row->to, states[strchr(letters, *want) - letters]);
			for (const char *a = want + 1; *a != '\0'; a++)
				if (*a != ' ')
					act |= 1u << (strchr(actions, *a) - actions);
			assert_int_equal(row->act, act);
		}
}

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

/* --- Linux's neigh_update() --- */

static void
claims_weigh_as_in_linux(void **state)
{
	static const enum nud_state known[] = { NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE };
	static const enum nud_state unknown[] = { NUD_NONE, NUD_INCOMPLETE, NUD_FAILED };

	(void)state;
	for (size_t i = 0; i < N(known); i++) {
		enum nud_state s = known[i];
		bool connected = s == NUD_REACHABLE;

		assert_int_equal(nud_update(s, NUD_REACHABLE, true, 0), NUD_EV_REPLY);
		assert_int_equal(nud_update(s, NUD_STALE, true, 0), NUD_EV_HEARD);
		/* another address: only with the right to override */
		assert_int_equal(nud_update(s, NUD_REACHABLE, false, 0), NUD_EV_N);
		assert_int_equal(nud_update(s, NUD_STALE, false, 0), NUD_EV_N);
		assert_int_equal(nud_update(s, NUD_REACHABLE, false, NUD_F_OVERRIDE), NUD_EV_REPLY);
		assert_int_equal(nud_update(s, NUD_STALE, false, NUD_F_OVERRIDE), NUD_EV_MOVED);
		assert_int_equal(nud_update(s, NUD_STALE, false, NUD_F_WEAK_OVERRIDE),
				 connected ? NUD_EV_SUSPECT : NUD_EV_N);
		assert_int_equal(nud_update(s, NUD_REACHABLE, false, NUD_F_WEAK_OVERRIDE),
				 connected ? NUD_EV_SUSPECT : NUD_EV_N);
	}
	for (size_t i = 0; i < N(unknown); i++) {
		assert_int_equal(nud_update(unknown[i], NUD_REACHABLE, false, 0), NUD_EV_REPLY);
		assert_int_equal(nud_update(unknown[i], NUD_STALE, false, 0), NUD_EV_HEARD);
	}
	for (unsigned int f = 0; f < NUD_F_ADMIN; f++) {
		assert_int_equal(nud_update(NUD_PERMANENT, NUD_REACHABLE, false, f), NUD_EV_N);
		assert_int_equal(nud_update(NUD_NOARP, NUD_STALE, true, f), NUD_EV_N);
	}
	assert_int_equal(nud_update(NUD_PERMANENT, NUD_STALE, false, NUD_F_ADMIN),
			 NUD_EV_ADMIN_STALE);
}

/* --- a clock of our own: an entry, a peer that may answer, and what went over the wire --- */

static const struct neigh_parms linux_parms = {
	.mcast_solicit = 3,
	.ucast_solicit = 3,
	.retrans_time_ms = 1000,
	.base_reachable_time_ms = 30000,
	.delay_first_probe_time = 5,
	.locktime = 100,
	.reachable_time_ms = 30000,
};

static struct sim {
	struct nud n;
	struct neigh_parms p;
	uint64_t now, used;    /* used: when the last packet left */
	unsigned int asked[4]; /* by enum nud_ask */
	unsigned int flushed, failed, purged;
} sim;

static int
sim_event(enum nud_event ev)
{
	int act = nud_event(&sim.n, ev, false, sim.now, &sim.p);

	if (act < 0)
		return act;
	if (act & NUD_A_SOLICIT) {
		sim.asked[nud_ask(&sim.n, &sim.p)]++;
		sim.n.probes++;
	}
	sim.flushed += !!(act & NUD_A_FLUSH);
	sim.failed += !!(act & NUD_A_ERROR);
	sim.purged += !!(act & NUD_A_PURGE);
	return act;
}

/* Time passes to @p ms, timers run out on the way. */
static void
sim_until(uint64_t ms)
{
	while (sim.n.due_ms != 0 && sim.n.due_ms <= ms) {
		sim.now = sim.n.due_ms;
		sim_event(nud_timeout(&sim.n, sim.now - sim.used, &sim.p));
	}
	sim.now = ms;
}

static int
sim_setup(void **state)
{
	(void)state;
	memset(&sim, 0, sizeof(sim));
	sim.p = linux_parms;
	sim.now = 1000;
	return 0;
}

static void
assert_asked(unsigned int peer, unsigned int app, unsigned int all)
{
	assert_int_equal(sim.asked[NUD_ASK_PEER], peer);
	assert_int_equal(sim.asked[NUD_ASK_APP], app);
	assert_int_equal(sim.asked[NUD_ASK_ALL], all);
}

/* 3 broadcasts a second apart, then failure a second after the last. */
static void
silence_takes_three_seconds(void **state)
{
	(void)state;
	sim_event(nud_output(&sim.n, &sim.p));
	assert_asked(0, 0, 1);
	sim_until(1999);
	assert_asked(0, 0, 1);
	sim_until(2000);
	assert_asked(0, 0, 2);
	sim_until(3999);
	assert_asked(0, 0, 3);
	assert_int_equal(sim.n.state, NUD_INCOMPLETE);
	sim_until(4000);
	assert_int_equal(sim.n.state, NUD_FAILED);
	assert_int_equal(sim.failed, 1);
	assert_int_equal(sim.n.due_ms, 0);
	assert_int_equal(sim.n.updated_ms, 4000);
	sim_until(100000); /* and nothing more, ever */
	assert_asked(0, 0, 3);
}

/* With nobody to ask there is nothing to wait for (Linux: __neigh_event_send). */
static void
mute_entries_fail_at_once(void **state)
{
	(void)state;
	sim.p.mcast_solicit = 0;
	assert_int_equal(nud_output(&sim.n, &sim.p), NUD_EV_OUTPUT_MUTE);
	sim_event(nud_output(&sim.n, &sim.p));
	assert_int_equal(sim.n.state, NUD_FAILED);
	assert_int_equal(sim.failed, 1);
	sim.p.app_solicit = 1;
	assert_int_equal(nud_output(&sim.n, &sim.p), NUD_EV_OUTPUT);
	sim.n.state = NUD_STALE; /* in use with an address: no question is needed yet */
	sim.p.app_solicit = 0;
	assert_int_equal(nud_output(&sim.n, &sim.p), NUD_EV_OUTPUT);
	sim.p.ucast_solicit = 0;
	sim_event(NUD_EV_OUTPUT);
	assert_int_equal(sim.n.state, NUD_DELAY);
	sim_until(sim.now + 5000);
	assert_int_equal(sim.n.state, NUD_FAILED);
	assert_asked(0, 0, 0);
}

/* app_solicit questions go to the resolver outside, in either round, before the broadcasts. */
static void
questions_go_to_peer_resolver_all(void **state)
{
	(void)state;
	sim.p.app_solicit = 2;
	sim.p.mcast_resolicit = 1;
	sim_event(NUD_EV_OUTPUT);
	assert_asked(0, 1, 0);
	sim_until(2000);
	assert_asked(0, 2, 0);
	sim_until(3000);
	assert_asked(0, 2, 1);
	sim_event(NUD_EV_HEARD);
	assert_int_equal(sim.n.state, NUD_STALE);
	sim_event(NUD_EV_OUTPUT);
	sim_until(8000); /* delay_first_probe_time after it became DELAY */
	assert_int_equal(sim.n.state, NUD_PROBE);
	assert_asked(1, 2, 1);
	sim_until(10000);
	assert_asked(3, 2, 1);
	sim_until(12000);
	assert_asked(3, 4, 1);
	sim_until(13000);
	assert_asked(3, 4, 2);
	sim_until(13999);
	assert_int_equal(sim.n.state, NUD_PROBE);
	sim_until(14000);
	assert_int_equal(sim.n.state, NUD_FAILED);
	assert_asked(3, 4, 2);
}

/* REACHABLE ends in STALE when unused, in DELAY when used within delay_first_probe_time. */
static void
reachability_ends_by_time_and_use(void **state)
{
	(void)state;
	sim_event(NUD_EV_REPLY);
	assert_int_equal(sim.n.confirmed_ms, 1000);
	sim_until(30999);
	assert_int_equal(sim.n.state, NUD_REACHABLE);
	sim.used = 25999; /* a millisecond too long ago */
	sim_until(31000);
	assert_int_equal(sim.n.state, NUD_STALE);
	sim_event(NUD_EV_REPLY);
	sim.used = 56000;
	sim_until(61000);
	assert_int_equal(sim.n.state, NUD_DELAY);
	sim_until(65999);
	assert_int_equal(sim.n.state, NUD_DELAY);
	sim_event(NUD_EV_CONFIRM);
	assert_int_equal(sim.n.state, NUD_REACHABLE);
	assert_int_equal(sim.n.confirmed_ms, 65999);
	sim_until(65999 + 29999); /* a confirmation is worth a whole new time */
	assert_int_equal(sim.n.state, NUD_REACHABLE);
	assert_asked(0, 0, 0);
}

/* Answers move the window of reachability, but not that of locktime. */
static void
confirmation_is_no_update(void **state)
{
	(void)state;
	sim_event(NUD_EV_REPLY);
	assert_int_equal(sim.n.updated_ms, 1000);
	sim.now = 1500;
	nud_event(&sim.n, NUD_EV_REPLY, false, sim.now, &sim.p);
	assert_int_equal(sim.n.updated_ms, 1000);
	assert_int_equal(sim.n.confirmed_ms, 1500);
	nud_event(&sim.n, NUD_EV_REPLY, true, sim.now, &sim.p); /* another address: that is one */
	assert_int_equal(sim.n.updated_ms, 1500);
}

/* Failure is remembered twice as long each time, up to eight times; an answer clears it. */
static void
negative_answers_back_off(void **state)
{
	static const uint64_t hold_ms[] = { 1000, 2000, 4000, 8000, 8000, 8000 };

	(void)state;
	for (size_t i = 0; i < N(hold_ms); i++) {
		uint64_t failed_at;

		sim_event(NUD_EV_OUTPUT);
		sim_until(sim.now + 3000);
		assert_int_equal(sim.n.state, NUD_FAILED);
		failed_at = sim.now;
		assert_true(nud_is_negative(&sim.n, failed_at, &sim.p));
		assert_true(nud_is_negative(&sim.n, failed_at + hold_ms[i] - 1, &sim.p));
		assert_false(nud_is_negative(&sim.n, failed_at + hold_ms[i], &sim.p));
		sim.now = failed_at + hold_ms[i];
	}
	sim_event(NUD_EV_HEARD);
	assert_int_equal(sim.n.fails, 0);
	sim.n.state = NUD_NONE;
	sim_event(NUD_EV_OUTPUT);
	sim_until(sim.now + 3000);
	assert_false(nud_is_negative(&sim.n, sim.now + 1000, &sim.p));
	for (int i = 0; i < 300; i++) /* a count that would wrap */
		nud_event(&sim.n, NUD_EV_ADMIN_FAILED, false, sim.now, &sim.p);
	assert_true(nud_is_negative(&sim.n, sim.now + 7999, &sim.p));
	assert_false(nud_is_negative(&sim.n, sim.now + 8000, &sim.p));
	sim.n.state = NUD_STALE;
	assert_false(nud_is_negative(&sim.n, sim.now, &sim.p));
}

/* However small the tunables: never a timer that runs out at once, time and again. */
static void
retransmission_has_a_floor(void **state)
{
	(void)state;
	sim.p.retrans_time_ms = 0;
	sim_event(NUD_EV_OUTPUT);
	assert_int_equal(sim.n.due_ms, sim.now + 10);
}

/* As many questions as the tunables say; none is none. */
static void
questions_end(void **state)
{
	struct nud n = { .state = NUD_PROBE };

	(void)state;
	sim.p.mcast_solicit = 2;
	sim.p.ucast_solicit = 1;
	assert_int_equal(nud_ask(&n, &sim.p), NUD_ASK_PEER);
	n.probes = 1;
	assert_int_equal(nud_ask(&n, &sim.p), NUD_ASK_NOBODY);
	n.state = NUD_INCOMPLETE;
	assert_int_equal(nud_ask(&n, &sim.p), NUD_ASK_ALL);
	n.probes = 2;
	assert_int_equal(nud_ask(&n, &sim.p), NUD_ASK_NOBODY);
	sim.p.mcast_solicit = sim.p.ucast_solicit = 0;
	n.probes = 0;
	assert_int_equal(nud_ask(&n, &sim.p), NUD_ASK_NOBODY);
}

/* Every state against every event, with the clock: due, counts and times follow the row. */
static void
clock_follows_every_transition(void **state)
{
	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (int ev = 0; ev < NUD_EV_N; ev++) {
			const struct nud_row *row = nud_step(states[s], ev);
			struct nud n = { .state = (uint8_t)states[s],
					 .probes = 7,
					 .fails = 2,
					 .confirmed_ms = 5,
					 .updated_ms = 6,
					 .due_ms = 9999 };
			struct nud before = n;
			int act = nud_event(&n, ev, false, 1000, &linux_parms);
			uint64_t timer = n.state == NUD_REACHABLE ? 30000
					 : n.state == NUD_DELAY	  ? 5000
								  : 1000;

			if (row == NULL) {
				assert_int_equal(act, -1);
				assert_memory_equal(&n, &before, sizeof(n));
				continue;
			}
			assert_int_equal(act, row->act);
			assert_int_equal(n.state, row->to);
			assert_int_equal(n.due_ms, act & NUD_A_TIMER ? 1000 + timer : 0);
			assert_int_equal(n.confirmed_ms, act & NUD_A_CONFIRM ? 1000 : 5);
			assert_int_equal(n.updated_ms, n.state != states[s] ? 1000 : 6);
			assert_int_equal(n.probes, act & NUD_A_RESET ? 0 : 7);
			assert_int_equal(n.fails, n.state == NUD_FAILED	      ? 3
						  : n.state == NUD_INCOMPLETE ? 2
									      : 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_peer_is_probed_then_failed),
		cmocka_unit_test(peer_in_use_skips_stale),
		cmocka_unit_test(no_timed_state_ignores_its_timer),
		cmocka_unit_test(timer_follows_the_state),
		cmocka_unit_test(queue_is_never_forgotten),
		cmocka_unit_test(administrator_reaches_every_state_from_every_state),
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(every_state_meets_every_event),
		cmocka_unit_test(claims_weigh_as_in_linux),
		cmocka_unit_test_setup(silence_takes_three_seconds, sim_setup),
		cmocka_unit_test_setup(mute_entries_fail_at_once, sim_setup),
		cmocka_unit_test_setup(questions_go_to_peer_resolver_all, sim_setup),
		cmocka_unit_test_setup(reachability_ends_by_time_and_use, sim_setup),
		cmocka_unit_test_setup(confirmation_is_no_update, sim_setup),
		cmocka_unit_test_setup(negative_answers_back_off, sim_setup),
		cmocka_unit_test_setup(retransmission_has_a_floor, sim_setup),
		cmocka_unit_test_setup(questions_end, sim_setup),
		cmocka_unit_test(clock_follows_every_transition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
