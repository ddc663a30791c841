/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_DP_H
#define NETDEV_DP_H
/**
 * @file
 * struct net_device as workers see it, and the receive and transmit paths of the general lane.
 * The control thread writes it (netdev/netdev.h); fields that change at run time are aligned
 * words of at most 8 bytes, or RCU pointers.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <rte_ether.h>
#include "core/rcu.h"
#include "core/stage_dp.h"
#include "skb/skb_dp.h"

#define NETDEV_MAX	4096 /* interfaces; ifindex is 1..NETDEV_MAX-1 */
#define NETDEV_TAGS_MAX 2    /* VLAN devices on top of each other */

struct net_device;
struct in_device;

/** Frame counters of one device on one worker: one cache line. */
struct netdev_stats {
	uint64_t rx_packets, rx_bytes, rx_multicast;
	uint64_t tx_packets, tx_bytes;
} __rte_cache_aligned;

/** What a driver does with frames. Worker context. */
struct net_device_ops_dp {
	/**
	 * Send @p n frames, complete with Ethernet header. Takes all of them: what does not fit
	 * is dropped under NETDEV_TX_FULL. Counts dev's tx_packets and tx_bytes.
	 */
	void (*xmit)(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n);
	/** The same for frames of one segment each, @p bytes together; NULL: there is only xmit. */
	void (*xmit_linear)(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
			    uint16_t n, uint64_t bytes);
	/** How many frames xmit() would take now without dropping or hoarding any; for queue
	 * disciplines, on the worker that owns them. NULL: as the device below, or any number. */
	uint16_t (*tx_room)(struct worker *w, const struct net_device *dev);
	/** Frames do not leave the router by it, but go on to another device or come in again. */
	bool inside;
};

/* Reasons to leave the fast lane, per device: tested once per burst. */
#define NETDEV_RXF_DOWN	   0x01 /* not IFF_UP: drop */
#define NETDEV_RXF_HANDLER 0x02 /* an rx_handler (bridge, bond) wants the frames */
#define NETDEV_RXF_TAP	   0x04 /* somebody listens to every frame (ETH_P_ALL) */
#define NETDEV_RXF_NO_FAST 0x08 /* the device asked for the general lane */
#define NETDEV_RXF_NO_IP   0x10 /* no IPv4 address: nothing is routed from here */
#define NETDEV_RXF_HOOK	   0x20 /* somebody looks at forwarded packets: ip4/ip4_hook.h */

/* What a driver sends without help; a word, changed while the device is stopped. */
#define NETIF_F_SG 0x01 /* frames in several segments */
#define NETIF_F_SHARED                                                                             \
	0x02 /* frames that somebody else sends, too: not written, not kept by view */

/** What an rx_handler did with a frame. */
enum rx_handler_result {
	RX_HANDLER_CONSUMED, /* it owns the frame now */
	RX_HANDLER_PASS,     /* go on as if it were not there */
	RX_HANDLER_ANOTHER,  /* skb->dev changed: start again with that device */
};

struct net_device;
/**
 * A lane for plain frames: sends or otherwise takes what it can, moves the mbufs it does not want
 * to the front of @p pkts and returns their number. Stores the bytes of all @p n frames, as it
 * walks them anyway.
 */
typedef uint16_t (*netif_fast_fn)(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
				  uint16_t n, uint64_t *bytes);

struct net_device {
	/* --- read by workers for every burst --- */
	uint32_t rx_off;     /* NETDEV_RXF_*; 0 allows the fast lane */
	uint32_t flags;	     /* IFF_UP, IFF_RUNNING, IFF_PROMISC, ... */
	uint64_t dev_addr64; /* MAC, its 6 bytes as they stand on the wire; one atomic word */
	uint32_t mtu;	     /* bytes of IP */
	int32_t ifindex;
	const struct net_device_ops_dp *ops_dp; /* RCU; the driver's, or a queue discipline's */
	void *priv_dp;				/* the driver's, for ops_dp */
	struct vlan_table *vlan_tab;		/* RCU; NULL: no VLANs */
	struct net_device *real_dev; /* of a device over another: that; else the device itself */
	rte_be16_t vlan_proto;	     /* of a VLAN device: 0x8100 or 0x88a8; else 0 */
	uint16_t vlan_id;
	uint32_t features; /* NETIF_F_*: what ops_dp->xmit takes as it is */
	enum rx_handler_result (*rx_handler)(struct worker *w, struct sk_buff *skb); /* RCU */
	void *rx_handler_data;							     /* RCU */
	netif_fast_fn rx_burst; /* RCU; the rx_handler's lane, NULL: it has none */
	uint64_t *extra_addrs;	/* RCU; further MAC addresses it answers to, ended by 0; or NULL */
	struct in_device *ip_ptr;      /* RCU; IPv4 addresses and settings: netdev/inetdev_dp.h */
	uint64_t *drops[WORKER_SLOTS]; /* [DROP_MAX]: its packets that died on that worker */
	const struct net_device_ops_dp *drv_dp; /* the driver's */
	struct qdisc *qdisc;			/* RCU; sched/sched_dp.h; NULL: none */
	uint16_t tx_owner;			/* worker that sends best by this device; 0: any */
	/* --- control thread --- */
	struct netdev_ctl *ctl; /* netdev/netdev.h */
	char name[IFNAMSIZ];	/* may change (rename): show only, never compare on a worker */
};

