/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BRIDGE_IGMP_H
#define BRIDGE_IGMP_H
/** @file What hosts on the bridge's ports say of groups, and send to them. */
#include "bridge/br_igmp_proto.h"
#include "bridge_lan.h"

#define GROUP "239.1.2.3"

/* An IGMP message of @p len bytes to @p to, from host @p host; checksums right. */
static inline struct dp_frame
igmp(uint8_t host, const char *from, const char *to, const void *msg, uint16_t len)
{
	struct dp_frame f = { .len = RTE_ETHER_HDR_LEN + 24 + len };
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eh + 1);
	uint32_t dst = dp_ip(to);
	uint16_t sum;

	eh->dst_addr = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, (uint8_t)(dst >> 8 & 0x7f),
						  (uint8_t)(dst >> 16), (uint8_t)(dst >> 24) } };
	eh->src_addr = dp_host_mac(host);
	eh->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x46,
				     .total_length = rte_cpu_to_be_16((uint16_t)(24 + len)),
				     .time_to_live = 1,
				     .next_proto_id = IPPROTO_IGMP_,
				     .src_addr = dp_ip(from),
				     .dst_addr = dst };
	memcpy(ip + 1, (const uint8_t[]){ 0x94, 4, 0, 0 }, 4);
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, 24);
	memcpy((uint8_t *)(ip + 1) + 4, msg, len);
	sum = (uint16_t)~rte_raw_cksum((uint8_t *)(ip + 1) + 4, len);
	memcpy((uint8_t *)(ip + 1) + 4 + 2, &sum, sizeof(sum));
	return f;
}

static inline struct dp_frame
plain(uint8_t host, uint8_t type, uint8_t code, const char *to, const char *group)
{
	struct igmp_hdr h = { .type = type,
			      .code = code,
			      .group = group != NULL ? dp_ip(group) : 0 };

	return igmp(host, type == IGMP_QUERY ? "10.9.0.9" : "10.9.0.1", to, &h, sizeof(h));
}

static inline struct dp_frame
report(uint8_t host, const char *group)
{
	return plain(host, IGMP_V2_REPORT, 0, group, group);
}

/* A version 3 report of one record with at most two sources. */
static inline struct dp_frame
record(uint8_t host, uint8_t type, const char *group, const char *s1, const char *s2)
{
	uint8_t m[IGMP_LEN + IGMP_V3_RECORD_LEN + 8] = { IGMP_V3_REPORT, 0, 0, 0, 0, 0, 0, 1 };
	uint8_t n = (uint8_t)((s1 != NULL) + (s2 != NULL));
	uint32_t a;

	m[8] = type;
	m[11] = n;
	a = dp_ip(group);
	memcpy(m + 12, &a, 4);
	if (s1 != NULL) {
		a = dp_ip(s1);
		memcpy(m + 16, &a, 4);
	}
	if (s2 != NULL) {
		a = dp_ip(s2);
		memcpy(m + 20, &a, 4);
	}
	return igmp(host, "10.9.0.1", "224.0.0.22", m, (uint16_t)(16 + 4 * n));
}

static inline void
put(unsigned int n, struct dp_frame f)
{
	dp_inject(n, &f);
	dp_run();
}

static inline void
empty(void)
{
	for (unsigned int n = 1; n <= 3; n++)
		dp_discard(n);
}

/* Say it by port @p n; what becomes of the message itself is another test's. */
static inline void
say(unsigned int n, struct dp_frame f)
{
	put(n, f);
	empty();
}

/* A datagram of host 11 to @p group. */
static inline struct dp_frame
datagram(const char *src, const char *group)
{
	struct dp_frame f = dp_udp(1, 11, src, group, 32);
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;
	uint32_t dst = dp_ip(group);

	memcpy(&eh->dst_addr, (const uint8_t[]){ 0x01, 0x00, 0x5e }, 3);
	memcpy(eh->dst_addr.addr_bytes + 3, (const uint8_t *)&dst + 1, 3);
	eh->dst_addr.addr_bytes[3] &= 0x7f;
	return f;
}
#endif
