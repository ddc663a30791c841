/* SPDX-License-Identifier: BSD-3-Clause */
/* The command language: what is understood, what is refused with which sentence, and completion. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <rte_byteorder.h>
#include "ctl/cli_priv.h"
#include "ctl/ctl.h"

static struct strbuf out, err;
static int status;
static bool quit;
static unsigned int dones;
static struct cli_ctx *waiting; /* of the command `wait` */
static bool may_write_more = true;

static void
on_out(void *arg, const char *data, size_t len)
{
	strbuf_add(&out, data, len);
}

static void
on_err(void *arg, const char *data, size_t len)
{
	strbuf_add(&err, data, len);
}

static void
on_done(void *arg, int st, bool q)
{
	status = st;
	quit = q;
	dones++;
}

static bool
on_ready(void *arg)
{
	return may_write_more;
}

static const struct cli_sink sink = { on_out, on_err, on_done, NULL, NULL, false };
static const struct cli_sink slow_sink = { on_out, on_err, on_done, on_ready, NULL, false };

/* Shows all arguments as the engine bound them. */
static int
show_args(struct cli_ctx *c)
{
	cli_printf(c, "%c:", c->cmd->help[0]);
	for (size_t i = 0; i < c->n_args; i++) {
		const struct cli_arg *a = c->args[i];

		if (a->kind == CLI_A_BEGIN)
			cli_printf(c, " {");
		else if (a->kind == CLI_A_END)
			cli_printf(c, " }");
		else if (a->kind == CLI_A_KEY)
			cli_printf(c, " %s", a->name);
		else
			cli_printf(c, " %s=%s", a->name, a->word);
	}
	return 0;
}

static int
route_add(struct cli_ctx *c)
{
	unsigned int n = cli_count(c, "nexthop");
	uint32_t addr = 0, gw = 0;
	uint8_t plen = 0;

	assert_true(cli_arg_prefix(c, "DST", &addr, &plen));
	if (!cli_arg_ip4(c, "GW", &gw))
		gw = 0;
	cli_printf(c, "%s %08x/%u gw %08x dev %s metric %u", cli_has(c, "add") ? "add" : "other",
		   rte_be_to_cpu_32(addr), plen, rte_be_to_cpu_32(gw),
		   cli_arg_dev(c, "DEV") ? cli_arg_dev(c, "DEV") : "-", cli_arg_u32(c, "N", 77));
	for (unsigned int i = 0; i < n; i++) {
		const struct cli_ctx *g = cli_group(c, "nexthop", i);

		assert_ptr_equal(g, cli_group(c, "nexthop", i));
		assert_true(cli_arg_ip4(g, "NH", &gw));
		cli_printf(c, " [%08x w %u]", rte_be_to_cpu_32(gw), cli_arg_u32(g, "W", 1));
	}
	/* What stands in the groups is not seen outside of them. */
	assert_false(cli_has(c, "W"));
	assert_null(cli_group(c, "nexthop", n));
	return 0;
}

static int
fails(struct cli_ctx *c)
{
	const char *how = cli_arg_str(c, "HOW");

	if (strcmp(how, "errno") == 0)
		return -EEXIST;
	if (strcmp(how, "denied") == 0)
		return cli_denied(c);
	cli_error_at(c, -ENOENT, how, "\"%s\": no such thing", how);
	return cli_error(c, -EINVAL, "and this is what followed");
}

static int
three(struct cli_ctx *c)
{
	cli_set_result(
		c, json_pack("[{s:s,s:i},{s:s,s:b}]", "name", "a", "n", 5, "name", "long", "b", 1));
	return 0;
}

static int
tree(struct cli_ctx *c)
{
	cli_set_result(c,
		       json_pack("{s:f,s:{s:s},s:[i,i]}", "x", 0.119, "in", "y", "z", "l", 1, 2));
	return 0;
}

static unsigned int released;

static json_t *
next_row(struct cli_ctx *c, void *arg)
{
	unsigned int *n = arg;

	return (*n)++ < 3 ? json_pack("[{s:i}]", "row", *n) : NULL;
}

static void
release(void *arg)
{
	released++;
}

static void
text_rows(struct cli_ctx *c, const json_t *rows)
{
	cli_printf(c, "%s%lld\n", cli_slice(c) == 0 ? "head\n" : "",
		   (long long)json_integer_value(json_object_get(json_array_get(rows, 0), "row")));
}

