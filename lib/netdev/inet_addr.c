/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of a device's IPv4 addresses: order, primaries and secondaries. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_priv.h"

struct notifier_chain inetaddr_chain = NOTIFIER_CHAIN("inetaddr");

static rte_be32_t
mask_of(uint8_t prefixlen)
{
	return prefixlen == 0 ? 0 : rte_cpu_to_be_32(UINT32_MAX << (32 - prefixlen));
}

struct in_ifaddr *
inet_addr_first(struct net_device *dev)
{
	return dev->ip_ptr != NULL ? dev->ip_ptr->ifa_list : NULL;
}

struct in_ifaddr *
inet_addr_first_any(struct net_device *dev)
{
	struct in_ifaddr *first = inet_addr_first(dev);

	return first != NULL || dev->ip_ptr == NULL ? first : dev->ip_ptr->tentative;
}

struct in_ifaddr *
inet_addr_next_any(const struct in_ifaddr *ifa)
{
	if (ifa->ifa_next != NULL || ifa->ifa_flags & IFA_TENTATIVE)
		return ifa->ifa_next;
	return ifa->ifa_dev->tentative;
}

struct net_device *
ip_dev_find(rte_be32_t addr)
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (d->ip_ptr != NULL && inet_ifa_is_local(d->ip_ptr, addr))
			return d;
	return NULL;
}

bool
inet_addr_is_deprecated(rte_be32_t addr)
{
	bool deprecated = false;

	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		for (struct in_ifaddr *a = inet_addr_first(d); a != NULL; a = a->ifa_next) {
			if (a->ifa_local != addr)
				continue;
			if (!(a->ifa_flags & IFA_DEPRECATED))
				return false;
			deprecated = true;
		}
	return deprecated;
}

/* --- what is an address --- */

/* May an interface own it? RFC 1122 3.2.1.3: not 0/8, 127/8 but for loopback, classes D and E. */
static bool
is_host_address(const struct net_device *dev, rte_be32_t addr)
{
	uint8_t first = rte_be_to_cpu_32(addr) >> 24;

	if (first == 127)
		return dev->flags & IFF_LOOPBACK;
	return first != 0 && first < 224;
}

static bool
label_ok(const struct net_device *dev, const char *label)
{
	size_t n = strlen(dev->name);

	return strncmp(label, dev->name, n) == 0 && (label[n] == '\0' || label[n] == ':');
}

static rte_be32_t
broadcast_of(const struct net_device *dev, const struct inet_addr_spec *s, rte_be32_t mask)
{
	if (s->broadcast_set)
		return s->broadcast;
	/* RFC 3021 2.2: a /31 has no broadcast address; nor has a single host, nor lo. */
	if (s->prefixlen >= 31 || dev->flags & IFF_LOOPBACK)
		return 0;
	return (s->peer != 0 ? s->peer : s->local) | ~mask;
}

static struct in_ifaddr *
new_ifa(struct net_device *dev, const struct inet_addr_spec *s) CTL_ONLY
{
	struct in_ifaddr *ifa = calloc(1, sizeof(*ifa));

	if (ifa == NULL)
		return NULL;
	ifa->ifa_dev = dev->ip_ptr;
	ifa->ifa_local = s->local;
	ifa->ifa_address = s->peer != 0 ? s->peer : s->local;
	ifa->ifa_prefixlen = s->prefixlen;
	ifa->ifa_mask = mask_of(s->prefixlen);
	ifa->ifa_broadcast = broadcast_of(dev, s, ifa->ifa_mask);
	ifa->ifa_scope = s->scope;
	snprintf(ifa->ifa_label, sizeof(ifa->ifa_label), "%s",
		 s->label[0] != '\0' ? s->label : dev->name);
	ifa->ifa_rt_priority = s->metric;
	if (s->noprefixroute)
		ifa->ifa_flags |= IFA_NOPREFIXROUTE;
	if (s->probe)
		ifa->ifa_flags |= IFA_PROBE;
	inet_lifetime_set(ifa, s);
	return ifa;
}

/* --- adding --- */

