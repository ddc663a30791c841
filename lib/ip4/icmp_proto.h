/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ICMP_PROTO_H
#define ICMP_PROTO_H
/** @file ICMP on the wire (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3). <netinet/ip_icmp.h> owns ICMP_*.
 */
#include <stdint.h>
#include <rte_byteorder.h>

struct icmp4_hdr {
	uint8_t type;
	uint8_t code;
	rte_be16_t checksum;
	union {
		struct {
			rte_be16_t id;
			rte_be16_t sequence;
		} echo;
		struct {
			rte_be16_t unused;
			rte_be16_t mtu; /* RFC 1191 4 */
		} frag;
		rte_be32_t gateway;
		rte_be32_t word; /* parameter problem: the pointer is its first byte */
	};
} __attribute__((packed, aligned(2)));

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACH = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAM_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_INFO_REQUEST = 15,
	ICMP4_INFO_REPLY = 16,
	ICMP4_MASK_REQUEST = 17,
	ICMP4_MASK_REPLY = 18,
	ICMP4_TYPE_KNOWN = 18, /* the highest type that is anything to us */
};
enum { /* codes of ICMP4_UNREACH: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1 */
       ICMP4_NET_UNREACH = 0,
       ICMP4_HOST_UNREACH = 1,
       ICMP4_PROTO_UNREACH = 2,
       ICMP4_PORT_UNREACH = 3,
       ICMP4_FRAG_NEEDED = 4,
       ICMP4_SR_FAILED = 5,
       ICMP4_PKT_FILTERED = 13,
};
enum { ICMP4_REDIRECT_HOST = 1, ICMP4_REDIRECT_TOSHOST = 3 };
enum { ICMP4_EXC_TTL = 0, ICMP4_EXC_FRAGTIME = 1 };

#define ICMP4_HDR_LEN	    8
#define ICMP4_TIMESTAMP_LEN 20	/* bytes of a timestamp message (RFC 792) */
#define ICMP4_MASK_LEN	    12	/* of an address mask message (RFC 950) */
#define ICMP4_ERROR_MAX	    576 /* bytes of an error, IP header included (RFC 1812 4.3.2.3) */

/** Does @p type report an error? Such messages are never answered by errors (RFC 1122 3.2.2). */
static inline int
icmp4_type_is_error(uint8_t type)
{
	return type == ICMP4_UNREACH || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
	       type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}
#endif
