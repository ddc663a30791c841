/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets made here: identifications, path MTUs, sources, groups. */
#include "fixture.h"
#include "ip4/inetpeer_dp.h"
#include "ip4/ip4_append_dp.h"
#include "ip4/ip4_exc.h"
#include "sched/sched_dp.h"

static struct rte_ipv4_hdr
header(rte_be32_t src, rte_be32_t dst, uint8_t proto, bool df)
{
	return (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				      .src_addr = src,
				      .dst_addr = dst,
				      .next_proto_id = proto,
				      .fragment_offset = df ? RTE_BE16(IP4_DF) : 0 };
}

static uint16_t
ident(rte_be32_t src, rte_be32_t dst, uint8_t proto, bool df)
{
	struct rte_ipv4_hdr h = header(src, dst, proto, df);

	role_borrow_dp();
	return rte_be_to_cpu_16(ip_select_ident(dp(), &h));
}

/* RFC 6864 4.3: no number twice, for 65,536 datagrams to one destination, whatever else is sent. */
static void
test_ident_unique(void **state)
{
	static uint8_t seen[65536];
	uint16_t first = ident(OUR0, FAR, 17, false), last = first;

	memset(seen, 0, sizeof(seen));
	seen[first] = 1;
	for (unsigned int i = 1; i < 65536; i++) {
		uint16_t id = ident(OUR0, FAR, 17, false);

		assert_int_equal(seen[id]++, 0);
		assert_int_equal(id, (uint16_t)(last + 1)); /* others do not move it */
		last = id;
		ident(OUR0, PEER1, 17, false);
		ident(OUR0, FAR, 1, false);
		ident(OUR1, FAR, 17, false);
	}
	(void)state;
}

/* Where one destination counts says nothing of where another does. */
static void
test_ident_unpredictable(void **state)
{
	unsigned int near = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t a = ident(OUR0, IP(20, 0, i >> 8, i & 255), 17, false);
		uint16_t b = ident(OUR0, IP(21, 0, i >> 8, i & 255), 17, false);

		near += (uint16_t)(a - b + 128) < 256;
	}
	assert_true(near < 40); /* 4 are to be expected */
	(void)state;
}

/* The peer that was quiet longest gives way, busy ones go on counting. */
static void
test_ident_bounded(void **state)
{
	uint16_t was = ident(OUR0, FAR, 17, false);
	uint32_t begun = adj_now_s;

	for (unsigned int i = 0; i < 200000; i++) {
		adj_now_s = begun + i / 1000;
		ident(OUR0, rte_cpu_to_be_32(0x14000000 + i), 17, false);
		if (i % 500 == 0)
			assert_int_equal(ident(OUR0, FAR, 17, false), ++was & 0xffff);
	}
	adj_now_s = begun;
	(void)state;
}

/* RFC 6864 4.1: an atomic datagram's is a mark that only we can make. */
static void
test_ident_mark(void **state)
{
	struct rte_ipv4_hdr h = header(OUR0, FAR, 17, true);

	h.packet_id = rte_cpu_to_be_16(ident(OUR0, FAR, 17, true));
	assert_int_equal(ident(OUR0, FAR, 17, true), rte_be_to_cpu_16(h.packet_id));
	assert_true(ip_ident_is_mark(&h));
	h.packet_id ^= 1;
	assert_false(ip_ident_is_mark(&h));
	h.packet_id ^= 1;
	h.dst_addr = PEER1;
	assert_false(ip_ident_is_mark(&h));
	(void)state;
}

/* --- path MTU --- */

static uint32_t
pmtu(rte_be32_t dst)
{
	bool locked;

	return ip4_pmtu(dst, ip4_lookup(OUR1, dst), &locked);
}

