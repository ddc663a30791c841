/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_cache_dp.h"
#include "ip4/ip4_priv.h"
#include "ip4/ip4_realm_dp.h"

/* What the lookup says about one packet. */
enum verdict { V_FORWARD, V_LOCAL, V_DROP, V_ICMP, V_UNROUTED };
struct refusal {
	enum drop_reason why;
	uint8_t type, code, pointer;
};

static enum verdict
drop(struct refusal *no, enum drop_reason why)
{
	no->why = why;
	return V_DROP;
}
static enum verdict
answer(struct refusal *no, enum drop_reason why, uint8_t code)
{
	*no = (struct refusal){ .why = why, .type = ICMP4_UNREACH, .code = code };
	return V_ICMP;
}
/* What the routes refuse: the source is told at its own rate (Linux's ip_error()). */
static enum verdict
unrouted(struct refusal *no, enum drop_reason why, uint8_t code)
{
	answer(no, why, code);
	return V_UNROUTED;
}

const struct fib_table_dp *ip4_main_table;

bool
ip4_reverse_path(const struct adj *back, const struct net_device *dev, int rpf)
{
	if (rpf == 2) /* RFC 3704 2.4: loose */
		return back->type == ADJ_GROUP || ip4_adj_is_unicast(back);
	return adj_leaves_by(back, dev);
}

const struct adj *
ip4_route_adj(rte_be32_t src, rte_be32_t dst, uint32_t iif)
{
	struct fib_key k = { .src = rte_be_to_cpu_32(src),
			     .dst = rte_be_to_cpu_32(dst),
			     .iif = iif != 0 ? iif : FIB_IIF_LOCAL };

	return adj_get(fib_route_dp(&k));
}

/* The way back to the source of a packet that goes by @p there. */
static const struct adj *
way_back(const struct sk_buff *skb, const struct adj *there)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	struct fib_key k = { .dst = rte_be_to_cpu_32(iph->src_addr), .tos = iph->type_of_service };

	if (unlikely(rcu_dereference(fib_rules) != NULL))
		ip4_key_back(skb, there, &k);
	return adj_get(fib_route_dp(&k));
}

/* RFC 1812 5.3.7 martian sources, and RFC 3704 reverse path. DROP_MAX: a source to answer. */
static enum drop_reason
validate_source(const struct sk_buff *skb, const struct in_device *in_dev, const struct adj *there,
		bool unicast)
{
	uint32_t src = rte_be_to_cpu_32(ip_hdr(skb)->src_addr);
	const struct adj *back;
	int rpf;

	if (skb->dev->flags & IFF_LOOPBACK) /* made here: any address of ours is right */
		return ip4_is_multicast(src) || ip4_is_class_e(src) ? DROP_IP4_MARTIAN_SOURCE
								    : DROP_MAX;
	/* RFC 1122 3.2.1.3 (a): this host on this network, while it learns its address. */
	if (src == 0 && !unicast)
		return DROP_MAX;
	if (!ip4_is_host_class(src))
		return DROP_IP4_MARTIAN_SOURCE;
	back = way_back(skb, there);
	switch (back->type) {
	case ADJ_LOCAL:
		return IN_DEV_ORCONF(in_dev, accept_local) ? DROP_MAX : DROP_IP4_MARTIAN_SOURCE;
	case ADJ_BROADCAST:
	case ADJ_MULTICAST:
	case ADJ_MARTIAN:
		return DROP_IP4_MARTIAN_SOURCE;
	default:
		break;
	}
	rpf = IN_DEV_MAXCONF(in_dev, rp_filter);
	return rpf == 0 || ip4_reverse_path(back, skb->dev, rpf) ? DROP_MAX : DROP_IP4_RP_FILTER;
}

