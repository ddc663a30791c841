/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "ethdev/ethdev.h"
#include "ethdev/ethdev_priv.h"

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
		n = (unsigned int)RTE_MAX((unsigned int)c->conf.rx_queues, n_workers - 1) * 2u *
			    RTE_MAX((unsigned int)c->conf.rx_desc, (unsigned int)DEFAULT_DESC) +
		    IN_FLIGHT;
	snprintf(c->pool_name, sizeof(c->pool_name), "port%u_%u", port->port_id, serial++);
	c->pool = skb_pool_create(c->pool_name, n, data_room(&c->conf), c->socket);
	if (c->pool == NULL)
		return ethdev_fail(
			why, -ENOMEM,
			"no memory for %u packet buffers of %u bytes: raise dpdk.memory_mb or "
			"lower rx_desc or mbufs",
			n, data_room(&c->conf));
	return 0;
}

static uint32_t
features_of(const struct ethdev_port_ctl *c)
{
	return NETIF_F_SHARED | (c->tx_offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS ? NETIF_F_SG : 0);
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
	if (port->dev != NULL) /* else make_netdev() will */
		port->dev->features = features_of(c);
	ethdev_rss_choose(port, conf);
	if (*c->info.dev_flags & RTE_ETH_DEV_INTR_LSC)
		conf->intr_conf.lsc = 1;
}

static CTL_ONLY int
setup_rxq(const struct ethdev_port *port, uint16_t q)
{
	const struct ethdev_port_ctl *c = port->ctl;
	int rc = ethdev_xdp_settle(port, q);

	return rc != 0 ? rc
		       : rte_eth_rx_queue_setup(port->port_id, q, c->n_rxd, (unsigned int)c->socket,
						NULL, c->pool);
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
		return ethdev_fail(why, rc, "%u/%u descriptors refused: %s", c->n_rxd, c->n_txd,
				   strerror(-rc));
	for (uint16_t q = 0; q < c->n_rxq; q++) {
		rc = setup_rxq(port, q);
		if (rc < 0)
			return ethdev_fail(why, rc, "receive queue %u of %u can not be set up: %s",
					   q, c->n_rxq, strerror(-rc));
	}
	for (uint16_t q = 0; q < c->n_txq; q++) {
		rc = rte_eth_tx_queue_setup(port->port_id, q, c->n_txd, (unsigned int)c->socket,
					    NULL);
		if (rc < 0)
			return ethdev_fail(why, rc, "transmit queue %u of %u can not be set up: %s",
					   q, c->n_txq, strerror(-rc));
	}
	return 0;
}

/* Queues as asked, or as many as help: one for each worker to transmit, and to receive where the
 * device spreads flows over them. */
static CTL_ONLY int
choose_queues(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	unsigned int rx_max =
		RTE_MIN((unsigned int)c->info.max_rx_queues, (unsigned int)ETHDEV_QUEUES_MAX);

	if (c->conf.rx_queues > rx_max)
		return ethdev_fail(why, -EINVAL, "%u receive queues asked for, the device has %u",
				   c->conf.rx_queues, rx_max);
	if (c->conf.tx_queues > c->info.max_tx_queues)
		return ethdev_fail(why, -EINVAL, "%u transmit queues asked for, the device has %u",
				   c->conf.tx_queues, c->info.max_tx_queues);
	c->n_rxq = c->conf.rx_queues;
	if (c->n_rxq == 0)
		c->n_rxq = (uint16_t)(c->info.flow_type_rss_offloads != 0
					      ? RTE_MIN(rx_max, n_workers - 1)
					      : 1);
	c->n_txq = c->conf.tx_queues;
	if (c->n_txq == 0)
		c->n_txq = (uint16_t)RTE_MIN((unsigned int)c->info.max_tx_queues, n_workers - 1);
	return 0;
}

