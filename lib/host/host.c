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

#define RETRY_MIN_MS 1000u /* after a counterpart could not be made; twice as long each time */
#define RETRY_MAX_MS 60000u

struct host_ctl host;
static struct ctl_timer work_timer;
static uint32_t retry_ms = RETRY_MIN_MS;
static bool retrying;		     /* work_timer: until then nothing else is to be done */
static bool dirty[NETDEV_MAX];	     /* by ifindex: to be put right */
static char failure[NETDEV_MAX][96]; /* why the device has no counterpart; "": it did not fail */
static bool export_again;

static bool
is_wanted(const struct net_device *dev)
{
	return host.on &&
	       (!host.conf.named || dev->flags & IFF_LOOPBACK || host.named[dev->ifindex]);
}

/* --- put right --- */

static void
note_failure(const struct net_device *dev, const char *why)
{
	char *old = failure[dev->ifindex];

	dirty[dev->ifindex] = true;
	if (strncmp(old, why, sizeof(failure[0]) - 1) == 0)
		return;
	snprintf(old, sizeof(failure[0]), "%s", why);
	log_err("%s has no counterpart in the host: %s", dev->name, why);
}

/* 0, or -errno with why: the device has no counterpart, and is to be put right later. */
static int
put_right(struct net_device *dev, const char **why) CTL_ONLY
{
	struct host_port *hp = host_port_of(dev);
	int rc = 0;

	dirty[dev->ifindex] = false;
	if (hp != NULL && strcmp(hp->name, dev->name) != 0 && hp->fd >= 0) {
		host_port_del(hp);
		hp = NULL;
	}
	if (is_wanted(dev) && hp == NULL)
		rc = host_port_add(dev, why);
	if (rc != 0) {
		note_failure(dev, *why);
		return rc;
	}
	failure[dev->ifindex][0] = '\0';
	if (is_wanted(dev))
		host_port_sync(host_port_of(dev));
	return 0;
}

static void
work(struct ctl_timer *t)
{
	bool failing = false;
	const char *why;

	role_enter_ctl();
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next) {
		bool had = host_port_of(dev) != NULL;

		if (!dirty[dev->ifindex])
			continue;
		failing |= put_right(dev, &why) != 0;
		export_again |= !had && host_port_of(dev) != NULL;
	}
	/* A route by a device that was down, or had no counterpart, is not in the kernel. */
	if (export_again && (host.conf.routes & HOST_ROUTES_EXPORT))
		host_export_start();
	export_again = false;
	if (!failing)
		retry_ms = RETRY_MIN_MS;
	else if (retrying)
		retry_ms = RTE_MIN(2 * retry_ms, RETRY_MAX_MS);
	if (failing)
		timer_mod(t, retry_ms);
	retrying = failing;
}

/* @p routes: routes may be possible now that were not. */
static void
note(struct net_device *dev, bool routes) CTL_ONLY
{
	dirty[dev->ifindex] = true;
	export_again |= routes;
	retrying = false;
	timer_mod(&work_timer, 0);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	(void)self;
	role_enter_ctl();
	if (event == NETDEV_UNREGISTER) {
		dirty[dev->ifindex] = host.named[dev->ifindex] = false;
		failure[dev->ifindex][0] = '\0';
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

static void
want(const struct host_conf *conf) CTL_ONLY
{
	host.conf = *conf;
	memset(host.named, 0, sizeof(host.named));
	for (unsigned int i = 0; i < conf->n_dev; i++) {
		const struct net_device *dev = dev_get_by_name(conf->dev[i]);

		if (dev != NULL)
			host.named[dev->ifindex] = true;
	}
}

/* A new one that can not be made is an error; one that was wanted before is tried again later. */
static int
make_wanted(const char **why) CTL_ONLY
{
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next) {
		struct host_port *hp = host_port_of(dev);
		bool is_new = hp == NULL && failure[dev->ifindex][0] == '\0';
		int rc;

		if (hp != NULL && hp->error != 0) /* somebody has removed it */
			host_port_del(hp);
		rc = put_right(dev, why);
		if (rc != 0 && !timer_pending(&work_timer)) {
			retrying = true;
			timer_mod(&work_timer, retry_ms);
		}
		if (rc != 0 && is_new)
			return rc;
	}
	return 0;
}

static void
drop_unwanted(void) CTL_ONLY
{
	for (unsigned int i = 0; i < NETDEV_MAX; i++)
		if (host.ports[i] != NULL && !is_wanted(host.ports[i]->dev))
			host_port_del(host.ports[i]);
	host_port_close();
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		if (!is_wanted(dev))
			failure[dev->ifindex][0] = '\0';
}

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
	retry_ms = RETRY_MIN_MS;
	host_export_stop();
	if (host.conf.routes & HOST_ROUTES_IMPORT)
		host_import_stop();
	drop_unwanted();
	host_nl_close();
	memset(dirty, 0, sizeof(dirty));
}

