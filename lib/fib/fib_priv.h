/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_PRIV_H
#define FIB_PRIV_H
/**
 * @file
 * Inside the routing tables: aliases (a route in a chain on its prefix), infos (what routes share:
 * type, attributes, next hops) and the compiler of local and main.
 */
#include "fib/fib.h"
#include "fib/fib_dir24.h"
#include "fib/fib_genid_dp.h"
#include "fib/fib_rule_dp.h"
#include "fib/fib_table_dp.h"
#include "fib/fib_trie.h"

/** Who is asked first. What a higher layer covers, a lower one does not answer for. */
enum fib_layer {
	FIB_LAYER_BASE, /* built in: martian, multicast and limited broadcast destinations */
	FIB_LAYER_LOCAL,
	FIB_LAYER_MAIN,	 /* also the layer of every table that is not compiled */
	FIB_LAYER_NEIGH, /* a resolved neighbour: answers where the layers above say "on-link" */
	FIB_LAYER_NONE = UINT8_MAX,
};
/* RTE_IPV4() shifts into the sign bit. */
#define FIB_IP4(a, b, c, d)                                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define FIB_TYPE_MARTIAN 100 /* of infos in the base layer only */

/** A route in the chain of its prefix: by layer, then tos (highest first), then metric. Workers
 * read next, info, tos, layer and passed. */
struct fib_alias {
	uint32_t next;
	uint32_t info;	 /* FIB_LAYER_NEIGH: index of a struct fib_neigh_leaf */
	uint32_t metric; /* the info's; of a free alias the next one */
	uint8_t tos;
	uint8_t layer;
	uint8_t file;	/* which load of a routes file set it; 0: none did */
	uint8_t passed; /* a default route whose gateway is silent, where another's is not */
};

/** What workers read of an info, by its index. */
struct fib_live {
	uint32_t leaf; /* FIB_LEAF_NONE: dead */
	rte_be32_t prefsrc;
	uint32_t link; /* of a free one */
	uint32_t tclassid;
	struct fib_nh_realms *nh_realms; /* of several next hops that differ in theirs, or NULL */
};
/** Immutable. */
struct fib_nh_realms {
	struct rcu_head rcu;
	uint32_t n;
	struct {
		const struct net_device *dev;
		rte_be32_t gateway;
		uint32_t tclassid;
	} nh[];
};

/** What routes have in common. Found by content, counted by aliases, immutable but for state. */
struct fib_info {
	uint32_t refcnt;
	uint32_t hash_next, hash;
	uint32_t idx;
	uint32_t metric;
	uint32_t tclassid; /* realms; of several next hops the first one's */
	rte_be32_t prefsrc;
	uint8_t type, protocol, scope;
	bool keep;		/* stays, dead, when its devices are down */
	bool dead;		/* no live next hop: not in the compiled table */
	bool changed;		/* leaf or dead changed: its prefixes are to be compiled again */
	bool kill;		/* its routes are to be deleted */
	struct fib_cover cover; /* of its routes' prefixes, those that are gone included */
	bool realms;		/* it holds skb_realm_hold() */
	struct fib_metrics metrics;
	uint32_t leaf;		 /* adjacency index that its prefixes read when it is alive */
	struct fib_group *group; /* several next hops, or NULL; by an object: of the narrow slot */
	struct fib_nhobj *obj;	 /* has the next hops; then nh[] is empty */
	struct fib_info *obj_next, **obj_link; /* on the object's list */
	uint32_t narrow; /* by an object, with an MTU: a slot of its own, or ADJ_IDX_NO_ROUTE */
	uint16_t n_nh;
	struct fib_nexthop nh[];
};

/** 0: none. */
static inline uint32_t
fib_info_mtu(const struct fib_info *fi)
{
	return fi->metrics.value[FIB_METRIC_mtu];
}

/** Workers read glean and adj. */
struct fib_neigh_leaf {
	union {
		struct neighbour *neigh;
		uint32_t link; /* of a free one */
	};
	uint32_t glean; /* leaf that says "on-link by its device" */
	uint32_t adj;
};

/** What workers read of a table; it stays until fib_fini(). */
struct fib_table_dp {
	struct fib_trie *trie; /* own, or the one that local and main share */
	uint8_t layer;
};
/** What workers need to read tables; written at start but for deflt. */
struct fib_dp_tables {
	const struct fib_alias *alias; /* bases of the arenas */
	const struct fib_live *live;
	const struct fib_neigh_leaf *neigh;
	const struct fib_table_dp *local, *main;
	const struct fib_table_dp *deflt; /* NULL while it has no routes */
	/* Table local has nothing but what is ours, table main nothing of that kind: then a leaf of
	 * the compiled table says which of the two it comes from. */
	bool plain;
};
extern struct fib_dp_tables fib_dp_tables;

