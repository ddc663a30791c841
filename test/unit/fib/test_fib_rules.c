/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policy rules. What workers get out of bit vectors and the compiled table must be what going
 * through the list rule by rule and table by table says; and what the list says must be what
 * Linux would. FIB_RULES_OPS sets how many changes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake.h"
#include "fib/fib_realm_dp.h"
#include "fib/fib_rule_priv.h"

#define BURST 64

static uint64_t rng = 88172645463325252u;

static uint32_t
rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 20) % n;
}

/* --- the slow way: control's view of one packet as an adjacency index --- */

static CTL_ONLY uint32_t
slow(const struct fib_key *k)
{
	struct fib_flow fl = { .key = *k };
	struct fib_match m;

	switch (fib_rules_lookup(&fl, &m)) {
	case 0:
		return m.info->leaf;
	case -EINVAL:
		return ADJ_IDX_BLACKHOLE;
	case -EACCES:
		return ADJ_IDX_PROHIBIT;
	default:
		return ADJ_IDX_NO_ROUTE;
	}
}

/* Realms, as workers search for them and as the list has them. */
static CTL_ONLY void
same_realms(const struct fib_key *k, unsigned int n)
{
	static const struct adj *const any[BURST];
	struct fib_realms said[BURST];

	fib_realms_dp(k, any, said, n);
	for (unsigned int i = 0; i < n; i++) {
		struct fib_realms want = { 0 };
		struct fib_flow fl = { .key = k[i] };
		struct fib_match m;

		if (fib_rules_lookup(&fl, &m) == 0) {
			want.route = m.nh != NULL ? m.nh->tclassid : m.info->tclassid;
			want.rule = m.rule->tclassid;
		}
		assert_int_equal(said[i].route, want.route);
		assert_int_equal(said[i].rule, want.rule);
	}
}

static CTL_ONLY void
agree(const struct fib_key *k, unsigned int n)
{
	const struct fib_rules *r = fib_rules;
	uint32_t idx[BURST];

	for (unsigned int i = 0; i < n; i++)
		idx[i] = fib_lookup(&fib_main_dp, k[i].dst);
	if (r != NULL)
		fib_rules_lookup_bulk_dp(r, k, idx, n);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t one = fib_route_dp(&k[i]);

		if (one == ADJ_IDX_THROW)
			one = ADJ_IDX_NO_ROUTE; /* the last rule's throw is no route */
		assert_int_equal(one, slow(&k[i]));
		if (r != NULL)
			assert_int_equal(idx[i], one);
	}
	same_realms(k, n);
}

/* --- random rules, routes, devices, packets --- */

static const uint32_t tables[] = { RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT, 7, 8 };
static bool wild; /* routes that make leaves of the compiled table ambiguous */

static uint32_t
random_addr(void)
{
	return FIB_IP4(20, rnd(2), rnd(4), 0) | rnd(4) * 64;
}

static uint32_t
random_realms(void)
{
	return rnd(3) == 0 ? rnd(4) << 16 | rnd(4) : 0;
}

