/* SPDX-License-Identifier: BSD-3-Clause */
/*
 *   host 2: 10.0.1.2 --- p1 [router] p2 --- 10.0.2.2 :host 3
 *                10.0.1.1        10.0.2.1          \-- 10.0.2.9 :host 9, gateway of 192.0.2.0/24
 */
#include "dp.h"
#include <stdio.h>
#include <string.h>

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	dp_cmd("ip neigh add 10.0.2.9 lladdr 02:00:00:00:01:09 dev p2");
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.9");
	return 0;
}

static void
plain_packet_is_forwarded(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100), want;

	(void)state;
	want = dp_forwarded(&f, p2, 3);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
	dp_expect_none(p1);
}

static void
gateway_is_used(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.0.2.77", 100), want;

	(void)state;
	want = dp_forwarded(&f, p2, 9);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
}

/* RFC 1812 5.3.1: TTL 1 is not forwarded; 4.3.3.4: the sender is told. */
static void
expired_ttl_is_reported(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100), got;
	struct rte_icmp_hdr *icmp;

	(void)state;
	dp_ip4(&f)->time_to_live = 1;
	dp_fix_checksum(&f);
	dp_drops_clear();
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_true(dp_out(p1, &got));
	icmp = (struct rte_icmp_hdr *)(dp_ip4(&got) + 1);
	assert_int_equal(dp_ip4(&got)->next_proto_id, 1);
	assert_int_equal(dp_ip4(&got)->src_addr, dp_ip("10.0.1.1"));
	assert_int_equal(dp_ip4(&got)->dst_addr, dp_ip("10.0.1.2"));
	assert_int_equal(icmp->icmp_type, 11);
	assert_int_equal(icmp->icmp_code, 0);
	assert_memory_equal(icmp + 1, dp_ip4(&f), 28); /* RFC 792: header and 64 bits, at least */
	assert_int_equal(dp_drops("ip4_ttl_expired"), 1);
}

/* RFC 1191 4: DF and too long: 3/4 with the next hop's MTU. */
static void
too_long_with_df_is_reported(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 1300), got;
	const uint8_t *icmp;

	(void)state;
	dp_cmd("ip link set p2 mtu 1280");
	dp_ip4(&f)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	dp_fix_checksum(&f);
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	assert_true(dp_out(p1, &got));
	icmp = (const uint8_t *)(dp_ip4(&got) + 1);
	assert_int_equal(icmp[0], 3);
	assert_int_equal(icmp[1], 4);
	assert_int_equal(icmp[6] << 8 | icmp[7], 1280);
	dp_cmd("ip link set p2 mtu 1500");
}

/* RFC 791 3.2: without DF it leaves in fragments that fit and add up. */
static void
too_long_is_fragmented(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 1300), got;
	uint8_t payload[1308];
	unsigned int seen = 0, fragments = 0;

	(void)state;
	dp_cmd("ip link set p2 mtu 600");
	dp_inject(p1, &f);
	dp_run();
	while (dp_out(p2, &got)) {
		uint16_t off = rte_be_to_cpu_16(dp_ip4(&got)->fragment_offset);
		uint16_t len = rte_be_to_cpu_16(dp_ip4(&got)->total_length);

		assert_true(len <= 600);
		assert_int_equal(rte_raw_cksum(dp_ip4(&got), 20), 0xffff);
		assert_int_equal(dp_ip4(&got)->packet_id, RTE_BE16(0x1234));
		assert_int_equal(dp_ip4(&got)->time_to_live, 63);
		memcpy(payload + (off & 0x1fff) * 8, dp_ip4(&got) + 1, len - 20u);
		seen += len - 20u;
		fragments++;
	}
	assert_int_equal(fragments, 3);
	assert_int_equal(seen, sizeof(payload));
	assert_memory_equal(payload, dp_ip4(&f) + 1, sizeof(payload));
	dp_cmd("ip link set p2 mtu 1500");
}

static void
no_route_is_reported(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "203.0.113.1", 10), got;

	(void)state;
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[0], 3);
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[1], 0);
}

/* A VLAN device on either side: the tag comes and goes with the rewrite. */
static void
vlan_to_untagged_and_back(void **state)
{
	struct dp_frame f = dp_udp(p1, 5, "10.0.5.2", "10.0.2.2", 40), want;

	(void)state;
	dp_cmd("ip link add link p1 name p1.100 type vlan id 100");
	dp_cmd("ip link set p1.100 up");
	dp_cmd("ip addr add 10.0.5.1/24 dev p1.100");
	dp_cmd("ip neigh add 10.0.5.2 lladdr 02:00:00:00:01:05 dev p1.100");
	want = dp_forwarded(&f, p2, 3);
	dp_tag(&f, 100);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);

	f = dp_udp(p2, 3, "10.0.2.2", "10.0.5.2", 40);
	want = dp_forwarded(&f, p1, 5);
	dp_tag(&want, 100);
	dp_inject(p2, &f);
	dp_run();
	dp_expect(p1, &want);
	dp_cmd("ip link del p1.100");
	dp_inject(p2, &f); /* its route went with it */
	dp_run();
	dp_expect_none(p1);
	assert_true(dp_out(p2, &want)); /* net unreachable */
}

static void
link_padding_is_trimmed(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 1), want;

	(void)state;
	want = dp_forwarded(&f, p2, 3);
	f.len = 60;
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
}

/* How many seconds ago a packet was last sent to 10.0.2.9. */
static unsigned int
gateway_idle_for(void)
{
	unsigned int used = UINT32_MAX;
	const char *text;

	dp_cmd("ip -s neigh show to 10.0.2.9 dev p2");
	text = strstr(dp_cmd_output(), " used ");
	assert_true(text != NULL && sscanf(text, " used %u", &used) == 1);
	return used;
}

/* Each way through the lane tells the neighbour that it is in use; a packet to another does not. */
static void
neighbour_is_seen_in_use(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 40), out;

	(void)state;
	for (int padded = 0; padded < 2; padded++) {
		dp_run_ms(10000);
		dp_inject(p1, &f);
		dp_run();
		assert_true(dp_out(p2, &out));
		assert_true(gateway_idle_for() >= 5);

		f = dp_udp(p1, 2, "10.0.1.2", "192.0.2.77", padded ? 1 : 40);
		f.len = padded ? 60 : f.len;
		dp_inject(p1, &f);
		dp_run();
		assert_true(dp_out(p2, &out));
		assert_int_equal(gateway_idle_for(), 0);
		f = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 40);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_packet_is_forwarded),
		cmocka_unit_test(gateway_is_used),
		cmocka_unit_test(expired_ttl_is_reported),
		cmocka_unit_test(too_long_with_df_is_reported),
		cmocka_unit_test(too_long_is_fragmented),
		cmocka_unit_test(no_route_is_reported),
		cmocka_unit_test(vlan_to_untagged_and_back),
		cmocka_unit_test(link_padding_is_trimmed),
		cmocka_unit_test(neighbour_is_seen_in_use),
	};

	return cmocka_run_group_tests_name("dp/forward", tests, setup, dp_teardown);
}
