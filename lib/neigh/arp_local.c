/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <rte_common.h>
#include "core/log.h"
#include "netdev/inetdev.h"
#include "neigh/neigh_priv.h"

/* The addresses that workers answer ARP for: a hash made anew at each change. */

LOG_MODULE(arp_local);

struct arp_locals *
arp_locals_alloc(unsigned int n)
{
	uint32_t size = 16;
	struct arp_locals *l;

	while (size < n * 2)
		size *= 2;
	l = calloc(1, sizeof(*l) + size * sizeof(l->slot[0]));
	if (l != NULL)
		l->mask = size - 1;
	return l;
}

void
arp_locals_insert(struct arp_locals *l, rte_be32_t addr, uint8_t scope)
{
	uint32_t i = arp_local_hash(addr);
	struct arp_local *e;

	for (e = &l->slot[i & l->mask]; e->addr != 0; e = &l->slot[++i & l->mask])
		if (e->addr == addr) {
			e->scope = RTE_MIN(e->scope, scope);
			return;
		}
	e->addr = addr;
	e->scope = scope;
}

static void
locals_free(struct rcu_head *head)
{
	free(container_of(head, struct arp_locals, rcu));
}

void
arp_locals_publish(struct arp_locals **where, struct arp_locals *fresh)
{
	struct arp_locals *old = *where;

	rcu_assign_pointer(*where, fresh);
	if (old != NULL)
		rcu_defer(&old->rcu, locals_free);
}

/* All addresses of all devices, as the local routes: they stay ours while a device is down (RFC
 * 1122 3.3.4.2, weak host model). */
void
arp_locals_rebuild(void)
{
	struct arp_locals *l;
	unsigned int n = 0;

	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		for (struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
			n++;
	l = arp_locals_alloc(n);
	if (l == NULL) {
		log_err("no memory: ARP goes on answering for the addresses before this change");
		return;
	}
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		for (struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
			arp_locals_insert(l, a->ifa_local, a->ifa_scope);
	arp_locals_publish(&arp_locals, l);
}

void
arp_locals_free(void)
{
	arp_locals_publish(&arp_locals, NULL);
}