static CTL_ONLY int
configure_with(struct ethdev_port *port, bool want_rx_intr, const char **why)
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
	c->rx_intr = want_rx_intr;
	conf.intr_conf.rxq = want_rx_intr;
	rc = rte_eth_dev_configure(port->port_id, c->n_rxq, c->n_txq, &conf);
	if (rc < 0 && c->n_rxq != c->n_txq && c->conf.tx_queues == 0) {
		c->n_txq = c->n_rxq; /* some PMDs (tap) have pairs of queues only */
		rc = rte_eth_dev_configure(port->port_id, c->n_rxq, c->n_txq, &conf);
	}
	if (rc < 0)
		return ethdev_fail(why, rc, "%u receive and %u transmit queues, MTU %u refused: %s",
				   c->n_rxq, c->n_txq, c->conf.mtu, strerror(-rc));
	rc = setup_queues(port, why);
	ethdev_xdp_note(port); /* also what a failure half way left open */
	return rc;
}

/* With receive interrupts, if the device takes that. */
static CTL_ONLY int
configure(struct ethdev_port *port, const char **why)
{
	int rc = configure_with(port, true, why);

	if (rc < 0)
		rc = configure_with(port, false, why);
	if (rc == 0)
		ethdev_wake_find(port);
	return rc;
}

static CTL_ONLY int
start_device(struct ethdev_port *port, const char **why)
{
	int rc = rte_eth_dev_start(port->port_id);

	if (rc < 0 && port->ctl->rx_intr && configure_with(port, false, why) == 0)
		rc = rte_eth_dev_start(port->port_id);
	if (rc < 0)
		return ethdev_fail(why, rc, "port %u can not be started: %s", port->port_id,
				   strerror(-rc));
	ethdev_wake_start(port);
	return 0;
}

