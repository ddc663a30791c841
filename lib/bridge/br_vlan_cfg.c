/* SPDX-License-Identifier: BSD-3-Clause */
/* "vlan_global" and "vlan_options": what VLANs have all over a bridge, and at a port. Keys are
 * VLANs, "10" or "10-20"; what is the same side by side is one member. */
#include <stdio.h>
#include <string.h>
#include "bridge/br_rows_cfg.h"

const struct br_cfg_row br_cfg_mcast_rows[] = {
	{ "mcast_snooping", "mcast_snooping", BOOL, 1, NULL },
	{ "mcast_last_member_count", "mcast_last_member_count", NUMBER, 2, NULL },
	{ "mcast_startup_query_count", "mcast_startup_query_count", NUMBER, 2, NULL },
	{ "mcast_last_member_interval", "mcast_last_member_interval", PARTS, 100, NULL },
	{ "mcast_membership_interval", "mcast_membership_interval", PARTS, 26000, NULL },
	{ "mcast_querier_interval", "mcast_querier_interval", PARTS, 25500, NULL },
	{ "mcast_query_interval", "mcast_query_interval", PARTS, 12500, NULL },
	{ "mcast_query_response_interval", "mcast_query_response_interval", PARTS, 1000, NULL },
	{ "mcast_startup_query_interval", "mcast_startup_query_interval", PARTS, 3125, NULL },
	{ "mcast_igmp_version", "mcast_igmp_version", NUMBER, 2, NULL },
	{ "mcast_querier", "mcast_querier", BOOL, 0, NULL }, /* when all else is set */
	{ 0 },
};

/* enum br_state */
static const char *const states[] = { "disabled",   "listening", "learning",
				      "forwarding", "blocking",	 NULL };

enum { LIMIT, STATE, ROUTER };
/* Those before the last one are of ports only. */
static const struct br_cfg_row port_rows[] = {
	[LIMIT] = { "mcast_max_groups", "mcast_max_groups", NUMBER, 0, NULL },
	[STATE] = { "state", NULL, WORD, BR_STATE_FORWARDING, states },
	[ROUTER] = { "mcast_router", "mcast_router", NUMBER, BR_ROUTER_LEARN, NULL },
	{ 0 },
};

/* --- maps of VLANs --- */

/* The members of the map, by VLAN. Borrowed. */
static void
spread(const json_t *map, const json_t *of[BR_VLAN_N])
{
	uint16_t first, last;
	const char *key;
	json_t *v;

	for (unsigned int i = 0; i < BR_VLAN_N; i++)
		of[i] = NULL;
	json_object_foreach((json_t *)(uintptr_t)map, key, v)
		if (br_cfg_range(key, &first, &last))
			for (unsigned int n = first; n <= last; n++)
				of[n] = v;
}

/* Member @p key of @p o: @p of by VLAN, which is taken; NULL or {}: nothing. */
static void
gather(json_t *o, const char *key, json_t *of[BR_VLAN_N])
{
	json_t *map = json_object();
	char name[16];

	for (unsigned int v = 1, end; v < BR_VLAN_N - 1; v = end + 1) {
		end = v;
		if (json_object_size(of[v]) == 0)
			continue;
		while (end < BR_VLAN_N - 2 && json_equal(of[v], of[end + 1]))
			end++;
		snprintf(name, sizeof(name), v == end ? "%u" : "%u-%u", v, end);
		json_object_set(map, name, of[v]);
	}
	if (json_object_size(map) > 0)
		json_object_set(o, key, map);
	json_decref(map);
	for (unsigned int v = 0; v < BR_VLAN_N; v++)
		json_decref(of[v]);
}

static void
canon(json_t *o, const char *key, const json_t *from, const struct br_cfg_row *rows)
{
	const json_t *in[BR_VLAN_N];
	json_t *out[BR_VLAN_N];

	spread(json_object_get(from, key), in);
	for (unsigned int v = 0; v < BR_VLAN_N; v++) {
		out[v] = NULL;
		if (in[v] == NULL)
			continue;
		out[v] = json_object();
		br_cfg_rows_canon(out[v], rows, in[v]);
	}
	gather(o, key, out);
}

