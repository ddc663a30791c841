/* SPDX-License-Identifier: BSD-3-Clause */
/* ip link add link PARENT name NAME [address MAC] type macvlan [mode private]. */
#include <errno.h>
#include <string.h>
#include "ctl/cli.h"
#include "macvlan/macvlan.h"

static int
say_why(struct cli_ctx *c, int rc, const char *name, const struct net_device *parent)
{
	switch (rc) {
	case 0:
		return 0;
	case -EEXIST:
		return cli_error_at(c, rc, name, "there is a device \"%s\" already", name);
	case -EINVAL:
		return cli_error(c, rc,
				 "\"%s\" is no device name, the address is not a unicast one, or "
				 "%s carries no macvlan devices",
				 name, parent->name);
	case -EADDRINUSE:
		return cli_error(c, rc, "%s or a device over it has that address already",
				 parent->name);
	case -EBUSY:
		return cli_error(c, rc, "%s belongs to another device", parent->name);
	case -ENOSPC:
		return cli_error(c, rc, "%s: no more than %u devices over one", parent->name,
				 NETDEV_UC_MAX);
	default:
		return cli_error(c, rc, "%s: %s", name, strerror(-rc));
	}
}

static int
link_add(struct cli_ctx *c)
{
	const char *link = cli_arg_dev(c, "LINK"), *name = cli_arg_str(c, "NAME"),
		   *mode = cli_arg_str(c, "MODE");
	struct net_device *parent;
	struct rte_ether_addr mac;
	bool mac_set = cli_arg_mac(c, "MAC", &mac);

	role_enter_ctl();
	if (link == NULL || name == NULL)
		return cli_error(c, -EINVAL,
				 "a macvlan device needs \"link PARENT\" and \"name NAME\"");
	if (mode != NULL && strcmp(mode, "private") != 0)
		return cli_error_at(c, -EOPNOTSUPP, mode,
				    "\"%s\": the mode that there is is private", mode);
	parent = dev_get_by_name(link);
	if (parent == NULL)
		return cli_error_at(c, -ENODEV, link, "Cannot find device \"%s\"", link);
	return say_why(c, macvlan_dev_add(parent, name, mac_set ? &mac : NULL, NULL), name, parent);
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip link add [link LINK:dev] [name NAME:str] [address MAC:mac] type macvlan "
		    "[mode MODE:str]",
	  .help = "Create a device with a MAC address of its own over a port; up with `ip link "
		  "set`.",
	  .section = "ports",
	  .fn = link_add },
	{ 0 },
};

void
macvlan_cli_register(void)
{
	cli_register(cmds);
}