static struct fib_rule
random_rule(void)
{
	static const char *const names[] = { "p0", "p1", "p2", "lo", "none" };
	static const uint8_t plens[] = { 0, 8, 15, 16, 23, 24, 26, 32 };
	static const uint8_t actions[] = { FIB_RULE_TABLE,    FIB_RULE_TABLE,
					   FIB_RULE_TABLE,    FIB_RULE_TABLE,
					   FIB_RULE_TABLE,    FIB_RULE_GOTO,
					   FIB_RULE_NOP,      FIB_RULE_BLACKHOLE,
					   FIB_RULE_PROHIBIT, FIB_RULE_UNREACHABLE };
	struct fib_rule r = { .priority = rnd(300) * 120,
			      .invert = rnd(6) == 0,
			      .action = actions[rnd(RTE_DIM(actions))],
			      .table = tables[rnd(RTE_DIM(tables))],
			      .suppress = -1 };

	if (rnd(2)) {
		r.src_plen = plens[rnd(RTE_DIM(plens))];
		r.src = rte_cpu_to_be_32(random_addr() & fib_mask(r.src_plen));
	}
	if (rnd(3) == 0) {
		r.dst_plen = plens[rnd(RTE_DIM(plens))];
		r.dst = rte_cpu_to_be_32(random_addr() & fib_mask(r.dst_plen));
	}
	if (rnd(6) == 0)
		r.tos = (uint8_t)(rnd(3) * 0x10);
	if (rnd(4) == 0) {
		r.mark = rnd(5) | rnd(2) << 30;
		r.mask = rnd(2) ? UINT32_MAX : rnd(8) | rnd(2) << 30;
	}
	if (rnd(5) == 0)
		r.ipproto = rnd(2) ? 6 : 17;
	if (rnd(5) == 0) {
		r.sport[0] = (uint16_t)(1 + rnd(8) * 1000);
		r.sport[1] = (uint16_t)(r.sport[0] + rnd(3) * 999);
	}
	if (rnd(5) == 0) {
		r.dport[0] = (uint16_t)(65534 - rnd(8));
		r.dport[1] = (uint16_t)(r.dport[0] + rnd(65535u - r.dport[0]));
	}
	if (rnd(5) == 0)
		snprintf(r.iif, sizeof(r.iif), "%s", names[rnd(RTE_DIM(names))]);
	if (rnd(9) == 0)
		snprintf(r.oif, sizeof(r.oif), "%s", names[rnd(RTE_DIM(names))]);
	if (r.action == FIB_RULE_TABLE && rnd(4) == 0)
		r.suppress = (int32_t)rnd(25);
	r.target = r.priority + 1 + rnd(20) * 120;
	r.tclassid = random_realms();
	return r;
}

static struct fib_key
random_key(void)
{
	static const uint8_t protos[] = { 1, 6, 17 };
	struct fib_key k = { .dst = random_addr(),
			     .src = random_addr() + rnd(2),
			     .mark = rnd(9) | rnd(2) << 30,
			     .iif = 1 + rnd(FAKE_DEVS),
			     .oif = rnd(FAKE_DEVS),
			     .proto = protos[rnd(3)],
			     .tos = (uint8_t)(rnd(4) * 0x10 | rnd(4)) };

	if (k.proto != 1) {
		k.sport = (uint16_t)(rnd(4) == 0 ? 0 : 1 + rnd(9) * 1000 + rnd(2) * 500);
		k.dport = (uint16_t)(65535 - rnd(10));
	}
	return k;
}

static CTL_ONLY void
op_route(void)
{
	static const char *const texts[] = { "dev p0",	 "dev p1",	"dev p2", "blackhole",
					     "prohibit", "unreachable", "throw" };
	static const uint8_t plens[] = { 0, 16, 24, 26, 32 };
	uint32_t table = tables[rnd(RTE_DIM(tables))];
	struct fib_route_spec r;
	char text[64];

	if (table == RT_TABLE_LOCAL && !(wild && rnd(4) == 0))
		snprintf(text, sizeof(text), "0.0.0.0 %s",
			 rnd(3) ? "local dev lo" : "broadcast dev p0");
	else if (table == RT_TABLE_MAIN && wild && rnd(8) == 0)
		snprintf(text, sizeof(text), "0.0.0.0 local dev lo");
	else
		snprintf(text, sizeof(text), "0.0.0.0 %s", texts[rnd(RTE_DIM(texts))]);
	r = route(text);
	if (table == RT_TABLE_LOCAL && r.type == FIB_THROW)
		r.type = FIB_BLACKHOLE;
	r.table = table;
	r.plen = plens[rnd(RTE_DIM(plens))];
	r.dst = rte_cpu_to_be_32(random_addr() & fib_mask(r.plen));
	r.tos = rnd(8) == 0 ? 0x10 : 0;
	r.tclassid = random_realms();
	if (rnd(3) == 0) {
		r.type = 0;
		r.n_nh = 0;
		fib_route_del(&r);
	} else {
		fib_route_add(&r, FIB_REPLACE, NULL);
	}
}

