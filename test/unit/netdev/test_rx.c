/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive: classification, taps, VLAN demux, bridge hook, protocol demux, fast lane, backlog. */
#include <errno.h>
#include <linux/if_ether.h>
#include "fixture.h"
#include "vlan/vlan.h"

#define PROTO_A 0x88b5 /* local experimental ethertypes (IEEE 802-2014 9.2.3) */
#define PROTO_B 0x88b6
#define SAP	0x42
#define OUI	0x00000c

/* What handlers saw; the packets are consumed. */
struct seen {
	struct net_device *dev;
	uint16_t protocol;
	uint8_t pkt_type, first, call;
	uint32_t len;
	int mac_off; /* of the MAC header, from the data */
};
static struct seen seen[64], tapped[64];
static unsigned int n_seen, n_calls, n_tapped;

static void
note(struct seen *s, const struct sk_buff *skb)
{
	*s = (struct seen){ .dev = skb->dev,
			    .protocol = rte_be_to_cpu_16(skb->protocol),
			    .pkt_type = skb->pkt_type,
			    .first = skb_len(skb) > 0 ? *skb_data(skb) : 0,
			    .call = (uint8_t)n_calls,
			    .len = skb_len(skb),
			    .mac_off = (int)(skb_data(skb) - (uint8_t *)skb_mac_header(skb)) };
}

static void
rcv(struct worker *self, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		assert_ptr_equal(skb_network_header(vec->v[i]), skb_data(vec->v[i]));
		assert_ptr_equal(vec->v[i]->dev, vec->v[0]->dev);
		note(&seen[n_seen++], vec->v[i]);
		consume_skb(self, vec->v[i]);
	}
	n_calls++;
}

static void
tap(struct worker *self, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		note(&tapped[n_tapped++], vec->v[i]);
		consume_skb(self, vec->v[i]);
	}
}

static int
setup(void **state)
{
	role_enter_ctl();
	if (fixture_setup(state) != 0)
		return -1;
	return dev_add_pack(PROTO_A, rcv) != 0 || dev_add_pack(PROTO_B, rcv) != 0 ||
	       dev_add_llc(SAP, rcv) != 0 || dev_add_snap(OUI, 0x2000, rcv) != 0;
}

static int
before(void **state)
{
	n_seen = n_calls = n_tapped = 0;
	return 0;
}

static const uint8_t bcast[6] = { 255, 255, 255, 255, 255, 255 }, src[6] = { 2, 0, 0, 0, 0, 99 };

/* --- registration --- */

static void
test_registration(void **state)
{
	role_enter_ctl();
	assert_int_equal(dev_add_pack(PROTO_A, rcv), -EEXIST);
	assert_int_equal(dev_add_llc(SAP, rcv), -EEXIST);
	assert_int_equal(dev_add_snap(OUI, 0x2000, rcv), -EEXIST);
	assert_int_equal(dev_add_snap(0, PROTO_A, rcv), -EINVAL);
	assert_int_equal(dev_add_snap(OUI, PROTO_A, rcv), 0); /* same number, another space */
	assert_int_equal(dev_add_pack(0x0701, rcv), 0);
	dev_remove_pack(0x0701);
	dev_remove_pack(0x0701);
	rx1(fake_dev("p0", 1), frame_type(1, 0x0701, 0));
	assert_int_equal(n_seen, 0);
}

/* --- vectors --- */

static void
test_one_burst_one_call(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *pkts[SKB_BURST];
	struct netdev_stats_sum st;

	role_enter_ctl();
	for (uint8_t i = 0; i < SKB_BURST; i++)
		pkts[i] = frame_type(1, PROTO_A, i);
	n_seen = 0;
	rx(p0, pkts, 40);
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_seen, 40);
	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(seen[i].first, i);
		assert_int_equal(seen[i].mac_off, 14);
		assert_int_equal(seen[i].pkt_type, PACKET_HOST);
	}
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_packets, 40);
	assert_int_equal(st.rx_bytes, 40 * 60);
	for (unsigned int i = 40; i < SKB_BURST; i++)
		rte_pktmbuf_free(pkts[i]);
}

