/* SPDX-License-Identifier: BSD-3-Clause */
/* ip route (show|add|replace|append|prepend|change|del|flush), show fib (summary|check). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/realm.h"
#include "core/rtproto.h"
#include "fib/fib_cli.h"
#include "fib/fib_nexthop.h"
#include "fib/fib_rule.h"
#include "netdev/netdev.h"

#define SLICE 1000 /* routes of a listing at a time */

/* --- a route as JSON, keys of iproute2 --- */

json_t *
fib_ip_json(rte_be32_t addr)
{
	char text[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

static json_t *
prefix_json(rte_be32_t addr, uint8_t plen)
{
	char text[INET_ADDRSTRLEN], out[INET_ADDRSTRLEN + 4];

	if (plen == 0 && addr == 0)
		return json_string("default");
	inet_ntop(AF_INET, &addr, text, sizeof(text));
	snprintf(out, sizeof(out), plen == 32 ? "%s" : "%s/%u", text, plen);
	return json_string(out);
}

json_t *
fib_flags_json(uint8_t flags)
{
	json_t *list = json_array();

	if (flags & FIB_NH_DEAD)
		json_array_append_new(list, json_string("dead"));
	if (flags & FIB_NH_ONLINK)
		json_array_append_new(list, json_string("onlink"));
	if (flags & FIB_NH_LINKDOWN)
		json_array_append_new(list, json_string("linkdown"));
	return list;
}

void
fib_flow_json(json_t *o, uint32_t realms)
{
	json_t *flow;

	if (realms == 0)
		return;
	flow = json_object();
	if (realm_from(realms) != 0)
		json_object_set_new(flow, "from", json_string(realm_name(realm_from(realms))));
	json_object_set_new(flow, "to", json_string(realm_name(realm_to(realms))));
	json_object_set_new(o, "flow", flow);
}

static json_t *
nexthop_json(const struct fib_nexthop *nh)
{
	json_t *o = json_object();

	if (nh->gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(nh->gateway));
	fib_flow_json(o, nh->tclassid);
	json_object_set_new(o, "dev", json_string(nh->dev->name));
	json_object_set_new(o, "weight", json_integer(nh->weight));
	json_object_set_new(o, "flags", fib_flags_json(fib_nh_shown_flags(nh)));
	return o;
}

/* What a listing is restricted to, and does not say of each route again, as iproute2. */
struct filter {
	struct fib_cursor cursor;
	uint32_t table; /* 0: all */
	rte_be32_t dst;
	uint8_t plen;
	enum fib_among how;
	const struct net_device *dev;
	rte_be32_t via, prefsrc;
	uint8_t type, tos;
	int protocol, scope; /* -1: any */
	bool tos_set, metric_set;
	uint32_t metric;
	uint32_t tclassid, realm_mask;
	bool detail, done;
	json_t *rows;
};

static void
attributes_json(json_t *o, const struct fib_route *r, const struct filter *f)
{
	role_enter_ctl();
	if (f->table == 0 && (r->table != RT_TABLE_MAIN || f->detail))
		json_object_set_new(o, "table", json_string(fib_table_name(r->table)));
	if ((r->protocol != FIB_PROT_BOOT || f->detail) && f->protocol < 0)
		json_object_set_new(o, "protocol", json_string(rtproto_name(r->protocol)));
	if ((r->scope != SCOPE_UNIVERSE || f->detail) && f->scope < 0)
		json_object_set_new(o, "scope", json_string(rt_scope_name(r->scope)));
	if (r->prefsrc != 0 && f->prefsrc == 0)
		json_object_set_new(o, "prefsrc", fib_ip_json(r->prefsrc));
	if (r->metric != 0 && !f->metric_set)
		json_object_set_new(o, "metric", json_integer(r->metric));
}

static json_t *
route_json(const struct fib_route *r, const struct filter *f)
{
	static struct fib_nhobj_view obj;
	json_t *o = json_object(), *list;
	/* As Linux: nexthop_compat_mode off says the object, and of its ways nothing. */
	bool brief = r->nhid != 0 && !fib_nhobj_conf.nexthop_compat_mode;
	unsigned int n_nh = brief ? 0 : r->n_nh;
	char tos[8];

	role_enter_ctl();
	if (r->type != FIB_UNICAST || f->detail)
		json_object_set_new(o, "type", json_string(fib_type_name(r->type)));
	json_object_set_new(o, "dst", prefix_json(r->dst, r->plen));
	if (r->tos != 0 && !f->tos_set) {
		snprintf(tos, sizeof(tos), "0x%02x", r->tos);
		json_object_set_new(o, "tos", json_string(tos));
	}
	if (r->nhid != 0)
		json_object_set_new(o, "nhid", json_integer(r->nhid));
	if (n_nh == 1 && r->nh[0].gateway != 0 && f->via == 0)
		json_object_set_new(o, "gateway", fib_ip_json(r->nh[0].gateway));
	if (n_nh == 1 && f->dev == NULL)
		json_object_set_new(o, "dev", json_string(r->nh[0].dev->name));
	else if (r->nhid != 0 && !brief && r->type == FIB_BLACKHOLE)
		json_object_set_new(o, "dev", json_string("lo")); /* as Linux has it */
	attributes_json(o, r, f);
	json_object_set_new(o, "flags",
			    fib_flags_json(n_nh == 1 ? fib_nh_shown_flags(&r->nh[0]) : 0));
	if (f->realm_mask != UINT32_MAX) /* else all have the one that was asked for */
		fib_flow_json(o, r->tclassid);
	fib_metrics_json(o, r->metrics);
	if (f->detail && r->nhid != 0 && fib_nhobj_get(r->nhid, &obj))
		json_object_set_new(o, "nh_info", fib_nhobj_json(&obj, true));
	if (n_nh < 2)
		return o;
	list = json_array();
	for (unsigned int i = 0; i < n_nh; i++)
		json_array_append_new(list, nexthop_json(&r->nh[i]));
	json_object_set_new(o, "nexthops", list);
	return o;
}

json_t *
fib_route_json(const struct fib_route *r, bool detail)
{
	struct filter f = { .table = r->table, .protocol = -1, .scope = -1, .detail = detail };

	return route_json(r, &f);
}

/* --- and as text, as `ip route` prints it --- */

void
fib_flags_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *flags = json_object_get(o, "flags");

	for (size_t i = 0; i < json_array_size(flags); i++)
		cli_printf(c, "%s ", json_string_value(json_array_get(flags, i)));
}

void
fib_flow_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *flow = json_object_get(o, "flow");
	const char *from = json_string_value(json_object_get(flow, "from"));

	if (flow == NULL)
		return;
	cli_printf(c, "realm%s %s%s%s ", from != NULL ? "s" : "", from != NULL ? from : "",
		   from != NULL ? "/" : "", json_string_value(json_object_get(flow, "to")));
}

