/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups and who has joined them. What workers read is compiled from the members' filters: a node
 * for each group, with the ports that want any source, and one for each source that some port
 * treats otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_priv.h"
#include "core/log.h"

LOG_MODULE(bridge_mcast);

struct notifier_chain br_mdb_chain = NOTIFIER_CHAIN("br_mdb");

#define GROUP_SRC_MAX	  256 /* sources of a group; with more, all sources go to all members */
#define MEMBERS_PER_GROUP 16  /* on average: a bridge's members are limited */

/* --- what workers read --- */

static void
mark(struct br_mdb_node *n, const struct br_mc_member *m)
{
	if (m->port == NULL)
		n->host = true;
	else
		n->port[m->port->idx / 64] |= UINT64_C(1) << m->port->idx % 64;
}

/* Put the node of source @p src, 0 for all others. @p any: everybody gets everything. */
static int
put(struct br_mc_group *g, rte_be32_t src, bool any) CTL_ONLY
{
	struct br_mdb_node n = { .key = g->key, .group = g };

	n.key.src = src;
	for (const struct br_mc_member *m = g->members; m != NULL; m = m->next)
		if (any || br_igmp3_wants(&m->f, src))
			mark(&n, m);
	return br_mdb_put(g->br, &n);
}

static bool
is_among(const rte_be32_t *list, unsigned int n, rte_be32_t addr)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i] == addr)
			return true;
	return false;
}

/* The sources that some member names. -1: more than we tell apart. */
static int
sources(const struct br_mc_group *g, rte_be32_t *list) CTL_ONLY
{
	const struct br_mcast *mc = &br_ctl(g->br)->mc;
	uint32_t room =
		mc->hash_max > mc->n_nodes - g->n_src ? mc->hash_max - (mc->n_nodes - g->n_src) : 0;
	unsigned int n = 0;

	if (br_mc_conf_of(g->br, g->key.vid)->igmp_version == 2)
		return 0; /* which knows none */
	for (const struct br_mc_member *m = g->members; m != NULL; m = m->next)
		for (unsigned int i = 0; i < m->f.n; i++) {
			if (is_among(list, n, m->f.src[i].addr))
				continue;
			if (n == RTE_MIN((uint32_t)GROUP_SRC_MAX, room))
				return -1;
			list[n++] = m->f.src[i].addr;
		}
	return (int)n;
}

/* Publish what the members of @p g want. Without memory workers go on by what they have. */
static void
compile(struct br_mc_group *g) CTL_ONLY
{
	rte_be32_t list[GROUP_SRC_MAX], *keep = NULL;
	int n = sources(g, list), rc;
	bool any = n < 0;

	n = any ? 0 : n;
	if (n > 0) {
		keep = malloc((size_t)n * sizeof(list[0]));
		if (keep == NULL)
			n = 0, any = true;
	}
	rc = put(g, 0, any);
	for (int i = 0; i < n && rc == 0; i++)
		rc = put(g, list[i], false);
	if (rc != 0)
		log_err("%s: no memory for a multicast group", g->br->dev->name);
	for (unsigned int i = 0; i < g->n_src; i++) {
		struct br_mdb_key key = g->key;

		key.src = g->src[i];
		if (!is_among(list, (unsigned int)n, g->src[i]))
			br_mdb_remove(g->br, &key);
	}
	free(g->src);
	if (keep != NULL)
		memcpy(keep, list, (size_t)n * sizeof(list[0]));
	g->src = keep;
	g->n_src = (unsigned int)n;
}

/* --- groups --- */

struct br_mc_group *
br_mc_group_find(const struct net_bridge *br, const struct br_mdb_key *key)
{
	const struct br_mdb_node *n = br_mdb_find(br->mdb, key);

	return n != NULL ? n->group : NULL;
}

