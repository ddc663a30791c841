/* SPDX-License-Identifier: BSD-3-Clause */
/* Random chains against a list that is walked rule by rule. */
#include "fixture.h"
#include "filter/filter.h"

#define RULES_MAX 120
#define PACKETS	  4096

static struct filter_rule rules[RULES_MAX];
static uint64_t want[RULES_MAX + 1]; /* packets by rule; [0] the policy */
static unsigned int seed;

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 12) % n;
}

/* What the walk needs to know of a packet. */
struct model {
	struct pkt p;
	uint8_t l4[4];
	bool in_p0;
};

/* Few distinct values, so that rules overlap and packets hit. */
static rte_be32_t
some_addr(void)
{
	return IP(10, rnd(2), rnd(3), 1 + rnd(4));
}

static void
random_rule(struct filter_rule *r)
{
	static const uint8_t protos[] = { 6, 17, 1, 89 }, plens[] = { 0, 8, 16, 24, 31, 32 };
	static const char *const devs[] = { "", "", "", "p0", "p1", "absent" };

	memset(r, 0, sizeof(*r));
	r->src_plen = plens[rnd(6)];
	r->dst_plen = plens[rnd(6)];
	r->src = some_addr();
	r->dst = some_addr();
	r->proto_set = rnd(3) > 0;
	r->proto = protos[rnd(4)];
	if (r->proto_set && (r->proto == 6 || r->proto == 17)) {
		r->sport_set = rnd(4) == 0;
		r->dport_set = rnd(2);
		r->sport[0] = (uint16_t)rnd(6);
		r->sport[1] = (uint16_t)(r->sport[0] + rnd(4));
		r->dport[0] = (uint16_t)rnd(6);
		r->dport[1] = (uint16_t)(r->dport[0] + rnd(4));
	}
	if (r->proto_set && r->proto == 1) {
		r->icmp_type_set = rnd(2);
		r->icmp_code_set = r->icmp_type_set && rnd(2);
		r->icmp_type = (uint8_t)rnd(4);
		r->icmp_code = (uint8_t)rnd(3);
	}
	r->tos_mask = rnd(3) == 0 ? 0xfc : 0;
	r->tos = (uint8_t)(rnd(3) << 2);
	if (rnd(4) == 0)
		r->fragment = (uint8_t)rnd(4); /* later ones have no ports: see below */
	else if (rnd(8) == 0 && !r->sport_set && !r->dport_set && !r->icmp_type_set)
		r->fragment = FILTER_FRAG_LATER;
	strcpy(r->iif, devs[rnd(6)]);
	strcpy(r->oif, devs[rnd(6)]);
	r->action = rnd(6) > 0 ? FILTER_MARK + rnd(2) : rnd(2);
	r->mark = 1 + rnd(1000);
}

static bool
in_prefix(rte_be32_t a, rte_be32_t net, uint8_t plen)
{
	for (unsigned int bit = 0; bit < plen; bit++)
		if ((rte_be_to_cpu_32(a) ^ rte_be_to_cpu_32(net)) >> (31 - bit) & 1)
			return false;
	return true;
}

static bool
in_range(bool set, const uint16_t r[2], const uint8_t *p)
{
	unsigned int port = (unsigned int)p[0] << 8 | p[1];

	return !set || (port >= r[0] && port <= r[1]);
}

static bool
model_match(const struct filter_rule *r, const struct model *m)
{
	bool later = m->p.frag & 0x1fff, frag = m->p.frag & 0x3fff;

	if (!in_prefix(m->p.src, r->src, r->src_plen) || !in_prefix(m->p.dst, r->dst, r->dst_plen))
		return false;
	if (r->proto_set && r->proto != m->p.proto)
		return false;
	if ((r->sport_set || r->dport_set || r->icmp_type_set) && later)
		return false;
	if (!in_range(r->sport_set, r->sport, m->l4) ||
	    !in_range(r->dport_set, r->dport, m->l4 + 2))
		return false;
	if ((r->icmp_type_set && r->icmp_type != m->l4[0]) ||
	    (r->icmp_code_set && r->icmp_code != m->l4[1]))
		return false;
	if ((m->p.tos ^ r->tos) & r->tos_mask)
		return false;
	if ((r->fragment == FILTER_FRAG_NO && frag) || (r->fragment == FILTER_FRAG_YES && !frag) ||
	    (r->fragment == FILTER_FRAG_FIRST && (!frag || later)) ||
	    (r->fragment == FILTER_FRAG_LATER && !later))
		return false;
	if (r->iif[0] != '\0' && strcmp(r->iif, m->in_p0 ? "p0" : "p1") != 0)
		return false;
	return r->oif[0] == '\0' || strcmp(r->oif, "p1") == 0;
}

