/* SPDX-License-Identifier: BSD-3-Clause */
/* Migration, edges and topology change in RSTP: 802.1D-2004 17.24, 17.25, 17.31. */
#include "fix.h"

static int
start(void **state)
{
	(void)state;
	fix_start(STP_VERSION_RSTP);
	return 0;
}

/* --- 17.24: migration --- */

static void
config_bpdu_makes_the_port_speak_stp(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	fix_up(1);
	fix_ticks(2);
	fix_hear(1, &b);
	assert_true(fix.port[1].p->sendRSTP); /* mdelayWhile runs */
	fix_ticks(1);
	fix_hear(1, &b);
	assert_false(fix.port[1].p->sendRSTP);
	fix_ticks(2);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_CONFIG);
	assert_int_equal(fix.port[1].last.times.message_age, 0);
	b = fix_rst(WORSE, 0, WORSE); /* within Migrate Time: not believed */
	fix_hear(1, &b);
	assert_false(fix.port[1].p->sendRSTP);
	fix_ticks(3);
	fix_hear(1, &b);
	assert_true(fix.port[1].p->sendRSTP);
}

static void
tcn_makes_the_port_speak_stp_too(void **state)
{
	struct stp_bpdu b = fix_tcn();

	(void)state;
	fix_up(1);
	fix_ticks(3);
	fix_hear(1, &b);
	assert_false(fix.port[1].p->sendRSTP);
}

static void
mcheck_asks_again(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	fix_up(1);
	fix_ticks(3);
	fix_hear(1, &b);
	assert_false(fix.port[1].p->sendRSTP);
	stp_port_mcheck(fix.port[1].p);
	assert_true(fix.port[1].p->sendRSTP);
	assert_int_equal(fix.port[1].p->mdelayWhile, 3);
	assert_false(fix.port[1].p->mcheck);
	fix_ticks(3);
	fix_hear(1, &b);
	assert_false(fix.port[1].p->sendRSTP);
	fix_down(1); /* and so does a link that comes back */
	fix_up(1);
	assert_true(fix.port[1].p->sendRSTP);
}

static void
stp_neighbour_gets_long_timers(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	FIX_PORT_SET(1, edge, STP_OFF);
	fix_up(1);
	fix_ticks(3);
	fix_hear(1, &b);
	fix_ticks(17);
	assert_state(1, LEARNING);
	fix_ticks(14);
	assert_state(1, LEARNING);
	fix_ticks(1); /* 17.20.5: Forward Delay */
	assert_state(1, FORWARDING);
	assert_false(X(1)->agreed);	     /* who could not */
	assert_int_equal(X(1)->tcWhile, 35); /* 17.21.7: Max Age and Forward Delay */
}

/* --- 17.25: edges --- */

static void
auto_edge_after_migrate_time(void **state)
{
	(void)state;
	fix_up(1);
	fix_ticks(2);
	assert_false(fix.port[1].p->operEdge);
	fix_ticks(1);
	assert_true(fix.port[1].p->operEdge);
	assert_state(1, FORWARDING);
	assert_int_equal(X(1)->tcWhile, 0); /* 17.31: edges make no topology change */
	assert_int_equal(fix.br->tree[0].tc_count, 0);
}

static void
auto_edge_waits_for_max_age_on_shared_media(void **state)
{
	(void)state;
	stp_port_link(fix.port[1].p, true, 10, false);
	fix_ticks(19);
	assert_false(fix.port[1].p->operEdge);
	fix_ticks(1);
	assert_true(fix.port[1].p->operEdge);
}

static void
a_bpdu_ends_the_edge(void **state)
{
	struct stp_bpdu b = fix_rst(WORSE, 0, WORSE);

	(void)state;
	FIX_PORT_SET(1, edge, STP_ON);
	assert_true(fix.port[1].p->operEdge);
	fix_up(1);
	assert_state(1, FORWARDING);
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_false(fix.port[1].p->operEdge);
	assert_int_equal(fix.port[1].p->edgeDelayWhile, 3);
	fix_ticks(10); /* AdminEdge alone does not give it back */
	assert_false(fix.port[1].p->operEdge);
	fix_down(1);
	assert_true(fix.port[1].p->operEdge);
}

static void
edge_off_is_never_an_edge(void **state)
{
	(void)state;
	FIX_PORT_SET(1, edge, STP_OFF);
	fix_up(1);
	fix_ticks(10);
	assert_false(fix.port[1].p->operEdge);
	assert_state(1, LISTENING);
	FIX_PORT_SET(1, edge, STP_ON); /* the administrator is believed at once */
	assert_state(1, FORWARDING);
	FIX_PORT_SET(1, edge, STP_OFF);
	assert_false(fix.port[1].p->operEdge);
}

/* --- 17.31: topology change --- */

static void
change_is_told_and_flushes_the_others(void **state)
{
	(void)state;
	fix_between();
	fix_ticks(4);
	fix_keep_root();
	fix_up(3);
	fix_clear();
	fix_agree(3);
	assert_state(3, FORWARDING);
	assert_int_equal(fix.port[1].flushed, 1);
	assert_int_equal(fix.port[2].flushed, 1);
	assert_int_equal(fix.port[3].flushed, 0);
	assert_true(fix.port[1].last.flags & STP_F_TC);
	assert_true(fix.port[2].last.flags & STP_F_TC);
	assert_int_equal(X(1)->tcWhile, 3); /* 17.21.7: Hello Time and one */
	fix_keep_root();
	fix_ticks(5);
	fix_keep_root();
	fix_ticks(2);
	assert_int_equal(X(1)->tcWhile, 0);
	assert_false(fix.port[2].last.flags & STP_F_TC);
}

