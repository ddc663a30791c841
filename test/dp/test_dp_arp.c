/* SPDX-License-Identifier: BSD-3-Clause */
/* Resolution as the wire sees it (RFC 826; RFC 1122 2.3.2). Hosts 2, 3 and 4 are never configured.
 */
#include "dp.h"
#include <string.h>
#include "core/msg.h"
#include "core/timer.h"
#include "ctl/cli_exec.h"
#include "ethdev/ethdev.h"
#include "ethdev/ethdev_dp.h"
#include "netdev/netdev.h"
#include "netdev/netdev_police_dp.h"
#include "polluxd/polluxd.h"

static unsigned int p1, p2;
static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } };
static const struct rte_ether_addr none;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("sysctl net.ipv4.neigh.p2.retrans_time_ms=20");
	return 0;
}

/* An ARP frame of the router's own: by port n, sender sip. */
static struct dp_frame
from_router(uint16_t op, unsigned int n, const struct rte_ether_addr *dst, const char *sip,
	    const struct rte_ether_addr *tha, const char *tip)
{
	struct dp_frame f = dp_arp(op, dst, 0, sip, tha, tip);
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;

	eh->src_addr = dp_port_mac(n);
	((struct rte_arp_hdr *)(eh + 1))->arp_data.arp_sha = dp_port_mac(n);
	return f;
}

static bool
is_arp_request_for(const struct dp_frame *f, const char *tip)
{
	const struct rte_arp_hdr *arp = (const struct rte_arp_hdr *)(f->b + RTE_ETHER_HDR_LEN);
	uint32_t want = dp_ip(tip);

	return f->b[12] == 0x08 && f->b[13] == 0x06 && arp->arp_opcode == RTE_BE16(1) &&
	       memcmp(&arp->arp_data.arp_tip, &want, 4) == 0;
}

static void
request_for_us_is_answered(void **state)
{
	struct dp_frame q = dp_arp(1, &all, 7, "10.0.1.7", &none, "10.0.1.1"), got, want;
	struct rte_ether_addr h7 = dp_host_mac(7);

	(void)state;
	dp_inject(p1, &q);
	dp_run();
	want = from_router(2, p1, &h7, "10.0.1.1", &h7, "10.0.1.7");
	assert_true(dp_out(p1, &got));
	assert_memory_equal(got.b, want.b, 42);
	q = dp_arp(1, &all, 7, "10.0.1.7", &none, "10.0.1.99");
	dp_inject(p1, &q);
	dp_run();
	dp_expect_none(p1);
}

/* RFC 1122 2.3.2.2: packets wait for the answer, and leave in their order. */
static void
packets_wait_and_leave_in_order(void **state)
{
	struct dp_frame f[3], q, got, reply;
	struct rte_ether_addr router;

	(void)state;
	router = dp_port_mac(p2);
	for (uint16_t i = 0; i < 3; i++) {
		f[i] = dp_udp(p1, 2, "10.0.1.2", "10.0.2.3", (uint16_t)(30 + i));
		dp_inject(p1, &f[i]);
	}
	dp_run();
	q = from_router(1, p2, &all, "10.0.2.1", &none, "10.0.2.3");
	assert_true(dp_out(p2, &got));
	assert_memory_equal(got.b, q.b, 42);
	dp_expect_none(p2); /* one request, however many packets wait */
	reply = dp_arp(2, &router, 3, "10.0.2.3", &router, "10.0.2.1");
	dp_inject(p2, &reply);
	dp_run();
	for (int i = 0; i < 3; i++) {
		struct dp_frame want = dp_forwarded(&f[i], p2, 3);

		dp_expect(p2, &want);
	}
	dp_cmd("ip neigh show to 10.0.2.3");
	assert_non_null(strstr(dp_cmd_output(), "REACHABLE"));
	dp_inject(p1, &f[0]); /* from now on without asking */
	dp_run();
	got = dp_forwarded(&f[0], p2, 3);
	dp_expect(p2, &got);
}

