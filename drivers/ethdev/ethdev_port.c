/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include "core/log.h"
#include "ethdev/ethdev.h"

LOG_MODULE(ethdev);

#define DEFAULT_DESC	1024
#define IN_FLIGHT	4096 /* mbufs of a port that may sit in other ports' queues and in caches */
#define ETHDEV_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * 4) /* Ethernet header and two VLAN tags */

static struct ethdev_port *ports; /* in order of port_id */

struct ethdev_port *
ethdev_first(void)
{
	return ports;
}

struct ethdev_port *
ethdev_by_id(unsigned int port_id)
{
	struct ethdev_port *p = ports;

	while (p != NULL && p->port_id != port_id)
		p = p->ctl->next;
	return p;
}

struct ethdev_port *
ethdev_of(const struct net_device *dev)
{
	return dev != NULL && dev->ctl->ops == &ethdev_netdev_ops ? dev->priv_dp : NULL;
}

struct ethdev_port *
ethdev_by_name(const char *name)
{
	return ethdev_of(dev_get_by_name(name));
}

/* Keep the sentence for the caller of attach or start; the last one wins. */
static int __attribute__((format(printf, 3, 4)))
fail(const char **why, int rc, const char *fmt, ...)
{
	static char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*why = text;
	return rc;
}

/* The DPDK device name in a device string: what stands before the first comma. */
static void
device_name(const char *device, char *name, size_t len)
{
	snprintf(name, len, "%.*s", (int)strcspn(device, ","), device);
}

/* Find the device among those EAL knows, or probe it. Returns the port number or -errno. */
static CTL_ONLY int
probe(const char *device, const char **why)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t id;
	int rc;

	device_name(device, name, sizeof(name));
	if (rte_eth_dev_get_port_by_name(name, &id) != 0) {
		rc = rte_dev_probe(device);
		if (rc < 0)
			return fail(why, rc, "device \"%s\" can not be probed: %s", device,
				    strerror(-rc));
		if (rte_eth_dev_get_port_by_name(name, &id) != 0)
			return fail(why, -ENODEV, "device \"%s\" is no Ethernet port", device);
	}
	if (ethdev_by_id(id) != NULL)
		return fail(why, -EEXIST, "device \"%s\" is port %u already", device, id);
	return id;
}

static CTL_ONLY void
unprobe(struct ethdev_port *port)
{
	struct rte_device *device = port->ctl->info.device;
	int rc = rte_eth_dev_close(port->port_id);

	if (rc == 0 && device != NULL)
		rc = rte_dev_remove(device);
	if (rc < 0)
		log_warn("device \"%s\" did not go away cleanly: %s", port->ctl->conf.device,
			 strerror(-rc));
}

/* Frame bytes of the largest mbuf the port must be able to fill in one segment. */
static uint16_t
data_room(const struct ethdev_conf *conf)
{
	uint32_t frame = conf->mtu + ETHDEV_OVERHEAD + RTE_ETHER_CRC_LEN;

	return (uint16_t)(RTE_PKTMBUF_HEADROOM +
			  RTE_MAX(frame, (uint32_t)RTE_MBUF_DEFAULT_DATAROOM));
}

static CTL_ONLY int
create_pool(struct ethdev_port *port, const char **why)
{
	static unsigned int serial; /* a name is not free again before its pool is */
	struct ethdev_port_ctl *c = port->ctl;
	unsigned int n = c->conf.mbufs;

	if (n == 0)
		n = (unsigned int)RTE_MAX((unsigned int)c->conf.rx_queues, 1u) * 2u *
			    RTE_MAX((unsigned int)c->conf.rx_desc, (unsigned int)DEFAULT_DESC) +
		    IN_FLIGHT;
	snprintf(c->pool_name, sizeof(c->pool_name), "port%u_%u", port->port_id, serial++);
	c->pool = skb_pool_create(c->pool_name, n, data_room(&c->conf), c->socket);
	if (c->pool == NULL)
		return fail(why, -ENOMEM,
			    "no memory for %u packet buffers of %u bytes: raise dpdk.memory_mb or "
			    "lower rx_desc or mbufs",
			    n, data_room(&c->conf));
	return 0;
}