/* Is each of @p map a VLAN of @p set, and said once? */
static void
check_vids(const struct cfg *map, const char *key, const uint64_t set[BR_VLAN_N / 64],
	   uint64_t seen[BR_VLAN_N / 64])
{
	uint16_t first, last;

	if (!br_cfg_range(key, &first, &last)) {
		cfg_fail(map, key, "expected a VLAN of 1 to 4094, or \"10-20\"");
		return;
	}
	for (uint16_t v = first; v <= last; v++) {
		if (!br_vlan_has(set, v)) {
			cfg_fail(map, key, "VLAN %u has no member here", v);
			return;
		}
		if (br_vlan_has(seen, v)) {
			cfg_fail(map, key, "VLAN %u is another member's already", v);
			return;
		}
		seen[v / 64] |= UINT64_C(1) << v % 64;
	}
}

static void
check_map(const struct cfg *c, const char *name, const struct br_cfg_row *rows, bool port,
	  const uint64_t set[BR_VLAN_N / 64])
{
	struct cfg map = cfg_get(c, name);
	uint64_t seen[BR_VLAN_N / 64] = { 0 };
	const char *key;
	json_t *v;

	if (map.node != NULL && !json_is_object(map.node)) {
		cfg_fail(c, name, "expected an object with a member for each VLAN");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)map.node, key, v) {
		struct cfg one = cfg_get(&map, key);

		check_vids(&map, key, set, seen);
		if (!json_is_object(v)) {
			cfg_fail(&map, key, "expected an object");
			continue;
		}
		br_cfg_known(&one, rows, NULL, NULL);
		br_cfg_rows_check(&one, rows, port);
	}
}

/* --- all over a bridge --- */

void
br_cfg_check_vlan_global(const struct cfg *c)
{
	uint16_t pvid = br_cfg_default_pvid(c->node);
	struct br_vlans all, of;
	const char *name;
	json_t *port;

	br_cfg_vlan_set(c->node, pvid, &all);
	json_object_foreach(json_object_get(c->node, "ports"), name, port) {
		br_cfg_vlan_set(port, pvid, &of);
		for (unsigned int i = 0; i < BR_VLAN_N / 64; i++)
			all.member[i] |= of.member[i];
	}
	check_map(c, "vlan_global", br_cfg_mcast_rows, false, all.member);
}

void
br_cfg_canon_vlan_global(json_t *o, const json_t *from)
{
	canon(o, "vlan_global", from, br_cfg_mcast_rows);
}

/* The parameter of a row. */
static const struct br_mc_opt *
opt_of(const struct br_cfg_row *m)
{
	const struct br_mc_opt *o = br_mc_opts;

	while (strcmp(o->name, m->opt) != 0)
		o++;
	return o;
}

void
br_cfg_show_vlan_global(json_t *o, const struct net_bridge *br)
{
	json_t *of[BR_VLAN_N] = { NULL };

	for (const struct br_cfg_row *m = br_cfg_mcast_rows; m->key != NULL; m++)
		for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
			uint32_t value = br_mc_vlan_get(br, v, opt_of(m));

			if (value == m->def)
				continue;
			if (of[v] == NULL)
				of[v] = json_object();
			br_cfg_row_put(of[v], m, value);
		}
	gather(o, "vlan_global", of);
}

int
br_cfg_apply_vlan_global(const json_t *from, struct net_bridge *br, struct br_cfg_fault *f)
{
	uint64_t changed[BR_VLAN_N / 64] = { 0 };
	const json_t *of[BR_VLAN_N];
	int rc = 0;

	f->key = "vlan_global";
	spread(json_object_get(from, "vlan_global"), of);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		for (const struct br_cfg_row *m = br_cfg_mcast_rows;
		     m->key != NULL && rc == 0 && br_vlan_used(br, v); m++) {
			uint32_t want = br_cfg_row_value(m, of[v]);

			if (br_mc_vlan_get(br, v, opt_of(m)) == want)
				continue;
			br_vlan_mark(changed, v, true);
			rc = br_mc_vlan_set(br, v, opt_of(m), want, &f->why);
		}
	br_vlan_tell_global(br, changed);
	return rc;
}

