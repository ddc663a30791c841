/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DP_NETNS_H
#define DP_NETNS_H
#include <stdbool.h>
#include <stddef.h>
/** Give this process a network namespace, and names of namespaces, of its own, and among them a new
 * one called @p name. All of it ends with the process. Fails the test when it can not (no root). */
void dp_own_netns(const char *name);
/** Be in that one, or in the process' own again. */
void dp_enter_netns(bool in);
/** Send a frame by device @p ifname there. */
void dp_netns_send(const char *ifname, const void *frame, size_t len);
#endif