static void
test_mixed_burst_keeps_order(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *pkts[12];
	uint8_t last_a = 0, last_b = 0;

	for (uint8_t i = 0; i < 12; i++)
		pkts[i] = frame_type(1, i % 3 == 0 ? PROTO_B : PROTO_A, i + 1);
	rx(p0, pkts, 12);
	assert_int_equal(n_calls, 2);
	assert_int_equal(n_seen, 12);
	for (unsigned int i = 0; i < 12; i++) {
		uint8_t *last = seen[i].protocol == PROTO_A ? &last_a : &last_b;

		assert_true(seen[i].first > *last);
		*last = seen[i].first;
	}
}

static void
test_many_protocols(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *pkts[24];

	role_enter_ctl();
	for (uint16_t t = 0; t < 6; t++)
		assert_int_equal(dev_add_pack(0x9000 + t, rcv), 0);
	for (uint8_t i = 0; i < 24; i++)
		pkts[i] = frame_type(1, 0x9000 + i % 6, i);
	rx(p0, pkts, 24);
	assert_int_equal(n_seen, 24);
	for (uint16_t t = 0; t < 6; t++) {
		int last = -1;

		for (unsigned int i = 0; i < 24; i++)
			if (seen[i].protocol == 0x9000 + t) {
				assert_true(seen[i].first > last);
				last = seen[i].first;
			}
		dev_remove_pack(0x9000 + t);
	}
}

/* --- classification --- */

static void
test_pkt_type(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_ether_addr extra = { { 2, 0, 0, 0, 0, 5 } };
	const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	uint8_t rest[48] = { PROTO_A >> 8, PROTO_A & 0xff };
	struct netdev_stats_sum st;

	role_enter_ctl();
	rx1(p0, frame_to(bcast, src, rest, sizeof(rest)));
	assert_int_equal(seen[0].pkt_type, PACKET_BROADCAST);
	rx1(p0, frame_to(group, src, rest, sizeof(rest)));
	assert_int_equal(seen[1].pkt_type, PACKET_MULTICAST);
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_multicast, 1);
	rx1(p0, frame_type(5, PROTO_A, 0));
	assert_int_equal(n_seen, 2);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_OTHERHOST), 1);
	assert_int_equal(dev_uc_add(p0, &extra), 0);
	rx1(p0, frame_type(5, PROTO_A, 0));
	assert_int_equal(seen[2].pkt_type, PACKET_HOST);
	assert_int_equal(dev_uc_del(p0, &extra), 0);
	rx1(p0, frame_type(5, PROTO_A, 0));
	assert_int_equal(n_seen, 3);
}

/* Promiscuous: taps see what is for others, protocols do not. */
static void
test_promisc(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	role_enter_ctl();
	assert_int_equal(dev_set_promiscuity(p0, 1), 0);
	assert_int_equal(dev_add_pack(ETH_P_ALL, tap), 0);
	rx1(p0, frame_type(5, PROTO_A, 0));
	rx1(p0, frame_type(1, PROTO_A, 0));
	dev_remove_pack(ETH_P_ALL);
	assert_int_equal(n_tapped, 2);
	assert_int_equal(tapped[0].pkt_type, PACKET_OTHERHOST);
	assert_int_equal(n_seen, 1);
}

static void
test_malformed(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	const uint8_t group[6] = { 3 }, zero[6] = { 0 }, own[6] = { 2, 0, 0, 0, 0, 1 };
	uint8_t rest[48] = { PROTO_A >> 8, PROTO_A & 0xff };

	rx1(p0, frame(1, rest, 1)); /* 13 bytes */
	assert_int_equal(dev_drops(p0, DROP_NETDEV_RUNT), 1);
	rx1(p0, frame_to(own, group, rest, sizeof(rest)));
	rx1(p0, frame_to(own, zero, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_SOURCE_MAC), 2);
	assert_int_equal(n_seen, 0);
	rx1(p0, frame(1, rest, 2)); /* 14 bytes: a header is enough here */
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].len, 0);
}

