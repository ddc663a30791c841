/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragmentation and reassembly, the one against the other and each against malice. */
#include "core/timer.h"
#include "fixture.h"

static uint8_t payload[66000];

static void
fill(void)
{
	for (unsigned int i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 + (i >> 8));
}

static void
set_mtu(uint32_t mtu)
{
	role_enter_ctl();
	assert_int_equal(dev_set_mtu(p1, mtu), 0);
	settle();
}

/* The frames are the fragments of one datagram of @p len bytes of payload: offsets, flags, lengths,
 * content. @p start: offset of the datagram itself; @p more: it is not the last itself. */
static void
check_fragments(uint32_t len, uint32_t mtu, uint16_t id, uint32_t start, bool more)
{
	uint32_t off = 0;

	for (unsigned int i = 0; i < n_frames; i++) {
		struct rte_ipv4_hdr *iph = frame_ip(&frames[i]);
		uint32_t hlen = ip_hdrlen(iph), total = rte_be_to_cpu_16(iph->total_length);
		uint16_t field = rte_be_to_cpu_16(iph->fragment_offset);
		bool last = i + 1 == n_frames;

		assert_ptr_equal(frames[i].dev, p1);
		assert_int_equal(frames[i].len, 14 + total);
		assert_true(total <= mtu);
		assert_int_equal(rte_raw_cksum(iph, hlen), 0xffff);
		assert_int_equal(rte_be_to_cpu_16(iph->packet_id), id);
		assert_int_equal(iph->time_to_live, 63);
		assert_int_equal((field & IP4_OFFMASK) * 8, start + off);
		assert_int_equal(!!(field & IP4_MF), !last || more);
		assert_false(field & IP4_DF);
		if (!last) {
			assert_int_equal((total - hlen) % 8, 0);
			assert_true(total + 8 > mtu); /* no smaller than need be */
		}
		assert_memory_equal(frames[i].bytes + 14 + hlen, payload + off,
				    RTE_MIN(total - hlen, 2000u));
		off += total - hlen;
	}
	assert_int_equal(off, len);
}

static void
test_sizes(void **state)
{
	static const uint16_t mtus[] = { 68, 100, 576, 1279, 1280, 1400 };

	fill();
	for (unsigned int m = 0; m < RTE_DIM(mtus); m++) {
		set_mtu(mtus[m]);
		for (uint32_t len = mtus[m] - 40u; len <= 1480; len += 1 + len / 9) {
			n_frames = 0;
			rx_pkt(&(struct pkt){ .payload = (uint16_t)len,
					      .data = payload,
					      .id = 0x1234 },
			       len % 2);
			if (len + 20 <= mtus[m])
				assert_int_equal(n_frames, 1);
			check_fragments(len, mtus[m], 0x1234, 0, false);
		}
	}
	(void)state;
}

/* A datagram that came in several buffers, into more fragments than a vector holds. */
static void
test_many(void **state)
{
	uint64_t made = mib(&ip_mib, IP_FragCreates);

	fill();
	set_mtu(68);
	rx_pkt(&(struct pkt){ .payload = 8000, .data = payload, .id = 9 }, false);
	assert_int_equal(n_frames, (8000 + 47) / 48);
	check_fragments(8000, 68, 9, 0, false);
	assert_int_equal(mib(&ip_mib, IP_FragCreates) - made, n_frames);
	assert_int_equal(mib(&ip_mib, IP_FragOKs), 1);
	(void)state;
}

/* Fragments that are larger than a buffer are chains. */
static void
test_jumbo(void **state)
{
	fill();
	role_enter_ctl();
	p1->ctl->max_mtu = 16000;
	set_mtu(9000);
	rx_pkt(&(struct pkt){ .payload = 30000, .data = payload, .id = 9 }, false);
	assert_int_equal(n_frames, 4);
	check_fragments(30000, 9000, 9, 0, false);
	(void)state;
}

