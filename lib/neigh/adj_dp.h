/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ADJ_DP_H
#define ADJ_DP_H
/**
 * @file
 * Adjacencies: what a route lookup ends at. A FIB leaf is an index into adj_tab[]; the slot holds
 * an RCU pointer to one immutable cache line. Whatever changes (a MAC address, a state, a VLAN)
 * is a new line and one pointer store, so a million routes by one next hop follow at once and no
 * worker can see half of a change.
 */
#include <rte_common.h>
#include "core/rcu.h"
#include "netdev/netdev_dp.h"

/** What to do with a packet that ends here. */
enum adj_type {
	ADJ_NO_ROUTE = 0, /* ICMP net unreachable (RFC 1812 5.2.7.1) */
	ADJ_REWRITE,	  /* resolved: put hdr in front and send */
	ADJ_INCOMPLETE,	  /* gateway or neighbour known, MAC not: queue and resolve */
	ADJ_GLEAN,	  /* on-link prefix: the destination itself is the neighbour to resolve */
	ADJ_LOCAL,	  /* ours: deliver */
	ADJ_BROADCAST,	  /* a broadcast address of ours: deliver; RFC 2644 forbids to forward */
	ADJ_MULTICAST,	  /* 224/4: deliver to members */
	ADJ_BLACKHOLE,	  /* silence */
	ADJ_UNREACHABLE,  /* ICMP host unreachable */
	ADJ_PROHIBIT,	  /* ICMP administratively prohibited */
	ADJ_THROW,	  /* next rule's table; in the last one as NO_ROUTE */
	ADJ_MARTIAN,	  /* never a destination on a wire: drop silently */
	ADJ_TOS,	  /* routes for a tos decide: fib_lookup_rest_dp() */
	ADJ_FAILED,	  /* neighbour did not answer: host unreachable until it is tried again */
	ADJ_GROUP = 16,	  /* several adjacencies by weight; a bit that no other has */
	ADJ_TYPE_MAX
};

#define ADJ_HDR_MAX 24 /* Ethernet and two VLAN tags, right-aligned in hdr[] */

struct adj {
	union {
		uint8_t hdr[ADJ_HDR_MAX]; /* ends at hdr[ADJ_HDR_MAX]; the fast lane copies it whole
					   */
		struct {		  /* ADJ_GROUP */
			const uint32_t *member; /* those that group[] names, each once */
			uint32_t *bucket_used;	/* stamps as adj_touch() sets them, by bucket; NULL:
						   nobody asks */
			uint16_t n_member;
		};
		uint32_t unresolved_mtu; /* adj_is_unresolved(): what a route caps the device's MTU
					    at, or 0 */
	};
	uint32_t mtu;	 /* bytes of IP; 0 unless ADJ_REWRITE: one test sends all else away */
	uint8_t type;	 /* enum adj_type */
	uint8_t hdr_len; /* 14, 18, 22 */
	union {
		uint16_t n_group; /* ADJ_GROUP: buckets in group[] */
		uint16_t upper;	  /* else: 0, or see adj_upper() */
	};
	struct net_device *dev;	  /* device the packet leaves by; NULL for types without one */
	struct net_device *lower; /* netdev_lower(dev): whose xmit is called */
	union {
		struct {		/* REWRITE, INCOMPLETE, GLEAN, FAILED */
			rte_be32_t gw;	/* the neighbour's address; 0 for GLEAN: the destination */
			uint32_t index; /* own slot in adj_tab[] */
		};
		const uint32_t *group; /* ADJ_GROUP: indices of member adjacencies, by bucket */
	};
	uint32_t *used; /* "last used" stamp in seconds, never NULL: see adj_touch() */
} __rte_aligned(RTE_CACHE_LINE_SIZE);
_Static_assert(sizeof(struct adj) == RTE_CACHE_LINE_SIZE, "an adjacency is one cache line");
_Static_assert(offsetof(struct adj, hdr_len) == offsetof(struct adj, type) + 1 &&
		       offsetof(struct adj, upper) == offsetof(struct adj, type) + 2,
	       "one load tells whether a rewrite is the plain one");

