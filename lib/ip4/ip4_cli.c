/* SPDX-License-Identifier: BSD-3-Clause */
/* ping and traceroute, in the words of iputils and traceroute(8). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "ip4/icmp_proto.h"
#include "ip4/ip4_cli.h"
#include "ip4/ip4_priv.h"
#include "ip4/ip4_ping.h"
#include "ip4/ip4_traceroute.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

/* A command that runs: what its callbacks need. */
struct run {
	struct cli_ctx *c;
	void *what;	 /* the ping or the trace */
	json_t *replies; /* NULL unless JSON is wanted */
	int rc;
};

static const char *
text_of(rte_be32_t addr, char *buf)
{
	return inet_ntop(AF_INET, &addr, buf, INET_ADDRSTRLEN);
}

/* What both commands say of the way out. 0 or after cli_error(). */
static int
parse_probe(struct cli_ctx *c, struct ip4_probe *p) CTL_ONLY
{
	const char *dev = cli_arg_dev(c, "dev");

	cli_arg_ip4(c, "ADDR", &p->dst);
	cli_arg_ip4(c, "source", &p->src);
	if (dev != NULL)
		p->dev = dev_get_by_name(dev);
	if (p->src != 0 && ip_dev_find(p->src) == NULL)
		return cli_error(c, -EADDRNOTAVAIL,
				 "source: not an address of this router: see `ip addr show`");
	return 0;
}

static int
start_error(struct cli_ctx *c, int rc)
{
	switch (rc) {
	case -ENETUNREACH:
		return cli_error(c, rc, "connect: Network is unreachable");
	case -EHOSTUNREACH:
		return cli_error(c, rc, "connect: No route to host");
	case -EACCES:
		return cli_error(c, rc, "connect: prohibited by a route");
	case -EADDRNOTAVAIL:
		return cli_error(c, rc, "no source address: the device has none");
	default:
		return cli_error(c, rc, "%s", strerror(-rc));
	}
}

/* --- ping --- */

static void
ping_json(struct run *r, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate)
{
	char from[INET_ADDRSTRLEN];
	json_t *o = json_pack("{s:s, s:i}", "from", text_of(a->from, from), "icmp_seq",
			      (int)rte_be_to_cpu_16(a->seq));

	if (a->is_error) {
		json_object_set_new(o, "error", json_string(ip4_probe_error(a->type, a->code)));
		if (a->mtu != 0)
			json_object_set_new(o, "mtu", json_integer(a->mtu));
	} else {
		json_object_set_new(o, "bytes", json_integer(a->bytes));
		json_object_set_new(o, "ttl", json_integer(a->ttl));
		json_object_set_new(o, "time_ms", json_real((double)rtt_us / 1000));
	}
	if (duplicate)
		json_object_set_new(o, "duplicate", json_true());
	json_array_append_new(r->replies, o);
}

static void
ping_event(struct ping *p, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate)
{
	struct run *r = p->arg;
	char from[INET_ADDRSTRLEN];
	unsigned int seq = rte_be_to_cpu_16(a->seq);

	if (r->replies != NULL) {
		ping_json(r, a, rtt_us, duplicate);
		return;
	}
	text_of(a->from, from);
	if (!a->is_error)
		cli_printf(r->c, "%u bytes from %s: icmp_seq=%u ttl=%u time=%u.%03u ms%s\n",
			   a->bytes, from, seq, a->ttl, (unsigned int)(rtt_us / 1000),
			   (unsigned int)(rtt_us % 1000), duplicate ? " (DUP!)" : "");
	else if (a->mtu != 0)
		cli_printf(r->c, "From %s icmp_seq=%u %s (mtu = %u)\n", from, seq,
			   ip4_probe_error(a->type, a->code), a->mtu);
	else
		cli_printf(r->c, "From %s icmp_seq=%u %s\n", from, seq,
			   ip4_probe_error(a->type, a->code));
}

