/* SPDX-License-Identifier: BSD-3-Clause */
/* ip route get: how a packet would be routed, as iproute2 says it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "fib/fib_cli.h"
#include "fib/fib_rule.h"
#include "netdev/netdev.h"

static json_t *
cache_json(const struct fib_result *res, bool redirect)
{
	if (redirect)
		return json_pack("[s]", "redirect");
	if (res->type == FIB_LOCAL)
		return json_pack("[s]", "local");
	if (res->type == FIB_BROADCAST)
		return json_pack("[ss]", "local", "brd");
	if (res->type == FIB_MULTICAST)
		return json_pack("[s]", "mc");
	return json_array();
}

/* What was learned about the destination stands for what its route says. */
static void
exception_json(json_t *o, const struct fib_exception *e, const struct fib_route *r)
{
	struct fib_metrics shown = { .lock = 0 };

	if (r != NULL && r->metrics != NULL)
		shown = *r->metrics;
	if (e->gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(e->gateway));
	if (e->redirected)
		json_array_append_new(json_object_get(o, "cache"), json_string("redirected"));
	json_object_set_new(o, "expires", json_integer(e->expires_s));
	if (e->mtu != 0) {
		shown.value[FIB_METRIC_mtu] = e->mtu;
		shown.lock &= ~(1u << FIB_METRIC_mtu);
		shown.lock |= (uint32_t)e->mtu_lock << FIB_METRIC_mtu;
	}
	fib_metrics_json(o, &shown);
}

static const char *
dev_name(const struct cli_ctx *c, const struct fib_result *res)
{
	/* What is ours is delivered by the loopback device, whichever has the address. */
	if (res->type == FIB_LOCAL || (res->table != 0 && res->route.type == FIB_LOCAL) ||
	    (res->type == FIB_BROADCAST && cli_has(c, "IIF")))
		return "lo";
	return res->dev == NULL ? NULL : res->dev->name;
}

/* -d: which bucket of a group, and what is known of the neighbour. */
static void
way_json(json_t *o, const struct fib_query *q, const struct fib_result *res)
{
	rte_be32_t next = res->gateway != 0 ? res->gateway : q->dst;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	const struct neighbour *n;
	json_t *v;

	role_enter_ctl();
	if (res->n_buckets > 0)
		json_object_set_new(o, "bucket",
				    json_pack("[i, i]", (int)res->bucket, (int)res->n_buckets));
	if (res->type != FIB_UNICAST || res->dev == NULL)
		return;
	n = neigh_lookup(next, res->dev);
	v = json_pack("{s:o, s:s}", "dst", fib_ip_json(next), "state",
		      n != NULL ? nud_state_name(n->nud.state) : "NONE");
	if (n != NULL && n->nud.state & NUD_VALID) {
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 RTE_ETHER_ADDR_BYTES(&n->ha));
		json_object_set_new(v, "lladdr", json_string(mac));
	}
	json_object_set_new(o, "neighbour", v);
}

/* As Linux, whose tables local and main are one until there are other rules. */
static void
table_json(json_t *o, const struct fib_result *res, bool detail)
{
	bool plain =
		res->table == RT_TABLE_MAIN || (res->table == RT_TABLE_LOCAL && fib_rules == NULL);

	role_enter_ctl();
	if (res->table != 0 && (detail || !plain))
		json_object_set_new(o, "table", json_string(fib_table_name(res->table)));
}

/* As Linux: what comes in and stays has none, nor what no route is for. */
static bool
has_metrics(const struct fib_query *q, const struct fib_result *res)
{
	if (q->iif != NULL)
		return res->type == FIB_UNICAST;
	return q->dst != UINT32_MAX && (res->type != FIB_MULTICAST || res->plen >= 4);
}

