/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_pmtu.h"
#include "core/sysctl.h"
#include "core/timer.h"
#include "ip4/ip4_pmtu_priv.h"
#include "ip4/ip4_priv.h"

#define EXPIRE_MS 10000 /* how often to forget; a reader looks at the age itself */

static struct ctl_timer timer;

static void
store(uint64_t *at, uint64_t v)
{
	uint64_t old = *at;

	__atomic_store_n(at, v, __ATOMIC_RELAXED);
	__atomic_store_n(&ip4_pmtu_n, ip4_pmtu_n + (old == 0) - (v == 0), __ATOMIC_RELAXED);
}

/* The destination's word, or the one to take: an empty one, else the oldest. */
static uint64_t *
place(rte_be32_t dst, uint32_t now_s)
{
	uint64_t *set = ip4_pmtu_tab[pmtu_set(dst)], *best = &set[0];

	for (unsigned int i = 0; i < PMTU_WAYS; i++) {
		if (set[i] != 0 && pmtu_dst(set[i]) == dst)
			return &set[i];
		if (*best != 0 && (set[i] == 0 || pmtu_age(set[i], now_s) > pmtu_age(*best, now_s)))
			best = &set[i];
	}
	return best;
}

void
ip4_pmtu_update(rte_be32_t dst, uint32_t mtu, uint32_t old, uint32_t now_s)
{
	struct worker *w = worker_ctl();
	uint64_t *at = place(dst, now_s), v = *at;
	uint32_t min = (uint32_t)ip4_pmtu_conf.min_pmtu;
	bool same = v != 0 && pmtu_dst(v) == dst, locked = false;

	role_borrow_dp();
	if (same && !pmtu_expired(v, now_s))
		old = RTE_MIN(old, pmtu_mtu(v));
	if (mtu < min) {
		locked = true;
		mtu = RTE_MIN(old, min);
	}
	/* RFC 1191 3: never more because somebody says so. The same again is news of today. */
	if (mtu > old || (mtu == old && !locked && !(same && mtu == pmtu_mtu(v)))) {
		FRAG_INC_STATS(w, PmtuRefused);
		return;
	}
	if (v != 0 && !same)
		FRAG_INC_STATS(w, PmtuEvicted);
	store(at, pmtu_word(dst, mtu, locked, now_s));
	FRAG_INC_STATS(w, PmtuLearned);
	if (!timer_pending(&timer))
		timer_mod(&timer, EXPIRE_MS);
}

unsigned int
ip4_pmtu_expire(uint32_t now_s)
{
	uint64_t *v = &ip4_pmtu_tab[0][0];

	for (unsigned int i = 0; i < PMTU_SETS * PMTU_WAYS; i++)
		if (v[i] != 0 && pmtu_expired(v[i], now_s))
			store(&v[i], 0);
	return ip4_pmtu_n;
}

static void
on_timer(struct ctl_timer *self)
{
	role_enter_ctl();
	if (ip4_pmtu_expire(adj_now_s) > 0)
		timer_mod(self, EXPIRE_MS);
}

/* A worker has checked what it got: arg the MTU, arg2 the destination. */
static void
told(struct ctl_msg *msg)
{
	rte_be32_t dst = (rte_be32_t)msg->arg2;
	const struct adj *a;

	role_enter_ctl();
	a = ip4_lookup(0, dst);
	if (ip4_adj_is_unicast(a)) /* to ourselves there is no path */
		ip4_pmtu_update(dst, msg->arg, ip4_adj_mtu(a), adj_now_s);
}

#define PMTU_INT(field, lo, hi, u, text)                                                           \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct ip4_pmtu_conf, field), .min = (lo),  \
		.max = (hi), .mode = 0644, .unit = (u), .help = (text)                             \
	}
static const struct ctl_table disc_table[] = {
	PMTU_INT(ip_no_pmtu_disc, 0, 3, NULL,
		 "1, 2: no path MTU discovery, datagrams made here go without DF"),
	{ .procname = NULL },
};
static const struct ctl_table route_table[] = {
	PMTU_INT(min_pmtu, IP4_MTU_MIN, IP4_LEN_MAX, "bytes",
		 "smallest path MTU that is believed; below it datagrams are fragmented"),
	PMTU_INT(mtu_expires, 1, PMTU_STAMP - 2 * EXPIRE_MS / 1000, "s",
		 "time until a larger path MTU is tried again"),
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
	int rc = siphash_key_random(&ip4_pmtu_secret);

	timer_setup(&timer, on_timer);
	ip4_pmtu_msg = msg_register(MSG_OTHER, "ip4_pmtu", told);
	if (rc == 0 && ip4_pmtu_msg < 0)
		rc = ip4_pmtu_msg;
	if (rc == 0)
		rc = sysctl_register("net.ipv4", disc_table, &ip4_pmtu_conf);
	if (rc == 0)
		rc = sysctl_register("net.ipv4.route", route_table, &ip4_pmtu_conf);
	return rc;
}

void
ip4_pmtu_fini(void)
{
	timer_del(&timer);
	sysctl_unregister("net.ipv4.route", route_table);
	sysctl_unregister("net.ipv4", disc_table);
	memset(ip4_pmtu_tab, 0, sizeof(ip4_pmtu_tab));
	ip4_pmtu_n = 0;
	ip4_pmtu_msg = -1;
}