void
fib_route_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *nhs = json_object_get(o, "nexthops");

	cli_word(c, o, "type", "");
	cli_word(c, o, "dst", "");
	cli_word(c, o, "from", "from ");
	cli_word(c, o, "tos", "tos ");
	cli_word(c, o, "nhid", "nhid ");
	cli_word(c, o, "gateway", "via ");
	cli_word(c, o, "dev", "dev ");
	cli_word(c, o, "table", "table ");
	cli_word(c, o, "protocol", "proto ");
	cli_word(c, o, "scope", "scope ");
	cli_word(c, o, "prefsrc", "src ");
	cli_word(c, o, "metric", "metric ");
	fib_flags_text(c, o);
	fib_flow_text(c, o);
	fib_metrics_text(c, o);
	if (json_object_get(o, "nh_info") != NULL) {
		cli_printf(c, "\n\tnh_info ");
		fib_nhobj_text(c, json_object_get(o, "nh_info"));
	}
	for (size_t i = 0; i < json_array_size(nhs); i++) {
		const json_t *nh = json_array_get(nhs, i);

		cli_printf(c, "\n\tnexthop ");
		cli_word(c, nh, "gateway", "via ");
		fib_flow_text(c, nh);
		cli_word(c, nh, "dev", "dev ");
		cli_word(c, nh, "weight", "weight ");
		fib_flags_text(c, nh);
	}
	cli_printf(c, "\n");
}

