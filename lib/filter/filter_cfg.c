/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "filter": a member for each chain, its rules in order. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg.h"
#include "filter/filter_cfg.h"

static const char *const rule_keys[] = { "src",	     "dst",	    "protocol", "sport",
					 "dport",    "icmp_type",   "tos",	"dscp",
					 "fragment", "iif",	    "oif",	"action",
					 "mark",     "reject_with", "comment",	NULL };

/* A value that may be written as a number too. false: absent, or neither (which is told). */
static bool
word_of(const struct cfg *c, const char *key, char *buf, size_t size)
{
	struct cfg v = cfg_get(c, key);

	if (v.node == NULL)
		return false;
	if (json_is_integer(v.node))
		snprintf(buf, size, "%lld", (long long)json_integer_value(v.node));
	else if (json_is_string(v.node) && strlen(json_string_value(v.node)) < size)
		snprintf(buf, size, "%s", json_string_value(v.node));
	else
		cfg_fail(c, key, "expected a number or a word");
	return json_is_integer(v.node) || json_is_string(v.node);
}

static void
parse_prefix(const struct cfg *c, const char *key, rte_be32_t *addr, uint8_t *plen)
{
	uint32_t mask;

	if (!cfg_prefix(c, key, addr, plen))
		return;
	mask = *plen == 0 ? 0 : UINT32_MAX << (32 - *plen);
	if (rte_be_to_cpu_32(*addr) & ~mask)
		cfg_fail(c, key, "bits are set behind the prefix of /%u", *plen);
}

static void
parse_ports(const struct cfg *c, const char *key, bool *set, uint16_t ports[2])
{
	char buf[16];

	if (!word_of(c, key, buf, sizeof(buf)))
		return;
	*set = filter_parse_ports(buf, ports) == 0;
	if (!*set)
		cfg_fail(c, key, "expected a port, or a range as \"1024-65535\"");
}

static void
parse_tos(const struct cfg *c, struct filter_rule *r)
{
	uint32_t dscp;
	char buf[16];

	if (word_of(c, "tos", buf, sizeof(buf)) &&
	    filter_parse_tos(buf, &r->tos, &r->tos_mask) != 0)
		cfg_fail(c, "tos", "expected 0..255, or value and mask as \"0x10/0x1e\"");
	if (!cfg_u32(c, "dscp", 0, 63, &dscp))
		return;
	if (r->tos_mask != 0)
		cfg_fail(c, "dscp", "\"tos\" is given too");
	r->tos = (uint8_t)(dscp << 2); /* RFC 2474 3 */
	r->tos_mask = 0xfc;
}

static void
parse_action(const struct cfg *c, struct filter_rule *r)
{
	static const char *const words[] = { "accept", "drop", "reject", "mark", "count", NULL };
	const char *with = NULL;
	unsigned int action;

	if (!cfg_need(c, "action") || !cfg_word(c, "action", words, &action))
		return;
	r->action = (uint8_t)action;
	if (action == FILTER_MARK && cfg_need(c, "mark"))
		cfg_u32(c, "mark", 0, UINT32_MAX, &r->mark);
	else if (cfg_get(c, "mark").node != NULL)
		cfg_fail(c, "mark", "only with action \"mark\"");
	if (action == FILTER_REJECT)
		filter_parse_reject("port-unreachable", &r->reject);
	if (!cfg_str(c, "reject_with", &with))
		return;
	if (action != FILTER_REJECT)
		cfg_fail(c, "reject_with", "only with action \"reject\"");
	else if (filter_parse_reject(with, &r->reject) != 0)
		cfg_fail(c, "reject_with", "expected " FILTER_REJECT_WORDS);
}

/* @p doc NULL: devices have been checked. */
static void
parse_rule(const struct cfg *c, const struct cfg *doc, struct filter_rule *r)
{
	const char *comment = NULL, *fragment = NULL;
	char buf[32];

	memset(r, 0, sizeof(*r));
	cfg_only(c, rule_keys);
	parse_prefix(c, "src", &r->src, &r->src_plen);
	parse_prefix(c, "dst", &r->dst, &r->dst_plen);
	if (word_of(c, "protocol", buf, sizeof(buf))) {
		r->proto_set = filter_parse_proto(buf, &r->proto) == 0;
		if (!r->proto_set)
			cfg_fail(c, "protocol", "expected tcp, udp, icmp, ... or 0..255");
	}
	parse_ports(c, "sport", &r->sport_set, r->sport);
	parse_ports(c, "dport", &r->dport_set, r->dport);
	if (word_of(c, "icmp_type", buf, sizeof(buf)) && filter_parse_icmp(buf, r) != 0)
		cfg_fail(c, "icmp_type", "expected echo-request, ..., a type, or \"TYPE/CODE\"");
	parse_tos(c, r);
	if (cfg_str(c, "fragment", &fragment) && filter_parse_fragment(fragment, &r->fragment) != 0)
		cfg_fail(c, "fragment", "expected no, yes, first or later");
	cfg_ifname(c, "iif", doc, r->iif);
	cfg_ifname(c, "oif", doc, r->oif);
	parse_action(c, r);
	if (cfg_str(c, "comment", &comment)) {
		if (strlen(comment) >= sizeof(r->comment))
			cfg_fail(c, "comment", "expected at most %zu bytes",
				 sizeof(r->comment) - 1);
		else
			snprintf(r->comment, sizeof(r->comment), "%s", comment);
	}
}

