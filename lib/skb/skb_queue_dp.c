/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of packets, bounded in packets and bytes. */
#include "skb/skb_dp.h"

void
skb_queue_head_init(struct sk_buff_head *q, uint32_t max_len, uint32_t max_bytes)
{
	*q = (struct sk_buff_head){ .max_len = max_len, .max_bytes = max_bytes };
}

int
skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	uint32_t len = skb_len(skb);

	if ((q->max_len != 0 && q->qlen >= q->max_len) ||
	    (q->max_bytes != 0 && (len > q->max_bytes || q->bytes > q->max_bytes - len))) {
		q->drops++;
		return -ENOBUFS;
	}
	skb->next = NULL;
	if (q->last != NULL)
		q->last->next = skb;
	else
		q->first = skb;
	q->last = skb;
	q->qlen++;
	q->bytes += len;
	return 0;
}

struct sk_buff *
skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb = q->first;

	if (skb == NULL)
		return NULL;
	q->first = skb->next;
	if (q->first == NULL)
		q->last = NULL;
	skb->next = NULL;
	q->qlen--;
	/* A packet that was cut or grown while it waited: never below zero. */
	q->bytes -= RTE_MIN(q->bytes, skb_len(skb));
	if (q->first == NULL)
		q->bytes = 0;
	return skb;
}

void
skb_queue_purge(struct worker *w, struct sk_buff_head *q, enum drop_reason why)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(q)) != NULL)
		kfree_skb_reason(w, skb, why);
}
