/* SPDX-License-Identifier: BSD-3-Clause */
/* The multicast database, written: nodes are put in each other's place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_random.h>
#include "bridge/br_priv.h"

static void
node_free(struct rcu_head *head)
{
	free(container_of(head, struct br_mdb_node, rcu));
}

static void
table_free(struct rcu_head *head)
{
	free(container_of(head, struct br_mdb, rcu));
}

/* The table comes with the first thing that there is to know. */
static struct br_mdb *
table_of(struct net_bridge *br) CTL_ONLY
{
	struct br_mdb *t = br->mdb;

	if (t != NULL)
		return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->mul[0] = rte_rand() | 1;
	t->mul[1] = rte_rand() | 1;
	rcu_assign_pointer(br->mdb, t);
	return t;
}

/* The link that leads to the node of @p key, or where one is to be put. */
static struct br_mdb_node **
link_of(struct br_mdb *t, const struct br_mdb_key *key)
{
	struct br_mdb_node **at = &t->bucket[br_mdb_hash(t, key)];

	while (*at != NULL && memcmp(&(*at)->key, key, sizeof(*key)) != 0)
		at = &(*at)->next;
	return at;
}

/* How many nodes there are of groups, and of their sources. */
static void
count(struct net_bridge *br, const struct br_mdb_key *key, int inc) CTL_ONLY
{
	struct br_mcast *mc = &br_ctl(br)->mc;

	if (key->kind == BR_MDB_ROUTERS)
		return;
	mc->n_nodes += (uint32_t)inc;
	if (key->src != 0) {
		mc->n_src += (uint32_t)inc;
		__atomic_store_n(&br->mdb->n_src, mc->n_src, __ATOMIC_RELAXED);
	}
}

static bool
is_same(const struct br_mdb_node *a, const struct br_mdb_node *b)
{
	return a->host == b->host && a->querier == b->querier && a->off == b->off &&
	       a->group == b->group && memcmp(a->port, b->port, sizeof(a->port)) == 0;
}

int
br_mdb_put(struct net_bridge *br, const struct br_mdb_node *want)
{
	struct br_mdb *t = table_of(br);
	struct br_mdb_node **at = t != NULL ? link_of(t, &want->key) : NULL, *old, *n;

	if (at == NULL)
		return -ENOMEM;
	old = *at;
	if (old != NULL && is_same(old, want))
		return 0;
	n = malloc(sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	*n = *want;
	n->next = old != NULL ? old->next : NULL;
	rcu_assign_pointer(*at, n);
	if (old != NULL)
		rcu_defer(&old->rcu, node_free);
	else
		count(br, &n->key, 1);
	return 0;
}

void
br_mdb_remove(struct net_bridge *br, const struct br_mdb_key *key)
{
	struct br_mdb_node **at = br->mdb != NULL ? link_of(br->mdb, key) : NULL, *old;

	if (at == NULL || *at == NULL)
		return;
	old = *at;
	rcu_assign_pointer(*at, old->next);
	count(br, key, -1);
	rcu_defer(&old->rcu, node_free);
}

static bool
is_group(const struct br_mdb_node *n)
{
	return n->key.kind != BR_MDB_ROUTERS && n->key.src == 0;
}

struct br_mc_group *
br_mdb_next(const struct net_bridge *br, uint32_t *at, const struct br_mc_group *after)
{
	const struct br_mdb *t = br->mdb;

	for (; t != NULL && *at < BR_MDB_BUCKETS; (*at)++, after = NULL) {
		const struct br_mdb_node *n = t->bucket[*at];

		while (after != NULL && n != NULL && !(is_group(n) && n->group == after))
			n = n->next;
		if (after != NULL && n != NULL)
			n = n->next;
		while (n != NULL && !is_group(n))
			n = n->next;
		if (n != NULL)
			return n->group;
	}
	return NULL;
}

void
br_mdb_free(struct net_bridge *br)
{
	for (unsigned int i = 0; br->mdb != NULL && i < BR_MDB_BUCKETS; i++)
		for (struct br_mdb_node *n = br->mdb->bucket[i], *next; n != NULL; n = next) {
			next = n->next;
			free(n);
		}
	if (br->mdb != NULL)
		table_free(&br->mdb->rcu);
	br->mdb = NULL;
}
