/* SPDX-License-Identifier: BSD-3-Clause */
/* The spanning tree on the ports of a bridge: BPDUs in and out, states, guards. The protocol itself
 * is tested in lib/stp. */
#include "bridge_lan.h"
#include "core/msg.h"
#include "core/worker.h"
#include "ethdev/ethdev_dp.h"
#include "vtime.h"

/* A configuration BPDU (802.1D-1998 9.3.1) of a bridge with that priority, the root itself. */
static struct dp_frame
config_bpdu(uint16_t priority, uint8_t src)
{
	struct dp_frame f = { .len = 60 };
	static const uint8_t dst[6] = { 0x01, 0x80, 0xc2, 0, 0, 0 };
	uint8_t *p = f.b;

	memcpy(p, dst, 6);
	p[6] = 0x02;
	p[11] = src;
	p[13] = 38; /* LLC and 35 octets */
	p[14] = p[15] = 0x42;
	p[16] = 0x03;
	p += 17;
	p[5] = p[17] = (uint8_t)(priority >> 8); /* root and bridge identifier */
	p[7] = p[19] = 0x02;
	p[12] = p[24] = src;
	p[25] = 0x80; /* port identifier */
	p[26] = 1;
	p[29] = 20; /* max age */
	p[31] = 2;  /* hello time */
	p[33] = 15; /* forward delay */
	return f;
}

/* The next BPDU that left by port @p n, within two seconds. */
static struct dp_frame
bpdu_out(unsigned int n)
{
	struct dp_frame f;

	for (int i = 0; i < 25; i++) {
		while (dp_out(n, &f))
			if (f.b[0] == 0x01 && f.b[1] == 0x80 && f.b[5] == 0)
				return f;
		dp_run_ms(100);
	}
	fail_msg("no BPDU left by port %u", n);
	return f;
}

static void
sends_bpdus_and_listens(void **state)
{
	struct dp_frame f;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 1");
	f = bpdu_out(p1);
	assert_int_equal(f.len, 60);
	assert_int_equal(f.b[12] << 8 | f.b[13], 38);
	assert_memory_equal(f.b + 14, "\x42\x42\x03\0\0\0\0", 7);
	assert_int_equal(f.b[11], 1); /* from the port's own address */
	assert_true(shows("bridge link show dev p1", "state listening"));
	f = frame(&all, 11, 1);
	dp_drops_clear();
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("br_stp_blocking"), 1);
	assert_true(shows("stp show br0", "designated listening"));
	assert_non_null(
		strstr(dp_cmd_fails("bridge link set dev p1 state forwarding"), "spanning tree"));
	dp_cmd("ip link set br0 type bridge stp_state 0");
	assert_true(shows("bridge link show dev p1", "state forwarding"));
}

static void
better_root_is_heard(void **state)
{
	struct dp_frame f = config_bpdu(0x1000, 9), got;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 1");
	dp_inject(p2, &f);
	dp_run();
	assert_true(shows("stp show br0", "root 1000.02:00:00:00:00:09 "));
	assert_non_null(strstr(dp_cmd_output(), "port p2 "));
	while (dp_out(p1, &got))
		;
	got = bpdu_out(p1); /* passed on: root, cost, message age */
	assert_int_equal(got.b[17 + 5], 0x10);
	assert_true(got.b[17 + 13] + got.b[17 + 14] + got.b[17 + 15] + got.b[17 + 16] > 0);
	assert_int_equal(got.b[17 + 11 + 1], 9);
	dp_inject(p3, &f); /* the same by another port: one of them blocks */
	dp_run();
	assert_true(shows("stp show br0", "alternate"));
	assert_true(shows("bridge link show dev p3", "state blocking"));
}

