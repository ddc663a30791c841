/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_priv.h"
#include "ip4/ip4_realm_dp.h"
#include "sched/sched_dp.h"

/* Too large for the link: cut, or refuse. */
static void
output_large(struct worker *w, struct sk_buff *skb, uint32_t mtu, struct skb_vec *send) DP_ONLY
{
	if (ip_hdr(skb)->fragment_offset & rte_cpu_to_be_16(IP4_DF)) {
		IP_INC_STATS(w, FragFails);
		icmp_send(w, skb, ICMP4_UNREACH, ICMP4_FRAG_NEEDED, mtu, DROP_IP4_FRAG_NEEDED);
		return;
	}
	ip_fragment(w, skb, mtu, neigh_output, send);
}

void
ip_output(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_IP4_OUTPUT, vec->n);
	struct skb_vec send;

	skb_vec_init(&send);
	for (uint16_t i = 0; i < vec->n; i++) {
		vec->v[i]->dev = vec->v[i]->dst->dev;
		vec->v[i]->protocol = rte_cpu_to_be_16(ETHERTYPE_IP4);
	}
	ip4_hook(w, IP4_HOOK_POSTROUTING, vec);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];
		uint32_t mtu =
			ip4_mtu_to(ip_hdr(skb)->dst_addr, skb->dst, skb->flags & SKB_F_FORWARDED);

		if (unlikely(skb_len(skb) > mtu)) {
			EXPLAIN(w, "longer than %u bytes", mtu);
			output_large(w, skb, mtu, &send);
			continue;
		}
		if (unlikely(send.n == SKB_BURST)) {
			neigh_output(w, &send);
			send.n = 0;
		}
		skb_vec_push(&send, skb);
	}
	if (send.n > 0)
		neigh_output(w, &send);
	stage_leave(w, from);
}

/* Where on the link a packet without a neighbour goes: a group's address (RFC 1112 6.4), all, or
 * back to ourselves. */
static struct rte_ether_addr
link_address(const struct sk_buff *skb)
{
	struct rte_ether_addr to = { .addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	rte_be32_t dst = ip_hdr(skb)->dst_addr;

	if (skb->dev->flags & IFF_LOOPBACK)
		netdev_addr(skb->dev, &to);
	else if (ip4_is_multicast(rte_be_to_cpu_32(dst)))
		neigh_mc_map(dst, &to);
	return to;
}

static void
xmit_on_link(struct worker *w, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++) {
		struct rte_ether_addr to = link_address(vec->v[i]);

		dev_hard_xmit(w, vec->v[i], &to);
	}
	vec->n = 0;
}

void
ip_output_link(struct worker *w, struct sk_buff *skb, struct net_device *dev)
{
	struct skb_vec send;

	skb_vec_init(&send);
	skb->dev = dev;
	skb->protocol = rte_cpu_to_be_16(ETHERTYPE_IP4);
	skb = ip4_hook_one(w, IP4_HOOK_POSTROUTING, skb);
	if (skb == NULL)
		return;
	if (likely(skb_len(skb) <= dev->mtu)) {
		skb_vec_push(&send, skb);
	} else if (ip_hdr(skb)->fragment_offset & rte_cpu_to_be_16(IP4_DF)) {
		IP_INC_STATS(w, FragFails);
		kfree_skb_reason(w, skb, DROP_IP4_FRAG_NEEDED);
	} else {
		ip_fragment(w, skb, dev->mtu, xmit_on_link, &send);
	}
	xmit_on_link(w, &send);
}

/* To ourselves: by the loopback device, which gives it back to this thread's receive path. */
static void
loop_back(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	struct net_device *lo = rcu_dereference(ip4_loopback);

	if (lo == NULL) {
		IP_INC_STATS(w, OutNoRoutes);
		kfree_skb_reason(w, skb, DROP_NETDEV_GONE);
		return;
	}
	ip_output_link(w, skb, lo);
}

/* The device with our address @p saddr, or else the one whose subnet has broadcast @p daddr. Looks
 * at all of them: for packets that a person sends. */
static struct net_device *
device_of(rte_be32_t saddr, rte_be32_t daddr)
{
	struct net_device *by_broadcast = NULL;

	for (uint32_t i = 1; i < NETDEV_MAX; i++) {
		struct net_device *dev = dev_get_by_index_rcu(i);
		const struct in_device *in_dev = dev != NULL ? in_dev_get_rcu(dev) : NULL;
		const struct in_ifaddr *ifa =
			in_dev != NULL ? rcu_dereference(in_dev->ifa_list) : NULL;

		for (; ifa != NULL; ifa = rcu_dereference(ifa->ifa_next)) {
			if (saddr != 0 && ifa->ifa_local == saddr)
				return dev;
			if (ifa->ifa_broadcast != 0 && ifa->ifa_broadcast == daddr)
				by_broadcast = dev;
		}
	}
	return by_broadcast;
}

