/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge fdb (show|get|add|append|replace|del|flush), as iproute2's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

#define SLICE 1024 /* rows handed out at a time */

/* --- show --- */

/* What `show` is about, and how far it is. */
struct rows {
	char br[IFNAMSIZ]; /* "": all bridges */
	int32_t ifindex;   /* the bridge that is being listed; 0: before the first */
	uint32_t line;
	int32_t dev;	   /* ifindex; 0: any */
	int vid;	   /* -1: any */
	const char *state; /* a literal; NULL: any */
	bool dynamic, stats;
};

static const char *
state_of(uint32_t val)
{
	if (val & BR_FDB_LOCAL)
		return "permanent";
	return val & BR_FDB_STATIC ? "static" : "";
}

json_t *
br_cli_fdb_json(const struct net_bridge *br, const struct br_fdb_entry *e, bool stats)
{
	json_t *o = json_object(), *flags = json_array();

	json_object_set_new(o, "mac", br_cli_mac(&e->mac));
	json_object_set_new(o, "ifname",
			    json_string(e->port != NULL ? e->port->dev->name : br->dev->name));
	if (e->vid != 0)
		json_object_set_new(o, "vlan", json_integer(e->vid));
	if (stats) {
		json_object_set_new(o, "used", json_integer(e->age_s));
		json_object_set_new(o, "updated", json_integer(e->age_s));
	}
	if (e->val & BR_FDB_EXT)
		json_array_append_new(flags, json_string("extern_learn"));
	if (e->val & BR_FDB_STICKY)
		json_array_append_new(flags, json_string("sticky"));
	json_object_set_new(o, "flags", flags);
	json_object_set_new(o, "master", json_string(br->dev->name));
	json_object_set_new(o, "state", json_string(state_of(e->val)));
	return o;
}

static bool
is_wanted(const struct rows *r, const struct net_bridge *br, const struct br_fdb_entry *e)
{
	const struct net_device *dev = e->port != NULL ? e->port->dev : br->dev;

	return (r->dev == 0 || dev->ifindex == r->dev) && (r->vid < 0 || e->vid == r->vid) &&
	       (r->state == NULL || strcmp(state_of(e->val), r->state) == 0) &&
	       !(r->dynamic && e->val & (BR_FDB_LOCAL | BR_FDB_STATIC));
}

/* The bridge that is being listed, or the next one. */
static struct net_bridge *
current(struct rows *r) CTL_ONLY
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		if (br_of(d) == NULL || d->ifindex < r->ifindex ||
		    (r->br[0] != '\0' && strcmp(d->name, r->br) != 0))
			continue;
		if (d->ifindex != r->ifindex)
			r->line = 0;
		r->ifindex = d->ifindex;
		return br_of(d);
	}
	return NULL;
}

static json_t *
next_rows(struct cli_ctx *c, void *arg)
{
	static struct br_fdb_entry e[SLICE];
	struct rows *r = arg;
	struct net_bridge *br;

	(void)c;
	role_enter_ctl();
	while ((br = current(r)) != NULL) {
		unsigned int n = br_fdb_walk(br, &r->line, e, SLICE);
		json_t *list = json_array();

		for (unsigned int i = 0; i < n; i++)
			if (is_wanted(r, br, &e[i]))
				json_array_append_new(list, br_cli_fdb_json(br, &e[i], r->stats));
		if (n == 0)
			r->ifindex++;
		if (json_array_size(list) > 0)
			return list;
		json_decref(list);
	}
	return NULL;
}

/* The literal of a state's word; "" for "dynamic" and "reachable". NULL: none. */
static const char *
parse_state(const char *word)
{
	static const char *const words[][2] = {
		{ "permanent", "permanent" }, { "local", "permanent" },
		{ "static", "static" },	      { "dynamic", "" },
		{ "reachable", "" },	      { "temp", "" }
	};

	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		if (strcmp(words[i][0], word) == 0)
			return words[i][1];
	return NULL;
}

static int
show(struct cli_ctx *c)
{
	const char *state = cli_arg_str(c, "STATE"), *name = cli_arg_str(c, "BR");
	struct net_device *dev = NULL;
	struct rows *r;

	role_enter_ctl();
	if (name != NULL && br_cli_bridge(c, "BR") == NULL)
		return -ENODEV;
	if (cli_arg_dev(c, "DEV") != NULL) {
		dev = netdev_cli_dev(c);
		if (dev == NULL)
			return -ENODEV;
	}
	if (state != NULL && parse_state(state) == NULL)
		return cli_error_at(c, -EINVAL, state,
				    "\"%s\": expected permanent, static or dynamic", state);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	if (name != NULL)
		memcpy(r->br, name, strnlen(name, IFNAMSIZ - 1));
	r->dev = dev != NULL ? dev->ifindex : 0;
	r->vid = cli_has(c, "VLAN") ? (int)cli_arg_u32(c, "VLAN", 0) : -1;
	r->state = state != NULL ? parse_state(state) : NULL;
	r->dynamic = cli_has(c, "dynamic");
	r->stats = cli_wants_stats(c);
	cli_set_rows(c, next_rows, free, r);
	return 0;
}

