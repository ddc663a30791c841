/* SPDX-License-Identifier: BSD-3-Clause */
/* host enable|disable, show host. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cli.h"
#include "host/host.h"

static bool
is_named(const struct host_conf *conf, const char *dev)
{
	for (unsigned int i = 0; i < conf->n_dev; i++)
		if (strcmp(conf->dev[i], dev) == 0)
			return true;
	return false;
}

static int
enable(struct cli_ctx *c)
{
	const char *netns = cli_arg_str(c, "NETNS");
	struct host_conf conf = { .routes = cli_has(c, "none")	   ? HOST_ROUTES_NONE
					    : cli_has(c, "import") ? HOST_ROUTES_IMPORT
					    : cli_has(c, "export") ? HOST_ROUTES_EXPORT
								   : HOST_ROUTES_BOTH };
	const char *why;
	int rc;

	role_enter_ctl();
	if (netns != NULL && (strchr(netns, '/') != NULL || strlen(netns) >= sizeof(conf.netns)))
		return cli_error_at(c, -EINVAL, netns,
				    "not the name of a network namespace; ip netns lists them");
	snprintf(conf.netns, sizeof(conf.netns), "%s", netns != NULL ? netns : "");
	if (cli_count(c, "dev") > HOST_DEVICES_MAX)
		return cli_error(c, -E2BIG, "at most %u devices", HOST_DEVICES_MAX);
	for (unsigned int i = 0; i < cli_count(c, "dev"); i++) {
		if (is_named(&conf, cli_arg_dev(cli_group(c, "dev", i), "D")))
			continue;
		snprintf(conf.dev[conf.n_dev++], IFNAMSIZ, "%s",
			 cli_arg_dev(cli_group(c, "dev", i), "D"));
	}
	conf.named = conf.n_dev > 0;
	rc = host_enable(&conf, &why);
	return rc == 0 ? 0 : cli_error(c, rc, "%s", why);
}

static int
disable(struct cli_ctx *c)
{
	(void)c;
	role_enter_ctl();
	host_disable();
	return 0;
}

static void
add_port(const struct host_port_info *p, void *arg)
{
	json_t *o = json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "ifname",
			      p->ifname, "host_ifname", p->host_ifname, "host_ifindex",
			      (json_int_t)p->host_ifindex, "operstate", p->state, "rx_packets",
			      (json_int_t)p->rx_packets, "rx_bytes", (json_int_t)p->rx_bytes,
			      "rx_dropped", (json_int_t)p->rx_dropped, "tx_packets",
			      (json_int_t)p->tx_packets, "tx_bytes", (json_int_t)p->tx_bytes,
			      "tx_dropped", (json_int_t)p->tx_dropped);

	if (p->why != NULL)
		json_object_set_new(o, "error", json_string(p->why));
	json_array_append_new(arg, o);
}

static int
show(struct cli_ctx *c)
{
	json_t *list = json_array();

	role_enter_ctl();
	host_walk(add_port, list);
	cli_set_result(c, list);
	return 0;
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	const json_t *o;
	size_t i;

	if (json_array_size(list) == 0) {
		cli_printf(c, "no device has a counterpart in the host (host enable)\n");
		return;
	}
	cli_printf(c, "%-15s %-10s %7s %12s %10s %12s %10s\n", "device", "state", "ifindex",
		   "to host", "dropped", "from host", "dropped");
	json_array_foreach((json_t *)(uintptr_t)list, i, o)
		if (json_object_get(o, "error") != NULL)
			cli_printf(c, "%-15s %-10s %s\n", cli_str_of(o, "ifname"),
				   cli_str_of(o, "operstate"), cli_str_of(o, "error"));
		else
			cli_printf(c, "%-15s %-10s %7lld %12lld %10lld %12lld %10lld\n",
				   cli_str_of(o, "ifname"), cli_str_of(o, "operstate"),
				   cli_num_of(o, "host_ifindex"), cli_num_of(o, "rx_packets"),
				   cli_num_of(o, "rx_dropped"), cli_num_of(o, "tx_packets"),
				   cli_num_of(o, "tx_dropped"));
}

static int
show_routes(struct cli_ctx *c)
{
	const struct host_conf *conf;
	struct host_stats st;

	role_enter_ctl();
	conf = host_running();
	host_get_stats(&st);
	cli_set_result(c,
		       json_pack("{s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
				 "import", conf != NULL && conf->routes & HOST_ROUTES_IMPORT,
				 "export", conf != NULL && conf->routes & HOST_ROUTES_EXPORT,
				 "reading", st.reading, "readings", (json_int_t)st.readings,
				 "imported", (json_int_t)st.imported, "withdrawn",
				 (json_int_t)st.withdrawn, "refused", (json_int_t)st.refused,
				 "ignored", (json_int_t)st.ignored, "exported",
				 (json_int_t)st.exported, "unexported", (json_int_t)st.unexported,
				 "export_errors", (json_int_t)st.export_errors));
	return 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "host enable [netns NETNS:str] [routes (both|import|export|none)] "
		    "[dev D:dev]...",
	  .help = "Give devices (all, or those named) a counterpart in the Linux host, or in a "
		  "network namespace of it: for routing daemons and other programs there.",
	  .section = "host",
	  .fn = enable },
	{ .syntax = "host disable",
	  .help = "Remove the counterparts and the routes that came from the host.",
	  .section = "host",
	  .fn = disable },
	{ .syntax = "show host",
	  .help = "Show the devices' counterparts in the host.",
	  .section = "host",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "show host routes",
	  .help = "Show how many routes went from and to the host.",
	  .section = "host",
	  .fn = show_routes,
	  .read_only = true },
	{ 0 },
};

void
host_cli_register(void)
{
	cli_register(cmds);
}
