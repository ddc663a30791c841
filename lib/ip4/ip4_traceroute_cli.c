/* SPDX-License-Identifier: BSD-3-Clause */
/* traceroute, in the words of traceroute(8). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ip4/icmp_proto.h"
#include "ip4/ip4_cli.h"
#include "ip4/ip4_proto.h"
#include "ip4/ip4_traceroute.h"

/* "!H" and the like behind an answer that ends the trace. */
static const char *
unreach_mark(const struct ip4_answer *a)
{
	static const char *const mark[] = {
		" !N", " !H", " !P", "",    " !F", " !S", " !U", " !W",
		" !I", " !A", " !Z", " !Q", " !T", " !X", " !V", " !C"
	};

	if (a->type != ICMP4_UNREACH)
		return "";
	return a->code < RTE_DIM(mark) ? mark[a->code] : " !?";
}

static void
trace_json(struct probe_run *r, const struct trace *t, uint32_t ttl)
{
	json_t *probes = json_array();
	char from[INET_ADDRSTRLEN];

	for (uint32_t q = 0; q < t->spec.queries; q++) {
		const struct trace_answer *an = &t->answer[q];

		json_array_append_new(
			probes, an->answered ? json_pack("{s:s, s:f, s:i, s:i}", "from",
							 probe_text_of(an->a.from, from), "time_ms",
							 (double)an->rtt_us / 1000, "type",
							 (int)an->a.type, "code", (int)an->a.code)
					     : json_null());
	}
	json_array_append_new(r->replies,
			      json_pack("{s:i, s:o}", "ttl", (int)ttl, "probes", probes));
}

static void
trace_hop(struct trace *t, uint32_t ttl)
{
	struct probe_run *r = t->arg;
	char from[INET_ADDRSTRLEN];
	rte_be32_t last = 0;

	if (r->replies != NULL) {
		trace_json(r, t, ttl);
		return;
	}
	cli_printf(r->c, "%2u ", ttl);
	for (uint32_t q = 0; q < t->spec.queries; q++) {
		const struct trace_answer *an = &t->answer[q];

		if (!an->answered) {
			cli_printf(r->c, " *");
			continue;
		}
		if (an->a.from != last)
			cli_printf(r->c, " %s", probe_text_of(an->a.from, from));
		last = an->a.from;
		cli_printf(r->c, "  %u.%03u ms%s", (unsigned int)(an->rtt_us / 1000),
			   (unsigned int)(an->rtt_us % 1000), unreach_mark(&an->a));
	}
	cli_printf(r->c, "\n");
}

static void
trace_done(struct trace *t)
{
	struct probe_run *r = t->arg;
	char dst[INET_ADDRSTRLEN];

	role_enter_ctl();
	if (r->replies != NULL)
		cli_set_result(r->c, json_pack("{s:s, s:b, s:O}", "destination",
					       probe_text_of(t->spec.probe.dst, dst), "reached",
					       (int)t->reached, "hops", r->replies));
	if (!t->reached)
		cli_error(r->c, -ETIMEDOUT, "the destination did not answer");
	cli_finish(r->c, t->reached ? 0 : -ETIMEDOUT);
	probe_free_run(r);
}

static const struct trace_ops trace_ops = { trace_hop, trace_done };

static void
trace_abort(struct cli_ctx *c, void *arg)
{
	struct probe_run *r = arg;

	role_enter_ctl();
	trace_stop(r->what);
}

static int
cmd_traceroute(struct cli_ctx *c)
{
	struct trace_spec spec = {
		.icmp = cli_has(c, "-I"),
		.first_ttl = cli_arg_u32(c, "first", 1),
		.max_ttl = cli_arg_u32(c, "maxttl", 30),
		.queries = cli_arg_u32(c, "queries", 3),
		.timeout_ms = cli_arg_u32(c, "timeout", 3000),
		.port = (uint16_t)cli_arg_u32(c, "port", 0),
		.len = cli_arg_u32(c, "LEN", TRACE_PROBE_LEN),
	};
	char dst[INET_ADDRSTRLEN];
	struct trace *t;
	struct probe_run *r;
	int rc;

	role_enter_ctl();
	rc = probe_parse(c, &spec.probe);
	if (rc == 0)
		rc = probe_seconds(c, "w_seconds", 60000, &spec.timeout_ms);
	if (rc == 0 && spec.first_ttl > spec.max_ttl)
		rc = cli_error(c, -EINVAL, "-f: the first hop is behind the last, %u",
			       spec.max_ttl);
	if (rc != 0)
		return rc;
	spec.probe.tos = (uint8_t)cli_arg_u32(c, "tos", 0);
	spec.probe.df = cli_has(c, "-F");
	r = probe_new_run(c);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	t = trace_start(&spec, &trace_ops, r, &rc);
	if (t == NULL) {
		probe_free_run(r);
		return probe_start_error(c, rc);
	}
	r->what = t;
	cli_on_abort(c, trace_abort, r);
	probe_text_of(spec.probe.dst, dst);
	if (r->replies == NULL)
		cli_printf(c, "traceroute to %s (%s), %u hops max, %u byte packets\n", dst, dst,
			   spec.max_ttl, t->spec.len);
	return CLI_ASYNC;
}

/* As traceroute(8) has them, before or after the address. */
#define TRACE_FLAGS                                                                                \
	"[-I] [-U] [-n] [-F] [-f first:u32(1..255)] [-m maxttl:u32(1..255)] "                      \
	"[-q queries:u32(1..10)] [-w w_seconds:str] [-p port:u32(1..65535)] [-t tos:u32(0..255)] " \
	"[-s source:ip4] [-i dev:dev] "

static const struct cli_cmd commands[] = {
	{ .syntax = "traceroute " TRACE_FLAGS "ADDR:ip4 " TRACE_FLAGS
		    "[maxttl maxttl:u32(1..255)] [queries queries:u32(1..10)] "
		    "[timeout timeout:u32(1..60000)] [source source:ip4] [dev dev:dev] "
		    "[LEN:u32(28..65000)]",
	  .help = "Show the routers on the way, by UDP probes, with -I by echo requests; timeout "
		  "for each hop in ms, -w in seconds.",
	  .section = "display",
	  .fn = cmd_traceroute,
	  .read_only = true },
	{ .syntax = NULL },
};

void
ip4_traceroute_cli_register(void)
{
	cli_register(commands);
}