static enum verdict
not_forwarded(const struct in_device *in_dev, const struct adj *a, struct refusal *no)
{
	if (a->type == ADJ_MARTIAN)
		return drop(no, DROP_IP4_MARTIAN_DESTINATION);
	if (a->type == ADJ_BLACKHOLE)
		return drop(no, DROP_IP4_BLACKHOLE);
	if (!IN_DEV_CONF(in_dev, forwarding))
		return drop(no, DROP_IP4_FORWARDING_OFF);
	if (a->type == ADJ_UNREACHABLE)
		return unrouted(no, DROP_IP4_UNREACHABLE, ICMP4_HOST_UNREACH);
	if (a->type == ADJ_PROHIBIT)
		return unrouted(no, DROP_IP4_PROHIBIT, ICMP4_PKT_FILTERED);
	return unrouted(no, DROP_IP4_NO_ROUTE, ICMP4_NET_UNREACH); /* RFC 1812 5.2.7.1 */
}

/* RFC 1812 5.3.5.2, RFC 2644: a broadcast of a subnet on another link, where the administrator
 * wants it so. The way there is the subnet's. */
static bool
is_directed_elsewhere(struct sk_buff *skb, const struct in_device *in_dev)
{
	rte_be32_t dst = ip_hdr(skb)->dst_addr;
	const struct in_ifaddr *ifa;
	struct fib_table_res res;
	const struct adj *a;

	if (likely(!IN_DEV_ANDCONF(in_dev, bc_forwarding)) || !IN_DEV_CONF(in_dev, forwarding) ||
	    skb->pkt_type != PACKET_HOST ||
	    !ip4_is_host_class(rte_be_to_cpu_32(ip_hdr(skb)->src_addr)) ||
	    !fib_table_lookup_dp(ip4_main_table, rte_be_to_cpu_32(dst), 0, &res))
		return false;
	a = adj_get(res.idx);
	if (a->type != ADJ_GLEAN || a->dev == skb->dev)
		return false;
	in_dev = in_dev_get_rcu(a->dev);
	for (ifa = in_dev != NULL ? rcu_dereference(in_dev->ifa_list) : NULL; ifa != NULL;
	     ifa = rcu_dereference(ifa->ifa_next))
		if (ifa->ifa_broadcast == dst) {
			skb->dst = a;
			return true;
		}
	return false;
}

/* Groups and broadcasts: delivery, or the reason. */
static enum verdict
route_group(struct worker *w, struct sk_buff *skb, bool multicast, struct refusal *no) DP_ONLY
{
	uint32_t len = ip4_skb_total(skb);
	bool forward;

	if (multicast) {
		ROUTE_INC_STATS(w, in_slow_mc);
		IPEXT_INC_STATS(w, InMcastPkts);
		IPEXT_ADD_STATS(w, InMcastOctets, len);
		/* RFC 1112 7.2: every host is a member of all-hosts; of nothing else, here. What
		 * programs of the host have joined, their kernel knows. */
		if (ip_hdr(skb)->dst_addr != rte_cpu_to_be_32(IP4_ALL_HOSTS) &&
		    rcu_dereference(ip4_unclaimed) == NULL)
			return drop(no, DROP_IP4_MULTICAST);
		skb->pkt_type = PACKET_MULTICAST;
		return V_LOCAL;
	}
	ROUTE_INC_STATS(w, in_brd);
	IPEXT_INC_STATS(w, InBcastPkts);
	IPEXT_ADD_STATS(w, InBcastOctets, len);
	forward = is_directed_elsewhere(skb, in_dev_get_rcu(skb->dev));
	skb->pkt_type = PACKET_BROADCAST;
	return forward ? V_FORWARD : V_LOCAL;
}

/* A source route that names us next: where to, then. */
static enum verdict
follow_source_route(struct sk_buff *skb, struct refusal *no)
{
	struct ip_options *opt = ip_opt(skb);
	enum drop_reason why = ip_options_rcv_srr(skb, &no->pointer);

	if (why == DROP_IP4_BAD_OPTION) {
		*no = (struct refusal){ .why = why,
					.type = ICMP4_PARAM_PROBLEM,
					.pointer = no->pointer };
		return V_ICMP;
	}
	if (why != DROP_MAX)
		return drop(no, why);
	if (!(opt->flags & IPOPT_F_SRR_HIT))
		return V_LOCAL;
	skb->dst =
		ip4_lookup_tos(ip_hdr(skb)->src_addr, opt->nexthop, ip_hdr(skb)->type_of_service);
	/* A route that loops through ourselves is no route. */
	return ip4_adj_is_unicast(skb->dst) ? V_FORWARD
					    : answer(no, DROP_IP4_NO_ROUTE, ICMP4_SR_FAILED);
}

