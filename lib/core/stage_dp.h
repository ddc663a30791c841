/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_STAGE_DP_H
#define CORE_STAGE_DP_H
/**
 * @file
 * Per-stage packets and cycles. A stage wraps its body in stage_enter()/stage_leave(); the clock
 * moves from the caller's stage to this one and back, so cycles are exclusive and add up to the
 * worker's time. Two rdtsc per stage and burst; nothing at all with -Dstage_stats=false.
 */
#include <rte_cycles.h>
#include "core/worker.h"

static inline enum stage
stage_switch(struct worker *w, enum stage to)
{
	enum stage from = w->stage;
#ifdef POLLUX_STAGE_STATS
	uint64_t now = rte_rdtsc();

	w->stages[from].cycles += now - w->stage_tsc;
	w->stage_tsc = now;
#endif
	w->stage = to;
	return from;
}

/** Start the clock of @p s for @p n packets; returns what stage_leave() wants back. */
static inline enum stage
stage_enter(struct worker *w, enum stage s, unsigned int n)
{
#ifdef POLLUX_STAGE_STATS
	w->stages[s].calls++;
	w->stages[s].packets += n;
#endif
	return stage_switch(w, s);
}

static inline void
stage_leave(struct worker *w, enum stage from)
{
	stage_switch(w, from);
}
#endif