static int
check_spec(const struct net_device *dev, const struct inet_addr_spec *s)
{
	if (dev->ip_ptr == NULL || s->prefixlen > 32 || !is_host_address(dev, s->local) ||
	    (s->peer != 0 && !is_host_address(dev, s->peer)))
		return -EINVAL;
	if (s->lifetime_set && (s->valid_s == 0 || s->preferred_s > s->valid_s))
		return -EINVAL; /* over before it began, or preferred for longer than it is valid */
	return s->label[0] != '\0' && !label_ok(dev, s->label) ? -ERANGE : 0;
}

static bool
same_subnet(const struct in_ifaddr *a, const struct in_ifaddr *b)
{
	return a->ifa_mask == b->ifa_mask && inet_ifa_match(a->ifa_address, b);
}

/* Where a primary of @p scope goes: behind the last one of its scope or a narrower one. Linux's
 * order, which decides what inet_select_addr() finds first. */
static struct in_ifaddr **
primary_place(struct in_device *in_dev, uint8_t scope)
{
	struct in_ifaddr **place = &in_dev->ifa_list;

	for (struct in_ifaddr *a = *place; a != NULL; a = a->ifa_next)
		if (!(a->ifa_flags & IFA_SECONDARY) && scope <= a->ifa_scope)
			place = &a->ifa_next;
	return place;
}

/* Where @p ifa goes: as a secondary, which it becomes when an address of its subnet is there, at
 * the end. */
static int
find_place(struct in_device *in_dev, struct in_ifaddr *ifa, struct in_ifaddr ***place) CTL_ONLY
{
	struct in_ifaddr *a;

	for_each_addr(a, in_dev->dev)
	{
		if (!same_subnet(a, ifa))
			continue;
		if (a->ifa_local == ifa->ifa_local)
			return -EEXIST;
		if (a->ifa_scope != ifa->ifa_scope)
			return -EINVAL;
		if (!(a->ifa_flags & IFA_TENTATIVE))
			ifa->ifa_flags |= IFA_SECONDARY;
	}
	*place = primary_place(in_dev, ifa->ifa_scope);
	while (ifa->ifa_flags & IFA_SECONDARY && **place != NULL)
		*place = &(**place)->ifa_next;
	return 0;
}

static void
link_ifa(struct in_ifaddr **place, struct in_ifaddr *ifa)
{
	ifa->ifa_next = *place;
	rcu_assign_pointer(*place, ifa);
}

/* Is an address to be probed for first? Not where nobody could answer, nor when it is ours already.
 */
static bool
needs_probe(const struct net_device *dev, const struct inet_addr_spec *s)
{
	const struct in_device *in_dev = dev->ip_ptr;

	return (s->probe || IN_DEV_ORCONF(in_dev, arp_probe)) && !s->nodad &&
	       !(dev->flags & (IFF_LOOPBACK | IFF_NOARP)) && !inet_ifa_is_local(in_dev, s->local);
}

static void
use(struct in_ifaddr *ifa, struct in_ifaddr **place) CTL_ONLY
{
	link_ifa(place, ifa);
	netdev_rx_off(ifa->ifa_dev->dev, NETDEV_RXF_NO_IP, false);
	notifier_call(&inetaddr_chain, INETADDR_ADD, ifa);
}

static void
add_tentative(struct in_ifaddr *ifa) CTL_ONLY
{
	struct in_ifaddr **at = &ifa->ifa_dev->tentative;

	while (*at != NULL)
		at = &(*at)->ifa_next;
	ifa->ifa_flags &= ~IFA_SECONDARY; /* that is decided when it is used */
	ifa->ifa_flags |= IFA_TENTATIVE;
	link_ifa(at, ifa);
	notifier_call(&inetaddr_chain, INETADDR_TENTATIVE, ifa);
}

static int
insert(struct net_device *dev, const struct inet_addr_spec *spec) CTL_ONLY
{
	struct in_ifaddr **place, *ifa = new_ifa(dev, spec);
	int rc;

	if (ifa == NULL)
		return -ENOMEM;
	rc = find_place(dev->ip_ptr, ifa, &place);
	if (rc != 0) {
		free(ifa);
		return rc;
	}
	if (needs_probe(dev, spec))
		add_tentative(ifa);
	else
		use(ifa, place);
	inet_lifetime_arm();
	return 0;
}