/* Accepted? Counts in want[]; *@p mark changes. */
static bool
model_walk(uint32_t n, bool drop, const struct model *m, uint32_t *mark)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!model_match(&rules[i], m))
			continue;
		want[i + 1]++;
		if (rules[i].action == FILTER_MARK)
			*mark = rules[i].mark;
		if (rules[i].action <= FILTER_REJECT)
			return rules[i].action == FILTER_ACCEPT;
	}
	want[0]++;
	return !drop;
}

static struct sk_buff *
random_packet(struct model *m, const struct adj *out)
{
	static const uint8_t protos[] = { 6, 17, 1, 89 };
	static const uint16_t frags[] = { 0, 0, 0, 0x4000, 0x2000, 0x2001, 0x0005 };
	uint8_t frame[256];
	struct sk_buff *skb;
	uint32_t len;

	*m = (struct model){ .p = { .src = some_addr(),
				    .dst = some_addr(),
				    .proto = protos[rnd(4)],
				    .tos = (uint8_t)rnd(12),
				    .frag = frags[rnd(7)],
				    .payload = 24,
				    .data = m->l4 },
			     .l4 = { 0, (uint8_t)rnd(8), 0, (uint8_t)rnd(8) },
			     .in_p0 = rnd(2) };
	if (m->p.proto == 1) {
		m->l4[0] = (uint8_t)rnd(4);
		m->l4[1] = (uint8_t)rnd(3);
	}
	m->p.payload = 4;
	len = pkt_build(&m->p, frame);
	skb = skb_init(make_mbuf(frame + 14, len - 14), m->in_p0 ? p0 : p1);
	skb_reset_network_header(skb);
	skb->dst = out;
	skb->mark = 77777;
	counter_inc(dp(), &skb_counters, SKB_CNT_ORIGINATED);
	return skb;
}

static void
run_chain(uint32_t n, bool drop)
{
	static struct adj out = { .type = ADJ_REWRITE };
	uint32_t burst;

	role_enter_ctl();
	role_enter_dp();
	out.dev = p1;
	memset(want, 0, sizeof(want));
	assert_int_equal(filter_chain_set(IP4_HOOK_FORWARD, drop, rules, n), 0);
	filter_clear(IP4_HOOK_FORWARD); /* the policy's counter outlives chains */
	for (uint32_t sent = 0; sent < PACKETS; sent += burst) {
		struct skb_vec vec = { .n = 0 }, expect = { .n = 0 };
		uint32_t marks[SKB_BURST];

		burst = 1 + rnd(SKB_BURST);
		for (uint32_t i = 0; i < burst; i++) {
			struct model m;
			uint32_t mark = 77777;

			skb_vec_push(&vec, random_packet(&m, &out));
			if (!model_walk(n, drop, &m, &mark))
				continue;
			marks[expect.n] = mark;
			skb_vec_push(&expect, vec.v[i]);
		}
		filter_hook(dp(), IP4_HOOK_FORWARD, &vec);
		assert_int_equal(vec.n, expect.n);
		for (uint16_t i = 0; i < vec.n; i++) {
			assert_ptr_equal(vec.v[i], expect.v[i]);
			assert_int_equal(vec.v[i]->mark, marks[i]);
			consume_skb(dp(), vec.v[i]);
		}
	}
	for (uint32_t i = 0; i <= n; i++) {
		struct filter_counter c = filter_count(IP4_HOOK_FORWARD, i);

		assert_int_equal(c.packets, want[i]);
		assert_int_equal(c.bytes, want[i] * 24);
	}
	settle();
}

static void
test_model(void **state)
{
	uint64_t hits = 0;

	(void)state;
	for (seed = 1; seed < 25; seed++) {
		unsigned int keep = seed;
		uint32_t n = rnd(RULES_MAX) + 1;

		for (uint32_t i = 0; i < n; i++)
			random_rule(&rules[i]);
		run_chain(n, rnd(2));
		for (uint32_t i = 1; i <= n; i++)
			hits += want[i] > 0;
		seed = keep;
	}
	assert_true(hits > 400); /* rules that did something */
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	role_enter_ctl();
	return rc != 0 ? rc : filter_init();
}

static int
teardown(void **state)
{
	role_enter_ctl();
	filter_fini();
	return fixture_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_model, setup, teardown),
	};

	if (fixture_eal() != 0)
		return 1;
	return cmocka_run_group_tests_name("filter/model", tests, NULL, NULL);
}
