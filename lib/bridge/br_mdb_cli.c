/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge mdb (show|add|del|flush), as iproute2's; ip link xstats type bridge. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

/* --- show --- */

struct list {
	const struct cli_ctx *c;
	const struct net_bridge *br;
	json_t *rows;
	int vid; /* -1: any */
};

static json_t *
ip_json(rte_be32_t addr)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, text, sizeof(text));
	return json_string(text);
}

json_t *
br_cli_timer(uint32_t ms)
{
	return json_sprintf("%4u.%02u", ms / 1000, ms % 1000 / 10);
}

/* What all rows of an entry have; @p source 0: the group itself. */
static json_t *
row_json(const struct list *l, const struct br_mdb_entry *e, rte_be32_t source, uint32_t left_ms)
{
	const struct net_device *dev = e->port != NULL ? e->port->dev : l->br->dev;
	json_t *o = json_pack("{s:i, s:s, s:s}", "index", (int)l->br->dev->ifindex, "dev",
			      l->br->dev->name, "port", dev->name);

	json_object_set_new(o, "grp", e->mac ? br_cli_mac(&e->addr) : ip_json(e->group));
	if (source != 0)
		json_object_set_new(o, "src", ip_json(source));
	json_object_set_new(o, "state", json_string(e->permanent ? "permanent" : "temp"));
	if (cli_wants_detail(l->c) && e->port != NULL)
		json_object_set_new(o, "protocol", json_string(e->permanent ? "static" : "kernel"));
	json_object_set_new(o, "flags", json_array());
	if (e->vid != 0)
		json_object_set_new(o, "vid", json_integer(e->vid));
	if (cli_wants_stats(l->c))
		json_object_set_new(o, "timer", br_cli_timer(left_ms));
	return o;
}

static void
add_sources(json_t *o, const struct br_mdb_entry *e)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < e->n_sources; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "address",
						      ip_json(e->sources[i].addr), "timer",
						      br_cli_timer(e->sources[i].left_ms)));
	json_object_set_new(o, "filter_mode", json_string(e->exclude ? "exclude" : "include"));
	json_object_set_new(o, "source_list", list);
}

/* The group, and a row for each source that somebody named. */
static void
add_entry(const struct br_mdb_entry *e, void *arg)
{
	const struct list *l = arg;

	if (l->vid >= 0 && e->vid != l->vid)
		return;
	if (e->exclude || !e->permanent) {
		json_t *o = row_json(l, e, 0, e->left_ms);

		if (cli_wants_detail(l->c) && e->n_sources > 0)
			add_sources(o, e);
		json_array_append_new(l->rows, o);
	}
	for (unsigned int i = 0; i < e->n_sources; i++) {
		json_t *o = row_json(l, e, e->sources[i].addr, e->sources[i].left_ms);

		if (e->exclude && e->sources[i].left_ms == 0)
			json_array_append_new(json_object_get(o, "flags"), json_string("blocked"));
		json_array_append_new(l->rows, o);
	}
}

json_t *
br_cli_mdb_json(const struct cli_ctx *c, const struct net_bridge *br, const struct br_mdb_entry *e)
{
	const struct list l = { .c = c, .br = br };

	/* What joins or leaves with one source alone is told as that. */
	if (!e->exclude && e->n_sources == 1)
		return row_json(&l, e, e->sources[0].addr, e->sources[0].left_ms);
	return row_json(&l, e, 0, e->left_ms);
}

static void
add_router(const struct br_port *port, uint16_t vid, bool permanent, uint32_t left_ms, void *arg)
{
	const struct list *l = arg;
	json_t *o;

	if (l->vid > 0 && vid != 0 && vid != l->vid)
		return;
	o = json_pack("{s:s}", "port", port != NULL ? port->dev->name : l->br->dev->name);
	if (vid != 0)
		json_object_set_new(o, "vid", json_integer(vid));
	if (cli_wants_stats(l->c)) {
		json_object_set_new(o, "timer", br_cli_timer(left_ms));
		json_object_set_new(o, "type", json_string(permanent ? "permanent" : "temp"));
	}
	json_array_append_new(l->rows, o);
}

