/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast lane: plain IPv4 unicast that is forwarded. A burst goes through separate loops, in the
 * order of this file:
 *
 *   classify   every test of a header that needs no table, FAST_LANES packets at a time
 *   sources    reverse path, where rp_filter asks for it
 *   look_up    route, adjacency, MTU; whom the worker has no time for (ip4_refuse_dp.c)
 *   ask_hooks  the packet filter, when it has rules
 *   rewrite    link header, TTL, checksum
 *   send
 *
 * Separate loops keep their state in registers and let the processor overlap their cache misses.
 * What they say of a packet stands in plain arrays on the stack. Whatever is unusual is found in
 * good packets' time by OR-ing what must be zero; only then somebody asks which packet it was. No
 * packet is written to before all tests of the burst are over, so one that is left to the general
 * lane is as it came.
 *
 * This file is compiled once for each width: FAST_LANES is 1, 4 or 8, IP4_FAST_RX its name.
 */
#include "ip4/ip4_cache_dp.h"
#include "ip4/ip4_fast_adj_dp.h"
#include "ip4/ip4_fast_count_dp.h"
#include "ip4/ip4_fast_dp.h"
#include "ip4/ip4_fast_hash_dp.h"
#include "skb/skb_realm_dp.h"

_Static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "so are the loads");
#define TAGGED (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/* --- classify --- */

#define DST_MASK UINT64_C(0x0000ffffffffffff) /* destination MAC in the first 8 bytes */
#define SRC_BIT	 UINT64_C(0x0001000000000000) /* group bit of the source behind it */

/* Is the source an address of ours, or of all of us? The filter has said perhaps; rules are the
 * general lane's to ask. */
static __rte_noinline bool
source_is_own(const struct fast *f, rte_be32_t src)
{
	const struct adj *a = adj_get(fib_lookup(&fib_main_dp, rte_be_to_cpu_32(src)));

	return f->rules != NULL || a->type == ADJ_LOCAL || a->type == ADJ_BROADCAST ||
	       a->type == ADJ_MULTICAST || a->type == ADJ_MARTIAN;
}

/* One packet. Returns 0 when it passes. Reads 34 bytes and a tag of the buffer whatever the frame's
 * length: they are there, and the length is tested. */
static __rte_noinline uint32_t
classify_one(struct fast *f, const struct rte_mbuf *m, uint32_t i)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *), *l3 = p + f->l2;
	uint64_t bad, a = load64(l3), b = load64(l3 + 8), rearm = load64(REARM(m));
	uint32_t word = (uint32_t)b, src = (uint32_t)(b >> 32), dst = load32(l3 + 16);
	uint32_t total = rte_bswap16((uint16_t)(a >> 16)), room = m->pkt_len - f->l2;
	uint32_t check = (word >> 16) + 1; /* RFC 1624: + htons(0x0100) */

	/* to us, from a single station's address */
	bad = (load64(p) ^ f->mac) & (DST_MASK | SRC_BIT);
	bad |= (load64(p + 4) >> 16) == 0;
	/* ethertype 0x0800, version 4, header of 20 bytes */
	bad |= (load32(l3 - 2) ^ 0x00450008u) & 0x00ffffffu;
	bad |= (rearm ^ REARM_GOOD) & REARM_MASK;
	bad |= m->ol_flags & BAD_FLAGS;
	bad |= (m->pkt_len < f->l2 + 20) | (total < 20) | (total > room);
	bad |= header_sum(a, b, dst) ^ 0xffff;
	bad |= (word & 0xff) <= 1;
	bad |= !ip4_is_host_class(rte_bswap32(src));
	if (ip4_maybe_own(f->own, src))
		bad |= source_is_own(f, src);

	f->l3[i] = (uint8_t *)(uintptr_t)l3;
	f->slot[i] = rte_bswap32(dst) >> 8;
	f->len[i] = total;
	f->frame[i] = m->pkt_len;
	f->word[i] = ((word - 1) & 0xffff) | (check + (check >= 0xffff)) << 16;
	f->padded |= room ^ total;
	f->ecn |= (uint32_t)(a >> 8);
	f->longest = RTE_MAX(f->longest, total);
	return bad != 0;
}

