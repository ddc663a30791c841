/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/msg.h"
#include "netdev/netdev.h"
#include "neigh/neigh_priv.h"

/*
 * Proxy ARP: the entries of `ip neigh add proxy`, as the control thread keeps them and as workers
 * look them up, and the answers that wait. An answer waits a random time below proxy_delay, so that
 * the host itself, or the best of several proxies, comes first.
 */

struct arp_proxies *arp_proxies;
int neigh_msg_proxy = -1;

static struct neigh_proxy *entries; /* in order of address, length, device */
static unsigned int n_entries;

/* An answer that waits. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	uint64_t due_ms;
	struct net_device *dev;
	rte_be32_t sip, tip;
	struct rte_ether_addr sha;
};
static TAILQ_HEAD(waiting_head,
		  waiting) queue = TAILQ_HEAD_INITIALIZER(queue); /* who is due first, first */
static struct ctl_timer timer;

/* --- entries --- */

static int
compare(const struct neigh_proxy *a, const struct neigh_proxy *b)
{
	uint32_t x = rte_be_to_cpu_32(a->addr), y = rte_be_to_cpu_32(b->addr);
	int i = a->dev != NULL ? a->dev->ifindex : 0, j = b->dev != NULL ? b->dev->ifindex : 0;

	if (x != y)
		return x < y ? -1 : 1;
	return a->plen != b->plen ? a->plen - b->plen : i - j;
}

