/* SPDX-License-Identifier: BSD-3-Clause */
/* Resolution, the queue of packets that wait, timers, collection. */
#include "fixture.h"

static unsigned int n_unreachable;

/* Every test runs on the control thread and lends itself the data path's role. */
#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

static DP_ONLY void
count_unreachable(struct worker *w, struct sk_buff *skb)
{
	assert_ptr_equal(skb->dev, p0);
	assert_int_equal(skb_network_header(skb) == skb_data(skb), 1);
	n_unreachable++;
	kfree_skb_reason(w, skb, DROP_NEIGH_FAILED);
}

/* A packet on the data path with this adjacency. */
static DP_ONLY void
output(uint32_t adj_idx, struct sk_buff *skb)
{
	struct skb_vec vec = { .n = 1, .v = { skb } };

	skb->dst = adj_get(adj_idx);
	neigh_output(dp(), &vec);
	assert_int_equal(vec.n, 0);
}

static CTL_ONLY struct neighbour *
reachable(rte_be32_t ip)
{
	struct neighbour *n = neigh_create(ip, p0);

	assert_non_null(n);
	assert_int_equal(neigh_admin_set(ip, p0, &peer, NUD_REACHABLE), 0);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	return n;
}

static void
resolves_and_sends_in_order(void **state)
{
	struct neighbour *n;
	const struct arp_eth_ip *arp;

	ROLES();
	n = neigh_create(PEER_IP, p0);
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_INCOMPLETE);
	assert_int_equal(adj_get(n->adj_idx)->mtu, 0);
	for (uint16_t i = 0; i < 5; i++)
		output(n->adj_idx, ip_packet(IP(10, 0, 0, 1), IP(10, 9, 9, 9), i));
	assert_int_equal(n_frames, 0); /* nothing goes out before control has asked */
	msg_poll(64);
	assert_int_equal(n->nud.state, NUD_INCOMPLETE);
	assert_int_equal(n->arp_queue.qlen, 5);
	assert_int_equal(neigh_held(), 5);

	assert_int_equal(n_frames, 1); /* one request for all of them */
	assert_int_equal(frames[0].len, 60);
	arp = frame_arp(&frames[0]);
	assert_non_null(arp);
	assert_memory_equal(frames[0].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	assert_mac(frames[0].bytes + 6, &mac0);
	assert_int_equal(arp->ar_op, RTE_BE16(ARP_OP_REQUEST));
	assert_int_equal(arp->ar_sip, IP(192, 0, 2, 1));
	assert_int_equal(arp->ar_tip, PEER_IP);
	assert_memory_equal(&arp->ar_tha, "\0\0\0\0\0\0", 6);

	reply_from(&peer, PEER_IP);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	assert_int_equal(neigh_held(), 0);
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_REWRITE);
	assert_int_equal(adj_get(n->adj_idx)->mtu, 1500);
	assert_int_equal(n_frames, 6);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(frame_id(&frames[1 + i], 14), i);
		assert_mac(frames[1 + i].bytes, &peer);
		assert_mac(frames[1 + i].bytes + 6, &mac0);
	}
	output(n->adj_idx, ip_packet(IP(10, 0, 0, 1), IP(10, 9, 9, 9), 77));
	assert_int_equal(n_frames, 7); /* now without control */
	assert_int_equal(frame_id(&frames[6], 14), 77);
	assert_int_equal(*n->used, adj_now_s);
}

