/* SPDX-License-Identifier: BSD-3-Clause */
/* What may not pass: each malformed or martian packet under its own reason (RFC 1812 5.2.2, 5.3.7),
 * alone and in the middle of good traffic, by the fast lane and by the general one. */
#include "dp.h"
#include <string.h>

static unsigned int p1, p2;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	return 0;
}

static struct dp_frame
good(void)
{
	return dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100);
}

static struct dp_frame
addressed(const char *src, const char *dst)
{
	return dp_udp(p1, 2, src, dst, 100);
}

static struct dp_frame
changed(unsigned int at, uint8_t to, bool fix)
{
	struct dp_frame f = good();

	f.b[14 + at] = to;
	if (fix)
		dp_fix_checksum(&f);
	return f;
}

static struct dp_frame
cut(uint32_t len)
{
	struct dp_frame f = good();

	f.len = len;
	return f;
}

static struct dp_frame
to_mac(uint8_t first, uint8_t last)
{
	struct dp_frame f = good();

	f.b[0] = first;
	f.b[5] = last;
	return f;
}

static struct dp_frame
ethertype(uint16_t type)
{
	struct dp_frame f = good();

	f.b[12] = (uint8_t)(type >> 8);
	f.b[13] = (uint8_t)type;
	return f;
}

static struct dp_frame
group_source_mac(void)
{
	struct dp_frame f = good();

	f.b[6] = 0x03;
	return f;
}

/* Everything bad, with the reason it must be counted under. */
static unsigned int
bad_frames(struct dp_frame *f, const char **why)
{
	unsigned int n = 0;

#define BAD(reason, frame) (why[n] = (reason), f[n++] = (frame))
	BAD("netdev_runt", cut(13));
	BAD("netdev_otherhost", to_mac(2, 0x77));
	BAD("netdev_bad_source_mac", group_source_mac());
	BAD("netdev_unknown_proto", ethertype(0x88b5));
	BAD("netdev_unknown_vlan", ethertype(0x8100));
	BAD("ip4_truncated", cut(14 + 19));
	BAD("ip4_bad_version", changed(0, 0x65, true));
	BAD("ip4_bad_ihl", changed(0, 0x44, true));
	BAD("ip4_bad_length", changed(3, 19, true));
	BAD("ip4_bad_length", changed(2, 0x40, true));
	BAD("ip4_bad_checksum", changed(10, 0x00, false));
	BAD("ip4_martian_source", addressed("0.1.2.3", "10.0.2.2"));
	BAD("ip4_martian_source", addressed("127.0.0.1", "10.0.2.2"));
	BAD("ip4_martian_source", addressed("224.0.0.9", "10.0.2.2"));
	BAD("ip4_martian_source", addressed("240.0.0.1", "10.0.2.2"));
	BAD("ip4_martian_source", addressed("255.255.255.255", "10.0.2.2"));
	BAD("ip4_martian_source", addressed("10.0.1.1", "10.0.2.2"));
	BAD("ip4_martian_destination", addressed("10.0.1.2", "0.0.0.7"));
	BAD("ip4_martian_destination", addressed("10.0.1.2", "127.0.0.1"));
	BAD("ip4_martian_destination", addressed("10.0.1.2", "240.0.0.9"));
#undef BAD
	return n;
}

#define BAD_MAX 40

static void
each_has_its_reason(void **state)
{
	static struct dp_frame f[BAD_MAX];
	const char *why[BAD_MAX];
	unsigned int n = bad_frames(f, why);

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		struct dp_frame got;

		dp_drops_clear();
		dp_inject(p1, &f[i]);
		dp_run();
		if (dp_drops(why[i]) != 1)
			fail_msg("bad frame %u is not counted as %s", i, why[i]);
		dp_expect_none(p2);
		if (dp_out(p1, &got)) /* a header that does not check may not be answered */
			fail_msg("bad frame %u (%s) is answered", i, why[i]);
	}
}

static void
good_traffic_is_unharmed(void **state)
{
	static struct dp_frame f[BAD_MAX];
	const char *why[BAD_MAX];
	unsigned int n = bad_frames(f, why);
	struct dp_frame g = good(), want = dp_forwarded(&g, p2, 3);

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		dp_inject(p1, &g);
		dp_inject(p1, &f[i]);
	}
	dp_inject(p1, &g);
	dp_run();
	for (unsigned int i = 0; i <= n; i++)
		dp_expect(p2, &want);
	dp_expect_none(p2);
}

static void
both_lanes_agree(void **state)
{
	(void)state;
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=2"); /* loose: all goes the general way */
	each_has_its_reason(state);
	good_traffic_is_unharmed(state);
	dp_cmd("sysctl net.ipv4.conf.p1.rp_filter=0");
}

static void
forwarding_can_be_switched_off(void **state)
{
	struct dp_frame g = good(), want = dp_forwarded(&g, p2, 3);

	(void)state;
	dp_drops_clear();
	dp_cmd("sysctl net.ipv4.ip_forward=0");
	dp_inject(p1, &g);
	dp_run();
	dp_expect_none(p2);
	assert_int_equal(dp_drops("ip4_forwarding_off"), 1);
	dp_cmd("sysctl net.ipv4.ip_forward=1");
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &want);
}

static void
echo_is_answered(void **state)
{
	struct dp_frame q = dp_echo(p1, 2, "10.0.1.2", "10.0.1.1", 56), want, got;

	(void)state;
	want = q;
	dp_inject(p1, &q);
	dp_run();
	assert_true(dp_out(p1, &got));
	assert_int_equal(got.len, want.len);
	assert_int_equal(dp_ip4(&got)->src_addr, dp_ip("10.0.1.1"));
	assert_int_equal(dp_ip4(&got)->dst_addr, dp_ip("10.0.1.2"));
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[0], 0);
	assert_memory_equal((uint8_t *)(dp_ip4(&got) + 1) + 4, (uint8_t *)(dp_ip4(&q) + 1) + 4, 60);
	assert_int_equal(rte_raw_cksum(dp_ip4(&got) + 1, 64), 0xffff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_reason),
		cmocka_unit_test(good_traffic_is_unharmed),
		cmocka_unit_test(both_lanes_agree),
		cmocka_unit_test(forwarding_can_be_switched_off),
		cmocka_unit_test(echo_is_answered),
	};

	return cmocka_run_group_tests_name("dp/input", tests, setup, dp_teardown);
}
