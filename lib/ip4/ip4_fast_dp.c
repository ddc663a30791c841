/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef __SSE4_1__
#include <smmintrin.h>
#endif
#include "ip4/ip4_priv.h"

/**
 * The fast lane. A burst goes through separate loops (classify, look up, test, rewrite): the
 * compiler keeps each loop's state in registers and the processor overlaps their cache misses;
 * one long loop per packet measured 30 % slower. What the loops say of a packet stands in plain
 * arrays on the stack. Nothing is written to a packet before all of the burst's tests are over,
 * so a packet that is left to the general lane is as it came.
 */
#define FAST_BURST 32 /* a mask has a bit for each; larger bursts measured no better */
#define MAC_MASK   UINT64_C(0x0001ffffffffffff) /* destination, and the source's group bit */

struct fast {
	uint32_t n;
	uint32_t ecn; /* OR of the type of service octets */
	uint64_t octets_in, octets_out;
	uint8_t *l3[FAST_BURST];
	uint32_t src[FAST_BURST];  /* wire order */
	uint32_t dst[FAST_BURST];  /* host order */
	uint32_t len[FAST_BURST];  /* bytes of IP */
	uint32_t word[FAST_BURST]; /* TTL, protocol, checksum as they stand on the wire */
	uint32_t idx[FAST_BURST];
	const struct adj *adj[FAST_BURST];
	struct rte_mbuf *m[FAST_BURST]; /* the good ones, when not all are, */
	uint8_t pos[FAST_BURST];	/* and where in the burst they stood */
};

#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One's complement sum of the 20 bytes of a header, folded (RFC 1071). */
static inline uint32_t
header_sum(uint64_t a, uint64_t b, uint32_t c)
{
	uint64_t s = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;

	s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	return (uint32_t)((s & 0xffff) + (s >> 16));
}

/* rearm_data: data_off, refcnt, nb_segs, port. One load tests "one segment, not shared". */
#define REARM	   offsetof(struct rte_mbuf, data_off)
#define REARM_MASK UINT64_C(0x0000ffffffff0000)
#define REARM_GOOD UINT64_C(0x0000000100010000)
_Static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, data_off) + 2 &&
		       offsetof(struct rte_mbuf, nb_segs) ==
			       offsetof(struct rte_mbuf, data_off) + 4,
	       "layout of rearm_data");

/* Stage 1, one packet: every test of the header that needs no table. Returns 0 when it passes.
 * Reads 34 bytes of the buffer whatever the frame's length: they are there, and the length is
 * tested. */
static __rte_noinline uint32_t
classify_one(struct fast *f, const struct rte_mbuf *m, uint32_t i, uint64_t mac)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint64_t bad, eth = load64(p), a = load64(p + 14), b = load64(p + 22);
	uint32_t c = load32(p + 30), word = (uint32_t)b, src = (uint32_t)(b >> 32);
	uint32_t total = rte_bswap16((uint16_t)(a >> 16)), room = m->pkt_len - 14;
	uint32_t check = (word >> 16) + 1; /* RFC 1624: + htons(0x0100) */

	/* to us, from a single station's address */
	bad = (eth ^ mac) & MAC_MASK;
	bad |= ((eth >> 48) | load32(p + 8)) == 0;
	/* ethertype 0x0800, version 4, header of 20 bytes */
	bad |= (load32(p + 12) ^ 0x00450008u) & 0x00ffffffu;
	bad |= (load64((const uint8_t *)m + REARM) ^ REARM_GOOD) & REARM_MASK;
	bad |= m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
	bad |= m->data_off < ADJ_HDR_MAX;
	bad |= (m->pkt_len < 34) | (total < 20) | (total > room);
	bad |= header_sum(a, b, c) ^ 0xffff;
	bad |= (word & 0xff) <= 1;
	bad |= !ip4_is_host_class(rte_bswap32(src));
	bad |= ip4_maybe_own(src);

	f->l3[i] = (uint8_t *)(uintptr_t)p + 14;
	f->src[i] = src;
	f->dst[i] = rte_bswap32(c);
	f->len[i] = total;
	f->word[i] = ((word - 1) & 0xffff) | (check + (check >= 0xffff)) << 16;
	rte_prefetch0(&fib_main_dp.tbl24[f->dst[i] >> 8]);
	return bad != 0;
}

