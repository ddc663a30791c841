/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contexts of multicast snooping: the bridge, or, with mcast_vlan_snooping, each VLAN by itself.
 * What is set of them and of ports in them, where routers are (RFC 4541 2.1.1), and what workers
 * read of that.
 */
#include <errno.h>
#include <stdlib.h>
#include "bridge/br_priv.h"

/* Linux's values; RFC 2236 8, RFC 3376 8. */
const struct br_mc_conf br_mc_defaults = { .snooping = 1,
					   .igmp_version = 2,
					   .router = BR_ROUTER_LEARN,
					   .last_count = 2,
					   .startup_count = 2,
					   .last_cs = 100,
					   .membership_cs = 26000,
					   .querier_cs = 25500,
					   .query_cs = 12500,
					   .response_cs = 1000,
					   .startup_cs = 3125 };

/* --- which there are --- */

void
br_mc_ctx_init(struct br_mc_ctx *ctx, struct net_bridge *br, uint16_t vid)
{
	*ctx = (struct br_mc_ctx){ .br = br, .vid = vid, .conf = br_mc_defaults };
	br_mc_timers_init(ctx);
}

bool
br_mc_is_on(const struct br_mc_ctx *ctx)
{
	uint32_t flags = ctx->br->flags;

	return flags & BR_MCAST && ctx->conf.snooping &&
	       (ctx->vid != 0) == ((flags & BR_MCAST_VLAN) != 0);
}

struct br_mc_ctx *
br_mc_vlan(struct net_bridge *br, uint16_t vid, bool make)
{
	struct br_mcast *mc = &br_ctl(br)->mc;
	struct br_mc_ctx *ctx;

	if (mc->vlan == NULL && make)
		mc->vlan = calloc(BR_VLAN_N, sizeof(mc->vlan[0]));
	if (mc->vlan == NULL || mc->vlan[vid] != NULL || !make)
		return mc->vlan != NULL ? mc->vlan[vid] : NULL;
	ctx = malloc(sizeof(*ctx));
	if (ctx == NULL)
		return NULL;
	br_mc_ctx_init(ctx, br, vid);
	mc->vlan[vid] = ctx;
	br_mc_open(ctx);
	return ctx;
}

struct br_mc_ctx *
br_mc_ctx_of(struct net_bridge *br, uint16_t vid)
{
	if (vid == 0 || !(br->flags & BR_MCAST_VLAN))
		return &br_ctl(br)->mc.ctx;
	return br_mc_vlan(br, vid, true);
}

const struct br_mc_conf *
br_mc_conf_of(const struct net_bridge *br, uint16_t vid)
{
	const struct br_mcast *mc = &br_ctl(br)->mc;

	if (vid == 0 || !(br->flags & BR_MCAST_VLAN))
		return &mc->ctx.conf;
	return mc->vlan != NULL && mc->vlan[vid] != NULL ? &mc->vlan[vid]->conf : &br_mc_defaults;
}

void
br_mc_each_ctx(struct net_bridge *br, void (*fn)(struct br_mc_ctx *))
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	fn(&mc->ctx);
	for (uint16_t v = 1; mc->vlan != NULL && v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL)
			fn(mc->vlan[v]);
}

/* --- what workers read --- */

void
br_mc_publish(struct br_mc_ctx *ctx)
{
	const struct net_bridge *br = ctx->br;
	struct br_mdb_node n = { .key = { .kind = BR_MDB_ROUTERS, .vid = ctx->vid } };

	n.off = !ctx->conf.snooping;
	n.querier = clock_ms() >= ctx->usable_at &&
		    (ctx->conf.querier || br_mc_other_querier(ctx)) &&
		    !timer_pending(&br_ctl(br)->mc.full);
	n.host = ctx->conf.router == BR_ROUTER_ALWAYS;
	for (const struct br_mc_port *r = ctx->ports; r != NULL; r = r->next)
		if (r->port == NULL)
			n.host = n.host || r->expires != 0;
		else if (r->expires != 0 || r->router == BR_ROUTER_ALWAYS)
			n.port[r->port->idx / 64] |= UINT64_C(1) << r->port->idx % 64;
	for (unsigned int i = 0; ctx->vid == 0 && i < br->ports->n; i++) {
		const struct br_port *p = br->ports->p[i];

		if (p->mcast_router == BR_ROUTER_ALWAYS)
			n.port[p->idx / 64] |= UINT64_C(1) << p->idx % 64;
	}
	br_mdb_put(ctx->br, &n);
}

