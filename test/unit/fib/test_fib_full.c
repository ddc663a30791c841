/* SPDX-License-Identifier: BSD-3-Clause */
/* A full Internet table: full_v4.txt.gz in $POLLUX_DATA or beside the tree, or one with its mix of
 * lengths. What is asked for is asserted: memory exactly, CPU time with room for machines that
 * differ. The rest is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "core/timer.h"
#include "fib/fib_nexthop_priv.h"
#include "fake.h"

#define MAX_PREFIXES 1100000
static struct prefix {
	uint32_t key;
	uint8_t plen;
} * prefix;
static unsigned int n_prefixes;

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint32_t
rnd(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x >> 16;
}

static int
by_key(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key ? 1 : -1) : x->plen - y->plen;
}

/* Random prefixes of unicast addresses, sorted, somewhat more than a million; 8.0.0.0/8 is one of
 * them, the whole of 10.0.0.0/8 is left to the tests. */
static void
generate(void)
{
	static const uint16_t mix[33] = {
		/* of a thousand prefixes of an Internet table of 2024 */
		[13] = 1,  [14] = 1,  [15] = 2,	  [16] = 15,  [17] = 9,	  [18] = 15, [19] = 28,
		[20] = 47, [21] = 56, [22] = 120, [23] = 107, [24] = 598, [32] = 1
	};
	unsigned int n = 1;

	prefix[0] = (struct prefix){ FIB_IP4(8, 0, 0, 0), 8 };
	while (n < MAX_PREFIXES) {
		uint32_t key = rnd(), first = key >> 24, at = rnd() % 1000;
		uint8_t plen = 0;

		if (first < 11 || first == 127 || first > 197)
			continue;
		for (; at >= mix[plen]; plen++)
			at -= mix[plen];
		prefix[n++] = (struct prefix){ key & UINT32_MAX << (32 - plen), plen };
	}
	qsort(prefix, n, sizeof(*prefix), by_key);
	for (unsigned int i = 0; i < n; i++)
		if (i == 0 || by_key(&prefix[i], &prefix[n_prefixes - 1]) != 0)
			prefix[n_prefixes++] = prefix[i];
	assert_true(n_prefixes >= 1000000);
}

static void
load(void)
{
	const char *dir = getenv("POLLUX_DATA");
	char cmd[512], line[64];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "gzip -dc '%s/full_v4.txt.gz' 2>/dev/null",
		 dir != NULL ? dir : SOURCE_ROOT "/../shared/data");
	prefix = calloc(MAX_PREFIXES, sizeof(*prefix));
	assert_non_null(prefix);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (n_prefixes < MAX_PREFIXES && fgets(line, sizeof(line), f) != NULL) {
		unsigned int a, b, c, d, plen;

		if (sscanf(line, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &plen) != 5)
			continue;
		prefix[n_prefixes].key = FIB_IP4(a, b, c, d);
		prefix[n_prefixes++].plen = plen;
	}
	pclose(f);
	if (n_prefixes == 0)
		generate();
}

/* Of @p n_prefixes routes added in @p seconds of CPU time, a quarter of the @p asked a second. */
static void
assert_rate(const char *order, double seconds, double asked)
{
	double rate = n_prefixes / seconds;

	printf("  %s %.2f M/s\n", order, rate / 1e6);
	if (!SANITIZE && rate < asked / 4)
		fail_msg("%s: %.0f routes a second, %.0f are asked", order, rate, asked);
}

/* No more than 200 bytes for each route that is remembered. */
static CTL_ONLY void
assert_memory(void)
{
	struct fib_stats st;

	fib_get_stats(&st);
	printf("  %u routes: RIB %.1f B/route (%.1f MB), forwarding %.1f MB, %u groups\n",
	       st.routes, (double)st.rib_bytes / st.routes, st.rib_bytes / 1e6, st.dp_bytes / 1e6,
	       st.tbl8_used);
	assert_true(st.rib_bytes <= UINT64_C(200) * st.routes);
}

static CTL_ONLY double
add_some(uint32_t table, unsigned int n, unsigned int gateways, int *failed)
{
	double t0 = now_s();

	*failed = 0;
	for (unsigned int i = 0; i < n; i++) {
		uint32_t h = (prefix[i].key * 2654435761u) >> 8;
		struct fib_route_spec r = { .table = table,
					    .dst = rte_cpu_to_be_32(prefix[i].key),
					    .plen = prefix[i].plen,
					    .protocol = FIB_PROT_STATIC,
					    .n_nh = 1 };

		r.nh[0].gateway = rte_cpu_to_be_32(FIB_IP4(10, 0, 0, 2) + h % gateways);
		*failed += fib_route_add(&r, FIB_ADD, NULL) < 0;
	}
	return now_s() - t0;
}

