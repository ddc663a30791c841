/* SPDX-License-Identifier: BSD-3-Clause */
/* ip nexthop (show|get|add|replace|del|flush), ip nexthop bucket (show|get), ip monitor nexthop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/rtproto.h"
#include "ctl/monitor.h"
#include "fib/fib_cli.h"
#include "fib/fib_nexthop.h"
#include "netdev/netdev.h"

#define SLICE 1000 /* rows of a listing at a time */

/* --- an object as JSON, keys of iproute2 --- */

/* Seconds with two digits behind the point. */
static json_t *
seconds_json(uint64_t ms)
{
	uint64_t cs = ms / 10;

	return cs % 100 == 0 ? json_integer((json_int_t)(cs / 100)) : json_real((double)cs / 100);
}

static json_t *
group_json(const struct fib_nhobj_spec *s)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s->n_member; i++) {
		json_t *m = json_pack("{s:I}", "id", (json_int_t)s->member[i].id);

		if (s->member[i].weight != 1)
			json_object_set_new(m, "weight", json_integer(s->member[i].weight));
		json_array_append_new(list, m);
	}
	return list;
}

json_t *
fib_nhobj_json(const struct fib_nhobj_view *v, bool detail)
{
	const struct fib_nhobj_spec *s = &v->spec;
	json_t *o = json_pack("{s:I}", "id", (json_int_t)s->id);

	role_enter_ctl();
	if (s->n_member > 0)
		json_object_set_new(o, "group", group_json(s));
	if (s->resilient) {
		json_object_set_new(o, "type", json_string("resilient"));
		json_object_set_new(o, "resilient_args",
				    json_pack("{s:i, s:I, s:I, s:o}", "buckets", s->buckets,
					      "idle_timer", (json_int_t)s->idle_s,
					      "unbalanced_timer", (json_int_t)s->unbalanced_s,
					      "unbalanced_time", seconds_json(v->unbalanced_ms)));
	}
	if (v->has_dev && s->way.gateway != 0)
		json_object_set_new(o, "gateway", fib_ip_json(s->way.gateway));
	if (v->has_dev)
		json_object_set_new(o, "dev", json_string(s->way.dev->name));
	if (v->scope != SCOPE_UNIVERSE || detail)
		json_object_set_new(o, "scope", json_string(rt_scope_name(v->scope)));
	if (s->blackhole)
		json_object_set_new(o, "blackhole", json_null());
	if (s->protocol != 0 || detail)
		json_object_set_new(o, "protocol", json_string(rtproto_name(s->protocol)));
	json_object_set_new(o, "flags", fib_flags_json(v->flags));
	return o;
}

/* --- and as text --- */

static void
real_word(struct cli_ctx *c, const json_t *o, const char *key)
{
	cli_printf(c, "%s %.10g ", key, json_number_value(json_object_get(o, key)));
}

void
fib_nhobj_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *group = json_object_get(o, "group"), *args, *m;
	size_t i;

	args = json_object_get(o, "resilient_args");
	cli_word(c, o, "id", "id ");
	json_array_foreach(group, i, m) {
		cli_printf(c, "%s%" JSON_INTEGER_FORMAT, i == 0 ? "group " : "/",
			   json_integer_value(json_object_get(m, "id")));
		if (json_object_get(m, "weight") != NULL)
			cli_printf(c, ",%" JSON_INTEGER_FORMAT,
				   json_integer_value(json_object_get(m, "weight")));
	}
	if (group != NULL)
		cli_printf(c, " ");
	cli_word(c, o, "type", "type ");
	if (args != NULL) {
		cli_word(c, args, "buckets", "buckets ");
		cli_word(c, args, "idle_timer", "idle_timer ");
		cli_word(c, args, "unbalanced_timer", "unbalanced_timer ");
		real_word(c, args, "unbalanced_time");
	}
	cli_word(c, o, "gateway", "via ");
	cli_word(c, o, "dev", "dev ");
	cli_word(c, o, "scope", "scope ");
	if (json_object_get(o, "blackhole") != NULL)
		cli_printf(c, "blackhole ");
	cli_word(c, o, "protocol", "proto ");
	fib_flags_text(c, o);
}