/* An ICMP error from PEER1 that says @p mtu where 3/4 has it, quoting a datagram of ours to FAR. */
static void
error_comes(uint8_t type, uint8_t code, const struct rte_ipv4_hdr *quoted, uint16_t mtu)
{
	uint8_t data[8 + 28] = { type, code };

	*(rte_be16_t *)(data + 6) = rte_cpu_to_be_16(mtu);
	memcpy(data + 8, quoted, sizeof(*quoted));
	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, sizeof(data));
	rx_pkt(&(struct pkt){ .src = PEER1,
			      .dst = OUR1,
			      .proto = IPPROTO_ICMP,
			      .dev = p1,
			      .data = data,
			      .payload = sizeof(data) },
	       false);
	settle();
}

static void
frag_needed(const struct rte_ipv4_hdr *quoted, uint16_t mtu)
{
	error_comes(ICMP4_UNREACH, ICMP4_FRAG_NEEDED, quoted, mtu);
}

static struct rte_ipv4_hdr
sent(uint16_t total)
{
	struct rte_ipv4_hdr h = header(OUR1, FAR, 17, true);

	h.total_length = rte_cpu_to_be_16(total);
	h.time_to_live = 60;
	h.packet_id = rte_cpu_to_be_16(ident(OUR1, FAR, 17, true));
	return h;
}

static void
test_pmtu_learned(void **state)
{
	struct rte_ipv4_hdr q = sent(1500);
	bool locked;

	frag_needed(&q, 1400);
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 1400);
	assert_false(locked);
	assert_int_equal(pmtu(IP(203, 0, 113, 6)), 0);
	assert_int_equal(mib(&frag_mib, FRAG_PmtuLearned), 1);
	q = sent(1400);
	frag_needed(&q, 1300);
	assert_int_equal(pmtu(FAR), 1300);
	/* RFC 1191 3: it never grows because somebody says so. */
	q = sent(1500);
	frag_needed(&q, 1350);
	assert_int_equal(pmtu(FAR), 1300);
	assert_int_equal(mib(&frag_mib, FRAG_PmtuRefused), 1);
	/* Less than what is believed: locked at min_pmtu. */
	frag_needed(&q, 68);
	assert_int_equal(ip4_pmtu(FAR, ip4_lookup(OUR1, FAR), &locked), 552);
	assert_true(locked);
	assert_int_equal(ip4_exc_n, 1);
	exceptions_forget();
	(void)state;
}

static void
forwards(uint16_t total, uint16_t frag, unsigned int out)
{
	for (int fast = 0; fast < 2; fast++) {
		n_frames = 0;
		rx_pkt(&(struct pkt){ .payload = (uint16_t)(total - 20), .frag = frag }, fast);
		assert_int_equal(n_frames, out);
	}
}

/* ip_forward_use_pmtu: what passes through is held to what was told of our own packets' path. */
static void
test_pmtu_of_forwarded(void **state)
{
	struct sysctl_var use;

	role_enter_ctl();
	assert_int_equal(sysctl_find("net.ipv4.ip_forward_use_pmtu", &use), 0);
	pmtu_told(FAR, 1300, adj_now_s);
	forwards(1400, 0, 1);
	forwards(1400, IP4_DF, 1);
	assert_int_equal(sysctl_set(&use, 1), 0);
	assert_int_equal(sysctl_set(&use, 1), 0);
	forwards(1400, 0, 2);
	forwards(1300, IP4_DF, 1);
	assert_ptr_equal(frames[0].dev, p1);
	forwards(1301, IP4_DF, 1);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_FRAG_NEEDED);
	assert_int_equal(rte_be_to_cpu_16(frame_icmp(&frames[0])->frag.mtu), 1300);
	assert_int_equal(frames[0].bytes[42 + 8], 64); /* quoted as it came */
	assert_int_equal(mib(&ip_mib, IP_FragFails), 2);
	/* Others have no such path, and plain ones stay in the fast lane. */
	n_frames = 0;
	rx_pkt(&(struct pkt){ .dst = IP(203, 0, 113, 6), .payload = 1480 }, true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), 4);
	assert_int_equal(sysctl_set(&use, 0), 0);
	forwards(1400, IP4_DF, 1);
	assert_ptr_equal(frames[0].dev, p1);
	exceptions_forget();
	(void)state;
}

