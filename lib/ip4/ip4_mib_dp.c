/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_mib_dp.h"

#define X(n) #n,
static const char *const ip_names[] = { IP_MIB(X) };
static const char *const ipext_names[] = { IPEXT_MIB(X) };
static const char *const icmp_names[] = { ICMP_MIB(X) };
static const char *const frag_names[] = { FRAG_MIB(X) };
static const char *const route_names[] = { ROUTE_MIB(X) };
#undef X

struct counter_block ip_mib = { .name = "ip", .names = ip_names, .n = IP_MIB_MAX };
struct counter_block ipext_mib = { .name = "ipext", .names = ipext_names, .n = IPEXT_MIB_MAX };
struct counter_block icmp_mib = { .name = "icmp", .names = icmp_names, .n = ICMP_MIB_MAX };
struct counter_block frag_mib = { .name = "frag", .names = frag_names, .n = FRAG_MIB_MAX };
struct counter_block route_mib = { .name = "route", .names = route_names, .n = ROUTE_MIB_MAX };
