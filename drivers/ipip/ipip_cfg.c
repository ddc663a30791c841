/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "tunnels". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cfg.h"
#include "ipip/ipip.h"

static const char *const known[] = { "type",	 "local", "remote",  "ttl", "tos",
				     "pmtudisc", "mtu",	  "enabled", NULL };

struct tunnel_entry {
	struct ipip_spec spec;
	uint32_t mtu;
	bool enabled;
};

/* A number, or "inherit". */
static void
parse_octet(const struct cfg *c, const char *key, struct ipip_spec *s,
	    int (*parse)(const char *, struct ipip_spec *))
{
	struct cfg v = cfg_get(c, key);
	char buf[24];

	if (v.node == NULL)
		return;
	if (json_is_integer(v.node))
		snprintf(buf, sizeof(buf), "%lld", (long long)json_integer_value(v.node));
	else
		snprintf(buf, sizeof(buf), "%s",
			 json_is_string(v.node) ? json_string_value(v.node) : "");
	if (parse(buf, s) != 0)
		cfg_fail(c, key, "expected 0 to 255 or \"inherit\"");
}

static void
parse(const struct cfg *c, struct tunnel_entry *e)
{
	static const char *const types[] = { "ipip", NULL };
	unsigned int type;

	*e = (struct tunnel_entry){ .spec = { .pmtudisc = true }, .enabled = true };
	cfg_only(c, known);
	if (cfg_need(c, "type"))
		cfg_word(c, "type", types, &type);
	if (cfg_need(c, "local"))
		cfg_ip4(c, "local", &e->spec.local);
	if (cfg_need(c, "remote"))
		cfg_ip4(c, "remote", &e->spec.remote);
	parse_octet(c, "ttl", &e->spec, ipip_parse_ttl);
	parse_octet(c, "tos", &e->spec, ipip_parse_tos);
	cfg_bool(c, "pmtudisc", &e->spec.pmtudisc);
	cfg_u32(c, "mtu", 68, 65515, &e->mtu);
	cfg_bool(c, "enabled", &e->enabled);
}

/* The later of two tunnels between the same ends, or of one name in two sections, is refused. */
static void
check_unique(const struct cfg *c, const struct cfg *doc)
{
	static const char *const sections[] = { "ports", "vlans", "macvlans", "bridges" };
	const json_t *all = json_object_get(doc->node, "tunnels");
	const char *key;
	json_t *other;

	for (unsigned int i = 0; i < RTE_DIM(sections); i++)
		if (json_object_get(json_object_get(doc->node, sections[i]), c->key) != NULL)
			cfg_fail(c, NULL, "there is \"%s\" in \"%s\" too", c->key, sections[i]);
	json_object_foreach((json_t *)(uintptr_t)all, key, other) {
		if (strcmp(key, c->key) == 0)
			return;
		if (json_equal(json_object_get(other, "local"),
			       json_object_get(c->node, "local")) &&
		    json_equal(json_object_get(other, "remote"),
			       json_object_get(c->node, "remote")))
			cfg_fail(c, "remote", "\"%s\" is between these two already", key);
	}
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct tunnel_entry e;
	const char *why;

	if (!dev_valid_name(c->key) || strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL,
			 "expected an interface name: 1 to 15 characters, none of / : %% or white "
			 "space, and not \"lo\"");
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"type\", \"local\" and \"remote\"");
		return;
	}
	parse(c, &e);
	why = cfg_failed(c) ? NULL : ipip_spec_check(&e.spec);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
	check_unique(c, doc);
}

static int
settings(const struct cfg *c, struct net_device *dev, const struct tunnel_entry *e) CTL_ONLY
{
	int rc = e->mtu != 0 ? dev_set_mtu(dev, e->mtu) : 0;

	if (rc != 0) {
		cfg_fail(c, "mtu", "refused: %s", strerror(-rc));
		return rc;
	}
	if (!e->enabled) {
		dev_close(dev);
		return 0;
	}
	rc = dev_open(dev);
	if (rc != 0)
		cfg_fail(c, "enabled", "does not come up: %s", strerror(-rc));
	return rc;
}

static int
add(const struct cfg *c)
{
	struct net_device *dev;
	struct tunnel_entry e;
	int rc;

	role_enter_ctl();
	parse(c, &e);
	rc = ipip_dev_add(c->key, &e.spec, &dev);
	if (rc != 0) {
		cfg_fail(c, NULL, "%s", strerror(-rc));
		return rc;
	}
	rc = settings(c, dev, &e);
	if (rc != 0)
		ipip_dev_del(dev);
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	return dev == NULL || !is_ipip_dev(dev) ? 0 : ipip_dev_del(dev); /* gone by hand is gone */
}

/* In place, but for an MTU that is the route's again. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct tunnel_entry was, e;
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	parse(old, &was);
	parse(c, &e);
	dev = dev_get_by_name(c->key);
	if (dev == NULL || !is_ipip_dev(dev) || (was.mtu != 0 && e.mtu == 0))
		return -EOPNOTSUPP;
	rc = ipip_dev_change(dev, &e.spec);
	if (rc != 0) {
		cfg_fail(c, NULL, "%s", strerror(-rc));
		return rc;
	}
	return settings(c, dev, &e);
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"type\",\"local\",\"remote\"],"
	"\"additionalProperties\":false,\"properties\":{\"type\":{\"enum\":[\"ipip\"]},"
	"\"local\":{\"type\":\"string\",\"format\":\"ipv4\"},"
	"\"remote\":{\"type\":\"string\",\"format\":\"ipv4\"},"
	"\"ttl\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"
	"{\"const\":\"inherit\"}]},"
	"\"tos\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},"
	"{\"type\":\"string\"}]},"
	"\"pmtudisc\":{\"type\":\"boolean\"},"
	"\"mtu\":{\"type\":\"integer\",\"minimum\":68,\"maximum\":65515},"
	"\"enabled\":{\"type\":\"boolean\"}}}";

static struct cfg_section section = {
	.name = "tunnels",
	.shape = CFG_MAP,
	.order = 25,
	.check = check,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
ipip_cfg_register(void)
{
	cfg_register(&section);
}
