/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "core/held.h"
#include "core/log.h"
#include "core/sysctl.h"
#include "fib/fib.h"
#include "ip4/ip4.h"
#include "ip4/ip4_cache.h"
#include "ip4/ip4_hook.h"
#include "ip4/ip4_exc.h"
#include "ip4/ip4_priv.h"
#include "ip4/ip4_sock.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

LOG_MODULE(ip4);

/* --- protocols --- */

int
inet_add_protocol(uint8_t proto, inet_proto_fn fn)
{
	if (inet_protos[proto] != NULL)
		return -EEXIST;
	rcu_assign_pointer(inet_protos[proto], fn);
	return 0;
}

void
inet_del_protocol(uint8_t proto)
{
	rcu_assign_pointer(inet_protos[proto], NULL);
}

void
inet_set_error(uint8_t proto, inet_error_fn fn)
{
	rcu_assign_pointer(inet_errors[proto], fn);
}

bool
ip4_still_valid(struct sk_buff *skb)
{
	skb->dev = dev_get_by_index(skb->iif);
	skb->dst = NULL;
	if (skb->dev != NULL)
		return true;
	role_borrow_dp();
	kfree_skb_reason(worker_ctl(), skb, DROP_NETDEV_GONE);
	return false;
}

/* --- reassembly --- */

/* Datagrams for us that have become whole; an RCU pointer would not have lasted. */
static void
deliver_whole(struct worker *w, struct skb_vec *vec)
{
	role_enter_dp();
	for (uint16_t i = 0; i < vec->n; i++)
		vec->v[i]->dst = adj_get(ADJ_IDX_LOCAL);
	ip_local_deliver(w, vec);
}

/* --- neighbours that do not answer --- */

static void
unreachable(struct worker *w, struct sk_buff *skb)
{
	role_borrow_dp();
	icmp_send(w, skb, ICMP4_UNREACH, ICMP4_HOST_UNREACH, 0, DROP_NEIGH_FAILED);
}

/* --- the loopback device --- */

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	role_enter_ctl();
	if (event == NETDEV_REGISTER && (dev->flags & IFF_LOOPBACK) && ip4_loopback == NULL)
		rcu_assign_pointer(ip4_loopback, dev);
	else if (event == NETDEV_UNREGISTER && ip4_loopback == dev)
		rcu_assign_pointer(ip4_loopback, NULL);
	return NOTIFY_OK;
}

static struct notifier netdev_notifier = { .fn = on_netdev, .prio = NOTIFIER_PRIO_FIB - 1 };

/* --- tunables --- */

/* ip_forward is conf.all.forwarding under its old name: a write to either is one to both. */
static void
ip_forward_changed(const struct ctl_table *t, void *object, int old)
{
	role_enter_ctl();
	if (net_ipv4.ip_forward != old)
		inetdev_set_forwarding(net_ipv4.ip_forward);
}

static void
all_forwarding_changed(int on)
{
	net_ipv4.ip_forward = on;
}

static int
check_thresholds(const struct ctl_table *t, void *object, int value)
{
	const struct ip4_frag_conf *c = object;

	/* Linux: low_thresh may not pass high_thresh, from either side. */
	if (t->offset == offsetof(struct ip4_frag_conf, ipfrag_high_thresh))
		return value >= c->ipfrag_low_thresh ? 0 : -EINVAL;
	return value <= c->ipfrag_high_thresh ? 0 : -EINVAL;
}

