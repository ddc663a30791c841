/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "macvlans". */
#include <errno.h>
#include <string.h>
#include "ctl/cfg.h"
#include "macvlan/macvlan.h"
#include "netdev/netdev_upper.h"

static const char *const known[] = { "parent", "mac", "mtu", "enabled", NULL };

struct macvlan_entry {
	const char *parent;
	uint32_t mtu;
	struct rte_ether_addr mac;
	bool enabled;
};

static void
parse(const struct cfg *c, struct macvlan_entry *e)
{
	*e = (struct macvlan_entry){ .enabled = true };
	cfg_only(c, known);
	if (cfg_need(c, "parent"))
		cfg_str(c, "parent", &e->parent);
	if (cfg_need(c, "mac") && cfg_mac(c, "mac", &e->mac) &&
	    !rte_is_valid_assigned_ether_addr(&e->mac))
		cfg_fail(c, "mac", "expected a unicast address");
	cfg_u32(c, "mtu", 68, UINT16_MAX, &e->mtu);
	cfg_bool(c, "enabled", &e->enabled);
}

static const json_t *
section_of(const struct cfg *doc, const char *name)
{
	return json_object_get(doc->node, name);
}

/* The later of two entries with one address on one parent is refused. */
static void
check_unique(const struct cfg *c, const struct cfg *doc, const struct macvlan_entry *e)
{
	const json_t *other;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)section_of(doc, "macvlans"), key, other) {
		const char *parent = json_string_value(json_object_get(other, "parent"));
		const char *text = json_string_value(json_object_get(other, "mac"));
		struct rte_ether_addr mac;

		if (strcmp(key, c->key) == 0)
			return;
		if (parent != NULL && strcmp(parent, e->parent) == 0 && text != NULL &&
		    rte_ether_unformat_addr(text, &mac) == 0 &&
		    rte_is_same_ether_addr(&mac, &e->mac))
			cfg_fail(c, "mac", "\"%s\" has this address already", key);
	}
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const others[] = { "ports", "vlans", "bridges", "tunnels" };
	struct macvlan_entry e;

	if (!dev_valid_name(c->key) || strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL,
			 "expected an interface name: 1 to 15 characters, none of / : %% "
			 "or white space, and not \"lo\"");
	for (unsigned int i = 0; i < RTE_DIM(others); i++)
		if (json_object_get(section_of(doc, others[i]), c->key) != NULL)
			cfg_fail(c, NULL, "there is \"%s\" in \"%s\" too", c->key, others[i]);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"parent\" and \"mac\"");
		return;
	}
	parse(c, &e);
	if (e.parent == NULL)
		return;
	if (json_object_get(section_of(doc, "ports"), e.parent) == NULL &&
	    json_object_get(section_of(doc, "vlans"), e.parent) == NULL)
		cfg_fail(c, "parent", "there is no interface \"%s\" in \"ports\" or \"vlans\"",
			 e.parent);
	check_unique(c, doc, &e);
}

static int
settings(const struct cfg *c, struct net_device *dev, const struct macvlan_entry *e) CTL_ONLY
{
	int rc = dev_set_mac_address(dev, &e->mac);

	if (rc != 0) {
		cfg_fail(c, "mac", "refused: %s", strerror(-rc));
		return rc;
	}
	rc = upper_set_own_mtu(dev, e->mtu);
	if (rc != 0) {
		cfg_fail(c, "mtu", "refused: the parent's is %u", dev->real_dev->mtu);
		return rc;
	}
	if (!e->enabled) {
		dev_close(dev);
		return 0;
	}
	rc = dev_open(dev);
	if (rc != 0 && rc != -ENETDOWN) /* goes up with its parent */
		cfg_fail(c, "enabled", "does not come up: %s", strerror(-rc));
	return rc == -ENETDOWN ? 0 : rc;
}

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
		rc = macvlan_dev_add(parent, c->key, &e.mac, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "on \"%s\": %s", e.parent, strerror(-rc));
		return rc;
	}
	rc = settings(c, dev, &e);
	if (rc != 0)
		macvlan_dev_del(dev);
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	return dev == NULL || !is_macvlan_dev(dev) ? 0 : macvlan_dev_del(dev);
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	struct macvlan_entry was, e;
	struct net_device *dev;

	role_enter_ctl();
	parse(old, &was);
	parse(c, &e);
	dev = dev_get_by_name(c->key);
	if (dev == NULL || !is_macvlan_dev(dev) || strcmp(was.parent, e.parent) != 0)
		return -EOPNOTSUPP;
	return settings(c, dev, &e);
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