/* --- ports in a context --- */

static void
on_router(struct ctl_timer *t)
{
	struct br_mc_port *r = container_of(t, struct br_mc_port, timer);
	struct br_mc_ctx *ctx = r->ctx;

	role_enter_ctl();
	r->expires = 0;
	br_mc_port_put(r);
	br_mc_publish(ctx);
}

struct br_mc_port *
br_mc_port(struct br_mc_ctx *ctx, struct br_port *p, bool make)
{
	struct br_mc_port *r = ctx->ports;

	while (r != NULL && r->port != p)
		r = r->next;
	if (r != NULL || !make)
		return r;
	r = malloc(sizeof(*r));
	if (r == NULL)
		return NULL;
	*r = (struct br_mc_port){
		.next = ctx->ports, .ctx = ctx, .port = p, .router = BR_ROUTER_LEARN
	};
	timer_setup(&r->timer, on_router);
	ctx->ports = r;
	return r;
}

static void
port_free(struct br_mc_port *r) CTL_ONLY
{
	struct br_mc_port **at = &r->ctx->ports;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	timer_del(&r->timer);
	free(r);
}

void
br_mc_port_put(struct br_mc_port *r)
{
	if (r->expires == 0 && r->n_groups == 0 && r->max_groups == 0 &&
	    r->router == BR_ROUTER_LEARN)
		port_free(r);
}

/* --- routers --- */

uint8_t
br_mc_router_mode(const struct br_mc_ctx *ctx, const struct br_mc_port *r, const struct br_port *p)
{
	if (p == NULL)
		return (uint8_t)ctx->conf.router;
	if (ctx->vid == 0)
		return p->mcast_router;
	return r != NULL ? r->router : BR_ROUTER_LEARN;
}

void
br_mc_mark_router(struct br_mc_ctx *ctx, struct br_port *p)
{
	struct br_mc_port *r = br_mc_port(ctx, p, false);
	uint8_t mode = br_mc_router_mode(ctx, r, p);
	bool fresh = r == NULL || r->expires == 0;

	if (mode == BR_ROUTER_NEVER || mode == BR_ROUTER_ALWAYS)
		return;
	r = br_mc_port(ctx, p, true);
	if (r == NULL)
		return; /* it will speak again */
	r->expires = clock_ms() + ctx->conf.querier_cs * 10ull;
	timer_mod(&r->timer, ctx->conf.querier_cs * 10ull);
	if (fresh)
		br_mc_publish(ctx);
}

static void
forget_router(struct br_mc_port *r) CTL_ONLY
{
	timer_del(&r->timer);
	r->expires = 0;
	br_mc_port_put(r);
}

void
br_mc_forget_router(struct br_mc_ctx *ctx, const struct br_port *p)
{
	for (struct br_mc_port *r = ctx->ports, *next; r != NULL; r = next) {
		next = r->next;
		if (r->port == p)
			forget_router(r);
	}
	if (ctx->querier_port == p)
		ctx->querier_port = NULL;
	if (br_mc_is_on(ctx))
		br_mc_publish(ctx);
}

void
br_mcast_forget_routers(struct net_bridge *br, const struct br_port *p, unsigned int tree)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	if (tree == 0)
		br_mc_forget_router(&mc->ctx, p);
	for (uint16_t v = 1; mc->vlan != NULL && v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL && br->vlan_tree[v] == tree)
			br_mc_forget_router(mc->vlan[v], p);
}

