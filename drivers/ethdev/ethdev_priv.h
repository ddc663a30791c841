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
/** The administrator's wish for promiscuous mode: one, whoever tells it. 0 or -errno. */
int ethdev_set_promisc(struct ethdev_port *port, bool on) CTL_ONLY;
#endif
