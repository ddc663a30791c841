/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ARP_PROTO_H
#define ARP_PROTO_H
/** @file ARP on the wire (RFC 826), with Ethernet and IPv4 addresses. */
#include <rte_byteorder.h>
#include <rte_ether.h>

#define ARP_ETHERTYPE	0x0806
#define ARP_HRD_ETHER	1 /* ar_hrd */
#define ARP_HRD_IEEE802 6 /* also spoken on Ethernet; Linux accepts both */
#define ARP_PRO_IPV4	0x0800
#define ARP_OP_REQUEST	1
#define ARP_OP_REPLY	2
#define ARP_LEN		28
#define ARP_PADDED_LEN	46 /* the least payload of an Ethernet frame (IEEE 802.3) */

struct arp_eth_ip {
	rte_be16_t ar_hrd, ar_pro;
	uint8_t ar_hln, ar_pln;
	rte_be16_t ar_op;
	struct rte_ether_addr ar_sha;
	rte_be32_t ar_sip;
	struct rte_ether_addr ar_tha;
	rte_be32_t ar_tip;
} __attribute__((packed, aligned(2)));
_Static_assert(sizeof(struct arp_eth_ip) == ARP_LEN, "RFC 826 packet format");
#endif
