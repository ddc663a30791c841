/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_append_dp.h"
#include <rte_memcpy.h>
#include "ip4/ip4_priv.h"

/* Bytes of payload of each fragment on the way of @p o; where nothing leaves by a neighbour, as
 * much as fits a buffer. */
static uint32_t
fragment_step(const struct ip_out *o)
{
	const struct adj *a = o->way != NULL ? o->way : ip4_lookup_tos(o->saddr, o->daddr, o->tos);
	uint32_t mtu, path;
	bool locked;

	if (!ip4_adj_is_unicast(a))
		return UINT32_MAX;
	mtu = ip4_adj_mtu(a);
	path = ip4_pmtu(o->daddr, a, &locked);
	if (path != 0)
		mtu = RTE_MIN(mtu, path);
	return (mtu - IP4_HDR_MIN - o->optlen) & ~7u;
}

int
ip_append_start(struct worker *w, struct ip4_cork *c, const struct ip_out *o, uint32_t head)
{
	*c = (struct ip4_cork){ .step = fragment_step(o),
				.room = IP4_LEN_MAX - IP4_HDR_MIN - o->optlen - head };
	c->left = c->step - RTE_MIN(head, c->step);
	c->skb = alloc_skb(w, SKB_HEADROOM);
	if (c->skb == NULL)
		return -ENOBUFS;
	c->last = skb_mbuf(c->skb);
	return 0;
}

static bool
next_buffer(struct worker *w, struct ip4_cork *c) DP_ONLY
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

	if (unlikely(m == NULL))
		return false;
	if (c->left == 0)
		c->left = c->step;
	c->last->next = m;
	c->last = m;
	skb_mbuf(c->skb)->nb_segs++;
	return true;
}

int
ip_append_data(struct worker *w, struct ip4_cork *c, const void *from, uint32_t len)
{
	const uint8_t *bytes = from;

	if (len > c->room)
		return -EMSGSIZE;
	c->room -= len;
	while (len > 0) {
		uint32_t room = RTE_MIN(c->left, (uint32_t)rte_pktmbuf_tailroom(c->last));
		uint32_t n = RTE_MIN(len, room);

		if (n == 0) {
			if (!next_buffer(w, c))
				return -ENOBUFS;
			continue;
		}
		rte_memcpy(rte_pktmbuf_mtod_offset(c->last, void *, c->last->data_len), bytes, n);
		c->last->data_len = (uint16_t)(c->last->data_len + n);
		skb_mbuf(c->skb)->pkt_len += n;
		c->left -= n;
		bytes += n;
		len -= n;
	}
	return 0;
}

int
ip_push_pending_frames(struct worker *w, struct ip4_cork *c, const struct ip_out *o)
{
	struct sk_buff *skb = c->skb;

	c->skb = NULL;
	return ip_build_and_send_pkt(w, skb, o);
}

void
ip_flush_pending_frames(struct worker *w, struct ip4_cork *c)
{
	if (c->skb != NULL)
		kfree_skb_reason(w, c->skb, DROP_SKB_NO_MBUF);
	c->skb = NULL;
}