/* Sent to a link's broadcast or to a group: by the device that is named, or that the source address
 * belongs to, or that the broadcast is of; a group by its route, too. As Linux. */
static struct net_device *
group_device(const struct sk_buff *skb, rte_be32_t saddr, rte_be32_t daddr)
{
	uint32_t dst = rte_be_to_cpu_32(daddr);
	const struct adj *a;
	struct net_device *dev;

	if (skb->dev != NULL && !(skb->dev->flags & IFF_LOOPBACK))
		return skb->dev;
	dev = device_of(saddr, daddr);
	if (dev == NULL && ip4_is_multicast(dst)) {
		/* The compiled table calls all groups alike: ask what was configured. */
		a = adj_get(fib_lookup_rest_dp(ADJ_IDX_TOS, dst, 0));
		dev = ip4_adj_is_unicast(a) ? a->dev : NULL;
	}
	return dev != NULL && !(dev->flags & IFF_LOOPBACK) ? dev : NULL;
}

static void
send_group(struct worker *w, struct sk_buff *skb, uint32_t dst) DP_ONLY
{
	struct net_device *dev = group_device(skb, ip_hdr(skb)->src_addr, ip_hdr(skb)->dst_addr);

	if (dev == NULL) {
		IP_INC_STATS(w, OutNoRoutes);
		kfree_skb_reason(w, skb, DROP_IP4_NO_ROUTE);
		return;
	}
	if (ip4_is_multicast(dst)) {
		IPEXT_INC_STATS(w, OutMcastPkts);
		IPEXT_ADD_STATS(w, OutMcastOctets, skb_len(skb));
	} else {
		ip4_count_broadcast(w, skb);
	}
	ip_output_link(w, skb, dev);
}

/* What the program that sent it hears. */
static uint8_t
no_way_code(const struct adj *a)
{
	return a->type == ADJ_UNREACHABLE ? ICMP4_HOST_UNREACH
	       : a->type == ADJ_PROHIBIT  ? ICMP4_PKT_FILTERED
					  : ICMP4_NET_UNREACH;
}

/* The packet has no way out. Of what the router itself makes, nobody would be told. */
static void
no_way(struct worker *w, struct sk_buff *skb, const struct adj *a, bool told) DP_ONLY
{
	static const uint8_t reason[ADJ_TYPE_MAX] = {
		[ADJ_BLACKHOLE] = DROP_IP4_BLACKHOLE,
		[ADJ_UNREACHABLE] = DROP_IP4_UNREACHABLE,
		[ADJ_PROHIBIT] = DROP_IP4_PROHIBIT,
		[ADJ_MARTIAN] = DROP_IP4_MARTIAN_DESTINATION,
	};

	enum drop_reason why = reason[a->type] ? reason[a->type] : DROP_IP4_NO_ROUTE;

	IP_INC_STATS(w, OutNoRoutes);
	if (told && a->type != ADJ_BLACKHOLE && a->type != ADJ_MARTIAN)
		icmp_send(w, skb, ICMP4_UNREACH, no_way_code(a), 0, why);
	else
		kfree_skb_reason(w, skb, why);
}
_Static_assert(DROP_MAX < 256, "reasons fit a byte");

static const struct adj *
route_of(const struct sk_buff *skb, const struct rte_ipv4_hdr *iph)
{
	struct fib_key k;

	if (likely(ip4_by_address()))
		return ip4_lookup_tos(iph->src_addr, iph->dst_addr, iph->type_of_service);
	ip4_key_of(skb, FIB_IIF_LOCAL, &k);
	return ip4_route_output(&k);
}

/* Complete the header and find the way out, unless @p o has it. */
static void
local_out_prepare(struct worker *w, struct sk_buff *skb, const struct ip_out *o) DP_ONLY
{
	struct rte_ipv4_hdr *iph = (struct rte_ipv4_hdr *)skb_data(skb);

	skb_reset_network_header(skb);
	skb->transport_header = (uint16_t)(skb->network_header + ip_hdrlen(iph));
	iph->total_length = rte_cpu_to_be_16((uint16_t)skb_len(skb));
	skb->priority = rt_tos2priority(iph->type_of_service);
	ip_send_check(iph);
	memset(ip_opt(skb), 0, sizeof(struct ip_options));
	skb->pkt_type = PACKET_OUTGOING;
	skb->iif = 0;
	skb->flags = 0;
	skb->dst = ip4_exc_redirect(iph->dst_addr,
				    o != NULL && o->way != NULL ? o->way : route_of(skb, iph));
	if (skb_realms_wanted() && o != NULL && o->bound)
		skb_set_tclassid(skb, o->realms);
	else if (skb_realms_wanted())
		ip4_realm_output(skb);
	IP_INC_STATS(w, OutRequests);
	IPEXT_ADD_STATS(w, OutOctets, skb_len(skb));
}