/* The destination itself is the neighbour where a connected route ends. */
static void
glean_resolves_the_destination(void **state)
{
	struct rte_ether_addr group;
	struct neighbour *n;
	int64_t glean;

	ROLES();
	glean = neigh_glean_adj(p0);
	assert_true(glean >= ADJ_IDX_DYNAMIC);
	assert_int_equal(neigh_glean_adj(p0), glean);
	assert_int_equal(adj_get((uint32_t)glean)->type, ADJ_GLEAN);
	output((uint32_t)glean, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	turn();
	n = neigh_lookup(PEER_IP, p0);
	assert_non_null(n);
	assert_int_equal(n->nud.state, NUD_INCOMPLETE);
	assert_int_equal(arp_requests(PEER_IP), 1);

	/* groups and broadcasts need no question */
	n_frames = 0;
	output((uint32_t)glean, ip_packet(IP(192, 0, 2, 1), IP(239, 255, 1, 2), 2));
	output((uint32_t)glean, ip_packet(IP(192, 0, 2, 1), IP(192, 0, 2, 255), 3));
	output((uint32_t)glean, ip_packet(IP(192, 0, 2, 1), IP(255, 255, 255, 255), 4));
	assert_int_equal(n_frames, 3);
	assert_memory_equal(frames[0].bytes, "\x01\x00\x5e\x7f\x01\x02", 6); /* RFC 1112 6.4 */
	assert_memory_equal(frames[1].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(frames[2].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	neigh_mc_map(IP(224, 128, 0, 1), &group);
	assert_memory_equal(&group, "\x01\x00\x5e\x00\x00\x01", 6);
}

static void
full_queue_drops_the_oldest(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->unres_qlen = 3;
	n = neigh_create(PEER_IP, p0);
	for (uint16_t i = 0; i < 5; i++)
		neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, i));
	assert_int_equal(n->arp_queue.qlen, 3);
	assert_int_equal(drops(DROP_NEIGH_UNRESOLVED), 2);
	n_frames = 0;
	reply_from(&peer, PEER_IP);
	assert_int_equal(n_frames, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(frame_id(&frames[i], 14), 2 + i);
}

static void
queue_is_bounded_in_bytes(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->unres_qlen_bytes = 28 * 2;
	n = neigh_create(PEER_IP, p0);
	for (uint16_t i = 0; i < 3; i++)
		neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, i));
	assert_int_equal(n->arp_queue.qlen, 2);
	neigh_parms_get(p0)->unres_qlen_bytes = 27; /* not even one fits */
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 9));
	assert_int_equal(n->arp_queue.qlen, 0);
	assert_int_equal(drops(DROP_NEIGH_UNRESOLVED), 4);
}

/* A sweep over many addresses can not take all buffers: who waits longest gives way. */
static void
all_queues_together_are_bounded(void **state)
{
	struct neighbour *first;

	ROLES();
	neigh_tbl.unres_qlen_total = 10;
	first = neigh_create(IP(192, 0, 2, 10), p0);
	for (uint16_t i = 0; i < 30; i++)
		neigh_resolve_output(neigh_create(IP(192, 0, 2, 10 + i), p0),
				     ip_packet(IP(10, 0, 0, 1), PEER_IP, i));
	assert_int_equal(neigh_held(), 10);
	assert_int_equal(drops(DROP_NEIGH_UNRESOLVED), 20);
	assert_int_equal(first->arp_queue.qlen, 0);
	assert_int_equal(neigh_lookup(IP(192, 0, 2, 39), p0)->arp_queue.qlen, 1);
}

/* However many are allowed to wait: an eighth of the buffers at most. */
static void
what_waits_leaves_buffers(void **state)
{
	const unsigned int eighth = worker_ctl()->pool->size / 8 + 1;

	ROLES();
	neigh_tbl.unres_qlen_total = 1 << 20;
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	for (uint32_t i = 0; i < eighth + 100; i++)
		neigh_resolve_output(neigh_create(rte_cpu_to_be_32(0x0a000000 + i), p0),
				     ip_packet(IP(10, 0, 0, 1), PEER_IP, 0));
	assert_int_equal(neigh_held(), eighth);
}

