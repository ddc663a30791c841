/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of bridges and ports: one row each, for the command language and the configuration. */
#include <errno.h>
#include <string.h>
#include <rte_cycles.h>
#include "bridge/br_mcast_opt.h"
#include "bridge/br_priv.h"
#include "stp/stp_show.h"

/* IEEE 802.1Q-2011 8.6.3: STP and LACP's addresses, and PAUSE, are never relayed. */
#define GROUP_FWD_NEVER 0x0007

static void
set_flag(uint32_t *flags, uint32_t bit, bool on)
{
	__atomic_store_n(flags, on ? *flags | bit : *flags & ~bit, __ATOMIC_RELAXED);
}

/* --- switches: a bit of a word each --- */

#define PORT_FLAG(fn, bit)                                                                         \
	static uint32_t get_##fn(const void *object)                                               \
	{                                                                                          \
		return (((const struct br_port *)object)->flags & (bit)) != 0;                     \
	}                                                                                          \
	static int set_##fn(void *object, uint32_t v, const char **why)                            \
	{                                                                                          \
		(void)why;                                                                         \
		set_flag(&((struct br_port *)object)->flags, (bit), v != 0);                       \
		return 0;                                                                          \
	}

PORT_FLAG(learning, BR_PORT_LEARNING)
PORT_FLAG(flood, BR_PORT_FLOOD)
PORT_FLAG(mcast_flood, BR_PORT_MCAST_FLOOD)
PORT_FLAG(bcast_flood, BR_PORT_BCAST_FLOOD)
PORT_FLAG(hairpin, BR_PORT_HAIRPIN)
PORT_FLAG(isolated, BR_PORT_ISOLATED)
PORT_FLAG(locked, BR_PORT_LOCKED)

static uint32_t
get_neigh_suppress(const void *object)
{
	return (((const struct br_port *)object)->flags & BR_PORT_NEIGH_SUPPRESS) != 0;
}

static int
set_neigh_suppress(void *object, uint32_t v, const char **why)
{
	struct br_port *p = object;

	(void)why;
	role_enter_ctl();
	set_flag(&p->flags, BR_PORT_NEIGH_SUPPRESS, v != 0);
	br_suppress_update(p->br);
	return 0;
}

/* --- the bridge's --- */

static uint32_t
get_ageing(const void *object)
{
	return br_ctl(object)->ageing_cs;
}

static int
set_ageing(void *object, uint32_t v, const char **why)
{
	struct br_ctl *c = br_ctl(object);

	(void)why;
	c->ageing_cs = v;
	c->ageing_ms = v * 10;
	return 0;
}

static uint32_t
get_filtering(const void *object)
{
	return (((const struct net_bridge *)object)->flags & BR_VLAN_FILTERING) != 0;
}

/* What was learned in VLAN 0 means nothing with VLANs, and the other way round. */
static int
set_filtering(void *object, uint32_t v, const char **why)
{
	struct net_bridge *br = object;

	(void)why;
	role_enter_ctl();
	if (v == get_filtering(br))
		return 0;
	set_flag(&br->flags, BR_VLAN_FILTERING, v != 0);
	br_fdb_flush(br, &(struct br_fdb_filter){ .vid = -1, .tree = -1, .keep_static = true });
	br_mcast_flush(br,
		       &(struct br_mcast_filter){
			       .any_port = true, .vid = -1, .tree = -1, .keep_permanent = true });
	return v != 0 ? 0 : br_mcast_set_vlan_snooping(br, false);
}

static uint32_t
get_pvid(const void *object)
{
	return br_ctl(object)->default_pvid;
}

static int
set_pvid(void *object, uint32_t v, const char **why)
{
	role_enter_ctl();
	return br_vlan_set_default_pvid(object, (uint16_t)v, why);
}

static uint32_t
get_stats(const void *object)
{
	return ((const struct net_bridge *)object)->vlan_stats != NULL;
}

static int
set_stats(void *object, uint32_t v, const char **why)
{
	role_enter_ctl();
	*why = "out of memory";
	return br_vlan_set_stats(object, v != 0);
}

static uint32_t
get_proto(const void *object)
{
	return rte_be_to_cpu_16(((const struct net_bridge *)object)->vlan_proto);
}

