/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scan of a subnet, or ARP, beside traffic: what a worker without time to spare takes on, and
 *that nobody else notices.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24, 10.7.0.0/16 (scanned)
 *	10.0.5.0/24 p1.5 (tagged)
 */
#include "dp.h"
#include <stdio.h>
#include <string.h>
#include "core/counter.h"
#include "core/timer.h"
#include "ethdev/ethdev.h"
#include "ip4/ip4_mib_dp.h"
#include "netdev/netdev.h"
#include "polluxd/polluxd.h"

#define BURST	 32
#define FILTERED 29 /* its place in a round */

static unsigned int p1, p2;

/* How the packets of a round come, and go. */
struct way {
	bool tagged;   /* by p1.5 */
	bool filtered; /* one of the known ones the packet filter drops */
	bool two_hops; /* every other one to a known neighbour of its own */
};
static const struct way plain;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_port("p2");
	dp_cmd("ip link add link p1 name p1.5 type vlan id 5");
	dp_cmd("ip link set p1.5 up");
	dp_cmd("ip addr add 10.0.5.1/24 dev p1.5");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip addr add 10.7.0.1/16 dev p2");
	dp_cmd("ip route add 10.8.0.0/16 via 10.0.2.50");
	dp_cmd("ip neigh add 10.0.2.77 lladdr 02:00:00:00:02:77 dev p2");
	dp_cmd("ip neigh add 10.0.2.78 lladdr 02:00:00:00:02:78 dev p2");
	dp_run();
	dp_discard(p2);
	return 0;
}

static unsigned int
refused(void)
{
	return (unsigned int)dp_drops("neigh_over_budget");
}

static bool
is_arp(const struct dp_frame *f)
{
	return f->b[12] == 8 && f->b[13] == 6;
}

/* What is in the rings to the control thread is handled; its questions leave. */
static void
control_turn(void)
{
	role_enter_ctl();
	while (control_poll() > 0)
		;
}

/* Let @p n packets in, in one round of the worker: those of @p fresh, a mask, from @p src to
 * destinations nobody has heard of. The others leave, in order, and by their neighbours. */
static void
round_of(unsigned int n, uint32_t fresh, const char *src, const struct way *way)
{
	static uint32_t n_fresh;
	struct dp_frame f;

	for (uint16_t i = 0; i < n; i++) {
		char dst[20];

		snprintf(dst, sizeof(dst), "10.0.2.%u", way->two_hops ? 77u + i % 2 : 77u);
		if (fresh >> i & 1) {
			snprintf(dst, sizeof(dst), "10.7.%u.%u", 1 + n_fresh / 250 % 250,
				 2 + n_fresh % 250);
			n_fresh++;
		}
		f = dp_udp(p1, 2, way->filtered && i == FILTERED ? "10.0.1.99" : src, dst, 18);
		dp_ip4(&f)->packet_id = rte_cpu_to_be_16(i);
		dp_fix_checksum(&f);
		if (way->tagged)
			dp_tag(&f, 5);
		dp_inject(p1, &f);
	}
	role_enter_dp();
	workers[1]->now = clock_tsc();
	ethdev_poll(workers[1]);
	for (uint16_t i = 0; i < n; i++) {
		if (fresh >> i & 1 || (way->filtered && i == FILTERED))
			continue;
		do
			if (!dp_out(p2, &f))
				fail_msg("packet %u of %x is lost", i, fresh);
		while (is_arp(&f));
		assert_int_equal(rte_be_to_cpu_16(dp_ip4(&f)->packet_id), i);
		assert_int_equal(f.b[5], way->two_hops && i % 2 == 1 ? 0x78 : 0x77);
	}
	while (dp_out(p2, &f))
		assert_true(is_arp(&f));
	control_turn();
}

/* Rounds of a worker without time to spare until the scan of host 2 has had its share. */
static void
use_up(void)
{
	unsigned int n = 0;

	for (unsigned int was = refused(); refused() < was + 200; n++) {
		round_of(BURST, 1u << 16, "10.0.1.2", &plain);
		assert_true(n < 4000);
	}
}

