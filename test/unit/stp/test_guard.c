/* SPDX-License-Identifier: BSD-3-Clause */
/* Guards, and what the owner may set. */
#include <errno.h>
#include "fix.h"

static int
start(void **state)
{
	(void)state;
	fix_start(STP_VERSION_RSTP);
	return 0;
}

static void
bpdu_guard_closes_the_port_until_it_is_recovered(void **state)
{
	struct stp_bpdu b = fix_rst(WORSE, 0, WORSE);
	struct stp_port_info info;

	(void)state;
	FIX_PORT_SET(1, bpdu_guard, true);
	FIX_PORT_SET(1, edge, STP_ON);
	fix_up(1);
	assert_state(1, FORWARDING);
	assert_int_equal(fix_hear(1, &b), STP_RX_GUARDED);
	assert_state(1, DISABLED);
	assert_role(1, disabled);
	assert_int_equal(fix.port[1].guarded, 1);
	assert_int_equal(fix_hear(1, &b), STP_RX_DISABLED);
	assert_int_equal(fix.port[1].guarded, 1);
	stp_port_show(fix.port[1].p, &info);
	assert_true(info.guarded && info.link && !info.enabled);
	assert_int_equal(info.stats.rx_bad[STP_RX_GUARDED], 1);
	fix_down(1); /* a link that comes and goes does not open it */
	fix_up(1);
	assert_state(1, DISABLED);
	stp_port_recover(fix.port[1].p);
	assert_state(1, FORWARDING);
}

static void
bpdu_guard_minds_bpdus_only(void **state)
{
	static const uint8_t other[4] = { 1, 0, 0, 0 };

	(void)state;
	FIX_PORT_SET(1, bpdu_guard, true);
	fix_up(1);
	assert_int_equal(stp_port_rx(fix.port[1].p, other, 4), STP_RX_PROTOCOL);
	assert_int_equal(stp_port_rx(fix.port[1].p, other, 3), STP_RX_SHORT);
	assert_int_equal(fix.port[1].guarded, 0);
	/* A malformed one is one all the same. */
	assert_int_equal(stp_port_rx(fix.port[1].p, (const uint8_t *)"\0\0\0\7", 4),
			 STP_RX_GUARDED);
}

static void
root_guard_keeps_the_root(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);
	struct stp_port_tree_info info;

	(void)state;
	FIX_PORT_SET(1, restricted_role, true);
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	assert_role(1, alternate);
	assert_state(1, BLOCKING);
	assert_true(fix.br->tree[0].rootPriority.root == OWN_ID);
	stp_port_tree_show(fix.port[1].p, 0, &info);
	assert_true(info.root_guarded);
	fix_ticks(6); /* it ceased: the port is ours again */
	assert_role(1, designated);
	fix_hear(1, &b);
	FIX_PORT_SET(1, restricted_role, false);
	assert_role(1, root);
}

static void
restricted_tcn_passes_no_change_on(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER), t = fix_rst(WORSE, 0, WORSE);

	(void)state;
	for (unsigned int n = 1; n <= 3; n++)
		fix_up(n);
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	fix_agree(2);
	fix_agree(3);
	fix_ticks(4);
	fix_hear(1, &b);
	fix_clear();
	t.vec = fix.port[2].last.vec;
	t.vec.bridge = WORSE;
	FIX_PORT_SET(2, restricted_tcn, true);
	fix_hear_flags(2, t, STP_MSG_ROLE_ROOT, STP_F_TC | STP_F_AGREEMENT);
	assert_int_equal(fix.port[1].flushed + fix.port[3].flushed, 0);
	FIX_PORT_SET(2, restricted_tcn, false);
	fix_hear_flags(2, t, STP_MSG_ROLE_ROOT, STP_F_TC | STP_F_AGREEMENT);
	assert_int_equal(fix.port[1].flushed, 1);
	assert_int_equal(fix.port[3].flushed, 1);
}

