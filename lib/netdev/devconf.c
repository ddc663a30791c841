/* SPDX-License-Identifier: BSD-3-Clause */
/* net.ipv4.conf.{all,default,<interface>}.*: defaults, ranges and inheritance as in Linux. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "core/sysctl.h"
#include "netdev/inetdev.h"
#include "netdev/inetdev_priv.h"
#include "netdev/netdev_priv.h"

LOG_MODULE(devconf);

#define CONF_PATH "net.ipv4.conf."

/* Linux's defaults of a router. */
#define DEVCONF_COMMON                                                                             \
	.forwarding = 1, .send_redirects = 1, .secure_redirects = 1, .shared_media = 1,            \
	.arp_evict_nocarrier = 1
static const struct ipv4_devconf initial_all = { DEVCONF_COMMON };
/* A router has other ways than one without a carrier: there Linux's default is 0. */
static const struct ipv4_devconf initial_dflt = { DEVCONF_COMMON, .accept_redirects = 1,
						  .accept_source_route = 1,
						  .ignore_routes_with_linkdown = 1 };

struct ipv4_devconf ipv4_devconf_all, ipv4_devconf_dflt;
void (*inetdev_forwarding_hook)(int on);
void (*inetdev_linkdown_hook)(void);

static void changed(const struct ctl_table *t, void *object, int old);

#define CONF(field, lo, hi, text)                                                                  \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct ipv4_devconf, field), .min = (lo),   \
		.max = (hi), .mode = 0644, .changed = changed, .help = (text)                      \
	}

static const struct ctl_table conf_table[] = {
	CONF(forwarding, 0, 1, "Forward packets that arrive by this interface."),
	CONF(rp_filter, 0, 2, "Source validation by reversed path (RFC 3704): 1 strict, 2 loose."),
	CONF(send_redirects, 0, 1, "Send ICMP redirects."),
	CONF(accept_redirects, 0, 1,
	     "Follow ICMP redirects with packets made here; \"all\" follows ip_forward."),
	CONF(secure_redirects, 0, 1,
	     "Follow redirects to known gateways only, unless shared_media is set."),
	CONF(shared_media, 0, 1,
	     "Send redirects to gateways on other subnets of the link, too (RFC 1620)."),
	CONF(accept_source_route, 0, 1, "Accept packets with the source route option."),
	CONF(log_martians, 0, 1, "Log packets with impossible addresses."),
	CONF(proxy_arp, 0, 1, "Answer ARP for hosts behind another interface."),
	CONF(proxy_arp_pvlan, 0, 1, "Answer ARP back to the interface it came by (RFC 3069)."),
	CONF(medium_id, -1, INT_MAX, "Proxy ARP between interfaces with different numbers only."),
	CONF(src_valid_mark, 0, 1,
	     "Policy rules see a packet's mark when its source is validated."),
	CONF(arp_filter, 0, 1, "Answer ARP only where a packet from the target would leave."),
	CONF(arp_announce, 0, 2, "Which source address ARP requests carry."),
	CONF(arp_ignore, 0, 8, "Which of our addresses are answered for, and where."),
	CONF(arp_accept, 0, 2, "Create neighbours from gratuitous ARP: 2 same subnet only."),
	CONF(arp_probe, 0, 1,
	     "Probe for an address before it is used: RFC 5227. Holds for addresses added later."),
	CONF(arp_notify, 0, 1,
	     "Send gratuitous ARP when the interface comes up or its MAC changes."),
	CONF(arp_evict_nocarrier, 0, 1, "Forget neighbours when the carrier is lost."),
	CONF(drop_gratuitous_arp, 0, 1, "Drop gratuitous ARP."),
	CONF(promote_secondaries, 0, 1, "A secondary address takes a deleted primary's place."),
	CONF(accept_local, 0, 1, "Accept packets with our own source address."),
	CONF(route_localnet, 0, 1, "Do not treat 127/8 as martian."),
	CONF(bc_forwarding, 0, 1,
	     "Forward directed broadcasts (RFC 2644): \"all\" and the interface they came by."),
	CONF(bootp_relay, 0, 1,
	     "Packets from 0.0.0.0/8 to others are for a BOOTP relay here: \"all\" and the "
	     "interface."),
	CONF(ignore_routes_with_linkdown, 0, 1,
	     "Pass over next hops by this interface while it has no carrier."),
	CONF(drop_unicast_in_l2_multicast, 0, 1,
	     "Drop unicast to us in frames to a link's broadcast or a group (RFC 1122 3.3.6)."),
	{ .procname = "mc_forwarding",
	  .offset = offsetof(struct ipv4_devconf, mc_forwarding),
	  .max = 1,
	  .mode = 0444,
	  .help = "a multicast routing daemon runs here: never" },
	CONF(tag, 0, INT_MAX, "A number for the administrator's own use."),
	CONF(icmp_mask_reply, 0, 1,
	     "Answer ICMP address mask requests (RFC 1812 4.3.3.9; off by RFC 6918)."),
	{ 0 },
};

