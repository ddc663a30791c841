/* SPDX-License-Identifier: BSD-3-Clause */
/* tc filter (show|add|replace|change|del) ... route, tc class show, as iproute2 6.1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/realm.h"
#include "sched/sched_cli.h"

/* --- arguments --- */

/* "1:", "1:0" or "1:2", hexadecimal. */
static bool
parse_classid(const char *word, uint32_t *major, uint32_t *minor)
{
	char *end;

	*major = (uint32_t)strtoul(word, &end, 16);
	if (end == word || *end != ':')
		return false;
	word = end + 1;
	*minor = (uint32_t)strtoul(word, &end, 16);
	return *end == '\0' && *major <= UINT16_MAX && *minor <= UINT16_MAX;
}

/* The discipline that is meant. */
static struct qdisc *
arg_qdisc(struct cli_ctx *c)
{
	struct net_device *dev = sched_arg_dev(c);
	const char *parent = cli_arg_str(c, "PARENT");
	uint32_t major, minor;
	struct qdisc *q;

	role_enter_ctl();
	if (dev == NULL)
		return NULL;
	q = sched_of(dev);
	if (q == NULL || (parent != NULL && (!parse_classid(parent, &major, &minor) ||
					     major != q->handle || minor != 0))) {
		cli_error(c, -ENOENT, "Parent Qdisc doesn't exists: %s%s%s has %s", dev->name,
			  parent != NULL ? " and parent " : "", parent != NULL ? parent : "",
			  dev->ctl->qdisc);
		return NULL;
	}
	if (sched_classes(q) > 0)
		return q;
	cli_error(c, -EOPNOTSUPP, "Qdisc not classful: %s takes no filters", q->ops->id);
	return NULL;
}

static int
arg_realm(struct cli_ctx *c, const char *name, int16_t *realm)
{
	const char *word = cli_arg_str(c, name);
	uint32_t v = 0;

	*realm = SCHED_REALM_ANY;
	if (word == NULL)
		return 0;
	if (realm_parse(word, &v) != 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\" is no realm: 0..255, or a name of "
				    "/etc/iproute2/rt_realms",
				    word);
	*realm = (int16_t)v;
	return 0;
}

/* What a filter looks at, and when. */
static int
arg_selectors(struct cli_ctx *c, struct sched_filter *f)
{
	const char *iif = cli_arg_dev(c, "IIF"), *protocol = cli_arg_str(c, "PROTOCOL");
	const struct net_device *dev;
	int rc;

	role_enter_ctl();
	if (protocol != NULL && strcmp(protocol, "ip") != 0 && strcmp(protocol, "all") != 0)
		return cli_error_at(c, -EINVAL, protocol, "\"%s\": only ip is routed", protocol);
	*f = (struct sched_filter){ .prio = (uint16_t)cli_arg_u32(c, "PRIO", 0) };
	rc = arg_realm(c, "TO", &f->to);
	if (rc == 0)
		rc = arg_realm(c, "FROM", &f->from);
	if (rc != 0 || iif == NULL)
		return rc;
	if (f->from >= 0)
		return cli_error_at(c, -EINVAL, iif, "'from' and 'fromif' are mutually exclusive");
	dev = dev_get_by_name(iif);
	f->iif = dev != NULL ? (uint32_t)dev->ifindex : 0;
	return dev != NULL ? 0 : cli_error_at(c, -ENODEV, iif, "Cannot find device \"%s\"", iif);
}

static int
arg_band(struct cli_ctx *c, const struct qdisc *q, uint8_t *band)
{
	const char *word = cli_arg_str(c, "CLASSID");
	uint32_t major, minor;

	if (word == NULL)
		return cli_error(c, -EINVAL, "which class? add \"classid %x:1\"", q->handle);
	if (!parse_classid(word, &major, &minor) || major != q->handle || minor == 0 ||
	    minor > sched_classes(q))
		return cli_error_at(c, -EINVAL, word, "\"%s\": expected a class from %x:1 to %x:%x",
				    word, q->handle, q->handle, sched_classes(q));
	*band = (uint8_t)(minor - 1);
	return 0;
}

