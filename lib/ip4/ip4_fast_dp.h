/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_DP_H
#define IP4_FAST_DP_H
/** @file A burst in the fast lane: what its loops know of it. */
#include "ip4/ip4_priv.h"
#include "ip4/ip4_vec_dp.h"

#define FAST_BURST 32 /* a mask has a bit for each; larger bursts measured no better */

/* Type, hdr_len and upper of an adjacency whose link header is as long as the one that the packets
 * of a burst came with, and that counts for the port alone. */
#define EVEN_REWRITE(f) (ADJ_REWRITE | (f)->l2 << 8)

struct fast {
	/* the same for all */
	uint32_t n;
	uint64_t genid; /* of what is decided: read before the rest */
	uint32_t l2;	/* bytes of link header they came with: 14, or 18 with a tag */
	uint64_t mac;	/* of the devices they came by */
	int rpf;	/* rp_filter of these */
	const struct net_device *dev;  /* the one they all came by; NULL: see in[] */
	const struct net_device *turn; /* one that none may leave by, since it sends redirects */
	const struct ip4_own *own;
	const struct fib_rules *rules;	       /* NULL: no others than a router starts with */
	struct ip4_cache *cache;	       /* NULL: none is asked */
	const struct ip4_transit_hooks *hooks; /* NULL: nobody else looks at them */
	bool realms;			       /* somebody cares for these */
	bool more;			       /* rules, cache, realms: ip4_fast_way() */
	/* OR of something of each, of packets that turned out bad too: 0 says that none has it */
	uint32_t padded;  /* bytes behind the IP packet */
	uint32_t ecn;	  /* type of service */
	uint32_t longest; /* not OR: the most bytes of IP that one has */
	uint32_t odd;	/* another link header than one as long as before; devices over the port */
	uint64_t ports; /* differs from the first one's port */
	bool one;	/* all by the first one's adjacency */
	uint32_t bytes; /* of the frames that are still in it */
	uint32_t dead;	/* mask of those that are refused: see ip4_fast_refuse() */
	/* one by one */
	uint8_t *l3[FAST_BURST];
	union {
		uint32_t slot[FAST_BURST];  /* destination's /24 */
		uint32_t realm[FAST_BURST]; /* its realms, when its way is known */
	};
	uint32_t len[FAST_BURST];   /* bytes of IP */
	uint32_t frame[FAST_BURST]; /* bytes of all */
	uint32_t word[FAST_BURST];  /* TTL, protocol, checksum as they leave */
	uint32_t idx[FAST_BURST];
	const struct adj *adj[FAST_BURST];
	struct net_device *in[FAST_BURST]; /* came by, when dev is NULL */
	uint16_t iif[FAST_BURST];	   /* its index, when they came tagged */
	struct rte_mbuf *m[FAST_BURST];	   /* the good ones, when not all are, */
	uint8_t pos[FAST_BURST];	   /* and where in the burst they stood */
};

/** Set idx[] by rules, reverse path filter and route cache; it holds the entries of tbl24. What the
 * general lane has to judge reads ADJ_IDX_NO_ROUTE. Sets realm[] where somebody cares. */
void ip4_fast_way(struct worker *w, struct fast *f) DP_ONLY;
/** Do all of a burst, which has several adjacencies, leave by the first one's, but for some that
 * ip4_fast_refuse() would refuse? These have f->dead then. */
bool ip4_fast_is_one(struct worker *w, struct fast *f) DP_ONLY;
/** Which of the @p suspects has the worker no time for, since their neighbours have to be asked
 * for? They get f->dead. Where the burst can go on around them they leave it at last, by
 * ip4_fast_bury().
 * @return mask of those that weed() has to take out, behind ip4_fast_drop(). */
uint32_t ip4_fast_refuse(struct worker *w, struct fast *f, uint32_t suspects) DP_ONLY;
/** Count and drop the dead, which stay in the arrays. */
void ip4_fast_drop(struct worker *w, const struct fast *f, struct rte_mbuf **m) DP_ONLY;
/** Drop the dead of a burst that has been counted; the others stand together in @p m. @return bytes
 * of frames that do not leave. */
uint64_t ip4_fast_bury(struct worker *w, struct fast *f, struct rte_mbuf **m) DP_ONLY;
/** @p suspects of classify() and, so that a flow stays in order, the packets of its flow behind
 * each that lies in several buffers. */
uint32_t ip4_fast_chained(const struct fast *f, struct rte_mbuf *const *m, uint32_t suspects);
/** @p suspects behind ip4_fast_refuse() and, so that a flow stays in order, the packets of its flow
 * behind each that has to be fragmented. */
uint32_t ip4_fast_oversized(const struct fast *f, uint32_t suspects);
/** Tell packets @p m, which are forwarded, their realms, and count them. */
void ip4_fast_realms(struct worker *w, const struct fast *f, struct rte_mbuf **m) DP_ONLY;

#define ODD_HEADER 0x0000ffffu /* type, hdr_len; the rest is upper */
/* Is each link header as long as before, and nothing behind a packet? */
static inline bool
is_even(const struct fast *f)
{
	return ((f->odd & ODD_HEADER) | f->padded) == 0;
}

static inline rte_be32_t
src_of(const uint8_t *l3)
{
	return load32(l3 + offsetof(struct rte_ipv4_hdr, src_addr));
}
static inline rte_be32_t
dst_of(const uint8_t *l3)
{
	return load32(l3 + offsetof(struct rte_ipv4_hdr, dst_addr));
}

#endif
