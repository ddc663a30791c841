/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_H
#define IP4_H
/** @file IPv4, control side: start, end, protocol registration. Local consumers: ip4_sock.h. */
#include "ip4/ip4_dp.h"

int ip4_init(void) CTL_ONLY;
void ip4_fini(void) CTL_ONLY;
/** Register the commands: ping, traceroute, show stats, show drops, clear. */
void ip4_cli_register(void) CTL_ONLY;
/** The fast lane of each width, the widest first, ended by rx NULL. */
struct ip4_fast_lane {
	const char *name;
	uint16_t bits; /* of the registers it wants */
	netif_fast_fn rx;
};
extern const struct ip4_fast_lane ip4_fast_lanes[];
/** Can this processor run it, and may it (EAL's --force-max-simd-bitwidth)? */
bool ip4_fast_runs(const struct ip4_fast_lane *l);
/** The widest that it can and may. */
const struct ip4_fast_lane *ip4_fast_select(void);

/** 0 or -EEXIST. */
int inet_add_protocol(uint8_t proto, inet_proto_fn fn) CTL_ONLY;
void inet_del_protocol(uint8_t proto) CTL_ONLY;
/** Who hears of ICMP errors about datagrams of a protocol; NULL: nobody. */
void inet_set_error(uint8_t proto, inet_error_fn fn) CTL_ONLY;
#endif
