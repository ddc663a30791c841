/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge vlan global (show|set), as iproute2's: what a VLAN has all over a bridge: its parameters
 * of multicast snooping, and its instance. */
#include <errno.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "stp/stp_show.h"

/* What there is to show of the VLANs of a bridge. */
struct vlans {
	const struct cli_ctx *c;
	const struct net_bridge *br;
	uint16_t mstid[BR_VLAN_N]; /* where each is put into, whether or not MSTP runs */
	json_t *routers[BR_VLAN_N];
};

static void
add_router(const struct br_port *port, uint16_t vid, bool permanent, uint32_t left_ms, void *arg)
{
	struct vlans *v = arg;
	json_t *o;

	if (vid == 0)
		return;
	o = json_pack("{s:s}", "port", port != NULL ? port->dev->name : v->br->dev->name);
	if (cli_wants_stats(v->c)) {
		json_object_set_new(o, "timer", br_cli_timer(left_ms));
		json_object_set_new(o, "type", json_string(permanent ? "permanent" : "temp"));
	}
	if (v->routers[vid] == NULL)
		v->routers[vid] = json_array();
	json_array_append_new(v->routers[vid], o);
}

static void
look(struct vlans *v, const struct cli_ctx *c, const struct net_bridge *br) CTL_ONLY
{
	memset(v, 0, sizeof(*v));
	v->c = c;
	v->br = br;
	br_mst_vlans(br, v->mstid);
	br_mcast_routers(br, add_router, v);
}

/* Is there the same to say of both? */
static bool
is_same(const struct vlans *v, uint16_t a, uint16_t b) CTL_ONLY
{
	const json_t *ra = v->routers[a], *rb = v->routers[b];
	bool same = v->mstid[a] == v->mstid[b] && (ra == rb || json_equal(ra, rb));

	for (const struct br_mc_opt *o = br_mc_opts; o->name != NULL && same; o++)
		same = br_mc_vlan_get(v->br, a, o) == br_mc_vlan_get(v->br, b, o);
	return same;
}

static json_t *
vlan_json(const struct vlans *v, uint16_t first, uint16_t last) CTL_ONLY
{
	json_t *o = json_pack("{s:i}", "vlan", (int)first);

	if (last != first)
		json_object_set_new(o, "vlanEnd", json_integer(last));
	for (const struct br_mc_opt *opt = br_mc_opts; opt->name != NULL; opt++)
		json_object_set_new(o, opt->name, json_integer(br_mc_vlan_get(v->br, first, opt)));
	if (v->routers[first] != NULL)
		json_object_set(o, "router_ports", v->routers[first]);
	if (v->mstid[first] != STP_CIST)
		json_object_set_new(o, "msti", json_integer(v->mstid[first]));
	return o;
}

static void
forget_routers(struct vlans *v)
{
	for (unsigned int vid = 0; vid < BR_VLAN_N; vid++)
		json_decref(v->routers[vid]);
}

json_t *
br_cli_vlan_global_json(const struct cli_ctx *c, const struct br_vlan_event *ev)
{
	static struct vlans v;
	json_t *o;

	look(&v, c, ev->br);
	o = json_pack("[o]", vlan_json(&v, ev->first, ev->last));
	forget_routers(&v);
	return br_cli_row(ev->br->dev, "vlans", o);
}

/* VLANs side by side that have the same are one row, as Linux tells them. */
static json_t *
row(const struct cli_ctx *c, struct net_device *dev)
{
	static struct vlans v; /* too much for the stack */
	const struct net_bridge *br = br_of(dev);
	uint16_t only = (uint16_t)cli_arg_u32(c, "VID", 0);
	json_t *list;

	role_enter_ctl();
	if (br == NULL)
		return NULL;
	look(&v, c, br);
	list = json_array();
	for (uint16_t vid = 1, end; vid < BR_VLAN_N - 1; vid = end + 1) {
		end = vid;
		if (!br_vlan_used(br, vid))
			continue;
		while (end < BR_VLAN_N - 2 && br_vlan_used(br, end + 1) &&
		       is_same(&v, vid, end + 1))
			end++;
		if (only == 0 || (vid <= only && only <= end))
			json_array_append_new(list, vlan_json(&v, vid, end));
	}
	forget_routers(&v);
	return br_cli_row(dev, "vlans", list);
}

