/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/timer.h"
#include "ip4/ip4_priv.h"

int ip4_msg_log = -1;

/* A bucket of message_burst lines, one more every message_cost seconds. For each worker: written by
 * it alone. */
struct log_bucket {
	uint64_t last_ms;
	uint32_t tokens;
	uint32_t missed; /* since the last line */
	bool started;
} __rte_cache_aligned;
static struct log_bucket buckets[WORKER_SLOTS];

static bool
may_log(struct log_bucket *b)
{
	uint64_t cost = (uint64_t)net_core.message_cost * 1000, now = clock_ms(), earned;

	if (cost == 0)
		return true;
	if (!b->started) {
		*b = (struct log_bucket){ now, (uint32_t)net_core.message_burst, 0, true };
	} else {
		earned = (now - b->last_ms) / cost;
		b->last_ms += earned * cost;
		b->tokens = (uint32_t)RTE_MIN(b->tokens + earned, (uint64_t)net_core.message_burst);
	}
	if (b->tokens == 0) {
		b->missed++;
		return false;
	}
	b->tokens--;
	return true;
}

bool
ip4_log_drop(struct worker *w, struct sk_buff *skb, enum drop_reason why)
{
	struct log_bucket *b = &buckets[w->id];
	struct ctl_msg msg = {
		.type = (uint16_t)ip4_msg_log, .pkt = skb, .arg = why, .arg2 = b->missed
	};

	if (ip4_msg_log < 0 || explaining(w) || !may_log(b))
		return false;
	skb->dst = NULL;
	if (msg_send(w, &msg) != 0) {
		b->missed++;
		return false;
	}
	b->missed = 0;
	return true;
}

void
ip4_log_reset(void)
{
	memset(buckets, 0, sizeof(buckets));
}