/* RSTP: a port where no bridge answers is an edge after 3 s, and forwards (802.1D-2004 17.13.3). */
static void
edge_ports_forward_soon(void **state)
{
	struct dp_frame f = frame(&all, 11, 1), got;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 2");
	dp_cmd("stp set br0 port p2 edge off");
	assert_true(shows("bridge link show dev p1", "state blocking"));
	got = bpdu_out(p1);
	assert_int_equal(got.b[17 + 2], 2); /* version */
	dp_run_ms(5000);
	assert_true(shows("bridge link show dev p1", "state forwarding"));
	assert_true(shows("stp show br0 port p1", " edge"));
	assert_false(shows("bridge link show dev p2", "state forwarding"));
	while (dp_out(p3, &got))
		;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p3, &f);
	dp_cmd("ip link set p1 down");
	assert_true(shows("bridge link show dev p1", "state disabled"));
	dp_cmd("ip link set p1 up");
	assert_false(shows("bridge link show dev p1", "state forwarding"));
}

static void
guard_closes_the_port(void **state)
{
	struct dp_frame f = config_bpdu(0x8000, 9);

	(void)state;
	dp_cmd("ip link set br0 type bridge errdisable_recovery 1");
	for (int stp = 0; stp <= 2; stp += 2) { /* also without a spanning tree */
		dp_cmd("ip link set br0 type bridge stp_state %d", stp);
		dp_cmd("bridge link set dev p1 guard on");
		dp_inject(p1, &f);
		dp_run();
		assert_true(shows("bridge link show dev p1", "state disabled"));
		assert_true(shows("stp show br0 port p1", "errdisabled"));
		dp_run_ms(1300);
		assert_false(shows("stp show br0 port p1", "errdisabled"));
		assert_false(shows("bridge link show dev p1", "state disabled"));
		dp_inject(p1, &f);
		dp_run();
		assert_true(shows("bridge link show dev p1", "state disabled"));
		dp_cmd("bridge link set dev p1 guard off");
		assert_false(shows("bridge link show dev p1", "state disabled"));
	}
}

/* Half a second with a BPDU of the root behind p2, @p n times. */
static void
root_speaks(const struct dp_frame *f, unsigned int n)
{
	while (n-- > 0) {
		dp_inject(p2, f);
		dp_run_ms(500);
	}
}

/* 802.1D-1998 8.3.5: while the root says that the topology changes, entries age by the forward
 * delay. */
static void
topology_change_shortens_ageing(void **state)
{
	struct dp_frame f = config_bpdu(0x1000, 9);

	(void)state;
	f.b[17 + 29] = 6; /* max age, hello time, forward delay */
	f.b[17 + 31] = 1;
	f.b[17 + 33] = 4;
	dp_cmd("ip link set br0 type bridge forward_delay 400 max_age 600 hello_time 100 stp_state "
	       "1");
	root_speaks(&f, 60);
	assert_true(shows("bridge link show dev p1", "state forwarding"));
	hear(p1, 15);
	root_speaks(&f, 20);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0f dev p1"));
	f.b[17 + 4] = 0x01; /* topology change */
	root_speaks(&f, 12);
	assert_false(shows("bridge fdb show dynamic", "02:00:00:00:01:0f"));
	f.b[17 + 4] = 0;
	root_speaks(&f, 20); /* 802.1D-2004 17.19.1: and so long after it */
	hear(p1, 15);
	root_speaks(&f, 20);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:0f dev p1"));
}