static bool
parse_policy(const struct cfg *c)
{
	static const char *const words[] = { "accept", "drop", NULL };
	unsigned int policy = 0;

	cfg_word(c, "policy", words, &policy);
	return policy == 1;
}

static void
check_rule(const struct cfg *c, const struct cfg *doc, enum ip4_hook_point at)
{
	struct filter_rule r;
	const char *why;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"action\"");
		return;
	}
	parse_rule(c, doc, &r);
	why = filter_rule_check(at, &r);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const known[] = { "policy", "rules", NULL };
	enum ip4_hook_point at;
	struct cfg rules;
	size_t n;

	if (filter_parse_chain(c->key, &at) != 0) {
		cfg_fail(c, NULL,
			 "there is no such chain: expected prerouting, input, forward, output or "
			 "postrouting");
		return;
	}
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"policy\" and \"rules\"");
		return;
	}
	cfg_only(c, known);
	parse_policy(c);
	rules = cfg_get(c, "rules");
	n = json_array_size(rules.node);
	if (rules.node != NULL && !json_is_array(rules.node))
		cfg_fail(c, "rules", "expected a list of rules");
	if (n > FILTER_RULES_MAX)
		cfg_fail(c, "rules", "expected at most %u", FILTER_RULES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct cfg rule = cfg_at(&rules, i);

		check_rule(&rule, doc, at);
	}
}

/* --- what runs --- */

static void
add_str(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string(value));
}

static void
add_prefix(json_t *o, const char *key, rte_be32_t addr, uint8_t plen)
{
	char buf[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, buf, sizeof(buf));
	if (plen > 0)
		json_object_set_new(
			o, key, plen == 32 ? json_string(buf) : json_sprintf("%s/%u", buf, plen));
}

static void
add_ports(json_t *o, const char *key, bool set, const uint16_t ports[2])
{
	if (set)
		json_object_set_new(o, key,
				    ports[0] == ports[1]
					    ? json_sprintf("%u", ports[0])
					    : json_sprintf("%u-%u", ports[0], ports[1]));
}

/* The members in the order in which a rule is written. */
json_t *
filter_rule_json(const struct filter_rule *r)
{
	json_t *o = json_object();

	add_prefix(o, "src", r->src, r->src_plen);
	add_prefix(o, "dst", r->dst, r->dst_plen);
	if (r->proto_set)
		add_str(o, "protocol", filter_proto_word(r->proto));
	add_ports(o, "sport", r->sport_set, r->sport);
	add_ports(o, "dport", r->dport_set, r->dport);
	if (r->icmp_type_set)
		add_str(o, "icmp_type", filter_icmp_word(r));
	if (r->tos_mask == 0xfc && (r->tos & 3) == 0)
		json_object_set_new(o, "dscp", json_integer(r->tos >> 2));
	else if (r->tos_mask != 0)
		json_object_set_new(o, "tos", json_sprintf("0x%02x/0x%02x", r->tos, r->tos_mask));
	if (r->fragment != FILTER_FRAG_ANY)
		add_str(o, "fragment", filter_fragment_word(r->fragment));
	if (r->iif[0] != '\0')
		add_str(o, "iif", r->iif);
	if (r->oif[0] != '\0')
		add_str(o, "oif", r->oif);
	if (r->comment[0] != '\0')
		add_str(o, "comment", r->comment);
	add_str(o, "action", filter_action_word(r->action));
	if (r->action == FILTER_MARK)
		json_object_set_new(o, "mark", json_integer(r->mark));
	if (r->action == FILTER_REJECT)
		add_str(o, "reject_with", filter_reject_word(r->reject));
	return o;
}

