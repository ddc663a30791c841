/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that change ports, in testpmd's words. Showing them is ethdev_show_cli.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "ethdev/ethdev.h"
#include "ethdev/ethdev_cli.h"
#include "ethdev/ethdev_priv.h"

struct ethdev_port *
ethdev_cli_port(const char *word)
{
	char *end;
	unsigned long id;

	role_enter_ctl();
	id = strtoul(word, &end, 10);
	return *word != '\0' && *end == '\0' ? ethdev_by_id((unsigned int)id)
					     : ethdev_by_name(word);
}

json_t *
ethdev_cli_speed(const struct ethdev_port *port)
{
	uint32_t speed = port->ctl->link.link_speed;

	if (speed == RTE_ETH_SPEED_NUM_NONE || speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		return json_null();
	return json_integer(speed);
}

int
ethdev_cli_each(struct cli_ctx *c, int (*fn)(struct cli_ctx *c, struct ethdev_port *port))
{
	const char *word = cli_arg_str(c, "PORT");
	struct ethdev_port *port, *next;
	int rc = 0;

	role_enter_ctl();
	if (word == NULL || strcmp(word, "all") == 0) {
		for (port = ethdev_first(); port != NULL && rc == 0; port = next) {
			next = port->ctl->next; /* fn may detach it */
			rc = fn(c, port);
		}
		return rc;
	}
	port = ethdev_cli_port(word);
	if (port == NULL)
		return cli_error_at(c, -ENODEV, word,
				    "no port \"%s\"; `show port summary all` lists them", word);
	return fn(c, port);
}

static int
one_start(struct cli_ctx *c, struct ethdev_port *port)
{
	const char *why = "";
	int rc;

	role_enter_ctl();
	rc = ethdev_start(port, &why);
	return rc < 0 ? cli_error(c, rc, "port %s: %s", port->dev->name, why) : 0;
}

static int
one_stop(struct cli_ctx *c, struct ethdev_port *port)
{
	(void)c;
	role_enter_ctl();
	ethdev_stop(port);
	return 0;
}

static int
one_reset(struct cli_ctx *c, struct ethdev_port *port)
{
	const char *why = "";
	int rc;

	role_enter_ctl();
	rc = ethdev_reset(port, &why);
	return rc < 0 ? cli_error(c, rc, "port %s: %s", port->dev->name, why) : 0;
}

static int
port_state(struct cli_ctx *c)
{
	if (cli_has(c, "start"))
		return ethdev_cli_each(c, one_start);
	return ethdev_cli_each(c, cli_has(c, "stop") ? one_stop : one_reset);
}

static int
port_attach(struct cli_ctx *c)
{
	struct ethdev_conf conf = { 0 };
	const char *device = cli_arg_str(c, "DEVARGS"), *why = "";
	struct net_device *dev = NULL;
	int rc;

	role_enter_ctl();
	if (strlen(device) >= sizeof(conf.device))
		return cli_error_at(c, -EINVAL, device, "device string longer than %zu characters",
				    sizeof(conf.device) - 1);
	memcpy(conf.device, device, strlen(device) + 1);
	rc = ethdev_attach(cli_arg_str(c, "NAME"), &conf, &dev, &why);
	if (rc < 0)
		return cli_error(c, rc, "%s", why);
	cli_set_result(
		c, json_pack("{s:s, s:i}", "ifname", dev->name, "port", ethdev_of(dev)->port_id));
	return 0;
}

static int
one_detach(struct cli_ctx *c, struct ethdev_port *port)
{
	(void)c;
	role_enter_ctl();
	return ethdev_detach(port);
}

static int
port_detach(struct cli_ctx *c)
{
	return ethdev_cli_each(c, one_detach);
}

static int
config_queues(struct cli_ctx *c, struct ethdev_port *port)
{
	struct ethdev_conf conf = port->ctl->conf;
	const char *why = "";
	int rc;

	role_enter_ctl();
	conf.rx_queues = (uint16_t)cli_arg_u32(c, "RXQ", conf.rx_queues);
	conf.tx_queues = (uint16_t)cli_arg_u32(c, "TXQ", conf.tx_queues);
	conf.rx_desc = (uint16_t)cli_arg_u32(c, "RXD", conf.rx_desc);
	conf.tx_desc = (uint16_t)cli_arg_u32(c, "TXD", conf.tx_desc);
	rc = ethdev_reconfigure(port, &conf, &why);
	return rc < 0 ? cli_error(c, rc, "port %s: %s", port->dev->name, why) : 0;
}

static int
one_config(struct cli_ctx *c, struct ethdev_port *port)
{
	struct net_device *dev = port->dev;
	struct rte_ether_addr mac;
	int rc;

	role_enter_ctl();
	if (cli_has(c, "mtu")) {
		uint32_t mtu = cli_arg_u32(c, "MTU", 0);

		rc = dev_set_mtu(dev, mtu);
		return rc < 0 ? cli_error(c, rc, "port %s: mtu %u refused; %u..%u is possible",
					  dev->name, mtu, dev->ctl->min_mtu, dev->ctl->max_mtu)
			      : 0;
	}
	if (cli_arg_mac(c, "MAC", &mac)) {
		rc = dev_set_mac_address(dev, &mac);
		return rc < 0 ? cli_error(c, rc, "port %s: mac refused: %s", dev->name,
					  strerror(-rc))
			      : 0;
	}
	if (cli_has(c, "damping")) {
		ethdev_set_damping(port, cli_arg_u32(c, "SECONDS", LINK_DAMP_MAX_S));
		return 0;
	}
	if (cli_has(c, "promisc")) {
		rc = dev_set_user_promisc(dev, cli_has(c, "on"));
		return rc < 0 ? cli_error(c, rc, "port %s: promisc refused: %s", dev->name,
					  strerror(-rc))
			      : 0;
	}
	return config_queues(c, port);
}

static int
one_spread(struct cli_ctx *c, struct ethdev_port *port)
{
	enum ethdev_spread how = cli_has(c, "l3")   ? ETHDEV_SPREAD_L3
				 : cli_has(c, "l4") ? ETHDEV_SPREAD_L4
						    : ETHDEV_SPREAD_OFF;

	role_enter_ctl();
	return ethdev_set_spread(port, how) < 0
		       ? cli_error(c, -ENOMEM, "port %s: no memory for rings", port->dev->name)
		       : 0;
}

static int
port_spread(struct cli_ctx *c)
{
	return ethdev_cli_each(c, one_spread);
}

static int
port_config(struct cli_ctx *c)
{
	return ethdev_cli_each(c, one_config);
}

static int
one_link(struct cli_ctx *c, struct ethdev_port *port)
{
	bool up = cli_has(c, "link-up");
	int rc;

	role_enter_ctl();
	rc = up ? rte_eth_dev_set_link_up(port->port_id) : rte_eth_dev_set_link_down(port->port_id);
	if (rc == -ENOTSUP)
		return cli_error(c, rc,
				 "port %s: the device can not switch its link; use `ip link "
				 "set %s %s`",
				 port->dev->name, port->dev->name, up ? "up" : "down");
	if (rc < 0)
		return cli_error(c, rc, "port %s: %s", port->dev->name, strerror(-rc));
	ethdev_link_update(port);
	return 0;
}

static int
set_link(struct cli_ctx *c)
{
	return ethdev_cli_each(c, one_link);
}

static int
set_worker_rxq(struct cli_ctx *c)
{
	uint32_t queue = cli_arg_u32(c, "QUEUE", 0), lcore = cli_arg_u32(c, "LCORE", 0);
	const char *word = cli_arg_str(c, "PORT");
	struct ethdev_port *port;

	role_enter_ctl();
	port = ethdev_cli_port(word);
	if (port == NULL)
		return cli_error_at(c, -ENODEV, word, "no port \"%s\"", word);
	if (queue >= port->ctl->n_rxq)
		return cli_error(c, -EINVAL, "port %s has receive queues 0..%u", port->dev->name,
				 port->ctl->n_rxq - 1u);
	for (uint16_t slot = 1; slot < n_workers; slot++)
		if (workers[slot]->lcore == lcore) {
			int rc = ethdev_move_rxq(port, (uint16_t)queue, slot);

			return rc < 0 ? cli_error(c, rc, "not moved: %s", strerror(-rc)) : 0;
		}
	return cli_error(c, -EINVAL, "no worker on lcore %u; `show worker all` lists them", lcore);
}

static const struct cli_cmd commands[] = {
	{ "port (start|stop|reset) PORT:port", "Start, stop or reset a port's device.", "ports",
	  port_state, NULL, false },
	{ "port attach DEVARGS:str [name NAME:str]",
	  "Add a port by PCI address or vdev string while the others forward.", "ports",
	  port_attach, NULL, false },
	{ "port detach PORT:port", "Remove a port while the others forward.", "ports", port_detach,
	  NULL, false },
	{ "port config PORT:port (mtu MTU:u32(68..65535)|rxq RXQ:u32(1..64)|txq TXQ:u32(1..1024)|"
	  "rxd RXD:u32(32..16384)|txd TXD:u32(32..16384)|mac MAC:mac|promisc (on|off)|"
	  "damping SECONDS:u32(0..3600))",
	  "Change a port; queues and descriptors restart it.", "ports", port_config, NULL, false },
	{ "port config PORT:port spread (off|l3|l4)",
	  "Hand flows to all workers by software, by addresses and protocol (l3) or ports too "
	  "(l4).",
	  "ports", port_spread, NULL, false },
	{ "set (link-up|link-down) port PORT:port", "Switch the port's link on the wire.", "ports",
	  set_link, NULL, false },
	{ "set worker rxq PORT:port QUEUE:u32 lcore LCORE:u32",
	  "Let another worker poll a receive queue; no frame is lost.", "control", set_worker_rxq,
	  NULL, false },
	{ 0 }
};

static void
complete_port(void (*add)(void *arg, const char *word), void *arg)
{
	role_enter_ctl();
	for (const struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		add(arg, p->dev->name);
}

void
ethdev_cli_register(void)
{
	cli_complete_port = complete_port;
	cli_register(commands);
	ethdev_show_cli_register();
	ethtool_cli_register();
}
