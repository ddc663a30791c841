/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queriers and routers (RFC 2236 3, RFC 3376 6.6, RFC 4541 2.1.1), for the bridge or, with
 * mcast_vlan_snooping, for each VLAN: who asks for groups, where routers are, and since when all
 * hosts have had the time to answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_priv.h"
#include "netdev/inetdev.h"

#define QUERY_TOS 0xc0 /* RFC 3376 4: internetwork control */
#define QUERY_TTL 1
#define OPTION_RA RTE_BE32(0x94040000) /* RFC 2113 2.1 */
#define QRV	  2		       /* RFC 3376 4.1.6, 8.1 */

/* --- what workers read --- */

bool
br_mc_other_querier(const struct br_mc_ctx *ctx)
{
	return ctx->other_until > clock_ms();
}

void
br_mc_publish(struct br_mc_ctx *ctx)
{
	const struct br_mcast *mc = &br_ctl(ctx->br)->mc;
	struct br_mdb_node n = { .key = { .kind = BR_MDB_ROUTERS, .vid = ctx->vid } };

	n.querier = clock_ms() >= ctx->usable_at && (mc->querier || br_mc_other_querier(ctx)) &&
		    !timer_pending(&br_ctl(ctx->br)->mc.full);
	n.host = mc->router == BR_ROUTER_ALWAYS;
	for (const struct br_mc_router *r = ctx->routers; r != NULL; r = r->next)
		if (r->port == NULL)
			n.host = true;
		else
			n.port[r->port->idx / 64] |= UINT64_C(1) << r->port->idx % 64;
	for (unsigned int i = 0; i < ctx->br->ports->n; i++) {
		const struct br_port *p = ctx->br->ports->p[i];

		if (p->mcast_router == BR_ROUTER_ALWAYS)
			n.port[p->idx / 64] |= UINT64_C(1) << p->idx % 64;
	}
	br_mdb_put(ctx->br, &n);
}

void
br_mc_times(const struct net_bridge *br, struct br_mc_ctx *ctx, struct br_mc_times *t)
{
	const struct br_mcast *mc = &br_ctl(br)->mc;
	bool other = br_mc_other_querier(ctx);

	*t = (struct br_mc_times){ .membership = mc->membership_cs * 10ull,
				   .last = (uint64_t)mc->last_count * mc->last_cs * 10,
				   .asks = mc->querier && !other ? (uint8_t)mc->last_count : 0,
				   .lower = !other };
}

/* --- contexts --- */

struct br_mc_ctx *
br_mc_ctx_of(struct net_bridge *br, uint16_t vid)
{
	struct br_mcast *mc = &br_ctl(br)->mc;
	struct br_mc_ctx *ctx;

	if (mc->vlan == NULL || vid == 0)
		return &mc->ctx;
	ctx = mc->vlan[vid];
	if (ctx == NULL) {
		ctx = calloc(1, sizeof(*ctx));
		if (ctx == NULL)
			return NULL;
		br_mc_ctx_init(ctx, br, vid);
		mc->vlan[vid] = ctx;
		br_mc_wait(ctx);
	}
	return ctx;
}

void
br_mc_each_ctx(struct net_bridge *br, void (*fn)(struct br_mc_ctx *))
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	fn(&mc->ctx);
	for (uint16_t v = 0; mc->vlan != NULL && v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL)
			fn(mc->vlan[v]);
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
	rte_be32_t group; /* 0: general */
	const rte_be32_t *src;
	unsigned int n;
	uint16_t vid;
};