static void
test_refragment(void **state)
{
	fill();
	set_mtu(300);
	for (int more = 0; more < 2; more++) {
		n_frames = 0;
		rx_pkt(&(struct pkt){ .payload = 1000,
				      .data = payload,
				      .id = 7,
				      .frag = (uint16_t)(100 | (more ? IP4_MF : 0)) },
		       true);
		assert_int_equal(n_frames, 4);
		check_fragments(1000, 300, 7, 800, more);
	}
	(void)state;
}

/* Options with the copy bit stand in all fragments, others in the first. */
static void
test_copied_options(void **state)
{
	/* router alert (copied), NOP, unknown without copy bit, unknown with it */
	static const uint8_t opt[] = { 148, 4, 0, 0, 1, 0x1e, 3, 9, 0x9e, 4, 8, 8 };
	static const uint8_t later[] = { 148, 4, 0, 0, 1, 1, 1, 1, 0x9e, 4, 8, 8 };

	fill();
	set_mtu(300);
	rx_pkt(&(struct pkt){ .payload = 600, .data = payload, .opt = opt, .optlen = 12 }, true);
	assert_int_equal(n_frames, 3);
	check_fragments(600, 300, 0, 0, false);
	assert_memory_equal(frames[0].bytes + 34, opt, 12);
	assert_memory_equal(frames[1].bytes + 34, later, 12);
	assert_memory_equal(frames[2].bytes + 34, later, 12);
	(void)state;
}

