/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP packets: each malformed kind, answers byte for byte, what is learned and what is not. */
#include "fixture.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define OURS  IP(192, 0, 2, 1)
#define OTHER IP(192, 0, 2, 77)

static struct ipv4_devconf *
conf(struct net_device *dev)
{
	return &dev->ip_ptr->cnf;
}

static void
request(struct net_device *dev, rte_be32_t sip, rte_be32_t tip)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &peer, sip, tip);

	arp_in(dev, PACKET_BROADCAST, &arp, ARP_PADDED_LEN);
}

/* Was the last request answered? Looks at the frames and forgets them. */
static bool
answered(void)
{
	bool yes = false;

	for (unsigned int i = 0; i < n_frames; i++) {
		const struct arp_eth_ip *arp = frame_arp(&frames[i]);

		yes |= arp != NULL && arp->ar_op == RTE_BE16(ARP_OP_REPLY);
	}
	n_frames = 0;
	return yes;
}

static CTL_ONLY uint8_t
state_of(rte_be32_t ip)
{
	const struct neighbour *n;

	turn();
	n = neigh_lookup(ip, p0);
	return n == NULL ? 0xff : n->nud.state;
}

static void
reply_is_exact(void **state)
{
	/* clang-format off */
	static const uint8_t want[60] = {
		0x02, 0, 0, 0, 0x99, 0x09,  0x02, 0, 0, 0, 0, 0x01,  0x08, 0x06,
		0, 1, 0x08, 0, 6, 4, 0, 2,
		0x02, 0, 0, 0, 0, 0x01,     192, 0, 2, 1,
		0x02, 0, 0, 0, 0x99, 0x09,  192, 0, 2, 9,
	};
	/* clang-format on */
	static const uint16_t lengths[] = { ARP_LEN, ARP_PADDED_LEN, 200 };

	ROLES();
	for (unsigned int i = 0; i < RTE_DIM(lengths); i++) {
		struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &peer, PEER_IP, OURS);

		n_frames = 0;
		memset(&arp.ar_tha, 0x5a, sizeof(arp.ar_tha)); /* "don't care" in a request */
		arp_in(p0, PACKET_BROADCAST, &arp, lengths[i]);
		assert_int_equal(n_frames, 1);
		assert_ptr_equal(frames[0].dev, p0);
		assert_int_equal(frames[0].len, 60);
		assert_memory_equal(frames[0].bytes, want, 60); /* no byte of the asker's behind */
	}
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_IN_REQUESTS), 3);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_OUT_REPLIES), 3);
}

/* A tap holds the same data: the answer must not be written into it. */
static void
shared_request_is_answered_from_a_copy(void **state)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &peer, PEER_IP, OURS);
	struct skb_vec vec = { .n = 1 };
	struct sk_buff *skb, *clone;

	ROLES();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	memcpy(skb_put(skb, ARP_LEN), &arp, ARP_LEN);
	skb->dev = p0;
	clone = skb_clone(dp(), skb);
	assert_non_null(clone);
	vec.v[0] = skb;
	arp_rcv(dp(), &vec);
	assert_true(answered());
	assert_memory_equal(skb_data(clone), &arp, ARP_LEN);
	consume_skb(dp(), clone);
}

