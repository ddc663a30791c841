/* SPDX-License-Identifier: BSD-3-Clause */
/* ethtool [-i|-S|-k|-g|-l|-a] DEV, in ethtool's words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_version.h>
#include "ethdev/ethdev_cli.h"

/* Of a VLAN device: those of the port that it sends by. */
static json_t *
link_settings(const struct net_device *dev, const struct ethdev_port *port)
{
	const struct rte_eth_link *l = &port->ctl->link;

	return json_pack("{s:s, s:o, s:s, s:b, s:b}", "ifname", dev->name, "speed",
			 ethdev_cli_speed(port), "duplex",
			 l->link_duplex == RTE_ETH_LINK_FULL_DUPLEX ? "Full" : "Half",
			 "auto-negotiation", l->link_autoneg != 0, "link-detected",
			 l->link_status == RTE_ETH_LINK_UP);
}

static json_t *
driver_info(const struct ethdev_port *port)
{
	char fw[64] = "";

	if (rte_eth_dev_fw_version_get(port->port_id, fw, sizeof(fw)) != 0)
		fw[0] = '\0';
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "ifname", port->dev->name, "driver",
			 port->ctl->info.driver_name, "version", rte_version(), "firmware-version",
			 fw, "bus-info", port->ctl->conf.device);
}

static json_t *
statistics(const struct ethdev_port *port)
{
	int n = rte_eth_xstats_get_names(port->port_id, NULL, 0);
	size_t room = n > 0 ? (size_t)n : 0;
	struct rte_eth_xstat_name *names = calloc(room + 1, sizeof(*names));
	struct rte_eth_xstat *values = calloc(room + 1, sizeof(*values));
	json_t *r = json_pack("{s:s}", "ifname", port->dev->name);

	if (names != NULL && values != NULL && n > 0 &&
	    rte_eth_xstats_get_names(port->port_id, names, (unsigned int)n) == n &&
	    rte_eth_xstats_get(port->port_id, values, (unsigned int)n) == n)
		for (int i = 0; i < n; i++)
			json_object_set_new(r, names[i].name,
					    json_integer((json_int_t)values[i].value));
	free(names);
	free(values);
	return r;
}