/* RFC 6633 3: heard, counted, and nothing is done. */
static void
test_source_quench(void **state)
{
	struct rte_ipv4_hdr q = sent(1500);

	n_frames = 0;
	error_comes(ICMP4_SOURCE_QUENCH, 0, &q, 1400);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InSrcQuenchs), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InErrors), 0);
	assert_int_equal(drops_all(), 0);
	assert_int_equal(n_frames, 0);
	assert_int_equal(ip4_exc_n, 0);
	assert_int_equal(pmtu(FAR), 0);
	frag_needed(&q, 1400); /* the same words of another type are believed */
	assert_int_equal(pmtu(FAR), 1400);
	exceptions_forget();
	(void)state;
}

/* RFC 1191 7.1: old routers say 0. */
static void
test_pmtu_plateaus(void **state)
{
	static const uint16_t steps[][2] = { { 1500, 1492 }, { 1492, 1006 }, { 1006, 552 } };

	for (unsigned int i = 0; i < RTE_DIM(steps); i++) {
		struct rte_ipv4_hdr q = sent(steps[i][0]);

		frag_needed(&q, 0);
		assert_int_equal(pmtu(FAR), steps[i][1]);
	}
	exceptions_forget();
	(void)state;
}

/* RFC 5927: what is not about a datagram of ours changes nothing. */
static void
test_pmtu_forged(void **state)
{
	struct rte_ipv4_hdr q[6];
	unsigned int n = RTE_DIM(q);

	for (unsigned int i = 0; i < n; i++)
		q[i] = sent(1500);
	q[0].packet_id ^= RTE_BE16(1);	     /* not our mark */
	q[1].fragment_offset = 0;	     /* could have been cut */
	q[2].fragment_offset |= RTE_BE16(1); /* never sent so */
	q[3].total_length = RTE_BE16(1400);  /* did fit */
	q[4].src_addr = PEER0;		     /* not ours */
	q[5].dst_addr = IP(203, 0, 113, 7);  /* nothing was sent there */
	for (unsigned int i = 0; i < n; i++) {
		frag_needed(&q[i], 1400);
		assert_int_equal(ip4_exc_n, 0);
		assert_int_equal(mib(&frag_mib, FRAG_PmtuRefused), i + 1);
	}
	ip4_pmtu_conf.ip_no_pmtu_disc = 1;
	q[0] = sent(1500);
	frag_needed(&q[0], 1400);
	assert_int_equal(ip4_exc_n, 0);
	ip4_pmtu_conf.ip_no_pmtu_disc = 0;
	frag_needed(&q[0], 1400); /* control */
	assert_int_equal(pmtu(FAR), 1400);
	exceptions_forget();
	(void)state;
}

/* RFC 1191 6.3: after mtu_expires the old MTU is tried again; the same news renews it. */
static void
test_pmtu_ageing(void **state)
{
	uint32_t begun = adj_now_s;

	role_enter_ctl();
	pmtu_told(FAR, 1400, begun);
	adj_now_s = begun + 599;
	assert_int_equal(pmtu(FAR), 1400);
	pmtu_told(FAR, 1400, begun + 599);
	adj_now_s = begun + 600 + 598;
	assert_int_equal(pmtu(FAR), 1400);
	assert_int_equal(ip4_exc_expire(adj_now_s), 1);
	adj_now_s = begun + 600 + 599;
	assert_int_equal(pmtu(FAR), 0);
	assert_int_equal(ip4_exc_expire(adj_now_s), 0);
	/* What is over is no bound for what is new. */
	pmtu_told(FAR, 1300, begun);
	adj_now_s = begun + 700;
	pmtu_told(FAR, 1450, adj_now_s);
	assert_int_equal(pmtu(FAR), 1450);
	adj_now_s = begun;
	exceptions_forget();
	(void)state;
}