/* Every worker's buffers for a port, the control thread's included (it only hands over). */
static CTL_ONLY int
alloc_txqs(unsigned int port_id)
{
	for (unsigned int i = 0; i < n_workers; i++) {
		struct ethdev_worker *ew = workers[i]->tx;

		if (ew->txq[port_id] != NULL)
			continue;
		ew->txq[port_id] = calloc(1, sizeof(struct ethdev_txq));
		if (ew->txq[port_id] == NULL)
			return -ENOMEM;
		ew->txq[port_id]->queue = ETHDEV_NO_QUEUE;
	}
	return 0;
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

/* What the device is to let in: a start or a reset may have made it forget. */
static CTL_ONLY void
apply_filters(struct ethdev_port *port)
{
	struct ethdev_port_ctl *c = port->ctl;
	const uint64_t *extra = port->dev->extra_addrs;

	if (port->dev->ctl->promiscuity > 0 || c->soft_mac)
		rte_eth_promiscuous_enable(port->port_id);
	if (port->dev->ctl->allmulti > 0)
		rte_eth_allmulticast_enable(port->port_id);
	/* One that the filter did not take once made the device promiscuous; asking again is
	 * harmless, so is one that it still has. */
	for (; extra != NULL && *extra != 0; extra++) {
		struct rte_ether_addr addr;

		memcpy(&addr, extra, sizeof(addr));
		rte_eth_dev_mac_addr_add(port->port_id, &addr, 0);
	}
	if (c->n_mc > 0)
		rte_eth_dev_set_mc_addr_list(port->port_id, c->mc_list, c->n_mc);
}

/* A MAC address that was set by hand is set again; another is the device's own. */
static CTL_ONLY int
apply_mac(struct ethdev_port *port, const char **why)
{
	struct rte_ether_addr mac = port->ctl->conf.mac;
	int rc;

	port->ctl->soft_mac = false;
	if (!port->ctl->conf.mac_set)
		return 0;
	rc = ethdev_set_mac(port, &mac);
	if (rc < 0)
		return ethdev_fail(why, rc,
				   "the device does not take MAC address " RTE_ETHER_ADDR_PRT_FMT
				   ": %s",
				   RTE_ETHER_ADDR_BYTES(&mac), strerror(-rc));
	return 0;
}

/* A PMD whose stop() closes what start() does not open again has to be probed anew. */
static CTL_ONLY bool
needs_reprobe(const struct ethdev_port *port)
{
	return port->ctl->gone || strcmp(port->ctl->info.driver_name, "net_af_packet") == 0;
}

/* The device may come back under another number, if a lower one is free. */
static CTL_ONLY void
renumber(struct ethdev_port *port, uint16_t id)
{
	list_remove(port);
	port->port_id = id;
	list_insert(port);
}

/* Close the device and open it again: a new one to DPDK, the same port to everybody else. */
static CTL_ONLY int
reprobe(struct ethdev_port *port, const char **why)
{
	int id, rc;

	if (!port->ctl->gone) {
		ethdev_link_watch(port, false);
		ethdev_unprobe(port);
		renumber(port, ETHDEV_GONE);
	}
	memset(port->ctl->socket_fd, 0, sizeof(port->ctl->socket_fd));
	ethdev_wake_mark();
	id = ethdev_probe(port->ctl->conf.device, why);
	if (id < 0)
		return id;
	if (alloc_txqs((unsigned int)id) < 0) {
		rte_eth_dev_close((uint16_t)id);
		return ethdev_fail(why, -ENOMEM, "out of memory");
	}
	renumber(port, (uint16_t)id);
	port->ctl->gone = false;
	memset(&port->ctl->cleared, 0, sizeof(port->ctl->cleared));
	rc = rte_eth_dev_info_get(port->port_id, &port->ctl->info);
	if (rc < 0)
		return ethdev_fail(why, rc, "the device does not answer: %s", strerror(-rc));
	ethdev_link_watch(port, true);
	return 0;
}

/* From a stopped device, or none, to one that can be started. */
static CTL_ONLY int
prepare(struct ethdev_port *port, const char **why)
{
	/* net_af_xdp goes on after a stop, but sets up the queues of a device only once. */
	int rc = needs_reprobe(port) || ethdev_is_xdp(port) ? reprobe(port, why) : 0;

	if (rc == 0)
		rc = configure(port, why);
	return rc == 0 ? apply_mac(port, why) : rc;
}

int
ethdev_start(struct ethdev_port *port, const char **why)
{
	struct ethdev_port_ctl *c = port->ctl;
	struct rte_ether_addr mac;
	int rc = 0;

	if (c->started)
		return 0;
	if (c->unready) /* stopped by a PMD that forgets, or left so by a failure */
		rc = prepare(port, why);
	if (rc < 0)
		return rc;
	rc = start_device(port, why);
	if (rc < 0)
		return rc;
	c->unready = false;
	c->started = true;
	apply_filters(port);
	ethdev_rss_apply(port);
	if (rte_eth_macaddr_get(port->port_id, &mac) == 0 && !c->conf.mac_set)
		dev_addr_changed(port->dev, &mac); /* a PMD probed anew may have drawn another */
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
	port->ctl->unready = needs_reprobe(port);
	ethdev_link_update(port);
}

/* Stop, change the configuration, and bring the port back as it was. */
static CTL_ONLY int
restart(struct ethdev_port *port, const struct ethdev_conf *conf, bool run, const char **why)
{
	int rc;

	ethdev_stop(port);
	port->ctl->conf = *conf;
	port->ctl->unready = true; /* until all of it has succeeded */
	rc = prepare(port, why);
	if (rc < 0)
		return rc;
	port->ctl->unready = false;
	rc = run ? ethdev_start(port, why) : 0;
	if (rc == 0 && run && !port->ctl->admin_up) {
		rte_eth_dev_set_link_down(port->port_id); /* the start brought it up */
		ethdev_link_update(port);
	}
	return rc;
}

int
ethdev_reconfigure(struct ethdev_port *port, const struct ethdev_conf *conf, const char **why)
{
	struct ethdev_conf old = port->ctl->conf;
	const char *ignored;
	bool ran = port->ctl->started;
	char first[256];
	int rc;

	rc = restart(port, conf, ran, why);
	if (rc == 0)
		return 0;
	snprintf(first, sizeof(first), "%s", *why); /* the restart may have words of its own */
	if (restart(port, &old, ran, &ignored) < 0)
		log_err("port %s: the old settings could not be restored: %s", port->dev->name,
			ignored);
	return ethdev_fail(why, rc, "%s", first);
}

int
ethdev_reset(struct ethdev_port *port, const char **why)
{
	struct ethdev_conf conf = port->ctl->conf;
	bool ran = port->ctl->started;
	int rc;

	ethdev_stop(port);
	rc = port->ctl->gone ? -ENOTSUP : rte_eth_dev_reset(port->port_id);
	if (rc == -ENOTSUP)
		log_info("port %s: the device has no reset; stopped and started instead",
			 port->dev->name);
	else if (rc < 0)
		log_warn("port %s: reset: %s", port->dev->name, strerror(-rc));
	else
		rte_eth_dev_info_get(port->port_id, &port->ctl->info);
	return restart(port, &conf, ran, why);
}

static void
port_free(struct ethdev_port *port)
{
	rte_ring_free(port->ring);
	for (unsigned int i = 0; i < WORKER_MAX; i++)
		rte_ring_free(port->spread_ring[i]);
	if (port->ctl != NULL)
		free(port->ctl->mc_list);
	free(port->ctl);
	free(port);
}

static CTL_ONLY struct ethdev_port *
port_alloc(uint16_t id, const struct ethdev_conf *conf)
{
	static unsigned int serial; /* a port's number may change, its ring's name does not */
	struct ethdev_port *port = aligned_alloc(
		RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*port), RTE_CACHE_LINE_SIZE));
	char name[RTE_RING_NAMESIZE];

	if (port == NULL)
		return NULL;
	memset(port, 0, sizeof(*port));
	port->port_id = id;
	port->ctl = calloc(1, sizeof(*port->ctl));
	snprintf(name, sizeof(name), "port_tx%u", serial++);
	port->ring =
		rte_ring_create(name, ETHDEV_TX_RING, rte_eth_dev_socket_id(id), RING_F_SC_DEQ);
	if (port->ctl == NULL || port->ring == NULL) {
		port_free(port);
		return NULL;
	}
	port->ctl->conf = *conf;
	if (port->ctl->conf.mtu == 0)
		port->ctl->conf.mtu = RTE_ETHER_MTU;
	if (!conf->damping_set)
		port->ctl->conf.damping_s = LINK_DAMP_MAX_S;
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
		return ethdev_fail(why, -ENOMEM, "out of memory");
	dev->priv_dp = port;
	port->dev = dev;
	rte_eth_macaddr_get(port->port_id, &dev->ctl->perm_addr);
	mac = c->conf.mac_set ? c->conf.mac : dev->ctl->perm_addr;
	rc = apply_mac(port, why);
	if (rc < 0)
		return rc;
	dev->dev_addr64 = ether_addr_to_u64(&mac);
	dev->mtu = c->conf.mtu;
	dev->features = features_of(c);
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
		return ethdev_fail(why, rc, "the device does not answer: %s", strerror(-rc));
	if (alloc_txqs(port->port_id) < 0 || alloc_txqs(ETHDEV_GONE) < 0)
		return ethdev_fail(why, -ENOMEM, "out of memory");
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
		return ethdev_fail(why, rc, "name \"%s\": %s", name != NULL ? name : dflt,
				   rc == -EEXIST ? "is taken" : "is no interface name");
	list_insert(port);
	ethdev_link_watch(port, true);
	rc = ethdev_start(port, why);
	if (rc < 0) {
		list_remove(port);
		unregister_netdevice(port->dev);
		rcu_barrier();
		port->dev = NULL; /* destroyed by its destructor */
	}
	return rc;
}

int
ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
	      const char **why)
{
	struct ethdev_port *port;
	int rc;

	ethdev_wake_mark();
	rc = ethdev_probe(conf->device, why);
	if (rc < 0)
		return rc;
	port = port_alloc((uint16_t)rc, conf);
	if (port == NULL) {
		rte_eth_dev_close((uint16_t)rc);
		return ethdev_fail(why, -ENOMEM, "out of memory");
	}
	rc = bring_up(port, name, why);
	if (rc == 0) {
		if (conf->promisc)
			dev_set_user_promisc(port->dev, true);
		if (ethdev_set_spread(port, conf->spread) < 0)
			log_warn("port %s: no memory to spread its flows", port->dev->name);
		if (dev != NULL)
			*dev = port->dev;
		return 0;
	}
	if (port->dev != NULL)
		free_netdev(port->dev);
	ethdev_unprobe(port);
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
	rcu_barrier(); /* no worker holds the device, no frame is on its way to it */
	ethdev_unprobe(port);
	ethdev_pool_retire(pool);
	port_free(port);
	return 0;
}