#ifdef __SSE4_1__
/* Four packets as columns: v[k] holds the k-th 32-bit word of each. */
static inline void
transpose(__m128i v[4])
{
	__m128i a = _mm_unpacklo_epi32(v[0], v[1]), b = _mm_unpacklo_epi32(v[2], v[3]);
	__m128i c = _mm_unpackhi_epi32(v[0], v[1]), d = _mm_unpackhi_epi32(v[2], v[3]);

	v[0] = _mm_unpacklo_epi64(a, b);
	v[1] = _mm_unpackhi_epi64(a, b);
	v[2] = _mm_unpacklo_epi64(c, d);
	v[3] = _mm_unpackhi_epi64(c, d);
}

/* Both halves of each 32-bit word, added. */
static inline __m128i
halves(__m128i v)
{
	return _mm_add_epi32(_mm_and_si128(v, _mm_set1_epi32(0xffff)), _mm_srli_epi32(v, 16));
}

/* What is wrong with the headers of four, one column each; 0: nothing. @p x: words from the third
 * byte of the frame on, @p y: those from the IP identification on, @p len and @p src as numbers. */
static inline __m128i
four_headers(const __m128i x[4], const __m128i y[4], __m128i len, __m128i pkt_len, __m128i src)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i bad, sum, ttl = _mm_and_si128(y[1], _mm_set1_epi32(0xff));
	__m128i rel = _mm_sub_epi32(src, _mm_set1_epi32(0x01000000));

	/* ethertype, version and header length */
	bad = _mm_xor_si128(_mm_srli_epi32(x[2], 16), _mm_set1_epi32(0x0008));
	bad = _mm_or_si128(bad, _mm_and_si128(_mm_xor_si128(x[3], _mm_set1_epi32(0x45)),
					      _mm_set1_epi32(0xff)));
	/* a source address of zeros */
	bad = _mm_or_si128(bad,
			   _mm_cmpeq_epi32(_mm_or_si128(x[1], _mm_slli_epi32(x[2], 16)), zero));
	/* checksum */
	sum = _mm_add_epi32(_mm_add_epi32(halves(x[3]), halves(y[0])),
			    _mm_add_epi32(_mm_add_epi32(halves(y[1]), halves(y[2])), halves(y[3])));
	sum = halves(halves(sum));
	bad = _mm_or_si128(bad, _mm_xor_si128(sum, _mm_set1_epi32(0xffff)));
	/* A difference below zero is bad: length - 20, frame - 14 - length, TTL - 2. */
	sum = _mm_or_si128(_mm_sub_epi32(len, _mm_set1_epi32(20)),
			   _mm_sub_epi32(_mm_sub_epi32(pkt_len, _mm_set1_epi32(14)), len));
	sum = _mm_or_si128(sum, _mm_sub_epi32(ttl, _mm_set1_epi32(2)));
	bad = _mm_or_si128(bad, _mm_srli_epi32(sum, 31));
	/* source: 1.0.0.0 to 223.255.255.255 without 127/8 */
	bad = _mm_or_si128(bad,
			   _mm_xor_si128(_mm_min_epu32(rel, _mm_set1_epi32((int)0xdeffffff)), rel));
	return _mm_or_si128(bad, _mm_cmpeq_epi32(_mm_srli_epi32(src, 24), _mm_set1_epi32(127)));
}

/* What is wrong with the mbuf itself: refcnt and nb_segs are not 1, indirect, headroom. */
static inline __m128i
mbuf_state(const struct rte_mbuf *m)
{
	const __m128i good = _mm_set_epi64x(0, REARM_GOOD), room = _mm_set_epi64x(0, ADJ_HDR_MAX);
	const __m128i mask = _mm_set_epi64x(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL, REARM_MASK);
	__m128i v = _mm_loadu_si128((const __m128i *)((const uint8_t *)m + REARM));

	return _mm_or_si128(_mm_and_si128(_mm_xor_si128(v, good), mask), _mm_subs_epu16(room, v));
}

