/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_H
#define NEIGH_H
/**
 * @file
 * The neighbour table, control side: entries by (address, device), NUD timers, the queue of
 * packets that wait, ARP requests, adjacencies. nud.h holds the state machine, pure.
 */
#include <sys/queue.h>
#include "core/notifier.h"
#include "core/timer.h"
#include "neigh/adj.h"
#include "neigh/neigh_dp.h"
#include "neigh/nud.h"

enum neigh_event {
	NEIGH_CREATE = 1,
	NEIGH_UPDATE,	   /* state or lladdr changed; the adjacency slot is already published */
	NEIGH_DELETE,	   /* last call: fib must remove leaves that name neigh->adj_idx */
	NEIGH_FORGET,	   /* deleted, but next hops keep the slot: it starts from NONE now */
	NEIGH_APP_SOLICIT, /* app_solicit: a resolver outside is asked instead of the wire */
};
extern struct notifier_chain neigh_chain; /* obj: struct neighbour * */

struct neigh_dev; /* a device as this module sees it */

struct neighbour {
	rte_be32_t primary_key; /* IPv4 address */
	struct net_device *dev;
	struct neigh_dev *nd;
	struct rte_ether_addr ha; /* valid in NUD_VALID states */
	struct nud nud;		  /* what the engine keeps: state, probes, times */
	uint8_t flags;		  /* NTF_* */
	uint8_t protocol;	  /* who made it, as the administrator says; shown, nothing more */
	uint8_t list;		  /* enum neigh_list_id: who may be collected, who is watched */
	bool dead;		  /* deleted; freed soon */
	bool waits;		  /* has packets in arp_queue */
	bool unshown;		  /* workers' line is an old one: there was no memory for it */
	uint8_t trailing;	  /* rounds that workers' new line is put off at most */
	uint32_t refcnt;	  /* next hops that use it; held: never collected */
	uint32_t adj_idx;	  /* its slot in adj_tab[], for life */
	uint32_t *used;		  /* seconds, stamped by workers: see struct adj */
	uint32_t used_s;	  /* newest stamp the control thread has seen, adj_now_s units */
	struct ctl_timer timer;
	struct sk_buff_head arp_queue;
	struct neighbour *next_dev, **pprev_dev; /* entries of the same device */
	struct neighbour *next_hash;
	TAILQ_ENTRY(neighbour) list_link; /* the list that n->list names */
	TAILQ_ENTRY(neighbour) wait_link; /* entries with waiting packets, oldest first */
	struct rcu_head rcu;
};
#define NTF_STATIC	0x01 /* made by the administrator */
#define NTF_ROUTER	0x02 /* he says that it is a router; shown, nothing more */
#define NTF_EXT_LEARNED 0x04 /* a program looks after it: never collected */
#define NTF_MANAGED	0x08 /* kept resolved: asked for without packets, never collected */
#define NTF_MARKS	(NTF_ROUTER | NTF_EXT_LEARNED | NTF_MANAGED)
#define NTF_ENTERED	0x10 /* the administrator named it, in whatever state */

/** Entered or learned. What is not is a place for a next hop, which nobody is told or shown. */
static inline bool
neigh_is_known(const struct neighbour *n)
{
	return n->nud.state != NUD_NONE || (n->flags & NTF_ENTERED);
}

/** Start the table, ARP and their listeners; needs netdev, msg, timer, sysctl and workers[0].
 * Calls adj_init(). 0 or a negative errno. */
int neigh_init(void) CTL_ONLY;
/** Forget everything. Workers have ended; call rcu_poll() or rcu_fini() and adj_fini() after it. */
void neigh_fini(void) CTL_ONLY;

/** May there be a neighbour of that address? 0/8, groups, class E and the broadcast have none:
 * packets to them have their MAC address by rule, or are not sent. */
static inline bool
neigh_may_be(rte_be32_t addr)
{
	uint32_t ip = rte_be_to_cpu_32(addr);

	return ip >> 24 != 0 && ip >> 28 < 0xe;
}
/** The entry, or NULL. */
struct neighbour *neigh_lookup(rte_be32_t addr, const struct net_device *dev) CTL_ONLY;
/** The entry, made in NUD_NONE when it is missing. NULL: errno is ENOSPC (gc_thresh3, the device's
 * gc_share of it, or no adjacency left) or ENOMEM. */
struct neighbour *neigh_create(rte_be32_t addr, struct net_device *dev) CTL_ONLY;
/** A next hop uses it: it will not be collected. Balanced by neigh_release(). */
void neigh_hold(struct neighbour *n) CTL_ONLY;
void neigh_release(struct neighbour *n) CTL_ONLY;
/** What the administrator enters. */
struct neigh_entry {
	rte_be32_t dst;
	struct net_device *dev;
	const struct rte_ether_addr *lladdr; /* any, a group's, too; NULL: none, or what is known */
	enum nud_state state;
	bool ask;	  /* found by asking, now: no state nor address is given */
	uint8_t marks;	  /* of NTF_MARKS, all that it has from now on */
	int16_t protocol; /* who entered it; -1: what it was */
};
/** `ip neigh add|replace`. As in Linux who is asked for keeps what is known of him, but for what
 * was entered as permanent. The entry may be gone at the return: errors for packets that waited
 * there take places, too. 0, -EADDRNOTAVAIL (not neigh_may_be()), -EINVAL (the state needs an
 * lladdr), -ENOMEM, -ENOSPC. */
