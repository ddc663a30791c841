/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/timer.h"
#include "ip4/ip4_priv.h"

/* A token bucket in milliseconds, as Linux's inet_peer_xrlim_allow(). */
#define HOST_BURST   6	 /* errors at once: XRLIM_BURST_FACTOR */
#define HOST_BUCKETS 256 /* destinations remembered per worker; a newcomer replaces */

struct host_bucket {
	rte_be32_t addr;
	uint64_t tokens_ms;
	uint64_t last_ms;
};
struct redirect_bucket {
	rte_be32_t addr;
	uint32_t sent;
	uint64_t last_ms;
};

/* Written by its worker only. */
struct icmp_limits {
	struct host_bucket host[HOST_BUCKETS];
	struct host_bucket unrouted[HOST_BUCKETS];
	struct redirect_bucket redirect[HOST_BUCKETS];
} __rte_cache_aligned;
static struct icmp_limits limits[WORKER_MAX];

/* One bucket for all workers, as the time at which it was empty: it has earned messages since. A
 * line of its own, touched only when an error is about to be sent. */
static int64_t global_empty_ns __rte_cache_aligned = INT64_MIN;

void
icmp_limits_reset(void)
{
	memset(limits, 0, sizeof(limits));
	__atomic_store_n(&global_empty_ns, INT64_MIN, __ATOMIC_RELAXED);
}

void
icmp_out_count(struct worker *w, uint8_t type)
{
	static const uint8_t counter[ICMP4_TYPE_KNOWN + 1] = {
		[ICMP4_ECHO_REPLY] = ICMPMIB_OutEchoReps,
		[ICMP4_UNREACH] = ICMPMIB_OutDestUnreachs,
		[ICMP4_SOURCE_QUENCH] = ICMPMIB_OutSrcQuenchs,
		[ICMP4_REDIRECT] = ICMPMIB_OutRedirects,
		[ICMP4_ECHO] = ICMPMIB_OutEchos,
		[ICMP4_TIME_EXCEEDED] = ICMPMIB_OutTimeExcds,
		[ICMP4_PARAM_PROBLEM] = ICMPMIB_OutParmProbs,
		[ICMP4_TIMESTAMP] = ICMPMIB_OutTimestamps,
		[ICMP4_TIMESTAMP_REPLY] = ICMPMIB_OutTimestampReps,
		[ICMP4_MASK_REQUEST] = ICMPMIB_OutAddrMasks,
		[ICMP4_MASK_REPLY] = ICMPMIB_OutAddrMaskReps,
	};

	ICMP_INC_STATS(w, OutMsgs);
	counter_inc(w, &icmpmsg_mib, ICMPMSG_OUT + type);
	if (type <= ICMP4_TYPE_KNOWN && counter[type] != 0)
		counter_inc(w, &icmp_mib, counter[type]);
}

/* RFC 1812 4.3.2.8, all destinations together: icmp_msgs_per_sec, icmp_msgs_burst. Nothing is lost
 * between two looks: what is not enough for a message yet stays in the bucket. A message costs one
 * on average, but none, one or two by chance, as in Linux: who counts our answers does not learn
 * what others were sent (the side channel that guesses UDP ports). */