static int
start_import(const char **why) CTL_ONLY
{
	int rc = host_import_start();

	*why = "can not read the host's routes";
	if (rc != 0)
		host_import_stop();
	return rc;
}

static int
begin(const struct host_conf *conf, const char **why) CTL_ONLY
{
	int rc = host_nl_open(conf->netns, why);

	if (rc != 0)
		return rc;
	memset(&host.stats, 0, sizeof(host.stats));
	host_export_clear();
	host.on = true;
	want(conf);
	notifier_add(&netdev_chain, &on_netdev_nb);
	notifier_add(&inetaddr_chain, &on_inetaddr_nb);
	rc = make_wanted(why);
	if (rc == 0 && conf->routes & HOST_ROUTES_IMPORT)
		rc = start_import(why);
	if (rc != 0) {
		host_disable();
		return rc;
	}
	rcu_assign_pointer(ip4_unclaimed, host_offer);
	if (conf->routes & HOST_ROUTES_EXPORT)
		host_export_start();
	return 0;
}

/* In the same namespace: only what differs. */
static int
go_on(const struct host_conf *conf, const char **why) CTL_ONLY
{
	const struct host_conf old = *host_running();
	int rc;

	want(conf);
	rc = make_wanted(why);
	if (rc == 0 && conf->routes & ~old.routes & HOST_ROUTES_IMPORT)
		rc = start_import(why);
	if (rc != 0)
		want(&old);
	drop_unwanted();
	if (rc != 0)
		return rc;
	if (old.routes & ~conf->routes & HOST_ROUTES_IMPORT)
		host_import_stop();
	if (conf->routes & HOST_ROUTES_EXPORT)
		host_export_start(); /* once more: by the devices that came, too */
	else
		host_export_take_back();
	return 0;
}

int
host_enable(const struct host_conf *conf, const char **why)
{
	int rc = host_nl_check(conf->netns, why); /* before what runs ends */

	if (rc != 0)
		return rc;
	if (host.on && strcmp(conf->netns, host.conf.netns) == 0 && host_nl_is_in(conf->netns))
		return go_on(conf, why);
	host_disable();
	return begin(conf, why);
}

const struct host_conf *
host_running(void)
{
	struct host_conf *c = &host.conf;

	c->n_dev = 0;
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		if (host.named[dev->ifindex])
			snprintf(c->dev[c->n_dev++], IFNAMSIZ, "%s", dev->name);
	return host.on ? c : NULL;
}

/* --- shown --- */

static struct host_port_info
info_of(const struct host_port *hp)
{
	return (struct host_port_info){ .ifname = hp->dev->name,
					.host_ifname = hp->name,
					.host_ifindex = hp->ifindex,
					.state = hp->error != 0 ? "gone"
						 : !hp->up	? "down"
						 : !hp->running ? "no-carrier"
								: "up",
					.rx_packets = hp->rx_packets,
					.rx_bytes = hp->rx_bytes,
					.rx_dropped = hp->rx_dropped,
					.tx_packets = hp->tx_packets,
					.tx_bytes = hp->tx_bytes,
					.tx_dropped = hp->tx_dropped };
}

void
host_walk(void (*fn)(const struct host_port_info *p, void *arg), void *arg)
{
	struct host_port_info p;

	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next) {
		const struct host_port *hp = host_port_of(dev);

		if (!is_wanted(dev) || dev->flags & IFF_LOOPBACK)
			continue;
		if (hp == NULL && failure[dev->ifindex][0] == '\0')
			continue; /* in a moment */
		p = hp != NULL ? info_of(hp)
			       : (struct host_port_info){ .ifname = dev->name,
							  .host_ifname = dev->name,
							  .state = "failed",
							  .why = failure[dev->ifindex] };
		fn(&p, arg);
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
	host_port_init();
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
