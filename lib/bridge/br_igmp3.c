/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IGMP on a router's side, for one group at one port: the tables of RFC 3376 6.4. Their A and B
 * are what a record brings, X and Y the sources whose timers run and have run out.
 */
#include <string.h>
#include "bridge/br_igmp3.h"

static struct br_mc_src *
find(const struct br_mc_filter *f, rte_be32_t addr)
{
	for (unsigned int i = 0; i < f->n; i++)
		if (f->src[i].addr == addr)
			return &f->src[i];
	return NULL;
}

static rte_be32_t
nth(const uint8_t *src, unsigned int i)
{
	rte_be32_t addr;

	memcpy(&addr, src + i * sizeof(addr), sizeof(addr));
	return addr;
}

static bool
is_listed(rte_be32_t addr, const uint8_t *src, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (nth(src, i) == addr)
			return true;
	return false;
}

/* NULL: the list is full. */
static struct br_mc_src *
add(struct br_mc_filter *f, rte_be32_t addr, uint64_t expires)
{
	struct br_mc_src *s;

	if (f->src == NULL || f->n == BR_MC_SRC_MAX)
		return NULL;
	s = &f->src[f->n++];
	*s = (struct br_mc_src){ .addr = addr, .expires = expires };
	return s;
}

static void
del(struct br_mc_filter *f, unsigned int i)
{
	f->src[i] = f->src[--f->n];
}

/* All sources are wanted: EXCLUDE {}. */
static void
want_all(struct br_mc_filter *f, uint64_t expires)
{
	f->exclude = true;
	f->n = 0;
	f->expires = expires;
	f->asks = 0;
}

/* (B)=GMI: these are wanted. */
static void
allow(struct br_mc_filter *f, const uint8_t *src, unsigned int n, uint64_t expires)
{
	for (unsigned int i = 0; i < n; i++) {
		struct br_mc_src *s = find(f, nth(src, i));

		if (s == NULL)
			s = add(f, nth(src, i), expires);
		if (s == NULL) {
			if (!f->exclude) { /* to err on the side of who wants too much */
				want_all(f, expires);
				return;
			}
			continue; /* it passes all the same */
		}
		s->expires = expires;
		s->asks = 0;
	}
}

/* Forget the sources that the record does not name; those it has and we have not get @p expires. */
static void
exclude(struct br_mc_filter *f, const uint8_t *src, unsigned int n, uint64_t expires)
{
	for (unsigned int i = f->n; i-- > 0;)
		if (!is_listed(f->src[i].addr, src, n))
			del(f, i);
	for (unsigned int i = 0; i < n; i++)
		if (find(f, nth(src, i)) == NULL)
			add(f, nth(src, i), expires);
	f->exclude = true;
}

/* Send Q(G): 6.6.3.1 */
static void
ask_group(struct br_mc_filter *f, uint64_t now, const struct br_mc_times *t)
{
	if (!t->lower)
		return;
	if (f->expires > now + t->last)
		f->expires = now + t->last;
	f->asks = t->asks;
}

/* Send Q(G,S): 6.6.3.2, for one source. */
static void
ask_source(struct br_mc_src *s, uint64_t now, const struct br_mc_times *t)
{
	if (!t->lower || s->expires == 0)
		return;
	if (s->expires > now + t->last)
		s->expires = now + t->last;
	s->asks = t->asks;
}

/* Send Q(G, those of ours that the record names), or that it does not. */
static void
ask(struct br_mc_filter *f, const uint8_t *src, unsigned int n, bool named, uint64_t now,
    const struct br_mc_times *t)
{
	for (unsigned int i = 0; i < f->n; i++)
		if (is_listed(f->src[i].addr, src, n) == named)
			ask_source(&f->src[i], now, t);
}

/* 6.4.1, 6.4.2: INCLUDE (A) */
static void
record_include(struct br_mc_filter *f, enum igmp_record type, const uint8_t *src, unsigned int n,
	       uint64_t now, const struct br_mc_times *t)
{
	switch (type) {
	case IGMP_IS_IN:
	case IGMP_ALLOW:
		allow(f, src, n, now + t->membership);
		break;
	case IGMP_TO_IN:
		ask(f, src, n, false, now, t);
		allow(f, src, n, now + t->membership);
		break;
	case IGMP_BLOCK:
		ask(f, src, n, true, now, t);
		break;
	case IGMP_TO_EX:
		ask(f, src, n, true, now, t);
		/* fallthrough */
	case IGMP_IS_EX:
		exclude(f, src, n, 0);
		f->expires = now + t->membership;
		f->asks = 0;
		break;
	}
}

