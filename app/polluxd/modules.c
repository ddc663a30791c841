/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of modules: what the daemon is made of, in the order of levels. init() runs downwards,
 * fini() upwards; commands and config sections are registered before anything else is started.
 */
#include <errno.h>
#include <string.h>
#include "bridge/br.h"
#include "bridge/br_cfg.h"
#include "core/counter.h"
#include "core/drop.h"
#include "core/held.h"
#include "core/log.h"
#include "core/msg.h"
#include "core/rcu.h"
#include "core/timer.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev.h"
#include "fib/fib.h"
#include "filter/filter.h"
#include "host/host.h"
#include "ip4/ip4.h"
#include "ipip/ipip.h"
#include "loopback/loopback.h"
#include "macvlan/macvlan.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "polluxd/polluxd.h"
#include "sched/sched.h"
#include "skb/skb_dp.h"
#include "vlan/vlan.h"

LOG_MODULE(modules);

enum level {
	LEVEL_CORE,
	LEVEL_PACKET,
	LEVEL_DEVICE,
	LEVEL_NEIGHBOUR,
	LEVEL_ROUTE,
	LEVEL_NETWORK,
	LEVEL_DRIVER,
	LEVEL_SYSTEM
};

struct module {
	enum level level;
	const char *name;
	int (*init)(void);
	void (*fini)(void);
	void (*cli)(void);
	void (*cfg)(void);
};

static int
rcu_start(void)
{
	role_enter_ctl();
	return rcu_init(n_workers);
}

static int
fib_start(void)
{
	role_enter_ctl();
	return fib_init(0, workers[1]->socket);
}

static void
fib_stop(void)
{
	role_enter_ctl();
	fib_cfg_fini();
	fib_fini();
}

#ifndef WITHOUT_BRIDGE
/* The bridge stands below the neighbours, and asks who they are. */
static bool
bridge_neigh_find(rte_be32_t addr, const struct net_device *dev, struct rte_ether_addr *mac)
{
	const struct neighbour *n;

	role_enter_ctl();
	n = neigh_lookup(addr, dev);
	if (n == NULL || !(n->nud.state & NUD_VALID))
		return false;
	*mac = n->ha;
	return true;
}

static int
bridge_start(void)
{
	role_enter_ctl();
	br_neigh_find = bridge_neigh_find;
	br_cfg_init();
	return br_init();
}

static void
bridge_stop(void)
{
	role_enter_ctl();
	br_cfg_fini();
	br_fini();
}
#endif

static int
held_start(void)
{
	role_enter_ctl();
	held_register("messages", msg_held);
	return held_register("backlog", netif_backlog_held);
}

