/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCHED_FILTER_DP_H
#define SCHED_FILTER_DP_H
/**
 * @file
 * Route filters (tc's "route"): which band a packet goes to by the realms of its route and the
 * device that it came by. Only what was routed has realms: see skb/skb_realm_dp.h.
 */
#include "core/rcu.h"
#include "skb/skb_realm_dp.h"

#define SCHED_FILTERS_MAX 256 /* of one discipline */
#define SCHED_REALM_ANY	  -1

struct sched_filter {
	uint16_t prio;	  /* lower is asked first */
	int16_t to, from; /* realms, or SCHED_REALM_ANY */
	uint32_t iif;	  /* ifindex; 0: any; not with from */
	uint8_t band;
};
/** In the order in which they are asked: the first that matches decides. Immutable. */
struct sched_filters {
	struct rcu_head rcu;
	uint16_t n;
	struct sched_filter f[];
};

/** The band of frame @p m, or @p other when no filter has one for it. */
static inline unsigned int
sched_filter_band(const struct sched_filters *l, struct rte_mbuf *m, unsigned int other)
{
	const struct sk_buff *skb = skb_of(m);

	if (!skb_has_tclassid(m))
		return other;
	for (uint16_t i = 0; i < l->n; i++) {
		const struct sched_filter *f = &l->f[i];

		if ((f->to < 0 || (uint32_t)f->to == (skb->tclassid & UINT16_MAX)) &&
		    (f->from < 0 || (uint32_t)f->from == skb->tclassid >> 16) &&
		    (f->iif == 0 || f->iif == skb->iif))
			return f->band;
	}
	return other;
}
#endif
