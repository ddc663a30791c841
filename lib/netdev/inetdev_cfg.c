/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "addresses": a list for each interface, of "a.b.c.d/len" or of objects. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_ip.h>
#include "ctl/cfg.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"

static const char *const known[] = { "local",  "peer",		"label", "scope", "broadcast",
				     "metric", "noprefixroute", "probe", NULL };

/* One element: string or object. Errors are told. */
static void
parse(const struct cfg *e, struct inet_addr_spec *spec)
{
	const char *label = NULL;

	*spec = (struct inet_addr_spec){ 0 };
	if (json_is_object(e->node)) {
		cfg_only(e, known);
		if (cfg_need(e, "local"))
			cfg_prefix(e, "local", &spec->local, &spec->prefixlen);
		cfg_prefix(e, "peer", &spec->peer, &spec->prefixlen);
		spec->broadcast_set = cfg_ip4(e, "broadcast", &spec->broadcast);
		cfg_u32(e, "metric", 0, UINT32_MAX, &spec->metric);
		cfg_bool(e, "noprefixroute", &spec->noprefixroute);
		cfg_bool(e, "probe", &spec->probe);
	} else {
		cfg_prefix(e, NULL, &spec->local, &spec->prefixlen);
	}
	if ((rte_be_to_cpu_32(spec->local) >> 24) == 127)
		spec->scope = SCOPE_HOST;
	if (!json_is_object(e->node))
		return;
	cfg_parse(e, "scope", rt_scope_parse, RT_SCOPE_WORDS, &spec->scope);
	if (cfg_str(e, "label", &label)) {
		if (strlen(label) >= sizeof(spec->label))
			cfg_fail(e, "label", "expected at most %zu characters",
				 sizeof(spec->label) - 1);
		else
			memcpy(spec->label, label, strlen(label) + 1);
	}
}

/* --- check --- */

static void
check_spec(const struct cfg *e, const char *dev, const struct inet_addr_spec *s)
{
	uint8_t first = rte_be_to_cpu_32(s->local) >> 24;
	size_t n = strlen(dev);

	if (first == 0 || first >= 224 || (first == 127 && strcmp(dev, "lo") != 0))
		cfg_fail(e, json_is_object(e->node) ? "local" : NULL,
			 "expected a unicast address (127/8 on \"lo\" only)");
	if (s->label[0] != '\0' &&
	    (strncmp(s->label, dev, n) != 0 || (s->label[n] != '\0' && s->label[n] != ':')))
		cfg_fail(e, "label", "expected \"%s\" or \"%s:...\"", dev, dev);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	json_t *seen;

	cfg_need_device(c, NULL, doc, c->key);
	if (!json_is_array(c->node)) {
		cfg_fail(c, NULL, "expected a list of addresses");
		return;
	}
	seen = json_object();
	for (size_t i = 0; i < json_array_size(c->node); i++) {
		struct cfg e = cfg_at(c, i);
		struct inet_addr_spec spec;
		const char *who;
		char what[64];

		parse(&e, &spec);
		check_spec(&e, c->key, &spec);
		snprintf(what, sizeof(what), "%08x/%u", spec.local, spec.prefixlen);
		who = spec.local != 0 ? cfg_had_before(seen, &e, what) : NULL;
		if (who != NULL)
			cfg_fail(&e, NULL, "the same address as %s", who);
	}
	json_decref(seen);
}

/* The address of an element, 0 when it is none, or shares a point-to-point link with a peer. */
static rte_be32_t
element_address(const json_t *e)
{
	const char *text = json_string_value(json_is_object(e) ? json_object_get(e, "local") : e);
	char host[INET_ADDRSTRLEN];
	rte_be32_t a;

	if (text == NULL || json_object_get(e, "peer") != NULL)
		return 0;
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "/"), text);
	return inet_pton(AF_INET, host, &a) == 1 ? a : 0;
}

/* No two interfaces have one address. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *owners = json_object(), *list, *v;
	const char *key;
	size_t i;

	(void)doc;
	json_object_foreach((json_t *)(uintptr_t)sect->node, key, list) {
		struct cfg c = cfg_get(sect, key);
		char self[2 * IFNAMSIZ];

		snprintf(self, sizeof(self), "\"%s\"", key);
		json_array_foreach(list, i, v) {
			rte_be32_t addr = element_address(v);
			struct cfg e = cfg_at(&c, i);
			const char *who;
			char what[16];

			snprintf(what, sizeof(what), "%08x", addr);
			who = addr != 0 ? cfg_had_before(owners, &c, what) : NULL;
			if (who != NULL && strcmp(who, self) != 0)
				cfg_fail(&e, NULL, "%s has this address too", who);
		}
	}
	json_decref(owners);
}

/* --- what runs --- */