static json_t *
next_of_many(struct cli_ctx *c, void *arg)
{
	unsigned int *n = arg;

	return (*n)++ < 1000 ? json_array() : NULL; /* a filter that nothing passes */
}

static unsigned int many_asked;

static int
many(struct cli_ctx *c)
{
	many_asked = 0;
	cli_set_rows(c, next_of_many, NULL, &many_asked);
	return 0;
}

static int
rows(struct cli_ctx *c)
{
	static unsigned int n;

	n = cli_has(c, "none") ? 3 : 0;
	cli_set_rows(c, next_row, release, &n);
	return 0;
}

static void
stop_waiting(struct cli_ctx *c, void *arg)
{
	role_enter_ctl();
	cli_printf(c, "stopped %s\n", (const char *)arg);
	waiting = NULL;
	cli_finish(c, 0);
}

static int
wait(struct cli_ctx *c)
{
	role_enter_ctl();
	if (cli_has(c, "not")) {
		cli_finish(c, 0); /* over before it returns */
		return CLI_ASYNC;
	}
	waiting = c;
	cli_on_abort(c, stop_waiting, "early");
	return CLI_ASYNC;
}

static const struct cli_cmd cmds[] = {
	{ "ip route (add|replace|append) DST:prefix [via GW:ip4] [dev DEV:dev] [metric N:u32] "
	  "[nexthop via NH:ip4 [weight W:u32(1..256)]]...",
	  "Add a route.", "routes", route_add, NULL, false },
	{ "ip route [show] [table (all|T:u32)] [[to] DST:prefix]", "Show routes.", "routes",
	  show_args, NULL, true },
	{ "ip neigh [show] [[to] TO:prefix] [dev DEV:dev] [nud STATE:str] [lladdr L:mac]",
	  "Neighbours.", "test", show_args, NULL, true },
	{ "ip neigh (add|replace|change|append|del) [to] DST:ip4 [dev DEV:dev]", "Edit neighbours.",
	  "test", show_args, NULL, false },
	{ "ip neigh (get|flush) [dev DEV:dev] [scope S:str] [src S2:str] [proto P:str]",
	  "Flush neighbours.", "test", show_args, NULL, false },
	{ "ip addr (add|replace|del) A:prefix [dev DEV:dev]", "Edit addresses.", "test", show_args,
	  NULL, false },
	{ "ip rule [show]", "Rules.", "routes", show_args, NULL, true },
	{ "ip link set [dev] DEV:dev (up|down|mtu N:u32(68..9000)|address M:mac)", "Link set.",
	  "links", show_args, NULL, false },
	{ "ip link [show] [[dev] DEV:dev] [up] [type K:str]", "Links.", "links", show_args, NULL,
	  true },
	{ "ip addr [show] [[dev] DEV:dev] [scope S:str] [label L:str]", "Addresses.", "links",
	  show_args, NULL, true },
	{ "show port (info|stats|xstats|summary) P:port", "Port.", "ports", show_args, NULL, true },
	{ "trace add N:u32 [drops-only] [filter EXPR:rest]", "Trace.", "trace", show_args, NULL,
	  false },
	{ "name S:str [again S2:str]", "Names.", "test", show_args, NULL, true },
	{ "opts [a] [b [c] [d]] [e N:u32]... [(f|g) h]", "Options.", "test", show_args, NULL,
	  true },
	{ "fail HOW:str", "Fails.", "test", fails, NULL, true },
	{ "edit (replace|change|delay|del)", "Edit.", "test", show_args, NULL, true },
	{ "three", "Three.", "test", three, NULL, true },
	{ "tree", "Tree.", "test", tree, NULL, true },
	{ "tree many", "Many empty slices.", "test", many, NULL, true },
	{ "rows [none]", "Rows.", "test", rows, text_rows, true },
	{ "wait [not]", "Waits.", "test", wait, NULL, true },
	{ "shutdown", "Ends.", "control", show_args, NULL, false },
	{ .syntax = NULL },
};

