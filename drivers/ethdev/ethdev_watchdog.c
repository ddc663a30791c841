/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit queues that take nothing: told, counted, and their port reset. */
#include <errno.h>
#include <string.h>
#include "core/log.h"
#include "core/timer.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_watchdog);

#define WATCHDOG_MS 1000
#define RESET_MS    5000 /* between two resets of a port: Linux's watchdog_timeo */

static struct ctl_timer timer;

/* How often workers gave up on frames that the port had not taken for a second. */
static uint64_t
given_up(const struct ethdev_port *port)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < n_workers; i++) {
		const struct ethdev_worker *ew = workers[i]->tx;

		n += __atomic_load_n(&ew->txq[port->port_id]->timeouts, __ATOMIC_RELAXED);
	}
	return n;
}

static void
reset(struct ethdev_port *port) CTL_ONLY
{
	uint64_t now = clock_ms();
	const char *why = "";

	if (port->ctl->tx_resets != 0 && now - port->ctl->tx_reset_ms < RESET_MS)
		return;
	port->ctl->tx_reset_ms = now;
	port->ctl->tx_resets++;
	if (ethdev_reset(port, &why) != 0)
		log_err("port %s: does not start again: %s", port->dev->name, why);
}

void
ethdev_watchdog_look(struct ethdev_port *port)
{
	uint64_t n = given_up(port), before = port->ctl->tx_given_up;

	port->ctl->tx_given_up = n;
	if (n == before || !port->ctl->started)
		return;
	port->ctl->tx_timeouts += n - before;
	log_warn("port %s: a transmit queue took nothing for a second: its frames are dropped, the "
		 "port is reset",
		 port->dev->name);
	reset(port);
	port->ctl->tx_given_up = given_up(port); /* it may have another number now */
}

static void
on_timer(struct ctl_timer *self)
{
	struct ethdev_port *next;

	role_enter_ctl();
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = next) {
		next = p->ctl->next;
		ethdev_watchdog_look(p);
	}
	timer_mod(self, WATCHDOG_MS);
}

void
ethdev_watchdog_init(void)
{
	timer_setup(&timer, on_timer);
	timer_mod(&timer, WATCHDOG_MS);
}

void
ethdev_watchdog_fini(void)
{
	timer_del(&timer);
}
