/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_PRIV_H
#define HOST_PRIV_H
/** @file Inside lib/host. All of it runs on the control thread. */
#include "fib/fib.h"
#include "host/host.h"
#include "host/host_nl.h"
#include "netdev/inetdev.h"

/** The counterpart of one device. */
struct host_port {
	struct net_device *dev;
	int fd;		  /* of the TAP; -1: none (lo) */
	uint32_t ifindex; /* the kernel's; 0: there is none */
	char name[IFNAMSIZ];
	bool ip_only; /* a TUN: packets without a header of the link */
	int error;    /* somebody has removed it: -errno */
	struct rte_ether_addr mac;
	/* told to the kernel last */
	uint32_t mtu;
	bool up, running;
	unsigned int n_addrs;
	struct host_nl_addr *addrs;
	uint64_t rx_packets, rx_bytes, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_dropped;
	struct host_port
		*next; /* of those with the same hash of ifindex; or that are closed soon */
};

struct host_ctl {
	bool on;
	struct host_conf conf;	/* its dev[]: see host_running() */
	bool named[NETDEV_MAX]; /* by ifindex: conf.dev[], whatever they are called now */
	struct host_stats stats;
	struct host_port *ports[NETDEV_MAX]; /* by the router's ifindex */
};
extern struct host_ctl host;

/* --- ports (host_port.c) --- */
void host_port_init(void) CTL_ONLY;
/** Make the counterpart of @p dev, not yet as @p dev is: host_port_sync(). 0 or -errno with why. */
int host_port_add(struct net_device *dev, const char **why) CTL_ONLY;
/** The router is done with it; the kernel's side goes soon, with all others, or at
 * host_port_close(). */
void host_port_del(struct host_port *hp) CTL_ONLY;
void host_port_close(void) CTL_ONLY;
/** The kernel's side is no more: not offered packets any longer. */
void host_port_gone(struct host_port *hp) CTL_ONLY;
/** Make it as the device is. */
void host_port_sync(struct host_port *hp) CTL_ONLY;
/** The router's device behind the kernel's TAP @p ifindex, or NULL. */
struct net_device *host_port_device(uint32_t ifindex) CTL_ONLY;
struct host_port *host_port_of(const struct net_device *dev) CTL_ONLY;

/* --- frames (host_tap.c) --- */
int host_tap_init(void) CTL_ONLY;
/** Open a TAP (or TUN: @p ip_only) called @p name in the host's namespace. Its descriptor, or
 * -errno. */
int host_tap_open(const char *name, bool ip_only) CTL_ONLY;
/** Begin to listen; frames that the host sends leave by hp->dev. */
int host_tap_start(struct host_port *hp) CTL_ONLY;
void host_tap_close(struct host_port *hp) CTL_ONLY;
void host_tap_carrier(struct host_port *hp, bool on) CTL_ONLY;

/* --- routes --- */
void host_import_init(void) CTL_ONLY;
/** Read all of the kernel's routes, and follow them from then on. */
int host_import_start(void) CTL_ONLY;
/** Read all of them once more, soon; nothing while they are not read at all. */
void host_import_again(void) CTL_ONLY;
/** Forget them all, in slices. */
void host_import_stop(void) CTL_ONLY;
/** The daemon ends: no more slices. */
void host_import_fini(void) CTL_ONLY;
/** Remove from the kernel's tables what was told by a daemon that was killed. */
void host_export_clear(void) CTL_ONLY;
void host_export_init(void) CTL_ONLY;
/** Tell the kernel all of ours, in slices, and what changes from then on. Again: once more. */
void host_export_start(void) CTL_ONLY;
/** Take all of them back, in slices. */
void host_export_take_back(void) CTL_ONLY;
/** The counterparts go, and with them the routes by them: take back the others. */
void host_export_stop(void) CTL_ONLY;
#endif
