/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast lane against the general lane. Random and hostile bursts go through the whole router,
 * once with the general lane alone and once for each width of the fast lane; every byte that leaves
 * and every counter must be the same.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24
 *	10.0.5.0/24 p1.100  (tagged)    p2.200 10.0.6.0/24, p2.200.30 10.0.8.0/24
 *	10.0.7.0/24 p1.101
 *
 * TEST_SEED gives other bursts (seed.h).
 */
#include "lanes_settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/counter.h"
#include "filter/filter.h"
#include "ip4/ip4.h"
#include "ip4/ip4_priv.h"
#include "netdev/netdev.h"

#define ROUNDS	   400
#define BURST_MAX  48
#define FRAMES_MAX 1024
#define DEVS_MAX   8
#define WORDS	   (sizeof(struct netdev_stats_sum) / sizeof(uint64_t))

/* What one run of a burst left behind. */
struct seen {
	unsigned int n;
	struct {
		unsigned int port;
		struct dp_frame f;
	} out[FRAMES_MAX];
	uint64_t counters[WORKER_COUNTER_MAX];
	uint64_t dev[DEVS_MAX][WORDS];
	struct filter_counter rule[RULES_MAX + IP4_HOOK_MAX];
};
static struct seen general, fast, before;

/* One frame of a burst. */
struct item {
	unsigned int port;
	struct dp_frame f;
	struct dp_mbuf how;
};
static struct item burst[BURST_MAX];
static unsigned int p1, p2, n_burst;
static uint64_t in_fast[3]; /* packets that each width took */
static uint64_t by_cache;   /* and those that the route cache knew */

static int
setup(void **state)
{
	dp_setup(state);
	seed = test_seed();
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	dp_cmd("ip link add link p1 name p1.100 type vlan id 100");
	dp_cmd("ip link add link p1 name p1.101 type vlan id 101");
	dp_cmd("ip link add link p2 name p2.200 type vlan id 200");
	dp_cmd("ip link set p1.100 up");
	dp_cmd("ip link set p1.101 up");
	dp_cmd("ip link set p2.200 up");
	dp_cmd("ip link add link p2.200 name p2.200.30 type vlan id 30");
	dp_cmd("ip link set p2.200.30 up");
	dp_cmd("ip addr add 10.0.5.1/24 dev p1.100");
	dp_cmd("ip addr add 10.0.6.1/24 dev p2.200");
	dp_cmd("ip addr add 10.0.7.1/24 dev p1.101");
	dp_cmd("ip addr add 10.0.8.1/24 dev p2.200.30");
	dp_cmd("ip neigh add 10.0.2.9 lladdr 02:00:00:00:01:09 dev p2");
	dp_cmd("ip neigh add 10.0.5.2 lladdr 16:25:34:43:52:05 dev p1.100");
	dp_cmd("ip neigh add 10.0.6.2 lladdr 6a:7b:8c:9d:ae:06 dev p2.200");
	dp_cmd("ip neigh add 10.0.8.2 lladdr e6:d5:c4:b3:a2:08 dev p2.200.30");
	dp_cmd("ip route add 192.0.2.0/24 via 10.0.2.9");
	dp_cmd("ip route add 192.0.2.64/26 via 10.0.8.2");
	dp_cmd("ip route add 192.0.2.128/25 via 10.0.6.2");
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.6.2");
	dp_cmd("ip route add 203.0.113.0/24 via 10.0.1.2");
	dp_cmd("ip route add 198.18.0.0/16 nexthop via 10.0.2.2 nexthop via 10.0.6.2 nexthop via "
	       "10.0.1.2");
	dp_cmd("ip nexthop add id 1 via 10.0.2.2 dev p2");
	dp_cmd("ip nexthop add id 2 via 10.0.6.2 dev p2.200");
	dp_cmd("ip nexthop add id 3 via 10.0.1.2 dev p1");
	dp_cmd("ip nexthop add id 10 group 1/2,2/3");
	dp_cmd("ip nexthop add id 11 group 1/2/3 type resilient buckets 77");
	dp_cmd("ip nexthop add id 12 blackhole");
	dp_cmd("ip route add 198.19.0.0/16 nhid 10");
	dp_cmd("ip route add 198.20.0.0/16 nhid 11");
	dp_cmd("ip route add 198.21.0.0/16 nhid 1");
	dp_cmd("ip route add 198.22.0.0/16 nhid 12");
	dp_cmd("ip route add default via 10.0.2.9 table 100");
	dp_cmd("ip route add 198.18.0.0/16 nhid 10 table 100");
	dp_cmd("ip route add 10.0.5.0/24 dev p1.100 table 101");
	dp_cmd("ip route add 10.0.0.0/8 via 10.0.1.2 table 101");
	dp_cmd("ip route add blackhole 192.168.1.0/24");
	dp_cmd("ip route add unreachable 192.168.2.0/24");
	dp_cmd("ip route add prohibit 192.168.3.0/24");
	dp_cmd("sysctl net.ipv4.icmp_ratemask=0");
	return 0;
}