#if FAST_LANES > 1
/* What some packets have in common: bits that any of them has, and bits that all have. */
struct group_sum {
	vec bad;		  /* not 0: something is wrong with a header */
	vec padded, ecn, longest; /* see struct fast */
	row mbuf_any;		  /* data_off, refcnt, nb_segs, port; ol_flags */
	row link_any, link_all;	  /* the frame's first 16 bytes */
	uint8_t own;		  /* a source that may be ours */
};
#define GROUP_SUM_OF_NONE                                                                          \
	{                                                                                          \
		.link_all = ~(row)                                                                 \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/* Is one of them bad? */
static inline bool
has_suspects(const struct fast *f, const struct group_sum *s)
{
	uint64_t rearm = half(s->mbuf_any, 0), flags = half(s->mbuf_any, 1);
	uint64_t any_mac = half(s->link_any, 0), all_mac = half(s->link_all, 0);

	/* What any has and all have is the same in each. */
	return (((any_mac ^ f->mac) & (DST_MASK | SRC_BIT)) | ((all_mac ^ f->mac) & DST_MASK) |
		((rearm ^ REARM_GOOD) & REARM_MASK) | (flags & BAD_FLAGS) | s->own) != 0 ||
	       any(s->bad);
}

/* As classify_one() for a group. */
static __rte_always_inline void
classify_group(struct fast *f, struct rte_mbuf **m, uint32_t i, struct group_sum *s)
{
	vec x[4], y[4], frame, below, len, dst, hash, word, high, sum, net;
	const uint32_t l2 = f->l2, *slot = &f->slot[i];
	const struct ip4_own *own = f->own;
	uint8_t **l3 = &f->l3[i];

	UNROLL
	for (uint32_t k = 0; k < FAST_LANES; k++) {
		const struct rte_mbuf *mk = m[k];
		uint8_t *p = rte_pktmbuf_mtod(mk, uint8_t *);
		row link = load_row(p);

		s->mbuf_any |= load_row(REARM(mk));
		s->link_any |= link;
		s->link_all &= link;
		frame[k] = mk->pkt_len;
		l3[k] = p + l2;
	}
	load_columns(x, l3, -12); /* link header's end, version to length */
	load_columns(y, l3, 4);	  /* identification to destination */
	len = swap32(x[3]) & 0xffff;
	dst = swap32(y[3]);
	/* ethertype, version and header length */
	s->bad |= ((x[2] >> 16) ^ 0x0008) | ((x[3] & 0xff) ^ 0x45);
	/* a source MAC of zeros */
	if (unlikely(l2 != RTE_ETHER_HDR_LEN))
		x[2] = x[1], x[1] = x[0];
	s->bad |= (vec)((x[1] | x[2] << 16) == 0);
	/* Checksum: the upper halves, and what is left of the words' sum without them. One fold is
	 * enough: 0xffff is what it gives for minus zero and nothing else, since five words make
	 * less than 0xa0000 and a header is not all zeros. */
	high = (x[3] >> 16) + (y[0] >> 16) + (y[1] >> 16) + (y[2] >> 16) + (y[3] >> 16);
	sum = high + (x[3] + y[0] + y[1] + y[2] + y[3] - (high << 16));
	s->bad |= ((sum & 0xffff) + (sum >> 16)) ^ 0xffff;
	/* A difference below zero is bad: length - 20, frame - link header - length, TTL - 2. */
	below = frame - l2 - len;
	s->padded |= below;
	below |= (len - 20) | ((y[1] & 0xff) - 2);
	s->bad |= below & 0x80000000;
	/* source: 1.0.0.0 to 223.255.255.255 without 127/8 */
	net = y[2] & 0xff;
	s->bad |= above(net, 223) | (vec)(net == 127) | (vec)(net == 0);
	/* TTL - 1 and its checksum, RFC 1624 as in ip_decrease_ttl(): + 0x10000 - 1 with the carry
	 * brought round. */
	word = y[1] + 0xffff + ((vec)(y[1] >= 0xfffe0000) & 0x10000);
	s->ecn |= x[3] >> 8;
	s->longest = larger(s->longest, len);
	dst >>= 8;
	memcpy(&f->slot[i], &dst, sizeof(dst));
	memcpy(&f->len[i], &len, sizeof(len));
	memcpy(&f->frame[i], &frame, sizeof(frame));
	memcpy(&f->word[i], &word, sizeof(word));
	hash = y[2] * IP4_HASH_MULT >> own->shift;
	UNROLL
	for (uint32_t k = 0; k < FAST_LANES; k++) {
		__builtin_prefetch(&fib_main_dp.tbl24[slot[k]]);
		s->own |= own->hit[hash[k]];
	}
}

/* The next group after @p i. The last ones go together with some that went before: it comes to the
 * same. */
static inline uint32_t
next_group(uint32_t i, uint32_t n)
{
	i += FAST_LANES;
	return i < n && i + FAST_LANES > n ? n - FAST_LANES : i;
}

/* Somebody is bad: find the groups, and in these the packets. */
static __rte_noinline uint32_t
find_suspects(struct fast *f, struct rte_mbuf **pkts)
{
	uint32_t suspects = 0;

	for (uint32_t i = 0; i + FAST_LANES <= f->n; i = next_group(i, f->n)) {
		struct group_sum s = GROUP_SUM_OF_NONE;

		classify_group(f, pkts + i, i, &s);
		if (has_suspects(f, &s))
			for (uint32_t k = i; k < i + FAST_LANES; k++)
				suspects |= classify_one(f, pkts[k], k) << k;
	}
	return suspects;
}
#endif

/* @return mask of the suspects. */
static inline uint32_t
classify(struct fast *f, struct rte_mbuf **pkts)
{
	uint32_t suspects = 0, i = 0, n = f->n;

	f->padded = f->ecn = f->longest = 0;
#if FAST_LANES > 1
	struct group_sum s = GROUP_SUM_OF_NONE;

	for (; i + FAST_LANES <= n; i = next_group(i, n))
		classify_group(f, pkts + i, i, &s);
	if (i > 0) {
		f->padded = any(s.padded);
		f->ecn = any(s.ecn & 3) ? 3 : 0;
		f->longest = largest(s.longest);
		if (unlikely(has_suspects(f, &s)))
			suspects = find_suspects(f, pkts);
	}
#endif
	for (; i < n; i++)
		suspects |= classify_one(f, pkts[i], i) << i;
	return suspects;
}

/* Of the packets [from, to): their places begin at @p at. */
static inline void
close_up(struct fast *f, uint32_t at, uint32_t from, uint32_t to)
{
	uint32_t n = to - from;

#define CLOSE_UP(a) memmove(&(a)[at], &(a)[from], n * sizeof((a)[0]))
	CLOSE_UP(f->m);
	CLOSE_UP(f->pos);
	CLOSE_UP(f->l3);
	CLOSE_UP(f->slot);
	CLOSE_UP(f->len);
	CLOSE_UP(f->frame);
	CLOSE_UP(f->word);
	CLOSE_UP(f->adj);
	if (f->l2 != RTE_ETHER_HDR_LEN) {
		CLOSE_UP(f->in);
		CLOSE_UP(f->iif);
	}
#undef CLOSE_UP
}

/* Take the suspects out of the burst's arrays, run by run of good ones; order is kept. Adds to @p
 * gone, a mask by position in the burst as it came. */
static __rte_noinline uint32_t
weed(struct fast *f, struct rte_mbuf **m, uint32_t suspects, uint32_t gone)
{
	uint32_t good = 0, from = 0, n = f->n;

	if (gone == 0) {
		memcpy(f->m, m, n * sizeof(m[0]));
		for (uint32_t i = 0; i < FAST_BURST; i++)
			f->pos[i] = (uint8_t)i;
	}
	for (; suspects != 0; suspects &= suspects - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(suspects);

		gone |= (~f->dead >> i & 1) << f->pos[i];
		f->bytes -= f->frame[i];
		if (from > 0)
			close_up(f, good, from, i);
		good += i - from;
		from = i + 1;
	}
	close_up(f, good, from, n);
	f->n = good + n - from;
	f->dead = f->longest = 0;
	for (uint32_t i = 0; i < f->n; i++)
		f->longest = RTE_MAX(f->longest, f->len[i]);
	return gone;
}

/* --- sources --- */

/* Which of the sources fail the reverse path filter? */
static __rte_noinline uint32_t
sources(const struct fast *f)
{
	uint32_t src[FAST_BURST], idx[FAST_BURST], suspects = 0;

	if (f->more) /* rules want to know first where the packet goes: look_up_longer() */
		return 0;
	for (uint32_t i = 0; i < f->n; i++)
		src[i] = rte_bswap32(src_of(f->l3[i]));
	fib_lookup_bulk(&fib_main_dp, src, idx, f->n);
	for (uint32_t i = 0; i < f->n; i++)
		suspects |= (uint32_t)!ip4_reverse_path(adj_get(idx[i]),
							f->dev != NULL ? f->dev : f->in[i], f->rpf)
			    << i;
	return suspects;
}

/* --- look up --- */

/* Whose buffer has no room for any link header, where that counts? */
static inline uint32_t
cramped(const struct fast *f, struct rte_mbuf *const *m)
{
	uint32_t suspects = 0;

	for (uint32_t i = 0; !is_even(f) && i < f->n; i++)
		suspects |= (uint32_t)(f->l3[i] < (uint8_t *)m[i]->buf_addr + ADJ_HDR_MAX) << i;
	return suspects;
}

/* Those by a group go by its member for their flow. @return adj_sum_tell() of the ways they go. */
static __rte_noinline bool
choose_members(struct worker *w, struct fast *f) DP_ONLY
{
	uint32_t hash[FAST_BURST], ask = hash_flows(f, hash), n = f->n;
	struct adj_sum sum = ADJ_SUM_OF_NONE;

	for (uint32_t i = 0; i < n; i++) {
		const struct adj *a = adj_get(f->idx[i]);

		if (a->type == ADJ_GROUP) {
			if (unlikely(ask >> i & 1))
				hash[i] = ip4_flow_hash(w, (const struct rte_ipv4_hdr *)f->l3[i],
							f->len[i]);
			a = adj_resolve_group(a, hash[i]);
		}
		f->adj[i] = a;
		adj_sum_add(&sum, a, f->dev != NULL ? f->turn : f->in[i]);
	}
	f->one = false;
	return adj_sum_tell(&sum, f);
}

/* Packet by packet: who is it? */
static __rte_noinline uint32_t
suspects_by_adj(struct fast *f, struct rte_mbuf *const *m)
{
	const struct adj *first = NULL; /* of the good ones */
	uint32_t fits = 0;		/* the length that makes another packet by it good, too */
	uint32_t suspects = 0, odd = 0, n = f->n;
	uintptr_t differ = f->hooks != NULL; /* which see the suspects, too */
	uintptr_t ports = 0;

	for (uint32_t i = 1; f->one && i < n; i++)
		f->adj[i] = adj_get(f->idx[i]);
	for (uint32_t i = 0; i < n; i++) {
		const struct adj *a = f->adj[i];

		if (likely(a == first && f->len[i] <= fits))
			continue;
		if (a->mtu < f->len[i] || a->dev == (f->dev != NULL ? f->turn : f->in[i])) {
			suspects |= 1u << i;
			continue;
		}
		if (first == NULL) {
			first = a;
			fits = f->dev != NULL ? a->mtu : 0;
		}
		differ |= (uintptr_t)a ^ (uintptr_t)first;
		odd |= load32(&a->type) ^ EVEN_REWRITE(f);
		ports |= (uintptr_t)a->lower ^ (uintptr_t)first->lower;
	}
	f->dead = 0;
	f->odd = odd;
	f->ports = ports;
	f->one = differ == 0;
	return suspects | cramped(f, m);
}

/* Second-level entries are rare enough for the long way; rules cost one anyhow.
 * @return not 0: the leaves differ. */
static __rte_noinline uint32_t
look_up_longer(struct worker *w, struct fast *f) DP_ONLY
{
	uint32_t dst[FAST_BURST], differ = 0;

	if (f->more) {
		ip4_fast_way(w, f);
	} else {
		for (uint32_t i = 0; i < f->n; i++)
			dst[i] = rte_bswap32(dst_of(f->l3[i]));
		fib_lookup_bulk(&fib_main_dp, dst, f->idx, f->n);
	}
	for (uint32_t i = 1; i < f->n; i++)
		differ |= f->idx[i] ^ f->idx[0];
	return differ;
}

/* @return mask of those that are not plainly forwarded. */
static inline uint32_t
look_up(struct worker *w, struct fast *f, struct rte_mbuf *const *m) DP_ONLY
{
	const uint32_t *tbl24 = fib_main_dp.tbl24;
	uint32_t n = f->n, any = 0, all = UINT32_MAX, differ;
	const struct net_device *dev = f->dev;
	const struct adj *first;
	bool bad;

	/* classify() has asked for the entries. */
	UNROLL
	for (uint32_t i = 0; i < n; i++) {
		uint32_t idx = __atomic_load_n(&tbl24[f->slot[i]], __ATOMIC_RELAXED);

		f->idx[i] = idx;
		any |= idx;
		all &= idx;
	}
	differ = any ^ all;
	if (unlikely((any & FIB_EXT) || f->more))
		differ = look_up_longer(w, f);
	f->adj[0] = first = adj_get(f->idx[0]);
	f->one = differ == 0 || (unlikely(w->refuses) && ip4_fast_is_one(w, f));
	if (f->one && dev != NULL) { /* many a router has one way out for most */
		bad = first->mtu < f->longest || first->dev == f->turn;
		f->odd = load32(&first->type) ^ EVEN_REWRITE(f);
		f->ports = 0;
	} else {
		const struct adj *const *tab = (const struct adj *const *)adj_tab;
		struct adj_sum sum = ADJ_SUM_OF_NONE;

		UNROLL
		for (uint32_t i = 0; i < n; i++) {
			const struct adj *a = __atomic_load_n(&tab[f->idx[i]], __ATOMIC_RELAXED);

			f->adj[i] = a;
			adj_sum_add(&sum, a, dev != NULL ? f->turn : f->in[i]);
		}
		bad = adj_sum_tell(&sum, f);
	}
	if (unlikely(bad) && (f->odd & ADJ_GROUP))
		bad = choose_members(w, f);
	if (unlikely(bad))
		return suspects_by_adj(f, m);
	if (likely(is_even(f)))
		return 0;
	for (uint32_t i = 1; f->one && i < n; i++) /* the first one may be left */
		f->adj[i] = first;
	return cramped(f, m);
}

/* --- hooks --- */

/* Whom others want to see in the general lane: @p bad and more. */
static __rte_noinline uint32_t
ask_hooks(struct worker *w, struct fast *f, uint32_t bad) DP_ONLY
{
	struct ip4_transit t = { .n = f->n, .l3 = f->l3, .len = f->len };

	for (uint32_t i = 0; i < f->n; i++) {
		const struct net_device *out;

		f->adj[i] = f->adj[f->one ? 0 : i]; /* the first one may be left */
		out = f->adj[i]->dev;
		t.iif[i] = (uint16_t)(f->dev != NULL ? f->dev : f->in[i])->ifindex;
		t.oif[i] = out != NULL ? (uint16_t)out->ifindex : 0;
	}
	return ip4_transit_ask(w, f->hooks, &t, bad) & (uint32_t)((UINT64_C(1) << f->n) - 1);
}

/* --- rewrite --- */

/* As long a link header as before, nothing behind the packet: the new header by two stores that
 * overlap and touch no cache line but the frame's first, TTL and checksum by one of 4 bytes; the
 * mbuf stays as it is. */
static __rte_always_inline void
rewrite_one(uint8_t *l3, const struct adj *a, uint32_t word, bool tagged)
{
	const uint8_t *end = a->hdr + ADJ_HDR_MAX;

	if (tagged)
		memcpy(l3 - 18, end - 18, 16);
	else
		memcpy(l3 - 14, end - 14, 8);
	memcpy(l3 - 8, end - 8, 8);
	memcpy(l3 + offsetof(struct rte_ipv4_hdr, time_to_live), &word, sizeof(word));
}

static __rte_always_inline void
rewrite(const struct fast *f, bool tagged)
{
	const struct adj *last = f->adj[0], copy = *last;
	uint32_t n = f->n;

	adj_touch(last);
	if (likely(f->one)) {
		UNROLL
		for (uint32_t i = 0; i < n; i++)
			rewrite_one(f->l3[i], &copy, f->word[i], tagged);
		return;
	}
	UNROLL
	for (uint32_t i = 0; i < n; i++) {
		const struct adj *a = f->adj[i];

		rewrite_one(f->l3[i], a, f->word[i], tagged);
		if (a != last)
			adj_touch(a);
		last = a;
	}
}

/* As rewrite(), @p bytes of IP together, and what the devices over the ports count. */
static __rte_noinline void
rewrite_above(struct worker *w, const struct fast *f, uint64_t bytes) DP_ONLY
{
	if (f->l2 == RTE_ETHER_HDR_LEN)
		rewrite(f, false);
	else
		rewrite(f, true);
	if (f->one)
		fast_count_above(w, f->adj[0], f->n, bytes);
	else
		fast_count_each_above(w, f);
}

/* Any link header for any other; what is behind the packet goes. @return bytes of link headers. */
static __rte_noinline uint64_t
rewrite_any(struct worker *w, struct fast *f, struct rte_mbuf **m) DP_ONLY
{
	const struct adj *last = NULL;
	uint64_t headers = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct adj *a = f->adj[f->one ? 0 : i];
		uint32_t len = f->len[i];
		uint8_t *l3 = f->l3[i];

		if (a != last)
			adj_touch(a);
		last = a;
		fast_count_above(w, a, 1, len);
		memcpy(l3 - ADJ_HDR_MAX, a->hdr, ADJ_HDR_MAX); /* see cramped() */
		memcpy(l3 + offsetof(struct rte_ipv4_hdr, time_to_live), &f->word[i], 4);
		m[i]->data_off = (uint16_t)(l3 - a->hdr_len - (uint8_t *)m[i]->buf_addr);
		m[i]->data_len = (uint16_t)(len + a->hdr_len);
		m[i]->pkt_len = len + a->hdr_len;
		headers += a->hdr_len;
	}
	return headers;
}

