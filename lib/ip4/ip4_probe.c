/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib/fib.h"
#include "ip4/ip4_append_dp.h"
#include "ip4/ip4_priv.h"
#include "ip4/ip4_probe.h"
#include "neigh/neigh.h"

/* What the IP header of a probe says. */
static struct ip_out
header_of(const struct ip4_probe *p)
{
	return (struct ip_out){ .saddr = p->src,
				.daddr = p->dst,
				.proto = p->proto,
				.ttl = p->ttl,
				.tos = p->tos,
				.df = p->df,
				.discover = true,
				.optlen = p->optlen,
				.opt = p->opt };
}

static struct fib_query
query_of(const struct ip4_probe *p)
{
	return (struct fib_query){
		.dst = p->dst, .src = p->src, .tos = p->tos, .proto = p->proto, .oif = p->dev
	};
}

/* @p skb: the transport header in front; NULL: there is none yet. */
static int
bind_to_device(const struct ip4_probe *p, const struct sk_buff *skb, struct ip_out *o) CTL_ONLY
{
	struct fib_query q = query_of(p);
	struct fib_key k = { 0 };

	if (skb != NULL)
		ip4_key_out(skb, o, &k);
	q.sport = k.sport;
	q.dport = k.dport;
	return ip4_bound_way(o, &q);
}

struct sk_buff *
ip4_probe_alloc(const struct ip4_probe *p, uint32_t head, uint32_t len)
{
	struct worker *w = worker_ctl();
	struct ip_out o = header_of(p);
	uint8_t pattern[256];
	struct ip4_cork c;
	int rc;

	if (p->dev != NULL)
		bind_to_device(p, NULL, &o); /* where it leads nowhere, sending says so */
	for (unsigned int i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)i;
	role_borrow_dp();
	rc = ip_append_start(w, &c, &o, head);
	for (uint32_t at = 0; rc == 0 && at < len; at += sizeof(pattern))
		rc = ip_append_data(w, &c, pattern, RTE_MIN(len - at, (uint32_t)sizeof(pattern)));
	if (rc != 0)
		ip_flush_pending_frames(w, &c);
	return c.skb;
}

rte_be32_t
ip4_probe_source(const struct ip4_probe *p, int *rc)
{
	struct fib_query q = query_of(p);
	struct fib_result res;

	*rc = 0;
	if (p->src != 0)
		return p->src;
	*rc = fib_lookup_query(&q, &res);
	if (*rc != 0)
		return 0;
	if (res.type == FIB_LOCAL && res.prefsrc == 0)
		return p->dst;
	if (res.prefsrc == 0)
		*rc = -EADDRNOTAVAIL;
	return res.prefsrc;
}

int
ip4_probe_send(const struct ip4_probe *p, struct sk_buff *skb)
{
	struct worker *w = worker_ctl();
	struct ip_out o = header_of(p);
	int rc = 0;

	role_borrow_dp();
	skb->dev = p->dev;
	if (p->dev != NULL)
		rc = bind_to_device(p, skb, &o);
	if (rc == 0)
		return ip_build_and_send_pkt(w, skb, &o);
	IP_INC_STATS(w, OutNoRoutes);
	kfree_skb_reason(w, skb, DROP_IP4_NO_ROUTE);
	return rc;
}

/* RFC 1122 2.3.2.1 (4); Linux's MSG_CONFIRM, which ping sets. */
void
ip4_probe_confirm(const struct ip4_probe *p)
{
	struct fib_query q = query_of(p);
	struct fib_result res;
	struct neighbour *n;

	if (fib_lookup_query(&q, &res) != 0 || res.type != FIB_UNICAST)
		return;
	n = neigh_lookup(res.gateway != 0 ? res.gateway : p->dst, res.dev);
	if (n != NULL)
		neigh_confirm(n);
}

/* What an error quotes: IP header and 8 bytes, at @p off. */
static bool
read_quote(const struct sk_buff *skb, uint32_t off, struct ip4_answer *a)
{
	struct rte_ipv4_hdr inner;
	uint8_t l4[8];

	if (skb_copy_bits(skb, off, &inner, sizeof(inner)) != 0 ||
	    skb_copy_bits(skb, off + ip_hdrlen(&inner), l4, sizeof(l4)) != 0)
		return false;
	a->is_error = true;
	a->proto = inner.next_proto_id;
	a->src = inner.src_addr;
	a->dst = inner.dst_addr;
	memcpy(&a->sport, l4, 2);
	memcpy(&a->dport, l4 + 2, 2);
	memcpy(&a->id, l4 + 4, 2);
	memcpy(&a->seq, l4 + 6, 2);
	/* Of ICMP, only an echo request of ours is of interest. */
	return a->proto != IPPROTO_ICMP || l4[0] == ICMP4_ECHO;
}

bool
ip4_answer_read(const struct sk_buff *skb, struct ip4_answer *a)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct icmp4_hdr icmph;
	uint32_t hlen = ip_hdrlen(iph);

	memset(a, 0, sizeof(*a));
	if (iph->next_proto_id != IPPROTO_ICMP ||
	    skb_copy_bits(skb, hlen, &icmph, sizeof(icmph)) != 0)
		return false;
	a->from = iph->src_addr;
	a->ttl = iph->time_to_live;
	a->type = icmph.type;
	a->code = icmph.code;
	a->optlen = (uint8_t)(hlen - IP4_HDR_MIN);
	memcpy(a->opt, iph + 1, a->optlen);
	if (icmph.type == ICMP4_ECHO_REPLY) {
		a->bytes = skb_len(skb) - hlen;
		a->id = icmph.echo.id;
		a->seq = icmph.echo.sequence;
		return true;
	}
	if (!icmp4_type_is_error(icmph.type))
		return false;
	if (icmph.type == ICMP4_UNREACH && icmph.code == ICMP4_FRAG_NEEDED)
		a->mtu = rte_be_to_cpu_16(icmph.frag.mtu);
	else if (icmph.type == ICMP4_PARAM_PROBLEM)
		a->pointer = (uint8_t)(rte_be_to_cpu_32(icmph.word) >> 24);
	return read_quote(skb, hlen + ICMP4_HDR_LEN, a);
}

const char *
ip4_probe_error(uint8_t type, uint8_t code)
{
	static const char *const unreach[] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		"Frag needed and DF set",
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};

	switch (type) {
	case ICMP4_UNREACH:
		return code < RTE_DIM(unreach) ? unreach[code]
					       : "Destination Unreachable, bad code";
	case ICMP4_TIME_EXCEEDED:
		return code == ICMP4_EXC_TTL ? "Time to live exceeded"
					     : "Frag reassembly time exceeded";
	case ICMP4_PARAM_PROBLEM:
		return "Parameter problem";
	case ICMP4_SOURCE_QUENCH:
		return "Source Quench";
	case ICMP4_REDIRECT:
		return "Redirect";
	default:
		return "Bad ICMP type";
	}
}