static void
test_chained_header(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *m = frame_type(1, PROTO_A, 9), *tail = rte_pktmbuf_alloc(w->pool);

	/* the last 50 bytes move to a segment of their own: the header is split */
	memcpy(rte_pktmbuf_append(tail, 50), rte_pktmbuf_mtod_offset(m, void *, 10), 50);
	rte_pktmbuf_trim(m, 50);
	rte_pktmbuf_chain(m, tail);
	rx1(p0, m);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].len, 46);
	assert_int_equal(seen[0].first, 9);
}

/* --- 802.3 --- */

static void
test_llc(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	uint8_t rest[48] = { 0, 10, SAP, SAP, 3, 7 };

	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].protocol, ETH_P_802_2);
	assert_int_equal(seen[0].len, 10); /* padding is gone */
	assert_int_equal(seen[0].first, SAP);
	rest[2] = 0x10;
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_UNKNOWN_PROTO), 1);
	rest[1] = 47; /* longer than the frame */
	rx1(p0, frame(1, rest, sizeof(rest)));
	rest[1] = 2; /* no room for LLC */
	rx1(p0, frame(1, rest, sizeof(rest)));
	rest[0] = 0x05, rest[1] = 0xdd; /* 1501: neither length nor ethertype */
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_LLC), 3);
	assert_int_equal(n_seen, 1);
}

static void
test_snap(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	uint8_t rest[48] = { 0, 12, 0xaa, 0xaa, 3, 0, 0, 0, PROTO_A >> 8, PROTO_A & 0xff, 7 };

	rx1(p0, frame(1, rest, sizeof(rest))); /* RFC 1042 */
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].protocol, PROTO_A);
	assert_int_equal(seen[0].len, 4);
	assert_int_equal(seen[0].first, 7);
	rest[7] = 0x0c, rest[8] = 0x20, rest[9] = 0;
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(n_seen, 2);
	rest[7] = 0x0d;
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_UNKNOWN_PROTO), 1);
	rest[1] = 7; /* SNAP cut short */
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_LLC), 1);
}

/* --- VLAN --- */

static struct net_device *
vlan(struct net_device *parent, const char *name, uint16_t id, uint16_t tpid)
{
	struct net_device *v;

	role_enter_ctl();
	assert_int_equal(vlan_dev_add(parent, name, id, rte_cpu_to_be_16(tpid), &v), 0);
	assert_int_equal(dev_open(v), 0);
	return v;
}

static struct rte_mbuf *
tagged(uint16_t tpid, uint16_t tci, uint8_t id)
{
	uint8_t rest[48] = { (uint8_t)(tpid >> 8),
			     (uint8_t)tpid,
			     (uint8_t)(tci >> 8),
			     (uint8_t)tci,
			     PROTO_A >> 8,
			     PROTO_A & 0xff,
			     id };

	return frame(1, rest, sizeof(rest));
}

static void
test_vlan(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);
	struct netdev_stats_sum st;

	role_enter_ctl();
	rx1(p0, tagged(0x8100, 0xe000 | 100, 7));
	assert_int_equal(n_seen, 1);
	assert_ptr_equal(seen[0].dev, v);
	assert_int_equal(seen[0].protocol, PROTO_A);
	assert_int_equal(seen[0].first, 7);
	assert_int_equal(seen[0].mac_off, 14);
	assert_int_equal(seen[0].pkt_type, PACKET_HOST);
	dev_get_stats(v, &st);
	assert_int_equal(st.rx_packets, 1);
	assert_int_equal(st.rx_bytes, 56);
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_packets, 1);
	rx1(p0, tagged(0x8100, 101, 7));
	rx1(p0, tagged(0x88a8, 100, 7)); /* the other tag protocol is another VLAN */
	assert_int_equal(dev_drops(p0, DROP_NETDEV_UNKNOWN_VLAN), 2);
	rx1(p0, tagged(0x8100, 4095, 7));
	rx1(p0, frame(1, BYTES(0x81, 0, 0))); /* cut short */
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_VLAN), 2);
	dev_close(v);
	rx1(p0, tagged(0x8100, 100, 7));
	assert_int_equal(dev_drops(v, DROP_NETDEV_DOWN), 1);
	assert_int_equal(n_seen, 1);
}