static void
routes_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++)
		fib_route_text(c, json_array_get(result, i));
}

/* --- arguments --- */

static int
arg_table(struct cli_ctx *c, uint32_t *id)
{
	const char *name = cli_arg_str(c, "TABLE");

	role_enter_ctl();
	if (name == NULL)
		return 0;
	if (strcmp(name, "all") == 0) {
		*id = 0;
		return 0;
	}
	if (fib_table_parse(name, id) < 0)
		return cli_error_at(c, -EINVAL, name,
				    "\"%s\" is no table: a number, or a name as \"main\"", name);
	return 0;
}

/* A named number: -1 when absent, -EINVAL after cli_error(). */
static int
arg_word(struct cli_ctx *c, const char *arg, const char *what, int (*parse)(const char *), int *out)
{
	const char *s = cli_arg_str(c, arg);
	int v;

	*out = -1;
	if (s == NULL)
		return 0;
	v = parse(s);
	if (v < 0)
		return cli_error_at(c, -EINVAL, s, "\"%s\" is no %s", s, what);
	*out = v;
	return 0;
}

int
fib_bad_realms(struct cli_ctx *c, const char *word)
{
	return cli_error_at(c, -EINVAL, word,
			    "\"%s\" is no realm: [FROM/]TO, each 0..255 or a name of "
			    "/etc/iproute2/rt_realms",
			    word);
}

int
fib_arg_realms(struct cli_ctx *c, const struct cli_ctx *group, uint32_t *realms)
{
	const char *word = cli_arg_str(group, "REALMS");

	*realms = 0;
	return word != NULL && realms_parse(word, realms) != 0 ? fib_bad_realms(c, word) : 0;
}

static struct net_device *
arg_dev(const struct cli_ctx *c, const char *name)
{
	const char *dev = cli_arg_dev(c, name);

	role_enter_ctl();
	return dev == NULL ? NULL : dev_get_by_name(dev);
}

static int
arg_type(const struct cli_ctx *c)
{
	static const char *const types[] = { "unicast",	    "local",	 "broadcast",
					     "anycast",	    "multicast", "blackhole",
					     "unreachable", "prohibit",	 "throw" };

	for (unsigned int i = 0; i < RTE_DIM(types); i++)
		if (cli_has(c, types[i]))
			return fib_type_parse(types[i]);
	return 0;
}

/* --- show --- */

/* As iproute2: a device or gateway that is named is that of a route with one next hop. */
static bool
nh_matches(const struct fib_route *r, const struct filter *f)
{
	if (f->dev == NULL && f->via == 0)
		return true;
	return r->n_nh == 1 && (f->dev == NULL || r->nh[0].dev == f->dev) &&
	       (f->via == 0 || r->nh[0].gateway == f->via);
}

static void
show_one(const struct fib_route *r, void *arg)
{
	struct filter *f = arg;

	if ((f->type != 0 && r->type != f->type) ||
	    (f->protocol >= 0 && r->protocol != f->protocol) ||
	    (f->scope >= 0 && r->scope != f->scope) || (f->tos_set && r->tos != f->tos) ||
	    (f->metric_set && r->metric != f->metric) ||
	    (f->prefsrc != 0 && r->prefsrc != f->prefsrc) ||
	    ((r->tclassid ^ f->tclassid) & f->realm_mask) != 0 ||
	    !fib_prefix_among(r->dst, r->plen, f->how, f->dst, f->plen) || !nh_matches(r, f))
		return;
	json_array_append_new(f->rows, route_json(r, f));
}

