/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Learning (802.1D-2004 7.8): an entry in use is stamped here; one that is new, or has moved, is
 * the control thread's to write.
 */
#include <rte_cycles.h>
#include "bridge/br_burst_dp.h"
#include "core/msg.h"

#define TOLD_N 512 /* sources that a worker remembers to have told of */

/* The same news is not told again within a millisecond, time enough to be heard, unless something
 * was forgotten meanwhile. */
struct told {
	uint64_t key;
	uint64_t tsc;
	uint32_t ifindex;
	uint32_t gone;
};
static struct told told[WORKER_MAX][TOLD_N];

static void
tell(struct worker *w, const struct br_port *p, uint64_t key, uint32_t h) DP_ONLY
{
	struct ctl_msg msg = { .type = br_msg_learn,
			       .arg = (uint32_t)p->dev->ifindex,
			       .arg2 = key };
	uint32_t gone = __atomic_load_n(&br_fdb_gone, __ATOMIC_RELAXED);
	struct told *t;

	if (explaining(w)) {
		EXPLAIN(w, "the source is new at %s: it would be learned", p->dev->name);
		return;
	}
	t = &told[w->id][h % TOLD_N];
	if (t->key == key && t->ifindex == msg.arg && t->gone == gone &&
	    w->now - t->tsc < rte_get_tsc_hz() / 1000)
		return;
	if (msg_send(w, &msg) != 0)
		return; /* counted; the next frame tells it */
	*t = (struct told){ .key = key, .tsc = w->now, .ifindex = msg.arg, .gone = gone };
}

/* What there is to do about a source that the table does not have at this port. false: the port is
 * locked, and the frame has to die. */
static bool
news(struct worker *w, const struct br_port *p, const struct br_fdb_slot *s, uint64_t key,
     uint32_t h) DP_ONLY
{
	uint32_t flags = __atomic_load_n(&p->flags, __ATOMIC_RELAXED);
	uint32_t val = s != NULL ? __atomic_load_n(&s->val, __ATOMIC_RELAXED) : 0;

	if (flags & BR_PORT_LOCKED)
		return false;
	/* Our own address as a source is a frame of ours that came back: nothing to learn. */
	if (flags & BR_PORT_LEARNING && !(val & (BR_FDB_LOCAL | BR_FDB_STICKY)))
		tell(w, p, key, h);
	return true;
}

void
br_learn(struct worker *w, struct br_burst *b)
{
	const struct br_port *p = b->src;
	const struct br_fdb t = *rcu_dereference(b->br->fdb); /* in registers */
	uint32_t flags = __atomic_load_n(&p->flags, __ATOMIC_RELAXED);
	uint32_t now = br_fdb_stamp(w->now);
	bool touch = flags & BR_PORT_LEARNING && !explaining(w);
	uint16_t n = b->n, idx = p->idx, k = 0;

	if (!(flags & (BR_PORT_LEARNING | BR_PORT_LOCKED)))
		return;
	for (uint16_t i = 0; i < n; i++) {
		uint64_t key = br_fdb_key(b->from[i], br_burst_vid(b, i));
		struct br_fdb_slot *s = br_fdb_find(&t, key, b->hfrom[i]);

		if (likely(s != NULL && (__atomic_load_n(&s->val, __ATOMIC_RELAXED) &
					 (BR_FDB_PORT | BR_FDB_LOCAL)) == idx)) {
			if (likely(touch))
				br_fdb_touch(s, now);
		} else if (unlikely(!news(w, p, s, key, b->hfrom[i]))) {
			br_drop(w, b, b->m[i], DROP_BR_LOCKED);
			continue;
		}
		if (unlikely(k != i))
			br_burst_move(b, k, i);
		k++;
	}
	b->n = k;
}