static void
worker_turn(void)
{
	role_enter_dp();
	workers[1]->now = clock_tsc();
	ethdev_poll(workers[1]);
}

/* A packet that follows others which waited stays behind them, wherever these are when the answer
 * is heard: in the queue, on their way to the control thread, on their way back. @p budget: of each
 * class of messages that the control thread handles before the worker goes on. */
static void
followers_stay_behind(const char *dst, uint8_t host, unsigned int budget)
{
	const struct rte_ether_addr router = dp_port_mac(p2);
	struct dp_frame f[5], reply = dp_arp(2, &router, host, dst, &router, "10.0.2.1"), got;

	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(f); i++)
		f[i] = dp_udp(p1, 2, "10.0.1.2", dst, (uint16_t)(30 + i));
	dp_inject(p1, &f[0]);
	dp_run();
	assert_true(dp_out(p2, &got));
	assert_true(is_arp_request_for(&got, dst));
	dp_inject(p2, &reply);
	dp_inject(p1, &f[1]);
	dp_inject(p1, &f[2]);
	worker_turn();
	assert_int_equal(msg_waiting(MSG_ARP), 1);
	assert_int_equal(msg_waiting(MSG_RESOLVE), 2);
	msg_poll(budget);
	dp_inject(p1, &f[3]);
	worker_turn();
	dp_run();
	dp_inject(p1, &f[4]);
	dp_run();
	for (unsigned int i = 0; i < RTE_DIM(f); i++) {
		struct dp_frame want = dp_forwarded(&f[i], p2, host);

		dp_expect(p2, &want);
	}
	assert_int_equal(msg_waiting(MSG_RESOLVE), 0);
}

static void
order_is_kept_while_asked(void **state)
{
	(void)state;
	followers_stay_behind("10.0.2.60", 60, 1);  /* f[2] has not been heard of yet */
	followers_stay_behind("10.0.2.61", 61, 64); /* f[0] to f[2] wait for the worker to send */
	dp_cmd("tc qdisc add dev p2 root pfifo_fast");
	followers_stay_behind("10.0.2.62", 62, 64);
	dp_cmd("tc qdisc del dev p2 root");
}

/* More than a burst of packets waits: all of them are on their way back when others follow. */
static void
many_stay_ahead(const char *dst, uint8_t host)
{
	const struct rte_ether_addr router = dp_port_mac(p2);
	struct dp_frame f, reply = dp_arp(2, &router, host, dst, &router, "10.0.2.1");
	const uint16_t waiting = 200, all_of_them = 300;

	for (uint16_t i = 0; i < all_of_them; i++) {
		f = dp_udp(p1, 2, "10.0.1.2", dst, 30);
		dp_ip4(&f)->packet_id = rte_cpu_to_be_16(i);
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
		if (i == waiting - 1) {
			dp_run();
			assert_true(dp_out(p2, &f));
			assert_true(is_arp_request_for(&f, dst));
			dp_inject(p2, &reply);
			worker_turn();
			role_enter_ctl();
			while (control_poll() > 0)
				;
			dp_expect_none(p2);
		}
	}
	dp_run();
	for (uint16_t i = 0; i < all_of_them; i++) {
		assert_true(dp_out(p2, &f));
		assert_int_equal(rte_be_to_cpu_16(dp_ip4(&f)->packet_id), i);
	}
	dp_expect_none(p2);
}

static void
order_of_many_is_kept(void **state)
{
	(void)state;
	dp_cmd("sysctl net.ipv4.neigh.p2.unres_qlen=300");
	many_stay_ahead("10.0.2.63", 63);
	dp_cmd("tc qdisc add dev p2 root pfifo_fast");
	many_stay_ahead("10.0.2.64", 64);
	dp_cmd("tc qdisc del dev p2 root");
	dp_cmd("sysctl net.ipv4.neigh.p2.unres_qlen=101");
}

