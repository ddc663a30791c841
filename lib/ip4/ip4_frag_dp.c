/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_memcpy.h>
#include "ip4/ip4_priv.h"
#include "skb/skb_realm_dp.h"

#define COPY_MAX 128 /* bytes that cost less to copy than to point at */

/* Options without the copy bit stand in the first fragment only (RFC 791 3.1). In the others they
 * become no-operations, as Linux has it: offsets and header length stay. */
static void
strip_uncopied_options(uint8_t *hdr, unsigned int hlen)
{
	for (unsigned int at = IP4_HDR_MIN; at < hlen;) {
		uint8_t type = hdr[at], len;

		if (type == IPOPT4_EOL)
			return;
		if (type == IPOPT4_NOP) {
			at++;
			continue;
		}
		len = at + 1 < hlen ? hdr[at + 1] : 0;
		if (len < 2 || at + len > hlen)
			return; /* our own senders and the parser let no such thing pass */
		if (!(type & IPOPT4_COPY))
			memset(hdr + at, IPOPT4_NOP, len);
		at += len;
	}
}

static void
copy_metadata(struct sk_buff *to, const struct sk_buff *from)
{
	to->dev = from->dev;
	to->dst = from->dst;
	to->mark = from->mark;
	to->priority = from->priority;
	to->iif = from->iif;
	to->protocol = from->protocol;
	to->pkt_type = from->pkt_type;
	to->flags = from->flags;
	if (unlikely(skb_has_tclassid(skb_mbuf(from))))
		skb_set_tclassid(to, from->tclassid);
}

/* The next byte of payload that goes into a fragment. */
struct source {
	struct rte_mbuf *seg;
	uint32_t at;
};

static uint32_t
source_room(struct source *src)
{
	while (src->at == src->seg->data_len) {
		src->seg = src->seg->next;
		src->at = 0;
	}
	return src->seg->data_len - src->at;
}

/* Append a segment. NULL: no mbuf. */
static struct rte_mbuf *
append_segment(struct worker *w, struct rte_mbuf *head, struct rte_mbuf *last) DP_ONLY
{
	last->next = rte_pktmbuf_alloc(w->pool);
	if (unlikely(last->next == NULL))
		return NULL;
	head->nb_segs++;
	return last->next;
}

/* Append copies of the next @p len bytes, in as many segments as it takes. */
static bool
copy_bytes(struct worker *w, struct rte_mbuf *head, struct source *src, uint32_t len) DP_ONLY
{
	struct rte_mbuf *seg = head;

	while (len > 0) {
		uint32_t n = RTE_MIN(len, source_room(src)), room = rte_pktmbuf_tailroom(seg);

		if (unlikely(room == 0)) {
			seg = append_segment(w, head, seg);
			if (seg == NULL)
				return false;
			seg->data_off = 0;
			continue;
		}
		n = RTE_MIN(n, room);
		rte_memcpy(rte_pktmbuf_mtod_offset(seg, void *, seg->data_len),
			   rte_pktmbuf_mtod_offset(src->seg, void *, src->at), n);
		seg->data_len = (uint16_t)(seg->data_len + n);
		head->pkt_len += n;
		src->at += n;
		len -= n;
	}
	return true;
}

/* Append segments that point at the next @p len bytes: nothing is copied. */
static bool
share_bytes(struct worker *w, struct rte_mbuf *head, struct source *src, uint32_t len) DP_ONLY
{
	struct rte_mbuf *seg = head;

	while (len > 0) {
		uint32_t n = RTE_MIN(len, source_room(src));

		seg = append_segment(w, head, seg);
		if (unlikely(seg == NULL))
			return false;
		rte_pktmbuf_attach(seg, src->seg);
		seg->data_off = (uint16_t)(seg->data_off + src->at);
		seg->data_len = (uint16_t)n;
		head->pkt_len += n;
		src->at += n;
		len -= n;
	}
	return true;
}

/* What all fragments of one datagram have in common. */
struct cut {
	const struct sk_buff *skb;
	struct source src;
	uint8_t hdr[IP4_HDR_MAX];
	uint32_t hlen, step;
	uint16_t field; /* of the datagram itself, which may be a fragment; host order */
	bool share;
};

static void
finish_header(struct sk_buff *f, const struct cut *c, uint32_t off, bool last)
{
	struct rte_ipv4_hdr *iph = ip_hdr(f);
	uint32_t field = (c->field & ~IP4_MF) + off / 8;

	/* A fragment of a fragment: offsets add up, MF stays on the last piece. */
	field |= last ? c->field & IP4_MF : IP4_MF;
	iph->total_length = rte_cpu_to_be_16((uint16_t)skb_len(f));
	iph->fragment_offset = rte_cpu_to_be_16((uint16_t)field);
	ip_send_check(iph);
}

/* The fragment with the next @p len bytes of payload. */
static struct sk_buff *
make_fragment(struct worker *w, struct cut *c, uint32_t len) DP_ONLY
{
	struct sk_buff *f = alloc_skb(w, SKB_HEADROOM);
	uint8_t *p;
	bool ok;

	if (unlikely(f == NULL))
		return NULL;
	copy_metadata(f, c->skb);
	p = skb_put(f, (uint16_t)c->hlen);
	ok = p != NULL;
	if (likely(ok)) {
		memcpy(p, c->hdr, c->hlen);
		ok = c->share && len > COPY_MAX ? share_bytes(w, skb_mbuf(f), &c->src, len)
						: copy_bytes(w, skb_mbuf(f), &c->src, len);
	}
	if (unlikely(!ok)) {
		kfree_skb_reason(w, f, DROP_SKB_NO_MBUF);
		return NULL;
	}
	skb_reset_network_header(f);
	f->transport_header = (uint16_t)(f->network_header + c->hlen);
	memset(ip_opt(f), 0, sizeof(struct ip_options));
	return f;
}

