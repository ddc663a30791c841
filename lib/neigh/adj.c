/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "neigh/adj.h"

/*
 * Lines come from slabs as large as a huge page and aligned like one, so that many adjacencies
 * share a TLB entry and a line's slab is found by masking its address. A line has no room for the
 * book-keeping of its retirement: that stands behind the lines of the same slab.
 */
#define SLAB_SIZE (2u << 20)

struct line_ctl {
	struct rcu_head rcu;
	uint32_t slot;	    /* to give back with the line, or NO_SLOT */
	uint32_t next_free; /* index in the slab + 1; 0 ends the list */
};
#define SLAB_LINES ((SLAB_SIZE - 64) / (sizeof(struct adj) + sizeof(struct line_ctl)))
#define NO_SLOT	   UINT32_MAX
#define FINI_POLLS 1000

/* A slot that shows what another one holds: the very line, or a narrow copy of it. */
struct follower {
	struct rcu_head rcu;
	uint32_t idx, target;
	struct follower *next; /* of the same target */
	uint32_t cap;	       /* narrow: bytes of IP that pass; 0: it shows the target's line */
	uint32_t refs;	       /* narrow: 0 when it waits for a grace period */
	struct adj *own;       /* narrow: its line, unless there was no memory for one */
	struct adj *fresh;     /* narrow: scratch of adj_publish() */
};

struct slab {
	struct adj lines[SLAB_LINES];
	struct line_ctl ctl[SLAB_LINES];
	struct slab *next;    /* all slabs */
	struct slab *next_av; /* slabs with a free line */
	uint32_t free;	      /* first free line + 1 */
	uint32_t fresh;	      /* lines from here on were never used: their pages are untouched */
	bool available;	      /* is on the list of those with a free line */
};
_Static_assert(sizeof(struct slab) <= SLAB_SIZE, "a slab fits its alignment");

struct adj **adj_tab;
uint32_t adj_now_s = 1;

static struct {
	struct slab *slabs, *available;
	uint32_t *free_slots; /* a stack */
	uint32_t n_free;
	uint32_t fresh; /* slots from here on were never used */
	uint32_t used;
	uint32_t lines;
	uint32_t *stamps; /* [ADJ_MAX] */
	/* [ADJ_MAX], pages untouched but for those in use: who follows a slot, what a slot is */
	struct follower **followers, **follower;
} at;

static void *
alloc_huge(size_t size)
{
	void *p = aligned_alloc(SLAB_SIZE, size);

	if (p != NULL)
		madvise(p, size, MADV_HUGEPAGE); /* a wish: small pages serve as well */
	return p;
}

static struct slab *
slab_of(const struct adj *line)
{
	return (struct slab *)((uintptr_t)line & ~(uintptr_t)(SLAB_SIZE - 1));
}

static struct line_ctl *
ctl_of(const struct adj *line)
{
	struct slab *s = slab_of(line);

	return &s->ctl[line - s->lines];
}

static CTL_ONLY struct slab *
slab_with_room(void)
{
	struct slab *s = at.available;

	if (s != NULL)
		return s;
	s = alloc_huge(SLAB_SIZE);
	if (s == NULL)
		return NULL;
	s->free = s->fresh = 0;
	s->next = at.slabs;
	at.slabs = s;
	s->next_av = NULL;
	s->available = true;
	at.available = s;
	return s;
}

static CTL_ONLY struct adj *
line_alloc(void)
{
	struct slab *s = slab_with_room();
	uint32_t i;

	if (s == NULL)
		return NULL;
	if (s->free != 0) {
		i = s->free - 1;
		s->free = s->ctl[i].next_free;
	} else {
		i = s->fresh++;
	}
	if (s->free == 0 && s->fresh == SLAB_LINES) {
		at.available = s->next_av;
		s->available = false;
	}
	at.lines++;
	return &s->lines[i];
}

static CTL_ONLY void
line_free(struct adj *line)
{
	struct slab *s = slab_of(line);
	uint32_t i = (uint32_t)(line - s->lines);

	s->ctl[i].next_free = s->free;
	s->free = i + 1;
	if (!s->available) {
		s->next_av = at.available;
		at.available = s;
		s->available = true;
	}
	at.lines--;
}

static void orphan(uint32_t target) CTL_ONLY;

/* No worker can hold the line, nor the number of its slot, any more. */
static CTL_ONLY void
line_reclaim(struct rcu_head *head)
{
	struct line_ctl *c = (struct line_ctl *)head;
	struct slab *s = (struct slab *)((uintptr_t)c & ~(uintptr_t)(SLAB_SIZE - 1));

	if (c->slot != NO_SLOT) {
		orphan(c->slot);
		at.free_slots[at.n_free++] = c->slot;
	}
	line_free(&s->lines[c - s->ctl]);
}

static CTL_ONLY struct adj *
line_build(const struct adj *tmpl, uint32_t idx)
{
	struct adj *line = line_alloc();

	if (line == NULL)
		return NULL;
	*line = *tmpl;
	if (line->type != ADJ_GROUP)
		line->index = idx;
	if (line->used == NULL)
		line->used = &at.stamps[idx];
	return line;
}

