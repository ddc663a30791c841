/* SPDX-License-Identifier: BSD-3-Clause */
/* Redirects that came in (RFC 792, RFC 1122 3.2.2.2): believed or not. */
#include "fib/fib.h"
#include "ip4/ip4_exc.h"
#include "ip4/ip4_priv.h"
#include "netdev/inetdev.h"

/* What a redirect says. */
struct redirect {
	const struct net_device *dev; /* it came by */
	rte_be32_t from, to;	      /* the gateway that was used, and the better one */
	struct rte_ipv4_hdr quoted;
	uint8_t code;
};

static bool
read_redirect(const struct sk_buff *skb, struct redirect *r)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	uint32_t hlen = ip_hdrlen(iph);
	struct icmp4_hdr icmph;

	if (skb_copy_bits(skb, hlen, &icmph, ICMP4_HDR_LEN) != 0 || icmph.type != ICMP4_REDIRECT ||
	    skb_copy_bits(skb, hlen + ICMP4_HDR_LEN, &r->quoted, sizeof(r->quoted)) != 0)
		return false;
	r->dev = skb->dev;
	r->from = iph->src_addr;
	r->to = icmph.gateway;
	r->code = icmph.code;
	return true;
}

/* May the gateway be followed? RFC 1122 3.2.2.2: it is on the link that the redirect came by. */
static bool
gateway_allowed(const struct in_device *in_dev, const struct redirect *r) CTL_ONLY
{
	uint32_t to = rte_be_to_cpu_32(r->to);
	const struct adj *a;

	/* Nets and services count as the host, as RFC 1122 3.2.2.2 has it. */
	if (r->code > ICMP4_REDIRECT_TOSHOST || r->to == r->from || !ip4_is_host_class(to) ||
	    !IN_DEV_RX_REDIRECTS(in_dev))
		return false;
	if (IN_DEV_ORCONF(in_dev, shared_media)) { /* RFC 1620 3.1: any host of the link */
		a = ip4_lookup(0, r->to);
		return a->type != ADJ_LOCAL && a->type != ADJ_BROADCAST;
	}
	return inet_addr_onlink(in_dev, r->to, r->from) &&
	       (!IN_DEV_ORCONF(in_dev, secure_redirects) || fib_is_gateway(r->to, r->dev));
}

/* Is it the first hop of the datagram's way who speaks? RFC 1122 3.2.2.2. */
static bool
from_first_hop(const struct redirect *r, const struct adj *way) CTL_ONLY
{
	rte_be32_t dst = r->quoted.dst_addr;
	const struct adj *now;

	if (!ip4_adj_is_unicast(way) || ip4_adj_nexthop(way, dst) == dst)
		return false;
	now = ip4_exc_redirect(dst, way);
	return now->dev == r->dev && ip4_adj_nexthop(now, dst) == r->from;
}

static bool
follow(const struct redirect *r, const struct adj *way) CTL_ONLY
{
	struct neighbour *n = neigh_create(r->to, way->dev);

	if (n == NULL)
		return false;
	if (!(n->nud.state & NUD_VALID)) { /* as Linux: first it has to answer */
		neigh_use(n);
		return false;
	}
	return ip4_exc_update(&(struct ip4_exc_news){ .dst = r->quoted.dst_addr,
						      .way = way,
						      .gw = n,
						      .expires_s = (uint32_t)net_ipv4.gc_timeout },
			      adj_now_s) == 0;
}

void
ip4_redirect_rcv(const struct sk_buff *skb)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	const struct adj *way;
	struct redirect r;

	role_borrow_dp();
	if (in_dev == NULL || !read_redirect(skb, &r))
		return;
	way = ip4_lookup_tos(r.quoted.src_addr, r.quoted.dst_addr, r.quoted.type_of_service);
	if (ip4_quote_is_ours(ip_hdr(skb), &r.quoted) && from_first_hop(&r, way) &&
	    gateway_allowed(in_dev, &r) && follow(&r, way))
		ROUTE_INC_STATS(worker_ctl(), redirect_learned);
	else
		ROUTE_INC_STATS(worker_ctl(), redirect_refused);
}
