/* SPDX-License-Identifier: BSD-3-Clause */
/* filter (add|del|show|flush|policy), clear filter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "filter/filter_cfg.h"

#define CHAINS "(prerouting|input|forward|output|postrouting)"
#define SLICE  1000 /* rules handed out at a time */

/* The chain that the command names; IP4_HOOK_MAX: none. */
static enum ip4_hook_point
arg_chain(const struct cli_ctx *c)
{
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		if (cli_has(c, ip4_hook_name(at)))
			return at;
	return IP4_HOOK_MAX;
}

static int
say_why(struct cli_ctx *c, enum ip4_hook_point at, int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case -ENOSPC:
		return cli_error(c, rc, "all chains together hold %u rules", FILTER_RULES_MAX);
	case -E2BIG:
		return cli_error(c, rc,
				 "%s: more than %u mark and count rules match the same packets",
				 ip4_hook_name(at), FILTER_COLOURS);
	default:
		return cli_error(c, rc, "%s: %s", ip4_hook_name(at), strerror(-rc));
	}
}

/* --- arguments --- */

static int
arg_prefix(struct cli_ctx *c, const char *name, rte_be32_t *addr, uint8_t *plen)
{
	uint32_t mask;

	if (!cli_arg_prefix(c, name, addr, plen))
		return 0;
	mask = *plen == 0 ? 0 : UINT32_MAX << (32 - *plen);
	if (rte_be_to_cpu_32(*addr) & ~mask)
		return cli_error_at(c, -EINVAL, cli_arg_str(c, name),
				    "bits are set behind the prefix of /%u", *plen);
	return 0;
}

static int
arg_ports(struct cli_ctx *c, const char *name, bool *set, uint16_t ports[2])
{
	const char *word = cli_arg_str(c, name);

	*set = word != NULL;
	if (word == NULL || filter_parse_ports(word, ports) == 0)
		return 0;
	return cli_error_at(c, -EINVAL, word, "\"%s\": expected a port, or a range as 1024-65535",
			    word);
}

static int
arg_proto(struct cli_ctx *c, struct filter_rule *r)
{
	const char *word = cli_arg_str(c, "PROTO");

	r->proto_set = word != NULL;
	if (word == NULL || filter_parse_proto(word, &r->proto) == 0)
		return 0;
	return cli_error_at(c, -EINVAL, word, "\"%s\": expected tcp, udp, icmp, ... or 0..255",
			    word);
}

static int
arg_fields(struct cli_ctx *c, struct filter_rule *r)
{
	const char *icmp = cli_arg_str(c, "ICMP"), *tos = cli_arg_str(c, "TOS"),
		   *frag = cli_arg_str(c, "FRAGMENT");

	if (icmp != NULL && filter_parse_icmp(icmp, r) != 0)
		return cli_error_at(c, -EINVAL, icmp,
				    "\"%s\": expected echo-request, ..., a type, or TYPE/CODE",
				    icmp);
	if (tos != NULL && filter_parse_tos(tos, &r->tos, &r->tos_mask) != 0)
		return cli_error_at(c, -EINVAL, tos,
				    "\"%s\": expected 0..255, or value and mask as 0x10/0x1e", tos);
	if (frag != NULL && filter_parse_fragment(frag, &r->fragment) != 0)
		return cli_error_at(c, -EINVAL, frag, "\"%s\": expected no, yes, first or later",
				    frag);
	if (!cli_has(c, "DSCP"))
		return 0;
	if (tos != NULL)
		return cli_error(c, -EINVAL, "tos and dscp at once");
	r->tos = (uint8_t)(cli_arg_u32(c, "DSCP", 0) << 2); /* RFC 2474 3 */
	r->tos_mask = 0xfc;
	return 0;
}

static int
arg_device(struct cli_ctx *c, const char *name, char ifname[IFNAMSIZ])
{
	const char *word = cli_arg_dev(c, name);

	snprintf(ifname, IFNAMSIZ, "%s", word != NULL ? word : "");
	return 0;
}

