/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_PRIV_H
#define NEIGH_PRIV_H
/** @file What the files of this module share. */
#include "core/counter.h"
#include "core/msg.h"
#include "neigh/arp_proto.h"
#include "neigh/neigh.h"

/* --- counters --- */
/* Names of /proc/net/stat/arp_cache, in its order; from evictions on ours. */
#define NEIGH_COUNTERS(X)                                                                          \
	X(ENTRIES, "entries")                                                                      \
	X(ALLOCS, "allocs")                                                                        \
	X(DESTROYS, "destroys")                                                                    \
	X(HASH_GROWS, "hash_grows")                                                                \
	X(LOOKUPS, "lookups")                                                                      \
	X(HITS, "hits")                                                                            \
	X(RES_FAILED, "res_failed")                                                                \
	X(RCV_PROBES_MCAST, "rcv_probes_mcast")                                                    \
	X(RCV_PROBES_UCAST, "rcv_probes_ucast")                                                    \
	X(PERIODIC_GC_RUNS, "periodic_gc_runs")                                                    \
	X(FORCED_GC_RUNS, "forced_gc_runs")                                                        \
	X(UNRESOLVED_DISCARDS, "unresolved_discards")                                              \
	X(TABLE_FULLS, "table_fulls")                                                              \
	X(EVICTIONS, "evictions")                                                                  \
	X(RESOLVED, "resolved")                                                                    \
	X(MOVED, "moved")                                                                          \
	X(NEGATIVE_HITS, "negative_hits")
#define ARP_COUNTERS(X)                                                                            \
	X(IN_REQUESTS, "in_requests")                                                              \
	X(IN_REPLIES, "in_replies")                                                                \
	X(OUT_REQUESTS, "out_requests")                                                            \
	X(OUT_REPLIES, "out_replies")                                                              \
	X(OUT_ANNOUNCEMENTS, "out_announcements")                                                  \
	X(LEARNED, "learned")                                                                      \
	X(NOT_LEARNED, "not_learned")                                                              \
	X(LOCKTIME_IGNORED, "locktime_ignored")                                                    \
	X(CONFLICTS, "conflicts")                                                                  \
	X(DEFENDED, "defended")                                                                    \
	X(OUT_PROBES, "out_probes")                                                                \
	X(PROXIED, "proxied")                                                                      \
	X(STORM_SOURCE, "storm_source")                                                            \
	X(STORM_TOTAL, "storm_total")
enum {
#define X(id, name) NEIGH_CNT_##id,
	NEIGH_COUNTERS(X)
#undef X
		NEIGH_CNT_MAX
};
enum {
#define X(id, name) ARP_CNT_##id,
	ARP_COUNTERS(X)
#undef X
		ARP_CNT_MAX
};
extern struct counter_block neigh_counters, arp_counters;

/* --- messages from workers --- */
/** What a worker heard in an ARP packet. */
enum arp_heard {
	ARP_HEARD_REQUEST_FOR_US, /* RFC 826: the target learns the sender */
	ARP_HEARD_REQUEST_OTHER,
	ARP_HEARD_REPLY_TO_US, /* unicast at link layer */
	ARP_HEARD_REPLY_OTHER,
	ARP_HEARD_GRATUITOUS, /* request or reply with sender == target address */
	ARP_HEARD_CONFLICT,   /* RFC 5227 2.4: claims an address of ours */
	ARP_HEARD_PROBE,      /* RFC 5227 2.1.1: asks for one that we are asking for */
};
extern int neigh_msg_resolve; /* arg: ifindex; arg2: next hop; pkt: the packet */
extern int neigh_msg_heard;   /* arg: sender's IP; arg2: arp_heard_pack() */
extern int neigh_msg_proxy;   /* arg: ifindex; pkt: the request, data pointer at its ARP header */

/** Sender's MAC (48 bits), ifindex (12), enum arp_heard (4) in one message word. */
static inline uint64_t
arp_heard_pack(const struct rte_ether_addr *sha, int32_t ifindex, enum arp_heard what)
{
	return ether_addr_to_u64(sha) | (uint64_t)ifindex << 48 | (uint64_t)what << 60;
}
_Static_assert(NETDEV_MAX <= 1 << 12, "ifindex fits its 12 bits");

/** Addresses that this router answers ARP for, all devices together: open addressing, immutable. */
struct arp_locals {
	struct rcu_head rcu;
	uint32_t mask;
	struct arp_local {
		rte_be32_t addr; /* 0: empty */
		uint8_t scope;	 /* the widest that it is configured with */
	} slot[];
};
extern struct arp_locals *arp_locals;	 /* RCU */
extern struct arp_locals *arp_tentative; /* RCU; those that are probed for; NULL: none */

static inline uint32_t
arp_local_hash(rte_be32_t addr)
{
	return (uint32_t)addr * UINT32_C(0x9e3779b1) >> 8;
}
/** The entry of @p addr, or NULL: not ours. */
static inline const struct arp_local *
arp_local_find(const struct arp_locals *l, rte_be32_t addr)
{
	if (l == NULL || addr == 0)
		return NULL;
	for (uint32_t i = arp_local_hash(addr);; i++) {
		const struct arp_local *e = &l->slot[i & l->mask];

		if (e->addr == addr)
			return e;
		if (e->addr == 0)
			return NULL;
	}
}