/* --- traffic --- */

static const char *aimed_at; /* where most of a burst goes; NULL: anywhere */

static const char *
any_dst(void)
{
	static const char *const good[] = { "192.0.2.7",    "192.0.2.9",  "10.0.2.2",
					    "198.51.100.4", "10.0.6.2",	  "192.0.2.200",
					    "192.0.2.70",   "198.19.3.1", "198.20.3.1" };
	static const char *const all[] = {
		"192.0.2.7",   "192.0.2.200", "198.51.100.4", "203.0.113.9", "198.18.3.4",
		"198.18.77.1", "192.168.1.1", "192.168.2.1",  "192.168.3.1", "10.0.1.1",
		"10.0.5.1",    "10.0.2.1",    "10.0.1.255",   "10.0.2.255",  "255.255.255.255",
		"224.0.0.1",   "224.0.0.9",   "239.1.2.3",    "127.0.0.1",   "0.0.0.0",
		"0.1.2.3",     "240.0.0.1",   "10.0.2.77",    "10.0.6.77",   "8.8.8.8",
		"10.0.1.2",    "10.0.5.2",    "192.0.2.127",  "192.0.2.128", "198.19.1.1",
		"198.19.1.2",  "198.20.1.1",  "198.20.1.3",   "198.21.0.1",  "198.22.0.1",
	};

	if (rnd(16) != 0 && aimed_at != NULL)
		return aimed_at;
	return rnd(4) ? PICK(good) : PICK(all);
}

static const char *
any_src(unsigned int port, uint16_t vid)
{
	static const char *const all[] = {
		"10.0.1.2",	   "10.0.5.2",	      "10.0.2.2",   "10.0.6.2",
		"10.0.7.9",	   "8.8.8.8",	      "192.0.2.1",  "192.0.2.130",
		"198.51.100.1",	   "203.0.113.1",     "198.18.0.9", "192.168.1.1",
		"192.168.2.1",	   "10.0.1.1",	      "10.0.2.1",   "10.0.5.1",
		"10.0.1.255",	   "10.0.2.0",	      "127.0.0.1",  "126.255.255.255",
		"127.9.9.9",	   "128.0.0.0",	      "0.0.0.0",    "0.0.0.1",
		"1.0.0.0",	   "223.255.255.255", "224.0.0.1",  "240.0.0.1",
		"255.255.255.255",
	};

	if (rnd(4) == 0)
		return PICK(all);
	if (port == p2)
		return vid != 0 ? "10.0.6.2" : "10.0.2.2";
	return vid == 0 ? "10.0.1.2" : vid == 100 ? "10.0.5.2" : "10.0.7.9";
}

static void
set_length(struct dp_frame *f, uint16_t len)
{
	dp_ip4(f)->total_length = rte_cpu_to_be_16(len);
	dp_fix_checksum(f);
}

