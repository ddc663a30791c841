/* SPDX-License-Identifier: BSD-3-Clause */
/* ip link (add|set) ... type bridge, ... type bridge_slave; what `ip -d link` shows of them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "bridge/br_cli.h"
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"

/* --- arguments --- */

struct net_bridge *
br_cli_bridge(struct cli_ctx *c, const char *arg)
{
	const char *name = cli_arg_str(c, arg);
	struct net_device *dev = name != NULL ? dev_get_by_name(name) : NULL;

	if (name == NULL)
		cli_error(c, -EINVAL, "which bridge?");
	else if (dev == NULL)
		cli_error_at(c, -ENODEV, name, "Cannot find device \"%s\"", name);
	else if (br_of(dev) == NULL)
		cli_error_at(c, -EINVAL, name, "%s is no bridge", name);
	return dev != NULL ? br_of(dev) : NULL;
}

int
br_cli_place(struct cli_ctx *c, struct net_bridge **br, struct br_port **port)
{
	struct net_device *dev = netdev_cli_dev(c);

	if (dev == NULL)
		return -ENODEV;
	*port = br_port_of(dev);
	*br = *port != NULL ? (*port)->br : br_of(dev);
	return *br != NULL ? 0
			   : cli_error_at(c, -EINVAL, dev->name,
					  "%s is neither a bridge nor a port of one", dev->name);
}

struct br_port *
br_cli_port(struct cli_ctx *c)
{
	struct net_bridge *br;
	struct br_port *p;

	if (br_cli_place(c, &br, &p) != 0)
		return NULL;
	if (p == NULL)
		cli_error(c, -EINVAL, "%s is no port of a bridge", br->dev->name);
	return p;
}

int
br_cli_vids(struct cli_ctx *c, const char *word, uint16_t *first, uint16_t *last)
{
	char *end;
	unsigned long a = strtoul(word, &end, 10), b = a;

	if (isdigit((unsigned char)*word) && *end == '-' && isdigit((unsigned char)end[1]))
		b = strtoul(end + 1, &end, 10);
	if (!isdigit((unsigned char)*word) || *end != '\0' || a == 0 || b > 4094 || a > b)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\": expected a VLAN of 1 to 4094, or two with \"-\" "
				    "between",
				    word);
	*first = (uint16_t)a;
	*last = (uint16_t)b;
	return 0;
}

int
br_cli_state(struct cli_ctx *c, const char *word)
{
	for (int s = BR_STATE_DISABLED; s <= BR_STATE_BLOCKING; s++)
		if (strcasecmp(word, br_state_name((enum br_state)s)) == 0 ||
		    (isdigit((unsigned char)*word) && atoi(word) == s && word[1] == '\0'))
			return s;
	return cli_error_at(c, -EINVAL, word,
			    "\"%s\": expected disabled, listening, learning, forwarding or "
			    "blocking, or 0 to 4",
			    word);
}

json_t *
br_cli_mac(const struct rte_ether_addr *mac)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(mac));
}

json_t *
br_cli_row(const struct net_device *dev, const char *key, json_t *list)
{
	if (json_array_size(list) > 0)
		return json_pack("{s:s, s:o}", "ifname", dev->name, key, list);
	json_decref(list);
	return NULL;
}

/* --- parameters --- */

#define NAME_MAX_LEN 32

const char *
br_cli_word(const struct cli_ctx *c, const char *name)
{
	char buf[NAME_MAX_LEN];
	unsigned int i = 0;

	for (; name[i] != '\0' && i < NAME_MAX_LEN - 1; i++)
		buf[i] = (char)toupper((unsigned char)name[i]);
	buf[i] = '\0';
	return cli_arg_str(c, buf);
}

static const char *const tri_words[] = { "off", "on", "auto" };

