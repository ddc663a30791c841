/* SPDX-License-Identifier: BSD-3-Clause */
/* BPDUs between bytes and values: 802.1D-2004 9.3, 802.1Q-2011 14; the digest of 13.8. */
#include "fix.h"
#include "stp/stp_digest.h"

/* A configuration BPDU as Linux sends it. */
static const uint8_t config[] = {
	0x00, 0x00, 0x00, 0x00, 0x81, 0x80, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x13, 0x80, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x02, 0x80, 0x02, 0x01, 0x40, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00,
};
static const uint8_t tcn[] = { 0x00, 0x00, 0x00, 0x80 };
static const uint8_t rst[] = {
	0x00, 0x00, 0x02, 0x02, 0x7e, 0x10, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x4e, 0x20, 0x80, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x02, 0x80, 0x03, 0x01, 0x00, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00, 0x00,
};
/* One MSTI: 5. */
static const uint8_t mst[] = {
	0x00,
	0x00,
	0x03,
	0x02,
	0x3c,
	0x10,
	0x00,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x01,
	0x00,
	0x00,
	0x4e,
	0x20,
	0x80,
	0x00,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x02,
	0x80,
	0x03,
	0x01,
	0x00,
	0x14,
	0x00,
	0x02,
	0x00,
	0x0f,
	0x00,
	0x00,
	/* Version 3 Length, selector, name, revision, digest */
	0x00,
	0x50,
	0x00,
	'c',
	'a',
	'm',
	'p',
	'u',
	's',
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x12,
	0x34,
	0xac,
	0x36,
	0x17,
	0x7f,
	0x50,
	0x28,
	0x3c,
	0xd4,
	0xb8,
	0x38,
	0x21,
	0xd8,
	0xab,
	0x26,
	0xde,
	0x62,
	/* internal cost, bridge, hops */
	0x00,
	0x00,
	0x07,
	0xd0,
	0x90,
	0x00,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x03,
	0x13,
	/* flags, regional root, cost, priorities, hops */
	0xfe,
	0x60,
	0x05,
	0x02,
	0x00,
	0x00,
	0x00,
	0x00,
	0x04,
	0x00,
	0x00,
	0x0b,
	0xb8,
	0x70,
	0x40,
	0x11,
};

static void
round_trip(const uint8_t *bytes, size_t len, enum stp_bpdu_kind kind, struct stp_bpdu *b)
{
	uint8_t out[STP_BPDU_MAX];

	assert_int_equal(stp_bpdu_parse(bytes, len, b), STP_RX_OK);
	assert_int_equal(b->kind, kind);
	assert_int_equal(stp_bpdu_build(b, out), len);
	assert_memory_equal(out, bytes, len);
}

static void
configuration_golden_bytes(void **state)
{
	struct stp_bpdu b;
	uint8_t out[STP_BPDU_MAX];

	(void)state;
	assert_int_equal(stp_bpdu_parse(config, sizeof(config), &b), STP_RX_OK);
	assert_int_equal(b.kind, STP_BPDU_CONFIG);
	assert_int_equal(b.flags, STP_F_TC | STP_F_TC_ACK | STP_MSG_ROLE_DESIGNATED << 2);
	assert_true(b.vec.root == 0x8000020000000001);
	assert_int_equal(b.vec.ext_cost, 19);
	assert_true(b.vec.bridge == 0x8000020000000002 && b.vec.rroot == b.vec.bridge);
	assert_int_equal(b.vec.int_cost, 0);
	assert_int_equal(b.vec.port, 0x8002);
	assert_int_equal(b.times.message_age, 1); /* 1.25 s */
	assert_int_equal(b.times.max_age, 20);
	assert_int_equal(b.times.hello_time, 2);
	assert_int_equal(b.times.forward_delay, 15);
	b.flags = STP_F_TC | STP_F_TC_ACK;
	assert_int_equal(stp_bpdu_build(&b, out), 35);
	out[28] = 0x40;
	assert_memory_equal(out, config, sizeof(config));
}

static void
tcn_and_rst_golden_bytes(void **state)
{
	struct stp_bpdu b;

	(void)state;
	round_trip(tcn, sizeof(tcn), STP_BPDU_TCN, &b);
	round_trip(rst, sizeof(rst), STP_BPDU_RST, &b);
	assert_int_equal(b.flags, STP_F_PROPOSAL | STP_F_LEARNING | STP_F_FORWARDING |
					  STP_F_AGREEMENT | STP_MSG_ROLE_DESIGNATED << 2);
	assert_int_equal(b.vec.ext_cost, 20000);
	assert_true(b.vec.rroot == 0x8000020000000002);
	assert_int_equal(b.version, 2);
}

