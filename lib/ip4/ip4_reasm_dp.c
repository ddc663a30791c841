/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_reasm_dp.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>

#define UNIT	  8u
#define WORDS	  (REASM_UNITS / 64)
#define TOTAL_MAX 65535u

struct reasm_source {
	rte_be32_t addr;
	uint32_t rid; /* pieces taken from it */
	uint32_t bucket;
	uint64_t mem;
	bool is_heavy;
	struct reasm_source *hash_next;
	struct reasm_list dgrams; /* oldest first */
	TAILQ_ENTRY(reasm_source) by_weight;
};

/* --- sources --- */

static struct reasm_source *
source_get(struct reasm_table *t, rte_be32_t addr)
{
	/* Multiply-shift under a secret factor: nobody sees enough of it to aim. */
	uint32_t bucket = (uint32_t)((addr * (t->secret.k[1] | 1)) >> 32) % REASM_BUCKETS;
	struct reasm_source *s;

	for (s = t->source_tab[bucket]; s != NULL; s = s->hash_next)
		if (s->addr == addr)
			return s;
	s = t->free_sources; /* there are as many as datagrams */
	t->free_sources = s->hash_next;
	*s = (struct reasm_source){ .addr = addr,
				    .bucket = bucket,
				    .hash_next = t->source_tab[bucket] };
	TAILQ_INIT(&s->dgrams);
	t->source_tab[bucket] = s;
	return s;
}

static void
source_put(struct reasm_table *t, struct reasm_source *s)
{
	struct reasm_source **at = &t->source_tab[s->bucket];

	if (!TAILQ_EMPTY(&s->dgrams))
		return;
	while (*at != s)
		at = &(*at)->hash_next;
	*at = s->hash_next;
	s->hash_next = t->free_sources;
	t->free_sources = s;
}

/* The memory of @p d, and of all that it belongs to, changes by @p by bytes. */
static void
charge(struct reasm_table *t, struct reasm_dgram *d, int64_t by)
{
	struct reasm_source *s = d->source;
	bool heavy;

	d->mem = (uint32_t)(d->mem + by);
	t->mem = (uint64_t)((int64_t)t->mem + by);
	s->mem = (uint64_t)((int64_t)s->mem + by);
	heavy = s->mem > t->limits.high / REASM_SHARE;
	if (likely(heavy == s->is_heavy))
		return;
	s->is_heavy = heavy;
	if (heavy)
		TAILQ_INSERT_TAIL(&t->heavy, s, by_weight);
	else
		TAILQ_REMOVE(&t->heavy, s, by_weight);
}

/* --- datagrams --- */

static struct reasm_dgram *
dgram_find(const struct reasm_table *t, const struct reasm_key *key, uint64_t hash)
{
	struct reasm_dgram *d = t->last;

	if (d != NULL && reasm_same_key(&d->key, key))
		return d;
	for (d = t->dgram_tab[hash % REASM_BUCKETS]; d != NULL; d = d->hash_next)
		if (reasm_same_key(&d->key, key))
			return d;
	return NULL;
}

static struct reasm_dgram *
dgram_new(struct reasm_table *t, const struct reasm_key *key, uint64_t hash, uint64_t now_ms)
{
	struct reasm_dgram *d = t->free_dgrams;
	uint32_t bucket = hash % REASM_BUCKETS;

	if (d == NULL)
		return NULL;
	t->free_dgrams = d->hash_next;
	/* One by one: to clear all of it at once would cost more than all the rest. */
	d->key = *key;
	d->end = d->have = d->mem = d->n = d->in_order = 0;
	d->first_word = WORDS;
	d->last_word = 0;
	d->ecn = d->hlen = 0;
	d->last_in = false;
	d->sorted = true;
	d->first = d->tail = NULL;
	d->born_ms = now_ms;
	d->bucket = bucket;
	d->hash_next = t->dgram_tab[bucket];
	d->source = source_get(t, key->src);
	t->dgram_tab[bucket] = d;
	TAILQ_INSERT_TAIL(&t->age, d, by_age);
	TAILQ_INSERT_TAIL(&d->source->dgrams, d, by_source);
	t->n_dgrams++;
	charge(t, d, REASM_OVERHEAD);
	return d;
}