/* --- change --- */

static int
set(struct cli_ctx *c)
{
	enum sched_filter_mode mode = cli_has(c, "replace")  ? SCHED_FILTER_REPLACE
				      : cli_has(c, "change") ? SCHED_FILTER_CHANGE
							     : SCHED_FILTER_ADD;
	struct qdisc *q = arg_qdisc(c);
	struct sched_filter f;
	int rc;

	role_enter_ctl();
	if (q == NULL)
		return -ENOENT;
	rc = arg_selectors(c, &f);
	if (rc == 0)
		rc = arg_band(c, q, &f.band);
	if (rc != 0)
		return rc;
	if (f.prio == 0)
		f.prio = sched_filter_prio(q);
	rc = sched_filter_set(q, &f, mode);
	if (rc == -ENOSPC)
		return cli_error(c, rc, "there is room for %d filters", SCHED_FILTERS_MAX);
	return rc != 0 ? cli_error(c, rc, "%s", strerror(-rc)) : 0;
}

/* Zero priority and selectors that are absent match all. */
static bool
is_meant(const struct sched_filter *f, void *arg)
{
	const struct sched_filter *key = arg;

	return (key->prio == 0 || key->prio == f->prio) && (key->to < 0 || key->to == f->to) &&
	       (key->from < 0 || key->from == f->from) && (key->iif == 0 || key->iif == f->iif);
}

static int
del(struct cli_ctx *c)
{
	struct qdisc *q = arg_qdisc(c);
	struct sched_filter key;
	int rc;

	role_enter_ctl();
	if (q == NULL)
		return -ENOENT;
	rc = arg_selectors(c, &key);
	if (rc != 0)
		return rc;
	rc = sched_filter_del(q, is_meant, &key);
	if (rc > 0)
		return 0;
	rc = rc == 0 ? -ENOENT : rc;
	return cli_error(c, rc, rc == -ENOENT ? "there is no such filter" : "out of memory");
}

/* --- show --- */

/* Linux's handle of a route filter. */
static uint32_t
handle_of(const struct sched_filter *f)
{
	uint32_t from = f->from >= 0  ? (uint32_t)f->from
			: f->iif != 0 ? f->iif | 0x8000
				      : UINT16_MAX;

	return from << 16 | (f->to >= 0 ? (uint32_t)f->to : 0x8000);
}

static json_t *
filter_json(const struct qdisc *q, const struct sched_filter *f)
{
	const struct net_device *dev = dev_get_by_index_rcu(f->iif);
	json_t *o = json_pack("{s:o, s:o}", "fh", json_sprintf("0x%08x", handle_of(f)), "flowid",
			      json_sprintf("%x:%x", q->handle, f->band + 1u));

	if (f->to >= 0)
		json_object_set_new(o, "to", json_string(realm_name((uint32_t)f->to)));
	if (f->from >= 0)
		json_object_set_new(o, "from", json_string(realm_name((uint32_t)f->from)));
	if (f->iif != 0 && dev != NULL)
		json_object_set_new(o, "fromif", json_string(dev->name));
	return json_pack("{s:o, s:s, s:i, s:s, s:i, s:o}", "parent", json_sprintf("%x:", q->handle),
			 "protocol", "ip", "pref", (int)f->prio, "kind", "route", "chain", 0,
			 "options", o);
}

