/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks with a plan, in virtual time: how fast, and what the engines do together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sim.h"

static struct sim sim;
static const uint8_t versions[] = { STP_VERSION_STP, STP_VERSION_RSTP, STP_VERSION_MSTP };

static int
stop(void **state)
{
	(void)state;
	sim_free(&sim);
	return 0;
}

/* Bridge 0 is the root; LAN i joins bridges i and i + 1, the last one closes the ring. */
static void
ring(uint64_t seed, int n, uint8_t version)
{
	sim_init(&sim, seed);
	for (int i = 0; i < n; i++)
		sim_add_bridge(&sim, version);
	for (int i = 0; i < n; i++)
		sim_connect(&sim, i, (i + 1) % n);
	sim.bridge[0].priority[0] = 0;
	sim_start_all(&sim);
}

static void
all_is_well(void)
{
	assert_int_equal(sim_check_roles(&sim), 0);
	assert_int_equal(sim_check_engines(&sim), 0);
	for (unsigned int t = 0; t < sim.n_trees; t++)
		assert_int_equal(sim_check_tree(&sim, t), 0);
	assert_int_equal(sim.loops, 0);
}

/* How long until nothing changes. */
static uint64_t
settle(void)
{
	uint64_t since = sim.now;

	assert_true(sim_settle(&sim, 60 * SECOND, 400 * SECOND));
	all_is_well();
	return sim.last_change - since;
}

static void
ring_of_rstp_heals_without_timers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		int n = 3 + (int)(seed % 14);

		ring(seed, n, seed % 2 ? STP_VERSION_RSTP : STP_VERSION_MSTP);
		assert_in_range(settle(), 0,
				3 * SECOND); /* so many new roots: Transmit Hold Count */
		for (int cut = 0; cut < n; cut++) {
			sim_learn(&sim, 0);
			sim_lan_set(&sim, cut, false);
			assert_in_range(settle(), 0, SECOND / 10);
			assert_int_equal(sim_check_fdb(&sim, 0), 0);
			sim_lan_set(&sim, cut, true);
			assert_in_range(settle(), 0, SECOND / 10);
		}
		sim_free(&sim);
	}
}

static void
ring_of_rstp_loses_its_root(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		ring(seed, 3 + (int)(seed % 8), STP_VERSION_RSTP);
		settle();
		sim_bridge_stop(&sim, 0);
		sim_follow_light(&sim, true); /* the neighbours see it */
		assert_in_range(settle(), 0, SECOND);
		sim_bridge_start(&sim, 0);
		sim_follow_light(&sim, true);
		assert_in_range(settle(), 0, SECOND);
		sim_free(&sim);
	}
}

static void
ring_of_stp_heals_in_its_time(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		uint64_t took;

		ring(seed, 3 + (int)(seed % 6), STP_VERSION_STP);
		took = settle();
		assert_in_range(took, 29 * SECOND, 34 * SECOND); /* 2 * Forward Delay */
		sim_learn(&sim, 0);
		sim_lan_set(&sim, 0, false); /* seen: no Max Age */
		assert_in_range(settle(), 28 * SECOND, 34 * SECOND);
		assert_int_equal(sim_check_fdb(&sim, 0), 0);
		sim_bridge_stop(&sim, 0); /* not seen: Max Age + 2 * Forward Delay */
		assert_in_range(settle(), 0, 54 * SECOND);
		sim_free(&sim);
	}
}

static void
other_times_than_usual(void **state)
{
	(void)state;
	sim_init(&sim, 5);
	for (int i = 0; i < 4; i++) {
		int b = sim_add_bridge(&sim, STP_VERSION_STP);

		sim.bridge[b].conf.hello_time = 1;
		sim.bridge[b].conf.max_age = 6;
		sim.bridge[b].conf.forward_delay = 4;
	}
	for (int i = 0; i < 4; i++)
		sim_connect(&sim, i, (i + 1) % 4);
	sim_start_all(&sim);
	assert_in_range(settle(), 0, 10 * SECOND);
	sim_bridge_stop(&sim, 0);
	assert_in_range(settle(), 0, 16 * SECOND);
}

/* A bridge that hears nothing on one wire and goes on talking: without dispute there were a loop.
 */
static void
one_way_link_is_disputed(void **state)
{
	(void)state;
	ring(1, 3, STP_VERSION_RSTP);
	settle();
	/* LAN 1 joins bridges 1 and 2; bridge 2 blocks there, if it hears. */
	assert_int_equal(sim_role(&sim.bridge[2].port[0], 0), STP_ROLE_ALTERNATE);
	sim.bridge[2].port[0].deaf = true;
	sim_run(&sim, 30 * SECOND);
	assert_int_equal(sim_role(&sim.bridge[2].port[0], 0), STP_ROLE_DESIGNATED);
	assert_int_equal(sim.bridge[2].port[0].state[0], STP_FORWARDING);
	/* It may learn, and is told off before it forwards. */
	assert_int_not_equal(sim.bridge[1].port[1].state[0], STP_FORWARDING);
	assert_int_equal(sim_cycles(&sim, 0), 0);
	sim.bridge[2].port[0].deaf = false;
	sim_run(&sim, 10 * SECOND);
	all_is_well();
}

static void
loop_guard_holds_where_stp_knows_no_dispute(void **state)
{
	(void)state;
	for (int guarded = 0; guarded < 2; guarded++) {
		ring(1, 3, STP_VERSION_STP);
		sim_run(&sim, 1);
		for (unsigned int i = 0; guarded && i < 2; i++) {
			struct stp_port_conf c;

			stp_port_get(sim.bridge[2].port[i].port, &c);
			c.loop_guard = true;
			stp_port_set(sim.bridge[2].port[i].port, &c, NULL);
		}
		settle();
		sim.bridge[2].port[0].deaf = true;
		sim_run(&sim, 80 * SECOND);
		assert_int_equal(sim_cycles(&sim, 0), guarded ? 0 : 1);
		if (!guarded)
			sim_free(&sim);
	}
}