/* Each kind of nonsense has its own reason, is not answered and teaches nothing. */
static void
malformed_packets_die_by_kind(void **state)
{
	static const struct rte_ether_addr group = { { 0x03, 0, 0, 0, 0, 1 } }, zero = { { 0 } };
	struct arp_eth_ip good = arp_make(ARP_OP_REQUEST, &peer, PEER_IP, OURS), bad;
	struct {
		struct arp_eth_ip arp;
		enum drop_reason why;
	} kinds[16];
	unsigned int n = 0;

	ROLES();
	neigh_parms_get(p0)->arp_defend = 0;
#define KIND(change, reason)                                                                       \
	do {                                                                                       \
		bad = good;                                                                        \
		change;                                                                            \
		kinds[n].arp = bad;                                                                \
		kinds[n++].why = (reason);                                                         \
	} while (0)
	KIND(bad.ar_hrd = RTE_BE16(2), DROP_ARP_BAD_HTYPE);
	KIND(bad.ar_pro = RTE_BE16(0x86dd), DROP_ARP_BAD_PTYPE);
	KIND(bad.ar_hln = 8, DROP_ARP_BAD_HLEN);
	KIND(bad.ar_pln = 16, DROP_ARP_BAD_PLEN);
	KIND(bad.ar_op = 0, DROP_ARP_BAD_OP);
	KIND(bad.ar_op = RTE_BE16(3), DROP_ARP_BAD_OP);
	KIND(bad.ar_sha = group, DROP_ARP_BAD_SENDER_MAC);
	KIND(bad.ar_sha = zero, DROP_ARP_BAD_SENDER_MAC);
	KIND(bad.ar_sip = IP(224, 0, 0, 1), DROP_ARP_BAD_SENDER_IP);
	KIND(bad.ar_sip = IP(255, 255, 255, 255), DROP_ARP_BAD_SENDER_IP);
	KIND(bad.ar_sip = IP(127, 0, 0, 1), DROP_ARP_BAD_SENDER_IP);
	KIND(bad.ar_sip = IP(0, 0, 0, 9), DROP_ARP_BAD_SENDER_IP);
	KIND(bad.ar_tip = IP(239, 1, 1, 1), DROP_ARP_BAD_TARGET_IP);
	KIND(bad.ar_tip = IP(127, 0, 0, 1), DROP_ARP_BAD_TARGET_IP);
	KIND(bad.ar_sha = mac0, DROP_ARP_LOOPED);
	KIND(bad.ar_sip = OURS, DROP_ARP_OWN_ADDRESS);
#undef KIND
	assert_int_equal(n, RTE_DIM(kinds));
	for (unsigned int i = 0; i < n; i++) {
		uint64_t before = drops(kinds[i].why);

		arp_in(p0, PACKET_BROADCAST, &kinds[i].arp, ARP_LEN);
		assert_int_equal(drops(kinds[i].why), before + 1);
	}
	arp_in(p0, PACKET_BROADCAST, &good, ARP_LEN - 1);
	assert_int_equal(drops(DROP_ARP_RUNT), 1);
	arp_in(p0, PACKET_OTHERHOST, &good, ARP_LEN);
	assert_int_equal(drops(DROP_NETDEV_OTHERHOST), 1);
	turn();
	assert_int_equal(n_frames, 0);
	assert_int_equal(neigh_count(), 0);
	arp_in(p0, PACKET_BROADCAST, &good, ARP_LEN); /* the control: the good one is answered */
	assert_true(answered());
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
}

static void
devices_without_arp_stay_silent(void **state)
{
	ROLES();
	p0->flags |= IFF_NOARP;
	request(p0, PEER_IP, OURS);
	assert_false(answered());
	p0->flags &= ~(uint32_t)IFF_NOARP;
	inet_addr_flush(p0);
	request(p0, PEER_IP, IP(198, 51, 100, 1)); /* unnumbered: an address of p1 will do */
	assert_true(answered());
	assert_int_equal(drops(DROP_ARP_NOARP), 1);
}

static void
nobody_has_the_zero_address(void **state)
{
	ROLES();
	request(p0, PEER_IP, 0);
	request(p0, 0, 0);
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_NOT_FOR_US), 2);
}

/* RFC 5227 2.1.1: a probe asks with sender 0.0.0.0; we defend, and learn nothing. */
static void
probe_is_answered_and_teaches_nothing(void **state)
{
	ROLES();
	request(p0, 0, OURS);
	assert_true(answered());
	turn();
	assert_int_equal(neigh_count(), 0);
}

static void
arp_ignore_is_honoured(void **state)
{
	ROLES();
	/* 0: any local address by any device; not other hosts' */
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_true(answered());
	request(p0, PEER_IP, OTHER);
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_NOT_FOR_US), 1);

	conf(p0)->arp_ignore = 1; /* addresses of the device only */
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_false(answered());
	request(p0, IP(10, 0, 0, 5), OURS);
	assert_true(answered());

	conf(p0)->arp_ignore = 2; /* and from their subnet only */
	request(p0, IP(10, 0, 0, 5), OURS);
	assert_false(answered());
	request(p0, PEER_IP, OURS);
	assert_true(answered());

	request(p0, 0, OURS); /* a probe has no subnet */
	assert_true(answered());
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_false(answered());
	for (int reserved = 4; reserved <= 7; reserved++) {
		conf(p0)->arp_ignore = reserved; /* as 0 */
		request(p0, PEER_IP, IP(198, 51, 100, 1));
		assert_true(answered());
	}

	conf(p0)->arp_ignore = 8; /* none */
	request(p0, PEER_IP, OURS);
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_IGNORED), 4);

	conf(p0)->arp_ignore = 0; /* the larger of "all" and the device's counts */
	ipv4_devconf_all.arp_ignore = 8;
	request(p0, PEER_IP, OURS);
	assert_false(answered());
	ipv4_devconf_all.arp_ignore = 0;
}