static void
test_vlan_priority_tag(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	rx1(p0, tagged(0x8100, 0xa000, 7));
	assert_int_equal(n_seen, 1);
	assert_ptr_equal(seen[0].dev, p0);
	assert_int_equal(seen[0].protocol, PROTO_A);
	assert_int_equal(seen[0].first, 7);
}

/* Priority tags on top of each other: four are looked at, a frame full of them is refused. */
static void
test_vlan_stacked_priority(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	uint8_t rest[1600] = { 0 };

	for (unsigned int i = 0; i < 5; i++)
		rest[4 * i] = 0x81;
	rest[16] = PROTO_A >> 8; /* four tags */
	rest[17] = PROTO_A & 0xff;
	rest[18] = 7;
	rx1(p0, frame(1, rest, 60));
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].first, 7);
	rest[16] = 0x81; /* five */
	rest[17] = 0;
	rest[20] = PROTO_A >> 8;
	rest[21] = PROTO_A & 0xff;
	rx1(p0, frame(1, rest, 60));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_VLAN), 1);
	for (unsigned int i = 0; i < sizeof(rest) / 4; i++)
		rest[4 * i] = 0x81;
	rest[20] = 0x81;
	rest[21] = 0;
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BAD_VLAN), 2);
	assert_int_equal(n_seen, 1);
}

static void
test_vlan_qinq(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *outer = vlan(p0, "o", 200, 0x88a8);
	struct net_device *inner = vlan(outer, "i", 30, 0x8100);
	uint8_t rest[48] = { 0x88, 0xa8, 0, 200, 0x81, 0, 0, 30, PROTO_A >> 8, PROTO_A & 0xff, 5 };

	role_enter_ctl();
	rx1(p0, frame(1, rest, sizeof(rest)));
	assert_int_equal(n_seen, 1);
	assert_ptr_equal(seen[0].dev, inner);
	assert_int_equal(seen[0].first, 5);
	assert_int_equal(vlan_dev_add(inner, "x", 1, RTE_BE16(0x8100), NULL), -ELOOP);
}

static void
test_vlan_stripped(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);
	struct rte_mbuf *m = frame_type(1, PROTO_A, 7), *u = frame_type(1, PROTO_A, 8);

	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 100;
	u->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	u->vlan_tci = 99;
	rx1(p0, m);
	rx1(p0, u);
	assert_int_equal(n_seen, 1);
	assert_ptr_equal(seen[0].dev, v);
	assert_int_equal(seen[0].first, 7);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_UNKNOWN_VLAN), 1);
}

static struct sk_buff *kept;

/* A tap that looks later: keeps the first clone. */
static void
keep(struct worker *self, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		if (kept == NULL)
			kept = vec->v[i];
		else
			consume_skb(self, vec->v[i]);
	}
}

/* Taking the tag off does not reach the clone that shares the frame. */
static void
test_vlan_untag_copies(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	static const uint8_t expected[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 99, 0x81, 0, 0, 100 };

	role_enter_ctl();
	role_enter_dp();
	vlan(p0, "v", 100, 0x8100);
	kept = NULL;
	assert_int_equal(dev_add_pack(ETH_P_ALL, keep), 0);
	rx1(p0, tagged(0x8100, 100, 7));
	dev_remove_pack(ETH_P_ALL);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].first, 7);
	assert_memory_equal(skb_mac_header(kept), expected, sizeof(expected));
	consume_skb(w, kept);
}

/* Taps see the frame with its tag on the parent, without on the VLAN device. */
static void
test_vlan_tapped(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);

	role_enter_ctl();
	assert_int_equal(dev_add_pack(ETH_P_ALL, tap), 0);
	rx1(p0, tagged(0x8100, 100, 7));
	dev_remove_pack(ETH_P_ALL);
	assert_int_equal(n_tapped, 2);
	assert_ptr_equal(tapped[0].dev, p0);
	assert_int_equal(tapped[0].protocol, 0x8100);
	assert_ptr_equal(tapped[1].dev, v);
	assert_int_equal(tapped[1].protocol, PROTO_A);
	assert_int_equal(n_seen, 1);
}