static int
set_proto(void *object, uint32_t v, const char **why)
{
	struct net_bridge *br = object;

	*why = "expected 802.1Q or 802.1ad";
	if (v != RTE_ETHER_TYPE_VLAN && v != RTE_ETHER_TYPE_QINQ)
		return -EPROTONOSUPPORT;
	__atomic_store_n(&br->vlan_proto, rte_cpu_to_be_16((uint16_t)v), __ATOMIC_RELAXED);
	return 0;
}

static uint32_t
get_mask(const void *object)
{
	return ((const struct net_bridge *)object)->group_fwd_mask;
}

static int
set_mask(void *object, uint32_t v, const char **why)
{
	*why = "bits 0 to 2, the addresses of STP, PAUSE and LACP, can not be set";
	if (v & GROUP_FWD_NEVER)
		return -EINVAL;
	__atomic_store_n(&((struct net_bridge *)object)->group_fwd_mask, (uint16_t)v,
			 __ATOMIC_RELAXED);
	return 0;
}

static uint32_t
get_no_ll(const void *object)
{
	return (((const struct net_bridge *)object)->flags & BR_NO_LINKLOCAL_LEARN) != 0;
}

static int
set_no_ll(void *object, uint32_t v, const char **why)
{
	(void)why;
	set_flag(&((struct net_bridge *)object)->flags, BR_NO_LINKLOCAL_LEARN, v != 0);
	return 0;
}

static uint32_t
get_max(const void *object)
{
	return br_ctl(object)->fdb_max_learned;
}

static int
set_max(void *object, uint32_t v, const char **why)
{
	(void)why;
	br_ctl(object)->fdb_max_learned = v;
	return 0;
}

/* --- a port's --- */

static uint32_t
get_port_mask(const void *object)
{
	return ((const struct br_port *)object)->group_fwd_mask;
}

static int
set_port_mask(void *object, uint32_t v, const char **why)
{
	*why = "bits 0 to 2, the addresses of STP, PAUSE and LACP, can not be set";
	if (v & GROUP_FWD_NEVER)
		return -EINVAL;
	__atomic_store_n(&((struct br_port *)object)->group_fwd_mask, (uint16_t)v,
			 __ATOMIC_RELAXED);
	return 0;
}

static uint32_t
get_port_max(const void *object)
{
	return ((const struct br_port *)object)->fdb_max_learned;
}

static int
set_port_max(void *object, uint32_t v, const char **why)
{
	(void)why;
	((struct br_port *)object)->fdb_max_learned = v;
	return 0;
}

static int
set_storm(struct br_port *p, enum br_class class, uint32_t pps)
{
	bool any = false;

	p->storm_pps[class] = pps;
	__atomic_store_n(&p->storm[class].cost, pps != 0 ? rte_get_tsc_hz() / pps : 0,
			 __ATOMIC_RELAXED);
	for (unsigned int c = 0; c < BR_CLASS_MAX; c++)
		any = any || p->storm_pps[c] != 0;
	set_flag(&p->flags, BR_PORT_STORM, any);
	return 0;
}

#define STORM(fn, class)                                                                           \
	static uint32_t get_storm_##fn(const void *object)                                         \
	{                                                                                          \
		return ((const struct br_port *)object)->storm_pps[class];                         \
	}                                                                                          \
	static int set_storm_##fn(void *object, uint32_t v, const char **why)                      \
	{                                                                                          \
		(void)why;                                                                         \
		return set_storm(object, class, v);                                                \
	}

STORM(broadcast, BR_CLASS_BROADCAST)
STORM(multicast, BR_CLASS_MULTICAST)
STORM(unicast, BR_CLASS_UNICAST)

/* --- the spanning tree's; the engine says what goes together --- */

static struct stp_bridge_conf
stp_conf(const void *object)
{
	struct stp_bridge_conf conf;

	stp_bridge_get(br_stp(object), &conf);
	return conf;
}

#define SECONDS(fn)                                                                                \
	static uint32_t get_##fn(const void *object)                                               \
	{                                                                                          \
		return stp_conf(object).fn * 100u;                                                 \
	}                                                                                          \
	static int set_##fn(void *object, uint32_t v, const char **why)                            \
	{                                                                                          \
		struct stp_bridge_conf conf = stp_conf(object);                                    \
                                                                                                   \
		*why = "the standards' timers count whole seconds: a multiple of 100";             \
		if (v % 100 != 0)                                                                  \
			return -EINVAL;                                                            \
		conf.fn = (uint8_t)(v / 100);                                                      \
		return stp_bridge_set(br_stp(object), &conf, why);                                 \
	}

