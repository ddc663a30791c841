/* SPDX-License-Identifier: BSD-3-Clause */
/* show port ..., clear port ... */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ethdev/ethdev_cli.h"

static json_t *
u64(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *
mac_json(const struct net_device *dev)
{
	struct rte_ether_addr mac;
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	netdev_addr(dev, &mac);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(&mac));
	return json_string(text);
}

/* Every row starts the same way. */
static json_t *
row(const struct ethdev_port *port)
{
	return json_pack("{s:i, s:s}", "port", port->port_id, "ifname", port->dev->name);
}

static const char *const spread_names[] = {
	[ETHDEV_SPREAD_OFF] = "off", [ETHDEV_SPREAD_L3] = "l3", [ETHDEV_SPREAD_L4] = "l4"
};

/* How flows come to workers: by the device, in testpmd's words, or by software. */
static void
add_spreading(json_t *r, const struct ethdev_port *port)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} kinds[] = { { RTE_ETH_RSS_IPV4, "ipv4" },
		      { RTE_ETH_RSS_FRAG_IPV4, "ipv4-frag" },
		      { RTE_ETH_RSS_NONFRAG_IPV4_TCP, "ipv4-tcp" },
		      { RTE_ETH_RSS_NONFRAG_IPV4_UDP, "ipv4-udp" },
		      { RTE_ETH_RSS_NONFRAG_IPV4_SCTP, "ipv4-sctp" },
		      { RTE_ETH_RSS_NONFRAG_IPV4_OTHER, "ipv4-other" } };
	json_t *list = json_array();
	uint16_t share[ETHDEV_QUEUES_MAX];
	uint8_t key[64];
	char text[2 * sizeof(key) + 1] = "";
	unsigned int n;

	role_enter_ctl();
	for (size_t i = 0; i < RTE_DIM(kinds); i++)
		if (port->ctl->rss_hf & kinds[i].bit)
			json_array_append_new(list, json_string(kinds[i].name));
	json_object_set_new(r, "rss", list);
	n = ethdev_rss_key(port, key, sizeof(key));
	for (unsigned int i = 0; i < n; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", key[i]);
	json_object_set_new(r, "rss_key", n > 0 ? json_string(text) : json_null());
	json_object_set_new(r, "reta_size",
			    json_integer((json_int_t)ethdev_rss_table(port, share)));
	json_object_set_new(r, "spread", json_string(spread_names[port->spread]));
}

static json_t *
info_row(struct ethdev_port *port)
{
	const struct ethdev_port_ctl *c = port->ctl;
	json_t *r = row(port);

	json_object_set_new(r, "device", json_string(c->conf.device));
	json_object_set_new(r, "driver", json_string(c->info.driver_name));
	json_object_set_new(r, "address", mac_json(port->dev));
	json_object_set_new(r, "socket", json_integer(c->socket));
	json_object_set_new(r, "state", json_string(c->started ? "started" : "stopped"));
	json_object_set_new(r, "link",
			    json_string(c->link.link_status == RTE_ETH_LINK_UP ? "up" : "down"));
	json_object_set_new(r, "carrier", json_boolean(netif_carrier_ok(port->dev)));
	json_object_set_new(r, "damping", json_integer(c->conf.damping_s));
	json_object_set_new(r, "flaps", json_integer(c->damp.flaps));
	json_object_set_new(r, "held_ms", json_integer(port->dev->ctl->carrier_held_ms));
	json_object_set_new(r, "speed", ethdev_cli_speed(port));
	json_object_set_new(
		r, "duplex",
		json_string(c->link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX ? "full" : "half"));
	json_object_set_new(r, "autoneg", json_boolean(c->link.link_autoneg));
	json_object_set_new(r, "mtu", json_integer(port->dev->mtu));
	json_object_set_new(r, "max_mtu", json_integer(port->dev->ctl->max_mtu));
	json_object_set_new(r, "promisc", json_boolean(port->dev->ctl->promiscuity > 0));
	json_object_set_new(r, "rx_queues", json_integer(c->n_rxq));
	json_object_set_new(r, "tx_queues", json_integer(c->n_txq));
	json_object_set_new(r, "max_rx_queues", json_integer(c->info.max_rx_queues));
	json_object_set_new(r, "max_tx_queues", json_integer(c->info.max_tx_queues));
	json_object_set_new(r, "rx_desc", json_integer(c->n_rxd));
	json_object_set_new(r, "tx_desc", json_integer(c->n_txd));
	add_spreading(r, port);
	json_object_set_new(r, "mempool", json_string(c->pool_name));
	return r;
}

