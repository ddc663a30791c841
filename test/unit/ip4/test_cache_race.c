/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route cache of a worker that reads while the control thread writes. Each change leads the
 * same packets to another gateway; a burst may see what was true at any moment between its begin
 * and its end, and nothing older. Meanwhile hosts come and go, so that slots of adj_tab[] change
 * hands.
 */
#include "cache_burst.h"
#include <pthread.h>
#include <sched.h>
#include "fib/fib_rule.h"

#define GATEWAYS 8
#define MEMORY	 256 /* changes that are remembered */
#define CHANGES	 60000

static struct {
	uint64_t started, done; /* changes */
	uint8_t way[MEMORY];	/* number of the gateway after change n, at n % MEMORY */
	bool stop;
	uint64_t wrong, strange, exact, bursts;
} race;

static rte_be32_t
gateway(unsigned int n)
{
	return IP(198, 51, 100, 100 + n);
}

/* May a worker that began behind change @p from and ended before change @p to see this gateway? */
static bool
may_see(uint64_t from, uint64_t to, rte_be32_t gw)
{
	for (uint64_t n = from; n <= to; n++)
		if (gateway(race.way[n % MEMORY]) == gw)
			return true;
	return false;
}

static void
race_burst(struct flow *far, struct flow *near) DP_ONLY
{
	uint64_t from = __atomic_load_n(&race.done, __ATOMIC_ACQUIRE), to;
	const struct adj *a[FAST_BURST];
	struct fast f = { .n = 0 };

	if (!burst_by(&f, p0, rcu_dereference(ip4_caches[1])))
		return;
	for (unsigned int i = 0; i < 8; i++) {
		put(&f, &far[i]);
		put(&f, &near[i]);
	}
	ip4_fast_way(workers[1], &f);
	if (race.bursts % 16 == 0)
		sched_yield(); /* as one that loses the CPU before it follows what it was told */
	for (uint32_t i = 0; i < f.n; i++)
		a[i] = adj_get(f.idx[i]);
	to = __atomic_load_n(&race.started, __ATOMIC_ACQUIRE);
	race.bursts++;
	for (uint32_t i = 0; i < f.n; i++)
		if (i % 2 == 1) /* a host on the link: its own adjacency, or none */
			race.strange +=
				a[i]->type == ADJ_REWRITE && a[i]->gw != near[i / 2].ip.dst_addr;
		else if (to - from < MEMORY / 2)
			race.wrong += a[i]->type != ADJ_REWRITE || !may_see(from, to, a[i]->gw);
	race.exact += from == to;
}

static void *
reader(void *arg)
{
	static struct flow far[8], near[8];

	(void)arg;
	role_enter_dp();
	for (unsigned int i = 0; i < 8; i++) {
		far[i] = near[i] =
			(struct flow){ .ip = { .version_ihl = 0x45,
					       .total_length = RTE_BE16(sizeof(struct flow)),
					       .next_proto_id = IPPROTO_UDP,
					       .src_addr = IP(192, 0, 2, 50),
					       .dst_addr = IP(20, 0, 0, i) } };
		near[i].ip.dst_addr = IP(198, 51, 100, 200 + i);
	}
	rcu_worker_online(1);
	while (!__atomic_load_n(&race.stop, __ATOMIC_RELAXED)) {
		race_burst(far, near);
		rcu_worker_quiescent(1);
	}
	rcu_worker_offline(1);
	return NULL;
}

static CTL_ONLY void
lead(uint32_t table, unsigned int gw)
{
	static struct fib_route_spec r;
	const char *why;

	memset(&r, 0, sizeof(r));
	r.table = table;
	r.dst = IP(20, 0, 0, 0);
	r.plen = 8;
	r.n_nh = 1;
	r.nh[0] = (struct fib_nexthop_spec){ .gateway = gateway(gw), .weight = 1 };
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, &why), 0);
}

static CTL_ONLY void
rule_to(uint32_t table, bool add)
{
	struct fib_rule r = {
		.priority = table, .action = FIB_RULE_TABLE, .table = table, .suppress = -1
	};

	assert_int_equal(add ? fib_rule_add(&r) : fib_rule_del(&r, FIB_RULE_HAS_PRIORITY), 0);
}

/* Hosts come and go, so that slots change hands. */
static CTL_ONLY void
churn_hosts(uint64_t n)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 2, 0, (uint8_t)n } };

	neigh_admin_del(IP(198, 51, 100, 200 + n % 8), p1);
	neigh_admin_set(IP(198, 51, 100, 200 + (n * 5 + 3) % 8), p1, &mac, NUD_PERMANENT);
	rcu_poll();
}

static void
test_writer_and_reader(void **state)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 2, 1, 0 } };
	uint32_t table = 100; /* which packets are led to */
	pthread_t thread;

	(void)state;
	role_enter_ctl();
	memset(&race, 0, sizeof(race));
	set("net.ipv4.route_cache", 2);
	for (unsigned int g = 0; g < GATEWAYS; g++)
		neigh_admin_set(gateway(g), p1, &mac, NUD_PERMANENT);
	lead(100, 0);
	lead(101, 0);
	rule_to(100, true);
	assert_int_equal(pthread_create(&thread, NULL, reader, NULL), 0);
	for (uint64_t n = 1; n <= CHANGES; n++) {
		unsigned int gw = (unsigned int)(n * 3 % GATEWAYS);

		race.way[n % MEMORY] = (uint8_t)gw;
		__atomic_store_n(&race.started, n, __ATOMIC_RELEASE);
		if (n % 8 != 0) {
			lead(table, gw);
		} else {
			lead(201 - table, gw);
			rule_to(201 - table, true);
			rule_to(table, false);
			table = 201 - table;
		}
		__atomic_store_n(&race.done, n, __ATOMIC_RELEASE);
		churn_hosts(n);
		if (n % 64 == 0)
			sched_yield();
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	print_message("%llu bursts, %llu of them between two changes; hits %llu\n",
		      (unsigned long long)race.bursts, (unsigned long long)race.exact,
		      (unsigned long long)route_count(ROUTE_in_hit));
	assert_int_equal(race.wrong, 0);
	assert_int_equal(race.strange, 0);
	assert_true(race.bursts > 1000 && race.exact > 100 && route_count(ROUTE_in_hit) > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_writer_and_reader),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests_name("ip4/cache_race", tests, NULL, NULL);
}
