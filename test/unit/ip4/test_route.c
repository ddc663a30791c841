/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts of input routing: martians, reverse path, classes of destinations, switches. */
#include "fixture.h"

static struct in_device *
cnf(struct net_device *dev)
{
	return dev->ip_ptr;
}

/* Dropped under @p why, with and without the fast lane; a good packet still passes. */
static void
expect_drop(struct pkt p, enum drop_reason why)
{
	for (int fast = 0; fast < 2; fast++) {
		uint64_t before = drops(why);

		icmp_limits_reset();
		rx_pkt(&p, fast);
		assert_int_equal(drops(why), before + 1);
		n_frames = 0;
		rx_pkt(&(struct pkt){ 0 }, fast);
		assert_int_equal(n_frames, 1);
	}
}

static void
expect_forward(struct pkt p, struct net_device *out)
{
	for (int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_pkt(&p, fast);
		assert_int_equal(n_frames, 1);
		assert_ptr_equal(frames[0].dev, out);
		assert_int_equal(frame_ip(&frames[0])->next_proto_id, IPPROTO_UDP);
	}
}

static void
test_martian_sources(void **state)
{
	static const rte_be32_t bad[] = {
		IP(0, 0, 0, 1),
		IP(0, 255, 255, 255),
		IP(127, 0, 0, 1),
		IP(127, 255, 255, 255),
		IP(224, 0, 0, 1),
		IP(239, 255, 255, 255),
		IP(240, 0, 0, 1),
		IP(255, 255, 255, 255),
		OUR0,
		OUR1,
		IP(192, 0, 2, 255),
		IP(198, 51, 100, 255),
	};
	static const rte_be32_t good[] = { IP(1, 0, 0, 0),   IP(126, 255, 255, 255),
					   IP(128, 0, 0, 0), IP(223, 255, 255, 255),
					   IP(192, 0, 2, 2), FAR };

	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		expect_drop((struct pkt){ .src = bad[i] }, DROP_IP4_MARTIAN_SOURCE);
	for (unsigned int i = 0; i < RTE_DIM(good); i++)
		expect_forward((struct pkt){ .src = good[i] }, p1);
	/* A whole prefix that is ours, by hand. */
	{
		struct fib_route_spec *r = calloc(1, sizeof(*r));
		const char *why = NULL;

		role_enter_ctl();
		expect_forward((struct pkt){ .src = IP(100, 64, 9, 9) }, p1);
		r->table = RT_TABLE_LOCAL;
		r->dst = IP(100, 64, 0, 0);
		r->plen = 10;
		r->type = FIB_LOCAL;
		r->n_nh = 1;
		r->nh[0].dev = p0;
		assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
		expect_drop((struct pkt){ .src = IP(100, 64, 9, 9) }, DROP_IP4_MARTIAN_SOURCE);
		assert_int_equal(fib_route_del(r), 0);
		expect_forward((struct pkt){ .src = IP(100, 64, 9, 9) }, p1);
		free(r);
	}
	/* accept_local lets our own come in. */
	cnf(p0)->cnf.accept_local = 1;
	netif_fast_rx = NULL;
	n_frames = 0;
	rx_pkt(&(struct pkt){ .src = OUR1 }, true);
	assert_int_equal(n_frames, 1);
	(void)state;
}

static void
test_destinations(void **state)
{
	expect_drop((struct pkt){ .dst = IP(127, 0, 0, 1) }, DROP_IP4_MARTIAN_DESTINATION);
	expect_drop((struct pkt){ .dst = IP(10, 66, 1, 1) }, DROP_IP4_BLACKHOLE);
	expect_drop((struct pkt){ .dst = IP(10, 67, 1, 1) }, DROP_IP4_UNREACHABLE);
	expect_drop((struct pkt){ .dst = IP(10, 68, 1, 1) }, DROP_IP4_PROHIBIT);
	expect_drop((struct pkt){ .dst = IP(8, 8, 8, 8) }, DROP_IP4_NO_ROUTE);
	expect_drop((struct pkt){ .dst = IP(224, 0, 0, 5) }, DROP_IP4_MULTICAST);
	expect_drop((struct pkt){ .dst = IP(232, 1, 1, 1) }, DROP_IP4_MULTICAST);
	/* RFC 2644: directed broadcasts end here. */
	expect_drop((struct pkt){ .dst = IP(198, 51, 100, 255) }, DROP_IP4_BROADCAST);
	expect_forward((struct pkt){ .dst = PEER1 }, p1);
	expect_forward((struct pkt){ .dst = IP(10, 1, 0, 9) }, p2);
	(void)state;
}