/* Half of what is saved, then next to nothing; of others a little; with time to spare, all. */
static void
scan_has_its_budget(void **state)
{
	unsigned int n, was, heard = 0;

	(void)state;
	dp_drops_clear();
	for (n = 0; refused() == 0 && n < 4000; n++)
		round_of(BURST, 1u << 16, "10.0.1.2", &plain);
	assert_in_range(n, 512, 540);
	for (n = 0; n < 256; n++)
		round_of(BURST, 1u << 16, "10.0.1.2", &plain);
	assert_in_range(refused(), 230, 257);
	for (unsigned int host = 20; host < 40; host++) {
		char src[20];

		snprintf(src, sizeof(src), "10.0.1.%u", host);
		was = refused();
		round_of(BURST, 1u << 9, src, &plain);
		heard += refused() == was;
	}
	assert_in_range(heard, 12, 20); /* some share a slot with another, or with the scan */
	was = refused();
	round_of(8, 1, "10.0.1.2", &plain); /* the round before this was a full one */
	for (n = 0; n < 300; n++)
		round_of(8, 1u << n % 8, "10.0.1.2", &plain);
	assert_true(refused() <= was + 1);
	round_of(BURST, UINT32_MAX, "10.0.1.2", &plain); /* nothing else comes */
	was = refused();
	for (n = 0; n < 20; n++)
		round_of(BURST, UINT32_MAX, "10.0.1.2", &plain);
	assert_int_equal(refused(), was);
}

/* A next hop that has to be asked for, amid a scan of the same device. */
static void
next_hop_is_asked_for_amid_a_scan(void **state)
{
	struct dp_frame f, gw = dp_udp(p1, 2, "10.0.1.2", "10.8.0.1", 18);
	const rte_be32_t hop = dp_ip("10.0.2.50");
	unsigned int asked = 0;

	(void)state;
	use_up();
	for (unsigned int i = 0; i < BURST; i++) {
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_inject(p1, i == 5 ? &gw : &f);
	}
	role_enter_dp();
	ethdev_poll(workers[1]);
	control_turn();
	dp_run();
	while (dp_out(p2, &f))
		asked += is_arp(&f) && memcmp(f.b + 38, &hop, sizeof(hop)) == 0;
	assert_int_equal(asked, 1);
}

/* Wherever in the burst they stand, and however it comes: the others leave, all are counted. */
static void
burst_goes_on_without_them(void **state)
{
	static const uint32_t masks[] = { 1, 2, 3, 1u << 31, 0x80000001, 0x00010100, 0x0ffffff0 };
	static const struct way ways[] = { { 0 },
					   { .two_hops = true },
					   { .filtered = true },
					   { .tagged = true },
					   { .tagged = true, .two_hops = true } };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(ways) * RTE_DIM(masks); i++) {
		const struct way *way = &ways[i / RTE_DIM(masks)];
		const char *src = way->tagged ? "10.0.5.2" : "10.0.1.2";
		uint32_t mask = masks[i % RTE_DIM(masks)];
		uint64_t in, octets, forw, sent;
		struct netdev_stats_sum was, is, out;
		unsigned int n;

		if (way->filtered)
			dp_cmd("filter add forward src 10.0.1.99 drop");
		use_up();
		in = counter_read_total(&ip_mib, IP_InReceives);
		forw = counter_read_total(&ip_mib, IP_ForwDatagrams);
		octets = counter_read_total(&ipext_mib, IPEXT_InOctets);
		dev_get_stats(dev_get_by_name("p1.5"), &was);
		dev_get_stats(dev_get_by_name("p2"), &out);
		sent = out.tx_bytes;
		n = refused();
		round_of(BURST, mask, src, way);
		if (!way->tagged) {
			assert_int_equal(refused() - n, __builtin_popcount(mask));
			dev_get_stats(dev_get_by_name("p2"), &out);
			assert_int_equal(out.tx_bytes - sent,
					 60 * (BURST - way->filtered - __builtin_popcount(mask)));
		}
		assert_int_equal(counter_read_total(&ip_mib, IP_InReceives) - in, BURST);
		assert_int_equal(counter_read_total(&ip_mib, IP_ForwDatagrams) - forw,
				 BURST - way->filtered);
		assert_int_equal(counter_read_total(&ipext_mib, IPEXT_InOctets) - octets,
				 BURST * 46);
		dev_get_stats(dev_get_by_name("p1.5"), &is);
		assert_int_equal(is.rx_packets - was.rx_packets, way->tagged ? BURST : 0);
		if (way->filtered)
			dp_cmd("filter flush forward");
	}
}