static void
bpdu_filter_neither_sends_nor_hears(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	FIX_PORT_SET(1, bpdu_filter, true);
	FIX_PORT_SET(1, bpdu_guard, true); /* it has nothing to guard from */
	fix_up(1);
	fix_ticks(10);
	assert_int_equal(fix.port[1].sent, 0);
	assert_int_equal(fix_hear(1, &b), STP_RX_FILTERED);
	assert_role(1, designated);
	FIX_PORT_SET(1, bpdu_guard, false);
	FIX_PORT_SET(1, bpdu_filter, false);
	assert_true(fix.port[1].sent > 0);
	assert_int_equal(fix_hear(1, &b), STP_RX_OK);
	assert_role(1, root);
}

static void
loop_guard_waits_for_the_lost_bridge(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);
	struct stp_port_tree_info info;

	(void)state;
	FIX_PORT_SET(1, loop_guard, true);
	fix_up(1);
	fix_hear(1, &b);
	assert_state(1, FORWARDING);
	fix_ticks(6);
	assert_role(1, designated);
	assert_state(1, LISTENING);
	assert_why(LOOP_GUARD);
	stp_port_tree_show(fix.port[1].p, 0, &info);
	assert_true(info.loop_guarded);
	fix_ticks(100);
	assert_state(1, LISTENING);
	fix_hear(1, &b);
	assert_role(1, root);
	assert_state(1, FORWARDING);
	fix_ticks(6);
	assert_state(1, LISTENING);
	FIX_PORT_SET(1, loop_guard, false);
	fix_ticks(20);
	assert_state(1, FORWARDING);
}

static void
loop_guard_does_not_mind_links_nor_old_news(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	FIX_PORT_SET(1, loop_guard, true);
	fix_up(1);
	fix_hear(1, &b);
	b.times.message_age = 20; /* the root is gone, the neighbour is not */
	fix_hear(1, &b);
	assert_role(1, designated);
	assert_false(X(1)->loopInconsistent);
	b.times.message_age = 1;
	fix_hear(1, &b);
	fix_ticks(6);
	assert_true(X(1)->loopInconsistent); /* the control */
	fix_hear(1, &b);
	b.times.message_age = 20; /* and not because it ran out once */
	fix_hear(1, &b);
	assert_false(X(1)->loopInconsistent);
	b.times.message_age = 1;
	fix_hear(1, &b);
	fix_down(1);
	fix_up(1);
	assert_false(X(1)->loopInconsistent);
	stp_port_link(fix.port[1].p, true, 10, false); /* a shared LAN may well fall silent */
	fix_hear(1, &b);
	fix_ticks(6);
	assert_false(X(1)->loopInconsistent);
}

/* --- parameters --- */

static const char *
refused(struct stp_bridge_conf c)
{
	const char *why = "";

	assert_int_equal(stp_bridge_set(fix.br, &c, &why), -EINVAL);
	return why;
}