/* Groups of which there is no room to know flood until hosts have reported again. */
static void
no_room(struct net_bridge *br, uint16_t vid) CTL_ONLY
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	mc->count.refused++;
	if (!timer_pending(&mc->full))
		log_warn("%s: no room for more multicast groups (mcast_hash_max %u)", br->dev->name,
			 mc->hash_max);
	timer_mod(&mc->full, br_mc_conf_of(br, vid)->membership_cs * 10ull);
	br_mc_each_ctx(br, br_mc_publish);
}

static void
on_room(struct ctl_timer *t)
{
	struct br_ctl *c = container_of(t, struct br_ctl, mc.full);

	role_enter_ctl();
	br_mc_each_ctx(c->br, br_mc_publish);
}

static struct br_mc_group *
group_add(struct net_bridge *br, const struct br_mdb_key *key) CTL_ONLY
{
	struct br_mcast *mc = &br_ctl(br)->mc;
	struct br_mc_group *g = mc->n_nodes < mc->hash_max ? calloc(1, sizeof(*g)) : NULL;

	if (g == NULL)
		return NULL;
	g->br = br;
	g->key = *key;
	if (put(g, 0, false) != 0) {
		free(g);
		return NULL;
	}
	return g;
}

static void
group_del(struct br_mc_group *g) CTL_ONLY
{
	compile(g); /* no members: no sources */
	br_mdb_remove(g->br, &g->key);
	free(g->src);
	free(g);
}

/* --- members --- */

struct br_mc_member *
br_mc_member_of(const struct br_mc_group *g, const struct br_port *p)
{
	for (struct br_mc_member *m = g->members; m != NULL; m = m->next)
		if (m->port == p)
			return m;
	return NULL;
}

static void
tell(const struct br_mc_member *m, enum br_event event) CTL_ONLY
{
	struct br_mdb_event ev = { .br = m->group->br };
	struct br_mdb_entry e;

	if (br_mdb_chain.head == NULL)
		return;
	br_mc_entry(m, &e);
	ev.e = &e;
	notifier_call(&br_mdb_chain, event, &ev);
}

static void
on_expiry(struct ctl_timer *t)
{
	role_enter_ctl();
	br_mc_changed(container_of(t, struct br_mc_member, expiry));
}

/* RFC 3376 6.6.3: the group, or sources of it, once more, until somebody answers. */
static void
ask_now(struct br_mc_member *m) CTL_ONLY
{
	const struct br_mc_conf *conf = br_mc_conf_of(m->group->br, m->group->key.vid);
	uint64_t soon = clock_ms() + (uint64_t)conf->last_count * conf->last_cs * 10;
	rte_be32_t src[BR_MC_SRC_MAX];
	unsigned int n = 0;
	bool more = false;

	if (m->f.asks > 0 && m->f.expires <= soon) {
		br_mc_ask(m, NULL, 0);
		more = --m->f.asks > 0;
	}
	for (unsigned int i = 0; i < m->f.n; i++) {
		struct br_mc_src *s = &m->f.src[i];

		if (s->asks == 0 || s->expires > soon)
			continue;
		src[n++] = s->addr;
		more = --s->asks > 0 || more;
	}
	if (n > 0)
		br_mc_ask(m, src, n);
	if (more)
		timer_mod(&m->ask, conf->last_cs * 10ull);
}

static void
on_ask(struct ctl_timer *t)
{
	role_enter_ctl();
	ask_now(container_of(t, struct br_mc_member, ask));
}

static bool
wants_asking(const struct br_mc_filter *f)
{
	bool any = f->asks > 0;

	for (unsigned int i = 0; i < f->n && !any; i++)
		any = f->src[i].asks > 0;
	return any;
}

void
br_mc_changed(struct br_mc_member *m)
{
	uint64_t now = clock_ms(), next;

	if (!m->permanent && !br_igmp3_expire(&m->f, now)) {
		br_mc_leave(m);
		return;
	}
	compile(m->group);
	if (!m->told)
		tell(m, BR_EVENT_NEW);
	m->told = true;
	next = m->permanent ? 0 : br_igmp3_next(&m->f);
	if (next != 0)
		timer_mod(&m->expiry, next > now ? next - now : 1);
	else
		timer_del(&m->expiry);
	if (!m->permanent && wants_asking(&m->f) && !timer_pending(&m->ask))
		ask_now(m);
}