/* A device over the one that sends counts for itself: its ifindex, and whether further devices lie
 * between the two. */
#define ADJ_UPPER_MORE 0x8000u
static inline uint16_t
adj_upper(const struct net_device *dev, const struct net_device *lower)
{
	return dev == lower ? 0
			    : (uint16_t)((uint32_t)dev->ifindex |
					 (dev->real_dev != lower ? ADJ_UPPER_MORE : 0));
}
_Static_assert(NETDEV_MAX <= ADJ_UPPER_MORE, "an index and a bit");

/* Fixed slots: the types that need no neighbour. */
enum {
	ADJ_IDX_NO_ROUTE = 0, /* a zeroed FIB leaf means: no route */
	ADJ_IDX_LOCAL,
	ADJ_IDX_BROADCAST,
	ADJ_IDX_MULTICAST,
	ADJ_IDX_BLACKHOLE,
	ADJ_IDX_UNREACHABLE,
	ADJ_IDX_PROHIBIT,
	ADJ_IDX_THROW,
	ADJ_IDX_MARTIAN,
	ADJ_IDX_TOS,
	ADJ_IDX_DYNAMIC, /* first one that adj_alloc() gives out */
};
#define ADJ_MAX (1u << 18) /* slots: 100k neighbours and their groups with room to spare */

extern struct adj **adj_tab; /* [ADJ_MAX]; no slot is ever NULL: a free one says ADJ_NO_ROUTE */
/** clock_ms() / 1000, never 0, for stamps: the control thread ticks it, workers copy. */
extern uint32_t adj_now_s;

/** The adjacency of a slot that a FIB leaf names. RCU: good for this burst only. */
static inline const struct adj *
adj_get(uint32_t idx)
{
	return __atomic_load_n(&adj_tab[idx],
			       __ATOMIC_RELAXED); /* data dependency orders the line */
}
/** Set a stamp of use to now. It shares its cache line with others, so it is written once a second,
 * not once a packet. */
static inline void
adj_stamp(uint32_t *used)
{
	uint32_t now = __atomic_load_n(&adj_now_s, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(used, __ATOMIC_RELAXED) != now))
		__atomic_store_n(used, now, __ATOMIC_RELAXED);
}
/**
 * Packets leave by @p a: stamp it. Once per burst and adjacency is enough. This is how the
 * control thread learns that a STALE neighbour is in use and must be probed.
 */
static inline void
adj_touch(const struct adj *a)
{
	adj_stamp(a->used);
}
/** Is @p a a way to hosts, resolved or not? Linux's RTN_UNICAST. */
static inline bool
adj_is_unicast(const struct adj *a)
{
	return a->type == ADJ_REWRITE || a->type == ADJ_INCOMPLETE || a->type == ADJ_GLEAN ||
	       a->type == ADJ_FAILED || a->type == ADJ_GROUP;
}
/** Has the neighbour at its end to be asked for? */
static inline bool
adj_is_unresolved(const struct adj *a)
{
	return a->type == ADJ_INCOMPLETE || a->type == ADJ_GLEAN || a->type == ADJ_FAILED;
}
/** Does any way that @p a names leave by @p dev? */
static inline bool
adj_leaves_by(const struct adj *a, const struct net_device *dev)
{
	if (likely(a->type != ADJ_GROUP))
		return adj_is_unicast(a) && a->dev == dev;
	for (unsigned int i = 0; i < a->n_member; i++)
		if (adj_get(a->member[i])->dev == dev)
			return true;
	return false;
}
/** The bucket of a group for 32 bits of flow hash, of which the high ones count. */
static inline uint32_t
adj_bucket(uint32_t n_group, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * n_group >> 32);
}
/** Pick the member for a flow hash; anything but a group is its own answer. */
static inline const struct adj *
adj_resolve_group(const struct adj *a, uint32_t hash)
{
	uint32_t b;

	if (likely(a->type != ADJ_GROUP))
		return a;
	b = adj_bucket(a->n_group, hash);
	if (unlikely(a->bucket_used != NULL))
		adj_stamp(&a->bucket_used[b]);
	return adj_get(a->group[b]);
}
#endif
