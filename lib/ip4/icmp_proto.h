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
	ICMP4_TYPE_KNOWN = 18, /* the highest type that is anything to us, but for: */
	ICMP4_EXT_ECHO = 42,   /* RFC 8335 */
	ICMP4_EXT_ECHO_REPLY = 43,
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

/* RFC 8335 2: an extended echo request names an interface in an extension (RFC 4884 7, 8) of one
 * object. The last octet of the sequence field is not a part of the number. */
struct icmp4_ext {
	uint8_t version; /* upper four bits */
	uint8_t reserved;
	rte_be16_t checksum;
	rte_be16_t len; /* of the object, these four bytes included */
	uint8_t class_num;
	uint8_t c_type;
} __attribute__((packed));
struct icmp4_ext_addr {
	rte_be16_t afi; /* IANA's address families */
	uint8_t len;
	uint8_t reserved;
	rte_be32_t addr;
} __attribute__((packed));
enum { ICMP4_IIO_CLASS = 3, ICMP4_IIO_NAME = 1, ICMP4_IIO_INDEX = 2, ICMP4_IIO_ADDR = 3 };
enum { ICMP4_EXT_OK = 0, ICMP4_EXT_MALFORMED = 1, ICMP4_EXT_NO_IF = 2 };
#define ICMP4_EXT_LOCAL	 0x01 /* the interface is one of the node that is asked */
#define ICMP4_EXT_ACTIVE 0x04
#define ICMP4_EXT_IPV4	 0x02

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
