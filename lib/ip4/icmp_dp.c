/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"

/* Where to count a type that came in, and one that went out; -1: nowhere. */
static const int8_t in_counter[ICMP4_TYPE_KNOWN + 1] = {
	[ICMP4_ECHO_REPLY] = ICMPMIB_InEchoReps,
	[1] = -1,
	[2] = -1,
	[ICMP4_UNREACH] = ICMPMIB_InDestUnreachs,
	[ICMP4_SOURCE_QUENCH] = ICMPMIB_InSrcQuenchs,
	[ICMP4_REDIRECT] = ICMPMIB_InRedirects,
	[6] = -1,
	[7] = -1,
	[ICMP4_ECHO] = ICMPMIB_InEchos,
	[9] = -1,
	[10] = -1,
	[ICMP4_TIME_EXCEEDED] = ICMPMIB_InTimeExcds,
	[ICMP4_PARAM_PROBLEM] = ICMPMIB_InParmProbs,
	[ICMP4_TIMESTAMP] = ICMPMIB_InTimestamps,
	[ICMP4_TIMESTAMP_REPLY] = ICMPMIB_InTimestampReps,
	[ICMP4_INFO_REQUEST] = -1,
	[ICMP4_INFO_REPLY] = -1,
	[ICMP4_MASK_REQUEST] = ICMPMIB_InAddrMasks,
	[ICMP4_MASK_REPLY] = ICMPMIB_InAddrMaskReps,
};

