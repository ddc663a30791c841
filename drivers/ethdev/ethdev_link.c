/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "core/log.h"
#include "core/msg.h"
#include "ethdev/ethdev.h"

LOG_MODULE(ethdev_link);

/*
 * Link state: ports that can, interrupt (the handler runs on EAL's interrupt thread and only wakes
 * the control thread); the others are asked five times a second. Both end in link_update().
 */
#define LINK_POLL_MS 200

static struct ctl_timer poll_timer;
static bool lsc_pending; /* set by EAL's interrupt thread */

void
ethdev_link_update(struct ethdev_port *port)
{
	struct rte_eth_link link;

	memset(&link, 0, sizeof(link));
	if (!port->ctl->started || rte_eth_link_get_nowait(port->port_id, &link) != 0)
		link.link_status = RTE_ETH_LINK_DOWN;
	if (link.link_status != port->ctl->link.link_status)
		log_notice("port %s: link %s", port->dev->name,
			   link.link_status == RTE_ETH_LINK_UP ? "up" : "down");
	port->ctl->link = link;
	netif_carrier_set(port->dev, link.link_status == RTE_ETH_LINK_UP);
}

static CTL_ONLY void
update_all(void)
{
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		if (p->ctl->started)
			ethdev_link_update(p);
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
	timer_setup(&poll_timer, on_timer);
	timer_mod(&poll_timer, LINK_POLL_MS);
	return 0;
}

void
ethdev_link_fini(void)
{
	timer_del(&poll_timer);
}
