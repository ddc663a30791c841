/* SPDX-License-Identifier: BSD-3-Clause */
/* ip tunnel (show|add|change|del), ip link add ... type ipip. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cli.h"
#include "ipip/ipip.h"
#include "netdev/netdev_cli.h"

static int
say_why(struct cli_ctx *c, int rc, const char *name, const struct ipip_spec *s)
{
	if (rc == -EEXIST)
		return cli_error(c, rc,
				 "\"%s\" is taken, or there is a tunnel between these two%s%s",
				 name, s->dev[0] != '\0' ? " by " : "", s->dev);
	if (rc == -EINVAL)
		return cli_error(c, rc, "%s",
				 ipip_spec_check(s) != NULL  ? ipip_spec_check(s)
				 : strcmp(s->dev, name) == 0 ? "a tunnel can not leave by itself"
							     : "that is no device name");
	return rc != 0 ? cli_error(c, rc, "%s: %s", name, strerror(-rc)) : 0;
}

/* What is said in place of what @p s has. */
static int
arg_spec(struct cli_ctx *c, struct ipip_spec *s)
{
	const char *ttl = cli_arg_str(c, "TTL"), *tos = cli_arg_str(c, "TOS");
	const char *dev = cli_arg_dev(c, "LINK");

	cli_arg_ip4(c, "LOCAL", &s->local);
	cli_arg_ip4(c, "REMOTE", &s->remote);
	if (dev != NULL)
		snprintf(s->dev, sizeof(s->dev), "%s", dev);
	if (ttl != NULL && ipip_parse_ttl(ttl, s) != 0)
		return cli_error_at(c, -EINVAL, ttl, "\"%s\": expected 0 to 255 or inherit", ttl);
	if (tos != NULL && ipip_parse_tos(tos, s) != 0)
		return cli_error_at(c, -EINVAL, tos, "\"%s\": expected 0 to 255 or inherit", tos);
	if (cli_has(c, "pmtudisc") && cli_has(c, "nopmtudisc"))
		return cli_error(c, -EINVAL, "pmtudisc and nopmtudisc at once");
	if (cli_has(c, "pmtudisc") || cli_has(c, "nopmtudisc"))
		s->pmtudisc = cli_has(c, "pmtudisc");
	return 0;
}

static int
add(struct cli_ctx *c)
{
	const char *name = cli_arg_str(c, "NAME");
	struct ipip_spec s = { .pmtudisc = true };
	int rc = arg_spec(c, &s);

	role_enter_ctl();
	if (rc == 0 && name == NULL)
		return cli_error(c, -EINVAL, "which name? add \"name NAME\"");
	return rc != 0 ? rc : say_why(c, ipip_dev_add(name, &s, NULL), name, &s);
}

/* The tunnel device of argument DEV. */
static struct net_device *
arg_tunnel(struct cli_ctx *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL || is_ipip_dev(dev))
		return dev;
	cli_error_at(c, -EINVAL, dev->name, "%s is a %s device, no tunnel", dev->name,
		     dev->ctl->kind);
	return NULL;
}

static int
change(struct cli_ctx *c)
{
	struct net_device *dev = arg_tunnel(c);
	struct ipip_spec s;
	int rc;

	role_enter_ctl();
	if (dev == NULL)
		return -EINVAL;
	s = ipip_spec_of(dev);
	rc = arg_spec(c, &s);
	return rc != 0 ? rc : say_why(c, ipip_dev_change(dev, &s), dev->name, &s);
}

static int
del(struct cli_ctx *c)
{
	struct net_device *dev = arg_tunnel(c);

	role_enter_ctl();
	return dev == NULL ? -EINVAL : ipip_dev_del(dev);
}

/* --- show --- */

static json_t *
ip_json(rte_be32_t addr)
{
	char buf[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &addr, buf, sizeof(buf)));
}

/* The members that `ip tunnel` and `ip -d link` share; @p dev: what the device is called there. */
static void
add_conf(json_t *o, const struct ipip_conf *conf, const char *dev)
{
	json_object_set_new(o, "remote", ip_json(conf->remote));
	json_object_set_new(o, "local", ip_json(conf->local));
	if (conf->dev[0] != '\0')
		json_object_set_new(o, dev, json_string(conf->dev));
	if (conf->ttl != 0)
		json_object_set_new(o, "ttl", json_integer(conf->ttl));
	if (conf->tos_inherit)
		json_object_set_new(o, "tos", json_string("inherit"));
	else if (conf->tos != 0)
		json_object_set_new(o, "tos", json_sprintf("0x%02x", conf->tos));
}