static void
silence_fails_and_tells_for_each_packet(void **state)
{
	struct neighbour *n;

	ROLES();
	n_unreachable = 0;
	neigh_unreachable = count_unreachable;
	n = neigh_create(PEER_IP, p0);
	neigh_hold(n); /* or the failed entry might be collected */
	for (uint16_t i = 0; i < 4; i++)
		neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, i));
	turn_until(n->nud.state == NUD_FAILED);
	assert_int_equal(n_unreachable, 4);
	assert_int_equal(arp_requests(PEER_IP), 3); /* mcast_solicit */
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_FAILED);
	assert_int_equal(drops(DROP_NEIGH_FAILED), 4);

	/* negative answers come from memory for a while */
	neigh_parms_get(p0)->retrans_time_ms = 600000;
	output(n->adj_idx, ip_packet(IP(10, 0, 0, 1), PEER_IP, 5));
	turn();
	assert_int_equal(n_unreachable, 5);
	assert_int_equal(n->nud.state, NUD_FAILED);
	assert_int_equal(arp_requests(PEER_IP), 3);

	/* then the wire is asked again */
	n->nud.updated_ms = clock_ms() - 600001;
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 6));
	assert_int_equal(n->nud.state, NUD_INCOMPLETE);
	assert_int_equal(arp_requests(PEER_IP), 4);
	assert_int_equal(n_unreachable, 5);
	reply_from(&peer, PEER_IP);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	neigh_release(n);
}

static void
without_a_handler_failure_drops(void **state)
{
	struct neighbour *n;

	ROLES();
	n = neigh_create(PEER_IP, p0);
	neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	turn_until(n->nud.state == NUD_FAILED);
	assert_int_equal(drops(DROP_NEIGH_FAILED), 1);
}

/* A STALE entry goes on forwarding; its use is what makes control probe it, by unicast. */
static void
stale_in_use_is_probed_and_never_stops(void **state)
{
	struct neighbour *n;
	unsigned int unicast = 0;

	ROLES();
	neigh_parms_get(p0)->delay_first_probe_time = 0;
	n = neigh_create(PEER_IP, p0);
	neigh_hold(n);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_STALE), 0);
	for (int i = 0; i < 50; i++)
		neigh_housekeep(clock_ms());
	assert_int_equal(n->nud.state, NUD_STALE); /* unused: left in peace */
	assert_int_equal(arp_requests(PEER_IP), 0);

	n_frames = 0;
	output(n->adj_idx, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	assert_int_equal(frame_id(&frames[0], 14), 1); /* sent at once */
	turn_until(n->nud.state == NUD_PROBE);
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_REWRITE);
	turn_until(n->nud.state == NUD_FAILED);
	for (unsigned int i = 1; i < n_frames; i++) {
		const struct arp_eth_ip *arp = frame_arp(&frames[i]);

		assert_non_null(arp);
		assert_mac(frames[i].bytes, &peer);
		unicast++;
	}
	assert_int_equal(unicast, 3); /* ucast_solicit, no broadcast */
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_FAILED);
	neigh_release(n);
}

static void
probe_may_end_in_broadcasts(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->ucast_solicit = 1;
	neigh_parms_get(p0)->mcast_resolicit = 2;
	n = reachable(PEER_IP);
	neigh_hold(n);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_PROBE), 0);
	turn_until(n->nud.state == NUD_FAILED);
	assert_int_equal(n_frames, 3);
	assert_mac(frames[0].bytes, &peer);
	assert_memory_equal(frames[1].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(frames[2].bytes, "\xff\xff\xff\xff\xff\xff", 6);
	neigh_release(n);
}

static void
probe_is_answered(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	n = reachable(PEER_IP);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_PROBE), 0);
	reply_from(&peer, PEER_IP);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	/* and an upper layer's word is as good */
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_DELAY), 0);
	neigh_confirm(n);
	assert_int_equal(n->nud.state, NUD_REACHABLE);
}

static void
reachable_ends_by_use(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->reachable_time_ms = 1;
	n = reachable(PEER_IP);
	turn_until(n->nud.state == NUD_STALE);
	n = reachable(IP(192, 0, 2, 10));
	adj_touch(adj_get(n->adj_idx));
	turn_until(n->nud.state != NUD_REACHABLE);
	assert_int_equal(n->nud.state, NUD_DELAY);
	assert_true(neigh_used_ago(n) < 60);
}

/* --- collection --- */

static CTL_ONLY unsigned int
alive(uint8_t from, uint8_t to)
{
	unsigned int n = 0;

	for (unsigned int i = from; i <= to; i++)
		n += neigh_lookup(IP(192, 0, 2, i), p0) != NULL;
	return n;
}

