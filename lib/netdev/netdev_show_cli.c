/* SPDX-License-Identifier: BSD-3-Clause */
/* A device as iproute2 6.1 shows it, in JSON and in text. */
#include <errno.h>
#include <string.h>
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = { /* iproute2's order */
		   { IFF_LOOPBACK, "LOOPBACK" },
		   { IFF_BROADCAST, "BROADCAST" },
		   { IFF_POINTOPOINT, "POINTOPOINT" },
		   { IFF_MULTICAST, "MULTICAST" },
		   { IFF_NOARP, "NOARP" },
		   { IFF_ALLMULTI, "ALLMULTI" },
		   { IFF_PROMISC, "PROMISC" },
		   { IFF_MASTER, "MASTER" },
		   { IFF_SLAVE, "SLAVE" },
		   { IFF_UP, "UP" }
};

/* Kinds that show more of themselves. */
#define KINDS_MAX 8
static struct {
	const char *kind;
	void (*fn)(json_t *o, const struct net_device *dev, bool detail);
} kinds[KINDS_MAX];

void
netdev_cli_kind(const char *kind, void (*fn)(json_t *o, const struct net_device *dev, bool detail))
{
	for (unsigned int i = 0; i < KINDS_MAX; i++) {
		if (kinds[i].kind != NULL && strcmp(kinds[i].kind, kind) != 0)
			continue;
		kinds[i].kind = kind;
		kinds[i].fn = fn;
		return;
	}
}

static void
show_kind(json_t *o, const struct net_device *dev, bool detail) CTL_ONLY
{
	for (unsigned int i = 0; i < KINDS_MAX && kinds[i].kind != NULL; i++)
		if (strcmp(kinds[i].kind, dev->ctl->kind) == 0 ||
		    (dev->ctl->master != NULL &&
		     strcmp(kinds[i].kind, dev->ctl->master->ctl->kind) == 0))
			kinds[i].fn(o, dev, detail);
}

static json_t *
flags_json(const struct net_device *dev)
{
	json_t *list = json_array();
	bool up = netif_running(dev), carrier = netif_carrier_ok(dev);

	if (up && !carrier)
		json_array_append_new(list, json_string("NO-CARRIER"));
	for (unsigned int i = 0; i < RTE_DIM(flag_names); i++)
		if (dev->flags & flag_names[i].bit)
			json_array_append_new(list, json_string(flag_names[i].name));
	if (up && carrier)
		json_array_append_new(list, json_string("LOWER_UP"));
	if (up && !netif_running(dev->real_dev))
		json_array_append_new(list, json_string("M-DOWN"));
	return list;
}

static const char *
operstate(const struct net_device *dev)
{
	if (dev->flags & IFF_LOOPBACK && netif_running(dev))
		return "UNKNOWN";
	if (netif_running(dev) && netif_carrier_ok(dev))
		return "UP";
	return netif_running(dev) && dev->real_dev != dev ? "LOWERLAYERDOWN" : "DOWN";
}

static json_t *
mac_json(const struct rte_ether_addr *a)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(a));
}

static json_t *
linkinfo_json(const struct net_device *dev) CTL_ONLY
{
	json_t *info = json_pack("{s:s}", "info_kind", dev->ctl->kind);

	if (dev->vlan_proto != 0)
		json_object_set_new(info, "info_data",
				    json_pack("{s:s, s:i, s:[s]}", "protocol",
					      dev->vlan_proto == RTE_BE16(RTE_ETHER_TYPE_QINQ)
						      ? "802.1ad"
						      : "802.1Q",
					      "id", dev->vlan_id, "flags", "REORDER_HDR"));
	else if (strcmp(dev->ctl->kind, "macvlan") == 0)
		json_object_set_new(info, "info_data", json_pack("{s:s}", "mode", "private"));
	return info;
}

/* Kinds that `ip link add` knows; a port or lo has no linkinfo, as in Linux. */
static bool
is_virtual_kind(const struct net_device *dev) CTL_ONLY
{
	return dev->ctl->ops->dellink != NULL;
}

static void
add_detail(json_t *o, const struct net_device *dev) CTL_ONLY
{
	json_object_set_new(o, "promiscuity", json_integer(dev->ctl->promiscuity));
	json_object_set_new(o, "allmulti", json_integer(dev->ctl->allmulti));
	json_object_set_new(o, "min_mtu", json_integer(dev->ctl->min_mtu));
	json_object_set_new(o, "max_mtu", json_integer(dev->ctl->max_mtu));
	if (is_virtual_kind(dev))
		json_object_set_new(o, "linkinfo", linkinfo_json(dev));
	json_object_set_new(o, "carrier_changes", json_integer(dev->ctl->carrier_changes));
	if (dev->ctl->carrier_flaps == 0)
		return;
	json_object_set_new(o, "carrier_flaps", json_integer(dev->ctl->carrier_flaps));
	json_object_set_new(o, "carrier_held_ms", json_integer(dev->ctl->carrier_held_ms));
}

