/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "core/explain.h"
#include "core/msg.h"
#include "neigh/neigh_priv.h"

/*
 * What workers hear in ARP goes to the control thread in one word, within limits: so many a second
 * from one source, so many from all together. A storm so costs a worker a look at two counts, and
 * the control thread nothing. Answers that were asked for are within the limit of all: no storm can
 * keep a neighbour from being resolved.
 */

#define SOURCES (1u << 13) /* sources that share a slot share its limit */

int neigh_msg_heard = -1;
uint16_t neigh_asked[NEIGH_ASKED_SLOTS];

struct meter {
	uint32_t second; /* adj_now_s when it was last begun */
	uint32_t n;
};
static struct storm {
	struct meter total;
	struct meter source[SOURCES];
} __rte_cache_aligned storms[WORKER_MAX];

void
arp_storms_reset(void)
{
	memset(storms, 0, sizeof(storms));
}

static bool
meter_take(struct meter *m, uint32_t limit)
{
	uint32_t now = __atomic_load_n(&adj_now_s, __ATOMIC_RELAXED);

	if (m->second != now) {
		m->second = now;
		m->n = 0;
	}
	if (m->n >= limit)
		return false;
	m->n++;
	return true;
}

static uint32_t
source_slot(rte_be32_t sip, int32_t ifindex)
{
	/* seeded: who chooses addresses must not choose whose limit he uses up */
	uint64_t h = ((uint64_t)sip | (uint64_t)ifindex << 32) ^ neigh_tbl.seed;

	return (uint32_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 51);
}
_Static_assert(SOURCES == 1u << (64 - 51), "the hash's upper bits number a slot");

bool
arp_within_limits(struct worker *w, int32_t ifindex, rte_be32_t sip)
{
	struct storm *s = &storms[w->id];
	uint32_t share = n_workers > 2 ? n_workers - 1 : 1; /* slot 0 receives nothing */
	uint32_t each = (uint32_t)__atomic_load_n(&neigh_tbl.arp_rate_source, __ATOMIC_RELAXED);
	uint32_t all = (uint32_t)__atomic_load_n(&neigh_tbl.arp_rate_total, __ATOMIC_RELAXED);

	if (explaining(w))
		return true;
	if (!meter_take(&s->source[source_slot(sip, ifindex)], each)) {
		counter_inc(w, &arp_counters, ARP_CNT_STORM_SOURCE);
		return false;
	}
	if (__atomic_load_n(neigh_asked_slot(sip, ifindex), __ATOMIC_RELAXED) != 0)
		return true;
	if (!meter_take(&s->total, all / share)) {
		counter_inc(w, &arp_counters, ARP_CNT_STORM_TOTAL);
		return false;
	}
	return true;
}

void
arp_tell(struct worker *w, int32_t ifindex, const struct arp_eth_ip *arp, enum arp_heard what)
{
	struct ctl_msg msg = { .type = (uint16_t)neigh_msg_heard,
			       .arg = what == ARP_HEARD_PROBE ? arp->ar_tip : arp->ar_sip,
			       .arg2 = arp_heard_pack(&arp->ar_sha, ifindex, what) };

	if (msg.arg != 0 && arp_within_limits(w, ifindex, (rte_be32_t)msg.arg))
		(void)msg_send(w, &msg); /* refused: counted there, and the next ARP tells again */
}
