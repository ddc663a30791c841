/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge vlan global (show|set), as iproute2's: what a VLAN has all over a bridge. That is its
 * instance; the multicast parameters are the bridge's. */
#include <errno.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "stp/stp_show.h"

/* In the order in which iproute2 shows them; members of the result have these names, too. */
static const char *const shared[] = { "mcast_snooping",
				      "mcast_querier",
				      "mcast_igmp_version",
				      "mcast_last_member_count",
				      "mcast_last_member_interval",
				      "mcast_startup_query_count",
				      "mcast_startup_query_interval",
				      "mcast_membership_interval",
				      "mcast_querier_interval",
				      "mcast_query_interval",
				      "mcast_query_response_interval" };

/* Is it there at all: is the bridge or one of its ports a member? */
static bool
is_used(const struct net_bridge *br, uint16_t vid)
{
	if (br_vlan_has(br->vlans->member, vid))
		return true;
	for (unsigned int i = 0; i < br->ports->n; i++)
		if (br_vlan_has(br->ports->p[i]->vlans->member, vid))
			return true;
	return false;
}

/* The instance that each VLAN is put into, whether or not MSTP runs. */
static void
instances(const struct net_bridge *br, uint16_t mstid[BR_VLAN_N]) CTL_ONLY
{
	struct stp_msti_conf conf;

	memset(mstid, 0, BR_VLAN_N * sizeof(mstid[0]));
	for (unsigned int n = 0; stp_msti_get(br_stp(br), n, &conf) == 0; n++)
		for (uint16_t v = 1; v < BR_VLAN_N; v++)
			if (conf.vlans[v / 8] >> v % 8 & 1)
				mstid[v] = conf.mstid;
}

static json_t *
vlan_json(const struct net_bridge *br, uint16_t first, uint16_t last, uint16_t mstid) CTL_ONLY
{
	json_t *o = json_pack("{s:i}", "vlan", (int)first);

	if (last != first)
		json_object_set_new(o, "vlanEnd", json_integer(last));
	for (unsigned int i = 0; i < RTE_DIM(shared); i++)
		json_object_set_new(o, shared[i],
				    json_integer(br_opt_find(shared[i], false)->get(br)));
	if (mstid != STP_CIST)
		json_object_set_new(o, "msti", json_integer(mstid));
	return o;
}

/* VLANs side by side that have the same are one row, as Linux tells them. */
static json_t *
row(const struct cli_ctx *c, struct net_device *dev)
{
	const struct net_bridge *br = br_of(dev);
	uint16_t only = (uint16_t)cli_arg_u32(c, "VID", 0), mstid[BR_VLAN_N];
	json_t *list;

	role_enter_ctl();
	if (br == NULL)
		return NULL;
	instances(br, mstid);
	list = json_array();
	for (uint16_t v = 1, end; v < BR_VLAN_N - 1; v = end + 1) {
		end = v;
		if (!is_used(br, v))
			continue;
		while (end < BR_VLAN_N - 2 && is_used(br, end + 1) && mstid[end + 1] == mstid[v])
			end++;
		if (only == 0 || (v <= only && only <= end))
			json_array_append_new(list, vlan_json(br, v, end, mstid[v]));
	}
	return br_cli_row(dev, "vlans", list);
}

static int
show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, row);
}

static void
vlan_text(struct cli_ctx *c, const char *ifname, const json_t *o)
{
	const json_t *end = json_object_get(o, "vlanEnd"), *v;
	const char *key;

	cli_printf(c, "%-16s  %lld", ifname,
		   (long long)json_integer_value(json_object_get(o, "vlan")));
	if (end != NULL)
		cli_printf(c, "-%lld", (long long)json_integer_value(end));
	cli_printf(c, "\n%-16s    ", "");
	json_object_foreach((json_t *)o, key, v)
		if (strncmp(key, "vlan", 4) != 0)
			cli_printf(c, "%s %lld ", key, (long long)json_integer_value(v));
	cli_printf(c, "\n");
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	if (json_array_size(list) > 0)
		cli_printf(c, "%-16s  %-9s\n", "port", "vlan-id");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *vlans = json_object_get(o, "vlans");

		for (size_t k = 0; k < json_array_size(vlans); k++)
			vlan_text(c, k == 0 ? cli_str_of(o, "ifname") : "",
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

static int
set(struct cli_ctx *c)
{
	const char *vids = cli_arg_str(c, "VID"), *why = "";
	struct net_bridge *br;
	uint16_t first, last;
	int rc;

	role_enter_ctl();
	if (cli_has(c, "mcast_mld_version"))
		return cli_error_at(c, -EOPNOTSUPP, "mcast_mld_version",
				    "mcast_mld_version: there is no MLD snooping");
	for (unsigned int i = 0; i < RTE_DIM(shared); i++)
		if (cli_has(c, shared[i]))
			return cli_error_at(c, -EOPNOTSUPP, shared[i],
					    "%s is the same in all VLANs of a bridge: \"ip link "
					    "set BRIDGE type bridge %s N\"",
					    shared[i], shared[i]);
	br = br_cli_bridge(c, "DEV");
	if (br == NULL)
		return -ENODEV;
	if (vids == NULL || !cli_has(c, "MSTI"))
		return cli_error(c, -EINVAL, "which VLAN, and what of it? add \"vid N msti I\"");
	rc = br_cli_vids(c, vids, &first, &last);
	if (rc != 0)
		return rc;
	rc = move(br, (uint16_t)cli_arg_u32(c, "MSTI", 0), first, last, &why);
	return rc != 0 ? cli_error_at(c, rc, "msti", "msti: %s", why) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge vlan global [show] [dev DEV:dev] [vid VID:u32(1..4094)]",
	  .help = "Show what VLANs have all over a bridge: the parameters of multicast snooping, "
		  "the "
		  "instance of the spanning tree.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge vlan global set [dev DEV:str] [vid VID:str] [msti MSTI:u32(0..4094)] "
		    "[mcast_snooping N:str] [mcast_querier N:str] [mcast_igmp_version N:str] "
		    "[mcast_mld_version N:str] [mcast_last_member_count N:str] "
		    "[mcast_last_member_interval N:str] [mcast_startup_query_count N:str] "
		    "[mcast_startup_query_interval N:str] [mcast_membership_interval N:str] "
		    "[mcast_querier_interval N:str] [mcast_query_interval N:str] "
		    "[mcast_query_response_interval N:str]",
	  .help = "Put VLANs (N or N-M) into an instance of the spanning tree, 0 for none; the "
		  "mcast_* are the bridge's (ip link).",
	  .section = "ports",
	  .fn = set },
	{ 0 },
};

void
br_vlan_global_cli_register(void)
{
	cli_register(cmds);
}