SECONDS(hello_time)
SECONDS(max_age)
SECONDS(forward_delay)

static uint32_t
get_priority(const void *object)
{
	struct stp_tree_info info;

	return stp_tree_show(br_stp(object), 0, &info) == 0 ? (uint32_t)(info.bridge_id >> 48) : 0;
}

static int
set_priority(void *object, uint32_t v, const char **why)
{
	return stp_tree_set_priority(br_stp(object), STP_CIST, v, why);
}

static uint32_t
get_stp_state(const void *object)
{
	return br_stp_state(object);
}

static int
set_stp_state(void *object, uint32_t v, const char **why)
{
	role_enter_ctl();
	return br_stp_set_state(object, v, why);
}

static uint32_t
get_recovery(const void *object)
{
	return br_ctl(object)->recovery_s;
}

static int
set_recovery(void *object, uint32_t v, const char **why)
{
	(void)why;
	br_ctl(object)->recovery_s = v;
	return 0;
}

static struct stp_port_tree_info
port_tree(const void *object)
{
	struct stp_port_tree_info info = { 0 };

	stp_port_tree_show(((const struct br_port *)object)->stp, STP_CIST, &info);
	return info;
}

/* Linux's six bits of priority; the standard has four of them (802.1D-2004 9.2.7). */
static uint32_t
get_port_priority(const void *object)
{
	return port_tree(object).port_id >> 12 << 2;
}

static int
set_port_priority(void *object, uint32_t v, const char **why)
{
	struct stp_port *p = ((struct br_port *)object)->stp;
	struct stp_port_conf conf;

	*why = "a port priority is 0 to 60 in steps of 4";
	stp_port_get(p, &conf);
	return v % 4 != 0 ? -EINVAL : stp_port_tree_set(p, STP_CIST, conf.path_cost, v << 2, why);
}

static uint32_t
get_cost(const void *object)
{
	struct stp_port_info info;

	stp_port_show(((const struct br_port *)object)->stp, &info);
	return info.path_cost;
}

static int
set_cost(void *object, uint32_t v, const char **why)
{
	struct stp_port *p = ((struct br_port *)object)->stp;
	struct stp_port_conf conf;

	stp_port_get(p, &conf);
	conf.path_cost = v;
	return stp_port_set(p, &conf, why);
}

static uint32_t
get_guard(const void *object)
{
	return (((const struct br_port *)object)->flags & BR_PORT_BPDU_GUARD) != 0;
}

static int
set_guard(void *object, uint32_t v, const char **why)
{
	struct br_port *p = object;
	struct stp_port_conf conf;
	int rc;

	role_enter_ctl();
	stp_port_get(p->stp, &conf);
	conf.bpdu_guard = v != 0;
	rc = stp_port_set(p->stp, &conf, why);
	if (rc == 0)
		set_flag(&p->flags, BR_PORT_BPDU_GUARD, v != 0);
	if (rc == 0 && v == 0)
		br_stp_recover(p);
	return rc;
}

#define STP_SWITCH(fn, field)                                                                      \
	static uint32_t get_##fn(const void *object)                                               \
	{                                                                                          \
		struct stp_port_conf conf;                                                         \
                                                                                                   \
		stp_port_get(((const struct br_port *)object)->stp, &conf);                        \
		return conf.field;                                                                 \
	}                                                                                          \
	static int set_##fn(void *object, uint32_t v, const char **why)                            \
	{                                                                                          \
		struct stp_port *p = ((struct br_port *)object)->stp;                              \
		struct stp_port_conf conf;                                                         \
                                                                                                   \
		stp_port_get(p, &conf);                                                            \
		conf.field = v != 0;                                                               \
		return stp_port_set(p, &conf, why);                                                \
	}

STP_SWITCH(root_block, restricted_role)
STP_SWITCH(restricted_tcn, restricted_tcn)
STP_SWITCH(bpdu_filter, bpdu_filter)
STP_SWITCH(loop_guard, loop_guard)

static uint32_t
get_edge(const void *object)
{
	struct stp_port_conf conf;

	stp_port_get(((const struct br_port *)object)->stp, &conf);
	return conf.edge;
}

static int
set_edge(void *object, uint32_t v, const char **why)
{
	struct stp_port *p = ((struct br_port *)object)->stp;
	struct stp_port_conf conf;

	stp_port_get(p, &conf);
	conf.edge = (uint8_t)v;
	return stp_port_set(p, &conf, why);
}