/* Two addresses on the subnet, and one more by itself, in whatever order they were given. */
static void
arp_ignore_with_secondaries(void **state)
{
	static const rte_be32_t order[2][3] = {
		{ IP(192, 0, 2, 1), IP(192, 0, 2, 3), IP(203, 0, 113, 7) },
		{ IP(203, 0, 113, 7), IP(192, 0, 2, 3), IP(192, 0, 2, 1) },
	};

	ROLES();
	for (unsigned int o = 0; o < 2; o++) {
		inet_addr_flush(p0);
		for (unsigned int i = 0; i < 3; i++) {
			struct inet_addr_spec s = { .local = order[o][i],
						    .prefixlen = order[o][i] == IP(203, 0, 113, 7)
									 ? 32
									 : 24 };

			assert_int_equal(inet_addr_add(p0, &s), 0);
		}
		for (int mode = 0; mode <= 2; mode++) {
			conf(p0)->arp_ignore = mode;
			request(p0, PEER_IP, IP(192, 0, 2, 1));
			assert_true(answered());
			request(p0, PEER_IP, IP(192, 0, 2, 3)); /* secondary or not */
			assert_true(answered());
			request(p0, PEER_IP, IP(203, 0, 113, 7)); /* its /32 holds nobody else */
			assert_int_equal(answered(), mode < 2);
			request(p0, PEER_IP, IP(198, 51, 100, 1)); /* the other device's */
			assert_int_equal(answered(), mode == 0);
			request(p1, IP(198, 51, 100, 9),
				IP(192, 0, 2, 3)); /* p1 has its own mode */
			assert_true(answered());
		}
		conf(p0)->arp_ignore = 0;
	}
	/* 2: any subnet of the device that holds both will do, not only the address's own */
	conf(p0)->arp_ignore = 2;
	{
		struct inet_addr_spec host = { .local = IP(192, 0, 2, 200), .prefixlen = 32 };

		assert_int_equal(inet_addr_add(p0, &host), 0);
	}
	request(p0, PEER_IP, IP(192, 0, 2, 200));
	assert_true(answered());
}

static void
arp_ignore_3_hides_scope_host(void **state)
{
	struct inet_addr_spec spec = { .local = IP(192, 0, 2, 2),
				       .prefixlen = 32,
				       .scope = SCOPE_HOST };

	ROLES();
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	request(p0, PEER_IP, IP(192, 0, 2, 2));
	assert_true(answered());
	conf(p0)->arp_ignore = 3;
	request(p0, PEER_IP, IP(192, 0, 2, 2));
	assert_false(answered());
	request(p0, PEER_IP, IP(198, 51, 100, 1)); /* of another device, but global */
	assert_true(answered());
	/* on two devices: the wider scope counts */
	spec.local = IP(192, 0, 2, 3);
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	request(p0, PEER_IP, IP(192, 0, 2, 3));
	assert_false(answered());
	spec.scope = SCOPE_UNIVERSE;
	assert_int_equal(inet_addr_add(p1, &spec), 0);
	request(p0, PEER_IP, IP(192, 0, 2, 3));
	assert_true(answered());
}