static CTL_ONLY void
op_rule(unsigned int fill)
{
	struct fib_rule r = random_rule();
	unsigned int n;
	const struct fib_rule_entry *e = fib_rule_list(&n);

	if (n < fill || (n < 2 * fill && rnd(2)))
		fib_rule_add(&r);
	else if (n > 0)
		assert_int_equal(fib_rule_del(&e[rnd(n)].r, FIB_RULE_HAS_ALL), 0);
}

static CTL_ONLY void
op_device(void)
{
	static bool renamed;
	struct net_device *dev = &fake_dev[2];

	renamed = !renamed;
	snprintf(dev->name, sizeof(dev->name), renamed ? "none" : "p2");
	notifier_call(&netdev_chain, NETDEV_CHANGENAME, dev);
}

static CTL_ONLY void
run(unsigned long ops, unsigned int fill)
{
	unsigned int n;

	fake_reset(0);
	for (unsigned long i = 0; i < ops; i++) {
		struct fib_key k[BURST];
		unsigned int op = rnd(100);

		if (op < 40)
			op_rule(fill);
		else if (op < 98)
			op_route();
		else
			op_device();
		for (unsigned int j = 0; j < BURST; j++)
			k[j] = random_key();
		agree(k, 1 + rnd(BURST));
		if (i % 64 == 0)
			rcu_poll();
	}
	fib_rule_list(&n);
	assert_in_range(n, fill / 2, 4 * fill + 8);
	fib_route_flush(&(struct fib_route_spec){ 0 });
	assert_int_equal(fib_ctl.n_mixed, 0);
	assert_true(fib_dp_tables.plain);
	if (strcmp(fake_dev[2].name, "p2") != 0)
		op_device();
	fake_done();
	assert_int_equal(fake_realms, 0);
}

static void
compiled_is_the_list(void **state)
{
	const char *env = getenv("FIB_RULES_OPS");
	unsigned long ops = env != NULL ? strtoul(env, NULL, 0) : 2000;

	RTE_SET_USED(state);
	role_enter_ctl();
	wild = false;
	run(ops, 4);
	run(ops, 40);
	run(ops, 150); /* more than one word */
	wild = true;
	run(ops, 20);
}

/* --- what rules mean --- */

static CTL_ONLY struct fib_rule
rule(uint32_t priority, uint32_t table)
{
	return (struct fib_rule){
		.priority = priority, .action = FIB_RULE_TABLE, .table = table, .suppress = -1
	};
}

/* What a packet gets, said by both ways. */
static CTL_ONLY uint32_t
gets(struct fib_key k)
{
	uint32_t idx = fib_route_dp(&k);

	assert_int_equal(idx, slow(&k));
	return idx;
}

static void
selectors(void **state)
{
	const struct fib_key good = { .dst = FIB_IP4(20, 0, 0, 9),
				      .src = FIB_IP4(30, 0, 0, 7),
				      .mark = 0x1234,
				      .iif = 1,
				      .oif = 2,
				      .sport = 1000,
				      .dport = 53,
				      .proto = 17,
				      .tos = 0x13 };
	struct fib_rule r = rule(100, 0);
	struct fib_key k;

	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(0);
	r.action = FIB_RULE_BLACKHOLE;
	r.src = ip("30.0.0.0");
	r.src_plen = 24;
	r.dst = ip("20.0.0.8");
	r.dst_plen = 29;
	r.tos = 0x10;
	r.mark = 0xff30;
	r.mask = 0xf0;
	r.ipproto = 17;
	r.sport[0] = 1000;
	r.sport[1] = 1001;
	r.dport[0] = r.dport[1] = 53;
	snprintf(r.iif, sizeof(r.iif), "p0");
	snprintf(r.oif, sizeof(r.oif), "p1");
	assert_int_equal(gets(good), ADJ_IDX_NO_ROUTE);
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(fib_rule_add(&r), -EEXIST);
	assert_int_equal(gets(good), ADJ_IDX_BLACKHOLE);
#define DIFFERS(member, value)                                                                     \
	k = good;                                                                                  \
	k.member = value;                                                                          \
	assert_int_equal(gets(k), ADJ_IDX_NO_ROUTE)
	DIFFERS(src, FIB_IP4(30, 0, 1, 7));
	DIFFERS(dst, FIB_IP4(20, 0, 0, 16));
	DIFFERS(dst, FIB_IP4(20, 0, 0, 7));
	DIFFERS(tos, 0x14);
	DIFFERS(mark, 0x1244);
	DIFFERS(proto, 6);
	DIFFERS(sport, 999);
	DIFFERS(sport, 1002);
	DIFFERS(sport, 0);
	DIFFERS(dport, 54);
	DIFFERS(iif, 2);
	DIFFERS(oif, 0);
	k = good;
	k.mark = 0x30;
	k.sport = 1001;
	k.tos = 0x10;
	assert_int_equal(gets(k), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_rule_del(&r, FIB_RULE_HAS_ALL), 0);
	r.invert = true; /* what does not match as a whole */
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(good), ADJ_IDX_NO_ROUTE);
	k = good;
	k.dport = 54;
	assert_int_equal(gets(k), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_rule_del(&r, FIB_RULE_HAS_PRIORITY), 0);
	assert_null(fib_rules);
	assert_int_equal(fib_rule_del(&r, FIB_RULE_HAS_PRIORITY), -ENOENT);
	fake_done();
}

