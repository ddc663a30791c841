/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of a device's IPv4 addresses: order, primaries and secondaries, lifetimes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_priv.h"

#define EXPIRY_MAX_MS	3600000 /* the clock is looked at once an hour at least */
#define EXPIRY_RETRY_MS 1000	/* what could not be deleted for want of memory */

struct notifier_chain inetaddr_chain = NOTIFIER_CHAIN("inetaddr");
static struct ctl_timer expiry;

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

struct net_device *
ip_dev_find(rte_be32_t addr)
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (d->ip_ptr != NULL && inet_ifa_is_local(d->ip_ptr, addr))
			return d;
	return NULL;
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

static void
set_lifetimes(struct in_ifaddr *ifa, const struct inet_addr_spec *s)
{
	ifa->valid_until_ms = s->valid_s != 0 ? clock_ms() + s->valid_s * UINT64_C(1000) : 0;
	ifa->preferred_until_ms =
		s->preferred_s != 0 ? clock_ms() + s->preferred_s * UINT64_C(1000) : 0;
	if (s->valid_s == 0)
		ifa->ifa_flags |= IFA_PERMANENT;
	else
		ifa->ifa_flags &= ~IFA_PERMANENT;
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
new_ifa(struct net_device *dev, const struct inet_addr_spec *s)
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
	set_lifetimes(ifa, s);
	return ifa;
}

/* --- lifetimes --- */

static void
arm_expiry(void) CTL_ONLY
{
	uint64_t now = clock_ms(), next = UINT64_MAX;

	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		for (struct in_ifaddr *a = inet_addr_first(d); a != NULL; a = a->ifa_next)
			if (a->valid_until_ms != 0)
				next = RTE_MIN(next, a->valid_until_ms);
	if (next == UINT64_MAX)
		timer_del(&expiry);
	else
		timer_mod(&expiry, next <= now ? EXPIRY_RETRY_MS
					       : RTE_MIN(next - now, (uint64_t)EXPIRY_MAX_MS));
}

