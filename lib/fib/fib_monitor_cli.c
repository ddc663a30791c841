/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor route. */
#include "ctl/monitor.h"
#include "fib/fib_cli.h"

static struct monitor_source source;

static json_t *
route_json(struct cli_ctx *c, const void *obj)
{
	const struct fib_route *r = obj;
	json_t *o;

	role_enter_ctl();
	o = fib_route_json(r, cli_wants_detail(c));
	if (r->table != RT_TABLE_MAIN)
		json_object_set_new(o, "table", json_string(fib_table_name(r->table)));
	return o;
}

static int
on_route(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	monitor_tell(&source, event == FIB_ROUTE_DEL ? "deleted" : NULL, route_json, obj);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_route, .prio = NOTIFIER_PRIO_MONITOR };

/* While nobody does, loading a million routes tells nobody. */
static void
listen_routes(bool on)
{
	role_enter_ctl();
	if (on)
		notifier_add(&fib_chain, &listener);
	else
		notifier_del(&fib_chain, &listener);
}

static struct monitor_source source = { "route", listen_routes, fib_route_text, NULL };

void
fib_monitor_register(void)
{
	monitor_register(&source);
}
