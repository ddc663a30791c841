/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PMTU_H
#define IP4_PMTU_H
/** @file Path MTUs, control side: the one writer of the table. */
#include "core/role.h"
#include "ip4/ip4_pmtu_dp.h"

/** Register message, timer and tunables. 0 or -errno. */
int ip4_pmtu_init(void) CTL_ONLY;
void ip4_pmtu_fini(void) CTL_ONLY;
/** Tell sysctl what there will be. */
void ip4_pmtu_declare(void) CTL_ONLY;
/** A router on the path to @p dst, where @p old bytes fit so far, lets only @p mtu pass, at second
 * @p now_s. Linux's ip_rt_update_pmtu(): it only ever gets smaller; below min_pmtu it is locked. */
void ip4_pmtu_update(rte_be32_t dst, uint32_t mtu, uint32_t old, uint32_t now_s) CTL_ONLY;
/** Forget what is older than mtu_expires at second @p now_s. @return how many are left. */
unsigned int ip4_pmtu_expire(uint32_t now_s) CTL_ONLY;
#endif