void
br_cli_fdb_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *flags = json_object_get(o, "flags");

	cli_printf(c, "%s dev %s ", json_string_value(json_object_get(o, "mac")),
		   json_string_value(json_object_get(o, "ifname")));
	if (json_object_get(o, "vlan") != NULL)
		cli_printf(c, "vlan %lld ",
			   (long long)json_integer_value(json_object_get(o, "vlan")));
	if (json_object_get(o, "used") != NULL)
		cli_printf(c, "used %lld/%lld ",
			   (long long)json_integer_value(json_object_get(o, "used")),
			   (long long)json_integer_value(json_object_get(o, "updated")));
	for (size_t k = 0; k < json_array_size(flags); k++)
		cli_printf(c, "%s ", json_string_value(json_array_get(flags, k)));
	cli_printf(c, "master %s %s\n", json_string_value(json_object_get(o, "master")),
		   json_string_value(json_object_get(o, "state")));
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		br_cli_fdb_text(c, json_array_get(list, i));
}

static int
get(struct cli_ctx *c)
{
	struct net_bridge *br = NULL;
	struct br_port *p = NULL;
	struct rte_ether_addr mac;
	struct br_fdb_entry e;
	json_t *list;

	role_enter_ctl();
	if (cli_arg_str(c, "BR") != NULL) {
		br = br_cli_bridge(c, "BR");
	} else if (br_cli_place(c, &br, &p) != 0) {
		return -ENODEV;
	}
	if (br == NULL || !cli_arg_mac(c, "MAC", &mac))
		return -EINVAL;
	if (!br_fdb_get(br, &mac, (uint16_t)cli_arg_u32(c, "VLAN", 0), &e))
		return cli_error(c, -ENOENT, "Fdb entry not found.");
	list = json_array();
	json_array_append_new(list, br_cli_fdb_json(br, &e, cli_wants_stats(c)));
	cli_set_result(c, list);
	return 0;
}

/* --- changes --- */

/* The bits that the command's words say. A word for none of the states: permanent. */
static uint32_t
val_of(const struct cli_ctx *c)
{
	uint32_t val = 0;

	if (cli_has(c, "static"))
		val = BR_FDB_STATIC;
	else if (!cli_has(c, "dynamic"))
		val = BR_FDB_LOCAL | BR_FDB_STATIC;
	if (cli_has(c, "sticky"))
		val |= BR_FDB_STICKY;
	if (cli_has(c, "extern_learn"))
		val |= BR_FDB_EXT;
	return val;
}

/* An entry without a VLAN is one in each VLAN of the port, too, where VLANs count. */
static int
for_vlans(struct net_bridge *br, struct br_port *p, int vid,
	  int (*fn)(struct net_bridge *, struct br_port *, uint16_t vid, void *arg),
	  void *arg) CTL_ONLY
{
	const struct br_vlans *set = p != NULL ? p->vlans : br->vlans;
	int rc = fn(br, p, (uint16_t)(vid < 0 ? 0 : vid), arg);

	for (uint16_t v = 1; vid < 0 && br->flags & BR_VLAN_FILTERING && rc == 0 && v < 4095; v++)
		if (br_vlan_has(set->member, v))
			rc = fn(br, p, v, arg);
	return rc;
}

struct change {
	struct rte_ether_addr mac;
	uint32_t val;
	bool replace;
};

static int
add_in(struct net_bridge *br, struct br_port *p, uint16_t vid, void *arg)
{
	const struct change *ch = arg;

	role_enter_ctl();
	return br_fdb_add(br, p, &ch->mac, vid, ch->val, ch->replace);
}

static int
del_in(struct net_bridge *br, struct br_port *p, uint16_t vid, void *arg)
{
	const struct change *ch = arg;

	role_enter_ctl();
	return br_fdb_del(br, p, &ch->mac, vid);
}

