/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_H
#define BR_H
/**
 * @file
 * Bridges, control side (802.1D-2004 7; 802.1Q-2011 8): devices, ports, parameters, forwarding
 * database, VLANs. All functions run on the control thread. What can be refused returns 0 or -errno
 * and leaves a sentence for the user in *why.
 */
#include "bridge/br_dp.h"
#include "core/notifier.h"
#include "netdev/netdev.h"

int br_init(void) CTL_ONLY;
/** Remove all bridges. */
void br_fini(void) CTL_ONLY;

/* --- bridges and their ports --- */
/** Make bridge @p name, down, without ports. 0, -ENOMEM or as register_netdevice(). */
int br_add(const char *name, struct net_device **out) CTL_ONLY;
/** Its ports stay, on their own. -EINVAL: no bridge. */
int br_del(struct net_device *dev) CTL_ONLY;
/** The bridge that @p dev is, or NULL. */
struct net_bridge *br_of(const struct net_device *dev);
/** The port that @p dev is, or NULL. */
struct br_port *br_port_of(const struct net_device *dev);
/**
 * -EINVAL (loopback, itself a bridge), -EBUSY (it belongs to something else), -ELOOP (the bridge
 * stands on it already), -ENOSPC (BR_PORTS_MAX - 1 ports), -ENOMEM.
 */
int br_port_add(struct net_bridge *br, struct net_device *dev, const char **why) CTL_ONLY;
/** With what was learned there. -ENOENT: no port of a bridge. */
int br_port_del(struct net_device *dev) CTL_ONLY;

/** What the administrator has set of the bridge's device. */
struct br_wish {
	bool mac, mtu;
};
struct br_wish br_wish(const struct net_bridge *br);
/** 0: the smallest of the ports', whatever that is. 0 or as dev_set_mtu(). */
int br_set_own_mtu(struct net_bridge *br, uint32_t mtu) CTL_ONLY;

/* --- parameters, by iproute2's names --- */
struct br_opt {
	const char *name; /* as in `ip link ... type bridge` */
	const char *json; /* its name in JSON where that is another; else NULL */
	uint32_t min, max;
	bool port;   /* of a port, else of a bridge */
	bool on_off; /* shown as a switch */
	bool tri;    /* off, on, auto */
	const char *help;
	uint32_t (*get)(const void *object);
	/** @p object: the struct net_bridge or struct br_port; @p v is in range. */
	int (*set)(void *object, uint32_t v, const char **why);
};
/** All of them, ended by name == NULL. */
extern const struct br_opt br_opts[];
/** The one of that name, or NULL. */
const struct br_opt *br_opt_find(const char *name, bool port);
/** 0, -ERANGE, or the parameter's. */
int br_opt_set(const struct br_opt *o, void *object, uint32_t v, const char **why) CTL_ONLY;

/** `bridge link set dev P state S`: -EBUSY with a spanning tree, which decides then. */
int br_port_set_state(struct br_port *p, enum br_state state, const char **why) CTL_ONLY;
const char *br_state_name(enum br_state state);

/* --- spanning tree: the engine itself is lib/stp --- */
struct stp_bridge;
/** The engine of @p br, for parameters and for what there is to see. */
struct stp_bridge *br_stp(const struct net_bridge *br);
/** 0: off; 1, 2, 3: STP, RSTP, MSTP. */
int br_stp_set_state(struct net_bridge *br, unsigned int state, const char **why) CTL_ONLY;
unsigned int br_stp_state(const struct net_bridge *br);
/** Instance @p mstid carries these VLANs: bit v % 8 of vlans[v / 8]; it is made if need be. */
int br_stp_set_vlans(struct net_bridge *br, uint16_t mstid, const uint8_t vlans[512],
		     const char **why) CTL_ONLY;
int br_stp_del_instance(struct net_bridge *br, uint16_t mstid, const char **why) CTL_ONLY;
/** Open a port that bpdu_guard closed. */
void br_stp_recover(struct br_port *p) CTL_ONLY;

/* --- forwarding database --- */
struct br_fdb_entry {
	struct rte_ether_addr mac;
	uint16_t vid;
	uint32_t val;	      /* BR_FDB_* */
	struct br_port *port; /* NULL: the bridge itself */
	uint32_t age_s;
};
/** Add or replace by hand. @p port NULL: the bridge's own address. @p flags: BR_FDB_STATIC, _LOCAL,
 * _STICKY, _EXT. -EEXIST (unless @p replace), -EINVAL (group or zero address), -ENOMEM. */
int br_fdb_add(struct net_bridge *br, struct br_port *port, const struct rte_ether_addr *mac,
	       uint16_t vid, uint32_t flags, bool replace) CTL_ONLY;
/** -ENOENT: not there, or at another port. */
int br_fdb_del(struct net_bridge *br, struct br_port *port, const struct rte_ether_addr *mac,
	       uint16_t vid) CTL_ONLY;