/* A stream that never pauses does not wait for its own end: soon the worker sends by itself. */
static void
endless_stream_is_not_waited_for(void **state)
{
	const struct rte_ether_addr router = dp_port_mac(p2);
	struct dp_frame reply = dp_arp(2, &router, 65, "10.0.2.65", &router, "10.0.2.1");
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.65", 30), got;
	unsigned int rounds = 0;

	(void)state;
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	dp_inject(p2, &reply);
	dp_inject(p1, &f);
	dp_inject(p1, &f);
	worker_turn();
	while (msg_waiting(MSG_RESOLVE) > 0 && ++rounds < 40) {
		assert_in_range(msg_waiting(MSG_RESOLVE), 1, 2);
		role_enter_ctl();
		msg_poll(1);
		dp_inject(p1, &f);
		worker_turn();
	}
	assert_in_range(rounds, 8, 12);
	dp_run();
	assert_int_equal(dp_discard(p2), rounds + 3);
}

/* RFC 826: whoever speaks with a new address has moved. Unsolicited, so proof is asked for. */
static void
moved_address_is_followed(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.3", 30), want;
	struct dp_frame moved = dp_arp(1, &all, 33, "10.0.2.3", &none, "10.0.2.3");

	(void)state;
	dp_run_ms(1100); /* locktime: an entry just confirmed is not moved */
	dp_inject(p2, &moved);
	dp_run();
	while (dp_out(p2, &want))
		;
	dp_inject(p1, &f);
	dp_run();
	want = dp_forwarded(&f, p2, 33);
	dp_expect(p2, &want);
}

/* RFC 1122 2.3.2.2 and 3.2.2.1: nobody answers, so the sender hears host unreachable. */
static void
silence_is_reported(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.44", 30), got;
	const struct rte_ipv4_hdr *quoted;
	unsigned int requests = 0;

	(void)state;
	dp_drops_clear();
	dp_inject(p1, &f);
	for (int i = 0; i < 200 && dp_drops("neigh_failed") == 0; i++)
		dp_run_ms(5);
	while (dp_out(p2, &got))
		requests += is_arp_request_for(&got, "10.0.2.44");
	assert_int_equal(requests, 3); /* mcast_solicit */
	assert_true(dp_out(p1, &got));
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[0], 3);
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[1], 1);
	/* RFC 1812 4.3.2.3: the header as it came, but TTL and checksum may have moved on. */
	quoted = (struct rte_ipv4_hdr *)((uint8_t *)(dp_ip4(&got) + 1) + 8);
	assert_int_equal(quoted->dst_addr, dp_ip("10.0.2.44"));
	assert_memory_equal(quoted + 1, dp_ip4(&f) + 1, 8);
}

static void
malformed_arp_is_counted(void **state)
{
	static const struct {
		const char *reason;
		unsigned int at; /* byte of the frame that is changed */
		uint8_t to;
	} cases[] = {
		{ "arp_bad_htype", 15, 7 },	    /* hardware type */
		{ "arp_bad_ptype", 17, 1 },	    /* protocol type */
		{ "arp_bad_hlen", 18, 8 },	    /* hardware address length */
		{ "arp_bad_plen", 19, 6 },	    /* protocol address length */
		{ "arp_bad_op", 21, 9 },	    /* operation */
		{ "arp_bad_sender_mac", 22, 0x01 }, /* group bit */
		{ "arp_bad_sender_ip", 28, 224 },   /* multicast */
		{ "arp_bad_sender_ip", 28, 127 },   /* loopback */
	};
	struct dp_frame good = dp_arp(1, &all, 7, "10.0.1.7", &none, "10.0.1.1"), got;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct dp_frame f = good;

		dp_drops_clear();
		f.b[cases[i].at] = cases[i].to;
		dp_inject(p1, &f);
		dp_run();
		if (dp_drops(cases[i].reason) != 1)
			fail_msg("byte %u = %u is not counted as %s", cases[i].at, cases[i].to,
				 cases[i].reason);
		dp_expect_none(p1);
	}
	dp_drops_clear();
	got = good;
	got.len = 14 + 27;
	dp_inject(p1, &got);
	dp_run();
	assert_int_equal(dp_drops("arp_runt"), 1);
	dp_inject(p1, &good); /* control: the same frame, unharmed, is answered */
	dp_run();
	assert_true(dp_out(p1, &got));
	good.b[15] = 6; /* and of "IEEE 802 networks" as of Ethernet */
	dp_inject(p1, &good);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(got.b[15], 6);
}

