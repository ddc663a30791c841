/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethdev/ethdev_dp.h"
#include <string.h>
#include <rte_cycles.h>
#include "ip4/ip4_defrag_dp.h"
#include "netdev/netdev_class_dp.h"
#include "sched/sched_dp.h"

/* Drop what the PMD did not take, newest last: the caller chose to give up on them. */
static DP_ONLY void
drop_frames(struct worker *w, struct ethdev_port *port, struct rte_mbuf **pkts, unsigned int n,
	    enum drop_reason why)
{
	for (unsigned int i = 0; i < n; i++)
		kfree_mbuf_reason(w, pkts[i], port->dev, why);
}

/* Chained frames for a PMD that takes none: send a linear copy of each. */
static DP_ONLY unsigned int
linearize(struct worker *w, struct ethdev_port *port, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct sk_buff *skb, *flat;

		if (pkts[i]->nb_segs == 1) {
			pkts[kept++] = pkts[i];
			continue;
		}
		skb = skb_init(pkts[i], port->dev);
		flat = skb_copy(w, skb);
		if (flat != NULL && skb_mbuf(flat)->nb_segs == 1) {
			pkts[kept++] = skb_mbuf(flat);
			consume_skb(w, skb);
			continue;
		}
		if (flat != NULL) /* longer than one buffer of the pool */
			kfree_skb_reason(w, flat, DROP_NETDEV_TX_OVERSIZE);
		kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
	}
	return kept;
}

/* What the frames of a burst have in common: one walk, before they are another's. */
struct burst {
	uint64_t bytes;
	uint32_t segs; /* OR of the numbers of segments */
};

static inline struct burst
look_over(struct rte_mbuf **pkts, unsigned int n)
{
	struct burst b = { 0, 0 };

	for (unsigned int i = 0; i < n; i++) {
		b.bytes += pkts[i]->pkt_len;
		b.segs |= pkts[i]->nb_segs;
	}
	return b;
}

/* Give frames of @p bytes together to the PMD; counts and returns how many it took. */
static DP_ONLY unsigned int
send_burst(struct worker *w, struct ethdev_port *port, uint16_t queue, struct rte_mbuf **pkts,
	   unsigned int n, uint64_t bytes)
{
	struct netdev_stats *st = netdev_stats(w, port->dev);
	unsigned int sent = rte_eth_tx_burst(port->port_id, queue, pkts, (uint16_t)n);

	for (unsigned int i = sent; i < n; i++)
		bytes -= pkts[i]->pkt_len;
	st->tx_packets += sent;
	st->tx_bytes += bytes;
	counter_add(w, &skb_counters, SKB_CNT_TX, sent);
	return sent;
}

/* Give up on all that waits. */
static DP_ONLY void
drop_buffer(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q, enum drop_reason why)
{
	drop_frames(w, port, q->buf, q->n, why);
	q->n = q->n_ctl = 0;
	q->congested = false;
	q->stuck = 0;
}

/* The PMD took @p sent frames of more: the rest waits, until the PMD has taken nothing for a
 * second. Returns whether anything moved. */
static DP_ONLY bool
hold_rest(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q, unsigned int sent)
{
	ethdev_txq_left(q, sent);
	if (sent > 0) {
		q->stuck = 0;
		return true;
	}
	if (q->stuck == 0)
		q->stuck = w->now;
	if (w->now - q->stuck <= rte_get_tsc_hz())
		return false;
	drop_buffer(w, port, q, DROP_NETDEV_TX_FULL);
	q->timeouts++;
	return true;
}

/* Send what waits in the buffer. Returns whether anything moved. */
static DP_ONLY bool
flush(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q)
{
	unsigned int sent;

	if (unlikely(!__atomic_load_n(&port->tx_on, __ATOMIC_RELAXED))) {
		drop_buffer(w, port, q, DROP_NETDEV_DOWN);
		return true;
	}
	sent = send_burst(w, port, q->queue, q->buf, q->n, look_over(q->buf, q->n).bytes);
	if (unlikely(sent < q->n))
		return hold_rest(w, port, q, sent);
	q->n = q->n_ctl = 0;
	q->congested = false;
	q->stuck = 0;
	return true;
}

/* Frames for a port that does not take what it has: control class first, to the last place. */
static DP_ONLY void
buffer_by_class(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q,
		struct rte_mbuf **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *loser = ethdev_txq_insert(q, pkts[i]);

		if (loser != NULL)
			kfree_mbuf_reason(w, loser, port->dev, DROP_NETDEV_TX_FULL);
	}
}

/* Keep frames for later, or drop those that find the buffer full even after a flush. */
static DP_ONLY void
buffer_frames(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q,
	      struct rte_mbuf **pkts, unsigned int n)
{
	if (unlikely(q->congested) && q->n + n > ETHDEV_TX_BUF)
		flush(w, port, q);
	while (likely(!q->congested)) {
		unsigned int k = RTE_MIN(n, (unsigned int)(ETHDEV_TX_BUF - q->n));

		memcpy(q->buf + q->n, pkts, k * sizeof(pkts[0]));
		q->n = (uint16_t)(q->n + k);
		pkts += k;
		n -= k;
		if (n == 0)
			return;
		flush(w, port, q);
	}
	buffer_by_class(w, port, q, pkts, n);
}

/* Frames for a port that has no queue of this thread's: by the ring of the owner of queue 0. */
static DP_ONLY void
hand_over(struct worker *w, struct ethdev_port *port, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int done = netdev_hand_over(port->ring, ETHDEV_RING_SPARE, pkts, n);

	drop_frames(w, port, pkts + done, n - done, DROP_NETDEV_TX_FULL);
	worker_wake(workers[port->ring_owner]);
}

