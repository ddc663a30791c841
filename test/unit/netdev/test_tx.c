/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit: checks, link headers with tags, VLAN devices over their parents, loopback. */
#include <errno.h>
#include <linux/if_ether.h>
#include "fixture.h"
#include "loopback/loopback.h"
#include "netdev/netdev_upper.h"
#include "vlan/vlan.h"

#define PROTO 0x88b5

static const struct rte_ether_addr dst = { { 2, 0, 0, 0, 0, 50 } };
static unsigned int n_seen;
static uint8_t last_flags, last_type;

static void
rcv(struct worker *self, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		n_seen++;
		last_flags = vec->v[i]->flags;
		last_type = vec->v[i]->pkt_type;
		consume_skb(self, vec->v[i]);
	}
}

static int
setup(void **state)
{
	role_enter_ctl();
	if (fixture_setup(state) != 0)
		return -1;
	return dev_add_pack(PROTO, rcv);
}

static int
before(void **state)
{
	n_seen = 0;
	return 0;
}

static void
xmit1(struct net_device *dev, struct rte_mbuf *m)
{
	role_enter_dp();
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	dev_queue_xmit(w, dev, &m, 1);
}

static struct net_device *
vlan(struct net_device *parent, const char *name, uint16_t id, uint16_t tpid)
{
	struct net_device *v;

	role_enter_ctl();
	assert_int_equal(vlan_dev_add(parent, name, id, rte_cpu_to_be_16(tpid), &v), 0);
	assert_int_equal(dev_open(v), 0);
	return v;
}

static void
test_refusals(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *m;

	role_enter_ctl();
	xmit1(p0, frame_type(50, PROTO, 1));
	assert_int_equal(n_sent, 1);
	netif_carrier_set(p0, false);
	xmit1(p0, frame_type(50, PROTO, 1));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_NO_CARRIER), 1);
	dev_close(p0);
	xmit1(p0, frame_type(50, PROTO, 1));
	assert_int_equal(dev_drops(p0, DROP_NETDEV_DOWN), 1);
	dev_open(p0);
	netif_carrier_set(p0, true);
	dev_set_mtu(p0, 100);
	m = frame_type(50, PROTO, 1);
	rte_pktmbuf_append(m, 100 + 22 - 60); /* mtu, header, two tags: just fits */
	xmit1(p0, m);
	assert_int_equal(n_sent, 2);
	m = frame_type(50, PROTO, 1);
	rte_pktmbuf_append(m, 100 + 23 - 60);
	xmit1(p0, m);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_TX_OVERSIZE), 1);
	assert_int_equal(n_sent, 2);
}

static void
test_hard_header(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *o = vlan(p0, "o", 200, 0x88a8),
			  *i = vlan(o, "i", 30, 0x8100);
	static const uint8_t plain[] = { 2, 0, 0, 0, 0, 50, 2, 0, 0, 0, 0, 1, 8, 0 };
	static const uint8_t both[] = { 2, 0,	 0,    0, 0,   50,   2, 0, 0,  0, 0,
					1, 0x88, 0xa8, 0, 200, 0x81, 0, 0, 30, 8, 0 };
	uint8_t buf[24];

	assert_int_equal(dev_hard_header(p0, &dst, RTE_BE16(0x800), buf, sizeof(buf)), 14);
	assert_memory_equal(buf + 10, plain, 14);
	assert_int_equal(dev_hard_header(i, &dst, RTE_BE16(0x800), buf, sizeof(buf)), 22);
	assert_memory_equal(buf + 2, both, 22);
	assert_int_equal(dev_hard_header(o, &dst, RTE_BE16(0x800), buf, sizeof(buf)), 18);
	assert_int_equal(dev_hard_header(i, &dst, RTE_BE16(0x800), buf, 21), -ENOSPC);
	assert_int_equal(dev_hard_header(i, &dst, RTE_BE16(0x800), buf, 22), 22);
}