static bool
expire_one(struct net_device *dev) CTL_ONLY
{
	uint64_t now = clock_ms();

	for (struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
		if (a->valid_until_ms != 0 && a->valid_until_ms <= now) {
			/* No memory for the heir: it goes at the next look at the clock. */
			return inet_addr_del(dev, a->ifa_local, a->ifa_prefixlen) == 0;
		}
	return false;
}

static void
on_expiry(struct ctl_timer *self)
{
	role_enter_ctl();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		while (expire_one(d))
			continue;
	arm_expiry();
}

void
inet_addr_init(void)
{
	timer_setup(&expiry, on_expiry);
}

void
inet_addr_fini(void)
{
	timer_del(&expiry);
}

/* --- adding --- */

static int
check_spec(const struct net_device *dev, const struct inet_addr_spec *s)
{
	if (dev->ip_ptr == NULL || s->prefixlen > 32 || !is_host_address(dev, s->local) ||
	    (s->peer != 0 && !is_host_address(dev, s->peer)))
		return -EINVAL;
	if (s->valid_s != 0 && (s->preferred_s == 0 || s->preferred_s > s->valid_s))
		return -EINVAL; /* preferred for longer than it is valid */
	return s->label[0] != '\0' && !label_ok(dev, s->label) ? -ERANGE : 0;
}

/*
 * Where @p ifa goes: a primary behind the last one of its scope or a narrower one, a secondary
 * (which it becomes when an address of its subnet is there) at the end: Linux's order, which
 * decides what inet_select_addr() finds first.
 */
static int
find_place(struct in_device *in_dev, struct in_ifaddr *ifa, struct in_ifaddr ***place)
{
	struct in_ifaddr **last_primary = &in_dev->ifa_list, **at, *a;

	for (at = &in_dev->ifa_list; (a = *at) != NULL; at = &a->ifa_next) {
		if (!(a->ifa_flags & IFA_SECONDARY) && ifa->ifa_scope <= a->ifa_scope)
			last_primary = &a->ifa_next;
		if (a->ifa_mask != ifa->ifa_mask || !inet_ifa_match(ifa->ifa_address, a))
			continue;
		if (a->ifa_local == ifa->ifa_local)
			return -EEXIST;
		if (a->ifa_scope != ifa->ifa_scope)
			return -EINVAL;
		ifa->ifa_flags |= IFA_SECONDARY;
	}
	*place = ifa->ifa_flags & IFA_SECONDARY ? at : last_primary;
	return 0;
}

static void
link_ifa(struct in_ifaddr **place, struct in_ifaddr *ifa)
{
	ifa->ifa_next = *place;
	rcu_assign_pointer(*place, ifa);
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
	link_ifa(place, ifa);
	netdev_rx_off(dev, NETDEV_RXF_NO_IP, false);
	if (ifa->valid_until_ms != 0)
		arm_expiry();
	notifier_call(&inetaddr_chain, INETADDR_ADD, ifa);
	return 0;
}

int
inet_addr_add(struct net_device *dev, const struct inet_addr_spec *spec)
{
	int rc = check_spec(dev, spec);

	return rc != 0 ? rc : insert(dev, spec);
}

static struct in_ifaddr **
find_ifa(struct in_device *in_dev, rte_be32_t local, uint8_t prefixlen)
{
	struct in_ifaddr **at;

	for (at = &in_dev->ifa_list; *at != NULL; at = &(*at)->ifa_next)
		if ((*at)->ifa_local == local && (*at)->ifa_prefixlen == prefixlen)
			return at;
	return NULL;
}

/* Put a changed copy in the place of *@p at; the old one is retired. Who makes routes hears of
 * another metric as of an address that went and of one that came. */
static void
replace_ifa(struct in_ifaddr **at, struct in_ifaddr *copy) CTL_ONLY
{
	struct in_ifaddr *old = *at;

	copy->ifa_next = old->ifa_next;
	rcu_assign_pointer(*at, copy);
	if (copy->ifa_rt_priority != old->ifa_rt_priority) {
		notifier_call(&inetaddr_chain, INETADDR_DEL, old);
		notifier_call(&inetaddr_chain, INETADDR_ADD, copy);
	}
	netdev_free_rcu(&old->rcu);
}

int
inet_addr_replace(struct net_device *dev, const struct inet_addr_spec *spec)
{
	struct in_ifaddr **at, *copy;
	int rc = check_spec(dev, spec);

	if (rc != 0)
		return rc;
	at = find_ifa(dev->ip_ptr, spec->local, spec->prefixlen);
	if (at == NULL)
		return insert(dev, spec);
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	*copy = **at;
	copy->ifa_rt_priority = spec->metric;
	set_lifetimes(copy, spec);
	replace_ifa(at, copy);
	arm_expiry();
	return 0;
}

/* --- deleting --- */

static void
unlink_ifa(struct in_ifaddr **at) CTL_ONLY
{
	struct in_ifaddr *ifa = *at;

	rcu_assign_pointer(*at, ifa->ifa_next);
	notifier_call(&inetaddr_chain, INETADDR_DEL, ifa);
	netdev_free_rcu(&ifa->rcu);
}

static bool
is_secondary_of(const struct in_ifaddr *a, const struct in_ifaddr *primary)
{
	return a->ifa_flags & IFA_SECONDARY && a->ifa_mask == primary->ifa_mask &&
	       inet_ifa_match(a->ifa_address, primary);
}

static struct in_ifaddr **
first_secondary(struct in_device *in_dev, const struct in_ifaddr *primary)
{
	struct in_ifaddr **at = &in_dev->ifa_list;

	while (*at != NULL && !is_secondary_of(*at, primary))
		at = &(*at)->ifa_next;
	return *at != NULL ? at : NULL;
}

/* Make @p copy, a secondary's, the primary: the old one goes, the new one comes behind the last
 * primary of its scope. Listeners hear of one address that went and of another that came. */
static void
promote(struct in_device *in_dev, struct in_ifaddr *copy) CTL_ONLY
{
	struct in_ifaddr **at = find_ifa(in_dev, copy->ifa_local, copy->ifa_prefixlen);
	struct in_ifaddr **place = &in_dev->ifa_list;

	copy->ifa_flags &= ~IFA_SECONDARY;
	unlink_ifa(at);
	for (at = &in_dev->ifa_list; *at != NULL; at = &(*at)->ifa_next)
		if (!((*at)->ifa_flags & IFA_SECONDARY) && copy->ifa_scope <= (*at)->ifa_scope)
			place = &(*at)->ifa_next;
	link_ifa(place, copy);
	notifier_call(&inetaddr_chain, INETADDR_ADD, copy);
}

static int
del_primary(struct in_device *in_dev, struct in_ifaddr *primary) CTL_ONLY
{
	struct in_ifaddr **sec = first_secondary(in_dev, primary), *heir = NULL;

	if (sec != NULL && IN_DEV_ORCONF(in_dev, promote_secondaries)) {
		heir = malloc(sizeof(*heir));
		if (heir == NULL)
			return -ENOMEM;
		*heir = **sec;
	}
	for (; heir == NULL && sec != NULL; sec = first_secondary(in_dev, primary))
		unlink_ifa(sec);
	unlink_ifa(find_ifa(in_dev, primary->ifa_local, primary->ifa_prefixlen));
	if (heir != NULL)
		promote(in_dev, heir);
	return 0;
}

int
inet_addr_del(struct net_device *dev, rte_be32_t local, uint8_t prefixlen)
{
	struct in_device *in_dev = dev->ip_ptr;
	struct in_ifaddr **at = in_dev != NULL ? find_ifa(in_dev, local, prefixlen) : NULL;
	int rc = 0;

	if (at == NULL)
		return -EADDRNOTAVAIL;
	if ((*at)->ifa_flags & IFA_SECONDARY)
		unlink_ifa(at);
	else
		rc = del_primary(in_dev, *at);
	netdev_rx_off(dev, NETDEV_RXF_NO_IP, in_dev->ifa_list == NULL);
	return rc;
}

unsigned int
inet_addr_flush(struct net_device *dev)
{
	struct in_device *in_dev = dev->ip_ptr;
	unsigned int n = 0;

	/* Secondaries first, from the end: nobody is promoted on the way out. */
	while (in_dev != NULL && in_dev->ifa_list != NULL) {
		struct in_ifaddr **at = &in_dev->ifa_list;

		while ((*at)->ifa_next != NULL)
			at = &(*at)->ifa_next;
		unlink_ifa(at);
		n++;
	}
	netdev_rx_off(dev, NETDEV_RXF_NO_IP, true);
	return n;
}

void
inet_addr_rename(struct in_device *in_dev, const char *old)
{
	size_t n = strlen(old);

	/* Labels are for showing, on the control thread: the one field changed in place. */
	for (struct in_ifaddr *a = in_dev->ifa_list; a != NULL; a = a->ifa_next) {
		char label[2 * IFNAMSIZ];

		if (strncmp(a->ifa_label, old, n) != 0)
			continue;
		snprintf(label, sizeof(label), "%s%s", in_dev->dev->name, a->ifa_label + n);
		memcpy(a->ifa_label, label, IFNAMSIZ - 1);
		a->ifa_label[IFNAMSIZ - 1] = '\0';
	}
}
