/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"
#include <rte_mempool.h>
#include "core/held.h"
#include "../eal.h"

struct frame frames[FRAMES_MAX];
unsigned int n_frames;
struct net_device *p0, *p1;
void (*fixture_sent)(void);
static struct rte_mempool *pool;
static uint64_t drops_before[DROP_MAX];

const struct rte_ether_addr mac0 = { { 0x02, 0, 0, 0, 0, 0x01 } };
const struct rte_ether_addr mac1 = { { 0x02, 0, 0, 0, 0, 0x02 } };
const struct rte_ether_addr peer = { { 0x02, 0, 0, 0, 0x99, 0x09 } };
const struct rte_ether_addr peer2 = { { 0x02, 0, 0, 0, 0x99, 0x0a } };

static DP_ONLY void
fake_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		struct frame *f = &frames[n_frames % FRAMES_MAX];

		f->len = (uint16_t)pkts[i]->pkt_len;
		f->dev = dev;
		memcpy(f->bytes, rte_pktmbuf_mtod(pkts[i], void *),
		       RTE_MIN(pkts[i]->data_len, sizeof(f->bytes)));
		n_frames++;
		netdev_stats(w, dev)->tx_packets++;
		counter_inc(w, &skb_counters, SKB_CNT_TX);
		rte_pktmbuf_free(pkts[i]);
	}
	if (fixture_sent != NULL)
		fixture_sent();
}

static int
fake_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	(void)dev;
	(void)addr;
	return 0;
}

/* --- routing, as far as this module asks it --- */

static struct far_route {
	rte_be32_t net, mask;
	rte_be32_t src; /* 0: a route; else a rule */
	uint32_t iif;
	struct net_device *dev;
} far_routes[16];
static unsigned int n_far;

void
fixture_route(rte_be32_t net, uint8_t plen, struct net_device *dev)
{
	far_routes[n_far++] = (struct far_route){
		.net = net,
		.mask = plen > 0 ? rte_cpu_to_be_32(UINT32_MAX << (32 - plen)) : 0,
		.dev = dev,
	};
}

void
fixture_rule(rte_be32_t src, uint32_t iif, struct net_device *dev)
{
	far_routes[n_far++] = (struct far_route){ .src = src, .iif = iif, .dev = dev };
}

static const struct adj *
route_adj(rte_be32_t src, rte_be32_t dst, uint32_t iif)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < n_far; i++)
		if (far_routes[i].src != 0 && far_routes[i].src == src && far_routes[i].iif == iif)
			return adj_get((uint32_t)neigh_glean_adj(far_routes[i].dev));
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		for (struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next) {
			if (a->ifa_local == dst)
				return adj_get(ADJ_IDX_LOCAL);
			if (a->ifa_broadcast != 0 && a->ifa_broadcast == dst)
				return adj_get(ADJ_IDX_BROADCAST);
		}
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		if (dev->ip_ptr != NULL && inet_ifa_byprefix_rcu(dev->ip_ptr, dst) != NULL)
			return adj_get((uint32_t)neigh_glean_adj(dev));
	for (unsigned int i = 0; i < n_far; i++)
		if (far_routes[i].src == 0 && ((far_routes[i].net ^ dst) & far_routes[i].mask) == 0)
			return adj_get((uint32_t)neigh_glean_adj(far_routes[i].dev));
	return adj_get(ADJ_IDX_NO_ROUTE);
}

static const struct net_device_ops_dp fake_ops_dp = { .xmit = fake_xmit };
static const struct net_device_ops fake_ops = { .set_mac = fake_set_mac };

struct net_device *
fixture_dev(const char *name, const struct rte_ether_addr *mac)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = alloc_netdev("fake", &fake_ops, &fake_ops_dp, NULL);
	assert_non_null(dev);
	dev->dev_addr64 = ether_addr_to_u64(mac);
	assert_int_equal(register_netdevice(dev, name), 0);
	netif_carrier_set(dev, true);
	assert_int_equal(dev_open(dev), 0);
	return dev;
}

static CTL_ONLY void
add_addr(struct net_device *dev, rte_be32_t local)
{
	struct inet_addr_spec spec = { .local = local, .prefixlen = 24 };

	assert_int_equal(inet_addr_add(dev, &spec), 0);
}

int
fixture_eal(void)
{
	if (test_eal_init() < 0)
		return -1;
	role_enter_ctl();
	pool = skb_pool_create("test", 4095, 2048, SOCKET_ID_ANY);
	return pool == NULL ? -1 : 0;
}

static CTL_ONLY int
start_layers(void)
{
	if (rcu_init(2) < 0 || timer_init() < 0 || msg_init() < 0 || drop_init() < 0 ||
	    skb_counters_init() < 0)
		return -1;
	for (uint16_t i = 0; i < 2; i++) {
		struct worker *w = worker_alloc(i, 0, -1);

		if (w == NULL)
			return -1;
		w->pool = pool;
	}
	return netdev_init() < 0 || inetdev_init() < 0 || neigh_init() < 0 ? -1 : 0;
}

