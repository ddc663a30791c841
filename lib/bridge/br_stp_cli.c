/* SPDX-License-Identifier: BSD-3-Clause */
/* stp show, stp set. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "stp/stp_show.h"

/* --- show --- */

/* As iproute2: priority, a dot, the address. */
static json_t *
id_json(uint64_t id)
{
	return json_sprintf("%04x.%02x:%02x:%02x:%02x:%02x:%02x", (unsigned int)(id >> 48),
			    (unsigned int)(id >> 40 & 0xff), (unsigned int)(id >> 32 & 0xff),
			    (unsigned int)(id >> 24 & 0xff), (unsigned int)(id >> 16 & 0xff),
			    (unsigned int)(id >> 8 & 0xff), (unsigned int)(id & 0xff));
}

static const char *
port_name(const struct net_bridge *br, uint16_t number)
{
	const struct br_port *p = number < BR_PORTS_MAX ? br->port[number] : NULL;

	return p != NULL ? p->dev->name : "";
}

static uint8_t
version_of(const struct net_bridge *br) CTL_ONLY
{
	struct stp_bridge_conf conf;

	stp_bridge_get(br_stp(br), &conf);
	return conf.version;
}

/* What one tree says of one port. */
static json_t *
tree_json(const struct net_bridge *br, const struct br_port *p, uint16_t mstid,
	  bool detail) CTL_ONLY
{
	struct stp_port_tree_info t;
	bool off = br_stp_state(br) == 0;
	json_t *o;

	if (stp_port_tree_show(p->stp, mstid, &t) != 0)
		return NULL;
	o = json_pack("{s:s, s:s, s:s, s:I, s:i}", "ifname", p->dev->name, "role",
		      stp_role_name(t.role), "state",
		      off ? br_state_name((enum br_state)p->state[0])
			  : stp_state_name(t.state, version_of(br)),
		      "path_cost", (json_int_t)t.path_cost, "priority",
		      (int)(t.port_id >> 12 << 4));
	if (!detail)
		return o;
	json_object_set_new(o, "designated_root", id_json(t.designated.root));
	json_object_set_new(o, "designated_cost", json_integer(t.designated.ext_cost));
	json_object_set_new(o, "designated_bridge", id_json(t.designated.bridge));
	json_object_set_new(o, "designated_port", json_integer(t.designated.port));
	json_object_set_new(o, "info_is", json_string(t.info_is));
	json_object_set_new(o, "forward_transitions", json_integer(t.forward_transitions));
	json_object_set_new(o, "root_guarded", json_boolean(t.root_guarded));
	json_object_set_new(o, "loop_guarded", json_boolean(t.loop_guarded));
	json_object_set_new(o, "timers",
			    json_pack("{s:i, s:i, s:i, s:i, s:i}", "fd_while", t.fd_while,
				      "rb_while", t.rb_while, "rcvd_info_while", t.rcvd_info_while,
				      "rr_while", t.rr_while, "tc_while", t.tc_while));
	return o;
}

static void
add_counters(json_t *o, const struct stp_port_stats *st)
{
	static const char *const kinds[] = { "config", "tcn", "rst", "mst" };
	json_t *rx = json_object(), *tx = json_object(), *bad = json_object();

	for (unsigned int k = STP_BPDU_CONFIG; k <= STP_BPDU_MST; k++) {
		json_object_set_new(rx, kinds[k], json_integer((json_int_t)st->rx[k]));
		json_object_set_new(tx, kinds[k], json_integer((json_int_t)st->tx[k]));
	}
	for (unsigned int r = STP_RX_OK + 1; r < STP_RX_N; r++)
		if (st->rx_bad[r] != 0)
			json_object_set_new(bad, stp_rx_name((enum stp_rx)r),
					    json_integer((json_int_t)st->rx_bad[r]));
	json_object_set_new(o, "rx_bpdu", rx);
	json_object_set_new(o, "tx_bpdu", tx);
	json_object_set_new(o, "rx_discarded", bad);
}