static void
object_line(struct cli_ctx *c, const json_t *o)
{
	fib_nhobj_text(c, o);
	cli_printf(c, "\n");
}

static void
objects_text(struct cli_ctx *c, const json_t *result)
{
	const json_t *o;
	size_t i;

	json_array_foreach(result, i, o)
		object_line(c, o);
}

/* --- show --- */

struct filter {
	uint32_t after; /* ids up to this one were seen */
	uint32_t index; /* and the buckets before this one of the group that comes next */
	uint32_t id;	/* 0: any */
	const struct net_device *dev;
	bool groups;
	int protocol;  /* -1: any */
	uint32_t nhid; /* buckets: 0: any */
	bool detail;
};

static bool
matches(const struct fib_nhobj_view *v, void *arg)
{
	const struct filter *f = arg;

	return (f->id == 0 || v->spec.id == f->id) && (!f->groups || v->spec.n_member > 0) &&
	       (f->dev == NULL || (v->has_dev && v->spec.way.dev == f->dev)) &&
	       (f->protocol < 0 || v->spec.protocol == f->protocol);
}

static int
arg_protocol(struct cli_ctx *c, int *protocol)
{
	const char *s = cli_arg_str(c, "PROTO");

	*protocol = s == NULL ? -1 : rtproto_parse(s);
	if (s != NULL && *protocol < 0)
		return cli_error_at(c, -EINVAL, s, "\"%s\" is no routing protocol", s);
	return 0;
}

static int
arg_filter(struct cli_ctx *c, struct filter *f)
{
	const char *dev = cli_arg_dev(c, "DEV");

	role_enter_ctl();
	*f = (struct filter){ .id = cli_arg_u32(c, "ID", 0),
			      .dev = dev == NULL ? NULL : dev_get_by_name(dev),
			      .groups = cli_has(c, "groups"),
			      .nhid = cli_arg_u32(c, "NHID", 0),
			      .detail = cli_wants_detail(c) };
	return arg_protocol(c, &f->protocol);
}

static int
no_such(struct cli_ctx *c)
{
	uint32_t id = cli_arg_u32(c, "ID", 0);

	return cli_error_at(c, -ENOENT, cli_arg_str(c, "ID"),
			    "No such file or directory: no "
			    "nexthop has id %u",
			    id);
}

static json_t *
show_slice(struct cli_ctx *c, void *arg)
{
	static struct fib_nhobj_view v;
	json_t *rows = json_array();
	struct filter *f = arg;

	RTE_SET_USED(c);
	role_enter_ctl();
	while (json_array_size(rows) < SLICE && fib_nhobj_next(f->after, &v)) {
		f->after = v.spec.id;
		if (matches(&v, f))
			json_array_append_new(rows, fib_nhobj_json(&v, f->detail));
	}
	if (json_array_size(rows) > 0)
		return rows;
	json_decref(rows);
	return NULL;
}

static int
show_rows(struct cli_ctx *c, json_t *(*slice)(struct cli_ctx *c, void *arg))
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
	if (f->id != 0)
		f->after = f->id - 1;
	cli_set_rows(c, slice, free, f);
	return 0;
}

/* One that is named must be there. */
static int
nexthop_show(struct cli_ctx *c)
{
	static struct fib_nhobj_view v;

	role_enter_ctl();
	if (cli_has(c, "ID") && !fib_nhobj_get(cli_arg_u32(c, "ID", 0), &v))
		return no_such(c);
	return show_rows(c, show_slice);
}

/* --- change --- */