static int
show(struct cli_ctx *c)
{
	struct list l = { .c = c, .vid = cli_has(c, "VID") ? (int)cli_arg_u32(c, "VID", 0) : -1 };
	json_t *mdb = json_array(), *routers = json_object();
	const char *name = cli_arg_dev(c, "DEV");

	role_enter_ctl();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		l.br = br_of(d);
		if (l.br == NULL || (name != NULL && strcmp(name, d->name) != 0))
			continue;
		l.rows = mdb;
		br_mdb_walk(l.br, add_entry, &l);
		if (!cli_wants_detail(c))
			continue;
		l.rows = json_array();
		br_mcast_routers(l.br, add_router, &l);
		if (json_array_size(l.rows) > 0)
			json_object_set(routers, d->name, l.rows);
		json_decref(l.rows);
	}
	cli_set_result(c, json_pack("[{s:o, s:o}]", "mdb", mdb, "router", routers));
	return 0;
}

void
br_cli_mdb_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *list = json_object_get(o, "source_list"), *v = json_object_get(o, "vid"),
		     *flags = json_object_get(o, "flags");

	cli_printf(c, "dev %s port %s grp %s", cli_str_of(o, "dev"), cli_str_of(o, "port"),
		   cli_str_of(o, "grp"));
	if (json_object_get(o, "src") != NULL)
		cli_printf(c, " src %s", cli_str_of(o, "src"));
	cli_printf(c, " %s", cli_str_of(o, "state"));
	if (list != NULL)
		cli_printf(c, " filter_mode %s source_list ", cli_str_of(o, "filter_mode"));
	for (size_t i = 0; i < json_array_size(list); i++)
		cli_printf(c, "%s%s/%s", i > 0 ? "," : "",
			   cli_str_of(json_array_get(list, i), "address"),
			   cli_str_of(json_array_get(list, i), "timer"));
	if (json_object_get(o, "protocol") != NULL)
		cli_printf(c, " proto %s", cli_str_of(o, "protocol"));
	for (size_t i = 0; i < json_array_size(flags); i++)
		cli_printf(c, " %s", json_string_value(json_array_get(flags, i)));
	if (v != NULL)
		cli_printf(c, " vid %lld", (long long)json_integer_value(v));
	if (json_object_get(o, "timer") != NULL)
		cli_printf(c, " %s", cli_str_of(o, "timer"));
	cli_printf(c, "\n");
}

static void
show_text(struct cli_ctx *c, const json_t *result)
{
	const json_t *o = json_array_get(result, 0), *mdb = json_object_get(o, "mdb"), *list;
	json_t *routers = json_object_get(o, "router");
	const char *br;

	for (size_t i = 0; i < json_array_size(mdb); i++)
		br_cli_mdb_text(c, json_array_get(mdb, i));
	json_object_foreach(routers, br, list) {
		cli_printf(c, "router ports on %s: ", br);
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *r = json_array_get(list, i);

			cli_printf(c, "%s", cli_str_of(r, "port"));
			if (json_object_get(r, "vid") != NULL)
				cli_printf(
					c, " vid %lld",
					(long long)json_integer_value(json_object_get(r, "vid")));
			if (json_object_get(r, "timer") != NULL)
				cli_printf(c, " %s %s", cli_str_of(r, "timer"),
					   cli_str_of(r, "type"));
			cli_printf(c, "%s", i + 1 < json_array_size(list) ? "  " : " ");
		}
		cli_printf(c, "\n");
	}
}

/* --- changes --- */

