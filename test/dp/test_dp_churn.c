/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes change as fast as they can while a worker forwards all it gets. A route that stays covers
 * all destinations, so no packet may be lost; each gateway belongs to few prefixes, so the MAC
 * address that a packet comes out with tells whose route it took: it must be one that its address
 * had. Most prefixes are longer than /24: groups of the compiled table come, go and are used again.
 * DP_CHURN_OPS sets how many changes.
 */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "fib/fib.h"

#define GATEWAYS 100
#define PREFIXES 400
#define FLIGHT	 512		      /* packets between us and the worker: the rings hold 1,024 */
#define NET	 UINT32_C(0xc6120000) /* 198.18.0.0 */
#define SLOTS	 150		      /* /24s: most hold none, one or two of the longer prefixes */
#define STAYS	 0		      /* the gateway of the route that stays */
#define PACKETS	 20000		      /* at least */

static unsigned int p1, p2;
static struct {
	uint32_t key;
	uint8_t plen, gateway[2], now; /* now: which gateway; 2: there is no route */
} prefix[PREFIXES];
static uint64_t sent, received, misrouted, changes;
static uint64_t rng = 88172645463325252u;

static uint32_t
rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 20) % n;
}

static uint32_t
mask(uint8_t plen)
{
	return UINT32_MAX << (32 - plen);
}

static uint32_t
random_addr(void)
{
	return NET | rnd(SLOTS) << 8 | rnd(256);
}

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(dp_setup_threads(1), 0);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	for (unsigned int g = 0; g < GATEWAYS; g++)
		dp_cmd("ip neigh add 10.0.2.%u lladdr 02:00:00:00:01:%02x dev p2", 100 + g, g);
	dp_cmd("ip route add 198.18.0.0/15 via 10.0.2.%u", 100 + STAYS);
	for (unsigned int i = 0; i < PREFIXES; i++) {
		prefix[i].plen = (uint8_t)(i % 4 == 0 ? 17 + rnd(8) : 25 + rnd(4));
		prefix[i].key = random_addr() & mask(prefix[i].plen);
		prefix[i].gateway[0] = (uint8_t)(1 + rnd(GATEWAYS - 1));
		prefix[i].gateway[1] = (uint8_t)(1 + rnd(GATEWAYS - 1));
		prefix[i].now = 2;
	}
	return 0;
}

/* Add, change or delete one route. Twins (equal prefixes) differ by their metric. */
static CTL_ONLY void
change_one(void)
{
	unsigned int i = rnd(PREFIXES);
	struct fib_route_spec r = { .table = RT_TABLE_MAIN,
				    .dst = rte_cpu_to_be_32(prefix[i].key),
				    .plen = prefix[i].plen,
				    .metric = i,
				    .metric_set = true };

	changes++;
	if (prefix[i].now < 2 && rnd(2) == 0) {
		assert_int_equal(fib_route_del(&r), 0);
		prefix[i].now = 2;
		return;
	}
	prefix[i].now = prefix[i].now == 0;
	r.n_nh = 1;
	r.nh[0].gateway =
		rte_cpu_to_be_32(RTE_IPV4(10, 0, 2, 100) + prefix[i].gateway[prefix[i].now]);
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
}

static void
send_some(void)
{
	static struct dp_frame f;

	if (f.len == 0)
		f = dp_udp(p1, 2, "10.0.1.2", "198.18.0.1", 18);
	for (; sent - received < FLIGHT; sent++) {
		dp_ip4(&f)->dst_addr = rte_cpu_to_be_32(random_addr());
		dp_fix_checksum(&f);
		dp_inject(p1, &f);
	}
}

static bool
had(uint32_t dst, uint8_t gateway)
{
	for (unsigned int i = 0; i < PREFIXES; i++)
		if (((dst ^ prefix[i].key) & mask(prefix[i].plen)) == 0 &&
		    (gateway == prefix[i].gateway[0] || gateway == prefix[i].gateway[1]))
			return true;
	return gateway == STAYS;
}

static void
receive_all(void)
{
	struct dp_frame f;

	for (; dp_out(p2, &f); received++)
		misrouted += !had(rte_be_to_cpu_32(dp_ip4(&f)->dst_addr), f.b[5]);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static CTL_ONLY void
churn(unsigned long ops)
{
	double begun = seconds(), took;

	/* More changes where the worker gets little time; an end where it forwards nothing. */
	while (changes < ops || (received < PACKETS && changes < 50 * ops)) {
		for (unsigned int k = 0; k < 64; k++)
			change_one();
		send_some();
		receive_all();
		dp_run();
	}
	took = seconds() - begun;
	for (unsigned int k = 0; k < 5000 && received < sent; k++) {
		dp_run_ms(1);
		receive_all();
	}
	print_message("%.0f route changes a second, %.0f packets a second\n",
		      (double)changes / took, (double)received / took);
}

static void
no_packet_is_lost_or_misrouted(void **state)
{
	const char *env = getenv("DP_CHURN_OPS");

	(void)state;
	role_enter_ctl();
	dp_drops_clear();
	churn(env != NULL ? strtoul(env, NULL, 0) : 200000);
	assert_int_equal(received, sent);
	assert_int_equal(misrouted, 0);
	assert_int_equal(fib_check(NULL, NULL), 0);
	dp_cmd("ip route flush proto boot");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_packet_is_lost_or_misrouted),
	};

	return cmocka_run_group_tests_name("dp/churn", tests, setup, dp_teardown);
}
