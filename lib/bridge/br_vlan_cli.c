/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge vlan (show|add|del), as iproute2's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

static void
add_stats(json_t *o, const struct net_bridge *br, uint16_t vid) CTL_ONLY
{
	struct br_vlan_stat st;

	if (!br_vlan_stat(br, vid, &st))
		return;
	json_object_set_new(o, "rx_bytes", json_integer((json_int_t)st.rx_bytes));
	json_object_set_new(o, "rx_packets", json_integer((json_int_t)st.rx_packets));
	json_object_set_new(o, "tx_bytes", json_integer((json_int_t)st.tx_bytes));
	json_object_set_new(o, "tx_packets", json_integer((json_int_t)st.tx_packets));
}

/* -d, as Linux tells it: of a limit only where it counts. */
static void
add_detail(json_t *o, const struct net_bridge *br, struct br_port *p, uint16_t vid) CTL_ONLY
{
	enum br_state state = p != NULL ? br_vlan_get_state(p, vid) : BR_STATE_FORWARDING;
	struct br_mc_vlan_port mc;

	br_mc_vlan_port_get(br, p, vid, &mc);
	json_object_set_new(o, "state", json_string(br_state_name(state)));
	json_object_set_new(o, "mcast_router", json_integer(mc.router));
	if (p == NULL || !(br->flags & BR_MCAST_VLAN))
		return;
	json_object_set_new(o, "mcast_n_groups", json_integer(mc.n_groups));
	json_object_set_new(o, "mcast_max_groups", json_integer(mc.max_groups));
}

static json_t *
vlan_json(const struct cli_ctx *c, const struct net_bridge *br, struct br_port *p,
	  const struct br_vlans *set, uint16_t vid) CTL_ONLY
{
	json_t *flags = json_array();
	json_t *o = json_pack("{s:i, s:o}", "vlan", (int)vid, "flags", flags);

	if (set->pvid == vid)
		json_array_append_new(flags, json_string("PVID"));
	if (br_vlan_has(set->untagged, vid))
		json_array_append_new(flags, json_string("Egress Untagged"));
	if (cli_wants_detail(c))
		add_detail(o, br, p, vid);
	if (cli_wants_stats(c) && p == NULL)
		add_stats(o, br, vid);
	return o;
}

json_t *
br_cli_vlan_json(const struct cli_ctx *c, const struct br_vlan_event *ev, bool gone)
{
	const struct br_vlans *set = ev->port != NULL ? ev->port->vlans : ev->br->vlans;
	const struct net_device *dev = ev->port != NULL ? ev->port->dev : ev->br->dev;
	json_t *o = vlan_json(c, ev->br, ev->port, set, ev->first);

	if (ev->last != ev->first)
		json_object_set_new(o, "vlanEnd", json_integer(ev->last));
	if (gone) { /* as iproute2, which is not told of more */
		json_array_clear(json_object_get(o, "flags"));
		json_object_set_new(o, "state", json_string(br_state_name(BR_STATE_DISABLED)));
	} else {
		add_detail(o, ev->br, ev->port, ev->first);
	}
	return br_cli_row(dev, "vlans", json_pack("[o]", o));
}

static json_t *
row(const struct cli_ctx *c, struct net_device *dev)
{
	struct br_port *p = br_port_of(dev);
	const struct net_bridge *br = p != NULL ? p->br : br_of(dev);
	const struct br_vlans *set = p != NULL ? p->vlans : br != NULL ? br->vlans : NULL;
	uint16_t only = (uint16_t)cli_arg_u32(c, "VID", 0);
	json_t *list;

	role_enter_ctl();
	if (set == NULL)
		return NULL;
	list = json_array();
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(set->member, v) && (only == 0 || v == only))
			json_array_append_new(list, vlan_json(c, br, p, set, v));
	return br_cli_row(dev, "vlans", list);
}

static int
show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, row);
}

void
br_cli_vlan_text(struct cli_ctx *c, const char *ifname, const json_t *v)
{
	const json_t *flags = json_object_get(v, "flags"), *end = json_object_get(v, "vlanEnd");

	cli_printf(c, "%-16s  %lld", ifname, cli_num_of(v, "vlan"));
	if (end != NULL)
		cli_printf(c, "-%lld", (long long)json_integer_value(end));
	for (size_t i = 0; i < json_array_size(flags); i++)
		cli_printf(c, " %s", json_string_value(json_array_get(flags, i)));
	cli_printf(c, "\n");
	if (json_object_get(v, "state") != NULL)
		cli_printf(c, "%-16s    state %s", "", cli_str_of(v, "state"));
	if (json_object_get(v, "mcast_router") != NULL)
		cli_printf(c, " mcast_router %lld", cli_num_of(v, "mcast_router"));
	if (json_object_get(v, "mcast_max_groups") != NULL)
		cli_printf(c, " mcast_n_groups %lld mcast_max_groups %lld",
			   cli_num_of(v, "mcast_n_groups"), cli_num_of(v, "mcast_max_groups"));
	if (json_object_get(v, "state") != NULL)
		cli_printf(c, "\n");
	if (json_object_get(v, "rx_bytes") != NULL)
		cli_printf(c,
			   "%-16s    RX: %lld bytes %lld packets\n"
			   "%-16s    TX: %lld bytes %lld packets\n",
			   "", cli_num_of(v, "rx_bytes"), cli_num_of(v, "rx_packets"), "",
			   cli_num_of(v, "tx_bytes"), cli_num_of(v, "tx_packets"));
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	if (json_array_size(list) > 0)
		cli_printf(c, "%-16s  %-9s\n", "port", "vlan-id");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *vlans = json_object_get(o, "vlans");
		const char *name = json_string_value(json_object_get(o, "ifname"));

		for (size_t k = 0; k < json_array_size(vlans); k++)
			br_cli_vlan_text(c, k == 0 ? name : "", json_array_get(vlans, k));
	}
}

