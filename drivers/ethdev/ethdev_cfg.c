/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "ports". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev_priv.h"
#include "netdev/netdev_cfg.h"

LOG_MODULE(ethdev_cfg);

#define ALIAS_MAX 63 /* of a net device */

static const char *const known[] = { "device",	"mtu",	       "rx_queues", "tx_queues", "rx_desc",
				     "tx_desc", "mbufs",       "mac",	    "enabled",	 "promisc",
				     "workers", "description", "spread",    "damping",	 NULL };
static const char *const spreads[] = { "off", "l3", "l4", NULL }; /* enum ethdev_spread */

struct port_entry {
	struct ethdev_conf conf;
	const char *description;
	bool enabled;
	uint16_t workers[ETHDEV_QUEUES_MAX];
	unsigned int n_workers;
};

static void
u16(const struct cfg *c, const char *key, uint16_t min, uint16_t max, uint16_t *out)
{
	uint32_t v;

	if (cfg_u32(c, key, min, max, &v))
		*out = (uint16_t)v;
}

static void
parse_workers(const struct cfg *c, struct port_entry *e)
{
	struct cfg list = cfg_get(c, "workers");
	size_t n = json_array_size(list.node);

	if (list.node == NULL)
		return;
	if (!json_is_array(list.node) || n == 0 || n > ETHDEV_QUEUES_MAX) {
		cfg_fail(c, "workers",
			 "expected a list of worker numbers (0: any), one for each rx queue");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct cfg item = cfg_at(&list, i);

		u16(&item, NULL, 0, WORKER_MAX - 1, &e->workers[i]);
	}
	e->n_workers = (unsigned int)n;
}

/* One member of "ports": every error is told; *e is complete when none was. */
static void
parse(const struct cfg *c, struct port_entry *e)
{
	const char *s = NULL;
	unsigned int word;

	memset(e, 0, sizeof(*e));
	e->enabled = true;
	cfg_only(c, known);
	if (cfg_need(c, "device") && cfg_str(c, "device", &s)) {
		if (s[0] == '\0' || strlen(s) >= sizeof(e->conf.device))
			cfg_fail(c, "device",
				 "expected a PCI address or vdev string of 1 to %zu "
				 "characters",
				 sizeof(e->conf.device) - 1);
		else
			memcpy(e->conf.device, s, strlen(s) + 1);
	}
	cfg_u32(c, "mtu", 68, 9702, &e->conf.mtu);
	u16(c, "rx_queues", 1, ETHDEV_QUEUES_MAX, &e->conf.rx_queues);
	u16(c, "tx_queues", 1, 1024, &e->conf.tx_queues);
	u16(c, "rx_desc", 32, 16384, &e->conf.rx_desc);
	u16(c, "tx_desc", 32, 16384, &e->conf.tx_desc);
	cfg_u32(c, "mbufs", 512, 1u << 24, &e->conf.mbufs);
	e->conf.mac_set = cfg_mac(c, "mac", &e->conf.mac);
	if (e->conf.mac_set && !rte_is_valid_assigned_ether_addr(&e->conf.mac))
		cfg_fail(c, "mac", "expected a unicast address");
	cfg_bool(c, "enabled", &e->enabled);
	cfg_bool(c, "promisc", &e->conf.promisc);
	e->conf.damping_s = LINK_DAMP_MAX_S;
	e->conf.damping_set = true;
	cfg_u32(c, "damping", 0, 3600, &e->conf.damping_s);
	if (cfg_word(c, "spread", spreads, &word))
		e->conf.spread = (enum ethdev_spread)word;
	if (cfg_str(c, "description", &e->description) && strlen(e->description) > ALIAS_MAX)
		cfg_fail(c, "description", "expected at most %d bytes", ALIAS_MAX);
	parse_workers(c, e);
}

/* --- check --- */

