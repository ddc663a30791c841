/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections "tables" and "routes". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <rte_common.h>
#include "core/realm.h"
#include "core/rtproto.h"
#include "fib/fib_cfg.h"
#include "fib/fib_rule.h"
#include "netdev/netdev.h"

/* --- tables: { "isp2": 100 } --- */

/* One name for an id. */
static void
table_check_id(const struct cfg *c, const struct cfg *doc, uint32_t id)
{
	static const char *const own[] = { "default", "main", "local" };
	const char *key;
	json_t *v;

	if (id >= RT_TABLE_DEFAULT && id <= RT_TABLE_LOCAL) {
		if (strcmp(c->key, own[id - RT_TABLE_DEFAULT]) != 0)
			cfg_fail(c, NULL, "%u is table \"%s\", expected a number without a name",
				 id, own[id - RT_TABLE_DEFAULT]);
		return;
	}
	json_object_foreach(json_object_get(doc->node, "tables"), key, v) {
		if (strcmp(key, c->key) == 0)
			return; /* told once, at the later of the two */
		if (json_is_integer(v) && json_integer_value(v) == id) {
			cfg_fail(c, NULL, "%u is table \"%s\" already, expected another number", id,
				 key);
			return;
		}
	}
}

static void
table_check(const struct cfg *c, const struct cfg *doc)
{
	uint32_t id = 0, own;

	role_enter_ctl();
	if (!cfg_u32(c, NULL, 1, UINT32_MAX, &id))
		return;
	if (c->key[0] == '\0' || strlen(c->key) > 31 || strpbrk(c->key, " \t/") != NULL ||
	    (c->key[0] >= '0' && c->key[0] <= '9'))
		cfg_fail(c, NULL, "expected a name of 1 to 31 letters, digits, '-', '_' or '.'");
	if ((strcmp(c->key, "local") == 0 || strcmp(c->key, "main") == 0 ||
	     strcmp(c->key, "default") == 0) &&
	    fib_table_parse(c->key, &own) == 0 && own != id)
		cfg_fail(c, NULL, "table \"%s\" is %u", c->key, own);
	else
		table_check_id(c, doc, id);
}

static int
table_add(const struct cfg *c)
{
	int rc;

	role_enter_ctl();
	rc = fib_table_name_add(c->key, json_integer_value(c->node));
	if (rc < 0)
		cfg_fail(c, NULL, "%s", strerror(-rc));
	return rc;
}

static int
table_del(const struct cfg *c)
{
	role_enter_ctl();
	fib_table_name_del(c->key);
	return 0;
}

static void
show_table(const char *name, uint32_t id, void *arg)
{
	json_object_set_new(arg, name, json_integer(id));
}

static json_t *
tables_show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	fib_table_names(show_table, all);
	return all;
}

/* What is always there asks for nothing. */
static json_t *
table_canon(const struct cfg *c)
{
	static const char *const own[] = { "default", "main", "local" };

	for (size_t i = 0; i < RTE_DIM(own); i++)
		if (strcmp(c->key, own[i]) == 0)
			return NULL;
	return json_incref((json_t *)(uintptr_t)c->node);
}

/* --- routes --- */

static const char *const route_keys[] = { "dst",
					  "type",
					  "gateway",
					  "dev",
					  "onlink",
					  "nexthops",
					  "table",
					  "metric",
					  "tos",
					  "prefsrc",
					  "protocol",
					  "scope",
					  "nhid",
					  "realms",
#define X(word, kind) #word, FIB_METRIC_LOCK_##kind(#word "_lock", )
					  FIB_METRICS(X)
#undef X
						  NULL };
static const char *const nexthop_keys[] = { "gateway", "dev", "weight", "onlink", "realms", NULL };

void
fib_cfg_realms(const struct cfg *c, uint32_t *realms)
{
	const json_t *node = cfg_get(c, "realms").node;
	const char *word = NULL;

	if (json_is_integer(node))
		cfg_u32(c, "realms", 0, UINT32_MAX, realms);
	else if (cfg_str(c, "realms", &word) && realms_parse(word, realms) != 0)
		cfg_fail(c, "realms",
			 "expected \"TO\" or \"FROM/TO\", each 0 to 255 or a name of "
			 "/etc/iproute2/rt_realms");
}

