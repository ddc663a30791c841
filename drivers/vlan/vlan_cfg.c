/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "vlans". */
#include <errno.h>
#include <string.h>
#include "ctl/cfg.h"
#include "netdev/netdev_upper.h"
#include "vlan/vlan.h"

static const char *const known[] = { "parent", "id", "protocol", "mtu", "mac", "enabled", NULL };
static const char *const protocols[] = { "802.1Q", "802.1ad", NULL };

struct vlan_entry {
	const char *parent;
	uint32_t id, mtu;
	rte_be16_t proto;
	struct rte_ether_addr mac;
	bool mac_set, enabled;
};

static void
parse(const struct cfg *c, struct vlan_entry *e)
{
	unsigned int proto = 0;

	*e = (struct vlan_entry){ .enabled = true };
	cfg_only(c, known);
	if (cfg_need(c, "parent"))
		cfg_str(c, "parent", &e->parent);
	if (cfg_need(c, "id"))
		cfg_u32(c, "id", 1, 4094, &e->id);
	cfg_word(c, "protocol", protocols, &proto);
	e->proto = vlan_proto_parse(protocols[proto]);
	cfg_u32(c, "mtu", 68, UINT16_MAX, &e->mtu);
	e->mac_set = cfg_mac(c, "mac", &e->mac);
	if (e->mac_set && !rte_is_valid_assigned_ether_addr(&e->mac))
		cfg_fail(c, "mac", "expected a unicast address");
	cfg_bool(c, "enabled", &e->enabled);
}

/* --- check --- */

static const json_t *
section_of(const struct cfg *doc, const char *name)
{
	return json_object_get(doc->node, name);
}

/* The parent exists, and the chain of parents ends at something that is no VLAN. */
static void
check_parent(const struct cfg *c, const struct cfg *doc, const char *parent)
{
	static const char *const sections[] = { "ports", "bridges" };
	const json_t *vlans = section_of(doc, "vlans");
	unsigned int tags = 1;

	for (; parent != NULL && json_object_get(vlans, parent) != NULL; tags++) {
		if (tags == NETDEV_TAGS_MAX) {
			cfg_fail(c, "parent", "more than %u VLAN devices on top of each other",
				 NETDEV_TAGS_MAX);
			return;
		}
		parent = json_string_value(
			json_object_get(json_object_get(vlans, parent), "parent"));
	}
	if (tags > 1) /* the lower VLAN's own entry tells about its parent */
		return;
	for (unsigned int i = 0; i < RTE_DIM(sections); i++)
		if (parent == NULL || json_object_get(section_of(doc, sections[i]), parent) != NULL)
			return;
	cfg_fail(c, "parent", "there is no interface \"%s\" in \"ports\" or \"vlans\"", parent);
}

/* The later of two entries for one identifier on one parent is refused. */
static void
check_unique(const struct cfg *c, const struct cfg *doc, const struct vlan_entry *e)
{
	const json_t *other;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)section_of(doc, "vlans"), key, other) {
		const char *parent = json_string_value(json_object_get(other, "parent"));

		if (strcmp(key, c->key) == 0)
			return;
		if (e->parent != NULL && parent != NULL && strcmp(parent, e->parent) == 0 &&
		    json_integer_value(json_object_get(other, "id")) == e->id)
			cfg_fail(c, "id", "VLAN %u of \"%s\" is \"%s\" already", e->id, e->parent,
				 key);
	}
}

static void
check_name(const struct cfg *c, const struct cfg *doc)
{
	static const char *const sections[] = { "ports", "macvlans", "bridges", "tunnels" };

	if (!dev_valid_name(c->key) || strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL,
			 "expected an interface name: 1 to 15 characters, none of / : %% "
			 "or white space, and not \"lo\"");
	for (unsigned int i = 0; i < RTE_DIM(sections); i++)
		if (json_object_get(section_of(doc, sections[i]), c->key) != NULL)
			cfg_fail(c, NULL, "there is \"%s\" in \"%s\" too", c->key, sections[i]);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct vlan_entry e;

	check_name(c, doc);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"parent\" and \"id\"");
		return;
	}
	parse(c, &e);
	if (e.parent != NULL)
		check_parent(c, doc, e.parent);
	if (e.id != 0)
		check_unique(c, doc, &e);
}

/* --- apply --- */

/*
 * May the device have that MTU? Not more than its parent has; but when a change is undone, the
 * parent's own entry comes back after ours: then it is the document's word that counts, and the
 * device grows with its parent.
 */