/* Where @p key is (*found), or belongs. */
static CTL_ONLY unsigned int
place_of(const struct neigh_proxy *key, bool *found)
{
	unsigned int lo = 0, hi = n_entries;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (compare(&entries[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo < n_entries && compare(&entries[lo], key) == 0;
	return lo;
}

static void
free_proxies(struct rcu_head *head)
{
	free(container_of(head, struct arp_proxies, rcu));
}

/* The entries but @p without (n_entries: all), as workers see them. NULL: no memory. */
static CTL_ONLY struct arp_proxies *
build(unsigned int without)
{
	uint32_t size = 16;
	struct arp_proxies *p;

	while (size < n_entries * 2)
		size *= 2;
	p = calloc(1, sizeof(*p) + size * sizeof(p->slot[0]));
	if (p == NULL)
		return NULL;
	p->mask = size - 1;
	for (unsigned int i = 0; i < n_entries; i++) {
		const struct neigh_proxy *e = &entries[i];
		uint32_t h = arp_proxy_hash(e->addr, e->plen);

		if (i == without)
			continue;
		while (p->slot[h & p->mask].used)
			h++;
		p->slot[h & p->mask] = (struct arp_proxy_slot){
			.addr = e->addr,
			.ifindex = (int16_t)(e->dev != NULL ? e->dev->ifindex : 0),
			.plen = e->plen,
			.used = true,
		};
		p->plens |= UINT64_C(1) << e->plen;
	}
	return p;
}

static CTL_ONLY void
publish(struct arp_proxies *fresh)
{
	struct arp_proxies *old = arp_proxies;

	rcu_assign_pointer(arp_proxies, fresh);
	if (old != NULL)
		rcu_defer(&old->rcu, free_proxies);
}

static CTL_ONLY void
remove_at(unsigned int i)
{
	n_entries--;
	memmove(&entries[i], &entries[i + 1], (n_entries - i) * sizeof(entries[0]));
}

bool
neigh_proxy_may_be(rte_be32_t addr, uint8_t plen)
{
	uint32_t ip = rte_be_to_cpu_32(addr);

	if (plen == 0)
		return ip == 0;
	return plen <= 32 && (plen == 32 || (ip & (UINT32_MAX >> plen)) == 0) &&
	       neigh_may_be(addr) && ip >> 24 != 127;
}

int
neigh_proxy_add(rte_be32_t addr, uint8_t plen, struct net_device *dev)
{
	struct neigh_proxy key = { .addr = addr, .dev = dev, .plen = plen };
	struct arp_proxies *fresh;
	unsigned int at;
	bool found;

	if (!neigh_proxy_may_be(addr, plen))
		return -EINVAL;
	at = place_of(&key, &found);
	if (found)
		return -EEXIST;
	if (n_entries == NEIGH_PROXY_MAX)
		return -ENOSPC;
	memmove(&entries[at + 1], &entries[at], (n_entries - at) * sizeof(entries[0]));
	entries[at] = key;
	n_entries++;
	fresh = build(n_entries);
	if (fresh == NULL) {
		remove_at(at);
		return -ENOMEM;
	}
	publish(fresh);
	return 0;
}

int
neigh_proxy_del(rte_be32_t addr, uint8_t plen, const struct net_device *dev)
{
	const struct neigh_proxy *e = neigh_proxy_find(addr, plen, dev);
	struct arp_proxies *fresh = NULL;

	if (e == NULL)
		return -ENOENT;
	if (n_entries > 1 && (fresh = build((unsigned int)(e - entries))) == NULL)
		return -ENOMEM;
	remove_at((unsigned int)(e - entries));
	publish(fresh);
	return 0;
}

struct neigh_proxy *
neigh_proxy_find(rte_be32_t addr, uint8_t plen, const struct net_device *dev)
{
	struct neigh_proxy key = { .addr = addr,
				   .dev = (struct net_device *)(uintptr_t)dev,
				   .plen = plen };
	bool found;
	unsigned int at = place_of(&key, &found);

	return found ? &entries[at] : NULL;
}

const struct neigh_proxy *
neigh_proxy_at(unsigned int i)
{
	return i < n_entries ? &entries[i] : NULL;
}

/* --- answers that wait --- */

static CTL_ONLY void
answer(const struct waiting *a)
{
	arp_count(ARP_CNT_PROXIED);
	arp_send(ARP_OP_REPLY, a->dev, a->tip, a->sip, &a->sha, &a->sha);
}

static CTL_ONLY void
arm(void)
{
	const struct waiting *first = TAILQ_FIRST(&queue);
	uint64_t now = clock_ms();

	if (first == NULL)
		timer_del(&timer);
	else
		timer_mod(&timer, first->due_ms > now ? first->due_ms - now : 0);
}

static CTL_ONLY void
on_due(struct ctl_timer *t)
{
	uint64_t now = clock_ms();
	struct waiting *a;

	(void)t;
	while ((a = TAILQ_FIRST(&queue)) != NULL && a->due_ms <= now) {
		TAILQ_REMOVE(&queue, a, link);
		neigh_dev_get(a->dev)->n_proxied--;
		answer(a);
		free(a);
	}
	arm();
}

static CTL_ONLY void
enqueue(struct waiting *a, uint64_t due_ms)
{
	struct waiting *before = TAILQ_LAST(&queue, waiting_head);

	a->due_ms = due_ms;
	while (before != NULL && before->due_ms > due_ms)
		before = TAILQ_PREV(before, waiting_head, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&queue, before, a, link);
	else
		TAILQ_INSERT_HEAD(&queue, a, link);
	arm();
}

/* A worker decided that this request is to be answered for another. */
static CTL_ONLY void
on_proxy(struct ctl_msg *msg)
{
	struct net_device *dev = dev_get_by_index(msg->arg);
	struct neigh_dev *nd = dev != NULL ? neigh_dev_get(dev) : NULL;
	struct sk_buff *skb = msg->pkt;
	const struct arp_eth_ip *arp = (const struct arp_eth_ip *)skb_data(skb);
	struct waiting *a,
		now = { .dev = dev, .sip = arp->ar_sip, .tip = arp->ar_tip, .sha = arp->ar_sha };
	enum drop_reason why = DROP_MAX;

	role_borrow_dp();
	skb->dev = dev;
	if (nd == NULL) {
		why = DROP_NETDEV_GONE;
	} else if (nd->p.proxy_delay == 0 || skb->pkt_type == PACKET_HOST) {
		answer(&now);
	} else if (nd->n_proxied >= (uint32_t)nd->p.proxy_qlen ||
		   (a = malloc(sizeof(*a))) == NULL) {
		why = DROP_ARP_PROXY_FULL;
	} else {
		*a = now;
		nd->n_proxied++;
		enqueue(a, clock_ms() +
				   worker_rand(worker_ctl()) % ((uint32_t)nd->p.proxy_delay * 10));
	}
	if (why == DROP_MAX)
		consume_skb(worker_ctl(), skb);
	else
		kfree_skb_reason(worker_ctl(), skb, why);
}

/* --- start, devices that go, end --- */

static CTL_ONLY void
forget_waiting(const struct net_device *dev)
{
	struct waiting *a, *next;

	for (a = TAILQ_FIRST(&queue); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (dev != NULL && a->dev != dev)
			continue;
		TAILQ_REMOVE(&queue, a, link);
		free(a);
	}
	arm();
}

void
arp_proxy_forget(const struct net_device *dev)
{
	unsigned int before = n_entries;

	for (unsigned int i = n_entries; i-- > 0;)
		if (entries[i].dev == dev)
			remove_at(i);
	if (n_entries < before) /* without memory: none is better than one of a device that went */
		publish(n_entries > 0 ? build(n_entries) : NULL);
	forget_waiting(dev);
}

int
arp_proxy_init(void)
{
	entries = calloc(NEIGH_PROXY_MAX + 1, sizeof(entries[0]));
	if (entries == NULL)
		return -ENOMEM;
	timer_setup(&timer, on_due);
	neigh_msg_proxy = msg_register(MSG_ARP, "proxy", on_proxy);
	return neigh_msg_proxy;
}

void
arp_proxy_fini(void)
{
	if (entries == NULL)
		return;
	forget_waiting(NULL);
	publish(NULL);
	free(entries);
	entries = NULL;
	n_entries = 0;
}
