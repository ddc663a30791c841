/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "tunnels". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl/cfg.h"
#include "ipip/ipip.h"
#include "netdev/netdev_cfg.h"

static const char *const known[] = { "type", "local",	 "remote", "dev",     "ttl",
				     "tos",  "pmtudisc", "mtu",	   "enabled", NULL };

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
	const char *dev = NULL;
	unsigned int type;

	*e = (struct tunnel_entry){ .spec = { .pmtudisc = true }, .enabled = true };
	cfg_only(c, known);
	if (cfg_need(c, "type"))
		cfg_word(c, "type", types, &type);
	if (cfg_need(c, "local"))
		cfg_ip4(c, "local", &e->spec.local);
	if (cfg_need(c, "remote"))
		cfg_ip4(c, "remote", &e->spec.remote);
	if (cfg_str(c, "dev", &dev) && !dev_valid_name(dev))
		cfg_fail(c, "dev", "\"%s\" is no name of a device", dev);
	else if (dev != NULL)
		snprintf(e->spec.dev, sizeof(e->spec.dev), "%s", dev);
	parse_octet(c, "ttl", &e->spec, ipip_parse_ttl);
	parse_octet(c, "tos", &e->spec, ipip_parse_tos);
	cfg_bool(c, "pmtudisc", &e->spec.pmtudisc);
	cfg_u32(c, "mtu", 68, 65515, &e->mtu);
	cfg_bool(c, "enabled", &e->enabled);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct tunnel_entry e;
	const char *why;

	netdev_cfg_check_name(c, doc);
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"type\", \"local\" and \"remote\"");
		return;
	}
	parse(c, &e);
	why = cfg_failed(c) ? NULL : ipip_spec_check(&e.spec);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
	else if (strcmp(e.spec.dev, c->key) == 0)
		cfg_fail(c, "dev", "a tunnel can not leave by itself");
	else if (e.spec.dev[0] != '\0' && !cfg_has_device(doc, e.spec.dev))
		cfg_fail(c, "dev", "there is no interface \"%s\"", e.spec.dev);
}

/* One tunnel between two ends by one device: the later entry is refused. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *seen = json_object(), *v;
	const char *key;

	(void)doc;
	json_object_foreach((json_t *)(uintptr_t)sect->node, key, v) {
		const char *local = json_string_value(json_object_get(v, "local"));
		const char *remote = json_string_value(json_object_get(v, "remote")), *who;
		const char *dev = json_string_value(json_object_get(v, "dev"));
		struct cfg c = cfg_get(sect, key);
		char what[2 * INET_ADDRSTRLEN + IFNAMSIZ];

		if (local == NULL || remote == NULL)
			continue;
		snprintf(what, sizeof(what), "%s %s %s", local, remote, dev != NULL ? dev : "");
		who = cfg_had_before(seen, &c, what);
		if (who != NULL)
			cfg_fail(&c, "remote", "%s is between these two already", who);
	}
	json_decref(seen);
}

/* --- what runs --- */

static json_t *
entry_json(const struct tunnel_entry *e)
{
	char local[INET_ADDRSTRLEN], remote[INET_ADDRSTRLEN];
	json_t *o;

	inet_ntop(AF_INET, &e->spec.local, local, sizeof(local));
	inet_ntop(AF_INET, &e->spec.remote, remote, sizeof(remote));
	o = json_pack("{s:s, s:s, s:s}", "type", "ipip", "local", local, "remote", remote);
	if (e->spec.dev[0] != '\0')
		json_object_set_new(o, "dev", json_string(e->spec.dev));
	if (e->spec.ttl != 0)
		json_object_set_new(o, "ttl", json_integer(e->spec.ttl));
	if (e->spec.tos_inherit)
		json_object_set_new(o, "tos", json_string("inherit"));
	else if (e->spec.tos != 0)
		json_object_set_new(o, "tos", json_integer(e->spec.tos));
	if (!e->spec.pmtudisc)
		json_object_set_new(o, "pmtudisc", json_false());
	if (e->mtu != 0)
		json_object_set_new(o, "mtu", json_integer(e->mtu));
	if (!e->enabled)
		json_object_set_new(o, "enabled", json_false());
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	struct tunnel_entry e;

	parse(c, &e);
	return entry_json(&e);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct tunnel_entry e;

		if (!is_ipip_dev(d))
			continue;
		e = (struct tunnel_entry){ .spec = ipip_spec_of(d),
					   .mtu = ipip_own_mtu(d),
					   .enabled = netif_running(d) };
		json_object_set_new(all, d->name, entry_json(&e));
	}
	return all;
}

/* --- apply --- */

static int
settings(const struct cfg *c, struct net_device *dev, const struct tunnel_entry *e) CTL_ONLY
{
	int rc = netdev_cfg_refused(c, "mtu", ipip_dev_set_mtu(dev, e->mtu));

	if (rc != 0 || e->enabled)
		return rc != 0 ? rc : netdev_cfg_open(c, dev);
	dev_close(dev);
	return 0;
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
	role_enter_ctl();
	return netdev_cfg_del(c, is_ipip_dev);
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	struct tunnel_entry e;
	struct net_device *dev;
	int rc;

	(void)old;
	role_enter_ctl();
	parse(c, &e);
	dev = netdev_cfg_dev(c, is_ipip_dev);
	if (dev == NULL)
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
	"\"dev\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":15},"
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
	.check_all = check_all,
	.show = show,
	.canon = canon,
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