static int
arg_action(struct cli_ctx *c, struct filter_rule *r)
{
	static const char *const words[] = { "accept", "drop", "reject", "mark", "count" };
	const char *with = cli_arg_str(c, "WITH");

	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		if (cli_has(c, words[i]))
			filter_parse_action(words[i], &r->action);
	r->mark = cli_arg_u32(c, "MARK", 0);
	if (r->action != FILTER_REJECT)
		return with == NULL
			       ? 0
			       : cli_error_at(c, -EINVAL, "with", "only reject takes \"with\"");
	if (filter_parse_reject(with != NULL ? with : "port-unreachable", &r->reject) == 0)
		return 0;
	return cli_error_at(c, -EINVAL, with, "\"%s\": expected " FILTER_REJECT_WORDS, with);
}

static int
arg_rule(struct cli_ctx *c, struct filter_rule *r)
{
	const char *comment = cli_arg_str(c, "COMMENT");
	int rc = 0;

	memset(r, 0, sizeof(*r));
	rc = rc ? rc : arg_prefix(c, "SRC", &r->src, &r->src_plen);
	rc = rc ? rc : arg_prefix(c, "DST", &r->dst, &r->dst_plen);
	rc = rc ? rc : arg_proto(c, r);
	rc = rc ? rc : arg_ports(c, "SPORT", &r->sport_set, r->sport);
	rc = rc ? rc : arg_ports(c, "DPORT", &r->dport_set, r->dport);
	rc = rc ? rc : arg_fields(c, r);
	rc = rc ? rc : arg_device(c, "IIF", r->iif);
	rc = rc ? rc : arg_device(c, "OIF", r->oif);
	rc = rc ? rc : arg_action(c, r);
	if (rc != 0 || comment == NULL)
		return rc;
	if (strlen(comment) >= sizeof(r->comment))
		return cli_error_at(c, -EINVAL, comment, "a comment has at most %zu bytes",
				    sizeof(r->comment) - 1);
	snprintf(r->comment, sizeof(r->comment), "%s", comment);
	return 0;
}

/* --- changes --- */

static int
add(struct cli_ctx *c)
{
	enum ip4_hook_point at = arg_chain(c);
	struct filter_rule r;
	const char *why;
	int rc = arg_rule(c, &r);

	role_enter_ctl();
	if (rc != 0)
		return rc;
	why = filter_rule_check(at, &r);
	if (why != NULL)
		return cli_error(c, -EINVAL, "%s", why);
	return say_why(c, at, filter_rule_add(at, &r, cli_arg_u32(c, "POS", 0)));
}

static int
del(struct cli_ctx *c)
{
	enum ip4_hook_point at = arg_chain(c);
	uint32_t pos = cli_arg_u32(c, "POS", 0);
	int rc;

	role_enter_ctl();
	rc = filter_rule_del(at, pos);
	if (rc == -ENOENT)
		return cli_error(c, rc, "%s has %u rules: there is no rule %u", ip4_hook_name(at),
				 filter_rules(at), pos);
	return say_why(c, at, rc);
}

static int
flush(struct cli_ctx *c)
{
	enum ip4_hook_point only = arg_chain(c);
	int rc = 0;

	role_enter_ctl();
	for (unsigned int at = 0; at < IP4_HOOK_MAX && rc == 0; at++)
		if (only == IP4_HOOK_MAX || only == at)
			rc = say_why(c, at, filter_flush(at));
	return rc;
}

static int
policy(struct cli_ctx *c)
{
	enum ip4_hook_point at = arg_chain(c);

	role_enter_ctl();
	return say_why(c, at, filter_policy_set(at, cli_has(c, "drop")));
}

static int
clear(struct cli_ctx *c)
{
	enum ip4_hook_point only = arg_chain(c);

	role_enter_ctl();
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		if (only == IP4_HOOK_MAX || only == at)
			filter_clear(at);
	return 0;
}

/* --- show --- */

static json_t *
rule_json(enum ip4_hook_point at, uint32_t pos) CTL_ONLY
{
	json_t *o = json_pack("{s:s, s:i}", "chain", ip4_hook_name(at), "position", (int)pos);
	json_t *rule = filter_rule_json(filter_rule_get(at, pos));
	struct filter_counter n = filter_count(at, pos);

	json_object_update(o, rule);
	json_decref(rule);
	json_object_set_new(o, "packets", json_integer((json_int_t)n.packets));
	json_object_set_new(o, "bytes", json_integer((json_int_t)n.bytes));
	return o;
}

static json_t *
policy_json(enum ip4_hook_point at) CTL_ONLY
{
	struct filter_counter n = filter_count(at, 0);

	return json_pack("{s:s, s:s, s:i, s:I, s:I}", "chain", ip4_hook_name(at), "policy",
			 filter_policy_is_drop(at) ? "drop" : "accept", "rules",
			 (int)filter_rules(at), "packets", (json_int_t)n.packets, "bytes",
			 (json_int_t)n.bytes);
}