/* What the fast lane reads of a VLAN device in place of the device: all that it is made of. */
static void
test_vlan_door(void **state)
{
	const rte_be16_t q = RTE_BE16(0x8100), ad = RTE_BE16(0x88a8);
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);
	struct net_device *outer = vlan(p0, "o", 200, 0x88a8);
	struct inet_addr_spec spec = { .local = RTE_BE32(0x0a000001), .prefixlen = 24 };
	const struct vlan_table *t = p0->vlan_tab;
	struct rte_ether_addr mac;

	role_enter_ctl();
	assert_int_equal(vlan_door(t, q, 100), 0); /* no address yet */
	assert_int_equal(inet_addr_add(v, &spec), 0);
	assert_int_equal(VLAN_DOOR_INDEX(vlan_door(t, q, 100)), v->ifindex);
	assert_int_equal(vlan_door(t, ad, 100), 0);
	assert_int_equal(vlan_door(t, q, 101), 0);
	assert_int_equal(inet_addr_add(outer, &spec), 0);
	assert_int_equal(VLAN_DOOR_INDEX(vlan_door(t, ad, 200)), outer->ifindex);
	assert_int_equal(vlan_door(t, q, 200), 0);

	assert_int_equal(vlan_door(t, q, 100) & VLAN_DOOR_RPF, 0);
	set_sysctl("net.ipv4.conf.v.rp_filter", 1);
	assert_int_equal(vlan_door(t, q, 100) & VLAN_DOOR_RPF, 1 << 2);
	set_sysctl("net.ipv4.conf.all.rp_filter", 2);
	assert_int_equal(vlan_door(t, q, 100) & VLAN_DOOR_RPF, 2 << 2);
	set_sysctl("net.ipv4.conf.all.rp_filter", 0);
	set_sysctl("net.ipv4.conf.default.rp_filter", 2);
	assert_int_equal(vlan_door(t, ad, 200) & VLAN_DOOR_RPF, 2 << 2);
	set_sysctl("net.ipv4.conf.default.rp_filter", 0);

	set_sysctl("net.ipv4.conf.v.forwarding", 0);
	assert_int_equal(vlan_door(t, q, 100), 0);
	inetdev_set_forwarding(1);
	assert_int_not_equal(vlan_door(t, q, 100), 0);
	inetdev_set_forwarding(0);
	assert_int_equal(vlan_door(t, q, 100), 0);
	inetdev_set_forwarding(1);

	rte_eth_random_addr(mac.addr_bytes);
	dev_addr_changed(v, &mac);
	assert_int_equal(vlan_door(t, q, 100), 0);
	dev_addr_changed(p0, &mac);
	assert_int_not_equal(vlan_door(t, q, 100), 0);

	netdev_rx_off(v, NETDEV_RXF_TAP, true);
	assert_int_equal(vlan_door(t, q, 100), 0);
	netdev_rx_off(v, NETDEV_RXF_TAP, false);
	dev_close(v);
	assert_int_equal(vlan_door(t, q, 100), 0);
	assert_int_equal(dev_open(v), 0);
	assert_int_not_equal(vlan_door(t, q, 100), 0);
	assert_int_equal(vlan_dev_del(v), 0);
	assert_int_equal(vlan_door(t, q, 100), 0);
	(void)state;
}

static void
test_vlan_own_mac(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	uint8_t rest[48] = { 0x81, 0, 0, 100, PROTO_A >> 8, PROTO_A & 0xff };

	role_enter_ctl();
	assert_int_equal(dev_set_mac_address(v, &mac), 0);
	rx1(p0, frame(5, rest, sizeof(rest)));
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].pkt_type, PACKET_HOST);
	rx1(p0, frame(1, rest, sizeof(rest))); /* the parent's is not the VLAN's any more */
	assert_int_equal(n_seen, 1);
}