static void
ping_failed(struct ping *p, uint16_t seq, int rc)
{
	struct run *r = p->arg;

	if (r->replies != NULL)
		json_array_append_new(r->replies, json_pack("{s:i, s:s}", "icmp_seq", (int)seq,
							    "error", strerror(-rc)));
	else
		cli_printf(r->c, "ping: sendmsg: %s\n", strerror(-rc));
}

static unsigned int
loss_percent(const struct ping_stats *st)
{
	return st->sent > 0 ? (st->sent - st->received) * 100 / st->sent : 0;
}

static void
ping_result(struct run *r, const struct ping *p)
{
	const struct ping_stats *st = &p->stats;
	char dst[INET_ADDRSTRLEN];
	json_t *o =
		json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "destination",
			  text_of(p->spec.probe.dst, dst), "transmitted", (json_int_t)st->sent,
			  "received", (json_int_t)st->received, "errors", (json_int_t)st->errors,
			  "duplicates", (json_int_t)st->duplicates, "loss_percent",
			  (json_int_t)loss_percent(st), "time_ms", (json_int_t)st->elapsed_ms);

	if (st->received > 0)
		json_object_set_new(o, "rtt_ms",
				    json_pack("{s:f, s:f, s:f, s:f}", "min",
					      (double)st->min_us / 1000, "avg",
					      (double)st->sum_us / st->received / 1000, "max",
					      (double)st->max_us / 1000, "mdev",
					      (double)ping_mdev_us(st) / 1000));
	json_object_set(o, "replies", r->replies);
	cli_set_result(r->c, o);
}

static void
ping_summary(struct run *r, const struct ping *p)
{
	const struct ping_stats *st = &p->stats;
	char dst[INET_ADDRSTRLEN];
	uint64_t v[4];

	cli_printf(r->c, "\n--- %s ping statistics ---\n", text_of(p->spec.probe.dst, dst));
	cli_printf(r->c, "%u packets transmitted, %u received, ", st->sent, st->received);
	if (st->duplicates > 0)
		cli_printf(r->c, "+%u duplicates, ", st->duplicates);
	if (st->errors > 0)
		cli_printf(r->c, "+%u errors, ", st->errors);
	cli_printf(r->c, "%u%% packet loss, time %ums\n", loss_percent(st),
		   (unsigned int)st->elapsed_ms);
	if (st->received == 0)
		return;
	v[0] = st->min_us;
	v[1] = st->sum_us / st->received;
	v[2] = st->max_us;
	v[3] = ping_mdev_us(st);
	cli_printf(r->c, "rtt min/avg/max/mdev = ");
	for (unsigned int i = 0; i < 4; i++)
		cli_printf(r->c, "%s%u.%03u", i ? "/" : "", (unsigned int)(v[i] / 1000),
			   (unsigned int)(v[i] % 1000));
	cli_printf(r->c, " ms\n");
}

static void
ping_done(struct ping *p)
{
	struct run *r = p->arg;

	role_enter_ctl();
	if (r->replies != NULL)
		ping_result(r, p);
	else
		ping_summary(r, p);
	json_decref(r->replies);
	if (p->stats.received == 0)
		cli_error(r->c, -ETIMEDOUT, "no reply to any of %u requests", p->stats.sent);
	cli_finish(r->c, p->stats.received > 0 ? 0 : -ETIMEDOUT);
	free(r);
}

static const struct ping_ops ping_ops = { ping_event, ping_failed, ping_done };

static void
ping_abort(struct cli_ctx *c, void *arg)
{
	struct run *r = arg;

	role_enter_ctl();
	ping_stop(r->what);
}

static struct run *
new_run(struct cli_ctx *c)
{
	struct run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->c = c;
	if (cli_wants_json(c))
		r->replies = json_array();
	return r;
}

