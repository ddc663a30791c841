/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "neigh/acd.h"
#include "neigh/arp_probe.h"
#include "neigh/neigh_priv.h"

/* Addresses that are probed before they are used (RFC 5227 2.1): the engine of acd.c on timers, ARP
 * and the list of tentative addresses. */

LOG_MODULE(arp_probe);

struct probing {
	struct probing *next;
	struct net_device *dev;
	rte_be32_t addr;
	struct acd acd;
	struct ctl_timer timer;
};
static struct probing *probings;
static uint32_t seed;
struct arp_locals *arp_tentative;

static struct probing *
find(const struct net_device *dev, rte_be32_t addr)
{
	struct probing *p = probings;

	while (p != NULL && (p->dev != dev || p->addr != addr))
		p = p->next;
	return p;
}

static CTL_ONLY void
publish(void)
{
	struct arp_locals *l = NULL;
	unsigned int n = 0;

	for (const struct probing *p = probings; p != NULL; p = p->next)
		n++;
	if (n > 0 && (l = arp_locals_alloc(n)) == NULL) {
		log_err("no memory: conflicts of addresses that are probed may be missed");
		return;
	}
	for (const struct probing *p = probings; p != NULL; p = p->next)
		arp_locals_insert(l, p->addr, SCOPE_UNIVERSE);
	arp_locals_publish(&arp_tentative, l);
}

static CTL_ONLY void
forget(struct probing *p)
{
	struct probing **at = &probings;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	timer_del(&p->timer);
	free(p);
	publish();
}

/* The waits are random, but those of a device the same for all its addresses: they end in the order
 * in which they began, and the first of a subnet becomes its primary. */
static uint32_t
draw(const struct probing *p)
{
	uint32_t h = seed ^ (uint32_t)p->dev->ifindex << 8 ^ p->acd.sent;

	h = (h ^ h >> 16) * UINT32_C(0x7feb352d);
	h = (h ^ h >> 15) * UINT32_C(0x846ca68b);
	return h ^ h >> 16;
}

static CTL_ONLY void
run(struct probing *p, enum acd_event ev)
{
	struct net_device *dev = p->dev;
	rte_be32_t addr = p->addr;
	uint64_t now = clock_ms();
	unsigned int act = acd_event(&p->acd, ev, now, draw(p));

	if (p->acd.due_ms != 0) /* from one reading of the clock, or a later one might end first */
		timer_mod(&p->timer, p->acd.due_ms - now);
	else
		timer_del(&p->timer);
	if (act & ACD_A_PROBE) {
		arp_count(ARP_CNT_OUT_PROBES);
		arp_send(ARP_OP_REQUEST, dev, 0, addr, NULL, NULL); /* 2.1.1: sender 0.0.0.0 */
	}
	if (act & ACD_A_FAIL)
		inet_addr_dad_failed(dev, addr);
	if (act & ACD_A_USE)
		inet_addr_accept(dev, addr);
	if (act & ACD_A_ANNOUNCE)
		arp_announce_addr(dev, addr);
	if (p->acd.state == ACD_USED)
		forget(p);
}

static void
on_timer(struct ctl_timer *t)
{
	role_enter_ctl();
	run(container_of(t, struct probing, timer), ACD_EV_TIMER);
}

static bool
has_link(const struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev);
}

static CTL_ONLY void
begin(struct net_device *dev, rte_be32_t addr)
{
	struct probing *p = find(dev, addr);

	if (p != NULL) /* the same address once more, with another length */
		return;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		log_err("%s: no memory to probe for an address: it is used at once", dev->name);
		inet_addr_accept(dev, addr);
		return;
	}
	p->dev = dev;
	p->addr = addr;
	p->next = probings;
	probings = p;
	timer_setup(&p->timer, on_timer);
	publish();
	if (has_link(dev))
		run(p, ACD_EV_LINK);
}

bool
arp_probe_heard(struct net_device *dev, rte_be32_t addr, const struct rte_ether_addr *sha)
{
	struct probing *p = find(dev, addr);

	if (p == NULL || !inet_addr_is_tentative(dev, addr))
		return false;
	if (p->acd.state == ACD_PROBING && dev_get_by_mac(sha) == NULL)
		run(p, ACD_EV_CONFLICT);
	return true;
}

bool
arp_probe_announces(const struct net_device *dev, rte_be32_t addr)
{
	return find(dev, addr) != NULL;
}

/* --- events --- */

static CTL_ONLY int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;
	struct net_device *dev = ifa->ifa_dev->dev;
	struct probing *p = find(dev, ifa->ifa_local);

	(void)self;
	if (event == INETADDR_TENTATIVE)
		begin(dev, ifa->ifa_local);
	else if (p != NULL && (event == INETADDR_DEL || event == INETADDR_FORGET) &&
		 !inet_addr_is_tentative(dev, ifa->ifa_local) &&
		 !inet_ifa_is_local(dev->ip_ptr, ifa->ifa_local))
		forget(p);
	return NOTIFY_OK;
}

static CTL_ONLY int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	(void)self;
	if (event != NETDEV_UP && event != NETDEV_DOWN && event != NETDEV_CARRIER)
		return NOTIFY_OK;
	/* None is forgotten by this: only one that is announced gets there. */
	for (struct probing *p = probings; p != NULL; p = p->next)
		if (p->dev == dev)
			run(p, has_link(dev) ? ACD_EV_LINK : ACD_EV_NOLINK);
	return NOTIFY_OK;
}

static struct notifier inetaddr_listener = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_NEIGH };
static struct notifier netdev_listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH };

void
arp_probe_init(void)
{
	role_borrow_dp();
	seed = (uint32_t)worker_rand(worker_ctl());
	notifier_add(&inetaddr_chain, &inetaddr_listener);
	notifier_add(&netdev_chain, &netdev_listener);
}

void
arp_probe_fini(void)
{
	notifier_del(&inetaddr_chain, &inetaddr_listener);
	notifier_del(&netdev_chain, &netdev_listener);
	while (probings != NULL)
		forget(probings);
}