static CTL_ONLY double
add_all(unsigned int gateways, int *failed)
{
	return add_some(RT_TABLE_MAIN, n_prefixes, gateways, failed);
}

static CTL_ONLY void
lookups(const char *what, bool few)
{
	static uint32_t dst[4096 * 64], idx[64];
	uint64_t sum = 0;
	double t0, dt;

	for (unsigned int i = 0; i < RTE_DIM(dst); i++)
		dst[i] = few && i >= 4096 ? dst[i % 4096]
					  : prefix[rnd() % n_prefixes].key + (rnd() & 0xff);
	t0 = now_s();
	for (unsigned int round = 0; round < 100; round++)
		for (unsigned int i = 0; i < RTE_DIM(dst); i += 32) {
			fib_lookup_bulk(&fib_main_dp, &dst[i], idx, 32);
			sum += idx[0];
		}
	dt = now_s() - t0;
	printf("  lookups, %s: %.2f ns each (%u)\n", what, dt * 1e9 / (100.0 * RTE_DIM(dst)),
	       (unsigned int)(sum & 1));
}

/* The table that is read by workers as it is, single and in bulk. @p id: of @p n routes */
static CTL_ONLY void
table_lookups(uint32_t id, unsigned int n)
{
	static uint32_t dst[4096 * 64];
	static const uint8_t tos[32];
	const struct fib_table_dp *t = fib_table_dp(id);
	struct fib_table_res res[32];
	uint64_t sum = 0;

	for (unsigned int few = 0; few < 2; few++) {
		double t0, single, bulk;

		for (unsigned int i = 0; i < RTE_DIM(dst); i++)
			dst[i] = few && i >= 4096 ? dst[i % 4096]
						  : prefix[rnd() % n].key + (rnd() & 0xff);
		t0 = now_s();
		for (unsigned int i = 0; i < RTE_DIM(dst) * 4; i++)
			sum += fib_table_lookup_dp(t, dst[i % RTE_DIM(dst)], 0, &res[0]);
		single = now_s() - t0;
		t0 = now_s();
		for (unsigned int i = 0; i < RTE_DIM(dst) * 4; i += 32)
			sum += fib_table_lookup_bulk_dp(t, &dst[i % RTE_DIM(dst)], tos, res, 32);
		bulk = now_s() - t0;
		printf("  table of %u routes, %u destinations: %.1f ns single, %.1f ns in bulk "
		       "(%u)\n",
		       n, few ? 4096 : (unsigned int)RTE_DIM(dst),
		       single * 1e9 / (4.0 * RTE_DIM(dst)), bulk * 1e9 / (4.0 * RTE_DIM(dst)),
		       (unsigned int)(sum & 1));
	}
}

/* An event, and what it leaves to be done in slices. */
static CTL_ONLY void
carrier(const char *what, unsigned int dev, bool on)
{
	double t0 = now_s(), start = t0, longest, first;
	unsigned int slices = 0;

	fake_carrier(&fake_dev[dev], on);
	first = longest = now_s() - start;
	for (; fib_is_late(); slices++) {
		t0 = now_s();
		timer_run();
		longest = RTE_MAX(longest, now_s() - t0);
	}
	printf("  %s: %.2f ms at once, %.0f ms in all, %u slices, the longest %.2f ms\n", what,
	       first * 1e3, (now_s() - start) * 1e3, slices, longest * 1e3);
}

/* What few routes depend on: a subnet, some routes by its gateway, the default route. */
static CTL_ONLY void
others_device(void)
{
	double t0;

	fake_addr_add(&fake_dev[1], "10.1.0.1", 24, NULL, false);
	carrier("carrier lost under one subnet", 1, false);
	assert_false(fib_is_late());
	carrier("carrier back", 1, true);
	assert_false(fib_is_late());
	assert_int_equal(add("10.200.0.0/16 via 10.1.0.9"), 0);
	assert_int_equal(add("198.18.0.0/15 via 10.1.0.9"), 0);
	carrier("carrier lost under few routes far apart", 1, false);
	carrier("carrier back", 1, true);
	t0 = now_s();
	assert_int_equal(add("0.0.0.0/0 via 10.1.0.9"), 0);
	printf("  a default route: %.2f ms\n", (now_s() - t0) * 1e3);
	carrier("carrier lost under it, too", 1, false);
	carrier("carrier back", 1, true);
	t0 = now_s();
	fake_addr_del(&fake_dev[1], "10.1.0.1");
	printf("  the subnet's address goes, and they go: %.2f ms\n", (now_s() - t0) * 1e3);
}

