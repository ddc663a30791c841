/* SPDX-License-Identifier: BSD-3-Clause */
/* ip addr (add|replace|change|del|flush). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_cli.h"

/* Seconds, or "forever"; @p out is left alone when nothing is given. */
static int
parse_lifetime(struct cli_ctx *c, const char *name, uint32_t *out)
{
	const char *word = cli_arg_str(c, name);
	char *end;
	unsigned long long v;

	if (word == NULL)
		return 0;
	v = strcmp(word, "forever") == 0 ? LIFETIME_FOREVER : strtoull(word, &end, 0);
	if (v != LIFETIME_FOREVER &&
	    (word[0] < '0' || word[0] > '9' || *end != '\0' || v > UINT32_MAX))
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\" is no lifetime: seconds, or \"forever\"", word);
	*out = (uint32_t)v;
	return 0;
}

/* As iproute2: both are forever where nothing is said, and preferred can not outlast valid. */
static int
parse_lifetimes(struct cli_ctx *c, struct inet_addr_spec *spec)
{
	int rc;

	spec->lifetime_set = true;
	spec->valid_s = spec->preferred_s = LIFETIME_FOREVER;
	rc = parse_lifetime(c, "VALID", &spec->valid_s);
	if (rc == 0 && spec->valid_s == 0)
		return cli_error_at(c, -EINVAL, cli_arg_str(c, "VALID"), "valid_lft: from 1 on");
	if (rc == 0)
		rc = parse_lifetime(c, "PREFERRED", &spec->preferred_s);
	if (rc == 0 && cli_arg_str(c, "PREFERRED") == NULL)
		spec->preferred_s = spec->valid_s;
	if (rc == 0 && spec->preferred_s > spec->valid_s)
		return cli_error_at(c, -EINVAL, cli_arg_str(c, "PREFERRED"),
				    "preferred_lft is greater than valid_lft");
	return rc;
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
	int rc = inetdev_cli_check_scope(c);

	if (rc != 0)
		return rc;
	*spec = (struct inet_addr_spec){ 0 };
	if (!cli_arg_prefix(c, "ADDR", &spec->local, &spec->prefixlen))
		return cli_error(c, -EINVAL, "an address is missing: ADDR[/LENGTH]");
	cli_arg_prefix(c, "PEER", &spec->peer, &spec->prefixlen);
	/* iproute2's default: 127/8 stays in the host. */
	if ((rte_be_to_cpu_32(spec->local) >> 24) == 127)
		spec->scope = SCOPE_HOST;
	if (scope != NULL)
		spec->scope = (uint8_t)rt_scope_parse(scope);
	spec->metric = cli_arg_u32(c, "METRIC", 0);
	spec->noprefixroute = cli_has(c, "noprefixroute");
	spec->probe = cli_has(c, "probe");
	spec->nodad = cli_has(c, "nodad");
	if (label != NULL) {
		if (strlen(label) >= sizeof(spec->label))
			return cli_error_at(c, -EINVAL, label, "label: at most 15 characters");
		memcpy(spec->label, label, strlen(label) + 1);
	}
	rc = parse_broadcast(c, spec);
	return rc != 0 ? rc : parse_lifetimes(c, spec);
}

