/* SPDX-License-Identifier: BSD-3-Clause */
/* The route cache: when it is asked, what it holds, what it must not. */
#include "cache_burst.h"
#include "fib/fib_nexthop.h"
#include "fib/fib_rule.h"

/* Packets of flow @p p go @p lane_too; what the cache says of them: hits. */
static uint64_t
hits_of(struct pkt p, unsigned int n, bool fast)
{
	uint64_t before = route_count(ROUTE_in_hit);

	for (unsigned int i = 0; i < n; i++)
		rx_pkt(&p, fast);
	return route_count(ROUTE_in_hit) - before;
}

static CTL_ONLY void
some_rule(bool add)
{
	struct fib_rule r = { .priority = 77,
			      .src = IP(172, 16, 0, 0),
			      .src_plen = 12,
			      .action = FIB_RULE_TABLE,
			      .table = 100,
			      .suppress = -1 };

	assert_int_equal(add ? fib_rule_add(&r) : fib_rule_del(&r, FIB_RULE_HAS_PRIORITY), 0);
}

static void
test_when_it_is_asked(void **state)
{
	(void)state;
	role_enter_ctl();
	for (int fast = 0; fast < 2; fast++) {
		/* By itself: with rules, in the fast lane for rp_filter's sake. */
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), 0);
		some_rule(true);
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), fast ? 0 : 4);
		set("net.ipv4.conf.p0.rp_filter", 1);
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), 4);
		some_rule(false);
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), 0);
		set("net.ipv4.conf.p0.rp_filter", 0);
		assert_null(cache());
		set("net.ipv4.route_cache", 2);
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), 4);
		set("net.ipv4.route_cache", 0);
		some_rule(true);
		assert_int_equal(hits_of((struct pkt){ 0 }, 5, fast), 0);
		some_rule(false);
		set("net.ipv4.route_cache", 1);
	}
	/* What one lane has learned the other knows. */
	set("net.ipv4.route_cache", 2);
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, true), 0);
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, false), 1);
	n_frames = 0;
	/* Ports count while somebody looks at them. */
	rx_pkt(&(struct pkt){ .data = (const uint8_t[26]){ 1, 1 } }, true);
	assert_int_equal(hits_of((struct pkt){ .data = (const uint8_t[26]){ 2, 2 } }, 1, true), 1);
	set("net.ipv4.fib_multipath_hash_policy", 1);
	rx_pkt(&(struct pkt){ .data = (const uint8_t[26]){ 1, 1 } }, true);
	assert_int_equal(hits_of((struct pkt){ .data = (const uint8_t[26]){ 2, 2 } }, 1, true), 0);
	assert_int_equal(hits_of((struct pkt){ .data = (const uint8_t[26]){ 2, 2 } }, 1, true), 1);
}

static unsigned int
believed(void)
{
	unsigned int n = 0;

	for (uint64_t s = 0; s < UINT64_C(1) << (64 - cache()->shift); s++)
		for (unsigned int k = 0; k < IP4_CACHE_WAYS; k++)
			n += cache()->set[s].way[k].genid == (uint32_t)fib_genid_read();
	return n;
}

static void
test_bounded(void **state)
{
	struct ip4_cache_fill fill;

	(void)state;
	set("net.ipv4.route_cache", 2);
	set("net.ipv4.route.max_size", 1500); /* rounded up */
	role_enter_ctl();
	assert_int_equal(ip4_cache_fill().max, 2048);
	assert_int_equal(ip4_cache_fill().entries, 0);
	for (unsigned int i = 0; i < 4000; i++) {
		rx_pkt(&(struct pkt){ .src = IP(10, 9, i >> 8, i & 255) }, i % 2);
		n_frames = 0;
	}
	fill = ip4_cache_fill();
	assert_int_equal(fill.entries, believed());
	assert_in_range(fill.entries, 1500, 2048);
	assert_int_equal(route_count(ROUTE_in_evicted), 4000 - fill.entries);
	/* All of it is void at once, and its room is free. */
	fib_genid_bump();
	assert_int_equal(ip4_cache_fill().entries, 0);
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(ip4_cache_fill().entries, 1);
	assert_int_equal(route_count(ROUTE_in_evicted), 4000 - fill.entries);
	set("net.ipv4.route_cache", 0);
	assert_int_equal(ip4_cache_fill().max, 0);
	n_frames = 0;
}