static int
show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, row);
}

static void
routers_text(struct cli_ctx *c, const json_t *list)
{
	cli_printf(c, "%-16s    router ports: ", "");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *r = json_array_get(list, i), *timer = json_object_get(r, "timer");

		if (timer != NULL && i > 0)
			cli_printf(c, "\n%-34s", "");
		cli_printf(c, "%s ", cli_str_of(r, "port"));
		if (timer != NULL)
			cli_printf(c, " %s %s", json_string_value(timer), cli_str_of(r, "type"));
	}
	cli_printf(c, "\n");
}

void
br_cli_vlan_global_text(struct cli_ctx *c, const char *ifname, const json_t *o)
{
	const json_t *end = json_object_get(o, "vlanEnd"), *v,
		     *routers = json_object_get(o, "router_ports");
	const char *key;

	cli_printf(c, "%-16s  %lld", ifname, cli_num_of(o, "vlan"));
	if (end != NULL)
		cli_printf(c, "-%lld", (long long)json_integer_value(end));
	cli_printf(c, "\n%-16s    ", "");
	json_object_foreach((json_t *)o, key, v)
		if (json_is_integer(v) && strncmp(key, "vlan", 4) != 0)
			cli_printf(c, "%s %lld ", key, (long long)json_integer_value(v));
	cli_printf(c, "\n");
	if (routers != NULL)
		routers_text(c, routers);
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	if (json_array_size(list) > 0)
		cli_printf(c, "%-16s  %-9s\n", "port", "vlan-id");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *vlans = json_object_get(o, "vlans");

		for (size_t k = 0; k < json_array_size(vlans); k++)
			br_cli_vlan_global_text(c, k == 0 ? cli_str_of(o, "ifname") : "",
						json_array_get(vlans, k));
	}
}

/* The instances' sets as they are but for VLANs @p first to @p last, which are in @p mstid; 0: in
 * none. */
static int
move(struct net_bridge *br, uint16_t mstid, uint16_t first, uint16_t last,
     const char **why) CTL_ONLY
{
	struct stp_msti_conf conf = { .mstid = mstid }, other;
	int rc = 0;

	for (unsigned int n = 0; rc == 0 && stp_msti_get(br_stp(br), n, &other) == 0; n++)
		if (other.mstid == mstid) {
			conf = other;
		} else if (mstid == STP_CIST) {
			for (uint16_t v = first; v <= last; v++)
				other.vlans[v / 8] &= (uint8_t) ~(1u << v % 8);
			rc = br_stp_set_vlans(br, other.mstid, other.vlans, why);
		}
	if (mstid == STP_CIST)
		return rc;
	for (uint16_t v = first; v <= last; v++)
		conf.vlans[v / 8] |= (uint8_t)(1u << v % 8);
	return br_stp_set_vlans(br, mstid, conf.vlans, why);
}

/* What the words ask for; a command that makes no sense changes nothing. */
struct wish {
	const struct br_mc_opt *o;
	uint32_t v;
};
#define WISHES_MAX 16

/* How many of @p w there are; -errno after cli_error(). */
static int
read_wishes(struct cli_ctx *c, struct wish *w)
{
	int n = 0, rc;

	if (cli_has(c, "mcast_mld_version"))
		return cli_error_at(c, -EOPNOTSUPP, "mcast_mld_version",
				    "mcast_mld_version: there is no MLD snooping");
	for (const struct br_mc_opt *o = br_mc_opts; o->name != NULL && n < WISHES_MAX; o++) {
		const char *word = br_cli_word(c, o->name);

		if (word == NULL)
			continue;
		w[n].o = o;
		rc = br_cli_value(c, br_opt_find(o->name, false), word, &w[n++].v);
		if (rc != 0)
			return rc;
	}
	return n;
}