static bool
fits_parent(const struct cfg *c, const struct net_device *dev, const struct vlan_entry *e)
{
	static const char *const sections[] = { "ports", "vlans" };
	const struct cfg *root = c;

	if (e->mtu <= dev->real_dev->mtu)
		return true;
	while (root->up != NULL)
		root = root->up;
	for (unsigned int i = 0; i < RTE_DIM(sections); i++) {
		const json_t *p = json_object_get(section_of(root, sections[i]), e->parent);

		if (json_integer_value(json_object_get(p, "mtu")) >= (json_int_t)e->mtu)
			return true;
	}
	return false;
}

static int
settings(const struct cfg *c, struct net_device *dev, const struct vlan_entry *e) CTL_ONLY
{
	int rc = 0;

	if (e->mac_set)
		rc = dev_set_mac_address(dev, &e->mac);
	if (rc != 0) {
		cfg_fail(c, "mac", "refused: %s", strerror(-rc));
		return rc;
	}
	rc = fits_parent(c, dev, e) ? upper_set_own_mtu(dev, e->mtu) : -ERANGE;
	if (rc != 0) {
		cfg_fail(c, "mtu", "refused: the parent's is %u", dev->real_dev->mtu);
		return rc;
	}
	if (!e->enabled) {
		dev_close(dev);
		return 0;
	}
	rc = dev_open(dev);
	if (rc == -ENETDOWN)
		return 0; /* goes up with its parent */
	if (rc != 0)
		cfg_fail(c, "enabled", "does not come up: %s", strerror(-rc));
	return rc;
}

static int add(const struct cfg *c);

/* The parent; when it is a VLAN device that stands further down in the document, it is made now. */
static struct net_device *
parent_of(const struct cfg *c, const struct vlan_entry *e) CTL_ONLY
{
	struct net_device *dev = dev_get_by_name(e->parent);
	struct cfg lower;

	if (dev != NULL || c->up == NULL || json_object_get(c->up->node, e->parent) == NULL)
		return dev;
	lower = cfg_get(c->up, e->parent);
	return add(&lower) == 0 ? dev_get_by_name(e->parent) : NULL;
}

static int
add(const struct cfg *c)
{
	struct net_device *parent, *dev;
	struct vlan_entry e;
	int rc;

	role_enter_ctl();
	parse(c, &e);
	parent = parent_of(c, &e);
	if (parent == NULL) {
		cfg_fail(c, "parent", "there is no device \"%s\"", e.parent);
		return -ENODEV;
	}
	dev = dev_get_by_name(c->key);
	if (dev != NULL && is_vlan_dev(dev) && dev->real_dev == parent && dev->vlan_id == e.id &&
	    dev->vlan_proto == e.proto)
		return settings(c, dev, &e); /* made for a VLAN on top of it */
	rc = vlan_dev_add(parent, c->key, (uint16_t)e.id, e.proto, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "VLAN %u on \"%s\": %s", e.id, e.parent, strerror(-rc));
		return rc;
	}
	rc = settings(c, dev, &e);
	if (rc != 0)
		vlan_dev_del(dev);
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	return dev == NULL || !is_vlan_dev(dev) ? 0 : vlan_dev_del(dev); /* gone by hand is gone */
}

/* What is not the VLAN's identity is changed in place. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct vlan_entry was, e;
	struct net_device *dev;

	role_enter_ctl();
	parse(old, &was);
	parse(c, &e);
	dev = dev_get_by_name(c->key);
	if (dev == NULL || !is_vlan_dev(dev) || strcmp(was.parent, e.parent) != 0 ||
	    was.id != e.id || was.proto != e.proto || was.mac_set > e.mac_set)
		return -EOPNOTSUPP;
	return settings(c, dev, &e);
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"parent\",\"id\"],\"additionalProperties\":false,"
	"\"properties\":{\"parent\":{\"type\":\"string\"},"
	"\"id\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":4094},"
	"\"protocol\":{\"enum\":[\"802.1Q\",\"802.1ad\"]},"
	"\"mtu\":{\"type\":\"integer\",\"minimum\":68,\"maximum\":65535},"
	"\"mac\":{\"type\":\"string\"},\"enabled\":{\"type\":\"boolean\"}}}";

static struct cfg_section section = {
	.name = "vlans",
	.shape = CFG_MAP,
	.order = 20,
	.check = check,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
vlan_cfg_register(void)
{
	cfg_register(&section);
}