static int
say_why(struct cli_ctx *c, int rc, const struct net_device *dev)
{
	switch (rc) {
	case 0:
		return 0;
	case -EEXIST:
		return cli_error(c, rc, "File exists: %s has this address already", dev->name);
	case -EINVAL:
		return cli_error(c, rc,
				 "Invalid argument: no address for %s: expected a unicast address "
				 "with prefix "
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

/* Linux's inet_rtm_deladdr(): the first with that address, of that subnet if a length or a peer
 * says so, with that label if one is given. */
static struct in_ifaddr *
find_doomed(struct cli_ctx *c, struct net_device *dev, rte_be32_t local) CTL_ONLY
{
	const char *label = cli_arg_str(c, "LABEL"), *peer = cli_arg_str(c, "PEER");
	bool any = peer == NULL && strchr(cli_arg_str(c, "ADDR"), '/') == NULL;
	rte_be32_t prefix = local;
	struct in_ifaddr *a;
	uint8_t plen = 0;

	cli_arg_prefix(c, peer != NULL ? "PEER" : "ADDR", &prefix, &plen);
	for_each_addr(
		a, dev) if (a->ifa_local == local &&
			    (label == NULL || strcmp(label, a->ifa_label) == 0) &&
			    (any || (a->ifa_prefixlen == plen && inet_ifa_match(prefix, a)))) break;
	if (a != NULL && any && !cli_wants_json(c))
		cli_printf(c,
			   "Warning: no prefix length given: deleting %s/%u. Name the length: a "
			   "device can have one address with several.\n",
			   cli_arg_str(c, "ADDR"), a->ifa_prefixlen);
	return a;
}

static int
addr_del(struct cli_ctx *c)
{
	struct net_device *dev;
	struct in_ifaddr *a;
	rte_be32_t addr = 0;
	uint8_t plen = 0;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	if (!cli_arg_prefix(c, "ADDR", &addr, &plen))
		return cli_error(c, -EINVAL, "an address is missing: ADDR[/LENGTH]");
	a = find_doomed(c, dev, addr);
	if (a == NULL)
		return cli_error_at(c, -EADDRNOTAVAIL, cli_arg_str(c, "ADDR"),
				    "Cannot assign requested address: %s has no such address",
				    dev->name);
	return say_why(c, inet_addr_del_ifa(a), dev);
}

static void
say_doomed(struct cli_ctx *c, const struct in_ifaddr *ifa) CTL_ONLY
{
	const struct net_device *dev = ifa->ifa_dev->dev;
	json_t *o = json_pack("{s:i, s:s}", "ifindex", (int)dev->ifindex, "ifname", dev->name);
	json_t *a = inet_addr_json(ifa);

	inet_addr_dev_text(c, o, a);
	json_decref(a);
	json_decref(o);
}

/* What is wanted now, as keys: an address can go with another. How many; told with -s -s. */
static unsigned int
list_wanted(struct cli_ctx *c, struct net_device *dev, struct inet_addr_spec **list) CTL_ONLY
{
	bool say = cli_wants_more_stats(c) && !cli_wants_json(c);
	struct in_ifaddr *a;
	unsigned int n = 0;

	for_each_addr(a, dev) n++;
	*list = calloc(n + 1, sizeof(**list));
	n = 0;
	if (*list == NULL)
		return 0;
	for_each_addr(a, dev)
	{
		if (!inetdev_cli_wants(c, a))
			continue;
		(*list)[n++] = (struct inet_addr_spec){ .local = a->ifa_local,
							.peer = a->ifa_address,
							.prefixlen = a->ifa_prefixlen };
		if (say)
			say_doomed(c, a);
	}
	return n;
}

/* Once through the list of a device, in its order: how many were on it, or -errno, told. */
static int
flush_dev(struct cli_ctx *c, struct net_device *dev) CTL_ONLY
{
	struct inet_addr_spec *list;
	unsigned int n = list_wanted(c, dev, &list);
	int rc = 0;

	for (unsigned int i = 0; i < n && rc == 0; i++) {
		struct in_ifaddr *a = inet_addr_find(dev, &list[i]);

		rc = a != NULL ? inet_addr_del_ifa(a) : 0;
	}
	free(list);
	return rc != 0 ? say_why(c, rc, dev) : (int)n;
}

/* As iproute2: round after round; with "primary" one only, which leaves those that were promoted.
 */
static int
addr_flush(struct cli_ctx *c)
{
	bool once = cli_has(c, "primary") || cli_has(c, "-secondary");
	unsigned int n, round = 0;
	int rc = inetdev_cli_check_filters(c);

	role_enter_ctl();
	if (rc != 0)
		return rc;
	if (!inetdev_cli_filters(c))
		return cli_error(c, -EINVAL,
				 "Flush requires arguments: a device, or which addresses");
	do {
		n = 0;
		for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
			rc = netdev_cli_wants(c, d) ? flush_dev(c, d) : 0;
			if (rc < 0)
				return rc;
			n += (unsigned int)rc;
		}
		if (n > 0)
			cli_say_flushed(c, ++round, n, "addresses");
	} while (n > 0 && !once);
	cli_say_flushed(c, round, 0, "addresses");
	return 0;
}

/* What tells an address from another, in iproute2's words and in any order. */
#define SPEC_WORDS                                                                                 \
	"[[local] ADDR:prefix] [dev DEV:dev] [(peer|remote) PEER:prefix] [(broadcast|brd) "        \
	"BRD:str] "                                                                                \
	"[label LABEL:str] [scope SCOPE:str] [metric METRIC:u32] [noprefixroute] [probe] [nodad] " \
	"[valid_lft VALID:str] [preferred_lft PREFERRED:str]"

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip addr (add|replace|change) " SPEC_WORDS,
	  .help = "Add an address to a device, or renew its lifetimes.",
	  .section = "ports",
	  .fn = addr_add },
	{ .syntax = "ip addr del " SPEC_WORDS,
	  .help = "Delete an address of a device.",
	  .section = "ports",
	  .fn = addr_del },
	{ .syntax = "ip addr flush [[dev] DEV:dev] " INETDEV_CLI_FILTERS,
	  .help = "Delete all addresses of a device, or those that are asked for.",
	  .section = "ports",
	  .fn = addr_flush },
	{ 0 },
};

void
inetdev_cli_register(void)
{
	inetdev_show_cli_register();
	cli_register(cmds);
}