void
fib_cfg_realms_set(json_t *o, uint32_t realms)
{
	uint32_t from = realm_from(realms), to = realm_to(realms);

	if (realms != 0)
		json_object_set_new(o, "realms",
				    from == 0 || from >= REALM_N || to >= REALM_N
					    ? json_integer(realms)
					    : json_sprintf("%u/%u", from, to));
}

/* @p doc: only checking, devices are those of the document; NULL: they are looked up, false when
 * one is missing. */
static bool
parse_nexthop(const struct cfg *c, const struct cfg *doc, struct fib_nexthop_spec *nh)
{
	const char *dev = NULL;
	uint32_t weight = 1;

	role_enter_ctl();
	*nh = (struct fib_nexthop_spec){ 0 };
	cfg_ip4(c, "gateway", &nh->gateway);
	cfg_u32(c, "weight", 1, 256, &weight);
	cfg_bool(c, "onlink", &nh->onlink);
	fib_cfg_realms(c, &nh->tclassid);
	nh->weight = weight;
	cfg_str(c, "dev", &dev);
	if (doc != NULL)
		cfg_need_device(c, "dev", doc, dev);
	if (dev == NULL || doc != NULL)
		return true;
	nh->dev = dev_get_by_name(dev);
	if (nh->dev == NULL)
		cfg_fail(c, "dev", "there is no interface \"%s\"", dev);
	return nh->dev != NULL;
}

static bool
parse_nexthops(const struct cfg *c, const struct cfg *doc, struct fib_route_spec *r)
{
	struct cfg list = cfg_get(c, "nexthops");
	size_t n = json_array_size(list.node);
	bool ok = true;

	fib_cfg_nhid(c, "nhid", doc, &r->nhid);
	if (list.node == NULL) {
		if (cfg_get(c, "gateway").node == NULL && cfg_get(c, "dev").node == NULL)
			return true;
		r->n_nh = 1;
		return parse_nexthop(c, doc, &r->nh[0]);
	}
	if (!json_is_array(list.node) || n < 1 || n > FIB_NEXTHOPS_MAX) {
		cfg_fail(c, "nexthops", "expected a list of 1 to %d next hops", FIB_NEXTHOPS_MAX);
		return false;
	}
	if (cfg_get(c, "gateway").node != NULL || cfg_get(c, "dev").node != NULL)
		cfg_fail(c, "nexthops", "give \"nexthops\", or \"gateway\" and \"dev\", not both");
	for (size_t i = 0; i < n; i++) {
		struct cfg nh = cfg_at(&list, i);

		if (!json_is_object(nh.node)) {
			cfg_fail(&nh, NULL,
				 "expected an object with gateway, dev, weight, onlink, realms");
			continue;
		}
		cfg_only(&nh, nexthop_keys);
		ok = parse_nexthop(&nh, doc, &r->nh[i]) && ok;
		if (r->nh[i].gateway == 0 && cfg_get(&nh, "dev").node == NULL)
			cfg_fail(&nh, NULL, "a next hop needs \"gateway\" or \"dev\"");
	}
	r->n_nh = n;
	return ok;
}

void
fib_cfg_table(const struct cfg *c, const struct cfg *doc, uint32_t *table)
{
	const json_t *node = cfg_get(c, "table").node;
	const char *name = NULL;

	role_enter_ctl();
	if (json_is_integer(node)) {
		cfg_u32(c, "table", 1, UINT32_MAX, table);
		return;
	}
	if (!cfg_str(c, "table", &name))
		return;
	if (doc != NULL ? !fib_doc_table(doc, name, table) : fib_table_parse(name, table) < 0) {
		*table = 0; /* refused where it is used */
		cfg_fail(c, "table", "there is no table \"%s\" in \"tables\"", name);
	}
}

