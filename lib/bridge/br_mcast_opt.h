/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_MCAST_OPT_H
#define BR_MCAST_OPT_H
/** @file The multicast parameters of bridges and ports, for the table of br_opt.c. */
#include <stdint.h>

#define BR_MCAST_OPT(fn)                                                                           \
	uint32_t br_get_##fn(const void *object);                                                  \
	int br_set_##fn(void *object, uint32_t v, const char **why);

BR_MCAST_OPT(mc_snooping)
BR_MCAST_OPT(mc_vlan_snooping)
BR_MCAST_OPT(mc_router)
BR_MCAST_OPT(mc_use_ifaddr)
BR_MCAST_OPT(mc_querier)
BR_MCAST_OPT(mc_hash_max)
BR_MCAST_OPT(mc_last_count)
BR_MCAST_OPT(mc_startup_count)
BR_MCAST_OPT(mc_last_cs)
BR_MCAST_OPT(mc_membership_cs)
BR_MCAST_OPT(mc_querier_cs)
BR_MCAST_OPT(mc_query_cs)
BR_MCAST_OPT(mc_response_cs)
BR_MCAST_OPT(mc_startup_cs)
BR_MCAST_OPT(mc_stats)
BR_MCAST_OPT(mc_igmp_version)
BR_MCAST_OPT(mc_fast_leave)
BR_MCAST_OPT(mc_port_router)
BR_MCAST_OPT(mc_max_groups)
#endif