/* --- send --- */

/* Several ports: a call for each, order within a port kept. */
static __rte_noinline void
send_mixed(struct worker *w, const struct fast *f, struct rte_mbuf **m) DP_ONLY
{
	uint32_t todo = f->n < 32 ? (1u << f->n) - 1 : UINT32_MAX;

	while (todo != 0) {
		struct net_device *lower = f->adj[__builtin_ctz(todo)]->lower;
		struct rte_mbuf *out[FAST_BURST];
		uint64_t bytes = 0;
		uint16_t n = 0;

		for (uint32_t i = 0; i < f->n; i++) {
			if (!(todo >> i & 1) || f->adj[i]->lower != lower)
				continue;
			out[n++] = m[i];
			bytes += f->len[i] + f->adj[i]->hdr_len;
			todo &= ~(1u << i);
		}
		dev_direct_xmit(w, lower, out, n, bytes);
	}
}

static inline void
finish(struct worker *w, struct fast *f, struct rte_mbuf **m) DP_ONLY
{
	uint64_t headers = f->n * (uint64_t)f->l2, bytes = fast_count(w, f);

	if (likely((f->odd | f->padded) == 0) && f->l2 == RTE_ETHER_HDR_LEN)
		rewrite(f, false);
	else if (is_even(f))
		rewrite_above(w, f, bytes);
	else
		headers = rewrite_any(w, f, m);
	bytes += headers;
	if (unlikely(f->realms))
		ip4_fast_realms(w, f, m);
	if (unlikely(f->dead != 0))
		bytes -= ip4_fast_bury(w, f, m);
	if (likely(f->ports == 0))
		dev_direct_xmit(w, f->adj[0]->lower, m, (uint16_t)f->n, bytes);
	else
		send_mixed(w, f, m);
}

