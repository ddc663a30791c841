/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are one flow to a port whose flows are spread by software. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "ethdev/ethdev_dp.h"

struct packet {
	uint16_t tags, frag; /* fragment: flags and offset, host order */
	uint8_t proto, ihl;
	uint32_t src, dst, ports;
	uint16_t type;
	uint16_t cut; /* bytes of the first segment; 0: all */
};

static const struct packet base = { .proto = 17,
				    .ihl = 5,
				    .src = 0x0a000102,
				    .dst = 0x0a000202,
				    .ports = 0x0fa00009,
				    .type = 0x0800 };

static uint32_t
hash_of(const struct packet *k, enum ethdev_spread how)
{
	uint8_t b[128] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 }, *p = b + 12;
	struct rte_mbuf m = { .buf_addr = b, .data_off = 0 };
	struct rte_ipv4_hdr ip = {
		.version_ihl = (uint8_t)(0x40 | k->ihl),
		.next_proto_id = k->proto,
		.fragment_offset = rte_cpu_to_be_16(k->frag),
		.src_addr = rte_cpu_to_be_32(k->src),
		.dst_addr = rte_cpu_to_be_32(k->dst),
	};
	uint32_t ports = rte_cpu_to_be_32(k->ports);

	for (unsigned int i = 0; i < k->tags; i++, p += 4)
		memcpy(p, "\x81\x00\x00\x07", 4);
	p[0] = (uint8_t)(k->type >> 8);
	p[1] = (uint8_t)k->type;
	memcpy(p + 2, &ip, sizeof(ip));
	memcpy(p + 2 + k->ihl * 4, &ports, sizeof(ports));
	m.data_len = k->cut != 0 ? k->cut : sizeof(b);
	m.pkt_len = sizeof(b);
	return ethdev_flow_hash(&m, how);
}

static void
what_tells_flows_apart(void **state)
{
	struct packet a = base, b = base;

	(void)state;
	assert_int_equal(hash_of(&a, ETHDEV_SPREAD_L4), hash_of(&b, ETHDEV_SPREAD_L4));
	b.ports++;
	assert_int_not_equal(hash_of(&a, ETHDEV_SPREAD_L4), hash_of(&b, ETHDEV_SPREAD_L4));
	assert_int_equal(hash_of(&a, ETHDEV_SPREAD_L3), hash_of(&b, ETHDEV_SPREAD_L3));
	b = base;
	b.src++;
	assert_int_not_equal(hash_of(&a, ETHDEV_SPREAD_L3), hash_of(&b, ETHDEV_SPREAD_L3));
	b = base;
	b.dst++;
	assert_int_not_equal(hash_of(&a, ETHDEV_SPREAD_L3), hash_of(&b, ETHDEV_SPREAD_L3));
	b = base;
	b.proto = 6;
	assert_int_not_equal(hash_of(&a, ETHDEV_SPREAD_L3), hash_of(&b, ETHDEV_SPREAD_L3));
	b = base;
	b.tags = 2; /* the same flow in another VLAN has the same worker: no harm */
	assert_int_equal(hash_of(&a, ETHDEV_SPREAD_L4), hash_of(&b, ETHDEV_SPREAD_L4));
	b = base;
	b.ihl = 7; /* options do not hide the ports */
	assert_int_equal(hash_of(&a, ETHDEV_SPREAD_L4), hash_of(&b, ETHDEV_SPREAD_L4));
}

/* The first fragment has ports where the others have data: none of them is looked at. */
static void
fragments_stay_together(void **state)
{
	struct packet first = base, middle = base, last = base, other = base;
	uint32_t want;

	(void)state;
	first.frag = RTE_IPV4_HDR_MF_FLAG;
	middle.frag = RTE_IPV4_HDR_MF_FLAG | 185;
	last.frag = 370;
	middle.ports = 0x61626364;
	last.ports = 0x65666768;
	want = hash_of(&first, ETHDEV_SPREAD_L4);
	assert_int_equal(want, hash_of(&middle, ETHDEV_SPREAD_L4));
	assert_int_equal(want, hash_of(&last, ETHDEV_SPREAD_L4));
	assert_int_equal(want, hash_of(&base, ETHDEV_SPREAD_L3)); /* and, by l3, with whole ones */
	other.frag = RTE_IPV4_HDR_DF_FLAG;			  /* no fragment */
	assert_int_equal(hash_of(&base, ETHDEV_SPREAD_L4), hash_of(&other, ETHDEV_SPREAD_L4));
	assert_int_not_equal(want, hash_of(&other, ETHDEV_SPREAD_L4));
}

static void
ports_only_of_protocols_that_have_them(void **state)
{
	static const struct {
		uint8_t proto;
		bool ports;
	} cases[] = { { 6, true },  { 17, true },  { 33, true },  { 132, true }, { 136, true },
		      { 1, false }, { 47, false }, { 50, false }, { 89, false }, { 4, false } };

	(void)state;
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct packet a = base, b = base;

		a.proto = b.proto = cases[i].proto;
		b.ports += 77;
		if ((hash_of(&a, ETHDEV_SPREAD_L4) != hash_of(&b, ETHDEV_SPREAD_L4)) !=
		    cases[i].ports)
			fail_msg("protocol %u", cases[i].proto);
	}
}

static void
what_has_no_flow_stays(void **state)
{
	struct packet k = base;

	(void)state;
	k.type = 0x0806;
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), 0);
	k.type = 0x86dd;
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), 0);
	k = base;
	k.tags = 3;
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), 0);
	k = base;
	k.cut = 14 + 19; /* no whole header to read */
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), 0);
	k.cut = 14 + 20 + 3; /* a header, but no ports */
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), hash_of(&base, ETHDEV_SPREAD_L3));
	k.cut = 14 + 20 + 4;
	assert_int_equal(hash_of(&k, ETHDEV_SPREAD_L4), hash_of(&base, ETHDEV_SPREAD_L4));
}

/* Neighbouring addresses and ports, as real ones are, do not fall to one worker. */
static void
shares_are_even(void **state)
{
	enum { WORKERS = 5, FLOWS = 10000 };
	unsigned int share[2][WORKERS] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct packet k = base;

		k.ports += i << 16;
		share[0][(uint64_t)hash_of(&k, ETHDEV_SPREAD_L4) * WORKERS >> 32]++;
		k = base;
		k.dst += i;
		share[1][(uint64_t)hash_of(&k, ETHDEV_SPREAD_L3) * WORKERS >> 32]++;
	}
	for (unsigned int kind = 0; kind < 2; kind++)
		for (unsigned int w = 0; w < WORKERS; w++)
			assert_in_range(share[kind][w], FLOWS / WORKERS * 85 / 100,
					FLOWS / WORKERS * 115 / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tells_flows_apart),
		cmocka_unit_test(fragments_stay_together),
		cmocka_unit_test(ports_only_of_protocols_that_have_them),
		cmocka_unit_test(what_has_no_flow_stays),
		cmocka_unit_test(shares_are_even),
	};

	return cmocka_run_group_tests_name("drivers/spread", tests, NULL, NULL);
}