/* "0.2" of ping -i and -W: seconds to ms, within @p max; @p ms stays when the flag is absent. */
static int
flag_seconds(struct cli_ctx *c, const char *name, uint32_t max, uint32_t *ms)
{
	const char *word = cli_arg_str(c, name);
	double s;
	char *end;

	if (word == NULL)
		return 0;
	s = strtod(word, &end);
	if (end == word || *end != '\0' || !(s * 1000 >= 1 && s * 1000 <= max))
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\": expected seconds, 0.001..%u, after -%c", word,
				    max / 1000, name[0]);
	*ms = (uint32_t)(s * 1000 + 0.5);
	return 0;
}

/* What iputils writes -i, -W and -I. 0 or after cli_error(). */
static int
ping_flags(struct cli_ctx *c, struct ping_spec *spec) CTL_ONLY
{
	const char *from = cli_arg_str(c, "IFACE");
	struct in_addr in;
	int rc = flag_seconds(c, "i_seconds", 3600000, &spec->interval_ms);

	if (rc == 0)
		rc = flag_seconds(c, "W_seconds", 600000, &spec->timeout_ms);
	if (rc != 0 || from == NULL)
		return rc;
	if (inet_pton(AF_INET, from, &in) != 1) {
		spec->probe.dev = dev_get_by_name(from);
		return spec->probe.dev != NULL
			       ? 0
			       : cli_error_at(c, -ENODEV, from,
					      "\"%s\": expected a net device or an address of "
					      "this router after -I: see `ip addr show`",
					      from);
	}
	spec->probe.src = in.s_addr;
	if (ip_dev_find(in.s_addr) == NULL)
		return cli_error_at(c, -EADDRNOTAVAIL, from,
				    "\"%s\": not an address of this router: see `ip addr show`",
				    from);
	return 0;
}

static int
cmd_ping(struct cli_ctx *c)
{
	struct ping_spec spec = { .count = cli_arg_u32(c, "count", 5),
				  .interval_ms = cli_arg_u32(c, "interval", 1000),
				  .size = cli_arg_u32(c, "size", 56),
				  .timeout_ms = cli_arg_u32(c, "timeout", 2000) };
	char dst[INET_ADDRSTRLEN];
	struct ping *p;
	struct run *r;
	int rc;

	role_enter_ctl();
	rc = parse_probe(c, &spec.probe);
	if (rc == 0)
		rc = ping_flags(c, &spec);
	if (rc != 0)
		return rc;
	spec.probe.ttl = (uint8_t)cli_arg_u32(c, "ttl", 0);
	spec.probe.df = cli_has(c, "df");
	r = new_run(c);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	p = ping_start(&spec, &ping_ops, r, &rc);
	if (p == NULL) {
		json_decref(r->replies);
		free(r);
		return start_error(c, rc);
	}
	r->what = p;
	cli_on_abort(c, ping_abort, r);
	text_of(spec.probe.dst, dst);
	if (r->replies == NULL)
		cli_printf(c, "PING %s (%s) %u(%u) bytes of data.\n", dst, dst, spec.size,
			   spec.size + 28);
	return CLI_ASYNC;
}

/* --- traceroute --- */

/* "!H" and the like behind an answer that ends the trace. */
static const char *
unreach_mark(const struct ip4_answer *a)
{
	static const char *const mark[] = { " !N", " !H", " !P", "", " !F", " !S" };

	if (a->type != ICMP4_UNREACH)
		return "";
	return a->code < RTE_DIM(mark) ? mark[a->code] : a->code == 13 ? " !X" : " !?";
}