int
inet_addr_add(struct net_device *dev, const struct inet_addr_spec *spec)
{
	int rc = check_spec(dev, spec);

	return rc != 0 ? rc : insert(dev, spec);
}

/* The link that points to @p ifa. */
static struct in_ifaddr **
link_of(struct in_device *in_dev, const struct in_ifaddr *ifa)
{
	bool tentative = ifa->ifa_flags & IFA_TENTATIVE;
	struct in_ifaddr **at = tentative ? &in_dev->tentative : &in_dev->ifa_list;

	while (*at != ifa)
		at = &(*at)->ifa_next;
	return at;
}

struct in_ifaddr *
inet_addr_find(struct net_device *dev, const struct inet_addr_spec *s)
{
	rte_be32_t prefix = s->peer != 0 ? s->peer : s->local;
	struct in_ifaddr *a;

	for_each_addr(a, dev) if (a->ifa_local == s->local && a->ifa_prefixlen == s->prefixlen &&
				  inet_ifa_match(prefix, a)) break;
	return a;
}

void
inet_addr_swap(struct in_ifaddr *old, struct in_ifaddr *copy)
{
	copy->ifa_next = old->ifa_next;
	rcu_assign_pointer(*link_of(old->ifa_dev, old), copy);
	if (copy->ifa_rt_priority != old->ifa_rt_priority && !(old->ifa_flags & IFA_TENTATIVE))
		notifier_call(&inetaddr_chain, INETADDR_METRIC, old);
	notifier_call(&inetaddr_chain, INETADDR_CHANGE, copy);
	netdev_free_rcu(&old->rcu);
}

struct in_ifaddr *
inet_addr_copy(const struct in_ifaddr *ifa)
{
	struct in_ifaddr *copy = malloc(sizeof(*copy));

	if (copy != NULL)
		*copy = *ifa;
	return copy;
}

int
inet_addr_replace(struct net_device *dev, const struct inet_addr_spec *spec)
{
	struct in_ifaddr *old, *copy;
	int rc = check_spec(dev, spec);

	if (rc != 0)
		return rc;
	old = inet_addr_find(dev, spec);
	if (old == NULL)
		return insert(dev, spec);
	copy = inet_addr_copy(old);
	if (copy == NULL)
		return -ENOMEM;
	copy->ifa_rt_priority = spec->metric;
	inet_lifetime_set(copy, spec);
	inet_addr_swap(old, copy);
	inet_lifetime_arm();
	return 0;
}

/* --- probed for before they are used --- */

bool
inet_addr_is_tentative(struct net_device *dev, rte_be32_t addr)
{
	const struct in_ifaddr *a = dev->ip_ptr != NULL ? dev->ip_ptr->tentative : NULL;

	while (a != NULL && a->ifa_local != addr)
		a = a->ifa_next;
	return a != NULL;
}

void
inet_addr_accept(struct net_device *dev, rte_be32_t addr)
{
	struct in_ifaddr **at = &dev->ip_ptr->tentative, **place, *ifa;

	while ((ifa = *at) != NULL) {
		if (ifa->ifa_local != addr) {
			at = &ifa->ifa_next;
			continue;
		}
		*at = ifa->ifa_next;
		ifa->ifa_flags &= ~(IFA_TENTATIVE | IFA_DADFAILED);
		if (find_place(dev->ip_ptr, ifa, &place) == 0) /* as it was when it came */
			use(ifa, place);
	}
}

void
inet_addr_dad_failed(struct net_device *dev, rte_be32_t addr)
{
	for (struct in_ifaddr *a = dev->ip_ptr->tentative; a != NULL; a = a->ifa_next) {
		if (a->ifa_local != addr || a->ifa_flags & IFA_DADFAILED)
			continue;
		a->ifa_flags |= IFA_DADFAILED; /* nobody but this thread reads it */
		notifier_call(&inetaddr_chain, INETADDR_CHANGE, a);
	}
}

/* --- deleting --- */

