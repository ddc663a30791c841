/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include "core/held.h"
#include "core/log.h"
#include "core/timer.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_queue);

#define ETHDEV_SPREAD_RING 2048

static bool forwarding = true;

/* Is the queue polled by worker slot now? */
static CTL_ONLY bool
is_polled_by(const struct ethdev_port *port, uint16_t queue, uint16_t slot)
{
	return forwarding && port->ctl->polled && port->ctl->admin_up && !port->ctl->paused &&
	       queue < port->ctl->n_rxq && port->rxq[queue].worker == slot;
}

/*
 * Lists must change when memory is short too: a port that is closed may not be polled. So every
 * worker has two, each with room for all the ports there can be (its pages come as they are used);
 * the one that is not published is written anew, after a grace period.
 */
static bool spare_read; /* a worker may still read its spare */

static CTL_ONLY struct ethdev_poll_list *
list_alloc(void)
{
	const size_t n_ports = RTE_MAX_ETHPORTS, n_rxq = n_ports * ETHDEV_QUEUES_MAX;
	struct ethdev_poll_list *l;

	l = calloc(1,
		   sizeof(*l) + 2 * n_rxq * sizeof(l->rxq[0]) + 2 * n_ports * sizeof(l->ports[0]));
	if (l == NULL)
		return NULL;
	l->rxq = (void *)(l + 1);
	l->queues = l->rxq + n_rxq;
	l->ports = (void *)(l->queues + n_rxq);
	l->spread = l->ports + n_ports;
	return l;
}

/* The port's queues that worker @p slot polls. */
static CTL_ONLY unsigned int
queues_polled_by(struct ethdev_port *port, uint16_t slot, struct ethdev_rxq *q[ETHDEV_QUEUES_MAX])
{
	unsigned int n = 0;

	for (uint16_t i = 0; i < port->ctl->n_rxq; i++)
		if (is_polled_by(port, i, slot))
			q[n++] = &port->rxq[i];
	return n;
}

/* A round has as many turns for each port, a burst each: a port with many queues, or with much to
 * tell, does not make another one wait. */
static CTL_ONLY void
list_fill(struct ethdev_poll_list *l, uint16_t slot)
{
	struct ethdev_rxq *q[ETHDEV_QUEUES_MAX];
	unsigned int turns = 0;

	l->n_rxq = l->n_queues = l->n_ports = l->n_spread = 0;
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next) {
		if (!p->ctl->started)
			continue;
		l->ports[l->n_ports++] = p;
		if (p->spread_ring[slot] != NULL)
			l->spread[l->n_spread++] = p;
		turns = RTE_MAX(turns, queues_polled_by(p, slot, q));
	}
	for (unsigned int t = 0; t < turns; t++)
		for (unsigned int i = 0; i < l->n_ports; i++) {
			unsigned int n = queues_polled_by(l->ports[i], slot, q);

			if (n > 0)
				l->rxq[l->n_rxq++] = q[t % n];
			if (t < n)
				l->queues[l->n_queues++] = q[t];
		}
}

/* Tell every worker what to poll. Returns when all have been told, not when all have looked. */
static CTL_ONLY void
publish_lists(void)
{
	if (spare_read)
		rcu_synchronize();
	for (uint16_t slot = 1; slot < n_workers; slot++) {
		struct ethdev_worker *ew = workers[slot]->tx;
		struct ethdev_poll_list *old = ew->list;

		list_fill(ew->spare, slot);
		rcu_assign_pointer(ew->list, ew->spare);
		ew->spare = old;
	}
	spare_read = true;
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		for (uint16_t q = 0; q < p->ctl->n_rxq; q++) {
			uint16_t slot = p->rxq[q].worker;

			ethdev_wake_follow(p, q, is_polled_by(p, q, slot) ? slot : 0);
		}
	for (uint16_t slot = 1; slot < n_workers; slot++)
		worker_wake(workers[slot]); /* its list may have a queue with frames */
}

/* Wait until every worker looks at what publish_lists() told it. */
static CTL_ONLY void
lists_settle(void)
{
	rcu_synchronize();
	spare_read = false;
}

