/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor neigh: also the questions to a resolver outside (app_solicit). */
#include "ctl/monitor.h"
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
	(void)self;
	role_enter_ctl();
	if (event == NEIGH_UPDATE)
		monitor_tell(&source, NULL, entry_json, obj);
	else if (event != NEIGH_CREATE) /* it has no state yet: Linux tells nobody */
		monitor_tell(&source, event == NEIGH_DELETE ? "deleted" : "miss", entry_json, obj);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_neigh, .prio = NOTIFIER_PRIO_MONITOR };

static void
listen_neighbours(bool on)
{
	role_enter_ctl();
	if (on)
		notifier_add(&neigh_chain, &listener);
	else
		notifier_del(&neigh_chain, &listener);
}

static struct monitor_source source = { "neigh", listen_neighbours, neigh_cli_text, NULL };

void
neigh_monitor_register(void)
{
	monitor_register(&source);
}