/* A destination more than there is room for takes the place of the oldest. */
static void
test_pmtu_bounded(void **state)
{
	role_enter_ctl();
	pmtu_told(FAR, 1400, adj_now_s + 500); /* ends last: never gives way */
	for (uint32_t i = 0; i < 40000; i++) {
		pmtu_told(rte_cpu_to_be_32(0x0a100000 + i), 1400, adj_now_s);
		assert_int_equal(pmtu(rte_cpu_to_be_32(0x0a100000 + i)), 1400);
	}
	assert_int_equal(ip4_exc_n, IP4_EXC_SETS * IP4_EXC_WAYS);
	assert_int_equal(pmtu(FAR), 1400);
	assert_int_equal(mib(&route_mib, ROUTE_exc_evicted), 40001 - IP4_EXC_SETS * IP4_EXC_WAYS);
	exceptions_forget();
	(void)state;
}

/* --- output --- */

static int
send_out(struct net_device *dev, uint32_t len, const struct ip_out *o)
{
	struct sk_buff *skb;
	int rc;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb);
	assert_non_null(skb_put(skb, (uint16_t)len));
	skb->dev = dev;
	n_frames = 0;
	rc = ip_build_and_send_pkt(dp(), skb, o);
	settle();
	return rc;
}

/* What is made here keeps to the path's MTU; what is forwarded to the link's. */
static void
test_pmtu_used(void **state)
{
	role_enter_ctl();
	pmtu_told(FAR, 600, adj_now_s);
	assert_int_equal(send_out(NULL, 1000, &(struct ip_out){ .daddr = FAR, .proto = 17 }), 0);
	assert_int_equal(n_frames, 2);
	assert_int_equal(frames[0].len, 14 + 596);
	assert_int_equal(frame_ip(&frames[0])->packet_id, frame_ip(&frames[1])->packet_id);
	n_frames = 0;
	rx_pkt(&(struct pkt){ .payload = 1000 }, false);
	assert_int_equal(n_frames, 1);
	exceptions_forget();
	assert_int_equal(send_out(NULL, 1000, &(struct ip_out){ .daddr = FAR, .proto = 17 }), 0);
	assert_int_equal(n_frames, 1);
	(void)state;
}

/* DF where it was asked for and the datagram fits; not where discovery is off, or locked. */
static void
test_discover(void **state)
{
	const struct ip_out o = { .daddr = FAR, .proto = 17, .discover = true };
	const struct ip_out plain = { .daddr = FAR, .proto = 17 };
	const rte_be16_t df = RTE_BE16(IP4_DF);

	role_enter_ctl();
	assert_int_equal(send_out(NULL, 1000, &o), 0);
	assert_int_equal(frame_ip(&frames[0])->fragment_offset, df);
	assert_int_equal(send_out(NULL, 1000, &plain), 0);
	assert_int_equal(frame_ip(&frames[0])->fragment_offset, 0);
	assert_int_equal(send_out(NULL, 1500, &o), 0); /* does not fit */
	assert_int_equal(n_frames, 2);
	pmtu_told(FAR, 1000, adj_now_s);
	assert_int_equal(send_out(NULL, 980, &o), 0);
	assert_int_equal(frame_ip(&frames[0])->fragment_offset, df);
	assert_int_equal(send_out(NULL, 981, &o), 0);
	assert_int_equal(n_frames, 2);
	pmtu_told(FAR, 100, adj_now_s); /* locked */
	assert_int_equal(send_out(NULL, 100, &o), 0);
	assert_int_equal(frame_ip(&frames[0])->fragment_offset, 0);
	exceptions_forget();
	ip4_pmtu_conf.ip_no_pmtu_disc = 1;
	assert_int_equal(send_out(NULL, 1000, &o), 0);
	assert_int_equal(frame_ip(&frames[0])->fragment_offset, 0);
	ip4_pmtu_conf.ip_no_pmtu_disc = 0;
	(void)state;
}

