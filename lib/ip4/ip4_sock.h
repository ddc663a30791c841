/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_SOCK_H
#define IP4_SOCK_H
/**
 * @file
 * Consumers of datagrams to this router, on the control thread: UDP by port, echo replies by
 * identifier, raw by protocol. A socket is the caller's memory; what arrives waits in its bounded
 * queue. Workers know by ip4_wanted which packets somebody here waits for, and answer the others
 * with unreachables themselves.
 */
#include <stdbool.h>
#include "ip4/ip4.h"

/** What an ICMP message says: an echo reply, or an error about a datagram of ours. */
struct ip4_answer {
	rte_be32_t from;
	uint8_t type, code;	 /* of ICMP */
	uint8_t ttl;		 /* it arrived with */
	uint8_t pointer;	 /* of "parameter problem" */
	uint32_t bytes;		 /* of ICMP, echo replies only */
	uint16_t mtu;		 /* with "fragmentation needed"; host order */
	rte_be16_t id, seq;	 /* echo's; those of the quoted datagram in an error */
	uint8_t optlen, opt[40]; /* IP options it came with */
	/* Errors only: what is quoted. */
	bool is_error;
	uint8_t proto;		 /* of the quoted datagram */
	rte_be32_t src, dst;	 /* its addresses */
	rte_be16_t sport, dport; /* UDP's */
};

enum ip4_sock_type {
	IP4_SOCK_UDP,  /* datagrams to a port: data pointer at the payload */
	IP4_SOCK_PING, /* echo and timestamp replies to an identifier: at the IP header */
	IP4_SOCK_RAW,  /* a copy of every packet of a protocol: at the IP header */
};

struct ip4_sock {
	/* What is wanted: set before ip4_sock_open(), 0 is any. */
	uint8_t type;	     /* enum ip4_sock_type */
	uint8_t proto;	     /* raw */
	rte_be32_t laddr;    /* packets to this address; source of what is sent */
	rte_be32_t raddr;    /* packets from this address only */
	rte_be16_t lport;    /* UDP port or identifier; 0: one is chosen */
	rte_be16_t rport;    /* UDP: packets from this port only */
	int ifindex;	     /* packets by this device only, there and back */
	uint32_t icmp_types; /* raw ICMP: bits of the types that are wanted */
	bool router_alert;   /* raw: what passes by with the option, too (RFC 2113) */
	uint32_t rcvbuf;     /* bytes that may wait; 0: net.core.rmem_default */
	/** Something waits: ip4_sock_recv(). It may close the socket. */
	void (*data_ready)(struct ip4_sock *sk);
	/** An ICMP error quotes a datagram of this socket; NULL: not interested. It may close it.
	 */
	void (*error_report)(struct ip4_sock *sk, const struct ip4_answer *a);
	/* private */
	struct sk_buff_head queue; /* queue.drops: did not fit */
	struct ip4_sock *next;
};

#define IP4_SOCK_QUEUE 256 /* packets that wait at most, however small */

/** 0, -EADDRINUSE (the port is taken; or none is left), -EADDRNOTAVAIL (laddr is not ours, and
 * ip_nonlocal_bind is off), -EINVAL (type). */
int ip4_sock_open(struct ip4_sock *sk) CTL_ONLY;
/** Drops what waits. Closing twice is no error. */
void ip4_sock_close(struct ip4_sock *sk) CTL_ONLY;
/** The oldest packet, now the caller's to consume_skb(), or NULL. */
struct sk_buff *ip4_sock_recv(struct ip4_sock *sk) CTL_ONLY;

/**
 * Send a UDP datagram: @p skb holds the payload with SKB_HEADROOM in front. Takes the packet.
 * @param o  daddr (0: the socket's peer), ttl, tos, options; saddr 0: the socket's, else by route
 * 0, -EDESTADDRREQ, -ENODEV, or as ip_build_and_send_pkt().
 */
int udp_sendmsg(struct ip4_sock *sk, struct sk_buff *skb, const struct ip_out *o,
		rte_be16_t dport) CTL_ONLY;
/** Send by a raw socket: @p skb holds what follows the IP header. As udp_sendmsg(). */
int raw_sendmsg(struct ip4_sock *sk, struct sk_buff *skb, const struct ip_out *o) CTL_ONLY;
/** Put a UDP header in front, its checksum over the addresses. 0 or -EMSGSIZE (untouched). */
int udp_push_header(struct sk_buff *skb, rte_be32_t saddr, rte_be32_t daddr, rte_be16_t sport,
		    rte_be16_t dport);

/** Read an ICMP packet, data pointer at its IP header. false: neither an echo reply nor an error
 * that quotes enough. */
bool ip4_answer_read(const struct sk_buff *skb, struct ip4_answer *a);

int ip4_sock_init(void) CTL_ONLY;
void ip4_sock_fini(void) CTL_ONLY;
#endif
