/* SPDX-License-Identifier: BSD-3-Clause */
/* The scalar truth about headers, and the arithmetic of TTL - 1. No EAL. */
#include "fixture.h"

static struct rte_ipv4_hdr *
good(uint8_t *buf)
{
	static struct net_device dev;

	memset(buf, 0, 64);
	pkt_build(&(struct pkt){ .payload = 20, .dev = &dev }, buf - 14);
	return (struct rte_ipv4_hdr *)buf;
}

static enum drop_reason
check(struct rte_ipv4_hdr *h, uint32_t contiguous, uint32_t len)
{
	return ip4_header_check(h, contiguous, len, false);
}

static void
test_each_reason(void **state)
{
	uint8_t raw[14 + 64], *buf = raw + 14;
	struct rte_ipv4_hdr *h = good(buf);

	assert_int_equal(check(h, 40, 40), DROP_MAX);
	assert_int_equal(check(h, 20, 40), DROP_MAX);
	assert_int_equal(check(h, 19, 40), DROP_IP4_TRUNCATED);
	assert_int_equal(check(h, 40, 19), DROP_IP4_TRUNCATED);
	assert_int_equal(check(h, 0, 0), DROP_IP4_TRUNCATED);
	for (unsigned int v = 0; v < 16; v++) {
		h->version_ihl = (uint8_t)(v << 4 | 5);
		h->hdr_checksum = 0;
		h->hdr_checksum = ~rte_raw_cksum(h, 20);
		assert_int_equal(check(h, 40, 40), v == 4 ? DROP_MAX : DROP_IP4_BAD_VERSION);
	}
	for (unsigned int ihl = 0; ihl < 16; ihl++) {
		memset(buf + 20, 1, 40);
		h->version_ihl = (uint8_t)(0x40 | ihl);
		h->total_length = RTE_BE16(60);
		h->hdr_checksum = 0;
		h->hdr_checksum = ~rte_raw_cksum(h, ihl * 4);
		assert_int_equal(check(h, 60, 60), ihl < 5 ? DROP_IP4_BAD_IHL : DROP_MAX);
		if (ihl > 5) {
			assert_int_equal(check(h, ihl * 4 - 1, 60), DROP_IP4_BAD_IHL);
			assert_int_equal(check(h, 60, ihl * 4 - 1), DROP_IP4_BAD_IHL);
			assert_int_equal(check(h, ihl * 4, 60), DROP_MAX);
		}
	}
	(void)state;
}

static void
test_lengths(void **state)
{
	uint8_t raw[14 + 64], *buf = raw + 14;
	struct rte_ipv4_hdr *h = good(buf);

	for (unsigned int total = 0; total < 64; total++) {
		h->total_length = rte_cpu_to_be_16((uint16_t)total);
		ip_send_check(h);
		assert_int_equal(check(h, 40, 40),
				 total < 20 || total > 40 ? DROP_IP4_BAD_LENGTH : DROP_MAX);
	}
	(void)state;
}

/* Every single bit of the header counts, unless the port has verified it. */
static void
test_checksum(void **state)
{
	uint8_t raw[14 + 64], *buf = raw + 14;
	struct rte_ipv4_hdr *h = good(buf);

	for (unsigned int bit = 8; bit < 160; bit++) {
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit / 8 != 2 && bit / 8 != 3) /* the length has its own reason when ok */
			assert_int_equal(ip4_header_check(h, 40, 40, true), DROP_MAX);
		assert_int_equal(check(h, 40, 40), DROP_IP4_BAD_CHECKSUM);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(check(h, 40, 40), DROP_MAX);
	(void)state;
}

static uint16_t
fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)((s & 0xffff) + (s >> 16));
}

/* All sums of a header, and both zeros of one's complement as a peer may store them. */
static void
test_decrease_ttl(void **state)
{
	for (uint32_t id = 0; id < 65536; id++) {
		struct rte_ipv4_hdr h = { .version_ihl = 0x45,
					  .time_to_live = (uint8_t)(2 + id % 254),
					  .packet_id = (uint16_t)id };
		struct rte_ipv4_hdr want;

		ip_send_check(&h);
		want = h;
		want.time_to_live--;
		want.hdr_checksum = 0;
		want.hdr_checksum = (uint16_t)~rte_raw_cksum(&want, 20);
		for (int minus_zero = 0; minus_zero < 2; minus_zero++) {
			struct rte_ipv4_hdr got = h;

			if (minus_zero) {
				if (h.hdr_checksum != 0)
					break;
				got.hdr_checksum = 0xffff;
			}
			ip_decrease_ttl(&got);
			assert_int_equal(got.time_to_live, want.time_to_live);
			assert_int_equal(rte_raw_cksum(&got, 20), 0xffff);
			assert_int_equal(fold(got.hdr_checksum), fold(want.hdr_checksum));
		}
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_reason),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_decrease_ttl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