/* Out of the table; the pieces stay on its list. */
static void
dgram_unlink(struct reasm_table *t, struct reasm_dgram *d)
{
	struct reasm_dgram **at = &t->dgram_tab[d->bucket];

	while (*at != d)
		at = &(*at)->hash_next;
	*at = d->hash_next;
	if (t->last == d)
		t->last = NULL;
	TAILQ_REMOVE(&t->age, d, by_age);
	TAILQ_REMOVE(&d->source->dgrams, d, by_source);
	charge(t, d, -(int64_t)d->mem);
	t->n_pieces -= d->n;
	t->n_dgrams--;
	source_put(t, d->source);
}

void
reasm_release(struct reasm_table *t, struct reasm_dgram *d)
{
	if (d->first_word < WORDS)
		memset(d->bits + d->first_word, 0,
		       (d->last_word - d->first_word + 1u) * sizeof(*d->bits));
	d->hash_next = t->free_dgrams;
	t->free_dgrams = d;
}

static void
lose(struct reasm_table *t, struct reasm_dgram *d, enum reasm_why why)
{
	dgram_unlink(t, d);
	t->ops->lost(t, d, why);
	reasm_release(t, d);
}

/* Memory is bounded: who holds more than a fair share loses first, and loses the oldest; when
 * nobody does, the oldest of all goes. */
static struct reasm_dgram *
victim(struct reasm_table *t)
{
	struct reasm_source *s, *worst = NULL;
	uint64_t most = t->limits.high / REASM_SHARE; /* may have changed since it was listed */

	TAILQ_FOREACH(s, &t->heavy, by_weight)
		if (s->mem > most) {
			worst = s;
			most = s->mem;
		}
	return TAILQ_FIRST(worst != NULL ? &worst->dgrams : &t->age);
}

static void
make_room(struct reasm_table *t, uint32_t want)
{
	struct reasm_dgram *d;

	if (likely(t->mem + want <= t->limits.high && t->free_dgrams != NULL))
		return;
	if (t->free_dgrams == NULL && (d = victim(t)) != NULL)
		lose(t, d, REASM_EVICTED);
	if (t->mem + want <= t->limits.high)
		return;
	while (t->mem + want > t->limits.low && (d = victim(t)) != NULL)
		lose(t, d, REASM_EVICTED);
}

/* --- pieces --- */

/* Bits [from, to) of word @p w that lie in units [first, end). */
static uint64_t
mask_in_word(uint32_t w, uint32_t first, uint32_t end)
{
	uint32_t from = first > w * 64 ? first - w * 64 : 0, to = RTE_MIN(end - w * 64, 64u);

	return (to == 64 ? ~UINT64_C(0) : (UINT64_C(1) << to) - 1) & ~UINT64_C(0) << from;
}

enum cover { COVER_NONE, COVER_SOME, COVER_ALL };

/* How much of bytes [off, end), behind what came in order, is here? The last unit counts as a
 * whole: what ends within it must end where the datagram ends, which is looked at apart. */
static enum cover
cover_bits(const struct reasm_dgram *d, uint32_t off, uint32_t end)
{
	uint32_t first = off / UNIT, stop = (end + UNIT - 1) / UNIT;
	bool none = true, all = true;

	for (uint32_t w = first / 64; w <= (stop - 1) / 64; w++) {
		uint64_t mask = mask_in_word(w, first, stop), have = d->bits[w] & mask;

		none &= have == 0;
		all &= have == mask;
	}
	return none ? COVER_NONE : all ? COVER_ALL : COVER_SOME;
}

static enum cover
cover(const struct reasm_dgram *d, uint32_t off, uint32_t end)
{
	if (likely(off >= d->end))
		return COVER_NONE;
	if (off >= d->in_order)
		return cover_bits(d, off, end);
	if (end <= d->in_order || cover_bits(d, d->in_order, end) == COVER_ALL)
		return COVER_ALL;
	return COVER_SOME;
}

