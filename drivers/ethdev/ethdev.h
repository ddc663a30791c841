/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ETHDEV_H
#define ETHDEV_H
/**
 * @file
 * DPDK ports as net devices, control side. All functions run on the control thread. A port is
 * probed by its device string, configured, registered as a net device and given to workers; all
 * of it can happen, and be undone, while other ports forward.
 */
#include "ethdev/ethdev_dp.h"
#include "ethdev/link_damp.h"
#include "netdev/netdev.h"

/** What the administrator asked for; zero means: the default. */
struct ethdev_conf {
	char device[256]; /* PCI address or vdev string with arguments */
	uint16_t rx_queues, tx_queues;
	uint16_t rx_desc, tx_desc;
	uint32_t mtu;
	uint32_t mbufs; /* in the port's pool; 0: computed from queues and descriptors */
	struct rte_ether_addr mac;
	bool mac_set;
	bool promisc; /* at first; then the net device knows */
	enum ethdev_spread spread;
	uint32_t damping_s; /* longest time that the carrier of a flapping link is held back */
	bool damping_set;
};

/** The control thread's part of a port. */
struct ethdev_port_ctl {
	struct ethdev_conf conf; /* as asked */
	struct rte_eth_dev_info info;
	struct rte_mempool *pool;
	char pool_name[RTE_MEMPOOL_NAMESIZE];
	int socket;
	uint16_t n_rxq, n_txq, n_rxd, n_txd; /* as configured */
	uint64_t rx_offloads, tx_offloads;
	uint64_t rss_hf; /* RTE_ETH_RSS_*: what the device spreads flows by; 0: it does not */
	bool rx_intr;	 /* configured with receive interrupts */
	int socket_fd[ETHDEV_QUEUES_MAX]; /* of the kernel, behind a queue, + 1; 0: none */
	bool started;
	bool polled;   /* its queues may be in the workers' lists */
	bool admin_up; /* and are: frames of a port that is down are not looked at */
	bool paused;   /* nobody polls it for a moment: a change must not overtake frames */
	bool soft_mac; /* promiscuous: the device can not take the MAC address it has */
	uint16_t pinned[ETHDEV_QUEUES_MAX]; /* worker asked for by `set worker rxq`; 0: any */
	struct rte_eth_link link;
	struct link_damp damp;
	struct rte_eth_stats cleared;
	uint64_t tx_given_up;		 /* what the watchdog saw last */
	uint64_t tx_timeouts, tx_resets; /* what it has told, and done */
	uint64_t tx_reset_ms;
	bool gone;		     /* the device was closed and did not come back */
	bool unready;		     /* stopped in a way that needs more than a start */
	struct ethdev_xdp_sock *xdp; /* sockets that net_af_xdp opened; n_xdp of them */
	unsigned int n_xdp;
	struct rte_ether_addr *mc_list; /* what the multicast filter holds; n_mc of them */
	uint32_t n_mc;
	struct ethdev_port *next;
};

/** Prepare for workers 1..n_workers-1. 0 or -ENOMEM. */
int ethdev_init(void) CTL_ONLY;
/** Detach every port, quietly; then free. Workers must have ended. */
void ethdev_fini(void) CTL_ONLY;

/**
 * Probe, configure, start and register a port under @p name (NULL: "p<id>").
 * @param why  on error a sentence, static or valid until the next call
 * @return 0 or -errno; on error nothing is left behind
 */
int ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
		  const char **why) CTL_ONLY;
/** Unregister, stop, close and remove. Waits for the workers to let go (microseconds). */
int ethdev_detach(struct ethdev_port *port) CTL_ONLY;
/** Start or stop the PMD: `port start|stop`. Stopped, a port can be reconfigured. 0 or -errno. */
int ethdev_start(struct ethdev_port *port, const char **why) CTL_ONLY;
void ethdev_stop(struct ethdev_port *port) CTL_ONLY;
/** Stop, apply a new number of queues or descriptors (0: keep), start again if it ran. On error
 * the old settings are restored. */
int ethdev_reconfigure(struct ethdev_port *port, const struct ethdev_conf *conf,
		       const char **why) CTL_ONLY;
/** `port reset`: rte_eth_dev_reset() and start anew. */
int ethdev_reset(struct ethdev_port *port, const char **why) CTL_ONLY;

/** The port of a DPDK number, a name, or NULL. */
struct ethdev_port *ethdev_by_id(unsigned int port_id) CTL_ONLY;
struct ethdev_port *ethdev_by_name(const char *name) CTL_ONLY;
struct ethdev_port *ethdev_of(const struct net_device *dev) CTL_ONLY; /* NULL: not an ethdev */
struct ethdev_port *ethdev_first(void) CTL_ONLY; /* follow ->ctl->next; in order of port_id */