/* --- the lane --- */

/* f->n packets at @p from, at most FAST_BURST. Adds the bytes of all. @return mask of those that
 * are left there. */
static uint32_t
fast_burst(struct worker *w, struct fast *f, struct rte_mbuf **from, uint64_t *bytes) DP_ONLY
{
	uint32_t suspects = classify(f, from), gone = 0;
	struct rte_mbuf **m = from;

	f->bytes = f->dead = 0;
	for (uint32_t i = 0; i < f->n; i++)
		f->bytes += f->frame[i];
	*bytes += f->bytes;
	if (unlikely(f->rpf != 0))
		suspects |= sources(f);
	if (unlikely(suspects != 0)) {
		gone = weed(f, m, ip4_fast_chained(f, m, suspects), gone);
		m = f->m;
		if (f->n == 0)
			return gone;
	}
	suspects = look_up(w, f, m);
	if (unlikely(suspects != 0))
		suspects = ip4_fast_oversized(f, ip4_fast_refuse(w, f, suspects));
	if (unlikely(f->hooks != NULL))
		suspects = ask_hooks(w, f, suspects);
	if (unlikely(suspects != 0)) {
		if (f->dead != 0)
			ip4_fast_drop(w, f, m);
		gone = weed(f, m, suspects, gone);
		m = f->m;
		if (f->n == 0)
			return gone;
	}
	finish(w, f, m);
	return gone;
}