static void
actions(void **state)
{
	struct fib_key k = { .dst = FIB_IP4(20, 0, 0, 9), .iif = FIB_IIF_LOCAL };
	uint32_t p0, p1, p2;
	struct fib_rule r;

	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(0);
	assert_int_equal(add("20.0.0.0/8 dev p0"), 0);
	assert_int_equal(add("0.0.0.0/0 dev p1 table 7"), 0);
	assert_int_equal(add("20.0.0.0/24 dev p2 table 8"), 0);
	assert_int_equal(add("20.0.0.9/32 throw table 9"), 0);
	assert_int_equal(add("20.0.0.0/8 unreachable table 10"), 0);
	p0 = gets(k);
	r = rule(100, 7);
	assert_int_equal(fib_rule_add(&r), 0);
	p1 = gets(k);
	r = rule(90, 8);
	assert_int_equal(fib_rule_add(&r), 0);
	p2 = gets(k);
	assert_true(p0 != p1 && p1 != p2 && p0 != p2 && p2 >= ADJ_IDX_DYNAMIC);
	r = rule(80, 9); /* throw: on with the next rule */
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), p2);
	r = rule(70, 8); /* the /24 is too short an answer, */
	r.suppress = 24;
	assert_int_equal(fib_rule_add(&r), 0);
	r = rule(89, 7); /* so is the default route, */
	r.suppress = 0;
	assert_int_equal(fib_rule_add(&r), 0);
	r = rule(60, RT_TABLE_MAIN); /* and main's /8, */
	r.suppress = 8;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), p2);
	r.suppress = 7; /* but not for this one */
	r.priority = 59;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), p0);
	r.priority = 50;
	r.action = FIB_RULE_GOTO;
	r.suppress = -1;
	r.target = 100;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), p1);
	r.priority = 40;
	r.target = 95; /* nobody there: as if it were not */
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), p1);
	r.target = 40;
	assert_int_equal(fib_rule_add(&r), -EINVAL);
	r = rule(30, 10); /* errors are answers, however short */
	r.suppress = 32;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_UNREACHABLE);
	r = rule(20, 0);
	r.action = FIB_RULE_UNREACHABLE;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_NO_ROUTE); /* Linux: net unreachable */
	r.priority = 19;
	r.action = FIB_RULE_PROHIBIT;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_PROHIBIT);
	r.priority = 18;
	r.action = FIB_RULE_BLACKHOLE;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_BLACKHOLE);
	r.priority = 17;
	r.action = FIB_RULE_NOP;
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_rule_flush(&r, 0), 16);
	assert_int_equal(gets(k), ADJ_IDX_NO_ROUTE); /* main's rule went with them */
	fake_done();
}

