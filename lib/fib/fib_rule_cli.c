/* SPDX-License-Identifier: BSD-3-Clause */
/* ip rule (show|add|del|flush), in iproute2's words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/realm.h"
#include "core/rtproto.h"
#include "ctl/monitor.h"
#include "fib/fib_cli.h"
#include "fib/fib_rule.h"

/* --- a rule as JSON, keys of iproute2, and as text --- */

static void
prefix_json(json_t *o, const char *key, const char *len, rte_be32_t addr, uint8_t plen)
{
	json_object_set_new(o, key, plen == 0 ? json_string("all") : fib_ip_json(addr));
	if (plen != 0 && plen != 32)
		json_object_set_new(o, len, json_integer(plen));
}

/* iproute2 writes hexadecimal numbers, but zero as "0". */
static json_t *
hex_json(uint32_t v)
{
	return json_sprintf(v == 0 ? "0" : "0x%x", v);
}

static void
device_json(json_t *o, const char *key, const char *detached, const char *name, bool is_detached)
{
	if (name[0] == '\0')
		return;
	json_object_set_new(o, key, json_string(name));
	if (is_detached)
		json_object_set_new(o, detached, json_null());
}

static void
ports_json(json_t *o, const char *key, const uint16_t ports[2])
{
	char name[16];

	if (ports[1] == 0)
		return;
	if (ports[0] == ports[1]) {
		json_object_set_new(o, key, json_integer(ports[0]));
		return;
	}
	snprintf(name, sizeof(name), "%s_start", key);
	json_object_set_new(o, name, json_integer(ports[0]));
	snprintf(name, sizeof(name), "%s_end", key);
	json_object_set_new(o, name, json_integer(ports[1]));
}

static void
action_json(json_t *o, const struct fib_rule_view *v) CTL_ONLY
{
	const struct fib_rule *r = &v->rule;

	switch (r->action) {
	case FIB_RULE_TABLE:
		json_object_set_new(o, "table", json_string(fib_table_name(r->table)));
		if (r->suppress >= 0)
			json_object_set_new(o, "suppress_prefixlen", json_integer(r->suppress));
		break;
	case FIB_RULE_GOTO:
		json_object_set_new(o, "goto", json_integer(r->target));
		if (v->unresolved)
			json_object_set_new(o, "unresolved", json_null());
		break;
	case FIB_RULE_NOP:
		json_object_set_new(o, "nop", json_null());
		break;
	default: /* numbers and names are those of routes */
		json_object_set_new(o, "action", json_string(fib_type_name(r->action)));
		break;
	}
}

static json_t *
rule_json(const struct fib_rule_view *v, bool detail) CTL_ONLY
{
	const struct fib_rule *r = &v->rule;
	json_t *o = json_object();

	json_object_set_new(o, "priority", json_integer(r->priority));
	if (r->invert)
		json_object_set_new(o, "not", json_null());
	prefix_json(o, "src", "srclen", r->src, r->src_plen);
	if (r->dst_plen != 0)
		prefix_json(o, "dst", "dstlen", r->dst, r->dst_plen);
	if (r->tos != 0)
		json_object_set_new(o, "tos", json_sprintf("0x%02x", r->tos));
	if (r->mask != 0)
		json_object_set_new(o, "fwmark", hex_json(r->mark));
	if (r->mask != 0 && r->mask != UINT32_MAX)
		json_object_set_new(o, "fwmask", hex_json(r->mask));
	device_json(o, "iif", "iif_detached", r->iif, v->iif_detached);
	device_json(o, "oif", "oif_detached", r->oif, v->oif_detached);
	if (r->ipproto != 0)
		json_object_set_new(o, "ipproto", json_string(fib_rule_ipproto_name(r->ipproto)));
	ports_json(o, "sport", r->sport);
	ports_json(o, "dport", r->dport);
	if (realm_from(r->tclassid) != 0)
		json_object_set_new(o, "flow_from",
				    json_string(realm_name(realm_from(r->tclassid))));
	if (r->tclassid != 0)
		json_object_set_new(o, "flow_to", json_string(realm_name(realm_to(r->tclassid))));
	action_json(o, v);
	if (detail || (r->protocol != 0 && r->protocol != FIB_PROT_KERNEL))
		json_object_set_new(o, "protocol", json_string(rtproto_name(r->protocol)));
	return o;
}

