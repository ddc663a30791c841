/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses as packets ask for them: is it ours, which subnet, which source. */
#include "netdev/inetdev_dp.h"
#include "netdev/inetdev_priv.h"

#define for_each_ifa(ifa, in_dev)                                                                  \
	for (ifa = rcu_dereference((in_dev)->ifa_list); ifa != NULL;                               \
	     ifa = rcu_dereference(ifa->ifa_next))

bool
inet_ifa_is_local(const struct in_device *in_dev, rte_be32_t addr)
{
	const struct in_ifaddr *ifa;

	for_each_ifa(ifa, in_dev) if (ifa->ifa_local == addr) return true;
	return false;
}

bool
inet_addr_onlink(const struct in_device *in_dev, rte_be32_t a, rte_be32_t b)
{
	const struct in_ifaddr *ifa;

	for_each_ifa(ifa, in_dev) if (inet_ifa_match(a, ifa) &&
				      (b == 0 || inet_ifa_match(b, ifa))) return true;
	return false;
}

const struct in_ifaddr *
inet_ifa_byprefix_rcu(const struct in_device *in_dev, rte_be32_t addr)
{
	const struct in_ifaddr *ifa;

	for_each_ifa(ifa, in_dev) if (!(ifa->ifa_flags & IFA_SECONDARY) &&
				      inet_ifa_match(addr, ifa)) return ifa;
	return NULL;
}

/*
 * How well @p ifa does as a source, 0: not at all. An address of the destination's subnet before
 * any other, and one that is deprecated only where there is no other. Primaries stand first in the
 * list: among equals, which is whenever none is deprecated, it is one of them, as in Linux.
 */
static unsigned int
rank(const struct in_ifaddr *ifa, rte_be32_t dst, enum rt_scope scope)
{
	unsigned int near = dst == 0 || inet_ifa_match(dst, ifa) ? 2 : 0;

	if (ifa->ifa_scope > scope)
		return 0;
	return (ifa->ifa_flags & IFA_DEPRECATED ? 1 : 4) + near;
}
#define RANK_BEST 6

/* The device's own best address for @p dst, the first among equals, or NULL. */
static const struct in_ifaddr *
select_on(const struct in_device *in_dev, rte_be32_t dst, enum rt_scope scope)
{
	const struct in_ifaddr *ifa, *best = NULL;
	unsigned int most = 0;

	for_each_ifa(ifa, in_dev)
	{
		unsigned int r = rank(ifa, dst, scope);

		if (r <= most)
			continue;
		best = ifa;
		most = r;
		if (r == RANK_BEST)
			break;
	}
	return best;
}

rte_be32_t
inet_select_addr(const struct net_device *dev, rte_be32_t dst, enum rt_scope scope)
{
	const struct in_device *in_dev = dev != NULL ? in_dev_get_rcu(dev) : NULL;
	const struct in_ifaddr *ifa = in_dev != NULL ? select_on(in_dev, dst, scope) : NULL;

	/* RFC 1812 2.2.7: an unnumbered interface speaks with another's address. One of link scope
	 * is of no use elsewhere. */
	for (uint32_t i = 1; ifa == NULL && i < NETDEV_MAX; i++) {
		const struct net_device *other = dev_get_by_index_rcu(i);

		in_dev = other != NULL ? in_dev_get_rcu(other) : NULL;
		if (in_dev == NULL)
			continue;
		ifa = select_on(in_dev, 0, scope < SCOPE_LINK ? scope : SCOPE_LINK - 1);
	}
	return ifa != NULL ? ifa->ifa_local : 0;
}
