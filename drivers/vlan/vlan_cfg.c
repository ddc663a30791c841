/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "vlans". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cfg.h"
#include "netdev/netdev_cfg.h"
#include "vlan/vlan.h"

static const char *const known[] = { "parent", "id", "protocol", "mtu", "mac", "enabled", NULL };
static const char *const protocols[] = { "802.1Q", "802.1ad", NULL };

struct vlan_entry {
	const char *parent;
	uint32_t id;
	rte_be16_t proto;
	struct netdev_cfg_upper upper;
};

static void
parse(const struct cfg *c, struct vlan_entry *e)
{
	unsigned int proto = 0;

	*e = (struct vlan_entry){ 0 };
	cfg_only(c, known);
	if (cfg_need(c, "parent"))
		cfg_str(c, "parent", &e->parent);
	if (cfg_need(c, "id"))
		cfg_u32(c, "id", 1, 4094, &e->id);
	cfg_word(c, "protocol", protocols, &proto);
	e->proto = vlan_proto_parse(protocols[proto]);
	netdev_cfg_upper_parse(c, &e->upper);
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
	cfg_fail(c, "parent", "there is no interface \"%s\" in \"ports\", \"bridges\" or \"vlans\"",
		 parent);
}

/* The later of two entries for one identifier on one parent is refused. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *seen = json_object(), *v;
	const char *key;

	(void)doc;
	json_object_foreach((json_t *)(uintptr_t)sect->node, key, v) {
		const char *parent = json_string_value(json_object_get(v, "parent")), *who;
		int id = (int)json_integer_value(json_object_get(v, "id"));
		struct cfg c = cfg_get(sect, key);
		char what[2 * IFNAMSIZ];

		if (parent == NULL || id == 0)
			continue;
		snprintf(what, sizeof(what), "%d %s", id, parent);
		who = cfg_had_before(seen, &c, what);
		if (who != NULL)
			cfg_fail(&c, "id", "VLAN %d of \"%s\" is %s already", id, parent, who);
	}
	json_decref(seen);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct vlan_entry e;

	netdev_cfg_check_name(c, doc);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"parent\" and \"id\"");
		return;
	}
	parse(c, &e);
	if (e.parent == NULL)
		return;
	check_parent(c, doc, e.parent);
	netdev_cfg_check_mtu(c, doc, e.parent, e.upper.mtu);
}

/* --- what runs --- */

static json_t *
entry_json(const struct vlan_entry *e)
{
	json_t *o = json_pack("{s:s, s:i}", "parent", e->parent, "id", (int)e->id);

	if (e->proto != vlan_proto_parse(protocols[0]))
		json_object_set_new(o, "protocol", json_string(protocols[1]));
	netdev_cfg_upper_json(o, &e->upper);
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	struct vlan_entry e;

	parse(c, &e);
	return entry_json(&e);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct vlan_entry e;

		if (!is_vlan_dev(d))
			continue;
		e = (struct vlan_entry){ .parent = d->real_dev->name,
					 .id = d->vlan_id,
					 .proto = d->vlan_proto,
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
	struct vlan_entry e;
	int rc;

	role_enter_ctl();
	parse(c, &e);
	parent = dev_get_by_name(e.parent);
	if (parent == NULL) {
		cfg_fail(c, "parent", "there is no device \"%s\"", e.parent);
		return -ENODEV;
	}
	rc = vlan_dev_add(parent, c->key, (uint16_t)e.id, e.proto, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "VLAN %u on \"%s\": %s", e.id, e.parent, strerror(-rc));
		return rc;
	}
	rc = netdev_cfg_upper_set(c, dev, &e.upper);
	if (rc != 0)
		vlan_dev_del(dev);
	return rc;
}

static int
del(const struct cfg *c)
{
	role_enter_ctl();
	return netdev_cfg_del(c, is_vlan_dev);
}

/* What is not the VLAN's identity is changed in place. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct net_device *dev;
	struct vlan_entry e;

	(void)old;
	role_enter_ctl();
	parse(c, &e);
	dev = netdev_cfg_dev(c, is_vlan_dev);
	if (dev == NULL || strcmp(dev->real_dev->name, e.parent) != 0 || dev->vlan_id != e.id ||
	    dev->vlan_proto != e.proto || (upper_wish(dev).mac && !e.upper.mac_set))
		return -EOPNOTSUPP;
	return netdev_cfg_upper_set(c, dev, &e.upper);
}

/* A VLAN in a VLAN. */
static bool
later(const struct cfg *c)
{
	const char *parent = json_string_value(json_object_get(c->node, "parent"));

	return parent != NULL && json_object_get(c->up->node, parent) != NULL;
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
	.check_all = check_all,
	.later = later,
	.show = show,
	.canon = canon,
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
