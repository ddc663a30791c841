/* SPDX-License-Identifier: BSD-3-Clause */
/* Copy on write of a packet's head. */
#include <string.h>
#include "skb/skb_priv.h"

/* A new head in front of the old packet's rest: the first @p take bytes are copied into it. */
static struct sk_buff *
new_head(struct worker *w, struct sk_buff *skb, uint16_t off, uint32_t take)
{
	struct rte_mbuf *m = skb_mbuf(skb), *n = rte_pktmbuf_alloc(w->pool);
	uint16_t keep = m->data_off - skb_lowest_header(skb);
	struct sk_buff *c;

	if (n == NULL)
		return NULL;
	c = skb_of(n);
	*c = *skb;
	c->flags &= ~SKB_F_TAIL_USED;
	skb_shift_headers(c, off - m->data_off);
	skb_copy_meta(n, m);
	n->data_off = off;
	n->data_len = (uint16_t)take;
	n->pkt_len = m->pkt_len;
	memcpy((uint8_t *)n->buf_addr + off - keep, skb_data(skb) - keep, keep);
	skb_copy_bits(skb, 0, skb_data(c), take);
	n->next = skb_chain_eat(m, take);
	for (m = n->next; m != NULL; m = m->next)
		n->nb_segs++;
	return c;
}

struct sk_buff *
skb_cow_head(struct worker *w, struct sk_buff *skb, uint16_t headroom, uint16_t len)
{
	struct rte_mbuf *m = skb_mbuf(skb);
	uint32_t room = rte_pktmbuf_data_room_size(w->pool), take;
	uint16_t off;

	if (len > m->pkt_len)
		return NULL;
	if (!skb_cloned(skb)) {
		if (likely(m->data_len >= len && m->data_off >= headroom))
			return skb;
		if (m->data_off < headroom && !skb_move_head(skb, headroom))
			goto replace;
		if (pskb_may_pull(skb, len) && m->data_off >= headroom)
			return skb;
	} else if (skb_unshare_head(skb, headroom, len) && pskb_may_pull(skb, len)) {
		return skb;
	}
replace:
	off = RTE_MAX(headroom, (uint16_t)(m->data_off - skb_lowest_header(skb)));
	if ((uint32_t)off + len > room)
		return NULL;
	/* The whole first segment where it fits, so that a linear packet stays linear. */
	take = RTE_MAX(len, m->data_len);
	if (off + take > room)
		take = len;
	return new_head(w, skb, off, take);
}
