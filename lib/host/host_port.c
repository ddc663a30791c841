/* SPDX-License-Identifier: BSD-3-Clause */
/* The counterpart of a device: made, kept as the device is, removed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/evloop.h"
#include "core/log.h"
#include "core/timer.h"
#include "host/host_dp.h"
#include "host/host_priv.h"

LOG_MODULE(host);

#define HASH_SIZE 1024
static struct host_port *by_ifindex[HASH_SIZE];
static struct host_port *closing; /* deleted; their TAPs are there still */
static struct ctl_timer close_timer;
#define CLOSE_MS 20 /* more devices may go, as by a script */

struct host_port *
host_port_of(const struct net_device *dev)
{
	return host.ports[dev->ifindex];
}

static struct host_port **
find(uint32_t ifindex)
{
	struct host_port **at = &by_ifindex[ifindex % HASH_SIZE];

	while (*at != NULL && (*at)->ifindex != ifindex)
		at = &(*at)->next;
	return at;
}

struct net_device *
host_port_device(uint32_t ifindex)
{
	struct host_port *hp = *find(ifindex);

	return hp != NULL && hp->fd >= 0 ? hp->dev : NULL;
}

/* Workers hand over what comes for the router by that device, or no longer. */
static void
offer(const struct host_port *hp, bool on)
{
	uint32_t i = (uint32_t)hp->dev->ifindex;
	uint64_t bit = UINT64_C(1) << (i % 64), now = host_ports_dp[i / 64];

	__atomic_store_n(&host_ports_dp[i / 64], on ? now | bit : now & ~bit, __ATOMIC_RELAXED);
}

/* --- make and remove --- */

