/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section "bridges". Its order is before that of VLANs, since they may stand on a bridge; they may
 * be ports of one, too. So a port whose device is not there yet joins when it comes: what the
 * document wants of ports is kept here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cfg.h"
#include "core/log.h"
#include "netdev/netdev_cfg.h"

LOG_MODULE(bridge_cfg);

static json_t *wanted; /* bridge: what the document says of it */

/* --- check --- */

static void
check_ports(const struct cfg *c, const struct cfg *doc)
{
	struct cfg ports = cfg_get(c, "ports");
	const json_t *v;
	const char *name;

	if (ports.node == NULL)
		return;
	if (!json_is_object(ports.node)) {
		cfg_fail(c, "ports", "expected an object with a member for each port");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)ports.node, name, v) {
		struct cfg port = cfg_get(&ports, name);

		if (strcmp(name, "lo") == 0 || strcmp(name, c->key) == 0)
			cfg_fail(&ports, name, "it can not be a port of \"%s\"", c->key);
		else
			cfg_need_device(&ports, name, doc, name);
		br_cfg_check_port(&port);
	}
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	netdev_cfg_check_name(c, doc);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object");
		return;
	}
	br_cfg_check_bridge(c);
	check_ports(c, doc);
}

/* A device is a port of one bridge. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *seen = json_object(), *v, *p;
	const char *key, *name;

	(void)doc;
	json_object_foreach((json_t *)(uintptr_t)sect->node, key, v) {
		struct cfg c = cfg_get(sect, key), ports = cfg_get(&c, "ports");

		json_object_foreach((json_t *)(uintptr_t)ports.node, name, p) {
			const char *who = cfg_had_before(seen, &c, name);

			if (who != NULL)
				cfg_fail(&ports, name, "it is a port of %s already", who);
		}
	}
	json_decref(seen);
}

/* --- what runs --- */

static json_t *
canon(const struct cfg *c)
{
	struct cfg ports = cfg_get(c, "ports");
	json_t *o = br_cfg_canon_bridge(c), *list = json_object(), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)ports.node, name, v) {
		struct cfg port = cfg_get(&ports, name);

		json_object_set_new(list, name, br_cfg_canon_port(&port));
	}
	json_object_set_new(o, "ports", list);
	return o;
}

static json_t *
show(void)
{
	json_t *all = NULL;

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		const struct net_bridge *br = br_of(d);
		json_t *o, *ports;

		if (br == NULL)
			continue;
		o = br_cfg_show_bridge(br);
		ports = json_object();
		for (unsigned int i = 0; i < br->ports->n; i++)
			json_object_set_new(ports, br->ports->p[i]->dev->name,
					    br_cfg_show_port(br->ports->p[i]));
		json_object_set_new(o, "ports", ports);
		if (all == NULL)
			all = json_object();
		json_object_set_new(all, d->name, o);
	}
	return all;
}

/* --- apply --- */

static int
join(struct net_bridge *br, struct net_device *dev, const json_t *port,
     struct br_cfg_fault *f) CTL_ONLY
{
	int rc = dev->ctl->master == br->dev ? 0 : dev_set_master(dev, br->dev, &f->why);

	f->key = NULL;
	return rc == 0 ? br_cfg_apply_port(port, br_port_of(dev), f) : rc;
}

static int
apply_ports(const struct cfg *c, struct net_bridge *br) CTL_ONLY
{
	struct cfg ports = cfg_get(c, "ports");
	const char *name;
	json_t *v;

	for (unsigned int i = br->ports->n; i-- > 0;) {
		struct net_device *dev = br->ports->p[i]->dev;

		if (json_object_get(ports.node, dev->name) == NULL)
			br_port_del(dev);
	}
	json_object_foreach((json_t *)(uintptr_t)ports.node, name, v) {
		struct net_device *dev = dev_get_by_name(name);
		struct cfg port = cfg_get(&ports, name);
		struct br_cfg_fault f = { NULL, "" };
		int rc = dev != NULL ? join(br, dev, v, &f) : 0; /* else when it comes */

		if (rc != 0) {
			cfg_fail(&port, f.key, "%s", f.why);
			return rc;
		}
	}
	json_object_set(wanted, c->key, (json_t *)(uintptr_t)c->node);
	return 0;
}

static int
apply(const struct cfg *c, struct net_device *dev) CTL_ONLY
{
	struct br_cfg_fault f = { "", "refused" };
	int rc;

	json_object_del(wanted, c->key);
	rc = br_cfg_apply_bridge(c, br_of(dev));
	if (rc == 0)
		rc = apply_ports(c, br_of(dev));
	if (rc != 0)
		return rc;
	rc = br_cfg_apply_vlan_global(c->node, br_of(dev), &f);
	if (rc != 0)
		cfg_fail(c, f.key, "%s", f.why);
	return rc;
}

static int
add(const struct cfg *c)
{
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	rc = br_add(c->key, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "%s", strerror(-rc));
		return rc;
	}
	rc = apply(c, dev);
	if (rc != 0) {
		json_object_del(wanted, c->key);
		br_del(dev);
	}
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	json_object_del(wanted, c->key);
	dev = dev_get_by_name(c->key);
	return dev == NULL || br_of(dev) == NULL ? 0 : br_del(dev);
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev == NULL || br_of(dev) == NULL ||
	    (json_object_get(old->node, "mac") != NULL && json_object_get(c->node, "mac") == NULL))
		return -EOPNOTSUPP;
	return apply(c, dev);
}

