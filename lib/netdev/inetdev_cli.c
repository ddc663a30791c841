/* SPDX-License-Identifier: BSD-3-Clause */
/* ip addr (show|add|replace|change|del|flush). */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "netdev/inetdev.h"
#include "netdev/netdev_cli.h"

/* --- show --- */

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

static json_t *
ifa_json(const struct in_ifaddr *ifa)
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
	if (ifa->ifa_flags & IFA_SECONDARY)
		json_object_set_new(o, "secondary", json_true());
	if (!(ifa->ifa_flags & IFA_PERMANENT))
		json_object_set_new(o, "dynamic", json_true());
	if (ifa->ifa_flags & IFA_NOPREFIXROUTE)
		json_object_set_new(o, "noprefixroute", json_true());
	json_object_set_new(o, "label", json_string(ifa->ifa_label));
	json_object_set_new(o, "valid_life_time", lifetime_json(ifa->valid_until_ms));
	json_object_set_new(o, "preferred_life_time", lifetime_json(ifa->preferred_until_ms));
	return o;
}

/* Is @p ifa one of those that "to", "scope", "label", "primary" and "secondary" ask for? */
static bool
is_wanted(const struct cli_ctx *c, const struct in_ifaddr *ifa)
{
	const char *label = cli_arg_str(c, "LABEL"), *scope = cli_arg_str(c, "SCOPE");
	bool secondary = ifa->ifa_flags & IFA_SECONDARY;
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
	return !(cli_has(c, "primary") && secondary) && !(cli_has(c, "secondary") && !secondary);
}

/* Is the scope that is asked for one? */
static int
check_scope(struct cli_ctx *c)
{
	const char *scope = cli_arg_str(c, "SCOPE");

	if (scope == NULL || rt_scope_parse(scope) >= 0)
		return 0;
	return cli_error_at(c, -EINVAL, scope,
			    "\"%s\" is no scope: global, site, link, host or a number", scope);
}

static json_t *
addr_json(const struct cli_ctx *c, struct net_device *dev)
{
	json_t *o, *list;

	role_enter_ctl();
	list = json_array();
	for (const struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
		if (is_wanted(c, a))
			json_array_append_new(list, ifa_json(a));
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
	int rc = check_scope(c);

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

static void
ifa_text(struct cli_ctx *c, const json_t *a)
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
	if (json_object_get(a, "secondary") != NULL)
		cli_printf(c, " secondary");
	if (json_object_get(a, "dynamic") != NULL)
		cli_printf(c, " dynamic");
	if (json_object_get(a, "noprefixroute") != NULL)
		cli_printf(c, " noprefixroute");
	cli_printf(c, " %s\n       ", json_string_value(json_object_get(a, "label")));
	lifetime_text(c, "valid_lft", json_object_get(a, "valid_life_time"));
	lifetime_text(c, " preferred_lft", json_object_get(a, "preferred_life_time"));
	cli_printf(c, "\n");
}

static void
addr_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++) {
		const json_t *dev = json_array_get(result, i);
		const json_t *info = json_object_get(dev, "addr_info");

		netdev_text(c, dev);
		for (size_t k = 0; k < json_array_size(info); k++)
			ifa_text(c, json_array_get(info, k));
	}
}

/* --- change --- */

/* Seconds, or "forever" (0). */
static int
parse_lifetime(struct cli_ctx *c, const char *name, uint32_t *out)
{
	const char *word = cli_arg_str(c, name);
	char *end;
	unsigned long long v;

	if (word == NULL || strcmp(word, "forever") == 0)
		return 0;
	v = strtoull(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || v > UINT32_MAX || v == 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\" is no lifetime: seconds from 1, or \"forever\"", word);
	*out = v == UINT32_MAX ? 0 : (uint32_t)v;
	return 0;
}

static int
parse_broadcast(struct cli_ctx *c, struct inet_addr_spec *spec)
{
	const char *word = cli_arg_str(c, "BRD");

	if (word != NULL && strcmp(word, "+") == 0)
		return 0; /* derived */
	spec->broadcast_set = true;
	if (word == NULL) /* as iproute2: none is shown; the subnet's is in table local anyway */
		return 0;
	if (strcmp(word, "-") == 0) {
		/* iproute2: host part all zeros, where there is a host part to speak of */
		if (spec->prefixlen <= 30 && spec->prefixlen > 0)
			spec->broadcast = (spec->peer != 0 ? spec->peer : spec->local) &
					  rte_cpu_to_be_32(UINT32_MAX << (32 - spec->prefixlen));
		return 0;
	}
	if (inet_pton(AF_INET, word, &spec->broadcast) == 1)
		return 0;
	return cli_error_at(c, -EINVAL, word, "\"%s\" is no broadcast address: IPv4, + or -", word);
}