/* May packets that came by @p dev go this way? What holds for whole bursts. */
static inline bool
may_forward(const struct net_device *dev)
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);

	return __atomic_load_n(&dev->rx_off, __ATOMIC_RELAXED) == 0 && in_dev != NULL &&
	       IN_DEV_CONF(in_dev, forwarding) && !(dev->flags & IFF_LOOPBACK);
}

/* All of the burst came by @p dev, which may_forward(). */
static inline void
burst_of(struct fast *f, const struct net_device *dev, uint32_t l2)
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);

	f->l2 = l2;
	f->dev = dev;
	f->rpf = IN_DEV_MAXCONF(in_dev, rp_filter);
	f->turn = IN_DEV_ORCONF(in_dev, send_redirects) ? dev : NULL;
}

/* --- tagged frames --- */

#define TAG_MASK 0xff0fffffu /* of a tag as it is loaded: protocol and identifier, no priority */

/* Some of the burst, @p which: as a burst of its own. @return mask of those that are left. */
static uint32_t
part_burst(struct worker *w, struct fast *f, struct rte_mbuf **from, uint32_t which,
	   uint64_t *bytes) DP_ONLY
{
	struct rte_mbuf *part[FAST_BURST];
	uint8_t pos[FAST_BURST];
	uint32_t gone, left = 0;

	f->n = 0;
	for (; which != 0; which &= which - 1) {
		uint8_t i = (uint8_t)__builtin_ctz(which);

		part[f->n] = from[i];
		f->in[f->n] = f->in[i];
		f->iif[f->n] = f->iif[i];
		pos[f->n++] = i;
	}
	for (gone = fast_burst(w, f, part, bytes); gone != 0; gone &= gone - 1)
		left |= 1u << pos[__builtin_ctz(gone)];
	return left;
}

