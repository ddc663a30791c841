/* SPDX-License-Identifier: BSD-3-Clause */
/* Common to the sections whose members are interfaces. */
#include <errno.h>
#include <string.h>
#include "netdev/netdev_cfg.h"

void
netdev_cfg_check_name(const struct cfg *c, const struct cfg *doc)
{
	const char *other = cfg_device_section(doc, c->key, c->up->key);

	if (!dev_valid_name(c->key) || strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL,
			 "expected an interface name: 1 to 15 characters, none of / : %% "
			 "or white space, and not \"lo\"");
	if (other != NULL)
		cfg_fail(c, NULL, "there is \"%s\" in \"%s\" too", c->key, other);
}

/* The MTU that the document gives an interface: its own, or that of one below it. */
static json_int_t
mtu_of(const struct cfg *doc, const char *name)
{
	for (unsigned int depth = 0; name != NULL && depth <= NETDEV_TAGS_MAX; depth++) {
		const char *section = cfg_device_section(doc, name, NULL);
		const json_t *entry, *mtu;

		if (section == NULL)
			break;
		entry = json_object_get(json_object_get(doc->node, section), name);
		mtu = json_object_get(entry, "mtu");
		if (json_is_integer(mtu))
			return json_integer_value(mtu);
		if (strcmp(section, "ports") == 0)
			return RTE_ETHER_MTU;
		name = json_string_value(json_object_get(entry, "parent"));
	}
	return UINT32_MAX; /* not for us to say */
}

void
netdev_cfg_check_mtu(const struct cfg *c, const struct cfg *doc, const char *lower, uint32_t mtu)
{
	json_int_t most = mtu_of(doc, lower);

	if (mtu > most)
		cfg_fail(c, "mtu", "expected at most %d, the MTU of \"%s\", found %u", (int)most,
			 lower, mtu);
}

struct net_device *
netdev_cfg_dev(const struct cfg *c, bool (*is_kind)(const struct net_device *))
{
	struct net_device *dev = dev_get_by_name(c->key);

	return dev != NULL && is_kind(dev) ? dev : NULL;
}

int
netdev_cfg_del(const struct cfg *c, bool (*is_kind)(const struct net_device *))
{
	struct net_device *dev = netdev_cfg_dev(c, is_kind);

	return dev == NULL ? 0 : dev->ctl->ops->dellink(dev);
}

int
netdev_cfg_refused(const struct cfg *c, const char *key, int rc)
{
	if (rc != 0)
		cfg_fail(c, key, "refused: %s", strerror(-rc));
	return rc;
}

int
netdev_cfg_open(const struct cfg *c, struct net_device *dev)
{
	int rc = dev_open(dev);

	if (rc == -ENETDOWN)
		return 0; /* goes up with the one below */
	if (rc != 0)
		cfg_fail(c, "enabled", "does not come up: %s", strerror(-rc));
	return rc;
}

void
netdev_cfg_upper_parse(const struct cfg *c, struct netdev_cfg_upper *u)
{
	*u = (struct netdev_cfg_upper){ .enabled = true };
	cfg_u32(c, "mtu", 68, UINT16_MAX, &u->mtu);
	u->mac_set = cfg_mac(c, "mac", &u->mac);
	if (u->mac_set && !rte_is_valid_assigned_ether_addr(&u->mac))
		cfg_fail(c, "mac", "expected a unicast address");
	cfg_bool(c, "enabled", &u->enabled);
}

void
netdev_cfg_upper_json(json_t *o, const struct netdev_cfg_upper *u)
{
	if (u->mtu != 0)
		json_object_set_new(o, "mtu", json_integer(u->mtu));
	if (u->mac_set)
		json_object_set_new(o, "mac", cfg_mac_json(&u->mac));
	if (!u->enabled)
		json_object_set_new(o, "enabled", json_false());
}

struct netdev_cfg_upper
netdev_cfg_upper_of(const struct net_device *dev)
{
	struct upper_wish wish = upper_wish(dev);
	struct netdev_cfg_upper u = { .mtu = wish.mtu, .mac_set = wish.mac, .enabled = wish.up };

	netdev_addr(dev, &u.mac);
	return u;
}

/* The MTU is as large as the interface below allows by now: that one's own entry may come later,
 * when a change is undone. */
int
netdev_cfg_upper_set(const struct cfg *c, struct net_device *dev, const struct netdev_cfg_upper *u)
{
	int rc = u->mac_set ? dev_set_mac_address(dev, &u->mac) : 0;

	if (netdev_cfg_refused(c, "mac", rc) != 0)
		return rc;
	rc = upper_set_own_mtu(dev, u->mtu);
	if (netdev_cfg_refused(c, "mtu", rc) != 0)
		return rc;
	if (u->enabled)
		return netdev_cfg_open(c, dev);
	upper_close(dev);
	return 0;
}
