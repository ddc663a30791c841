/* SPDX-License-Identifier: BSD-3-Clause */
/* Proxy ARP (RFC 925, 1027, 3069), and what storms of ARP may cost. */
#include <errno.h>
#include "fixture.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define OURS   IP(192, 0, 2, 1)
#define BEHIND IP(198, 51, 100, 77) /* a host on p1's LAN */
#define FAR    IP(10, 7, 0, 1)	    /* routed by p1 */

static struct ipv4_devconf *
conf(struct net_device *dev)
{
	return &dev->ip_ptr->cnf;
}

static DP_ONLY void
ask(struct net_device *dev, uint8_t pkt_type, rte_be32_t sip, rte_be32_t tip)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &peer, sip, tip);

	arp_in(dev, pkt_type, &arp, ARP_LEN);
}

/* Is a request for @p tip answered at once? The answer is checked, and forgotten. */
static CTL_ONLY DP_ONLY bool
answers(struct net_device *dev, rte_be32_t sip, rte_be32_t tip)
{
	unsigned int n = 0;

	n_frames = 0;
	ask(dev, PACKET_BROADCAST, sip, tip);
	turn();
	for (unsigned int i = 0; i < n_frames; i++) {
		const struct arp_eth_ip *arp = frame_arp(&frames[i]);
		struct rte_ether_addr own;

		if (arp == NULL || arp->ar_op != RTE_BE16(ARP_OP_REPLY))
			continue;
		n++;
		netdev_addr(dev, &own);
		assert_mac(&arp->ar_sha, &own);
		assert_int_equal(arp->ar_sip, tip);
		assert_mac(&arp->ar_tha, &peer);
		assert_int_equal(arp->ar_tip, sip);
		assert_mac(frames[i].bytes, &peer);
		assert_ptr_equal(frames[i].dev, dev);
	}
	assert_true(n <= 1);
	n_frames = 0;
	return n == 1;
}

static int
setup(void **state)
{
	if (fixture_setup(state) < 0)
		return -1;
	role_enter_ctl();
	neigh_parms_get(p0)->proxy_delay = neigh_parms_get(p1)->proxy_delay = 0;
	fixture_route(IP(10, 7, 0, 0), 16, p1);
	fixture_route(IP(10, 8, 0, 0), 16, p0);
	return 0;
}

static void
proxy_arp_answers_for_what_is_behind(void **state)
{
	ROLES();
	assert_false(answers(p0, PEER_IP, BEHIND));
	conf(p0)->proxy_arp = 1;
	assert_true(answers(p0, PEER_IP, BEHIND));
	assert_true(answers(p0, PEER_IP, FAR));
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_PROXIED), 2);
	/* and it teaches the asker, who will send through us */
	assert_int_equal(neigh_lookup(PEER_IP, p0)->nud.state, NUD_STALE);
	assert_false(answers(p0, PEER_IP, IP(192, 0, 2, 77)));	   /* his own LAN */
	assert_false(answers(p0, PEER_IP, IP(10, 8, 0, 1)));	   /* back where it came from */
	assert_false(answers(p0, PEER_IP, IP(172, 16, 0, 1)));	   /* nowhere */
	assert_false(answers(p0, PEER_IP, IP(198, 51, 100, 255))); /* a broadcast address */
	assert_false(answers(p0, 0, BEHIND));			   /* RFC 5227 2.1.1: not a probe */
	assert_false(answers(p1, IP(198, 51, 100, 9), PEER_IP));   /* p1 was not told to */
	assert_true(answers(p0, PEER_IP, OURS));		   /* own ones as ever */
	conf(p0)->forwarding = 0; /* only who forwards there may say so */
	assert_false(answers(p0, PEER_IP, BEHIND));
	conf(p0)->forwarding = 1;
	conf(p0)->proxy_arp = 0; /* "or": all's is enough */
	ipv4_devconf_all.proxy_arp = 1;
	assert_true(answers(p0, PEER_IP, BEHIND));
	assert_true(answers(p1, IP(198, 51, 100, 9), PEER_IP));
	ipv4_devconf_all.proxy_arp = 0;
}

/* Both ways are those of the packets that would follow: from the asker by the device where he asks,
 * and back from the target by the one that it is behind. */
