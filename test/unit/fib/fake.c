/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>
#include <cmocka.h>
#include "core/timer.h"
#include "core/worker.h"
#include "skb/skb_realm_dp.h"
#include "fake.h"
#include "../eal.h"

struct notifier_chain netdev_chain = NOTIFIER_CHAIN("netdev");
struct notifier_chain inetaddr_chain = NOTIFIER_CHAIN("inetaddr");
struct notifier_chain neigh_chain = NOTIFIER_CHAIN("neigh");

struct net_device fake_dev[FAKE_DEVS];
static struct netdev_ctl dev_ctl[FAKE_DEVS];
static struct in_device dev_in[FAKE_DEVS];
static struct neighbour neighs[FAKE_NEIGHS];
static bool neigh_used[FAKE_NEIGHS];
static struct adj adjs[FAKE_NEIGHS * 2];
static bool adj_taken[FAKE_NEIGHS * 2];
static uint32_t follows[FAKE_NEIGHS * 2];
static unsigned int narrow_refs[FAKE_NEIGHS * 2];
uint32_t adj_now_s = 1;
static struct adj *tab[ADJ_MAX];
struct adj **adj_tab = tab;
unsigned int fake_adj_used, fake_arps, fake_realms;
uint64_t fake_published_us;
struct ipv4_devconf ipv4_devconf_all;
void (*inetdev_linkdown_hook)(void);

#define GLEAN_FIRST ADJ_IDX_DYNAMIC
#define NEIGH_FIRST (GLEAN_FIRST + FAKE_DEVS)
#define OTHER_FIRST (NEIGH_FIRST + FAKE_NEIGHS)

rte_be32_t
ip(const char *s)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, s, &a), 1);
	return a.s_addr;
}

void
skb_realm_hold(void)
{
	fake_realms++;
}
void
skb_realm_release(void)
{
	assert_true(fake_realms > 0);
	fake_realms--;
}

/* --- devices and addresses --- */
struct net_device *
dev_first(void)
{
	return &fake_dev[0];
}

struct net_device *
dev_get_by_name(const char *name)
{
	for (unsigned int i = 0; i < FAKE_DEVS; i++)
		if (strcmp(fake_dev[i].name, name) == 0)
			return &fake_dev[i];
	return NULL;
}

bool
dev_valid_name(const char *name)
{
	return name[0] != '\0' && strlen(name) < IFNAMSIZ;
}

struct in_ifaddr *
inet_addr_first(struct net_device *dev)
{
	return dev->ip_ptr->ifa_list;
}

struct net_device *
ip_dev_find(rte_be32_t addr)
{
	for (unsigned int i = 0; i < FAKE_DEVS; i++)
		for (struct in_ifaddr *a = dev_in[i].ifa_list; a != NULL; a = a->ifa_next)
			if (a->ifa_local == addr)
				return &fake_dev[i];
	return NULL;
}

bool
inet_addr_is_deprecated(rte_be32_t addr)
{
	for (unsigned int i = 0; i < FAKE_DEVS; i++)
		for (struct in_ifaddr *a = dev_in[i].ifa_list; a != NULL; a = a->ifa_next)
			if (a->ifa_local == addr)
				return a->ifa_flags & IFA_DEPRECATED;
	return false;
}

const struct in_ifaddr *
inet_ifa_byprefix_rcu(const struct in_device *in_dev, rte_be32_t addr)
{
	for (const struct in_ifaddr *a = in_dev->ifa_list; a != NULL; a = a->ifa_next)
		if (!(a->ifa_flags & IFA_SECONDARY) && ((a->ifa_address ^ addr) & a->ifa_mask) == 0)
			return a;
	return NULL;
}

bool
inet_addr_onlink(const struct in_device *in_dev, rte_be32_t a, rte_be32_t b)
{
	const struct in_ifaddr *ifa = inet_ifa_byprefix_rcu(in_dev, a);

	return ifa != NULL && (b == 0 || ((ifa->ifa_address ^ b) & ifa->ifa_mask) == 0);
}

rte_be32_t
inet_select_addr(const struct net_device *dev, rte_be32_t dst, enum rt_scope scope)
{
	const struct in_ifaddr *a = inet_ifa_byprefix_rcu(dev->ip_ptr, dst);

	if (a == NULL)
		a = dev->ip_ptr->ifa_list;
	return a == NULL ? 0 : a->ifa_local;
}

