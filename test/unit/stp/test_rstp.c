/* SPDX-License-Identifier: BSD-3-Clause */
/* Information, roles and their transitions in RSTP: 802.1D-2004 17.26 to 17.30. */
#include "fix.h"

static int
start(void **state)
{
	(void)state;
	fix_start(STP_VERSION_RSTP);
	return 0;
}

/* --- 17.29.3, 17.26 --- */

static void
alone_it_is_root_and_waits(void **state)
{
	struct stp_tree_info info;

	(void)state;
	fix_up(1);
	stp_tree_show(fix.br, 0, &info);
	assert_true(info.root.root == OWN_ID && info.root_port == 0);
	assert_role(1, designated);
	assert_state(1, LISTENING);
	assert_int_equal(fix.port[1].sent, 1);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_RST);
	assert_true(fix.port[1].last.flags & STP_F_PROPOSAL);
	assert_true(fix.port[1].last.vec.root == OWN_ID);
	assert_int_equal(fix.port[1].last.vec.port, 0x8001);
	assert_int_equal(fix.port[1].last.times.message_age, 0);
	assert_int_equal(X(1)->fdWhile, 20); /* 17.29.1: Max Age */
}

static void
half_duplex_waits_for_timers(void **state)
{
	(void)state;
	stp_port_link(fix.port[1].p, true, 10, false);
	FIX_PORT_SET(1, edge, STP_OFF);
	fix_agree(1); /* means nothing without point-to-point */
	assert_state(1, LISTENING);
	fix_ticks(19);
	assert_state(1, LISTENING);
	fix_ticks(1);
	assert_state(1, LEARNING);
	fix_ticks(2); /* 17.20.5: Hello Time, as it sends RSTP */
	assert_state(1, FORWARDING);
	assert_why(TIMER);
	assert_true(X(1)->agreed); /* 17.29.3: nobody objected */
}

static void
agreement_forwards_at_once(void **state)
{
	(void)state;
	fix_up(1);
	fix_agree(1);
	assert_state(1, FORWARDING);
	assert_true(X(1)->agreed && !X(1)->proposing && X(1)->synced);
	assert_int_equal(X(1)->fdWhile, 0);
	fix_ticks(2);
	assert_false(fix.port[1].last.flags & STP_F_PROPOSAL);
	assert_true(fix.port[1].last.flags & STP_F_FORWARDING);
}

static void
agreement_to_worse_than_held_counts_not(void **state)
{
	struct stp_bpdu b;

	(void)state;
	fix_up(1);
	b = fix_rst(BETTER, 0, PEER); /* it knows a better root: not our information */
	fix_hear_flags(1, b, STP_MSG_ROLE_ROOT, STP_F_AGREEMENT);
	assert_state(1, LISTENING);
	assert_int_equal(X(1)->rcvdInfo, RCVD_OTHER);
}

static void
hello_each_hello_time(void **state)
{
	(void)state;
	fix_up(1);
	fix_agree(1);
	fix_ticks(4);
	fix_clear();
	fix_ticks(20);
	assert_int_equal(fix.port[1].sent, 10);
	fix_ticks(fix.port[1].p->helloWhen - 1u); /* one is due in a second */
	fix_clear();
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 4096, NULL), 0);
	assert_int_equal(fix.port[1].sent, 1); /* and goes before: Hello Time begins anew */
	fix_ticks(1);
	assert_int_equal(fix.port[1].sent, 1);
	fix_ticks(1);
	assert_int_equal(fix.port[1].sent, 2);
	FIX_SET(hello_time, 1);
	fix_ticks(2);
	fix_clear();
	fix_ticks(10);
	assert_int_equal(fix.port[1].sent, 10);
	assert_int_equal(fix.port[1].last.times.hello_time, 1);
}

static void
no_more_than_tx_hold_count_in_a_second(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);
	unsigned int room;

	(void)state;
	fix_between();
	room = 6 - fix.port[2].p->txCount;
	for (int i = 0; i < 20; i++) { /* each change is news for port 2 */
		b.vec.ext_cost = (uint32_t)(20 - i);
		fix_hear(1, &b);
	}
	assert_int_equal(fix.port[2].sent, room);
	fix_clear();
	fix_ticks(1);
	assert_int_equal(fix.port[2].sent, 1);
	assert_int_equal(fix.port[2].last.vec.ext_cost, 20001);
	FIX_SET(tx_hold_count, 2); /* 17.13.12: counts from now */
	assert_true(fix.port[2].p->txCount <= 2);
}

/* --- 17.27: port information --- */

