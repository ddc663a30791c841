/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices' events do to entries: down, carrier, MAC, MTU, name, removal, VLANs, tunables. */
#include "fixture.h"
#include <errno.h>
#include "core/sysctl.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define HELD IP(192, 0, 2, 10)

static CTL_ONLY struct neighbour *
make(struct net_device *dev, rte_be32_t ip, enum nud_state state)
{
	assert_int_equal(neigh_admin_set(ip, dev, &peer, state), 0);
	return neigh_lookup(ip, dev);
}

static const uint8_t *
header(const struct neighbour *n)
{
	const struct adj *a = adj_get(n->adj_idx);

	assert_int_equal(a->type, ADJ_REWRITE);
	return a->hdr + ADJ_HDR_MAX - a->hdr_len;
}

static void
down_flushes_and_held_entries_start_anew(void **state)
{
	struct neighbour *held, *waits;

	ROLES();
	make(p0, PEER_IP, NUD_REACHABLE);
	make(p0, IP(192, 0, 2, 11), NUD_PERMANENT);
	make(p1, IP(198, 51, 100, 9), NUD_REACHABLE);
	held = make(p0, HELD, NUD_REACHABLE);
	neigh_hold(held);
	waits = neigh_create(IP(192, 0, 2, 12), p0);
	neigh_resolve_output(waits, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	assert_int_equal(neigh_held(), 1);

	dev_close(p0);
	assert_int_equal(neigh_held(), 0);
	assert_int_equal(drops(DROP_NETDEV_DOWN), 1);
	assert_null(neigh_lookup(PEER_IP, p0));
	assert_null(neigh_lookup(IP(192, 0, 2, 11), p0)); /* as Linux's neigh_ifdown */
	assert_non_null(neigh_lookup(IP(198, 51, 100, 9), p1));
	assert_ptr_equal(neigh_lookup(HELD, p0), held);
	assert_int_equal(held->nud.state, NUD_NONE);
	assert_int_equal(adj_get(held->adj_idx)->type, ADJ_INCOMPLETE);
	neigh_resolve_output(held, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	assert_int_equal(drops(DROP_NETDEV_DOWN), 2); /* no asking by a device that is down */
	assert_int_equal(held->nud.state, NUD_NONE);

	assert_int_equal(dev_open(p0), 0);
	neigh_resolve_output(held, ip_packet(IP(10, 0, 0, 1), PEER_IP, 1));
	assert_int_equal(held->nud.state, NUD_INCOMPLETE);
	dev_close(p0); /* nor does what waits there already survive it */
	assert_int_equal(neigh_held(), 0);
	assert_int_equal(drops(DROP_NETDEV_DOWN), 3);
	neigh_release(held);
}

static void
carrier_loss_evicts_what_was_learned(void **state)
{
	ROLES();
	make(p0, PEER_IP, NUD_REACHABLE);
	make(p0, IP(192, 0, 2, 11), NUD_PERMANENT);
	p0->ip_ptr->cnf.arp_evict_nocarrier = 0;
	netif_carrier_set(p0, false);
	assert_non_null(neigh_lookup(PEER_IP, p0));
	netif_carrier_set(p0, true);
	p0->ip_ptr->cnf.arp_evict_nocarrier = 1;
	netif_carrier_set(p0, false);
	assert_null(neigh_lookup(PEER_IP, p0));
	assert_non_null(neigh_lookup(IP(192, 0, 2, 11), p0));
	netif_carrier_set(p0, true);
}

static void
new_mac_and_mtu_are_republished(void **state)
{
	static const struct rte_ether_addr fresh = { { 0x02, 0xaa, 0, 0, 0, 0x55 } };
	struct neighbour *n;
	uint32_t idx;

	ROLES();
	n = make(p0, PEER_IP, NUD_REACHABLE);
	idx = n->adj_idx;
	assert_mac(header(n) + 6, &mac0);
	assert_int_equal(dev_set_mac_address(p0, &fresh), 0);
	assert_mac(header(n) + 6, &fresh);
	assert_mac(header(n), &peer);
	assert_int_equal(dev_set_mtu(p0, 9000), 0);
	assert_int_equal(adj_get(idx)->mtu, 9000);
	assert_int_equal(n->adj_idx, idx); /* routes name the slot: for life */
	assert_int_equal(n->nud.state, NUD_REACHABLE);
}

static void
removal_takes_everything(void **state)
{
	struct net_device *dev;
	unsigned int slots;
	struct sk_buff *skb;
	struct skb_vec vec = { .n = 1 };
	int64_t glean;

	ROLES();
	slots = adj_count();
	dev = fixture_dev("x0", &mac1);
	glean = neigh_glean_adj(dev);
	assert_true(glean > 0);
	make(dev, PEER_IP, NUD_PERMANENT);
	neigh_resolve_output(neigh_create(HELD, dev), ip_packet(IP(10, 0, 0, 1), HELD, 1));
	skb = ip_packet(IP(10, 0, 0, 1), HELD, 2); /* on its way to control when the device goes */
	skb->dst = adj_get((uint32_t)glean);
	vec.v[0] = skb;
	neigh_output(dp(), &vec);
	unregister_netdevice(dev);
	assert_int_equal(neigh_count(), 0);
	assert_int_equal(adj_count(), slots);
	turn();
	assert_int_equal(drops(DROP_NETDEV_GONE), 1);
	assert_int_equal(neigh_held(), 0);
}

/* Addresses that go take with them what was learned on their subnet, and only that. */
static void
lost_subnet_takes_its_neighbours(void **state)
{
	struct inet_addr_spec spec = { .local = IP(10, 0, 0, 1), .prefixlen = 24 };
	struct neighbour *held;

	ROLES();
	assert_int_equal(inet_addr_add(p0, &spec), 0);
	make(p0, PEER_IP, NUD_REACHABLE);
	make(p0, IP(10, 0, 0, 9), NUD_REACHABLE);
	make(p0, IP(10, 0, 0, 10), NUD_PERMANENT);
	held = make(p0, IP(10, 0, 0, 11), NUD_REACHABLE);
	neigh_hold(held);
	assert_int_equal(inet_addr_del(p0, IP(10, 0, 0, 1), 24), 0);
	assert_null(neigh_lookup(IP(10, 0, 0, 9), p0));
	assert_non_null(neigh_lookup(IP(10, 0, 0, 10), p0));
	assert_non_null(neigh_lookup(IP(10, 0, 0, 11), p0));
	assert_non_null(neigh_lookup(PEER_IP, p0));
	neigh_release(held);
}

/* A VLAN device's frames leave by its parent with the tag on; both count them. */
static void
vlan_header_carries_the_tag(void **state)
{
	struct net_device *v;
	struct netdev_stats_sum st;
	struct skb_vec vec = { .n = 1 };
	struct neighbour *n;

	ROLES();
	v = fixture_dev("p0.100", &mac0);
	v->vlan_proto = RTE_BE16(0x8100);
	v->vlan_id = 100;
	v->real_dev = p0;
	n = make(v, PEER_IP, NUD_REACHABLE);
	assert_int_equal(adj_get(n->adj_idx)->hdr_len, 18);
	assert_ptr_equal(adj_get(n->adj_idx)->lower, p0);
	vec.v[0] = ip_packet(IP(10, 0, 0, 1), PEER_IP, 3);
	vec.v[0]->dst = adj_get(n->adj_idx);
	n_frames = 0;
	neigh_output(dp(), &vec);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p0);
	assert_int_equal(frame_id(&frames[0], 18), 3);
	assert_memory_equal(frames[0].bytes + 12, "\x81\x00\x00\x64\x08\x00", 6);
	dev_get_stats(v, &st);
	assert_int_equal(st.tx_packets, 1);
	assert_int_equal(st.tx_bytes, 28 + 14);
	/* its MAC follows the parent's by an event of its own; the tag stays */
	assert_int_equal(dev_set_mac_address(v, &mac1), 0);
	assert_mac(header(n) + 6, &mac1);
	assert_memory_equal(header(n) + 12, "\x81\x00\x00\x64\x08\x00", 6);
	assert_int_equal(adj_get(n->adj_idx)->mtu, 1500);
	v->real_dev = v; /* a fake: it can not follow its parent's end */
}

static void
devices_without_arp_need_no_resolution(void **state)
{
	struct net_device *dev;
	struct neighbour *n;
	int64_t glean;

	ROLES();
	dev = fixture_dev("noarp0", &mac1);
	dev->flags |= IFF_NOARP;
	n = neigh_create(PEER_IP, dev);
	assert_int_equal(n->nud.state, NUD_NOARP);
	assert_mac(header(n), &mac1);
	glean = neigh_glean_adj(dev);
	assert_int_equal(adj_get((uint32_t)glean)->type, ADJ_REWRITE);
	/* and on an ordinary one, groups do not either */
	n = neigh_create(IP(224, 0, 0, 5), p0);
	assert_int_equal(n->nud.state, NUD_NOARP);
	assert_memory_equal(header(n), "\x01\x00\x5e\x00\x00\x05", 6);
	assert_int_equal(neigh_create(PEER_IP, p0)->nud.state, NUD_NONE);
}

/* --- tunables --- */

static CTL_ONLY int
get(const char *name)
{
	struct sysctl_var v;

	if (sysctl_find(name, &v) < 0)
		return -1;
	return sysctl_get(&v);
}

static CTL_ONLY int
set(const char *name, int value)
{
	struct sysctl_var v;

	assert_int_equal(sysctl_find(name, &v), 0);
	return sysctl_set(&v, value);
}

static void
defaults_are_linux_s(void **state)
{
	static const struct {
		const char *name;
		int value;
	} want[] = {
		{ "mcast_solicit", 3 },
		{ "ucast_solicit", 3 },
		{ "app_solicit", 0 },
		{ "mcast_resolicit", 0 },
		{ "base_reachable_time_ms", 30000 },
		{ "delay_first_probe_time", 5 },
		{ "gc_stale_time", 60 },
		{ "unres_qlen", 101 },
		{ "unres_qlen_bytes", 212992 },
		{ "proxy_qlen", 64 },
		{ "anycast_delay", 100 },
		{ "proxy_delay", 80 },
		{ "locktime", 100 },
	};
	char name[64];

	ROLES();
	for (unsigned int i = 0; i < RTE_DIM(want); i++) {
		snprintf(name, sizeof(name), "net.ipv4.neigh.p0.%s", want[i].name);
		assert_int_equal(get(name), want[i].value);
		snprintf(name, sizeof(name), "net.ipv4.neigh.default.%s", want[i].name);
		assert_int_equal(get(name), want[i].value);
	}
	assert_int_equal(get("net.ipv4.neigh.default.gc_thresh3"), 131072);
	assert_int_equal(get("net.ipv4.neigh.p0.gc_thresh3"), -1);
}

/* "default" is what devices have that were not told otherwise, now and later. */
static void
default_is_inherited(void **state)
{
	ROLES();
	assert_int_equal(set("net.ipv4.neigh.p0.ucast_solicit", 7), 0);
	assert_int_equal(set("net.ipv4.neigh.default.ucast_solicit", 5), 0);
	assert_int_equal(get("net.ipv4.neigh.p0.ucast_solicit"), 7);
	assert_int_equal(get("net.ipv4.neigh.p1.ucast_solicit"), 5);
	assert_int_equal(neigh_parms_get(p0)->ucast_solicit, 7);
	assert_int_equal(neigh_parms_get(fixture_dev("later", &mac1))->ucast_solicit, 5);
	assert_int_equal(set("net.ipv4.neigh.default.ucast_solicit", 101), -ERANGE);
}

/* RFC 4861 6.3.2: uniformly between a half and three halves of the base. */
static void
reachable_time_is_spread(void **state)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	ROLES();
	for (int i = 0; i < 400; i++) {
		uint64_t ms;

		assert_int_equal(set("net.ipv4.neigh.default.base_reachable_time_ms", 1000), 0);
		ms = neigh_parms_get(p0)->reachable_time_ms;
		assert_true(ms >= 500 && ms < 1500);
		lo = RTE_MIN(lo, ms);
		hi = RTE_MAX(hi, ms);
	}
	assert_true(lo < 600 && hi > 1400);
}