/* Workers that there are, for queues that there are. */
static void
check_workers(const struct cfg *c, const struct cfg *doc, const struct port_entry *e)
{
	const json_t *list = json_object_get(json_object_get(doc->node, "dpdk"), "workers");
	unsigned int queues = e->conf.rx_queues > 0 ? e->conf.rx_queues : 1, most = 0;
	struct cfg mine = cfg_get(c, "workers");

	if (e->n_workers > queues)
		cfg_fail(c, "workers", "expected one for each of %u receive queues, found %u",
			 queues, e->n_workers);
	/* A daemon that runs knows; else those of the document, if it has any. */
	if (n_workers > 1)
		most = n_workers - 1;
	else if (json_is_array(list))
		most = (unsigned int)json_array_size(list);
	for (unsigned int i = 0; i < e->n_workers && most > 0; i++) {
		struct cfg item = cfg_at(&mine, i);

		if (e->workers[i] > most)
			cfg_fail(&item, NULL, "there is no worker %u, expected 0..%u",
				 e->workers[i], most);
	}
}

/* What the device is, in one spelling: a PCI address with its domain, or a vdev's name. */
static void
device_id(const char *device, char *id, size_t len)
{
	int n = (int)strcspn(device, ",");
	unsigned int domain, bus, dev, fn;
	int used = 0;

	if (sscanf(device, "%x:%x:%x.%x%n", &domain, &bus, &dev, &fn, &used) != 4 || used != n) {
		domain = 0;
		if (sscanf(device, "%x:%x.%x%n", &bus, &dev, &fn, &used) != 3 || used != n) {
			snprintf(id, len, "%.*s", n, device);
			return;
		}
	}
	snprintf(id, len, "%04x:%02x:%02x.%x", domain, bus, dev, fn);
}

/* The interface of the kernel's, and where its queues begin, that a device string names. */
static bool
device_iface(const char *device, char *id, size_t len)
{
	const char *queue = strstr(device, ",start_queue=");
	char iface[IFNAMSIZ];

	if (!ethdev_device_iface(device, iface))
		return false;
	snprintf(id, len, "%s%.*s", iface, queue != NULL ? (int)strcspn(queue + 1, ",") + 1 : 0,
		 queue != NULL ? queue : "");
	return true;
}

/* Two ports may not be one device, nor have one address. */
static void
check_all(const struct cfg *sect, const struct cfg *doc)
{
	json_t *devices = json_object(), *ifaces = json_object(), *macs = json_object(), *v;
	const char *key;

	(void)doc;
	json_object_foreach((json_t *)(uintptr_t)sect->node, key, v) {
		const char *device = json_string_value(json_object_get(v, "device")), *who, *text;
		struct cfg c = cfg_get(sect, key);
		struct rte_ether_addr mac;
		char id[256];

		if (device != NULL) {
			device_id(device, id, sizeof(id));
			who = cfg_had_before(devices, &c, id);
			if (who != NULL)
				cfg_fail(&c, "device", "%s is the device of port %s already", id,
					 who);
			else if (device_iface(device, id, sizeof(id)) &&
				 (who = cfg_had_before(ifaces, &c, id)) != NULL)
				cfg_fail(&c, "device", "port %s is on interface %s already", who,
					 id);
		}
		text = json_string_value(json_object_get(v, "mac"));
		if (text != NULL && rte_ether_unformat_addr(text, &mac) == 0) {
			rte_ether_format_addr(id, sizeof(id), &mac);
			who = cfg_had_before(macs, &c, id);
			if (who != NULL)
				cfg_fail(&c, "mac", "port %s has %s already", who, id);
		}
	}
	json_decref(devices);
	json_decref(ifaces);
	json_decref(macs);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct port_entry e;

	role_enter_ctl();
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"device\"");
		return;
	}
	netdev_cfg_check_name(c, doc);
	parse(c, &e);
	check_workers(c, doc, &e);
}

/* --- what runs --- */

static void
set_number(json_t *o, const char *key, uint32_t v, uint32_t dflt)
{
	if (v != dflt)
		json_object_set_new(o, key, json_integer(v));
}