/* --- the bridge hook --- */

static enum rx_handler_result answer;
static struct net_device *another;
static unsigned int n_handled;

static enum rx_handler_result
handler(struct worker *self, struct sk_buff *skb)
{
	role_enter_dp();
	n_handled++;
	if (answer == RX_HANDLER_CONSUMED)
		consume_skb(self, skb);
	if (answer == RX_HANDLER_ANOTHER)
		skb->dev = another;
	return answer;
}

static void
test_rx_handler(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *br = fake_dev("br", 7);

	role_enter_ctl();
	assert_int_equal(netdev_rx_handler_register(p0, handler, NULL), 0);
	answer = RX_HANDLER_CONSUMED;
	rx1(p0, frame_type(42, PROTO_A, 1)); /* also what is for others */
	rx1(p0, tagged(0x8100, 55, 7));	     /* and unknown VLANs, with their tag */
	assert_int_equal(n_handled, 2);
	answer = RX_HANDLER_PASS;
	rx1(p0, frame_type(1, PROTO_A, 1));
	rx1(p0, frame_type(42, PROTO_A, 1));
	assert_int_equal(n_seen, 1);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_OTHERHOST), 1);
	answer = RX_HANDLER_ANOTHER;
	another = br;
	rx1(p0, frame_type(7, PROTO_A, 1)); /* the other device's MAC counts now */
	assert_int_equal(n_seen, 2);
	assert_ptr_equal(seen[1].dev, br);
	assert_int_equal(seen[1].pkt_type, PACKET_HOST);
	another = p0; /* in a circle */
	rx1(p0, frame_type(1, PROTO_A, 1));
	assert_int_equal(drops(DROP_NETDEV_LOOP), 1);
	netdev_rx_handler_unregister(p0);
	n_handled = 0;
	rx1(p0, frame_type(1, PROTO_A, 1));
	assert_int_equal(n_handled, 0);
}

/* --- the fast lane --- */

static unsigned int n_fast;
static struct net_device *fast_dev;

/* Takes every other frame. */
static uint16_t
fast(struct worker *self, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
     uint64_t *bytes)
{
	uint16_t left = 0;

	role_enter_dp();
	*bytes = netif_burst_bytes(pkts, n);
	fast_dev = dev;
	for (uint16_t i = 0; i < n; i++) {
		if (i % 2 == 0) {
			consume_skb(self, skb_init(pkts[i], dev));
			n_fast++;
		} else {
			pkts[left++] = pkts[i];
		}
	}
	return left;
}

static void
test_fast_lane(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v;
	struct netdev_stats_sum st;
	struct rte_mbuf *pkts[4];

	role_enter_ctl();
	n_fast = 0;
	netif_fast_rx = fast;
	rx1(p0, frame_type(1, PROTO_A, 0));
	assert_int_equal(n_fast, 0); /* no address: NETDEV_RXF_NO_IP */
	v = vlan(p0, "v", 100, 0x8100);
	rx1(p0, frame_type(1, PROTO_A, 0));
	assert_int_equal(n_fast, 1); /* but its VLAN devices may have one */
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_packets, 2);
	assert_int_equal(st.rx_bytes, 2 * 60);
	n_fast = 0;
	netdev_rx_off(p0, NETDEV_RXF_NO_IP, false);
	for (uint8_t i = 0; i < 4; i++)
		pkts[i] = frame_type(1, PROTO_A, i);
	rx(p0, pkts, 4);
	assert_int_equal(n_fast, 2);
	assert_int_equal(n_seen, 3);
	assert_int_equal(seen[1].first, 1);
	assert_int_equal(seen[2].first, 3);
	netdev_rx_off(v, NETDEV_RXF_NO_IP, false);
	netdev_rx_off(p0, NETDEV_RXF_NO_FAST, true);
	rx1(p0, tagged(0x8100, 100, 7)); /* stripped, then fast on the VLAN device */
	assert_int_equal(n_fast, 3);
	assert_ptr_equal(fast_dev, v);
}

