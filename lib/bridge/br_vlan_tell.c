/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of VLANs: those side by side that have the same are one event, as Linux tells them. */
#include <string.h>
#include "bridge/br_priv.h"

struct notifier_chain br_vlan_chain = NOTIFIER_CHAIN("br_vlan");

/* Whose VLANs, and which of them are told of. */
struct told {
	const struct net_bridge *br;
	struct br_port *port;
	const struct br_vlans *has; /* NULL: options all over the bridge */
	const uint16_t *mstid;	    /* with those: of each VLAN */
	uint64_t set[BR_VLAN_N / 64];
};

static bool
same_global(const struct told *t, uint16_t a, uint16_t b) CTL_ONLY
{
	bool same = t->mstid[a] == t->mstid[b];

	for (const struct br_mc_opt *o = br_mc_opts; o->name != NULL && same; o++)
		same = br_mc_vlan_get(t->br, a, o) == br_mc_vlan_get(t->br, b, o);
	return same;
}

/* What a port or the bridge's device has of them. */
static bool
same_member(const struct told *t, uint16_t a, uint16_t b) CTL_ONLY
{
	struct br_mc_vlan_port ma, mb;

	if (t->has->pvid == a || t->has->pvid == b ||
	    br_vlan_has(t->has->untagged, a) != br_vlan_has(t->has->untagged, b))
		return false;
	br_mc_vlan_port_get(t->br, t->port, a, &ma);
	br_mc_vlan_port_get(t->br, t->port, b, &mb);
	return ma.router == mb.router && ma.max_groups == mb.max_groups &&
	       (t->port == NULL || br_vlan_get_state(t->port, a) == br_vlan_get_state(t->port, b));
}

static void
tell(const struct told *t, enum br_event event) CTL_ONLY
{
	struct br_vlan_event ev = { .br = t->br, .port = t->port, .global = t->has == NULL };

	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		if (!br_vlan_has(t->set, v))
			continue;
		ev.first = v;
		while (v < BR_VLAN_N - 2 && br_vlan_has(t->set, v + 1) &&
		       (event == BR_EVENT_DEL ||
			(ev.global ? same_global(t, v, v + 1) : same_member(t, v, v + 1))))
			v++;
		ev.last = v;
		notifier_call(&br_vlan_chain, event, &ev);
	}
}

void
br_vlan_tell(const struct net_bridge *br, struct br_port *port, const uint64_t *set)
{
	struct told t = { .br = br, .port = port };

	if (br_vlan_chain.head == NULL)
		return;
	t.has = port != NULL ? port->vlans : br->vlans;
	memcpy(t.set, set, sizeof(t.set));
	tell(&t, BR_EVENT_NEW);
}

void
br_vlan_tell_global(const struct net_bridge *br, const uint64_t *set)
{
	uint16_t mstid[BR_VLAN_N];
	struct told t = { .br = br, .mstid = mstid };

	if (br_vlan_chain.head == NULL)
		return;
	br_mst_vlans(br, mstid);
	memcpy(t.set, set, sizeof(t.set));
	tell(&t, BR_EVENT_NEW);
}

/* Has @p b VLAN @p v otherwise than @p a had it? */
static bool
differs(const struct br_vlans *a, const struct br_vlans *b, uint16_t v)
{
	return !br_vlan_has(a->member, v) || (a->pvid == v) != (b->pvid == v) ||
	       br_vlan_has(a->untagged, v) != br_vlan_has(b->untagged, v);
}

void
br_vlan_tell_change(const struct net_bridge *br, struct br_port *port, const struct br_vlans *old,
		    const struct br_vlans *now)
{
	static const struct br_vlans none;
	const struct br_vlans *was = old != NULL ? old : &none, *is = now != NULL ? now : &none;
	struct told gone = { .br = br, .port = port, .has = was },
		    new = { .br = br, .port = port, .has = is };

	if (br_vlan_chain.head == NULL)
		return;
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		bool has = br_vlan_has(is->member, v);

		br_vlan_mark(gone.set, v, !has && br_vlan_has(was->member, v));
		br_vlan_mark(new.set, v, has && differs(was, is, v));
	}
	tell(&gone, BR_EVENT_DEL);
	tell(&new, BR_EVENT_NEW);
}