/* --- at a port, or at the bridge's own device --- */

/* With a spanning tree states are its business. */
static void
check_states(const struct cfg *c, const json_t *bridge)
{
	const char *mode =
		json_string_value(json_object_get(json_object_get(bridge, "stp"), "mode"));
	struct cfg map = cfg_get(c, "vlan_options");
	const char *key;
	json_t *v;

	if (mode == NULL || strcmp(mode, "off") == 0)
		return;
	json_object_foreach((json_t *)(uintptr_t)map.node, key, v) {
		struct cfg one = cfg_get(&map, key);

		if (json_object_get(v, port_rows[STATE].key) != NULL)
			cfg_fail(&one, port_rows[STATE].key, "the spanning tree decides on it");
	}
}

void
br_cfg_check_vlan_options(const struct cfg *c, bool port)
{
	const json_t *bridge = port ? c->up->up->node : c->node;
	struct br_vlans set;

	br_cfg_vlan_set(c->node, br_cfg_default_pvid(bridge), &set);
	check_map(c, "vlan_options", port ? port_rows : &port_rows[ROUTER], port, set.member);
	if (port)
		check_states(c, bridge);
}

void
br_cfg_canon_vlan_options(json_t *o, const json_t *from)
{
	canon(o, "vlan_options", from, port_rows);
}

void
br_cfg_show_vlan_options(json_t *o, const struct net_bridge *br, struct br_port *p)
{
	const struct br_vlans *set = p != NULL ? p->vlans : br->vlans;
	json_t *of[BR_VLAN_N] = { NULL };

	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		struct br_mc_vlan_port mc;

		if (!br_vlan_has(set->member, v))
			continue;
		br_mc_vlan_port_get(br, p, v, &mc);
		of[v] = json_object();
		br_cfg_row_put(of[v], &port_rows[LIMIT], mc.max_groups);
		br_cfg_row_put(of[v], &port_rows[ROUTER], mc.router);
		if (p != NULL)
			br_cfg_row_put(of[v], &port_rows[STATE], br_vlan_get_state(p, v));
	}
	gather(o, "vlan_options", of);
}

int
br_cfg_apply_vlan_options(const json_t *from, struct net_bridge *br, struct br_port *p,
			  struct br_cfg_fault *f)
{
	const struct br_vlans *set = p != NULL ? p->vlans : br->vlans;
	uint64_t changed[BR_VLAN_N / 64] = { 0 };
	const json_t *of[BR_VLAN_N];
	int rc = 0;

	f->key = "vlan_options";
	spread(json_object_get(from, "vlan_options"), of);
	for (uint16_t v = 1; v < BR_VLAN_N - 1 && rc == 0; v++) {
		uint32_t max = br_cfg_row_value(&port_rows[LIMIT], of[v]),
			 router = br_cfg_row_value(&port_rows[ROUTER], of[v]);
		enum br_state state = (enum br_state)br_cfg_row_value(&port_rows[STATE], of[v]);
		struct br_mc_vlan_port is;

		if (!br_vlan_has(set->member, v))
			continue;
		br_mc_vlan_port_get(br, p, v, &is);
		br_vlan_mark(changed, v,
			     is.max_groups != max || is.router != router ||
				     (p != NULL && br_vlan_get_state(p, v) != state));
		if (is.max_groups != max)
			rc = br_mc_vlan_set_max_groups(p, v, max, &f->why);
		if (rc == 0 && is.router != router)
			rc = br_mc_vlan_set_router(br, p, v, (uint8_t)router, &f->why);
		if (rc == 0 && p != NULL && br_vlan_get_state(p, v) != state)
			rc = br_vlan_set_state(p, v, v, state, &f->why);
	}
	br_vlan_tell(br, p, changed);
	return rc;
}