static void
heard_change_flushes_all_but_where_it_came_from(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);
	uint32_t count;

	(void)state;
	FIX_PORT_SET(4, edge, STP_ON);
	fix_between();
	fix_up(3);
	fix_up(4);
	fix_agree(3);
	fix_keep_root();
	fix_ticks(4);
	fix_keep_root();
	fix_clear();
	count = fix.br->tree[0].tc_count;
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_TC);
	assert_int_equal(fix.port[1].flushed, 0);
	assert_int_equal(fix.port[2].flushed, 1);
	assert_int_equal(fix.port[3].flushed, 1);
	assert_int_equal(fix.port[4].flushed, 0); /* an edge */
	assert_true(fix.port[3].last.flags & STP_F_TC);
	assert_int_equal(fix.br->tree[0].tc_count, count + 1);
	assert_int_equal(fix.br->tree[0].tc_port, 1);
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_TC); /* the same, still on */
	assert_int_equal(fix.br->tree[0].tc_count, count + 1);
}

static void
tcn_is_acknowledged(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE), t = fix_tcn();

	(void)state;
	fix_between();
	fix_ticks(3);
	fix_keep_root();
	fix_hear(2, &b);
	fix_ticks(1);
	fix_clear();
	fix_hear(2, &t);
	assert_int_equal(fix.port[1].flushed, 1);
	assert_true(fix.port[1].last.flags & STP_F_TC);
	assert_int_equal(fix.port[2].last.kind, STP_BPDU_CONFIG);
	assert_true(fix.port[2].last.flags & STP_F_TC_ACK);
	fix_ticks(2);
	assert_false(fix.port[2].last.flags & STP_F_TC_ACK); /* once */
}

static void
what_rst_told_is_told_again_to_stp(void **state)
{
	struct stp_bpdu b = fix_config(WORSE, 0, WORSE);

	(void)state;
	fix_between();
	fix_ticks(3);
	fix_keep_root();
	assert_int_equal(X(2)->tcWhile, 0);
	fix_hear(2, &b);
	assert_false(fix.port[2].p->sendRSTP);
	assert_int_equal(X(2)->tcWhile, 35);
	fix_ticks(1);
	assert_true(fix.port[2].last.flags & STP_F_TC);
}

static void
port_that_becomes_an_edge_is_flushed(void **state)
{
	(void)state;
	fix_between();
	FIX_PORT_SET(2, edge, STP_ON);
	assert_int_equal(fix.port[2].flushed, 1);
	assert_state(2, FORWARDING);
}

/* 17.22 */
static void
each_tick_takes_a_second_off_all_timers(void **state)
{
	struct stp_ptree *x;

	(void)state;
	fix_between();
	x = X(2);
	x->fdWhile = x->rbWhile = x->rcvdInfoWhile = x->rrWhile = x->tcWhile = x->tcDetected = 9;
	fix.port[2].p->edgeDelayWhile = fix.port[2].p->mdelayWhile = 9;
	fix_ticks(1);
	assert_int_equal(x->fdWhile, 8);
	assert_int_equal(x->rbWhile, 8);
	assert_int_equal(x->rcvdInfoWhile, 8);
	assert_int_equal(x->rrWhile, 8);
	assert_int_equal(x->tcWhile, 8);
	assert_int_equal(x->tcDetected, 8);
	assert_int_equal(fix.port[2].p->edgeDelayWhile, 8);
	assert_int_equal(fix.port[2].p->mdelayWhile, 8);
}

static void
blocked_ports_hear_of_no_change(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 100, PEER);

	(void)state;
	fix_between();
	fix_up(3);
	fix_hear_flags(3, b, STP_MSG_ROLE_DESIGNATED, 0);
	fix_clear();
	fix_hear_flags(3, b, STP_MSG_ROLE_DESIGNATED, STP_F_TC);
	assert_role(3, alternate);
	assert_int_equal(fix.port[1].flushed + fix.port[2].flushed, 0);
}

static void
port_that_stops_is_flushed(void **state)
{
	(void)state;
	fix_between();
	fix_down(2);
	assert_int_equal(fix.port[2].flushed, 1);
	assert_int_equal(fix.port[1].flushed, 0); /* a link loss alone is no topology change */
	assert_int_equal(X(2)->tcm, TCM_INACTIVE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, fix_stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(config_bpdu_makes_the_port_speak_stp),
		T(tcn_makes_the_port_speak_stp_too),
		T(mcheck_asks_again),
		T(stp_neighbour_gets_long_timers),
		T(auto_edge_after_migrate_time),
		T(auto_edge_waits_for_max_age_on_shared_media),
		T(a_bpdu_ends_the_edge),
		T(edge_off_is_never_an_edge),
		T(change_is_told_and_flushes_the_others),
		T(heard_change_flushes_all_but_where_it_came_from),
		T(tcn_is_acknowledged),
		T(what_rst_told_is_told_again_to_stp),
		T(port_that_becomes_an_edge_is_flushed),
		T(each_tick_takes_a_second_off_all_timers),
		T(blocked_ports_hear_of_no_change),
		T(port_that_stops_is_flushed),
	};

	return cmocka_run_group_tests_name("stp/port", tests, NULL, NULL);
}