/* Member @p key with what comes before and between it and member @p more. */
static void
word(struct cli_ctx *c, const json_t *o, const char *key, const char *before, const char *more,
     const char *between)
{
	const char *const keys[] = { key, more }, *const in_front[] = { before, between };

	for (unsigned int i = 0; i < 2; i++) {
		const json_t *v = keys[i] == NULL ? NULL : json_object_get(o, keys[i]);

		if (json_is_string(v))
			cli_printf(c, "%s%s", in_front[i], json_string_value(v));
		else if (json_is_integer(v))
			cli_printf(c, "%s%lld", in_front[i], (long long)json_integer_value(v));
		else if (json_is_null(v))
			cli_printf(c, "%s", in_front[i]);
	}
}

static void
rule_text(struct cli_ctx *c, const json_t *o)
{
	word(c, o, "priority", "", "not", ":\tnot from ");
	word(c, o, "src", json_object_get(o, "not") != NULL ? "" : ":\tfrom ", "srclen", "/");
	word(c, o, "dst", " to ", "dstlen", "/");
	word(c, o, "tos", " tos ", NULL, NULL);
	word(c, o, "fwmark", " fwmark ", "fwmask", "/");
	word(c, o, "iif", " iif ", "iif_detached", " [detached]");
	word(c, o, "oif", " oif ", "oif_detached", " [detached]");
	word(c, o, "ipproto", " ipproto ", NULL, NULL);
	word(c, o, "sport", " sport ", NULL, NULL);
	word(c, o, "sport_start", " sport ", "sport_end", "-");
	word(c, o, "dport", " dport ", NULL, NULL);
	word(c, o, "dport_start", " dport ", "dport_end", "-");
	word(c, o, "table", " lookup ", "suppress_prefixlen", " suppress_prefixlength ");
	word(c, o, "flow_from", " realms ", NULL, NULL);
	word(c, o, "flow_to", json_object_get(o, "flow_from") != NULL ? "/" : " realms ", NULL,
	     NULL);
	word(c, o, "goto", " goto ", "unresolved", " [unresolved]");
	word(c, o, "nop", " nop", NULL, NULL);
	word(c, o, "action", " ", "protocol", " proto ");
	cli_printf(c, "\n");
}

static void
rules_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++)
		rule_text(c, json_array_get(result, i));
}

/* --- arguments --- */

struct args {
	struct fib_rule r;
	uint32_t given;
};

static int
arg_words(struct cli_ctx *c, struct args *a)
{
	const char *mark = cli_arg_str(c, "FWMARK"), *proto = cli_arg_str(c, "IPPROTO");
	const char *sport = cli_arg_str(c, "SPORT"), *dport = cli_arg_str(c, "DPORT");

	if (mark != NULL && fib_rule_parse_mark(mark, &a->r.mark, &a->r.mask) != 0)
		return cli_error_at(c, -EINVAL, mark,
				    "\"%s\" is no fwmark: a number, or MARK/MASK as 0x10/0xff",
				    mark);
	if (proto != NULL && fib_rule_parse_ipproto(proto, &a->r.ipproto) != 0)
		return cli_error_at(c, -EINVAL, proto,
				    "\"%s\" is no protocol: tcp, udp, icmp, ... or 0..255", proto);
	if (sport != NULL && fib_rule_parse_ports(sport, a->r.sport) != 0)
		return cli_error_at(c, -EINVAL, sport,
				    "\"%s\": Invalid sport range: PORT or FIRST-LAST of 1..65534",
				    sport);
	if (dport != NULL && fib_rule_parse_ports(dport, a->r.dport) != 0)
		return cli_error_at(c, -EINVAL, dport,
				    "\"%s\": Invalid dport range: PORT or FIRST-LAST of 1..65534",
				    dport);
	a->given |= (mark != NULL ? FIB_RULE_HAS_MARK : 0) |
		    (proto != NULL ? FIB_RULE_HAS_IPPROTO : 0) |
		    (sport != NULL ? FIB_RULE_HAS_SPORT : 0) |
		    (dport != NULL ? FIB_RULE_HAS_DPORT : 0);
	return 0;
}

static int
arg_device(struct cli_ctx *c, const char *key, char name[IFNAMSIZ])
{
	const char *s = cli_arg_str(c, key);

	if (s == NULL)
		return 0;
	if (!dev_valid_name(s))
		return cli_error_at(c, -EINVAL, s, "\"%s\" is no name of a device", s);
	snprintf(name, IFNAMSIZ, "%s", s);
	return 0;
}