static void
refuse(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY
{
	ICMP_INC_STATS(w, InErrors);
	kfree_skb_reason(w, skb, why);
}

/* Checksum of the message after its first 16 bits changed from @p old to @p new (RFC 1624). */
static rte_be16_t
csum_replace(rte_be16_t check, rte_be16_t old, rte_be16_t new)
{
	uint32_t sum = (uint16_t)~check + (uint32_t)(uint16_t)~old + new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	/* Of the two zeros, 0xffff is right for all messages: 0 would be wrong for one of zeros
	 * only. */
	return sum == 0xffff ? 0xffff : (rte_be16_t)~sum;
}

/* Was the question put to many? Unicast to us may come in a link's broadcast as well. */
static bool
to_many(const struct sk_buff *skb)
{
	return skb->pkt_type != PACKET_HOST &&
	       ip4_lookup(0, ip_hdr(skb)->dst_addr)->type != ADJ_LOCAL;
}

/* Turn the request into its reply, in place: data pointer back at an IP header that only wants
 * length and checksum. The address that was asked answers (RFC 1122 3.2.2.6); a group's members
 * answer with an address of their own. */
static bool
turn_round(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	struct rte_ipv4_hdr *iph = ip_hdr(skb);
	rte_be32_t from = iph->src_addr, self = iph->dst_addr, to = from;

	if (to_many(skb))
		self = inet_select_addr(skb->dev, from, SCOPE_LINK);
	if (self == 0 || from == 0) {
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return false;
	}
	if (unlikely(ip_opt(skb)->optlen != 0)) {
		to = ip_options_echo(iph, ip_opt(skb));
		ip_options_fill(skb, self);
	}
	if (!net_ipv4.fwmark_reflect)
		skb->mark = 0;
	iph->src_addr = self;
	iph->dst_addr = to;
	iph->time_to_live = (uint8_t)net_ipv4.ip_default_ttl;
	iph->fragment_offset = 0;
	iph->packet_id = ip_select_ident(w, iph);
	skb_push(skb, (uint16_t)ip_hdrlen(iph)); /* where ip_local_deliver() pulled it from */
	skb_vec_push(out, skb);
	return true;
}

/* Writable headers of @p len bytes of ICMP. @return the packet to go on with or NULL: gone. */
static struct sk_buff *
own_headers(struct worker *w, struct sk_buff *skb, uint16_t len) DP_ONLY
{
	uint16_t hlen = (uint16_t)ip_hdrlen(ip_hdr(skb));
	struct sk_buff *own;

	/* What was pulled is writable only together with the rest: take it from the IP header. */
	skb_push(skb, hlen);
	own = skb_cow_head(w, skb, ADJ_HDR_MAX, (uint16_t)(hlen + len));
	if (own == NULL) {
		IP_INC_STATS(w, InDiscards);
		kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
		return NULL;
	}
	skb_reset_network_header(own);
	skb_pull(own, hlen);
	skb_reset_transport_header(own);
	return own;
}

static void
echo(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	struct icmp4_hdr *icmph;

	if (net_ipv4.icmp_echo_ignore_all ||
	    (net_ipv4.icmp_echo_ignore_broadcasts && to_many(skb))) {
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return;
	}
	if (unlikely(skb_cloned(skb) || skb_mbuf(skb)->data_off < IP4_HDR_MAX + ADJ_HDR_MAX)) {
		skb = own_headers(w, skb, ICMP4_HDR_LEN);
		if (skb == NULL)
			return;
	}
	icmph = (struct icmp4_hdr *)skb_data(skb);
	icmph->checksum =
		csum_replace(icmph->checksum, rte_cpu_to_be_16((uint16_t)(ICMP4_ECHO << 8)), 0);
	icmph->type = ICMP4_ECHO_REPLY;
	if (turn_round(w, skb, out))
		icmp_out_count(w, ICMP4_ECHO_REPLY);
}

/* Headers that may be written, @p len bytes of ICMP among them, and no more of it than that; NULL:
 * the packet is gone. */
static struct sk_buff *
query(struct worker *w, struct sk_buff *skb, uint16_t len, bool answered) DP_ONLY
{
	if (!answered) {
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return NULL;
	}
	if (!pskb_may_pull(skb, len)) {
		refuse(w, skb, DROP_ICMP_TRUNCATED);
		return NULL;
	}
	if (skb_cloned(skb)) {
		skb = own_headers(w, skb, len);
		if (skb == NULL)
			return NULL;
	}
	skb_trim(skb, len);
	((struct icmp4_hdr *)skb_data(skb))->code = 0;
	return skb;
}

/* The reply to a query: its type and whatever the caller wrote behind identifier and sequence. */
static void
answer(struct worker *w, struct sk_buff *skb, uint8_t type, struct skb_vec *out) DP_ONLY
{
	struct icmp4_hdr *icmph = (struct icmp4_hdr *)skb_data(skb);

	icmph->type = type;
	icmph->checksum = 0;
	icmph->checksum = (uint16_t)~skb_checksum(skb, 0, skb_len(skb));
	if (turn_round(w, skb, out))
		icmp_out_count(w, type);
}

/* RFC 8335 4: a request for the state of an interface here goes to the control thread. Of
 * interfaces of neighbours (no L bit) nothing is said, as in Linux. */
static void
extended_echo(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct icmp4_hdr *icmph = (const struct icmp4_hdr *)skb_data(skb);

	if (net_ipv4.icmp_echo_ignore_all || to_many(skb) ||
	    !(icmph->echo.sequence & rte_cpu_to_be_16(ICMP4_EXT_LOCAL))) {
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return;
	}
	if (skb_cloned(skb)) {
		skb = own_headers(w, skb, ICMP4_HDR_LEN);
		if (skb == NULL)
			return;
	}
	skb_push(skb, (uint16_t)ip_hdrlen(ip_hdr(skb)));
	ip4_to_control(w, skb, icmp_msg_probe, 0);
}

void
icmp_answer(struct worker *w, struct sk_buff *skb, uint8_t type)
{
	struct skb_vec out;

	skb_vec_init(&out);
	answer(w, skb, type, &out);
	if (out.n > 0)
		ip_local_out_vec(w, &out);
}

/* RFC 1122 3.2.2.8: a timestamp request to a group may be ignored. */
static bool
may_answer_group(const struct sk_buff *skb)
{
	return !net_ipv4.icmp_echo_ignore_broadcasts || !to_many(skb);
}

/* RFC 792, RFC 1122 3.2.2.8: identifier, sequence number and originate time come back, receive and
 * transmit time are ours. */
static void
timestamp(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	rte_be32_t times[2];

	skb = query(w, skb, ICMP4_TIMESTAMP_LEN,
		    net_ipv4.icmp_timestamp_reply && may_answer_group(skb));
	if (skb == NULL)
		return;
	times[0] = times[1] = ip4_current_timestamp();
	memcpy(skb_data(skb) + 12, times, sizeof(times));
	answer(w, skb, ICMP4_TIMESTAMP_REPLY, out);
}

/* RFC 792: the reply tells the asker its network by the addresses of the header. RFC 1812 4.3.3.7,
 * RFC 6918: not unless the administrator wants it. */
static void
information(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	skb = query(w, skb, ICMP4_HDR_LEN,
		    net_ipv4.icmp_information_reply && may_answer_group(skb));
	if (skb != NULL)
		answer(w, skb, ICMP4_INFO_REPLY, out);
}

/* RFC 1122 3.2.2.9, RFC 1812 4.3.3.9: the mask of the subnet that the asker is on, as we know it.
 */
static void
address_mask(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	const struct in_ifaddr *ifa =
		in_dev == NULL || !IN_DEV_ORCONF(in_dev, icmp_mask_reply)
			? NULL
			: inet_ifa_byprefix_rcu(in_dev, ip_hdr(skb)->src_addr);

	skb = query(w, skb, ICMP4_MASK_LEN, ifa != NULL && may_answer_group(skb));
	if (skb == NULL)
		return;
	memcpy(skb_data(skb) + ICMP4_HDR_LEN, &ifa->ifa_mask, 4);
	answer(w, skb, ICMP4_MASK_REPLY, out);
}

/* A reply or an error: a socket may wait for it. A router makes nothing else of them; redirects are
 * for hosts (RFC 1812 5.2.7.2). */
static void
to_sockets(struct worker *w, struct sk_buff *skb, const uint32_t *wanted, uint32_t kind) DP_ONLY
{
	if (__atomic_load_n(wanted, __ATOMIC_RELAXED))
		ip4_to_sock(w, skb, kind);
	else if (!ip4_offer(w, skb))
		consume_skb(w, skb);
}

/* RFC 792: an error quotes the IP header and 8 bytes. */
static bool
quotes_a_datagram(struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *inner;

	if (!pskb_may_pull(skb, ICMP4_HDR_LEN + IP4_HDR_MIN))
		return false;
	inner = (const struct rte_ipv4_hdr *)(skb_data(skb) + ICMP4_HDR_LEN);
	return (inner->version_ihl >> 4) == 4 && ip_hdrlen(inner) >= IP4_HDR_MIN &&
	       skb_len(skb) >= ICMP4_HDR_LEN + ip_hdrlen(inner);
}

/* RFC 1122 3.2.2: an error about a packet to a broadcast is itself one. */
static bool
is_bogus(const struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *inner =
		(const struct rte_ipv4_hdr *)(skb_data(skb) + ICMP4_HDR_LEN);

	return inner->dst_addr == rte_cpu_to_be_32(IP4_LIMITED_BROADCAST) ||
	       ip4_lookup(0, inner->dst_addr)->type == ADJ_BROADCAST;
}

/* The protocol whose datagram is quoted may act on the error. */
static void
tell_protocol(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct rte_ipv4_hdr *inner =
		(const struct rte_ipv4_hdr *)(skb_data(skb) + ICMP4_HDR_LEN);
	inet_error_fn fn = rcu_dereference(inet_errors[inner->next_proto_id]);

	if (unlikely(fn != NULL))
		fn(w, skb);
}

/* The control thread looks at a redirect when this device may be told of gateways. */
static bool
minds_redirects(const struct sk_buff *skb)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);

	return in_dev != NULL && IN_DEV_RX_REDIRECTS(in_dev);
}

