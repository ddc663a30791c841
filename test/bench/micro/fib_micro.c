/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cycles of a route lookup, ours beside rte_fib's, without packets: fib_micro FILE DESTS ROUNDS
 * EAL... FILE has a line "ADDRESS/LENGTH" for each prefix. Both tables are filled from it, must
 * agree on every address asked for, and take turns. Output: NAME and cycles for each lookup of each
 * turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_memory.h>
#include "core/role.h"
#include "fib/fib_dir24.h"
#include "prefixes.h"

#define BURST	   32
#define MAX_GROUPS (1u << 16)
#define LEAVES	   4096 /* next hops differ, as neighbours do */
#define LOOKUPS	   (1u << 22)

static struct dir24 ours;
static struct fib_dp ours_dp;
static struct rte_fib *theirs;

static int
by_length(const void *a, const void *b)
{
	return ((const struct prefix *)a)->plen - ((const struct prefix *)b)->plen;
}

/* Shorter prefixes first: longer ones write over them, as a route table would have it. */
static CTL_ONLY int
fill(void)
{
	struct rte_fib_conf conf = { .type = RTE_FIB_DIR24_8,
				     .max_routes = (int)n_prefixes + 1,
				     .dir24_8 = { RTE_FIB_DIR24_8_4B, MAX_GROUPS - 1 } };

	theirs = rte_fib_create("micro", SOCKET_ID_ANY, &conf);
	if (theirs == NULL || dir24_init(&ours, &ours_dp, MAX_GROUPS, -1) != 0)
		return -1;
	qsort(prefixes, n_prefixes, sizeof(*prefixes), by_length);
	for (uint32_t i = 0; i < n_prefixes; i++) {
		const struct prefix *p = &prefixes[i];
		uint32_t leaf = 1 + i % LEAVES;
		uint32_t last = p->addr | (p->plen > 0 ? ~0u >> 1 >> (p->plen - 1) : ~0u);

		if (p->plen > 24 && dir24_hold(&ours, p->addr) != 0)
			return -1;
		dir24_fill(&ours, p->addr, last, leaf);
		if (rte_fib_add(theirs, p->addr, p->plen, leaf) != 0)
			return -1;
	}
	return 0;
}

static double
turn_ours(const uint32_t *dst, uint32_t n, uint64_t *sum)
{
	uint32_t idx[BURST];
	uint64_t t0 = rte_rdtsc_precise();

	for (uint32_t i = 0; i < LOOKUPS; i += BURST) {
		fib_lookup_bulk(&ours_dp, &dst[i % n], idx, BURST);
		*sum += idx[i / BURST % BURST];
	}
	return (double)(rte_rdtsc_precise() - t0) / LOOKUPS;
}

static double
turn_theirs(const uint32_t *dst, uint32_t n, uint64_t *sum)
{
	uint64_t idx[BURST];
	uint64_t t0 = rte_rdtsc_precise();

	for (uint32_t i = 0; i < LOOKUPS; i += BURST) {
		rte_fib_lookup_bulk(theirs, (uint32_t *)(uintptr_t)&dst[i % n], idx, BURST);
		*sum += idx[i / BURST % BURST];
	}
	return (double)(rte_rdtsc_precise() - t0) / LOOKUPS;
}

static uint32_t *
destinations(uint32_t n)
{
	uint32_t *dst = malloc(n * sizeof(*dst));

	for (uint32_t i = 0; dst != NULL && i < n; i++) {
		const struct prefix *p = &prefixes[rnd() % n_prefixes];

		dst[i] = p->addr | (p->plen < 32 ? (uint32_t)rnd() >> p->plen : 0);
	}
	return dst;
}

static int
agree(const uint32_t *dst, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t addr = dst[i];
		uint64_t nh;

		rte_fib_lookup_bulk(theirs, &addr, &nh, 1);
		if (fib_lookup(&ours_dp, addr) != nh) {
			fprintf(stderr, "%08x: %u, rte_fib %" PRIu64 "\n", addr,
				fib_lookup(&ours_dp, addr), nh);
			return -1;
		}
	}
	return 0;
}

static void
measure(const uint32_t *dst, uint32_t n, int rounds)
{
	uint64_t a = 0, b = 0, c = 0;

	for (int i = 0; i < rounds; i++) {
		rte_fib_select_lookup(theirs, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO);
		printf("rte_fib %.3f\n", turn_theirs(dst, n, &a));
		printf("ours %.3f\n", turn_ours(dst, n, &b));
		if (rte_fib_select_lookup(theirs, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512) == 0)
			printf("rte_fib-avx512 %.3f\n", turn_theirs(dst, n, &c));
	}
	fprintf(stderr, "checksums %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", a, b, c);
}

int
main(int argc, char **argv)
{
	uint32_t n = argc > 4 ? (uint32_t)strtoul(argv[2], NULL, 10) / BURST * BURST : 0;
	const char *path = argv[1];
	int rounds;
	uint32_t *dst;

	if (n == 0 || prefixes_read(path) != 0) {
		fprintf(stderr, "usage: fib_micro FILE DESTINATIONS ROUNDS EAL-OPTION...\n");
		return 2;
	}
	rounds = atoi(argv[3]);
	if (rte_eal_init(argc - 3, argv + 3) < 0)
		return 1;
	role_enter_ctl();
	dst = destinations(n);
	if (dst == NULL || fill() != 0 || agree(dst, n) != 0) {
		fprintf(stderr, "tables differ, or not enough memory\n");
		return 1;
	}
	measure(dst, n, rounds);
	return 0;
}
