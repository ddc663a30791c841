/* SPDX-License-Identifier: BSD-3-Clause */
/* STP as in 802.1D-1998 clause 8, and as Linux's bridge does it. */
#include "fix.h"

static int
start(void **state)
{
	(void)state;
	fix_start(STP_VERSION_STP);
	return 0;
}

static void
hear_root(void)
{
	struct stp_bpdu b = fix_config(BETTER, 0, BETTER);

	assert_int_equal(fix_hear(1, &b), STP_RX_OK);
}

/* Port 1: root port; 2: designated; both forwarding, all quiet. */
static void
between(void)
{
	fix_up(1);
	fix_up(2);
	for (int i = 0; i < 40; i++) {
		hear_root();
		fix_ticks(2);
	}
	hear_root();
	assert_role(1, root);
	assert_state(1, FORWARDING);
	assert_state(2, FORWARDING);
	fix_ticks(1);
	fix_clear();
}

/* 8.4: blocking, listening, learning, forwarding */
static void
five_states_by_timers(void **state)
{
	(void)state;
	assert_state(1, DISABLED);
	fix_up(1);
	assert_state(1, LISTENING);
	fix_ticks(14);
	assert_state(1, LISTENING);
	fix_ticks(1);
	assert_state(1, LEARNING);
	fix_ticks(14);
	assert_state(1, LEARNING);
	fix_ticks(1);
	assert_state(1, FORWARDING);
	assert_why(TIMER);
	assert_string_equal(stp_state_name(STP_BLOCKING, 0), "blocking");
	assert_string_equal(stp_state_name(STP_LISTENING, 0), "listening");
	assert_string_equal(stp_state_name(STP_LISTENING, 2), "discarding");
	assert_string_equal(stp_state_name(STP_DISABLED, 2), "disabled");
}

static void
blocked_port_blocks(void **state)
{
	struct stp_bpdu b = fix_config(BETTER, 4, PEER);

	(void)state;
	between();
	fix_up(3);
	fix_hear(3, &b);
	FIX_PORT_SET(3, path_cost, 100);
	assert_role(3, alternate);
	assert_state(3, BLOCKING);
	fix_ticks(60);
	assert_true(X(3)->role == STP_ROLE_DESIGNATED); /* nobody spoke any more */
}

static void
short_costs_of_1998(void **state)
{
	static const struct {
		uint32_t mbps, cost;
	} table[] = { { 4, 250 },  { 10, 100 },	 { 16, 62 },	{ 100, 19 },
		      { 1000, 4 }, { 10000, 2 }, { 100000, 1 }, { 0, 100 } };
	struct stp_port_info info;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		stp_port_link(fix.port[1].p, true, table[i].mbps, true);
		stp_port_show(fix.port[1].p, &info);
		assert_int_equal(info.path_cost, table[i].cost);
	}
}

/* 8.6.4, 8.7.1: what is not the root speaks when the root has spoken. */
static void
hellos_are_passed_on(void **state)
{
	(void)state;
	between();
	hear_root();
	assert_int_equal(fix.port[2].sent, 1);
	assert_int_equal(fix.port[2].last.kind, STP_BPDU_CONFIG);
	assert_true(fix.port[2].last.vec.root == BETTER && fix.port[2].last.vec.bridge == OWN_ID);
	assert_int_equal(fix.port[2].last.vec.ext_cost, 4);
	assert_int_equal(fix.port[2].last.times.message_age, 2);
	assert_int_equal(fix.port[1].sent, 0);
	fix_ticks(10);
	assert_int_equal(fix.port[2].sent, 1); /* the root is silent, so are we */
}

static void
root_speaks_by_the_clock(void **state)
{
	(void)state;
	fix_up(1);
	fix_ticks(2);
	fix_clear();
	fix_ticks(20);
	assert_int_equal(fix.port[1].sent, 10);
	assert_int_equal(fix.port[1].last.times.message_age, 0);
}