/* One thing about the IP header. */
static void
spoil_header(struct dp_frame *f)
{
	struct rte_ipv4_hdr *ip = dp_ip4(f);

	switch (rnd(9)) {
	case 0:
		ip->time_to_live = (uint8_t)rnd(3);
		break;
	case 1:
		ip->version_ihl = (uint8_t)rnd(256);
		break;
	case 2:
		set_length(f, (uint16_t)rnd(1600));
		return;
	case 3:
		ip->hdr_checksum ^= (uint16_t)(1u << rnd(16));
		return;
	case 4: /* minus zero for zero */
		ip->hdr_checksum ^= 0xffff;
		return;
	case 5:
		ip->fragment_offset = rte_cpu_to_be_16((uint16_t)(rnd(2) ? 0x4000 : rnd(0x4000)));
		break;
	case 6:
		ip->type_of_service = (uint8_t)rnd(256);
		break;
	case 7:
		f->b[rnd(34)] ^= (uint8_t)(1 + rnd(255));
		return;
	default: /* options: a record route, if it is taken for one */
		ip->version_ihl = 0x46;
		memcpy(ip + 1, (uint8_t[]){ 7, 4, 4, 0 }, 4);
	}
	if (ip->version_ihl == 0x45 || ip->version_ihl == 0x46)
		dp_fix_checksum(f);
}

/* One thing about the frame or its buffers. */
static void
spoil_frame(struct item *it)
{
	struct dp_frame *f = &it->f;

	switch (rnd(9)) {
	case 0: /* cut */
		f->len = 14 + rnd(f->len - 13);
		break;
	case 1: /* padded */
		memset(f->b + f->len, 0xee, 64);
		f->len += rnd(64);
		break;
	case 2:
		memset(f->b, 0xff, 6);
		break;
	case 3:
		f->b[rnd(6)] ^= (uint8_t)(1u << rnd(8));
		break;
	case 4:
		memset(f->b + 6, 0, 6);
		f->b[6 + rnd(6)] = (uint8_t)rnd(2);
		break;
	case 5:
		it->how.seg = 1 + rnd(f->len);
		break;
	case 6:
		it->how.headroom = (uint16_t)(1 + 2 * rnd(17));
		break;
	case 7:
		it->how.shared = true;
		break;
	default:
		it->how.ol_flags =
			rnd(2) ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
	}
}

static void
tag(struct item *it, uint16_t vid)
{
	static const uint16_t odd[] = { 0, 5, 102, 4095, 200 };

	if (rnd(32) == 0)
		vid = PICK(odd);
	if (vid == 101 && rnd(4) == 0)
		it->f.b[5] = 0x77; /* see any_settings() */
	if (rnd(24) == 0) {	   /* by the port */
		it->how.ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		it->how.vlan_tci = (uint16_t)(vid | rnd(8) << 13);
		return;
	}
	dp_tag(&it->f, (uint16_t)(vid | rnd(2) << 13));
	if (rnd(48) == 0)
		memcpy(it->f.b + 12, (uint8_t[]){ 0x88, 0xa8 }, 2);
	if (rnd(48) == 0)
		dp_tag(&it->f, vid);
}

/* What multipath may look at: ports, a packet inside, what an error quotes. */
static void
fill_payload(struct dp_frame *f)
{
	static const uint8_t protos[] = { IPPROTO_IPIP, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_ICMP,
					  IPPROTO_TCP };
	uint8_t *p = (uint8_t *)(dp_ip4(f) + 1), *end = f->b + f->len;

	dp_ip4(f)->next_proto_id = PICK(protos);
	for (uint8_t *b = p; b < end && b < p + 100; b++)
		*b = (uint8_t)rnd(256);
	if (dp_ip4(f)->next_proto_id == IPPROTO_ICMP) {
		p[0] = (uint8_t[]){ 3, 11, 12, 0 }[rnd(4)];
		p += 8;
	}
	for (; p + 30 <= end && rnd(6) != 0; p += 20) { /* tunnels in tunnels */
		p[0] = rnd(4) ? 0x45 : 0x60;
		p[6] = rnd(4) ? 0 : 0x20;
		p[7] = 0;
		p[9] = (uint8_t[]){ IPPROTO_IPIP, IPPROTO_UDP, IPPROTO_IPV6 }[rnd(3)];
	}
}

