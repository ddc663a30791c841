/* SPDX-License-Identifier: BSD-3-Clause */
/* VLAN devices: creation, and what they take from their parents: MAC, MTU, carrier, life. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"
#include "vlan/vlan.h"

LOG_MODULE(vlan);

/* What a VLAN device remembers: net_device has the rest. */
struct vlan_priv {
	bool own_mac;	 /* set by the administrator: does not follow the parent's */
	bool uc_on_real; /* the parent answers to our own MAC */
	bool want_up;	 /* goes up when the parent does */
	bool promisc_on_real, allmulti_on_real; /* we are one of the parent's users of it */
	bool following;	  /* the MTU that is being set is the parent's doing */
	uint32_t own_mtu; /* set by the administrator; 0: inherited */
};

static struct vlan_priv *
priv_of(const struct net_device *dev)
{
	return dev->ctl->priv;
}

/* --- the driver's side --- */

/* The parent hears frames to our own MAC while we are up. */
static int
listen_on_parent(struct net_device *dev, uint64_t addr64) CTL_ONLY
{
	struct rte_ether_addr a;
	int rc;

	if (addr64 == dev->real_dev->dev_addr64)
		return 0;
	memcpy(&a, &addr64, sizeof(a));
	rc = dev_uc_add(dev->real_dev, &a);
	priv_of(dev)->uc_on_real = rc == 0;
	return rc == -EEXIST ? 0 : rc;
}

static void
unlisten_on_parent(struct net_device *dev) CTL_ONLY
{
	struct rte_ether_addr a;

	if (!priv_of(dev)->uc_on_real)
		return;
	netdev_addr(dev, &a);
	dev_uc_del(dev->real_dev, &a);
	priv_of(dev)->uc_on_real = false;
}

/* Promiscuity reaches down to the port: only there are frames filtered. We are one user of the
 * parent's, or none. */
static int
hold_promisc(struct net_device *dev, bool on) CTL_ONLY
{
	struct vlan_priv *priv = priv_of(dev);
	int rc = priv->promisc_on_real == on ? 0 : dev_set_promiscuity(dev->real_dev, on ? 1 : -1);

	if (rc == 0)
		priv->promisc_on_real = on;
	return rc;
}

static int
hold_allmulti(struct net_device *dev, bool on) CTL_ONLY
{
	struct vlan_priv *priv = priv_of(dev);
	int rc = priv->allmulti_on_real == on ? 0 : dev_set_allmulti(dev->real_dev, on ? 1 : -1);

	if (rc == 0)
		priv->allmulti_on_real = on;
	return rc;
}

/* Give back all that the parent does for us. */
static void
release_parent(struct net_device *dev) CTL_ONLY
{
	unlisten_on_parent(dev);
	hold_promisc(dev, false);
	hold_allmulti(dev, false);
}

static int
vlan_open(struct net_device *dev)
{
	int rc;

	role_enter_ctl();
	priv_of(dev)->want_up = true;
	if (!netif_running(dev->real_dev))
		return -ENETDOWN; /* as Linux: the parent comes first */
	rc = listen_on_parent(dev, dev->dev_addr64);
	if (rc == 0 && dev->flags & IFF_PROMISC)
		rc = hold_promisc(dev, true);
	if (rc == 0 && dev->flags & IFF_ALLMULTI)
		rc = hold_allmulti(dev, true);
	if (rc != 0)
		release_parent(dev);
	return rc;
}

static void
vlan_stop(struct net_device *dev)
{
	role_enter_ctl();
	priv_of(dev)->want_up = false;
	release_parent(dev);
}

static int
vlan_set_mac(struct net_device *dev, const struct rte_ether_addr *addr)
{
	int rc = 0;

	role_enter_ctl();
	unlisten_on_parent(dev);
	if (netif_running(dev))
		rc = listen_on_parent(dev, ether_addr_to_u64(addr));
	if (rc == 0)
		priv_of(dev)->own_mac = true;
	return rc;
}