static json_t *
summary_row(struct ethdev_port *port)
{
	const struct ethdev_port_ctl *c = port->ctl;
	json_t *r = row(port);

	json_object_set_new(r, "driver", json_string(c->info.driver_name));
	json_object_set_new(r, "address", mac_json(port->dev));
	json_object_set_new(r, "state", json_string(c->started ? "started" : "stopped"));
	json_object_set_new(r, "link",
			    json_string(c->link.link_status == RTE_ETH_LINK_UP ? "up" : "down"));
	json_object_set_new(r, "speed", ethdev_cli_speed(port));
	return r;
}

/* What the device counted, less what it had at the last clear; and what Pollux dropped here. */
static json_t *
stats_row(struct ethdev_port *port)
{
	const struct rte_eth_stats *z = &port->ctl->cleared;
	struct netdev_stats_sum sum;
	struct rte_eth_stats st;
	json_t *r = row(port);

	role_enter_ctl();
	memset(&st, 0, sizeof(st));
	rte_eth_stats_get(port->port_id, &st);
	dev_get_stats(port->dev, &sum);
	json_object_set_new(r, "rx_packets", u64(st.ipackets - z->ipackets));
	json_object_set_new(r, "rx_bytes", u64(st.ibytes - z->ibytes));
	json_object_set_new(r, "rx_missed", u64(st.imissed - z->imissed));
	json_object_set_new(r, "rx_errors", u64(st.ierrors - z->ierrors));
	json_object_set_new(r, "rx_nombuf", u64(st.rx_nombuf - z->rx_nombuf));
	json_object_set_new(r, "rx_dropped", u64(sum.rx_dropped));
	json_object_set_new(r, "tx_packets", u64(st.opackets - z->opackets));
	json_object_set_new(r, "tx_bytes", u64(st.obytes - z->obytes));
	json_object_set_new(r, "tx_errors", u64(st.oerrors - z->oerrors));
	json_object_set_new(r, "tx_dropped", u64(sum.tx_dropped));
	return r;
}

static json_t *
xstats_row(struct ethdev_port *port)
{
	int n = rte_eth_xstats_get_names(port->port_id, NULL, 0);
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;
	json_t *r = row(port), *x = json_object();

	if (n < 0)
		n = 0;
	names = calloc((size_t)n + 1, sizeof(*names));
	values = calloc((size_t)n + 1, sizeof(*values));
	if (names != NULL && values != NULL &&
	    rte_eth_xstats_get_names(port->port_id, names, (unsigned int)n) == n &&
	    rte_eth_xstats_get(port->port_id, values, (unsigned int)n) == n)
		for (int i = 0; i < n; i++)
			json_object_set_new(x, names[i].name, u64(values[i].value));
	free(names);
	free(values);
	json_object_set_new(r, "xstats", x);
	return r;
}

static const char *const wake_names[] = {
	[ETHDEV_WAKE_NAP] = "nap", [ETHDEV_WAKE_INTR] = "interrupt", [ETHDEV_WAKE_SOCKET] = "socket"
};

static CTL_ONLY json_t *
rxq_rows(struct ethdev_port *port)
{
	json_t *list = json_array();
	uint16_t share[ETHDEV_QUEUES_MAX];
	unsigned int reta = ethdev_rss_table(port, share);

	for (uint16_t q = 0; q < port->ctl->n_rxq; q++) {
		const struct ethdev_rxq *rxq = &port->rxq[q];
		const struct worker *w = rxq->worker > 0 ? workers[rxq->worker] : NULL;
		json_t *r = row(port);

		json_object_set_new(r, "queue", json_integer(q));
		json_object_set_new(r, "descriptors", json_integer(port->ctl->n_rxd));
		json_object_set_new(r, "worker", w != NULL ? json_integer(w->id) : json_null());
		json_object_set_new(r, "lcore", w != NULL ? json_integer(w->lcore) : json_null());
		json_object_set_new(r, "packets", u64(rxq->packets));
		json_object_set_new(r, "full_bursts", u64(rxq->full_bursts));
		json_object_set_new(r, "wake", json_string(wake_names[rxq->wake]));
		json_object_set_new(r, "proven", json_boolean(rxq->proven));
		json_object_set_new(r, "wakes", u64(rxq->wakes));
		json_object_set_new(r, "reta_share",
				    reta > 0 ? json_real(share[q] / (double)reta) : json_null());
		json_array_append_new(list, r);
	}
	return list;
}

