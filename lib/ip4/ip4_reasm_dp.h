/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_REASM_DP_H
#define IP4_REASM_DP_H
/**
 * @file
 * The reassembly engine (RFC 791 3.2, RFC 815's problem, RFC 5722's strictness). Pure: pieces and
 * a clock go in, verdicts come out; it knows neither packets nor threads, and allocates nothing
 * after reasm_init(). What is here of a datagram is a bit for each 8 bytes, so that neither order
 * nor number of its pieces costs anything; the pieces themselves are sorted once, when the last one
 * is here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/queue.h>
#include <rte_byteorder.h>
#include "core/siphash.h"

/** Which datagram a piece belongs to (RFC 791 3.2), and who wants it whole. */
struct reasm_key {
	rte_be32_t src, dst;
	uint32_t rest; /* identification, protocol and user, in one word that is compared at once */
};
static inline struct reasm_key
reasm_key(rte_be32_t src, rte_be32_t dst, rte_be16_t id, uint8_t proto, uint8_t user)
{
	return (struct reasm_key){ .src = src,
				   .dst = dst,
				   .rest = (uint32_t)id << 16 | (uint32_t)proto << 8 | user };
}
static inline uint8_t
reasm_user(const struct reasm_key *key)
{
	return key->rest & 0xff;
}

/** A piece; stands in what its owner keeps of the packet. */
struct reasm_piece {
	struct reasm_piece *next;
	uint32_t mem;	   /* bytes of memory that it holds */
	uint16_t off, len; /* bytes of payload; off is a multiple of 8 */
	uint8_t hlen;	   /* bytes of its IP header */
	uint8_t ecn;	   /* its ECN field, 0..3 */
	bool last;	   /* no more fragments */
};

#define REASM_UNITS 8192u /* of 8 bytes, in the largest datagram */

struct reasm_source; /* how much one source holds */

/** A datagram that is not complete. */
struct reasm_dgram {
	struct reasm_key key;
	uint32_t end;  /* bytes of payload; known when last_in, else the furthest seen */
	uint32_t have; /* bytes of payload that are here */
	uint32_t mem;  /* bytes of memory */
	uint32_t n;    /* pieces */
	uint32_t rid;  /* its source's count at the last piece */
	uint32_t bucket;
	uint16_t first_word, last_word; /* of bits[] that were touched */
	uint32_t in_order; /* bytes that came one behind the other; bits are for the others */
	uint8_t ecn;	   /* bit for each ECN field seen (RFC 3168 5.3) */
	uint8_t hlen;	   /* of the first piece's header; 0: it is not here */
	bool last_in, sorted;
	struct reasm_piece *first, *tail; /* in order of arrival; of offset when it is complete */
	struct reasm_source *source;
	uint64_t born_ms;
	struct reasm_dgram *hash_next;
	TAILQ_ENTRY(reasm_dgram) by_age, by_source;
	uint64_t *bits; /* [REASM_UNITS / 64], its own for ever */
};
TAILQ_HEAD(reasm_list, reasm_dgram);

/** Why a datagram or a piece has to go. */
enum reasm_why {
	REASM_TIMEOUT,	 /* it did not complete in time */
	REASM_EVICTED,	 /* memory is needed */
	REASM_PURGED,	 /* the table goes */
	REASM_TOO_FAR,	 /* too many pieces of the same source came in between */
	REASM_OVERLAP,	 /* pieces contradict each other (RFC 5722 4) */
	REASM_OVERSIZE,	 /* more than 65535 bytes with the header */
	REASM_ECN,	 /* pieces disagree on congestion marks (RFC 3168 5.3) */
	REASM_DUPLICATE, /* only of a piece: it was here already */
	REASM_NO_ROOM,	 /* only of a piece: no memory even after eviction */
};

/** net.ipv4.ipfrag_*, in the engine's units. */
struct reasm_limits {
	uint64_t high, low; /* bytes of memory: beyond high, datagrams go until low */
	uint64_t time_ms;
	uint32_t max_dist; /* pieces of one source between two of a datagram; 0: any number */
};

struct reasm_table;
struct reasm_ops {
	/** The datagram is lost; its pieces are the owner's again. */
	void (*lost)(struct reasm_table *t, struct reasm_dgram *d, enum reasm_why why);
	/** @p p goes on where @p tail ends: were its bytes moved there, and is it gone? */
	bool (*merge)(struct reasm_table *t, struct reasm_piece *tail, struct reasm_piece *p);
};

/** Room for that many datagrams that are not complete; memory is touched as it is used. */
#define REASM_DGRAMS  4096u
#define REASM_BUCKETS 4096u
/** A source may hold this part of the memory before it is the first to lose. */
#define REASM_SHARE 16u
/** What a datagram costs beside its pieces' memory. */
#define REASM_OVERHEAD 512u

struct reasm_table {
	const struct reasm_ops *ops;
	void *owner;
	struct siphash_key secret;
	struct reasm_limits limits;
	uint64_t mem;
	uint32_t n_dgrams, n_pieces;
	struct reasm_list age;		  /* oldest first */
	struct reasm_dgram *last;	  /* had a piece last; the next one is likely its, too */
	TAILQ_HEAD(, reasm_source) heavy; /* sources above their share: REASM_SHARE at most */
	struct reasm_dgram *dgrams, *free_dgrams, **dgram_tab;
	struct reasm_source *sources, *free_sources, **source_tab;
	uint64_t *bits;
};

/** 0 or -ENOMEM. */
int reasm_init(struct reasm_table *t, const struct siphash_key *secret, const struct reasm_ops *ops,
	       void *owner);
/** Lose everything, REASM_PURGED, and free the table. */
void reasm_fini(struct reasm_table *t);

static inline uint64_t
reasm_hash(const struct siphash_key *secret, const struct reasm_key *key)
{
	return siphash13_12(secret, (uint64_t)key->src << 32 | key->dst, key->rest);
}

static inline bool
reasm_same_key(const struct reasm_key *a, const struct reasm_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
/** Is the datagram the one that had a piece last? Then its hash need not be known. */
static inline bool
reasm_is_last(const struct reasm_table *t, const struct reasm_key *key)
{
	return t->last != NULL && reasm_same_key(&t->last->key, key);
}

/** What became of a piece. */
enum reasm_verdict {
	REASM_HELD,	/* it waits */
	REASM_COMPLETE, /* it was the one that lacked */
	REASM_REFUSED,	/* it is the owner's to drop */
};
struct reasm_result {
	enum reasm_verdict verdict;
	enum reasm_why why;	   /* REASM_REFUSED */
	struct reasm_dgram *dgram; /* REASM_COMPLETE: pieces by offset; give it back with
				      reasm_release() */
};
/** Take a piece with off + len + hlen within 65535 and len > 0. @p hash: reasm_hash() of @p key,
 * or 0: not known.
 * O(1), save the sorting of pieces that came out of order. */
struct reasm_result reasm_add(struct reasm_table *t, const struct reasm_key *key, uint64_t hash,
			      struct reasm_piece *p, uint64_t now_ms);
void reasm_release(struct reasm_table *t, struct reasm_dgram *d);
/** Give up what is overdue. @return ms until the next is due, or 0: nothing waits. */
uint64_t reasm_expire(struct reasm_table *t, uint64_t now_ms);
#endif
