/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_FIB_FAKE_H
#define TEST_FIB_FAKE_H
/** @file Devices, addresses, neighbours and adjacencies as small as the tests of lib/fib need. */
#include "fib/fib_priv.h"

#define FAKE_DEVS   8
#define FAKE_NEIGHS 4096

extern struct net_device fake_dev[FAKE_DEVS]; /* p0.., ifindex 1..; the last is lo */
#define FAKE_LO (&fake_dev[FAKE_DEVS - 1])

/** EAL, rcu, timers; once per program. @p readers: worker slots to give out besides control. */
void fake_start(void) CTL_ONLY;
/** Devices without addresses, all up with carrier, and fib_init(@p max_tbl8). */
void fake_reset(uint32_t max_tbl8) CTL_ONLY;
/** fib_fini(), and nothing of fib's is left behind: neighbours held, adjacencies. */
void fake_done(void) CTL_ONLY;
/** Around one test of cmocka's: 10.0.0.1/24 on p0, 10.0.1.1/24 on p1; at the end the compiled table
 * must be what the routes say. */
int fake_setup(void **state);
int fake_teardown(void **state);

void fake_addr_add(struct net_device *dev, const char *addr, uint8_t plen, const char *peer,
		   bool secondary) CTL_ONLY;
void fake_addr_del(struct net_device *dev, const char *addr) CTL_ONLY;
void fake_up(struct net_device *dev, bool up) CTL_ONLY;
void fake_carrier(struct net_device *dev, bool on) CTL_ONLY;
void fake_unregister(struct net_device *dev) CTL_ONLY;
/** State of a neighbour, made when it is missing; raises the event. */
struct neighbour *fake_neigh(struct net_device *dev, const char *addr, uint8_t nud) CTL_ONLY;
void fake_neigh_gone(struct neighbour *n) CTL_ONLY;

rte_be32_t ip(const char *s);
/** "10.0.0.0/8 [via A] [dev N] [nexthop via A dev N weight W]... [metric M] [tos T] [mtu M]
 * [table T] [type]": a route. */
struct fib_route_spec route(const char *text) CTL_ONLY;
int add(const char *text) CTL_ONLY;
int del(const char *text) CTL_ONLY;
/** What a worker reads. */
uint32_t leaf(const char *addr) CTL_ONLY;
extern unsigned int fake_adj_used, fake_arps;
extern unsigned int fake_realms;   /* skb_realm_hold() less skb_realm_release() */
extern uint64_t fake_published_us; /* clock_us() of the last adj_publish() */
extern const struct adj *fake_adj(uint32_t idx);
/** The slot that a slot of adj_alloc_follower() or adj_narrow_get() shows. */
uint32_t fake_follows(uint32_t idx);
#endif