static json_t *
match_json(const struct cli_ctx *c, const struct fib_result *res) CTL_ONLY
{
	json_t *o = fib_route_json(&res->route, cli_wants_detail(c));

	if (res->type != res->route.type)
		json_object_set_new(o, "type", json_string(fib_type_name(res->type)));
	table_json(o, res, cli_wants_detail(c));
	return o;
}

static json_t *
result_json(const struct cli_ctx *c, const struct fib_query *q, const struct fib_result *res,
	    bool redirect)
{
	json_t *o = json_object();
	const char *dev = dev_name(c, res), *iif = cli_arg_dev(c, "IIF");
	struct fib_exception e;
	char tos[8];

	role_enter_ctl();
	if (res->type != FIB_UNICAST || cli_wants_detail(c))
		json_object_set_new(o, "type", json_string(fib_type_name(res->type)));
	json_object_set_new(o, "dst", fib_ip_json(q->dst));
	if (q->src != 0)
		json_object_set_new(o, "from", fib_ip_json(q->src));
	if (res->tos != 0) {
		snprintf(tos, sizeof(tos), "0x%02x", res->tos);
		json_object_set_new(o, "tos", json_string(tos));
	}
	if (res->gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(res->gateway));
	if (dev != NULL)
		json_object_set_new(o, "dev", json_string(dev));
	table_json(o, res, cli_wants_detail(c));
	if (res->prefsrc != 0 && q->src == 0)
		json_object_set_new(o, "prefsrc", fib_ip_json(res->prefsrc));
	if (cli_wants_detail(c) && res->rule != NULL)
		json_object_set_new(o, "rule", json_integer(res->rule->priority));
	if (cli_wants_detail(c))
		way_json(o, q, res);
	json_object_set_new(o, "flags", json_array());
	if (cli_arg_u32(c, "MARK", 0) != 0)
		json_object_set_new(o, "mark", json_integer(cli_arg_u32(c, "MARK", 0)));
	fib_flow_json(o, res->tclassid);
	if (iif == NULL)
		json_object_set_new(o, "uid", json_integer(0));
	json_object_set_new(o, "cache", cache_json(res, redirect));
	/* Packets of others know no exceptions. */
	if (iif == NULL && fib_exceptions != NULL && res->type == FIB_UNICAST &&
	    fib_exceptions->find(q->dst, res->adj_idx, &e))
		exception_json(o, &e, &res->route);
	else if (has_metrics(q, res))
		fib_metrics_json(o, res->route.metrics);
	if (iif != NULL)
		json_object_set_new(o, "iif", json_string(iif));
	return o;
}

static void
result_text(struct cli_ctx *c, const json_t *o)
{
	json_int_t mark = json_integer_value(json_object_get(o, "mark"));
	const json_t *cache = json_object_get(o, "cache");
	const json_t *bucket = json_object_get(o, "bucket");
	const json_t *neigh = json_object_get(o, "neighbour");

	cli_word(c, o, "type", "");
	cli_word(c, o, "dst", "");
	cli_word(c, o, "from", "from ");
	cli_word(c, o, "tos", "tos ");
	cli_word(c, o, "gateway", "via ");
	cli_word(c, o, "dev", "dev ");
	cli_word(c, o, "table", "table ");
	cli_word(c, o, "rule", "rule ");
	cli_word(c, o, "prefsrc", "src ");
	if (mark != 0)
		cli_printf(c, mark >= 16 ? "mark 0x%llx " : "mark %llu ", (unsigned long long)mark);
	fib_flow_text(c, o);
	cli_word(c, o, "uid", "uid ");
	if (bucket != NULL)
		cli_printf(c, "bucket %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT " ",
			   json_integer_value(json_array_get(bucket, 0)),
			   json_integer_value(json_array_get(bucket, 1)));
	cli_word(c, neigh, "state", "neigh ");
	cli_word(c, neigh, "lladdr", "lladdr ");
	cli_printf(c, "\n    cache ");
	for (size_t i = 0; i < json_array_size(cache); i++)
		cli_printf(c, "%s%s%s", i == 0 ? "<" : ",",
			   json_string_value(json_array_get(cache, i)),
			   i + 1 == json_array_size(cache) ? "> " : "");
	if (json_object_get(o, "expires") != NULL)
		cli_printf(c, "expires %" JSON_INTEGER_FORMAT "sec ",
			   json_integer_value(json_object_get(o, "expires")));
	fib_metrics_text(c, o);
	cli_word(c, o, "iif", "iif ");
	cli_printf(c, "\n");
}

