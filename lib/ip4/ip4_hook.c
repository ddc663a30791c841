/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is registered at which hook, and which lane packets take because of it. */
#include "ip4/ip4_hook.h"
#include <errno.h>
#include <stdlib.h>
#include "netdev/netdev.h"

/* Packets of the fast lane would pass these unseen. */
#define TRANSIT_POINTS                                                                             \
	(1u << IP4_HOOK_PREROUTING | 1u << IP4_HOOK_FORWARD | 1u << IP4_HOOK_POSTROUTING)

static struct ip4_hook *registered[IP4_HOOK_MAX]; /* in order */

const char *
ip4_hook_name(enum ip4_hook_point at)
{
	static const char *const names[IP4_HOOK_MAX] = {
		[IP4_HOOK_PREROUTING] = "prerouting",	[IP4_HOOK_INPUT] = "input",
		[IP4_HOOK_FORWARD] = "forward",		[IP4_HOOK_OUTPUT] = "output",
		[IP4_HOOK_POSTROUTING] = "postrouting",
	};

	return names[at];
}

/* For a moment a worker may still take the fast lane when it is closed. */
static uint32_t
look_at_none(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t *note)
{
	return UINT32_MAX;
}

static void
went_none(struct worker *w, enum ip4_hook_point at, const struct ip4_transit *t, uint32_t left,
	  const uint32_t *note)
{
}

static const struct ip4_hook_transit none = { .look = look_at_none, .went = went_none };
static const struct ip4_transit_hooks closed = { .n = 1, .h = { { .ask = &none } } };

/* Whom the fast lane asks: NULL when nobody wants to be, &closed when that is not possible. */
static const struct ip4_transit_hooks *
transit_new(void)
{
	struct ip4_transit_hooks t = { .n = 0 }, *copy;

	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++) {
		for (struct ip4_hook *h = registered[at]; h != NULL; h = h->next) {
			if (!(TRANSIT_POINTS >> at & 1))
				break;
			if (h->transit == NULL || t.n == IP4_TRANSIT_MAX)
				return &closed;
			t.h[t.n].at = at;
			t.h[t.n++].ask = h->transit;
		}
	}
	if (t.n == 0)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return &closed;
	*copy = t;
	return copy;
}

static void
free_list(struct rcu_head *head)
{
	free(head);
}

void
ip4_hook_changed(void)
{
	const struct ip4_transit_hooks *old = ip4_transit_hooks, *t = transit_new();

	rcu_assign_pointer(ip4_transit_hooks, t);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		netdev_rx_off(d, NETDEV_RXF_HOOK, t == &closed);
	if (old != NULL && old != &closed)
		rcu_defer((struct rcu_head *)(uintptr_t)&old->rcu, free_list);
}

/* Publish what registered[at] says. 0 or -ENOMEM. */
static int
publish(enum ip4_hook_point at) CTL_ONLY
{
	struct ip4_hook_list *old = ip4_hooks[at], *l = NULL;
	unsigned int n = 0;

	for (struct ip4_hook *h = registered[at]; h != NULL; h = h->next)
		n++;
	if (n > 0) {
		l = calloc(1, sizeof(*l) + (n + 1) * sizeof(l->fn[0]));
		if (l == NULL)
			return -ENOMEM;
		n = 0;
		for (struct ip4_hook *h = registered[at]; h != NULL; h = h->next)
			l->fn[n++] = h->fn;
	}
	rcu_assign_pointer(ip4_hooks[at], l);
	if (old != NULL)
		rcu_defer(&old->rcu, free_list);
	ip4_hook_changed();
	return 0;
}

static void
take_out(struct ip4_hook *h)
{
	struct ip4_hook **p = &registered[h->at];

	while (*p != NULL && *p != h)
		p = &(*p)->next;
	if (*p != NULL)
		*p = h->next;
}

int
ip4_hook_register(struct ip4_hook *h)
{
	struct ip4_hook **p = &registered[h->at];
	int rc;

	while (*p != NULL && (*p)->prio <= h->prio)
		p = &(*p)->next;
	h->next = *p;
	*p = h;
	rc = publish(h->at);
	if (rc != 0)
		take_out(h);
	return rc;
}

/* Stands in for one who left when there was no memory for a shorter list. */
static void
nobody(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
}

void
ip4_hook_unregister(struct ip4_hook *h)
{
	struct ip4_hook_list *l = ip4_hooks[h->at];

	take_out(h);
	if (publish(h->at) == 0)
		return;
	for (ip4_hook_fn *fn = l->fn; *fn != NULL; fn++)
		if (*fn == h->fn)
			__atomic_store_n(fn, nobody, __ATOMIC_RELEASE);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	role_enter_ctl();
	if (event == NETDEV_REGISTER)
		netdev_rx_off(obj, NETDEV_RXF_HOOK, ip4_transit_hooks == &closed);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_FIB };

void
ip4_hook_init(void)
{
	notifier_add(&netdev_chain, &listener);
}

void
ip4_hook_fini(void)
{
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		while (registered[at] != NULL)
			ip4_hook_unregister(registered[at]);
	notifier_del(&netdev_chain, &listener);
}