static uint32_t
get_p2p(const void *object)
{
	struct stp_port_conf conf;

	stp_port_get(((const struct br_port *)object)->stp, &conf);
	return conf.point_to_point;
}

static int
set_p2p(void *object, uint32_t v, const char **why)
{
	struct stp_port *p = ((struct br_port *)object)->stp;
	struct stp_port_conf conf;

	stp_port_get(p, &conf);
	conf.point_to_point = (uint8_t)v;
	return stp_port_set(p, &conf, why);
}

#define BRIDGE(nm, lo, hi, fn, text)                                                               \
	{                                                                                          \
		.name = nm, .min = lo, .max = hi, .help = text, .get = get_##fn, .set = set_##fn   \
	}
#define PORT(nm, lo, hi, fn, text)                                                                 \
	{                                                                                          \
		.name = nm, .min = lo, .max = hi, .port = true, .help = text, .get = get_##fn,     \
		.set = set_##fn                                                                    \
	}
#define SWITCH(nm, fn, text)                                                                       \
	{                                                                                          \
		.name = nm, .max = 1, .port = true, .on_off = true, .help = text, .get = get_##fn, \
		.set = set_##fn                                                                    \
	}

#define TRI(nm, fn, text)                                                                          \
	{                                                                                          \
		.name = nm, .max = STP_AUTO, .port = true, .tri = true, .help = text,              \
		.get = get_##fn, .set = set_##fn                                                   \
	}

/* The multicast parameters stand in br_mcast_opt.c. */
#define MCAST(nm, js, lo, hi, fn, text)                                                            \
	{                                                                                          \
		.name = nm, .json = js, .min = lo, .max = hi, .help = text, .get = br_get_mc_##fn, \
		.set = br_set_mc_##fn                                                              \
	}
#define CS_MAX 100000000 /* centiseconds */

