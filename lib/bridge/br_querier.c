/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queriers (RFC 2236 3, RFC 3376 6.6), one in each context: who asks for groups, and since when all
 * hosts have had the time to answer.
 */
#include <string.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_priv.h"
#include "netdev/inetdev.h"

#define QUERY_TOS 0xc0 /* RFC 3376 4: internetwork control */
#define QUERY_TTL 1
#define OPTION_RA RTE_BE32(0x94040000) /* RFC 2113 2.1 */
#define QRV	  2		       /* RFC 3376 4.1.6, 8.1 */

bool
br_mc_other_querier(const struct br_mc_ctx *ctx)
{
	return ctx->other_until > clock_ms();
}

void
br_mc_times(const struct br_mc_ctx *ctx, struct br_mc_times *t)
{
	const struct br_mc_conf *conf = &ctx->conf;
	bool other = br_mc_other_querier(ctx);

	*t = (struct br_mc_times){ .membership = conf->membership_cs * 10ull,
				   .last = (uint64_t)conf->last_count * conf->last_cs * 10,
				   .asks = conf->querier && !other ? (uint8_t)conf->last_count : 0,
				   .lower = !other };
}

/* --- queries --- */

/* RFC 3376 4.1.1: a number of tenths of a second, or seconds, as a code. */
static uint8_t
code_of(uint32_t v, bool v3)
{
	unsigned int exp = 0;

	if (!v3)
		return (uint8_t)RTE_MIN(v, 255u);
	if (v < 128)
		return (uint8_t)v;
	v = RTE_MIN(v, 31744u); /* 0x1f << 10 */
	while (v >> (exp + 3) > 0x1f)
		exp++;
	return (uint8_t)(0x80 | exp << 4 | (v >> (exp + 3) & 0xf));
}

static rte_be32_t
own_address(const struct net_bridge *br) CTL_ONLY
{
	const struct in_ifaddr *ifa = br_ctl(br)->mc.use_ifaddr ? inet_addr_first(br->dev) : NULL;

	return ifa != NULL ? ifa->ifa_local : 0;
}

/* What is asked, and how it looks. */
struct query {
	const struct br_mc_conf *conf; /* of its context */
	rte_be32_t group;	       /* 0: general */
	const rte_be32_t *src;
	unsigned int n;
	uint16_t vid;
};

static void
write_igmp(const struct query *q, uint8_t *p, size_t len)
{
	const struct br_mc_conf *conf = q->conf;
	uint32_t cs = q->group != 0 ? conf->last_cs : conf->response_cs;
	struct igmp_v3_query h = { .h = { .type = IGMP_QUERY,
					  .code = code_of(cs / 10, conf->igmp_version == 3),
					  .group = q->group },
				   .flags = QRV,
				   .qqic = code_of(conf->query_cs / 100, true),
				   .n_src = rte_cpu_to_be_16((uint16_t)q->n) };
	uint16_t sum;

	memcpy(p, &h, RTE_MIN(len, (size_t)IGMP_V3_QUERY_LEN));
	if (q->n > 0)
		memcpy(p + IGMP_V3_QUERY_LEN, q->src, q->n * sizeof(q->src[0]));
	sum = (uint16_t)~rte_raw_cksum(p, len);
	memcpy(p + offsetof(struct igmp_hdr, csum), &sum, sizeof(sum));
}

static void
write_ip(const struct net_bridge *br, const struct query *q, uint8_t *p, size_t igmp_len) CTL_ONLY
{
	const rte_be32_t option = OPTION_RA;
	struct rte_ipv4_hdr ip = {
		.version_ihl = 0x46,
		.type_of_service = QUERY_TOS,
		.total_length = rte_cpu_to_be_16((uint16_t)(sizeof(ip) + 4 + igmp_len)),
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		.time_to_live = QUERY_TTL,
		.next_proto_id = IPPROTO_IGMP_,
		.src_addr = own_address(br),
		.dst_addr = q->group != 0 ? q->group : IGMP_ALL_HOSTS,
	};
	uint16_t sum;

	memcpy(p, &ip, sizeof(ip));
	memcpy(p + sizeof(ip), &option, sizeof(option));
	sum = (uint16_t)~rte_raw_cksum(p, sizeof(ip) + sizeof(option));
	memcpy(p + offsetof(struct rte_ipv4_hdr, hdr_checksum), &sum, sizeof(sum));
}