/* @p known: its source has been validated. */
static enum verdict
route_one(struct worker *w, struct sk_buff *skb, bool known, struct refusal *no) DP_ONLY
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);
	const struct ip_options *opt = ip_opt(skb);
	const struct adj *a = skb->dst;
	uint32_t dst = rte_be_to_cpu_32(ip_hdr(skb)->dst_addr);
	bool multicast = ip4_is_multicast(dst);
	bool broadcast = a->type == ADJ_BROADCAST || dst == IP4_LIMITED_BROADCAST;
	enum drop_reason why;

	if (in_dev == NULL)
		return drop(no, DROP_IP4_FORWARDING_OFF);
	/* RFC 1812 5.3.4: never on; RFC 1122 3.3.6: what is for us as the administrator wants. */
	if (skb->pkt_type != PACKET_HOST && !multicast && !broadcast &&
	    (a->type != ADJ_LOCAL || opt->srr != 0 ||
	     IN_DEV_ORCONF(in_dev, drop_unicast_in_l2_multicast)))
		return drop(no, DROP_IP4_LINK_BROADCAST);
	/* What has no address yet asks a server elsewhere: a relay here may want to hear it. */
	if (unlikely(ip4_is_zeronet(rte_be_to_cpu_32(ip_hdr(skb)->src_addr))) && !multicast &&
	    !broadcast && a->type != ADJ_LOCAL && IN_DEV_ANDCONF(in_dev, bootp_relay)) {
		skb->dst = adj_get(ADJ_IDX_LOCAL);
		return V_LOCAL;
	}
	why = known ? DROP_MAX : validate_source(skb, in_dev, a, !multicast && !broadcast);
	EXPLAIN(w, "source address %s (rp_filter %d)", why == DROP_MAX ? "accepted" : "refused",
		IN_DEV_MAXCONF(in_dev, rp_filter));
	if (why != DROP_MAX)
		return drop(no, why);
	if (multicast || broadcast)
		return route_group(w, skb, multicast, no);
	/* 127/8 never on a wire (RFC 1122 3.2.1.3 (g)), unless the administrator wants it so. */
	if (unlikely(ip4_is_loopback(dst))) {
		if (!(skb->dev->flags & IFF_LOOPBACK) && !IN_DEV_ORCONF(in_dev, route_localnet))
			return drop(no, DROP_IP4_MARTIAN_DESTINATION);
		skb->dst = a = adj_get(ADJ_IDX_LOCAL);
	}
	if (a->type == ADJ_LOCAL)
		return opt->srr != 0 ? follow_source_route(skb, no) : V_LOCAL;
	if (!ip4_adj_is_unicast(a))
		return not_forwarded(in_dev, a, no);
	if (!IN_DEV_CONF(in_dev, forwarding))
		return drop(no, DROP_IP4_FORWARDING_OFF);
	if (opt->srr != 0 && (opt->flags & IPOPT_F_STRICT)) {
		/* A strict route whose next stop is not us came off its path (RFC 1812 5.2.4.1). */
		*no = (struct refusal){ .why = DROP_IP4_NO_ROUTE,
					.type = ICMP4_PARAM_PROBLEM,
					.pointer = 16 };
		return V_ICMP;
	}
	return V_FORWARD;
}

static bool
is_martian(enum drop_reason why)
{
	return why == DROP_IP4_MARTIAN_SOURCE || why == DROP_IP4_MARTIAN_DESTINATION ||
	       why == DROP_IP4_RP_FILTER;
}
static bool
log_martians(const struct sk_buff *skb)
{
	const struct in_device *in_dev = in_dev_get_rcu(skb->dev);

	return in_dev != NULL && IN_DEV_ORCONF(in_dev, log_martians);
}

