/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_DEFRAG_H
#define IP4_DEFRAG_H
/**
 * @file
 * Reassembly of datagrams that are for us (RFC 791 3.2, RFC 815's problem, RFC 5722's strictness).
 * Workers send fragments to the control thread; the table is that thread's alone. The clock is an
 * argument, so that tests own it.
 */
#include "core/role.h"
#include "skb/skb_dp.h"

/** net.ipv4.ipfrag_*, Linux's names and defaults. */
struct ip4_frag_conf {
	int ipfrag_high_thresh; /* bytes of buffers held: beyond it the oldest datagrams go, */
	int ipfrag_low_thresh;	/* until no more than this is held */
	int ipfrag_time; /* s from a datagram's first fragment to giving up (RFC 1122 3.3.2) */
};
extern struct ip4_frag_conf ip4_frag_conf;

/** Prepare the table. 0 or -ENOMEM. */
int ip4_defrag_init(void) CTL_ONLY;
/** Drop what waits. */
void ip4_defrag_fini(void) CTL_ONLY;
/**
 * Take a fragment, data pointer and network header at its IP header.
 * @return the datagram when this was the piece that lacked (fragments are chained, header
 * rewritten, checksum right), else NULL: the fragment is kept, or was dropped under its reason.
 */
struct sk_buff *ip4_defrag(struct sk_buff *skb, uint64_t now_ms) CTL_ONLY;
/** Give up what is overdue, telling the sources (ICMP 11/1). @return ms until the next is due, or 0
 * when nothing waits. */
uint64_t ip4_defrag_expire(uint64_t now_ms) CTL_ONLY;
/** Fragments that wait now: part of the balance's "held". */
unsigned int ip4_defrag_held(void) CTL_ONLY;
/** Bytes of buffers that wait, and datagrams, as Linux's /proc/net/sockstat tells (FRAG). */
void ip4_defrag_usage(uint64_t *bytes, unsigned int *datagrams) CTL_ONLY;
#endif