/* Ethernet, and the tag that the port has for that VLAN. Returns the length. */
static size_t
write_ether(const struct net_bridge *br, const struct br_port *p, const struct query *q,
	    uint8_t *at)
{
	rte_be32_t group = q->group != 0 ? q->group : IGMP_ALL_HOSTS;
	bool tagged = q->vid != 0 && !br_vlan_has(p->vlans->untagged, q->vid);
	rte_be16_t type = RTE_BE16(RTE_ETHER_TYPE_IPV4), tci = rte_cpu_to_be_16(q->vid);
	struct rte_ether_addr src;
	uint8_t *w = at;

	/* RFC 1112 6.4: 01-00-5E and the last 23 bits. */
	memcpy(w, (const uint8_t[]){ 0x01, 0x00, 0x5e }, 3);
	memcpy(w + 3, (const uint8_t *)&group + 1, 3);
	w[3] &= 0x7f;
	netdev_addr(br->dev, &src);
	memcpy(w + 6, &src, sizeof(src));
	w += 2 * RTE_ETHER_ADDR_LEN;
	if (tagged) {
		memcpy(w, &br->vlan_proto, sizeof(type));
		memcpy(w + 2, &tci, sizeof(tci));
		w += RTE_VLAN_HLEN;
	}
	memcpy(w, &type, sizeof(type));
	return (size_t)(w + sizeof(type) - at);
}

static void
send_query(const struct net_bridge *br, const struct br_port *p, const struct query *q) CTL_ONLY
{
	uint32_t version = q->conf->igmp_version;
	size_t igmp = version == 3 ? IGMP_V3_QUERY_LEN + q->n * sizeof(q->src[0]) : IGMP_LEN;
	size_t ip = sizeof(struct rte_ipv4_hdr) + 4, pad, ether;
	uint8_t head[RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN], *at;
	struct sk_buff *skb;
	struct rte_mbuf *m;

	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	if (skb == NULL)
		return; /* the next one follows */
	ether = write_ether(br, p, q, head);
	pad = ether + ip + igmp < 60 ? 60 - ether - ip - igmp : 0;
	at = skb_put(skb, (uint16_t)(ether + ip + igmp + pad));
	if (at == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_SKB_NO_MBUF);
		return;
	}
	memcpy(at, head, ether);
	write_ip(br, q, at + ether, igmp);
	write_igmp(q, at + ether + ip, igmp);
	memset(at + ether + ip + igmp, 0, pad);
	br_ctl(br)->mc.count.tx_query[version]++;
	m = skb_mbuf(skb);
	dev_queue_xmit(worker_ctl(), p->dev, &m, 1);
}

/* May the port have frames of that VLAN? 0: of none. */
static bool
is_reached(const struct br_port *p, uint16_t vid)
{
	return br_state_of(p, vid) == BR_STATE_FORWARDING &&
	       (vid == 0 || br_vlan_has(p->vlans->member, vid));
}

void
br_mc_ask(const struct br_mc_member *m, const rte_be32_t *src, unsigned int n)
{
	const struct net_bridge *br = m->group->br;
	bool filtering = br->flags & BR_VLAN_FILTERING;
	struct query q = { .conf = br_mc_conf_of(br, m->group->key.vid),
			   .group = (rte_be32_t)m->group->key.dst,
			   .src = src,
			   .n = n,
			   .vid = filtering ? m->group->key.vid : 0 };

	if (m->group->key.kind == BR_MDB_IP4 && m->port != NULL && is_reached(m->port, q.vid))
		send_query(br, m->port, &q);
}

static void
general_query(struct br_mc_ctx *ctx) CTL_ONLY
{
	struct query q = { .conf = &ctx->conf, .vid = ctx->vid };

	for (unsigned int i = 0; i < ctx->br->ports->n; i++)
		if (is_reached(ctx->br->ports->p[i], ctx->vid))
			send_query(ctx->br, ctx->br->ports->p[i], &q);
}

/* --- being the querier --- */

static bool
may_ask(const struct br_mc_ctx *ctx) CTL_ONLY
{
	return ctx->conf.querier && br_mc_is_on(ctx) && netif_running(ctx->br->dev) &&
	       !br_mc_other_querier(ctx);
}

