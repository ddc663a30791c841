/* SPDX-License-Identifier: BSD-3-Clause */
/* ping, in the words of iputils. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ip4/icmp_proto.h"
#include "ip4/ip4_cli.h"
#include "ip4/ip4_proto.h"
#include "ip4/ip4_ping.h"

/* --- what a reply's options say --- */

static json_t *
route_json(const uint8_t *o)
{
	json_t *a = json_array();
	char text[INET_ADDRSTRLEN];
	rte_be32_t addr;

	for (unsigned int at = 3; at + 4 < o[2]; at += 4) {
		memcpy(&addr, o + at, 4);
		json_array_append_new(a, json_string(probe_text_of(addr, text)));
	}
	return a;
}

static json_t *
stamps_json(const uint8_t *o)
{
	bool addresses = (o[3] & 0x0f) != IPOPT4_TS_ONLY;
	json_t *a = json_array();
	char text[INET_ADDRSTRLEN];
	rte_be32_t v;

	for (unsigned int at = 4; at + 4 < o[2]; at += 4) {
		json_t *e = json_object();

		if (addresses) {
			memcpy(&v, o + at, 4);
			json_object_set_new(e, "address", json_string(probe_text_of(v, text)));
			at += 4;
		}
		memcpy(&v, o + at, 4);
		json_object_set_new(e, "time_ms", json_integer(rte_be_to_cpu_32(v)));
		json_array_append_new(a, e);
	}
	return a;
}

/* "route" and "timestamps", with "unrecorded", the hops that found no room. */
static void
options_json(const struct ip4_answer *a, json_t *o)
{
	for (unsigned int at = 0, len; at < a->optlen && a->opt[at] != IPOPT4_EOL; at += len) {
		const uint8_t *opt = a->opt + at;

		len = opt[0] == IPOPT4_NOP ? 1 : at + 1 < a->optlen ? opt[1] : 0;
		if (len == 0 || at + len > a->optlen)
			return;
		if (opt[0] == IPOPT4_RR && len >= 3 && opt[2] <= len + 1) {
			json_object_set_new(o, "route", route_json(opt));
		} else if (opt[0] == IPOPT4_TS && len >= 4 && opt[2] <= len + 1) {
			json_object_set_new(o, "timestamps", stamps_json(opt));
			json_object_set_new(o, "unrecorded", json_integer(opt[3] >> 4));
		}
	}
}

/* As ping(8) shows them: times but the first as differences. */
static void
options_text(struct cli_ctx *c, const struct ip4_answer *a)
{
	json_t *o = json_object(), *e;
	json_int_t first = -1, t;
	size_t i;

	options_json(a, o);
	json_array_foreach(json_object_get(o, "route"), i, e)
		cli_printf(c, "%s\t%s\n", i == 0 ? "RR: " : "", json_string_value(e));
	json_array_foreach(json_object_get(o, "timestamps"), i, e) {
		const char *addr = json_string_value(json_object_get(e, "address"));

		t = json_integer_value(json_object_get(e, "time_ms"));
		cli_printf(c, "%s%s%s\t%" JSON_INTEGER_FORMAT "%s\n", i == 0 ? "TS: " : "",
			   addr != NULL ? "\t" : "", addr != NULL ? addr : "",
			   first < 0 ? t : t - first, first < 0 ? " absolute" : "");
		first = first < 0 ? t : first;
	}
	t = json_integer_value(json_object_get(o, "unrecorded"));
	if (t > 0)
		cli_printf(c, "Unrecorded hops: %" JSON_INTEGER_FORMAT "\n", t);
	json_decref(o);
}