static void
arp_filter_asks_the_way_back(void **state)
{
	ROLES();
	fixture_route(IP(10, 7, 0, 0), 16, p1);
	fixture_route(IP(10, 8, 0, 0), 16, p0);
	request(p0, IP(198, 51, 100, 9), OURS);
	assert_true(answered());
	conf(p0)->arp_filter = 1;
	request(p0, IP(198, 51, 100, 9), OURS); /* would be answered by p1 */
	assert_false(answered());
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_false(answered());
	request(p0, IP(172, 16, 0, 1), OURS); /* no way back at all */
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_IGNORED), 3);
	request(p0, IP(10, 8, 0, 1), OURS); /* routed, not a subnet of p0 */
	assert_true(answered());
	request(p0, PEER_IP, OURS);
	assert_true(answered());
	request(p0, 0, OURS); /* a probe comes from nowhere */
	assert_true(answered());
	/* it is the way from the address that is asked for, of what is made here */
	fixture_rule(OURS, (uint32_t)p0->ifindex, p0);
	fixture_rule(IP(192, 0, 2, 2), 0, p0);
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_false(answered());
	fixture_rule(OURS, 0, p0);
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_true(answered());
	conf(p0)->arp_filter = 0; /* "or": all's counts as well */
	ipv4_devconf_all.arp_filter = 1;
	request(p0, IP(10, 7, 0, 1), IP(198, 51, 100, 1));
	assert_false(answered());
	ipv4_devconf_all.arp_filter = 0;
}

static void
gratuitous_arp_may_be_dropped(void **state)
{
	struct arp_eth_ip grat = arp_make(ARP_OP_REQUEST, &peer2, PEER_IP, PEER_IP);
	struct neighbour *n;

	ROLES();
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_STALE), 0);
	n = neigh_lookup(PEER_IP, p0);
	conf(p0)->drop_gratuitous_arp = 1;
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_int_equal(drops(DROP_ARP_IGNORED), 1);
	assert_mac(&n->ha, &peer);
	conf(p0)->drop_gratuitous_arp = 0;
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer2);
}

/* Requests are routed as packets are (Linux: ip_route_input). */
static void
senders_must_be_possible(void **state)
{
	ROLES();
	fixture_route(IP(10, 7, 0, 0), 16, p1);
	request(p0, IP(192, 0, 2, 255), OURS); /* the subnet's broadcast address */
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_BAD_SENDER_IP), 1);
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_true(answered());
	conf(p0)->rp_filter = 2; /* loose: any way back */
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_true(answered());
	request(p0, IP(172, 16, 0, 1), OURS);
	assert_false(answered());
	conf(p0)->rp_filter = 1;
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_false(answered());
	assert_int_equal(drops(DROP_ARP_RP_FILTER), 2);
	request(p0, PEER_IP, OURS);
	assert_true(answered());
	request(p0, 0, OURS);
	assert_true(answered());
	fixture_rule(OURS, 0, p0); /* the way back is that of an answer from us */
	request(p0, IP(10, 7, 0, 1), OURS);
	assert_true(answered());
}

/* Who asks for somebody else is heard, whatever way that one's packets would take: we do not answer
 * for him. */
static void
request_for_another_is_judged_by_its_sender(void **state)
{
	const struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->locktime = 0;
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer2, NUD_STALE), 0);
	n = neigh_lookup(PEER_IP, p0);
	conf(p0)->rp_filter = 1;
	fixture_rule(OTHER, 0, p1);
	request(p0, PEER_IP, OTHER);
	turn();
	assert_int_equal(drops(DROP_ARP_RP_FILTER), 0);
	assert_mac(&n->ha, &peer);
	fixture_rule(OURS, 0, p1); /* an answer of ours would not leave here */
	request(p0, PEER_IP, OURS);
	assert_int_equal(drops(DROP_ARP_RP_FILTER), 1);
	request(p0, IP(198, 51, 100, 9), OTHER);
	assert_int_equal(drops(DROP_ARP_RP_FILTER), 2);
}

static void
loopback_targets_need_route_localnet(void **state)
{
	ROLES();
	request(p0, PEER_IP, IP(127, 0, 0, 5));
	assert_int_equal(drops(DROP_ARP_BAD_TARGET_IP), 1);
	conf(p0)->route_localnet = 1;
	request(p0, PEER_IP, IP(127, 0, 0, 5));
	assert_int_equal(drops(DROP_ARP_BAD_TARGET_IP), 1);
	assert_int_equal(drops(DROP_ARP_NOT_FOR_US), 1); /* nobody has it here */
}

