/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route cache never gives a stale answer: random changes of all that a decision is made of, in
 * the middle of which workers run, too. After each, bursts of random flows are judged with the
 * cache and without, and both must lead to the very same adjacency. CACHE_STEPS is how many
 * changes; TEST_SEED gives another walk.
 */
#include "cache_burst.h"
#include <stdio.h>
#include "fib/fib_nexthop.h"
#include "fib/fib_priv.h"
#include "fib/fib_rule.h"
#include "ip4/ip4_hook.h"
#include "seed.h"

#define STEPS	200000
#define FLOWS	3000
#define PLACES	24 /* prefixes that routes are for */
#define TABLES	4
#define OBJECTS 12
#define RULES	10

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % n;
}

/* --- what may change --- */

static const struct {
	rte_be32_t net;
	uint8_t plen;
} places[PLACES] = {
	{ IP(0, 0, 0, 0), 0 },	     { IP(10, 0, 0, 0), 8 },	  { IP(10, 1, 0, 0), 17 },
	{ IP(10, 64, 0, 0), 10 },    { IP(10, 65, 0, 0), 16 },	  { IP(10, 65, 1, 0), 24 },
	{ IP(10, 65, 1, 128), 25 },  { IP(10, 65, 1, 129), 32 },  { IP(203, 0, 113, 0), 24 },
	{ IP(203, 0, 113, 64), 26 }, { IP(203, 0, 113, 65), 32 }, { IP(203, 0, 112, 0), 23 },
	{ IP(20, 0, 0, 0), 8 },	     { IP(20, 1, 0, 0), 16 },	  { IP(20, 1, 1, 0), 24 },
	{ IP(192, 0, 2, 128), 25 },  { IP(198, 51, 100, 0), 25 }, { IP(198, 51, 100, 20), 32 },
	{ IP(192, 0, 2, 20), 32 },   { IP(10, 1, 0, 20), 32 },	  { IP(10, 66, 0, 0), 16 },
	{ IP(172, 16, 0, 0), 12 },   { IP(172, 16, 1, 0), 24 },	  { IP(172, 16, 1, 7), 32 },
};
static const uint32_t tables[TABLES] = { RT_TABLE_MAIN, RT_TABLE_DEFAULT, 100, 101 };
static const rte_be32_t hosts[] = { IP(192, 0, 2, 9),	  IP(192, 0, 2, 20), IP(198, 51, 100, 9),
				    IP(198, 51, 100, 20), IP(10, 1, 0, 9),   IP(10, 1, 0, 20) };

static struct net_device *
any_dev(void)
{
	struct net_device *const dev[] = { p0, p1, p2 };

	return dev[rnd(3)];
}

static struct net_device *
dev_of_host(unsigned int h)
{
	return h < 2 ? p0 : h < 4 ? p1 : p2;
}

/* Of a route or rule: mostly none. */
static uint32_t
any_realms(void)
{
	return rnd(3) == 0 ? rnd(3) << 16 | rnd(3) : 0;
}

static CTL_ONLY bool
change_route(void)
{
	static const uint8_t types[] = { FIB_BLACKHOLE, FIB_UNREACHABLE, FIB_THROW };
	static struct fib_route_spec r;
	unsigned int p = rnd(6) ? rnd(PLACES) : 0;
	const char *why;

	memset(&r, 0, sizeof(r));
	r.dst = places[p].net;
	r.plen = places[p].plen;
	/* A whole prefix of ours makes every source one for the general lane. */
	r.table = r.plen == 32 && rnd(10) == 0 ? RT_TABLE_LOCAL : tables[rnd(TABLES)];
	r.tos = rnd(8) ? 0 : 0x10;
	r.metric = rnd(2);
	if (rnd(3) == 0) {
		r.metric_set = r.tos_set = true;
		return fib_route_del(&r) == 0;
	}
	r.type = r.table == RT_TABLE_LOCAL ? FIB_LOCAL
		 : rnd(6)		   ? FIB_UNICAST
					   : types[rnd(RTE_DIM(types))];
	if (r.type == FIB_UNICAST && rnd(4) == 0) {
		r.nhid = 1 + rnd(OBJECTS);
	} else if (r.type == FIB_UNICAST) {
		r.n_nh = rnd(4) ? 1 : 2 + rnd(2);
		for (unsigned int i = 0; i < r.n_nh; i++)
			r.nh[i] = (struct fib_nexthop_spec){ .gateway = hosts[rnd(6)],
							     .tclassid = any_realms(),
							     .weight = (uint16_t)(1 + rnd(3)) };
		if (rnd(10) == 0)
			r.nh[0] = (struct fib_nexthop_spec){ .dev = any_dev(), .weight = 1 };
	} else if (r.type == FIB_LOCAL) {
		r.n_nh = 1;
		r.nh[0].dev = p0;
	}
	return fib_route_add(&r, rnd(4) ? FIB_REPLACE : FIB_APPEND, &why) == 0;
}

