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

struct sk_buff *
ip4_probe_alloc(const struct ip4_probe *p, uint32_t head, uint32_t len)
{
	struct worker *w = worker_ctl();
	struct ip_out o = header_of(p);
	uint8_t pattern[256];
	struct ip4_cork c;
	int rc;

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
	struct fib_result res;

	*rc = 0;
	if (p->src != 0)
		return p->src;
	if (p->dev != NULL) {
		rte_be32_t src = inet_select_addr(p->dev, p->dst, SCOPE_LINK);

		*rc = src != 0 ? 0 : -EADDRNOTAVAIL;
		return src;
	}
	*rc = fib_lookup_query(
		&(struct fib_query){ .dst = p->dst, .tos = p->tos, .proto = p->proto }, &res);
	if (*rc != 0)
		return 0;
	if (res.type == FIB_LOCAL && res.prefsrc == 0)
		return p->dst;
	if (res.prefsrc == 0)
		*rc = -EADDRNOTAVAIL;
	return res.prefsrc;
}

/* Leave by p->dev although no route says so: the destination is taken to be on its link. */
static int
send_by_device(const struct ip4_probe *p, struct sk_buff *skb, const struct ip_out *o) CTL_ONLY
{
	struct worker *w = worker_ctl();
	struct neighbour *n = neigh_create(p->dst, p->dev);

	role_borrow_dp();
	if (n == NULL || ip_push_header(w, skb, o) != 0) {
		kfree_skb_reason(w, skb, n == NULL ? DROP_NEIGH_TABLE_FULL : DROP_SKB_TOO_SHORT);
		return n == NULL ? -ENOBUFS : -EMSGSIZE;
	}
	ip_hdr(skb)->total_length = rte_cpu_to_be_16((uint16_t)skb_len(skb));
	ip_send_check(ip_hdr(skb));
	skb->protocol = rte_cpu_to_be_16(ETHERTYPE_IP4);
	skb->pkt_type = PACKET_OUTGOING;
	IP_INC_STATS(w, OutRequests);
	IPEXT_ADD_STATS(w, OutOctets, skb_len(skb));
	neigh_resolve_output(n, skb);
	return 0;
}

int
ip4_probe_send(const struct ip4_probe *p, struct sk_buff *skb)
{
	struct fib_query q = { .dst = p->dst, .src = p->src, .tos = p->tos, .proto = p->proto };
	struct ip_out o = header_of(p);
	struct fib_result res;
	int rc;

	role_borrow_dp();
	skb->dev = p->dev;
	rc = p->dev == NULL ? 0 : fib_lookup_query(&q, &res);
	if (p->dev != NULL && skb_len(skb) + IP4_HDR_MIN + p->optlen <= p->dev->mtu &&
	    (rc != 0 || (res.type == FIB_UNICAST && res.dev != p->dev)))
		return send_by_device(p, skb, &o);
	return ip_build_and_send_pkt(worker_ctl(), skb, &o);
}

/* RFC 1122 2.3.2.1 (4); Linux's MSG_CONFIRM, which ping sets. */
void
ip4_probe_confirm(const struct ip4_probe *p)
{
	struct fib_query q = {
		.dst = p->dst, .src = p->src, .tos = p->tos, .proto = p->proto, .oif = p->dev
	};
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
