/* SPDX-License-Identifier: BSD-3-Clause */
/* A flood of fragments that never become datagrams, against the whole router. */
#include "dp.h"
#include <string.h>
#include "core/counter.h"
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_mib_dp.h"
#include "vtime.h"

#define FLOOD	40000u
#define TURN_US 100 /* for 50 of them: 500,000 a second */

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	/* With one secret in 65,536 the flooder's neighbour would be held down with him. */
	shed_init(&ip4_defrag_tab[1].shed,
		  &(struct siphash_key){ { 0x1234567890abcdef, 0xfedcba0987654321 } });
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.1.3 lladdr 02:00:00:00:01:03 dev p1");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:02 dev p2");
	return 0;
}

static uint64_t
shed(void)
{
	role_enter_ctl();
	return counter_read(&frag_mib, FRAG_Shed);
}

/* A first fragment for the router. */
static struct dp_frame
first_fragment(const char *src, uint32_t number, bool spoofed)
{
	struct dp_frame f = dp_udp(p1, 2, src, "10.0.1.1", 64);
	struct rte_ipv4_hdr *iph = dp_ip4(&f);

	iph->packet_id = rte_cpu_to_be_16((uint16_t)number);
	iph->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	if (spoofed)
		iph->src_addr = rte_cpu_to_be_32(0x0b000000 + number * 2654435761u % 0x1000000);
	dp_fix_checksum(&f);
	return f;
}

/* A ping of another host in two fragments: answered? */
static bool
ping_in_two(uint16_t id)
{
	struct dp_frame whole = dp_echo(p1, 3, "10.0.1.3", "10.0.1.1", 56), part, out;
	struct rte_ipv4_hdr *iph = dp_ip4(&whole);
	bool answered = false;

	iph->packet_id = rte_cpu_to_be_16(id);
	for (unsigned int i = 0; i < 2; i++) {
		part = whole;
		iph = dp_ip4(&part);
		iph->total_length = RTE_BE16(20 + 32);
		iph->fragment_offset = i == 0 ? RTE_BE16(RTE_IPV4_HDR_MF_FLAG) : RTE_BE16(4);
		if (i == 1)
			memmove(part.b + 34, part.b + 34 + 32, 32);
		part.len = 14 + 20 + 32;
		dp_fix_checksum(&part);
		dp_inject(p1, &part);
	}
	dp_run();
	while (dp_out(p1, &out))
		answered = true;
	return answered;
}

/* Memory stays below the threshold, the flood is refused at the door, and others are served. */
static void
one_source_floods(void **state)
{
	struct dp_frame plain = dp_udp(p1, 3, "10.0.1.3", "10.0.2.2", 100), f;
	unsigned int datagrams, pings = 0, answered = 0, forwarded = 0;
	uint64_t bytes, high = 300000;

	(void)state;
	dp_cmd("sysctl net.ipv4.ipfrag_low_thresh=200000");
	dp_cmd("sysctl net.ipv4.ipfrag_high_thresh=%u", (unsigned int)high);
	for (uint32_t i = 0; i < FLOOD; i++) {
		f = first_fragment("10.0.1.2", i, false);
		dp_inject(p1, &f);
		if (i % 500 == 499) {
			dp_inject(p1, &plain);
			pings++;
			answered += ping_in_two((uint16_t)pings);
			while (dp_out(p2, &f))
				forwarded++;
		}
		if (i % 50 == 49) {
			vtime_pass_us(TURN_US);
			dp_run();
			ip4_defrag_usage(&bytes, &datagrams);
			assert_true(bytes <= high);
		}
	}
	assert_int_equal(answered, pings);
	assert_int_equal(forwarded, pings);
	assert_true(datagrams > 20);
	assert_true(shed() > FLOOD / 10);
	dp_check_balance();
}

/* Sources without number: what is forwarded goes on, and memory is bounded; when it is over, all
 * are served again. */