/* Addresses come and go, devices too: the answer follows. */
static void
answers_follow_addresses_and_devices(void **state)
{
	struct inet_addr_spec spec = { .local = OTHER, .prefixlen = 24 };

	ROLES();
	request(p0, PEER_IP, OTHER);
	assert_false(answered());
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	request(p0, PEER_IP, OTHER);
	assert_true(answered());
	assert_int_equal(inet_addr_del(p0, OTHER, 24), 0);
	request(p0, PEER_IP, OTHER);
	assert_false(answered());
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_true(answered());
	dev_close(p1); /* its address stays ours, as the local route does */
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_true(answered());
	spec.local = IP(198, 51, 100, 2);
	assert_int_equal(inet_addr_add(p1, &spec), 0);
	request(p0, PEER_IP, IP(198, 51, 100, 2));
	assert_true(answered());
	unregister_netdevice(p1);
	request(p0, PEER_IP, IP(198, 51, 100, 1));
	assert_false(answered());
	request(p0, PEER_IP, IP(198, 51, 100, 2));
	assert_false(answered());
}

/* --- learning --- */

static void
asking_us_teaches_the_sender(void **state)
{
	const struct neighbour *n;

	ROLES();
	request(p0, PEER_IP, OURS);
	assert_int_equal(state_of(PEER_IP), NUD_STALE); /* one-way proof only */
	n = neigh_lookup(PEER_IP, p0);
	assert_mac(&n->ha, &peer);
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_REWRITE);
}

static void
strangers_are_not_learned(void **state)
{
	struct arp_eth_ip grat = arp_make(ARP_OP_REQUEST, &peer, PEER_IP, PEER_IP);
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, PEER_IP, OURS);
	struct arp_eth_ip announce = arp_make(ARP_OP_REPLY, &peer, PEER_IP, PEER_IP);

	ROLES();
	request(p0, PEER_IP, OTHER);	    /* asks for somebody else */
	request(p0, IP(10, 0, 0, 5), OURS); /* from no subnet of ours: answered, not learned */
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN); /* nobody asked */
	arp_in(p0, PACKET_BROADCAST, &announce, ARP_LEN);
	turn();
	assert_int_equal(neigh_count(), 0);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_NOT_LEARNED), 5);

	conf(p0)->arp_accept = 1;
	request(p0, PEER_IP, OTHER);
	turn();
	assert_int_equal(neigh_count(), 0);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	grat.ar_sip = grat.ar_tip = IP(10, 0, 0, 5);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_int_equal(neigh_count(), 1); /* there is no way to 10/8 */
	fixture_route(IP(10, 0, 0, 0), 8, p0);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	assert_int_equal(state_of(IP(10, 0, 0, 5)), NUD_STALE);
	conf(p0)->arp_accept = 2; /* the device's own subnets only */
	grat.ar_sip = grat.ar_tip = IP(10, 0, 0, 6);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_null(neigh_lookup(IP(10, 0, 0, 6), p0));
	grat.ar_sip = grat.ar_tip = IP(192, 0, 2, 66);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	assert_int_equal(state_of(IP(192, 0, 2, 66)), NUD_STALE);
	reply.ar_sip = IP(192, 0, 2, 67);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN); /* unsolicited, but unicast */
	assert_int_equal(state_of(IP(192, 0, 2, 67)), NUD_REACHABLE);
	for (int accept = 1; accept <= 2; accept++) {
		conf(p0)->arp_accept = accept;
		reply.ar_sip = IP(192, 0, 2, 255); /* nobody's */
		arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
		assert_int_equal(state_of(IP(192, 0, 2, 255)), 0xff);
	}
}

static void
unicast_reply_proves_reachability_broadcast_does_not(void **state)
{
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, PEER_IP, OURS);

	ROLES();
	neigh_create(PEER_IP, p0);
	arp_in(p0, PACKET_BROADCAST, &reply, ARP_LEN);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
}

/* A station that moved announces it; the adjacency follows although the entry was just made. */
static void
gratuitous_arp_moves_a_known_neighbour(void **state)
{
	struct arp_eth_ip grat = arp_make(ARP_OP_REQUEST, &peer2, PEER_IP, PEER_IP);
	const struct neighbour *n;

	ROLES();
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_REACHABLE), 0);
	n = neigh_lookup(PEER_IP, p0);
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	assert_int_equal(state_of(PEER_IP), NUD_STALE);
	assert_mac(&n->ha, &peer2);
	assert_mac(adj_get(n->adj_idx)->hdr + ADJ_HDR_MAX - 14, &peer2);
}