/* 8.6.2, Message Age Timer */
static void
information_lives_until_max_age(void **state)
{
	(void)state;
	between();
	hear_root();
	assert_int_equal(X(1)->rcvdInfoWhile, 19); /* it came with age 1 */
	fix_ticks(18);
	assert_role(1, root);
	fix_ticks(1);
	assert_role(1, designated);
	assert_state(1, FORWARDING); /* 1998 keeps a forwarding port so */
	assert_true(fix.br->tree[0].rootPriority.root == OWN_ID);
}

/* 8.6.1.3.3: the age grows while it is kept. */
static void
age_is_told_with_the_time_kept(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	between();
	hear_root();
	fix_ticks(7);
	fix_clear();
	fix_hear(2, &b); /* inferior: it is answered at once */
	assert_int_equal(fix.port[2].sent, 1);
	assert_true(fix.port[2].last.vec.root == BETTER);
	assert_int_equal(fix.port[2].last.times.message_age, 9);
	fix_ticks(11); /* 19 + 1: would be too old */
	fix_clear();
	fix_hear(2, &b);
	assert_int_equal(fix.port[2].sent, 0);
}

static void
inferior_claim_is_answered_once_in_a_hold_time(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	between();
	for (int i = 0; i < 5; i++)
		fix_hear(2, &b);
	assert_int_equal(fix.port[2].sent, 1); /* 8.5.3.14, 8.7.8 */
	fix_ticks(1);
	assert_int_equal(fix.port[2].sent, 2); /* what was put off */
	fix_ticks(1);
	assert_int_equal(fix.port[2].sent, 2);
}

static void
times_are_the_roots(void **state)
{
	struct stp_bpdu b = fix_config(BETTER, 0, BETTER);

	(void)state;
	between();
	b.times.hello_time = 5;
	b.times.max_age = 30;
	b.times.forward_delay = 20;
	fix_hear(1, &b);
	assert_int_equal(fix.port[2].last.times.hello_time, 5);
	assert_int_equal(fix.port[2].last.times.max_age, 30);
	assert_int_equal(fix.port[2].last.times.forward_delay, 20);
	assert_int_equal(X(1)->rcvdInfoWhile, 29);
}

/* 8.6.14, 8.7.7: TCNs towards the root, until it acknowledges. */
static void
tcn_goes_to_the_root_until_acknowledged(void **state)
{
	struct stp_bpdu b = fix_config(BETTER, 0, BETTER), t = fix_tcn();

	(void)state;
	between();
	fix_hear(2, &t);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_TCN);
	assert_int_equal(fix.port[1].sent, 1);
	assert_int_equal(fix.port[2].last.flags & STP_F_TC_ACK, STP_F_TC_ACK);
	assert_int_equal(fix.port[2].last.flags & STP_F_TC, 0); /* that is for the root to say */
	fix_ticks(1);
	hear_root();
	fix_ticks(3);
	assert_true(fix.port[1].sent >= 2); /* again each Hello Time */
	b.flags = STP_F_TC | STP_F_TC_ACK;
	fix_hear(1, &b);
	fix_clear();
	fix_ticks(4);
	assert_int_equal(fix.port[1].sent, 0);
}

static void
topology_change_is_the_roots_to_tell(void **state)
{
	struct stp_bpdu b = fix_config(BETTER, 0, BETTER);

	(void)state;
	between();
	b.flags = STP_F_TC;
	fix_hear(1, &b);
	assert_true(fix.port[2].last.flags & STP_F_TC);
	assert_int_equal(fix.ageing, 15); /* 8.5.1.10 */
	for (int i = 0; i < 30; i++) {	  /* as long as it says so */
		fix_ticks(1);
		fix_hear(1, &b);
		assert_int_equal(fix.ageing, 15);
	}
	fix_ticks(1);
	b.flags = 0;
	fix_hear(1, &b);
	assert_false(fix.port[2].last.flags & STP_F_TC);
	fix_ticks(15);
	assert_int_equal(fix.ageing, 15);
	fix_ticks(3);
	assert_int_equal(fix.ageing, 0);
	assert_int_equal(fix.ageing_set, 2);
}

