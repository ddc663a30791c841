/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rules of routes, addresses, devices and neighbours say, one by one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "fib/fib_file.h"
#include "core/rtproto.h"
#include "fib/fib_nexthop_priv.h"
#include "core/timer.h"
#include "fake.h"

#define P0	 (&fake_dev[0])
#define P1	 (&fake_dev[1])
#define GLEAN(d) ((uint32_t)neigh_glean_adj(d))

static char listing[8192];

static void
list_one(const struct fib_route *r, void *arg)
{
	uint32_t d = rte_be_to_cpu_32(r->dst);
	size_t n = strlen(listing);

	RTE_SET_USED(arg);
	role_enter_ctl();
	snprintf(listing + n, sizeof(listing) - n, "%s %u.%u.%u.%u/%u%s%s m%u%s;",
		 fib_type_name(r->type), d >> 24, d >> 16 & 255, d >> 8 & 255, d & 255, r->plen,
		 r->n_nh > 0 ? " " : "", r->n_nh > 0 ? r->nh[0].dev->name : "", r->metric,
		 r->dead ? " dead" : "");
}

static CTL_ONLY const char *
list(uint32_t table)
{
	listing[0] = '\0';
	fib_walk(table, list_one, NULL);
	return listing;
}

static void
built_in_destinations(void **state)
{
	role_enter_ctl();
	fake_addr_add(FAKE_LO, "127.0.0.1", 8, NULL, false);
	assert_int_equal(add("240.0.0.0/4 dev p0"), 0);
	assert_int_equal(add("224.1.0.0/16 dev p0"), 0);
	assert_int_equal(leaf("127.0.0.1"), ADJ_IDX_MARTIAN);
	assert_int_equal(leaf("0.1.2.3"), ADJ_IDX_MARTIAN);
	assert_int_equal(leaf("240.0.0.1"), ADJ_IDX_MARTIAN);
	assert_int_equal(leaf("255.255.255.254"), ADJ_IDX_MARTIAN);
	assert_int_equal(leaf("255.255.255.255"), ADJ_IDX_BROADCAST);
	assert_int_equal(leaf("224.1.0.1"), ADJ_IDX_MULTICAST);
	assert_int_equal(leaf("239.255.255.255"), ADJ_IDX_MULTICAST);
	assert_int_equal(leaf("223.255.255.255"), ADJ_IDX_NO_ROUTE);
	assert_string_equal(list(RT_TABLE_LOCAL),
			    "local 10.0.0.1/32 p0 m0;broadcast 10.0.0.255/32 p0 m0;"
			    "local 10.0.1.1/32 p1 m0;broadcast 10.0.1.255/32 p1 m0;"
			    "local 127.0.0.0/8 lo m0;local 127.0.0.1/32 lo m0;"
			    "broadcast 127.255.255.255/32 lo m0;");
}

static void
addresses_bring_routes(void **state)
{
	role_enter_ctl();
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 10.0.0.0/24 p0 m0;unicast 10.0.1.0/24 p1 m0;");
	assert_int_equal(leaf("10.0.0.1"), ADJ_IDX_LOCAL);
	assert_int_equal(leaf("10.0.0.255"), ADJ_IDX_BROADCAST);
	assert_int_equal(leaf("10.0.0.0"), GLEAN(P0));
	assert_int_equal(leaf("10.0.0.77"), GLEAN(P0));
	/* A secondary shares prefix and broadcast; its going leaves them. */
	fake_addr_add(P0, "10.0.0.2", 24, NULL, true);
	assert_int_equal(leaf("10.0.0.2"), ADJ_IDX_LOCAL);
	fake_addr_del(P0, "10.0.0.2");
	assert_int_equal(leaf("10.0.0.2"), GLEAN(P0));
	assert_int_equal(leaf("10.0.0.255"), ADJ_IDX_BROADCAST);
	/* RFC 3021: no broadcast on /31; point-to-point: the peer's prefix; /32: only itself. */
	fake_addr_add(P1, "10.9.0.0", 31, NULL, false);
	assert_int_equal(leaf("10.9.0.1"), GLEAN(P1));
	fake_addr_add(P1, "10.8.0.1", 32, "10.8.0.2", false);
	assert_int_equal(leaf("10.8.0.1"), ADJ_IDX_LOCAL);
	assert_int_equal(leaf("10.8.0.2"), GLEAN(P1));
	fake_addr_add(P1, "10.7.0.1", 32, NULL, false);
	fake_addr_del(P1, "10.8.0.1");
	fake_addr_del(P1, "10.9.0.0");
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 10.0.0.0/24 p0 m0;unicast 10.0.1.0/24 p1 m0;");
	/* Routes that preferred it as a source go with an address. */
	assert_int_equal(add("50.0.0.0/8 via 10.0.1.9 src 10.7.0.1"), 0);
	assert_int_equal(add("51.0.0.0/8 via 10.0.1.9 src 10.0.1.1"), 0);
	fake_addr_del(P1, "10.7.0.1");
	assert_int_equal(leaf("50.1.1.1"), ADJ_IDX_NO_ROUTE);
	assert_int_not_equal(leaf("51.1.1.1"), ADJ_IDX_NO_ROUTE);
}

