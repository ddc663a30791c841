/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_BPDU_H
#define STP_BPDU_H
/**
 * @file
 * BPDUs between bytes and values. Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stp/stp_proto.h"

/**
 * A spanning tree priority vector: 802.1D-2004 17.5, 802.1Q-2011 13.9 and 13.10. Smaller is better,
 * component by component. Identifiers in host order: priority (4 bits), MSTID (12), address (48);
 * port priority (4), number (12). An MSTI leaves the first two components 0.
 */
struct stp_vec {
	uint64_t root;	   /* RootID */
	uint32_t ext_cost; /* ExtRootPathCost; RSTP: RootPathCost */
	uint64_t rroot;	   /* RRootID; RSTP: DesignatedBridgeID */
	uint32_t int_cost; /* IntRootPathCost; RSTP: 0 */
	uint64_t bridge;   /* DesignatedBridgeID */
	uint16_t port;	   /* DesignatedPortID */
};

/** Timer parameters (13.24.3 and the like), in seconds and hops. */
struct stp_times {
	uint16_t message_age, max_age, forward_delay, hello_time;
	uint16_t remaining_hops;
};

enum stp_bpdu_kind { STP_BPDU_CONFIG, STP_BPDU_TCN, STP_BPDU_RST, STP_BPDU_MST };

/** What becomes of a received BPDU. */
enum stp_rx {
	STP_RX_OK,
	STP_RX_SHORT,	     /* less than four octets (9.3.4) */
	STP_RX_PROTOCOL,     /* the protocol identifier is not 0 */
	STP_RX_TYPE,	     /* neither configuration nor TCN nor RST */
	STP_RX_CONFIG_SHORT, /* configuration of less than 35 octets (9.3.4 a) */
	STP_RX_CONFIG_AGED,  /* its Message Age has reached its Max Age (9.3.4 a) */
	STP_RX_RST_VERSION,  /* type RST in a version before 2 (9.3.4 c) */
	STP_RX_RST_SHORT,    /* RST of less than 36 octets (9.3.4 c) */
	STP_RX_OWN,	     /* what this very port sent (9.3.4 a) */
	STP_RX_DISABLED,     /* the port is not enabled */
	STP_RX_FILTERED,     /* bpdu_filter */
	STP_RX_GUARDED,	     /* bpdu_guard: it closed the port */
	STP_RX_NOT_STP, /* RST or MST, and this bridge runs STP: a type that 1998 does not know */
	STP_RX_N
};

/** Why a BPDU of version 3 was taken for an RST BPDU (802.1Q-2011 14.4 d). */
enum stp_mst_fault {
	STP_MST_OK,
	STP_MST_SHORT,	/* less than 102 octets */
	STP_MST_V1_BAD, /* Version 1 Length is not 0 */
	STP_MST_V3_BAD, /* Version 3 Length: not 64 and 0 to 64 messages, or more than there is */
	STP_MST_FAULT_N
};

struct stp_bpdu_msti {
	uint16_t mstid; /* from the regional root's identifier */
	uint8_t flags;
	uint64_t rroot;
	uint32_t int_cost;
	uint8_t bridge_priority, port_priority; /* upper four bits; the rest 0 */
	uint8_t remaining_hops;
};

struct stp_bpdu {
	enum stp_bpdu_kind kind;
	enum stp_mst_fault mst_fault;
	uint8_t version; /* as received, however it was decoded */
	uint8_t flags;	 /* of the CIST; a role Unknown has become Designated */
	struct stp_vec vec;
	struct stp_times times;
	struct stp_mst_id mst_id;
	unsigned int n_msti;
	struct stp_bpdu_msti msti[STP_MSTI_MAX];
};

/**
 * Decode the @p len octets behind the LLC header, padding included: 802.1D-2004 9.3.4, 802.1Q-2011
 * 14.4. Times are rounded to seconds, Hello Time and Forward Delay to one at the least. Of @p out
 * only what @p out->kind has is written.
 * @return STP_RX_OK or what is wrong with it
 */
enum stp_rx stp_bpdu_parse(const uint8_t *buf, size_t len, struct stp_bpdu *out);
/** Encode: @p buf has room for STP_BPDU_MAX octets. Returns how many it takes. */
size_t stp_bpdu_build(const struct stp_bpdu *b, uint8_t *buf);
/** "config_short" and the like. */
const char *stp_rx_name(enum stp_rx rx);
/** "v3_len" and the like. */
const char *stp_mst_fault_name(enum stp_mst_fault fault);

bool stp_times_same(const struct stp_times *a, const struct stp_times *b);
/** <0: @p a is better than @p b; 0: the same; >0: worse (13.9). */
int stp_vec_cmp(const struct stp_vec *a, const struct stp_vec *b);
#endif