static int
vlan_set_mtu(struct net_device *dev, uint32_t mtu)
{
	struct vlan_priv *priv;

	role_enter_ctl();
	priv = priv_of(dev);
	if (priv->following)
		return 0;
	if (mtu > dev->real_dev->mtu)
		return -ERANGE;
	priv->own_mtu = mtu;
	return 0;
}

/* As large as was asked for and the parent allows. */
static int
follow_mtu(struct net_device *dev) CTL_ONLY
{
	struct vlan_priv *priv = priv_of(dev);
	uint32_t mtu = dev->real_dev->mtu;
	int rc;

	if (priv->own_mtu != 0)
		mtu = RTE_MIN(mtu, priv->own_mtu);
	priv->following = true;
	rc = dev_set_mtu(dev, mtu);
	priv->following = false;
	return rc;
}

int
vlan_dev_set_mtu(struct net_device *dev, uint32_t mtu)
{
	priv_of(dev)->own_mtu = mtu;
	return follow_mtu(dev);
}

/* While down nothing is asked of the parent: open() does it. */
static int
vlan_set_promisc(struct net_device *dev, bool on)
{
	role_enter_ctl();
	return netif_running(dev) ? hold_promisc(dev, on) : 0;
}

static int
vlan_set_allmulti(struct net_device *dev, bool on)
{
	role_enter_ctl();
	return netif_running(dev) ? hold_allmulti(dev, on) : 0;
}

static int
vlan_dellink(struct net_device *dev)
{
	role_enter_ctl();
	return vlan_dev_del(dev);
}

static void
vlan_destructor(struct net_device *dev)
{
	free(dev->ctl->priv);
}

static const struct net_device_ops vlan_ops = {
	.open = vlan_open,
	.stop = vlan_stop,
	.set_mac = vlan_set_mac,
	.set_mtu = vlan_set_mtu,
	.set_promisc = vlan_set_promisc,
	.set_allmulti = vlan_set_allmulti,
	.dellink = vlan_dellink,
	.destructor = vlan_destructor,
};

/* --- creation --- */

bool
is_vlan_dev(const struct net_device *dev)
{
	return dev->ctl->ops == &vlan_ops;
}

rte_be16_t
vlan_proto_parse(const char *word)
{
	if (strcasecmp(word, "802.1Q") == 0)
		return RTE_BE16(RTE_ETHER_TYPE_VLAN);
	return strcasecmp(word, "802.1ad") == 0 ? RTE_BE16(RTE_ETHER_TYPE_QINQ) : 0;
}

static int
check_parent(const struct net_device *parent, uint16_t id, rte_be16_t proto)
{
	unsigned int tags = 1;

	if (id == 0 || id > 4094 || parent->flags & IFF_LOOPBACK ||
	    (proto != RTE_BE16(RTE_ETHER_TYPE_VLAN) && proto != RTE_BE16(RTE_ETHER_TYPE_QINQ)))
		return -EINVAL;
	for (; parent->real_dev != parent; parent = parent->real_dev)
		tags++;
	return tags > NETDEV_TAGS_MAX ? -ELOOP : 0;
}

static bool
parent_carries(const struct net_device *parent)
{
	return netif_running(parent) && netif_carrier_ok(parent);
}

static struct net_device *
make(struct net_device *parent, uint16_t id, rte_be16_t proto) CTL_ONLY
{
	struct vlan_priv *priv = calloc(1, sizeof(*priv));
	struct net_device *dev;

	if (priv == NULL)
		return NULL;
	dev = alloc_netdev("vlan", &vlan_ops, &vlan_ops_dp, priv);
	if (dev == NULL) {
		free(priv);
		return NULL;
	}
	dev->real_dev = parent;
	dev->vlan_id = id;
	dev->vlan_proto = proto;
	dev->dev_addr64 = parent->dev_addr64;
	dev->mtu = parent->mtu;
	dev->ctl->min_mtu = 68;
	dev->ctl->socket = parent->ctl->socket;
	netdev_addr(parent, &dev->ctl->perm_addr);
	if (parent_carries(parent))
		dev->flags |= IFF_RUNNING;
	return dev;
}

