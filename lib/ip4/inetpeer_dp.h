/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_INETPEER_DP_H
#define IP4_INETPEER_DP_H
/**
 * @file
 * Identification of datagrams made here (RFC 6864). A non-atomic datagram takes the next number of
 * its source, destination and protocol; each such peer counts from a place of its own that only
 * chance knows, so what one destination sees says nothing about another. A peer is one word, which
 * all workers count up; 32,768 are remembered, the one of a set that was quiet longest gives way.
 * An atomic datagram (DF) needs no number: it carries a mark by which an ICMP error that quotes it
 * is told from a forged one.
 */
#include "core/role.h"
#include "core/worker.h"
#include <rte_ip.h>

/** Choose the secret. 0 or -errno. */
int inet_peer_init(void) CTL_ONLY;
/** The identification for the header, whose addresses, protocol and DF are set (RFC 6864 4). */
rte_be16_t ip_select_ident(struct worker *w, const struct rte_ipv4_hdr *iph) DP_ONLY;
/** Does a quoted header carry the mark that we put on atomic datagrams? RFC 5927 4. */
bool ip_ident_is_mark(const struct rte_ipv4_hdr *iph);
#endif
