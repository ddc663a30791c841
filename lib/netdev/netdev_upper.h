/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_UPPER_H
#define NETDEV_UPPER_H
/**
 * @file
 * Devices on top of another one (dev->real_dev != dev): VLAN, macvlan. What they take from the
 * one below is the same for all: a MAC that it listens to, promiscuity, a limit to the MTU,
 * carrier, and being up. A kind of device puts these functions into its struct net_device_ops and a
 * struct netdev_upper at the start of its private data.
 */
#include "netdev/netdev.h"

struct netdev_upper {
	bool own_mac;				/* does not follow the lower device's */
	bool uc_on_real;			/* the lower device answers to our own MAC */
	bool want_up;				/* goes up when the lower device does */
	bool promisc_on_real, allmulti_on_real; /* we are one of the lower device's users of it */
	bool following;	  /* the MTU that is being set is the lower device's doing */
	uint32_t own_mtu; /* set by the administrator; 0: inherited */
};

/** After alloc_netdev(): put @p dev on top of @p lower, with its MTU, socket and carrier. */
void upper_setup(struct net_device *dev, struct net_device *lower) CTL_ONLY;
/** Set the MTU that is wanted; 0: the lower device's, whatever that is. That is the limit at any
 * time: the device shrinks and grows with it. 0 or as dev_set_mtu(). */
int upper_set_own_mtu(struct net_device *dev, uint32_t mtu) CTL_ONLY;
/** What the administrator has set, and not the lower device. */
struct upper_wish {
	uint32_t mtu; /* 0: nothing */
	bool mac;     /* the device's is its own */
	bool up;      /* with its lower device */
};
struct upper_wish upper_wish(const struct net_device *dev) CTL_ONLY;
/** dev_close(), and stay down when the lower device comes up. */
void upper_close(struct net_device *dev) CTL_ONLY;
/** Does @p lower carry frames: is it up, with carrier? */
bool upper_has_carrier(const struct net_device *lower);

/* For struct net_device_ops. */
int upper_open(struct net_device *dev);
void upper_stop(struct net_device *dev);
int upper_set_mac(struct net_device *dev, const struct rte_ether_addr *addr);
int upper_set_mtu(struct net_device *dev, uint32_t mtu);
int upper_set_promisc(struct net_device *dev, bool on);
int upper_set_allmulti(struct net_device *dev, bool on);
void upper_destructor(struct net_device *dev);

/** Follow what happens to lower devices: carrier, MTU, MAC, up, down; a lower device that goes
 * takes those above it along by their dellink(). */
void upper_init(void) CTL_ONLY;
void upper_fini(void) CTL_ONLY;
#endif
