/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"

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
}

/* Append @p len bytes at @p off of @p from, in as many segments as it takes. */
static bool
append_bytes(struct worker *w, struct sk_buff *to, const struct sk_buff *from, uint32_t off,
	     uint32_t len) DP_ONLY
{
	struct rte_mbuf *head = skb_mbuf(to), *seg = head;

	while (len > 0) {
		uint16_t room = rte_pktmbuf_tailroom(seg);
		uint16_t n = (uint16_t)RTE_MIN(len, room);
		uint8_t *at = (uint8_t *)seg->buf_addr + seg->data_off + seg->data_len;

		if (n == 0) {
			seg->next = rte_pktmbuf_alloc(w->pool);
			if (seg->next == NULL)
				return false;
			seg = seg->next;
			seg->data_off = 0;
			head->nb_segs++;
			continue;
		}
		if (skb_copy_bits(from, off, at, n) != 0)
			return false;
		seg->data_len = (uint16_t)(seg->data_len + n);
		head->pkt_len += n;
		off += n;
		len -= n;
	}
	return true;
}

/* One fragment: header at @p hdr, bytes [@p off, @p off + @p len) of the payload. */
static struct sk_buff *
make_fragment(struct worker *w, const struct sk_buff *skb, const uint8_t *hdr, uint32_t off,
	      uint32_t len) DP_ONLY
{
	unsigned int hlen = ip_hdrlen((const struct rte_ipv4_hdr *)hdr);
	struct sk_buff *f = alloc_skb(w, SKB_HEADROOM);
	uint8_t *p;

	if (f == NULL)
		return NULL;
	copy_metadata(f, skb);
	p = skb_put(f, (uint16_t)hlen);
	if (p == NULL || !append_bytes(w, f, skb, hlen + off, len)) {
		kfree_skb_reason(w, f, DROP_SKB_NO_MBUF);
		return NULL;
	}
	memcpy(p, hdr, hlen);
	skb_reset_network_header(f);
	f->transport_header = (uint16_t)(f->network_header + hlen);
	memset(ip_opt(f), 0, sizeof(struct ip_options));
	return f;
}

static void
finish_header(struct sk_buff *f, uint16_t frag_off)
{
	struct rte_ipv4_hdr *iph = ip_hdr(f);

	iph->total_length = rte_cpu_to_be_16((uint16_t)skb_len(f));
	iph->fragment_offset = rte_cpu_to_be_16(frag_off);
	ip_send_check(iph);
}

void
ip_fragment(struct worker *w, struct sk_buff *skb, uint32_t mtu, struct skb_vec *out)
{
	unsigned int hlen = ip_hdrlen(ip_hdr(skb));
	uint16_t orig = rte_be_to_cpu_16(ip_hdr(skb)->fragment_offset);
	uint32_t left = skb_len(skb) - hlen, off = 0, step;
	uint8_t hdr[IP4_HDR_MAX];
	uint64_t made = 0;

	/* RFC 791 3.2: every fragment but the last carries a multiple of 8. */
	if (mtu < hlen + 8) {
		IP_INC_STATS(w, FragFails);
		kfree_skb_reason(w, skb, DROP_IP4_FRAG_FAILED);
		return;
	}
	step = (mtu - hlen) & ~7u;
	memcpy(hdr, ip_hdr(skb), hlen);
	while (left > 0) {
		uint32_t len = RTE_MIN(left, step);
		struct sk_buff *f = make_fragment(w, skb, hdr, off, len);

		if (f == NULL) {
			IP_INC_STATS(w, FragFails);
			IP_ADD_STATS(w, FragCreates, made);
			kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return;
		}
		left -= len;
		/* A fragment of a fragment: offsets add up, MF stays on the last piece. */
		finish_header(f, (uint16_t)((orig & ~IP4_MF) + off / 8 +
					    (left > 0 ? IP4_MF : (orig & IP4_MF))));
		off += len;
		made++;
		if (out->n == SKB_BURST) {
			neigh_output(w, out);
			out->n = 0;
		}
		skb_vec_push(out, f);
		if (made == 1)
			strip_uncopied_options(hdr, hlen);
	}
	IP_INC_STATS(w, FragOKs);
	IP_ADD_STATS(w, FragCreates, made);
	consume_skb(w, skb);
}