int
br_cli_value(struct cli_ctx *c, const struct br_opt *o, const char *word, uint32_t *v)
{
	char *end;
	unsigned long n = strtoul(word, &end, 0);

	if (o->on_off && (strcmp(word, "on") == 0 || strcmp(word, "off") == 0)) {
		*v = strcmp(word, "on") == 0;
		return 0;
	}
	for (unsigned int i = 0; o->tri && i < RTE_DIM(tri_words); i++)
		if (strcmp(word, tri_words[i]) == 0) {
			*v = i;
			return 0;
		}
	if (o->tri)
		return cli_error_at(c, -EINVAL, word, "%s \"%s\": expected on, off or auto",
				    o->name, word);
	if (strcasecmp(word, "802.1Q") == 0 || strcasecmp(word, "802.1ad") == 0) {
		*v = strcasecmp(word, "802.1Q") == 0 ? RTE_ETHER_TYPE_VLAN : RTE_ETHER_TYPE_QINQ;
		return 0;
	}
	if (!isdigit((unsigned char)*word) || *end != '\0' || n < o->min || n > o->max) {
		if (o->on_off)
			return cli_error_at(c, -EINVAL, word,
					    "%s \"%s\": expected \"on\" or \"off\"", o->name, word);
		return cli_error_at(c, -EINVAL, word, "%s \"%s\": expected %u to %u", o->name, word,
				    o->min, o->max);
	}
	*v = (uint32_t)n;
	return 0;
}

/* A parameter that would not be set. */
struct refusal {
	int rc;
	const struct br_opt *o;
	const char *word, *why;
};

/* Set those of the parameters given that are not among @p *done yet. @return how many were. */
static unsigned int
set_some(struct cli_ctx *c, void *object, bool port, uint64_t *done, struct refusal *r) CTL_ONLY
{
	unsigned int n = 0;

	r->rc = 0;
	for (const struct br_opt *o = br_opts; o->name != NULL; o++) {
		uint64_t bit = UINT64_C(1) << (o - br_opts);
		const char *word = o->port == port ? br_cli_word(c, o->name) : NULL;
		const char *why = "";
		uint32_t v;
		int rc;

		if (word == NULL || *done & bit || br_cli_value(c, o, word, &v) != 0)
			continue;
		rc = br_opt_set(o, object, v, &why);
		if (rc != 0) {
			*r = (struct refusal){ rc, o, word, why };
			continue;
		}
		*done |= bit;
		n++;
	}
	return n;
}

int
br_cli_set(struct cli_ctx *c, void *object, bool port)
{
	struct refusal r = { 0 };
	uint64_t done = 0;
	uint32_t v;

	/* All words first: a command that makes no sense changes nothing. */
	for (const struct br_opt *o = br_opts; o->name != NULL; o++) {
		const char *word = o->port == port ? br_cli_word(c, o->name) : NULL;
		int rc = word != NULL ? br_cli_value(c, o, word, &v) : 0;

		if (rc != 0)
			return rc;
	}
	/* In whatever order they are good: times that suit each other may not suit the old ones. */
	while (set_some(c, object, port, &done, &r) > 0 && r.rc != 0)
		;
	return r.rc == 0 ? 0 : cli_error_at(c, r.rc, r.word, "%s %s: %s", r.o->name, r.word, r.why);
}

void
br_cli_opts(json_t *o, const void *object, bool port)
{
	for (const struct br_opt *opt = br_opts; opt->name != NULL; opt++) {
		const char *key = opt->json != NULL ? opt->json : opt->name;
		uint32_t v;

		if (opt->port != port)
			continue;
		v = opt->get(object);
		if (strcmp(opt->name, "vlan_protocol") == 0)
			json_object_set_new(
				o, opt->name,
				json_string(v == RTE_ETHER_TYPE_VLAN ? "802.1Q" : "802.1ad"));
		else if (opt->tri)
			json_object_set_new(o, key, json_string(tri_words[v]));
		else if (strcmp(opt->name, "group_fwd_mask") == 0)
			json_object_set_new(o, key, json_sprintf(v != 0 ? "%#x" : "%x", v));
		else
			json_object_set_new(o, key,
					    opt->on_off ? json_boolean(v != 0) : json_integer(v));
	}
}

/* --- commands --- */

static int
link_add(struct cli_ctx *c)
{
	const char *name = cli_arg_str(c, "NAME");
	struct rte_ether_addr mac;
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	if (name == NULL)
		return cli_error(c, -EINVAL, "a bridge needs \"name NAME\"");
	rc = br_add(name, &dev);
	if (rc == -EEXIST)
		return cli_error_at(c, rc, name, "there is a device \"%s\" already", name);
	if (rc != 0)
		return cli_error_at(c, rc, name, "\"%s\": %s", name,
				    rc == -EINVAL ? "is no device name" : strerror(-rc));
	if (cli_arg_mac(c, "MAC", &mac))
		rc = dev_set_mac_address(dev, &mac);
	if (rc != 0)
		cli_error(c, rc, "address: expected a unicast address");
	else
		rc = br_cli_set(c, br_of(dev), false);
	if (rc != 0)
		br_del(dev);
	return rc;
}

