/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethdev/ethdev_dp.h"
#include <string.h>
#include <rte_cycles.h>
#include "ip4/ip4_defrag_dp.h"

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

/* Send what waits in the buffer; what the PMD refuses stays for the next round, and is given up
 * when the PMD has taken nothing for a second. Returns whether anything moved. */
static DP_ONLY bool
flush(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q)
{
	unsigned int sent;

	if (unlikely(!__atomic_load_n(&port->tx_on, __ATOMIC_RELAXED))) {
		drop_frames(w, port, q->buf, q->n, DROP_NETDEV_DOWN);
		q->n = 0;
		q->stuck = 0;
		return true;
	}
	sent = send_burst(w, port, q->queue, q->buf, q->n, look_over(q->buf, q->n).bytes);
	if (unlikely(sent == 0)) {
		if (q->stuck == 0)
			q->stuck = w->now;
		if (w->now - q->stuck <= rte_get_tsc_hz())
			return false;
		drop_frames(w, port, q->buf, q->n, DROP_NETDEV_TX_FULL);
		sent = q->n;
	}
	q->stuck = 0;
	q->n = (uint16_t)(q->n - sent);
	if (q->n > 0)
		memmove(q->buf, q->buf + sent, q->n * sizeof(q->buf[0]));
	return true;
}

/* Keep frames for later, or drop those that find the buffer full even after a flush. */
static DP_ONLY void
buffer_frames(struct worker *w, struct ethdev_port *port, struct ethdev_txq *q,
	      struct rte_mbuf **pkts, unsigned int n)
{
	while (n > 0) {
		unsigned int k = RTE_MIN(n, (unsigned int)(ETHDEV_TX_BUF - q->n));

		memcpy(q->buf + q->n, pkts, k * sizeof(pkts[0]));
		q->n = (uint16_t)(q->n + k);
		pkts += k;
		n -= k;
		if (n == 0)
			return;
		flush(w, port, q);
		if (q->n == ETHDEV_TX_BUF)
			break;
	}
	drop_frames(w, port, pkts, n, DROP_NETDEV_TX_FULL);
}

static DP_ONLY void
xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	struct ethdev_port *port = dev->priv_dp;
	struct ethdev_worker *ew = w->tx;
	struct ethdev_txq *q = ew->txq[port->port_id];
	struct burst b = look_over(pkts, n);

	if (unlikely(b.segs > 1 && !port->tx_multi_segs)) {
		n = (uint16_t)linearize(w, port, pkts, n);
		b = look_over(pkts, n);
	}
	if (unlikely(!__atomic_load_n(&port->tx_on, __ATOMIC_RELAXED))) {
		drop_frames(w, port, pkts, n, DROP_NETDEV_DOWN);
		return;
	}
	if (unlikely(q->queue == ETHDEV_NO_QUEUE)) {
		unsigned int done = rte_ring_mp_enqueue_burst(port->ring, (void **)pkts, n, NULL);

		drop_frames(w, port, pkts + done, n - done, DROP_NETDEV_TX_FULL);
		return;
	}
	if (q->n == 0 && n >= ETHDEV_BURST / 2) { /* a full burst leaves without being copied */
		enum stage from = stage_enter(w, STAGE_TX, n);
		unsigned int sent = send_burst(w, port, q->queue, pkts, n, b.bytes);

		pkts += sent;
		n = (uint16_t)(n - sent);
		stage_leave(w, from);
	}
	if (n > 0)
		buffer_frames(w, port, q, pkts, n);
}

const struct net_device_ops_dp ethdev_ops_dp = { .xmit = xmit };

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

static DP_ONLY unsigned int
tx_round(struct worker *w, const struct ethdev_poll_list *list)
{
	struct ethdev_worker *ew = w->tx;
	unsigned int work = 0;

	for (unsigned int i = 0; i < list->n_ports; i++) {
		struct ethdev_port *port = list->ports[i];
		struct ethdev_txq *q = ew->txq[port->port_id];

		if (port->ring_owner == w->id && !rte_ring_empty(port->ring))
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
#ifdef POLLUX_STAGE_STATS
		w->stages[STAGE_RX].calls++;
		w->stages[STAGE_RX].packets += n;
#endif
		q->packets += n;
		q->full_bursts += n == ETHDEV_BURST;
		total += n;
		netif_rx_burst(w, q->port->dev, pkts, n);
		stage_switch(w, STAGE_IDLE);
	}
	total += netif_backlog_run(w);
	total += ip4_defrag_poll(w);
	total += tx_round(w, list);
	return total;
}