static bool
stays_here(const struct dp_frame *f)
{
	uint32_t dst = rte_be_to_cpu_32(((const struct rte_ipv4_hdr *)(f->b + 14))->dst_addr);

	return (dst >> 24 == 10 && ((dst & 0xff) == 1 || (dst & 0xff) == 255)) || dst >> 28 >= 14;
}

static void
any_frame(struct item *it, unsigned int port, uint16_t vid, uint32_t sins)
{
	const char *src = any_src(port, vid), *dst = any_dst();
	uint16_t payload = (uint16_t[]){ 18, 18, 60, (uint16_t)rnd(1450) }[rnd(4)];

	memset(it, 0, sizeof(*it));
	it->port = port;
	it->f = dp_udp(port, 2, src, dst, payload);
	/* forget_id() wants ICMP to be right, and a sin may say that a wrong checksum is. */
	if (sins == 0 && rnd(2) == 0 && !stays_here(&it->f))
		fill_payload(&it->f);
	dp_ip4(&it->f)->packet_id = rte_cpu_to_be_16((uint16_t)rnd(65536));
	dp_ip4(&it->f)->time_to_live = (uint8_t)(2 + rnd(254));
	dp_fix_checksum(&it->f);
	if (sins != 0 && rnd(sins) == 0)
		spoil_header(&it->f);
	/* What is put together here remembers the last run. */
	if (stays_here(&it->f)) {
		dp_ip4(&it->f)->fragment_offset = 0;
		if (dp_ip4(&it->f)->version_ihl == 0x45)
			dp_fix_checksum(&it->f);
	}
	if (sins != 0 && rnd(sins) == 0)
		spoil_frame(it);
	if (vid != 0)
		tag(it, vid);
}

/* Of one kind, or of all; good, or not. */
static void
any_burst(void)
{
	static const uint16_t vids[] = { 0, 0, 100, 101 };
	uint32_t sins = rnd(4) ? (uint32_t[]){ 40, 12, 4 }[rnd(3)] : 0;
	unsigned int port = rnd(4) ? p1 : p2;
	uint16_t vid = PICK(vids);
	bool mixed = rnd(3) == 0;

	aimed_at = NULL;
	aimed_at = rnd(4) ? NULL : any_dst();
	n_burst = 1 + rnd(BURST_MAX);
	for (unsigned int i = 0; i < n_burst; i++) {
		if (mixed && rnd(4) == 0)
			vid = PICK(vids);
		any_frame(&burst[i], port, port == p2 && vid != 0 ? 200 : vid, sins);
	}
}

/* --- the comparison --- */

/* Errors that the router sends carry an identification in order of origin, and that is not the same
 * where packets that are in no order go by different lanes. */
static void
forget_id(struct dp_frame *f)
{
	struct rte_ipv4_hdr *ip;
	unsigned int at = 12;

	/* Nor is which of them asks for a neighbour first, whose source the question may carry. */
	while (f->b[at] != 0x08) /* tags */
		at += 4;
	if (f->b[at + 1] == 0x06) {
		memset(f->b + at + 16, 0, 4);
		return;
	}
	ip = (struct rte_ipv4_hdr *)(f->b + at + 2);
	/* What is wrong and all the same "good", as its port says, is none of these. */
	if (ip->next_proto_id != IPPROTO_ICMP || ip->version_ihl != 0x45 ||
	    rte_raw_cksum(ip, sizeof(*ip)) != 0xffff)
		return;
	ip->packet_id = ip->hdr_checksum = 0;
}

static int
by_content(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(general.out[0]));
}

static void
snap(struct seen *s)
{
	struct net_device *dev = dev_first();

	memset(s->counters, 0, sizeof(s->counters));
	memset(s->dev, 0, sizeof(s->dev));
	memset(s->rule, 0, sizeof(s->rule));
	for (unsigned int i = 0; i < n_workers; i++) {
		for (unsigned int c = 0; c < WORKER_COUNTER_MAX; c++)
			s->counters[c] += workers[i]->counters[c];
		for (unsigned int r = 0; r < RTE_DIM(s->rule); r++) {
			const struct filter_counter *c = filter_counters[i];

			c += r < RULES_MAX ? r : FILTER_RULES_MAX + r - RULES_MAX;
			s->rule[r].packets += c->packets;
			s->rule[r].bytes += c->bytes;
		}
	}
	for (unsigned int d = 0; d < DEVS_MAX && dev != NULL; d++, dev = dev->ctl->next)
		dev_get_stats(dev, (struct netdev_stats_sum *)s->dev[d]);
}