/* As classify_one() for four. Not 0: at least one of them is bad, and the arrays say nothing. */
static inline uint64_t
classify_four(struct fast *f, struct rte_mbuf **m, uint32_t i, uint64_t mac)
{
	const __m128i swap32 = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
	const __m128i swap_len =
		_mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3);
	__m128i x[4], y[4], bad = _mm_setzero_si128(), pkt_len, len, src, check;
	uint64_t eth = 0, own = 0;

	for (uint32_t k = 0; k < 4; k++) {
		const uint8_t *p = rte_pktmbuf_mtod(m[k], const uint8_t *);

		f->l3[i + k] = (uint8_t *)(uintptr_t)p + 14;
		eth |= load64(p) ^ mac;
		x[k] = _mm_loadu_si128((const __m128i *)(p + 2));
		y[k] = _mm_loadu_si128((const __m128i *)(p + 18));
		bad = _mm_or_si128(bad, mbuf_state(m[k]));
	}
	pkt_len = _mm_set_epi32((int)m[3]->pkt_len, (int)m[2]->pkt_len, (int)m[1]->pkt_len,
				(int)m[0]->pkt_len);
	transpose(x);
	transpose(y);
	len = _mm_shuffle_epi8(x[3], swap_len);
	src = _mm_shuffle_epi8(y[2], swap32);
	bad = _mm_or_si128(bad, four_headers(x, y, len, pkt_len, src));
	_mm_storeu_si128((__m128i *)&f->src[i], y[2]);
	_mm_storeu_si128((__m128i *)&f->dst[i], _mm_shuffle_epi8(y[3], swap32));
	_mm_storeu_si128((__m128i *)&f->len[i], len);
	/* TTL - 1 and its checksum, RFC 1624 as in ip_decrease_ttl(). */
	check = _mm_add_epi32(_mm_srli_epi32(y[1], 16), _mm_set1_epi32(1));
	check = _mm_sub_epi32(check, _mm_cmpgt_epi32(check, _mm_set1_epi32(0xfffe)));
	y[1] = _mm_and_si128(_mm_sub_epi32(y[1], _mm_set1_epi32(1)), _mm_set1_epi32(0xffff));
	_mm_storeu_si128((__m128i *)&f->word[i], _mm_or_si128(y[1], _mm_slli_epi32(check, 16)));
	for (uint32_t k = 0; k < 4; k++) {
		rte_prefetch0(&fib_main_dp.tbl24[f->dst[i + k] >> 8]);
		own |= ip4_maybe_own(f->src[i + k]);
	}
	return (eth & MAC_MASK) | own | !_mm_testz_si128(bad, bad);
}
#endif

/* Stage 1. @return mask of the suspects. */
static inline uint32_t
classify(struct fast *f, struct rte_mbuf **pkts, uint32_t n, uint64_t mac)
{
	uint32_t suspects = 0, i = 0;

#ifdef __SSE4_1__
	for (; i + 4 <= n; i += 4) {
		if (likely(classify_four(f, pkts + i, i, mac) == 0))
			continue;
		for (uint32_t k = i; k < i + 4; k++)
			suspects |= classify_one(f, pkts[k], k, mac) << k;
	}
#endif
	for (; i < n; i++)
		suspects |= classify_one(f, pkts[i], i, mac) << i;
	return suspects;
}

/* Take the suspects out of the burst's arrays; order is kept. Adds to @p gone, a mask by position
 * in the burst as it came. */
static __rte_noinline uint32_t
weed(struct fast *f, struct rte_mbuf **m, uint32_t suspects, uint32_t gone)
{
	bool first = gone == 0;
	uint32_t good = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		uint8_t pos = first ? (uint8_t)i : f->pos[i];

		if (suspects >> i & 1) {
			gone |= 1u << pos;
			continue;
		}
		f->pos[good] = pos;
		f->m[good] = m[i];
		f->l3[good] = f->l3[i];
		f->src[good] = f->src[i];
		f->dst[good] = f->dst[i];
		f->len[good] = f->len[i];
		f->word[good] = f->word[i];
		f->adj[good] = f->adj[i];
		good++;
	}
	f->n = good;
	return gone;
}