static json_t *
ip_json(rte_be32_t addr, const char *fmt, uint8_t prefixlen)
{
	char text[INET_ADDRSTRLEN], full[INET_ADDRSTRLEN + 4];

	inet_ntop(AF_INET, &addr, text, sizeof(text));
	snprintf(full, sizeof(full), fmt, text, prefixlen);
	return json_string(full);
}

static rte_be32_t
derived_broadcast(const char *dev, const struct inet_addr_spec *s)
{
	if (s->prefixlen >= 31 || strcmp(dev, "lo") == 0)
		return 0;
	return (s->peer != 0 ? s->peer : s->local) | rte_cpu_to_be_32(UINT32_MAX >> s->prefixlen);
}

static json_t *
element_json(const char *dev, const struct inet_addr_spec *s)
{
	uint8_t scope = (rte_be_to_cpu_32(s->local) >> 24) == 127 ? SCOPE_HOST : SCOPE_UNIVERSE;
	json_t *o = json_object(), *whole;

	if (s->peer != 0)
		json_object_set_new(o, "peer", ip_json(s->peer, "%s/%u", s->prefixlen));
	if (s->broadcast_set && s->broadcast != derived_broadcast(dev, s))
		json_object_set_new(o, "broadcast", ip_json(s->broadcast, "%s", 0));
	if (s->scope != scope)
		json_object_set_new(o, "scope", json_string(rt_scope_name(s->scope)));
	if (s->label[0] != '\0' && strcmp(s->label, dev) != 0)
		json_object_set_new(o, "label", json_string(s->label));
	if (s->metric != 0)
		json_object_set_new(o, "metric", json_integer(s->metric));
	if (s->noprefixroute)
		json_object_set_new(o, "noprefixroute", json_true());
	if (s->probe)
		json_object_set_new(o, "probe", json_true());
	whole = ip_json(s->local, s->peer != 0 ? "%s" : "%s/%u", s->prefixlen);
	if (json_object_size(o) > 0) {
		json_object_set_new(o, "local", whole);
		return o;
	}
	json_decref(o);
	return whole;
}

/* lo has it whatever the configuration says. */
static bool
is_builtin(const char *dev, const struct inet_addr_spec *s)
{
	return strcmp(dev, "lo") == 0 && s->local == RTE_BE32(RTE_IPV4_LOOPBACK) &&
	       s->prefixlen == 8;
}

static bool
same_subnet(const struct inet_addr_spec *a, const struct inet_addr_spec *b)
{
	uint32_t mask = a->prefixlen == 0 ? 0 : UINT32_MAX << (32 - a->prefixlen);
	rte_be32_t x = a->peer != 0 ? a->peer : a->local, y = b->peer != 0 ? b->peer : b->local;

	return a->prefixlen == b->prefixlen && ((x ^ y) & rte_cpu_to_be_32(mask)) == 0;
}

/* Put spec @p n of the list where a device would: primaries by scope, then secondaries. */
static void
arrange(struct inet_addr_spec *list, size_t n, size_t *n_primary)
{
	struct inet_addr_spec s = list[n];
	size_t at = 0;

	for (size_t i = 0; i < *n_primary; i++) {
		if (same_subnet(&list[i], &s))
			return; /* a secondary: it stays at the end */
		if (s.scope <= list[i].scope)
			at = i + 1;
	}
	memmove(&list[at + 1], &list[at], (n - at) * sizeof(*list));
	list[at] = s;
	(*n_primary)++;
}

/* The list as the device will have it. */
static json_t *
canon(const struct cfg *c)
{
	size_t n = json_array_size(c->node), k = 0, n_primary = 0;
	struct inet_addr_spec *specs = calloc(n + 1, sizeof(*specs));
	json_t *list = json_array();

	for (size_t i = 0; i < n && specs != NULL; i++) {
		struct cfg e = cfg_at(c, i);

		parse(&e, &specs[k]);
		if (!is_builtin(c->key, &specs[k]))
			arrange(specs, k++, &n_primary);
	}
	for (size_t i = 0; i < k; i++)
		json_array_append_new(list, element_json(c->key, &specs[i]));
	free(specs);
	if (k > 0)
		return list;
	json_decref(list);
	return NULL;
}