#define NET_IPV4(field, lo, hi, text) SYSCTL_INT(struct netns_ipv4, field, lo, hi, text)
static const struct ctl_table ipv4_table[] = {
	{ .procname = "ip_forward",
	  .offset = offsetof(struct netns_ipv4, ip_forward),
	  .min = 0,
	  .max = 1,
	  .mode = 0644,
	  .changed = ip_forward_changed,
	  .help = "forward between interfaces: sets forwarding of every one" },
	NET_IPV4(ip_default_ttl, 1, 255, "TTL of packets made here"),
	NET_IPV4(icmp_echo_ignore_all, 0, 1, "answer no echo request"),
	NET_IPV4(icmp_echo_ignore_broadcasts, 0, 1, "answer no echo to a broadcast or group"),
	NET_IPV4(icmp_ignore_bogus_error_responses, 0, 1,
		 "log no error about a packet to a broadcast (RFC 1122 3.2.2)"),
	NET_IPV4(icmp_errors_use_inbound_ifaddr, 0, 1,
		 "errors carry an address of the device that the packet came by"),
	NET_IPV4(icmp_ratelimit, 0, INT32_MAX / 8,
		 "ms between errors to one destination; 0: no limit"),
	NET_IPV4(icmp_ratemask, 0, INT32_MAX, "bits of the ICMP types that are limited"),
	NET_IPV4(icmp_msgs_per_sec, 0, INT32_MAX, "limited messages a second, together"),
	NET_IPV4(icmp_msgs_burst, 0, INT32_MAX, "limited messages at once, together"),
	NET_IPV4(icmp_timestamp_reply, 0, 1, "answer ICMP timestamp requests (RFC 1122 3.2.2.8)"),
	NET_IPV4(icmp_information_reply, 0, 1,
		 "answer ICMP information requests (off by RFC 1812 4.3.3.7)"),
	NET_IPV4(icmp_echo_enable_probe, 0, 1,
		 "answer what asks for the state of an interface of ours (RFC 8335)"),
	NET_IPV4(ip_forward_update_priority, 0, 1,
		 "the TOS of a forwarded packet decides its queueing class"),
	NET_IPV4(fwmark_reflect, 0, 1, "ICMP answers carry the mark of what they answer"),
	NET_IPV4(ip_nonlocal_bind, 0, 1, "consumers may wait on addresses that are not ours"),
	{ .procname = "ip_local_port_range",
	  .offset = offsetof(struct netns_ipv4, ip_local_port_range),
	  .min = 1,
	  .max = UINT16_MAX,
	  .mode = 0644,
	  .range = true,
	  .help = "where the port of a consumer that names none is chosen" },
	{ .procname = NULL },
};

static const struct ctl_table route_table[] = {
	{ .procname = "redirect_load",
	  .offset = offsetof(struct netns_ipv4, redirect_load),
	  .min = 0,
	  .max = 60000,
	  .mode = 0644,
	  .unit = "ms",
	  .help = "between two redirects to a host: doubled for each" },
	{ .procname = "redirect_number",
	  .offset = offsetof(struct netns_ipv4, redirect_number),
	  .min = 0,
	  .max = 31,
	  .mode = 0644,
	  .help = "redirects to a host that ignores them" },
	{ .procname = "redirect_silence",
	  .offset = offsetof(struct netns_ipv4, redirect_silence),
	  .min = 0,
	  .max = INT32_MAX,
	  .mode = 0644,
	  .unit = "ms",
	  .help = "without a reason for a redirect: then a host is told again" },
	{ .procname = "error_cost",
	  .offset = offsetof(struct netns_ipv4, error_cost),
	  .min = 0,
	  .max = INT32_MAX / 8,
	  .mode = 0644,
	  .unit = "ms",
	  .help = "between two errors to a host whose packets have no route; 0: no limit" },
	{ .procname = "error_burst",
	  .offset = offsetof(struct netns_ipv4, error_burst),
	  .min = 0,
	  .max = INT32_MAX,
	  .mode = 0644,
	  .unit = "ms",
	  .help = "of quiet count for such errors at once" },
	{ .procname = "gc_timeout",
	  .offset = offsetof(struct netns_ipv4, gc_timeout),
	  .min = 1,
	  .max = INT32_MAX / 2,
	  .mode = 0644,
	  .unit = "s",
	  .help = "time that a redirect is followed" },
	{ .procname = NULL },
};

#define NET_CORE(field, lo, hi, u, text)                                                           \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct netns_core, field), .min = (lo),     \
		.max = (hi), .mode = 0644, .unit = (u), .help = (text)                             \
	}
static const struct ctl_table core_table[] = {
	NET_CORE(message_cost, 0, 86400, "s",
		 "between two lines in the log that packets cause, after a burst; 0: no limit"),
	NET_CORE(message_burst, 0, 100000, NULL, "such lines at once"),
	NET_CORE(rmem_default, 256, 1 << 30, "bytes", "that wait for a consumer of this router"),
	NET_CORE(rmem_max, 256, 1 << 30, "bytes", "the most that a consumer may ask for"),
	{ .procname = NULL },
};

#define FRAG_INT(field, lo, fn, u, text)                                                           \
	{                                                                                          \
		.procname = #field, .offset = offsetof(struct ip4_frag_conf, field), .min = (lo),  \
		.max = INT32_MAX / 1024, .mode = 0644, .check = (fn), .unit = (u), .help = (text)  \
	}
static const struct ctl_table frag_table[] = {
	{ .procname = "ipfrag_high_thresh",
	  .offset = offsetof(struct ip4_frag_conf, ipfrag_high_thresh),
	  .min = 0,
	  .max = INT32_MAX,
	  .mode = 0644,
	  .check = check_thresholds,
	  .unit = "bytes",
	  .help = "memory for reassembly; beyond it datagrams go, of who holds most first" },
	{ .procname = "ipfrag_low_thresh",
	  .offset = offsetof(struct ip4_frag_conf, ipfrag_low_thresh),
	  .min = 0,
	  .max = INT32_MAX,
	  .mode = 0644,
	  .check = check_thresholds,
	  .unit = "bytes",
	  .help = "what the oldest datagrams are dropped down to" },
	FRAG_INT(ipfrag_time, 1, NULL, "s", "time to complete a datagram"),
	FRAG_INT(ipfrag_max_dist, 0, NULL, NULL,
		 "fragments of one source between two of a datagram; 0: no limit"),
	{ .procname = NULL },
};

