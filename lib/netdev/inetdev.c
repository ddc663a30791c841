/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4's part of a device: made and removed with it, renamed with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>
#include "core/log.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_priv.h"

LOG_MODULE(inetdev);

static int
add_in_device(struct net_device *dev) CTL_ONLY
{
	struct in_device *in_dev = calloc(1, sizeof(*in_dev));

	if (in_dev == NULL)
		return -ENOMEM;
	in_dev->dev = dev;
	devconf_add(in_dev);
	rcu_assign_pointer(dev->ip_ptr, in_dev);
	return 0;
}

static void
del_in_device(struct net_device *dev) CTL_ONLY
{
	struct in_device *in_dev = dev->ip_ptr;

	inet_addr_flush(dev);
	devconf_del(in_dev);
	rcu_assign_pointer(dev->ip_ptr, NULL);
	netdev_free_rcu(&in_dev->rcu);
}

/* RFC 1122 3.2.1.3 (g): the loopback device owns 127/8 from the moment it is up. */
static void
loopback_up(struct net_device *dev) CTL_ONLY
{
	struct inet_addr_spec spec = { .local = RTE_BE32(0x7f000001),
				       .prefixlen = 8,
				       .scope = SCOPE_HOST };
	int rc;

	if (inet_addr_first(dev) != NULL)
		return;
	rc = inet_addr_add(dev, &spec);
	if (rc != 0)
		log_err("%s: 127.0.0.1/8: %s", dev->name, strerror(-rc));
}

static void
renamed(struct net_device *dev) CTL_ONLY
{
	struct in_device *in_dev = dev->ip_ptr;
	char old[IFNAMSIZ];

	memcpy(old, in_dev->sysctl_name, sizeof(old));
	devconf_rename(in_dev);
	if (old[0] != '\0')
		inet_addr_rename(in_dev, old);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	role_enter_ctl();
	if (event == NETDEV_REGISTER)
		return add_in_device(dev);
	if (dev->ip_ptr == NULL)
		return NOTIFY_OK;
	if (event == NETDEV_UNREGISTER)
		del_in_device(dev);
	else if (event == NETDEV_UP && dev->flags & IFF_LOOPBACK)
		loopback_up(dev);
	else if (event == NETDEV_CHANGENAME)
		renamed(dev);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_INETADDR };

int
inetdev_init(void)
{
	int rc = devconf_init();

	if (rc != 0)
		return rc;
	inet_lifetime_init();
	notifier_add(&netdev_chain, &listener);
	return 0;
}

void
inetdev_fini(void)
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (d->ip_ptr != NULL)
			del_in_device(d);
	notifier_del(&netdev_chain, &listener);
	inet_lifetime_fini();
	devconf_fini();
}