/* Frames that other threads left for a port whose queue this worker owns. */
static DP_ONLY unsigned int
drain_ring(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q)
{
	struct rte_mbuf *pkts[ETHDEV_BURST];
	unsigned int n = rte_ring_sc_dequeue_burst(port->ring, (void **)pkts, ETHDEV_BURST, NULL);

	if (n > 0)
		buffer_frames(w, port, q, pkts, n);
	return n;
}

static bool
has_ring_frames(const struct worker *w, const struct ethdev_port *port)
{
	return port->ring_owner == w->id && !rte_ring_empty(port->ring);
}

static DP_ONLY void
xmit_linear(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	    uint64_t bytes)
{
	struct ethdev_port *port = dev->priv_dp;
	struct ethdev_worker *ew = w->tx;
	struct ethdev_txq *q = ew->txq[port->port_id];

	if (unlikely(!__atomic_load_n(&port->tx_on, __ATOMIC_RELAXED))) {
		drop_frames(w, port, pkts, n, DROP_NETDEV_DOWN);
		return;
	}
	if (unlikely(q->queue == ETHDEV_NO_QUEUE)) {
		hand_over(w, port, pkts, n);
		return;
	}
	/* What another thread sent before it let this one send by itself stays ahead: packets that
	 * waited for a neighbour, of those that follow them. */
	if (unlikely(has_ring_frames(w, port)))
		for (int left = (int)rte_ring_count(port->ring); left > 0; left -= ETHDEV_BURST)
			drain_ring(w, port, q);
	if (q->n == 0 && n >= ETHDEV_BURST / 2) { /* a full burst leaves without being copied */
		enum stage from = stage_enter(w, STAGE_TX, n);
		unsigned int sent = send_burst(w, port, q->queue, pkts, n, bytes);

		pkts += sent;
		n = (uint16_t)(n - sent);
		q->congested = n > 0;
		stage_leave(w, from);
	}
	if (n > 0)
		buffer_frames(w, port, q, pkts, n);
}

static DP_ONLY void
xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct ethdev_port *port = dev->priv_dp;
	struct burst b = look_over(pkts, n);

	if (unlikely(b.segs > 1 && !(dev->features & NETIF_F_SG))) {
		n = (uint16_t)linearize(w, port, pkts, n);
		b = look_over(pkts, n);
	}
	xmit_linear(w, dev, pkts, n, b.bytes); /* of segments no more is asked */
}

/* Room for one burst, and only while the device takes all: what waits here waits in no order. */
static uint16_t
tx_room(struct worker *w, const struct net_device *dev)
{
	const struct ethdev_port *port = dev->priv_dp;
	const struct ethdev_worker *ew = w->tx;
	const struct ethdev_txq *q = ew->txq[port->port_id];
	unsigned int n = q->n, room = ETHDEV_BURST;

	if (unlikely(q->queue == ETHDEV_NO_QUEUE)) {
		n = ETHDEV_RING_SPARE; /* which is not for everybody */
		room = rte_ring_free_count(port->ring);
	}
	return q->congested || n >= room ? 0 : (uint16_t)(room - n);
}

const struct net_device_ops_dp ethdev_ops_dp = {
	.xmit = xmit,
	.xmit_linear = xmit_linear,
	.tx_room = tx_room,
};

static DP_ONLY unsigned int
tx_round(struct worker *w, const struct ethdev_poll_list *list)
{
	struct ethdev_worker *ew = w->tx;
	unsigned int work = 0;

	for (unsigned int i = 0; i < list->n_ports; i++) {
		struct ethdev_port *port = list->ports[i];
		struct ethdev_txq *q = ew->txq[port->port_id];

		if (has_ring_frames(w, port))
			work += drain_ring(w, port, q);
		if (q->n > 0) {
			enum stage from = stage_enter(w, STAGE_TX, q->n);

			work += flush(w, port, q);
			stage_leave(w, from);
		}
	}
	return work;
}

unsigned int
ethdev_poll(struct worker *w)
{
	struct ethdev_worker *ew = w->tx;
	const struct ethdev_poll_list *list = rcu_dereference(ew->list);
	struct rte_mbuf *pkts[ETHDEV_BURST];
	unsigned int total = 0;

	w->polls++;
	for (unsigned int i = 0; i < list->n_rxq; i++) {
		struct ethdev_rxq *q = list->rxq[i];
		uint16_t n;

		/* The clock that has run since the last switch was this poll's, if it finds
		 * anything; an empty poll is idle time and costs no reading of the clock. */
		w->stage = STAGE_RX;
		n = rte_eth_rx_burst(q->port->port_id, q->queue, pkts, ETHDEV_BURST);
		if (n == 0) {
			w->stage = STAGE_IDLE;
			continue;
		}
		stage_count(w, STAGE_RX, n);
		q->packets += n;
		q->full_bursts += n == ETHDEV_BURST;
		total += n;
		if (unlikely(q->port->spread != ETHDEV_SPREAD_OFF))
			ethdev_spread_burst(w, q->port, pkts, n);
		else
			netif_rx_burst(w, q->port->dev, pkts, n);
		stage_switch(w, STAGE_IDLE);
	}
	w->round_rx = total;
	for (unsigned int i = 0; i < list->n_spread; i++)
		total += ethdev_spread_drain(w, list->spread[i]);
	total += netif_backlog_run(w);
	total += ip4_defrag_poll(w);
	total += sched_poll(w);
	total += tx_round(w, list);
	return total;
}
