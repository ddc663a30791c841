/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ETHDEV_PRIV_H
#define ETHDEV_PRIV_H
/** @file What the files of drivers/ethdev share. */
#include "ethdev/ethdev.h"

/** Keep the sentence for the caller of attach, start or reconfigure; the last one wins.
 * @return @p rc */
int ethdev_fail(const char **why, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Find the device of a device string among those EAL knows and no port has, or probe it.
 * @return the port number, or -errno and a sentence */
int ethdev_probe(const char *device, const char **why) CTL_ONLY;
/** Close the port's device and remove it; ctl->gone is set. The caller gives it port_id
 * ETHDEV_GONE, if it lives on. */
void ethdev_unprobe(struct ethdev_port *port) CTL_ONLY;
/** The kernel interface in a device string, "iface=NAME"; false: it has none. */
bool ethdev_device_iface(const char *device, char iface[IFNAMSIZ]);
/** Remember which sockets are open: before a device is probed. */
void ethdev_wake_mark(void) CTL_ONLY;
/** Those that its driver has opened since are its queues'. */
void ethdev_wake_find(struct ethdev_port *port) CTL_ONLY;
/** The device has started: what can end a sleep for each queue, and how long one may be. */
void ethdev_wake_start(struct ethdev_port *port) CTL_ONLY;
/** From now on the queue ends sleeps of worker @p slot; 0: of none. */
void ethdev_wake_follow(struct ethdev_port *port, uint16_t queue, uint16_t slot) CTL_ONLY;
/** Act on what workers found: queues that do not wake them. */
void ethdev_wake_check(struct ethdev_port *port) CTL_ONLY;
/** Is the port's driver net_af_xdp? */
bool ethdev_is_xdp(const struct ethdev_port *port);
/** Remember the AF_XDP sockets that setting up the port's queues has opened. */
void ethdev_xdp_note(struct ethdev_port *port) CTL_ONLY;
/** Wait until the kernel has let go of queue @p q, whose socket may just have been closed. 0, or
 * -EBUSY: somebody else has it. */
int ethdev_xdp_settle(const struct ethdev_port *port, uint16_t q) CTL_ONLY;
/** Close those that the driver's close() has left open, after their buffers went home. */
void ethdev_xdp_release(struct ethdev_port *port) CTL_ONLY;
#endif
