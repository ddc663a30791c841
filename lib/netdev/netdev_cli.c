/* SPDX-License-Identifier: BSD-3-Clause */
/* ip link (show|set|del). `ip link add` belongs to the drivers of the kinds. */
#include <errno.h>
#include <string.h>
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "netdev/netdev_explain.h"
#include "netdev/netdev_priv.h"

static json_t *
link_json(const struct cli_ctx *c, struct net_device *dev)
{
	role_enter_ctl();
	return netdev_json(c, dev, true);
}

static int
link_show(struct cli_ctx *c)
{
	role_enter_ctl();
	return netdev_cli_list(c, link_json);
}

static void
link_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++)
		netdev_text(c, json_array_get(result, i));
}

/* "on" or "off" of argument @p name: 1, 0, or -1 when absent; -EINVAL after cli_error(). */
static int
on_off(struct cli_ctx *c, const char *name)
{
	const char *word = cli_arg_str(c, name);

	if (word == NULL)
		return -1;
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
		return cli_error_at(c, -EINVAL, word, "\"%s\" is neither \"on\" nor \"off\"", word);
	return strcmp(word, "on") == 0;
}

static int
set_promisc(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	int on = on_off(c, "PROMISC"), rc;

	if (on < 0)
		return on == -EINVAL ? on : 0;
	rc = dev_set_user_promisc(dev, on == 1);
	return rc != 0 ? cli_error(c, rc, "%s: promisc: %s", dev->name, strerror(-rc)) : 0;
}

static int
set_mtu(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	uint32_t mtu = cli_arg_u32(c, "MTU", 0);
	int rc;

	if (!cli_has(c, "MTU"))
		return 0;
	rc = dev_set_mtu(dev, mtu);
	if (rc == -ERANGE)
		return cli_error(c, rc, "%s: mtu %u: expected %u to %u", dev->name, mtu,
				 dev->ctl->min_mtu,
				 dev->real_dev != dev ? dev->real_dev->mtu : dev->ctl->max_mtu);
	return rc != 0 ? cli_error(c, rc, "%s: mtu %u: %s", dev->name, mtu, strerror(-rc)) : 0;
}

static int
set_address(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	struct rte_ether_addr mac;
	int rc;

	if (!cli_arg_mac(c, "MAC", &mac))
		return 0;
	rc = dev_set_mac_address(dev, &mac);
	if (rc == -EINVAL)
		return cli_error(c, rc, "%s: address: expected a unicast address", dev->name);
	return rc != 0 ? cli_error(c, rc, "%s: address: %s", dev->name, strerror(-rc)) : 0;
}

static int
set_name(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	const char *name = cli_arg_str(c, "NAME");
	int rc = name != NULL ? dev_change_name(dev, name) : 0;

	if (rc == -EEXIST)
		return cli_error_at(c, rc, name, "there is a device \"%s\" already", name);
	if (rc != 0)
		return cli_error_at(c, rc, name,
				    "\"%s\" is no device name: 1 to 15 characters, none of / : %% "
				    "or white space",
				    name);
	return 0;
}

static int
set_state(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	int rc;

	if (cli_has(c, "up") && cli_has(c, "down"))
		return cli_error(c, -EINVAL, "up and down at once");
	if (cli_has(c, "down"))
		dev_close(dev);
	rc = cli_has(c, "up") ? dev_open(dev) : 0;
	return rc != 0 ? cli_error(c, rc, "%s does not come up: %s", dev->name, strerror(-rc)) : 0;
}

static int
set_master(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	const char *name = cli_arg_str(c, "MASTER"), *why = "";
	struct net_device *master = NULL;
	int rc;

	if (name == NULL && !cli_has(c, "nomaster"))
		return 0;
	if (name != NULL && cli_has(c, "nomaster"))
		return cli_error(c, -EINVAL, "master and nomaster at once");
	if (name != NULL) {
		master = dev_get_by_name(name);
		if (master == NULL)
			return cli_error_at(c, -ENODEV, name, "Cannot find device \"%s\"", name);
	}
	rc = dev_set_master(dev, master, &why);
	if (rc == 0)
		return 0;
	return cli_error(c, rc, "%s: master %s: %s", dev->name, name != NULL ? name : "none", why);
}

static int
link_add_bond(struct cli_ctx *c)
{
	return cli_error_at(c, -EOPNOTSUPP, "bond", "\"bond\": bonds are not in this release");
}

static int
link_set(struct cli_ctx *c)
{
	static int (*const steps[])(struct cli_ctx *,
				    struct net_device *) = { set_address, set_mtu,    set_name,
							     set_promisc, set_master, set_state };
	struct net_device *dev;
	int rc = 0;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	for (unsigned int i = 0; i < RTE_DIM(steps) && rc == 0; i++)
		rc = steps[i](c, dev);
	if (rc == 0 && cli_arg_str(c, "ALIAS") != NULL)
		dev_set_alias(dev, cli_arg_str(c, "ALIAS"));
	return rc;
}

static int
link_del(struct cli_ctx *c)
{
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	if (dev->ctl->ops->dellink == NULL)
		return cli_error(c, -EOPNOTSUPP,
				 "%s is a %s device: only virtual devices are deleted (ports: "
				 "port detach)",
				 dev->name, dev->ctl->kind);
	rc = dev->ctl->ops->dellink(dev);
	return rc != 0 ? cli_error(c, rc, "%s: %s", dev->name, strerror(-rc)) : 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip link [show] [[dev] DEV:dev] " NETDEV_CLI_FILTERS,
	  .help = "Show devices: state, MTU, addresses; -s counters, -d details.",
	  .section = "display",
	  .fn = link_show,
	  .text = link_text,
	  .read_only = true },
	{ .syntax = "ip link set [dev] DEV:dev [up] [down] [mtu MTU:u32] [address MAC:mac] "
		    "[name NAME:str] [promisc PROMISC:str] [alias ALIAS:str] "
		    "[master MASTER:str] [nomaster]",
	  .help = "Change a device: up or down, MTU, MAC address, name, promiscuity, alias, the "
		  "bridge "
		  "it belongs to.",
	  .section = "ports",
	  .fn = link_set },
	{ .syntax = "ip link del [dev] DEV:dev",
	  .help = "Delete a virtual device.",
	  .section = "ports",
	  .fn = link_del },
	{ .syntax = "ip link add [[name] NAME:str] type bond [OPTIONS:rest]",
	  .help = "Not in this release: bonds.",
	  .section = "ports",
	  .fn = link_add_bond },
	{ 0 },
};

static void
complete_dev(void (*add)(void *arg, const char *word), void *arg)
{
	role_enter_ctl();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		add(arg, d->name);
}

static bool
dev_exists(const char *name)
{
	role_enter_ctl();
	return dev_get_by_name(name) != NULL;
}

void
netdev_cli_register(void)
{
	cli_complete_dev = complete_dev;
	cli_dev_exists = dev_exists;
	netdev_declare();
	cli_register(cmds);
	netdev_monitor_register();
	netdev_explain_cli_register();
}
