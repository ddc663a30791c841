/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_CLI_H
#define NETDEV_CLI_H
/** @file A device as iproute2 shows it: shared by `ip link` and `ip addr`. */
#include <jansson.h>
#include <stdbool.h>
#include "netdev/netdev.h"

struct cli_ctx;

/** Keys of `ip -j link show`, with those of -d and -s when the user asked. @p link: all that
 * `ip link` has and `ip addr` has not. New reference. */
json_t *netdev_json(const struct cli_ctx *c, struct net_device *dev, bool link) CTL_ONLY;
/** The same as text, ended by a newline; and its two parts: what stands before, and counters. */
void netdev_text(struct cli_ctx *c, const json_t *link);
void netdev_head_text(struct cli_ctx *c, const json_t *link);
void netdev_stats_text(struct cli_ctx *c, const json_t *link);
/** What -br shows of it, without the end of the line. */
void netdev_brief_text(struct cli_ctx *c, const json_t *link);
/** The device of argument DEV; NULL after cli_error() when it is absent or unknown. */
struct net_device *netdev_cli_dev(struct cli_ctx *c) CTL_ONLY;
/** Words by which `ip link` and `ip addr` choose devices. */
#define NETDEV_CLI_FILTERS "[up] [master MASTER:dev] [nomaster] [type KIND:str]"
/** Is @p dev one of those that they, or DEV, ask for? */
bool netdev_cli_wants(const struct cli_ctx *c, const struct net_device *dev) CTL_ONLY;
/** Build a list of fn(dev) for all devices that are wanted. A NULL from @p fn leaves one out. */
int netdev_cli_list(struct cli_ctx *c,
		    json_t *(*fn)(const struct cli_ctx *c, struct net_device *dev)) CTL_ONLY;
struct in_ifaddr;
/** An address as `ip -j addr` shows it. New reference. */
json_t *inet_addr_json(const struct in_ifaddr *ifa);
/** The same as text: two lines, indented. */
void inet_addr_text(struct cli_ctx *c, const json_t *a);
/** With index and name of its device, which @p dev holds, in front. */
void inet_addr_dev_text(struct cli_ctx *c, const json_t *dev, const json_t *a);
/** `ip monitor link` and `ip monitor addr`. */
void netdev_monitor_register(void) CTL_ONLY;
/** Let a kind of device add to what `ip link` shows of it, and of devices that belong to one; @p
 * detail: -d was given, and linkinfo is there. */
void netdev_cli_kind(const char *kind,
		     void (*fn)(json_t *o, const struct net_device *dev, bool detail)) CTL_ONLY;
#endif
