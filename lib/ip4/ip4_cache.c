/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_cache.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <numa.h>
#include <rte_random.h>
#include "core/sysctl.h"
#include "fib/fib_rule.h"
#include "skb/skb_realm_dp.h"

/* net.ipv4.route_cache */
enum { CACHE_OFF, CACHE_PAYS, CACHE_ALWAYS };
#define ENTRIES_MIN  1024
#define ENTRIES_MAX  (1 << 24)
#define ENTRIES_DFLT (1 << 16)
#define HUGE_PAGE    (2u << 20)

static struct cache_conf {
	int route_cache, max_size;
} conf;
static bool in_use; /* there are caches, unless for want of memory */

static size_t
bytes_of(const struct ip4_cache *c)
{
	return sizeof(c->set[0]) << (64 - c->shift);
}

static void
cache_free(struct rcu_head *head)
{
	struct ip4_cache *c = container_of(head, struct ip4_cache, rcu);

	free(c->set);
	free(c);
}

/* Of large pages where there are any, on the worker's node, and touched: no worker waits for a
 * page. NULL: no memory. */
static struct ip4_cache_set *
sets_alloc(size_t bytes, int socket)
{
	size_t whole = RTE_ALIGN_CEIL(bytes, HUGE_PAGE);
	void *p = aligned_alloc(HUGE_PAGE, whole);

	if (p == NULL)
		return NULL;
	if (socket >= 0 && numa_available() >= 0 && numa_max_node() > 0)
		numa_tonode_memory(p, whole, socket);
	madvise(p, whole, MADV_HUGEPAGE); /* a wish */
	return memset(p, 0, bytes);
}

static struct ip4_cache *
cache_alloc(const struct worker *w)
{
	uint32_t sets = rte_align32pow2((uint32_t)conf.max_size) / IP4_CACHE_WAYS;
	struct ip4_cache *c = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct ip4_cache){ .secret = rte_rand(),
				 .shift = 64 - rte_bsf32(sets),
				 .always = conf.route_cache == CACHE_ALWAYS };
	c->set = sets_alloc(bytes_of(c), w->socket);
	if (c->set != NULL)
		return c;
	free(c);
	return NULL;
}

/* Workers look many times for what one look at the compiled table does not say: rules, realms. */
static bool
wanted(void)
{
	return conf.route_cache == CACHE_ALWAYS ||
	       (conf.route_cache == CACHE_PAYS && (fib_rules != NULL || skb_realms_wanted()));
}

/* Each worker begins anew, by the tunables as they are. Who gets no memory does without. */
static CTL_ONLY void
renew(void)
{
	in_use = wanted();
	for (unsigned int i = 1; i < n_workers; i++) {
		struct ip4_cache *was = ip4_caches[i];

		rcu_assign_pointer(ip4_caches[i], in_use ? cache_alloc(workers[i]) : NULL);
		if (was != NULL)
			rcu_defer(&was->rcu, cache_free);
	}
}

static void
tunable_changed(const struct ctl_table *t, void *object, int old)
{
	RTE_SET_USED(t);
	RTE_SET_USED(object);
	RTE_SET_USED(old);
	role_enter_ctl();
	renew();
}

/* Rules come or go, or who cares for realms. */
static int
on_change(struct notifier *self, unsigned int event, void *obj)
{
	RTE_SET_USED(self);
	RTE_SET_USED(event);
	RTE_SET_USED(obj);
	role_enter_ctl();
	if (wanted() != in_use)
		renew();
	return NOTIFY_OK;
}

static struct notifier rule_notifier = { .fn = on_change, .prio = NOTIFIER_PRIO_MONITOR };
static struct notifier realm_notifier = { .fn = on_change, .prio = NOTIFIER_PRIO_MONITOR };

static const struct ctl_table cache_table[] = {
	{ .procname = "route_cache",
	  .offset = offsetof(struct cache_conf, route_cache),
	  .min = CACHE_OFF,
	  .max = CACHE_ALWAYS,
	  .mode = 0644,
	  .changed = tunable_changed,
	  .help = "workers remember what they decided of a flow: 0 never, 1 where it pays, that is "
		  "with policy rules or realms, 2 always" },
	{ 0 },
};
static const struct ctl_table size_table[] = {
	{ .procname = "max_size",
	  .offset = offsetof(struct cache_conf, max_size),
	  .min = ENTRIES_MIN,
	  .max = ENTRIES_MAX,
	  .mode = 0644,
	  .changed = tunable_changed,
	  .help = "decisions that each worker's route cache holds, rounded up to a power of two; "
		  "32 bytes each" },
	{ 0 },
};

void
ip4_cache_declare(void)
{
	sysctl_declare("net.ipv4", cache_table);
	sysctl_declare("net.ipv4.route", size_table);
}

int
ip4_cache_init(void)
{
	int rc;

	conf = (struct cache_conf){ CACHE_PAYS, ENTRIES_DFLT };
	rc = sysctl_register("net.ipv4", cache_table, &conf);
	if (rc == 0)
		rc = sysctl_register("net.ipv4.route", size_table, &conf);
	if (rc != 0)
		return rc;
	notifier_add(&fib_rule_chain, &rule_notifier);
	notifier_add(&skb_realm_chain, &realm_notifier);
	renew();
	return 0;
}

void
ip4_cache_fini(void)
{
	notifier_del(&fib_rule_chain, &rule_notifier);
	notifier_del(&skb_realm_chain, &realm_notifier);
	conf.route_cache = CACHE_OFF;
	renew();
	sysctl_unregister("net.ipv4", cache_table);
	sysctl_unregister("net.ipv4.route", size_table);
}

struct ip4_cache_fill
ip4_cache_fill(void)
{
	struct ip4_cache_fill all = { 0 };

	for (unsigned int i = 1; i < n_workers; i++) {
		const struct ip4_cache *c = ip4_caches[i];

		if (c == NULL)
			continue;
		all.max += (uint64_t)IP4_CACHE_WAYS << (64 - c->shift);
		if (__atomic_load_n(&c->genid, __ATOMIC_RELAXED) == fib_genid_read())
			all.entries += __atomic_load_n(&c->used, __ATOMIC_RELAXED);
	}
	return all;
}