static void
on_own(struct ctl_timer *t)
{
	struct br_mc_ctx *ctx = container_of(t, struct br_mc_ctx, own);
	const struct br_mc_conf *conf = &ctx->conf;
	bool starting = ctx->startup_sent < conf->startup_count;

	role_enter_ctl();
	if (!may_ask(ctx))
		return; /* started again when that changes */
	ctx->querier = 0;
	ctx->querier_port = NULL;
	general_query(ctx);
	ctx->startup_sent += starting;
	timer_mod(t, (starting ? conf->startup_cs : conf->query_cs) * 10ull);
}

/* Groups that nobody has joined flood until hosts have had the time to answer. */
static void
wait_for_answers(struct br_mc_ctx *ctx, uint64_t ms) CTL_ONLY
{
	ctx->usable_at = clock_ms() + ms;
	timer_mod(&ctx->usable, ms + 1);
	br_mc_publish(ctx);
}

void
br_mc_start(struct br_mc_ctx *ctx)
{
	ctx->startup_sent = 0;
	if (may_ask(ctx))
		timer_mod(&ctx->own, 0);
}

static void
on_other(struct ctl_timer *t)
{
	struct br_mc_ctx *ctx = container_of(t, struct br_mc_ctx, other);

	role_enter_ctl();
	ctx->other_until = 0;
	ctx->querier = 0;
	ctx->querier_port = NULL;
	br_mc_publish(ctx);
	br_mc_start(ctx);
}

static void
on_usable(struct ctl_timer *t)
{
	role_enter_ctl();
	br_mc_publish(container_of(t, struct br_mc_ctx, usable));
}

/* RFC 3376 6.6.2: the lowest address wins; one that has none (RFC 4541 2.1.1) never against one
 * that has. */
static bool
wins(const struct br_mc_ctx *ctx, rte_be32_t from) CTL_ONLY
{
	bool other = br_mc_other_querier(ctx);
	rte_be32_t now = other ? ctx->querier : own_address(ctx->br);

	if (!other && !may_ask(ctx))
		return true;
	if (from == 0 || now == 0)
		return now == 0;
	return rte_be_to_cpu_32(from) <= rte_be_to_cpu_32(now);
}

void
br_mc_heard_query(struct br_mc_ctx *ctx, struct br_port *p, rte_be32_t from, uint64_t response_ms)
{
	uint64_t last = ctx->conf.querier_cs * 10ull;
	bool was = br_mc_other_querier(ctx);

	if (!wins(ctx, from))
		return;
	ctx->querier = from;
	ctx->querier_port = p;
	ctx->other_until = clock_ms() + last;
	timer_mod(&ctx->other, last);
	timer_del(&ctx->own);
	if (!was)
		wait_for_answers(ctx, response_ms);
	if (from != 0) /* RFC 4541 2.1.1 (1) b): a switch that asks is no router */
		br_mc_mark_router(ctx, p);
}

/* --- life --- */

void
br_mc_timers_init(struct br_mc_ctx *ctx)
{
	timer_setup(&ctx->own, on_own);
	timer_setup(&ctx->other, on_other);
	timer_setup(&ctx->usable, on_usable);
}

void
br_mcast_restart(struct net_bridge *br)
{
	br_mc_each_ctx(br, br_mc_start);
}

void
br_mc_wait(struct br_mc_ctx *ctx)
{
	if (br_mc_is_on(ctx) && !br_mc_other_querier(ctx))
		wait_for_answers(ctx, ctx->conf.response_cs * 10ull);
}

void
br_mc_open(struct br_mc_ctx *ctx)
{
	/* A VLAN that is not snooped in: workers are told. */
	if (!ctx->conf.snooping && ctx->br->flags & BR_MCAST_VLAN && ctx->br->flags & BR_MCAST)
		br_mc_publish(ctx);
	br_mc_wait(ctx);
	br_mc_start(ctx);
}

void
br_mc_new_querier(struct br_mc_ctx *ctx)
{
	if (!br_mc_is_on(ctx))
		return;
	if (ctx->conf.querier) {
		br_mc_wait(ctx);
		br_mc_start(ctx);
	} else {
		timer_del(&ctx->own);
		br_mc_publish(ctx);
	}
}
