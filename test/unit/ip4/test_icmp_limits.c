/* SPDX-License-Identifier: BSD-3-Clause */
/* How many errors are sent (RFC 1812 4.3.2.8): to a host, about what has no route, together. */
#include "fixture.h"

/* A packet that would be answered: TTL 1 on its way to FAR. */
static const struct pkt dying = { .ttl = 1 };

static unsigned int
flood(const struct pkt *p, unsigned int n)
{
	n_frames = 0;
	for (unsigned int i = 0; i < n; i++)
		rx_pkt(p, true);
	return n_frames;
}

static void
test_host_limit(void **state)
{
	net_ipv4.icmp_ratelimit = 3600000; /* so slow that none is earned during the test */
	assert_int_equal(flood(&dying, 30), 6);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutRateLimitHost), 24);
	assert_int_equal(drops(DROP_IP4_TTL_EXPIRED), 30);
	/* Another destination has its own; a type outside the mask has none. */
	assert_int_equal(flood(&(struct pkt){ .src = IP(10, 9, 9, 9), .ttl = 1 }, 1), 1);
	net_ipv4.icmp_ratemask = 0;
	assert_int_equal(flood(&dying, 30), 30);
	net_ipv4.icmp_ratemask = 0x1818;
	net_ipv4.icmp_ratelimit = 0;
	icmp_limits_reset();
	assert_int_equal(flood(&dying, 30), 30);
	net_ipv4.icmp_ratelimit = 1000;
	(void)state;
}

/* error_cost, error_burst: what has no route, whatever icmp_ratemask says. */
static void
test_unrouted_limit(void **state)
{
	static const struct pkt lost[] = { { .dst = IP(8, 8, 8, 8) },
					   { .dst = IP(10, 67, 0, 1) },
					   { .dst = IP(10, 68, 0, 1) } };

	net_ipv4.icmp_ratemask = 0;
	assert_int_equal(flood(&lost[0], 30), 30); /* icmp_ratelimit will do */
	net_ipv4.error_cost = 1 << 27;		   /* so slow that none is earned during the test */
	net_ipv4.error_burst = INT32_MAX;
	for (unsigned int i = 0; i < RTE_DIM(lost); i++) {
		icmp_limits_reset();
		assert_int_equal(flood(&lost[i], 30), 15);
	}
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutRateLimitHost), 45);
	assert_int_equal(drops(DROP_IP4_NO_ROUTE), 60);
	/* All of a host's are one; another host, and other errors, have their own. */
	assert_int_equal(flood(&lost[0], 1), 0);
	assert_int_equal(flood(&dying, 30), 30);
	assert_int_equal(flood(&(struct pkt){ .src = IP(10, 9, 9, 9), .dst = lost[0].dst }, 1), 1);
	net_ipv4.error_burst = 0; /* one there always is */
	icmp_limits_reset();
	assert_int_equal(flood(&lost[0], 30), 1);
	net_ipv4.error_cost = 1000;
	net_ipv4.error_burst = 5000;
	icmp_limits_reset();
	assert_int_equal(flood(&lost[0], 30), 5);
	vtime_pass_us(2100000);
	assert_int_equal(flood(&lost[0], 30), 2);
	net_ipv4.error_cost = 0;
	net_ipv4.icmp_ratemask = 0x1818;
	(void)state;
}

static void
test_global_limit(void **state)
{
	unsigned int sent = 0, n = n_workers, low = UINT32_MAX, high = 0, sum = 0;

	net_ipv4.icmp_msgs_per_sec = 1;
	net_ipv4.icmp_msgs_burst = 20;
	icmp_limits_reset();
	n_workers = 9; /* one busy worker among others has all there is, not its share */
	for (unsigned int i = 0; i < 100; i++)
		sent += flood(&(struct pkt){ .src = rte_cpu_to_be_32(0x0a090000 + i), .ttl = 1 },
			      1);
	n_workers = n;
	assert_true(sent >= 10 && sent < 100);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutRateLimitGlobal), 100 - sent);
	/* How many a full bucket lets out is not for others to know: one each on average. */
	for (unsigned int round = 0; round < 40; round++) {
		icmp_limits_reset();
		sent = 0;
		for (unsigned int i = 0; i < 60; i++)
			sent += flood(
				&(struct pkt){ .src = rte_cpu_to_be_32(0x0a090000 + i), .ttl = 1 },
				1);
		low = RTE_MIN(low, sent);
		high = RTE_MAX(high, sent);
		sum += sent;
	}
	assert_true(low < high);
	assert_true(sum / 40 >= 15 && sum / 40 <= 27);
	/* None a second is none; more in the bucket than the burst there never is. */
	net_ipv4.icmp_msgs_per_sec = 0;
	icmp_limits_reset();
	assert_int_equal(flood(&(struct pkt){ .src = IP(10, 9, 1, 1), .ttl = 1 }, 1), 0);
	net_ipv4.icmp_msgs_per_sec = 1;
	net_ipv4.icmp_msgs_burst = 0;
	assert_int_equal(flood(&(struct pkt){ .src = IP(10, 9, 1, 1), .ttl = 1 }, 1), 0);
	/* Path MTU discovery does not wait. */
	role_enter_ctl();
	assert_int_equal(dev_set_mtu(p1, 1300), 0);
	assert_int_equal(flood(&(struct pkt){ .payload = 1400, .frag = IP4_DF }, 40), 40);
	net_ipv4.icmp_msgs_per_sec = 1000;
	net_ipv4.icmp_msgs_burst = 50;
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_host_limit),
		T(test_unrouted_limit),
		T(test_global_limit),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
