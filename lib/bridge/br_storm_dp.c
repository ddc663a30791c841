/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Storm control: frames that would be flooded, limited by class for each port they come by. The
 * state is one word, the time at which the next frame is due (the generic cell rate algorithm), so
 * that all workers share one limit without a lock. A port that was silent may send the frames of
 * a tenth of a second at once.
 */
#include <rte_cycles.h>
#include "bridge/br_burst_dp.h"

#define BURST_PART 10 /* of a second */

/* How many of @p want frames may pass now. */
static uint16_t
take(struct br_storm *s, uint64_t now, uint16_t want)
{
	uint64_t cost = __atomic_load_n(&s->cost, __ATOMIC_RELAXED), due, base, room;
	uint64_t depth = RTE_MAX(rte_get_tsc_hz() / BURST_PART, cost);
	uint16_t n;

	if (cost == 0)
		return want;
	due = __atomic_load_n(&s->due, __ATOMIC_RELAXED);
	do {
		base = RTE_MAX(due, now - depth);
		room = base < now ? (now - base) / cost : 0;
		n = (uint16_t)RTE_MIN(room, (uint64_t)want);
	} while (!__atomic_compare_exchange_n(&s->due, &due, base + n * cost, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return n;
}

void
br_storm(struct worker *w, struct br_burst *b)
{
	uint16_t want[BR_CLASS_MAX] = { 0 }, may[BR_CLASS_MAX], n = 0;

	if (explaining(w))
		return;
	for (uint16_t i = 0; i < b->n; i++)
		if (b->out[i] >= BR_OUT_FLOOD)
			want[b->out[i] - BR_OUT_FLOOD]++;
	for (unsigned int c = 0; c < BR_CLASS_MAX; c++)
		may[c] = want[c] > 0 ? take(&b->src->storm[c], w->now, want[c]) : 0;
	for (uint16_t i = 0; i < b->n; i++) {
		if (b->out[i] >= BR_OUT_FLOOD && may[b->out[i] - BR_OUT_FLOOD]-- == 0) {
			may[b->out[i] - BR_OUT_FLOOD] = 0;
			br_drop(w, b, b->m[i], DROP_BR_STORM);
			continue;
		}
		if (n != i)
			br_burst_move(b, n, i);
		n++;
	}
	b->n = n;
}