static int
modify(struct cli_ctx *c, bool add, bool replace) CTL_ONLY
{
	int vid = cli_has(c, "VLAN") ? (int)cli_arg_u32(c, "VLAN", 0) : -1, rc;
	struct change ch = { .val = val_of(c), .replace = replace };
	struct net_bridge *br;
	struct br_port *p;

	rc = br_cli_place(c, &br, &p);
	if (rc != 0)
		return rc;
	if (!cli_arg_mac(c, "MAC", &ch.mac))
		return cli_error(c, -EINVAL, "which address?");
	if (p != NULL && cli_has(c, "self"))
		return cli_error_at(c, -EOPNOTSUPP, "self",
				    "self: %s has no forwarding database of its own, say master",
				    p->dev->name);
	rc = for_vlans(br, p, vid, add ? add_in : del_in, &ch);
	switch (rc) {
	case 0:
		return 0;
	case -EEXIST:
		return cli_error(c, rc, "File exists: the bridge has an entry for that address");
	case -ENOENT:
		return cli_error(c, rc, "No such file or directory: there is no such entry at %s",
				 p != NULL ? p->dev->name : br->dev->name);
	case -EINVAL:
		return cli_error(c, rc, "expected a unicast address");
	default:
		return cli_error(c, rc, "%s", strerror(-rc));
	}
}

static int
add(struct cli_ctx *c)
{
	role_enter_ctl();
	return modify(c, true, false);
}

static int
replace(struct cli_ctx *c)
{
	role_enter_ctl();
	return modify(c, true, true);
}

static int
del(struct cli_ctx *c)
{
	role_enter_ctl();
	return modify(c, false, false);
}

static int
flush(struct cli_ctx *c)
{
	struct br_fdb_filter f = { .vid = -1, .tree = -1 };
	struct net_bridge *br;
	struct br_port *p;
	int rc;

	role_enter_ctl();
	rc = br_cli_place(c, &br, &p);
	if (rc != 0)
		return rc;
	f.port = p;
	if (p == NULL && cli_arg_str(c, "BRPORT") != NULL) {
		struct net_device *dev = dev_get_by_name(cli_arg_str(c, "BRPORT"));

		f.port = dev != NULL ? br_port_of(dev) : NULL;
		if (f.port == NULL || f.port->br != br)
			return cli_error_at(c, -EINVAL, cli_arg_str(c, "BRPORT"),
					    "%s is no port of %s", cli_arg_str(c, "BRPORT"),
					    br->dev->name);
	}
	f.vid = cli_has(c, "VLAN") ? (int)cli_arg_u32(c, "VLAN", 0) : -1;
	if (cli_has(c, "dynamic") || cli_has(c, "nopermanent") || cli_has(c, "nostatic"))
		f.mask |= BR_FDB_LOCAL;
	if (cli_has(c, "dynamic") || cli_has(c, "nostatic"))
		f.mask |= BR_FDB_STATIC;
	if (cli_has(c, "static") || cli_has(c, "permanent")) {
		f.mask |= BR_FDB_LOCAL | BR_FDB_STATIC;
		f.val = BR_FDB_STATIC | (cli_has(c, "permanent") ? BR_FDB_LOCAL : 0);
	}
	f.keep_own = true;
	br_fdb_flush(br, &f);
	return 0;
}

#define ENTRY                                                                                      \
	"[to] MAC:mac dev DEV:dev [vlan VLAN:u32(0..4094)] [self] [master] [local] [permanent] "   \
	"[static] [dynamic] [sticky] [extern_learn]"

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge fdb [show] [br BR:str] [(dev|brport) DEV:dev] [vlan VLAN:u32(0..4094)] "
		    "[state STATE:str] [dynamic]",
	  .help = "Show the forwarding database; -s how long entries have been unused.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge fdb get [to] MAC:mac [(dev|brport) DEV:dev] [br BR:str] "
		    "[vlan VLAN:u32(0..4094)]",
	  .help = "Show one entry.",
	  .section = "display",
	  .fn = get,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge fdb add " ENTRY,
	  .help = "Add an entry: permanent (the bridge's own), static (does not age) or dynamic.",
	  .section = "ports",
	  .fn = add },
	{ .syntax = "bridge fdb (replace|append) " ENTRY,
	  .help = "Add an entry, or change the one that is there.",
	  .section = "ports",
	  .fn = replace },
	{ .syntax = "bridge fdb del " ENTRY,
	  .help = "Delete an entry.",
	  .section = "ports",
	  .fn = del },
	{ .syntax = "bridge fdb flush dev DEV:dev [brport BRPORT:str] [vlan VLAN:u32(0..4094)] "
		    "[self] [master] [permanent] [static] [dynamic] [nopermanent] [nostatic]",
	  .help = "Delete entries of a bridge or a port; its own addresses stay.",
	  .section = "ports",
	  .fn = flush },
	{ 0 },
};

void
br_fdb_cli_register(void)
{
	cli_register(cmds);
}