static void
tunables_follow_the_name(void **state)
{
	ROLES();
	assert_int_equal(set("net.ipv4.neigh.p0.unres_qlen", 9), 0);
	assert_int_equal(dev_change_name(p0, "wan.7"), 0);
	assert_int_equal(get("net.ipv4.neigh.wan.7.unres_qlen"), 9);
	assert_int_equal(get("net.ipv4.neigh.p0.unres_qlen"), -1);
	unregister_netdevice(p1);
	assert_int_equal(get("net.ipv4.neigh.p1.unres_qlen"), -1);
}

static unsigned int refuse_lines; /* so many are refused */
int __real_adj_publish(uint32_t idx, const struct adj *tmpl) CTL_ONLY;
int __wrap_adj_publish(uint32_t idx, const struct adj *tmpl) CTL_ONLY;

int
__wrap_adj_publish(uint32_t idx, const struct adj *tmpl)
{
	if (refuse_lines > 0) {
		refuse_lines--;
		return -ENOMEM;
	}
	return __real_adj_publish(idx, tmpl);
}

/* A neighbour that moves while there is no memory for a line is not sent to its old place for good,
 * although nothing happens to it any more; nor does a device's own line stay an old one. */
static void
what_found_no_memory_is_shown_later(void **state)
{
	struct neighbour *n;
	int64_t glean;

	ROLES();
	n = make(p0, PEER_IP, NUD_REACHABLE);
	refuse_lines = 2;
	assert_int_equal(neigh_admin_set(PEER_IP, p0, &peer2, NUD_PERMANENT), 0);
	assert_mac(header(n), &peer);
	assert_int_equal(refuse_lines, 1);
	neigh_housekeep(clock_ms()); /* in vain */
	assert_int_equal(refuse_lines, 0);
	assert_mac(header(n), &peer);
	neigh_housekeep(clock_ms());
	assert_mac(header(n), &peer2);

	glean = neigh_glean_adj(p1);
	p1->flags |= IFF_NOARP;
	refuse_lines = 1;
	assert_int_equal(dev_set_mtu(p1, 9000), 0);
	assert_int_equal(adj_get((uint32_t)glean)->type, ADJ_GLEAN);
	neigh_housekeep(clock_ms());
	assert_int_equal(adj_get((uint32_t)glean)->type, ADJ_REWRITE);
}

