/* SPDX-License-Identifier: BSD-3-Clause */
/* Hooks: who sees which packet where, in which order, and what it costs those who do not ask. */
#include "fixture.h"
#include "ip4/ip4_hook.h"

static struct seen {
	enum ip4_hook_point at;
	char who;
	struct net_device *dev, *out;
	uint8_t ttl;
} seen[32];
static unsigned int n_seen;
static bool take; /* hook a drops what it sees */

static void
note(char who, enum ip4_hook_point at, const struct skb_vec *vec)
{
	for (uint16_t i = 0; i < vec->n && n_seen < RTE_DIM(seen); i++) {
		const struct sk_buff *skb = vec->v[i];

		seen[n_seen++] =
			(struct seen){ at, who, skb->dev, skb->dst != NULL ? skb->dst->dev : NULL,
				       ip_hdr(skb)->time_to_live };
	}
}

static void
hook_a(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	role_enter_dp();
	note('a', at, vec);
	if (take) {
		kfree_vec_reason(w, vec, DROP_IP4_PROHIBIT);
		vec->n = 0;
	}
}

static void
hook_b(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	note('b', at, vec);
}

static struct ip4_hook a[IP4_HOOK_MAX], b[IP4_HOOK_MAX];

static int
setup(void **state)
{
	n_seen = 0;
	take = false;
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++) {
		a[at] = (struct ip4_hook){ .fn = hook_a, .at = at, .prio = IP4_HOOK_PRIO_FILTER };
		b[at] = (struct ip4_hook){ .fn = hook_b, .at = at, .prio = IP4_HOOK_PRIO_MANGLE };
	}
	return fixture_setup(state);
}

static void
register_everywhere(void)
{
	role_enter_ctl();
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		assert_int_equal(ip4_hook_register(&a[at]), 0);
}

static void
test_forwarded(void **state)
{
	(void)state;
	register_everywhere();
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(n_seen, 3);
	assert_int_equal(seen[0].at, IP4_HOOK_PREROUTING);
	assert_ptr_equal(seen[0].dev, p0);
	assert_null(seen[0].out);
	assert_int_equal(seen[0].ttl, 64);
	assert_int_equal(seen[1].at, IP4_HOOK_FORWARD);
	assert_ptr_equal(seen[1].dev, p0);
	assert_ptr_equal(seen[1].out, p1);
	assert_int_equal(seen[1].ttl, 63);
	assert_int_equal(seen[2].at, IP4_HOOK_POSTROUTING);
	assert_ptr_equal(seen[2].dev, p1);
}