static struct cli_ctx *
exec(const char *line, unsigned int flags, const struct cli_sink *s)
{
	struct cli_ctx *c;
	unsigned int before = dones;

	role_enter_ctl();
	strbuf_free(&out);
	strbuf_free(&err);
	status = -1;
	c = cli_exec(line, flags, s, NULL);
	assert_int_equal(dones, before + (c == NULL));
	return c;
}

static void
says(const char *line, const char *text)
{
	assert_null(exec(line, 0, &sink));
	assert_string_equal(strbuf_str(&err), "");
	assert_string_equal(strbuf_str(&out), text);
	assert_int_equal(status, CLI_DONE);
}

static void
refuses(const char *line, int st, const char *text)
{
	assert_null(exec(line, 0, &sink));
	assert_string_equal(strbuf_str(&err), text);
	assert_string_equal(strbuf_str(&out), "");
	assert_int_equal(status, st);
}

static void
test_abbreviations(void **state)
{
	says("ip route show", "S: ip route show");
	says("ip r", "S: ip route"); /* before rule, as iproute2 */
	says("ip ro sh ta a", "S: ip route show table all");
	says("ip ru", "R: ip rule");
	says("ip a", "A: ip addr");
	says("ip address show dev p0", "A: ip addr show dev DEV=p0");
	says("ip addr list", "A: ip addr show");
	says("sh port st 0", "P: show port stats P=0"); /* show before shutdown */
	says("sh po su all", "P: show port summary P=all");
	says("sh po xs p1", "P: show port xstats P=p1");
	says("ip l", "L: ip link");
	says("edit change", "E: edit change");
	says("edit delete", "E: edit del");
	says("edit del", "E: edit del");
	refuses("s", CLI_USAGE, "Error: \"s\": ambiguous: show, sysctl, shutdown\n");
	refuses("show port s 0", CLI_USAGE, "Error: \"s\": ambiguous: stats, summary\n");
	refuses("shx", CLI_USAGE,
		"Error: \"shx\": did you mean show? expected one of help, show, load, quit, "
		"config, sysctl, "
		"ip, bridge, trace, name, opts, fail, edit, three, tree, rows, wait, shutdown\n");
}

/* `ip OBJECT VERB`: only verbs compete, in the order that iproute2 looks at them. */
static void
test_verbs(void **state)
{
	static const char *const shows[] = { "l", "li", "lis", "lst", "ls", "list", "s", "sh" };
	char line[64];

	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		snprintf(line, sizeof(line), "ip n %s", shows[i]);
		says(line, "N: ip neigh show");
		snprintf(line, sizeof(line), "ip a %s p0", shows[i]);
		says(line, "A: ip addr show DEV=p0");
		snprintf(line, sizeof(line), "ip r %s", shows[i]);
		says(line, "S: ip route show");
		snprintf(line, sizeof(line), "ip l %s", shows[i]);
		says(line, "L: ip link show");
	}
	says("ip a d 10.0.0.1/24 dev p1", "E: ip addr del A=10.0.0.1/24 dev DEV=p1");
	says("ip a a 10.0.0.1/24 dev p1", "E: ip addr add A=10.0.0.1/24 dev DEV=p1");
	says("ip n a 10.0.0.1 dev p1", "E: ip neigh add DST=10.0.0.1 dev DEV=p1");
	says("ip n d 10.0.0.1", "E: ip neigh del DST=10.0.0.1");
	says("ip n r 10.0.0.1", "E: ip neigh replace DST=10.0.0.1");
	says("ip n chg 10.0.0.1", "E: ip neigh change DST=10.0.0.1");
	says("ip n f", "F: ip neigh flush");
	says("ip n g", "F: ip neigh get");
	says("ip r a 10/8", "add 0a000000/8 gw 00000000 dev - metric 77");
	says("ip a dev p0", "A: ip addr dev DEV=p0"); /* a word in full is what it says */
	/* Further on the other words have their say again. */
	says("ip n s d p0", "N: ip neigh show dev DEV=p0");
	refuses("ip a s l", CLI_USAGE,
		"Error: incomplete after \"ip a s l\": expected L (a word)\n");
	/* Ambiguous with link only: show unless there is something to set. */
	says("ip l s p0", "L: ip link show DEV=p0");
	says("ip l s dev p0", "L: ip link show dev DEV=p0");
	says("ip l s up", "L: ip link show up");
	says("ip l s type vlan", "L: ip link show type K=vlan");
	says("ip link s p0 up", "L: ip link set DEV=p0 up");
	says("ip link s dev p0 mtu 1400", "L: ip link set dev DEV=p0 mtu N=1400");
	says("ip link se p0 up", "L: ip link set DEV=p0 up");
	/* A port's "all". */
	says("show port summary al", "P: show port summary P=all");
	says("show port summary a", "P: show port summary P=all");
	refuses("show port summary alll", CLI_FAILED,
		"Error: \"alll\": cannot find port; there are p0, p1, all\n");
}

