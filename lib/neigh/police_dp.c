/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "neigh/neigh_priv.h"
#include "neigh/police_priv.h"

static struct seen {
	uint64_t round;
	uint32_t n; /* of the dear kinds in this round */
	bool off;
} seen[WORKER_MAX] __rte_cache_aligned;

void
police_reset(void)
{
	memset(seen, 0, sizeof(seen));
}

void
police_fill(struct police_account *a, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		a[i] = (struct police_account){ .of = { { .left = POLICE_SAVED },
							{ .left = POLICE_SAVED } } };
}

static DP_ONLY struct seen *
seen_of(const struct worker *w)
{
	struct seen *s = &seen[w->id];

	if (likely(s->round == w->polls))
		return s;
	s->off = w->round_rx < POLICE_FULL || w->round_rx <= (s->round + 1 == w->polls ? s->n : 0);
	s->round = w->polls;
	s->n = 0;
	return s;
}

bool
police_is_off(const struct worker *w)
{
	return seen_of(w)->off;
}

void
police_saw(const struct worker *w, uint32_t n)
{
	seen_of(w)->n += n;
}

struct police_account *
police_account(const struct worker *w, struct police_account *accounts,
	       const struct net_device *dev, const uint32_t per_round[2])
{
	struct police_account *a = &accounts[(uint32_t)dev->ifindex % POLICE_ACCOUNTS];
	uint64_t rounds = w->polls - a->round;

	if (rounds == 0)
		return a;
	a->round = w->polls;
	for (unsigned int i = 0; i < RTE_DIM(a->of); i++) {
		struct purse *p = &a->of[i];

		p->left =
			(uint32_t)RTE_MIN(p->left + rounds * per_round[i], (uint64_t)POLICE_SAVED);
		p->saving = p->saving && p->left < POLICE_AT_ONCE;
		p->closed = p->closed && p->left < POLICE_SAVED / 2 + POLICE_AT_ONCE;
	}
	if (w->polls - a->since >= POLICE_SOURCE_TIME) {
		a->since = w->polls;
		memset(a->source, 0, sizeof(a->source));
	}
	return a;
}

static unsigned int
slot_of(uint64_t source)
{
	/* seeded: who chooses addresses must not choose whose share he uses up */
	return (unsigned int)((source ^ neigh_tbl.seed) * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}
_Static_assert(POLICE_SOURCES == 1u << (64 - 58), "the hash's upper bits number a slot");

bool
police_refuses(const struct police_account *a, unsigned int which, uint64_t source)
{
	const struct purse *p = &a->of[which];

	return p->saving || (p->closed && a->source[slot_of(source)] >= POLICE_SOURCE_EACH);
}

bool
police_take(struct police_account *a, unsigned int which, uint64_t source)
{
	struct purse *p = &a->of[which];

	if (police_refuses(a, which, source))
		return false;
	if (p->closed)
		a->source[slot_of(source)]++;
	p->left -= POLICE_PACKET;
	p->saving = p->left < POLICE_PACKET;
	p->closed |= which == 1 && p->left < POLICE_SAVED / 2;
	return true;
}