/* An echo to us: in by two, its answer out by two. */
static void
test_local(void **state)
{
	static const uint8_t echo[8] = { 8, 0, 0xf7, 0xff };

	(void)state;
	register_everywhere();
	rx_pkt(&(struct pkt){ .dst = OUR0, .proto = 1, .data = echo, .payload = 8 }, true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(n_seen, 4);
	assert_int_equal(seen[0].at, IP4_HOOK_PREROUTING);
	assert_int_equal(seen[1].at, IP4_HOOK_INPUT);
	assert_ptr_equal(seen[1].dev, p0);
	assert_int_equal(seen[2].at, IP4_HOOK_OUTPUT);
	assert_ptr_equal(seen[2].out, p0);
	assert_int_equal(seen[3].at, IP4_HOOK_POSTROUTING);
	assert_ptr_equal(seen[3].dev, p0);
}

/* To ourselves: out and in again, by way of lo. */
static void
test_loopback(void **state)
{
	struct ip_out o = { .daddr = OUR0, .proto = 99 };

	(void)state;
	role_enter_dp();
	register_everywhere();
	assert_int_equal(ip_build_and_send_pkt(dp(), alloc_skb(dp(), SKB_HEADROOM), &o), 0);
	assert_int_equal(n_seen, 2);
	assert_int_equal(seen[0].at, IP4_HOOK_OUTPUT);
	assert_int_equal(seen[1].at, IP4_HOOK_POSTROUTING);
	assert_ptr_equal(seen[1].dev, lo);
	settle();
	assert_int_equal(seen[2].at, IP4_HOOK_PREROUTING);
	assert_ptr_equal(seen[2].dev, lo);
	assert_int_equal(seen[3].at, IP4_HOOK_INPUT);
}

/* A multicast that is made here leaves by no adjacency, and is seen all the same. */
static void
test_group(void **state)
{
	struct ip_out o = { .daddr = IP(224, 0, 0, 5), .proto = 89 };
	struct sk_buff *skb;

	(void)state;
	role_enter_dp();
	register_everywhere();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	skb->dev = p2;
	assert_int_equal(ip_build_and_send_pkt(dp(), skb, &o), 0);
	assert_int_equal(n_frames, 1);
	assert_int_equal(n_seen, 2);
	assert_int_equal(seen[0].at, IP4_HOOK_OUTPUT);
	assert_ptr_equal(seen[0].dev, p2);
	assert_int_equal(seen[1].at, IP4_HOOK_POSTROUTING);
	take = true;
	skb = alloc_skb(dp(), SKB_HEADROOM);
	skb->dev = p2;
	ip4_hook_unregister(&a[IP4_HOOK_OUTPUT]);
	ip_build_and_send_pkt(dp(), skb, &o);
	assert_int_equal(n_frames, 1);
	assert_int_equal(drops(DROP_IP4_PROHIBIT), 1);
}

static void
test_order(void **state)
{
	static struct ip4_hook c = { .fn = hook_b,
				     .at = IP4_HOOK_FORWARD,
				     .prio = IP4_HOOK_PRIO_FILTER };

	(void)state;
	role_enter_ctl();
	assert_int_equal(ip4_hook_register(&a[IP4_HOOK_FORWARD]), 0);
	assert_int_equal(ip4_hook_register(&c), 0);
	assert_int_equal(ip4_hook_register(&b[IP4_HOOK_FORWARD]), 0);
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(n_seen, 3);
	assert_int_equal(seen[0].who, 'b');
	assert_int_equal(seen[1].who, 'a');
	assert_int_equal(seen[2].who, 'b');
	/* Whoever is gone is asked no more; whoever takes the packet is the last to see it. */
	ip4_hook_unregister(&b[IP4_HOOK_FORWARD]);
	ip4_hook_unregister(&b[IP4_HOOK_FORWARD]);
	take = true;
	n_seen = 0;
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].who, 'a');
	assert_int_equal(drops(DROP_IP4_PROHIBIT), 1);
	assert_int_equal(n_frames, 1);
	assert_int_equal(mib(&ip_mib, IP_ForwDatagrams), 1); /* not what was taken */
}

static void
test_taken_everywhere(void **state)
{
	static const uint8_t echo[8] = { 8, 0, 0xf7, 0xff };

	(void)state;
	role_enter_ctl();
	take = true;
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++) {
		bool in = at == IP4_HOOK_INPUT || at == IP4_HOOK_OUTPUT;

		n_frames = 0;
		assert_int_equal(ip4_hook_register(&a[at]), 0);
		rx_pkt(
			&(struct pkt){
				.dst = in ? OUR0 : FAR, .proto = 1, .data = echo, .payload = 8 },
			true);
		assert_int_equal(n_frames, 0);
		assert_int_equal(drops(DROP_IP4_PROHIBIT), at + 1);
		ip4_hook_unregister(&a[at]);
		rx_pkt(
			&(struct pkt){
				.dst = in ? OUR0 : FAR, .proto = 1, .data = echo, .payload = 8 },
			true);
		assert_int_equal(n_frames, 1);
	}
}

static uint32_t leave; /* what look() leaves */
static struct {
	unsigned int n, notes;
	uint16_t iif, oif;
	uint32_t left;
	enum ip4_hook_point at;
} went;

static uint32_t
look_fn(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t *note)
{
	for (uint32_t i = 0; i < t->n; i++)
		note[i] = t->len[i] + (uint32_t)at;
	return leave;
}

static void
went_fn(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t left,
	const uint32_t *note)
{
	went.n++;
	went.left = left;
	went.at = at;
	went.iif = t->iif[0];
	went.oif = t->oif[0];
	for (uint32_t i = 0; i < t->n; i++)
		went.notes += note[i] == t->len[i] + (uint32_t)at;
}

static const struct ip4_hook_transit part = { .look = look_fn, .went = went_fn };

