/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about the daemon itself: workers, power, health, memory, start and stop. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include "core/held.h"
#include "core/msg.h"
#include "core/rcu.h"
#include "core/timer.h"
#include "ctl/cfg.h"
#include "ctl/cli.h"
#include "ethdev/ethdev.h"
#include "netdev/netdev.h"
#include "polluxd/polluxd.h"
#include "skb/skb_dp.h"

static json_t *
u64(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *
queues_of(uint16_t slot)
{
	json_t *list = json_array();

	role_enter_ctl();
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		for (uint16_t q = 0; q < p->ctl->n_rxq; q++)
			if (p->ctl->polled && p->rxq[q].worker == slot)
				json_array_append_new(
					list,
					json_pack("{s:s, s:i, s:b}", "port", p->dev->name, "queue",
						  q, "remote",
						  p->ctl->socket >= 0 &&
							  workers[slot]->socket >= 0 &&
							  p->ctl->socket != workers[slot]->socket));
	return list;
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0.0 : (double)(part * 1000 / whole) / 10.0;
}

static int
show_worker(struct cli_ctx *c)
{
	json_t *list = json_array();

	for (uint16_t i = 1; i < n_workers; i++) {
		const struct worker *w = workers[i];
		uint64_t all = w->busy_tsc + w->idle_tsc + w->sleep_tsc;

		json_array_append_new(
			list,
			json_pack("{s:i, s:i, s:i, s:i, s:o, s:f, s:f, s:f, s:o, s:o, s:o}",
				  "worker", i, "lcore", w->lcore, "cpu", w->cpu, "socket",
				  w->socket, "rxq", queues_of(i), "busy", percent(w->busy_tsc, all),
				  "idle", percent(w->idle_tsc, all), "sleep",
				  percent(w->sleep_tsc, all), "polls", u64(w->polls), "empty_polls",
				  u64(w->empty_polls), "sleeps", u64(w->sleeps)));
	}
	cli_set_result(c, list);
	return 0;
}

static void
show_worker_text(struct cli_ctx *c, const json_t *list)
{
	json_t *row, *q;
	size_t i, k;

	role_enter_ctl();
	cli_printf(c, "power %s, naps of %u us at most, for bursts of %u frames/s\n",
		   workers_power() == POWER_AUTO ? "auto" : "poll", workers_max_sleep(),
		   ethdev_burst_pps());
	cli_printf(c, "%-7s %5s %4s %6s %7s %7s %7s %14s  %s\n", "worker", "lcore", "cpu", "socket",
		   "busy%", "idle%", "sleep%", "polls", "rx queues");
	json_array_foreach((json_t *)(uintptr_t)list, i, row) {
		cli_printf(c, "%-7lld %5lld %4lld %6lld %7.1f %7.1f %7.1f %14lld ",
			   json_integer_value(json_object_get(row, "worker")),
			   json_integer_value(json_object_get(row, "lcore")),
			   json_integer_value(json_object_get(row, "cpu")),
			   json_integer_value(json_object_get(row, "socket")),
			   json_real_value(json_object_get(row, "busy")),
			   json_real_value(json_object_get(row, "idle")),
			   json_real_value(json_object_get(row, "sleep")),
			   json_integer_value(json_object_get(row, "polls")));
		json_array_foreach(json_object_get(row, "rxq"), k, q)
			cli_printf(c, " %s/%lld%s", json_string_value(json_object_get(q, "port")),
				   json_integer_value(json_object_get(q, "queue")),
				   json_is_true(json_object_get(q, "remote")) ? "(other socket)"
									      : "");
		cli_printf(c, "\n");
	}
}

static int
set_power(struct cli_ctx *c)
{
	role_enter_ctl();
	workers_set_power(cli_has(c, "auto") ? POWER_AUTO : POWER_POLL);
	if (cli_has(c, "max-sleep"))
		workers_set_max_sleep(cli_arg_u32(c, "US", WORKERS_MAX_SLEEP_US));
	if (cli_has(c, "burst"))
		ethdev_set_burst_pps(cli_arg_u32(c, "PPS", ETHDEV_BURST_PPS));
	return 0;
}

/* The balance of the whole router: equal when nothing is on its way. */
static json_t *
balance(void)
{
	uint64_t rx, originated, tx, consumed, drops = 0;
	unsigned int held;

	role_enter_ctl();
	held = held_total();
	for (unsigned int r = 0; r < DROP_MAX; r++)
		drops += counter_read_total(&drop_counters, r);
	rx = counter_read_total(&skb_counters, SKB_CNT_RX);
	originated = counter_read_total(&skb_counters, SKB_CNT_ORIGINATED);
	tx = counter_read_total(&skb_counters, SKB_CNT_TX);
	consumed = counter_read_total(&skb_counters, SKB_CNT_CONSUMED);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:b}", "rx", u64(rx), "originated",
			 u64(originated), "tx", u64(tx), "drops", u64(drops), "consumed",
			 u64(consumed), "held", (int)held, "ok",
			 rx + originated == tx + drops + consumed + held);
}