static void
gateways_are_checked(void **state)
{
	struct fib_route_spec r;
	const char *why = NULL;

	role_enter_ctl();
	r = route("20.0.0.0/8 via 99.0.0.1");
	assert_int_equal(fib_route_add(&r, FIB_ADD, &why), -ENETUNREACH);
	assert_string_equal(why, "Nexthop has invalid gateway");
	assert_int_equal(add("20.0.0.0/8 via 10.0.0.1"), -EINVAL); /* ourselves */
	assert_int_equal(add("20.0.0.0/8 via 10.0.0.9 dev p1"), -ENETUNREACH);
	assert_int_equal(add("20.0.0.0/8 via 99.0.0.1 dev p1 onlink"), 0);
	assert_int_equal(add("20.0.0.1/8 via 10.0.0.9"), -EINVAL); /* host bits */
	assert_int_equal(add("21.0.0.0/8"), -ENODEV);
	assert_int_equal(add("21.0.0.0/8 blackhole via 10.0.0.9"), -EINVAL);
	/* A gateway behind a gateway is not on-link. */
	assert_int_equal(add("21.0.0.0/8 via 20.0.0.1"), -ENETUNREACH);
	assert_int_equal(add("22.0.0.0/8 via 10.0.0.9 tos 3"), -EINVAL);
	fake_up(P1, false);
	assert_int_equal(add("21.0.0.0/8 dev p1"), -ENETDOWN);
	assert_int_equal(add("21.0.0.0/8 via 10.0.1.9 keep_dead"), 0);
	assert_int_equal(leaf("21.0.0.1"), ADJ_IDX_NO_ROUTE);
	fake_up(P1, true);
	assert_int_equal(leaf("21.0.0.1"), neigh_create(ip("10.0.1.9"), P1)->adj_idx);
}

static void
modes_as_linux(void **state)
{
	struct fib_route_spec r;

	role_enter_ctl();
	assert_int_equal(add("30.0.0.0/8 via 10.0.0.9"), 0);
	assert_int_equal(add("30.0.0.0/8 via 10.0.1.9"), -EEXIST);
	assert_int_equal(add("30.0.0.0/8 via 10.0.1.9 metric 5"), 0);
	assert_int_equal(leaf("30.0.0.1"), neigh_create(ip("10.0.0.9"), P0)->adj_idx);
	r = route("30.0.0.0/8 blackhole");
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
	assert_int_equal(leaf("30.0.0.1"), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_route_add(&r, FIB_APPEND, NULL), -EEXIST);
	r = route("30.0.0.0/8 unreachable");
	assert_int_equal(fib_route_add(&r, FIB_APPEND, NULL), 0);
	assert_int_equal(leaf("30.0.0.1"), ADJ_IDX_BLACKHOLE);
	r = route("30.0.0.0/8 prohibit");
	assert_int_equal(fib_route_add(&r, FIB_PREPEND, NULL), 0);
	assert_int_equal(leaf("30.0.0.1"), ADJ_IDX_PROHIBIT);
	r = route("30.0.0.0/8 blackhole metric 7");
	assert_int_equal(fib_route_add(&r, FIB_CHANGE, NULL), -ENOENT);
	assert_int_equal(fib_route_add(&r, FIB_TEST, NULL), -ENOENT);
	r = route("30.0.0.0/8 throw metric 5"); /* prefix, tos and metric count, no more */
	assert_int_equal(fib_route_add(&r, FIB_TEST, NULL), -EEXIST);
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 10.0.0.0/24 p0 m0;unicast 10.0.1.0/24 p1 m0;"
			    "prohibit 30.0.0.0/8 m0;blackhole 30.0.0.0/8 m0;"
			    "unreachable 30.0.0.0/8 m0;unicast 30.0.0.0/8 p1 m5;");
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(del("30.0.0.0/8"), 0);
	assert_int_equal(leaf("30.0.0.1"), neigh_create(ip("10.0.1.9"), P1)->adj_idx);
	assert_int_equal(del("30.0.0.0/8 metric 4"), -ESRCH);
	assert_int_equal(del("30.0.0.0/8 via 10.0.0.9"), -ESRCH);
	assert_int_equal(del("30.0.0.0/8 via 10.0.1.9"), 0);
	assert_int_equal(leaf("30.0.0.1"), ADJ_IDX_NO_ROUTE);
}