static CTL_ONLY void
choose_offloads(struct ethdev_port *port, struct rte_eth_conf *conf)
{
	struct ethdev_port_ctl *c = port->ctl;
	uint64_t rx = c->info.rx_offload_capa, tx = c->info.tx_offload_capa;

	c->rx_offloads = rx & (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_SCATTER);
	c->tx_offloads = tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (data_room(&c->conf) >= c->conf.mtu + ETHDEV_OVERHEAD + RTE_PKTMBUF_HEADROOM)
		c->rx_offloads &= ~RTE_ETH_RX_OFFLOAD_SCATTER; /* a frame fits one mbuf */
	conf->rxmode.offloads = c->rx_offloads;
	conf->txmode.offloads = c->tx_offloads;
	port->tx_multi_segs = c->tx_offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (c->n_rxq > 1 && c->info.flow_type_rss_offloads != 0) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_hf =
			c->info.flow_type_rss_offloads &
			(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |
			 RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV4_OTHER);
	}
	if (*c->info.dev_flags & RTE_ETH_DEV_INTR_LSC)
		conf->intr_conf.lsc = 1;
}

static CTL_ONLY int
setup_queues(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	int rc;

	c->n_rxd = c->conf.rx_desc > 0 ? c->conf.rx_desc : DEFAULT_DESC;
	c->n_txd = c->conf.tx_desc > 0 ? c->conf.tx_desc : DEFAULT_DESC;
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->port_id, &c->n_rxd, &c->n_txd);
	if (rc < 0)
		return fail(why, rc, "%u/%u descriptors refused: %s", c->n_rxd, c->n_txd,
			    strerror(-rc));
	for (uint16_t q = 0; q < c->n_rxq; q++) {
		rc = rte_eth_rx_queue_setup(port->port_id, q, c->n_rxd, (unsigned int)c->socket,
					    NULL, c->pool);
		if (rc < 0)
			return fail(why, rc, "receive queue %u of %u can not be set up: %s", q,
				    c->n_rxq, strerror(-rc));
	}
	for (uint16_t q = 0; q < c->n_txq; q++) {
		rc = rte_eth_tx_queue_setup(port->port_id, q, c->n_txd, (unsigned int)c->socket,
					    NULL);
		if (rc < 0)
			return fail(why, rc, "transmit queue %u of %u can not be set up: %s", q,
				    c->n_txq, strerror(-rc));
	}
	return 0;
}

/* Queues as asked, or as many as help: one to receive, one to transmit for each worker. */
static CTL_ONLY int
choose_queues(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	unsigned int rx_max =
		RTE_MIN((unsigned int)c->info.max_rx_queues, (unsigned int)ETHDEV_QUEUES_MAX);

	if (c->conf.rx_queues > rx_max)
		return fail(why, -EINVAL, "%u receive queues asked for, the device has %u",
			    c->conf.rx_queues, rx_max);
	if (c->conf.tx_queues > c->info.max_tx_queues)
		return fail(why, -EINVAL, "%u transmit queues asked for, the device has %u",
			    c->conf.tx_queues, c->info.max_tx_queues);
	c->n_rxq = c->conf.rx_queues > 0 ? c->conf.rx_queues : 1;
	c->n_txq = c->conf.tx_queues;
	if (c->n_txq == 0)
		c->n_txq = (uint16_t)RTE_MIN((unsigned int)c->info.max_tx_queues, n_workers - 1);
	return 0;
}

static CTL_ONLY int
configure(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	struct rte_eth_conf conf;
	int rc = choose_queues(port, why);

	if (rc < 0)
		return rc;
	memset(&conf, 0, sizeof(conf));
	choose_offloads(port, &conf);
	if (c->info.max_mtu == 0 || c->conf.mtu <= c->info.max_mtu)
		conf.rxmode.mtu = c->conf.mtu;
	rc = rte_eth_dev_configure(port->port_id, c->n_rxq, c->n_txq, &conf);
	if (rc < 0 && c->n_rxq != c->n_txq && c->conf.tx_queues == 0) {
		c->n_txq = c->n_rxq; /* some PMDs (tap) have pairs of queues only */
		rc = rte_eth_dev_configure(port->port_id, c->n_rxq, c->n_txq, &conf);
	}
	if (rc < 0)
		return fail(why, rc, "%u receive and %u transmit queues, MTU %u refused: %s",
			    c->n_rxq, c->n_txq, c->conf.mtu, strerror(-rc));
	return setup_queues(port, why);
}

/* Every worker's buffers for the port, the control thread's included (it only hands over). */
static CTL_ONLY int
alloc_txqs(struct ethdev_port *port)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		struct ethdev_worker *ew = workers[i]->tx;

		if (ew->txq[port->port_id] != NULL)
			continue;
		ew->txq[port->port_id] = calloc(1, sizeof(struct ethdev_txq));
		if (ew->txq[port->port_id] == NULL)
			return -ENOMEM;
		ew->txq[port->port_id]->queue = ETHDEV_NO_QUEUE;
	}
	return 0;
}