void
fake_addr_add(struct net_device *dev, const char *addr, uint8_t plen, const char *peer,
	      bool secondary)
{
	struct in_ifaddr *a = calloc(1, sizeof(*a)), **link = &dev->ip_ptr->ifa_list;

	a->ifa_dev = dev->ip_ptr;
	a->ifa_local = ip(addr);
	a->ifa_address = peer == NULL ? a->ifa_local : ip(peer);
	a->ifa_prefixlen = plen;
	a->ifa_mask = rte_cpu_to_be_32(fib_mask(plen));
	if (plen < 31)
		a->ifa_broadcast = a->ifa_address | ~a->ifa_mask;
	a->ifa_flags = secondary ? IFA_SECONDARY : 0;
	while (*link != NULL)
		link = &(*link)->ifa_next;
	*link = a;
	notifier_call(&inetaddr_chain, INETADDR_ADD, a);
}

void
fake_addr_del(struct net_device *dev, const char *addr)
{
	struct in_ifaddr **link = &dev->ip_ptr->ifa_list, *a;

	while ((*link)->ifa_local != ip(addr))
		link = &(*link)->ifa_next;
	a = *link;
	*link = a->ifa_next;
	notifier_call(&inetaddr_chain, INETADDR_DEL, a);
	free(a);
}

void
fake_up(struct net_device *dev, bool up)
{
	dev->flags = up ? dev->flags | IFF_UP : dev->flags & ~IFF_UP;
	notifier_call(&netdev_chain, up ? NETDEV_UP : NETDEV_DOWN, dev);
}

void
fake_carrier(struct net_device *dev, bool on)
{
	dev->flags = on ? dev->flags | IFF_RUNNING : dev->flags & ~IFF_RUNNING;
	notifier_call(&netdev_chain, NETDEV_CARRIER, dev);
}

void
fake_unregister(struct net_device *dev)
{
	fake_up(dev, false);
	notifier_call(&netdev_chain, NETDEV_UNREGISTER, dev);
}

/* --- neighbours --- */
int64_t
neigh_glean_adj(struct net_device *dev)
{
	return GLEAN_FIRST + (dev - fake_dev);
}

struct neighbour *
neigh_create(rte_be32_t addr, struct net_device *dev)
{
	unsigned int spare = FAKE_NEIGHS;

	for (unsigned int i = 0; i < FAKE_NEIGHS; i++) {
		if (neigh_used[i] && neighs[i].primary_key == addr && neighs[i].dev == dev)
			return &neighs[i];
		if (!neigh_used[i] && spare == FAKE_NEIGHS)
			spare = i;
		if (!neigh_used[i])
			break; /* never freed one by one: the rest is unused */
	}
	if (spare == FAKE_NEIGHS)
		return NULL;
	neigh_used[spare] = true;
	neighs[spare] = (struct neighbour){ .primary_key = addr,
					    .dev = dev,
					    .adj_idx = NEIGH_FIRST + spare };
	return &neighs[spare];
}

struct neighbour *
neigh_lookup(rte_be32_t addr, const struct net_device *dev)
{
	for (unsigned int i = 0; i < FAKE_NEIGHS && neigh_used[i]; i++)
		if (neighs[i].primary_key == addr && neighs[i].dev == dev)
			return &neighs[i];
	return NULL;
}

void
neigh_hold(struct neighbour *n)
{
	n->refcnt++;
}

void
neigh_release(struct neighbour *n)
{
	assert_true(n->refcnt > 0);
	n->refcnt--;
}

void
arp_send(int op, struct net_device *dev, rte_be32_t sip, rte_be32_t tip,
	 const struct rte_ether_addr *dst_ha, const struct rte_ether_addr *tha)
{
	fake_arps++;
}

struct neighbour *
fake_neigh(struct net_device *dev, const char *addr, uint8_t nud)
{
	struct neighbour *n = neigh_create(ip(addr), dev);

	assert_non_null(n);
	n->nud.state = nud;
	notifier_call(&neigh_chain, NEIGH_UPDATE, n);
	return n;
}