static CTL_ONLY bool
change_rule(void)
{
	static const char *const devs[] = { "p0", "p1", "p2" };
	static unsigned int n;
	unsigned int p = rnd(PLACES), q = rnd(PLACES);
	struct fib_rule r = { .priority = 1 + rnd(300),
			      .action = FIB_RULE_TABLE,
			      .table = tables[rnd(TABLES)],
			      .tclassid = any_realms(),
			      .suppress = rnd(6) ? -1 : (int32_t)rnd(16) };

	if (rnd(64) == 0 || n >= RULES) { /* back to those of the start: without rules */
		n = 0;
		fib_rule_flush(&r, 0);
		for (unsigned int i = 0; i < 2; i++)
			fib_rule_add(&(struct fib_rule){ .priority = 32766 + i,
							 .action = FIB_RULE_TABLE,
							 .table = RT_TABLE_MAIN - i,
							 .suppress = -1 });
		return true;
	}
	if (rnd(2)) {
		r.src = places[p].net;
		r.src_plen = places[p].plen;
	}
	if (rnd(2)) {
		r.dst = places[q].net;
		r.dst_plen = places[q].plen;
	}
	r.tos = rnd(6) ? 0 : 0x10;
	r.ipproto = rnd(6) ? 0 : IPPROTO_UDP;
	r.invert = rnd(12) == 0;
	if (rnd(5) == 0)
		r.dport[0] = r.dport[1] = 53;
	if (rnd(3) == 0)
		strcpy(r.iif, devs[rnd(3)]);
	if (rnd(10) == 0) {
		r.action = FIB_RULE_UNREACHABLE;
		r.table = 0;
		r.suppress = -1;
	}
	if (fib_rule_add(&r) != 0)
		return false;
	n++;
	return true;
}

static CTL_ONLY bool
change_object(void)
{
	static struct fib_nhobj_spec s;
	const char *why;

	memset(&s, 0, sizeof(s));
	s.id = 1 + rnd(OBJECTS);
	if (rnd(5) == 0)
		return fib_nhobj_del(s.id) == 0;
	if (s.id > OBJECTS / 2) {
		s.n_member = 1 + rnd(3);
		for (unsigned int i = 0; i < s.n_member; i++) {
			s.member[i].id = 1 + (s.id + i) % (OBJECTS / 2);
			s.member[i].weight = (uint16_t)(1 + rnd(4));
		}
		s.resilient = s.id > OBJECTS - 2;
		s.buckets = 8;
		s.buckets_set = s.resilient;
	} else if (rnd(8) == 0) {
		s.blackhole = true;
	} else {
		unsigned int h = rnd(6);

		s.way = (struct fib_nexthop_spec){ .gateway = rnd(8) ? hosts[h] : 0,
						   .dev = dev_of_host(h) };
	}
	return fib_nhobj_add(&s, true, &why) == 0;
}

static CTL_ONLY bool
change_neighbour(void)
{
	unsigned int h = rnd(6);
	struct rte_ether_addr mac = { { 2, 0, 0, 1, 0, (uint8_t)rnd(200) } };

	if (rnd(4) == 0)
		return neigh_admin_del(hosts[h], dev_of_host(h)) == 0;
	neigh_admin_set(
		hosts[h], dev_of_host(h), &mac,
		(enum nud_state[]){ NUD_PERMANENT, NUD_REACHABLE, NUD_STALE, NUD_FAILED }[rnd(4)]);
	return true;
}

