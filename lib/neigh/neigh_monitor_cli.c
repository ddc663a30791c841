/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor neigh: also the questions to a resolver outside (app_solicit), and conflicts (RFC
 * 5227). */
#include <arpa/inet.h>
#include <stdio.h>
#include "ctl/monitor.h"
#include "netdev/netdev.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"

static struct monitor_source source;

static json_t *
entry_json(struct cli_ctx *c, const void *obj)
{
	role_enter_ctl();
	return neigh_cli_json(c, (struct neighbour *)(uintptr_t)obj, true);
}

static int
on_neigh(struct notifier *self, unsigned int event, void *obj)
{
	static const char *const what[] = {
		[NEIGH_DELETE] = "deleted", [NEIGH_FORGET] = "deleted", [NEIGH_APP_SOLICIT] = "miss"
	};

	(void)self;
	role_enter_ctl();
	if (event != NEIGH_CREATE && neigh_is_known(obj)) /* as in Linux: not before it is */
		monitor_tell(&source, what[event], entry_json, obj);
	return NOTIFY_OK;
}

/* Who has the address, as a neighbour would be told of. */
static json_t *
conflict_json(struct cli_ctx *c, const void *obj)
{
	const struct arp_conflict *f = obj;
	char ip[INET_ADDRSTRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];

	(void)c;
	inet_ntop(AF_INET, &f->addr, ip, sizeof(ip));
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 RTE_ETHER_ADDR_BYTES(&f->lladdr));
	return json_pack("{s:s, s:s, s:s}", "dst", ip, "dev", f->dev->name, "lladdr", mac);
}

static int
on_conflict(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	(void)event;
	role_enter_ctl();
	monitor_tell(&source, "conflict", conflict_json, obj);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_neigh, .prio = NOTIFIER_PRIO_MONITOR };
static struct notifier conflicts = { .fn = on_conflict, .prio = NOTIFIER_PRIO_MONITOR };

static void
listen_neighbours(bool on)
{
	role_enter_ctl();
	if (on) {
		notifier_add(&neigh_chain, &listener);
		notifier_add(&arp_conflict_chain, &conflicts);
	} else {
		notifier_del(&neigh_chain, &listener);
		notifier_del(&arp_conflict_chain, &conflicts);
	}
}

static struct monitor_source source = { "neigh", listen_neighbours, neigh_cli_text, NULL };

void
neigh_monitor_register(void)
{
	monitor_register(&source);
}