struct fib_table {
	struct fib_table_dp dp;
	uint32_t id;
	uint32_t n_routes;
	struct fib_trie own;
};
#define FIB_ALIASES_MAX (1u << 26)
#define FIB_INFOS_MAX	(1u << 22)

struct fib_ctl {
	struct fib_trie shared; /* base, local, main, neighbours: what is compiled */
	struct fib_arena nodes; /* of all tries */
	struct fib_arena aliases;
	struct fib_arena live;	 /* struct fib_live */
	struct fib_arena neighs; /* struct fib_neigh_leaf */
	struct dir24 dir;
	struct fib_table **tables; /* sorted by id */
	uint32_t n_tables;
	uint32_t n_routes;
	uint32_t neigh_leaves;
	uint32_t n_file;  /* aliases that a routes file set */
	uint32_t n_mixed; /* routes that stand against fib_dp_tables.plain */
	uint64_t adds, dels, changes, errors;
};
extern struct fib_ctl fib_ctl;

static inline struct fib_alias *
fib_alias(uint32_t idx)
{
	return (struct fib_alias *)fib_ctl.aliases.base + idx;
}
static inline struct fib_live *
fib_live(uint32_t idx)
{
	return (struct fib_live *)fib_ctl.live.base + idx;
}
static inline struct fib_neigh_leaf *
fib_neigh_leaf(uint32_t idx)
{
	return (struct fib_neigh_leaf *)fib_ctl.neighs.base + idx;
}

/* --- fib_info.c --- */
int fib_info_init(void) CTL_ONLY;
void fib_info_fini(void) CTL_ONLY;
extern struct fib_info **fib_infos; /* by index; NULL: free */
extern uint32_t fib_infos_size;
/** The info with @p want's content, one reference more. Made and brought to life when there is
 * none. NULL: *err is -ENOMEM, -ENOBUFS (neighbour table full) or -ENOSPC (no adjacency). */
struct fib_info *fib_info_get(const struct fib_info *want, int *err) CTL_ONLY;
void fib_info_put(struct fib_info *fi) CTL_ONLY;
/** Find it under its changed content. */
void fib_info_rehash(struct fib_info *fi) CTL_ONLY;
uint64_t fib_info_bytes(void);

/* --- fib_nh.c --- */
/** Fill in @p fi (room for FIB_NEXTHOPS_MAX next hops) from @p r: scope, devices, flags.
 * 0 or -errno with *why. Takes no reference. */
int fib_nh_resolve(const struct fib_route_spec *r, struct fib_info *fi, const char **why) CTL_ONLY;
/** Take the neighbours of live next hops, set leaf and dead. 0 or -errno. */
int fib_nh_activate(struct fib_info *fi) CTL_ONLY;
/** Set leaf, dead and changed from the states of next hops and neighbours. 0 or -errno. */
int fib_nh_update(struct fib_info *fi) CTL_ONLY;
/** Tell the workers what leaf and dead say. */
void fib_nh_publish(const struct fib_info *fi) CTL_ONLY;
/** Let go the neighbours of next hops that are not live, and the group of a dead info. No leaf
 * names them any more. @p all: of every next hop. */
void fib_nh_release(struct fib_info *fi, bool all) CTL_ONLY;
/** Is it passed over for want of a carrier (ignore_routes_with_linkdown)? */
static inline bool
fib_nh_ignored(const struct fib_nexthop *nh)
{
	const struct in_device *in_dev;

	if (!(nh->flags & FIB_NH_LINKDOWN))
		return false;
	in_dev = in_dev_get_rcu(nh->dev);
	return in_dev == NULL || IN_DEV_ORCONF(in_dev, ignore_routes_with_linkdown);
}
/** Infos that are compiled need no neighbours of next hops that are not live. */
void fib_nh_release_dead(void) CTL_ONLY;
static inline bool
fib_nh_live(const struct fib_nexthop *nh)
{
	return !(nh->flags & FIB_NH_DEAD) && !fib_nh_ignored(nh);
}

/* --- fib_compile.c --- */
/** The chain, an info or a neighbour at this prefix changed: bring the compiled table in line. */
void fib_compile_prefix(uint32_t key, uint8_t plen) CTL_ONLY;
/**
 * The same for every prefix whose info is marked changed; clears the marks. Of infos whose routes
 * are few or near each other at once, of others in slices between which control does other work:
 * they stay marked, and what their leaves lead to must stay, until that is done.
 */
void fib_compile_changed(void) CTL_ONLY;
/** How many nodes of the trie are looked at: for one info at once, and in a row before control does
 * other work, which is a few milliseconds. Tests want less. */
