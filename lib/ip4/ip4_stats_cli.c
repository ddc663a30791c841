/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and drop reasons as commands: generic over counter blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/held.h"
#include "core/stage_list.h"
#include "ctl/cli.h"
#include "ip4/ip4_cache.h"
#include "ip4/ip4_cli.h"
#include "ip4/ip4_mib_dp.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_dp.h"
#include "skb/skb_dp.h"

static const char *const stage_names[] = {
#define X(id, name, text) name,
	STAGES(X)
#undef X
};

/* --- MIB blocks --- */

static json_t *
block_json(const struct counter_block *b) CTL_ONLY
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < b->n; i++)
		json_object_set_new(o, b->names[i], json_integer((json_int_t)counter_read(b, i)));
	return o;
}

static json_t *
ip_json(void) CTL_ONLY
{
	json_t *ip = block_json(&ip_mib);

	/* /proc/net/snmp's: 1 forwarding, 2 not (RFC 4293 ipForwarding). */
	json_object_set_new(ip, "Forwarding", json_integer(ipv4_devconf_all.forwarding ? 1 : 2));
	json_object_set_new(ip, "DefaultTTL", json_integer(net_ipv4.ip_default_ttl));
	return ip;
}

static json_t *
frag_json(void) CTL_ONLY
{
	unsigned int datagrams;
	uint64_t bytes;
	json_t *o = block_json(&frag_mib);

	ip4_defrag_usage(&bytes, &datagrams);
	json_object_set_new(o, "InUse", json_integer(datagrams));
	json_object_set_new(o, "Fragments", json_integer(ip4_defrag_held()));
	json_object_set_new(o, "Memory", json_integer((json_int_t)bytes));
	return o;
}

/* As /proc/net/snmp: of the 512, those that ever moved. */
static json_t *
icmpmsg_json(void) CTL_ONLY
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < icmpmsg_mib.n; i++)
		if (counter_read(&icmpmsg_mib, i) != 0)
			json_object_set_new(
				o, icmpmsg_mib.names[i],
				json_integer((json_int_t)counter_read(&icmpmsg_mib, i)));
	return o;
}

/* Ip, Icmp, IcmpMsg, Udp and IpExt stand in each of them: /proc/net/snmp and netstat in one. */
static int
cmd_stats_mib(struct cli_ctx *c)
{
	json_t *o = json_object();

	role_enter_ctl();
	json_object_set_new(o, "Ip", ip_json());
	json_object_set_new(o, "Icmp", block_json(&icmp_mib));
	json_object_set_new(o, "IcmpMsg", icmpmsg_json());
	json_object_set_new(o, "Udp", block_json(&udp_mib));
	json_object_set_new(o, "IpExt", block_json(&ipext_mib));
	if (cli_has(c, "frag"))
		json_object_set_new(o, "Frag", frag_json());
	cli_set_result(c, o);
	return 0;
}

static void
print_block(struct cli_ctx *c, const char *title, const json_t *o)
{
	const char *key;
	json_t *v;

	cli_printf(c, "%s:\n", title);
	json_object_foreach((json_t *)o, key, v)
		cli_printf(c, "  %-20s %20" JSON_INTEGER_FORMAT "\n", key, json_integer_value(v));
}

/* Only what is about fragments. */
static void
print_frag(struct cli_ctx *c, const json_t *result)
{
	const char *key;
	json_t *v;

	cli_printf(c, "Ip:\n");
	json_object_foreach(json_object_get(result, "Ip"), key, v)
		if (strncmp(key, "Reasm", 5) == 0 || strncmp(key, "Frag", 4) == 0)
			cli_printf(c, "  %-20s %20" JSON_INTEGER_FORMAT "\n", key,
				   json_integer_value(v));
	print_block(c, "Frag", json_object_get(result, "Frag"));
}

static void
text_mib(struct cli_ctx *c, const json_t *result)
{
	if (cli_has(c, "frag")) {
		print_frag(c, result);
	} else if (cli_has(c, "icmp")) {
		print_block(c, "Icmp", json_object_get(result, "Icmp"));
		print_block(c, "IcmpMsg", json_object_get(result, "IcmpMsg"));
	} else if (cli_has(c, "udp")) {
		print_block(c, "Udp", json_object_get(result, "Udp"));
	} else {
		print_block(c, "Ip", json_object_get(result, "Ip"));
		print_block(c, "IpExt", json_object_get(result, "IpExt"));
	}
}

/* Any other block, by name: arp, neigh, route and what modules add. */
static int
cmd_stats_block(struct cli_ctx *c)
{
	const char *name = cli_has(c, "arp") ? "arp" : cli_has(c, "neigh") ? "neigh" : "route";
	const struct counter_block *b;

	role_enter_ctl();
	b = counter_find(name);
	if (b == NULL)
		return cli_error(c, -ENOENT, "%s: no such counters in this build", name);
	cli_set_result(c, block_json(b));
	return 0;
}

