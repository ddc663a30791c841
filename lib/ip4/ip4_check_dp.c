/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"

enum drop_reason
ip4_header_check(const struct rte_ipv4_hdr *iph, uint32_t contiguous, uint32_t len, bool csum_ok)
{
	unsigned int hlen;
	uint32_t total;

	/* RFC 1812 5.2.2 (1): long enough for a minimum header. */
	if (contiguous < IP4_HDR_MIN || len < IP4_HDR_MIN)
		return DROP_IP4_TRUNCATED;
	/* (3), before (2): what is no IPv4 header has no IPv4 checksum either. */
	if ((iph->version_ihl >> 4) != 4)
		return DROP_IP4_BAD_VERSION;
	hlen = ip_hdrlen(iph);
	/* (4) */
	if (hlen < IP4_HDR_MIN || hlen > len || hlen > contiguous)
		return DROP_IP4_BAD_IHL;
	/* (2): the sum over a good header is minus zero. */
	if (!csum_ok && rte_raw_cksum(iph, hlen) != 0xffff)
		return DROP_IP4_BAD_CHECKSUM;
	/* (5); a frame longer than that is link padding, one shorter is cut. */
	total = rte_be_to_cpu_16(iph->total_length);
	if (total < hlen || total > len)
		return DROP_IP4_BAD_LENGTH;
	return DROP_MAX;
}
