/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_MDB_DP_H
#define BR_MDB_DP_H
/**
 * @file
 * The multicast database as workers read it: a hash of chains. A node is immutable once it is
 * published, but for its link; the control thread puts another in its place and frees it after a
 * grace period.
 */
#include <stdbool.h>
#include <rte_branch_prediction.h>
#include "bridge/br_fdb_dp.h"

#define BR_MDB_BUCKETS 4096

/** What a node is about. */
enum br_mdb_kind {
	BR_MDB_ROUTERS, /* dst 0: the ports with routers, and whether there is a querier */
	BR_MDB_IP4,	/* dst: a group in network order; src: 0, or one source's frames only */
	BR_MDB_MAC,	/* dst: a group address as it stands on the wire */
};

struct br_mdb_key {
	uint64_t dst;
	uint32_t src;
	uint16_t vid;
	uint16_t kind; /* enum br_mdb_kind */
};

struct br_mc_group;
struct br_mdb_node {
	struct br_mdb_node *next; /* RCU */
	struct br_mdb_key key;
	bool host;    /* the bridge's own device wants the frames, too */
	bool querier; /* BR_MDB_ROUTERS: groups that nobody has joined need not be flooded */
	bool off;     /* BR_MDB_ROUTERS: that VLAN is not snooped in */
	uint64_t port[BR_PORTS_MAX / 64]; /* by index */
	struct rcu_head rcu;
	struct br_mc_group *group; /* control thread; NULL for BR_MDB_ROUTERS */
};

struct br_mdb {
	struct rcu_head rcu;
	uint64_t mul[2]; /* secret, odd */
	uint32_t n_src;	 /* nodes of one source */
	struct br_mdb_node *bucket[BR_MDB_BUCKETS];
};

static inline uint32_t
br_mdb_hash(const struct br_mdb *t, const struct br_mdb_key *k)
{
	uint64_t h = (k->dst ^ (uint64_t)k->src << 32) * t->mul[0];

	return (uint32_t)((h ^ h >> 29 ^ (uint64_t)(k->vid << 2 | k->kind)) * t->mul[1] >> 52);
}

/** The node of that key, or NULL. RCU: good for this burst only. */
static inline struct br_mdb_node *
br_mdb_find(struct br_mdb *t, const struct br_mdb_key *k)
{
	struct br_mdb_node *n;

	if (t == NULL)
		return NULL;
	for (n = rcu_dereference(t->bucket[br_mdb_hash(t, k)]); n != NULL;
	     n = rcu_dereference(n->next))
		if (n->key.dst == k->dst && n->key.src == k->src && n->key.vid == k->vid &&
		    n->key.kind == k->kind)
			return n;
	return NULL;
}

static inline bool
br_mdb_has_port(const struct br_mdb_node *n, uint16_t idx)
{
	return n != NULL && n->port[idx / 64] >> idx % 64 & 1;
}
_Static_assert(BR_MDB_BUCKETS == 1 << 12, "br_mdb_hash() has 12 bits");
#endif