static void
bridge_parameters_are_checked(void **state)
{
	struct stp_bridge_conf c, good;

	(void)state;
	stp_bridge_get(fix.br, &good);
	assert_int_equal(stp_bridge_set(fix.br, &good, NULL), 0);
#define BAD(field, value, sentence)                                                                \
	do {                                                                                       \
		c = good;                                                                          \
		c.field = (value);                                                                 \
		assert_string_equal(refused(c), sentence);                                         \
	} while (0)
	BAD(version, 1, "version is 0 (STP), 2 (RSTP) or 3 (MSTP)");
	BAD(version, 4, "version is 0 (STP), 2 (RSTP) or 3 (MSTP)");
	BAD(hello_time, 0, "hello_time is 1 to 10 seconds");
	BAD(hello_time, 11, "hello_time is 1 to 10 seconds");
	BAD(max_age, 5, "max_age is 6 to 40 seconds");
	BAD(max_age, 41, "max_age is 6 to 40 seconds");
	BAD(forward_delay, 3, "forward_delay is 4 to 30 seconds");
	BAD(forward_delay, 31, "forward_delay is 4 to 30 seconds");
	BAD(forward_delay, 10, "max_age is at most 2 * (forward_delay - 1)");
	BAD(hello_time, 10, "max_age is at least 2 * (hello_time + 1)");
	BAD(tx_hold_count, 0, "tx_hold_count is 1 to 10");
	BAD(tx_hold_count, 11, "tx_hold_count is 1 to 10");
	BAD(max_hops, 5, "max_hops is 6 to 40");
	BAD(max_hops, 41, "max_hops is 6 to 40");
	BAD(cost_style, 3, "path costs are auto, short or long");
	c = good;
	memset(c.mst_name, 'x', sizeof(c.mst_name));
	assert_string_equal(refused(c), "an MST name has at most 32 characters");
	stp_bridge_get(fix.br, &c); /* nothing of it stayed */
	assert_memory_equal(&c, &good, sizeof(c));
	FIX_SET(forward_delay, 11); /* the bounds themselves are good: 2 * 10 = 20 */
	FIX_SET(hello_time, 9);
	FIX_SET(max_hops, 40);
}

static void
priorities_go_in_steps(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 4096, NULL), 0);
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 4097, &why), -EINVAL);
	assert_string_equal(why, "a bridge priority is 0 to 61440 in steps of 4096");
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 65536, &why), -EINVAL);
	assert_int_equal(stp_tree_set_priority(fix.br, 7, 0, &why), -ENOENT);
	assert_true(fix.br->tree[0].BridgeIdentifier == (0x1000ULL << 48 | OWN_MAC));
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 0, 0, 240, NULL), 0);
	assert_int_equal(X(1)->portId, 0xf001);
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 0, 0, 8, &why), -EINVAL);
	assert_string_equal(why, "a port priority is 0 to 240 in steps of 16");
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 0, 0, 256, &why), -EINVAL);
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 0, 200000001, 0, &why), -EINVAL);
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 9, 0, 0, &why), -ENOENT);
}

static void
ports_are_checked(void **state)
{
	struct stp_port_conf c;
	const char *why = NULL;

	(void)state;
	assert_null(stp_port_add(fix.br, 0, NULL, &why));
	assert_string_equal(why, "a port number is 1 to 4095");
	assert_null(stp_port_add(fix.br, 4096, NULL, &why));
	assert_null(stp_port_add(fix.br, 2, NULL, &why));
	assert_string_equal(why, "the port number is taken");
	stp_port_get(fix.port[1].p, &c);
	c.path_cost = 200000001;
	assert_int_equal(stp_port_set(fix.port[1].p, &c, &why), -EINVAL);
	c.path_cost = 65536;
	assert_int_equal(stp_port_set(fix.port[1].p, &c, &why), 0);
	FIX_SET(cost_style, STP_COST_SHORT);
	assert_int_equal(stp_port_set(fix.port[1].p, &c, &why), -EINVAL);
	assert_string_equal(why, "a short path cost is 1 to 65535");
	c.path_cost = 0;
	c.edge = 3;
	assert_int_equal(stp_port_set(fix.port[1].p, &c, &why), -EINVAL);
	c.edge = 0;
	c.point_to_point = 3;
	assert_int_equal(stp_port_set(fix.port[1].p, &c, &why), -EINVAL);
}