static json_t *
message_rings(void)
{
	json_t *list = json_array();

	role_enter_ctl();
	for (unsigned int m = 0; m < MSG_CLASS_MAX; m++) {
		struct msg_class_stat st;

		msg_class_stats((enum msg_class)m, &st);
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o, s:i, s:i}", "class", st.name,
						"sent", u64(st.sent), "refused", u64(st.refused),
						"limit", (int)st.limit, "now", (int)st.now));
	}
	return list;
}

/* Ports whose transmit queues were found stuck. */
static json_t *
tx_timeouts(void)
{
	json_t *list = json_array();

	role_enter_ctl();
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		if (p->ctl->tx_timeouts != 0)
			json_array_append_new(list,
					      json_pack("{s:s, s:o, s:o}", "port", p->dev->name,
							"timeouts", u64(p->ctl->tx_timeouts),
							"resets", u64(p->ctl->tx_resets)));
	return list;
}

/* What is not as it should be, a sentence each. */
static json_t *
warnings(void)
{
	json_t *list = json_array();

	role_enter_ctl();
	for (unsigned int i = 1; i < n_workers; i++)
		if (watchdog_stalled(i))
			json_array_append_new(list,
					      json_sprintf("worker %u on lcore %u does not move", i,
							   workers[i]->lcore));
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		if (p->dev->ctl->carrier_held_ms > 0)
			json_array_append_new(list, json_sprintf("port %s: the link flaps, its "
								 "carrier is held back",
								 p->dev->name));
	return list;
}

static int
show_health(struct cli_ctx *c)
{
	unsigned int up = 0, all = 0;
	json_t *warned = warnings();

	role_enter_ctl();
	for (struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next) {
		all++;
		up += netif_running(p->dev) && netif_carrier_ok(p->dev);
	}
	cli_set_result(c, json_pack("{s:s, s:o, s:s, s:o, s:i, s:i, s:i, s:b, s:i, s:o, s:o, s:o}",
				    "status", json_array_size(warned) == 0 ? "ready" : "warning",
				    "warnings", warned, "version", POLLUX_VERSION, "uptime",
				    u64(clock_ms() / 1000), "workers", (int)n_workers - 1, "ports",
				    (int)all, "ports_up", (int)up, "forwarding",
				    ethdev_forwarding_on(), "rcu_pending", (int)rcu_pending(),
				    "tx_timeouts", tx_timeouts(), "messages", message_rings(),
				    "balance", balance()));
	return 0;
}

static void
mempool_row(struct rte_mempool *mp, void *arg)
{
	unsigned int avail = rte_mempool_avail_count(mp);

	json_array_append_new(arg, json_pack("{s:s, s:i, s:i, s:i, s:i}", "name", mp->name, "size",
					     (int)mp->size, "avail", (int)avail, "in_use",
					     (int)(mp->size - avail), "socket", mp->socket_id));
}

static int
show_mempool(struct cli_ctx *c)
{
	json_t *list = json_array();

	rte_mempool_walk(mempool_row, list);
	cli_set_result(c, list);
	return 0;
}

static int
start_stop(struct cli_ctx *c)
{
	role_enter_ctl();
	ethdev_forwarding(cli_has(c, "start"));
	return 0;
}

static int
shutdown_daemon(struct cli_ctx *c)
{
	(void)c;
	role_enter_ctl();
	control_shutdown();
	return 0;
}

static const struct cli_cmd commands[] = {
	{ "show worker [all]",
	  "Workers: lcore, CPU, socket, queues, and how they spend their time.", "display",
	  show_worker, show_worker_text, true },
	{ "show health", "Is the router well: exit status 0 as soon as it is ready.", "display",
	  show_health, NULL, true },
	{ "show mempool", "Packet buffers: size of each pool and what is in use.", "display",
	  show_mempool, NULL, true },
	{ "set power (poll|auto) [max-sleep US:u32(10..100000)] "
	  "[burst PPS:u32(1000..1000000000)]",
	  "Poll always, or sleep shortly when idle.", "control", set_power, NULL, false },
	{ "(start|stop)", "Start or stop receiving on all ports.", "control", start_stop, NULL,
	  false },
	{ "shutdown", "Stop the daemon.", "control", shutdown_daemon, NULL, false },
	{ 0 }
};

void
system_cli_register(void)
{
	cli_register(commands);
}