static int
parse_spec(struct cli_ctx *c, struct inet_addr_spec *spec)
{
	const char *label = cli_arg_str(c, "LABEL"), *scope = cli_arg_str(c, "SCOPE");
	int rc = check_scope(c);

	if (rc != 0)
		return rc;
	*spec = (struct inet_addr_spec){ 0 };
	cli_arg_prefix(c, "ADDR", &spec->local, &spec->prefixlen);
	cli_arg_prefix(c, "PEER", &spec->peer, &spec->prefixlen);
	/* iproute2's default: 127/8 stays in the host. */
	if ((rte_be_to_cpu_32(spec->local) >> 24) == 127)
		spec->scope = SCOPE_HOST;
	if (scope != NULL)
		spec->scope = (uint8_t)rt_scope_parse(scope);
	spec->metric = cli_arg_u32(c, "METRIC", 0);
	spec->noprefixroute = cli_has(c, "noprefixroute");
	if (label != NULL) {
		if (strlen(label) >= sizeof(spec->label))
			return cli_error_at(c, -EINVAL, label, "label: at most 15 characters");
		memcpy(spec->label, label, strlen(label) + 1);
	}
	rc = parse_broadcast(c, spec);
	if (rc == 0)
		rc = parse_lifetime(c, "VALID", &spec->valid_s);
	spec->preferred_s = spec->valid_s;
	if (rc == 0 && cli_arg_str(c, "PREFERRED") != NULL) {
		spec->preferred_s = 0;
		rc = parse_lifetime(c, "PREFERRED", &spec->preferred_s);
	}
	return rc;
}

static int
say_why(struct cli_ctx *c, int rc, const struct net_device *dev)
{
	switch (rc) {
	case 0:
		return 0;
	case -EEXIST:
		return cli_error(c, rc, "%s has this address already", dev->name);
	case -EINVAL:
		return cli_error(c, rc,
				 "no address for %s: expected a unicast address with prefix "
				 "length, the scope of its subnet, valid_lft not below "
				 "preferred_lft",
				 dev->name);
	case -ERANGE:
		return cli_error(c, rc, "the label must be \"%s\" or begin with \"%s:\"", dev->name,
				 dev->name);
	default:
		return cli_error(c, rc, "%s: %s", dev->name, strerror(-rc));
	}
}

static int
addr_add(struct cli_ctx *c)
{
	struct inet_addr_spec spec;
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	rc = parse_spec(c, &spec);
	if (rc != 0)
		return rc;
	rc = cli_has(c, "add") ? inet_addr_add(dev, &spec) : inet_addr_replace(dev, &spec);
	return say_why(c, rc, dev);
}

/* iproute2 takes an address without length for the first of that address, and grumbles. */
static uint8_t
any_length(struct cli_ctx *c, struct net_device *dev, rte_be32_t addr) CTL_ONLY
{
	const struct in_ifaddr *a = inet_addr_first(dev);

	while (a != NULL && a->ifa_local != addr)
		a = a->ifa_next;
	if (a == NULL)
		return 32;
	if (!cli_wants_json(c))
		cli_printf(c,
			   "Warning: no prefix length given: deleting %s/%u. Name the length: a "
			   "device can have one address with several.\n",
			   cli_arg_str(c, "ADDR"), a->ifa_prefixlen);
	return a->ifa_prefixlen;
}

static int
addr_del(struct cli_ctx *c)
{
	struct net_device *dev;
	rte_be32_t addr = 0;
	uint8_t plen = 0;
	int rc;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	cli_arg_prefix(c, "ADDR", &addr, &plen);
	if (strchr(cli_arg_str(c, "ADDR"), '/') == NULL)
		plen = any_length(c, dev, addr);
	rc = inet_addr_del(dev, addr, plen);
	if (rc == -EADDRNOTAVAIL)
		return cli_error(c, rc, "%s has no such address with prefix length %u", dev->name,
				 plen);
	return say_why(c, rc, dev);
}

/* The last of the addresses that are asked for: secondaries first, nobody is promoted on the way.
 */
static const struct in_ifaddr *
last_wanted(const struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	const struct in_ifaddr *last = NULL;

	for (const struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next)
		if (is_wanted(c, a))
			last = a;
	return last;
}

static int
addr_flush(struct cli_ctx *c)
{
	const struct in_ifaddr *a;
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	rc = check_scope(c);
	if (rc != 0)
		return rc;
	while (rc == 0 && (a = last_wanted(c, dev)) != NULL)
		rc = inet_addr_del(dev, a->ifa_local, a->ifa_prefixlen);
	return say_why(c, rc, dev);
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip addr [show] [[dev] DEV:dev] [up] [to TO:prefix] [scope SCOPE:str] "
		    "[label LABEL:str] [primary] [secondary]",
	  .help = "Show devices with their IPv4 addresses.",
	  .section = "display",
	  .fn = addr_show,
	  .text = addr_text,
	  .read_only = true },
	{ .syntax = "ip addr (add|replace|change) [local] ADDR:prefix [dev DEV:dev] [peer "
		    "PEER:prefix] "
		    "[(broadcast|brd) BRD:str] [label LABEL:str] [scope SCOPE:str] "
		    "[metric METRIC:u32] [noprefixroute] [valid_lft VALID:str] "
		    "[preferred_lft PREFERRED:str]",
	  .help = "Add an address to a device, or renew its lifetimes.",
	  .section = "ports",
	  .fn = addr_add },
	{ .syntax = "ip addr del [local] ADDR:prefix [dev] DEV:dev",
	  .help = "Delete an address of a device.",
	  .section = "ports",
	  .fn = addr_del },
	{ .syntax =
		  "ip addr flush [dev] DEV:dev [to TO:prefix] [scope SCOPE:str] [label LABEL:str] "
		  "[primary] [secondary]",
	  .help = "Delete all addresses of a device, or those that are asked for.",
	  .section = "ports",
	  .fn = addr_flush },
	{ 0 },
};

void
inetdev_cli_register(void)
{
	cli_register(cmds);
}
