/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hop objects, groups of them, resilient ones, and what a hash of a flow is made of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/sysctl.h"
#include "core/timer.h"
#include "objects.h"

static CTL_ONLY void
refused(const char *text, bool replacing, const char *want)
{
	int rc = object(text, replacing);

	if (rc >= 0 || strstr(why, want) == NULL)
		fail_msg("%s: %d, %s", text, rc, why);
}

/* "1 10" and so on: the ids that there are. */
static CTL_ONLY const char *
ids(void)
{
	static struct fib_nhobj_view v;
	static char text[256];

	text[0] = '\0';
	for (uint32_t id = 0; fib_nhobj_next(id, &v); id = v.spec.id)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
			 text[0] == '\0' ? "" : " ", v.spec.id);
	return text;
}

static uint32_t
neigh_of(struct net_device *dev, const char *addr)
{
	return neigh_create(ip(addr), dev)->adj_idx;
}

/* What is counted is not what neigh_create() says but who holds it. */
static bool
held(struct net_device *dev, const char *addr)
{
	return neigh_create(ip(addr), dev)->refcnt > 0;
}

/* --- single ones --- */

static void
gateway_changes_below_the_routes(void **state)
{
	struct fib_result res;
	uint32_t slot;
	uint64_t changes;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	assert_int_equal(add("70.0.0.0/8 nhid 1"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 1 metric 7"), 0);
	assert_int_equal(add("70.0.0.0/8 nhid 1 table 100"), 0);
	assert_int_equal(add("72.0.0.0/8 nhid 1 via 10.0.0.9"), -EINVAL);
	assert_int_equal(add("72.0.0.0/8 nhid 2"), -EINVAL);
	assert_int_equal(add("72.0.0.0/8 nhid 1 local"), -EINVAL);
	slot = leaf("70.0.0.1");
	assert_int_equal(leaf("71.0.0.1"), slot);
	assert_int_equal(fake_follows(slot), neigh_of(P0, "10.0.0.9"));
	changes = fib_ctl.changes;
	replace("1 via 10.0.1.8 dev p1");
	assert_int_equal(leaf("70.0.0.1"), slot);
	assert_int_equal(leaf("71.0.0.1"), slot);
	assert_int_equal(fib_ctl.changes, changes); /* no route was touched */
	assert_int_equal(fake_follows(slot), neigh_of(P1, "10.0.1.8"));
	assert_false(held(P0, "10.0.0.9"));
	assert_true(held(P1, "10.0.1.8"));
	assert_int_equal(fib_lookup_ctl(ip("71.0.0.1"), 0, 0, &res), 0);
	assert_int_equal(res.gateway, ip("10.0.1.8"));
	assert_int_equal(res.route.nhid, 1);
	replace("1 blackhole");
	assert_int_equal(leaf("70.0.0.1"), slot);
	assert_int_equal(fake_follows(slot), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_lookup_ctl(ip("71.0.0.1"), 0, 0, &res), -EINVAL);
	assert_int_equal(res.type, FIB_BLACKHOLE);
	replace("1 via 10.0.0.9 dev p0");
	assert_int_equal(fake_follows(slot), neigh_of(P0, "10.0.0.9"));
	/* Only what names the object goes by it, and all of that. */
	assert_int_equal(del("70.0.0.0/8 via 10.0.0.9"), -ESRCH);
	assert_int_equal(del("71.0.0.0/8 nhid 1"), 0);
	assert_int_equal(add("73.0.0.0/8 via 10.0.0.9"), 0);
	assert_int_equal(fib_nhobj_del(1), 0);
	assert_int_equal(fib_nhobj_del(1), -ENOENT);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fib_table_get(100)->n_routes, 0);
	assert_int_equal(leaf("73.0.0.1"), neigh_of(P0, "10.0.0.9"));
}

/* Without a gateway the routes are on-link prefixes, and neighbours answer for themselves. */
static void
on_link_objects(void **state)
{
	struct neighbour *n;
	uint32_t slot;

	role_enter_ctl();
	obj("3 dev p0");
	assert_int_equal(add("70.0.0.0/24 nhid 3"), 0);
	assert_int_equal(leaf("70.0.0.5"), GLEAN(P0));
	n = fake_neigh(P0, "70.0.0.5", NUD_REACHABLE);
	assert_int_equal(leaf("70.0.0.5"), n->adj_idx);
	assert_int_equal(leaf("70.0.0.6"), GLEAN(P0));
	replace("3 dev p1");
	assert_int_equal(leaf("70.0.0.5"), GLEAN(P1)); /* that neighbour is not on p1 */
	replace("3 via 10.0.0.9 dev p0");
	slot = leaf("70.0.0.5");
	assert_int_equal(fake_follows(slot), neigh_of(P0, "10.0.0.9"));
	assert_int_equal(leaf("70.0.0.6"), slot);
	replace("3 dev p0");
	assert_int_equal(leaf("70.0.0.5"), n->adj_idx);
	fake_neigh_gone(n);
}

static void
devices_take_their_objects(void **state)
{
	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1 keep");
	obj("3 blackhole");
	assert_int_equal(add("70.0.0.0/8 nhid 1 keep_dead"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 2 keep_dead"), 0);
	assert_int_equal(add("0.0.0.0/0 via 10.0.2.9"), 0);
	refused("4 via 10.0.1.7 dev p9", false, "Device attribute required");
	/* As Linux: a lost carrier is enough for what commands made. */
	fake_carrier(P0, false);
	assert_string_equal(ids(), "2 3");
	assert_int_equal(leaf("70.0.0.1"), neigh_of(P2, "10.0.2.9"));
	refused("4 via 10.0.0.9 dev p0", false, "Carrier for nexthop device is down");
	fake_carrier(P0, true);
	assert_string_equal(ids(), "2 3");
	/* The configuration's waits, and returns. */
	fake_carrier(P1, false);
	assert_int_equal(leaf("71.0.0.1"), neigh_of(P2, "10.0.2.9"));
	assert_false(held(P1, "10.0.1.9"));
	fake_carrier(P1, true);
	assert_int_equal(fake_follows(leaf("71.0.0.1")), neigh_of(P1, "10.0.1.9"));
	fake_up(P1, false);
	refused("4 via 10.0.1.7 dev p1", false, "Nexthop device is not up");
	assert_int_equal(leaf("71.0.0.1"), neigh_of(P2, "10.0.2.9"));
	fake_up(P1, true);
	assert_int_equal(fake_follows(leaf("71.0.0.1")), neigh_of(P1, "10.0.1.9"));
	fake_unregister(P1);
	assert_string_equal(ids(), "3");
	assert_int_equal(leaf("71.0.0.1"), neigh_of(P2, "10.0.2.9"));
}

static void
ids_are_chosen_as_linux_does(void **state)
{
	role_enter_ctl();
	obj("2 dev p0");
	obj("0 dev p0");
	obj("0 dev p0");
	assert_string_equal(ids(), "1 2 3");
	assert_int_equal(fib_nhobj_del(1), 0);
	obj("0 dev p0");
	assert_string_equal(ids(), "2 3 4");
}

/* --- groups --- */

static void
members_and_weights(void **state)
{
	uint32_t slot;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("3 via 10.0.2.9 dev p2");
	obj("10 group 1,2/2");
	obj("11 group 2");
	obj("12 group 1/2/3");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 11"), 0);
	assert_int_equal(add("72.0.0.0/8 nhid 12"), 0);
	slot = leaf("70.0.0.1");
	assert_in_range(share("70.0.0.1", 1), 653, 680);
	assert_int_equal(share("71.0.0.1", 2), 1000);
	/* One that fails gets nothing while another does not. */
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_int_equal(share("70.0.0.1", 1), 0);
	assert_in_range(share("72.0.0.1", 2), 490, 510);
	fake_neigh(P1, "10.0.1.9", NUD_FAILED);
	assert_in_range(share("70.0.0.1", 1), 653, 680);
	assert_int_equal(share("72.0.0.1", 3), 1000);
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_int_equal(share("70.0.0.1", 1), 1000);
	fake_neigh(P1, "10.0.1.9", NUD_REACHABLE);
	/* Another gateway: the group does not hear of it. */
	replace("1 via 10.0.0.8 dev p0");
	assert_int_equal(leaf("70.0.0.1"), slot);
	assert_in_range(share("70.0.0.1", 1), 653, 680);
	/* It counts by its new neighbour now. */
	fake_neigh(P0, "10.0.0.9", NUD_FAILED);
	assert_in_range(share("70.0.0.1", 1), 653, 680);
	fake_neigh(P0, "10.0.0.8", NUD_FAILED);
	assert_int_equal(share("70.0.0.1", 1), 0);
	replace("10 group 2,3/3");
	assert_in_range(share("70.0.0.1", 2), 735, 765);
	assert_int_equal(leaf("70.0.0.1"), slot);
	/* A member that goes leaves its groups; the last one takes the group along. */
	assert_int_equal(fib_nhobj_del(2), 0);
	assert_string_equal(ids(), "1 3 10 12");
	assert_int_equal(leaf("71.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(share("70.0.0.1", 3), 1000);
	fake_carrier(P2, false);
	assert_string_equal(ids(), "1 12");
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(share("72.0.0.1", 1), 1000);
}

static void
groups_of_the_configuration_wait(void **state)
{
	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0 keep");
	obj("2 via 10.0.1.9 dev p1 keep");
	obj("10 group 1/2 keep");
	assert_int_equal(add("70.0.0.0/8 nhid 10 keep_dead"), 0);
	fake_carrier(P0, false);
	assert_int_equal(share("70.0.0.1", 2), 1000);
	P0->ip_ptr->cnf.ignore_routes_with_linkdown = 0; /* as if it had a carrier */
	inetdev_linkdown_hook();
	assert_in_range(share("70.0.0.1", 1), 490, 510);
	P0->ip_ptr->cnf.ignore_routes_with_linkdown = 1;
	inetdev_linkdown_hook();
	assert_int_equal(share("70.0.0.1", 2), 1000);
	fake_up(P1, false);
	assert_int_equal(leaf("70.0.0.1"), ADJ_IDX_NO_ROUTE);
	fake_carrier(P0, true);
	assert_int_equal(share("70.0.0.1", 1), 1000);
	fake_up(P1, true);
	assert_in_range(share("70.0.0.1", 1), 490, 510);
}

static void
unresolved_members(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("10 group 1/2");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("71.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.1.9"), 0);
	fake_neigh(P0, "10.0.0.9", NUD_INCOMPLETE);
	assert_in_range(share("70.0.0.1", 1), 490, 510);
	assert_int_equal(sysctl_find("net.ipv4.fib_multipath_use_neigh", &v), 0);
	assert_int_equal(sysctl_set(&v, 1), 0);
	assert_int_equal(share("70.0.0.1", 1), 0);
	assert_int_equal(group_of("71.0.0.1")->group[0], neigh_of(P1, "10.0.1.9"));
	fake_neigh(P0, "10.0.0.9", NUD_REACHABLE);
	assert_in_range(share("70.0.0.1", 1), 490, 510);
	fake_neigh(P0, "10.0.0.9", NUD_INCOMPLETE);
	assert_int_equal(sysctl_set(&v, 0), 0);
	assert_in_range(share("70.0.0.1", 1), 490, 510);
}

static void
black_holes(void **state)
{
	struct fib_result res;

	role_enter_ctl();
	obj("1 blackhole");
	obj("2 via 10.0.0.9 dev p0");
	obj("10 group 1");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("70.0.0.0/16 nhid 1"), 0);
	assert_int_equal(fib_lookup_ctl(ip("70.1.0.1"), 0, 0, &res), -EINVAL);
	assert_int_equal(fib_lookup_ctl(ip("70.0.0.1"), 0, 0, &res), -EINVAL);
	assert_int_equal(res.route.type, FIB_BLACKHOLE);
	/* A gateway behind it is no gateway. */
	assert_int_equal(add("71.0.0.0/8 via 70.0.0.1"), -ENETUNREACH);
	refused("11 group 1/2", false, "Blackhole nexthop can not be used in a group with more");
	obj("11 group 2");
	replace("2 blackhole");
	replace("2 via 10.0.0.9 dev p0");
	obj("3 via 10.0.1.9 dev p1");
	replace("11 group 2/3");
	refused("2 blackhole", true, "Blackhole nexthop can not be a member of a group with more");
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *text;
		bool replace;
		const char *why;
	} no[] = {
		{ "1 via 10.0.0.3 dev p0", false, "File exists" },
		{ "20", false, "Device attribute required" },
		{ "20 via 10.0.0.3", false, "Device attribute required" },
		{ "20 via 10.5.5.5 dev p0", false, "Nexthop has invalid gateway" },
		{ "20 via 10.0.0.3 dev p1", false, "Nexthop has invalid gateway" },
		{ "20 blackhole dev p0", false, "Blackhole attribute can not be used with" },
		{ "20 group 99", false, "Invalid nexthop id" },
		{ "20 group 20", false, "Invalid nexthop id" },
		{ "20 group 1/1", false, "can not be used twice in a group" },
		{ "20 group 1,257", false, "Weight" },
		{ "20 group 10", false, "Hash-threshold group can not be a nexthop within" },
		{ "20 group 12", false, "Resilient group can not be a nexthop within" },
		{ "20 group 1 resilient", false, "Number of buckets not specified" },
		{ "20 group 1 resilient buckets 0", false, "needs to be non-0" },
		{ "1 group 2", true, "Can not replace a nexthop with a nexthop group" },
		{ "10 via 10.0.0.3 dev p0", true,
		  "Can not replace a nexthop group with a nexthop" },
		{ "12 group 1 resilient buckets 64", true, "Can not change number of buckets" },
		{ "12 group 1", true, "one of a different type" },
		{ "10 group 1 resilient buckets 8", true, "one of a different type" },
		{ "1 via 10.5.5.5 dev p0", true, "Nexthop has invalid gateway" },
	};
	uint32_t slot;

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("10 group 1/2");
	obj("12 group 1/2 resilient buckets 8");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	slot = leaf("70.0.0.1");
	for (unsigned int i = 0; i < RTE_DIM(no); i++)
		refused(no[i].text, no[i].replace, no[i].why);
	assert_string_equal(ids(), "1 2 10 12");
	assert_int_equal(leaf("70.0.0.1"), slot);
	assert_in_range(share("70.0.0.1", 1), 490, 510);
	assert_int_equal(fake_follows(fib_nhobj_find(1)->slot), neigh_of(P0, "10.0.0.9"));
	/* Routes by it have a scope that fits. */
	obj("5 via 10.9.9.9 dev p0 onlink");
	{
		struct fib_route_spec r = route("71.0.0.0/8 nhid 5");

		r.scope_set = true;
		r.scope = SCOPE_LINK;
		assert_int_equal(fib_route_add(&r, FIB_ADD, &why), -EINVAL);
		assert_string_equal(why, "Scope mismatch with nexthop");
		r.nhid = 10;
		r.scope = SCOPE_HOST;
		assert_int_equal(fib_route_add(&r, FIB_ADD, &why), -EINVAL);
		assert_string_equal(why, "Route with host scope can not have multiple nexthops");
	}
}

/* --- resilient groups --- */

static struct {
	uint32_t slot[65536];
	unsigned int n;
} before;

static CTL_ONLY void
snap(const char *dst)
{
	const struct adj *a = group_of(dst);

	before.n = a->n_group;
	memcpy(before.slot, a->group, a->n_group * sizeof(a->group[0]));
}

/* Buckets that moved since snap(), and of these the ones that did not belong to @p from. */
static CTL_ONLY unsigned int
moved(const char *dst, uint32_t from_slot, unsigned int *others)
{
	const struct adj *a = group_of(dst);
	unsigned int n = 0;

	assert_int_equal(a->n_group, before.n);
	*others = 0;
	for (unsigned int i = 0; i < a->n_group; i++) {
		n += a->group[i] != before.slot[i];
		*others += a->group[i] != before.slot[i] && before.slot[i] != from_slot;
	}
	return n;
}

static CTL_ONLY void
use_all(const char *dst)
{
	const struct adj *a = group_of(dst);

	for (unsigned int i = 0; i < a->n_group; i++)
		adj_stamp(&a->bucket_used[i]);
}

static void
only_what_must_move_moves(void **state)
{
	uint32_t slot2;
	unsigned int n, others;

	role_enter_ctl();
	adj_now_s = 1000;
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("3 via 10.0.2.9 dev p2");
	obj("10 group 1/2/3 resilient buckets 999 idle 60");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(share("70.0.0.1", 1), 333);
	assert_int_equal(share("70.0.0.1", 2), 333);
	slot2 = fib_nhobj_find(2)->slot;
	use_all("70.0.0.1");
	/* A member fails: its buckets move at once, no other. */
	snap("70.0.0.1");
	fake_neigh(P1, "10.0.1.9", NUD_FAILED);
	n = moved("70.0.0.1", slot2, &others);
	assert_int_equal(n, 333);
	assert_int_equal(others, 0);
	assert_in_range(share("70.0.0.1", 1), 499, 501);
	/* It is back: those that never saw a packet since they moved go home, busy ones stay. */
	use_all("70.0.0.1");
	snap("70.0.0.1");
	fake_neigh(P1, "10.0.1.9", NUD_REACHABLE);
	assert_int_equal(moved("70.0.0.1", 0, &others), 0);
	assert_int_equal(share("70.0.0.1", 2), 0);
	/* Idle ones follow, and only as many as it takes. */
	adj_now_s += 59;
	replace("10 group 1/2/3 resilient");
	assert_int_equal(moved("70.0.0.1", 0, &others), 0);
	adj_now_s += 1;
	replace("10 group 1/2/3 resilient");
	assert_int_equal(moved("70.0.0.1", 0, &others), 333);
	assert_int_equal(share("70.0.0.1", 2), 333);
	/* Another weight: just the difference. */
	snap("70.0.0.1");
	adj_now_s += 100;
	replace("10 group 1,2/2/3 resilient");
	assert_int_equal(share("70.0.0.1", 1), 500);
	assert_in_range(moved("70.0.0.1", 0, &others), 166, 168);
	/* A member less: its buckets and no others, busy or not. */
	replace("10 group 1/2/3 resilient");
	use_all("70.0.0.1");
	snap("70.0.0.1");
	assert_int_equal(fib_nhobj_del(2), 0);
	assert_int_equal(moved("70.0.0.1", slot2, &others), 333);
	assert_int_equal(others, 0);
	assert_int_equal(group_of("70.0.0.1")->n_member, 2);
}

static void
unbalanced_groups_are_forced(void **state)
{
	static struct fib_nhobj_view v;
	struct fib_nhobj_bucket b;
	unsigned int others;

	role_enter_ctl();
	adj_now_s = 1000;
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("10 group 1 resilient buckets 64 idle 60 unbalanced 1");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	use_all("70.0.0.1");
	snap("70.0.0.1");
	replace("10 group 1/2 resilient");
	assert_int_equal(moved("70.0.0.1", 0, &others), 0);
	usleep(20000);
	assert_true(fib_nhobj_get(10, &v));
	assert_in_range(v.unbalanced_ms, 1, 100000);
	assert_int_equal(v.spec.unbalanced_s, 1);
	assert_int_equal(v.spec.idle_s, 60);
	timer_run();
	assert_int_equal(moved("70.0.0.1", 0, &others), 0);
	for (int i = 0; i < 300 && moved("70.0.0.1", 0, &others) == 0; i++) {
		usleep(10000);
		timer_run();
	}
	assert_int_equal(moved("70.0.0.1", 0, &others), 32);
	assert_true(fib_nhobj_get(10, &v));
	assert_int_equal(v.unbalanced_ms, 0);
	assert_int_equal(fib_nhobj_bucket(10, 0, &b), 0);
	assert_int_equal(b.nhid, 2); /* the first ones went */
	assert_int_equal(fib_nhobj_bucket(10, 63, &b), 0);
	assert_int_equal(b.nhid, 1);
	assert_int_equal(fib_nhobj_bucket(10, 64, &b), -ERANGE);
	assert_int_equal(fib_nhobj_bucket(1, 0, &b), -EINVAL);
	assert_int_equal(fib_nhobj_bucket(9, 0, &b), -ENOENT);
}

/* --- hashes --- */

#define FLOWS 65536

static void
set_policy(int policy, int fields)
{
	fib_mpath.fib_multipath_hash_policy = policy;
	fib_mpath.fib_multipath_hash_fields = fields;
	fib_mpath.seed = 0x5eed;
}

/* Flow @p i of many, that differ in what a policy may look at. */
static void
flow(unsigned int i, struct fib_mpath_key *outer, struct fib_mpath_key *inner)
{
	*outer = (struct fib_mpath_key){ .src = rte_cpu_to_be_32(0x0a010000 + i % 256),
					 .dst = rte_cpu_to_be_32(0xc6120000 + i / 256),
					 .sport = (uint16_t)(1024 + i),
					 .dport = 443,
					 .proto = 6 };
	*inner = (struct fib_mpath_key){ .src = rte_cpu_to_be_32(0xac100000 + i),
					 .dst = rte_cpu_to_be_32(0xac110000 + i / 7),
					 .sport = (uint16_t)(5000 + i % 5000),
					 .dport = 53,
					 .proto = 17 };
}

/* Shares within 2 % of the weights over 64 k flows, by every policy and by a resilient group. */
static void
shares_follow_the_weights(void **state)
{
	static const struct {
		int policy, fields;
	} by[] = { { 0, 7 }, { 1, 7 }, { 2, 7 }, { 3, 7 }, { 3, 0x3f }, { 3, 0xfff }, { 3, 0xc0 } };
	static const char *const dsts[] = { "70.0.0.1", "71.0.0.1" };

	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("3 via 10.0.2.9 dev p2");
	obj("10 group 1,2/2,3/3,3");
	obj("11 group 1,2/2,3/3,3 resilient buckets 600");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("71.0.0.0/8 nhid 11"), 0);
	for (unsigned int p = 0; p < RTE_DIM(by) * 2; p++) {
		const struct adj *a = group_of(dsts[p % 2]);
		unsigned int hits[4] = { 0 };

		set_policy(by[p / 2].policy, by[p / 2].fields);
		for (unsigned int i = 0; i < FLOWS; i++) {
			struct fib_mpath_key outer, inner;
			uint32_t b;

			flow(i, &outer, &inner);
			b = a->group[adj_bucket(a->n_group, fib_mpath_hash(&outer, &inner))];
			for (uint32_t id = 1; id <= 3; id++)
				hits[id] += b == fib_nhobj_find(id)->slot;
		}
		for (unsigned int id = 1; id <= 3; id++) {
			double want = FLOWS * (id == 1 ? 2 : 3) / 8.0;

			if (hits[id] < want * 0.98 || hits[id] > want * 1.02)
				fail_msg("policy %d fields %x: %u of %.0f", by[p / 2].policy,
					 (unsigned int)by[p / 2].fields, hits[id], want);
		}
	}
}

/* What counts for a policy changes the hash, what does not leaves it; both directions are one. */
static void
policies_look_at_their_fields(void **state)
{
	static const struct {
		int policy, fields;
		const char *counts; /* s d p S D of the outer, the same behind '/' of the inner */
	} by[] = {
		{ 0, 7, "sd" },	    { 1, 7, "sdpSD" },
		{ 2, 7, "/sd" },    { 3, 1, "s" },
		{ 3, 2, "d" },	    { 3, 4, "p" },
		{ 3, 0x10, "S" },   { 3, 0x20, "D" },
		{ 3, 0x40, "/s" },  { 3, 0x80, "/d" },
		{ 3, 0x100, "/p" }, { 3, 0x400, "/S" },
		{ 3, 0x800, "/D" }, { 3, 0xdf7, "sdpSD/sdpSD" },
	};

	role_enter_ctl();
	for (unsigned int p = 0; p < RTE_DIM(by); p++)
		for (unsigned int what = 0; what < 10; what++) {
			struct fib_mpath_key k[2], was[2], *one = &k[what / 5];
			const char *inner = strchr(by[p].counts, '/'),
				   *at = strchr(what < 5	? by[p].counts
						: inner != NULL ? inner
								: "",
						"sdpSD"[what % 5]);
			bool counts = at != NULL && (what >= 5 || inner == NULL || at < inner);
			uint32_t h;

			set_policy(by[p].policy, by[p].fields);
			flow(4711, &k[0], &k[1]);
			h = fib_mpath_hash(&k[0], &k[1]);
			memcpy(was, k, sizeof(k));
			one->src += what % 5 == 0 ? rte_cpu_to_be_32(9) : 0;
			one->dst += what % 5 == 1 ? rte_cpu_to_be_32(9) : 0;
			one->proto += what % 5 == 2;
			one->sport += what % 5 == 3;
			one->dport += what % 5 == 4;
			if ((fib_mpath_hash(&k[0], &k[1]) != h) != counts)
				fail_msg("policy %d fields %x, field %u", by[p].policy,
					 (unsigned int)by[p].fields, what);
			fib_mpath.seed++;
			assert_int_not_equal(fib_mpath_hash(&was[0], &was[1]), h);
		}
	for (int policy = 0; policy < 2; policy++) {
		struct fib_mpath_key k, in, back;

		set_policy(policy, 7);
		flow(99, &k, &in);
		back = (struct fib_mpath_key){ .src = k.dst,
					       .dst = k.src,
					       .sport = k.dport,
					       .dport = k.sport,
					       .proto = k.proto };
		assert_int_equal(fib_mpath_hash(&k, NULL), fib_mpath_hash(&back, NULL));
	}
}

/* `ip route get` names the next hop that workers take. */
static void
control_thread_agrees(void **state)
{
	role_enter_ctl();
	obj("1 via 10.0.0.9 dev p0");
	obj("2 via 10.0.1.9 dev p1");
	obj("10 group 1/2,3");
	assert_int_equal(add("70.0.0.0/8 nhid 10"), 0);
	assert_int_equal(add("71.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.1.9 weight 3"), 0);
	for (unsigned int i = 0; i < 2000; i++) {
		struct fib_query q = { .dst = rte_cpu_to_be_32((70 + i % 2) << 24 | i),
				       .src = ip("10.0.2.7"),
				       .sport = (uint16_t)i,
				       .dport = 80,
				       .proto = 6 };
		struct fib_mpath_key k = { .src = q.src,
					   .dst = q.dst,
					   .sport = q.sport,
					   .dport = q.dport,
					   .proto = q.proto };
		const struct adj *a = group_of(i % 2 == 0 ? "70.0.0.1" : "71.0.0.1");
		struct fib_result res;

		set_policy(i / 2 % 2, 7);
		assert_int_equal(fib_lookup_query(&q, &res), 0);
		assert_int_equal(res.adj_idx,
				 a->group[adj_bucket(a->n_group, fib_mpath_hash(&k, NULL))]);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(gateway_changes_below_the_routes),
		T(on_link_objects),
		T(devices_take_their_objects),
		T(ids_are_chosen_as_linux_does),
		T(members_and_weights),
		T(groups_of_the_configuration_wait),
		T(unresolved_members),
		T(black_holes),
		T(what_is_refused),
		T(only_what_must_move_moves),
		T(unbalanced_groups_are_forced),
		T(shares_follow_the_weights),
		T(policies_look_at_their_fields),
		T(control_thread_agrees),
	};

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/nexthop", tests, NULL, NULL);
}
