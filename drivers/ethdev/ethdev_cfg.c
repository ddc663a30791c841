/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "ports". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_cfg);

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
		cfg_fail(c, "workers", "expected a list of worker numbers, one for each rx queue");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct cfg item = cfg_at(&list, i);

		u16(&item, NULL, 1, WORKER_MAX - 1, &e->workers[i]);
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
	e->conf.damping_set = cfg_u32(c, "damping", 0, 3600, &e->conf.damping_s);
	if (cfg_word(c, "spread", spreads, &word))
		e->conf.spread = (enum ethdev_spread)word;
	cfg_str(c, "description", &e->description);
	parse_workers(c, e);
}

/* Length of the DPDK name at the start of a device string. */
static size_t
name_len(const char *device)
{
	return strcspn(device, ",");
}

/* Two ports may not be one device. */
static void
check_device_unique(const struct cfg *c, const struct cfg *doc)
{
	const json_t *all = json_object_get(doc->node, "ports");
	const char *mine = json_string_value(json_object_get(c->node, "device")), *key;
	json_t *other;

	if (mine == NULL)
		return;
	json_object_foreach((json_t *)(uintptr_t)all, key, other) {
		const char *theirs = json_string_value(json_object_get(other, "device"));

		if (strcmp(key, c->key) == 0)
			return; /* the earlier of the two is good, the later is refused */
		if (theirs != NULL && name_len(theirs) == name_len(mine) &&
		    strncmp(theirs, mine, name_len(mine)) == 0)
			cfg_fail(c, "device", "\"%.*s\" is the device of port \"%s\" already",
				 (int)name_len(mine), mine, key);
	}
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
	if (!dev_valid_name(c->key))
		cfg_fail(c, NULL,
			 "expected an interface name: 1 to 15 characters, none of / : %% "
			 "or white space");
	parse(c, &e);
	check_device_unique(c, doc);
}

static void
pin(struct ethdev_port *port, const struct port_entry *e)
{
	role_enter_ctl();
	for (unsigned int q = 0; q < e->n_workers && q < port->ctl->n_rxq; q++)
		if (ethdev_move_rxq(port, (uint16_t)q, e->workers[q]) < 0)
			log_warn("port %s: queue %u: there is no worker %u", port->dev->name, q,
				 e->workers[q]);
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
	int rc = dev_set_mac_address(port->dev, &to->mac);

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
	int rc = ethdev_set_promisc(port, to->conf.promisc);

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
	port->ctl->conf.damping_s = to->conf.damping_s;
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

/* What the entry asks for: where it did not change, what the port has been told since stays. */
static CTL_ONLY void
settings_want(const struct ethdev_port *port, const struct port_entry *was,
	      const struct port_entry *e, struct settings *to)
{
	settings_read(port, to);
	if (was->conf.rx_queues != e->conf.rx_queues || was->conf.tx_queues != e->conf.tx_queues ||
	    was->conf.rx_desc != e->conf.rx_desc || was->conf.tx_desc != e->conf.tx_desc) {
		to->conf.rx_queues = e->conf.rx_queues;
		to->conf.tx_queues = e->conf.tx_queues;
		to->conf.rx_desc = e->conf.rx_desc;
		to->conf.tx_desc = e->conf.tx_desc;
	}
	if (was->conf.mtu != e->conf.mtu)
		to->mtu = e->conf.mtu != 0 ? e->conf.mtu : RTE_ETHER_MTU;
	if (was->conf.mac_set != e->conf.mac_set ||
	    (e->conf.mac_set && !rte_is_same_ether_addr(&was->conf.mac, &e->conf.mac))) {
		to->mac = e->conf.mac_set ? e->conf.mac : port->dev->ctl->perm_addr;
		to->mac_set = e->conf.mac_set;
	}
	if (was->conf.promisc != e->conf.promisc)
		to->conf.promisc = e->conf.promisc;
	if (was->conf.damping_s != e->conf.damping_s)
		to->conf.damping_s = e->conf.damping_s;
	if (was->conf.spread != e->conf.spread)
		to->conf.spread = e->conf.spread;
	to->up = e->enabled;
}

/* A new device or pool: a new port. The rest in place. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	struct ethdev_port *port;
	struct port_entry was, e;
	struct settings to;
	int rc;

	role_enter_ctl();
	port = ethdev_by_name(c->key);
	parse(old, &was);
	parse(c, &e);
	if (port == NULL || strcmp(was.conf.device, e.conf.device) != 0 ||
	    was.conf.mbufs != e.conf.mbufs || e.conf.mtu > port->dev->ctl->max_mtu)
		return -EOPNOTSUPP;
	settings_want(port, &was, &e, &to);
	rc = apply(c, port, &to);
	if (rc < 0)
		return rc;
	pin(port, &e);
	dev_set_alias(port->dev, e.description != NULL ? e.description : "");
	return 0;
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"device\"],\"additionalProperties\":false,"
	"\"properties\":{"
	"\"device\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255},"
	"\"description\":{\"type\":\"string\"},"
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
	"\"minimum\":1}}}}";

static struct cfg_section section = {
	.name = "ports",
	.shape = CFG_MAP,
	.order = 10,
	.check = check,
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