static json_t *
entry_json(const struct port_entry *e)
{
	json_t *o = json_pack("{s:s}", "device", e->conf.device), *list;
	unsigned int n = e->n_workers;

	set_number(o, "mtu", e->conf.mtu != 0 ? e->conf.mtu : RTE_ETHER_MTU, RTE_ETHER_MTU);
	set_number(o, "rx_queues", e->conf.rx_queues, 0);
	set_number(o, "tx_queues", e->conf.tx_queues, 0);
	set_number(o, "rx_desc", e->conf.rx_desc, 0);
	set_number(o, "tx_desc", e->conf.tx_desc, 0);
	set_number(o, "mbufs", e->conf.mbufs, 0);
	if (e->conf.mac_set)
		json_object_set_new(o, "mac", cfg_mac_json(&e->conf.mac));
	if (!e->enabled)
		json_object_set_new(o, "enabled", json_false());
	if (e->conf.promisc)
		json_object_set_new(o, "promisc", json_true());
	set_number(o, "damping", e->conf.damping_s, LINK_DAMP_MAX_S);
	if (e->conf.spread != 0)
		json_object_set_new(o, "spread", json_string(spreads[e->conf.spread]));
	if (e->description != NULL && e->description[0] != '\0')
		json_object_set_new(o, "description", json_string(e->description));
	while (n > 0 && e->workers[n - 1] == 0)
		n--;
	list = json_array();
	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(list, json_integer(e->workers[i]));
	if (n > 0)
		json_object_set(o, "workers", list);
	json_decref(list);
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	struct port_entry e;

	parse(c, &e);
	return entry_json(&e);
}

static void
entry_read(const struct ethdev_port *port, struct port_entry *e) CTL_ONLY
{
	e->conf = port->ctl->conf;
	e->conf.mtu = port->dev->mtu;
	e->conf.promisc = port->dev->ctl->user_promisc;
	e->conf.spread = port->spread;
	e->enabled = port->dev->flags & IFF_UP;
	e->description = port->dev->ctl->alias;
	e->n_workers = RTE_MIN((unsigned int)port->ctl->n_rxq, (unsigned int)ETHDEV_QUEUES_MAX);
	memcpy(e->workers, port->ctl->pinned, sizeof(e->workers));
}

static json_t *
show(void)
{
	struct port_entry e;
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next) {
		entry_read(p, &e);
		json_object_set_new(all, p->dev->name, entry_json(&e));
	}
	return all;
}

/* --- apply --- */

/* Queues to the workers that are asked for; the others stay where they are. */
static void
pin(struct ethdev_port *port, const struct port_entry *e)
{
	role_enter_ctl();
	for (uint16_t q = 0; q < port->ctl->n_rxq; q++) {
		uint16_t want = q < e->n_workers ? e->workers[q] : 0;

		if (want == 0)
			port->ctl->pinned[q] = 0;
		else if (port->ctl->pinned[q] != want && ethdev_move_rxq(port, q, want) < 0)
			log_warn("port %s: queue %u: there is no worker %u", port->dev->name, q,
				 want);
	}
}

static int
add(const struct cfg *c)
{
	struct net_device *dev;
	struct port_entry e;
	const char *why = NULL;
	int rc;

	role_enter_ctl();
	parse(c, &e);
	rc = ethdev_attach(c->key, &e.conf, &dev, &why);
	if (rc < 0) {
		cfg_fail(c, "device", "%s", why);
		return rc;
	}
	pin(ethdev_of(dev), &e);
	dev_set_alias(dev, e.description != NULL ? e.description : "");
	if (e.enabled) {
		rc = dev_open(dev);
		if (rc < 0) {
			cfg_fail(c, "enabled", "the port does not come up: %s", strerror(-rc));
			ethdev_detach(ethdev_of(dev));
		}
	}
	return rc;
}

static int
del(const struct cfg *c)
{
	struct ethdev_port *port;

	role_enter_ctl();
	port = ethdev_by_name(c->key);
	return port == NULL ? 0 : ethdev_detach(port); /* gone by hand is gone */
}

