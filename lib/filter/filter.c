/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains and their rules: who is where, what it has counted, when to build anew. */
#include "filter/filter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "filter/filter_priv.h"
#include "ip4/icmp_proto.h"
#include "netdev/netdev.h"

LOG_MODULE(filter);

#define SLOTS (FILTER_RULES_MAX + IP4_HOOK_MAX) /* the last ones are the policies' */

static struct {
	struct filter_entry **e;
	uint32_t n;
	bool drop;		    /* the policy */
	struct filter_counter base; /* of the policy */
	struct ip4_hook hook;
	bool hooked;
} chains[IP4_HOOK_MAX];

static uint32_t free_slots[FILTER_RULES_MAX], n_free; /* a stack */

static uint32_t
policy_slot(enum ip4_hook_point at)
{
	return FILTER_RULES_MAX + (uint32_t)at;
}

static struct filter_counter
slot_sum(uint32_t slot)
{
	struct filter_counter sum = { 0, 0 };

	for (unsigned int i = 0; i < WORKER_MAX; i++) {
		const struct filter_counter *c = filter_counters[i];

		if (c == NULL)
			continue;
		sum.packets += __atomic_load_n(&c[slot].packets, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&c[slot].bytes, __ATOMIC_RELAXED);
	}
	return sum;
}

/* --- entries --- */

static struct filter_entry *
entry_new(const struct filter_rule *r) CTL_ONLY
{
	struct filter_entry *e = n_free > 0 ? calloc(1, sizeof(*e)) : NULL;

	if (e == NULL)
		return NULL;
	e->rule = *r;
	e->slot = free_slots[--n_free];
	e->base = slot_sum(e->slot); /* what its former owner counted */
	return e;
}

static void
entry_free(struct filter_entry *e) CTL_ONLY
{
	free_slots[n_free++] = e->slot;
	free(e);
}

/* --- devices --- */

static uint16_t
device_index(const char *name, const struct net_device *gone) CTL_ONLY
{
	const struct net_device *dev = name[0] != '\0' ? dev_get_by_name(name) : NULL;

	return dev != NULL && dev != gone ? (uint16_t)dev->ifindex : 0;
}

/* What the names in the rule mean now; @p gone is about to go. */
static void
resolve(struct filter_entry *e, const struct net_device *gone) CTL_ONLY
{
	e->iif = device_index(e->rule.iif, gone);
	e->oif = device_index(e->rule.oif, gone);
	e->absent =
		(e->rule.iif[0] != '\0' && e->iif == 0) || (e->rule.oif[0] != '\0' && e->oif == 0);
}

/* --- publication --- */

static void
reclaim(struct rcu_head *head)
{
	role_enter_ctl();
	filter_chain_free((struct filter_chain *)head);
}

static void
publish(enum ip4_hook_point at, struct filter_chain *c) CTL_ONLY
{
	struct filter_chain *old = filter_chains[at];

	rcu_assign_pointer(filter_chains[at], c);
	if (old != NULL)
		rcu_defer(&old->rcu, reclaim);
}

/* A chain that accepts everything is not asked, a plain one by the fast lane, too. 0 or -ENOMEM. */
static int
hook(enum ip4_hook_point at, const struct filter_chain *c) CTL_ONLY
{
	const struct ip4_hook_transit *t = c != NULL && filter_is_plain(c) ? &filter_transit : NULL;
	bool on = c != NULL, same = t == chains[at].hook.transit;
	int rc = 0;

	chains[at].hook.transit = t;
	if (on && !chains[at].hooked)
		rc = ip4_hook_register(&chains[at].hook);
	else if (!on && chains[at].hooked)
		ip4_hook_unregister(&chains[at].hook);
	else if (!same)
		ip4_hook_changed();
	if (rc == 0)
		chains[at].hooked = on;
	return rc;
}

/* Make chain @p at consist of @p e. 0 or -errno: then nothing has changed. */
static int
install(enum ip4_hook_point at, struct filter_entry **e, uint32_t n, bool drop) CTL_ONLY
{
	bool active = n > 0 || drop;
	struct filter_chain *c = NULL;
	int rc = 0;

	if (active) {
		for (uint32_t i = 0; i < n; i++)
			resolve(e[i], NULL);
		c = filter_compile(e, n, &rc);
		if (c == NULL)
			return rc;
		c->v[0] = (struct filter_verdict){ .action = drop ? FILTER_DROP : FILTER_ACCEPT,
						   .slot = policy_slot(at) };
	}
	rc = hook(at, c);
	if (rc != 0) {
		filter_chain_free(c);
		return rc;
	}
	publish(at, c);
	chains[at].e = e;
	chains[at].n = n;
	chains[at].drop = drop;
	return 0;
}

/* Slots of entries that left go back when no worker can count there any more. */
struct leaving {
	struct rcu_head rcu;
	uint32_t n;
	struct filter_entry *e[];
};

static void
left(struct rcu_head *head)
{
	struct leaving *l = (struct leaving *)head;

	role_enter_ctl();
	for (uint32_t i = 0; i < l->n; i++)
		entry_free(l->e[i]);
	free(l);
}

