/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include "core/log.h"
#include "core/msg.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_link);

/*
 * Link state: ports that can, interrupt (the handler runs on EAL's interrupt thread and only wakes
 * the control thread); the others are asked five times a second. Both end in link_update().
 */
#define LINK_POLL_MS 200

static struct ctl_timer poll_timer;
static bool lsc_pending; /* set by EAL's interrupt thread */

static int ioctl_fd = -1;

/*
 * Does the kernel's interface run? An interface that is gone does not. The carrier is asked from
 * the driver: IFF_RUNNING follows it up to a second later, the kernel works off its link events
 * once a second.
 */
static bool
iface_runs(const char *iface)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	ifr.ifr_data = (char *)&link;
	if (ioctl(ioctl_fd, SIOCETHTOOL, &ifr) == 0)
		return link.data != 0;
	if (errno == EOPNOTSUPP && ioctl(ioctl_fd, SIOCGIFFLAGS, &ifr) == 0)
		return (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	return errno != ENODEV && errno != ENXIO;
}

/* PMDs that say "up" whatever happens to the kernel's interface that they sit on. */
static CTL_ONLY bool
kernel_says_down(const struct ethdev_port *port)
{
	const char *driver = port->ctl->info.driver_name;
	char iface[IFNAMSIZ];

	if (ioctl_fd < 0 || driver == NULL ||
	    (strcmp(driver, "net_af_packet") != 0 && strcmp(driver, "net_af_xdp") != 0))
		return false;
	return ethdev_device_iface(port->ctl->conf.device, iface) && !iface_runs(iface);
}

/* Tell of the link, but not each time that a bad cable has contact. What the administrator does to
 * the port is no flap. */
static CTL_ONLY void
damp(struct ethdev_port *port, bool up)
{
	struct link_damp *d = &port->ctl->damp;
	uint32_t before = d->hold_ms, left;
	uint64_t now = clock_ms();

	if (!port->ctl->started || !port->ctl->admin_up)
		link_damp_reset(d, up, now);
	netif_carrier_set(port->dev,
			  link_damp_update(d, up, now, port->ctl->conf.damping_s * 1000));
	left = link_damp_left_ms(d, now);
	port->dev->ctl->carrier_flaps = d->flaps;
	port->dev->ctl->carrier_held_ms = left;
	if (left > 0 && d->hold_ms != before)
		log_notice("port %s: the link flaps (%u losses): its carrier is held back for %u s",
			   port->dev->name, d->flaps, d->hold_ms / 1000);
}

void
ethdev_link_update(struct ethdev_port *port)
{
	struct rte_eth_link link;

	memset(&link, 0, sizeof(link));
	if (!port->ctl->started || rte_eth_link_get_nowait(port->port_id, &link) != 0 ||
	    kernel_says_down(port))
		link.link_status = RTE_ETH_LINK_DOWN;
	if (link.link_status != port->ctl->link.link_status)
		log_notice("port %s: link %s", port->dev->name,
			   link.link_status == RTE_ETH_LINK_UP ? "up" : "down");
	port->ctl->link = link;
	port->dev->ctl->speed_mbps =
		link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	port->dev->ctl->half_duplex = link.link_duplex == RTE_ETH_LINK_HALF_DUPLEX;
	damp(port, link.link_status == RTE_ETH_LINK_UP);
}

void
ethdev_set_damping(struct ethdev_port *port, uint32_t seconds)
{
	if (port->ctl->conf.damping_s == seconds)
		return;
	port->ctl->conf.damping_s = seconds;
	ethdev_link_update(port);
}

static CTL_ONLY void
update_all(void)
{
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		if (p->ctl->started) {
			ethdev_link_update(p);
			ethdev_wake_check(p);
		}
}

static void
on_timer(struct ctl_timer *t)
{
	role_enter_ctl();
	update_all();
	timer_mod(t, LINK_POLL_MS);
}

void
ethdev_link_poll(void)
{
	if (unlikely(__atomic_exchange_n(&lsc_pending, false, __ATOMIC_ACQUIRE)))
		update_all();
}

static int
on_lsc(uint16_t port_id, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)port_id;
	(void)type;
	(void)arg;
	(void)ret;
	__atomic_store_n(&lsc_pending, true, __ATOMIC_RELEASE);
	msg_wake();
	return 0;
}

void
ethdev_link_watch(struct ethdev_port *port, bool on)
{
	if (*port->ctl->info.dev_flags & RTE_ETH_DEV_INTR_LSC) {
		if (on)
			rte_eth_dev_callback_register(port->port_id, RTE_ETH_EVENT_INTR_LSC, on_lsc,
						      NULL);
		else
			rte_eth_dev_callback_unregister(port->port_id, RTE_ETH_EVENT_INTR_LSC,
							on_lsc, NULL);
	}
}

int
ethdev_link_init(void)
{
	ioctl_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl_fd < 0)
		log_warn("the carrier of kernel interfaces can not be read: %s", strerror(errno));
	timer_setup(&poll_timer, on_timer);
	timer_mod(&poll_timer, LINK_POLL_MS);
	return 0;
}

void
ethdev_link_fini(void)
{
	timer_del(&poll_timer);
	if (ioctl_fd >= 0)
		close(ioctl_fd);
	ioctl_fd = -1;
}