/* The bridge of DEV, and the port of PORT, which may be the bridge itself. */
static int
place(struct cli_ctx *c, struct net_bridge **br, struct br_port **p) CTL_ONLY
{
	const char *name = cli_arg_str(c, "PORT");
	struct net_device *dev;

	*br = br_cli_bridge(c, "DEV");
	*p = NULL;
	if (*br == NULL)
		return -EINVAL;
	dev = name != NULL ? dev_get_by_name(name) : NULL;
	if (name == NULL || dev == (*br)->dev)
		return 0;
	*p = dev != NULL ? br_port_of(dev) : NULL;
	return *p != NULL && (*p)->br == *br ? 0
					     : cli_error_at(c, -EINVAL, name, "%s is no port of %s",
							    name, (*br)->dev->name);
}

static int
entry_of(struct cli_ctx *c, struct net_bridge **br, struct br_mdb_entry *e) CTL_ONLY
{
	const char *grp = cli_arg_str(c, "GRP"), *src = cli_arg_str(c, "SRC");
	int rc;

	*e = (struct br_mdb_entry){ .vid = (uint16_t)cli_arg_u32(c, "VID", 0),
				    .permanent = cli_has(c, "permanent") };
	if (grp == NULL || !cli_has(c, "PORT"))
		return cli_error(c, -EINVAL, "which port, and which group? add \"port P grp G\"");
	rc = place(c, br, &e->port);
	if (rc != 0)
		return rc;
	e->mac = rte_ether_unformat_addr(grp, &e->addr) == 0;
	if (!e->mac && inet_pton(AF_INET, grp, &e->group) != 1)
		return cli_error_at(c, -EINVAL, grp, "\"%s\": expected a group's address", grp);
	if (src != NULL && (inet_pton(AF_INET, src, &e->source) != 1 || e->source == 0))
		return cli_error_at(c, -EINVAL, src, "\"%s\": expected an IPv4 address", src);
	return 0;
}

static int
add(struct cli_ctx *c)
{
	struct br_mdb_entry e;
	struct net_bridge *br;
	const char *why = "";
	int rc;

	role_enter_ctl();
	rc = entry_of(c, &br, &e);
	if (rc != 0)
		return rc;
	if (br->flags & BR_MCAST_VLAN && e.vid != 0 && !br_vlan_used(br, e.vid))
		return cli_error_at(c, -EINVAL, cli_arg_str(c, "VID"),
				    "nobody is a member of VLAN %u", e.vid);
	rc = br_mdb_add(br, &e, &why);
	return rc != 0 ? cli_error_at(c, rc, cli_arg_str(c, "GRP"), "group %s: %s",
				      cli_arg_str(c, "GRP"), why)
		       : 0;
}

static int
del(struct cli_ctx *c)
{
	struct br_mdb_entry e;
	struct net_bridge *br;
	int rc;

	role_enter_ctl();
	rc = entry_of(c, &br, &e);
	if (rc != 0)
		return rc;
	if (br_mdb_del(br, &e) != 0)
		return cli_error_at(c, -ENOENT, cli_arg_str(c, "GRP"),
				    "group %s: the port has not joined it", cli_arg_str(c, "GRP"));
	return 0;
}

static int
flush(struct cli_ctx *c)
{
	struct br_mcast_filter f = { .vid = cli_has(c, "VID") ? (int)cli_arg_u32(c, "VID", 0) : -1,
				     .tree = -1,
				     .any_port = !cli_has(c, "PORT"),
				     .keep_permanent = cli_has(c, "nopermanent"),
				     .keep_learned = cli_has(c, "permanent") };
	struct net_bridge *br;
	struct br_port *p;
	int rc;

	role_enter_ctl();
	rc = place(c, &br, &p);
	if (rc != 0)
		return rc;
	f.port = p;
	br_mcast_flush(br, &f);
	return 0;
}

/* --- ip link xstats --- */

static json_t *
versions(const uint64_t rx[4], const uint64_t tx[4])
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rx_v1", (json_int_t)rx[1], "rx_v2",
			 (json_int_t)rx[2], "rx_v3", (json_int_t)rx[3], "tx_v1", (json_int_t)tx[1],
			 "tx_v2", (json_int_t)tx[2], "tx_v3", (json_int_t)tx[3]);
}

