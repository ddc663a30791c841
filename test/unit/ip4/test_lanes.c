/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast lane, each width of it, against the general lane: same frames out, same counters. Order
 * is kept among those that go by one lane; a mixed burst is compared as a set. More traffic, and
 * more of a router: test/dp/test_dp_lanes.c. */
#include "fixture.h"

#define BURST 32

struct seen {
	unsigned int n;
	struct frame *f;
	uint64_t ip[IP_MIB_MAX], ext[IPEXT_MIB_MAX], drop[DROP_MAX];
};

static uint32_t seed = 12345;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static rte_be32_t
any_dst(void)
{
	static const rte_be32_t pool[] = {
		FAR,
		FAR,
		FAR,
		IP(203, 0, 113, 77),
		IP(198, 51, 100, 9),
		IP(10, 1, 0, 9),
		IP(10, 2, 3, 4),
		IP(198, 51, 100, 200),
		IP(10, 66, 0, 1),
		IP(10, 67, 0, 1),
		IP(10, 68, 0, 1),
		IP(8, 8, 8, 8),
		OUR0,
		OUR1,
		IP(127, 0, 0, 1),
		IP(224, 0, 0, 1),
		IP(224, 0, 0, 5),
		IP(255, 255, 255, 255),
		IP(0, 0, 0, 1),
		IP(240, 0, 0, 1),
		IP(198, 51, 100, 255),
		IP(10, 77, 0, 3),
	};

	return rnd(3) ? pool[rnd(4)] : pool[rnd(RTE_DIM(pool))];
}

static rte_be32_t
any_src(void)
{
	static const rte_be32_t pool[] = {
		PEER0,
		IP(192, 0, 2, 77),
		IP(1, 0, 0, 0),
		IP(223, 255, 255, 255),
		IP(0, 255, 255, 255),
		IP(126, 1, 1, 1),
		IP(127, 0, 0, 1),
		IP(128, 0, 0, 0),
		IP(224, 0, 0, 1),
		IP(240, 0, 0, 1),
		IP(255, 255, 255, 255),
		OUR0,
		OUR1,
		IP(192, 0, 2, 255),
		IP(0, 0, 0, 0),
	};

	return rnd(4) ? PEER0 : pool[rnd(RTE_DIM(pool))];
}

/* Mostly good frames, some with one thing wrong. */
static uint32_t
any_frame(uint8_t *buf)
{
	static const uint8_t rr[] = { 7, 7, 4, 0, 0, 0, 0, 1 };
	struct pkt p = { .dst = any_dst(),
			 .src = any_src(),
			 .id = (uint16_t)rnd(65536),
			 .tos = rnd(4) ? 0 : (uint8_t)rnd(256) };
	uint32_t len;

	p.payload = (uint16_t)(rnd(2) ? 26 : 1 + rnd(1480));
	p.ttl = rnd(16) ? (uint8_t)(2 + rnd(254)) : (uint8_t)rnd(3);
	if (p.ttl == 0)
		p.ttl = 1;
	if (rnd(16) == 0)
		p.frag = (uint16_t)(rnd(2) ? 0x4000 : rnd(0x4000));
	if (rnd(24) == 0) {
		p.opt = rr;
		p.optlen = sizeof(rr);
	}
	len = pkt_build(&p, buf);
	/* IP(0.0.0.0) can not be asked of pkt_build(). */
	switch (rnd(24)) {
	case 0: /* a byte of the headers */
		buf[rnd(34)] ^= (uint8_t)(1 + rnd(255));
		break;
	case 1: /* another length, sum right */
		((struct rte_ipv4_hdr *)(buf + 14))->total_length =
			rte_cpu_to_be_16((uint16_t)rnd(1600));
		pkt_fix(buf);
		break;
	case 2: /* cut */
		len = 14 + rnd(len - 13);
		break;
	case 3: /* padded */
		memset(buf + len, 0xee, 40);
		len += rnd(40);
		break;
	case 4:
		buf[0] = rnd(2) ? 0xff : 0x01;
		if (buf[0] == 0xff)
			memset(buf, 0xff, 6);
		break;
	case 5:
		((struct rte_ipv4_hdr *)(buf + 14))->src_addr = 0;
		pkt_fix(buf);
		break;
	case 6: /* minus zero, as no sender of ours writes it */
		((struct rte_ipv4_hdr *)(buf + 14))->hdr_checksum ^= 0xffff;
		break;
	default:
		break;
	}
	return len;
}