int
adj_init(void)
{
	static const uint8_t fixed[ADJ_IDX_DYNAMIC] = {
		[ADJ_IDX_NO_ROUTE] = ADJ_NO_ROUTE,   [ADJ_IDX_LOCAL] = ADJ_LOCAL,
		[ADJ_IDX_BROADCAST] = ADJ_BROADCAST, [ADJ_IDX_MULTICAST] = ADJ_MULTICAST,
		[ADJ_IDX_BLACKHOLE] = ADJ_BLACKHOLE, [ADJ_IDX_UNREACHABLE] = ADJ_UNREACHABLE,
		[ADJ_IDX_PROHIBIT] = ADJ_PROHIBIT,   [ADJ_IDX_THROW] = ADJ_THROW,
		[ADJ_IDX_MARTIAN] = ADJ_MARTIAN,     [ADJ_IDX_TOS] = ADJ_TOS,
	};

	if (adj_tab != NULL)
		return 0;
	adj_tab = alloc_huge(ADJ_MAX * sizeof(adj_tab[0]));
	at.free_slots = malloc(ADJ_MAX * sizeof(at.free_slots[0]));
	at.stamps = calloc(ADJ_MAX, sizeof(at.stamps[0]));
	at.followers = calloc(ADJ_MAX, sizeof(at.followers[0]));
	at.follower = calloc(ADJ_MAX, sizeof(at.follower[0]));
	if (adj_tab == NULL || at.free_slots == NULL || at.stamps == NULL || at.followers == NULL ||
	    at.follower == NULL)
		goto undo_alloc;
	for (uint32_t i = 0; i < ADJ_IDX_DYNAMIC; i++) {
		struct adj tmpl = { .type = fixed[i] };

		adj_tab[i] = line_build(&tmpl, i);
		if (adj_tab[i] == NULL)
			goto undo_alloc;
	}
	for (uint32_t i = ADJ_IDX_DYNAMIC; i < ADJ_MAX; i++)
		adj_tab[i] = adj_tab[ADJ_IDX_NO_ROUTE];
	at.fresh = at.used = ADJ_IDX_DYNAMIC;
	return 0;
undo_alloc:
	adj_fini();
	return -ENOMEM;
}

