/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_TRACEROUTE_H
#define IP4_TRACEROUTE_H
/** @file Probes with growing TTL from the control thread: UDP to unlikely ports (as Van Jacobson's
 * traceroute), or echo requests. */
#include "core/timer.h"
#include "ip4/ip4_sock.h"
#include "ip4/ip4_probe.h"

#define TRACE_QUERIES_MAX 10
#define TRACE_PORT	  33434u /* of the first probe; one more for each */
#define TRACE_PROBE_LEN	  60u	 /* bytes of IP */
#define TRACE_PROBE_MIN	  28u	 /* headers alone */

struct trace_spec {
	struct ip4_probe probe;
	bool icmp;			      /* echo requests instead of UDP */
	uint32_t first_ttl, max_ttl, queries; /* queries: at most TRACE_QUERIES_MAX */
	uint32_t timeout_ms;		      /* for all probes of a hop together */
	uint32_t len;			      /* bytes of IP of a probe; 0: TRACE_PROBE_LEN */
	uint16_t port;			      /* of the first UDP probe; 0: TRACE_PORT */
};

struct trace_answer {
	bool answered;
	struct ip4_answer a;
	uint64_t rtt_us;
};

struct trace;
struct trace_ops {
	/** A hop is complete or timed out: t->answer[0..queries). */
	void (*hop)(struct trace *t, uint32_t ttl);
	/** It is over; t is freed when this returns. */
	void (*done)(struct trace *t);
};

struct trace {
	struct trace_spec spec;
	const struct trace_ops *ops;
	void *arg;
	bool reached; /* the destination itself answered, or somebody said there is no way */
	struct trace_answer answer[TRACE_QUERIES_MAX];
	/* private */
	struct ip4_sock sk;
	struct ctl_timer timer;
	uint32_t ttl; /* of the probes that are out; 0: none yet */
	uint64_t sent_us[TRACE_QUERIES_MAX];
};

/** As ping_start(). */
struct trace *trace_start(const struct trace_spec *spec, const struct trace_ops *ops, void *arg,
			  int *rc) CTL_ONLY;
void trace_stop(struct trace *t) CTL_ONLY;
#endif