static void
snap(struct seen *s)
{
	for (unsigned int i = 0; i < IP_MIB_MAX; i++)
		s->ip[i] = mib(&ip_mib, i);
	for (unsigned int i = 0; i < IPEXT_MIB_MAX; i++)
		s->ext[i] = mib(&ipext_mib, i);
	for (unsigned int i = 0; i < DROP_MAX; i++)
		s->drop[i] = drops(i);
}

static int
by_content(const void *a, const void *b)
{
	const struct frame *const *x = a, *const *y = b;

	if ((*x)->dev != (*y)->dev)
		return (*x)->dev < (*y)->dev ? -1 : 1;
	if ((*x)->len != (*y)->len)
		return (*x)->len < (*y)->len ? -1 : 1;
	return memcmp((*x)->bytes, (*y)->bytes, RTE_MIN((*x)->len, 2048u));
}

/* Only what was forwarded: the errors that the lanes send carry a random IP id. */
static unsigned int
forwarded(struct frame **out)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_frames; i++)
		if (frame_ip(&frames[i])->next_proto_id != IPPROTO_ICMP &&
		    frames[i].bytes[12] == 8 && frames[i].bytes[13] == 0)
			out[n++] = &frames[i];
	qsort(out, n, sizeof(*out), by_content);
	return n;
}

static void
run(uint8_t buf[][2048], const uint32_t *len, unsigned int n, bool fast, struct seen *s)
{
	struct seen before, after;
	struct rte_mbuf *m[64];
	struct frame *out[FRAMES_MAX];

	role_borrow_dp();
	role_enter_ctl();
	ip4_defrag_expire(dp(), UINT64_MAX); /* each run starts with nothing remembered */
	settle();
	icmp_limits_reset();
	n_frames = 0;
	for (unsigned int i = 0; i < n; i++)
		m[i] = make_mbuf(buf[i], len[i]);
	snap(&before);
	netif_fast_rx = fast ? lane->rx : NULL;
	netif_rx_burst(dp(), p0, m, (uint16_t)n);
	netif_fast_rx = lane->rx;
	settle();
	snap(&after);
	for (unsigned int i = 0; i < IP_MIB_MAX; i++)
		s->ip[i] = after.ip[i] - before.ip[i];
	for (unsigned int i = 0; i < IPEXT_MIB_MAX; i++)
		s->ext[i] = after.ext[i] - before.ext[i];
	for (unsigned int i = 0; i < DROP_MAX; i++)
		s->drop[i] = after.drop[i] - before.drop[i];
	s->n = forwarded(out);
	s->f = calloc(s->n + 1, sizeof(struct frame));
	for (unsigned int i = 0; i < s->n; i++)
		s->f[i] = *out[i];
}

static void
compare(uint8_t buf[][2048], const uint32_t *len, unsigned int n)
{
	struct seen slow, quick;

	run(buf, len, n, false, &slow);
	run(buf, len, n, true, &quick);
	assert_int_equal(slow.n, quick.n);
	for (unsigned int i = 0; i < IP_MIB_MAX; i++)
		if (slow.ip[i] != quick.ip[i])
			fail_msg("Ip %s: %u and %u", ip_mib.names[i], (unsigned int)slow.ip[i],
				 (unsigned int)quick.ip[i]);
	for (unsigned int i = 0; i < IPEXT_MIB_MAX; i++)
		if (slow.ext[i] != quick.ext[i])
			fail_msg("IpExt %s: %u and %u", ipext_mib.names[i],
				 (unsigned int)slow.ext[i], (unsigned int)quick.ext[i]);
	for (unsigned int i = 0; i < DROP_MAX; i++)
		/* Those that wait for a neighbour overflow later in the second run. */
		if (slow.drop[i] != quick.drop[i] && strcmp(drop_module(i), "neigh") != 0)
			fail_msg("drop %s: %u and %u", drop_name(i), (unsigned int)slow.drop[i],
				 (unsigned int)quick.drop[i]);
	for (unsigned int i = 0; i < slow.n; i++) {
		assert_ptr_equal(slow.f[i].dev, quick.f[i].dev);
		assert_int_equal(slow.f[i].len, quick.f[i].len);
		assert_memory_equal(slow.f[i].bytes, quick.f[i].bytes,
				    RTE_MIN(slow.f[i].len, 2048u));
	}
	free(slow.f);
	free(quick.f);
}