static bool
global_allow(struct worker *w) DP_ONLY
{
	int64_t rate = net_ipv4.icmp_msgs_per_sec, now = (int64_t)clock_ms() * 1000000;
	int64_t cost, at, next;

	if (rate == 0)
		return false;
	cost = 1000000000 / rate;
	at = __atomic_load_n(&global_empty_ns, __ATOMIC_RELAXED);
	do {
		next = RTE_MAX(at, now - net_ipv4.icmp_msgs_burst * cost);
		if (next + cost > now)
			return false;
		next = RTE_MIN(next + worker_rand(w) % 3 * cost, now);
	} while (!__atomic_compare_exchange_n(&global_empty_ns, &at, next, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

/* A message to @p addr takes @p cost ms of what its bucket in @p tab holds, @p most of them. */
static bool
host_allow(struct host_bucket *tab, rte_be32_t addr, uint32_t cost, uint64_t most)
{
	struct host_bucket *b = &tab[ip4_addr_hash(addr) % HOST_BUCKETS];
	uint64_t now = clock_ms();

	if (cost == 0)
		return true;
	if (b->addr != addr)
		*b = (struct host_bucket){ .addr = addr, .tokens_ms = most, .last_ms = now };
	b->tokens_ms = RTE_MIN(b->tokens_ms + (now - b->last_ms), most);
	b->last_ms = now;
	if (b->tokens_ms < cost)
		return false;
	b->tokens_ms -= cost;
	return true;
}

bool
icmp_unrouted_allow(struct worker *w, rte_be32_t src)
{
	uint32_t cost = (uint32_t)net_ipv4.error_cost;

	/* A burst that is less than one message would be none for ever. */
	if (explaining(w) || host_allow(limits[w->id].unrouted, src, cost,
					RTE_MAX((uint64_t)net_ipv4.error_burst, cost)))
		return true;
	ICMP_INC_STATS(w, OutRateLimitHost);
	return false;
}

/* May an error of this type go to @p to now? */
static bool
rate_allow(struct worker *w, uint8_t type, uint8_t code, rte_be32_t to,
	   const struct adj *back) DP_ONLY
{
	uint32_t rate = (uint32_t)net_ipv4.icmp_ratelimit;

	if (!(net_ipv4.icmp_ratemask & (1 << type)) || back->type == ADJ_LOCAL || explaining(w))
		return true;
	/* Path MTU discovery must not wait (RFC 1191). */
	if (type == ICMP4_UNREACH && code == ICMP4_FRAG_NEEDED)
		return true;
	if (!global_allow(w)) {
		ICMP_INC_STATS(w, OutRateLimitGlobal);
		return false;
	}
	if (!host_allow(limits[w->id].host, to, rate, (uint64_t)rate * HOST_BURST)) {
		ICMP_INC_STATS(w, OutRateLimitHost);
		return false;
	}
	return true;
}

/* Is the packet an ICMP error itself, or may it be one? */
static bool
about_an_error(const struct sk_buff *skb, const struct rte_ipv4_hdr *iph)
{
	uint32_t before = (uint32_t)(skb_mbuf(skb)->data_off - skb->network_header);
	uint8_t type;

	if (iph->next_proto_id != IPPROTO_ICMP)
		return false;
	/* The type may lie in front of the data pointer (pulled) or behind it, in any segment. */
	if (ip_hdrlen(iph) < before)
		type = ((const uint8_t *)iph)[ip_hdrlen(iph)];
	else if (skb_copy_bits(skb, ip_hdrlen(iph) - before, &type, 1) != 0)
		return true; /* no type to read: say nothing */
	return type > ICMP4_TYPE_KNOWN || icmp4_type_is_error(type);
}

/* RFC 1122 3.2.2, RFC 1812 4.3.2.7: no error about ... @p back is the route to the source. */
static bool
may_answer(const struct sk_buff *skb, const struct rte_ipv4_hdr *iph, const struct adj *back,
	   const struct adj *to)
{
	uint32_t src = rte_be_to_cpu_32(iph->src_addr), dst = rte_be_to_cpu_32(iph->dst_addr);

	/* a link-layer broadcast or multicast, */
	if (skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_OUTGOING)
		return false;
	/* a datagram to an IP broadcast or multicast address, */
	if (ip4_is_multicast(dst) || dst == IP4_LIMITED_BROADCAST || to->type == ADJ_BROADCAST ||
	    to->type == ADJ_MULTICAST)
		return false;
	/* a fragment but the first, */
	if (iph->fragment_offset & rte_cpu_to_be_16(IP4_OFFMASK))
		return false;
	/* a source that names no single host (zero, loopback from a wire, group, class E), or that
	 * no packet would reach, */
	if (back->type == ADJ_LOCAL) {
		if (!ip4_is_loopback(src) && !ip4_is_host_class(src))
			return false;
	} else if (!ip4_is_host_class(src) || !ip4_adj_is_unicast(back)) {
		return false;
	}
	/* an ICMP error. */
	return !about_an_error(skb, iph);
}

/* The source that is known before the way is: the address that the packet was sent to when it was
 * for us, or one of the interface it came by, if so wished; else 0. */
static rte_be32_t
early_source(const struct sk_buff *skb, const struct adj *to)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	const struct net_device *in;

	if (to->type == ADJ_LOCAL)
		return iph->dst_addr;
	if (!net_ipv4.icmp_errors_use_inbound_ifaddr || skb->iif == 0)
		return 0;
	in = dev_get_by_index_rcu(skb->iif);
	return in != NULL ? inet_select_addr(in, iph->src_addr, SCOPE_LINK) : 0;
}

/* RFC 1812 4.3.2.4: else the address of the interface that the error leaves by, @p back to @p
 * first. */
static rte_be32_t
error_source(const struct sk_buff *skb, const struct adj *back, rte_be32_t first, uint32_t mark)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct fib_key k = { .dst = rte_be_to_cpu_32(iph->src_addr),
			     .mark = mark,
			     .iif = FIB_IIF_LOCAL,
			     .proto = IPPROTO_ICMP,
			     .tos = iph->type_of_service };
	rte_be32_t next, src;

	if (back->type == ADJ_LOCAL)
		return iph->src_addr;
	next = ip4_adj_nexthop(back, first);
	/* What the route prefers comes first, as Linux has it. */
	src = fib_prefsrc_dp(&k);
	return src != 0 ? src : inet_select_addr(back->dev, next, SCOPE_UNIVERSE);
}

/* The error's ICMP part: header and as much of the packet as 576 bytes hold (RFC 1812 4.3.2.3),
 * @p room of them taken by the IP header. */
static struct sk_buff *
build_error(struct worker *w, const struct sk_buff *skb, const struct icmp4_hdr *head,
	    uint32_t room) DP_ONLY
{
	uint16_t before = (uint16_t)(skb_mbuf(skb)->data_off - skb->network_header);
	uint32_t quote =
		RTE_MIN(ip4_skb_total(skb), ICMP4_ERROR_MAX - room - (uint32_t)ICMP4_HDR_LEN);
	struct sk_buff *e = alloc_skb(w, SKB_HEADROOM);
	struct icmp4_hdr *icmph;
	uint8_t *body;

	if (e == NULL)
		return NULL;
	icmph = skb_put(e, (uint16_t)(ICMP4_HDR_LEN + quote));
	if (icmph == NULL) {
		kfree_skb_reason(w, e, DROP_SKB_NO_MBUF);
		return NULL;
	}
	*icmph = *head;
	body = (uint8_t *)(icmph + 1);
	before = (uint16_t)RTE_MIN(before, quote);
	memcpy(body, ip_hdr(skb), before);
	if (quote > before)
		skb_copy_bits(skb, 0, body + before, quote - before);
	icmph->checksum = (uint16_t)~skb_checksum(e, 0, ICMP4_HDR_LEN + quote);
	return e;
}

static struct icmp4_hdr
error_header(uint8_t type, uint8_t code, uint32_t info)
{
	struct icmp4_hdr h = { .type = type, .code = code };

	if (type == ICMP4_UNREACH && code == ICMP4_FRAG_NEEDED)
		h.frag.mtu = rte_cpu_to_be_16((uint16_t)RTE_MIN(info, IP4_LEN_MAX));
	else if (type == ICMP4_PARAM_PROBLEM)
		h.word = rte_cpu_to_be_32(info << 24);
	else if (type == ICMP4_REDIRECT)
		h.gateway = info;
	return h;
}

/* The options of an error are those of a reply to the packet (RFC 1812 4.3.2.6; records too, as in
 * Linux), but none when options are what it complains about, nor when no way leads to the first
 * stop.
 * @p hdr: room for a whole header. @return the way of the error: @p back, or that to the first
 * stop. */
static const struct adj *
echo_options(const struct rte_ipv4_hdr *iph, const struct adj *back, uint8_t type, uint8_t *hdr,
	     struct ip_out *o)
{
	struct rte_ipv4_hdr *copy = (struct rte_ipv4_hdr *)hdr;
	const struct adj *way = back;
	struct ip_options opt;
	uint8_t pointer;
	rte_be32_t first;

	memcpy(hdr, iph, ip_hdrlen(iph));
	if (type == ICMP4_PARAM_PROBLEM || ip_options_parse(copy, &opt, &pointer) != DROP_MAX)
		return back;
	first = ip_options_echo(copy, &opt);
	if (first != iph->src_addr)
		way = ip4_lookup_tos(iph->dst_addr, first, iph->type_of_service);
	if ((opt.srr == 0 && opt.rr == 0 && opt.ts == 0) ||
	    (way != back && !ip4_adj_is_unicast(way)))
		return back;
	o->daddr = first;
	o->opt = hdr + IP4_HDR_MIN;
	o->optlen = opt.optlen;
	return way;
}

/* Where the packet would go, and where its answer does. Not skb->dst: a packet that waited has none
 * that is still good. As in Linux rules see the answer's source when that is known already: *@p
 * src. */
static void
ways(const struct sk_buff *skb, uint32_t mark, const struct adj **to, const struct adj **back,
     rte_be32_t *src)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct fib_key k;

	if (likely(rcu_dereference(fib_rules) == NULL)) {
		*to = ip4_lookup_tos(iph->src_addr, iph->dst_addr, iph->type_of_service);
		*back = ip4_lookup_tos(iph->dst_addr, iph->src_addr, iph->type_of_service);
		*src = early_source(skb, *to);
		return;
	}
	ip4_key_of(skb, skb->iif != 0 ? skb->iif : FIB_IIF_LOCAL, &k);
	*to = ip4_route_output(&k);
	*src = early_source(skb, *to);
	k = (struct fib_key){ .dst = k.src,
			      .src = rte_be_to_cpu_32(*src),
			      .mark = mark,
			      .iif = FIB_IIF_LOCAL,
			      .proto = IPPROTO_ICMP,
			      .tos = iph->type_of_service };
	*back = ip4_route_output(&k);
}