static void
get_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++) {
		const json_t *o = json_array_get(result, i);

		if (json_object_get(o, "cache") != NULL)
			result_text(c, o);
		else
			fib_route_text(c, o);
	}
}

static int
arg_ipproto(struct cli_ctx *c, uint8_t *proto)
{
	const char *s = cli_arg_str(c, "IPPROTO");

	if (s == NULL || fib_rule_parse_ipproto(s, proto) == 0)
		return 0;
	return cli_error_at(c, -EINVAL, s, "\"%s\" is no protocol: tcp, udp, icmp or 0..255", s);
}

/* As Linux: ip_route_output_key() for our own packets, ip_route_input() for those of an iif. */
static CTL_ONLY int
check_from(struct cli_ctx *c, rte_be32_t from)
{
	const char *word = cli_arg_str(c, "FROM"), *iif = cli_arg_dev(c, "IIF");
	uint32_t a = rte_be_to_cpu_32(from);

	if (iif != NULL && word == NULL)
		return cli_error_at(c, -EINVAL, iif,
				    "Invalid argument: \"iif %s\" needs \"from ADDRESS\"", iif);
	if (word == NULL)
		return 0;
	if (a >> 28 >= 0xe || a >> 24 == 0)
		return cli_error_at(c, -EINVAL, word,
				    "Invalid argument: \"from %s\" is no host's address", word);
	if (iif == NULL && ip_dev_find(from) == NULL)
		return cli_error_at(
			c, -ENETUNREACH, word,
			"Network is unreachable: \"from %s\" is no address of ours, for "
			"another host's say \"iif DEV\"",
			word);
	if (iif != NULL && (ip_dev_find(from) != NULL || a >> 24 == 127))
		return cli_error_at(c, -EINVAL, word,
				    "Invalid argument: \"from %s\" is our own address, which never "
				    "comes in by \"iif %s\"",
				    word, iif);
	return 0;
}

static CTL_ONLY int
arg_query(struct cli_ctx *c, struct fib_query *q)
{
	const char *oif = cli_arg_dev(c, "OIF");
	uint8_t plen = 32;
	int rc;

	*q = (struct fib_query){ .proto = IPPROTO_UDP }; /* as Linux, unless told */
	cli_arg_prefix(c, "DST", &q->dst, &plen);
	cli_arg_ip4(c, "FROM", &q->src);
	if (plen != 32)
		return cli_error_at(c, -EINVAL, cli_arg_str(c, "DST"),
				    "\"%s\": only an address, or /32, can be asked for",
				    cli_arg_str(c, "DST"));
	q->mark = cli_arg_u32(c, "MARK", 0);
	q->sport = (uint16_t)cli_arg_u32(c, "SPORT", 0);
	q->dport = (uint16_t)cli_arg_u32(c, "DPORT", 0);
	rc = arg_ipproto(c, &q->proto);
	if (rc == 0)
		rc = check_from(c, q->src);
	if (rc == 0)
		rc = fib_arg_tos(c, &q->tos);
	if (cli_has(c, "IIF"))
		q->iif = dev_get_by_name(cli_arg_dev(c, "IIF"));
	else if (oif != NULL) /* where it goes decides, for what comes in */
		q->oif = dev_get_by_name(oif);
	return rc;
}

