/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_pmtu_dp.h"
#include "core/sysctl.h"
#include "ip4/ip4_exc.h"
#include "ip4/ip4_hook.h"
#include "ip4/ip4_priv.h"

void
ip4_pmtu_update(rte_be32_t dst, const struct adj *way, uint32_t mtu, uint32_t now_s)
{
	const struct ip4_exc *known = ip4_exc_known(dst, way, now_s);
	uint32_t min = (uint32_t)ip4_pmtu_conf.min_pmtu, old = ip4_adj_mtu(way);
	struct ip4_exc_news news = {
		.dst = dst, .way = way, .mtu = mtu, .expires_s = (uint32_t)ip4_pmtu_conf.mtu_expires
	};
	bool again;

	role_borrow_dp();
	if (known != NULL && known->mtu != 0)
		old = RTE_MIN(old, known->mtu);
	if (mtu < min) {
		news.locked = true;
		news.mtu = RTE_MIN(old, min);
	}
	again = known != NULL && news.mtu == known->mtu;
	/* RFC 1191 3: never more because somebody says so. The same again is news of today. */
	if (news.mtu > old || (news.mtu == old && !news.locked && !again) ||
	    ip4_exc_update(&news, now_s) != 0)
		FRAG_INC_STATS(worker_ctl(), PmtuRefused);
	else
		FRAG_INC_STATS(worker_ctl(), PmtuLearned);
}

/* A worker has checked what it got: arg the MTU and the TOS field, arg2 the addresses. */
static void
told(struct ctl_msg *msg)
{
	rte_be32_t dst = (rte_be32_t)msg->arg2;
	const struct adj *way;

	role_enter_ctl();
	way = ip4_lookup_tos((rte_be32_t)(msg->arg2 >> 32), dst, (uint8_t)(msg->arg >> 16));
	if (ip4_adj_is_unicast(way)) /* to ourselves there is no path */
		ip4_pmtu_update(dst, way, msg->arg & 0xffff, adj_now_s);
}

/* --- what is forwarded --- */

/* Of what the fast lane is about to forward, what may be longer than its path has been told to be:
 * ip_forward() knows. */
static uint32_t
look_at_paths(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t *note)
{
	uint32_t longer = 0;

	if (__atomic_load_n(&ip4_exc_n, __ATOMIC_RELAXED) == 0)
		return 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)t->l3[i];
		const struct ip4_exc *e = ip4_exc_of(iph->dst_addr);

		longer |= (uint32_t)(e != NULL && e->mtu != 0 && t->len[i] > e->mtu) << i;
	}
	return longer;
}

static void
went(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t left,
     const uint32_t *note)
{
}

/* In the general lane ip_forward() has looked before. */
static void
pass(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
}

static const struct ip4_hook_transit fast_lane = { .look = look_at_paths, .went = went };
static struct ip4_hook hook = {
	.fn = pass, .transit = &fast_lane, .at = IP4_HOOK_FORWARD, .prio = IP4_HOOK_PRIO_MANGLE
};

/* Before the store: there must be memory to be asked with. */
static int
ask_for_forwarded(const struct ctl_table *t, void *object, int value)
{
	role_enter_ctl();
	return value != 0 && ip4_pmtu_conf.ip_forward_use_pmtu == 0 ? ip4_hook_register(&hook) : 0;
}

static void
stop_asking(const struct ctl_table *t, void *object, int old)
{
	role_enter_ctl();
	if (old != 0 && ip4_pmtu_conf.ip_forward_use_pmtu == 0)
		ip4_hook_unregister(&hook);
}

/* --- tunables --- */

#define PMTU_INT(field, lo, hi, u, text)                                                           \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct ip4_pmtu_conf, field), .min = (lo),  \
		.max = (hi), .mode = 0644, .unit = (u), .help = (text)                             \
	}
static const struct ctl_table disc_table[] = {
	PMTU_INT(ip_no_pmtu_disc, 0, 3, NULL,
		 "1, 2: no path MTU discovery, datagrams made here go without DF"),
	{ .procname = "ip_forward_use_pmtu",
	  .offset = offsetof(struct ip4_pmtu_conf, ip_forward_use_pmtu),
	  .max = 1,
	  .mode = 0644,
	  .check = ask_for_forwarded,
	  .changed = stop_asking,
	  .help = "what is forwarded is held to path MTUs that were learned, too" },
	{ .procname = NULL },
};
static const struct ctl_table route_table[] = {
	PMTU_INT(min_pmtu, IP4_MTU_MIN, IP4_LEN_MAX, "bytes",
		 "smallest path MTU that is believed; below it datagrams are fragmented"),
	PMTU_INT(mtu_expires, 1, INT32_MAX / 2, "s", "time until a larger path MTU is tried again"),
	{ .procname = NULL },
};

void
ip4_pmtu_declare(void)
{
	sysctl_declare("net.ipv4", disc_table);
	sysctl_declare("net.ipv4.route", route_table);
}

int
ip4_pmtu_init(void)
{
	int rc;

	ip4_pmtu_msg = msg_register(MSG_OTHER, "ip4_pmtu", told);
	if (ip4_pmtu_msg < 0)
		return ip4_pmtu_msg;
	rc = sysctl_register("net.ipv4", disc_table, &ip4_pmtu_conf);
	if (rc == 0)
		rc = sysctl_register("net.ipv4.route", route_table, &ip4_pmtu_conf);
	return rc;
}

void
ip4_pmtu_fini(void)
{
	ip4_hook_unregister(&hook);
	ip4_pmtu_conf.ip_forward_use_pmtu = 0;
	sysctl_unregister("net.ipv4.route", route_table);
	sysctl_unregister("net.ipv4", disc_table);
	ip4_pmtu_msg = -1;
}
