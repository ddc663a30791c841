/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues before a port, and a port that takes nothing.
 *
 *   host 2: 10.0.1.2 --- p1 [router] p2 --- 10.0.2.2 :host 3
 */
#include "dp.h"
#include <string.h>
#include "core/timer.h"
#include "ethdev/ethdev.h"
#include "sched/sched.h"

#define RING_ROOM 1023 /* frames that a port of these tests takes before anybody looks */

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	return 0;
}

static void
inject(uint8_t tos, unsigned int n)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100);

	dp_ip4(&f)->type_of_service = tos;
	dp_fix_checksum(&f);
	for (unsigned int i = 0; i < n; i++) {
		dp_inject(p1, &f);
		if (i % 512 == 511)
			dp_run();
	}
	dp_run();
}

static unsigned int
take(uint8_t tos, unsigned int n)
{
	struct dp_frame f;
	unsigned int same = 0;

	while (n-- > 0 && dp_out(p2, &f))
		same += dp_ip4(&f)->type_of_service == tos;
	return same;
}

static void
drain(void)
{
	struct dp_frame f;

	do {
		while (dp_out(p2, &f))
			;
		dp_run();
	} while (dp_out(p2, &f));
}

/* Under overload what is urgent overtakes: the port is full, then takes one frame after another. */
static void
urgent_frames_overtake(void **state)
{
	const struct stage_stat *stage = &workers[1]->stages[STAGE_SCHED];
	unsigned int urgent = 0;
	uint64_t before;
	uint32_t waited;

	(void)state;
	dp_cmd("tc qdisc add dev p2 root pfifo_fast");
	inject(0x08, RING_ROOM + 300);
	inject(0x10, 20);
	dp_check_balance();
	waited = sched_held();
	before = stage->packets;
	take(0, RING_ROOM); /* what the port had taken already */
	for (unsigned int i = 0; i < 4; i++) {
		dp_run();
		urgent += take(0x10, 13);
	}
	assert_int_equal(urgent, 20); /* behind the burst that stood in the driver's buffer */
	drain();
#ifdef POLLUX_STAGE_STATS
	assert_int_equal(stage->packets - before, waited);
#endif
	dp_check_balance();
	dp_cmd("tc qdisc del dev p2 root");
}

/* By port @p in, which nothing but worker 1 looks after: no time passes. */
static void
inject_unseen(unsigned int in, const struct dp_frame *f)
{
	role_enter_dp();
	dp_inject(in, f);
	workers[1]->now = clock_tsc();
	ethdev_poll(workers[1]);
}

/* A bridge's port is slower than what comes for it: data is dropped, but a host's ARP, its OSPF and
 * the bridge's own BPDUs leave without waiting for what was there before. All of it at the rate. */
static void
full_bucket_lets_control_by(void **state)
{
	const uint64_t rate = 125000, burst = 16 * 1024;
	unsigned int p3 = dp_port("p3"), p4 = dp_port("p4"), at, arp_at = 0, ospf_at = 0, bpdus = 0;
	struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } }, none = { { 0 } };
	struct dp_frame data = dp_udp(p3, 3, "10.0.3.2", "10.0.3.4", 958), hello, arp, f;
	uint64_t begin, bytes = 0, count = 0, bpdus_ahead = 0;

	(void)state;
	((struct rte_ether_hdr *)data.b)->dst_addr = dp_host_mac(4);
	hello = dp_udp(p3, 3, "10.0.3.2", "224.0.0.5", 44);
	memcpy(hello.b, "\x01\x00\x5e\x00\x00\x05", 6);
	dp_ip4(&hello)->type_of_service = 0xc0;
	dp_ip4(&hello)->next_proto_id = 89;
	dp_fix_checksum(&hello);
	arp = dp_arp(RTE_ARP_OP_REQUEST, &all, 3, "10.0.3.2", &none, "10.0.3.4");
	dp_cmd("ip link add br0 type bridge stp_state 1");
	dp_cmd("ip link set p3 master br0");
	dp_cmd("ip link set p4 master br0");
	dp_cmd("ip link set br0 up");
	dp_run_ms(35000);
	f = dp_arp(RTE_ARP_OP_REQUEST, &all, 4, "10.0.3.4", &none, "10.0.3.2");
	dp_inject(p4, &f); /* the bridge knows where it is */
	dp_run();
	dp_discard(p3);
	dp_discard(p4);
	dp_drops_clear();
	dp_cmd("tc qdisc add dev p4 root tbf rate 1mbit burst 16kb limit 600kb");
	dp_discard(p4);
	begin = clock_us();
	for (unsigned int i = 0; i < 900; i++) {
		dp_ip4(&data)->packet_id = rte_cpu_to_be_16((uint16_t)i);
		dp_fix_checksum(&data);
		inject_unseen(p3, &data);
	}
	assert_true(dp_drops("sched_full") > 250);
	inject_unseen(p3, &arp);
	inject_unseen(p3, &hello);
	dp_run(); /* until all has left */
	begin = clock_us() - begin;
	for (at = 0; dp_out(p4, &f); at++) {
		bytes += f.len;
		if (memcmp(f.b, "\x01\x80\xc2\x00\x00\x00", 6) == 0) {
			bpdus++;
		} else if (f.len == data.len) {
			/* Those that came when the queue was full are missing, no others. */
			assert_true(rte_be_to_cpu_16(dp_ip4(&f)->packet_id) >= count);
			count++;
			bpdus_ahead = bpdus;
		} else if (memcmp(f.b, arp.b, arp.len) == 0) {
			arp_at = at;
		} else if (memcmp(f.b, hello.b, hello.len) == 0) {
			ospf_at = at;
		}
	}
	assert_int_equal(count + dp_drops("sched_full"), 900);
	assert_in_range(arp_at, burst / data.len, burst / data.len + 3);
	assert_in_range(ospf_at, arp_at + 1, arp_at + 2);
	assert_in_range(bpdus_ahead, 2, 3); /* each 2 s, and 600 kb are 4.9 */
	bytes -= burst;
	assert_in_range(bytes * 1000000 / begin, rate * 98 / 100, rate * 102 / 100);
	dp_cmd("ip link del br0");
	dp_check_balance();
}