/* No buffers left on the way: nothing leaks, it is counted. */
static void
test_no_mbufs(void **state)
{
	struct rte_mempool *pool = dp()->pool;
	struct rte_mbuf *all[4096], *in;
	static uint8_t buf[2048];
	unsigned int n = 0;
	uint32_t len;

	role_borrow_dp();
	set_mtu(300);
	len = pkt_build(&(struct pkt){ .payload = 1400 }, buf);
	in = make_mbuf(buf, len);
	while ((all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	rte_pktmbuf_free(all[--n]);
	rte_pktmbuf_free(all[--n]);
	netif_rx_burst(dp(), p0, &in, 1);
	assert_int_equal(mib(&ip_mib, IP_FragFails), 1);
	assert_int_equal(mib(&ip_mib, IP_FragOKs), 0);
	assert_int_equal(n_frames, 0); /* nothing leaves of what can not leave whole */
	assert_true(drops(DROP_SKB_NO_MBUF) > 0);
	while (n > 0)
		rte_pktmbuf_free(all[--n]);
	settle();
	(void)state;
}

/* --- reassembly --- */

/* An echo request of @p len bytes in payload[]; answered only when it is whole. */
static void
make_echo(uint32_t len)
{
	fill();
	memset(payload, 0, 8);
	payload[0] = ICMP4_ECHO;
	*(uint16_t *)(payload + 2) = (uint16_t)~rte_raw_cksum(payload, len);
}

/* One piece of it arrives. */
static void
piece(uint16_t id, uint32_t off, uint32_t len, bool more)
{
	rx_pkt(&(struct pkt){ .dst = OUR0,
			      .proto = IPPROTO_ICMP,
			      .id = id,
			      .data = payload + off,
			      .payload = (uint16_t)len,
			      .frag = (uint16_t)(off / 8 | (more ? IP4_MF : 0)) },
	       true);
	settle();
}

static void
expect_reply(uint32_t len)
{
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	assert_int_equal(frames[0].len, 34 + len);
	assert_memory_equal(frames[0].bytes + 38, payload + 4, len - 4);
	n_frames = 0;
	assert_int_equal(ip4_defrag_held(), 0);
}

static void
test_orders(void **state)
{
	static const uint8_t order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	make_echo(1000);
	for (unsigned int o = 0; o < 6; o++) {
		for (unsigned int i = 0; i < 3; i++) {
			uint32_t off = order[o][i] * 400u;

			assert_int_equal(n_frames, 0);
			piece((uint16_t)o, off, RTE_MIN(400u, 1000 - off), off < 800);
		}
		expect_reply(1000);
	}
	assert_int_equal(mib(&ip_mib, IP_ReasmReqds), 18);
	assert_int_equal(mib(&ip_mib, IP_ReasmOKs), 6);
	assert_int_equal(mib(&ip_mib, IP_ReasmFails), 0);
	(void)state;
}

/* Two datagrams at a time, and ids that differ by protocol or source only. */
static void
test_keys(void **state)
{
	make_echo(64);
	piece(1, 0, 32, true);
	piece(2, 32, 32, false);
	assert_int_equal(n_frames, 0);
	assert_int_equal(ip4_defrag_held(), 2);
	rx_pkt(&(struct pkt){ .dst = OUR0,
			      .src = IP(192, 0, 2, 8),
			      .proto = IPPROTO_ICMP,
			      .id = 1,
			      .payload = 32,
			      .data = payload + 32,
			      .frag = 4 },
	       true);
	settle();
	assert_int_equal(n_frames, 0);
	rx_pkt(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 1, .payload = 32, .frag = 4 }, true);
	settle();
	assert_int_equal(n_frames, 0);
	piece(1, 32, 32, false);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	assert_int_equal(ip4_defrag_held(), 3); /* the others wait on */
	(void)state;
}

static void
test_duplicates(void **state)
{
	make_echo(1000);
	piece(1, 0, 400, true);
	piece(1, 0, 400, true);
	piece(1, 800, 200, false);
	piece(1, 800, 200, false);
	piece(1, 80, 160, true); /* within what is here */
	assert_int_equal(drops(DROP_IP4_REASM_DUPLICATE), 3);
	piece(1, 400, 400, true);
	expect_reply(1000);
	(void)state;
}

static void
test_overlaps(void **state)
{
	static const struct {
		uint32_t off, len;
		bool more;
	} bad[] = {
		{ 392, 400, true },  /* over the first's end */
		{ 400, 408, true },  /* over the last's start */
		{ 0, 408, true },    /* more than the first */
		{ 400, 200, false }, /* a second end */
		{ 1000, 8, true },   /* behind the end */
		{ 1000, 8, false },
	};

	make_echo(1000);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		uint16_t id = (uint16_t)(10 + i);

		piece(id, 0, 400, true);
		piece(id, 800, 200, false);
		assert_int_equal(ip4_defrag_held(), 2);
		piece(id, bad[i].off, bad[i].len, bad[i].more);
		/* All of it goes, and what comes later finds nothing. */
		assert_int_equal(ip4_defrag_held(), 0);
		assert_int_equal(drops(DROP_IP4_REASM_OVERLAP), 3 * (i + 1));
		piece(id, 400, 400, true);
		assert_int_equal(n_frames, 0);
		ip4_defrag_expire(dp(), UINT64_MAX);
		n_frames = 0;
	}
	/* Control: the same pieces without the bad one. */
	piece(1, 0, 400, true);
	piece(1, 800, 200, false);
	piece(1, 400, 400, true);
	expect_reply(1000);
	(void)state;
}

static void
test_bad_pieces(void **state)
{
	make_echo(1000);
	piece(1, 0, 401, true); /* not a multiple of 8 */
	assert_int_equal(drops(DROP_IP4_REASM_BAD), 1);
	piece(1, 65528, 8, false); /* past 65535 with the header */
	assert_int_equal(drops(DROP_IP4_REASM_OVERSIZE), 1);
	assert_int_equal(ip4_defrag_held(), 0);
	/* No payload at all: pkt_build() can not make it. */
	{
		uint8_t buf[128];

		pkt_build(&(struct pkt){ .dst = OUR0, .frag = IP4_MF }, buf);
		((struct rte_ipv4_hdr *)(buf + 14))->total_length = RTE_BE16(20);
		pkt_fix(buf);
		rx_frame(p0, buf, 60, true);
		settle();
	}
	assert_int_equal(drops(DROP_IP4_REASM_BAD), 2);
	(void)state;
}