static void
refuse(struct worker *w, struct sk_buff *skb, enum verdict v, const struct refusal *no) DP_ONLY
{
	if (no->why == DROP_IP4_NO_ROUTE) {
		IPEXT_INC_STATS(w, InNoRoutes);
		ROUTE_INC_STATS(w, in_no_route);
	} else if (no->why == DROP_IP4_MARTIAN_SOURCE || no->why == DROP_IP4_RP_FILTER) {
		ROUTE_INC_STATS(w, in_martian_src); /* Linux counts both here */
	}
	if (no->why == DROP_IP4_MARTIAN_DESTINATION)
		ROUTE_INC_STATS(w, in_martian_dst);
	if (no->why == DROP_IP4_MARTIAN_DESTINATION || no->why == DROP_IP4_FORWARDING_OFF)
		IP_INC_STATS(w, InAddrErrors);
	if (v == V_ICMP || (v == V_UNROUTED && icmp_unrouted_allow(w, ip_hdr(skb)->src_addr)))
		icmp_send(w, skb, no->type, no->code, no->pointer, no->why);
	else if (!is_martian(no->why) || !log_martians(skb) || !ip4_log_drop(w, skb, no->why))
		kfree_skb_reason(w, skb, no->why);
}

/* @p idx: what fib_main_dp says; becomes what the rules make of it. */
static __rte_noinline void
ask_rules(const struct fib_rules *rules, const struct skb_vec *vec, uint32_t *idx)
{
	struct fib_key key[SKB_BURST];

	for (uint16_t i = 0; i < vec->n; i++)
		ip4_key_of(vec->v[i], vec->v[i]->iif, &key[i]);
	fib_rules_lookup_bulk_dp(rules, key, idx, vec->n);
}

/* One of several next hops. */
static const struct adj *
choose_member(struct worker *w, const struct adj *group, uint32_t hash) DP_ONLY
{
	uint32_t bucket = adj_bucket(group->n_group, hash);

	if (unlikely(explaining(w))) { /* which uses nothing */
		EXPLAIN(w, "several next hops: bucket %u of %u", bucket, group->n_group);
		return adj_get(group->group[bucket]);
	}
	return adj_resolve_group(group, hash);
}

/* --- the cache --- */

/* What this lane asks the cache about a vector. */
struct ask {
	struct ip4_cache *cache; /* NULL: nothing */
	uint64_t known;		 /* mask of hits, */
	uint64_t fits;		 /* and of what a decision may be remembered of */
	struct ip4_cache_key key[SKB_BURST];
	struct ip4_cache_says says[SKB_BURST]; /* of hits */
};

/* Is the decision one by the key alone? What came by a wire to our MAC address without options. */
static inline bool
fits_cache(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && ip_hdr(skb)->version_ihl == 0x45 &&
	       !(skb->dev->flags & IFF_LOOPBACK);
}

static __rte_noinline void
ask_cache(struct worker *w, const struct skb_vec *vec, const struct fib_rules *rules,
	  uint64_t genid, struct ask *q) DP_ONLY
{
	bool ports = ip4_cache_sees_ports(rules);
	struct fib_key k;

	ip4_cache_begin(q->cache, genid);
	for (uint16_t i = 0; i < vec->n; i++) {
		ip4_key_of(vec->v[i], vec->v[i]->iif, &k);
		ip4_cache_key_of(q->cache, &k, ports, &q->key[i]);
		q->fits |= (uint64_t)fits_cache(vec->v[i]) << i;
	}
	q->known = ip4_cache_find(w, q->cache, q->key, vec->n, q->says) & q->fits;
}

/* It passes, by adjacency @p idx. */
static __rte_noinline void
remember(struct worker *w, struct ask *q, uint16_t i, const struct sk_buff *skb, uint32_t idx,
	 uint32_t hash) DP_ONLY
{
	uint32_t keep = ip4_cache_worth(idx, ip_hdr(skb)->next_proto_id, hash);

	/* Not a group or broadcast, nor what route_one() has sent elsewhere than the tables. */
	if (keep != ADJ_IDX_NO_ROUTE && skb->pkt_type == PACKET_HOST &&
	    ip4_is_host_class(rte_be_to_cpu_32(ip_hdr(skb)->src_addr)) &&
	    (skb->dst->type == ADJ_LOCAL) == (keep == ADJ_IDX_LOCAL))
		ip4_cache_store(w, q->cache, &q->key[i], keep, skb->tclassid);
}

