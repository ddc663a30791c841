/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DP_NETNS_H
#define DP_NETNS_H
/** Give this process a network namespace, and names of namespaces, of its own, and among them a new
 * one called @p name. All of it ends with the process. Fails the test when it can not (no root). */
void dp_own_netns(const char *name);
#endif
