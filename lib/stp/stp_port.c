/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: what the owner sets, links, and BPDUs that come in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "stp/stp_priv.h"

struct stp_ptree *
stp_port_tree(const struct stp_port *p, uint16_t mstid)
{
	int t = stp_tree_index(p->br, mstid);

	return t >= 0 && (unsigned int)t < p->br->n_trees ? &p->tree[t] : NULL;
}

/* --- path costs --- */

static bool
short_costs(const struct stp_bridge *br)
{
	return br->conf.cost_style == STP_COST_SHORT ||
	       (br->conf.cost_style == STP_COST_AUTO && stpVersion(br));
}

/* 802.1D-1998 Table 8-5, with what came between and after. */
static uint32_t
short_cost(uint32_t mbps)
{
	static const struct {
		uint32_t mbps, cost;
	} table[] = { { 100000, 1 }, { 10000, 2 }, { 2500, 3 }, { 1000, 4 },
		      { 100, 19 },   { 16, 62 },   { 10, 100 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (mbps >= table[i].mbps)
			return table[i].cost;
	return 250;
}

static uint32_t
cost_by_speed(const struct stp_port *p)
{
	uint32_t mbps = p->speed_mbps > 0 ? p->speed_mbps : 10;

	if (short_costs(p->br))
		return short_cost(mbps);
	return mbps < 20000000 ? 20000000 / mbps : 1; /* 802.1D-2004 Table 17-3 */
}

static void
set_cost(struct stp_ptree *x, uint32_t *cost, uint32_t to)
{
	if (*cost == to)
		return;
	*cost = to;
	x->reselect = true;
	x->selected = false;
}

void
stp_port_update(struct stp_port *p)
{
	uint32_t cost = cost_by_speed(p);

	p->portEnabled = p->br->enabled && p->link && !p->guarded;
	p->operPointToPointMAC = p->conf.point_to_point == STP_AUTO
					 ? p->full_duplex
					 : p->conf.point_to_point == STP_ON;
	set_cost(&p->tree[0], &p->ExternalPortPathCost,
		 p->conf.path_cost > 0 ? p->conf.path_cost : cost);
	for (unsigned int t = 0; t < p->br->n_conf; t++) {
		struct stp_ptree *x = &p->tree[t];

		set_cost(x, &x->InternalPortPathCost,
			 x->adminInternalCost > 0 ? x->adminInternalCost : cost);
	}
}

/* --- ports --- */

static struct stp_port *
port_alloc(struct stp_bridge *br, uint16_t number, void *ctx)
{
	struct stp_port *p = calloc(1, sizeof(*p));
	struct stp_ptree *tree = calloc(br->n_conf, sizeof(*tree));
	struct stp_port **all = realloc(br->port, (br->n_ports + 1) * sizeof(*all));

	if (all != NULL)
		br->port = all;
	if (p == NULL || tree == NULL || all == NULL) {
		free(p);
		free(tree);
		return NULL;
	}
	p->br = br;
	p->ctx = ctx;
	p->number = number;
	p->tree = tree;
	p->conf = (struct stp_port_conf){ .edge = STP_AUTO, .point_to_point = STP_AUTO };
	for (unsigned int t = 0; t < br->n_conf; t++) {
		tree[t].port = p;
		tree[t].t = t;
		tree[t].portId = 0x8000 | number;
	}
	return p;
}

struct stp_port *
stp_port_add(struct stp_bridge *br, uint16_t number, void *ctx, const char **why)
{
	struct stp_port *p;
	unsigned int at = br->n_ports;

	if (number < 1 || number > STP_PORT_MAX) {
		stp_refuse(-EINVAL, why, "a port number is 1 to 4095");
		return NULL;
	}
	for (unsigned int i = 0; i < br->n_ports; i++)
		if (br->port[i]->number == number) {
			stp_refuse(-EEXIST, why, "the port number is taken");
			return NULL;
		}
	p = port_alloc(br, number, ctx);
	if (p == NULL) {
		stp_refuse(-ENOMEM, why, "out of memory");
		return NULL;
	}
	for (; at > 0 && br->port[at - 1]->number > number; at--)
		br->port[at] = br->port[at - 1];
	br->port[at] = p;
	br->n_ports++;
	stp_port_update(p);
	br->why = STP_WHY_ADMIN;
	stp_port_begin(p);
	stp_run(br, STP_WHY_ADMIN);
	return p;
}

void
stp_port_del(struct stp_port *p)
{
	struct stp_bridge *br = p->br;
	unsigned int at = 0;

	p->link = false;
	stp_port_update(p);
	stp_run(br, STP_WHY_ADMIN); /* the others find another way, the owner is told */
	while (br->port[at] != p)
		at++;
	br->n_ports--;
	memmove(&br->port[at], &br->port[at + 1], (br->n_ports - at) * sizeof(br->port[0]));
	free(p->tree);
	free(p);
	stp_run(br, STP_WHY_ADMIN);
}

void
stp_port_get(const struct stp_port *p, struct stp_port_conf *conf)
{
	*conf = p->conf;
}

int
stp_port_set(struct stp_port *p, const struct stp_port_conf *conf, const char **why)
{
	bool edge = p->conf.edge != conf->edge;
	bool role = p->conf.restricted_role != conf->restricted_role;

	if (conf->edge > STP_AUTO)
		return stp_refuse(-EINVAL, why, "edge is on, off or auto");
	if (conf->point_to_point > STP_AUTO)
		return stp_refuse(-EINVAL, why, "point_to_point is on, off or auto");
	if (conf->path_cost > STP_COST_MAX)
		return stp_refuse(-EINVAL, why, "a path cost is 1 to 200000000");
	if (conf->path_cost > UINT16_MAX && short_costs(p->br))
		return stp_refuse(-EINVAL, why, "a short path cost is 1 to 65535");
	p->conf = *conf;
	p->br->why = STP_WHY_ADMIN;
	if (edge)
		bdm_begin(p);
	if (!conf->loop_guard)
		for (unsigned int t = 0; t < p->br->n_trees; t++)
			p->tree[t].loopInconsistent = false;
	if (role)
		for (unsigned int t = 0; t < p->br->n_trees; t++)
			stp_reselect_tree(p->br, t);
	stp_port_update(p);
	stp_run(p->br, STP_WHY_ADMIN);
	return 0;
}

int
stp_port_tree_set(struct stp_port *p, uint16_t mstid, uint32_t cost, uint32_t priority,
		  const char **why)
{
	int t = stp_tree_index(p->br, mstid);
	struct stp_ptree *x;

	if (t < 0)
		return stp_refuse(-ENOENT, why, "there is no such instance");
	if (cost > STP_COST_MAX)
		return stp_refuse(-EINVAL, why, "a path cost is 1 to 200000000");
	if (priority > 240 || priority % 16 != 0)
		return stp_refuse(-EINVAL, why, "a port priority is 0 to 240 in steps of 16");
	x = &p->tree[t];
	x->adminInternalCost = cost;
	if (x->portId != (uint16_t)(priority << 8 | p->number)) {
		x->portId = (uint16_t)(priority << 8 | p->number);
		x->reselect = true;
		x->selected = false;
	}
	stp_port_update(p);
	stp_run(p->br, STP_WHY_ADMIN);
	return 0;
}

void
stp_port_link(struct stp_port *p, bool up, uint32_t speed_mbps, bool full_duplex)
{
	p->link = up;
	if (up) { /* a link that is down has neither */
		p->speed_mbps = speed_mbps;
		p->full_duplex = full_duplex;
	}
	stp_port_update(p);
	stp_run(p->br, STP_WHY_LINK);
}

void
stp_port_mcheck(struct stp_port *p)
{
	p->mcheck = rstpVersion(p->br);
	stp_run(p->br, STP_WHY_ADMIN);
}

static void
set_guarded(struct stp_port *p, bool on, enum stp_why why)
{
	if (p->guarded == on)
		return;
	stp_note(p, STP_CIST, STP_WHAT_GUARD, p->guarded, on, why);
	p->guarded = on;
	stp_port_update(p);
	stp_run(p->br, why);
}

void
stp_port_recover(struct stp_port *p)
{
	set_guarded(p, false, STP_WHY_ADMIN);
}

/* --- BPDUs --- */

/* What does not depend on what it says. */
static enum stp_rx
rx_policy(struct stp_port *p, const uint8_t *bpdu, size_t len)
{
	struct stp_bridge *br = p->br;

	if (!p->portEnabled)
		return STP_RX_DISABLED;
	if (p->conf.bpdu_filter) /* 13.25.7 enableBPDUrx */
		return STP_RX_FILTERED;
	if (!p->conf.bpdu_guard || len < STP_TCN_LEN || bpdu[0] != 0 || bpdu[1] != 0)
		return STP_RX_OK;
	set_guarded(p, true, STP_WHY_BPDU_GUARD);
	if (br->ops->guard != NULL)
		br->ops->guard(br->ctx, p->ctx);
	return STP_RX_GUARDED;
}

static enum stp_rx
rx_accept(const struct stp_port *p, const struct stp_bpdu *b)
{
	if (stpVersion(p->br) && (b->kind == STP_BPDU_RST || b->kind == STP_BPDU_MST))
		return STP_RX_NOT_STP;
	if (b->kind == STP_BPDU_CONFIG && b->vec.bridge == p->br->tree[0].BridgeIdentifier &&
	    b->vec.port == p->tree[0].portId)
		return STP_RX_OWN;
	return STP_RX_OK;
}

enum stp_rx
stp_port_rx(struct stp_port *p, const uint8_t *bpdu, size_t len)
{
	struct stp_bpdu b;
	enum stp_rx rx = rx_policy(p, bpdu, len);

	if (rx == STP_RX_OK)
		rx = stp_bpdu_parse(bpdu, len, &b);
	if (rx == STP_RX_OK)
		rx = rx_accept(p, &b);
	if (rx != STP_RX_OK) {
		p->stats.rx_bad[rx]++;
		return rx;
	}
	p->stats.rx[b.kind]++;
	if (b.mst_fault != STP_MST_OK)
		p->stats.mst_fault[b.mst_fault]++;
	p->rcvdBPDU = true;
	p->br->rx = &b;
	stp_run(p->br, STP_WHY_BPDU);
	p->br->rx = NULL;
	return STP_RX_OK;
}