static void
proxy_goes_by_rules(void **state)
{
	rte_be32_t lost = IP(172, 16, 0, 1), afar = IP(10, 7, 0, 9);

	ROLES();
	conf(p0)->proxy_arp = 1;
	assert_false(answers(p0, PEER_IP, lost));
	fixture_rule(PEER_IP, 0, p1);
	fixture_rule(PEER_IP, (uint32_t)p1->ifindex, p1);
	assert_false(answers(p0, PEER_IP, lost));
	fixture_rule(PEER_IP, (uint32_t)p0->ifindex, p1);
	assert_true(answers(p0, PEER_IP, lost));
	conf(p0)->rp_filter = 1;
	assert_false(answers(p0, afar, BEHIND)); /* he is behind p1 himself */
	fixture_rule(BEHIND, 0, p0);
	assert_false(answers(p0, afar, BEHIND));
	fixture_rule(BEHIND, (uint32_t)p1->ifindex, p0);
	assert_true(answers(p0, afar, BEHIND));
}

static const struct adj *(*plain_route)(rte_be32_t src, rte_be32_t dst, uint32_t iif);
static uint32_t group_slot;

static const struct adj *
route_by_group(rte_be32_t src, rte_be32_t dst, uint32_t iif)
{
	return dst == BEHIND ? adj_get(group_slot) : plain_route(src, dst, iif);
}

/* What is behind several next hops comes back by the device of the first. */
static void
proxy_for_what_is_behind_several(void **state)
{
	uint32_t members[2];
	struct adj group = { .type = ADJ_GROUP, .n_group = 2, .n_member = 2 };
	rte_be32_t afar = IP(10, 7, 0, 9);

	ROLES();
	members[0] = members[1] = (uint32_t)neigh_glean_adj(p1);
	group.group = group.member = members;
	group_slot = (uint32_t)adj_alloc(&group);
	plain_route = neigh_route;
	neigh_route = route_by_group;
	conf(p0)->proxy_arp = 1;
	conf(p0)->rp_filter = 1;
	assert_true(answers(p0, PEER_IP, BEHIND));
	fixture_rule(BEHIND, 0, p0); /* would be for what is made here */
	assert_false(answers(p0, afar, BEHIND));
	fixture_rule(BEHIND, (uint32_t)p1->ifindex, p0);
	assert_true(answers(p0, afar, BEHIND));
	adj_release(group_slot);
}

/* medium_id: 0 every medium is another; -1 no proxy; equal numbers are one medium. */
static void
medium_id_joins_devices(void **state)
{
	static const struct {
		int in, out;
		bool answered;
	} cases[] = { { 0, 0, true },	{ 0, 5, true },	  { 5, 5, false }, { 5, 6, true },
		      { -1, 0, false }, { 5, -1, false }, { 5, 0, true } };

	ROLES();
	conf(p0)->proxy_arp = 1;
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		conf(p0)->medium_id = cases[i].in;
		conf(p1)->medium_id = cases[i].out;
		assert_int_equal(answers(p0, PEER_IP, BEHIND), cases[i].answered);
	}
}

/* RFC 3069: hosts of one LAN that do not hear each other. */
static void
pvlan_answers_on_the_same_device(void **state)
{
	ROLES();
	conf(p0)->proxy_arp_pvlan = 1;
	assert_true(answers(p0, PEER_IP, IP(192, 0, 2, 77)));
	assert_false(answers(p0, PEER_IP, BEHIND));  /* that is proxy_arp's */
	assert_false(answers(p0, PEER_IP, PEER_IP)); /* who asks for himself looks for a twin */
	assert_false(answers(p1, IP(198, 51, 100, 9), BEHIND));
	conf(p0)->proxy_arp_pvlan = 0;
	ipv4_devconf_all.proxy_arp_pvlan = 1; /* "or" */
	assert_true(answers(p0, PEER_IP, IP(192, 0, 2, 77)));
	ipv4_devconf_all.proxy_arp_pvlan = 0;
}

