/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resilient groups: a fixed number of buckets, each with one member. When members or weights
 * change, a bucket moves only when it must: at once when its member is gone, when it has been idle
 * for idle_timer, or when the group has been out of balance for unbalanced_timer. Flows of all
 * other buckets stay where they are, which no rearrangement by weight can promise (RFC 2992 3).
 */
#include <errno.h>
#include <stdlib.h>
#include "fib/fib_nexthop_priv.h"

/* When workers saw a packet of the bucket, in seconds of adj_now_s; 0: not since it moved. */
struct stamps {
	struct rcu_head rcu;
	uint32_t used[];
};

struct bucket {
	const struct fib_nhobj *to; /* NULL: nobody yet */
	uint64_t moved_ms;
};

struct fib_nhres {
	struct ctl_timer timer;
	struct fib_nhobj *obj;
	struct stamps *stamps;
	uint64_t unbalanced_since; /* ms; 0: all buckets are where they belong */
	uint32_t idle_s, unbalanced_s;
	uint16_t n;
	struct bucket bucket[];
};

static inline uint32_t
stamp(const struct fib_nhres *r, unsigned int i)
{
	return __atomic_load_n(&r->stamps->used[i], __ATOMIC_RELAXED);
}

/* Seconds until the bucket counts as idle; 0: it does. */
static uint32_t
idle_in(const struct fib_nhres *r, unsigned int i)
{
	uint32_t used = stamp(r, i), now = __atomic_load_n(&adj_now_s, __ATOMIC_RELAXED);

	/* Not used since it moved: nobody misses it. */
	if (used == 0 || now - used >= r->idle_s)
		return 0;
	return r->idle_s - (now - used);
}

/* --- who should have how many --- */

/* The member that has the bucket; NULL: none that is there and usable. */
static struct fib_nhobj_member *
holder(const struct fib_nhobj *o, const struct bucket *b)
{
	uint32_t rank = b->to == NULL ? UINT32_MAX : b->to->rank;

	if (rank >= o->n_member || o->member[rank].obj != b->to || !o->member[rank].usable)
		return NULL;
	return &o->member[rank];
}

/* As Linux: the bounds between members are rounded, so that the sum is right. */
static void
set_wants(struct fib_nhobj *o, unsigned int n)
{
	uint64_t total = 0, upto = 0;
	uint32_t bound = 0;

	for (unsigned int i = 0; i < o->n_member; i++)
		total += o->member[i].usable ? o->member[i].weight : 0;
	for (unsigned int i = 0; i < o->n_member; i++) {
		struct fib_nhobj_member *m = &o->member[i];
		uint32_t next;

		m->obj->rank = i;
		m->has = 0;
		upto += m->usable ? m->weight : 0;
		next = (uint32_t)((n * upto + total / 2) / total);
		m->wants = (uint16_t)(next - bound);
		bound = next;
	}
}

static struct fib_nhobj_member *
underweight(const struct fib_nhobj *o)
{
	for (unsigned int i = 0; i < o->n_member; i++)
		if (o->member[i].has < o->member[i].wants)
			return &o->member[i];
	return NULL;
}

/* --- moving --- */

static void
move(struct fib_nhres *r, unsigned int i, struct fib_nhobj_member *to, uint64_t now)
{
	r->bucket[i].to = to->obj;
	r->bucket[i].moved_ms = now;
	__atomic_store_n(&r->stamps->used[i], 0, __ATOMIC_RELAXED);
	to->has++;
}

/* Move what must and may move. Returns how many did. */
static unsigned int
migrate(struct fib_nhres *r, bool force, uint64_t now)
{
	struct fib_nhobj *o = r->obj;
	struct fib_nhobj_member *m, *to;
	unsigned int moved = 0;

	set_wants(o, r->n);
	for (unsigned int i = 0; i < r->n; i++)
		if ((m = holder(o, &r->bucket[i])) != NULL)
			m->has++;
	for (unsigned int i = 0; i < r->n; i++) {
		if (holder(o, &r->bucket[i]) != NULL)
			continue;
		to = underweight(o); /* there is one: not all have a bucket yet */
		move(r, i, to, now);
		moved++;
	}
	for (unsigned int i = 0; i < r->n && (to = underweight(o)) != NULL; i++) {
		m = holder(o, &r->bucket[i]);
		if (m->has <= m->wants || !(force || idle_in(r, i) == 0))
			continue;
		m->has--;
		move(r, i, to, now);
		moved++;
	}
	return moved;
}

/* Come again when the next bucket may move. */
static CTL_ONLY void
schedule(struct fib_nhres *r, uint64_t now)
{
	uint64_t next = UINT64_MAX, due;

	if (underweight(r->obj) == NULL) {
		r->unbalanced_since = 0;
		timer_del(&r->timer);
		return;
	}
	if (r->unbalanced_since == 0)
		r->unbalanced_since = now;
	for (unsigned int i = 0; i < r->n; i++) {
		const struct fib_nhobj_member *m = holder(r->obj, &r->bucket[i]);

		if (m->has > m->wants)
			next = RTE_MIN(next, (uint64_t)idle_in(r, i) * 1000);
	}
	if (r->unbalanced_s != 0) {
		due = r->unbalanced_since + (uint64_t)r->unbalanced_s * 1000;
		next = RTE_MIN(next, due > now ? due - now : 0);
	}
	timer_mod(&r->timer, RTE_MAX(next, (uint64_t)1));
}