static json_t *
show_slice(struct cli_ctx *c, void *arg)
{
	struct filter *f = arg;

	RTE_SET_USED(c);
	role_enter_ctl();
	if (f->done)
		return NULL;
	f->rows = json_array();
	f->done = !fib_walk_some(&f->cursor, SLICE, show_one, f);
	return f->rows;
}

static int
arg_filter(struct cli_ctx *c, struct filter *f)
{
	const char *word;
	int rc;

	*f = (struct filter){ .table = RT_TABLE_MAIN, .detail = cli_wants_detail(c) };
	rc = arg_table(c, &f->table);
	if (rc == 0)
		rc = arg_word(c, "PROTO", "routing protocol", rtproto_parse, &f->protocol);
	if (rc == 0)
		rc = arg_word(c, "SCOPE", "scope", rt_scope_parse, &f->scope);
	if (rc == 0)
		rc = fib_arg_tos(c, &f->tos);
	if (rc < 0)
		return rc;
	f->tos_set = cli_has(c, "TOS");
	f->metric_set = cli_has(c, "METRIC");
	f->metric = cli_arg_u32(c, "METRIC", 0);
	cli_arg_ip4(c, "SRC", &f->prefsrc);
	word = cli_arg_str(c, "REALMS");
	if (word != NULL && realms_parse_filter(word, &f->tclassid, &f->realm_mask) != 0)
		return fib_bad_realms(c, word);
	f->cursor.table = f->table;
	f->type = arg_type(c);
	f->dev = arg_dev(c, "DEV");
	cli_arg_ip4(c, "VIA", &f->via);
	if (cli_arg_prefix(c, "DST", &f->dst, &f->plen))
		f->how = FIB_EXACT;
	else if (cli_arg_prefix(c, "ROOT", &f->dst, &f->plen))
		f->how = FIB_ROOT;
	else if (cli_arg_prefix(c, "MATCH", &f->dst, &f->plen))
		f->how = FIB_MATCH;
	return 0;
}