void
adj_fini(void)
{
	struct slab *next;

	/* What still waits lives in the slabs. The readers have ended, so this comes to an end;
	 * where one has not, better leave memory behind than wait for it. */
	for (int i = 0; i < FINI_POLLS; i++)
		if (rcu_poll() == 0)
			break;
	if (rcu_pending() > 0)
		return;
	for (struct slab *s = at.slabs; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	free(at.free_slots);
	free(at.stamps);
	free(at.followers);
	free(at.follower);
	free(adj_tab);
	adj_tab = NULL;
	memset(&at, 0, sizeof(at));
}

/* The slot that is given out next, or -ENOSPC. */
static CTL_ONLY int64_t
slot_peek(void)
{
	if (at.n_free > 0)
		return at.free_slots[at.n_free - 1];
	return at.fresh < ADJ_MAX ? (int64_t)at.fresh : -ENOSPC;
}

static CTL_ONLY void
slot_take(void)
{
	if (at.n_free > 0)
		at.n_free--;
	else
		at.fresh++;
	at.used++;
}

int64_t
adj_alloc(const struct adj *tmpl)
{
	int64_t idx = slot_peek();
	struct adj *line;

	if (idx < 0)
		return idx;
	line = line_build(tmpl, (uint32_t)idx);
	if (line == NULL)
		return -ENOMEM;
	slot_take();
	at.stamps[idx] = 0;
	rcu_assign_pointer(adj_tab[idx], line); /* built before it is seen */
	return idx;
}

/* When no worker holds it any more; NULL: nothing. */
static CTL_ONLY void
line_retire(struct adj *line)
{
	struct line_ctl *c;

	if (line == NULL)
		return;
	c = ctl_of(line);
	c->slot = NO_SLOT;
	rcu_defer(&c->rcu, line_reclaim);
}

/* --- followers --- */

/* What a follower with this cap shows of @p target, or NULL: no memory. Index and stamp stay the
 * target's: it is the same way. */
static CTL_ONLY struct adj *
narrow_line(const struct adj *target, uint32_t cap)
{
	struct adj *line = line_alloc();

	if (line == NULL)
		return NULL;
	*line = *target;
	line->mtu = RTE_MIN(target->mtu, cap);
	if (adj_is_unresolved(target))
		line->unresolved_mtu = cap;
	return line;
}

static CTL_ONLY void
undo_fresh(uint32_t target)
{
	for (struct follower *f = at.followers[target]; f != NULL; f = f->next) {
		if (f->fresh != NULL)
			line_free(f->fresh);
		f->fresh = NULL;
		undo_fresh(f->idx);
	}
}

/* Lines for the narrow ones among those that follow @p target, when it shows @p line. 0 or
 * -ENOMEM; those that there was memory for are there. A follower may be a target once more. */
static CTL_ONLY int
make_fresh(uint32_t target, const struct adj *line)
{
	int rc = 0;

	for (struct follower *f = at.followers[target]; f != NULL; f = f->next) {
		if (f->cap == 0)
			rc = make_fresh(f->idx, line) < 0 ? -ENOMEM : rc;
		else if ((f->fresh = narrow_line(line, f->cap)) == NULL)
			rc = -ENOMEM;
	}
	return rc;
}

/* The slot shows @p line, and so do those that follow it; a narrow one what is made ready for it.
 */
static CTL_ONLY void
show(uint32_t idx, struct adj *line)
{
	rcu_assign_pointer(adj_tab[idx], line);
	for (struct follower *f = at.followers[idx]; f != NULL; f = f->next) {
		struct adj *old = f->own;

		f->own = f->fresh;
		f->fresh = NULL;
		show(f->idx, f->own != NULL ? f->own : line);
		line_retire(old);
	}
}

int
adj_publish(uint32_t idx, const struct adj *tmpl)
{
	struct adj *old = adj_tab[idx];
	struct adj *line = line_build(tmpl, idx);

	if (line == NULL)
		return -ENOMEM; /* the old line stays in use */
	if (make_fresh(idx, line) < 0) {
		undo_fresh(idx);
		line_free(line);
		return -ENOMEM;
	}
	show(idx, line);
	line_retire(old);
	return 0;
}

static CTL_ONLY void
follower_link(struct follower *f, uint32_t target)
{
	f->target = target;
	f->next = at.followers[target];
	at.followers[target] = f;
}

static CTL_ONLY void
follower_unlink(const struct follower *f)
{
	struct follower **link = &at.followers[f->target];

	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
}

/* In a slot that nobody knows yet. NULL with *rc: -ENOSPC, -ENOMEM. */
static CTL_ONLY struct follower *
follower_new(uint32_t target, int64_t *rc)
{
	struct follower *f;

	*rc = slot_peek();
	if (*rc < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL) {
		*rc = -ENOMEM;
		return NULL;
	}
	slot_take();
	f->idx = (uint32_t)*rc;
	at.follower[f->idx] = f;
	follower_link(f, target);
	return f;
}

int64_t
adj_alloc_follower(uint32_t target)
{
	int64_t idx;
	struct follower *f = follower_new(target, &idx);

	if (f != NULL)
		rcu_assign_pointer(adj_tab[f->idx], adj_tab[target]);
	return idx;
}

void
adj_follow(uint32_t idx, uint32_t target)
{
	struct follower *f = at.follower[idx];

	follower_unlink(f);
	follower_link(f, target);
	/* Without memory its narrow ones show all of the line: too wide a way is better than one
	 * that may be gone. */
	make_fresh(idx, adj_tab[target]);
	show(idx, adj_tab[target]);
}

/* The number of @p target is to be another's: what still follows it has no way any more. */
static CTL_ONLY void
orphan(uint32_t target)
{
	struct follower *f;

	show(target, adj_tab[ADJ_IDX_NO_ROUTE]);
	while ((f = at.followers[target]) != NULL) {
		follower_unlink(f);
		follower_link(f, ADJ_IDX_NO_ROUTE);
	}
}

static CTL_ONLY void
follower_reclaim(struct rcu_head *head)
{
	struct follower *f = (struct follower *)head;

	follower_unlink(f);
	orphan(f->idx);
	at.free_slots[at.n_free++] = f->idx;
	if (f->own != NULL)
		line_free(f->own);
	free(f);
}

void
adj_release_follower(uint32_t idx)
{
	at.used--;
	rcu_defer(&at.follower[idx]->rcu, follower_reclaim);
	at.follower[idx] = NULL;
}

int64_t
adj_narrow_get(uint32_t target, uint32_t cap)
{
	struct follower *f = at.followers[target];
	struct adj *line;
	int64_t idx;

	while (f != NULL && (f->cap != cap || f->refs == 0))
		f = f->next;
	if (f != NULL) {
		f->refs++;
		return f->idx;
	}
	line = narrow_line(adj_tab[target], cap);
	if (line == NULL)
		return -ENOMEM;
	f = follower_new(target, &idx);
	if (f == NULL) {
		line_free(line);
		return idx;
	}
	f->cap = cap;
	f->refs = 1;
	f->own = line;
	rcu_assign_pointer(adj_tab[f->idx], line);
	return idx;
}

void
adj_narrow_put(uint32_t idx)
{
	if (--at.follower[idx]->refs == 0)
		adj_release_follower(idx);
}

/* The line stays where it is until the grace period ends: a worker that has looked the slot up
 * already, or still will in this burst, finds what it expects. */
void
adj_release(uint32_t idx)
{
	struct line_ctl *c = ctl_of(adj_tab[idx]);

	c->slot = idx;
	at.used--;
	rcu_defer(&c->rcu, line_reclaim);
}

unsigned int
adj_count(void)
{
	return at.used;
}

unsigned int
adj_lines(void)
{
	return at.lines;
}