/** false: there is none. */
bool br_fdb_get(const struct net_bridge *br, const struct rte_ether_addr *mac, uint16_t vid,
		struct br_fdb_entry *e) CTL_ONLY;
/** Entries from line *@p at on, at most @p max; *@p at goes on to the next line. 0: no more. */
unsigned int br_fdb_walk(const struct net_bridge *br, uint32_t *at, struct br_fdb_entry *e,
			 unsigned int max) CTL_ONLY;
/** Which entries to forget. */
struct br_fdb_filter {
	const struct br_port *port; /* NULL: any */
	int vid;		    /* -1: any */
	int tree;		    /* of its VLAN; -1: any */
	bool keep_static;	    /* not those that do not age */
	bool keep_own;		    /* not the addresses of the bridge and its ports */
	uint32_t mask, val;	    /* BR_FDB_* bits that count, and their value */
};
/** Returns how many went. */
unsigned int br_fdb_flush(struct net_bridge *br, const struct br_fdb_filter *f) CTL_ONLY;
struct br_fdb_count {
	uint32_t entries, learned, lines;
	uint64_t limited, moves, resizes;
};
void br_fdb_counts(const struct net_bridge *br, struct br_fdb_count *c) CTL_ONLY;

/** Neighbour suppression: where @p addr is, as the neighbour table knows it of @p dev; false: it
 * does not. Set once at start; NULL: nobody knows. Control thread. */
extern bool (*br_neigh_find)(rte_be32_t addr, const struct net_device *dev,
			     struct rte_ether_addr *mac);

/* --- what happens, for those who watch --- */
enum br_event { BR_EVENT_NEW = 1, BR_EVENT_DEL };
struct br_fdb_event {
	const struct net_bridge *br;
	struct br_fdb_entry e;
};
struct br_mdb_event {
	const struct net_bridge *br;
	const struct br_mdb_entry *e;
};
/** BR_EVENT_NEW: they came, or something about them is another now. All of them have the same. */
struct br_vlan_event {
	const struct net_bridge *br;
	struct br_port *port; /* NULL: the bridge's own device */
	uint16_t first, last;
	bool global; /* about what they have all over the bridge */
};
struct stp_transition;
struct br_stp_event {
	const struct net_bridge *br;
	const struct br_port *port;
	const struct stp_transition *tr;
};
extern struct notifier_chain br_fdb_chain;  /* obj: struct br_fdb_event * */
extern struct notifier_chain br_mdb_chain;  /* obj: struct br_mdb_event * */
extern struct notifier_chain br_vlan_chain; /* obj: struct br_vlan_event * */
extern struct notifier_chain br_stp_chain;  /* event: BR_EVENT_NEW; obj: struct br_stp_event * */

/* --- multicast snooping (RFC 4541) --- */
/** mcast_router: where routers are; Linux's numbers. */
enum br_router {
	BR_ROUTER_NEVER,
	BR_ROUTER_LEARN,
	BR_ROUTER_ALWAYS,
	BR_ROUTER_NOW, /* of a port: one has just been seen there */
};

/** A port's part in a group. */
struct br_mdb_entry {
	struct br_port *port; /* NULL: the bridge itself */
	uint16_t vid;
	bool mac;		    /* the group is a MAC address */
	struct rte_ether_addr addr; /* it */
	rte_be32_t group, source;   /* source 0: all, or all but n_sources */
	bool permanent, exclude;
	uint32_t left_ms; /* until it expires */
	unsigned int n_sources;
	struct {
		rte_be32_t addr;
		uint32_t left_ms;
	} sources[32];
};
/** Can nobody join that group by hand? Says why. */
bool br_mdb_refused(const struct br_mdb_entry *e, const char **why);
/** By hand: for good, or (@p e->permanent false) until it expires. With vlan_filtering @p e->vid 0
 * is each VLAN of the place. -EEXIST, -EINVAL (no group that is snooped: *why), -ENOSPC, -ENOMEM.
 */
int br_mdb_add(struct net_bridge *br, const struct br_mdb_entry *e, const char **why) CTL_ONLY;
/** The same; -ENOENT: it is not there. */
int br_mdb_del(struct net_bridge *br, const struct br_mdb_entry *e) CTL_ONLY;
/** Call @p fn for each entry. */
void br_mdb_walk(const struct net_bridge *br, void (*fn)(const struct br_mdb_entry *e, void *arg),
		 void *arg) CTL_ONLY;
/** Which entries are meant. */
struct br_mcast_filter {
	bool any_port;
	const struct br_port *port; /* NULL: the bridge itself */
	int vid, tree;		    /* -1: any */
	bool keep_permanent, keep_learned;
};
/** Returns how many went. */
unsigned int br_mcast_flush(struct net_bridge *br, const struct br_mcast_filter *f) CTL_ONLY;
/** Call @p fn for each port where a router is; @p port NULL: the bridge itself. */
void br_mcast_routers(const struct net_bridge *br,
		      void (*fn)(const struct br_port *port, uint16_t vid, bool permanent,
				 uint32_t left_ms, void *arg),
		      void *arg) CTL_ONLY;