int
ethdev_start(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	struct rte_ether_addr mac;
	int rc;

	if (c->started)
		return 0;
	rc = rte_eth_dev_start(port->port_id);
	if (rc < 0)
		return fail(why, rc, "port %u can not be started: %s", port->port_id,
			    strerror(-rc));
	c->started = true;
	if (port->dev->ctl->promiscuity > 0 || c->soft_mac)
		rte_eth_promiscuous_enable(port->port_id);
	if (rte_eth_macaddr_get(port->port_id, &mac) == 0 && !c->conf.mac_set)
		port->dev->dev_addr64 = ether_addr_to_u64(&mac);
	ethdev_poll_start(port);
	ethdev_link_update(port);
	return 0;
}

void
ethdev_stop(struct ethdev_port *port)
{
	if (!port->ctl->started)
		return;
	ethdev_poll_stop(port);
	rte_eth_dev_stop(port->port_id);
	port->ctl->started = false;
	ethdev_link_update(port);
}

/* A PMD whose stop() closes what start() does not open again has to be probed anew. */
static CTL_ONLY bool
needs_reprobe(const struct ethdev_port *port)
{
	return strcmp(port->ctl->info.driver_name, "net_af_packet") == 0;
}

static CTL_ONLY int
reprobe(struct ethdev_port *port, const char **why)
{
	int id;

	unprobe(port);
	id = probe(port->ctl->conf.device, why);
	if (id < 0)
		return id;
	if (id != port->port_id)
		return fail(why, -EBUSY, "device came back as port %d", id);
	return rte_eth_dev_info_get(port->port_id, &port->ctl->info);
}

/* Stop, change the configuration, and bring the port back as it was. */
static CTL_ONLY int
restart(struct ethdev_port *port, const struct ethdev_conf *conf, bool run, const char **why)
{
	int rc = 0;

	ethdev_stop(port);
	port->ctl->conf = *conf;
	if (needs_reprobe(port))
		rc = reprobe(port, why);
	if (rc == 0)
		rc = configure(port, why);
	if (rc == 0 && run)
		rc = ethdev_start(port, why);
	return rc;
}

int
ethdev_reconfigure(struct ethdev_port *port, const struct ethdev_conf *conf, const char **why)
{
	struct ethdev_conf old = port->ctl->conf;
	const char *ignored;
	bool ran = port->ctl->started;
	int rc = restart(port, conf, ran, why);

	if (rc < 0 && restart(port, &old, ran, &ignored) < 0)
		log_err("port %s: the old settings could not be restored: %s", port->dev->name,
			ignored);
	return rc;
}

int
ethdev_reset(struct ethdev_port *port, const char **why)
{
	struct ethdev_conf conf = port->ctl->conf;

	ethdev_stop(port);
	if (rte_eth_dev_reset(port->port_id) == -ENOTSUP)
		log_info("port %s: the device has no reset; stopped and started instead",
			 port->dev->name);
	return restart(port, &conf, true, why);
}

static CTL_ONLY void
list_insert(struct ethdev_port *port)
{
	struct ethdev_port **at = &ports;

	while (*at != NULL && (*at)->port_id < port->port_id)
		at = &(*at)->ctl->next;
	port->ctl->next = *at;
	*at = port;
}

static CTL_ONLY void
list_remove(struct ethdev_port *port)
{
	struct ethdev_port **at = &ports;

	while (*at != NULL && *at != port)
		at = &(*at)->ctl->next;
	if (*at == port)
		*at = port->ctl->next;
}

static void
port_free(struct ethdev_port *port)
{
	rte_ring_free(port->ring);
	free(port->ctl);
	free(port);
}

static CTL_ONLY struct ethdev_port *
port_alloc(uint16_t id, const struct ethdev_conf *conf)
{
	struct ethdev_port *port = aligned_alloc(
		RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*port), RTE_CACHE_LINE_SIZE));
	char name[RTE_RING_NAMESIZE];

	if (port == NULL)
		return NULL;
	memset(port, 0, sizeof(*port));
	port->port_id = id;
	port->ctl = calloc(1, sizeof(*port->ctl));
	snprintf(name, sizeof(name), "port%u_tx", id);
	port->ring =
		rte_ring_create(name, ETHDEV_TX_RING, rte_eth_dev_socket_id(id), RING_F_SC_DEQ);
	if (port->ctl == NULL || port->ring == NULL) {
		port_free(port);
		return NULL;
	}
	port->ctl->conf = *conf;
	if (port->ctl->conf.mtu == 0)
		port->ctl->conf.mtu = RTE_ETHER_MTU;
	port->ctl->socket = rte_eth_dev_socket_id(id);
	return port;
}