static void
trace_json(struct run *r, const struct trace *t, uint32_t ttl)
{
	json_t *probes = json_array();
	char from[INET_ADDRSTRLEN];

	for (uint32_t q = 0; q < t->spec.queries; q++) {
		const struct trace_answer *an = &t->answer[q];

		json_array_append_new(
			probes, an->answered ? json_pack("{s:s, s:f, s:i, s:i}", "from",
							 text_of(an->a.from, from), "time_ms",
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
	struct run *r = t->arg;
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
			cli_printf(r->c, " %s", text_of(an->a.from, from));
		last = an->a.from;
		cli_printf(r->c, "  %u.%03u ms%s", (unsigned int)(an->rtt_us / 1000),
			   (unsigned int)(an->rtt_us % 1000), unreach_mark(&an->a));
	}
	cli_printf(r->c, "\n");
}

static void
trace_done(struct trace *t)
{
	struct run *r = t->arg;
	char dst[INET_ADDRSTRLEN];

	role_enter_ctl();
	if (r->replies != NULL)
		cli_set_result(r->c, json_pack("{s:s, s:b, s:O}", "destination",
					       text_of(t->spec.probe.dst, dst), "reached",
					       (int)t->reached, "hops", r->replies));
	json_decref(r->replies);
	if (!t->reached)
		cli_error(r->c, -ETIMEDOUT, "the destination did not answer");
	cli_finish(r->c, t->reached ? 0 : -ETIMEDOUT);
	free(r);
}

static const struct trace_ops trace_ops = { trace_hop, trace_done };

static void
trace_abort(struct cli_ctx *c, void *arg)
{
	struct run *r = arg;

	role_enter_ctl();
	trace_stop(r->what);
}

static int
cmd_traceroute(struct cli_ctx *c)
{
	struct trace_spec spec = { .max_ttl = cli_arg_u32(c, "maxttl", 30),
				   .queries = cli_arg_u32(c, "queries", 3),
				   .timeout_ms = cli_arg_u32(c, "timeout", 3000) };
	char dst[INET_ADDRSTRLEN];
	struct trace *t;
	struct run *r;
	int rc;

	role_enter_ctl();
	rc = parse_probe(c, &spec.probe);
	if (rc != 0)
		return rc;
	r = new_run(c);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	t = trace_start(&spec, &trace_ops, r, &rc);
	if (t == NULL) {
		json_decref(r->replies);
		free(r);
		return start_error(c, rc);
	}
	r->what = t;
	cli_on_abort(c, trace_abort, r);
	text_of(spec.probe.dst, dst);
	if (r->replies == NULL)
		cli_printf(c, "traceroute to %s (%s), %u hops max, %u byte packets\n", dst, dst,
			   spec.max_ttl, TRACE_PROBE_LEN);
	return CLI_ASYNC;
}

/* As iputils' ping has them, before or after the address. */
#define PING_FLAGS                                                                                 \
	"[-c count:u32(1..65535)] [-i i_seconds:str] [-s size:u32(0..65507)] [-t "                 \
	"ttl:u32(1..255)] "                                                                        \
	"[-W W_seconds:str] [-I IFACE:str] "

static const struct cli_cmd commands[] = {
	{ .syntax = "ping " PING_FLAGS "ADDR:ip4 " PING_FLAGS
		    "[count count:u32(1..65535)] [interval interval:u32(1..3600000)] "
		    "[size size:u32(0..65507)] [ttl ttl:u32(1..255)] [df] [source source:ip4] "
		    "[dev dev:dev] [timeout timeout:u32(1..600000)]",
	  .help = "Send echo requests, 5 unless told (never endless), and show what comes back. "
		  "interval and timeout in ms, -i and -W in seconds.",
	  .section = "display",
	  .fn = cmd_ping,
	  .read_only = true },
	{ .syntax = "traceroute ADDR:ip4 [maxttl maxttl:u32(1..255)] [queries queries:u32(1..10)] "
		    "[timeout timeout:u32(1..60000)] [source source:ip4] [dev dev:dev]",
	  .help = "Show the routers on the way, by UDP probes; timeout in ms for each hop.",
	  .section = "display",
	  .fn = cmd_traceroute,
	  .read_only = true },
	{ .syntax = NULL },
};

void
ip4_cli_register(void)
{
	ip4_declare();
	cli_register(commands);
	ip4_stats_cli_register();
}