/* Everything of an entry. @p doc: only checking. False: a device is missing. */
static bool
parse_route(const struct cfg *c, const struct cfg *doc, struct fib_route_spec *r)
{
	uint32_t tos = 0;

	fib_route_spec_clear(r);
	r->table = RT_TABLE_MAIN;
	r->protocol = FIB_PROT_STATIC;
	r->metric_set = r->tos_set = r->keep_dead = true;
	if (cfg_need(c, "dst"))
		cfg_prefix(c, "dst", &r->dst, &r->plen);
	cfg_u32(c, "metric", 0, UINT32_MAX, &r->metric);
	cfg_u32(c, "tos", 0, 255, &tos);
	if (tos & 0x03)
		cfg_fail(c, "tos", "%u has the ECN bits set", tos);
	r->tos = tos;
	fib_cfg_metrics(c, &r->metrics);
	cfg_ip4(c, "prefsrc", &r->prefsrc);
	fib_cfg_realms(c, &r->tclassid);
	cfg_parse(c, "type", fib_type_parse,
		  "unicast, local, broadcast, multicast, blackhole, unreachable, prohibit or throw",
		  &r->type);
	cfg_parse(c, "protocol", rtproto_parse, "kernel, boot, static or 0..255", &r->protocol);
	r->scope_set = cfg_get(c, "scope").node != NULL;
	cfg_parse(c, "scope", rt_scope_parse, RT_SCOPE_WORDS, &r->scope);
	fib_cfg_table(c, doc, &r->table);
	return parse_nexthops(c, doc, r);
}

static void
route_check(const struct cfg *c, const struct cfg *doc)
{
	static struct fib_route_spec r;
	bool takes_nh;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with dst and gateway, dev, nexthops or type");
		return;
	}
	cfg_only(c, route_keys);
	parse_route(c, doc, &r);
	if (r.plen < 32 && (rte_be_to_cpu_32(r.dst) & (UINT32_MAX >> r.plen)) != 0)
		cfg_fail(c, "dst", "bits are set past the prefix length");
	takes_nh = r.type == 0 || r.type < FIB_BLACKHOLE;
	if (r.nhid != 0 && (r.n_nh > 0 || (r.type != 0 && r.type != FIB_UNICAST)))
		cfg_fail(c, "nhid", "stands for the next hops of a unicast route: give no others");
	if (takes_nh && r.n_nh == 0 && r.nhid == 0)
		cfg_fail(c, NULL,
			 "a route needs \"gateway\", \"dev\", \"nexthops\", \"nhid\" or a \"type\" "
			 "without next hops");
	if (r.tclassid != 0 && (r.n_nh > 1 || r.nhid != 0))
		cfg_fail(c, "realms", "goes to each of \"nexthops\", and not with \"nhid\"");
	if (!takes_nh && r.n_nh > 0)
		cfg_fail(c, "type", "a route of type %s has no next hops", fib_type_name(r.type));
}

/* The document's table, or the running router's: in a list that is shown both are numbers. */
static bool
route_key(const struct cfg *c, char *text, size_t len)
{
	struct fib_route_spec r = { .table = RT_TABLE_MAIN };
	const struct cfg *root = c;
	uint32_t tos = 0;
	char addr[INET_ADDRSTRLEN];

	while (root->up != NULL)
		root = root->up;
	cfg_u32(c, "metric", 0, UINT32_MAX, &r.metric);
	cfg_u32(c, "tos", 0, 255, &tos);
	fib_cfg_table(c, root, &r.table);
	if (!cfg_prefix(c, "dst", &r.dst, &r.plen))
		return false;
	inet_ntop(AF_INET, &r.dst, addr, sizeof(addr));
	snprintf(text, len, "%s/%u table %u tos %u metric %u", addr, r.plen, r.table, tos,
		 r.metric);
	return true;
}

/* --- what routes are together --- */