/* RFC 1858 3, RFC 3128: TCP whose flags a filter would not see. */
static void
test_tiny(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t frag, len;
		bool tiny;
	} t[] = {
		{ IPPROTO_TCP, IP4_MF, 8, true },      { IPPROTO_TCP, IP4_MF, 16, false },
		{ IPPROTO_TCP, IP4_MF | 1, 16, true }, { IPPROTO_TCP, 1, 20, true },
		{ IPPROTO_TCP, IP4_MF | 2, 8, false }, { IPPROTO_TCP, 3, 1, false },
		{ IPPROTO_UDP, IP4_MF, 8, false },     { IPPROTO_UDP, IP4_MF | 1, 8, false },
	};
	unsigned int tiny = 0;

	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		rx_pkt(&(struct pkt){ .dst = OUR0,
				      .proto = t[i].proto,
				      .id = (uint16_t)i,
				      .payload = t[i].len,
				      .frag = t[i].frag },
		       true);
		settle();
		tiny += t[i].tiny;
		assert_int_equal(drops(DROP_IP4_FRAG_TINY), tiny);
		assert_int_equal(ip4_defrag_held(), i + 1 - tiny);
	}
	(void)state;
}

/* ipfrag_max_dist, by the tunable. */
static void
test_too_far(void **state)
{
	make_echo(64);
	for (int limit = 64; limit >= 0; limit -= 64) {
		ip4_frag_conf.ipfrag_max_dist = limit;
		piece(1, 0, 32, true);
		for (uint16_t i = 0; i < 65; i++)
			piece((uint16_t)(100 + i), 0, 32, true);
		piece(1, 32, 32, false);
		assert_int_equal(n_frames, limit == 0);
		ip4_defrag_expire(dp(), UINT64_MAX);
		n_frames = 0;
	}
	assert_int_equal(mib(&frag_mib, FRAG_TooFar), 1);
	assert_int_equal(drops(DROP_IP4_REASM_TOO_FAR), 1);
	ip4_frag_conf.ipfrag_max_dist = 64;
	(void)state;
}

/* What another thread receives is handed to the datagram's owner. */
static void
test_handed_over(void **state)
{
	static uint8_t buf[2048];
	struct rte_mbuf *m;
	uint32_t len;

	make_echo(64);
	role_borrow_dp();
	len = pkt_build(&(struct pkt){ .dst = OUR0,
				       .proto = IPPROTO_ICMP,
				       .id = 5,
				       .payload = 32,
				       .data = payload,
				       .frag = IP4_MF },
			buf);
	m = make_mbuf(buf, len);
	netif_rx_burst(workers[0], p0, &m, 1); /* the control thread's slot owns none */
	assert_int_equal(mib(&frag_mib, FRAG_HandedOver), 1);
	assert_int_equal(ip4_defrag_held(), 1); /* in the ring */
	settle();
	assert_int_equal(ip4_defrag_held(), 1);
	piece(5, 32, 32, false);
	expect_reply(64);
	/* More than the ring holds: dropped and counted. */
	for (uint16_t i = 0; i < 1100; i++) {
		*(rte_be16_t *)(buf + 18) = rte_cpu_to_be_16(i);
		pkt_fix(buf);
		m = make_mbuf(buf, len);
		netif_rx_burst(workers[0], p0, &m, 1);
	}
	assert_int_equal(drops(DROP_IP4_REASM_MEMORY), 1100 - 1023);
	settle();
	(void)state;
}

static struct {
	unsigned int n, len;
} filtered;

static void
filter_gets(struct worker *w, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		filtered.n++;
		filtered.len = skb_len(vec->v[i]);
		assert_int_equal(ip_hdr(vec->v[i])->fragment_offset, 0);
	}
	kfree_vec_reason(w, vec, DROP_IP4_FRAG_FAILED);
}