static void
add_stats(json_t *o, const struct net_device *dev) CTL_ONLY
{
	struct netdev_stats_sum st;

	dev_get_stats(dev, &st);
	json_object_set_new(
		o, "stats64",
		json_pack("{s:{s:I, s:I, s:i, s:I, s:i, s:I}, s:{s:I, s:I, s:i, s:I, s:I, s:i}}",
			  "rx", "bytes", (json_int_t)st.rx_bytes, "packets",
			  (json_int_t)st.rx_packets, "errors", 0, "dropped",
			  (json_int_t)st.rx_dropped, "over_errors", 0, "multicast",
			  (json_int_t)st.rx_multicast, "tx", "bytes", (json_int_t)st.tx_bytes,
			  "packets", (json_int_t)st.tx_packets, "errors", 0, "dropped",
			  (json_int_t)st.tx_dropped, "carrier_errors",
			  (json_int_t)st.drops[DROP_NETDEV_NO_CARRIER], "collisions", 0));
}

/* ip -br link|addr */
static json_t *
brief_json(const struct net_device *dev, bool link)
{
	json_t *o = json_object();
	struct rte_ether_addr mac;

	if (dev->real_dev != dev)
		json_object_set_new(o, "link", json_string(dev->real_dev->name));
	json_object_set_new(o, "ifname", json_string(dev->name));
	json_object_set_new(o, "operstate", json_string(operstate(dev)));
	if (!link)
		return o;
	netdev_addr(dev, &mac);
	json_object_set_new(o, "address", mac_json(&mac));
	json_object_set_new(o, "flags", flags_json(dev));
	return o;
}

json_t *
netdev_json(const struct cli_ctx *c, struct net_device *dev, bool link)
{
	static const struct rte_ether_addr all_ones = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	static const struct rte_ether_addr zero;
	bool lo = dev->flags & IFF_LOOPBACK;
	json_t *o = json_object();
	struct rte_ether_addr mac;

	if (cli_wants_brief(c)) {
		json_decref(o);
		return brief_json(dev, link);
	}
	netdev_addr(dev, &mac);
	json_object_set_new(o, "ifindex", json_integer(dev->ifindex));
	if (dev->real_dev != dev)
		json_object_set_new(o, "link", json_string(dev->real_dev->name));
	json_object_set_new(o, "ifname", json_string(dev->name));
	json_object_set_new(o, "flags", flags_json(dev));
	json_object_set_new(o, "mtu", json_integer(dev->mtu));
	json_object_set_new(o, "qdisc", json_string(dev->ctl->qdisc));
	if (dev->ctl->master != NULL)
		json_object_set_new(o, "master", json_string(dev->ctl->master->name));
	json_object_set_new(o, "operstate", json_string(operstate(dev)));
	if (link)
		json_object_set_new(o, "linkmode", json_string("DEFAULT"));
	json_object_set_new(o, "group", json_string("default"));
	json_object_set_new(o, "txqlen", json_integer(1000));
	json_object_set_new(o, "link_type", json_string(lo ? "loopback" : "ether"));
	json_object_set_new(o, "address", mac_json(&mac));
	json_object_set_new(o, "broadcast", mac_json(lo ? &zero : &all_ones));
	if (dev->ctl->alias[0] != '\0')
		json_object_set_new(o, "ifalias", json_string(dev->ctl->alias));
	if (cli_wants_detail(c))
		add_detail(o, dev);
	if (cli_wants_stats(c))
		add_stats(o, dev);
	show_kind(o, dev, cli_wants_detail(c));
	return o;
}

/* --- text --- */

static void
flags_text(struct cli_ctx *c, const json_t *flags)
{
	cli_printf(c, "<");
	for (size_t i = 0; i < json_array_size(flags); i++)
		cli_printf(c, "%s%s", i > 0 ? "," : "",
			   json_string_value(json_array_get(flags, i)));
	cli_printf(c, "> ");
}

static void
name_of(const json_t *o, char *name, size_t len)
{
	const json_t *link = json_object_get(o, "link");

	snprintf(name, len, "%s%s%s", cli_str_of(o, "ifname"), link != NULL ? "@" : "",
		 json_is_null(link) ? "NONE" : cli_str_of(o, "link"));
}

