/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame that is only explained: the worker that carries it, and the listener in its ear. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "core/explain.h"
#include "core/msg.h"
#include "netdev/netdev_explain.h"
#include "netdev/netdev_priv.h"

#define ROUNDS 8 /* times that a packet may come in again by a device inside the router */

struct listener {
	struct explain explain;
	void (*fn)(const struct netdev_explained *x, void *arg);
	void *arg;
};

static void
tell(struct explain *e, const struct worker *w, struct netdev_explained x)
{
	struct listener *l = container_of(e, struct listener, explain);

	x.stage = w->stage;
	l->fn(&x, l->arg);
}

static void
on_note(struct explain *e, const struct worker *w, const char *text)
{
	tell(e, w, (struct netdev_explained){ .kind = EXPLAINED_NOTE, .text = text });
}

static void
on_drop(struct explain *e, const struct worker *w, enum drop_reason why)
{
	tell(e, w, (struct netdev_explained){ .kind = EXPLAINED_DROP, .why = why });
}

static void
on_msg(struct explain *e, struct worker *w, struct ctl_msg *msg, const char *what)
{
	role_enter_dp();
	tell(e, w, (struct netdev_explained){ .kind = EXPLAINED_TOLD, .text = what });
	if (msg->pkt != NULL)
		consume_skb(w, msg->pkt);
}

static void
on_xmit(struct explain *e, struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
	uint16_t n)
{
	uint8_t copy[NETDEV_EXPLAIN_MAX];

	for (uint16_t i = 0; i < n; i++) {
		uint32_t len = RTE_MIN(pkts[i]->pkt_len, (uint32_t)sizeof(copy));

		tell(e, w,
		     (struct netdev_explained){ .kind = EXPLAINED_SENT,
						.dev = dev,
						.frame = rte_pktmbuf_read(pkts[i], 0, len, copy),
						.len = len });
		skb_buffer_reclaim(pkts[i]);
	}
}

/* Slot WORKER_MAX: its counters are in no sum, and what it has is made anew each time. */
static struct worker *
looker_on(struct explain *e) CTL_ONLY
{
	struct worker *w = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*w));

	if (w == NULL)
		return NULL;
	memset(w, 0, sizeof(*w));
	w->id = WORKER_MAX;
	w->lcore = worker_ctl()->lcore;
	w->socket = worker_ctl()->socket;
	w->pool = worker_ctl()->pool;
	w->now = rte_rdtsc();
	w->rand = w->now;
	w->wake_fd = w->epoll_fd = -1;
	w->explain = e;
	return w;
}

static struct rte_mbuf *
buffer_of(struct worker *w, const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	char *p = m != NULL ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (p != NULL)
		memcpy(p, frame, len);
	else if (m != NULL)
		skb_buffer_reclaim(m);
	return p != NULL ? m : NULL;
}

int
netdev_explain(struct net_device *dev, const uint8_t *frame, uint32_t len,
	       void (*fn)(const struct netdev_explained *x, void *arg), void *arg)
{
	struct listener l = { { on_note, on_drop, on_msg, on_xmit }, fn, arg };
	struct rte_mbuf *m = NULL;
	struct worker *w;

	role_borrow_dp();
	if (len < RTE_ETHER_HDR_LEN || len > NETDEV_EXPLAIN_MAX)
		return -EINVAL;
	w = looker_on(&l.explain);
	if (w != NULL)
		m = buffer_of(w, frame, len);
	if (m == NULL) {
		free(w);
		return -ENOMEM;
	}
	w->stage = STAGE_RX;
	if (netif_running(dev))
		netif_receive_burst(w, dev, &m, 1);
	else
		kfree_mbuf_reason(w, m, dev, DROP_NETDEV_DOWN);
	for (unsigned int i = 0; i < ROUNDS && netif_backlog_run(w) > 0; i++)
		;
	skb_queue_purge(w, &netif_backlog[w->id], DROP_NETDEV_LOOP);
	free(w);
	return 0;
}