static void
check_gateway(const struct cfg *c, const struct fib_doc *known, uint32_t table)
{
	const char *dev = json_string_value(json_object_get(c->node, "dev"));
	const char *text = json_string_value(json_object_get(c->node, "gateway")), *why;
	bool onlink = json_is_true(json_object_get(c->node, "onlink"));
	struct in_addr gateway;

	if (text == NULL || inet_pton(AF_INET, text, &gateway) != 1)
		return; /* told already */
	if (onlink && dev == NULL)
		cfg_fail(c, "onlink", "needs \"dev\"");
	why = onlink ? NULL : fib_doc_refuse(known, table, gateway.s_addr, dev);
	if (why != NULL)
		cfg_fail(c, "gateway", "%s", why);
}

static void
check_prefsrc(const struct cfg *c, const struct fib_doc *known)
{
	const char *text = json_string_value(json_object_get(c->node, "prefsrc"));
	struct in_addr a;

	if (text != NULL && inet_pton(AF_INET, text, &a) == 1 && !fib_doc_is_own(known, a.s_addr))
		cfg_fail(c, "prefsrc", "%s is no address of \"addresses\"", text);
}

static void
routes_check_all(const struct cfg *sect, const struct cfg *doc)
{
	struct fib_doc known;

	fib_doc_build(&known, doc);
	for (size_t i = 0; i < json_array_size(sect->node); i++) {
		struct cfg c = cfg_at(sect, i), list = cfg_get(&c, "nexthops");
		const json_t *table = json_object_get(c.node, "table");
		uint32_t id = RT_TABLE_MAIN;

		if (json_is_integer(table))
			id = (uint32_t)json_integer_value(table);
		else if (json_is_string(table))
			fib_doc_table(doc, json_string_value(table), &id);
		check_prefsrc(&c, &known);
		check_gateway(&c, &known, id);
		for (size_t k = 0; k < json_array_size(list.node); k++) {
			struct cfg nh = cfg_at(&list, k);

			check_gateway(&nh, &known, id);
		}
	}
	fib_doc_free(&known);
}

/* --- what runs --- */

