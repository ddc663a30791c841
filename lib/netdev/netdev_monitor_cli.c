/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor: devices and addresses. */
#include "ctl/monitor.h"
#include "netdev/inetdev.h"
#include "netdev/netdev_cli.h"

static struct monitor_source link_source, addr_source;

static json_t *
link_json(struct cli_ctx *c, const void *obj)
{
	json_t *o;

	role_enter_ctl();
	o = netdev_json(c, (struct net_device *)(uintptr_t)obj, false);
	json_object_del(o, "txqlen"); /* as ip has it */
	return o;
}

static void
link_text(struct cli_ctx *c, const json_t *event)
{
	netdev_text(c, event);
}

/* As Linux tells it: the device as it is after the change, and then what follows from that. */
static int
on_change(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CARRIER:
	case NETDEV_CHANGEADDR:
	case NETDEV_CHANGEMTU:
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGE:
		monitor_tell(&link_source, NULL, link_json, obj);
		break;
	}
	return NOTIFY_OK;
}

/* Once nobody has refused it; when its addresses and routes have gone. */
static int
on_life(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	if (event == NETDEV_REGISTER)
		monitor_tell(&link_source, NULL, link_json, obj);
	if (event == NETDEV_UNREGISTER)
		monitor_tell(&link_source, "deleted", link_json, obj);
	return NOTIFY_OK;
}

static json_t *
addr_json(struct cli_ctx *c, const void *obj)
{
	const struct in_ifaddr *ifa = obj;
	const struct net_device *dev = ifa->ifa_dev->dev;
	json_t *o = json_pack("{s:i, s:s}", "ifindex", (int)dev->ifindex, "ifname", dev->name);
	json_t *a = inet_addr_json(ifa);

	(void)c;
	json_object_update(o, a);
	json_decref(a);
	return o;
}

static void
addr_text(struct cli_ctx *c, const json_t *e)
{
	inet_addr_dev_text(c, e, e);
}

static int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	if (event != INETADDR_METRIC) /* a change is told by INETADDR_CHANGE */
		monitor_tell(&addr_source, event == INETADDR_DEL ? "deleted" : NULL, addr_json,
			     obj);
	return NOTIFY_OK;
}

static struct notifier change_listener = { .fn = on_change, .prio = NOTIFIER_PRIO_TELL };
static struct notifier life_listener = { .fn = on_life, .prio = NOTIFIER_PRIO_MONITOR };
static struct notifier inetaddr_listener = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_TELL };

static void
link_listen(bool on)
{
	role_enter_ctl();
	if (on) {
		notifier_add(&netdev_chain, &change_listener);
		notifier_add(&netdev_chain, &life_listener);
	} else {
		notifier_del(&netdev_chain, &change_listener);
		notifier_del(&netdev_chain, &life_listener);
	}
}

static void
addr_listen(bool on)
{
	role_enter_ctl();
	if (on)
		notifier_add(&inetaddr_chain, &inetaddr_listener);
	else
		notifier_del(&inetaddr_chain, &inetaddr_listener);
}

static struct monitor_source link_source = { "link", link_listen, link_text, NULL };
static struct monitor_source addr_source = { "addr", addr_listen, addr_text, NULL };

void
netdev_monitor_register(void)
{
	monitor_register(&link_source);
	monitor_register(&addr_source);
}