/* A group has MTU 0 as everything but a rewrite: choose its member and look again. */
static __rte_noinline uint32_t
resolve_groups(struct fast *f, uint32_t suspects, const struct net_device *turn)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (!(suspects >> i & 1) || f->adj[i]->type != ADJ_GROUP)
			continue;
		f->adj[i] = adj_resolve_group(
			f->adj[i], ip4_flow_hash(f->src[i], rte_cpu_to_be_32(f->dst[i])));
		if (f->adj[i]->mtu >= f->len[i] && f->adj[i]->dev != turn)
			suspects &= ~(1u << i);
	}
	return suspects;
}

/* Stage 2: look up, and test what the adjacency says. @p turn: a device whose packets may not turn
 * round here, since the sender wants an ICMP redirect; NULL when none are sent. */
static inline uint32_t
look_up(struct fast *f, const struct net_device *turn)
{
	uint32_t n = f->n, suspects = 0, ext = 0;

	/* Stage 1 has asked for the first level; the second is rare enough for the long way. */
	for (uint32_t i = 0; i < n; i++) {
		f->idx[i] = __atomic_load_n(&fib_main_dp.tbl24[f->dst[i] >> 8], __ATOMIC_RELAXED);
		ext |= f->idx[i];
	}
	if (ext & FIB_EXT)
		fib_lookup_bulk(&fib_main_dp, f->dst, f->idx, n);
	for (uint32_t i = 0; i < n; i++) {
		f->adj[i] = adj_get(f->idx[i]);
		rte_prefetch0(f->adj[i]);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct adj *a = f->adj[i];

		suspects |= (uint32_t)((a->mtu < f->len[i]) | (a->dev == turn)) << i;
	}
	if (unlikely(suspects != 0))
		suspects = resolve_groups(f, suspects, turn);
	return suspects;
}

/* The rare parts of a rewrite: a link header of another length, link padding, a VLAN device. */
static __rte_noinline void
rewrite_odd(struct worker *w, struct rte_mbuf *m, const struct adj *a, uint8_t *l3,
	    uint32_t len) DP_ONLY
{
	if (a->hdr_len > 16) /* the 16-byte store left these out */
		memcpy(l3 - ADJ_HDR_MAX, a->hdr, ADJ_HDR_MAX - 16);
	m->data_off = (uint16_t)(l3 - a->hdr_len - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)(len + a->hdr_len);
	m->pkt_len = len + a->hdr_len;
	/* VLAN devices on top of the port count too, each the frame without the tags below it. */
	len += RTE_ETHER_HDR_LEN;
	for (struct net_device *dev = a->dev; dev != a->lower; dev = dev->real_dev) {
		struct netdev_stats *st = netdev_stats(w, dev);

		st->tx_packets++;
		st->tx_bytes += len;
		len += RTE_VLAN_HLEN;
	}
}

/* Stage 3: the new header by one 16-byte store, TTL and checksum by one 4-byte store.
 * @return not 0 when the burst leaves by more than one port. */
static inline uintptr_t
rewrite(struct worker *w, struct fast *f, struct rte_mbuf **m) DP_ONLY
{
	const struct net_device *lower = f->adj[0]->lower;
	const struct adj *last = NULL;
	uint32_t n = f->n;
	uint64_t in = 0, out = 0;
	uintptr_t ports = 0;

	f->ecn = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct adj *a = f->adj[i];
		uint8_t *l3 = f->l3[i];
		uint32_t len = f->len[i];

		in += m[i]->pkt_len;
		out += len;
		f->ecn |= l3[1];
		memcpy(l3 - 16, a->hdr + ADJ_HDR_MAX - 16, 16);
		memcpy(l3 + 8, &f->word[i], 4);
		if (unlikely(a->hdr_len != RTE_ETHER_HDR_LEN ||
			     m[i]->pkt_len != len + RTE_ETHER_HDR_LEN || a->dev != a->lower))
			rewrite_odd(w, m[i], a, l3, len);
		ports |= (uintptr_t)a->lower ^ (uintptr_t)lower;
		if (a != last)
			adj_touch(a);
		last = a;
	}
	f->octets_in = in - n * (uint64_t)RTE_ETHER_HDR_LEN;
	f->octets_out = out;
	return ports;
}