static void
second_answer_within_locktime_is_ignored(void **state)
{
	struct arp_eth_ip first = arp_make(ARP_OP_REPLY, &peer, PEER_IP, OURS);
	struct arp_eth_ip second = arp_make(ARP_OP_REPLY, &peer2, PEER_IP, OURS);
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->locktime = 6000;
	n = neigh_create(PEER_IP, p0);
	arp_in(p0, PACKET_HOST, &first, ARP_LEN);
	arp_in(p0, PACKET_HOST, &second, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_LOCKTIME_IGNORED), 1);
	neigh_parms_get(p0)->locktime = 0;
	arp_in(p0, PACKET_HOST, &second, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer2);
	assert_int_equal(n->nud.state, NUD_REACHABLE);

	/* who asks for us is believed at once (Linux's neigh_event_ns), who asks for others is not
	 */
	neigh_parms_get(p0)->locktime = 6000;
	request(p0, PEER_IP, OTHER);
	turn();
	assert_mac(&n->ha, &peer2);
	request(p0, PEER_IP, OURS);
	turn();
	assert_mac(&n->ha, &peer);
	assert_int_equal(n->nud.state, NUD_STALE);
	/* a broadcast reply announces only if it names itself as the target's hardware, too */
	second.ar_tip = PEER_IP;
	arp_in(p0, PACKET_BROADCAST, &second, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer);
	second.ar_tha = peer2;
	arp_in(p0, PACKET_BROADCAST, &second, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer2);
	/* and then also where it is sent to us alone */
	second.ar_sha = second.ar_tha = peer;
	arp_in(p0, PACKET_HOST, &second, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer);
	assert_int_equal(n->nud.state, NUD_STALE);
}

/* --- sending --- */

/* The sender address of the request that a packet from @p src causes. */
static CTL_ONLY DP_ONLY rte_be32_t
asked_from(rte_be32_t src)
{
	rte_be32_t sip = 0;

	n_frames = 0;
	neigh_resolve_output(neigh_create(PEER_IP, p0), ip_packet(src, PEER_IP, 1));
	assert_int_equal(n_frames, 1);
	sip = frame_arp(&frames[0])->ar_sip;
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	return sip;
}

static void
arp_announce_chooses_the_source(void **state)
{
	struct inet_addr_spec second = { .local = IP(192, 0, 2, 2), .prefixlen = 24 };

	ROLES();
	assert_int_equal(inet_addr_add(p0, &second), 0);
	/* a forwarded packet's source is never ours to use */
	assert_int_equal(asked_from(IP(10, 0, 0, 1)), OURS);
	/* 0: the packet's own, if local */
	assert_int_equal(asked_from(IP(192, 0, 2, 2)), IP(192, 0, 2, 2));
	assert_int_equal(asked_from(IP(198, 51, 100, 1)), IP(198, 51, 100, 1));
	/* 1: only one of the target's subnet */
	conf(p0)->arp_announce = 1;
	assert_int_equal(asked_from(IP(192, 0, 2, 2)), IP(192, 0, 2, 2));
	assert_int_equal(asked_from(IP(198, 51, 100, 1)), OURS);
	/* 2: always the best local address for the target */
	conf(p0)->arp_announce = 2;
	assert_int_equal(asked_from(IP(192, 0, 2, 2)), OURS);
}

/* RFC 1812 2.2.7: it asks with another's address, also where that one is down; who answers may ask
 * for it in turn. */
static void
unnumbered_device_answers_for_what_it_asks_with(void **state)
{
	rte_be32_t src;

	ROLES();
	inet_addr_flush(p0);
	dev_close(p1);
	src = asked_from(IP(10, 0, 0, 1));
	assert_int_equal(src, IP(198, 51, 100, 1));
	request(p0, PEER_IP, src);
	assert_true(answered());
}

/* The same addresses in the other order, and one more device: what is primary changes, the rule
 * does not. */