static json_t *
txq_rows(struct ethdev_port *port)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < n_workers; i++) {
		const struct ethdev_worker *ew = workers[i]->tx;
		const struct ethdev_txq *q = ew->txq[port->port_id];
		json_t *r = row(port);

		json_object_set_new(r, "worker", json_integer((json_int_t)i));
		json_object_set_new(r, "queue",
				    q->queue == ETHDEV_NO_QUEUE ? json_null()
								: json_integer(q->queue));
		json_object_set_new(r, "by",
				    json_string(q->queue == ETHDEV_NO_QUEUE ? "ring" : "queue"));
		json_object_set_new(r, "descriptors", json_integer(port->ctl->n_txd));
		json_object_set_new(r, "buffered", json_integer(q->n));
		json_array_append_new(list, r);
	}
	return list;
}

static json_t *
offload_names(uint64_t bits, const char *(*name)(uint64_t))
{
	json_t *list = json_array();

	for (unsigned int b = 0; b < 64; b++)
		if (bits & (UINT64_C(1) << b))
			json_array_append_new(list, json_string(name(UINT64_C(1) << b)));
	return list;
}

static json_t *
offloads_row(struct ethdev_port *port)
{
	const struct ethdev_port_ctl *c = port->ctl;
	json_t *r = row(port);

	json_object_set_new(r, "rx_capable",
			    offload_names(c->info.rx_offload_capa, rte_eth_dev_rx_offload_name));
	json_object_set_new(r, "rx_used",
			    offload_names(c->rx_offloads, rte_eth_dev_rx_offload_name));
	json_object_set_new(r, "tx_capable",
			    offload_names(c->info.tx_offload_capa, rte_eth_dev_tx_offload_name));
	json_object_set_new(r, "tx_used",
			    offload_names(c->tx_offloads, rte_eth_dev_tx_offload_name));
	return r;
}

static const struct {
	const char *word;
	json_t *(*one)(struct ethdev_port *port);  /* one row */
	json_t *(*many)(struct ethdev_port *port); /* or several */
} views[] = {
	{ "info", info_row, NULL },	    { "summary", summary_row, NULL },
	{ "stats", stats_row, NULL },	    { "xstats", xstats_row, NULL },
	{ "rxq", NULL, rxq_rows },	    { "txq", NULL, txq_rows },
	{ "offloads", offloads_row, NULL },
};

static json_t *result; /* being filled by show_one() */

static int
show_one(struct cli_ctx *c, struct ethdev_port *port)
{
	for (size_t i = 0; i < RTE_DIM(views); i++) {
		if (!cli_has(c, views[i].word))
			continue;
		if (views[i].one != NULL) {
			json_array_append_new(result, views[i].one(port));
		} else {
			json_t *rows = views[i].many(port);

			json_array_extend(result, rows);
			json_decref(rows);
		}
	}
	return 0;
}

static int
show_port(struct cli_ctx *c)
{
	int rc;

	result = json_array();
	rc = ethdev_cli_each(c, show_one);
	if (rc == 0)
		cli_set_result(c, result);
	else
		json_decref(result);
	return rc;
}

static int
clear_one(struct cli_ctx *c, struct ethdev_port *port)
{
	role_enter_ctl();
	if (cli_has(c, "xstats")) {
		int rc = rte_eth_xstats_reset(port->port_id);

		return rc < 0 && rc != -ENOTSUP
			       ? cli_error(c, rc, "port %s: %s", port->dev->name, strerror(-rc))
			       : 0;
	}
	rte_eth_stats_get(port->port_id, &port->ctl->cleared);
	dev_clear_stats(port->dev);
	return 0;
}

static int
clear_port(struct cli_ctx *c)
{
	return ethdev_cli_each(c, clear_one);
}

static const struct cli_cmd commands[] = {
	{ "show port (info|summary|stats|xstats|rxq|txq|offloads) [PORT:port]",
	  "Show ports: device and link, counters, queues and who serves them, offloads.", "display",
	  show_port, NULL, true },
	{ "clear port (stats|xstats) PORT:port", "Set a port's counters to zero.", "display",
	  clear_port, NULL, false },
	{ 0 }
};

void
ethdev_show_cli_register(void)
{
	cli_register(commands);
}
