/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames keep a network together, and their places in the rings between threads. */
#include <string.h>
#include "netdev/netdev_class_dp.h"

#define PRECEDENCE_IC 0xc0 /* RFC 791 3.1: internetwork control; 0xe0 is network control */

uint64_t netdev_ctl_flag;

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

bool
netdev_is_control(const struct rte_mbuf *m)
{
	uint8_t copy[RTE_ETHER_HDR_LEN];
	const uint8_t *p;

	if (m->ol_flags & netdev_ctl_flag)
		return true;
	p = rte_pktmbuf_read(m, 0, RTE_ETHER_HDR_LEN, copy);
	if (p == NULL)
		return false;
	if (is_reserved_group(&((const struct rte_ether_hdr *)p)->dst_addr))
		return true;
	p = netdev_frame_type(m, copy);
	if (p == NULL)
		return false;
	switch (p[0] << 8 | p[1]) {
	case RTE_ETHER_TYPE_ARP:
		return true;
	case RTE_ETHER_TYPE_IPV4:
		return p[3] >= PRECEDENCE_IC;
	default:
		return false;
	}
}

unsigned int
netdev_hand_over(struct worker *w, struct rte_ring *ring, unsigned int spare,
		 struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int room = rte_ring_free_count(ring), kept = n;

	for (unsigned int i = 0; unlikely(worker_is_ctl(w)) && i < n; i++)
		pkts[i]->ol_flags |= netdev_ctl_flag;
	if (unlikely(room < n + spare)) {
		kept = 0;
		for (unsigned int i = 0; i < n; i++)
			if (kept + spare < room || netdev_is_control(pkts[i])) {
				RTE_SWAP(pkts[i], pkts[kept]);
				kept++;
			}
	}
	return rte_ring_mp_enqueue_burst(ring, (void **)pkts, kept, NULL);
}
