/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a packet: pools, allocation, the one door out, second packets of the same data. */
#include <string.h>
#include <rte_eal.h>
#include <rte_mbuf_pool_ops.h>
#include "core/explain.h"
#include "skb/skb_priv.h"

static const char *const cnt_names[] = {
	[SKB_CNT_RX] = "rx",
	[SKB_CNT_ORIGINATED] = "originated",
	[SKB_CNT_TX] = "tx",
	[SKB_CNT_CONSUMED] = "consumed",
};
_Static_assert(RTE_DIM(cnt_names) == SKB_CNT_MAX, "one name for each counter");

struct counter_block skb_counters = { .name = "skb", .names = cnt_names, .n = SKB_CNT_MAX };
void (*skb_drop_hook)(struct worker *w, struct net_device *dev, enum drop_reason why, uint32_t n);

int
skb_counters_init(void)
{
	return counter_register(&skb_counters);
}

/*
 * As rte_pktmbuf_pool_create(), but dense where addresses on the bus are virtual ones: no buffer
 * has to stay within a page then. With pages of 4 KiB that would be one buffer a page; and
 * net_af_xdp takes a pool for so many bytes as its buffers have: what lies further up it can not
 * send.
 */
struct rte_mempool *
skb_pool_create(const char *name, unsigned int n, uint16_t data_room, int socket)
{
	/* A per-lcore cache may not exceed n / 1.5 (rte_mempool_create). The view fills whole cache
	 * lines, so that a frame begins with one. */
	unsigned int cache = RTE_MIN(256u, n / 2);
	uint16_t view = RTE_ALIGN(sizeof(struct sk_buff), RTE_CACHE_LINE_SIZE);
	struct rte_pktmbuf_pool_private priv = { .mbuf_data_room_size = data_room,
						 .mbuf_priv_size = view };
	struct rte_mempool *mp;

	mp = rte_mempool_create_empty(
		name, n, (unsigned int)sizeof(struct rte_mbuf) + view + data_room, cache,
		sizeof(priv), socket,
		rte_eal_iova_mode() == RTE_IOVA_VA ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0);
	if (mp == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(mp, rte_mbuf_best_mempool_ops(), NULL) < 0)
		goto err;
	rte_pktmbuf_pool_init(mp, &priv);
	if (rte_mempool_populate_default(mp) < 0)
		goto err;
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;

err:
	rte_mempool_free(mp);
	return NULL;
}

struct sk_buff *
alloc_skb(struct worker *w, uint16_t headroom)
{
	struct rte_mbuf *m;

	if (headroom > rte_pktmbuf_data_room_size(w->pool))
		return NULL;
	m = rte_pktmbuf_alloc(w->pool);
	if (m == NULL)
		return NULL;
	m->data_off = headroom;
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	return skb_init(m, NULL);
}

void
skb_buffer_reclaim(struct rte_mbuf *m)
{
	rte_pktmbuf_free(m);
}

void
kfree_mbuf_reason(struct worker *w, struct rte_mbuf *m, struct net_device *dev,
		  enum drop_reason why)
{
	counter_inc(w, &drop_counters, why);
	if (explaining(w))
		w->explain->drop(w->explain, w, why);
	if (dev != NULL && skb_drop_hook != NULL)
		skb_drop_hook(w, dev, why, 1);
	rte_pktmbuf_free(m);
}

/* Has nobody else any of them, does nothing hang on them, are they all of one pool? Then they are
 * given back as drivers with "fast free" do it, without a look at their second cache lines. */
static inline bool
are_plain(struct rte_mbuf **m, uint16_t n)
{
	const struct rte_mempool *pool = m[0]->pool;
	uint64_t flags = 0;
	uintptr_t odd = 0;

	for (uint16_t i = 0; i < n; i++) {
		odd |= (uintptr_t)m[i]->pool ^ (uintptr_t)pool;
		odd |= (rte_mbuf_refcnt_read(m[i]) ^ 1u) | (m[i]->nb_segs ^ 1u);
		flags |= m[i]->ol_flags;
	}
	return odd == 0 && !(flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL));
}

void
kfree_mbufs_reason(struct worker *w, struct rte_mbuf **m, uint16_t n, struct net_device *dev,
		   enum drop_reason why)
{
	counter_add(w, &drop_counters, why, n);
	if (dev != NULL && skb_drop_hook != NULL)
		skb_drop_hook(w, dev, why, n);
	if (likely(are_plain(m, n)))
		rte_mempool_put_bulk(m[0]->pool, (void **)m, n);
	else
		rte_pktmbuf_free_bulk(m, n);
}

void
kfree_skb_reason(struct worker *w, struct sk_buff *skb, enum drop_reason why)
{
	kfree_mbuf_reason(w, skb_mbuf(skb), skb->dev, why);
}

void
kfree_vec_reason(struct worker *w, struct skb_vec *vec, enum drop_reason why)
{
	for (uint16_t i = 0; i < vec->n; i++)
		kfree_skb_reason(w, vec->v[i], why);
	vec->n = 0;
}

void
consume_skb(struct worker *w, struct sk_buff *skb)
{
	counter_inc(w, &skb_counters, SKB_CNT_CONSUMED);
	rte_pktmbuf_free(skb_mbuf(skb));
}