static void
instances_are_checked(void **state)
{
	uint8_t vlans[512] = { 1 };
	const char *why = NULL;

	(void)state;
	assert_int_equal(stp_msti_add(fix.br, 0, &why), -EINVAL);
	assert_int_equal(stp_msti_add(fix.br, 4095, &why), -EINVAL);
	assert_int_equal(stp_msti_add(fix.br, 4094, NULL), 0);
	assert_int_equal(stp_msti_add(fix.br, 4094, &why), -EEXIST);
	assert_int_equal(stp_msti_set_vlans(fix.br, 4094, vlans, &why), -EINVAL);
	vlans[0] = 0;
	vlans[511] = 0x80;
	assert_int_equal(stp_msti_set_vlans(fix.br, 4094, vlans, &why), -EINVAL);
	vlans[511] = 0x40;
	assert_int_equal(stp_msti_set_vlans(fix.br, 4094, vlans, NULL), 0);
	assert_int_equal(stp_msti_set_vlans(fix.br, 3, vlans, &why), -ENOENT);
	assert_int_equal(stp_msti_set_vlans(fix.br, 0, vlans, &why), -ENOENT);
	assert_int_equal(stp_msti_del(fix.br, 0, &why), -ENOENT);
	assert_int_equal(stp_msti_del(fix.br, 3, &why), -ENOENT);
	assert_int_equal(stp_msti_del(fix.br, 4094, NULL), 0);
}

static void
costs_by_speed_and_by_will(void **state)
{
	static const struct {
		uint32_t mbps, cost;
	} table[] = { { 1, 20000000 }, { 10, 2000000 }, { 100, 200000 }, { 1000, 20000 },
		      { 10000, 2000 }, { 400000, 50 },	{ 30000000, 1 }, { 0, 2000000 } };
	struct stp_port_info info;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		stp_port_link(fix.port[1].p, true, table[i].mbps, true);
		stp_port_show(fix.port[1].p, &info);
		assert_int_equal(info.path_cost, table[i].cost);
	}
	FIX_PORT_SET(1, path_cost, 77);
	stp_port_show(fix.port[1].p, &info);
	assert_int_equal(info.path_cost, 77);
	FIX_PORT_SET(1, path_cost, 0);
	FIX_SET(cost_style, STP_COST_SHORT);
	stp_port_link(fix.port[1].p, true, 1000, true);
	stp_port_show(fix.port[1].p, &info);
	assert_int_equal(info.path_cost, 4);
}

static void
point_to_point_by_duplex_or_by_will(void **state)
{
	struct stp_port_info info;

	(void)state;
	stp_port_link(fix.port[1].p, true, 10, false);
	stp_port_show(fix.port[1].p, &info);
	assert_false(info.oper_point_to_point);
	FIX_PORT_SET(1, point_to_point, STP_ON);
	stp_port_show(fix.port[1].p, &info);
	assert_true(info.oper_point_to_point);
	fix_up(1);
	FIX_PORT_SET(1, point_to_point, STP_OFF);
	stp_port_show(fix.port[1].p, &info);
	assert_false(info.oper_point_to_point);
}

static void
ports_come_and_go(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER), c = fix_rst(BETTER, 50, PEER);
	struct stp_bridge_info info;

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	fix_hear(2, &c);
	assert_role(2, alternate);
	fix_clear();
	stp_port_del(fix.port[1].p);
	assert_int_equal(fix.port[1].state[0], STP_DISABLED);
	assert_int_equal(fix.port[1].flushed, 1);
	assert_role(2, root);
	stp_bridge_show(fix.br, &info);
	assert_int_equal(info.n_ports, 3);
	fix.port[1].p = stp_port_add(fix.br, 1, &fix.port[1], NULL);
	assert_ptr_equal(stp_port_nth(fix.br, 0), fix.port[1].p); /* by number */
	assert_null(stp_port_nth(fix.br, 4));
}

static void
another_mac_is_another_bridge(void **state)
{
	struct stp_bridge_info info;

	(void)state;
	fix_up(1);
	assert_int_equal(stp_tree_set_priority(fix.br, 0, 4096, NULL), 0);
	stp_bridge_set_mac(fix.br, 0x020000000077ULL);
	assert_true(fix.port[1].last.vec.root == (0x1000ULL << 48 | 0x020000000077ULL));
	stp_bridge_show(fix.br, &info);
	assert_memory_equal(info.mst_id.name, "020000000077", 13); /* the name followed */
	FIX_SET(mst_name[0], 'x');
	stp_bridge_set_mac(fix.br, 0x020000000078ULL);
	stp_bridge_show(fix.br, &info);
	assert_memory_equal(info.mst_id.name, "x20000000077", 13); /* a given one stays */
}