static void
full_table_evicts_what_is_worth_least(void **state)
{
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	neigh_tbl.gc_thresh2 = 1000;
	neigh_tbl.gc_thresh3 = 1000;
	for (uint8_t i = 10; i < 15; i++) /* 5 each */
		reachable(IP(192, 0, 2, i));
	for (uint8_t i = 20; i < 25; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, &peer, NUD_PERMANENT);
	for (uint8_t i = 30; i < 35; i++)
		neigh_hold(neigh_create(IP(192, 0, 2, i), p0));
	neigh_admin_set(IP(192, 0, 2, 34), p0, &peer, NUD_STALE); /* held in every state */
	neigh_admin_set(IP(192, 0, 2, 33), p0, NULL, NUD_FAILED);
	neigh_admin_set(IP(192, 0, 2, 32), p0, NULL, NUD_INCOMPLETE);
	for (uint8_t i = 40; i < 45; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, &peer, NUD_STALE);
	for (uint8_t i = 50; i < 55; i++)
		neigh_resolve_output(neigh_create(IP(192, 0, 2, i), p0),
				     ip_packet(IP(10, 0, 0, 1), PEER_IP, i));
	for (uint8_t i = 60; i < 65; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, NULL, NUD_FAILED);
	assert_int_equal(neigh_count(), 30);
	assert_int_equal(neigh_tbl.gc_count, 25); /* the administrator's are not limited */

	assert_int_equal(neigh_forced_gc(5, 0), 5);
	assert_int_equal(alive(60, 64), 0);
	assert_int_equal(neigh_forced_gc(5, 0), 5);
	assert_int_equal(alive(50, 54), 0);
	assert_int_equal(drops(DROP_NEIGH_UNRESOLVED), 5); /* what waited there */
	assert_int_equal(neigh_forced_gc(2, 0), 2);
	assert_null(neigh_lookup(IP(192, 0, 2, 40), p0)); /* oldest first */
	assert_non_null(neigh_lookup(IP(192, 0, 2, 44), p0));
	assert_int_equal(neigh_forced_gc(1000, 0), 3);
	assert_int_equal(alive(10, 34), 15);

	/* nothing left to evict: refused, but not for the administrator */
	neigh_tbl.gc_thresh2 = neigh_tbl.gc_thresh3 = 10;
	assert_null(neigh_create(PEER_IP, p0));
	output((uint32_t)neigh_glean_adj(p0), ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	turn();
	assert_int_equal(drops(DROP_NEIGH_TABLE_FULL), 1);
	assert_int_equal(counter_read(&neigh_counters, NEIGH_CNT_TABLE_FULLS), 2);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_STALE), -ENOSPC);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_PERMANENT), 0);

	for (uint8_t i = 30; i < 35; i++) {
		n = neigh_lookup(IP(192, 0, 2, i), p0);
		assert_non_null(n);
		neigh_release(n);
	}
	assert_non_null(neigh_create(IP(192, 0, 2, 99), p0)); /* let go: room again */
	assert_null(neigh_lookup(IP(192, 0, 2, 30), p0));
}

/* The limit holds through a sweep, and what is in use survives it. */
static void
sweep_can_not_evict_reachable(void **state)
{
	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	neigh_tbl.gc_thresh2 = 500;
	neigh_tbl.gc_thresh3 = 600;
	for (uint8_t i = 10; i < 110; i++)
		reachable(IP(192, 0, 2, i));
	for (uint32_t i = 0; i < 20000; i++)
		neigh_resolve_output(neigh_create(rte_cpu_to_be_32(0x0a000000 + i), p0),
				     ip_packet(IP(10, 0, 0, 1), PEER_IP, 0));
	assert_true(neigh_count() <= 600);
	assert_int_equal(alive(10, 109), 100);
}