static CTL_ONLY bool
change_address(void)
{
	static const rte_be32_t some[] = { IP(20, 9, 9, 1), IP(172, 16, 1, 7), IP(10, 65, 1, 129),
					   IP(192, 0, 2, 20) };
	struct inet_addr_spec spec = { .local = some[rnd(4)],
				       .prefixlen = (uint8_t)(rnd(2) ? 32 : 24) };
	struct net_device *dev = any_dev();

	return (rnd(2) ? inet_addr_add(dev, &spec)
		       : inet_addr_del(dev, spec.local, spec.prefixlen)) == 0;
}

static CTL_ONLY bool
change_device(void)
{
	struct net_device *dev = any_dev();

	if (!netif_running(dev))
		assert_int_equal(dev_open(dev), 0);
	else if (!netif_carrier_ok(dev))
		netif_carrier_set(dev, true);
	else if (rnd(3))
		netif_carrier_set(dev, false);
	else
		dev_close(dev);
	return true;
}

static CTL_ONLY bool
change_tunable(void)
{
	static const struct {
		const char *name;
		unsigned int max;
	} some[] = {
		{ "net.ipv4.conf.p0.rp_filter", 2 },
		{ "net.ipv4.conf.p1.rp_filter", 2 },
		{ "net.ipv4.conf.all.rp_filter", 1 },
		{ "net.ipv4.conf.p0.accept_local", 1 },
		{ "net.ipv4.fib_multipath_hash_policy", 5 },
		{ "net.ipv4.fib_multipath_hash_seed", 9 },
		{ "net.ipv4.fib_multipath_hash_fields", 0x36 },
		{ "net.ipv4.fib_multipath_use_neigh", 1 },
		{ "net.ipv4.conf.p1.ignore_routes_with_linkdown", 1 },
	};
	unsigned int i = rnd(RTE_DIM(some));
	struct sysctl_var v = tunable(some[i].name);

	role_enter_ctl();
	return sysctl_set(&v, (int)RTE_MAX(rnd(some[i].max + 1), (uint32_t)v.t->min)) == 0;
}

static struct {
	const char *name;
	unsigned int share; /* of a thousand */
	bool (*fn)(void);   /* has anything been done? */
	unsigned int done;
} changes[] = {
	{ "routes", 480, change_route, 0 },	{ "rules", 20, change_rule, 0 },
	{ "next hops", 140, change_object, 0 }, { "neighbours", 300, change_neighbour, 0 },
	{ "addresses", 8, change_address, 0 },	{ "devices", 12, change_device, 0 },
	{ "tunables", 40, change_tunable, 0 },
};

static CTL_ONLY void
change_anything(void)
{
	unsigned int i = 0, pick = rnd(1000);

	for (; pick >= changes[i].share; i++)
		pick -= changes[i].share;
	changes[i].done += changes[i].fn();
	/* No worker holds anything between two bursts: what was retired is reused at once. */
	if (rnd(4) == 0)
		rcu_poll();
}

/* --- flows --- */

static struct flow flows[FLOWS];

static rte_be32_t
any_addr(void)
{
	unsigned int p = rnd(PLACES);
	rte_be32_t tail = rte_cpu_to_be_32(rnd(4) << 16 | (rnd(2) ? rnd(8) : 128 + rnd(8)));

	if (rnd(6) == 0)
		return hosts[rnd(6)];
	return places[p].net | (tail & ~rte_cpu_to_be_32(fib_mask(places[p].plen)));
}