/* The door that the frames of @p tag, as tag_of() reads it, came by, and its device. */
static inline uint32_t
door_of(const struct vlan_table *t, uint32_t tag, struct net_device **dev)
{
	uint16_t id = rte_bswap16((uint16_t)(tag >> 16)) & (VLAN_N - 1);

	*dev = rcu_dereference(t->dev[id]);
	return *dev != NULL ? vlan_door(t, (rte_be16_t)tag, id) : 0;
}

static inline uint32_t
tag_of(const struct rte_mbuf *m)
{
	return load32(rte_pktmbuf_mtod_offset(m, uint8_t *, 12)) & TAG_MASK;
}

/* Who came by a device of @p t? By those with the same rp_filter as the first one. */
static inline uint32_t
by_tag(struct fast *f, const struct vlan_table *t, struct rte_mbuf **from)
{
	uint32_t tagged = 0, first = 0, differ = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t door = door_of(t, tag_of(from[i]), &f->in[i]);

		f->iif[i] = (uint16_t)VLAN_DOOR_INDEX(door);
		if (unlikely(door == 0))
			continue;
		if (first == 0) {
			first = door;
			burst_of(f, f->in[i], TAGGED);
		}
		if (unlikely((door ^ first) & VLAN_DOOR_RPF))
			continue;
		differ |= door ^ first;
		tagged |= 1u << i;
	}
	if (differ != 0)
		f->dev = f->turn = NULL;
	return tagged;
}