/* Any stage may ask; users do not share fragments, and who only looks on sends no errors. */
static void
test_other_user(void **state)
{
	static uint8_t buf[2048];

	fill();
	role_enter_ctl();
	role_borrow_dp();
	ip4_defrag_user(IP_DEFRAG_FILTER, filter_gets);
	for (unsigned int i = 0; i < 3; i++) {
		struct pkt p = { .id = i == 2 ? 9 : 8,
				 .payload = 32,
				 .data = payload,
				 .frag = i == 1 ? 4 : IP4_MF };
		struct skb_vec one = { .n = 1 };
		uint32_t len = pkt_build(&p, buf);

		one.v[0] = skb_init(make_mbuf(buf, len), p0);
		counter_inc(dp(), &skb_counters, SKB_CNT_RX);
		one.v[0]->iif = (uint32_t)p0->ifindex;
		skb_pull(one.v[0], 14);
		skb_reset_network_header(one.v[0]);
		ip_defrag(dp(), &one, IP_DEFRAG_FILTER);
		assert_int_equal(filtered.n, i > 0);
	}
	assert_int_equal(filtered.len, 20 + 64);
	ip4_defrag_expire(dp(), UINT64_MAX);
	assert_int_equal(mib(&ip_mib, IP_ReasmTimeout), 1);
	assert_int_equal(n_frames, 0);
	(void)state;
}

/* The device goes while a fragment waits. */
static void
test_device_gone(void **state)
{
	make_echo(64);
	piece(1, 0, 32, true);
	piece(2, 0, 32, true);
	role_enter_ctl();
	unregister_netdevice(p0);
	settle();
	n_frames = 0;
	rx_pkt(&(struct pkt){ .dst = OUR1,
			      .proto = IPPROTO_ICMP,
			      .dev = p1,
			      .src = PEER1,
			      .id = 3,
			      .payload = 32,
			      .frag = IP4_MF },
	       true);
	ip4_defrag_expire(dp(), UINT64_MAX);
	settle();
	assert_int_equal(ip4_defrag_held(), 0);
	assert_int_equal(n_frames, 1); /* only to who can be reached */
	assert_int_equal(drops(DROP_IP4_REASM_TIMEOUT), 3);
	(void)state;
}

/* The largest there is: 65,507 bytes as ping sends them, back in fragments. */
static void
test_largest(void **state)
{
	uint32_t len = 65515, off;

	make_echo(len);
	for (off = 0; off < len; off += 1480)
		piece(1, off, RTE_MIN(1480u, len - off), off + 1480 < len);
	assert_int_equal(n_frames, (len + 1479) / 1480);
	assert_int_equal(mib(&ip_mib, IP_ReasmOKs), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutEchoReps), 1);
	assert_int_equal(ip4_defrag_held(), 0);
	for (unsigned int i = 1; i + 1 < n_frames; i++)
		assert_memory_equal(frames[i].bytes + 34, payload + i * 1480, 1480);
	(void)state;
}

/* The smallest pieces. */
static void
test_eights(void **state)
{
	make_echo(1472);
	for (uint32_t off = 0; off < 1472; off += 16)
		piece(1, off, 8, true);
	for (uint32_t off = 8; off < 1472; off += 16)
		piece(1, off, 8, off + 8 < 1472);
	expect_reply(1472);
	(void)state;
}

/* RFC 1122 3.3.2: told only when the first fragment is here. */
static void
test_timeout(void **state)
{
	uint64_t now = clock_ms();

	make_echo(1000);
	role_enter_ctl();
	/* An echo: errors may be sent about it. */
	piece(1, 0, 400, true);
	piece(2, 400, 400, true);
	ip4_defrag_expire(dp(), now + 29000);
	assert_int_equal(ip4_defrag_held(), 2);
	ip4_defrag_expire(dp(), now + 31000);
	assert_int_equal(ip4_defrag_held(), 0);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_TIME_EXCEEDED, ICMP4_EXC_FRAGTIME);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	assert_int_equal(mib(&ip_mib, IP_ReasmTimeout), 2);
	assert_int_equal(mib(&ip_mib, IP_ReasmFails), 2);
	assert_int_equal(drops(DROP_IP4_REASM_TIMEOUT), 2);
	(void)state;
}

/* A flood of first fragments stays within the limit, and another source's datagram still completes.
 */