int
fixture_setup(void **state)
{
	struct neigh_parms *p;

	(void)state;
	role_enter_ctl();
	n_frames = n_far = 0;
	neigh_unreachable = NULL;
	neigh_route = route_adj;
	if (start_layers() < 0)
		return -1;
	p = neigh_parms_get(NULL);
	p->retrans_time_ms = 10;
	p0 = fixture_dev("p0", &mac0);
	p1 = fixture_dev("p1", &mac1);
	add_addr(p0, IP(192, 0, 2, 1));
	add_addr(p1, IP(198, 51, 100, 1));
	for (unsigned int r = 0; r < DROP_MAX; r++)
		drops_before[r] = counter_read_total(&drop_counters, r);
	return 0;
}

int
fixture_teardown(void **state)
{
	(void)state;
	role_enter_ctl();
	while (msg_poll(64) > 0)
		;
	neigh_fini();
	inetdev_fini();
	netdev_fini();
	while (rcu_poll() > 0)
		;
	assert_int_equal(adj_lines(), ADJ_IDX_DYNAMIC);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	assert_int_equal(neigh_held(), 0);
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
turn(void)
{
	timer_run();
	msg_poll(1024);
	rcu_poll();
}

struct sk_buff *
ip_packet(rte_be32_t src, rte_be32_t dst, uint16_t id)
{
	struct rte_ipv4_hdr *ip;
	struct sk_buff *skb;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb);
	ip = skb_put(skb, sizeof(*ip) + 8);
	assert_non_null(ip);
	memset(ip, 0, sizeof(*ip) + 8);
	ip->version_ihl = 0x45;
	ip->total_length = RTE_BE16(28);
	ip->packet_id = rte_cpu_to_be_16(id);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = src;
	ip->dst_addr = dst;
	skb->protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	skb_reset_network_header(skb);
	return skb;
}

int
frame_id(const struct frame *f, unsigned int hdr_len)
{
	const struct rte_ipv4_hdr *ip = (const void *)(f->bytes + hdr_len);

	if (f->len != hdr_len + 28 || f->bytes[hdr_len - 2] != 8 || f->bytes[hdr_len - 1] != 0)
		return -1;
	return rte_be_to_cpu_16(ip->packet_id);
}

const struct arp_eth_ip *
frame_arp(const struct frame *f)
{
	if (f->len < RTE_ETHER_HDR_LEN + ARP_LEN || f->bytes[12] != 8 || f->bytes[13] != 6)
		return NULL;
	return (const struct arp_eth_ip *)(f->bytes + RTE_ETHER_HDR_LEN);
}

unsigned int
arp_requests(rte_be32_t tip)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_frames && i < FRAMES_MAX; i++) {
		const struct arp_eth_ip *arp = frame_arp(&frames[i]);

		n += arp != NULL && arp->ar_op == RTE_BE16(ARP_OP_REQUEST) && arp->ar_tip == tip;
	}
	return n;
}

struct arp_eth_ip
arp_make(int op, const struct rte_ether_addr *sha, rte_be32_t sip, rte_be32_t tip)
{
	return (struct arp_eth_ip){ .ar_hrd = RTE_BE16(ARP_HRD_ETHER),
				    .ar_pro = RTE_BE16(ARP_PRO_IPV4),
				    .ar_hln = 6,
				    .ar_pln = 4,
				    .ar_op = rte_cpu_to_be_16((uint16_t)op),
				    .ar_sha = *sha,
				    .ar_sip = sip,
				    .ar_tip = tip };
}

void
arp_in(struct net_device *dev, uint8_t pkt_type, const struct arp_eth_ip *arp, uint16_t len)
{
	struct skb_vec vec = { .n = 0 };
	struct sk_buff *skb;
	uint8_t *p;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb);
	p = skb_put(skb, len);
	assert_non_null(p);
	memset(p, 0xa5, len); /* what stands behind the packet must not come back */
	memcpy(p, arp, RTE_MIN(len, (uint16_t)ARP_LEN));
	skb->dev = dev;
	skb->pkt_type = pkt_type;
	skb->protocol = RTE_BE16(ARP_ETHERTYPE);
	skb_reset_network_header(skb);
	skb_vec_push(&vec, skb);
	arp_rcv(dp(), &vec);
	assert_int_equal(vec.n, 0);
}

void
reply_from(const struct rte_ether_addr *mac, rte_be32_t sip)
{
	struct arp_eth_ip arp = arp_make(ARP_OP_REPLY, mac, sip, IP(192, 0, 2, 1));

	arp_in(p0, PACKET_HOST, &arp, ARP_LEN);
	turn();
}

uint64_t
drops(enum drop_reason r)
{
	role_enter_ctl();
	return counter_read_total(&drop_counters, r) - drops_before[r];
}

void
assert_mac(const void *have, const struct rte_ether_addr *want)
{
	assert_memory_equal(have, want, RTE_ETHER_ADDR_LEN);
}