/* The line is ended by netdev_text(), or behind the addresses. */
void
netdev_brief_text(struct cli_ctx *c, const json_t *o)
{
	char name[2 * IFNAMSIZ];

	name_of(o, name, sizeof(name));
	cli_printf(c, "%-16s %-14s ", name, cli_str_of(o, "operstate"));
	if (json_object_get(o, "flags") == NULL)
		return;
	cli_printf(c, "%-17s ", cli_str_of(o, "address"));
	flags_text(c, json_object_get(o, "flags"));
}

static void
head_text(struct cli_ctx *c, const json_t *o)
{
	char name[2 * IFNAMSIZ];

	name_of(o, name, sizeof(name));
	cli_printf(c, "%lld: %s: ", cli_num_of(o, "ifindex"), name);
	flags_text(c, json_object_get(o, "flags"));
	cli_printf(c, "mtu %lld qdisc %s ", cli_num_of(o, "mtu"), cli_str_of(o, "qdisc"));
	if (json_object_get(o, "master") != NULL)
		cli_printf(c, "master %s ", cli_str_of(o, "master"));
	cli_printf(c, "state %s ", cli_str_of(o, "operstate"));
	if (json_object_get(o, "linkmode") != NULL)
		cli_printf(c, "mode %s ", cli_str_of(o, "linkmode"));
	cli_printf(c, "group %s ", cli_str_of(o, "group"));
	if (json_object_get(o, "txqlen") != NULL)
		cli_printf(c, "qlen %lld", cli_num_of(o, "txqlen"));
	if (json_object_get(o, "link_type") == NULL)
		return;
	cli_printf(c, "\n    link/%s %s %s %s", cli_str_of(o, "link_type"),
		   cli_str_of(o, "address"),
		   json_object_get(o, "link_pointtopoint") != NULL ? "peer" : "brd",
		   cli_str_of(o, "broadcast"));
}

/* Members whose name in iproute2's text is not that in its JSON; those of a slave come first. */
static const char *
word_of(const char *key, bool slave)
{
	static const char *const words[][2] = {
		{ "bridge_id", "designated_bridge" },
		{ "id", "port_id" },
		{ "no", "port_no" },
		{ "multicast_router", "mcast_router" },
		{ "root_id", "designated_root" },
		{ "group_addr", "group_address" },
		{ "mcast_last_member_cnt", "mcast_last_member_count" },
		{ "mcast_startup_query_cnt", "mcast_startup_query_count" },
		{ "mcast_last_member_intvl", "mcast_last_member_interval" },
		{ "mcast_membership_intvl", "mcast_membership_interval" },
		{ "mcast_querier_intvl", "mcast_querier_interval" },
		{ "mcast_query_intvl", "mcast_query_interval" },
		{ "mcast_query_response_intvl", "mcast_query_response_interval" },
		{ "mcast_startup_query_intvl", "mcast_startup_query_interval" },
	};

	for (size_t i = slave ? 0 : 4; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], key) == 0)
			return words[i][1];
	return key;
}

/* The members of @p o as iproute2 prints most: name and value. */
static void
words_text(struct cli_ctx *c, const json_t *o, bool slave)
{
	const json_t *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)o, name, v) {
		const char *key = word_of(name, slave);

		if (json_is_boolean(v))
			cli_printf(c, " %s %s", key, json_is_true(v) ? "on" : "off");
		else if (json_is_integer(v))
			cli_printf(c, " %s %lld", key, (long long)json_integer_value(v));
		else if (json_is_real(v))
			cli_printf(c, " %s %7.2f", key, json_real_value(v));
		else if (json_is_string(v))
			cli_printf(c, " %s %s", key, json_string_value(v));
	}
}