static void
words_and_errors(void **state)
{
	(void)state;
	dp_cmd("tc qdisc replace dev p2 root handle 7: tbf rate 8mbit burst 10kb latency 50ms");
	dp_cmd("tc qdisc show dev p2");
	assert_string_equal(dp_cmd_output(),
			    "qdisc tbf 7: dev p2 root refcnt 2 rate 8Mbit burst 10Kb lat 50ms \n");
	dp_cmd("ip link show p2");
	assert_non_null(strstr(dp_cmd_output(), "qdisc tbf"));
	assert_non_null(strstr(dp_cmd_fails("tc qdisc add dev p2 root pfifo_fast"), "replace"));
	dp_cmd("tc qdisc change dev p2 root pfifo_fast");
	dp_cmd("tc qdisc show dev p2");
	assert_non_null(strstr(dp_cmd_output(), "bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1"));
	dp_cmd("tc qdisc del dev p2 root");
	assert_non_null(strstr(dp_cmd_fails("tc qdisc del dev p2 root"), "no queue"));
	assert_non_null(
		strstr(dp_cmd_fails("tc qdisc change dev p2 root pfifo_fast"), "to change"));
	assert_non_null(strstr(dp_cmd_fails("tc qdisc add dev lo root pfifo_fast"), "loopback"));
	assert_non_null(strstr(dp_cmd_fails("tc qdisc add dev p2 root tbf rate 1mbit burst 4kb"),
			       "latency"));
	assert_non_null(strstr(dp_cmd_fails("tc qdisc add dev p2 root tbf rate 1mbut"), "1mbut"));
	assert_non_null(strstr(dp_cmd_fails("tc qdisc add dev p2 root handle x tbf"), "handle"));
	dp_cmd("tc qdisc show dev p2");
	assert_string_equal(dp_cmd_output(), "qdisc noqueue 0: dev p2 root refcnt 2 \n");
}

/* A transmit queue that takes nothing for a second: told, counted, the port reset; then it works.
 */
static void
stuck_queue_is_reset(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100), got;
	struct ethdev_port *port;

	(void)state;
	drain();
	dp_drops_clear();
	dp_cmd("show health");
	assert_non_null(strstr(dp_cmd_output(), "tx_timeouts"));
	assert_null(strstr(dp_cmd_output(), "timeouts 1"));
	for (unsigned int i = 1; i <= 4; i++) { /* nobody takes frames off this wire */
		inject(0, RING_ROOM + 10);
		dp_run_ms(2500);
		assert_true(dp_drops("netdev_tx_full") > 0);
		role_enter_ctl();
		port = ethdev_by_name("p2");
		assert_int_equal(port->ctl->tx_timeouts, i);
		if (i != 3) /* 5 s between two resets: then or now */
			assert_int_equal(port->ctl->tx_resets, 1 + i / 4);
		dp_drops_clear();
	}
	dp_cmd("show health");
	assert_non_null(strstr(dp_cmd_output(), "p2"));
	drain();
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &got));
	dp_check_balance();
}

/* From VLAN to VLAN, where the second has a queue of its own: its frames end there, tag and all. */
static void
vlan_device_with_a_queue(void **state)
{
	struct dp_frame f = dp_udp(p1, 5, "10.0.5.2", "10.0.6.2", 40), want;

	(void)state;
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	dp_cmd("ip link add link p2 name p2.9 type vlan id 9");
	dp_cmd("ip link set p1.7 up");
	dp_cmd("ip link set p2.9 up");
	dp_cmd("ip addr add 10.0.5.1/24 dev p1.7");
	dp_cmd("ip addr add 10.0.6.1/24 dev p2.9");
	dp_cmd("tc qdisc add dev p2.9 root pfifo_fast");
	dp_cmd("ip neigh add 10.0.6.2 lladdr 0a:55:00:00:01:06 dev p2.9");
	want = dp_forwarded(&f, p2, 6);
	want.b[0] = 0x0a; /* a MAC address that begins unlike the router's */
	want.b[1] = 0x55;
	dp_tag(&f, 7);
	dp_tag(&want, 9);
	for (unsigned int i = 0; i < 40; i++)
		dp_inject(p1, &f);
	dp_run();
	for (unsigned int i = 0; i < 40; i++)
		dp_expect(p2, &want);
	dp_check_balance();
	dp_cmd("ip link del p2.9");
	dp_cmd("ip link del p1.7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urgent_frames_overtake),
		cmocka_unit_test(full_bucket_lets_control_by),
		cmocka_unit_test(words_and_errors),
		cmocka_unit_test(stuck_queue_is_reset),
		cmocka_unit_test(vlan_device_with_a_queue),
	};

	return cmocka_run_group_tests_name("dp/sched", tests, setup, dp_teardown);
}