static void
superior_information_makes_a_root_port(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 200, PEER);
	struct stp_tree_info info;

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	stp_tree_show(fix.br, 0, &info);
	assert_true(info.root.root == BETTER);
	assert_int_equal(info.root.ext_cost, 20200); /* 17.5: 1 Gb/s */
	assert_int_equal(info.root_port, 1);
	assert_int_equal(info.times.message_age, 2); /* 17.21.25 c */
	assert_role(1, root);
	assert_state(1, FORWARDING);		  /* nobody else was root port: 17.29.2 */
	assert_int_equal(X(1)->rcvdInfoWhile, 6); /* 17.21.23: three Hello Times */
	assert_int_equal(fix.port[2].last.vec.ext_cost, 20200);
	assert_true(fix.port[2].last.vec.root == BETTER && fix.port[2].last.vec.bridge == OWN_ID);
}

static void
information_ages_after_three_hellos(void **state)
{
	(void)state;
	fix_between();
	fix_ticks(4);
	fix_keep_root(); /* repeated: it starts anew */
	assert_int_equal(X(1)->rcvdInfo, RCVD_REPEATED_DESIGNATED);
	fix_ticks(5);
	assert_role(1, root);
	fix_ticks(1);
	assert_role(1, designated);
	assert_true(fix.br->tree[0].rootPriority.root == OWN_ID);
}

static void
information_that_came_too_far_is_dropped(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	fix_up(1);
	b.times.message_age = 19; /* 17.21.23: 20 does not exceed Max Age */
	fix_hear(1, &b);
	assert_role(1, root);
	b.times.message_age = 20;
	fix_hear(1, &b);
	assert_role(1, designated);
}

static void
the_same_designated_port_may_get_worse(void **state)
{
	struct stp_bpdu b = fix_rst(WORSE, 0, BETTER);

	(void)state;
	fix_between();
	b.vec.bridge = b.vec.rroot =
		(0xf000ULL << 48) | (BETTER & ID_ADDRESS); /* its priority, too */
	b.vec.port = 0x1001;
	fix_hear(1, &b);
	assert_int_equal(X(1)->rcvdInfo, RCVD_SUPERIOR_DESIGNATED);
	assert_role(1, designated);
}

static void
other_times_are_superior(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	fix_between();
	b.times.max_age = 30;
	b.times.forward_delay = 20;
	fix_hear(1, &b);
	assert_int_equal(X(1)->rcvdInfo, RCVD_SUPERIOR_DESIGNATED);
	assert_int_equal(fix.port[2].last.times.max_age, 30); /* the root's, with our Hello Time */
	assert_int_equal(fix.port[2].last.times.forward_delay, 20);
	assert_int_equal(fix.port[2].last.times.hello_time, 2);
}

/* 17.21.10 */
static void
inferior_designated_that_learns_is_disputed(void **state)
{
	struct stp_bpdu b = fix_rst(WORSE, 0, WORSE);

	(void)state;
	fix_between();
	fix_hear_flags(2, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL); /* learns not yet: no harm */
	assert_int_equal(X(2)->rcvdInfo, RCVD_INFERIOR_DESIGNATED);
	assert_state(2, FORWARDING);
	fix_hear_flags(2, b, STP_MSG_ROLE_DESIGNATED, STP_F_LEARNING);
	assert_state(2, LISTENING);
	assert_why(INFERIOR);
	assert_true(X(2)->proposing);
	for (int i = 0; i < 5; i++) { /* as long as it goes on */
		fix_ticks(1);
		fix_keep_root();
		fix_hear_flags(2, b, STP_MSG_ROLE_DESIGNATED, STP_F_LEARNING);
		assert_state(2, LISTENING);
	}
	fix_agree(2);
	assert_state(2, FORWARDING);
}

static void
root_port_does_not_mind_a_dispute_in_rstp(void **state)
{
	struct stp_bpdu b = fix_rst(WORSE, 0, WORSE);

	(void)state;
	fix_between();
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_LEARNING);
	assert_role(1, root);
	assert_state(1, FORWARDING);
	assert_false(X(1)->disputed);
}

/* --- 17.28: roles --- */

static void
roles_by_vectors(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 100, PEER);

	(void)state;
	fix_between();
	fix_up(3);
	fix_hear(3, &b); /* a way, not the best, better than ours for that LAN */
	assert_role(3, alternate);
	assert_state(3, BLOCKING);
	b = fix.port[2].last; /* what port 2 says comes in at port 4 */
	fix_up(4);
	fix_hear(4, &b);
	assert_role(4, backup);
	assert_int_equal(X(4)->rbWhile, 4);
	b = fix_rst(BETTER, 90000, PEER); /* worse than ours */
	fix_hear(3, &b);
	assert_role(3, designated);
}

