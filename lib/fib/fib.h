/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_H
#define FIB_H
/**
 * @file
 * Routing tables, control side. A route is a prefix with a key (table, dst/len, tos, metric), a
 * type, and next hops. Tables local (255) and main (254) are compiled into fib_main_dp.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <rte_byteorder.h>
#include "core/notifier.h"
#include "core/role.h"
#include "fib/fib_metrics.h"
#include "neigh/neigh.h"
#include "netdev/inetdev.h"

enum { RT_TABLE_DEFAULT = 253, RT_TABLE_MAIN = 254, RT_TABLE_LOCAL = 255 };
/** Who made a route, numbers of Linux's rt_protos. */
enum fib_protocol { FIB_PROT_KERNEL = 2, FIB_PROT_BOOT = 3, FIB_PROT_STATIC = 4 };

enum fib_type { /* numbers of Linux's RTN_* */
		FIB_UNICAST = 1,
		FIB_LOCAL = 2,
		FIB_BROADCAST = 3,
		FIB_ANYCAST = 4,
		FIB_MULTICAST = 5,
		FIB_BLACKHOLE = 6,
		FIB_UNREACHABLE = 7,
		FIB_PROHIBIT = 8,
		FIB_THROW = 9,
};

/** Prefixes in relation to one that is given, as words of `ip route`. */
enum fib_among {
	FIB_ANY,   /* all there are */
	FIB_EXACT, /* that very one */
	FIB_ROOT,  /* it, and those inside */
	FIB_MATCH, /* it, and those that it is inside of */
};

/** Bit of fib_route_spec::file and fib_route::file: the route is one of the host's (lib/host), and
 * the rest counts how often all of those were read. */
#define FIB_FILE_HOST	 0x80
#define FIB_NEXTHOPS_MAX 256
struct fib_nexthop_spec {
	rte_be32_t gateway;	/* 0: on-link */
	struct net_device *dev; /* NULL: found by the gateway */
	uint16_t weight;	/* 1..256 */
	bool onlink;		/* gateway is on dev although no address says so */
	uint32_t tclassid;	/* realms, see core/realm.h; 0: none */
};
/** A route to add, or the key of one to delete (zero fields of a key match anything but metric and
 * tos are compared when metric_set / tos_set). */
struct fib_route_spec {
	uint32_t table;
	rte_be32_t dst;
	uint8_t plen;
	uint8_t tos;
	uint8_t type;	  /* enum fib_type; 0: unicast (add), any (delete) */
	uint8_t protocol; /* 0: FIB_PROT_BOOT (add), any (delete) */
	uint8_t scope;	  /* enum rt_scope */
	bool scope_set, metric_set, tos_set;
	bool keep_dead;	 /* add: of the configuration: the route waits for a device that is down,
			    and stays when it goes down; one of a routes file gives way to it */
	bool dead_ways;	 /* add: of several next hops some may wait so, though not all */
	uint8_t file;	 /* add: which load of a routes file sets it; 0: none does. With
			    FIB_FILE_HOST: which reading of the host's routes, and about those only */
	uint8_t among;	 /* flush: enum fib_among, about dst/plen */
	uint32_t metric; /* priority: lower wins */
	uint32_t nhid;	 /* next hop object; 0: nh[] says */
	struct fib_metrics metrics;
	uint32_t tclassid; /* realms of its one next hop, or of a type without; as Linux's RTA_FLOW,
			      one of several must agree, and a next hop object has none */
	uint32_t realm_mask; /* flush: bits of tclassid that count */
	rte_be32_t prefsrc;
	unsigned int n_nh;
	struct fib_nexthop_spec nh[FIB_NEXTHOPS_MAX];
};
/** All zero but for next hops behind the first: who reads many routes clears no 6 KB for each. */
static inline void
fib_route_spec_clear(struct fib_route_spec *r)
{
	memset(r, 0, offsetof(struct fib_route_spec, nh) + sizeof(r->nh[0]));
}

enum fib_add_mode {		 /* NLM_F_* combinations of ip route */
		    FIB_ADD,	 /* create; -EEXIST when prefix, tos and metric are taken */
		    FIB_REPLACE, /* create, or replace the first with the same prefix, tos and
				    metric */
		    FIB_APPEND,	 /* create behind those with the same prefix, tos and metric */
		    FIB_PREPEND,
		    FIB_CHANGE, /* replace, -ENOENT when there is none */
		    FIB_TEST,	/* nothing: -EEXIST or -ENOENT says whether add would find one */
};

