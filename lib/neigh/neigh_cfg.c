/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "neighbours": a list of permanent entries, and of hosts that are answered for. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include "core/rtproto.h"
#include "ctl/cfg.h"
#include "netdev/netdev.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"
#include "neigh/neigh_priv.h"

struct entry {
	rte_be32_t dst;
	uint8_t plen; /* of a proxy entry */
	bool proxy;
	const char *dev; /* of a proxy entry NULL: all */
	bool noarp;	 /* in that state, not permanent */
	uint8_t marks;	 /* NTF_ROUTER, NTF_MANAGED, NTF_EXT_LEARNED */
	uint8_t protocol;
	struct rte_ether_addr lladdr;
};

static bool
is_managed(const struct entry *e)
{
	return e->marks & NTF_MANAGED;
}

/* What has an address of its own, given or asked for. */
static bool
parse_lladdr(const struct cfg *c, struct entry *e)
{
	if (!is_managed(e))
		return cfg_mac(c, "lladdr", &e->lladdr);
	if (cfg_get(c, "lladdr").node != NULL)
		cfg_fail(c, "lladdr", "the address of a managed neighbour is asked for");
	if (cfg_get(c, "state").node != NULL)
		cfg_fail(c, "state", "a managed neighbour is in the state that asking finds");
	return true;
}

static void
parse_marks(const struct cfg *c, struct entry *e)
{
	for (size_t i = 0; i < RTE_DIM(neigh_marks); i++) {
		bool on = false;

		cfg_bool(c, neigh_marks[i].name, &on);
		e->marks |= on ? neigh_marks[i].flag : 0;
		if (on && e->proxy)
			cfg_fail(c, neigh_marks[i].name, "a proxy entry is not resolved");
	}
}

static bool
parse_state(const struct cfg *c, struct entry *e)
{
	const char *word;

	if (cfg_get(c, "state").node == NULL)
		return true;
	if (!cfg_str(c, "state", &word))
		return false;
	e->noarp = strcmp(word, "noarp") == 0;
	if (!e->noarp && strcmp(word, "permanent") != 0)
		cfg_fail(c, "state", "expected \"permanent\" or \"noarp\"");
	if (e->proxy)
		cfg_fail(c, "state", "a proxy entry is not resolved");
	return true;
}

static bool
parse_protocol(const struct cfg *c, struct entry *e)
{
	const char *word;
	int v;

	if (cfg_get(c, "protocol").node == NULL)
		return true;
	if (!cfg_str(c, "protocol", &word))
		return false;
	v = rtproto_parse(word);
	if (v < 0) {
		cfg_fail(c, "protocol", "expected a routing protocol, or 0 to 255");
		return false;
	}
	e->protocol = (uint8_t)v;
	return true;
}

/* Errors are told by the cursor. */
static bool
parse(const struct cfg *c, struct entry *e)
{
	static const char *const known[] = { "dst",    "dev",	  "lladdr",	  "state",
					     "router", "managed", "extern_learn", "protocol",
					     "proxy",  NULL };
	bool complete;

	*e = (struct entry){ .proxy = false };
	cfg_only(c, known);
	cfg_bool(c, "proxy", &e->proxy);
	complete = cfg_need(c, "dst");
	parse_marks(c, e);
	if (!e->proxy)
		complete =
			cfg_need(c, "dev") && (is_managed(e) || cfg_need(c, "lladdr")) && complete;
	else if (cfg_get(c, "lladdr").node != NULL)
		cfg_fail(c, "lladdr", "a proxy answers with the address of its device");
	complete = parse_state(c, e) && complete;
	complete = parse_protocol(c, e) && complete;
	if (!complete)
		return false;
	if (cfg_get(c, "dev").node != NULL)
		complete = cfg_str(c, "dev", &e->dev);
	if (e->proxy)
		return cfg_prefix(c, "dst", &e->dst, &e->plen) && complete;
	complete = cfg_ip4(c, "dst", &e->dst) && complete;
	return parse_lladdr(c, e) && complete;
}

static void
dst_text(const struct entry *e, char *text, size_t len)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &e->dst, addr, sizeof(addr));
	if (e->proxy && e->plen < 32)
		snprintf(text, len, "%s/%u", addr, e->plen);
	else
		snprintf(text, len, "%s", addr);
}

static bool
key(const struct cfg *c, char *text, size_t len)
{
	char dst[INET_ADDRSTRLEN + 4];
	struct entry e;

	if (!json_is_object(c->node) || !parse(c, &e))
		return false;
	dst_text(&e, dst, sizeof(dst));
	snprintf(text, len, "%s%s%s%s", e.proxy ? "proxy " : "", dst, e.dev != NULL ? " dev " : "",
		 e.dev != NULL ? e.dev : "");
	return true;
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	uint32_t behind;
	struct entry e;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with dst, dev and lladdr");
		return;
	}
	if (!parse(c, &e))
		return;
	behind = e.proxy && e.plen < 32 ? UINT32_MAX >> e.plen : 0;
	if (rte_be_to_cpu_32(e.dst) & behind)
		cfg_fail(c, "dst", "bits are set behind the prefix of /%u", e.plen);
	else if (e.proxy ? !neigh_proxy_may_be(e.dst, e.plen) : !neigh_may_be(e.dst))
		cfg_fail(c, "dst", "expected a unicast address");
	cfg_need_device(c, "dev", doc, e.dev);
}