bool
br_mc_sources(struct br_mc_member *m)
{
	if (m->f.src == NULL)
		m->f.src = calloc(BR_MC_SRC_MAX, sizeof(*m->f.src));
	return m->f.src != NULL;
}

/* mcast_max_groups of the port, and of the VLAN there. */
static bool
has_room(struct br_port *p, uint16_t vid) CTL_ONLY
{
	struct br_mc_ctx *ctx =
		p->br->flags & BR_MCAST_VLAN && vid != 0 ? br_mc_vlan(p->br, vid, false) : NULL;
	const struct br_mc_port *r = ctx != NULL ? br_mc_port(ctx, p, false) : NULL;

	return (p->mc_max_groups == 0 || p->mc_n_groups < p->mc_max_groups) &&
	       (r == NULL || r->max_groups == 0 || r->n_groups < r->max_groups);
}

/* One group more, or less, of those that the port has in that VLAN. */
static void
count_group(struct br_port *p, uint16_t vid, bool more) CTL_ONLY
{
	struct br_mc_ctx *ctx = vid != 0 ? br_mc_vlan(p->br, vid, more) : NULL;
	struct br_mc_port *r = ctx != NULL ? br_mc_port(ctx, p, more) : NULL;

	p->mc_n_groups += more ? 1 : -1u;
	if (r != NULL && (more || r->n_groups > 0))
		r->n_groups += more ? 1 : -1u;
	if (r != NULL && !more)
		br_mc_port_put(r);
}

struct br_mc_member *
br_mc_join(struct net_bridge *br, struct br_port *p, const struct br_mdb_key *key)
{
	struct br_mcast *mc = &br_ctl(br)->mc;
	struct br_mc_group *g = br_mc_group_find(br, key);
	struct br_mc_member *m = g != NULL ? br_mc_member_of(g, p) : NULL;

	if (m != NULL)
		return m;
	if (p != NULL && !has_room(p, key->vid)) {
		mc->count.refused++;
		return NULL;
	}
	m = mc->n_members < (uint64_t)mc->hash_max * MEMBERS_PER_GROUP ? calloc(1, sizeof(*m))
								       : NULL;
	if (m != NULL && g == NULL)
		g = group_add(br, key);
	if (m == NULL || g == NULL) {
		free(m);
		no_room(br, key->vid);
		return NULL;
	}
	m->group = g;
	m->port = p;
	timer_setup(&m->expiry, on_expiry);
	timer_setup(&m->ask, on_ask);
	m->next = g->members;
	g->members = m;
	mc->n_members++;
	if (p != NULL)
		count_group(p, key->vid, true);
	return m;
}

void
br_mc_leave(struct br_mc_member *m)
{
	struct br_mc_group *g = m->group;
	struct br_mc_member **at = &g->members;

	if (m->told)
		tell(m, BR_EVENT_DEL);
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	timer_del(&m->expiry);
	timer_del(&m->ask);
	br_ctl(g->br)->mc.n_members--;
	if (m->port != NULL)
		count_group(m->port, g->key.vid, false);
	free(m->f.src);
	free(m);
	if (g->members == NULL)
		group_del(g);
	else
		compile(g);
}

/* --- whole bridges and ports --- */

unsigned int
br_mcast_flush(struct net_bridge *br, const struct br_mcast_filter *f)
{
	struct br_mc_group *g, *next;
	unsigned int gone = 0;
	uint32_t at = 0;

	for (g = br_mdb_next(br, &at, NULL); g != NULL; g = next) {
		struct br_mc_member *m = g->members, *after;
		int tree = br->vlan_tree[g->key.vid];

		next = br_mdb_next(br, &at, g);
		if ((f->vid >= 0 && g->key.vid != f->vid) || (f->tree >= 0 && tree != f->tree))
			continue;
		for (; m != NULL; m = after) {
			after = m->next;
			if ((f->any_port || m->port == f->port) &&
			    !(m->permanent && f->keep_permanent) &&
			    !(!m->permanent && f->keep_learned)) {
				br_mc_leave(m);
				gone++;
			}
		}
	}
	return gone;
}