/* What a port is set to; change() returns to it when it fails half way. */
struct settings {
	struct ethdev_conf conf; /* queues and descriptors as asked, promisc */
	struct rte_ether_addr mac;
	bool mac_set;
	uint32_t mtu;
	bool up;
};

static CTL_ONLY void
settings_read(const struct ethdev_port *port, struct settings *s)
{
	s->conf = port->ctl->conf;
	s->conf.promisc = port->dev->ctl->user_promisc;
	s->conf.spread = port->spread;
	netdev_addr(port->dev, &s->mac);
	s->mac_set = port->ctl->conf.mac_set;
	s->mtu = port->dev->mtu;
	s->up = port->dev->flags & IFF_UP;
}

/* Each sets one thing if it differs from what the port has: 0 or -errno and a sentence. */
static CTL_ONLY int
set_queues(struct ethdev_port *port, const struct settings *to, const char **why)
{
	struct ethdev_conf conf = port->ctl->conf;

	if (conf.rx_queues == to->conf.rx_queues && conf.tx_queues == to->conf.tx_queues &&
	    conf.rx_desc == to->conf.rx_desc && conf.tx_desc == to->conf.tx_desc)
		return 0;
	conf.rx_queues = to->conf.rx_queues;
	conf.tx_queues = to->conf.tx_queues;
	conf.rx_desc = to->conf.rx_desc;
	conf.tx_desc = to->conf.tx_desc;
	return ethdev_reconfigure(port, &conf, why);
}

static CTL_ONLY int
set_mtu(struct ethdev_port *port, const struct settings *to, const char **why)
{
	int rc = dev_set_mtu(port->dev, to->mtu);

	return rc < 0 ? ethdev_fail(why, rc, "%u refused: %s", to->mtu, strerror(-rc)) : 0;
}

static CTL_ONLY int
set_mac(struct ethdev_port *port, const struct settings *to, const char **why)
{
	struct rte_ether_addr is;
	int rc = 0;

	netdev_addr(port->dev, &is);
	if (!rte_is_same_ether_addr(&is, &to->mac)) /* a device may have none: all zeros */
		rc = dev_set_mac_address(port->dev, &to->mac);
	if (rc < 0)
		return ethdev_fail(why, rc, "refused by the device: %s", strerror(-rc));
	port->ctl->conf.mac_set = to->mac_set;
	if (to->mac_set)
		port->ctl->conf.mac = to->mac;
	return 0;
}

static CTL_ONLY int
set_promisc(struct ethdev_port *port, const struct settings *to, const char **why)
{
	int rc = dev_set_user_promisc(port->dev, to->conf.promisc);

	return rc < 0 ? ethdev_fail(why, rc, "refused by the device: %s", strerror(-rc)) : 0;
}

static CTL_ONLY int
set_spread(struct ethdev_port *port, const struct settings *to, const char **why)
{
	int rc = ethdev_set_spread(port, to->conf.spread);

	return rc < 0 ? ethdev_fail(why, rc, "no memory for the rings between workers") : 0;
}

static CTL_ONLY int
set_damping(struct ethdev_port *port, const struct settings *to, const char **why)
{
	(void)why;
	ethdev_set_damping(port, to->conf.damping_s);
	return 0;
}

static CTL_ONLY int
set_up(struct ethdev_port *port, const struct settings *to, const char **why)
{
	int rc = 0;

	if (to->up)
		rc = dev_open(port->dev);
	else
		dev_close(port->dev);
	return rc < 0 ? ethdev_fail(why, rc, "the port does not come up: %s", strerror(-rc)) : 0;
}

static const struct {
	const char *key; /* member of the entry that an error is told of; NULL: the entry */
	int (*set)(struct ethdev_port *port, const struct settings *to, const char **why);
} steps[] = {
	{ NULL, set_queues },	    { "mtu", set_mtu },	      { "mac", set_mac },
	{ "promisc", set_promisc }, { "spread", set_spread }, { "damping", set_damping },
	{ "enabled", set_up },
};

