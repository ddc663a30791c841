/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnel devices: creation, change, removal. */
#include "ipip/ipip.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include "ip4/ip4.h"
#include "ip4/ip4_proto.h"
#include "neigh/adj_dp.h"
#include "neigh/neigh.h"

#define MTU_DEFAULT (RTE_ETHER_MTU - IPIP_OVERHEAD)

static struct ipip_tunnel *
tunnel_of(const struct net_device *dev)
{
	return dev->ctl->priv;
}

const char *
ipip_spec_check(const struct ipip_spec *s)
{
	if (!ip4_is_host_class(rte_be_to_cpu_32(s->local)))
		return "a tunnel needs a local unicast address";
	if (!ip4_is_host_class(rte_be_to_cpu_32(s->remote)))
		return "a tunnel needs a remote unicast address";
	if (s->local == s->remote)
		return "local and remote are one address";
	/* Linux: a fixed TTL without DF could go round for ever in fragments. */
	if (s->ttl != 0 && !s->pmtudisc)
		return "nopmtudisc goes with \"ttl inherit\" only";
	return NULL;
}

int
ipip_parse_ttl(const char *word, struct ipip_spec *s)
{
	unsigned long v;
	char *end;

	s->ttl = 0;
	if (strcmp(word, "inherit") == 0)
		return 0;
	v = strtoul(word, &end, 0);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || v > UINT8_MAX)
		return -EINVAL;
	s->ttl = (uint8_t)v;
	return 0;
}

int
ipip_parse_tos(const char *word, struct ipip_spec *s)
{
	unsigned long v;
	char *end;

	s->tos = 0;
	s->tos_inherit = strcmp(word, "inherit") == 0;
	if (s->tos_inherit)
		return 0;
	v = strtoul(word, &end, strncmp(word, "0x", 2) == 0 ? 16 : 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || v > UINT8_MAX)
		return -EINVAL;
	s->tos = (uint8_t)v;
	return 0;
}

/* --- the driver's side --- */

static int
dellink(struct net_device *dev)
{
	role_enter_ctl();
	return ipip_dev_del(dev);
}

static void
destructor(struct net_device *dev)
{
	struct ipip_tunnel *t = tunnel_of(dev);

	free(t->conf);
	free(t);
}

static int
set_mtu(struct net_device *dev, uint32_t mtu)
{
	tunnel_of(dev)->own_mtu = mtu;
	return 0;
}

static const struct net_device_ops ipip_ops = { .set_mtu = set_mtu,
						.dellink = dellink,
						.destructor = destructor };

bool
is_ipip_dev(const struct net_device *dev)
{
	return dev->ctl->ops == &ipip_ops;
}

const struct ipip_conf *
ipip_conf(const struct net_device *dev)
{
	return tunnel_of(dev)->conf;
}

struct ipip_spec
ipip_spec_of(const struct net_device *dev)
{
	const struct ipip_conf *c = ipip_conf(dev);
	struct ipip_spec s = { .local = c->local,
			       .remote = c->remote,
			       .ttl = c->ttl,
			       .tos = c->tos,
			       .tos_inherit = c->tos_inherit,
			       .pmtudisc = c->pmtudisc };

	memcpy(s.dev, c->dev, sizeof(s.dev));
	return s;
}

/* --- creation and change --- */

/* It leaves by @p out, or by none while that is NULL. */
static void
bind_device(struct ipip_conf *c, struct net_device *out) CTL_ONLY
{
	int64_t glean = c->dev[0] == '\0' || out == NULL ? -1 : neigh_glean_adj(out);

	c->out = glean < 0 ? NULL : out;
	c->glean = glean < 0 ? 0 : (uint32_t)glean;
}

static struct ipip_conf *
conf_new(const struct ipip_spec *s) CTL_ONLY
{
	struct ipip_conf *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->local = s->local;
	c->remote = s->remote;
	memcpy(c->dev, s->dev, sizeof(c->dev));
	bind_device(c, dev_get_by_name(s->dev));
	c->ttl = s->ttl;
	c->tos = s->tos;
	c->tos_inherit = s->tos_inherit;
	c->pmtudisc = s->pmtudisc;
	return c;
}

static void
table_add(struct ipip_tunnel *t) CTL_ONLY
{
	struct ipip_tunnel **head = &ipip_tab[ipip_hash(t->conf->local, t->conf->remote)];

	t->next = *head;
	rcu_assign_pointer(*head, t);
}

static void
table_del(struct ipip_tunnel *t) CTL_ONLY
{
	struct ipip_tunnel **p = &ipip_tab[ipip_hash(t->conf->local, t->conf->remote)];

	while (*p != NULL && *p != t)
		p = &(*p)->next;
	if (*p != NULL)
		rcu_assign_pointer(*p, t->next);
}

/* The tunnel between the same ends by the same device. */
static struct ipip_tunnel *
find_spec(const struct ipip_spec *s) CTL_ONLY
{
	struct ipip_tunnel *t = ipip_tab[ipip_hash(s->local, s->remote)];

	while (t != NULL && (t->conf->local != s->local || t->conf->remote != s->remote ||
			     strcmp(t->conf->dev, s->dev) != 0))
		t = t->next;
	return t;
}

/* The MAC address that the receive path sees: made of the local end's address. */
static uint64_t
made_up_mac(rte_be32_t local)
{
	struct rte_ether_addr a = { { 0x02, 0 } };

	memcpy(a.addr_bytes + 2, &local, sizeof(local));
	return ether_addr_to_u64(&a);
}