/* "1,3/2": ids with their weights. */
static int
arg_group(struct cli_ctx *c, const char *text, struct fib_nhobj_spec *s)
{
	const char *p = text;

	while (s->n_member < FIB_NEXTHOPS_MAX) {
		unsigned long id, weight = 1;
		char *end;

		id = strtoul(p, &end, 10);
		if (*p < '0' || *p > '9' || id == 0 || id > UINT32_MAX)
			break;
		if (*end == ',') {
			p = end + 1;
			weight = *p >= '0' && *p <= '9' ? strtoul(p, &end, 10) : 0;
			if (weight < 1 || weight > 256)
				return cli_error_at(c, -EINVAL, text,
						    "\"%s\": \"weight\" is invalid: 1 to 256",
						    text);
		}
		s->member[s->n_member].id = (uint32_t)id;
		s->member[s->n_member++].weight = (uint16_t)weight;
		if (*end == '\0')
			return 0;
		if (*end != '/')
			break;
		p = end + 1;
	}
	return cli_error_at(c, -EINVAL, text,
			    "\"%s\" is no group: ID[,WEIGHT]/ID[,WEIGHT]/..., at most %d", text,
			    FIB_NEXTHOPS_MAX);
}

static int
arg_resilient(struct cli_ctx *c, struct fib_nhobj_spec *s)
{
	static const char *const only[] = { "buckets", "idle_timer", "unbalanced_timer" };

	s->resilient = cli_has(c, "resilient");
	for (unsigned int i = 0; i < RTE_DIM(only); i++)
		if (cli_has(c, only[i]) && !s->resilient)
			return cli_error_at(c, -EINVAL, only[i],
					    "\"%s\" is for \"type resilient\" only", only[i]);
	s->buckets_set = cli_has(c, "BUCKETS");
	s->idle_set = cli_has(c, "IDLE");
	s->unbalanced_set = cli_has(c, "UNBALANCED");
	s->buckets = (uint16_t)cli_arg_u32(c, "BUCKETS", 0);
	s->idle_s = cli_arg_u32(c, "IDLE", 0);
	s->unbalanced_s = cli_arg_u32(c, "UNBALANCED", 0);
	return 0;
}

static int
arg_spec(struct cli_ctx *c, struct fib_nhobj_spec *s)
{
	const char *group = cli_arg_str(c, "GROUP"), *dev = cli_arg_dev(c, "DEV");
	int rc, protocol;

	role_enter_ctl();
	memset(s, 0, sizeof(*s));
	s->id = cli_arg_u32(c, "ID", 0);
	s->blackhole = cli_has(c, "blackhole");
	s->way.onlink = cli_has(c, "onlink");
	cli_arg_ip4(c, "VIA", &s->way.gateway);
	s->way.dev = dev == NULL ? NULL : dev_get_by_name(dev);
	rc = arg_protocol(c, &protocol);
	s->protocol = protocol < 0 ? 0 : (uint8_t)protocol;
	if (rc == 0 && group != NULL)
		rc = arg_group(c, group, s);
	if (rc == 0)
		rc = arg_resilient(c, s);
	if (rc < 0)
		return rc;
	if (group != NULL && (s->blackhole || dev != NULL || cli_has(c, "VIA")))
		return cli_error_at(c, -EINVAL, group,
				    "give \"group\", or \"via\" and \"dev\", or \"blackhole\"");
	if (group == NULL && (cli_has(c, "resilient") || cli_has(c, "mpath")))
		return cli_error_at(c, -EINVAL, "type", "\"type\" is for a group only");
	return 0;
}

static int
nexthop_add(struct cli_ctx *c)
{
	static struct fib_nhobj_spec s;
	const char *why, *id = cli_arg_str(c, "ID");
	int rc;

	role_enter_ctl();
	rc = arg_spec(c, &s);
	if (rc < 0)
		return rc;
	if (s.id == 0 && cli_has(c, "replace"))
		return cli_error(c, -EINVAL, "\"replace\" needs \"id ID\"");
	rc = fib_nhobj_add(&s, cli_has(c, "replace"), &why);
	if (rc == -EEXIST)
		return cli_error_at(c, rc, id, "%s: nexthop %s", why, id);
	return rc < 0 ? cli_error(c, rc, "%s", why) : 0;
}

