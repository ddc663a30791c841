/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_DP_H
#define BR_DP_H
/**
 * @file
 * A bridge and its ports as workers see them. The control thread (bridge/br.h) writes: words of at
 * most 8 bytes in place, everything wider by replacing an immutable object.
 */
#include "bridge/br_fdb_dp.h"
#include "bridge/br_mdb_dp.h"
#include "core/timer.h"
#include "netdev/netdev_dp.h"

#define BR_TREES_MAX 65	  /* the common spanning tree and 64 instances */
#define BR_VLAN_N    4096 /* VLAN identifiers; 0 and 4095 are nobody's */

/** What a port does with frames (802.1D-2004 7.4, 17.10); Linux's numbers. */
enum br_state {
	BR_STATE_DISABLED,
	BR_STATE_LISTENING,
	BR_STATE_LEARNING,
	BR_STATE_FORWARDING,
	BR_STATE_BLOCKING,
};

/* br_port.flags */
#define BR_PORT_LEARNING       0x0001
#define BR_PORT_FLOOD	       0x0002 /* unknown unicast leaves here */
#define BR_PORT_MCAST_FLOOD    0x0004
#define BR_PORT_BCAST_FLOOD    0x0008
#define BR_PORT_HAIRPIN	       0x0010 /* a frame may leave where it came */
#define BR_PORT_ISOLATED       0x0020 /* nothing between two such ports */
#define BR_PORT_LOCKED	       0x0040 /* only sources that the table has at this port */
#define BR_PORT_NEIGH_SUPPRESS 0x0080 /* ARP requests are answered for those whom we know */
#define BR_PORT_BPDU_GUARD     0x0100
#define BR_PORT_STORM	       0x0200 /* some class of frames is limited */
#define BR_PORT_FAST_LEAVE     0x0400 /* one host: a leave ends its group at once */

/* net_bridge.flags */
#define BR_VLAN_FILTERING     0x01
#define BR_MST		      0x02 /* vlan_tree tells whose state counts */
#define BR_VLAN_STATS	      0x04
#define BR_NO_LINKLOCAL_LEARN 0x08
#define BR_STP		      0x10  /* BPDUs are for us */
#define BR_SUPPRESS	      0x20  /* some port has BR_PORT_NEIGH_SUPPRESS */
#define BR_MCAST	      0x40  /* multicast snooping is on */
#define BR_VLAN_STATES	      0x100 /* some port has states of single VLANs */
#define BR_MCAST_VLAN	      0x80  /* and each VLAN has queriers and routers of its own */

/** Which frames storm control limits, and flooding tells apart. */
enum br_class { BR_CLASS_UNICAST, BR_CLASS_MULTICAST, BR_CLASS_BROADCAST, BR_CLASS_MAX };

/** VLANs of a port or of the bridge itself. Immutable once published. */
struct br_vlans {
	struct rcu_head rcu;
	uint16_t pvid; /* what untagged frames belong to; 0: nothing */
	uint16_t n;
	uint64_t member[BR_VLAN_N / 64], untagged[BR_VLAN_N / 64];
};

/** States of single VLANs of a port, by hand: bytes changed in place. */
struct br_vlan_states {
	struct rcu_head rcu;
	uint8_t of[BR_VLAN_N]; /* enum br_state */
};

/** A limit in frames a second, shared by all workers: the time at which the next frame is due. */
struct br_storm {
	uint64_t cost; /* TSC cycles for one frame; 0: no limit */
	uint64_t due;
};

struct net_bridge;
struct br_port {
	struct net_device *dev;
	struct net_bridge *br;
	struct br_vlans *vlans;		    /* RCU */
	struct br_vlan_states *vlan_states; /* RCU; NULL: what the port's state is */
	uint32_t flags;			    /* BR_PORT_* */
	uint16_t idx; /* 1 to BR_PORTS_MAX - 1: what the forwarding database says */
	uint16_t group_fwd_mask;
	uint8_t state[BR_TREES_MAX]; /* enum br_state */
	struct br_storm storm[BR_CLASS_MAX];
	/* --- control thread --- */
	struct rcu_head rcu;
	uint32_t fdb_max_learned, n_learned; /* 0: no limit */
	uint32_t storm_pps[BR_CLASS_MAX];
	uint8_t mcast_router;		     /* enum br_router */
	uint32_t mc_max_groups, mc_n_groups; /* 0: no limit */
	struct stp_port *stp;
	struct ctl_timer recover; /* from errdisabled */
	bool manual;		  /* its state was set by hand */
	bool errdisabled;	  /* closed, since a BPDU came and bpdu_guard is on */
	bool mac_listed;	  /* the bridge's device has its address, too */
	uint64_t mac;		  /* as it is in the forwarding database */
};

/** All ports, in order of coming. Immutable once published. */
struct br_ports {
	struct rcu_head rcu;
	unsigned int n;
	struct br_port *p[];
};

/** Frames of one VLAN on one worker. */
struct br_vlan_stat {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};
struct br_vlan_stats {
	struct rcu_head rcu;
	struct br_vlan_stat *of[WORKER_MAX]; /* [BR_VLAN_N] each */
};

struct br_ctl;
struct net_bridge {
	struct net_device *dev;
	uint32_t flags; /* BR_* */
	rte_be16_t vlan_proto;
	uint16_t group_fwd_mask;
	struct br_fdb *fdb;		    /* RCU */
	struct br_mdb *mdb;		    /* RCU; NULL: nothing is known of any group */
	struct br_ports *ports;		    /* RCU */
	struct br_vlans *vlans;		    /* RCU; of the bridge's own device */
	uint8_t *vlan_tree;		    /* [BR_VLAN_N], bytes changed in place */
	struct br_vlan_stats *vlan_stats;   /* RCU; NULL: not wanted */
	struct br_port *port[BR_PORTS_MAX]; /* RCU; by index */
	struct br_ctl *ctl;
};

static inline bool
br_vlan_has(const uint64_t *set, uint16_t vid)
{
	return set[vid / 64] >> vid % 64 & 1;
}

/** rx_handler of a port: frames that the burst below left, one by one. */
enum rx_handler_result br_handle_frame(struct worker *w, struct sk_buff *skb);
/** net_device.rx_burst of a port: all plain frames; leaves the others, as netif_fast_fn says. */
uint16_t br_rx_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		     uint64_t *bytes) DP_ONLY;
/** What the bridge's own device sends by. */
extern const struct net_device_ops_dp br_ops_dp;

/* Messages to the control thread; types by br_init(). arg: ifindex of the port. */
extern uint16_t br_msg_bpdu;  /* pkt: the frame */
extern uint16_t br_msg_learn; /* arg2: key of the source */
extern uint16_t br_msg_arp;   /* pkt: the frame; arg2: BR_ARP_*, and the tag */
#define BR_ARP_VLAN   0x10000 /* the frame belongs to the tag's VLAN */
#define BR_ARP_TAGGED 0x20000 /* the tag stands in it */
extern uint16_t br_msg_igmp;  /* pkt: the frame; arg2: VLAN, above it offset of the IP header */
#endif