static void
run(const struct ip4_fast_lane *l, struct seen *s)
{
	role_enter_ctl();
	dp_cmd("ip neigh flush nud incomplete");
	dp_cmd("ip neigh flush nud failed");
	icmp_limits_reset();
	workers[0]->rand = workers[1]->rand = 1; /* identifications */
	netif_fast_rx = l != NULL ? l->rx : NULL;
	snap(&before);
	for (unsigned int i = 0; i < n_burst; i++)
		dp_inject_as(burst[i].port, &burst[i].f, &burst[i].how);
	dp_run();
	dp_release_shared();
	snap(s);
	for (unsigned int c = 0; c < WORKER_COUNTER_MAX; c++)
		s->counters[c] -= before.counters[c];
	for (unsigned int d = 0; d < DEVS_MAX; d++)
		for (unsigned int k = 0; k < WORDS; k++)
			s->dev[d][k] -= before.dev[d][k];
	for (unsigned int r = 0; r < RTE_DIM(s->rule); r++) {
		s->rule[r].packets -= before.rule[r].packets;
		s->rule[r].bytes -= before.rule[r].bytes;
	}
	s->n = 0;
	for (unsigned int port = p1; port <= p2; port++)
		while (s->n < FRAMES_MAX && dp_out(port, &s->out[s->n].f)) {
			forget_id(&s->out[s->n].f);
			s->out[s->n++].port = port;
		}
	assert_true(s->n < FRAMES_MAX);
	qsort(s->out, s->n, sizeof(s->out[0]), by_content);
}

static const char *
counter_name(unsigned int c)
{
	static char name[64];

	for (const struct counter_block *b = counter_blocks; b != NULL; b = b->next)
		if (c >= b->base && c < b->base + b->n) {
			snprintf(name, sizeof(name), "%s %s", b->name, b->names[c - b->base]);
			return name;
		}
	return "?";
}

static void
show(const char *name, const struct seen *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		printf("%s %u by p%u:", name, i, s->out[i].port);
		for (uint32_t k = 0; k < RTE_MIN(s->out[i].f.len, 44u); k++)
			printf(" %02x", s->out[i].f.b[k]);
		printf(" (%u)\n", s->out[i].f.len);
	}
}

static void
compare(const struct ip4_fast_lane *l)
{
	uint64_t *c = fast.counters;

	/* A timer may go off at any time. */
	for (const struct counter_block *b = counter_blocks; b != NULL; b = b->next)
		for (unsigned int i = 0; i < b->n; i++)
			if (strcmp(b->names[i], "periodic_gc_runs") == 0)
				c[b->base + i] = general.counters[b->base + i];
	/* What the cache knows depends on who went before. */
	for (unsigned int i = ROUTE_in_hit; i <= ROUTE_in_evicted; i++) {
		by_cache += i == ROUTE_in_hit ? c[route_mib.base + i] : 0;
		c[route_mib.base + i] = general.counters[route_mib.base + i];
	}
	/* Which lane it was shows here. */
	c[route_mib.base + ROUTE_in_slow_tot] += c[route_mib.base + ROUTE_in_fast];
	c[route_mib.base + ROUTE_in_fast] = 0;
	for (unsigned int i = 0; i < WORKER_COUNTER_MAX; i++)
		if (c[i] != general.counters[i])
			fail_msg("%s: %s: general lane %llu, fast lane %llu", l->name,
				 counter_name(i), (unsigned long long)general.counters[i],
				 (unsigned long long)c[i]);
	for (unsigned int d = 0; d < DEVS_MAX; d++)
		for (unsigned int k = 0; k < WORDS; k++)
			if (fast.dev[d][k] != general.dev[d][k])
				fail_msg("%s: device %u, word %u of its statistics: general lane "
					 "%llu, fast lane %llu",
					 l->name, d, k, (unsigned long long)general.dev[d][k],
					 (unsigned long long)fast.dev[d][k]);
	for (unsigned int r = 0; r < RTE_DIM(fast.rule); r++)
		if (memcmp(&fast.rule[r], &general.rule[r], sizeof(fast.rule[r])) != 0)
			fail_msg("%s: rule %u of the filter: general lane %llu packets, %llu "
				 "bytes, fast lane %llu, %llu",
				 l->name, r, (unsigned long long)general.rule[r].packets,
				 (unsigned long long)general.rule[r].bytes,
				 (unsigned long long)fast.rule[r].packets,
				 (unsigned long long)fast.rule[r].bytes);
	if (fast.n == general.n && memcmp(fast.out, general.out, fast.n * sizeof(fast.out[0])) == 0)
		return;
	show("general", &general);
	show("fast", &fast);
	fail_msg("%s: other frames leave", l->name);
}

