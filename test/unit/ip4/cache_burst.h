/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CACHE_BURST_H
#define CACHE_BURST_H
/** @file Bursts as the fast lane shows them to the route cache, and what the cache says of itself.
 */
#include "fixture.h"
#include "ip4/ip4_cache.h"
#include "ip4/ip4_fast_dp.h"
#include "skb/skb_realm_dp.h"

static inline struct ip4_cache *
cache(void)
{
	return ip4_caches[1];
}

static inline struct sysctl_var
tunable(const char *name)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find(name, &v), 0);
	return v;
}

static inline void
set(const char *name, int value)
{
	struct sysctl_var v = tunable(name);

	role_enter_ctl();
	assert_int_equal(sysctl_set(&v, value), 0);
}

static inline uint64_t
route_count(unsigned int which)
{
	return mib(&route_mib, which);
}

struct flow {
	struct rte_ipv4_hdr ip;
	rte_be16_t port[4];
};

/* What the fast lane knows of a burst when it looks it up. */
static inline bool
burst_by(struct fast *f, struct net_device *dev, struct ip4_cache *c) DP_ONLY
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);

	f->genid = fib_genid_read();
	f->own = rcu_dereference(ip4_own);
	f->rules = rcu_dereference(fib_rules);
	f->cache = c;
	f->dev = dev;
	f->realms = skb_realms_wanted();
	f->more = true;
	if ((dev->rx_off & ~NETDEV_RXF_HOOK) != 0 || in_dev == NULL ||
	    !IN_DEV_CONF(in_dev, forwarding))
		return false;
	f->rpf = IN_DEV_MAXCONF(in_dev, rp_filter);
	return true;
}

static inline void
put(struct fast *f, struct flow *flow)
{
	f->l3[f->n] = (uint8_t *)&flow->ip;
	f->len[f->n] = sizeof(*flow);
	f->idx[f->n++] = __atomic_load_n(
		&fib_main_dp.tbl24[rte_be_to_cpu_32(flow->ip.dst_addr) >> 8], __ATOMIC_RELAXED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
#endif