/** A route as shown; stays valid until the table changes. */
struct fib_route {
	uint32_t table;
	rte_be32_t dst;
	uint8_t plen, tos, type, protocol, scope;
	bool dead;	/* all next hops dead: not in the compiled table */
	bool keep_dead; /* of the configuration */
	uint8_t file;	/* which load of a routes file set it; 0: none did */
	uint32_t metric;
	const struct fib_metrics *metrics;
	uint32_t tclassid; /* realms; several next hops have theirs */
	rte_be32_t prefsrc;
	uint32_t nhid; /* next hop object that has its next hops; 0: they are its own */
	unsigned int n_nh;
	const struct fib_nexthop *nh;
};
struct fib_nexthop {
	struct net_device *dev; /* NULL for types without one */
	rte_be32_t gateway;
	uint16_t weight;
	uint8_t flags;		 /* FIB_NH_* */
	struct neighbour *neigh; /* held; NULL on-link */
	uint32_t adj_idx;
	uint32_t tclassid; /* realms */
};
#define FIB_NH_DEAD	0x01 /* device down; see fib_nh_shown_flags() */
#define FIB_NH_LINKDOWN 0x02 /* no carrier */
#define FIB_NH_ONLINK	0x04

/** Its flags as Linux shows them: dead, too, when it is passed over for want of a carrier. */
uint8_t fib_nh_shown_flags(const struct fib_nexthop *nh);

enum fib_event { FIB_ROUTE_ADD = 1, FIB_ROUTE_REPLACE, FIB_ROUTE_DEL };
extern struct notifier_chain fib_chain; /* obj: const struct fib_route * */

/** @p max_tbl8: groups of 256 the compiled table may use (0: 65536). Memory is reserved, not used,
 * until routes need it. @p socket: NUMA node of the workers. 0 or -ENOMEM. */
int fib_init(uint32_t max_tbl8, int socket) CTL_ONLY;
void fib_fini(void) CTL_ONLY;

/**
 * Add or replace a route. Workers see it when the call returns; a packet in flight may use the
 * old one for one loop more. On error nothing has changed.
 * @param why  on error, a sentence for the user (static or owned by fib), never NULL then
 * @return 0, -EEXIST, -ENOENT, -EINVAL (bits past plen, bad type), -ENETUNREACH (gateway is not on
 *   a connected subnet), -ENETDOWN, -ENOSPC (no tbl8 group left), -ENOMEM
 */
int fib_route_add(const struct fib_route_spec *r, enum fib_add_mode mode,
		  const char **why) CTL_ONLY;
/** Fill in what fib_route_add() would: type, protocol, scope, the devices of gateways. 0 or as
 * fib_route_add(). */
int fib_route_resolve(struct fib_route_spec *r, const char **why) CTL_ONLY;
/** The scope of a route that none is given for, as `ip route` chooses it. */
uint8_t fib_default_scope(const struct fib_route_spec *r);
/** Is there a route of that table, prefix, tos and metric that the configuration made? */
bool fib_route_is_kept(const struct fib_route_spec *key) CTL_ONLY;
/** 0, -ESRCH (no such route), -ENOMEM/-ENOSPC when what it uncovers can not be stored. */
int fib_route_del(const struct fib_route_spec *key) CTL_ONLY;
/** Is @p dst / @p plen among the prefixes that @p how says of @p of / @p of_plen? */
bool fib_prefix_among(rte_be32_t dst, uint8_t plen, enum fib_among how, rte_be32_t of,
		      uint8_t of_plen);
/** Delete every route that matches @p key's non-zero fields; which prefixes, key->among says. How
 * many. */
unsigned int fib_route_flush(const struct fib_route_spec *key) CTL_ONLY;
/** Table @p id for workers, see fib/fib_table_dp.h; made when it is missing, and then there until
 * fib_fini(): rules may name tables before they have routes. NULL: no memory, or too many tables.
 */
const struct fib_table_dp *fib_table_dp(uint32_t id) CTL_ONLY;
/** All routes of a table (0: all tables) in order of prefix, then tos, then metric. */
void fib_walk(uint32_t table, void (*fn)(const struct fib_route *r, void *arg), void *arg) CTL_ONLY;

/** Those of one prefix, in order. A descent of the trie. */
void fib_walk_prefix(uint32_t table, rte_be32_t dst, uint8_t plen,
		     void (*fn)(const struct fib_route *r, void *arg), void *arg) CTL_ONLY;

/** A walk in parts: where it stands. Zero-initialise, table as for fib_walk(). The tables may
 * change between two parts. */
struct fib_cursor {
	uint32_t table;
	uint32_t at_table; /* 0: not begun */
	uint32_t key;	   /* the last prefix seen, host order */
	uint8_t plen;
	bool inside; /* key and plen are valid */
};
/** At least @p n more routes, if there are; false at the end. */
bool fib_walk_some(struct fib_cursor *c, unsigned int n,
		   void (*fn)(const struct fib_route *r, void *arg), void *arg) CTL_ONLY;

/** Tell sysctl which tunables there will be. */
void fib_mpath_declare(void) CTL_ONLY;
/** Commands and config sections. Once, at start. */
void fib_cli_register(void) CTL_ONLY;
void fib_cfg_register(void) CTL_ONLY;
/** Is a routes_file still being read, or are routes of one that went still being deleted? */
bool fib_cfg_loading(void) CTL_ONLY;
/** Stop loading a routes file that is under way: before fib_fini(). */
void fib_cfg_fini(void) CTL_ONLY;