static void
old_entries_are_collected_above_thresh1(void **state)
{
	struct neighbour *held;

	ROLES();
	neigh_parms_get(p0)->gc_stale_time = 0;
	neigh_parms_get(p0)->base_reachable_time_ms = 0;
	for (uint8_t i = 10; i < 20; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, &peer, NUD_STALE);
	for (uint8_t i = 20; i < 30; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, NULL, NUD_FAILED);
	held = neigh_lookup(IP(192, 0, 2, 10), p0);
	neigh_hold(held);
	for (int i = 0; i < 20; i++)
		neigh_housekeep(clock_ms() + 5000);
	assert_int_equal(neigh_count(), 20); /* below gc_thresh1 */
	neigh_tbl.gc_thresh1 = 0;
	for (int i = 0; i < 20; i++)
		neigh_housekeep(clock_ms() + 5000);
	assert_int_equal(neigh_count(), 1);
	assert_ptr_equal(neigh_lookup(IP(192, 0, 2, 10), p0), held);
	neigh_release(held);
	for (int i = 0; i < 20; i++)
		neigh_housekeep(clock_ms() + 5000);
	assert_int_equal(neigh_count(), 0);
}

/* What a program or this router looks after is never collected, in whatever state, nor what was
 * entered as NOARP; the mark `router` alone keeps nothing. */
static void
marked_entries_are_not_collected(void **state)
{
	static const uint8_t states[] = { NUD_FAILED, NUD_INCOMPLETE, NUD_STALE };
	static const uint8_t marks[] = { NTF_EXT_LEARNED, NTF_MANAGED, NTF_ROUTER };
	uint8_t host = 10;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	neigh_parms_get(p0)->interval_probe_time_ms = 600000;
	neigh_parms_get(p0)->gc_stale_time = 0;
	neigh_parms_get(p0)->base_reachable_time_ms = 0;
	neigh_tbl.gc_thresh1 = 0;
	neigh_tbl.devs[p0->ifindex]->managed_ms = clock_ms() + 5000;
	for (size_t m = 0; m < 3; m++)
		for (size_t s = 0; s < 3; s++, host++) {
			neigh_admin_set(IP(192, 0, 2, host), p0, &peer, states[s]);
			neigh_set_marks(neigh_lookup(IP(192, 0, 2, host), p0), marks[m]);
		}
	neigh_admin_set(IP(192, 0, 2, 19), p0, &peer, NUD_NOARP);
	for (int i = 0; i < 20; i++)
		neigh_housekeep(clock_ms() + 5000);
	neigh_forced_gc(1000, 0);
	assert_int_equal(alive(10, 15), 6);
	assert_int_equal(alive(16, 18), 0);
	assert_int_equal(alive(19, 19), 1);
}

/* RFC 4861 6.3.2: ReachableTime is drawn anew now and then, of each device and for new ones. */
static void
reachable_time_is_drawn_anew(void **state)
{
	struct neigh_parms *mine, *dflt;
	uint64_t then;

	ROLES();
	mine = neigh_parms_get(p0);
	dflt = neigh_parms_get(NULL);
	then = neigh_tbl.last_rand_ms;
	mine->reachable_time_ms = dflt->reachable_time_ms = 1;
	neigh_housekeep(then + 300000);
	assert_int_equal(mine->reachable_time_ms, 1);
	neigh_housekeep(then + 300001);
	assert_in_range(mine->reachable_time_ms, 15000, 45000);
	assert_in_range(dflt->reachable_time_ms, 15000, 45000);
	mine->reachable_time_ms = 1;
	neigh_housekeep(then + 600001);
	assert_int_equal(mine->reachable_time_ms, 1);
	neigh_housekeep(then + 600002);
	assert_in_range(mine->reachable_time_ms, 15000, 45000);
}

