/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_mib_dp.h"

#define X(n) #n,
static const char *const ip_names[] = { IP_MIB(X) };
static const char *const ipext_names[] = { IPEXT_MIB(X) };
static const char *const icmp_names[] = { ICMP_MIB(X) };
static const char *const udp_names[] = { UDP_MIB(X) };
static const char *const frag_names[] = { FRAG_MIB(X) };
static const char *const route_names[] = { ROUTE_MIB(X) };
#undef X

struct counter_block ip_mib = { .name = "ip", .names = ip_names, .n = IP_MIB_MAX };
struct counter_block ipext_mib = { .name = "ipext", .names = ipext_names, .n = IPEXT_MIB_MAX };
struct counter_block icmp_mib = { .name = "icmp", .names = icmp_names, .n = ICMP_MIB_MAX };
struct counter_block udp_mib = { .name = "udp", .names = udp_names, .n = UDP_MIB_MAX };
struct counter_block frag_mib = { .name = "frag", .names = frag_names, .n = FRAG_MIB_MAX };
struct counter_block route_mib = { .name = "route", .names = route_names, .n = ROUTE_MIB_MAX };

/* Names for 256 of a kind: made of digits by the preprocessor. */
#define N1(t, d)                                                                                   \
	t #d "0", t #d "1", t #d "2", t #d "3", t #d "4", t #d "5", t #d "6", t #d "7", t #d "8",  \
		t #d "9"
#define N2(t, d)                                                                                   \
	N1(t, d##0), N1(t, d##1), N1(t, d##2), N1(t, d##3), N1(t, d##4), N1(t, d##5), N1(t, d##6), \
		N1(t, d##7), N1(t, d##8), N1(t, d##9)
#define NAMES(t)                                                                                   \
	N1(t, ), N1(t, 1), N1(t, 2), N1(t, 3), N1(t, 4), N1(t, 5), N1(t, 6), N1(t, 7), N1(t, 8),   \
		N1(t, 9), N2(t, 1), N1(t, 20), N1(t, 21), N1(t, 22), N1(t, 23), N1(t, 24),         \
		t "250", t "251", t "252", t "253", t "254", t "255"
static const char *const icmpmsg_names[] = { NAMES("InType"), NAMES("OutType") };
_Static_assert(sizeof(icmpmsg_names) / sizeof(icmpmsg_names[0]) == ICMPMSG_MIB_MAX, "one each");

struct counter_block icmpmsg_mib = { .name = "icmpmsg",
				     .names = icmpmsg_names,
				     .n = ICMPMSG_MIB_MAX };

static const char *const realm_names[] = { NAMES("BytesTo"), NAMES("PktsTo"), NAMES("BytesFrom"),
					   NAMES("PktsFrom") };
_Static_assert(sizeof(realm_names) / sizeof(realm_names[0]) == REALM_MIB_MAX, "one each");

struct counter_block realm_mib = { .name = "realm", .names = realm_names, .n = REALM_MIB_MAX };
