/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge link (show|set), as iproute2's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

static json_t *
row(const struct cli_ctx *c, struct net_device *dev)
{
	const struct br_port *p;
	json_t *all, *o;

	role_enter_ctl();
	p = br_port_of(dev);
	if (p == NULL)
		return NULL;
	all = netdev_json(c, dev, true);
	o = json_object();
	for (const char *const *key = (const char *const[]){ "ifindex", "link", "ifname", "flags",
							     "mtu", "master", NULL };
	     *key != NULL; key++)
		if (json_object_get(all, *key) != NULL)
			json_object_set(o, *key, json_object_get(all, *key));
	json_decref(all);
	json_object_set_new(o, "state", json_string(br_state_name((enum br_state)p->state[0])));
	json_object_set_new(o, "priority", json_integer(br_opt_find("priority", true)->get(p)));
	json_object_set_new(o, "cost", json_integer(br_opt_find("cost", true)->get(p)));
	if (cli_wants_detail(c))
		br_cli_opts(o, p, true);
	return o;
}

static int
show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, row);
}

static void
row_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *flags = json_object_get(o, "flags");

	cli_printf(c, "%lld: %s%s%s: <",
		   (long long)json_integer_value(json_object_get(o, "ifindex")),
		   cli_str_of(o, "ifname"), json_object_get(o, "link") != NULL ? "@" : "",
		   cli_str_of(o, "link"));
	for (size_t i = 0; i < json_array_size(flags); i++)
		cli_printf(c, "%s%s", i > 0 ? "," : "",
			   json_string_value(json_array_get(flags, i)));
	cli_printf(c, "> mtu %lld master %s state %s priority %lld cost %lld ",
		   (long long)json_integer_value(json_object_get(o, "mtu")),
		   cli_str_of(o, "master"), cli_str_of(o, "state"),
		   (long long)json_integer_value(json_object_get(o, "priority")),
		   (long long)json_integer_value(json_object_get(o, "cost")));
	if (json_object_get(o, "learning") != NULL)
		cli_printf(c, "\n   ");
	for (const struct br_opt *opt = br_opts; opt->name != NULL; opt++) {
		bool told = strcmp(opt->name, "priority") == 0 || strcmp(opt->name, "cost") == 0;
		const json_t *v = opt->port && !told ? json_object_get(o, opt->name) : NULL;

		if (json_is_boolean(v))
			cli_printf(c, " %s %s", opt->name, json_is_true(v) ? "on" : "off");
		else if (json_is_integer(v))
			cli_printf(c, " %s %lld", opt->name, (long long)json_integer_value(v));
		else if (json_is_string(v))
			cli_printf(c, " %s %s", opt->name, json_string_value(v));
	}
	cli_printf(c, "\n");
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		row_text(c, json_array_get(list, i));
}

static int
set(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "STATE"), *why = "";
	struct br_port *p;
	int rc, state = 0;

	role_enter_ctl();
	p = br_cli_port(c);
	if (p == NULL)
		return -EINVAL;
	if (word != NULL) {
		state = br_cli_state(c, word);
		if (state < 0)
			return state;
	}
	rc = br_cli_set(c, p, true);
	if (rc != 0 || word == NULL)
		return rc;
	rc = br_port_set_state(p, (enum br_state)state, &why);
	return rc != 0 ? cli_error_at(c, rc, word, "state %s: %s", word, why) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge link [show] [[dev] DEV:dev]",
	  .help = "Show ports of bridges and their states; -d all that can be set.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge link set dev DEV:dev [state STATE:str] [master] [self] " BR_PORT_WORDS,
	  .help = "Change a port of a bridge.",
	  .section = "ports",
	  .fn = set },
	{ 0 },
};

void
br_link_cli_register(void)
{
	cli_register(cmds);
}