/* So many requests by p2, beside so many packets by p1; how many answers. */
static unsigned int
flood(unsigned int requests, unsigned int packets)
{
	struct dp_frame q = dp_arp(1, &all, 8, "10.0.2.8", &none, "10.0.2.1");
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
	unsigned int answers = 0, passed = 0;

	for (unsigned int i = 0; i < RTE_MAX(requests, packets); i++) {
		if (i < requests)
			dp_inject(p2, &q);
		if (i < packets)
			dp_inject(p1, &f);
	}
	dp_run();
	while (dp_out(p2, &f))
		if (f.b[12] == 8 && f.b[13] == 6)
			answers += f.b[21] == 2;
		else
			passed++;
	assert_true(passed >= packets);
	return answers;
}

/* ARP alone is answered to the last request; beside traffic a port gets its budget of each round,
 * but what it saved before; the traffic loses nothing, and answers that come by unicast are heard.
 */
static void
flood_leaves_time_for_others(void **state)
{
	struct rte_ether_addr router = dp_port_mac(p2), h9 = dp_host_mac(9);
	struct dp_frame reply = dp_arp(2, &router, 9, "10.0.2.9", &router, "10.0.2.1"), f;
	unsigned int answered = 0, sent = 0;

	(void)state;
	dp_cmd("ip neigh add 10.0.2.77 lladdr 02:00:00:00:02:77 dev p2");
	dp_run();
	for (unsigned int i = 0; i < 8; i++) /* more than is saved */
		assert_int_equal(flood(400, 0), 400);
	for (unsigned int i = 0; i < 8000; i++) /* idle: it saves */
		ethdev_poll(workers[1]);
	assert_int_equal(flood(200, 200), 200);
	dp_drops_clear();
	for (unsigned int i = 0; i < 40; i++, sent += 400)
		answered += flood(400, 400);
	assert_true(answered >= sent / 32 / 4);
	assert_true(answered < sent / 4);
	assert_int_equal(dp_drops("arp_over_budget"), sent - answered);
	f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.9", 18);
	dp_inject(p1, &f);
	flood(400, 400);
	for (unsigned int i = 0; i < 400; i++) { /* an answer behind the flood's questions */
		f = dp_arp(1, &all, 8, "10.0.2.8", &none, "10.0.2.1");
		dp_inject(p2, &f);
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_inject(p1, &f);
	}
	dp_inject(p2, &reply);
	dp_run();
	while (dp_out(p2, &f))
		;
	f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.9", 18);
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &f));
	assert_memory_equal(f.b, &h9, 6);
	/* A tag does not hide it. */
	dp_drops_clear();
	for (unsigned int i = 0; i < 40; i++) {
		struct dp_frame q = dp_arp(1, &all, 8, "10.0.2.8", &none, "10.0.2.1");

		dp_tag(&q, 5);
		for (unsigned int k = 0; k < 400; k++)
			dp_inject(p2, &q);
		flood(0, 400);
	}
	assert_true(dp_drops("arp_over_budget") > 40 * 400 * 3 / 4);
	/* A tap sees all of it, and takes no protection away. */
	dp_tap_on();
	dp_drops_clear();
	for (unsigned int i = 0; i < 10; i++)
		flood(400, 400);
	assert_true(dp_tap_off() >= 10 * 800);
	assert_true(dp_drops("arp_over_budget") > 10 * 400 * 3 / 4);
	dp_cmd("ip neigh del 10.0.2.77 dev p2");
}

/* One request by @p port is answered; of a flood of them, beside packets by p1 that lose nothing,
 * those within the budget are. */