static void
fail(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY
{
	IP_INC_STATS(w, FragFails);
	kfree_skb_reason(w, skb, why);
}

static void
skip(struct source *src, uint32_t len)
{
	while (len > 0) {
		uint32_t n = RTE_MIN(len, source_room(src));

		src->at += n;
		len -= n;
	}
}

/* A datagram that can not be sent whole is not sent in part: drop what is made of it and has not
 * left. */
static void
give_up(struct worker *w, struct skb_vec *out, unsigned int first) DP_ONLY
{
	while (out->n > first)
		kfree_skb_reason(w, out->v[--out->n], DROP_SKB_NO_MBUF);
}

/* Is the datagram a chain of what its fragments carry, each in a buffer of its own with room for a
 * header in front? So are those that ip_append_data() made, and many that were put together. */
static bool
is_cut_already(const struct sk_buff *skb, const struct cut *c)
{
	const struct rte_mbuf *m = skb_mbuf(skb);

	if (m->next == NULL || m->data_len != c->hlen + c->step || skb_cloned(skb))
		return false;
	for (m = m->next; m != NULL; m = m->next)
		if (!RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
		    rte_pktmbuf_headroom(m) < c->hlen + ADJ_HDR_MAX ||
		    (m->next != NULL ? m->data_len != c->step
				     : m->data_len == 0 || m->data_len > c->step))
			return false;
	return true;
}

/* Each buffer becomes a fragment: nothing but headers is written. */
static void
split(struct worker *w, struct sk_buff *skb, struct cut *c, struct skb_vec *out) DP_ONLY
{
	struct rte_mbuf *m = skb_mbuf(skb), *next = m->next;
	uint32_t off = c->step;

	m->next = NULL;
	m->nb_segs = 1;
	m->pkt_len = m->data_len;
	finish_header(skb, c, 0, false);
	skb_vec_push(out, skb);
	strip_uncopied_options(c->hdr, c->hlen);
	for (m = next; m != NULL; m = next) {
		uint32_t len = m->data_len;
		struct sk_buff *f = skb_init(m, skb->dev);

		next = m->next;
		m->next = NULL;
		m->nb_segs = 1;
		m->pkt_len = len;
		copy_metadata(f, skb);
		memcpy(skb_push(f, (uint16_t)c->hlen), c->hdr, c->hlen);
		skb_reset_network_header(f);
		f->transport_header = (uint16_t)(f->network_header + c->hlen);
		memset(ip_opt(f), 0, sizeof(struct ip_options));
		finish_header(f, c, off, next == NULL);
		skb_vec_push(out, f);
		off += len;
		counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	}
}

void
ip_fragment(struct worker *w, struct sk_buff *skb, uint32_t mtu, ip4_send_fn send,
	    struct skb_vec *out)
{
	struct cut c = { .skb = skb, .hlen = ip_hdrlen(ip_hdr(skb)) };
	uint32_t len = skb_len(skb) - c.hlen, n, first, off = 0;
	bool reuse;

	/* RFC 791 3.2: every fragment but the last carries a multiple of 8. */
	if (mtu < c.hlen + 8) {
		fail(w, skb, DROP_IP4_FRAG_FAILED);
		return;
	}
	memcpy(c.hdr, ip_hdr(skb), c.hlen);
	c.field = rte_be_to_cpu_16(ip_hdr(skb)->fragment_offset);
	c.step = (mtu - c.hlen) & ~7u;
	c.src = (struct source){ skb_mbuf(skb), c.hlen };
	c.share = netdev_lower(skb->dev)->features & NETIF_F_SG;
	n = (len + c.step - 1) / c.step;
	if (out->n + n > SKB_BURST && out->n > 0)
		send(w, out);
	if (n <= SKB_BURST && is_cut_already(skb, &c)) {
		IP_INC_STATS(w, FragOKs);
		IP_ADD_STATS(w, FragCreates, n);
		split(w, skb, &c, out);
		return;
	}
	first = out->n;
	/* Where bytes are copied, the packet itself becomes the first fragment, when the others are
	 * made. */
	reuse = !c.share && n <= SKB_BURST && !skb_cloned(skb);
	if (reuse) {
		skb_vec_push(out, skb);
		skip(&c.src, c.step);
		off = c.step;
		strip_uncopied_options(c.hdr, c.hlen);
	}
	while (off < len) {
		uint32_t piece = RTE_MIN(len - off, c.step);
		struct sk_buff *f = make_fragment(w, &c, piece);

		if (unlikely(f == NULL)) {
			give_up(w, out, first);
			IP_INC_STATS(w, FragFails);
			if (!reuse)
				kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return;
		}
		finish_header(f, &c, off, off + piece == len);
		if (unlikely(out->n == SKB_BURST)) {
			send(w, out);
			first = 0;
		}
		skb_vec_push(out, f);
		if (off == 0)
			strip_uncopied_options(c.hdr, c.hlen);
		off += piece;
	}
	IP_INC_STATS(w, FragOKs);
	IP_ADD_STATS(w, FragCreates, n);
	if (!reuse) {
		consume_skb(w, skb);
		return;
	}
	skb_trim(skb, c.hlen + c.step);
	finish_header(skb, &c, 0, false);
}