static int
nexthop_del(struct cli_ctx *c)
{
	role_enter_ctl();
	return fib_nhobj_del(cli_arg_u32(c, "ID", 0)) < 0 ? no_such(c) : 0;
}

static int
nexthop_flush(struct cli_ctx *c)
{
	struct filter f;
	int rc;

	role_enter_ctl();
	rc = arg_filter(c, &f);
	if (rc < 0)
		return rc;
	cli_set_result(c, json_pack("{s:i}", "flushed", (int)fib_nhobj_flush(matches, &f)));
	return 0;
}

static void
flush_text(struct cli_ctx *c, const json_t *result)
{
	json_int_t n = json_integer_value(json_object_get(result, "flushed"));

	if (n == 0)
		cli_printf(c, "Nothing to flush\n");
	else
		cli_printf(c, "Flushed %" JSON_INTEGER_FORMAT " nexthops\n", n);
}

/* --- buckets --- */

static json_t *
bucket_json(uint32_t id, uint32_t index, const struct fib_nhobj_bucket *b)
{
	return json_pack("{s:I, s:{s:I, s:o, s:I}, s:[]}", "id", (json_int_t)id, "bucket", "index",
			 (json_int_t)index, "idle_time", seconds_json(b->idle_ms), "nhid",
			 (json_int_t)b->nhid, "flags");
}

static void
buckets_text(struct cli_ctx *c, const json_t *result)
{
	const json_t *o;
	size_t i;

	json_array_foreach(result, i, o) {
		const json_t *b = json_object_get(o, "bucket");

		cli_word(c, o, "id", "id ");
		cli_word(c, b, "index", "index ");
		real_word(c, b, "idle_time");
		cli_word(c, b, "nhid", "nhid ");
		cli_printf(c, "\n");
	}
}

static bool
bucket_matches(const struct fib_nhobj_bucket *b, const struct filter *f)
{
	static struct fib_nhobj_view v;

	role_enter_ctl();
	if (f->nhid != 0 && b->nhid != f->nhid)
		return false;
	return f->dev == NULL ||
	       (fib_nhobj_get(b->nhid, &v) && v.has_dev && v.spec.way.dev == f->dev);
}

static json_t *
bucket_slice(struct cli_ctx *c, void *arg)
{
	static struct fib_nhobj_view v;
	json_t *rows = json_array();
	struct filter *f = arg;

	RTE_SET_USED(c);
	role_enter_ctl();
	while (json_array_size(rows) < SLICE && fib_nhobj_next(f->after, &v) &&
	       (f->id == 0 || v.spec.id == f->id)) {
		struct fib_nhobj_bucket b;

		if (fib_nhobj_bucket(v.spec.id, f->index, &b) < 0) {
			f->after = v.spec.id;
			f->index = 0;
			continue;
		}
		if (bucket_matches(&b, f))
			json_array_append_new(rows, bucket_json(v.spec.id, f->index, &b));
		f->index++;
	}
	if (json_array_size(rows) > 0)
		return rows;
	json_decref(rows);
	return NULL;
}

/* Of one group, if it is named. */
static int
check_resilient(struct cli_ctx *c, uint32_t index)
{
	struct fib_nhobj_bucket b;
	int rc;

	role_enter_ctl();
	if (!cli_has(c, "ID"))
		return 0;
	rc = fib_nhobj_bucket(cli_arg_u32(c, "ID", 0), index, &b);
	if (rc == -ENOENT)
		return no_such(c);
	if (rc == -EINVAL)
		return cli_error_at(c, rc, cli_arg_str(c, "ID"),
				    "Nexthop group not of type resilient");
	return rc == -ERANGE ? cli_error_at(c, -ENOENT, cli_arg_str(c, "INDEX"),
					    "Bucket index out of bounds")
			     : 0;
}