/* What goes by a neighbour is appended to @p send. */
static void
local_out_one(struct worker *w, struct sk_buff *skb, bool told, struct skb_vec *send) DP_ONLY
{
	uint32_t dst = rte_be_to_cpu_32(ip_hdr(skb)->dst_addr);
	const struct adj *a = skb->dst;

	if (ip4_adj_is_unicast(a))
		skb_vec_push(send, skb);
	else if (a->type == ADJ_LOCAL)
		loop_back(w, skb);
	else if (dst == IP4_LIMITED_BROADCAST || a->type == ADJ_BROADCAST || ip4_is_multicast(dst))
		send_group(w, skb, dst);
	else
		no_way(w, skb, a, told);
}

static void
local_out(struct worker *w, struct skb_vec *vec, const struct ip_out *o) DP_ONLY
{
	struct skb_vec send;

	skb_vec_init(&send);
	ROUTE_ADD_STATS(w, out_slow_tot, vec->n);
	for (uint16_t i = 0; i < vec->n; i++)
		local_out_prepare(w, vec->v[i], o);
	ip4_hook(w, IP4_HOOK_OUTPUT, vec);
	for (uint16_t i = 0; i < vec->n; i++)
		local_out_one(w, vec->v[i], o != NULL && o->told, &send);
	if (send.n > 0)
		ip_output(w, &send);
}

void
ip_local_out_vec(struct worker *w, struct skb_vec *vec)
{
	local_out(w, vec, NULL);
}

void
ip_local_out(struct worker *w, struct sk_buff *skb)
{
	struct skb_vec one = { .n = 1, .v = { skb } };

	local_out(w, &one, NULL);
}

void
ip_local_out_by(struct worker *w, struct sk_buff *skb, const struct adj *way)
{
	struct skb_vec one = { .n = 1, .v = { skb } };
	struct ip_out o = { .way = way };

	local_out(w, &one, &o);
}

void
ip_local_out_host(struct worker *w, struct sk_buff *skb)
{
	struct skb_vec one = { .n = 1, .v = { skb } };
	struct ip_out o = { .told = true };

	local_out(w, &one, &o);
}

/* Source for @p o, whose way is @p a: what the route prefers, else the address of the device that
 * it leaves by (RFC 1122 3.3.4.3). @p k: what rules look at. */
static rte_be32_t
select_source(const struct adj *a, const struct ip_out *o, const struct fib_key *k)
{
	rte_be32_t src;

	if (a->type == ADJ_LOCAL)
		return o->daddr;
	if (!ip4_adj_is_unicast(a))
		return 0;
	src = fib_prefsrc_dp(k);
	return src != 0 ? src
			: inet_select_addr(a->dev, ip4_adj_nexthop(a, o->daddr), SCOPE_UNIVERSE);
}

static bool
is_group(const struct adj *a, rte_be32_t daddr)
{
	return ip4_is_multicast(rte_be_to_cpu_32(daddr)) || a->type == ADJ_BROADCAST ||
	       daddr == rte_cpu_to_be_32(IP4_LIMITED_BROADCAST);
}

static rte_be32_t
source_by(const struct sk_buff *skb, const struct adj *a, const struct ip_out *o,
	  const struct fib_key *k)
{
	struct net_device *dev = is_group(a, o->daddr) ? group_device(skb, 0, o->daddr) : NULL;

	return dev != NULL ? inet_select_addr(dev, 0, SCOPE_LINK) : select_source(a, o, k);
}

/* RFC 1112 6.1: a datagram to a group goes no further than the link unless it is told to. */
static uint8_t
default_ttl(rte_be32_t daddr)
{
	return ip4_is_multicast(rte_be_to_cpu_32(daddr)) ? 1 : (uint8_t)net_ipv4.ip_default_ttl;
}

/* May a datagram be told not to be cut? RFC 1191 3, and Linux's policy. */
static bool
wants_df(const struct sk_buff *skb, const struct ip_out *o)
{
	uint32_t path, len = skb_len(skb) + IP4_HDR_MIN + o->optlen;
	const struct adj *a = o->way;
	struct fib_key k;
	bool locked;

	if (o->df || !o->discover || ip4_pmtu_conf.ip_no_pmtu_disc == 1 ||
	    ip4_pmtu_conf.ip_no_pmtu_disc == 2)
		return o->df;
	if (a == NULL) {
		ip4_key_out(skb, o, &k);
		a = ip4_route_output(&k);
	}
	if (!ip4_adj_is_unicast(a) || len > ip4_adj_mtu(a))
		return false;
	path = ip4_pmtu(o->daddr, a, &locked);
	return !locked && (path == 0 || len <= path);
}

