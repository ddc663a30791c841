/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "neigh/police_priv.h"

void
police_fill(struct police_account *a, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		a[i] = (struct police_account){ .of = { { .left = POLICE_SAVED },
							{ .left = POLICE_SAVED } } };
}

void
police_refill(const struct worker *w, struct police_account *a, const uint32_t per_round[2])
{
	uint64_t rounds = w->polls - a->round;

	a->round = w->polls;
	for (unsigned int i = 0; i < RTE_DIM(a->of); i++) {
		struct purse *p = &a->of[i];

		p->left =
			(uint32_t)RTE_MIN(p->left + rounds * per_round[i], (uint64_t)POLICE_SAVED);
		p->saving = p->saving && p->left < POLICE_AT_ONCE;
		p->closed = p->closed && p->left < POLICE_SAVED / 2 + POLICE_AT_ONCE;
	}
	if (w->polls - a->since < POLICE_SOURCE_TIME)
		return;
	a->since = w->polls;
	memset(a->source, 0, sizeof(a->source));
}