/* Who has a part in the fast lane is asked there; what he leaves comes to his function. */
static void
test_transit(void **state)
{
	struct ip4_hook *h = &a[IP4_HOOK_FORWARD];

	(void)state;
	role_enter_ctl();
	memset(&went, 0, sizeof(went));
	h->transit = &part;
	assert_int_equal(ip4_hook_register(h), 0);
	leave = 0;
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(n_seen, 0);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), 1);
	assert_int_equal(went.n, 1);
	assert_int_equal(went.notes, 1);
	assert_int_equal(went.at, IP4_HOOK_FORWARD);
	assert_int_equal(went.iif, p0->ifindex);
	assert_int_equal(went.oif, p1->ifindex);
	assert_int_equal(went.left & 1, 0);
	leave = 1;
	take = true;
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(went.n, 2);
	assert_int_equal(went.left & 1, 1);
	assert_int_equal(n_seen, 1);
	assert_int_equal(n_frames, 1);
	assert_int_equal(drops(DROP_IP4_PROHIBIT), 1);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), 1);
}

/* More than it asks, or one without a part: the lane is closed. */
static void
test_transit_closed(void **state)
{
	struct ip4_hook more[IP4_TRANSIT_MAX + 1];

	(void)state;
	role_enter_ctl();
	memset(&went, 0, sizeof(went));
	leave = 0;
	for (unsigned int i = 0; i < RTE_DIM(more); i++) {
		assert_int_equal(p0->rx_off, 0);
		more[i] = (struct ip4_hook){ .fn = hook_b, .at = IP4_HOOK_PREROUTING };
		more[i].transit = &part;
		assert_int_equal(ip4_hook_register(&more[i]), 0);
	}
	assert_int_equal(p0->rx_off, NETDEV_RXF_HOOK);
	ip4_hook_unregister(&more[0]);
	assert_int_equal(p0->rx_off, 0);
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(went.n, IP4_TRANSIT_MAX);
	more[1].transit = NULL;
	ip4_hook_changed();
	assert_int_equal(p0->rx_off, NETDEV_RXF_HOOK);
	netdev_rx_off(p0, NETDEV_RXF_HOOK, false); /* a worker that does not know yet */
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(went.n, IP4_TRANSIT_MAX);
	assert_int_equal(n_seen, IP4_TRANSIT_MAX);
	for (unsigned int i = 1; i < RTE_DIM(more); i++)
		ip4_hook_unregister(&more[i]);
	assert_int_equal(p0->rx_off, 0);
}

/* The fast lane is left for hooks that it would pass by, and for no others. */
static void
test_lane(void **state)
{
	static const bool transit[IP4_HOOK_MAX] = { [IP4_HOOK_PREROUTING] = true,
						    [IP4_HOOK_FORWARD] = true,
						    [IP4_HOOK_POSTROUTING] = true };

	(void)state;
	role_enter_ctl();
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++) {
		uint64_t fast = mib(&route_mib, ROUTE_in_fast);
		struct net_device *later;

		assert_int_equal(p0->rx_off, 0);
		assert_int_equal(ip4_hook_register(&a[at]), 0);
		assert_int_equal(p0->rx_off, transit[at] ? NETDEV_RXF_HOOK : 0);
		assert_int_equal(p1->rx_off, p0->rx_off);
		later = alloc_netdev("fake", NULL, p0->ops_dp, NULL);
		assert_int_equal(register_netdevice(later, "later"), 0);
		assert_int_equal(later->rx_off & NETDEV_RXF_HOOK, p0->rx_off);
		rx_pkt(&(struct pkt){ 0 }, true);
		assert_int_equal(mib(&route_mib, ROUTE_in_fast), fast + !transit[at]);
		ip4_hook_unregister(&a[at]);
		assert_int_equal(later->rx_off & NETDEV_RXF_HOOK, 0);
		unregister_netdevice(later);
	}
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), 3);
	assert_string_equal(ip4_hook_name(IP4_HOOK_OUTPUT), "output");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forwarded, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_local, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_loopback, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_group, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_everywhere, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lane, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_transit, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_transit_closed, setup, fixture_teardown),
	};

	if (fixture_eal() != 0)
		return 1;
	return cmocka_run_group_tests_name("ip4/hooks", tests, NULL, NULL);
}