static void
flood_is_policed(unsigned int port, const struct dp_frame *q)
{
	unsigned int answers = 0;
	struct dp_frame f;

	dp_cmd("ip neigh add 10.0.2.77 lladdr 02:00:00:00:02:77 dev p2");
	dp_inject(port, q);
	dp_run();
	assert_true(dp_out(port, &f));
	dp_drops_clear();
	for (unsigned int i = 0; i < 40 * 400; i++) {
		dp_inject(port, q);
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_inject(p1, &f);
		if (i % 400 != 399)
			continue;
		dp_run();
		while (dp_out(port, &f))
			answers++;
		assert_int_equal(dp_discard(p2), 400);
	}
	assert_int_equal(answers + dp_drops("arp_over_budget"), 40 * 400);
	assert_true(dp_drops("arp_over_budget") > 40 * 400 * 3 / 4);
	dp_cmd("ip neigh del 10.0.2.77 dev p2");
}

/* By a port of a bridge to the bridge's own address: the budget is the bridge's. */
static void
flood_by_a_bridge_port(void **state)
{
	struct dp_frame f, q = dp_arp(1, &all, 8, "10.0.3.8", &none, "10.0.3.1");
	unsigned int p3 = dp_port("p3");

	(void)state;
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set p3 master br0");
	dp_cmd("ip link set br0 up");
	dp_cmd("ip addr add 10.0.3.1/24 dev br0");
	flood_is_policed(p3, &q);
	q = dp_arp(1, &all, 9, "10.0.3.9", &none, "10.0.3.1");
	dp_inject(p3, &q);
	dp_run();
	assert_true(dp_out(p3, &f));
	dp_cmd("ip link del br0");
}

/* To a device over the port, which has an address of its own. */
static void
flood_of_a_macvlan(void **state)
{
	struct dp_frame q = dp_arp(1, &all, 8, "10.0.4.8", &none, "10.0.4.1");
	unsigned int p4 = dp_port("p4");

	(void)state;
	dp_cmd("ip link add link p4 name m0 type macvlan mode private");
	dp_cmd("ip link set m0 up");
	dp_cmd("ip addr add 10.0.4.1/24 dev m0");
	dp_cmd("sysctl net.ipv4.conf.p4.arp_ignore=1"); /* the port would answer for it, too */
	flood_is_policed(p4, &q);
	dp_cmd("ip link del m0");
}

/* So many requests that are for others by @p port, beside packets by p1, cross the bridge to port
 * @p far. */
static void
flood_crosses(unsigned int port, const struct dp_frame *q, unsigned int far)
{
	struct dp_frame f;

	dp_cmd("ip neigh add 10.0.2.77 lladdr 02:00:00:00:02:77 dev p2");
	dp_discard(far);
	for (unsigned int i = 1; i <= 10 * 400; i++) {
		dp_inject(port, q);
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_inject(p1, &f);
		if (i % 400 != 0)
			continue;
		dp_run();
		assert_int_equal(dp_discard(far), 400);
		dp_discard(p2);
	}
	dp_cmd("ip neigh del 10.0.2.77 dev p2");
}

/* To a VLAN device over a port of a bridge: its own budget. What crosses the bridge, also by a VLAN
 * device that is its port, has none. */
static void
flood_of_a_vlan_beside_a_bridge(void **state)
{
	struct dp_frame q = dp_arp(1, &all, 8, "10.0.5.8", &none, "10.0.5.9");
	struct rte_ether_addr other = dp_host_mac(9);
	unsigned int v1 = dp_port("v1"), v2 = dp_port("v2"), v3 = dp_port("v3");

	(void)state;
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set br0 up");
	dp_cmd("ip link set v1 master br0");
	dp_cmd("ip link set v2 master br0");
	dp_cmd("ip link add link v1 name v1.7 type vlan id 7");
	dp_cmd("ip link set v1.7 up");
	dp_cmd("ip addr add 10.0.5.1/24 dev v1.7");
	dp_cmd("ip link add link v3 name v3.9 type vlan id 9");
	dp_cmd("ip link set v3.9 master br0");
	dp_cmd("ip link set v3.9 up");
	flood_crosses(v1, &q, v2);
	q = dp_arp(1, &all, 8, "10.0.5.8", &none, "10.0.5.1");
	dp_tag(&q, 7);
	flood_is_policed(v1, &q);
	q = dp_arp(2, &other, 8, "10.0.5.8", &other, "10.0.5.9");
	dp_tag(&q, 9);
	flood_crosses(v3, &q, v2);
	dp_discard(v1);
	dp_discard(v3);
	dp_cmd("ip link del v1.7");
	dp_cmd("ip link del v3.9");
	dp_cmd("ip link del br0");
}

