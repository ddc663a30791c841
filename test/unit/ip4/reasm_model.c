/* SPDX-License-Identifier: BSD-3-Clause */
#include "reasm_model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 8192

/* A datagram as the model sees it. */
struct model {
	bool live, last_in;
	struct reasm_key key;
	uint32_t end, have, furthest;
	uint64_t born_ms;
	uint8_t here[65536];
};
struct owned {
	struct reasm_piece piece; /* first: the engine hands out its address */
	uint32_t serial;
};

static struct reasm_table table;
static struct model *models[MODELS];
static unsigned int lost_count[REASM_NO_ROOM + 1], pieces_out;
static bool expiring, expect_lost;
static enum reasm_why expect_why;
static uint64_t clock_now;

#define REQUIRE(ok)                                                                                \
	do {                                                                                       \
		if (!(ok)) {                                                                       \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #ok);                   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static struct model *
find(const struct reasm_key *key)
{
	for (unsigned int i = 0; i < MODELS; i++)
		if (models[i] != NULL && memcmp(&models[i]->key, key, sizeof(*key)) == 0)
			return models[i];
	return NULL;
}

static void
forget(struct model *m)
{
	for (unsigned int i = 0; i < MODELS; i++)
		if (models[i] == m)
			models[i] = NULL;
	free(m);
}

static void
drop_pieces(struct reasm_piece *p)
{
	for (struct reasm_piece *next; p != NULL; p = next) {
		next = p->next;
		pieces_out--;
		free(p);
	}
}

static void
on_lost(struct reasm_table *t, struct reasm_dgram *d, enum reasm_why why)
{
	struct model *m = find(&d->key);
	uint32_t bytes = 0;

	(void)t;
	REQUIRE(m != NULL);
	for (const struct reasm_piece *p = d->first; p != NULL; p = p->next)
		bytes += p->len;
	REQUIRE(bytes == d->have);
	lost_count[why]++;
	if (why == REASM_TIMEOUT)
		REQUIRE(expiring && m->born_ms + table.limits.time_ms <= clock_now);
	else if (why == REASM_OVERLAP || why == REASM_OVERSIZE)
		REQUIRE(expect_lost && why == expect_why);
	drop_pieces(d->first);
	forget(m);
}

static bool
on_merge(struct reasm_table *t, struct reasm_piece *tail, struct reasm_piece *p)
{
	(void)t;
	REQUIRE(tail->off + tail->len == p->off);
	if (p->len % 16 != 0)
		return false;
	pieces_out--;
	free(p);
	return true;
}

static const struct reasm_ops ops = { on_lost, on_merge };

void
reasm_model_start(const struct reasm_limits *limits)
{
	const struct siphash_key secret = { { 1, 2 } };

	REQUIRE(reasm_init(&table, &secret, &ops, NULL) == 0);
	table.limits = *limits;
	memset(lost_count, 0, sizeof(lost_count));
	pieces_out = 0;
}

/* What the model says of a piece: a refusal, or -1. */
static int
judge(const struct model *m, uint32_t off, uint32_t end, bool last)
{
	uint32_t covered = 0;

	if (m == NULL)
		return -1;
	if (last && (m->last_in ? end != m->end : end < m->furthest))
		return REASM_OVERLAP;
	if (!last && m->last_in && end > m->end)
		return REASM_OVERLAP;
	for (uint32_t i = off; i < end; i++)
		covered += m->here[i];
	if (covered == end - off)
		return REASM_DUPLICATE;
	return covered > 0 ? REASM_OVERLAP : -1;
}

static void
note(struct model *m, uint32_t off, uint32_t end, bool last)
{
	memset(m->here + off, 1, end - off);
	m->have += end - off;
	if (end > m->furthest)
		m->furthest = end;
	if (last) {
		m->last_in = true;
		m->end = end;
	}
}

/* Sorted, without gap, from 0 to the end. */
static void
check_whole(const struct reasm_dgram *d, const struct model *m)
{
	uint32_t at = 0;

	for (const struct reasm_piece *p = d->first; p != NULL; p = p->next) {
		REQUIRE(p->off == at);
		at += p->len;
	}
	REQUIRE(at == m->end && m->have == m->end);
}

enum reasm_verdict
reasm_model_piece(const struct reasm_key *key, uint16_t off, uint16_t len, bool last, uint32_t mem,
		  uint64_t now_ms)
{
	struct owned *o = calloc(1, sizeof(*o));
	uint32_t end = (uint32_t)off + len;
	struct reasm_result r;
	struct model *m;
	int refusal;

	REQUIRE(o != NULL);
	o->piece = (struct reasm_piece){
		.mem = mem, .off = off, .len = len, .hlen = 20, .last = last
	};
	pieces_out++;
	clock_now = now_ms;
	/* Whether the datagram survives the making of room is the engine's to say; what it does
	 * with the piece then, is not. */
	refusal = judge(find(key), off, end, last);
	expect_lost = refusal == REASM_OVERLAP;
	expect_why = REASM_OVERLAP;
	r = reasm_add(&table, key, reasm_hash(&table.secret, key), &o->piece, now_ms);
	REQUIRE(table.mem <= table.limits.high);
	m = find(key);
	if (r.verdict == REASM_REFUSED) {
		REQUIRE(r.why == REASM_NO_ROOM ||
			(refusal >= 0 && r.why == (enum reasm_why)refusal));
		pieces_out--;
		free(o);
		return r.verdict;
	}
	REQUIRE(refusal < 0 || m == NULL); /* it went before, so the piece began another */
	if (m == NULL) {
		m = calloc(1, sizeof(*m));
		REQUIRE(m != NULL);
		m->key = *key;
		m->born_ms = now_ms;
		for (unsigned int i = 0; i < MODELS; i++)
			if (models[i] == NULL) {
				models[i] = m;
				break;
			}
	}
	note(m, off, end, last);
	REQUIRE((r.verdict == REASM_COMPLETE) == (m->last_in && m->have == m->end));
	if (r.verdict == REASM_COMPLETE) {
		check_whole(r.dgram, m);
		drop_pieces(r.dgram->first);
		reasm_release(&table, r.dgram);
		forget(m);
	}
	return r.verdict;
}

void
reasm_model_expire(uint64_t now_ms)
{
	uint64_t next;

	clock_now = now_ms;
	expiring = true;
	next = reasm_expire(&table, now_ms);
	expiring = false;
	REQUIRE((next == 0) == (table.n_dgrams == 0));
	for (unsigned int i = 0; i < MODELS; i++)
		REQUIRE(models[i] == NULL || models[i]->born_ms + table.limits.time_ms > now_ms);
}

unsigned int
reasm_model_lost(enum reasm_why why)
{
	return lost_count[why];
}

const struct reasm_table *
reasm_model_table(void)
{
	return &table;
}

void
reasm_model_stop(void)
{
	reasm_fini(&table);
	REQUIRE(pieces_out == 0);
	for (unsigned int i = 0; i < MODELS; i++)
		REQUIRE(models[i] == NULL);
}
