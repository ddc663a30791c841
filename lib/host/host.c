/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host follows the router: every change of a device or an address is noted, and what was noted
 * is put right once the change is complete, in one place.
 */
#include "host/host.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/log.h"
#include "core/timer.h"
#include "host/host_dp.h"
#include "host/host_priv.h"

LOG_MODULE(host);

struct host_ctl host;
static struct ctl_timer work_timer;
static bool dirty[NETDEV_MAX]; /* by ifindex: to be put right */
static bool export_again;

static bool
is_wanted(const struct net_device *dev)
{
	if (host.conf.n_dev == 0 || dev->flags & IFF_LOOPBACK)
		return true;
	for (unsigned int i = 0; i < host.conf.n_dev; i++)
		if (strcmp(host.conf.dev[i], dev->name) == 0)
			return true;
	return false;
}

/* --- put right --- */

/* 0, or -errno with why: the device has no counterpart. */
static int
put_right(struct net_device *dev, const char **why) CTL_ONLY
{
	struct host_port *hp = host_port_of(dev);
	int rc;

	dirty[dev->ifindex] = false;
	if (hp != NULL && strcmp(hp->name, dev->name) != 0 && hp->fd >= 0) {
		host_port_del(hp);
		hp = NULL;
	}
	if (!is_wanted(dev))
		return 0;
	if (hp == NULL) {
		rc = host_port_add(dev, why);
		if (rc != 0)
			return rc;
	}
	host_port_sync(host_port_of(dev));
	return 0;
}

static void
work(struct ctl_timer *t)
{
	const char *why;

	(void)t;
	role_enter_ctl();
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		if (dirty[dev->ifindex] && put_right(dev, &why) != 0)
			log_err("%s has no counterpart in the host: %s", dev->name, why);
	/* A route by a device that was down is not in the kernel. */
	if (export_again && (host.conf.routes & HOST_ROUTES_EXPORT))
		host_export_start();
	export_again = false;
}

/* @p routes: routes may be possible now that were not. */
static void
note(struct net_device *dev, bool routes) CTL_ONLY
{
	dirty[dev->ifindex] = true;
	export_again |= routes;
	if (!timer_pending(&work_timer))
		timer_mod(&work_timer, 0);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	(void)self;
	role_enter_ctl();
	if (event == NETDEV_UNREGISTER) {
		dirty[dev->ifindex] = false;
		if (host_port_of(dev) != NULL)
			host_port_del(host_port_of(dev));
	} else if (event != NETDEV_PRE_UP && event != NETDEV_GOING_DOWN) {
		note(dev, event != NETDEV_CHANGE);
	}
	/* The router forgets the routes by it at once. Is it up again before the kernel has seen it
	 * down, those are there still. */
	if (event == NETDEV_DOWN)
		host_import_again();
	return NOTIFY_OK;
}

static int
on_inetaddr(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;

	(void)self;
	role_enter_ctl();
	if (event == INETADDR_ADD || event == INETADDR_DEL)
		note(ifa->ifa_dev->dev, true);
	if (event == INETADDR_DEL)
		host_import_again();
	return NOTIFY_OK;
}

static struct notifier on_netdev_nb = { .fn = on_netdev, .prio = NOTIFIER_PRIO_MONITOR };
static struct notifier on_inetaddr_nb = { .fn = on_inetaddr, .prio = NOTIFIER_PRIO_MONITOR };

/* --- on and off --- */

void
host_disable(void)
{
	if (!host.on)
		return;
	host.on = false;
	rcu_assign_pointer(ip4_unclaimed, NULL);
	notifier_del(&netdev_chain, &on_netdev_nb);
	notifier_del(&inetaddr_chain, &on_inetaddr_nb);
	timer_del(&work_timer);
	host_export_stop();
	if (host.conf.routes & HOST_ROUTES_IMPORT)
		host_import_stop();
	for (unsigned int i = 0; i < NETDEV_MAX; i++)
		if (host.ports[i] != NULL)
			host_port_del(host.ports[i]);
	host_nl_close();
	memset(dirty, 0, sizeof(dirty));
}

static int
start(const char **why) CTL_ONLY
{
	int rc = 0;

	for (struct net_device *dev = dev_first(); dev != NULL && rc == 0; dev = dev->ctl->next)
		rc = put_right(dev, why);
	if (rc == 0 && host.conf.routes & HOST_ROUTES_IMPORT) {
		*why = "can not read the host's routes";
		rc = host_import_start();
	}
	return rc;
}

int
host_enable(const struct host_conf *conf, const char **why)
{
	int rc = host_nl_check(conf->netns, why); /* before what runs ends */

	if (rc != 0)
		return rc;
	host_disable();
	host.conf = *conf;
	memset(&host.stats, 0, sizeof(host.stats));
	rc = host_nl_open(conf->netns, why);
	if (rc != 0)
		return rc;
	host_export_clear();
	host.on = true;
	notifier_add(&netdev_chain, &on_netdev_nb);
	notifier_add(&inetaddr_chain, &on_inetaddr_nb);
	rc = start(why);
	if (rc != 0) {
		host_disable();
		return rc;
	}
	rcu_assign_pointer(ip4_unclaimed, host_offer);
	if (conf->routes & HOST_ROUTES_EXPORT)
		host_export_start();
	return 0;
}

const struct host_conf *
host_running(void)
{
	return host.on ? &host.conf : NULL;
}

void
host_walk(void (*fn)(const struct host_port_info *p, void *arg), void *arg)
{
	for (unsigned int i = 0; i < NETDEV_MAX; i++) {
		const struct host_port *hp = host.ports[i];

		if (hp == NULL || hp->fd < 0)
			continue;
		fn(&(struct host_port_info){ .ifname = hp->dev->name,
					     .host_ifname = hp->name,
					     .host_ifindex = hp->ifindex,
					     .state = hp->error != 0 ? "gone"
						      : !hp->up	     ? "down"
						      : !hp->running ? "no-carrier"
								     : "up",
					     .rx_packets = hp->rx_packets,
					     .rx_bytes = hp->rx_bytes,
					     .rx_dropped = hp->rx_dropped,
					     .tx_packets = hp->tx_packets,
					     .tx_bytes = hp->tx_bytes,
					     .tx_dropped = hp->tx_dropped },
		   arg);
	}
}

void
host_get_stats(struct host_stats *st)
{
	*st = host.stats;
}

int
host_init(void)
{
	struct rlimit files;

	timer_setup(&work_timer, work);
	host_import_init();
	host_export_init();
	/* A TAP for each of some thousand devices. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return host_tap_init();
}

void
host_fini(void)
{
	host_disable();
	host_import_fini();
}
