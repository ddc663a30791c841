/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices: creation, names and indices, registration and removal, lookup, statistics. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_lcore.h>
#include "core/sysctl.h"
#include "netdev/netdev.h"
#include "netdev/netdev_police_dp.h"
#include "netdev/netdev_priv.h"
#include "netdev/netdev_upper.h"

struct notifier_chain netdev_chain = NOTIFIER_CHAIN("netdev");
struct net_device *netdev_by_index_tab[NETDEV_MAX];

static struct net_device *first; /* by ifindex */
static uint32_t last_ifindex;

struct netdev_stats *netdev_stats_tab[WORKER_SLOTS];

int netdev_max_backlog = 1000; /* Linux's default */

static const struct ctl_table core_table[] = {
	{ .procname = "netdev_max_backlog",
	  .min = 1,
	  .max = 1 << 16,
	  .mode = 0644,
	  .unit = "packets",
	  .help = "Frames that wait in one worker's backlog of loopback and tunnels." },
	{ 0 },
};

static void
count_drop(struct worker *w, struct net_device *dev, enum drop_reason why, uint32_t n)
{
	uint64_t *drops = dev->drops[w->id];

	if (drops != NULL)
		drops[why] += n;
}

static void
free_head(struct rcu_head *head)
{
	free(head);
}

void
netdev_free_rcu(struct rcu_head *head)
{
	rcu_defer(head, free_head);
}

void
netdev_declare(void)
{
	sysctl_declare("net.core", core_table);
}

int
netdev_init(void)
{
	skb_drop_hook = count_drop;
	last_ifindex = 0;
	upper_init();
	return sysctl_register("net.core", core_table, &netdev_max_backlog);
}

void
netdev_fini(void)
{
	role_borrow_dp();
	while (first != NULL)
		unregister_netdevice(first);
	for (unsigned int i = 0; i < n_workers; i++)
		if (workers[i] != NULL)
			skb_queue_purge(workers[i], &netif_backlog[i], DROP_NETDEV_GONE);
	upper_fini();
	ptype_fini();
	sysctl_unregister("net.core", core_table);
	netif_fast_rx = NULL;
	netif_police = NULL;
	for (unsigned int i = 0; i < WORKER_SLOTS; i++) {
		free(netdev_stats_tab[i]);
		netdev_stats_tab[i] = NULL;
	}
}

unsigned int
netif_backlog_held(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORKER_MAX; i++)
		n += __atomic_load_n(&netif_backlog[i].qlen, __ATOMIC_RELAXED);
	return n;
}

/* --- creation --- */

/* What was counted for packets that were only explained: nobody's. */
static uint64_t explained[DROP_MAX];

static bool
stats_for(unsigned int slot)
{
	size_t size = NETDEV_MAX * sizeof(struct netdev_stats);

	if (netdev_stats_tab[slot] != NULL)
		return true;
	netdev_stats_tab[slot] = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (netdev_stats_tab[slot] == NULL)
		return false;
	memset(netdev_stats_tab[slot], 0, size);
	return true;
}

/* Devices may come before the worker slots: as many as there can be threads. */
static bool
alloc_stats(struct net_device *dev)
{
	unsigned int n = RTE_MAX(n_workers, rte_lcore_count() + 1);

	n = RTE_MIN(n, (unsigned int)WORKER_MAX);
	for (unsigned int i = 0; i < n; i++) {
		dev->drops[i] = calloc(DROP_MAX, sizeof(*dev->drops[i]));
		if (dev->drops[i] == NULL || !stats_for(i))
			return false;
	}
	dev->drops[WORKER_MAX] = explained;
	return stats_for(WORKER_MAX);
}

struct net_device *
alloc_netdev(const char *kind, const struct net_device_ops *ops,
	     const struct net_device_ops_dp *ops_dp, void *priv)
{
	static const struct net_device_ops no_ops;
	struct net_device *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return NULL;
	dev->ctl = calloc(1, sizeof(*dev->ctl));
	if (dev->ctl == NULL || !alloc_stats(dev)) {
		free_netdev(dev);
		return NULL;
	}
	dev->ctl->ops = ops != NULL ? ops : &no_ops;
	dev->ctl->kind = kind;
	dev->ctl->priv = priv;
	dev->ctl->min_mtu = 68; /* RFC 791 3.2: every module must forward 68 octets unfragmented */
	dev->ctl->max_mtu = UINT16_MAX;
	dev->ctl->socket = -1;
	dev->ctl->qdisc = "noqueue";
	dev->ops_dp = dev->drv_dp = ops_dp;
	dev->real_dev = dev;
	dev->mtu = RTE_ETHER_MTU;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	dev->rx_off = NETDEV_RXF_DOWN | NETDEV_RXF_NO_IP;
	return dev;
}

void
free_netdev(struct net_device *dev)
{
	for (unsigned int i = 0; i < WORKER_MAX; i++)
		free(dev->drops[i]);
	if (dev->ctl != NULL)
		free(dev->ctl->uc);
	free(dev->ctl);
	free(dev);
}

/* --- names and indices --- */

bool
dev_valid_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (strchr("/:%", *name) != NULL || isspace((unsigned char)*name))
			return false;
	return true;
}

static int
check_name(const char *name) CTL_ONLY
{
	if (!dev_valid_name(name))
		return -EINVAL;
	return dev_get_by_name(name) != NULL ? -EEXIST : 0;
}

/* The next index after the last one given out, so that a freed one is not reused soon; 0: none. */
static uint32_t
new_ifindex(void)
{
	for (uint32_t i = 1; i < NETDEV_MAX; i++) {
		uint32_t idx = (last_ifindex + i - 1) % (NETDEV_MAX - 1) + 1;

		if (netdev_by_index_tab[idx] == NULL)
			return idx;
	}
	return 0;
}