rte_be32_t
ip4_source_for(const struct sk_buff *skb, const struct ip_out *o, rte_be16_t sport,
	       rte_be16_t dport)
{
	struct fib_key k;

	ip4_key_out(skb, o, &k);
	k.sport = rte_be_to_cpu_16(sport);
	k.dport = rte_be_to_cpu_16(dport);
	return source_by(skb, ip4_route_output(&k), o, &k);
}

int
ip_push_header(struct worker *w, struct sk_buff *skb, const struct ip_out *o)
{
	uint16_t hlen = (uint16_t)(IP4_HDR_MIN + o->optlen);
	bool df = wants_df(skb, o);
	struct rte_ipv4_hdr *iph;
	uint8_t pointer;

	if (skb_len(skb) > IP4_LEN_MAX - hlen || (iph = skb_push(skb, hlen)) == NULL)
		return -EMSGSIZE;
	skb_reset_network_header(skb);
	*iph = (struct rte_ipv4_hdr){
		.version_ihl = (uint8_t)(0x40 + hlen / 4),
		.type_of_service = o->tos,
		.fragment_offset = df ? rte_cpu_to_be_16(IP4_DF) : 0,
		.time_to_live = o->ttl != 0 ? o->ttl : default_ttl(o->daddr),
		.next_proto_id = o->proto,
		.src_addr = o->saddr,
		.dst_addr = o->daddr,
	};
	iph->packet_id = ip_select_ident(w, iph);
	if (likely(o->optlen == 0))
		return 0;
	/* RFC 791 3.1: the sender is the first to record its address and the time. */
	memcpy(iph + 1, o->opt, o->optlen);
	if (ip_options_parse(iph, ip_opt(skb), &pointer) == DROP_MAX)
		ip_options_fill(skb, o->saddr);
	return 0;
}

/* RFC 1122 3.2.1.3 (g): 127/8 never leaves, whatever a route or a device that somebody names says.
 * The reason to drop it, or DROP_MAX. */
static enum drop_reason
leaving_loopback(const struct ip_out *o, const struct adj *a)
{
	if (a->type == ADJ_LOCAL)
		return DROP_MAX;
	if (ip4_is_loopback(rte_be_to_cpu_32(o->saddr)))
		return DROP_IP4_MARTIAN_SOURCE;
	if (ip4_is_loopback(rte_be_to_cpu_32(o->daddr)))
		return DROP_IP4_MARTIAN_DESTINATION;
	return DROP_MAX;
}

int
ip_build_and_send_pkt(struct worker *w, struct sk_buff *skb, const struct ip_out *to)
{
	struct ip_out o = *to;
	struct skb_vec one = { .n = 1, .v = { skb } };
	enum drop_reason why;
	const struct adj *a;
	struct fib_key k;
	bool group;

	ip4_key_out(skb, &o, &k);
	if (o.way == NULL)
		o.way = ip4_route_output(&k);
	a = o.way;
	group = is_group(a, o.daddr);
	if (group)
		skb->dev = group_device(skb, o.saddr, o.daddr);
	if (o.saddr == 0)
		o.saddr = source_by(skb, a, &o, &k);
	if (!ip4_adj_is_unicast(a) && a->type != ADJ_LOCAL && !(group && skb->dev != NULL)) {
		no_way(w, skb, a, false);
		return a->type == ADJ_PROHIBIT	    ? -EACCES
		       : a->type == ADJ_UNREACHABLE ? -EHOSTUNREACH
		       : a->type == ADJ_BLACKHOLE   ? -EINVAL
						    : -ENETUNREACH;
	}
	why = leaving_loopback(&o, a);
	if (why != DROP_MAX) {
		IP_INC_STATS(w, OutNoRoutes);
		kfree_skb_reason(w, skb, why);
		return -EINVAL;
	}
	if (o.saddr == 0) {
		IP_INC_STATS(w, OutNoRoutes);
		kfree_skb_reason(w, skb, DROP_IP4_NO_ROUTE);
		return -EADDRNOTAVAIL;
	}
	if (ip_push_header(w, skb, &o) != 0) {
		IP_INC_STATS(w, OutDiscards);
		kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
		return -EMSGSIZE;
	}
	local_out(w, &one, &o);
	return 0;
}