extern struct fib_compile_pace {
	unsigned int near, slice;
} fib_compile_pace;
/** Do now what is left of that. */
void fib_compile_finish(void) CTL_ONLY;
void fib_compile_init(void) CTL_ONLY;
void fib_compile_fini(void) CTL_ONLY;
/** What a chain says for @p layer: the leaf of its first live route, ADJ_IDX_TOS when there are
 * live ones for a tos, FIB_LEAF_NONE when there are none at all. */
uint32_t fib_chain_leaf(uint32_t alias, uint8_t layer) CTL_ONLY;

/* --- fib_table.c --- */
struct fib_table *fib_table_get(uint32_t id) CTL_ONLY; /* or NULL */
/** Made when it is missing. NULL: no memory, or too many. */
struct fib_table *fib_table_make(uint32_t id) CTL_ONLY;
/** Put an alias into the shared trie: node, tbl8 group, chain, compiled table. 0, -ENOMEM,
 * -ENOSPC with nothing changed. @p after: behind equals. */
int fib_alias_link(struct fib_table *t, uint32_t key, uint8_t plen, struct fib_alias what,
		   bool after) CTL_ONLY;
/** @p n routes of @p type more in @p t. */
void fib_table_count(struct fib_table *t, uint8_t type, int n) CTL_ONLY;
/** Take the alias out again. Never fails. */
void fib_alias_unlink(struct fib_table *t, uint32_t key, uint8_t plen, uint32_t alias) CTL_ONLY;
/** Delete every route of every table whose info is marked kill. How many. */
unsigned int fib_sweep(void) CTL_ONLY;
void fib_view(struct fib_route *r, const struct fib_table *t, const struct fib_node *n,
	      const struct fib_alias *a) CTL_ONLY;

/* --- fib_lookup.c --- */
struct fib_flow {
	struct fib_key key;
	uint8_t scope;		      /* routes of a wider scope are passed over */
	const struct net_device *oif; /* only next hops by this device; NULL: any */
	const uint32_t *hash;	      /* for several next hops; NULL: of the key */
};
struct fib_match {
	const struct fib_table *table;
	const struct fib_node *node;
	const struct fib_alias *alias;
	const struct fib_info *info;
	const struct fib_nexthop *nh;
	uint32_t bucket, n_buckets;  /* of the group that the flow falls into */
	const struct fib_rule *rule; /* that had the answer; NULL: none had one */
};
/** Longest match in one table. 0, or -EAGAIN: none, or throw. */
int fib_table_lookup(const struct fib_table *t, const struct fib_flow *fl,
		     struct fib_match *m) CTL_ONLY;
/** The rules in order of priority. 0, -ENETUNREACH (no route, or a rule says so), or what a rule
 * says: -EINVAL (blackhole), -EACCES (prohibit). */
int fib_rules_lookup(const struct fib_flow *fl, struct fib_match *m) CTL_ONLY;

/* --- fib_netdev.c, fib_inetaddr.c, fib_neigh.c --- */
void fib_netdev_init(void) CTL_ONLY;
void fib_netdev_fini(void) CTL_ONLY;
void fib_inetaddr_init(void) CTL_ONLY;
void fib_inetaddr_fini(void) CTL_ONLY;
void fib_neigh_init(void) CTL_ONLY;
void fib_neigh_fini(void) CTL_ONLY;
/** Some way is passed over because its neighbour is silent: no packet would find out that it is
 * back, so it is asked now and then. */
void fib_probe_later(void) CTL_ONLY;
/** The state of @p n (NULL: of any neighbour) changed: groups with it follow. */
void fib_neigh_regroup(const struct neighbour *n) CTL_ONLY;
/** Routes that an address brings: local, connected prefix, broadcast. */
void fib_add_ifaddr(const struct in_ifaddr *ifa) CTL_ONLY;
/** The last address of @p dev is gone: routes by it go as if it went down (Linux's fib_disable_ip);
 * what the configuration wants comes back with the first address. */
void fib_disable_ip(const struct net_device *dev) CTL_ONLY;
void fib_enable_ip(const struct net_device *dev) CTL_ONLY;

/* --- fib_genid.c --- */
void fib_genid_init(void) CTL_ONLY;
void fib_genid_fini(void) CTL_ONLY;

/* --- fib_default.c --- */
typedef void (*fib_way_fn)(const struct fib_nexthop *nh, void *arg);
/** Call for each gateway that is passed over for its silence. */
void fib_default_passed(fib_way_fn fn, void *arg) CTL_ONLY;
/** Default routes, their next hops or gateways changed: which of them is to be used? */
void fib_default_update(void) CTL_ONLY;

void fib_names_fini(void) CTL_ONLY;
#endif
