/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor fdb, mdb, vlan and stp; bridge monitor. */
#include "bridge/br_cli.h"
#include "ctl/monitor.h"

static struct monitor_source fdb_source, mdb_source, vlan_source, stp_source;

static json_t *
fdb_json(struct cli_ctx *c, const void *obj)
{
	const struct br_fdb_event *ev = obj;

	(void)c;
	role_enter_ctl();
	return br_cli_fdb_json(ev->br, &ev->e, false);
}

static int
on_fdb(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	monitor_tell(&fdb_source, event == BR_EVENT_DEL ? "deleted" : NULL, fdb_json, obj);
	return NOTIFY_OK;
}

static json_t *
mdb_json(struct cli_ctx *c, const void *obj)
{
	const struct br_mdb_event *ev = obj;

	return br_cli_mdb_json(c, ev->br, ev->e);
}

static int
on_mdb(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	monitor_tell(&mdb_source, event == BR_EVENT_DEL ? "deleted" : NULL, mdb_json, obj);
	return NOTIFY_OK;
}

static json_t *
vlan_json(struct cli_ctx *c, const void *obj)
{
	const struct br_vlan_event *ev = obj;

	role_enter_ctl();
	return ev->global ? br_cli_vlan_global_json(c, ev) : br_cli_vlan_json(c, ev, false);
}

static json_t *
vlan_gone_json(struct cli_ctx *c, const void *obj)
{
	role_enter_ctl();
	return br_cli_vlan_json(c, obj, true);
}

static void
vlan_text(struct cli_ctx *c, const json_t *e)
{
	const json_t *o = json_array_get(json_object_get(e, "vlans"), 0);

	if (json_object_get(o, "flags") != NULL)
		br_cli_vlan_text(c, cli_str_of(e, "ifname"), o);
	else
		br_cli_vlan_global_text(c, cli_str_of(e, "ifname"), o);
}

static int
on_vlan(struct notifier *self, unsigned int event, void *obj)
{
	bool gone = event == BR_EVENT_DEL;

	(void)self;
	role_enter_ctl();
	monitor_tell(&vlan_source, gone ? "deleted" : NULL, gone ? vlan_gone_json : vlan_json, obj);
	return NOTIFY_OK;
}

static json_t *
stp_json(struct cli_ctx *c, const void *obj)
{
	const struct br_stp_event *ev = obj;
	json_t *o = json_pack("{s:s}", "bridge", ev->br->dev->name), *what;

	(void)c;
	what = br_cli_stp_json(ev->br, ev->tr);
	json_object_update(o, what);
	json_decref(what);
	return o;
}

static void
stp_text(struct cli_ctx *c, const json_t *e)
{
	cli_printf(c, "%.3f %s %s instance %lld %s", json_real_value(json_object_get(e, "time")),
		   cli_str_of(e, "bridge"), cli_str_of(e, "ifname"),
		   (long long)json_integer_value(json_object_get(e, "instance")),
		   cli_str_of(e, "what"));
	if (json_is_string(json_object_get(e, "to")))
		cli_printf(c, " %s -> %s", cli_str_of(e, "from"), cli_str_of(e, "to"));
	else
		cli_printf(c, " %lld", (long long)json_integer_value(json_object_get(e, "to")));
	cli_printf(c, " (%s)\n", cli_str_of(e, "why"));
}

static int
on_stp(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	(void)event;
	role_enter_ctl();
	monitor_tell(&stp_source, NULL, stp_json, obj);
	return NOTIFY_OK;
}

static struct notifier fdb_listener = { .fn = on_fdb, .prio = NOTIFIER_PRIO_TELL };
static struct notifier mdb_listener = { .fn = on_mdb, .prio = NOTIFIER_PRIO_TELL };
static struct notifier vlan_listener = { .fn = on_vlan, .prio = NOTIFIER_PRIO_TELL };
static struct notifier stp_listener = { .fn = on_stp, .prio = NOTIFIER_PRIO_TELL };

static void
listen_to(struct notifier_chain *chain, struct notifier *n, bool on) CTL_ONLY
{
	if (on)
		notifier_add(chain, n);
	else
		notifier_del(chain, n);
}

static void
fdb_listen(bool on)
{
	role_enter_ctl();
	listen_to(&br_fdb_chain, &fdb_listener, on);
}

static void
mdb_listen(bool on)
{
	role_enter_ctl();
	listen_to(&br_mdb_chain, &mdb_listener, on);
}

static void
vlan_listen(bool on)
{
	role_enter_ctl();
	listen_to(&br_vlan_chain, &vlan_listener, on);
}

static void
stp_listen(bool on)
{
	role_enter_ctl();
	listen_to(&br_stp_chain, &stp_listener, on);
}

static struct monitor_source fdb_source = { "fdb", fdb_listen, br_cli_fdb_text, NULL };
static struct monitor_source mdb_source = { "mdb", mdb_listen, br_cli_mdb_text, NULL };
static struct monitor_source vlan_source = { "vlan", vlan_listen, vlan_text, NULL };
static struct monitor_source stp_source = { "stp", stp_listen, stp_text, NULL };

void
br_monitor_register(void)
{
	monitor_register(&fdb_source);
	monitor_register(&mdb_source);
	monitor_register(&vlan_source);
	monitor_register(&stp_source);
}