/* Adjacency slots, lines and memory come back: a million entries, far more than there are slots. */
static void
a_million_entries_come_and_go(void **state)
{
	const uint32_t rounds = 10, each = 100000;
	struct neighbour *n;

	ROLES();
	neigh_parms_get(p0)->gc_share = 100;
	neigh_tbl.gc_thresh2 =
		neigh_tbl.gc_thresh3; /* a slow machine takes seconds: no collection */
	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t i = 0; i < each; i++) {
			n = neigh_create(rte_cpu_to_be_32(0x0a000000 + i), p0);
			assert_non_null(n);
			if (i % 3 == 0) { /* as routes do: the last one to let go decides */
				neigh_hold(n);
				neigh_hold(n);
				neigh_release(n);
			}
		}
		assert_int_equal(neigh_count(), each);
		for (uint32_t i = 0; i < each; i++) {
			rte_be32_t ip = rte_cpu_to_be_32(0x0a000000 + i);

			n = neigh_lookup(ip, p0);
			if (i % 3 == 0) {
				assert_int_equal(neigh_admin_set(ip, p0, NULL, NUD_NONE), 0);
				assert_int_equal(neigh_admin_del(ip, p0), 0); /* held: it stays */
				assert_ptr_equal(neigh_lookup(ip, p0), n);
				assert_int_equal(n->refcnt, 1);
				neigh_release(n);
			}
			neigh_destroy(n, DROP_NEIGH_UNRESOLVED);
		}
		assert_int_equal(neigh_count(), 0);
		assert_int_equal(neigh_tbl.gc_count, 0);
		while (rcu_poll() > 0)
			;
		assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
	}
	assert_int_equal(counter_read(&neigh_counters, NEIGH_CNT_ENTRIES), 0);
	assert_int_equal(counter_read(&neigh_counters, NEIGH_CNT_ALLOCS), rounds * each);
	assert_int_equal(counter_read(&neigh_counters, NEIGH_CNT_DESTROYS), rounds * each);
}

/* --- one LAN and the others --- */

/* A device that fills the table with what can not be evicted leaves the others their part. */
static void
one_device_can_not_fill_the_table(void **state)
{
	ROLES();
	neigh_tbl.gc_thresh2 = neigh_tbl.gc_thresh3 = 200;
	for (uint32_t i = 0; i < 200; i++) {
		rte_be32_t ip = rte_cpu_to_be_32(0x0a000000 + i);
		int rc = neigh_admin_set(ip, p0, &peer, NUD_REACHABLE);

		assert_int_equal(rc, i < 160 ? 0 : -ENOSPC); /* gc_share 80 % */
	}
	for (uint32_t i = 0; i < 40; i++)
		assert_non_null(neigh_create(rte_cpu_to_be_32(0x0b000000 + i), p1));
	assert_int_equal(neigh_count(), 200);
	neigh_parms_get(p0)->gc_share = 100;
	assert_non_null(neigh_create(PEER_IP, p0)); /* p1's unresolved ones give way */
}

/* At its share a device makes room among its own, not among what others resolve. */
static void
a_sweep_pays_for_itself(void **state)
{
	struct neighbour *other;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = neigh_parms_get(p1)->retrans_time_ms = 60000;
	neigh_tbl.gc_thresh2 = neigh_tbl.gc_thresh3 = 200;
	other = neigh_create(IP(198, 51, 100, 9), p1);
	neigh_resolve_output(other, ip_packet(IP(10, 0, 0, 1), IP(198, 51, 100, 9), 1));
	for (uint8_t i = 10; i < 30; i++)
		neigh_admin_set(IP(198, 51, 100, i), p1, &peer, NUD_STALE);
	for (uint32_t i = 0; i < 5000; i++) {
		struct neighbour *n = neigh_create(rte_cpu_to_be_32(0x0a000000 + i), p0);

		neigh_resolve_output(n, ip_packet(IP(10, 0, 0, 1), PEER_IP, 0));
		assert_true(neigh_tbl.devs[p0->ifindex]->gc_count <= 160);
	}
	assert_ptr_equal(neigh_lookup(IP(198, 51, 100, 9), p1), other);
	assert_int_equal(other->arp_queue.qlen, 1); /* nor did its packet give way */
	for (uint8_t i = 10; i < 30; i++)
		assert_non_null(neigh_lookup(IP(198, 51, 100, i), p1));
}

