/* SPDX-License-Identifier: BSD-3-Clause */
/* ip link add link PARENT name NAME type vlan id ID [protocol P]. */
#include <errno.h>
#include <string.h>
#include "ctl/cli.h"
#include "vlan/vlan.h"

static int
say_why(struct cli_ctx *c, int rc, const char *name, const struct net_device *parent, uint32_t id)
{
	switch (rc) {
	case 0:
		return 0;
	case -EEXIST:
		return cli_error(c, rc, "\"%s\" is taken, or %s has VLAN %u already", name,
				 parent->name, id);
	case -EINVAL:
		return cli_error(c, rc, "\"%s\" is no device name, or %s carries no VLANs", name,
				 parent->name);
	case -ELOOP:
		return cli_error(c, rc, "%s: no more than %u tags on a frame", parent->name,
				 NETDEV_TAGS_MAX);
	default:
		return cli_error(c, rc, "%s: %s", name, strerror(-rc));
	}
}

static int
link_add(struct cli_ctx *c)
{
	const char *link = cli_arg_dev(c, "LINK"), *name = cli_arg_str(c, "NAME"),
		   *word = cli_arg_str(c, "PROTO");
	rte_be16_t proto = word != NULL ? vlan_proto_parse(word) : RTE_BE16(RTE_ETHER_TYPE_VLAN);
	uint32_t id = cli_arg_u32(c, "ID", 0);
	struct net_device *parent;

	role_enter_ctl();
	if (link == NULL || name == NULL || !cli_has(c, "ID"))
		return cli_error(c, -EINVAL,
				 "a VLAN device needs \"link PARENT\", \"name NAME\" and "
				 "\"id 1..4094\"");
	if (proto == 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\" is no VLAN protocol: 802.1Q or 802.1ad", word);
	parent = dev_get_by_name(link);
	if (parent == NULL)
		return cli_error_at(c, -ENODEV, link, "Cannot find device \"%s\"", link);
	return say_why(c, vlan_dev_add(parent, name, (uint16_t)id, proto, NULL), name, parent, id);
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip link add [link LINK:dev] [name NAME:str] type vlan [protocol PROTO:str] "
		    "[id ID:u32(1..4094)]",
	  .help = "Create a VLAN device over a port.",
	  .section = "ports",
	  .fn = link_add },
	{ 0 },
};

void
vlan_cli_register(void)
{
	cli_register(cmds);
}
