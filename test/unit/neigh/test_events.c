/* SPDX-License-Identifier: BSD-3-Clause */
/* What others are told of the table: listeners, who may delete an entry meanwhile, and statistics.
 */
#include "fixture.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

static unsigned int n_unreachable;

static DP_ONLY void
count_unreachable(struct worker *w, struct sk_buff *skb)
{
	n_unreachable++;
	kfree_skb_reason(w, skb, DROP_NEIGH_FAILED);
}

static unsigned int heard[NEIGH_APP_SOLICIT + 1];
static uint8_t state_forgotten;

static int
hear(struct notifier *self, unsigned int event, void *obj)
{
	const struct neighbour *n = obj;

	(void)self;
	heard[event]++;
	if (event == NEIGH_FORGET)
		state_forgotten = n->nud.state;
	/* the slot is published before anybody hears of it */
	if (event == NEIGH_UPDATE && (n->nud.state & NUD_VALID))
		assert_int_equal(adj_get(n->adj_idx)->type, ADJ_REWRITE);
	return NOTIFY_OK;
}

static void
listeners_hear_of_everything_once(void **state)
{
	struct notifier l = { .fn = hear };

	ROLES();
	memset(heard, 0, sizeof(heard));
	notifier_add(&neigh_chain, &l);
	neigh_parms_get(p0)->app_solicit = 1;
	neigh_parms_get(p0)->mcast_solicit = 1;
	neigh_resolve_output(neigh_create(PEER_IP, p0), ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	assert_int_equal(heard[NEIGH_CREATE], 1);
	assert_int_equal(heard[NEIGH_UPDATE], 1);
	assert_int_equal(heard[NEIGH_APP_SOLICIT], 1); /* before the wire */
	assert_int_equal(arp_requests(PEER_IP), 0);
	turn_until(arp_requests(PEER_IP) == 1);
	reply_from(&peer, PEER_IP);
	assert_int_equal(heard[NEIGH_UPDATE], 2);
	reply_from(&peer, PEER_IP); /* nothing new */
	assert_int_equal(heard[NEIGH_UPDATE], 2);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_int_equal(heard[NEIGH_DELETE], 1);
	assert_int_equal(heard[NEIGH_FORGET], 0);
	notifier_del(&neigh_chain, &l);
}

/* A next hop keeps the place of what is deleted: that is told once, with what was known, and so is
 * the end of what has no state. */
static void
end_of_a_held_entry_is_told(void **state)
{
	struct notifier l = { .fn = hear };
	struct neighbour *n;

	ROLES();
	memset(heard, 0, sizeof(heard));
	n = neigh_create(PEER_IP, p0);
	neigh_hold(n);
	notifier_add(&neigh_chain, &l);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), -ENOENT);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_PERMANENT), 0);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_int_equal(heard[NEIGH_FORGET], 1);
	assert_int_equal(state_forgotten, NUD_PERMANENT);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), -ENOENT);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_NONE), 0);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_int_equal(heard[NEIGH_FORGET], 2);
	assert_int_equal(heard[NEIGH_DELETE], 0);
	notifier_del(&neigh_chain, &l);
	neigh_release(n);
}

static void
delete_peer(void)
{
	role_enter_ctl();
	fixture_sent = NULL;
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
}

static int
delete_failed(struct notifier *self, unsigned int event, void *obj)
{
	const struct neighbour *n = obj;

	(void)self;
	if (event == NEIGH_UPDATE && n->nud.state == NUD_FAILED)
		delete_peer();
	return NOTIFY_OK;
}

/* It is deleted while its packets leave: its slot is another's by then. */
static void
deleted_by_what_it_sends(void **state)
{
	struct neighbour *n;
	uint32_t slot;

	ROLES();
	n = neigh_create(PEER_IP, p0);
	slot = n->adj_idx;
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	fixture_sent = delete_peer;
	reply_from(&peer, PEER_IP);
	assert_null(fixture_sent);
	assert_null(neigh_lookup(PEER_IP, p0));
	assert_int_equal(frame_id(&frames[n_frames - 1], RTE_ETHER_HDR_LEN), 1);
	assert_int_equal(adj_get(slot)->type, ADJ_NO_ROUTE);
}

