/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"
#include "ip4/ip4_exc.h"
#include <rte_cycles.h>
#include <rte_mempool.h>
#include "core/held.h"
#include "core/timer.h"
#include "../eal.h"

struct frame frames[FRAMES_MAX];
unsigned int n_frames;
const struct ip4_fast_lane *lane;
struct net_device *p0, *p1, *p2, *lo;
static struct rte_mempool *pool;

const struct rte_ether_addr mac0 = { { 0x02, 0, 0, 0, 0, 0x01 } };
const struct rte_ether_addr mac1 = { { 0x02, 0, 0, 0, 0, 0x02 } };
const struct rte_ether_addr mac2 = { { 0x02, 0, 0, 0, 0, 0x03 } };
const struct rte_ether_addr peer0 = { { 0x02, 0, 0, 0, 0x99, 0x00 } };
const struct rte_ether_addr peer1 = { { 0x02, 0, 0, 0, 0x99, 0x01 } };
const struct rte_ether_addr peer2 = { { 0x02, 0, 0, 0, 0x99, 0x02 } };

static DP_ONLY void
fake_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		struct frame *f = &frames[n_frames % FRAMES_MAX];
		const void *p =
			rte_pktmbuf_read(pkts[i], 0, RTE_MIN(pkts[i]->pkt_len, 2048u), f->bytes);

		rte_mbuf_sanity_check(pkts[i], 1);
		f->len = pkts[i]->pkt_len;
		f->dev = dev;
		if (p != f->bytes)
			memcpy(f->bytes, p, RTE_MIN(f->len, (uint32_t)sizeof(f->bytes)));
		n_frames++;
		netdev_stats(w, dev)->tx_packets++;
		netdev_stats(w, dev)->tx_bytes += f->len;
		counter_inc(w, &skb_counters, SKB_CNT_TX);
		rte_pktmbuf_free(pkts[i]);
	}
}

static DP_ONLY void
lo_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		netif_rx(w, skb_init(pkts[i], dev));
}

static const struct net_device_ops_dp fake_ops_dp = { .xmit = fake_xmit };
static const struct net_device_ops_dp lo_ops_dp = { .xmit = lo_xmit };
static const struct net_device_ops fake_ops;

static CTL_ONLY struct net_device *
add_dev(const char *name, const struct rte_ether_addr *mac, rte_be32_t addr, uint8_t plen)
{
	struct net_device *dev =
		alloc_netdev("fake", &fake_ops, mac != NULL ? &fake_ops_dp : &lo_ops_dp, NULL);
	struct inet_addr_spec spec = { .local = addr, .prefixlen = plen };

	assert_non_null(dev);
	if (mac != NULL) {
		dev->dev_addr64 = ether_addr_to_u64(mac);
	} else {
		dev->flags |= IFF_LOOPBACK;
		dev->mtu = 65536;
	}
	assert_int_equal(register_netdevice(dev, name), 0);
	netif_carrier_set(dev, true);
	assert_int_equal(dev_open(dev), 0);
	if (mac != NULL) /* a loopback device has its address by itself */
		assert_int_equal(inet_addr_add(dev, &spec), 0);
	return dev;
}

static CTL_ONLY void
add_route(rte_be32_t dst, uint8_t plen, uint8_t type, rte_be32_t gw)
{
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	r->table = RT_TABLE_MAIN;
	r->dst = dst;
	r->plen = plen;
	r->type = type;
	if (gw != 0) {
		r->n_nh = 1;
		r->nh[0].gateway = gw;
		r->nh[0].weight = 1;
	}
	assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
	free(r);
}

