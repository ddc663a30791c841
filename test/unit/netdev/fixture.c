/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"
#include <rte_mempool.h>
#include "../eal.h"

#define N_MBUFS 511

struct worker *w;
struct rte_mbuf *sent[SENT_MAX];
unsigned int n_sent;
struct net_device *sent_by;
struct fake_driver fake;
static struct rte_mempool *pool;

/* --- the fake driver --- */

static void
fake_xmit(struct worker *self, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct netdev_stats *st = netdev_stats(self, dev);

	for (uint16_t i = 0; i < n; i++) {
		assert_true(n_sent < SENT_MAX);
		sent[n_sent++] = pkts[i];
		st->tx_packets++;
		st->tx_bytes += pkts[i]->pkt_len;
		counter_inc(self, &skb_counters, SKB_CNT_TX);
	}
	sent_by = dev;
}

static void
fake_xmit_linear(struct worker *self, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		 uint64_t bytes)
{
	fake.linear_bytes = bytes;
	fake_xmit(self, dev, pkts, n);
}

static int
fake_open(struct net_device *dev)
{
	fake.opens++;
	return fake.open_rc;
}

static void
fake_stop(struct net_device *dev)
{
	fake.stops++;
}

static int
fake_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	return 0;
}

static int
fake_set_promisc(struct net_device *dev, bool on)
{
	fake.promisc_calls++;
	fake.promisc_on = on;
	return 0;
}

static int
fake_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	return fake.add_mac_rc;
}

static void
fake_destructor(struct net_device *dev)
{
	fake.destroyed++;
}

static const struct net_device_ops ops = { .open = fake_open,
					   .stop = fake_stop,
					   .set_mac = fake_set_mac,
					   .set_promisc = fake_set_promisc,
					   .add_mac = fake_mac,
					   .del_mac = fake_mac,
					   .destructor = fake_destructor };
static const struct net_device_ops_dp ops_dp = { .xmit = fake_xmit,
						 .xmit_linear = fake_xmit_linear };

struct net_device *
fake_dev(const char *name, uint8_t last)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = alloc_netdev("fake", &ops, &ops_dp, NULL);
	assert_non_null(dev);
	dev->dev_addr64 = ether_addr_to_u64(&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, last } });
	dev->flags |= IFF_RUNNING;
	dev->ctl->max_mtu = 9000;
	assert_int_equal(register_netdevice(dev, name), 0);
	assert_int_equal(dev_open(dev), 0);
	return dev;
}

/* --- frames --- */

struct rte_mbuf *
frame_to(const uint8_t *dst, const uint8_t *src, const void *rest, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *p;

	assert_non_null(m);
	p = (uint8_t *)rte_pktmbuf_append(m, 12 + len);
	assert_non_null(p);
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	memcpy(p + 12, rest, len);
	return m;
}

struct rte_mbuf *
frame(uint8_t dst, const void *rest, uint16_t len)
{
	return frame_to((const uint8_t[]){ 2, 0, 0, 0, 0, dst },
			(const uint8_t[]){ 2, 0, 0, 0, 0, 99 }, rest, len);
}

struct rte_mbuf *
frame_type(uint8_t dst, uint16_t type, uint8_t id)
{
	uint8_t rest[48] = { (uint8_t)(type >> 8), (uint8_t)type, id };

	return frame(dst, rest, sizeof(rest));
}

void
rx(struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	role_enter_dp();
	netif_rx_burst(w, dev, pkts, n);
}

void
rx1(struct net_device *dev, struct rte_mbuf *m)
{
	rx(dev, &m, 1);
}

/* --- counters and tunables --- */

uint64_t
drops(enum drop_reason why)
{
	role_enter_ctl();
	return counter_read_total(&drop_counters, why);
}

uint64_t
dev_drops(struct net_device *dev, enum drop_reason why)
{
	struct netdev_stats_sum st;

	role_enter_ctl();
	dev_get_stats(dev, &st);
	return st.drops[why];
}

void
set_sysctl(const char *name, int value)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find(name, &v), 0);
	assert_int_equal(sysctl_set(&v, value), 0);
}

int
get_sysctl(const char *name)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find(name, &v), 0);
	return sysctl_get(&v);
}

/* --- start and end --- */

int
fixture_setup(void **state)
{
	role_enter_ctl();
	if (test_eal_init() < 0 || rcu_init(WORKER_MAX) != 0 || timer_init() != 0)
		return -1;
	w = worker_alloc(0, 0, SOCKET_ID_ANY);
	pool = skb_pool_create("netdev", N_MBUFS, 2048, SOCKET_ID_ANY);
	if (w == NULL || pool == NULL || drop_init() != 0 || skb_counters_init() != 0)
		return -1;
	w->pool = pool;
	return netdev_init() != 0 || inetdev_init() != 0 ? -1 : 0;
}

int
fixture_balance(void **state)
{
	uint64_t dead = 0;

	role_enter_ctl();
	while (n_sent > 0)
		rte_pktmbuf_free(sent[--n_sent]);
	while (dev_first() != NULL)
		unregister_netdevice(dev_first());
	rcu_barrier();
	assert_int_equal(rcu_pending(), 0);
	assert_int_equal(netif_backlog_held(), 0);
	assert_int_equal(rte_mempool_avail_count(pool), N_MBUFS);
	for (unsigned int r = 0; r < DROP_MAX; r++)
		dead += counter_read_total(&drop_counters, r);
	assert_int_equal(counter_read_total(&skb_counters, SKB_CNT_RX) +
				 counter_read_total(&skb_counters, SKB_CNT_ORIGINATED),
			 counter_read_total(&skb_counters, SKB_CNT_TX) + dead +
				 counter_read_total(&skb_counters, SKB_CNT_CONSUMED));
	memset(&fake, 0, sizeof(fake));
	netif_fast_rx = NULL;
	return 0;
}