/* 802.1D-2004 17.11: RSTP forgets at once what it has learned elsewhere, but for edges. */
static void
topology_change_flushes(void **state)
{
	struct dp_frame f = config_bpdu(0x1000, 9);

	(void)state;
	f.b[13] = 39;
	f.b[17 + 2] = f.b[17 + 3] = 2;	  /* RSTP */
	f.b[17 + 4] = 0x0c | 0x10 | 0x20; /* designated, learning, forwarding */
	f.b[17 + 29] = 6;
	f.b[17 + 31] = 1;
	f.b[17 + 33] = 4;
	dp_cmd("ip link set br0 type bridge forward_delay 400 max_age 600 hello_time 100 stp_state "
	       "2");
	dp_cmd("stp set br0 port p1 edge off");
	dp_cmd("stp set br0 port p3 edge on");
	root_speaks(&f, 40);
	assert_true(shows("bridge link show dev p1", "state forwarding"));
	for (unsigned int n = 1; n <= 3; n++)
		hear(n, (uint8_t)(20 + n));
	root_speaks(&f, 4);
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:15 dev p1"));
	f.b[17 + 4] |= 0x01;
	dp_inject(p2, &f);
	dp_run();
	assert_false(shows("bridge fdb show dynamic", "02:00:00:00:01:15"));
	assert_true(
		shows("bridge fdb show dynamic", "02:00:00:00:01:16 dev p2")); /* it came by p2 */
	assert_true(shows("bridge fdb show dynamic", "02:00:00:00:01:17 dev p3")); /* an edge */
}

static void
what_is_no_bpdu_is_told(void **state)
{
	struct dp_frame f = config_bpdu(0x1000, 9);

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 1");
	dp_drops_clear();
	f.b[14] = 0x43; /* DSAP */
	dp_inject(p1, &f);
	f = config_bpdu(0x1000, 9);
	f.b[13] = 60; /* longer than the frame */
	dp_inject(p1, &f);
	f.b[13] = 2; /* shorter than LLC */
	dp_inject(p1, &f);
	f = config_bpdu(0x1000, 9);
	f.len = 15;
	dp_inject(p1, &f);
	dp_run();
	assert_int_equal(dp_drops("br_bad_bpdu"), 4);
	assert_false(shows("stp show br0", "root 1000."));
	f = config_bpdu(0x1000, 9);
	dp_inject_segments(p1, &f, 20);
	dp_run();
	assert_true(shows("stp show br0", "root 1000."));
}

/* MSTP: the VLANs of an instance follow its states, others those of the CIST. */
static void
instances_have_states_of_their_own(void **state)
{
	struct dp_frame f = frame(&all, 11, 1), g = f, got;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 3 vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-20 dev p%u", n);
	dp_cmd("stp set br0 mst name lab revision 3");
	dp_cmd("stp set br0 mst instance 2 vlans 10,15-20");
	dp_run_ms(5000); /* edges */
	assert_true(shows("stp show br0", "instance 2: "));
	dp_tag(&f, 11);
	dp_tag(&g, 15);
	while (dp_out(p2, &got))
		;
	dp_inject(p1, &f);
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &f);
	dp_expect(p2, &g);
	assert_non_null(strstr(dp_cmd_fails("stp set br0 mst instance 2 priority 5"), "4096"));
	dp_cmd("stp set br0 mst instance 2 priority 4096");
	dp_cmd("stp set br0 port p1 mst instance 2 cost 77 priority 64");
	assert_true(shows("stp show br0", "cost 77 priority 64"));
	dp_cmd_fails("stp set br0 port p1 mst instance 3 cost 77");
	dp_cmd("stp set br0 mst instance 2 delete");
	assert_false(shows("stp show br0", "instance 2: "));
}

/* A cable from p2 to p3, for BPDUs. */
static void
pump_ms(unsigned int ms)
{
	struct dp_frame f;

	for (unsigned int i = 0; i < ms / 100; i++) {
		for (unsigned int n = p2; n <= p3; n++)
			while (dp_out(n, &f))
				if (f.b[0] == 0x01 && f.b[1] == 0x80)
					dp_inject(p2 + p3 - n, &f);
		dp_run_ms(100);
	}
}

/* Of two ports on one LAN the common tree closes one, the instance the other: each VLAN goes by
 * the states of its own. */
