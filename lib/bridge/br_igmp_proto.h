/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_IGMP_PROTO_H
#define BR_IGMP_PROTO_H
/** @file IGMP on the wire: RFC 1112 appendix I, RFC 2236 2, RFC 3376 4; RFC 4286 3 (MRD). */
#include <stdint.h>
#include <rte_byteorder.h>

#define IGMP_QUERY	0x11
#define IGMP_V1_REPORT	0x12
#define IGMP_V2_REPORT	0x16
#define IGMP_LEAVE	0x17
#define IGMP_V3_REPORT	0x22
#define IGMP_MRD_ADVERT 0x30 /* RFC 4286 3.1 */
#define PIM_V2_HELLO	0x20 /* RFC 7761 4.9: version 2, type 0 */

#define IPPROTO_IGMP_ 2
#define IPPROTO_PIM_  103

/* Groups in network order. */
#define IGMP_ALL_HOSTS	  RTE_BE32(0xe0000001) /* 224.0.0.1 */
#define IGMP_ALL_PIM	  RTE_BE32(0xe000000d)
#define IGMP_ALL_SNOOPERS RTE_BE32(0xe000006a)

/** Every message begins so; that is all of one of version 1 or 2. */
struct igmp_hdr {
	uint8_t type, code;
	rte_be16_t csum;
	rte_be32_t group; /* of a version 3 report: 16 bits reserved, number of records */
};
#define IGMP_LEN 8

/** RFC 3376 4.1 */
struct igmp_v3_query {
	struct igmp_hdr h;
	uint8_t flags; /* S, and the querier's robustness */
	uint8_t qqic;
	rte_be16_t n_src;
	rte_be32_t src[];
};
#define IGMP_V3_QUERY_LEN 12
#define IGMP_V3_SUPPRESS  0x08

/** RFC 3376 4.2.4 */
struct igmp_v3_record {
	uint8_t type, aux_words;
	rte_be16_t n_src;
	rte_be32_t group;
	rte_be32_t src[];
};
#define IGMP_V3_RECORD_LEN 8

/** RFC 3376 4.2.12 */
enum igmp_record {
	IGMP_IS_IN = 1,
	IGMP_IS_EX,
	IGMP_TO_IN,
	IGMP_TO_EX,
	IGMP_ALLOW,
	IGMP_BLOCK,
};

/** RFC 3376 4.1.1, 4.1.7: a code as a number. */
static inline uint32_t
igmp_v3_value(uint8_t code)
{
	return code < 128 ? code : (uint32_t)((code & 0xf) | 0x10) << ((code >> 4 & 7) + 3);
}

/** 224.0.0.0/24: never routed, always flooded (RFC 4541 2.1.2 (2)). */
static inline int
igmp_is_link_local(rte_be32_t group)
{
	return (group & RTE_BE32(0xffffff00)) == RTE_BE32(0xe0000000);
}
static inline int
igmp_is_group(rte_be32_t addr)
{
	return (addr & RTE_BE32(0xf0000000)) == RTE_BE32(0xe0000000);
}
#endif
