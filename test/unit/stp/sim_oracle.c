/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the priority vectors alone make of a network: 802.1Q-2011 13.9 to 13.12, computed over the
 * graph by relaxation from "I am the root", with nothing of the engines in it but the way to
 * compare.
 */
#include <stdio.h>
#include <string.h>
#include "sim.h"

struct node {
	struct stp_vec root; /* root priority vector */
	int root_port;	     /* -1: none */
};

struct oracle {
	const struct sim *s;
	unsigned int t; /* tree; the CIST's nodes in cist[] */
	struct node cist[SIM_BRIDGES], mine[SIM_BRIDGES];
};

static uint64_t
id_of(const struct sim_bridge *b, unsigned int t)
{
	return (uint64_t)b->priority[t] << 48 | (uint64_t)t << 48 | b->mac;
}

static uint16_t
port_id(const struct sim *s, const struct sim_port *p)
{
	return (uint16_t)(s->bridge[p->bridge].port_priority[p->number - 1] << 8 | p->number);
}

static bool
speaks_mst(const struct sim_bridge *b)
{
	return b->conf.version == STP_VERSION_MSTP;
}

static bool
same_region(const struct sim_bridge *a, const struct sim_bridge *b)
{
	return a == b || (speaks_mst(a) && speaks_mst(b) && a->region == b->region);
}

/* An STP bridge makes the others on its LAN speak STP. */
static bool
stp_lan(const struct sim *s, const struct sim_lan *l)
{
	for (unsigned int i = 0; i < l->n_taps; i++)
		if (sim_port_works(s, l->tap[i]) &&
		    s->bridge[l->tap[i]->bridge].conf.version == STP_VERSION_STP)
			return true;
	return false;
}

static bool
internal(const struct sim *s, const struct sim_port *a, const struct sim_port *b)
{
	const struct sim_bridge *x = &s->bridge[a->bridge], *y = &s->bridge[b->bridge];

	return speaks_mst(x) && same_region(x, y) && !stp_lan(s, &s->lan[a->lan]);
}

/* What port @p p would say on its LAN. */
static struct stp_vec
designated(const struct oracle *o, const struct node *nodes, const struct sim_port *p,
	   unsigned int t)
{
	const struct sim_bridge *b = &o->s->bridge[p->bridge];
	struct stp_vec v = nodes[p->bridge].root;

	v.bridge = id_of(b, t);
	v.port = port_id(o->s, p);
	if (t == 0 && stp_lan(o->s, &o->s->lan[p->lan]))
		v.rroot = v.bridge;
	return v;
}

/* What port @p p makes of what @p q says. */
static struct stp_vec
heard(const struct oracle *o, const struct sim_port *p, const struct sim_port *q)
{
	struct stp_vec v = designated(o, o->cist, q, 0);

	if (!internal(o->s, p, q))
		v.int_cost = 0;
	return v;
}

/* --- the CIST --- */

static bool
relax_cist(struct oracle *o, int bridge)
{
	const struct sim *s = o->s;
	const struct sim_bridge *b = &s->bridge[bridge];
	struct node n = {
		.root = { .root = id_of(b, 0), .rroot = id_of(b, 0), .bridge = id_of(b, 0) },
		.root_port = -1
	};

	for (unsigned int i = 0; i < b->n_ports; i++) {
		const struct sim_port *p = &b->port[i];
		const struct sim_lan *l = &s->lan[p->lan];

		if (!sim_port_works(s, p) || b->port_conf[i].restricted_role)
			continue;
		for (unsigned int j = 0; j < l->n_taps; j++) {
			struct stp_vec v;
			int c;

			if (l->tap[j]->bridge == bridge || !sim_port_works(s, l->tap[j]))
				continue;
			v = heard(o, p, l->tap[j]);
			if (internal(s, p, l->tap[j])) {
				v.int_cost += b->internal_cost[i];
			} else {
				v.ext_cost += b->cost[i];
				v.rroot = id_of(b, 0);
			}
			c = stp_vec_cmp(&v, &n.root);
			if (c < 0 || (c == 0 && n.root_port >= 0 &&
				      port_id(s, p) < port_id(s, &b->port[n.root_port]))) {
				n.root = v;
				n.root_port = (int)i;
			}
		}
	}
	if (stp_vec_cmp(&n.root, &o->cist[bridge].root) == 0 &&
	    n.root_port == o->cist[bridge].root_port)
		return false;
	o->cist[bridge] = n;
	return true;
}

/* --- an MSTI --- */

/* The designated port of a LAN in the CIST. */
static const struct sim_port *
cist_designated(const struct oracle *o, const struct sim_lan *l)
{
	const struct sim_port *best = NULL;
	struct stp_vec least = { 0 };

	for (unsigned int i = 0; i < l->n_taps; i++) {
		struct stp_vec v;

		if (!sim_port_works(o->s, l->tap[i]))
			continue;
		v = designated(o, o->cist, l->tap[i], 0);
		if (best != NULL && stp_vec_cmp(&v, &least) >= 0)
			continue;
		best = l->tap[i];
		least = v;
	}
	return best;
}

