/* SPDX-License-Identifier: BSD-3-Clause */
/* ip addr show, and which addresses the filters of `ip addr` mean. */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include "ctl/cli.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_cli.h"

static json_t *
ip_json(rte_be32_t addr)
{
	char text[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

/* Seconds that are left; all ones: for ever. */
static json_t *
lifetime_json(uint64_t until_ms)
{
	uint64_t now = clock_ms();

	if (until_ms == 0)
		return json_integer(UINT32_MAX);
	return json_integer(until_ms > now ? (json_int_t)((until_ms - now) / 1000) : 0);
}

/* Flags in iproute2's order; "dynamic" is the absence of "permanent". */
static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = { { IFA_SECONDARY, "secondary" },   { IFA_DADFAILED, "dadfailed" },
		   { IFA_DEPRECATED, "deprecated" }, { IFA_TENTATIVE, "tentative" },
		   { IFA_PERMANENT, "dynamic" },     { IFA_NOPREFIXROUTE, "noprefixroute" } };

static bool
flag_shows(const struct in_ifaddr *ifa, unsigned int i)
{
	bool set = ifa->ifa_flags & flag_names[i].flag;

	return flag_names[i].flag == IFA_PERMANENT ? !set : set;
}

json_t *
inet_addr_json(const struct in_ifaddr *ifa)
{
	json_t *o = json_object();

	json_object_set_new(o, "family", json_string("inet"));
	json_object_set_new(o, "local", ip_json(ifa->ifa_local));
	if (ifa->ifa_address != ifa->ifa_local)
		json_object_set_new(o, "address", ip_json(ifa->ifa_address));
	json_object_set_new(o, "prefixlen", json_integer(ifa->ifa_prefixlen));
	if (ifa->ifa_rt_priority != 0)
		json_object_set_new(o, "metric", json_integer(ifa->ifa_rt_priority));
	if (ifa->ifa_broadcast != 0)
		json_object_set_new(o, "broadcast", ip_json(ifa->ifa_broadcast));
	json_object_set_new(o, "scope", json_string(rt_scope_name(ifa->ifa_scope)));
	for (unsigned int i = 0; i < RTE_DIM(flag_names); i++)
		if (flag_shows(ifa, i))
			json_object_set_new(o, flag_names[i].name, json_true());
	json_object_set_new(o, "label", json_string(ifa->ifa_label));
	json_object_set_new(o, "valid_life_time", lifetime_json(ifa->valid_until_ms));
	json_object_set_new(o, "preferred_life_time", lifetime_json(ifa->preferred_until_ms));
	return o;
}

/* iproute2's FLAG-LIST: a flag that must be there, or, with a minus, must not. */
static const struct {
	const char *word;
	uint32_t flag;
	bool set;
} filters[] = {
	{ "primary", IFA_SECONDARY, false },	     { "secondary", IFA_SECONDARY, true },
	{ "permanent", IFA_PERMANENT, true },	     { "dynamic", IFA_PERMANENT, false },
	{ "deprecated", IFA_DEPRECATED, true },	     { "-deprecated", IFA_DEPRECATED, false },
	{ "tentative", IFA_TENTATIVE, true },	     { "-tentative", IFA_TENTATIVE, false },
	{ "dadfailed", IFA_DADFAILED, true },	     { "-dadfailed", IFA_DADFAILED, false },
	{ "noprefixroute", IFA_NOPREFIXROUTE, true }
};

bool
inetdev_cli_filters(const struct cli_ctx *c)
{
	bool any =
		cli_has(c, "TO") || cli_has(c, "SCOPE") || cli_has(c, "LABEL") || cli_has(c, "up");

	for (unsigned int i = 0; i < RTE_DIM(filters); i++)
		any |= cli_has(c, filters[i].word);
	return any;
}

bool
inetdev_cli_wants(const struct cli_ctx *c, const struct in_ifaddr *ifa)
{
	const char *label = cli_arg_str(c, "LABEL"), *scope = cli_arg_str(c, "SCOPE");
	rte_be32_t to = 0, mask;
	uint8_t plen = 0;

	if (cli_arg_prefix(c, "TO", &to, &plen)) {
		mask = plen == 0 ? 0 : rte_cpu_to_be_32(UINT32_MAX << (32 - plen));
		if (((ifa->ifa_local ^ to) & mask) != 0)
			return false;
	}
	if (scope != NULL && rt_scope_parse(scope) != ifa->ifa_scope)
		return false;
	if (label != NULL && fnmatch(label, ifa->ifa_label, 0) != 0)
		return false;
	for (unsigned int i = 0; i < RTE_DIM(filters); i++)
		if (cli_has(c, filters[i].word) &&
		    !!(ifa->ifa_flags & filters[i].flag) != filters[i].set)
			return false;
	return true;
}

/* Is the scope that is asked for one? */
int
inetdev_cli_check_scope(struct cli_ctx *c)
{
	const char *scope = cli_arg_str(c, "SCOPE");

	if (scope == NULL || rt_scope_parse(scope) >= 0)
		return 0;
	return cli_error_at(c, -EINVAL, scope, "\"%s\" is no scope: expected " RT_SCOPE_WORDS,
			    scope);
}

/* What -br leaves of an address. Takes @p a. */
static json_t *
brief_json(json_t *a)
{
	static const char *const keys[] = { "local", "address", "prefixlen", "metric" };
	json_t *o = json_object();

	for (size_t i = 0; i < RTE_DIM(keys); i++)
		if (json_object_get(a, keys[i]) != NULL)
			json_object_set(o, keys[i], json_object_get(a, keys[i]));
	json_decref(a);
	return o;
}

static json_t *
addr_json(const struct cli_ctx *c, struct net_device *dev)
{
	struct in_ifaddr *a;
	json_t *o, *list;

	role_enter_ctl();
	list = json_array();
	for_each_addr(a, dev) if (inetdev_cli_wants(c, a)) json_array_append_new(
		list, cli_wants_brief(c) ? brief_json(inet_addr_json(a)) : inet_addr_json(a));
	/* As iproute2: who asks for certain addresses is not shown devices without. */
	if (json_array_size(list) == 0 && (cli_has(c, "TO") || cli_has(c, "LABEL"))) {
		json_decref(list);
		return NULL;
	}
	o = netdev_json(c, dev, false);
	json_object_set_new(o, "addr_info", list);
	return o;
}

static int
addr_show(struct cli_ctx *c)
{
	int rc = inetdev_cli_check_scope(c);

	role_enter_ctl();
	return rc != 0 ? rc : netdev_cli_list(c, addr_json);
}

static void
lifetime_text(struct cli_ctx *c, const char *word, const json_t *v)
{
	if (json_integer_value(v) == UINT32_MAX)
		cli_printf(c, "%s forever", word);
	else
		cli_printf(c, "%s %lldsec", word, (long long)json_integer_value(v));
}

void
inet_addr_text(struct cli_ctx *c, const json_t *a)
{
	const char *peer = json_string_value(json_object_get(a, "address"));
	const char *brd = json_string_value(json_object_get(a, "broadcast"));
	const json_t *metric = json_object_get(a, "metric");

	cli_printf(c, "    inet %s", json_string_value(json_object_get(a, "local")));
	if (peer != NULL)
		cli_printf(c, " peer %s", peer);
	cli_printf(c, "/%d", (int)json_integer_value(json_object_get(a, "prefixlen")));
	if (metric != NULL)
		cli_printf(c, " metric %lld", (long long)json_integer_value(metric));
	if (brd != NULL)
		cli_printf(c, " brd %s", brd);
	cli_printf(c, " scope %s", json_string_value(json_object_get(a, "scope")));
	for (unsigned int i = 0; i < RTE_DIM(flag_names); i++)
		if (json_object_get(a, flag_names[i].name) != NULL)
			cli_printf(c, " %s", flag_names[i].name);
	cli_printf(c, " %s\n       ", json_string_value(json_object_get(a, "label")));
	lifetime_text(c, "valid_lft", json_object_get(a, "valid_life_time"));
	lifetime_text(c, " preferred_lft", json_object_get(a, "preferred_life_time"));
	cli_printf(c, "\n");
}

/* ip -br addr: all of a device on one line. */
static void
brief_text(struct cli_ctx *c, const json_t *dev)
{
	const json_t *info = json_object_get(dev, "addr_info"), *a;
	size_t i;

	netdev_brief_text(c, dev);
	json_array_foreach((json_t *)(uintptr_t)info, i, a) {
		const char *peer = json_string_value(json_object_get(a, "address"));

		cli_printf(c, "%s%s%s/%d ", json_string_value(json_object_get(a, "local")),
			   peer != NULL ? " peer " : "", peer != NULL ? peer : "",
			   (int)json_integer_value(json_object_get(a, "prefixlen")));
		if (json_object_get(a, "metric") != NULL)
			cli_printf(c, "metric %lld ",
				   (long long)json_integer_value(json_object_get(a, "metric")));
	}
	cli_printf(c, "\n");
}

static void
addr_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++) {
		const json_t *dev = json_array_get(result, i);
		const json_t *info = json_object_get(dev, "addr_info");

		if (cli_wants_brief(c))
			brief_text(c, dev);
		else if (!cli_wants_oneline(c))
			netdev_text(c, dev);
		for (size_t k = 0; !cli_wants_brief(c) && k < json_array_size(info); k++) {
			if (cli_wants_oneline(c))
				cli_printf(c, "%d: %s",
					   (int)json_integer_value(json_object_get(dev, "ifindex")),
					   json_string_value(json_object_get(dev, "ifname")));
			inet_addr_text(c, json_array_get(info, k));
		}
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip addr [show] [[dev] DEV:dev] [up] " INETDEV_CLI_FILTERS,
	  .help = "Show devices with their IPv4 addresses.",
	  .section = "display",
	  .fn = addr_show,
	  .text = addr_text,
	  .read_only = true },
	{ 0 },
};

void
inetdev_show_cli_register(void)
{
	cli_register(cmds);
}
