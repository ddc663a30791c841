/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge mst (show|set), as iproute2's. */
#include <errno.h>
#include <string.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "stp/stp_show.h"

static json_t *
tree_json(const struct br_port *p, uint16_t mstid) CTL_ONLY
{
	return json_pack("{s:i, s:s}", "msti", (int)mstid, "state",
			 br_state_name(br_mst_get_state(p, mstid)));
}

static json_t *
row(const struct cli_ctx *c, struct net_device *dev)
{
	const struct br_port *p = br_port_of(dev);
	struct stp_msti_conf conf;
	json_t *list;

	(void)c;
	role_enter_ctl();
	if (p == NULL)
		return NULL;
	list = json_array();
	json_array_append_new(list, tree_json(p, STP_CIST));
	for (unsigned int n = 0; stp_msti_get(br_stp(p->br), n, &conf) == 0; n++)
		json_array_append_new(list, tree_json(p, conf.mstid));
	return br_cli_row(dev, "mst", list);
}

static int
show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, row);
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	if (json_array_size(list) > 0)
		cli_printf(c, "%-16s  %-9s\n", "port", "msti");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *mst = json_object_get(o, "mst");

		for (size_t k = 0; k < json_array_size(mst); k++) {
			const json_t *t = json_array_get(mst, k);

			cli_printf(c, "%-16s  %lld\n%-16s    state %s\n",
				   k == 0 ? json_string_value(json_object_get(o, "ifname")) : "",
				   (long long)json_integer_value(json_object_get(t, "msti")), "",
				   json_string_value(json_object_get(t, "state")));
		}
	}
}

static int
set(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "STATE"), *why = "";
	struct br_port *p;
	int rc, state;

	role_enter_ctl();
	p = br_cli_port(c);
	if (p == NULL)
		return -EINVAL;
	if (word == NULL || !cli_has(c, "MSTI"))
		return cli_error(c, -EINVAL,
				 "which instance, and which state? add \"msti I "
				 "state S\"");
	state = br_cli_state(c, word);
	if (state < 0)
		return state;
	rc = br_mst_set_state(p, (uint16_t)cli_arg_u32(c, "MSTI", 0), (enum br_state)state, &why);
	return rc != 0 ? cli_error_at(c, rc, word, "state %s: %s", word, why) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "bridge mst [show] [dev DEV:dev]",
	  .help = "Show the states of ports in the instances of their bridge.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "bridge mst set [dev DEV:dev] [msti MSTI:u32(0..4094)] [state STATE:str]",
	  .help = "Set the state of an instance's VLANs at a port, where no spanning tree decides.",
	  .section = "ports",
	  .fn = set },
	{ 0 },
};

void
br_mst_cli_register(void)
{
	cli_register(cmds);
}
