/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "addresses": a list for each interface, of "a.b.c.d/len" or of objects. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"

static const char *const known[] = { "local", "peer", "label", "scope", "broadcast", NULL };
static const char *const scope_words[] = { "global", "site", "link", "host", NULL };
static const uint8_t scope_values[] = { SCOPE_UNIVERSE, SCOPE_SITE, SCOPE_LINK, SCOPE_HOST };

/* One element: string or object. Errors are told. */
static void
parse(const struct cfg *e, struct inet_addr_spec *spec)
{
	const char *label = NULL;
	unsigned int scope;

	*spec = (struct inet_addr_spec){ 0 };
	if (json_is_object(e->node)) {
		cfg_only(e, known);
		if (cfg_need(e, "local"))
			cfg_prefix(e, "local", &spec->local, &spec->prefixlen);
		cfg_prefix(e, "peer", &spec->peer, &spec->prefixlen);
		spec->broadcast_set = cfg_ip4(e, "broadcast", &spec->broadcast);
	} else {
		cfg_prefix(e, NULL, &spec->local, &spec->prefixlen);
	}
	if ((rte_be_to_cpu_32(spec->local) >> 24) == 127)
		spec->scope = SCOPE_HOST;
	if (!json_is_object(e->node))
		return;
	if (cfg_word(e, "scope", scope_words, &scope))
		spec->scope = scope_values[scope];
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

/* Refuse @p e when it is the address of one of the @p n elements before it. */
static void
check_twice(const struct cfg *e, const struct inet_addr_spec *specs, size_t n)
{
	const struct inet_addr_spec *mine = &specs[n];

	for (size_t k = 0; k < n && mine->local != 0; k++)
		if (specs[k].local == mine->local && specs[k].prefixlen == mine->prefixlen) {
			cfg_fail(e, NULL, "the same address as element %zu", k);
			return;
		}
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

/* Refuse @p e when an interface further up in the document has its address. */
static void
check_elsewhere(const struct cfg *e, const struct cfg *doc, const char *dev)
{
	rte_be32_t mine = element_address(e->node);
	const json_t *list;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)json_object_get(doc->node, "addresses"), key,
			    list) {
		if (mine == 0 || strcmp(key, dev) == 0)
			return;
		for (size_t i = 0; i < json_array_size(list); i++)
			if (element_address(json_array_get(list, i)) == mine) {
				cfg_fail(e, NULL, "\"%s\" has this address too", key);
				return;
			}
	}
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	size_t n = json_array_size(c->node);
	struct inet_addr_spec *specs;

	cfg_need_device(c, NULL, doc, c->key);
	if (!json_is_array(c->node)) {
		cfg_fail(c, NULL, "expected a list of addresses");
		return;
	}
	specs = calloc(n + 1, sizeof(*specs));
	for (size_t i = 0; i < n && specs != NULL; i++) {
		struct cfg e = cfg_at(c, i);

		parse(&e, &specs[i]);
		check_spec(&e, c->key, &specs[i]);
		check_twice(&e, specs, i);
		check_elsewhere(&e, doc, c->key);
	}
	free(specs);
}

/* --- apply --- */

static int
add_one(struct net_device *dev, const struct cfg *e) CTL_ONLY
{
	struct inet_addr_spec spec;
	int rc;

	parse(e, &spec);
	rc = inet_addr_add(dev, &spec);
	/* Another hand was faster, or lo's own 127.0.0.1/8: what was asked for is there. */
	if (rc == -EEXIST)
		return 0;
	if (rc != 0)
		cfg_fail(e, NULL, "%s refuses the address: %s", dev->name, strerror(-rc));
	return rc;
}

static void
del_one(struct net_device *dev, const struct cfg *e) CTL_ONLY
{
	struct inet_addr_spec spec;

	parse(e, &spec);
	inet_addr_del(dev, spec.local, spec.prefixlen); /* gone by hand is gone */
}

static bool
contains(const json_t *list, const json_t *value)
{
	for (size_t i = 0; list != NULL && i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

/* Add the elements of @p c that are not in @p but; what was added goes again on failure. */
static int
add_new(struct net_device *dev, const struct cfg *c, const json_t *but) CTL_ONLY
{
	for (size_t i = 0; i < json_array_size(c->node); i++) {
		struct cfg e = cfg_at(c, i);
		int rc = contains(but, e.node) ? 0 : add_one(dev, &e);

		if (rc == 0)
			continue;
		while (i-- > 0) {
			e = cfg_at(c, i);
			if (!contains(but, e.node))
				del_one(dev, &e);
		}
		return rc;
	}
	return 0;
}

static void
del_gone(struct net_device *dev, const struct cfg *c, const json_t *but) CTL_ONLY
{
	for (size_t i = json_array_size(c->node); i-- > 0;) {
		struct cfg e = cfg_at(c, i);

		if (!contains(but, e.node))
			del_one(dev, &e);
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
	return add_new(dev, c, NULL);
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev != NULL)
		del_gone(dev, c, NULL);
	return 0;
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev == NULL)
		return add(c);
	del_gone(dev, old, c->node);
	rc = add_new(dev, c, old->node);
	if (rc != 0)
		add_new(dev, old, c->node);
	return rc;
}

static const char schema[] =
	"{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"object\","
	"\"required\":[\"local\"],\"additionalProperties\":false,\"properties\":{"
	"\"local\":{\"type\":\"string\"},\"peer\":{\"type\":\"string\"},"
	"\"label\":{\"type\":\"string\",\"maxLength\":15},"
	"\"scope\":{\"enum\":[\"global\",\"site\",\"link\",\"host\"]},"
	"\"broadcast\":{\"type\":\"string\"}}}]}}";

static struct cfg_section section = {
	.name = "addresses",
	.shape = CFG_MAP,
	.order = 40,
	.check = check,
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