struct net_device *
dev_first(void)
{
	return first;
}

struct net_device *
dev_get_by_name(const char *name)
{
	for (struct net_device *d = first; d != NULL; d = d->ctl->next)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

struct net_device *
dev_get_by_index(uint32_t ifindex)
{
	return dev_get_by_index_rcu(ifindex);
}

struct net_device *
dev_get_by_mac(const struct rte_ether_addr *addr)
{
	uint64_t a = ether_addr_to_u64(addr);

	for (struct net_device *d = first; d != NULL; d = d->ctl->next)
		if (d->dev_addr64 == a)
			return d;
	return NULL;
}

/* --- registration --- */

int
register_netdevice(struct net_device *dev, const char *name)
{
	struct net_device **at = &first;
	int rc = check_name(name);
	uint32_t idx;

	if (rc != 0)
		return rc;
	idx = new_ifindex();
	if (idx == 0)
		return -ENFILE;
	last_ifindex = idx;
	dev->ifindex = (int32_t)idx;
	for (unsigned int i = 0; i < WORKER_MAX && netdev_stats_tab[i] != NULL; i++)
		netdev_stats_tab[i][idx] = (struct netdev_stats){ 0 };
	memcpy(dev->name, name, strlen(name) + 1);
	if (rcu_dereference(ptype_all) != NULL)
		netdev_rx_off(dev, NETDEV_RXF_TAP, true);
	while (*at != NULL && (*at)->ifindex < dev->ifindex)
		at = &(*at)->ctl->next;
	dev->ctl->next = *at;
	*at = dev;
	rcu_assign_pointer(netdev_by_index_tab[idx], dev);
	notifier_call(&netdev_chain, NETDEV_REGISTER, dev);
	return 0;
}

static void
destroy(struct rcu_head *head)
{
	struct netdev_ctl *ctl = RTE_PTR_SUB(head, offsetof(struct netdev_ctl, rcu));
	struct net_device *dev = ctl->dev;

	role_enter_ctl();
	if (ctl->ops->destructor != NULL)
		ctl->ops->destructor(dev);
	free_netdev(dev);
}

void
unregister_netdevice(struct net_device *dev)
{
	struct net_device **at = &first;

	dev_close(dev);
	notifier_call(&netdev_chain, NETDEV_UNREGISTER, dev);
	while (*at != NULL && *at != dev)
		at = &(*at)->ctl->next;
	if (*at == NULL)
		return;
	*at = dev->ctl->next;
	rcu_assign_pointer(netdev_by_index_tab[dev->ifindex], NULL);
	rcu_assign_pointer(dev->rx_burst, NULL);
	rcu_assign_pointer(dev->rx_handler, NULL);
	dev->ctl->dev = dev;
	rcu_defer(&dev->ctl->rcu, destroy);
}

int
dev_change_name(struct net_device *dev, const char *name)
{
	int rc;

	if (strcmp(dev->name, name) == 0)
		return 0;
	rc = check_name(name);
	if (rc != 0)
		return rc;
	memcpy(dev->name, name, strlen(name) + 1);
	notifier_call(&netdev_chain, NETDEV_CHANGENAME, dev);
	return 0;
}

/* --- statistics --- */

static bool
is_tx_reason(unsigned int r)
{
	return r == DROP_NETDEV_TX_FULL || r == DROP_NETDEV_TX_OVERSIZE ||
	       r == DROP_NETDEV_NO_CARRIER || r == DROP_SCHED_FULL || r == DROP_SCHED_BURST ||
	       r == DROP_SCHED_RESET;
}

static void
sum_up(const struct net_device *dev, struct netdev_stats_sum *sum)
{
	*sum = (struct netdev_stats_sum){ 0 };
	for (unsigned int i = 0; i < WORKER_MAX && dev->drops[i] != NULL; i++) {
		const struct netdev_stats *st = &netdev_stats_tab[i][dev->ifindex];

		sum->rx_packets += __atomic_load_n(&st->rx_packets, __ATOMIC_RELAXED);
		sum->rx_bytes += __atomic_load_n(&st->rx_bytes, __ATOMIC_RELAXED);
		sum->rx_multicast += __atomic_load_n(&st->rx_multicast, __ATOMIC_RELAXED);
		sum->tx_packets += __atomic_load_n(&st->tx_packets, __ATOMIC_RELAXED);
		sum->tx_bytes += __atomic_load_n(&st->tx_bytes, __ATOMIC_RELAXED);
		for (unsigned int r = 0; r < DROP_MAX; r++)
			sum->drops[r] += __atomic_load_n(&dev->drops[i][r], __ATOMIC_RELAXED);
	}
}

void
dev_get_stats(const struct net_device *dev, struct netdev_stats_sum *st)
{
	const struct netdev_stats_sum *cleared = &dev->ctl->cleared;

	sum_up(dev, st);
	st->rx_packets -= cleared->rx_packets;
	st->rx_bytes -= cleared->rx_bytes;
	st->rx_multicast -= cleared->rx_multicast;
	st->tx_packets -= cleared->tx_packets;
	st->tx_bytes -= cleared->tx_bytes;
	for (unsigned int r = 0; r < DROP_MAX; r++) {
		st->drops[r] -= cleared->drops[r];
		*(is_tx_reason(r) ? &st->tx_dropped : &st->rx_dropped) += st->drops[r];
	}
}

void
dev_clear_stats(struct net_device *dev)
{
	sum_up(dev, &dev->ctl->cleared);
}