static void
ties_go_by_designated_bridge_then_port_then_own_port(void **state)
{
	struct stp_bpdu a = fix_rst(BETTER, 0, BETTER), b = a;

	(void)state;
	fix_up(1);
	fix_up(2);
	b.vec.port = 0x8002;
	fix_hear(1, &b);
	fix_hear(2, &a);
	assert_role(2, root); /* the lower designated port */
	assert_role(1, alternate);
	fix_hear(1, &a); /* a hub: the very same at both */
	assert_role(1, root);
	assert_role(2, alternate);
	assert_int_equal(stp_port_tree_set(fix.port[2].p, 0, 0, 112, NULL), 0);
	assert_role(2, root); /* own port priority */
	FIX_PORT_SET(1, path_cost, 19999);
	assert_role(1, root); /* cost goes before */
}

static void
alternate_takes_over_at_once(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 100, PEER);

	(void)state;
	fix_between();
	fix_up(3);
	fix_hear(3, &b);
	fix_clear();
	fix_down(1);
	assert_role(3, root);
	assert_state(3, FORWARDING);
	assert_why(REROOTED);
	assert_int_equal(fix.port[1].flushed, 1);
	assert_state(1, DISABLED);
}

/* 17.29.2: a recent backup port might still hear itself. */
static void
recent_backup_waits_as_root_port(void **state)
{
	struct stp_bpdu b, r = fix_rst(BETTER, 0, BETTER);

	(void)state;
	fix_up(1);
	fix_up(2);
	b = fix.port[1].last;
	fix_hear(2, &b);
	assert_role(2, backup);
	fix_hear(2, &r);
	assert_role(2, root);
	assert_state(2, LISTENING);
	fix_ticks(1);
	fix_hear(2, &r);
	fix_ticks(2);
	fix_hear(2, &r);
	assert_state(2, LEARNING); /* fdWhile: forwardDelay is 2 s */
	fix_ticks(1);
	assert_state(2, FORWARDING);
}

static void
old_root_port_stops_before_the_new_one_goes(void **state)
{
	struct stp_bpdu b = fix_rst(BEST, 0, BEST);

	(void)state;
	fix_between();
	fix_up(3);
	fix_hear(3, &b);
	assert_role(3, root);
	assert_role(1, designated);
	assert_state(1, LISTENING);
	assert_state(3, FORWARDING);
	assert_true(fix.port[1].order < fix.port[3].order); /* 17.20.10 */
	assert_state(2, FORWARDING); /* was agreed to, and what it says got better */
}

static void
bridge_that_becomes_root_stops_its_old_root_port(void **state)
{
	(void)state;
	fix_between();
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 0, NULL), 0);
	assert_role(1, designated);
	assert_state(1, LISTENING);
	assert_state(2, FORWARDING);
	fix_agree(1);
	assert_state(1, FORWARDING);
}

/* --- 17.29: proposal and agreement --- */

static void
proposal_blocks_what_is_not_agreed(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	FIX_PORT_SET(3, edge, STP_OFF);
	FIX_PORT_SET(4, edge, STP_ON);
	fix_up(1);
	fix_up(2);
	fix_up(3);
	fix_up(4);
	fix_agree(2);
	stp_port_link(fix.port[3].p, true, 1000, false);
	fix_ticks(20);
	assert_state(3, LEARNING); /* by timer */
	fix_clear();
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_role(1, root);
	assert_state(1, FORWARDING);
	assert_state(2, FORWARDING); /* agreed */
	assert_state(3, LISTENING);  /* synced */
	assert_state(4, FORWARDING); /* edge */
	assert_int_equal(fix.port[1].sent, 1);
	assert_true(fix.port[1].last.flags & STP_F_AGREEMENT);
	assert_int_equal((fix.port[1].last.flags & STP_F_ROLE_MASK) >> 2, STP_MSG_ROLE_ROOT);
}

/* 13.35: a designated port agrees, too, when all others are synced. */
static void
designated_port_agrees(void **state)
{
	(void)state;
	FIX_PORT_SET(2, edge, STP_OFF);
	fix_up(1);
	fix_up(2);
	fix_ticks(20);
	assert_state(2, LEARNING);
	assert_true(fix.port[1].last.flags & STP_F_AGREEMENT);
	X(2)->synced = false; /* as by worse information */
	X(1)->agree = false;
	fix_ticks(1);
	assert_false(X(1)->agree);
	fix_ticks(1);
	assert_state(2, FORWARDING);
	assert_true(X(1)->agree);
	assert_true(fix.port[1].last.flags & STP_F_AGREEMENT);
}