static int
no_way(struct cli_ctx *c, int rc, const struct fib_result *res)
{
	if (rc == -ENETUNREACH)
		return cli_error(c, rc, "Network is unreachable");
	if (rc == -EXDEV)
		return cli_error(c, rc, "Invalid cross-device link: refused by rp_filter");
	if (res->table == 0 && res->rule != NULL)
		return cli_error(c, rc, "%s (rule %u)", strerror(-rc), res->rule->priority);
	if (res->type >= FIB_BLACKHOLE)
		return cli_error(c, rc, "%s (route type %s)", strerror(-rc),
				 fib_type_name(res->type));
	return cli_error(c, rc, "%s", strerror(-rc));
}

static int
route_get(struct cli_ctx *c)
{
	struct fib_result res;
	bool redirect = false;
	struct fib_query q;
	json_t *list;
	int rc;

	role_enter_ctl();
	rc = arg_query(c, &q);
	if (rc < 0)
		return rc;
	rc = q.iif != NULL ? fib_lookup_input(&q, &res, &redirect) : fib_lookup_query(&q, &res);
	if (rc == 0 && res.dev == NULL && res.type != FIB_LOCAL && res.type != FIB_BROADCAST)
		rc = -ENETUNREACH;
	if (rc < 0 && !(cli_has(c, "fibmatch") && res.table != 0 && res.type >= FIB_BLACKHOLE))
		return no_way(c, rc, &res);
	if (cli_has(c, "fibmatch") && res.table == 0)
		return cli_error(c, -EHOSTUNREACH, "No route to host: no route matches");
	list = json_array();
	json_array_append_new(list, cli_has(c, "fibmatch") ? match_json(c, &res)
							   : result_json(c, &q, &res, redirect));
	cli_set_result(c, list);
	return 0;
}

/* --- ip route show cache --- */

struct cache_walk {
	json_t *list;
	rte_be32_t dst, mask;
	const struct net_device *dev;
};

static void
add_exception(const struct fib_exception *e, void *arg)
{
	struct cache_walk *w = arg;
	json_t *o;

	if (((e->dst ^ w->dst) & w->mask) != 0 || (w->dev != NULL && w->dev != e->dev))
		return;
	o = json_pack("{s:o, s:s, s:[], s:[]}", "dst", fib_ip_json(e->dst), "dev", e->dev->name,
		      "flags", "cache");
	exception_json(o, e, NULL);
	json_array_append_new(w->list, o);
}

static int
cache_show(struct cli_ctx *c)
{
	const char *dev = cli_arg_dev(c, "DEV");
	struct cache_walk w = { .list = json_array() };
	uint8_t plen = 0;

	role_enter_ctl();
	cli_arg_prefix(c, "DST", &w.dst, &plen);
	w.mask = plen == 0 ? 0 : rte_cpu_to_be_32(UINT32_MAX << (32 - plen));
	w.dev = dev != NULL ? dev_get_by_name(dev) : NULL;
	if (fib_exceptions != NULL)
		fib_exceptions->walk(add_exception, &w);
	cli_set_result(c, w.list);
	return 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip route [show] cache [[to] DST:prefix] [dev DEV:dev]",
	  .help = "List path MTUs and gateways that ICMP told of",
	  .section = "routes",
	  .fn = cache_show,
	  .text = get_text,
	  .read_only = true },
	{ .syntax = "ip route get [fibmatch] [to] DST:prefix [fibmatch] [from FROM:ip4] [iif "
		    "IIF:dev] "
		    "[(oif|dev) OIF:dev] [mark MARK:u32] [(tos|dsfield) TOS:str] [ipproto "
		    "IPPROTO:str] "
		    "[sport SPORT:u32(0..65535)] [dport DPORT:u32(0..65535)]",
	  .help = "Say how a packet to this address would be routed, or which route matches",
	  .section = "routes",
	  .fn = route_get,
	  .text = get_text,
	  .read_only = true },
	{ 0 },
};

void
fib_get_cli_register(void)
{
	cli_register(cmds);
}
