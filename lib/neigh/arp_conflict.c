/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <string.h>
#include "core/log.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "neigh/acd.h"
#include "neigh/neigh_priv.h"

/* RFC 5227 2.4: somebody else uses an address of ours. Told to whoever listens, remembered for
 * `show arp conflicts`, and answered by an announcement now and then, as 2.4 (c) has it for those
 * whose address others rely on. */

LOG_MODULE(arp_conflict);

#define REMEMBERED 64 /* the oldest gives way */

struct notifier_chain arp_conflict_chain = NOTIFIER_CHAIN("arp_conflict");
static struct arp_conflict conflicts[REMEMBERED];
static unsigned int n_conflicts;

const struct arp_conflict *
arp_conflict_at(unsigned int i)
{
	return i < n_conflicts ? &conflicts[i] : NULL;
}

/* The record of this address, or the one that gives way to it, empty. */
static CTL_ONLY struct arp_conflict *
record_of(struct net_device *dev, rte_be32_t addr)
{
	struct arp_conflict *oldest = &conflicts[0];

	for (unsigned int i = 0; i < n_conflicts; i++) {
		struct arp_conflict *c = &conflicts[i];

		if (c->dev == dev && c->addr == addr)
			return c;
		if (c->seen_ms < oldest->seen_ms)
			oldest = c;
	}
	if (n_conflicts < REMEMBERED)
		oldest = &conflicts[n_conflicts++];
	*oldest = (struct arp_conflict){ .dev = dev, .addr = addr };
	return oldest;
}

static CTL_ONLY void
defend(struct arp_conflict *c)
{
	bool lately = c->defended_ms != 0 && c->seen_ms - c->defended_ms < ACD_DEFEND_INTERVAL_MS;

	if (neigh_parms_get(c->dev)->arp_defend == 0 || lately ||
	    !inet_ifa_is_local(in_dev_get_rcu(c->dev), c->addr))
		return; /* an address of another device is not in use on this LAN */
	c->defended_ms = c->seen_ms;
	arp_count(ARP_CNT_DEFENDED);
	arp_announce_addr(c->dev, c->addr);
}

void
arp_conflict_seen(struct net_device *dev, rte_be32_t addr, const struct rte_ether_addr *sha)
{
	static struct log_ratelimit rl = LOG_RATELIMIT(3, ACD_DEFEND_INTERVAL_MS);
	char text[INET_ADDRSTRLEN];
	struct arp_conflict *c;

	if (dev_get_by_mac(sha) != NULL)
		return; /* another port of ours on the same LAN */
	c = record_of(dev, addr);
	c->lladdr = *sha;
	c->count++;
	c->seen_ms = RTE_MAX(clock_ms(), UINT64_C(1));
	arp_count(ARP_CNT_CONFLICTS);
	log_warn_limited(&rl, "%s: " RTE_ETHER_ADDR_PRT_FMT " uses our address %s", dev->name,
			 RTE_ETHER_ADDR_BYTES(sha), inet_ntop(AF_INET, &addr, text, sizeof(text)));
	defend(c);
	notifier_call(&arp_conflict_chain, 1, c);
}

void
arp_conflict_forget(const struct net_device *dev)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n_conflicts; i++)
		if (dev != NULL && conflicts[i].dev != dev)
			conflicts[kept++] = conflicts[i];
	n_conflicts = kept;
}
