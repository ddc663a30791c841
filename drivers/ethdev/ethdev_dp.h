/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ETHDEV_DP_H
#define ETHDEV_DP_H
/**
 * @file
 * DPDK ports on the workers: which receive queues a worker polls, and how frames leave.
 *
 * Every transmit queue has one owner, fixed when the port starts. A thread that owns none of a
 * port's queues (the control thread always; a worker when the port has fewer queues than there
 * are workers) hands its frames to the port's ring, which the owner of queue 0 drains. So no
 * queue needs a lock and frames of one flow keep their order.
 */
#include <rte_ethdev.h>
#include <rte_ring.h>
#include "netdev/netdev_dp.h"

#define ETHDEV_BURST	  32
#define ETHDEV_TX_BUF	  256 /* frames a worker holds for a port whose queue is full */
#define ETHDEV_TX_SPARE	  64  /* further ones, of control class only */
#define ETHDEV_TX_RING	  2048
#define ETHDEV_RING_SPARE 256 /* places of the ring that are kept for frames of control class */
#define ETHDEV_NO_QUEUE	  UINT16_MAX
#define ETHDEV_GONE	  RTE_MAX_ETHPORTS /* port_id of a port without a device: no PMD's */

/** A worker's way out by one port. */
struct ethdev_txq {
	uint16_t queue;	   /* own queue, or ETHDEV_NO_QUEUE: hand over by the port's ring */
	uint16_t n;	   /* frames in buf */
	uint16_t n_ctl;	   /* of these, of control class: the first ones; 0 unless congested */
	bool congested;	   /* the PMD left some: buf is in order of class until it is empty */
	uint64_t stuck;	   /* TSC when the PMD first took nothing of them; 0: it takes some */
	uint64_t timeouts; /* times that they were given up */
	struct rte_mbuf *buf[ETHDEV_TX_BUF + ETHDEV_TX_SPARE];
};

/** What ends a worker's sleep when a frame comes to a queue. */
enum ethdev_wake {
	ETHDEV_WAKE_NAP,    /* nothing: the worker looks again in time */
	ETHDEV_WAKE_INTR,   /* the device's receive interrupt */
	ETHDEV_WAKE_SOCKET, /* the kernel's socket behind the device */
};

/** A receive queue. */
struct ethdev_rxq {
	struct ethdev_port *port;
	uint16_t queue;
	uint16_t worker;      /* slot that polls it; control thread's record */
	uint64_t packets;     /* written by the polling worker only */
	uint64_t full_bursts; /* bursts that came back full: a backlog behind them */
	/* sleep: written by the polling worker, but for nap_us */
	uint8_t wake;	      /* enum ethdev_wake */
	bool proven;	      /* it has ended a sleep: long ones may rely on it */
	bool rung;	      /* it ended the last one */
	uint8_t missed, idle; /* in a row: frames without a ring, rings without a frame */
	uint8_t owed;	      /* naps that a ring may still be ahead of its frame */
	uint32_t nap_us;      /* longest sleep after which a burst still fits the queue */
	uint64_t seen;	      /* packets when the worker went to sleep */
	uint64_t wakes;	      /* sleeps that it ended */
	/* control thread */
	int wake_fd;	      /* in the set of worker wake_worker; -1: none */
	uint16_t wake_worker; /* 0: in no set */
};

/** How a port's flows are spread over the workers by software. */
enum ethdev_spread {
	ETHDEV_SPREAD_OFF, /* each frame stays with the worker that received it */
	ETHDEV_SPREAD_L3,  /* by addresses and protocol */
	ETHDEV_SPREAD_L4,  /* and by ports, where the packet has them and is whole */
};

#define ETHDEV_QUEUES_MAX 64
struct ethdev_port {
	/* read by workers */
	uint16_t port_id;
	bool tx_on;	     /* frames may go to the PMD; cleared before it is stopped */
	uint16_t ring_owner; /* worker that drains ring */
	uint8_t spread;	     /* enum ethdev_spread; changes while nobody polls the port */
	struct net_device *dev;
	struct rte_ring *ring;
	struct rte_ring *spread_ring[WORKER_MAX]; /* to each worker; NULL until first wanted */
	/* control thread */
	struct ethdev_port_ctl *ctl;
	struct ethdev_rxq rxq[ETHDEV_QUEUES_MAX];
};

/** What one worker polls; immutable while published, replaced as a whole. */
struct ethdev_poll_list {
	unsigned int n_rxq, n_queues, n_ports, n_spread;
	struct ethdev_rxq **rxq;     /* in turns, as many for each port: queues may repeat */
	struct ethdev_rxq **queues;  /* each once */
	struct ethdev_port **spread; /* ports whose spread_ring may have frames for this worker */
	struct ethdev_port **ports;  /* all ports: their ring and buffers are looked after */
};

/** Per worker; worker->tx points here. */
struct ethdev_worker {
	struct ethdev_poll_list *list;	/* RCU */
	struct ethdev_poll_list *spare; /* control thread's: the next one is written here */
	/* By port_id; NULL until the port came. The last is of ports whose device is gone. */
	struct ethdev_txq *txq[ETHDEV_GONE + 1];
};

/** One round over the worker's queues: receive, process, send what was collected. Returns the
 * number of frames received or taken over: 0 means idle. */
unsigned int ethdev_poll(struct worker *w) DP_ONLY;

/* --- sleep (ethdev_sleep_dp.c). In this order: us, arm, poll; if nothing came: sleep, woke, poll,
 * judge. --- */
/** The longest sleep, in microseconds, that costs nobody a frame; naps, where a queue can not end
 * them, are of @p nap_us at most. */
uint32_t ethdev_sleep_us(struct worker *w, uint32_t nap_us) DP_ONLY;
/** Switch receive interrupts on. */
void ethdev_sleep_arm(struct worker *w) DP_ONLY;
/** Switch them off; what ended the sleep stands in @p ev, @p n of them. */
void ethdev_sleep_woke(struct worker *w, const struct epoll_event *ev, int n) DP_ONLY;
/** The poll after a sleep shows whose word can be relied on. @p in_time: nothing had ended it. */
void ethdev_sleep_judge(struct worker *w, bool in_time) DP_ONLY;
/** What epoll says of a queue. Never 0. */
static inline uint64_t
ethdev_wake_token(const struct ethdev_rxq *q)
{
	return UINT64_C(1) << 32 | (uint32_t)q->port->port_id << 16 | q->queue;
}

/** Frames of a port that is spread: each to the worker of its flow, at once if that is this one.
 * Frames that are no IPv4 stay. Those that find a ring full die as NETDEV_SPREAD_FULL. */
void ethdev_spread_burst(struct worker *w, struct ethdev_port *port, struct rte_mbuf **pkts,
			 uint16_t n) DP_ONLY;
/** Process a burst of what others received of @p port for this worker; how many frames. */
unsigned int ethdev_spread_drain(struct worker *w, struct ethdev_port *port) DP_ONLY;
/** The flow of a frame as a number, 0 for what has none. Stable while the process lives. */
uint32_t ethdev_flow_hash(const struct rte_mbuf *m, enum ethdev_spread how);

/** Take the first @p sent frames out of @p q; what is left stands in order of class. */
void ethdev_txq_left(struct ethdev_txq *q, unsigned int sent) DP_ONLY;
/** Put a frame where its class waits in a congested @p q; the frame that has to go instead, perhaps
 * this one, or NULL. */
struct rte_mbuf *ethdev_txq_insert(struct ethdev_txq *q, struct rte_mbuf *m) DP_ONLY;

extern const struct net_device_ops_dp ethdev_ops_dp;
#endif