void
br_mcast_init(struct net_bridge *br)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	*mc = (struct br_mcast){ .hash_max = 4096 }; /* as Linux */
	timer_setup(&mc->full, on_room);
	br_mc_ctx_init(&mc->ctx, br, 0);
}

void
br_mcast_stop(struct net_bridge *br)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	br_mcast_flush(br, &(struct br_mcast_filter){ .any_port = true, .vid = -1, .tree = -1 });
	timer_del(&mc->full);
	br_mc_vlans_free(br);
	br_mc_ctx_stop(&mc->ctx);
}

/* Version 2 knows no sources: who named some gets all. */
static void
want_all(struct br_mc_group *g, const struct br_mc_ctx *ctx) CTL_ONLY
{
	struct br_mc_times t;

	br_mc_times(ctx, &t);
	for (struct br_mc_member *m = g->members; m != NULL; m = m->next)
		if (!m->permanent && m->f.n > 0) {
			br_igmp3_v2_report(&m->f, clock_ms(), &t);
			br_mc_changed(m);
		}
}

void
br_mcast_new_version(struct br_mc_ctx *ctx)
{
	struct net_bridge *br = ctx->br;
	uint32_t at = 0;

	if (!br_mc_is_on(ctx))
		return;
	for (struct br_mc_group *g = br_mdb_next(br, &at, NULL); g != NULL;
	     g = br_mdb_next(br, &at, g)) {
		if (ctx->vid != 0 && g->key.vid != ctx->vid)
			continue;
		if (ctx->conf.igmp_version == 2)
			want_all(g, ctx);
		compile(g);
	}
	br_mc_start(ctx);
}

void
br_mcast_recompile(struct net_bridge *br)
{
	uint32_t at = 0;

	for (struct br_mc_group *g = br_mdb_next(br, &at, NULL); g != NULL;
	     g = br_mdb_next(br, &at, g))
		compile(g);
}

void
br_mcast_set_snooping(struct net_bridge *br, bool on)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	if (on == ((br->flags & BR_MCAST) != 0))
		return;
	br_set_flags(br, BR_MCAST, on);
	if (on) {
		br_mc_each_ctx(br, br_mc_open);
		return;
	}
	br_mcast_flush(br,
		       &(struct br_mcast_filter){
			       .any_port = true, .vid = -1, .tree = -1, .keep_permanent = true });
	timer_del(&mc->full);
	br_mc_each_ctx(br, br_mc_ctx_stop);
}

void
br_mcast_port_state(struct br_port *p, unsigned int tree, bool forwards)
{
	struct net_bridge *br = p->br;

	if (forwards) {
		br_mcast_restart(br);
		return;
	}
	br_mcast_flush(br, &(struct br_mcast_filter){ .port = p,
						      .vid = -1,
						      .tree = br->flags & BR_MST ? (int)tree : -1,
						      .keep_permanent = true });
	br_mcast_forget_routers(br, p, tree);
}

/* --- by hand --- */

static struct br_mdb_key
key_of(const struct br_mdb_entry *e)
{
	return (struct br_mdb_key){ .kind = e->mac ? BR_MDB_MAC : BR_MDB_IP4,
				    .dst = e->mac ? ether_addr_to_u64(&e->addr) : e->group,
				    .vid = e->vid };
}

bool
br_mdb_refused(const struct br_mdb_entry *e, const char **why)
{
	*why = NULL;
	if (e->mac && (!rte_is_multicast_ether_addr(&e->addr) || e->source != 0))
		*why = "expected a group address, and no source of a MAC group";
	else if (e->mac && !e->permanent)
		*why = "a MAC group is permanent: nobody can report it";
	else if (!e->mac && !igmp_is_group(e->group))
		*why = "it is no group address";
	else if (!e->mac && igmp_is_link_local(e->group))
		*why = "224.0.0.0/24 goes everywhere";
	return *why != NULL;
}