static void
instance_closes_another_port(void **state)
{
	struct dp_frame f = frame(&all, 11, 1), g = f, got;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 3 vlan_filtering 1");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("bridge vlan add vid 10-20 dev p%u", n);
	dp_cmd("stp set br0 mst instance 2 vlans 15");
	dp_cmd("stp set br0 port p3 mst instance 2 priority 64");
	pump_ms(60000);
	for (unsigned int n = 1; n <= 3; n++)
		while (dp_out(n, &got))
			;
	dp_tag(&f, 11);
	dp_tag(&g, 15);
	dp_inject(p1, &f);
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &f);
	dp_expect_none(p2);
	dp_expect(p3, &g);
	dp_expect_none(p3);
	dp_drops_clear();
	dp_inject(p2, &f); /* and what comes by them */
	dp_inject(p2, &g);
	dp_inject(p3, &f);
	dp_inject(p3, &g);
	dp_run();
	dp_expect(p1, &f);
	dp_expect(p1, &g);
	dp_expect_none(p1);
	assert_int_equal(dp_drops("br_stp_blocking"), 2);
}

/* New addresses and groups, more than the control thread takes: BPDUs have a ring of their own. */
static void
tree_stands_under_a_flood(void **state)
{
	struct dp_frame bpdu = config_bpdu(0x1000, 9), f;
	struct msg_class_stat learn, tree;
	uint64_t refused;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 2");
	dp_run_ms(5000); /* edges */
	role_enter_ctl();
	msg_class_stats(MSG_LEARN, &learn);
	msg_class_stats(MSG_BPDU, &tree);
	refused = tree.refused;
	dp_drops_clear();
	role_enter_dp();
	for (uint32_t i = 0; i < 12000; i++) { /* the control thread does not run */
		f = frame(&all, 11, 1);
		memcpy(f.b + 8, &i, sizeof(i));
		dp_inject(p1, &f);
		if (i % 32 == 31) {
			ethdev_poll(workers[1]);
			for (unsigned int n = 1; n <= 3; n++)
				dp_discard(n);
		}
	}
	msg_class_stats(MSG_LEARN, &learn);
	assert_true(learn.refused > 0 && learn.now == learn.limit);
	dp_inject(p2, &bpdu);
	while (ethdev_poll(workers[1]) > 0)
		;
	role_enter_ctl();
	msg_poll(64);
	msg_class_stats(MSG_LEARN, &learn);
	assert_true(learn.now > 0); /* it comes before the news that waits */
	assert_true(shows("stp show br0", "root 1000.02:00:00:00:00:09 "));
	msg_class_stats(MSG_BPDU, &tree);
	assert_int_equal(tree.refused, refused);
	dp_cmd("bridge fdb flush dev br0 dynamic");
}

/* A BPDU of the root comes by p2 and p3; the worker takes it from there. */
static void
root_is_heard(void)
{
	struct dp_frame f = config_bpdu(0x1000, 9);

	dp_inject(p2, &f);
	dp_inject(p3, &f);
	role_enter_dp();
	while (ethdev_poll(workers[1]) > 0)
		;
}

/* The control thread stands still for a minute: ports stay as they are, closed ones closed, while
 * it does and when it goes on, whether or not somebody spoke meanwhile. */
static void
stalled_control_opens_nothing(void **state)
{
	struct dp_frame f = frame(&all, 13, 1);

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 1");
	for (int i = 0; i < 35; i++) {
		root_is_heard();
		dp_run_ms(1000);
	}
	assert_true(shows("bridge link show dev p2", "state forwarding"));
	assert_true(shows("bridge link show dev p3", "state blocking"));
	for (int silent = 0; silent < 2; silent++) {
		dp_drops_clear();
		for (int i = 0; i < 60; i++) {
			vtime_pass_us(1000000);
			if (!silent)
				root_is_heard();
			dp_inject(p3, &f);
			role_enter_dp();
			while (ethdev_poll(workers[1]) > 0)
				;
		}
		assert_int_equal(dp_drops("br_stp_blocking"), 60);
		dp_run();
		assert_true(shows("bridge link show dev p3", "state blocking"));
		dp_run_ms(1000);
		assert_true(shows("bridge link show dev p3", "state blocking"));
	}
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
	dp_run_ms(60000); /* nobody speaks, and it hears that: by and by the port is opened */
	assert_true(shows("bridge link show dev p3", "state forwarding"));
}

