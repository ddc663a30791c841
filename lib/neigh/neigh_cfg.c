/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "neighbours": a list of permanent entries. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include "ctl/cfg.h"
#include "netdev/netdev.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"
#include "neigh/neigh_priv.h"

struct entry {
	rte_be32_t dst;
	const char *dev;
	struct rte_ether_addr lladdr;
};

/* Errors are told by the cursor. */
static bool
parse(const struct cfg *c, struct entry *e)
{
	static const char *const known[] = { "dst", "dev", "lladdr", NULL };
	bool complete = true;

	cfg_only(c, known);
	for (unsigned int i = 0; known[i] != NULL; i++)
		complete = cfg_need(c, known[i]) && complete;
	if (!complete)
		return false;
	complete = cfg_ip4(c, "dst", &e->dst);
	complete = cfg_str(c, "dev", &e->dev) && complete;
	return cfg_mac(c, "lladdr", &e->lladdr) && complete;
}

/* Elements seen so far of the list that is being checked, by address and device: each is checked
 * once, in order. */
static json_t *seen;

static void
forget_seen(void)
{
	json_decref(seen);
	seen = NULL;
}

/* An element before this one with the same address and device, or -1. */
static int
same_before(const struct cfg *c, const struct entry *e)
{
	const json_t *twin;
	char key[64];

	if (seen == NULL)
		seen = json_object();
	snprintf(key, sizeof(key), "%08x %s", (unsigned int)e->dst, e->dev);
	twin = json_object_get(seen, key);
	if (twin != NULL)
		return (int)json_integer_value(twin);
	json_object_set_new(seen, key, json_integer((json_int_t)c->idx));
	return -1;
}

static struct cfg_section section;

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct entry e;
	uint8_t first;
	int twin;

	if (c->idx == 0)
		forget_seen();
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with dst, dev and lladdr");
		return;
	}
	if (!parse(c, &e))
		return;
	first = (uint8_t)(rte_be_to_cpu_32(e.dst) >> 24);
	if (first == 0 || first == 127 || first >= 224)
		cfg_fail(c, "dst", "expected a unicast address");
	if (!rte_is_valid_assigned_ether_addr(&e.lladdr))
		cfg_fail(c, "lladdr", "expected a unicast MAC address that is not zero");
	cfg_need_device(c, "dev", doc, e.dev);
	twin = same_before(c, &e);
	if (twin >= 0)
		cfg_fail(c, "dst", "the same dst and dev as element %d", twin);
	if (c->idx + 1 == json_array_size(json_object_get(doc->node, section.name)))
		forget_seen();
}

static int
add(const struct cfg *c)
{
	struct net_device *dev;
	struct entry e;
	int rc;

	role_enter_ctl();
	if (!parse(c, &e))
		return -EINVAL;
	dev = dev_get_by_name(e.dev);
	if (dev == NULL) {
		cfg_fail(c, "dev", "there is no device \"%s\"", e.dev);
		return -ENODEV;
	}
	rc = neigh_admin_set(e.dst, dev, &e.lladdr, NUD_PERMANENT);
	if (rc < 0)
		cfg_fail(c, NULL, "the neighbour table refuses it: %s", strerror(-rc));
	return rc;
}

static int
del(const struct cfg *c)
{
	const struct neighbour *n;
	struct net_device *dev;
	struct entry e;

	role_enter_ctl();
	if (!parse(c, &e))
		return -EINVAL;
	dev = dev_get_by_name(e.dev);
	n = dev != NULL ? neigh_lookup(e.dst, dev) : NULL;
	if (n != NULL && n->nud.state == NUD_PERMANENT)
		neigh_admin_del(e.dst, dev); /* what was changed by hand since stays */
	return 0;
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"dst\",\"dev\",\"lladdr\"],"
	"\"additionalProperties\":false,\"properties\":{\"dst\":{\"type\":\"string\","
	"\"format\":\"ipv4\"},\"dev\":{\"type\":\"string\"},\"lladdr\":{\"type\":\"string\","
	"\"pattern\":\"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$\"}}}";

static struct cfg_section section = {
	.name = "neighbours",
	.shape = CFG_LIST,
	.order = 50,
	.check = check,
	.add = add,
	.del = del,
	.schema = schema,
};

void
neigh_cfg_register(void)
{
	neigh_netdev_declare();
	cfg_register(&section);
}
