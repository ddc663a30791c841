/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "neighbours": a list of permanent entries. */
#include <arpa/inet.h>
#include <ctype.h>
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

static bool
key(const struct cfg *c, char *text, size_t len)
{
	char addr[INET_ADDRSTRLEN];
	struct entry e;

	if (!json_is_object(c->node) || !parse(c, &e))
		return false;
	inet_ntop(AF_INET, &e.dst, addr, sizeof(addr));
	snprintf(text, len, "%s dev %s", addr, e.dev);
	return true;
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct entry e;
	uint8_t first;

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
}

/* --- what runs --- */

static json_t *
entry_json(const struct entry *e)
{
	char addr[INET_ADDRSTRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];

	inet_ntop(AF_INET, &e->dst, addr, sizeof(addr));
	rte_ether_format_addr(mac, sizeof(mac), &e->lladdr);
	for (char *p = mac; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return json_pack("{s:s, s:s, s:s}", "dst", addr, "dev", e->dev, "lladdr", mac);
}

static json_t *
canon(const struct cfg *c)
{
	struct entry e;

	return parse(c, &e) ? entry_json(&e) : json_incref((json_t *)(uintptr_t)c->node);
}

static void
show_one(struct neighbour *n, void *arg)
{
	struct entry e = { .dst = n->primary_key, .dev = n->dev->name, .lladdr = n->ha };

	if (n->nud.state == NUD_PERMANENT)
		json_array_append_new(arg, entry_json(&e));
}

static json_t *
show(void)
{
	json_t *list = json_array();

	role_enter_ctl();
	neigh_walk(show_one, list);
	return list;
}

/* --- apply --- */

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

static int
change(const struct cfg *old, const struct cfg *c)
{
	(void)old;
	return add(c);
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
	.key = key,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
neigh_cfg_register(void)
{
	neigh_netdev_declare();
	cfg_register(&section);
}