/* The worker with the fewest queues, on the port's NUMA node if there is one. */
static CTL_ONLY uint16_t
choose_worker(const struct ethdev_port *port)
{
	unsigned int load[WORKER_MAX] = { 0 };
	uint16_t best = 1;

	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		for (uint16_t q = 0; q < p->ctl->n_rxq; q++)
			if (p->ctl->polled || p == port)
				load[p->rxq[q].worker]++;
	for (uint16_t i = 2; i < n_workers; i++) {
		bool near = workers[i]->socket == port->ctl->socket;
		bool best_near = workers[best]->socket == port->ctl->socket;

		if (port->ctl->socket >= 0 && near != best_near ? near : load[i] < load[best])
			best = i;
	}
	if (port->ctl->socket >= 0 && workers[best]->socket >= 0 &&
	    workers[best]->socket != port->ctl->socket)
		log_notice("port %s is on NUMA node %d, its worker %u on node %d: frames cross "
			   "sockets",
			   port->dev->name, port->ctl->socket, best, workers[best]->socket);
	return best;
}

/* Transmit queues in order: the owner of receive queue 0 first, then the other workers. */
static CTL_ONLY void
assign_tx_queues(struct ethdev_port *port)
{
	uint16_t first = port->rxq[0].worker, next = 0;

	port->ring_owner = port->dev->tx_owner = first;
	for (uint16_t i = 0; i < n_workers; i++) {
		struct ethdev_worker *ew = workers[i]->tx;

		ew->txq[port->port_id]->queue = ETHDEV_NO_QUEUE;
	}
	for (uint16_t k = 0; k + 1u < n_workers && next < port->ctl->n_txq; k++) {
		uint16_t slot = (uint16_t)(1 + (first - 1 + k) % (n_workers - 1));
		struct ethdev_worker *ew = workers[slot]->tx;

		ew->txq[port->port_id]->queue = next++;
	}
}

void
ethdev_poll_start(struct ethdev_port *port)
{
	for (uint16_t q = 0; q < port->ctl->n_rxq; q++)
		port->rxq[q].worker = 0;
	for (uint16_t q = 0; q < port->ctl->n_rxq; q++) {
		uint16_t want = port->ctl->pinned[q];

		port->rxq[q].port = port;
		port->rxq[q].queue = q;
		port->rxq[q].worker = want > 0 && want < n_workers ? want : choose_worker(port);
	}
	assign_tx_queues(port);
	port->ctl->polled = true;
	__atomic_store_n(&port->tx_on, true, __ATOMIC_RELEASE);
	publish_lists();
}

void
ethdev_poll_stop(struct ethdev_port *port)
{
	void *pkt;

	if (!port->ctl->polled)
		return;
	port->ctl->polled = false;
	__atomic_store_n(&port->tx_on, false, __ATOMIC_RELEASE);
	publish_lists();
	/* First grace period: nobody receives or starts to send. Second: every worker has made a
	 * whole round since, and has dropped what its buffer and the port's ring still held. */
	lists_settle();
	lists_settle();
	port->ctl->started = false;
	publish_lists();
	lists_settle();
	role_borrow_dp();
	while (rte_ring_sc_dequeue(port->ring, &pkt) == 0)
		kfree_mbuf_reason(worker_ctl(), pkt, port->dev, DROP_NETDEV_DOWN);
	for (uint16_t slot = 1; slot < n_workers && port->spread_ring[slot] != NULL; slot++)
		while (rte_ring_sc_dequeue(port->spread_ring[slot], &pkt) == 0)
			netif_rx_drop(worker_ctl(), port->dev, (struct rte_mbuf **)&pkt, 1,
				      DROP_NETDEV_DOWN);
}

/* What waits in the device came while the port was down. By the normal door, which is shut still:
 * the frames are counted as received and dropped. As many as fit the rings, no more: a device
 * that always has one would keep the control thread here. */
static CTL_ONLY void
drop_stale(struct ethdev_port *port)
{
	struct rte_mbuf *pkts[ETHDEV_BURST];

	role_borrow_dp();
	for (uint16_t q = 0; q < port->ctl->n_rxq; q++)
		for (unsigned int seen = 0; seen < port->ctl->n_rxd; seen += ETHDEV_BURST) {
			uint16_t n = rte_eth_rx_burst(port->port_id, q, pkts, ETHDEV_BURST);

			if (n == 0)
				break;
			netif_rx_burst(worker_ctl(), port->dev, pkts, n);
		}
}

void
ethdev_poll_admin(struct ethdev_port *port, bool up)
{
	if (up == port->ctl->admin_up)
		return;
	if (up && port->ctl->started)
		drop_stale(port);
	port->ctl->admin_up = up;
	publish_lists();
	if (!up)
		lists_settle(); /* nobody else may receive from these queues now */
}

/* --- changes that no frame may overtake --- */

#define PASS_MS 1000 /* preempted workers take their time; one that takes longer has stopped */