static void
local_shadows_main(void **state)
{
	role_enter_ctl();
	assert_int_equal(add("40.0.0.0/24 blackhole"), 0);
	assert_int_equal(add("40.0.0.128/25 prohibit"), 0);
	assert_int_equal(add("40.0.0.0/16 table 255 local dev p0"), 0);
	assert_int_equal(leaf("40.0.0.200"), ADJ_IDX_LOCAL);
	assert_int_equal(add("40.0.1.0/25 unreachable"), 0);
	assert_int_equal(leaf("40.0.1.1"), ADJ_IDX_LOCAL);
	assert_int_equal(del("40.0.0.0/16 table 255"), 0);
	assert_int_equal(leaf("40.0.0.200"), ADJ_IDX_PROHIBIT);
	assert_int_equal(leaf("40.0.0.2"), ADJ_IDX_BLACKHOLE);
	assert_int_equal(leaf("40.0.1.1"), ADJ_IDX_UNREACHABLE);
	assert_int_equal(leaf("40.0.1.128"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(add("41.0.0.0/8 table 255 throw"), -EINVAL);
}

/* A walk in slices: neighbours are kept as long as a leaf names them; what changes meanwhile is
 * seen; a device that goes for good ends it at once. */
static void
carrier_in_slices(void **state)
{
	const struct fib_compile_pace pace = fib_compile_pace;
	struct neighbour *gw;
	unsigned int held;
	uint32_t g;

	role_enter_ctl();
	assert_int_equal(add("60.0.0.0/8 via 10.0.0.9 keep_dead"), 0);
	assert_int_equal(add("62.0.0.0/8 via 10.0.0.9 keep_dead"), 0);
	assert_int_equal(add("61.0.0.0/8 via 10.0.1.9 keep_dead"), 0);
	gw = neigh_create(ip("10.0.0.9"), P0);
	held = gw->refcnt;
	g = leaf("60.0.0.1");
	fib_compile_pace = (struct fib_compile_pace){ .near = 1, .slice = 1 };
	fake_carrier(P0, false);
	assert_true(fib_is_late());
	assert_int_equal(leaf("60.0.0.1"), g);
	for (int i = 0; fib_is_late(); i++) {
		assert_int_equal(gw->refcnt, held);
		assert_int_not_equal(i, 1000);
		if (i == 3) /* behind the walk and before it */
			fake_carrier(P1, false);
		timer_run();
	}
	assert_int_equal(gw->refcnt, 0);
	assert_int_equal(leaf("60.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("61.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("62.0.0.1"), ADJ_IDX_NO_ROUTE);
	fake_carrier(P0, true);
	timer_run();
	fake_carrier(P0, false); /* before it was all back */
	fake_carrier(P0, true);
	while (fib_is_late())
		timer_run();
	assert_int_equal(leaf("60.0.0.1"), g);
	assert_int_equal(leaf("62.0.0.1"), g);
	assert_int_equal(leaf("61.0.0.1"), ADJ_IDX_NO_ROUTE);
	fake_carrier(P1, true);
	assert_true(fib_is_late());
	fake_unregister(P0);
	assert_false(fib_is_late());
	assert_int_equal(gw->refcnt, 0);
	assert_int_not_equal(leaf("61.0.0.1"), ADJ_IDX_NO_ROUTE);
	fib_compile_pace = pace;
}

/* Infos know what covers their routes, so that few prefixes are looked at. */
static void
few_are_looked_at(void **state)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < 5000; i++) {
		char text[64];

		snprintf(text, sizeof(text), "100.%u.%u.0/24 via 10.0.0.9", i >> 8, i & 255);
		assert_int_equal(add(text), 0);
	}
	assert_int_equal(add("10.0.2.0/24 via 10.0.1.9 keep_dead"), 0);
	fake_carrier(P1, false); /* its subnet, and a route nearby */
	assert_false(fib_is_late());
	assert_int_equal(leaf("10.0.1.9"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("10.0.2.9"), ADJ_IDX_NO_ROUTE);
	fake_carrier(P1, true);
	assert_false(fib_is_late());
	assert_int_equal(leaf("10.0.1.9"), GLEAN(P1));
	assert_int_equal(add("200.0.0.0/24 via 10.0.1.9 keep_dead"), 0);
	fake_carrier(P1, false); /* all the others lie between */
	assert_true(fib_is_late());
	assert_int_equal(leaf("10.0.1.9"), ADJ_IDX_NO_ROUTE);
	fake_carrier(P1, true);
	fib_compile_finish();
}

static void
count_one(const struct fib_route *r, void *arg)
{
	(*(uint32_t *)arg)++;
}

/* What local and main say of their routes, which share a trie, is what is there. */
static CTL_ONLY void
tables_count_right(void)
{
	for (uint32_t id = RT_TABLE_MAIN; id <= RT_TABLE_LOCAL; id++) {
		uint32_t n = 0;

		fib_walk(id, count_one, &n);
		assert_int_equal(n, fib_table_get(id)->n_routes);
	}
}

static void
devices_go_and_return(void **state)
{
	uint32_t gw;

	role_enter_ctl();
	assert_int_equal(add("60.0.0.0/8 via 10.0.0.9 keep_dead"), 0);
	assert_int_equal(add("0.0.0.0/0 via 10.0.1.9"), 0);
	gw = leaf("60.0.0.1");
	fake_carrier(P0, false);
	assert_int_equal(leaf("60.0.0.1"), leaf("99.0.0.1")); /* falls to the default route */
	assert_int_equal(leaf("10.0.0.9"), leaf("99.0.0.1"));
	assert_int_equal(leaf("10.0.0.1"), ADJ_IDX_LOCAL);
	fake_carrier(P0, true);
	assert_int_equal(leaf("60.0.0.1"), gw);
	assert_int_equal(leaf("10.0.0.9"), GLEAN(P0));
	/* As Linux: what was added by hand goes with the last of its devices. */
	assert_int_equal(add("61.0.0.0/8 via 10.0.0.9"), 0);
	assert_int_equal(add("62.0.0.0/8 dev p0"), 0);
	assert_int_equal(add("63.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.0.10"), 0);
	fake_up(P0, false);
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 0.0.0.0/0 p1 m0;unicast 10.0.1.0/24 p1 m0;"
			    "unicast 60.0.0.0/8 p0 m0 dead;");
	assert_int_equal(leaf("60.0.0.1"), leaf("99.0.0.1"));
	fake_up(P0, true);
	assert_int_equal(leaf("60.0.0.1"), gw);
	assert_int_equal(leaf("10.0.0.255"), ADJ_IDX_BROADCAST);
	fake_unregister(P0);
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 0.0.0.0/0 p1 m0;unicast 10.0.1.0/24 p1 m0;");
	for (uint32_t i = 1; i < fib_infos_size; i++)
		for (unsigned int k = 0; fib_infos[i] != NULL && k < fib_infos[i]->n_nh; k++)
			assert_ptr_not_equal(fib_infos[i]->nh[k].dev, P0);
	tables_count_right();
}

/* A route by two devices outlives one of them; the member returns, or both go. */
static void
multipath_outlives_a_device(void **state)
{
	RTE_SET_USED(state);
	role_enter_ctl();
	assert_int_equal(add("64.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.1.9"), 0);
	fake_up(P0, false);
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 10.0.1.0/24 p1 m0;unicast 64.0.0.0/8 p0 m0;");
	fake_up(P0, true);
	for (uint32_t i = 1; i < fib_infos_size; i++)
		if (fib_infos[i] != NULL && fib_infos[i]->n_nh == 2)
			assert_int_equal(fib_infos[i]->nh[0].flags, 0);
	fake_up(P0, false);
	fake_up(P1, false);
	assert_string_equal(list(RT_TABLE_MAIN), "");
}

static void
neighbours_are_leaves(void **state)
{
	struct neighbour *n, *far;

	role_enter_ctl();
	n = fake_neigh(P0, "10.0.0.50", NUD_REACHABLE);
	assert_int_equal(leaf("10.0.0.50"), n->adj_idx);
	fake_neigh(P0, "10.0.0.50", NUD_STALE);
	assert_int_equal(leaf("10.0.0.50"), n->adj_idx);
	/* Not where the route is by another device, or not on-link. */
	far = fake_neigh(P0, "10.0.1.50", NUD_REACHABLE);
	assert_int_equal(leaf("10.0.1.50"), GLEAN(P1));
	assert_int_equal(add("10.0.0.48/29 blackhole"), 0);
	assert_int_equal(leaf("10.0.0.50"), ADJ_IDX_BLACKHOLE);
	assert_int_equal(del("10.0.0.48/29"), 0);
	assert_int_equal(leaf("10.0.0.50"), n->adj_idx);
	fake_addr_del(P0, "10.0.0.1");
	assert_int_equal(leaf("10.0.0.50"), ADJ_IDX_NO_ROUTE);
	fake_addr_add(P0, "10.0.0.1", 24, NULL, false);
	assert_int_equal(leaf("10.0.0.50"), n->adj_idx);
	fake_neigh(P0, "10.0.0.50", NUD_FAILED);
	assert_int_equal(leaf("10.0.0.50"), GLEAN(P0));
	fake_neigh(P0, "10.0.0.50", NUD_REACHABLE);
	fake_neigh_gone(n);
	assert_int_equal(leaf("10.0.0.50"), GLEAN(P0));
	fake_neigh_gone(far);
	assert_int_equal(fib_ctl.neigh_leaves, 0);
}

/* How many buckets of the group behind @p idx lead to @p member. */
static unsigned int
share(uint32_t idx, uint32_t member, unsigned int *total)
{
	const struct adj *a = fake_adj(idx);
	unsigned int n = 0;

	assert_non_null(a);
	assert_int_equal(a->type, ADJ_GROUP);
	*total = a->n_group;
	for (unsigned int i = 0; i < a->n_group; i++)
		n += a->group[i] == member;
	return n;
}

static bool
all_by(uint32_t idx, uint32_t member)
{
	unsigned int total, n = share(idx, member, &total);

	return n == total;
}

static void
multipath_groups(void **state)
{
	uint32_t a, b, g;
	unsigned int total, n;

	role_enter_ctl();
	assert_int_equal(add("70.0.0.0/8 nexthop via 10.0.0.9 weight 2 nexthop via 10.0.1.9"), 0);
	a = neigh_create(ip("10.0.0.9"), P0)->adj_idx;
	b = neigh_create(ip("10.0.1.9"), P1)->adj_idx;
	g = leaf("70.0.0.1");
	n = share(g, a, &total);
	assert_in_range(n * 1000 / total, 653, 680);
	n = share(g, a, &total);
	assert_int_equal(n + share(g, b, &total), total);
	fake_carrier(P0, false);
	assert_int_equal(leaf("70.0.0.1"), g); /* the routes keep their leaf */
	assert_true(all_by(g, b));
	fake_carrier(P0, true);
	assert_int_not_equal(share(g, a, &total), 0);
	/* A member that does not answer gets nothing while another does. */
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_int_equal(share(g, a, &total), 0);
	fake_neigh(P1, "10.0.1.9", NUD_FAILED);
	n = share(g, a, &total);
	assert_int_equal(n + share(g, b, &total), total);
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_true(all_by(g, a));
	fake_carrier(P0, false);
	fake_carrier(P1, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fake_adj_used, 0);
	fake_carrier(P1, true);
	assert_true(all_by(leaf("70.0.0.1"), b));
	fake_carrier(P0, true);
	fake_unregister(P0); /* the other member stays */
	assert_true(all_by(leaf("70.0.0.1"), b));
	fake_neigh_gone(neigh_create(ip("10.0.0.9"), P0));
	assert_int_equal(del("70.0.0.0/8"), 0);
	assert_int_equal(fake_adj_used, 0);
}

static void
control_lookups(void **state)
{
	struct fib_result res;
	struct neighbour *n;

	role_enter_ctl();
	assert_int_equal(add("0.0.0.0/0 via 10.0.1.9"), 0);
	assert_int_equal(add("80.0.0.0/8 via 10.0.0.9 tos 0x10"), 0);
	assert_int_equal(add("80.0.0.0/8 blackhole"), 0);
	assert_int_equal(add("81.0.0.0/8 throw"), 0);
	assert_int_equal(add("81.0.0.0/8 prohibit table 253"), 0);
	assert_int_equal(fib_lookup_ctl(ip("80.0.0.1"), 0, 0x10, &res), 0);
	assert_int_equal(res.gateway, ip("10.0.0.9"));
	assert_int_equal(res.prefsrc, ip("10.0.0.1"));
	assert_int_equal(res.plen, 8);
	assert_int_equal(fib_lookup_ctl(ip("80.0.0.1"), 0, 0, &res), -EINVAL);
	assert_int_equal(leaf("80.0.0.1"), ADJ_IDX_TOS);
	assert_int_equal(fib_lookup_rest_dp(ADJ_IDX_TOS, FIB_IP4(80, 0, 0, 1), 0),
			 ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_lookup_ctl(ip("81.0.0.1"), 0, 0, &res), -EACCES);
	assert_int_equal(leaf("81.0.0.1"), ADJ_IDX_THROW);
	assert_int_equal(fib_lookup_ctl(ip("99.0.0.1"), 0, 0, &res), 0);
	assert_int_equal(res.adj_idx, leaf("99.0.0.1"));
	assert_int_equal(fib_lookup_ctl(ip("10.0.0.1"), 0, 0, &res), 0);
	assert_int_equal(res.type, FIB_LOCAL);
	assert_int_equal(res.prefsrc, ip("10.0.0.1"));
	n = fake_neigh(P0, "10.0.0.60", NUD_REACHABLE);
	assert_int_equal(fib_lookup_ctl(ip("10.0.0.60"), 0, 0, &res), 0);
	assert_int_equal(res.adj_idx, n->adj_idx);
	assert_int_equal(fib_lookup_ctl(ip("10.0.0.61"), 0, 0, &res), 0);
	assert_int_equal(res.adj_idx, GLEAN(P0));
	assert_int_equal(fib_lookup_ctl(ip("224.0.0.5"), 0, 0, &res), 0);
	assert_int_equal(res.type, FIB_MULTICAST);
	assert_int_equal(fib_lookup_ctl(ip("255.255.255.255"), 0, 0, &res), 0);
	assert_int_equal(res.adj_idx, ADJ_IDX_BROADCAST);
	assert_int_equal(fib_lookup_ctl(ip("240.0.0.1"), 0, 0, &res), -EINVAL);
	assert_int_equal(del("0.0.0.0/0"), 0);
	assert_int_equal(fib_lookup_ctl(ip("99.0.0.1"), 0, 0, &res), -ENETUNREACH);
	fake_neigh_gone(n);
}

static unsigned int events[4];

static int
count_event(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	assert_int_equal(r->plen, 8);
	assert_int_equal(r->dst, ip("90.0.0.0"));
	events[event]++;
	return 0;
}

static void
changes_are_told(void **state)
{
	struct notifier nb = { .fn = count_event };
	struct fib_route_spec r;

	role_enter_ctl();
	r = route("90.0.0.0/8 blackhole");
	memset(events, 0, sizeof(events));
	notifier_add(&fib_chain, &nb);
	assert_int_equal(add("90.0.0.0/8 via 10.0.0.9"), 0);
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
	assert_int_equal(del("90.0.0.0/8"), 0);
	notifier_del(&fib_chain, &nb);
	assert_int_equal(events[FIB_ROUTE_ADD], 1);
	assert_int_equal(events[FIB_ROUTE_REPLACE], 1);
	assert_int_equal(events[FIB_ROUTE_DEL], 1);
}

static void
walks_in_parts(void **state)
{
	struct fib_cursor c = { .table = RT_TABLE_MAIN };
	char whole[8192];
	unsigned int parts = 0;
	char text[64];

	role_enter_ctl();
	for (unsigned int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "91.%u.0.0/%u blackhole", i, 16 + i % 9);
		assert_int_equal(add(text), 0);
	}
	snprintf(whole, sizeof(whole), "%s", list(RT_TABLE_MAIN));
	listing[0] = '\0';
	while (fib_walk_some(&c, 7, list_one, NULL))
		parts++;
	assert_string_equal(listing, whole);
	assert_in_range(parts, 7, 8);
	listing[0] = '\0';
	assert_false(fib_walk_some(&c, 7, list_one, NULL));
	assert_string_equal(listing, "");
}