/* RFC 1122 3.3.4.3: the route's preferred source before the device's address. */
static void
test_prefsrc(void **state)
{
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	assert_int_equal(send_out(NULL, 8, &(struct ip_out){ .daddr = FAR, .proto = 17 }), 0);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1);
	role_enter_ctl();
	*r = (struct fib_route_spec){ .table = RT_TABLE_MAIN,
				      .dst = FAR,
				      .plen = 32,
				      .type = FIB_UNICAST,
				      .prefsrc = OUR0,
				      .n_nh = 1 };
	r->nh[0] = (struct fib_nexthop_spec){ .gateway = PEER1, .weight = 1 };
	assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
	assert_int_equal(send_out(NULL, 8, &(struct ip_out){ .daddr = FAR, .proto = 17 }), 0);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	/* Errors go by it as well. */
	n_frames = 0;
	rx_pkt(&(struct pkt){ .src = FAR, .dst = PEER0, .dev = p1, .ttl = 1 }, false);
	settle();
	assert_int_equal(n_frames, 1);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	free(r);
	(void)state;
}

/* Linux's fib_props: what a route of each type answers who sends from here. */
static void
test_errno_by_type(void **state)
{
	static const struct {
		uint8_t type;
		int rc;
	} want[] = { { FIB_BLACKHOLE, -EINVAL },
		     { FIB_UNREACHABLE, -EHOSTUNREACH },
		     { FIB_PROHIBIT, -EACCES },
		     { FIB_THROW, -ENETUNREACH } };
	const struct ip_out o = { .daddr = FAR, .proto = 17 };
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	assert_int_equal(send_out(NULL, 8, &o), 0);
	for (unsigned int i = 0; i < RTE_DIM(want); i++) {
		role_enter_ctl();
		*r = (struct fib_route_spec){
			.table = RT_TABLE_MAIN, .dst = FAR, .plen = 32, .type = want[i].type
		};
		assert_int_equal(fib_route_add(r, FIB_REPLACE, &why), 0);
		assert_int_equal(send_out(NULL, 8, &o), want[i].rc);
		assert_int_equal(n_frames, 0);
	}
	free(r);
	(void)state;
}

/* Groups and broadcasts find their device: named, by source, by the broadcast's subnet, by route;
 * and are cut to its MTU. */
static void
test_group_device(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	const rte_be32_t group = IP(239, 1, 2, 3);
	struct fib_route_spec *r = calloc(1, sizeof(*r));
	const char *why = NULL;

	assert_non_null(r);
	assert_int_equal(send_out(NULL, 8, &(struct ip_out){ .daddr = group, .proto = 17 }),
			 -ENETUNREACH);
	assert_int_equal(
		send_out(NULL, 8, &(struct ip_out){ .saddr = OUR1, .daddr = group, .proto = 17 }),
		0);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p1);
	assert_int_equal(frame_ip(&frames[0])->time_to_live, 1); /* RFC 1112 6.1 */
	assert_int_equal(
		send_out(p0, 8, &(struct ip_out){ .saddr = OUR1, .daddr = group, .proto = 17 }), 0);
	assert_ptr_equal(frames[0].dev, p0);
	assert_int_equal(
		send_out(NULL, 8, &(struct ip_out){ .daddr = IP(198, 51, 100, 255), .proto = 17 }),
		0);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p1);
	assert_memory_equal(frames[0].bytes, &all, 6);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1);
	role_enter_ctl();
	*r = (struct fib_route_spec){ .table = RT_TABLE_MAIN,
				      .dst = IP(224, 0, 0, 0),
				      .plen = 4,
				      .type = FIB_UNICAST,
				      .n_nh = 1 };
	r->nh[0] = (struct fib_nexthop_spec){ .dev = p2, .weight = 1 };
	assert_int_equal(fib_route_add(r, FIB_ADD, &why), 0);
	assert_int_equal(send_out(NULL, 8, &(struct ip_out){ .daddr = group, .proto = 17 }), 0);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p2);
	assert_int_equal(dev_set_mtu(p2, 600), 0);
	assert_int_equal(send_out(NULL, 1000, &(struct ip_out){ .daddr = group, .proto = 17 }), 0);
	assert_int_equal(n_frames, 2);
	assert_memory_equal(frames[1].bytes, ((uint8_t[]){ 1, 0, 0x5e, 1, 2, 3 }), 6);
	assert_true(frame_ip(&frames[0])->fragment_offset & RTE_BE16(IP4_MF));
	free(r);
	(void)state;
}

