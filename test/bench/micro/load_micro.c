/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast routes come and go by the API, in the whole router in one process (test/dp):
 * fib_route_add(), which checks the gateway and compiles the route, as it does for commands and
 * files, fib_route_del() of one at a time, and fib_route_flush().
 *
 *	load_micro FILE
 *
 * FILE has a line "ADDRESS/LENGTH" for each prefix, in order. Prints names and millions of routes
 * a second of CPU time, or bytes a route.
 */
#include <stdio.h>
#include <time.h>
#include "fib/fib.h"
#include "../../dp/dp.h"
#include "prefixes.h"

#define GATEWAYS 64

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct fib_route_spec
spec(const struct prefix *p)
{
	uint32_t gateway = (p->addr * 2654435761u >> 8) % GATEWAYS;

	return (struct fib_route_spec){ .table = RT_TABLE_MAIN,
					.dst = rte_cpu_to_be_32(p->addr),
					.plen = p->plen,
					.protocol = FIB_PROT_STATIC,
					.n_nh = 1,
					.nh[0].gateway =
						rte_cpu_to_be_32(RTE_IPV4(10, 0, 1, 2) + gateway) };
}

static CTL_ONLY void
add_all(const char *order)
{
	double begun = now_s();

	for (uint32_t i = 0; i < n_prefixes; i++) {
		struct fib_route_spec r = spec(&prefixes[i]);

		assert_int_equal(fib_route_add(&r, FIB_ADD, NULL), 0);
	}
	printf("add-%s %.3f\n", order, n_prefixes / (now_s() - begun) / 1e6);
}

static CTL_ONLY void
memory(void)
{
	struct fib_stats st;

	fib_get_stats(&st);
	printf("bytes %.1f\n", (double)st.rib_bytes / st.routes);
}

static CTL_ONLY void
flush(void)
{
	struct fib_route_spec key = { .table = RT_TABLE_MAIN, .protocol = FIB_PROT_STATIC };
	double begun = now_s();

	assert_int_equal(fib_route_flush(&key), n_prefixes);
	printf("flush %.3f\n", n_prefixes / (now_s() - begun) / 1e6);
}

static CTL_ONLY void
delete_all(void)
{
	double begun = now_s();

	for (uint32_t i = 0; i < n_prefixes; i++) {
		struct fib_route_spec r = spec(&prefixes[i]);

		assert_int_equal(fib_route_del(&r), 0);
	}
	printf("delete-shuffled %.3f\n", n_prefixes / (now_s() - begun) / 1e6);
}

int
main(int argc, char **argv)
{
	if (argc != 2 || prefixes_read(argv[1]) != 0) {
		fprintf(stderr, "usage: load_micro FILE\n");
		return 2;
	}
	dp_setup(NULL);
	role_enter_ctl();
	dp_lan(1);
	add_all("sorted");
	memory();
	flush();
	dp_run();
	prefixes_shuffle();
	add_all("shuffled");
	delete_all();
	return dp_teardown(NULL);
}