/* --- changes --- */

static int
change(struct cli_ctx *c, bool add) CTL_ONLY
{
	unsigned int flags = (cli_has(c, "pvid") ? BR_VLAN_PVID : 0) |
			     (cli_has(c, "untagged") ? BR_VLAN_UNTAGGED : 0);
	const char *word = cli_arg_str(c, "VID"), *why = "";
	struct net_bridge *br;
	struct br_port *p;
	uint16_t first, last;
	int rc = br_cli_place(c, &br, &p);

	if (rc == 0 && word == NULL)
		rc = cli_error(c, -EINVAL, "which VLAN? add \"vid N\"");
	if (rc == 0)
		rc = br_cli_vids(c, word, &first, &last);
	if (rc != 0)
		return rc;
	rc = add ? br_vlan_add(br, p, first, last, flags, &why)
		 : br_vlan_del(br, p, first, last, &why);
	return rc != 0 ? cli_error_at(c, rc, word, "VLAN %s: %s", word, why) : 0;
}

static int
add(struct cli_ctx *c)
{
	role_enter_ctl();
	return change(c, true);
}

static int
del(struct cli_ctx *c)
{
	role_enter_ctl();
	return change(c, false);
}

/* Of the words of `bridge vlan set`: which are given, and what they say. */
struct wish {
	bool state, router, limit;
	enum br_state st;
	uint32_t mode, max;
};

static int
read_wish(struct cli_ctx *c, const struct br_port *p, struct wish *w)
{
	const char *state = cli_arg_str(c, "STATE"), *router = br_cli_word(c, "mcast_router"),
		   *limit = br_cli_word(c, "mcast_max_groups");
	int rc = 0;

	*w = (struct wish){ state != NULL, router != NULL, limit != NULL, 0, 0, 0 };
	if (p == NULL && (w->state || w->limit))
		return cli_error_at(c, -EINVAL, w->state ? state : limit,
				    "the bridge's own device has no such thing: name a port");
	if (!w->state && !w->router && !w->limit)
		return cli_error(c, -EINVAL,
				 "what of it? add \"state S\", \"mcast_router N\" or "
				 "\"mcast_max_groups N\"");
	if (w->state) {
		rc = br_cli_state(c, state);
		if (rc < 0)
			return rc;
		w->st = (enum br_state)rc;
	}
	rc = w->router ? br_cli_value(c, br_opt_find("mcast_router", p != NULL), router, &w->mode)
		       : 0;
	return rc == 0 && w->limit
		       ? br_cli_value(c, br_opt_find("mcast_max_groups", true), limit, &w->max)
		       : rc;
}

static int
set(struct cli_ctx *c)
{
	const char *vids = cli_arg_str(c, "VID"), *why = "";
	uint64_t changed[BR_VLAN_N / 64] = { 0 };
	struct net_bridge *br;
	struct br_port *p;
	struct wish w;
	uint16_t first, last;
	int rc;

	role_enter_ctl();
	rc = br_cli_place(c, &br, &p);
	if (rc == 0 && vids == NULL)
		rc = cli_error(c, -EINVAL, "which VLAN? add \"vid N\"");
	if (rc == 0)
		rc = br_cli_vids(c, vids, &first, &last);
	if (rc == 0)
		rc = read_wish(c, p, &w);
	if (rc != 0)
		return rc;
	if (w.state)
		rc = br_vlan_set_state(p, first, last, w.st, &why);
	for (uint16_t v = first; rc == 0 && v <= last; v++) {
		rc = w.router ? br_mc_vlan_set_router(br, p, v, (uint8_t)w.mode, &why) : 0;
		if (rc == 0 && w.limit)
			rc = br_mc_vlan_set_max_groups(p, v, w.max, &why);
		br_vlan_mark(changed, v, true);
	}
	br_vlan_tell(br, p, changed);
	return rc != 0 ? cli_error_at(c, rc, vids, "VLAN %s: %s", vids, why) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge vlan [show] [dev DEV:dev] [vid VID:u32(1..4094)]",
	  .help = "Show the VLANs of bridges and their ports; -d states, -s counters, where they "
		  "are on.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge vlan add [dev DEV:dev] [vid VID:str] [pvid] [untagged] [self] [master]",
	  .help = "Let a port, or the bridge itself, be a member of VLANs (N or N-M).",
	  .section = "ports",
	  .fn = add },
	{ .syntax = "bridge vlan del [dev DEV:dev] [vid VID:str] [pvid] [untagged] [self] [master]",
	  .help = "End that.",
	  .section = "ports",
	  .fn = del },
	{ .syntax = "bridge vlan set [dev DEV:dev] [vid VID:str] [state STATE:str] "
		    "[mcast_router MCAST_ROUTER:str] [mcast_max_groups MCAST_MAX_GROUPS:str] "
		    "[self] [master]",
	  .help = "Set what VLANs have at a port: the state, where no spanning tree decides; where "
		  "multicast routers are, also of the bridge itself, and a limit of groups, which "
		  "count with mcast_vlan_snooping.",
	  .section = "ports",
	  .fn = set },
	{ 0 },
};

void
br_vlan_cli_register(void)
{
	cli_register(cmds);
}