static void
unlink_ifa(struct in_ifaddr *ifa) CTL_ONLY
{
	bool tentative = ifa->ifa_flags & IFA_TENTATIVE;

	rcu_assign_pointer(*link_of(ifa->ifa_dev, ifa), ifa->ifa_next);
	notifier_call(&inetaddr_chain, tentative ? INETADDR_FORGET : INETADDR_DEL, ifa);
	netdev_free_rcu(&ifa->rcu);
}

static struct in_ifaddr *
first_secondary(const struct in_device *in_dev, const struct in_ifaddr *primary)
{
	struct in_ifaddr *a = in_dev->ifa_list;

	while (a != NULL && (!(a->ifa_flags & IFA_SECONDARY) || !same_subnet(a, primary)))
		a = a->ifa_next;
	return a;
}

/* @p heir, a copy of the secondary @p sec, takes the place of @p primary. The list is in its new
 * order before anybody hears of it, and at no moment without an address of the subnet. */
static void
promote(struct in_ifaddr *primary, struct in_ifaddr *sec, struct in_ifaddr *heir) CTL_ONLY
{
	struct in_device *in_dev = primary->ifa_dev;

	heir->ifa_flags &= ~IFA_SECONDARY;
	link_ifa(primary_place(in_dev, heir->ifa_scope), heir);
	rcu_assign_pointer(*link_of(in_dev, sec), sec->ifa_next);
	netdev_free_rcu(&sec->rcu);
	unlink_ifa(primary);
	notifier_call(&inetaddr_chain, INETADDR_ADD, heir);
}

static int
del_primary(struct in_device *in_dev, struct in_ifaddr *primary) CTL_ONLY
{
	struct in_ifaddr *sec = first_secondary(in_dev, primary), *heir;

	if (sec != NULL && IN_DEV_ORCONF(in_dev, promote_secondaries)) {
		heir = inet_addr_copy(sec);
		if (heir == NULL)
			return -ENOMEM;
		promote(primary, sec, heir);
		return 0;
	}
	for (; sec != NULL; sec = first_secondary(in_dev, primary))
		unlink_ifa(sec);
	unlink_ifa(primary);
	return 0;
}

int
inet_addr_del_ifa(struct in_ifaddr *ifa)
{
	struct in_device *in_dev = ifa->ifa_dev;
	int rc = 0;

	if (ifa->ifa_flags & (IFA_SECONDARY | IFA_TENTATIVE))
		unlink_ifa(ifa);
	else
		rc = del_primary(in_dev, ifa);
	netdev_rx_off(in_dev->dev, NETDEV_RXF_NO_IP, in_dev->ifa_list == NULL);
	return rc;
}

int
inet_addr_del(struct net_device *dev, rte_be32_t local, uint8_t prefixlen)
{
	struct in_ifaddr *a;

	for_each_addr(a, dev) if (a->ifa_local == local &&
				  a->ifa_prefixlen == prefixlen) return inet_addr_del_ifa(a);
	return -EADDRNOTAVAIL;
}

unsigned int
inet_addr_flush(struct net_device *dev)
{
	struct in_ifaddr *last;
	unsigned int n = 0;

	/* Secondaries first, from the end: nobody is promoted on the way out. */
	for (; (last = inet_addr_first_any(dev)) != NULL; n++) {
		while (inet_addr_next_any(last) != NULL)
			last = inet_addr_next_any(last);
		unlink_ifa(last);
	}
	netdev_rx_off(dev, NETDEV_RXF_NO_IP, true);
	return n;
}

void
inet_addr_rename(struct in_device *in_dev, const char *old)
{
	size_t n = strlen(old);
	struct in_ifaddr *a;

	/* Labels are for showing, on the control thread: the one field changed in place. */
	for_each_addr(a, in_dev->dev)
	{
		char label[2 * IFNAMSIZ];

		if (strncmp(a->ifa_label, old, n) != 0)
			continue;
		snprintf(label, sizeof(label), "%s%s", in_dev->dev->name, a->ifa_label + n);
		memcpy(a->ifa_label, label, IFNAMSIZ - 1);
		a->ifa_label[IFNAMSIZ - 1] = '\0';
	}
}