/* --- queues and workers (ethdev_queue.c) --- */
/** Let worker @p slot poll a queue; the move loses no frame. 0, -EINVAL (no such queue or worker).
 */
int ethdev_move_rxq(struct ethdev_port *port, uint16_t queue, uint16_t slot) CTL_ONLY;
/** Put a started port's queues into the workers' lists / take them out and wait until no worker
 * polls or fills them any more. */
void ethdev_poll_start(struct ethdev_port *port) CTL_ONLY;
void ethdev_poll_stop(struct ethdev_port *port) CTL_ONLY;
/** `ip link set up|down`: whether workers look at the port's queues. What came before it went up is
 * dropped as NETDEV_DOWN. */
void ethdev_poll_admin(struct ethdev_port *port, bool up) CTL_ONLY;
/** `stop` and `start`: whether workers receive at all. */
void ethdev_forwarding(bool on) CTL_ONLY;
bool ethdev_forwarding_on(void) CTL_ONLY;
/** Frames in transmit buffers and hand-over rings: part of the balance's "held". */
unsigned int ethdev_held(void) CTL_ONLY;

/** Spread the port's flows over all workers by software, or not. Frames wait in the port's queues
 * for the moment that it takes, no flow loses its order. 0 or -ENOMEM. */
int ethdev_set_spread(struct ethdev_port *port, enum ethdev_spread how) CTL_ONLY;

/* --- spreading by the device (ethdev_rss.c) --- */
/** Fill the RSS part of @p conf for the port's number of queues, if the device has RSS. */
void ethdev_rss_choose(struct ethdev_port *port, struct rte_eth_conf *conf) CTL_ONLY;
/** The started device: spread the redirection table evenly over its queues. */
void ethdev_rss_apply(struct ethdev_port *port) CTL_ONLY;
/** How many entries of the redirection table lead to each queue. @return its size, 0: none. */
unsigned int ethdev_rss_table(const struct ethdev_port *port,
			      uint16_t share[ETHDEV_QUEUES_MAX]) CTL_ONLY;
/** The hash key. @return its length in bytes, 0: not known. */
unsigned int ethdev_rss_key(const struct ethdev_port *port, uint8_t *key,
			    unsigned int room) CTL_ONLY;

/* --- sleep (ethdev_wake.c) --- */
#define ETHDEV_BURST_PPS 500000
/** A burst of this rate must fit a queue while its worker naps: sets how long naps are. */
void ethdev_set_burst_pps(uint32_t pps) CTL_ONLY;
uint32_t ethdev_burst_pps(void) CTL_ONLY;

/* --- pools (ethdev_pool.c) --- */
/** Free a pool as soon as all of its buffers are back. */
void ethdev_pool_retire(struct rte_mempool *pool) CTL_ONLY;
/** Reap no more by timer: timers end before the last packets do. */
void ethdev_pools_stop(void) CTL_ONLY;
/** Free what is left. After every module that can hold a packet. */
void ethdev_pools_fini(void) CTL_ONLY;

/* --- link (ethdev_link.c) --- */
/** Read the port's link now and tell the net device; a return of one that flaps is told later. */
void ethdev_link_update(struct ethdev_port *port) CTL_ONLY;
/** Hold the carrier of a flapping link back for at most @p seconds; 0: never. */
void ethdev_set_damping(struct ethdev_port *port, uint32_t seconds) CTL_ONLY;
/** Act on link interrupts that came since; a load when there were none. Every control loop. */
void ethdev_link_poll(void) CTL_ONLY;
int ethdev_link_init(void) CTL_ONLY;
void ethdev_link_fini(void) CTL_ONLY;
void ethdev_link_watch(struct ethdev_port *port, bool on) CTL_ONLY;

/* --- watchdog (ethdev_watchdog.c) --- */
/** Look after stuck transmit queues once a second. */
void ethdev_watchdog_init(void) CTL_ONLY;
void ethdev_watchdog_fini(void) CTL_ONLY;
/** Has the port given up on frames since the last look? Then it is told, counted and reset, not
 * more often than every five seconds. */
void ethdev_watchdog_look(struct ethdev_port *port) CTL_ONLY;

/** Give the port a MAC address; see ethdev_netdev.c for devices that take none. 0 or -errno. */
int ethdev_set_mac(struct ethdev_port *port, const struct rte_ether_addr *addr) CTL_ONLY;
extern const struct net_device_ops ethdev_netdev_ops;
void ethdev_cli_register(void) CTL_ONLY;
void ethdev_cfg_register(void) CTL_ONLY;
#endif
