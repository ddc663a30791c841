/* SPDX-License-Identifier: BSD-3-Clause */
/* States of single VLANs of a port, set by hand (`bridge vlan set`, `bridge mst set`) where no
 * spanning tree decides. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

/* Of members in @p set. */
static int
set_states(struct br_port *p, const uint64_t *set, enum br_state state, const char **why) CTL_ONLY
{
	*why = "the spanning tree decides on it";
	if (br_stp_rules(p->br))
		return -EBUSY;
	*why = "out of memory";
	if (make_states(p) != 0)
		return -ENOMEM;
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(set, v))
			set_one(p, v, state);
	return 0;
}

int
br_vlan_set_state(struct br_port *p, uint16_t first, uint16_t last, enum br_state state,
		  const char **why)
{
	uint64_t set[BR_VLAN_N / 64] = { 0 };

	*why = "the port is no member of that VLAN";
	for (uint16_t v = first; v <= last; v++) {
		if (!br_vlan_has(p->vlans->member, v))
			return -ENOENT;
		br_vlan_mark(set, v, true);
	}
	return set_states(p, set, state, why);
}

enum br_state
br_vlan_get_state(const struct br_port *p, uint16_t vid)
{
	return p->vlan_states != NULL ? (enum br_state)p->vlan_states->of[vid]
				      : BR_STATE_FORWARDING;
}

void
br_vlan_state_leave(struct br_port *p, uint16_t vid)
{
	if (p->vlan_states != NULL)
		__atomic_store_n(&p->vlan_states->of[vid], BR_STATE_FORWARDING, __ATOMIC_RELAXED);
}

/* --- instances --- */

void
br_mst_vlans(const struct net_bridge *br, uint16_t mstid[BR_VLAN_N])
{
	struct stp_msti_conf conf;

	memset(mstid, 0, BR_VLAN_N * sizeof(mstid[0]));
	for (unsigned int n = 0; stp_msti_get(br_stp(br), n, &conf) == 0; n++)
		for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
			if (conf.vlans[v / 8] >> v % 8 & 1)
				mstid[v] = conf.mstid;
}

#define STATE_UNKNOWN 0xff

/* VLANs of @p p that are in another instance now take the state of its VLANs that the port has;
 * without any, the port has the CIST's own state in the CIST, and in an instance it is closed until
 * somebody opens it. */
static void
follow_instances(struct br_port *p, const uint16_t was[BR_VLAN_N],
		 const uint16_t now[BR_VLAN_N]) CTL_ONLY
{
	uint8_t known[BR_VLAN_N]; /* by instance */
	uint64_t moved[BR_VLAN_N / 64] = { 0 };

	memset(known, STATE_UNKNOWN, sizeof(known));
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(p->vlans->member, v) && was[v] == now[v])
			known[now[v]] = p->vlan_states->of[v];
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		if (!br_vlan_has(p->vlans->member, v) || was[v] == now[v])
			continue;
		if (known[now[v]] == STATE_UNKNOWN)
			known[now[v]] =
				now[v] == STP_CIST ? BR_STATE_FORWARDING : BR_STATE_DISABLED;
		set_one(p, v, (enum br_state)known[now[v]]);
		br_vlan_mark(moved, v, true);
	}
	br_vlan_tell(p->br, p, moved);
}

int
br_vlan_states_prepare(struct net_bridge *br)
{
	int rc = 0;

	for (unsigned int i = 0; i < br->ports->n && rc == 0 && !br_stp_rules(br); i++)
		rc = make_states(br->ports->p[i]);
	return rc;
}

void
br_vlan_states_moved(struct net_bridge *br, const uint16_t was[BR_VLAN_N])
{
	uint64_t moved[BR_VLAN_N / 64] = { 0 };
	uint16_t now[BR_VLAN_N];

	br_mst_vlans(br, now);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		br_vlan_mark(moved, v, was[v] != now[v] && br_vlan_used(br, v));
	br_vlan_tell_global(br, moved);
	for (unsigned int i = 0; i < br->ports->n; i++)
		if (br->ports->p[i]->vlan_states != NULL)
			follow_instances(br->ports->p[i], was, now);
}

int
br_mst_set_state(struct br_port *p, uint16_t mstid, enum br_state state, const char **why)
{
	uint64_t set[BR_VLAN_N / 64] = { 0 };
	uint16_t of[BR_VLAN_N];
	bool any = false;
	int rc;

	br_mst_vlans(p->br, of);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		bool in = br_vlan_has(p->vlans->member, v) && of[v] == mstid;

		br_vlan_mark(set, v, in);
		any = any || in;
	}
	*why = "the instance has none of the port's VLANs";
	rc = any ? set_states(p, set, state, why) : -ENOENT;
	if (rc == 0)
		br_vlan_tell(p->br, p, set);
	return rc;
}

enum br_state
br_mst_get_state(const struct br_port *p, uint16_t mstid)
{
	const struct br_ctl *c = br_ctl(p->br);
	uint16_t of[BR_VLAN_N];

	if (br_stp_rules(p->br)) {
		for (int t = 0; t < BR_TREES_MAX && p->br->flags & BR_MST; t++)
			if (c->tree_mstid[t] == mstid && (t == 0) == (mstid == STP_CIST))
				return (enum br_state)p->state[t];
		return (enum br_state)p->state[0];
	}
	br_mst_vlans(p->br, of);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(p->vlans->member, v) && of[v] == mstid)
			return br_state_of(p, v);
	return mstid == STP_CIST ? (enum br_state)p->state[0] : BR_STATE_DISABLED;
}