/* While memory lacks, a round costs one try, however many wait; once it is there, all are shown. */
static void
want_of_memory_is_met_once_a_round(void **state)
{
	struct neighbour *n[20];

	ROLES();
	for (uint32_t i = 0; i < RTE_DIM(n); i++)
		n[i] = make(p0, rte_cpu_to_be_32(0xc000020a + i), NUD_REACHABLE);
	refuse_lines = RTE_DIM(n) + 3;
	for (unsigned int i = 0; i < RTE_DIM(n); i++)
		assert_int_equal(neigh_admin_set(n[i]->primary_key, p0, &peer2, NUD_PERMANENT), 0);
	for (unsigned int left = 3; left > 0; left--) {
		assert_int_equal(refuse_lines, left);
		neigh_housekeep(clock_ms());
	}
	assert_int_equal(refuse_lines, 0);
	for (unsigned int i = 0; i < RTE_DIM(n); i++)
		assert_mac(header(n[i]), &peer);
	neigh_housekeep(clock_ms());
	for (unsigned int i = 0; i < RTE_DIM(n); i++)
		assert_mac(header(n[i]), &peer2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(down_flushes_and_held_entries_start_anew),
		T(carrier_loss_evicts_what_was_learned),
		T(new_mac_and_mtu_are_republished),
		T(what_found_no_memory_is_shown_later),
		T(want_of_memory_is_met_once_a_round),
		T(removal_takes_everything),
		T(lost_subnet_takes_its_neighbours),
		T(vlan_header_carries_the_tag),
		T(devices_without_arp_need_no_resolution),
		T(defaults_are_linux_s),
		T(default_is_inherited),
		T(reachable_time_is_spread),
		T(tunables_follow_the_name),
	};

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
