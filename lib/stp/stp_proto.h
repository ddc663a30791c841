/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_PROTO_H
#define STP_PROTO_H
/**
 * @file
 * Bridge protocol data units as they stand behind the LLC header (DSAP = SSAP = 0x42, control 3):
 * 802.1D-2004 9.3, 802.1Q-2011 14.4 to 14.6.
 */
#include <stdint.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#define STP_PROTOCOL_ID	   0
#define STP_TYPE_CONFIG	   0x00
#define STP_TYPE_RST	   0x02 /* RST and MST */
#define STP_TYPE_TCN	   0x80
#define STP_LLC_SAP	   0x42
#define STP_TCN_LEN	   4
#define STP_CONFIG_LEN	   35
#define STP_RST_LEN	   36
#define STP_MST_LEN	   102 /* without MSTI configuration messages */
#define STP_MSTI_LEN	   16
#define STP_MST_V3_LEN	   64 /* Version 3 Length without MSTI configuration messages */
#define STP_MSTI_MAX	   64
#define STP_BPDU_MAX	   (STP_MST_LEN + STP_MSTI_MAX * STP_MSTI_LEN)
#define STP_MST_NAME_LEN   32
#define STP_MST_DIGEST_LEN 16

/* The flags octet: 9.2.9; for an MSTI 14.6.1. */
#define STP_F_TC	 0x01
#define STP_F_PROPOSAL	 0x02
#define STP_F_ROLE_SHIFT 2
#define STP_F_ROLE_MASK	 0x0c
#define STP_F_LEARNING	 0x10
#define STP_F_FORWARDING 0x20
#define STP_F_AGREEMENT	 0x40
#define STP_F_TC_ACK	 0x80 /* configuration BPDU */
#define STP_F_MASTER	 0x80 /* MSTI configuration message */

/* The port role within the flags octet. */
#define STP_MSG_ROLE_UNKNOWN	0 /* in an MSTI: Master */
#define STP_MSG_ROLE_ALT_BACKUP 1
#define STP_MSG_ROLE_ROOT	2
#define STP_MSG_ROLE_DESIGNATED 3

/** The MST Configuration Identifier: 802.1Q-2011 13.8. */
struct stp_mst_id {
	uint8_t selector; /* 0 */
	char name[STP_MST_NAME_LEN];
	rte_be16_t revision;
	uint8_t digest[STP_MST_DIGEST_LEN];
} __rte_packed;

/** An MSTI configuration message: 14.6.1. */
struct stp_msti_msg {
	uint8_t flags;
	rte_be64_t rroot;
	rte_be32_t int_cost;
	uint8_t bridge_priority; /* the upper four bits */
	uint8_t port_priority;	 /* the upper four bits */
	uint8_t remaining_hops;
} __rte_packed;

struct stp_bpdu_hdr {
	rte_be16_t protocol;
	uint8_t version, type;
	/* configuration, RST and MST */
	uint8_t flags;
	rte_be64_t root;
	rte_be32_t cost;   /* external, in an MST BPDU */
	rte_be64_t bridge; /* the CIST regional root, in an MST BPDU */
	rte_be16_t port;
	rte_be16_t message_age, max_age, hello_time, forward_delay; /* 1/256 s */
	/* RST and MST */
	uint8_t version1_len;
	/* MST */
	rte_be16_t version3_len;
	struct stp_mst_id mst_id;
	rte_be32_t int_cost;
	rte_be64_t cist_bridge;
	uint8_t remaining_hops;
	struct stp_msti_msg msti[];
} __rte_packed;
#endif
