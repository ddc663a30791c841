/* SPDX-License-Identifier: BSD-3-Clause */
#include <time.h>
#include "ip4/ip4_priv.h"

/* Pointers inside options count from 1 at the option's type octet (RFC 791 3.1). */

rte_be32_t
ip4_current_timestamp(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return rte_cpu_to_be_32((uint32_t)(ts.tv_sec % 86400 * 1000 +
					   ts.tv_nsec / 1000000)); /* since midnight UT */
}

/* Source route: type, length, pointer, addresses. @return the octet at fault in it, or -1. */
static int
parse_srr(struct ip_options *opt, const uint8_t *o, uint8_t len, uint8_t at)
{
	if (len < 3)
		return 1;
	if (o[2] < 4)
		return 2;
	/* A second source route, or room that is no whole address. */
	if (opt->srr != 0)
		return 0;
	if (o[2] <= len && o[2] + 3 > len)
		return 2;
	opt->srr = at;
	if (o[0] == IPOPT4_SSRR)
		opt->flags |= IPOPT_F_STRICT;
	return -1;
}

static int
parse_rr(struct ip_options *opt, const uint8_t *o, uint8_t len, uint8_t at)
{
	if (opt->rr != 0)
		return 0;
	if (len < 3)
		return 1;
	if (o[2] < 4)
		return 2;
	opt->rr = at;
	if (o[2] <= len) {
		if (o[2] + 3 > len)
			return 2;
		opt->flags |= IPOPT_F_RR_ADDR;
	}
	return -1;
}

/* What a timestamp option wants from us; @return as above. */
static int
parse_ts_slot(struct ip_options *opt, const uint8_t *o, uint8_t len)
{
	unsigned int room = len + 1u - o[2];

	switch (o[3] & 0x0f) {
	case IPOPT4_TS_ONLY:
		if (room < 4)
			return 2;
		opt->flags |= IPOPT_F_TS_TIME;
		return -1;
	case IPOPT4_TS_ADDR:
		if (room < 8)
			return 2;
		opt->flags |= IPOPT_F_TS_TIME | IPOPT_F_TS_ADDR;
		return -1;
	case IPOPT4_TS_PRESPEC:
		if (room < 8)
			return 2;
		opt->flags |= IPOPT_F_TS_TIME | IPOPT_F_TS_PRESPEC;
		return -1;
	default:
		return 3;
	}
}

static int
parse_ts(struct ip_options *opt, const uint8_t *o, uint8_t len, uint8_t at)
{
	if (opt->ts != 0)
		return 0;
	if (len < 4)
		return 1;
	if (o[2] < 5)
		return 2;
	opt->ts = at;
	if (o[2] <= len)
		return parse_ts_slot(opt, o, len);
	/* RFC 791 3.1: full; when the overflow count itself overflows, the datagram is in error. */
	if ((o[3] >> 4) == 15)
		return 3;
	if ((o[3] & 0x0f) != IPOPT4_TS_PRESPEC)
		opt->flags |= IPOPT_F_TS_FULL;
	return -1;
}

static int
parse_one(struct ip_options *opt, const uint8_t *o, uint8_t len, uint8_t at)
{
	switch (o[0]) {
	case IPOPT4_LSRR:
	case IPOPT4_SSRR:
		return parse_srr(opt, o, len, at);
	case IPOPT4_RR:
		return parse_rr(opt, o, len, at);
	case IPOPT4_TS:
		return parse_ts(opt, o, len, at);
	case IPOPT4_RA: /* RFC 2113 2.1: four octets; a value but 0 is reserved */
		if (len < 4)
			return 1;
		if (o[2] == 0 && o[3] == 0)
			opt->router_alert = at;
		return -1;
	default: /* RFC 1122 3.2.1.8: unknown options are passed over */
		return -1;
	}
}

enum drop_reason
ip_options_parse(const struct rte_ipv4_hdr *hdr, struct ip_options *opt, uint8_t *pointer)
{
	const uint8_t *iph = (const uint8_t *)hdr;
	unsigned int end = ip_hdrlen(hdr), at = IP4_HDR_MIN;

	memset(opt, 0, sizeof(*opt));
	opt->optlen = (uint8_t)(end - IP4_HDR_MIN);
	while (at < end) {
		const uint8_t *o = iph + at;
		int bad;

		if (*o == IPOPT4_EOL)
			break;
		if (*o == IPOPT4_NOP) {
			at++;
			continue;
		}
		*pointer = (uint8_t)at;
		if (at + 1 >= end || o[1] < 2 || at + o[1] > end) {
			*pointer = (uint8_t)(at + (at + 1 < end));
			return DROP_IP4_BAD_OPTION;
		}
		bad = parse_one(opt, o, o[1], (uint8_t)at);
		if (bad >= 0) {
			*pointer = (uint8_t)(at + (unsigned int)bad);
			return DROP_IP4_BAD_OPTION;
		}
		at += o[1];
	}
	return DROP_MAX;
}

enum drop_reason
ip_options_compile(struct sk_buff *skb, uint8_t *pointer)
{
	enum drop_reason why = ip_options_parse(ip_hdr(skb), ip_opt(skb), pointer);
	const struct in_device *in_dev;

	if (why != DROP_MAX || ip_opt(skb)->srr == 0)
		return why;
	/* RFC 7126 4.3.5: off unless the administrator asks, everywhere and here. */
	in_dev = in_dev_get_rcu(skb->dev);
	return in_dev != NULL && IN_DEV_ANDCONF(in_dev, accept_source_route)
		       ? DROP_MAX
		       : DROP_IP4_SOURCE_ROUTE;
}

