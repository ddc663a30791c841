/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "nexthops". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/rtproto.h"
#include "fib/fib_cfg.h"
#include "fib/fib_nexthop.h"
#include "netdev/netdev.h"

static const char *const object_keys[] = { "id",       "gateway",	   "dev",
					   "onlink",   "blackhole",	   "group",
					   "type",     "buckets",	   "idle_timer",
					   "protocol", "unbalanced_timer", NULL };
static const char *const member_keys[] = { "id", "weight", NULL };
static const char *const types[] = { "mpath", "resilient", NULL };

/* The entry of the document with that id; NULL: there is none. */
static const json_t *
doc_object(const struct cfg *doc, uint32_t id)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc->node, "nexthops"), i, o)
		if (json_integer_value(json_object_get(o, "id")) == (json_int_t)id)
			return o;
	return NULL;
}

void
fib_cfg_nhid(const struct cfg *c, const char *key, const struct cfg *doc, uint32_t *id)
{
	if (cfg_u32(c, key, 1, UINT32_MAX, id) && doc != NULL && doc_object(doc, *id) == NULL)
		cfg_fail(c, key, "there is no object with id %u in \"nexthops\"", *id);
}

static void
parse_member(const struct cfg *c, const struct cfg *doc, struct fib_nhobj_spec *s)
{
	const json_t *o;
	uint32_t id = 0, weight = 1;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with id, weight");
		return;
	}
	cfg_only(c, member_keys);
	if (cfg_need(c, "id"))
		fib_cfg_nhid(c, "id", doc, &id);
	cfg_u32(c, "weight", 1, 256, &weight);
	o = doc != NULL ? doc_object(doc, id) : NULL;
	if (json_object_get(o, "group") != NULL)
		cfg_fail(c, "id", "%u is a group itself", id);
	for (unsigned int i = 0; i < s->n_member; i++)
		if (s->member[i].id == id && id != 0)
			cfg_fail(c, "id", "%u is in the group twice", id);
	s->member[s->n_member].id = id;
	s->member[s->n_member++].weight = (uint16_t)weight;
}

static void
parse_group(const struct cfg *c, const struct cfg *doc, struct fib_nhobj_spec *s)
{
	struct cfg list = cfg_get(c, "group");
	size_t n = json_array_size(list.node);
	unsigned int type = 0;
	uint32_t buckets = 0;

	s->resilient = cfg_word(c, "type", types, &type) && type == 1;
	s->buckets_set = cfg_u32(c, "buckets", 1, 65535, &buckets);
	s->buckets = (uint16_t)buckets;
	/* What is not said is as it would be in a new one. */
	s->idle_s = FIB_NHRES_IDLE_S;
	s->idle_set = s->unbalanced_set = s->resilient;
	cfg_u32(c, "idle_timer", 0, UINT32_MAX, &s->idle_s);
	cfg_u32(c, "unbalanced_timer", 0, UINT32_MAX, &s->unbalanced_s);
	if (list.node == NULL)
		return;
	if (!json_is_array(list.node) || n < 1 || n > FIB_NEXTHOPS_MAX) {
		cfg_fail(c, "group", "expected a list of 1 to %d objects with id, weight",
			 FIB_NEXTHOPS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct cfg m = cfg_at(&list, i);

		parse_member(&m, doc, s);
	}
}

/* Everything of an entry. @p doc: only checking. False: its device is missing. */
static bool
parse(const struct cfg *c, const struct cfg *doc, struct fib_nhobj_spec *s)
{
	const char *dev = NULL, *proto = NULL;
	int v;

	role_enter_ctl();
	*s = (struct fib_nhobj_spec){ .protocol = FIB_PROT_STATIC, .keep = true };
	if (cfg_need(c, "id"))
		cfg_u32(c, "id", 1, UINT32_MAX, &s->id);
	cfg_ip4(c, "gateway", &s->way.gateway);
	cfg_bool(c, "onlink", &s->way.onlink);
	cfg_bool(c, "blackhole", &s->blackhole);
	if (cfg_str(c, "protocol", &proto)) {
		v = rtproto_parse(proto);
		if (v < 0)
			cfg_fail(c, "protocol",
				 "\"%s\" is no protocol: expected unspec, boot, static or 0..255",
				 proto);
		s->protocol = v < 0 ? 0 : (uint8_t)v;
	}
	parse_group(c, doc, s);
	cfg_str(c, "dev", &dev);
	if (doc != NULL)
		cfg_need_device(c, "dev", doc, dev);
	if (dev == NULL || doc != NULL)
		return true;
	s->way.dev = dev_get_by_name(dev);
	if (s->way.dev == NULL)
		cfg_fail(c, "dev", "there is no interface \"%s\"", dev);
	return s->way.dev != NULL;
}

/* Keys that do not go with the kind of object it is. */
static void
refuse(const struct cfg *c, const char *const *keys, const char *why)
{
	for (; *keys != NULL; keys++)
		if (cfg_get(c, *keys).node != NULL)
			cfg_fail(c, *keys, "%s", why);
}

static void
object_check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const way[] = { "gateway", "dev", "onlink", NULL };
	static const char *const group[] = { "type", "buckets", "idle_timer", "unbalanced_timer",
					     NULL };
	static struct fib_nhobj_spec s;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL,
			 "expected an object with id and gateway, dev, blackhole or group");
		return;
	}
	cfg_only(c, object_keys);
	parse(c, doc, &s);
	if (cfg_get(c, "group").node != NULL) {
		refuse(c, way, "a group has none of its own");
		if (s.blackhole)
			cfg_fail(c, "blackhole", "a group is none");
		if (s.resilient && !s.buckets_set)
			cfg_fail(c, NULL, "a resilient group needs \"buckets\"");
		if (!s.resilient)
			refuse(c, group + 1, "is for \"type\": \"resilient\" only");
		return;
	}
	refuse(c, group, "is for a group only");
	if (s.blackhole)
		refuse(c, way, "a black hole has none");
	else
		cfg_need(c, "dev");
}