int
vlan_dev_add(struct net_device *parent, const char *name, uint16_t id, rte_be16_t proto,
	     struct net_device **out)
{
	int rc = check_parent(parent, id, proto);
	struct net_device *dev;

	if (rc != 0)
		return rc;
	if (parent->vlan_tab != NULL && parent->vlan_tab[id] != NULL)
		return -EEXIST;
	dev = make(parent, id, proto);
	if (dev == NULL)
		return -ENOMEM;
	rc = register_netdevice(dev, name);
	if (rc != 0) {
		vlan_destructor(dev);
		free_netdev(dev);
		return rc;
	}
	/* Last: from here on frames find it. */
	rc = netdev_vlan_attach(parent, dev);
	if (rc != 0) {
		unregister_netdevice(dev);
		return rc;
	}
	if (out != NULL)
		*out = dev;
	return 0;
}

int
vlan_dev_del(struct net_device *dev)
{
	if (!is_vlan_dev(dev))
		return -EINVAL;
	netdev_vlan_detach(dev->real_dev, dev);
	unregister_netdevice(dev);
	return 0;
}

/* --- what happens to the parent --- */

static void
parent_down(struct net_device *dev) CTL_ONLY
{
	bool was_up = netif_running(dev);

	dev_close(dev);
	priv_of(dev)->want_up |= was_up;
	netif_carrier_set(dev, false);
}

static void
parent_up(struct net_device *dev) CTL_ONLY
{
	int rc;

	netif_carrier_set(dev, parent_carries(dev->real_dev));
	if (!priv_of(dev)->want_up)
		return;
	rc = dev_open(dev);
	if (rc != 0)
		log_err("%s: does not come up with %s: %s", dev->name, dev->real_dev->name,
			strerror(-rc));
}

static void
follow_one(struct net_device *dev, unsigned int event) CTL_ONLY
{
	struct net_device *parent = dev->real_dev;

	switch (event) {
	case NETDEV_UP:
		parent_up(dev);
		break;
	case NETDEV_CARRIER:
		netif_carrier_set(dev, parent_carries(parent));
		break;
	case NETDEV_DOWN:
		parent_down(dev);
		break;
	case NETDEV_CHANGEMTU:
		follow_mtu(dev);
		break;
	case NETDEV_CHANGEADDR:
		if (priv_of(dev)->own_mac || dev->dev_addr64 == parent->dev_addr64)
			break;
		__atomic_store_n(&dev->dev_addr64, parent->dev_addr64, __ATOMIC_RELAXED);
		notifier_call(&netdev_chain, NETDEV_CHANGEADDR, dev);
		break;
	}
}

/* A VLAN device over @p parent (any, when NULL), or NULL. */
static struct net_device *
first_over(const struct net_device *parent) CTL_ONLY
{
	struct net_device *d = dev_first();

	while (d != NULL && !(is_vlan_dev(d) && (parent == NULL || d->real_dev == parent)))
		d = d->ctl->next;
	return d;
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *parent = obj, *d;

	role_enter_ctl();
	if (parent->vlan_tab == NULL)
		return NOTIFY_OK;
	/* Removal takes devices over the VLAN devices along: look afresh each time. */
	if (event == NETDEV_UNREGISTER) {
		while ((d = first_over(parent)) != NULL)
			vlan_dev_del(d);
		return NOTIFY_OK;
	}
	for (d = dev_first(); d != NULL; d = d->ctl->next)
		if (d != parent && d->real_dev == parent)
			follow_one(d, event);
	return NOTIFY_OK;
}

static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_DRIVER };

int
vlan_init(void)
{
	notifier_add(&netdev_chain, &listener);
	return 0;
}

void
vlan_fini(void)
{
	struct net_device *d;

	while ((d = first_over(NULL)) != NULL)
		vlan_dev_del(d);
	notifier_del(&netdev_chain, &listener);
}
