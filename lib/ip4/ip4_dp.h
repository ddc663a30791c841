/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_DP_H
#define IP4_DP_H
/**
 * @file
 * IPv4 stages. Packets move through them in vectors; each stage keeps the good ones together and
 * sends the others where they belong. Function names are those of Linux's net/ipv4.
 */
#include "fib/fib_dp.h"
#include "fib/fib_rule_dp.h"
#include "neigh/neigh_dp.h"
#include "netdev/inetdev_dp.h"
#include "skb/skb_dp.h"

/** net.ipv4.*: read by workers, written through sysctl. */
struct netns_ipv4 {
	int ip_forward;
	int ip_default_ttl;
	int icmp_echo_ignore_all;
	int icmp_echo_ignore_broadcasts;
	int icmp_ignore_bogus_error_responses;
	int icmp_errors_use_inbound_ifaddr;
	int icmp_ratelimit; /* ms between errors to one destination */
	int icmp_ratemask;
	int icmp_msgs_per_sec; /* all destinations together */
	int icmp_msgs_burst;
	int icmp_timestamp_reply;
	int icmp_information_reply;
	int icmp_echo_enable_probe;
	int ip_nonlocal_bind;
	int ip_forward_update_priority;
	int fwmark_reflect;
	int redirect_load;    /* ms: doubled for each redirect to a host, */
	int redirect_number;  /* this many times; a host that ignores them all */
	int error_cost;	      /* ms that telling a host of a missing route costs it; 0: none */
	int error_burst;      /* ms that it may have saved */
	int gc_timeout;	      /* s that a redirect is followed */
	int redirect_silence; /* is left alone until it was quiet for so many ms */
	int ip_local_port_range[2]; /* where a consumer's port is chosen; control thread */
};
extern struct netns_ipv4 net_ipv4;

/** net.core.*, what ip4 makes of it. */
struct netns_core {
	int message_cost;	    /* s between two lines in the log that a wire causes, */
	int message_burst;	    /* when so many have been said at once */
	int rmem_default, rmem_max; /* bytes that wait for a consumer */
};
extern struct netns_core net_core;

/** The fast lane: see netif_fast_fn. Plain IPv4 unicast that is forwarded leaves here. The same for
 * different widths: they test 1, 4 or 8 packets at a time. See ip4_fast_lanes[]. */
uint16_t ip4_fast_rx_1(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		       uint64_t *bytes) DP_ONLY;
uint16_t ip4_fast_rx_4(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		       uint64_t *bytes) DP_ONLY;
uint16_t ip4_fast_rx_8(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
		       uint64_t *bytes) DP_ONLY;
/** ptype handler of 0x0800: header checks, martians, options, then routing. */
void ip_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** The one function that knows every reason to refuse a header. @p len: bytes from the header to
 * the end of the frame. Returns DROP_MAX when the header is good. */
enum drop_reason ip4_header_check(const struct rte_ipv4_hdr *iph, uint32_t contiguous, uint32_t len,
				  bool csum_ok);
/** Look up and hand to forward, local delivery, or ICMP. */
void ip_route_input(struct worker *w, struct skb_vec *vec) DP_ONLY;
void ip_forward(struct worker *w, struct skb_vec *vec) DP_ONLY;
void ip_local_deliver(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** Packets complete with IP header and skb->dst: fragment to the MTU and give to neigh_output(). */
void ip_output(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** Route and send one packet that was made here: source, destination and the rest of the header
 * are filled in, checksum is computed here. Takes the packet. */
void ip_local_out(struct worker *w, struct sk_buff *skb) DP_ONLY;
struct adj;
/** The same by a way that is known. */
void ip_local_out_by(struct worker *w, struct sk_buff *skb, const struct adj *way) DP_ONLY;
/** ip_local_out() for a packet of a program of the host: that no way leads there, it hears by ICMP.
 */
void ip_local_out_host(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** What the header of a datagram made here shall say. */
struct ip_out {
	rte_be32_t saddr, daddr; /* saddr 0: chosen by the route */
	uint8_t proto;
	uint8_t ttl; /* 0: ip_default_ttl */
	uint8_t tos;
	bool df;	/* do not fragment */
	bool discover;	/* DF where it fits, unless ip_no_pmtu_disc (Linux's IP_PMTUDISC_WANT) */
	uint8_t optlen; /* bytes of options, a multiple of 4; records in them are signed */
	const uint8_t *opt;    /* sound ones; with a source route daddr is its first stop */
	const struct adj *way; /* NULL: what the routes say */
	bool told;	       /* see ip_local_out_host() */
	/* ip4_bound_way() has found the way, and these realms with it. */
	bool bound;
	uint32_t realms;
};
/**
 * Build and send a datagram: skb holds the payload with headroom for IP and link header. To a
 * broadcast or a group it leaves by skb->dev.
 * 0, or -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL by the type of the route, -EADDRNOTAVAIL (no
 * source), -EMSGSIZE; the packet is taken either way.
 */
int ip_build_and_send_pkt(struct worker *w, struct sk_buff *skb, const struct ip_out *o) DP_ONLY;

/** Handler of an IP protocol: data pointer at the transport header. Owns the packets. */
typedef void (*inet_proto_fn)(struct worker *w, struct skb_vec *vec);
/** Hears of an ICMP error that quotes a datagram of its protocol: data pointer at the ICMP header,
 * which is sound, the quoted IP header behind it. Borrows the packet. */
typedef void (*inet_error_fn)(struct worker *w, struct sk_buff *skb);

/**
 * Takes a packet for this router that no part of it claims: of a protocol without a handler, to a
 * port without a socket, an answer that nobody here asked for. Data pointer at the IP header.
 * False: it is still the caller's. On workers and on the control thread.
 */
typedef bool (*ip4_unclaimed_fn)(struct worker *w, struct sk_buff *skb);
extern ip4_unclaimed_fn ip4_unclaimed; /* RCU; NULL: nobody does */
/** Offer a packet for ourselves that nobody here claims to ip4_unclaimed, wherever the data pointer
 * is. False: it is still yours. */
bool ip4_offer(struct worker *w, struct sk_buff *skb) DP_ONLY;

/**
 * The one gate for ICMP errors: every exclusion of RFC 1122 3.2.2 and RFC 1812 4.3.2.7, the rate
 * limits, the source address of RFC 1812 4.3.2.4. Quotes @p skb, then drops it under @p why.
 * @param info  the second word: next-hop MTU (host order) or the pointer; else 0
 */
void icmp_send(struct worker *w, struct sk_buff *skb, uint8_t type, uint8_t code, uint32_t info,
	       enum drop_reason why) DP_ONLY;
/** As icmp_send(), but @p skb stays the caller's. Was it sent? */
bool icmp_error(struct worker *w, struct sk_buff *skb, uint8_t type, uint8_t code,
		uint32_t info) DP_ONLY;
void icmp_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
#endif
