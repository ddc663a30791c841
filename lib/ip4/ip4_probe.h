/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PROBE_H
#define IP4_PROBE_H
/** @file What ping and traceroute share: building probes, and reading what comes back. */
#include <stdbool.h>
#include "ip4/ip4.h"

/** A datagram to send. */
struct ip4_probe {
	rte_be32_t dst, src;	 /* src 0: chosen by the route */
	struct net_device *dev;	 /* leave by this one whatever the route says; NULL: by the route */
	uint8_t proto, ttl, tos; /* ttl 0: ip_default_ttl */
	bool df;
};

/** An answer, or an error about a datagram of ours. */
struct ip4_answer {
	rte_be32_t from;
	uint8_t type, code; /* of ICMP */
	uint8_t ttl;	    /* it arrived with */
	uint32_t bytes;	    /* of ICMP, echo replies only */
	uint16_t mtu;	    /* with "fragmentation needed"; host order */
	rte_be16_t id, seq; /* echo's; that of the quoted datagram in an error */
	/* Errors only: what is quoted. */
	bool is_error;
	uint8_t proto;		 /* of the quoted datagram */
	rte_be32_t dst;		 /* it went to */
	rte_be16_t sport, dport; /* UDP's */
};

/** A packet of @p len bytes of payload, headroom for all headers, filled with 00 01 02 ... as ping
 * has it. Chained when it takes more than a buffer. NULL: no mbufs. */
struct sk_buff *ip4_probe_alloc(uint32_t len) CTL_ONLY;
/** The source address that @p p would leave with, or 0: there is no way out (*@p rc says why). */
rte_be32_t ip4_probe_source(const struct ip4_probe *p, int *rc) CTL_ONLY;
/** Put the IP header in front and send. p->src must be set. Takes the packet. 0 or -errno. */
int ip4_probe_send(const struct ip4_probe *p, struct sk_buff *skb) CTL_ONLY;
/** Read an ICMP packet as listeners get it. false: nothing that a probe waits for. */
bool ip4_probe_read(const struct sk_buff *skb, struct ip4_answer *a) CTL_ONLY;
/** "Destination Host Unreachable", as ping says it. */
const char *ip4_probe_error(uint8_t type, uint8_t code);
#endif