static void
alternate_agrees(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 100, PEER);

	(void)state;
	fix_between();
	fix_up(3);
	fix_clear();
	fix_hear_flags(3, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_role(3, alternate);
	assert_true(fix.port[3].last.flags & STP_F_AGREEMENT);
	assert_int_equal((fix.port[3].last.flags & STP_F_ROLE_MASK) >> 2, STP_MSG_ROLE_ALT_BACKUP);
	assert_false(X(3)->proposed);
	fix_clear(); /* asked again, it answers again */
	fix_hear_flags(3, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_int_equal(fix.port[3].sent, 1);
}

static void
worse_information_voids_an_agreement(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 5000, BETTER);

	(void)state;
	fix_between();
	fix_hear(1, &b);
	assert_false(X(2)->agreed);
	assert_false(X(2)->synced);
	assert_state(2, FORWARDING); /* it goes on, until somebody proposes */
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_state(2, LISTENING);
}

static void
better_information_keeps_an_agreement(void **state)
{
	struct stp_bpdu b = fix_rst(BEST, 0, BETTER);

	(void)state;
	fix_between();
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_true(X(2)->agreed);
	assert_state(2, FORWARDING);
}

/* --- the rest --- */

static void
transitions_are_kept_with_their_reasons(void **state)
{
	struct stp_transition tr[STP_HISTORY];
	unsigned int n;
	bool found = false;

	(void)state;
	fix.now_ms = 5000;
	fix_up(1);
	fix_agree(1);
	n = stp_bridge_history(fix.br, tr, STP_HISTORY);
	for (unsigned int i = 0; i < n; i++)
		found = found ||
			(tr[i].what == STP_WHAT_STATE && tr[i].to == STP_FORWARDING &&
			 tr[i].why == STP_WHY_AGREEMENT && tr[i].port == 1 && tr[i].ms == 5000);
	assert_true(found);
	for (int i = 0; i < 100; i++) {
		fix_up(2);
		fix_down(2);
	}
	assert_int_equal(stp_bridge_history(fix.br, tr, STP_HISTORY), STP_HISTORY);
	assert_int_equal(stp_bridge_history(fix.br, tr, 1), 1);
	assert_int_equal(tr[0].to, STP_DISABLED);
	assert_int_equal(tr[0].port, 2);
	assert_int_equal(tr[0].why, STP_WHY_LINK);
}

static void
disabled_ports_are_silent(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	fix_ticks(10);
	assert_int_equal(fix.port[1].sent, 0);
	assert_int_equal(fix_hear(1, &b), STP_RX_DISABLED);
	assert_role(1, disabled);
	stp_bridge_enable(fix.br, false);
	fix_up(1);
	assert_int_equal(fix_hear(1, &b), STP_RX_DISABLED);
	assert_int_equal(fix.port[1].sent, 0);
	stp_bridge_enable(fix.br, true);
	assert_int_equal(fix.port[1].sent, 1);
	assert_int_equal(fix_hear(1, &b), STP_RX_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, fix_stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(alone_it_is_root_and_waits),
		T(half_duplex_waits_for_timers),
		T(agreement_forwards_at_once),
		T(agreement_to_worse_than_held_counts_not),
		T(hello_each_hello_time),
		T(no_more_than_tx_hold_count_in_a_second),
		T(superior_information_makes_a_root_port),
		T(information_ages_after_three_hellos),
		T(information_that_came_too_far_is_dropped),
		T(the_same_designated_port_may_get_worse),
		T(other_times_are_superior),
		T(inferior_designated_that_learns_is_disputed),
		T(root_port_does_not_mind_a_dispute_in_rstp),
		T(roles_by_vectors),
		T(ties_go_by_designated_bridge_then_port_then_own_port),
		T(alternate_takes_over_at_once),
		T(recent_backup_waits_as_root_port),
		T(old_root_port_stops_before_the_new_one_goes),
		T(bridge_that_becomes_root_stops_its_old_root_port),
		T(proposal_blocks_what_is_not_agreed),
		T(designated_port_agrees),
		T(alternate_agrees),
		T(worse_information_voids_an_agreement),
		T(better_information_keeps_an_agreement),
		T(transitions_are_kept_with_their_reasons),
		T(disabled_ports_are_silent),
	};

	return cmocka_run_group_tests_name("stp/rstp", tests, NULL, NULL);
}
