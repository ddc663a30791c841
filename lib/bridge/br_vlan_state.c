/* SPDX-License-Identifier: BSD-3-Clause */
/* States of single VLANs of a port, set by hand (`bridge vlan set`, `bridge mst set`) where no
 * spanning tree decides. */
#include <errno.h>
#include <stdlib.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_priv.h"
#include "stp/stp_show.h"

static void
states_free(struct rcu_head *head)
{
	free(container_of(head, struct br_vlan_states, rcu));
}

/* Some port has states of VLANs: workers look there. */
static void
update_flag(struct net_bridge *br) CTL_ONLY
{
	bool any = false;

	for (unsigned int i = 0; i < br->ports->n; i++)
		any = any || br->ports->p[i]->vlan_states != NULL;
	br_set_flags(br, BR_VLAN_STATES, any);
}

void
br_vlan_states_forget(struct br_port *p)
{
	struct br_vlan_states *old = p->vlan_states;

	if (old == NULL)
		return;
	rcu_assign_pointer(p->vlan_states, NULL);
	rcu_defer(&old->rcu, states_free);
	update_flag(p->br);
}

static int
make_states(struct br_port *p) CTL_ONLY
{
	struct br_vlan_states *new = p->vlan_states == NULL ? calloc(1, sizeof(*new)) : NULL;

	if (p->vlan_states != NULL)
		return 0;
	if (new == NULL)
		return -ENOMEM;
	for (unsigned int v = 0; v < BR_VLAN_N; v++)
		new->of[v] = BR_STATE_FORWARDING;
	rcu_assign_pointer(p->vlan_states, new);
	update_flag(p->br);
	return 0;
}

static void
set_one(struct br_port *p, uint16_t vid, enum br_state state) CTL_ONLY
{
	__atomic_store_n(&p->vlan_states->of[vid], (uint8_t)state, __ATOMIC_RELAXED);
	if (state == BR_STATE_FORWARDING)
		return;
	br_mcast_flush(p->br, &(struct br_mcast_filter){
				      .port = p, .vid = vid, .tree = -1, .keep_permanent = true });
	if (state != BR_STATE_LEARNING)
		br_fdb_flush(p->br,
			     &(struct br_fdb_filter){
				     .port = p, .vid = vid, .tree = -1, .keep_static = true });
}

int
br_vlan_set_state(struct br_port *p, uint16_t first, uint16_t last, enum br_state state,
		  const char **why)
{
	*why = "the spanning tree decides on it";
	if (br_stp_rules(p->br))
		return -EBUSY;
	*why = "the port is no member of that VLAN";
	for (uint16_t v = first; v <= last; v++)
		if (!br_vlan_has(p->vlans->member, v))
			return -ENOENT;
	*why = "out of memory";
	if (make_states(p) != 0)
		return -ENOMEM;
	for (uint16_t v = first; v <= last; v++)
		set_one(p, v, state);
	return 0;
}

enum br_state
br_vlan_get_state(const struct br_port *p, uint16_t vid)
{
	return p->vlan_states != NULL ? (enum br_state)p->vlan_states->of[vid]
				      : BR_STATE_FORWARDING;
}

/* --- instances --- */

/* Is @p vid the instance's? Those of no instance are the CIST's. */
static bool
carries(const struct net_bridge *br, uint16_t mstid, uint16_t vid) CTL_ONLY
{
	struct stp_msti_conf conf;

	for (unsigned int n = 0; stp_msti_get(br_stp(br), n, &conf) == 0; n++)
		if (conf.vlans[vid / 8] >> vid % 8 & 1)
			return conf.mstid == mstid;
	return mstid == STP_CIST;
}

int
br_mst_set_state(struct br_port *p, uint16_t mstid, enum br_state state, const char **why)
{
	bool any = false;
	int rc = 0;

	*why = "the spanning tree decides on it";
	if (br_stp_rules(p->br))
		return -EBUSY;
	for (uint16_t v = 1; v < BR_VLAN_N - 1 && rc == 0; v++)
		if (br_vlan_has(p->vlans->member, v) && carries(p->br, mstid, v)) {
			rc = br_vlan_set_state(p, v, v, state, why);
			any = true;
		}
	if (!any)
		*why = "the instance has none of the port's VLANs";
	return any ? rc : -ENOENT;
}

enum br_state
br_mst_get_state(const struct br_port *p, uint16_t mstid)
{
	const struct br_ctl *c = br_ctl(p->br);

	if (br_stp_rules(p->br)) {
		for (int t = 0; t < BR_TREES_MAX && p->br->flags & BR_MST; t++)
			if (c->tree_mstid[t] == mstid && (t == 0) == (mstid == STP_CIST))
				return (enum br_state)p->state[t];
		return (enum br_state)p->state[0];
	}
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(p->vlans->member, v) && carries(p->br, mstid, v))
			return br_state_of(p, v);
	return (enum br_state)p->state[0];
}