static void
test_rp_filter(void **state)
{
	struct pkt ok = { .src = PEER0 }, elsewhere = { .src = FAR },
		   nowhere = { .src = IP(8, 8, 8, 8) };

	expect_forward(nowhere, p1);
	cnf(p0)->cnf.rp_filter = 1; /* strict */
	expect_forward(ok, p1);
	expect_forward((struct pkt){ .src = IP(10, 5, 5, 5) }, p1);
	expect_drop(elsewhere, DROP_IP4_RP_FILTER);
	expect_drop(nowhere, DROP_IP4_RP_FILTER);
	expect_drop((struct pkt){ .src = IP(10, 66, 0, 1) }, DROP_IP4_RP_FILTER);
	cnf(p0)->cnf.rp_filter = 2; /* loose: any route */
	expect_forward(ok, p1);
	expect_forward(elsewhere, p1);
	expect_drop(nowhere, DROP_IP4_RP_FILTER);
	/* The larger of all's and the interface's counts. */
	cnf(p0)->cnf.rp_filter = 0;
	ipv4_devconf_all.rp_filter = 1;
	expect_drop(elsewhere, DROP_IP4_RP_FILTER);
	ipv4_devconf_all.rp_filter = 0;
	expect_forward(elsewhere, p1);
	(void)state;
}

static void
test_forwarding_switch(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find("net.ipv4.ip_forward", &v), 0);
	assert_int_equal(sysctl_get(&v), 1);
	assert_int_equal(sysctl_set(&v, 0), 0);
	for (int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_pkt(&(struct pkt){ 0 }, fast);
		rx_pkt(&(struct pkt){ .dst = IP(8, 8, 8, 8) }, fast); /* no error either */
		assert_int_equal(n_frames, 0);
		rx_pkt(&(struct pkt){ .dst = OUR0 }, fast); /* a host still answers */
		assert_int_equal(n_frames, 1);
	}
	assert_int_equal(drops(DROP_IP4_FORWARDING_OFF), 4);
	assert_int_equal(sysctl_set(&v, 1), 0);
	expect_forward((struct pkt){ 0 }, p1);
	/* One interface alone. */
	cnf(p0)->cnf.forwarding = 0;
	n_frames = 0;
	rx_pkt(&(struct pkt){ 0 }, true);
	assert_int_equal(n_frames, 0);
	cnf(p0)->cnf.forwarding = 1;
	/* all.forwarding is the same switch. */
	assert_int_equal(sysctl_find("net.ipv4.conf.all.forwarding", &v), 0);
	assert_int_equal(sysctl_set(&v, 0), 0);
	assert_int_equal(net_ipv4.ip_forward, 0);
	assert_int_equal(sysctl_set(&v, 1), 0);
	assert_int_equal(net_ipv4.ip_forward, 1);
	(void)state;
}

static void
test_link_broadcast(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	expect_drop((struct pkt){ .mac = &all }, DROP_IP4_LINK_BROADCAST);
	ipv4_devconf_all.drop_unicast_in_l2_multicast = 1;
	expect_drop((struct pkt){ .mac = &all, .dst = OUR0 }, DROP_IP4_LINK_BROADCAST);
	ipv4_devconf_all.drop_unicast_in_l2_multicast = 0;
	expect_drop((struct pkt){ .mac = &peer1 }, DROP_NETDEV_OTHERHOST);
	(void)state;
}