static int
show(struct cli_ctx *c)
{
	struct net_device *dev = sched_arg_dev(c);
	const struct sched_filters *l;
	json_t *list;

	role_enter_ctl();
	if (dev == NULL)
		return -ENODEV;
	list = json_array();
	l = sched_of(dev) != NULL ? sched_filters_of(sched_of(dev)) : NULL;
	for (uint16_t i = 0; l != NULL && i < l->n; i++)
		json_array_append_new(list, filter_json(sched_of(dev), &l->f[i]));
	cli_set_result(c, list);
	return 0;
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *opt = json_object_get(o, "options");

		cli_word(c, o, "parent", "filter parent ");
		cli_printf(c, "protocol ip pref %lld route chain 0 ", cli_num_of(o, "pref"));
		cli_word(c, opt, "fh", "fh ");
		cli_word(c, opt, "flowid", "flowid ");
		cli_word(c, opt, "to", "to ");
		cli_word(c, opt, "from", "from ");
		cli_word(c, opt, "fromif", "fromif ");
		cli_printf(c, "\n");
	}
}

/* --- tc class show --- */

static json_t *
class_json(const struct cli_ctx *c, const struct qdisc *q, unsigned int b) CTL_ONLY
{
	json_t *o = json_pack("{s:s, s:o, s:o}", "class", q->ops->id, "handle",
			      json_sprintf("%x:%x", q->handle, b + 1), "parent",
			      json_sprintf("%x:", q->handle));
	struct qdisc_stats st;

	if (!cli_wants_stats(c))
		return o;
	sched_class_stats(q, b, &st);
	json_object_set_new(o, "stats",
			    json_pack("{s:I, s:I, s:I, s:I, s:I}", "bytes", (json_int_t)st.bytes,
				      "packets", (json_int_t)st.packets, "drops",
				      (json_int_t)st.drops, "backlog", (json_int_t)st.backlog,
				      "qlen", (json_int_t)st.qlen));
	return o;
}

static int
show_classes(struct cli_ctx *c)
{
	struct net_device *dev = sched_arg_dev(c);
	const struct qdisc *q;
	json_t *list;

	role_enter_ctl();
	if (dev == NULL)
		return -ENODEV;
	q = sched_of(dev);
	list = json_array();
	for (unsigned int b = 0; q != NULL && b < sched_classes(q); b++)
		json_array_append_new(list, class_json(c, q, b));
	cli_set_result(c, list);
	return 0;
}

static void
classes_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *st = json_object_get(o, "stats");

		cli_word(c, o, "class", "class ");
		cli_word(c, o, "handle", "");
		cli_word(c, o, "parent", "parent ");
		cli_printf(c, "\n");
		if (st != NULL)
			cli_printf(c,
				   " Sent %lld bytes %lld pkt (dropped %lld, overlimits 0 requeues "
				   "0) \n backlog %lldb %lldp requeues 0\n",
				   cli_num_of(st, "bytes"), cli_num_of(st, "packets"),
				   cli_num_of(st, "drops"), cli_num_of(st, "backlog"),
				   cli_num_of(st, "qlen"));
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "tc filter [show] dev DEV:dev [root] [parent PARENT:str]",
	  .help = "Show which realms go to which class of a queue discipline.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "tc filter (add|replace|change) dev DEV:dev [root] [parent PARENT:str] "
		    "[protocol PROTOCOL:str] [(prio|pref|preference|priority) PRIO:u32(1..65535)] "
		    "route [to TO:str] [from FROM:str] [fromif IIF:dev] [(classid|flowid) "
		    "CLASSID:str]",
	  .help = "Queue what is routed to and from realms in a class.",
	  .section = "ports",
	  .fn = set },
	{ .syntax = "tc filter del dev DEV:dev [root] [parent PARENT:str] [protocol PROTOCOL:str] "
		    "[(prio|pref|preference|priority) PRIO:u32(1..65535)] "
		    "[route] [to TO:str] [from FROM:str] [fromif IIF:dev]",
	  .help = "Delete the filters that match.",
	  .section = "ports",
	  .fn = del },
	{ .syntax = "tc class [show] dev DEV:dev [root] [parent PARENT:str]",
	  .help = "Show the classes of a queue discipline; -s what they were given and hold.",
	  .section = "display",
	  .fn = show_classes,
	  .text = classes_text,
	  .read_only = true },
	{ 0 },
};

void
sched_filter_cli_register(void)
{
	cli_register(cmds);
}
