/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that are probed for before they are used (RFC 5227 2.1), on devices. */
#include "fixture.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define WANTED IP(10, 0, 0, 1)

static int
add(rte_be32_t addr, uint8_t len)
{
	role_enter_ctl();
	return inet_addr_add(
		p0, &(struct inet_addr_spec){ .local = addr, .prefixlen = len, .probe = true });
}

static bool
is_failed(rte_be32_t addr)
{
	const struct in_ifaddr *a;

	role_enter_ctl();
	for_each_addr(a, p0) if (a->ifa_local == addr) return a->ifa_flags & IFA_DADFAILED;
	return false;
}

/* How many probes, and announcements, for @p addr were sent. */
static void
count(rte_be32_t addr, unsigned int *probes, unsigned int *announced)
{
	*probes = *announced = 0;
	for (unsigned int i = 0; i < n_frames; i++) {
		const struct arp_eth_ip *a = frame_arp(&frames[i]);

		if (a == NULL || a->ar_tip != addr || a->ar_op != RTE_BE16(ARP_OP_REQUEST))
			continue;
		*probes += a->ar_sip == 0;
		*announced += a->ar_sip == addr;
	}
}

static void
used_when_nobody_has_it(void **state)
{
	struct arp_eth_ip ask = arp_make(ARP_OP_REQUEST, &peer, IP(10, 0, 0, 9), WANTED);
	unsigned int probes, announced;

	ROLES();
	assert_int_equal(add(WANTED, 24), 0);
	assert_int_equal(add(WANTED, 24), -EEXIST);
	assert_int_equal(add(WANTED, 16), 0); /* once more: one round for both */
	assert_int_equal(add(IP(10, 0, 0, 2), 24), 0);
	assert_true(inet_addr_is_tentative(p0, WANTED));
	assert_null(ip_dev_find(WANTED));
	arp_in(p0, PACKET_BROADCAST, &ask, ARP_LEN); /* not ours: not answered */
	count(WANTED, &probes, &announced);
	assert_int_equal(announced, 0);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_OUT_REPLIES), 0);
	turn_until(ip_dev_find(WANTED) == p0);
	count(WANTED, &probes, &announced);
	assert_int_equal(probes, 3);
	assert_true(counter_read(&arp_counters, ARP_CNT_OUT_PROBES) >= probes);
	assert_int_equal(announced, 1);
	assert_false(inet_addr_is_tentative(p0, WANTED));
	arp_in(p0, PACKET_BROADCAST, &ask, ARP_LEN);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_OUT_REPLIES), 1);
	turn_until(ip_dev_find(IP(10, 0, 0, 2)) == p0);
	/* those that began first ended first: the first is the primary */
	assert_int_equal(inet_ifa_byprefix_rcu(p0->ip_ptr, IP(10, 0, 0, 9))->ifa_local, WANTED);
	turn_until((count(WANTED, &probes, &announced), announced == 2));
	turn_until(rcu_dereference(arp_tentative) == NULL);
}

/* Those of one device that began first end first: the first of a subnet becomes its primary. */
static void
used_in_the_order_given(void **state)
{
	unsigned int used = 0;

	ROLES();
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(add(rte_cpu_to_be_32(0x0a000001 + i * 7919 % 200), 24), 0);
	for (uint64_t end = clock_ms() + DEADLINE_MS; used < 8 && clock_ms() < end;) {
		bool gap = false;

		vtime_tick();
		turn();
		used = 0;
		for (uint32_t i = 0; i < 8; i++) {
			bool ours =
				ip_dev_find(rte_cpu_to_be_32(0x0a000001 + i * 7919 % 200)) == p0;

			assert_false(ours && gap);
			gap |= !ours;
			used += ours;
		}
	}
	assert_int_equal(used, 8);
	turn_until(rcu_dereference(arp_tentative) == NULL);
}

