/* SPDX-License-Identifier: BSD-3-Clause */
/* From a device string to a DPDK port number, and back to nothing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <rte_dev.h>
#include "core/log.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_probe);

int
ethdev_fail(const char **why, int rc, const char *fmt, ...)
{
	static char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*why = text;
	return rc;
}

/* The DPDK device name in a device string: what stands before the first comma. */
static void
device_name(const char *device, char *name, size_t len)
{
	snprintf(name, len, "%.*s", (int)strcspn(device, ","), device);
}

bool
ethdev_device_iface(const char *device, char iface[IFNAMSIZ])
{
	const char *at = strstr(device, ",iface=");
	size_t len;

	if (at == NULL)
		return false;
	at += strlen(",iface=");
	len = strcspn(at, ",");
	if (len == 0 || len >= IFNAMSIZ)
		return false;
	memcpy(iface, at, len);
	iface[len] = '\0';
	return true;
}

/* DPDK's error numbers say little: name what can be checked. */
static CTL_ONLY int
probe_failed(const char *device, const char *name, int rc, const char **why)
{
	char iface[IFNAMSIZ];

	if (ethdev_device_iface(device, iface) && strncmp(name, "net_tap", 7) != 0 &&
	    if_nametoindex(iface) == 0)
		return ethdev_fail(why, -ENODEV,
				   "device \"%s\": there is no kernel interface \"%s\" here",
				   device, iface);
	if (rc == -EFAULT) /* no bus knows what to do with the name */
		return ethdev_fail(
			why, -ENODEV,
			"device \"%s\": no DPDK driver for \"%s\" is installed; is the name "
			"right?",
			device, name);
	return ethdev_fail(why, rc, "device \"%s\" can not be probed: %s", device, strerror(-rc));
}

int
ethdev_probe(const char *device, const char **why)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t id;
	int rc;

	device_name(device, name, sizeof(name));
	if (rte_eth_dev_get_port_by_name(name, &id) != 0) {
		rc = rte_dev_probe(device);
		if (rc < 0)
			return probe_failed(device, name, rc, why);
		if (rte_eth_dev_get_port_by_name(name, &id) != 0)
			return ethdev_fail(why, -ENODEV, "device \"%s\" is no Ethernet port",
					   device);
	}
	if (ethdev_by_id(id) != NULL)
		return ethdev_fail(why, -EEXIST, "device \"%s\" is port %u already", device, id);
	return id;
}

void
ethdev_unprobe(struct ethdev_port *port)
{
	struct rte_device *device = port->ctl->info.device;
	int rc;

	if (port->ctl->gone)
		return;
	rc = rte_eth_dev_close(port->port_id);
	ethdev_xdp_release(port);
	if (rc == 0 && device != NULL)
		rc = rte_dev_remove(device);
	if (rc < 0)
		log_warn("device \"%s\" did not go away cleanly: %s", port->ctl->conf.device,
			 strerror(-rc));
	port->ctl->info.device = NULL;
	port->ctl->gone = true;
}