static void
test_route(void **state)
{
	says("ip route add 10.0.0.0/8 via 10.0.0.1 dev p0 metric 5",
	     "add 0a000000/8 gw 0a000001 dev p0 metric 5");
	says("ip route append 10/8 metric 0x10 dev p1 via 10.0.0.1",
	     "other 0a000000/8 gw 0a000001 dev p1 metric 16");
	says("ip route add default", "add 00000000/0 gw 00000000 dev - metric 77");
	says("ip route add 10.1/16 nexthop via 1.1.1.1 weight 256 nexthop via 2.2.2.2",
	     "add 0a010000/16 gw 00000000 dev - metric 77 [01010101 w 256] [02020202 w 1]");
	says("ip route add 1.2.3.4 nexthop via 1.1.1.1 dev p0 nexthop via 2.2.2.2 weight 3",
	     "add 01020304/32 gw 00000000 dev p0 metric 77 [01010101 w 1] [02020202 w 3]");
	refuses("ip route add default dev p0 dev p1", CLI_USAGE,
		"Error: \"dev\": expected one of via, metric, nexthop\n");
	refuses("ip route add default nexthop via 1.1.1.1 weight 257", CLI_USAGE,
		"Error: \"257\": is outside 1..256, expected W (a number 1..256)\n");
}

static void
test_any_order(void **state)
{
	says("opts", "O: opts");
	says("opts e 1 b d c a e 2 g h", "O: opts { e N=1 } b d c a { e N=2 } g h");
	says("opts f h b", "O: opts f h b");
	refuses("opts a a", CLI_USAGE, "Error: \"a\": expected one of b, e, f, g\n");
	refuses("opts b c c", CLI_USAGE, "Error: \"c\": expected one of d, a, e, f, g\n");
	refuses("opts f", CLI_USAGE, "Error: incomplete after \"opts f\": expected h\n");
}

/* A prefix length may be written as a netmask. */
static void
test_netmasks(void **state)
{
	says("ip route add 10.0.0.0/255.0.0.0", "add 0a000000/8 gw 00000000 dev - metric 77");
	says("ip route add 10/255.128.0.0", "add 0a000000/9 gw 00000000 dev - metric 77");
	says("ip route add 10.1.2.3/255.255.255.255",
	     "add 0a010203/32 gw 00000000 dev - metric 77");
	says("ip route add 0.0.0.0/0.0.0.0", "add 00000000/0 gw 00000000 dev - metric 77");
}

static void
test_values(void **state)
{
	static const char *const bad_ip[] = { "1.1.1", "1.1.1.256", "1.1.1.1/8", "x", "1.1.1.1." };
	static const char *const bad_net[] = {
		"10.0.0.0/33",	      "10.0.0.0/",    "/8",
		"10.0.0.0/x",	      "1.2.3",	      "10.0.0.0/255.0.255.0",
		"10.0.0.0/0.0.0.255", "10.0.0.0/255", "10.0.0.0/255.0.0",
		"1.2.3.4.5/8"
	};
	char line[128], want[256];

	for (size_t i = 0; i < sizeof(bad_ip) / sizeof(bad_ip[0]); i++) {
		snprintf(line, sizeof(line), "ip route add default via %s", bad_ip[i]);
		snprintf(want, sizeof(want), "Error: \"%s\": expected GW (an IPv4 address)\n",
			 bad_ip[i]);
		refuses(line, CLI_USAGE, want);
	}
	for (size_t i = 0; i < sizeof(bad_net) / sizeof(bad_net[0]); i++) {
		snprintf(line, sizeof(line), "ip route add %s", bad_net[i]);
		snprintf(want, sizeof(want),
			 "Error: \"%s\": expected DST (an IPv4 prefix (192.0.2.0/24, 192.0.2.1 or "
			 "default))\n",
			 bad_net[i]);
		refuses(line, CLI_USAGE, want);
	}
	refuses("ip route add default metric 4294967296", CLI_USAGE,
		"Error: \"4294967296\": is outside 0..4294967295, expected N (a number)\n");
	refuses("ip route add default metric 5x", CLI_USAGE,
		"Error: \"5x\": is not a number, expected N (a number)\n");
	refuses("ip route add default metric -1", CLI_USAGE,
		"Error: \"-1\": is not a number, expected N (a number)\n");
	says("ip link set p0 address 02:00:00:00:00:01", "L: ip link set DEV=p0 address "
							 "M=02:00:00:00:00:01");
	refuses("ip link set p0 address 02:00:00:00:00", CLI_USAGE,
		"Error: \"02:00:00:00:00\": expected M (a MAC address)\n");
	refuses("ip link set p7 up", CLI_FAILED,
		"Error: \"p7\": cannot find device; there are lo, p0, p1\n");
	refuses("show port stats p7", CLI_FAILED,
		"Error: \"p7\": cannot find port; there are p0, p1, all\n");
	refuses("ip link set p0 mtu 67", CLI_USAGE,
		"Error: \"67\": is outside 68..9000, expected N (a number 68..9000)\n");
}

