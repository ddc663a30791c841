/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams built piece by piece. */
#include "fixture.h"
#include "ip4/ip4_append_dp.h"
#include "ip4/ip4_exc.h"

static uint8_t text[66000];

/* A datagram of @p len bytes in pieces of @p piece, behind a transport header of @p head. */
static void
append(const struct ip_out *o, uint32_t head, uint32_t len, uint32_t piece, struct ip4_cork *c)
{
	role_borrow_dp();
	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + (i >> 8));
	assert_int_equal(ip_append_start(dp(), c, o, head), 0);
	for (uint32_t at = 0; at < len; at += piece)
		assert_int_equal(ip_append_data(dp(), c, text + at, RTE_MIN(piece, len - at)), 0);
	assert_int_equal(skb_len(c->skb), len);
}

/* What left is @p len bytes of text behind @p head zeros, in fragments of at most @p mtu. */
static void
check_text(uint32_t head, uint32_t len, uint32_t mtu)
{
	uint32_t off = 0;

	for (unsigned int i = 0; i < n_frames; i++) {
		struct rte_ipv4_hdr *iph = frame_ip(&frames[i]);
		uint32_t hlen = ip_hdrlen(iph), n = rte_be_to_cpu_16(iph->total_length) - hlen;
		uint16_t field = rte_be_to_cpu_16(iph->fragment_offset);
		uint32_t skip = i == 0 ? head : 0;

		assert_true(hlen + n <= mtu);
		assert_int_equal(rte_raw_cksum(iph, hlen), 0xffff);
		assert_int_equal((field & IP4_OFFMASK) * 8, off);
		assert_int_equal(!!(field & IP4_MF), i + 1 < n_frames);
		assert_int_equal(iph->packet_id, frame_ip(&frames[0])->packet_id);
		assert_memory_equal(frames[i].bytes + 14 + hlen + skip, text + off + skip - head,
				    n - skip);
		off += n;
	}
	assert_int_equal(off, head + len);
}

/* Buffers that stand for fragments get headers and nothing else: no more buffers than fragments. */
static void
test_append(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 1400, 1472, 1473, 1480, 2952, 2953, 30000, 65507 };
	static const uint32_t pieces[] = { 1, 100, 1480, 66000 };
	const struct ip_out o = { .daddr = FAR, .proto = 17 };
	struct ip4_cork c;

	role_borrow_dp();
	for (unsigned int i = 0; i < RTE_DIM(sizes) * RTE_DIM(pieces); i++) {
		uint32_t len = sizes[i / RTE_DIM(pieces)], n = (len + 8 + 1479) / 1480;
		uint64_t made = mib(&ip_mib, IP_FragCreates);

		append(&o, 8, len, pieces[i % RTE_DIM(pieces)], &c);
		memset(skb_push(c.skb, 8), 0, 8);
		assert_int_equal(skb_mbuf(c.skb)->nb_segs, n);
		n_frames = 0;
		assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
		assert_null(c.skb);
		settle();
		assert_int_equal(n_frames, n);
		assert_int_equal(mib(&ip_mib, IP_FragCreates) - made, n > 1 ? n : 0);
		check_text(8, len, 1500);
	}
	(void)state;
}

/* The buffers themselves leave, not copies: seen by their number. */
static void
test_append_copies_nothing(void **state)
{
	const struct ip_out o = { .daddr = FAR, .proto = 17 };
	struct rte_mbuf *all[4096];
	struct ip4_cork c;
	unsigned int n = 0;

	role_borrow_dp();
	append(&o, 0, 20000, 20000, &c);
	while ((all[n] = rte_pktmbuf_alloc(dp()->pool)) != NULL)
		n++; /* none is left */
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	while (n > 0)
		rte_pktmbuf_free(all[--n]);
	settle();
	assert_int_equal(n_frames, 14);
	check_text(0, 20000, 1500);
	(void)state;
}

/* What is bound to a device is cut for its MTU, wherever routes would send it. */
static void
test_append_bound(void **state)
{
	struct ip_out o = { .saddr = OUR1, .daddr = FAR, .proto = 17 };
	struct ip4_cork c;

	role_enter_ctl();
	assert_int_equal(dev_set_mtu(p2, 1000), 0);
	role_borrow_dp();
	append(&o, 0, 2900, 100, &c);
	assert_int_equal(skb_mbuf(c.skb)->nb_segs, 2); /* by the route */
	ip_flush_pending_frames(dp(), &c);
	o.way = ip4_lookup_tos(0, IP(10, 1, 0, 9), 0);
	assert_ptr_equal(o.way->dev, p2);
	append(&o, 0, 2900, 100, &c);
	assert_int_equal(skb_mbuf(c.skb)->nb_segs, 3); /* of 976 */
	n_frames = 0;
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	assert_ptr_equal(frames[0].dev, p2);
	check_text(0, 2900, 1000);
	(void)state;
}