/* Packets that wait: the device with most of them gives way, whoever else waits longer. */
static void
a_sweep_does_not_take_others_buffers(void **state)
{
	struct neighbour *other;

	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = neigh_parms_get(p1)->retrans_time_ms = 60000;
	neigh_tbl.unres_qlen_total = 20;
	other = neigh_create(IP(198, 51, 100, 9), p1);
	for (uint16_t i = 0; i < 3; i++)
		neigh_resolve_output(other, ip_packet(IP(10, 0, 0, 1), IP(198, 51, 100, 9), i));
	for (uint32_t i = 0; i < 500; i++)
		neigh_resolve_output(neigh_create(rte_cpu_to_be_32(0x0a000000 + i), p0),
				     ip_packet(IP(10, 0, 0, 1), PEER_IP, 0));
	assert_int_equal(neigh_held(), 20);
	assert_int_equal(other->arp_queue.qlen, 3);
	for (uint16_t i = 3; i < 6; i++) /* and the small one's next packets find room, too */
		neigh_resolve_output(other, ip_packet(IP(10, 0, 0, 1), IP(198, 51, 100, 9), i));
	assert_int_equal(other->arp_queue.qlen, 6);
	assert_int_equal(neigh_held(), 20);
}

/* The worthless of any device go before the better of the one that asks. */
static void
collection_takes_the_worst_everywhere(void **state)
{
	ROLES();
	for (uint8_t i = 10; i < 15; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, &peer, NUD_STALE);
	for (uint8_t i = 10; i < 13; i++)
		neigh_admin_set(IP(198, 51, 100, i), p1, NULL, NUD_FAILED);
	assert_int_equal(neigh_forced_gc(3, 0), 3);
	assert_int_equal(alive(10, 14), 5);
	assert_int_equal(neigh_count(), 5);
}

/* gc_thresh2: a new entry starts a collection, but not within 5 s of the last. */
static void
thresh2_collects_now_and_then(void **state)
{
	ROLES();
	neigh_parms_get(p0)->retrans_time_ms = 60000;
	neigh_tbl.gc_thresh2 = 10;
	for (uint8_t i = 10; i < 30; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, NULL, NUD_FAILED);
	assert_int_equal(neigh_count(), 20); /* the table was made less than 5 s ago */
	neigh_tbl.last_flush_ms = clock_ms() - 5000;
	assert_non_null(neigh_create(PEER_IP, p0));
	assert_int_equal(neigh_count(), 10); /* one below the threshold, and the new one */
	assert_non_null(neigh_create(IP(192, 0, 2, 99), p0));
	assert_int_equal(neigh_count(), 11);
	assert_int_equal(counter_read(&neigh_counters, NEIGH_CNT_FORCED_GC_RUNS), 1);
	/* what is being resolved, or was heard of lately, is left alone below gc_thresh3 */
	neigh_forced_gc(1000, 0);
	for (uint8_t i = 10; i < 20; i++)
		neigh_use(neigh_create(IP(192, 0, 2, i), p0));
	for (uint8_t i = 20; i < 30; i++)
		neigh_admin_set(IP(192, 0, 2, i), p0, &peer, NUD_STALE);
	neigh_lookup(IP(192, 0, 2, 20), p0)->nud.updated_ms -= 5000;
	neigh_tbl.last_flush_ms = clock_ms() - 5000;
	assert_non_null(neigh_create(PEER_IP, p0));
	assert_int_equal(neigh_count(), 20);
	assert_null(neigh_lookup(IP(192, 0, 2, 20), p0));
}

/* --- the administrator --- */