/* Who speaks with the address, and who asks for it as we do, keeps us from it. */
static void
conflict(struct arp_eth_ip *arp, uint8_t type)
{
	role_enter_ctl();
	assert_int_equal(add(WANTED, 24), 0);
	arp_in(p1, type, arp, ARP_LEN); /* on another LAN: nobody's business */
	turn();
	assert_false(is_failed(WANTED));
	arp->ar_sha = mac1; /* our own other port */
	arp_in(p0, type, arp, ARP_LEN);
	turn();
	assert_false(is_failed(WANTED));
	arp->ar_sha = peer;
	arp_in(p0, type, arp, ARP_LEN);
	turn();
	assert_true(is_failed(WANTED));
	assert_true(inet_addr_is_tentative(p0, WANTED));
	assert_null(ip_dev_find(WANTED));
	assert_int_equal(inet_addr_del(p0, WANTED, 24), 0);
	assert_null(rcu_dereference(arp_tentative));
}

static void
not_used_when_another_has_it(void **state)
{
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, WANTED, 0);
	struct arp_eth_ip request = arp_make(ARP_OP_REQUEST, &peer, WANTED, IP(10, 0, 0, 7));
	struct arp_eth_ip probe = arp_make(ARP_OP_REQUEST, &peer, 0, WANTED);
	struct arp_eth_ip other = arp_make(ARP_OP_REQUEST, &peer, 0, IP(10, 0, 0, 5));
	struct arp_eth_ip announced = arp_make(ARP_OP_REQUEST, &peer, WANTED, WANTED);

	ROLES();
	conflict(&reply, PACKET_HOST);
	conflict(&request, PACKET_BROADCAST);
	conflict(&probe, PACKET_BROADCAST);
	p0->ip_ptr->cnf.drop_gratuitous_arp = 1; /* it says what is believed, not what is seen */
	conflict(&announced, PACKET_BROADCAST);
	assert_int_equal(add(WANTED, 24), 0);
	arp_in(p0, PACKET_BROADCAST, &other, ARP_LEN); /* for another address: no harm */
	turn_until(ip_dev_find(WANTED) == p0);
}

/* The device has no address yet: the conflict is heard all the same. */
static void
first_address_of_a_device(void **state)
{
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, WANTED, 0);

	ROLES();
	inet_addr_flush(p0);
	assert_int_equal(add(WANTED, 24), 0);
	assert_true(p0->rx_off & NETDEV_RXF_NO_IP);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
	turn();
	assert_true(is_failed(WANTED));
	assert_int_equal(inet_addr_flush(p0), 1);
}

static void
waits_for_the_link(void **state)
{
	unsigned int probes, announced;

	ROLES();
	netif_carrier_set(p0, false);
	assert_int_equal(add(WANTED, 24), 0);
	for (uint64_t end = clock_ms() + 1500; clock_ms() < end;) {
		vtime_tick();
		turn();
	}
	count(WANTED, &probes, &announced);
	assert_int_equal(probes, 0);
	netif_carrier_set(p0, true);
	turn_until(ip_dev_find(WANTED) == p0);
	count(WANTED, &probes, &announced);
	assert_int_equal(probes, 3);
}

/* By the tunable, but for "nodad", for what is ours already, and for devices without ARP. */
static void
who_is_probed_for(void **state)
{
	struct inet_addr_spec s = { .local = WANTED, .prefixlen = 24 };

	ROLES();
	p0->ip_ptr->cnf.arp_probe = 1;
	assert_int_equal(inet_addr_add(p0, &s), 0);
	assert_true(inet_addr_is_tentative(p0, WANTED));
	inet_addr_del(p0, WANTED, 24);
	s.nodad = true;
	assert_int_equal(inet_addr_add(p0, &s), 0);
	assert_ptr_equal(ip_dev_find(WANTED), p0);
	s.nodad = false;
	s.prefixlen = 16;
	assert_int_equal(inet_addr_add(p0, &s), 0); /* ours already */
	assert_false(inet_addr_is_tentative(p0, WANTED));
	p0->ip_ptr->cnf.arp_probe = 0;
	s.local = IP(10, 0, 0, 2);
	assert_int_equal(inet_addr_add(p0, &s), 0);
	assert_false(inet_addr_is_tentative(p0, s.local));
	p0->flags |= IFF_NOARP;
	assert_int_equal(add(IP(10, 0, 0, 3), 16), 0);
	assert_false(inet_addr_is_tentative(p0, IP(10, 0, 0, 3)));
	p0->flags &= ~IFF_NOARP;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(used_in_the_order_given),	 T(used_when_nobody_has_it),
		T(not_used_when_another_has_it), T(first_address_of_a_device),
		T(waits_for_the_link),		 T(who_is_probed_for),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
