/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_NL_PRIV_H
#define HOST_NL_PRIV_H
/** @file The kernel's messages: what host_nl.c and host_nl_route.c share. */
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include "host/host_nl.h"

#define HOST_NL_MSG_MAX 4096 /* bytes of a short message */

/** A message of @p type in @p buf, with @p len zeroed bytes behind struct nlmsghdr. */
struct nlmsghdr *host_nl_msg(void *buf, uint16_t type, uint16_t flags, size_t len);
/** Send a request, hear the answer. 0 or the kernel's -errno. */
int host_nl_talk(struct nlmsghdr *nlh) CTL_ONLY;
/** false: no route of IPv4, or not one that can be read. */
bool host_nl_route_read(const struct nlmsghdr *nlh, struct host_nl_route *r);
#endif