int neigh_admin_enter(const struct neigh_entry *e) CTL_ONLY;
/** The same for state and address alone. */
int neigh_admin_set(rte_be32_t addr, struct net_device *dev, const struct rte_ether_addr *lladdr,
		    enum nud_state state) CTL_ONLY;
/** Somebody says that @p n is at @p lladdr in @p state (REACHABLE or STALE): Linux's
 * neigh_update().
 * @p flags: NUD_F_*. 0, -EPERM (the administrator's entry), -EEXIST (another address, and no right
 * to override). */
int neigh_update(struct neighbour *n, const struct rte_ether_addr *lladdr, enum nud_state state,
		 unsigned int flags) CTL_ONLY;
/** Which of NTF_MARKS it carries from now on. */
void neigh_set_marks(struct neighbour *n, uint8_t marks) CTL_ONLY;
/** As if a packet wanted it: it is asked for, or will be. */
void neigh_use(struct neighbour *n) CTL_ONLY;
/** `ip neigh del`: goes at once unless a next hop holds it (then it starts from NUD_NONE).
 * 0, or -ENOENT: it is not neigh_is_known(). */
int neigh_admin_del(rte_be32_t addr, struct net_device *dev) CTL_ONLY;
/** Send a packet that is on its way to @p n: rewrite, or queue and resolve. Control thread's own
 * packets and those handed over by workers. */
void neigh_resolve_output(struct neighbour *n, struct sk_buff *skb) CTL_ONLY;
/** An upper layer saw forward progress (Linux's neigh_confirm). */
void neigh_confirm(struct neighbour *n) CTL_ONLY;
/** Every entry; fn may delete the one it gets. */
void neigh_walk(void (*fn)(struct neighbour *n, void *arg), void *arg) CTL_ONLY;
unsigned int neigh_count(void) CTL_ONLY;
/** Packets that wait for resolution now: part of the balance's "held". */
unsigned int neigh_held(void) CTL_ONLY;
/** Seconds since packets last left by the entry; UINT32_MAX: never. */
uint32_t neigh_used_ago(struct neighbour *n) CTL_ONLY;
/** The slot of the GLEAN adjacency of @p dev: what connected routes point to. Made on first use,
 * lives until the device goes. Index or -errno. */
int64_t neigh_glean_adj(struct net_device *dev) CTL_ONLY;
/** The tunables of @p dev; NULL: those that new devices start with. Never NULL. */
struct neigh_parms *neigh_parms_get(const struct net_device *dev) CTL_ONLY;

/** Send an ARP request or reply. @p dst_ha NULL: broadcast; @p tha NULL: zero. Addresses in network
 * order. Without a free mbuf nothing is sent (counted by alloc_skb()). */
void arp_send(int op, struct net_device *dev, rte_be32_t sip, rte_be32_t tip,
	      const struct rte_ether_addr *dst_ha, const struct rte_ether_addr *tha) CTL_ONLY;
/** Answer on @p dev (NULL: on all) for hosts of addr/plen behind another device: `ip neigh add
 * proxy`. 0, -EEXIST, -EINVAL (bits past plen, not unicast), -ENOSPC, -ENOMEM. */
int neigh_proxy_add(rte_be32_t addr, uint8_t plen, struct net_device *dev) CTL_ONLY;
/** Are these what neigh_proxy_add() takes? */
bool neigh_proxy_may_be(rte_be32_t addr, uint8_t plen);
/** 0 or -ENOENT. */
int neigh_proxy_del(rte_be32_t addr, uint8_t plen, const struct net_device *dev) CTL_ONLY;
#define NEIGH_PROXY_MAX 4096
struct neigh_proxy {
	rte_be32_t addr;
	struct net_device *dev; /* NULL: all */
	uint8_t plen;
	uint8_t protocol; /* who made it, as routes have it; 0: not said */
};
/** The entry of exactly these, to set its protocol, or NULL. */
struct neigh_proxy *neigh_proxy_find(rte_be32_t addr, uint8_t plen,
				     const struct net_device *dev) CTL_ONLY;
/** Entry @p i in order of address, or NULL behind the last. */
const struct neigh_proxy *neigh_proxy_at(unsigned int i) CTL_ONLY;

/** RFC 5227 2.4: another station uses an address of ours. */
struct arp_conflict {
	struct net_device *dev;
	rte_be32_t addr;
	struct rte_ether_addr lladdr;  /* the other's */
	uint32_t count;		       /* claims seen */
	uint64_t seen_ms, defended_ms; /* 0: never */
};
extern struct notifier_chain arp_conflict_chain; /* event 1, obj: const struct arp_conflict * */
/** Conflict @p i of those remembered, or NULL behind the last. */
const struct arp_conflict *arp_conflict_at(unsigned int i) CTL_ONLY;

/** Announce @p addr on @p dev: a gratuitous request (RFC 5227 2.3). */
void arp_announce_addr(struct net_device *dev, rte_be32_t addr) CTL_ONLY;
#endif
