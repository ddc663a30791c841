/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_NL_H
#define HOST_NL_H
/**
 * @file
 * The kernel of the host, by rtnetlink (libmnl): requests, and what it says of its routes. Its
 * constants have the names of ours, so its headers are included by host_nl*.c and nowhere else.
 * All of it runs on the control thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include "core/role.h"
#include "fib/fib_metrics.h"

#define HOST_NL_NEXTHOPS_MAX 256

struct host_nl_nexthop {
	uint32_t oif; /* the kernel's index; 0: none */
	rte_be32_t gateway;
	uint32_t flow;	 /* realms */
	uint16_t weight; /* 1..256 */
	bool onlink;
	bool alien; /* its gateway is not of IPv4, or labels and the like are put on */
};
/** A route in the kernel's tables; numbers of rtnetlink, which are fib's too. */
struct host_nl_route {
	uint32_t table;
	rte_be32_t dst;
	uint8_t plen, tos, protocol, type, scope;
	bool cloned;		/* learned of one destination: no route */
	bool replaces, follows; /* news: of one with its key; behind others with its key */
	uint32_t metric, flow;
	struct fib_metrics metrics;
	rte_be32_t prefsrc;
	unsigned int n_nh;
	struct host_nl_nexthop nh[HOST_NL_NEXTHOPS_MAX];
};
/** An address of a device. */
struct host_nl_addr {
	rte_be32_t local, peer, broadcast;
	uint8_t plen, scope;
};

/** Is there a namespace of that name ("": the daemon's own)? 0 or -errno with why. */
int host_nl_check(const char *netns, const char **why);
/** Open the sockets in the namespace of that name ("": the daemon's own). 0 or -errno with why. */
int host_nl_open(const char *netns, const char **why) CTL_ONLY;
void host_nl_close(void) CTL_ONLY;
/** Are the sockets in what that name stands for now? */
bool host_nl_is_in(const char *netns) CTL_ONLY;
/** Be in the host's namespace until host_nl_leave(). 0 or -errno. */
int host_nl_enter(void) CTL_ONLY;
void host_nl_leave(void) CTL_ONLY;

/* --- requests: 0 or the kernel's -errno, at once --- */
/** The index of a device of the namespace, or 0. */
uint32_t host_nl_ifindex(const char *name) CTL_ONLY;
/** Set up or down; the rest where it is not 0 or NULL. */
int host_nl_link(uint32_t ifindex, bool up, uint32_t mtu,
		 const struct rte_ether_addr *mac) CTL_ONLY;
/** Remove a device with all others that are doomed, once host_nl_doom_all() says so: one by one the
 * kernel would wait some 20 ms for each to be let go of. */
int host_nl_doom(uint32_t ifindex) CTL_ONLY;
int host_nl_doom_all(void) CTL_ONLY;
int host_nl_addr(uint32_t ifindex, const struct host_nl_addr *a, bool add) CTL_ONLY;
/** Remove the addresses of a device that host_nl_addr() has given, in whatever daemon. */
void host_nl_addr_clear(uint32_t ifindex) CTL_ONLY;
/** Behind those with the same table, prefix, tos and metric; -EEXIST: it is there. */
int host_nl_route_add(const struct host_nl_route *r) CTL_ONLY;
/** The first of that table, prefix, tos, metric (0: any) and protocol; -ESRCH: there is none. */
int host_nl_route_del(const struct host_nl_route *r) CTL_ONLY;

/* --- what it says --- */
struct host_nl_listener {
	void (*route)(const struct host_nl_route *r, bool gone);
	/** A device is down, or gone, or has lost an address: so are its routes, which is not told.
	 */
	void (*link_down)(uint32_t ifindex);
	/** A next hop object has gone: so have its routes, which is not told. */
	void (*nexthop_gone)(void);
};
/** Ask for all routes; descriptor host_nl_dump_fd(), which is another one from here on, has them.
 * What was asked for before is not answered any more. 0 or -errno. */
int host_nl_dump_start(void) CTL_ONLY;
int host_nl_dump_fd(void) CTL_ONLY;
/** Some of them. 1: there is more, 0: that was the last, -EAGAIN: later, or -errno: it ends here.
 * @p torn: the tables changed meanwhile, some may be missing. */
int host_nl_dump_some(const struct host_nl_listener *l, bool *torn) CTL_ONLY;
int host_nl_news_fd(void) CTL_ONLY;
/** Forget the news so far. */
void host_nl_news_drop(void) CTL_ONLY;
/** Some news. 1: perhaps there is more, 0: no, -ENOBUFS: some were lost. */
int host_nl_news_some(const struct host_nl_listener *l) CTL_ONLY;
#endif
