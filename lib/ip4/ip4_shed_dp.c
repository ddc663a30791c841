/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_shed_dp.h"

/* A part that loses @p lost in @p ms: less of it when that is too much, else a quarter more. */
static uint32_t
adjust(uint32_t keep, uint32_t lost, uint64_t ms)
{
	uint64_t limit = SHED_LOST * ms;

	if (lost > limit)
		return RTE_MAX((uint32_t)(keep * limit / lost), SHED_MIN);
	if (lost > limit / 2)
		return keep;
	for (uint64_t i = 0; i < ms && keep < SHED_ALL; i++)
		keep += keep / 4;
	return RTE_MIN(keep, SHED_ALL);
}

/* Who is heavy in @p row from now on? What those lost since the last tick; @p all was lost. */
static uint32_t
weigh(struct ip4_shed *s, unsigned int row, uint32_t all)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < SHED_SOURCES; i++) {
		uint16_t *lost = &s->lost[row][i];
		bool *heavy = &s->heavy[row][i];
		/* Who is held down loses little: that does not make him a light one. */
		bool is_heavy =
			*lost > RTE_MAX(all / SHED_SHARE, 1u) || (*heavy && s->keep[1] != SHED_ALL);

		__atomic_store_n(heavy, is_heavy, __ATOMIC_RELAXED);
		sum += is_heavy ? *lost : 0;
		*lost = 0;
	}
	return sum;
}

void
shed_tick(struct ip4_shed *s, uint64_t now_ms)
{
	uint64_t ms = now_ms - s->tick_ms;
	uint32_t all = 0, heavy;

	if (ms == 0)
		return;
	s->tick_ms = now_ms;
	for (unsigned int i = 0; i < SHED_SOURCES; i++)
		all += s->lost[0][i];
	if (all == 0 && !shed_is_on(s))
		return;
	heavy = all;
	for (unsigned int r = 0; r < SHED_ROWS; r++)
		heavy = RTE_MIN(heavy, weigh(s, r, all));
	__atomic_store_n(&s->keep[1], adjust(s->keep[1], heavy, ms), __ATOMIC_RELAXED);
	__atomic_store_n(&s->keep[0], adjust(s->keep[0], all - heavy, ms), __ATOMIC_RELAXED);
}