/* 6.4.1, 6.4.2: EXCLUDE (X,Y) */
static void
record_exclude(struct br_mc_filter *f, enum igmp_record type, const uint8_t *src, unsigned int n,
	       uint64_t now, const struct br_mc_times *t)
{
	switch (type) {
	case IGMP_IS_IN:
	case IGMP_ALLOW:
		allow(f, src, n, now + t->membership);
		break;
	case IGMP_TO_IN:
		ask(f, src, n, false, now, t);
		ask_group(f, now, t);
		allow(f, src, n, now + t->membership);
		break;
	case IGMP_BLOCK:
		for (unsigned int i = 0; i < n; i++)
			if (find(f, nth(src, i)) == NULL)
				add(f, nth(src, i), f->expires);
		ask(f, src, n, true, now, t);
		break;
	case IGMP_IS_EX:
		exclude(f, src, n, now + t->membership);
		f->expires = now + t->membership;
		f->asks = 0;
		break;
	case IGMP_TO_EX:
		exclude(f, src, n, f->expires);
		ask(f, src, n, true, now, t);
		f->expires = now + t->membership;
		f->asks = 0;
		break;
	}
}

void
br_igmp3_record(struct br_mc_filter *f, enum igmp_record type, const uint8_t *src, unsigned int n,
		uint64_t now, const struct br_mc_times *t)
{
	if (now < f->v2_until) { /* 7.3.2 */
		if (type == IGMP_BLOCK)
			return;
		if (type == IGMP_TO_EX)
			n = 0;
	}
	if (f->exclude)
		record_exclude(f, type, src, n, now, t);
	else
		record_include(f, type, src, n, now, t);
}

void
br_igmp3_v2_report(struct br_mc_filter *f, uint64_t now, const struct br_mc_times *t)
{
	f->v2_until = now + t->membership;
	br_igmp3_record(f, IGMP_IS_EX, NULL, 0, now, t);
}

void
br_igmp3_v2_leave(struct br_mc_filter *f, uint64_t now, const struct br_mc_times *t)
{
	br_igmp3_record(f, IGMP_TO_IN, NULL, 0, now, t);
}

void
br_igmp3_query(struct br_mc_filter *f, const uint8_t *src, unsigned int n, uint64_t now,
	       uint64_t ms)
{
	struct br_mc_times t = { .last = ms, .lower = true };

	if (n == 0)
		ask_group(f, now, &t);
	else
		ask(f, src, n, true, now, &t);
}

void
br_igmp3_forget(struct br_mc_filter *f, rte_be32_t addr)
{
	for (unsigned int i = f->n; i-- > 0;)
		if (f->src[i].addr == addr)
			del(f, i);
}

bool
br_igmp3_expire(struct br_mc_filter *f, uint64_t now)
{
	for (unsigned int i = f->n; i-- > 0;) {
		struct br_mc_src *s = &f->src[i];

		if (s->expires == 0 || s->expires > now)
			continue;
		s->expires = 0; /* 6.3: excluded from now on, or no longer included */
		s->asks = 0;
		if (!f->exclude)
			del(f, i);
	}
	if (f->exclude && f->expires <= now) { /* 6.5: back to INCLUDE (X) */
		for (unsigned int i = f->n; i-- > 0;)
			if (f->src[i].expires == 0)
				del(f, i);
		f->exclude = false;
		f->asks = 0;
	}
	return f->exclude || f->n > 0;
}

uint64_t
br_igmp3_next(const struct br_mc_filter *f)
{
	uint64_t next = f->exclude ? f->expires : 0;

	for (unsigned int i = 0; i < f->n; i++)
		if (f->src[i].expires != 0 && (next == 0 || f->src[i].expires < next))
			next = f->src[i].expires;
	return next;
}

bool
br_igmp3_wants(const struct br_mc_filter *f, rte_be32_t addr)
{
	const struct br_mc_src *s = addr != 0 ? find(f, addr) : NULL;

	if (s == NULL)
		return f->exclude;
	return s->expires != 0;
}