/* A round of BURST frames by p1: those of @p arp, a mask, are requests of one station, and packets,
 * which leave in order. @return how many requests are refused; the others are answered. */
static unsigned int
round_with_arp(uint32_t arp, bool tagged)
{
	static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } }, none;
	struct dp_frame f, q = dp_arp(1, &all, 8, "10.0.1.8", &none, "10.0.1.1");
	unsigned int was = (unsigned int)dp_drops("arp_over_budget"), over, answers = 0;
	unsigned int n_arp = (unsigned int)__builtin_popcount(arp);
	struct netdev_stats_sum before, after;

	if (tagged) {
		q = dp_arp(1, &all, 8, "10.0.5.8", &none, "10.0.5.1");
		dp_tag(&q, 5);
	}
	dev_get_stats(dev_get_by_name("p1"), &before);
	for (uint16_t i = 0; i < BURST; i++) {
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.77", 18);
		dp_ip4(&f)->packet_id = rte_cpu_to_be_16(i);
		dp_fix_checksum(&f);
		dp_inject(p1, arp >> i & 1 ? &q : &f);
	}
	role_enter_dp();
	workers[1]->now = clock_tsc();
	ethdev_poll(workers[1]);
	for (uint16_t i = 0; i < BURST; i++) {
		if (arp >> i & 1)
			continue;
		do /* questions of the scan before this */
			assert_true(dp_out(p2, &f));
		while (is_arp(&f));
		assert_int_equal(rte_be_to_cpu_16(dp_ip4(&f)->packet_id), i);
	}
	control_turn();
	while (dp_out(p1, &f))
		answers += f.b[tagged ? 16 : 12] == 8 && f.b[tagged ? 25 : 21] == 2;
	over = (unsigned int)dp_drops("arp_over_budget") - was;
	assert_int_equal(over + answers, n_arp);
	dev_get_stats(dev_get_by_name("p1"), &after);
	assert_int_equal(after.rx_packets - before.rx_packets, BURST);
	assert_int_equal(after.rx_bytes - before.rx_bytes, 60 * (BURST - n_arp) + q.len * n_arp);
	return over;
}

/* ARP over the budget among packets of the same port: wherever it stands, the others go on. */
static void
burst_goes_on_without_arp(void **state)
{
	static const uint32_t masks[] = { 1,	      3,	  1u << 31,  0x80000001,
					  0x00010100, 0x0ffffff0, 0xfffffffe };

	(void)state;
	for (unsigned int n = 0, over = 0; over < 400; n++) {
		over += round_with_arp(0x01010101, false);
		assert_true(n < 4000);
	}
	for (unsigned int tagged = 0; tagged < 2; tagged++)
		for (unsigned int i = 0; i < RTE_DIM(masks); i++) {
			unsigned int n = 0, over = 0;

			for (unsigned int r = 0; r < 40; r++) {
				over += round_with_arp(masks[i], tagged != 0);
				n += (unsigned int)__builtin_popcount(masks[i]);
			}
			assert_true(over >= n / 2);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_has_its_budget),
		cmocka_unit_test(next_hop_is_asked_for_amid_a_scan),
		cmocka_unit_test(burst_goes_on_without_them),
		cmocka_unit_test(burst_goes_on_without_arp),
	};

	return cmocka_run_group_tests_name("dp/police", tests, setup, dp_teardown);
}