static json_t *
address_json(rte_be32_t addr)
{
	char text[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

static void
nexthop_set(json_t *o, const struct fib_nexthop_spec *nh)
{
	if (nh->gateway != 0)
		json_object_set_new(o, "gateway", address_json(nh->gateway));
	if (nh->dev != NULL)
		json_object_set_new(o, "dev", json_string(nh->dev->name));
	if (nh->onlink)
		json_object_set_new(o, "onlink", json_true());
}

static void
nexthops_set(json_t *o, const struct fib_route_spec *r)
{
	json_t *list;

	if (r->n_nh == 1)
		nexthop_set(o, &r->nh[0]);
	if (r->n_nh < 2)
		return;
	list = json_array();
	for (unsigned int i = 0; i < r->n_nh; i++) {
		json_t *nh = json_object();

		nexthop_set(nh, &r->nh[i]);
		if (r->nh[i].weight > 1)
			json_object_set_new(nh, "weight", json_integer(r->nh[i].weight));
		fib_cfg_realms_set(nh, r->nh[i].tclassid);
		json_array_append_new(list, nh);
	}
	json_object_set_new(o, "nexthops", list);
}

static void
number_set(json_t *o, const char *key, uint32_t v)
{
	if (v != 0)
		json_object_set_new(o, key, json_integer(v));
}

/* Of a route that is resolved: defaults are left out. */
static json_t *
route_json(const struct fib_route_spec *r)
{
	char addr[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN + 4];
	json_t *o;

	role_enter_ctl();
	inet_ntop(AF_INET, &r->dst, addr, sizeof(addr));
	snprintf(dst, sizeof(dst), "%s/%u", addr, r->plen);
	o = json_pack("{s:s}", "dst", r->plen == 0 ? "default" : dst);
	if (r->type > FIB_UNICAST)
		json_object_set_new(o, "type", json_string(fib_type_name(r->type)));
	nexthops_set(o, r);
	if (r->table != RT_TABLE_MAIN)
		json_object_set_new(o, "table", json_integer(r->table));
	number_set(o, "metric", r->metric);
	number_set(o, "tos", r->tos);
	number_set(o, "nhid", r->nhid);
	fib_cfg_metrics_set(o, &r->metrics);
	fib_cfg_realms_set(o, r->tclassid);
	if (r->prefsrc != 0)
		json_object_set_new(o, "prefsrc", address_json(r->prefsrc));
	if (r->protocol != FIB_PROT_STATIC)
		json_object_set_new(o, "protocol", json_string(rtproto_name(r->protocol)));
	if (r->scope != fib_default_scope(r))
		json_object_set_new(o, "scope", json_string(rt_scope_name(r->scope)));
	return o;
}

/* A route that can not be resolved (yet) is as it stands: nothing that runs equals it. */
static json_t *
route_canon(const struct cfg *c)
{
	static struct fib_route_spec r;
	const char *why;

	role_enter_ctl();
	if (!parse_route(c, NULL, &r) || fib_route_resolve(&r, &why) < 0)
		return json_incref((json_t *)(uintptr_t)c->node);
	return route_json(&r);
}

/* Routes of the configuration, and those that commands made as it would have. What the kernel's
 * part, routing daemons and routes files have set is theirs. */
static void
show_one(const struct fib_route *route, void *arg)
{
	static struct fib_route_spec r;

	if (route->file != 0 || (!route->keep_dead && route->protocol != FIB_PROT_BOOT &&
				 route->protocol != FIB_PROT_STATIC))
		return;
	r = (struct fib_route_spec){ .table = route->table,
				     .dst = route->dst,
				     .plen = route->plen,
				     .tos = route->tos,
				     .type = route->nhid != 0 ? FIB_UNICAST : route->type,
				     .protocol = route->protocol,
				     .scope = route->scope,
				     .metric = route->metric,
				     .metrics = *route->metrics,
				     .prefsrc = route->prefsrc,
				     .tclassid = route->tclassid,
				     .nhid = route->nhid,
				     .n_nh = route->nhid != 0 ? 0 : route->n_nh };
	for (unsigned int i = 0; i < r.n_nh; i++)
		r.nh[i] = (struct fib_nexthop_spec){ .gateway = route->nh[i].gateway,
						     .dev = route->nh[i].dev,
						     .weight = route->nh[i].weight,
						     .tclassid = route->nh[i].tclassid,
						     .onlink = route->nh[i].flags & FIB_NH_ONLINK };
	json_array_append_new(arg, route_json(&r));
}

static json_t *
routes_show(void)
{
	json_t *list = json_array();

	role_enter_ctl();
	fib_walk(0, show_one, list);
	return list;
}

/* --- apply --- */

static int
put_route(const struct cfg *c, enum fib_add_mode mode) CTL_ONLY
{
	static struct fib_route_spec r;
	const char *why;
	int rc;

	/* Not cfg_failed(): this may be the way back after another entry's failure. */
	if (!parse_route(c, NULL, &r))
		return -ENODEV;
	rc = fib_route_add(&r, mode, &why);
	if (rc < 0)
		cfg_fail(c, NULL, "%s", why);
	return rc;
}

static int
route_add(const struct cfg *c)
{
	role_enter_ctl();
	return put_route(c, FIB_ADD);
}

/* Packets find the old one or the new one, never none. */
static int
route_change(const struct cfg *old, const struct cfg *c)
{
	RTE_SET_USED(old);
	role_enter_ctl();
	return put_route(c, FIB_REPLACE);
}

/* One that a command made goes down with its device; the configuration's waits. */
static bool
route_stale(const struct cfg *c)
{
	static struct fib_route_spec r;

	role_enter_ctl();
	return !parse_route(c, NULL, &r) || !fib_route_is_kept(&r);
}

/* Gateways are reached by routes that have none. */
static bool
route_later(const struct cfg *c)
{
	return json_object_get(c->node, "gateway") != NULL ||
	       json_object_get(c->node, "nexthops") != NULL;
}

static int
route_del(const struct cfg *c)
{
	static struct fib_route_spec r;
	int rc;

	role_enter_ctl();
	if (!parse_route(c, NULL, &r))
		return 0; /* gone with its device */
	rc = fib_route_del(&r);
	/* Gone with its device or by hand: then it is as it should be. */
	return rc == -ESRCH ? 0 : rc;
}

static const char route_schema[] =
	"{\"type\":\"object\",\"required\":[\"dst\"],\"properties\":{\"dst\":{\"type\":\"string\"},"
	"\"type\":{\"type\":\"string\"},\"gateway\":{\"type\":\"string\"},\"dev\":{\"type\":"
	"\"string\"},\"onlink\":{\"type\":\"boolean\"},\"nexthops\":{\"type\":\"array\","
	"\"minItems\":1,"
	"\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"gateway\":{\"type\":\"string\"},\"dev\":{\"type\":\"string\"},\"weight\":{\"type\":"
	"\"integer\",\"minimum\":1,\"maximum\":256},\"onlink\":{\"type\":\"boolean\"},"
	"\"realms\":{\"type\":[\"string\",\"integer\"]}}}},\"table\":"
	"{\"type\":[\"string\",\"integer\"]},\"metric\":{\"type\":\"integer\"},\"tos\":{\"type\":"
	"\"integer\"},"
	"\"mtu\":{\"type\":\"integer\"},\"mtu_lock\":{\"type\":\"boolean\"},"
	"\"window\":{\"type\":\"integer\"},\"window_lock\":{\"type\":\"boolean\"},"
	"\"rtt\":{\"type\":[\"integer\",\"string\"]},\"rtt_lock\":{\"type\":\"boolean\"},"
	"\"rttvar\":{\"type\":[\"integer\",\"string\"]},\"rttvar_lock\":{\"type\":\"boolean\"},"
	"\"ssthresh\":{\"type\":\"integer\"},\"ssthresh_lock\":{\"type\":\"boolean\"},"
	"\"cwnd\":{\"type\":\"integer\"},\"cwnd_lock\":{\"type\":\"boolean\"},"
	"\"advmss\":{\"type\":\"integer\"},\"advmss_lock\":{\"type\":\"boolean\"},"
	"\"reordering\":{\"type\":\"integer\"},\"reordering_lock\":{\"type\":\"boolean\"},"
	"\"hoplimit\":{\"type\":\"integer\"},\"hoplimit_lock\":{\"type\":\"boolean\"},"
	"\"initcwnd\":{\"type\":\"integer\"},\"initcwnd_lock\":{\"type\":\"boolean\"},"
	"\"features\":{\"enum\":[\"ecn\"]},"
	"\"rto_min\":{\"type\":[\"integer\",\"string\"]},"
	"\"initrwnd\":{\"type\":\"integer\"},\"initrwnd_lock\":{\"type\":\"boolean\"},"
	"\"quickack\":{\"type\":\"integer\"},"
	"\"congctl\":{\"type\":\"string\"},\"congctl_lock\":{\"type\":\"boolean\"},"
	"\"fastopen_no_cookie\":{\"type\":\"integer\"},"
	"\"realms\":{\"type\":[\"string\",\"integer\"]},\"nhid\":"
	"{\"type\":\"integer\"},"
	"\"prefsrc\":{\"type\":\"string\"},"
	"\"protocol\":{\"type\":\"string\"},\"scope\":{\"type\":\"string\"}},"
	"\"additionalProperties\":false}";

static struct cfg_section tables_section = {
	.name = "tables",
	.shape = CFG_MAP,
	.order = 50,
	.check = table_check,
	.show = tables_show,
	.canon = table_canon,
	.add = table_add,
	.del = table_del,
	.schema = "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295}",
};
static struct cfg_section routes_section = {
	.name = "routes",
	.shape = CFG_LIST,
	.order = 60,
	.check = route_check,
	.check_all = routes_check_all,
	.key = route_key,
	.later = route_later,
	.show = routes_show,
	.canon = route_canon,
	.add = route_add,
	.del = route_del,
	.change = route_change,
	.stale = route_stale,
	.schema = route_schema,
};
void
fib_cfg_register(void)
{
	cfg_register(&tables_section);
	cfg_register(&routes_section);
	fib_file_cfg_register();
	fib_rule_cfg_register();
	fib_nexthop_cfg_register();
	fib_mpath_declare();
}
