/* SPDX-License-Identifier: BSD-3-Clause */
/* Redirects that come in: who is believed, for how long, and for which packets. */
#include "fixture.h"
#include "ip4/ip4_exc.h"

#define GW2 IP(198, 51, 100, 77)
static const struct rte_ether_addr gw2_mac = { { 0x02, 0, 0, 0, 0x77, 0x01 } };

/* A redirect: zero means the default in brackets. */
struct said {
	rte_be32_t src, to;	/* who says it [PEER1], the better gateway [GW2] */
	rte_be32_t qsrc, qdst;	/* of the quoted datagram [OUR1, FAR] */
	rte_be16_t id, frag;	/* of the quoted datagram */
	uint8_t code;		/* [1: for the host] */
	bool for_net;		/* code 0 */
	struct net_device *dev; /* it comes by [p1] */
};

static void
say(const struct said *s)
{
	uint8_t data[8 + 28] = { ICMP4_REDIRECT, s->for_net ? 0 : s->code != 0 ? s->code : 1 };
	struct rte_ipv4_hdr *q = (struct rte_ipv4_hdr *)(data + 8);
	rte_be32_t to = s->to != 0 ? s->to : GW2;

	memcpy(data + 4, &to, 4);
	*q = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				    .total_length = RTE_BE16(100),
				    .packet_id = s->id,
				    .fragment_offset = s->frag,
				    .time_to_live = 63,
				    .next_proto_id = 17,
				    .src_addr = s->qsrc != 0 ? s->qsrc : OUR1,
				    .dst_addr = s->qdst != 0 ? s->qdst : FAR };
	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, sizeof(data));
	rx_pkt(&(struct pkt){ .src = s->src != 0 ? s->src : PEER1,
			      .dst = OUR1,
			      .proto = IPPROTO_ICMP,
			      .dev = s->dev != NULL ? s->dev : p1,
			      .data = data,
			      .payload = sizeof(data) },
	       false);
	settle();
}

/* The gateway that a packet of ours to @p dst leaves by, as its frame says. */
static const struct rte_ether_addr *
leaves_by(rte_be32_t dst)
{
	struct sk_buff *skb;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb);
	assert_non_null(skb_put(skb, 8));
	n_frames = 0;
	assert_int_equal(
		ip_build_and_send_pkt(dp(), skb, &(struct ip_out){ .daddr = dst, .proto = 17 }), 0);
	settle();
	assert_int_equal(n_frames, 1);
	return (const struct rte_ether_addr *)frames[0].bytes;
}

static bool
is_redirected(void)
{
	return rte_is_same_ether_addr(leaves_by(FAR), &gw2_mac);
}

static uint64_t
refused(void)
{
	return mib(&route_mib, ROUTE_redirect_refused);
}

/* A router that was told to listen, all the same. */
static int
setup(void **state)
{
	int rc = fixture_setup(state);

	role_enter_ctl();
	ipv4_devconf_all.accept_redirects = 1;
	assert_int_equal(neigh_admin_set(GW2, p1, &gw2_mac, NUD_PERMANENT), 0);
	return rc;
}

static void
forget(void)
{
	role_enter_ctl();
	ip4_exc_flush(NULL);
	assert_int_equal(ip4_exc_n, 0);
}

static void
test_followed(void **state)
{
	static const uint8_t codes[] = { 1, 2, 3 };

	assert_memory_equal(leaves_by(FAR), &peer1, 6); /* control */
	for (unsigned int i = 0; i < RTE_DIM(codes) + 1; i++) {
		say(&(struct said){ .code = i == 0 ? 0 : codes[i - 1], .for_net = i == 0 });
		assert_int_equal(mib(&route_mib, ROUTE_redirect_learned), i + 1);
		assert_true(is_redirected());
		assert_memory_equal(leaves_by(IP(203, 0, 113, 6)), &peer1, 6); /* not the net */
		forget();
		assert_false(is_redirected());
	}
	(void)state;
}

/* RFC 1812 5.2.7.2: what is forwarded goes by the routes. */
static void
test_not_for_others(void **state)
{
	say(&(struct said){ 0 });
	assert_true(is_redirected());
	for (unsigned int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_pkt(&(struct pkt){ 0 }, fast);
		assert_int_equal(n_frames, 1);
		assert_memory_equal(frames[0].bytes, &peer1, 6);
	}
	forget();
	(void)state;
}