/** A parameter that each VLAN has of its own; name, range and unit are the bridge's. */
struct br_mc_opt {
	const char *name;
	size_t field; /* for br_mcast_opt.c */
};
/** `bridge vlan global`: all of them, in iproute2's order, ended by name == NULL. */
extern const struct br_mc_opt br_mc_opts[];
uint32_t br_mc_vlan_get(const struct net_bridge *br, uint16_t vid, const struct br_mc_opt *o);
/** @p v is in range. -ENOENT: nobody is a member of that VLAN; -ENOMEM. */
int br_mc_vlan_set(struct net_bridge *br, uint16_t vid, const struct br_mc_opt *o, uint32_t v,
		   const char **why) CTL_ONLY;
/** `bridge vlan set`: what a port, or the bridge itself (NULL), has of its own in a VLAN. */
struct br_mc_vlan_port {
	uint8_t router;		       /* enum br_router */
	uint32_t max_groups, n_groups; /* 0: no limit */
};
void br_mc_vlan_port_get(const struct net_bridge *br, struct br_port *p, uint16_t vid,
			 struct br_mc_vlan_port *info) CTL_ONLY;
/** -ENOENT: no member; -ENOMEM. */
int br_mc_vlan_set_router(struct net_bridge *br, struct br_port *p, uint16_t vid, uint8_t mode,
			  const char **why) CTL_ONLY;
int br_mc_vlan_set_max_groups(struct br_port *p, uint16_t vid, uint32_t max,
			      const char **why) CTL_ONLY;
/** Messages by version, 1 to 3. */
struct br_mcast_stats {
	uint64_t rx_query[4], rx_report[4], rx_leave, tx_query[4];
	uint64_t bad;	  /* malformed */
	uint64_t refused; /* joins that found no room */
};
void br_mcast_stats(const struct net_bridge *br, struct br_mcast_stats *st) CTL_ONLY;

/* --- VLANs --- */
#define BR_VLAN_PVID	 0x1
#define BR_VLAN_UNTAGGED 0x2
/** VLANs @p first to @p last of @p port, or of the bridge itself (NULL). 0, -EINVAL, -ENOMEM. */
int br_vlan_add(struct net_bridge *br, struct br_port *port, uint16_t first, uint16_t last,
		unsigned int flags, const char **why) CTL_ONLY;
/** -ENOENT: none of them was there. */
int br_vlan_del(struct net_bridge *br, struct br_port *port, uint16_t first, uint16_t last,
		const char **why) CTL_ONLY;
/** Is the bridge or one of its ports a member? */
bool br_vlan_used(const struct net_bridge *br, uint16_t vid) CTL_ONLY;
/** `bridge vlan set`: -EBUSY with a spanning tree, which decides then; -ENOENT: no member. */
int br_vlan_set_state(struct br_port *p, uint16_t first, uint16_t last, enum br_state state,
		      const char **why) CTL_ONLY;
enum br_state br_vlan_get_state(const struct br_port *p, uint16_t vid);
static inline void
br_vlan_mark(uint64_t *set, uint16_t vid, bool on)
{
	if (on)
		set[vid / 64] |= UINT64_C(1) << vid % 64;
	else
		set[vid / 64] &= ~(UINT64_C(1) << vid % 64);
}
/** Options of members that are in @p set were set by those who call here when all are: tell who
 * watches. */
void br_vlan_tell(const struct net_bridge *br, struct br_port *port, const uint64_t *set) CTL_ONLY;
/** The same for what VLANs have all over the bridge. */
void br_vlan_tell_global(const struct net_bridge *br, const uint64_t *set) CTL_ONLY;
/** The instance that each VLAN is put into, whether or not MSTP runs; 0: into none. */
void br_mst_vlans(const struct net_bridge *br, uint16_t mstid[BR_VLAN_N]) CTL_ONLY;
/** The same for the VLANs of an instance. -ENOENT: the port is in none of them. */
int br_mst_set_state(struct br_port *p, uint16_t mstid, enum br_state state,
		     const char **why) CTL_ONLY;
/** Of the tree, or, without a spanning tree, of the VLANs. */
enum br_state br_mst_get_state(const struct br_port *p, uint16_t mstid) CTL_ONLY;
/** The sums of all workers; false: not counted. */
bool br_vlan_stat(const struct net_bridge *br, uint16_t vid, struct br_vlan_stat *sum) CTL_ONLY;

/** Add the commands `ip link ... type bridge`, `bridge ...`; the config section "bridges". */
void br_cli_register(void) CTL_ONLY;
void br_cfg_register(void) CTL_ONLY;
#endif