void
fake_neigh_gone(struct neighbour *n)
{
	n->nud.state = NUD_NONE;
	notifier_call(&neigh_chain, NEIGH_DELETE, n);
}

/* --- adjacencies --- */
int64_t
adj_alloc(const struct adj *tmpl)
{
	for (unsigned int i = 0; i < RTE_DIM(adjs); i++) {
		if (adj_taken[i])
			continue;
		adj_taken[i] = true;
		adjs[i] = *tmpl;
		fake_adj_used++;
		return OTHER_FIRST + i;
	}
	return -ENOSPC;
}

int
adj_publish(uint32_t idx, const struct adj *tmpl)
{
	assert_true(adj_taken[idx - OTHER_FIRST]);
	adjs[idx - OTHER_FIRST] = *tmpl;
	fake_published_us = clock_us();
	return 0;
}

void
adj_release(uint32_t idx)
{
	assert_true(adj_taken[idx - OTHER_FIRST]);
	adj_taken[idx - OTHER_FIRST] = false;
	fake_adj_used--;
}

int64_t
adj_alloc_follower(uint32_t target)
{
	struct adj tmpl = { .type = ADJ_REWRITE };
	int64_t idx = adj_alloc(&tmpl);

	if (idx >= 0)
		follows[idx - OTHER_FIRST] = target;
	return idx;
}

void
adj_follow(uint32_t idx, uint32_t target)
{
	assert_true(adj_taken[idx - OTHER_FIRST]);
	follows[idx - OTHER_FIRST] = target;
}

void
adj_release_follower(uint32_t idx)
{
	adj_release(idx);
}

int64_t
adj_narrow_get(uint32_t target, uint32_t cap)
{
	int64_t idx;

	for (unsigned int i = 0; i < RTE_DIM(adjs); i++)
		if (adj_taken[i] && narrow_refs[i] > 0 && follows[i] == target &&
		    adjs[i].mtu == cap) {
			narrow_refs[i]++;
			return OTHER_FIRST + i;
		}
	idx = adj_alloc_follower(target);
	if (idx >= 0) {
		adjs[idx - OTHER_FIRST].mtu = cap;
		narrow_refs[idx - OTHER_FIRST] = 1;
	}
	return idx;
}

void
adj_narrow_put(uint32_t idx)
{
	assert_true(idx >= OTHER_FIRST && narrow_refs[idx - OTHER_FIRST] > 0);
	if (--narrow_refs[idx - OTHER_FIRST] == 0)
		adj_release(idx);
}

uint32_t
fake_follows(uint32_t idx)
{
	assert_true(idx >= OTHER_FIRST && adj_taken[idx - OTHER_FIRST]);
	return follows[idx - OTHER_FIRST];
}

const struct adj *
fake_adj(uint32_t idx)
{
	return idx < OTHER_FIRST ? NULL : &adjs[idx - OTHER_FIRST];
}

/* --- frame --- */
void
fake_start(void)
{
	assert_true(test_eal_init() >= 0);
	assert_int_equal(rcu_init(WORKER_MAX), 0);
	assert_int_equal(timer_init(), 0);
}

/* All that lib/fib reads of an adjacency: is it a device's glean slot? */
static void
fake_adj_tab(void)
{
	static struct adj plain = { .type = ADJ_REWRITE }, glean = { .type = ADJ_GLEAN };

	for (uint32_t i = 0; i < RTE_DIM(tab); i++)
		tab[i] = i >= GLEAN_FIRST && i < NEIGH_FIRST ? &glean : &plain;
}

void
fake_reset(uint32_t max_tbl8)
{
	fake_adj_tab();
	memset(neigh_used, 0, sizeof(neigh_used));
	for (unsigned int i = 0; i < FAKE_DEVS; i++) {
		struct net_device *d = &fake_dev[i];

		while (dev_in[i].ifa_list != NULL) {
			struct in_ifaddr *a = dev_in[i].ifa_list;

			dev_in[i].ifa_list = a->ifa_next;
			free(a);
		}
		dev_ctl[i].next = i + 1 < FAKE_DEVS ? &fake_dev[i + 1] : NULL;
		*d = (struct net_device){ .flags = IFF_UP | IFF_RUNNING,
					  .ifindex = i + 1,
					  .mtu = 1500,
					  .real_dev = d,
					  .ip_ptr = &dev_in[i],
					  .ctl = &dev_ctl[i] };
		dev_in[i].dev = d;
		dev_in[i].cnf.forwarding = dev_in[i].cnf.ignore_routes_with_linkdown = 1;
		snprintf(d->name, sizeof(d->name), d == FAKE_LO ? "lo" : "p%u", i);
	}
	FAKE_LO->flags |= IFF_LOOPBACK;
	assert_int_equal(fib_init(max_tbl8, -1), 0);
}

