/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 5227: other stations that use our addresses. */
#include "fixture.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define OURS IP(192, 0, 2, 1)

/* The other port's address, heard on this one: both are on the same LAN, or somebody lies. */
static void
own_address_on_another_device(void **state)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &mac1, IP(198, 51, 100, 1), OURS);

	ROLES();
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	turn();
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_ARP_OWN_ADDRESS), 1);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 0); /* it is us */
	arp.ar_sha = peer;
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	turn();
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 1);
	assert_int_equal(n_frames, 0); /* not an address of this LAN: nothing to defend here */
	p0->ip_ptr->cnf.accept_local = 1;
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	assert_int_equal(n_frames, 1);
	arp.ar_sip = OURS; /* but never this device's own */
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	assert_int_equal(n_frames, 1);
	assert_int_equal(drops(DROP_ARP_OWN_ADDRESS), 3);
}

/* A LAN that is only bridged, or an unnumbered link: others have what addresses they like there. It
 * is not believed all the same, since packets from there would be martians. */
static void
none_on_a_device_without_addresses(void **state)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REQUEST, &peer, IP(198, 51, 100, 1), PEER_IP);
	struct inet_addr_spec spec = { .local = OURS, .prefixlen = 24 };

	ROLES();
	inet_addr_flush(p0);
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	turn();
	assert_int_equal(drops(DROP_ARP_OWN_ADDRESS), 1);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 0);
	assert_null(arp_conflict_at(0));
	assert_int_equal(neigh_count(), 0);
	spec.probe = true; /* it wants that very address: whoever has it is in its way */
	spec.local = IP(198, 51, 100, 1);
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	turn();
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 1);
	spec.probe = false;
	spec.local = OURS;
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	arp.ar_sip = OURS;
	arp_in(p0, PACKET_BROADCAST, &arp, ARP_LEN);
	turn();
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 2);
}

static unsigned int n_told;

static int
hear_conflict(struct notifier *self, unsigned int event, void *obj)
{
	const struct arp_conflict *c = obj;

	(void)self;
	(void)event;
	n_told++;
	assert_int_equal(c->addr, OURS);
	assert_mac(&c->lladdr, &peer);
	return NOTIFY_OK;
}

/* RFC 5227 2.4: somebody uses our address. Told each time, believed never, answered by one
 * announcement in ten seconds. */
static void
conflict_is_told_and_defended(void **state)
{
	struct arp_eth_ip grat = arp_make(ARP_OP_REQUEST, &peer, OURS, OURS);
	struct arp_eth_ip reply = arp_make(ARP_OP_REPLY, &peer, OURS, PEER_IP);
	struct notifier l = { .fn = hear_conflict };
	const struct arp_conflict *c;

	ROLES();
	n_told = 0;
	notifier_add(&arp_conflict_chain, &l);
	assert_null(arp_conflict_at(0));
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	arp_in(p0, PACKET_HOST, &reply, ARP_LEN);
	turn();
	assert_int_equal(drops(DROP_ARP_OWN_ADDRESS), 2);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 2);
	assert_int_equal(n_told, 2);
	assert_int_equal(neigh_count(), 0);
	assert_int_equal(n_frames, 1); /* one defence: an announcement */
	assert_int_equal(arp_requests(OURS), 1);
	assert_int_equal(frame_arp(&frames[0])->ar_sip, OURS);
	assert_mac(&frame_arp(&frames[0])->ar_sha, &mac0);
	assert_memory_equal(frames[0].bytes, "\xff\xff\xff\xff\xff\xff", 6);

	c = arp_conflict_at(0);
	assert_non_null(c);
	assert_int_equal(c->count, 2);
	assert_ptr_equal(c->dev, p0);
	assert_null(arp_conflict_at(1));
	((struct arp_conflict *)(uintptr_t)c)->defended_ms -= 10001; /* DEFEND_INTERVAL later */
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_int_equal(arp_requests(OURS), 2);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_DEFENDED), 2);
	((struct arp_conflict *)(uintptr_t)c)->defended_ms -= 10001;
	neigh_parms_get(p0)->arp_defend = 0;
	arp_in(p0, PACKET_BROADCAST, &grat, ARP_LEN);
	turn();
	assert_int_equal(n_told, 4);
	assert_int_equal(arp_requests(OURS), 2);
	notifier_del(&arp_conflict_chain, &l);
	unregister_netdevice(p0);
	assert_null(arp_conflict_at(0));
}

/* More addresses in conflict than are remembered: the one that has been quiet longest is forgotten.
 */
static void
conflicts_remembered_are_bounded(void **state)
{
	unsigned int n = 0;

	ROLES();
	for (uint32_t i = 0; i < 100; i++)
		arp_conflict_seen(p0, rte_cpu_to_be_32(0x0a000000 + i), &peer);
	while (arp_conflict_at(n) != NULL)
		n++;
	assert_int_equal(n, 64);
	assert_int_equal(counter_read(&arp_counters, ARP_CNT_CONFLICTS), 100);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(own_address_on_another_device),
		T(none_on_a_device_without_addresses),
		T(conflict_is_told_and_defended),
		T(conflicts_remembered_are_bounded),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