/* RFC 1122 3.2.2.2 and Linux: one thing wrong in each. */
static void
test_refused(void **state)
{
	const struct said bad[] = {
		{ .code = 4 },			       /* no such code */
		{ .src = IP(198, 51, 100, 8) },	       /* not the gateway in use */
		{ .to = PEER1 },		       /* to itself */
		{ .to = IP(224, 0, 0, 9) },	       /* no host */
		{ .to = IP(0, 1, 2, 3) },	       /* no host */
		{ .to = RTE_BE32(UINT32_MAX) },	       /* no host */
		{ .to = OUR1 },			       /* ourselves */
		{ .to = IP(198, 51, 100, 255) },       /* a broadcast */
		{ .to = IP(198, 51, 100, 78) },	       /* does not answer */
		{ .qsrc = PEER0 },		       /* not a datagram of ours */
		{ .qdst = PEER1, .src = PEER1 },       /* on-link: there is no gateway */
		{ .qdst = IP(9, 9, 9, 9) },	       /* no route */
		{ .qdst = OUR0 },		       /* to ourselves */
		{ .dev = p0 },			       /* by another device than the way's */
		{ .frag = RTE_BE16(IP4_DF), .id = 0 }, /* with DF, and without our mark */
	};

	role_enter_ctl(); /* answering is not enough */
	assert_int_equal(neigh_admin_set(OUR1, p1, &gw2_mac, NUD_PERMANENT), 0);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		say(&bad[i]);
		assert_int_equal(ip4_exc_n, 0);
		assert_int_equal(refused(), i + 1);
	}
	say(&(struct said){ 0 }); /* control */
	assert_int_equal(ip4_exc_n, 1);
	forget();
	(void)state;
}

/* With DF it carries our mark, and is believed. */
static void
test_mark(void **state)
{
	struct rte_ipv4_hdr h = { .src_addr = OUR1,
				  .dst_addr = FAR,
				  .next_proto_id = 17,
				  .fragment_offset = RTE_BE16(IP4_DF) };

	role_borrow_dp();
	h.packet_id = ip_select_ident(dp(), &h);
	say(&(struct said){ .frag = RTE_BE16(IP4_DF), .id = h.packet_id });
	assert_int_equal(ip4_exc_n, 1);
	forget();
	(void)state;
}

/* accept_redirects: a router wants both, a host either. */
static void
test_accept(void **state)
{
	struct ipv4_devconf *cnf = &in_dev_get_rcu(p1)->cnf;

	for (unsigned int i = 0; i < 8; i++) {
		bool router = i & 1, all = i & 2, dev = i & 4;
		uint64_t was = refused();

		cnf->forwarding = router;
		ipv4_devconf_all.accept_redirects = all;
		cnf->accept_redirects = dev;
		say(&(struct said){ 0 });
		assert_int_equal(ip4_exc_n, router ? all && dev : all || dev);
		assert_int_equal(refused(), was); /* not even looked at */
		forget();
	}
	(void)state;
}

/* ip_forward carries all's with it, as in Linux. */
static void
test_forwarding_decides(void **state)
{
	role_enter_ctl();
	assert_int_equal(ipv4_devconf_dflt.accept_redirects, 1);
	inetdev_set_forwarding(0);
	assert_int_equal(ipv4_devconf_all.accept_redirects, 1);
	inetdev_set_forwarding(1);
	assert_int_equal(ipv4_devconf_all.accept_redirects, 0);
	(void)state;
}

/* shared_media off: the gateway is on the speaker's subnet; secure_redirects: it is one of ours. */
static void
test_secure(void **state)
{
	struct ipv4_devconf *cnf = &in_dev_get_rcu(p1)->cnf;
	const rte_be32_t other = IP(172, 20, 0, 7);
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	role_enter_ctl();
	assert_int_equal(neigh_admin_set(other, p1, &gw2_mac, NUD_PERMANENT), 0);
	say(&(struct said){ .to = other }); /* a shared medium: anybody */
	assert_int_equal(ip4_exc_n, 1);
	forget();
	ipv4_devconf_all.shared_media = cnf->shared_media = 0;
	ipv4_devconf_all.secure_redirects = cnf->secure_redirects = 0;
	say(&(struct said){ .to = other });
	assert_int_equal(ip4_exc_n, 0);
	say(&(struct said){ 0 });
	assert_int_equal(ip4_exc_n, 1);
	forget();
	cnf->secure_redirects = 1; /* one of both is enough */
	say(&(struct said){ 0 });
	assert_int_equal(ip4_exc_n, 0);
	*r = (struct fib_route_spec){ .table = RT_TABLE_MAIN,
				      .dst = IP(100, 64, 0, 0),
				      .plen = 16,
				      .type = FIB_UNICAST,
				      .n_nh = 1 };
	r->nh[0] = (struct fib_nexthop_spec){ .gateway = GW2, .weight = 1 };
	assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
	say(&(struct said){ 0 });
	assert_int_equal(ip4_exc_n, 1);
	forget();
	free(r);
	(void)state;
}