static void
mst_golden_bytes(void **state)
{
	struct stp_bpdu b;

	(void)state;
	assert_int_equal(sizeof(mst), STP_MST_LEN + STP_MSTI_LEN);
	round_trip(mst, sizeof(mst), STP_BPDU_MST, &b);
	assert_int_equal(b.mst_fault, STP_MST_OK);
	assert_true(b.vec.rroot == 0x8000020000000002);
	assert_true(b.vec.bridge == 0x9000020000000003);
	assert_int_equal(b.vec.int_cost, 2000);
	assert_int_equal(b.times.remaining_hops, 19);
	assert_string_equal(b.mst_id.name, "campus");
	assert_int_equal(rte_be_to_cpu_16(b.mst_id.revision), 0x1234);
	assert_int_equal(b.n_msti, 1);
	assert_int_equal(b.msti[0].mstid, 5);
	assert_true(b.msti[0].rroot == 0x6005020000000004);
	assert_int_equal(b.msti[0].int_cost, 3000);
	assert_int_equal(b.msti[0].bridge_priority, 0x70);
	assert_int_equal(b.msti[0].port_priority, 0x40);
	assert_int_equal(b.msti[0].remaining_hops, 17);
	assert_int_equal(b.msti[0].flags, 0xfe);
}

static enum stp_rx
with(const uint8_t *bytes, size_t len, int at, uint8_t value)
{
	uint8_t buf[STP_BPDU_MAX];
	struct stp_bpdu b;

	memcpy(buf, bytes, len);
	if (at >= 0)
		buf[at] = value;
	return stp_bpdu_parse(buf, len, &b);
}

static void
each_malformed_kind_has_its_reason(void **state)
{
	(void)state;
	assert_int_equal(with(tcn, 3, -1, 0), STP_RX_SHORT);
	assert_int_equal(with(tcn, 4, -1, 0), STP_RX_OK);
	assert_int_equal(with(tcn, 4, 0, 1), STP_RX_PROTOCOL);
	assert_int_equal(with(tcn, 4, 1, 1), STP_RX_PROTOCOL);
	assert_int_equal(with(tcn, 4, 3, 0x81), STP_RX_TYPE);
	assert_int_equal(with(config, 35, 3, 0x01), STP_RX_TYPE);
	assert_int_equal(with(config, 34, -1, 0), STP_RX_CONFIG_SHORT);
	assert_int_equal(with(config, 35, 27, 20), STP_RX_CONFIG_AGED); /* 20.25 of 20 */
	assert_int_equal(with(config, 35, 27, 19), STP_RX_OK);
	assert_int_equal(with(rst, 36, 2, 1), STP_RX_RST_VERSION);
	assert_int_equal(with(rst, 36, 2, 0), STP_RX_RST_VERSION);
	assert_int_equal(with(rst, 35, -1, 0), STP_RX_RST_SHORT);
}

static void
message_age_equal_to_max_age_is_too_old(void **state)
{
	uint8_t buf[35];
	struct stp_bpdu b;

	(void)state;
	memcpy(buf, config, 35);
	memcpy(buf + 27, buf + 29, 2);
	assert_int_equal(stp_bpdu_parse(buf, 35, &b), STP_RX_CONFIG_AGED);
	buf[28]--, buf[27]--; /* 19.996 s */
	buf[28] = 0xff;
	assert_int_equal(stp_bpdu_parse(buf, 35, &b), STP_RX_OK);
}

/* 9.3.4: later versions are read as the last one that is known; a configuration in any version. */
static void
unknown_versions_are_read(void **state)
{
	struct stp_bpdu b;
	uint8_t buf[STP_BPDU_MAX];

	(void)state;
	memcpy(buf, mst, sizeof(mst));
	buf[2] = 200;
	assert_int_equal(stp_bpdu_parse(buf, sizeof(mst), &b), STP_RX_OK);
	assert_int_equal(b.kind, STP_BPDU_MST);
	assert_int_equal(b.version, 200);
	assert_int_equal(with(config, 35, 2, 9), STP_RX_OK);
	assert_int_equal(with(tcn, 4, 2, 9), STP_RX_OK);
	memcpy(buf, rst, sizeof(rst)); /* padding is no part of it */
	memset(buf + sizeof(rst), 0xee, 10);
	assert_int_equal(stp_bpdu_parse(buf, sizeof(rst) + 10, &b), STP_RX_OK);
	assert_int_equal(b.kind, STP_BPDU_RST);
}