static int
route_show(struct cli_ctx *c)
{
	struct filter *f = malloc(sizeof(*f));
	int rc;

	role_enter_ctl();
	if (f == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	rc = arg_filter(c, f);
	if (rc < 0) {
		free(f);
		return rc;
	}
	cli_set_rows(c, show_slice, free, f);
	return 0;
}

/* --- change --- */

static int
arg_nexthops(struct cli_ctx *c, struct fib_route_spec *r)
{
	unsigned int n = cli_count(c, "nexthop");
	struct fib_nexthop_spec *nh = &r->nh[0];

	if (n > FIB_NEXTHOPS_MAX)
		return cli_error(c, -EINVAL, "more than %d nexthops", FIB_NEXTHOPS_MAX);
	if (n == 0) {
		nh->onlink = cli_has(c, "onlink");
		nh->dev = arg_dev(c, "DEV");
		nh->tclassid = r->tclassid;
		cli_arg_ip4(c, "VIA", &nh->gateway);
		r->n_nh = nh->gateway != 0 || nh->dev != NULL;
		return 0;
	}
	if (cli_has(c, "VIA") || cli_has(c, "DEV"))
		return cli_error(c, -EINVAL, "give \"via\" and \"dev\", or \"nexthop\", not both");
	for (unsigned int i = 0; i < n; i++) {
		const struct cli_ctx *g = cli_group(c, "nexthop", i);

		if (fib_arg_realms(c, g, &nh[i].tclassid) < 0)
			return -EINVAL;
		nh[i].onlink = cli_has(g, "onlink");
		nh[i].dev = arg_dev(g, "DEV");
		cli_arg_ip4(g, "VIA", &nh[i].gateway);
		nh[i].weight = cli_arg_u32(g, "WEIGHT", 1);
	}
	r->n_nh = n;
	return 0;
}

int
fib_arg_tos(struct cli_ctx *c, uint8_t *tos)
{
	const char *s = cli_arg_str(c, "TOS");
	unsigned long v;
	char *end;

	if (s == NULL)
		return 0;
	v = strtoul(s, &end, 16); /* iproute2 reads it as hexadecimal */
	if (*s == '\0' || *end != '\0' || v > 255 || (v & 0x03) != 0)
		return cli_error_at(c, -EINVAL, s, "\"%s\" is no tos: 0x00 to 0xfc in steps of 4",
				    s);
	*tos = v;
	return 0;
}

static int
arg_route(struct cli_ctx *c, struct fib_route_spec *r)
{
	int rc, protocol = -1, scope = -1;

	memset(r, 0, sizeof(*r));
	r->type = arg_type(c);
	r->table = r->type == FIB_LOCAL || r->type == FIB_BROADCAST || r->type == FIB_ANYCAST
			   ? RT_TABLE_LOCAL
			   : RT_TABLE_MAIN;
	cli_arg_prefix(c, "DST", &r->dst, &r->plen);
	rc = arg_table(c, &r->table);
	if (rc == 0)
		rc = arg_word(c, "PROTO", "routing protocol", rtproto_parse, &protocol);
	if (rc == 0)
		rc = arg_word(c, "SCOPE", "scope", rt_scope_parse, &scope);
	if (rc == 0)
		rc = fib_arg_tos(c, &r->tos);
	if (rc == 0)
		rc = fib_arg_realms(c, c, &r->tclassid);
	if (rc < 0)
		return rc;
	r->protocol = protocol < 0 ? 0 : protocol;
	r->scope_set = scope >= 0;
	r->scope = scope < 0 ? 0 : scope;
	r->metric_set = cli_has(c, "METRIC");
	r->metric = cli_arg_u32(c, "METRIC", 0);
	r->nhid = cli_arg_u32(c, "NHID", 0);
	cli_arg_ip4(c, "SRC", &r->prefsrc);
	rc = fib_arg_metrics(c, &r->metrics);
	return rc < 0 ? rc : arg_nexthops(c, r);
}

/* The address in @p r that has bits past its length, or one of the words that @p rc is about. */
static int
say_why(struct cli_ctx *c, int rc, const struct fib_route_spec *r, const char *why) CTL_ONLY
{
	uint32_t dst = rte_be_to_cpu_32(r->dst);
	uint32_t mask = r->plen == 0 ? 0 : UINT32_MAX << (32 - r->plen);
	const char *word = cli_arg_str(c, "DST"), *via = cli_arg_str(c, "VIA"),
		   *dev = cli_arg_dev(c, "DEV");
	char text[INET_ADDRSTRLEN];
	rte_be32_t net = rte_cpu_to_be_32(dst & mask);

	if ((dst & ~mask) != 0) {
		inet_ntop(AF_INET, &net, text, sizeof(text));
		return cli_error_at(c, rc, word,
				    "\"%s\": Invalid prefix for given prefix length, the prefix is "
				    "%s/%u",
				    word, text, r->plen);
	}
	if (why == NULL)
		return cli_error(c, rc, "%s: %s", word, strerror(-rc));
	if (strcmp(why, "Nexthop has invalid gateway") == 0 && via != NULL)
		return cli_error_at(c, rc, via,
				    "\"%s\": %s: it must be another host's address on a subnet of "
				    "ours, or say \"onlink\"",
				    via, why);
	if (rc == -ENETDOWN && dev != NULL)
		return cli_error_at(c, rc, dev, "\"%s\": %s: ip link set %s up", dev, why, dev);
	if (rc == -EEXIST || rc == -ENOENT)
		return cli_error_at(c, rc, word, "\"%s\": %s", word, why);
	return cli_error(c, rc, "%s", why);
}

static int
route_change(struct cli_ctx *c)
{
	static const struct {
		const char *word;
		enum fib_add_mode mode;
	} modes[] = { { "add", FIB_ADD },	{ "replace", FIB_REPLACE },
		      { "append", FIB_APPEND }, { "prepend", FIB_PREPEND },
		      { "change", FIB_CHANGE }, { "test", FIB_TEST } };
	static struct fib_route_spec r;
	enum fib_add_mode mode = FIB_ADD;
	const char *why;
	int rc;

	role_enter_ctl();
	rc = arg_route(c, &r);
	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < RTE_DIM(modes); i++)
		if (cli_has(c, modes[i].word))
			mode = modes[i].mode;
	if (cli_has(c, "nexthop") && r.type <= FIB_UNICAST && !r.scope_set) {
		r.scope = SCOPE_UNIVERSE; /* as iproute2: that of a list, on-link or not */
		r.scope_set = true;
	}
	rc = fib_route_add(&r, mode, &why);
	return rc < 0 ? say_why(c, rc, &r, why) : 0;
}