static void
arp_announce_in_either_order(void **state)
{
	static const rte_be32_t order[2][2] = { { IP(192, 0, 2, 1), IP(192, 0, 2, 2) },
						{ IP(192, 0, 2, 2), IP(192, 0, 2, 1) } };

	ROLES();
	for (unsigned int o = 0; o < 2; o++) {
		rte_be32_t primary = order[o][0], secondary = order[o][1];

		inet_addr_flush(p0);
		for (unsigned int i = 0; i < 2; i++) {
			struct inet_addr_spec s = { .local = order[o][i], .prefixlen = 24 };

			assert_int_equal(inet_addr_add(p0, &s), 0);
		}
		conf(p0)->arp_announce = 0;
		assert_int_equal(asked_from(primary), primary);
		assert_int_equal(asked_from(secondary), secondary);
		assert_int_equal(asked_from(IP(198, 51, 100, 1)), IP(198, 51, 100, 1));
		assert_int_equal(asked_from(IP(10, 0, 0, 1)), primary);
		conf(p0)->arp_announce = 1;
		assert_int_equal(asked_from(primary), primary);
		assert_int_equal(asked_from(secondary), secondary);
		assert_int_equal(asked_from(IP(198, 51, 100, 1)), primary);
		conf(p0)->arp_announce = 2;
		assert_int_equal(asked_from(primary), primary);
		assert_int_equal(asked_from(secondary), primary);
		conf(p0)->arp_announce = 0; /* the larger of the two counts */
		ipv4_devconf_all.arp_announce = 2;
		assert_int_equal(asked_from(secondary), primary);
		ipv4_devconf_all.arp_announce = 0;
	}
}

static void
arp_notify_announces(void **state)
{
	struct inet_addr_spec spec = { .local = OTHER, .prefixlen = 24 };

	ROLES();
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	assert_int_equal(arp_requests(OTHER), 0); /* off by default */
	assert_int_equal(inet_addr_del(p0, OTHER, 24), 0);
	conf(p0)->arp_notify = 1;
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	assert_int_equal(arp_requests(OTHER), 1);
	assert_int_equal(frame_arp(&frames[0])->ar_sip, OTHER);
	assert_memory_equal(frames[0].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(dev_set_mac_address(p0, &mac1), 0);
	assert_int_equal(arp_requests(OTHER), 2);
	assert_int_equal(arp_requests(OURS), 1);
	dev_close(p0);
	assert_int_equal(dev_open(p0), 0);
	assert_int_equal(arp_requests(OTHER), 3);
	netif_carrier_set(p0, false);
	assert_int_equal(arp_requests(OTHER), 3); /* nobody would hear it */
	netif_carrier_set(p0, true);
	assert_int_equal(arp_requests(OTHER), 4);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_OUT_ANNOUNCEMENTS),
			 4 + arp_requests(OURS));
}

/* A flood does not grow the table past its limit, and what is reachable stays. */
static void
learning_is_bounded(void **state)
{
	struct inet_addr_spec wide = { .local = IP(10, 0, 0, 1), .prefixlen = 8 };

	ROLES();
	neigh_tbl.gc_thresh2 = 200;
	neigh_tbl.gc_thresh3 = 256;
	assert_int_equal(inet_addr_add(p0, &wide), 0);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer2, NUD_REACHABLE), 0);
	neigh_tbl.arp_rate_total = 1000000;
	for (uint32_t i = 0; i < 5000; i++) {
		request(p0, rte_cpu_to_be_32(0x0a000100 + i), OURS);
		turn();
	}
	assert_true(neigh_count() <= 256);
	assert_true(neigh_count() > 100);
	assert_int_equal(state_of(PEER_IP), NUD_REACHABLE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(reply_is_exact),
		T(shared_request_is_answered_from_a_copy),
		T(malformed_packets_die_by_kind),
		T(devices_without_arp_stay_silent),
		T(nobody_has_the_zero_address),
		T(probe_is_answered_and_teaches_nothing),
		T(arp_ignore_is_honoured),
		T(arp_ignore_with_secondaries),
		T(arp_ignore_3_hides_scope_host),
		T(arp_filter_asks_the_way_back),
		T(gratuitous_arp_may_be_dropped),
		T(senders_must_be_possible),
		T(request_for_another_is_judged_by_its_sender),
		T(loopback_targets_need_route_localnet),
		T(answers_follow_addresses_and_devices),
		T(asking_us_teaches_the_sender),
		T(strangers_are_not_learned),
		T(unicast_reply_proves_reachability_broadcast_does_not),
		T(gratuitous_arp_moves_a_known_neighbour),
		T(second_answer_within_locktime_is_ignored),
		T(arp_announce_chooses_the_source),
		T(unnumbered_device_answers_for_what_it_asks_with),
		T(arp_announce_in_either_order),
		T(arp_notify_announces),
		T(learning_is_bounded),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