static void
entries_answer_for_addresses_and_ranges(void **state)
{
	ROLES();
	assert_int_equal(neigh_proxy_add(FAR, 32, p0), 0);
	assert_int_equal(neigh_proxy_add(FAR, 32, p0), -EEXIST);
	assert_true(answers(p0, PEER_IP, FAR));
	assert_false(answers(p0, PEER_IP, IP(10, 7, 0, 2)));
	assert_int_equal(neigh_proxy_add(IP(10, 7, 4, 0), 22, p0), 0);
	assert_true(answers(p0, PEER_IP, IP(10, 7, 4, 0)));
	assert_true(answers(p0, PEER_IP, IP(10, 7, 7, 255)));
	assert_false(answers(p0, PEER_IP, IP(10, 7, 8, 0)));
	assert_false(answers(p0, PEER_IP, IP(10, 7, 3, 255)));
	/* not where it lies itself; not on other devices */
	assert_int_equal(neigh_proxy_add(IP(192, 0, 2, 77), 32, p0), 0);
	assert_false(answers(p0, PEER_IP, IP(192, 0, 2, 77)));
	assert_false(answers(p1, IP(198, 51, 100, 9), IP(192, 0, 2, 77)));
	/* without a device: on all, where it lies behind another */
	assert_int_equal(neigh_proxy_add(IP(192, 0, 2, 78), 32, NULL), 0);
	assert_true(answers(p1, IP(198, 51, 100, 9), IP(192, 0, 2, 78)));
	assert_false(answers(p0, PEER_IP, IP(192, 0, 2, 78)));
	assert_int_equal(neigh_proxy_add(0, 0, p0), 0); /* everything */
	assert_true(answers(p0, PEER_IP, BEHIND));
	assert_int_equal(neigh_proxy_del(0, 0, p0), 0);
	assert_false(answers(p0, PEER_IP, BEHIND));
	assert_int_equal(neigh_proxy_del(FAR, 32, p1), -ENOENT);
	assert_int_equal(neigh_proxy_del(FAR, 31, p0), -ENOENT);
	assert_int_equal(neigh_proxy_del(FAR, 32, p0), 0);
	assert_false(answers(p0, PEER_IP, FAR));
	assert_true(answers(p0, PEER_IP, IP(10, 7, 4, 1)));
	assert_int_equal(neigh_proxy_add(IP(10, 7, 4, 1), 22, p0), -EINVAL);
	assert_int_equal(neigh_proxy_add(IP(224, 0, 0, 1), 32, p0), -EINVAL);
	assert_int_equal(neigh_proxy_add(IP(127, 0, 0, 1), 32, p0), -EINVAL);
	assert_int_equal(neigh_proxy_add(IP(0, 1, 0, 0), 16, p0), -EINVAL);
	assert_int_equal(neigh_proxy_add(IP(10, 0, 0, 0), 33, p0), -EINVAL);
}

static void
entries_are_ordered_bounded_and_go_with_the_device(void **state)
{
	struct net_device *dev;
	unsigned int n = 0;

	ROLES();
	dev = fixture_dev("x0", &peer2);
	for (uint32_t i = NEIGH_PROXY_MAX; i-- > 0;)
		assert_int_equal(
			neigh_proxy_add(rte_cpu_to_be_32(0x0a070000 + i), 32, i % 2 ? dev : p0), 0);
	assert_int_equal(neigh_proxy_add(IP(10, 9, 0, 0), 32, p0), -ENOSPC);
	for (; neigh_proxy_at(n) != NULL; n++)
		assert_int_equal(neigh_proxy_at(n)->addr, rte_cpu_to_be_32(0x0a070000 + n));
	assert_int_equal(n, NEIGH_PROXY_MAX);
	assert_true(answers(p0, PEER_IP, rte_cpu_to_be_32(0x0a070000)));
	assert_true(answers(p0, PEER_IP, rte_cpu_to_be_32(0x0a070000 + 4094)));
	unregister_netdevice(dev);
	for (n = 0; neigh_proxy_at(n) != NULL; n++)
		assert_ptr_equal(neigh_proxy_at(n)->dev, p0);
	assert_int_equal(n, NEIGH_PROXY_MAX / 2);
	assert_true(answers(p0, PEER_IP, rte_cpu_to_be_32(0x0a070000)));
}