static void
mark(struct reasm_dgram *d, uint32_t off, uint32_t end)
{
	uint32_t first = off / UNIT, stop = (end + UNIT - 1) / UNIT;

	for (uint32_t w = first / 64; w <= (stop - 1) / 64; w++)
		d->bits[w] |= mask_in_word(w, first, stop);
	d->first_word = (uint16_t)RTE_MIN(d->first_word, first / 64);
	d->last_word = (uint16_t)RTE_MAX(d->last_word, (stop - 1) / 64);
}

/* Does the piece contradict where the datagram ends? One end only, and nothing past it. */
static bool
ends_wrong(const struct reasm_dgram *d, const struct reasm_piece *p)
{
	uint32_t end = (uint32_t)p->off + p->len;

	if (d->last_in)
		return p->last ? end != d->end : end > d->end;
	return p->last && end < d->end;
}

static void
append(struct reasm_table *t, struct reasm_dgram *d, struct reasm_piece *p)
{
	uint32_t end = (uint32_t)p->off + p->len;
	struct reasm_piece *tail = d->tail;

	if (likely(p->off == d->in_order))
		d->in_order = end;
	else
		mark(d, p->off, end);
	d->end = RTE_MAX(d->end, end);
	d->last_in |= p->last;
	d->have += p->len;
	d->ecn |= (uint8_t)(1u << p->ecn);
	d->rid = ++d->source->rid;
	if (p->off == 0)
		d->hlen = p->hlen;
	if (tail != NULL && tail->off + tail->len == p->off && t->ops->merge != NULL) {
		uint16_t len = p->len;

		if (t->ops->merge(t, tail, p)) {
			tail->len = (uint16_t)(tail->len + len);
			return;
		}
	}
	p->next = NULL;
	if (tail != NULL) {
		d->sorted &= tail->off < p->off;
		tail->next = p;
	} else {
		d->first = p;
	}
	d->tail = p;
	d->n++;
	t->n_pieces++;
	charge(t, d, p->mem);
}

/* Merge two lists by offset. */
static struct reasm_piece *
merge_lists(struct reasm_piece *a, struct reasm_piece *b)
{
	struct reasm_piece *head = NULL, **at = &head;

	while (a != NULL && b != NULL) {
		struct reasm_piece **less = a->off < b->off ? &a : &b;

		*at = *less;
		at = &(*less)->next;
		*less = *at;
	}
	*at = a != NULL ? a : b;
	return head;
}

/* Merge sort from the bottom: run[i] holds 2^i pieces, of which there are at most REASM_UNITS. */
static struct reasm_piece *
sort(struct reasm_piece *list)
{
	struct reasm_piece *run[16] = { NULL }, *p;

	while ((p = list) != NULL) {
		unsigned int i = 0;

		list = p->next;
		p->next = NULL;
		for (; run[i] != NULL; i++) {
			p = merge_lists(run[i], p);
			run[i] = NULL;
		}
		run[i] = p;
	}
	for (unsigned int i = 0; i < RTE_DIM(run); i++)
		list = merge_lists(run[i], list);
	return list;
}
_Static_assert(REASM_UNITS < 1u << 16, "as many runs as sort() has room for");

static struct reasm_result
refused(enum reasm_why why)
{
	return (struct reasm_result){ .verdict = REASM_REFUSED, .why = why };
}

/* All bytes are here: is it a datagram? */
static struct reasm_result
complete(struct reasm_table *t, struct reasm_dgram *d)
{
	if (d->hlen + d->end > TOTAL_MAX) { /* a first piece with more options than the last */
		lose(t, d, REASM_OVERSIZE);
		return (struct reasm_result){ .verdict = REASM_HELD };
	}
	/* RFC 3168 5.3: one says that congestion was met, another that it may not be marked. */
	if ((d->ecn & 1u << 3) && (d->ecn & 1u << 0)) {
		lose(t, d, REASM_ECN);
		return (struct reasm_result){ .verdict = REASM_HELD };
	}
	dgram_unlink(t, d);
	if (!d->sorted)
		d->first = sort(d->first);
	return (struct reasm_result){ .verdict = REASM_COMPLETE, .dgram = d };
}

/* Linux's ip_frag_too_far(): by now the source may be using this id for another datagram. */
static bool
too_far(const struct reasm_table *t, const struct reasm_dgram *d)
{
	return t->limits.max_dist != 0 && d->source->rid - d->rid > t->limits.max_dist;
}