/* Two bridges, two wires, VLANs 1 and 2 in instances of their own. */
static void
two_instances_share_two_wires(void **state)
{
	(void)state;
	sim_init(&sim, 3);
	sim.n_trees = 3;
	for (int i = 0; i < 3; i++)
		sim_add_bridge(&sim, STP_VERSION_MSTP);
	for (int i = 0; i < 3; i++) {
		sim_connect(&sim, i, (i + 1) % 3);
		sim.bridge[i].region = 1;
	}
	sim.bridge[0].priority[0] = sim.bridge[1].priority[1] = sim.bridge[2].priority[2] = 0;
	sim_start_all(&sim);
	settle();
	for (uint16_t t = 0; t < 3; t++) { /* each instance blocks at the far side of its root */
		unsigned int blocked = 0;

		for (int l = 0; l < 3; l++)
			for (int i = 0; i < 2; i++)
				blocked += sim_role(sim.lan[l].tap[i], t) == STP_ROLE_ALTERNATE
						   ? 1u << l
						   : 0;
		assert_int_equal(blocked, 1u << (t + 1) % 3);
	}
}

/* An STP bridge in a ring of RSTP bridges: its neighbours speak STP to it, and only to it. */
static void
one_stp_bridge_in_a_ring(void **state)
{
	struct stp_port_info info;

	(void)state;
	for (unsigned int v = 1; v < 3; v++) {
		ring(9, 4, versions[v]);
		sim_bridge_stop(&sim, 2);
		sim.bridge[2].conf.version = STP_VERSION_STP;
		sim_bridge_start(&sim, 2);
		settle();
		stp_port_show(sim.bridge[1].port[1].port, &info);
		assert_false(info.send_rstp);
		stp_port_show(sim.bridge[1].port[0].port, &info);
		assert_true(info.send_rstp);
		sim_learn(&sim, 0);
		sim_lan_set(&sim, 0, false);
		settle();
		sim_run(&sim, 20 * SECOND);
		assert_int_equal(sim_check_fdb(&sim, 0), 0);
		if (v == 1)
			sim_free(&sim);
	}
}

static void
edge_ports_are_never_flushed(void **state)
{
	(void)state;
	ring(4, 3, STP_VERSION_RSTP);
	for (int i = 0; i < 3; i++)
		sim_plug(&sim, i, sim_add_lan(&sim));
	for (int i = 0; i < 3; i++) { /* with their new ports */
		sim_bridge_stop(&sim, i);
		sim_bridge_start(&sim, i);
	}
	settle();
	for (int i = 0; i < 3; i++)
		sim.bridge[i].port[2].flushes[0] = 0;
	sim_lan_set(&sim, 0, false);
	settle();
	for (int i = 0; i < 3; i++)
		assert_int_equal(sim.bridge[i].port[2].flushes[0], 0);
	/* The link that failed was in use: the ring itself was flushed. */
	assert_true(sim.bridge[1].port[1].flushes[0] > 0);
}

static void
loss_of_an_unused_link_changes_nothing(void **state)
{
	unsigned int before = 0, after = 0;

	(void)state;
	ring(4, 5, STP_VERSION_RSTP);
	settle();
	sim_run(&sim, 10 * SECOND);
	for (int b = 0; b < 5; b++)
		for (int p = 0; p < 2; p++)
			before += sim.bridge[b].port[p].flushes[0];
	for (int l = 0; l < 5; l++) /* the one with the blocked port */
		for (int i = 0; i < 2; i++)
			if (sim_role(sim.lan[l].tap[i], 0) == STP_ROLE_ALTERNATE) {
				sim_lan_set(&sim, l, false);
				l = 5;
				break;
			}
	settle();
	for (int b = 0; b < 5; b++)
		for (int p = 0; p < 2; p++)
			after += sim.bridge[b].port[p].flushes[0];
	assert_int_equal(after, before + 1); /* the designated end, which is gone */
}

static void
two_hundred_bridges(void **state)
{
	(void)state;
	for (unsigned int v = 0; v < 3; v++) {
		sim_init(&sim, 77);
		for (int i = 0; i < 200; i++) {
			int b = sim_add_bridge(&sim, versions[v]);

			sim.bridge[b].conf.max_age = 40;
			sim.bridge[b].conf.forward_delay = 21;
			sim.bridge[b].conf.max_hops = 40;
			sim.bridge[b].region = 1;
		}
		for (int i = 1; i < 200; i++)
			sim_connect(&sim, i, (int)sim_below(&sim, (unsigned int)i));
		for (int i = 0; i < 100; i++)
			sim_connect(&sim, (int)sim_below(&sim, 200), (int)sim_below(&sim, 200));
		sim_start_all(&sim);
		settle();
		if (v < 2)
			sim_free(&sim);
	}
}

#define T(name) cmocka_unit_test_teardown(name, stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(ring_of_rstp_heals_without_timers),
		T(ring_of_rstp_loses_its_root),
		T(ring_of_stp_heals_in_its_time),
		T(other_times_than_usual),
		T(one_way_link_is_disputed),
		T(loop_guard_holds_where_stp_knows_no_dispute),
		T(two_instances_share_two_wires),
		T(one_stp_bridge_in_a_ring),
		T(edge_ports_are_never_flushed),
		T(loss_of_an_unused_link_changes_nothing),
		T(two_hundred_bridges),
	};

	return cmocka_run_group_tests_name("stp/net", tests, NULL, NULL);
}