static void
lanes_agree(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		if (round % 8 == 0)
			any_settings();
		any_burst();
		run(NULL, &general);
		for (unsigned int i = 0; ip4_fast_lanes[i].rx != NULL; i++) {
			if (!ip4_fast_runs(&ip4_fast_lanes[i]))
				continue;
			run(&ip4_fast_lanes[i], &fast);
			in_fast[i] += fast.counters[route_mib.base + ROUTE_in_fast];
			compare(&ip4_fast_lanes[i]);
		}
	}
	set_policies(0);
	/* Not vacuous: a good part of it went that way, the same by each width. */
	print_message("known by the route cache: %llu packets\n", (unsigned long long)by_cache);
	assert_true(by_cache > ROUNDS * BURST_MAX / 8);
	for (unsigned int i = 0; ip4_fast_lanes[i].rx != NULL; i++) {
		if (!ip4_fast_runs(&ip4_fast_lanes[i])) {
			print_message("not here: %s\n", ip4_fast_lanes[i].name);
			continue;
		}
		print_message("%s: %llu packets\n", ip4_fast_lanes[i].name,
			      (unsigned long long)in_fast[i]);
		assert_true(in_fast[i] > ROUNDS * BURST_MAX / 12);
	}
}

/* --- one frame of each kind that is not the fast lane's, among good ones --- */

#define LONGEST 600 /* bytes of IP that p2 takes meanwhile */

static const struct sin {
	const char *what;
	const char *src; /* its source; NULL: the good ones', which may follow it: see dp_order */
	uint8_t at, to;	 /* byte of the untagged frame; at 0: none */
	uint8_t more;	 /* bytes behind it are the same */
	uint16_t total;	 /* total length of IP; 0: as it is */
	uint16_t payload;
	struct dp_mbuf how;
} sins[] = {
	{ .what = "destination MAC", .at = 5, .to = 0x55 },
	{ .what = "group as source MAC", .at = 6, .to = 0x03 },
	{ .what = "source MAC of zeros", .at = 6, .to = 0, .more = 5 },
	{ .what = "ethertype, upper byte", .at = 12, .to = 0x88 },
	{ .what = "ethertype, lower byte", .at = 13, .to = 0x01 },
	{ .what = "version 5", .at = 14, .to = 0x55 },
	{ .what = "header of 16 bytes", .at = 14, .to = 0x44 },
	{ .what = "options of zeros", .at = 14, .to = 0x46 },
	{ .what = "TTL 0", .at = 22, .to = 0 },
	{ .what = "TTL 1", .at = 22, .to = 1 },
	{ .what = "19 bytes in all", .total = 19 },
	{ .what = "longer than the frame", .total = 20 + 8 + 18 + 1 },
	{ .what = "longer than the way takes", .src = "10.9.9.9", .payload = LONGEST + 1 - 28 },
	{ .what = "source 0.9.9.9", .src = "0.9.9.9" },
	{ .what = "source 127.9.9.9", .src = "127.9.9.9" },
	{ .what = "source 224.9.9.9", .src = "224.9.9.9" },
	{ .what = "source 255.9.9.9", .src = "255.9.9.9" },
	{ .what = "our own source", .src = "10.0.2.1" },
	{ .what = "a broadcast as source", .src = "10.0.6.255" },
	{ .what = "no headroom, bytes behind", .total = 20 + 8 + 9, .how = { .headroom = 1 } },
	{ .what = "too little headroom, bytes behind",
	  .total = 20 + 8 + 9,
	  .how = { .headroom = ADJ_HDR_MAX - 19 } },
	{ .what = "chain", .src = "10.9.9.9", .how = { .seg = 20 } },
	{ .what = "shared", .how = { .shared = true } },
	{ .what = "tag in the mbuf",
	  .how = { .vlan_tci = 5, .ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED } },
	/* these are the fast lane's */
	{ .what = "bytes behind the packet", .total = 20 + 8 + 9 },
	{ .what = "as long as the way takes", .payload = LONGEST - 28 },
	{ .what = "enough headroom, bytes behind",
	  .total = 20 + 8 + 9,
	  .how = { .headroom = ADJ_HDR_MAX - 13 } },
	{ .what = "no headroom", .how = { .headroom = 1 } },
};
#define GOOD_ONES 4