static void
write_igmp(const struct br_mcast *mc, const struct query *q, uint8_t *p, size_t len)
{
	uint32_t cs = q->group != 0 ? mc->last_cs : mc->response_cs;
	struct igmp_v3_query h = { .h = { .type = IGMP_QUERY,
					  .code = code_of(cs / 10, mc->igmp_version == 3),
					  .group = q->group },
				   .flags = QRV,
				   .qqic = code_of(mc->query_cs / 100, true),
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
	struct br_mcast *mc = &br_ctl(br)->mc;
	size_t igmp =
		mc->igmp_version == 3 ? IGMP_V3_QUERY_LEN + q->n * sizeof(q->src[0]) : IGMP_LEN;
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
	write_igmp(mc, q, at + ether + ip, igmp);
	memset(at + ether + ip + igmp, 0, pad);
	mc->count.tx_query[mc->igmp_version]++;
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
	struct query q = { .group = (rte_be32_t)m->group->key.dst,
			   .src = src,
			   .n = n,
			   .vid = filtering ? m->group->key.vid : 0 };

	if (m->group->key.kind == BR_MDB_IP4 && m->port != NULL && is_reached(m->port, q.vid))
		send_query(br, m->port, &q);
}

static void
general_query(struct br_mc_ctx *ctx) CTL_ONLY
{
	struct query q = { .vid = ctx->vid };

	for (unsigned int i = 0; i < ctx->br->ports->n; i++)
		if (is_reached(ctx->br->ports->p[i], ctx->vid))
			send_query(ctx->br, ctx->br->ports->p[i], &q);
}

/* --- being the querier --- */

static bool
may_ask(const struct br_mc_ctx *ctx)
{
	return br_ctl(ctx->br)->mc.querier && ctx->br->flags & BR_MCAST &&
	       netif_running(ctx->br->dev) && !br_mc_other_querier(ctx);
}

static void
on_own(struct ctl_timer *t)
{
	struct br_mc_ctx *ctx = container_of(t, struct br_mc_ctx, own);
	const struct br_mcast *mc = &br_ctl(ctx->br)->mc;
	bool starting = ctx->startup_sent < mc->startup_count;

	role_enter_ctl();
	if (!may_ask(ctx))
		return; /* started again when that changes */
	ctx->querier = 0;
	ctx->querier_port = NULL;
	general_query(ctx);
	ctx->startup_sent += starting;
	timer_mod(t, (starting ? mc->startup_cs : mc->query_cs) * 10ull);
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
	const struct br_mcast *mc = &br_ctl(ctx->br)->mc;
	bool was = br_mc_other_querier(ctx);

	if (!wins(ctx, from))
		return;
	ctx->querier = from;
	ctx->querier_port = p;
	ctx->other_until = clock_ms() + mc->querier_cs * 10ull;
	timer_mod(&ctx->other, mc->querier_cs * 10ull);
	timer_del(&ctx->own);
	if (!was)
		wait_for_answers(ctx, response_ms);
	if (from != 0) /* RFC 4541 2.1.1 (1) b): a switch that asks is no router */
		br_mc_mark_router(ctx, p);
}

/* --- routers --- */

static void
router_del(struct br_mc_router *r) CTL_ONLY
{
	struct br_mc_router **at = &r->ctx->routers;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	timer_del(&r->timer);
	free(r);
}

static void
on_router(struct ctl_timer *t)
{
	struct br_mc_router *r = container_of(t, struct br_mc_router, timer);
	struct br_mc_ctx *ctx = r->ctx;

	role_enter_ctl();
	router_del(r);
	br_mc_publish(ctx);
}

void
br_mc_mark_router(struct br_mc_ctx *ctx, struct br_port *p)
{
	const struct br_mcast *mc = &br_ctl(ctx->br)->mc;
	uint8_t mode = p != NULL ? p->mcast_router : mc->router;
	struct br_mc_router *r = ctx->routers;

	if (mode == BR_ROUTER_NEVER || mode == BR_ROUTER_ALWAYS)
		return;
	while (r != NULL && r->port != p)
		r = r->next;
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return; /* it will speak again */
		*r = (struct br_mc_router){ .next = ctx->routers, .ctx = ctx, .port = p };
		timer_setup(&r->timer, on_router);
		ctx->routers = r;
		br_mc_publish(ctx);
	}
	r->expires = clock_ms() + mc->querier_cs * 10ull;
	timer_mod(&r->timer, mc->querier_cs * 10ull);
}