/* More flows than there is room for: it is left alone for a while, and tried again. */
static void
test_rests(void **state)
{
	uint64_t asked_about;

	(void)state;
	role_enter_ctl();
	some_rule(true);
	set("net.ipv4.route.max_size", 1024);
	for (int again = 0; again < 2; again++) {
		uint64_t before = route_count(ROUTE_in_miss);

		assert_int_equal(cache()->rest, 0);
		for (unsigned int i = 0; i < 2 * IP4_CACHE_WINDOW; i++) {
			/* other flows than the last time, of which some may have been kept */
			rx_pkt(&(struct pkt){ .src = IP(10, 9, again << 6 | i >> 8, i & 255) },
			       false);
			n_frames = 0;
		}
		asked_about = route_count(ROUTE_in_miss) - before;
		assert_int_equal(asked_about, IP4_CACHE_WINDOW);
		assert_int_equal(cache()->rest, IP4_CACHE_REST - IP4_CACHE_WINDOW);
		cache()->rest = 0;
	}
	/* Few flows, however many packets, are no reason. */
	for (unsigned int i = 0; i < 4 * IP4_CACHE_WINDOW; i++) {
		rx_pkt(&(struct pkt){ .src = IP(10, 9, 0, i & 255) }, false);
		n_frames = 0;
	}
	assert_int_equal(cache()->rest, 0);
	/* Nor is anything when it is to be asked always. */
	set("net.ipv4.route_cache", 2);
	for (unsigned int i = 0; i < 2 * IP4_CACHE_WINDOW; i++) {
		rx_pkt(&(struct pkt){ .src = IP(10, 9, i >> 8, i & 255) }, false);
		n_frames = 0;
	}
	assert_int_equal(cache()->rest, 0);
}

/* An entry holds half of a generation. */
static void
test_generations_do_not_return(void **state)
{
	(void)state;
	set("net.ipv4.route_cache", 2);
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, true), 1);
	fib_genid.now += UINT64_C(1) << 32;
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, true), 0);
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, true), 1);
	n_frames = 0;
}

/* A neighbour that is learned, or changes, makes nobody forget; packets see it all the same. */
static void
test_neighbours_are_followed(void **state)
{
	static const struct rte_ether_addr other = { { 2, 0, 0, 0, 0x77, 1 } };
	struct pkt near = { .dst = IP(198, 51, 100, 77) };
	uint64_t genid;

	(void)state;
	role_enter_ctl();
	set("net.ipv4.route_cache", 2);
	rx_pkt(&(struct pkt){ 0 }, true);
	genid = fib_genid_read();
	neigh_admin_set(PEER1, p1, &other, NUD_PERMANENT);
	n_frames = 0;
	assert_int_equal(hits_of((struct pkt){ 0 }, 1, true), 1);
	assert_int_equal(n_frames, 1);
	assert_memory_equal(frames[0].bytes, &other, 6);
	/* One that nobody has resolved is not to be remembered: it gets a slot of its own. */
	assert_int_equal(hits_of(near, 2, true), 0);
	neigh_admin_set(near.dst, p1, &other, NUD_REACHABLE);
	settle();
	assert_int_equal(fib_genid_read(), genid);
	n_frames = 0;
	assert_int_equal(hits_of(near, 2, true), 1);
	assert_int_equal(n_frames, 2);
	/* It takes its slot with it. */
	assert_int_equal(neigh_admin_del(near.dst, p1), 0);
	assert_true(fib_genid_read() != genid);
	assert_int_equal(hits_of(near, 2, true), 0);
	settle();
	n_frames = 0;
}

/* What is refused is not remembered, nor what is for groups and for all. */
static void
test_refusals_are_not_remembered(void **state)
{
	static const rte_be32_t not_good[] = { IP(10, 66, 1, 1), IP(10, 67, 1, 1),
					       IP(10, 68, 1, 1), IP(8, 8, 8, 8),
					       IP(224, 0, 0, 5), IP(192, 0, 2, 255),
					       IP(127, 0, 0, 1) };

	(void)state;
	set("net.ipv4.route_cache", 2);
	for (unsigned int i = 0; i < RTE_DIM(not_good); i++)
		for (int fast = 0; fast < 2; fast++)
			assert_int_equal(hits_of((struct pkt){ .dst = not_good[i] }, 3, fast), 0);
	set("net.ipv4.conf.p0.rp_filter", 1);
	for (int fast = 0; fast < 2; fast++) {
		assert_int_equal(hits_of((struct pkt){ .src = FAR, .dst = PEER1 }, 3, fast), 0);
		assert_int_equal(drops(DROP_IP4_RP_FILTER), 3 * (fast + 1));
	}
	/* Ourselves, and good sources. */
	assert_int_equal(hits_of((struct pkt){ .dst = OUR1 }, 3, false), 2);
	assert_int_equal(hits_of((struct pkt){ .dst = PEER1 }, 3, true), 2);
	settle();
	n_frames = 0;
}