static void
test_bad_headers(void **state)
{
	uint8_t buf[128];
	uint32_t len = pkt_build(&(struct pkt){ 0 }, buf);
	struct rte_ipv4_hdr *h = (struct rte_ipv4_hdr *)(buf + 14);

	h->version_ihl = 0x65;
	pkt_fix(buf);
	rx_frame(p0, buf, len, true);
	assert_int_equal(drops(DROP_IP4_BAD_VERSION), 1);
	h->version_ihl = 0x44;
	rx_frame(p0, buf, len, true);
	assert_int_equal(drops(DROP_IP4_BAD_IHL), 1);
	h->version_ihl = 0x45;
	h->total_length = RTE_BE16(47);
	pkt_fix(buf);
	rx_frame(p0, buf, len, true);
	assert_int_equal(drops(DROP_IP4_BAD_LENGTH), 1);
	assert_int_equal(mib(&ipext_mib, IPEXT_InTruncatedPkts), 1);
	rx_frame(p0, buf, 14 + 19, true);
	assert_int_equal(drops(DROP_IP4_TRUNCATED), 1);
	h->total_length = RTE_BE16(46);
	pkt_fix(buf);
	h->hdr_checksum ^= 0x100;
	rx_frame(p0, buf, len, true);
	assert_int_equal(drops(DROP_IP4_BAD_CHECKSUM), 1);
	assert_int_equal(mib(&ipext_mib, IPEXT_InCsumErrors), 1);
	assert_int_equal(mib(&ip_mib, IP_InHdrErrors), 4);
	assert_int_equal(mib(&ip_mib, IP_InReceives), 5);
	assert_int_equal(n_frames, 0);
	(void)state;
}

static void
test_padding_is_cut(void **state)
{
	uint8_t buf[128] = { 0 };
	uint32_t len = pkt_build(&(struct pkt){ .payload = 4 }, buf);

	for (int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_frame(p0, buf, 60, fast);
		assert_int_equal(n_frames, 1);
		assert_int_equal(frames[0].len, len);
	}
	(void)state;
}

/* Two members: packets of a flow stay together, both are used, both lanes choose alike. */
static void
test_multipath(void **state)
{
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	unsigned int n[2] = { 0 };
	const char *why = NULL;

	role_enter_ctl();
	r->table = RT_TABLE_MAIN;
	r->dst = IP(172, 16, 0, 0);
	r->plen = 12;
	r->n_nh = 2;
	r->nh[0] = (struct fib_nexthop_spec){ .gateway = PEER1, .weight = 1 };
	r->nh[1] = (struct fib_nexthop_spec){ .gateway = IP(10, 1, 0, 9), .weight = 1 };
	assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
	free(r);
	for (unsigned int i = 0; i < 200; i++) {
		struct pkt p = { .dst = rte_cpu_to_be_32(0xac100000 + i * 77) };

		n_frames = 0;
		rx_pkt(&p, false);
		rx_pkt(&p, true);
		rx_pkt(&p, true);
		assert_int_equal(n_frames, 3);
		assert_ptr_equal(frames[0].dev, frames[1].dev);
		assert_ptr_equal(frames[0].dev, frames[2].dev);
		n[frames[0].dev == p1]++;
	}
	assert_true(n[0] > 60 && n[1] > 60);
	(void)state;
}

/* Several segments and shared data go by the general lane, and a clone is not written to. */
static void
test_odd_mbufs(void **state)
{
	static uint8_t buf[4096];
	uint32_t len = pkt_build(&(struct pkt){ .payload = 1400 }, buf);
	struct rte_mbuf *m = make_mbuf(buf, 40), *rest = make_mbuf(buf + 40, len - 40), *c;

	role_borrow_dp();
	rte_pktmbuf_chain(m, rest);
	netif_rx_burst(dp(), p0, &m, 1);
	assert_int_equal(n_frames, 1);
	assert_int_equal(frames[0].len, len);
	assert_memory_equal(frames[0].bytes + 34, buf + 34, len - 34);

	m = make_mbuf(buf, len);
	c = rte_pktmbuf_clone(m, m->pool);
	netif_rx_burst(dp(), p0, &c, 1);
	assert_int_equal(n_frames, 2);
	assert_int_equal(frame_ip(&frames[1])->time_to_live, 63);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), buf, len);
	rte_pktmbuf_free(m);
	(void)state;
}

static void
test_vlan_out(void **state)
{
	(void)state;
	/* The neighbour's adjacency with a longer header: what the fast lane writes in front. */
	const struct adj *old = ip4_lookup(PEER0, FAR);
	struct adj tagged = *old;
	uint32_t slot = old->index;

	role_enter_ctl();
	tagged.hdr_len = 18;
	memcpy(tagged.hdr + 6, old->hdr + 10, 12);
	memcpy(tagged.hdr + 18, (uint8_t[]){ 0x81, 0, 0, 100, 8, 0 }, 6);
	assert_int_equal(adj_publish(slot, &tagged), 0);
	for (int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_pkt(&(struct pkt){ 0 }, fast);
		assert_int_equal(n_frames, 1);
		assert_int_equal(frames[0].len, 64);
		assert_memory_equal(frames[0].bytes, &peer1, 6);
		assert_memory_equal(frames[0].bytes + 6, &mac1, 6);
		assert_memory_equal(frames[0].bytes + 12, ((uint8_t[]){ 0x81, 0, 0, 100, 8, 0 }),
				    6);
		assert_int_equal(frames[0].bytes[18], 0x45);
	}
}