static int
arg_selector(struct cli_ctx *c, struct args *a)
{
	int rc;

	if (cli_arg_prefix(c, "FROM", &a->r.src, &a->r.src_plen))
		a->given |= FIB_RULE_HAS_SRC;
	if (cli_arg_prefix(c, "TO", &a->r.dst, &a->r.dst_plen))
		a->given |= FIB_RULE_HAS_DST;
	rc = fib_arg_tos(c, &a->r.tos);
	if (rc == 0)
		rc = arg_words(c, a);
	if (rc == 0)
		rc = arg_device(c, "IIF", a->r.iif);
	if (rc == 0)
		rc = arg_device(c, "OIF", a->r.oif);
	if (rc == 0)
		rc = fib_arg_realms(c, c, &a->r.tclassid);
	a->r.invert = cli_has(c, "not");
	a->r.priority = cli_arg_u32(c, "PREF", 0);
	a->given |= (a->r.invert ? FIB_RULE_HAS_INVERT : 0) |
		    (cli_has(c, "PREF") ? FIB_RULE_HAS_PRIORITY : 0) |
		    (cli_has(c, "REALMS") ? FIB_RULE_HAS_REALMS : 0) |
		    (cli_has(c, "TOS") ? FIB_RULE_HAS_TOS : 0) |
		    (cli_has(c, "IIF") ? FIB_RULE_HAS_IIF : 0) |
		    (cli_has(c, "OIF") ? FIB_RULE_HAS_OIF : 0);
	return rc;
}

static void
set_action(struct args *a, uint8_t action)
{
	a->r.action = action;
	a->given |= FIB_RULE_HAS_ACTION;
}

static int
arg_action(struct cli_ctx *c, struct args *a)
{
	static const struct {
		const char *word;
		uint8_t action;
	} words[] = { { "blackhole", FIB_RULE_BLACKHOLE },
		      { "unreachable", FIB_RULE_UNREACHABLE },
		      { "prohibit", FIB_RULE_PROHIBIT },
		      { "nop", FIB_RULE_NOP },
		      { "TARGET", FIB_RULE_GOTO } };
	const char *table = cli_arg_str(c, "TABLE"), *proto = cli_arg_str(c, "PROTOCOL");
	int v;

	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		if (cli_has(c, words[i].word))
			set_action(a, words[i].action);
	a->r.target = cli_arg_u32(c, "TARGET", 0);
	a->r.suppress = (int32_t)cli_arg_u32(c, "SUPPRESS", UINT32_MAX);
	a->given |= cli_has(c, "SUPPRESS") ? FIB_RULE_HAS_SUPPRESS : 0;
	if (table != NULL && fib_table_parse(table, &a->r.table) < 0)
		return cli_error_at(c, -EINVAL, table,
				    "\"%s\" is no table: a number, or a name as \"main\"", table);
	a->given |= table != NULL ? FIB_RULE_HAS_TABLE : 0;
	if (table != NULL && (a->given & FIB_RULE_HAS_ACTION))
		return cli_error_at(c, -EINVAL, table, "a table and another action at once");
	v = proto == NULL ? 0 : rtproto_parse(proto);
	if (v < 0)
		return cli_error_at(c, -EINVAL, proto, "\"%s\" is no routing protocol", proto);
	a->r.protocol = (uint8_t)v;
	a->given |= proto != NULL ? FIB_RULE_HAS_PROTOCOL : 0;
	return 0;
}

/* Words of iproute2 that nothing here answers to. */
static int
refuse_words(struct cli_ctx *c)
{
	static const struct {
		const char *word, *why;
	} words[] = {
		{ "uidrange", "packets of a router have no user" },
		{ "tun_id", "no tunnel here carries a key" },
		{ "l3mdev",
		  "there are no VRF devices: name them with iif and oif, and their table" },
		{ "suppress_ifgroup", "devices have no groups" },
		{ "sup_group", "devices have no groups" },
	};

	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		if (cli_has(c, words[i].word))
			return cli_error_at(c, -EOPNOTSUPP, words[i].word, "\"%s\": %s",
					    words[i].word, words[i].why);
	return 0;
}

static int
arg_rule(struct cli_ctx *c, struct args *a)
{
	int rc = refuse_words(c);

	if (rc < 0)
		return rc;
	*a = (struct args){ .r = { .action = FIB_RULE_TABLE, .suppress = -1 } };
	rc = arg_selector(c, a);
	return rc < 0 ? rc : arg_action(c, a);
}

/* --- commands --- */

static int
rule_add(struct cli_ctx *c)
{
	struct args a;
	int rc = arg_rule(c, &a);

	role_enter_ctl();
	if (rc < 0)
		return rc;
	if (a.given == 0)
		return cli_error(c, -EINVAL,
				 "\"ip rule add\" requires arguments: a selector, a table or an "
				 "action");
	if (!(a.given & FIB_RULE_HAS_PRIORITY))
		a.r.priority = fib_rule_default_priority();
	if (!(a.given & (FIB_RULE_HAS_TABLE | FIB_RULE_HAS_ACTION)))
		a.r.table = RT_TABLE_MAIN;
	rc = fib_rule_add(&a.r);
	if (rc == -EINVAL)
		return cli_error(c, rc, "%s", fib_rule_check(&a.r));
	if (rc == -ENOSPC)
		return cli_error(c, rc, "there is room for %u rules, and for 4096 tables",
				 FIB_RULES_MAX);
	return rc < 0 ? cli_error(c, rc, "%s", strerror(-rc)) : 0;
}