enum drop_reason
ip_options_rcv_srr(struct sk_buff *skb, uint8_t *pointer)
{
	struct ip_options *opt = ip_opt(skb);
	uint8_t *o = (uint8_t *)ip_hdr(skb) + opt->srr;
	rte_be32_t next;

	if (o[2] > o[1]) /* the route is used up: we are the last stop */
		return DROP_MAX;
	if (o[2] + 3 > o[1]) {
		*pointer = (uint8_t)(opt->srr + 2);
		return DROP_IP4_BAD_OPTION;
	}
	memcpy(&next, o + o[2] - 1, sizeof(next));
	if (!ip4_is_host_class(rte_be_to_cpu_32(next)))
		return DROP_IP4_MARTIAN_DESTINATION;
	opt->nexthop = next;
	opt->flags |= IPOPT_F_SRR_HIT;
	return DROP_MAX;
}

static void
fill_timestamp(uint8_t *o, uint8_t flags, rte_be32_t addr)
{
	rte_be32_t now = ip4_current_timestamp();
	uint8_t *slot = o + o[2] - 1;

	if (flags & IPOPT_F_TS_FULL) {
		o[3] = (uint8_t)(o[3] + 0x10);
		return;
	}
	if (!(flags & IPOPT_F_TS_TIME))
		return;
	if (flags & IPOPT_F_TS_PRESPEC) {
		rte_be32_t want;

		memcpy(&want, slot, sizeof(want));
		if (ip4_lookup(0, want)->type != ADJ_LOCAL)
			return;
		slot += 4;
		o[2] = (uint8_t)(o[2] + 4);
	} else if (flags & IPOPT_F_TS_ADDR) {
		memcpy(slot, &addr, 4);
		slot += 4;
		o[2] = (uint8_t)(o[2] + 4);
	}
	memcpy(slot, &now, 4);
	o[2] = (uint8_t)(o[2] + 4);
}

void
ip_options_fill(struct sk_buff *skb, rte_be32_t addr)
{
	struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct ip_options *opt = ip_opt(skb);
	uint8_t *base = (uint8_t *)iph;

	if (opt->flags & IPOPT_F_RR_ADDR) {
		uint8_t *o = base + opt->rr;

		memcpy(o + o[2] - 1, &addr, 4);
		o[2] = (uint8_t)(o[2] + 4);
	}
	if (opt->flags & IPOPT_F_SRR_HIT) { /* RFC 791 3.1: the stop's place takes our address */
		uint8_t *o = base + opt->srr;

		memcpy(o + o[2] - 1, &addr, 4);
		o[2] = (uint8_t)(o[2] + 4);
		iph->dst_addr = opt->nexthop;
	}
	if (opt->ts != 0)
		fill_timestamp(base + opt->ts, opt->flags, addr);
	ip_send_check(iph);
}

/* RFC 1122 3.2.1.8 (c), RFC 1812 4.3.2.6: the part of a source route that was followed, backwards.
 * @p o: stops 1 to n lie before its pointer; the way back has n-1 to 1 and the source, and begins
 * with n. @return where the packet goes first, or 0: no stop was made, and the option is gone. */
static rte_be32_t
reverse_route(uint8_t *o, rte_be32_t src)
{
	unsigned int len = o[1], n = ((o[2] <= len ? o[2] : len + 1u) - 4) / 4, skip;
	rte_be32_t stop[IP4_HDR_MAX / 4], first;
	uint8_t *at = o + 3;

	memcpy(stop, at, n * 4);
	/* We may have signed already: the way back begins behind ourselves. */
	while (n > 0 && ip4_lookup(0, stop[n - 1])->type == ADJ_LOCAL)
		n--;
	/* RFC 1812 5.2.4.1: a route that names the source as its first stop is mended. */
	skip = n > 0 && stop[0] == src;
	first = n > skip ? stop[n - 1] : src;
	if (n == skip || !ip4_is_host_class(rte_be_to_cpu_32(first))) {
		memset(o, IPOPT4_NOP, len);
		return 0;
	}
	for (unsigned int i = n - 1; i-- > skip; at += 4)
		memcpy(at, &stop[i], 4);
	memcpy(at, &src, 4);
	at += 4;
	memset(at, IPOPT4_NOP, len - (unsigned int)(at - o));
	o[1] = (uint8_t)(at - o);
	o[2] = 4;
	return first;
}

rte_be32_t
ip_options_echo(struct rte_ipv4_hdr *iph, struct ip_options *opt)
{
	uint8_t *base = (uint8_t *)iph;
	unsigned int end = ip_hdrlen(iph);
	rte_be32_t first = 0;

	opt->flags &= (uint8_t)~IPOPT_F_SRR_HIT;
	for (unsigned int at = IP4_HDR_MIN, len; at < end && base[at] != IPOPT4_EOL; at += len) {
		len = base[at] == IPOPT4_NOP ? 1 : base[at + 1];
		if (at == opt->srr)
			first = reverse_route(base + at, iph->src_addr);
		else if (at != opt->rr && at != opt->ts)
			memset(base + at, IPOPT4_NOP, len);
	}
	if (first == 0)
		opt->srr = 0;
	opt->router_alert = 0;
	return first != 0 ? first : iph->src_addr;
}