/* 400 requests of station 8 and as many packets by p1; amid them one packet by p2, and a request of
 * @p host. Is that answered? */
static bool
heard_in_flood(uint8_t host)
{
	struct rte_ether_addr mac = dp_host_mac(host);
	struct dp_frame f, q = dp_arp(1, &all, 8, "10.0.2.8", &none, "10.0.2.1");
	bool heard = false, passed = false;

	for (unsigned int i = 0; i < 400; i++) {
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_inject(p1, &f);
		dp_inject(p2, &q);
		if (i == 200) {
			f = dp_udp(p2, 8, "10.0.2.8", "10.0.1.2", 18);
			dp_inject(p2, &f);
			f = dp_arp(1, &all, host, "10.0.2.99", &none, "10.0.2.1");
			dp_inject(p2, &f);
		}
	}
	dp_run();
	while (dp_out(p2, &f))
		heard |= f.b[12] == 8 && f.b[13] == 6 && memcmp(f.b, &mac, 6) == 0;
	while (dp_out(p1, &f))
		passed |= f.b[12] == 8 && f.b[13] == 0;
	assert_true(passed);
	return heard;
}

/* One station's flood uses up no more than half of what is saved: others are answered, and what
 * else comes by the port is forwarded, though its bursts are policed before the fast lane has them.
 */