/* Its other ports may be blocked: what was learned there is wrong all the same. */
static void
change_ages_where_nothing_is_passed_on(void **state)
{
	struct stp_bpdu b = fix_config(BETTER, 0, BETTER);

	(void)state;
	between();
	fix_down(2);
	fix_ticks(1);
	b.flags = STP_F_TC;
	fix_hear(1, &b);
	assert_int_equal(fix.ageing, 15);
}

static void
root_tells_a_change_for_max_age_and_forward_delay(void **state)
{
	struct stp_bpdu t = fix_tcn();

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_ticks(80);
	fix_ticks(fix.port[1].p->txCount); /* no hold */
	fix_clear();
	fix_hear(1, &t);
	assert_true(fix.port[1].last.flags & STP_F_TC_ACK);
	assert_true(fix.port[1].last.flags & STP_F_TC);
	fix_ticks(34);
	assert_true(fix.port[1].last.flags & STP_F_TC);
	assert_true(fix.port[2].last.flags & STP_F_TC);
	assert_false(fix.port[1].last.flags & STP_F_TC_ACK);
	fix_ticks(3);
	assert_false(fix.port[1].last.flags & STP_F_TC);
	assert_false(fix.port[2].last.flags & STP_F_TC);
}

static void
port_that_forwards_makes_a_change(void **state)
{
	(void)state;
	between();
	fix_up(3);
	for (int i = 0; i < 16; i++) {
		fix_ticks(2);
		hear_root();
	}
	assert_state(3, FORWARDING);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_TCN);
	assert_int_equal(fix.ageing, 15);
	assert_int_equal(fix.port[3].flushed, 0);
	fix_down(3);
	assert_int_equal(fix.port[3].flushed, 1); /* a port that is gone: at once */
}

/* 9.3.4 of 1998: the type is not known. */
static void
rst_bpdus_are_none(void **state)
{
	struct stp_bpdu b = fix_rst(BEST, 0, BEST);

	(void)state;
	between();
	assert_int_equal(fix_hear(2, &b), STP_RX_NOT_STP);
	b.kind = STP_BPDU_MST;
	assert_int_equal(fix_hear(2, &b), STP_RX_NOT_STP);
	assert_role(2, designated);
	assert_int_equal(fix.port[2].p->stats.rx_bad[STP_RX_NOT_STP], 2);
	stp_port_mcheck(fix.port[2].p);
	assert_false(fix.port[2].p->sendRSTP);
}

static void
own_bpdu_is_refused(void **state)
{
	struct stp_bpdu b;

	(void)state;
	fix_up(1);
	fix_up(2);
	b = fix.port[1].last;
	b.flags = 0;
	assert_int_equal(fix_hear(1, &b), STP_RX_OWN);
	assert_int_equal(fix_hear(2, &b), STP_RX_OK); /* at another port: a backup */
	assert_role(2, backup);
}

/* A new root port waits; the old one, now designated, goes on: 8.6.11 */
static void
no_port_is_fast(void **state)
{
	struct stp_bpdu b = fix_config(BEST, 0, BEST);

	(void)state;
	between();
	fix_up(3);
	fix_hear(3, &b);
	assert_role(3, root);
	assert_state(3, LISTENING);
	assert_role(1, designated);
	assert_state(1, FORWARDING);
	fix_ticks(14);
	fix_hear(3, &b);
	assert_state(3, LISTENING);
	fix_ticks(1);
	assert_state(3, LEARNING);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, fix_stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(five_states_by_timers),
		T(blocked_port_blocks),
		T(short_costs_of_1998),
		T(hellos_are_passed_on),
		T(root_speaks_by_the_clock),
		T(information_lives_until_max_age),
		T(age_is_told_with_the_time_kept),
		T(inferior_claim_is_answered_once_in_a_hold_time),
		T(times_are_the_roots),
		T(tcn_goes_to_the_root_until_acknowledged),
		T(topology_change_is_the_roots_to_tell),
		T(change_ages_where_nothing_is_passed_on),
		T(root_tells_a_change_for_max_age_and_forward_delay),
		T(port_that_forwards_makes_a_change),
		T(rst_bpdus_are_none),
		T(own_bpdu_is_refused),
		T(no_port_is_fast),
	};

	return cmocka_run_group_tests_name("stp/1998", tests, NULL, NULL);
}
