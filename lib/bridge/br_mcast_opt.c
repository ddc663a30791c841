/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast parameters of bridges and ports. */
#include <errno.h>
#include "bridge/br_mcast_opt.h"
#include "bridge/br_priv.h"

/* Those that are read when they are needed. */
#define PLAIN(fn, field, type)                                                                     \
	uint32_t br_get_mc_##fn(const void *object)                                                \
	{                                                                                          \
		return br_ctl(object)->mc.field;                                                   \
	}                                                                                          \
	int br_set_mc_##fn(void *object, uint32_t v, const char **why)                             \
	{                                                                                          \
		(void)why;                                                                         \
		br_ctl(object)->mc.field = (type)v;                                                \
		return 0;                                                                          \
	}

PLAIN(use_ifaddr, use_ifaddr, bool)
PLAIN(last_count, last_count, uint32_t)
PLAIN(startup_count, startup_count, uint32_t)
PLAIN(last_cs, last_cs, uint32_t)
PLAIN(membership_cs, membership_cs, uint32_t)
PLAIN(querier_cs, querier_cs, uint32_t)
PLAIN(query_cs, query_cs, uint32_t)
PLAIN(response_cs, response_cs, uint32_t)
PLAIN(startup_cs, startup_cs, uint32_t)
PLAIN(stats, stats, bool)

uint32_t
br_get_mc_snooping(const void *object)
{
	return (((const struct net_bridge *)object)->flags & BR_MCAST) != 0;
}

int
br_set_mc_snooping(void *object, uint32_t v, const char **why)
{
	(void)why;
	role_enter_ctl();
	br_mcast_set_snooping(object, v != 0);
	return 0;
}

uint32_t
br_get_mc_vlan_snooping(const void *object)
{
	return (((const struct net_bridge *)object)->flags & BR_MCAST_VLAN) != 0;
}

int
br_set_mc_vlan_snooping(void *object, uint32_t v, const char **why)
{
	const struct net_bridge *br = object;

	role_enter_ctl();
	*why = "vlan_filtering is off";
	if (v != 0 && !(br->flags & BR_VLAN_FILTERING))
		return -EINVAL;
	*why = "out of memory";
	return br_mcast_set_vlan_snooping(object, v != 0);
}

uint32_t
br_get_mc_router(const void *object)
{
	return br_ctl(object)->mc.router;
}

int
br_set_mc_router(void *object, uint32_t v, const char **why)
{
	(void)why;
	role_enter_ctl();
	br_ctl(object)->mc.router = (uint8_t)v;
	br_mcast_forget_routers(object, NULL);
	return 0;
}

uint32_t
br_get_mc_querier(const void *object)
{
	return br_ctl(object)->mc.querier;
}

int
br_set_mc_querier(void *object, uint32_t v, const char **why)
{
	(void)why;
	role_enter_ctl();
	br_mcast_set_querier(object, v != 0);
	return 0;
}

uint32_t
br_get_mc_hash_max(const void *object)
{
	return br_ctl(object)->mc.hash_max;
}

int
br_set_mc_hash_max(void *object, uint32_t v, const char **why)
{
	*why = "there are more groups already";
	if (v < br_ctl(object)->mc.n_nodes)
		return -EINVAL;
	br_ctl(object)->mc.hash_max = v;
	return 0;
}

uint32_t
br_get_mc_igmp_version(const void *object)
{
	return br_ctl(object)->mc.igmp_version;
}

/* What hosts have said in the other version is asked for again. */
int
br_set_mc_igmp_version(void *object, uint32_t v, const char **why)
{
	struct net_bridge *br = object;

	(void)why;
	role_enter_ctl();
	if (v == br_ctl(br)->mc.igmp_version)
		return 0;
	br_mcast_set_version(br, (uint8_t)v);
	return 0;
}

/* --- a port's --- */

uint32_t
br_get_mc_fast_leave(const void *object)
{
	return (((const struct br_port *)object)->flags & BR_PORT_FAST_LEAVE) != 0;
}

int
br_set_mc_fast_leave(void *object, uint32_t v, const char **why)
{
	struct br_port *p = object;

	(void)why;
	p->flags = v != 0 ? p->flags | BR_PORT_FAST_LEAVE : p->flags & ~BR_PORT_FAST_LEAVE;
	return 0;
}

uint32_t
br_get_mc_port_router(const void *object)
{
	return ((const struct br_port *)object)->mcast_router;
}

int
br_set_mc_port_router(void *object, uint32_t v, const char **why)
{
	struct br_port *p = object;

	(void)why;
	role_enter_ctl();
	p->mcast_router = (uint8_t)v;
	br_mcast_forget_routers(p->br, p);
	if (v == BR_ROUTER_NOW)
		br_mc_mark_router(&br_ctl(p->br)->mc.ctx, p);
	return 0;
}

uint32_t
br_get_mc_max_groups(const void *object)
{
	return ((const struct br_port *)object)->mc_max_groups;
}

int
br_set_mc_max_groups(void *object, uint32_t v, const char **why)
{
	(void)why;
	((struct br_port *)object)->mc_max_groups = v;
	return 0;
}