/* clang-format off */
static const struct module modules[] = {
	{ LEVEL_CORE,      "rcu",      rcu_start,         rcu_fini,      NULL,                 NULL },
	{ LEVEL_CORE,      "timer",    timer_init,        timer_fini,    NULL,                 NULL },
	{ LEVEL_CORE,      "drop",     drop_init,         counter_fini,  NULL,                 NULL },
	{ LEVEL_CORE,      "held",     held_start,        held_fini,     NULL,                 NULL },
	{ LEVEL_CORE,      "msg",      msg_init,          msg_fini,      NULL,                 NULL },
	{ LEVEL_PACKET,    "skb",      skb_counters_init, NULL,          NULL,                 NULL },
	{ LEVEL_PACKET,    "pools",    workers_pools,     ethdev_pools_fini, NULL,                 NULL },
	{ LEVEL_DEVICE,    "netdev",   netdev_init,       netdev_fini,   netdev_cli_register,  NULL },
	{ LEVEL_DEVICE,    "inetdev",  inetdev_init,      inetdev_fini,  inetdev_cli_register, inetdev_cfg_register },
	{ LEVEL_DEVICE,    "sched",    sched_init,        sched_fini,    sched_cli_register,   sched_cfg_register },
	{ LEVEL_NEIGHBOUR, "adj",      adj_init,          adj_fini,      NULL,                 NULL },
	{ LEVEL_NEIGHBOUR, "neigh",    neigh_init,        neigh_fini,    neigh_cli_register,   neigh_cfg_register },
	{ LEVEL_ROUTE,     "fib",      fib_start,         fib_stop,      fib_cli_register,     fib_cfg_register },
	{ LEVEL_NETWORK,   "ip4",      ip4_init,          ip4_fini,      ip4_cli_register,     NULL },
	{ LEVEL_NETWORK,   "filter",   filter_init,       filter_fini,   filter_cli_register,  filter_cfg_register },
#ifndef WITHOUT_BRIDGE
	{ LEVEL_DRIVER,    "bridge",   bridge_start,      bridge_stop,       br_cli_register,      br_cfg_register },
#endif
	{ LEVEL_DRIVER,    "loopback", loopback_init,     loopback_fini, NULL,                 NULL },
	{ LEVEL_DRIVER,    "ethdev",   ethdev_init,       ethdev_fini,   ethdev_cli_register,  ethdev_cfg_register },
#ifndef WITHOUT_IPIP
	{ LEVEL_DRIVER,    "ipip",     ipip_init,         ipip_fini,     ipip_cli_register,    ipip_cfg_register },
#endif
#ifndef WITHOUT_VLAN
	{ LEVEL_DRIVER,    "vlan",     NULL,              vlan_fini,     vlan_cli_register,    vlan_cfg_register },
#endif
#ifndef WITHOUT_MACVLAN
	{ LEVEL_DRIVER,    "macvlan",  NULL,              macvlan_fini,  macvlan_cli_register, macvlan_cfg_register },
#endif
#ifndef WITHOUT_HOST
	{ LEVEL_SYSTEM,    "host",     host_init,         host_fini,     host_cli_register,    host_cfg_register },
#endif
	{ LEVEL_SYSTEM,    "system",   NULL,              NULL,          system_cli_register,  system_cfg_register },
};
/* clang-format on */

static void
absent_check(const struct cfg *entry, const struct cfg *doc)
{
	cfg_fail(entry, NULL, "its module is not in this build");
}

/* The sections of modules that the build leaves out: refused as what they are, not as unknown. */
static struct cfg_section absent[] = {
#ifdef WITHOUT_BRIDGE
	{ .name = "bridges", .shape = CFG_OBJECT, .order = 30, .check = absent_check },
#endif
#ifdef WITHOUT_IPIP
	{ .name = "tunnels", .shape = CFG_OBJECT, .order = 25, .check = absent_check },
#endif
#ifdef WITHOUT_VLAN
	{ .name = "vlans", .shape = CFG_OBJECT, .order = 20, .check = absent_check },
#endif
#ifdef WITHOUT_MACVLAN
	{ .name = "macvlans", .shape = CFG_OBJECT, .order = 25, .check = absent_check },
#endif
#ifdef WITHOUT_HOST
	{ .name = "host", .shape = CFG_OBJECT, .order = 45, .check = absent_check },
#endif
	{ .name = NULL, .check = absent_check },
};

void
modules_register(void)
{
	for (size_t i = 0; absent[i].name != NULL; i++)
		cfg_register(&absent[i]);
	for (size_t i = 0; i < RTE_DIM(modules); i++) {
		if (modules[i].cli != NULL)
			modules[i].cli();
		if (modules[i].cfg != NULL)
			modules[i].cfg();
	}
}

static CTL_ONLY void
fini_from(size_t i)
{
	while (i-- > 0)
		if (modules[i].fini != NULL)
			modules[i].fini();
}

int
modules_init(void)
{
	for (size_t i = 0; i < RTE_DIM(modules); i++) {
		int rc = modules[i].init != NULL ? modules[i].init() : 0;

		if (rc < 0) {
			log_err("module %s does not start: %s", modules[i].name, strerror(-rc));
			fini_from(i);
			return rc;
		}
	}
	return 0;
}

void
modules_fini(void)
{
	fini_from(RTE_DIM(modules));
}