/* The addresses that stay: one with a lifetime is somebody else's affair. */
static json_t *
show_dev(struct net_device *dev) CTL_ONLY
{
	json_t *list = json_array();

	const struct in_ifaddr *a;

	for_each_addr(a, dev)
	{
		struct inet_addr_spec s = {
			.local = a->ifa_local,
			.peer = a->ifa_address != a->ifa_local ? a->ifa_address : 0,
			.prefixlen = a->ifa_prefixlen,
			.scope = a->ifa_scope,
			.broadcast_set = true,
			.broadcast = a->ifa_broadcast,
			.metric = a->ifa_rt_priority,
			.noprefixroute = a->ifa_flags & IFA_NOPREFIXROUTE,
			.probe = a->ifa_flags & IFA_PROBE,
		};

		memcpy(s.label, a->ifa_label, sizeof(s.label));
		if (a->ifa_flags & IFA_PERMANENT && !is_builtin(dev->name, &s))
			json_array_append_new(list, element_json(dev->name, &s));
	}
	return list;
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		json_t *list = show_dev(d);

		if (json_array_size(list) > 0)
			json_object_set(all, d->name, list);
		json_decref(list);
	}
	return all;
}

/* --- apply --- */

static bool
contains(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static int
add_one(struct net_device *dev, const struct cfg *e) CTL_ONLY
{
	struct inet_addr_spec spec;
	int rc;

	parse(e, &spec);
	if (is_builtin(dev->name, &spec))
		return 0;
	rc = inet_addr_add(dev, &spec);
	if (rc == -EEXIST) { /* one with a lifetime: now it is the configuration's */
		inet_addr_del(dev, spec.local, spec.prefixlen);
		rc = inet_addr_add(dev, &spec);
	}
	if (rc != 0)
		cfg_fail(e, NULL, "%s refuses the address: %s", dev->name, strerror(-rc));
	return rc;
}

/* Those of the document that are not in @p but. */
static int
add_but(struct net_device *dev, const struct cfg *c, const json_t *but) CTL_ONLY
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(c->node) && rc == 0; i++) {
		struct cfg e = cfg_at(c, i);
		struct inet_addr_spec spec;
		json_t *v;

		parse(&e, &spec);
		v = element_json(dev->name, &spec);
		if (!contains(but, v))
			rc = add_one(dev, &e);
		json_decref(v);
	}
	return rc;
}

/* Delete the elements of @p list that are not in @p but, the last first. */
static void
del_but(struct net_device *dev, const struct cfg *list, const json_t *but) CTL_ONLY
{
	for (size_t i = json_array_size(list->node); i-- > 0;) {
		struct cfg e = cfg_at(list, i);
		struct inet_addr_spec spec;

		if (contains(but, e.node))
			continue;
		parse(&e, &spec);
		inet_addr_del(dev, spec.local, spec.prefixlen);
	}
}

static int
add(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev == NULL) {
		cfg_fail(c, NULL, "there is no device \"%s\"", c->key);
		return -ENODEV;
	}
	return add_but(dev, c, NULL);
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev != NULL)
		del_but(dev, c, NULL);
	return 0;
}

/* As few as possible go and come; all of them when those that are left stand in the wrong order, in
 * which one is primary that should not be. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct cfg is = *old;
	struct net_device *dev;
	json_t *want, *have;
	int rc;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev == NULL)
		return add(c);
	want = canon(c);
	del_but(dev, old, want);
	have = show_dev(dev); /* secondaries may have gone with their primary */
	rc = add_but(dev, c, have);
	json_decref(have);
	have = show_dev(dev);
	if (rc == 0 && !json_equal(have, want)) {
		is.node = have;
		del_but(dev, &is, NULL);
		rc = add_but(dev, c, NULL);
	}
	json_decref(have);
	json_decref(want);
	return rc;
}

static const char schema[] =
	"{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"object\","
	"\"required\":[\"local\"],\"additionalProperties\":false,\"properties\":{"
	"\"local\":{\"type\":\"string\"},\"peer\":{\"type\":\"string\"},"
	"\"label\":{\"type\":\"string\",\"maxLength\":15},"
	"\"scope\":{\"type\":\"string\"},"
	"\"broadcast\":{\"type\":\"string\"},"
	"\"metric\":{\"type\":\"integer\",\"minimum\":0},"
	"\"noprefixroute\":{\"type\":\"boolean\"},\"probe\":{\"type\":\"boolean\"}}}]}}";

static struct cfg_section section = {
	.name = "addresses",
	.shape = CFG_MAP,
	.order = 40,
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
inetdev_cfg_register(void)
{
	devconf_declare();
	cfg_register(&section);
}