struct reasm_result
reasm_add(struct reasm_table *t, const struct reasm_key *key, uint64_t hash, struct reasm_piece *p,
	  uint64_t now_ms)
{
	struct reasm_dgram *d;
	enum cover here;

	make_room(t, p->mem);
	if (hash == 0 && !reasm_is_last(t, key))
		hash = reasm_hash(&t->secret, key);
	d = dgram_find(t, key, hash);
	if (d != NULL && too_far(t, d)) {
		lose(t, d, REASM_TOO_FAR);
		d = NULL;
		hash = reasm_hash(&t->secret, key);
	}
	if (d == NULL) {
		/* The thresholds may leave no room for a single piece. */
		if (t->mem + p->mem + REASM_OVERHEAD > t->limits.high)
			return refused(REASM_NO_ROOM);
		d = dgram_new(t, key, hash, now_ms);
		if (d == NULL)
			return refused(REASM_NO_ROOM);
	}
	if (ends_wrong(d, p)) {
		lose(t, d, REASM_OVERLAP);
		return refused(REASM_OVERLAP);
	}
	here = cover(d, p->off, (uint32_t)p->off + p->len);
	/* A copy of what is here is harmless, and no progress; anything else that overlaps is an
	 * attack, and takes the whole datagram with it (RFC 5722 4). */
	if (here == COVER_ALL)
		return refused(REASM_DUPLICATE);
	if (here == COVER_SOME) {
		lose(t, d, REASM_OVERLAP);
		return refused(REASM_OVERLAP);
	}
	append(t, d, p);
	t->last = d;
	if (d->last_in && d->have == d->end)
		return complete(t, d);
	return (struct reasm_result){ .verdict = REASM_HELD };
}

uint64_t
reasm_expire(struct reasm_table *t, uint64_t now_ms)
{
	struct reasm_dgram *d;

	/* All live equally long, so the oldest is the next. */
	while ((d = TAILQ_FIRST(&t->age)) != NULL) {
		uint64_t due = d->born_ms + t->limits.time_ms;

		if (due > now_ms)
			return due - now_ms;
		lose(t, d, REASM_TIMEOUT);
	}
	return 0;
}

/* --- start and end --- */

int
reasm_init(struct reasm_table *t, const struct siphash_key *secret, const struct reasm_ops *ops,
	   void *owner)
{
	*t = (struct reasm_table){ .ops = ops, .owner = owner, .secret = *secret };
	t->dgrams = calloc(REASM_DGRAMS, sizeof(*t->dgrams));
	t->sources = calloc(REASM_DGRAMS, sizeof(*t->sources));
	t->bits = calloc(REASM_DGRAMS, WORDS * sizeof(*t->bits));
	t->dgram_tab = calloc(REASM_BUCKETS, sizeof(struct reasm_dgram *));
	t->source_tab = calloc(REASM_BUCKETS, sizeof(struct reasm_source *));
	TAILQ_INIT(&t->age);
	TAILQ_INIT(&t->heavy);
	if (t->dgrams == NULL || t->sources == NULL || t->bits == NULL || t->dgram_tab == NULL ||
	    t->source_tab == NULL) {
		reasm_fini(t);
		return -ENOMEM;
	}
	for (uint32_t i = REASM_DGRAMS; i-- > 0;) {
		t->dgrams[i].bits = t->bits + (size_t)i * WORDS;
		t->dgrams[i].hash_next = t->free_dgrams;
		t->free_dgrams = &t->dgrams[i];
		t->sources[i].hash_next = t->free_sources;
		t->free_sources = &t->sources[i];
	}
	return 0;
}

void
reasm_fini(struct reasm_table *t)
{
	struct reasm_dgram *d;

	while ((d = TAILQ_FIRST(&t->age)) != NULL)
		lose(t, d, REASM_PURGED);
	free(t->dgrams);
	free(t->sources);
	free(t->bits);
	free(t->dgram_tab);
	free(t->source_tab);
	*t = (struct reasm_table){ .ops = t->ops };
	TAILQ_INIT(&t->age);
	TAILQ_INIT(&t->heavy);
}