static void
test_memory_limit(void **state)
{
	unsigned int datagrams;
	uint64_t bytes;

	role_enter_ctl();
	/* With one secret in 65,536 the flooder's neighbour would be held down with him. */
	shed_init(&ip4_defrag_tab[1].shed,
		  &(struct siphash_key){ { 0x1234567890abcdef, 0xfedcba0987654321 } });
	ip4_frag_conf.ipfrag_high_thresh = 200000;
	ip4_frag_conf.ipfrag_low_thresh = 150000;
	make_echo(64);
	for (uint16_t id = 0; id < 1000; id++) {
		uint64_t evicted = mib(&frag_mib, FRAG_Evicted);

		piece(id, 0, 32, true);
		ip4_defrag_usage(&bytes, &datagrams);
		if (mib(&frag_mib, FRAG_Evicted) != evicted) /* down to low, and one more */
			assert_true(bytes < 150000 + 5000);
		assert_true(bytes <= 200000);
	}
	assert_true(datagrams >= 50 && datagrams < 100);
	assert_true(drops(DROP_IP4_REASM_MEMORY) >= 900);
	assert_int_equal(mib(&frag_mib, FRAG_Evicted) + mib(&frag_mib, FRAG_Shed),
			 drops(DROP_IP4_REASM_MEMORY));
	assert_int_equal(n_frames, 0);
	for (unsigned int k = 0; k < 2; k++)
		rx_pkt(&(struct pkt){ .dst = OUR0,
				      .src = IP(192, 0, 2, 8),
				      .proto = IPPROTO_ICMP,
				      .id = 999,
				      .payload = 32,
				      .data = payload + k * 32,
				      .frag = k ? 4 : IP4_MF },
		       true);
	settle();
	assert_int_equal(mib(&ip_mib, IP_ReasmOKs), 1);
	ip4_frag_conf.ipfrag_high_thresh = 4 << 20;
	ip4_frag_conf.ipfrag_low_thresh = 3 << 20;
	(void)state;
}

/* RFC 3168 5.3. */
static void
test_ecn(void **state)
{
	static const uint8_t tos[][3] = {
		{ 0, 0, 0 }, { 2, 3, 3 }, { 1, 3, 3 }, { 3, 2, 3 }, { 0, 3, 0xff }
	};

	make_echo(64);
	for (unsigned int i = 0; i < RTE_DIM(tos); i++) {
		for (unsigned int k = 0; k < 2; k++)
			rx_pkt(&(struct pkt){ .dst = OUR0,
					      .proto = IPPROTO_ICMP,
					      .id = (uint16_t)i,
					      .tos = tos[i][k],
					      .data = payload + k * 32,
					      .payload = 32,
					      .frag = k ? 4 : IP4_MF },
			       true);
		settle();
		if (tos[i][2] == 0xff) {
			assert_int_equal(n_frames, 0);
			assert_int_equal(drops(DROP_IP4_REASM_BAD), 1); /* two in one buffer */
			continue;
		}
		assert_int_equal(frame_ip(&frames[0])->type_of_service, tos[i][2]);
		n_frames = 0;
	}
	(void)state;
}

/* Random cuts of random datagrams in random order, with copies: always whole, always the same. */
static void
test_random_cuts(void **state)
{
	uint32_t seed = 7;
#define RND(n) ((seed = seed * 1664525u + 1013904223u) >> 8) % (n)

	for (unsigned int round = 0; round < 200; round++) {
		uint32_t len = 16 + RND(1400), cut[64], n = 0, at = 0;

		make_echo(len);
		while (at < len && n < 63) {
			cut[n++] = at;
			at += 8 * (1 + RND(20));
		}
		cut[n] = len;
		if (n == 1)
			continue;
		for (uint32_t i = n; i > 1; i--) {
			/* order by swapping starts; ends are found again */
			uint32_t k = RND(i), t = cut[i - 1];

			cut[i - 1] = cut[k];
			cut[k] = t;
		}
		for (uint32_t i = 0; i < n; i++) {
			uint32_t end = len;

			for (uint32_t k = 0; k < n; k++)
				if (cut[k] > cut[i] && cut[k] < end)
					end = cut[k];
			assert_int_equal(n_frames, 0);
			piece((uint16_t)round, cut[i], end - cut[i], end < len);
			if (i + 1 < n && round % 3 == 0)
				piece((uint16_t)round, cut[i], end - cut[i], end < len);
		}
		expect_reply(len);
	}
	(void)state;
}

