/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "rules". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/rtproto.h"
#include "ctl/cfg.h"
#include "fib/fib_cfg.h"
#include "fib/fib_rule.h"

static const char *const known[] = { "priority", "not",	   "from",     "to",
				     "tos",	 "fwmark", "iif",      "oif",
				     "ipproto",	 "sport",  "dport",    "table",
				     "action",	 "goto",   "protocol", "suppress_prefixlength",
				     "realms",	 NULL };

static const char *const action_words[] = { "blackhole", "unreachable", "prohibit", "nop", NULL };
static const uint8_t actions[] = { FIB_RULE_BLACKHOLE, FIB_RULE_UNREACHABLE, FIB_RULE_PROHIBIT,
				   FIB_RULE_NOP };

/* A word, or a number that is written as one. NULL: absent, or neither. */
static const char *
word_of(const struct cfg *c, const char *key, char *buf, size_t size)
{
	const json_t *v = cfg_get(c, key).node;

	if (v == NULL)
		return NULL;
	if (json_is_integer(v))
		snprintf(buf, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_string(v) && strlen(json_string_value(v)) < size)
		snprintf(buf, size, "%s", json_string_value(v));
	else
		cfg_fail(c, key, "expected a number or a word");
	return json_is_integer(v) || json_is_string(v) ? buf : NULL;
}

static void
parse_prefix(const struct cfg *c, const char *key, rte_be32_t *addr, uint8_t *plen)
{
	if (cfg_prefix(c, key, addr, plen) && *plen < 32 &&
	    (rte_be_to_cpu_32(*addr) & (UINT32_MAX >> *plen)) != 0)
		cfg_fail(c, key, "bits are set past the prefix length");
}

static void
parse_selectors(const struct cfg *c, const struct cfg *doc, struct fib_rule *r)
{
	const char *s;
	uint32_t tos = 0;
	char buf[32];

	parse_prefix(c, "from", &r->src, &r->src_plen);
	parse_prefix(c, "to", &r->dst, &r->dst_plen);
	cfg_u32(c, "tos", 0, 255, &tos);
	r->tos = (uint8_t)tos;
	s = word_of(c, "fwmark", buf, sizeof(buf));
	if (s != NULL && fib_rule_parse_mark(s, &r->mark, &r->mask) != 0)
		cfg_fail(c, "fwmark", "expected a number, or \"MARK/MASK\" as \"0x10/0xff\"");
	s = word_of(c, "ipproto", buf, sizeof(buf));
	if (s != NULL && fib_rule_parse_ipproto(s, &r->ipproto) != 0)
		cfg_fail(c, "ipproto", "expected tcp, udp, icmp, ... or 0..255");
	s = word_of(c, "sport", buf, sizeof(buf));
	if (s != NULL && fib_rule_parse_ports(s, r->sport) != 0)
		cfg_fail(c, "sport", "expected a port or \"FIRST-LAST\" of 1..65534");
	s = word_of(c, "dport", buf, sizeof(buf));
	if (s != NULL && fib_rule_parse_ports(s, r->dport) != 0)
		cfg_fail(c, "dport", "expected a port or \"FIRST-LAST\" of 1..65534");
	cfg_ifname(c, "iif", doc, r->iif);
	cfg_ifname(c, "oif", doc, r->oif);
	cfg_bool(c, "not", &r->invert);
}

static void
parse_action(const struct cfg *c, const struct cfg *doc, struct fib_rule *r)
{
	unsigned int word = 0, n = 0;
	uint32_t suppress = UINT32_MAX;

	n += cfg_get(c, "table").node != NULL;
	n += cfg_get(c, "action").node != NULL;
	n += cfg_get(c, "goto").node != NULL;
	if (n != 1)
		cfg_fail(c, NULL, "a rule needs one of \"table\", \"action\" and \"goto\"");
	fib_cfg_table(c, doc, &r->table);
	if (cfg_word(c, "action", action_words, &word))
		r->action = actions[word];
	if (cfg_u32(c, "goto", 0, UINT32_MAX, &r->target))
		r->action = FIB_RULE_GOTO;
	cfg_u32(c, "suppress_prefixlength", 0, 32, &suppress);
	r->suppress = (int32_t)suppress;
	fib_cfg_realms(c, &r->tclassid);
}

