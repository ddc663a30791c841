/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can end a worker's sleep: receive interrupts, where the driver has them; for net_af_packet
 * and net_af_xdp, which have none, the kernel's socket, found as the one that the driver opened.
 * Whether it does is seen at work: ethdev_sleep_dp.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <rte_log.h>
#include "core/log.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_wake);

#define FD_MAX 1024 /* descriptors looked at */

static uint32_t burst_pps = ETHDEV_BURST_PPS;
static bool known[FD_MAX]; /* sockets that were open when a probe began */

/* --- sockets of drivers --- */

static int
domain_of(int fd)
{
	socklen_t len = sizeof(int);
	int domain = -1;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 ? domain : -1;
}

void
ethdev_wake_mark(void)
{
	for (int fd = 0; fd < FD_MAX; fd++)
		known[fd] = domain_of(fd) >= 0;
}

static CTL_ONLY int
socket_domain(const struct ethdev_port *port)
{
	const char *driver = port->ctl->info.driver_name;

	if (strcmp(driver, "net_af_packet") == 0)
		return AF_PACKET;
	return strcmp(driver, "net_af_xdp") == 0 ? AF_XDP : -1;
}

void
ethdev_wake_find(struct ethdev_port *port)
{
	int domain = socket_domain(port);
	uint16_t q = 0;

	if (domain < 0 || port->ctl->socket_fd[0] > 0)
		return;
	for (int fd = 0; fd < FD_MAX && q < port->ctl->n_rxq; fd++)
		if (!known[fd] && domain_of(fd) == domain)
			port->ctl->socket_fd[q++] = fd + 1;
}

/* --- how long nobody may look --- */

/* Frames that wait in the device while nobody takes them. */
static CTL_ONLY uint32_t
depth(const struct ethdev_port *port)
{
	const char *driver = port->ctl->info.driver_name, *at;
	unsigned long frames;

	if (strcmp(driver, "net_tap") == 0)
		return 500; /* the kernel's queue of a tun device */
	if (strcmp(driver, "net_af_packet") != 0)
		return port->ctl->n_rxd;
	at = strstr(port->ctl->conf.device, ",framecnt=");
	frames = at != NULL ? strtoul(at + strlen(",framecnt="), NULL, 10) : 512;
	return (uint32_t)RTE_MIN(frames, 65536ul);
}

/* One eighth is left: for the frame that is being written, and for who is late. */
static CTL_ONLY void
set_nap(struct ethdev_port *port)
{
	uint64_t us = (uint64_t)depth(port) * 7 / 8 * 1000000 / burst_pps;

	for (uint16_t q = 0; q < port->ctl->n_rxq; q++)
		__atomic_store_n(&port->rxq[q].nap_us, (uint32_t)RTE_MIN(us, UINT64_C(1000000)),
				 __ATOMIC_RELAXED);
}

void
ethdev_set_burst_pps(uint32_t pps)
{
	burst_pps = pps;
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		set_nap(p);
}

uint32_t
ethdev_burst_pps(void)
{
	return burst_pps;
}

/* --- queues and the workers' sets --- */

/* Can the interrupt be switched on and off? net_tap has one that is always on. */
static CTL_ONLY bool
intr_works(uint16_t port_id, uint16_t queue)
{
	int rc = rte_eth_dev_rx_intr_enable(port_id, queue);

	if (rc == -ENOTSUP)
		return true;
	return rc == 0 && rte_eth_dev_rx_intr_disable(port_id, queue) == 0;
}

/* The descriptor of the queue's interrupt, or -1. That there is none is no error here. */
static CTL_ONLY int
intr_fd(uint16_t port_id, uint16_t queue)
{
	int type = rte_log_register("lib.ethdev"), level = rte_log_get_level(type), fd;

	rte_log_set_level((uint32_t)type, RTE_LOG_CRIT);
	fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port_id, queue);
	rte_log_set_level((uint32_t)type, (uint32_t)level);
	return fd;
}

void
ethdev_wake_start(struct ethdev_port *port)
{
	struct ethdev_port_ctl *c = port->ctl;

	set_nap(port);
	for (uint16_t i = 0; i < c->n_rxq; i++) {
		struct ethdev_rxq *q = &port->rxq[i];

		q->wake = ETHDEV_WAKE_NAP;
		q->proven = q->rung = false;
		q->missed = q->idle = q->owed = 0;
		q->wake_worker = 0;
		q->wake_fd = c->socket_fd[i] - 1;
		if (q->wake_fd >= 0) {
			q->wake = ETHDEV_WAKE_SOCKET;
			continue;
		}
		if (c->rx_intr)
			q->wake_fd = intr_fd(port->port_id, i);
		if (q->wake_fd >= 0 && intr_works(port->port_id, i))
			q->wake = ETHDEV_WAKE_INTR;
		else
			q->wake_fd = -1;
	}
}

static CTL_ONLY void
leave_set(struct ethdev_rxq *q)
{
	if (q->wake_worker != 0)
		epoll_ctl(workers[q->wake_worker]->epoll_fd, EPOLL_CTL_DEL, q->wake_fd, NULL);
	q->wake_worker = 0;
}

void
ethdev_wake_follow(struct ethdev_port *port, uint16_t queue, uint16_t slot)
{
	struct ethdev_rxq *q = &port->rxq[queue];
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	if (q->wake_fd < 0 || q->wake_worker == slot)
		return;
	leave_set(q);
	if (slot == 0 || workers[slot]->epoll_fd < 0)
		return;
	ev.data.u64 = ethdev_wake_token(q);
	if (epoll_ctl(workers[slot]->epoll_fd, EPOLL_CTL_ADD, q->wake_fd, &ev) == 0)
		q->wake_worker = slot;
	else
		log_warn("port %s: queue %u can not end a sleep: %s", port->dev->name, queue,
			 strerror(errno));
}

void
ethdev_wake_check(struct ethdev_port *port)
{
	for (uint16_t i = 0; i < port->ctl->n_rxq; i++) {
		struct ethdev_rxq *q = &port->rxq[i];

		if (q->wake_fd < 0 ||
		    __atomic_load_n(&q->wake, __ATOMIC_RELAXED) != ETHDEV_WAKE_NAP)
			continue;
		log_notice("port %s: the %s of queue %u can not be relied on: naps instead",
			   port->dev->name, port->ctl->socket_fd[i] > 0 ? "socket" : "interrupt",
			   i);
		leave_set(q);
		q->wake_fd = -1;
	}
}
