/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast parameters of bridges and ports. */
#include <errno.h>
#include "bridge/br_mcast_opt.h"
#include "bridge/br_priv.h"

/* --- of a context --- */

static void
new_snooping(struct br_mc_ctx *ctx) CTL_ONLY
{
	if (!ctx->conf.snooping) {
		br_mcast_flush(ctx->br, &(struct br_mcast_filter){ .any_port = true,
								   .vid = ctx->vid,
								   .tree = -1,
								   .keep_permanent = true });
		br_mc_ctx_stop(ctx);
	}
	br_mc_open(ctx);
}

void
br_mc_conf_set(struct br_mc_ctx *ctx, size_t field, uint32_t v)
{
	uint32_t *at = (uint32_t *)((uint8_t *)&ctx->conf + field);

	if (*at == v)
		return;
	*at = v;
	switch (field) {
	case offsetof(struct br_mc_conf, snooping):
		new_snooping(ctx);
		break;
	case offsetof(struct br_mc_conf, querier):
		br_mc_new_querier(ctx);
		break;
	case offsetof(struct br_mc_conf, igmp_version):
		br_mcast_new_version(ctx);
		break;
	case offsetof(struct br_mc_conf, router):
		br_mc_forget_router(ctx, NULL);
		break;
	}
}

/* --- of VLANs --- */

#define AT(field) offsetof(struct br_mc_conf, field)

/* In the order in which iproute2 shows them. */
const struct br_mc_opt br_mc_opts[] = {
	{ "mcast_snooping", AT(snooping) },
	{ "mcast_querier", AT(querier) },
	{ "mcast_igmp_version", AT(igmp_version) },
	{ "mcast_last_member_count", AT(last_count) },
	{ "mcast_last_member_interval", AT(last_cs) },
	{ "mcast_startup_query_count", AT(startup_count) },
	{ "mcast_startup_query_interval", AT(startup_cs) },
	{ "mcast_membership_interval", AT(membership_cs) },
	{ "mcast_querier_interval", AT(querier_cs) },
	{ "mcast_query_interval", AT(query_cs) },
	{ "mcast_query_response_interval", AT(response_cs) },
	{ 0 },
};

uint32_t
br_mc_vlan_get(const struct net_bridge *br, uint16_t vid, const struct br_mc_opt *o)
{
	const struct br_mcast *mc = &br_ctl(br)->mc;
	const struct br_mc_conf *conf =
		mc->vlan != NULL && mc->vlan[vid] != NULL ? &mc->vlan[vid]->conf : &br_mc_defaults;

	return *(const uint32_t *)((const uint8_t *)conf + o->field);
}

int
br_mc_vlan_set(struct net_bridge *br, uint16_t vid, const struct br_mc_opt *o, uint32_t v,
	       const char **why)
{
	struct br_mc_ctx *ctx;

	if (br_mc_vlan_get(br, vid, o) == v)
		return 0;
	*why = "nobody is a member of that VLAN";
	if (!br_vlan_used(br, vid))
		return -ENOENT;
	*why = "out of memory";
	ctx = br_mc_vlan(br, vid, true);
	if (ctx == NULL)
		return -ENOMEM;
	br_mc_conf_set(ctx, o->field, v);
	return 0;
}

void
br_mc_vlan_port_get(const struct net_bridge *br, struct br_port *p, uint16_t vid,
		    struct br_mc_vlan_port *info)
{
	const struct br_mcast *mc = &br_ctl(br)->mc;
	struct br_mc_ctx *ctx = mc->vlan != NULL ? mc->vlan[vid] : NULL;
	const struct br_mc_port *r = ctx != NULL ? br_mc_port(ctx, p, false) : NULL;

	*info = (struct br_mc_vlan_port){ .router = BR_ROUTER_LEARN };
	if (ctx != NULL)
		info->router = br_mc_router_mode(ctx, r, p);
	if (r != NULL) {
		info->max_groups = r->max_groups;
		info->n_groups = r->n_groups;
	}
}

/* The record of a member. */
static int
member_of(struct net_bridge *br, struct br_port *p, uint16_t vid, struct br_mc_port **r,
	  const char **why) CTL_ONLY
{
	const struct br_vlans *set = p != NULL ? p->vlans : br->vlans;
	struct br_mc_ctx *ctx;

	*why = "it is no member of that VLAN";
	if (!br_vlan_has(set->member, vid))
		return -ENOENT;
	*why = "out of memory";
	ctx = br_mc_vlan(br, vid, true);
	*r = ctx != NULL ? br_mc_port(ctx, p, true) : NULL;
	return *r != NULL ? 0 : -ENOMEM;
}

int
br_mc_vlan_set_router(struct net_bridge *br, struct br_port *p, uint16_t vid, uint8_t mode,
		      const char **why)
{
	struct br_mc_port *r;
	struct br_mc_ctx *ctx;
	int rc = member_of(br, p, vid, &r, why);

	if (rc != 0)
		return rc;
	ctx = r->ctx;
	if (p == NULL) {
		br_mc_port_put(r);
		br_mc_conf_set(ctx, AT(router), mode);
		return 0;
	}
	r->router = mode;
	br_mc_forget_router(ctx, p);
	if (mode == BR_ROUTER_NOW && br_mc_is_on(ctx))
		br_mc_mark_router(ctx, p);
	return 0;
}

int
br_mc_vlan_set_max_groups(struct br_port *p, uint16_t vid, uint32_t max, const char **why)
{
	struct br_mc_port *r;
	int rc = member_of(p->br, p, vid, &r, why);

	if (rc != 0)
		return rc;
	r->max_groups = max;
	br_mc_port_put(r);
	return 0;
}

/* --- a bridge's --- */

#define PLAIN(fn, field)                                                                           \
	uint32_t br_get_mc_##fn(const void *object)                                                \
	{                                                                                          \
		return br_ctl(object)->mc.field;                                                   \
	}                                                                                          \
	int br_set_mc_##fn(void *object, uint32_t v, const char **why)                             \
	{                                                                                          \
		(void)why;                                                                         \
		br_ctl(object)->mc.field = v != 0;                                                 \
		return 0;                                                                          \
	}

/* Those of the bridge's own context. */
#define OWN(fn, field)                                                                             \
	uint32_t br_get_mc_##fn(const void *object)                                                \
	{                                                                                          \
		return br_ctl(object)->mc.ctx.conf.field;                                          \
	}                                                                                          \
	int br_set_mc_##fn(void *object, uint32_t v, const char **why)                             \
	{                                                                                          \
		(void)why;                                                                         \
		role_enter_ctl();                                                                  \
		br_mc_conf_set(&br_ctl(object)->mc.ctx, AT(field), v);                             \
		return 0;                                                                          \
	}

PLAIN(use_ifaddr, use_ifaddr)
PLAIN(stats, stats)
OWN(router, router)
OWN(querier, querier)
OWN(igmp_version, igmp_version)
OWN(last_count, last_count)
OWN(startup_count, startup_count)
OWN(last_cs, last_cs)
OWN(membership_cs, membership_cs)
OWN(querier_cs, querier_cs)
OWN(query_cs, query_cs)
OWN(response_cs, response_cs)
OWN(startup_cs, startup_cs)

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
	br_mc_forget_router(&br_ctl(p->br)->mc.ctx, p);
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
