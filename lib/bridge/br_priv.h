/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_PRIV_H
#define BR_PRIV_H
/** @file What the control side's files of lib/bridge share. */
#include "bridge/br_mcast_priv.h"
#include "stp/stp.h"

#define BR_AGEING_CS 30000 /* 802.1D-2004 table 7-5: 300 s */

/** The control thread's part of a bridge. */
struct br_ctl {
	struct net_bridge *br;
	bool own_mac, own_mtu; /* set by the administrator */
	bool following;	       /* the MTU that is being set is the ports' doing */
	uint16_t default_pvid;
	uint32_t ageing_cs, ageing_ms; /* as set; as used (topology change) */
	uint32_t fdb_max_learned;      /* 0: no limit */
	/* spanning tree */
	struct stp_bridge *stp;
	uint8_t stp_state;		   /* 0: off; 1, 2, 3: STP, RSTP, MSTP */
	uint32_t recovery_s;		   /* after which bpdu_guard opens a port again; 0: never */
	uint16_t tree_mstid[BR_TREES_MAX]; /* of a tree's index; 0 but for the CIST: free */
	struct ctl_timer tick;
	/* forwarding database */
	struct ctl_timer ageing;
	uint32_t sweep; /* next line that ageing looks at */
	uint32_t n, n_learned, n_dead;
	uint64_t limited, moves, resizes;
	struct br_mcast mc;
	uint64_t used[BR_PORTS_MAX / 64]; /* indices of ports; also those that readers may hold */
};

static inline struct br_ctl *
br_ctl(const struct net_bridge *br)
{
	return br->ctl;
}

/** Set or clear bits of what workers read. */
static inline void
br_set_flags(struct net_bridge *br, uint32_t bits, bool on)
{
	__atomic_store_n(&br->flags, on ? br->flags | bits : br->flags & ~bits, __ATOMIC_RELAXED);
}

/* --- br_fdb.c --- */
int br_fdb_init(struct net_bridge *br) CTL_ONLY;
void br_fdb_free(struct net_bridge *br);
/** The bridge's own address: local, in no VLAN and in all of @p port's or the bridge's. */
void br_fdb_local_add(struct net_bridge *br, struct br_port *port, uint64_t mac) CTL_ONLY;
void br_fdb_local_del(struct net_bridge *br, struct br_port *port, uint64_t mac) CTL_ONLY;
/** Of one VLAN only. */
void br_fdb_local_vlan(struct net_bridge *br, struct br_port *port, uint64_t mac, uint16_t vid,
		       bool add) CTL_ONLY;
struct ctl_msg;
void br_learn_msg(struct ctl_msg *msg);

/* --- br_port.c --- */
void br_events_init(void) CTL_ONLY;
void br_events_fini(void) CTL_ONLY;

/* --- br_state.c --- */
/** Set the state of a port in tree @p tree, and all that follows from it. */
void br_state_set(struct br_port *p, unsigned int tree, enum br_state state) CTL_ONLY;
/** The port's link or the bridge went up or down: what its state is without a spanning tree. */
void br_state_link(struct br_port *p) CTL_ONLY;
/** The bridge has carrier when some port forwards. */
void br_state_carrier(struct net_bridge *br) CTL_ONLY;

/* --- br_stp.c --- */
int br_stp_init(struct net_bridge *br) CTL_ONLY;
void br_stp_free(struct net_bridge *br) CTL_ONLY;
int br_stp_port_add(struct br_port *p, const char **why) CTL_ONLY;
void br_stp_port_del(struct br_port *p) CTL_ONLY;
/** Does a spanning tree decide on the states of ports? */
bool br_stp_rules(const struct net_bridge *br);
/** The port's link, or the bridge, went up or down. */
void br_stp_link(struct br_port *p, bool up) CTL_ONLY;
void br_stp_address(struct net_bridge *br) CTL_ONLY;
void br_bpdu_msg(struct ctl_msg *msg);

/* --- br_suppress.c --- */
void br_arp_msg(struct ctl_msg *msg);
/** Does some port suppress? Workers are told. */
void br_suppress_update(struct net_bridge *br) CTL_ONLY;

/* --- br_dev.c --- */
/** The lowest MAC address and the smallest MTU of the ports, unless set. */
void br_follow_ports(struct net_bridge *br) CTL_ONLY;

/* --- br_vlan.c --- */
/** The VLANs that a new port, or bridge, has. */
struct br_vlans *br_vlans_default(const struct net_bridge *br);
int br_vlan_set_default_pvid(struct net_bridge *br, uint16_t pvid, const char **why) CTL_ONLY;
/** A port, or the bridge's own device, has VLANs now that it had not, or had otherwise, or has not
 * any more: tell who watches. NULL: none. */
void br_vlan_tell_change(const struct net_bridge *br, struct br_port *port,
			 const struct br_vlans *old, const struct br_vlans *now) CTL_ONLY;
/** All are as the port is. */
void br_vlan_states_forget(struct br_port *p) CTL_ONLY;
/** The port is no longer a member: what was set by hand goes with that. */
void br_vlan_state_leave(struct br_port *p, uint16_t vid) CTL_ONLY;
/** VLANs are about to go to other instances: there is room for states. 0 or -ENOMEM. */
int br_vlan_states_prepare(struct net_bridge *br) CTL_ONLY;
/** VLANs have gone to other instances; @p was: where they were. States set by hand follow. */
void br_vlan_states_moved(struct net_bridge *br, const uint16_t was[BR_VLAN_N]) CTL_ONLY;
int br_vlan_set_stats(struct net_bridge *br, bool on) CTL_ONLY;
void br_vlan_stats_free(struct rcu_head *head);
#endif