/* Over words and pairs of words of the compiled form: what is jumped over is not asked. */
static void
goto_far(void **state)
{
	struct fib_key k = { .dst = FIB_IP4(20, 0, 0, 9), .iif = FIB_IIF_LOCAL };
	struct fib_rule r = rule(0, 0), jump = rule(1, 0), to = rule(0, RT_TABLE_MAIN);
	unsigned int n = 0;
	uint32_t p0;

	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(0);
	assert_int_equal(add("20.0.0.0/8 dev p0"), 0);
	p0 = gets(k);
	jump.action = FIB_RULE_GOTO;
	r.action = FIB_RULE_PROHIBIT;
	for (unsigned int at = 10; at < 280; at += 30) {
		for (; n < at; n++) {
			r.priority = 100 + n;
			assert_int_equal(fib_rule_add(&r), 0);
		}
		jump.target = to.priority = 1000 + at;
		assert_int_equal(fib_rule_add(&jump), 0);
		assert_int_equal(gets(k), ADJ_IDX_PROHIBIT);
		assert_int_equal(fib_rule_add(&to), 0);
		assert_int_equal(gets(k), p0);
		assert_int_equal(fib_rule_del(&jump, FIB_RULE_HAS_ALL), 0);
		assert_int_equal(gets(k), ADJ_IDX_PROHIBIT);
		assert_int_equal(fib_rule_del(&to, FIB_RULE_HAS_ALL), 0);
	}
	fake_done();
}

/* Rule local may stand behind others; what is built in is nobody's to change. */
static void
order(void **state)
{
	struct fib_key k = { .dst = FIB_IP4(20, 0, 0, 9), .iif = FIB_IIF_LOCAL };
	struct fib_rule r = rule(10, 7), local = rule(20, RT_TABLE_LOCAL);
	uint32_t multicast[] = { FIB_IP4(224, 0, 0, 5), FIB_IP4(127, 0, 0, 1), UINT32_MAX };

	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(0);
	assert_int_equal(add("20.0.0.9/32 local dev lo table 255"), 0);
	assert_int_equal(add("0.0.0.0/0 blackhole table 7"), 0);
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_LOCAL);
	assert_int_equal(fib_rule_add(&local), 0);
	local.priority = 0;
	assert_int_equal(fib_rule_del(&local, FIB_RULE_HAS_PRIORITY), 0);
	assert_int_equal(gets(k), ADJ_IDX_BLACKHOLE);
	for (unsigned int i = 0; i < RTE_DIM(multicast); i++) {
		k.dst = multicast[i];
		assert_int_equal(fib_route_dp(&k), fib_lookup(&fib_main_dp, multicast[i]));
	}
	/* As many as before, but not those: no short cut. */
	assert_int_equal(fib_rule_del(&r, FIB_RULE_HAS_PRIORITY), 0);
	assert_null(fib_rules); /* local, main, default in this order, whatever their priorities */
	r = rule(40000, RT_TABLE_LOCAL);
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(fib_rule_del(&local, FIB_RULE_HAS_TABLE), 0);
	assert_non_null(fib_rules);
	k.dst = FIB_IP4(20, 0, 0, 9);
	assert_int_equal(gets(k), ADJ_IDX_LOCAL);
	/* The compiled leaf is of table local, main's own answer is another. */
	assert_int_equal(add("20.0.0.0/24 dev p1 table 255"), 0);
	assert_int_equal(add("20.0.0.0/8 dev p0"), 0);
	k.dst++;
	assert_int_not_equal(gets(k), fib_lookup(&fib_main_dp, k.dst));
	fake_done();
}

static unsigned int events;
static struct fib_rule heard;

static CTL_ONLY int
on_rule(struct notifier *self, unsigned int event, void *obj)
{
	RTE_SET_USED(self);
	events = events * 10 + event;
	heard = ((const struct fib_rule_view *)obj)->rule;
	return NOTIFY_OK;
}

static void
see(const struct fib_rule_view *v, void *arg)
{
	*(struct fib_rule_view *)arg = *v;
}