/* Wait until what is in the rings now has been taken out of them. */
static CTL_ONLY void
rings_pass(struct rte_ring *const *rings, unsigned int n)
{
	uint64_t deadline = clock_ms() + PASS_MS;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t end = __atomic_load_n(&rings[i]->prod.tail, __ATOMIC_ACQUIRE);

		while ((int32_t)(__atomic_load_n(&rings[i]->cons.tail, __ATOMIC_ACQUIRE) - end) <
			       0 &&
		       clock_ms() < deadline)
			usleep(5);
	}
}

/* No worker polls the queues in question any more: wait until every frame that came by them has
 * gone its way, through the rings between workers and those to the ports' owners. */
static CTL_ONLY void
frames_pass(struct ethdev_port *port)
{
	struct rte_ring *rings[RTE_MAX_ETHPORTS + WORKER_MAX];
	unsigned int n = 0;

	lists_settle();
	for (uint16_t slot = 1; slot < n_workers; slot++)
		if (port->spread_ring[slot] != NULL)
			rings[n++] = port->spread_ring[slot];
	if (n > 0) {
		rings_pass(rings, n);
		rcu_synchronize(); /* taken out, and processed */
	}
	n = 0;
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		if (p->ctl->started && !rte_ring_empty(p->ring))
			rings[n++] = p->ring;
	if (n > 0) {
		rings_pass(rings, n);
		rcu_synchronize();
	}
}

int
ethdev_move_rxq(struct ethdev_port *port, uint16_t queue, uint16_t slot)
{
	if (queue >= port->ctl->n_rxq || slot == 0 || slot >= n_workers)
		return -EINVAL;
	port->ctl->pinned[queue] = slot;
	if (!port->ctl->polled || port->rxq[queue].worker == slot)
		return 0;
	/* The old worker lets go before the new one looks; frames wait in the queue meanwhile. */
	port->rxq[queue].worker = 0;
	publish_lists();
	frames_pass(port);
	port->rxq[queue].worker = slot;
	publish_lists();
	return 0;
}

static CTL_ONLY int
make_spread_rings(struct ethdev_port *port)
{
	static unsigned int serial;
	char name[RTE_RING_NAMESIZE];

	for (uint16_t slot = 1; slot < n_workers; slot++) {
		if (port->spread_ring[slot] != NULL)
			continue;
		snprintf(name, sizeof(name), "spread%u", serial++);
		port->spread_ring[slot] = rte_ring_create(name, ETHDEV_SPREAD_RING,
							  workers[slot]->socket, RING_F_SC_DEQ);
		if (port->spread_ring[slot] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int
ethdev_set_spread(struct ethdev_port *port, enum ethdev_spread how)
{
	int rc = how != ETHDEV_SPREAD_OFF ? make_spread_rings(port) : 0;

	if (rc < 0)
		return rc;
	port->ctl->conf.spread = how;
	if (how == port->spread)
		return 0;
	port->ctl->paused = true;
	publish_lists();
	frames_pass(port);
	port->spread = how;
	port->ctl->paused = false;
	publish_lists();
	return 0;
}

void
ethdev_forwarding(bool on)
{
	forwarding = on;
	publish_lists();
	if (!on)
		lists_settle();
}

bool
ethdev_forwarding_on(void)
{
	return forwarding;
}

unsigned int
ethdev_held(void)
{
	unsigned int held = 0;

	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next) {
		held += rte_ring_count(p->ring);
		for (unsigned int i = 0; i < n_workers; i++) {
			struct ethdev_worker *ew = workers[i]->tx;

			held += ew->txq[p->port_id]->n;
		}
	}
	return held;
}

int
ethdev_init(void)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		struct ethdev_worker *ew = calloc(1, sizeof(*ew));

		workers[i]->tx = ew;
		if (ew == NULL)
			return -ENOMEM;
		ew->list = list_alloc();
		ew->spare = list_alloc();
		if (ew->list == NULL || ew->spare == NULL)
			return -ENOMEM;
	}
	ethdev_link_init();
	ethdev_watchdog_init();
	held_register("ports", ethdev_held);
	publish_lists();
	return 0;
}

void
ethdev_fini(void)
{
	struct ethdev_port *port, *next;

	for (port = ethdev_first(); port != NULL; port = next) {
		next = port->ctl->next;
		ethdev_detach(port);
	}
	ethdev_link_fini();
	ethdev_watchdog_fini();
	ethdev_pools_stop();
	for (unsigned int i = 0; i < n_workers; i++) {
		struct ethdev_worker *ew = workers[i]->tx;

		if (ew == NULL)
			continue;
		for (unsigned int p = 0; p <= ETHDEV_GONE; p++)
			free(ew->txq[p]);
		free(ew->list);
		free(ew->spare);
		free(ew);
		workers[i]->tx = NULL;
	}
}