static void
sinner(struct item *it, const struct sin *s, bool tagged)
{
	struct rte_ipv4_hdr *ip;

	memset(it, 0, sizeof(*it));
	it->port = p1;
	it->how = s->how;
	it->f = dp_udp(p1, 2,
		       s->src != NULL ? s->src
		       : tagged	      ? "10.0.5.2"
				      : "10.0.1.2",
		       tagged ? "198.51.100.4" : "192.0.2.7", s->payload != 0 ? s->payload : 18);
	ip = dp_ip4(&it->f);
	memset(ip + 1, 0, 4); /* ports of nobody, or options that change no checksum */
	if (s->at != 0)
		memset(it->f.b + s->at, s->to, 1u + s->more);
	if (s->total != 0)
		ip->total_length = rte_cpu_to_be_16(s->total);
	ip->hdr_checksum = 0; /* right for 20 bytes, whatever is said of them */
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, sizeof(*ip));
	if (tagged)
		dp_tag(&it->f, 100);
}

static void
one_of(const struct sin *s, bool tagged, unsigned int n, unsigned int at)
{
	unsigned int fast_ones = n - (s < sins + RTE_DIM(sins) - GOOD_ONES);

	n_burst = n;
	for (unsigned int i = 0; i < n; i++)
		sinner(&burst[i], i == at ? s : &(struct sin){ 0 }, tagged);
	run(NULL, &general);
	for (unsigned int i = 0; ip4_fast_lanes[i].rx != NULL; i++) {
		if (!ip4_fast_runs(&ip4_fast_lanes[i]))
			continue;
		run(&ip4_fast_lanes[i], &fast);
		if (fast.counters[route_mib.base + ROUTE_in_fast] != fast_ones)
			fail_msg("%s: %s, %s, %u of %u: %u went by the fast lane",
				 ip4_fast_lanes[i].name, s->what, tagged ? "tagged" : "untagged",
				 at, n,
				 (unsigned int)fast.counters[route_mib.base + ROUTE_in_fast]);
		compare(&ip4_fast_lanes[i]);
	}
}

static void
each_kind_is_left(void **state)
{
	static const uint8_t at[] = { 0, 1, 3, 4, 7, 8, 14, 23, 30, 31 };
	static const char *const devs[] = { "all", "p1", "p2", "p1.100", "p1.101", "p2.200" };

	(void)state;
	dp_cmd("filter flush");
	dp_cmd("filter policy forward accept");
	for (unsigned int i = 0; i < RTE_DIM(devs); i++) {
		dp_cmd("sysctl net.ipv4.conf.%s.rp_filter=0", devs[i]);
		dp_cmd("sysctl net.ipv4.conf.%s.forwarding=1", devs[i]);
		dp_cmd("sysctl net.ipv4.conf.%s.accept_local=0", devs[i]);
	}
	dp_cmd("ip link set p2 mtu %u", LONGEST);
	dp_cmd("ip link set p2.200 mtu %u", LONGEST);
	for (unsigned int k = 0; k < RTE_DIM(sins); k++)
		for (unsigned int i = 0; i < RTE_DIM(at); i++) {
			one_of(&sins[k], false, 32, at[i]);
			one_of(&sins[k], true, 32, at[i]);
			one_of(&sins[k], i % 2, 9, at[i] % 9);
		}
	dp_cmd("ip link set p2 mtu 1500");
	dp_cmd("ip link set p2.200 mtu 1500");
}