/* --- ports that come later --- */

static void
join_later(struct net_bridge *br, struct net_device *dev, const json_t *entry) CTL_ONLY
{
	const json_t *want = json_object_get(json_object_get(entry, "ports"), dev->name);
	struct br_cfg_fault f = { NULL, "" };

	if (want == NULL)
		return;
	if (join(br, dev, want, &f) != 0 || br_cfg_apply_vlan_global(entry, br, &f) != 0)
		log_err("%s: %s does not become its port: %s", br->dev->name, dev->name, f.why);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	const char *name;
	json_t *entry;

	(void)self;
	role_enter_ctl();
	if (event != NETDEV_REGISTER)
		return NOTIFY_OK;
	json_object_foreach(wanted, name, entry) {
		struct net_device *br = dev_get_by_name(name);

		if (br != NULL && br_of(br) != NULL)
			join_later(br_of(br), obj, entry);
	}
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_MONITOR };

/* Of snooping, for the bridge or for one VLAN. */
#define MC_PROPERTIES                                                                              \
	"\"mcast_snooping\":{\"type\":\"boolean\"},"                                               \
	"\"mcast_querier\":{\"type\":\"boolean\"},"                                                \
	"\"mcast_last_member_count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":255},"        \
	"\"mcast_startup_query_count\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"      \
	"\"mcast_last_member_interval\":{\"type\":\"number\",\"minimum\":0.01},"                   \
	"\"mcast_membership_interval\":{\"type\":\"number\",\"minimum\":0.01},"                    \
	"\"mcast_querier_interval\":{\"type\":\"number\",\"minimum\":0.01},"                       \
	"\"mcast_query_interval\":{\"type\":\"number\",\"minimum\":1},"                            \
	"\"mcast_query_response_interval\":{\"type\":\"number\",\"minimum\":0.01},"                \
	"\"mcast_startup_query_interval\":{\"type\":\"number\",\"minimum\":1},"                    \
	"\"mcast_igmp_version\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":3}"

static const char schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"ports\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\"}},"
	"\"stp\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"mode\":{\"enum\":[\"off\",\"stp\",\"rstp\",\"mstp\"]},"
	"\"priority\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":61440,\"multipleOf\":4096},"
	"\"hello_time\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10},"
	"\"max_age\":{\"type\":\"integer\",\"minimum\":6,\"maximum\":40},"
	"\"forward_delay\":{\"type\":\"integer\",\"minimum\":4,\"maximum\":30},"
	"\"tx_hold_count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10},"
	"\"mst\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"name\":{\"type\":\"string\",\"maxLength\":32},"
	"\"revision\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},"
	"\"instances\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\"}}}}}},"
	"\"ageing_time\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000},"
	"\"vlan_filtering\":{\"type\":\"boolean\"},"
	"\"vlan_protocol\":{\"enum\":[\"802.1Q\",\"802.1ad\"]},"
	"\"vlan_default_pvid\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4094},"
	"\"vlan_stats\":{\"type\":\"boolean\"},"
	"\"vlans\":{\"type\":\"array\"},\"untagged\":{\"type\":\"array\"},"
	"\"pvid\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4094},"
	"\"group_fwd_mask\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},"
	"\"no_linklocal_learn\":{\"type\":\"boolean\"},"
	"\"fdb_max_learned\":{\"type\":\"integer\",\"minimum\":0},"
	"\"errdisable_recovery\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":86400},"
	"\"mcast_vlan_snooping\":{\"type\":\"boolean\"},"
	"\"mcast_router\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":2},"
	"\"mcast_query_use_ifaddr\":{\"type\":\"boolean\"},"
	"\"mcast_hash_max\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65536},"
	"\"mcast_stats\":{\"type\":\"boolean\"}," MC_PROPERTIES ","
	"\"vlan_global\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
	"\"additionalProperties\":false,\"properties\":{" MC_PROPERTIES "}}},"
	"\"vlan_options\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
	"\"additionalProperties\":false,\"properties\":{\"mcast_router\":{\"type\":\"integer\","
	"\"minimum\":0,\"maximum\":2}}}},"
	"\"groups\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
	"\"mac\":{\"type\":\"string\"},"
	"\"mtu\":{\"type\":\"integer\",\"minimum\":68,\"maximum\":65535},"
	"\"enabled\":{\"type\":\"boolean\"}}}";

static struct cfg_section section = {
	.name = "bridges",
	.shape = CFG_MAP,
	.order = 15,
	.check = check,
	.check_all = check_all,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
br_cfg_register(void)
{
	cfg_register(&section);
}

void
br_cfg_init(void)
{
	wanted = json_object();
	notifier_add(&netdev_chain, &listener);
}

void
br_cfg_fini(void)
{
	notifier_del(&netdev_chain, &listener);
	json_decref(wanted);
	wanted = NULL;
}