static void
administrator_sets_and_deletes(void **state)
{
	struct neighbour *n;

	ROLES();
	assert_int_equal(neigh_admin_set(PEER_IP, p0, NULL, NUD_PERMANENT), -EINVAL);
	assert_int_equal(neigh_admin_set(0, p0, &peer, NUD_PERMANENT), -EADDRNOTAVAIL);
	assert_int_equal(neigh_count(), 0);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), -ENOENT);
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_PERMANENT), 0);
	n = neigh_lookup(PEER_IP, p0);
	assert_true(n->flags & NTF_STATIC);
	assert_mac(adj_get(n->adj_idx)->hdr + ADJ_HDR_MAX - 14, &peer);
	reply_from(&peer2, PEER_IP); /* nobody overrules him */
	assert_int_equal(n->nud.state, NUD_PERMANENT);
	assert_mac(&n->ha, &peer);

	neigh_hold(n); /* a route's next hop: starts over */
	neigh_set_marks(n, NTF_MARKS);
	n->protocol = 12;
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_int_equal(n->flags, 0);
	assert_int_equal(n->protocol, 0);
	assert_int_equal(neigh_tbl.n_managed, 0);
	assert_ptr_equal(neigh_lookup(PEER_IP, p0), n);
	assert_int_equal(n->nud.state, NUD_NONE);
	assert_int_equal(n->flags & NTF_STATIC, 0);
	assert_int_equal(adj_get(n->adj_idx)->type, ADJ_INCOMPLETE);
	neigh_release(n); /* what is left is a place that waits for the collector: no entry */
	assert_int_equal(neigh_admin_del(PEER_IP, p0), -ENOENT);
	assert_int_equal(neigh_forced_gc(1, 0), 1);
	assert_null(neigh_lookup(PEER_IP, p0));
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer, NUD_PERMANENT), 0);
	assert_int_equal(neigh_admin_del(PEER_IP, p0), 0);
	assert_null(neigh_lookup(PEER_IP, p0));
}

/* The control thread's own packets take the short way. */
static void
control_thread_resolves_without_a_message(void **state)
{
	struct sk_buff *skb;
	struct skb_vec vec = { .n = 1 };
	struct neighbour *n;

	ROLES();
	n = neigh_create(PEER_IP, p0);
	skb = ip_packet(IP(192, 0, 2, 1), PEER_IP, 1);
	skb->dst = adj_get(n->adj_idx);
	vec.v[0] = skb;
	neigh_output(worker_ctl(), &vec);
	assert_int_equal(n->arp_queue.qlen, 1);
	assert_int_equal(msg_held(), 0);
}

/* A packet whose data somebody else holds too gets its header without spoiling theirs. */
static void
shared_packet_is_not_written(void **state)
{
	struct sk_buff *skb, *clone;
	struct neighbour *n;

	ROLES();
	n = reachable(PEER_IP);
	skb = ip_packet(IP(192, 0, 2, 1), PEER_IP, 5);
	memset(skb_push(skb, 14), 0x11, 14);
	clone = skb_clone(dp(), skb);
	assert_non_null(clone);
	assert_non_null(skb_pull(skb, 14));
	output(n->adj_idx, skb);
	assert_int_equal(frame_id(&frames[0], 14), 5);
	assert_mac(frames[0].bytes, &peer);
	for (int i = 0; i < 14; i++)
		assert_int_equal(skb_data(clone)[i], 0x11);
	consume_skb(dp(), clone);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(resolves_and_sends_in_order),
		T(glean_resolves_the_destination),
		T(full_queue_drops_the_oldest),
		T(queue_is_bounded_in_bytes),
		T(all_queues_together_are_bounded),
		T(what_waits_leaves_buffers),
		T(silence_fails_and_tells_for_each_packet),
		T(without_a_handler_failure_drops),
		T(stale_in_use_is_probed_and_never_stops),
		T(probe_may_end_in_broadcasts),
		T(probe_is_answered),
		T(reachable_ends_by_use),
		T(full_table_evicts_what_is_worth_least),
		T(sweep_can_not_evict_reachable),
		T(old_entries_are_collected_above_thresh1),
		T(marked_entries_are_not_collected),
		T(reachable_time_is_drawn_anew),
		T(a_million_entries_come_and_go),
		T(one_device_can_not_fill_the_table),
		T(a_sweep_pays_for_itself),
		T(a_sweep_does_not_take_others_buffers),
		T(collection_takes_the_worst_everywhere),
		T(thresh2_collects_now_and_then),
		T(administrator_sets_and_deletes),
		T(control_thread_resolves_without_a_message),
		T(shared_packet_is_not_written),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
