/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames keep a network together, and their places in the rings between threads. */
#include <string.h>
#include "netdev/netdev_class_dp.h"

#define ETHERTYPE_MIN 0x600 /* below it is the length of an LLC frame */
#define PRECEDENCE_IC 0xc0  /* RFC 791 3.1: internetwork control; 0xe0 is network control */

/* 01-80-C2-00-00-00 to 0F: the groups of the link itself. */
static bool
is_reserved_group(const struct rte_ether_addr *a)
{
	static const uint8_t base[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return memcmp(a->addr_bytes, base, sizeof(base)) == 0 && a->addr_bytes[5] <= 0x0f;
}

const uint8_t *
netdev_frame_type(const struct rte_mbuf *m, uint8_t copy[4])
{
	uint32_t at = RTE_ETHER_HDR_LEN - sizeof(rte_be16_t);

	for (unsigned int tags = 0; tags <= NETDEV_TAGS_MAX; tags++, at += RTE_VLAN_HLEN) {
		const uint8_t *p = rte_pktmbuf_read(m, at, 4, copy);
		unsigned int type = p != NULL ? p[0] << 8 | p[1] : 0;

		if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
			return p;
	}
	return NULL;
}

enum netdev_class
netdev_class(const struct rte_mbuf *m)
{
	uint8_t eth_copy[RTE_ETHER_HDR_LEN], copy[4];
	const struct rte_ether_hdr *eth = rte_pktmbuf_read(m, 0, sizeof(*eth), eth_copy);
	const uint8_t *p = netdev_frame_type(m, copy);
	unsigned int type = p != NULL ? p[0] << 8 | p[1] : ETHERTYPE_MIN;

	if (eth != NULL && is_reserved_group(&eth->dst_addr))
		return NETDEV_CLASS_LINK;
	if (type == RTE_ETHER_TYPE_ARP ||
	    (type < ETHERTYPE_MIN && rte_is_multicast_ether_addr(&eth->dst_addr)))
		return NETDEV_CLASS_LINK;
	if (type == RTE_ETHER_TYPE_IPV4 && p[3] >= PRECEDENCE_IC)
		return NETDEV_CLASS_PRECEDENCE;
	return NETDEV_CLASS_DATA;
}

unsigned int
netdev_hand_over(struct rte_ring *ring, unsigned int spare, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int room = rte_ring_free_count(ring), kept = n;

	if (unlikely(room < n + spare)) {
		kept = 0;
		for (unsigned int i = 0; i < n; i++)
			if (kept + spare < room ||
			    kept + netdev_class_kept(netdev_class(pkts[i]), spare) < room) {
				RTE_SWAP(pkts[i], pkts[kept]);
				kept++;
			}
	}
	return rte_ring_mp_enqueue_burst(ring, (void **)pkts, kept, NULL);
}