#define VLAN_N 4096

/* What the fast lane has to know of a VLAN device, in one word: it reads neither the device nor its
 * settings. 0: its frames go the general way. */
#define VLAN_DOOR_OPEN	      0x1u /* up, forwards, nobody looks on, has its parent's MAC address */
#define VLAN_DOOR_QINQ	      0x2u /* tags of 802.1ad */
#define VLAN_DOOR_RPF	      0xcu /* rp_filter, shifted */
#define VLAN_DOOR_INDEX(door) ((door) >> 16)

/** The VLAN devices right over a device, by identifier. */
struct vlan_table {
	struct rcu_head rcu;
	unsigned int n;
	uint32_t door[VLAN_N];
	struct net_device *dev[VLAN_N]; /* RCU */
};
/** The door of the device of tags @p tpid, @p id, or 0. */
static inline uint32_t
vlan_door(const struct vlan_table *t, rte_be16_t tpid, uint16_t id)
{
	uint32_t door = __atomic_load_n(&t->door[id], __ATOMIC_RELAXED);
	bool qinq = unlikely(door & VLAN_DOOR_QINQ);

	return tpid == (qinq ? RTE_BE16(RTE_ETHER_TYPE_QINQ) : RTE_BE16(RTE_ETHER_TYPE_VLAN)) ? door
											      : 0;
}

static inline void
netdev_addr(const struct net_device *dev, struct rte_ether_addr *addr)
{
	uint64_t a = __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED);

	__builtin_memcpy(addr, &a, RTE_ETHER_ADDR_LEN);
}
static inline uint64_t
ether_addr_to_u64(const struct rte_ether_addr *a)
{
	uint64_t v = 0;

	__builtin_memcpy(&v, a, RTE_ETHER_ADDR_LEN);
	return v;
}
/** Bytes that a frame grows by on its way through @p dev: the tag of a VLAN device. */
static inline uint32_t
netdev_tag_len(const struct net_device *dev)
{
	return dev->vlan_proto != 0 ? RTE_VLAN_HLEN : 0;
}
static inline bool
netif_running(const struct net_device *dev)
{
	return __atomic_load_n(&dev->flags, __ATOMIC_RELAXED) & IFF_UP;
}
static inline bool
netif_carrier_ok(const struct net_device *dev)
{
	return __atomic_load_n(&dev->flags, __ATOMIC_RELAXED) & IFF_RUNNING;
}
/* Of each worker, by ifindex; side by side, so that a thousand devices are a few pages and nobody
 * looks at a device to count for it. */
extern struct netdev_stats *netdev_stats_tab[WORKER_SLOTS]; /* [NETDEV_MAX] */
static inline struct netdev_stats *
netdev_stats_at(const struct worker *w, uint32_t ifindex)
{
	return &netdev_stats_tab[w->id][ifindex];
}
static inline struct netdev_stats *
netdev_stats(const struct worker *w, const struct net_device *dev)
{
	return netdev_stats_at(w, (uint32_t)dev->ifindex);
}

/** The device of that index, or NULL. RCU: good for this burst only. */
extern struct net_device *netdev_by_index_tab[NETDEV_MAX];
static inline struct net_device *
dev_get_by_index_rcu(uint32_t ifindex)
{
	return ifindex < NETDEV_MAX ? rcu_dereference(netdev_by_index_tab[ifindex]) : NULL;
}

/* --- receive --- */
/**
 * Frames from a port's queue, the door of the data path: counts them, gives the burst to the
 * fast lane when dev->rx_off is 0, and the rest to netif_receive_skb(). Takes all frames.
 */
void netif_rx_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
		    uint16_t n) DP_ONLY;