static int
route_del(struct cli_ctx *c)
{
	static struct fib_route_spec r;
	int rc;

	role_enter_ctl();
	rc = arg_route(c, &r);
	if (rc < 0)
		return rc;
	r.tos_set = true; /* as Linux: without a tos, the route for none */
	rc = fib_route_del(&r);
	if (rc == -ESRCH)
		return cli_error(c, rc, "No such route");
	return rc < 0 ? say_why(c, rc, &r, NULL) : 0;
}

static int
route_flush(struct cli_ctx *c)
{
	static struct fib_route_spec key;
	struct filter f;
	int rc;

	role_enter_ctl();
	rc = arg_filter(c, &f);
	if (rc < 0)
		return rc;
	memset(&key, 0, sizeof(key));
	key.table = f.table;
	key.dst = f.dst;
	key.plen = f.plen;
	key.among = f.how;
	key.type = f.type;
	key.protocol = f.protocol < 0 ? 0 : f.protocol;
	key.scope_set = f.scope >= 0;
	key.scope = f.scope < 0 ? 0 : f.scope;
	key.tos_set = f.tos_set;
	key.tos = f.tos;
	key.metric_set = f.metric_set;
	key.metric = f.metric;
	key.prefsrc = f.prefsrc;
	key.tclassid = f.tclassid;
	key.realm_mask = f.realm_mask;
	key.nh[0].dev = arg_dev(c, "DEV");
	key.nh[0].gateway = f.via;
	key.n_nh = key.nh[0].dev != NULL || f.via != 0;
	if (f.how == FIB_ANY && key.n_nh == 0 && key.type == 0 && key.protocol == 0 &&
	    !key.scope_set && !key.tos_set && !key.metric_set && key.prefsrc == 0 &&
	    key.realm_mask == 0 && !cli_has(c, "TABLE") && !cli_has(c, "cache"))
		return cli_error(c, -EINVAL, "say what to flush, or \"table main\" for all of it");
	if (!cli_has(c, "cache")) {
		fib_route_flush(&key);
		return 0;
	}
	fib_genid_bump();
	if (fib_exceptions != NULL)
		fib_exceptions->flush();
	return 0;
}

/* --- show fib --- */

static int
show_summary(struct cli_ctx *c)
{
	struct fib_stats st;

	role_enter_ctl();
	fib_get_stats(&st);
	cli_set_result(
		c, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			     "routes", (json_int_t)st.routes, "tables", (json_int_t)st.tables,
			     "neigh_leaves", (json_int_t)st.neigh_leaves, "tbl8_used",
			     (json_int_t)st.tbl8_used, "tbl8_max", (json_int_t)st.tbl8_max,
			     "tbl8_waiting", (json_int_t)st.tbl8_waiting, "rib_bytes",
			     (json_int_t)st.rib_bytes, "dp_bytes", (json_int_t)st.dp_bytes, "adds",
			     (json_int_t)st.adds, "dels", (json_int_t)st.dels, "changes",
			     (json_int_t)st.changes, "errors", (json_int_t)st.errors));
	return 0;
}

