/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethdev/link_damp.h"

void
link_damp_reset(struct link_damp *d, bool up, uint64_t now_ms)
{
	d->link = d->carrier = up;
	d->flaps = d->hold_ms = 0;
	d->since_ms = now_ms;
}

/* After that many losses: none after the first, then twice as long each time. */
static uint32_t
hold_of(uint32_t flaps, uint32_t max_ms)
{
	uint64_t ms = LINK_DAMP_FIRST_MS;

	if (flaps < 2)
		return 0;
	for (uint32_t i = 2; i < flaps && ms < max_ms; i++)
		ms *= 2;
	return (uint32_t)(ms < max_ms ? ms : max_ms);
}

bool
link_damp_update(struct link_damp *d, bool up, uint64_t now_ms, uint32_t max_ms)
{
	uint64_t lasted = now_ms - d->since_ms;

	if (d->link && lasted >= (uint64_t)LINK_DAMP_FORGIVE_MS + d->hold_ms)
		d->flaps = d->hold_ms = 0;
	if (up != d->link) {
		d->link = up;
		d->since_ms = now_ms;
		lasted = 0;
		if (!up)
			d->flaps++;
		else
			d->hold_ms = hold_of(d->flaps, max_ms);
	}
	if (!up)
		d->carrier = false;
	else if (lasted >= d->hold_ms || d->hold_ms > max_ms)
		d->carrier = true;
	return d->carrier;
}

uint32_t
link_damp_left_ms(const struct link_damp *d, uint64_t now_ms)
{
	uint64_t end = d->since_ms + d->hold_ms;

	return d->link && !d->carrier && end > now_ms ? (uint32_t)(end - now_ms) : 0;
}