static json_t *
xstats_row(const struct cli_ctx *c, struct net_device *dev)
{
	const struct br_opt *enabled = br_opt_find("mcast_stats_enabled", false);
	static const uint64_t none[4];
	struct br_mcast_stats st;

	(void)c;
	role_enter_ctl();
	if (br_of(dev) == NULL || enabled->get(br_of(dev)) == 0)
		return NULL;
	br_mcast_stats(br_of(dev), &st);
	return json_pack("{s:s, s:{s:o, s:o, s:{s:I}, s:I, s:I}}", "ifname", dev->name, "multicast",
			 "igmp_queries", versions(st.rx_query, st.tx_query), "igmp_reports",
			 versions(st.rx_report, none), "igmp_leaves", "rx", (json_int_t)st.rx_leave,
			 "igmp_parse_errors", (json_int_t)st.bad, "refused",
			 (json_int_t)st.refused);
}

static int
xstats(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, xstats_row);
}

static void
xstats_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *m = json_object_get(o, "multicast"),
			     *q = json_object_get(m, "igmp_queries"),
			     *r = json_object_get(m, "igmp_reports");

		cli_printf(c,
			   "%-16s\n%20sIGMP queries:\n%22sRX: v1 %lld v2 %lld v3 %lld\n"
			   "%22sTX: v1 %lld v2 %lld v3 %lld\n",
			   cli_str_of(o, "ifname"), "", "", cli_num_of(q, "rx_v1"),
			   cli_num_of(q, "rx_v2"), cli_num_of(q, "rx_v3"), "",
			   cli_num_of(q, "tx_v1"), cli_num_of(q, "tx_v2"), cli_num_of(q, "tx_v3"));
		cli_printf(c,
			   "%20sIGMP reports:\n%22sRX: v1 %lld v2 %lld v3 %lld\n"
			   "%20sIGMP leaves: RX: %lld\n%20sIGMP parse errors: %lld\n"
			   "%20sJoins without room: %lld\n",
			   "", "", cli_num_of(r, "rx_v1"), cli_num_of(r, "rx_v2"),
			   cli_num_of(r, "rx_v3"), "",
			   cli_num_of(json_object_get(m, "igmp_leaves"), "rx"), "",
			   cli_num_of(m, "igmp_parse_errors"), "", cli_num_of(m, "refused"));
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge mdb [show] [dev DEV:dev] [vid VID:u32(1..4094)]",
	  .help = "Show multicast groups and who has joined; -d sources and routers, -s timers.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge mdb add [dev DEV:dev] [port PORT:str] [grp GRP:str] [src SRC:str] "
		    "[permanent] [temp] [vid VID:u32(1..4094)]",
	  .help = "Let a port, or the bridge itself, join a group: until it expires, or for good.",
	  .section = "ports",
	  .fn = add },
	{ .syntax = "bridge mdb del [dev DEV:dev] [port PORT:str] [grp GRP:str] [src SRC:str] "
		    "[permanent] [temp] [vid VID:u32(1..4094)]",
	  .help = "End that.",
	  .section = "ports",
	  .fn = del },
	{ .syntax = "bridge mdb flush dev DEV:dev [port PORT:str] [vid VID:u32(1..4094)] "
		    "[permanent] [nopermanent]",
	  .help = "Forget groups: those by hand, too, unless nopermanent is said.",
	  .section = "ports",
	  .fn = flush },
	{ .syntax = "ip link xstats type bridge [[dev] DEV:dev]",
	  .help = "Show IGMP as it was counted, where mcast_stats_enabled is on.",
	  .section = "display",
	  .fn = xstats,
	  .text = xstats_text,
	  .read_only = true },
	{ 0 },
};

void
br_mdb_cli_register(void)
{
	cli_register(cmds);
}