/* What the route cache holds now, and its counters of block "route". */
static int
cmd_stats_cache(struct cli_ctx *c)
{
	struct ip4_cache_fill fill;
	json_t *o;

	role_enter_ctl();
	fill = ip4_cache_fill();
	o = json_pack("{s:I, s:I}", "entries", (json_int_t)fill.entries, "max",
		      (json_int_t)fill.max);
	for (unsigned int i = ROUTE_in_hit; i <= ROUTE_in_evicted; i++)
		json_object_set_new(o, route_mib.names[i],
				    json_integer((json_int_t)counter_read(&route_mib, i)));
	cli_set_result(c, o);
	return 0;
}

/* --- stages --- */

static uint64_t
worker_cycles(const struct worker *w)
{
	uint64_t all = 0;

	for (unsigned int s = 0; s < STAGE_MAX; s++)
		all += __atomic_load_n(&w->stages[s].cycles, __ATOMIC_RELAXED);
	return all;
}

static json_t *
stage_json(const struct worker *w, unsigned int s)
{
	uint64_t all = worker_cycles(w);
	uint64_t calls = __atomic_load_n(&w->stages[s].calls, __ATOMIC_RELAXED);
	uint64_t packets = __atomic_load_n(&w->stages[s].packets, __ATOMIC_RELAXED);
	uint64_t cycles = __atomic_load_n(&w->stages[s].cycles, __ATOMIC_RELAXED);

	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:f, s:f, s:f}", "worker", (int)w->id, "stage",
			 stage_names[s], "calls", (json_int_t)calls, "packets", (json_int_t)packets,
			 "cycles", (json_int_t)cycles, "packets_per_call",
			 calls ? (double)packets / (double)calls : 0.0, "cycles_per_packet",
			 packets ? (double)cycles / (double)packets : 0.0, "share",
			 all ? 100.0 * (double)cycles / (double)all : 0.0);
}

static int
cmd_stats_stages(struct cli_ctx *c)
{
	json_t *a = json_array();

	role_enter_ctl();
	for (unsigned int i = 0; i < n_workers; i++)
		for (unsigned int s = 0; s < STAGE_MAX; s++)
			if (workers[i]->stages[s].cycles != 0 || workers[i]->stages[s].calls != 0)
				json_array_append_new(a, stage_json(workers[i], s));
	cli_set_result(c, a);
	return 0;
}

static void
text_stages(struct cli_ctx *c, const json_t *result)
{
	size_t i;
	json_t *o;

	cli_printf(c, "%6s %-14s %14s %14s %10s %12s %7s\n", "worker", "stage", "calls", "packets",
		   "pkts/call", "cycles/pkt", "time%");
	json_array_foreach((json_t *)result, i, o)
		cli_printf(c,
			   "%6d %-14s %14" JSON_INTEGER_FORMAT " %14" JSON_INTEGER_FORMAT
			   " %10.1f %12.1f %7.1f\n",
			   (int)json_integer_value(json_object_get(o, "worker")),
			   json_string_value(json_object_get(o, "stage")),
			   json_integer_value(json_object_get(o, "calls")),
			   json_integer_value(json_object_get(o, "packets")),
			   json_real_value(json_object_get(o, "packets_per_call")),
			   json_real_value(json_object_get(o, "cycles_per_packet")),
			   json_real_value(json_object_get(o, "share")));
}

/* --- the balance --- */

static void
add_held(const char *name, unsigned int held, void *arg)
{
	json_object_set_new(arg, name, json_integer(held));
}

static int
cmd_stats_balance(struct cli_ctx *c)
{
	json_t *places = json_object();
	json_int_t n[SKB_CNT_MAX], drops = 0, held;

	role_enter_ctl();
	for (unsigned int i = 0; i < SKB_CNT_MAX; i++)
		n[i] = (json_int_t)counter_read_total(&skb_counters, i);
	for (unsigned int i = 0; i < DROP_MAX; i++)
		drops += (json_int_t)counter_read_total(&drop_counters, i);
	held_walk(add_held, places);
	held = held_total();
	cli_set_result(c,
		       json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "rx", n[SKB_CNT_RX],
				 "originated", n[SKB_CNT_ORIGINATED], "tx", n[SKB_CNT_TX], "drops",
				 drops, "consumed", n[SKB_CNT_CONSUMED], "held", held, "difference",
				 n[SKB_CNT_RX] + n[SKB_CNT_ORIGINATED] - n[SKB_CNT_TX] - drops -
					 n[SKB_CNT_CONSUMED] - held,
				 "places", places));
	return 0;
}