static void
make_flows(void)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP,
					  IPPROTO_IPIP };

	for (unsigned int i = 0; i < FLOWS; i++) {
		struct flow *f = &flows[i];

		do {
			f->ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
						       .total_length = RTE_BE16(sizeof(*f)),
						       .type_of_service = rnd(4) ? 0 : 0x10,
						       .next_proto_id = protos[rnd(5)],
						       .src_addr = any_addr(),
						       .dst_addr = any_addr() };
		} while (!ip4_is_host_class(rte_be_to_cpu_32(f->ip.src_addr)));
		f->ip.fragment_offset = rnd(8) ? 0 : RTE_BE16(IP4_MF);
		f->port[0] = rte_cpu_to_be_16((uint16_t)(1 + rnd(3)));
		f->port[1] = rnd(2) ? RTE_BE16(53) : RTE_BE16(80);
	}
}

/* Where packet @p i of the burst goes in the end. */
static const struct adj *
end_of(struct worker *w, const struct fast *f, uint32_t i) DP_ONLY
{
	const struct adj *a = adj_get(f->idx[i]);

	return adj_resolve_group(
		a, ip4_flow_hash(w, (const struct rte_ipv4_hdr *)f->l3[i], f->len[i]));
}

/* The flows that are asked about, and where they come in. */
static struct {
	struct net_device *dev;
	uint32_t n, flow[FAST_BURST];
} asked;

static void
ask_others(void)
{
	asked.dev = any_dev();
	asked.n = 1 + rnd(FAST_BURST);
	for (uint32_t i = 0; i < asked.n; i++)
		asked.flow[i] = rnd(FLOWS);
}

/* They come as a burst in the fast lane. @return false: that takes none from this device. */
static bool
judge(struct fast *f, struct ip4_cache *c, uint32_t *at) DP_ONLY
{
	f->n = 0;
	if (!burst_by(f, asked.dev, c))
		return false;
	for (uint32_t i = 0; i < asked.n; i++) {
		struct flow *flow = &flows[asked.flow[i]];

		if (ip4_maybe_own(f->own, flow->ip.src_addr)) /* left by classify() */
			continue;
		at[f->n] = asked.flow[i];
		put(f, flow);
	}
	ip4_fast_way(dp(), f);
	return true;
}

/* A worker may run at any moment of a change, and see half of it: here one does at each bump. What
 * it decides of that must not last either. Linked in the place of fib_genid_bump(). */
static bool between;
void __real_fib_genid_bump(void);
void __wrap_fib_genid_bump(void);
void
__wrap_fib_genid_bump(void)
{
	static uint32_t at[FAST_BURST];
	static struct fast f;

	__real_fib_genid_bump();
	if (!between)
		return;
	role_borrow_dp();
	judge(&f, cache(), at);
}

static uint64_t told; /* packets with realms */

/* A burst with the cache and without. */
static void
compare(unsigned int step)
{
	static struct fast f, g;
	uint32_t at[FAST_BURST], turn;
	struct worker *w = dp();

	role_enter_dp();
	if (!judge(&f, cache(), at) || !judge(&g, NULL, at))
		return;
	for (uint32_t i = 0; i < f.n; i++) {
		const struct adj *a, *b;

		turn = w->turn;
		w->rand = 1;
		a = end_of(w, &f, i);
		w->turn = turn; /* one that goes by packet asks both the same */
		w->rand = 1;
		b = end_of(w, &g, i);
		if (a != b)
			fail_msg("step %u: flow %u by %s: adjacency %u (type %u) from the cache, "
				 "%u (type %u) without",
				 step, at[i], asked.dev->name, f.idx[i], a->type, g.idx[i],
				 b->type);
		if (f.realms && f.idx[i] != ADJ_IDX_NO_ROUTE && f.realm[i] != g.realm[i])
			fail_msg("step %u: flow %u by %s: realms %x from the cache, %x without",
				 step, at[i], asked.dev->name, f.realm[i], g.realm[i]);
		told += f.realms && f.realm[i] != 0;
	}
}

static void
start_walk(void)
{
	seed = test_seed();
	make_flows();
	set("net.ipv4.route_cache", 2);
	ask_others();
}