static void
truncate_to(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
route_files(void **state)
{
	static const char text[] = "# a comment\n"
				   "default via 10.0.0.9 dev p0 metric 10\n\n"
				   "92.0.0.0/8 via 10.0.1.9 proto bird src 10.0.1.1 linkdown\n"
				   "blackhole 93.0.0.0/8\n"
				   "94.0.0.1 via 99.9.9.9\n"
				   "nonsense\n"
				   "95.0.0.0/8 dev p1 scope link\n";
	char path[] = "/tmp/fib_routes_XXXXXX";
	int fd = mkstemp(path);
	const char *why;
	struct fib_file_id id;
	struct fib_file *f;
	char want[64];

	role_enter_ctl();
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	f = fib_file_open(path, 1, NULL, &why);
	id = fib_file_id(f);
	assert_true(fib_file_same(path, &id));
	assert_int_equal(fib_file_step(f, 4), 1);
	assert_int_equal(fib_file_count(f), 2);
	assert_int_equal(fib_file_step(f, 4), -ENETUNREACH);
	snprintf(want, sizeof(want), "%s:6: Nexthop has invalid gateway", path);
	assert_string_equal(fib_file_error(f), want);
	assert_int_equal(fib_file_step(f, 4), -EINVAL);
	snprintf(want, sizeof(want), "%s:7: \"nonsense\" is not understood", path);
	assert_string_equal(fib_file_error(f), want);
	assert_int_equal(fib_file_step(f, 4), 0);
	assert_int_equal(fib_file_count(f), 4);
	fib_file_close(f);
	assert_string_equal(list(RT_TABLE_MAIN),
			    "unicast 0.0.0.0/0 p0 m10;unicast 10.0.0.0/24 p0 m0;"
			    "unicast 10.0.1.0/24 p1 m0;unicast 92.0.0.0/8 p1 m0;"
			    "blackhole 93.0.0.0/8 m0;unicast 95.0.0.0/8 p1 m0;");
	truncate_to(path, "default via 10.0.0.9 dev p0 metric 10\n");
	assert_false(fib_file_same(path, &id));
	unlink(path);
	assert_false(fib_file_same(path, &id));
	assert_null(fib_file_open("/nonexistent", 0, NULL, &why));
	assert_string_equal(why, "No such file or directory");
}

/* Nothing that has no end, or that only a writer would end. */
static void
only_regular_files(void **state)
{
	const char *why = NULL;
	char fifo[64];

	RTE_SET_USED(state);
	role_enter_ctl();
	snprintf(fifo, sizeof(fifo), "/tmp/fib_fifo_%d", getpid());
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(fib_file_open(fifo, 0, NULL, &why));
	assert_string_equal(why, "is no regular file, expected a file of routes");
	unlink(fifo);
	assert_null(fib_file_open("/dev/zero", 1, NULL, &why));
	assert_string_equal(why, "is no regular file, expected a file of routes");
	assert_null(fib_file_open("/tmp", 1, NULL, &why));
	assert_string_equal(why, "is a directory, expected a file of routes");
}

static CTL_ONLY void
load(const char *text, uint8_t number)
{
	char path[] = "/tmp/fib_load_XXXXXX";
	const char *why;
	struct fib_file *f;

	close(mkstemp(path));
	truncate_to(path, text);
	f = fib_file_open(path, number, NULL, &why);
	assert_non_null(f);
	while (fib_file_step(f, 1) != 0)
		;
	fib_file_close(f);
	unlink(path);
}

static CTL_ONLY unsigned int
sweep(unsigned int n, uint8_t keep, unsigned int *parts)
{
	struct fib_cursor c = { 0 };
	unsigned int gone = 0;

	*parts = 1;
	while (fib_file_sweep(&c, n, keep, &gone))
		(*parts)++;
	return gone;
}

static void
later_loads_sweep_earlier_ones(void **state)
{
	struct fib_route_spec r;
	unsigned int parts;

	RTE_SET_USED(state);
	role_enter_ctl();
	assert_int_equal(add("30.0.0.0/8 blackhole proto 4 keep_dead"), 0); /* in the file too */
	load("blackhole 30.0.0.0/8\nblackhole 31.0.0.0/8\nblackhole 32.0.0.0/8\n"
	     "blackhole 33.0.0.0/8\nblackhole 33.0.0.0/8 metric 5\n"
	     "blackhole 34.0.0.0/8 table 9\nblackhole 35.0.0.0/8\nblackhole 36.0.0.0/8\n",
	     1);
	/* Replaced by hand, even by the same: no longer the file's. */
	r = route("35.0.0.0/8 prohibit");
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
	r = route("36.0.0.0/8 blackhole");
	r.protocol = FIB_PROT_STATIC;
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, NULL), 0);
	/* A route of the configuration takes a file's place; by hand it does not. */
	assert_int_equal(add("32.0.0.0/8 unreachable"), -EEXIST);
	assert_int_equal(add("32.0.0.0/8 unreachable keep_dead"), 0);
	load("blackhole 31.0.0.0/8\nprohibit 33.0.0.0/8\n", 2);
	assert_int_equal(leaf("33.0.0.1"), ADJ_IDX_PROHIBIT);
	assert_int_equal(sweep(2, 2, &parts), 2);
	assert_true(parts > 5);
	assert_string_equal(list(0), "unicast 10.0.0.0/24 p0 m0;unicast 10.0.1.0/24 p1 m0;"
				     "blackhole 30.0.0.0/8 m0;blackhole 31.0.0.0/8 m0;"
				     "unreachable 32.0.0.0/8 m0;prohibit 33.0.0.0/8 m0;"
				     "prohibit 35.0.0.0/8 m0;blackhole 36.0.0.0/8 m0;"
				     "local 10.0.0.1/32 p0 m0;broadcast 10.0.0.255/32 p0 m0;"
				     "local 10.0.1.1/32 p1 m0;broadcast 10.0.1.255/32 p1 m0;");
	assert_int_equal(sweep(1, 0, &parts), 2);
	assert_int_equal(leaf("31.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("33.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("30.0.0.1"), ADJ_IDX_BLACKHOLE);
	assert_int_equal(sweep(100, 0, &parts), 0);
	assert_int_equal(parts, 1);
}

