/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_H
#define HOST_H
/**
 * @file
 * The host: a network namespace of the Linux kernel in which every device of the router has a
 * counterpart, a TAP of its name, with its addresses and its state. Programs there (routing
 * daemons, ssh) hear by it what comes for the router and nobody in the router claims, and send by
 * the router's routes and neighbours. The routes that they install into the kernel's tables become
 * the router's, and the router's become known to them. See docs/modules/host.md.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/role.h"

#define HOST_NETNS_MAX	 256 /* bytes of a namespace's name, as a file's */
#define HOST_DEVICES_MAX 256
#define HOST_PROTOCOL	 157 /* rtm_protocol of the router's routes in the kernel's tables */

enum host_routes { /* bits */
		   HOST_ROUTES_NONE = 0,
		   HOST_ROUTES_IMPORT = 1, /* the kernel's become ours */
		   HOST_ROUTES_EXPORT = 2, /* ours become the kernel's */
		   HOST_ROUTES_BOTH = 3,
};

/** What is asked for. */
struct host_conf {
	char netns[HOST_NETNS_MAX]; /* as `ip netns` names it; "": the daemon's own */
	uint8_t routes;		    /* enum host_routes */
	bool named;		    /* those in dev[], and lo; false: every device */
	unsigned int n_dev;
	char dev[HOST_DEVICES_MAX][IFNAMSIZ];
};

/** One device's counterpart, as shown. */
struct host_port_info {
	const char *ifname, *host_ifname;
	uint32_t host_ifindex; /* 0: there is none */
	const char *state;     /* "up", "down", "no-carrier", "gone", or "failed" */
	const char *why;       /* it failed: a sentence; else NULL */
	/* As the kernel's counterpart counts: rx is what the host is given. */
	uint64_t rx_packets, rx_bytes, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_dropped;
};
struct host_stats {
	uint64_t imported, withdrawn; /* routes of the host that became ours, and went */
	uint64_t refused, ignored;    /* not possible; not by a device of ours */
	uint64_t exported, unexported, export_errors;
	uint64_t readings; /* of all of the host's routes */
	bool reading;	   /* now */
};

int host_init(void) CTL_ONLY;
void host_fini(void) CTL_ONLY;
/**
 * Begin, or go on otherwise, with what @p conf says; names that no device has are passed over. In
 * the namespace that it runs in already, what does not differ stays as it is, and on error all
 * does. In another one all begins anew; on error, there is none.
 * @param why  on error, a sentence
 * @return 0, -ENOENT (no such namespace), -EEXIST (the host has a device of a name already),
 * -EPERM, or what the kernel says.
 */
int host_enable(const struct host_conf *conf, const char **why) CTL_ONLY;
/** Remove all of it. The routes that came from the host go in slices. */
void host_disable(void) CTL_ONLY;
/** What runs, or NULL, until the next call. Devices are called what they are called now; those
 * that are no more are not named. */
const struct host_conf *host_running(void) CTL_ONLY;
void host_walk(void (*fn)(const struct host_port_info *p, void *arg), void *arg) CTL_ONLY;
void host_get_stats(struct host_stats *st) CTL_ONLY;

void host_cli_register(void) CTL_ONLY;
void host_cfg_register(void) CTL_ONLY;
#endif