/* It is deleted by who hears that it has failed: its packets die once, and nobody is told. */
static void
deleted_by_a_listener(void **state)
{
	struct notifier l = { .fn = delete_failed };
	uint64_t unresolved;

	ROLES();
	notifier_add(&neigh_chain, &l);
	neigh_unreachable = count_unreachable;
	n_unreachable = 0;
	unresolved = drops(DROP_NEIGH_UNRESOLVED);
	neigh_resolve_output(neigh_create(PEER_IP, p0), ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	turn_until(neigh_lookup(PEER_IP, p0) == NULL);
	assert_int_equal(drops(DROP_NEIGH_UNRESOLVED), unresolved + 1);
	assert_int_equal(n_unreachable, 0);
	notifier_del(&neigh_chain, &l);
}

/* --- statistics --- */

/* How much a counter has grown since it was asked for the last time. */
static CTL_ONLY uint64_t
grown(const struct counter_block *b, unsigned int idx)
{
	static uint64_t was[2][NEIGH_CNT_MAX + ARP_CNT_MAX];
	uint64_t *w = &was[b == &arp_counters][idx], is = counter_read_total(b, idx), by = is - *w;

	*w = is;
	return by;
}
#define NEIGH_GREW(id) grown(&neigh_counters, NEIGH_CNT_##id)
#define ARP_GREW(id)   grown(&arp_counters, ARP_CNT_##id)

static CTL_ONLY void
forget_statistics(void)
{
	for (unsigned int i = 0; i < NEIGH_CNT_MAX; i++)
		grown(&neigh_counters, i);
	for (unsigned int i = 0; i < ARP_CNT_MAX; i++)
		grown(&arp_counters, i);
}

/* The life of an entry that is asked for in vain, then answers, moves and is deleted. */
static void
statistics_of_an_entry(void **state)
{
	struct neighbour *n;

	ROLES();
	forget_statistics();
	neigh_unreachable = count_unreachable;
	assert_null(neigh_lookup(PEER_IP, p0));
	assert_int_equal(NEIGH_GREW(LOOKUPS), 1);
	assert_int_equal(NEIGH_GREW(HITS), 0);
	n = neigh_create(PEER_IP, p0);
	neigh_hold(n);
	assert_int_equal(NEIGH_GREW(ALLOCS), 1);
	assert_int_equal(NEIGH_GREW(ENTRIES), 1);
	forget_statistics();
	assert_non_null(neigh_lookup(PEER_IP, p0));
	assert_int_equal(NEIGH_GREW(HITS), 1);
	neigh_parms_get(p0)->unres_qlen = 1;
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 2));
	assert_int_equal(NEIGH_GREW(UNRESOLVED_DISCARDS), 1); /* the one that waited longest */
	neigh_parms_get(p0)->unres_qlen = 0;
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 2));
	assert_int_equal(NEIGH_GREW(UNRESOLVED_DISCARDS), 2); /* that one, and the one that came */
	neigh_parms_get(p0)->unres_qlen = 1;
	turn_until(n->nud.state == NUD_FAILED);
	assert_int_equal(NEIGH_GREW(RES_FAILED), 1);
	assert_int_equal(ARP_GREW(OUT_REQUESTS), 3);
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 3));
	assert_int_equal(NEIGH_GREW(NEGATIVE_HITS), 1);
	assert_int_equal(NEIGH_GREW(RESOLVED), 0);
	reply_from(&peer, PEER_IP);
	assert_int_equal(ARP_GREW(IN_REPLIES), 1);
	assert_int_equal(NEIGH_GREW(RESOLVED), 1);
	assert_int_equal(NEIGH_GREW(MOVED), 0);
	neigh_parms_get(p0)->locktime = 0;
	reply_from(&peer2, PEER_IP);
	assert_int_equal(NEIGH_GREW(MOVED), 1);
	neigh_release(n);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_int_equal(NEIGH_GREW(DESTROYS), 1);
	assert_int_equal(NEIGH_GREW(ENTRIES), (uint64_t)-1);
}

/* Of the table as a whole, and of questions to us. */
static void
statistics_of_the_table(void **state)
{
	struct arp_eth_ip q = arp_make(ARP_OP_REQUEST, &peer, PEER_IP, IP(192, 0, 2, 1));
	unsigned int n;

	ROLES();
	forget_statistics();
	neigh_tbl.gc_thresh1 = 0;
	neigh_tbl.gc_thresh2 = neigh_tbl.gc_thresh3 = 300;
	neigh_tbl.dflt.p.gc_share = 100;
	neigh_parms_get(p0)->gc_share = 100;
	for (n = 0; n < 300; n++)
		assert_int_equal(
			neigh_admin_set(IP(10, 1, n / 250, 1 + n % 250), p0, &peer, NUD_REACHABLE),
			0);
	assert_true(NEIGH_GREW(HASH_GROWS) > 0);
	assert_int_equal(NEIGH_GREW(EVICTIONS), 0);
	assert_null(neigh_create(PEER_IP, p0));
	assert_int_equal(NEIGH_GREW(TABLE_FULLS), 1);
	assert_true(NEIGH_GREW(FORCED_GC_RUNS) > 0);
	assert_int_equal(neigh_admin_set(IP(10, 1, 0, 1), p0, &peer, NUD_STALE), 0);
	assert_non_null(neigh_create(PEER_IP, p0));
	assert_int_equal(NEIGH_GREW(EVICTIONS), 1);
	arp_in(p0, PACKET_BROADCAST, &q, ARP_LEN);
	assert_int_equal(NEIGH_GREW(RCV_PROBES_MCAST), 1);
	assert_int_equal(NEIGH_GREW(RCV_PROBES_UCAST), 0);
	arp_in(p0, PACKET_HOST, &q, ARP_LEN);
	assert_int_equal(NEIGH_GREW(RCV_PROBES_MCAST), 0);
	assert_int_equal(NEIGH_GREW(RCV_PROBES_UCAST), 1);
	n = (unsigned int)NEIGH_GREW(PERIODIC_GC_RUNS);
	turn_until(NEIGH_GREW(PERIODIC_GC_RUNS) > 0);
}

/* Those that go by age, which the collector of a full table does not see. */
static void
statistics_of_old_age(void **state)
{
	ROLES();
	neigh_tbl.gc_thresh1 = 0;
	neigh_parms_get(p0)->gc_stale_time = 0;
	neigh_parms_get(p0)->base_reachable_time_ms = 0;
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_STALE), 0);
	assert_int_equal(neigh_admin_set(IP(192, 0, 2, 10), p0, NULL, NUD_FAILED), 0);
	forget_statistics();
	for (uint64_t i = 1; i <= 2; i++)
		neigh_housekeep(clock_ms() + 5000 * i);
	assert_int_equal(neigh_count(), 0);
	assert_int_equal(NEIGH_GREW(EVICTIONS), 2);
	assert_int_equal(NEIGH_GREW(DESTROYS), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(listeners_hear_of_everything_once),
		T(end_of_a_held_entry_is_told),
		T(deleted_by_what_it_sends),
		T(deleted_by_a_listener),
		T(statistics_of_an_entry),
		T(statistics_of_the_table),
		T(statistics_of_old_age),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