static void
check_way(const struct cfg *c, const struct fib_doc *known)
{
	const char *text = json_string_value(json_object_get(c->node, "gateway")), *why;
	struct in_addr gateway;

	if (text == NULL || inet_pton(AF_INET, text, &gateway) != 1 ||
	    json_is_true(json_object_get(c->node, "onlink")))
		return;
	why = fib_doc_refuse(known, RT_TABLE_MAIN, gateway.s_addr,
			     json_string_value(json_object_get(c->node, "dev")));
	if (why != NULL)
		cfg_fail(c, "gateway", "%s", why);
}

static void
check_black(const struct cfg *c, const struct cfg *doc)
{
	struct cfg list = cfg_get(c, "group");

	for (size_t i = 0; i < json_array_size(list.node) && json_array_size(list.node) > 1; i++) {
		struct cfg m = cfg_at(&list, i);
		uint32_t id = (uint32_t)json_integer_value(json_object_get(m.node, "id"));

		if (json_is_true(json_object_get(doc_object(doc, id), "blackhole")))
			cfg_fail(&m, "id", "%u is a black hole, and not alone in the group", id);
	}
}

static void
objects_check_all(const struct cfg *sect, const struct cfg *doc)
{
	struct fib_doc known;

	fib_doc_build(&known, doc);
	for (size_t i = 0; i < json_array_size(sect->node); i++) {
		struct cfg c = cfg_at(sect, i);

		check_way(&c, &known);
		check_black(&c, doc);
	}
	fib_doc_free(&known);
}

static bool
object_key(const struct cfg *c, char *text, size_t len)
{
	uint32_t id = 0;

	if (!cfg_u32(c, "id", 1, UINT32_MAX, &id))
		return false;
	snprintf(text, len, "id %u", id);
	return true;
}

/* --- what runs --- */

static json_t *
group_json(const struct fib_nhobj_spec *s)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s->n_member; i++) {
		json_t *m = json_pack("{s:I}", "id", (json_int_t)s->member[i].id);

		if (s->member[i].weight > 1)
			json_object_set_new(m, "weight", json_integer(s->member[i].weight));
		json_array_append_new(list, m);
	}
	return list;
}

static void
resilient_set(json_t *o, const struct fib_nhobj_spec *s)
{
	json_object_set_new(o, "type", json_string("resilient"));
	json_object_set_new(o, "buckets", json_integer(s->buckets));
	if (s->idle_s != FIB_NHRES_IDLE_S)
		json_object_set_new(o, "idle_timer", json_integer(s->idle_s));
	if (s->unbalanced_s != 0)
		json_object_set_new(o, "unbalanced_timer", json_integer(s->unbalanced_s));
}