static void
devices_events_limits(void **state)
{
	struct notifier nb = { .fn = on_rule };
	struct fib_key k = { .dst = FIB_IP4(20, 0, 0, 9), .iif = 3 };
	struct fib_rule r = rule(10, 0);
	struct fib_rule_view v;

	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(0);
	events = 0;
	notifier_add(&fib_rule_chain, &nb);
	r.action = FIB_RULE_PROHIBIT;
	snprintf(r.iif, sizeof(r.iif), "none");
	assert_int_equal(fib_rule_add(&r), 0);
	assert_int_equal(gets(k), ADJ_IDX_NO_ROUTE);
	fib_rule_walk(&r, FIB_RULE_HAS_PRIORITY, see, &v);
	assert_true(v.iif_detached && !v.oif_detached);
	op_device(); /* now p2, index 3, has that name */
	assert_int_equal(gets(k), ADJ_IDX_PROHIBIT);
	fib_rule_walk(&r, FIB_RULE_HAS_PRIORITY, see, &v);
	assert_false(v.iif_detached);
	notifier_call(&netdev_chain, NETDEV_UNREGISTER, &fake_dev[2]);
	assert_int_equal(gets(k), ADJ_IDX_NO_ROUTE);
	op_device();
	assert_int_equal(fib_rule_default_priority(), 9);
	assert_int_equal(fib_rule_del(&r, FIB_RULE_HAS_IIF), 0);
	assert_int_equal(fib_rule_default_priority(), 32765);
	assert_int_equal(events, 12); /* one came, it went */
	assert_int_equal(heard.priority, 10);
	for (unsigned int i = 0; i < FIB_RULES_MAX - 3; i++) {
		r.priority = 1000 + i;
		assert_int_equal(fib_rule_add(&r), 0);
	}
	r.priority++;
	assert_int_equal(fib_rule_add(&r), -ENOSPC);
	notifier_del(&fib_rule_chain, &nb);
	fake_done();
}

static void
words(void **state)
{
	uint32_t mark = 0, mask = 0;
	uint16_t ports[2];
	uint8_t proto = 0;

	RTE_SET_USED(state);
	assert_int_equal(fib_rule_parse_mark("0x10/0xff", &mark, &mask), 0);
	assert_true(mark == 0x10 && mask == 0xff);
	assert_int_equal(fib_rule_parse_mark("7", &mark, &mask), 0);
	assert_true(mark == 7 && mask == UINT32_MAX);
	assert_int_equal(fib_rule_parse_mark("7/", &mark, &mask), -EINVAL);
	assert_int_equal(fib_rule_parse_mark("0x100000000", &mark, &mask), -EINVAL);
	assert_int_equal(fib_rule_parse_ports("1-65534", ports), 0);
	assert_true(ports[0] == 1 && ports[1] == 65534);
	assert_int_equal(fib_rule_parse_ports("53", ports), 0);
	assert_true(ports[0] == 53 && ports[1] == 53);
	assert_int_equal(fib_rule_parse_ports("0", ports), -EINVAL);
	assert_int_equal(fib_rule_parse_ports("9-8", ports), -EINVAL);
	assert_int_equal(fib_rule_parse_ports("1-65535", ports), -EINVAL);
	assert_int_equal(fib_rule_parse_ports("1-", ports), -EINVAL);
	assert_int_equal(fib_rule_parse_ipproto("udp", &proto), 0);
	assert_int_equal(proto, 17);
	assert_int_equal(fib_rule_parse_ipproto("99", &proto), 0);
	assert_string_equal(fib_rule_ipproto_name(proto), "ipproto-99");
	assert_string_equal(fib_rule_ipproto_name(6), "tcp");
	assert_int_equal(fib_rule_parse_ipproto("256", &proto), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(selectors),
		cmocka_unit_test(actions),
		cmocka_unit_test(goto_far),
		cmocka_unit_test(order),
		cmocka_unit_test(devices_events_limits),
		cmocka_unit_test(compiled_is_the_list),
	};

	role_enter_ctl();
	fake_start();
	return cmocka_run_group_tests_name("fib/rules", tests, NULL, NULL);
}