/* --- start and end --- */

static int
register_counters(void) CTL_ONLY
{
	struct counter_block *const blocks[] = { &ip_mib,   &ipext_mib, &icmp_mib, &icmpmsg_mib,
						 &frag_mib, &route_mib, &realm_mib };
	int rc = 0;

	for (unsigned int i = 0; i < RTE_DIM(blocks) && rc == 0; i++)
		rc = counter_register(blocks[i]);
	return rc;
}

static int
register_messages(void) CTL_ONLY
{
	int rc = ip4_log_init();

	return rc == 0 ? icmp_probe_init() : rc;
}

/* Where each table stands and what it is about. */
static const struct {
	const char *path;
	const struct ctl_table *table;
	void *object;
} tunables[] = {
	{ "net.ipv4", ipv4_table, &net_ipv4 },
	{ "net.ipv4.route", route_table, &net_ipv4 },
	{ "net.ipv4", frag_table, &ip4_frag_conf },
	{ "net.core", core_table, &net_core },
};

void
ip4_declare(void)
{
	for (unsigned int i = 0; i < RTE_DIM(tunables); i++)
		sysctl_declare(tunables[i].path, tunables[i].table);
	ip4_pmtu_declare();
	ip4_cache_declare();
}

static int
register_sysctls(void) CTL_ONLY
{
	int rc = 0;

	for (unsigned int i = 0; i < RTE_DIM(tunables) && rc == 0; i++)
		rc = sysctl_register(tunables[i].path, tunables[i].table, tunables[i].object);
	return rc;
}

static int
register_handlers(void) CTL_ONLY
{
	int rc = inet_add_protocol(IPPROTO_ICMP, icmp_rcv);

	if (rc != 0)
		return rc;
	return dev_add_pack(ETHERTYPE_IP4, ip_rcv);
}

int
ip4_init(void)
{
	int rc;

	rc = register_counters();
	if (rc == 0)
		rc = register_messages();
	if (rc == 0)
		rc = inet_peer_init();
	if (rc == 0)
		rc = ip4_exc_init();
	if (rc == 0)
		rc = ip4_pmtu_init();
	if (rc == 0)
		rc = ip4_cache_init();
	if (rc == 0)
		rc = ip4_defrag_init();
	ip4_defrag_user(IP_DEFRAG_LOCAL_DELIVER, deliver_whole);
	ip4_main_table = fib_table_dp(RT_TABLE_MAIN);
	if (rc == 0 && ip4_main_table == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = ip4_sock_init();
	if (rc == 0)
		rc = register_sysctls();
	if (rc == 0)
		rc = register_handlers();
	if (rc == 0)
		rc = held_register("reassembly", ip4_defrag_held);
	if (rc != 0) {
		log_err("start failed: %s", strerror(-rc));
		ip4_fini();
		return rc;
	}
	ip4_hook_init();
	notifier_add(&netdev_chain, &netdev_notifier);
	for (struct net_device *dev = dev_first(); dev != NULL; dev = dev->ctl->next)
		on_netdev(&netdev_notifier, NETDEV_REGISTER, dev);
	ip4_own_init();
	net_ipv4.ip_forward = ipv4_devconf_all.forwarding;
	inetdev_forwarding_hook = all_forwarding_changed;
	neigh_unreachable = unreachable;
	neigh_route = ip4_route_adj;
	netif_fast_rx = ip4_fast_select()->rx;
	return 0;
}

void
ip4_fini(void)
{
	netif_fast_rx = NULL;
	neigh_unreachable = NULL;
	neigh_route = NULL;
	inetdev_forwarding_hook = NULL;
	ip4_hook_fini();
	ip4_own_fini();
	notifier_del(&netdev_chain, &netdev_notifier);
	dev_remove_pack(ETHERTYPE_IP4);
	inet_del_protocol(IPPROTO_ICMP);
	for (unsigned int i = 0; i < RTE_DIM(tunables); i++)
		sysctl_unregister(tunables[i].path, tunables[i].table);
	ip4_sock_fini();
	ip4_defrag_fini();
	ip4_cache_fini();
	ip4_pmtu_fini();
	ip4_exc_fini();
	rcu_assign_pointer(ip4_loopback, NULL);
	ip4_msg_log = -1;
	icmp_msg_probe = -1;
}