static void
set_tunable(const char *family, const char *name, const char *key, const char *value)
{
	char path[96 + IFNAMSIZ];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return; /* a kernel without IPv6 */
	if (fd < 0 || write(fd, value, 1) != 1)
		log_warn("%s in the host can not be set: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static bool
all_is_strict(void)
{
	int fd = open("/proc/sys/net/ipv4/conf/all/rp_filter", O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd >= 0 && read(fd, &c, 1) < 1)
		c = '0';
	if (fd >= 0)
		close(fd);
	return c == '1';
}

/* The router has looked at what comes in: the kernel need not refuse what came by another way, nor
 * errors from the router itself. IPv6 is nothing that the router carries. */
static void
set_tunables(const char *name) CTL_ONLY
{
	if (host_nl_enter() != 0)
		return;
	/* The larger of this and conf.all counts: where that is strict, loose is the best there is.
	 */
	set_tunable("ipv4", name, "rp_filter", all_is_strict() ? "2" : "0");
	set_tunable("ipv4", name, "promote_secondaries", "1");
	set_tunable("ipv4", name, "accept_local", "1");
	set_tunable("ipv6", name, "disable_ipv6", "1");
	host_nl_leave();
}

static int
make_tap(struct host_port *hp, const char **why) CTL_ONLY
{
	static char text[128];
	int rc;

	*why = text;
	hp->fd = host_tap_open(hp->name, hp->ip_only);
	if (hp->fd < 0) {
		rc = hp->fd;
		hp->fd = -1;
		if (rc == -EEXIST)
			snprintf(text, sizeof(text), "the host has a device \"%s\" of its own",
				 hp->name);
		else
			snprintf(text, sizeof(text), "can not make a TAP \"%s\": %s", hp->name,
				 strerror(-rc));
		return rc;
	}
	set_tunables(hp->name);
	hp->ifindex = host_nl_ifindex(hp->name);
	rc = hp->ifindex == 0 ? -ENODEV : host_tap_start(hp);
	if (rc != 0) {
		snprintf(text, sizeof(text), "can not listen to TAP \"%s\": %s", hp->name,
			 strerror(-rc));
		host_tap_close(hp);
		hp->ifindex = 0;
	}
	hp->running = true; /* as a TAP begins */
	return rc;
}

/* It is the kernel's own, and down in a new namespace. */
static int
bring_up_lo(struct host_port *hp, const char **why) CTL_ONLY
{
	*why = "the host's lo does not come up";
	hp->ifindex = host_nl_ifindex("lo");
	if (hp->ifindex == 0)
		return -ENODEV;
	host_nl_addr_clear(hp->ifindex); /* of a daemon that was killed */
	return host_nl_link(hp->ifindex, true, 0, NULL);
}

/* Its name is not free yet. */
static bool
is_closing(const char *name)
{
	const struct host_port *hp = closing;

	while (hp != NULL && strcmp(hp->name, name) != 0)
		hp = hp->next;
	return hp != NULL;
}

int
host_port_add(struct net_device *dev, const char **why)
{
	struct host_port *hp = calloc(1, sizeof(*hp));
	int rc = 0;

	*why = "out of memory";
	if (hp == NULL)
		return -ENOMEM;
	if (is_closing(dev->name))
		host_port_close();
	hp->dev = dev;
	hp->fd = -1;
	hp->ip_only = dev->flags & IFF_POINTOPOINT;
	snprintf(hp->name, sizeof(hp->name), "%s", dev->name);
	if (dev->flags & IFF_LOOPBACK)
		rc = bring_up_lo(hp, why);
	else
		rc = make_tap(hp, why);
	if (rc != 0) {
		free(hp);
		return rc;
	}
	*find(hp->ifindex) = hp;
	host.ports[dev->ifindex] = hp;
	/* Which groups its programs join, only the kernel knows. */
	if (hp->fd >= 0)
		dev_set_allmulti(dev, 1);
	offer(hp, true);
	return 0;
}

void
host_port_del(struct host_port *hp)
{
	struct host_port **at = find(hp->ifindex);

	offer(hp, false);
	if (hp->fd >= 0)
		dev_set_allmulti(hp->dev, -1);
	/* Those of lo do not go with a TAP. */
	for (unsigned int i = hp->n_addrs; hp->fd < 0 && i-- > 0;)
		host_nl_addr(hp->ifindex, &hp->addrs[i], false);
	host_import_again(); /* the kernel forgets its routes, and tells nobody */
	*at = hp->next;
	host.ports[hp->dev->ifindex] = NULL;
	free(hp->addrs);
	if (hp->fd < 0) {
		free(hp);
		return;
	}
	ev_del(hp->fd); /* hp->dev may go now */
	if (hp->error == 0)
		host_nl_doom(hp->ifindex);
	hp->next = closing;
	closing = hp;
	if (!timer_pending(&close_timer))
		timer_mod(&close_timer, CLOSE_MS);
}

void
host_port_close(void)
{
	struct host_port *hp;

	timer_del(&close_timer);
	if (closing != NULL)
		host_nl_doom_all();
	while ((hp = closing) != NULL) {
		closing = hp->next;
		host_tap_close(hp);
		free(hp);
	}
}

static void
close_late(struct ctl_timer *t)
{
	(void)t;
	role_enter_ctl();
	host_port_close();
}

void
host_port_init(void)
{
	timer_setup(&close_timer, close_late);
}

/* --- as the device is --- */

static void
complain(const struct host_port *hp, const char *what, int rc)
{
	static struct log_ratelimit limit = LOG_RATELIMIT(10, 1000);

	if (rc != 0)
		log_warn_limited(&limit, "%s in the host: %s: %s", hp->name, what, strerror(-rc));
}

static void
sync_link(struct host_port *hp) CTL_ONLY
{
	struct net_device *dev = hp->dev;
	bool up = netif_running(dev), running = netif_carrier_ok(dev), mac = false;
	struct rte_ether_addr addr;
	int rc = 0;

	netdev_addr(dev, &addr);
	if (hp->fd >= 0 && running != hp->running)
		host_tap_carrier(hp, running);
	hp->running = running;
	mac = !hp->ip_only && hp->fd >= 0 && !rte_is_same_ether_addr(&addr, &hp->mac);
	if (hp->fd >= 0 && (mac || up != hp->up || dev->mtu != hp->mtu))
		rc = host_nl_link(hp->ifindex, up, dev->mtu, mac ? &addr : NULL);
	complain(hp, "state", rc);
	if (rc != 0)
		return; /* not told: once more with the next change */
	hp->mac = addr;
	hp->up = up;
	hp->mtu = dev->mtu;
}

static bool
same_addr(const struct host_nl_addr *a, const struct host_nl_addr *b)
{
	return a->local == b->local && a->peer == b->peer && a->plen == b->plen &&
	       a->broadcast == b->broadcast && a->scope == b->scope;
}

static bool
has_addr(const struct host_nl_addr *list, unsigned int n, const struct host_nl_addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (same_addr(&list[i], a))
			return true;
	return false;
}

static bool
is_shared(const struct in_ifaddr *ifa)
{
	return (rte_be_to_cpu_32(ifa->ifa_local) >> 24) != 127; /* which the kernel has itself */
}

/* What the device has, @p n of them. NULL: no memory. */
static struct host_nl_addr *
wanted_addrs(struct net_device *dev, unsigned int *n) CTL_ONLY
{
	const struct in_ifaddr *ifa;
	struct host_nl_addr *list;
	unsigned int size = 1;

	for (ifa = inet_addr_first(dev); ifa != NULL; ifa = ifa->ifa_next)
		size++;
	list = calloc(size, sizeof(*list));
	if (list == NULL)
		return NULL;
	*n = 0;
	for (ifa = inet_addr_first(dev); ifa != NULL; ifa = ifa->ifa_next)
		if (is_shared(ifa))
			list[(*n)++] = (struct host_nl_addr){ .local = ifa->ifa_local,
							      .peer = ifa->ifa_address,
							      .broadcast = ifa->ifa_broadcast,
							      .plen = ifa->ifa_prefixlen,
							      .scope = ifa->ifa_scope };
	return list;
}

static void
sync_addrs(struct host_port *hp) CTL_ONLY
{
	unsigned int n;
	struct host_nl_addr *want = wanted_addrs(hp->dev, &n);
	bool removed = false;

	if (want == NULL) {
		complain(hp, "addresses", -ENOMEM);
		return;
	}
	for (unsigned int i = hp->n_addrs; i-- > 0;) {
		if (has_addr(want, n, &hp->addrs[i]))
			continue;
		host_nl_addr(hp->ifindex, &hp->addrs[i], false);
		removed = true;
	}
	/* With a primary address the kernel may have removed its secondaries: all once more. */
	for (unsigned int i = 0; i < n; i++)
		if (removed || !has_addr(hp->addrs, hp->n_addrs, &want[i]))
			complain(hp, "address", host_nl_addr(hp->ifindex, &want[i], true));
	free(hp->addrs);
	hp->addrs = want;
	hp->n_addrs = n;
}

void
host_port_gone(struct host_port *hp)
{
	offer(hp, false);
	log_warn("somebody has removed %s in the host: host enable makes it again", hp->name);
}

void
host_port_sync(struct host_port *hp)
{
	if (hp->error != 0)
		return;
	sync_link(hp);
	sync_addrs(hp);
}