static json_t *
port_json(const struct net_bridge *br, const struct br_port *p, bool detail) CTL_ONLY
{
	json_t *o = tree_json(br, p, STP_CIST, detail);
	struct stp_port_info info;

	stp_port_show(p->stp, &info);
	json_object_set_new(o, "number", json_integer(info.number));
	json_object_set_new(o, "edge", json_boolean(info.oper_edge));
	json_object_set_new(o, "point_to_point", json_boolean(info.oper_point_to_point));
	json_object_set_new(o, "errdisabled", json_boolean(p->errdisabled));
	if (!detail)
		return o;
	json_object_set_new(o, "send_rstp", json_boolean(info.send_rstp));
	json_object_set_new(o, "internal", json_boolean(info.internal));
	add_counters(o, &info.stats);
	return o;
}

/* What a tree says of the bridge: the members that CIST and instances have in common. */
static void
add_tree(json_t *o, const struct net_bridge *br, const struct stp_tree_info *t) CTL_ONLY
{
	json_object_set_new(o, "bridge_id", id_json(t->bridge_id));
	json_object_set_new(o, "root_id", id_json(t->mstid == 0 ? t->root.root : t->root.rroot));
	json_object_set_new(o, "root_path_cost",
			    json_integer(t->mstid == 0 ? t->root.ext_cost : t->root.int_cost));
	json_object_set_new(o, "root_port", json_string(port_name(br, t->root_port)));
	json_object_set_new(o, "topology_change", json_boolean(t->tc));
	json_object_set_new(o, "topology_changes", json_integer(t->tc_count));
	json_object_set_new(o, "last_topology_change_port", json_string(port_name(br, t->tc_port)));
}

