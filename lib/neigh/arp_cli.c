/* SPDX-License-Identifier: BSD-3-Clause */
/* ip neigh with the word proxy, as iproute2 6.1 but with prefixes, and show arp conflicts. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include "core/rtproto.h"
#include "ctl/cli.h"
#include "netdev/netdev.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"

/* What a command is about: dev NULL: not said; have_to: a prefix is given. */
struct filter {
	struct net_device *dev;
	rte_be32_t addr;
	uint8_t plen;
	bool have_to;
	struct neigh_owner owner;
};

/* 0, or -EINVAL, told. */
static int
arg_filter(struct cli_ctx *c, struct filter *f) CTL_ONLY
{
	const char *name = cli_arg_dev(c, "DEV");

	*f = (struct filter){ .dev = name != NULL ? dev_get_by_name(name) : NULL };
	f->have_to = cli_arg_prefix(c, "TO", &f->addr, &f->plen);
	return neigh_arg_owner(c, &f->owner);
}

static bool
matches(const struct filter *f, const struct neigh_proxy *p)
{
	rte_be32_t mask = f->plen > 0 ? rte_cpu_to_be_32(UINT32_MAX << (32 - f->plen)) : 0;

	return (f->dev == NULL || p->dev == f->dev) &&
	       neigh_is_owned(&f->owner, p->dev, p->protocol) &&
	       (!f->have_to || (p->plen >= f->plen && ((p->addr ^ f->addr) & mask) == 0));
}

static json_t *
entry_json(const struct neigh_proxy *p, bool show_dev)
{
	char text[INET_ADDRSTRLEN + 4], ip[INET_ADDRSTRLEN];
	json_t *o = json_object();

	inet_ntop(AF_INET, &p->addr, ip, sizeof(ip));
	snprintf(text, sizeof(text), p->plen == 32 ? "%s" : "%s/%u", ip, p->plen);
	json_object_set_new(o, "dst", json_string(text));
	if (show_dev && p->dev != NULL)
		json_object_set_new(o, "dev", json_string(p->dev->name));
	json_object_set_new(o, "proxy", json_null());
	if (p->protocol != 0)
		json_object_set_new(o, "protocol", json_string(rtproto_name(p->protocol)));
	return o;
}

int
neigh_proxy_show_cmd(struct cli_ctx *c)
{
	const struct neigh_proxy *p;
	struct filter f;
	json_t *list;

	if (arg_filter(c, &f) < 0)
		return -EINVAL;
	list = json_array();
	for (unsigned int i = 0; (p = neigh_proxy_at(i)) != NULL; i++)
		if (matches(&f, p))
			json_array_append_new(list, entry_json(p, f.dev == NULL));
	cli_set_result(c, list);
	return 0;
}

int
neigh_proxy_get_cmd(struct cli_ctx *c)
{
	const struct neigh_proxy *p;
	struct filter f;

	if (arg_filter(c, &f) < 0)
		return -EINVAL;
	p = neigh_proxy_find(f.addr, f.plen, f.dev);
	if (p == NULL)
		return cli_error(c, -ENOENT, "Proxy neighbour entry not found.");
	cli_set_result(c, json_pack("[o]", entry_json(p, true)));
	return 0;
}

int
neigh_proxy_add_cmd(struct cli_ctx *c)
{
	int rc, protocol = neigh_arg_protocol(c);
	struct filter f;

	if (protocol == -EINVAL || arg_filter(c, &f) < 0)
		return -EINVAL;
	rc = neigh_proxy_add(f.addr, f.plen, f.dev);
	switch (rc) {
	case 0:
	case -EEXIST: /* the kernel has no quarrel with that */
		if (protocol > 0)
			neigh_proxy_find(f.addr, f.plen, f.dev)->protocol = (uint8_t)protocol;
		return 0;
	case -EINVAL:
		return cli_error(c, rc,
				 "expected a unicast address or a prefix of such, with no "
				 "bits behind its length");
	case -ENOSPC:
		return cli_error(c, rc, "%u proxy entries are there already", NEIGH_PROXY_MAX);
	default:
		return cli_error(c, rc, "%s", strerror(-rc));
	}
}

int
neigh_proxy_del_cmd(struct cli_ctx *c)
{
	struct filter f;

	if (arg_filter(c, &f) < 0)
		return -EINVAL;
	if (neigh_proxy_del(f.addr, f.plen, f.dev) < 0)
		return cli_error(c, -ENOENT, "No such file or directory: no such proxy entry");
	return 0;
}

int
neigh_proxy_flush_cmd(struct cli_ctx *c)
{
	const struct neigh_proxy *p;
	unsigned int gone = 0;
	struct filter f;

	if (arg_filter(c, &f) < 0)
		return -EINVAL;
	for (unsigned int i = 0; (p = neigh_proxy_at(i)) != NULL;) {
		if (!matches(&f, p) || neigh_proxy_del(p->addr, p->plen, p->dev) < 0)
			i++;
		else
			gone++;
	}
	neigh_say_flushed(c, gone);
	return 0;
}

/* --- conflicts --- */

static json_t *
conflict_json(const struct arp_conflict *f)
{
	char ip[INET_ADDRSTRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];
	json_t *o = json_object();

	inet_ntop(AF_INET, &f->addr, ip, sizeof(ip));
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 RTE_ETHER_ADDR_BYTES(&f->lladdr));
	json_object_set_new(o, "dev", json_string(f->dev->name));
	json_object_set_new(o, "address", json_string(ip));
	json_object_set_new(o, "lladdr", json_string(mac));
	json_object_set_new(o, "count", json_integer(f->count));
	json_object_set_new(o, "seconds_ago",
			    json_integer((json_int_t)((clock_ms() - f->seen_ms) / 1000)));
	json_object_set_new(o, "defended", json_boolean(f->defended_ms != 0));
	return o;
}

static int
conflicts_show(struct cli_ctx *c)
{
	json_t *list = json_array();
	const struct arp_conflict *f;

	role_enter_ctl();
	for (unsigned int i = 0; (f = arp_conflict_at(i)) != NULL; i++)
		json_array_append_new(list, conflict_json(f));
	cli_set_result(c, list);
	return 0;
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "show arp conflicts",
	  .help = "Show which of our addresses other stations claimed (RFC 5227).",
	  .section = "display",
	  .fn = conflicts_show,
	  .read_only = true },
	{ 0 },
};

void
arp_cli_register(void)
{
	cli_register(cmds);
}