/* --- drops --- */

static int
parse_drop_filter(struct cli_ctx *c, int *reason, struct net_device **dev) CTL_ONLY
{
	const char *r = cli_arg_str(c, "REASON"), *d = cli_arg_dev(c, "dev");

	*reason = r != NULL ? drop_find(r) : -1;
	if (r != NULL && *reason < 0)
		return cli_error(c, -ENOENT,
				 "reason: unknown \"%s\"; `show drops` lists those counted", r);
	*dev = d != NULL ? dev_get_by_name(d) : NULL;
	return 0;
}

static void
append_drop(json_t *a, unsigned int r, uint64_t n)
{
	json_array_append_new(a, json_pack("{s:s, s:I, s:s, s:s}", "reason", drop_name(r),
					   "packets", (json_int_t)n, "module", drop_module(r),
					   "text", drop_text(r)));
}

static int
cmd_show_drops(struct cli_ctx *c)
{
	struct netdev_stats_sum *st = NULL;
	json_t *a = json_array();
	struct net_device *dev = NULL;
	int only, rc;

	role_enter_ctl();
	rc = parse_drop_filter(c, &only, &dev);
	if (rc == 0 && dev != NULL) {
		st = calloc(1, sizeof(*st));
		if (st == NULL)
			rc = cli_error(c, -ENOMEM, "out of memory");
		else
			dev_get_stats(dev, st);
	}
	for (unsigned int r = 0; rc == 0 && r < DROP_MAX; r++) {
		uint64_t n = st != NULL ? st->drops[r] : counter_read(&drop_counters, r);

		/* One that was asked for is shown even when it is zero. */
		if (only >= 0 ? r == (unsigned int)only : n != 0)
			append_drop(a, r, n);
	}
	free(st);
	if (rc != 0) {
		json_decref(a);
		return rc;
	}
	cli_set_result(c, a);
	return 0;
}

static void
text_drops(struct cli_ctx *c, const json_t *result)
{
	size_t i;
	json_t *o;

	if (json_array_size(result) == 0)
		return;
	cli_printf(c, "%-24s %14s  %s\n", "reason", "packets", "why");
	json_array_foreach((json_t *)result, i, o)
		cli_printf(c, "%-24s %14" JSON_INTEGER_FORMAT "  %s\n",
			   json_string_value(json_object_get(o, "reason")),
			   json_integer_value(json_object_get(o, "packets")),
			   json_string_value(json_object_get(o, "text")));
}

/* --- clear --- */

static int
cmd_clear_drops(struct cli_ctx *c)
{
	role_enter_ctl();
	counter_clear(&drop_counters);
	return 0;
}

static int
cmd_clear_stats(struct cli_ctx *c)
{
	role_enter_ctl();
	/* The balance reads totals: no clear disturbs it. */
	for (struct counter_block *b = counter_blocks; b != NULL; b = b->next)
		if (b != &drop_counters)
			counter_clear(b);
	return 0;
}

static const struct cli_cmd commands[] = {
	{ .syntax = "show stats (ip|icmp|udp|frag)",
	  .help = "Show the MIB counters under their /proc/net/snmp names.",
	  .section = "display",
	  .fn = cmd_stats_mib,
	  .text = text_mib,
	  .read_only = true },
	{ .syntax = "show stats (arp|neigh|route)",
	  .help = "Show a module's counters.",
	  .section = "display",
	  .fn = cmd_stats_block,
	  .read_only = true },
	{ .syntax = "show stats cache",
	  .help = "Show what the workers' route caches hold, and how often they were asked.",
	  .section = "display",
	  .fn = cmd_stats_cache,
	  .read_only = true },
	{ .syntax = "show stats stages",
	  .help = "Show calls, packets and cycles of each stage on each worker.",
	  .section = "display",
	  .fn = cmd_stats_stages,
	  .text = text_stages,
	  .read_only = true },
	{ .syntax = "show stats balance",
	  .help = "Show that no packet is lost: rx + originated = tx + drops + consumed + held.",
	  .section = "display",
	  .fn = cmd_stats_balance,
	  .read_only = true },
	{ .syntax = "show drops [reason REASON:str] [dev dev:dev]",
	  .help = "Show why packets died, here or on one device.",
	  .section = "display",
	  .fn = cmd_show_drops,
	  .text = text_drops,
	  .read_only = true },
	{ .syntax = "clear stats",
	  .help = "Set the MIB counters to zero.",
	  .section = "display",
	  .fn = cmd_clear_stats },
	{ .syntax = "clear drops",
	  .help = "Set the drop counters to zero.",
	  .section = "display",
	  .fn = cmd_clear_drops },
	{ .syntax = NULL },
};

void
ip4_stats_cli_register(void)
{
	cli_register(commands);
}
