/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_DEFRAG_DP_H
#define IP4_DEFRAG_DP_H
/**
 * @file
 * Reassembly on the workers. A datagram belongs to one worker, by a hash under a secret key over
 * what names it; fragments that another one receives are handed over by a bounded ring. So a table
 * has one owner, no locks, and the memory limit is shared out evenly.
 */
#include <rte_ring.h>
#include "ip4/ip4_reasm_dp.h"
#include "ip4/ip4_shed_dp.h"
#include "skb/skb_dp.h"

/** Who wants datagrams whole; those of one user never meet another's fragments. */
enum ip_defrag_users {
	IP_DEFRAG_LOCAL_DELIVER,
	IP_DEFRAG_FILTER, /* a stage that looks at ports of packets in transit */
	IP_DEFRAG_USERS
};
/** Gets whole datagrams: data pointer and network header at the IP header, skb->dst NULL (what the
 * route was is to be asked again), skb->dev the device of the first fragment. Owns the packets. */
typedef void (*ip_defrag_fn)(struct worker *w, struct skb_vec *vec);

/** net.ipv4.ipfrag_*, Linux's names and defaults. */
struct ip4_frag_conf {
	int ipfrag_high_thresh; /* bytes held, all workers: beyond it datagrams go, */
	int ipfrag_low_thresh;	/* until no more than this is held */
	int ipfrag_time;     /* s from a datagram's first fragment to giving up (RFC 1122 3.3.2) */
	int ipfrag_max_dist; /* fragments of one source between two of a datagram; 0: any number */
};
extern struct ip4_frag_conf ip4_frag_conf;

struct ip4_defrag {
	struct reasm_table table;
	struct worker *w;	 /* whose context it is in now */
	struct rte_ring *handed; /* fragments that other workers received */
	uint64_t next_tsc;	 /* when to look for overdue ones; UINT64_MAX: nothing waits */
	struct ip4_shed shed;	 /* what it has no memory for */
} __rte_cache_aligned;
extern struct ip4_defrag ip4_defrag_tab[WORKER_MAX];

/** Say who gets the datagrams of @p user, and prepare the tables of all workers. 0 or -errno. */
int ip4_defrag_init(void) CTL_ONLY;
/** Drop what waits. Control, after the workers ended. */
void ip4_defrag_fini(void) CTL_ONLY;
/** Whom to give the datagrams of @p user to; at start. */
void ip4_defrag_user(enum ip_defrag_users user, ip_defrag_fn fn) CTL_ONLY;

/**
 * Take fragments, data pointer and network header at the IP header, which is contiguous and was
 * checked. Those that complete a datagram come back, whole, by way of the user's function: at once,
 * or on another worker. Refused are, each with its reason: what RFC 791 3.2 forbids, overlaps (RFC
 * 5722 4), copies, tiny ones (RFC 1858 3, RFC 3128), more than 65535 bytes.
 */
void ip_defrag(struct worker *w, struct skb_vec *vec, enum ip_defrag_users user) DP_ONLY;
/** Workers, one bit each, that refuse fragments at the door. */
extern uint64_t ip4_shedding;
/** Is any? */
static inline bool
ip4_sheds(void)
{
	return unlikely(__atomic_load_n(&ip4_shedding, __ATOMIC_RELAXED) != 0);
}
/** In a flood, ahead of the fast lane: drop fragments for us that there is no memory for, before
 * anything is done for them. @p pkts: Ethernet frames of a device that the lane takes. Adds the
 * bytes of the dropped. @return how many stay, in order. */
uint16_t ip4_shed_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
			uint16_t n, uint64_t *bytes) DP_ONLY;
/** The same in the general lane, behind taps, for a packet to us whose header was checked. Is it
 * gone? */
bool ip4_shed_one(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** Give up what is overdue on @p w at @p now_ms, telling the sources (ICMP 11/1). */
void ip4_defrag_expire(struct worker *w, uint64_t now_ms) DP_ONLY;
/** The rare part of ip4_defrag_poll(). */
unsigned int ip4_defrag_work(struct worker *w) DP_ONLY;
/** Once per loop of a worker: what others handed over, and what is overdue. How many packets. */
static inline unsigned int
ip4_defrag_poll(struct worker *w) DP_ONLY
{
	const struct ip4_defrag *f = &ip4_defrag_tab[w->id];

	if (likely(w->now < f->next_tsc && (f->handed == NULL || rte_ring_empty(f->handed))))
		return 0;
	return ip4_defrag_work(w);
}

/** Fragments that wait now: part of the balance's "held". Any thread. */
unsigned int ip4_defrag_held(void);
/** Bytes of memory in use, and datagrams, as Linux's /proc/net/sockstat tells (FRAG). */
void ip4_defrag_usage(uint64_t *bytes, unsigned int *datagrams);

/** RFC 1858 3.2.1: a first fragment must hold this much of a TCP header, flags included. */
#define IP4_TCP_FIRST_MIN 16u
/** RFC 1858 3.2, RFC 3128 3: is the fragment one that only an attack on filters makes? TCP whose
 * first fragment does not reach the flags, or whose second begins within them. @p len: bytes of
 * payload. */
static inline bool
ip4_frag_is_tiny(const struct rte_ipv4_hdr *iph, uint32_t len)
{
	uint16_t field = rte_be_to_cpu_16(iph->fragment_offset);

	if (likely(iph->next_proto_id != 6))
		return false;
	return (field & 0x1fff) == 1 || ((field & 0x3fff) == 0x2000 && len < IP4_TCP_FIRST_MIN);
}
#endif