/* The VLANs of argument VID, all of them used. */
static int
read_vids(struct cli_ctx *c, const struct net_bridge *br, uint16_t *first, uint16_t *last) CTL_ONLY
{
	const char *word = cli_arg_str(c, "VID");
	int rc;

	if (word == NULL)
		return cli_error(c, -EINVAL, "which VLAN? add \"vid N\"");
	rc = br_cli_vids(c, word, first, last);
	for (uint16_t v = *first; rc == 0 && v <= *last; v++)
		if (!br_vlan_used(br, v))
			rc = cli_error_at(c, -ENOENT, word, "nobody is a member of VLAN %u", v);
	return rc;
}

static int
set(struct cli_ctx *c)
{
	uint64_t changed[BR_VLAN_N / 64] = { 0 };
	struct wish w[WISHES_MAX];
	const char *why = "";
	struct net_bridge *br;
	uint16_t first = 1, last = 0;
	int rc, n;

	role_enter_ctl();
	br = br_cli_bridge(c, "DEV");
	if (br == NULL)
		return -ENODEV;
	rc = read_vids(c, br, &first, &last);
	n = rc == 0 ? read_wishes(c, w) : rc;
	if (n < 0)
		return n;
	if (n == 0 && !cli_has(c, "MSTI"))
		return cli_error(c, -EINVAL, "what of it? add \"mcast_querier 1\" or \"msti I\"");
	/* The first ones, which begin to ask, when all else is set. */
	for (int i = n - 1; i >= 0; i--)
		for (uint16_t v = first; v <= last; v++) {
			rc = br_mc_vlan_set(br, v, w[i].o, w[i].v, &why);
			if (rc != 0)
				return cli_error_at(c, rc, w[i].o->name, "%s: %s", w[i].o->name,
						    why);
		}
	for (uint16_t v = first; n > 0 && v <= last; v++)
		br_vlan_mark(changed, v, true);
	br_vlan_tell_global(br, changed);
	rc = cli_has(c, "MSTI") ? move(br, (uint16_t)cli_arg_u32(c, "MSTI", 0), first, last, &why)
				: 0;
	return rc != 0 ? cli_error_at(c, rc, "msti", "msti: %s", why) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge vlan global [show] [dev DEV:dev] [vid VID:u32(1..4094)]",
	  .help = "Show what VLANs have all over a bridge: the parameters of multicast snooping, "
		  "ports with routers, the instance of the spanning tree; -s the routers' timers.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge vlan global set [dev DEV:str] [vid VID:str] [msti MSTI:u32(0..4094)] "
		    "[mcast_snooping MCAST_SNOOPING:str] [mcast_querier MCAST_QUERIER:str] "
		    "[mcast_igmp_version MCAST_IGMP_VERSION:str] [mcast_mld_version N:str] "
		    "[mcast_last_member_count MCAST_LAST_MEMBER_COUNT:str] "
		    "[mcast_last_member_interval MCAST_LAST_MEMBER_INTERVAL:str] "
		    "[mcast_startup_query_count MCAST_STARTUP_QUERY_COUNT:str] "
		    "[mcast_startup_query_interval MCAST_STARTUP_QUERY_INTERVAL:str] "
		    "[mcast_membership_interval MCAST_MEMBERSHIP_INTERVAL:str] "
		    "[mcast_querier_interval MCAST_QUERIER_INTERVAL:str] "
		    "[mcast_query_interval MCAST_QUERY_INTERVAL:str] "
		    "[mcast_query_response_interval MCAST_QUERY_RESPONSE_INTERVAL:str]",
	  .help = "Parameters of multicast snooping in VLANs (N or N-M), which count with "
		  "mcast_vlan_snooping; the instance of the spanning tree, 0 for none.",
	  .section = "ports",
	  .fn = set },
	{ 0 },
};

void
br_vlan_global_cli_register(void)
{
	cli_register(cmds);
}