static void
ping_json(struct probe_run *r, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate)
{
	char from[INET_ADDRSTRLEN];
	json_t *o = json_pack("{s:s, s:i}", "from", probe_text_of(a->from, from), "icmp_seq",
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
	options_json(a, o);
	json_array_append_new(r->replies, o);
}

static void
ping_event(struct ping *p, const struct ip4_answer *a, uint64_t rtt_us, bool duplicate)
{
	struct probe_run *r = p->arg;
	char from[INET_ADDRSTRLEN];
	unsigned int seq = rte_be_to_cpu_16(a->seq);

	if (r->replies != NULL) {
		ping_json(r, a, rtt_us, duplicate);
		return;
	}
	probe_text_of(a->from, from);
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
	options_text(r->c, a);
}

static void
ping_failed(struct ping *p, uint16_t seq, int rc)
{
	struct probe_run *r = p->arg;

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
ping_result(struct probe_run *r, const struct ping *p)
{
	const struct ping_stats *st = &p->stats;
	char dst[INET_ADDRSTRLEN];
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "destination",
			      probe_text_of(p->spec.probe.dst, dst), "transmitted",
			      (json_int_t)st->sent, "received", (json_int_t)st->received, "errors",
			      (json_int_t)st->errors, "duplicates", (json_int_t)st->duplicates,
			      "loss_percent", (json_int_t)loss_percent(st), "time_ms",
			      (json_int_t)st->elapsed_ms);

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
ping_summary(struct probe_run *r, const struct ping *p)
{
	const struct ping_stats *st = &p->stats;
	char dst[INET_ADDRSTRLEN];
	uint64_t v[4];

	cli_printf(r->c, "\n--- %s ping statistics ---\n", probe_text_of(p->spec.probe.dst, dst));
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
	struct probe_run *r = p->arg;

	role_enter_ctl();
	if (r->replies != NULL)
		ping_result(r, p);
	else
		ping_summary(r, p);
	if (p->stats.received == 0)
		cli_error(r->c, -ETIMEDOUT, "no reply to any of %u requests", p->stats.sent);
	cli_finish(r->c, p->stats.received > 0 ? 0 : -ETIMEDOUT);
	probe_free_run(r);
}

static const struct ping_ops ping_ops = { ping_event, ping_failed, ping_done };

static void
ping_abort(struct cli_ctx *c, void *arg)
{
	struct probe_run *r = arg;

	role_enter_ctl();
	ping_stop(r->what);
}

/* RFC 791 3.1: record route, all the room there is. */
static void
add_record_route(struct ip4_probe *p)
{
	memset(p->opt, 0, sizeof(p->opt));
	p->opt[0] = IPOPT4_NOP;
	p->opt[1] = IPOPT4_RR;
	p->opt[2] = 39;
	p->opt[3] = 4;
	p->optlen = 40;
}

/* Timestamps; with @p hops, a list with commas, those of these hops only. */
static int
add_timestamps(struct cli_ctx *c, struct ip4_probe *p, uint8_t flag, const char *hops)
{
	char list[4 * INET_ADDRSTRLEN], *save = NULL;
	unsigned int n = 0;

	memset(p->opt, 0, sizeof(p->opt));
	p->opt[0] = IPOPT4_TS;
	p->opt[1] = flag == IPOPT4_TS_ONLY ? 40 : 36;
	p->opt[2] = 5;
	p->opt[3] = flag;
	p->optlen = p->opt[1];
	if (hops == NULL)
		return 0;
	snprintf(list, sizeof(list), "%s", hops);
	for (char *h = strtok_r(list, ",", &save); h != NULL; h = strtok_r(NULL, ",", &save), n++)
		if (n == 4 || inet_pton(AF_INET, h, p->opt + 4 + 8 * n) != 1)
			n = 5;
	if (n < 1 || n > 4)
		return cli_error_at(c, -EINVAL, hops,
				    "\"%s\": expected one to four addresses, with commas, after "
				    "tsprespec",
				    hops);
	p->opt[1] = p->optlen = (uint8_t)(4 + 8 * n);
	return 0;
}

/* What iputils writes: -i -W -R -T -Q -M. 0 or after cli_error(). */
static int
ping_flags(struct cli_ctx *c, struct ping_spec *spec) CTL_ONLY
{
	int rc = probe_seconds(c, "i_seconds", 3600000, &spec->interval_ms);

	if (rc == 0)
		rc = probe_seconds(c, "W_seconds", 600000, &spec->timeout_ms);
	spec->probe.tos = (uint8_t)cli_arg_u32(c, "tos", 0);
	spec->probe.df = cli_has(c, "df") || cli_has(c, "do");
	if (rc != 0)
		return rc;
	if (cli_has(c, "-R") && cli_has(c, "-T"))
		return cli_error(c, -EINVAL, "-R and -T: one of them, there is room for one");
	if (cli_has(c, "-R"))
		add_record_route(&spec->probe);
	if (cli_has(c, "tsonly"))
		return add_timestamps(c, &spec->probe, IPOPT4_TS_ONLY, NULL);
	if (cli_has(c, "tsandaddr"))
		return add_timestamps(c, &spec->probe, IPOPT4_TS_ADDR, NULL);
	if (cli_has(c, "tsprespec"))
		return add_timestamps(c, &spec->probe, IPOPT4_TS_PRESPEC, cli_arg_str(c, "HOPS"));
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
	struct probe_run *r;
	int rc;

	role_enter_ctl();
	rc = probe_parse(c, &spec.probe);
	if (rc == 0)
		rc = ping_flags(c, &spec);
	if (rc != 0)
		return rc;
	spec.probe.ttl = (uint8_t)cli_arg_u32(c, "ttl", 0);
	r = probe_new_run(c);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	p = ping_start(&spec, &ping_ops, r, &rc);
	if (p == NULL) {
		probe_free_run(r);
		return probe_start_error(c, rc);
	}
	r->what = p;
	cli_on_abort(c, ping_abort, r);
	probe_text_of(spec.probe.dst, dst);
	if (r->replies == NULL)
		cli_printf(c, "PING %s (%s) %u(%u) bytes of data.\n", dst, dst, spec.size,
			   spec.size + 28 + spec.probe.optlen);
	return CLI_ASYNC;
}

/* As iputils' ping has them, before or after the address. */
#define PING_FLAGS                                                                                 \
	"[-c count:u32(1..65535)] [-i i_seconds:str] [-s size:u32(0..65507)] "                     \
	"[-t ttl:u32(1..255)] [-W W_seconds:str] [-I IFACE:str] [-n] [-R] "                        \
	"[-T (tsonly|tsandaddr|tsprespec HOPS:str)] [-Q tos:u32(0..255)] [-M (do|dont)] "

static const struct cli_cmd commands[] = {
	{ .syntax = "ping " PING_FLAGS "ADDR:ip4 " PING_FLAGS
		    "[count count:u32(1..65535)] [interval interval:u32(1..3600000)] "
		    "[size size:u32(0..65507)] [ttl ttl:u32(1..255)] [df] [source source:ip4] "
		    "[dev dev:dev] [timeout timeout:u32(1..600000)]",
	  .help = "Send echo requests, 5 unless told (never endless), and show what comes back. "
		  "interval and timeout in ms, -i and -W in seconds; -R records the route, -T the "
		  "times.",
	  .section = "display",
	  .fn = cmd_ping,
	  .read_only = true },
	{ .syntax = NULL },
};

void
ip4_ping_cli_register(void)
{
	cli_register(commands);
}