static enum stp_mst_fault
fault(size_t len, int at, uint8_t value)
{
	uint8_t buf[STP_BPDU_MAX] = { 0 };
	struct stp_bpdu b;

	memcpy(buf, mst, sizeof(mst));
	if (at >= 0)
		buf[at] = value;
	assert_int_equal(stp_bpdu_parse(buf, len, &b), STP_RX_OK);
	assert_int_equal(b.kind, b.mst_fault == STP_MST_OK ? STP_BPDU_MST : STP_BPDU_RST);
	if (b.kind == STP_BPDU_RST) {
		assert_int_equal(b.n_msti, 0);
		assert_int_equal(b.vec.int_cost, 0);
		assert_true(b.vec.bridge == b.vec.rroot);
	}
	return b.mst_fault;
}

/* 14.4 d */
static void
mst_with_wrong_lengths_is_rst(void **state)
{
	(void)state;
	assert_int_equal(fault(101, -1, 0), STP_MST_SHORT);
	assert_int_equal(fault(102, 37, 64), STP_MST_OK);
	assert_int_equal(fault(sizeof(mst), 35, 1), STP_MST_V1_BAD);
	assert_int_equal(fault(sizeof(mst), 37, 0x51), STP_MST_V3_BAD);
	assert_int_equal(fault(sizeof(mst), 37, 0x30), STP_MST_V3_BAD);	 /* less than 64 */
	assert_int_equal(fault(sizeof(mst) - 1, -1, 0), STP_MST_V3_BAD); /* more than there is */
	assert_int_equal(fault(sizeof(mst), 37, 0x48), STP_MST_V3_BAD);	 /* half a message */
	assert_int_equal(fault(sizeof(mst), 36, 0x04), STP_MST_V3_BAD);
	assert_int_equal(fault(sizeof(mst), 37, 64), STP_MST_OK); /* what follows is padding */
	assert_int_equal(fault(STP_BPDU_MAX, 36, 0x04), STP_MST_V3_BAD); /* 65 messages */
}

/* 9.2.9 */
static void
role_unknown_reads_as_configuration(void **state)
{
	struct stp_bpdu b;
	uint8_t buf[36];

	(void)state;
	memcpy(buf, rst, 36);
	buf[4] = STP_F_TC | STP_F_PROPOSAL | STP_F_LEARNING | STP_F_AGREEMENT | STP_F_TC_ACK;
	assert_int_equal(stp_bpdu_parse(buf, 36, &b), STP_RX_OK);
	assert_int_equal(b.flags, STP_F_TC | STP_MSG_ROLE_DESIGNATED << 2);
	/* In a configuration the bits between are reserved. */
	memcpy(buf, config, 35);
	buf[4] = 0x7e;
	assert_int_equal(stp_bpdu_parse(buf, 35, &b), STP_RX_OK);
	assert_int_equal(b.flags, STP_MSG_ROLE_DESIGNATED << 2);
}

static void
times_are_rounded_and_kept_sane(void **state)
{
	struct stp_bpdu b;
	uint8_t buf[36];

	(void)state;
	memcpy(buf, rst, 36);
	memset(buf + 27, 0, 8);
	assert_int_equal(stp_bpdu_parse(buf, 36, &b), STP_RX_OK);
	assert_int_equal(b.times.hello_time, 1);
	assert_int_equal(b.times.forward_delay, 1);
	buf[27] = 1, buf[28] = 0x7f;
	buf[31] = 3, buf[32] = 0x80;
	memset(buf + 33, 0xff, 2);
	assert_int_equal(stp_bpdu_parse(buf, 36, &b), STP_RX_OK);
	assert_int_equal(b.times.message_age, 1);
	assert_int_equal(b.times.hello_time, 4);
	assert_int_equal(b.times.forward_delay, 256);
	b.times.forward_delay = 256;
	stp_bpdu_build(&b, buf);
	assert_int_equal(buf[33], 255);
}