static void
error(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	const struct icmp4_hdr *icmph;

	if (!quotes_a_datagram(skb)) {
		refuse(w, skb, DROP_ICMP_TRUNCATED);
		return;
	}
	icmph = (const struct icmp4_hdr *)skb_data(skb);
	if (!is_bogus(skb)) {
		if (icmph->type == ICMP4_UNREACH && icmph->code == ICMP4_FRAG_NEEDED)
			ip4_pmtu_rcv(w, skb);
		tell_protocol(w, skb);
		if (icmph->type == ICMP4_REDIRECT && minds_redirects(skb))
			ip4_to_sock(w, skb, IP4_TO_ERROR);
		else
			to_sockets(w, skb, &ip4_wanted.any, IP4_TO_ERROR);
	} else if (net_ipv4.icmp_ignore_bogus_error_responses ||
		   !ip4_log_drop(w, skb, DROP_ICMP_BOGUS_ERROR)) {
		kfree_skb_reason(w, skb, DROP_ICMP_BOGUS_ERROR);
	}
}

static void
dispatch(struct worker *w, struct sk_buff *skb, uint8_t type, struct skb_vec *out) DP_ONLY
{
	/* RFC 1122 3.2.2.6, 3.2.2.8, 3.2.2.9: to a group, only questions are looked at. */
	if (type != ICMP4_ECHO && type != ICMP4_EXT_ECHO && type != ICMP4_TIMESTAMP &&
	    type != ICMP4_INFO_REQUEST && type != ICMP4_MASK_REQUEST && to_many(skb)) {
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return;
	}
	switch (type) {
	case ICMP4_ECHO:
		echo(w, skb, out);
		return;
	case ICMP4_EXT_ECHO:
		extended_echo(w, skb);
		return;
	case ICMP4_TIMESTAMP:
		timestamp(w, skb, out);
		return;
	case ICMP4_INFO_REQUEST:
		information(w, skb, out);
		return;
	case ICMP4_MASK_REQUEST:
		address_mask(w, skb, out);
		return;
	case ICMP4_UNREACH:
	case ICMP4_SOURCE_QUENCH: /* RFC 6633 3: does nothing, but who sent the packet may look */
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAM_PROBLEM:
	case ICMP4_REDIRECT:
		error(w, skb);
		return;
	case ICMP4_ECHO_REPLY:
	case ICMP4_TIMESTAMP_REPLY:
		to_sockets(w, skb, &ip4_wanted.ping, IP4_TO_PING);
		return;
	default: /* information and mask replies, router discovery: not for a router to act on */
		kfree_skb_reason(w, skb, DROP_ICMP_IGNORED);
		return;
	}
}