/* @p doc: only checking. */
static void
parse(const struct cfg *c, const struct cfg *doc, struct fib_rule *r)
{
	const char *proto = NULL;
	int v;

	memset(r, 0, sizeof(*r));
	r->action = FIB_RULE_TABLE;
	r->protocol = FIB_PROT_STATIC;
	if (cfg_need(c, "priority"))
		cfg_u32(c, "priority", 0, UINT32_MAX, &r->priority);
	parse_selectors(c, doc, r);
	parse_action(c, doc, r);
	if (!cfg_str(c, "protocol", &proto))
		return;
	v = rtproto_parse(proto);
	if (v < 0)
		cfg_fail(c, "protocol", "\"%s\" is no routing protocol: a name, or 0..255", proto);
	else
		r->protocol = (uint8_t)v;
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct fib_rule r;
	const char *why;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"priority\", selectors and \"table\"");
		return;
	}
	cfg_only(c, known);
	parse(c, doc, &r);
	why = cfg_failed(c) ? NULL : fib_rule_check(&r);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
}

/* --- the three rules that are there from the start: one that says the same takes its place --- */

static bool
start_rule(const struct fib_rule *r, struct fib_rule *first)
{
	static const struct {
		uint32_t priority, table;
	} start[] = { { 0, RT_TABLE_LOCAL },
		      { 32766, RT_TABLE_MAIN },
		      { FIB_RULE_PREF_MAX, RT_TABLE_DEFAULT } };
	const struct fib_rule bare = { .priority = r->priority,
				       .protocol = r->protocol,
				       .action = FIB_RULE_TABLE,
				       .table = r->table,
				       .suppress = -1 };

	if (!fib_rule_same(r, &bare))
		return false;
	for (unsigned int i = 0; i < RTE_DIM(start); i++) {
		if (start[i].table != r->table)
			continue;
		*first = bare;
		first->priority = start[i].priority;
		first->protocol = FIB_PROT_KERNEL;
		return true;
	}
	return false;
}

/* --- what runs --- */

static void
prefix_set(json_t *o, const char *key, rte_be32_t addr, uint8_t plen)
{
	char text[INET_ADDRSTRLEN];

	if (plen == 0)
		return;
	inet_ntop(AF_INET, &addr, text, sizeof(text));
	json_object_set_new(o, key, json_sprintf("%s/%u", text, plen));
}

static void
ports_set(json_t *o, const char *key, const uint16_t ports[2])
{
	if (ports[1] == 0)
		return;
	json_object_set_new(o, key,
			    ports[0] == ports[1] ? json_integer(ports[0])
						 : json_sprintf("%u-%u", ports[0], ports[1]));
}

static void
selectors_set(json_t *o, const struct fib_rule *r)
{
	const char *proto = fib_rule_ipproto_name(r->ipproto);

	if (r->invert)
		json_object_set_new(o, "not", json_true());
	prefix_set(o, "from", r->src, r->src_plen);
	prefix_set(o, "to", r->dst, r->dst_plen);
	if (r->tos != 0)
		json_object_set_new(o, "tos", json_integer(r->tos));
	if (r->mask == UINT32_MAX)
		json_object_set_new(o, "fwmark", json_integer(r->mark));
	else if (r->mask != 0)
		json_object_set_new(o, "fwmark", json_sprintf("0x%x/0x%x", r->mark, r->mask));
	if (r->iif[0] != '\0')
		json_object_set_new(o, "iif", json_string(r->iif));
	if (r->oif[0] != '\0')
		json_object_set_new(o, "oif", json_string(r->oif));
	if (r->ipproto != 0)
		json_object_set_new(o, "ipproto",
				    strncmp(proto, "ipproto-", 8) != 0 ? json_string(proto)
								       : json_integer(r->ipproto));
	ports_set(o, "sport", r->sport);
	ports_set(o, "dport", r->dport);
}