static bool
relax_msti(struct oracle *o, int bridge)
{
	const struct sim *s = o->s;
	const struct sim_bridge *b = &s->bridge[bridge];
	uint64_t id = id_of(b, o->t);
	struct node n = { .root = { .rroot = id, .bridge = id }, .root_port = -1 };

	for (unsigned int i = 0; speaks_mst(b) && i < b->n_ports; i++) {
		const struct sim_port *p = &b->port[i];
		const struct sim_lan *l = &s->lan[p->lan];

		if (!sim_port_works(s, p) || b->port_conf[i].restricted_role)
			continue;
		for (unsigned int j = 0; j < l->n_taps; j++) {
			const struct sim_port *q = l->tap[j];
			struct stp_vec v;
			int c;

			if (q->bridge == bridge || !sim_port_works(s, q) || !internal(s, p, q) ||
			    !internal(s, p, cist_designated(o, l)))
				continue;
			v = designated(o, o->mine, q, o->t);
			v.int_cost += b->internal_cost[i];
			c = stp_vec_cmp(&v, &n.root);
			if (c < 0 || (c == 0 && n.root_port >= 0 &&
				      port_id(s, p) < port_id(s, &b->port[n.root_port]))) {
				n.root = v;
				n.root_port = (int)i;
			}
		}
	}
	if (stp_vec_cmp(&n.root, &o->mine[bridge].root) == 0 &&
	    n.root_port == o->mine[bridge].root_port)
		return false;
	o->mine[bridge] = n;
	return true;
}

static void
solve(struct oracle *o, struct node *nodes, unsigned int t, bool (*relax)(struct oracle *, int))
{
	bool moved;

	for (int b = 0; b < o->s->n_bridges; b++) {
		uint64_t id = id_of(&o->s->bridge[b], t);

		nodes[b] = (struct node){
			.root = { .root = t == 0 ? id : 0, .rroot = id, .bridge = id },
			.root_port = -1
		};
	}
	do {
		moved = false;
		for (int b = 0; b < o->s->n_bridges; b++)
			moved |= o->s->bridge[b].up && relax(o, b);
	} while (moved);
}

/* --- roles --- */

static enum stp_role
role_among(const struct oracle *o, const struct node *nodes, const struct sim_port *p,
	   unsigned int t)
{
	const struct sim_lan *l = &o->s->lan[p->lan];
	const struct sim_port *best = p;
	struct stp_vec least = designated(o, nodes, p, t);

	if (!sim_port_works(o->s, p))
		return STP_ROLE_DISABLED;
	if (nodes[p->bridge].root_port == p->number - 1)
		return STP_ROLE_ROOT;
	for (unsigned int i = 0; i < l->n_taps; i++) {
		struct stp_vec v;

		if (!sim_port_works(o->s, l->tap[i]) || (t > 0 && !internal(o->s, p, l->tap[i])))
			continue;
		v = designated(o, nodes, l->tap[i], t);
		if (stp_vec_cmp(&v, &least) < 0) {
			least = v;
			best = l->tap[i];
		}
	}
	if (best == p)
		return STP_ROLE_DESIGNATED;
	return best->bridge == p->bridge ? STP_ROLE_BACKUP : STP_ROLE_ALTERNATE;
}

static enum stp_role
role_in_tree(const struct oracle *o, const struct sim_port *p)
{
	enum stp_role cist = role_among(o, o->cist, p, 0);
	const struct sim_port *d;

	if (o->t == 0 || !sim_port_works(o->s, p))
		return cist;
	d = cist_designated(o, &o->s->lan[p->lan]);
	if (d != p && !internal(o->s, p, d)) /* boundary: 13.12 */
		return cist == STP_ROLE_ROOT ? STP_ROLE_MASTER : cist;
	return role_among(o, o->mine, p, o->t);
}

static unsigned int
check_root(const struct oracle *o, int bridge, unsigned int t)
{
	const struct sim_bridge *b = &o->s->bridge[bridge];
	const struct node *n = t == 0 ? &o->cist[bridge] : &o->mine[bridge];
	struct stp_tree_info info;
	char want[32], got[32];

	stp_tree_show(b->br, t, &info);
	if (info.root.root == n->root.root && info.root.ext_cost == n->root.ext_cost &&
	    info.root.rroot == n->root.rroot && info.root.int_cost == n->root.int_cost &&
	    info.root_port == n->root_port + 1)
		return 0;
	printf("tree %u bridge %d: root %s cost %u/%u port %d, not %s %u/%u %d\n", t, bridge,
	       stp_id_format(t ? info.root.rroot : info.root.root, got, sizeof(got)),
	       info.root.ext_cost, info.root.int_cost, info.root_port,
	       stp_id_format(t ? n->root.rroot : n->root.root, want, sizeof(want)),
	       n->root.ext_cost, n->root.int_cost, n->root_port + 1);
	return 1;
}

static unsigned int
check_bridge(const struct oracle *o, int bridge)
{
	const struct sim_bridge *b = &o->s->bridge[bridge];
	unsigned int bad = check_root(o, bridge, o->t);

	for (unsigned int i = 0; i < b->n_ports; i++) {
		enum stp_role want = role_in_tree(o, &b->port[i]);
		enum stp_role got = sim_role(&b->port[i], (uint16_t)o->t);

		if (want == got)
			continue;
		printf("tree %u bridge %d port %u (LAN %d): %s, not %s\n", o->t, bridge, i + 1,
		       b->port[i].lan, stp_role_name(got), stp_role_name(want));
		bad++;
	}
	return bad;
}

unsigned int
sim_check_roles(const struct sim *s)
{
	static struct oracle o;
	unsigned int bad = 0;

	memset(&o, 0, sizeof(o));
	o.s = s;
	solve(&o, o.cist, 0, relax_cist);
	for (o.t = 0; o.t < s->n_trees; o.t++) {
		if (o.t > 0)
			solve(&o, o.mine, o.t, relax_msti);
		for (int b = 0; b < s->n_bridges; b++)
			if (s->bridge[b].up && (o.t == 0 || speaks_mst(&s->bridge[b])))
				bad += check_bridge(&o, b);
	}
	return bad;
}
