/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SKB_DP_H
#define SKB_DP_H
/**
 * @file
 * struct sk_buff: a view on an mbuf. It lives in the mbuf's private area, so a packet is one
 * allocation, and a packet that stays in the fast lane never touches it. Data, length and
 * segments are the mbuf's own; the view adds what the general stages know about the packet.
 */
#include <stdbool.h>
#include <errno.h>
#include <stdint.h>
#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_ip.h>
#include "core/drop.h"
#include "core/role.h"
#include "core/worker.h"

#define SKB_BURST    64 /* packets a vector holds */
#define SKB_HEADROOM RTE_PKTMBUF_HEADROOM

struct net_device;
struct adj;

/** Who a frame is addressed to, as in Linux's <linux/if_packet.h>. */
enum skb_pkt_type {
	PACKET_HOST,	  /* to us */
	PACKET_BROADCAST, /* to all */
	PACKET_MULTICAST, /* to a group */
	PACKET_OTHERHOST, /* to somebody else */
	PACKET_OUTGOING,  /* made here */
};

struct sk_buff {
	struct sk_buff *next;	/* in the one queue that holds it */
	struct net_device *dev; /* arrived by; on the way out: leaves by */
	const struct adj
		*dst;	     /* adjacency, once routed; an RCU pointer, good for this burst only */
	uint32_t mark;	     /* fwmark */
	uint32_t priority;   /* queueing class, from TOS */
	uint32_t iif;	     /* ifindex it arrived by; 0: originated here */
	rte_be16_t protocol; /* ethertype, or ETH_P_802_2 and the like in network order */
	uint8_t pkt_type;    /* enum skb_pkt_type */
	uint8_t flags;	     /* SKB_F_* */
	uint16_t mac_header; /* offsets from buf_addr; SKB_UNSET while unknown */
	uint16_t network_header;
	uint16_t transport_header;
	uint16_t vlan_tci; /* of the tag that was stripped, host order, with SKB_F_VLAN */
	uint32_t tclassid; /* realms: skb/skb_realm_dp.h */
	uint8_t cb[48] __rte_aligned(8); /* the owning module's scratch, as in Linux */
};
#define SKB_UNSET	UINT16_MAX
#define SKB_F_VLAN	0x01 /* vlan_tci is valid */
#define SKB_F_CSUM_OK	0x02 /* the port verified the IPv4 header checksum */
#define SKB_F_FORWARDED 0x04 /* passed ip_forward: ICMP gate and counters want to know */
#define SKB_F_LOOPED	0x08 /* came back through the loopback device */
#define SKB_F_TAIL_USED                                                                            \
	0x80 /* lib/skb: cut while shared, so a clone still sees the bytes behind                  \
	      */

static inline struct rte_mbuf *
skb_mbuf(const struct sk_buff *skb)
{
	return (struct rte_mbuf *)((uintptr_t)skb - sizeof(struct rte_mbuf));
}
/** The view on @p m; its fields are garbage until skb_init(). */
static inline struct sk_buff *
skb_of(struct rte_mbuf *m)
{
	return (struct sk_buff *)rte_mbuf_to_priv(m);
}

/** Start a view: nothing known but the device. Every mbuf that enters a general stage gets this. */
static inline struct sk_buff *
skb_init(struct rte_mbuf *m, struct net_device *dev)
{
	struct sk_buff *skb = skb_of(m);

	skb->dev = dev;
	skb->dst = NULL;
	skb->mark = 0;
	skb->priority = 0;
	skb->iif = 0;
	skb->protocol = 0;
	skb->pkt_type = PACKET_HOST;
	skb->flags = 0;
	skb->mac_header = m->data_off;
	skb->network_header = SKB_UNSET;
	skb->transport_header = SKB_UNSET;
	skb->vlan_tci = 0;
	skb->tclassid = 0;
	return skb;
}

/* --- vectors: what stages pass to each other --- */
struct skb_vec {
	uint16_t n;
	struct sk_buff *v[SKB_BURST];
};
/** Empty it: an initialiser would write all of its places, for each burst of each stage. */
static inline void
skb_vec_init(struct skb_vec *vec)
{
	vec->n = 0;
}
static inline void
skb_vec_push(struct skb_vec *vec, struct sk_buff *skb)
{
	vec->v[vec->n++] = skb;
}