static void
vectors_compare_component_by_component(void **state)
{
	const struct stp_vec low = { 1, 1, 1, 1, 1, 1 };
	struct stp_vec high[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		high[i] = low;
	/* Each is worse by one component and better by all that follow. */
	high[0] = (struct stp_vec){ 2, 0, 0, 0, 0, 0 };
	high[1] = (struct stp_vec){ 1, 2, 0, 0, 0, 0 };
	high[2] = (struct stp_vec){ 1, 1, 2, 0, 0, 0 };
	high[3] = (struct stp_vec){ 1, 1, 1, 2, 0, 0 };
	high[4] = (struct stp_vec){ 1, 1, 1, 1, 2, 0 };
	high[5] = (struct stp_vec){ 1, 1, 1, 1, 1, 2 };
	for (int i = 0; i < 6; i++) {
		assert_true(stp_vec_cmp(&low, &high[i]) < 0);
		assert_true(stp_vec_cmp(&high[i], &low) > 0);
	}
	assert_int_equal(stp_vec_cmp(&low, &low), 0);
}

/* RFC 2202 2. */
static void
hmac_md5_vectors(void **state)
{
	static const uint8_t out1[] = { 0x92, 0x94, 0x72, 0x7a, 0x36, 0x38, 0xbb, 0x1c,
					0x13, 0xf4, 0x8e, 0xf8, 0x15, 0x8b, 0xfc, 0x9d };
	static const uint8_t out2[] = { 0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03,
					0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38 };
	uint8_t key[16], out[16];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	stp_hmac_md5(key, 16, (const uint8_t *)"Hi There", 8, out);
	assert_memory_equal(out, out1, 16);
	stp_hmac_md5((const uint8_t *)"Jefe", 4, (const uint8_t *)"what do ya want for nothing?",
		     28, out);
	assert_memory_equal(out, out2, 16);
}

/* Table 13-2 */
static void
digests_of_the_standard(void **state)
{
	static const uint8_t cist[] = { 0xac, 0x36, 0x17, 0x7f, 0x50, 0x28, 0x3c, 0xd4,
					0xb8, 0x38, 0x21, 0xd8, 0xab, 0x26, 0xde, 0x62 };
	static const uint8_t one[] = { 0xe1, 0x3a, 0x80, 0xf1, 0x1e, 0xd0, 0x85, 0x6a,
				       0xcd, 0x4e, 0xe3, 0x47, 0x69, 0x41, 0xc7, 0x3b };
	static const uint8_t modulo[] = { 0x9d, 0x14, 0x5c, 0x26, 0x7d, 0xbe, 0x9f, 0xb5,
					  0xd8, 0x93, 0x44, 0x1b, 0xe3, 0xba, 0x08, 0xce };
	static uint16_t table[4096];
	uint8_t out[16];

	(void)state;
	memset(table, 0, sizeof(table));
	stp_config_digest(table, out);
	assert_memory_equal(out, cist, 16);
	for (unsigned int v = 0; v < 4096; v++) /* 0 and 4095 do not count */
		table[v] = 1;
	stp_config_digest(table, out);
	assert_memory_equal(out, one, 16);
	for (unsigned int v = 0; v < 4096; v++)
		table[v] = (uint16_t)(v % 32 + 1);
	stp_config_digest(table, out);
	assert_memory_equal(out, modulo, 16);
}

static void
all_reasons_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < STP_RX_N; i++)
		assert_true(strlen(stp_rx_name(i)) > 1);
	for (int i = 0; i < STP_MST_FAULT_N; i++)
		assert_true(strlen(stp_mst_fault_name(i)) > 1);
	for (int i = 0; i < STP_WHY_N; i++)
		assert_string_not_equal(stp_why_name(i), "unknown");
	for (int i = 0; i < STP_WHAT_N; i++)
		assert_string_not_equal(stp_what_name(i), "unknown");
	assert_string_equal(stp_rx_name(STP_RX_N), "?");
	assert_string_equal(stp_mst_fault_name(STP_MST_FAULT_N), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration_golden_bytes),
		cmocka_unit_test(tcn_and_rst_golden_bytes),
		cmocka_unit_test(mst_golden_bytes),
		cmocka_unit_test(each_malformed_kind_has_its_reason),
		cmocka_unit_test(message_age_equal_to_max_age_is_too_old),
		cmocka_unit_test(unknown_versions_are_read),
		cmocka_unit_test(mst_with_wrong_lengths_is_rst),
		cmocka_unit_test(role_unknown_reads_as_configuration),
		cmocka_unit_test(times_are_rounded_and_kept_sane),
		cmocka_unit_test(vectors_compare_component_by_component),
		cmocka_unit_test(hmac_md5_vectors),
		cmocka_unit_test(digests_of_the_standard),
		cmocka_unit_test(all_reasons_have_names),
	};

	return cmocka_run_group_tests_name("stp/bpdu", tests, NULL, NULL);
}