static void
another_version_starts_over(void **state)
{
	(void)state;
	fix_up(1);
	fix_agree(1);
	assert_state(1, FORWARDING);
	FIX_SET(version, STP_VERSION_STP);
	assert_state(1, LISTENING);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_CONFIG);
	FIX_SET(version, STP_VERSION_MSTP);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_MST);
	FIX_SET(version, STP_VERSION_RSTP);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_RST);
	fix_agree(1);
	FIX_SET(hello_time, 1); /* this does not */
	assert_state(1, FORWARDING);
}

static void
what_is_shown(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 10, PEER);
	struct stp_port_tree_info info;
	struct stp_tree_info tree;
	struct stp_port_info port;
	char id[24];

	(void)state;
	fix_up(1);
	fix_hear(1, &b);
	fix_ticks(1);
	assert_int_equal(stp_port_tree_show(fix.port[1].p, 0, &info), 0);
	assert_int_equal(info.role, STP_ROLE_ROOT);
	assert_string_equal(info.info_is, "received");
	assert_int_equal(info.rcvd_info_while, 5);
	assert_int_equal(info.path_cost, 20000);
	assert_int_equal(info.port_id, 0x8001);
	assert_true(info.designated.bridge == PEER && info.designated.ext_cost == 10);
	assert_int_equal(info.forward_transitions, 1);
	assert_true(info.tc_while > 0);
	assert_int_equal(stp_port_tree_show(fix.port[1].p, 5, &info), -ENOENT);
	assert_int_equal(stp_tree_show(fix.br, 0, &tree), 0);
	assert_true(tree.tc && tree.tc_count == 1 && tree.tc_port == 1);
	assert_int_equal(tree.n_vlans, 4094);
	assert_int_equal(stp_tree_show(fix.br, 1, &tree), -ENOENT);
	stp_port_show(fix.port[1].p, &port);
	assert_int_equal(port.stats.rx[STP_BPDU_RST], 1);
	assert_true(port.stats.tx[STP_BPDU_RST] >= 1);
	assert_string_equal(stp_id_format(BETTER, id, sizeof(id)), "1000.020000000001");
	assert_string_equal(stp_role_name(STP_ROLE_MASTER), "master");
	assert_string_equal(stp_role_name(99), "unknown");
}

static void
faulty_mst_is_counted(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);
	uint8_t buf[STP_BPDU_MAX] = { 0 };

	(void)state;
	fix_up(1);
	stp_bpdu_build(&b, buf);
	buf[2] = 3;
	assert_int_equal(stp_port_rx(fix.port[1].p, buf, 60), STP_RX_OK);
	assert_role(1, root);
	assert_int_equal(fix.port[1].p->stats.mst_fault[STP_MST_SHORT], 1);
	assert_int_equal(fix.port[1].p->stats.rx[STP_BPDU_RST], 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, fix_stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(bpdu_guard_closes_the_port_until_it_is_recovered),
		T(bpdu_guard_minds_bpdus_only),
		T(root_guard_keeps_the_root),
		T(restricted_tcn_passes_no_change_on),
		T(bpdu_filter_neither_sends_nor_hears),
		T(loop_guard_waits_for_the_lost_bridge),
		T(loop_guard_does_not_mind_links_nor_old_news),
		T(bridge_parameters_are_checked),
		T(priorities_go_in_steps),
		T(ports_are_checked),
		T(instances_are_checked),
		T(costs_by_speed_and_by_will),
		T(point_to_point_by_duplex_or_by_will),
		T(ports_come_and_go),
		T(another_mac_is_another_bridge),
		T(another_version_starts_over),
		T(what_is_shown),
		T(faulty_mst_is_counted),
	};

	return cmocka_run_group_tests_name("stp/guard", tests, NULL, NULL);
}