static struct leaving *
leaving_new(struct filter_entry **e, uint32_t n)
{
	struct leaving *l = malloc(sizeof(*l) + n * sizeof(l->e[0]));

	if (l == NULL)
		return NULL;
	l->n = n;
	if (n > 0)
		memcpy(l->e, e, n * sizeof(e[0]));
	return l;
}

/* --- changes --- */

const char *
filter_rule_check(enum ip4_hook_point chain, const struct filter_rule *r)
{
	static const uint8_t port_protos[] = { 6, 17, 33, 132, 136 };
	bool ports = false;

	for (unsigned int i = 0; i < RTE_DIM(port_protos); i++)
		ports |= r->proto_set && r->proto == port_protos[i];
	if ((r->sport_set || r->dport_set) && !ports)
		return "ports need protocol tcp, udp, udplite, sctp or dccp";
	if (r->icmp_type_set && !(r->proto_set && r->proto == 1))
		return "an ICMP type needs protocol icmp";
	if (r->action == FILTER_REJECT && r->reject == FILTER_TCP_RESET &&
	    !(r->proto_set && r->proto == 6))
		return "tcp-reset needs protocol tcp";
	if (r->action == FILTER_REJECT && chain == IP4_HOOK_POSTROUTING)
		return "postrouting is too late to reject: use forward or output";
	if (r->fragment == FILTER_FRAG_LATER && (r->sport_set || r->dport_set || r->icmp_type_set))
		return "fragments but the first have neither ports nor ICMP types";
	if (r->iif[0] != '\0' && chain == IP4_HOOK_OUTPUT)
		return "what is sent from here came by no device: no iif in output";
	if (r->oif[0] != '\0' && (chain == IP4_HOOK_PREROUTING || chain == IP4_HOOK_INPUT))
		return "no oif in prerouting and input: packets there leave by no device yet";
	return NULL;
}

int
filter_rule_add(enum ip4_hook_point chain, const struct filter_rule *r, uint32_t at)
{
	uint32_t n = chains[chain].n;
	struct filter_entry **old = chains[chain].e, **e, *mine;
	int rc;

	if (filter_rule_check(chain, r) != NULL)
		return -EINVAL;
	if (n_free == 0)
		return -ENOSPC;
	at = at == 0 || at > n ? n : at - 1;
	e = malloc((n + 1) * sizeof(e[0]));
	mine = entry_new(r);
	if (e == NULL || mine == NULL) {
		rc = -ENOMEM;
		goto undo_entry;
	}
	if (n > 0) {
		memcpy(e, old, at * sizeof(e[0]));
		memcpy(e + at + 1, old + at, (n - at) * sizeof(e[0]));
	}
	e[at] = mine;
	rc = install(chain, e, n + 1, chains[chain].drop);
	if (rc != 0)
		goto undo_entry;
	free(old);
	return 0;
undo_entry:
	if (mine != NULL)
		entry_free(mine);
	free(e);
	return rc;
}

int
filter_rule_del(enum ip4_hook_point chain, uint32_t at)
{
	uint32_t n = chains[chain].n;
	struct filter_entry **old = chains[chain].e, **e;
	struct leaving *l;
	int rc = -ENOMEM;

	if (at == 0 || at > n)
		return -ENOENT;
	e = malloc(n * sizeof(e[0]));
	l = leaving_new(&old[at - 1], 1);
	if (e == NULL || l == NULL)
		goto undo_alloc;
	memcpy(e, old, (at - 1) * sizeof(e[0]));
	memcpy(e + at - 1, old + at, (n - at) * sizeof(e[0]));
	rc = install(chain, e, n - 1, chains[chain].drop);
	if (rc != 0)
		goto undo_alloc;
	rcu_defer(&l->rcu, left);
	free(old);
	return 0;
undo_alloc:
	free(l);
	free(e);
	return rc;
}

/* @p n new entries for @p rules; NULL: *@p rc says why. */
static struct filter_entry **
entries_new(enum ip4_hook_point chain, const struct filter_rule *rules, uint32_t n,
	    int *rc) CTL_ONLY
{
	struct filter_entry **e;

	*rc = -EINVAL;
	for (uint32_t i = 0; i < n; i++)
		if (filter_rule_check(chain, &rules[i]) != NULL)
			return NULL;
	*rc = -ENOSPC;
	if (n > n_free)
		return NULL;
	*rc = -ENOMEM;
	e = malloc((n + 1) * sizeof(e[0]));
	for (uint32_t i = 0; i < n && e != NULL; i++) {
		e[i] = entry_new(&rules[i]);
		if (e[i] != NULL)
			continue;
		while (i > 0)
			entry_free(e[--i]);
		free(e);
		return NULL;
	}
	return e;
}

