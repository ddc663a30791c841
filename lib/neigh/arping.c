/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "core/timer.h"
#include "neigh/arp_proto.h"
#include "neigh/arping.h"
#include "netdev/netdev.h"

static struct arping *runs;

static CTL_ONLY void
finish(struct arping *a, int rc)
{
	struct arping **at = &runs;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	timer_del(&a->timer);
	a->ops->done(a, rc);
	free(a);
}

static CTL_ONLY void
send_one(struct arping *a, struct net_device *dev)
{
	bool unicast = a->known && !a->spec.broadcast;
	const struct rte_ether_addr *to = unicast ? &a->ha : NULL;

	a->stats.sent++;
	a->stats.broadcasts += !unicast;
	a->sent_us = clock_us();
	arp_send(a->spec.mode == ARPING_REPLY ? ARP_OP_REPLY : ARP_OP_REQUEST, dev, a->spec.src,
		 a->spec.dst, to, to);
}

static void
on_timer(struct ctl_timer *t)
{
	struct arping *a = container_of(t, struct arping, timer);
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_index(a->ifindex);
	if (dev == NULL || !netif_running(dev)) {
		finish(a, dev == NULL ? -ENODEV : -ENETDOWN);
		return;
	}
	if (a->stats.sent >= a->spec.count ||
	    (a->spec.deadline_ms != 0 && clock_ms() - a->start_ms >= a->spec.deadline_ms)) {
		finish(a, 0);
		return;
	}
	send_one(a, dev);
	timer_mod(&a->timer, a->spec.interval_ms);
}

void
arping_heard(const struct net_device *dev, rte_be32_t sip, const struct rte_ether_addr *sha)
{
	struct arping *a, *next;

	for (a = runs; a != NULL; a = next) {
		next = a->next;
		if (a->ifindex != dev->ifindex || a->spec.dst != sip || a->stats.sent == 0 ||
		    a->spec.mode == ARPING_REQUEST || a->spec.mode == ARPING_REPLY)
			continue;
		a->stats.received++;
		a->ha = *sha;
		a->known = true;
		a->ops->event(a, sha, clock_us() - a->sent_us);
		/* one answer settles whether the address is taken */
		if (a->spec.first || a->spec.mode == ARPING_DAD || a->stats.sent >= a->spec.count)
			finish(a, 0);
	}
}

struct arping *
arping_start(const struct arping_spec *spec, const struct arping_ops *ops, void *arg)
{
	struct arping *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->spec = *spec;
	a->ops = ops;
	a->arg = arg;
	a->ifindex = spec->dev->ifindex;
	a->start_ms = clock_ms();
	a->next = runs;
	runs = a;
	timer_setup(&a->timer, on_timer);
	timer_mod(&a->timer, 0);
	return a;
}

void
arping_stop(struct arping *a)
{
	finish(a, 0);
}