/* To ourselves, by a loopback device whose MTU was lowered: cut and put together again. */
static void
test_loopback_fragments(void **state)
{
	role_enter_ctl();
	assert_int_equal(dev_set_mtu(lo, 600), 0);
	assert_int_equal(send_out(NULL, 1400, &(struct ip_out){ .daddr = OUR0, .proto = 17 }), 0);
	assert_int_equal(mib(&ip_mib, IP_FragOKs), 1);
	assert_int_equal(mib(&ip_mib, IP_ReasmOKs), 1);
	assert_int_equal(mib(&ip_mib, IP_InDelivers), 1);
	(void)state;
}

static void
test_priority(void **state)
{
	static const uint8_t want[][2] = { { 0, 0 },	{ 0x08, 2 }, { 0x10, 6 },
					   { 0x18, 4 }, { 0xb8, 4 }, { 0x02, 0 } };

	for (unsigned int i = 0; i < RTE_DIM(want); i++)
		assert_int_equal(rt_tos2priority(want[i][0]), want[i][1]);
	(void)state;
}

/* RFC 1122 3.2.1.3 (g): 127/8 never leaves, though a device that was named would take it. */
static void
test_loopback_stays(void **state)
{
	const struct {
		rte_be32_t src, dst;
		enum drop_reason why;
	} t[] = { { IP(127, 0, 0, 1), FAR, DROP_IP4_MARTIAN_SOURCE },
		  { OUR1, IP(127, 0, 0, 1), DROP_IP4_MARTIAN_DESTINATION },
		  { OUR1, IP(127, 5, 0, 1), DROP_IP4_MARTIAN_DESTINATION } };
	const struct ip_out far = { .saddr = OUR1, .daddr = FAR, .proto = 99 };

	role_enter_ctl();
	role_borrow_dp();
	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		struct ip_out o = far;
		uint64_t before = drops(t[i].why);

		o.saddr = t[i].src;
		o.daddr = t[i].dst;
		o.way = ip4_lookup(OUR1, FAR); /* as ping -I has it */
		assert_int_equal(ip_build_and_send_pkt(dp(), alloc_skb(dp(), SKB_HEADROOM), &o),
				 -EINVAL);
		assert_int_equal(drops(t[i].why), before + 1);
	}
	assert_int_equal(n_frames, 0);
	assert_int_equal(ip_build_and_send_pkt(dp(), alloc_skb(dp(), SKB_HEADROOM), &far), 0);
	assert_int_equal(n_frames, 1);
	(void)state;
}

/* No room for a header and 8 bytes. */
static void
test_mtu_too_small(void **state)
{
	struct skb_vec out = { .n = 0 };
	struct sk_buff *skb;

	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_non_null(skb_put(skb, 100));
	memset(skb_data(skb), 0, 100);
	*skb_data(skb) = 0x45;
	skb_reset_network_header(skb);
	skb->dev = p1;
	ip_fragment(dp(), skb, 27, neigh_output, &out);
	assert_int_equal(out.n, 0);
	assert_int_equal(drops(DROP_IP4_FRAG_FAILED), 1);
	assert_int_equal(mib(&ip_mib, IP_FragFails), 1);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_ident_unique),	    T(test_ident_unpredictable),
		T(test_ident_bounded),	    T(test_ident_mark),
		T(test_pmtu_learned),	    T(test_source_quench),
		T(test_pmtu_plateaus),	    T(test_pmtu_forged),
		T(test_pmtu_ageing),	    T(test_pmtu_bounded),
		T(test_pmtu_used),	    T(test_discover),
		T(test_pmtu_of_forwarded),  T(test_prefsrc),
		T(test_errno_by_type),	    T(test_group_device),
		T(test_loopback_fragments), T(test_priority),
		T(test_loopback_stays),	    T(test_mtu_too_small),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