/* The port is no longer, or no longer one where routers may be. */
static void
forget_port(struct br_mc_ctx *ctx, const struct br_port *p) CTL_ONLY
{
	for (struct br_mc_router *r = ctx->routers, *next; r != NULL; r = next) {
		next = r->next;
		if (r->port == p)
			router_del(r);
	}
	if (ctx->querier_port == p)
		ctx->querier_port = NULL;
	br_mc_publish(ctx);
}

void
br_mcast_forget_routers(struct net_bridge *br, const struct br_port *p)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	forget_port(&mc->ctx, p);
	for (uint16_t v = 0; mc->vlan != NULL && v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL)
			forget_port(mc->vlan[v], p);
}

/* --- life --- */

void
br_mc_ctx_init(struct br_mc_ctx *ctx, struct net_bridge *br, uint16_t vid)
{
	ctx->br = br;
	ctx->vid = vid;
	timer_setup(&ctx->own, on_own);
	timer_setup(&ctx->other, on_other);
	timer_setup(&ctx->usable, on_usable);
}

void
br_mc_ctx_stop(struct br_mc_ctx *ctx)
{
	struct br_mdb_key key = { .kind = BR_MDB_ROUTERS, .vid = ctx->vid };

	timer_del(&ctx->own);
	timer_del(&ctx->other);
	timer_del(&ctx->usable);
	while (ctx->routers != NULL)
		router_del(ctx->routers);
	ctx->other_until = 0;
	ctx->querier = 0;
	ctx->querier_port = NULL;
	ctx->usable_at = 0;
	br_mdb_remove(ctx->br, &key);
}

/* VLANs that some port is in. */
static void
make_vlans(struct net_bridge *br) CTL_ONLY
{
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		for (unsigned int i = 0; i < br->ports->n; i++)
			if (br_vlan_has(br->ports->p[i]->vlans->member, v)) {
				br_mc_ctx_of(br, v);
				break;
			}
}

int
br_mcast_set_vlan_snooping(struct net_bridge *br, bool on)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	if (on == (mc->vlan != NULL))
		return 0;
	if (on) {
		mc->vlan = calloc(BR_VLAN_N, sizeof(mc->vlan[0]));
		if (mc->vlan == NULL)
			return -ENOMEM;
		br_set_flags(br, BR_MCAST_VLAN, true);
		br_mcast_restart(br);
		return 0;
	}
	br_set_flags(br, BR_MCAST_VLAN, false);
	for (uint16_t v = 0; v < BR_VLAN_N; v++)
		if (mc->vlan[v] != NULL) {
			br_mc_ctx_stop(mc->vlan[v]);
			free(mc->vlan[v]);
		}
	free(mc->vlan);
	mc->vlan = NULL;
	br_mcast_restart(br);
	return 0;
}

/* Without VLAN contexts the bridge asks; with them it does so in each VLAN. */
void
br_mcast_restart(struct net_bridge *br)
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	if (mc->vlan != NULL) {
		timer_del(&mc->ctx.own);
		make_vlans(br);
		for (uint16_t v = 1; v < BR_VLAN_N; v++)
			if (mc->vlan[v] != NULL)
				br_mc_start(mc->vlan[v]);
	} else {
		br_mc_start(&mc->ctx);
	}
}

static void
stop_asking(struct br_mc_ctx *ctx) CTL_ONLY
{
	timer_del(&ctx->own);
	br_mc_publish(ctx);
}

void
br_mc_wait(struct br_mc_ctx *ctx)
{
	if (!br_mc_other_querier(ctx))
		wait_for_answers(ctx, br_ctl(ctx->br)->mc.response_cs * 10ull);
}

void
br_mcast_set_querier(struct net_bridge *br, bool on)
{
	if (br_ctl(br)->mc.querier == on)
		return;
	br_ctl(br)->mc.querier = on;
	br_mc_each_ctx(br, on ? br_mc_wait : stop_asking);
	if (on)
		br_mcast_restart(br);
}