struct sk_buff *
skb_clone(struct worker *w, struct sk_buff *skb)
{
	/* An indirect mbuf shares the data; its private area, and so the view, is its own. */
	struct rte_mbuf *m = rte_pktmbuf_clone(skb_mbuf(skb), w->pool);
	struct sk_buff *c;

	if (m == NULL)
		return NULL;
	c = skb_of(m);
	*c = *skb;
	c->next = NULL;
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	return c;
}

uint16_t
skb_lowest_header(const struct sk_buff *skb)
{
	uint16_t lo = skb_mbuf(skb)->data_off;

	/* SKB_UNSET is larger than any offset. */
	lo = RTE_MIN(lo, skb->mac_header);
	lo = RTE_MIN(lo, skb->network_header);
	return RTE_MIN(lo, skb->transport_header);
}

static void
shift_header(uint16_t *off, int delta)
{
	if (*off != SKB_UNSET)
		*off = (uint16_t)(*off + delta);
}

void
skb_shift_headers(struct sk_buff *skb, int delta)
{
	shift_header(&skb->mac_header, delta);
	shift_header(&skb->network_header, delta);
	shift_header(&skb->transport_header, delta);
}

void
skb_copy_meta(struct rte_mbuf *to, const struct rte_mbuf *from)
{
	to->port = from->port;
	to->ol_flags = from->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
	to->packet_type = from->packet_type;
	to->vlan_tci = from->vlan_tci;
	to->vlan_tci_outer = from->vlan_tci_outer;
	to->hash = from->hash;
	to->tx_offload = from->tx_offload;
	rte_mbuf_dynfield_copy(to, from);
}

/* A new head with the headers in front of the data and the first bytes of the data: as many as fit,
 * at most @p want. NULL: no mbuf, or the headers alone do not fit. */
static struct sk_buff *
copy_head(struct worker *w, const struct sk_buff *skb, uint32_t want)
{
	const struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t keep = m->data_off - skb_lowest_header(skb), off = m->data_off;
	uint16_t room = rte_pktmbuf_data_room_size(w->pool);
	struct rte_mbuf *n;
	struct sk_buff *c;

	if (off >= room || (uint32_t)(room - off) < RTE_MIN(want, (uint32_t)m->data_len))
		off = keep; /* another pool's smaller buffers: give up the spare headroom */
	if (off > room)
		return NULL;
	n = rte_pktmbuf_alloc(w->pool);
	if (n == NULL)
		return NULL;
	c = skb_of(n);
	*c = *skb;
	c->next = NULL;
	c->flags &= ~SKB_F_TAIL_USED;
	skb_shift_headers(c, off - m->data_off);
	skb_copy_meta(n, m);
	n->data_off = off;
	n->data_len = (uint16_t)RTE_MIN(want, (uint32_t)(room - off));
	n->pkt_len = n->data_len;
	memcpy((uint8_t *)n->buf_addr + off - keep, skb_data(skb) - keep, keep);
	skb_copy_bits(skb, 0, skb_data(c), n->data_len);
	return c;
}

/* Append copies of the bytes from @p off on. false: no mbuf left; what was appended stays. */
static bool
copy_rest(struct worker *w, struct sk_buff *c, const struct sk_buff *skb, uint32_t off)
{
	struct rte_mbuf *head = skb_mbuf(c), *last = rte_pktmbuf_lastseg(head), *n;
	uint32_t len = skb_len(skb);

	while (off < len) {
		n = rte_pktmbuf_alloc(w->pool);
		if (n == NULL)
			return false;
		n->data_off = 0;
		n->data_len = (uint16_t)RTE_MIN(len - off, (uint32_t)n->buf_len);
		skb_copy_bits(skb, off, rte_pktmbuf_mtod(n, void *), n->data_len);
		off += n->data_len;
		last->next = n;
		last = n;
		head->nb_segs++;
		head->pkt_len += n->data_len;
	}
	return true;
}

struct sk_buff *
skb_copy(struct worker *w, const struct sk_buff *skb)
{
	struct sk_buff *c = copy_head(w, skb, skb_len(skb));

	if (c == NULL)
		return NULL;
	if (!copy_rest(w, c, skb, skb_len(c))) {
		rte_pktmbuf_free(skb_mbuf(c)); /* half a copy: never was a packet */
		return NULL;
	}
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	return c;
}

struct sk_buff *
pskb_copy(struct worker *w, struct sk_buff *skb, uint16_t len)
{
	uint32_t want = RTE_MIN((uint32_t)len, skb_len(skb));
	struct sk_buff *c = copy_head(w, skb, want);
	struct rte_mbuf *head, *rest;

	if (c == NULL)
		return NULL;
	head = skb_mbuf(c);
	if (head->data_len < want)
		goto undo_head; /* does not fit a buffer of this pool */
	if (want < skb_len(skb)) {
		rest = rte_pktmbuf_clone(skb_mbuf(skb), w->pool);
		if (rest == NULL)
			goto undo_head;
		rest = skb_chain_eat(rest, want);
		head->next = rest;
		head->pkt_len = skb_len(skb);
		for (; rest != NULL; rest = rest->next)
			head->nb_segs++;
	}
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	return c;
undo_head:
	rte_pktmbuf_free(head);
	return NULL;
}
