/* SPDX-License-Identifier: BSD-3-Clause */
/* RSS: the device spreads flows over its receive queues, by IPv4 addresses and by ports. */
#include <errno.h>
#include <string.h>
#include "core/log.h"
#include "ethdev/ethdev.h"

LOG_MODULE(ethdev_rss);

#define RETA_GROUPS (RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE)
#define WANTED                                                                                     \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |                 \
	 RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV4_SCTP |                            \
	 RTE_ETH_RSS_NONFRAG_IPV4_OTHER)

void
ethdev_rss_choose(struct ethdev_port *port, struct rte_eth_conf *conf)
{
	struct ethdev_port_ctl *c = port->ctl;

	c->rss_hf = c->n_rxq > 1 ? c->info.flow_type_rss_offloads & WANTED : 0;
	if (c->rss_hf == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = c->rss_hf; /* the key is the device's own */
}

/* Entries of the redirection table that are used; a device with more than 512 keeps its own. */
static CTL_ONLY uint16_t
reta_size(const struct ethdev_port *port)
{
	uint16_t size = port->ctl->info.reta_size;

	return port->ctl->rss_hf != 0 && size <= RTE_ETH_RSS_RETA_SIZE_512 ? size : 0;
}

void
ethdev_rss_apply(struct ethdev_port *port)
{
	struct rte_eth_rss_reta_entry64 reta[RETA_GROUPS];
	uint16_t size = reta_size(port);
	int rc;

	if (size == 0)
		return;
	memset(reta, 0, sizeof(reta));
	for (uint16_t i = 0; i < size; i++) {
		struct rte_eth_rss_reta_entry64 *g = &reta[i / RTE_ETH_RETA_GROUP_SIZE];

		g->mask |= UINT64_C(1) << (i % RTE_ETH_RETA_GROUP_SIZE);
		g->reta[i % RTE_ETH_RETA_GROUP_SIZE] = i % port->ctl->n_rxq;
	}
	rc = rte_eth_dev_rss_reta_update(port->port_id, reta, size);
	if (rc < 0 && rc != -ENOTSUP)
		log_warn("port %s: the redirection table keeps the device's own values: %s",
			 port->dev->name, strerror(-rc));
}

unsigned int
ethdev_rss_table(const struct ethdev_port *port, uint16_t share[ETHDEV_QUEUES_MAX])
{
	struct rte_eth_rss_reta_entry64 reta[RETA_GROUPS];
	uint16_t size = reta_size(port);

	memset(share, 0, ETHDEV_QUEUES_MAX * sizeof(share[0]));
	memset(reta, 0, sizeof(reta));
	for (uint16_t i = 0; i < size; i++)
		reta[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1)
							  << (i % RTE_ETH_RETA_GROUP_SIZE);
	if (size == 0 || rte_eth_dev_rss_reta_query(port->port_id, reta, size) != 0)
		return 0;
	for (uint16_t i = 0; i < size; i++) {
		uint16_t q = reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];

		if (q < ETHDEV_QUEUES_MAX)
			share[q]++;
	}
	return size;
}

unsigned int
ethdev_rss_key(const struct ethdev_port *port, uint8_t *key, unsigned int room)
{
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = (uint8_t)room };
	unsigned int len = port->ctl->info.hash_key_size;

	if (port->ctl->rss_hf == 0 || len > room ||
	    rte_eth_dev_rss_hash_conf_get(port->port_id, &conf) != 0)
		return 0;
	return len > 0 ? len : 40; /* of RSS's definition */
}
