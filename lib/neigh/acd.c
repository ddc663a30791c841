/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include "neigh/acd.h"

static unsigned int
wait_for(struct acd *a, uint64_t now_ms, uint64_t ms, unsigned int actions)
{
	a->due_ms = now_ms + ms;
	return actions;
}

static unsigned int
start(struct acd *a, uint64_t now_ms, uint32_t rnd)
{
	a->state = ACD_PROBING;
	a->sent = 0;
	return wait_for(a, now_ms, rnd % (ACD_PROBE_WAIT_MS + 1), 0);
}

static unsigned int
off(struct acd *a)
{
	a->state = ACD_OFF;
	a->due_ms = 0;
	return 0;
}

/* RFC 5227 2.1.1: PROBE_NUM probes PROBE_MIN to PROBE_MAX apart, ANNOUNCE_WAIT after the last; 2.3:
 * the address may be used with the first announcement. */
static unsigned int
next_probe(struct acd *a, uint64_t now_ms, uint32_t rnd)
{
	uint32_t pause = ACD_PROBE_MIN_MS + rnd % (ACD_PROBE_MAX_MS - ACD_PROBE_MIN_MS + 1);

	if (a->sent < ACD_PROBE_NUM) {
		a->sent++;
		return wait_for(a, now_ms, a->sent < ACD_PROBE_NUM ? pause : ACD_ANNOUNCE_WAIT_MS,
				ACD_A_PROBE);
	}
	a->state = ACD_ANNOUNCING;
	a->sent = 1;
	a->conflicts = 0;
	return wait_for(a, now_ms, ACD_ANNOUNCE_INTERVAL_MS, ACD_A_USE | ACD_A_ANNOUNCE);
}

static unsigned int
next_announcement(struct acd *a, uint64_t now_ms)
{
	a->sent++;
	if (a->sent < ACD_ANNOUNCE_NUM)
		return wait_for(a, now_ms, ACD_ANNOUNCE_INTERVAL_MS, ACD_A_ANNOUNCE);
	a->state = ACD_USED;
	a->due_ms = 0;
	return ACD_A_ANNOUNCE;
}

/* 2.1.1: after MAX_CONFLICTS not more than one attempt in RATE_LIMIT_INTERVAL; a router has no
 * other address to try, so that is its pace from the first one on. */
static unsigned int
fail(struct acd *a, uint64_t now_ms)
{
	a->state = ACD_FAILED;
	if (a->conflicts < UINT8_MAX)
		a->conflicts++;
	return wait_for(a, now_ms, ACD_RATE_LIMIT_MS, ACD_A_FAIL);
}

unsigned int
acd_event(struct acd *a, enum acd_event ev, uint64_t now_ms, uint32_t rnd)
{
	bool ours = a->state == ACD_ANNOUNCING || a->state == ACD_USED;

	switch (ev) {
	case ACD_EV_LINK: /* what is in use stays so: 2.4 finds a conflict, too */
		return ours || a->state == ACD_PROBING ? 0 : start(a, now_ms, rnd);
	case ACD_EV_NOLINK:
		return ours ? 0 : off(a);
	case ACD_EV_CONFLICT: /* of an address in use: 2.4, elsewhere */
		return a->state == ACD_PROBING ? fail(a, now_ms) : 0;
	default:
		break;
	}
	switch (a->state) {
	case ACD_PROBING:
		return next_probe(a, now_ms, rnd);
	case ACD_FAILED:
		return start(a, now_ms, rnd);
	case ACD_ANNOUNCING:
		return next_announcement(a, now_ms);
	default:
		return 0;
	}
}