/* A port that takes frames in several segments: payload is shared, not copied. */
static int
setup_sg(void **state)
{
	int rc = fixture_setup(state);

	p0->features = p1->features = NETIF_F_SG;
	return rc;
}

/* Which way was taken: what a fragment costs in buffers tells. */
static void
test_zero_copy(void **state)
{
	struct rte_mempool *pool = dp()->pool;
	struct rte_mbuf *m;
	struct skb_vec out = { .n = 0 };
	static uint8_t buf[2048];
	const uint8_t *from;

	role_borrow_dp();
	fill();
	for (int sg = 0; sg < 2; sg++) {
		uint32_t len = pkt_build(&(struct pkt){ .payload = 1400, .data = payload }, buf);
		struct sk_buff *skb;

		p1->features = sg ? NETIF_F_SG : 0;
		m = make_mbuf(buf, len);
		counter_inc(dp(), &skb_counters, SKB_CNT_RX);
		skb = skb_init(m, p1);
		skb_pull(skb, 14);
		skb_reset_network_header(skb);
		skb->dst = ip4_lookup(0, FAR);
		from = skb_data(skb);
		ip_fragment(dp(), skb, 1000, neigh_output, &out);
		assert_int_equal(out.n, 2);
		for (unsigned int i = 0; i < 2; i++) {
			uint32_t hlen = 20, off = i * 976;
			const struct rte_mbuf *f = skb_mbuf(out.v[i]);

			assert_int_equal(f->nb_segs, sg ? 2 : 1);
			if (sg) /* the very bytes that came */
				assert_ptr_equal(rte_pktmbuf_mtod(f->next, uint8_t *),
						 from + hlen + off);
		}
		assert_int_equal(skb_mbuf(out.v[0]) == m, !sg);
		assert_int_equal(rte_mempool_in_use_count(pool), sg ? 5 : 2);
		kfree_vec_reason(dp(), &out, DROP_IP4_FRAG_FAILED);
	}
	(void)state;
}

/* A clone's bytes are another's too: it is not cut in place. */
static void
test_cut_a_clone(void **state)
{
	static uint8_t buf[2048];
	struct skb_vec out = { .n = 0 };
	struct sk_buff *skb, *clone;
	uint32_t len;

	role_borrow_dp();
	fill();
	len = pkt_build(&(struct pkt){ .payload = 1400, .data = payload }, buf);
	skb = skb_init(make_mbuf(buf, len), p1);
	counter_inc(dp(), &skb_counters, SKB_CNT_RX);
	clone = skb_clone(dp(), skb);
	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	skb->dst = ip4_lookup(0, FAR);
	ip_fragment(dp(), skb, 1000, neigh_output, &out);
	neigh_output(dp(), &out);
	assert_int_equal(n_frames, 2);
	assert_int_equal(skb_len(clone), len);
	assert_memory_equal(skb_data(clone), buf, len);
	consume_skb(dp(), clone);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
#define SG(f)                                                                                      \
	{                                                                                          \
#f "_sg", f, setup_sg, fixture_teardown, NULL                                      \
	}
	const struct CMUnitTest tests[] = {
		T(test_sizes),		 T(test_many),
		T(test_jumbo),		 T(test_refragment),
		T(test_copied_options),	 T(test_no_mbufs),
		T(test_orders),		 T(test_keys),
		T(test_duplicates),	 T(test_overlaps),
		T(test_bad_pieces),	 T(test_largest),
		T(test_eights),		 T(test_timeout),
		T(test_memory_limit),	 T(test_ecn),
		T(test_random_cuts),	 T(test_tiny),
		T(test_too_far),	 T(test_handed_over),
		T(test_other_user),	 T(test_device_gone),
		T(test_zero_copy),	 T(test_cut_a_clone),
		SG(test_sizes),		 SG(test_many),
		SG(test_jumbo),		 SG(test_refragment),
		SG(test_copied_options), SG(test_no_mbufs),
		SG(test_largest),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