static void
test_down(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct netdev_stats_sum st;

	role_enter_ctl();
	dev_close(p0);
	rx1(p0, frame_type(1, PROTO_A, 0));
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_packets, 1);
	assert_int_equal(st.drops[DROP_NETDEV_DOWN], 1);
	assert_int_equal(n_seen, 0);
}

/* --- taps --- */

static void
test_taps(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *later;

	role_enter_ctl();
	netif_fast_rx = fast;
	n_fast = 0;
	netdev_rx_off(p0, NETDEV_RXF_NO_IP, false);
	assert_int_equal(dev_add_pack(ETH_P_ALL, tap), 0);
	assert_int_equal(dev_add_pack(ETH_P_ALL, tap), -EEXIST);
	later = fake_dev("p1", 2);
	assert_true(later->rx_off & NETDEV_RXF_TAP);
	rx1(p0, frame_type(1, 0x4321, 3)); /* also what nobody handles */
	assert_int_equal(n_fast, 0);
	assert_int_equal(n_tapped, 1);
	assert_int_equal(tapped[0].first, 3);
	assert_int_equal(tapped[0].mac_off, 14);
	dev_remove_pack(ETH_P_ALL);
	assert_false(p0->rx_off & NETDEV_RXF_TAP);
	rx1(p0, frame_type(1, PROTO_A, 3));
	assert_int_equal(n_tapped, 1);
}

/* --- backlog --- */

static void
queue(struct net_device *dev, uint8_t id)
{
	struct sk_buff *skb;

	role_enter_dp();
	skb = skb_init(frame_type((uint8_t)(dev->dev_addr64 >> 40), PROTO_A, id), dev);
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	skb->flags |= SKB_F_LOOPED;
	netif_rx(w, skb);
}

static void
test_backlog(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *p1 = fake_dev("p1", 2);
	struct netdev_stats_sum st;

	role_enter_ctl();
	role_enter_dp();
	assert_int_equal(netif_backlog_run(w), 0);
	for (uint8_t i = 0; i < 6; i++)
		queue(i < 4 ? p0 : p1, i);
	assert_int_equal(netif_backlog_held(), 6);
	assert_int_equal(n_seen, 0);
	assert_int_equal(netif_backlog_run(w), 6);
	assert_int_equal(n_seen, 6);
	assert_int_equal(n_calls, 2);
	assert_int_equal(seen[5].first, 5);
	assert_ptr_equal(seen[5].dev, p1);
	dev_get_stats(p0, &st);
	assert_int_equal(st.rx_packets, 4);
}

static void
test_backlog_bound(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *p1 = fake_dev("p1", 2);

	role_enter_ctl();
	role_enter_dp();
	set_sysctl("net.core.netdev_max_backlog", 3);
	for (uint8_t i = 0; i < 5; i++)
		queue(i == 1 ? p1 : p0, i);
	set_sysctl("net.core.netdev_max_backlog", 1000);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_BACKLOG_FULL), 2);
	unregister_netdevice(p1); /* with a frame of it on its way */
	assert_int_equal(netif_backlog_run(w), 3);
	assert_int_equal(n_seen, 2);
	assert_int_equal(drops(DROP_NETDEV_GONE), 1);
	dev_close(p0);
	queue(p0, 1);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_DOWN), 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, fixture_balance)
	const struct CMUnitTest tests[] = {
		T(test_registration),
		T(test_one_burst_one_call),
		T(test_mixed_burst_keeps_order),
		T(test_many_protocols),
		T(test_pkt_type),
		T(test_promisc),
		T(test_malformed),
		T(test_chained_header),
		T(test_llc),
		T(test_snap),
		T(test_vlan),
		T(test_vlan_priority_tag),
		T(test_vlan_stacked_priority),
		T(test_vlan_qinq),
		T(test_vlan_stripped),
		T(test_vlan_tapped),
		T(test_vlan_untag_copies),
		T(test_vlan_door),
		T(test_vlan_own_mac),
		T(test_rx_handler),
		T(test_fast_lane),
		T(test_down),
		T(test_taps),
		T(test_backlog),
		T(test_backlog_bound),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
