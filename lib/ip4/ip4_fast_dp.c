/* SPDX-License-Identifier: BSD-3-Clause */
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
#define REARM_MASK UINT64_C(0x0000ffffffff0000)
#define REARM_GOOD UINT64_C(0x0000000100010000)
_Static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, data_off) + 2 &&
		       offsetof(struct rte_mbuf, nb_segs) ==
			       offsetof(struct rte_mbuf, data_off) + 4,
	       "layout of rearm_data");

/* Stage 1: every test of the header that needs no table. @return mask of the suspects. Reads up to
 * 34 bytes of the buffer whatever the frame's length: they are there, and the length is tested. */
static inline uint32_t
classify(struct fast *f, struct rte_mbuf **pkts, uint32_t n, uint64_t mac)
{
	uint32_t suspects = 0, i = 0;

	do { /* n is not 0 */
		const struct rte_mbuf *m = pkts[i];
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
		bad |= (load64((const uint8_t *)m + offsetof(struct rte_mbuf, data_off)) ^
			REARM_GOOD) &
		       REARM_MASK;
		bad |= m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
		bad |= m->data_off < ADJ_HDR_MAX;
		bad |= (m->pkt_len < 34) | (total < 20) | (total > room);
		bad |= header_sum(a, b, c) ^ 0xffff;
		bad |= (word & 0xff) <= 1;
		bad |= !ip4_is_host_class(rte_bswap32(src));
		bad |= ip4_maybe_own(src);
		suspects |= (uint32_t)(bad != 0) << i;

		f->l3[i] = (uint8_t *)(uintptr_t)p + 14;
		f->src[i] = src;
		f->dst[i] = rte_bswap32(c);
		f->len[i] = total;
		f->word[i] = ((word - 1) & 0xffff) | (check + (check >= 0xffff)) << 16;
		rte_prefetch0(&fib_main_dp.tbl24[f->dst[i] >> 8]);
	} while (++i < n);
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
	uint32_t n = f->n, suspects = 0;

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
		dev_queue_xmit(w, lower, out, n);
	}
}

static void
count(struct worker *w, const struct fast *f) DP_ONLY
{
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
		dev_queue_xmit(w, f.adj[0]->lower, m, (uint16_t)f.n);
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