static json_t *
instances_json(const struct net_bridge *br, bool detail) CTL_ONLY
{
	json_t *list = json_array();
	struct stp_tree_info t;

	for (unsigned int n = 1; stp_tree_show(br_stp(br), n, &t) == 0; n++) {
		json_t *o = json_pack("{s:i, s:i}", "instance", t.mstid, "vlans", (int)t.n_vlans);
		json_t *ports = json_array();

		add_tree(o, br, &t);
		for (unsigned int i = 0; i < br->ports->n; i++)
			json_array_append_new(ports,
					      tree_json(br, br->ports->p[i], t.mstid, detail));
		json_object_set_new(o, "ports", ports);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *
br_cli_stp_json(const struct net_bridge *br, const struct stp_transition *tr)
{
	bool role = tr->what == STP_WHAT_ROLE, state = tr->what == STP_WHAT_STATE;
	json_t *o = json_pack("{s:f, s:s, s:i, s:s}", "time", (double)tr->ms / 1000, "ifname",
			      port_name(br, tr->port), "instance", tr->mstid, "what",
			      stp_what_name((enum stp_what)tr->what));

	if (role || state) {
		json_object_set_new(
			o, "from",
			json_string(role ? stp_role_name((enum stp_role)tr->from)
					 : stp_state_name((enum stp_state)tr->from, 0)));
		json_object_set_new(o, "to",
				    json_string(role ? stp_role_name((enum stp_role)tr->to)
						     : stp_state_name((enum stp_state)tr->to, 0)));
	} else {
		json_object_set_new(o, "to", json_integer(tr->to));
	}
	json_object_set_new(o, "why", json_string(stp_why_name((enum stp_why)tr->why)));
	return o;
}

static json_t *
history_json(const struct net_bridge *br) CTL_ONLY
{
	static struct stp_transition tr[STP_HISTORY];
	unsigned int n = stp_bridge_history(br_stp(br), tr, STP_HISTORY);
	json_t *list = json_array();

	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(list, br_cli_stp_json(br, &tr[i]));
	return list;
}

json_t *
br_cli_tree_json(const struct net_bridge *br, uint16_t mstid)
{
	json_t *o, *ports = json_array();
	struct stp_tree_info t;
	unsigned int n = 0;
	int rc;

	while ((rc = stp_tree_show(br_stp(br), n, &t)) == 0 && t.mstid != mstid)
		n++;
	for (unsigned int i = 0; rc == 0 && i < br->ports->n; i++)
		json_array_append_new(ports, tree_json(br, br->ports->p[i], mstid, true));
	o = json_pack("{s:s, s:i, s:o}", "ifname", br->dev->name, "instance", (int)mstid, "ports",
		      ports);
	if (rc == 0) {
		add_tree(o, br, &t);
		return o;
	}
	json_decref(o);
	return NULL;
}

static json_t *
bridge_json(const struct net_bridge *br, const struct br_port *only, bool detail) CTL_ONLY
{
	static const char *const protocols[] = { "off", "stp", "rstp", "mstp" };
	json_t *o = json_pack("{s:s, s:s}", "ifname", br->dev->name, "protocol",
			      protocols[br_stp_state(br)]);
	json_t *ports = json_array();
	struct stp_bridge_conf conf;
	struct stp_tree_info t;

	stp_bridge_get(br_stp(br), &conf);
	stp_tree_show(br_stp(br), 0, &t);
	add_tree(o, br, &t);
	json_object_set_new(o, "hello_time", json_integer(t.times.hello_time));
	json_object_set_new(o, "max_age", json_integer(t.times.max_age));
	json_object_set_new(o, "forward_delay", json_integer(t.times.forward_delay));
	json_object_set_new(o, "tx_hold_count", json_integer(conf.tx_hold_count));
	for (unsigned int i = 0; i < br->ports->n; i++)
		if (only == NULL || only == br->ports->p[i])
			json_array_append_new(ports, port_json(br, br->ports->p[i], detail));
	json_object_set_new(o, "ports", ports);
	if (br_stp_state(br) == 3) {
		json_object_set_new(o, "mst",
				    json_pack("{s:s, s:i}", "name", conf.mst_name, "revision",
					      conf.mst_revision));
		json_object_set_new(o, "instances", instances_json(br, detail));
	}
	if (detail)
		json_object_set_new(o, "history", history_json(br));
	return o;
}

/* The port of argument PORT, of bridge @p br; NULL after cli_error(). */
static struct br_port *
arg_port(struct cli_ctx *c, const struct net_bridge *br) CTL_ONLY
{
	const char *name = cli_arg_str(c, "PORT");
	struct net_device *dev = dev_get_by_name(name);
	struct br_port *p = dev != NULL ? br_port_of(dev) : NULL;

	if (p != NULL && p->br == br)
		return p;
	cli_error_at(c, -ENODEV, name, "\"%s\" is no port of %s", name, br->dev->name);
	return NULL;
}

static int
show(struct cli_ctx *c)
{
	struct br_port *only = NULL;
	struct net_bridge *br;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	if (br == NULL)
		return -ENODEV;
	if (cli_arg_str(c, "PORT") != NULL) {
		only = arg_port(c, br);
		if (only == NULL)
			return -ENODEV;
	}
	cli_set_result(c, bridge_json(br, only, cli_has(c, "detail") || cli_wants_detail(c)));
	return 0;
}

static void
ports_text(struct cli_ctx *c, const json_t *ports)
{
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *p = json_array_get(ports, i);

		cli_printf(c, "  %-15s %-10s %-10s cost %lld priority %lld%s%s%s\n",
			   cli_str_of(p, "ifname"), cli_str_of(p, "role"), cli_str_of(p, "state"),
			   (long long)json_integer_value(json_object_get(p, "path_cost")),
			   (long long)json_integer_value(json_object_get(p, "priority")),
			   json_is_true(json_object_get(p, "edge")) ? " edge" : "",
			   json_is_true(json_object_get(p, "point_to_point")) ? " p2p" : "",
			   json_is_true(json_object_get(p, "errdisabled")) ? " errdisabled" : "");
	}
}

static void
tree_text(struct cli_ctx *c, const json_t *o)
{
	cli_printf(c, "bridge %s root %s cost %lld port %s topology changes %lld\n",
		   cli_str_of(o, "bridge_id"), cli_str_of(o, "root_id"),
		   (long long)json_integer_value(json_object_get(o, "root_path_cost")),
		   cli_str_of(o, "root_port")[0] != '\0' ? cli_str_of(o, "root_port") : "none",
		   (long long)json_integer_value(json_object_get(o, "topology_changes")));
	ports_text(c, json_object_get(o, "ports"));
}

static void
show_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *list = json_object_get(o, "instances"), *past = json_object_get(o, "history");

	cli_printf(c, "%s: %s ", cli_str_of(o, "ifname"), cli_str_of(o, "protocol"));
	tree_text(c, o);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *t = json_array_get(list, i);

		cli_printf(c, " instance %lld: ",
			   (long long)json_integer_value(json_object_get(t, "instance")));
		tree_text(c, t);
	}
	for (size_t i = 0; i < json_array_size(past); i++) {
		const json_t *h = json_array_get(past, i);

		cli_printf(c, "  %.3f %s %s %s %s (%s)\n",
			   json_real_value(json_object_get(h, "time")), cli_str_of(h, "ifname"),
			   cli_str_of(h, "what"), cli_str_of(h, "from"), cli_str_of(h, "to"),
			   cli_str_of(h, "why"));
	}
}