static void
invented_sources_flood(void **state)
{
	unsigned int datagrams, forwarded = 0, answered = 0;
	uint64_t bytes, before = shed();
	struct dp_frame plain = dp_udp(p1, 3, "10.0.1.3", "10.0.2.2", 100), f;

	(void)state;
	dp_cmd("ip route add blackhole 10.9.0.0/16");
	dp_drops_clear();
	for (uint32_t i = 0; i < FLOOD; i++) {
		f = first_fragment("11.0.0.0", i, true);
		dp_inject(p1, &f);
		if (i % 50 != 49)
			continue;
		dp_inject(p1, &plain);
		f = dp_echo(p1, 3, "10.0.1.3", "10.0.1.1", 8); /* whole */
		dp_ip4(&f)->packet_id = rte_cpu_to_be_16((uint16_t)i);
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
		f = first_fragment("10.0.1.3", i, false); /* not for us */
		dp_ip4(&f)->dst_addr = dp_ip("10.9.0.1");
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
		vtime_pass_us(TURN_US);
		dp_run();
		while (dp_out(p2, &f))
			forwarded++;
		while (dp_out(p1, &f))
			answered++;
		ip4_defrag_usage(&bytes, &datagrams);
		assert_true(bytes <= 300000);
	}
	assert_int_equal(forwarded, FLOOD / 50);
	assert_int_equal(answered, FLOOD / 50);
	assert_int_equal(dp_drops("ip4_blackhole"), FLOOD / 50);
	assert_true(shed() > before + FLOOD / 10);
	for (unsigned int i = 0; i < 50 && ip4_shedding != 0; i++) {
		dp_run_ms(20);
		ping_in_two((uint16_t)(9000 + i));
	}
	assert_int_equal(ip4_shedding, 0);
	before = shed();
	assert_true(ping_in_two(9999));
	assert_int_equal(shed(), before);
	dp_check_balance();
}

/* A turn of the flood, among which a packet passes and another host pings. */
static void
flood_turn(uint32_t *number, unsigned int *passed, unsigned int *answered)
{
	struct dp_frame plain = dp_udp(p1, 3, "10.0.1.3", "10.0.2.2", 100), f;

	for (unsigned int k = 0; k < 50; k++) {
		f = first_fragment("11.0.0.0", (*number)++, true);
		dp_inject(p1, &f);
	}
	dp_inject(p1, &plain);
	f = dp_echo(p1, 3, "10.0.1.3", "10.0.1.1", 8);
	dp_inject(p1, &f);
	vtime_pass_us(TURN_US);
	dp_run();
	while (dp_out(p2, &f))
		++*passed;
	while (dp_out(p1, &f))
		++*answered;
}

/* A tap sees all of the flood, and what it costs stays what it was: most of it goes before it is
 * routed. */
static void
tap_looks_on(void **state)
{
	const struct stage_stat *local = &workers[1]->stages[STAGE_IP4_LOCAL],
				*rcv = &workers[1]->stages[STAGE_IP4_RCV];
	unsigned int passed = 0, answered = 0;
	uint64_t delivered, received;
	uint32_t number = 0;

	(void)state;
	for (unsigned int i = 0; i < 2000 && ip4_shedding == 0; i++)
		flood_turn(&number, &passed, &answered);
	assert_int_not_equal(ip4_shedding, 0);
	for (unsigned int i = 0; i < 100; i++)
		flood_turn(&number, &passed, &answered);
	received = rcv->packets;
	for (unsigned int i = 0; i < 100; i++)
		flood_turn(&number, &passed, &answered);
	assert_true(rcv->packets - received < 100 * 50 / 2); /* not even by the general lane */
	dp_tap_on();
	passed = answered = 0;
	delivered = local->packets;
	received = rcv->packets;
	for (unsigned int i = 0; i < 100; i++)
		flood_turn(&number, &passed, &answered);
	assert_in_range(dp_tap_off(), 100 * 52, 100 * 54); /* what leaves, too */
	assert_int_equal(passed, 100);
	assert_int_equal(answered, 100);
#ifdef POLLUX_STAGE_STATS
	assert_true(rcv->packets - received >= 100 * 52);
	assert_in_range(local->packets - delivered, 100, 100 * 50 / 2);
#endif
	dp_check_balance();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_source_floods),
		cmocka_unit_test(invented_sources_flood),
		cmocka_unit_test(tap_looks_on),
	};

	return cmocka_run_group_tests(tests, setup, dp_teardown);
}