static int
rule_del(struct cli_ctx *c)
{
	struct args a;
	int rc = arg_rule(c, &a);

	role_enter_ctl();
	if (rc < 0)
		return rc;
	if (a.given == 0)
		return cli_error(c, -EINVAL, "\"ip rule del\" requires arguments");
	if (a.r.action == FIB_RULE_GOTO && fib_rule_check(&a.r) != NULL)
		return cli_error(c, -EINVAL, "%s", fib_rule_check(&a.r));
	/* As Linux, which does not look at "not" there. */
	rc = fib_rule_del(&a.r, a.given & ~(uint32_t)FIB_RULE_HAS_INVERT);
	return rc < 0 ? cli_error(c, rc, "%s", strerror(-rc)) : 0;
}

static int
rule_flush(struct cli_ctx *c)
{
	struct args a;
	int rc = arg_rule(c, &a);

	role_enter_ctl();
	if (rc < 0)
		return rc;
	rc = fib_rule_flush(&a.r, a.given | FIB_RULE_HAS_INSIDE);
	return rc < 0 ? cli_error(c, rc, "%s", strerror(-rc)) : 0;
}

struct listing {
	json_t *list;
	bool detail;
};

static void
show_one(const struct fib_rule_view *v, void *arg)
{
	struct listing *l = arg;

	role_enter_ctl();
	json_array_append_new(l->list, rule_json(v, l->detail));
}

static int
rule_show(struct cli_ctx *c)
{
	struct listing l = { .detail = cli_wants_detail(c) };
	struct args a;
	int rc = arg_rule(c, &a);

	role_enter_ctl();
	if (rc < 0)
		return rc;
	l.list = json_array();
	fib_rule_walk(&a.r, a.given | FIB_RULE_HAS_INSIDE, show_one, &l);
	cli_set_result(c, l.list);
	return 0;
}

/* --- ip monitor rule --- */

static struct monitor_source source;

static json_t *
event_json(struct cli_ctx *c, const void *obj)
{
	role_enter_ctl();
	return rule_json(obj, cli_wants_detail(c));
}

static int
on_rule(struct notifier *self, unsigned int event, void *obj)
{
	(void)self;
	role_enter_ctl();
	monitor_tell(&source, event == FIB_RULE_DEL ? "deleted" : NULL, event_json, obj);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_rule, .prio = NOTIFIER_PRIO_MONITOR };

static void
listen_rules(bool on)
{
	role_enter_ctl();
	if (on)
		notifier_add(&fib_rule_chain, &listener);
	else
		notifier_del(&fib_rule_chain, &listener);
}

static struct monitor_source source = { "rule", listen_rules, rule_text, NULL };

#define RULE                                                                                       \
	"[not] [from FROM:prefix] [to TO:prefix] [(tos|dsfield) TOS:str] [fwmark FWMARK:str] "     \
	"[(iif|dev) IIF:str] [oif OIF:str] [(pref|preference|priority|order) PREF:u32] "           \
	"[ipproto IPPROTO:str] [sport SPORT:str] [dport DPORT:str] [(table|lookup) TABLE:str] "    \
	"[(suppress_prefixlength|sup_pl) SUPPRESS:u32(0..32)] [(realms|realm) REALMS:str] "        \
	"[protocol PROTOCOL:str] [uidrange UIDS:str] [tun_id KEY:str] [l3mdev] "                   \
	"[(suppress_ifgroup|sup_group) GROUP:str] "                                                \
	"[goto TARGET:u32] [[type] (blackhole|unreachable|prohibit|nop)]"

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip rule [show] " RULE,
	  .help = "List policy rules, or those with these members",
	  .section = "routes",
	  .fn = rule_show,
	  .text = rules_text,
	  .read_only = true },
	{ .syntax = "ip rule add " RULE,
	  .help = "Add a policy rule: which table packets are looked up in",
	  .section = "routes",
	  .fn = rule_add },
	{ .syntax = "ip rule del " RULE,
	  .help = "Delete the first policy rule with these members",
	  .section = "routes",
	  .fn = rule_del },
	{ .syntax = "ip rule flush " RULE,
	  .help = "Delete all policy rules but those of priority 0",
	  .section = "routes",
	  .fn = rule_flush },
	{ 0 },
};

void
fib_rule_cli_register(void)
{
	cli_register(cmds);
	monitor_register(&source);
}