/* Through both VLAN devices, each counted, with the tags exactly once. */
static void
test_vlan_xmit(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *o = vlan(p0, "o", 200, 0x88a8),
			  *i = vlan(o, "i", 30, 0x8100);
	static const uint8_t tags[] = { 0x88, 0xa8, 0, 200, 0x81, 0, 0, 30, 0x88, 0xb5 };
	struct netdev_stats_sum st;
	struct sk_buff *skb;

	role_enter_ctl();
	role_enter_dp();
	skb = alloc_skb(w, 0); /* no headroom: the head is replaced or moved */
	*(uint8_t *)skb_put(skb, 1) = 77;
	skb->dev = i;
	skb->protocol = RTE_BE16(PROTO);
	dev_hard_xmit(w, skb, &dst);
	assert_int_equal(n_sent, 1);
	assert_ptr_equal(sent_by, p0);
	assert_int_equal(sent[0]->pkt_len, 23);
	assert_memory_equal(rte_pktmbuf_mtod_offset(sent[0], void *, 12), tags, sizeof(tags));
	xmit1(i, frame_type(50, PROTO, 1)); /* a bridge's frame: comes without tags */
	assert_int_equal(n_sent, 2);
	assert_memory_equal(rte_pktmbuf_mtod_offset(sent[1], void *, 12), tags, sizeof(tags));
	assert_int_equal(sent[1]->pkt_len, 68);
	dev_get_stats(i, &st);
	assert_int_equal(st.tx_packets, 2);
	dev_get_stats(o, &st);
	assert_int_equal(st.tx_packets, 2);
	dev_close(o);
	xmit1(i, frame_type(50, PROTO, 1));
	assert_int_equal(n_sent, 2);
}

static void
test_vlan_follows_parent(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100), *x;
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 9 } };

	role_enter_ctl();
	assert_int_equal(vlan_dev_add(p0, "x", 100, RTE_BE16(0x88a8), NULL), -EEXIST);
	assert_int_equal(vlan_dev_add(p0, "v", 101, RTE_BE16(0x8100), NULL), -EEXIST);
	assert_int_equal(vlan_dev_add(p0, "x", 0, RTE_BE16(0x8100), NULL), -EINVAL);
	assert_int_equal(vlan_dev_add(p0, "x", 4095, RTE_BE16(0x8100), NULL), -EINVAL);
	assert_int_equal(vlan_dev_add(p0, "x", 1, RTE_BE16(0x9100), NULL), -EINVAL);
	assert_int_equal(vlan_dev_del(p0), -EINVAL);
	netif_carrier_set(p0, false);
	assert_false(netif_carrier_ok(v));
	netif_carrier_set(p0, true);
	assert_true(netif_carrier_ok(v));
	dev_set_mac_address(p0, &mac);
	assert_int_equal(v->dev_addr64, p0->dev_addr64);
	assert_int_equal(dev_set_mtu(v, 1501), -ERANGE);
	dev_set_mtu(p0, 1000);
	assert_int_equal(v->mtu, 1000);
	dev_close(p0);
	assert_false(netif_running(v) || netif_carrier_ok(v));
	assert_int_equal(dev_open(v), -ENETDOWN);
	dev_open(p0);
	assert_true(netif_running(v) && netif_carrier_ok(v));
	dev_close(v); /* by the administrator: stays down */
	dev_close(p0);
	dev_open(p0);
	assert_false(netif_running(v));
	assert_int_equal(vlan_dev_add(v, "x", 5, RTE_BE16(0x8100), &x), 0);
	assert_int_equal(vlan_dev_del(v), 0); /* takes the one on top along */
	assert_null(dev_get_by_name("x"));
	assert_null(p0->vlan_tab);
	vlan(p0, "y", 7, 0x8100);
	vlan(p0, "z", 8, 0x8100);
	unregister_netdevice(p0);
	assert_null(dev_first());
}

/* What a VLAN device asked of its parent goes with it, however it goes. */
static void
test_vlan_promiscuity(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100);

	role_enter_ctl();
	assert_int_equal(dev_set_promiscuity(v, 1), 0);
	assert_int_equal(dev_set_allmulti(v, 1), 0);
	assert_int_equal(p0->ctl->promiscuity, 1);
	assert_int_equal(p0->ctl->allmulti, 1);
	dev_close(v);
	assert_int_equal(p0->flags & (IFF_PROMISC | IFF_ALLMULTI), 0);
	assert_int_equal(dev_open(v), 0); /* and comes back */
	assert_int_equal(p0->ctl->promiscuity, 1);
	assert_int_equal(p0->ctl->allmulti, 1);
	dev_close(v);
	assert_int_equal(dev_set_promiscuity(v, -1), 0); /* while down: nothing to give back */
	assert_int_equal(dev_set_promiscuity(v, 1), 0);
	assert_int_equal(p0->ctl->promiscuity, 0);
	assert_int_equal(dev_open(v), 0);
	dev_close(p0); /* takes it down, and up again */
	assert_int_equal(p0->ctl->promiscuity, 0);
	dev_open(p0);
	assert_int_equal(p0->ctl->promiscuity, 1);
	assert_true(fake.promisc_on);
	assert_int_equal(vlan_dev_del(v), 0);
	assert_int_equal(p0->ctl->promiscuity + p0->ctl->allmulti, 0);
	assert_false(fake.promisc_on);
}

