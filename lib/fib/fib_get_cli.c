/* SPDX-License-Identifier: BSD-3-Clause */
/* ip route get: how a packet would be routed, as iproute2 says it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "fib/fib_cli.h"
#include "fib/fib_rule.h"
#include "netdev/netdev.h"

static json_t *
cache_json(const struct fib_result *res)
{
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
	struct fib_route shown = { 0 };

	if (r != NULL)
		shown = *r;
	if (e->gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(e->gateway));
	if (e->redirected)
		json_array_append_new(json_object_get(o, "cache"), json_string("redirected"));
	json_object_set_new(o, "expires", json_integer(e->expires_s));
	if (e->mtu != 0) {
		shown.mtu = e->mtu;
		shown.mtu_lock = e->mtu_lock;
	}
	fib_metrics_json(o, &shown);
}

static const char *
dev_name(const struct cli_ctx *c, const struct fib_result *res)
{
	/* What is ours is delivered by the loopback device, whichever has the address. */
	if (res->type == FIB_LOCAL || (res->type == FIB_BROADCAST && cli_has(c, "IIF")))
		return "lo";
	return res->dev == NULL ? NULL : res->dev->name;
}

static json_t *
result_json(const struct cli_ctx *c, const struct fib_query *q, const struct fib_result *res)
{
	json_t *o = json_object();
	const char *dev = dev_name(c, res), *iif = cli_arg_dev(c, "IIF");
	struct fib_exception e;

	role_enter_ctl();
	if (res->type != FIB_UNICAST || cli_wants_detail(c))
		json_object_set_new(o, "type", json_string(fib_type_name(res->type)));
	json_object_set_new(o, "dst", fib_ip_json(q->dst));
	if (q->src != 0)
		json_object_set_new(o, "from", fib_ip_json(q->src));
	if (res->gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(res->gateway));
	if (dev != NULL)
		json_object_set_new(o, "dev", json_string(dev));
	/* As Linux, whose tables local and main are one until there are other rules. */
	if ((res->type == FIB_UNICAST || fib_rules != NULL) && res->table != RT_TABLE_MAIN &&
	    res->table != 0)
		json_object_set_new(o, "table", json_string(fib_table_name(res->table)));
	if (res->prefsrc != 0 && q->src == 0)
		json_object_set_new(o, "prefsrc", fib_ip_json(res->prefsrc));
	if (cli_wants_detail(c) && res->rule != NULL)
		json_object_set_new(o, "rule", json_integer(res->rule->priority));
	json_object_set_new(o, "flags", json_array());
	if (cli_arg_u32(c, "MARK", 0) != 0)
		json_object_set_new(o, "mark", json_integer(cli_arg_u32(c, "MARK", 0)));
	if (iif == NULL)
		json_object_set_new(o, "uid", json_integer(0));
	json_object_set_new(o, "cache", cache_json(res));
	/* Packets of others know no exceptions. */
	if (iif == NULL && fib_exceptions != NULL && res->type == FIB_UNICAST &&
	    fib_exceptions->find(q->dst, res->adj_idx, &e))
		exception_json(o, &e, &res->route);
	else if (res->type == FIB_UNICAST)
		fib_metrics_json(o, &res->route);
	if (iif != NULL)
		json_object_set_new(o, "iif", json_string(iif));
	return o;
}

static void
result_text(struct cli_ctx *c, const json_t *o)
{
	json_int_t mark = json_integer_value(json_object_get(o, "mark"));
	const json_t *cache = json_object_get(o, "cache");

	fib_word(c, o, "type", "");
	fib_word(c, o, "dst", "");
	fib_word(c, o, "from", "from ");
	fib_word(c, o, "gateway", "via ");
	fib_word(c, o, "dev", "dev ");
	fib_word(c, o, "table", "table ");
	fib_word(c, o, "rule", "rule ");
	fib_word(c, o, "prefsrc", "src ");
	if (mark != 0)
		cli_printf(c, mark >= 16 ? "mark 0x%llx " : "mark %llu ", (unsigned long long)mark);
	fib_word(c, o, "uid", "uid ");
	cli_printf(c, "\n    cache ");
	for (size_t i = 0; i < json_array_size(cache); i++)
		cli_printf(c, "%s%s%s", i == 0 ? "<" : ",",
			   json_string_value(json_array_get(cache, i)),
			   i + 1 == json_array_size(cache) ? "> " : "");
	if (json_object_get(o, "expires") != NULL)
		cli_printf(c, "expires %" JSON_INTEGER_FORMAT "sec ",
			   json_integer_value(json_object_get(o, "expires")));
	fib_metrics_text(c, o);
	fib_word(c, o, "iif", "iif ");
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
route_get(struct cli_ctx *c)
{
	struct fib_result res;
	struct fib_query q;
	json_t *list;
	int rc;

	role_enter_ctl();
	rc = arg_query(c, &q);
	if (rc < 0)
		return rc;
	rc = fib_lookup_query(&q, &res);
	if (rc == -ENETUNREACH || (rc == 0 && res.dev == NULL && res.type != FIB_LOCAL))
		return cli_error(c, -ENETUNREACH, "Network is unreachable");
	if (rc < 0 && res.table == 0 && res.rule != NULL)
		return cli_error(c, rc, "%s (rule %u)", strerror(-rc), res.rule->priority);
	if (rc < 0 && !(cli_has(c, "fibmatch") && res.table != 0))
		return cli_error(c, rc, "%s (route type %s)", strerror(-rc),
				 fib_type_name(res.type));
	list = json_array();
	if (cli_has(c, "fibmatch") && res.table == 0) {
		json_decref(list);
		return cli_error(c, -ENETUNREACH, "Network is unreachable: no route matches");
	}
	json_array_append_new(list, cli_has(c, "fibmatch")
					    ? fib_route_json(&res.route, cli_wants_detail(c))
					    : result_json(c, &q, &res));
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