static void
note_difference(uint32_t dst, uint32_t want, uint32_t have, void *arg)
{
	json_t *list = arg;

	if (json_array_size(list) < 16)
		json_array_append_new(list, json_pack("{s:o, s:I, s:I}", "dst",
						      fib_ip_json(rte_cpu_to_be_32(dst)), "want",
						      (json_int_t)want, "have", (json_int_t)have));
}

static int
show_check(struct cli_ctx *c)
{
	json_t *list = json_array();
	uint64_t n;

	role_enter_ctl();
	n = fib_check(note_difference, list);
	cli_set_result(c, json_pack("{s:I, s:o}", "differences",
				    (json_int_t)(n > INT64_MAX ? -1 : (int64_t)n), "first", list));
	return 0;
}

#define SELECT                                                                                     \
	"[[to] [exact] DST:prefix] [root ROOT:prefix] [match MATCH:prefix] [table TABLE:str] "     \
	"[dev DEV:dev] [via VIA:ip4] [proto PROTO:str] [scope SCOPE:str] [src SRC:ip4] "           \
	"[(metric|preference|priority) METRIC:u32] [(tos|dsfield) TOS:str] "                       \
	"[(realms|realm) REALMS:str] "                                                             \
	"[type (unicast|local|broadcast|anycast|multicast|blackhole|unreachable|prohibit|throw)]"
#define ROUTE                                                                                      \
	"[(unicast|local|broadcast|anycast|multicast|blackhole|unreachable|prohibit|throw)] "      \
	"[to] DST:prefix [via [inet] VIA:ip4] [dev DEV:dev] [table TABLE:str] [proto PROTO:str] "  \
	"[scope SCOPE:str] [src SRC:ip4] [(metric|preference|priority) METRIC:u32] "               \
	"[(tos|dsfield) TOS:str] [onlink] [nhid NHID:u32(1..4294967295)] "                         \
	"[(mtu|window|rtt|rttvar|ssthresh|cwnd|advmss|reordering|hoplimit|initcwnd|features|"      \
	"rto_min|initrwnd|quickack|congctl|fastopen_no_cookie) [lock] VALUE:str]... "              \
	"[(realms|realm) REALMS:str] "                                                             \
	"[nexthop [via [inet] VIA:ip4] [dev DEV:dev] [weight WEIGHT:u32(1..256)] [onlink] "        \
	"[(realms|realm) REALMS:str]]..."

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip route [show] " SELECT,
	  .help = "List routes",
	  .section = "routes",
	  .fn = route_show,
	  .text = routes_text,
	  .read_only = true },
	{ .syntax = "ip route (add|replace|append|prepend|change|test) " ROUTE,
	  .help = "Add or replace a route, or test whether there is one",
	  .section = "routes",
	  .fn = route_change },
	{ .syntax = "ip route del " ROUTE,
	  .help = "Delete the first route that matches",
	  .section = "routes",
	  .fn = route_del },
	{ .syntax = "ip route flush [cache] " SELECT,
	  .help = "Delete every route that matches",
	  .section = "routes",
	  .fn = route_flush },
	{ .syntax = "show fib [summary]",
	  .help = "Routes, tables and memory of the forwarding table",
	  .section = "display",
	  .fn = show_summary,
	  .read_only = true },
	{ .syntax = "show fib check",
	  .help = "Compare the forwarding table with the routes it was made from",
	  .section = "display",
	  .fn = show_check,
	  .read_only = true },
	{ 0 },
};

void
fib_cli_register(void)
{
	cli_register(cmds);
	fib_get_cli_register();
	fib_monitor_register();
	fib_rule_cli_register();
	fib_nexthop_cli_register();
}