/* gc_timeout; a gateway in use may send on, and back. */
static void
test_expiry(void **state)
{
	uint32_t begun = adj_now_s;

	role_enter_ctl();
	say(&(struct said){ 0 });
	adj_now_s = begun + 299;
	assert_true(is_redirected());
	say(&(struct said){ .src = GW2, .to = PEER1 });
	assert_memory_equal(leaves_by(FAR), &peer1, 6);
	assert_int_equal(ip4_exc_n, 1);
	say(&(struct said){ 0 });
	assert_true(is_redirected());
	adj_now_s = begun + 299 + 300;
	assert_false(is_redirected());
	assert_int_equal(ip4_exc_n, 1);
	assert_int_equal(ip4_exc_expire(adj_now_s), 0);
	adj_now_s = begun;
	(void)state;
}

/* A path MTU and a gateway of the same destination are one exception. */
static void
test_with_path_mtu(void **state)
{
	bool locked;

	role_enter_ctl();
	say(&(struct said){ 0 });
	ip4_pmtu_update(FAR, ip4_lookup(OUR1, FAR), 1400, adj_now_s);
	assert_int_equal(ip4_exc_n, 1);
	assert_true(is_redirected());
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 1400);
	/* It is the path's by the better gateway, too. */
	assert_int_equal(ip4_pmtu(FAR, ip4_exc_redirect(FAR, ip4_lookup(OUR1, FAR)), &locked),
			 1400);
	say(&(struct said){ .src = GW2, .to = PEER1 });
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 1400);
	forget();
	(void)state;
}

static void
change_route(rte_be32_t gw, struct net_device *onlink)
{
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	role_enter_ctl();
	*r = (struct fib_route_spec){ .table = RT_TABLE_MAIN,
				      .dst = IP(203, 0, 113, 0),
				      .plen = 24,
				      .type = FIB_UNICAST,
				      .n_nh = 1 };
	r->nh[0] = (struct fib_nexthop_spec){
		.gateway = gw, .weight = 1, .dev = onlink, .onlink = onlink != NULL
	};
	assert_int_equal(fib_route_add(r, FIB_REPLACE, &why), 0);
	free(r);
}

/* No exception outlives what it is about: route, gateway, address, device. */
static void
test_events(void **state)
{
	bool locked;

	say(&(struct said){ 0 });
	role_enter_ctl();
	ip4_pmtu_update(FAR, ip4_lookup(OUR1, FAR), 1400, adj_now_s);
	change_route(PEER0, NULL);
	assert_memory_equal(leaves_by(FAR), &peer0, 6);
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 0);
	change_route(PEER1, p2); /* the same address on another link */
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 0);
	change_route(PEER1, NULL);
	assert_true(is_redirected());
	/* The gateway fails: the route's own takes over. */
	assert_int_equal(neigh_admin_set(GW2, p1, NULL, NUD_FAILED), 0);
	assert_memory_equal(leaves_by(FAR), &peer1, 6);
	assert_int_equal(neigh_admin_set(GW2, p1, &gw2_mac, NUD_PERMANENT), 0);
	assert_true(is_redirected());
	assert_int_equal(inet_addr_del(p1, OUR1, 24), 0);
	assert_int_equal(ip4_exc_n, 0);
	(void)state;
}

static void
test_device_down(void **state)
{
	say(&(struct said){ 0 });
	assert_int_equal(ip4_exc_n, 1);
	role_enter_ctl();
	dev_close(p0);
	assert_int_equal(ip4_exc_n, 1);
	dev_close(p1);
	assert_int_equal(ip4_exc_n, 0);
	(void)state;
}

static void
test_device_gone(void **state)
{
	say(&(struct said){ 0 });
	role_enter_ctl();
	unregister_netdevice(p1);
	p1 = NULL;
	assert_int_equal(ip4_exc_n, 0);
	(void)state;
}

/* The neighbour is held as long as it is followed, and no longer. */
static void
test_neighbour_held(void **state)
{
	struct neighbour *n;

	role_enter_ctl();
	n = neigh_lookup(GW2, p1);
	assert_non_null(n);
	assert_int_equal(n->refcnt, 0);
	say(&(struct said){ 0 });
	say(&(struct said){ 0 }); /* again */
	assert_int_equal(n->refcnt, 1);
	forget();
	assert_int_equal(n->refcnt, 0);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_followed),	T(test_not_for_others), T(test_refused),
		T(test_mark),		T(test_accept),		T(test_forwarding_decides),
		T(test_secure),		T(test_expiry),		T(test_with_path_mtu),
		T(test_events),		T(test_device_down),	T(test_device_gone),
		T(test_neighbour_held),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