/* As Linux: what the link to the other end carries, without the outer header. */
static uint32_t
mtu_by_route(const struct ipip_conf *c) CTL_ONLY
{
	const struct adj *a = ipip_route(c, c->tos);
	const struct net_device *dev = a->dev != NULL ? a->dev : c->out;

	return dev != NULL && dev->mtu > 68 + IPIP_OVERHEAD ? dev->mtu - IPIP_OVERHEAD
							    : MTU_DEFAULT;
}

static struct net_device *
make(const struct ipip_spec *s) CTL_ONLY
{
	struct ipip_tunnel *t = calloc(1, sizeof(*t));
	struct ipip_conf *c = conf_new(s);
	struct net_device *dev = NULL;

	if (t != NULL && c != NULL)
		dev = alloc_netdev("ipip", &ipip_ops, &ipip_ops_dp, t);
	if (dev == NULL) {
		free(t);
		free(c);
		return NULL;
	}
	t->dev = dev;
	t->conf = c;
	dev->priv_dp = t;
	dev->dev_addr64 = made_up_mac(s->local);
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_RUNNING;
	dev->mtu = mtu_by_route(c);
	dev->ctl->max_mtu = IP4_LEN_MAX - IPIP_OVERHEAD;
	return dev;
}

int
ipip_dev_add(const char *name, const struct ipip_spec *s, struct net_device **out)
{
	struct net_device *dev;
	int rc;

	if (ipip_spec_check(s) != NULL || strcmp(s->dev, name) == 0)
		return -EINVAL;
	if (find_spec(s) != NULL)
		return -EEXIST;
	dev = make(s);
	if (dev == NULL)
		return -ENOMEM;
	rc = register_netdevice(dev, name);
	if (rc != 0) {
		destructor(dev);
		free_netdev(dev);
		return rc;
	}
	table_add(tunnel_of(dev));
	if (out != NULL)
		*out = dev;
	return 0;
}

static void
free_conf(struct rcu_head *head)
{
	free(head);
}

int
ipip_dev_change(struct net_device *dev, const struct ipip_spec *s)
{
	struct ipip_tunnel *t = tunnel_of(dev), *twin;
	struct ipip_conf *c, *old = t->conf;

	if (ipip_spec_check(s) != NULL || strcmp(s->dev, dev->name) == 0)
		return -EINVAL;
	twin = find_spec(s);
	if (twin != NULL && twin != t)
		return -EEXIST;
	c = conf_new(s);
	if (c == NULL)
		return -ENOMEM;
	/* Out of the table while it moves: for a moment it is found by nobody. */
	if (twin == NULL) {
		table_del(t);
		rcu_synchronize();
	}
	rcu_assign_pointer(t->conf, c);
	__atomic_store_n(&t->pmtu, 0, __ATOMIC_RELAXED);
	if (twin == NULL)
		table_add(t);
	rcu_defer(&old->rcu, free_conf);
	notifier_call(&netdev_chain, NETDEV_CHANGE, dev);
	return 0;
}

int
ipip_dev_set_mtu(struct net_device *dev, uint32_t mtu)
{
	int rc = dev_set_mtu(dev, mtu != 0 ? mtu : mtu_by_route(ipip_conf(dev)));

	if (rc == 0)
		tunnel_of(dev)->own_mtu = mtu;
	return rc;
}

uint32_t
ipip_own_mtu(const struct net_device *dev)
{
	return tunnel_of(dev)->own_mtu;
}

int
ipip_dev_del(struct net_device *dev)
{
	if (!is_ipip_dev(dev))
		return -EINVAL;
	table_del(tunnel_of(dev));
	unregister_netdevice(dev);
	return 0;
}

/* --- the devices that tunnels are bound to --- */

static void
rebind(struct ipip_tunnel *t, const char *name, struct net_device *out) CTL_ONLY
{
	struct ipip_conf *c = malloc(sizeof(*c)), *old = t->conf;

	if (c == NULL) { /* the one change in place that is whole */
		__atomic_store_n(&old->out, NULL, __ATOMIC_RELAXED);
		return;
	}
	*c = *old;
	snprintf(c->dev, sizeof(c->dev), "%s", name);
	bind_device(c, out);
	rcu_assign_pointer(t->conf, c);
	rcu_defer(&old->rcu, free_conf);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	(void)self;
	role_enter_ctl();
	if (event != NETDEV_REGISTER && event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_OK;
	for (unsigned int h = 0; h < IPIP_HASH; h++)
		for (struct ipip_tunnel *t = ipip_tab[h]; t != NULL; t = t->next) {
			const struct ipip_conf *c = t->conf;

			if (c->out == dev)
				rebind(t, event == NETDEV_CHANGENAME ? dev->name : c->dev,
				       event == NETDEV_UNREGISTER ? NULL : dev);
			else if (c->out == NULL && event != NETDEV_UNREGISTER &&
				 strcmp(c->dev, dev->name) == 0)
				rebind(t, c->dev, dev);
		}
	return NOTIFY_OK;
}

/* Before neighbours: the device's glean slot goes with these. */
static struct notifier netdev_nb = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH + 1 };

int
ipip_init(void)
{
	int rc = inet_add_protocol(IPPROTO_IPIP, ipip_rcv);

	if (rc != 0)
		return rc;
	inet_set_error(IPPROTO_IPIP, ipip_err);
	notifier_add(&netdev_chain, &netdev_nb);
	return 0;
}

void
ipip_fini(void)
{
	struct net_device *next;

	notifier_del(&netdev_chain, &netdev_nb);
	inet_set_error(IPPROTO_IPIP, NULL);
	inet_del_protocol(IPPROTO_IPIP);
	for (struct net_device *d = dev_first(); d != NULL; d = next) {
		next = d->ctl->next;
		if (is_ipip_dev(d))
			ipip_dev_del(d);
	}
}