/* --- set --- */

/* 0, or what cli_error() returns. @p why: where the call that gave @p rc left its sentence. */
static int
told(struct cli_ctx *c, int rc, const char *what, const char *const *why)
{
	return rc != 0 ? cli_error(c, rc, "%s: %s", what, *why) : 0;
}

static int
set_port(struct cli_ctx *c)
{
	const char *why = "";
	struct net_bridge *br;
	struct br_port *p;
	int rc;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	p = br != NULL ? arg_port(c, br) : NULL;
	if (p == NULL)
		return -ENODEV;
	rc = br_cli_set(c, p, true);
	if (rc == 0 && cli_has(c, "PRIO")) {
		struct stp_port_conf conf;

		stp_port_get(p->stp, &conf);
		rc = told(c,
			  stp_port_tree_set(p->stp, STP_CIST, conf.path_cost,
					    cli_arg_u32(c, "PRIO", 0), &why),
			  "priority", &why);
	}
	if (rc == 0 && cli_has(c, "mcheck"))
		stp_port_mcheck(p->stp);
	return rc;
}

static int
set_port_instance(struct cli_ctx *c)
{
	uint16_t mstid = (uint16_t)cli_arg_u32(c, "I", 0);
	uint32_t cost, priority;
	const char *why = "";
	struct net_bridge *br;
	struct br_port *p;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	p = br != NULL ? arg_port(c, br) : NULL;
	if (p == NULL)
		return -ENODEV;
	if (stp_port_tree_get(p->stp, mstid, &cost, &priority) != 0)
		return cli_error(c, -ENOENT, "%s has no instance %u", br->dev->name, mstid);
	return told(c,
		    stp_port_tree_set(p->stp, mstid, cli_arg_u32(c, "COST", cost),
				      cli_arg_u32(c, "PRIO", priority), &why),
		    "instance", &why);
}