static int *
field_of(struct ipv4_devconf *cnf, size_t offset)
{
	return RTE_PTR_ADD(cnf, offset);
}

static void
store(struct ipv4_devconf *cnf, size_t offset, int value)
{
	__atomic_store_n(field_of(cnf, offset), value, __ATOMIC_RELAXED);
}

static struct in_device *
in_dev_of(const struct net_device *dev)
{
	return dev->ip_ptr;
}

static void
update_vlans(void) CTL_ONLY
{
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (d->vlan_proto != 0)
			netdev_vlan_update(d);
}

void
inetdev_set_forwarding(int on)
{
	store(&ipv4_devconf_all, offsetof(struct ipv4_devconf, forwarding), on);
	/* A router has better sources (RFC 1812 5.2.7.2). */
	store(&ipv4_devconf_all, offsetof(struct ipv4_devconf, accept_redirects), !on);
	store(&ipv4_devconf_dflt, offsetof(struct ipv4_devconf, forwarding), on);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		if (in_dev_of(d) != NULL)
			store(&in_dev_of(d)->cnf, offsetof(struct ipv4_devconf, forwarding), on);
	update_vlans();
}

/* A new default reaches the interfaces that were never told otherwise. */
static void
spread_default(size_t offset) CTL_ONLY
{
	unsigned int bit = offset / sizeof(int);

	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct in_device *in_dev = in_dev_of(d);

		if (in_dev != NULL && !(in_dev->cnf_set >> bit & 1))
			store(&in_dev->cnf, offset, *field_of(&ipv4_devconf_dflt, offset));
	}
}

static void
all_changed(size_t offset, int old) CTL_ONLY
{
	int on = ipv4_devconf_all.forwarding;

	if (offset != offsetof(struct ipv4_devconf, forwarding) || on == old)
		return;
	inetdev_set_forwarding(on);
	if (inetdev_forwarding_hook != NULL)
		inetdev_forwarding_hook(on);
}

static void
changed(const struct ctl_table *t, void *object, int old)
{
	struct ipv4_devconf *cnf = object;

	role_enter_ctl();
	if (cnf == &ipv4_devconf_all) {
		all_changed(t->offset, old);
	} else if (cnf == &ipv4_devconf_dflt) {
		spread_default(t->offset);
	} else {
		struct in_device *in_dev = RTE_PTR_SUB(cnf, offsetof(struct in_device, cnf));

		in_dev->cnf_set |= UINT64_C(1) << t->offset / sizeof(int);
	}
	update_vlans();
	if (t->offset == offsetof(struct ipv4_devconf, ignore_routes_with_linkdown) &&
	    inetdev_linkdown_hook != NULL)
		inetdev_linkdown_hook();
}
_Static_assert(sizeof(struct ipv4_devconf) / sizeof(int) <= 64, "cnf_set has a bit for each field");

void
devconf_declare(void)
{
	sysctl_declare(CONF_PATH "*", conf_table);
}

int
devconf_init(void)
{
	int rc;

	ipv4_devconf_all = initial_all;
	ipv4_devconf_dflt = initial_dflt;
	rc = sysctl_register(CONF_PATH "all", conf_table, &ipv4_devconf_all);
	if (rc != 0)
		return rc;
	rc = sysctl_register(CONF_PATH "default", conf_table, &ipv4_devconf_dflt);
	if (rc != 0)
		sysctl_unregister(CONF_PATH "all", conf_table);
	return rc;
}

void
devconf_fini(void)
{
	sysctl_unregister(CONF_PATH "default", conf_table);
	sysctl_unregister(CONF_PATH "all", conf_table);
	inetdev_forwarding_hook = NULL;
	inetdev_linkdown_hook = NULL;
}

static int
register_tree(struct in_device *in_dev) CTL_ONLY
{
	char path[sizeof(CONF_PATH) + IFNAMSIZ];
	int rc;

	/* As in Linux, "all" and "default" are no interfaces here. */
	snprintf(path, sizeof(path), CONF_PATH "%s", in_dev->dev->name);
	rc = sysctl_register(path, conf_table, &in_dev->cnf);
	if (rc == 0)
		memcpy(in_dev->sysctl_name, in_dev->dev->name, IFNAMSIZ);
	else
		log_err("%s: no tunables: %s", path, strerror(-rc));
	return rc;
}

int
devconf_add(struct in_device *in_dev)
{
	in_dev->cnf = ipv4_devconf_dflt;
	return register_tree(in_dev);
}

void
devconf_del(struct in_device *in_dev)
{
	char path[sizeof(CONF_PATH) + IFNAMSIZ];

	if (in_dev->sysctl_name[0] == '\0')
		return;
	snprintf(path, sizeof(path), CONF_PATH "%s", in_dev->sysctl_name);
	sysctl_unregister(path, conf_table);
	in_dev->sysctl_name[0] = '\0';
}

void
devconf_rename(struct in_device *in_dev)
{
	devconf_del(in_dev);
	register_tree(in_dev);
}
