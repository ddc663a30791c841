/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PROTO_H
#define IP4_PROTO_H
/** @file IPv4 on the wire (RFC 791): what <rte_ip.h> does not name. */
#include <stdint.h>
#include <rte_byteorder.h>

#define IP4_HDR_MIN 20u
#define IP4_HDR_MAX 60u
#define IP4_LEN_MAX 65535u
#define IP4_MTU_MIN 68u /* every link carries that much (RFC 791 3.2) */

/* Fields of fragment_offset in host order. */
#define IP4_RF	    0x8000u
#define IP4_DF	    0x4000u
#define IP4_MF	    0x2000u
#define IP4_OFFMASK 0x1fffu

/* Option types (RFC 791 3.1, RFC 2113). */
enum {
	IPOPT4_EOL = 0,
	IPOPT4_NOP = 1,
	IPOPT4_RR = 7,
	IPOPT4_TS = 68,
	IPOPT4_LSRR = 131,
	IPOPT4_SSRR = 137,
	IPOPT4_RA = 148,
};
#define IPOPT4_COPY 0x80 /* the option stands in every fragment */
/* Flags of the timestamp option. */
enum { IPOPT4_TS_ONLY = 0, IPOPT4_TS_ADDR = 1, IPOPT4_TS_PRESPEC = 3 };

#define IP4_LIMITED_BROADCAST 0xffffffffu
#define IP4_ALL_HOSTS	      0xe0000001u /* 224.0.0.1 */

/* Classes of addresses in host order (RFC 1812 4.2.2.11, 5.3.7). */
static inline int
ip4_is_zeronet(uint32_t a)
{
	return (a >> 24) == 0;
}
static inline int
ip4_is_loopback(uint32_t a)
{
	return (a >> 24) == 127;
}
static inline int
ip4_is_multicast(uint32_t a)
{
	return (a >> 28) == 0xe;
}
/** 240/4, limited broadcast included. */
static inline int
ip4_is_class_e(uint32_t a)
{
	return (a >> 28) == 0xf;
}
/** 1.0.0.0 .. 223.255.255.255 without 127/8: what a host's address can be. */
static inline int
ip4_is_host_class(uint32_t a)
{
	return a - 0x01000000u < 0xdf000000u && !ip4_is_loopback(a);
}
#endif