/* A burst from a port with VLAN devices: tagged frames by the devices of their tags, in one go when
 * these have the same settings; then the others. */
static __rte_noinline uint32_t
trunk_burst(struct worker *w, struct fast *f, const struct net_device *dev, struct rte_mbuf **from,
	    uint64_t *bytes) DP_ONLY
{
	const struct vlan_table *t = rcu_dereference(dev->vlan_tab);
	uint32_t tagged = 0, left = 0, all = UINT32_MAX >> (FAST_BURST - f->n);
	uint32_t tag = tag_of(from[0]), alike = 1;
	struct net_device *v = NULL;

	/* Frames that come together often have the same tag, or none. */
	while (alike < f->n && tag_of(from[alike]) == tag)
		alike++;
	if (t != NULL && alike < f->n) {
		tagged = by_tag(f, t, from);
	} else if (t != NULL && door_of(t, tag, &v) != 0) {
		tagged = all;
		burst_of(f, v, TAGGED);
	}
	if (tagged == all)
		return fast_burst(w, f, from, bytes);
	if (tagged != 0)
		left = part_burst(w, f, from, tagged, bytes);
	if (!may_forward(dev)) {
		for (uint32_t rest = all & ~tagged; rest != 0; rest &= rest - 1)
			*bytes += from[__builtin_ctz(rest)]->pkt_len;
		return left | (all & ~tagged);
	}
	burst_of(f, dev, RTE_ETHER_HDR_LEN);
	return left | part_burst(w, f, from, all & ~tagged, bytes);
}