/** What `ip route get` says, and what the control thread's own packets use. */
struct fib_result {
	uint8_t type, plen, scope, tos;
	uint32_t table;
	const struct fib_nexthop *nh; /* chosen next hop; NULL for types without one */
	struct net_device *dev;
	rte_be32_t gateway, prefsrc; /* prefsrc: chosen source address */
	uint32_t adj_idx;	     /* what a worker would be told */
	uint32_t bucket, n_buckets;  /* of several next hops; n_buckets 0: there is one */
	uint32_t tclassid;	     /* realms: of route, rule, and of what comes in its source's */
	struct fib_route route;	     /* what matched; valid when table is not 0 */
	const struct fib_rule *rule; /* that led there, or refused; NULL: none did */
};
/** Longest match for @p dst from the remembered tables. 0, -ENETUNREACH, or by type: -EINVAL
 * (blackhole), -EHOSTUNREACH (unreachable), -EACCES (prohibit), with res filled in. */
int fib_lookup_ctl(rte_be32_t dst, rte_be32_t src, uint8_t tos, struct fib_result *res) CTL_ONLY;
struct fib_query {
	rte_be32_t dst, src;
	uint8_t tos, proto;
	uint16_t sport, dport; /* host order */
	uint32_t mark;
	const struct net_device *iif; /* it comes in by; NULL: it is made here */
	const struct net_device *oif; /* only by this one: on-link there when no route says how */
	const uint32_t *hash; /* of the packet, for several next hops; NULL: made of the above */
};
/** The same with all that may be asked. */
int fib_lookup_query(const struct fib_query *q, struct fib_result *res) CTL_ONLY;

/** For a packet that comes in by q->iif (Linux's ip_route_input()): its addresses and the way back
 * to its source are looked at, too. As fib_lookup_query(), or -EXDEV (rp_filter). @p redirect:
 * would its sender be told of a better way? */
int fib_lookup_input(const struct fib_query *q, struct fib_result *res, bool *redirect) CTL_ONLY;

/** What is known of one destination beside its route, for packets made here. */
struct fib_exception {
	rte_be32_t dst, gateway; /* gateway 0: on-link */
	struct net_device *dev;
	bool redirected; /* the gateway is one that a redirect named */
	bool mtu_lock;
	uint32_t mtu;	    /* of the path; 0: as the route says */
	uint32_t expires_s; /* from now */
};
/** Who keeps such knowledge says here how it is shown. */
struct fib_exceptions {
	/** About @p dst, whose route ends at adjacency @p adj_idx. */
	bool (*find)(rte_be32_t dst, uint32_t adj_idx, struct fib_exception *e);
	void (*walk)(void (*fn)(const struct fib_exception *e, void *arg), void *arg);
	void (*flush)(void);
};
extern const struct fib_exceptions *fib_exceptions; /* NULL: nobody does */
/** What decisions are made of has changed, in a way that workers do not follow by themselves:
 * whatever was decided before is void. After the change is published, before what it takes away is
 * retired: see fib_genid_dp.h. A store. */
void fib_genid_bump(void) CTL_ONLY;
/** Does a live next hop of any route lead by @p dev to @p gw? Linux's ip_fib_check_default(). */
bool fib_is_gateway(rte_be32_t gw, const struct net_device *dev) CTL_ONLY;

struct fib_stats {
	uint32_t routes, tables;
	uint32_t tbl8_used, tbl8_max, tbl8_waiting; /* waiting: freed, grace period not over */
	uint64_t rib_bytes, dp_bytes;
	uint64_t adds, dels, changes, errors;
	uint32_t neigh_leaves;
};
void fib_get_stats(struct fib_stats *st) CTL_ONLY;
/** Recompute what every /24 should hold from the remembered routes and compare with the compiled
 * table: `show fib check`. Returns the number of differences; the first few go to @p fn. */
uint64_t fib_check(void (*fn)(uint32_t dst, uint32_t want, uint32_t have, void *arg),
		   void *arg) CTL_ONLY;

const char *fib_type_name(uint8_t type);
int fib_type_parse(const char *s);
/** Table names: local, main, default and what the config's "tables" section adds. */
int fib_table_name_add(const char *name, uint32_t id) CTL_ONLY;
/** -ENOENT when nobody added it. */
int fib_table_name_del(const char *name) CTL_ONLY;
/** Those that were added. */
void fib_table_names(void (*fn)(const char *name, uint32_t id, void *arg), void *arg) CTL_ONLY;
int fib_table_parse(const char *s, uint32_t *id) CTL_ONLY;
const char *fib_table_name(uint32_t id) CTL_ONLY;
#endif