/* The net device: its address and limits come from the device, or from the configuration. */
static CTL_ONLY int
make_netdev(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	struct rte_ether_addr mac;
	struct net_device *dev;
	int rc;

	dev = alloc_netdev("ethdev", &ethdev_netdev_ops, &ethdev_ops_dp, port);
	if (dev == NULL)
		return fail(why, -ENOMEM, "out of memory");
	dev->priv_dp = port;
	port->dev = dev;
	rte_eth_macaddr_get(port->port_id, &dev->ctl->perm_addr);
	mac = c->conf.mac_set ? c->conf.mac : dev->ctl->perm_addr;
	if (c->conf.mac_set) {
		rc = ethdev_set_mac(port, &mac);
		if (rc < 0)
			return fail(why, rc,
				    "the device does not take MAC address " RTE_ETHER_ADDR_PRT_FMT
				    ": %s",
				    RTE_ETHER_ADDR_BYTES(&mac), strerror(-rc));
	}
	dev->dev_addr64 = ether_addr_to_u64(&mac);
	dev->mtu = c->conf.mtu;
	dev->ctl->min_mtu = RTE_MAX((uint32_t)68, (uint32_t)c->info.min_mtu); /* RFC 791 3.2 */
	dev->ctl->max_mtu = RTE_MIN((uint32_t)(data_room(&c->conf) - RTE_PKTMBUF_HEADROOM -
					       ETHDEV_OVERHEAD - RTE_ETHER_CRC_LEN),
				    (uint32_t)(c->info.max_mtu > 0 ? c->info.max_mtu : UINT16_MAX));
	dev->ctl->socket = (int16_t)c->socket;
	return 0;
}

/* From a probed device to a registered, running net device; the caller undoes on error. */
static CTL_ONLY int
bring_up(struct ethdev_port *port, const char *name, const char **why)
{
	char dflt[IFNAMSIZ];
	int rc = rte_eth_dev_info_get(port->port_id, &port->ctl->info);

	if (rc < 0)
		return fail(why, rc, "the device does not answer: %s", strerror(-rc));
	if (alloc_txqs(port) < 0)
		return fail(why, -ENOMEM, "out of memory");
	rc = create_pool(port, why);
	if (rc == 0)
		rc = configure(port, why);
	if (rc == 0)
		rc = make_netdev(port, why);
	if (rc < 0)
		return rc;
	snprintf(dflt, sizeof(dflt), "p%u", port->port_id);
	rc = register_netdevice(port->dev, name != NULL ? name : dflt);
	if (rc < 0)
		return fail(why, rc, "name \"%s\": %s", name != NULL ? name : dflt,
			    rc == -EEXIST ? "is taken" : "is no interface name");
	list_insert(port);
	ethdev_link_watch(port, true);
	rc = ethdev_start(port, why);
	if (rc < 0) {
		list_remove(port);
		unregister_netdevice(port->dev);
		rcu_synchronize();
		port->dev = NULL; /* destroyed by its destructor */
	}
	return rc;
}

int
ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
	      const char **why)
{
	struct ethdev_port *port;
	int rc = probe(conf->device, why);

	if (rc < 0)
		return rc;
	port = port_alloc((uint16_t)rc, conf);
	if (port == NULL) {
		rte_eth_dev_close((uint16_t)rc);
		return fail(why, -ENOMEM, "out of memory");
	}
	rc = bring_up(port, name, why);
	if (rc == 0) {
		if (dev != NULL)
			*dev = port->dev;
		return 0;
	}
	if (port->dev != NULL)
		free_netdev(port->dev);
	unprobe(port);
	rte_mempool_free(port->ctl->pool);
	port_free(port);
	return rc;
}

int
ethdev_detach(struct ethdev_port *port)
{
	struct rte_mempool *pool = port->ctl->pool;

	dev_close(port->dev);
	ethdev_link_watch(port, false);
	ethdev_stop(port);
	list_remove(port);
	unregister_netdevice(port->dev);
	rcu_synchronize(); /* no worker holds the device, no frame is on its way to it */
	unprobe(port);
	ethdev_pool_retire(pool);
	port_free(port);
	return 0;
}