/** What is being asked for, by a hash of address and device: how many entries are INCOMPLETE or in
 * PROBE. The control thread counts, workers look: an answer that was asked for is heard even in a
 * storm. */
#define NEIGH_ASKED_SLOTS (1u << 16)
extern uint16_t neigh_asked[NEIGH_ASKED_SLOTS];
static inline uint16_t *
neigh_asked_slot(rte_be32_t addr, int32_t ifindex)
{
	uint32_t h = ((uint32_t)addr ^ (uint32_t)ifindex << 20) * UINT32_C(0x9e3779b1);

	return &neigh_asked[h >> 16];
}

/** Destinations that requests are answered for although they are not ours: immutable. */
struct arp_proxies {
	struct rcu_head rcu;
	uint64_t plens; /* bit per prefix length that is there */
	uint32_t mask;
	struct arp_proxy_slot {
		rte_be32_t addr;
		int16_t ifindex; /* 0: on every device */
		uint8_t plen;
		bool used;
	} slot[];
};
extern struct arp_proxies *arp_proxies; /* RCU; NULL: none */
static inline uint32_t
arp_proxy_hash(rte_be32_t addr, uint8_t plen)
{
	return ((uint32_t)addr + plen) * UINT32_C(0x9e3779b1) >> 8;
}

/** Tell the control thread what was heard, unless there is a storm (arp_tell_dp.c). */
void arp_tell(struct worker *w, int32_t ifindex, const struct arp_eth_ip *arp,
	      enum arp_heard what) DP_ONLY;
/** May one more message about @p sip be sent now? Counts it, or counts that it may not. */
bool arp_within_limits(struct worker *w, int32_t ifindex, rte_be32_t sip) DP_ONLY;
/** Forget all counts. At start. */
void arp_storms_reset(void);

/* --- table (neigh_ctl.c) --- */
enum neigh_list_id {
	NL_OFF,	       /* on no list */
	NL_FAILED,     /* FAILED and NONE that nobody holds: these go first, oldest first */
	NL_INCOMPLETE, /* then these */
	NL_STALE,      /* then these; also watched for use */
	NL_NOARP,      /* then these, when no administrator made them */
	NL_STALE_HELD, /* STALE that next hops hold: watched only */
	NL_MAX
};
TAILQ_HEAD(neigh_tailq, neighbour);
struct neigh_list {
	struct neigh_tailq q;
	uint32_t n;
	struct neighbour *cursor; /* next to look at; NULL: start again */
};

/** A device as this module sees it. Lists, counts and queues are its own, so that what happens on
 * one LAN is paid for there. */
struct neigh_dev {
	struct neigh_parms p;
	uint32_t set;		/* bit per row of the tunables: given for this device */
	struct net_device *dev; /* NULL: net.ipv4.neigh.default */
	struct neigh_dev *next; /* all devices */
	struct neighbour *first;
	uint32_t gc_count; /* its entries that the thresholds limit */
	struct neigh_list list[NL_MAX];
	struct neigh_tailq waiting; /* entries with packets in their queue, oldest first */
	uint32_t held;		    /* packets in them */
	uint32_t n_proxied;	    /* answers for others that wait */
	int64_t glean;		    /* slot, or -1 */
	bool unshown;		    /* some lines of it are old ones: there was no memory */
	uint64_t managed_ms;	    /* when its managed entries were last looked at */
	char path[64];		    /* sysctl's */
};

struct neigh_table {
	struct neighbour **hash;
	uint32_t mask, seed;
	uint32_t count;	    /* all entries */
	uint32_t gc_count;  /* without the administrator's: what the thresholds limit */
	uint32_t held;	    /* packets in all queues */
	uint32_t n_waiting; /* devices with packets in queues */
	uint32_t n_managed; /* entries with NTF_MANAGED */
	uint64_t last_flush_ms, last_rand_ms;
	int gc_thresh1, gc_thresh2, gc_thresh3, unres_qlen_total;
	int arp_rate_source, arp_rate_total; /* workers read them */
	struct neigh_dev dflt;
	struct neigh_dev *first_dev;
	struct neigh_dev *devs[NETDEV_MAX]; /* by ifindex */
	struct ctl_timer tick;
	bool running;
};
extern struct neigh_table neigh_tbl;
#define NEIGH_TICK_MS 100

static inline void
neigh_count_add(unsigned int idx, uint64_t n)
{
	counter_add(worker_ctl(), &neigh_counters, idx, n);
}
static inline void
arp_count(unsigned int idx)
{
	counter_inc(worker_ctl(), &arp_counters, idx);
}

/** As neigh_create(); @p is_static: the administrator's, outside the thresholds. */
struct neighbour *neigh_create_flags(rte_be32_t addr, struct net_device *dev,
				     bool is_static) CTL_ONLY;
