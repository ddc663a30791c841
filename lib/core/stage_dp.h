/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_STAGE_DP_H
#define CORE_STAGE_DP_H
/**
 * @file
 * Per-stage packets and cycles. A stage wraps its body in stage_enter()/stage_leave(); the clock
 * moves from the caller's stage to this one and back, so cycles are exclusive and add up to the
 * worker's time. Calls and packets are counted always. Reading the clock costs as much as half a
 * packet, so a worker does it in one round of STAGE_SAMPLE, drawn at random, whose cycles count
 * that many times. Nothing at all with -Dstage_stats=false.
 */
#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include "core/worker.h"

static inline enum stage
stage_switch(struct worker *w, enum stage to)
{
	enum stage from = w->stage;
#ifdef POLLUX_STAGE_STATS
	if (unlikely(w->stage_weight != 0)) {
		uint64_t now = rte_rdtsc();

		w->stages[from].cycles += (now - w->stage_tsc) * w->stage_weight;
		w->stage_tsc = now;
	}
#endif
	w->stage = to;
	return from;
}

/** Count a call of @p s with @p n packets, whose number shows only behind stage_switch(). */
static inline void
stage_count(struct worker *w, enum stage s, unsigned int n)
{
#ifdef POLLUX_STAGE_STATS
	w->stages[s].calls++;
	w->stages[s].packets += n;
#endif
}

/** Start the clock of @p s for @p n packets; returns what stage_leave() wants back. */
static inline enum stage
stage_enter(struct worker *w, enum stage s, unsigned int n)
{
	stage_count(w, s, n);
	return stage_switch(w, s);
}

static inline void
stage_leave(struct worker *w, enum stage from)
{
	stage_switch(w, from);
}

#define STAGE_SAMPLE 16u
/** A round of the worker's loop begins: is it one whose stages are timed? */
static inline void
stage_round(struct worker *w) DP_ONLY
{
#ifdef POLLUX_STAGE_STATS
	if (unlikely(w->stage_weight != 0)) {
		stage_switch(w, STAGE_IDLE); /* the last round's rest */
		w->stage_weight = 0;
	}
	if (likely(--w->stage_skip > 0))
		return;
	w->stage_skip = 1 + worker_rand(w) % (2 * STAGE_SAMPLE - 1); /* STAGE_SAMPLE on average */
	w->stage_weight = STAGE_SAMPLE;
	w->stage_tsc = rte_rdtsc();
#endif
}
/** @p cycles were spent in @p s beside the clock, which has stood meanwhile. */
static inline void
stage_add(struct worker *w, enum stage s, uint64_t cycles)
{
#ifdef POLLUX_STAGE_STATS
	w->stages[s].calls++;
	w->stages[s].cycles += cycles;
	w->stage_tsc += cycles;
#endif
}
#endif