static void
detail_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *info = json_object_get(o, "linkinfo"),
		     *data = json_object_get(info, "info_data");

	if (json_object_get(o, "promiscuity") == NULL)
		return;
	cli_printf(c, " promiscuity %lld  allmulti %lld minmtu %lld maxmtu %lld",
		   cli_num_of(o, "promiscuity"), cli_num_of(o, "allmulti"),
		   cli_num_of(o, "min_mtu"), cli_num_of(o, "max_mtu"));
	if (json_object_get(o, "carrier_flaps") != NULL)
		cli_printf(c, " carrier_flaps %lld carrier_held %lldms",
			   cli_num_of(o, "carrier_flaps"), cli_num_of(o, "carrier_held_ms"));
	if (json_object_get(info, "info_kind") != NULL)
		cli_printf(c, "\n    %s", cli_str_of(info, "info_kind"));
	if (data != NULL && json_object_get(data, "remote") != NULL) {
		const json_t *ttl = json_object_get(data, "ttl");

		cli_printf(c, " %s remote %s local %s ttl ", cli_str_of(data, "proto"),
			   cli_str_of(data, "remote"), cli_str_of(data, "local"));
		cli_printf(c, ttl != NULL ? "%lld" : "inherit", cli_num_of(data, "ttl"));
		cli_printf(c, " %spmtudisc",
			   json_is_true(json_object_get(data, "pmtudisc")) ? "" : "no");
	} else if (data != NULL && json_object_get(data, "id") != NULL)
		cli_printf(c, " protocol %s id %lld <REORDER_HDR>", cli_str_of(data, "protocol"),
			   cli_num_of(data, "id"));
	else
		words_text(c, data, false);
	if (json_object_get(info, "info_slave_kind") != NULL)
		cli_printf(c, "\n    %s_slave", cli_str_of(info, "info_slave_kind"));
	words_text(c, json_object_get(info, "info_slave_data"), true);
}

void
netdev_stats_text(struct cli_ctx *c, const json_t *o)
{
	const json_t *st = json_object_get(o, "stats64"), *rx = json_object_get(st, "rx"),
		     *tx = json_object_get(st, "tx");

	if (st == NULL)
		return;
	cli_printf(c, "    RX: %12s %12s %8s %8s %8s %8s\n", "bytes", "packets", "errors",
		   "dropped", "missed", "mcast");
	cli_printf(c, "        %12lld %12lld %8lld %8lld %8lld %8lld\n", cli_num_of(rx, "bytes"),
		   cli_num_of(rx, "packets"), cli_num_of(rx, "errors"), cli_num_of(rx, "dropped"),
		   cli_num_of(rx, "over_errors"), cli_num_of(rx, "multicast"));
	cli_printf(c, "    TX: %12s %12s %8s %8s %8s %8s\n", "bytes", "packets", "errors",
		   "dropped", "carrier", "collsns");
	cli_printf(c, "        %12lld %12lld %8lld %8lld %8lld %8lld\n", cli_num_of(tx, "bytes"),
		   cli_num_of(tx, "packets"), cli_num_of(tx, "errors"), cli_num_of(tx, "dropped"),
		   cli_num_of(tx, "carrier_errors"), cli_num_of(tx, "collisions"));
}

void
netdev_head_text(struct cli_ctx *c, const json_t *link)
{
	head_text(c, link);
	detail_text(c, link);
	if (json_object_get(link, "ifalias") != NULL)
		cli_printf(c, "\n    alias %s", cli_str_of(link, "ifalias"));
	cli_printf(c, "\n");
}

void
netdev_text(struct cli_ctx *c, const json_t *link)
{
	if (cli_wants_brief(c)) {
		netdev_brief_text(c, link);
		cli_printf(c, "\n");
		return;
	}
	netdev_head_text(c, link);
	netdev_stats_text(c, link);
}

/* --- arguments --- */

struct net_device *
netdev_cli_dev(struct cli_ctx *c)
{
	const char *name = cli_arg_dev(c, "DEV");
	struct net_device *dev = name != NULL ? dev_get_by_name(name) : NULL;

	if (name == NULL)
		cli_error(c, -EINVAL, "which device? add \"dev NAME\"");
	else if (dev == NULL)
		cli_error_at(c, -ENODEV, name, "Cannot find device \"%s\"", name);
	return dev;
}

bool
netdev_cli_wants(const struct cli_ctx *c, const struct net_device *dev)
{
	const char *name = cli_arg_dev(c, "DEV"), *master = cli_arg_dev(c, "MASTER"),
		   *kind = cli_arg_str(c, "KIND");
	const struct net_device *has = dev->ctl->master;

	return (name == NULL || strcmp(name, dev->name) == 0) &&
	       (kind == NULL || strcmp(kind, dev->ctl->kind) == 0) &&
	       (master == NULL || (has != NULL && strcmp(master, has->name) == 0)) &&
	       !(cli_has(c, "nomaster") && has != NULL) &&
	       !(cli_has(c, "up") && !netif_running(dev));
}

int
netdev_cli_list(struct cli_ctx *c, json_t *(*fn)(const struct cli_ctx *c, struct net_device *dev))
{
	json_t *list = json_array();

	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		json_t *o = netdev_cli_wants(c, d) ? fn(c, d) : NULL;

		if (o != NULL)
			json_array_append_new(list, o);
	}
	cli_set_result(c, list);
	return 0;
}
