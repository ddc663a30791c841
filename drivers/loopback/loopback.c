/* SPDX-License-Identifier: BSD-3-Clause */
/* Creation of the loopback device. */
#include <errno.h>
#include "loopback/loopback.h"

struct net_device *loopback_dev;

/* Always up in Linux's sense of carrier; nothing to switch. */
static const struct net_device_ops ops;

int
loopback_init(void)
{
	struct net_device *dev = alloc_netdev("loopback", &ops, &loopback_ops_dp, NULL);
	int rc;

	if (dev == NULL)
		return -ENOMEM;
	dev->flags = IFF_LOOPBACK | IFF_RUNNING;
	dev->mtu = LOOPBACK_MTU;
	dev->ctl->max_mtu = LOOPBACK_MTU;
	rc = register_netdevice(dev, "lo");
	if (rc != 0) {
		free_netdev(dev);
		return rc;
	}
	loopback_dev = dev;
	return dev_open(dev);
}

void
loopback_fini(void)
{
	if (loopback_dev != NULL)
		unregister_netdevice(loopback_dev);
	loopback_dev = NULL;
}