static int
link_set(struct cli_ctx *c)
{
	struct net_bridge *br;

	role_enter_ctl();
	br = br_cli_bridge(c, "DEV");
	return br != NULL ? br_cli_set(c, br, false) : -EINVAL;
}

static int
slave_set(struct cli_ctx *c)
{
	struct br_port *p;

	role_enter_ctl();
	p = br_cli_port(c);
	return p != NULL ? br_cli_set(c, p, true) : -EINVAL;
}

#define BRIDGE_WORDS                                                                               \
	"[stp_state STP_STATE:str] [priority PRIORITY:str] [forward_delay FORWARD_DELAY:str] "     \
	"[hello_time HELLO_TIME:str] [max_age MAX_AGE:str] "                                       \
	"[errdisable_recovery ERRDISABLE_RECOVERY:str] "                                           \
	"[ageing_time AGEING_TIME:str] [vlan_filtering VLAN_FILTERING:str] "                       \
	"[vlan_protocol VLAN_PROTOCOL:str] [group_fwd_mask GROUP_FWD_MASK:str] "                   \
	"[no_linklocal_learn NO_LINKLOCAL_LEARN:str] [vlan_default_pvid VLAN_DEFAULT_PVID:str] "   \
	"[vlan_stats_enabled VLAN_STATS_ENABLED:str] [fdb_max_learned FDB_MAX_LEARNED:str] "       \
	"[mcast_snooping MCAST_SNOOPING:str] [mcast_vlan_snooping MCAST_VLAN_SNOOPING:str] "       \
	"[mcast_router MCAST_ROUTER:str] [mcast_querier MCAST_QUERIER:str] "                       \
	"[mcast_query_use_ifaddr MCAST_QUERY_USE_IFADDR:str] "                                     \
	"[mcast_hash_max MCAST_HASH_MAX:str] "                                                     \
	"[mcast_last_member_count MCAST_LAST_MEMBER_COUNT:str] "                                   \
	"[mcast_startup_query_count MCAST_STARTUP_QUERY_COUNT:str] "                               \
	"[mcast_last_member_interval MCAST_LAST_MEMBER_INTERVAL:str] "                             \
	"[mcast_membership_interval MCAST_MEMBERSHIP_INTERVAL:str] "                               \
	"[mcast_querier_interval MCAST_QUERIER_INTERVAL:str] "                                     \
	"[mcast_query_interval MCAST_QUERY_INTERVAL:str] "                                         \
	"[mcast_query_response_interval MCAST_QUERY_RESPONSE_INTERVAL:str] "                       \
	"[mcast_startup_query_interval MCAST_STARTUP_QUERY_INTERVAL:str] "                         \
	"[mcast_stats_enabled MCAST_STATS_ENABLED:str] "                                           \
	"[mcast_igmp_version MCAST_IGMP_VERSION:str]"

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip link add [[name] NAME:str] [address MAC:mac] type bridge " BRIDGE_WORDS,
	  .help = "Make a bridge; ports join by `ip link set PORT master BRIDGE`.",
	  .section = "ports",
	  .fn = link_add },
	{ .syntax = "ip link set [dev] DEV:dev type bridge " BRIDGE_WORDS,
	  .help = "Change a bridge.",
	  .section = "ports",
	  .fn = link_set },
	{ .syntax = "ip link set [dev] DEV:dev type bridge_slave " BR_PORT_WORDS,
	  .help = "Change a port of a bridge.",
	  .section = "ports",
	  .fn = slave_set },
	{ 0 },
};

void
br_cli_register(void)
{
	netdev_cli_kind("bridge", br_cli_iplink);
	cli_register(cmds);
	br_link_cli_register();
	br_fdb_cli_register();
	br_monitor_register();
	br_mdb_cli_register();
	br_mst_cli_register();
	br_vlan_cli_register();
	br_vlan_global_cli_register();
	br_stp_cli_register();
	br_tree_cli_register();
}