static void
test_million_changes(void **state)
{
	const char *given = getenv("CACHE_STEPS");
	unsigned int steps = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : STEPS;

	(void)state;
	start_walk();
	for (unsigned int i = 0; i < steps; i++) {
		role_enter_ctl();
		between = rnd(2);
		change_anything();
		between = false;
		compare(i);
		if (rnd(8) == 0) {
			ask_others();
			compare(i);
		}
	}
	print_message("hits %llu, misses %llu, stale %llu, evicted %llu\n",
		      (unsigned long long)route_count(ROUTE_in_hit),
		      (unsigned long long)route_count(ROUTE_in_miss),
		      (unsigned long long)route_count(ROUTE_in_stale),
		      (unsigned long long)route_count(ROUTE_in_evicted));
	for (unsigned int i = 0; i < RTE_DIM(changes); i++) {
		print_message("%s: %u\n", changes[i].name, changes[i].done);
		assert_true(changes[i].done > steps / 1000 * changes[i].share / 5);
	}
	/* Not vacuous: what was known was asked for, before and after changes that matter. */
	assert_true(route_count(ROUTE_in_hit) > steps);
	assert_true(route_count(ROUTE_in_stale) > steps);
	print_message("realms: %llu\n", (unsigned long long)told);
	assert_true(told > steps);
	for (unsigned int i = 0; i < 3; i++) /* or the balance waits for them */
		netif_carrier_set((struct net_device *[]){ p0, p1, p2 }[i], true);
}

/* --- the general lane: marks, ourselves, refusals --- */

static struct outcome {
	const struct adj *dst; /* NULL: refused, */
	unsigned int why;      /* for this reason */
	enum ip4_hook_point at;
} outcome;
static uint32_t mark_next; /* what the next packet is marked with */

static void
mark_it(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	for (uint16_t i = 0; i < vec->n; i++)
		vec->v[i]->mark = mark_next;
}

static void
take_it(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	role_enter_dp();
	outcome = (struct outcome){ .dst = vec->v[0]->dst, .at = at };
	kfree_vec_reason(w, vec, DROP_NETDEV_GONE);
	vec->n = 0;
}

static struct ip4_hook marker = { .fn = mark_it, .at = IP4_HOOK_PREROUTING };
static struct ip4_hook takers[] = { { .fn = take_it, .at = IP4_HOOK_FORWARD },
				    { .fn = take_it, .at = IP4_HOOK_INPUT } };

static void
hooks(bool on)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < 2; i++)
		if (on)
			assert_int_equal(ip4_hook_register(&takers[i]), 0);
		else
			ip4_hook_unregister(&takers[i]);
	if (on)
		assert_int_equal(ip4_hook_register(&marker), 0);
	else
		ip4_hook_unregister(&marker);
}

static struct outcome
send_one(const struct flow *flow, struct net_device *dev, struct ip4_cache *c)
{
	uint64_t before[DROP_MAX];
	uint8_t frame[14 + sizeof(*flow)];

	role_enter_ctl();
	memcpy(before, dp()->counters + drop_counters.base, sizeof(before));
	netdev_addr(dev, (struct rte_ether_addr *)frame);
	memcpy(frame + 6, &peer0, 6);
	frame[12] = 8;
	frame[13] = 0;
	memcpy(frame + 14, flow, sizeof(*flow));
	pkt_fix(frame);
	memset(&outcome, 0, sizeof(outcome));
	ip4_caches[1] = c;
	rx_frame(dev, frame, sizeof(frame), false);
	for (unsigned int r = 0; r < DROP_MAX && outcome.dst == NULL; r++)
		if (dp()->counters[drop_counters.base + r] != before[r])
			outcome.why = r;
	n_frames = 0;
	return outcome;
}