int
filter_chain_set(enum ip4_hook_point chain, bool drop, const struct filter_rule *rules, uint32_t n)
{
	struct filter_entry **old = chains[chain].e, **e;
	struct leaving *l = leaving_new(old, chains[chain].n);
	int rc = -ENOMEM;

	e = l != NULL ? entries_new(chain, rules, n, &rc) : NULL;
	if (e == NULL)
		goto undo_leaving;
	rc = install(chain, e, n, drop);
	if (rc != 0)
		goto undo_entries;
	rcu_defer(&l->rcu, left);
	free(old);
	return 0;
undo_entries:
	while (n > 0)
		entry_free(e[--n]);
	free(e);
undo_leaving:
	free(l);
	return rc;
}

int
filter_policy_set(enum ip4_hook_point chain, bool drop)
{
	return install(chain, chains[chain].e, chains[chain].n, drop);
}

int
filter_flush(enum ip4_hook_point chain)
{
	return filter_chain_set(chain, chains[chain].drop, NULL, 0);
}

/* --- what there is --- */

uint32_t
filter_rules(enum ip4_hook_point chain)
{
	return chains[chain].n;
}

const struct filter_rule *
filter_rule_get(enum ip4_hook_point chain, uint32_t at)
{
	return at == 0 || at > chains[chain].n ? NULL : &chains[chain].e[at - 1]->rule;
}

bool
filter_policy_is_drop(enum ip4_hook_point chain)
{
	return chains[chain].drop;
}

struct filter_counter
filter_count(enum ip4_hook_point chain, uint32_t at)
{
	bool policy = at == 0 || at > chains[chain].n;
	struct filter_entry *e = policy ? NULL : chains[chain].e[at - 1];
	struct filter_counter sum = slot_sum(policy ? policy_slot(chain) : e->slot);
	const struct filter_counter *base = policy ? &chains[chain].base : &e->base;

	return (struct filter_counter){ sum.packets - base->packets, sum.bytes - base->bytes };
}

void
filter_clear(enum ip4_hook_point chain)
{
	chains[chain].base = slot_sum(policy_slot(chain));
	for (uint32_t i = 0; i < chains[chain].n; i++)
		chains[chain].e[i]->base = slot_sum(chains[chain].e[i]->slot);
}

/* --- devices come and go --- */

/* Chains whose rules name a device that is now another one are built anew. */
static void
rename_devices(enum ip4_hook_point at, const struct net_device *gone) CTL_ONLY
{
	struct filter_chain *c;
	bool changed = false;
	int rc;

	for (uint32_t i = 0; i < chains[at].n; i++) {
		struct filter_entry *e = chains[at].e[i], was = *e;

		resolve(e, gone);
		changed |= e->iif != was.iif || e->oif != was.oif || e->absent != was.absent;
	}
	if (!changed)
		return;
	c = filter_compile(chains[at].e, chains[at].n, &rc);
	if (c == NULL) {
		log_err("chain %s is not built anew: %s", ip4_hook_name(at), strerror(-rc));
		return;
	}
	c->v[0] = filter_chains[at]->v[0];
	hook(at, c); /* is registered already */
	publish(at, c);
}

static int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct net_device *dev = obj;

	role_enter_ctl();
	if (event != NETDEV_REGISTER && event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_OK;
	if (dev->flags & IFF_LOOPBACK)
		__atomic_store_n(&filter_lo,
				 event == NETDEV_UNREGISTER ? 0 : (uint16_t)dev->ifindex,
				 __ATOMIC_RELAXED);
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		rename_devices(at, event == NETDEV_UNREGISTER ? dev : NULL);
	return NOTIFY_OK;
}

/* Before the device can be up, and after routes let go of it. */
static struct notifier listener = { .fn = on_netdev, .prio = NOTIFIER_PRIO_NEIGH };

int
filter_init(void)
{
	for (unsigned int i = 0; i < WORKER_SLOTS; i++) {
		if (i >= n_workers && i != WORKER_MAX)
			continue;
		filter_counters[i] = calloc(SLOTS, sizeof(struct filter_counter));
		if (filter_counters[i] == NULL) {
			filter_fini();
			return -ENOMEM;
		}
	}
	for (n_free = 0; n_free < FILTER_RULES_MAX; n_free++)
		free_slots[n_free] = FILTER_RULES_MAX - 1 - n_free; /* low ones first */
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++)
		chains[at].hook = (struct ip4_hook){ .fn = filter_hook,
						     .at = at,
						     .prio = IP4_HOOK_PRIO_FILTER };
	notifier_add(&netdev_chain, &listener);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		on_netdev(&listener, NETDEV_REGISTER, d);
	return 0;
}

void
filter_fini(void)
{
	notifier_del(&netdev_chain, &listener);
	for (unsigned int at = 0; at < IP4_HOOK_MAX; at++) {
		hook(at, NULL);
		publish(at, NULL);
		for (uint32_t i = 0; i < chains[at].n; i++)
			entry_free(chains[at].e[i]);
		free(chains[at].e);
		memset(&chains[at], 0, sizeof(chains[at]));
	}
	for (unsigned int i = 0; i < WORKER_SLOTS; i++) {
		free(filter_counters[i]); /* the workers have ended */
		filter_counters[i] = NULL;
	}
	filter_lo = 0;
}
