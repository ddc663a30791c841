/* SPDX-License-Identifier: BSD-3-Clause */
/* Lifetimes of addresses: one is deprecated when its preferred time is over, and goes when it is
 * valid no more. */
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_priv.h"

#define LOOK_MAX_MS   3600000 /* the clock is looked at once an hour at least */
#define LOOK_RETRY_MS 1000    /* what could not be done for want of memory */

static struct ctl_timer look;

static uint64_t
until_ms(uint32_t seconds)
{
	return seconds == LIFETIME_FOREVER ? 0 : clock_ms() + seconds * UINT64_C(1000);
}

void
inet_lifetime_set(struct in_ifaddr *ifa, const struct inet_addr_spec *s)
{
	bool set = s->lifetime_set;

	ifa->valid_until_ms = set ? until_ms(s->valid_s) : 0;
	ifa->preferred_until_ms = set ? until_ms(s->preferred_s) : 0;
	ifa->ifa_flags &= ~(IFA_PERMANENT | IFA_DEPRECATED);
	if (ifa->valid_until_ms == 0)
		ifa->ifa_flags |= IFA_PERMANENT;
	if (set && s->preferred_s == 0)
		ifa->ifa_flags |= IFA_DEPRECATED;
}

static bool
is_over(uint64_t until, uint64_t now)
{
	return until != 0 && until <= now;
}

/* When something happens to @p ifa next, UINT64_MAX: never. */
static uint64_t
next_of(const struct in_ifaddr *ifa)
{
	uint64_t next = UINT64_MAX;

	if (ifa->valid_until_ms != 0)
		next = ifa->valid_until_ms;
	if (ifa->preferred_until_ms != 0 && !(ifa->ifa_flags & IFA_DEPRECATED))
		next = RTE_MIN(next, ifa->preferred_until_ms);
	return next;
}

void
inet_lifetime_arm(void)
{
	uint64_t now = clock_ms(), next = UINT64_MAX;
	struct in_ifaddr *a;

	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		for_each_addr(a, d) next = RTE_MIN(next, next_of(a));
	if (next == UINT64_MAX)
		timer_del(&look);
	else
		timer_mod(&look,
			  next <= now ? LOOK_RETRY_MS : RTE_MIN(next - now, (uint64_t)LOOK_MAX_MS));
}

static bool
deprecate(struct in_ifaddr *ifa) CTL_ONLY
{
	struct in_ifaddr *copy = inet_addr_copy(ifa);

	if (copy == NULL)
		return false;
	copy->ifa_flags |= IFA_DEPRECATED;
	inet_addr_swap(ifa, copy);
	return true;
}

/* One change is made; the list is another then. False: nothing is due, or there is no memory for
 * it, and it waits for the next look at the clock. */
static bool
look_at(struct net_device *dev, uint64_t now) CTL_ONLY
{
	struct in_ifaddr *a;

	for_each_addr(a, dev)
	{
		if (is_over(a->valid_until_ms, now))
			return inet_addr_del_ifa(a) == 0;
		if (is_over(a->preferred_until_ms, now) && !(a->ifa_flags & IFA_DEPRECATED))
			return deprecate(a);
	}
	return false;
}

static void
on_look(struct ctl_timer *self)
{
	uint64_t now = clock_ms();

	role_enter_ctl();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		while (look_at(d, now))
			continue;
	inet_lifetime_arm();
}

void
inet_lifetime_init(void)
{
	timer_setup(&look, on_look);
}

void
inet_lifetime_fini(void)
{
	timer_del(&look);
}
