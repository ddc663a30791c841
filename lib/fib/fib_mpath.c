/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunables of multipath. */
#include <rte_random.h>
#include "core/sysctl.h"
#include "fib/fib_nexthop_priv.h"

static uint32_t drawn; /* the seed while nobody names one */

static void
seed_changed(const struct ctl_table *t, void *object, int old)
{
	uint32_t seed = (uint32_t)fib_mpath.fib_multipath_hash_seed;

	RTE_SET_USED(t);
	RTE_SET_USED(object);
	RTE_SET_USED(old);
	__atomic_store_n(&fib_mpath.seed, seed != 0 ? seed : drawn, __ATOMIC_RELAXED);
}

static void
use_neigh_changed(const struct ctl_table *t, void *object, int old)
{
	RTE_SET_USED(t);
	RTE_SET_USED(object);
	RTE_SET_USED(old);
	role_enter_ctl();
	fib_neigh_regroup(NULL);
}

#define MPATH(field, lo, hi, text) SYSCTL_INT(struct fib_mpath_conf, field, lo, hi, text)
static const struct ctl_table table[] = {
	MPATH(fib_multipath_hash_policy, 0, 5,
	      "what chooses one of several next hops: 0 addresses, 1 also protocol and ports, 2 "
	      "the "
	      "addresses inside a tunnel, 3 fib_multipath_hash_fields, 4 each packet in turn, 5 "
	      "each "
	      "packet at random"),
	MPATH(fib_multipath_hash_fields, 1, 0xfff,
	      "fields of policy 3: 1 source, 2 destination, 4 protocol, 16 source port, 32 "
	      "destination port, and 64 times that of the packet inside a tunnel"),
	{ .procname = "fib_multipath_hash_seed",
	  .offset = offsetof(struct fib_mpath_conf, fib_multipath_hash_seed),
	  .min = 0,
	  .max = INT32_MAX,
	  .mode = 0644,
	  .changed = seed_changed,
	  .help = "start of the hash of multipath; 0: one drawn at start" },
	{ .procname = "fib_multipath_use_neigh",
	  .offset = offsetof(struct fib_mpath_conf, fib_multipath_use_neigh),
	  .min = 0,
	  .max = 1,
	  .mode = 0644,
	  .changed = use_neigh_changed,
	  .help = "pass over next hops that are being resolved, too; those that failed always "
		  "are" },
	{ 0 },
};

void
fib_mpath_declare(void)
{
	sysctl_declare("net.ipv4", table);
}

int
fib_mpath_init(void)
{
	fib_mpath =
		(struct fib_mpath_conf){ .fib_multipath_hash_fields =
						 FIB_MPATH_SRC | FIB_MPATH_DST | FIB_MPATH_PROTO };
	drawn = (uint32_t)rte_rand();
	fib_mpath.seed = drawn;
	return sysctl_register("net.ipv4", table, &fib_mpath);
}

void
fib_mpath_fini(void)
{
	sysctl_unregister("net.ipv4", table);
}