/* Show the workers where the buckets are. */
static CTL_ONLY int
publish(const struct fib_nhres *r)
{
	struct fib_nhobj *o = r->obj;
	struct fib_group *g = fib_group_alloc(r->n, o->n_member);
	int rc;

	if (g == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < r->n; i++)
		g->idx[i] = r->bucket[i].to->slot;
	for (unsigned int i = 0; i < o->n_member; i++)
		g->idx[r->n + i] = o->member[i].obj->slot;
	rc = fib_group_show(g, &o->slot, r->stamps->used);
	if (rc < 0) {
		free(g);
		return rc;
	}
	fib_group_retire(o->group);
	o->group = g;
	return 0;
}

int
fib_nhres_update(struct fib_nhobj *o)
{
	uint64_t now = clock_ms();
	int rc;

	migrate(o->res, false, now);
	rc = publish(o->res);
	if (rc == 0)
		schedule(o->res, now);
	return rc;
}

static void
on_timer(struct ctl_timer *t)
{
	struct fib_nhres *r = container_of(t, struct fib_nhres, timer);
	uint64_t now = clock_ms();
	bool force;

	role_enter_ctl();
	if (r->obj->dead)
		return; /* the update that revives it goes on */
	force = r->unbalanced_s != 0 &&
		now - r->unbalanced_since >= (uint64_t)r->unbalanced_s * 1000;
	if (migrate(r, force, now) > 0) {
		if (publish(r) < 0) {
			timer_mod(t, 1000); /* no memory: workers go by the old ones till then */
			return;
		}
		fib_narrow_follow(r->obj);
	}
	schedule(r, now);
}

/* --- life --- */

static void
stamps_free(struct rcu_head *head)
{
	free(container_of(head, struct stamps, rcu));
}

void
fib_nhres_timers(struct fib_nhobj *o, const struct fib_nhobj_spec *s)
{
	if (s->idle_set)
		o->res->idle_s = s->idle_s;
	if (s->unbalanced_set)
		o->res->unbalanced_s = s->unbalanced_s;
}

int
fib_nhres_init(struct fib_nhobj *o, const struct fib_nhobj_spec *s)
{
	struct fib_nhres *r = calloc(1, sizeof(*r) + s->buckets * sizeof(r->bucket[0]));

	if (r == NULL)
		return -ENOMEM;
	r->stamps = calloc(1, sizeof(*r->stamps) + s->buckets * sizeof(r->stamps->used[0]));
	if (r->stamps == NULL) {
		free(r);
		return -ENOMEM;
	}
	r->obj = o;
	r->n = s->buckets;
	r->idle_s = FIB_NHRES_IDLE_S;
	timer_setup(&r->timer, on_timer);
	o->res = r;
	return 0;
}

void
fib_nhres_fini(struct fib_nhobj *o)
{
	timer_del(&o->res->timer);
	rcu_defer(&o->res->stamps->rcu, stamps_free);
	free(o->res);
	o->res = NULL;
}

void
fib_nhres_forget(struct fib_nhobj *o, const struct fib_nhobj *member)
{
	for (unsigned int i = 0; i < o->res->n; i++)
		if (o->res->bucket[i].to == member)
			o->res->bucket[i].to = NULL;
}

uint32_t *
fib_nhres_used(const struct fib_nhobj *o)
{
	return o->res->stamps->used;
}

uint16_t
fib_nhres_size(const struct fib_nhobj *o)
{
	return o->res->n;
}

/* --- how it is shown --- */

void
fib_nhres_view(const struct fib_nhobj *o, struct fib_nhobj_view *v)
{
	const struct fib_nhres *r = o->res;

	v->spec.resilient = true;
	v->spec.buckets = r->n;
	v->spec.idle_s = r->idle_s;
	v->spec.unbalanced_s = r->unbalanced_s;
	v->unbalanced_ms = r->unbalanced_since == 0 ? 0 : clock_ms() - r->unbalanced_since;
}

int
fib_nhobj_bucket(uint32_t id, uint32_t index, struct fib_nhobj_bucket *b)
{
	const struct fib_nhobj *o = fib_nhobj_find(id);
	uint64_t now = clock_ms(), since;
	uint32_t used;

	if (o == NULL)
		return -ENOENT;
	if (o->res == NULL)
		return -EINVAL;
	if (index >= o->res->n)
		return -ERANGE;
	used = stamp(o->res, index);
	since = used == 0 ? o->res->bucket[index].moved_ms : (uint64_t)used * 1000;
	*b = (struct fib_nhobj_bucket){
		.nhid = o->res->bucket[index].to == NULL ? 0 : o->res->bucket[index].to->id,
		.idle_ms = now > since ? now - since : 0,
	};
	return 0;
}
