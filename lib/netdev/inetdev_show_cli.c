/* SPDX-License-Identifier: BSD-3-Clause */
/* ip addr show, and which addresses the filters of `ip addr` mean. */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
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

/* Seconds that are left, one that has begun with them; all ones: for ever. */
static json_t *
lifetime_json(uint64_t until_ms)
{
	uint64_t now = clock_ms();

	if (until_ms == 0)
		return json_integer(UINT32_MAX);
	return json_integer(until_ms > now ? (json_int_t)((until_ms - now + 999) / 1000) : 0);
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

/* iproute2's FLAG-LIST: a flag that must be there, or not; with a minus the other way round. */
static const struct {
	const char *minus;
	uint32_t flag;
	bool set;
} filters[] = {
	{ "-primary", IFA_SECONDARY, false },	 { "-secondary", IFA_SECONDARY, true },
	{ "-permanent", IFA_PERMANENT, true },	 { "-dynamic", IFA_PERMANENT, false },
	{ "-deprecated", IFA_DEPRECATED, true }, { "-tentative", IFA_TENTATIVE, true },
	{ "-dadfailed", IFA_DADFAILED, true },	 { "-noprefixroute", IFA_NOPREFIXROUTE, true }
};

bool
inetdev_cli_filters(const struct cli_ctx *c)
{
	static const char *const words[] = { "DEV",  "up", "MASTER", "nomaster",
					     "KIND", "TO", "SCOPE",  "LABEL" };
	bool any = false;

	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		any |= cli_has(c, words[i]);
	for (unsigned int i = 0; i < RTE_DIM(filters); i++)
		any |= cli_has(c, filters[i].minus) || cli_has(c, filters[i].minus + 1);
	return any;
}

/* The scope that is asked for; -1: any. */
static int
wanted_scope(const struct cli_ctx *c)
{
	const char *scope = cli_arg_str(c, "SCOPE");

	return scope == NULL || strcmp(scope, "all") == 0 ? -1 : rt_scope_parse(scope);
}

static bool
flags_wanted(const struct cli_ctx *c, uint32_t flags)
{
	for (unsigned int i = 0; i < RTE_DIM(filters); i++) {
		bool is = !!(flags & filters[i].flag) == filters[i].set;

		if (cli_has(c, is ? filters[i].minus : filters[i].minus + 1))
			return false;
	}
	return true;
}

bool
inetdev_cli_wants(const struct cli_ctx *c, const struct in_ifaddr *ifa)
{
	const char *label = cli_arg_str(c, "LABEL");
	int scope = wanted_scope(c);
	rte_be32_t to = 0, mask;
	uint8_t plen = 0;

	if (cli_arg_prefix(c, "TO", &to, &plen)) {
		mask = plen == 0 ? 0 : rte_cpu_to_be_32(UINT32_MAX << (32 - plen));
		if (((ifa->ifa_local ^ to) & mask) != 0)
			return false;
	}
	return (scope < 0 || scope == ifa->ifa_scope) &&
	       (label == NULL || fnmatch(label, ifa->ifa_label, 0) == 0) &&
	       flags_wanted(c, ifa->ifa_flags);
}

int
inetdev_cli_check_scope(struct cli_ctx *c)
{
	const char *scope = cli_arg_str(c, "SCOPE");

	if (scope == NULL || rt_scope_parse(scope) >= 0)
		return 0;
	return cli_error_at(c, -EINVAL, scope, "\"%s\" is no scope: expected " RT_SCOPE_WORDS,
			    scope);
}

int
inetdev_cli_check_filters(struct cli_ctx *c)
{
	const char *vrf = cli_arg_str(c, "VRF"), *group = cli_arg_str(c, "GROUP");

	if (vrf != NULL) /* no device is one */
		return cli_error_at(c, -EINVAL, vrf, "\"%s\": Not a valid VRF name", vrf);
	if (group != NULL)
		return cli_error_at(
			c, -EINVAL, group,
			"\"%s\": not a group, there are none: choose by dev, master or type",
			group);
	return wanted_scope(c) == -EINVAL ? inetdev_cli_check_scope(c) : 0;
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

/* As iproute2: who names the family, which a prefix does, is not shown the link layer. */
static bool
only_ip4(const struct cli_ctx *c)
{
	return cli_wants_ip4(c) || cli_has(c, "TO");
}

/* The device around the addresses @p list, counters behind them. By a label iproute2 looks for
 * addresses alone; what their text needs is there for it. */
static json_t *
around_json(const struct cli_ctx *c, struct net_device *dev, json_t *list) CTL_ONLY
{
	static const char *const link_keys[] = { "link_type", "address", "broadcast" };
	json_t *o, *stats;

	if (cli_has(c, "LABEL"))
		return cli_wants_json(c)
			       ? json_pack("{s:o}", "addr_info", list)
			       : json_pack("{s:i, s:s, s:o}", "ifindex", (int)dev->ifindex,
					   "ifname", dev->name, "addr_info", list);
	o = netdev_json(c, dev, false);
	for (size_t i = 0; i < RTE_DIM(link_keys) && only_ip4(c) && !cli_wants_detail(c); i++)
		json_object_del(o, link_keys[i]);
	stats = json_incref(json_object_get(o, "stats64"));
	json_object_del(o, "stats64");
	json_object_set_new(o, "addr_info", list);
	if (stats != NULL)
		json_object_set_new(o, "stats64", stats);
	return o;
}

static json_t *
addr_json(const struct cli_ctx *c, struct net_device *dev)
{
	struct in_ifaddr *a;
	json_t *list;

	role_enter_ctl();
	list = json_array();
	for_each_addr(a, dev) if (inetdev_cli_wants(c, a)) json_array_append_new(
		list, cli_wants_brief(c) ? brief_json(inet_addr_json(a)) : inet_addr_json(a));
	/* As iproute2: no device none of whose addresses is wanted, nor one without when it is
	 * addresses of a family that are. */
	if (json_array_size(list) == 0 &&
	    (inet_addr_first_any(dev) != NULL || only_ip4(c) || cli_has(c, "LABEL"))) {
		json_decref(list);
		return NULL;
	}
	return around_json(c, dev, list);
}

static int
addr_show(struct cli_ctx *c)
{
	int rc = inetdev_cli_check_filters(c);

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

void
inet_addr_dev_text(struct cli_ctx *c, const json_t *dev, const json_t *a)
{
	cli_printf(c, "%lld: %s", cli_num_of(dev, "ifindex"), cli_str_of(dev, "ifname"));
	inet_addr_text(c, a);
}

/* ip -br addr: all of a device on one line. */
static void
brief_text(struct cli_ctx *c, const json_t *dev)
{
	const json_t *info = json_object_get(dev, "addr_info"), *a;
	size_t i;

	if (!cli_has(c, "LABEL"))
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
full_text(struct cli_ctx *c, const json_t *dev)
{
	bool around = !cli_wants_oneline(c) && !cli_has(c, "LABEL");
	const json_t *info = json_object_get(dev, "addr_info"), *a;
	size_t i;

	if (around)
		netdev_head_text(c, dev);
	json_array_foreach((json_t *)(uintptr_t)info, i, a) {
		if (cli_wants_oneline(c))
			inet_addr_dev_text(c, dev, a);
		else
			inet_addr_text(c, a);
	}
	if (around)
		netdev_stats_text(c, dev);
}

static void
addr_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++)
		(cli_wants_brief(c) ? brief_text : full_text)(c, json_array_get(result, i));
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip addr [show] [[dev] DEV:dev] " INETDEV_CLI_FILTERS,
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