/* All of it, or nothing: what was set before a refusal is set back, last first. */
static CTL_ONLY int
apply(const struct cfg *c, struct ethdev_port *port, const struct settings *to)
{
	struct settings before;
	const char *why = NULL, *ignored;

	settings_read(port, &before);
	for (size_t i = 0; i < RTE_DIM(steps); i++) {
		int rc = steps[i].set(port, to, &why);

		if (rc == 0)
			continue;
		cfg_fail(c, steps[i].key, "%s", why);
		while (i-- > 0)
			if (steps[i].set(port, &before, &ignored) < 0)
				log_err("port %s: not set back: %s", port->dev->name, ignored);
		return rc;
	}
	return 0;
}

static CTL_ONLY void
settings_want(const struct ethdev_port *port, const struct port_entry *e, struct settings *to)
{
	to->conf = e->conf;
	to->mtu = e->conf.mtu != 0 ? e->conf.mtu : RTE_ETHER_MTU;
	to->mac_set = e->conf.mac_set;
	to->mac = e->conf.mac_set ? e->conf.mac : port->dev->ctl->perm_addr;
	/* One that is the device's own may have changed with the kernel's interface. */
	if (!e->conf.mac_set && !port->ctl->conf.mac_set)
		netdev_addr(port->dev, &to->mac);
	to->up = e->enabled;
}

/* The document's address is no more, and the device came without one. */
static CTL_ONLY bool
loses_mac(const struct ethdev_port *port, const struct port_entry *e)
{
	return port->ctl->conf.mac_set && !e->conf.mac_set &&
	       rte_is_zero_ether_addr(&port->dev->ctl->perm_addr);
}

/* A new device or pool: a new port. The rest in place. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct ethdev_port *port;
	struct settings to;
	struct port_entry e;
	int rc;

	(void)old;
	role_enter_ctl();
	port = ethdev_by_name(c->key);
	parse(c, &e);
	if (port == NULL || strcmp(port->ctl->conf.device, e.conf.device) != 0 ||
	    port->ctl->conf.mbufs != e.conf.mbufs || e.conf.mtu > port->dev->ctl->max_mtu ||
	    loses_mac(port, &e))
		return -EOPNOTSUPP;
	settings_want(port, &e, &to);
	rc = apply(c, port, &to);
	if (rc < 0)
		return rc;
	pin(port, &e);
	if (strcmp(port->dev->ctl->alias, e.description != NULL ? e.description : "") != 0)
		dev_set_alias(port->dev, e.description != NULL ? e.description : "");
	return 0;
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"device\"],\"additionalProperties\":false,"
	"\"properties\":{"
	"\"device\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255},"
	"\"description\":{\"type\":\"string\",\"maxLength\":63},"
	"\"mtu\":{\"type\":\"integer\",\"minimum\":68,\"maximum\":9702},"
	"\"rx_queues\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":64},"
	"\"tx_queues\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1024},"
	"\"rx_desc\":{\"type\":\"integer\",\"minimum\":32,\"maximum\":16384},"
	"\"tx_desc\":{\"type\":\"integer\",\"minimum\":32,\"maximum\":16384},"
	"\"mbufs\":{\"type\":\"integer\",\"minimum\":512,\"maximum\":16777216},"
	"\"mac\":{\"type\":\"string\"},"
	"\"enabled\":{\"type\":\"boolean\"},"
	"\"promisc\":{\"type\":\"boolean\"},"
	"\"damping\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":3600},"
	"\"spread\":{\"enum\":[\"off\",\"l3\",\"l4\"]},"
	"\"workers\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"integer\","
	"\"minimum\":0}}}}";

static struct cfg_section section = {
	.name = "ports",
	.shape = CFG_MAP,
	.order = 10,
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
ethdev_cfg_register(void)
{
	cfg_register(&section);
}