static CTL_ONLY void
object(uint32_t id, rte_be32_t gw, unsigned int members)
{
	static struct fib_nhobj_spec s;
	const char *why;

	memset(&s, 0, sizeof(s));
	s.id = id;
	s.n_member = members;
	s.resilient = s.buckets_set = members > 0;
	s.buckets = 8;
	s.way = (struct fib_nexthop_spec){ .gateway = gw, .dev = members > 0 ? NULL : p1 };
	for (unsigned int i = 0; i < members; i++) {
		s.member[i].id = i + 1;
		s.member[i].weight = 1;
	}
	assert_int_equal(fib_nhobj_add(&s, true, &why), 0);
}

/* Packet by packet, flows inside of flows, and buckets that want to know of each packet. */
static void
test_several_next_hops(void **state)
{
	static const struct rte_ether_addr peer8 = { { 2, 0, 0, 0, 0x99, 8 } };
	static struct fib_route_spec r;
	struct pkt p = { .dst = IP(172, 20, 0, 1) };
	unsigned int by_peer8 = 0;
	const struct adj *group;
	const char *why;

	(void)state;
	role_enter_ctl();
	neigh_admin_set(IP(198, 51, 100, 8), p1, &peer8, NUD_PERMANENT);
	set("net.ipv4.route_cache", 2);
	memset(&r, 0, sizeof(r));
	r.table = RT_TABLE_MAIN;
	r.dst = IP(172, 20, 0, 0);
	r.plen = 16;
	r.n_nh = 2;
	r.nh[0] = (struct fib_nexthop_spec){ .gateway = PEER1, .weight = 1 };
	r.nh[1] = (struct fib_nexthop_spec){ .gateway = IP(198, 51, 100, 8), .weight = 1 };
	assert_int_equal(fib_route_add(&r, FIB_ADD, &why), 0);
	for (int fast = 0; fast < 2; fast++)
		assert_int_equal(hits_of(p, 4, fast), fast == 0 ? 3 : 4);
	p.proto = IPPROTO_ICMP; /* may quote another flow, whose way it goes */
	assert_int_equal(hits_of(p, 4, true), 0);
	p.proto = IPPROTO_IPIP;
	assert_int_equal(hits_of(p, 4, true), 3);
	set("net.ipv4.fib_multipath_hash_policy", 2); /* by what is inside */
	assert_int_equal(hits_of(p, 4, true), 0);
	p.proto = IPPROTO_UDP;
	assert_int_equal(hits_of(p, 4, true), 3);
	set("net.ipv4.fib_multipath_hash_policy", 4); /* in turn */
	n_frames = 0;
	assert_int_equal(hits_of(p, 8, true), 0);
	assert_int_equal(n_frames, 8);
	for (unsigned int i = 0; i < 8; i++)
		by_peer8 += memcmp(frames[i].bytes, &peer8, 6) == 0;
	assert_in_range(by_peer8, 3, 5);
	set("net.ipv4.fib_multipath_hash_policy", 0);
	/* A resilient group. */
	object(1, PEER1, 0);
	object(2, IP(198, 51, 100, 8), 0);
	object(10, 0, 2);
	r.n_nh = 0;
	r.nhid = 10;
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, &why), 0);
	group = adj_get(fib_lookup(&fib_main_dp, rte_be_to_cpu_32(p.dst)));
	assert_int_equal(group->type, ADJ_GROUP);
	assert_non_null(group->bucket_used);
	rx_pkt(&p, true);
	for (int fast = 0; fast < 2; fast++) {
		bool stamped = false;

		memset(group->bucket_used, 0, group->n_group * sizeof(uint32_t));
		assert_int_equal(hits_of(p, 1, fast), 1);
		for (unsigned int b = 0; b < group->n_group; b++)
			stamped |= group->bucket_used[b] != 0;
		assert_true(stamped);
	}
	n_frames = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_when_it_is_asked),
		TEST(test_bounded),
		TEST(test_rests),
		TEST(test_generations_do_not_return),
		TEST(test_neighbours_are_followed),
		TEST(test_refusals_are_not_remembered),
		TEST(test_several_next_hops),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests_name("ip4/cache", tests, NULL, NULL);
}