/* ethtool's names of what DPDK knows; a feature the device lacks is off, as there. */
static json_t *
features(const struct ethdev_port *port)
{
	static const struct {
		const char *name;
		uint64_t rx, tx;
	} known[] = {
		{ "rx-checksumming", RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, 0 },
		{ "tx-checksumming", 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
		{ "scatter-gather", 0, RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
		{ "tcp-segmentation-offload", 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
		{ "large-receive-offload", RTE_ETH_RX_OFFLOAD_TCP_LRO, 0 },
		{ "rx-scatter", RTE_ETH_RX_OFFLOAD_SCATTER, 0 },
		{ "rx-vlan-offload", RTE_ETH_RX_OFFLOAD_VLAN_STRIP, 0 },
		{ "tx-vlan-offload", 0, RTE_ETH_TX_OFFLOAD_VLAN_INSERT },
		{ "rx-vlan-filter", RTE_ETH_RX_OFFLOAD_VLAN_FILTER, 0 },
		{ "receive-hashing", RTE_ETH_RX_OFFLOAD_RSS_HASH, 0 },
	};
	const struct ethdev_port_ctl *c = port->ctl;
	json_t *r = json_pack("{s:s}", "ifname", port->dev->name);

	for (size_t i = 0; i < RTE_DIM(known); i++)
		json_object_set_new(r, known[i].name,
				    json_boolean((c->rx_offloads & known[i].rx) ||
						 (c->tx_offloads & known[i].tx)));
	return r;
}

static json_t *
rings(const struct ethdev_port *port)
{
	const struct ethdev_port_ctl *c = port->ctl;

	return json_pack("{s:s, s:i, s:i, s:i, s:i}", "ifname", port->dev->name, "rx-max",
			 c->info.rx_desc_lim.nb_max, "tx-max", c->info.tx_desc_lim.nb_max, "rx",
			 c->n_rxd, "tx", c->n_txd);
}

static json_t *
channels(const struct ethdev_port *port)
{
	const struct ethdev_port_ctl *c = port->ctl;

	return json_pack("{s:s, s:i, s:i, s:i, s:i}", "ifname", port->dev->name, "rx-max",
			 c->info.max_rx_queues, "tx-max", c->info.max_tx_queues, "rx", c->n_rxq,
			 "tx", c->n_txq);
}

static int
pause_settings(struct cli_ctx *c, const struct ethdev_port *port)
{
	struct rte_eth_fc_conf fc;
	int rc;

	memset(&fc, 0, sizeof(fc));
	rc = rte_eth_dev_flow_ctrl_get(port->port_id, &fc);
	if (rc < 0)
		return cli_error(c, rc, "%s: the device has no pause settings", port->dev->name);
	cli_set_result(c,
		       json_pack("[{s:s, s:b, s:b, s:b}]", "ifname", port->dev->name, "autoneg",
				 fc.autoneg != 0, "rx",
				 fc.mode == RTE_ETH_FC_RX_PAUSE || fc.mode == RTE_ETH_FC_FULL, "tx",
				 fc.mode == RTE_ETH_FC_TX_PAUSE || fc.mode == RTE_ETH_FC_FULL));
	return 0;
}

static int
ethtool(struct cli_ctx *c)
{
	static const struct {
		const char *flag;
		json_t *(*fn)(const struct ethdev_port *port);
	} views[] = { { "-i", driver_info },
		      { "-S", statistics },
		      { "-k", features },
		      { "-g", rings },
		      { "-l", channels } };
	const char *name = cli_arg_dev(c, "DEV");
	const struct ethdev_port *port;
	struct net_device *dev;
	bool view = false;

	role_enter_ctl();
	for (size_t i = 0; i < RTE_DIM(views); i++)
		view |= cli_has(c, views[i].flag);
	dev = dev_get_by_name(name);
	port = ethdev_of(dev);
	if (port == NULL && dev != NULL && dev->real_dev != dev && !cli_has(c, "-a") && !view)
		port = ethdev_of(netdev_lower(dev));
	if (port == NULL)
		return cli_error_at(c, -EOPNOTSUPP, name, "%s is no port of a DPDK device", name);
	if (cli_has(c, "-a"))
		return pause_settings(c, port);
	for (size_t i = 0; i < RTE_DIM(views); i++)
		if (cli_has(c, views[i].flag)) {
			cli_set_result(c, json_pack("[o]", views[i].fn(port)));
			return 0;
		}
	cli_set_result(c, json_pack("[o]", link_settings(dev, port)));
	return 0;
}

/* One device, no table. Its name is what was asked; the long lists do not repeat it. */
static void
ethtool_text(struct cli_ctx *c, const json_t *v)
{
	bool named = !cli_has(c, "-S") && !cli_has(c, "-k");
	const char *key;
	json_t *e;

	json_object_foreach(json_array_get(v, 0), key, e) {
		if (!named && strcmp(key, "ifname") == 0)
			continue;
		if (json_is_integer(e))
			cli_printf(c, "%s: %" JSON_INTEGER_FORMAT "\n", key, json_integer_value(e));
		else if (json_is_boolean(e))
			cli_printf(c, "%s: %s\n", key, json_is_true(e) ? "yes" : "no");
		else
			cli_printf(c, "%s: %s\n", key,
				   json_is_string(e) ? json_string_value(e) : "-");
	}
}

static const struct cli_cmd commands[] = {
	{ "ethtool [(-i|-S|-k|-g|-l|-a)] DEV:dev",
	  "Link settings; -i driver, -S statistics, -k offloads, -g rings, -l queues, -a pause.",
	  "display", ethtool, ethtool_text, true },
	{ 0 }
};

void
ethtool_cli_register(void)
{
	cli_register(commands);
}