static void
full_table(void **state)
{
	double sorted, shuffled, t0;
	int failed;

	role_enter_ctl();
	load();
	fake_reset(0);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 16, NULL, false);
	sorted = add_all(64, &failed);
	assert_int_equal(failed, 0);
	assert_rate("sorted", sorted, 1e6);
	assert_memory();
	lookups("4096 destinations", true);
	lookups("262144 destinations", false);
	t0 = now_s();
	assert_int_equal(fib_check(NULL, NULL), 0);
	printf("  check: %.2f s\n", now_s() - t0);

	others_device();
	carrier("carrier lost under all", 0, false);
	assert_int_equal(leaf("8.8.8.8"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fib_check(NULL, NULL), 0);
	carrier("carrier back", 0, true);
	assert_int_not_equal(leaf("8.8.8.8"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fib_check(NULL, NULL), 0);

	t0 = now_s();
	struct fib_route_spec key = { .table = RT_TABLE_MAIN, .protocol = FIB_PROT_STATIC };
	assert_int_equal(fib_route_flush(&key), n_prefixes);
	printf("  flush: %.2f M/s\n", n_prefixes / (now_s() - t0) / 1e6);
	assert_int_equal(fib_check(NULL, NULL), 0);
	fake_done();

	for (unsigned int i = n_prefixes - 1; i > 0; i--) {
		unsigned int k = rnd() % (i + 1);

		struct prefix tmp = prefix[i];
		prefix[i] = prefix[k];
		prefix[k] = tmp;
	}
	fake_reset(0);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 16, NULL, false);
	shuffled = add_all(64, &failed);
	assert_int_equal(failed, 0);
	assert_rate("shuffled", shuffled, 0.5e6);
	assert_memory();
	others_device();
	carrier("carrier lost under all", 0, false);
	carrier("carrier back", 0, true);
	assert_int_equal(fib_check(NULL, NULL), 0);
	table_lookups(RT_TABLE_MAIN, n_prefixes);
	for (unsigned int n = 100, table = 1; n <= n_prefixes; n *= 10, table++) {
		add_some(table, n, 64, &failed);
		assert_int_equal(failed, 0);
		table_lookups(table, n);
	}
	fake_done();
	free(prefix);
}

static CTL_ONLY void
tables_are_cheap_run(void)
{
	struct fib_stats st;

	fake_reset(64);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 16, NULL, false);
	for (uint32_t t = 1; t <= 252; t++)
		for (uint32_t i = 0; i < 100; i++) {
			struct fib_route_spec r = { .table = t,
						    .dst = rte_cpu_to_be_32((t * 7919 + i * 104729)
									    << 8),
						    .plen = 24,
						    .n_nh = 1,
						    .nh[0].gateway = ip("10.0.0.2") };

			assert_int_equal(fib_route_add(&r, FIB_ADD, NULL), 0);
		}
	fib_get_stats(&st);
	assert_int_equal(st.tables, 254);
	assert_int_equal(st.tbl8_used, 3); /* own address; its broadcast; limited broadcast */
	assert_true(st.rib_bytes < 8u << 20);
	printf("  252 tables of 100 routes: %.2f MB\n", st.rib_bytes / 1e6);
	fake_done();
}

static void
tables_are_cheap(void **state)
{
	role_enter_ctl();
	tables_are_cheap_run();
}

/* --- next hop objects --- */

#define MILLION (1u << 20)
#define GROUPS	64
#define COMMON	65 /* a member of all groups */

static const char *why;

static CTL_ONLY void
way(uint32_t id, uint32_t gateway, unsigned int dev)
{
	struct fib_nhobj_spec s = { .id = id,
				    .way.gateway = rte_cpu_to_be_32(gateway),
				    .way.dev = &fake_dev[dev] };

	assert_int_equal(fib_nhobj_add(&s, true, &why), 0);
}

/* Eight of 64 ways, and the common one. */
static CTL_ONLY void
group(uint32_t id, uint16_t weight)
{
	struct fib_nhobj_spec s = { .id = id, .n_member = 9 };

	for (uint32_t i = 0; i < 8; i++) {
		s.member[i].id = 1 + (id + i * 8) % 64;
		s.member[i].weight = 1;
	}
	s.member[8].id = COMMON;
	s.member[8].weight = weight;
	assert_int_equal(fib_nhobj_add(&s, true, &why), 0);
}