/** Frames that arrived but can not be looked at: counted as received, dropped for @p why. */
void netif_rx_drop(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		   enum drop_reason why) DP_ONLY;
/**
 * The general lane's entry: taps, VLAN demux, rx_handler, pkt_type, protocol demux, in this order.
 * Each mbuf gets its view here. Not counted as received: netif_rx_burst() did. At most SKB_BURST.
 */
void netif_receive_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
			 uint16_t n) DP_ONLY;
/** A frame that a virtual device took out of another (tunnel, loopback), data pointer at its
 * Ethernet header: counts it for skb->dev and queues it for this worker's next netif_backlog_run().
 * Drops when the backlog is full. Keeps mark, priority and flags; forgets dst, an RCU pointer. */
void netif_rx(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** Frames that @p dev, a device over others, has been given in whole bursts (a bridge): counts them
 * for it and goes on at once, fast lane first. Takes all frames; outside the balance. */
void netif_rx_upper(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
		    uint16_t n) DP_ONLY;
/** Process what netif_rx() had queued when it was called; returns how many frames. Called by every
 * loop of a worker and of the control thread. */
unsigned int netif_backlog_run(struct worker *w) DP_ONLY;

/** The fast lane of a network protocol. Called with a burst whose device has rx_off == 0. One
 * registration: IPv4's. */
extern netif_fast_fn netif_fast_rx;

/** Handler of an ethertype: gets vectors of packets that all came by one device, data pointer and
 * network header at the protocol's header, mac_header at the frame's start. Owns the packets. */
typedef void (*ptype_fn)(struct worker *w, struct skb_vec *vec);

/** Bytes of @p n frames. */
static inline uint64_t
netif_burst_bytes(struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

/* --- transmit --- */
/** Send complete frames by @p dev; takes all. Down or without carrier, or too long for the MTU:
 * dropped and counted. Views become void. A VLAN device takes frames with its tags, as
 * dev_hard_header() builds them, and tags those that come without. */
void dev_queue_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts,
		    uint16_t n) DP_ONLY;
/** dev_queue_xmit() for frames that are known to fit, each one segment, @p bytes together: nothing
 * is looked at but the device. */
static inline void
dev_direct_xmit(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		uint64_t bytes) DP_ONLY
{
	uint32_t flags = __atomic_load_n(&dev->flags, __ATOMIC_RELAXED);

	if (likely((flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING) &&
		   !(__atomic_load_n(&dev->rx_off, __ATOMIC_RELAXED) & NETDEV_RXF_TAP) &&
		   dev->ops_dp->xmit_linear != NULL))
		dev->ops_dp->xmit_linear(w, dev, pkts, n, bytes);
	else
		dev_queue_xmit(w, dev, pkts, n);
}
/** Put an Ethernet header (and the VLAN tag of a VLAN device) in front of skb and send it by
 * skb->dev. @p dst: 6 bytes. Uses skb->protocol. Takes the packet. */
void dev_hard_xmit(struct worker *w, struct sk_buff *skb, const struct rte_ether_addr *dst) DP_ONLY;
/** The frame that dev_hard_xmit() would send, for dev_queue_xmit(). NULL: it is dead. */
struct rte_mbuf *dev_hard_push(struct worker *w, struct sk_buff *skb,
			       const struct rte_ether_addr *dst) DP_ONLY;
/**
 * Build the header that frames to @p dst by @p dev start with: Ethernet, and the tags of VLAN
 * devices. Written right-aligned: its last byte is buf[len-1].
 * @return its length (14, 18 or 22), or -ENOSPC. Its last byte is the ethertype's.
 */
int dev_hard_header(const struct net_device *dev, const struct rte_ether_addr *dst,
		    rte_be16_t protocol, uint8_t *buf, unsigned int len);
/** The device at the bottom of a stack of VLAN devices, or the first one with a queue discipline:
 * the one whose ops_dp is to be called. */
static inline struct net_device *
netdev_lower(struct net_device *dev)
{
	while (dev->real_dev != dev && dev->qdisc == NULL)
		dev = dev->real_dev;
	return dev;
}
/** How many frames the driver of @p dev takes now: see tx_room. */
static inline uint16_t
netdev_tx_room(struct worker *w, const struct net_device *dev)
{
	while (dev->drv_dp->tx_room == NULL) {
		if (dev->real_dev == dev)
			return UINT16_MAX;
		dev = dev->real_dev;
		if (rcu_dereference(dev->qdisc) != NULL)
			return UINT16_MAX; /* which has its own bound */
	}
	return dev->drv_dp->tx_room(w, dev);
}
#endif