void neigh_set_static(struct neighbour *n, bool is_static) CTL_ONLY;
/** Delete: listeners let go, waiting packets are dropped under @p why. */
void neigh_destroy(struct neighbour *n, enum drop_reason why) CTL_ONLY;
/** Delete, or where a next hop holds it leave its place only, as a new one. */
void neigh_let_go(struct neighbour *n, enum drop_reason why) CTL_ONLY;

/* --- lists and collection (neigh_gc.c) --- */
/** Put it on the list of its state. */
void neigh_relist(struct neighbour *n) CTL_ONLY;
void neigh_unlist(struct neighbour *n) CTL_ONLY;
/** Synchronous collection: up to @p want entries go, FAILED ones and others that have not changed
 * for @p age_ms; how many went. */
unsigned int neigh_forced_gc(unsigned int want, uint64_t age_ms) CTL_ONLY;
/** Is there room for one more entry of @p nd that the thresholds count? Makes some if it can. */
bool neigh_make_room(struct neigh_dev *nd) CTL_ONLY;
/** One step of housekeeping: STALE entries in use are sent to DELAY, old ones collected. */
void neigh_housekeep(uint64_t now_ms) CTL_ONLY;

/* --- transitions (neigh_update.c) --- */
/** One event for the NUD table; @p lladdr NULL if it has none. @p n may be dead on return. */
void neigh_event(struct neighbour *n, enum nud_event ev,
		 const struct rte_ether_addr *lladdr) CTL_ONLY;
/** It goes from one state to another: keep neigh_asked[] right. */
void neigh_count_asked(const struct neighbour *n, uint8_t old, uint8_t state) CTL_ONLY;
/** (Re)build its adjacency. Without memory the old line stays, and housekeeping tries again. */
void neigh_publish(struct neighbour *n) CTL_ONLY;
int neigh_settle_init(void) CTL_ONLY;
void neigh_adj_template(const struct neighbour *n, struct adj *tmpl) CTL_ONLY;
/** Copy the workers' stamp. */
void neigh_fold_used(struct neighbour *n) CTL_ONLY;
void neigh_timer_fn(struct ctl_timer *t) CTL_ONLY;
/** Drop what waits. */
void neigh_queue_purge(struct neighbour *n, enum drop_reason why) CTL_ONLY;
/** A packet for @p nexthop by the device of that index; called with a worker's message, and by
 * neigh_output() on the control thread. */
void neigh_output_ctl(struct sk_buff *skb, uint32_t ifindex, rte_be32_t nexthop) CTL_ONLY;
/** Ask for @p n by ARP: arp_ctl.c. */
void arp_solicit(struct neighbour *n, bool unicast) CTL_ONLY;

/* --- devices (neigh_netdev.c) --- */
struct neigh_dev *neigh_dev_get(struct net_device *dev) CTL_ONLY;
/** Show workers what there was no memory for, up to the first neighbour for which there is none
 * yet: the next call goes on there. O(entries of the device) */
void neigh_show_again(struct neigh_dev *nd) CTL_ONLY;
/** Tell sysctl what there will be. Needs no EAL. */
void neigh_netdev_declare(void) CTL_ONLY;
int neigh_netdev_init(void) CTL_ONLY;
void neigh_netdev_fini(void) CTL_ONLY;
void neigh_rand_reach_time(struct neigh_parms *p) CTL_ONLY;
static inline bool
neigh_dev_noarp(const struct net_device *dev)
{
	return dev->flags & (IFF_NOARP | IFF_LOOPBACK);
}

/* --- ARP (arp_ctl.c, arp_local.c, arp_proxy.c, arp_conflict.c) --- */
int arp_init(void) CTL_ONLY;
void arp_fini(void) CTL_ONLY;
/** Make the set of addresses that are answered for anew; with none at the end. */
void arp_locals_rebuild(void) CTL_ONLY;
void arp_locals_free(void) CTL_ONLY;
/** A set for @p n addresses, empty. NULL: no memory. */
struct arp_locals *arp_locals_alloc(unsigned int n);
void arp_locals_insert(struct arp_locals *l, rte_be32_t addr, uint8_t scope);
/** Put @p fresh, or NULL, in the place of the set that workers read. */
void arp_locals_publish(struct arp_locals **where, struct arp_locals *fresh) CTL_ONLY;
int arp_proxy_init(void) CTL_ONLY;
void arp_proxy_fini(void) CTL_ONLY;
/** The device goes: so do its proxy entries and delayed answers. */
void arp_proxy_forget(const struct net_device *dev) CTL_ONLY;
/** Somebody at @p sha claims @p addr, which is ours on @p dev (RFC 5227 2.4). */
void arp_conflict_seen(struct net_device *dev, rte_be32_t addr,
		       const struct rte_ether_addr *sha) CTL_ONLY;
/** Nothing is remembered of @p dev any more; NULL: of any. */
void arp_conflict_forget(const struct net_device *dev) CTL_ONLY;
#endif