static void
link_extra(json_t *o, const struct net_device *dev, bool detail)
{
	const struct ipip_conf *conf;
	json_t *data;

	role_enter_ctl();
	conf = ipip_conf(dev);
	json_object_set_new(o, "link_type", json_string("ipip"));
	json_object_set_new(o, "address", ip_json(conf->local));
	json_object_set_new(o, "link_pointtopoint", json_true());
	json_object_set_new(o, "broadcast", ip_json(conf->remote));
	json_object_set_new(o, "link", conf->dev[0] != '\0' ? json_string(conf->dev) : json_null());
	if (!detail)
		return;
	data = json_pack("{s:s}", "proto", "ipip");
	add_conf(data, conf, "link");
	json_object_set_new(data, "pmtudisc", json_boolean(conf->pmtudisc));
	json_object_set_new(json_object_get(o, "linkinfo"), "info_data", data);
}

static int
show(struct cli_ctx *c)
{
	struct net_device *only = NULL;
	json_t *list;

	role_enter_ctl();
	if (cli_arg_dev(c, "DEV") != NULL) {
		only = arg_tunnel(c);
		if (only == NULL)
			return -EINVAL;
	}
	list = json_array();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		json_t *o;

		if (!is_ipip_dev(d) || (only != NULL && d != only))
			continue;
		o = json_pack("{s:s, s:s}", "ifname", d->name, "mode", "ip/ip");
		add_conf(o, ipip_conf(d), "dev");
		if (!ipip_conf(d)->pmtudisc)
			json_object_set_new(o, "pmtudisc", json_false());
		json_array_append_new(list, o);
	}
	cli_set_result(c, list);
	return 0;
}

static const char *
str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *ttl = json_object_get(o, "ttl");

		cli_printf(c, "%s: ip/ip remote %s local %s", str(o, "ifname"), str(o, "remote"),
			   str(o, "local"));
		if (str(o, "dev") != NULL)
			cli_printf(c, " dev %s", str(o, "dev"));
		cli_printf(c, " ttl ");
		if (ttl != NULL)
			cli_printf(c, "%lld", (long long)json_integer_value(ttl));
		else
			cli_printf(c, "inherit");
		if (str(o, "tos") != NULL)
			cli_printf(c, " tos %s", str(o, "tos"));
		if (json_object_get(o, "pmtudisc") != NULL)
			cli_printf(c, " nopmtudisc");
		cli_printf(c, "\n");
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip link add [[name] NAME:str] type ipip [local LOCAL:ip4] [remote REMOTE:ip4] "
		    "[dev LINK:dev] [ttl TTL:str] [tos TOS:str] [pmtudisc] [nopmtudisc]",
	  .help = "Create an IP in IP tunnel.",
	  .section = "ports",
	  .fn = add },
	{ .syntax = "ip tunnel [show] [[name] DEV:dev]",
	  .help = "Show IP in IP tunnels.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "ip tunnel add [name] NAME:str [mode ipip] [local LOCAL:ip4] "
		    "[remote REMOTE:ip4] [dev LINK:dev] [ttl TTL:str] [tos TOS:str] [pmtudisc] "
		    "[nopmtudisc]",
	  .help = "Create an IP in IP tunnel.",
	  .section = "ports",
	  .fn = add },
	{ .syntax = "ip tunnel change [name] DEV:dev [mode ipip] [local LOCAL:ip4] "
		    "[remote REMOTE:ip4] [dev LINK:dev] [ttl TTL:str] [tos TOS:str] [pmtudisc] "
		    "[nopmtudisc]",
	  .help = "Change a tunnel in place.",
	  .section = "ports",
	  .fn = change },
	{ .syntax = "ip tunnel del [name] DEV:dev",
	  .help = "Remove a tunnel.",
	  .section = "ports",
	  .fn = del },
	{ 0 },
};

void
ipip_cli_register(void)
{
	netdev_cli_kind("ipip", link_extra);
	cli_register(cmds);
}
