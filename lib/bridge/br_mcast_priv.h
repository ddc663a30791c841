/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_MCAST_PRIV_H
#define BR_MCAST_PRIV_H
/** @file Multicast snooping, control side: what its files share. */
#include "bridge/br.h"
#include "bridge/br_igmp3.h"

/** A port that has joined a group, or the bridge itself (port NULL). */
struct br_mc_member {
	struct br_mc_member *next;
	struct br_mc_group *group;
	struct br_port *port;
	struct br_mc_filter f;
	bool told;	/* to those who watch */
	bool permanent; /* by hand: does not expire, does not hear reports */
	struct ctl_timer expiry, ask;
};

struct br_mc_group {
	struct net_bridge *br;
	struct br_mdb_key key; /* src: 0 */
	struct br_mc_member *members;
	rte_be32_t *src; /* sources that have a node of their own */
	unsigned int n_src;
};

/** A port in a context, while there is something to say of it; port NULL: the bridge's own device.
 */
struct br_mc_port {
	struct br_mc_port *next;
	struct br_mc_ctx *ctx;
	struct br_port *port;
	uint64_t expires; /* ms: until then a router is there; 0: none was heard */
	struct ctl_timer timer;
	/* Of VLANs; in the bridge's context struct br_port has them. */
	uint8_t router; /* enum br_router */
	uint32_t max_groups, n_groups;
};

/** What can be set of a context. Times in centiseconds, as they are set. */
struct br_mc_conf {
	uint32_t snooping, querier, igmp_version, router;
	uint32_t last_count, startup_count;
	uint32_t last_cs, membership_cs, querier_cs, query_cs, response_cs, startup_cs;
};
extern const struct br_mc_conf br_mc_defaults;

/** Queriers and routers of the bridge, or of one VLAN. */
struct br_mc_ctx {
	struct net_bridge *br;
	uint16_t vid; /* 0: the bridge */
	struct br_mc_conf conf;
	struct br_mc_port *ports;
	struct ctl_timer own;	 /* our next general query */
	struct ctl_timer other;	 /* another querier is there */
	struct ctl_timer usable; /* hosts have had the time to answer */
	uint64_t usable_at;	 /* ms */
	uint64_t other_until;	 /* ms */
	rte_be32_t querier;	 /* its address; 0: ours, or none */
	struct br_port *querier_port;
	uint32_t startup_sent;
};

/** The bridge's part. */
struct br_mcast {
	bool use_ifaddr, stats;
	uint32_t hash_max;
	struct br_mc_ctx ctx; /* of the bridge: asleep with mcast_vlan_snooping */
	struct br_mc_ctx *
		*vlan; /* [BR_VLAN_N], or NULL; each comes when there is something to say */
	uint32_t n_nodes, n_src, n_members;
	struct ctl_timer full; /* until then groups flood: some are not known */
	struct br_mcast_stats count;
};

/* --- br_mdb.c: what workers read --- */
/** Publish a copy of @p want in the place of the node of its key. 0 or -ENOMEM. */
int br_mdb_put(struct net_bridge *br, const struct br_mdb_node *want) CTL_ONLY;
/** Absent is no error. */
void br_mdb_remove(struct net_bridge *br, const struct br_mdb_key *key) CTL_ONLY;
/** The next group at or behind bucket *@p at, @p after (NULL: the bucket's first); NULL: none. */
struct br_mc_group *br_mdb_next(const struct net_bridge *br, uint32_t *at,
				const struct br_mc_group *after) CTL_ONLY;
void br_mdb_free(struct net_bridge *br);

/* --- br_mcast.c: groups and members --- */
void br_mcast_init(struct net_bridge *br) CTL_ONLY;
/** The bridge goes: forget all. */
void br_mcast_stop(struct net_bridge *br) CTL_ONLY;
/** A port forwards from now on, or no longer, in tree @p tree. */
void br_mcast_port_state(struct br_port *p, unsigned int tree, bool forwards) CTL_ONLY;
/** Its mcast_igmp_version is another: nobody is left out until hosts have spoken that. */
void br_mcast_new_version(struct br_mc_ctx *ctx) CTL_ONLY;
/** Each group is in the context that is its own now. */
void br_mcast_recompile(struct net_bridge *br) CTL_ONLY;
/** mcast_snooping */
void br_mcast_set_snooping(struct net_bridge *br, bool on) CTL_ONLY;
struct br_mc_group *br_mc_group_find(const struct net_bridge *br,
				     const struct br_mdb_key *key) CTL_ONLY;
/** The member, made if need be. NULL: there is no room, which is counted. */
struct br_mc_member *br_mc_join(struct net_bridge *br, struct br_port *p,
				const struct br_mdb_key *key) CTL_ONLY;
struct br_mc_member *br_mc_member_of(const struct br_mc_group *g, const struct br_port *p);
/** Room for the sources of @p m. false: none. */
bool br_mc_sources(struct br_mc_member *m) CTL_ONLY;
/** Its filter has changed: workers and timers follow; when it wants nothing it goes. */
void br_mc_changed(struct br_mc_member *m) CTL_ONLY;
void br_mc_leave(struct br_mc_member *m) CTL_ONLY;
/** br_mcast_show.c: as there is to see of it. */
void br_mc_entry(const struct br_mc_member *m, struct br_mdb_entry *e);