static void
test_general_lane(void **state)
{
	struct fib_rule marked = { .priority = 301,
				   .mark = 1,
				   .mask = 3,
				   .action = FIB_RULE_TABLE,
				   .table = 100,
				   .suppress = -1 };
	unsigned int forwarded = 0, here = 0;

	(void)state;
	start_walk();
	set("net.ipv4.icmp_ratemask", -1 & INT32_MAX);
	set("net.ipv4.icmp_msgs_burst", 0);
	set("net.ipv4.icmp_msgs_per_sec", 1);
	hooks(true);
	for (unsigned int i = 0; i < FLOWS; i++) {
		flows[i].ip.time_to_live = 9;
		flows[i].ip.fragment_offset = 0; /* or those for us are kept */
	}
	for (unsigned int step = 0; step < 40000; step++) {
		struct ip4_cache *c = cache();
		struct sysctl_var v = tunable("net.ipv4.conf.p0.src_valid_mark");

		role_enter_ctl();
		between = rnd(2);
		change_anything();
		between = false;
		if (rnd(100) == 0)
			sysctl_set(&v, (int)rnd(2));
		if (rnd(50) == 0 && fib_rule_add(&marked) == -EEXIST)
			fib_rule_del(&marked, FIB_RULE_HAS_PRIORITY);
		if (rnd(8) == 0)
			ask_others();
		for (uint32_t i = 0; i < asked.n && i < 6; i++) {
			const struct flow *flow = &flows[asked.flow[i]];
			struct outcome a, b;

			if (asked.dev->rx_off == NETDEV_RXF_DOWN)
				continue;
			mark_next = asked.flow[i] & 3;
			dp()->turn = 7;
			dp()->rand = 1;
			a = send_one(flow, asked.dev, c);
			dp()->turn = 7;
			dp()->rand = 1;
			b = send_one(flow, asked.dev, NULL);
			ip4_caches[1] = c;
			if (a.dst != b.dst || a.why != b.why || a.at != b.at)
				fail_msg("step %u, flow %u: dst %p why %u at %u, without the "
					 "cache %p %u %u",
					 step, asked.flow[i], (const void *)a.dst, a.why, a.at,
					 (const void *)b.dst, b.why, b.at);
			forwarded += a.dst != NULL && a.at == IP4_HOOK_FORWARD;
			here += a.dst != NULL && a.at == IP4_HOOK_INPUT;
		}
	}
	hooks(false);
	print_message("forwarded %u, here %u; hits %llu, stale %llu\n", forwarded, here,
		      (unsigned long long)route_count(ROUTE_in_hit),
		      (unsigned long long)route_count(ROUTE_in_stale));
	assert_true(forwarded > 4000 && here > 100);
	assert_true(route_count(ROUTE_in_hit) > 4000 && route_count(ROUTE_in_stale) > 10000);
}

/* A flow that is forwarded, from p0. */
static void
ask_about_one(void)
{
	asked.dev = p0;
	asked.n = 1;
	asked.flow[0] = 0;
	flows[0].ip.src_addr = IP(100, 64, 9, 9);
	flows[0].ip.dst_addr = FAR;
	flows[0].ip.type_of_service = 0;
	flows[0].ip.time_to_live = 9;
	flows[0].ip.next_proto_id = IPPROTO_UDP;
}

/* The fast lane's filter of own addresses follows the tables: what a worker lets pass before it has
 * must not last. */
static void
test_source_becomes_ours(void **state)
{
	static struct fib_route_spec r;
	const char *why;

	(void)state;
	start_walk();
	ask_about_one();
	role_enter_ctl();
	memset(&r, 0, sizeof(r));
	r.table = RT_TABLE_LOCAL;
	r.dst = flows[0].ip.src_addr;
	r.plen = 32;
	r.type = FIB_LOCAL;
	r.n_nh = 1;
	r.nh[0].dev = p0;
	between = true;
	assert_int_equal(fib_route_add(&r, FIB_ADD, &why), 0);
	between = false;
	assert_true(route_count(ROUTE_in_miss) > 0); /* a worker has run */
	send_one(&flows[0], p0, cache());
	assert_int_equal(drops(DROP_IP4_MARTIAN_SOURCE), 1);
}

static CTL_ONLY void
route_by(rte_be32_t dst, uint8_t plen, rte_be32_t gateway)
{
	static struct fib_route_spec r;
	const char *why;

	fib_route_spec_clear(&r);
	r.table = RT_TABLE_MAIN;
	r.dst = dst;
	r.plen = plen;
	r.n_nh = 1;
	r.nh[0].gateway = gateway;
	assert_int_equal(fib_route_add(&r, FIB_REPLACE, &why), 0);
}