/* --- the stage --- */

/* What tables and rules say of those that the cache does not know; of the others, the cache. */
static void
look_up(const struct skb_vec *vec, const struct fib_rules *rules, const struct ask *q,
	uint32_t *idx)
{
	struct skb_vec some;
	const struct skb_vec *ask = vec;
	uint32_t dst[SKB_BURST];

	skb_vec_init(&some);
	if (unlikely(q->known != 0)) {
		ask = &some;
		for (uint16_t i = 0; i < vec->n; i++)
			if (!(q->known >> i & 1))
				skb_vec_push(&some, vec->v[i]);
	}
	for (uint16_t i = 0; i < ask->n; i++)
		dst[i] = rte_be_to_cpu_32(ip_hdr(ask->v[i])->dst_addr);
	fib_lookup_bulk(&fib_main_dp, dst, idx, ask->n);
	if (unlikely(rules != NULL))
		ask_rules(rules, ask, idx);
	if (likely(q->known == 0))
		return;
	for (uint16_t i = vec->n, j = some.n; i-- > 0;)
		idx[i] = q->known >> i & 1 ? q->says[i].idx : idx[--j];
}

void
ip_route_input(struct worker *w, struct skb_vec *vec)
{
	uint64_t genid = fib_genid_read(); /* before all that is decided by */
	const struct fib_rules *rules = rcu_dereference(fib_rules);
	enum stage from = stage_enter(w, STAGE_IP4_ROUTE, vec->n);
	struct skb_vec forward, local;
	bool realms = skb_realms_wanted();
	uint32_t idx[SKB_BURST];
	struct ask q;

	skb_vec_init(&forward);
	skb_vec_init(&local);
	q.cache = ip4_cache_of(w);
	q.known = q.fits = 0;
	if (unlikely(q.cache != NULL) && !ip4_cache_rests(q.cache, vec->n))
		ask_cache(w, vec, rules, genid, &q);
	look_up(vec, rules, &q, idx);
	ROUTE_ADD_STATS(w, in_slow_tot, vec->n);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];
		struct refusal no = { .why = DROP_MAX };
		bool known = q.known >> i & 1;
		uint32_t hash = 0;
		enum verdict v;

		if (unlikely(idx[i] < ADJ_IDX_DYNAMIC || fib_is_late()) && rules == NULL)
			idx[i] = fib_lookup_rest_dp(idx[i], rte_be_to_cpu_32(ip_hdr(skb)->dst_addr),
						    ip_hdr(skb)->type_of_service);
		skb->dst = adj_get(idx[i]);
		if (unlikely(skb->dst->type == ADJ_GROUP))
			hash = ip4_mpath_hash_skb(w, skb);
		if (explaining(w))
			ip4_explain_route(w, skb, idx[i], hash);
		if (unlikely(skb->dst->type == ADJ_GROUP))
			skb->dst = choose_member(w, skb->dst, hash);
		v = route_one(w, skb, known, &no);
		EXPLAIN(w, "%s",
			v == V_FORWARD ? "to be forwarded"
			: v == V_LOCAL ? "for the router itself"
				       : "not to be forwarded");
		if (realms && (v == V_FORWARD || v == V_LOCAL))
			ip4_realm_tell(w, skb,
				       known ? q.says[i].tclassid
					     : ip4_realm_input(skb, v == V_LOCAL));
		if (unlikely(q.fits >> i & 1) && !known && (v == V_FORWARD || v == V_LOCAL))
			remember(w, &q, i, skb, idx[i], hash);
		if (v == V_FORWARD)
			skb_vec_push(&forward, skb);
		else if (v == V_LOCAL)
			skb_vec_push(&local, skb);
		else
			refuse(w, skb, v, &no);
	}
	if (forward.n > 0)
		ip_forward(w, &forward);
	if (local.n > 0)
		ip_local_deliver(w, &local);
	stage_leave(w, from);
}