static json_t *
rule_json(const struct fib_rule *r)
{
	json_t *o = json_pack("{s:I}", "priority", (json_int_t)r->priority);

	selectors_set(o, r);
	if (r->action == FIB_RULE_TABLE)
		json_object_set_new(o, "table", json_integer(r->table));
	else if (r->action == FIB_RULE_GOTO)
		json_object_set_new(o, "goto", json_integer(r->target));
	for (unsigned int i = 0; i < RTE_DIM(actions); i++)
		if (r->action == actions[i])
			json_object_set_new(o, "action", json_string(action_words[i]));
	if (r->suppress >= 0)
		json_object_set_new(o, "suppress_prefixlength", json_integer(r->suppress));
	fib_cfg_realms_set(o, r->tclassid);
	if (r->protocol != FIB_PROT_STATIC)
		json_object_set_new(o, "protocol", json_string(rtproto_name(r->protocol)));
	return o;
}

/* Is it one that a router starts with, where it stands from the start? */
static bool
is_from_start(const struct fib_rule *r)
{
	struct fib_rule first;

	return start_rule(r, &first) && first.priority == r->priority;
}

/* A rule of a table whose name is only to come is as it stands: nothing that runs equals it. */
static json_t *
canon(const struct cfg *c)
{
	struct fib_rule r;

	role_enter_ctl();
	parse(c, NULL, &r);
	if (r.action == FIB_RULE_TABLE && r.table == 0)
		return json_incref((json_t *)(uintptr_t)c->node);
	return is_from_start(&r) ? NULL : rule_json(&r);
}

static void
show_one(const struct fib_rule_view *v, void *arg)
{
	if (!is_from_start(&v->rule))
		json_array_append_new(arg, rule_json(&v->rule));
}

static json_t *
show(void)
{
	static const struct fib_rule all_of_them;
	json_t *all = json_array();

	role_enter_ctl();
	fib_rule_walk(&all_of_them, 0, show_one, all);
	return all;
}

/* --- apply --- */

#define WHICH (FIB_RULE_HAS_ALL & ~(uint32_t)FIB_RULE_HAS_PROTOCOL)

static int
add(const struct cfg *c)
{
	struct fib_rule r, first;
	int rc;

	role_enter_ctl();
	parse(c, NULL, &r);
	/* At its own priority it is there; else it moves: the new one before the old one goes. */
	rc = fib_rule_add(&r);
	if (start_rule(&r, &first)) {
		if (rc == -EEXIST && first.priority == r.priority)
			rc = 0;
		else if (rc == 0)
			fib_rule_del(&first, FIB_RULE_HAS_ALL);
	}
	if (rc < 0)
		cfg_fail(c, NULL, "%s", rc == -ENOSPC ? "too many rules or tables" : strerror(-rc));
	return rc;
}

static int
del(const struct cfg *c)
{
	struct fib_rule r, first;
	bool moved;
	int rc;

	role_enter_ctl();
	parse(c, NULL, &r);
	moved = start_rule(&r, &first);
	if (moved && first.priority == r.priority)
		return 0; /* it was there before, and stays */
	if (moved) {
		rc = fib_rule_add(&first);
		if (rc < 0 && rc != -EEXIST)
			return rc;
	}
	rc = fib_rule_del(&r, WHICH);
	return rc == -ENOENT ? 0 : rc; /* gone by hand is gone */
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"priority\"],\"additionalProperties\":false,"
	"\"properties\":{\"priority\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295},"
	"\"not\":{\"type\":\"boolean\"},\"from\":{\"type\":\"string\"},"
	"\"to\":{\"type\":\"string\"},"
	"\"tos\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"
	"\"fwmark\":{\"type\":[\"string\",\"integer\"]},\"iif\":{\"type\":\"string\"},"
	"\"oif\":{\"type\":\"string\"},\"ipproto\":{\"type\":[\"string\",\"integer\"]},"
	"\"sport\":{\"type\":[\"string\",\"integer\"]},"
	"\"dport\":{\"type\":[\"string\",\"integer\"]},"
	"\"table\":{\"type\":[\"string\",\"integer\"]},"
	"\"action\":{\"enum\":[\"blackhole\",\"unreachable\",\"prohibit\",\"nop\"]},"
	"\"goto\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295},"
	"\"realms\":{\"type\":[\"string\",\"integer\"]},"
	"\"suppress_prefixlength\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":32},"
	"\"protocol\":{\"type\":\"string\"}}}";

static struct cfg_section section = {
	.name = "rules",
	.shape = CFG_LIST,
	.order = 70,
	.check = check,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.schema = schema,
};

void
fib_rule_cfg_register(void)
{
	cfg_register(&section);
}