static int
set_bridge(struct cli_ctx *c)
{
	struct stp_bridge_conf conf;
	const char *why = "", *name = cli_arg_str(c, "NAME");
	struct net_bridge *br;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	if (br == NULL)
		return -ENODEV;
	stp_bridge_get(br_stp(br), &conf);
	if (cli_has(c, "N"))
		conf.tx_hold_count = (uint8_t)cli_arg_u32(c, "N", 0);
	if (name != NULL && strlen(name) > STP_MST_NAME_LEN)
		return cli_error_at(c, -EINVAL, name, "\"%s\": a name has %u octets at most", name,
				    STP_MST_NAME_LEN);
	if (name != NULL)
		snprintf(conf.mst_name, sizeof(conf.mst_name), "%s", name);
	if (cli_has(c, "REVISION"))
		conf.mst_revision = (uint16_t)cli_arg_u32(c, "REVISION", 0);
	return told(c, stp_bridge_set(br_stp(br), &conf, &why), br->dev->name, &why);
}

/* "10,20-29" as a set. */
static int
parse_vlans(struct cli_ctx *c, const char *list, uint8_t vlans[512])
{
	char word[16];

	memset(vlans, 0, 512);
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		uint16_t first, last;
		int rc;

		snprintf(word, sizeof(word), "%.*s", (int)RTE_MIN(n, sizeof(word) - 1), list);
		rc = br_cli_vids(c, word, &first, &last);
		if (rc != 0)
			return rc;
		for (uint16_t v = first; v <= last; v++)
			vlans[v / 8] |= (uint8_t)(1 << v % 8);
		list += n + (list[n] == ',');
	}
	return 0;
}

static int
set_instance(struct cli_ctx *c)
{
	uint16_t mstid = (uint16_t)cli_arg_u32(c, "I", 0);
	const char *list = cli_arg_str(c, "LIST"), *why = "";
	struct net_bridge *br;
	uint8_t vlans[512];
	int rc = 0;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	if (br == NULL)
		return -ENODEV;
	if (list != NULL) {
		rc = parse_vlans(c, list, vlans);
		if (rc != 0)
			return rc;
		return told(c, br_stp_set_vlans(br, mstid, vlans, &why), "instance", &why);
	}
	if (cli_has(c, "delete"))
		return told(c, br_stp_del_instance(br, mstid, &why), "instance", &why);
	return told(c, stp_tree_set_priority(br_stp(br), mstid, cli_arg_u32(c, "PRIO", 0), &why),
		    "priority", &why);
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "stp show BR:str [port PORT:str] [detail]",
	  .help = "Show the spanning tree as this bridge sees it; detail: timers, counters, what "
		  "happened.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "stp set BR:str port PORT:str [edge EDGE:str] [point_to_point "
		    "POINT_TO_POINT:str] "
		    "[mcheck] [restricted_role ROOT_BLOCK:str] [restricted_tcn RESTRICTED_TCN:str] "
		    "[bpdu_filter BPDU_FILTER:str] [bpdu_guard GUARD:str] [loop_guard "
		    "LOOP_GUARD:str] "
		    "[cost COST:str] [priority PRIO:u32(0..240)]",
	  .help = "Change what the spanning tree thinks of a port.",
	  .section = "ports",
	  .fn = set_port },
	{ .syntax = "stp set BR:str port PORT:str mst instance I:u32(0..4094) [cost COST:u32] "
		    "[priority PRIO:u32(0..240)]",
	  .help = "The same for one instance; 0: the CIST within the region.",
	  .section = "ports",
	  .fn = set_port_instance },
	{ .syntax = "stp set BR:str tx_hold_count N:u32(1..10)",
	  .help = "How many BPDUs may leave by a port in a second.",
	  .section = "ports",
	  .fn = set_bridge },
	{ .syntax = "stp set BR:str mst name NAME:str [revision REVISION:u32(0..65535)]",
	  .help = "The region that the bridge is in.",
	  .section = "ports",
	  .fn = set_bridge },
	{ .syntax = "stp set BR:str mst instance I:u32(1..4094) (vlans LIST:str|priority "
		    "PRIO:u32(0..61440)|delete)",
	  .help = "Make an instance of VLANs (10,20-29), give it a priority, delete it.",
	  .section = "ports",
	  .fn = set_instance },
	{ 0 },
};

void
br_stp_cli_register(void)
{
	cli_register(cmds);
}
