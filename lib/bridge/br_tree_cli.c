/* SPDX-License-Identifier: BSD-3-Clause */
/* stp show BRIDGE (tree|dot): a spanning tree as this bridge sees it, to look at. */
#include <errno.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"

static int
show(struct cli_ctx *c)
{
	uint16_t mstid = (uint16_t)cli_arg_u32(c, "I", 0);
	struct net_bridge *br;
	json_t *o;

	role_enter_ctl();
	br = br_cli_bridge(c, "BR");
	if (br == NULL)
		return -ENODEV;
	o = br_cli_tree_json(br, mstid);
	if (o == NULL)
		return cli_error(c, -ENOENT, "%s runs no instance %u", br->dev->name, mstid);
	cli_set_result(c, o);
	return 0;
}

static const json_t *
root_port(const json_t *o)
{
	const json_t *ports = json_object_get(o, "ports");

	for (size_t i = 0; i < json_array_size(ports); i++)
		if (strcmp(cli_str_of(json_array_get(ports, i), "ifname"),
			   cli_str_of(o, "root_port")) == 0)
			return json_array_get(ports, i);
	return NULL;
}

/* Does the port lead to another bridge, as far as is known? A designated port knows of none. */
static bool
has_neighbour(const json_t *o, const json_t *p)
{
	return strcmp(cli_str_of(p, "role"), "alternate") == 0 ||
	       strcmp(cli_str_of(p, "role"), "backup") == 0 ||
	       strcmp(cli_str_of(p, "role"), "master") == 0 || p == root_port(o);
}

/* --- lines --- */

/* From the root down to this bridge. */
static void
way_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *p = root_port(o);

	cli_printf(c, "%s root%s\n", cli_str_of(o, "root_id"), p == NULL ? ", this bridge" : "");
	if (p == NULL)
		return;
	if (strcmp(cli_str_of(p, "designated_bridge"), cli_str_of(o, "root_id")) != 0)
		cli_printf(c, " :    cost %lld\n%s\n", cli_num_of(p, "designated_cost"),
			   cli_str_of(p, "designated_bridge"));
	cli_printf(c, " |    %s %s cost %lld\n%s %s\n", cli_str_of(p, "ifname"),
		   cli_str_of(p, "state"), cli_num_of(p, "path_cost"), cli_str_of(o, "bridge_id"),
		   cli_str_of(o, "ifname"));
}

static void
tree_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *ports = json_object_get(o, "ports");

	way_text(c, o);
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *p = json_array_get(ports, i);
		bool open = strcmp(cli_str_of(p, "state"), "forwarding") == 0;

		if (p == root_port(o))
			continue;
		cli_printf(c, " %s %s %s %s cost %lld", open ? "+--" : "x--",
			   cli_str_of(p, "ifname"), cli_str_of(p, "role"), cli_str_of(p, "state"),
			   cli_num_of(p, "path_cost"));
		if (has_neighbour(o, p))
			cli_printf(c, " to %s", cli_str_of(p, "designated_bridge"));
		cli_printf(c, "\n");
	}
}

/* --- graphviz --- */

static void
edge_dot(struct cli_ctx *c, const json_t *o, const json_t *p)
{
	bool open = strcmp(cli_str_of(p, "state"), "forwarding") == 0;
	char lan[64];

	snprintf(lan, sizeof(lan), "%s:%s", cli_str_of(o, "ifname"), cli_str_of(p, "ifname"));
	if (!has_neighbour(o, p))
		cli_printf(c, "\t\"%s\" [shape=point];\n", lan);
	cli_printf(c, "\t\"%s\" -- \"%s\" [taillabel=\"%s\", label=\"%s %lld\"%s];\n",
		   cli_str_of(o, "bridge_id"),
		   has_neighbour(o, p) ? cli_str_of(p, "designated_bridge") : lan,
		   cli_str_of(p, "ifname"), cli_str_of(p, "role"), cli_num_of(p, "path_cost"),
		   open ? "" : ", style=dashed");
}

static void
dot_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *ports = json_object_get(o, "ports"), *up = root_port(o);

	cli_printf(c,
		   "graph \"%s instance %lld\" {\n\t\"%s\" [shape=doubleoctagon];\n"
		   "\t\"%s\" [label=\"%s\\n%s\", style=bold];\n",
		   cli_str_of(o, "ifname"), cli_num_of(o, "instance"), cli_str_of(o, "root_id"),
		   cli_str_of(o, "bridge_id"), cli_str_of(o, "ifname"), cli_str_of(o, "bridge_id"));
	if (up != NULL &&
	    strcmp(cli_str_of(up, "designated_bridge"), cli_str_of(o, "root_id")) != 0)
		cli_printf(c, "\t\"%s\" -- \"%s\" [label=\"%lld\", style=dotted];\n",
			   cli_str_of(up, "designated_bridge"), cli_str_of(o, "root_id"),
			   cli_num_of(up, "designated_cost"));
	for (size_t i = 0; i < json_array_size(ports); i++)
		edge_dot(c, o, json_array_get(ports, i));
	cli_printf(c, "}\n");
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "stp show BR:str tree [instance I:u32(0..4094)]",
	  .help = "Draw the tree as this bridge sees it: the way to the root, its other ports.",
	  .section = "display",
	  .fn = show,
	  .text = tree_text,
	  .read_only = true },
	{ .syntax = "stp show BR:str dot [instance I:u32(0..4094)]",
	  .help = "The same for graphviz (dot -Tsvg).",
	  .section = "display",
	  .fn = show,
	  .text = dot_text,
	  .read_only = true },
	{ 0 },
};

void
br_tree_cli_register(void)
{
	cli_register(cmds);
}