/* Where a listing has come to: a chain, and in it the row; 0 is the policy's. */
struct rows {
	enum ip4_hook_point only;
	unsigned int at;
	uint32_t pos;
};

static json_t *
next_rows(struct cli_ctx *c, void *arg)
{
	struct rows *r = arg;
	json_t *list = json_array();

	role_enter_ctl();
	for (; r->at < IP4_HOOK_MAX; r->at++, r->pos = 0) {
		if (r->only != IP4_HOOK_MAX && r->only != r->at)
			continue;
		for (; r->pos <= filter_rules(r->at); r->pos++) {
			if (json_array_size(list) == SLICE)
				return list;
			json_array_append_new(list, r->pos == 0 ? policy_json(r->at)
								: rule_json(r->at, r->pos));
		}
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static int
show(struct cli_ctx *c)
{
	struct rows *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	r->only = arg_chain(c);
	cli_set_rows(c, next_rows, free, r);
	return 0;
}

static void
row_text(struct cli_ctx *c, const json_t *o)
{
	static const char *const skip[] = { "chain",  "position", "packets",	"bytes",
					    "action", "mark",	  "reject_with" };
	const char *action = json_string_value(json_object_get(o, "action")),
		   *with = json_string_value(json_object_get(o, "reject_with")), *key;
	const json_t *v;

	cli_printf(c, "%6lld ", cli_num_of(o, "position"));
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		bool hidden = false;

		for (unsigned int i = 0; i < RTE_DIM(skip); i++)
			hidden |= strcmp(key, skip[i]) == 0;
		if (hidden)
			continue;
		if (json_is_integer(v))
			cli_printf(c, " %s %lld", key, (long long)json_integer_value(v));
		else
			cli_printf(c, " %s %s", strcmp(key, "icmp_type") == 0 ? "icmp-type" : key,
				   json_string_value(v));
	}
	cli_printf(c, " %s", action);
	if (json_object_get(o, "mark") != NULL)
		cli_printf(c, " %lld", cli_num_of(o, "mark"));
	if (with != NULL)
		cli_printf(c, " with %s", with);
	cli_printf(c, "  [%lld packets, %lld bytes]\n", cli_num_of(o, "packets"),
		   cli_num_of(o, "bytes"));
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *pol = json_string_value(json_object_get(o, "policy"));

		if (pol == NULL) {
			row_text(c, o);
			continue;
		}
		cli_printf(c, "chain %s policy %s  [%lld packets, %lld bytes]\n",
			   json_string_value(json_object_get(o, "chain")), pol,
			   cli_num_of(o, "packets"), cli_num_of(o, "bytes"));
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "filter add " CHAINS " [position POS:u32(1..32768)] [src SRC:prefix] "
		    "[dst DST:prefix] [protocol PROTO:str] [sport SPORT:str] [dport DPORT:str] "
		    "[icmp-type ICMP:str] [tos TOS:str] [dscp DSCP:u32(0..63)] "
		    "[fragment FRAGMENT:str] [iif IIF:dev] [oif OIF:dev] [comment COMMENT:str] "
		    "(accept|drop|reject|mark MARK:u32|count) [with WITH:str]",
	  .help = "Add a rule to the packet filter, last unless position says otherwise.",
	  .section = "filter",
	  .fn = add },
	{ .syntax = "filter del " CHAINS " position POS:u32(1..32768)",
	  .help = "Remove a rule.",
	  .section = "filter",
	  .fn = del },
	{ .syntax = "filter show [" CHAINS "]",
	  .help = "Show chains, their policies and rules, and what each has counted.",
	  .section = "filter",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "filter flush [" CHAINS "]",
	  .help = "Remove all rules; policies stay.",
	  .section = "filter",
	  .fn = flush },
	{ .syntax = "filter policy " CHAINS " (accept|drop)",
	  .help = "What becomes of packets that no rule decides.",
	  .section = "filter",
	  .fn = policy },
	{ .syntax = "clear filter [" CHAINS "]",
	  .help = "Count anew.",
	  .section = "filter",
	  .fn = clear },
	{ 0 },
};

void
filter_cli_register(void)
{
	cli_register(cmds);
}