static void
names(void **state)
{
	uint32_t id;

	role_enter_ctl();
	assert_int_equal(fib_table_name_add("isp2", 100), 0);
	assert_int_equal(fib_table_name_add("isp2", 101), -EEXIST);
	assert_int_equal(fib_table_name_add("main", 7), -EEXIST);
	assert_int_equal(fib_table_parse("isp2", &id), 0);
	assert_int_equal(id, 100);
	assert_string_equal(fib_table_name(100), "isp2");
	assert_string_equal(fib_table_name(101), "101");
	assert_int_equal(fib_table_parse("0", &id), -EINVAL);
	assert_int_equal(fib_table_name_del("isp2"), 0);
	assert_int_equal(fib_table_parse("isp2", &id), -EINVAL);
	assert_int_equal(rtproto_parse(rtproto_name(12)), 12);
	assert_int_equal(fib_type_parse("prohibit"), FIB_PROHIBIT);
	assert_int_equal(fib_type_parse("100"), -EINVAL);
}

/* ignore_routes_with_linkdown: without it what has no carrier is used as if it had one. */
static void
without_carrier(void **state)
{
	uint32_t a, b, total;

	(void)state;
	assert_int_equal(add("70.0.0.0/8 via 10.0.0.9"), 0);
	assert_int_equal(add("71.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.1.9"), 0);
	a = neigh_create(ip("10.0.0.9"), P0)->adj_idx;
	b = neigh_create(ip("10.0.1.9"), P1)->adj_idx;
	fake_carrier(P0, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_true(all_by(leaf("71.0.0.1"), b));
	P0->ip_ptr->cnf.ignore_routes_with_linkdown = 0;
	inetdev_linkdown_hook();
	assert_int_equal(leaf("70.0.0.1"), a);
	assert_int_equal(leaf("10.0.0.77"), neigh_glean_adj(P0));
	assert_int_not_equal(share(leaf("71.0.0.1"), a, &total), 0);
	fake_carrier(P1, false); /* the other one still says so */
	assert_true(all_by(leaf("71.0.0.1"), a));
	ipv4_devconf_all.ignore_routes_with_linkdown = 1;
	inetdev_linkdown_hook();
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("71.0.0.1"), ADJ_IDX_NO_ROUTE);
	ipv4_devconf_all.ignore_routes_with_linkdown = 0;
	inetdev_linkdown_hook();
	fake_carrier(P0, true);
	fake_carrier(P1, true);
	assert_int_equal(leaf("70.0.0.1"), a);
	P0->ip_ptr->cnf.ignore_routes_with_linkdown = 1;
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(built_in_destinations),
		T(addresses_bring_routes),
		T(gateways_are_checked),
		T(modes_as_linux),
		T(local_shadows_main),
		T(carrier_in_slices),
		T(few_are_looked_at),
		T(devices_go_and_return),
		T(multipath_outlives_a_device),
		T(neighbours_are_leaves),
		T(multipath_groups),
		T(without_carrier),
		T(control_lookups),
		T(changes_are_told),
		T(walks_in_parts),
		T(route_files),
		T(only_regular_files),
		T(later_loads_sweep_earlier_ones),
		T(names),
	};

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/routes", tests, NULL, NULL);
}