const struct br_opt br_opts[] = {
	BRIDGE("forward_delay", 400, 3000, forward_delay, "centiseconds, 802.1D-2004 17.14"),
	BRIDGE("hello_time", 100, 1000, hello_time, "centiseconds, 802.1D-2004 17.14"),
	BRIDGE("max_age", 600, 4000, max_age, "centiseconds, 802.1D-2004 17.14"),
	BRIDGE("ageing_time", 0, 100000000, ageing, "centiseconds that an entry lives unused"),
	BRIDGE("stp_state", 0, 3, stp_state, "0: off; 1: STP, 2: RSTP, 3: MSTP"),
	BRIDGE("priority", 0, 61440, priority, "of the bridge identifier, in steps of 4096"),
	BRIDGE("errdisable_recovery", 0, 86400, recovery,
	       "seconds after which a port that guard closed is opened; 0: never"),
	BRIDGE("vlan_filtering", 0, 1, filtering, "frames belong to VLANs"),
	BRIDGE("vlan_protocol", 0, UINT16_MAX, proto, "the tag: 802.1Q or 802.1ad"),
	BRIDGE("group_fwd_mask", 0, UINT16_MAX, mask,
	       "reserved groups that are relayed all the same"),
	BRIDGE("no_linklocal_learn", 0, 1, no_ll, "do not learn from frames to reserved groups"),
	BRIDGE("vlan_default_pvid", 0, 4094, pvid, "the VLAN of new ports"),
	BRIDGE("vlan_stats_enabled", 0, 1, stats, "count the frames of each VLAN"),
	BRIDGE("fdb_max_learned", 0, UINT32_MAX, max, "limit of learned entries; 0: none"),
	MCAST("mcast_snooping", NULL, 0, 1, snooping, "groups go where they are wanted"),
	MCAST("mcast_vlan_snooping", NULL, 0, 1, vlan_snooping,
	      "queriers and routers of each VLAN by itself"),
	MCAST("mcast_router", NULL, 0, 2, router, "the bridge is a router: 0 no, 1 learn, 2 yes"),
	MCAST("mcast_query_use_ifaddr", NULL, 0, 1, use_ifaddr, "queries have its own address"),
	MCAST("mcast_querier", NULL, 0, 1, querier, "ask hosts for groups"),
	MCAST("mcast_hash_max", NULL, 1, 65536, hash_max, "limit of groups"),
	MCAST("mcast_last_member_count", "mcast_last_member_cnt", 1, 255, last_count,
	      "queries before a group is given up"),
	MCAST("mcast_startup_query_count", "mcast_startup_query_cnt", 0, 255, startup_count,
	      "queries in quick succession at first"),
	MCAST("mcast_last_member_interval", "mcast_last_member_intvl", 1, CS_MAX, last_cs,
	      "centiseconds between queries for a group that was left"),
	MCAST("mcast_membership_interval", "mcast_membership_intvl", 1, CS_MAX, membership_cs,
	      "centiseconds that a report counts"),
	MCAST("mcast_querier_interval", "mcast_querier_intvl", 1, CS_MAX, querier_cs,
	      "centiseconds that another querier, or a router, counts"),
	MCAST("mcast_query_interval", "mcast_query_intvl", 100, CS_MAX, query_cs,
	      "centiseconds between queries"),
	MCAST("mcast_query_response_interval", "mcast_query_response_intvl", 1, CS_MAX, response_cs,
	      "centiseconds that hosts may take to answer"),
	MCAST("mcast_startup_query_interval", "mcast_startup_query_intvl", 100, CS_MAX, startup_cs,
	      "centiseconds between the first queries"),
	MCAST("mcast_stats_enabled", NULL, 0, 1, stats, "show what was counted of IGMP"),
	MCAST("mcast_igmp_version", NULL, 2, 3, igmp_version, "of queries; 3: sources count"),
	PORT("priority", 0, 60, port_priority, "of the port identifier, in steps of 4"),
	PORT("cost", 0, STP_COST_MAX, cost, "path cost; 0: by the link's speed"),
	SWITCH("guard", guard, "a BPDU closes the port"),
	SWITCH("root_block", root_block, "never the root port (restricted role)"),
	SWITCH("restricted_tcn", restricted_tcn, "topology changes are not passed on"),
	SWITCH("bpdu_filter", bpdu_filter, "no BPDU is sent or taken"),
	SWITCH("loop_guard", loop_guard, "does not become designated because BPDUs ceased"),
	TRI("edge", edge, "no bridge is there"),
	TRI("point_to_point", p2p, "one bridge at most is there"),
	SWITCH("hairpin", hairpin, "a frame may leave where it came"),
	SWITCH("learning", learning, "sources are learned"),
	SWITCH("flood", flood, "unknown unicasts leave here"),
	SWITCH("mcast_flood", mcast_flood, "multicasts leave here"),
	SWITCH("bcast_flood", bcast_flood, "broadcasts leave here"),
	SWITCH("isolated", isolated, "nothing passes between two such ports"),
	SWITCH("neigh_suppress", neigh_suppress, "hosts are spared ARP that we can answer"),
	SWITCH("locked", locked, "only sources that the table has here"),
	PORT("group_fwd_mask", 0, UINT16_MAX, port_mask,
	     "reserved groups that are relayed from here"),
	{ .name = "fastleave",
	  .max = 1,
	  .port = true,
	  .on_off = true,
	  .help = "one host is there: a leave ends its group at once",
	  .get = br_get_mc_fast_leave,
	  .set = br_set_mc_fast_leave },
	{ .name = "mcast_router",
	  .max = 3,
	  .port = true,
	  .help = "a multicast router is there: 0 never, 1 learn, 2 always, 3 now",
	  .get = br_get_mc_port_router,
	  .set = br_set_mc_port_router },
	{ .name = "mcast_max_groups",
	  .max = UINT32_MAX,
	  .port = true,
	  .help = "limit of groups joined here; 0: none",
	  .get = br_get_mc_max_groups,
	  .set = br_set_mc_max_groups },
	PORT("fdb_max_learned", 0, UINT32_MAX, port_max, "limit of entries learned here; 0: none"),
	PORT("storm_broadcast", 0, UINT32_MAX, storm_broadcast, "broadcasts a second; 0: no limit"),
	PORT("storm_multicast", 0, UINT32_MAX, storm_multicast, "multicasts a second; 0: no limit"),
	PORT("storm_unknown_unicast", 0, UINT32_MAX, storm_unicast,
	     "unknown unicasts a second; 0: no limit"),
	{ 0 },
};
_Static_assert(RTE_DIM(br_opts) <= 64, "br_cli_set() has a bit for each");

const struct br_opt *
br_opt_find(const char *name, bool port)
{
	for (const struct br_opt *o = br_opts; o->name != NULL; o++)
		if (o->port == port && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

int
br_opt_set(const struct br_opt *o, void *object, uint32_t v, const char **why)
{
	if (v < o->min || v > o->max)
		return -ERANGE;
	return o->set(object, v, why);
}