static int
bucket_show(struct cli_ctx *c)
{
	int rc = check_resilient(c, 0);

	return rc < 0 ? rc : show_rows(c, bucket_slice);
}

static int
bucket_get(struct cli_ctx *c)
{
	uint32_t id = cli_arg_u32(c, "ID", 0), index = cli_arg_u32(c, "INDEX", 0);
	int rc = check_resilient(c, index);
	struct fib_nhobj_bucket b;
	json_t *list;

	role_enter_ctl();
	if (rc < 0)
		return rc;
	fib_nhobj_bucket(id, index, &b);
	list = json_array();
	json_array_append_new(list, bucket_json(id, index, &b));
	cli_set_result(c, list);
	return 0;
}

/* --- ip monitor nexthop --- */

static struct monitor_source source;

static json_t *
event_json(struct cli_ctx *c, const void *obj)
{
	role_enter_ctl();
	return fib_nhobj_json(obj, cli_wants_detail(c));
}

static int
on_object(struct notifier *self, unsigned int event, void *obj)
{
	RTE_SET_USED(self);
	role_enter_ctl();
	monitor_tell(&source, event == FIB_NHOBJ_DEL ? "deleted" : NULL, event_json, obj);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_object, .prio = NOTIFIER_PRIO_MONITOR };

static void
listen_objects(bool on)
{
	role_enter_ctl();
	if (on)
		notifier_add(&fib_nhobj_chain, &listener);
	else
		notifier_del(&fib_nhobj_chain, &listener);
}

static struct monitor_source source = { "nexthop", listen_objects, object_line, NULL };

#define SELECT "[id ID:u32(1..4294967295)] [dev DEV:dev] [groups] [(proto|protocol) PROTO:str]"

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip nexthop [show] " SELECT,
	  .help = "List next hop objects",
	  .section = "routes",
	  .fn = nexthop_show,
	  .text = objects_text,
	  .read_only = true },
	{ .syntax = "ip nexthop get id ID:u32(1..4294967295)",
	  .help = "Show one next hop object",
	  .section = "routes",
	  .fn = nexthop_show,
	  .text = objects_text,
	  .read_only = true },
	{ .syntax = "ip nexthop (add|replace) [id ID:u32(1..4294967295)] [via [inet] VIA:ip4] [dev "
		    "DEV:dev] [onlink] "
		    "[blackhole] [group GROUP:str] [type (mpath|resilient)] "
		    "[buckets BUCKETS:u32(0..65535)] [idle_timer IDLE:u32] "
		    "[unbalanced_timer UNBALANCED:u32] [(proto|protocol) PROTO:str]",
	  .help = "Add a next hop object, or change one for all routes by it",
	  .section = "routes",
	  .fn = nexthop_add },
	{ .syntax = "ip nexthop del id ID:u32(1..4294967295)",
	  .help = "Delete a next hop object and the routes by it",
	  .section = "routes",
	  .fn = nexthop_del },
	{ .syntax = "ip nexthop flush " SELECT,
	  .help = "Delete every next hop object that matches",
	  .section = "routes",
	  .fn = nexthop_flush,
	  .text = flush_text },
	{ .syntax = "ip nexthop bucket [show] [id ID:u32(1..4294967295)] [dev DEV:dev] [nhid "
		    "NHID:u32]",
	  .help = "List the buckets of resilient groups",
	  .section = "routes",
	  .fn = bucket_show,
	  .text = buckets_text,
	  .read_only = true },
	{ .syntax = "ip nexthop bucket get id ID:u32(1..4294967295) index INDEX:u32",
	  .help = "Show one bucket of a resilient group",
	  .section = "routes",
	  .fn = bucket_get,
	  .text = buckets_text,
	  .read_only = true },
	{ 0 },
};

void
fib_nexthop_cli_register(void)
{
	cli_register(cmds);
	monitor_register(&source);
}