/* --- what runs --- */

static json_t *
entry_json(const struct entry *e)
{
	char dst[INET_ADDRSTRLEN + 4];
	json_t *o;

	dst_text(e, dst, sizeof(dst));
	o = json_pack("{s:s}", "dst", dst);
	if (e->dev != NULL)
		json_object_set_new(o, "dev", json_string(e->dev));
	if (e->proxy)
		json_object_set_new(o, "proxy", json_true());
	else if (!is_managed(e))
		json_object_set_new(o, "lladdr", cfg_mac_json(&e->lladdr));
	if (e->noarp)
		json_object_set_new(o, "state", json_string("noarp"));
	for (size_t i = 0; i < RTE_DIM(neigh_marks); i++)
		if (e->marks & neigh_marks[i].flag)
			json_object_set_new(o, neigh_marks[i].name, json_true());
	if (e->protocol != 0)
		json_object_set_new(o, "protocol", json_string(rtproto_name(e->protocol)));
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	struct entry e;

	return parse(c, &e) ? entry_json(&e) : json_incref((json_t *)(uintptr_t)c->node);
}

/* Entered for good? NOARP is also what needs no ARP by its nature. */
static bool
is_kept(const struct neighbour *n)
{
	return n->nud.state == NUD_PERMANENT || (n->flags & NTF_MANAGED) ||
	       (n->nud.state == NUD_NOARP && (n->flags & NTF_ENTERED));
}

static void
show_one(struct neighbour *n, void *arg)
{
	struct entry e = { .dst = n->primary_key,
			   .dev = n->dev->name,
			   .lladdr = n->ha,
			   .marks = n->flags & NTF_MARKS,
			   .protocol = n->protocol };

	e.noarp = n->nud.state == NUD_NOARP && !is_managed(&e);
	if (is_kept(n))
		json_array_append_new(arg, entry_json(&e));
}

static json_t *
show(void)
{
	json_t *list = json_array();
	const struct neigh_proxy *p;

	role_enter_ctl();
	neigh_walk(show_one, list);
	for (unsigned int i = 0; (p = neigh_proxy_at(i)) != NULL; i++) {
		struct entry e = { .dst = p->addr,
				   .plen = p->plen,
				   .proxy = true,
				   .protocol = p->protocol,
				   .dev = p->dev != NULL ? p->dev->name : NULL };

		json_array_append_new(list, entry_json(&e));
	}
	return list;
}

/* --- apply --- */

static CTL_ONLY int
set_entry(const struct entry *e, struct net_device *dev)
{
	return neigh_admin_enter(
		&(struct neigh_entry){ .dst = e->dst,
				       .dev = dev,
				       .lladdr = is_managed(e) ? NULL : &e->lladdr,
				       .state = e->noarp ? NUD_NOARP : NUD_PERMANENT,
				       .ask = is_managed(e),
				       .marks = e->marks,
				       .protocol = e->protocol });
}

static CTL_ONLY int
set_proxy(const struct entry *e, struct net_device *dev)
{
	int rc = neigh_proxy_add(e->dst, e->plen, dev);

	if (rc < 0 && rc != -EEXIST) /* that one changes */
		return rc;
	neigh_proxy_find(e->dst, e->plen, dev)->protocol = e->protocol;
	return 0;
}

static int
add(const struct cfg *c)
{
	struct net_device *dev = NULL;
	struct entry e;
	int rc;

	role_enter_ctl();
	if (!parse(c, &e))
		return -EINVAL;
	if (e.dev != NULL)
		dev = dev_get_by_name(e.dev);
	if (e.dev != NULL && dev == NULL) {
		cfg_fail(c, "dev", "there is no device \"%s\"", e.dev);
		return -ENODEV;
	}
	if (e.proxy)
		rc = set_proxy(&e, dev);
	else
		rc = set_entry(&e, dev);
	if (rc < 0)
		cfg_fail(c, NULL, "the neighbour table refuses it: %s", strerror(-rc));
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev = NULL;
	struct entry e;

	role_enter_ctl();
	if (!parse(c, &e))
		return -EINVAL;
	if (e.dev != NULL)
		dev = dev_get_by_name(e.dev);
	if (e.proxy)
		neigh_proxy_del(e.dst, e.plen, dev);
	else if (dev != NULL) /* one that show() lists: what was changed by hand since is not */
		neigh_admin_del(e.dst, dev);
	return 0;
}

/* One that had an address given has to be asked for anew: deleted, and added. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct entry was, is;

	role_enter_ctl();
	if (parse(old, &was) && parse(c, &is) && is_managed(&is) && !is_managed(&was))
		return -EOPNOTSUPP;
	return add(c);
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"dst\"],"
	"\"additionalProperties\":false,\"properties\":{\"dst\":{\"type\":\"string\"},"
	"\"dev\":{\"type\":\"string\"},\"lladdr\":{\"type\":\"string\","
	"\"pattern\":\"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$\"},"
	"\"state\":{\"enum\":[\"permanent\",\"noarp\"]},"
	"\"router\":{\"type\":\"boolean\"},\"managed\":{\"type\":\"boolean\"},"
	"\"extern_learn\":{\"type\":\"boolean\"},\"protocol\":{\"type\":\"string\"},"
	"\"proxy\":{\"type\":\"boolean\"}}}";

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