/* How many buckets of all groups lead by the common member. */
static CTL_ONLY unsigned int
by_common(void)
{
	uint32_t slot = fib_nhobj_find(COMMON)->slot;
	unsigned int n = 0;

	for (uint32_t g = 0; g < GROUPS; g++) {
		const struct adj *a = fake_adj(fib_nhobj_find(101 + g)->slot);

		for (unsigned int i = 0; i < a->n_group; i++)
			n += a->group[i] == slot;
	}
	return n;
}

static double
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* CPU time is held to the bound: others use this machine, too. */
static double
took(const char *what, double cpu0, double wall0)
{
	double cpu = (now_s() - cpu0) * 1e3;

	printf("  %s: %.3f ms of CPU, %.3f ms\n", what, cpu, wall_ms() - wall0);
	return cpu;
}

static CTL_ONLY void
million_run(void)
{
	uint32_t before;
	uint64_t changes, start;
	double cpu, wall;

	fake_reset(64);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 16, NULL, false);
	fake_addr_add(&fake_dev[1], "10.1.0.1", 16, NULL, false);
	for (uint32_t i = 1; i <= COMMON; i++)
		way(i, FIB_IP4(10, 0, 1, i), 0);
	for (uint32_t g = 0; g < GROUPS; g++)
		group(101 + g, 3);
	cpu = now_s();
	for (uint32_t i = 0; i < MILLION; i++) { /* 16.0.0.0 and on, shuffled */
		uint32_t at = i * 2654435761u % MILLION;
		struct fib_route_spec r = { .table = RT_TABLE_MAIN,
					    .dst = rte_cpu_to_be_32(FIB_IP4(16, 0, 0, 0) +
								    (at << 8)),
					    .plen = 24,
					    .nhid = 101 + at % GROUPS };

		assert_int_equal(fib_route_add(&r, FIB_ADD, NULL), 0);
	}
	printf("  %u routes by %u groups: %.2f M/s shuffled\n", MILLION, GROUPS,
	       MILLION / (now_s() - cpu) / 1e6);
	before = leaf("16.0.5.1");
	changes = fib_ctl.changes;
	assert_int_equal(by_common(), 3 * GROUPS);
	cpu = now_s();
	wall = wall_ms();
	fake_neigh(&fake_dev[0], "10.0.1.65", NUD_FAILED);
	assert_true(took("a member of all groups fails", cpu, wall) < 10);
	assert_int_equal(by_common(), 0);
	cpu = now_s();
	wall = wall_ms();
	fake_neigh(&fake_dev[0], "10.0.1.65", NUD_REACHABLE);
	assert_true(took("it is back", cpu, wall) < 10);
	assert_int_equal(by_common(), 3 * GROUPS);
	cpu = now_s();
	wall = wall_ms();
	way(COMMON, FIB_IP4(10, 1, 0, 9), 1);
	assert_true(took("it gets another gateway by another device", cpu, wall) < 10);
	assert_int_equal(fake_follows(fib_nhobj_find(COMMON)->slot),
			 neigh_create(ip("10.1.0.9"), &fake_dev[1])->adj_idx);
	cpu = now_s();
	wall = wall_ms();
	start = clock_us();
	fake_carrier(&fake_dev[1], false);
	assert_true(took("its device loses the carrier, and routes by it go", cpu, wall) < 10);
	printf("  of these until all groups are repaired: %.3f ms\n",
	       (double)(fake_published_us - start) / 1e3);
	assert_true(fake_published_us - start < 10000);
	assert_int_equal(fake_published_us < start, 0);
	assert_null(fib_nhobj_find(COMMON));
	assert_int_equal(leaf("16.0.5.1"), before);
	assert_int_equal(fib_ctl.changes, changes);
	cpu = now_s();
	wall = wall_ms();
	assert_int_equal(fib_nhobj_del(101), 0);
	took("a group is deleted with 16,384 routes", cpu, wall);
	assert_int_equal(fib_check(NULL, NULL), 0);
	fake_done();
}

static void
a_million_routes_by_groups(void **state)
{
	role_enter_ctl();
	million_run();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_cheap),
		cmocka_unit_test(a_million_routes_by_groups),
		cmocka_unit_test(full_table),
	};

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/full", tests, NULL, NULL);
}