/* A device comes back whose routes are far apart: a worker that finds the default route where the
 * walk has not been yet must not keep to it. */
static void
test_slices_of_a_walk(void **state)
{
	const struct fib_compile_pace pace = fib_compile_pace;
	static const rte_be32_t gws[] = { IP(198, 51, 100, 9), IP(10, 1, 0, 9) };

	(void)state;
	start_walk();
	ask_about_one();
	flows[0].ip.dst_addr = IP(172, 16, 1, 7);
	role_enter_ctl();
	for (unsigned int i = 0; i < 2; i++)
		neigh_admin_set(gws[i], i == 0 ? p1 : p2,
				&(struct rte_ether_addr){ { 2, 0, 0, 1, 0, 1 } }, NUD_PERMANENT);
	route_by(0, 0, gws[0]);
	route_by(IP(20, 0, 0, 0), 8, gws[1]);
	route_by(IP(172, 16, 0, 0), 12, gws[1]);
	fib_compile_pace = (struct fib_compile_pace){ .near = 1, .slice = 1 };
	netif_carrier_set(p2, false);
	fib_compile_finish();
	compare(0);
	netif_carrier_set(p2, true);
	assert_true(fib_is_late());
	compare(1); /* by the default route */
	compare(2);
	assert_int_equal(route_count(ROUTE_in_hit), 1);
	role_enter_ctl();
	fib_compile_finish();
	assert_false(fib_is_late());
	compare(3); /* by the other */
	fib_compile_pace = pace;
}

/* The routes of an object go by another leaf when it gets a gateway: a worker that runs before they
 * do has found a neighbour on the link. */
static void
test_object_gets_a_gateway(void **state)
{
	static struct fib_nhobj_spec s;
	static struct fib_route_spec r;
	const char *why;

	(void)state;
	start_walk();
	ask_about_one();
	flows[0].ip.dst_addr = IP(20, 1, 1, 7);
	role_enter_ctl();
	neigh_admin_set(IP(10, 1, 0, 9), p2, &(struct rte_ether_addr){ { 2, 0, 0, 1, 0, 1 } },
			NUD_PERMANENT);
	neigh_admin_set(flows[0].ip.dst_addr, p1, &(struct rte_ether_addr){ { 2, 0, 0, 1, 0, 2 } },
			NUD_PERMANENT);
	s = (struct fib_nhobj_spec){ .id = 1, .way.dev = p1 };
	assert_int_equal(fib_nhobj_add(&s, false, &why), 0);
	r = (struct fib_route_spec){
		.table = RT_TABLE_MAIN, .dst = IP(20, 0, 0, 0), .plen = 8, .nhid = 1
	};
	assert_int_equal(fib_route_add(&r, FIB_ADD, &why), 0);
	compare(0);
	role_enter_ctl();
	s.way = (struct fib_nexthop_spec){ .dev = p2, .gateway = IP(10, 1, 0, 9) };
	between = true;
	assert_int_equal(fib_nhobj_add(&s, true, &why), 0);
	between = false;
	compare(1);
}

/* The first one who names a realm: a worker that sees his rule tells packets theirs. */
static void
test_first_realm(void **state)
{
	const struct fib_rule r = { .priority = 5,
				    .action = FIB_RULE_TABLE,
				    .table = RT_TABLE_MAIN,
				    .tclassid = 7,
				    .suppress = -1 };
	uint64_t before = told;

	(void)state;
	start_walk();
	ask_about_one();
	role_enter_ctl();
	assert_int_equal(skb_realm_users, 0);
	between = true;
	assert_int_equal(fib_rule_add(&r), 0);
	between = false;
	compare(0);
	assert_int_equal(told - before, 1);
	assert_int_equal(route_count(ROUTE_in_hit), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_million_changes),	  TEST(test_general_lane),
		TEST(test_source_becomes_ours),	  TEST(test_slices_of_a_walk),
		TEST(test_object_gets_a_gateway), TEST(test_first_realm),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests_name("ip4/cache_changes", tests, NULL, NULL);
}
