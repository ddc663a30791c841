/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "macvlans". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cfg.h"
#include "macvlan/macvlan.h"
#include "netdev/netdev_cfg.h"

static const char *const known[] = { "parent", "mac", "mtu", "enabled", NULL };

struct macvlan_entry {
	const char *parent;
	struct netdev_cfg_upper upper;
};

static void
parse(const struct cfg *c, struct macvlan_entry *e)
{
	*e = (struct macvlan_entry){ 0 };
	cfg_only(c, known);
	if (cfg_need(c, "parent"))
		cfg_str(c, "parent", &e->parent);
	cfg_need(c, "mac");
	netdev_cfg_upper_parse(c, &e->upper);
}

/* --- check --- */

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct macvlan_entry e;
	const char *section;

	netdev_cfg_check_name(c, doc);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"parent\" and \"mac\"");
		return;
	}
	parse(c, &e);
	if (e.parent == NULL)
		return;
	section = cfg_device_section(doc, e.parent, NULL);
	if (section == NULL || (strcmp(section, "ports") != 0 && strcmp(section, "vlans") != 0))
		cfg_fail(c, "parent", "there is no interface \"%s\" in \"ports\" or \"vlans\"",
			 e.parent);
	netdev_cfg_check_mtu(c, doc, e.parent, e.upper.mtu);
}

static const char *
mac_of(const struct cfg *doc, const char *name)
{
	const char *section = cfg_device_section(doc, name, NULL);
	const json_t *entry = json_object_get(doc->node, section != NULL ? section : "");

	return json_string_value(json_object_get(json_object_get(entry, name), "mac"));
}

/* "MAC of PARENT" in one spelling; false: @p text is none. */
static bool
owned(char *what, size_t len, const char *text, const char *parent)
{
	struct rte_ether_addr mac;

	if (text == NULL || rte_ether_unformat_addr(text, &mac) != 0)
		return false;
	snprintf(what, len, "%012" PRIx64 " %s", ether_addr_to_u64(&mac), parent);
	return true;
}

/* One address on one parent is that of one device: the later entry is refused. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *seen = json_object(), *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)sect->node, key, v) {
		const char *parent = json_string_value(json_object_get(v, "parent"));
		const char *text = json_string_value(json_object_get(v, "mac")), *who;
		struct cfg c = cfg_get(sect, key), lower = { .key = parent };
		char what[3 * IFNAMSIZ];

		if (parent == NULL)
			continue;
		if (owned(what, sizeof(what), mac_of(doc, parent), parent))
			cfg_had_before(seen, &lower, what);
		if (!owned(what, sizeof(what), text, parent))
			continue;
		who = cfg_had_before(seen, &c, what);
		if (who != NULL)
			cfg_fail(&c, "mac", "%s has this address already", who);
	}
	json_decref(seen);
}

/* --- what runs --- */

static json_t *
entry_json(const struct macvlan_entry *e)
{
	json_t *o = json_pack("{s:s}", "parent", e->parent);

	netdev_cfg_upper_json(o, &e->upper);
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	struct macvlan_entry e;

	parse(c, &e);
	return entry_json(&e);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct macvlan_entry e;

		if (!is_macvlan_dev(d))
			continue;
		e = (struct macvlan_entry){ .parent = d->real_dev->name,
					    .upper = netdev_cfg_upper_of(d) };
		json_object_set_new(all, d->name, entry_json(&e));
	}
	return all;
}

/* --- apply --- */

static int
add(const struct cfg *c)
{
	struct net_device *parent, *dev;
	struct macvlan_entry e;
	int rc = -ENODEV;

	role_enter_ctl();
	parse(c, &e);
	parent = dev_get_by_name(e.parent);
	if (parent != NULL)
		rc = macvlan_dev_add(parent, c->key, &e.upper.mac, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "on \"%s\": %s", e.parent, strerror(-rc));
		return rc;
	}
	rc = netdev_cfg_upper_set(c, dev, &e.upper);
	if (rc != 0)
		macvlan_dev_del(dev);
	return rc;
}

static int
del(const struct cfg *c)
{
	role_enter_ctl();
	return netdev_cfg_del(c, is_macvlan_dev);
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	struct macvlan_entry e;
	struct net_device *dev;

	(void)old;
	role_enter_ctl();
	parse(c, &e);
	dev = netdev_cfg_dev(c, is_macvlan_dev);
	if (dev == NULL || strcmp(dev->real_dev->name, e.parent) != 0)
		return -EOPNOTSUPP;
	return netdev_cfg_upper_set(c, dev, &e.upper);
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"parent\",\"mac\"],\"additionalProperties\":false,"
	"\"properties\":{\"parent\":{\"type\":\"string\"},\"mac\":{\"type\":\"string\"},"
	"\"mtu\":{\"type\":\"integer\",\"minimum\":68,\"maximum\":65535},"
	"\"enabled\":{\"type\":\"boolean\"}}}";

static struct cfg_section section = {
	.name = "macvlans",
	.shape = CFG_MAP,
	.order = 25,
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
macvlan_cfg_register(void)
{
	cfg_register(&section);
}