/* proxy_delay: the host itself, or another proxy, comes first. proxy_qlen: and so many wait. */
static void
answers_wait_their_time(void **state)
{
	uint64_t start;

	ROLES();
	conf(p0)->proxy_arp = 1;
	neigh_parms_get(p0)->proxy_delay = 100000000; /* chance will not choose the first second */
	neigh_parms_get(p0)->proxy_qlen = 3;
	for (uint32_t i = 0; i < 5; i++)
		assert_false(answers(p0, PEER_IP, rte_cpu_to_be_32(0x0a070001 + i)));
	assert_int_equal(drops(DROP_ARP_PROXY_FULL), 2);
	assert_int_equal(neigh_tbl.devs[p0->ifindex]->n_proxied, 3);
	ask(p0, PACKET_HOST, PEER_IP, FAR); /* asked by name: at once */
	turn();
	assert_int_equal(n_frames, 1);
	assert_int_equal(neigh_tbl.devs[p0->ifindex]->n_proxied, 3);
	dev_close(p0); /* nothing is sent by a device that is down; the queue drains all the same */
	assert_int_equal(dev_open(p0), 0);
	neigh_parms_get(p1)->proxy_delay = 20; /* up to 200 ms */
	conf(p1)->proxy_arp = 1;
	n_frames = 0;
	start = clock_ms();
	for (uint32_t i = 0; i < 8; i++)
		ask(p1, PACKET_BROADCAST, IP(198, 51, 100, 9), rte_cpu_to_be_32(0xc0000280 + i));
	turn_until(n_frames == 8);
	assert_true(clock_ms() - start < 5000); /* in order of their times, not behind p0's days */
	assert_int_equal(neigh_tbl.devs[p1->ifindex]->n_proxied, 0);
	assert_int_equal(neigh_tbl.devs[p0->ifindex]->n_proxied, 3);
}

/* --- storms --- */

static void
one_source_is_limited(void **state)
{
	ROLES();
	neigh_tbl.arp_rate_source = 5;
	for (int i = 0; i < 50; i++)
		ask(p0, PACKET_BROADCAST, PEER_IP, OURS);
	assert_int_equal(n_frames, 50); /* every one is answered, by the worker */
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_STORM_SOURCE), 45);
	turn();
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_LEARNED), 5);
	ask(p0, PACKET_BROADCAST, IP(192, 0, 2, 10), OURS); /* another one is heard */
	turn();
	assert_non_null(neigh_lookup(IP(192, 0, 2, 10), p0));
	neigh_housekeep(clock_ms() + 2000); /* another second */
	ask(p0, PACKET_BROADCAST, PEER_IP, OURS);
	turn();
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_LEARNED), 7);
}

/* All together are limited, but an answer that was asked for is heard. */
static void
storms_can_not_drown_answers(void **state)
{
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, PEER_IP, OURS);
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	neigh_tbl.arp_rate_total = 10;
	n = neigh_create(PEER_IP, p0);
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	for (uint32_t i = 0; i < 200; i++)
		ask(p0, PACKET_BROADCAST, rte_cpu_to_be_32(0xc000020a + i), OURS);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_STORM_TOTAL), 190);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
	turn();
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	/* asked no more: it counts as any other */
	reply.ar_sha = peer2;
	neigh_parms_get(p0)->locktime = 0;
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
	turn();
	assert_mac(&n->ha, &peer);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_STORM_TOTAL), 191);
}

/* What is asked is counted in and out, whatever ends it. */
static void
questions_asked_are_balanced(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	n = neigh_create(PEER_IP, p0);
	assert_int_equal(*neigh_asked_slot(PEER_IP, p0->ifindex), 0);
	neigh_use(n);
	assert_int_equal(*neigh_asked_slot(PEER_IP, p0->ifindex), 1);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_REACHABLE), 0);
	assert_int_equal(*neigh_asked_slot(PEER_IP, p0->ifindex), 0);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_PROBE), 0);
	assert_int_equal(*neigh_asked_slot(PEER_IP, p0->ifindex), 1);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	for (unsigned int i = 0; i < NEIGH_ASKED_SLOTS; i++)
		assert_int_equal(neigh_asked[i], 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(proxy_arp_answers_for_what_is_behind),
		T(proxy_goes_by_rules),
		T(proxy_for_what_is_behind_several),
		T(medium_id_joins_devices),
		T(pvlan_answers_on_the_same_device),
		T(entries_answer_for_addresses_and_ranges),
		T(entries_are_ordered_bounded_and_go_with_the_device),
		T(answers_wait_their_time),
		T(one_source_is_limited),
		T(storms_can_not_drown_answers),
		T(questions_asked_are_balanced),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