bool
icmp_error(struct worker *w, struct sk_buff *skb, uint8_t type, uint8_t code, uint32_t info)
{
	enum stage from = stage_enter(w, STAGE_ICMP, 1);
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct icmp4_hdr head = error_header(type, code, info);
	const struct adj *to, *back;
	uint32_t mark = net_ipv4.fwmark_reflect ? skb->mark : 0;
	struct ip_out o = { .daddr = iph->src_addr, .proto = IPPROTO_ICMP };
	uint8_t hdr[IP4_HDR_MAX] __rte_aligned(4);
	struct sk_buff *e = NULL;
	int rc = -1;

	ways(skb, mark, &to, &back, &o.saddr);
	EXPLAIN(w, "ICMP error type %u code %u to " EXPLAIN_IP4 "%s", type, code,
		EXPLAIN_IP4_OF(o.daddr),
		may_answer(skb, iph, back, to) ? "" : ": not about such a packet");
	if (may_answer(skb, iph, back, to) && rate_allow(w, type, code, o.daddr, back)) {
		if (unlikely(ip_hdrlen(iph) > IP4_HDR_MIN))
			back = echo_options(iph, back, type, hdr, &o);
		if (o.saddr == 0)
			o.saddr = error_source(skb, back, o.daddr, mark);
		e = build_error(w, skb, &head, IP4_HDR_MIN + o.optlen);
		if (e == NULL)
			ICMP_INC_STATS(w, OutErrors);
	}
	if (e != NULL) {
		e->mark = mark;
		o.way = back;
		/* RFC 1812 4.3.2.5: precedence 6, internetwork control. */
		o.tos = (uint8_t)((iph->type_of_service & 0x1e) | 0xc0);
		rc = ip_build_and_send_pkt(w, e, &o);
		if (rc == 0)
			icmp_out_count(w, type);
		else
			ICMP_INC_STATS(w, OutErrors);
	}
	stage_leave(w, from);
	return rc == 0;
}