/* What the administrator wants instead of a host. */
static int
want(struct br_mc_member *m, const struct br_mdb_entry *e) CTL_ONLY
{
	struct br_mc_times t;
	struct br_mc_ctx *ctx = br_mc_ctx_of(m->group->br, e->vid);
	bool fresh = !m->f.exclude && m->f.n == 0;

	if (ctx == NULL || (e->source != 0 && !br_mc_sources(m)))
		return -ENOMEM;
	if (e->source == 0 ? m->f.exclude : !fresh && br_igmp3_wants(&m->f, e->source))
		return -EEXIST;
	if (e->permanent)
		m->permanent = true;
	br_mc_times(ctx, &t);
	br_igmp3_record(&m->f, e->source != 0 ? IGMP_ALLOW : IGMP_IS_EX,
			(const uint8_t *)&e->source, e->source != 0, clock_ms(), &t);
	br_mc_changed(m);
	return 0;
}

static int
add_one(struct net_bridge *br, const struct br_mdb_entry *e, const char **why) CTL_ONLY
{
	struct br_mdb_key key = key_of(e);
	struct br_mc_member *m;
	int rc;

	if (br_mdb_refused(e, why))
		return -EINVAL;
	*why = "there is no room for more (mcast_hash_max, mcast_max_groups)";
	m = br_mc_join(br, e->port, &key);
	if (m == NULL)
		return -ENOSPC;
	rc = want(m, e);
	*why = rc == -EEXIST ? "the port has joined already" : "out of memory";
	if (rc == -ENOMEM && m->f.n == 0 && !m->f.exclude)
		br_mc_leave(m);
	return rc;
}

static int
del_one(struct net_bridge *br, const struct br_mdb_entry *e) CTL_ONLY
{
	struct br_mdb_key key = key_of(e);
	struct br_mc_group *g = br_mc_group_find(br, &key);
	struct br_mc_member *m = g != NULL ? br_mc_member_of(g, e->port) : NULL;

	if (m == NULL || (e->source == 0 && !m->f.exclude && m->f.n > 1) ||
	    (e->source != 0 && (m->f.exclude || !br_igmp3_wants(&m->f, e->source))))
		return -ENOENT;
	if (e->source == 0 || m->f.n == 1) {
		br_mc_leave(m);
		return 0;
	}
	br_igmp3_forget(&m->f, e->source);
	br_mc_changed(m);
	return 0;
}

/* As in Linux: where frames belong to VLANs and none is named, all of the place's are meant. NULL:
 * e->vid it is. */
static const struct br_vlans *
vlans_meant(const struct net_bridge *br, const struct br_mdb_entry *e)
{
	if (e->vid != 0 || !(br->flags & BR_VLAN_FILTERING))
		return NULL;
	return e->port != NULL ? e->port->vlans : br->vlans;
}

int
br_mdb_add(struct net_bridge *br, const struct br_mdb_entry *e, const char **why)
{
	const struct br_vlans *set = vlans_meant(br, e);
	struct br_mdb_entry one = *e;
	int all = -EINVAL, rc;

	if (set == NULL)
		return add_one(br, e, why);
	*why = "it is a member of no VLAN";
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		if (!br_vlan_has(set->member, v))
			continue;
		one.vid = v;
		rc = add_one(br, &one, why);
		if (rc != 0 && rc != -EEXIST)
			return rc;
		all = all == 0 ? 0 : rc; /* one that is new will do */
	}
	return all;
}

int
br_mdb_del(struct net_bridge *br, const struct br_mdb_entry *e)
{
	const struct br_vlans *set = vlans_meant(br, e);
	struct br_mdb_entry one = *e;
	int all = -ENOENT;

	if (set == NULL)
		return del_one(br, e);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		one.vid = v;
		if (br_vlan_has(set->member, v) && del_one(br, &one) == 0)
			all = 0;
	}
	return all;
}