static uint8_t buf[64][2048];
static uint32_t len[64];
static uint64_t bytes;

/* A good burst goes by the fast lane alone: what it says about itself is checked by hand. */
static void
test_good_burst(void **state)
{
	struct rte_mbuf *m[BURST];

	role_borrow_dp();
	for (unsigned int i = 0; i < BURST; i++) {
		len[i] = pkt_build(&(struct pkt){ .id = (uint16_t)i, .ttl = 9 }, buf[i]);
		m[i] = make_mbuf(buf[i], len[i]);
	}
	assert_int_equal(lane->rx(dp(), p0, m, BURST, &bytes), 0);
	counter_add(dp(), &skb_counters, SKB_CNT_RX, BURST);
	assert_int_equal(n_frames, BURST);
	for (unsigned int i = 0; i < BURST; i++) {
		struct rte_ipv4_hdr *iph = frame_ip(&frames[i]);

		assert_ptr_equal(frames[i].dev, p1);
		assert_memory_equal(frames[i].bytes, &peer1, 6);
		assert_memory_equal(frames[i].bytes + 6, &mac1, 6);
		assert_int_equal(iph->time_to_live, 8);
		assert_int_equal(rte_be_to_cpu_16(iph->packet_id), i);
		assert_int_equal(rte_raw_cksum(iph, 20), 0xffff);
		assert_memory_equal(frames[i].bytes + 34, buf[i] + 34, 26);
	}
	assert_int_equal(mib(&ip_mib, IP_InReceives), BURST);
	assert_int_equal(mib(&ip_mib, IP_ForwDatagrams), BURST);
	assert_int_equal(mib(&ipext_mib, IPEXT_InOctets), BURST * 46);
	assert_int_equal(mib(&ipext_mib, IPEXT_OutOctets), BURST * 46);
	(void)state;
}

/* All sums of a header, as the peer may write them: zero too as 0xffff. @p n: four go at a time,
 * fewer one by one. */
static void
all_checksums(unsigned int n)
{
	struct rte_mbuf *m[4];

	role_borrow_dp();
	for (uint32_t id = 0; id < 65536;) {
		for (unsigned int i = 0; i < n; i++, id++) {
			struct rte_ipv4_hdr *iph = (struct rte_ipv4_hdr *)(buf[i] + 14);

			len[i] = pkt_build(&(struct pkt){ .id = (uint16_t)id }, buf[i]);
			if (iph->hdr_checksum == 0)
				iph->hdr_checksum = 0xffff;
			m[i] = make_mbuf(buf[i], len[i]);
			ip_decrease_ttl(iph);
		}
		n_frames = 0;
		counter_add(dp(), &skb_counters, SKB_CNT_RX, n);
		assert_int_equal(lane->rx(dp(), p0, m, (uint16_t)n, &bytes), 0);
		assert_int_equal(n_frames, n);
		for (unsigned int i = 0; i < n; i++) {
			assert_memory_equal(frames[i].bytes + 14, buf[i] + 14, 46);
			assert_int_equal(rte_raw_cksum(frames[i].bytes + 14, 20), 0xffff);
		}
	}
}

static void
test_all_checksums(void **state)
{
	all_checksums(4);
	all_checksums(3);
	(void)state;
}

/* What it does not want stays, in order, untouched, at the front. */
static void
test_suspects_stay(void **state)
{
	struct rte_mbuf *m[64], *want[64];
	unsigned int n = 0;

	role_borrow_dp();
	for (unsigned int i = 0; i < 64; i++) {
		struct pkt p = { .id = (uint16_t)i };

		if (i % 5 == 0)
			p.ttl = 1; /* seen before the lookup */
		else if (i % 7 == 0)
			p.dst = IP(8, 8, 8, 8); /* and after it */
		len[i] = pkt_build(&p, buf[i]);
		m[i] = make_mbuf(buf[i], len[i]);
		if (i % 5 == 0 || i % 7 == 0)
			want[n++] = m[i];
	}
	counter_add(dp(), &skb_counters, SKB_CNT_RX, 64);
	assert_int_equal(lane->rx(dp(), p0, m, 64, &bytes), n);
	assert_int_equal(n_frames, 64 - n);
	for (unsigned int i = 0, k = 0; i < 64; i++) {
		if (i % 5 != 0 && i % 7 != 0)
			continue;
		assert_ptr_equal(m[k], want[k]);
		assert_memory_equal(rte_pktmbuf_mtod(m[k], void *), buf[i], len[i]);
		kfree_mbuf_reason(dp(), m[k], NULL, DROP_IP4_NO_ROUTE);
		k++;
	}
	(void)state;
}

