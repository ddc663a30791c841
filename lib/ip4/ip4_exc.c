/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_exc.h"
#include <errno.h>
#include <stdlib.h>
#include "core/timer.h"
#include "fib/fib.h"
#include "ip4/ip4_exc_priv.h"
#include "netdev/inetdev.h"

#define EXPIRE_MS 10000 /* how often to forget; a reader looks at the time itself */

static struct ctl_timer timer;

static void
exc_free(struct rcu_head *head)
{
	free(head);
}

/* @p e takes the place of what is at @p at; either may be NULL. */
static void
publish(struct ip4_exc **at, struct ip4_exc *e) CTL_ONLY
{
	struct ip4_exc *old = *at;

	rcu_assign_pointer(*at, e);
	__atomic_store_n(&ip4_exc_n, ip4_exc_n + (e != NULL) - (old != NULL), __ATOMIC_RELAXED);
	if (old == NULL)
		return;
	if (old->neigh != NULL)
		neigh_release(old->neigh);
	rcu_defer(&old->rcu, exc_free);
}

/* The destination's place, or the one to take: an empty one, else the one that ends first. */
static struct ip4_exc **
place(rte_be32_t dst)
{
	struct ip4_exc **set = ip4_exc_tab[ip4_exc_set(dst)], **best = &set[0];

	for (unsigned int i = 0; i < IP4_EXC_WAYS; i++) {
		if (set[i] != NULL && set[i]->dst == dst)
			return &set[i];
		if (*best != NULL && (set[i] == NULL || set[i]->until_s < (*best)->until_s))
			best = &set[i];
	}
	return best;
}

const struct ip4_exc *
ip4_exc_known(rte_be32_t dst, const struct adj *way, uint32_t now_s)
{
	const struct ip4_exc *e = *place(dst);

	return e != NULL && e->dst == dst && ip4_exc_alive(e, now_s) && ip4_exc_is_about(e, way)
		       ? e
		       : NULL;
}

int
ip4_exc_update(const struct ip4_exc_news *news, uint32_t now_s)
{
	struct ip4_exc **at = place(news->dst), *e = calloc(1, sizeof(*e));
	const struct ip4_exc *known = ip4_exc_known(news->dst, news->way, now_s);

	if (e == NULL)
		return -ENOMEM;
	if (known != NULL)
		*e = *known;
	else
		*e = (struct ip4_exc){ .dst = news->dst,
				       .ifindex = news->way->dev->ifindex,
				       .via = ip4_adj_nexthop(news->way, news->dst) };
	if (news->mtu != 0) {
		e->mtu = news->mtu;
		e->locked = news->locked;
	}
	if (news->gw != NULL) {
		e->neigh = news->gw;
		e->gw = news->gw->primary_key;
		e->adj_idx = news->gw->adj_idx;
	}
	e->until_s = now_s + news->expires_s;
	if (e->neigh != NULL)
		neigh_hold(e->neigh);
	if (*at != NULL && (*at)->dst != news->dst) {
		role_borrow_dp();
		ROUTE_INC_STATS(worker_ctl(), exc_evicted);
	}
	publish(at, e);
	if (!timer_pending(&timer))
		timer_mod(&timer, EXPIRE_MS);
	return 0;
}

unsigned int
ip4_exc_expire(uint32_t now_s)
{
	struct ip4_exc **e = &ip4_exc_tab[0][0];

	for (unsigned int i = 0; i < IP4_EXC_SETS * IP4_EXC_WAYS; i++)
		if (e[i] != NULL && !ip4_exc_alive(e[i], now_s))
			publish(&e[i], NULL);
	return ip4_exc_n;
}

void
ip4_exc_flush(const struct net_device *dev)
{
	struct ip4_exc **e = &ip4_exc_tab[0][0];

	for (unsigned int i = 0; ip4_exc_n > 0 && i < IP4_EXC_SETS * IP4_EXC_WAYS; i++)
		if (e[i] != NULL && (dev == NULL || e[i]->ifindex == dev->ifindex))
			publish(&e[i], NULL);
}

static void
on_timer(struct ctl_timer *self)
{
	role_enter_ctl();
	if (ip4_exc_expire(adj_now_s) > 0)
		timer_mod(self, EXPIRE_MS);
}

/* --- what happens to devices and addresses --- */

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	role_enter_ctl();
	if (event == NETDEV_DOWN) /* which comes before the end, too */
		ip4_exc_flush(obj);
	return NOTIFY_OK;
}

/* Which gateways are on the link is the addresses' word. */
static int
on_address(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;

	role_enter_ctl();
	if (event == INETADDR_DEL)
		ip4_exc_flush(ifa->ifa_dev->dev);
	return NOTIFY_OK;
}

/* Before the neighbours of the device go. */
static struct notifier netdev_notifier = { .fn = on_netdev, .prio = NOTIFIER_PRIO_FIB };
static struct notifier address_notifier = { .fn = on_address, .prio = NOTIFIER_PRIO_FIB };

/* --- what ip route shows --- */

static bool
view(const struct ip4_exc *e, struct fib_exception *to) CTL_ONLY
{
	if (e == NULL || !ip4_exc_alive(e, adj_now_s))
		return false;
	*to = (struct fib_exception){ .dst = e->dst,
				      .dev = dev_get_by_index((uint32_t)e->ifindex),
				      .gateway = e->gw != 0	    ? e->gw
						 : e->via != e->dst ? e->via
								    : 0,
				      .redirected = e->gw != 0,
				      .mtu = e->mtu,
				      .mtu_lock = e->locked,
				      .expires_s = e->until_s - adj_now_s };
	return to->dev != NULL;
}

static bool
find_for_show(rte_be32_t dst, uint32_t adj_idx, struct fib_exception *to)
{
	role_enter_ctl();
	return view(ip4_exc_known(dst, adj_get(adj_idx), adj_now_s), to);
}

static void
walk_for_show(void (*fn)(const struct fib_exception *e, void *arg), void *arg)
{
	struct ip4_exc *const *e = &ip4_exc_tab[0][0];
	struct fib_exception shown;

	role_enter_ctl();
	for (unsigned int i = 0; i < IP4_EXC_SETS * IP4_EXC_WAYS; i++)
		if (view(e[i], &shown))
			fn(&shown, arg);
}

static void
flush_for_show(void)
{
	role_enter_ctl();
	ip4_exc_flush(NULL);
}

static const struct fib_exceptions view_ops = { .find = find_for_show,
						.walk = walk_for_show,
						.flush = flush_for_show };

int
ip4_exc_init(void)
{
	int rc = siphash_key_random(&ip4_exc_secret);

	timer_setup(&timer, on_timer);
	notifier_add(&netdev_chain, &netdev_notifier);
	notifier_add(&inetaddr_chain, &address_notifier);
	fib_exceptions = &view_ops;
	return rc;
}

void
ip4_exc_fini(void)
{
	fib_exceptions = NULL;
	notifier_del(&inetaddr_chain, &address_notifier);
	notifier_del(&netdev_chain, &netdev_notifier);
	ip4_exc_flush(NULL);
	timer_del(&timer);
}