/* Several ports: a call for each, order within a port kept. */
static __rte_noinline void
send_mixed(struct worker *w, const struct fast *f, struct rte_mbuf **m) DP_ONLY
{
	uint32_t todo = f->n < 32 ? (1u << f->n) - 1 : UINT32_MAX;

	while (todo != 0) {
		struct net_device *lower = f->adj[__builtin_ctz(todo)]->lower;
		struct rte_mbuf *out[FAST_BURST];
		uint16_t n = 0;

		for (uint32_t i = 0; i < f->n; i++) {
			if (!(todo >> i & 1) || f->adj[i]->lower != lower)
				continue;
			out[n++] = m[i];
			todo &= ~(1u << i);
		}
		dev_direct_xmit(w, lower, out, n);
	}
}

static void
count(struct worker *w, const struct fast *f) DP_ONLY
{
	ROUTE_ADD_STATS(w, in_fast, f->n);
	IP_ADD_STATS(w, InReceives, f->n);
	IP_ADD_STATS(w, ForwDatagrams, f->n);
	IPEXT_ADD_STATS(w, InOctets, f->octets_in);
	IPEXT_ADD_STATS(w, OutOctets, f->octets_out);
	if (likely((f->ecn & 3) == 0)) {
		IPEXT_ADD_STATS(w, InNoECTPkts, f->n);
		return;
	}
	for (uint32_t i = 0; i < f->n; i++)
		ip4_count_ecn(w, f->l3[i][1]);
}

/* One burst of at most FAST_BURST at @p from. @return mask of those that are left there. */
static inline uint32_t
fast_burst(struct worker *w, struct rte_mbuf **from, uint32_t n, uint64_t mac,
	   const struct net_device *turn) DP_ONLY
{
	struct rte_mbuf **m = from;
	struct fast f;
	uint32_t suspects, gone = 0;
	uintptr_t ports;

	f.n = n;
	suspects = classify(&f, from, n, mac);
	if (unlikely(suspects != 0)) {
		gone = weed(&f, m, suspects, gone);
		m = f.m;
		if (f.n == 0)
			return gone;
	}
	suspects = look_up(&f, turn);
	if (unlikely(suspects != 0)) {
		gone = weed(&f, m, suspects, gone);
		m = f.m;
		if (f.n == 0)
			return gone;
	}
	ports = rewrite(w, &f, m);
	count(w, &f); /* before the frames are another's */
	if (likely(ports == 0))
		dev_direct_xmit(w, f.adj[0]->lower, m, (uint16_t)f.n);
	else
		send_mixed(w, &f, m);
	return gone;
}

uint16_t
ip4_fast_rx(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);
	uint64_t mac = __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED);
	const struct net_device *turn;
	uint32_t left = 0;
	enum stage from;

	/* Tests that hold for the whole burst. */
	if (unlikely(in_dev == NULL || !IN_DEV_CONF(in_dev, forwarding) ||
		     IN_DEV_MAXCONF(in_dev, rp_filter) != 0 || (dev->flags & IFF_LOOPBACK)))
		return n;
	from = stage_enter(w, STAGE_IP4_FAST, n);
	turn = IN_DEV_ORCONF(in_dev, send_redirects) ? dev : NULL;
	for (uint32_t at = 0; at < n; at += FAST_BURST) {
		struct rte_mbuf **some = pkts + at;
		uint32_t gone =
			fast_burst(w, some, RTE_MIN(n - at, (uint32_t)FAST_BURST), mac, turn);

		for (; gone != 0; gone &= gone - 1)
			pkts[left++] = some[__builtin_ctz(gone)];
	}
	stage_leave(w, from);
	return (uint16_t)left;
}

#else /* the loads above are little-endian: elsewhere the general lane does it all */

uint16_t
ip4_fast_rx(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	return n;
}

#endif