static void
test_words(void **state)
{
	says("name \"two words\" again x", "N: name S=two words again S2=x");
	says("  name\ta  # comment", "N: name S=a");
	says("name \"again\"", "N: name S=again");
	says("name \"q\\\"q\"", "N: name S=q\"q");
	says("", "");
	says(" # nothing", "");
	says("trace add 5 drops-only filter ip and  tcp port 80 ",
	     "T: trace add N=5 drops-only filter EXPR=ip and  tcp port 80");
	says("trace add 5 filter \"tcp port 80\"", "T: trace add N=5 filter EXPR=tcp port 80");
	refuses("name \"a", CLI_USAGE, "Error: \"a\": a quote is not closed\n");
	refuses("three four", CLI_USAGE,
		"Error: \"four\": unexpected, the command ends before it\n");
	refuses("ip link set", CLI_USAGE,
		"Error: incomplete after \"ip link set\": expected one of dev, DEV (a net "
		"device: lo, p0, p1)\n");
}

static void
test_errors(void **state)
{
	refuses("fail errno", CLI_FAILED, "Error: File exists\n");
	refuses("fail x", CLI_FAILED, "Error: \"x\": no such thing\n");
	/* No terminal obeys what stood in a word, and JSON stays JSON. */
	refuses("fail \"a\033[1mb\177\302\233\"", CLI_FAILED,
		"Error: \"a\\u001b[1mb\\u007f\\u009b\": no such thing\n");
	refuses("fail \377\303\251", CLI_FAILED, "Error: \"\\xff\303\251\": no such thing\n");
	refuses("three \"a\nb\"", CLI_USAGE,
		"Error: \"a\\u000ab\": unexpected, the command ends before it\n");
	assert_null(exec("fail \377", CLI_F_JSON, &sink));
	assert_string_equal(strbuf_str(&err),
			    "{\"error\":{\"message\":\"\\\"\\\\xff\\\": no such thing\","
			    "\"code\":2,\"word\":\"\\\\xff\"}}\n");
	refuses("fail denied", CLI_DENIED, "Error: not allowed: needs root or group pollux\n");
	assert_null(exec("fail x", CLI_F_JSON, &sink));
	assert_string_equal(strbuf_str(&err),
			    "{\"error\":{\"message\":\"\\\"x\\\": no such thing\","
			    "\"code\":2,\"word\":\"x\"}}\n");
	assert_null(exec("shutdown", CLI_F_READONLY, &sink));
	assert_int_equal(status, CLI_DENIED);
	assert_string_equal(strbuf_str(&out), "");
	assert_null(exec("three", CLI_F_READONLY, &sink));
	assert_int_equal(status, CLI_DONE);
}

