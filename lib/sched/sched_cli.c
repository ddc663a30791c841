/* SPDX-License-Identifier: BSD-3-Clause */
/* tc qdisc (show|add|replace|change|del), as iproute2 6.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "sched/sched_cli.h"

struct net_device *
sched_arg_dev(struct cli_ctx *c)
{
	const char *name = cli_arg_dev(c, "DEV");
	struct net_device *dev;

	role_enter_ctl();
	dev = name != NULL ? dev_get_by_name(name) : NULL;
	if (name == NULL)
		cli_error(c, -EINVAL, "which device? add \"dev NAME\"");
	else if (dev == NULL)
		cli_error_at(c, -ENODEV, name, "Cannot find device \"%s\"", name);
	return dev;
}

/* "8001:", in hexadecimal. */
static int
arg_handle(struct cli_ctx *c, uint16_t *handle)
{
	const char *word = cli_arg_str(c, "HANDLE");
	unsigned long v;
	char *end;

	if (word == NULL)
		return 0;
	v = strtoul(word, &end, 16);
	if (end == word || (strcmp(end, ":") != 0 && strcmp(end, ":0") != 0) || v == 0 ||
	    v > UINT16_MAX)
		return cli_error_at(c, -EINVAL, word, "\"%s\": expected a handle as 8001:", word);
	*handle = (uint16_t)v;
	return 0;
}

static int
arg_tbf(struct cli_ctx *c, struct qdisc_spec *s)
{
	const char *rate = cli_arg_str(c, "RATE"), *burst = cli_arg_str(c, "BURST"),
		   *limit = cli_arg_str(c, "LIMIT"), *latency = cli_arg_str(c, "LATENCY");

	if (rate != NULL && sched_parse_rate(rate, &s->rate) != 0)
		return cli_error_at(c, -EINVAL, rate, "\"%s\": expected a rate as 10mbit", rate);
	if (burst != NULL && sched_parse_size(burst, &s->burst) != 0)
		return cli_error_at(c, -EINVAL, burst, "\"%s\": expected a size as 32kb", burst);
	if (limit != NULL && sched_parse_size(limit, &s->limit) != 0)
		return cli_error_at(c, -EINVAL, limit, "\"%s\": expected a size as 64kb", limit);
	if (latency != NULL && sched_parse_time(latency, &s->latency_us) != 0)
		return cli_error_at(c, -EINVAL, latency, "\"%s\": expected a time as 50ms",
				    latency);
	return 0;
}

static int
set(struct cli_ctx *c)
{
	struct net_device *dev = sched_arg_dev(c);
	struct qdisc_spec s = { .kind = cli_has(c, "tbf")	   ? QDISC_TBF
					: cli_has(c, "prio")	   ? QDISC_PRIO
					: cli_has(c, "pfifo_fast") ? QDISC_PFIFO_FAST
								   : QDISC_NOQUEUE,
				.bands = (uint16_t)cli_arg_u32(c, "BANDS", 0) };
	const char *why;
	int rc;

	role_enter_ctl();
	if (dev == NULL)
		return -ENODEV;
	rc = arg_handle(c, &s.handle);
	if (rc == 0 && s.kind == QDISC_TBF)
		rc = arg_tbf(c, &s);
	if (rc != 0)
		return rc;
	why = sched_spec_check(&s);
	if (why != NULL)
		return cli_error(c, -EINVAL, "%s", why);
	if (cli_has(c, "add") && sched_of(dev) != NULL)
		return cli_error(c, -EEXIST, "%s has %s already: use replace", dev->name,
				 dev->ctl->qdisc);
	if (cli_has(c, "change") && sched_of(dev) == NULL)
		return cli_error(c, -ENOENT, "%s has no queue discipline to change", dev->name);
	rc = sched_set(dev, &s);
	if (rc == -EINVAL)
		return cli_error(c, rc, "%s: the loopback device has no queue", dev->name);
	return rc != 0 ? cli_error(c, rc, "%s: %s", dev->name, strerror(-rc)) : 0;
}

static int
del(struct cli_ctx *c)
{
	struct net_device *dev = sched_arg_dev(c);

	role_enter_ctl();
	if (dev == NULL)
		return -ENODEV;
	if (sched_of(dev) == NULL)
		return cli_error(c, -ENOENT, "%s has no queue discipline", dev->name);
	sched_set(dev, &(struct qdisc_spec){ .kind = QDISC_NOQUEUE });
	return 0;
}

/* --- show --- */

