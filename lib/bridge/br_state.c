/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * States of ports. Only the control thread changes them: when it stands still, no port starts to
 * forward.
 */
#include <errno.h>
#include "bridge/br_priv.h"

const char *
br_state_name(enum br_state state)
{
	static const char *const names[] = { "disabled", "listening", "learning", "forwarding",
					     "blocking" };

	return names[state];
}

void
br_state_carrier(struct net_bridge *br)
{
	bool on = false;

	for (unsigned int i = 0; i < br->ports->n && !on; i++)
		for (unsigned int t = 0; t < BR_TREES_MAX && !on; t++)
			on = br->ports->p[i]->state[t] == BR_STATE_FORWARDING;
	netif_carrier_set(br->dev, on);
}

void
br_state_set(struct br_port *p, unsigned int tree, enum br_state state)
{
	uint8_t was;

	if (p->state[tree] == state)
		return;
	was = p->state[tree];
	__atomic_store_n(&p->state[tree], (uint8_t)state, __ATOMIC_RELAXED);
	br_state_carrier(p->br);
	if ((was == BR_STATE_FORWARDING) != (state == BR_STATE_FORWARDING))
		br_mcast_port_state(p, tree, state == BR_STATE_FORWARDING);
}

static bool
has_link(const struct br_port *p)
{
	return netif_running(p->br->dev) && netif_running(p->dev) && netif_carrier_ok(p->dev);
}

void
br_state_link(struct br_port *p)
{
	bool up = has_link(p) && !p->errdisabled;

	br_stp_link(p, up);
	if (up && p->manual)
		return;
	p->manual = false;
	if (!br_stp_rules(p->br))
		br_state_set(p, 0, up ? BR_STATE_FORWARDING : BR_STATE_DISABLED);
	/* Who was behind it may be anywhere now. */
	if (!up)
		br_fdb_flush(p->br,
			     &(struct br_fdb_filter){
				     .port = p, .vid = -1, .tree = -1, .keep_static = true });
}

int
br_port_set_state(struct br_port *p, enum br_state state, const char **why)
{
	if (br_stp_rules(p->br)) {
		*why = "the spanning tree decides on it";
		return -EBUSY;
	}
	if (!has_link(p) && state != BR_STATE_DISABLED) {
		*why = "the port or its bridge is down, or has no carrier";
		return -ENETDOWN;
	}
	p->manual = true;
	br_state_set(p, 0, state);
	return 0;
}