void
fake_done(void)
{
	fib_fini();
	rcu_barrier();
	assert_int_equal(rcu_pending(), 0);
	assert_int_equal(fake_adj_used, 0);
	for (unsigned int i = 0; i < FAKE_NEIGHS; i++)
		assert_true(!neigh_used[i] || neighs[i].refcnt == 0);
}

static CTL_ONLY void
parse_word(struct fib_route_spec *r, const char *word, const char *arg)
{
	struct fib_nexthop_spec *nh = &r->nh[r->n_nh == 0 ? 0 : r->n_nh - 1];

	if (strcmp(word, "nexthop") == 0) {
		r->n_nh++;
		return;
	}
	if (r->n_nh == 0 && (strcmp(word, "via") == 0 || strcmp(word, "dev") == 0))
		r->n_nh = 1;
	if (strcmp(word, "via") == 0)
		nh->gateway = ip(arg);
	else if (strcmp(word, "dev") == 0)
		nh->dev = dev_get_by_name(arg);
	else if (strcmp(word, "weight") == 0)
		nh->weight = atoi(arg);
	else if (strcmp(word, "metric") == 0)
		r->metric = atoi(arg), r->metric_set = true;
	else if (strcmp(word, "tos") == 0)
		r->tos = strtoul(arg, NULL, 0), r->tos_set = true;
	else if (strcmp(word, "table") == 0)
		r->table = atoi(arg);
	else if (strcmp(word, "src") == 0)
		r->prefsrc = ip(arg);
	else if (strcmp(word, "mtu") == 0)
		r->metrics.value[FIB_METRIC_mtu] = atoi(arg);
	else if (strcmp(word, "nhid") == 0)
		r->nhid = atoi(arg);
	else if (strcmp(word, "proto") == 0)
		r->protocol = atoi(arg);
	else if (strcmp(word, "onlink") == 0)
		nh->onlink = true;
	else if (strcmp(word, "keep_dead") == 0)
		r->keep_dead = true;
	else
		r->type = fib_type_parse(word);
}

struct fib_route_spec
route(const char *text)
{
	static const char *const single =
		" nexthop onlink keep_dead blackhole unreachable prohibit "
		"throw local broadcast unicast multicast ";
	struct fib_route_spec r = { .table = RT_TABLE_MAIN };
	char buf[512], key[64], *save = NULL, *w, *slash;

	snprintf(buf, sizeof(buf), "%s", text);
	w = strtok_r(buf, " ", &save);
	slash = strchr(w, '/');
	r.plen = slash == NULL ? 32 : atoi(slash + 1);
	if (slash != NULL)
		*slash = '\0';
	r.dst = ip(w);
	while ((w = strtok_r(NULL, " ", &save)) != NULL) {
		snprintf(key, sizeof(key), " %s ", w);
		parse_word(&r, w, strstr(single, key) != NULL ? NULL : strtok_r(NULL, " ", &save));
	}
	return r;
}

int
add(const char *text)
{
	struct fib_route_spec r = route(text);

	return fib_route_add(&r, FIB_ADD, NULL);
}

int
del(const char *text)
{
	struct fib_route_spec r = route(text);

	return fib_route_del(&r);
}

uint32_t
leaf(const char *addr)
{
	return fib_lookup(&fib_main_dp, rte_be_to_cpu_32(ip(addr)));
}

int
fake_setup(void **state)
{
	(void)state;
	role_enter_ctl();
	fake_reset(64);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 24, NULL, false);
	fake_addr_add(&fake_dev[1], "10.0.1.1", 24, NULL, false);
	return 0;
}

int
fake_teardown(void **state)
{
	(void)state;
	role_enter_ctl();
	assert_int_equal(fib_check(NULL, NULL), 0);
	fake_done();
	return 0;
}