static void
test_output(void **state)
{
	says("three", "name  n  b\na     5  \nlong     yes\n");
	says("tree", "x: 0.119\nin:\n  y: z\nl: 1,2\n");
	assert_null(exec("three", CLI_F_JSON, &sink));
	assert_string_equal(strbuf_str(&out),
			    "[{\"name\":\"a\",\"n\":5},{\"name\":\"long\",\"b\":true}]\n");
	assert_null(exec("tree", CLI_F_PRETTY, &sink));
	assert_string_equal(strbuf_str(&out),
			    "{\n    \"x\": 0.119,\n    \"in\": {\n        \"y\": \"z\"\n"
			    "    },\n    \"l\": [\n        1,\n        2\n    ]\n}\n");
}

static void
test_rows(void **state)
{
	struct cli_ctx *c;

	released = 0;
	says("rows", "head\n1\n2\n3\n");
	assert_int_equal(released, 1);
	assert_null(exec("rows", CLI_F_JSON, &sink));
	assert_string_equal(strbuf_str(&out), "[{\"row\":1},{\"row\":2},{\"row\":3}]\n");
	assert_null(exec("rows none", CLI_F_JSON, &sink));
	assert_string_equal(strbuf_str(&out), "[]\n");
	/* A sink that takes nothing at first, then all, then leaves. */
	role_enter_ctl();
	may_write_more = false;
	c = exec("rows", 0, &slow_sink);
	assert_non_null(c);
	assert_string_equal(strbuf_str(&out), "");
	may_write_more = true;
	cli_pump(c);
	assert_string_equal(strbuf_str(&out), "head\n1\n2\n3\n");
	assert_int_equal(status, CLI_DONE);
	may_write_more = false;
	c = exec("rows", 0, &slow_sink);
	released = 0;
	cli_detach(c);
	assert_int_equal(released, 1);
	assert_int_equal(status, -1);
	c = exec("rows", 0, &slow_sink);
	cli_abort(c);
	assert_int_equal(status, CLI_FAILED);
	assert_string_equal(strbuf_str(&err), "Error: interrupted\n");
	may_write_more = true;
}

static void
test_async(void **state)
{
	struct cli_ctx *c;

	role_enter_ctl();
	says("wait not", "");
	c = exec("wait", 0, &sink);
	assert_ptr_equal(c, waiting);
	cli_printf(c, "tick\n");
	cli_finish(c, 0);
	assert_string_equal(strbuf_str(&out), "tick\n");
	assert_int_equal(status, CLI_DONE);
	c = exec("wait", 0, &sink);
	cli_abort(c);
	assert_string_equal(strbuf_str(&out), "stopped early\n");
	assert_int_equal(status, CLI_DONE);
	c = exec("wait", 0, &sink);
	cli_detach(c); /* nobody hears it end */
	assert_null(waiting);
	assert_int_equal(status, -1);
	c = exec("wait", 0, &sink);
	cli_finish(c, -ENODEV);
	assert_int_equal(status, CLI_FAILED);
}

static void
add_cand(void *arg, enum cli_cand kind, const char *word, const char *help)
{
	strbuf_printf(&out, "%c%s;", "wve"[kind], word);
}

static void
completes(const char *line, const char *want)
{
	role_enter_ctl();
	strbuf_free(&out);
	cli_complete(line, add_cand, NULL);
	assert_string_equal(strbuf_str(&out), want);
}

static void
test_completion(void **state)
{
	completes("ip ro", "wroute;");
	completes("ip r", "wroute;wrule;");
	completes("ip route add default ", "wvia;wdev;wmetric;wnexthop;e;");
	completes("ip route add default dev ", "wlo;wp0;wp1;");
	completes("ip route add default dev p0 m", "wmetric;");
	completes("ip route add ", "vDST;");
	completes("ip link set ", "wdev;wlo;wp0;wp1;");
	completes("show port stats ", "wp0;wp1;wall;");
	completes("opts b c ", "wd;wa;we;wf;wg;e;");
	completes("nonsense ", "");
	completes("sh", "wshow;wshutdown;");
}

static void
test_help(void **state)
{
	says("help routes", "ip route (add|replace|append) DST:prefix [via GW:ip4] [dev DEV:dev] "
			    "[metric N:u32] [nexthop via NH:ip4 [weight W:u32(1..256)]]...\n"
			    "    Add a route.\n"
			    "ip route [show] [table (all|T:u32)] [[to] DST:prefix]\n"
			    "    Show routes.\nip rule [show]\n    Rules.\n");
	refuses("help nothing", CLI_FAILED,
		"Error: \"nothing\": no such section, there are "
		"[\"control\",\"display\",\"config\",\"routes\","
		"\"test\",\"links\",\"ports\",\"trace\",\"all\"]\n");
	says("quit", "");
	assert_true(quit);
}