static void
flood_of_one_leaves_room_for_others(void **state)
{
	const struct net_device *dev = dev_get_by_name("p2");
	unsigned int heard = 0;
	uint64_t offered; /* to the fast lane */

	(void)state;
	dp_cmd("ip neigh add 10.0.2.77 lladdr 02:00:00:00:02:77 dev p2");
	dp_cmd("ip neigh replace 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
	for (unsigned int i = 0; i < 40000; i++) /* idle: it saves */
		ethdev_poll(workers[1]);
	dp_drops_clear();
	for (unsigned int i = 0; i < 40; i++)
		flood(400, 400);
	assert_true(dp_drops("arp_over_budget") > 40 * 400 * 3 / 4);
	assert_true(netif_is_flooded(workers[1], dev));
	offered = workers[1]->stages[STAGE_IP4_FAST].packets;
	flood(400, 400);
	offered = workers[1]->stages[STAGE_IP4_FAST].packets - offered;
	assert_true(offered == 0 || (offered >= 400 && offered < 500)); /* 0: built without */
	for (uint8_t host = 20; host < 40; host++)
		heard += heard_in_flood(host);
	assert_in_range(heard, 12,
			20); /* some may share a slot with another, or with the flood's */
	for (unsigned int i = 0; i < 1100; i++) {
		struct dp_frame f = dp_udp(p2, 8, "10.0.2.8", "10.0.1.2", 18);

		assert_true(netif_is_flooded(workers[1], dev) == (i < 1024));
		dp_inject(p2, &f);
		ethdev_poll(workers[1]);
		dp_discard(p1);
	}
	dp_cmd("ip neigh del 10.0.2.77 dev p2");
	dp_cmd("ip neigh del 10.0.1.2 dev p1");
}

/* How many ARP requests for @p tip leave by p2 in @p s seconds; host 9 answers each if @p up. */
static unsigned int
asked(const char *tip, unsigned int s, bool up)
{
	struct rte_ether_addr router = dp_port_mac(p2);
	struct dp_frame f, a = dp_arp(2, &router, 9, tip, &router, "10.0.2.1");
	unsigned int n = 0;

	for (unsigned int i = 0; i < s * 10; i++) {
		dp_run_ms(100);
		while (dp_out(p2, &f)) {
			if (!is_arp_request_for(&f, tip))
				continue;
			n++;
			if (up)
				dp_inject(p2, &a);
		}
	}
	return n;
}

static bool
shown(const char *cmd, const char *text)
{
	dp_cmd("%s", cmd);
	return strstr(dp_cmd_output(), text) != NULL;
}

/* Asked for without a packet, asked again when it grows stale, and after it has failed. */
static void
managed_is_kept_resolved(void **state)
{
	struct dp_frame f;
	unsigned int few;

	(void)state;
	while (dp_out(p2, &f))
		;
	dp_cmd("ip neigh add 10.0.2.40 lladdr 02:00:00:00:02:40 dev p2 nud stale protocol bird");
	dp_cmd("ip neigh add 10.0.2.41 dev p2 managed protocol 4 router");
	assert_in_range(asked("10.0.2.41", 1, true), 1, 3);
	assert_true(shown("ip neigh show 10.0.2.41", "10.0.2.41 dev p2 lladdr 02:00:00:00:01:09 "
						     "router managed REACHABLE proto static \n"));
	assert_in_range(asked("10.0.2.41", 120, true), 2, 12);
	assert_int_equal(asked("10.0.2.40", 60, true), 0); /* nobody wants that one */
	assert_true(asked("10.0.2.41", 120, false) > 6);
	assert_true(shown("ip neigh show 10.0.2.41", "router managed"));
	assert_true(asked("10.0.2.41", 60, true) > 0); /* it is asked for still, and answers */
	for (unsigned int i = 0; i < 60 && !shown("ip neigh show 10.0.2.41", "REACHABLE"); i++)
		asked("10.0.2.41", 1, true); /* it may be due again just now */
	assert_true(shown("ip neigh show 10.0.2.41", "managed REACHABLE"));
	assert_true(shown("ip neigh show protocol bird", "10.0.2.40 "));
	assert_false(shown("ip neigh show protocol bird", "10.0.2.41 "));
	assert_true(shown("ip neigh show protocol 4 nomaster", "10.0.2.41 "));
	dp_cmd("ip neigh flush dev p2 protocol bird");
	assert_false(shown("ip neigh show", "10.0.2.40 "));
	dp_cmd("ip neigh replace 10.0.2.41 lladdr 02:00:00:00:01:09 dev p2 nud stale");
	assert_false(shown("ip neigh show 10.0.2.41", "managed"));
	assert_int_equal(asked("10.0.2.41", 60, true), 0);
	/* How often a managed entry that does not answer is tried is interval_probe_time_ms. */
	dp_cmd("sysctl net.ipv4.neigh.p2.interval_probe_time_ms=30000");
	dp_cmd("ip neigh replace 10.0.2.43 dev p2 managed");
	few = asked("10.0.2.43", 300, false);
	dp_cmd("sysctl net.ipv4.neigh.p2.interval_probe_time_ms=5000");
	assert_in_range(few, 10, 40);
	assert_true(asked("10.0.2.43", 300, false) > few * 3 / 2);
	dp_cmd("ip neigh del 10.0.2.43 dev p2");
	assert_non_null(strstr(dp_cmd_fails("ip neigh show vrf p2"), "Not a valid VRF name"));
	assert_non_null(strstr(dp_cmd_fails("ip neigh show protocol nobody"), "nobody"));
}

/* Who made an entry, and whose device it is on: filters as `ip neigh show proxy` has them. */
static void
proxies_are_told_apart(void **state)
{
	(void)state;
	dp_cmd("ip link add br1 type bridge");
	dp_port("p5");
	dp_cmd("ip link set p5 master br1");
	dp_cmd("ip neigh add proxy 10.9.0.1 dev p2 protocol bird");
	dp_cmd("ip neigh add proxy 10.9.0.2 dev p5");
	dp_cmd("ip neigh add proxy 10.9.0.3");
	assert_true(shown("ip neigh show proxy", "10.9.0.1 dev p2 proxy proto bird \n"));
	assert_true(shown("ip neigh show proxy", "10.9.0.2 dev p5 proxy \n"));
	assert_true(shown("ip neigh show proxy protocol bird", "10.9.0.1 "));
	assert_false(shown("ip neigh show proxy protocol bird", "10.9.0.2 "));
	assert_true(shown("ip neigh show proxy master br1", "10.9.0.2 "));
	assert_false(shown("ip neigh show proxy master br1", "10.9.0.1 "));
	assert_false(shown("ip neigh show proxy master br1", "10.9.0.3 "));
	assert_false(shown("ip neigh show proxy nomaster", "10.9.0.2 "));
	assert_true(shown("ip neigh show proxy nomaster", "10.9.0.3 "));
	assert_non_null(strstr(dp_cmd_fails("ip neigh show proxy vrf p2"), "Not a valid VRF name"));
	dp_cmd("ip neigh replace proxy 10.9.0.1 dev p2"); /* no word of it: it stays */
	assert_true(shown("ip neigh get proxy 10.9.0.1 dev p2", "proto bird"));
	dp_cmd("ip neigh replace proxy 10.9.0.1 dev p2 protocol static");
	assert_true(shown("ip neigh get proxy 10.9.0.1 dev p2", "proto static"));
	dp_cmd("ip neigh flush proxy protocol static");
	assert_false(shown("ip neigh show proxy", "10.9.0.1 "));
	assert_true(shown("ip neigh show proxy", "10.9.0.2 "));
	dp_cmd("ip neigh flush proxy");
	dp_cmd("ip link del br1");
}

static int arping_status;

static void
arping_says(void *arg, const char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
}

static void
arping_ends(void *arg, int status, bool quit)
{
	(void)arg;
	(void)quit;
	arping_status = status;
}

/* `arping FLAGS 10.0.1.2`, whose first request alone is answered: how it ends. */
static int
arping(const char *flags)
{
	static const struct cli_sink sink = { .out = arping_says,
					      .err = arping_says,
					      .done = arping_ends };
	struct rte_ether_addr mac = dp_port_mac(p1);
	struct dp_frame reply = dp_arp(2, &mac, 2, "10.0.1.2", &mac, "10.0.1.1"), got;
	char line[64];

	snprintf(line, sizeof(line), "arping %s 10.0.1.2", flags);
	arping_status = -1;
	role_enter_ctl();
	cli_exec(line, 0, &sink, NULL);
	dp_run_ms(10);
	assert_true(dp_out(p1, &got) && is_arp_request_for(&got, "10.0.1.2"));
	dp_inject(p1, &reply);
	dp_run();
	dp_run_ms(6000);
	dp_discard(p1);
	return arping_status;
}

/* As iputils: within a deadline so many replies are wanted, unless the first is to end it. */
static void
arping_with_a_deadline(void **state)
{
	(void)state;
	assert_int_equal(arping("-c 3 -w 5"), CLI_FAILED);
	assert_int_equal(arping("-f -c 3 -w 5"), CLI_DONE);
	assert_int_equal(arping("-w 5"), CLI_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_for_us_is_answered),
		cmocka_unit_test(packets_wait_and_leave_in_order),
		cmocka_unit_test(order_is_kept_while_asked),
		cmocka_unit_test(order_of_many_is_kept),
		cmocka_unit_test(endless_stream_is_not_waited_for),
		cmocka_unit_test(moved_address_is_followed),
		cmocka_unit_test(silence_is_reported),
		cmocka_unit_test(malformed_arp_is_counted),
		cmocka_unit_test(managed_is_kept_resolved),
		cmocka_unit_test(proxies_are_told_apart),
		cmocka_unit_test(flood_leaves_time_for_others),
		cmocka_unit_test(flood_of_one_leaves_room_for_others),
		cmocka_unit_test(flood_by_a_bridge_port),
		cmocka_unit_test(flood_of_a_macvlan),
		cmocka_unit_test(flood_of_a_vlan_beside_a_bridge),
		cmocka_unit_test(arping_with_a_deadline),
	};

	return cmocka_run_group_tests_name("dp/arp", tests, setup, dp_teardown);
}