static void
test_random(void **state)
{
	uint64_t good = mib(&ip_mib, IP_ForwDatagrams);

	for (unsigned int round = 0; round < 1500; round++) {
		unsigned int n = 1 + rnd(64);

		for (unsigned int i = 0; i < n; i++)
			len[i] = any_frame(buf[i]);
		compare(buf, len, n);
	}
	/* Not vacuous: most of it went through. */
	assert_true(mib(&ip_mib, IP_ForwDatagrams) - good > 20000);
	(void)state;
}

/* Every value of every header byte, alone in a burst of good ones. */
static void
test_each_header_byte(void **state)
{
	for (unsigned int at = 0; at < 34; at++)
		for (unsigned int v = 0; v < 256; v += at < 12 ? 17 : 1)
			for (int fix = 0; fix < 2; fix++) {
				for (unsigned int i = 0; i < 3; i++)
					len[i] = pkt_build(&(struct pkt){ .id = 5 }, buf[i]);
				buf[1][at] = (uint8_t)v;
				if (fix)
					pkt_fix(buf[1]);
				compare(buf, len, 3);
			}
	(void)state;
}

/* A burst that may not use the lane at all. */
static void
test_lane_is_off(void **state)
{
	struct in_device *in_dev = p0->ip_ptr;
	struct rte_mbuf *m;

	role_borrow_dp();
	len[0] = pkt_build(&(struct pkt){ 0 }, buf[0]);
	m = make_mbuf(buf[0], len[0]);
	counter_add(dp(), &skb_counters, SKB_CNT_RX, 1);
	in_dev->cnf.forwarding = 0;
	assert_int_equal(lane->rx(dp(), p0, &m, 1, &bytes), 1);
	in_dev->cnf.forwarding = 1;
	assert_int_equal(n_frames, 0);
	assert_int_equal(bytes, len[0]);
	assert_int_equal(lane->rx(dp(), p0, &m, 1, &bytes), 0);
	assert_int_equal(n_frames, 1);
	(void)state;
}

/* Reverse path: the lane forwards what passes and leaves what does not. */
static void
test_reverse_path(void **state)
{
	struct in_device *in_dev = p0->ip_ptr;
	const rte_be32_t src[] = { PEER0, IP(203, 0, 113, 7), IP(8, 8, 8, 8) }; /* p0, p1, none */

	role_borrow_dp();
	for (int rpf = 0; rpf <= 2; rpf++) {
		struct rte_mbuf *m[3];
		unsigned int left = rpf == 0 ? 0 : rpf == 1 ? 2 : 1;

		in_dev->cnf.rp_filter = rpf;
		n_frames = 0;
		for (unsigned int i = 0; i < 3; i++) {
			len[i] = pkt_build(&(struct pkt){ .src = src[i] }, buf[i]);
			m[i] = make_mbuf(buf[i], len[i]);
		}
		counter_add(dp(), &skb_counters, SKB_CNT_RX, 3);
		assert_int_equal(lane->rx(dp(), p0, m, 3, &bytes), left);
		assert_int_equal(n_frames, 3 - left);
		for (unsigned int i = 0; i < left; i++)
			kfree_mbuf_reason(dp(), m[i], NULL, DROP_IP4_RP_FILTER);
	}
	in_dev->cnf.rp_filter = 0;
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_good_burst),   T(test_all_checksums),	T(test_suspects_stay),
		T(test_random),	      T(test_each_header_byte), T(test_lane_is_off),
		T(test_reverse_path),
	};
	int failed = 0;

	if (fixture_eal() < 0)
		return 1;
	for (lane = ip4_fast_lanes; lane->rx != NULL; lane++) {
		if (!ip4_fast_runs(lane)) {
			print_message("not here: %s\n", lane->name);
			continue;
		}
		failed += cmocka_run_group_tests_name(lane->name, tests, NULL, NULL);
	}
	return failed;
}