static void
test_load(void **state)
{
	char path[] = "/tmp/test_cli.XXXXXX";
	char line[64], want[256];
	int fd = mkstemp(path);
	static const char text[] = "name a\n\n# no\nfail x\nrows\nwait not\nname b\n";

	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	snprintf(line, sizeof(line), "load %s", path);
	assert_null(exec(line, 0, &sink));
	assert_string_equal(strbuf_str(&out), "N: name S=ahead\n1\n2\n3\nN: name S=b");
	snprintf(want, sizeof(want),
		 "%s:4: Error: \"x\": no such thing\nError: %s: 1 of 5 lines failed\n", path, path);
	assert_string_equal(strbuf_str(&err), want);
	assert_int_equal(status, CLI_FAILED);
	/* A user who may not read the file cannot have the daemon read it. */
	role_enter_ctl();
	cli_exec_as(12345);
	assert_null(exec(line, 0, &sink));
	assert_int_equal(status, CLI_FAILED);
	assert_non_null(strstr(strbuf_str(&err), "Permission denied"));
	cli_exec_as(0);
	unlink(path);
	close(fd);
	refuses("load /nonexistent", CLI_FAILED,
		"Error: \"/nonexistent\": No such file or directory\n");
}

static void
bad_syntax(const char *syntax, const char *want)
{
	const struct cli_cmd cmd = { .syntax = syntax };
	char why[128];

	assert_null(grammar_compile(&cmd, why, sizeof(why)));
	assert_string_equal(why, want);
}

static void
test_bad_syntax(void **state)
{
	bad_syntax("a X:u33", "unknown type at \"u33\"");
	bad_syntax("a (b|c", "a bracket is not closed at \"\"");
	bad_syntax("a [b", "a bracket is not closed at \"\"");
	bad_syntax("a b)", "unexpected at \")\"");
	bad_syntax("a X:u32(5..1)", "bounds are (lo..hi) at \"(5..1)\"");
	bad_syntax("[a]", "the command may be empty at \"\"");
	bad_syntax("a [[b]]...", "a group that may be empty repeats at \"\"");
}

static void
list_devs(void (*add)(void *arg, const char *word), void *arg)
{
	add(arg, "lo");
	add(arg, "p0");
	add(arg, "p1");
}

static void
list_ports(void (*add)(void *arg, const char *word), void *arg)
{
	add(arg, "p0");
	add(arg, "p1");
}

static bool
dev_exists(const char *name)
{
	return strcmp(name, "p0") == 0 || strcmp(name, "p1") == 0;
}

static int
setup(void **state)
{
	role_enter_ctl();
	ctl_init();
	cli_register(cmds);
	cli_complete_dev = list_devs;
	cli_complete_port = list_ports;
	cli_dev_exists = dev_exists;
	return 0;
}

static int
teardown(void **state)
{
	role_enter_ctl();
	ctl_fini();
	strbuf_free(&out);
	strbuf_free(&err);
	return 0;
}

static unsigned int woken;

static void
on_wake(void *arg)
{
	woken++;
}

/* A listing that writes nothing does not keep the thread from its other work. */
static void
test_turns(void **state)
{
	static const struct cli_sink s = { on_out, on_err, on_done, NULL, on_wake, true };
	struct cli_ctx *c = exec("tree many", 0, &s);
	unsigned int turns = 0, before = dones;

	role_enter_ctl();
	assert_non_null(c);
	assert_true(many_asked > 0 && many_asked < 100);
	for (; dones == before && turns < 1000; turns++)
		cli_pump(c);
	assert_int_equal(many_asked, 1001);
	assert_int_equal(woken, turns);
	assert_null(exec("tree many", 0, &sink)); /* without the wish: at once */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abbreviations), cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_route),	      cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_netmasks),      cmocka_unit_test(test_values),
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_output),	      cmocka_unit_test(test_rows),
		cmocka_unit_test(test_async),	      cmocka_unit_test(test_completion),
		cmocka_unit_test(test_help),	      cmocka_unit_test(test_load),
		cmocka_unit_test(test_bad_syntax),    cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