static json_t *
options(const struct qdisc *q)
{
	static const uint8_t priomap[16] = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 };
	json_t *map = json_array();

	if (q->ops == &tbf_ops) {
		double lat = ((double)q->tbf.limit - q->tbf.burst) * 1e6 / (double)q->tbf.rate;

		json_decref(map);
		return json_pack("{s:I, s:i, s:I}", "rate", (json_int_t)q->tbf.rate, "burst",
				 (int)q->tbf.burst, "lat", (json_int_t)(lat < 0 ? 0 : lat));
	}
	for (unsigned int i = 0; i < RTE_DIM(priomap); i++)
		json_array_append_new(map, json_integer(priomap[i]));
	return json_pack("{s:i, s:o, s:b}", "bands", q->bands, "priomap", map, "multiqueue", 0);
}

static json_t *
row(const struct cli_ctx *c, const struct net_device *dev) CTL_ONLY
{
	const struct qdisc *q = sched_of(dev);
	struct qdisc_stats st = { 0 };
	json_t *o =
		json_pack("{s:s, s:o, s:s, s:b, s:i, s:o}", "kind", dev->ctl->qdisc, "handle",
			  json_sprintf("%x:", q != NULL ? q->handle : 0), "dev", dev->name, "root",
			  1, "refcnt", 2, "options", q != NULL ? options(q) : json_object());

	if (!cli_wants_stats(c))
		return o;
	if (q != NULL)
		sched_stats(q, &st);
	json_object_update_new(o, json_pack("{s:I, s:I, s:I, s:I, s:i, s:I, s:i}", "bytes",
					    (json_int_t)st.bytes, "packets", (json_int_t)st.packets,
					    "drops", (json_int_t)st.drops, "overlimits",
					    (json_int_t)st.overlimits, "requeues", 0, "backlog",
					    (json_int_t)st.backlog, "qlen", (int)st.qlen));
	return o;
}

static int
show(struct cli_ctx *c)
{
	struct net_device *only = NULL;
	json_t *list;

	role_enter_ctl();
	if (cli_arg_dev(c, "DEV") != NULL) {
		only = sched_arg_dev(c);
		if (only == NULL)
			return -ENODEV;
	}
	list = json_array();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (only == NULL || d == only)
			json_array_append_new(list, row(c, d));
	cli_set_result(c, list);
	return 0;
}

static void
row_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *opt = json_object_get(o, "options"), *map = json_object_get(opt, "priomap");

	cli_printf(c, "qdisc %s %s dev %s root refcnt 2 ",
		   json_string_value(json_object_get(o, "kind")),
		   json_string_value(json_object_get(o, "handle")),
		   json_string_value(json_object_get(o, "dev")));
	if (map != NULL) {
		cli_printf(c, "bands %lld priomap", cli_num_of(opt, "bands"));
		for (size_t i = 0; i < json_array_size(map); i++)
			cli_printf(c, " %lld",
				   (long long)json_integer_value(json_array_get(map, i)));
	} else if (json_object_get(opt, "rate") != NULL) {
		cli_printf(c, "rate %s ", sched_rate_word((uint64_t)cli_num_of(opt, "rate")));
		cli_printf(c, "burst %s ", sched_size_word((uint32_t)cli_num_of(opt, "burst")));
		cli_printf(c, "lat %s ", sched_time_word((uint64_t)cli_num_of(opt, "lat")));
	}
	cli_printf(c, "\n");
	if (json_object_get(o, "backlog") != NULL)
		cli_printf(c,
			   " Sent %lld bytes %lld pkt (dropped %lld, overlimits %lld requeues 0) \n"
			   " backlog %lldb %lldp requeues 0\n",
			   cli_num_of(o, "bytes"), cli_num_of(o, "packets"), cli_num_of(o, "drops"),
			   cli_num_of(o, "overlimits"), cli_num_of(o, "backlog"),
			   cli_num_of(o, "qlen"));
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		row_text(c, json_array_get(list, i));
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "tc qdisc [show] [dev DEV:dev] [root]",
	  .help = "Show queue disciplines; -s what they have sent, dropped and hold.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "tc qdisc (add|replace|change) dev DEV:dev root [handle HANDLE:str] "
		    "(pfifo_fast|noqueue)",
	  .help = "Three queues by TOS, or none.",
	  .section = "ports",
	  .fn = set },
	{ .syntax = "tc qdisc (add|replace|change) dev DEV:dev root [handle HANDLE:str] prio "
		    "[bands BANDS:u32(3..16)]",
	  .help = "Queues in strict order, by TOS and by filters.",
	  .section = "ports",
	  .fn = set },
	{ .syntax = "tc qdisc (add|replace|change) dev DEV:dev root [handle HANDLE:str] tbf "
		    "[rate RATE:str] [burst BURST:str] [limit LIMIT:str] [latency LATENCY:str]",
	  .help = "Send no faster than a token bucket fills.",
	  .section = "ports",
	  .fn = set },
	{ .syntax = "tc qdisc del dev DEV:dev root",
	  .help = "Send without a queue.",
	  .section = "ports",
	  .fn = del },
	{ 0 },
};

void
sched_cli_register(void)
{
	cli_register(cmds);
	sched_filter_cli_register();
}