/* What is meant to go by the fast lane does. */
static void
goes_fast(const char *what, uint16_t vid, const char *src, const char *dst)
{
	n_burst = 32;
	for (unsigned int i = 0; i < n_burst; i++) {
		memset(&burst[i], 0, sizeof(burst[i]));
		burst[i].port = p1;
		burst[i].f = dp_udp(p1, 2, src, dst, 18);
		if (vid != 0)
			dp_tag(&burst[i].f, vid);
	}
	for (unsigned int i = 0; ip4_fast_lanes[i].rx != NULL; i++) {
		if (!ip4_fast_runs(&ip4_fast_lanes[i]))
			continue;
		run(&ip4_fast_lanes[i], &fast);
		if (fast.counters[route_mib.base + ROUTE_in_fast] != n_burst || fast.n != n_burst)
			fail_msg("%s: %s: %u of %u went by the fast lane, %u left",
				 ip4_fast_lanes[i].name, what,
				 (unsigned int)fast.counters[route_mib.base + ROUTE_in_fast],
				 n_burst, fast.n);
	}
}

static void
plain_traffic_is_fast(void **state)
{
	static const char *const devs[] = { "all", "p1", "p2", "p1.100", "p1.101", "p2.200" };

	(void)state;
	for (int rpf = 0; rpf <= 2; rpf++) {
		for (unsigned int i = 0; i < RTE_DIM(devs); i++) {
			dp_cmd("sysctl net.ipv4.conf.%s.rp_filter=%u", devs[i], rpf);
			dp_cmd("sysctl net.ipv4.conf.%s.send_redirects=1", devs[i]);
			dp_cmd("sysctl net.ipv4.conf.%s.forwarding=1", devs[i]);
		}
		goes_fast("plain", 0, "10.0.1.2", "192.0.2.7");
		goes_fast("untagged to tagged", 0, "10.0.1.2", "198.51.100.4");
		goes_fast("tagged to untagged", 100, "10.0.5.2", "10.0.2.2");
		goes_fast("tagged to tagged", 100, "10.0.5.2", "192.0.2.200");
		goes_fast("untagged to two tags", 0, "10.0.1.2", "192.0.2.70");
		goes_fast("to a group", 100, "10.0.5.2", "198.18.3.4");
		goes_fast("to an object", 0, "10.0.1.2", "198.21.3.4");
		goes_fast("to a group of objects", 100, "10.0.5.2", "198.19.3.4");
		goes_fast("to a resilient group", 100, "10.0.5.2", "198.20.3.4");
	}
	for (unsigned int i = 0; i < RTE_DIM(devs); i++)
		dp_cmd("sysctl net.ipv4.conf.%s.rp_filter=0", devs[i]);
	dp_cmd("filter add prerouting dst 192.0.2.64/26 drop");
	dp_cmd("filter add forward oif p2 protocol tcp reject");
	dp_cmd("filter add forward iif p1.100 dst 192.0.2.0/24 accept");
	dp_cmd("filter policy forward drop");
	dp_cmd("filter add forward protocol udp dport 0-65535 accept");
	goes_fast("filtered", 0, "10.0.1.2", "192.0.2.7");
	goes_fast("filtered, tagged to untagged", 100, "10.0.5.2", "10.0.2.2");
	dp_cmd("filter flush");
	dp_cmd("filter policy forward accept");
	/* A trunk whose port has no address itself. */
	dp_cmd("ip addr del 10.0.1.1/24 dev p1");
	goes_fast("trunk without address", 100, "10.0.5.2", "192.0.2.200");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip neigh replace 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_agree),
		cmocka_unit_test(each_kind_is_left),
		cmocka_unit_test(plain_traffic_is_fast),
	};

	return cmocka_run_group_tests_name("dp/lanes", tests, setup, dp_teardown);
}