static void
rcv_one(struct worker *w, struct sk_buff *skb, struct skb_vec *out) DP_ONLY
{
	const struct icmp4_hdr *icmph;

	ICMP_INC_STATS(w, InMsgs);
	if (!pskb_may_pull(skb, ICMP4_HDR_LEN)) {
		refuse(w, skb, DROP_ICMP_TRUNCATED);
		return;
	}
	if (skb_checksum(skb, 0, skb_len(skb)) != 0xffff) {
		ICMP_INC_STATS(w, InCsumErrors);
		refuse(w, skb, DROP_ICMP_BAD_CHECKSUM);
		return;
	}
	icmph = (const struct icmp4_hdr *)skb_data(skb);
	counter_inc(w, &icmpmsg_mib, ICMPMSG_IN + icmph->type);
	if (icmph->type == ICMP4_EXT_ECHO && net_ipv4.icmp_echo_enable_probe) {
		dispatch(w, skb, icmph->type, out);
		return;
	}
	/* RFC 1122 3.2.2: unknown types are discarded silently. */
	if (icmph->type > ICMP4_TYPE_KNOWN) {
		refuse(w, skb, DROP_ICMP_BAD_TYPE);
		return;
	}
	if (in_counter[icmph->type] < 0 && icmph->type != ICMP4_INFO_REQUEST &&
	    icmph->type != ICMP4_INFO_REPLY && icmph->type != 9 && icmph->type != 10) {
		refuse(w, skb, DROP_ICMP_BAD_TYPE);
		return;
	}
	if (in_counter[icmph->type] >= 0)
		counter_inc(w, &icmp_mib, (unsigned int)in_counter[icmph->type]);
	dispatch(w, skb, icmph->type, out);
}

void
icmp_rcv(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_ICMP, vec->n);
	struct skb_vec out;

	skb_vec_init(&out);
	for (uint16_t i = 0; i < vec->n; i++)
		rcv_one(w, vec->v[i], &out);
	if (out.n > 0)
		ip_local_out_vec(w, &out);
	stage_leave(w, from);
}
