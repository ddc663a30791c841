/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PING_H
#define IP4_PING_H
/** @file Echo requests from the control thread, several pings at a time. */
#include "core/timer.h"
#include "ip4/ip4_probe.h"

#define PING_WINDOW 256 /* requests whose answers are told apart from duplicates */

struct ping_spec {
	struct ip4_probe probe;
	uint32_t count;	      /* requests to send, at least 1 */
	uint32_t interval_ms; /* between them */
	uint32_t size;	      /* bytes behind the ICMP header */
	uint32_t timeout_ms;  /* to wait after the last */
};

struct ping_stats {
	uint32_t sent, received, errors, duplicates;
	uint64_t min_us, max_us, sum_us, sum2_us; /* of round trips; sum2: of squares */
	uint64_t elapsed_ms;
};

struct ping;
struct ping_ops {
	/** An answer or an error came. @p rtt_us is 0 for errors. */
	void (*event)(struct ping *p, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate);
	/** A request could not be sent. */
	void (*failed)(struct ping *p, uint16_t seq, int rc);
	/** It is over; the ping is freed when this returns. */
	void (*done)(struct ping *p);
};

struct ping {
	struct ping_spec spec;
	struct ping_stats stats;
	const struct ping_ops *ops;
	void *arg; /* the caller's */
	/* private */
	struct ip4_sock sk; /* its port is our identifier */
	struct ctl_timer timer;
	uint64_t start_ms;
	struct {
		uint64_t sent_us;
		uint16_t seq;
		bool answered;
	} slot[PING_WINDOW];
};

/** Start; the first request leaves at once. NULL with *@p rc: no memory, no route (as
 * fib_lookup_ctl()), no source address. */
struct ping *ping_start(const struct ping_spec *spec, const struct ping_ops *ops, void *arg,
			int *rc) CTL_ONLY;
/** End it now; done() is called. */
void ping_stop(struct ping *p) CTL_ONLY;
/** Mean deviation of the round trips in microseconds, as iputils' ping computes it. */
uint64_t ping_mdev_us(const struct ping_stats *st);
#endif