/* --- br_mc_ctx.c: contexts, and ports in them --- */
void br_mc_ctx_init(struct br_mc_ctx *ctx, struct net_bridge *br, uint16_t vid) CTL_ONLY;
/** What was heard is forgotten; what was set stays. */
void br_mc_ctx_stop(struct br_mc_ctx *ctx) CTL_ONLY;
/** The VLANs' contexts end. */
void br_mc_vlans_free(struct net_bridge *br) CTL_ONLY;
/** Whose context a frame of VLAN @p vid is in; NULL: no memory. */
struct br_mc_ctx *br_mc_ctx_of(struct net_bridge *br, uint16_t vid) CTL_ONLY;
/** What is set of that context. */
const struct br_mc_conf *br_mc_conf_of(const struct net_bridge *br, uint16_t vid) CTL_ONLY;
/** The VLAN's own, in use or not; NULL: there is none, or (@p make) no memory. */
struct br_mc_ctx *br_mc_vlan(struct net_bridge *br, uint16_t vid, bool make) CTL_ONLY;
/** Does it decide on frames? */
bool br_mc_is_on(const struct br_mc_ctx *ctx) CTL_ONLY;
/** For each context that there is. */
void br_mc_each_ctx(struct net_bridge *br, void (*fn)(struct br_mc_ctx *)) CTL_ONLY;
/** The record of @p p; NULL: there is none, or (@p make) no memory. */
struct br_mc_port *br_mc_port(struct br_mc_ctx *ctx, struct br_port *p, bool make) CTL_ONLY;
/** It may say nothing any more: then it goes. */
void br_mc_port_put(struct br_mc_port *r) CTL_ONLY;
/** mcast_router of that port in that context. */
uint8_t br_mc_router_mode(const struct br_mc_ctx *ctx, const struct br_mc_port *r,
			  const struct br_port *p);
/** There is a router at @p p, until mcast_querier_interval from now. */
void br_mc_mark_router(struct br_mc_ctx *ctx, struct br_port *p) CTL_ONLY;
/** No router is at @p p any more. */
void br_mc_forget_router(struct br_mc_ctx *ctx, const struct br_port *p) CTL_ONLY;
/** The same in all contexts of tree @p tree. */
void br_mcast_forget_routers(struct net_bridge *br, const struct br_port *p,
			     unsigned int tree) CTL_ONLY;
/** Workers learn of routers and queriers. */
void br_mc_publish(struct br_mc_ctx *ctx) CTL_ONLY;
/** A port, or the bridge itself (NULL), is in that VLAN from now on, or no longer. */
void br_mcast_vlan(struct net_bridge *br, struct br_port *p, uint16_t vid, bool in) CTL_ONLY;
/** The port is no longer the bridge's. */
void br_mcast_port_gone(struct br_port *p) CTL_ONLY;
/** 0 or -ENOMEM. */
int br_mcast_set_vlan_snooping(struct net_bridge *br, bool on) CTL_ONLY;

/* --- br_querier.c --- */
bool br_mc_other_querier(const struct br_mc_ctx *ctx);
/** General queries from now on, the first ones in quick succession; if it is us who asks. */
void br_mc_start(struct br_mc_ctx *ctx) CTL_ONLY;
/** RFC 2236 3, 3376 6.6.2: another's general query; we may be no querier any more. */
void br_mc_heard_query(struct br_mc_ctx *ctx, struct br_port *p, rte_be32_t from,
		       uint64_t response_ms) CTL_ONLY;
/** Ask by the member's port for its group, or for sources of it (@p n > 0). */
void br_mc_ask(const struct br_mc_member *m, const rte_be32_t *src, unsigned int n) CTL_ONLY;
/** Nothing is known: groups flood until hosts have had the time to answer. */
void br_mc_wait(struct br_mc_ctx *ctx) CTL_ONLY;
/** Snooping begins there. */
void br_mc_open(struct br_mc_ctx *ctx) CTL_ONLY;
void br_mc_timers_init(struct br_mc_ctx *ctx) CTL_ONLY;
/** Somebody new may be there: ask in quick succession again, if it is us who asks. */
void br_mcast_restart(struct net_bridge *br) CTL_ONLY;
/** Its mcast_querier is another. */
void br_mc_new_querier(struct br_mc_ctx *ctx) CTL_ONLY;
void br_mc_times(const struct br_mc_ctx *ctx, struct br_mc_times *t);

/* --- br_mcast_opt.c --- */
/** A parameter of a context, by its place in struct br_mc_conf, and what follows from it. */
void br_mc_conf_set(struct br_mc_ctx *ctx, size_t field, uint32_t v) CTL_ONLY;

/* --- br_igmp.c --- */
struct ctl_msg;
void br_igmp_msg(struct ctl_msg *msg);
#endif