/* --- life --- */

void
br_mc_ctx_stop(struct br_mc_ctx *ctx)
{
	struct br_mdb_key key = { .kind = BR_MDB_ROUTERS, .vid = ctx->vid };

	timer_del(&ctx->own);
	timer_del(&ctx->other);
	timer_del(&ctx->usable);
	for (struct br_mc_port *r = ctx->ports, *next; r != NULL; r = next) {
		next = r->next;
		forget_router(r);
	}
	ctx->other_until = 0;
	ctx->querier = 0;
	ctx->querier_port = NULL;
	ctx->usable_at = 0;
	br_mdb_remove(ctx->br, &key);
}

static void
vlan_free(struct br_mc_ctx *ctx) CTL_ONLY
{
	br_mc_ctx_stop(ctx);
	while (ctx->ports != NULL)
		port_free(ctx->ports);
	br_ctl(ctx->br)->mc.vlan[ctx->vid] = NULL;
	free(ctx);
}

void
br_mc_vlans_free(struct net_bridge *br)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	for (uint16_t v = 1; mc->vlan != NULL && v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL)
			vlan_free(mc->vlan[v]);
	free(mc->vlan);
	mc->vlan = NULL;
}

/* Nobody is in that VLAN any more: as in Linux, what was set of it goes with it. */
static void
vlan_ends(struct net_bridge *br, struct br_mc_ctx *ctx) CTL_ONLY
{
	br_mcast_flush(br,
		       &(struct br_mcast_filter){ .any_port = true, .vid = ctx->vid, .tree = -1 });
	vlan_free(ctx);
}

/* The port, or the bridge itself (NULL), is no longer there: nor is what was set of it. */
static void
port_leaves(struct br_mc_ctx *ctx, struct br_port *p) CTL_ONLY
{
	struct br_mc_port *r = br_mc_port(ctx, p, false);

	if (p == NULL)
		ctx->conf.router = BR_ROUTER_LEARN;
	if (r != NULL)
		port_free(r);
	br_mc_forget_router(ctx, p);
}

void
br_mcast_vlan(struct net_bridge *br, struct br_port *p, uint16_t vid, bool in)
{
	struct br_mc_ctx *ctx = br_mc_vlan(br, vid, false);

	if (ctx == NULL)
		return;
	if (in) {
		br_mc_start(ctx);
		return;
	}
	port_leaves(ctx, p);
	if (!br_vlan_used(br, vid))
		vlan_ends(br, ctx);
}

void
br_mcast_port_gone(struct br_port *p)
{
	struct net_bridge *br = p->br;
	struct br_mcast *mc = &br_ctl(br)->mc;

	br_mcast_flush(br, &(struct br_mcast_filter){ .port = p, .vid = -1, .tree = -1 });
	port_leaves(&mc->ctx, p);
	for (uint16_t v = 1; mc->vlan != NULL && v < BR_VLAN_N; v++) {
		if (mc->vlan[v] == NULL)
			continue;
		if (br_vlan_has(p->vlans->member, v))
			br_mcast_vlan(br, p, v, false);
		else
			port_leaves(mc->vlan[v], p);
	}
}

int
br_mcast_set_vlan_snooping(struct net_bridge *br, bool on)
{
	if (on == ((br->flags & BR_MCAST_VLAN) != 0))
		return 0;
	br_mcast_flush(br,
		       &(struct br_mcast_filter){
			       .any_port = true, .vid = -1, .tree = -1, .keep_permanent = true });
	br_mc_each_ctx(br, br_mc_ctx_stop);
	br_set_flags(br, BR_MCAST_VLAN, on);
	br_mcast_recompile(br);
	br_mc_each_ctx(br, br_mc_open);
	return 0;
}
