/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of a packet: moving its ends, making it contiguous, reading it across segments. */
#include <string.h>
#include "skb/skb_priv.h"

static inline uint16_t
seg_tailroom(const struct rte_mbuf *m)
{
	return m->buf_len - m->data_off - m->data_len;
}

static inline bool
seg_shared(const struct rte_mbuf *m)
{
	return !RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) > 1;
}

uint16_t
skb_tailroom(const struct sk_buff *skb)
{
	return seg_tailroom(rte_pktmbuf_lastseg(skb_mbuf(skb)));
}

int
skb_reserve(struct sk_buff *skb, uint16_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);

	if (m->pkt_len != 0 || len > seg_tailroom(m))
		return -ENOBUFS;
	m->data_off += len;
	return 0;
}

void *
skb_put(struct sk_buff *skb, uint16_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb), *last = rte_pktmbuf_lastseg(m);
	void *tail;

	if (len > seg_tailroom(last) || seg_shared(last))
		return NULL;
	tail = rte_pktmbuf_mtod_offset(last, void *, last->data_len);
	last->data_len += len;
	m->pkt_len += len;
	return tail;
}

void *
skb_push(struct sk_buff *skb, uint16_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);

	if (len > m->data_off || m->data_len > UINT16_MAX - len)
		return NULL;
	m->data_off -= len;
	m->data_len += len;
	m->pkt_len += len;
	return skb_data(skb);
}

struct rte_mbuf *
skb_chain_eat(struct rte_mbuf *m, uint32_t len)
{
	while (m != NULL && len >= m->data_len) {
		struct rte_mbuf *next = m->next;

		len -= m->data_len;
		rte_pktmbuf_free_seg(m);
		m = next;
	}
	if (m != NULL) {
		m->data_off += len;
		m->data_len -= len;
	}
	return m;
}

/* Take @p len bytes out of the segments behind the head, which keeps its own. */
static void
eat_behind_head(struct rte_mbuf *m, uint32_t len)
{
	uint16_t segs = 1;

	m->next = skb_chain_eat(m->next, len);
	for (const struct rte_mbuf *s = m->next; s != NULL; s = s->next)
		segs++;
	m->nb_segs = segs;
}

void *
skb_pull(struct sk_buff *skb, uint32_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t here = (uint16_t)RTE_MIN(len, (uint32_t)m->data_len);

	if (len > m->pkt_len)
		return NULL;
	m->data_off += here;
	m->data_len -= here;
	m->pkt_len -= len;
	if (len > here)
		eat_behind_head(m, len - here);
	return skb_data(skb);
}

int
skb_trim(struct sk_buff *skb, uint32_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb), *s = m;
	uint32_t left = len;
	uint16_t segs = 1;

	if (len > m->pkt_len)
		return -EINVAL;
	while (left > s->data_len) {
		left -= s->data_len;
		s = s->next;
		segs++;
	}
	if (s == m && left < m->data_len && seg_shared(m))
		skb->flags |= SKB_F_TAIL_USED;
	s->data_len = (uint16_t)left;
	rte_pktmbuf_free(s->next); /* segments of a packet that lives on; NULL is allowed */
	s->next = NULL;
	m->nb_segs = segs;
	m->pkt_len = len;
	return 0;
}

/* Give an indirect head its own buffer back, holding a copy of the first segment, with the data at
 * @p off. The caller made sure that it fits. */
static void
unshare_indirect(struct sk_buff *skb, uint16_t off)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t lo = skb_lowest_header(skb), keep = m->data_off - lo;
	uint64_t ol_flags = m->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
	uint16_t data_off = m->data_off, data_len = m->data_len;

	/* Copy first: detaching may free the mbuf that owns the shared data. */
	memcpy(rte_mbuf_buf_addr(m, m->pool) + off - keep, (uint8_t *)m->buf_addr + lo,
	       keep + data_len);
	rte_pktmbuf_detach(m);
	m->ol_flags = ol_flags;
	m->data_off = off;
	m->data_len = data_len;
	skb_shift_headers(skb, off - data_off);
}

bool
skb_unshare_head(struct sk_buff *skb, uint16_t headroom, uint32_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t keep = m->data_off - skb_lowest_header(skb);
	uint32_t room = rte_pktmbuf_data_room_size(m->pool);
	uint32_t need = RTE_MAX(len, (uint32_t)m->data_len);
	uint32_t off = RTE_MAX(headroom, m->data_off);

	if (RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) > 1)
		return false;
	if (off + need > room)
		off = RTE_MAX(headroom, keep);
	if (off + need > room)
		return false;
	unshare_indirect(skb, (uint16_t)off);
	return true;
}

bool
skb_move_head(struct sk_buff *skb, uint16_t off)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t lo = skb_lowest_header(skb), keep = m->data_off - lo;
	int delta = off - m->data_off;

	if (off < keep || (uint32_t)off + m->data_len > m->buf_len)
		return false;
	memmove((uint8_t *)m->buf_addr + off - keep, (uint8_t *)m->buf_addr + lo,
		keep + m->data_len);
	m->data_off = off;
	skb_shift_headers(skb, delta);
	return true;
}

/* Room for @p len contiguous bytes in a head that nobody else may be looking at. */
static bool
make_tail_room(struct sk_buff *skb, uint32_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);

	if (!RTE_MBUF_DIRECT(m))
		return skb_unshare_head(skb, 0, len);
	if (m->data_off + len <= m->buf_len)
		/* Behind the data of a buffer that clones share lie bytes that no clone sees,
		 * unless the data was cut after they were made. */
		return !seg_shared(m) || !(skb->flags & SKB_F_TAIL_USED);
	if (seg_shared(m) || len > m->buf_len)
		return false;
	return skb_move_head(skb, (uint16_t)(m->buf_len - len));
}

bool
pskb_pull_tail(struct sk_buff *skb, uint32_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint32_t more;

	if (len <= m->data_len)
		return true;
	if (len > m->pkt_len || len > UINT16_MAX || !make_tail_room(skb, len))
		return false;
	more = len - m->data_len;
	skb_copy_bits(skb, m->data_len, rte_pktmbuf_mtod_offset(m, void *, m->data_len), more);
	m->data_len += more;
	eat_behind_head(m, more);
	return true;
}

int
skb_copy_bits(const struct sk_buff *skb, uint32_t off, void *to, uint32_t len)
{
	const struct rte_mbuf *m = skb_mbuf(skb);
	uint8_t *dst = to;

	if (off > m->pkt_len || len > m->pkt_len - off)
		return -EINVAL;
	for (; len > 0; m = m->next) {
		uint32_t n;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - off);
		memcpy(dst, rte_pktmbuf_mtod_offset(m, const void *, off), n);
		dst += n;
		len -= n;
		off = 0;
	}
	return 0;
}

uint16_t
skb_checksum(const struct sk_buff *skb, uint32_t off, uint32_t len)
{
	const struct rte_mbuf *m = skb_mbuf(skb);
	uint32_t sum = 0, done = 0;

	if (off > m->pkt_len || len > m->pkt_len - off)
		return 0;
	for (; done < len; m = m->next) {
		uint32_t n, part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len - done, m->data_len - off);
		part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, off), n);
		/* RFC 1071 2 (B): the sum of bytes that start at an odd place is byte-swapped.
		 * (DPDK 22.11's own function for chains loses the carry there.) */
		sum += done & 1 ? rte_bswap16((uint16_t)part) : part;
		done += n;
		off = 0;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