int
fixture_eal(void)
{
	if (test_eal_init() < 0)
		return -1;
	role_enter_ctl();
	pool = skb_pool_create("test", 4095, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	return pool == NULL ? -1 : 0;
}

static CTL_ONLY int
start_layers(void)
{
	for (uint16_t i = 0; i < 2; i++) {
		struct worker *w = worker_alloc(i, 0, 0);

		if (w == NULL)
			return -1;
		w->pool = pool;
	}
	if (rcu_init(2) < 0 || timer_init() < 0 || msg_init() < 0 || drop_init() < 0 ||
	    skb_counters_init() < 0)
		return -1;
	return netdev_init() < 0 || inetdev_init() < 0 || neigh_init() < 0 ||
	       fib_init(64, -1) < 0 || ip4_init() < 0;
}

int
fixture_setup(void **state)
{
	(void)state;
	role_enter_ctl();
	n_frames = 0;
	if (start_layers() != 0)
		return -1;
	icmp_limits_reset();
	if (lane == NULL)
		lane = ip4_fast_select();
	lo = add_dev("lo", NULL, IP(127, 0, 0, 1), 8);
	p0 = add_dev("p0", &mac0, OUR0, 24);
	p1 = add_dev("p1", &mac1, OUR1, 24);
	p2 = add_dev("p2", &mac2, IP(10, 1, 0, 1), 16);
	neigh_admin_set(PEER0, p0, &peer0, NUD_PERMANENT);
	neigh_admin_set(PEER1, p1, &peer1, NUD_PERMANENT);
	neigh_admin_set(IP(10, 1, 0, 9), p2, &peer2, NUD_PERMANENT);
	add_route(IP(203, 0, 113, 0), 24, FIB_UNICAST, PEER1);
	add_route(IP(10, 0, 0, 0), 8, FIB_UNICAST, PEER0);
	add_route(IP(10, 66, 0, 0), 16, FIB_BLACKHOLE, 0);
	add_route(IP(10, 67, 0, 0), 16, FIB_UNREACHABLE, 0);
	add_route(IP(10, 68, 0, 0), 16, FIB_PROHIBIT, 0);
	settle();
	n_frames = 0;
	return 0;
}

static CTL_ONLY void
check_balance(void)
{
	uint64_t in = counter_read_total(&skb_counters, SKB_CNT_RX) +
		      counter_read_total(&skb_counters, SKB_CNT_ORIGINATED);
	uint64_t out = counter_read_total(&skb_counters, SKB_CNT_TX) +
		       counter_read_total(&skb_counters, SKB_CNT_CONSUMED) + drops_all();

	assert_int_equal(in, out);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

int
fixture_teardown(void **state)
{
	(void)state;
	role_enter_ctl();
	settle();
	ip4_fini();
	fib_fini();
	neigh_fini();
	check_balance();
	inetdev_fini();
	netdev_fini();
	while (rcu_poll() > 0)
		;
	rcu_fini();
	adj_fini();
	msg_fini();
	timer_fini();
	held_fini();
	counter_fini();
	worker_free_all();
	return 0;
}

struct worker *
dp(void)
{
	return workers[1];
}

void
settle(void)
{
	role_enter_ctl();
	role_borrow_dp();
	workers[1]->now = clock_tsc();
	while (msg_poll(64) + netif_backlog_run(workers[0]) + netif_backlog_run(workers[1]) +
		       ip4_defrag_poll(workers[1]) >
	       0)
		;
	timer_run();
	rcu_poll();
}

uint64_t
mib(const struct counter_block *b, unsigned int idx)
{
	role_enter_ctl();
	return counter_read_total(b, idx);
}

uint64_t
drops(enum drop_reason r)
{
	return mib(&drop_counters, r);
}

uint64_t
drops_all(void)
{
	uint64_t sum = 0;

	for (unsigned int r = 0; r < DROP_MAX; r++)
		sum += drops(r);
	return sum;
}

void
pkt_fix(uint8_t *frame)
{
	ip_send_check((struct rte_ipv4_hdr *)(frame + 14));
}

uint32_t
pkt_build(const struct pkt *p, uint8_t *buf)
{
	const struct net_device *dev = p->dev != NULL ? p->dev : p0;
	struct rte_ipv4_hdr *iph = (struct rte_ipv4_hdr *)(buf + 14);
	uint32_t hlen = 20u + p->optlen, payload = p->payload != 0 ? p->payload : 26;

	netdev_addr(dev, (struct rte_ether_addr *)buf);
	if (p->mac != NULL)
		memcpy(buf, p->mac, 6);
	memcpy(buf + 6, &peer0, 6);
	buf[12] = 8;
	buf[13] = 0;
	*iph = (struct rte_ipv4_hdr){
		.version_ihl = (uint8_t)(0x40 + hlen / 4),
		.type_of_service = p->tos,
		.total_length = rte_cpu_to_be_16((uint16_t)(hlen + payload)),
		.packet_id = rte_cpu_to_be_16(p->id),
		.fragment_offset = rte_cpu_to_be_16(p->frag),
		.time_to_live = p->ttl != 0 ? p->ttl : 64,
		.next_proto_id = p->proto != 0 ? p->proto : IPPROTO_UDP,
		.src_addr = p->src != 0 ? p->src : PEER0,
		.dst_addr = p->dst != 0 ? p->dst : FAR,
	};
	if (p->optlen != 0)
		memcpy(buf + 34, p->opt, p->optlen);
	for (uint32_t i = 0; i < payload; i++)
		buf[14 + hlen + i] = p->data != NULL ? p->data[i] : (uint8_t)i;
	if (iph->next_proto_id == IPPROTO_UDP && p->data == NULL && p->frag == 0 && payload >= 8) {
		uint8_t *udp = buf + 14 + hlen; /* sound: ports 1 and 515, no checksum */

		udp[4] = (uint8_t)(payload >> 8);
		udp[5] = (uint8_t)payload;
		udp[6] = udp[7] = 0;
	}
	pkt_fix(buf);
	return 14 + hlen + payload;
}

struct rte_mbuf *
make_mbuf(const void *bytes, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *seg = m;
	const uint8_t *p = bytes;

	assert_non_null(m);
	while (len > 0) {
		uint16_t n = (uint16_t)RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(seg));

		if (n == 0) {
			seg->next = rte_pktmbuf_alloc(pool);
			seg = seg->next;
			assert_non_null(seg);
			m->nb_segs++;
			continue;
		}
		memcpy(rte_pktmbuf_mtod_offset(seg, uint8_t *, seg->data_len), p, n);
		seg->data_len += n;
		m->pkt_len += n;
		p += n;
		len -= n;
	}
	return m;
}

void
rx_frame(struct net_device *dev, const void *bytes, uint32_t len, bool fast)
{
	struct rte_mbuf *m = make_mbuf(bytes, len);

	role_borrow_dp();
	netif_fast_rx = fast ? lane->rx : NULL;
	netif_rx_burst(dp(), dev, &m, 1);
	netif_fast_rx = lane->rx;
}

void
rx_pkt(const struct pkt *p, bool fast)
{
	static uint8_t buf[70000];
	uint32_t len = pkt_build(p, buf);

	rx_frame(p->dev != NULL ? (struct net_device *)(uintptr_t)p->dev : p0, buf, len, fast);
}

void
assert_icmp(unsigned int i, rte_be32_t dst, uint8_t type, uint8_t code)
{
	struct frame *f = &frames[i];
	struct rte_ipv4_hdr *iph = frame_ip(f);
	uint16_t len = rte_be_to_cpu_16(iph->total_length);

	assert_true(i < n_frames);
	assert_ptr_equal(f->dev, p0);
	assert_memory_equal(f->bytes, &peer0, 6);
	assert_memory_equal(f->bytes + 6, &mac0, 6);
	assert_int_equal(f->len, len + 14u);
	assert_int_equal(rte_raw_cksum(iph, ip_hdrlen(iph)), 0xffff);
	assert_int_equal(iph->next_proto_id, IPPROTO_ICMP);
	assert_int_equal(iph->dst_addr, dst);
	assert_int_equal(iph->time_to_live, 64);
	assert_int_equal(frame_icmp(f)->type, type);
	assert_int_equal(frame_icmp(f)->code, code);
	assert_int_equal(rte_raw_cksum(frame_icmp(f), len - ip_hdrlen(iph)), 0xffff);
}

void
pmtu_told(rte_be32_t dst, uint32_t mtu, uint32_t now_s)
{
	role_enter_ctl();
	ip4_pmtu_update(dst, ip4_lookup(OUR1, dst), mtu, now_s);
}

void
exceptions_forget(void)
{
	role_enter_ctl();
	ip4_exc_expire(UINT32_MAX);
	assert_int_equal(ip4_exc_n, 0);
}