/* Options, a path MTU, an MTU that changed meanwhile, one larger than a buffer: always right. */
static void
test_append_other_sizes(void **state)
{
	static const uint8_t opt[] = { 148, 4, 0, 0, 0x1e, 3, 9, 1 };
	struct ip_out o = { .daddr = FAR, .proto = 17, .optlen = sizeof(opt), .opt = opt };
	struct ip4_cork c;

	role_borrow_dp();
	append(&o, 0, 3 * 1472 + 1, 77, &c);
	assert_int_equal(skb_mbuf(c.skb)->nb_segs, 4);
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	check_text(0, 3 * 1472 + 1, 1500);
	assert_int_equal(frames[0].bytes[38], 0x1e);
	assert_int_equal(frames[1].bytes[38], 1); /* not copied: no operation */
	o.optlen = 0;
	for (unsigned int i = 0; i < 3; i++) {
		if (i == 0)
			pmtu_told(FAR, 1000, adj_now_s);
		append(&o, 0, 5870, 77, &c);
		if (i == 0)
			assert_int_equal(skb_mbuf(c.skb)->nb_segs, 7); /* of 976 */
		if (i == 1)
			pmtu_told(FAR, 800, adj_now_s);
		n_frames = 0;
		assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
		check_text(0, 5870, i == 0 ? 1000 : 800);
	}
	exceptions_forget();
	role_enter_ctl();
	p1->ctl->max_mtu = 9000;
	assert_int_equal(dev_set_mtu(p1, 9000), 0);
	append(&o, 0, 20000, 999, &c);
	assert_int_equal(skb_mbuf(c.skb)->nb_segs, 11); /* each fragment begins in one of its own */
	n_frames = 0;
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	assert_int_equal(n_frames, 3);
	(void)state;
}

/* A chain that only looks as if it were cut is cut all the same. */
static void
test_append_not_quite(void **state)
{
	const struct ip_out o = { .daddr = FAR, .proto = 17 };
	struct rte_mbuf *seg;
	struct ip4_cork c;

	role_borrow_dp();
	append(&o, 0, 5000, 5000, &c);
	seg = skb_mbuf(c.skb)->next;
	rte_mbuf_refcnt_update(seg, 1); /* somebody else reads it */
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	check_text(0, 5000, 1500);
	assert_int_equal(seg->data_len, 1480);
	rte_pktmbuf_free_seg(seg);

	append(&o, 0, 5000, 5000, &c);
	seg = skb_mbuf(c.skb)->next;
	memmove((uint8_t *)seg->buf_addr + 10, rte_pktmbuf_mtod(seg, void *), 1480);
	seg->data_off = 10; /* no room for a header */
	n_frames = 0;
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	check_text(0, 5000, 1500);

	append(&o, 0, 5000, 5000, &c);
	seg = skb_mbuf(c.skb)->next;
	seg->data_len = 1000; /* no multiple of 8 would fit */
	skb_mbuf(c.skb)->pkt_len -= 480;
	n_frames = 0;
	assert_int_equal(ip_push_pending_frames(dp(), &c, &o), 0);
	assert_int_equal(n_frames, 4);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(frames[i].len, 14 + 1500);
	(void)state;
}

static void
test_append_limits(void **state)
{
	static const uint8_t opt[] = { 148, 4, 0, 0 };
	const struct ip_out with = { .daddr = FAR, .proto = 17, .optlen = sizeof(opt), .opt = opt };
	const struct ip_out o = { .daddr = FAR, .proto = 17 };
	struct rte_mbuf *all[4096];
	struct ip4_cork c;
	unsigned int n = 0;

	role_borrow_dp();
	append(&o, 8, 65507, 65507, &c);
	assert_int_equal(ip_append_data(dp(), &c, text, 1), -EMSGSIZE);
	ip_flush_pending_frames(dp(), &c);
	assert_null(c.skb);
	append(&with, 8, 65507 - sizeof(opt), 65507, &c);
	assert_int_equal(ip_append_data(dp(), &c, text, 1), -EMSGSIZE);
	ip_flush_pending_frames(dp(), &c);
	assert_int_equal(ip_append_start(dp(), &c, &o, 8), 0);
	while ((all[n] = rte_pktmbuf_alloc(dp()->pool)) != NULL)
		n++;
	assert_int_equal(ip_append_data(dp(), &c, text, 3000), -ENOBUFS);
	ip_flush_pending_frames(dp(), &c);
	while (n > 0)
		rte_pktmbuf_free(all[--n]);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_append),		  T(test_append_copies_nothing),
		T(test_append_bound),	  T(test_append_other_sizes),
		T(test_append_not_quite), T(test_append_limits),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