/* Defaults are left out. */
static json_t *
object_json(const struct fib_nhobj_spec *s)
{
	json_t *o = json_pack("{s:I}", "id", (json_int_t)s->id);
	char gateway[INET_ADDRSTRLEN];

	role_enter_ctl();
	if (s->n_member > 0)
		json_object_set_new(o, "group", group_json(s));
	if (s->resilient)
		resilient_set(o, s);
	if (s->blackhole)
		json_object_set_new(o, "blackhole", json_true());
	if (s->way.gateway != 0) {
		inet_ntop(AF_INET, &s->way.gateway, gateway, sizeof(gateway));
		json_object_set_new(o, "gateway", json_string(gateway));
	}
	if (s->way.dev != NULL)
		json_object_set_new(o, "dev", json_string(s->way.dev->name));
	if (s->way.onlink)
		json_object_set_new(o, "onlink", json_true());
	if (s->protocol != FIB_PROT_STATIC)
		json_object_set_new(o, "protocol", json_string(rtproto_name(s->protocol)));
	return o;
}

static json_t *
object_canon(const struct cfg *c)
{
	static struct fib_nhobj_spec s;

	if (!parse(c, NULL, &s))
		return json_incref((json_t *)(uintptr_t)c->node);
	return object_json(&s);
}

/* Those of the configuration, and those that commands made as it would have; what routing daemons
 * have set is theirs. */
static json_t *
objects_show(void)
{
	static struct fib_nhobj_view v;
	json_t *list = json_array();

	role_enter_ctl();
	for (uint32_t id = 0; fib_nhobj_next(id, &v); id = v.spec.id)
		if (v.spec.keep || v.spec.protocol == 0 || v.spec.protocol == FIB_PROT_BOOT ||
		    v.spec.protocol == FIB_PROT_STATIC)
			json_array_append_new(list, object_json(&v.spec));
	return list;
}

/* --- apply --- */

static int
put(const struct cfg *c, bool replace)
{
	static struct fib_nhobj_spec s;
	const char *why;
	int rc;

	role_enter_ctl();
	if (!parse(c, NULL, &s))
		return -ENODEV;
	rc = fib_nhobj_add(&s, replace, &why);
	if (rc < 0)
		cfg_fail(c, NULL, "%s", why);
	return rc;
}

static int
object_add(const struct cfg *c)
{
	return put(c, false);
}

/* One of another kind, or with another number of buckets, can not take its place. */
static int
object_change(const struct cfg *old, const struct cfg *c)
{
	static const char *const kind[] = { "group", "type" };

	for (unsigned int i = 0; i < RTE_DIM(kind); i++)
		if ((json_object_get(old->node, kind[i]) == NULL) !=
		    (json_object_get(c->node, kind[i]) == NULL))
			return -EOPNOTSUPP;
	if (json_integer_value(json_object_get(old->node, "buckets")) !=
	    json_integer_value(json_object_get(c->node, "buckets")))
		return -EOPNOTSUPP;
	return put(c, true);
}

/* One that a command made goes down with its device; the configuration's waits. */
static bool
object_stale(const struct cfg *c)
{
	uint32_t id = 0;

	role_enter_ctl();
	return !cfg_u32(c, "id", 1, UINT32_MAX, &id) || !fib_nhobj_is_kept(id);
}

static bool
object_later(const struct cfg *c)
{
	return json_object_get(c->node, "group") != NULL;
}

static int
object_del(const struct cfg *c)
{
	uint32_t id = 0;

	role_enter_ctl();
	cfg_u32(c, "id", 1, UINT32_MAX, &id);
	fib_nhobj_del(id); /* gone with its device or by hand: then it is as it should be */
	return 0;
}

static struct cfg_section section = {
	.name = "nexthops",
	.shape = CFG_LIST,
	.order = 55,
	.check = object_check,
	.check_all = objects_check_all,
	.key = object_key,
	.later = object_later,
	.show = objects_show,
	.canon = object_canon,
	.add = object_add,
	.del = object_del,
	.change = object_change,
	.stale = object_stale,
	.schema = "{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":"
		  "\"integer\",\"minimum\":1,\"maximum\":4294967295},\"gateway\":{\"type\":"
		  "\"string\"},\"dev\":{\"type\":\"string\"},\"onlink\":{\"type\":\"boolean\"},"
		  "\"blackhole\":{\"type\":\"boolean\"},\"group\":{\"type\":\"array\","
		  "\"minItems\":1,\"items\":{\"type\":\"object\",\"additionalProperties\":false,"
		  "\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"integer\"},"
		  "\"weight\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":256}}}},\"type\":{"
		  "\"enum\":[\"mpath\",\"resilient\"]},\"buckets\":{\"type\":\"integer\","
		  "\"minimum\":1,\"maximum\":65535},\"idle_timer\":{\"type\":\"integer\"},"
		  "\"unbalanced_timer\":{\"type\":\"integer\"},\"protocol\":{\"type\":"
		  "\"string\"}},\"additionalProperties\":false}",
};

void
fib_nexthop_cfg_register(void)
{
	cfg_register(&section);
	fib_nhobj_declare();
}