/* An inherited MTU follows the parent both ways, one of its own up to where it was. */
static void
test_vlan_mtu(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *v = vlan(p0, "v", 100, 0x8100),
			  *own = vlan(p0, "own", 101, 0x8100), *on_top = vlan(v, "t", 5, 0x8100);

	role_enter_ctl();
	assert_int_equal(dev_set_mtu(own, 1500), 0); /* said aloud, although it is the same */
	dev_set_mtu(p0, 1300);
	assert_int_equal(v->mtu, 1300);
	assert_int_equal(on_top->mtu, 1300);
	assert_int_equal(own->mtu, 1300);
	dev_set_mtu(p0, 9000);
	assert_int_equal(v->mtu, 9000);
	assert_int_equal(on_top->mtu, 9000);
	assert_int_equal(own->mtu, 1500);
	assert_int_equal(upper_set_own_mtu(own, 0), 0);
	assert_int_equal(own->mtu, 9000);
	dev_set_mtu(p0, 1500);
	assert_int_equal(own->mtu, 1500);
	assert_int_equal(upper_set_own_mtu(own, 4000), 0); /* wanted, and got with the parent's */
	assert_int_equal(own->mtu, 1500);
	dev_set_mtu(p0, 9000);
	assert_int_equal(own->mtu, 4000);
}

/* dev_direct_xmit() is the driver's xmit while nothing stands in the way. */
static void
test_direct_xmit(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct rte_mbuf *m;

	role_enter_ctl();
	role_enter_dp();
	dev_set_mtu(p0, 100);
	m = frame_type(50, PROTO, 1);
	rte_pktmbuf_append(m, 200); /* too long: only dev_queue_xmit() looks */
	counter_add(w, &skb_counters, SKB_CNT_ORIGINATED, 4);
	dev_direct_xmit(w, p0, &m, 1, m->pkt_len);
	assert_int_equal(n_sent, 1);
	assert_int_equal(fake.linear_bytes, 260);
	assert_int_equal(dev_add_pack(ETH_P_ALL, rcv), 0);
	m = frame_type(50, PROTO, 1);
	dev_direct_xmit(w, p0, &m, 1, m->pkt_len);
	dev_remove_pack(ETH_P_ALL);
	assert_int_equal(n_sent, 2);
	assert_int_equal(n_seen, 1); /* the tap saw it */
	assert_int_equal(last_type, PACKET_OUTGOING);
	netif_carrier_set(p0, false);
	m = frame_type(50, PROTO, 1);
	dev_direct_xmit(w, p0, &m, 1, m->pkt_len);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_NO_CARRIER), 1);
	netif_carrier_set(p0, true);
	dev_close(p0);
	m = frame_type(50, PROTO, 1);
	dev_direct_xmit(w, p0, &m, 1, m->pkt_len);
	assert_int_equal(dev_drops(p0, DROP_NETDEV_DOWN), 1);
	assert_int_equal(n_sent, 2);
}

static void
test_loopback(void **state)
{
	struct netdev_stats_sum st;
	uint8_t rest[48] = { PROTO >> 8, PROTO & 0xff };
	const uint8_t zero[6] = { 0 };

	role_enter_ctl();
	role_enter_dp();
	assert_int_equal(loopback_init(), 0);
	assert_int_equal(inet_addr_first(loopback_dev)->ifa_local, RTE_BE32(0x7f000001));
	assert_int_equal(inet_addr_first(loopback_dev)->ifa_scope, SCOPE_HOST);
	assert_int_equal(inet_addr_first(loopback_dev)->ifa_broadcast, 0);
	xmit1(loopback_dev, frame_to(zero, zero, rest, sizeof(rest)));
	assert_int_equal(n_seen, 0);
	assert_int_equal(netif_backlog_run(w), 1);
	assert_int_equal(n_seen, 1);
	assert_true(last_flags & SKB_F_LOOPED);
	assert_int_equal(last_type, PACKET_HOST);
	dev_get_stats(loopback_dev, &st);
	assert_int_equal(st.rx_packets, 1);
	assert_int_equal(st.tx_packets, 1);
	loopback_fini();
}

static void
test_tap_sees_outgoing(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	role_enter_ctl();
	assert_int_equal(dev_add_pack(ETH_P_ALL, rcv), 0);
	xmit1(p0, frame_type(50, PROTO, 1));
	dev_remove_pack(ETH_P_ALL);
	assert_int_equal(n_sent, 1);
	assert_int_equal(n_seen, 1);
	assert_int_equal(last_type, PACKET_OUTGOING);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, fixture_balance)
	const struct CMUnitTest tests[] = {
		T(test_refusals),	  T(test_hard_header),
		T(test_vlan_xmit),	  T(test_vlan_follows_parent),
		T(test_loopback),	  T(test_tap_sees_outgoing),
		T(test_vlan_promiscuity), T(test_vlan_mtu),
		T(test_direct_xmit),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