void
icmp_send(struct worker *w, struct sk_buff *skb, uint8_t type, uint8_t code, uint32_t info,
	  enum drop_reason why)
{
	icmp_error(w, skb, type, code, info);
	kfree_skb_reason(w, skb, why);
}

void
ip_rt_send_redirect(struct worker *w, struct sk_buff *skb, rte_be32_t gw)
{
	rte_be32_t src = ip_hdr(skb)->src_addr;
	uint64_t now = clock_ms();
	struct redirect_bucket *b;

	if (explaining(w)) {
		icmp_error(w, skb, ICMP4_REDIRECT, ICMP4_REDIRECT_HOST, gw);
		return;
	}
	/* Linux's ip_rt_send_redirect(): a host is told less and less often, then not at all until
	 * it has been quiet. */
	b = &limits[w->id].redirect[ip4_addr_hash(src) % HOST_BUCKETS];
	if (b->addr != src || now - b->last_ms > (uint64_t)net_ipv4.redirect_silence)
		*b = (struct redirect_bucket){ .addr = src };
	if (b->sent >= (uint32_t)net_ipv4.redirect_number) {
		b->last_ms = now;
		return;
	}
	if (b->sent != 0 &&
	    now - b->last_ms <= ((uint64_t)net_ipv4.redirect_load << RTE_MIN(b->sent, 31u)))
		return;
	if (icmp_error(w, skb, ICMP4_REDIRECT, ICMP4_REDIRECT_HOST, gw)) {
		b->sent++;
		b->last_ms = now;
	}
}
