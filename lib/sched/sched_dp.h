/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCHED_DP_H
#define SCHED_DP_H
/**
 * @file
 * Queue disciplines: what stands between a device's xmit and its driver. A device without one is
 * not slowed: its ops_dp are the driver's. With one they are these, and one worker, the owner, has
 * the queue: it alone enqueues and dequeues; others hand their frames over by a ring.
 */
#include <rte_ring.h>
#include "netdev/netdev_dp.h"
#include "sched/sched_filter_dp.h"

#define SCHED_BANDS	 16 /* at most */
#define SCHED_BANDS_TOS	 3  /* that the TOS field chooses from */
#define SCHED_BURST	 32
#define SCHED_ROUNDS	 8	/* bursts that one queue may send before others have their turn */
#define SCHED_RING	 1024	/* frames from other threads to the owner */
#define SCHED_RING_SPARE 256	/* places of it that are kept for frames of control class */
#define SCHED_TX_QLEN	 1000	/* frames of a band: Linux's txqueuelen */
#define SCHED_TX_SPARE	 64	/* further ones, of control class only */
#define SCHED_CTL_BYTES	 16384u /* of control class that may wait before a tbf, at least */
#define SCHED_AHEAD	 4	/* of these leave a tbf for one of data that waits */

/* Linux's priorities (linux/pkt_sched.h). */
enum {
	TC_BESTEFFORT = 0,
	TC_BULK = 2,
	TC_INTERACTIVE_BULK = 4,
	TC_INTERACTIVE = 6,
	TC_CONTROL = 7
};

/** The priority of a TOS field: Linux's rt_tos2priority(). */
static inline uint32_t
rt_tos2priority(uint8_t tos)
{
	static const uint8_t prio[16] = {
		TC_BESTEFFORT,
		TC_BESTEFFORT,
		TC_BESTEFFORT,
		TC_BESTEFFORT,
		TC_BULK,
		TC_BULK,
		TC_BULK,
		TC_BULK,
		TC_INTERACTIVE,
		TC_INTERACTIVE,
		TC_INTERACTIVE,
		TC_INTERACTIVE,
		TC_INTERACTIVE_BULK,
		TC_INTERACTIVE_BULK,
		TC_INTERACTIVE_BULK,
		TC_INTERACTIVE_BULK,
	};

	return prio[(tos >> 1) & 0xf];
}

struct qdisc;
/** A kind of discipline. All of it runs on the owner. */
struct qdisc_ops {
	const char *id; /* "pfifo_fast", "prio", "tbf" */
	/** Queue one frame. DROP_MAX, or why not: it stays the caller's. */
	enum drop_reason (*enqueue)(struct qdisc *q, struct rte_mbuf *m);
	/** Take up to @p n frames that may leave at TSC @p now. Sets q->waits when more would,
	 * later. */
	uint16_t (*dequeue)(struct qdisc *q, struct rte_mbuf **pkts, uint16_t n, uint64_t now);
};

/** Rate and depth of a token bucket. Tokens are bytes times the TSC's rate, so that nothing is
 * lost to rounding. */
struct tbf {
	uint64_t rate;	/* bytes of frame a second */
	uint32_t burst; /* bytes */
	uint32_t limit; /* bytes of data that may wait; as many again of each other class */
	uint32_t ahead; /* frames of control class since the last of data */
	uint64_t hz;	/* of the TSC */
	uint64_t tokens;
	uint64_t last; /* TSC at which tokens was right */
	uint64_t full; /* cycles in which an empty bucket fills */
};

struct qdisc {
	struct rcu_head rcu;
	const struct qdisc_ops *ops;
	struct net_device *dev;
	uint16_t owner; /* worker */
	uint16_t bands; /* in use */
	uint16_t handle;
	struct rte_ring *ring;
	struct qdisc *next; /* RCU: of the same owner */
	struct qdisc *next_all;
	struct sched_filters *filters; /* RCU; NULL: none */
	/* --- the owner's --- */
	struct sk_buff_head band[SCHED_BANDS];
	struct tbf tbf;
	bool waits; /* for time, not for the driver */
	uint64_t packets, bytes, overlimits;
	struct {
		uint64_t packets, bytes; /* that were queued there */
		uint64_t drops;		 /* for want of room */
	} class[SCHED_BANDS];
	uint64_t drops; /* other threads add to it too */
};

extern const struct qdisc_ops pfifo_fast_ops, prio_ops, tbf_ops;
extern struct qdisc *sched_run[WORKER_MAX]; /* RCU: those that a worker owns */
/** What a device with a discipline sends by. */
extern const struct net_device_ops_dp sched_ops_dp;

/** The band of pfifo_fast and prio that a frame belongs to: 0 if it is of control class, else as
 * Linux by TOS. */
unsigned int sched_band(const struct rte_mbuf *m);
/** The general case of sched_poll(). */
unsigned int sched_poll_all(struct worker *w) DP_ONLY;
/** Send what may leave from the queues of this worker; every loop of a worker calls it. Returns
 * how many frames moved, or not 0 when some wait for their time to come. */
static inline unsigned int
sched_poll(struct worker *w) DP_ONLY
{
	return likely(rcu_dereference(sched_run[w->id]) == NULL) ? 0 : sched_poll_all(w);
}
#endif
