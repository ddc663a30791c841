/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to see of multicast snooping. */
#include <string.h>
#include "bridge/br_priv.h"

static uint32_t
left(uint64_t expires)
{
	uint64_t now = clock_ms();

	return expires > now ? (uint32_t)(expires - now) : 0;
}

void
br_mc_entry(const struct br_mc_member *m, struct br_mdb_entry *e)
{
	const struct br_mdb_key *key = &m->group->key;

	*e = (struct br_mdb_entry){ .port = m->port,
				    .vid = key->vid,
				    .mac = key->kind == BR_MDB_MAC,
				    .permanent = m->permanent,
				    .exclude = m->f.exclude,
				    .n_sources = m->f.n };
	if (e->mac)
		memcpy(&e->addr, &key->dst, sizeof(e->addr));
	else
		e->group = (rte_be32_t)key->dst;
	if (m->f.exclude && !m->permanent)
		e->left_ms = left(m->f.expires);
	for (unsigned int i = 0; i < m->f.n; i++) {
		e->sources[i].addr = m->f.src[i].addr;
		e->sources[i].left_ms =
			m->f.src[i].expires != 0 && !m->permanent ? left(m->f.src[i].expires) : 0;
	}
}

void
br_mdb_walk(const struct net_bridge *br, void (*fn)(const struct br_mdb_entry *e, void *arg),
	    void *arg)
{
	uint32_t at = 0;

	for (struct br_mc_group *g = br_mdb_next(br, &at, NULL); g != NULL;
	     g = br_mdb_next(br, &at, g))
		for (const struct br_mc_member *m = g->members; m != NULL; m = m->next) {
			struct br_mdb_entry e;

			br_mc_entry(m, &e);
			fn(&e, arg);
		}
}

/* Where routers have been heard. */
static void
tell_learned(const struct br_mc_ctx *ctx,
	     void (*fn)(const struct br_port *port, uint16_t vid, bool permanent, uint32_t left_ms,
			void *arg),
	     void *arg)
{
	for (const struct br_mc_port *r = ctx->ports; r != NULL; r = r->next)
		if (r->expires != 0)
			fn(r->port, ctx->vid, false, left(r->expires), arg);
}

void
br_mcast_routers(const struct net_bridge *br,
		 void (*fn)(const struct br_port *port, uint16_t vid, bool permanent,
			    uint32_t left_ms, void *arg),
		 void *arg)
{
	const struct br_mcast *mc = &br_ctl(br)->mc;

	if (mc->ctx.conf.router == BR_ROUTER_ALWAYS)
		fn(NULL, 0, true, 0, arg);
	for (unsigned int i = 0; i < br->ports->n; i++)
		if (br->ports->p[i]->mcast_router == BR_ROUTER_ALWAYS)
			fn(br->ports->p[i], 0, true, 0, arg);
	tell_learned(&mc->ctx, fn, arg);
	for (uint16_t v = 1; mc->vlan != NULL && v < BR_VLAN_N; v++) {
		const struct br_mc_ctx *ctx = mc->vlan[v];

		if (ctx == NULL || !br_mc_is_on(ctx))
			continue;
		if (ctx->conf.router == BR_ROUTER_ALWAYS)
			fn(NULL, v, true, 0, arg);
		for (const struct br_mc_port *r = ctx->ports; r != NULL; r = r->next)
			if (r->port != NULL && r->router == BR_ROUTER_ALWAYS)
				fn(r->port, v, true, 0, arg);
		tell_learned(ctx, fn, arg);
	}
}

void
br_mcast_stats(const struct net_bridge *br, struct br_mcast_stats *st)
{
	*st = br_ctl(br)->mc.count;
	for (unsigned int i = 0; i < br->ports->n; i++) {
		struct netdev_stats_sum sum;

		dev_get_stats(br->ports->p[i]->dev, &sum);
		st->bad += sum.drops[DROP_BR_BAD_IGMP];
	}
}