/* bc_forwarding: all, the interface it came by, and never where it came from. */
static void
test_directed_broadcast(void **state)
{
	static const struct rte_ether_addr to_all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	const struct pkt there = { .dst = IP(198, 51, 100, 255), .proto = 99 };
	unsigned int forwarded = 0;

	for (unsigned int i = 0; i < 8; i++) {
		bool on = (i & 1) && (i & 2) && (i & 4);

		ipv4_devconf_all.bc_forwarding = i & 1;
		cnf(p0)->cnf.bc_forwarding = !!(i & 2);
		cnf(p0)->cnf.forwarding = !!(i & 4);
		n_frames = 0;
		rx_pkt(&there, i & 1);
		forwarded += on;
		assert_int_equal(n_frames, on);
		assert_int_equal(mib(&ip_mib, IP_ForwDatagrams), forwarded);
		assert_int_equal(mib(&ipext_mib, IPEXT_OutBcastPkts), forwarded);
		assert_int_equal(mib(&ipext_mib, IPEXT_InBcastPkts), i + 1);
	}
	assert_ptr_equal(frames[0].dev, p1);
	assert_memory_equal(frames[0].bytes, &to_all, 6);
	assert_memory_equal(frames[0].bytes + 6, &mac1, 6);
	assert_int_equal(frame_ip(&frames[0])->time_to_live, 63);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, there.dst);
	/* Delivered here, as ever: from its own link, to all, without a source. */
	for (unsigned int i = 0; i < 3; i++) {
		struct pkt p = there;

		if (i == 0)
			p.dst = IP(192, 0, 2, 255);
		else if (i == 1)
			p.mac = &to_all;
		else
			p.dst = RTE_BE32(UINT32_MAX);
		n_frames = 0;
		rx_pkt(&p, false);
		assert_int_equal(n_frames, 0);
	}
	/* RFC 1812 4.3.2.7: no error about one. */
	n_frames = 0;
	rx_pkt(&(struct pkt){ .dst = there.dst, .ttl = 1 }, false);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_IP4_TTL_EXPIRED), 1);
	/* Cut to the link's MTU. */
	role_enter_ctl();
	assert_int_equal(dev_set_mtu(p1, 600), 0);
	rx_pkt(&(struct pkt){ .dst = there.dst, .payload = 1000 }, false);
	assert_int_equal(n_frames, 2);
	assert_memory_equal(frames[1].bytes, &to_all, 6);
	(void)state;
}

/* bootp_relay: who has no address yet, asking a server that is not us, is heard here. */
static void
test_bootp_relay(void **state)
{
	const struct pkt asks = { .src = IP(0, 1, 2, 3), .proto = 99 };

	for (unsigned int i = 0; i < 4; i++) {
		ipv4_devconf_all.bootp_relay = i & 1;
		cnf(p0)->cnf.bootp_relay = i >> 1;
		rx_pkt(&asks, false);
		settle();
		assert_int_equal(mib(&ip_mib, IP_InUnknownProtos), i == 3);
	}
	assert_int_equal(drops(DROP_IP4_MARTIAN_SOURCE), 3);
	/* To ourselves it stays a martian; what has an address goes on. */
	rx_pkt(&(struct pkt){ .src = IP(0, 1, 2, 3), .dst = OUR0, .proto = 99 }, false);
	assert_int_equal(drops(DROP_IP4_MARTIAN_SOURCE), 4);
	expect_forward((struct pkt){ 0 }, p1);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_martian_sources),   T(test_destinations),       T(test_rp_filter),
		T(test_forwarding_switch), T(test_link_broadcast),     T(test_bad_headers),
		T(test_padding_is_cut),	   T(test_multipath),	       T(test_odd_mbufs),
		T(test_vlan_out),	   T(test_directed_broadcast), T(test_bootp_relay),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
