/* SPDX-License-Identifier: BSD-3-Clause */
/* Which addresses are ours, as a filter for the fast lane: made anew when one comes or goes. */
#include <stdlib.h>
#include "core/notifier.h"
#include "fib/fib.h"
#include "ip4/ip4_priv.h"

#define BITS_MIN 12u
#define BITS_MAX 16u
#define SPARSE	 64u /* entries for each address, while there is room: one in 64 is a false alarm */

/* Without memory, or before the first route: every source is suspect. */
static struct ip4_own everything = { .shift = 31, .hit = { 1, 1 } };
struct ip4_own *ip4_own = &everything;

/* Entries at full size. */
static uint8_t of_local[1u << BITS_MAX];  /* of the local table: built anew when one goes */
static uint8_t of_others[1u << BITS_MAX]; /* of other tables: stay, at the price of false alarms */

static bool
is_own_type(const struct fib_route *r)
{
	return r->type == FIB_LOCAL || r->type == FIB_BROADCAST || r->type == FIB_ANYCAST ||
	       r->type == FIB_MULTICAST;
}

static void
own_add(const struct fib_route *r, void *arg)
{
	uint8_t *hit = r->table == RT_TABLE_LOCAL ? of_local : of_others;
	uint32_t first = rte_be_to_cpu_32(r->dst);

	if (!is_own_type(r))
		return;
	if (r->plen == 32)
		hit[(r->dst * IP4_HASH_MULT) >> (32 - BITS_MAX)] = 1;
	else if (!(r->plen >= 8 && (ip4_is_loopback(first) || ip4_is_zeronet(first))) &&
		 !(r->plen >= 4 && (ip4_is_multicast(first) || ip4_is_class_e(first))))
		/* A whole prefix is ours: every source is suspect. Those above are so anyway. */
		memset(hit, 1, sizeof(of_local));
}

static void
own_free(struct rcu_head *head)
{
	free(head);
}

static void
own_replace(struct ip4_own *new) CTL_ONLY
{
	struct ip4_own *old = ip4_own;

	rcu_assign_pointer(ip4_own, new);
	fib_genid_bump(); /* the fast lane asks it whether a source may pass */
	if (old != &everything)
		rcu_defer(&old->rcu, own_free);
}

static void
own_publish(void) CTL_ONLY
{
	uint32_t n = 0, bits = BITS_MIN;
	struct ip4_own *own;

	for (uint32_t i = 0; i < 1u << BITS_MAX; i++)
		n += of_local[i] | of_others[i];
	while (bits < BITS_MAX && n > (1u << bits) / SPARSE)
		bits++;
	own = calloc(1, sizeof(*own) + (1u << bits));
	if (own == NULL) {
		own_replace(&everything);
		return;
	}
	own->shift = 32 - bits;
	for (uint32_t i = 0; i < 1u << BITS_MAX; i++)
		own->hit[i >> (BITS_MAX - bits)] |= of_local[i] | of_others[i];
	own_replace(own);
}

static int
on_fib(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	role_enter_ctl();
	if (event == FIB_ROUTE_DEL ? is_own_type(r) && r->table == RT_TABLE_LOCAL
				   : event == FIB_ROUTE_REPLACE && r->table == RT_TABLE_LOCAL) {
		/* Whether the walk still meets the one that goes does not matter: one entry too
		 * many costs speed, one too few would let a spoofed source pass. */
		memset(of_local, 0, sizeof(of_local));
		fib_walk(RT_TABLE_LOCAL, own_add, NULL);
	}
	if (event != FIB_ROUTE_DEL)
		own_add(r, NULL);
	if (is_own_type(r) || r->table == RT_TABLE_LOCAL)
		own_publish();
	return NOTIFY_OK;
}

static struct notifier fib_notifier = { .fn = on_fib, .prio = NOTIFIER_PRIO_MONITOR + 1 };

void
ip4_own_init(void)
{
	notifier_add(&fib_chain, &fib_notifier);
	fib_walk(0, own_add, NULL);
	own_publish();
}

void
ip4_own_fini(void)
{
	notifier_del(&fib_chain, &fib_notifier);
	own_replace(&everything);
	memset(of_local, 0, sizeof(of_local));
	memset(of_others, 0, sizeof(of_others));
}
