/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow leaves in the order in which it came, whichever lane its packets go by.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24
 */
#include "dp.h"
#include <string.h>
#include "core/counter.h"
#include "ip4/ip4_mib_dp.h"

#define BURST 32

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	return 0;
}

static uint64_t
in_fast(void)
{
	role_enter_ctl();
	return counter_read_total(&route_mib, ROUTE_in_fast);
}

/* Packet @p i of the flow from host 10.0.1.@p host. */
static struct dp_frame
packet(unsigned int i, unsigned int host, uint16_t payload)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", payload);

	dp_ip4(&f)->src_addr = rte_cpu_to_be_32(0x0a000100 + host);
	dp_ip4(&f)->packet_id = rte_cpu_to_be_16((uint16_t)i);
	dp_fix_checksum(&f);
	return f;
}

/* What left, fragments of one packet as one: is each host's in order? */
static unsigned int
leave_in_order(void)
{
	int last[256];
	unsigned int n = 0;
	struct dp_frame f;

	memset(last, -1, sizeof(last));
	while (dp_out(p2, &f)) {
		int id = rte_be_to_cpu_16(dp_ip4(&f)->packet_id);
		int *of = &last[rte_be_to_cpu_32(dp_ip4(&f)->src_addr) & 0xff];

		assert_true(id >= *of);
		n += id > *of;
		*of = id;
	}
	return n;
}

static void
sizes_over_and_under_the_mtu(void **state)
{
	uint64_t was;

	(void)state;
	dp_cmd("ip link set p2 mtu 600");
	was = in_fast();
	for (unsigned int i = 0; i < BURST; i++) {
		struct dp_frame f = packet(i, 2 + i / 3 % 2, i % 3 == 0 ? 900 : 20);

		dp_inject(p1, &f);
	}
	dp_run();
	assert_int_equal(leave_in_order(), BURST);
	assert_int_equal(in_fast(), was);
	/* Other flows of the burst, and what came before, stay in the lane. */
	for (unsigned int i = 0; i < BURST; i++) {
		struct dp_frame f = packet(i, i < BURST / 2 ? 2 : 2 + i % 2, i == 16 ? 900 : 20);

		dp_inject(p1, &f);
	}
	dp_run();
	assert_int_equal(leave_in_order(), BURST);
	assert_int_equal(in_fast() - was, BURST / 2 + BURST / 4);
	/* One that may not be cut is not forwarded: nobody waits for it. */
	was = in_fast();
	for (unsigned int i = 0; i < BURST; i++) {
		struct dp_frame f = packet(i, 2, i == 3 ? 900 : 20);

		dp_ip4(&f)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
	}
	dp_run();
	assert_int_equal(leave_in_order(), BURST - 1);
	assert_int_equal(in_fast() - was, BURST - 1);
	dp_discard(p1); /* fragmentation needed */
	dp_cmd("ip link set p2 mtu 1500");
}

static void
several_buffers_and_one(void **state)
{
	const struct dp_mbuf chain = { .seg = 256 };
	uint64_t was = in_fast();

	(void)state;
	for (unsigned int i = 0; i < BURST; i++) {
		struct dp_frame f = packet(i, 2 + i % 2, i % 4 == 2 ? 900 : 20);

		if (i % 4 == 2)
			dp_inject_as(p1, &f, &chain);
		else
			dp_inject(p1, &f);
	}
	dp_run();
	assert_int_equal(leave_in_order(), BURST);
	assert_int_equal(in_fast() - was, BURST / 2 + 1); /* the other host's, and the first */
}

/* What anybody may put among another's packets does not take these out of the lane. */
static void
options_take_nobody_along(void **state)
{
	uint64_t was = in_fast();

	(void)state;
	for (unsigned int i = 0; i < BURST; i++) {
		struct dp_frame f = packet(i, 2, 20);

		if (i == 3) { /* as if it had options: four NOPs where its ports are */
			dp_ip4(&f)->version_ihl = 0x46;
			memset(dp_ip4(&f) + 1, 1, 4);
			dp_ip4(&f)->hdr_checksum = 0;
			dp_ip4(&f)->hdr_checksum = (uint16_t)~rte_raw_cksum(dp_ip4(&f), 24);
		}
		dp_inject(p1, &f);
	}
	dp_run();
	assert_int_equal(dp_discard(p2), BURST);
	assert_int_equal(in_fast() - was, BURST - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_over_and_under_the_mtu),
		cmocka_unit_test(several_buffers_and_one),
		cmocka_unit_test(options_take_nobody_along),
	};

	return cmocka_run_group_tests(tests, setup, dp_teardown);
}