/* stp show BRIDGE tree|dot: the way to the root, also where a bridge lies between; closed ports. */
static void
tree_is_drawn(void **state)
{
	struct dp_frame f = config_bpdu(0x1000, 9), g;

	(void)state;
	dp_cmd("ip link set br0 type bridge stp_state 1");
	dp_cmd("bridge link set dev p2 cost 1");
	assert_true(shows("stp show br0 tree", "8000.02:00:00:00:00:01 root, this bridge\n"
					       " x-- p1 designated listening cost "));
	dp_inject(p2, &f);
	dp_inject(p3, &f);
	dp_run();
	assert_true(shows("stp show br0 tree", "1000.02:00:00:00:00:09 root\n"
					       " |    p2 listening cost 1\n"
					       "8000.02:00:00:00:00:01 br0\n x-- p1 designated"));
	assert_non_null(strstr(dp_cmd_output(), " x-- p3 alternate blocking cost "));
	assert_non_null(strstr(dp_cmd_output(), " to 1000.02:00:00:00:00:09\n"));
	assert_null(strstr(dp_cmd_output(), "-- p2"));
	assert_true(shows("stp show br0 dot", "\t\"8000.02:00:00:00:00:01\" -- "
					      "\"1000.02:00:00:00:00:09\" [taillabel=\"p3\", "));
	assert_non_null(strstr(dp_cmd_output(), "graph \"br0 instance 0\" {"));
	assert_non_null(strstr(dp_cmd_output(), "-- \"br0:p1\" [taillabel=\"p1\""));
	g = config_bpdu(0x0000, 7); /* a better root, behind bridge 8 */
	g.b[17 + 16] = 40;	    /* its cost */
	g.b[17 + 17] = 0x20;
	g.b[17 + 24] = 8;
	dp_inject(p1, &g);
	dp_run();
	assert_true(shows("stp show br0 tree", "0000.02:00:00:00:00:07 root\n :    cost 40\n"
					       "2000.02:00:00:00:00:08\n |    p1 "));
	assert_true(shows("stp show br0 dot", "\t\"2000.02:00:00:00:00:08\" -- "
					      "\"0000.02:00:00:00:00:07\" [label=\"40\""));
	assert_non_null(strstr(dp_cmd_fails("stp show br0 tree instance 3"), "no instance 3"));
}

static void
parameters_are_checked(void **state)
{
	(void)state;
	dp_cmd_fails("ip link set br0 type bridge priority 1");
	dp_cmd_fails("ip link set br0 type bridge hello_time 150");
	dp_cmd_fails("ip link set br0 type bridge max_age 4000"); /* 2 x (forward delay - 1) */
	dp_cmd_fails("ip link set br0 type bridge stp_state 4");
	dp_cmd_fails("bridge link set dev p1 priority 33");
	dp_cmd("ip link set br0 type bridge priority 4096 hello_time 100");
	dp_cmd("bridge link set dev p1 priority 16 cost 55");
	assert_true(shows("bridge link show dev p1", "priority 16 cost 55"));
	assert_true(shows("stp show br0", "bridge 1000."));
	dp_cmd_fails("stp set br0 port p4 edge on");
	dp_cmd_fails("stp set p1 tx_hold_count 3");
	dp_cmd("stp set br0 tx_hold_count 3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(sends_bpdus_and_listens),
		T(better_root_is_heard),
		T(edge_ports_forward_soon),
		T(guard_closes_the_port),
		T(what_is_no_bpdu_is_told),
		T(instances_have_states_of_their_own),
		T(parameters_are_checked),
		T(topology_change_shortens_ageing),
		T(topology_change_flushes),
		T(instance_closes_another_port),
		T(tree_is_drawn),
		T(tree_stands_under_a_flood),
		T(stalled_control_opens_nothing),
	};

	return cmocka_run_group_tests_name("dp/bridge_stp", tests, setup, dp_teardown);
}