/* --- the door --- */

uint16_t
IP4_FAST_RX(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	    uint64_t *bytes)
{
	bool trunk = rcu_dereference(dev->vlan_tab) != NULL;
	uint32_t left = 0, gone;
	enum stage from;
	struct fast f;

	if (unlikely(!trunk && !may_forward(dev))) {
		*bytes = netif_burst_bytes(pkts, n);
		return n;
	}
	*bytes = 0;
	from = stage_enter(w, STAGE_IP4_FAST, n);
	if (ip4_sheds())
		n = ip4_shed_burst(w, dev, pkts, n, bytes);
	f.genid = fib_genid_read();
	f.mac = __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED);
	f.own = rcu_dereference(ip4_own);
	f.rules = rcu_dereference(fib_rules);
	f.hooks = rcu_dereference(ip4_transit_hooks);
	f.cache = ip4_cache_of(w);
	f.realms = skb_realms_wanted();
	f.more = f.rules != NULL || f.cache != NULL || f.realms;
	if (likely(!trunk))
		burst_of(&f, dev, RTE_ETHER_HDR_LEN);
	for (uint32_t at = 0; at < n; at += FAST_BURST) {
		struct rte_mbuf **some = pkts + at;

		f.n = RTE_MIN(n - at, (uint32_t)FAST_BURST);
		if (likely(!trunk))
			gone = fast_burst(w, &f, some, bytes);
		else
			gone = trunk_burst(w, &f, dev, some, bytes);
		for (; gone != 0; gone &= gone - 1)
			pkts[left++] = some[__builtin_ctz(gone)];
	}
	stage_leave(w, from);
	return (uint16_t)left;
}
