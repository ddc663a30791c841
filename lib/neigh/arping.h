/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ARPING_H
#define ARPING_H
/** @file ARP requests to one neighbour, as arping(8) of iputils sends them; several at a time. */
#include "core/timer.h"
#include "neigh/neigh.h"

enum arping_mode {
	ARPING_ASK,	/* who has it? */
	ARPING_DAD,	/* does anyone else? Sender 0.0.0.0 (RFC 5227 2.1.1) */
	ARPING_REQUEST, /* tell the neighbours, by requests (RFC 5227 2.3) */
	ARPING_REPLY,	/* and by replies */
};

#define ARPING_ENDLESS UINT32_MAX

struct arping_spec {
	struct net_device *dev;
	rte_be32_t dst, src; /* src: the sender's; 0: a probe's */
	enum arping_mode mode;
	uint32_t count;	      /* to send, at least 1; ARPING_ENDLESS: until the deadline */
	uint32_t interval_ms; /* between them, and the wait after the last */
	uint32_t deadline_ms; /* the end of it all; 0: none */
	bool broadcast;	      /* go on so after the first reply */
	bool first;	      /* end at the first reply */
};

struct arping_stats {
	uint32_t sent, broadcasts, received;
};

struct arping;
struct arping_ops {
	/** A reply from @p sha, @p rtt_us after the last request. */
	void (*event)(struct arping *a, const struct rte_ether_addr *sha, uint64_t rtt_us);
	/** It is over; the arping is freed when this returns. @p rc: 0, -ENETDOWN or -ENODEV: the
	 * device went down or away. */
	void (*done)(struct arping *a, int rc);
};

struct arping {
	struct arping_spec spec; /* spec.dev: only to be compared, it may be gone */
	struct arping_stats stats;
	const struct arping_ops *ops;
	void *arg; /* the caller's */
	/* private */
	struct arping *next;
	struct ctl_timer timer;
	int32_t ifindex;
	uint64_t start_ms, sent_us;
	struct rte_ether_addr ha;
	bool known;
};

/** Start; the first request leaves at once. NULL: no memory. */
struct arping *arping_start(const struct arping_spec *spec, const struct arping_ops *ops,
			    void *arg) CTL_ONLY;
/** End it now; done() is called. */
void arping_stop(struct arping *a) CTL_ONLY;
/** A reply to us was heard: arp_ctl.c tells. */
void arping_heard(const struct net_device *dev, rte_be32_t sip,
		  const struct rte_ether_addr *sha) CTL_ONLY;
#endif