/* --- pools --- */
/** Create a pool of @p n mbufs of @p data_room bytes each (headroom included) with room for the
 * view, on NUMA node @p socket. NULL with rte_errno set. Control. */
struct rte_mempool *skb_pool_create(const char *name, unsigned int n, uint16_t data_room,
				    int socket) CTL_ONLY;

/* --- the life of a packet. Every function is per worker: w counts. --- */
/**
 * A new packet with @p headroom bytes reserved and no data, from w->pool; counted as originated.
 * NULL when the pool is empty or headroom does not fit the buffer.
 */
struct sk_buff *alloc_skb(struct worker *w, uint16_t headroom) DP_ONLY;
/** Give back a buffer that a closed device still had. It was counted as transmitted, or never as
 * received: it counts as nothing now. */
void skb_buffer_reclaim(struct rte_mbuf *m);
/** THE door: the packet dies here and @p why is counted, for the worker and for skb->dev. */
void kfree_skb_reason(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY;
/** The same for an mbuf that has no view yet; @p dev may be NULL. */
void kfree_mbuf_reason(struct worker *w, struct rte_mbuf *m, struct net_device *dev,
		       enum drop_reason why) DP_ONLY;
/** The same for @p n of them that came by one device. */
void kfree_mbufs_reason(struct worker *w, struct rte_mbuf **m, uint16_t n, struct net_device *dev,
			enum drop_reason why) DP_ONLY;
void kfree_vec_reason(struct worker *w, struct skb_vec *vec, enum drop_reason why) DP_ONLY;
/** The packet reached its purpose here (delivered, answered, merged): counted as consumed. */
void consume_skb(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** A second packet that shares the data of @p skb; neither may write it until skb_cow_head().
 * Counted as originated. NULL when no mbuf is left. */
struct sk_buff *skb_clone(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** A second packet with its own, linear or chained, copy of the data. As skb_clone(). */
struct sk_buff *skb_copy(struct worker *w, const struct sk_buff *skb) DP_ONLY;
/** A second packet with its own first @p len bytes and the rest shared (Linux's pskb_copy). */
struct sk_buff *pskb_copy(struct worker *w, struct sk_buff *skb, uint16_t len) DP_ONLY;

/** Is the first segment's data shared with another packet? */
static inline bool
skb_cloned(const struct sk_buff *skb)
{
	const struct rte_mbuf *m = skb_mbuf(skb);

	return !RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) > 1;
}
/**
 * Make the first @p len bytes writable and leave @p headroom bytes in front of them: replaces a
 * shared head by a private copy, in place or with a new mbuf in front of the shared rest.
 * @return the packet to go on with (perhaps another one; the old is consumed inside, balance
 *   unchanged), or NULL: no mbuf; then @p skb is untouched and still yours.
 */
struct sk_buff *skb_cow_head(struct worker *w, struct sk_buff *skb, uint16_t headroom,
			     uint16_t len) DP_ONLY;

/** What comes out of a tunnel is another packet: forget all that the port and the way of the outer
 * one said of it (checksum, VLAN tag, route). The mark stays. */
static inline void
skb_scrub_packet(struct sk_buff *skb)
{
	skb_mbuf(skb)->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
	skb->flags &= SKB_F_TAIL_USED;
	skb->vlan_tci = 0;
	skb->dst = NULL;
}

/* --- data. len() is the whole packet, headlen the first segment. --- */
static inline uint8_t *
skb_data(const struct sk_buff *skb)
{
	return rte_pktmbuf_mtod(skb_mbuf(skb), uint8_t *);
}
static inline uint32_t
skb_len(const struct sk_buff *skb)
{
	return skb_mbuf(skb)->pkt_len;
}
static inline uint16_t
skb_headlen(const struct sk_buff *skb)
{
	return skb_mbuf(skb)->data_len;
}
static inline uint16_t
skb_headroom(const struct sk_buff *skb)
{
	return rte_pktmbuf_headroom(skb_mbuf(skb));
}
/** Room behind the last segment's data. */
uint16_t skb_tailroom(const struct sk_buff *skb);
/** Move the data start of an empty packet forward. 0 or -ENOBUFS (does not fit; unchanged). */
int skb_reserve(struct sk_buff *skb, uint16_t len);
/** Add @p len bytes at the tail; their address, or NULL: no room, or the last segment is shared
 * with another packet (unchanged). */
void *skb_put(struct sk_buff *skb, uint16_t len);
/** Add @p len bytes in front; the new start, or NULL: no headroom (unchanged). */
void *skb_push(struct sk_buff *skb, uint16_t len);
/** Remove @p len bytes from the front, across segments; the new start, or NULL: not that many. When
 * the whole first segment went, it stays as an empty head: pskb_may_pull() before reading. */
void *skb_pull(struct sk_buff *skb, uint32_t len);
/** Cut the packet to @p len bytes, freeing segments past it. 0 or -EINVAL: shorter already. */
int skb_trim(struct sk_buff *skb, uint32_t len);
/** The general case of pskb_may_pull(). */
bool pskb_pull_tail(struct sk_buff *skb, uint32_t len);
/** Make the first @p len bytes contiguous; header offsets stay valid. false (unchanged): the packet
 * is shorter, or @p len does not fit a segment, or the head is the buffer that clones point at and
 * its tail has no free room. Cheap when they are already (one compare). */
static inline bool
pskb_may_pull(struct sk_buff *skb, uint32_t len)
{
	return likely(len <= skb_mbuf(skb)->data_len) || pskb_pull_tail(skb, len);
}
/** Copy @p len bytes at @p off out of a chain. 0 or -EINVAL: past the end. */
int skb_copy_bits(const struct sk_buff *skb, uint32_t off, void *to, uint32_t len);
/** Internet checksum (RFC 1071) over @p len bytes at @p off, across segments; raw sum, folded,
 * not complemented. The range must lie in the packet. */
uint16_t skb_checksum(const struct sk_buff *skb, uint32_t off, uint32_t len);

/* --- header offsets --- */
static inline void
skb_reset_mac_header(struct sk_buff *skb)
{
	skb->mac_header = skb_mbuf(skb)->data_off;
}
static inline void
skb_reset_network_header(struct sk_buff *skb)
{
	skb->network_header = skb_mbuf(skb)->data_off;
}
static inline void
skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = skb_mbuf(skb)->data_off;
}
static inline void *
skb_mac_header(const struct sk_buff *skb)
{
	return (uint8_t *)skb_mbuf(skb)->buf_addr + skb->mac_header;
}
static inline void *
skb_network_header(const struct sk_buff *skb)
{
	return (uint8_t *)skb_mbuf(skb)->buf_addr + skb->network_header;
}
static inline void *
skb_transport_header(const struct sk_buff *skb)
{
	return (uint8_t *)skb_mbuf(skb)->buf_addr + skb->transport_header;
}
static inline struct rte_ipv4_hdr *
ip_hdr(const struct sk_buff *skb)
{
	return (struct rte_ipv4_hdr *)skb_network_header(skb);
}

/* --- queues of packets, bounded in packets and bytes; single-threaded --- */
struct sk_buff_head {
	struct sk_buff *first, *last;
	uint32_t qlen, bytes;
	uint32_t max_len, max_bytes; /* 0: no limit of that kind */
	uint64_t drops;		     /* refused by skb_queue_tail() */
};
void skb_queue_head_init(struct sk_buff_head *q, uint32_t max_len, uint32_t max_bytes);
/** Append. 0 or -ENOBUFS: full, counted in q->drops; the packet stays yours. */
int skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb);
/** The oldest packet, or NULL when empty. */
struct sk_buff *skb_dequeue(struct sk_buff_head *q);
/** Drop all of them under @p why. */
void skb_queue_purge(struct worker *w, struct sk_buff_head *q, enum drop_reason why) DP_ONLY;

/* --- the balance: rx + originated = tx + drops + consumed + held ---
 * RX is counted by netif_rx_burst(), TX by the driver that hands a frame to a wire, the rest here.
 * Virtual devices move a packet without touching the balance. */
enum { SKB_CNT_RX, SKB_CNT_ORIGINATED, SKB_CNT_TX, SKB_CNT_CONSUMED, SKB_CNT_MAX };
extern struct counter_block skb_counters;
/** Register skb_counters. 0 or as counter_register(). */
int skb_counters_init(void) CTL_ONLY;
/** Called for each death with a device, so that netdev can count it there. Set once at start. */
extern void (*skb_drop_hook)(struct worker *w, struct net_device *dev, enum drop_reason why,
			     uint32_t n);
#endif
