/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spreading by software, for ports without RSS or with one queue: the worker that receives looks at
 * the flow and passes frames on. A flow has one worker, each pair of them one ring: order stays.
 */
#include <string.h>
#include "ethdev/ethdev_dp.h"

#define TAGS_LOOK 2

/* Protocols that begin with two 16-bit ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
static inline bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE;
}

/* Multiply and fold, twice: every bit of the key reaches the upper half. */
static inline uint32_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);

	x = ((x ^ (x >> 32)) + b) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(x >> 32);
}

/* Offset of the IPv4 header in the first segment; 0: the frame has none that could be read. */
static inline uint32_t
ip4_offset(const uint8_t *p, uint32_t len)
{
	uint32_t at = RTE_ETHER_HDR_LEN;

	for (unsigned int tags = 0; tags <= TAGS_LOOK; tags++, at += RTE_VLAN_HLEN) {
		uint16_t type;

		if (len < at + sizeof(struct rte_ipv4_hdr))
			return 0;
		type = (uint16_t)(p[at - 2] << 8 | p[at - 1]);
		if (likely(type == RTE_ETHER_TYPE_IPV4))
			return at;
		if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
			return 0;
	}
	return 0;
}

uint32_t
ethdev_flow_hash(const struct rte_mbuf *m, enum ethdev_spread how)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len = m->data_len, at = ip4_offset(p, len), ports = 0, hash;
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(p + at);
	uint64_t addrs;

	if (unlikely(at == 0))
		return 0;
	memcpy(&addrs, &ip->src_addr, sizeof(addrs));
	/* Only the first fragment has the ports: all of a datagram go by what all of them have. */
	at += rte_ipv4_hdr_len(ip);
	if (how == ETHDEV_SPREAD_L4 && has_ports(ip->next_proto_id) &&
	    !(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) &&
	    len >= at + sizeof(ports))
		memcpy(&ports, p + at, sizeof(ports));
	hash = mix(addrs, (uint64_t)ports << 8 | ip->next_proto_id);
	return hash != 0 ? hash : 1;
}

static DP_ONLY void
pass_on(struct worker *w, struct ethdev_port *port, uint16_t to, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t done =
		(uint16_t)rte_ring_mp_enqueue_burst(port->spread_ring[to], (void **)pkts, n, NULL);

	if (unlikely(done < n))
		netif_rx_drop(w, port->dev, pkts + done, (uint16_t)(n - done),
			      DROP_NETDEV_SPREAD_FULL);
	worker_wake(workers[to]);
}

void
ethdev_spread_burst(struct worker *w, struct ethdev_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t n_to = n_workers - 1;
	struct rte_mbuf *out[ETHDEV_BURST];
	uint8_t to[ETHDEV_BURST];
	uint32_t others = 0; /* bit i: some are for worker i */
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t hash = ethdev_flow_hash(pkts[i], port->spread);

		to[i] = hash == 0 ? (uint8_t)w->id : (uint8_t)(1 + ((uint64_t)hash * n_to >> 32));
		others |= UINT32_C(1) << to[i];
	}
	others &= ~(UINT32_C(1) << w->id);
	for (; others != 0; others &= others - 1) {
		uint8_t slot = (uint8_t)__builtin_ctz(others);
		uint16_t k = 0;

		for (uint16_t i = 0; i < n; i++)
			if (to[i] == slot)
				out[k++] = pkts[i];
		pass_on(w, port, slot, out, k);
	}
	for (uint16_t i = 0; i < n; i++)
		if (to[i] == w->id)
			pkts[kept++] = pkts[i];
	if (kept > 0)
		netif_rx_burst(w, port->dev, pkts, kept);
}

unsigned int
ethdev_spread_drain(struct worker *w, struct ethdev_port *port)
{
	struct rte_ring *ring = port->spread_ring[w->id];
	struct rte_mbuf *pkts[ETHDEV_BURST];
	unsigned int n;

	if (rte_ring_empty(ring))
		return 0;
	w->stage = STAGE_RX;
	n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, ETHDEV_BURST, NULL);
	stage_count(w, STAGE_RX, n);
	netif_rx_burst(w, port->dev, pkts, (uint16_t)n);
	stage_switch(w, STAGE_IDLE);
	return n;
}
