/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PROBE_H
#define IP4_PROBE_H
/** @file What ping and traceroute share: building probes, and reading what comes back. */
#include <stdbool.h>
#include "ip4/ip4_sock.h"

/** A datagram to send. */
struct ip4_probe {
	rte_be32_t dst, src;	 /* src 0: chosen by the route */
	struct net_device *dev;	 /* bound to this one: ip4_bound_way(); NULL: to none */
	uint8_t proto, ttl, tos; /* ttl 0: ip_default_ttl */
	bool df;
	uint8_t optlen, opt[40]; /* IP options, a multiple of 4 bytes */
};

/** What probe @p p carries: @p len bytes 00 01 02 ..., as ping has it, with room in front for a
 * transport header of @p head bytes; in buffers as it will be cut. NULL: no mbufs, or too much. */
struct sk_buff *ip4_probe_alloc(const struct ip4_probe *p, uint32_t head, uint32_t len) CTL_ONLY;
/** The source address that @p p would leave with, or 0: there is no way out (*@p rc says why). */
rte_be32_t ip4_probe_source(const struct ip4_probe *p, int *rc) CTL_ONLY;
/** Put the IP header in front and send. p->src must be set. Takes the packet. 0 or -errno. */
int ip4_probe_send(const struct ip4_probe *p, struct sk_buff *skb) CTL_ONLY;
/** What @p p asked was answered by its destination: whoever takes our packets there hears us. */
void ip4_probe_confirm(const struct ip4_probe *p) CTL_ONLY;
/** "Destination Host Unreachable", as ping says it. */
const char *ip4_probe_error(uint8_t type, uint8_t code);
#endif