/* NULL: a chain that does nothing. Takes @p rules. */
static json_t *
chain_json(bool drop, json_t *rules)
{
	json_t *o = json_object();

	if (drop)
		json_object_set_new(o, "policy", json_string("drop"));
	if (json_array_size(rules) > 0)
		json_object_set(o, "rules", rules);
	json_decref(rules);
	if (json_object_size(o) > 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
canon(const struct cfg *c)
{
	struct cfg list = cfg_get(c, "rules");
	json_t *rules = json_array();

	for (size_t i = 0; i < json_array_size(list.node); i++) {
		struct cfg rule = cfg_at(&list, i);
		struct filter_rule r;

		parse_rule(&rule, NULL, &r);
		json_array_append_new(rules, filter_rule_json(&r));
	}
	return chain_json(parse_policy(c), rules);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (enum ip4_hook_point at = 0; at < IP4_HOOK_MAX; at++) {
		json_t *rules = json_array(), *chain;

		for (uint32_t i = 1; i <= filter_rules(at); i++)
			json_array_append_new(rules, filter_rule_json(filter_rule_get(at, i)));
		chain = chain_json(filter_policy_is_drop(at), rules);
		if (chain != NULL)
			json_object_set_new(all, ip4_hook_name(at), chain);
	}
	return all;
}

/* --- apply --- */

static int
say_why(const struct cfg *c, int rc)
{
	if (rc == -ENOSPC)
		cfg_fail(c, "rules", "all chains together hold %u", FILTER_RULES_MAX);
	else if (rc == -E2BIG)
		cfg_fail(c, "rules", "more than %u mark and count rules match the same packets",
			 FILTER_COLOURS);
	else if (rc != 0)
		cfg_fail(c, "rules", "%s", strerror(-rc));
	return rc;
}

static int
add(const struct cfg *c)
{
	struct cfg rules = cfg_get(c, "rules");
	uint32_t n = (uint32_t)json_array_size(rules.node);
	struct filter_rule *r = calloc(n + 1, sizeof(*r));
	enum ip4_hook_point at;
	int rc = -ENOMEM;

	role_enter_ctl();
	if (filter_parse_chain(c->key, &at) != 0)
		rc = -EINVAL;
	else if (r != NULL) {
		for (uint32_t i = 0; i < n; i++) {
			struct cfg rule = cfg_at(&rules, i);

			parse_rule(&rule, NULL, &r[i]);
		}
		rc = filter_chain_set(at, parse_policy(c), r, n);
	}
	free(r);
	return say_why(c, rc);
}

static int
del(const struct cfg *c)
{
	enum ip4_hook_point at;

	role_enter_ctl();
	return filter_parse_chain(c->key, &at) != 0
		       ? 0
		       : say_why(c, filter_chain_set(at, false, NULL, 0));
}

/* One step: no packet meets an empty chain in between. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	(void)old;
	return add(c);
}

static const char schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"properties\":{\"policy\":{\"enum\":[\"accept\",\"drop\"]},"
	"\"rules\":{\"type\":\"array\",\"maxItems\":32768,\"items\":{\"type\":\"object\","
	"\"required\":[\"action\"],\"additionalProperties\":false,"
	"\"properties\":{\"src\":{\"type\":\"string\"},\"dst\":{\"type\":\"string\"},"
	"\"protocol\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"
	"{\"type\":\"string\"}]},\"sport\":{\"oneOf\":[{\"type\":\"integer\","
	"\"minimum\":0,\"maximum\":65535},{\"type\":\"string\"}]},"
	"\"dport\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},"
	"{\"type\":\"string\"}]},\"icmp_type\":{\"oneOf\":[{\"type\":\"integer\","
	"\"minimum\":0,\"maximum\":255},{\"type\":\"string\"}]},"
	"\"tos\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"
	"{\"type\":\"string\"}]},\"dscp\":{\"type\":\"integer\",\"minimum\":0,"
	"\"maximum\":63},\"fragment\":{\"enum\":[\"any\",\"no\",\"yes\",\"first\","
	"\"later\"]},\"iif\":{\"type\":\"string\"},\"oif\":{\"type\":\"string\"},"
	"\"action\":{\"enum\":[\"accept\",\"drop\",\"reject\",\"mark\",\"count\"]},"
	"\"mark\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295},"
	"\"reject_with\":{\"enum\":[\"net-unreachable\",\"host-unreachable\","
	"\"proto-unreachable\",\"port-unreachable\",\"net-prohibited\","
	"\"host-prohibited\",\"admin-prohibited\",\"tcp-reset\"]},"
	"\"comment\":{\"type\":\"string\",\"maxLength\":63}}}}}}";

static struct cfg_section section = {
	.name = "filter",
	.shape = CFG_MAP,
	.order = 30,
	.check = check,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
filter_cfg_register(void)
{
	cfg_register(&section);
}
